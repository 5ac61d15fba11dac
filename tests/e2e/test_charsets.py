"""Results in every character set that they may come in: masked as in any other."""

import pytest
import shop
from wire import ServerError, Wire

# Python's names of the servers' sets.
SETS = {
    "utf8mb4": "utf-8",
    "latin1": "latin-1",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
    "ucs2": "utf-16-be",
    "gbk": "gbk",
    "sjis": "shift_jis",
    "big5": "big5",
    "cp1251": "cp1251",
    "koi8r": "koi8-r",
    "NULL": "utf-8",
    "binary": "utf-8",
}


@pytest.fixture
def wire(gateway, mint):
    with Wire(gateway.port, gateway.authority) as wire:
        yield wire.login(mint.token("engineer-1", ["agents-engineering"]), database="shop")


def check_clean(wire):
    for codec in {"utf-8", *SETS.values()}:
        for value in shop.PROTECTED:
            assert value.decode().encode(codec) not in wire.received


@pytest.mark.parametrize("name", SETS)
def test_results_come_and_are_masked_in_that_set(name, wire):
    wire.query(f"SET character_set_results = {name}")
    name_of_ada = "Ada".encode(SETS[name])
    for sql in (
        "SELECT id, name, email, ssn FROM shop.customers",
        "SELECT * FROM shop.customers",
        "SELECT name, CONCAT(email, ssn) AS c FROM shop.customers",
        "SELECT n.name, o.total FROM shop.customers n JOIN shop.orders o ON o.customer_id = n.id",
    ):
        for run in (wire.query, lambda text: wire.execute(wire.prepare(text)[0])):
            before = len(wire.received)
            assert len(run(sql)[0]) == 2
            assert name_of_ada in wire.received[before:]
    check_clean(wire)
    assert len(wire.query("SELECT @@character_set_client")[0]) == 1


@pytest.mark.parametrize("name", SETS)
def test_the_session_is_followed_in_that_set(name, wire):
    wire.query(f"SET character_set_results = {name}")
    wire.query("SET sql_mode = 'ANSI_QUOTES'")
    assert len(wire.query('SELECT "id", "name" FROM "shop"."customers"')[0]) == 2
    wire.query("USE shop")
    wire.query("CREATE TEMPORARY TABLE scratch (id INT, word VARCHAR(20))")
    wire.query("INSERT INTO scratch (id, word) VALUES (1, 'x')")
    assert len(wire.query("SELECT id, word FROM scratch")[0]) == 1
    wire.query("DROP TEMPORARY TABLE scratch")
    wire.command("RESET_CONNECTION")
    assert wire.query("SELECT 1") == [[[b"1"]]]
    check_clean(wire)


def test_statements_come_in_none_of_those(wire):
    for sql in (
        "SET NAMES utf16",
        "SET NAMES gbk",
        "SET character_set_client = gbk",
        "SET character_set_connection = sjis",
        "SET character_set_results = filename",
        "SET character_set_results = nosuch",
    ):
        with pytest.raises(ServerError) as raised:
            wire.query(sql)
        assert "POSTERN" in raised.value.text
