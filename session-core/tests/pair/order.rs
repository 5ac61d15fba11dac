//! P1: nothing goes to the target before its intent is recorded.
//!
//! The harness checks it at every byte; here each command is held before its record, and each
//! record fails once.

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;

use crate::pair::Did;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;

/// Every command that reaches the target, with the kind of its reply.
const CHANGE: &str = "UPDATE shop.orders SET total = 1 WHERE id = 1";

fn commands() -> Vec<(Vec<u8>, ReplyKind)> {
    vec![
        (
            with_byte(3, b"SELECT id FROM shop.orders"),
            ReplyKind::Query,
        ),
        (with_byte(2, b"shop"), ReplyKind::Ok),
        (
            with_byte(0x16, b"SELECT id FROM shop.orders"),
            ReplyKind::Prepare,
        ),
        (vec![0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0], ReplyKind::Execute),
        (vec![0x1a, 9, 0, 0, 0], ReplyKind::Ok),
        (vec![0x19, 9, 0, 0, 0], ReplyKind::Nothing),
        (vec![0x0e], ReplyKind::Ok),
        (vec![0x09], ReplyKind::Statistics),
        (vec![0x1f], ReplyKind::Ok),
    ]
}

/// A session in which statement 9 is prepared.
fn pair() -> Pair {
    let mut pair = Pair::ready();
    let reply = Reply::Prepared {
        id: 9,
        parameters: 0,
        definitions: vec![crate::target::column("shop.orders", "id")],
    };
    pair.prepare("SELECT id FROM shop.orders", reply).prepared();
    pair.did.clear();
    pair.target.seen.clear();
    pair
}

