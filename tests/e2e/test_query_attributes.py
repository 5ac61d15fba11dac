"""Query attributes: code at the target reads what the client sent, and the log holds it; nothing else goes on."""

import struct

import drivers
import pytest
import shop
from gateway import Gateway
from servers import mysql_plugins, mysql_program
from test_commands import at_a_terminal
from wire import CAPABILITIES, QUERY_ATTRIBUTES, ServerError, Wire

ENGINEER = ("engineer-1", ["agents-engineering"])
RULE = """
[[role.rule]]
name = "reads-attributes"
effect = "allow"
statements = ["call"]
on = ["shop.attribute"]
results = "clear"

[[role]]
name = "ci\""""
POLICY = shop.POLICY.replace('\n[[role]]\nname = "ci"', RULE)
CALL = "CALL shop.attribute('{}')"


@pytest.fixture(scope="module")
def gateway(server, mint, authority, tmp_path_factory):
    assert POLICY != shop.POLICY
    if server.kind == "mysql":
        server.run("INSTALL COMPONENT 'file://component_query_attributes'")
        read = "SELECT mysql_query_attribute_string(name) AS value"
    else:
        read = "SELECT CONCAT('no ', name) AS value"
    server.run("DROP PROCEDURE IF EXISTS shop.attribute")
    server.run(f"CREATE PROCEDURE shop.attribute(name VARCHAR(64)) {read}")
    server.run("GRANT EXECUTE ON shop.* TO writer")
    gateway = Gateway(tmp_path_factory.mktemp(f"attributes-{server.kind}"), server, authority, mint, POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()
        server.run("DROP PROCEDURE shop.attribute")
        if server.kind == "mysql":
            server.run("UNINSTALL COMPONENT 'file://component_query_attributes'")


def recorded(gateway, part):
    """The attributes of every intent whose text holds this."""
    found = []
    for record in gateway.records():
        intent = record["event"].get("intent", {})
        if part in intent.get("statement", {}).get("text", ""):
            attributes = intent.get("attributes", [])
            found.append([(one["name"], one["kind"], one["value"]) for one in attributes])
    return found


def test_the_mysql_program_sends_them(gateway, mint, server):
    command = [*mysql_program("bin/mysql"), "--no-defaults", f"--plugin-dir={mysql_plugins()}", "--named-commands"]
    where = ["-h", "127.0.0.1", "-P", str(gateway.port), "-u", "shop", "--disable-auto-rehash"]
    query = f"query_attributes trace_id 42\n{CALL.format('trace_id')};\nquit\n".encode()
    said = at_a_terminal([*command, *where], query, MYSQL_PWD=mint.token(*ENGINEER))
    if server.kind == "mysql":
        assert b"| 42 " in said, said
        assert recorded(gateway, "'trace_id'") == [[("trace_id", "string", {"clear": "42"})]]
    else:
        assert b"| no trace_id" in said, said
        assert recorded(gateway, "'trace_id'") == [[]]


def test_connector_python_sends_them(gateway, mint, server):
    connection = drivers.connector_connect(gateway, mint.token(*ENGINEER))
    try:
        with connection.cursor() as cursor:
            cursor.add_attribute("s", "é")
            cursor.add_attribute("n", -7)
            cursor.execute(CALL.format("s"))
            assert cursor.fetchall() == [("é",) if server.kind == "mysql" else ("no s",)]
    finally:
        connection.close()
    both = [("s", "string", {"clear": "é"}), ("n", "tinyint", {"clear": "-7"})]
    assert recorded(gateway, "'s'") == [both if server.kind == "mysql" else []]


def test_prepared_statements_of_connector_python_keep_their_own_parameters(gateway, mint, server):
    connection = drivers.connector_connect(gateway, mint.token(*ENGINEER))
    text = "SELECT name, email FROM shop.customers WHERE id = ?"
    expected = [("Ada",), ("Grace",)]
    try:
        with connection.cursor(prepared=True) as cursor:
            cursor.execute(text, (1,))
            shown = [cursor.fetchall()]
            cursor.add_attribute("traceparent", "00-4bf9-00f0-01")
            cursor.execute(text, (2,))
            shown.append(cursor.fetchall())
            cursor.execute(text, ("1",))
            shown.append(cursor.fetchall())
    finally:
        connection.close()
    assert [rows[0][0] for rows in shown] == [expected[0][0], expected[1][0], expected[0][0]]
    assert not any(value.decode() in str(shown) for value in shop.PROTECTED)


@pytest.fixture
def wire(gateway, mint, server):
    if server.kind != "mysql":
        yield None
        return
    wire = Wire(gateway.port, gateway.authority)
    yield wire.login(mint.token(*ENGINEER), database="shop", capabilities=CAPABILITIES | QUERY_ATTRIBUTES)
    wire.close()


ONE = b"\1\1\0\1\xfd\0\1n\3abc"
READ = CALL.format("n").encode()


def test_what_a_client_sends_by_hand_is_read_as_the_server_reads_it(wire, gateway):
    if wire is None:
        greeting = Wire(gateway.port, gateway.authority).greeting()
        at = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
        assert not greeting[at + 6] & QUERY_ATTRIBUTES >> 24
        return
    assert wire.query(ONE + READ)[0] == [[b"abc"]]
    assert wire.query(b"\0\1" + READ)[0] == [[None]]
    broken = [
        ONE.replace(b"\1\1", b"\1\0", 1) + READ,
        ONE.replace(b"\1\1", b"\1\2", 1) + READ,
        b"\1\1\0\0" + READ,
        b"\2" + ONE[1:] + READ,
        b"\xff" + ONE[1:] + READ,
        ONE[:-1],
        b"",
    ]
    for content in broken:
        with pytest.raises(ServerError) as refused:
            wire.query(content)
        assert refused.value.code in (1835, 1105), content
        assert wire.query(ONE + READ)[0] == [[b"abc"]]


def test_an_execute_by_hand_keeps_parameters_and_attributes_apart(wire, gateway):
    if wire is None:
        return
    statement, _ = wire.prepare("SELECT id, note FROM shop.orders WHERE id = ?")
    one = struct.pack("<q", 1)

    def execute(flags, rest):
        wire.send(b"\x17" + struct.pack("<IBI", statement, flags, 1) + rest, sequence=0)
        return len(wire._results(lambda payload, _columns: payload)[0])

    assert execute(8, b"\2\0\1\x08\0\0\xfd\0\1n" + one + b"\3abc") == 1
    # The count is there, whether the flag says so or not; types are kept of the parameter only.
    assert execute(0, b"\2\0\1\x08\0\0\xfd\0\1n" + one + b"\3abc") == 1
    assert execute(8, b"\1\0\0" + one) == 1
    for flags, rest, code in [
        (8, b"\2\0\0" + one + one, 1835),
        (8, b"\0", 1835),
        (0, b"\0\1\x08\0" + one, 1835),
        # The server would give it to whoever reads an attribute of that name.
        (8, b"\1\0\1\x08\0\1n" + one, 1210),
    ]:
        with pytest.raises(ServerError) as refused:
            execute(flags, rest)
        assert refused.value.code == code, (flags, rest)
    assert execute(8, b"\1\0\1\x08\0\0" + one) == 1
    found = recorded(gateway, "SELECT id, note FROM shop.orders WHERE id = ?")
    # Refused ones are refusals, not intents; the first is the PREPARE.
    assert found == [[], [("n", "string", {"clear": "abc"})], [("n", "string", {"clear": "abc"})], [], []]


def test_a_statement_cannot_read_them_by_itself(wire):
    if wire is None:
        return
    with pytest.raises(ServerError, match="POSTERN-"):
        wire.query(ONE + b"SELECT mysql_query_attribute_string('n')")


def test_several_statements_all_have_them(gateway, mint, server):
    if server.kind != "mysql":
        return
    several = CAPABILITIES | QUERY_ATTRIBUTES | 1 << 16
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token(*ENGINEER), database="shop", capabilities=several)
        results = wire.query(ONE + b"SELECT 'several'; " + READ)
    assert [rows for rows in results if rows] == [[[b"several"]], [[b"abc"]]]
    assert recorded(gateway, "'several'") == [[("n", "string", {"clear": "abc"})]]


def test_after_a_reset_they_are_still_there(wire):
    if wire is None:
        return
    wire.command("RESET_CONNECTION")
    assert wire.query(ONE + READ)[0] == [[b"abc"]]
