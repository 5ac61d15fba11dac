"""Procedures that give results: shown where a rule answers for them, never what the target calls protected."""

import struct

import pytest
import shop
from wire import CAPABILITIES, ServerError, Wire

RULES = """
[[role.rule]]
name = "calls"
effect = "allow"
statements = ["call"]
on = [
    "shop.quiet", "shop.tells", "shop.fails", "shop.out_secret", "shop.into_variable", "shop.made_table",
    "shop.selects_into", "shop.calls_it", "shop.hides_flags", "shop.numbered",
]

[[role.rule]]
name = "watched"
effect = "allow"
statements = ["write"]
on = ["shop.watched"]
triggers = true

[[role.rule]]
name = "reports"
effect = "allow"
statements = ["call"]
on = ["shop.report", "shop.report_fails", "shop.out_count", "shop.double"]
results = "clear"
"""

POLICY = shop.POLICY.replace('[[role]]\nname = "ci"', RULES + '\n[[role]]\nname = "ci"')

ROUTINES = [
    "PROCEDURE quiet() UPDATE orders SET note = note",
    "PROCEDURE tells() BEGIN SELECT name FROM customers; SELECT CONCAT(ssn) AS n FROM customers; END",
    "PROCEDURE fails() BEGIN SELECT name FROM customers; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '111-22-3333'; END",
    "PROCEDURE out_secret(OUT o CHAR(11)) SELECT ssn INTO o FROM customers WHERE id = 1",
    "PROCEDURE into_variable() SET @stolen = (SELECT ssn FROM customers WHERE id = 1)",
    "PROCEDURE made_table() CREATE TEMPORARY TABLE made AS SELECT ssn AS s FROM customers",
    "PROCEDURE selects_into() SELECT ssn INTO @stolen FROM customers WHERE id = 1",
    "PROCEDURE calls_it() CALL selects_into()",
    "PROCEDURE hides_flags() CREATE TEMPORARY TABLE flags AS SELECT ssn AS name, 1 AS enabled FROM customers",
    "PROCEDURE numbered() UPDATE orders SET note = note WHERE id = LAST_INSERT_ID((SELECT LENGTH(ssn) FROM customers"
    " WHERE id = 1))",
    "PROCEDURE report() BEGIN SELECT id, name FROM customers; SELECT id, ssn FROM customers; SELECT COUNT(*) FROM orders;"
    " END",
    "PROCEDURE report_fails() BEGIN SELECT name FROM customers;"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '111-22-3333'; END",
    "PROCEDURE out_count(IN least INT, OUT n INT) BEGIN SELECT name FROM customers WHERE id >= least;"
    " SELECT COUNT(*) INTO n FROM customers; END",
    "FUNCTION double(n INT) RETURNS INT DETERMINISTIC NO SQL RETURN n * 2",
    "FUNCTION secret() RETURNS CHAR(11) READS SQL DATA RETURN (SELECT ssn FROM customers WHERE id = 1)",
]

TRIGGER = """CREATE TRIGGER watching BEFORE INSERT ON watched FOR EACH ROW BEGIN
    SELECT ssn INTO @stolen FROM customers WHERE id = 1;
    IF NEW.id = 0 THEN SIGNAL SQLSTATE '45000'; END IF;
END"""


@pytest.fixture(scope="module")
def routines(server):
    with server.connect(database="shop") as connection, connection.cursor() as cursor:
        for routine in ROUTINES:
            name = routine.split("(")[0].replace("double", "`double`")
            cursor.execute(f"DROP {name.split()[0]} IF EXISTS {name.split()[1]}")
            cursor.execute("CREATE " + routine.replace("double", "`double`"))
        cursor.execute("DROP TABLE IF EXISTS watched")
        cursor.execute("CREATE TABLE watched (id INT)")
        cursor.execute(TRIGGER)
    server.run("GRANT EXECUTE ON shop.* TO writer; GRANT EXECUTE ON shop.* TO reader; GRANT INSERT ON shop.watched TO writer")


