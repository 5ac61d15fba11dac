//! Logins: who gets in, and what the others are told.

use bytes::BytesMut;
use policy_core::server::ServerKind;
use session_core::event::Event;
use session_core::login::greeting_collation;

use crate::pair::CLIENT;
use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::target::Seen;
use mysql_proto::flags::Capabilities;
use mysql_proto::types::SequenceId;

fn refused(login: &Login) -> (Pair, Got) {
    let mut pair = Pair::new();
    let got = pair.log_in(login);
    assert!(pair.session.is_closed());
    assert!(pair.target.seen.is_empty(), "{:?}", pair.target.seen);
    assert_eq!(
        pair.written_names(),
        ["connection_opened", "login_refused", "connection_closed"]
    );
    assert_eq!(pair.did.last(), Some(&Did::Close));
    (pair, got)
}

#[test]
fn greets_with_the_collation_of_a_target_only_where_it_is_utf8mb4() {
    for own in [45, 46, 224, 247, 255] {
        for kind in [ServerKind::MySql, ServerKind::MariaDb] {
            assert_eq!(greeting_collation(own, kind), own);
        }
    }
    // None told, latin1, sjis, utf8mb3, ucs2, binary, gbk, one of no server: what is read is utf8mb4.
    for other in [0, 8, 13, 33, 35, 63, 28, 100] {
        assert_eq!(greeting_collation(other, ServerKind::MySql), 255, "{other}");
        assert_eq!(
            greeting_collation(other, ServerKind::MariaDb),
            45,
            "{other}"
        );
    }
}

#[test]
fn lets_in_a_client_with_a_token() {
    for seed in 1..20 {
        let mut pair = Pair::new().cut(Cut::Seed(seed));
        pair.log_in(&Login::default()).ok();
        assert!(pair.did.contains(&Did::Connect("reader".to_owned())));
        assert_eq!(pair.written_names(), ["connection_opened", "login"]);
        assert!(matches!(pair.target.seen[..], [Seen::Own(_), Seen::Own(_)]));
    }
}

#[test]
fn asks_a_client_without_tls_for_nothing() {
    let login = Login {
        tls: false,
        ..Login::default()
    };
    let (pair, got) = refused(&login);
    got.is_failure(3159, "[POSTERN-LOGIN-TLS]");
    assert!(!pair.did.contains(&Did::Identify));
}

#[test]
fn refuses_a_bad_token() {
    let (_, got) = refused(&Login {
        token: "forged",
        ..Login::default()
    });
    got.is_failure(1045, "[POSTERN-LOGIN-SIGNATURE]");
}

#[test]
fn refuses_an_empty_token() {
    let (pair, got) = refused(&Login {
        token: "",
        ..Login::default()
    });
    got.is_failure(1045, "[POSTERN-LOGIN-NO-TOKEN]");
    assert!(!pair.did.contains(&Did::Identify));
}

#[test]
fn refuses_an_unknown_target() {
    let (_, got) = refused(&Login {
        user: "bank",
        ..Login::default()
    });
    got.is_failure(1045, "[POSTERN-LOGIN-TARGET]");
}

#[test]
fn refuses_a_role_that_is_not_open() {
    let (_, got) = refused(&Login {
        user: "shop/auditor",
        ..Login::default()
    });
    got.is_failure(1045, "[POSTERN-LOGIN-ROLE]");
    let (_, got) = refused(&Login {
        token: "token-of-stranger",
        ..Login::default()
    });
    got.is_failure(1045, "[POSTERN-LOGIN-ROLE]");
}

#[test]
fn refuses_a_charset_that_hides_quotes() {
    // gbk_chinese_ci, sjis_japanese_ci, big5_chinese_ci, cp932_japanese_ci, gb18030_chinese_ci.
    for collation in [28, 13, 1, 95, 248] {
        let (_, got) = refused(&Login {
            collation,
            ..Login::default()
        });
        got.is_failure(1115, "[POSTERN-LOGIN-CHARSET]");
    }
}

#[test]
fn refuses_a_database_that_the_role_may_not_use() {
    let (_, got) = refused(&Login {
        database: Some("hr"),
        ..Login::default()
    });
    assert_eq!(got.failure().0, 1044);
}

#[test]
fn begins_in_the_database_that_was_asked_for() {
    let login = Login {
        database: Some("shop"),
        ..Login::default()
    };
    let mut pair = Pair::ready_with(Pair::new(), &login);
    pair.query("SELECT id FROM orders").ok();
}

#[test]
fn says_that_the_target_cannot_be_reached() {
    let mut pair = Pair::new();
    pair.refuses_connect = true;
    let got = pair.log_in(&Login::default());
    got.is_failure(2003, "[POSTERN-TARGET]");
    assert!(pair.session.is_closed());
}

#[test]
fn lets_nobody_in_without_a_catalog() {
    let mut pair = Pair::new();
    pair.catalog = None;
    let got = pair.log_in(&Login::default());
    got.is_failure(1105, "[POSTERN-CATALOG]");
    assert!(pair.did.contains(&Did::RefreshCatalog));
    assert!(pair.target.seen.is_empty());
}

