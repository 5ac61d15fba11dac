//! What the gateway asks for itself waits until nobody asks about the statement before any more.

use mysql_proto::exchange::ReplyKind;

use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::row;

const QUESTIONS: [&str; 6] = [
    "SHOW WARNINGS",
    "SHOW COUNT(*) WARNINGS",
    "SELECT @@warning_count, @@error_count",
    "SELECT ROW_COUNT()",
    "SELECT FOUND_ROWS()",
    "SET @n = ROW_COUNT()",
];

const MODE: Reply = Reply::Sets {
    variable: "sql_mode",
    value: "ANSI_QUOTES",
};

/// A session whose SQL mode is another than the gateway knows.
fn unknown_mode() -> Pair {
    let mut pair = Pair::ready();
    pair.query_with("SET sql_mode = 'ANSI_QUOTES'", MODE).ok();
    pair.target.seen.clear();
    pair
}

fn own(pair: &Pair) -> usize {
    let seen = pair.target.seen.iter();
    seen.filter(|seen| matches!(seen, Seen::Own(_))).count()
}

fn one_row() -> Reply {
    let definitions = vec![column("", "a")];
    Reply::rows(definitions, vec![row(&[Some("1")])])
}

#[test]
fn questions_about_the_statement_before_come_before_the_gateways_own() {
    for question in QUESTIONS {
        let mut pair = unknown_mode();
        pair.query(question);
        pair.ask(&[0x0e], ReplyKind::Ok).ok();
        let asked = with_byte(3, question.as_bytes());
        assert_eq!(pair.commands_seen(), [asked, vec![0x0e]], "{question}");
        assert_eq!(own(&pair), 0, "{question}");
    }
}

#[test]
fn nothing_else_is_decided_before_they_are_answered() {
    for question in ["", "SHOW WARNINGS", "SELECT ROW_COUNT()"] {
        let mut pair = unknown_mode();
        if !question.is_empty() {
            pair.query(question).ok();
        }
        let got = pair.query("SELECT \"nothing\" FROM shop.orders");
        assert!(got.failure().1.contains("POSTERN-UNKNOWN-NAME"), "{got:?}");
        assert_eq!(own(&pair), 1);
        pair.query("SELECT id FROM shop.orders").ok();
        assert_eq!(own(&pair), 1, "asked once");
    }
}

#[test]
fn every_command_that_hangs_on_the_state_waits_for_them() {
    for (command, kind) in [
        (with_byte(3, b"SELECT id FROM orders"), ReplyKind::Query),
        (
            with_byte(3, b"SELECT ROW_COUNT() FROM orders"),
            ReplyKind::Query,
        ),
        (with_byte(3, b"SELECT \"ROW_COUNT\""), ReplyKind::Query),
        (
            with_byte(0x16, b"SELECT id FROM orders"),
            ReplyKind::Prepare,
        ),
        (with_byte(2, b"hr"), ReplyKind::Ok),
        (with_byte(4, b"orders\0"), ReplyKind::FieldList),
        (vec![0x1f], ReplyKind::Ok),
        (vec![0x1c, 9, 0, 0, 0, 1, 0, 0, 0], ReplyKind::Fetch),
    ] {
        let mut pair = unknown_mode();
        pair.holds_records = true;
        pair.command(&command);
        assert_eq!(own(&pair), 1, "{command:x?}");
        assert!(pair.commands_seen().is_empty(), "{command:x?} {kind:?}");
    }
}

#[test]
fn a_prepared_question_is_one_too() {
    let mut pair = unknown_mode();
    let prepared = Reply::Prepared {
        id: 3,
        parameters: 0,
        definitions: vec![],
    };
    let id = pair.prepare("SELECT ROW_COUNT()", prepared).prepared();
    assert_eq!(own(&pair), 0);
    pair.query("SELECT id FROM shop.orders").ok();
    assert_eq!(own(&pair), 1);
    // The mode that it was read under was not the one in force, and it means the same in both.
    let mut command = with_byte(0x17, &id.to_le_bytes());
    command.extend_from_slice(&[0, 1, 0, 0, 0]);
    pair.ask(&command, ReplyKind::Execute).ok();
}

