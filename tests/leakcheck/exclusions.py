"""Differences that an index on a protected column makes by its order: named, in one file, for one schema."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("exclusions.toml")


@dataclass(frozen=True)
class Exclusion:
    """One thing that is left out, and the threat model says so."""

    name: str
    sql: re.Pattern
    where: tuple
    even_ordered: bool = False

    def covers(self, step, difference, before=b""):
        is_meant = self.sql.search(step.sql) or self.sql.search(before)
        return difference.where.startswith(self.where) and bool(is_meant)


def load(path=FILE):
    """All exclusions."""
    return [
        Exclusion(
            entry["name"],
            re.compile(entry["sql"].encode(), re.IGNORECASE),
            tuple(entry["where"]),
            entry.get("even_ordered", False),
        )
        for entry in tomllib.loads(path.read_text())["exclusion"]
    ]


def hangs_on_plan(exclusions, step, difference):
    """Whether a difference can come of how a server found and ordered the rows, over any schema."""
    return any(e.covers(step, difference) for e in exclusions)


def find(exclusions, schema, step, difference, before=b""):
    """The name of the exclusion under which a difference falls, or None.

    `before` is what holds of a statement because of those before it.
    """
    if schema.exact:
        return None
    possible = (e for e in exclusions if e.even_ordered or not step.ordered)
    return next((e.name for e in possible if e.covers(step, difference, before)), None)