#[test]
fn a_failure_of_the_gateways_own_statement_ends_the_login_in_order() {
    let mut pair = Pair::new();
    pair.target.refuses_own = Some("SET SESSION");
    let got = pair.log_in(&Login::default());
    got.is_failure(1105, "[POSTERN-SESSION]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_login_takes_only_so_long() {
    for packets in 0..2 {
        let mut pair = Pair::new();
        pair.tell(Event::Start);
        if packets > 0 {
            pair.send_bytes(&[32, 0, 0]);
        }
        pair.pass_to_deadline();
        assert!(pair.session.is_closed());
        assert_eq!(pair.now_us, crate::world::NOW_US + 10_000_000);
    }
}

#[test]
fn nothing_sent_in_clear_counts_as_sent_under_tls() {
    let mut pair = Pair::new();
    pair.answers = false;
    pair.tell(Event::Start);
    // In one chunk: a request for TLS, and what an attacker on the way put behind it.
    let mut bytes = Vec::new();
    let capabilities = CLIENT | Capabilities::SSL;
    let mut request = vec![0; 32];
    request[..4].copy_from_slice(&capabilities.bits().to_le_bytes());
    bytes.extend_from_slice(&[32, 0, 0, 1]);
    bytes.extend_from_slice(&request);
    bytes.extend_from_slice(&[1, 0, 0, 2, 0]);
    pair.tell(Event::FromClient(BytesMut::from(bytes.as_slice())));
    assert!(pair.did.contains(&Did::StartTls));
    assert!(!pair.session.is_closed(), "what came early was read");
    assert_eq!(pair.written_names(), ["connection_opened"]);
}

/// A login of this plugin without any answer to the greeting, and what it is told.
fn answers_nothing(plugin: &[u8]) -> (Pair, SequenceId, Vec<u8>) {
    let mut pair = Pair::new();
    pair.tell(Event::Start);
    pair.packet();
    let mut sequence = SequenceId::ZERO.next();
    let capabilities = CLIENT | Capabilities::SSL | Capabilities::DEPRECATE_EOF;
    let mut request = vec![0; 32];
    request[..4].copy_from_slice(&capabilities.bits().to_le_bytes());
    request[8] = 45;
    pair.send(&request, &mut sequence);
    let response = [&request, &b"shop\0\0"[..], plugin, b"\0"].concat();
    pair.send(&response, &mut sequence);
    let (_, switch) = pair.packet().unwrap();
    (pair, sequence.next(), switch.to_vec())
}

#[test]
fn takes_the_token_of_the_openid_plugin() {
    let (mut pair, mut sequence, switch) = answers_nothing(b"caching_sha2_password");
    assert!(switch.starts_with(b"\xfeauthentication_openid_connect_client\0"));
    pair.send(b"\x01\x0etoken-of-agent", &mut sequence);
    let (_, end) = pair.packet().unwrap();
    assert_eq!(end[0], 0, "{:?}", String::from_utf8_lossy(&end));
}

/// A client that has a password, and not the plugin of the greeting, answers nothing and waits to be
/// switched. So do some threads of libmariadb that load that plugin at the same time.
#[test]
fn a_client_that_answers_nothing_for_another_plugin_is_switched_to_that_of_the_greeting() {
    for plugin in [&b"mysql_native_password"[..], b"client_ed25519", b"dialog"] {
        let (mut pair, mut sequence, switch) = answers_nothing(plugin);
        assert!(switch.starts_with(b"\xfecaching_sha2_password\0"));
        pair.send(&[7; 32], &mut sequence);
        let (_, asked) = pair.packet().unwrap();
        assert_eq!(asked[..], [1, 4], "asked for full authentication");
        let mut sequence = sequence.next();
        pair.send(b"token-of-agent\0", &mut sequence);
        let (_, end) = pair.packet().unwrap();
        assert_eq!(end[0], 0, "{:?}", String::from_utf8_lossy(&end));
    }
}

#[test]
fn a_client_that_answers_nothing_after_the_switch_has_no_token() {
    for nothing in [&b""[..], b"\0"] {
        let (mut pair, mut sequence, _) = answers_nothing(b"mysql_native_password");
        pair.send(nothing, &mut sequence);
        let (_, error) = pair.packet().unwrap();
        let said = String::from_utf8_lossy(&error);
        assert!(said.contains("[POSTERN-LOGIN-NO-TOKEN]"), "{said}");
        assert!(pair.session.is_closed() && !pair.did.contains(&Did::Identify));
    }
}

#[test]
fn a_login_that_takes_too_long_is_told_so() {
    let mut pair = Pair::new();
    pair.tell(Event::Start);
    let (sequence, _greeting) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    pair.pass_to_deadline();
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 1);
    crate::pair::failure(&payload).is_failure(1159, "[POSTERN-LOGIN-TIME]");
    assert!(pair.session.is_closed() && pair.target.seen.is_empty());
}
