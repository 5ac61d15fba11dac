"""What agents, ORMs and dump programs write over protected columns works, and tells nothing."""

import pytest
from gateway import Gateway
from test_side_doors import BLOB, LONGLONG, STRING, execute_bound
from wire import CAPABILITIES, MULTI_STATEMENTS, ServerError, Wire

POLICY = """\
version = 1

[[role]]
name = "engineering"
groups = ["agents-engineering"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "all"
effect = "allow"
statements = ["read", "session", "write"]
on = ["honest.*"]

[[protect]]
name = "pii"
columns = ["honest.people.ssn", "honest.people.height", "honest.kept.level"]
influence = "never"
"""
DATA = """
DROP DATABASE IF EXISTS honest; CREATE DATABASE honest CHARACTER SET utf8mb4;
CREATE TABLE honest.people (
    id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) DEFAULT 'anonymous', ssn VARCHAR(11),
    height INT
);
INSERT INTO honest.people VALUES (1, 'Ada', '111-22-3333', 170), (2, 'Nobody', NULL, NULL);
CREATE TABLE honest.kept (id INT PRIMARY KEY, level INT NOT NULL DEFAULT 7701, KEY levels (level));
INSERT INTO honest.kept VALUES (1, 1), (2, 2);
CREATE VIEW honest.names AS SELECT id, name FROM honest.people WHERE name <> '111-22-3333';
"""
VALUES = (b"111-22-3333", b"111223333", b"111", b"3333", b"170")


