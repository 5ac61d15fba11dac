"""Every cell that a mask shows is a value of its column: in text and in binary rows, in every character
set that a client may have results in, with a definition that is true of it."""

import ipaddress
import json
import re
import struct
import uuid
from typing import NamedTuple

import matrix
import pytest
from gateway import Gateway
from servers import Server
from wire import PACKET_BYTES_MAX, Wire, read_lenenc

# Character sets of results, and how Python names them.
CHARSETS = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "latin1": "cp1252",
    "ascii": "ascii",
    "binary": None,
}

NOT_NULL, UNSIGNED, ZEROFILL, ENUM, SET = 0x1, 0x20, 0x40, 0x100, 0x800
INTEGERS = {0x01: ("b", 8), 0x02: ("h", 16), 0x09: ("i", 24), 0x03: ("i", 32), 0x08: ("q", 64)}
DECIMAL, FLOAT, DOUBLE, YEAR, BIT = 0xF6, 0x04, 0x05, 0x0D, 0x10
DATE, TIME, DATETIME, TIMESTAMP = 0x0A, 0x0B, 0x0C, 0x07
JSON, GEOMETRY, VECTOR = 0xF5, 0xFF, 0xF2
BINARY_COLLATION = 63
# Kinds that show the same for every value.
CONSTANT = ["redact", "null", "fixed_text", "fixed_date", "fixed_time"]


class Definition(NamedTuple):
    name: str
    collation: int
    length: int
    type: int
    flags: int
    decimals: int


class World(NamedTuple):
    server: Server
    gateway: Gateway


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def world(request, tmp_path_factory, authority, mint):
    kind = request.param
    folder = tmp_path_factory.mktemp(f"types-{kind}")
    server = Server(kind, folder, authority)
    gateway = None
    try:
        matrix.set_up(server)
        gateway = Gateway(folder, server, authority, mint, matrix.policy(kind))
        gateway.write("mask.key", matrix.MASK_KEY)
        gateway.start()
        yield World(server, gateway)
    finally:
        if gateway:
            gateway.stop()
        server.stop()


@pytest.fixture
def wire(world, mint):
    with Wire(world.gateway.port, world.gateway.authority) as wire:
        yield wire.login(mint.token())


@pytest.mark.parametrize("charset", CHARSETS)
def test_masked_cells_are_values_of_their_columns(charset, world, wire):
    wire.query(f"SET character_set_results = {charset}")
    wrong = []
    for table in matrix.tables():
        sql = f"SELECT * FROM matrix.{table} ORDER BY id"
        text = rows(wire, sql, prepared=False)
        binary = rows(wire, sql, prepared=True)
        assert text[0] == binary[0], f"{table}: definitions differ"
        protected = {column.name for column in matrix.masked(world.server.kind, mask_of(table))}
        for place, definition in enumerate(text[0]):
            if definition.name not in protected:
                continue
            for row, other in zip(text[1], binary[1], strict=True):
                fault = check(definition, row[place], CHARSETS[charset], world.server.kind)
                if fault is None and not same(definition, row[place], other[place]):
                    fault = f"binary {other[place]!r}"
                if fault:
                    wrong.append(f"{table}.{definition.name}: {row[place]!r}: {fault}")
            if mask_of(table) in CONSTANT and len({row[place] for row in text[1]}) != 1:
                wrong.append(f"{table}.{definition.name}: not one constant")
    assert not wrong, f"{len(wrong)} of {charset}\n" + "\n".join(wrong[:40])
    leaked = [text for text in matrix.canaries(world.server.kind) if text.encode() in wire.received]
    assert not leaked, leaked


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_keyed_mask_tells_values_apart_only_where_they_come_whole(charset, wire):
    wire.query(f"SET character_set_results = {charset}")
    whole = charset in ("utf8mb4", "binary")
    for table in ("hash", "token"):
        sql = f"SELECT varchar_plain, longtext_plain FROM matrix.{table} WHERE id < 3 ORDER BY id"
        _, text = rows(wire, sql, prepared=False)
        _, binary = rows(wire, sql, prepared=True)
        assert text == binary
        for first, second in zip(*text, strict=True):
            assert first != second if whole else first == second == b"[redacted]"


