//! Whatever tokens come, there is an answer: facts or a refusal, never a panic, never a hang.

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prop_oneof;
use proptest::proptest;

use super::fixture::MARIADB;
use super::fixture::MYSQL;
use super::fixture::facts;

const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "UNION",
    "ALL",
    "JOIN",
    "LEFT JOIN",
    "RIGHT JOIN",
    "NATURAL",
    "CROSS",
    "STRAIGHT_JOIN",
    "ON",
    "USING",
    "(",
    ")",
    "(",
    ")",
    ",",
    ",",
    ".",
    "*",
    "+",
    "-",
    "=",
    "<=>",
    ":=",
    "||",
    "&&",
    "!",
    "->",
    "{",
    "}",
    "AS",
    "WITH",
    "RECURSIVE",
    "LATERAL",
    "VALUES",
    "ROW",
    "TABLE",
    "INSERT INTO",
    "REPLACE",
    "UPDATE",
    "DELETE",
    "SET",
    "INTO",
    "OUTFILE",
    "DUPLICATE KEY UPDATE",
    "RETURNING",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "CONVERT",
    "INTERVAL",
    "DAY",
    "EXTRACT",
    "MATCH",
    "AGAINST",
    "NOT",
    "IN",
    "LIKE",
    "BETWEEN",
    "AND",
    "OR",
    "XOR",
    "IS",
    "NULL",
    "EXISTS",
    "ANY",
    "BINARY",
    "COLLATE",
    "OVER",
    "WINDOW",
    "PARTITION",
    "FOR UPDATE",
    "LOCK IN SHARE MODE",
    "DISTINCT",
    "IGNORE",
    "DEFAULT",
    "TRIM",
    "SUBSTRING",
    "POSITION",
    "JSON_TABLE",
    "COLUMNS",
    "PATH",
    "DATE",
    "CHAR",
    "TOP",
    "?",
    "@a",
    "@@x",
    "1",
    "2.5",
    "'x'",
    "0x41",
    "users",
    "orders",
    "u",
    "o",
    "id",
    "ssn",
    "email",
    "note",
    "count",
    "if",
    "concat",
    "v_users",
    "information_schema.tables",
    "`x y`",
];

fn soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        9 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        1 => Just("SELECT id FROM users".to_owned()),
    ];
    proptest::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn answers_any_soup_of_tokens(tail in soup(), head in proptest::sample::select(&[
        "SELECT", "SELECT id FROM users u", "SELECT * FROM", "WITH c AS (", "INSERT INTO orders",
        "UPDATE orders SET note =", "DELETE FROM orders WHERE", "(", "VALUES ROW(", "",
    ][..])) {
        let sql = format!("{head} {tail}");
        for version in [MYSQL, MARIADB] {
            facts(&sql, version);
        }
    }
}

/// A statement with that middle repeated.
fn repeated(head: &str, middle: &str, times: usize, tail: &str) -> String {
    format!("{head}{}{tail}", middle.repeat(times))
}

#[test]
fn bounds_what_nests_and_multiplies() {
    let statements = [
        repeated("SELECT ", "(", 39, "1"),
        repeated("SELECT ", "INTERVAL(", 39, "1"),
        repeated("SELECT ", "CAST(CASE WHEN ", 19, "1"),
        repeated("SELECT 1 FROM ", "(", 39, "users"),
        repeated("SELECT 1 FROM users", ", users", 5_000, ""),
        repeated("SELECT 1 FROM (users", ", users", 5_000, ")"),
        repeated("SELECT 1 IN (1", ", 1", 50_000, ")"),
        repeated(
            "INSERT INTO orders (note) VALUES ('x')",
            ", ('x')",
            20_000,
            "",
        ),
        repeated("SELECT ", "NOT ", 390, "1"),
        repeated(
            "",
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r UNION ALL (",
            18,
            "SELECT 1",
        ),
    ];
    for sql in statements {
        facts(&sql, MYSQL);
    }
    // Every level doubles the columns of the one before.
    let mut doubling = "WITH c0 AS (SELECT 1 AS a)".to_owned();
    for level in 1..30 {
        doubling.push_str(&format!(
            ", c{level} AS (SELECT x.*, y.* FROM c{} x, c{} y)",
            level - 1,
            level - 1
        ));
    }
    doubling.push_str(" SELECT 1 FROM c29");
    assert_eq!(
        facts(&doubling, MYSQL),
        "unread: the statement is over the limit of 4096 columns"
    );
}

#[test]
fn bounds_recursion_within_recursion() {
    let mut sql = "SELECT 1 AS n".to_owned();
    for level in 0..18 {
        sql = format!(
            "WITH RECURSIVE r{level} AS ({sql} UNION ALL SELECT n FROM r{level}) \
             SELECT n FROM r{level}"
        );
        sql = format!("SELECT n FROM ({sql}) d{level}");
    }
    assert_eq!(
        facts(&sql, MYSQL),
        "unread: the statement is over the limit of 20000 query blocks"
    );
}
