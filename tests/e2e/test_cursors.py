"""Cursors: rows that are fetched later are masked as those that come at once, or do not come."""

import struct

import pytest
import shop
from wire import CURSOR_EXISTS, LAST_ROW_SENT, LONG, ServerError, Wire

MASKED = "SELECT id, ssn, name, email FROM shop.customers"


@pytest.fixture
def two(gateway, mint):
    """Two sessions of one agent."""
    with Wire(gateway.port, gateway.authority) as one, Wire(gateway.port, gateway.authority) as other:
        yield one.login(mint.token()), other.login(mint.token())


def check_clean(wire):
    for value in shop.PROTECTED:
        assert value not in wire.received
    assert wire.query("SELECT 1") == [[[b"1"]]]


def refused(call, *arguments):
    with pytest.raises(ServerError) as raised:
        call(*arguments)
    return raised.value


def test_fetched_rows_are_those_of_an_execute_at_once(two):
    wire, other = two
    at_once, _ = other.prepare(MASKED)
    expected = other.execute(at_once)[0]
    statement, _ = wire.prepare(MASKED)
    assert wire.open_cursor(statement) & CURSOR_EXISTS
    first, flags = wire.fetch(statement, 1)
    assert flags & CURSOR_EXISTS
    # Something else in between takes nothing from it.
    assert wire.query("SELECT COUNT(*) FROM shop.orders") == [[[b"2"]]]
    second, flags = wire.fetch(statement, 0xFFFFFFFF)
    assert flags & LAST_ROW_SENT
    assert first + second == expected
    assert refused(wire.fetch, statement, 1).code == 1421
    check_clean(wire)


def test_no_rows_are_fetched_by_none(wire):
    statement, _ = wire.prepare(MASKED)
    wire.open_cursor(statement)
    assert wire.fetch(statement, 0) == ([], wire.fetch(statement, 0)[1])
    assert len(wire.fetch(statement, 5)[0]) == 2
    check_clean(wire)


def test_a_cursor_is_gone_with_its_statement(wire):
    statement, _ = wire.prepare(MASKED)
    assert refused(wire.fetch, statement, 1).code == 1421
    wire.open_cursor(statement)
    wire.reset(statement)
    assert refused(wire.fetch, statement, 1).code == 1421
    wire.open_cursor(statement)
    wire.open_cursor(statement)
    assert len(wire.fetch(statement, 1)[0]) == 1
    wire.send(b"\x19" + struct.pack("<I", statement), sequence=0)
    assert refused(wire.fetch, statement, 1).code == 1243
    statement, _ = wire.prepare(MASKED)
    wire.open_cursor(statement)
    wire.command("RESET_CONNECTION")
    assert refused(wire.fetch, statement, 1).code == 1243
    assert refused(wire.fetch, statement + 1, 1).code == 1243
    check_clean(wire)


def test_several_cursors_do_not_mix(wire):
    masked, _ = wire.prepare(MASKED)
    plain, _ = wire.prepare("SELECT id, name, name, name FROM shop.customers")
    wire.open_cursor(masked)
    wire.open_cursor(plain)
    assert b"Ada" in wire.fetch(plain, 1)[0][0]
    wire.fetch(masked, 1)
    assert b"Grace" in wire.fetch(plain, 1)[0][0]
    wire.fetch(masked, 1)
    check_clean(wire)


def test_a_cursor_outlives_what_happens_to_its_rows(gateway, mint, server, wire):
    server.run("CREATE TABLE shop.fetched (id INT PRIMARY KEY, ssn CHAR(11));"
               "INSERT INTO shop.fetched VALUES (1, '111-22-3333'), (2, '444-55-6666')")
    try:
        with Wire(gateway.port, gateway.authority) as session:
            session.login(mint.token("engineer-1", ["agents-engineering"]))
            server.run("GRANT SELECT (id) ON shop.fetched TO writer; GRANT SELECT ON shop.fetched TO postern_guard")
            statement, _ = session.prepare("SELECT id, ssn FROM shop.fetched")
            session.open_cursor(statement)
            session.fetch(statement, 1)
            server.run("DELETE FROM shop.fetched; ALTER TABLE shop.fetched ADD n INT FIRST")
            try:
                rows, _ = session.fetch(statement, 5)
                assert len(rows) == 1
            except ServerError as error:
                assert "POSTERN" in error.text
            check_clean(session)
    finally:
        server.run("DROP TABLE shop.fetched")


