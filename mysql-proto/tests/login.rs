//! Logins of a client against a server that is played here.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use mysql_proto::error::LoginError;
use mysql_proto::flags::Capabilities;
use mysql_proto::handshake::auth::AuthNextFactor;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::handshake::auth::CACHING_SHA2_PASSWORD;
use mysql_proto::handshake::auth::MYSQL_CLEAR_PASSWORD;
use mysql_proto::handshake::auth::MYSQL_NATIVE_PASSWORD;
use mysql_proto::handshake::client::ClientLogin;
use mysql_proto::handshake::client::LoginStep;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::scramble;
use mysql_proto::limits::Limits;

const OK: &[u8] = b"\x00\x00\x00\x02\x00\x00\x00";
const FAST: &[u8] = b"\x01\x03";
const FULL: &[u8] = b"\x01\x04";

fn salt() -> Salt {
    Salt::from_random([7; 20])
}

fn greeting(plugin: &[u8], capabilities: Capabilities) -> Vec<u8> {
    let mut greeting = Greeting::new(b"9.7.4", salt(), capabilities);
    greeting.auth_plugin = plugin;
    let mut out = Vec::new();
    greeting.encode(&mut out).unwrap();
    out
}

fn switch(plugin: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let data = [&salt().as_bytes()[..], b"\0"].concat();
    AuthSwitchRequest {
        plugin,
        data: &data,
    }
    .encode(&mut out)
    .unwrap();
    out
}

