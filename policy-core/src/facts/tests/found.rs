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
        assert!(
            steers_by_ssn(&read(sql, version)),
            "{:?}",
            read(sql, version)
        );
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
            "SELECT ssn, id FROM users ORDER BY !FALSE DESC",
            "SELECT id, ssn FROM users ORDER BY -(-2)",
            "SELECT id, ssn FROM users ORDER BY ?",
            "SELECT ssn, COUNT(*) FROM users GROUP BY (1)",
            "(SELECT id, ssn FROM users) ORDER BY (2)",
            "SELECT id, ssn FROM users UNION ALL SELECT id, ssn FROM users ORDER BY (2)",
        ] {
            assert!(
                steers_by_ssn(&read(sql, version)),
                "{sql}: {:?}",
                read(sql, version)
            );
        }
        let harmless = "SELECT id, ssn FROM users ORDER BY (1)";
        assert!(!steers_by_ssn(&read(harmless, version)));
    }
}

/// A number that is bound to a parameter turns a text column into numbers.
#[test]
fn a_text_column_equal_to_a_parameter_is_more_than_equality() {
    for version in [MYSQL, MARIADB] {
        let strength = |sql: &str| {
            let statement = read(sql, version).unwrap();
            let mut steering = statement.influences.iter();
            steering
                .find(|i| i.column.column.as_str() == "ssn")
                .map(|i| i.strength)
        };
        use crate::statement::Strength;
        assert_eq!(
            strength("SELECT id FROM users WHERE ssn = ?"),
            Some(Strength::Any)
        );
        assert_eq!(
            strength("SELECT id FROM users WHERE ssn IN (?, 'x')"),
            Some(Strength::Any)
        );
        assert_eq!(
            strength("SELECT id FROM users WHERE ssn = 'x'"),
            Some(Strength::Equality)
        );
    }
}

/// A string alias is read in the client's character set, and folded as a name in the server's.
#[test]
fn a_string_alias_is_ascii() {
    for version in [MYSQL, MARIADB] {
        let guess = "SELECT u.id FROM (SELECT id, email AS 'Ŋ' FROM users) u NATURAL JOIN \
                     (SELECT 'x' AS 'Ś') d";
        assert!(read(guess, version).is_err());
        assert!(read("SELECT id AS 'number' FROM users", version).is_ok());
    }
}

/// REPLACE removes the old row, and counts it otherwise when nothing in it changes.
#[test]
fn replace_is_steered_by_every_column_of_its_table() {
    for version in [MYSQL, MARIADB] {
        let sql = "REPLACE INTO users (id, name) VALUES (1, 'C')";
        assert!(steers_by_ssn(&read(sql, version)));
    }
}

/// Joined to itself again and again a text tells its length by the server's bound on texts.
#[test]
fn a_text_that_grows_twice_is_steered_by_its_columns() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "SELECT CONCAT(a, a) FROM (SELECT CONCAT(ssn, ssn) AS a FROM users) d",
            "SELECT HEX(LOWER(HEX(ssn))) FROM users",
            "SELECT CONCAT(SUBSTRING_INDEX(CONCAT(ssn, 'x'), '1', 1)) FROM users",
            "SELECT QUOTE(ssn) FROM users",
            "SELECT INSTR(ssn, name) FROM users",
            "SELECT LOCATE(ssn, '1') FROM users",
        ] {
            assert!(
                steers_by_ssn(&read(sql, version)),
                "{sql}: {:?}",
                read(sql, version)
            );
        }
        let once = "SELECT UPPER(CONCAT(ssn, ' ', name)), LENGTH(HEX(ssn)) FROM users";
        assert!(!steers_by_ssn(&read(once, version)), "{once}");
    }
}

/// All columns of a described table, as each server has them, and none where some are closed.
#[test]
fn a_star_over_information_schema_has_the_columns_of_the_server() {
    use crate::statement::Output;
    for (version, expected) in [(MYSQL, 21), (MARIADB, 23)] {
        let statement = read("SELECT * FROM information_schema.tables", version).unwrap();
        let Output::Columns(columns) = &statement.output else {
            panic!("{statement:?}");
        };
        assert_eq!(columns.len(), expected);
        let exists = "SELECT EXISTS (SELECT * FROM information_schema.tables WHERE table_name='x')";
        assert!(read(exists, version).is_ok());
        let cut = read("SELECT * FROM information_schema.routines", version).unwrap();
        assert_eq!(cut.withheld.len(), 1);
    }
}