#[test]
fn what_may_tell_of_protected_values_is_not_asked_about_first() {
    let insert = "INSERT INTO small.watched VALUES (1)";
    let mut pair = Pair::ready();
    pair.query_with(insert, Reply::Err(1644, "no")).failure();
    assert_eq!(own(&pair), 1, "at once");
    pair.query_with("SELECT FOUND_ROWS()", one_row()).rows();
    assert!(matches!(
        pair.target.seen[..],
        [Seen::Command(_), Seen::Own(_), Seen::Command(_)]
    ));
}

#[test]
fn a_table_that_was_not_made_is_not_asked_for() {
    let mut pair = Pair::mariadb();
    pair.query("USE shop").ok();
    let create = "CREATE TEMPORARY TABLE tmp_a (m int)";
    pair.target.seen.clear();
    pair.query_with(create, Reply::Err(1071, "no")).failure();
    pair.query("SELECT id FROM shop.orders").ok();
    assert_eq!(own(&pair), 0, "its error would be the last");
    // Somebody stopped it, perhaps when it had been made.
    pair.query_with(create, Reply::Err(1317, "no")).failure();
    pair.query("SELECT id FROM shop.orders").ok();
    assert_eq!(own(&pair), 1);
}

#[test]
fn a_target_that_does_not_answer_them_costs_the_session_not_more() {
    let mut pair = unknown_mode();
    pair.target.refuses_own = Some("SELECT @@sql_mode");
    pair.query("SELECT id FROM shop.orders")
        .is_failure(1105, "[POSTERN-SESSION]");
    assert!(pair.session.is_closed());
    assert!(pair.commands_seen().is_empty());
}

#[test]
fn a_new_login_owes_nothing() {
    let mut pair = unknown_mode();
    pair.target.refuses_own = Some("SELECT @@sql_mode");
    pair.command(&with_byte(0x11, b"nobody\0"));
    assert_eq!(own(&pair), 0);
}

/// Has a variable be what no statement can be read under, by a value that is not written out.
fn unreadable(variable: &'static str, value: &'static str) -> Pair {
    let mut pair = Pair::ready();
    let sets = Reply::Sets {
        variable: "character_set_results",
        value: "latin1",
    };
    pair.query_with("SET character_set_results = latin1", sets)
        .ok();
    pair.query("SELECT id FROM shop.orders").ok();
    pair.query_with(
        "SET collation_connection = @x",
        Reply::Sets { variable, value },
    )
    .ok();
    pair.target.seen.clear();
    pair
}

#[test]
fn what_no_statement_can_be_read_under_is_undone() {
    for (variable, value) in [
        ("character_set_connection", "ucs2"),
        ("character_set_client", "gbk"),
        ("character_set_results", "utf7"),
        ("sql_mode", "ORACLE"),
    ] {
        let mut pair = unreadable(variable, value);
        pair.query("SELECT id FROM shop.orders")
            .is_failure(1231, value);
        assert!(pair.commands_seen().is_empty(), "{variable}");
        assert_eq!(pair.target.variables["character_set_results"], "latin1");
        assert_eq!(pair.target.variables["character_set_connection"], "utf8mb4");
        assert_eq!(pair.target.variables["sql_mode"], "");
        pair.query("SELECT id FROM shop.orders").ok();
        assert_eq!(own(&pair), 4, "read, put back, read");
    }
}

#[test]
fn flags_of_what_was_undone_are_not_held_against_the_session() {
    let mut pair = Pair::mariadb();
    let (variable, value) = ("sql_mode", "ORACLE,ANSI_QUOTES");
    pair.query_with("SET sql_mode = @x", Reply::Sets { variable, value })
        .ok();
    pair.query("SELECT id FROM shop.orders")
        .is_failure(1231, "ORACLE");
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn what_cannot_be_undone_ends_the_session() {
    let mut pair = unreadable("character_set_connection", "ucs2");
    pair.target.refuses_own = Some("SET SESSION sql_mode=");
    pair.query("SELECT id FROM shop.orders")
        .is_failure(1105, "[POSTERN-SESSION]");
    assert!(pair.session.is_closed());
}

#[test]
fn what_nobody_set_is_not_undone() {
    let mut pair = Pair::ready();
    let sets = Reply::Sets {
        variable: "character_set_results",
        value: "utf7",
    };
    pair.query_with("SELECT id FROM shop.orders", sets).ok();
    pair.query("SELECT id FROM shop.orders")
        .is_failure(1105, "[POSTERN-SESSION]");
    assert!(pair.session.is_closed());
}
