"""What Postern computes over protected columns is the same to a client whatever they hold."""

import json

import pytest
import totals
from gateway import binary
from programs import run

MODES = ["STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO", ""]
# Each tells something of the values, by an error, a warning, or a name of a type.
TELLING = [
    "CAST(c_text AS SIGNED)",
    "CAST(c_text AS CHAR(2))",
    "c_big * c_big",
    "EXP(c_int)",
    "REPEAT(c_text, c_big)",
    "c_datetime + INTERVAL 9000 YEAR",
    "(SELECT 1 FROM t x WHERE x.c_int = t.c_int)",
    # What stands behind a NULL is not computed.
    "CONCAT(c_text, 9223372036854775807 + id)",
    "CONCAT(c_text, (SELECT x.id FROM t x WHERE x.id >= t.id))",
]
TELLING_ON = {
    "mysql": [
        "TRIM(X'FF' FROM c_int)",
        "SUBSTRING_INDEX(c_decimal, X'FF', 1)",
        "LEFT(c_text, 'a')",
        "GROUP_CONCAT(c_long)",
    ],
    "mariadb": ["c_datetime = 'a'", "CRC32(c_text, 'a')", "LAST_VALUE(c_text, 'a' + 1)"],
}


@pytest.fixture(scope="module")
def functions(server):
    """The lists of functions, as the product prints them."""
    version = server.rows("SELECT VERSION()")[0][0]
    done = run([binary(), "policy", "lists", "--server", version, "--json"])
    found = {}
    for entry in json.loads(done.stdout):
        if entry["list"] == "function":
            found.setdefault(entry["standing"], []).append(entry["name"])
    return found


@pytest.fixture(scope="module")
def tables(server):
    totals.set_up(server)


def differing(server, mode, made):
    """Those that do not come out alike over all tables, and how many no table takes."""
    found = totals.Differing(server, mode)
    try:
        found.check(made)
    finally:
        found.close()
    return found


def test_what_is_computed_over_protected_columns_is_total(
    server, tables, functions, tmp_path, request
):
    everything = request.config.getoption("--total") == "all"
    made = totals.expressions(server, functions, everything)
    computed = totals.allowed(server, tmp_path, made)
    wrong = []
    for mode in MODES:
        run_in = differing(server, mode, computed)
        # What no table takes proves nothing.
        assert run_in.invalid < len(computed) // 10
        wrong += [f"{mode!r} {text}: {answers}" for text, answers in run_in.found]
    print(f"\n{server.kind}: {len(made)} expressions, {len(computed)} allowed, {len(wrong)} differ")
    assert len(computed) > 3000
    assert not wrong, "\n".join(wrong)


def test_every_total_function_is_among_them(server, tables, functions, tmp_path):
    own = [name for name in functions["total"] if name in functions["ordinary"]]
    made = {name: list(totals.calls(name, "c_text", ["c_text"], False)) for name in own}
    made["position"] = ["POSITION('a' IN c_text)"]
    texts = [text for texts in made.values() for text in texts]
    computed = set(totals.allowed(server, tmp_path, texts))
    assert len(own) > 35
    assert [name for name, texts in made.items() if not computed.intersection(texts)] == []


@pytest.mark.parametrize("mode", MODES)
def test_what_tells_of_values_is_found_and_refused(mode, server, tables, tmp_path):
    telling = TELLING + TELLING_ON[server.kind]
    found = {text for text, _ in differing(server, mode, telling).found}
    assert found == set(telling)
    assert totals.allowed(server, tmp_path, telling) == []


def test_the_character_set_of_a_column_is_the_same_for_every_value(server, tables):
    columns = [name for name, _, _ in totals.types(server.kind)]
    items = ", ".join(f"CHARSET({name}), COLLATION({name})" for name in columns)
    selects = [f"SELECT {items} FROM {schema}.t" for schema in totals.SCHEMAS]
    rows = {row for select in selects for row in server.rows(select)}
    assert len(rows) == 1
