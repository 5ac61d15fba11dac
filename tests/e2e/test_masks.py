"""Protected values: masked in text and binary rows, and nowhere to be seen."""

import drivers
import pytest
import shop
from wire import ServerError

BOTH = ["text", "prepared"]


def ask(wire, protocol, sql):
    """Sends a statement by one of the protocols; gives its rows, or the error."""
    try:
        if protocol == "text":
            return wire.query(sql)
        statement, parameters = wire.prepare(sql)
        assert parameters == 0
        return wire.execute(statement)
    except ServerError as error:
        return error


def check_hidden(wire, protocol, sql):
    """Whatever the answer is, no protected value is in it, and the session goes on."""
    answer = ask(wire, protocol, sql)
    for value in shop.PROTECTED:
        assert value not in wire.received, f"{value} came back for {sql}"
    assert wire.query("SELECT 1") == [[[b"1"]]]
    return answer


SHOWN_MASKED = [
    "SELECT email FROM shop.customers",
    "SELECT ssn FROM shop.customers",
    "SELECT * FROM shop.customers",
    "SELECT id, c.email AS contact FROM shop.customers AS c",
    "SELECT e FROM (SELECT email AS e FROM shop.customers) AS d",
    "WITH c AS (SELECT ssn FROM shop.customers) SELECT * FROM c",
    "SELECT CONCAT(name, ' <', email, '>') FROM shop.customers",
    "SELECT UPPER(email), LENGTH(ssn) FROM shop.customers",
    "SELECT name FROM shop.customers UNION ALL SELECT email FROM shop.customers",
    "SELECT c.ssn, o.total FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id",
]


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize("sql", SHOWN_MASKED)
def test_shows_a_mask_instead_of_a_protected_value(sql, protocol, wire):
    answer = check_hidden(wire, protocol, sql)
    assert not isinstance(answer, ServerError), answer
    assert len(answer[-1]) >= 2


NEVER_ANSWERED = [
    "SELECT id FROM shop.customers WHERE ssn LIKE '1%'",
    "SELECT id FROM shop.customers ORDER BY email",
    "SELECT COUNT(*) FROM shop.customers GROUP BY ssn",
    "SELECT DISTINCT ssn FROM shop.customers",
    "SELECT IF(ssn > '2', 'a', 'b') FROM shop.customers",
    "SELECT CAST(ssn AS UNSIGNED) FROM shop.customers",
    "SELECT EXTRACTVALUE(1, CONCAT(0x7e, ssn)) FROM shop.customers",
    "SELECT a.id FROM shop.customers a JOIN shop.customers b ON a.ssn = b.ssn",
    "SELECT id FROM shop.customers HAVING MAX(ssn) > '5'",
    "EXPLAIN SELECT * FROM shop.customers WHERE ssn = '111-22-3333'",
    "SELECT ssn INTO @x FROM shop.customers LIMIT 1",
    "INSERT INTO shop.orders (note) SELECT ssn FROM shop.customers",
]


@pytest.mark.parametrize("protocol", BOTH)
@pytest.mark.parametrize("sql", NEVER_ANSWERED)
def test_refuses_a_statement_that_a_protected_value_would_steer(sql, protocol, wire):
    wire.query("SELECT 1")
    answer = check_hidden(wire, protocol, sql.replace("111-22-3333", "000-00-0000"))
    assert isinstance(answer, ServerError)


def test_a_mask_does_not_tell_two_values_apart(wire):
    rows = wire.query("SELECT ssn, CONCAT(email, 'x') FROM shop.customers")[0]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("client", drivers.ALL)
def test_every_client_reads_masked_rows(client, gateway, mint):
    rows = drivers.ALL[client](gateway, mint.token(), "SELECT id, email, ssn FROM shop.customers")
    assert [row[0] for row in rows] == ["1", "2"]
    for value in shop.PROTECTED:
        assert value.decode() not in str(rows)


def test_neighbours_of_a_masked_column_are_untouched(gateway, mint):
    sql = "SELECT id, ssn, name, joined, NULL FROM shop.customers"
    for client in (drivers.pymysql_rows, drivers.connector_prepared_rows):
        rows = client(gateway, mint.token(), sql)
        assert [[row[0], *row[2:]] for row in rows] == [
            ["1", "Ada", "2024-01-02", None],
            ["2", "Grace", "2024-03-04", None],
        ]


def test_an_unprotected_value_is_shown_to_the_last_digit(wire):
    assert wire.query("SELECT total, placed FROM shop.orders WHERE id = 1") == [
        [[b"12.50", b"2024-05-06 07:08:09"]]
    ]


def test_errors_and_warnings_tell_nothing(wire):
    for sql in (
        "SELECT ssn + 0 FROM shop.customers",
        "SELECT email FROM shop.customers PROCEDURE ANALYSE()",
        "SELECT email, nosuch FROM shop.customers",
    ):
        check_hidden(wire, "text", sql)
        check_hidden(wire, "text", "SHOW WARNINGS")


def test_where_the_servers_socket_lies_is_asked_for_and_not_told(wire, server):
    # mysql_async asks at its login, and without an answer gives up.
    rows = wire.query("SELECT @@max_allowed_packet,@@socket")
    assert rows[0][0][1] == b"[redacted]"
    statement, _ = wire.prepare("SELECT @@socket")
    assert b"[redacted]" in wire.execute(statement)[0][0]
    assert str(server.socket).encode() not in wire.received
