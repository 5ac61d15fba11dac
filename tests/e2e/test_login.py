"""Who gets in: every ordinary client with a good token, and nobody with a bad one."""

import time

import drivers
import jwt
import mysql.connector
import pymysql
import pytest
import shop
from cryptography.hazmat.primitives.asymmetric import ec
from gateway import Gateway
from issuers import Mint
from servers import CATALOG, READER, WRITER
from wire import CAPABILITIES, ServerError, Wire

ORDERS = "SELECT id, total, note FROM shop.orders ORDER BY id"
TWO_ORDERS = [["1", "12.50", "first"], ["2", "99.99", None]]


@pytest.mark.parametrize("client", drivers.ALL)
def test_a_client_with_tls_and_a_token_is_in(client, gateway, mint):
    rows = drivers.ALL[client](gateway, mint.token(), ORDERS)
    # The command lines print NULL as a word.
    assert [[None if cell == "NULL" else cell for cell in row] for row in rows] == TWO_ORDERS


@pytest.fixture(scope="module")
def provider_gateway(server, provider, authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"provider-gateway-{server.kind}")
    gateway = Gateway(folder, server, authority, provider, shop.POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_of_a_real_provider_is_in(algorithm, provider_gateway, provider):
    token = provider.token("analyst", algorithm)
    assert drivers.pymysql_rows(provider_gateway, token, "SELECT 1") == [["1"]]


def test_a_principal_without_a_role_is_refused(provider_gateway, provider):
    check_refused(provider_gateway, provider.token("guest"))


def test_the_openid_connect_plugin_of_the_mysql_cli_is_in(gateway, mint, tmp_path):
    file = tmp_path / "token"
    file.write_text(mint.token() + "\n")
    option = f"--authentication-openid-connect-client-id-token-file={file}"
    done = drivers.mysql_cli(gateway, None, option, "-e", "SELECT 1")
    assert (done.returncode, done.stdout) == (0, b"1\n"), done.stderr


def test_the_openid_connect_plugin_of_connector_python_is_in(gateway, mint, tmp_path):
    file = tmp_path / "token"
    file.write_text(mint.token())
    with mysql.connector.connect(
        host="127.0.0.1",
        port=gateway.port,
        user="shop",
        openid_token_file=str(file),
        auth_plugin="authentication_openid_connect_client",
        use_pure=True,
    ) as connection:
        assert connection.is_connected()


def test_clear_password_is_taken_when_the_client_asks_for_it(gateway, mint):
    option = "--enable-cleartext-plugin", "--default-auth=mysql_clear_password"
    done = drivers.mysql_cli(gateway, mint.token(), *option, "-e", "SELECT 1")
    assert (done.returncode, done.stdout) == (0, b"1\n"), done.stderr
    rows = drivers.connector_c_rows(
        gateway, mint.token(), "SELECT 1", auth_plugin="mysql_clear_password"
    )
    assert rows == [["1"]]


def test_a_client_that_opens_with_native_password_is_switched(gateway, mint):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        wire.send_login(answer=b"\1" * 20, plugin=b"mysql_native_password")
        switch = wire.receive_good()
        assert switch.startswith(b"\xfecaching_sha2_password\0")
        wire.send(b"\2" * 32)
        assert wire.receive_good() == b"\x01\x04"
        wire.send(mint.token().encode() + b"\0")
        assert wire.receive_good()[:1] == b"\x00"


@pytest.mark.parametrize("size", [4000, 9000])
def test_a_long_token_is_in(size, gateway, mint):
    token = mint.token(filler="x" * size)
    assert drivers.pymysql_rows(gateway, token, "SELECT 1") == [["1"]]
    done = drivers.mysql_cli(gateway, token, "-e", "SELECT 1")
    assert done.returncode == 0, done.stderr


def test_the_user_name_selects_the_role(gateway, mint):
    token = mint.token(groups=["agents-analytics", "agents-engineering"])
    update = "UPDATE shop.orders SET note = 'first' WHERE id = 1"
    with drivers.pymysql_connect(gateway, token, "shop/engineering") as connection:
        connection.query(update)
    with drivers.pymysql_connect(gateway, token, "shop/analytics") as connection:
        with pytest.raises(pymysql.err.MySQLError, match="POSTERN-DENIED"):
            connection.query(update)


@pytest.mark.parametrize("user", ["shop/engineering", "shop/nobody", "elsewhere", "", "root"])
def test_a_user_name_gives_no_rights(user, gateway, mint):
    check_refused(gateway, mint.token(), user)


def test_the_database_of_the_login_is_the_default_one(gateway, mint):
    with drivers.pymysql_connect(gateway, mint.token(), database="shop") as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM orders")
            assert cursor.fetchall() == ((2,),)


def test_without_tls_the_refusal_comes_at_once(gateway):
    with Wire(gateway.port) as wire:
        wire.greeting()
        wire.send_login(capabilities=CAPABILITIES & ~0x800)
        with pytest.raises(ServerError) as refusal:
            wire.receive_good()
        assert (refusal.value.code, wire.is_closed()) == (3159, True)


def test_clients_show_why_they_must_use_tls(gateway, mint):
    done = drivers.mysql_cli(gateway, mint.token(), "--ssl-mode=DISABLED", "-e", "SELECT 1")
    assert b"ERROR 3159 (HY000)" in done.stderr
    done = drivers.mariadb_cli(gateway, mint.token(), "--skip-ssl", "-e", "SELECT 1")
    assert b"ERROR 3159 (HY000)" in done.stderr


BAD_TOKENS = {
    "expired": lambda mint: mint.token(exp=int(time.time()) - 300, iat=int(time.time()) - 900),
    "not yet valid": lambda mint: mint.token(nbf=int(time.time()) + 600),
    "issued in the future": lambda mint: mint.token(iat=int(time.time()) + 600),
    "too old": lambda mint: mint.token(iat=int(time.time()) - 3 * 86400, nbf=None),
    "without an end": lambda mint: mint.token(exp=None),
    "without an audience": lambda mint: mint.token(aud=None),
    "without a subject": lambda mint: _without_subject(mint),
    "for another audience": lambda mint: mint.token(aud="https://elsewhere.test"),
    "of another issuer": lambda mint: mint.token(iss="https://elsewhere.test"),
    "end as text": lambda mint: mint.token_signed_by(
        mint.keys["ec"], "ES256", "ec", nbf=str(int(time.time()))
    ),
    "alg none": lambda mint: mint.unsigned_token(),
    "HS256 with the public key": lambda mint: mint.token_keyed_by_public_key(),
    "unknown key id": lambda mint: mint.token_signed_by(mint.keys["ec"], "ES256", "nobody"),
    "another key": lambda mint: mint.token_signed_by(
        ec.generate_private_key(ec.SECP256R1()), "ES256", "ec"
    ),
    "signature of the other key": lambda mint: mint.token_signed_by(mint.keys["ec"], "ES256", "rsa"),
    "changed payload": lambda mint: _changed(mint.token()),
    "cut at 79 bytes": lambda mint: mint.token()[:79],
    "without its signature": lambda mint: mint.token().rsplit(".", 1)[0] + ".",
    "not a token": lambda mint: "hunter2",
    "dots": lambda mint: "..",
    "empty header": lambda mint: "e30.e30.e30",
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_refuses_a_token_that_is(name, gateway, mint):
    token = BAD_TOKENS[name](mint)
    text = check_refused(gateway, token)
    # The reason helps the operator, and tells a thief nothing.
    assert "POSTERN-LOGIN" in text
    for part in (token[:30], mint.issuer, "agent-1", "agents-analytics"):
        assert part not in text


def test_a_token_cut_by_a_prompt_says_what_to_do(gateway, mint):
    assert "MYSQL_PWD" in check_refused(gateway, mint.token()[:79])


def test_a_refused_login_leaves_others_alone(gateway, mint, analyst):
    check_refused(gateway, "hunter2")
    analyst.ping(reconnect=False)


def test_no_password_at_all_is_refused(gateway):
    done = drivers.mariadb_cli(gateway, "", "-e", "SELECT 1")
    assert done.returncode != 0 and b"ERROR 1045 (28000)" in done.stderr, done.stderr


def test_a_new_key_of_the_issuer_is_learnt(own_gateway, authority):
    mint = Mint(authority)
    try:
        gateway = own_gateway(issuer=mint).start()
        mint.add_key("next", ec.generate_private_key(ec.SECP256R1()))
        rows = drivers.pymysql_rows(gateway, mint.token(kid="next"), "SELECT 1")
        assert rows == [["1"]]
    finally:
        mint.stop()


def test_unknown_key_ids_do_not_make_the_gateway_ask_again_and_again(gateway, mint):
    check_refused(gateway, BAD_TOKENS["unknown key id"](mint))
    asked = len(mint.requests)
    for _ in range(5):
        check_refused(gateway, BAD_TOKENS["unknown key id"](mint))
    assert len(mint.requests) - asked <= 2


def test_the_client_never_sees_database_credentials(gateway, mint):
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        for sql in ("SELECT CURRENT_USER()", "SELECT USER()", "SHOW GRANTS"):
            try:
                wire.query(sql)
            except ServerError:
                pass
        for account in (CATALOG, READER, WRITER):
            assert account.password.encode() not in wire.received


def test_a_server_that_is_gone_is_a_clear_refusal(own_gateway, mint, server):
    gateway = own_gateway()
    text = gateway.config.read_text().replace(f":{server.port}", ":1")
    gateway.config.write_text(text)
    try:
        gateway.start()
    except AssertionError as ended:
        # Without a catalog nothing could be decided, so not starting is right as well.
        assert "shop" in str(ended)
        return
    check_refused(gateway, mint.token(), codes=(1045, 1105, 2003))


def check_refused(gateway, token, user="shop", codes=(1045,)):
    """The login fails with one of these codes; gives the text."""
    with pytest.raises(pymysql.err.MySQLError) as refusal:
        drivers.pymysql_connect(gateway, token, user).close()
    code, text = refusal.value.args[:2]
    assert code in codes, text
    return text


def _without_subject(mint):
    claims = mint.claims()
    del claims["sub"]
    return jwt.encode(claims, mint.keys["ec"], "ES256", headers={"kid": "ec"})


def _changed(token):
    header, payload, signature = token.split(".")
    place = len(payload) // 2
    other = "A" if payload[place] != "A" else "B"
    return f"{header}.{payload[:place]}{other}{payload[place + 1 :]}.{signature}"

