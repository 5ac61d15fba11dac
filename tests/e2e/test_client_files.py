"""Files of the client (LOAD DATA LOCAL): where a rule names them, as they are, and in the log by their digest."""

import hashlib
import re
import struct
from concurrent.futures import ThreadPoolExecutor

import drivers
import pymysql
import pytest
import shop
from gateway import Gateway
from servers import GUARD_ROLE, WRITER
from waiting import is_running, wait_until
from wire import CAPABILITIES, ServerError, Wire

RULES = """
[[role.rule]]
name = "load"
effect = "allow"
statements = ["load data local", "replace", "read", "delete"]
on = ["shop.loaded", "shop.vault"]
unfiltered = true

[[role.rule]]
name = "load-little"
effect = "allow"
statements = ["load data local"]
on = ["shop.little"]
limits = { file_bytes = 1000 }

[[role.rule]]
name = "load-by-a-human"
effect = "approve"
statements = ["load data local"]
on = ["shop.asked"]
approvers = ["dba"]
grant = { covers = "statement", valid = "30m", uses = 1 }

[[role]]
name = "ci"
"""
POLICY = shop.POLICY.replace('\n[[role]]\nname = "ci"\n', RULES, 1).replace(
    "[mask.hidden]",
    '[[protect]]\nname = "codes"\ncolumns = ["shop.vault.code"]\nwrites = "insert"\n\n[mask.hidden]',
)
TABLES = ["loaded", "little", "asked", "vault"]
LOCAL_FILES = 1 << 7
OFF = {"mysql": 3948, "mariadb": 4166}


@pytest.fixture(scope="module")
def tables(server):
    server.run("SET GLOBAL local_infile = 1")
    for table in TABLES[:3]:
        server.run(f"CREATE TABLE shop.{table} (id INT PRIMARY KEY, word MEDIUMTEXT)")
    server.run("CREATE TABLE shop.vault (id INT PRIMARY KEY, word VARCHAR(20), code INT NOT NULL)")
    rights = [f"GRANT SELECT, INSERT, DELETE ON shop.{table} TO '{WRITER.name}'@'%'" for table in TABLES[:3]]
    rights.append(f"GRANT SELECT (id, word), INSERT (id, word), DELETE ON shop.vault TO '{WRITER.name}'@'%'")
    rights.append(f"GRANT SELECT, INSERT ON shop.vault TO {GUARD_ROLE}")
    server.run("; ".join(rights))
    yield
    for table in TABLES:
        server.run(f"DROP TABLE shop.{table}")
    off = 0 if server.kind == "mysql" else 1
    server.run(f"SET GLOBAL local_infile = {off}")


