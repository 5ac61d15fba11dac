"""Statements that a human must allow: the ticket, the answer, and what the answer covers."""

import hashlib
import json
import re
import sqlite3

import drivers
import pymysql
import pytest
from wire import LONG, ServerError, Wire

TICKET = re.compile(r"APR-[0-9A-Za-z-]+")


@pytest.fixture
def gateway(own_gateway):
    """Each test has tickets of its own."""
    return own_gateway().start()


@pytest.fixture
def engineer(gateway, mint):
    with connect(gateway, mint) as connection:
        yield connection


@pytest.fixture(autouse=True)
def no_new_tables(server):
    yield
    server.run("DROP TABLE IF EXISTS shop.invoices, shop.others; UPDATE shop.flags SET enabled = 0")


def connect(gateway, mint, subject="engineer-1", group="agents-engineering", **options):
    return drivers.pymysql_connect(gateway, mint.token(subject, [group]), **options)


FLAG = "UPDATE shop.flags SET enabled = {} WHERE name = 'new-checkout'"
CREATE = "CREATE TABLE shop.invoices (id INT PRIMARY KEY)"


def ticket_of(connection, sql):
    """Runs a statement that must ask; gives the ticket."""
    with pytest.raises(pymysql.err.MySQLError) as asked:
        connection.query(sql)
    code, text = asked.value.args[:2]
    assert code == 1227, text
    assert TICKET.search(text[:200]), text
    return TICKET.search(text).group()


def answer(gateway, verdict, ticket, approver="dana", code=0):
    sure = ["--yes"] if verdict == "approve" else []
    done = gateway.command("approvals", verdict, ticket, "--key", f"{approver}.seed", *sure)
    assert done.returncode == code, (done.stdout + done.stderr).decode()
    return done.stdout.decode() + done.stderr.decode()


def approve(gateway, ticket, approver="dana"):
    return answer(gateway, "approve", ticket, approver)


def exists(server, table):
    return bool(server.rows(f"SHOW TABLES FROM shop LIKE '{table}'"))


def test_an_approved_statement_passes_once(gateway, engineer, server):
    ticket = ticket_of(engineer, CREATE)
    assert not exists(server, "invoices")
    approve(gateway, ticket)
    engineer.query(CREATE)
    assert exists(server, "invoices")
    server.run("DROP TABLE shop.invoices")
    assert ticket_of(engineer, CREATE) != ticket


def test_the_refusal_says_what_to_do_next(engineer):
    with pytest.raises(pymysql.err.MySQLError) as asked:
        engineer.query(CREATE)
    text = asked.value.args[1]
    assert "POSTERN-APPROVAL" in text and "new-tables-need-a-human" in text
    assert len(text.encode()) <= 511


def test_asking_again_does_not_make_a_heap_of_tickets(gateway, engineer):
    tickets = {ticket_of(engineer, CREATE) for _ in range(3)}
    assert len(tickets) == 1
    assert len(listed(gateway)) == 1