def test_the_policy_fits_the_catalog(world):
    done = world.gateway.command("check")
    assert b"does not take" not in done.stdout, done.stdout.decode()


MISFIT = "does not take the type of its column"


def test_a_mask_that_does_not_take_its_column_is_told(world, authority, mint, tmp_path):
    policy = matrix.policy(world.server.kind) + (
        '[[protect]]\nname = "misfit"\ncolumns = ["matrix.redact_not_null.n_last", "later.*.born"]\nmask = "misfit-mask"\n'
        '[mask.misfit-mask]\nkind = "date"\nto = "month"\n'
    )
    gateway = Gateway(tmp_path, world.server, authority, mint, policy)
    gateway.write("mask.key", matrix.MASK_KEY)
    done = gateway.command("check")
    assert done.returncode == 1
    assert b"`matrix.redact_not_null.n_last` is of type `int`, which mask `misfit-mask`" in done.stdout
    try:
        gateway.start()
        assert [MISFIT in line for line in gateway.log].count(True) == 1
        with Wire(gateway.port, gateway.authority) as wire:
            wire.login(mint.token())
            assert wire.query("SELECT n_last FROM matrix.redact_not_null") == [[[b"0"], [b"0"]]]
        # What comes later is told when the catalog is loaded again, and not at every load.
        world.server.run("CREATE DATABASE later; CREATE TABLE later.dated (born DATE, id INT)")
        gateway.wait_for_line("catalog loaded")
        for table, times in (("first", 2), ("second", 3)):
            world.server.run(f"CREATE TABLE later.{table} (id INT, born VARCHAR(20))")
            assert f"column=later.{table}.born" in gateway.wait_for_line(MISFIT)
            assert [MISFIT in line for line in gateway.log].count(True) == times
    finally:
        gateway.stop()
        world.server.run("DROP DATABASE IF EXISTS later")


def mask_of(table):
    return table.removesuffix("_not_null")


def rows(wire, sql, prepared):
    """The definitions and the rows of a statement; cells as text, or as values of the binary protocol."""
    if prepared:
        statement, _ = wire.prepare(sql)
        wire.send(b"\x17" + struct.pack("<IBI", statement, 0, 1), sequence=0)
    else:
        wire.send(b"\x03" + sql.encode(), sequence=0)
    count, _ = read_lenenc(wire.receive_good(), 0)
    definitions = [definition(wire.receive_good()) for _ in range(count)]
    found = []
    while True:
        payload = wire.receive_good()
        if payload[:1] == b"\xfe" and len(payload) < PACKET_BYTES_MAX:
            return definitions, found
        if prepared:
            found.append(binary_row(payload, definitions))
        else:
            found.append(wire._text_row(payload, count))


def definition(payload):
    at, texts = 0, []
    for _ in range(6):
        length, at = read_lenenc(payload, at)
        texts.append(payload[at : at + length])
        at += length
    fields = struct.unpack_from("<HIBHB", payload, at + 1)
    return Definition(texts[4].decode(), *fields)


