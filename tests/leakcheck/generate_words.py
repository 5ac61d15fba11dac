"""Spells rules, and knows the words that no grammar can: names in scope, values, labels."""

from generate_scope import Frame, Notes, Seen, Source, visible
from generate_writes import Writes
from grammar_text import Maybe

_DEPTH_MAX = 5
_PROTECTED = 0.65  # how often a column is a protected one, where either will do
_OUTER = 0.1  # how often a column is one of a block around
_NONE, _OUTPUT, _INFLUENCE, _WRITE = range(4)


class Words(Writes):
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

    def do_at_shows(self):
        """The statement around shows protected columns, as mere output, which its text does not tell."""
        self.notes.uses = max(self.notes.uses, _OUTPUT)
        return ""

    def do_at_touches(self):
        """The statement around touches protected columns in a way that its columns do not tell."""
        self.notes.uses = max(self.notes.uses, _INFLUENCE)
        return ""

    def fresh(self, prefix):
        self._fresh += 1
        return f"{prefix}{self._fresh}"

    def do_fresh(self, prefix):
        return self.fresh(prefix)

    # Columns.

    def _classes(self, names):
        classes = set()
        for name in names:
            classes.update(self.grammar.groups.get(name, (name,)))
        return classes

    def touch(self, column, write=False):
        """Labels the step by the use of a column, here and now."""
        self.reached[f"column {column.klass} {'protected' if column.protected else 'open'} {column.type}"] += 1
        if not column.protected:
            return
        use = _WRITE if write else _INFLUENCE if self._steers else _OUTPUT
        self.notes.uses = max(self.notes.uses, use)
        self._touched[-1] = True

    def do_column(self, *classes):
        """A column that this place may use: an unprotected one where honest traffic steers by it."""
        return self._column(classes, None)

    def do_open(self, *classes):
        return self._column(classes, False)

    def do_protected(self, *classes):
        return self._column(classes, True)

    def _column(self, names, protected):
        classes = self._classes(names)
        if protected is None and self._steers and not self.attack:
            protected = False
        blocks = [found for found in visible(self._frames) if found]
        if len(blocks) > 1 and self.happens(_OUTER):
            blocks = blocks[1:]
        for found in blocks:
            fits = [
                (source, column)
                for source, column in found
                if ("any" in classes or column.klass in classes) and (protected is None or column.protected == protected)
            ]
            if fits:
                if protected is None:
                    wanted = self.happens(_PROTECTED)
                    fits = [one for one in fits if one[1].protected == wanted] or fits
                source, column = self.chance.choice(fits)
                self.touch(column)
                return self._name(source, column)
        if protected:
            return self._column(names, None)
        return self.do_literal(*names)

    def _name(self, source, column):
        same = [c for found in visible(self._frames) for _, c in found if c.name == column.name]
        name = column.name
        if self.happens(0.04):
            name = f"`{name}`"
        elif self.happens(0.02):
            name = name.upper()
        if len(same) == 1 and self.happens(0.4) and not self._common:
            return name
        return f"{source.name}.{name}"

    def do_key(self):
        """An unprotected key of a source of this block."""
        keys = [(s, s.key) for s in self._frames[-1].sources if s.key]
        if not keys:
            keys = [(s, c) for s in self._frames[-1].sources for c in s.columns if not c.protected]
        if not keys:
            return "NULL"
        source, column = self.chance.choice(keys)
        return f"{source.name}.{column.name}"

    def do_total_order(self):
        """ORDER BY the keys of all sources, if they have some."""
        sources = self._frames[-1].sources
        if not sources or not all(source.key for source in sources):
            return ""
        if len(self._frames) == 2:
            self.notes.ordered = True
        return " ORDER BY " + ", ".join(f"{source.name}.id" for source in sources)

    def do_star(self):
        """All columns of all sources, or of one."""
        sources = self._frames[-1].sources
        if len(sources) > 1 and self.happens(0.5) or not sources:
            return self.do_star_of()
        for source in sources:
            for column in source.columns:
                self.touch(column)
        return "*"

    def do_star_of(self):
        """All columns of one source."""
        sources = self._frames[-1].sources
        if self._steers and not self.attack:
            sources = [s for s in sources if not any(c.protected for c in s.columns)]
        if not sources:
            return "1"
        source = self.chance.choice(sources)
        for column in source.columns:
            self.touch(column)
        return f"{source.name}.*"

    def do_limited(self):
        """The same, and maybe a LIMIT, which may stand only behind it."""
        order = self.do_total_order()
        if not order or self.happens(0.6):
            return order
        return f"{order} LIMIT {self.do_constant('limit')}" + (" OFFSET 1" if self.happens(0.2) else "")

    def do_keys(self):
        """The keys of all sources, so that an order by them has no ties; a column if there are none."""
        sources = self._frames[-1].sources
        if sources and all(source.key for source in sources):
            return ", ".join(f"{source.name}.{source.key.name}" for source in sources)
        return ""

    def do_then_keys(self):
        """The same, behind something else."""
        keys = self.do_keys()
        return f", {keys}" if keys else ""

    def do_sorted_by(self, rule):
        """ORDER BY something, then by the keys of all sources; nothing where ties could remain."""
        keys = self.do_keys()
        if not keys:
            return ""
        steered, self._steers = self._steers, True
        try:
            first = self.rule(rule)
        finally:
            self._steers = steered
        # A number alone would be a position.
        if first.lstrip("-")[0] in "0123456789.\x01":
            return f" ORDER BY {keys}"
        return f" ORDER BY {first}, {keys}"

    def do_unnamed(self, prefix):
        """The alias of a source without a key or columns that others use."""
        name = self.fresh(prefix)
        self._frames[-1].sources.append(Source(name, []))
        return name

    def do_arm_order(self):
        """ORDER BY all columns of a set operation."""
        return ", ".join(str(place + 1) for place in range(len(self._arms or [0])))

    def do_join(self):
        """A condition that joins the last source with one before it, by unprotected integers."""
        *before, last = self._frames[-1].sources
        ours = [c for c in last.columns if c.name in ("id", "person_id", "region_id")]
        theirs = [(s, c) for s in before for c in s.columns if c.name in ("id", "person_id", "region_id")]
        if not ours or not theirs:
            return "1 = 1"
        source, column = self.chance.choice(theirs)
        return f"{source.name}.{column.name} = {last.name}.{self.chance.choice(ours).name}"

    def do_join_last(self):
        """The same, of the last two sources alone."""
        sources, frame = self._frames[-1].sources, self._frames[-1]
        frame.sources = sources[-2:]
        try:
            return self.do_join()
        finally:
            frame.sources = sources

    def do_using(self):
        """A table to be joined by USING (id)."""
        relation = self.chance.choice([r for r in self.relations if r.columns[0].name == "id"])
        if not all(source.key for source in self._frames[-1].sources):
            return self.do_table() + " ON 1 = 1"
        return self._add(relation) + " USING (id)"

    def do_natural(self):
        """A table that has protected columns in common with one before it."""
        names = [c.name for s in self._frames[-1].sources for c in s.columns]
        relation = self.chance.choice(self.relations)
        steered = self._steers
        self._steers = True
        for column in relation.columns:
            if column.name in names:
                self.touch(_seen(column))
        self._steers = steered
        return self._add(relation)

    # Values.

    def do_literal(self, *names):
        """A value; in a prepared statement maybe a parameter."""
        if self.notes.send in ("prepared", "cursor") and self.happens(0.35):
            return self._parameter(names)
        return self.do_constant(*names)

    def do_constant(self, *names):
        return self.rule(f"literal-{self._class(names)}")

    def _class(self, names):
        fits = sorted(c for c in self._classes(names) if f"literal-{c}" in self.grammar.rules)
        return self.chance.choice(fits) if fits else "int"

    def _parameter(self, names):
        klass = self._class(names)
        if f"parameter-{klass}" not in self.grammar.rules:
            return self.do_constant(klass)
        kind, _, text = self.rule(f"parameter-{klass}").partition(" ")
        value = {"int": int, "unsigned": int, "float": float, "null": lambda _: None}.get(kind, str)(text)
        if kind == "bytes":
            value = bytes.fromhex(text)
        self.notes.parameters.append((kind, value))
        return f"\x01{len(self.notes.parameters) - 1}\x02"

    # Sources.

    def do_table(self):
        """A table, view, common table expression or temporary table, by a name of its own."""
        # A temporary table may stand in a statement only once.
        commons = [c for c in self._common if not c.name.startswith("tmp_") or c.name not in self.notes.names]
        if commons and self.happens(0.5):
            common = self.chance.choice(commons)
            self.notes.names.add(common.name)
            return self._as(common.name, common.columns)
        return self._add(self.chance.choice(self.relations))

    def do_plain_table(self):
        """The same, but a base table."""
        return self._add(self.chance.choice([r for r in self.relations if not r.view]))

    def do_key_table(self):
        """A table that has a key."""
        return self._add(self.chance.choice([r for r in self.relations if r.columns[0].name == "id"]))

    def do_open_table(self):
        """A table without protected columns."""
        return self._add(self.chance.choice([r for r in self.relations if not any(c.protected for c in r.columns)]))

    def do_table_of(self, name):
        return self._add(next(r for r in self.relations if r.name == name))

    def do_table_name(self):
        """The bare name of a table, which is not read."""
        return self.chance.choice(self.relations).name

    def do_open_name(self):
        return self.chance.choice([r for r in self.relations if not any(c.protected for c in r.columns)]).name

    def _add(self, relation):
        return self._as(relation.name, [_seen(c) for c in relation.columns], relation.name)

    def _as(self, name, columns, table=""):
        alias = self.fresh("t")
        self._frames[-1].sources.append(Source(alias, columns, table))
        database = "lk." if table and self.happens(0.05) else ""
        return f"{database}{name} {'AS ' if self.happens(0.5) else ''}{alias}"

    def do_derived(self):
        """A derived table."""
        text, columns = self._inner("named-query", is_wall=True)
        alias = self.fresh("d")
        self._frames[-1].sources.append(Source(alias, columns))
        return f"({text}) AS {alias}"

    def do_lateral(self):
        """A derived table that sees what stands before it."""
        text, columns = self._inner("named-query", is_wall=False)
        alias = self.fresh("l")
        self._frames[-1].sources.append(Source(alias, columns))
        return f"LATERAL ({text}) AS {alias}"

    def do_common(self):
        """A common table expression."""
        text, columns = self._inner("named-query", is_wall=True)
        name = self.fresh("c")
        self._common.append(Source(name, columns))
        return f"{name} AS ({text})"

    def do_counter(self):
        """A recursive common table expression that counts."""
        name = self.fresh("r")
        self._common.append(Source(name, [Seen("n", "int", False), Seen("id", "int", False)]))
        return f"{name} AS (SELECT 1 AS n, 1 AS id UNION ALL SELECT n + 1, id + 1 FROM {name} WHERE n < {self.chance.randint(2, 7)})"

    def _inner(self, rule, is_wall):
        self._frames.append(Frame(named=[], is_wall=is_wall))
        try:
            text = self.rule(rule)
            return text, self._frames[-1].named
        finally:
            self._frames.pop()

    def do_named_items(self):
        """Items with names, which the block outside sees as columns."""
        texts = []
        frame = self._frames[-1]
        wanted = self._frames[-2].named
        for source in frame.sources[:1]:
            if source.key and self.happens(0.6):
                texts.append(f"{source.name}.id AS id")
                if wanted is not None:
                    wanted.append(Seen("id", "int", False))
        for _ in range(self.chance.randint(1, 3)):
            name = self.fresh("x")
            text, klass, protected = self._item(None)
            texts.append(f"{text} AS {name}")
            if wanted is not None:
                wanted.append(Seen(name, klass, protected))
        return ", ".join(texts)

    def _item(self, klass):
        klass = klass or self._likely_class()
        self._touched.append(False)
        text = self.rule(f"item-{klass}")
        protected = self._touched.pop()
        self._touched[-1] |= protected
        return text, klass, protected

    def _likely_class(self):
        """A class of the columns that are there, mostly."""
        plain = self.grammar.groups["plain"]
        seen = [c.klass for source in self._frames[-1].sources for c in source.columns if c.klass in plain]
        return self.chance.choice(seen) if seen and self.happens(0.85) else self.chance.choice(plain)

    # Set operations.

    def do_arms(self):
        """A set operation: all its blocks give as many columns, of like types."""
        outer, self._arms = self._arms, [self.chance.choice(self.grammar.groups["usual"]) for _ in range(self.chance.randint(1, 3))]
        try:
            return self.rule("arms")
        finally:
            self._arms = outer

    def do_arm_items(self):
        return ", ".join(self._item(klass)[0] for klass in self._arms or ["int"])

    # Groups and windows.

    def do_group(self):
        """What a block groups by."""
        keys = [self.do_column("plain") for _ in range(self.chance.randint(1, 2))]
        self._frames[-1].keys = [key for key in keys if key[0].isalpha() or key[0] == "`"] or [self.do_key()]
        return ", ".join(self._frames[-1].keys)

    def do_grouped(self):
        """What a block groups by, as items."""
        return ", ".join(self._frames[-1].keys)

    def do_grouped_one(self):
        return self.chance.choice(self._frames[-1].keys)


def _seen(column):
    return Seen(column.name, column.klass, column.protected, column.influence, column.type.split(" CHARACTER")[0])
