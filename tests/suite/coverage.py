"""Counts how many statements of a suite that a running server accepts are understood by Postern.

    python tests/suite/coverage.py [SUITE] [--server mysql|mariadb] [--run-every N]

SUITE is a folder tree with `.test` and `.inc` files in the servers' own test language; without it,
the suite of Debian's mariadb-test-data is taken. A statement counts where the server's answer to
COM_STMT_PREPARE is anything but a parse error. It is understood where Postern parsed it and knows
its kind and accesses, whatever a policy would say. So that a missing table hides nothing, the files
are run over a fresh schema, and what was read as far as to an unknown name is read again with all
that the server holds at that moment. Exits 1 where a class misses its target.
"""

import argparse
import multiprocessing
import re
import sys
import tempfile
import time
from collections import Counter
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from asking import PARSE_ERRORS  # noqa: E402
from asking import Preparer  # noqa: E402
from asking import read_all  # noqa: E402
from classes import TARGETS  # noqa: E402
from classes import class_of  # noqa: E402
from collect import collect  # noqa: E402
from collect import distinct  # noqa: E402
from collect import is_text  # noqa: E402
from collect import suite_folder  # noqa: E402
from programs import CACHE  # noqa: E402
from resolving import Resolving  # noqa: E402
from scratch import OPTIONS  # noqa: E402
from scratch import Scratch  # noqa: E402
from scratch import folder as scratch_folder  # noqa: E402
from servers import Server  # noqa: E402

GAPS_SHOWN = 20
_PROGRESS_SECONDS = 10


def main():
    arguments = _arguments()
    folder = suite_folder(arguments.suite)
    collected = collect(folder)
    statements = distinct(collected)
    readable = [text for text in statements if is_text(text)]
    print(
        f"suite: {len(collected)} files, {len(statements)} statements;"
        f" {len(statements) - len(readable)} are not text in utf8mb4 and are left out",
        flush=True,
    )
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    with tempfile.TemporaryDirectory(prefix="postern-", dir=scratch_folder()) as scratch:
        context = multiprocessing.get_context("fork")
        with context.Pool(len(kinds)) as pool:
            paths = [folder / one.file for one in collected if one.file.suffix == ".test"]
            paths = paths[:: arguments.run_every] if arguments.run_every else []
            work = [(kind, Path(scratch), readable, paths, folder) for kind in kinds]
            measures = pool.starmap(measure, work, chunksize=1)
    for each in measures:
        each.report()
    print()
    for each in measures:
        print(each.summary())
    return 1 if any(each.missed() for each in measures) else 0


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", nargs="?", help="a folder tree with .test files")
    parser.add_argument("--server", choices=["mysql", "mariadb"])
    parser.add_argument(
        "--run-every", type=int, default=1, metavar="N", help="run every Nth file alone, 0 for none"
    )
    return parser.parse_args()


def measure(kind, scratch, statements, paths, folder):
    """Asks one server, started for this alone, and Postern."""
    server = Server(kind, scratch, options=OPTIONS[kind])
    try:
        version = server.rows("SELECT VERSION()")[0][0]
        codes = _codes(kind, server, statements)
        accepted = [text for text in statements if codes[text] not in PARSE_ERRORS]
        print(f"{kind}: {len(accepted)} accepted; now Postern reads them", flush=True)
        known = Scratch(server)
        known.begin_file()
        read = read_all(version, known.own_objects(), accepted)
        answers = dict(zip(accepted, read, strict=True))
        _leave_out_refused_texts(server, codes, answers)
        unknown = [text for text, answer in answers.items() if "unknown_name" in answer]
        print(f"{kind}: {len(unknown)} need tables; now their files are run", flush=True)
        answers |= Resolving(server, version, unknown).run(paths, folder)
    finally:
        server.stop()
    return Measure(kind, version, codes, answers)


