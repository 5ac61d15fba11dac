"""What a broken or hostile peer sends: a clear error where there can be one, and no harm to others."""

import contextlib
import os
import random
import select
import socket
import ssl
import struct
import threading

import pytest
from wire import PACKET_BYTES_MAX, ServerError, Wire

# An ERR about a command that is not supported is longer than this.
REFUSAL_BYTES = 40


@pytest.fixture(autouse=True)
def others_are_unaffected(gateway, mint):
    """A session that was there before goes on, a new one works, and the gateway has not grown."""
    with Wire(gateway.port, gateway.authority) as before:
        before.login(mint.token())
        memory = resident_bytes(gateway.pid)
        yield
        assert before.query("SELECT 1") == [[[b"1"]]]
    with Wire(gateway.port, gateway.authority) as after:
        after.login(mint.token())
        assert after.query("SELECT 1") == [[[b"1"]]]
    assert gateway.is_running()
    assert "panicked" not in "\n".join(gateway.log)
    assert resident_bytes(gateway.pid) - memory < 64 << 20


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_garbage_before_the_login(gateway):
    noise = random.Random(1)
    for size in (1, 3, 4, 5, 36, 100, 5000):
        with Wire(gateway.port) as wire:
            wire.greeting()
            wire.send_bytes(noise.randbytes(size))
            # The gateway may be gone already.
            with contextlib.suppress(OSError):
                wire._socket.shutdown(socket.SHUT_WR)
            assert wire.is_closed()


def test_garbage_in_place_of_tls(gateway):
    with Wire(gateway.port) as wire:
        wire.greeting()
        wire.send(struct.pack("<IIB23x", 0x0AE200, PACKET_BYTES_MAX, 45))
        wire.send_bytes(b"\x16\x03\x01" + random.Random(2).randbytes(400))
        assert wire.is_closed()


def test_garbage_inside_tls(gateway):
    noise = random.Random(3)
    for size in (1, 4, 32, 33, 200):
        with Wire(gateway.port, gateway.authority) as wire:
            wire.greeting()
            wire.start_tls()
            wire.send(noise.randbytes(size))
            try:
                wire.receive_good()
            except (ServerError, ConnectionError, ssl.SSLError):
                pass
            else:
                pytest.fail("garbage was taken for a login")


def test_data_before_tls_does_not_slip_in(gateway, mint):
    """What follows the SSLRequest in clear must not be read as if it came inside TLS."""
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        request = struct.pack("<IIB23x", 0x0AE200 | 0x800, PACKET_BYTES_MAX, 45)
        injected = b"\x20\x00\x00\x02" + b"\0" * 32
        wire.send_bytes(struct.pack("<I", len(request))[:3] + b"\x01" + request + injected)
        try:
            wire.sequence = 2
            wire._socket = ssl.create_default_context(cafile=gateway.authority).wrap_socket(
                wire._socket, server_hostname="127.0.0.1"
            )
        except (OSError, ssl.SSLError):
            return
        with pytest.raises((ServerError, ConnectionError, OSError)):
            wire.receive_good()


@pytest.mark.parametrize("cut", [0, 1, 4, 20, 35])
def test_a_login_that_is_cut(cut, gateway):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        whole = b"\x40\x00\x00\x02" + b"\0" * 64
        wire.send_bytes(whole[:cut])
        wire._socket.shutdown(socket.SHUT_RDWR)


def test_an_oversized_login_is_refused_without_waiting_for_it(gateway):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        wire.send_bytes(b"\xff\xff\xff\x02")
        check_ended(wire)


def test_an_endless_token_is_refused(gateway):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        wire.send_login()
        wire.receive_good()
        try:
            wire.send(b"e" * (1 << 20))
        except OSError:
            return
        check_ended(wire)


def check_ended(wire):
    """An ERR may come, then the end."""
    try:
        wire.receive_good()
        pytest.fail("it was taken")
    except (ServerError, ConnectionError, OSError):
        pass
    assert wire.is_closed()


@pytest.mark.parametrize("sequence", [1, 7, 255])
def test_a_wrong_sequence_number_ends_the_session(sequence, wire):
    wire.send(b"\x03SELECT 1", sequence=sequence)
    check_ended(wire)


