//! What a session has by name at its target: statements of PREPARE, and temporary tables.

use mysql_proto::exchange::ReplyKind;

use crate::pair::Login;
use crate::pair::Pair;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::row;
use crate::world::CANARY;

fn customers() -> Reply {
    let definitions = vec![
        column("shop.customers", "id"),
        column("shop.customers", "email"),
    ];
    Reply::rows(definitions, vec![row(&[Some("1"), Some(CANARY)])])
}

fn no_orders() -> Reply {
    Reply::rows(vec![column("shop.orders", "id")], vec![])
}

fn numbers() -> Reply {
    Reply::rows(vec![column("shop.tmp_a", "n")], vec![row(&[Some("7")])])
}

fn schema(pair: Pair) -> Pair {
    Pair::ready_with(
        pair,
        &Login {
            database: Some("shop"),
            ..Login::default()
        },
    )
}

#[test]
fn rows_of_execute_are_masked_like_those_of_its_text() {
    let mut pair = Pair::guarded();
    pair.query("PREPARE s FROM 'SELECT id, email FROM shop.customers WHERE id = ?'")
        .ok();
    let rows = pair.query_with("EXECUTE s USING @a", customers()).rows();
    assert_eq!(rows.rows.len(), 1);
    assert!(!pair.shows(CANARY));
    // Both went under the guard role.
    let roles = pair
        .target
        .seen
        .iter()
        .filter(|seen| matches!(seen, Seen::Own(text) if text.starts_with("SET ROLE `")));
    assert_eq!(roles.count(), 2);
}

#[test]
fn columns_of_execute_that_were_not_read_so_end_it() {
    let mut pair = Pair::ready();
    pair.query("PREPARE s FROM 'SELECT id, total FROM shop.orders'")
        .ok();
    pair.query_with("EXECUTE s", customers())
        .is_failure(1105, "[POSTERN-WITNESS]");
    assert!(!pair.shows(CANARY));
}

#[test]
fn a_name_is_what_it_was_last_prepared_as() {
    let mut pair = Pair::ready();
    pair.query("EXECUTE s")
        .is_failure(1243, "[POSTERN-UNKNOWN-NAME]");
    pair.query("PREPARE s FROM 'SELECT id FROM shop.orders'")
        .ok();
    let orders = || Reply::rows(vec![column("shop.orders", "id")], vec![]);
    pair.query_with("EXECUTE S", orders()).rows();
    pair.query("PREPARE s FROM 'SELECT id, email FROM shop.customers'")
        .ok();
    pair.query_with("EXECUTE s", customers()).rows();
    assert!(!pair.shows(CANARY));
    pair.query("DEALLOCATE PREPARE s").ok();
    pair.query("EXECUTE s")
        .is_failure(1243, "[POSTERN-UNKNOWN-NAME]");
}

#[test]
fn a_failed_prepare_leaves_no_name() {
    let mut pair = Pair::ready();
    pair.query("PREPARE s FROM 'SELECT id FROM shop.orders'")
        .ok();
    let text = "PREPARE s FROM 'SELECT total FROM shop.orders'";
    pair.query_with(text, Reply::Err(1064, "no"))
        .is_failure(1064, "no");
    pair.query("EXECUTE s")
        .is_failure(1243, "[POSTERN-UNKNOWN-NAME]");
}

#[test]
fn a_refused_prepare_changes_no_name() {
    let mut pair = Pair::ready();
    pair.query("PREPARE s FROM 'SELECT id FROM shop.orders'")
        .ok();
    pair.query("PREPARE s FROM 'SELECT id FROM hr.people'")
        .is_failure(1142, "[POSTERN-DENIED]");
    pair.query_with("EXECUTE s", no_orders()).ok();
}

#[test]
fn nothing_is_asked_for_a_statement_that_is_carried() {
    let mut pair = Pair::ready();
    let got = pair.query("PREPARE s FROM 'DELETE FROM shop.payments WHERE id = 1'");
    assert!(
        got.failure().1.contains("send the statement itself"),
        "{got:?}"
    );
}

#[test]
fn texts_that_nobody_reads_and_dynamic_sql_by_the_binary_protocol_are_refused() {
    let mut pair = Pair::mariadb();
    for text in ["PREPARE s FROM @v", "EXECUTE IMMEDIATE @v"] {
        pair.query(text)
            .is_failure(1235, "not written in the statement");
    }
    for text in [
        "PREPARE s FROM 'SELECT 1'",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "DEALLOCATE PREPARE s",
    ] {
        pair.prepare(text, Reply::ok()).is_failure(1235, "as text");
    }
}

