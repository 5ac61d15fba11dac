"""A value of every type, read and written back."""

import contextlib

from session import ClientError

TITLE = "types"
SAYS = "reads two values and NULL of every type of the server and writes what it read back, which must be the same"


def run(client, steps, scene):
    client.ask("connect", on="a")
    for column in scene.columns:
        if steps.expect(column, lambda column=column: _copy(client, scene, column), scene.original(column), _stored) is None:
            # What it did not understand may have left it amidst a row.
            with contextlib.suppress(ClientError):
                client.ask("close", on="a")
            client.ask("connect", on="a")
    client.ask("close", on="a")


def _copy(client, scene, column):
    """What the client makes of the cells, and what it stored of them."""
    select = f"SELECT {column} FROM source ORDER BY id"
    insert = f"INSERT INTO back (name, {column}) VALUES ('{column}', ?)"
    shown = client.ask("copy", on="a", select=select, insert=insert)
    return shown, scene.written_back(column)


def _stored(copied):
    return copied[1]
