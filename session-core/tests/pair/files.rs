//! LOAD DATA LOCAL: the file that the statement names, once, and to nobody who was not to have it.

use audit_log::record::Event as Written;
use audit_log::statement::ClientFile;
use audit_log::statement::Outcome;
use audit_log::statement::Status;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;
use proptest::prelude::*;
use session_core::event::ApprovalAnswer;
use session_core::event::Event;
use session_core::event::KillScope;

use crate::approvals::TICKET;
use crate::approvals::granted;
use crate::pair::CLIENT;
use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::err;
use crate::target::row;

const LOAD: &str = "LOAD DATA LOCAL INFILE '/tmp/a.csv' INTO TABLE shop.orders";
const SMALL: &str = "LOAD DATA LOCAL INFILE '/tmp/a.csv' INTO TABLE small.list";
const WATCHED: &str = "LOAD DATA LOCAL INFILE '/tmp/a.csv' INTO TABLE small.watched";
const NAME: &[u8] = b"/tmp/a.csv";

fn sender() -> Login {
    Login {
        capabilities: CLIENT | Capabilities::DEPRECATE_EOF | Capabilities::LOCAL_FILES,
        ..Login::default()
    }
}

fn ready() -> Pair {
    Pair::ready_with(Pair::new(), &sender())
}

fn asks(end: Reply) -> Reply {
    Reply::AsksForFile(NAME, Box::new(end))
}

/// Sends the statement, and gives the number of the client's first packet of the file.
#[track_caller]
fn load(pair: &mut Pair, text: &str, end: Reply) -> SequenceId {
    pair.target.replies.push_back(asks(end));
    pair.command(&with_byte(3, text.as_bytes()));
    let (sequence, asked) = pair.packet().expect("a request for the file");
    assert_eq!(asked, [b"\xfb", NAME].concat());
    SequenceId::new(sequence).next()
}

/// Sends the end of a file, and reads the answer, which must have the next number.
#[track_caller]
fn end(pair: &mut Pair, mut sequence: SequenceId) -> Got {
    pair.send(&[], &mut sequence);
    let next = pair.unread().get(3).copied();
    assert!(
        next.is_none_or(|next| next == sequence.value()),
        "numbered on"
    );
    pair.answer(ReplyKind::Query)
}

fn outcome(pair: &Pair) -> Outcome {
    let written = pair.written();
    let outcome = written.iter().rev().find_map(|event| match event {
        Written::Outcome(outcome) => Some(outcome.as_ref().clone()),
        _ => None,
    });
    outcome.expect("an outcome")
}

fn kept_of(content: &[u8]) -> Option<ClientFile> {
    Some(ClientFile {
        bytes: content.len() as u64,
        sha256: audit_log::digest::Digest::of(content),
    })
}

fn events(pair: &Pair) -> Vec<String> {
    let written = pair.written();
    let kinds = written.iter().filter_map(|event| match event {
        Written::SecurityEvent(event) => Some(format!("{}: {}", event.kind, event.detail)),
        _ => None,
    });
    kinds.collect()
}

/// Ended, with an error for the client, and nothing of a file was sent.
#[track_caller]
fn is_cut(pair: &Pair, got: &Got, why: &str) {
    got.is_failure(1105, "POSTERN-SESSION");
    assert!(pair.session.is_closed());
    assert_eq!(
        events(pair),
        [format!("session_lost: the target sent {why}")]
    );
    assert_eq!(pair.did.last(), Some(&Did::Close));
}

#[test]
fn a_file_goes_to_the_target_and_its_digest_into_the_log() {
    let mut pair = ready();
    let mut sequence = load(
        &mut pair,
        LOAD,
        Reply::Ok {
            warnings: 2,
            info: "Records: 3",
        },
    );
    assert_eq!(
        pair.written_names(),
        ["intent"],
        "before anything of it came"
    );
    for part in [&b"1,2\n"[..], b"3,", b"4\n5,6"] {
        pair.send(part, &mut sequence);
    }
    let ok = end(&mut pair, sequence).ok();
    assert_eq!((ok.warnings, ok.info), (2, &b"(info)"[..]));
    let content = b"1,2\n3,4\n5,6";
    assert_eq!(pair.target.files, [content]);
    let outcome = outcome(&pair);
    assert_eq!(
        (outcome.status, outcome.file),
        (Status::Ok, kept_of(content))
    );
    assert_eq!(pair.commands_seen().len(), 1);
    pair.query("SELECT id FROM shop.orders").ok();
    assert_eq!(pair.target.files.len(), 1);
}