#[test]
fn only_so_many_names_are_kept() {
    let mut pair = Pair::ready();
    for name in ["a", "b", "c", "d", "d"] {
        pair.query(&format!("PREPARE {name} FROM 'SELECT 1'")).ok();
    }
    pair.query("PREPARE e FROM 'SELECT 1'")
        .is_failure(1461, "[POSTERN-LIMIT]");
}

#[test]
fn a_reset_forgets_names() {
    let mut pair = schema(Pair::new());
    pair.query("PREPARE s FROM 'SELECT 1'").ok();
    pair.target.shape = vec![("n", "int")];
    pair.query("CREATE TEMPORARY TABLE tmp_a (n int)").ok();
    pair.query_with("SELECT n FROM tmp_a", numbers()).rows();
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.query("EXECUTE s")
        .is_failure(1243, "[POSTERN-UNKNOWN-NAME]");
    pair.query("SELECT n FROM shop.tmp_a")
        .is_failure(1146, "[POSTERN-UNKNOWN-NAME]");
}

#[test]
fn a_temporary_table_is_known_by_its_shape() {
    let mut pair = schema(Pair::new());
    pair.target.shape = vec![("n", "int(11)"), ("s", "varchar(20)")];
    pair.query("CREATE TEMPORARY TABLE tmp_a (n int, s varchar(20))")
        .ok();
    pair.query_with("SELECT n FROM tmp_a", numbers()).rows();
    pair.query("SELECT x FROM tmp_a")
        .is_failure(1054, "[POSTERN-UNKNOWN-NAME]");
    pair.query("INSERT INTO tmp_a (n) VALUES (1)").ok();
    pair.query("INSERT INTO tmp_a (s) SELECT email FROM customers")
        .is_failure(1142, "[POSTERN-INFLUENCE]");
    pair.query("ALTER TABLE tmp_a RENAME TO customers")
        .is_failure(1235, "of a temporary table");
    pair.query("DROP TEMPORARY TABLE tmp_a").ok();
    pair.query("SELECT n FROM tmp_a")
        .is_failure(1146, "[POSTERN-UNKNOWN-NAME]");
}

#[test]
fn a_temporary_table_neither_hides_a_table_nor_holds_protected_values() {
    let mut pair = schema(Pair::new());
    let got = pair.query("CREATE TEMPORARY TABLE orders (id int)");
    assert!(got.failure().0 > 0, "{got:?}");
    pair.query("CREATE TEMPORARY TABLE tmp_a AS SELECT email FROM customers")
        .is_failure(1142, "[POSTERN-INFLUENCE]");
    pair.query("CREATE TEMPORARY TABLE tmp_a LIKE customers")
        .is_failure(1142, "[POSTERN-");
}

#[test]
fn a_temporary_table_that_was_not_made_is_not_known() {
    let mut pair = schema(Pair::new());
    let failed = Reply::Err(1071, "no");
    pair.query_with("CREATE TEMPORARY TABLE tmp_a (n int)", failed)
        .is_failure(1071, "no");
    pair.query("SELECT n FROM tmp_a")
        .is_failure(1146, "[POSTERN-UNKNOWN-NAME]");
    // There is one already, and it stays what it is.
    pair.target.shape = vec![("n", "int")];
    pair.query("CREATE TEMPORARY TABLE tmp_a (n int)").ok();
    let failed = Reply::Err(1050, "exists");
    pair.query_with("CREATE TEMPORARY TABLE tmp_a (m int)", failed)
        .is_failure(1050, "exists");
    pair.query_with("SELECT n FROM tmp_a", numbers()).rows();
    // The one that it replaced is gone, and so is the new one.
    pair.target.shape.clear();
    let failed = Reply::Err(1071, "no");
    pair.query_with("CREATE TEMPORARY TABLE tmp_a (m int)", failed)
        .is_failure(1071, "no");
    pair.query("SELECT n FROM tmp_a")
        .is_failure(1146, "[POSTERN-UNKNOWN-NAME]");
    // Made, it seems, and yet nobody can tell its columns: then no name is trusted.
    pair.query("CREATE TEMPORARY TABLE tmp_b (n int)").ok();
    pair.query("SELECT id FROM orders")
        .is_failure(1235, "temporary tables");
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn what_set_statement_set_is_read_back() {
    let mut pair = Pair::mariadb();
    pair.target.seen.clear();
    let text = "SET STATEMENT sql_mode = 'STRICT_ALL_TABLES' FOR SELECT id FROM shop.orders";
    pair.query_with(text, no_orders()).ok();
    let reads_back = |seen: &Seen| matches!(seen, Seen::Own(text) if text.starts_with("SELECT @@"));
    pair.query("SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR SELECT id FROM shop.orders")
        .is_failure(1235, "sql_mode");
    assert!(pair.target.seen.iter().any(reads_back));
}
