//! Replies that are not what they should be.

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;

use crate::pair::Cut;
use crate::pair::Pair;
use crate::target::Reply;
use crate::target::column;
use crate::target::err;
use crate::target::row;
use crate::world::CANARY;

const TEXT: &str = "SELECT name FROM shop.customers";

fn misread(cut: Cut, definitions: Vec<mysql_proto::response::column::ColumnDefinition<'static>>) {
    let mut pair = Pair::ready().cut(cut);
    let cells = vec![Some(CANARY); definitions.len()];
    let reply = Reply::rows(definitions, vec![row(&cells); 30]);
    let got = pair.query_with(TEXT, reply);
    got.is_failure(1105, "[POSTERN-WITNESS]");
    assert_eq!(pair.unread(), b"", "one clean error");
    assert!(!pair.shows(CANARY));
    assert_eq!(pair.killed(), 1);
    let kinds: Vec<&str> = pair
        .written()
        .into_iter()
        .filter_map(|event| match event {
            Written::SecurityEvent(event) => Some(&*event.kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["witness_mismatch"]);
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn an_answer_that_does_not_match_the_reading_is_not_shown() {
    for cut in [Cut::Whole, Cut::Single, Cut::Seed(4), Cut::Seed(6)] {
        misread(cut, vec![column("shop.customers", "email")]);
        misread(cut, vec![column("", "name")]);
        misread(cut, vec![column("hr.customers", "name")]);
        misread(
            cut,
            vec![
                column("shop.customers", "name"),
                column("shop.customers", "email"),
            ],
        );
    }
}

#[test]
fn rows_of_a_statement_that_has_none_are_not_shown() {
    let mut pair = Pair::ready();
    let reply = Reply::rows(vec![column("", "x")], vec![row(&[Some(CANARY)])]);
    let got = pair.query_with("DELETE FROM shop.orders WHERE id = 1", reply);
    got.is_failure(1105, "[POSTERN-WITNESS]");
    assert!(!pair.shows(CANARY));
}

#[test]
fn a_masked_row_that_cannot_be_read_is_not_shown() {
    let mut pair = Pair::ready();
    let definitions = vec![
        column("shop.customers", "name"),
        column("shop.customers", "email"),
    ];
    let mut broken = row(&[Some("Ada"), Some(CANARY)]);
    broken.pop();
    let reply = Reply::rows(definitions, vec![row(&[Some("Ada"), Some(CANARY)]), broken]);
    let rows = pair
        .query_with("SELECT name, email FROM shop.customers", reply)
        .rows();
    assert_eq!((rows.rows.len(), rows.error), (1, Some(1105)));
    assert!(!pair.shows(CANARY));
}

#[test]
fn a_prepare_that_does_not_match_the_reading_fails_at_once() {
    let mut pair = Pair::ready();
    let reply = Reply::Prepared {
        id: 6,
        parameters: 0,
        definitions: vec![column("shop.customers", "name"), column("", "more")],
    };
    let got = pair.prepare(TEXT, reply);
    got.is_failure(1105, "[POSTERN-WITNESS]");
    assert_eq!(pair.killed(), 0, "nothing runs");
    assert_eq!(pair.own_closes, 1);
    assert!(pair.written_names().contains(&"security_event"));
    let execute = [0x17, 6, 0, 0, 0, 0, 1, 0, 0, 0];
    pair.ask(&execute, ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
}

#[test]
fn a_request_for_a_file_ends_the_session() {
    let mut pair = Pair::ready();
    let reply = Reply::Payloads(vec![b"\xfb/etc/passwd".to_vec()]);
    pair.query_with("SELECT id FROM shop.orders", reply);
    assert!(pair.session.is_closed());
    assert!(!pair.shows("passwd"));
}

#[test]
fn more_results_than_asked_for_end_the_session() {
    let mut pair = Pair::ready();
    let reply = Reply::Payloads(vec![vec![0, 0, 0, 10, 0, 0, 0]]);
    pair.query_with("SELECT id FROM shop.orders", reply);
    assert!(pair.session.is_closed());
}

#[test]
fn an_ok_in_the_place_of_rows_ends_the_session() {
    for cut in [Cut::Whole, Cut::Single] {
        let mut pair = Pair::ready().cut(cut);
        let reply = Reply::Payloads(vec![vec![0, 0, 0, 2, 0, 0, 0]]);
        pair.query_with("SELECT id FROM shop.orders", reply)
            .is_failure(1105, "[POSTERN-SESSION]");
        assert!(pair.session.is_closed());
    }
}

#[test]
fn columns_that_never_come_end_with_the_time_of_the_statement() {
    let count = [1, 0, 0, 1, 1];
    let cut = [1, 0, 0, 1, 1, 80, 0, 0, 2, 3, b'd'];
    for begun in [&count[..], &cut[..]] {
        let mut pair = Pair::ready();
        pair.query_with("SELECT word FROM small.list", Reply::Silence);
        pair.target_says(begun);
        pair.pass_to_deadline();
        assert_eq!(pair.killed(), 1);
        pair.pass_to_deadline();
        assert!(pair.session.is_closed(), "it does not stop for that");
    }
}

#[test]
fn an_error_between_rows_ends_the_result() {
    for cut in [Cut::Whole, Cut::Single, Cut::Seed(8)] {
        let mut pair = Pair::ready().cut(cut);
        let mut running = vec![row(&[Some("1")]), row(&[Some("2")])];
        running.push(err(1317, "interrupted"));
        let reply = Reply::Running {
            definitions: vec![column("shop.orders", "id")],
            rows: running,
        };
        let rows = pair.query_with("SELECT id FROM shop.orders", reply).rows();
        assert_eq!((rows.rows.len(), rows.error), (2, Some(1317)));
    }
}

#[test]
fn garbage_of_the_target_reaches_nobody() {
    let mut seed = 7_u64;
    for length in 0..400_usize {
        let mut pair = Pair::ready();
        let payload: Vec<u8> = (0..length % 40)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed.to_le_bytes()[7]
            })
            .collect();
        let mut payloads = vec![payload.clone(), payload];
        payloads[0].insert(0, 0xf0 + u8::try_from(length % 14).unwrap());
        pair.query_with(
            "SELECT name, email FROM shop.customers",
            Reply::Payloads(payloads),
        );
        if !pair.session.is_closed() {
            pair.pass_to_deadline();
        }
    }
}

#[test]
fn garbage_of_the_client_reaches_nobody() {
    let mut seed = 11_u64;
    for length in 0..400_usize {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed.to_le_bytes()[7]
            })
            .collect();
        let mut fresh = Pair::new();
        fresh.tell(session_core::event::Event::Start);
        fresh.send_bytes(&bytes);
        assert!(fresh.target.seen.is_empty());
        let mut pair = Pair::ready();
        let mut packet = vec![u8::try_from(length % 256).unwrap(), 0, 0, 0];
        packet.extend_from_slice(&bytes);
        pair.send_bytes(&packet);
        assert!(
            pair.did
                .iter()
                .all(|did| !matches!(did, crate::pair::Did::Kill))
        );
    }
}

