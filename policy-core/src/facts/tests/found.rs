//! Leaks that were found by attack: each stays closed.

use super::fixture::MARIADB;
use super::fixture::MYSQL;
use super::fixture::read;
use crate::statement::Statement;
use crate::unread::Unread;

fn steers_by_ssn(result: &Result<Statement, Unread>) -> bool {
    result.as_ref().is_ok_and(|statement| {
        let mut steering = statement.influences.iter();
        steering.any(|influence| influence.column.column.as_str() == "ssn")
    })
}

/// A body in parentheses was not taken as recursive, and its own name meant a base table.
#[test]
fn a_recursive_name_never_means_a_base_table() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "WITH RECURSIVE orders(id, note, status) AS ((SELECT id, ssn, name FROM users UNION \
             ALL SELECT id+10, status, note FROM orders WHERE id < 10)) SELECT status FROM orders",
            "WITH RECURSIVE orders(id, note) AS (SELECT id, note FROM orders) SELECT note FROM orders",
            "WITH RECURSIVE orders(id, note) AS (SELECT id, note FROM orders UNION ALL SELECT id, \
             ssn FROM users) SELECT note FROM orders",
        ] {
            assert!(read(sql, version).is_err(), "{sql}");
        }
    }
}

/// How many rows JSON_TABLE gives, and whether it fails, hangs on its document.
#[test]
fn json_table_over_a_column_is_steered_by_it() {
    let sql = "SELECT u.id FROM users u, JSON_TABLE(CONCAT('{\"', LEFT(ssn, 1), '\":1}'), \
               '$.\"1\"' COLUMNS (n FOR ORDINALITY)) jt";
    for version in [MYSQL, MARIADB] {
        assert!(steers_by_ssn(&read(sql, version)), "{:?}", read(sql, version));
    }
}

/// Servers drop parentheses and signs before they look for a position.
#[test]
fn a_position_is_seen_through_parentheses_and_signs() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "SELECT id, ssn FROM users ORDER BY (2) DESC",
            "SELECT id, ssn FROM users ORDER BY +2",
            "SELECT id, ssn FROM users ORDER BY ((+2))",
            "SELECT ssn, id FROM users ORDER BY TRUE",
            "SELECT id, ssn FROM users ORDER BY ?",
            "SELECT ssn, COUNT(*) FROM users GROUP BY (1)",
            "(SELECT id, ssn FROM users) ORDER BY (2)",
            "SELECT id, ssn FROM users UNION ALL SELECT id, ssn FROM users ORDER BY (2)",
        ] {
            assert!(steers_by_ssn(&read(sql, version)), "{sql}: {:?}", read(sql, version));
        }
        let harmless = "SELECT id, ssn FROM users ORDER BY (1)";
        assert!(!steers_by_ssn(&read(harmless, version)));
    }
}