def test_what_is_no_query_is_executed_without_a_cursor(wire, server):
    for sql in ("EXPLAIN SELECT id FROM shop.orders", "SHOW TABLES FROM shop", "DO 1", "SET @x = 1"):
        statement, _ = wire.prepare(sql)
        wire.send(b"\x17" + struct.pack("<IBI", statement, 1, 1), sequence=0)
        wire._results(lambda payload, _columns: payload)
        assert refused(wire.fetch, statement, 1).code == 1421
    assert server.is_running()
    check_clean(wire)


def test_nothing_is_fetched_in_another_character_set(wire):
    statement, _ = wire.prepare(MASKED)
    wire.open_cursor(statement)
    wire.query("SET NAMES latin1")
    assert "POSTERN-CURSOR" in refused(wire.fetch, statement, 1).text
    check_clean(wire)


def test_a_statement_runs_with_and_without_a_cursor_or_says_why_not(wire, server):
    statement, _ = wire.prepare(MASKED)
    assert len(wire.execute(statement)[0]) == 2
    wire.open_cursor(statement)
    assert len(wire.fetch(statement, 9)[0]) == 2
    assert len(wire.execute(statement)[0]) == 2
    statement, _ = wire.prepare(MASKED)
    wire.open_cursor(statement)
    if server.kind == "mysql":
        # The server itself would send columns, no rows, and no end.
        assert "prepare it again" in refused(wire.execute, statement).text
    else:
        assert len(wire.execute(statement)[0]) == 2
    check_clean(wire)


def test_columns_of_a_cursor_may_have_other_names(wire):
    # With a cursor, servers define a column of the table in which its rows wait: by its new name.
    for sql in (
        "SELECT id AS n, name AS ssn FROM shop.customers ORDER BY id",
        "SELECT a.id AS n, b.id AS m FROM shop.customers a, shop.customers b WHERE a.name = b.name",
        "SELECT DISTINCT id AS n FROM shop.customers LIMIT 0",
        "SELECT id AS n, ssn AS name, UPPER(name) AS ssn, 1 AS email FROM shop.customers",
    ):
        statement, _ = wire.prepare(sql)
        wire.open_cursor(statement)
        wire.fetch(statement, 5)
    check_clean(wire)


@pytest.fixture
def writer(gateway, mint):
    """A session of an agent that may write orders."""
    with Wire(gateway.port, gateway.authority) as wire:
        yield wire.login(mint.token("engineer-1", ["agents-engineering"]))


def test_parameters_that_are_sent_ahead_arrive_whole(writer, server):
    statement, _ = writer.prepare("INSERT INTO shop.orders (id, note) VALUES (?, ?)")
    for piece in (b"a" * 30_000, b"b" * 20_000, b""):
        writer.send_long_data(statement, 1, piece)
    writer.execute(statement, [771, LONG])
    writer.send_long_data(statement, 1, b"")
    writer.execute(statement, [772, LONG])
    expected = ((50_000, "ab"), (0, ""))
    shown = "SELECT LENGTH(note), CONCAT(LEFT(note, 1), RIGHT(note, 1)) FROM shop.orders WHERE id > 770 ORDER BY id"
    assert server.rows(shown) == expected
    server.run("DELETE FROM shop.orders WHERE id > 770")


def test_what_was_sent_ahead_is_decided_with_or_forgotten(writer):
    statement, _ = writer.prepare("INSERT INTO shop.orders (id, note) VALUES (?, ?)")
    writer.send_long_data(statement, 9, b"of no parameter")
    assert refused(writer.execute, statement, [773, "x"]).code == 1210
    writer.send_long_data(statement, 1, b"forgotten")
    writer.reset(statement)
    writer.send_long_data(statement + 7, 1, b"of no statement")
    assert refused(writer.execute, statement, [774, LONG]).code == 1835
    assert writer.query("SELECT COUNT(*) FROM shop.orders WHERE id > 770") == [[[b"0"]]]


def test_a_type_that_is_open_at_prepare_ends_nothing(wire):
    for sql in (
        "WITH c AS (SELECT ? AS x FROM shop.orders) SELECT x FROM c",
        "WITH c AS (SELECT id, ? AS x FROM shop.orders LIMIT 2) SELECT name FROM shop.customers",
    ):
        try:
            statement, _ = wire.prepare(sql)
            assert len(wire.execute(statement, ["text"])[0]) == 2
        except ServerError as error:
            assert "POSTERN-SESSION" not in error.text
        assert wire.query("SELECT 1") == [[[b"1"]]]
