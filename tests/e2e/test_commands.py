"""Commands beside statements: options, fields, ending connections, a new login in the same connection."""

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import drivers
import pymysql
import pytest
from issuers import node_environment
from programs import CACHE, ROOT, environment, run
from servers import mysql_plugins, mysql_program, program
from shop import POLICY, PROTECTED
from waiting import is_running, wait_until
from wire import CAPABILITIES, QUERY_ATTRIBUTES, ServerError, Wire, read_lenenc

DEPRECATE_EOF = 0x01000000
# So many rows that no server is done with them within the time of a test.
ENDLESS = "SELECT COUNT(*) FROM " + ", ".join(f"shop.orders o{n}" for n in range(40))


@pytest.fixture
def connect(gateway, mint):
    """Makes connections by hand."""
    made = []

    def connect(subject="agent-1", groups=("agents-analytics",), **options):
        wire = Wire(gateway.port, gateway.authority)
        made.append(wire)
        return wire.login(mint.token(subject, list(groups)), **options)

    yield connect
    for wire in made:
        wire.close()


# COM_SET_OPTION.


@pytest.mark.parametrize("eof", [0, DEPRECATE_EOF])
def test_several_statements_are_turned_on_and_off(eof, connect):
    wire = connect(capabilities=CAPABILITIES & ~DEPRECATE_EOF | eof)
    two = "DO 1; DO 2"
    with pytest.raises(ServerError, match="POSTERN-"):
        wire.query(two)
    answer = wire.command("SET_OPTION", b"\0\0")
    assert answer[0] == 0xFE and len(answer) == (7 if eof else 5)
    assert wire.query(two) == [[], []]
    wire.command("SET_OPTION", b"\1\0")
    with pytest.raises(ServerError, match="POSTERN-"):
        wire.query(two)
    with pytest.raises(ServerError, match="1047"):
        wire.command("SET_OPTION", b"\2\0")


def test_the_option_is_what_the_server_itself_answers(server, connect):
    direct = server.connect()
    try:
        direct._execute_command(0x1B, b"\0\0")
        told = direct._read_packet().get_all_data()
    finally:
        direct.close()
    # PyMySQL does not know DEPRECATE_EOF.
    wire = connect(capabilities=CAPABILITIES & ~DEPRECATE_EOF)
    assert wire.command("SET_OPTION", b"\0\0")[:1] == told[:1] == b"\xfe"
    assert len(told) == 5


def test_mysqlclient_turns_several_statements_on(gateway, mint):
    import MySQLdb

    where = {"host": "127.0.0.1", "port": gateway.port, "user": "shop", "ssl": {"ca": str(gateway.authority)}}
    connection = MySQLdb.connect(password=mint.token(), multi_statements=False, **where)
    try:
        cursor = connection.cursor()
        with pytest.raises(MySQLdb.Error, match="POSTERN-"):
            cursor.execute("SELECT 1; SELECT 2")
        connection.set_server_option(0)
        cursor.execute("SELECT 1; SELECT 2")
        assert cursor.fetchall() == ((1,),) and cursor.nextset() and cursor.fetchall() == ((2,),)
    finally:
        connection.close()


# COM_FIELD_LIST.


def fields(wire, table, pattern=b""):
    """Names of the fields and their defaults, as COM_FIELD_LIST gives them."""
    payload = wire.command("FIELD_LIST", table.encode() + b"\0" + pattern)
    found = {}
    while payload[:1] != b"\xfe":
        texts, at = [], 0
        for _ in range(6):
            length, at = read_lenenc(payload, at)
            texts.append(payload[at : at + length])
            at += length
        at += 13
        default = None
        if payload[at] != 0xFB:
            length, at = read_lenenc(payload, at)
            default = payload[at : at + length]
        found[texts[4].decode()] = default
        payload = wire.receive_good()
    return found


@pytest.fixture
def with_defaults(server):
    server.run(
        "CREATE OR REPLACE VIEW shop.listed AS SELECT id, email AS mail FROM shop.customers;"
        "GRANT SELECT ON shop.listed TO reader;"
        "ALTER TABLE shop.customers ALTER ssn SET DEFAULT '111-22-3333', ALTER name SET DEFAULT 'nobody'"
    )
    yield
    server.run(
        "DROP VIEW shop.listed; ALTER TABLE shop.customers ALTER ssn DROP DEFAULT, ALTER name DROP DEFAULT"
    )


