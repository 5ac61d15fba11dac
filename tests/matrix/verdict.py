"""Holds what a client did directly beside what it did through the gateway, and both beside `reasons.toml`."""

import fnmatch
import tomllib
from pathlib import Path
from typing import NamedTuple

import registry
from features import FEATURES

LIST = Path(__file__).with_name("reasons.toml")
_KEYS = {"clients", "feature", "server", "steps", "reason"}


class Entry(NamedTuple):
    """Steps that go wrong: through the gateway alone (`difference`), or directly as well (`fault`).

    Without `clients` an entry is about all that have the feature, without `server` about both.
    """

    kind: str
    clients: list
    feature: str
    server: str
    steps: list
    reason: str

    def is_about(self, client, feature, server):
        return client in (self.clients or [client]) and self.feature == feature and self.server in ("", server)

    def names(self, step):
        return any(fnmatch.fnmatchcase(step, pattern) for pattern in self.steps)


def load(path=LIST):
    """The entries, or an error that says what is wrong with one."""
    written = tomllib.loads(path.read_text())
    unknown = written.keys() - {"difference", "fault"}
    if unknown:
        raise SystemExit(f"error: {path.name}: no such kind: {unknown}")
    return [_entry(path, kind, entry) for kind in ("difference", "fault") for entry in written.get(kind, [])]


def _entry(path, kind, entry):
    if entry.keys() - _KEYS or not entry.get("reason", "").strip() or not entry.get("steps"):
        raise SystemExit(f"error: {path.name}: needs a feature, steps and a reason: {entry}")
    unknown = set(entry.get("clients", [])) - registry.CLIENTS.keys()
    if unknown or entry.get("feature") not in FEATURES:
        raise SystemExit(f"error: {path.name}: no such client or feature: {entry}")
    if entry.get("server", "") not in ("", "mysql", "mariadb"):
        raise SystemExit(f"error: {path.name}: no such server: {entry}")
    server = entry.get("server", "")
    return Entry(kind, entry.get("clients", []), entry["feature"], server, entry["steps"], entry["reason"])


def judge(direct, through):
    """The steps of one cell that did not go right: by name, the kind of entry they need and what was seen."""
    wrong = {}
    for name in [*direct, *(name for name in through if name not in direct)]:
        one, other = direct.get(name), through.get(name)
        if one and other and (one.good, one.seen) == (other.good, other.seen):
            if not one.good:
                wrong[name] = "fault", f"fails directly, too: {one.seen}"
        else:
            wrong[name] = "difference", f"directly {_told(one)}\n        through  {_told(other)}"
    return wrong


def _told(step):
    if step is None:
        return "not tried"
    return f"{'ok' if step.good else 'wrong'}: {step.seen}"


def mistakes(cell, wrong, entries):
    """What is wrong with a cell, given as (client, feature, server), that no entry names, and the other way round."""
    about = [entry for entry in entries if entry.is_about(*cell)]
    found = [
        f"{name}: {seen}"
        for name, (kind, seen) in wrong.items()
        if not any(entry.kind == kind and entry.names(name) for entry in about)
    ]
    for entry in about:
        for pattern in entry.steps:
            fits = fnmatch.filter([name for name, (kind, _) in wrong.items() if kind == entry.kind], pattern)
            if not fits:
                found.append(f"listed as a {entry.kind}, but is none: {pattern}")
    return found
