"""A schema as data: tables with protected columns of every type, and their rows in two worlds, A and B."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

WORLDS = ("a", "b")
KINDS = ("mysql", "mariadb")


@dataclass(frozen=True)
class Column:
    """A column of a table or view."""

    table: str
    name: str
    type: str
    klass: str  # what the generator may do with it: `int`, `text`, `json`, …
    pool: str
    number: int  # over the whole schema: makes its values its own
    protected: bool = False
    influence: str = "never"
    kinds: tuple = KINDS
    is_generated: bool = False

    @property
    def is_null(self):
        return "NOT NULL" not in self.type

    @property
    def tag(self):
        return f"Q{_base36(self.number)}J"


@dataclass(frozen=True)
class Table:
    """A base table or a view."""

    name: str
    columns: tuple
    writes: bool = False
    view: str = ""
    constraints: tuple = ()
    suffix: str = ""


class Schema:
    """What a file of schemas/ says."""

    def __init__(self, document):
        self.name = document["name"]
        self.exact = document["exact"]
        self.database = document["database"]
        self._rows = document["rows"]
        self._pools = document["pool"]
        self._after = document.get("after", [])
        self._numbers = {}
        self.tables = [self._table(table) for table in document["table"]]
        self.views = [self._view(view) for view in document.get("view", [])]

    @classmethod
    def load(cls, path):
        """Reads a schema; one with `extends` has all that the other has, changed as it says."""
        document = tomllib.loads(Path(path).read_text())
        base = document.pop("extends", None)
        if base:
            document = _extended(tomllib.loads((Path(path).parent / base).read_text()), document)
        return cls(document)

    def _table(self, table):
        columns = tuple(self._column(table["name"], text) for text in table["columns"])
        return Table(
            name=table["name"],
            columns=columns,
            writes=table.get("writes", False),
            constraints=tuple(table.get("constraints", ())),
            suffix=table.get("suffix", ""),
        )

    def _column(self, table, text):
        definition, _, rest = text.partition(" | ")
        name, _, type_ = definition.partition(" ")
        klass, pool, *flags = rest.split()
        like = next((flag[5:] for flag in flags if flag.startswith("like:")), f"{table}.{name}")
        number = self._numbers.setdefault(like, len(self._numbers) + 1)
        kinds = tuple(kind for kind in KINDS if kind in flags) or KINDS
        influence = next((flag for flag in flags if flag in ("any", "equality")), "never")
        return Column(
            table, name, type_, klass, pool, number, "protected" in flags, influence, kinds, "generated" in flags
        )

    def _view(self, view):
        columns = []
        for text in view["columns"]:
            name, _, source = text.partition(" ")
            table, _, column = source.partition(".")
            found = next(c for t in self.tables if t.name == table for c in t.columns if c.name == column)
            columns.append(replace(found, table=view["name"], name=name))
        return Table(view["name"], tuple(columns), view=view["query"])

    def relations(self, kind):
        """Every table and view, with the columns that this server has."""
        return [
            replace(table, columns=tuple(c for c in table.columns if kind in c.kinds))
            for table in self.tables + self.views
        ]

    def protected(self, kind):
        """The protected columns of base tables."""
        return [c for t in self.tables for c in t.columns if c.protected and kind in c.kinds]

    def setup(self, kind, world):
        """The statements that make the database as it is in one world."""
        statements = [
            f"DROP DATABASE IF EXISTS {self.database}",
            f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4",
            f"USE {self.database}",
            "SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'",
        ]
        for table in self.tables:
            columns = [f"{c.name} {c.type}" for c in table.columns if kind in c.kinds]
            body = ", ".join(columns + self._constraints(kind, table))
            options = f"ENGINE=InnoDB STATS_PERSISTENT=1 STATS_AUTO_RECALC=0 {table.suffix}"
            statements.append(f"CREATE TABLE {table.name} ({body}) {options}")
        for table in self.tables:
            statements += self._fill(kind, world, table)
        statements += [f"CREATE SQL SECURITY INVOKER VIEW {view.name} AS {view.view}" for view in self.views]
        statements += self._after
        statements += [f"ANALYZE TABLE {table.name}" for table in self.tables]
        return [statement.encode() for statement in statements]

    @staticmethod
    def _constraints(kind, table):
        """Those of this server: a name and a colon in front mean that server alone."""
        split = [text.partition(": ") if text.partition(": ")[0] in KINDS else (kind, "", text) for text in table.constraints]
        return [text for server, _, text in split if server == kind]

    def restore(self, kind, world, tables):
        """The statements that bring the rows of these tables back."""
        wanted = [table for table in self.tables if table.name in tables]
        statements = [
            f"USE {self.database}",
            "SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00', foreign_key_checks = 0",
        ]
        for table in wanted:
            statements += [f"TRUNCATE TABLE {table.name}"] + self._fill(kind, world, table)
        statements.append("SET foreign_key_checks = 1, sql_mode = DEFAULT")
        return [statement.encode() for statement in statements]

    def _fill(self, kind, world, table):
        columns = [c for c in table.columns if kind in c.kinds and not c.is_generated]
        names = ", ".join(c.name for c in columns)
        rows = ", ".join(
            "(" + ", ".join(self.value(c, world, row, kind) for c in columns) + ")" for row in range(self._rows)
        )
        return [f"INSERT INTO {table.name} ({names}) VALUES {rows}"]

    def value(self, column, world, row, kind):
        """A cell, as it is written in SQL."""
        pool = self._pools[column.pool]
        text = pool[world if column.protected else "open"][row]
        if text == "NULL" and not column.is_null:
            text = pool["fill"]
        if kind == "mariadb":
            text = text.replace("TO_VECTOR", "VEC_FromText")
        values = {"{tag}": column.tag, "{num}": f"{column.number:03}", "{hex}": column.tag.encode().hex()}
        for name, value in values.items():
            text = text.replace(name, value)
        return text


def _extended(base, change):
    document = {**base, **{k: v for k, v in change.items() if k not in ("pool", "table", "view", "columns", "constraints")}}
    document["pool"] = {**base["pool"], **change.get("pool", {})}
    document["view"] = base.get("view", []) + change.get("view", [])
    replaced = change.get("columns", {})
    added = change.get("constraints", {})
    document["after"] = base.get("after", []) + change.get("after", [])
    document["table"] = []
    for table in base["table"]:
        name = table["name"]
        columns = [replaced.get(f"{name}.{text.partition(' ')[0]}", text) for text in table["columns"]]
        columns += replaced.get(name, [])
        constraints = list(table.get("constraints", ())) + added.get(name, [])
        document["table"].append({**table, "columns": columns, "constraints": constraints})
    document["table"] += change.get("table", [])
    return document


def _base36(number):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return digits[number // 36] + digits[number % 36]
