//! Every command byte has an answer, and packets have limits.

use mysql_proto::command::CommandByte;
use mysql_proto::exchange::ReplyKind;
use session_core::commands::Fate;
use session_core::commands::fate;

use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::failure;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::world;

/// What some content could mean to commands that take one.
const CONTENTS: [&[u8]; 6] = [
    b"",
    b"\0",
    b"\x01\0\0\0\0",
    b"mysql.user",
    b"SELECT id FROM shop.orders",
    b"\xff\xff\xff\xff\0\x01\0\0\0",
];

#[test]
fn every_byte_meets_the_fate_that_the_table_says() {
    for byte in 0..=0xff {
        let fate = fate(CommandByte::from_u8(byte));
        for content in CONTENTS {
            let mut pair = Pair::ready();
            if byte == 0x16 && content.starts_with(b"SELECT") {
                pair.target.replies.push_back(Reply::Prepared {
                    id: 9,
                    parameters: 0,
                    definitions: vec![column("shop.orders", "id")],
                });
            }
            pair.command(&with_byte(byte, content));
            let written = pair.written_names();
            let target_saw = !pair.target.seen.is_empty();
            match fate {
                Fate::Refuse(why) => {
                    let got = pair.answer(ReplyKind::Ok);
                    got.is_failure(1047, "[POSTERN-COMMAND]");
                    got.is_failure(1047, why.words());
                    assert_eq!((written, target_saw), (vec!["refusal"], false), "{byte:#x}");
                }
                // Nothing is sent without an intent: the pair itself sees to that.
                Fate::Statement | Fate::Session => {
                    assert!(matches!(written[0], "intent" | "refusal"), "{byte:#x}");
                    assert!(!target_saw || written[0] == "intent", "{byte:#x}");
                }
                Fate::Ahead => {
                    assert!(written.is_empty() && pair.unread().is_empty() && !target_saw);
                }
                Fate::Login => {
                    assert_eq!(written[0], "login_ended");
                    assert!(pair.did.contains(&Did::Disconnect) && !target_saw);
                    continue;
                }
                Fate::End if content.is_empty() => {
                    assert!(pair.session.is_closed() && !target_saw);
                    continue;
                }
                Fate::End => assert_eq!((written, target_saw), (vec!["refusal"], false)),
            }
            // Whatever it was, the session goes on.
            while pair.packet().is_some() {}
            pair.ask(&[0x0e], ReplyKind::Ok).ok();
        }
    }
}

#[test]
fn what_copies_or_rules_a_server_is_never_taken() {
    for byte in [
        0x08, 0x0d, 0x12, 0x13, 0x15, 0x1e, 0x20, 0x21, 0xfa, 0xfe, 0x22, 0xff,
    ] {
        let fate = fate(CommandByte::from_u8(byte));
        assert!(matches!(fate, Fate::Refuse(_)), "{byte:#x}: {fate:?}");
    }
}

#[test]
fn an_empty_command_is_refused() {
    let mut pair = Pair::ready();
    pair.ask(&[], ReplyKind::Ok)
        .is_failure(1047, "[POSTERN-COMMAND]");
}

#[test]
fn long_data_is_never_answered() {
    let mut pair = Pair::ready();
    for content in [&b"\x01\0\0\0\0\0data"[..], b"\xff\xff\xff\xff\0\0"] {
        pair.command(&with_byte(0x18, content));
        assert_eq!(pair.unread(), b"");
    }
    assert!(pair.target.seen.is_empty());
    pair.ask(&[0x0e], ReplyKind::Ok).ok();
}

#[test]
fn quit_ends_without_a_word() {
    let mut pair = Pair::ready();
    pair.command(&[1]);
    assert!(pair.session.is_closed());
    assert_eq!(pair.unread(), b"");
    assert_eq!(pair.written_names(), ["connection_closed"]);
}

