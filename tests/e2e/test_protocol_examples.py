"""The examples of mysql-proto, short as they are: the client reads from both servers, a real client from the server."""

import os
import time
from pathlib import Path

import pymysql
import pytest

from programs import DEADLINE_SECONDS, ROOT, Program, free_port, run
from servers import Account, program

ACCOUNT = Account("example", "example-password-1b7c")


def example(name):
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = target / os.environ.get("POSTERN_PROFILE", "debug") / "examples" / name
    assert path.exists(), f"{path} is missing: run `make postern`"
    return path


@pytest.fixture
def account(server):
    """An account that needs no TLS, and whose password MySQL has seen once over its socket."""
    server.add_account(ACCOUNT, "SELECT ON shop.*", require="NONE")
    pymysql.connect(
        unix_socket=str(server.socket), user=ACCOUNT.name, password=ACCOUNT.password, ssl_disabled=True
    ).close()
    return ACCOUNT


def ask(server, password, sql):
    return run([example("client"), f"127.0.0.1:{server.port}", ACCOUNT.name, password, sql])


def test_the_client_reads_rows_of_a_real_server(server, account):
    done = ask(server, account.password, "SELECT 'one' AS a, NULL AS b UNION ALL SELECT 'two', 'three'")
    assert done.returncode == 0, done.stderr.decode()
    kinds = [line.split("(")[0] for line in done.stdout.decode().splitlines()]
    assert kinds == ["ColumnCount", "Column", "Column", "Row", "Row", "End"]


def test_the_client_tells_what_a_real_server_refuses(server, account):
    done = ask(server, account.password, "SELECT FROM nothing")
    assert done.returncode == 0
    assert done.stdout.startswith(b"Err(ErrPacket { code: 1064")
    done = ask(server, "wrong", "SELECT 1")
    assert done.returncode != 0
    assert b"1045" in done.stderr or b"needs TLS" in done.stderr or b"ClearPassword" in done.stderr


@pytest.fixture
def port():
    port = free_port()
    server = Program([example("server"), f"127.0.0.1:{port}"])
    yield port
    server.stop()


def test_a_command_line_reads_the_row_of_the_server(port):
    client = [program("mariadb"), "--no-defaults", "--skip-ssl", "-h127.0.0.1", f"-P{port}"]
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        done = run([*client, "-uany", "-pone", "-Be", "SELECT 1"])
        if done.returncode == 0:
            break
        assert time.monotonic() < deadline, done.stderr.decode()
    assert done.stdout == b"you said\nSELECT 1\n"
