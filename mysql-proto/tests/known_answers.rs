//! Bytes that real servers and clients sent: MySQL 9.7.4, MariaDB 10.11.19, and their own command
//! lines.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use mysql_proto::charset::Charset;
use mysql_proto::charset::CollationId;
use mysql_proto::error::DecodeError;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::ClientHello;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::scramble::caching_sha2_password;
use mysql_proto::handshake::scramble::native_password;
use mysql_proto::limits::Limits;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;
use mysql_proto::row::text::TextRow;
use mysql_proto::statement::StatementId;
use mysql_proto::types::ColumnType;

const MYSQL_GREETING: &str = "0a392e372e342d32000a0000002260074b4037354c00ffffff0200ffdf15000000000000\
    000000005e3b793311055c3d307162430063616368696e675f736861325f70617373776f726400";
const MARIADB_GREETING: &str = "0a352e352e352d31302e31312e31392d4d6172696144422d302b64656231327531000900\
    000036463e447a5b3a4b00fef7080200ff81150000000000001d0000004e2465524b6021232c51375c006d7973716c5f\
    6e61746976655f70617373776f726400";
const MARIADB_LOGIN: &str = "8da2bf0000000001210000000000000000000000000000000000000000000000616c696365\
    0020ad439090e1914151d1a7f6bf7c21561d283f2fba52fe39ce9dcd29d687813c2c73686f700063616368696e675f73\
    6861325f70617373776f7264007f035f6f73054c696e75780c5f636c69656e745f6e616d650a6c69626d617269616462\
    045f7069640531343837330f5f636c69656e745f76657273696f6e06332e332e3230095f706c6174666f726d06783836\
    5f36340c70726f6772616d5f6e616d65056d7973716c0c5f7365727665725f686f7374093132372e302e302e31";
const MYSQL_LOGIN: &str = "8da2bf1900000001ff0000000000000000000000000000000000000000000000616c69636500\
    20ad439090e1914151d1a7f6bf7c21561d283f2fba52fe39ce9dcd29d687813c2c73686f700063616368696e675f7368\
    61325f70617373776f72640072045f706964053134383735095f706c6174666f726d067838365f3634035f6f73054c69\
    6e75780c5f636c69656e745f6e616d65086c69626d7973716c076f735f7573657204726f6f740f5f636c69656e745f76\
    657273696f6e05392e372e340c70726f6772616d5f6e616d65056d7973716c";
const MYSQL_SSL_REQUEST: &str = "8daabf1900000001ff0000000000000000000000000000000000000000000000";
const SALT: &[u8; 20] = b"abcdefghijklmnopqrst";

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

fn login(payload: &[u8]) -> HandshakeResponse<'_> {
    match ClientHello::decode(payload, &Limits::default()).unwrap() {
        ClientHello::Login(login) => login,
        ClientHello::Ssl(_) => panic!("not a request for TLS"),
    }
}

#[test]
fn greeting_of_mysql() {
    let payload = bytes(MYSQL_GREETING);
    let greeting = Greeting::decode(&payload).unwrap();
    assert_eq!(greeting.server_version, b"9.7.4-2");
    assert_eq!(greeting.connection_id, 10);
    assert_eq!(greeting.auth_plugin, b"caching_sha2_password");
    assert!(greeting.capabilities.contains(Capabilities::DEPRECATE_EOF));
    assert_eq!(greeting.mariadb_capabilities, MariaDbCapabilities::empty());
    let mut again = Vec::new();
    greeting.encode(&mut again).unwrap();
    assert_eq!(again, payload);
}

#[test]
fn greeting_of_mariadb() {
    let payload = bytes(MARIADB_GREETING);
    let greeting = Greeting::decode(&payload).unwrap();
    assert_eq!(greeting.server_version, b"5.5.5-10.11.19-MariaDB-0+deb12u1");
    assert_eq!(greeting.auth_plugin, b"mysql_native_password");
    assert!(!greeting.capabilities.contains(Capabilities::LONG_PASSWORD));
    assert_eq!(
        greeting.mariadb_capabilities,
        MariaDbCapabilities::PROGRESS
            | MariaDbCapabilities::STMT_BULK_OPERATIONS
            | MariaDbCapabilities::EXTENDED_METADATA
            | MariaDbCapabilities::CACHE_METADATA
    );
    let mut again = Vec::new();
    greeting.encode(&mut again).unwrap();
    assert_eq!(again, payload);
}