def test_fields_are_those_of_the_table_without_protected_defaults(connect, with_defaults):
    wire = connect(database="shop")
    deadline = time.monotonic() + 20
    while (found := fields(wire, "customers"))["name"] != b"nobody":
        assert time.monotonic() < deadline
    assert list(found) == ["id", "name", "email", "ssn", "joined"]
    assert found["ssn"] is None and found["email"] is None
    assert list(fields(wire, "customers", b"%n%")) == ["name", "ssn", "joined"]
    assert list(fields(wire, "customers", b"nothing")) == []
    for value in PROTECTED:
        assert value not in wire.received
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_fields_of_a_view_are_listed(connect, with_defaults):
    wire = connect(database="shop")
    wait_until(lambda: (b"listed",) in [tuple(row) for row in wire.query("SHOW TABLES")[0]])
    assert list(fields(wire, "listed")) == ["id", "mail"]


def test_fields_of_what_may_not_be_read_are_not_listed(connect):
    wire = connect(database="shop")
    for table in ("nothing", "mysql.user", "user", ""):
        with pytest.raises(ServerError, match="POSTERN-"):
            fields(wire, table)
    bare = connect()
    with pytest.raises(ServerError, match="POSTERN-"):
        fields(bare, "orders")
    assert wire.query("SELECT 1") == bare.query("SELECT 1") == [[[b"1"]]]


def at_a_terminal(command, typed, **more):
    """Runs a program at a terminal of its own, types this, and gives all that it showed."""
    terminal, end = os.openpty()
    said = b""
    with subprocess.Popen(
        [str(part) for part in command],
        stdin=end,
        stdout=end,
        stderr=end,
        env=environment(TERM="dumb", MYSQL_HISTFILE="/dev/null", **more),
    ) as client:
        os.close(end)
        os.write(terminal, typed)
        # Linux says EIO when nobody has the terminal any more.
        with contextlib.suppress(OSError):
            while part := os.read(terminal, 4096):
                said += part
        assert client.wait(30) == 0, said
    os.close(terminal)
    return said


def test_the_mariadb_program_lists_fields_to_complete_names(gateway, mint):
    # It does so for a terminal only.
    command = [program("mariadb"), "--no-defaults", "--auto-rehash", "-h", "127.0.0.1", "-P", gateway.port]
    query = b"SELECT CONCAT('<', name, '>') FROM customers WHERE id = 1;\nquit\n"
    said = at_a_terminal([*command, "-u", "shop", "shop"], query, MYSQL_PWD=mint.token())
    assert b"<Ada>" in said
    assert any("field_list" in str(record) for record in gateway.records()), said


# KILL.


def greeting_id(greeting):
    end = greeting.index(b"\0", 1)
    return struct.unpack_from("<I", greeting, end + 1)[0]


def number_at_target(wire):
    """What a connection is to the target, which it is only shown as part of an expression."""
    return int(wire.query("SELECT CONNECTION_ID() + 0")[0][0][0])


def start(wire, sql):
    wire.send(b"\x03" + sql.encode(), sequence=0)


@pytest.mark.parametrize("number", ["greeting", "target"])
def test_a_query_of_ones_own_is_killed_and_its_session_goes_on(number, gateway, mint, server):
    with Wire(gateway.port, gateway.authority) as running, Wire(gateway.port, gateway.authority) as other:
        greeting = running.greeting()
        running.start_tls()
        running.send_login()
        running.receive_good()
        running.send(mint.token().encode() + b"\0")
        running.receive_good()
        other.login(mint.token())
        if number == "greeting":
            thread = greeting_id(greeting)
        else:
            thread = number_at_target(running)
        start(running, ENDLESS)
        wait_until(lambda: is_running(server, "o39"))
        other.query(f"KILL QUERY {thread}")
        with pytest.raises(ServerError, match="1317"):
            running.receive_good()
            while True:
                running.receive_good()
        wait_until(lambda: not is_running(server, "o39"))
        assert running.query("SELECT 1") == [[[b"1"]]]
        other.query(f"KILL {thread}")
        assert running.is_closed()
        with pytest.raises(ServerError, match="1094"):
            other.query(f"KILL {thread}")
        assert other.query("SELECT 1") == [[[b"1"]]]