@pytest.fixture
def wire(routines, own_gateway, mint):
    gateway = own_gateway(policy=POLICY).start()
    with Wire(gateway.port, gateway.authority) as wire:
        yield wire.login(mint.token("engineer-1", ["agents-engineering"]), database="shop")


def call(wire, protocol, text):
    if protocol == "text":
        return wire.query(text)
    statement, parameters = wire.prepare(text)
    assert parameters == 0
    return wire.execute(statement)


def refused(wire, protocol, text):
    with pytest.raises(ServerError) as raised:
        call(wire, protocol, text)
    return raised.value


def check_clean(wire):
    for value in shop.PROTECTED:
        assert value not in wire.received


DEPRECATE_EOF = 0x01000000
BOTH = ["text", "prepared"]


@pytest.mark.parametrize("protocol", BOTH)
def test_results_that_a_rule_answers_for_are_shown(wire, protocol):
    names, numbers, count, end = call(wire, protocol, "CALL shop.report()")
    assert (len(names), len(numbers), len(count), end) == (2, 2, 1, [])
    assert b"Ada" in wire.received
    check_clean(wire)
    assert call(wire, protocol, "SELECT id FROM shop.orders LIMIT 1")


@pytest.mark.parametrize("protocol", BOTH)
def test_results_that_nobody_answers_for_are_withheld(wire, protocol, server):
    error = refused(wire, protocol, "CALL shop.tells()")
    assert "POSTERN-RESULTS" in error.text
    assert b"Ada" not in wire.received
    check_clean(wire)
    assert call(wire, protocol, "CALL shop.quiet()") == [[]]
    assert call(wire, protocol, "SELECT id FROM shop.orders LIMIT 1")


@pytest.mark.parametrize("protocol", BOTH)
def test_an_error_after_a_result_tells_nothing(wire, protocol):
    for routine in ("fails", "report_fails"):
        error = refused(wire, protocol, f"CALL shop.{routine}()")
        assert "POSTERN-PROTECTED" in error.text
        check_clean(wire)
        wire.command("RESET_CONNECTION")
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_output_parameters_are_a_result(wire):
    statement, parameters = wire.prepare("CALL shop.out_count(?, ?)")
    assert parameters == 2
    rows, outputs, end = wire.execute(statement, [2, None])
    assert (len(rows), outputs[0][-4:], end) == (1, struct.pack("<I", 2), [])
    statement, _ = wire.prepare("CALL shop.out_secret(?)")
    with pytest.raises(ServerError) as raised:
        wire.execute(statement, [None])
    assert "POSTERN-RESULTS" in raised.value.text
    check_clean(wire)


def test_nothing_leaves_in_variables(wire):
    assert "user variables" in refused(wire, "text", "CALL shop.out_secret(@o)").text
    call(wire, "text", "CALL shop.into_variable()")
    assert "POSTERN-DENIED" in refused(wire, "text", "SELECT @stolen").text
    wire.command("RESET_CONNECTION")
    assert call(wire, "text", "SELECT @stolen") == [[[None]]]
    check_clean(wire)


@pytest.mark.parametrize("routine", ["selects_into", "calls_it", "SELECTS_INTO", "`Calls_It`"])
@pytest.mark.parametrize("protocol", BOTH)
def test_nothing_leaves_in_variables_of_which_the_server_does_not_tell(wire, protocol, routine):
    call(wire, protocol, f"CALL shop.{routine}()")
    for text in ("SELECT @stolen", "SET @mine = @stolen", "DO @stolen"):
        assert "POSTERN-DENIED" in refused(wire, "text", text).text
    wire.command("RESET_CONNECTION")
    assert call(wire, "text", "SELECT @stolen") == [[[None]]]
    check_clean(wire)


