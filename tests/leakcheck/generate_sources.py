"""The words for tables, derived tables, set operations and groups."""

from generate_scope import Frame, Seen, Source, seen


class Sources:
    """What of `Words` makes the blocks of a query."""

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
        return self._as(relation.name, [seen(c) for c in relation.columns], relation.name)

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
        self._common.append(Source(name, [Seen("n", "int", False), Seen("id", "int", False, is_key=True)]))
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
                    # Beside another source each comes as often as that has rows.
                    is_key = source.key.is_key and len(frame.sources) == 1
                    wanted.append(Seen("id", "int", False, is_key=is_key))
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
