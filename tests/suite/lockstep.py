"""Sends the statements of a suite directly to one server and through the gateway to another, in lockstep.

    python tests/suite/lockstep.py [SUITE] [--server mysql|mariadb] [--every N] [--file PART] [--report FILE]

SUITE is a folder tree with `.test` files in the servers' own test language; without it, the suite of Debian's
mariadb-test-data is taken. Each file has a fresh schema `test` and a connection for each that it names. The
gateway's role may do all that a policy can allow, and nothing is masked. What the gateway refuses is not sent
directly, so that both servers hold the same: it counts as refused if the other server can prepare it (where a name is
unknown: can run it), and as the same if that fails as well. Statements that would reach files, accounts or the server itself are left out.
"""

import argparse
import json
import re
import shutil
import struct
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import mysqltest  # noqa: E402
from asking import prepare  # noqa: E402
from collect import files  # noqa: E402
from collect import suite_folder  # noqa: E402
from open_world import OpenWorld, Place, USER  # noqa: E402
from programs import CACHE  # noqa: E402
from scratch import folder as scratch_folder  # noqa: E402
from scratch import is_harmful  # noqa: E402
from servers import WRITER, Server  # noqa: E402
from verdicts import Answer, Result, Tally, difference  # noqa: E402

SCHEMA = "test"
_SECONDS_A_STATEMENT = 10
_SECONDS_A_FILE = 60
_PROGRESS_SECONDS = 30
_REASONS_SHOWN = 25
_RESULTS_MAX = 100
_COM_RESET_CONNECTION = 0x1F
_OPTIONS = ["--innodb-lock-wait-timeout=1", "--lock-wait-timeout=1", "--innodb-flush-method=nosync"]
_SYSTEM = {"mysql", "sys", "performance_schema", "information_schema"}
_NOT_PREPARED = 1295
_ROUTINE = re.compile(
    rb"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:AGGREGATE\s+)?(?:PROCEDURE|FUNCTION|PACKAGE)\s+"
    rb"(?:IF\s+NOT\s+EXISTS\s+)?(?:`?([\w$]+)`?\s*\.\s*)?`?([\w$]+)`?",
    re.IGNORECASE,
)


def main():
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    arguments = _arguments()
    folder = suite_folder(arguments.suite)
    paths = [path for path in files(folder) if path.suffix == ".test"]
    paths = [path for path in paths if arguments.file in str(path)][:: arguments.every]
    if not paths:
        raise SystemExit(f"error: no .test file in {folder} has {arguments.file} in its name")
    scripts = [(str(path.relative_to(folder)), list(mysqltest.steps(path, folder))) for path in paths]
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    # A server ends with the thread that started it, so each kind keeps one from beginning to end.
    with ThreadPoolExecutor(len(kinds)) as pool:
        tallies = {kind: Tally() for kind in kinds}
        jobs = [pool.submit(measure, kind, scripts, tally) for kind, tally in tallies.items()]
        while wait(jobs, _PROGRESS_SECONDS).not_done:
            _write(arguments.report, tallies)
    for job in jobs:
        job.result()
    reports = _write(arguments.report, tallies)
    for kind, report in reports.items():
        _show(kind, report)
    print(f"the whole report is in {arguments.report}")
    for kind, report in reports.items():
        print(f"server-suite: {kind}: " + ", ".join(f"{n} {what}" for what, n in report["counts"].items()))
    return 1 if any(report["counts"].get("lost") for report in reports.values()) else 0


def _write(path, tallies):
    """Writes down what was found so far: a run may be ended when it has told enough."""
    reports = {kind: tally.report() for kind, tally in tallies.items()}
    Path(path).write_text(json.dumps(reports, indent=1, ensure_ascii=False) + "\n")
    return reports


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", nargs="?", help="a folder tree with .test files")
    parser.add_argument("--server", choices=["mysql", "mariadb"], help="both if left out")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="run every Nth file alone")
    parser.add_argument("--file", default="", metavar="PART", help="run files alone whose path holds this")
    parser.add_argument("--report", default=CACHE / "server-suite.json", metavar="FILE")
    return parser.parse_args()


