"""What plain reads show of protected columns: where a mask keeps something of a value, cells may differ so far."""

from collections import defaultdict
from types import SimpleNamespace

import answers
from clients import connect



def pairs(worlds, schema, kind):
    """For each pair of cells (world A, world B) that a mask shows of one row: whose columns' they are.

    They are read through the gateways, as text and as binary rows, column by column and ordered by the
    primary key, so a cell of A can only stand for the cell of B of the same row. Gives the pairs, the
    columns that cannot be read, and all that came, to be searched like any other answer.
    """
    found, refused, seen = defaultdict(set), [], []
    columns = [(c.table, c.name) for c in schema.protected(kind)]
    keys = {table: _key(worlds[0], schema.database, table, columns) for table, _ in columns}
    for client in ("pymysql", "raw"):
        connections = [
            connect(client, w.gateway.port, w.authority.certificate, w.token(), schema.database)
            for w in worlds
        ]
        try:
            for table, name in columns:
                key = keys[table]
                sql = f"SELECT {key}, {name} FROM {table} ORDER BY {key}".encode()
                taken = [_read(connection, client, sql) for connection in connections]
                seen += [(sql, exchanges) for exchanges, _ in taken]
                if None in (taken[0][1], taken[1][1]):
                    refused.append(f"{table}.{name}")
                    continue
                for a, b in zip(taken[0][1], taken[1][1], strict=True):
                    if a != b:
                        found[a, b].add(f"{table}.{name}")
        finally:
            for connection in connections:
                connection.close()
    return {pair: frozenset(names) for pair, names in found.items()}, refused, seen


def _read(connection, client, sql):
    step = SimpleNamespace(sql=sql, send="text" if client == "pymysql" else "prepared", parameters=())
    connection.send(step)
    exchanges = connection.journal.take()
    parts = answers.read(exchanges)
    tables = [part for part in parts if isinstance(part, answers.Table) and part.end]
    if not tables or tables[-1].end[:1] == b"\xff":
        return exchanges, None
    return exchanges, [cells[-1] for cells in tables[-1].rows]


def _key(world, database, table, protected):
    """The columns of a table's primary key, but those that are protected themselves."""
    rows = world.rows(
        "SELECT column_name FROM information_schema.key_column_usage"
        f" WHERE constraint_name = 'PRIMARY' AND table_schema = '{database}' AND table_name = '{table}'"
        " ORDER BY ordinal_position"
    )
    return ", ".join(name for (name,) in rows if (table, name) not in protected)
