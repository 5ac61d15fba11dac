"""Asks both servers whether they read the same tokens as Postern does.

    python tests/suite/lexer_differential.py [--seed N] [--count N] [--server mysql|mariadb]

Postern's tokens of a text are spelled anew in the plainest way; a server must take both texts
alike: the same rows, or the same error with the same name in it, and (MySQL) the same normalised
token stream of STATEMENT_DIGEST_TEXT. Where a server takes what Postern cannot read, the reason
must be one of those by which Postern is stricter on purpose. The texts are made of pieces at which
lexers disagree, in every SQL mode and character set; those of the attack corpus are added, and some
of the suite of Debian's mariadb-test-data, if it is there. Exits 1 at a difference.
"""

import argparse
import multiprocessing
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import pymysql  # noqa: E402
import texts  # noqa: E402
from asking import Reader  # noqa: E402
from asking import prepare  # noqa: E402
from collect import DEBIAN_SUITE  # noqa: E402
from collect import collect  # noqa: E402
from collect import distinct  # noqa: E402
from collect import files  # noqa: E402
from scratch import OPTIONS  # noqa: E402
from scratch import folder as scratch_folder  # noqa: E402
from servers import Server  # noqa: E402

_SEED = 20261122
_COUNT = 4000
_COLLECTED = 2000
_FILES = 150
_SETUP = """
    CREATE DATABASE IF NOT EXISTS test; USE test;
    CREATE TABLE t (a INT, j LONGTEXT, `1` INT, `1e5` INT, `0x41` INT, `select` INT);
    INSERT INTO t VALUES (7, '{"a": 8}', 9, 10, 11, 12);
"""
_SYNTAX_ERRORS = (1064, 1149, 1065)
# Found only when all of a text was parsed; other errors may come before its end was looked at.
_AFTER_PARSING = (1046, 1049, 1052, 1054, 1109, 1146)
_LOST = (0, 2006, 2013)

# Why Postern reads less than a server takes: each ends a way to be led astray.
STRICTER = [
    "a NUL byte",
    "a byte that stands for nothing there",
    "a character set introducer",
    "a comment between a word and a parenthesis",
    "a comment that is not valid UTF-8",
    "a literal in a character set that is not supported",
    "a name outside of ASCII, which needs utf8mb4",
    "a name that is not valid UTF-8",
    "a name with a letter that servers may take for another",
    "a parameter that touches a name",
    "a semicolon within an executable comment",
    "a variable without a plain name",
    "a variable's name that is not text",
    "an executable comment within another",
    "an exponent without digits",
    "bytes that are not",
    "in one reading of a version comment",
    "over the limit",
    "an optimizer hint with a quote that is not closed",
    "two minus signs before a byte outside of ASCII",
    "a word that begins with `$` and holds another",
    "a version comment makes the statement read differently",
]


def main():
    arguments = _arguments()
    print(f"lexer-differential: seed {arguments.seed}", flush=True)
    cases = _cases(Random(arguments.seed), arguments.count)
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    with tempfile.TemporaryDirectory(prefix="postern-", dir=scratch_folder()) as scratch:
        context = multiprocessing.get_context("fork")
        with context.Pool(len(kinds)) as pool:
            runs = pool.starmap(compare, [(kind, Path(scratch), cases) for kind in kinds], chunksize=1)
    for run in runs:
        run.report()
    return 1 if any(run.differences for run in runs) else 0


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--count", type=int, default=_COUNT, help="how many mixtures")
    parser.add_argument("--server", choices=["mysql", "mariadb"])
    return parser.parse_args()


def _cases(random, count):
    """Texts, each with a mode, a character set, and whether it is ours, so that it may be run."""
    cases = []
    for text in texts.generated(random, count):
        mode, charset = random.choice(texts.MODES), random.choice(texts.CHARSETS)
        cases.append((texts.encoded(random, text, charset), mode, charset, True))
    collected = list(texts.corpus())
    if DEBIAN_SUITE.is_dir():
        paths = random.sample(files(DEBIAN_SUITE), _FILES)
        found = distinct(collect(DEBIAN_SUITE, sorted(paths)))
        collected += random.sample(found, min(_COLLECTED, len(found)))
    cases += [(text, random.choice(texts.MODES), "utf8mb4", False) for text in collected]
    # Cases of one session state stand together, so that it is set once.
    return sorted(cases, key=lambda case: (case[1], case[2]))


class Run:
    """What comparing with one server brought."""

    def __init__(self, kind):
        self.kind = kind
        self.compared = 0
        self.taken = 0
        self.digests = 0
        self.stricter = Counter()
        self.differences = []

    def report(self):
        """Prints the differences and one closing line."""
        for text, mode, charset, what in self.differences:
            print(f"{self.kind}: {text!r} under `{mode}` in {charset}:\n    {what}")
        for why, count in sorted(self.stricter.items()):
            print(f"{self.kind}: {count} taken by the server, not by us: {why}")
        print(
            f"lexer-differential: {self.kind}: {self.compared} texts compared, {self.taken} of them"
            f" taken by the server, {self.digests} by their digest, {sum(self.stricter.values())}"
            f" refused by us alone, differences {len(self.differences)}"
        )