def _show(kind, report):
    print(f"\n{kind}: what was refused or differs most:")
    for found in report["found"][:_REASONS_SHOWN]:
        print(f"  {found['count']:6} {found['what']}: {found['reason'][:160]}")
        for sample in found["samples"][:2]:
            print(f"           {sample['file']}: {sample['statement'][:120]!r}")


def measure(kind, scripts, tally):
    """Runs the files on one kind of server."""
    folder = Path(tempfile.mkdtemp(prefix=f"postern-lockstep-{kind}-", dir=scratch_folder()))
    pair = None
    try:
        pair = Pair(kind, folder, _routines(scripts))
        told = time.monotonic()
        for number, (name, steps) in enumerate(scripts):
            File(pair, name, tally).run(steps)
            if time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                print(f"{kind}: {number + 1} of {len(scripts)} files, {dict(tally.counts)}")
    finally:
        if pair:
            pair.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _routines(scripts):
    """What the files create and a policy must name one by one so that it may be called."""
    names = set()
    for _, steps in scripts:
        for step in steps:
            if isinstance(step, bytes) and (found := _ROUTINE.search(step)):
                schema, name = ((part or SCHEMA.encode()).decode() for part in found.groups())
                names.add(f"`{schema}`.`{name}`")
    return sorted(names) or [f"{SCHEMA}.none"]


class Pair:
    """Two servers of a kind, and the way to each: `direct` to one, `through` the gateway to the other."""

    def __init__(self, kind, folder, routines):
        self.kind = kind
        self.world = OpenWorld(kind, folder, routines, _OPTIONS)
        (folder / "direct").mkdir()
        options = [*self.world.options]
        self.plain = Server(kind, folder / "direct", self.world.authority, options=options)
        self.plain.add_account(WRITER, "ALL PRIVILEGES ON *.*")
        self.plain.run(f"GRANT GRANT OPTION ON *.* TO '{WRITER.name}'@'%'")
        self._through = self.world.through
        passwords = WRITER.password, WRITER.password
        self._direct = Place(kind, self.plain.port, *passwords, self.world.authority.certificate)

    def servers(self):
        return self.plain, self.world.server

    def connect(self, schema):
        """A connection each way, in a schema where it is there."""
        for server in self.servers():
            if not server.is_running():
                server.start_again()
        return Way(self._direct, WRITER.name, schema), Way(self._through, USER, schema)

    def clear(self):
        """Leaves an empty schema alone on both, and says so to the gateway by making the changes through it."""
        direct, through = self.connect(None)
        for way, server in zip((direct, through), self.servers(), strict=True):
            for (schema,) in server.rows("SHOW DATABASES"):
                if schema.lower() not in _SYSTEM:
                    way.send(f"DROP DATABASE `{schema.replace('`', '``')}`".encode())
            made = way.send(f"CREATE DATABASE {SCHEMA}".encode())
            if made.code:
                raise SystemExit(f"error: {self.kind}: no fresh schema: {made.text}")
            way.close()

    def stop(self):
        self.plain.stop()
        self.world.stop()


