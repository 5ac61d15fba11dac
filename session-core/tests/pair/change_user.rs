//! COM_CHANGE_USER: a new login, to which nothing of the old one is left.

use audit_log::record::Event as Written;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use session_core::event::Event;

use crate::pair::CLIENT;
use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;

fn place(pair: &Pair, wanted: &Did) -> usize {
    let mut did = pair.did.iter();
    did.position(|did| did == wanted).expect("it was done")
}

fn named(pair: &Pair, name: &str) -> usize {
    let is = |did: &Did| matches!(did, Did::Record(event, _) if event.name() == name);
    pair.did.iter().position(is).expect("it was recorded")
}

#[test]
fn the_end_of_the_one_login_and_the_beginning_of_the_other_are_recorded_in_order() {
    for seed in 1..10 {
        let mut pair = Pair::ready().cut(Cut::Seed(seed));
        pair.change_user("shop/auditor", "token-of-auditor", "")
            .ok();
        assert_eq!(pair.written_names(), ["login_ended", "login"]);
        let ended = named(&pair, "login_ended");
        let gone = place(&pair, &Did::Disconnect);
        let asked = place(&pair, &Did::Identify);
        let connected = place(&pair, &Did::Connect("reader".to_owned()));
        let begun = named(&pair, "login");
        assert!(ended < gone && gone < asked && asked < connected && connected < begun);
        let Some(Written::Login(login)) = pair.written().pop() else {
            panic!("no login");
        };
        assert_eq!((&*login.role, &*login.groups[0]), ("auditor", "auditors"));
    }
}

#[test]
fn the_new_role_decides() {
    let mut pair = Pair::ready();
    let write = "INSERT INTO shop.orders VALUES (1, 2)";
    pair.query(write).ok();
    pair.change_user("shop", "token-of-auditor", "").ok();
    let got = pair.query(write);
    assert!(got.failure().1.starts_with("[POSTERN-DENIED]"));
    pair.change_user("shop", "token-of-agent", "").ok();
    pair.query(write).ok();
}

