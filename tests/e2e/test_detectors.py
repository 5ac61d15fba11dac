"""Detectors of a role: what looks like a card or a key in unprotected text is hidden, and counted."""

import json

import drivers
import pytest
from gateway import Gateway
from servers import READER
from wire import ServerError, Wire, read_lenenc

SECRETS = [b"ada@corp.example", b"4111 1111", b"4111111111111111", b"DE89370400440532013000"]

# One text with a find of each kind, in every kind of column that is searched.
TEXT = "Ada <ada@corp.example> paid with 4111 1111 1111 1111, IBAN DE89370400440532013000."
HIDDEN = "Ada <****************> paid with *******************, IBAN **********************."
DATA = f"""
DROP DATABASE IF EXISTS desk;
CREATE DATABASE desk CHARACTER SET utf8mb4;
CREATE TABLE desk.tickets (
    id INT PRIMARY KEY, short VARCHAR(200), fixed CHAR(200), body TEXT, latin VARCHAR(200) CHARACTER SET latin1,
    wide VARCHAR(200) CHARACTER SET utf16, wider VARCHAR(200) CHARACTER SET utf32,
    gbk VARCHAR(200) CHARACTER SET gbk, number BIGINT, raw VARBINARY(200), nothing TEXT
);
INSERT INTO desk.tickets VALUES (1, '{TEXT}', '{TEXT}', '{TEXT}', '{TEXT}', '{TEXT}', '{TEXT}', '{TEXT}',
    4111111111111111, 'plain bytes', NULL);
CREATE TABLE desk.payloads (id INT PRIMARY KEY, payload JSON);
INSERT INTO desk.payloads VALUES (1, '{{"mail": "ada@corp.example", "card": 4111111111111111, "n": 4.5}}');
CREATE TABLE desk.long_notes (id INT PRIMARY KEY, note LONGTEXT);
INSERT INTO desk.long_notes VALUES (1, REPEAT('{TEXT}\\n', 3000));
"""

POLICY = """\
version = 1

[[role]]
name = "support"
groups = ["agents-support"]
targets = ["shop"]
database_user = "reader"
detectors = ["email", "card", "iban"]

[[role.rule]]
name = "read-desk"
effect = "allow"
statements = ["read", "session", "show create table"]
on = ["desk.*"]

[[role]]
name = "plain"
groups = ["agents-plain"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-desk-plain"
effect = "allow"
statements = ["read"]
on = ["desk.*"]
"""

TEXTS = ["short", "fixed", "body", "latin", "wide", "wider", "gbk"]


@pytest.fixture(scope="module")
def searching(server, mint, authority, tmp_path_factory):
    server.run(DATA)
    server.run(f"GRANT SELECT ON desk.* TO '{READER.name}'@'%'")
    folder = tmp_path_factory.mktemp(f"searching-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()
        server.run("DROP DATABASE desk")


@pytest.fixture
def support(searching, mint):
    with Wire(searching.port, searching.authority) as wire:
        yield wire.login(mint.token("support-1", ["agents-support"]))


def ask(wire, protocol, sql):
    if protocol == "text":
        return wire.query(sql)[0]
    statement, _ = wire.prepare(sql)
    return [cells(row, columns_of(sql)) for row in wire.execute(statement)[0]]


def columns_of(sql):
    return sql.split(" FROM ")[0].count(", ") + 1 - sql.split(" FROM ")[0].count("', ")


def cells(row, columns):
    """The cells of a binary row of texts."""
    bitmap, at = row[1:], 1 + (columns + 9) // 8
    read = []
    for index in range(2, columns + 2):
        if bitmap[index // 8] >> index % 8 & 1:
            read.append(None)
            continue
        length, start = read_lenenc(row, at)
        at = start + length
        read.append(row[start:at])
    return read


def seen(wire):
    return [secret for secret in SECRETS if secret in wire.received]


@pytest.mark.parametrize("protocol", ["text", "prepared"])
@pytest.mark.parametrize("column", TEXTS)
def test_hides_what_it_finds_in_every_kind_of_text(column, protocol, support):
    rows = ask(support, protocol, f"SELECT {column}, nothing FROM desk.tickets")
    assert rows == [[HIDDEN.encode(), None]]
    assert not seen(support)


@pytest.mark.parametrize("sql", ["SET NAMES binary", "SET character_set_results = NULL"])
def test_reads_the_character_sets_of_the_columns(sql, support):
    # The server converts nothing then, and each column comes in its own set.
    support.query(sql)
    rows = support.query("SELECT wide, wider, gbk, latin FROM desk.tickets")[0]
    sets = ["utf-16-be", "utf-32-be", "gbk", "latin-1"]
    assert rows == [[HIDDEN.encode(charset) for charset in sets]]


@pytest.mark.parametrize("protocol", ["text", "prepared"])
def test_what_is_computed_from_text_is_searched_too(protocol, support):
    sql = "SELECT CONCAT('x ', body), UPPER(short) FROM desk.tickets UNION SELECT 'a', 'b'"
    rows = ask(support, protocol, sql)
    assert rows[0] == [f"x {HIDDEN}".encode(), HIDDEN.upper().encode()]
    assert rows[1] == [b"a", b"b"]


@pytest.mark.parametrize("protocol", ["text", "prepared"])
def test_json_stays_json(protocol, support):
    payload = json.loads(ask(support, protocol, "SELECT payload FROM desk.payloads")[0][0])
    assert payload == {"mail": "*" * 16, "card": 1111111111111111, "n": 4.5}
    assert not seen(support)


@pytest.mark.parametrize("protocol", ["text", "prepared"])
def test_long_cells_are_searched_as_they_stream(protocol, support):
    note = ask(support, protocol, "SELECT note FROM desk.long_notes")[0][0]
    assert note == f"{HIDDEN}\n".encode() * 3000


def test_numbers_and_bytes_are_not_searched(support):
    rows = support.query("SELECT number, raw FROM desk.tickets")[0]
    assert rows == [[b"4111111111111111", b"plain bytes"]]


def test_errors_are_searched(support):
    with pytest.raises(ServerError) as raised:
        support.query("SELECT id, EXTRACTVALUE(1, CONCAT(0x7e, body)) FROM desk.tickets")
    assert not seen(support), raised.value
    support.query("SHOW WARNINGS")
    assert not seen(support)


def test_a_role_without_detectors_sees_the_text(searching, mint):
    with Wire(searching.port, searching.authority) as wire:
        wire.login(mint.token("plain-1", ["agents-plain"]))
        assert wire.query("SELECT body FROM desk.tickets") == [[[TEXT.encode()]]]


@pytest.mark.parametrize("client", drivers.ALL)
def test_every_client_reads_searched_rows(client, searching, mint):
    token = mint.token("support-1", ["agents-support"])
    rows = drivers.ALL[client](searching, token, "SELECT id, body, wide, nothing FROM desk.tickets")
    assert [str(cell) for cell in rows[0][:3]] == ["1", HIDDEN, HIDDEN]


def test_the_record_counts_what_was_found(searching, support):
    support.query("SELECT short, body FROM desk.tickets")
    support.query("SELECT 1")
    done = searching.command("audit", "query", "--event", "outcome")
    assert b"detected card 2, email 2, iban 2" in done.stdout, done
