"""The shop of the end-to-end tests: its data, its database accounts and the policy over it."""

from servers import GUARD_ROLE, READER, WRITER

# What must never be seen by an agent that is not cleared for it.
PROTECTED = [b"ada@corp.example", b"grace@corp.example", b"111-22-3333", b"444-55-6666"]

DATA = """
DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE TABLE shop.customers (
    id INT PRIMARY KEY, name VARCHAR(50), email VARCHAR(60) UNIQUE, ssn CHAR(11), joined DATE
);
INSERT INTO shop.customers VALUES
    (1, 'Ada', 'ada@corp.example', '111-22-3333', '2024-01-02'),
    (2, 'Grace', 'grace@corp.example', '444-55-6666', '2024-03-04');
CREATE TABLE shop.orders (
    id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT, total DECIMAL(10, 2), note TEXT, placed DATETIME
);
INSERT INTO shop.orders (customer_id, total, note, placed) VALUES
    (1, 12.50, 'first', '2024-05-06 07:08:09'), (2, 99.99, NULL, '2024-05-07 00:00:00');
CREATE TABLE shop.flags (name VARCHAR(40) PRIMARY KEY, enabled TINYINT);
INSERT INTO shop.flags VALUES ('new-checkout', 0);
"""

POLICY = """\
version = 1

[[role]]
name = "analytics"
groups = ["agents-analytics"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-shop"
effect = "allow"
statements = ["read", "session"]
on = ["shop.*"]

[[role]]
name = "engineering"
groups = ["agents-engineering"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "engineering-reads"
effect = "allow"
statements = ["read", "session"]
on = ["shop.*"]

[[role.rule]]
name = "write-orders"
effect = "allow"
statements = ["write"]
on = ["shop.orders"]

[[role.rule]]
name = "own-scratch-table"
effect = "allow"
statements = ["create temporary table", "drop temporary table", "write"]
on = ["shop.scratch"]

[[role.rule]]
name = "new-tables-need-a-human"
effect = "approve"
statements = ["create table"]
on = ["shop.*"]
approvers = ["dba"]
grant = { covers = "statement", valid = "30m", uses = 1 }

[[role.rule]]
name = "flags-need-a-human"
effect = "approve"
statements = ["write"]
on = ["shop.flags"]
approvers = ["dba"]
grant = { covers = "statement", valid = "30m", uses = 1 }

[[role]]
name = "ci"
groups = ["agents-ci"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "ci-reads"
effect = "allow"
statements = ["read", "session"]
on = ["shop.*"]

[[role.rule]]
name = "flags-for-a-while"
effect = "approve"
statements = ["write"]
on = ["shop.flags"]
approvers = ["dba"]
grant = { covers = "rule", valid = "30m", uses = 2 }

[[deny]]
name = "never"
statements = ["drop database", "alter user", "create user", "grant", "shutdown"]

[[protect]]
name = "pii"
columns = ["shop.customers.email", "*.*.ssn"]
mask = "hidden"
influence = "never"

[mask.hidden]
kind = "redact"
"""


def set_up(server):
    """Sets up data and accounts; the guard role alone may read protected columns."""
    server.run(DATA)
    server.add_catalog_account()
    plain = "SELECT (id, name, joined) ON shop.customers"
    server.add_account(READER, plain, "SELECT ON shop.orders", "SELECT ON shop.flags")
    # MySQL does not put UPDATE on a schema and SELECT on its table together, so both name the table.
    server.add_account(
        WRITER,
        plain,
        "SELECT, INSERT, UPDATE, DELETE ON shop.orders",
        "SELECT, INSERT, UPDATE, DELETE ON shop.flags",
        "CREATE, CREATE TEMPORARY TABLES, DROP, ALTER, INDEX ON shop.*",
    )
    server.run(
        f"DROP ROLE IF EXISTS {GUARD_ROLE}; CREATE ROLE {GUARD_ROLE};"
        f"GRANT SELECT ON shop.customers TO {GUARD_ROLE};"
        f"GRANT {GUARD_ROLE} TO '{READER.name}'@'%'; GRANT {GUARD_ROLE} TO '{WRITER.name}'@'%'"
    )
