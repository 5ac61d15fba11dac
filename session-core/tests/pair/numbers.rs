//! Numbers of connections: clients are shown those of their greetings.

use std::collections::BTreeMap;

use mysql_proto::exchange::ReplyKind;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;

use crate::pair::Cut;
use crate::pair::Greeted;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::target::row;

/// The target's 7 was greeted with 100, its 8 with 4,000,000,000; its 9 is nobody's here.
fn pairs() -> impl Iterator<Item = Pair> {
    [Cut::Whole, Cut::Single, Cut::Seed(5)]
        .into_iter()
        .map(|cut| {
            let mut pair = Pair::ready_with(Pair::new().cut(cut), &Login::default());
            pair.connections = Greeted(BTreeMap::from([(7, 100), (8, 4_000_000_000)]));
            pair
        })
}

fn number(name: &str) -> ColumnDefinition<'static> {
    ColumnDefinition::computed(name.as_bytes().to_vec(), ColumnType::LongLong)
}

#[test]
fn connection_id_is_the_number_of_the_greeting() {
    for mut pair in pairs() {
        let definitions = vec![number("CONNECTION_ID()"), number("7"), number("me")];
        let sent = vec![row(&[Some("7"), Some("7"), Some("7")])];
        let reply = Reply::rows(definitions, sent);
        let statement = "SELECT CONNECTION_ID(), 7, connection_id() AS me";
        let rows = pair.query_with(statement, reply).rows();
        let shown = row(&[Some("100"), Some("7"), Some("100")]);
        assert_eq!(rows.rows, vec![shown]);
    }
}

#[test]
fn numbers_that_are_nobodys_and_what_is_computed_stay() {
    for mut pair in pairs() {
        for sent in [Some("9"), Some("0"), None] {
            let reply = Reply::rows(vec![number("id")], vec![row(&[sent])]);
            let rows = pair.query_with("SELECT CONNECTION_ID() id", reply).rows();
            assert_eq!(rows.rows, vec![row(&[sent])]);
        }
        for statement in ["SELECT CONNECTION_ID() + 0", "SELECT 7 AS connection_id"] {
            let reply = Reply::rows(vec![number("id")], vec![row(&[Some("7")])]);
            let rows = pair.query_with(statement, reply).rows();
            assert_eq!(rows.rows, vec![row(&[Some("7")])]);
        }
    }
}

#[test]
fn a_number_that_is_no_integer_to_the_target_stays() {
    for mut pair in pairs() {
        let reply = Reply::rows(vec![column("", "id")], vec![row(&[Some("7")])]);
        let rows = pair.query_with("SELECT CONNECTION_ID() id", reply).rows();
        assert_eq!(rows.rows, vec![row(&[Some("7")])]);
    }
}

#[test]
fn binary_rows_hold_the_number_of_the_greeting() {
    for mut pair in pairs() {
        let definitions = vec![number("id"), number("other")];
        let prepared = Reply::Prepared {
            id: 4,
            parameters: 0,
            definitions: definitions.clone(),
        };
        let statement = "SELECT CONNECTION_ID() id, 8 other";
        let id = pair.prepare(statement, prepared).prepared();
        let types = [definitions[0].value_type(), definitions[1].value_type()];
        let cells = |one: u64| {
            let mut cells = Vec::new();
            let values = match types[0].unsigned {
                true => [Value::UInt(one), Value::UInt(8)],
                false => [Value::Int(one.cast_signed()), Value::Int(8)],
            };
            encode_row(&values, &types, &mut cells).unwrap();
            cells
        };
        let reply = Reply::rows(definitions, vec![cells(8)]);
        pair.target.replies.push_back(reply);
        let mut command = with_byte(0x17, &id.to_le_bytes());
        command.extend_from_slice(&[0, 1, 0, 0, 0]);
        let rows = pair.ask(&command, ReplyKind::Execute).rows();
        assert_eq!(rows.rows, vec![cells(4_000_000_000)]);
    }
}
