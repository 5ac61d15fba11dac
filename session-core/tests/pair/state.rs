//! The state that statements are read under: predicted, read back, or the session ends.

use mysql_proto::exchange::ReplyKind;
use policy_core::name::TableNameCase;

use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::row;
use crate::world;

const TEXT: &str = "SELECT id FROM shop.orders";

fn reads_back(pair: &Pair) -> usize {
    pair.target
        .seen
        .iter()
        .filter(|seen| matches!(seen, Seen::Own(text) if text.starts_with("SELECT @@sql_mode")))
        .count()
}

#[test]
fn a_new_sql_mode_is_read_back_and_in_force() {
    let mut pair = Pair::ready();
    pair.query("SELECT \"nothing\" FROM shop.orders").ok();
    let reply = Reply::Sets {
        variable: "sql_mode",
        value: "ANSI_QUOTES",
    };
    pair.query_with("SET sql_mode = 'ANSI_QUOTES'", reply).ok();
    let got = pair.query("SELECT \"nothing\" FROM shop.orders");
    assert_eq!(reads_back(&pair), 1);
    assert!(got.failure().1.contains("POSTERN-UNKNOWN-NAME"), "{got:?}");
}

#[test]
fn a_failed_set_is_read_back_too() {
    let mut pair = Pair::ready();
    pair.query_with("SET sql_mode = 'ANSI_QUOTES'", Reply::Err(1231, "no"))
        .is_failure(1231, "no");
    pair.query("SELECT \"nothing\" FROM shop.orders").ok();
    assert_eq!(reads_back(&pair), 1);
}

#[test]
fn a_change_that_nobody_asked_for_is_looked_into() {
    let mut pair = Pair::ready();
    let reply = Reply::Claims {
        variable: "sql_mode",
        value: "ANSI_QUOTES",
    };
    pair.query_with(TEXT, reply).ok();
    pair.query(TEXT).ok();
    assert_eq!(reads_back(&pair), 1);
}

#[test]
fn what_stored_code_set_before_it_failed_is_looked_into() {
    let insert = "INSERT INTO small.watched VALUES (1)";
    let mut pair = Pair::ready();
    pair.query_with(insert, Reply::Err(1644, "no")).failure();
    assert_eq!(reads_back(&pair), 1);
    pair.query(TEXT).ok();
    let charset = "latin1".to_owned();
    pair.target
        .variables
        .insert("character_set_results", charset);
    pair.query_with(insert, Reply::Err(1644, "no")).failure();
    assert!(pair.session.is_closed());
}

#[test]
fn a_change_that_cannot_be_explained_ends_the_session() {
    for (variable, value) in [
        ("sql_mode", "ANSI_QUOTES"),
        ("character_set_client", "latin1"),
        ("character_set_client", "gbk"),
    ] {
        let mut pair = Pair::ready();
        pair.query_with(TEXT, Reply::Sets { variable, value }).ok();
        pair.command(&with_byte(3, TEXT.as_bytes()));
        assert!(pair.session.is_closed(), "{variable}");
        assert!(pair.written_names().contains(&"security_event"));
    }
}

#[test]
fn flags_that_deny_the_known_mode_end_the_session() {
    let silently = |value| Reply::SetsSilently {
        variable: "sql_mode",
        value,
    };
    let mut pair = Pair::ready();
    pair.query_with(TEXT, silently("NO_BACKSLASH_ESCAPES"));
    assert!(pair.session.is_closed());
    let mut pair = Pair::mariadb();
    pair.query_with(TEXT, silently("ANSI_QUOTES"));
    assert!(pair.session.is_closed());
}

#[test]
fn a_reset_turns_tracking_on_again_and_forgets_statements() {
    let mut pair = Pair::ready();
    let reply = Reply::Prepared {
        id: 1,
        parameters: 0,
        definitions: vec![],
    };
    pair.prepare(TEXT, reply).prepared();
    pair.target.seen.clear();
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    assert!(matches!(
        pair.target.seen[..],
        [Seen::Command(_), Seen::Own(_), Seen::Own(_)]
    ));
    let execute = [0x17, 1, 0, 0, 0, 0, 1, 0, 0, 0];
    pair.ask(&execute, ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
}

#[test]
fn a_mode_that_a_reset_brings_is_in_force() {
    let mut pair = Pair::ready();
    pair.target.replies.push_back(Reply::SetsSilently {
        variable: "sql_mode",
        value: "ANSI_QUOTES",
    });
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    let got = pair.query("SELECT \"nothing\" FROM shop.orders");
    assert!(got.failure().1.contains("POSTERN-UNKNOWN-NAME"), "{got:?}");
}

#[test]
fn the_default_schema_follows_init_db() {
    let mut pair = Pair::ready();
    assert!(pair.query("SELECT id FROM orders").failure().0 > 0);
    let got = pair.ask(&with_byte(2, b"hr"), ReplyKind::Ok);
    assert!(got.failure().1.starts_with("[POSTERN-DENIED]"), "{got:?}");
    pair.ask(&with_byte(2, b"shop"), ReplyKind::Ok).ok();
    pair.query("SELECT id FROM orders").ok();
}

#[test]
fn a_refresh_that_nobody_waits_for_changes_nothing() {
    let mut pair = Pair::ready();
    pair.holds_records = true;
    pair.command(&with_byte(3, TEXT.as_bytes()));
    pair.tell(session_core::event::Event::CatalogRefreshed);
    assert_eq!(pair.written_names(), ["intent"]);
}

#[test]
fn a_default_database_of_the_target_that_the_role_may_not_use_is_not_used() {
    for (database, used) in [("hr", false), ("shop", true)] {
        let mut config = world::config(None);
        config.targets[0].database = Some(database.to_owned());
        let mut pair = Pair::ready_with(Pair::over("9.7.4", config), &Login::default());
        assert_eq!(pair.target.schema.is_some(), used, "{database}");
        let got = pair.query("SELECT id FROM orders");
        assert_eq!(matches!(got, Got::Rows(_)), used, "{got:?}");
    }
}

#[test]
fn names_that_compare_without_regard_to_case_do_so_everywhere() {
    let mut pair = Pair::new();
    let mut catalog = world::catalog("9.7.4");
    catalog.table_name_case = TableNameCase::Insensitive;
    pair.catalog = world::shared(catalog);
    let mut pair = Pair::ready_with(pair, &Login::default());
    let customers = || {
        let definitions = vec![column("shop.customers", "EMAIL")];
        Reply::rows(definitions, vec![row(&[Some(world::CANARY)])])
    };
    pair.query_with("SELECT Email FROM SHOP.Customers", customers())
        .rows();
    assert!(!pair.shows(world::CANARY));
    // A definition tells of a protected column although the statement was read as harmless.
    pair.query_with("SELECT ID FROM Shop.ORDERS", customers())
        .is_failure(1105, "[POSTERN-WITNESS]");
}
