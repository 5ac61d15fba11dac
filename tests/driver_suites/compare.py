"""Holds what passed directly beside what passed through the gateway, and both beside the list of differences."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).with_name("differences.toml")
_KEYS = {"suite", "server", "tests", "reason"}


class Difference(NamedTuple):
    """Tests that end otherwise through the gateway; `server` is empty where that holds for both."""

    suite: str
    server: str
    tests: list
    reason: str

    def is_about(self, suite, server):
        return self.suite == suite and self.server in ("", server)


class Verdict(NamedTuple):
    direct: int
    through: int
    listed: int
    mistakes: list


def load(path=LIST):
    """The list, or an error that says what is wrong with it."""
    entries = tomllib.loads(path.read_text()).get("difference", [])
    for entry in entries:
        unknown = entry.keys() - _KEYS
        if unknown or not entry.get("suite") or not entry.get("tests") or not entry.get("reason", "").strip():
            raise SystemExit(f"error: {path.name}: needs suite, tests and a reason: {entry}")
        if entry.get("server", "") not in ("", "mysql", "mariadb"):
            raise SystemExit(f"error: {path.name}: no such server: {entry}")
    return [
        Difference(entry["suite"], entry.get("server", ""), entry["tests"], entry["reason"])
        for entry in entries
    ]


def compare(suite, server, direct, through, differences):
    """What is wrong with one run of a suite; `direct` and `through` are outcomes by the tests' names."""
    passed = {name for name, outcome in direct.items() if outcome.passed}
    passed_through = {name for name, outcome in through.items() if outcome.passed}
    other = passed ^ passed_through
    listed, mistakes = set(), []
    for difference in differences:
        if not difference.is_about(suite, server):
            continue
        for pattern in difference.tests:
            matching = {name for name in direct.keys() | through.keys() if _matches(pattern, name)}
            listed |= matching & other
            if not matching & other:
                mistakes.append(f"listed, but no test of that name differs: {pattern}")
            mistakes += [
                f"listed, but passes both ways: {name}"
                for name in sorted(matching & passed & passed_through)
            ]
    for name in sorted(other - listed):
        if name in passed:
            why = through[name].why if name in through else "was not run"
            mistakes.append(f"passes directly, not through the gateway: {name}\n    {_indented(why)}")
        else:
            mistakes.append(f"passes through the gateway, not directly: {name}")
    if not passed:
        mistakes.append("no test passes directly")
    return Verdict(len(passed), len(passed_through), len(listed), mistakes)


def _matches(pattern, name):
    """Whether a name fits, where `*` stands for any characters and everything else for itself."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def _indented(text):
    return text.replace("\n", "\n    ")