#[test]
fn a_file_may_be_empty() {
    let mut pair = ready();
    let sequence = load(&mut pair, LOAD, Reply::ok());
    end(&mut pair, sequence).ok();
    assert_eq!(outcome(&pair).file, kept_of(b""));
}

#[test]
fn an_empty_packet_behind_a_full_one_does_not_end_the_file() {
    let mut pair = ready();
    let mut sequence = load(&mut pair, LOAD, Reply::ok());
    let full = vec![b'x'; PHYSICAL_BYTES_MAX];
    pair.send(&full, &mut sequence);
    assert!(pair.target.file.is_some());
    pair.send(b"y", &mut sequence);
    end(&mut pair, sequence).ok();
    let content = [full.as_slice(), b"y"].concat();
    assert!(pair.target.files == [content.as_slice()]);
    assert_eq!(outcome(&pair).file, kept_of(&content));
}

#[test]
fn numbers_of_packets_go_round() {
    let mut pair = ready();
    let mut sequence = load(&mut pair, LOAD, Reply::ok());
    for _ in 0..700 {
        pair.send(b"12345\n", &mut sequence);
    }
    end(&mut pair, sequence).ok();
    assert_eq!(outcome(&pair).file, kept_of(&b"12345\n".repeat(700)));
}

#[test]
fn what_was_sent_before_it_was_asked_for_waits() {
    let mut pair = ready();
    pair.target.replies.push_back(asks(Reply::ok()));
    let mut bytes = Vec::new();
    encode_packet(
        &with_byte(3, LOAD.as_bytes()),
        &mut SequenceId::ZERO.clone(),
        &mut bytes,
    );
    let mut sequence = SequenceId::new(2);
    encode_packet(b"1\n", &mut sequence, &mut bytes);
    encode_packet(b"", &mut sequence, &mut bytes);
    encode_packet(
        &with_byte(3, b"SELECT id FROM shop.orders"),
        &mut SequenceId::ZERO.clone(),
        &mut bytes,
    );
    pair.send_bytes(&bytes);
    assert_eq!(pair.target.files, [b"1\n"]);
    assert_eq!(pair.commands_seen().len(), 2);
    assert!(!pair.session.is_closed());
}

#[test]
fn a_target_gets_no_file_that_it_may_not_ask_for() {
    let plain = "SELECT id FROM shop.orders";
    let replies = |payload: &[u8]| Reply::Payloads(vec![payload.to_vec()]);
    for login in [sender(), Login::default()] {
        for text in [plain, "DELETE FROM shop.orders WHERE id = 1", "DO 1"] {
            let mut pair = Pair::ready_with(Pair::new(), &login);
            let got = pair.query_with(text, replies(b"\xfb/tmp/a.csv"));
            got.is_failure(1105, "POSTERN-SESSION");
            assert!(
                pair.session.is_closed() && !pair.shows("/tmp/a.csv"),
                "{text}"
            );
            assert_eq!(events(&pair).len(), 1);
        }
    }
    for name in [
        &b"\xfb/etc/passwd"[..],
        b"\xfb/",
        b"\xfb/tmp/a.cs",
        b"\xfb/tmp/a.csvv",
        b"\xfb/TMP/a.csv",
    ] {
        let mut pair = ready();
        let got = pair.query_with(LOAD, replies(name));
        is_cut(&pair, &got, "a request for another file");
        assert!(!pair.shows("passwd"));
    }
}

