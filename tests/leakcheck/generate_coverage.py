"""Says what of the grammar, the functions and the types of columns is reached in a number of sessions.

    python tests/leakcheck/generate_coverage.py [--cases 20000] [--seed 1] [--schema plain] [--functions FILE]

`--functions` names a file with one function a line (such as `postern policy lists` gives): those that the
grammar never calls are listed.
"""

import argparse
import re
from collections import Counter
from pathlib import Path

from generate import Generator
from grammar_text import Grammar
from schema import KINDS, Schema

HERE = Path(__file__).resolve().parent
_CALL = re.compile(r"\b([A-Za-z_][A-Za-z_0-9]*)\(")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schema", default="plain")
    parser.add_argument("--functions", type=Path)
    arguments = parser.parse_args()
    schema = Schema.load(HERE / "schemas" / f"{arguments.schema}.toml")
    grammar = Grammar.load(HERE / "grammar")
    for kind in KINDS:
        print(report(grammar, schema, kind, arguments))


def report(grammar, schema, kind, arguments):
    """What one server's sessions reach."""
    generator = Generator(grammar, schema, kind, arguments.seed)
    uses, sends = Counter(), Counter()
    for number in range(arguments.cases):
        for step in generator.case(number).steps:
            uses[step.uses] += 1
            sends[step.send] += 1
    missing = unreached(grammar, schema, kind, generator.reached)
    called = functions(generator.reached)
    columns = sorted(name for name in generator.reached if name.startswith("column "))
    lines = [
        f"{kind}: {arguments.cases} sessions, {sum(uses.values())} statements",
        f"  uses       {_counts(uses)}",
        f"  sent as    {_counts(sends)}",
        f"  functions  {len(called)} called",
        f"  columns    {len(columns)} of class, protection and type",
        f"  productions not reached: {len(missing)}",
        *(f"    {name}" for name in missing),
    ]
    if arguments.functions:
        wanted = {line.strip().lower() for line in arguments.functions.read_text().split("\n") if line.strip()}
        lines.append(f"  functions never called: {', '.join(sorted(wanted - called))}")
    return "\n".join(lines)


def functions(reached):
    """The functions that the reached productions call, lower case."""
    return {name.lower() for text in reached if not text.startswith("column ") for name in _CALL.findall(text)}


def unreached(grammar, schema, kind, reached):
    """The productions for this server and schema that nothing spelled."""
    other = ({"mysql", "mariadb"} - {kind}) | {"indexed" if schema.exact else "exact"}
    return [
        f"{rule.name}: {production.text}"
        for rule in grammar.rules.values()
        for production in rule.productions
        if not production.flags & other and f"{rule.name}: {production.text}" not in reached
    ]


def _counts(counter):
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


if __name__ == "__main__":
    main()
