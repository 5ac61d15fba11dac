"""A client that asked for session tracking is told what the server itself would tell it, any other nothing."""

import struct

import pytest
import shop
from gateway import Gateway
from servers import WRITER
from wire import CAPABILITIES, DEPRECATE_EOF, SESSION_TRACK, Wire, read_lenenc

ENGINEER = ("engineer-1", ["agents-engineering"])
STATE_CHANGED = 0x4000
TRACKING = CAPABILITIES | SESSION_TRACK
KINDS = ["variable", "schema", "state", "gtids", "characteristics", "transaction"]

READS = 'name = "engineering-reads"\neffect = "allow"\nstatements = ["read", "session"]\non = ["shop.*"'
POLICY = shop.POLICY.replace(READS, f'{READS}, "elsewhere.*"')

STATEMENTS = [
    "USE elsewhere",
    "USE shop",
    "USE nowhere",
    ("INIT_DB", b"shop"),
    "SET NAMES latin1",
    "SET NAMES utf8mb4",
    "SET NAMES utf8mb4",
    "SET time_zone = '+00:00'",
    "SET sql_mode = 'ANSI_QUOTES'",
    "SET sql_mode = ''",
    "SET @x = 1",
    "SELECT 1",
    "SELECT id FROM shop.orders",
    "UPDATE shop.orders SET note = note WHERE id = 1",
    "SET autocommit = 0",
    "SELECT id FROM shop.orders",
    "COMMIT",
    "SET autocommit = 1",
    "BEGIN",
    "SELECT 1",
    "SELECT id FROM shop.orders",
    "UPDATE shop.orders SET note = note WHERE id = 1",
    "USE elsewhere",
    "USE shop",
    "COMMIT",
    "START TRANSACTION READ ONLY",
    "SELECT id FROM shop.orders",
    "SELECT nothing FROM shop.orders",
    "ROLLBACK",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
    ("PING", b""),
    "COMMIT AND CHAIN",
    "ROLLBACK",
    "CREATE TEMPORARY TABLE shop.scratch (id INT)",
    "INSERT INTO shop.scratch VALUES (1)",
    "DROP TEMPORARY TABLE shop.scratch",
    "PREPARE s FROM 'SELECT 1'",
    "EXECUTE s",
    "DEALLOCATE PREPARE s",
    ("RESET_CONNECTION", b""),
    "USE shop",
    "BEGIN",
    ("RESET_CONNECTION", b""),
    "SELECT 1",
    "SET autocommit = 1",
]


