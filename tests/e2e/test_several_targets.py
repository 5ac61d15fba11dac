"""A listener before several targets offers what all of them can do, and serves each as itself."""

import drivers
import pymysql
import pytest
import shop
from gateway import Gateway
from servers import READER, Server
from wire import CAPABILITIES, QUERY_ATTRIBUTES, Wire

# One server of each kind serves all tests here.
pytestmark = pytest.mark.parametrize("server", ["mysql"], indirect=True)
POLICY = shop.POLICY.replace('targets = ["shop"]', 'targets = ["shop", "second"]')
UNICODE = ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci"]
UTF8MB4_UNICODE_CI = 224
UTF8MB4_0900_AI_CI = 255
ONE = b"\1\1\0\1\xfd\0\1n\3abc"


@pytest.fixture(scope="module")
def mariadb(authority, tmp_path_factory):
    server = Server("mariadb", tmp_path_factory.mktemp("second"), authority, options=UNICODE)
    try:
        shop.set_up(server)
        yield server
    finally:
        server.stop()


@pytest.fixture
def before(server, mint, authority, tmp_path):
    """Starts a gateway whose one listener leads to the server, as `shop`, and to that port, as `second`."""
    made = []

    def start(port):
        gateway = Gateway(tmp_path, server, authority, mint, POLICY)
        listener, target, rest = gateway.config.read_text().replace("[[issuer]]", "[[target]]", 1).split("[[target]]\n")
        listener = listener.replace('targets = ["shop"]', 'targets = ["shop", "second"]\nserver_version = "9.9.9"')
        second = target.replace('name = "shop"', 'name = "second"').replace(f":{server.port}", f":{port}")
        gateway.write("postern.toml", f"{listener}[[target]]\n{target}[[target]]\n{second}[[issuer]]\n{rest}")
        made.append(gateway)
        return gateway.start()

    yield start
    for gateway in made:
        gateway.stop()


def offered(gateway):
    """The capabilities of the greeting, the later two bytes of them shifted to where they belong."""
    with Wire(gateway.port, gateway.authority) as wire:
        greeting = wire.greeting()
    assert wire.server_version == "9.9.9"
    at = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
    return int.from_bytes(greeting[at : at + 2], "little") | int.from_bytes(greeting[at + 5 : at + 7], "little") << 16


def logged_in(gateway, mint, user):
    """A connection whose client believes that it may send attributes, whatever it was offered."""
    wire = Wire(gateway.port, gateway.authority)
    return wire.login(mint.token(), user=user, database="shop", capabilities=CAPABILITIES | QUERY_ATTRIBUTES)


def test_what_both_targets_have_is_offered_and_works_at_both(before, server, mint):
    gateway = before(server.port)
    assert offered(gateway) & QUERY_ATTRIBUTES
    for user in ("shop", "second"):
        with logged_in(gateway, mint, user) as wire:
            assert wire.query(ONE + b"SELECT name FROM customers WHERE id = 1")[0] == [[b"Ada"]]


def test_what_one_target_lacks_is_not_offered_and_is_agreed_with_neither(before, mariadb, mint):
    gateway = before(mariadb.port)
    assert not offered(gateway) & QUERY_ATTRIBUTES
    for user in ("shop", "second"):
        with logged_in(gateway, mint, user) as wire:
            # Without attributes the text begins right behind the command byte.
            assert wire.query("SELECT name FROM customers WHERE id = 1")[0] == [[b"Ada"]]
            with pytest.raises(Exception, match="POSTERN-UNREAD"):
                wire.query(ONE + b"SELECT 1")
            wire.command("RESET_CONNECTION")
            assert wire.query("SELECT 7")[0] == [[b"7"]]


def test_each_login_is_led_to_the_target_that_it_names(before, server, mariadb, mint):
    server.run("DROP TABLE IF EXISTS shop.only_mysql; CREATE TABLE shop.only_mysql (id INT)")
    server.run(f"GRANT SELECT ON shop.only_mysql TO '{READER.name}'@'%'")
    gateway = before(mariadb.port)
    for user, known in (("shop", "MySQL"), ("second", "MariaDB")):
        with drivers.pymysql_connect(gateway, mint.token(), user=user) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT VERSION() LIKE '%MariaDB%'")
                assert cursor.fetchone() == (int(known == "MariaDB"),)
                # A table that only one of the two has is known there alone.
                asked = "SELECT COUNT(*) FROM shop.only_mysql"
                if known == "MySQL":
                    cursor.execute(asked)
                    assert cursor.fetchone() == (0,)
                else:
                    with pytest.raises(pymysql.err.ProgrammingError, match="POSTERN-UNKNOWN-NAME"):
                        cursor.execute(asked)
                cursor.execute("SELECT email FROM shop.customers ORDER BY id")
                shown = str(cursor.fetchall())
                assert not any(value.decode() in shown for value in shop.PROTECTED)
    server.run("DROP TABLE shop.only_mysql")


def greeted_collation(port):
    with Wire(port) as wire:
        greeting = wire.greeting()
    return greeting[greeting.index(b"\0", 1) + 1 + 4 + 8 + 1 + 2]


def test_a_listener_greets_with_its_targets_own_collation(before, server, mariadb, mint, authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    alone = Gateway(folder, mariadb, authority, mint, shop.POLICY).start()
    try:
        assert greeted_collation(alone.port) == greeted_collation(mariadb.port) == UTF8MB4_UNICODE_CI
        with drivers.pymysql_connect(alone, mint.token(), collation="utf8mb4_unicode_ci") as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@collation_connection")
                assert cursor.fetchone() == ("utf8mb4_unicode_ci",)
    finally:
        alone.stop()
    # Of several it is the first target's.
    assert greeted_collation(before(mariadb.port).port) == greeted_collation(server.port) == UTF8MB4_0900_AI_CI


def test_a_version_must_be_said_where_a_listener_has_several_targets(server, mint, authority, tmp_path):
    gateway = Gateway(tmp_path, server, authority, mint, POLICY)
    settings = gateway.config.read_text()
    listener, target = settings.split("[[target]]\n", 1)
    second = target.split("[[issuer]]")[0].replace('name = "shop"', 'name = "second"')
    listener = listener.replace('targets = ["shop"]', 'targets = ["shop", "second"]')
    gateway.write("postern.toml", f"{listener}[[target]]\n{second}[[target]]\n{target}")
    done = gateway.command("check")
    assert done.returncode != 0
    assert b"needs `server_version`" in done.stdout + done.stderr
