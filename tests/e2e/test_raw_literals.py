"""Bytes that are no text in plain literals: where both servers end such a literal, and where it may stand."""

import random

import pytest
from gateway import Gateway
from wire import ServerError, Wire

DATA = """
DROP DATABASE IF EXISTS raw; CREATE DATABASE raw CHARACTER SET utf8mb4;
CREATE TABLE raw.bytes_kept (id INT PRIMARY KEY, a LONGBLOB, b LONGBLOB);
CREATE TABLE raw.people (
    id INT PRIMARY KEY, pub VARCHAR(30), old CHAR(9) CHARACTER SET latin1, ssn VARCHAR(30), UNIQUE KEY k (ssn, pub)
);
INSERT INTO raw.people VALUES (1, 'x', 'x', '901-23-4567'), (2, 'y', 'y', '123-45-6789');
GRANT SELECT, INSERT, UPDATE, DELETE ON raw.* TO 'writer'@'%';
"""

POLICY = """\
version = 1

[[role]]
name = "engineering"
groups = ["agents-engineering"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "all"
effect = "allow"
statements = ["read", "session", "write"]
on = ["raw.*"]

[[protect]]
name = "pii"
columns = ["raw.people.ssn"]
"""

# What leads readers astray: quotes and backslashes, and characters that are cut short before them.
PIECES = [
    *[bytes([byte]) for byte in (0x80, 0xBF, 0xC0, 0xC3, 0xE2, 0xED, 0xF0, 0xF4, 0xF8, 0xFE, 0xFF)],
    *[b"\xe2\x82", b"\xf0\x9f", b"\xf0\x9f\x98", b"\xc0\xa7", b"\xc1\x9c", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"],
    *["\u00e9".encode(), "\u20ac".encode(), "\U0001f600".encode()],
    *[b"''", b"\\'", b"\\\\", b'"', b'""', b'\\"', b"' '", b"'", b"\\", b"\\%", b"\\n", b"\\0"],
    *[b"\0", b"a", b",", b");", b"-- ", b"/*"],
]
MODES = ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"]
ESCAPED = {ord("0"): 0, ord("b"): 8, ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("Z"): 26}


@pytest.fixture(scope="module")
def raw_gateway(server, mint, authority, tmp_path_factory):
    server.run(DATA)
    folder = tmp_path_factory.mktemp(f"gateway-raw-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, POLICY, guard_role=None)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture
def wire(raw_gateway, mint):
    with Wire(raw_gateway.port, raw_gateway.authority) as wire:
        yield wire.login(mint.token("engineer-1", ["agents-engineering"]), database="raw")


def literal(text, at, escapes):
    """The value of the literals that begin there, and where they end, byte by byte; None where none ends."""
    value = bytearray()
    at += 1
    while at < len(text):
        byte = text[at]
        if byte == 0x5C and escapes:
            following = text[at + 1 : at + 2]
            if not following:
                return None
            kept = b"\\" + following if following in b"%_" else bytes([ESCAPED.get(following[0], following[0])])
            value += kept
            at += 2
        elif byte == 0x27:
            if text[at + 1 : at + 2] != b"'":
                return bytes(value), at + 1
            value += b"'"
            at += 2
        else:
            value.append(byte)
            at += 1
    return None


def values(row, escapes):
    """The two values of `'…','…'`; None where that is not what stands there."""
    found, at = [], 0
    while True:
        value = b""
        if row[at : at + 1] != b"'":
            return None
        # Adjacent literals are one.
        while row[at : at + 1] == b"'":
            read = literal(row, at, escapes)
            if read is None:
                return None
            value += read[0]
            at = read[1]
            while row[at : at + 1] == b" ":
                at += 1
        found.append(value)
        if at == len(row):
            return found if len(found) == 2 else None
        if row[at : at + 1] != b",":
            return None
        at += 1


def rows(chosen, escapes):
    """Rows of two literals made of such pieces, most of them well-formed."""
    while True:
        made = [b"'" + b"".join(chosen.choices(PIECES, k=chosen.randint(0, 5))) + b"'" for _ in range(2)]
        row = b",".join(made)
        if values(row, escapes) is not None or chosen.random() < 0.05:
            yield row


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("charset", ["utf8mb4", "utf8mb3"])
def test_a_literal_ends_where_a_reader_of_bytes_ends_it(charset, mode, server, wire):
    escapes = "NO_BACKSLASH_ESCAPES" not in mode
    wire.query(f"SET NAMES {charset}, sql_mode = '{mode}'")
    wire.query("DELETE FROM bytes_kept WHERE id > 0")
    chosen = random.Random(f"{charset} {mode}")
    made = rows(chosen, escapes)
    expected, taken = {}, 0
    for number in range(1, 251):
        row = next(made)
        said = values(row, escapes)
        try:
            wire.query(b"INSERT INTO bytes_kept (id, a, b) VALUES (%d, %s)" % (number, row))
        except ServerError as error:
            assert said is None or b"\0" in row, f"{row!r}: {error.text}"
            continue
        assert said is not None, f"{row!r} was taken"
        expected[number] = tuple(said)
        taken += any(byte >= 0x80 for byte in row)
    assert taken > 150
    stored = server.rows("SELECT id, HEX(a), HEX(b) FROM raw.bytes_kept")
    assert {row[0]: tuple(bytes.fromhex(cell) for cell in row[1:]) for row in stored} == expected


@pytest.mark.parametrize("mode", MODES)
def test_the_servers_read_the_same_without_the_gateway(mode, server):
    escapes = "NO_BACKSLASH_ESCAPES" not in mode
    chosen = random.Random(mode)
    made = rows(chosen, escapes)
    with server.connect(database="raw", use_unicode=False) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET NAMES utf8mb4, sql_mode = '{mode}'")
        for number in range(400):
            row = next(made)
            said = values(row, escapes)
            cursor.execute("DELETE FROM bytes_kept")
            try:
                cursor.execute(b"INSERT INTO bytes_kept VALUES (%d, %s)" % (number, row))
            except connection.Error:
                assert said is None, f"{row!r} was refused"
                continue
            cursor.execute("SELECT a, b FROM bytes_kept")
            assert cursor.fetchall() == (tuple(said),), repr(row)


def outcome(wire, sql):
    try:
        return wire.query(sql)
    except ServerError as error:
        return error.code, error.text


@pytest.mark.parametrize(
    "sql",
    [
        b"SELECT '\xff\xfe', ssn FROM people",
        b"SELECT pub FROM people WHERE ssn = '\xff'",
        b"UPDATE people SET pub = CONCAT(ssn, '\xff') WHERE id = 1",
        b"UPDATE people SET pub = '\xff' WHERE ssn LIKE '9%'",
        b"UPDATE people SET pub = 'a' WHERE pub = '\xff'",
        b"INSERT INTO people (id, pub) VALUES (9, ('\xff'))",
        b"INSERT INTO people (id, pub) SELECT 9, '\xff'",
        b"SET @a = '\xff'",
        b"SET NAMES ascii",
    ],
)
def test_anywhere_else_such_bytes_are_refused(sql, wire):
    if sql == b"SET NAMES ascii":
        wire.query(sql)
        sql = b"INSERT INTO people (id, pub) VALUES (9, '\xff')"
    code, text = outcome(wire, sql)
    assert text.startswith("[POSTERN-"), text
    assert b"901-23" not in wire.received


@pytest.mark.parametrize("mode", ["", "STRICT_ALL_TABLES"])
def test_what_the_server_says_of_such_a_value_hangs_on_no_protected_one(mode, server, wire):
    """The same statements over two rows that differ in protected values alone."""
    wire.query(f"SET NAMES utf8mb4, sql_mode = '{mode}'")
    told = []
    for ssn in ("901-23-4567", "\u00e9"):
        server.run(
            "DELETE FROM raw.people; SET NAMES utf8mb4;"
            f"INSERT INTO raw.people VALUES (1, 'x', 'x', '{ssn}'), (2, 'y', 'y', 'other')"
        )
        told.append(
            [
                outcome(wire, sql)
                for sql in (
                    b"UPDATE people SET old = '\xff' WHERE id = 1",
                    b"UPDATE people SET old = '\xe2\x82' WHERE id > 0",
                    b"UPDATE people SET pub = '\xff' WHERE id = 1",
                    b"UPDATE people SET ssn = '\xff' WHERE id = 1",
                    b"INSERT INTO people (id, old) VALUES (3, '\xf0\x9f')",
                    b"INSERT INTO people (id, ssn) VALUES (4, '\xff')",
                    b"INSERT INTO people (id, old) VALUES (1, 'a') ON DUPLICATE KEY UPDATE old = '\xff'",
                    b"SHOW WARNINGS",
                )
            ]
        )
    assert told[0] == told[1]
    assert b"901-23" not in wire.received


def test_the_log_holds_every_byte(raw_gateway, wire):
    sql = b"INSERT INTO bytes_kept (id, a) VALUES (1001, '\xff\\\\\xe2''\x80')"
    wire.query(sql)
    texts = [
        record["event"]["intent"]["statement"]["text"]
        for record in raw_gateway.records()
        if "intent" in record["event"] and record["event"]["intent"].get("statement")
    ]
    written = texts[-1]["escaped"]
    assert written.encode("latin-1").decode("unicode_escape").encode("latin-1") == sql