def compare(kind, scratch, cases):
    """Compares on a server of its own."""
    server = Server(kind, scratch, options=OPTIONS[kind])
    reader = Reader(server.rows("SELECT VERSION()")[0][0])
    run = Run(kind)
    try:
        server.run(_SETUP)
        session = _Session(server)
        for text, mode, charset, may_run in cases:
            session.enter(mode, charset)
            answer = reader.ask(respell={"text": text.hex(), "sql_mode": mode, "charset": charset})
            run.compared += 1
            what = _difference(session, run, answer, text, may_run and b"?" not in text)
            if what:
                run.differences.append((text, mode, charset, what))
    finally:
        reader.stop()
        server.stop()
    return run


def _difference(session, run, answer, text, may_run):
    """What a server takes otherwise than we do; None where it does not."""
    # What one text sets, the next one must not see.
    changes = b":=" in text
    theirs = session.outcome(text, may_run, changes)
    run.taken += theirs[0] != "refused"
    run.digests += theirs[-1] is not None
    if "no_tokens" in answer:
        is_parsed = theirs[0] in ("rows", "prepared")
        if not is_parsed and not (may_run and theirs[0] == "error" and theirs[1] in _AFTER_PARSING):
            return None
        why = answer["no_tokens"]
        reason = next((reason for reason in STRICTER if reason in why), None)
        if reason is None:
            return f"the server takes it, we do not: {why}"
        run.stricter[reason] += 1
        return None
    # A text without any token is a comment to a server, not nothing.
    respelled = [bytes.fromhex(digits) or b"/**/" for digits in answer["respelled"]]
    ours = [session.outcome(text, may_run, changes) for text in respelled]
    if any(_are_alike(theirs, one) for one in ours):
        return None
    if run.kind == "mariadb" and _ITS_SCHEMAS.search(text):
        return None
    pairs = zip(ours, respelled, strict=True)
    return "\n    ".join([str(theirs), *(f"{one} for {spelled!r}" for one, spelled in pairs)])


# After these names MariaDB takes a function's name for the function, which we never pass.
_ITS_SCHEMAS = re.compile(rb"(mariadb|oracle|maxdb)_schema\s*\.", re.IGNORECASE)


def _are_alike(one, other):
    # An error that comes before all is parsed may come in place of a syntax error further on.
    kinds = {one[0], other[0]}
    early = any(answer[0] == "error" and answer[1] not in _AFTER_PARSING for answer in (one, other))
    return one == other or (kinds == {"refused", "error"} and early)


class _Session:
    """A session in which texts are sent in a mode and character set."""

    def __init__(self, server):
        self._server = server
        self._state = None
        self._connect()

    def _connect(self):
        if not self._server.is_running():
            self._server.start_again()
        self._connection = self._server.connect(
            database="test", conv={}, use_unicode=False, read_timeout=20
        )

    def enter(self, mode, charset):
        """Brings the session into a state."""
        self._state = mode, charset
        self._restore()

    def _restore(self):
        mode, charset = self._state
        with self._connection.cursor() as cursor:
            cursor.execute(f"SET NAMES {charset}, character_set_results = NULL, sql_mode = '{mode}'")
            cursor.execute(_VARIABLES)

    def outcome(self, text, may_run, from_anew):
        """What the server makes of a text: how it answers, and its tokens as it tells them."""
        if from_anew:
            self._restore()
        try:
            if may_run:
                with self._connection.cursor() as cursor:
                    cursor.execute(text)
                    answer = "rows", tuple(cursor.fetchall())
            else:
                prepare(self._connection, text)
                answer = ("prepared",)
        except pymysql.MySQLError as error:
            answer = self._error(error)
        return (*answer, self._digest(text))

    def _error(self, error):
        number, *words = error.args
        if number in _LOST or not isinstance(number, int):
            self._connect()
            self._restore()
            return ("lost",)
        if number in _SYNTAX_ERRORS:
            return ("refused",)
        # What comes before all is parsed may name a part of what we read as one.
        return "error", number, words if number in _AFTER_PARSING else []

    def _digest(self, text):
        if self._server.kind != "mysql" or self._state[1] != "utf8mb4":
            return None
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT STATEMENT_DIGEST_TEXT(_utf8mb4 0x{text.hex()})")
            except pymysql.MySQLError:
                return None
            # Hints of the optimizer are no tokens of ours.
            return _HINT.sub(b"", cursor.fetchone()[0])


_VARIABLES = "SET @a = 'x', @`a.b` = 'y'"
_HINT = re.compile(rb"/\*\+.*?\*/ ?", re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
