"""What passes and what does not, with the session going on after every refusal."""

import datetime

import drivers
import pymysql
import pytest
from wire import COM, ServerError, Wire


def check_refused(connection, sql, code, word):
    with pytest.raises(pymysql.err.MySQLError) as refusal:
        connection.query(sql)
    assert refusal.value.args[0] == code, refusal.value
    assert word in refusal.value.args[1]
    connection.ping(reconnect=False)
    return refusal.value.args[1]


def rows(connection, sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def test_a_refusal_names_the_rule_and_its_place_in_the_policy(analyst):
    text = check_refused(analyst, "DROP DATABASE shop", 1142, "POSTERN-DENIED")
    assert "never" in text and "line" in text
    assert len(text.encode()) <= 511


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO shop.orders (note) VALUES ('x')",
        "DELETE FROM shop.orders",
        "DROP TABLE shop.orders",
        "GRANT ALL ON *.* TO reader",
        "CREATE USER evil",
        "SET GLOBAL max_connections = 1",
        "LOAD DATA INFILE '/etc/passwd' INTO TABLE shop.orders",
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT * FROM mysql.user",
        "SELECT SLEEP(10)",
        "KILL 1",
        "SET ROLE ALL",
        "SHUTDOWN",
        "SELECT 1; SELECT 2",
        "no such statement",
        "",
    ],
)
def test_refuses_and_goes_on(sql, analyst):
    with pytest.raises(pymysql.err.MySQLError):
        analyst.query(sql)
    assert rows(analyst, "SELECT COUNT(*) FROM shop.orders") == ((2,),)


def test_an_unknown_table_is_told_in_clear_words(analyst):
    with pytest.raises(pymysql.err.MySQLError) as refusal:
        analyst.query("SELECT * FROM shop.nowhere")
    assert "nowhere" in refusal.value.args[1]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT @@version_comment LIMIT 1",
        "SET NAMES utf8mb4",
        "SET autocommit = 1",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SELECT DATABASE()",
        "SHOW TABLES FROM shop",
        "SHOW COLUMNS FROM shop.orders",
        "DESCRIBE shop.orders",
        "EXPLAIN SELECT id FROM shop.orders",
        "SHOW WARNINGS",
        "SELECT o.id, COUNT(*) FROM shop.orders o GROUP BY o.id HAVING COUNT(*) > 0 ORDER BY 1 LIMIT 5",
        "SELECT id FROM shop.orders WHERE note LIKE 'f%' OR total BETWEEN 1 AND 50",
        "SELECT CASE WHEN total > 50 THEN 'much' ELSE 'little' END FROM shop.orders",
    ],
)
def test_allows(sql, analyst):
    analyst.query(sql)


def test_a_transaction_is_rolled_back(engineer):
    before = rows(engineer, "SELECT COUNT(*) FROM shop.orders")
    engineer.begin()
    rows(engineer, "INSERT INTO shop.orders (customer_id, total) VALUES (1, 5)")
    assert rows(engineer, "SELECT COUNT(*) FROM shop.orders") != before
    engineer.rollback()
    assert rows(engineer, "SELECT COUNT(*) FROM shop.orders") == before


def test_insert_update_and_delete_work_where_they_are_allowed(engineer):
    rows(engineer, "INSERT INTO shop.orders (id, customer_id, total) VALUES (70, 1, 5)")
    rows(engineer, "UPDATE shop.orders SET note = 'changed' WHERE id = 70")
    assert rows(engineer, "SELECT note FROM shop.orders WHERE id = 70") == (("changed",),)
    rows(engineer, "DELETE FROM shop.orders WHERE id = 70")
    assert rows(engineer, "SELECT note FROM shop.orders WHERE id = 70") == ()


def test_prepared_parameters_arrive_as_they_were_given(gateway, mint):
    token = mint.token("engineer-1", ["agents-engineering"])
    when = datetime.datetime(2026, 1, 2, 3, 4, 5)
    with drivers.connector_connect(gateway, token) as connection:
        with connection.cursor(prepared=True) as cursor:
            insert = "INSERT INTO shop.orders (id, customer_id, total, note, placed) VALUES (?, ?, ?, ?, ?)"
            cursor.execute(insert, (71, 2, "7.25", "it's; DROP", when))
            cursor.execute("UPDATE shop.orders SET customer_id = ? WHERE id = ?", (None, 71))
            cursor.execute(
                "SELECT customer_id, total, note, placed FROM shop.orders WHERE id = ?", (71,)
            )
            customer, total, note, placed = cursor.fetchone()
            assert (customer, str(total), note, placed) == (None, "7.25", "it's; DROP", when)
            cursor.execute("DELETE FROM shop.orders WHERE id = ?", (71,))
        connection.commit()


def test_a_prepared_statement_is_run_many_times(wire):
    statement, parameters = wire.prepare("SELECT name FROM shop.customers WHERE id = ?")
    assert parameters == 1
    for _ in range(3):
        assert b"Ada" in wire.execute(statement, (1,))[0][0]
        assert b"Grace" in wire.execute(statement, (2,))[0][0]
    wire.send(b"\x19" + statement.to_bytes(4, "little"), sequence=0)
    with pytest.raises(ServerError):
        wire.execute(statement, (1,))
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_a_refused_statement_cannot_be_prepared(wire):
    for sql in ("DROP DATABASE shop", "SELECT 1; SELECT 2", "DELETE FROM shop.orders WHERE id = ?"):
        with pytest.raises(ServerError):
            statement, _ = wire.prepare(sql)
            wire.execute(statement, (1,))
    assert wire.query("SELECT COUNT(*) FROM shop.orders") == [[[b"2"]]]