fn sent(step: Result<LoginStep, LoginError>) -> Vec<u8> {
    match step {
        Ok(LoginStep::Send(payload)) => payload,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_answer_proves_the_password_to_the_plugin_of_the_greeting() {
    for (plugin, expected) in [
        (
            CACHING_SHA2_PASSWORD,
            scramble::caching_sha2_password(b"pw", &salt()),
        ),
        (
            MYSQL_NATIVE_PASSWORD,
            scramble::native_password(b"pw", &salt()),
        ),
        // One that is not known: the server switches if the account is another's.
        (b"dialog", scramble::native_password(b"pw", &salt())),
    ] {
        let mut login = ClientLogin::new(b"bob", b"pw").database(b"shop");
        let offered = Capabilities::BASIC | Capabilities::CONNECT_WITH_DB;
        let payload = sent(login.handle(&greeting(plugin, offered)));
        let response = HandshakeResponse::decode(&payload, &Limits::default()).unwrap();
        assert_eq!(response.user, b"bob");
        assert_eq!(response.database, Some(&b"shop"[..]));
        assert_eq!(response.auth_response.expose(), expected);
        assert!(matches!(login.handle(OK), Ok(LoginStep::Done(_))));
    }
}

#[test]
fn nothing_is_asked_for_that_was_not_offered() {
    let mut login = ClientLogin::new(b"bob", b"pw");
    let payload = sent(login.handle(&greeting(MYSQL_NATIVE_PASSWORD, Capabilities::BASIC)));
    let response = HandshakeResponse::decode(&payload, &Limits::default()).unwrap();
    assert_eq!(response.capabilities, Capabilities::BASIC);
    let Ok(LoginStep::Done(agreement)) = login.handle(OK) else {
        panic!("the login is complete");
    };
    assert_eq!(agreement.capabilities, Capabilities::BASIC);
}

#[test]
fn a_plugin_that_the_server_asks_for_is_answered_once() {
    let mut login = ClientLogin::new(b"bob", b"pw");
    sent(login.handle(&greeting(CACHING_SHA2_PASSWORD, Capabilities::BASIC)));
    let answer = sent(login.handle(&switch(MYSQL_NATIVE_PASSWORD)));
    assert_eq!(answer, scramble::native_password(b"pw", &salt()));
    let again = login.handle(&switch(MYSQL_NATIVE_PASSWORD));
    assert_eq!(again.unwrap_err(), LoginError::Endless);
}

#[test]
fn the_password_itself_is_sent_over_tls_only() {
    for (request, plugin) in [
        (FULL.to_vec(), CACHING_SHA2_PASSWORD),
        (switch(MYSQL_CLEAR_PASSWORD), MYSQL_NATIVE_PASSWORD),
    ] {
        let hello = greeting(plugin, Capabilities::BASIC | Capabilities::SSL);
        let mut login = ClientLogin::new(b"bob", b"pw");
        sent(login.handle(&hello));
        let refused = login.handle(&request);
        assert_eq!(refused.unwrap_err(), LoginError::ClearPassword);

        let mut login = ClientLogin::new(b"bob", b"pw").over_tls();
        let Ok(LoginStep::StartTls(first)) = login.handle(&hello) else {
            panic!("TLS first");
        };
        let limits = Limits::default();
        assert!(matches!(
            ClientHello::decode(&first, &limits),
            Ok(ClientHello::Ssl(_))
        ));
        let second = sent(login.tls_started());
        assert!(matches!(
            ClientHello::decode(&second, &limits),
            Ok(ClientHello::Login(_))
        ));
        assert_eq!(sent(login.handle(&request)), b"pw\0");
    }
}

#[test]
fn a_greeting_that_asks_for_the_password_itself_does_not_get_it() {
    let mut login = ClientLogin::new(b"bob", b"pw");
    let payload = sent(login.handle(&greeting(MYSQL_CLEAR_PASSWORD, Capabilities::BASIC)));
    assert!(!payload.windows(2).any(|window| window == b"pw"));
}

#[test]
fn a_server_without_tls_is_left_where_tls_is_wanted() {
    let mut login = ClientLogin::new(b"bob", b"pw").over_tls();
    let refused = login.handle(&greeting(CACHING_SHA2_PASSWORD, Capabilities::BASIC));
    assert_eq!(refused.unwrap_err(), LoginError::NoTls);
}

#[test]
fn nothing_is_read_while_tls_starts_or_after_the_end() {
    let mut login = ClientLogin::new(b"bob", b"pw").over_tls();
    let offered = Capabilities::BASIC | Capabilities::SSL;
    login
        .handle(&greeting(CACHING_SHA2_PASSWORD, offered))
        .unwrap();
    assert_eq!(login.handle(OK).unwrap_err(), LoginError::OutOfTurn);
    assert_eq!(login.tls_started().unwrap_err(), LoginError::OutOfTurn);

    let mut login = ClientLogin::new(b"bob", b"pw");
    sent(login.handle(&greeting(CACHING_SHA2_PASSWORD, Capabilities::BASIC)));
    assert!(matches!(login.handle(FAST), Ok(LoginStep::Wait)));
    assert!(matches!(login.handle(OK), Ok(LoginStep::Done(_))));
    assert_eq!(login.handle(OK).unwrap_err(), LoginError::OutOfTurn);
}

#[test]
fn a_server_that_goes_on_asking_is_left() {
    let mut login = ClientLogin::new(b"bob", b"pw");
    sent(login.handle(&greeting(CACHING_SHA2_PASSWORD, Capabilities::BASIC)));
    let end = (0..100).find_map(|_| login.handle(FAST).err());
    assert_eq!(end, Some(LoginError::Endless));
}

#[test]
fn refusals_are_told_with_the_error_of_the_server() {
    let busy = b"\xff\x10\x04Too many connections";
    let refused = ClientLogin::new(b"bob", b"pw").handle(busy).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the server refused the login with error 1040: Too many connections"
    );
    let mut login = ClientLogin::new(b"bob", b"pw");
    sent(login.handle(&greeting(CACHING_SHA2_PASSWORD, Capabilities::BASIC)));
    let denied = login.handle(b"\xff\x15\x04#28000Access denied");
    assert!(matches!(
        denied,
        Err(LoginError::Refused { code: 1045, .. })
    ));
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let mut factor = Vec::new();
    let plugin = &b"authentication_webauthn_client"[..];
    AuthNextFactor { plugin, data: b"" }
        .encode(&mut factor)
        .unwrap();
    for request in [factor, switch(plugin)] {
        let mut login = ClientLogin::new(b"bob", b"pw");
        sent(login.handle(&greeting(CACHING_SHA2_PASSWORD, Capabilities::BASIC)));
        let refused = login.handle(&request).unwrap_err();
        assert_eq!(refused, LoginError::UnknownPlugin(plugin.to_vec()));
    }
}

#[test]
fn a_login_does_not_show_its_password() {
    let login = ClientLogin::new(b"bob", b"secret");
    let shown = format!("{login:?}");
    assert!(shown.contains("password: [redacted]"), "{shown}");
}