class File:
    """One file, over a fresh schema, with a pair of connections for each name that it uses."""

    def __init__(self, pair, name, tally):
        self._pair, self._name, self._tally = pair, name, tally
        self._ways = {}
        self._at = "default"

    def run(self, steps):
        until = time.monotonic() + _SECONDS_A_FILE
        try:
            self._pair.clear()
            for step in steps:
                if time.monotonic() > until:
                    break
                if isinstance(step, bytes):
                    self._statement(step)
                elif step:
                    self._switch(step)
        except (pymysql.MySQLError, OSError) as error:
            print(f"{self._pair.kind}: {self._name} was given up: {error}")
            self._tally.counts["files given up"] += 1
        finally:
            for name in list(self._ways):
                self._close(name)

    def _switch(self, step):
        if step.command in ("connect", "connection"):
            self._at = step.name
            self._open(step.name, step.schema or SCHEMA)
        elif step.command == "reset_connection":
            for way in self._open(self._at, SCHEMA):
                way.reset()
        else:
            self._close(step.name)
            self._at = "default" if step.name == self._at else self._at

    def _open(self, name, schema):
        if name not in self._ways:
            self._ways[name] = self._pair.connect(schema)
        return self._ways[name]

    def _close(self, name):
        for way in self._ways.pop(name, ()):
            way.close()

    def _statement(self, statement):
        if is_harmful(statement):
            self._tally.left_out()
            return
        direct, through = self._open(self._at, SCHEMA)
        ours = through.send(statement)
        # One of several statements may be refused behind others that ran.
        if ours.refusal and not ours.results:
            # A name is looked up by some when they are prepared, and by others only when they run.
            is_name = ours.refusal == "POSTERN-UNKNOWN-NAME"
            if not direct.send(statement).code if is_name else direct.takes(statement):
                self._tally.refused(self._name, statement, ours)
            else:
                self._tally.same(errors=True)
            return
        theirs = direct.send(statement)
        if how := difference(statement, theirs, ours):
            self._tally.differs(self._name, statement, how, theirs, ours)
        else:
            self._tally.same(errors=bool(ours.code))
        if ours.lost or theirs.lost:
            self._close(self._at)


class Way:
    """One connection; nothing that comes back is turned into values."""

    def __init__(self, place, user, schema):
        self._connection = pymysql.connect(
            host="127.0.0.1",
            port=place.port,
            user=user,
            password=place.password,
            ssl_ca=str(place.authority),
            charset="utf8mb4",
            use_unicode=False,
            conv={},
            autocommit=None,
            client_flag=CLIENT.MULTI_STATEMENTS,
            read_timeout=_SECONDS_A_STATEMENT,
            local_infile=False,
        )
        if schema:
            self.send(b"USE `" + schema.encode() + b"`")

    def send(self, statement):
        """All that comes back of a statement."""
        results = []

        def ask():
            with self._connection.cursor() as cursor:
                cursor.execute(statement)
                results.append(_result(cursor))
                while len(results) < _RESULTS_MAX and cursor.nextset():
                    results.append(_result(cursor))

        code, text = self._error(ask)
        return Answer(tuple(results), max(code, 0), text, code < 0)

    def takes(self, statement):
        """Whether the server prepares a statement, or would run it without."""
        code, _ = self._error(lambda: prepare(self._connection, statement))
        return code in (0, _NOT_PREPARED)

    def reset(self):
        """COM_RESET_CONNECTION."""

        def ask():
            self._connection._execute_command(_COM_RESET_CONNECTION, b"")
            self._connection._read_ok_packet()

        self._error(ask)

    def _error(self, ask):
        """The number and the text of the error; -1 where the connection was lost."""
        try:
            ask()
        except (pymysql.InterfaceError, OSError, struct.error, ValueError) as error:
            return -1, str(error)
        except pymysql.MySQLError as error:
            number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
            text = str(error.args[1]) if len(error.args) > 1 else ""
            return (-1 if number in _LOST else number), text
        return 0, ""

    def close(self):
        self._connection._force_close()


_LOST = (0, 2003, 2006, 2013, 2014, 2027, 2055)


def _result(cursor):
    result = cursor._result
    columns = tuple(field[0] for field in cursor.description or ())
    changed = 0 if cursor.description else cursor.rowcount
    return Result(columns, tuple(cursor.fetchall()), changed, result.warning_count if result else 0)


if __name__ == "__main__":
    sys.exit(main())