@pytest.fixture(scope="module")
def gateway(server, mint, authority, tmp_path_factory):
    assert POLICY != shop.POLICY
    server.run("CREATE DATABASE elsewhere; GRANT SELECT ON elsewhere.* TO writer")
    gateway = Gateway(tmp_path_factory.mktemp(f"track-{server.kind}"), server, authority, mint, POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()
        server.run("DROP DATABASE elsewhere")


def said(payload):
    """The flag of an OK, and the changes that it tells of; any other packet tells of none."""
    if payload[:1] not in (b"\0", b"\xfe") or len(payload) < 7:
        return "ERR" if payload[:1] == b"\xff" else []
    _, at = read_lenenc(payload, 1)
    _, at = read_lenenc(payload, at)
    (status,) = struct.unpack_from("<H", payload, at)
    at += 4
    if not status & STATE_CHANGED:
        return []
    length, at = read_lenenc(payload, at)
    length, at = read_lenenc(payload, at + length)
    block, changes = payload[at : at + length], []
    at = 0
    while at < len(block):
        kind = KINDS[block[at]]
        length, at = read_lenenc(block, at + 1)
        content, at = block[at : at + length], at + length
        changes.append((kind, *texts(kind, content)))
    # MariaDB tells variables in the order of a hash over addresses.
    return sorted(changes) or ["flag"]


def texts(kind, content):
    if kind in ("state", "gtids"):
        return [content]
    found, at = [], 0
    while at < len(content):
        length, at = read_lenenc(content, at)
        found.append(content[at : at + length])
        at += length
    return found


def ask(wire, statement):
    """The last packet of the answer to a statement or another command."""
    name, body = statement if isinstance(statement, tuple) else ("QUERY", statement.encode())
    try:
        payload = wire.command(name, body)
        if payload[:1] == b"\0":
            return said(payload)
        columns, _ = read_lenenc(payload, 0)
        ends = 1 if wire.has_eof else 0
        for _ in range(columns + ends):
            payload = wire.receive_good()
            if ends and payload[:1] == b"\xfe":
                assert not struct.unpack_from("<H", payload, 3)[0] & STATE_CHANGED
        while payload[:1] != b"\xfe" or len(payload) > 1000 or columns:
            columns = 0
            payload = wire.receive_good()
    except Exception as error:
        if hasattr(error, "code"):
            return "ERR"
        raise
    if wire.has_eof:
        return ["flag"] if struct.unpack_from("<H", payload, 3)[0] & STATE_CHANGED else []
    return said(payload)


def both(server, gateway, mint, authority, capabilities, database=None):
    direct = Wire(server.port, authority.certificate)
    direct.login_directly(WRITER, database=database, capabilities=capabilities)
    through = Wire(gateway.port, gateway.authority)
    through.login(mint.token(*ENGINEER), database=database, capabilities=capabilities)
    for wire in (direct, through):
        wire.has_eof = not capabilities & DEPRECATE_EOF
    return direct, through


@pytest.mark.parametrize("capabilities", [TRACKING, TRACKING & ~DEPRECATE_EOF], ids=["ok", "eof"])
@pytest.mark.parametrize("database", [None, "shop"])
def test_a_client_that_asked_is_told_what_the_server_tells(server, gateway, mint, authority, capabilities, database):
    direct, through = both(server, gateway, mint, authority, capabilities, database)
    compare(direct, through, STATEMENTS)


@pytest.fixture
def telling_otherwise(server):
    """A server that tells every session other things than it does by default."""
    names = ["schema", "state_change", "transaction_info", "system_variables"]
    names = [f"session_track_{name}" for name in names]
    (before,) = server.rows("SELECT " + ", ".join(f"@@GLOBAL.{name}" for name in names))

    def tell(*values):
        changes = (f"GLOBAL {name} = {value!r}" for name, value in zip(names, values, strict=True))
        server.run("SET " + ", ".join(changes))

    yield tell
    tell(*before)


@pytest.mark.parametrize("told", [(0, 1, "OFF", "time_zone,sql_mode"), (1, 0, "OFF", ""), (0, 1, "OFF", "")])
def test_what_the_administrator_chose_is_what_clients_are_told(
    server, gateway, mint, authority, telling_otherwise, told
):
    telling_otherwise(*told)
    direct, through = both(server, gateway, mint, authority, TRACKING, "shop")
    compare(direct, through, STATEMENTS)


def test_states_of_transactions_are_told_as_the_server_tells_them(
    server, own_gateway, mint, authority, telling_otherwise, gateway
):
    telling_otherwise(1, 0, "CHARACTERISTICS", "autocommit")
    open_gateway = own_gateway(policy=POLICY[: POLICY.index("[[protect]]")]).start()
    direct, through = both(server, open_gateway, mint, authority, TRACKING, "shop")
    compare(direct, through, STATEMENTS)


def test_beside_protected_values_only_the_ends_of_transactions_are_told(
    server, gateway, mint, authority, telling_otherwise
):
    direct, through = both(server, gateway, mint, authority, TRACKING, "shop")
    through.close()
    telling_otherwise(1, 0, "CHARACTERISTICS", "time_zone,autocommit,character_set_client")
    _, through = both(server, gateway, mint, authority, TRACKING, "shop")
    quiet = [statement for statement in STATEMENTS if "NAMES" not in statement and "RESET" not in statement[0]]
    compare(direct, through, quiet)


def test_a_reset_begins_with_what_is_chosen_by_then(server, gateway, mint, authority, telling_otherwise):
    direct, through = both(server, gateway, mint, authority, TRACKING, "shop")
    telling_otherwise(0, 1, "OFF", "sql_mode")
    compare(direct, through, [("RESET_CONNECTION", b""), "USE shop", "SET sql_mode = ''", "SET time_zone = '+00:00'"])


def test_a_client_that_did_not_ask_is_told_nothing(server, gateway, mint, authority, telling_otherwise):
    telling_otherwise(1, 1, "CHARACTERISTICS", "*")
    _, through = both(server, gateway, mint, authority, CAPABILITIES, "shop")
    assert said(through.accepted) == []
    assert {str(ask(through, statement)) for statement in STATEMENTS} <= {"[]", "ERR"}


def compare(direct, through, statements):
    try:
        told = [(statement, ask(through, statement)) for statement in statements]
        expected = [(statement, ask(direct, statement)) for statement in statements]
        differ = [(one, other) for one, other in zip(told, expected, strict=True) if one != other]
        assert not differ
        assert said(through.accepted) == said(direct.accepted)
    finally:
        direct.close()
        through.close()