def test_the_default_database_follows_init_db_and_use(wire):
    wire.command("INIT_DB", b"shop")
    assert wire.query("SELECT COUNT(*) FROM orders") == [[[b"2"]]]
    wire.query("USE shop")
    assert wire.query("SELECT DATABASE()") == [[[b"shop"]]]


@pytest.mark.parametrize("database", [b"mysql", b"sys", b"performance_schema", b"nowhere"])
def test_a_database_out_of_reach_is_not_entered(database, wire):
    with pytest.raises(ServerError):
        wire.command("INIT_DB", database)
    assert wire.query("SELECT DATABASE()") == [[[None]]]


def test_a_reset_connection_is_as_good_as_new(wire):
    wire.query("SET NAMES utf8mb4")
    wire.command("RESET_CONNECTION")
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_ping_and_statistics_answer(wire):
    assert wire.command("PING")[:1] == b"\x00"
    assert wire.command("STATISTICS")


KNOWN = {
    "QUIT",
    "INIT_DB",
    "QUERY",
    "STATISTICS",
    "PING",
    "STMT_PREPARE",
    "STMT_EXECUTE",
    "STMT_CLOSE",
    "STMT_RESET",
    "RESET_CONNECTION",
    "SET_OPTION",
    "FIELD_LIST",
    "PROCESS_KILL",
    "CHANGE_USER",
}


# These have no answer by the protocol, or belong to a statement that must exist.
SILENT = {"STMT_SEND_LONG_DATA", "STMT_FETCH"}


def test_a_command_that_is_not_known_is_refused_and_the_session_goes_on(wire):
    for command in sorted(set(range(256)) - {COM[name] for name in KNOWN | SILENT}):
        for content in (b"", b"\0" * 8, b"shop", b"\4\0\0\0\0\0\1\0\0\0binlog.000001"):
            with pytest.raises(ServerError) as refusal:
                wire.command(command, content)
            assert refusal.value.code == 1047, f"command {command:#x}: {refusal.value}"
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_a_change_of_sql_mode_is_followed(wire, gateway):
    try:
        wire.query("SET SESSION sql_mode = 'ANSI_QUOTES'")
    except ServerError:
        return
    # Now "ssn" is a column and not a text.
    try:
        wire.query('SELECT "ssn" FROM shop.customers')
    except ServerError:
        pass
    assert b"111-22-3333" not in wire.received


def test_a_sql_mode_that_only_the_server_knows_is_followed(wire, gateway):
    """A mode out of a variable, or the default, is read back before the next statement is read."""
    wire.query("SET @saved = @@sql_mode, @mode = 'ANSI_QUOTES'")
    wire.query("SET sql_mode = @mode")
    (shown,) = wire.query('SELECT "name" FROM shop.customers WHERE id = 1')
    assert shown != [[b"name"]]
    with pytest.raises(ServerError) as refusal:
        wire.query('SELECT id FROM shop.customers WHERE "ssn" = 1')
    assert "POSTERN-INFLUENCE" in str(refusal.value)
    wire.query("SET sql_mode = @saved")
    assert wire.query('SELECT "ssn"') == [[[b"ssn"]]]
    wire.query("SET sql_mode = DEFAULT, NAMES DEFAULT")
    assert wire.query('SELECT "ssn"') == [[[b"ssn"]]]
    wire.query("SET @mode = 'ORACLE'")
    # MySQL has no such mode; MariaDB has, and it is undone before anything is read under it.
    with pytest.raises(ServerError):
        wire.query("SET sql_mode = @mode")
        wire.query("SELECT id FROM shop.customers")
    assert wire.query('SELECT "ssn"') == [[[b"ssn"]]]
    assert b"111-22-3333" not in wire.received


def test_many_sessions_do_not_see_each_other(gateway, mint):
    wires = [Wire(gateway.port, gateway.authority).login(mint.token()) for _ in range(20)]
    try:
        for place, wire in enumerate(wires):
            wire.send(b"\x03" + f"SELECT {place}".encode(), sequence=0)
        for place, wire in enumerate(wires):
            assert wire._results(wire._text_row) == [[[str(place).encode()]]]
    finally:
        for wire in wires:
            wire.close()


def test_a_large_result_comes_whole(gateway, mint):
    token = mint.token("engineer-1", ["agents-engineering"])
    text = "x" * 60000
    with drivers.pymysql_connect(gateway, token) as connection:
        for place in range(100, 140):
            rows(connection, "INSERT INTO shop.orders (id, note) VALUES (%s, %s)", (place, text))
        try:
            found = rows(
                connection,
                "SELECT a.note, b.note FROM shop.orders a, shop.orders b"
                " WHERE a.id BETWEEN 100 AND 139 AND b.id BETWEEN 100 AND 139 LIMIT 400",
            )
            assert len(found) == 400
            assert all(cell == text for row in found for cell in row)
        finally:
            rows(connection, "DELETE FROM shop.orders WHERE id >= 100")
