"""The state of a session that readings hang on, on servers that tell late, falsely or nothing of what changed."""

import struct

import drivers
import pymysql
import pytest
import shop
from test_commands import change_user
from wire import ServerError, Wire

RULES = """
[[role.rule]]
name = "calls"
effect = "allow"
statements = ["call"]
on = [ROUTINES]
results = "clear"
"""

ROUTINES = {
    "state_mode": "SET sql_mode = 'ANSI_QUOTES'",
    "state_mode_fails": "BEGIN SET sql_mode = 'ANSI_QUOTES'; SIGNAL SQLSTATE '45000'; END",
    "state_names": "SET NAMES latin1",
    "state_names_fails": "BEGIN SET NAMES latin1; SIGNAL SQLSTATE '45000'; END",
    "state_names_selects": "BEGIN SET NAMES latin1; SELECT 1; END",
    "state_gbk": "SET NAMES gbk",
    "state_gbk_fails": "BEGIN SET NAMES gbk; SIGNAL SQLSTATE '45000'; END",
    "state_gbk_selects": "BEGIN SET NAMES gbk; SELECT 1; SET NAMES utf8mb4; SELECT 2; SET NAMES gbk; END",
    "state_results": "SET character_set_results = utf16",
    "state_blind": "SET session_track_system_variables = ''",
    "state_blind_mode": "BEGIN SET session_track_system_variables = ''; SET NAMES latin1; END",
}
RULES = RULES.replace("ROUTINES", ", ".join(f'"shop.{name}"' for name in ROUTINES))
POLICY = shop.POLICY.replace('[[role]]\nname = "ci"', RULES + '\n[[role]]\nname = "ci"')
# Under another mode or another set of characters than the gateway believes in, these show a column.
TRAPS = [
    'SELECT "ssn" FROM shop.customers',
    "SELECT 'a\\', ssn AS ' FROM shop.customers -- '",
    b"SELECT '\xbf\\', ssn AS ' FROM shop.customers -- '",
    "SELECT name, ssn FROM shop.customers",
]
ENGINEER = ("engineer-1", ["agents-engineering"])


def spring(wire):
    """Sends every trap; whatever comes, a protected value does not."""
    for sql in TRAPS:
        try:
            wire.query(sql)
        except ServerError:
            pass
        # The session may have ended, and TLS has an error of its own for that.
        except OSError:
            break
    for value in shop.PROTECTED:
        for encoding in ("utf-8", "utf-16-be", "utf-16-le"):
            assert value.decode().encode(encoding) not in wire.received


@pytest.fixture(scope="module")
def stateful(server):
    with server.connect(database="shop") as connection, connection.cursor() as cursor:
        for name, body in ROUTINES.items():
            cursor.execute(f"DROP PROCEDURE IF EXISTS {name}")
            cursor.execute(f"CREATE PROCEDURE {name}() {body}")
    server.run("GRANT EXECUTE ON shop.* TO writer")
    return server