#[test]
fn nothing_of_the_old_session_is_left() {
    let mut pair = Pair::ready();
    let prepared = Reply::Prepared {
        id: 9,
        parameters: 0,
        definitions: vec![column("shop.orders", "id")],
    };
    pair.prepare("SELECT id FROM shop.orders", prepared)
        .prepared();
    pair.query("PREPARE s FROM 'SELECT 1'").ok();
    pair.query("USE shop").ok();
    pair.change_user("shop", "token-of-agent", "").ok();
    pair.target.logged_in = true;
    let execute = [0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0];
    pair.ask(&execute, ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
    assert_eq!(pair.query("EXECUTE s").failure().0, 1243);
    assert!(
        pair.query("SELECT id FROM orders")
            .failure()
            .1
            .contains("POSTERN-")
    );
    assert!(pair.commands_seen().is_empty());
}

#[test]
fn begins_in_the_database_that_it_names() {
    let mut pair = Pair::ready();
    pair.change_user("shop", "token-of-agent", "shop").ok();
    pair.query("SELECT id FROM orders").ok();
    assert!(pair.target.seen.contains(&Seen::Own("shop".to_owned())));
    let got = pair.change_user("shop", "token-of-agent", "hr");
    assert_eq!(got.failure().0, 1044);
    assert!(pair.session.is_closed());
}

#[test]
fn a_login_that_fails_ends_the_connection() {
    for (user, token, code, reason) in [
        ("shop", "forged", 1045, "[POSTERN-LOGIN-SIGNATURE]"),
        ("shop", "", 1045, "[POSTERN-LOGIN-NO-TOKEN]"),
        ("shop", "token-of-stranger", 1045, "[POSTERN-LOGIN-ROLE]"),
        (
            "shop/auditor",
            "token-of-agent",
            1045,
            "[POSTERN-LOGIN-ROLE]",
        ),
        ("bank", "token-of-agent", 1045, "[POSTERN-LOGIN-TARGET]"),
    ] {
        let mut pair = Pair::ready();
        let got = pair.change_user(user, token, "");
        got.is_failure(code, reason);
        assert!(pair.session.is_closed());
        assert!(pair.target.seen.is_empty());
        let written = ["login_ended", "login_refused", "connection_closed"];
        assert_eq!(pair.written_names(), written);
        assert!(
            pair.did.contains(&Did::Disconnect),
            "the old session is gone, too"
        );
    }
}

#[test]
fn a_content_that_is_none_ends_the_connection() {
    for content in [
        &b""[..],
        b"shop",
        b"shop\0",
        b"shop\0\x20short\0",
        b"shop\0\0\0\x2d",
        // gbk_chinese_ci, and one that does not exist.
        b"shop\0\0\0\xff\xff",
        b"shop\0\0\0\x2d\0caching_sha2_password\0more",
    ] {
        let mut pair = Pair::ready();
        let got = pair.ask(&with_byte(0x11, content), ReplyKind::Ok);
        assert_eq!(got.failure().0, 1043, "{content:?}");
        assert!(pair.session.is_closed());
        assert!(!pair.did.contains(&Did::Identify));
    }
}

#[test]
fn a_charset_that_hides_quotes_is_refused_here_too() {
    let mut pair = Pair::ready();
    pair.command(&with_byte(0x11, b"shop\0\x01x\0\x1c\0"));
    pair.packet().expect("a request for a plugin");
    let mut sequence = mysql_proto::types::SequenceId::new(2);
    pair.send(&[8; 32], &mut sequence);
    pair.packet().expect("a request for the password");
    sequence = mysql_proto::types::SequenceId::new(4);
    pair.send(b"token-of-agent\0", &mut sequence);
    let (_, error) = pair.packet().unwrap();
    crate::pair::failure(&error).is_failure(1115, "[POSTERN-LOGIN-CHARSET]");
}

#[test]
fn a_client_that_has_a_token_file_is_asked_for_it() {
    let mut pair = Pair::ready();
    let plugin = b"shop\0\0\0\x2d\0authentication_openid_connect_client\0";
    pair.command(&with_byte(0x11, plugin));
    let (sequence, switch) = pair.packet().unwrap();
    assert!(switch.starts_with(b"\xfeauthentication_openid_connect_client\0"));
    let mut sequence = mysql_proto::types::SequenceId::new(sequence).next();
    pair.send(b"\x01\x0etoken-of-agent", &mut sequence);
    let (_, end) = pair.packet().unwrap();
    assert_eq!(end[0], 0, "{:?}", String::from_utf8_lossy(&end));
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_client_that_waits_for_the_salt_is_given_it() {
    for content in [
        &b"shop\0\0\0"[..],
        b"shop\0\x01\0\0\x2d\0",
        b"shop\0\0\0\x2d\0other\0",
    ] {
        let mut pair = Pair::ready();
        pair.command(&with_byte(0x11, content));
        let (_, switch) = pair.packet().unwrap();
        assert!(switch.starts_with(b"\xfecaching_sha2_password\0"));
        assert_eq!(switch.len(), 1 + 22 + 21);
    }
}

#[test]
fn no_record_no_change() {
    let mut pair = Pair::ready();
    pair.fails_at = Some(pair.records + 1);
    let got = pair.change_user("shop", "token-of-agent", "");
    got.is_failure(1105, "[POSTERN-AUDIT]");
    assert!(pair.session.is_closed());
    assert!(!pair.did.contains(&Did::Identify));
}

#[test]
fn takes_only_so_long_from_its_own_beginning() {
    let mut pair = Pair::ready();
    pair.now_us += 60_000_000;
    pair.command(&with_byte(0x11, b"shop\0\x01x\0"));
    assert!(!pair.session.is_closed());
    let began = pair.now_us;
    pair.pass_to_deadline();
    assert!(pair.session.is_closed());
    assert_eq!(pair.now_us, began + 10_000_000);
    assert!(!pair.did.contains(&Did::Identify));
}

#[test]
fn a_target_that_cannot_be_reached_again_ends_the_connection() {
    let mut pair = Pair::ready();
    pair.refuses_connect = true;
    let got = pair.change_user("shop", "token-of-agent", "");
    got.is_failure(2003, "[POSTERN-TARGET]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_token_is_no_bigger_than_at_a_login() {
    let mut pair = Pair::ready();
    pair.command(&with_byte(0x11, b"shop\0\x01x\0"));
    pair.packet().expect("a request for a plugin");
    pair.send_bytes(&[0, 0, 2, 2]);
    pair.send_bytes(&vec![b'x'; 0x2_0000]);
    assert!(pair.session.is_closed());
}

#[test]
fn several_statements_stay_as_they_were_chosen() {
    let login = Login {
        capabilities: CLIENT | Capabilities::MULTI_STATEMENTS,
        ..Login::default()
    };
    let mut pair = Pair::ready_with(Pair::new(), &login);
    pair.change_user("shop", "token-of-agent", "").ok();
    let two = "SELECT id FROM shop.orders; SELECT total FROM shop.orders";
    assert_eq!(pair.query_all(two).len(), 2);
    pair.ask(&[0x1b, 1, 0], ReplyKind::Eof);
    pair.change_user("shop", "token-of-agent", "").ok();
    pair.query(two).is_failure(1064, "[POSTERN-");
}

#[test]
fn it_waits_for_the_reply_that_is_under_way() {
    let mut pair = Pair::ready();
    pair.holds_records = true;
    pair.command(&with_byte(3, b"SELECT id FROM shop.orders"));
    pair.command(&with_byte(0x11, b"shop\0\x01x\0"));
    assert!(!pair.did.contains(&Did::Disconnect));
    pair.answer_record(true);
    pair.answer_record(true);
    pair.answer(ReplyKind::Query).ok();
    pair.answer_record(true);
    assert!(pair.did.contains(&Did::Disconnect));
    pair.tell(Event::ClientGone);
}
