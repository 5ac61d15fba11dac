"""Rows of many packets through real drivers: masked cells of 20 MB show their masks, and their neighbours come whole."""

import hashlib
import re
from functools import partial
from pathlib import Path
from typing import NamedTuple

import drivers
import pytest
from gateway import Gateway
from mariadb.constants import CURSOR
from recorder import Recorder
from servers import GUARD_ROLE, READER, Server
from wire import PACKET_BYTES_MAX

CELL = 20_000_000
CANARY = b"canary of a cell"
# Their periods divide no packet, so that a piece that is left out, doubled or moved shows.
_SECRET = "'canary of a cell, 7Qx'"
_BESIDE = "'to come as it stands; '"
_RAW = "x'00ff0afb10fcfdfe0127225c'"


def _filled(pattern):
    # The shortest of them is of twelve bytes.
    return f"LEFT(REPEAT({pattern}, {CELL // 12 + 1}), {CELL})"


# Pages of InnoDB would cost more than all the rest.
DATA = f"""
DROP DATABASE IF EXISTS large;
CREATE DATABASE large CHARACTER SET utf8mb4;
SET SESSION sql_mode = '';
CREATE TABLE large.cells (
    id INT PRIMARY KEY, redacted LONGTEXT NOT NULL, beside LONGTEXT, hashed LONGBLOB, raw LONGBLOB,
    partly LONGTEXT, nothing LONGTEXT NOT NULL
) ENGINE = MyISAM;
INSERT INTO large.cells SELECT 1, secret, beside, secret, {_filled(_RAW)}, secret, secret
    FROM (SELECT {_filled(_SECRET)} AS secret, {_filled(_BESIDE)} AS beside) AS filled;
INSERT INTO large.cells SELECT 2, '', NULL, CONCAT(hashed, '.'), '', NULL, '' FROM large.cells;
"""

POLICY = """\
version = 1

[[role]]
name = "reader"
groups = ["agents-analytics"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-large"
effect = "allow"
statements = ["read", "session"]
on = ["large.*"]
""" + "".join(
    f'[[protect]]\nname = "{column}"\ncolumns = ["large.cells.{column}"]\nmask = "{column}"\n'
    f"[mask.{column}]\n{settings}\n"
    for column, settings in {
        "redacted": 'kind = "redact"',
        "hashed": 'kind = "hash"\nkey = "file:mask.key"\nlength = 32',
        "partly": 'kind = "partial"\nkeep_first = 2\nkeep_last = 2',
        "nothing": 'kind = "null"',
    }.items()
)


class World(NamedTuple):
    server: Server
    gateway: Gateway
    # The digests of the unprotected cells, read around the gateway.
    beside: str
    raw: str


@pytest.fixture(scope="module")
def world(server, mint, authority, tmp_path_factory):
    ((usual,),) = server.rows("SELECT @@GLOBAL.max_allowed_packet")
    server.run("SET GLOBAL max_allowed_packet = 1 << 26")
    gateway = None
    try:
        server.run(DATA)
        server.run(
            f"GRANT SELECT (id, beside, raw) ON large.cells TO '{READER.name}'@'%';"
            f"GRANT SELECT ON large.cells TO {GUARD_ROLE}"
        )
        folder = tmp_path_factory.mktemp(f"large-{server.kind}")
        gateway = Gateway(folder, server, authority, mint, POLICY)
        gateway.write("mask.key", "a key of these tests, long enough for a key")
        ((beside, raw),) = server.rows("SELECT SHA2(beside, 256), SHA2(raw, 256) FROM large.cells WHERE id = 1")
        yield World(server, gateway.start(), beside, raw)
    finally:
        if gateway:
            gateway.stop()
        server.run(f"DROP DATABASE IF EXISTS large; SET GLOBAL max_allowed_packet = {usual}")


class Session:
    """A connection of a driver, with every byte that came over it."""

    def __init__(self, recorder, connection, **options):
        self._recorder = recorder
        self._connection = connection
        self._cursor = partial(connection.cursor, **options)

    def rows(self, sql):
        """The rows of a statement; then the session goes on, and nothing of the secret came."""
        shown = self._ask(sql)
        assert [list(row) for row in self._ask("SELECT 1 + 1")] == [[2]]
        check_unseen(self._recorder, [cell for row in shown for cell in row])
        return shown

    def _ask(self, sql):
        cursor = self._cursor()
        cursor.execute(sql)
        rows = cursor.fetchall()
        cursor.close()
        return rows

    def close(self):
        self._connection.close()


