//! Detectors of a role: what is found in clear text is hidden and counted; a mask stays a mask.

use std::collections::BTreeMap;

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;

use crate::pair::Cut;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::target::row;
use crate::target::typed_column;
use crate::world::CANARY;

const TEXT: &str = "Ada, ada@corp.example, 4111 1111 1111 1111";
const HIDDEN: &str = "Ada, ****************, *******************";

/// Sessions of a role with detectors, with bytes cut in many ways.
fn auditors() -> impl Iterator<Item = Pair> {
    [Cut::Whole, Cut::Single, Cut::Seed(7)]
        .into_iter()
        .map(|cut| {
            let login = Login {
                token: "token-of-auditor",
                ..Login::default()
            };
            Pair::ready_with(Pair::new().cut(cut), &login)
        })
}

fn detected(pair: &Pair) -> BTreeMap<String, u64> {
    let Some(Written::Outcome(outcome)) = pair.written().last().copied() else {
        panic!("no outcome");
    };
    let detected = outcome.detected.iter();
    detected
        .map(|(name, count)| (name.to_string(), *count))
        .collect()
}

#[test]
fn finds_in_clear_cells_are_hidden_and_counted() {
    for mut pair in auditors() {
        let definitions = vec![
            typed_column("shop.customers", "id", ColumnType::Long),
            column("shop.customers", "name"),
            column("shop.customers", "email"),
        ];
        let sent = vec![row(&[Some("1"), Some(TEXT), Some(CANARY)]); 20];
        let reply = Reply::rows(definitions.clone(), sent);
        let text = "SELECT id, name, email FROM shop.customers";
        let rows = pair.query_with(text, reply).rows();
        let expected = row(&[Some("1"), Some(HIDDEN), Some("[redacted]")]);
        assert!(rows.ended && rows.rows == vec![expected; 20]);
        assert_eq!(rows.definitions[..2], definitions[..2]);
        let expected = [("card".to_owned(), 20), ("email".to_owned(), 20)];
        assert_eq!(detected(&pair), expected.into());
        assert!(!pair.shows(CANARY) && !pair.shows("ada@corp"));
    }
}

#[test]
fn finds_in_binary_cells_are_hidden_and_counted() {
    for mut pair in auditors() {
        let definitions = vec![column("shop.customers", "name")];
        let prepared = Reply::Prepared {
            id: 4,
            parameters: 0,
            definitions: definitions.clone(),
        };
        let text = "SELECT name FROM shop.customers";
        let id = pair.prepare(text, prepared).prepared();
        let types = [definitions[0].value_type()];
        let (mut clear, mut hidden) = (Vec::new(), Vec::new());
        encode_row(&[Value::Bytes(TEXT.as_bytes())], &types, &mut clear).unwrap();
        encode_row(&[Value::Bytes(HIDDEN.as_bytes())], &types, &mut hidden).unwrap();
        let reply = Reply::rows(definitions, vec![clear; 3]);
        pair.target.replies.push_back(reply);
        let mut command = with_byte(0x17, &id.to_le_bytes());
        command.extend_from_slice(&[0, 1, 0, 0, 0]);
        let rows = pair.ask(&command, ReplyKind::Execute).rows();
        assert!(rows.ended && rows.rows == vec![hidden; 3]);
        assert_eq!(detected(&pair).get("email"), Some(&3));
    }
}

#[test]
fn results_of_a_shape_that_is_not_known_are_searched() {
    for mut pair in auditors() {
        let reply = Reply::rows(vec![column("", "Create Table")], vec![row(&[Some(TEXT)])]);
        let rows = pair
            .query_with("SHOW CREATE TABLE shop.orders", reply)
            .rows();
        assert_eq!(rows.rows, [row(&[Some(HIDDEN)])]);
    }
}

#[test]
fn finds_in_the_text_of_errors_are_hidden_and_counted() {
    for mut pair in auditors() {
        let reply = Reply::Err(1292, "Incorrect value: 'ada@corp.example'");
        let got = pair.query_with("SELECT id FROM shop.orders", reply);
        let (code, text) = got.failure();
        assert_eq!((code, text), (1292, "Incorrect value: '****************'"));
        assert_eq!(detected(&pair).get("email"), Some(&1));
    }
}

#[test]
fn a_role_without_detectors_sees_what_it_is_given() {
    let mut pair = Pair::ready();
    let definitions = vec![column("shop.customers", "name")];
    let sent = vec![row(&[Some(TEXT)])];
    let reply = Reply::rows(definitions, sent.clone());
    let text = "SELECT name FROM shop.customers";
    assert_eq!(pair.query_with(text, reply).rows().rows, sent);
    assert!(detected(&pair).is_empty());
}

#[test]
fn a_column_that_cannot_be_read_is_not_shown() {
    for mut pair in auditors() {
        let mut definition = column("shop.customers", "name");
        definition.collation = 9_999;
        let reply = Reply::rows(vec![definition], vec![row(&[Some(TEXT)])]);
        let got = pair.query_with("SELECT name FROM shop.customers", reply);
        assert!(got.failure().1.contains("POSTERN-MASK"));
        assert!(!pair.shows("Ada"));
    }
}
