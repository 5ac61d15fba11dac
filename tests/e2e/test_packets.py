"""Packets of every length that matters, both ways, and of more than is accepted."""

import hashlib
import re
from pathlib import Path

import drivers
import pymysql
import pytest
from test_large_rows import digest
from wire import LONG, PACKET_BYTES_MAX, ServerError, Wire, read_lenenc

MIB = 1 << 20


@pytest.fixture(scope="module")
def roomy(server, mint, authority, tmp_path_factory):
    """A gateway that takes 64 MiB before a server that takes 48."""
    import shop
    from gateway import Gateway

    ((usual,),) = server.rows("SELECT @@GLOBAL.max_allowed_packet")
    server.run(f"SET GLOBAL max_allowed_packet = {48 * MIB}")
    folder = tmp_path_factory.mktemp(f"roomy-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, shop.POLICY, limits={"packet_bytes_max": 64 * MIB})
    try:
        yield gateway.start()
    finally:
        gateway.stop()
        server.run(f"SET GLOBAL max_allowed_packet = {usual}")


@pytest.fixture
def wire(roomy, mint):
    with Wire(roomy.port, roomy.authority) as wire:
        yield wire.login(mint.token())


def filled(length, head):
    """A parameter with which a command of `head` bytes before it has so many in all."""
    value = length - head - (4 if length - head - 4 < 1 << 24 else 9)
    return ("0123456789abcdef" * (value // 16 + 1))[:value]


def cell(row):
    """The only cell of a binary row."""
    _, at = read_lenenc(row, 2)
    return row[at:]


@pytest.mark.parametrize("packets", [1, 2])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_command_that_just_fills_its_packets_arrives_whole(packets, more, wire):
    """16 MB less one byte is the length at which another packet follows, even an empty one."""
    statement, _ = wire.prepare("SELECT SHA2(?, 256)")
    head = 1 + 9 + 1 + 1 + 2
    value = filled(packets * PACKET_BYTES_MAX + more, head)
    ((row,),) = wire.execute(statement, [value])
    assert cell(row).decode() == hashlib.sha256(value.encode()).hexdigest()
    assert wire.query("SELECT 1") == [[[b"1"]]]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_row_that_just_fills_its_packets_comes_whole_without_masks(more, wire):
    length = PACKET_BYTES_MAX + more - 4
    (((shown,),),) = wire.query(f"SELECT REPEAT('x', {length})")
    assert digest(shown) == digest("x" * length)
    assert wire.query("SELECT 1") == [[[b"1"]]]


def peak_kib(gateway):
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


def test_a_row_without_masks_is_passed_on_as_it_comes(roomy, wire):
    wire.query("SELECT 1")
    Path(f"/proc/{roomy.pid}/clear_refs").write_text("5")
    before = peak_kib(roomy)
    (((shown,),),) = wire.query(f"SELECT REPEAT('x', {40 * MIB})")
    assert len(shown) == 40 * MIB
    assert peak_kib(roomy) - before < 4 * 1024


def test_drivers_send_and_get_what_fills_many_packets(roomy, mint):
    value = "0123456789abcdef" * (40 * MIB // 16)
    with drivers.mariadb_connect(roomy, mint.token()) as connection, connection.cursor(binary=True) as cursor:
        cursor.execute("SELECT ?", (value,))
        ((shown,),) = cursor.fetchall()
    assert digest(shown) == digest(value)


def test_data_sent_ahead_may_be_as_long_as_a_packet(wire):
    statement, _ = wire.prepare("SELECT SHA2(?, 256)")
    piece = b"0123456789abcdef" * (MIB // 4)
    for _ in range(10):
        wire.send_long_data(statement, 0, piece)
    ((row,),) = wire.execute(statement, [LONG])
    assert cell(row).decode() == hashlib.sha256(piece * 10).hexdigest()


def too_long(wire, length):
    """Sends a command of so many bytes to its end, and gives the error."""
    statement, _ = wire.prepare("SELECT LENGTH(?)")
    with pytest.raises(ServerError) as refused:
        wire.execute(statement, [filled(length, 14)])
    return refused.value


def test_what_the_server_would_not_take_is_refused_as_the_server_does_it(wire, server):
    """With 1153, and the connection ends: also directly at both servers."""
    error = too_long(wire, 48 * MIB)
    assert error.code == 1153 and "bigger than" in error.text
    assert str(48 * MIB - 1) in error.text
    assert wire.is_closed()
    with server.connect(max_allowed_packet=1 << 30) as direct:
        with pytest.raises(pymysql.err.OperationalError):
            direct.query("SELECT '" + "x" * 48 * MIB + "'")


def test_the_longest_command_that_the_server_takes_passes(wire):
    statement, _ = wire.prepare("SELECT LENGTH(?)")
    value = filled(48 * MIB - 1, 14)
    ((row,),) = wire.execute(statement, [value])
    assert int.from_bytes(row[2:6], "little") == len(value)


def test_a_client_that_sends_too_much_can_still_read_why(gateway, mint):
    """By default 16 MiB are taken. Ordinary clients send all before they look for an answer."""
    with drivers.pymysql_connect(gateway, mint.token(), max_allowed_packet=1 << 30) as connection:
        with pytest.raises(pymysql.err.OperationalError) as refused:
            connection.query("SELECT '" + "x" * 60 * MIB + "'")
    assert refused.value.args[0] == 1153, refused.value
    assert "bytes that are accepted here" in refused.value.args[1]
