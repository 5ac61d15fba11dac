"""Compares the columns that Postern says a SELECT touches with those that MySQL says it uses.

    python tests/suite/lineage_oracle.py [SUITE] [--every N]

SUITE is a folder tree with `.test` files in the servers' own test language; without it, the suite
of Debian's mariadb-test-data is taken. Each file runs over a fresh schema, but for statements that
would harm the server. Each SELECT that MySQL then takes is explained by it, and read by Postern
with the catalog of that moment: Postern's accesses must hold all `used_columns` of the plan. Exits
1 where one is missing. What Postern refuses is counted.
"""

import argparse
import multiprocessing
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import mysqltest  # noqa: E402
import pymysql  # noqa: E402
import plan  # noqa: E402
from asking import Reader  # noqa: E402
from classes import class_of  # noqa: E402
from collect import files  # noqa: E402
from collect import is_text  # noqa: E402
from collect import suite_folder  # noqa: E402
from scratch import OPTIONS  # noqa: E402
from scratch import Scratch  # noqa: E402
from scratch import folder as scratch_folder  # noqa: E402
from scratch import is_harmful  # noqa: E402
from scratch import state  # noqa: E402
from servers import Server  # noqa: E402

_PROGRESS_SECONDS = 10
_SECONDS_A_FILE = 40
_SHOWN = 10
_SETUP = ["SET explain_json_format_version = 1"]


def main():
    arguments = _arguments()
    folder = suite_folder(arguments.suite)
    paths = [path for path in files(folder) if path.suffix == ".test"][:: arguments.every]
    print(f"suite: {len(paths)} files", flush=True)
    total = Found()
    with tempfile.TemporaryDirectory(prefix="postern-", dir=scratch_folder()) as scratch:
        context = multiprocessing.get_context("fork")
        with context.Pool(arguments.jobs) as pool:
            work = [
                (Path(scratch) / str(job), folder, paths[job :: arguments.jobs])
                for job in range(arguments.jobs)
            ]
            for found in pool.starmap(compare_files, work, chunksize=1):
                total.add(found)
    total.report()
    return 1 if total.gaps or not total.compared else 0


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", nargs="?", help="a folder tree with .test files")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth file alone")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="servers at once")
    return parser.parse_args()


class Found:
    """What comparing brought."""

    def __init__(self):
        self.compared = 0
        self.loosely = 0
        self.gaps = []
        self.refused = Counter()
        self.examples = {}
        self.given_up = []

    def add(self, other):
        """Takes in what another server brought."""
        self.compared += other.compared
        self.loosely += other.loosely
        self.gaps += other.gaps
        self.refused += other.refused
        self.examples = {**other.examples, **self.examples}
        self.given_up += other.given_up

    def report(self):
        """Prints the reasons of refusals, and one closing line."""
        for why, count in self.refused.most_common(_SHOWN):
            print(f"refused {count:6}: {why}\n                {self.examples[why].decode()[:150]!r}")
        for why in self.given_up:
            print(f"given up: {why}")
        print(
            f"lineage-oracle: {self.compared} SELECTs compared ({self.loosely} in part by column"
            f" names alone), {sum(self.refused.values())} refused, gaps {len(self.gaps)}"
        )


def compare_files(work, folder, paths):
    """Runs files on a server of their own."""
    work.mkdir()
    server = Server("mysql", work, options=OPTIONS["mysql"])
    found = Found()
    reader = Reader(server.rows("SELECT VERSION()")[0][0])
    try:
        comparison = Comparison(Scratch(server, _SETUP), reader, found)
        told = time.monotonic()
        for number, path in enumerate(paths):
            try:
                comparison.file(path, folder)
            except (pymysql.MySQLError, OSError) as error:
                # It took the server with it at a moment when nothing could be asked again.
                found.given_up.append(f"{path.relative_to(folder)}: {error}")
            if time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                print(f"{number} of {len(paths)} files, {found.compared} compared", flush=True)
    finally:
        reader.stop()
        server.stop()
    return found


