"""What a client asks about the statement before is answered as by the server itself, whatever the gateway asks for
itself: to know the session's state after that statement, or to take and give back its guard role."""

import struct

import pytest
import shop
from gateway import Gateway
from servers import WRITER
from wire import ServerError, Wire, read_lenenc

ENGINEER = ("engineer-1", ["agents-engineering"])
ROUTINES = {
    "asked_quiet": "UPDATE flags SET enabled = enabled",
    "asked_warns": "BEGIN UPDATE orders SET note = note WHERE id = 1; SELECT CAST('1x' AS SIGNED) INTO @n; END",
    "asked_shows": "SELECT id FROM orders ORDER BY id",
    "asked_sets": "BEGIN SET @n = 1; SET character_set_results = latin1; UPDATE orders SET note = note; END",
    "asked_fails": "BEGIN UPDATE orders SET note = note; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'as asked'; END",
    "asked_warns_by_hand": "SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'mind this', MYSQL_ERRNO = 4711",
}
CALLS = f"""
[[role.rule]]
name = "asked"
effect = "allow"
statements = ["call"]
on = [{", ".join(f'"shop.{name}"' for name in ROUTINES)}]
results = "clear"
"""
OPEN = shop.POLICY[: shop.POLICY.index("[[protect]]")]
OPEN = OPEN.replace('\n[[role]]\nname = "ci"', CALLS + '\n[[role]]\nname = "ci"')
LEFT = "DROP TEMPORARY TABLE IF EXISTS shop.scratch"
# Every one of them changes something that the gateway asks for before it decides again.
PREDECESSORS = [
    "CREATE TEMPORARY TABLE shop.scratch (id INT)",
    "CREATE TEMPORARY TABLE shop.scratch (id INT(5) ZEROFILL)",
    "CREATE TEMPORARY TABLE shop.scratch (id INT, id INT)",
    "CREATE TEMPORARY TABLE shop.scratch (n INT) SELECT id AS n FROM shop.orders",
    "CREATE TEMPORARY TABLE shop.scratch (n INT NOT NULL) SELECT note AS n FROM shop.orders",
    "SET NAMES latin1",
    "SET NAMES utf8",
    "SET sql_mode = ''",
    "SET sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE'",
    "SET character_set_results = latin1",
    "SET collation_connection = utf8mb4_bin",
    *(f"CALL shop.{name}()" for name in ROUTINES),
    "CALL shop.asked_quiet(1)",
    # These two change nothing of the kind.
    "SELECT CAST('1x' AS SIGNED)",
    "UPDATE shop.orders SET note = note WHERE id = 1",
]
# What is asked first is what another statement in between would change.
QUESTIONS = [
    [
        "SHOW WARNINGS",
        "SHOW ERRORS",
        "SHOW WARNINGS LIMIT 1",
        "SHOW COUNT(*) WARNINGS",
        "SHOW COUNT(*) ERRORS",
        "SELECT @@warning_count, @@error_count",
    ],
    ["SELECT @@error_count", "SHOW WARNINGS", "SELECT ROW_COUNT()"],
    ["SELECT ROW_COUNT()", "SELECT FOUND_ROWS()", "SHOW WARNINGS"],
    ["SELECT FOUND_ROWS() AS n, LAST_INSERT_ID()", "SELECT ROW_COUNT()"],
    ["SET @asked = ROW_COUNT()", "SELECT @asked", "SHOW WARNINGS"],
]


@pytest.fixture(scope="module")
def asked(server):
    with server.connect(database="shop") as connection, connection.cursor() as cursor:
        for name, body in ROUTINES.items():
            cursor.execute(f"DROP PROCEDURE IF EXISTS {name}")
            cursor.execute(f"CREATE PROCEDURE {name}() {body}")
    server.run("GRANT EXECUTE ON shop.* TO writer")
    return server


@pytest.fixture(scope="module")
def open_gateway(asked, mint, authority, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp(f"asked-{asked.kind}"), asked, authority, mint, OPEN)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture
def ways(asked, open_gateway, mint, authority):
    """One connection to the server, and one through the gateway."""
    with Wire(asked.port, authority.certificate) as direct, Wire(open_gateway.port, open_gateway.authority) as through:
        direct.login_directly(WRITER, database="shop")
        through.login(mint.token(*ENGINEER), database="shop")
        yield direct, through


def end(payload):
    """What an OK tells, also at the end of rows: counts, warnings, text."""
    affected, at = read_lenenc(payload, 1)
    inserted, at = read_lenenc(payload, at)
    status, warnings = struct.unpack_from("<HH", payload, at)
    return (affected, inserted, warnings, bytes(payload[at + 4 :])), status & 0x0008


def answer(wire, sql):
    """All that a client sees of the answer to a statement."""
    wire.send(b"\x03" + sql.encode(), sequence=0)
    return results(wire)