#[test]
fn bytes_that_are_no_text_are_sent_and_recorded_as_they_are() {
    for text in [
        &b"INSERT INTO shop.orders (id, total) VALUES (1, '\xff\\'\xe2')"[..],
        b"UPDATE shop.orders SET total = '\xf0\x9f' WHERE id = 1",
    ] {
        let mut pair = Pair::ready();
        let command = with_byte(3, text);
        pair.ask(&command, ReplyKind::Query).ok();
        assert_eq!(pair.commands_seen(), [command.as_slice()]);
        let recorded = pair.did.iter().find_map(|did| match did {
            Did::Record(Written::Intent(intent), _) => intent.statement.clone(),
            _ => None,
        });
        let recorded = recorded.unwrap();
        assert_eq!(recorded.text.as_bytes(), text);
        assert!(!recorded.redacted);
    }
    let mut pair = Pair::ready();
    let shown = with_byte(3, b"SELECT '\xff', id FROM shop.orders");
    pair.ask(&shown, ReplyKind::Query)
        .is_failure(1064, "[POSTERN-UNREAD]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn no_byte_before_the_record_is_written() {
    for (command, _) in commands() {
        let mut pair = pair();
        pair.holds_records = true;
        pair.command(&command);
        assert_eq!(pair.written_names(), ["intent"], "{command:x?}");
        assert!(pair.target.seen.is_empty(), "{command:x?}");
        pair.answer_record(true);
        assert_eq!(pair.commands_seen(), [command.as_slice()]);
    }
}

#[test]
fn nothing_is_sent_when_the_intent_cannot_be_recorded() {
    for (command, kind) in commands() {
        let mut pair = pair();
        pair.fails_at = Some(pair.records + 1);
        pair.command(&command);
        assert!(pair.target.seen.is_empty(), "{command:x?}");
        if kind == ReplyKind::Nothing {
            assert_eq!(pair.unread(), b"", "nobody waits for an answer to a close");
        } else {
            pair.answer(kind).is_failure(1105, "[POSTERN-AUDIT]");
        }
        pair.fails_at = None;
        assert!(!pair.session.is_closed());
        pair.ask(&[0x0e], ReplyKind::Ok).ok();
    }
}

#[test]
fn a_session_whose_outcome_cannot_be_recorded_ends() {
    let mut pair = pair();
    pair.fails_at = Some(pair.records + 2);
    let got = pair.query(CHANGE);
    got.is_failure(1105, "[POSTERN-AUDIT]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_result_whose_outcome_cannot_be_recorded_ends_with_an_error_in_its_place() {
    let mut pair = pair();
    pair.fails_at = Some(pair.records + 2);
    let reply = Reply::rows(
        vec![crate::target::column("shop.orders", "id")],
        vec![crate::target::row(&[Some("1")])],
    );
    let rows = pair.query_with("SELECT id FROM shop.orders", reply).rows();
    assert_eq!((rows.rows.len(), rows.error), (1, Some(1105)));
    assert!(pair.session.is_closed());
}

#[test]
fn a_refusal_that_cannot_be_recorded_is_a_failure_of_the_log() {
    let mut pair = pair();
    pair.fails_at = Some(pair.records + 1);
    let got = pair.query("SELECT salary FROM hr.people");
    got.is_failure(1105, "[POSTERN-AUDIT]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn a_login_that_cannot_be_recorded_is_none() {
    for failing in 1..=2 {
        let mut pair = Pair::new();
        pair.fails_at = Some(failing);
        if failing == 1 {
            pair.tell(session_core::event::Event::Start);
            assert!(pair.to_client.is_empty(), "not even a greeting");
        } else {
            let got = pair.log_in(&Login::default());
            got.is_failure(1105, "[POSTERN-AUDIT]");
        }
        assert!(pair.session.is_closed());
    }
}

#[test]
fn the_client_waits_for_the_record_of_the_outcome() {
    let mut pair = pair();
    pair.holds_records = true;
    pair.command(&with_byte(3, CHANGE.as_bytes()));
    pair.answer_record(true);
    assert_eq!(pair.written_names(), ["intent", "outcome"]);
    assert_eq!(pair.unread(), b"");
    pair.answer_record(true);
    pair.answer(ReplyKind::Query).ok();
}

#[test]
fn a_command_that_came_early_waits_for_the_end_of_the_one_before() {
    let mut pair = pair();
    pair.answers = false;
    let mut bytes = Vec::new();
    for text in [
        "SELECT id FROM shop.orders",
        "SELECT total FROM shop.orders",
    ] {
        let payload = with_byte(3, text.as_bytes());
        let mut sequence = mysql_proto::types::SequenceId::ZERO;
        mysql_proto::frame::encode_packet(&payload, &mut sequence, &mut bytes);
    }
    pair.send_bytes(&bytes);
    assert_eq!(pair.written_names(), ["intent"]);
    pair.answers = true;
    pair.target_says(b"");
    assert_eq!(
        pair.written_names(),
        ["intent", "outcome", "intent", "outcome"]
    );
    pair.answer(ReplyKind::Query).ok();
    pair.answer(ReplyKind::Query).ok();
}

#[test]
fn a_command_that_came_early_is_answered_after_a_record_failed() {
    let mut pair = pair();
    pair.fails_at = Some(pair.records + 1);
    pair.send_bytes(&[1, 0, 0, 0, 0x0e, 1, 0, 0, 0, 0x0e]);
    pair.answer(ReplyKind::Ok)
        .is_failure(1105, "[POSTERN-AUDIT]");
    pair.answer(ReplyKind::Ok).ok();
}

#[test]
fn what_changes_data_is_recorded_on_the_disk() {
    for (text, durability) in [
        ("SELECT id FROM shop.orders", "Written"),
        ("DELETE FROM shop.orders WHERE id = 1", "Synced"),
        ("DROP TABLE small.list", "Synced"),
    ] {
        let mut pair = pair();
        pair.query(text).ok();
        let intent = pair.did.iter().find_map(|did| match did {
            Did::Record(audit_log::Event::Intent(_), durability) => Some(format!("{durability:?}")),
            _ => None,
        });
        assert_eq!(intent.as_deref(), Some(durability), "{text}");
    }
}
