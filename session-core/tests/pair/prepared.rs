//! Prepared statements: kept types, renewed readings, and what never reaches the target.

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;
use policy_core::name::TableId;

use crate::pair::Did;
use crate::pair::Got;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::world;

const TEXT: &str = "SELECT id FROM shop.orders WHERE total = ?";

fn reply(id: u32, parameters: u16) -> Reply {
    Reply::Prepared {
        id,
        parameters,
        definitions: vec![column("shop.orders", "id")],
    }
}

fn execute(id: u32, rest: &[u8]) -> Vec<u8> {
    let mut payload = with_byte(0x17, &id.to_le_bytes());
    payload.extend_from_slice(&[0, 1, 0, 0, 0]);
    payload.extend_from_slice(rest);
    payload
}

/// One BIGINT, with its type.
const TYPED: &[u8] = b"\0\x01\x08\0\x2a\0\0\0\0\0\0\0";

/// One value of eight bytes, without a type.
const UNTYPED: &[u8] = b"\0\0\x2b\0\0\0\0\0\0\0";

fn parameters(pair: &Pair) -> Vec<&audit_log::statement::Parameter> {
    let intents = pair.written().into_iter().filter_map(|event| match event {
        Written::Intent(intent) if &*intent.command == "stmt_execute" => Some(intent),
        _ => None,
    });
    intents.flat_map(|intent| &intent.parameters).collect()
}

#[test]
fn types_of_an_execute_hold_for_the_next() {
    let mut pair = Pair::ready();
    let id = pair.prepare(TEXT, reply(5, 1)).prepared();
    pair.ask(&execute(id, TYPED), ReplyKind::Execute).ok();
    pair.ask(&execute(id, UNTYPED), ReplyKind::Execute).ok();
    let parameters = parameters(&pair);
    assert!(parameters.iter().all(|bound| bound.kind == "bigint"));
    assert_ne!(parameters[0], parameters[1]);
}

