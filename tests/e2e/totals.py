"""Expressions over columns of every type, and whether a server does the same over other values.

What Postern lets be computed over a protected column must be the same to the client whatever the
column holds: no error, no warning, no column definition, no status may hang on it. Here stand the
tables, which differ in nothing but values, and the expressions; the product says which it allows.
"""

import json
import random
import re
import struct
from itertools import product

import pymysql
from gateway import binary
from programs import run
from pymysql.constants import COMMAND

# Where the rows are: hostile values, plain ones, and nothing but NULL.
SCHEMAS = ["total_a", "total_b", "total_c"]

# Column, its type, and hostile values; the first is a plain one.
_TEXTS = ["'plain'", "''", "' '", "'0'", "'-1e400'", "'O''Brien\\\\%_'", "'0000-00-00'", "'{'", "'99999999999999999999'"]
_NUMBERS = ["1", "0", "-1", "127"]
_TIMES = ["'2024-02-29 13:14:15'", "'0000-00-00'", "'9999-12-31 23:59:59'", "'1970-01-01 00:00:01'", "'2037-12-31'"]
TYPES = [
    ("c_char", "CHAR(10)", _TEXTS),
    ("c_text", "VARCHAR(200)", [*_TEXTS, "CONVERT(X'F09F9880C4B0E284AA' USING utf8mb4)", "REPEAT('x', 200)"]),
    ("c_bin", "VARCHAR(40) COLLATE utf8mb4_bin", _TEXTS),
    ("c_latin1", "VARCHAR(40) CHARACTER SET latin1", [*_TEXTS, "CONVERT(X'C4FF80' USING latin1)"]),
    ("c_ascii", "VARCHAR(40) CHARACTER SET ascii", _TEXTS),
    ("c_utf8", "VARCHAR(40) CHARACTER SET utf8mb3", [*_TEXTS, "CONVERT(X'E284AA' USING utf8mb3)"]),
    ("c_utf16", "VARCHAR(40) CHARACTER SET utf16", [*_TEXTS, "CONVERT(X'F09F9880' USING utf8mb4)"]),
    ("c_utf32", "VARCHAR(40) CHARACTER SET utf32", _TEXTS),
    ("c_sjis", "VARCHAR(40) CHARACTER SET sjis", [*_TEXTS, "CONVERT(X'835C' USING sjis)"]),
    ("c_long", "LONGTEXT", [*_TEXTS, "REPEAT('x', 300000)"]),
    ("c_enum", "ENUM('plain', '', '1', 'O''Brien')", ["'plain'", "''", "'1'", "4"]),
    ("c_set", "SET('a', 'b', '1', '-1e400')", ["'a'", "''", "'a,1'", "15"]),
    ("c_binary", "BINARY(4)", ["'abcd'", "''", "X'00FF8041'", "X'27275C25'"]),
    ("c_bytes", "VARBINARY(60)", ["'plain'", "''", "X'FF'", "X'F09F98'", "X'C3'", "REPEAT(X'00', 60)"]),
    ("c_blob", "MEDIUMBLOB", ["'plain'", "''", "X'FFFE'", "REPEAT(X'FF', 70000)"]),
    ("c_tiny", "TINYINT", [*_NUMBERS, "-128"]),
    ("c_int", "INT", [*_NUMBERS, "-2147483648", "2147483647"]),
    ("c_fill", "INT UNSIGNED ZEROFILL", ["1", "0", "4294967295"]),
    ("c_big", "BIGINT", [*_NUMBERS, "9223372036854775807", "-9223372036854775808"]),
    ("c_huge", "BIGINT UNSIGNED", ["1", "0", "18446744073709551615"]),
    ("c_year", "YEAR", ["2024", "0", "1901", "2155"]),
    ("c_bit", "BIT(64)", ["1", "0", "b'1111111111111111111111111111111111111111111111111111111111111111'"]),
    ("c_decimal", "DECIMAL(65,30)", [*_NUMBERS, f"{'9' * 35}.{'9' * 30}", "-0.000000000000000000000000000001"]),
    ("c_whole", "DECIMAL(10,0)", ["1", "-9999999999", "0"]),
    ("c_float", "FLOAT", [*_NUMBERS, "3.4e38", "-1e-38"]),
    ("c_double", "DOUBLE", [*_NUMBERS, "1.7976931348623157e308", "-2.2e-308"]),
    ("c_date", "DATE", _TIMES),
    ("c_time", "TIME(6)", ["'13:14:15'", "'-838:59:59'", "'00:00:00'", "'838:59:59'"]),
    ("c_datetime", "DATETIME(6)", [*_TIMES, "'1000-01-01 00:00:00.000001'"]),
    ("c_stamp", "TIMESTAMP(3) NULL", _TIMES),
    ("c_json", "JSON", ["'{\"a\": 1}'", "'null'", "'[1, [2, {\"b\": \"x\"}]]'", "'\"text\"'", "'-1.5e300'"]),
    ("c_place", "GEOMETRY", ["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"]),
]
_OWN_TYPES = {
    "mysql": [("c_vector", "VECTOR(3)", ["TO_VECTOR('[1,2,3]')", "TO_VECTOR('[-100000,0,0.5]')"])],
    "mariadb": [
        ("c_uuid", "UUID", ["'123e4567-e89b-12d3-a456-426655440000'", "'00000000-0000-0000-0000-000000000000'"]),
        ("c_inet6", "INET6", ["'::1'", "'::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"]),
        ("c_inet4", "INET4", ["'127.0.0.1'", "'0.0.0.0'"]),
    ],
}
LITERALS = ["'a'", "''", "'-1e400'", "1", "-1", "0", "1.5", "1e300", "1000000", "NULL", "TRUE", "X'FF'", "DATE '2020-01-01'"]
# A column of each kind, for what takes two.
FEW = ["c_text", "c_latin1", "c_enum", "c_bytes", "c_int", "c_huge", "c_decimal", "c_year", "c_bit", "c_datetime", "c_time", "c_json", "c_place"]
# Over one operand, and over two.
ONE = [
    "{0}", "({0})", "+{0}", "-{0}", "~{0}", "!{0}", "NOT {0}", "{0} IS NULL", "{0} IS NOT NULL", "{0} IS TRUE",
    "{0} IS NOT UNKNOWN", "BINARY {0}", "CAST({0} AS CHAR)", "CAST({0} AS BINARY)", "CAST({0} AS SIGNED)",
    "CONVERT({0} USING utf8mb4)", "CONVERT({0} USING latin1)", "{0} COLLATE utf8mb4_bin", "{0} COLLATE latin1_bin",
    "TRIM(LEADING FROM {0})", "{{fn LCASE({0})}}", "(SELECT {0})", "EXISTS (SELECT {0})", "{0} IN (SELECT 1)",
    "(SELECT MAX({0}) FROM t)", "MIN({0}) OVER (ORDER BY id)", "FIRST_VALUE({0}) OVER (ORDER BY id)",
    "LAG({0}) OVER (ORDER BY id)", "COUNT({0}) OVER (PARTITION BY id)", "CASE WHEN id > 3 THEN {0} END", "IF(id > 3, {0}, NULL)", "GROUP_CONCAT({0})",
    "COUNT(DISTINCT {0})", "(SELECT d.{0} FROM (SELECT {0} FROM t LIMIT 1) d)", "CHAR({0})", "WEIGHT_STRING({0})",
    "(SELECT COUNT(d.x) FROM (SELECT {0} AS x FROM t UNION ALL SELECT {0} FROM t) d)",
]
TWO = [
    "{0} = {1}", "{0} <=> {1}", "{0} <> {1}", "{0} < {1}", "{0} >= {1}", "{0} BETWEEN {1} AND {1}",
    "{1} BETWEEN {0} AND {1}", "{0} IN ({1}, {1})", "{0} IN ('a', {1})", "{0} LIKE {1}", "{0} NOT LIKE {1} ESCAPE '|'",
    "{0} || {1}", "{0} AND {1}", "{0} XOR {1}", "{0} + {1}", "{0} DIV {1}", "{0} & {1}", "{0} REGEXP {1}",
    "{0} SOUNDS LIKE {1}", "CASE WHEN id > 3 THEN {0} ELSE {1} END", "IF(id > 3, {0}, {1})", "COALESCE(NULL, {0}, {1})",
    "COALESCE({0}, {1})", "CASE {0} WHEN {1} THEN 1 END", "TRIM({1} FROM {0})", "TRIM(BOTH {0} FROM {1})",
    "({0}, id) = ({1}, 1)", "CONCAT_WS({0}, {1}, {0})", "SUBSTRING({0} FROM {1})", "POSITION({0} IN {1})",
    "INTERVAL({0}, {1})", "{0} + INTERVAL {1} DAY",
    "(SELECT COUNT(d.x) FROM (SELECT {0} AS x FROM t UNION ALL SELECT {1} FROM t) d)",
]
# What must be computed over all rows at once.
_AGGREGATES = re.compile(
    r"(?:avg|bit_and|bit_or|bit_xor|count|group_concat|json_arrayagg|json_objectagg|max|min|std\w*|sum|var\w*|"
    r"any_value|median|percentile\w*)\(", re.IGNORECASE
)
_AT_ONCE = 150
# How many of the expressions that are not tried always.
_SAMPLE = 2500
_CASES_A_FILE = 100
# NO_GOOD_INDEX_USED, NO_INDEX_USED, QUERY_WAS_SLOW: the gateway hides them.
_PLAN_FLAGS = 0x0830


