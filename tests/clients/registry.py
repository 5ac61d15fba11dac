"""The clients that the tests know, and how the program of each language is started."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "e2e"))

from issuers import node_environment  # noqa: E402
from programs import CACHE, environment  # noqa: E402

CLIENTS = {entry["name"]: entry for entry in tomllib.loads((HERE / "registry.toml").read_text())["client"]}

# Most getters refuse most columns, and nobody reads where they did.
_JAVA_OPTIONS = ["-XX:-StackTraceInThrowable", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def command(client, program):
    """How to start `client` or `session` of that client's language, and in which environment."""
    return _COMMANDS[CLIENTS[client]["language"]](program)


def _python(program):
    return [sys.executable, HERE / f"python/{program}.py"], environment()


def _node(program):
    # Node finds packages beside the script, so the script runs from where they are installed.
    script = CACHE / f"node/clients-{program}.mjs"
    script.write_bytes((HERE / f"node/{program}.mjs").read_bytes())
    return ["node", script], node_environment()


def _php(program):
    # Sending files is off by default.
    return ["php", "-d", "mysqli.allow_local_infile=1", HERE / f"php/{program}.php"], environment()


def _perl(program):
    return ["perl", HERE / f"perl/{program}.pl"], environment()


def _ruby(program):
    return ["ruby", HERE / f"ruby/{program}.rb"], environment(LANG="C.UTF-8")


def _java(program):
    jars = ":".join(f"/usr/share/java/{jar}.jar" for jar in ("gson", "mariadb-java-client"))
    return ["java", *_JAVA_OPTIONS, "-cp", jars, HERE / f"java/{program.capitalize()}.java"], environment()


def _rust(program):
    return [CACHE / "rust-client/debug/rust-client", program], environment()


_COMMANDS = {
    "python": _python,
    "node": _node,
    "php": _php,
    "perl": _perl,
    "ruby": _ruby,
    "java": _java,
    "rust": _rust,
}