def binary_row(payload, definitions):
    at = 1 + (len(definitions) + 9) // 8
    cells = []
    for place, column in enumerate(definitions):
        if payload[1 + (place + 2) // 8] >> (place + 2) % 8 & 1:
            cells.append(None)
        elif column.type in INTEGERS or column.type == YEAR:
            code, _ = INTEGERS.get(column.type, ("h", 16))
            code = code.upper() if column.flags & UNSIGNED else code
            cells.append(struct.unpack_from(f"<{code}", payload, at)[0])
            at += struct.calcsize(code)
        elif column.type in (FLOAT, DOUBLE):
            code = "f" if column.type == FLOAT else "d"
            cells.append(struct.unpack_from(f"<{code}", payload, at)[0])
            at += struct.calcsize(code)
        elif column.type in (DATE, TIME, DATETIME, TIMESTAMP):
            length = payload[at]
            cells.append(moment(column, payload[at + 1 : at + 1 + length]))
            at += 1 + length
        else:
            length, at = read_lenenc(payload, at)
            cells.append(payload[at : at + length])
            at += length
    assert at == len(payload), "the row has more than its cells"
    return cells


def moment(column, body):
    """A date or time of a binary row as the text that it stands for."""
    if column.type == TIME:
        negative, days, hour, minute, second, micro = (
            struct.unpack("<BIBBBI", body.ljust(12, b"\0")) if body else (0,) * 6
        )
        sign, text = "-" * negative, f"{days * 24 + hour:02}:{minute:02}:{second:02}"
    else:
        year, month, day, hour, minute, second, micro = struct.unpack(
            "<HBBBBBI", body.ljust(11, b"\0")
        )
        sign, text = "", f"{year:04}-{month:02}-{day:02}"
        if column.type != DATE:
            text += f" {hour:02}:{minute:02}:{second:02}"
    if column.decimals:
        text += f".{micro:06d}"[: column.decimals + 1]
    return (sign + text).encode()


def same(column, text, value):
    """Whether a cell of a binary row says what that of the text row says."""
    if text is None or value is None or isinstance(value, bytes):
        return text == value
    if column.type == FLOAT:
        return struct.pack("<f", float(text)) == struct.pack("<f", value)
    return float(text) == value if column.type == DOUBLE else int(text) == value


def check(column, cell, encoding, kind):
    """What is wrong with a cell of a text row, if anything."""
    if cell is None:
        return "NULL in a NOT NULL column" if column.flags & NOT_NULL else None
    if column.type in INTEGERS:
        return check_integer(column, cell)
    if column.type == YEAR:
        return None if re.fullmatch(rb"\d{4}", cell) else "no year"
    if column.type == DECIMAL:
        return check_decimal(column, cell)
    if column.type in (FLOAT, DOUBLE):
        fraction = column.decimals
        form = rb"-?\d+" if fraction in (0, 31, 39) else rb"-?\d+\.\d{%d}" % fraction
        good = re.fullmatch(form, cell) or (fraction >= 31 and float(cell) is not None)
        return None if good else "no number of its scale"
    if column.type in (DATE, TIME, DATETIME, TIMESTAMP):
        return check_moment(column, cell)
    if column.type == BIT:
        return None if len(cell) == (column.length + 7) // 8 else "of another length"
    if column.type == JSON or column.name.startswith("json"):
        json.loads(cell)
        return None
    if column.type == GEOMETRY:
        return None if len(cell) == 25 and cell[4:9] == b"\1\1\0\0\0" else "no point"
    if column.flags & (ENUM | SET):
        return None if cell == b"" else "no member"
    if column.name.startswith("uuid"):
        uuid.UUID(cell.decode())
    elif column.name.startswith("inet"):
        ipaddress.ip_address(cell.decode())
    if column.collation == BINARY_COLLATION or encoding is None:
        # Servers count the characters of a text that comes as it is stored.
        most = column.length * (4 if encoding is None else 1)
        return None if len(cell) <= most else "longer than its definition"
    chars = len(cell.decode(encoding))
    width = {"utf-8": 4 if column.collation in (45, 46, 255) else 3}.get(encoding, 1)
    return None if chars * width <= max(column.length, width) else "longer than its definition"


def check_integer(column, cell):
    _, bits = INTEGERS[column.type]
    least, most = -(1 << bits - 1), (1 << bits - 1) - 1
    if column.flags & UNSIGNED:
        least, most = 0, (1 << bits) - 1
    if not re.fullmatch(rb"-?\d+", cell) or not least <= int(cell) <= most:
        return "out of range"
    if column.flags & ZEROFILL and len(cell) < column.length:
        return "not filled with zeroes"
    return None


def check_decimal(column, cell):
    form = rb"-?\d+" if column.decimals == 0 else rb"-?\d+\.\d{%d}" % column.decimals
    if not re.fullmatch(form, cell):
        return "of another scale"
    return None if len(cell) <= column.length else "longer than its definition"


def check_moment(column, cell):
    fraction = rb"\.\d{%d}" % column.decimals if column.decimals else b""
    clock = rb"\d{2}:\d{2}:\d{2}" + fraction
    day = rb"\d{4}-\d{2}-\d{2}"
    forms = {DATE: day, TIME: rb"-?\d{2,3}:\d{2}:\d{2}" + fraction}
    good = re.fullmatch(forms.get(column.type, day + b" " + clock), cell)
    return None if good else "no date or time of its form"
