"""Spells rules, and knows the words that no grammar can: names in scope, values, labels."""

from generate_columns import Columns
from generate_scope import INFLUENCE, OUTPUT, Frame, Notes, visible
from generate_sources import Sources
from generate_writes import Writes
from grammar_text import Maybe

_DEPTH_MAX = 5


class Words(Columns, Sources, Writes):
    """One case on its way."""

    def __init__(self, grammar, schema, kind, chance, attack, reached):
        self.grammar = grammar
        self.relations = schema.relations(kind)
        self._exact = schema.exact
        self.kind = kind
        self.chance = chance
        self.attack = attack
        self.reached = reached
        self.steps = []
        self.notes = Notes()
        self.written = set()
        self._frames = [Frame()]
        self._common = []  # sources by WITH, and temporary tables
        self._steers = False
        self._depth = 0
        self._fresh = 0
        self._arms = None
        self._touched = [False]  # whether the item being written shows something protected

    @classmethod
    def names(cls):
        """The words of the generator itself, as the grammar spells them."""
        return {name[3:].replace("at_", "@", name.startswith("do_at_")).replace("_", "-") for name in dir(cls) if name.startswith("do_")} | {";;"}

    # Rules.

    def rule(self, name):
        """Spells one rule."""
        rule = self.grammar.rules[name]
        fits = [p for p in rule.productions if self._fits(p)]
        if "scope" not in rule.flags:
            fits = [p for p in fits if self._has_columns(p)] or fits
        if self._depth > _DEPTH_MAX:
            fits = [p for p in fits if "leaf" in p.flags] or fits
        production = self.chance.choices(fits, [p.weight for p in fits])[0]
        self.reached[f"{name}: {production.text}"] += 1
        if "provoked" in production.flags:
            self.notes.provoked = True
        self._depth += "deep" in rule.flags
        frames = len(self._frames)
        common = list(self._common)
        if "scope" in rule.flags:
            self._frames.append(Frame())
        try:
            return self._spell(production.nodes)
        finally:
            if "common" in rule.flags:
                self._common = common
            if frames < len(self._frames):
                del self._frames[frames:]
            self._depth -= "deep" in rule.flags

    def _fits(self, production):
        flags = production.flags
        if "attack" in flags and not self.attack:
            return False
        if "honest" in flags and self.attack:
            return False
        if "text" in flags and self.notes.send != "text":
            return False
        if "exact" in flags and not self._exact or "indexed" in flags and self._exact:
            return False
        return not flags & {"mysql", "mariadb"} or self.kind in flags

    def _has_columns(self, production):
        """Whether this place sees columns of all classes that the production names."""
        wanted = production.columns
        if not wanted:
            return True
        found = visible(self._frames)
        seen = {c.klass for columns in found for _, c in columns}
        hidden = {c.klass for columns in found for _, c in columns if c.protected}
        shown = {c.klass for columns in found for _, c in columns if not c.protected}
        for reference in wanted:
            steers = self._steers or reference.steers
            kinds = {"open": shown, "protected": hidden}.get(reference.name, shown if steers and not self.attack else seen)
            classes = self._classes(reference.arguments)
            if not kinds or "any" not in classes and not kinds & classes:
                return False
        return True

    def _spell(self, nodes):
        parts = [None] * len(nodes)
        for place, node in enumerate(nodes):
            if not isinstance(node, (str, Maybe)) and node.early:
                parts[place] = self._refer(node)
        for place, node in enumerate(nodes):
            if isinstance(node, str):
                parts[place] = node
            elif isinstance(node, Maybe):
                parts[place] = self._spell(node.nodes) if self.happens(node.chance / 100) else ""
            elif not node.early:
                parts[place] = self._refer(node)
        return "".join(parts)

    def _refer(self, node):
        steered = self._steers
        self._steers = steered or node.steers
        try:
            if node.name == ";;":
                return self.end_step() + "\x03"
            word = getattr(self, "do_" + node.name.replace("-", "_").replace("@", "at_"), None)
            if word:
                return word(*node.arguments)
            return self.rule(node.name)
        finally:
            self._steers = steered

    def happens(self, chance):
        return self.chance.random() < chance

    def end_step(self):
        """What comes next is another statement."""
        self.steps.append(self.notes)
        self.notes = Notes()
        self._frames = [Frame()]
        return ""

    def do_at_prepared(self):
        self.notes.send = "prepared"
        return ""

    def do_at_cursor(self):
        self.notes.send = "cursor"
        return ""

    def do_at_multi(self):
        self.notes.send = "multi"
        return ""

    def do_at_provoked(self):
        self.notes.provoked = True
        return ""

    def do_at_writes(self, name):
        """The statement around writes this table, which its words do not tell."""
        self.written.add(name)
        return ""

    def do_at_shows(self):
        """The statement around shows protected columns, as mere output, which its text does not tell."""
        self.notes.uses = max(self.notes.uses, OUTPUT)
        return ""

    def do_at_touches(self):
        """The statement around touches protected columns in a way that its columns do not tell."""
        self.notes.uses = max(self.notes.uses, INFLUENCE)
        return ""

    def fresh(self, prefix):
        self._fresh += 1
        return f"{prefix}{self._fresh}"

    def do_fresh(self, prefix):
        return self.fresh(prefix)
