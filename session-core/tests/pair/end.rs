//! How sessions end.

use audit_log::Event as Written;
use audit_log::statement::Status;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;
use session_core::event::Event;
use session_core::event::KillScope;

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
fn rows_of_a_stopped_statement_are_dropped_but_for_one_that_is_half_out() {
    let mut pair = running();
    assert!(!pair.session.drops_rows());
    let mut rest = packet(&[b'x'; 100], 4);
    rest[4] = 99;
    let end = rest.split_off(50);
    pair.target_says(&rest);
    pair.tell(Event::Killed(KillScope::Statement));
    assert!(pair.session.drops_rows());
    let before = pair.to_client.len();
    pair.target_says(&end);
    pair.target_says(&packet(&[1, b'2'], 5));
    assert_eq!(pair.to_client.len(), before + end.len());
    pair.target_says(&packet(&err(1317, "interrupted"), 6));
    assert!(!pair.session.drops_rows() && !pair.session.is_closed());
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
fn the_last_error_of_a_target_is_told_in_the_words_of_servers() {
    for (code, words) in [
        (4031, "because of inactivity"),
        (1053, "server shutdown in progress"),
        (1927, "connection was killed"),
        (3168, "server isn't available"),
        (1105, "ended the connection"),
    ] {
        let mut pair = Pair::ready();
        pair.target_says(&packet(&err(code, "of the host db-7"), 0));
        let (sequence, payload) = pair.packet().unwrap();
        assert_eq!(sequence, 0);
        crate::pair::failure(&payload).is_failure(code, "[POSTERN-TARGET]");
        crate::pair::failure(&payload).is_failure(code, words);
        assert!(!pair.shows("db-7") && pair.session.is_closed());
    }
}

#[test]
fn an_error_of_the_target_in_place_of_a_reply_reaches_the_client_before_the_end() {
    let mut pair = running();
    pair.target_says(&packet(&err(1927, "Connection was killed"), 4));
    pair.tell(Event::ServerGone);
    pair.answer(ReplyKind::Query).is_failure(1927, "killed");
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0, "it answers nothing");
    crate::pair::failure(&payload).is_failure(1927, "[POSTERN-TARGET]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_target_is_parted_from_between_commands_only() {
    let mut pair = Pair::ready();
    pair.tell(Event::ClientGone);
    assert!(pair.session.parts_from_target());
    let mut pair = running();
    pair.tell(Event::ClientGone);
    assert!(!pair.session.parts_from_target());
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
    crate::pair::failure(&payload).is_failure(4031, "[POSTERN-IDLE]");
    crate::pair::failure(&payload).is_failure(4031, "600 s");
}

#[test]
fn a_client_that_keeps_asking_is_not_idle() {
    let mut pair = Pair::ready();
    for _ in 0..3 {
        pair.now_us += 500 * SECOND_US;
        pair.tell(Event::Timer);
        pair.query(TEXT).ok();
    }
    assert!(!pair.session.is_closed());
}

#[test]
fn half_a_command_does_not_keep_a_session_from_being_idle() {
    let mut pair = Pair::ready();
    for byte in [9, 0, 0, 0, 3] {
        pair.now_us += 200 * SECOND_US;
        pair.send_bytes(&[byte]);
        pair.tell(Event::Timer);
    }
    assert!(pair.session.is_closed());
}

#[test]
fn a_session_ends_with_its_token() {
    let mut pair = Pair::ready();
    pair.now_us = NOW_US + 3_600 * SECOND_US;
    pair.query(TEXT).is_failure(4031, "[POSTERN-EXPIRED]");
    assert!(pair.session.is_closed() && pair.target.seen.is_empty());
}

/// A world in which sessions last for so many seconds.
fn lasting(session_seconds: u64, statement_seconds: u64) -> Pair {
    let mut config = crate::world::config(None);
    config.limits.session_us = session_seconds * SECOND_US;
    config.limits.statement_us = statement_seconds * SECOND_US;
    let pair = Pair::over("9.7.4", config);
    Pair::ready_with(pair, &crate::pair::Login::default())
}

#[test]
fn a_session_lasts_for_as_long_as_it_may_and_says_so() {
    let mut pair = lasting(100, 60);
    pair.query(TEXT).ok();
    pair.pass_to_deadline();
    assert_eq!(pair.now_us, NOW_US + 100 * SECOND_US);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 0);
    crate::pair::failure(&payload).is_failure(4031, "[POSTERN-SESSION-TIME]");

    let mut pair = lasting(100, 60);
    pair.now_us += 100 * SECOND_US;
    pair.query(TEXT).is_failure(4031, "[POSTERN-SESSION-TIME]");
}

#[test]
fn the_end_of_the_token_stops_what_runs() {
    for (session, statement, token) in [
        (100, 600, "[POSTERN-SESSION-TIME]"),
        (86_400, 7_200, "[POSTERN-EXPIRED]"),
    ] {
        let mut pair = lasting(session, statement);
        pair.target.replies.push_back(Reply::Silence);
        pair.command(&with_byte(3, TEXT.as_bytes()));
        pair.pass_to_deadline();
        assert_eq!(pair.now_us, NOW_US + session.min(3_600) * SECOND_US);
        assert_eq!(pair.killed(), 1);
        pair.answer(ReplyKind::Query).is_failure(4031, token);
        assert!(pair.session.is_closed());
    }
}

#[test]
fn what_has_ended_is_told_before_the_session_ends() {
    let mut pair = lasting(100, 600);
    pair.holds_records = true;
    pair.command(&with_byte(3, TEXT.as_bytes()));
    pair.answer_record(true);
    pair.now_us += 200 * SECOND_US;
    pair.tell(Event::Timer);
    assert!(
        !pair.session.is_closed(),
        "its outcome is on its way to the log"
    );
    pair.answer_record(true);
    pair.answer(ReplyKind::Query).ok();
    pair.holds_records = false;
    pair.tell(Event::Timer);
    pair.answer(ReplyKind::Query)
        .is_failure(4031, "[POSTERN-SESSION-TIME]");
    assert!(pair.session.is_closed() && pair.killed() == 0);
}

#[test]
fn a_timer_that_comes_early_changes_nothing() {
    let mut pair = running();
    pair.tell(Event::Timer);
    assert_eq!(pair.killed(), 0);
    assert!(!pair.session.is_closed());
}
