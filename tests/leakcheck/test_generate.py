"""The generator: the same for the same seed, valid on both servers, and honest where it says so."""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import generate_coverage  # noqa: E402
import pymysql  # noqa: E402
from generate import Generator  # noqa: E402
from grammar_text import Grammar  # noqa: E402
from pymysql.constants import CLIENT  # noqa: E402
from schema import KINDS, WORLDS, Schema  # noqa: E402
from servers import Server  # noqa: E402

NAMES = ("plain", "indexed")
GRAMMAR = Grammar.load(HERE / "grammar")
SCHEMAS = {name: Schema.load(HERE / "schemas" / f"{name}.toml") for name in NAMES}
# What a server calls its types; each must stand somewhere protected, with NULL and without.
_TYPES = {
    "both": """tinyint smallint mediumint int bigint decimal float double bit year date time datetime timestamp
        char varchar tinytext text mediumtext longtext binary varbinary tinyblob blob mediumblob longblob enum set
        json point geometry boolean""".split(),
    "mysql": ["vector"],
    "mariadb": ["uuid", "inet4", "inet6"],
}
_VALID_MIN = 0.85
_LIMITS = {"mysql": "SET SESSION max_execution_time = 2000", "mariadb": "SET SESSION max_statement_time = 2"}


def _generator(name="plain", kind="mysql", seed=7):
    return Generator(GRAMMAR, SCHEMAS[name], kind, seed)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_case_hangs_on_seed_and_number_alone(name, kind):
    first = [_generator(name, kind).case(number) for number in range(50)]
    backwards = [_generator(name, kind).case(number) for number in reversed(range(50))]
    assert first == backwards[::-1]


def test_another_seed_gives_other_cases():
    assert [_generator(seed=1).case(n) for n in range(20)] != [_generator(seed=2).case(n) for n in range(20)]


@pytest.mark.parametrize(("source", "is_total"), [("<table>", True), ("<table> CROSS JOIN <table>", False)])
def test_an_order_by_keys_that_a_join_repeats_is_not_total(source, is_total, tmp_path):
    shutil.copytree(HERE / "grammar", tmp_path, dirs_exist_ok=True)
    cases = tmp_path / "10-cases.txt"
    rules = re.sub(r"(?m)^(case|named-query):.*\n(  .*\n)+", "", cases.read_text())
    cases.write_text(
        f"{rules}\ncase: common\n  1 WITH <common> <outer>\n\nouter: scope\n  1 SELECT 1 FROM <^table><total-order>\n"
        f"\nnamed-query: scope\n  1 SELECT <named-items> FROM <^from>\n".replace("<^from>", source.replace("<", "<^"))
    )
    generator = Generator(tmp_path, SCHEMAS["indexed"], "mysql", 7)
    steps = [step for number in range(200) for step in generator.case(number).steps]
    over_common = [step for step in steps if re.search(rb"FROM c\d+ .*ORDER BY", step.sql)]
    assert over_common
    assert {step.ordered for step in over_common} == {is_total}


def test_a_grammar_that_speaks_of_nothing_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("case:\n  1 SELECT <nothing>\n")
    with pytest.raises(ValueError, match="nothing"):
        Generator(tmp_path, SCHEMAS["plain"], "mysql", 1)