def listed(gateway):
    done = gateway.command("approvals", "list", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_the_approver_sees_who_asks_for_what(gateway, engineer):
    ticket = ticket_of(engineer, CREATE)
    (entry,) = listed(gateway)
    assert entry["ticket"] == ticket
    assert (entry["subject"], entry["role"]) == ("engineer-1", "engineering")
    assert entry["statement"] == CREATE
    shown = gateway.command("approvals", "show", ticket).stdout.decode()
    assert CREATE in shown and "engineer-1" in shown


def test_an_approval_does_not_cover_another_statement(gateway, engineer, server):
    approve(gateway, ticket_of(engineer, CREATE))
    for other in (
        "CREATE TABLE shop.others (id INT PRIMARY KEY)",
        CREATE + " ",
        CREATE.replace("INT", "int"),
        CREATE + " /* x */",
    ):
        ticket_of(engineer, other)
    assert not exists(server, "invoices") and not exists(server, "others")


def test_an_approval_does_not_cover_another_principal(gateway, engineer, mint, server):
    approve(gateway, ticket_of(engineer, CREATE))
    with connect(gateway, mint, "engineer-2") as other:
        ticket_of(other, CREATE)
    assert not exists(server, "invoices")


def test_an_approval_does_not_cover_another_default_database(gateway, engineer, mint, server):
    approve(gateway, ticket_of(engineer, CREATE))
    with connect(gateway, mint, database="shop") as other:
        ticket_of(other, CREATE)
    assert not exists(server, "invoices")


def test_an_approval_covers_the_next_session_of_the_same_principal(gateway, engineer, mint, server):
    approve(gateway, ticket_of(engineer, CREATE))
    with connect(gateway, mint) as later:
        later.query(CREATE)
    assert exists(server, "invoices")


def test_an_approval_of_parameters_covers_these_parameters(gateway, mint, server):
    update = "UPDATE shop.flags SET enabled = ? WHERE name = ?"
    token = mint.token("engineer-1", ["agents-engineering"])
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(token)
        statement, _ = wire.prepare(update)
        with pytest.raises(ServerError) as asked:
            wire.execute(statement, (1, "new-checkout"))
        approve(gateway, TICKET.search(asked.value.text).group())
        with pytest.raises(ServerError) as other:
            wire.execute(statement, (2, "new-checkout"))
        assert other.value.code == 1227
        wire.execute(statement, (1, "new-checkout"))
    assert server.rows("SELECT enabled FROM shop.flags") == ((1,),)


def test_an_approval_covers_the_whole_of_a_value_that_was_sent_ahead(gateway, mint, server):
    def flag(last):
        wire.send_long_data(statement, 0, b"x" * 200_000)
        wire.send_long_data(statement, 0, last)
        with pytest.raises(ServerError) as asked:
            wire.execute(statement, [LONG])
        assert asked.value.code == 1227, asked.value
        return TICKET.search(asked.value.text).group()

    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token("engineer-1", ["agents-engineering"]))
        statement, _ = wire.prepare("UPDATE shop.flags SET enabled = 1 WHERE name <> ?")
        ticket = flag(b"y")
        digest = hashlib.sha256(b"x" * 200_000 + b"y").hexdigest()
        shown = gateway.command("approvals", "show", ticket).stdout.decode()
        assert "200001 bytes" in shown and digest in shown
        approve(gateway, ticket)
        assert flag(b"z") != ticket
        assert server.rows("SELECT enabled FROM shop.flags") == ((0,),)
        wire.send_long_data(statement, 0, b"x" * 200_000 + b"y")
        wire.execute(statement, [LONG])
        assert server.rows("SELECT enabled FROM shop.flags") == ((1,),)
        assert flag(b"y") != ticket


def test_an_approval_of_a_rule_covers_its_statements_so_many_times(gateway, mint, server):
    with connect(gateway, mint, "ci-1", "agents-ci") as connection:
        approve(gateway, ticket_of(connection, FLAG.format(1)))
        connection.query(FLAG.format(2))
        connection.query(FLAG.format(3))
        ticket_of(connection, FLAG.format(4))
    assert server.rows("SELECT enabled FROM shop.flags") == ((3,),)


def test_nobody_is_asked_where_nobody_is(gateway, engineer):
    """Without a terminal and without `--yes` an approval is not given."""
    ticket = ticket_of(engineer, CREATE)
    done = gateway.command("approvals", "approve", ticket, "--key", "dana.seed")
    assert done.returncode == 2
    assert CREATE.encode() in done.stdout
    ticket_of(engineer, CREATE)


def test_a_denial_sticks(gateway, engineer, server):
    ticket = ticket_of(engineer, CREATE)
    answer(gateway, "deny", ticket)
    with pytest.raises(pymysql.err.MySQLError) as refused:
        engineer.query(CREATE)
    assert refused.value.args[0] in (1142, 1227)
    answer(gateway, "approve", ticket, code=1)
    assert not exists(server, "invoices")