def test_connection_id_is_the_number_of_the_greeting(gateway, mint):
    with Wire(gateway.port, gateway.authority) as wire:
        number = greeting_id(wire.greeting())
        wire.start_tls()
        wire.send_login()
        wire.receive_good()
        wire.send(mint.token().encode() + b"\0")
        wire.receive_good()
        asked = "SELECT CONNECTION_ID(), CONNECTION_ID() AS me, 1"
        own = str(number).encode()
        assert wire.query(asked) == [[[own, own, b"1"]]]


def test_the_list_of_processes_has_the_numbers_of_greetings(own_gateway, mint, server):
    rule = '\n[[role.rule]]\nname = "processes"\neffect = "allow"\nstatements = ["show processlist"]\non = ["*.*"]\n'
    policy = POLICY.replace("\n[[role.rule]]", rule + "\n[[role.rule]]", 1)
    gateway = own_gateway(policy=policy).start()
    with Wire(gateway.port, gateway.authority) as one, Wire(gateway.port, gateway.authority) as other:
        one.login(mint.token())
        other.login(mint.token())
        numbers = {wire.query("SELECT CONNECTION_ID()")[0][0][0] for wire in (one, other)}
        at_target = {str(number_at_target(wire)).encode() for wire in (one, other)}
        for command in ("SHOW PROCESSLIST", "SHOW FULL PROCESSLIST"):
            shown = {row[0] for row in one.query(command)[0]}
            assert numbers <= shown and not at_target & shown


def test_a_connection_is_killed_by_the_command(connect):
    running, other = connect(), connect()
    thread = int(running.query("SELECT CONNECTION_ID()")[0][0][0])
    assert other.command("PROCESS_KILL", struct.pack("<I", thread))[0] == 0
    assert running.is_closed()
    with pytest.raises(ServerError, match="1094"):
        other.command("PROCESS_KILL", struct.pack("<I", thread))


def test_connections_of_others_are_unknown(connect, server):
    mine, theirs = connect(), connect("agent-2")
    thread = int(theirs.query("SELECT CONNECTION_ID()")[0][0][0])
    at_target = number_at_target(theirs)
    ((of_the_server,),) = server.rows("SELECT MIN(id) FROM information_schema.processlist")
    texts = set()
    for number in (thread, at_target, of_the_server, 4_000_000_000, 2**40):
        for kill in ("KILL", "KILL QUERY", "KILL CONNECTION"):
            with pytest.raises(ServerError, match="1094") as refusal:
                mine.query(f"{kill} {number}")
            texts.add(refusal.value.text.replace(str(number), "N"))
    assert len(texts) == 1, "no answer tells whether there is such a connection"
    assert theirs.query("SELECT 1") == [[[b"1"]]]


def test_the_session_itself_can_be_killed(connect):
    wire = connect()
    thread = int(wire.query("SELECT CONNECTION_ID()")[0][0][0])
    with pytest.raises(ServerError, match="1317"):
        wire.query(f"KILL QUERY {thread}")
    assert wire.query("SELECT 1") == [[[b"1"]]]
    with pytest.raises(ServerError, match="1317"):
        wire.query(f"KILL {thread}")
    assert wire.is_closed()


@pytest.mark.parametrize("sql", ["KILL CONNECTION_ID()", "KILL @x", "KILL USER reader", "KILL QUERY ID 1"])
def test_only_numbers_of_connections_are_killed(sql, connect):
    with pytest.raises(ServerError, match="POSTERN-"):
        connect().query(sql)


def test_no_prepared_statement_kills(connect):
    wire = connect()
    for sql in ("KILL ?", "KILL QUERY 1", "KILL 1"):
        with pytest.raises(ServerError, match="POSTERN-"):
            wire.prepare(sql)
    assert wire.query("SELECT 1") == [[[b"1"]]]