#[test]
fn garbage_in_answer_to_any_command_ends_the_session_or_fails() {
    let mut seed = 13_u64;
    let commands: [&[u8]; 8] = [
        &[0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0],
        &[0x1a, 9, 0, 0, 0],
        b"\x16SELECT name FROM shop.customers",
        b"\x02shop",
        b"\x04customers\0",
        &[0x1f],
        &[0x09],
        b"\x03CALL shop.tidy()",
    ];
    let cases = commands
        .into_iter()
        .flat_map(|command| (1..30_usize).map(move |length| (command, length)));
    for (command, length) in cases {
        let mut pair = Pair::ready();
        let reply = Reply::Prepared {
            id: 9,
            parameters: 0,
            definitions: vec![column("shop.customers", "name")],
        };
        pair.prepare(TEXT, reply).prepared();
        let payload = (0..length).map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed.to_le_bytes()[7]
        });
        let mut payload: Vec<u8> = payload.collect();
        payload[0] = [0, 0xfe, 0xff, 0xfb, 3][length % 5];
        let reply = Reply::Payloads(vec![payload, CANARY.into()]);
        pair.target.replies.push_back(reply);
        pair.command(command);
        assert!(!pair.shows(CANARY) || command == [0x09]);
        if !pair.session.is_closed() {
            pair.pass_to_deadline();
        }
    }
}
