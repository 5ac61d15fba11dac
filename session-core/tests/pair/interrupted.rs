//! A KILL that hits a statement of the gateway's own.

use mysql_proto::exchange::ReplyKind;

use crate::pair::Login;
use crate::pair::Pair;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::row;
use crate::world::CANARY;

const PROTECTED: &str = "SELECT name, email FROM shop.customers";

fn protected() -> Reply {
    let table = "shop.customers";
    let definitions = vec![column(table, "name"), column(table, "email")];
    Reply::rows(definitions, vec![row(&[Some("Ada"), Some(CANARY)])])
}

fn own(pair: &Pair, part: &str) -> usize {
    let is_it = |seen: &&Seen| matches!(seen, Seen::Own(text) if text.contains(part));
    pair.target.seen.iter().filter(is_it).count()
}

/// Runs what has the gateway send a statement of its own that holds this, and a statement behind it.
fn run(pair: &mut Pair, part: &str) {
    match part {
        "SET ROLE NONE" => {
            pair.query_with(PROTECTED, protected());
        }
        "SHOW CREATE TABLE" => {
            pair.query("USE shop").ok();
            pair.target.shape = vec![("n", "int")];
            pair.query("CREATE TEMPORARY TABLE tmp_a (n int)").ok();
        }
        "SELECT @@sql_mode" => {
            pair.query("SET sql_mode = ''").ok();
        }
        _ => {
            pair.ask(&[0x1f], ReplyKind::Ok);
        }
    }
    pair.command(b"\x03SELECT id FROM shop.orders");
}

#[test]
fn what_was_hit_is_sent_again_a_few_times() {
    for part in [
        "SET ROLE NONE",
        "SHOW CREATE TABLE",
        "SELECT @@sql_mode",
        "SET SESSION session_track_system",
    ] {
        for times in 1..=4 {
            let mut pair = Pair::guarded();
            pair.target.seen.clear();
            pair.target.interrupts_own = (times, part);
            run(&mut pair, part);
            assert_eq!(own(&pair, part), (times + 1).min(4), "{part}");
            let survives = times <= 3 || part == "SHOW CREATE TABLE";
            assert_eq!(pair.session.is_closed(), !survives, "{part} {times}");
            assert!(!pair.shows(CANARY));
        }
    }
}

#[test]
fn a_table_whose_shape_nobody_gets_to_see_makes_all_names_unknown() {
    let mut pair = Pair::guarded();
    pair.target.interrupts_own = (9, "SHOW CREATE TABLE");
    run(&mut pair, "SHOW CREATE TABLE");
    while pair.packet().is_some() {}
    pair.query("SELECT id FROM orders")
        .is_failure(1235, "temporary tables");
}

#[test]
fn a_statement_that_was_kept_from_the_guard_role_was_interrupted() {
    let mut pair = Pair::guarded();
    pair.target.interrupts_own = (1, "SET ROLE `guard`");
    pair.query_with(
        PROTECTED,
        Reply::Err(1143, "denied to 'reader'@'h' for 'email'"),
    )
    .is_failure(1317, "[POSTERN-KILL]");
    assert!(!pair.shows("reader"));
    assert!(!pair.written_names().contains(&"security_event"));
    assert_eq!(own(&pair, "SET ROLE NONE"), 1);
    // Another failure is told as ever, and the next statement has the role.
    pair.target.interrupts_own = (1, "SET ROLE `guard`");
    pair.query_with(PROTECTED, Reply::Err(1062, CANARY))
        .is_failure(1105, "[POSTERN-PROTECTED]");
    pair.query_with(PROTECTED, protected()).rows();
    assert!(!pair.shows(CANARY));
}

#[test]
fn what_the_account_may_do_without_the_role_is_masked_all_the_same() {
    let mut pair = Pair::guarded();
    pair.target.interrupts_own = (1, "SET ROLE `guard`");
    let rows = pair.query_with(PROTECTED, protected()).rows();
    assert!(rows.ended && rows.rows.len() == 1);
    assert!(pair.shows("Ada") && !pair.shows(CANARY));
}

#[test]
fn a_right_that_is_missing_tells_of_a_misreading_where_nothing_was_interrupted() {
    let mut pair = Pair::guarded();
    pair.target.interrupts_own = (1, "SET ROLE `guard`");
    pair.query_with(PROTECTED, Reply::Err(1143, "no")).failure();
    pair.query_with("SELECT name FROM shop.customers", Reply::Err(1143, "no"))
        .is_failure(1105, "[POSTERN-WITNESS]");
    assert!(pair.written_names().contains(&"security_event"));
}

#[test]
fn what_must_come_first_is_not_sent_again_and_ends_the_session() {
    for part in ["SELECT @@session_track", "SELECT @@sql_mode"] {
        let mut pair = Pair::new();
        pair.target.interrupts_own = (4, part);
        let asks = mysql_proto::flags::Capabilities::SESSION_TRACK;
        let login = Login {
            capabilities: Login::default().capabilities | asks,
            ..Login::default()
        };
        let got = pair.log_in(&login);
        assert!(got.failure().1.contains("[POSTERN-"), "{got:?}");
        assert!(pair.session.is_closed());
    }
}
