"""The guard role on real servers: the printed GRANTs hold, `postern check` sees what undoes them."""

import pymysql
import pytest
import shop
from gateway import Gateway
from servers import GUARD_ROLE, READER, WRITER
from wire import CURSOR_EXISTS, ServerError, Wire

NAMES = [READER.name, WRITER.name]


@pytest.fixture(scope="module")
def granted(server, mint, authority, tmp_path_factory):
    """A gateway whose accounts have the rights that it printed, and no others."""
    folder = tmp_path_factory.mktemp(f"guard-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, shop.POLICY)
    printed = gateway.command("policy", "grants")
    assert printed.returncode == 0, printed.stderr
    gateway.printed = printed.stdout.decode()
    if_exists = {"mysql": "IF EXISTS ", "mariadb": ""}[server.kind]
    revoke = f"REVOKE {if_exists}ALL PRIVILEGES, GRANT OPTION FROM '{{}}'@'%';"
    script = f"DROP ROLE {GUARD_ROLE};" + "".join(revoke.format(name) for name in NAMES)
    server.run(script + gateway.printed)
    try:
        yield gateway
    finally:
        shop.set_up(server)


@pytest.fixture
def agent(granted, mint):
    """A session of an agent; `postern check` needs the state of a gateway that does not run."""
    granted.start()
    try:
        with Wire(granted.port, granted.authority) as wire:
            yield wire.login(mint.token())
    finally:
        granted.stop()


def check(gateway):
    """What `postern check` says of the accounts, and whether it is content with them."""
    done = gateway.command("check")
    lines = done.stdout.decode().splitlines()
    assert any(line.startswith("good") and "tables" in line for line in lines), done.stderr
    return [line for line in lines if line.startswith("FAILS")], done


def login(server, account):
    """A session of an account around the gateway, as it is left by its login."""
    return pymysql.connect(
        host="127.0.0.1",
        port=server.port,
        user=account.name,
        password=account.password,
        ssl={"ca": None, "check_hostname": False},
    )


def can_read(server, account, *before):
    with login(server, account) as connection, connection.cursor() as cursor:
        for sql in before:
            cursor.execute(sql)
        try:
            cursor.execute("SELECT ssn FROM shop.customers")
        except pymysql.Error as error:
            assert error.args[0] in (1142, 1143)
            return False
        return True


def test_the_printed_grants_are_not_too_much(granted, server):
    fails, done = check(granted)
    assert not fails, done.stdout
    assert done.returncode == 0, done.stdout
    assert f"GRANT `{GUARD_ROLE}` TO" in granted.printed
    assert not can_read(server, READER)
    assert can_read(server, READER, f"SET ROLE {GUARD_ROLE}")


def test_the_printed_grants_are_enough_and_the_role_is_on_for_one_statement(agent):
    rows = agent.query("SELECT id, ssn FROM shop.customers ORDER BY id")[0]
    assert [row[0] for row in rows] == [b"1", b"2"]
    assert agent.query("SELECT COUNT(*) FROM shop.orders") == [[[b"2"]]]
    assert agent.query("SELECT CURRENT_ROLE()")[0][0][0] in (None, b"NONE")
    check_clean(agent)


def test_cursors_are_opened_under_the_role_and_read_without_it(agent):
    statement, _ = agent.prepare("SELECT id, ssn, email FROM shop.customers ORDER BY id")
    assert agent.open_cursor(statement) & CURSOR_EXISTS
    assert len(agent.fetch(statement, 1)[0]) == 1
    assert agent.query("SELECT CURRENT_ROLE()")[0][0][0] in (None, b"NONE")
    assert len(agent.fetch(statement, 9)[0]) == 1
    check_clean(agent)


def check_clean(wire):
    for value in shop.PROTECTED:
        assert value not in wire.received


TURNING = [
    f"SET ROLE {GUARD_ROLE}",
    "SET ROLE NONE",
    "SET ROLE DEFAULT",
    f"SET DEFAULT ROLE {GUARD_ROLE} TO reader",
    f"SET DEFAULT ROLE {GUARD_ROLE} FOR reader",
    f"GRANT {GUARD_ROLE} TO reader",
    f"/*! SET ROLE {GUARD_ROLE} */",
    f"EXECUTE IMMEDIATE 'SET ROLE {GUARD_ROLE}'",
    f"PREPARE p FROM 'SET ROLE {GUARD_ROLE}'",
]


def test_agents_turn_no_role_on(agent):
    for sql in TURNING:
        with pytest.raises(ServerError, match="POSTERN-") as error:
            agent.query(sql)
        if sql.startswith("SET ROLE"):
            assert "`set role` is not supported" in error.value.text
        assert agent.query("SELECT CURRENT_ROLE()")[0][0][0] in (None, b"NONE")


def default_role(server, role):
    word = {"mysql": "TO", "mariadb": "FOR"}[server.kind]
    return f"SET DEFAULT ROLE {role} {word} '{READER.name}'@'%';"


def undoings(server):
    """What an administrator may have done besides, and what takes it back."""
    reader = f"'{READER.name}'@'%'"
    staff = f"CREATE ROLE staff; GRANT staff TO {reader};" + default_role(server, "staff")
    back = default_role(server, "NONE") + "DROP ROLE staff;"
    table = "SELECT ON shop.customers"
    done = {
        "the guard role is the default role": (
            default_role(server, GUARD_ROLE),
            default_role(server, "NONE"),
        ),
        "a right of its own": (
            f"GRANT SELECT (ssn) ON shop.customers TO {reader};",
            f"REVOKE SELECT (ssn) ON shop.customers FROM {reader};",
        ),
        "a default role that may read": (f"{staff} GRANT {table} TO staff;", back),
        "a default role with the guard role": (f"{staff} GRANT {GUARD_ROLE} TO staff;", back),
    }
    # MySQL has no such rights.
    if server.kind == "mariadb":
        done["everyone may read"] = (
            f"GRANT {table} TO PUBLIC;",
            f"REVOKE {table} FROM PUBLIC;",
        )
    return done


def test_check_sees_what_undoes_the_guard(granted, server):
    for way, (done, back) in undoings(server).items():
        server.run(done)
        try:
            assert can_read(server, READER), way
            fails, told = check(granted)
            assert any(f"`{READER.name}`" in line for line in fails), (way, told.stdout)
            assert told.returncode == 1
        finally:
            server.run(back)
        assert not can_read(server, READER), way
    assert check(granted)[0] == []