class Comparison:
    """Both readings of the SELECTs of one file after the other."""

    def __init__(self, scratch, reader, found):
        self._scratch = scratch
        self._reader = reader
        self._found = found
        self._seen = {}
        self._known = set()
        self._keys = {}
        self._generated = {}
        self._temporary = set()
        self._may_enter = True
        scratch.begin_file()
        reader.ask(base=scratch.own_objects())

    def file(self, path, folder):
        """Runs a file and compares its SELECTs."""
        script = list(mysqltest.script(path, folder))
        fresh = [number for number, text in enumerate(script) if self._is_fresh(text)]
        if not fresh:
            return
        self._scratch.begin_file()
        start = time.monotonic()
        name = path.relative_to(folder)
        for text in script[: fresh[-1] + 1]:
            if time.monotonic() - start > _SECONDS_A_FILE:
                self._found.given_up.append(f"{name}: it took {_SECONDS_A_FILE} s")
                return
            if class_of(text) != "select":
                self._scratch.run(text)
            elif self._is_fresh(text):
                self._select(name, text)

    def _is_fresh(self, text):
        """Whether it is a SELECT that no file before compared."""
        if text not in self._seen:
            self._seen[text] = class_of(text) == "select" and is_text(text) and not is_harmful(text)
        return self._seen[text]

    def _select(self, file, text):
        self._learn_state()
        code, rows = self._scratch.rows(b"EXPLAIN FORMAT=JSON " + text)
        if code or not rows or len(rows[0]) != 1:
            return
        _, notes = self._scratch.rows("SHOW WARNINGS")
        rewritten = " ".join(note[2] for note in notes if int(note[1]) == 1003)
        if not self._may_enter:
            return
        self._learn_objects()
        answer = self._reader.accesses(text)
        if "understood" not in answer:
            why = answer.get("gap") or "unknown {what} `{name}`".format(**answer["unknown_name"])
            self._found.refused[why] += 1
            self._found.examples.setdefault(why, text)
            self._seen[text] = False
            return
        self._seen[text] = False
        self._compare(file, text, rows[0][0], rewritten, answer["understood"]["accesses"])

    def _learn_state(self):
        if self._scratch.state_changed:
            told = state(self._scratch)
            self._may_enter = "noted" in self._reader.ask(session=told)
            self._temporary = {(t["schema"], t["name"]) for t in told["temporary"]}

    def _learn_objects(self):
        if self._scratch.objects_changed:
            objects = self._scratch.objects()
            self._reader.ask(catalog=objects)
            self._known = {(t["schema"], t["name"]) for t in objects["tables"]}
            self._keys = _row_keys(objects["tables"])
            self._generated = _generated(objects["tables"])

    def _compare(self, file, text, explained, rewritten, accesses):
        ours = {}
        for schema, table, columns in accesses:
            ours.setdefault((schema, table), set()).update(columns)
        if "ANSI_QUOTES" in self._scratch.sql_mode:
            rewritten = rewritten.replace('"', "`")
        by_alias = plan.tables_by_alias(rewritten, self._known | self._temporary)
        all_columns = set().union(*ours.values()) if ours else set()
        shows_itself = any(schema == "information_schema" for schema, _ in ours)
        loosely = False
        for alias, columns, recursive in plan.used_columns(explained):
            tables = by_alias.get(alias)
            if not tables and (recursive or shows_itself):
                continue
            if tables and all(schema in plan.INNER_SCHEMAS for schema, _ in tables):
                continue
            if tables and len(tables) == 1:
                only = next(iter(tables))
                # By its key the server finds a row again after a sort.
                mine = ours.get(only, set()) | (self._keys.get(only, set()) if only in ours else set())
            else:
                # The rewritten text does not tell which table that is: any will do.
                loosely = True
                mine = all_columns.union(*(self._keys.get(table, ()) for table in ours))
            missing = {column.lower() for column in columns} - mine
            # The server may take a generated column in place of an expression that is the same.
            made_of = {}
            for table in tables or ours:
                made_of |= self._generated.get(table, {})
            missing = sorted(c for c in missing if not made_of.get(c, {None}) <= mine)
            if missing:
                print(f"gap: {file}: {alias} {', '.join(missing)}: {text.decode()[:300]!r}", flush=True)
                self._found.gaps.append(text)
        self._found.compared += 1
        self._found.loosely += loosely


def _generated(tables):
    """For each table its generated columns, and the columns that each is made of."""
    found = {}
    for table in tables:
        names = {column["name"].lower() for column in table["columns"]}
        found[table["schema"], table["name"]] = {
            column["name"].lower(): names & set(_NAME.findall(column["generated"].lower()))
            for column in table["columns"]
            if column["generated"]
        }
    return found


_NAME = re.compile(r"`([^`]+)`")


def _row_keys(tables):
    """The columns by which the server finds a row: without a primary key a unique one serves."""
    keys = {}
    for table in tables:
        unique = {name: columns for name, is_unique, columns in table["indexes"] if is_unique}
        primary = [unique["PRIMARY"]] if "PRIMARY" in unique else unique.values()
        columns = {(column or "").lower() for columns in primary for column in columns}
        keys[table["schema"], table["name"]] = columns
    return keys


if __name__ == "__main__":
    sys.exit(main())
