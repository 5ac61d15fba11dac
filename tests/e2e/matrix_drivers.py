"""The drivers of the matrix, the ways in which their users read rows, and how they are started."""

import json
import sys

from programs import ROOT, run

sys.path.append(str(ROOT / "tests/clients"))

import registry  # noqa: E402

_NODE = [
    "text",
    "text, strings",
    "text, numbers",
    "text, streamed",
    "prepared",
    "prepared, strings",
    "prepared, numbers",
    "prepared, streamed",
]

# The ways are the keys of each program's answer: text or prepared, then what is particular.
WAYS = {
    "PyMySQL": ["text", "text, latin1", "text, unconverted", "text, unbuffered"],
    "mysqlclient": ["text", "text, latin1", "text, unbuffered"],
    "asyncmy": ["text", "text, unbuffered"],
    "mysql-connector-python (pure)": [
        "text",
        "text, raw",
        "text, buffered",
        "prepared",
        "prepared, cursor",
    ],
    "mysql-connector-python (C)": ["text", "text, raw", "text, buffered", "prepared"],
    "MariaDB Connector/Python": ["text", "text, unbuffered", "prepared", "prepared, cursor"],
    "mysql2": _NODE,
    "mariadb": _NODE,
    "PHP mysqli": [
        "text",
        "text, numbers",
        "text, unbuffered",
        "prepared",
        "prepared, bound",
        "prepared, cursor",
    ],
    "PHP PDO": ["text", "text, strings", "text, unbuffered", "prepared", "prepared, unbuffered"],
    "MariaDB Connector/J": [
        "text",
        "text, integers",
        "text, streamed",
        "prepared",
        "prepared, integers",
        "prepared, streamed",
    ],
    "mysql_async": ["text", "text, streamed", "prepared", "prepared, streamed"],
    "sqlx": ["text", "prepared"],
}

# What a driver cannot read from the server itself: the kinds of columns.
_PHP_FAULTS = {"vector"}  # Type 242 is newer than PHP 8.2.
FAULTS = {
    # It takes the two bytes of a year for a string with its length.
    ("mysql-connector-python (pure)", "prepared"): {"year"},
    ("mysql-connector-python (pure)", "prepared, cursor"): {"year"},
    # It reads the zeroes in front of a number as the start of an octal one.
    ("MariaDB Connector/Python", "text"): {"zerofill integer"},
    ("MariaDB Connector/Python", "text, unbuffered"): {"zerofill integer"},
    # Type 242 ends its process.
    ("MariaDB Connector/Python", "prepared"): {"vector"},
    ("MariaDB Connector/Python", "prepared, cursor"): {"vector"},
    # Type 242 is unknown to it, and what follows is not read to its end.
    ("sqlx", "text"): {"vector"},
    ("sqlx", "prepared"): {"vector"},
    **{(php, way): _PHP_FAULTS for php in ("PHP mysqli", "PHP PDO") for way in WAYS[php]},
}


_TABLE_HEAD = """\
# Drivers

Made by `UPDATE_EXPECT=1 make drivers` out of `tests/e2e/matrix_drivers.py`; do not edit.

Each of these drivers, started as its users start it (a token as the password, TLS with a CA file), reads
tables with a column of every type of MySQL 9.7 and of MariaDB 10.11, NULL and NOT NULL, under every mask:
{masks}.
What it makes of the masked rows, values, types and flags, is compared with what it makes of the same
values in a table without protection, read around the gateway; both must be the same, without an error.

| driver | way | MySQL 9.7 | MariaDB 10.11 | not read |
|---|---|---|---|---|
"""


def table(masks):
    """The table of drivers, as docs/drivers.md has it."""
    names = ", ".join(f"`{mask}`" for mask in masks)
    lines = [_TABLE_HEAD.format(masks=names)]
    for driver, ways in WAYS.items():
        for way in ways:
            faults = ", ".join(sorted(FAULTS.get((driver, way), ())))
            lines.append(f"| {driver} | {way} | ok | ok | {faults} |\n")
    lines.append(
        "\nUnder *not read* stand types that the driver cannot read from the server itself; they are left\n"
        "out of its statements. The gateway does not offer MariaDB's extended types: a driver that would\n"
        "parse JSON by them gives its text. MySQL's own Connector/J is not among these drivers; Connector/J of\n"
        "MariaDB asks for no cursor, whatever its fetch size.\n"
    )
    return "".join(lines)


def ask(driver, port, user, password, authority, statements):
    """What a driver reads in each way, given the named statements of each."""
    settings = {
        "driver": driver,
        "host": "127.0.0.1",
        "port": port,
        "user": user,
        "password": password,
        "ca": str(authority),
        "statements": {way: list(named.values()) for way, named in statements.items()},
    }
    command, surroundings = registry.command(driver, "client")
    done = run(command, input=json.dumps(settings).encode(), env=surroundings)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return json.loads(done.stdout)
