//! Texts of several statements: none is sent unless all may be, and each answers for itself.

use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;

use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::target::Reply;
use crate::target::column;
use crate::target::row;
use crate::world::CANARY;

fn pair() -> Pair {
    let several = Capabilities::MULTI_STATEMENTS;
    let login = Login {
        capabilities: Login::default().capabilities | several,
        database: Some("shop"),
        ..Login::default()
    };
    Pair::ready_with(Pair::new(), &login)
}

fn customers() -> Reply {
    let definitions = vec![
        column("shop.customers", "id"),
        column("shop.customers", "email"),
    ];
    Reply::rows(definitions, vec![row(&[Some("1"), Some(CANARY)])])
}

fn sent(pair: &Pair) -> Vec<String> {
    let commands = pair.commands_seen().into_iter();
    commands
        .map(|command| String::from_utf8_lossy(&command[1..]).into_owned())
        .collect()
}

#[test]
fn each_result_is_masked_by_its_own_facts() {
    let mut pair = pair();
    let orders = Reply::rows(vec![column("shop.orders", "id")], vec![row(&[Some("7")])]);
    pair.target
        .replies
        .extend([customers(), Reply::ok(), orders]);
    let text = "SELECT id, email FROM customers; DELETE FROM orders WHERE id = 1 ; /* x */ SELECT id FROM orders -- ;";
    let got = pair.query_all(text);
    assert!(
        matches!(&got[..], [Got::Rows(_), Got::Ok(_), Got::Rows(_)]),
        "{got:?}"
    );
    assert!(!pair.shows(CANARY));
    assert_eq!(
        sent(&pair),
        [
            "SELECT id, email FROM customers",
            " DELETE FROM orders WHERE id = 1 ",
            " /* x */ SELECT id FROM orders -- ;",
        ]
    );
    assert_eq!(
        pair.written_names()
            .iter()
            .filter(|name| **name == "outcome")
            .count(),
        3
    );
    pair.query("SELECT id FROM orders").ok();
}

#[test]
fn nothing_is_sent_unless_all_may_be() {
    let mut pair = pair();
    for (text, code) in [
        ("SELECT id FROM orders; SELECT id FROM hr.people", 1142),
        ("SELECT id FROM orders; SELECT nothing FROM orders", 1054),
        (
            "SELECT id FROM orders; DELETE FROM payments WHERE id = 1",
            1142,
        ),
        (
            "SET sql_mode = 'ANSI_QUOTES'; SELECT \"id\" FROM orders",
            1235,
        ),
        ("SELECT id FROM orders;; SELECT id FROM orders", 1064),
    ] {
        let (found, _) = match pair.query(text) {
            Got::Err { code, text } => (code, text),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(found, code, "{text}");
    }
    assert!(sent(&pair).is_empty());
    pair.query("SELECT id FROM orders;").ok();
}

#[test]
fn the_first_failure_ends_them() {
    let mut pair = pair();
    pair.target
        .replies
        .extend([Reply::ok(), Reply::Err(1062, "twice")]);
    let text = "DELETE FROM orders WHERE id = 1; DELETE FROM orders WHERE id = 2; DELETE FROM orders WHERE id = 3";
    let got = pair.query_all(text);
    assert!(
        matches!(&got[..], [Got::Ok(_), Got::Err { code: 1062, .. }]),
        "{got:?}"
    );
    assert_eq!(sent(&pair).len(), 2);
    pair.query("SELECT id FROM orders").ok();
}

#[test]
fn only_the_last_result_says_that_nothing_follows() {
    let mut pair = pair();
    let got = pair.query_all("DO 1; DO 2");
    let flags: Vec<bool> = got
        .into_iter()
        .map(|got| got.ok().status.contains(StatusFlags::MORE_RESULTS_EXISTS))
        .collect();
    assert_eq!(flags, [true, false]);
}

#[test]
fn who_did_not_ask_for_it_sends_one_statement() {
    let mut pair = Pair::ready();
    pair.query("SELECT 1; SELECT 2")
        .is_failure(1064, "one at a time");
    assert!(sent(&pair).is_empty());
}
