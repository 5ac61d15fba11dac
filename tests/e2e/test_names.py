"""Names of columns outside ASCII: folded as the servers fold them, and found in what a table computes."""

import pytest
from wire import ServerError, Wire

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
on = ["names.*"]

[[protect]]
name = "pii"
columns = ["names.*.`ΚΩΔΙΚΌΣ`", "names.*.`μισθόσ`", "names.*.`größe`", "names.*.`ССН`"]
"""

DATA = """
SET NAMES utf8mb4;
DROP DATABASE IF EXISTS names; CREATE DATABASE names CHARACTER SET utf8mb4;
CREATE TABLE names.codes (id INT PRIMARY KEY, `ΚΩΔΙΚΌΣ` VARCHAR(30), `ССН` VARCHAR(30), pub VARCHAR(30));
INSERT INTO names.codes VALUES (1, '901-23-4567', '901-23-4567', 'x');
CREATE TABLE names.wages (id INT PRIMARY KEY, `μισθόσ` VARCHAR(30), pub VARCHAR(30));
INSERT INTO names.wages VALUES (1, '901-23-4567', 'x');
CREATE TABLE names.sizes (
    id INT PRIMARY KEY, `größe` VARCHAR(30), told VARCHAR(40) AS (CONCAT(`größe`, '!')) VIRTUAL,
    filled VARCHAR(40) DEFAULT (CONCAT(`größe`, '?')), k VARCHAR(30), pub VARCHAR(30), CHECK (`größe` <> k)
);
INSERT INTO names.sizes (id, `größe`, k, pub) VALUES (1, '901-23-4567', 'k', 'x');
"""
VALUE = b"901-23-4567"


@pytest.fixture
def names(server, own_gateway, mint):
    """A connection by hand to tables with such names."""
    server.run(DATA)
    server.run("GRANT SELECT, INSERT, UPDATE, DELETE ON names.* TO 'writer'@'%'")
    gateway = own_gateway(policy=POLICY, guard_role=None).start()
    token = mint.token("engineer-1", ["agents-engineering"])
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(token, database="names")
        yield wire


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT `κωδικόσ`, `ссн` FROM codes",
        "SELECT * FROM codes",
        "SELECT (SELECT `κωδικόσ` FROM codes LIMIT 1) FROM (SELECT 1 AS `κωδικόσ`) d",
        "SELECT (SELECT `ΚΩΔΙΚΌΣ` FROM (SELECT 1 AS `κωδικός`) d) FROM codes",
        "SELECT (SELECT CONCAT(`ΜΙΣΘΌΣ`, '') FROM wages LIMIT 1) FROM (SELECT 'a' AS `μισθός`) d",
        "SELECT pub FROM wages NATURAL JOIN (SELECT '901-23-4567' AS `ΜΙΣΘΌΣ`) d",
        "SELECT told, filled FROM sizes",
        "SELECT * FROM sizes",
        "SELECT id FROM sizes WHERE told LIKE '9%'",
        "UPDATE sizes SET k = '901-23-4567' WHERE id = 1",
    ],
)
def test_a_name_is_the_column_that_the_server_takes_it_for(sql, names):
    try:
        results = names.query(sql)
    except ServerError as error:
        assert error.text.startswith("[POSTERN-"), sql
        return
    cells = [cell for rows in results for row in rows for cell in row if cell is not None]
    assert b"[redacted]" in cells, "neither refused nor masked"
    assert not any(VALUE in cell for cell in cells)


def test_names_in_any_letter_case_are_read(names):
    assert names.query("SELECT `ΜΙΣΘΌΣ`, `PUB` FROM wages") == [[[b"[redacted]", b"x"]]]
    assert names.query("SELECT `GRÖßE` FROM sizes") == [[[b"[redacted]"]]]
    assert names.query("SELECT pub FROM sizes") == [[[b"x"]]]