#[test]
fn a_server_that_is_full_sends_an_error_without_state() {
    let error = ErrPacket::decode(b"\xff\x10\x04Too many connections").unwrap();
    assert_eq!((error.code, error.sql_state), (1040, None));
    assert_eq!(&*error.message, b"Too many connections");
}

#[test]
fn logins_of_the_command_lines() {
    for (hex, name, deprecates_eof) in [
        (MARIADB_LOGIN, &b"libmariadb"[..], false),
        (MYSQL_LOGIN, b"libmysql", true),
    ] {
        let payload = bytes(hex);
        let login = login(&payload);
        assert_eq!(login.user, b"alice");
        assert_eq!(login.database, Some(&b"shop"[..]));
        assert_eq!(login.auth_plugin, Some(&b"caching_sha2_password"[..]));
        let answer = caching_sha2_password(b"pw", &Salt::from_server(*SALT));
        assert_eq!(login.auth_response.expose(), answer);
        let client = login
            .attributes
            .iter()
            .find(|pair| pair.name == b"_client_name");
        assert_eq!(client.unwrap().value, name);
        // Not every client of today can do without EOF.
        assert_eq!(
            login.capabilities.contains(Capabilities::DEPRECATE_EOF),
            deprecates_eof
        );
        let mut again = Vec::new();
        login.encode(&mut again).unwrap();
        assert_eq!(again, payload);
    }
}

#[test]
fn native_answer_of_the_command_line() {
    let answer = native_password(b"pw", &Salt::from_server(*SALT));
    assert_eq!(
        hex::encode(answer),
        "12909d72d875523f8c9d6da44cbd3a6c1ce794db"
    );
}

#[test]
fn request_for_tls() {
    let payload = bytes(MYSQL_SSL_REQUEST);
    let hello = ClientHello::decode(&payload, &Limits::default()).unwrap();
    let ClientHello::Ssl(request) = hello else {
        panic!("a request for TLS");
    };
    assert_eq!(request.packet_bytes_max, 1 << 24);
    assert_eq!(request.collation, 255);
    let mut again = Vec::new();
    request.encode(&mut again);
    assert_eq!(again, payload);
}

#[test]
fn clients_of_before_4_1_are_told_apart() {
    // Capabilities without PROTOCOL_41, a limit of three bytes, user and scramble.
    let old = b"\x85\x24\x00\x00\x00old\x00\x47\x44\x53\x43\x51\x59\x52\x5f";
    let limits = Limits::default();
    assert_eq!(
        ClientHello::decode(old, &limits),
        Err(DecodeError::OldProtocol)
    );
}

#[test]
fn the_old_request_for_another_plugin_is_refused() {
    assert_eq!(
        AuthReply::decode(b"\xfe"),
        Err(DecodeError::OldAuthentication)
    );
    assert!(AuthReply::decode(b"\x02webauthn").is_err());
    assert!(AuthReply::decode(b"").is_err());
    assert!(AuthReply::decode(b"\x03").is_err());
}

#[test]
fn attributes_over_their_limits_are_refused() {
    let payload = bytes(MYSQL_LOGIN);
    for (bytes_max, count_max) in [(100, 64), (8192, 3)] {
        let mut limits = Limits::default();
        limits.attributes_bytes_max = bytes_max;
        limits.attributes_max = count_max;
        let read = ClientHello::decode(&payload, &limits);
        assert!(matches!(read, Err(DecodeError::OverLimit { .. })));
    }
}

#[test]
fn a_login_does_not_show_its_secret() {
    let payload = bytes(MYSQL_LOGIN);
    let shown = format!("{:?}", login(&payload));
    assert!(shown.contains("auth_response: [redacted]"));
}