@pytest.mark.parametrize("client", ["mysql", "mariadb"])
def test_control_c_stops_the_statement_and_keeps_the_session(client, gateway, mint, server):
    if client == "mysql":
        command = [*mysql_program("bin/mysql"), "--no-defaults", f"--plugin-dir={mysql_plugins()}"]
    else:
        command = [program("mariadb"), "--no-defaults"]
    where = ["-h", "127.0.0.1", "-P", str(gateway.port), "-u", "shop"]
    running = subprocess.Popen(
        [str(part) for part in [*command, *where, "--batch", "--force", "--unbuffered", "--skip-reconnect"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(MYSQL_PWD=mint.token()),
    )
    try:
        running.stdin.write(b"SELECT CONNECTION_ID() AS one;\n" + ENDLESS.encode() + b";\n")
        running.stdin.write(b"SELECT CONNECTION_ID() AS two;\n")
        running.stdin.flush()
        wait_until(lambda: is_running(server, "o39"))
        running.send_signal(signal.SIGINT)
        wait_until(lambda: not is_running(server, "o39"))
        output, _ = running.communicate(timeout=30)
    finally:
        running.kill()
    lines = output.decode().split()
    assert lines[lines.index("one") + 1] == lines[lines.index("two") + 1], output


COMMENTED = b"""-- a dump

/* head */;
SELECT 1 AS one;
/*!40101 SET NAMES utf8mb4 */;
# hash

-- Dump completed
"""


@pytest.mark.parametrize("client", ["mysql", "mariadb"])
def test_a_script_with_comments_between_its_statements_runs_to_its_end(client, gateway, mint):
    if client == "mysql":
        command = [*mysql_program("bin/mysql"), "--no-defaults", f"--plugin-dir={mysql_plugins()}"]
    else:
        command = [program("mariadb"), "--no-defaults", "--comments"]
    where = ["-h", "127.0.0.1", "-P", gateway.port, "-u", "shop"]
    done = run([*command, *where], input=COMMENTED, env=environment(MYSQL_PWD=mint.token()))
    assert done.returncode == 0 and done.stdout == b"one\n1\n", done


def test_comments_alone_are_answered_as_the_server_does(connect, server):
    wire = connect()
    for text in ("-- a", "--", "# a", "/* a */", "/* a */;", "/* a */ ; ;", "-- a\n;", "", " ", ";", "--a"):
        try:
            direct = server.rows(text)
        except pymysql.MySQLError as error:
            with pytest.raises(ServerError, match=str(error.args[0])):
                wire.query(text)
        else:
            assert list(direct) == [] and wire.query(text) == [[]], text


# COM_CHANGE_USER.


def change_user(wire, token, user="shop", database="", plugin=b"caching_sha2_password", answer=b"\1" * 32):
    """The whole exchange of a new login, as clients have it with a server."""
    content = user.encode() + b"\0" + bytes([len(answer)]) + answer + database.encode() + b"\0"
    asked = wire.command("CHANGE_USER", content + struct.pack("<H", 45) + plugin + b"\0")
    assert asked.startswith(b"\xfecaching_sha2_password\0"), asked
    wire.send(b"\2" * 32)
    assert wire.receive_good() == b"\x01\x04"
    wire.send(token.encode() + b"\0")
    return wire.receive_good()


ENGINEER = ("engineer-1", ["agents-engineering"])
WRITE = "UPDATE shop.orders SET note = note WHERE id = 1"


def test_a_new_login_has_its_own_role_and_its_own_connection(connect, mint, server, gateway):
    wire = connect()
    before = len(gateway.records())
    first = number_at_target(wire)
    with pytest.raises(ServerError, match="POSTERN-DENIED"):
        wire.query(WRITE)
    change_user(wire, mint.token(*ENGINEER))
    wire.query(WRITE)
    assert number_at_target(wire) != first
    wait_until(lambda: not server.rows(f"SELECT 1 FROM information_schema.processlist WHERE id = {first}"))
    change_user(wire, mint.token())
    with pytest.raises(ServerError, match="POSTERN-DENIED"):
        wire.query(WRITE)
    written = [record for record in gateway.records()[before:] if "login" in str(record)]
    kinds = ["login_ended" if "login_ended" in str(record) else "login" for record in written]
    assert kinds[-4:] == ["login_ended", "login", "login_ended", "login"]


def test_nothing_of_the_session_survives_a_new_login(connect, mint, server):
    wire = connect(*ENGINEER, database="shop")
    wire.query("CREATE TEMPORARY TABLE scratch (id INT)")
    wire.query("INSERT INTO scratch VALUES (1)")
    wire.query("SET @kept = 5")
    wire.query("SET sql_mode = 'ANSI_QUOTES'")
    wire.query("PREPARE s FROM 'SELECT 1'")
    wire.query("BEGIN")
    wire.query("UPDATE orders SET note = 'changed' WHERE id = 1")
    statement, _ = wire.prepare("SELECT id FROM orders")
    change_user(wire, mint.token(*ENGINEER))
    assert wire.query('SELECT @kept, "text", DATABASE()') == [[[None, b"text", None]]]
    for sql in ("EXECUTE s", "SELECT * FROM shop.scratch", "SELECT id FROM orders"):
        with pytest.raises(ServerError):
            wire.query(sql)
    with pytest.raises(ServerError, match="1243"):
        wire.execute(statement)
    # The transaction of the old connection is rolled back as soon as the server has seen its end.
    wait_until(lambda: server.rows("SELECT note FROM shop.orders WHERE id = 1") == (("first",),))
    change_user(wire, mint.token(*ENGINEER), database="shop")
    assert wire.query("SELECT COUNT(*) FROM orders")[0][0][0] >= b"2"


@pytest.mark.parametrize(
    ("user", "subject", "code"),
    [("bank", "agent-1", 1045), ("shop/nothing", "agent-1", 1045), ("shop", None, 1045)],
)
def test_a_new_login_that_fails_ends_the_connection(user, subject, code, connect, mint):
    wire = connect()
    with pytest.raises(ServerError) as refusal:
        change_user(wire, mint.token(subject) if subject else "no token at all", user)
    assert refusal.value.code == code and refusal.value.state == "28000"
    assert wire.is_closed()


def test_a_broken_new_login_ends_the_connection(connect):
    for content in (b"", b"shop", b"shop\0\xff", b"shop\0\0\0\x2d\0plugin\0trailing\0"):
        wire = connect()
        with pytest.raises(ServerError, match="1043"):
            wire.command("CHANGE_USER", content)
        assert wire.is_closed()


def test_one_principal_with_one_session_may_log_in_anew(own_gateway, mint):
    gateway = own_gateway(limits={"sessions_per_principal_max": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        for _ in range(3):
            change_user(wire, mint.token())
        assert wire.query("SELECT 1") == [[[b"1"]]]


def test_a_kill_means_the_new_login(connect, mint):
    mine, other = connect("agent-1"), connect("agent-2")
    old = number_at_target(mine)
    change_user(mine, mint.token("agent-2"))
    new = number_at_target(mine)
    with pytest.raises(ServerError, match="1094"):
        other.query(f"KILL {old}")
    other.query(f"KILL {new}")
    assert mine.is_closed()


def test_mysqlclient_logs_in_anew(gateway, mint):
    import MySQLdb

    where = {"host": "127.0.0.1", "port": gateway.port, "user": "shop", "ssl": {"ca": str(gateway.authority)}}
    connection = MySQLdb.connect(password=mint.token(), autocommit=True, **where)
    try:
        with pytest.raises(MySQLdb.Error, match="POSTERN-DENIED"):
            connection.query(WRITE)
        connection.change_user("shop", mint.token(*ENGINEER), "shop")
        connection.query(WRITE)
        connection.query("SELECT COUNT(*) FROM orders")
        assert connection.store_result().fetch_row()[0][0] >= 2
    finally:
        connection.close()


@pytest.mark.parametrize("pure", [True, False])
def test_connector_python_logs_in_anew(pure, gateway, mint):
    settings = {
        "host": "127.0.0.1",
        "port": gateway.port,
        "user": "shop",
        "password": mint.token(),
        "ssl_ca": str(gateway.authority),
    }
    settings = {"settings": settings, "pure": pure, "password": mint.token(*ENGINEER), "sql": WRITE}
    script = Path(__file__).with_name("connector_change_user.py")
    done = run([sys.executable, script], input=json.dumps(settings).encode(), env=environment())
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [1142, "done", "done"]


def node_logs_in_anew(package, gateway, mint):
    script = CACHE / "node" / "change_user.mjs"
    script.write_bytes((ROOT / "tests/node/change_user.mjs").read_bytes())
    # The driver `mariadb` sends no database, which servers then miss, unless the first login named one.
    tokens = [mint.token("agent-1"), mint.token("agent-2"), mint.token(*ENGINEER)]
    logins = [{"user": "shop", "password": token, "database": "shop"} for token in tokens]
    settings = {"package": package, "port": gateway.port, "ca": str(gateway.authority), "logins": logins}
    settings["sql"] = "SELECT CONCAT(DATABASE(), CONNECTION_ID())"
    return run(["node", script], input=json.dumps(settings).encode(), env=node_environment())


@pytest.mark.parametrize("package", ["mysql2", "mariadb"])
def test_node_drivers_log_in_anew(package, gateway, mint, server):
    done = node_logs_in_anew(package, gateway, mint)
    if (package, server.kind) == ("mariadb", "mysql"):
        # The driver itself never does it with MySQL.
        assert b"not available for MySQL" in done.stderr
        return
    assert done.returncode == 0, done.stderr.decode()
    answers = json.loads(done.stdout)
    assert len(set(answers)) == 3 and all(answer.startswith("shop") for answer in answers)


# What is not offered.

NOT_OFFERED = {
    "COMPRESS": 1 << 5,
    "OPTIONAL_RESULTSET_METADATA": 1 << 25,
    "ZSTD_COMPRESSION": 1 << 26,
    "MULTI_FACTOR": 1 << 28,
    "CAN_HANDLE_EXPIRED_PASSWORDS": 1 << 22,
}


def test_what_is_not_implemented_is_not_offered(gateway):
    with Wire(gateway.port, gateway.authority) as wire:
        greeting = wire.greeting()
    at = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
    (low,) = struct.unpack_from("<H", greeting, at)
    (high,) = struct.unpack_from("<H", greeting, at + 5)
    offered = high << 16 | low
    assert not [name for name, bit in NOT_OFFERED.items() if offered & bit]
    # LONG_PASSWORD is set, so nothing of MariaDB's own stands in the last four of the reserved bytes.
    assert offered & 1 and greeting[at + 8 : at + 18] == bytes(10)


def test_a_client_that_claims_what_was_not_offered_is_answered_without_it(connect):
    claimed = CAPABILITIES
    for bit in NOT_OFFERED.values():
        claimed |= bit
    wire = connect(capabilities=claimed & ~(1 << 5 | 1 << 26))
    assert wire.query("SELECT 1") == [[[b"1"]]]
    with pytest.raises(ServerError, match="POSTERN-"):
        wire.query("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE shop.orders")
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_a_server_without_query_attributes_gets_none(connect, server):
    if server.kind == "mariadb":
        wire = connect(capabilities=CAPABILITIES | QUERY_ATTRIBUTES)
        with pytest.raises(ServerError, match="POSTERN-"):
            # With attributes the text would begin behind two counts.
            wire.command("QUERY", b"\0\1SELECT 1")
        assert wire.query("SELECT 1") == [[[b"1"]]]


@pytest.mark.parametrize("client", ["mysql", "mariadb"])
def test_no_file_of_the_client_is_loaded(client, gateway, mint, tmp_path):
    file = tmp_path / "orders"
    file.write_text("77\\t1\\t2.00\\tfrom a file\\t2024-01-01\\n")
    cli = {"mysql": drivers.mysql_cli, "mariadb": drivers.mariadb_cli}[client]
    load = f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE shop.orders"
    script = f"{load};\nSELECT 'still';\n".encode()
    done = cli(gateway, mint.token(*ENGINEER), "--local-infile=1", "--force", input=script)
    assert b"POSTERN-" in done.stderr or b"1148" in done.stderr or b"3948" in done.stderr, done.stderr
    assert b"still" in done.stdout
