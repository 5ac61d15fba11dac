"""The words for columns, what a statement is ordered by, and values."""

from generate_scope import INFLUENCE, OUTPUT, WRITE, Source, seen, visible

_PROTECTED = 0.65  # how often a column is a protected one, where either will do
_OUTER = 0.1  # how often a column is one of a block around


class Columns:
    """What of `Words` names columns and values."""

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
        use = WRITE if write else INFLUENCE if self._steers else OUTPUT
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
        if len(self._frames) == 2 and all(source.key.is_key for source in sources):
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
                self.touch(seen(column))
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
