"""Parameters that are sent ahead in pieces, of any length: they arrive whole, take no room, and no other EXECUTE finds them."""

import hashlib
import io
import re
import struct
import threading
from pathlib import Path

import drivers
import pytest
from gateway import Gateway
from servers import GUARD_ROLE, WRITER
from waiting import is_running, wait_until
from wire import LONG, ServerError, Wire

MIB = 1 << 20
TARGET_BYTES_MAX = 256 * MIB

# Pages of InnoDB would cost more than all the rest.
DATA = """
DROP DATABASE IF EXISTS pieces;
CREATE DATABASE pieces CHARACTER SET utf8mb4;
CREATE TABLE pieces.blobs (id INT PRIMARY KEY, data LONGBLOB, note LONGTEXT) ENGINE = MyISAM;
"""

POLICY = """\
version = 1

[[role]]
name = "engineering"
groups = ["agents-engineering"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "pieces"
effect = "allow"
statements = ["read", "write", "session"]
on = ["pieces.*"]

[[protect]]
name = "mail"
columns = ["shop.customers.email"]
mask = "hidden"

[mask.hidden]
kind = "redact"
"""

INSERT = "INSERT INTO pieces.blobs (id, data) VALUES (?, ?)"


@pytest.fixture(scope="module")
def blobs(server, mint, authority, tmp_path_factory):
    """A gateway that keeps no more than 16 MiB of a command, before a server that takes 256."""
    ((usual,),) = server.rows("SELECT @@GLOBAL.max_allowed_packet")
    server.run(f"SET GLOBAL max_allowed_packet = {TARGET_BYTES_MAX}")
    gateway = None
    try:
        server.run(DATA)
        server.run(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON pieces.blobs TO '{WRITER.name}'@'%';"
            f"GRANT SELECT ON pieces.blobs TO {GUARD_ROLE}"
        )
        folder = tmp_path_factory.mktemp(f"pieces-{server.kind}")
        gateway = Gateway(folder, server, authority, mint, POLICY)
        yield gateway.start()
    finally:
        if gateway:
            gateway.stop()
        server.run(f"DROP DATABASE IF EXISTS pieces; SET GLOBAL max_allowed_packet = {usual}")


@pytest.fixture
def token(mint):
    return mint.token("engineer-1", ["agents-engineering"])


@pytest.fixture
def wire(blobs, server, token):
    server.run("DELETE FROM pieces.blobs")
    with Wire(blobs.port, blobs.authority) as wire:
        yield wire.login(token)


def stored(server):
    return server.rows("SELECT id, LENGTH(data), SHA2(data, 256) FROM pieces.blobs ORDER BY id")


def told_of(number, value):
    return number, len(value), hashlib.sha256(value).hexdigest()