@pytest.fixture(scope="module")
def honest(server, mint, authority, tmp_path_factory):
    server.run(DATA)
    server.run("GRANT SELECT, INSERT, UPDATE, DELETE ON honest.* TO 'writer'@'%'")
    folder = tmp_path_factory.mktemp(f"honest-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, POLICY, guard_role=None)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture
def wire(honest, mint):
    token = mint.token("engineer-1", ["agents-engineering"])
    with Wire(honest.port, honest.authority) as wire:
        yield wire.login(token, database="honest", capabilities=CAPABILITIES | MULTI_STATEMENTS)


COMPUTED = [
    "CONCAT(ssn, '!')",
    "CONCAT(name, ' <', ssn, '>')",
    "LEFT(ssn, 3)",
    "COALESCE(ssn, 'none')",
    "IFNULL(height, 0)",
    "COALESCE(name, ssn)",
    "BINARY ssn",
    "CAST(height AS CHAR)",
    "CONVERT(ssn USING utf8mb4)",
    "LOCATE('-', ssn)",
    "INSTR(ssn, '-')",
    "POSITION('-' IN ssn)",
    "SUBSTRING_INDEX(ssn, '-', 1)",
    "REPLACE(ssn, '-', '')",
    "LPAD(ssn, 11, '0')",
    "RPAD(height, 9, '.')",
    "UPPER(TRIM(ssn))",
    "{fn UCASE(ssn)}",
]


@pytest.mark.parametrize("item", COMPUTED)
def test_what_is_computed_is_the_same_for_a_value_and_for_none(item, wire):
    (rows,) = wire.query(f"SELECT {item} FROM people ORDER BY id")
    assert rows[0] == rows[1]
    assert not any(value in wire.received for value in VALUES)


@pytest.mark.parametrize(
    "item, kinds",
    [
        ("CONCAT(ssn, ?)", [STRING]),
        ("COALESCE(ssn, ?)", [STRING]),
        ("LEFT(ssn, ?)", [LONGLONG]),
        ("SUBSTRING(ssn, ?, ?)", [LONGLONG, LONGLONG]),
        ("ssn LIKE ?", [STRING]),
    ],
)
def test_parameters_stand_beside_a_column(item, kinds, wire):
    statement, _ = wire.prepare(f"SELECT {item} FROM people ORDER BY id")
    rows = execute_bound(wire, statement, *kinds)[0]
    assert rows[0] == rows[1]
    # Bytes that are no letters would fail over the first text that is there.
    if STRING in kinds:
        with pytest.raises(ServerError, match="POSTERN-INFLUENCE"):
            execute_bound(wire, statement, *[BLOB for _ in kinds])
    with pytest.raises(ServerError, match="POSTERN-INFLUENCE"):
        wire.query("PREPARE p FROM 'SELECT CONCAT(ssn, ?) FROM people'")


def test_the_character_set_of_a_column_is_shown(wire):
    answer = wire.query("SELECT CHARSET(ssn), COLLATION(ssn) FROM people")[0]
    assert answer[0] == answer[1]
    assert answer[0][0] == b"utf8mb4"
    assert answer[0][1].startswith(b"utf8mb4_")


@pytest.mark.parametrize("order", ["1", "NULL", "'x'", "name"])
def test_a_constant_order_is_none(order, wire):
    assert len(wire.query(f"SELECT id, name FROM people ORDER BY {order}")[0]) == 2


COUNTS = ["@@warning_count", "@@session.error_count", "@@warning_count, @@error_count"]


@pytest.mark.parametrize("count", COUNTS)
def test_messages_are_counted_where_they_may_be_shown(count, wire):
    wire.query("SELECT id FROM people")
    assert set(wire.query(f"SELECT {count}")[0][0]) == {b"0"}
    wire.query("SELECT CAST('x' AS SIGNED)")
    assert b"1" in wire.query("SELECT @@warning_count")[0][0]
    wire.query("SELECT ssn FROM people")
    with pytest.raises(ServerError, match="SHOW WARNINGS shows none"):
        wire.query(f"SELECT {count}")
    assert wire.query("SHOW COUNT(*) WARNINGS") in ([[[b"0"]]], [[]])


@pytest.mark.parametrize(
    "sql, hint",
    [
        ("SELECT @@warning_count + 0", "SHOW COUNT(*) WARNINGS"),
        ("SELECT ssn, @@warning_count FROM people", "SHOW COUNT(*) WARNINGS"),
        ("SELECT 1; SELECT @@warning_count", "send it alone"),
        ("GET DIAGNOSTICS @n = NUMBER", "SHOW WARNINGS"),
        ("SELECT @@hostname", "@@version"),
        ("SHOW TABLE STATUS WHERE `Rows` > 1", "use LIKE"),
        ("SET foreign_key_checks = 0", "have a rule name `set`"),
        ("SELECT GROUP_CONCAT(ssn) FROM people", "comes masked"),
        ("SELECT COALESCE(ssn, 1 / 0) FROM people", "that cannot fail"),
        ("SELECT IF(ssn IS NULL, 1, 2) FROM people", "COALESCE"),
        ("SELECT LPAD(ssn, 99999999, 'x') FROM people", "comes masked"),
    ],
)
def test_what_stays_refused_says_what_works(sql, hint, wire):
    with pytest.raises(ServerError, match="POSTERN-") as error:
        wire.query(sql)
    assert hint in error.value.text


def test_descriptions_come_with_what_tells_of_values_redacted(wire, server):
    named = "SELECT table_name, table_rows, update_time FROM information_schema.tables"
    where = "WHERE table_schema = 'honest' AND table_name = 'people'"
    whole = f"SELECT * FROM information_schema.tables {where} ORDER BY table_name"
    assert len(wire.query(whole)[0]) == 1
    before = wire.query(f"{named} {where}")
    server.run("INSERT INTO honest.people (name) VALUES ('x'), ('y'); ANALYZE TABLE honest.people")
    try:
        assert wire.query(f"{named} {where}") == before
        assert before[0][0][0] == b"people"
    finally:
        server.run("DELETE FROM honest.people WHERE id > 2")
    columns = "SELECT column_name, data_type, column_default FROM information_schema.columns"
    rows = wire.query(f"{columns} {where} ORDER BY ordinal_position")[0]
    assert [row[0] for row in rows] == [b"id", b"name", b"ssn", b"height"]
    assert len({row[2] for row in rows}) == 1
    views = "SELECT table_name, view_definition FROM information_schema.views"
    rows = wire.query(f"{views} WHERE table_schema = 'honest'")[0]
    assert rows[0][0] == b"names"
    exists = f"SELECT EXISTS (SELECT * FROM information_schema.tables {where})"
    assert wire.query(exists) == [[[b"1"]]]
    assert b"anonymous" not in wire.received
    assert b"111-22" not in wire.received


@pytest.mark.parametrize("prepared", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize(
    "sql, shown",
    [
        ("SHOW TABLE STATUS LIKE 'kept'", {b"kept", b"InnoDB", b"Dynamic"}),
        ("SHOW TABLE STATUS FROM honest WHERE Name = 'kept'", {b"kept", b"InnoDB"}),
        ("SHOW INDEX FROM kept", {b"PRIMARY", b"levels", b"level", b"BTREE"}),
        ("SHOW KEYS FROM honest.kept WHERE Key_name = 'levels'", {b"levels", b"level"}),
        ("DESCRIBE kept", {b"id", b"level", b"MUL"}),
        ("SHOW FULL COLUMNS FROM kept", {b"id", b"level", b"MUL"}),
    ],
)
def test_what_a_show_tells_of_values_is_redacted(sql, shown, prepared, wire, server):
    def rows():
        if prepared:
            return wire.execute(wire.prepare(sql)[0])[0]
        return [b"|".join(cell or b"NULL" for cell in row) for row in wire.query(sql)[0]]

    before = rows()
    assert all(word in b"|".join(before) for word in shown)
    server.run("INSERT INTO honest.kept SELECT id + 10, id FROM honest.people; ANALYZE TABLE honest.kept")
    try:
        assert rows() == before
    finally:
        server.run("DELETE FROM honest.kept WHERE id > 10")
    assert b"7701" not in wire.received


@pytest.mark.parametrize("prepared", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize(
    "sql, shown",
    [
        ("SHOW VARIABLES", {b"sql_mode", b"version_comment"}),
        ("SHOW GLOBAL VARIABLES LIKE '%'", {b"sql_mode", b"version_comment"}),
        ("SHOW VARIABLES LIKE '%version%'", {b"version_comment"}),
        ("SHOW VARIABLES WHERE Variable_name IN ('sql_mode', 'datadir')", {b"sql_mode"}),
        ("SHOW STATUS", {b"Uptime", b"Threads_connected"}),
        ("SHOW GLOBAL STATUS LIKE '%connect%'", {b"Threads_connected"}),
    ],
)
def test_lists_hold_what_may_be_read(sql, shown, prepared, wire):
    wire.query("SELECT ssn FROM people WHERE name = 'Ada'")
    if prepared:
        rows = wire.execute(wire.prepare(sql)[0])[0]
    else:
        rows = [b"|".join(cell or b"" for cell in row) for row in wire.query(sql)[0]]
    assert all(any(name in row for row in rows) for name in shown)
    hidden = (b"datadir", b"hostname", b"secure_file", b"warning_count", b"Handler_", b"Last_query", b"Bytes_sent")
    assert not any(name in row for row in rows for name in hidden)
    # The session goes on, and what was asked for by its name alone is refused by its name.
    with pytest.raises(ServerError, match="datadir"):
        wire.query("SHOW VARIABLES LIKE 'datadir'")


def test_lists_are_read_in_wide_character_sets(wire):
    wire.query("SET character_set_results = utf16")
    rows = wire.query("SHOW VARIABLES LIKE '%mode%'")[0]
    assert "sql_mode".encode("utf-16-be") in [name for name, _ in rows]
    assert "pseudo_slave_mode".encode("utf-16-be") not in [name for name, _ in rows]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT table_name FROM information_schema.tables WHERE table_rows > 1",
        "SELECT * FROM information_schema.tables ORDER BY table_rows",
        "SELECT * FROM information_schema.tables ORDER BY 8",
        "SELECT DISTINCT table_rows FROM information_schema.tables",
        "SELECT MAX(update_time) > '2020-01-01' FROM information_schema.tables",
        "SELECT IF(d.n > 1, 1, 0) FROM (SELECT table_rows AS n FROM information_schema.tables) d",
        "SELECT view_definition LIKE '%x%' FROM information_schema.views",
        "SELECT table_rows INTO @n FROM information_schema.tables LIMIT 1",
    ],
)
def test_what_tells_of_values_steers_nothing(sql, wire):
    with pytest.raises(ServerError, match="tells of values"):
        wire.query(sql)