@pytest.mark.parametrize("row", [1, 0])
@pytest.mark.parametrize("protocol", BOTH)
def test_nothing_leaves_in_variables_of_triggers(wire, protocol, row):
    insert = f"INSERT INTO shop.watched VALUES ({row})"
    if row:
        call(wire, protocol, insert)
    else:
        refused(wire, protocol, insert)
    assert "POSTERN-DENIED" in refused(wire, "text", "SELECT @stolen").text
    wire.command("RESET_CONNECTION")
    assert call(wire, "text", "SELECT @stolen") == [[[None]]]
    check_clean(wire)


@pytest.mark.parametrize("protocol", BOTH)
def test_no_temporary_table_of_a_routine_stands_for_another(wire, protocol):
    call(wire, protocol, "CALL shop.hides_flags()")
    refused(wire, "text", "SELECT name FROM shop.flags")
    wire.command("RESET_CONNECTION")
    assert call(wire, "text", "SELECT name FROM shop.flags") == [[[b"new-checkout"]]]
    check_clean(wire)


@pytest.mark.parametrize("text", ["SELECT LAST_INSERT_ID()", "SELECT @@identity"])
def test_nothing_leaves_in_the_last_insert_id(wire, text):
    call(wire, "text", "CALL shop.numbered()")
    assert "POSTERN-DENIED" in refused(wire, "text", text).text


def test_nothing_leaves_in_temporary_tables(wire):
    call(wire, "text", "CALL shop.made_table()")
    refused(wire, "text", "SELECT s FROM made")
    check_clean(wire)


def test_functions_need_a_rule_that_answers_for_them(wire):
    assert call(wire, "text", "SELECT shop.`double`(4)") == [[[b"8"]]]
    refused(wire, "text", "SELECT shop.secret()")
    refused(wire, "text", "SELECT id FROM shop.orders WHERE shop.secret() LIKE '1%'")
    check_clean(wire)


@pytest.mark.parametrize(
    "text",
    ["CALL shop.nosuch()", "CALL mysql.p()", "CALL sys.diagnostics(1, 1, 'current')", "CALL shop.report(); SELECT 1"],
)
def test_other_calls_are_refused(wire, text):
    refused(wire, "text", text)


def test_prepared_by_name_a_call_is_still_a_call(wire):
    call(wire, "text", "PREPARE s FROM 'CALL shop.tells()'")
    assert "POSTERN-RESULTS" in refused(wire, "text", "EXECUTE s").text
    check_clean(wire)


@pytest.mark.parametrize(
    "text",
    [
        "CALL shop.out_count((SELECT LENGTH(ssn) FROM customers WHERE id = 1), @n)",
        "CALL shop.out_count((SELECT UPPER(ssn) FROM customers WHERE id = 1), @n)",
        "SELECT shop.`double`(LENGTH(ssn)) FROM customers",
        "SELECT shop.`double`((SELECT MAX(ssn) FROM customers))",
    ],
)
def test_no_routine_is_given_a_protected_value(wire, text):
    assert "POSTERN-" in refused(wire, "text", text).text
    check_clean(wire)


def test_a_call_that_fails_and_can_leave_nothing_ends_no_trust(wire):
    refused(wire, "text", "CALL shop.report_fails()")
    assert call(wire, "text", "SELECT name FROM shop.flags") == [[[b"new-checkout"]]]
    check_clean(wire)


@pytest.mark.parametrize(("text", "more"), [("CALL shop.report()", 8), ("SELECT name FROM shop.flags", 0)])
def test_more_results_are_announced_in_front_of_rows_too(routines, own_gateway, mint, text, more):
    gateway = own_gateway(policy=POLICY).start()
    token = mint.token("engineer-1", ["agents-engineering"])
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(token, database="shop", capabilities=CAPABILITIES & ~DEPRECATE_EOF)
        columns = wire.command("QUERY", text.encode())[0]
        for _ in range(columns):
            wire.receive_good()
        end = wire.receive_good()
        assert (end[0], end[3] & 8) == (0xFE, more)