@pytest.fixture(scope="module")
def gateway(server, tables, mint, authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"files-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture(autouse=True)
def empty(server, tables):
    for table in TABLES:
        server.run(f"DELETE FROM shop.{table}")


@pytest.fixture
def token(mint):
    return mint.token("engineer-1", ["agents-engineering"])


@pytest.fixture
def loader(gateway, token):
    with drivers.pymysql_connect(gateway, token, local_infile=True) as connection:
        yield connection


@pytest.fixture
def wire(gateway, token):
    with Wire(gateway.port, gateway.authority) as wire:
        yield wire.login(token, capabilities=CAPABILITIES | LOCAL_FILES)


def load(file, table="loaded", more=""):
    return f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE shop.{table}{more}"


def outcomes(gateway, table):
    """The outcomes of loads into a table, in order, as the log has them."""
    events = [(line.get("session"), line["event"]) for line in gateway.records()]
    wanted = [
        (session, event["intent"]["sequence"])
        for session, event in events
        if f"INTO TABLE shop.{table}" in event.get("intent", {}).get("statement", {}).get("text", "")
    ]
    ended = {
        (session, event["outcome"]["intent"]): event["outcome"] for session, event in events if "outcome" in event
    }
    return [ended[one] for one in wanted if one in ended]


def kept_of(content):
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def rows(server, table):
    return server.rows(f"SELECT * FROM shop.{table} ORDER BY id")


def begin(wire, sql):
    """Sends a statement that is answered by the request for its file."""
    wire.send(b"\x03" + sql.encode(), sequence=0)
    asked = wire.receive_good()
    assert asked[:1] == b"\xfb", asked


# Files that arrive.


def test_pymysql_loads_a_file(gateway, loader, server, tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,word\n1,one\n2,two\n1,again\n")
    with loader.cursor() as cursor:
        more = " FIELDS TERMINATED BY ',' IGNORE 1 LINES (id, @w) SET word = UPPER(@w)"
        assert cursor.execute(load(file, more=more)) == 2
        cursor.execute("SELECT * FROM shop.loaded ORDER BY id")
        assert cursor.fetchall() == ((1, "ONE"), (2, "TWO"))
        again = load(file, more=" FIELDS TERMINATED BY ',' IGNORE 1 LINES")
        assert cursor.execute(again.replace(" INTO", " REPLACE INTO")) >= 3
    assert rows(server, "loaded") == ((1, "again"), (2, "two"))
    assert [one["file"] for one in outcomes(gateway, "loaded")[-1:]] == [kept_of(file.read_bytes())]


@pytest.mark.parametrize("client", ["mysql", "mariadb"])
def test_the_programs_load_40_megabytes(client, gateway, token, server, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b"".join(b"%d\t%s\n" % (n, b"x" * 4000) for n in range(10_000)))
    cli = {"mysql": drivers.mysql_cli, "mariadb": drivers.mariadb_cli}[client]
    script = f"{load(file)};\nSELECT COUNT(*), SUM(LENGTH(word)) FROM shop.loaded;\n"
    done = cli(gateway, token, "--local-infile=1", input=script.encode())
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"10000\t40000000\n"
    ended = outcomes(gateway, "loaded")[-1]
    assert (ended["status"], ended["file"]) == ("ok", kept_of(file.read_bytes()))
    assert ended["affected_rows"] == 10_000


@pytest.mark.parametrize("content", [b"", b"7", b"7\tx", b"7\tx\n", b"7\tx\n\n"])
def test_any_content_loads_as_without_the_gateway(content, gateway, loader, server, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(content)
    with server.connect(local_infile=True) as direct, direct.cursor() as cursor:
        cursor.execute("DELETE FROM shop.loaded")
        cursor.execute(load(file))
        direct.commit()
    expected = rows(server, "loaded")
    server.run("DELETE FROM shop.loaded")
    loader.query(load(file))
    assert rows(server, "loaded") == expected
    assert outcomes(gateway, "loaded")[-1]["file"] == kept_of(content)


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize("name", ["a b", "\u00fc\u4e2d", "it's", "a\\tb", '"', "%41", "a\\"])
def test_the_target_asks_for_the_very_name(name, mode, loader, server, tmp_path):
    file = tmp_path / name
    file.write_bytes(b"1\tone\n")
    loader.query(f"SET sql_mode = '{mode}'")
    written = str(file).replace("'", "''")
    written = written if mode else written.replace("\\", "\\\\")
    with loader.cursor() as cursor:
        assert cursor.execute(load(written)) == 1


def test_a_file_among_other_statements_of_one_text(gateway, token, server, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1\tone\n")
    flags = pymysql.constants.CLIENT.MULTI_STATEMENTS
    with drivers.pymysql_connect(gateway, token, local_infile=True, client_flag=flags) as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"DO 1; {load(file)}; SELECT word FROM shop.loaded")
            cursor.nextset()
            assert cursor.rowcount == 1
            cursor.nextset()
            assert cursor.fetchall() == (("one",),)


def test_a_load_waits_for_its_approval(gateway, loader, server, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1\tone\n")
    with pytest.raises(pymysql.err.MySQLError, match="APR-") as asked:
        loader.query(load(file, "asked"))
    ticket = re.search("APR-[0-9A-Za-z-]+", asked.value.args[1]).group()
    assert rows(server, "asked") == ()
    done = gateway.command("approvals", "approve", ticket, "--key", "dana.seed", "--yes")
    assert done.returncode == 0, done.stderr
    loader.query(load(file, "asked"))
    assert rows(server, "asked") == ((1, "one"),)
    with pytest.raises(pymysql.err.MySQLError, match="APR-"):
        loader.query(load(file, "asked"))


# What goes wrong.


def test_a_client_that_did_not_turn_it_on_is_told(gateway, token, server, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1\tone\n")
    with drivers.pymysql_connect(gateway, token) as connection:
        with pytest.raises(pymysql.err.MySQLError, match="POSTERN-FILE") as refused:
            connection.query(load(file))
        assert refused.value.args[0] == OFF[server.kind]
        connection.ping()
    assert rows(server, "loaded") == ()


def test_a_target_that_has_it_off_says_so_itself(gateway, token, server, tmp_path):
    server.run("SET GLOBAL local_infile = 0")
    try:
        with drivers.pymysql_connect(gateway, token, local_infile=True) as connection:
            with pytest.raises(pymysql.err.MySQLError) as refused:
                connection.query(load(tmp_path / "a"))
            assert refused.value.args[0] in (OFF[server.kind], 1148), refused.value
            connection.ping()
    finally:
        server.run("SET GLOBAL local_infile = 1")


def test_a_file_that_the_client_cannot_open_is_an_empty_one(gateway, loader, tmp_path):
    with pytest.raises(pymysql.err.OperationalError, match="Can't open file"):
        loader.query(load(tmp_path / "none"))
    assert outcomes(gateway, "loaded")[-1]["file"] == kept_of(b"")


def test_no_rule_no_file(loader, server, tmp_path):
    for sql in [
        load(tmp_path / "a", "orders"),
        load(tmp_path / "a", "customers"),
        load(tmp_path / "a").replace("LOCAL ", ""),
        load(tmp_path / "a", more=" SET word = LOAD_FILE('/etc/passwd')"),
        load(tmp_path / "a", more=" (id) SET word = (SELECT ssn FROM shop.customers LIMIT 1)"),
        f"PREPARE s FROM '{load('a').replace(chr(39), chr(39) * 2)}'",
    ]:
        with pytest.raises(pymysql.err.MySQLError, match="POSTERN-"):
            loader.query(sql)


def test_an_error_in_the_file_is_the_targets_own(gateway, loader, server, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1\tone\n2\ttwo\n" + b"x" * 100_000)
    with pytest.raises(pymysql.err.MySQLError, match="shop.*none|[Pp]artition"):
        # The target asks for the file before it finds that no partition has that name, or after.
        loader.query(load(file, more=" PARTITION (none)"))
    loader.query("SELECT 1")
    assert rows(server, "loaded") == ()


def test_a_load_of_a_protected_column_hides_its_failures(gateway, loader, server, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1\tone\t1\n2\ttwo\t9\n3\tthree\tx\n3\tthree\t2\n")
    with loader.cursor() as cursor:
        assert cursor.execute(load(file, "vault")) == 3
        assert loader._result.warning_count == 0 and not loader._result.message
        cursor.execute("SHOW WARNINGS")
        assert cursor.fetchall() == ()
    ended = outcomes(gateway, "vault")[-1]
    assert (ended["warnings"], ended["file"]) == (2, kept_of(file.read_bytes()))


def test_a_file_over_its_limit_is_not_loaded(gateway, token, server, tmp_path):
    for size, loads in ((1000, True), (1001, False), (3_000_000, False)):
        server.run("DELETE FROM shop.little")
        file = tmp_path / "a"
        # Each line is whole, so that a target that was told of an end would load what it has.
        file.write_bytes(b"".join(b"%07d\tx\n" % n for n in range(size // 10)) + b"\n" * (size % 10))
        with drivers.pymysql_connect(gateway, token, local_infile=True) as connection:
            if loads:
                connection.query(load(file, "little"))
            else:
                with pytest.raises(pymysql.err.MySQLError, match="POSTERN-LIMIT.*1000 bytes"):
                    connection.query(load(file, "little"))
        wait_until(lambda: not is_running(server, "shop.little"))
        assert len(rows(server, "little")) == (100 if loads else 0)
    assert outcomes(gateway, "little")[-1]["status"] == "cancelled"


def test_a_client_that_vanishes_loads_nothing(gateway, wire, server):
    begin(wire, load("a"))
    wire.send(b"1\tone\n2\ttwo\n")
    assert is_running(server, "shop.loaded")
    wire.close()
    wait_until(lambda: not is_running(server, "shop.loaded"))
    assert rows(server, "loaded") == ()
    wait_until(lambda: outcomes(gateway, "loaded")[-1]["status"] == "cancelled")


@pytest.fixture
def numbered(gateway, token):
    """A connection by hand, and its number."""
    with Wire(gateway.port, gateway.authority) as wire:
        greeting = wire.greeting()
        capabilities = CAPABILITIES | LOCAL_FILES
        wire.start_tls(capabilities)
        wire.send_login("shop", capabilities=capabilities)
        wire.receive_good()
        wire.send(token.encode() + b"\0")
        wire.receive_good()
        (number,) = struct.unpack_from("<I", greeting, greeting.index(b"\0", 1) + 1)
        yield wire, number


def test_a_target_that_waits_for_a_lock_keeps_nobody_from_a_kill(gateway, numbered, token, server):
    wire, number = numbered
    with server.connect() as holder:
        holder.query("BEGIN")
        holder.query("INSERT INTO shop.loaded VALUES (1, 'held')")
        begin(wire, load("a"))
        # Far more than fits between a client and a target that does not read.
        content = b"1\tone\n" + b"".join(b"%d\t%s\n" % (n, b"x" * 10_000) for n in range(2, 3000))
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(lambda: [wire.send(content[at : at + 50_000]) for at in range(0, len(content), 50_000)])
            wait_until(lambda: waits_for_a_lock(server))
            assert not sent.done()
            with drivers.pymysql_connect(gateway, token) as other:
                other.query(f"KILL QUERY {number}")
            sent.result(timeout=30)
        wire.send(b"")
        with pytest.raises(ServerError, match="interrupted"):
            wire.receive_good()
        holder.rollback()
    assert wire.query("SELECT 1") == [[[b"1"]]]
    assert rows(server, "loaded") == ()


def waits_for_a_lock(server):
    # Not asked of `innodb_trx`: what it shows is not renewed while it is read more often than ten times a second.
    ((_, waiting),) = server.rows("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
    return int(waiting) > 0


def test_a_killed_load_reads_the_rest_and_keeps_the_session(gateway, numbered, token, server):
    wire, number = numbered
    begin(wire, load("a"))
    wire.send(b"1\tone\n")
    with drivers.pymysql_connect(gateway, token) as other:
        other.query(f"KILL QUERY {number}")
    wire.send(b"2\ttwo\n3\tthree\n")
    wire.send(b"")
    with pytest.raises(ServerError, match="interrupted"):
        wire.receive_good()
    assert wire.query("SELECT 1") == [[[b"1"]]]
    assert rows(server, "loaded") == ()
    assert outcomes(gateway, "loaded")[-1]["status"] == "cancelled"


def test_packets_out_of_order_load_nothing(wire, server):
    begin(wire, load("a"))
    wire.send(b"1\tone\n")
    wire.send(b"", sequence=0)
    with pytest.raises(ServerError, match="out of order"):
        wire.receive_good()
    assert wire.is_closed()
    wait_until(lambda: not is_running(server, "shop.loaded"))
    assert rows(server, "loaded") == ()
