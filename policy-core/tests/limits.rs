//! The largest statements that the bounds let through are read on a small stack.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::SERVERS;

/// Tokio's workers have 2 MiB; the rest of a session's call chain needs some of it.
const STACK_BYTES: usize = 1 << 20;

fn check(text: String) {
    let read = move || {
        for version in SERVERS {
            let _ = common::read_on(version, text.as_bytes());
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(read).unwrap().join().unwrap();
}

#[test]
fn reads_chains_of_operators_on_a_small_stack() {
    for count in [30, 60, 100, 190, 380, 395, 400, 1000] {
        check(format!("SELECT 1{}", "+1".repeat(count)));
        check(format!("SELECT {}1", "NOT ".repeat(count)));
        check(format!("SELECT {}1", "- ".repeat(count)));
        check(format!("SELECT {}1", "!".repeat(count)));
        check(format!("SELECT {}id FROM orders", "BINARY ".repeat(count)));
        check(format!(
            "SELECT 1 FROM orders WHERE id=1{}",
            " OR id=1".repeat(count)
        ));
        check(format!(
            "SELECT id{} FROM orders",
            " COLLATE utf8mb4_bin".repeat(count)
        ));
        check(format!("SELECT id{} FROM docs", "->'$.a'".repeat(count)));
        check(format!("SELECT 1{}", " IS NULL".repeat(count)));
        check(format!("SELECT 1{}", " BETWEEN 1 AND 2".repeat(count)));
    }
}

#[test]
fn reads_nested_statements_on_a_small_stack() {
    for count in [10, 20, 30, 38, 40, 41] {
        check(format!(
            "SELECT {}1{}",
            "(".repeat(count),
            ")".repeat(count)
        ));
        check(format!(
            "SELECT {}1{}",
            "ABS(".repeat(count),
            ")".repeat(count)
        ));
        check(format!(
            "SELECT {}1{}",
            "(SELECT ".repeat(count),
            ")".repeat(count)
        ));
        check(format!(
            "SELECT {}1{}",
            "CASE WHEN 1 THEN ".repeat(count),
            " END".repeat(count)
        ));
        check(format!(
            "SELECT 1 FROM {}orders{}",
            "(SELECT 1 FROM ".repeat(count),
            ") x".repeat(count)
        ));
        check(format!(
            "SELECT 1 FROM {}orders{}",
            "(".repeat(count),
            ")".repeat(count)
        ));
        check(format!(
            "SELECT {}1{}",
            "1+1+1+1+(".repeat(count),
            ")".repeat(count)
        ));
    }
}

#[test]
fn reads_long_joins_and_unions_on_a_small_stack() {
    for count in [10, 30, 61, 64, 65] {
        check(format!(
            "SELECT 1 FROM orders{}",
            " JOIN orders".repeat(count)
        ));
        check(format!(
            "SELECT 1 FROM orders a{}",
            " NATURAL JOIN orders".repeat(count)
        ));
        check(format!("SELECT 1{}", " UNION SELECT 1".repeat(count)));
        check(format!(
            "{}SELECT 1{}",
            "(".repeat(count),
            ") UNION SELECT 1".repeat(count)
        ));
        check("EXPLAIN ".repeat(count));
    }
}

#[test]
fn reads_a_large_insert() {
    let rows = vec!["(1,2,3,'note','new')"; 4_000].join(",");
    let text = format!("INSERT INTO orders VALUES {rows}");
    assert!(common::read_on(SERVERS[0], text.as_bytes()).is_ok());
    let list = vec!["1"; 20_000].join(",");
    let text = format!("SELECT note FROM orders WHERE id IN ({list})");
    assert!(common::read_on(SERVERS[0], text.as_bytes()).is_ok());
}
