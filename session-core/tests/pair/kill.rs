//! KILL: for one's own connections, told to the session that is meant, never to the target.

use audit_log::record::Event as Written;
use audit_log::statement::Status;
use mysql_proto::exchange::ReplyKind;
use session_core::event::Event;
use session_core::event::KillAnswer;
use session_core::event::KillScope;

use crate::pair::Did;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::target::err;
use crate::target::row;

fn process_kill(id: u32) -> Vec<u8> {
    with_byte(0x0c, &id.to_le_bytes())
}

fn outcome(pair: &Pair) -> Status {
    let written = pair.written();
    let outcomes = written.iter().rev().find_map(|event| match event {
        Written::Outcome(outcome) => Some(outcome.status),
        _ => None,
    });
    outcomes.expect("an outcome")
}

#[test]
fn tells_the_session_that_is_meant() {
    let mut pair = Pair::ready();
    pair.others = KillAnswer::Told;
    for (text, id, scope) in [
        ("KILL QUERY 7", 7, KillScope::Statement),
        ("kill query 8;", 8, KillScope::Statement),
        ("KILL 9", 9, KillScope::Session),
        ("KILL CONNECTION 10", 10, KillScope::Session),
        ("KILL 11", 11, KillScope::Session),
    ] {
        pair.did.clear();
        pair.query(text).ok();
        assert!(pair.did.contains(&Did::KillOther(id, scope)), "{text}");
        assert_eq!(pair.written_names(), ["intent", "outcome"]);
        let intent = pair
            .did
            .iter()
            .position(|did| matches!(did, Did::Answered(true)));
        let told = pair
            .did
            .iter()
            .position(|did| *did == Did::KillOther(id, scope));
        assert!(intent < told, "recorded before anything is done");
    }
    assert!(pair.target.seen.is_empty());
}

#[test]
fn the_command_is_a_kill_of_the_connection() {
    let mut pair = Pair::ready();
    pair.others = KillAnswer::Told;
    pair.ask(&process_kill(70_000), ReplyKind::Ok).ok();
    assert!(
        pair.did
            .contains(&Did::KillOther(70_000, KillScope::Session))
    );
    pair.others = KillAnswer::Unknown;
    let got = pair.ask(&process_kill(1), ReplyKind::Ok);
    got.is_failure(1094, "unknown thread id: 1");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn an_id_of_nobody_or_of_others_is_unknown() {
    let mut pair = Pair::ready();
    for text in ["KILL 5", "KILL QUERY 5", "KILL 0"] {
        pair.query(text).is_failure(1094, "unknown thread id");
        assert_eq!(outcome(&pair), Status::Error);
    }
    assert!(pair.target.seen.is_empty());
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn the_session_itself_is_interrupted_or_ended() {
    let mut pair = Pair::ready();
    pair.others = KillAnswer::Own;
    pair.query("KILL QUERY 8").is_failure(1317, "interrupted");
    assert!(!pair.session.is_closed());
    pair.query("KILL 8").is_failure(1317, "interrupted");
    assert!(pair.session.is_closed());
    assert_eq!(pair.written_names().last(), Some(&"connection_closed"));
    assert!(pair.target.seen.is_empty());
}

#[test]
fn only_a_number_in_a_text_of_its_own_is_taken() {
    let mut pair = Pair::ready();
    pair.others = KillAnswer::Told;
    for text in [
        "KILL CONNECTION_ID()",
        "KILL 1 + 1",
        "KILL @x",
        "KILL QUERY ID 7",
        "KILL USER root",
        "KILL (SELECT id FROM shop.orders LIMIT 1)",
        "KILL -1",
        "KILL 99999999999999999999999",
        "KILL ?",
        "PREPARE s FROM 'KILL 5'",
    ] {
        let got = pair.query(text);
        assert!(got.failure().1.starts_with("[POSTERN-"), "{text}: {got:?}");
    }
    for text in ["KILL 5", "KILL ?", "KILL QUERY ?"] {
        let got = pair.ask(&with_byte(0x16, text.as_bytes()), ReplyKind::Prepare);
        assert!(got.failure().1.starts_with("[POSTERN-"), "{text}: {got:?}");
    }
    let mut mariadb = Pair::mariadb();
    mariadb.others = KillAnswer::Told;
    for text in [
        "EXECUTE IMMEDIATE 'KILL 5'",
        "SET STATEMENT max_statement_time=1 FOR KILL 5",
    ] {
        let got = mariadb.query(text);
        assert!(got.failure().1.starts_with("[POSTERN-"), "{text}: {got:?}");
    }
    for pair in [&pair, &mariadb] {
        assert!(pair.target.seen.is_empty());
        assert!(!pair.did.iter().any(|did| matches!(did, Did::KillOther(..))));
    }
}

/// A session in the midst of rows.
fn running() -> Pair {
    let mut pair = Pair::ready();
    pair.target.replies.push_back(Reply::Running {
        definitions: vec![column("shop.orders", "id")],
        rows: vec![row(&[Some("1")])],
    });
    pair.command(&with_byte(3, b"SELECT id FROM shop.orders"));
    pair
}

#[test]
fn a_statement_that_is_killed_ends_and_the_session_goes_on() {
    let mut pair = running();
    pair.tell(Event::Killed(KillScope::Statement));
    pair.tell(Event::Killed(KillScope::Statement));
    assert_eq!(pair.killed(), 1, "once is enough");
    let mut bytes = Vec::new();
    let mut sequence = mysql_proto::types::SequenceId::new(4);
    let error = err(1317, "the target's own words");
    mysql_proto::frame::encode_packet(&error, &mut sequence, &mut bytes);
    pair.target_says(&bytes);
    let rows = pair.answer(ReplyKind::Query).rows();
    assert_eq!((rows.rows.len(), rows.error), (1, Some(1317)));
    assert_eq!(outcome(&pair), Status::Cancelled);
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn what_runs_no_more_is_not_stopped() {
    let mut pair = Pair::ready();
    pair.tell(Event::Killed(KillScope::Statement));
    pair.query("SELECT id FROM shop.orders").ok();
    pair.holds_records = true;
    pair.command(&with_byte(3, b"SELECT id FROM shop.orders"));
    pair.answer_record(true);
    // The reply has ended, its outcome is on its way to the log.
    pair.tell(Event::Killed(KillScope::Statement));
    assert_eq!(pair.killed(), 0);
    pair.answer_record(true);
    pair.holds_records = false;
    pair.answer(ReplyKind::Query).ok();
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_session_that_is_killed_ends_wherever_it_is() {
    let mut pair = Pair::ready();
    pair.tell(Event::Killed(KillScope::Session));
    assert!(pair.session.is_closed());
    let (sequence, error) = pair.packet().unwrap();
    assert_eq!(sequence, 0, "it answers nothing");
    crate::pair::failure(&error).is_failure(1927, "[POSTERN-KILL]");

    let mut pair = running();
    pair.tell(Event::Killed(KillScope::Session));
    assert!(pair.session.is_closed());
    assert_eq!(pair.killed(), 1);
    assert_eq!(outcome(&pair), Status::Cancelled);
}
