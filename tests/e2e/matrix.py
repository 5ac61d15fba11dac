"""Tables with every type under every mask, and beside them the same tables, unprotected, with the masked values."""

from dataclasses import replace

import drivers
import pymysql
from matrix_columns import Column, columns
from servers import GUARD_ROLE, READER, WRITER, Account

# Whoever reads the expected tables, around the gateway.
DIRECT = Account("direct", "direct-password-c4d7")

MASK_KEY = "matrix mask key, long enough for anything"

_ALL = None
_TEXT = {"text", "bytes"}
_NUMBERS = {"integer", "decimal"}
_DAYS = {"date", "datetime"}
_MOMENTS = _DAYS | {"timestamp"}
# Families whose least value is of their own type.
_ORDERED = _TEXT | _NUMBERS | _MOMENTS | {"multibyte", "float", "year", "time"}
_KEY = 'key = "file:mask.key"'

# The masks: their settings, and the families of columns that they are put on.
KINDS = {
    "redact": ('kind = "redact"', _ALL),
    "null": ('kind = "null"', _ALL),
    "partial": ('kind = "partial"\nkeep_first = 2\nkeep_last = 1\nkeep_null = true', _TEXT),
    "email": ('kind = "partial"\nshape = "email"', _TEXT),
    "phone": ('kind = "partial"\nshape = "phone"', _TEXT),
    "card": ('kind = "partial"\nshape = "card"', _TEXT),
    "iban": ('kind = "partial"\nshape = "iban"\nfill = "#"', _TEXT),
    "hash": (
        f'kind = "hash"\n{_KEY}\nlength = 24',
        _TEXT | _NUMBERS | {"multibyte", "bit", "json", "uuid"},
    ),
    "token": (f'kind = "tokenize"\n{_KEY}\nalphabet = "alphanumeric"', _TEXT),
    "digits": (
        f'kind = "tokenize"\n{_KEY}\nalphabet = "digits"\nkeep_null = true',
        _TEXT | _NUMBERS,
    ),
    "month": ('kind = "date"\nto = "month"\nkeep_null = true', _DAYS),
    "year": ('kind = "date"\nto = "year"', _DAYS),
    "bucket": ('kind = "bucket"\nsize = 10', _NUMBERS | {"float"}),
    "fixed_text": (
        'kind = "fixed"\nvalue = "7"',
        _TEXT | _NUMBERS | {"multibyte", "float", "json"},
    ),
    "fixed_date": ('kind = "fixed"\nvalue = "2001-02-03"', _MOMENTS),
    "fixed_time": ('kind = "fixed"\nvalue = "-12:34:56"', {"time"}),
}

# Masks under which equal values are shown equal, and others differ.
KEYED = ("hash", "token", "digits")

# Unprotected columns that stand before, between and behind the protected ones.
_NEIGHBOURS = [
    ("n_number", "BIGINT", "-8000000001"),
    ("n_text", "VARCHAR(40)", "'seen by everyone'"),
    ("n_moment", "DATETIME(6)", "'2024-05-06 07:08:09.123456'"),
    ("n_price", "DECIMAL(10, 2)", "12.50"),
    ("n_bytes", "VARBINARY(20)", "x'00ff10'"),
]

_ROLE = """\
version = 1

[[role]]
name = "analytics"
groups = ["agents-analytics"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-matrix"
effect = "allow"
statements = ["read", "session"]
on = ["matrix.*"]
"""


# So short that a mask may come to the same value by chance.
_SHORT = "bit_one"


def masked(server_kind, mask):
    """The columns of a server that stand under that mask."""
    families = KINDS[mask][1]
    return [c for c in columns(server_kind) if families is None or c.family in families]


def tables():
    """The names of the tables, the same in `matrix` and `shown`."""
    return [table for mask in KINDS for table in (mask, f"{mask}_not_null")]


def policy(server_kind):
    """A policy that puts each mask on the columns of its two tables."""
    parts = [_ROLE]
    for mask, (settings, _) in KINDS.items():
        names = [
            f'"matrix.{table}.{column.name}"'
            for table in (mask, f"{mask}_not_null")
            for column in masked(server_kind, mask)
        ]
        parts.append(
            f'[[protect]]\nname = "{mask}-columns"\ncolumns = [{", ".join(names)}]\n'
            f'mask = "{mask}-mask"\n\n[mask.{mask}-mask]\n{settings}\n'
        )
    return "\n".join(parts)


def set_up(server):
    """Makes both schemas and the accounts; `shown` is empty yet."""
    server.run(
        "CREATE DATABASE matrix CHARACTER SET utf8mb4; CREATE DATABASE shown CHARACTER SET utf8mb4"
    )
    for mask in KINDS:
        for table, null in ((mask, "NULL"), (f"{mask}_not_null", "NOT NULL")):
            protected = masked(server.kind, mask)
            _create(server, f"matrix.{table}", protected, null)
            shown = [replace(c, type=c.shown_type or c.type) for c in protected]
            _create(server, f"shown.{table}", shown, "NULL")
            _fill(server, f"matrix.{table}", protected, null)
    server.add_catalog_account()
    server.add_account(READER)
    server.add_account(WRITER)
    server.add_account(DIRECT, "SELECT ON shown.*")
    server.run(
        f"CREATE ROLE {GUARD_ROLE}; GRANT SELECT ON matrix.* TO {GUARD_ROLE};"
        f"GRANT {GUARD_ROLE} TO '{READER.name}'@'%'; GRANT {GUARD_ROLE} TO '{WRITER.name}'@'%'"
    )
    server.run(f"GRANT SELECT ON matrix.* TO '{READER.name}'@'%'")