def test_a_wrong_sequence_number_inside_the_login(gateway):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        wire.sequence = 9
        wire.send_login()
        check_ended(wire)


def test_garbage_after_the_login(gateway, mint):
    noise = random.Random(4)
    for _ in range(20):
        with Wire(gateway.port, gateway.authority) as wire:
            wire.login(mint.token())
            wire.send_bytes(noise.randbytes(noise.randrange(1, 3000)))
            wire._socket.shutdown(socket.SHUT_RDWR)


def test_a_statement_that_is_cut(gateway, mint):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        wire.send_bytes(b"\x20\x00\x00\x00\x03DELETE FROM sh")
        wire._socket.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("size", [PACKET_BYTES_MAX, PACKET_BYTES_MAX + 1, 1 << 25])
def test_a_huge_statement_is_refused(size, wire):
    """16 MB less one byte is the size at which the protocol goes on in a second packet."""
    text = b"\x03SELECT '" + b"x" * (size - 10) + b"'"
    assert len(text) == size
    try:
        wire.send(text, sequence=0)
        wire.receive_good()
        pytest.fail("it was taken")
    except ServerError as error:
        assert "POSTERN" in error.text or error.code == 1153
    except OSError:
        # The session may end while the statement is still being sent.
        assert wire.is_closed()


def test_empty_packets_and_commands_without_bodies(gateway, mint):
    for payload in (b"", b"\x03", b"\x16", b"\x17", b"\x17\1\0\0", b"\x18", b"\x19", b"\x1a\0", b"\x02"):
        with Wire(gateway.port, gateway.authority) as wire:
            wire.login(mint.token())
            wire.send(payload, sequence=0)
            wire.send(b"\x01", sequence=0)
            assert wire.is_closed()


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xff\xff\xff\0\1\0\0\0",
        b"\1\0\0\0\xff\1\0\0\0",
        b"\1\0\0\0\0\xff\xff\xff\xff",
        b"\1\0\0\0\0\1\0\0\0\0\1\xfd\0\xfe\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\1\0\0\0\0\1\0\0\0\0\1\xf0\0",
    ],
)
def test_a_broken_execute_is_refused(body, wire):
    wire.prepare("SELECT name FROM shop.customers WHERE id = ?")
    try:
        wire.command("STMT_EXECUTE", body)
        pytest.fail("it was taken")
    except (ServerError, ConnectionError):
        pass


def test_statements_that_are_not_text(wire):
    for sql in (b"\xff\xfe", b"SELECT '\xff\xfe'", b"SELECT 1 \0", b"SELECT \xc0\xaf", b"\0" * 1000):
        try:
            wire.query(sql)
        except ServerError:
            pass
    assert wire.query("SELECT 1") == [[[b"1"]]]


@pytest.mark.parametrize(
    ("sql", "code", "words"),
    [
        ("", 1065, "there is no statement in the text"),
        (";", 1065, "there is no statement in the text"),
        ("SELECT 'secret", 1064, "byte 7: a string that is not closed"),
        ("SELECT 1 /* secret", 1064, "byte 9: a comment that is not closed"),
        ("SELECT 1 \0", 1064, "byte 9: "),
        (b"SELECT '\xff'", 1064, "byte 7: "),
        ("SELECT id\nFORM shop.orders WHERE note = 'secret'", 1064, "byte 15 (line 2, column 6)"),
        ("SELEC 1", 1064, "did you mean `SELECT`?"),
        ("SELECT id FROM shop.custmers", 1146, "did you mean `shop.customers`?"),
        ("SELECT nmae FROM shop.customers", 1054, "did you mean `name`?"),
        ("SELECT id FROM shop.customers, shop.orders", 1054, "stands in more than one table"),
        ("SELECT frobnicate(1)", 1305, "unknown function `frobnicate`"),
        ("USE shp", 1049, "did you mean `shop`?"),
    ],
)
def test_what_is_not_understood_is_told_in_words(sql, code, words, wire):
    with pytest.raises(ServerError) as refused:
        wire.query(sql)
    assert refused.value.code == code, refused.value.text
    assert words in refused.value.text
    assert "secret" not in refused.value.text
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_names_are_suggested_only_of_what_the_role_may_see(wire):
    """`mysql.users` is near `mysql.user`, which no rule lets the role touch."""
    with pytest.raises(ServerError) as refused:
        wire.query("SELECT 1 FROM mysql.users")
    assert "did you mean" not in refused.value.text


