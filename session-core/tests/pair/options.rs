//! COM_SET_OPTION: whether a text may hold several statements, as the session goes on.

use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;

use crate::pair::CLIENT;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::target::Reply;

const ON: [u8; 3] = [0x1b, 0, 0];
const OFF: [u8; 3] = [0x1b, 1, 0];
const TWO: &str = "SELECT id FROM shop.orders; SELECT total FROM shop.orders";

fn set(pair: &mut Pair, option: &[u8]) {
    let got = pair.ask(option, ReplyKind::Eof).rows();
    assert!(got.ended);
}

#[test]
fn several_statements_are_taken_once_they_are_turned_on_and_no_longer() {
    let mut pair = Pair::ready();
    pair.query(TWO).is_failure(1064, "[POSTERN-");
    set(&mut pair, &ON);
    assert!(pair.target.seen.is_empty(), "the target sees one at a time");
    assert_eq!(pair.query_all(TWO).len(), 2);
    assert_eq!(pair.commands_seen().len(), 2);
    set(&mut pair, &OFF);
    pair.query(TWO).is_failure(1064, "[POSTERN-");
    assert_eq!(pair.commands_seen().len(), 2);
}

#[test]
fn each_of_several_statements_is_decided_also_when_they_were_turned_on_late() {
    let mut pair = Pair::ready();
    set(&mut pair, &ON);
    let got = pair.query("SELECT id FROM shop.orders; SELECT salary FROM hr.people");
    assert!(got.failure().1.starts_with("[POSTERN-DENIED]"));
    assert!(pair.target.seen.is_empty());
}

#[test]
fn they_can_be_turned_off_although_the_login_asked_for_them() {
    let login = Login {
        capabilities: CLIENT | Capabilities::MULTI_STATEMENTS,
        ..Login::default()
    };
    // This client wants an EOF of five bytes.
    let mut pair = Pair::ready_with(Pair::new(), &login);
    pair.command(&OFF);
    let (sequence, end) = pair.packet().unwrap();
    assert_eq!((sequence, &end[..]), (1, &[0xfe, 0, 0, 2, 0][..]));
    pair.query(TWO).is_failure(1064, "[POSTERN-");
}

#[test]
fn the_choice_is_recorded_before_the_client_hears_of_it() {
    let mut pair = Pair::ready();
    set(&mut pair, &ON);
    assert_eq!(pair.written_names(), ["intent", "outcome"]);
    pair.fails_at = Some(pair.records + 1);
    let got = pair.ask(&OFF, ReplyKind::Eof);
    got.is_failure(1105, "[POSTERN-AUDIT]");
    assert_eq!(pair.query_all(TWO).len(), 2, "it did not count");
}

#[test]
fn an_option_that_is_none_is_refused() {
    let mut pair = Pair::ready();
    for option in [
        &[0x1b, 2, 0][..],
        &[0x1b, 0, 1],
        &[0x1b, 0],
        &[0x1b],
        &[0x1b, 0, 0, 0],
    ] {
        let got = pair.ask(option, ReplyKind::Eof);
        got.is_failure(1047, "[POSTERN-COMMAND]");
    }
    assert!(matches!(pair.ask(&[0x0e], ReplyKind::Ok), Got::Ok(_)));
}

/// A pair that may make tables, whose client sends several statements in one text.
fn several() -> Pair {
    let mut pair = Pair::ready();
    set(&mut pair, &ON);
    pair
}

#[test]
fn what_stands_behind_a_change_of_names_is_decided_in_its_turn() {
    let mut pair = several();
    let got = pair.query_all("USE shop; SELECT id FROM orders; SELECT salary FROM hr.people");
    assert_eq!(got.len(), 3, "{got:?}");
    assert!(got[2].failure().1.starts_with("[POSTERN-DENIED]"));
    assert_eq!(pair.commands_seen().len(), 2);
}

#[test]
fn what_stands_before_a_change_of_names_is_decided_before_anything_is_sent() {
    let mut pair = several();
    let got = pair.query("SELECT salary FROM hr.people; USE shop; SELECT id FROM orders");
    assert!(got.failure().1.starts_with("[POSTERN-DENIED]"));
    let got = pair.query("SELECT id FROM shop.orders; SELECT salary FROM hr.people; USE shop");
    assert!(got.failure().1.starts_with("[POSTERN-DENIED]"));
    assert!(pair.commands_seen().is_empty());
}

#[test]
fn what_changes_how_a_text_is_split_stands_last() {
    for text in [
        "SET sql_mode = 'ANSI_QUOTES'; SELECT id FROM shop.orders",
        "SET NAMES latin1; SELECT id FROM shop.orders",
        "SET character_set_client = latin1; SELECT id FROM shop.orders",
        "SET collation_connection = utf8mb4_bin; SELECT id FROM shop.orders",
    ] {
        let mut pair = several();
        let got = pair.query(text);
        assert!(got.failure().1.starts_with("[POSTERN-UNREAD]"), "{text}");
        assert!(pair.commands_seen().is_empty(), "{text}");
    }
}

#[test]
fn nothing_runs_behind_a_change_of_names_that_failed() {
    let mut pair = several();
    pair.target.replies.push_back(Reply::Err(1049, "unknown"));
    let got = pair.query_all("USE shop; SELECT id FROM orders");
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(pair.commands_seen().len(), 1);
}
