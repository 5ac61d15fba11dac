"""The gateway as a client of the database: whom it trusts, and how it logs in."""

import drivers
import pymysql
import pytest
import shop
from certificates import Authority
from gateway import Gateway
from servers import READER, Account, Server


def check_in(gateway, mint):
    assert drivers.pymysql_rows(gateway, mint.token(), "SELECT 1") == [["1"]]


def check_not_in(gateway, mint):
    """The gateway does not start, or refuses every login; gives what was said."""
    try:
        gateway.start()
    except AssertionError as ended:
        return str(ended)
    with pytest.raises(pymysql.err.MySQLError) as refusal:
        drivers.pymysql_connect(gateway, mint.token()).close()
    return str(refusal.value) + "\n".join(gateway.log)


def test_a_server_of_another_authority_is_not_trusted(own_gateway, mint, tmp_path):
    stranger = Authority(tmp_path)
    gateway = own_gateway(target_tls=f'ca = "{stranger.certificate}"')
    said = check_not_in(gateway, mint)
    assert READER.password not in said


def test_a_server_of_another_name_is_not_trusted(own_gateway, mint, authority):
    tls = f'ca = "{authority.certificate}"\nserver_name = "db.elsewhere.test"'
    check_not_in(own_gateway(target_tls=tls), mint)


def test_a_wrong_database_password_is_a_clear_refusal_without_it(own_gateway, mint):
    gateway = own_gateway()
    gateway.write("reader.password", "wrong-password-1234")
    said = check_not_in(gateway, mint)
    assert "wrong-password-1234" not in said


def test_the_first_and_later_logins_at_the_server_work(own_gateway, mint, server):
    """MySQL wants the whole password once, and then knows it by its digest."""
    gateway = own_gateway().start()
    server.run("FLUSH PRIVILEGES")
    check_in(gateway, mint)
    check_in(gateway, mint)


def test_an_account_without_tls_of_its_own_cannot_log_in_in_clear(own_gateway, mint):
    """The accounts of these tests demand TLS, so a gateway that does not use it is refused."""
    check_not_in(own_gateway(target_tls='mode = "off"'), mint)


def test_an_account_with_a_strange_password_is_in(own_gateway, mint, server):
    odd = Account("odd", "p\"a's s\\w%örd")
    server.add_account(odd, "SELECT ON shop.orders")
    gateway = own_gateway(guard_role=None)
    gateway.config.write_text(gateway.config.read_text().replace('"reader"\npass', '"odd"\npass'))
    gateway.write("reader.password", odd.password)
    gateway.start()
    rows = drivers.pymysql_rows(gateway, mint.token(), "SELECT COUNT(*) FROM shop.orders")
    assert rows == [["2"]]


@pytest.fixture(scope="module")
def mysql_as_installed(tmp_path_factory):
    """MySQL with the certificates that it makes itself: without a name, their files with a NUL byte."""
    server = Server("mysql", tmp_path_factory.mktemp("as-installed"))
    try:
        shop.set_up(server)
        yield server
    finally:
        server.stop()


def test_mysqls_own_certificates_can_be_trusted_by_their_authority(
    mysql_as_installed, authority, mint, tmp_path
):
    tls = f'mode = "verify-ca"\nca = "{mysql_as_installed.own_ca}"'
    gateway = Gateway(tmp_path, mysql_as_installed, authority, mint, shop.POLICY, target_tls=tls)
    try:
        check_in(gateway.start(), mint)
    finally:
        gateway.stop()


def test_mysqls_own_certificates_have_no_name_to_verify(
    mysql_as_installed, authority, mint, tmp_path
):
    tls = f'ca = "{mysql_as_installed.own_ca}"'
    gateway = Gateway(tmp_path, mysql_as_installed, authority, mint, shop.POLICY, target_tls=tls)
    try:
        check_not_in(gateway, mint)
    finally:
        gateway.stop()
