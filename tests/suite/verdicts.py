"""Holds the answer to a statement that came through the gateway beside the one that came directly, and counts."""

import re
from collections import Counter
from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field

SAMPLES_MAX = 5
_SHOWN_MAX = 400

# What differs between two servers, two connections or two moments whatever the gateway does.
_VOLATILE = re.compile(
    rb"\b(NOW|SYSDATE|CURDATE|CURTIME|UTC_\w+|CURRENT_\w+|LOCALTIME\w*|UUID\w*|SYS_GUID|RAND|CONNECTION_ID|UNIX_TIMESTAMP"
    rb"|FOUND_ROWS|BENCHMARK|ENCRYPT|RANDOM_BYTES|PROCESSLIST|USER|SYSTEM_USER|VERSION"
    rb"|ROW_COUNT|STATUS|PROFILE\w*|STATISTICS|ANALYZE|EXPLAIN|DESC|MASTER|SLAVE|REPLICA|BINARY\s+LOGS?|BINLOG|ENGINE)\b"
    rb"|@@|SHOW\s+(FULL\s+|ALL\s+)?(VARIABLES|SESSION|GLOBAL|TABLE|EVENTS|PROC|FUNC|INDEX|KEYS|CREATE)"
    rb"|information_schema|FORMAT\s*=",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Result:
    """One result of a statement: names of columns and rows, or what it changed."""

    columns: tuple = ()
    rows: tuple = ()
    changed: int = 0
    warnings: int = 0


@dataclass(frozen=True)
class Answer:
    """What came back: the results up to an error, and the error."""

    results: tuple = ()
    code: int = 0
    text: str = ""
    lost: bool = False

    @property
    def refusal(self):
        """The token of the gateway's refusal, if it is one."""
        found = _TOKEN.search(self.text)
        return found.group(1) if found else None


_TOKEN = re.compile(r"\[(POSTERN-[A-Z-]+)\]")


def difference(statement, direct, through):
    """In which way two answers are not the same; `None` where they are."""
    if through.lost != direct.lost:
        return "lost session"
    if direct.code != through.code:
        return f"error {through.code or 'none'} instead of {direct.code or 'none'}"
    if direct.code and through.refusal is None and _plain(direct.text) != _plain(through.text):
        return f"other text of error {direct.code}"
    if len(direct.results) != len(through.results):
        return "another number of results"
    for ours, theirs in zip(through.results, direct.results, strict=True):
        if found := _result_difference(statement, theirs, ours):
            return found
    return None


def _result_difference(statement, direct, through):
    if direct.columns != through.columns:
        return "other columns"
    if _VOLATILE.search(statement):
        return None
    if direct.warnings != through.warnings:
        return "another count of warnings"
    if direct.changed != through.changed:
        return "another count of changed rows"
    if direct.rows != through.rows and sorted(map(repr, direct.rows)) != sorted(map(repr, through.rows)):
        return "other rows"
    return None


def _plain(text):
    """An error without what is particular to a server or a moment."""
    return re.sub(r"\d+|/\S+|'[^']*'@'[^']*'", "?", text)


def reason(text):
    """A refusal without what is particular to one statement."""
    # What is not supported is the reason; other names are those of the statement.
    text = re.sub(r"(\] |reading )?`[^`]*`", lambda found: found.group() if found.group(1) else "`…`", text)
    text = re.sub(r"\b(byte|line|column) \d+", r"\1 N", text)
    text = re.sub(r"(unknown (?:table|column|function|routine|schema)) \S+", r"\1 …", text)
    text = re.sub(r"\b[\w$]+\.[\w$]+(\.[\w$]+)?(?= |$|,|;)", "….…", text)
    return re.sub(r"\d+", "N", text)


@dataclass
class Tally:
    """What became of the statements of one server."""

    counts: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    samples: dict = field(default_factory=lambda: defaultdict(list))

    def same(self, errors):
        self.counts["same"] += 1
        self.counts["of these errors both ways"] += errors

    def refused(self, file, statement, answer):
        self.counts["refused"] += 1
        self._keep(("refused", answer.refusal, reason(answer.text)), file, statement, answer.text)

    def differs(self, file, statement, how, direct, through):
        self.counts["lost" if how == "lost session" else "differs"] += 1
        said = f"directly {_short(direct)} | through {_short(through)}"
        self._keep(("differs", "", how), file, statement, said)

    def left_out(self):
        self.counts["left out"] += 1

    def _keep(self, key, file, statement, said):
        self.reasons[key] += 1
        if len(self.samples[key]) < SAMPLES_MAX:
            shown = statement.decode(errors="replace")[:_SHOWN_MAX]
            self.samples[key].append({"file": file, "statement": shown, "said": said[:_SHOWN_MAX]})

    def report(self):
        """The same as plain data, the most frequent first."""
        return {
            "counts": dict(self.counts),
            "found": [
                {"what": what, "token": token, "reason": why, "count": count, "samples": self.samples[key]}
                for key, count in self.reasons.copy().most_common()
                for what, token, why in [key]
            ],
        }


def _short(answer):
    if answer.lost:
        return "lost"
    if answer.code:
        return f"{answer.code} {answer.text}"
    return repr([(one.columns, one.rows[:4], one.changed, one.warnings) for one in answer.results])
