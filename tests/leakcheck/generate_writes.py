"""The words for statements that write."""

from generate_scope import Seen, Source


class Writes:
    """What of `Words` is about writing."""

    def do_writable(self):
        """A table that the role may write, seen by its own name."""
        relation = self.chance.choice([r for r in self.relations if r.writes and not self._guarded(r)])
        return self._target(relation)

    def do_write_to(self, name):
        """The same, by name."""
        return self._target(next(r for r in self.relations if r.name == name))

    def do_forbidden(self):
        """A table with protected columns."""
        return self._target(self.chance.choice([r for r in self.relations if self._guarded(r) and not r.view]))

    @staticmethod
    def _guarded(relation):
        return any(c.protected for c in relation.columns)

    def _target(self, relation):
        self.written.add(relation.name)
        columns = [Seen(c.name, c.klass, c.protected, c.influence, c.type) for c in relation.columns]
        self._frames[-1].sources.append(Source(relation.name, columns, relation.name))
        return relation.name

    def do_row(self):
        """Columns and rows for an INSERT into the source that was named."""
        target = self._frames[-1].sources[0]
        columns = self._some(target)
        names = ", ".join(c.name for c in columns)
        rows = ", ".join(
            "(" + ", ".join(self._fill(target, c) for c in columns) + ")" for _ in range(self.chance.choice([1, 1, 2]))
        )
        return f"({names}) VALUES {rows}"

    def do_row_select(self):
        """Columns and a query for an INSERT … SELECT into the source that was named."""
        target = self._frames[-1].sources.pop(0)
        columns = [c for c in self._some(target) if c.name not in ("id", "code")]
        columns = columns or [c for c in target.columns if c.name not in ("id", "code")][:1]
        if target.name == "stock":
            columns = [c for c in target.columns if c.name in ("id", "code", "amount")]
        names = ", ".join(c.name for c in columns)
        return f"({names}) {self._select_for(target, columns)}"

    def _select_for(self, target, columns):
        outer, self._arms = self._arms, [c.klass for c in columns]
        steered, self._steers = self._steers, True
        try:
            if target.name == "stock":
                number = self.chance.randint(100, 900)
                return f"SELECT r.id + {number}, CONCAT('S', {number} + r.id), r.id FROM region r"
            return self.rule("arm-query")
        finally:
            self._arms, self._steers = outer, steered

    def _some(self, target):
        must = [c for c in target.columns if c.name != "id" and self._must(target, c)]
        may = [c for c in target.columns if c.name != "id" and c not in must and not (c.protected and target.name != "intake")]
        picked = self.chance.sample(may, min(len(may), self.chance.randint(1, 4)))
        if target.name != "journal" and target.name != "intake":
            must = [c for c in target.columns if c.name == "id"] + must
        for column in must + picked:
            self.touch(column, write=True)
        return must + picked

    @staticmethod
    def _must(target, column):
        return column.name in ("code", "amount") and target.name == "stock" or (
            "NOT NULL" in column.type and "DEFAULT" not in column.type and target.name not in ("journal", "intake")
        )

    def _fill(self, target, column):
        if column.name == "id":
            return str(self.chance.randint(50, 100000))
        if column.name == "code":
            return f"'X{self.chance.randint(100, 999)}'"
        if column.name in ("region_id", "person_id"):
            return str(self.chance.randint(1, 5))
        rule = f"stored-{column.klass}"
        if rule in self.grammar.rules:
            return self.rule(rule)
        return self.do_literal(column.klass)

    def do_assignments(self):
        """SET of an UPDATE, of the table that was named."""
        target = self._frames[-1].sources[0]
        columns = [c for c in target.columns if c.name not in ("id", "code", "region_id") and not c.protected]
        picked = self.chance.sample(columns, self.chance.randint(1, 2))
        return ", ".join(f"{target.name}.{c.name} = {self._assigned(target, c)}" for c in picked)

    def _assigned(self, target, column):
        rule = f"assigned-{column.klass}"
        if self.happens(0.4) and rule in self.grammar.rules:
            steered, self._steers = self._steers, True
            try:
                return self.rule(rule)
            finally:
                self._steers = steered
        return self._fill(target, column)

    def do_assign_protected(self):
        """SET of a protected column of the table that was named."""
        target = self._frames[-1].sources[0]
        column = self.chance.choice([c for c in target.columns if c.protected])
        self.touch(column, write=True)
        return f"{target.name}.{column.name} = {self._fill(target, column)}"

    def do_temporary(self):
        """A temporary table, which later steps see."""
        name = self.chance.choice(["tmp_a", "tmp_b"])
        columns = [Seen("id", "int", False, "never", "INT"), Seen("a", "int", False, "never", "INT"), Seen("b", "text", False, "never", "VARCHAR(40)"), Seen("c", "date", False, "never", "DATE")]
        self._common.append(Source(name, columns))
        return f"CREATE TEMPORARY TABLE {name} (id INT NOT NULL, a INT, b VARCHAR(40), c DATE)"

    def do_temporary_name(self):
        return self._common[-1].name if self._common else "tmp_a"

    def do_temporary_row(self):
        chance = self.chance
        return f"({chance.randint(1, 50)}, {chance.randint(-9, 9)}, 'temp{chance.randint(1, 9)}', '2024-0{chance.randint(1, 9)}-11')"