#[test]
fn an_execute_without_types_is_refused_at_first() {
    let mut pair = Pair::ready();
    let id = pair.prepare(TEXT, reply(5, 1)).prepared();
    pair.ask(&execute(id, UNTYPED), ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
    assert_eq!(pair.commands_seen().len(), 1);
}

#[test]
fn values_for_a_statement_that_takes_none_are_not_passed_on() {
    let mut pair = Pair::ready();
    let id = pair
        .prepare("SELECT id FROM shop.orders", reply(5, 0))
        .prepared();
    let sent = execute(id, TYPED);
    pair.ask(&sent, ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen().last(), Some(&&sent[..10]));
    assert!(parameters(&pair).is_empty());
    // One that takes some reads all that is sent.
    let id = pair.prepare(TEXT, reply(6, 1)).prepared();
    let sent = [&execute(id, TYPED)[..], b"x"].concat();
    pair.ask(&sent, ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
}

#[test]
fn types_that_the_target_never_saw_do_not_hold() {
    let mut pair = Pair::ready();
    let text = "UPDATE shop.payments SET amount = ? WHERE id = 1";
    let prepared = Reply::Prepared {
        id: 5,
        parameters: 1,
        definitions: vec![],
    };
    let id = pair.prepare(text, prepared).prepared();
    pair.ask(&execute(id, TYPED), ReplyKind::Execute)
        .is_failure(1105, "[POSTERN-APPROVAL]");
    pair.ask(&execute(id, UNTYPED), ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
    assert_eq!(pair.requests.len(), 1);
}

#[test]
fn minus_one_means_the_last() {
    let mut pair = Pair::mariadb();
    pair.ask(&execute(u32::MAX, b""), ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
    pair.prepare("SELECT id FROM shop.orders", reply(5, 0))
        .prepared();
    pair.ask(&execute(u32::MAX, b""), ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen()[1], execute(5, b""));
    pair.prepare("SELECT nothing FROM shop.orders", reply(6, 0));
    pair.ask(&execute(u32::MAX, b""), ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
}

#[test]
fn a_close_is_sent_and_not_answered() {
    let mut pair = Pair::ready();
    let id = pair.prepare(TEXT, reply(5, 1)).prepared();
    pair.command(&with_byte(0x19, &id.to_le_bytes()));
    pair.command(&with_byte(0x19, &77_u32.to_le_bytes()));
    assert_eq!(pair.unread(), b"");
    assert_eq!(pair.commands_seen().len(), 2, "an unknown one is not sent");
    assert_eq!(pair.own_closes, 0);
    pair.ask(&execute(id, TYPED), ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
    pair.ask(&[0x0e], ReplyKind::Ok).ok();
}

#[test]
fn a_close_of_what_is_not_open_is_nothing() {
    let mut pair = Pair::ready();
    pair.did.clear();
    let close = [&[5, 0, 0, 0, 0x19][..], &77_u32.to_le_bytes()].concat();
    pair.send_bytes(&close.repeat(5000));
    pair.send_bytes(&[5, 0, 0, 0, 0x19, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(pair.did, [], "no record, no word");
    pair.ask(&[0x0e], ReplyKind::Ok).ok();
}

#[test]
fn a_statement_is_read_again_when_the_catalog_changed() {
    let mut pair = Pair::ready();
    let id = pair.prepare(TEXT, reply(5, 1)).prepared();
    let mut catalog = world::catalog("9.7.4");
    catalog.version = 2;
    pair.catalog = world::shared(catalog.clone());
    pair.ask(&execute(id, TYPED), ReplyKind::Execute).ok();
    catalog.version = 3;
    catalog
        .tables
        .remove(&TableId::new("shop".into(), "orders".into()));
    pair.catalog = world::shared(catalog);
    let got = pair.ask(&execute(id, TYPED), ReplyKind::Execute);
    assert!(got.failure().1.contains("POSTERN-UNKNOWN-NAME"), "{got:?}");
}

#[test]
fn a_statement_is_gone_when_the_same_bytes_would_mean_something_else() {
    let mut pair = Pair::ready();
    let id = pair.prepare(TEXT, reply(5, 1)).prepared();
    let set = Reply::Sets {
        variable: "sql_mode",
        value: "ANSI_QUOTES",
    };
    pair.query_with("SET sql_mode = 'ANSI_QUOTES'", set).ok();
    pair.ask(&execute(id, TYPED), ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
}

#[test]
fn a_change_of_schema_is_held_until_it_is_executed() {
    let mut pair = Pair::ready();
    pair.command(&with_byte(0x16, b"DROP TABLE small.list"));
    let got = pair.answer(ReplyKind::Prepare);
    assert!(pair.target.seen.is_empty());
    let id = got.prepared();
    pair.ask(&execute(id, b""), ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen(), [b"\x03DROP TABLE small.list"]);
    assert!(pair.did.contains(&Did::SchemaChanged));
    pair.ask(&with_byte(0x1a, &id.to_le_bytes()), ReplyKind::Ok)
        .ok();
    pair.command(&with_byte(0x19, &id.to_le_bytes()));
    assert_eq!(pair.commands_seen().len(), 1);
}

#[test]
fn only_so_many_statements_are_open() {
    let mut pair = Pair::ready();
    for id in 1..=4 {
        pair.prepare("SELECT id FROM shop.orders", reply(id, 0))
            .prepared();
    }
    pair.prepare("SELECT id FROM shop.orders", Reply::ok())
        .is_failure(1461, "[POSTERN-LIMIT]");
    assert_eq!(pair.commands_seen().len(), 4);
}

#[test]
fn a_prepare_of_what_is_denied_is_not_sent() {
    let mut pair = Pair::ready();
    for text in [
        "SELECT salary FROM hr.people",
        "SELEC 1",
        "SELECT 1; SELECT 2",
    ] {
        pair.command(&with_byte(0x16, text.as_bytes()));
        assert!(matches!(pair.answer(ReplyKind::Prepare), Got::Err { .. }));
    }
    assert!(
        !pair
            .target
            .seen
            .iter()
            .any(|seen| matches!(seen, Seen::Command(_)))
    );
}

#[test]
fn a_prepare_whose_time_is_over_is_none() {
    let mut pair = Pair::ready();
    pair.target.replies.push_back(Reply::Silence);
    pair.command(&with_byte(0x16, TEXT.as_bytes()));
    pair.pass_to_deadline();
    assert_eq!(pair.killed(), 1);
    let mut late = Vec::new();
    let mut sequence = mysql_proto::types::SequenceId::ZERO.next();
    let payload = b"\0\x05\0\0\0\0\0\0\0\0\0\0";
    mysql_proto::frame::encode_packet(payload, &mut sequence, &mut late);
    pair.target_says(&late);
    pair.answer(ReplyKind::Prepare)
        .is_failure(3024, "[POSTERN-LIMIT]");
    pair.ask(&execute(5, TYPED), ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
}
