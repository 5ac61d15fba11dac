"""A server, and a gateway before it whose one role may do all that a policy can allow: two ways to one place."""

import time
from pathlib import Path
from typing import NamedTuple

from certificates import Authority
from gateway import Gateway, binary
from issuers import Mint
from programs import run
from servers import ADMIN_PASSWORD, READER, WRITER, Server

# The name of the target at the gateway, so that whoever logs in as the server's administrator does at both.
USER = "root"
_SERVER_OPTIONS = [
    "--local-infile=1",
    "--max-allowed-packet=64M",
    # A test that left a transaction open shall not hold up all that come behind it.
    "--lock-wait-timeout=5",
    # As SQLAlchemy's own instructions have it.
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_unicode_ci",
]
_TOKEN_SECONDS = 24 * 3600
_WHATEVER_A_RULE_SAYS = "whatever a rule says"
_FUNCTIONS = ["sleep", "benchmark", "get_lock", "release_lock", "release_all_locks", "is_free_lock", "is_used_lock"]
_ENGINES = ["memory", "csv", "archive", "blackhole", "mrg_myisam"]
_POLICY = """\
version = 1

[[role]]
name = "everything"
groups = ["everything"]
targets = ["{target}"]
database_user = "writer"

[[role.rule]]
name = "everything"
effect = "allow"
statements = {kinds}
on = ["*.*"]
unfiltered = true
triggers = true
functions = {functions}
engines = {engines}

[[role.rule]]
name = "routines"
effect = "allow"
statements = ["call"]
on = {routines}
results = "clear"
"""


class Place(NamedTuple):
    """Where a client finds its server, by what password, and by what other password of the same user."""

    kind: str
    port: int
    password: str
    other_password: str
    authority: Path


class OpenWorld:
    """One kind of server; `direct` and `through` are the two ways to it.

    `routines` are those that may be called, which a policy names one by one.
    """

    def __init__(self, kind, folder, routines, options=()):
        self.kind = kind
        self._folder = folder
        self._routines = routines
        self.authority = Authority(folder)
        self._mint = Mint(self.authority)
        self.options = [*_SERVER_OPTIONS, *options]
        self.server = Server(kind, folder, self.authority, options=self.options)
        self.server.add_catalog_account()
        self.server.add_account(READER)
        self.server.add_account(WRITER, "ALL PRIVILEGES ON *.*")
        self.server.run(f"GRANT GRANT OPTION ON *.* TO '{WRITER.name}'@'%'")
        self._gateway = None

    @property
    def direct(self):
        passwords = ADMIN_PASSWORD, ADMIN_PASSWORD
        return Place(self.kind, self.server.port, *passwords, self.authority.certificate)

    @property
    def through(self):
        if not self._gateway:
            self._gateway = self._started_gateway()
        until = int(time.time()) + _TOKEN_SECONDS
        tokens = [self._mint.token(name, ["everything"], exp=until) for name in ("one", "other")]
        return Place(self.kind, self._gateway.port, *tokens, self.authority.certificate)

    def _started_gateway(self):
        folder = self._folder / "gateway"
        folder.mkdir()
        limits = {
            "sessions_per_principal_max": 1000,
            # There are clients that send a statement of more than 16 MiB.
            "packet_bytes_max": 64 * 1024 * 1024,
            "statement_bytes_max": 32 * 1024 * 1024,
        }
        gateway = Gateway(
            folder, self.server, self.authority, self._mint, _policy(self._routines), limits, guard_role=None
        )
        settings = gateway.config.read_text()
        gateway.write("postern.toml", settings.replace('"shop"', f'"{USER}"'))
        return gateway.start()

    def stop(self):
        if self._gateway:
            self._gateway.stop()
        self._mint.stop()
        self.server.stop()


def _policy(routines):
    """The widest policy that can be written: each kind that a rule can allow, everywhere."""
    done = run([binary(), "policy", "kinds"])
    assert done.returncode == 0, done.stderr.decode()
    rows = [line.split("|") for line in done.stdout.decode().splitlines()]
    kinds = [
        row[1].strip().strip("`")
        for row in rows
        if len(row) == 5 and row[1].strip().startswith("`") and _WHATEVER_A_RULE_SAYS not in row[3]
    ]
    return _POLICY.format(
        target=USER,
        kinds=_toml([kind for kind in kinds if kind != "call"]),
        functions=_toml(_FUNCTIONS),
        engines=_toml(_ENGINES),
        routines=_toml(routines),
    )


def _toml(texts):
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"
