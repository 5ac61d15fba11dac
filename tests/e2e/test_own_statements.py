"""A KILL QUERY by an administrator that hits a statement of the gateway's own: the session goes on."""

import pytest
from wire import ServerError, Wire

INTERRUPTED = 1317
ROUNDS = 120
# Each has the gateway send something of its own, before, behind or in front of the next.
STATEMENTS = {
    "guard role": ["SELECT id, email FROM shop.customers"],
    "read back": ["SET NAMES latin1", "SELECT id FROM shop.orders", "SET NAMES utf8mb4", "SELECT id FROM shop.orders"],
    "table": [
        "CREATE TEMPORARY TABLE IF NOT EXISTS shop.scratch (id INT)",
        "SELECT id FROM shop.scratch",
        "DROP TEMPORARY TABLE IF EXISTS shop.scratch",
    ],
}


@pytest.fixture
def wire(gateway, mint):
    with Wire(gateway.port, gateway.authority) as wire:
        yield wire.login(mint.token("engineer-1", ["agents-engineering"]), database="shop")


@pytest.mark.parametrize("kind", sorted(STATEMENTS))
def test_a_kill_that_hits_a_statement_of_the_gateways_own_costs_no_session(kind, wire, server):
    # Within an expression it is the server's own number.
    [[[number]]] = wire.query("SELECT CONNECTION_ID() + 0")
    with server.connect() as connection, connection.cursor() as cursor:
        for _ in range(ROUNDS):
            for sql in STATEMENTS[kind]:
                wire.send(b"\x03" + sql.encode(), sequence=0)
                cursor.execute(f"KILL QUERY {number.decode()}")
                try:
                    wire._results(wire._text_row)
                except ServerError as error:
                    told = error.code, error.text
                    assert error.code == INTERRUPTED or "POSTERN-UNKNOWN-NAME" in error.text, told
    # Whatever was hit, the session goes on.
    assert wire.query("SELECT id FROM shop.orders ORDER BY id LIMIT 1") == [[[b"1"]]]