#[test]
fn ok_with_a_changed_mode() {
    let payload = bytes(
        "000000024200000023001e0873716c5f6d6f6465144e4f5f4241434b534c4153485f45534341504553020131",
    );
    let capabilities = Capabilities::SESSION_TRACK;
    let (form, ok) = OkPacket::decode(&payload, capabilities, &Limits::default()).unwrap();
    assert_eq!(form, OkForm::Reply);
    // NO_BACKSLASH_ESCAPES takes effect after this statement.
    assert_eq!(
        ok.status,
        StatusFlags::AUTOCOMMIT
            | StatusFlags::SESSION_STATE_CHANGED
            | StatusFlags::NO_BACKSLASH_ESCAPES
    );
    let expected = [
        SessionChange::SystemVariable {
            name: b"sql_mode",
            value: b"NO_BACKSLASH_ESCAPES",
        },
        SessionChange::StateChange(b"1"),
    ];
    assert_eq!(ok.session_changes, expected);
    let mut again = Vec::new();
    ok.encode(form, capabilities, &mut again);
    assert_eq!(again, payload);
}

#[test]
fn ok_with_a_changed_schema() {
    let payload = bytes("00000002420000000b0106056d7973716c020131");
    let capabilities = Capabilities::SESSION_TRACK;
    let (_, ok) = OkPacket::decode(&payload, capabilities, &Limits::default()).unwrap();
    assert_eq!(
        ok.session_changes,
        [
            SessionChange::Schema(b"mysql"),
            SessionChange::StateChange(b"1")
        ]
    );
}

#[test]
fn a_small_result_set() {
    let capabilities = Capabilities::DEPRECATE_EOF | Capabilities::SESSION_TRACK;
    let agreement = Agreement::new(capabilities, Limits::default());
    let mut tracker = ReplyTracker::new(ReplyKind::Query, agreement);
    assert_eq!(tracker.next(&bytes("02")), Ok(Reply::ColumnCount(2)));
    let column = bytes("036465660000000161000c3f0002000000088100000000");
    let Ok(Reply::Column(column)) = tracker.next(&column) else {
        panic!("a column");
    };
    assert_eq!(
        (&*column.name, column.column_type),
        (&b"a"[..], ColumnType::LongLong)
    );
    assert_eq!(column.flags, ColumnFlags::NOT_NULL | ColumnFlags::BINARY);
    assert_eq!(
        CollationId::new(column.collation).charset(),
        Some(Charset::Binary)
    );
    let column = bytes("036465660000000162000c3f0000000000068000000000");
    assert!(matches!(tracker.next(&column), Ok(Reply::Column(_))));
    let row = bytes("0131fb");
    let Ok(Reply::Row(row)) = tracker.next(&row) else {
        panic!("a row");
    };
    assert_eq!(TextRow::new(row).decode(2), Ok(vec![Some(&b"1"[..]), None]));
    assert!(matches!(
        tracker.next(&bytes("fe000002020000")),
        Ok(Reply::End(_))
    ));
    assert!(tracker.is_ended());
}

#[test]
fn a_prepare_of_one_parameter() {
    let capabilities = Capabilities::DEPRECATE_EOF | Capabilities::SESSION_TRACK;
    let agreement = Agreement::new(capabilities, Limits::default());
    let mut tracker = ReplyTracker::new(ReplyKind::Prepare, agreement);
    let prepared = bytes("000900000001000100000000");
    let Ok(Reply::PrepareOk(prepared)) = tracker.next(&prepared) else {
        panic!("a prepare reply");
    };
    assert_eq!(prepared.statement_id, StatementId::new(9));
    assert_eq!((prepared.columns, prepared.params), (1, 1));
    let definition = bytes("03646566000000013f000c2d00fcff0000fd00001f0000");
    assert!(matches!(tracker.next(&definition), Ok(Reply::Parameter(_))));
    assert!(matches!(tracker.next(&definition), Ok(Reply::Column(_))));
    assert!(tracker.is_ended());
}
