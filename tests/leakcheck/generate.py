"""Random sessions of a masked role, out of a grammar and a schema, the same for the same seed."""

import random
import re
from collections import Counter
from dataclasses import dataclass

from generate_words import Words
from grammar_text import Grammar

# From least to most of what a statement does with protected columns.
USES = ("none", "output", "influence", "write")
_PLACE = re.compile("\x01(\\d+)\x02")


@dataclass(frozen=True)
class Step:
    """One statement of a session, and what is known of it by construction."""

    sql: bytes
    send: str  # `text`, `multi`, `prepared` or `cursor`
    parameters: tuple
    uses: str  # the most that it does with protected columns
    provoked: bool  # made to fail
    ordered: bool  # its result has a total order
    varies: tuple = ()


@dataclass(frozen=True)
class Case:
    """One session."""

    id: str
    attack: bool
    steps: tuple
    tables: tuple  # that may have been written


class Generator:
    """Cases by number: each hangs on the seed and its number alone."""

    def __init__(self, grammar, schema, kind, seed):
        self._grammar = grammar if isinstance(grammar, Grammar) else Grammar.load(grammar)
        unknown = self._grammar.unknown(Words.names())
        if unknown:
            raise ValueError(f"the grammar speaks of what is nowhere: {', '.join(unknown)}")
        self._schema = schema
        self._kind = kind
        self._seed = seed
        self.reached = Counter()

    def case(self, number):
        """The case with that number."""
        name = f"{self._kind}-{self._schema.name}-{self._seed}-{number}"
        chance = random.Random(name)
        attack = chance.random() < 0.5
        words = Words(self._grammar, self._schema, self._kind, chance, attack, self.reached)
        text = words.rule("case")
        words.end_step()
        steps = tuple(
            self._step(part, notes) for part, notes in zip(text.split("\x03"), words.steps, strict=True)
        )
        return Case(name, attack, steps, tuple(sorted(words.written)))

    @staticmethod
    def _step(text, notes):
        parameters = tuple(notes.parameters[int(number)] for number in _PLACE.findall(text))
        return Step(
            sql=_PLACE.sub("?", text).strip().encode(),
            send=notes.send,
            parameters=parameters,
            uses=USES[notes.uses],
            provoked=notes.provoked,
            # Of several statements, one that has an order does not speak for the others.
            ordered=notes.ordered and notes.send != "multi",
        )