def types(kind):
    return TYPES + _OWN_TYPES[kind]


def set_up(server):
    """Makes the tables: as many rows in each, a NULL among them."""
    columns = types(server.kind)
    definition = ", ".join(f"{name} {of}" for name, of, _ in columns)
    rows = max(len(values) for _, _, values in columns) + 1
    script = ["SET sql_mode = ''", "SET time_zone = '+00:00'"]
    for schema in SCHEMAS:
        script += [
            f"DROP DATABASE IF EXISTS {schema}",
            f"CREATE DATABASE {schema} CHARACTER SET utf8mb4",
            f"CREATE TABLE {schema}.t (id INT PRIMARY KEY, {definition}) CHARACTER SET utf8mb4",
        ]
        for index in range(rows):
            given = [_value(schema, index, values) for _, _, values in columns]
            script.append(f"INSERT IGNORE INTO {schema}.t VALUES ({index}, {', '.join(given)})")
    server.run(";".join(script))
    for schema in SCHEMAS:
        assert server.rows(f"SELECT COUNT(*) FROM {schema}.t") == ((rows,),)


def _value(schema, index, values):
    if schema == "total_b":
        return values[0]
    # The rows of hostile values end with a NULL of every column.
    if schema == "total_c" or index == 0 and len(values) > 1:
        return "NULL"
    return values[index % len(values)]


