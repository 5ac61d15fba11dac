"""Each driver's own suite: where its tests come from, and how they are told where the server is."""

import json
import re
import shutil
import tomllib
import urllib.parse
from pathlib import Path
from subprocess import TimeoutExpired
from typing import NamedTuple

from open_world import USER
from programs import CACHE, environment, run

HERE = Path(__file__).resolve().parent
FOLDER = CACHE / "driver-suites"
# Through its interpreter, so that the environment may be moved; and not as `-m pytest`, which would let the copies
# of packages stand before those that are installed.
PYTEST = [FOLDER / "venv/bin/python", FOLDER / "venv/bin/pytest"]
SUITES = tomllib.loads((HERE / "suites.toml").read_text())
_RUN_SECONDS = 3600


class Outcome(NamedTuple):
    """How one test ended: `passed`, or why it did not."""

    passed: bool
    why: str


def run_suite(name, place, scratch, only=None):
    """Runs a suite's tests against one place and gives the outcome of each, by its name."""
    suite = SUITES[name]
    folder = scratch / f"{name}-{place.port}"
    _copy(name, suite, folder)
    report = folder / "outcomes.jsonl"
    settings = environment(
        PYTHONPATH=str(HERE / "plugins"),
        PYTHONDONTWRITEBYTECODE="1",
        POSTERN_OUTCOMES=str(report),
    )
    more = _PREPARE[name](folder, place, settings)
    command = [*PYTEST, "-q", "-p", "no:cacheprovider", "-p", "outcomes"]
    command += [*more, *suite["tests"], *_chosen(suite, only)]
    try:
        done = run(command, seconds=_RUN_SECONDS, cwd=folder, env=settings)
    except TimeoutExpired:
        # Not the error itself, which shows the command with the token in it.
        raise SystemExit(f"error: {name} took longer than {_RUN_SECONDS} s") from None
    # 1 is how pytest ends when tests failed, which is no news of the run itself.
    if done.returncode not in (0, 1) or not report.exists():
        raise SystemExit(
            f"error: {name} did not run to its end ({done.returncode}):\n"
            + (done.stdout[-6000:] + done.stderr[-3000:]).decode(errors="replace")
        )
    return _outcomes(report, suite.get("forget"))


def _chosen(suite, only):
    wanted = [f"not ({suite['leave_out']})"] if "leave_out" in suite else []
    wanted += [f"({part})" for part in (suite.get("only"), only) if part]
    return ["-k", " and ".join(wanted)] if wanted else []


def _copy(name, suite, folder):
    """A copy of the tests alone, so that they meet the installed driver and may write beside themselves."""
    source = FOLDER / "sources" / suite["package"].replace("==", "-")
    shutil.rmtree(folder, ignore_errors=True)
    for part in suite["copy"]:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (source / part).is_dir() else shutil.copyfile
        copy(source / part, folder / part)


def _outcomes(report, forget):
    outcomes = {}
    for line in report.read_text().splitlines():
        said = json.loads(line)
        name = re.sub(forget, "", said["test"]) if forget else said["test"]
        before = outcomes.get(name, Outcome(True, ""))
        # The set-up and the end of a test count, too.
        outcomes[name] = Outcome(
            before.passed and said["passed"], before.why or said["why"]
        )
    return outcomes


def _pymysql(folder, place, settings):
    database = {
        "host": "127.0.0.1",
        "port": place.port,
        "user": USER,
        "password": place.password,
        "ssl_ca": str(place.authority),
        "use_unicode": True,
        "local_infile": True,
    }
    databases = [{**database, "db": name} for name in SUITES["pymysql"]["databases"]]
    (folder / "pymysql/tests/databases.json").write_text(json.dumps(databases))
    settings["POSTERN_SUITE"] = str(folder)
    return ["-p", "pymysql_suite"]


def _mysqlclient(folder, place, settings):
    options = folder / "test.cnf"
    quoted = place.password.replace("\\", "\\\\").replace('"', '\\"')
    options.write_text(
        "[MySQLdb-tests]\n"
        f"host = 127.0.0.1\nport = {place.port}\nuser = {USER}\n"
        f'password = "{quoted}"\nssl-ca = {place.authority}\n'
        "database = test\ndefault-character-set = utf8mb4\nlocal-infile = 1\n"
    )
    settings["TESTDB"] = str(options)
    return []


def _aiomysql(folder, place, settings):
    authority = folder / "tests/ssl_resources/ssl/ca.pem"
    shutil.copyfile(place.authority, authority)
    settings["MYSQL_ROOT_PASSWORD"] = place.password
    return ["-p", "aiomysql_suite", "--mysql-address", f"server=127.0.0.1:{place.port}"]


def _sqlalchemy(folder, place, settings):
    password = urllib.parse.quote(place.password, safe="")
    options = urllib.parse.urlencode({"charset": "utf8mb4", "ssl_ca": place.authority})
    address = f"{USER}:{password}@127.0.0.1:{place.port}/test?{options}"
    return ["--maxfail=100000", f"--dburi={place.kind}+pymysql://{address}"]


_PREPARE = {
    "pymysql": _pymysql,
    "mysqlclient": _mysqlclient,
    "aiomysql": _aiomysql,
    "sqlalchemy": _sqlalchemy,
    "sqlalchemy-compliance": _sqlalchemy,
    "sqlalchemy-reflection": _sqlalchemy,
}
