"""Sequences of MariaDB: asked for their values by rules, and never where a protected value may say how often."""

import pytest
from gateway import Gateway
from wire import ServerError, Wire

DATA = """
DROP DATABASE IF EXISTS seq; CREATE DATABASE seq CHARACTER SET utf8mb4;
CREATE SEQUENCE seq.numbers; CREATE SEQUENCE seq.others; CREATE SEQUENCE seq.hidden;
CREATE TABLE seq.orders (id INT PRIMARY KEY, note VARCHAR(30));
CREATE TABLE seq.people (id INT PRIMARY KEY, pub VARCHAR(30), ssn VARCHAR(30) UNIQUE);
INSERT INTO seq.people VALUES (1, 'x', '901-23-4567'), (2, 'y', NULL);
CREATE VIEW seq.next_number AS SELECT NEXTVAL(seq.numbers) AS n;
GRANT ALL ON seq.* TO 'writer'@'%';
"""

POLICY = """\
version = 1

[[role]]
name = "engineering"
groups = ["agents-engineering"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "reads"
effect = "allow"
statements = ["read", "session"]
on = ["seq.*"]

[[role.rule]]
name = "writes"
effect = "allow"
statements = ["write"]
on = ["seq.numbers", "seq.orders", "seq.people", "seq.hidden"]

[[role.rule]]
name = "own"
effect = "allow"
statements = ["create sequence", "alter sequence", "drop sequence"]
on = ["seq.own"]

[[protect]]
name = "pii"
columns = ["seq.people.ssn", "seq.hidden.next_not_cached_value"]
mask = "gone"
influence = "never"
writes = "insert"

[mask.gone]
kind = "redact"
"""


# MySQL has none.
pytestmark = pytest.mark.parametrize("server", ["mariadb"], indirect=True)


@pytest.fixture(scope="module")
def sequences(server, mint, authority, tmp_path_factory):
    server.run(DATA)
    gateway = Gateway(tmp_path_factory.mktemp("gateway-seq"), server, authority, mint, POLICY, guard_role=None)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture
def wire(sequences, mint):
    with Wire(sequences.port, sequences.authority) as wire:
        yield wire.login(mint.token("engineer-1", ["agents-engineering"]), database="seq")


def refusal(wire, sql):
    with pytest.raises(ServerError) as raised:
        wire.query(sql)
    return raised.value.text


def test_values_are_asked_for_and_written(server, wire):
    assert wire.query("SELECT NEXTVAL(numbers)") == [[[b"1"]]]
    assert wire.query("SELECT NEXT VALUE FOR seq.numbers AS n") == [[[b"2"]]]
    assert wire.query("SELECT LASTVAL(numbers), PREVIOUS VALUE FOR numbers") == [[[b"2", b"2"]]]
    wire.query("INSERT INTO orders (id, note) VALUES (NEXTVAL(numbers), 'a'), (NEXT VALUE FOR numbers, 'b')")
    wire.query("INSERT INTO orders SELECT NEXTVAL(numbers) + 100, note FROM orders")
    wire.query("UPDATE orders SET id = NEXTVAL(numbers) WHERE note = 'a' AND id > 100")
    wire.query("INSERT INTO people (id, pub) VALUES (NEXTVAL(numbers), 'z')")
    statement, _ = wire.prepare("SELECT NEXTVAL(numbers)")
    assert len(wire.execute(statement)[0]) == 1
    assert wire.query("SELECT SETVAL(numbers, 50)") == [[[b"50"]]]
    assert wire.query("SELECT NEXTVAL(numbers)") == [[[b"51"]]]
    assert len(wire.query("SELECT next_not_cached_value, increment FROM numbers")[0]) == 1
    assert wire.query("SELECT LASTVAL(others)") == [[[None]]]
    for sql in ("CREATE SEQUENCE own START WITH 7", "ALTER SEQUENCE own INCREMENT 2", "DROP SEQUENCE own"):
        wire.query(sql)
    assert server.rows("SELECT COUNT(*) FROM seq.orders") == ((4,),)


@pytest.mark.parametrize(
    "sql",
    [
        # Asking for the next value writes.
        "SELECT NEXTVAL(others)",
        "SELECT SETVAL(others, 9)",
        "INSERT INTO orders (id) VALUES (NEXTVAL(others))",
        # How often it is asked would tell, or in which order.
        "SELECT COALESCE(ssn, NEXTVAL(numbers)) FROM people",
        "SELECT CONCAT(ssn, NEXTVAL(numbers)) FROM people",
        "SELECT IF(ssn LIKE '9%', NEXTVAL(numbers), 0) FROM people",
        "SELECT ssn, NEXTVAL(numbers) FROM people",
        "SELECT id, NEXTVAL(numbers) FROM people",
        "SELECT id, (SELECT NEXTVAL(numbers)) FROM people",
        "SELECT NEXTVAL(numbers) FROM orders WHERE id IN (SELECT id FROM people)",
        "SELECT n FROM (SELECT id, NEXTVAL(numbers) AS n FROM people) d",
        "INSERT INTO orders SELECT NEXTVAL(numbers), pub FROM people",
        "INSERT INTO people (id, ssn) VALUES (NEXTVAL(numbers), 'a'), (NEXTVAL(numbers), '901-23-4567')",
        "INSERT INTO people (id, pub) VALUES (NEXTVAL(numbers), 'z') ON DUPLICATE KEY UPDATE pub = ssn",
        "UPDATE people SET pub = NEXTVAL(numbers) WHERE id = 1",
        "DELETE FROM people WHERE id = NEXTVAL(numbers)",
        "SELECT SETVAL(numbers, (SELECT LENGTH(ssn) FROM people WHERE id = 1))",
        # Itself protected.
        "SELECT NEXTVAL(hidden)",
        "SELECT LASTVAL(hidden)",
        # Where nobody looks at what hangs on it.
        "SELECT n FROM next_number",
        "DO NEXTVAL(numbers)",
        "SET @a = NEXTVAL(numbers)",
        "SELECT NEXTVAL(numbers) INTO @a",
        "CREATE TEMPORARY TABLE scratch AS SELECT NEXTVAL(numbers) AS n",
        "CREATE VIEW v AS SELECT NEXTVAL(numbers) AS n",
        "DELETE FROM orders WHERE NEXTVAL(numbers)",
        "DELETE FROM orders WHERE NEXTVAL(numbers) > 0",
    ],
)
def test_elsewhere_they_are_refused(sql, server, wire):
    before = server.rows("SELECT next_not_cached_value FROM seq.numbers")
    assert refusal(wire, sql).startswith("[POSTERN-")
    assert server.rows("SELECT next_not_cached_value FROM seq.numbers") == before
    assert b"901-23" not in wire.received


def test_what_is_no_sequence_has_no_values(server, wire):
    for name in ("orders", "people", "next_number", "nosuch"):
        assert refusal(wire, f"SELECT NEXTVAL({name})").startswith("[POSTERN-")