def expressions(server, lists, everything):
    """Expressions over the columns, of which the product will allow some."""
    every = [name for name, _, _ in types(server.kind)]
    few = [name for name in FEW if name in every]
    total = [name for name in lists["total"] if name in lists["ordinary"]]
    always = {template.format(column): None for template in ONE for column in every}
    for name, column in product(total, every):
        always.update(dict.fromkeys(calls(name, column, [column], False)))
    more = {}
    columns = every if everything else few
    for template, column in product(TWO, columns):
        more.update(dict.fromkeys(template.format(column, other) for other in LITERALS + columns))
        more.update(dict.fromkeys(template.format(literal, column) for literal in LITERALS))
    for name, column in product(lists["ordinary"], columns):
        beside = ["", f", {column}", ", 1", ", 'a'", ", 1, 'a'"]
        more.update(dict.fromkeys(f"{name}({column}{rest})" for rest in beside))
        more[f"{name}('a', {column})"] = None
    for name, column in product(total, every):
        more.update(dict.fromkeys(calls(name, column, columns, True)))
    more = list(more) + _nested(total, few)
    return list(always) + (more if everything else random.Random(4).sample(more, _SAMPLE))


def _nested(total, columns):
    """One in another."""
    alone = {"first_value", "last_value", "count", "min", "max", "any_value"}
    plain = [name for name in total if name not in alone]
    beside = [("", ""), (", 1", ", 1"), (", 'x'", ", 'x'"), (", 9, '0'", ", 'x', ''")]
    nested = [
        f"{outer}({name}({column}{inner}){rest})"
        for outer, name, column in product(plain, plain, columns)
        for inner, rest in beside
    ]
    behind = ["= 'a'", "< 1", "LIKE 'a%'", "|| 'a'", "IS TRUE"]
    nested += [f"{name}({of}) {rest}" for name, of, rest in product(plain, columns, behind)]
    return nested


# How many arguments the total functions take; the others, one.
ARGUMENTS = {
    "concat": (1, 2, 3), "concat_ws": (2, 3), "left": (2,), "right": (2,), "substr": (2, 3), "substring": (2, 3),
    "mid": (2, 3), "substring_index": (3,), "sha2": (2,), "replace": (3,), "lpad": (3,), "rpad": (3,),
    "locate": (2, 3), "position": (), "instr": (2,),
}
_PAIRS = [("'a'", "''"), ("'-'", "'x'"), ("'é'", "'ß'"), ("11", "'0'"), ("0", "''"), ("1024", "'é'"), ("1", "2"), ("-2", "1000000"), ("'a'", "-1"), ("''", "1"), ("2", "-1"), ("NULL", "1"), ("X'FF'", "1")]


def calls(name, column, others, much):
    counts = ARGUMENTS.get(name, (1,))
    over = " OVER (ORDER BY id)" if name in ("first_value", "last_value") else ""
    if 1 in counts:
        yield f"{name}({column}){over}"
    if 2 in counts:
        beside = LITERALS if much else ["1", "'a'", "X'FF'"]
        yield from (f"{name}({column}, {literal})" for literal in beside)
        yield from (f"{name}({literal}, {column})" for literal in beside)
        yield from (f"{name}({column}, {other})" for other in others)
    if 3 in counts:
        yield from (f"{name}({column}, {first}, {second})" for first, second in _PAIRS)
        yield from (f"{name}('a', {column}, {other})" for other in (*others, "1", "X'FF'"))