def test_deep_and_long_statements_are_refused(wire):
    for sql in (
        "SELECT " + "(" * 20000 + "1" + ")" * 20000,
        "SELECT " + "1+" * 100000 + "1",
        "SELECT " + "-" * 1 + "NOT " * 50000 + "1",
        "SELECT 1 " + "UNION SELECT 1 " * 20000,
        "SELECT " + "CASE WHEN 1 THEN " * 5000 + "1" + " END" * 5000,
        "/*" * 50000,
        "SELECT '" + "''" * 100000,
    ):
        with pytest.raises(ServerError):
            wire.query(sql)
    assert wire.query("SELECT 1") == [[[b"1"]]]


def test_pipelined_commands_are_answered_in_order(wire):
    for place in range(50):
        wire.send(b"\x03" + f"SELECT {place}".encode(), sequence=0)
    for place in range(50):
        assert wire._results(wire._text_row) == [[[str(place).encode()]]]


def test_a_silent_client_is_let_go(own_gateway):
    gateway = own_gateway(limits={"login_seconds": 1}).start()
    with Wire(gateway.port) as wire:
        wire.greeting()
        assert wire.is_closed()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        assert wire.is_closed()


def test_an_idle_session_is_let_go(own_gateway, mint):
    gateway = own_gateway(limits={"idle_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        assert wire.is_closed()


def test_a_client_that_never_reads_holds_up_nobody(gateway, mint):
    memory = resident_bytes(gateway.pid)
    with Wire(gateway.port, gateway.authority) as deaf:
        deaf.login(mint.token())
        # Far more than fits between the server and a client that does not read.
        orders = ", ".join(f"shop.orders o{place}" for place in range(14))
        text = "'" + "x" * 5000 + "'"
        deaf.send(b"\x03" + f"SELECT o0.id, {text} FROM {orders}".encode(), sequence=0)
        for _ in range(3):
            with Wire(gateway.port, gateway.authority) as other:
                other.login(mint.token())
                assert other.query("SELECT 1") == [[[b"1"]]]
        assert resident_bytes(gateway.pid) - memory < 32 << 20


def test_a_client_that_asks_without_a_pause_leaves_time_to_others(gateway, mint):
    """What the gateway answers by itself makes its thread wait for nothing, but others have their turn."""
    stop = threading.Event()
    with Wire(gateway.port, gateway.authority) as greedy, contextlib.ExitStack() as stack:
        greedy.login(mint.token())
        others = [stack.enter_context(Wire(gateway.port, gateway.authority)) for _ in range(os.cpu_count() or 1)]
        for other in others:
            other.login(mint.token())
        asking = threading.Thread(target=ask_without_a_pause, args=(greedy._socket, stop))
        asking.start()
        try:
            for _ in range(5):
                for other in others:
                    assert other.query("SELECT 1") == [[[b"1"]]]
            assert asking.is_alive()
        finally:
            stop.set()
            asking.join()


def ask_without_a_pause(stream, stop, commands=200_000):
    """Sends refused commands, and reads what is answered, until they are all answered."""
    waiting = b"\1\0\0\0\x0d" * commands
    answers = 0
    stream.setblocking(False)
    while not stop.is_set() and answers < commands * REFUSAL_BYTES:
        select.select([stream], [stream] if waiting else [], [], 1)
        with contextlib.suppress(ssl.SSLWantWriteError, BlockingIOError):
            waiting = waiting[stream.send(waiting[:4096]) :]
        with contextlib.suppress(ssl.SSLWantReadError, BlockingIOError):
            answers += len(stream.recv(1 << 16))
    stream.setblocking(True)


def test_more_sessions_than_allowed_are_refused(own_gateway, mint):
    gateway = own_gateway(limits={"sessions_per_principal_max": 3}).start()
    wires = [Wire(gateway.port, gateway.authority) for _ in range(4)]
    try:
        for wire in wires[:3]:
            wire.login(mint.token())
        with pytest.raises((ServerError, ConnectionError)):
            wires[3].login(mint.token())
        with Wire(gateway.port, gateway.authority) as other:
            other.login(mint.token("agent-2"))
    finally:
        for wire in wires:
            wire.close()
