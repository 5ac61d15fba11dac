//! How sessions end.

use audit_log::Event as Written;
use audit_log::statement::Status;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;
use session_core::event::Event;

use crate::pair::Did;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::target::err;
use crate::target::row;
use crate::world::NOW_US;
use crate::world::SECOND_US;

const TEXT: &str = "SELECT id FROM shop.orders";

/// A session in the midst of a result.
fn running() -> Pair {
    let mut pair = Pair::ready();
    let reply = Reply::Running {
        definitions: vec![column("shop.orders", "id")],
        rows: vec![row(&[Some("1")])],
    };
    pair.query_with(TEXT, reply);
    pair
}

fn packet(payload: &[u8], sequence: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_packet(payload, &mut SequenceId::new(sequence), &mut bytes);
    bytes
}

#[test]
fn a_client_that_goes_away_stops_its_statement() {
    let mut pair = running();
    pair.tell(Event::ClientGone);
    assert_eq!(pair.killed(), 1);
    assert_eq!(
        pair.written_names(),
        ["intent", "outcome", "connection_closed"]
    );
    let Written::Outcome(outcome) = pair.written()[1] else {
        panic!("no outcome");
    };
    assert_eq!(outcome.status, Status::Cancelled);
    assert_eq!(pair.did.last(), Some(&Did::Close));
}

#[test]
fn a_client_that_goes_away_between_commands_stops_nothing() {
    let mut pair = Pair::ready();
    pair.query(TEXT).ok();
    pair.tell(Event::ClientGone);
    assert_eq!(pair.killed(), 0);
    assert!(pair.session.is_closed());
}

#[test]
fn a_client_that_goes_away_before_its_record_gets_nothing_sent() {
    let mut pair = Pair::ready();
    pair.holds_records = true;
    pair.command(&with_byte(3, TEXT.as_bytes()));
    pair.tell(Event::ClientGone);
    pair.answer_record(true);
    assert!(pair.target.seen.is_empty());
}

#[test]
fn the_client_is_told_that_the_target_went_away() {
    let mut pair = running();
    pair.packet();
    pair.tell(Event::ServerGone);
    let mut last = None;
    while let Some(packet) = pair.packet() {
        last = Some(packet);
    }
    let (sequence, payload) = last.unwrap();
    assert_eq!(sequence, 4, "behind the row");
    crate::pair::failure(&payload).is_failure(1927, "[POSTERN-TARGET]");
    assert!(pair.session.is_closed());
}

#[test]
fn in_the_midst_of_a_row_nothing_can_be_said() {
    let mut pair = running();
    pair.target_says(&[100, 0, 0, 4, 99, b'b', b'e', b'g', b'i', b'n']);
    while pair.packet().is_some() {}
    pair.tell(Event::ServerGone);
    assert!(pair.unread().ends_with(b"begin"));
    assert!(pair.session.is_closed());
}

#[test]
fn a_target_that_goes_away_between_commands_is_told_as_news() {
    let mut pair = Pair::ready();
    pair.query(TEXT).ok();
    pair.tell(Event::ServerGone);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    crate::pair::failure(&payload).is_failure(1927, "[POSTERN-TARGET]");
}

#[test]
fn a_target_that_says_goodbye_ends_the_session() {
    let mut pair = Pair::ready();
    pair.target_says(&packet(
        &err(1053, "Server shutdown in progress on db-7"),
        0,
    ));
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    crate::pair::failure(&payload).is_failure(1053, "[POSTERN-TARGET]");
    assert!(pair.session.is_closed() && !pair.shows("db-7"));
}

#[test]
fn what_the_target_says_behind_a_reply_is_not_the_next_reply() {
    for spoken in [
        packet(&err(1053, "goodbye"), 0),
        packet(&[0, 0, 0, 2, 0, 0, 0], 1),
    ] {
        let mut pair = Pair::ready();
        pair.target.after_each = spoken;
        pair.query(TEXT);
        assert!(pair.session.is_closed());
    }
}

#[test]
fn a_drained_session_ends_between_two_commands() {
    let mut pair = Pair::ready();
    pair.tell(Event::Drain);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    crate::pair::failure(&payload).is_failure(1053, "[POSTERN-DRAIN]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_drained_session_finishes_its_command() {
    let mut pair = running();
    pair.tell(Event::Drain);
    assert!(!pair.session.is_closed() && pair.session.is_draining());
    pair.target_says(&packet(&err(1317, "interrupted"), 4));
    assert!(pair.session.is_closed());
    pair.answer(ReplyKind::Query)
        .is_failure(1317, "interrupted");
    pair.answer(ReplyKind::Query)
        .is_failure(1053, "[POSTERN-DRAIN]");
}

#[test]
fn an_idle_session_ends() {
    let mut pair = Pair::ready();
    pair.pass_to_deadline();
    assert_eq!(pair.now_us, NOW_US + 600 * SECOND_US);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    crate::pair::failure(&payload).is_failure(4031, "[POSTERN-EXPIRED]");
}

#[test]
fn a_session_ends_with_its_token() {
    let mut pair = Pair::ready();
    pair.now_us = NOW_US + 3_600 * SECOND_US;
    pair.query(TEXT).is_failure(4031, "[POSTERN-EXPIRED]");
    assert!(pair.session.is_closed() && pair.target.seen.is_empty());
}

#[test]
fn a_timer_that_comes_early_changes_nothing() {
    let mut pair = running();
    pair.tell(Event::Timer);
    assert_eq!(pair.killed(), 0);
    assert!(!pair.session.is_closed());
}