_CATALOG = """\
server = "{version}"
[[table]]
name = "total_a.t"
columns = [{columns}]
primary_key = ["id"]
"""
_POLICY = """\
version = 1
[[role]]
name = "agent"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"
[[role.rule]]
name = "reads"
effect = "allow"
statements = ["read"]
on = ["total_a.*"]
[[protect]]
name = "all"
columns = [{columns}]
influence = "never"
"""
_CASE = """\
[[case]]
name = "{number}"
role = "agent"
target = "shop"
database = "total_a"
sql = {sql}
expect = "allow"
"""


def allowed(server, folder, made):
    """Those that the product computes over protected columns."""
    version = server.rows("SELECT VERSION()")[0][0]
    columns = [_in_catalog(name, of) for name, of, _ in types(server.kind)]
    protected = [f'"*.*.{name}"' for name, _, _ in types(server.kind)]
    (folder / "catalog.toml").write_text(_CATALOG.format(version=version, columns=", ".join(['"id int"', *columns])))
    (folder / "policy.toml").write_text(_POLICY.format(columns=", ".join(protected)))
    cases = folder / "cases"
    cases.mkdir()
    for start in range(0, len(made), _CASES_A_FILE):
        texts = [
            _CASE.format(number=start + index, sql=json.dumps(f"SELECT {text} FROM t"))
            for index, text in enumerate(made[start : start + _CASES_A_FILE])
        ]
        (cases / f"{start:08}.toml").write_text("".join(texts))
    done = run(
        [binary(), "policy", "test", "--json", "--policy", folder / "policy.toml", "--catalog", folder / "catalog.toml", cases],
        seconds=3000,
    )
    report = json.loads(done.stdout)
    assert not report["mistakes"], report["mistakes"]
    answers = [case for file in report["files"] for case in file["cases"]]
    assert len(answers) == len(made)
    return [made[int(case["name"])] for case in answers if case["passed"]]


def _in_catalog(name, of):
    data_type = re.match(r"\w+", of).group().lower()
    charset = re.search(r"CHARACTER SET (\w+)", of)
    return f'"{name} {data_type}' + (f' charset {charset.group(1)}"' if charset else '"')


class Differing:
    """Runs expressions over all tables, and finds those that do not come out alike."""

    def __init__(self, server, mode):
        self.found = []
        self.invalid = 0
        self._server = server
        self._connections = [self._connect(schema, mode) for schema in SCHEMAS]

    def _connect(self, schema, mode):
        connection = self._server.connect(database=schema, conv={}, use_unicode=False)
        connection.query(f"SET sql_mode = '{mode}', time_zone = '+00:00'")
        return connection

    def close(self):
        for connection in self._connections:
            connection.close()

    def check(self, texts):
        """Checks them all; how many are together hangs on nothing."""
        aggregates = [text for text in texts if _AGGREGATES.match(text) and " OVER " not in text]
        together = set(aggregates)
        for group in (aggregates, [text for text in texts if text not in together]):
            for start in range(0, len(group), _AT_ONCE):
                self._halve(group[start : start + _AT_ONCE])

    def _halve(self, texts):
        answers = [self._answer(connection, texts) for connection in self._connections]
        # Told before any row is read, it is the same whatever the rows hold.
        alike = all(answer == answers[0] for answer in answers)
        if alike and isinstance(answers[0], tuple):
            return
        if len(texts) > 1:
            middle = len(texts) // 2
            self._halve(texts[:middle])
            self._halve(texts[middle:])
        elif alike:
            self.invalid += 1
        else:
            self.found.append((texts[0], answers))

    def _answer(self, connection, texts):
        """All that a client is told besides the rows; an error as one text."""
        items = ", ".join(f"{text} AS x{index}" for index, text in enumerate(texts))
        told, rows = [], 0
        try:
            connection._execute_command(COMMAND.COM_QUERY, f"SELECT {items} FROM t".encode())
            while sum(packet[:1] == b"\xfe" for packet in told) < 2:
                packet = connection._read_packet()
                # Of the rows, which hold the values, only their number.
                if told and told[-1][:1] == b"\xfe" and not packet.is_eof_packet():
                    rows += 1
                else:
                    told.append(packet.get_all_data().replace(connection.db, b""))
        except pymysql.Error as error:
            return f"{error.args}"
        warnings, status = struct.unpack_from("<HH", told[-1], 1)
        return told[:-2], warnings, status & ~_PLAN_FLAGS, rows