#[test]
fn what_cannot_be_read_is_not_sent() {
    let mut pair = Pair::ready();
    for text in [
        "",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "SELECT /*!99999 id */ FROM shop.orders",
        "SELECT id FROM shop.nothing",
        "SELECT nothing FROM shop.orders",
        "CALL shop.p()",
        "SELECT id FROM shop.orders WHERE total = ?",
        "\u{0}",
    ] {
        let got = pair.query(text);
        assert!(got.failure().1.starts_with("[POSTERN-"), "{text}");
    }
    assert!(pair.target.seen.is_empty());
}

#[test]
fn what_is_denied_is_not_sent() {
    let mut pair = Pair::ready();
    for text in [
        "SELECT salary FROM hr.people",
        "DELETE FROM shop.customers WHERE id = 1",
        "DROP TABLE shop.orders",
        "SELECT id FROM shop.customers WHERE email LIKE 'a%'",
        "SET ROLE guard",
    ] {
        let got = pair.query(text);
        assert!(got.failure().1.starts_with("[POSTERN-"), "{text}");
    }
    assert!(pair.target.seen.is_empty());
    assert!(pair.written_names().iter().all(|name| *name == "refusal"));
}

#[test]
fn an_oversized_packet_is_refused_when_it_has_come() {
    let mut pair = Pair::ready();
    for sequence in 0..4 {
        pair.send_bytes(&[0xff, 0xff, 0xff, sequence]);
        pair.send_bytes(&vec![3; 0xff_ffff]);
        assert!(pair.unread().is_empty() && !pair.session.is_closed());
    }
    pair.send_bytes(&[1, 0, 0, 4]);
    assert!(!pair.session.is_closed());
    pair.send_bytes(&[3]);
    // Under another number the client would not see why.
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 5);
    failure(&payload).is_failure(1153, "[POSTERN-LIMIT]");
    assert!(pair.session.is_closed());
    assert!(pair.target.seen.is_empty());
}

#[test]
fn an_oversized_packet_that_never_ends_is_an_idle_session() {
    let mut pair = Pair::ready();
    for sequence in 0..3 {
        pair.send_bytes(&[0xff, 0xff, 0xff, sequence]);
        pair.send_bytes(&vec![3; 0xff_ffff]);
    }
    pair.pass_to_deadline();
    let (_, payload) = pair.packet().unwrap();
    failure(&payload).is_failure(4031, "[POSTERN-IDLE]");
    assert!(pair.session.is_closed());
}

#[test]
fn packets_out_of_order_within_an_oversized_one_end_it() {
    let mut pair = Pair::ready();
    for sequence in 0..3 {
        pair.send_bytes(&[0xff, 0xff, 0xff, sequence]);
        pair.send_bytes(&vec![3; 0xff_ffff]);
    }
    pair.send_bytes(&[1, 0, 0, 9]);
    let (_, payload) = pair.packet().unwrap();
    failure(&payload).is_failure(1156, "[POSTERN-PROTOCOL]");
    assert!(pair.session.is_closed());
}

#[test]
fn a_packet_that_the_target_would_refuse_is_refused_before_it() {
    let mut pair = Pair::new();
    pair.target_bytes_max = 1 << 20;
    let mut pair = Pair::ready_with(pair, &Login::default());
    let text = |length: usize| {
        let text = "SELECT id FROM shop.orders";
        with_byte(
            3,
            format!("{text}{}", " ".repeat(length - text.len() - 1)).as_bytes(),
        )
    };
    pair.ask(&text((1 << 20) - 1), ReplyKind::Query).ok();
    pair.ask(&text(1 << 20), ReplyKind::Query)
        .is_failure(1153, "bigger than the 1048575 bytes");
    assert!(pair.session.is_closed());
    assert_eq!(pair.commands_seen().len(), 1);
}

