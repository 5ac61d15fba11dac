//! Scripted servers at the other end of a pipe.

use mysql_proto::error::DecodeError;
use mysql_proto::handshake::auth::AuthMoreData;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::response::err::SqlState;
use mysql_proto::response::ok::OkForm;
use tokio::io::DuplexStream;

use super::*;

const SALT: [u8; 20] = *b"0123456789abcdefghij";
const OTHER_SALT: [u8; 20] = *b"jihgfedcba9876543210";
const PASSWORD: &[u8] = b"secret word";

/// One step of a server.
enum Step {
    /// Sends this payload.
    Send(Vec<u8>),
    /// Waits for exactly this payload.
    Expect(Vec<u8>),
    /// Waits for a login; what it must hold is checked.
    ExpectLogin(fn(&HandshakeResponse<'_>)),
}

fn offered() -> Capabilities {
    // Everything, so that what is not asked for is seen to be left out.
    Capabilities::all()
}

fn greeting(capabilities: Capabilities, plugin: &[u8], version: &[u8]) -> Step {
    let mut payload = Vec::new();
    Greeting {
        server_version: version,
        connection_id: 7,
        salt: Salt::from_server(SALT),
        capabilities,
        mariadb_capabilities: MariaDbCapabilities::empty(),
        collation: 45,
        status: StatusFlags::AUTOCOMMIT,
        auth_plugin: plugin,
    }
    .encode(&mut payload)
    .unwrap();
    Step::Send(payload)
}

fn ok() -> Step {
    let mut payload = Vec::new();
    let ok = OkPacket {
        status: StatusFlags::AUTOCOMMIT,
        ..OkPacket::default()
    };
    ok.encode(OkForm::Reply, Capabilities::empty(), &mut payload);
    Step::Send(payload)
}

fn err(code: u16, message: &'static str) -> Step {
    let mut payload = Vec::new();
    ErrPacket::new(code, SqlState::LOGIN, message.as_bytes()).encode(&mut payload);
    Step::Send(payload)
}

fn more(data: &[u8]) -> Step {
    let mut payload = Vec::new();
    AuthMoreData { data }.encode(&mut payload);
    Step::Send(payload)
}

fn switch(plugin: &[u8], salt: [u8; 20]) -> Step {
    let mut payload = Vec::new();
    let data = [&salt[..], &[0]].concat();
    AuthSwitchRequest {
        plugin,
        data: &data,
    }
    .encode(&mut payload)
    .unwrap();
    Step::Send(payload)
}

async fn serve(stream: DuplexStream, steps: Vec<Step>) {
    let mut packets = Packets::new(stream, 1 << 20);
    for step in steps {
        match step {
            Step::Send(payload) => packets.write(&payload).await.unwrap(),
            Step::Expect(payload) => assert_eq!(packets.read().await.unwrap(), payload),
            Step::ExpectLogin(check) => {
                let payload = packets.read().await.unwrap();
                let limits = Limits::default();
                check(&HandshakeResponse::decode(&payload, &limits).unwrap());
            }
        }
    }
}

async fn run(steps: Vec<Step>, encrypted: bool) -> Result<Accepted, ConnectError> {
    run_as(steps, encrypted, None, Capabilities::empty()).await
}

async fn run_as(
    steps: Vec<Step>,
    encrypted: bool,
    database: Option<&str>,
    client_capabilities: Capabilities,
) -> Result<Accepted, ConnectError> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let server = tokio::spawn(serve(theirs, steps));
    let mut packets = Packets::new(ours, Limits::LOGIN_PACKET_BYTES_MAX);
    let password = Secret::new(PASSWORD.to_vec());
    let login = Login {
        user: "reader",
        password: &password,
        database,
        client_capabilities,
        collation: 45,
    };
    let greeted = greet(&mut packets).await?;
    let accepted = log_in(&mut packets, &greeted, &login, encrypted).await;
    drop(packets);
    server.await.unwrap();
    accepted
}

fn sha2(salt: [u8; 20]) -> Vec<u8> {
    scramble::caching_sha2_password(PASSWORD, &Salt::from_server(salt))
}

fn mysql() -> Step {
    greeting(offered(), CACHING_SHA2_PASSWORD, b"9.7.4")
}

fn mariadb() -> Step {
    let without = offered().difference(Capabilities::LONG_PASSWORD);
    greeting(without, MYSQL_NATIVE_PASSWORD, b"5.5.5-10.11.19-MariaDB")
}

const ANY_LOGIN: Step = Step::ExpectLogin(|_| ());

#[tokio::test]
async fn fast_caching_sha2_needs_no_password_in_clear() {
    let login = Step::ExpectLogin(|login| {
        assert_eq!(login.user, b"reader");
        assert_eq!(login.auth_response.expose(), sha2(SALT));
        assert_eq!(login.auth_plugin, Some(CACHING_SHA2_PASSWORD));
        assert_eq!(login.attributes.len(), 1);
        assert_eq!(login.database, None);
    });
    let accepted = run(vec![mysql(), login, more(&[3]), ok()], false)
        .await
        .unwrap();
    assert_eq!(accepted.status, StatusFlags::AUTOCOMMIT);
}

#[tokio::test]
async fn full_caching_sha2_sends_the_password_inside_tls() {
    let clear = [PASSWORD, b"\0"].concat();
    let steps = vec![mysql(), ANY_LOGIN, more(&[4]), Step::Expect(clear), ok()];
    assert!(run(steps, true).await.is_ok());
}

#[tokio::test]
async fn full_caching_sha2_is_refused_in_clear() {
    let refused = run(vec![mysql(), ANY_LOGIN, more(&[4])], false).await;
    assert!(matches!(refused, Err(ConnectError::ClearPassword)));
}

#[tokio::test]
async fn native_password_of_mariadb() {
    let login = Step::ExpectLogin(|login| {
        let proof = scramble::native_password(PASSWORD, &Salt::from_server(SALT));
        assert_eq!(login.auth_response.expose(), proof);
        assert_eq!(login.auth_plugin, Some(MYSQL_NATIVE_PASSWORD));
        // Else the server would take it for a client of MariaDB with extended capabilities.
        assert!(login.capabilities.contains(Capabilities::LONG_PASSWORD));
    });
    assert!(run(vec![mariadb(), login, ok()], false).await.is_ok());
}

#[tokio::test]
async fn a_switch_brings_a_salt_of_its_own() {
    let steps = vec![
        mariadb(),
        ANY_LOGIN,
        switch(CACHING_SHA2_PASSWORD, OTHER_SALT),
        Step::Expect(sha2(OTHER_SALT)),
        more(&[3]),
        ok(),
    ];
    assert!(run(steps, false).await.is_ok());
}

#[tokio::test]
async fn an_unknown_default_plugin_waits_for_the_switch() {
    let steps = vec![
        greeting(offered(), b"sha256_password", b"9.7.4"),
        ANY_LOGIN,
        switch(CACHING_SHA2_PASSWORD, SALT),
        Step::Expect(sha2(SALT)),
        ok(),
    ];
    assert!(run(steps, true).await.is_ok());
}

#[tokio::test]
async fn other_plugins_are_refused_by_name() {
    for plugin in [
        "client_ed25519",
        "mysql_clear_password",
        "dialog",
        "sha256_password",
    ] {
        let steps = vec![mariadb(), ANY_LOGIN, switch(plugin.as_bytes(), SALT)];
        let refused = run(steps, true).await;
        assert!(
            matches!(&refused, Err(ConnectError::Plugin { plugin: found }) if found == plugin),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn the_password_hash_of_before_4_1_is_refused() {
    let refused = run(vec![mariadb(), ANY_LOGIN, Step::Send(vec![0xfe])], true).await;
    let expected = PacketError::Decode(DecodeError::OldAuthentication);
    assert!(
        matches!(&refused, Err(ConnectError::Packet(error)) if error.to_string() == expected.to_string()),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_server_cannot_switch_for_ever() {
    let proof = scramble::native_password(PASSWORD, &Salt::from_server(SALT));
    let steps = vec![
        mariadb(),
        ANY_LOGIN,
        switch(MYSQL_NATIVE_PASSWORD, SALT),
        Step::Expect(proof),
        switch(CACHING_SHA2_PASSWORD, SALT),
    ];
    assert!(matches!(run(steps, true).await, Err(ConnectError::Endless)));
}

#[tokio::test]
async fn a_server_cannot_say_more_for_ever() {
    let mut steps = vec![mysql(), ANY_LOGIN];
    steps.extend((0..ROUNDS_MAX).map(|_| more(&[3])));
    assert!(matches!(run(steps, true).await, Err(ConnectError::Endless)));
}

#[tokio::test]
async fn a_public_key_is_never_used() {
    let steps = vec![mysql(), ANY_LOGIN, more(b"-----BEGIN PUBLIC KEY-----")];
    assert!(matches!(
        run(steps, false).await,
        Err(ConnectError::Plugin { .. })
    ));
}

#[tokio::test]
async fn what_is_asked_is_what_is_needed_and_what_the_client_set() {
    let login = Step::ExpectLogin(|login| {
        let has = |capability| login.capabilities.contains(capability);
        assert!(has(Capabilities::FOUND_ROWS) && has(Capabilities::DEPRECATE_EOF));
        assert!(has(Capabilities::CONNECT_WITH_DB));
        assert_eq!(login.database, Some(&b"shop"[..]));
        let never = Capabilities::LOCAL_FILES
            | Capabilities::COMPRESS
            | Capabilities::ZSTD_COMPRESSION_ALGORITHM
            | Capabilities::MULTI_STATEMENTS
            | Capabilities::QUERY_ATTRIBUTES
            | Capabilities::OPTIONAL_RESULTSET_METADATA
            | Capabilities::MULTI_FACTOR_AUTHENTICATION
            | Capabilities::IGNORE_SPACE
            | Capabilities::INTERACTIVE
            | Capabilities::ODBC;
        assert!((login.capabilities & never).is_empty());
    });
    let client = Capabilities::FOUND_ROWS | Capabilities::COMPRESS;
    let steps = vec![mysql(), login, ok()];
    let accepted = run_as(steps, true, Some("shop"), client).await.unwrap();
    assert!(!accepted.capabilities.contains(Capabilities::LOCAL_FILES));
}

#[tokio::test]
async fn query_attributes_are_asked_for_a_client_that_has_them_and_never_gone_without() {
    let login = Step::ExpectLogin(|login| {
        assert!(login.capabilities.contains(Capabilities::QUERY_ATTRIBUTES));
    });
    let client = Capabilities::QUERY_ATTRIBUTES;
    let accepted = run_as(vec![mysql(), login, ok()], false, None, client).await;
    assert!(accepted.unwrap().capabilities.contains(client));
    let without = greeting(offered().difference(client), b"", b"9.7.4");
    let refused = run_as(vec![without], false, None, client).await;
    assert!(
        matches!(&refused, Err(ConnectError::Lack { what }) if what.contains("attributes")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_is_needed_and_missing_is_named() {
    for (capability, what) in NEEDED {
        if Capabilities::PROTOCOL_41
            .union(Capabilities::SECURE_CONNECTION)
            .contains(*capability)
        {
            continue; // Such a greeting is not even read.
        }
        let greeting = greeting(offered().difference(*capability), b"", b"9.7.4");
        let refused = run(vec![greeting], false).await;
        assert!(
            matches!(&refused, Err(ConnectError::Lack { what: found }) if found == what),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused_before_any_secret() {
    let greeting = greeting(offered().difference(Capabilities::SSL), b"", b"9.7.4");
    let refused = run(vec![greeting], true).await;
    assert!(matches!(refused, Err(ConnectError::Lack { what: "TLS" })));
}

#[tokio::test]
async fn refusals_keep_their_code() {
    let refused = run(vec![mysql(), ANY_LOGIN, err(1045, "Access denied")], true).await;
    assert!(matches!(
        refused,
        Err(ConnectError::Login { code: 1045, .. })
    ));
    // Before the greeting an error has no SQLSTATE.
    let busy = Step::Send(b"\xff\x10\x04Too many connections".to_vec());
    let refused = run(vec![busy], true).await;
    assert!(matches!(
        refused,
        Err(ConnectError::Refuse { code: 1040, .. })
    ));
}

#[tokio::test]
async fn an_unknown_server_is_refused() {
    let refused = run(vec![greeting(offered(), b"", b"something")], true).await;
    assert!(matches!(refused, Err(ConnectError::Version { .. })));
}

#[tokio::test]
async fn a_server_that_goes_away_is_noticed() {
    for steps in [vec![], vec![mysql(), ANY_LOGIN]] {
        let refused = run(steps, true).await;
        assert!(matches!(
            refused,
            Err(ConnectError::Packet(
                PacketError::Closed | PacketError::Socket(_)
            ))
        ));
    }
}

#[tokio::test]
async fn bytes_in_clear_behind_the_request_for_tls_are_refused() {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let mut server = Packets::new(theirs, 1 << 20);
    let Step::Send(payload) = mysql() else {
        panic!("a greeting is sent")
    };
    server.write(&payload).await.unwrap();
    server.write(b"injected").await.unwrap();
    let mut packets = Packets::new(ours, Limits::LOGIN_PACKET_BYTES_MAX);
    let password = Secret::new(PASSWORD.to_vec());
    let login = Login {
        user: "reader",
        password: &password,
        database: None,
        client_capabilities: Capabilities::empty(),
        collation: 45,
    };
    let greeted = greet(&mut packets).await.unwrap();
    let refused = request_tls(&mut packets, &greeted, &login).await;
    assert!(matches!(refused, Err(ConnectError::InjectedBytes)));
}

#[test]
fn a_login_is_printed_without_its_password() {
    let password = Secret::new(PASSWORD.to_vec());
    let login = Login {
        user: "reader",
        password: &password,
        database: None,
        client_capabilities: Capabilities::empty(),
        collation: 45,
    };
    let printed = format!("{login:?}");
    assert!(
        printed.contains("reader") && printed.contains("[redacted]"),
        "{printed}"
    );
}

#[test]
fn clients_learn_nothing_of_hosts_and_accounts() {
    let errors = [
        ConnectError::Reach {
            address: "db.internal:3306".into(),
            source: std::io::ErrorKind::ConnectionRefused.into(),
        },
        ConnectError::Login {
            code: 1045,
            message: "user 'reader'@'10.0.0.1'".into(),
        },
        ConnectError::Login {
            code: 1044,
            message: "user 'reader'@'10.0.0.1'".into(),
        },
        ConnectError::Login {
            code: 1049,
            message: "Unknown database 'reader'".into(),
        },
        ConnectError::Refuse {
            code: 1129,
            message: "Host '10.0.0.1' is blocked".into(),
        },
        ConnectError::Refuse {
            code: 1040,
            message: "reader".into(),
        },
        ConnectError::Version {
            version: "db.internal".into(),
        },
    ];
    for error in errors {
        let told = error.for_client();
        let told = text(&told.message);
        for secret in ["db.internal", "10.0.0.1", "reader"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(told.starts_with("[POSTERN-LOGIN-"), "{told}");
    }
}