def _with_neighbours(protected):
    """Definitions of a table: a neighbour first, then one behind every seventh column."""
    order = [_NEIGHBOURS[0]]
    for place, column in enumerate(protected):
        order.append(column)
        if place % 7 == 6 and place // 7 + 1 < len(_NEIGHBOURS):
            order.append(_NEIGHBOURS[place // 7 + 1])
    return order + [("n_last", "INT", "42")]


def _create(server, table, protected, null):
    definitions = ["id INT PRIMARY KEY"]
    for column in _with_neighbours(protected):
        if not isinstance(column, Column):
            definitions.append(f"{column[0]} {column[1]}")
        else:
            default = " DEFAULT NULL" if null == "NULL" else ""
            definitions.append(f"{column.name} {column.type} {null}{default}")
    server.run(f"CREATE TABLE {table} ({', '.join(definitions)})")


def _fill(server, table, protected, null):
    order = _with_neighbours(protected)
    rows = []
    for place in range(2 if null == "NOT NULL" else 3):
        cells = [str(place + 1)]
        for column in order:
            if not isinstance(column, Column):
                cells.append(column[2])
            else:
                cells.append((*column.values, "NULL")[place])
        rows.append(f"({', '.join(cells)})")
    server.run(f"INSERT INTO {table} VALUES {', '.join(rows)}")


def fill_shown(server, gateway, token):
    """Puts what the gateway shows of `matrix` into `shown`, cell by cell.

    Gives the cells, by table and column, and those that the server does not take as a value of their
    own column, with its reason.
    """
    cells, unfit = {}, []
    # A converter for no type at all: the cells come as they stand in the row, as text or bytes.
    raw = {"conv": {"": None}}
    with drivers.pymysql_connect(gateway, token, **raw) as shown, server.connect() as admin:
        admin.query("SET sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'")
        for table in tables():
            with shown.cursor() as reading, admin.cursor() as writing:
                reading.execute(f"SELECT * FROM matrix.{table} ORDER BY id")
                names = [column[0] for column in reading.description]
                for row in reading.fetchall():
                    for name, cell in zip(names, row, strict=True):
                        cells.setdefault(table, {}).setdefault(name, []).append(cell)
                    unfit += _put(writing, f"shown.{table}", dict(zip(names, row, strict=True)))
    _close(server)
    return cells, unfit


def _put(cursor, table, row):
    """Inserts a row; gives the cells that the server refuses, which are left NULL."""
    try:
        places = ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} VALUES ({places})", list(row.values()))
        return
    except pymysql.MySQLError:
        cursor.execute(f"INSERT INTO {table} (id) VALUES ({row['id']})")
    for name, cell in row.items():
        try:
            change = f"UPDATE {table} SET {name} = %s WHERE id = {row['id']}"
            cursor.execute(change, (cell,))
        except pymysql.MySQLError as error:
            yield f"{table}.{name} = {cell!r}: {error}"


def clear_cells(server, table):
    """The cells of a table of `matrix` as the server has them, by column, and whether that is protected."""
    with server.connect(conv={"": None}) as admin, admin.cursor() as cursor:
        order = _with_neighbours(masked(server.kind, table.removesuffix("_not_null")))
        # PyMySQL takes a vector for ASCII; a masked one is NULL always.
        order = [c for c in order if "vector" not in _kinds(c) and _name(c) != _SHORT]
        cursor.execute(f"SELECT {', '.join(map(_name, order))} FROM matrix.{table} ORDER BY id")
        by_column = zip(order, zip(*cursor.fetchall()), strict=True)
        return {_name(c): (cells, isinstance(c, Column)) for c, cells in by_column}


def _close(server):
    """Declares NOT NULL in `shown` where `matrix` does and no NULL is shown."""
    for mask in KINDS:
        table = f"shown.{mask}_not_null"
        changes = [
            f"MODIFY {column.name} {column.shown_type or column.type} NOT NULL"
            for column in masked(server.kind, mask)
            if not server.rows(f"SELECT 1 FROM {table} WHERE {column.name} IS NULL")
        ]
        if changes:
            server.run(f"ALTER TABLE {table} {', '.join(changes)}")


def statements(server_kind, schema, without=frozenset()):
    """What a driver reads, by name: of each table all columns but those of the kinds that it cannot read.

    The last is computed from protected columns, which makes a redaction of every mask.
    """
    found = {}
    for mask in KINDS:
        order = _with_neighbours(masked(server_kind, mask))
        kept = [_name(column) for column in order if not _kinds(column) & without]
        wanted = "*" if len(kept) == len(order) else f"id, {', '.join(kept)}"
        for table in (mask, f"{mask}_not_null"):
            found[table] = f"SELECT {wanted} FROM {schema}.{table} ORDER BY id"
    least = [
        f"MIN({column.name}) AS {column.name}"
        for column in masked(server_kind, "redact")
        if column.family in _ORDERED and not column.kinds & without
    ]
    found["computed"] = f"SELECT COUNT(*) AS id, {', '.join(least)} FROM {schema}.redact"
    return found


def canaries(server_kind):
    """Texts that no driver may show."""
    return {text for column in columns(server_kind) for text in column.canaries}


def _name(column):
    return column[0] if not isinstance(column, Column) else column.name


def _kinds(column):
    return set() if not isinstance(column, Column) else column.kinds