#[test]
fn a_statement_may_be_as_long_as_the_configuration_says() {
    let mut pair = Pair::ready();
    let literal = "x".repeat(2 << 20);
    pair.query(&format!("DO '{literal}'")).ok();
    assert_eq!(pair.target.seen.len(), 1);
    let mut config = world::config(None);
    config.limits.statement_bytes_max = 2 << 20;
    let mut pair = Pair::ready_with(Pair::over("9.7.4", config), &Login::default());
    pair.query(&format!("DO '{literal}'"))
        .is_failure(1226, "[POSTERN-LIMIT]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn packets_out_of_order_end_the_session() {
    let mut pair = Pair::ready();
    pair.send_bytes(&[1, 0, 0, 7, 0x0e]);
    pair.answer(ReplyKind::Ok)
        .is_failure(1156, "[POSTERN-PROTOCOL]");
    assert!(pair.session.is_closed());
    assert!(pair.target.seen.is_empty());
}

/// An EXECUTE of statement 9 whose payload has this length; its one parameter fills it.
fn execute_of(length: usize) -> Vec<u8> {
    let mut payload = vec![0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0];
    payload.extend_from_slice(&[0, 1, 0xfc, 0]);
    let size = length - payload.len() - 4;
    payload.push(0xfd);
    payload.extend_from_slice(&u32::try_from(size).unwrap().to_le_bytes()[..3]);
    payload.resize(length, b'x');
    payload
}

#[test]
fn a_command_at_the_edge_of_a_packet_arrives_whole() {
    for length in [0xff_fffe, 0xff_ffff, 0xff_ffff + 9] {
        let mut pair = Pair::ready();
        let prepared = Reply::Prepared {
            id: 9,
            parameters: 1,
            definitions: vec![column("shop.orders", "id")],
        };
        let text = "SELECT id FROM shop.orders WHERE total = ?";
        pair.prepare(text, prepared).prepared();
        let payload = execute_of(length);
        pair.target.replies.push_back(Reply::Err(1105, "enough"));
        pair.ask(&payload, ReplyKind::Execute)
            .is_failure(1105, "enough");
        assert!(pair.commands_seen()[1] == payload, "{length}");
    }
}

#[test]
fn a_statement_arrives_whole_however_it_is_cut() {
    for cut in [Cut::Single, Cut::Seed(3), Cut::Seed(77)] {
        let mut pair = Pair::ready().cut(cut);
        let text = "SELECT id, total FROM shop.orders WHERE id IN (1, 2, 3)";
        pair.query(text).ok();
        assert_eq!(pair.commands_seen(), [with_byte(3, text.as_bytes())]);
    }
}

#[test]
fn statistics_are_passed_on() {
    let mut pair = Pair::ready();
    pair.target
        .replies
        .push_back(Reply::Payloads(vec![b"Uptime: 1".to_vec()]));
    let got = pair.ask(&[9], ReplyKind::Statistics);
    assert_eq!(got, Got::Text(b"Uptime: 1".to_vec()));
}

#[test]
fn a_command_without_a_statement_counts_no_warnings() {
    let mut pair = Pair::ready();
    for command in [&b"\x0e"[..], b"\x02small"] {
        let (warnings, info) = (6, "");
        pair.target.replies.push_back(Reply::Ok { warnings, info });
        assert_eq!(pair.ask(command, ReplyKind::Ok).ok().warnings, 0);
    }
    let (warnings, info) = (6, "");
    let reply = Reply::Ok { warnings, info };
    let got = pair.query_with("DELETE FROM shop.orders WHERE id = 1", reply);
    assert_eq!(got.ok().warnings, 6, "a statement counts its own");
}

#[test]
fn a_text_of_comments_alone_is_answered_without_the_target() {
    let mut pair = Pair::ready();
    let before = pair.records;
    for text in ["-- a dump\n\n/* head */", "# a", "/* a */;"] {
        pair.query(text).ok();
    }
    assert!(pair.commands_seen().is_empty());
    assert_eq!(pair.records - before, 6, "an intent and an outcome each");
    for (text, code) in [
        ("", 1065),
        (";", 1065),
        ("/*!99999 a */", 1064),
        ("/*! a */", 1064),
        ("/* a", 1064),
        ("--a", 1064),
    ] {
        pair.query(text).is_failure(code, "[POSTERN-UNREAD]");
    }
    assert!(pair.commands_seen().is_empty());
}
