"""A grammar as data: weighted productions in a text format, described in grammar/README.md."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_TOKEN = re.compile(r"<(?P<marks>[!^]*)(?P<name>[a-z@;][\w@;-]*)(?P<arguments>(?: [\w.-]+)*)>|\?(?P<chance>\d+)\(|(?P<end>\)\?)")
# What follows the one space after weight and flags is the body, with its own spaces.
_PRODUCTION = re.compile(r"\s+(?P<weight>\d+) (?:\[(?P<flags>[\w,-]+)\] )?(?P<body>.*)$")
_RULE = re.compile(r"(?P<name>[a-z][\w-]*):(?P<flags>[\w ]*)$")


@dataclass(frozen=True)
class Reference:
    """Another rule, or one of the generator's own words."""

    name: str
    arguments: tuple
    steers: bool
    early: bool


@dataclass(frozen=True)
class Maybe:
    """A part that is there by chance, in percent."""

    chance: int
    nodes: tuple


@dataclass(frozen=True)
class Production:
    """One way to spell a rule."""

    weight: int
    flags: frozenset
    nodes: tuple
    text: str

    @cached_property
    def columns(self):
        """The references to columns, if they are to columns of a block that is already there."""
        references = list(_references(self.nodes))
        if any(reference.early for reference in references):
            return ()
        return tuple(reference for reference in references if reference.name in ("column", "open", "protected"))


@dataclass
class Rule:
    """All ways to spell something."""

    name: str
    flags: set
    productions: list


class Grammar:
    """All rules and groups of classes of the files of a folder, in the order of their names."""

    def __init__(self):
        self.rules = {}
        self.groups = {}

    @classmethod
    def load(cls, path):
        path = Path(path)
        grammar = cls()
        files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
        for file in files:
            grammar._read(file)
        return grammar

    def _read(self, file):
        rule = None
        for number, line in enumerate(file.read_text().split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("@group "):
                _, name, *classes = line.split()
                self.groups[name] = tuple(classes)
            elif match := _RULE.match(line):
                rule = self.rules.setdefault(match["name"], Rule(match["name"], set(), []))
                rule.flags.update(match["flags"].split())
            elif rule and (match := _PRODUCTION.match(line)):
                flags = frozenset((match["flags"] or "").split(",")) - {""}
                rule.productions.append(
                    Production(int(match["weight"]), flags, _nodes(match["body"], file, number), match["body"])
                )
            else:
                raise ValueError(f"{file}:{number}: neither a rule nor a production: {line!r}")

    def unknown(self, builtins):
        """References to nothing."""
        known = set(self.rules) | set(builtins)
        return sorted(
            {
                reference.name
                for rule in self.rules.values()
                for production in rule.productions
                for reference in _references(production.nodes)
                if reference.name not in known
            }
        )


def _references(nodes):
    for node in nodes:
        if isinstance(node, Reference):
            yield node
        elif isinstance(node, Maybe):
            yield from _references(node.nodes)


def _nodes(body, file, number):
    stack, at = [(None, [])], 0
    for match in _TOKEN.finditer(body):
        nodes = stack[-1][1]
        if match.start() > at:
            nodes.append(body[at : match.start()])
        at = match.end()
        if match["name"]:
            marks = match["marks"]
            nodes.append(Reference(match["name"], tuple(match["arguments"].split()), "!" in marks, "^" in marks))
        elif match["chance"]:
            stack.append((int(match["chance"]), []))
        elif len(stack) > 1:
            chance, inner = stack.pop()
            stack[-1][1].append(Maybe(chance, tuple(inner)))
        else:
            raise ValueError(f"{file}:{number}: `)?` closes nothing")
    if len(stack) > 1:
        raise ValueError(f"{file}:{number}: `?{stack[-1][0]}(` is not closed")
    if at < len(body):
        stack[0][1].append(body[at:])
    return tuple(stack[0][1])