def check_unseen(recorder, shown):
    received = recorder.take()
    whole = sum(len(cell) for cell in shown if isinstance(cell, (str, bytes)))
    assert len(received) > whole, "not all was recorded"
    assert CANARY not in received


def _text(recorder, token):
    return Session(recorder, drivers.pymysql_connect(recorder, token))


def _prepared(recorder, token):
    return Session(recorder, drivers.mariadb_connect(recorder, token), binary=True)


def _fetched(recorder, token):
    cursor = {"cursor_type": CURSOR.READ_ONLY, "prefetch_size": 1, "buffered": False}
    return Session(recorder, drivers.mariadb_connect(recorder, token), binary=True, **cursor)


WAYS = {"text": _text, "prepared": _prepared, "fetched": _fetched}


@pytest.fixture(scope="module")
def recorder(world, authority, tmp_path_factory):
    recorder = Recorder(tmp_path_factory.mktemp("recorder"), world.gateway, authority)
    yield recorder
    recorder.stop()


@pytest.fixture(params=WAYS)
def session(request, recorder, mint):
    session = WAYS[request.param](recorder, mint.token())
    yield session
    session.close()


def digest(cell):
    return hashlib.sha256(cell.encode() if isinstance(cell, str) else cell).hexdigest()


def plain(cell):
    return bytes(cell).decode() if isinstance(cell, (bytes, bytearray)) else cell


def test_a_masked_cell_of_many_packets_leaves_its_neighbours_alone(world, session):
    rows = session.rows("SELECT id, redacted, beside, hashed FROM large.cells ORDER BY id")
    (first, redacted, beside, hashed), other = rows
    assert (first, redacted, digest(beside)) == (1, "[redacted]", world.beside)
    assert re.fullmatch("[0-9a-f]{32}", plain(hashed))
    assert list(other[:3]) == [2, "[redacted]", None]
    # Where one byte more was hashed, another digest stands.
    assert re.fullmatch("[0-9a-f]{32}", plain(other[3])) and other[3] != hashed


def test_a_masked_cell_may_stand_at_either_end(world, session):
    ((partly, raw, nothing),) = session.rows("SELECT partly, raw, nothing FROM large.cells WHERE id = 1")
    assert (partly, digest(raw), nothing) == ("[redacted]", world.raw, None)


# A packet that is full is followed by another, even if that is empty: on either side of the gateway.
@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_rows_that_just_fill_their_packets(more, side, recorder, mint):
    for way, open_session in (("text", _text), ("prepared", _prepared)):
        head = {"text": len(b"\x011"), "prepared": len(b"\0\0\1\0\0\0")}[way]
        cell = {"server": 9 + CELL, "client": 1 + len("[redacted]")}[side]
        packets = {"server": 2, "client": 1}[side]
        length = packets * PACKET_BYTES_MAX - head - cell - 4 + more
        session = open_session(recorder, mint.token())
        rows = session.rows(f"SELECT id, redacted, LEFT(beside, {length}) FROM large.cells WHERE id = 1")
        ((first, redacted, beside),) = rows
        assert (first, redacted, len(beside)) == (1, "[redacted]", length)
        whole = hashlib.sha256((_pattern() * (length // 12))[:length]).hexdigest()
        assert digest(beside) == whole
        session.close()


def _pattern():
    return _BESIDE.strip("'").encode()


def test_the_command_line_client_shows_the_mask(world, recorder, mint):
    sql = "SELECT redacted, beside, partly FROM large.cells WHERE id = 1"
    done = drivers.mysql_cli(recorder, mint.token(), "--max-allowed-packet=64M", "-e", sql)
    assert done.returncode == 0, done.stderr
    redacted, beside, partly = done.stdout.rstrip(b"\n").split(b"\t")
    assert (redacted, digest(beside), partly) == (b"[redacted]", world.beside, b"[redacted]")
    check_unseen(recorder, [redacted, beside, partly])


def test_no_row_takes_its_size_in_memory(world, recorder, mint):
    session = _text(recorder, mint.token())
    (row,) = session.rows("SELECT * FROM large.cells WHERE id = 1")
    assert [digest(row[2]), digest(row[4])] == [world.beside, world.raw]
    session.close()
    status = Path(f"/proc/{world.gateway.pid}/status").read_text()
    peak_kb = int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))
    # The row came as 120 MB; of it a session may hold a packet or two, of 16 MB each.
    assert peak_kb < 130_000