def filled(length):
    # Its period divides no packet, so that a piece that is left out, doubled or moved shows.
    return (b"a piece of 23 bytes. \x00\xff" * (length // 23 + 1))[:length]


def in_pieces(wire, statement, value):
    for at in range(0, len(value), 5_000_011):
        wire.send_long_data(statement, 1, value[at : at + 5_000_011])


def in_one(wire, statement, value):
    wire.send_long_data(statement, 1, value)


def peak_kib(gateway):
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


def peak_with(gateway, work):
    Path(f"/proc/{gateway.pid}/clear_refs").write_text("5")
    work()
    return peak_kib(gateway)


@pytest.mark.parametrize(("send", "length"), [(in_pieces, 60_000_000), (in_one, 200_000_000)])
def test_a_value_of_any_length_takes_no_room(send, length, blobs, wire, server):
    statement, _ = wire.prepare(INSERT)
    values = [filled(2 * MIB), filled(length)]

    def insert(number):
        send(wire, statement, values[number])
        wire.execute(statement, [number, LONG])

    short = peak_with(blobs, lambda: insert(0))
    whole = peak_with(blobs, lambda: insert(1))
    assert stored(server) == tuple(told_of(number, value) for number, value in enumerate(values))
    assert whole - short < 2 * 1024, (short, whole)


def refused(call, *arguments):
    with pytest.raises(ServerError) as error:
        call(*arguments)
    return error.value


def test_nothing_is_left_of_a_value_whose_execute_is_refused(wire, server):
    statement, _ = wire.prepare("INSERT INTO pieces.blobs (id, note) VALUES (?, ?)")
    wire.send_long_data(statement, 1, b'["' + b"word " * 20_000 + b'", "[redacted]"]')
    assert "masked value" in refused(wire.execute, statement, [1, LONG]).text
    assert refused(wire.execute, statement, [2, LONG]).code == 1835
    wire.execute(statement, [3, "short"])
    wire.send_long_data(statement, 1, b"x" * 70_000)
    wire.send_long_data(statement, 2, b"of no parameter")
    assert refused(wire.execute, statement, [4, LONG]).code == 1210
    wire.execute(statement, [5, "brief"])
    assert server.rows("SELECT id, note FROM pieces.blobs ORDER BY id") == ((3, "short"), (5, "brief"))


def test_nothing_is_left_of_a_value_whose_execute_fails(wire, server):
    statement, _ = wire.prepare(INSERT)
    wire.execute(statement, [1, "first"])
    value = filled(MIB)
    in_one(wire, statement, value)
    assert refused(wire.execute, statement, [1, LONG]).code == 1062
    assert b"Duplicate" in wire.query("SHOW WARNINGS")[0][0][2], "the server's list is as it was"
    wire.execute(statement, [2, "second"])
    in_one(wire, statement, value)
    wire.execute(statement, [3, LONG])
    assert stored(server) == (told_of(1, b"first"), told_of(2, b"second"), told_of(3, value))


def test_nothing_is_left_of_a_value_after_a_reset(wire, server):
    statement, _ = wire.prepare(INSERT)
    for number in (1, 2):
        in_one(wire, statement, filled(MIB))
        wire.reset(statement)
        assert refused(wire.execute, statement, [number, LONG]).code == 1835
        wire.execute(statement, [number, "short"])
    in_one(wire, statement, filled(MIB))
    wire.command("RESET_CONNECTION")
    statement, _ = wire.prepare(INSERT)
    wire.execute(statement, [3, "short"])
    assert {length for _, length, _ in stored(server)} == {5}


def test_pieces_behind_a_running_statement_wait_in_the_clients_socket(blobs, wire, server):
    statement, _ = wire.prepare(INSERT)
    value = filled(30 * MIB)

    def send():
        in_one(wire, statement, value)
        wire.send(b"\x17" + wire._execute_body(statement, 0, [1, LONG]), sequence=0)

    sending = threading.Thread(target=send)
    with server.connect() as other:
        other.query("LOCK TABLES pieces.blobs WRITE")
        wire.send(b"\x03INSERT INTO pieces.blobs (id) VALUES (2)", sequence=0)
        before = peak_with(blobs, lambda: wait_until(lambda: is_running(server, "INSERT INTO pieces")))
        sending.start()
        sending.join(timeout=0.3)
        assert sending.is_alive(), "all of it was read"
        assert peak_kib(blobs) - before < 2 * 1024
        other.query("UNLOCK TABLES")
        sending.join()
    for _ in range(2):
        wire.sequence = 1
        assert wire.receive()[:1] == b"\0"
    server.run("DELETE FROM pieces.blobs WHERE id = 2")
    assert stored(server) == (told_of(1, value),)


def test_a_value_that_is_too_long_in_pieces_is_the_servers_to_refuse(blobs, token, server):
    server.run(f"DELETE FROM pieces.blobs; SET GLOBAL max_allowed_packet = {4 * MIB}")
    try:
        with Wire(blobs.port, blobs.authority) as wire:
            wire.login(token)
            statement, _ = wire.prepare(INSERT)
            for _ in range(5):
                wire.send_long_data(statement, 1, filled(MIB))
            error = refused(wire.execute, statement, [1, LONG])
            assert "max_allowed_packet" in error.text and "POSTERN" not in error.text
            wire.execute(statement, [2, "short"])
    finally:
        server.run(f"SET GLOBAL max_allowed_packet = {TARGET_BYTES_MAX}")
    assert stored(server) == (told_of(2, b"short"),)


def test_one_packet_that_is_too_long_is_refused_as_the_server_does_it(blobs, own_gateway, token, server):
    """With 1153, and the connection ends."""
    server.run(f"DELETE FROM pieces.blobs; SET GLOBAL max_allowed_packet = {4 * MIB}")
    try:
        gateway = own_gateway(policy=POLICY).start()
        with Wire(gateway.port, gateway.authority) as wire:
            wire.login(token)
            statement, _ = wire.prepare(INSERT)
            in_one(wire, statement, bytes(4 * MIB))
            error = refused(wire.receive_good)
            assert (error.code, str(4 * MIB - 1) in error.text) == (1153, True)
            assert wire.is_closed()
    finally:
        server.run(f"SET GLOBAL max_allowed_packet = {TARGET_BYTES_MAX}")
    assert stored(server) == ()


def test_a_client_that_vanishes_in_the_midst_of_it_leaves_nothing(blobs, token, server):
    def aborted():
        ((_, count),) = server.rows("SHOW GLOBAL STATUS LIKE 'Aborted_clients'")
        return int(count)

    def sessions():
        ((count,),) = server.rows(
            f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{WRITER.name}'"
        )
        return count

    before = aborted()
    server.run("DELETE FROM pieces.blobs")
    with Wire(blobs.port, blobs.authority) as wire:
        wire.login(token)
        statement, _ = wire.prepare(INSERT)
        value = struct.pack("<BIH", 0x18, statement, 1) + filled(8 * MIB)
        wire.send_bytes(struct.pack("<I", len(value))[:3] + b"\0" + value[: 5 * MIB])
    wait_until(lambda: sessions() == 0)
    assert (stored(server), aborted()) == ((), before)


def test_a_driver_streams_a_file(blobs, token, server):
    server.run("DELETE FROM pieces.blobs")
    value = filled(MIB)
    connection = drivers.connector_connect(blobs, token, autocommit=True)
    try:
        cursor = connection.cursor(prepared=True)
        for number in (1, 2):
            cursor.execute("INSERT INTO pieces.blobs (id, data) VALUES (%s, %s)", (number, io.BytesIO(value)))
        cursor.close()
    finally:
        connection.close()
    assert stored(server) == (told_of(1, value), told_of(2, value))
