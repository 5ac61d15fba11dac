"""The log: everything is in it before it happens, and nothing can be changed in it unseen."""

import json
import os
import re
import resource

import drivers
import pymysql
import pytest
import shop


@pytest.fixture
def gateway(own_gateway):
    """Each test has a log of its own."""
    return own_gateway().start()


def segments(gateway):
    """The files of the log that hold records, in order."""
    return [
        path
        for path in sorted(gateway.audit_folder.rglob("*"))
        if path.is_file() and path.read_bytes()[:1] == b"{"
    ]


def audit(gateway, *arguments):
    done = gateway.command("audit", *arguments)
    return done.returncode, (done.stdout + done.stderr).decode()


def one_session(gateway, mint):
    with drivers.pymysql_connect(gateway, mint.token()) as connection:
        connection.query("SELECT id, email FROM shop.customers")
        with pytest.raises(pymysql.err.MySQLError):
            connection.query("DROP DATABASE shop")
        connection.query("SELECT COUNT(*) FROM shop.orders")


def test_a_session_is_in_the_log_as_it_went(gateway, mint):
    one_session(gateway, mint)
    text = "\n".join(json.dumps(record) for record in gateway.records())
    first, denied, last = (
        text.index(part) for part in ("FROM shop.customers", "DROP DATABASE", "FROM shop.orders")
    )
    assert first < denied < last
    assert "agent-1" in text and "analytics" in text


def test_a_refused_login_is_in_the_log(gateway):
    with pytest.raises(pymysql.err.MySQLError):
        drivers.pymysql_connect(gateway, "hunter2")
    text = "\n".join(json.dumps(record) for record in gateway.records())
    assert "hunter2" not in text
    assert "login" in text.lower()


def test_no_row_and_no_secret_is_in_the_log(gateway, mint):
    token = mint.token()
    with drivers.pymysql_connect(gateway, token) as connection:
        connection.query("SELECT * FROM shop.customers")
        connection.query("SELECT note FROM shop.orders")
    everything = b"".join(path.read_bytes() for path in gateway.folder.rglob("*") if path.is_file())
    log = b"".join(path.read_bytes() for path in segments(gateway))
    for value in shop.PROTECTED:
        assert value not in everything
    assert b"Grace" not in log and b"first" not in log
    assert token.encode() not in everything
    said = "\n".join(gateway.log)
    assert token not in said and "password" not in said.lower()
    assert "shop.customers" not in said


def test_an_untouched_log_verifies(gateway, mint):
    one_session(gateway, mint)
    gateway.stop()
    code, text = audit(gateway, "verify")
    assert code == 0, text


def test_a_log_verifies_while_it_is_written(gateway, mint):
    one_session(gateway, mint)
    code, text = audit(gateway, "verify")
    assert code == 0, text


def test_a_flipped_bit_is_found_and_its_line_named(gateway, mint):
    one_session(gateway, mint)
    gateway.stop()
    path = segments(gateway)[0]
    good = path.read_bytes()
    lines = good.splitlines(keepends=True)
    for wanted in (1, len(lines) // 2, len(lines)):
        start = sum(map(len, lines[: wanted - 1]))
        place = start + len(lines[wanted - 1]) // 2
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        code, text = audit(gateway, "verify")
        assert code == 1, text
        assert re.search(rf"\b(line\s*)?{wanted}\b", text), text
    path.write_bytes(good)
    assert audit(gateway, "verify")[0] == 0


@pytest.mark.parametrize("change", ["cut a line out", "swap two lines", "repeat a line", "cut the end"])
def test_a_changed_log_is_found(change, gateway, mint):
    one_session(gateway, mint)
    gateway.stop()
    path = segments(gateway)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    if change == "cut a line out":
        del lines[middle]
    elif change == "swap two lines":
        lines[middle], lines[middle - 1] = lines[middle - 1], lines[middle]
    elif change == "repeat a line":
        lines.insert(middle, lines[middle])
    else:
        del lines[middle:]
    path.write_bytes(b"".join(lines))
    code, text = audit(gateway, "verify")
    assert code == 1, text


def test_a_session_can_be_replayed(gateway, mint):
    one_session(gateway, mint)
    sessions = {record["session"] for record in gateway.records() if record.get("session")}
    (session,) = sessions
    code, text = audit(gateway, "replay", str(session))
    assert code == 0, text
    for part in ("agent-1", "FROM shop.customers", "DROP DATABASE", "never", "read-shop", "email"):
        assert part in text, text
    assert "2 rows" in text or re.search(r"rows\W+2\b", text), text


def test_a_log_that_cannot_be_written_stops_statements(gateway, mint, server):
    token = mint.token("engineer-1", ["agents-engineering"])
    with drivers.pymysql_connect(gateway, token) as connection:
        connection.query("SELECT 1")
        break_log(gateway)
        for _ in range(3):
            with pytest.raises(pymysql.err.MySQLError) as refused:
                connection.query("INSERT INTO shop.orders (note) VALUES ('unseen')")
            assert refused.value.args[0] in (1105, 2006, 2013), refused.value
            if refused.value.args[0] != 1105:
                break
            assert "POSTERN-AUDIT" in refused.value.args[1]
    assert server.rows("SELECT COUNT(*) FROM shop.orders WHERE note = 'unseen'") == ((0,),)


def test_a_login_without_a_log_is_refused(gateway, mint):
    break_log(gateway)
    with pytest.raises(pymysql.err.MySQLError):
        with drivers.pymysql_connect(gateway, mint.token()) as connection:
            connection.query("SELECT 1")


def break_log(gateway):
    """Makes every write of the log fail, as a full disk would: the file may not grow any more."""
    size = max(path.stat().st_size for path in segments(gateway))
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (size, size))


def test_a_torn_tail_is_cut_and_said_so(gateway, mint):
    one_session(gateway, mint)
    gateway.kill()
    path = segments(gateway)[-1]
    with path.open("ab") as file:
        file.write(b'{"half":"a rec')
    gateway.start()
    one_session(gateway, mint)
    gateway.stop()
    code, text = audit(gateway, "verify")
    assert code == 0, text


def test_damage_inside_the_log_stops_the_start(gateway, mint):
    one_session(gateway, mint)
    gateway.stop()
    path = segments(gateway)[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(AssertionError, match="ended before"):
        gateway.start()


def test_the_folder_of_the_log_is_not_readable_by_everybody(gateway):
    for path in (gateway.audit_folder, *segments(gateway)):
        assert not os.stat(path).st_mode & 0o007, path
