"""Packets at and over the length at which the protocol splits them."""

TITLE = "large packet"
SAYS = "sends a statement and reads a row of exactly 16 MiB - 1, behind which an empty part follows, and of a million bytes more"

# The longest part of a packet.
_PART = 0xFFFFFF
_AROUND = "INSERT INTO large (name, value) VALUES ('{}', '{}')"


def run(client, steps, scene):
    client.ask("connect", on="a", large=True)
    for name, length in (("one part", _PART), ("two parts", _PART + 1_000_000)):
        # The command's byte stands before the text.
        value = "v" * (length - 1 - len(_AROUND.format(name, "")))
        sql = _AROUND.format(name, value)
        steps.expect(f"write, {name}", lambda sql=sql: client.ask("query", on="a", sql=sql))
        stored = f"SELECT LENGTH(value), value = REPEAT('v', LENGTH(value)) FROM large WHERE name = '{name}'"
        steps.expect(f"stored, {name}", lambda stored=stored: scene.rows(stored), ((len(value), 1),))
        # The row is longer than the value by the four bytes of its length.
        read = f"SELECT RPAD('', {length - 4}, 'w')"
        steps.expect(f"read, {name}", lambda read=read: client.ask("query", on="a", sql=read))
    client.ask("close", on="a")
