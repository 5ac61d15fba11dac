"""How connections end: clients that vanish, servers that close, and what each costs the other side."""

import contextlib
import socket
import struct

import drivers
import pytest
from servers import READER
from waiting import is_running, wait_until
from wire import ServerError, Wire

# So many rows that no server is done with them within the time of a test.
ENDLESS = "SELECT SUM(o0.total + o31.total) FROM " + ", ".join(f"shop.orders o{n}" for n in range(32))
# Some 80 MB: far more than fits between a server and a client that does not read.
LARGE = f"SELECT o0.id, '{'x' * 5000}' FROM " + ", ".join(f"shop.orders o{n}" for n in range(14))


def start(wire, sql):
    wire.send(b"\x03" + sql.encode(), sequence=0)


def news(wire):
    """What the gateway says although nothing was asked: an error under the number 0, then the end."""
    try:
        wire.receive_good()
    except ServerError as error:
        assert wire.sequence == 1
        assert wire.is_closed()
        return error
    pytest.fail("no error")


@contextlib.contextmanager
def setting(server, name, value):
    ((usual,),) = server.rows(f"SELECT @@GLOBAL.{name}")
    server.run(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        server.run(f"SET GLOBAL {name} = {usual}")


# Clients that vanish.


def reset(wire):
    plain = wire._socket
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()


def shut(wire):
    wire._socket.shutdown(socket.SHUT_WR)


def hang_up(wire):
    wire._socket.close()


@pytest.mark.parametrize("leave", [reset, shut, hang_up])
@pytest.mark.parametrize("backlog", [0, 100_000])
def test_a_client_that_vanishes_has_its_statement_stopped_within_a_second(leave, backlog, gateway, mint, server):
    """Also where more commands wait than the gateway reads ahead."""
    wire = Wire(gateway.port, gateway.authority).login(mint.token())
    start(wire, ENDLESS)
    wait_until(lambda: is_running(server, "o31"))
    if backlog:
        # What does not fit in waits in sockets.
        start(wire, "SELECT '" + "x" * backlog + "'")
    leave(wire)
    assert wait_until(lambda: not is_running(server, "o31")) < 1
    wire.close()


def test_a_client_that_vanishes_while_it_is_sent_rows_has_its_statement_stopped(gateway, mint, server):
    wire = Wire(gateway.port, gateway.authority).login(mint.token())
    start(wire, LARGE)
    wire.receive_good()
    wait_until(lambda: is_running(server, "xxxx"))
    hang_up(wire)
    assert wait_until(lambda: not is_running(server, "xxxx")) < 1


def test_a_client_that_does_not_read_meets_its_time_limit_and_goes_on(own_gateway, mint, server):
    gateway = own_gateway(limits={"statement_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as deaf:
        deaf.login(mint.token())
        start(deaf, LARGE)
        wait_until(lambda: is_running(server, "xxxx"))
        assert wait_until(lambda: not is_running(server, "xxxx")) < 3
        with pytest.raises(ServerError, match="3024"):
            while True:
                deaf.receive_good()
        assert deaf.query("SELECT 1") == [[[b"1"]]]


def test_a_client_that_does_not_read_can_be_killed(gateway, mint, server):
    with Wire(gateway.port, gateway.authority) as deaf, Wire(gateway.port, gateway.authority) as other:
        deaf.login(mint.token())
        other.login(mint.token())
        thread = int(deaf.query("SELECT CONNECTION_ID()")[0][0][0])
        start(deaf, LARGE)
        wait_until(lambda: is_running(server, "xxxx"))
        other.query(f"KILL QUERY {thread}")
        assert wait_until(lambda: not is_running(server, "xxxx")) < 2
        with pytest.raises(ServerError, match="1317"):
            while True:
                deaf.receive_good()
        assert deaf.query("SELECT 1") == [[[b"1"]]]


# Servers that close.


def threads(server):
    rows = server.rows("SELECT id, user FROM information_schema.processlist")
    return [thread for thread, user in rows if user == READER.name]


def test_an_idle_client_is_told_at_once_that_its_connection_was_killed(own_gateway, mint, server):
    gateway = own_gateway().start()
    before = set(threads(server))
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        (thread,) = set(threads(server)) - before
        server.run(f"KILL {thread}")
        error = news(wire)
    assert error.code == 1927 and "POSTERN-TARGET" in error.text


def test_a_client_whose_connection_is_killed_in_the_midst_of_a_statement_is_told(gateway, mint, server):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        # What it is to the target.
        thread = int(wire.query("SELECT CONNECTION_ID() + 0")[0][0][0])
        start(wire, ENDLESS)
        wait_until(lambda: is_running(server, "o31"))
        server.run(f"KILL {thread}")
        with pytest.raises(ServerError) as told:
            while True:
                wire.receive_good()
        # The servers' own words, where they send some; some only close.
        assert told.value.code in (1053, 1317, 1927)
        assert wire.is_closed()


def test_a_client_is_told_that_the_server_let_it_go_for_being_idle(own_gateway, mint, server):
    gateway = own_gateway().start()
    with setting(server, "wait_timeout", 1), setting(server, "interactive_timeout", 1):
        with Wire(gateway.port, gateway.authority) as wire:
            wire.login(mint.token())
            error = news(wire)
    # MariaDB closes without a word.
    assert error.code == {"mysql": 4031, "mariadb": 1927}[server.kind]
    assert "POSTERN-TARGET" in error.text
    if server.kind == "mysql":
        assert "wait_timeout" in error.text


def test_clients_are_told_of_a_server_that_stops_and_come_back_when_it_is_there_again(own_gateway, mint, server):
    gateway = own_gateway().start()
    with Wire(gateway.port, gateway.authority) as idle, Wire(gateway.port, gateway.authority) as busy:
        idle.login(mint.token())
        busy.login(mint.token())
        start(busy, ENDLESS)
        wait_until(lambda: is_running(server, "o31"))
        try:
            server.end()
            assert news(idle).code in (1053, 1927)
            with pytest.raises(ServerError) as told:
                while True:
                    busy.receive_good()
            assert told.value.code in (1053, 1317, 1927)
            assert busy.is_closed()
        finally:
            server.start_again()

    def is_back():
        try:
            return drivers.pymysql_rows(gateway, mint.token(), "SELECT 1") == [["1"]]
        except drivers.pymysql.err.MySQLError:
            return False

    wait_until(is_back)


# What servers count.


def counted(server, *names):
    rows = server.rows("SHOW GLOBAL STATUS LIKE 'Aborted%'")
    counts = {name: int(value) for name, value in rows}
    return [counts[name] for name in names]


def test_health_probes_and_refused_logins_are_no_errors_at_the_server(gateway, mint, server):
    before = counted(server, "Aborted_connects", "Aborted_clients")
    for place in range(60):
        with socket.create_connection(("127.0.0.1", gateway.port)) as probe:
            if place % 3 == 1:
                probe.recv(200)
            if place % 3 == 2:
                probe.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
    for _ in range(5):
        with Wire(gateway.port, gateway.authority) as wire, pytest.raises(ServerError, match="1045"):
            wire.login("nobody's token")
    assert counted(server, "Aborted_connects", "Aborted_clients") == before
    if server.kind == "mysql":
        ((errors,),) = server.rows("SELECT COALESCE(SUM(SUM_CONNECT_ERRORS), 0) FROM performance_schema.host_cache")
        assert errors == 0


def test_sessions_that_end_between_commands_are_not_counted_as_aborted(own_gateway, mint, server):
    gateway = own_gateway(limits={"idle_seconds": 1}).start()
    before = counted(server, "Aborted_connects", "Aborted_clients")
    with Wire(gateway.port, gateway.authority) as idle:
        idle.login(mint.token())
        quitting = Wire(gateway.port, gateway.authority).login(mint.token())
        quitting.send(b"\x01", sequence=0)
        assert quitting.is_closed()
        vanishing = Wire(gateway.port, gateway.authority).login(mint.token())
        vanishing.query("SELECT 1")
        vanishing.close()
        assert idle.is_closed()
    wait_until(lambda: not threads(server))
    assert counted(server, "Aborted_connects", "Aborted_clients") == before


# Greetings.


def test_a_greeting_is_that_of_the_target(gateway, mint, server):
    (version,) = server.rows("SELECT VERSION()")[0]
    with Wire(gateway.port, gateway.authority) as wire:
        payload = wire.greeting()
    assert wire.server_version.removeprefix("5.5.5-") == version
    # utf8mb4 in the collation that the server prefers.
    charset = payload[payload.index(b"\0", 1) + 1 + 4 + 8 + 1 + 2]
    assert charset == {"mysql": 255, "mariadb": 45}[server.kind]


def test_a_listener_greets_with_the_version_that_it_is_told(own_gateway):
    gateway = own_gateway()
    text = gateway.config.read_text()
    gateway.config.write_text(text.replace('name = "main"\n', 'name = "main"\nserver_version = "8.0.99-shop"\n', 1))
    gateway.start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
    assert wire.server_version == "8.0.99-shop"