#[test]
fn a_file_is_asked_for_once() {
    let more = b"\x00\x00\x00\x08\x00\x00\x00".to_vec();
    let again = b"\xfb/tmp/a.csv".to_vec();
    let mut pair = ready();
    let sequence = load(&mut pair, LOAD, Reply::Payloads(vec![again.clone()]));
    let got = end(&mut pair, sequence);
    got.is_failure(1105, "POSTERN-SESSION");
    assert!(pair.session.is_closed());
    // Behind a result that promises another.
    let mut pair = ready();
    let sequence = load(&mut pair, LOAD, Reply::Payloads(vec![more, again]));
    pair.send(&[], &mut sequence.clone());
    assert!(pair.session.is_closed());
    assert!(events(&pair)[0].ends_with("more results than were asked for"));
    assert_eq!(pair.target.files.len(), 1);
}

#[test]
fn rows_in_the_place_of_a_request_are_none() {
    let mut pair = ready();
    let rows = Reply::rows(vec![column("", "x")], vec![row(&[Some("1")])]);
    let got = pair.query_with(LOAD, rows);
    assert!(matches!(got, Got::Err { .. }), "{got:?}");
    assert!(!pair.shows("def"));
}

#[test]
fn a_target_that_asks_for_nothing_may_answer_at_once() {
    let mut pair = ready();
    let refused = Reply::Err(3948, "loading local data is disabled");
    pair.query_with(LOAD, refused)
        .is_failure(3948, "loading local data is disabled");
    assert_eq!(outcome(&pair).file, None);
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn an_error_behind_the_file_is_the_targets_own() {
    let mut pair = ready();
    let mut sequence = load(
        &mut pair,
        LOAD,
        Reply::Err(1366, "incorrect value in row 2"),
    );
    pair.send(b"x\n", &mut sequence);
    end(&mut pair, sequence).is_failure(1366, "incorrect value in row 2");
    let outcome = outcome(&pair);
    assert_eq!(
        (outcome.status, outcome.file),
        (Status::Error, kept_of(b"x\n"))
    );
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn an_error_before_the_end_of_the_file_ends_the_session() {
    for (early, code) in [
        (err(1159, "timeout of the target"), 1159),
        (vec![0; 7], 1105),
    ] {
        let mut pair = ready();
        let mut sequence = load(&mut pair, LOAD, Reply::Silence);
        pair.send(b"1\n", &mut sequence);
        let mut bytes = Vec::new();
        encode_packet(&early, &mut SequenceId::new(9), &mut bytes);
        for byte in bytes {
            pair.target_says(&[byte]);
        }
        let (number, said) = pair.packet().unwrap();
        assert_eq!(number, sequence.value());
        crate::pair::failure(&said).is_failure(code, "[POSTERN-");
        assert!(pair.session.is_closed());
        assert_eq!(outcome(&pair).status, Status::Cancelled);
        assert_eq!(outcome(&pair).file, kept_of(b"1\n"));
    }
}

#[test]
fn an_answer_right_behind_the_request_is_none() {
    let mut pair = ready();
    let payloads = vec![b"\xfb/tmp/a.csv".to_vec(), vec![0; 7]];
    pair.target.replies.push_back(Reply::Payloads(payloads));
    pair.command(&with_byte(3, LOAD.as_bytes()));
    assert!(pair.session.is_closed());
    assert_eq!(
        events(&pair),
        ["session_lost: the target answered before it had the file"]
    );
}

#[test]
fn a_client_that_sends_no_files_is_told_before_anything_is_sent() {
    for (mut pair, code) in [(Pair::ready(), 3948), (Pair::mariadb(), 4166)] {
        for text in [LOAD, "LOAD DATA LOCAL INFILE 'a' INTO TABLE shop.payments"] {
            pair.query(text).is_failure(code, "POSTERN-FILE");
        }
        assert!(pair.target.seen.is_empty() && pair.requests.is_empty());
        assert_eq!(pair.written_names(), ["refusal", "refusal"]);
    }
}

#[test]
fn a_role_without_a_rule_for_files_never_lets_the_target_ask() {
    let mut login = sender();
    login.token = "token-of-auditor";
    let mut pair = Pair::ready_with(Pair::new(), &login);
    pair.query(LOAD)
        .is_failure(1142, "may not `load data local`");
    pair.query_with(
        "SELECT id FROM shop.orders",
        Reply::Payloads(vec![b"\xfba".to_vec()]),
    );
    assert!(pair.session.is_closed() && pair.target.files.is_empty());
}

#[test]
fn a_file_stands_in_a_text_of_its_own() {
    let mut pair = ready();
    let got = pair.ask(&with_byte(0x16, LOAD.as_bytes()), ReplyKind::Prepare);
    got.is_failure(1235, "POSTERN-UNREAD");
    pair.query("PREPARE s FROM 'LOAD DATA LOCAL INFILE ''a'' INTO TABLE shop.orders'")
        .is_failure(1235, "send it as a text of its own");
    let mut mariadb = Pair::ready_with(Pair::with("10.11.19-MariaDB", None), &sender());
    for text in [
        "EXECUTE IMMEDIATE 'LOAD DATA LOCAL INFILE ''a'' INTO TABLE shop.orders'",
        "SET STATEMENT max_statement_time=1 FOR LOAD DATA LOCAL INFILE 'a' INTO TABLE shop.orders",
    ] {
        mariadb.query(text).is_failure(1235, "POSTERN-UNREAD");
    }
    assert!(pair.target.seen.is_empty() && mariadb.target.seen.is_empty());
}

#[test]
fn a_file_stands_among_other_statements() {
    let mut login = sender();
    login.capabilities |= Capabilities::MULTI_STATEMENTS;
    let mut pair = Pair::ready_with(Pair::new(), &login);
    pair.target.replies.push_back(Reply::ok());
    let text = format!("DO 1; {LOAD}; DO 2");
    pair.target.replies.push_back(asks(Reply::ok()));
    pair.command(&with_byte(3, text.as_bytes()));
    let (first, ok) = pair.packet().unwrap();
    assert_eq!(ok[0], 0);
    let (sequence, asked) = pair.packet().unwrap();
    assert_eq!((asked[0], sequence), (0xfb, first + 1));
    let mut sequence = SequenceId::new(sequence).next();
    pair.send(b"1\n", &mut sequence);
    pair.send(&[], &mut sequence);
    assert_eq!(pair.answers(ReplyKind::Query).len(), 2);
    assert_eq!(
        (pair.target.files.len(), pair.commands_seen().len()),
        (1, 3)
    );
}

#[test]
fn nothing_is_sent_behind_it_before_its_reply_has_ended() {
    let pair = Pair::with("9.7.4", Some("guard"));
    let mut pair = Pair::ready_with(pair, &sender());
    let own = |pair: &Pair| {
        let seen = pair.target.seen.iter();
        seen.filter(|seen| matches!(seen, Seen::Own(_))).count()
    };
    let mut sequence = load(&mut pair, WATCHED, Reply::ok());
    assert_eq!(own(&pair), 1, "the role is taken");
    pair.send(b"1\n", &mut sequence);
    assert_eq!(own(&pair), 1);
    end(&mut pair, sequence).ok();
    assert_eq!(own(&pair), 2, "and given back");
    assert_eq!(pair.target.files, [b"1\n"]);
}

#[test]
fn failures_and_counts_are_hidden_where_triggers_may_tell() {
    let mut pair = ready();
    let sequence = load(&mut pair, WATCHED, Reply::Err(1644, "canary-4f7d19"));
    let got = end(&mut pair, sequence);
    assert!(!pair.shows("canary-4f7d19"), "{got:?}");
    let sequence = load(
        &mut pair,
        WATCHED,
        Reply::Ok {
            warnings: 3,
            info: "Records: 1",
        },
    );
    let ok = end(&mut pair, sequence).ok();
    assert_eq!((ok.warnings, ok.info), (0, &b""[..]));
    pair.query("SHOW WARNINGS").rows();
    assert_eq!(pair.commands_seen().len(), 2, "answered by the gateway");
}

#[test]
fn a_file_over_the_limit_is_read_to_its_end_and_not_loaded() {
    let mut pair = ready();
    let mut sequence = load(&mut pair, SMALL, Reply::ok());
    pair.send(&[b'a'; 60], &mut sequence);
    assert_eq!(pair.killed(), 0);
    for _ in 0..3 {
        pair.send(&[b'b'; 60], &mut sequence);
    }
    assert_eq!(pair.killed(), 1);
    assert!(
        pair.did.contains(&Did::Disconnect),
        "the target has no end of it"
    );
    assert!(pair.unread().is_empty() && !pair.session.is_closed());
    end(&mut pair, sequence).is_failure(1226, "100 bytes");
    assert!(pair.session.is_closed());
    let outcome = outcome(&pair);
    assert_eq!(
        (outcome.status, outcome.file),
        (Status::Cancelled, kept_of(&[b'a'; 60]))
    );
    // Exactly as long as it may be.
    let mut pair = ready();
    let mut sequence = load(&mut pair, SMALL, Reply::ok());
    pair.send(&[b'a'; 100], &mut sequence);
    end(&mut pair, sequence).ok();
}

#[test]
fn a_client_that_does_not_end_a_file_over_the_limit_is_let_go() {
    let mut pair = ready();
    let mut sequence = load(&mut pair, SMALL, Reply::ok());
    pair.send(&[b'b'; 101], &mut sequence);
    pair.pass_to_deadline();
    let (_, said) = pair.packet().unwrap();
    crate::pair::failure(&said).is_failure(1159, "POSTERN-LIMIT");
    assert!(pair.session.is_closed());
}

#[test]
fn a_killed_statement_gets_the_rest_of_its_file_and_ends_as_the_target_says() {
    let interrupted = || Reply::Err(1317, "interrupted at the target");
    for (answer, status) in [
        (interrupted(), Status::Cancelled),
        (Reply::ok(), Status::Ok),
    ] {
        let mut pair = ready();
        let mut sequence = load(&mut pair, LOAD, answer);
        pair.send(b"1\n", &mut sequence);
        pair.tell(Event::Killed(KillScope::Statement));
        pair.tell(Event::Killed(KillScope::Statement));
        assert_eq!(pair.killed(), 1);
        pair.send(b"2\n", &mut sequence);
        let got = end(&mut pair, sequence);
        match status {
            Status::Ok => drop(got.ok()),
            _ => got.is_failure(1317, "interrupted at the target"),
        }
        assert_eq!(pair.target.files, [b"1\n2\n"]);
        assert_eq!(outcome(&pair).status, status);
        pair.query("SELECT id FROM shop.orders").ok();
    }
}

#[test]
fn a_file_that_ends_in_time_after_a_kill_still_has_time_to_be_answered() {
    let mut pair = ready();
    let mut sequence = load(&mut pair, LOAD, Reply::Silence);
    pair.tell(Event::Killed(KillScope::Statement));
    pair.now_us = pair.session.deadline().unwrap() - 1;
    pair.send(&[], &mut sequence);
    pair.tell(Event::Timer);
    assert!(!pair.session.is_closed());
    pair.pass_to_deadline();
    assert!(pair.session.is_closed());
    assert_eq!(
        events(&pair),
        ["session_lost: the target did not answer in time"]
    );
}

#[test]
fn a_statement_that_was_stopped_asks_for_no_file() {
    let mut pair = ready();
    pair.target.replies.push_back(Reply::Silence);
    pair.command(&with_byte(3, LOAD.as_bytes()));
    pair.tell(Event::Killed(KillScope::Statement));
    pair.target.file = Some((Vec::new(), Reply::Err(1317, "interrupted")));
    let mut request = Vec::new();
    encode_packet(b"\xfb/tmp/a.csv", &mut SequenceId::new(1), &mut request);
    pair.target_says(&request);
    pair.answer(ReplyKind::Query)
        .is_failure(1317, "POSTERN-KILL");
    assert_eq!(pair.target.files, [b""]);
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_client_that_sends_nothing_is_stopped_and_then_let_go() {
    let mut pair = ready();
    let sequence = load(&mut pair, SMALL, Reply::Silence);
    pair.pass_to_deadline();
    assert!(pair.killed() == 1 && !pair.session.is_closed());
    pair.pass_to_deadline();
    assert!(pair.session.is_closed());
    let (number, said) = pair.packet().unwrap();
    assert_eq!(number, sequence.value());
    crate::pair::failure(&said).is_failure(1159, "POSTERN-LIMIT");
    assert_eq!(outcome(&pair).status, Status::Cancelled);
    assert!(events(&pair).is_empty());
}

#[test]
fn a_client_that_vanishes_stops_the_statement() {
    let mut pair = ready();
    let mut sequence = load(&mut pair, LOAD, Reply::Silence);
    pair.send(b"1\n", &mut sequence);
    pair.tell(Event::ClientGone);
    assert_eq!(pair.killed(), 1);
    let outcome = outcome(&pair);
    assert_eq!(
        (outcome.status, outcome.file),
        (Status::Cancelled, kept_of(b"1\n"))
    );
    assert!(pair.target.files.is_empty(), "no end was sent");
}

#[test]
fn packets_out_of_order_end_the_session() {
    for wrong in [0, 1, 3, 255] {
        let mut pair = ready();
        let sequence = load(&mut pair, LOAD, Reply::ok());
        assert_eq!(sequence.value(), 2);
        pair.send(b"1\n", &mut SequenceId::new(wrong));
        let (_, said) = pair.packet().unwrap();
        crate::pair::failure(&said).is_failure(1156, "POSTERN-PROTOCOL");
        assert!(pair.session.is_closed() && pair.target.files.is_empty());
        assert_eq!(outcome(&pair).file, kept_of(b""));
    }
}

#[test]
fn a_file_waits_for_its_approval() {
    const TEXT: &str = "LOAD DATA LOCAL INFILE '/tmp/a.csv' INTO TABLE shop.payments";
    let mut pair = ready();
    pair.approve = |_| ApprovalAnswer::Pending {
        ticket: TICKET.to_owned(),
        text: "Ask somebody.".to_owned(),
    };
    pair.query(TEXT).is_failure(1227, TICKET);
    assert!(pair.target.seen.is_empty());
    pair.approve = granted;
    let mut sequence = load(&mut pair, TEXT, Reply::ok());
    assert!(pair.did.contains(&Did::ConsumeUse(TICKET.to_owned())));
    pair.send(b"1\n", &mut sequence);
    end(&mut pair, sequence).ok();
    assert_eq!(outcome(&pair).file, kept_of(b"1\n"));
}

#[test]
fn nothing_is_asked_for_while_the_intent_is_not_recorded() {
    let mut pair = ready();
    pair.target.replies.push_back(asks(Reply::ok()));
    pair.holds_records = true;
    pair.command(&with_byte(3, LOAD.as_bytes()));
    assert!(pair.target.seen.is_empty() && pair.unread().is_empty());
    pair.answer_record(false);
    assert!(pair.target.seen.is_empty());
    assert!(matches!(pair.answer(ReplyKind::Query), Got::Err { .. }));
}

proptest! {
    #[test]
    fn a_file_is_the_same_however_it_is_cut(
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..90), 0..20),
        seed in 1_u64..,
        single in any::<bool>(),
    ) {
        let mut pair = ready().cut(if single { Cut::Single } else { Cut::Seed(seed) });
        let mut sequence = load(&mut pair, LOAD, Reply::ok());
        for part in &parts {
            pair.send(part, &mut sequence);
        }
        end(&mut pair, sequence).ok();
        let content = parts.concat();
        prop_assert_eq!(pair.target.files.as_slice(), std::slice::from_ref(&content));
        prop_assert_eq!(outcome(&pair).file, kept_of(&content));
        pair.query("SELECT id FROM shop.orders").ok();
    }
}