@pytest.fixture(scope="module")
def state_gateway(stateful, mint, authority, tmp_path_factory):
    from gateway import Gateway

    folder = tmp_path_factory.mktemp(f"state-{stateful.kind}")
    gateway = Gateway(folder, stateful, authority, mint, POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture
def wire(state_gateway, mint):
    with Wire(state_gateway.port, state_gateway.authority) as wire:
        yield wire.login(mint.token(*ENGINEER), database="shop")


@pytest.fixture
def global_mode(stateful):
    """Sets the mode for sessions to come, as an administrator does at any time."""
    (before,) = stateful.rows("SELECT @@GLOBAL.sql_mode")
    yield lambda mode: stateful.run(f"SET GLOBAL sql_mode = '{mode}'")
    stateful.run(f"SET GLOBAL sql_mode = '{before[0]}'")


@pytest.mark.parametrize("routine", sorted(ROUTINES))
def test_whatever_a_routine_leaves_behind_is_known_before_the_next_statement(routine, wire, state_gateway, mint):
    try:
        wire.query(f"CALL {routine}()")
    except (ServerError, ConnectionError):
        pass
    spring(wire)
    # Also where nothing could be followed any more, only that session is concerned.
    with Wire(state_gateway.port, state_gateway.authority) as other:
        other.login(mint.token(*ENGINEER), database="shop")
        assert other.query("SELECT 1") == [[[b"1"]]]


@pytest.mark.parametrize("routine", sorted(name for name in ROUTINES if "gbk" in name or "names" in name))
def test_statements_are_read_in_the_set_that_is_in_force_whatever_was_reported(routine, wire):
    try:
        wire.query(f"CALL {routine}()")
    except ServerError:
        pass
    # Both servers give a routine's caller its own set back; what they reported of it in between is old.
    assert wire.query("SELECT @@character_set_client, @@character_set_connection") == [[[b"utf8mb4", b"utf8mb4"]]]
    assert wire.query("SELECT HEX('ü')") == [[[b"C3BC"]]]
    with pytest.raises(ServerError, match="POSTERN-UNREAD"):
        wire.query(b"SELECT '\xfc'")


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("how", ["reset", "change_user", "login"])
def test_a_global_mode_is_in_force_from_the_next_beginning(how, mode, wire, global_mode, state_gateway, mint):
    global_mode(mode)
    assert wire.query('SELECT "ssn"') == [[[b"ssn"]]], "sessions that are open keep theirs"
    if how == "reset":
        wire.command("RESET_CONNECTION")
    elif how == "change_user":
        change_user(wire, mint.token(*ENGINEER), database="shop")
    else:
        wire.close()
        wire = Wire(state_gateway.port, state_gateway.authority).login(mint.token(*ENGINEER), database="shop")
    spring(wire)
    if "ANSI" in mode:
        assert wire.query('SELECT "name" FROM customers WHERE id = 1') == [[[b"Ada"]]]
    else:
        assert wire.query("SELECT 'a\\'") == [[[b"a\\"]]]
    wire.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SET session_track_system_variables = ''",
        "SET SESSION session_track_system_variables = 'time_zone'",
        "SET @@session.session_track_schema = 0",
        "SET session_track_state_change = OFF",
        "SET session_track_transaction_info = 'OFF', session_track_schema = OFF",
        "SET sql_mode = @@GLOBAL.sql_mode, session_track_system_variables = DEFAULT",
        "SET GLOBAL sql_mode = 'ANSI_QUOTES'",
        "SET NAMES gbk",
        "SET character_set_client = sjis",
        "SET CHARACTER SET big5",
        "SET character_set_results = NULL, session_track_schema = 0",
    ],
)
def test_nobody_makes_the_gateway_blind(sql, wire):
    with pytest.raises(ServerError, match="POSTERN-"):
        wire.query(sql)
    assert wire.query('SELECT "ssn"') == [[[b"ssn"]]]


def test_tracking_that_is_off_for_all_sessions_is_on_again_in_each(wire, stateful):
    (before,) = stateful.rows("SELECT @@GLOBAL.session_track_system_variables")
    stateful.run("SET GLOBAL session_track_system_variables = ''")
    try:
        wire.command("RESET_CONNECTION")
        wire.query("SET sql_mode = 'ANSI_QUOTES'")
        spring(wire)
        assert wire.query('SELECT "name" FROM shop.customers WHERE id = 1') == [[[b"Ada"]]]
    finally:
        stateful.run(f"SET GLOBAL session_track_system_variables = '{before[0]}'")


def test_a_mode_for_one_statement_is_over_after_it(wire, server):
    if server.kind == "mysql":
        with pytest.raises(ServerError):
            wire.query("SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR SELECT 1")
        return
    for carried in ("SELECT 1", 'SELECT "ssn" FROM customers', """EXECUTE IMMEDIATE 'SELECT "ssn" FROM customers'"""):
        try:
            wire.query(f"SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR {carried}")
        except ServerError:
            pass
        spring(wire)
        assert wire.query('SELECT "ssn"') == [[[b"ssn"]]]