@pytest.mark.parametrize("line", ["  SELECT 1", "  1 SELECT ?40( 1", "  1 SELECT 1 )?", "Case!:"])
def test_a_line_that_is_no_production_is_refused(tmp_path, line):
    (tmp_path / "a.txt").write_text(f"case:\n{line}\n")
    with pytest.raises(ValueError, match="a.txt:2"):
        Grammar.load(tmp_path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_honest_sessions_use_protected_columns_as_output_alone(name, kind):
    generator = _generator(name, kind)
    cases = [generator.case(number) for number in range(1500)]
    assert {step.uses for case in cases if not case.attack for step in case.steps} == {"none", "output", "write"}
    assert 0.4 < sum(case.attack for case in cases) / len(cases) < 0.6


@pytest.mark.parametrize("kind", KINDS)
def test_a_protected_column_under_a_condition_is_influence(kind, tmp_path):
    (tmp_path / "a.txt").write_text(
        "case: scope\n  1 SELECT <^table-of person><column text> WHERE <!protected text> > 'a'\n"
        "literal-text:\n  1 'x'\n"
    )
    cases = [Generator(tmp_path, SCHEMAS["plain"], kind, 1).case(number) for number in range(20)]
    assert {step.uses for case in cases for step in case.steps} == {"influence"}


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_stand_in_the_order_of_their_marks(kind):
    generator = _generator(kind=kind)
    steps = [step for number in range(2000) for step in generator.case(number).steps if step.parameters]
    assert len(steps) > 50
    bare = [re.sub(rb"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"", b"", step.sql) for step in steps]
    assert [sql.count(b"?") for sql in bare] == [len(step.parameters) for step in steps]


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_stands_protected_with_null_and_without(kind):
    columns = SCHEMAS["plain"].protected(kind)
    kinds = {re.match(r"\w+", column.type)[0].lower() for column in columns}
    assert kinds >= set(_TYPES["both"] + _TYPES[kind])
    assert {column.is_null for column in columns} == {True, False}
    for word in ("UNSIGNED", "ZEROFILL", "utf16", "utf32", "ucs2", "latin1", "(6)"):
        assert any(word in column.type for column in columns), word


@pytest.mark.parametrize("kind", KINDS)
def test_the_worlds_differ_in_protected_columns_alone(kind):
    schema = SCHEMAS["plain"]
    for column in (column for table in schema.tables for column in table.columns if kind in column.kinds):
        a, b = ([schema.value(column, world, row, kind) for row in range(6)] for world in WORLDS)
        same = not column.protected or column.influence == "any" or column.table == "keyed"
        assert (a == b) == same, column
        assert ("NULL" in a) <= column.is_null, column


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_protects_what_the_schema_calls_protected(name):
    document = tomllib.loads((HERE / "policies" / f"{name}.toml").read_text())
    policy = {column for entry in document["protect"] for column in entry["columns"]}
    schema = {
        f"lk.{column.table}.{column.name}"
        for table in SCHEMAS[name].tables
        for column in table.columns
        if column.protected and not column.is_generated
    }
    assert policy == schema


@pytest.mark.parametrize("kind", KINDS)
def test_few_productions_are_never_reached(kind):
    generator = _generator(kind=kind)
    for number in range(6000):
        generator.case(number)
    missing = generate_coverage.unreached(GRAMMAR, SCHEMAS["plain"], kind, generator.reached)
    productions = sum(len(rule.productions) for rule in GRAMMAR.rules.values())
    assert len(missing) < productions / 5, missing
    assert len(generate_coverage.functions(generator.reached)) > 250


@pytest.mark.parametrize("kind", KINDS)
def test_both_servers_take_most_statements(kind, tmp_path):
    server = Server(kind, tmp_path)
    try:
        for name in NAMES:
            taken, sent = _send(server, SCHEMAS[name], kind)
            assert taken / sent >= _VALID_MIN, f"{name}: {taken} of {sent}"
    finally:
        server.stop()


def _send(server, schema, kind, cases=200):
    """How many of the statements that are not made to fail the server takes, of how many."""
    connection = server.connect()
    with connection.cursor() as cursor:
        for statement in schema.setup(kind, "a"):
            cursor.execute(statement)
    taken = sent = 0
    generator = _generator(schema.name, kind)
    for number in range(cases):
        case = generator.case(number)
        # Some types are nothing that this client decodes, so it shall not try.
        client = server.connect(
            database=schema.database, client_flag=CLIENT.MULTI_STATEMENTS, use_unicode=False, conv={}
        )
        with client, client.cursor() as cursor:
            cursor.execute(_LIMITS[kind])
            for step in (step for step in case.steps if not step.provoked):
                sent += 1
                taken += _takes(cursor, step)
    return taken, sent


def _takes(cursor, step):
    try:
        cursor.execute(_with_parameters(step))
        while cursor.nextset():
            pass
    except pymysql.err.MySQLError:
        return False
    return True


def _with_parameters(step):
    """The text with its parameters written where their marks stand."""
    values = iter(step.parameters)

    def written(match):
        if match[0] != b"?":
            return match[0]
        kind, value = next(values)
        if kind == "null":
            return b"NULL"
        if kind == "bytes":
            return f"x'{value.hex()}'".encode()
        if kind in ("int", "unsigned", "float", "decimal"):
            return str(value).encode()
        return b"'" + value.replace("'", "''").encode() + b"'"

    return re.sub(rb"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|\?", written, step.sql)