def results(wire):
    seen, more = [], True
    try:
        while more:
            payload = wire.receive_good()
            if payload[:1] != b"\0":
                columns, _ = read_lenenc(payload, 0)
                seen.extend(bytes(wire.receive_good()) for _ in range(columns))
                while (payload := wire.receive_good())[:1] != b"\xfe":
                    seen.append(bytes(payload))
            told, more = end(payload)
            seen.append(told)
    except ServerError as error:
        seen.append((error.code, error.state, error.text))
    return seen


def begin(wires, before=()):
    """The same state at both ends, whatever was there."""
    for wire in wires:
        wire.command("RESET_CONNECTION")
        for sql in (LEFT, *before):
            wire.query(sql)


def compare(wires, predecessor, questions, ask=answer):
    begin(wires)
    told = [[answer(wire, predecessor), *(ask(wire, question) for question in questions)] for wire in wires]
    assert "POSTERN" not in str(told[1])
    assert told[1] == told[0]


@pytest.mark.parametrize("predecessor", PREDECESSORS)
def test_a_question_about_the_statement_before_is_answered_as_by_the_server(ways, predecessor):
    for questions in QUESTIONS:
        compare(ways, predecessor, questions)


def answer_to_prepared(wire, sql):
    """The same in the binary protocol; what PREPARE itself tells is no part of it."""
    try:
        statement, _ = wire.prepare(sql)
    except ServerError as error:
        return error.code
    wire.send(b"\x17" + struct.pack("<IBI", statement, 0, 1), sequence=0)
    told = results(wire)
    wire.send(b"\x19" + struct.pack("<I", statement), sequence=0)
    return told


@pytest.mark.parametrize("predecessor", ["SET NAMES latin1", "CALL shop.asked_warns()", "SET sql_mode = 'ANSI_QUOTES'"])
def test_a_prepared_question_is_answered_as_by_the_server(ways, predecessor):
    for questions in QUESTIONS:
        compare(ways, predecessor, questions, answer_to_prepared)


def test_commands_that_are_no_statements_change_no_answer(ways):
    for name, body in (("PING", b""), ("SET_OPTION", b"\1\0"), ("STATISTICS", b"")):
        begin(ways)
        told = []
        for wire in ways:
            wire.query("CREATE TEMPORARY TABLE IF NOT EXISTS shop.scratch (id INT)")
            wire.query("CREATE TEMPORARY TABLE IF NOT EXISTS shop.scratch (id INT)")
            wire.command(name, body)
            told.append(wire.query("SHOW WARNINGS"))
        assert told[0] == told[1] and told[0] != [[]], name


@pytest.mark.parametrize("question", ["SELECT 1", "SHOW WARNINGS", "SELECT ROW_COUNT()"])
def test_what_follows_the_question_is_read_under_the_state_in_force(ways, question):
    _, through = ways
    begin(ways)
    through.query("SET sql_mode = 'ANSI_QUOTES'")
    through.query(question)
    with pytest.raises(ServerError, match="POSTERN-UNKNOWN-NAME"):
        through.query('SELECT "nothing" FROM shop.orders')
    through.query("CREATE TEMPORARY TABLE shop.scratch (n INT)")
    through.query(question)
    assert through.query("SELECT n FROM shop.scratch") == [[]]
    with pytest.raises(ServerError, match="POSTERN-UNKNOWN-NAME"):
        through.query("SELECT m FROM shop.scratch")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("collation_connection", "'ucs2_general_ci'"),
        ("character_set_connection", "'utf16'"),
        ("character_set_connection", "'utf32'"),
        ("character_set_client", "'gbk'"),
        ("character_set_client", "'sjis'"),
        ("character_set_client", "'koi8r'"),
        ("collation_connection", "CONCAT('ucs2', '_bin')"),
    ],
)
def test_what_no_statement_can_be_read_under_is_undone_and_said(ways, variable, value):
    _, through = ways
    begin(ways, ["SET NAMES latin1", "SET sql_mode = 'ANSI_QUOTES'"])
    through.query(f"SET @set = {value}")
    through.query(f"SET {variable} = @set")
    through.query("SHOW WARNINGS")
    with pytest.raises(ServerError, match=r"1231 .*POSTERN-STATE.*not supported"):
        through.query("SELECT id FROM shop.orders")
    sets = "SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@sql_mode"
    assert through.query(sets) == [[[b"latin1", b"latin1", b"latin1", b"ANSI_QUOTES"]]]
    assert through.query('SELECT 1 AS "one"') == [[[b"1"]]]


def test_what_the_server_refuses_to_set_is_refused(ways):
    begin(ways)
    for wire in ways:
        wire.query("SET @set = 'ucs2'")
    told = [answer(wire, "SET character_set_client = @set") for wire in ways]
    assert told[0] == told[1] and told[0][0][0] == 1231
    assert ways[1].query("SELECT 1") == [[[b"1"]]]
