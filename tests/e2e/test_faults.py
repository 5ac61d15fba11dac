"""What Postern does when something around it fails: nothing passes, and it says why."""

import time

import drivers
import pymysql
import pytest
import shop
from servers import READER
from wire import ServerError, Wire


def upstream_ids(server):
    return [
        row[0]
        for row in server.rows("SELECT id, user FROM information_schema.processlist")
        if row[1] == READER.name
    ]


def test_a_session_whose_upstream_connection_is_killed_ends_clearly(own_gateway, mint, server):
    gateway = own_gateway().start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        wire.query("SELECT 1")
        (connection,) = upstream_ids(server)
        server.run(f"KILL {connection}")
        with pytest.raises((ServerError, ConnectionError)):
            wire.query("SELECT 2")
        with pytest.raises((ServerError, OSError)):
            wire.query("SELECT 3")
    assert drivers.pymysql_rows(gateway, mint.token(), "SELECT 4") == [["4"]]


def test_a_client_that_goes_away_leaves_no_connection_behind(own_gateway, mint, server):
    gateway = own_gateway().start()
    for _ in range(5):
        wire = Wire(gateway.port, gateway.authority).login(mint.token())
        wire.send(b"\x03SELECT COUNT(*) FROM shop.orders", sequence=0)
        wire.close()
    assert gateway.stop() == 0
    assert upstream_ids(server) == []


def test_a_stop_signal_ends_the_gateway_with_its_log_whole(own_gateway, mint):
    gateway = own_gateway(limits={"drain_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        wire.query("SELECT 1")
        assert gateway.stop() == 0
        assert wire.is_closed()
    assert gateway.command("audit", "verify").returncode == 0


def test_a_kill_leaves_a_log_that_verifies_after_the_next_start(own_gateway, mint):
    gateway = own_gateway().start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        wire.query("SELECT 1")
        gateway.kill()
    gateway.start()
    assert drivers.pymysql_rows(gateway, mint.token(), "SELECT 1") == [["1"]]
    gateway.stop()
    assert gateway.command("audit", "verify").returncode == 0


def test_a_table_made_around_the_gateway_is_not_taken_for_another(own_gateway, mint, server):
    """The catalog is fresh when it is used: a view made a moment ago is resolved, or refused."""
    gateway = own_gateway().start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        wire.query("SELECT name FROM shop.flags")
        server.run("CREATE OR REPLACE VIEW shop.sneaky AS SELECT ssn AS name FROM shop.customers")
        server.run(f"GRANT SELECT ON shop.sneaky TO '{READER.name}'@'%'")
        try:
            for _ in range(3):
                try:
                    wire.query("SELECT name FROM shop.sneaky")
                except ServerError:
                    pass
            for value in shop.PROTECTED:
                assert value not in wire.received
        finally:
            server.run("DROP VIEW shop.sneaky")


def test_a_table_replaced_by_a_view_is_known_before_long(own_gateway, mint, server):
    """Definitions that change around the gateway are followed; a statement of the old kind is masked."""
    server.run("CREATE TABLE shop.harmless (name VARCHAR(60)); INSERT INTO shop.harmless VALUES ('x')")
    server.run(f"GRANT SELECT ON shop.harmless TO '{READER.name}'@'%'")
    gateway = own_gateway().start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        assert wire.query("SELECT name FROM shop.harmless") == [[[b"x"]]]
        server.run(
            "DROP TABLE shop.harmless;"
            "CREATE VIEW shop.harmless AS SELECT ssn AS name FROM shop.customers"
        )
        try:
            deadline = time.monotonic() + 20
            while shows_protected(wire, "SELECT name FROM shop.harmless"):
                assert time.monotonic() < deadline, "the view was never noticed"
            for _ in range(3):
                assert not shows_protected(wire, "SELECT name FROM shop.harmless")
        finally:
            server.run("DROP VIEW shop.harmless")


def shows_protected(wire, sql):
    """Whether a protected value comes back for a statement, by whatever way."""
    del wire.received[:]
    try:
        wire.query(sql)
    except ServerError:
        pass
    return any(value in wire.received for value in shop.PROTECTED)


MISTAKES = {
    "no such file": (None, None),
    "broken TOML": ("version = 1", "version = = 1"),
    "unknown key": ("state_dir", "states_dir"),
    "secret in clear": ("file:reader.password", "hunter2"),
    "secret file gone": ("file:reader.password", "file:nowhere"),
    "unknown target": ('targets = ["shop"]', 'targets = ["shops"]'),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_configuration_starts_nothing(mistake, own_gateway):
    gateway = own_gateway()
    old, new = MISTAKES[mistake]
    if old is None:
        gateway.config.unlink()
    else:
        text = gateway.config.read_text()
        assert old in text
        gateway.config.write_text(text.replace(old, new, 1))
    done = gateway.command("run")
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 2, said
    assert "postern.toml" in said and "hunter2" not in said
    assert "listening" not in said


def test_every_mistake_is_reported_at_once(own_gateway):
    gateway = own_gateway()
    text = gateway.config.read_text()
    text = text.replace("state_dir", "states_dir", 1).replace("catalog_user", "catalogue_user", 1)
    gateway.config.write_text(text)
    done = gateway.command("run")
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 2
    assert "states_dir" in said and "catalogue_user" in said


def test_a_wrong_policy_starts_nothing(own_gateway):
    gateway = own_gateway(policy=shop.POLICY.replace('effect = "allow"', 'effect = "alow"', 1))
    done = gateway.command("run")
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 2, said
    assert "policy.toml" in said and "listening" not in said


def test_a_port_in_use_is_told(own_gateway, gateway):
    other = own_gateway()
    text = other.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{gateway.port}")
    other.config.write_text(text)
    done = other.command("run")
    assert done.returncode == 2
    assert str(gateway.port) in (done.stdout + done.stderr).decode()


def test_two_gateways_do_not_share_a_log(own_gateway, gateway):
    one = own_gateway().start()
    done = one.command("run")
    assert done.returncode == 2, (done.stdout + done.stderr).decode()
    assert one.is_running()


def test_good_logins_work_between_bad_ones(gateway, mint):
    failures = 0
    for place in range(60):
        try:
            drivers.pymysql_connect(gateway, mint.token() if place % 2 else "nobody").close()
        except pymysql.err.MySQLError as error:
            assert error.args[0] == 1045
            failures += 1
    assert failures == 30

