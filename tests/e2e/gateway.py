"""A running Postern: its configuration, its policy, its process and its command line."""

import json
import os
import re
import secrets
import signal
import tomllib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuers import AUDIENCE
from programs import DEADLINE_SECONDS, ROOT, Program, environment, run
from servers import CATALOG, GUARD_ROLE, READER, WRITER

_CONFIG = """\
version = 1
state_dir = "state"
policy = "policy.toml"

[[listener]]
name = "main"
bind = "127.0.0.1:0"
certificate = "{certificate}"
key = "file:listener.key"
targets = ["shop"]

[[target]]
name = "shop"
address = "127.0.0.1:{server_port}"
catalog_user = "catalog"
{guard_role}
[target.tls]
{target_tls}
[[target.user]]
name = "catalog"
user = "{catalog.name}"
password = "file:catalog.password"
[[target.user]]
name = "reader"
user = "{reader.name}"
password = "file:reader.password"
[[target.user]]
name = "writer"
user = "{writer.name}"
password = "file:writer.password"

[[issuer]]
name = "corp"
issuer = "{issuer}"
audience = ["{audience}"]
ca = "{issuer_ca}"
use = ["agent", "approver"]

[audit]
directory = "audit"
signing_key = "file:audit.seed"

[approvals]
database = "approvals.sqlite"
root_key = "file:root.seed"
{approvers}

[limits]
{limits}
"""

_APPROVER = """\
[[approvals.approver]]
name = "{name}"
issuer = "corp"
subject = "{name}"
groups = ["dba"]
public_key = "{public_key}"
"""


def binary():
    """The program under test, as `cargo build` left it."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / os.environ.get("POSTERN_PROFILE", "debug") / "postern"


class Gateway:
    """A gateway in front of one server; `start` again after `stop` takes up the same state."""

    def __init__(
        self,
        folder,
        server,
        authority,
        issuer,
        policy,
        limits=None,
        guard_role=GUARD_ROLE,
        target_tls=None,
    ):
        self.folder = folder
        self.authority = authority.certificate
        self._program = None
        self.log = []
        certificate, key = authority.sign("listener")
        self.write("listener.key", Path(key).read_text())
        for name, account in (("catalog", CATALOG), ("reader", READER), ("writer", WRITER)):
            self.write(f"{name}.password", account.password)
        self.write("audit.seed", secrets.token_hex(32))
        self.write("root.seed", secrets.token_hex(32))
        self.write("policy.toml", policy)
        self.write(
            "postern.toml",
            _CONFIG.format(
                certificate=certificate,
                target_tls=target_tls or f'ca = "{authority.certificate}"',
                server_port=server.port,
                guard_role=f'guard_role = "{guard_role}"' if guard_role else "",
                catalog=CATALOG,
                reader=READER,
                writer=WRITER,
                issuer=issuer.issuer,
                audience=AUDIENCE,
                issuer_ca=issuer.ca,
                approvers="".join(self._approver(name) for name in ("dana", "erin")),
                limits="\n".join(f"{name} = {value}" for name, value in (limits or {}).items()),
            ),
        )

    def _approver(self, name):
        seed = self.write(f"{name}.seed", secrets.token_hex(32))
        return _APPROVER.format(name=name, public_key=_public_key(bytes.fromhex(seed)))

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return text

    @property
    def config(self):
        return self.folder / "postern.toml"

    @property
    def pid(self):
        return self._program.pid

    def start(self):
        """Starts `postern run` and waits until it says that it listens."""
        command = [binary(), "run", "--config", self.config]
        self._program = Program(command, cwd=self.folder, env=environment(RUST_LOG="info"))
        self.log = self._program.lines
        line = self._program.wait_for_line("listening")
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))
        return self

    def is_running(self):
        return self._program.is_running()

    def wait_for_line(self, part, seconds=DEADLINE_SECONDS):
        return self._program.wait_for_line(part, seconds)

    def stop(self):
        """Ends the gateway gracefully; gives its exit code."""
        return self._program.stop() if self._program else None

    def kill(self):
        """Ends the gateway as a power cut would."""
        self._program.signal(signal.SIGKILL)
        return self._program.wait()

    def command(self, *arguments, **options):
        """Runs another `postern` command with the same configuration."""
        options.setdefault("cwd", self.folder)
        return run([binary(), *arguments, "--config", self.config], env=environment(), **options)

    @property
    def audit_folder(self):
        return self.folder / "audit"

    def records(self):
        """Every record of the audit log, as objects, in order."""
        lines = []
        for segment in sorted(self.audit_folder.iterdir()):
            if segment.is_file() and segment.read_bytes()[:1] == b"{":
                lines += [json.loads(line) for line in segment.read_text().splitlines()]
        return lines

    def settings(self):
        return tomllib.loads(self.config.read_text())


def _public_key(seed):
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(*raw).hex()