def test_the_state_of_a_transaction_is_told_in_every_packet_also_the_gateways_own(wire):
    def in_transaction():
        (ping,) = struct.unpack_from("<H", wire.command("PING"), 3)
        (own,) = struct.unpack_from("<H", wire.command("SET_OPTION", b"\1\0"), 3)
        assert ping & 1 == own & 1
        return bool(ping & 1)

    assert not in_transaction()
    wire.query("BEGIN")
    assert in_transaction()
    wire.query("ROLLBACK")
    assert not in_transaction()
    wire.query("BEGIN")
    with pytest.raises(ServerError):
        wire.query("SELECT nothing FROM orders")
    assert in_transaction(), "a refusal of the gateway's ends no transaction"
    wire.query("COMMIT")
    wire.query("SET autocommit = 0")
    wire.query("SELECT id FROM orders")
    assert in_transaction()
    wire.command("RESET_CONNECTION")
    assert not in_transaction()


def test_the_default_database_is_known_however_it_was_chosen(wire):
    wire.query("USE shop")
    assert wire.query("SELECT COUNT(*) FROM flags") == [[[b"1"]]]
    with pytest.raises(ServerError, match="POSTERN-"):
        wire.command("INIT_DB", b"mysql")
    assert wire.query("SELECT COUNT(*) FROM flags") == [[[b"1"]]]
    wire.command("RESET_CONNECTION")
    assert wire.query("SELECT DATABASE()") == [[[b"shop"]]], "both servers keep it"
    assert wire.query("SELECT COUNT(*) FROM flags") == [[[b"1"]]]


def test_a_temporary_table_may_get_and_lose_indexes(server, own_gateway, mint):
    made = '"create temporary table", "drop temporary table"'
    policy = shop.POLICY.replace(made, f'{made}, "create index", "drop index"')
    assert policy != shop.POLICY
    gateway = own_gateway(policy=policy).start()
    token = mint.token("engineer-1", ["agents-engineering"])
    with drivers.pymysql_connect(gateway, token, database="shop") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE scratch (id INT, note VARCHAR(20))")
        cursor.execute("INSERT INTO scratch (id, note) VALUES (1, 'a'), (1, 'b')")
        cursor.execute("CREATE INDEX by_id ON scratch (id)")
        cursor.execute("SELECT note FROM scratch WHERE id = 1 ORDER BY note")
        assert cursor.fetchall() == (("a",), ("b",))
        cursor.execute("DROP INDEX by_id ON scratch")
        cursor.execute("UPDATE scratch SET id = 2 WHERE note = 'b'")
        cursor.execute("CREATE UNIQUE INDEX by_id ON scratch (id)")
        with pytest.raises(pymysql.err.IntegrityError):
            cursor.execute("INSERT INTO scratch (id, note) VALUES (2, 'c')")
        cursor.execute("SELECT COUNT(*) FROM scratch")
        assert cursor.fetchone() == (2,)
        cursor.execute("DROP TEMPORARY TABLE scratch")
        cursor.execute("CREATE TEMPORARY TABLE scratch (id INT, ssn CHAR(11), note VARCHAR(20))")
        cursor.execute("CREATE INDEX by_id ON scratch (id)")
        for refused in (
            # Whether it fails would tell whether values are the same.
            "CREATE UNIQUE INDEX by_ssn ON scratch (ssn)",
            "CREATE INDEX by_both ON scratch (id, ssn)",
            "CREATE INDEX by_name ON customers (name)",
            "ALTER TABLE scratch ADD INDEX (note)",
        ):
            with pytest.raises(pymysql.err.MySQLError, match="POSTERN-"):
                cursor.execute(refused)
        cursor.execute("DROP TEMPORARY TABLE scratch")