def _codes(kind, server, statements):
    preparer = Preparer(server)
    codes = {}
    told = time.monotonic()
    for number, text in enumerate(statements):
        codes[text] = preparer.code(text)
        if time.monotonic() - told > _PROGRESS_SECONDS:
            told = time.monotonic()
            print(f"{kind}: {number} of {len(statements)} prepared", flush=True)
    return codes


def _leave_out_refused_texts(server, codes, answers):
    """PREPARE is taken whatever text it carries; where the server does not take the text, it is no
    statement that was accepted."""
    preparer = Preparer(server)
    for text, answer in list(answers.items()):
        if "gap" in answer and class_of(text) == "prepared":
            code = preparer.carried_code(text)
            if code in PARSE_ERRORS:
                codes[text] = code
                del answers[text]


class Measure:
    """What one server accepts and Postern understands."""

    def __init__(self, kind, version, codes, answers):
        self._kind = kind
        self._version = version
        self._codes = codes
        self._answers = answers
        self._count = Counter()
        self._understood = Counter()
        self._to_a_name = 0
        self._gaps = defaultdict(list)
        for text, answer in answers.items():
            name = class_of(text)
            self._count[name] += 1
            if "gap" in answer:
                self._gaps[name, _pattern(answer["gap"])].append(text)
            else:
                self._understood[name] += 1
                self._to_a_name += "unknown_name" in answer

    def missed(self):
        """The classes that miss their target."""
        return [name for name in TARGETS if self._count[name] and self._share(name) < TARGETS[name]]

    def _share(self, name):
        return 100 * self._understood[name] / self._count[name]

    def summary(self):
        """One line: the share of each class."""
        shares = [f"{name} {self._share(name):.2f}" for name in TARGETS if self._count[name]]
        missed = ", ".join(self.missed())
        verdict = f"missed: {missed}" if missed else "all targets met"
        return f"coverage: {self._kind}: {' '.join(shares)}; {verdict}"

    def report(self):
        """Prints the table and the most frequent gaps, and leaves all gaps in a file."""
        refused = Counter(code for code in self._codes.values() if code in PARSE_ERRORS)
        words = ", ".join(f"{PARSE_ERRORS[code]} ({code}): {n}" for code, n in refused.most_common())
        print(f"\n{self._kind} {self._version}: {len(self._codes)} statements prepared")
        print(f"  refused as text: {words or 'none'}")
        lost = sum(code == -1 for code in self._codes.values())
        if lost:
            print(f"  the server was lost at {lost} of them (they count as accepted)")
        print(f"\n  {'class':12} {'accepted':>9} {'understood':>10} {'share':>9} {'target':>8}")
        for name, target in TARGETS.items():
            count, understood = self._count[name], self._understood[name]
            if count:
                verdict = "ok" if self._share(name) >= target else f"MISSED, {count - understood} gaps"
                share = f"{self._share(name):.2f} %"
                print(f"  {name:12} {count:9} {understood:10} {share:>9} {target:6.1f} %  {verdict}")
        print(f"  {self._to_a_name} were read as far as to a name that the server does not know either")
        self._report_gaps()

    def _report_gaps(self):
        file = CACHE / f"coverage-{self._kind}.txt"
        frequent = sorted(self._gaps.items(), key=lambda gap: -len(gap[1]))
        with file.open("w") as out:
            for (name, pattern), texts in frequent:
                for text in texts:
                    shown = text.decode().replace("\n", " ")
                    out.write(f"{len(texts)}\t{name}\t{pattern}\t{self._codes[text]}\t{shown}\n")
        print(f"\n  the {GAPS_SHOWN} most frequent gaps (all are in {file.relative_to(CACHE.parent)}):")
        for (name, pattern), texts in frequent[:GAPS_SHOWN]:
            print(f"  {len(texts):6} {name:12} {pattern}")
            for text in sorted(texts, key=len)[:2]:
                print(f"         {text.decode()[:150]!r}")


def _pattern(gap):
    """A gap without what is particular to one text."""
    return re.sub(r"byte \d+", "byte N", gap)


if __name__ == "__main__":
    sys.exit(main())