def test_a_stranger_cannot_approve(gateway, engineer, server):
    ticket = ticket_of(engineer, CREATE)
    stranger = gateway.folder / "stranger.seed"
    stranger.write_text("ab" * 32)
    stranger.chmod(0o600)
    answer(gateway, "approve", ticket, "stranger", code=2)
    # Not even the key that mints tickets may answer them.
    answer(gateway, "approve", ticket, "root", code=2)
    ticket_of(engineer, CREATE)
    assert not exists(server, "invoices")


def test_nobody_approves_an_own_request(gateway, mint, server):
    with connect(gateway, mint, "dana") as connection:
        ticket = ticket_of(connection, CREATE)
        answer(gateway, "approve", ticket, "dana", code=1)
        approve(gateway, ticket, "erin")
        connection.query(CREATE)
    assert exists(server, "invoices")


def test_a_ticket_survives_a_restart(gateway, mint, server):
    with connect(gateway, mint) as connection:
        ticket = ticket_of(connection, CREATE)
    gateway.kill()
    approve(gateway, ticket)
    gateway.start()
    with connect(gateway, mint) as connection:
        connection.query(CREATE)
    assert exists(server, "invoices")


def test_a_used_approval_stays_used_after_a_restart(gateway, mint, server):
    with connect(gateway, mint) as connection:
        approve(gateway, ticket_of(connection, CREATE))
        connection.query(CREATE)
    server.run("DROP TABLE shop.invoices")
    gateway.kill()
    gateway.start()
    with connect(gateway, mint) as connection:
        ticket_of(connection, CREATE)


def test_a_changed_approval_in_the_store_is_worth_nothing(gateway, engineer, server):
    ticket = ticket_of(engineer, CREATE)
    approve(gateway, ticket)
    with sqlite3.connect(gateway.folder / "approvals.sqlite") as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        changed = 0
        for table in tables:
            for _, column, kind, *_ in store.execute(f"PRAGMA table_info({table})").fetchall():
                if kind == "BLOB":
                    cursor = store.execute(
                        f"UPDATE {table} SET {column} = zeroblob(length({column})) WHERE length({column}) > 64"
                    )
                    changed += cursor.rowcount
    assert changed, tables
    with pytest.raises(pymysql.err.MySQLError):
        engineer.query(CREATE)
    assert not exists(server, "invoices")


def test_the_approval_is_in_the_log_before_its_use(gateway, engineer):
    ticket = ticket_of(engineer, CREATE)
    approve(gateway, ticket)
    engineer.query(CREATE)
    places = {}
    for place, record in enumerate(gateway.records()):
        text = json.dumps(record)
        if ticket in text:
            places.setdefault("approval" if "dana" in text else "other", place)
        if "CREATE TABLE" in text:
            places["use"] = place
    assert places["approval"] < places["use"], places


def test_a_use_that_cannot_be_written_down_is_not_given(gateway, engineer, server):
    ticket = ticket_of(engineer, CREATE)
    approve(gateway, ticket)
    with sqlite3.connect(gateway.folder / "approvals.sqlite", isolation_level=None) as store:
        store.execute("BEGIN IMMEDIATE")
        with pytest.raises(pymysql.err.MySQLError):
            engineer.query(CREATE)
        assert not exists(server, "invoices")
        # What needs no approval still works.
        engineer.query("SELECT COUNT(*) FROM shop.orders")
        store.execute("ROLLBACK")


def test_a_broken_approval_store_stops_the_start(gateway):
    gateway.stop()
    for file in gateway.folder.glob("approvals.sqlite*"):
        file.write_bytes(b"no database" * 1000)
    with pytest.raises(AssertionError, match="approvals"):
        gateway.start()


def test_other_roles_cannot_even_ask(gateway, mint):
    with drivers.pymysql_connect(gateway, mint.token()) as analyst:
        with pytest.raises(pymysql.err.MySQLError) as refused:
            analyst.query(CREATE)
    assert refused.value.args[0] == 1142
    assert listed(gateway) == []

