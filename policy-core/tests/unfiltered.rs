//! UPDATE and DELETE must say which rows: what counts as saying it, and what does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use policy_core::catalog::document;
use policy_core::lex::ReadLimits;
use policy_core::read::read;
use policy_core::statement::Filter;

const MARIADB: &str = "10.11.19-MariaDB";
const TABLES: &str = r#"
server = "10.11.19-MariaDB"
[[table]]
name = "shop.orders"
columns = ["id int", "customer_id int", "total decimal(10,2)", "note varchar(80)"]
primary_key = ["id"]
[[table]]
name = "shop.customers"
columns = ["id int", "name varchar(80)", "email varchar(120)"]
primary_key = ["id"]
"#;

fn filter(sql: &str) -> Filter {
    let catalog = document::parse("c.toml", TABLES).unwrap_or_else(|errors| panic!("{errors}"));
    let mut session = common::session(MARIADB);
    session.default_schema = Some("shop".into());
    let read = read(sql.as_bytes(), &session, &catalog, &ReadLimits::default());
    read.unwrap_or_else(|unread| panic!("{sql}: {unread}"))
        .pop()
        .unwrap()
        .filter
}

fn check(expected: Filter, conditions: &[&str]) {
    let statements = conditions.iter().flat_map(|condition| {
        [
            format!("DELETE FROM orders WHERE {condition}"),
            format!("UPDATE orders SET note = 'x' WHERE {condition}"),
        ]
    });
    let wrong: Vec<String> = statements.filter(|sql| filter(sql) != expected).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn constants_say_nothing() {
    check(
        Filter::AlwaysTrue,
        &[
            "1",
            "TRUE",
            "'1'",
            "'1x'",
            "' 1'",
            "-1",
            "0.5",
            "1e3",
            "x'01'",
            "1 = 1",
            "'a' = 'a'",
            "1 < 2",
            "NOT 0",
            "NOT FALSE",
            "!0",
            "NOT NOT 1",
            "(((1)))",
            "1 AND 1",
            "1 OR id = 5",
            "id = 5 OR 1",
            "LENGTH('a')",
            "COALESCE(1, id)",
            "COALESCE(NULL, 1)",
            "IFNULL(1, id)",
            "IF(1, 1, id)",
            "IF(id = 1, 1, 1)",
            "CASE WHEN id = 1 THEN 1 ELSE 1 END",
            "CASE 1 WHEN 1 THEN 1 END",
            "CAST(1 AS CHAR)",
            "NOW()",
            "RAND() < 2",
            "@v",
            "@v = 1",
            "@@autocommit",
            "?",
            "? = 1",
            "? IS NULL OR id = ?",
            "1 IS TRUE",
            "1 IN (1, 2)",
            "1 BETWEEN 0 AND 2",
            "1 XOR 0",
            "~0",
            "(SELECT 1)",
            "(SELECT 1) = 1",
            "1 IN (SELECT 1)",
            "CURRENT_USER() = 'x'",
        ],
    );
}

#[test]
fn comparisons_with_itself_say_nothing() {
    check(
        Filter::AlwaysTrue,
        &[
            "id = id",
            "ID = id",
            "orders.id = id",
            "shop.orders.id = orders.id",
            "(id) = id",
            "id <=> id",
            "id >= id",
            "id <= id",
            "id IN (id)",
            "id IN (1, id)",
            "id BETWEEN id AND id",
            "id LIKE id",
            "note LIKE '%'",
            "note LIKE '%%'",
            "note REGEXP ''",
            "note REGEXP '.*'",
            "id - id = 0 - 0 OR 1",
            "CAST(id AS CHAR) = id",
            "LOWER(note) = LOWER(note)",
            "(id = id) = 1",
            "(id = id) IS TRUE",
            "id + 1 = id + 1",
            "COALESCE(id = id, 1)",
            "NOT (id <> id)",
            "(id, note) = (id, note)",
        ],
    );
}

#[test]
fn complements_say_nothing() {
    check(
        Filter::AlwaysTrue,
        &[
            "id IS NULL OR id IS NOT NULL",
            "note IS NULL OR note IS NOT NULL",
            "id >= 0 OR id < 0",
            "id = 1 OR id <> 1",
            "id <> 1 OR id = 1",
            "total > 5 OR NOT (total > 5)",
            "total > 5 OR 5 >= total",
            "note LIKE 'a%' OR note NOT LIKE 'a%'",
            "id IN (1, 2) OR id NOT IN (1, 2)",
            "id BETWEEN 1 AND 2 OR id NOT BETWEEN 1 AND 2",
            "NOT (id = 1 AND id = 2)",
            "id = 7 OR note IS NULL OR note IS NOT NULL",
        ],
    );
}

#[test]
fn keys_are_never_null_and_hardly_ever_zero() {
    check(
        Filter::AlwaysTrue,
        &[
            "id",
            "id IS NOT NULL",
            "NOT (id IS NULL)",
            "NOT ISNULL(id)",
            "(id = 5) IS NOT NULL",
            "id AND id IS NOT NULL",
        ],
    );
}

#[test]
fn subqueries_that_are_the_same_for_every_row_say_nothing() {
    check(
        Filter::AlwaysTrue,
        &[
            "EXISTS (SELECT 1)",
            "NOT EXISTS (SELECT 1 FROM customers WHERE customers.id = 0)",
            "EXISTS (SELECT 1 FROM customers)",
            "EXISTS (SELECT 1 FROM customers c WHERE c.name = 'a')",
            "EXISTS (SELECT orders.id)",
            "EXISTS (SELECT COUNT(*) FROM customers WHERE customers.id = orders.id)",
            "EXISTS (SELECT 1 FROM customers WHERE orders.id = orders.id)",
            "id IN (SELECT id FROM orders)",
            "id = ANY (SELECT id FROM orders)",
            "(SELECT COUNT(*) FROM customers) > 0",
        ],
    );
}

#[test]
fn what_says_which_rows_passes() {
    check(
        Filter::Present,
        &[
            "id = 5",
            "id = ?",
            "id IN (1, 2)",
            "id > 5 AND id < 9",
            "id = 5 AND 1 = 1",
            "1 AND id = 5",
            "note IS NULL",
            "note IS NOT NULL",
            "note",
            "note LIKE 'a%'",
            "note LIKE '%a%'",
            "NOT note LIKE 'a%'",
            "id = 5 OR id = 6",
            "id = 5 OR note = 'x'",
            "id < 5 OR id > 9",
            "id = customer_id",
            "id = @v",
            "total > (SELECT AVG(id) FROM customers)",
            "COALESCE(note, '') = ''",
            "IF(id = 1, 1, 0)",
            "CASE WHEN total > 5 THEN 1 ELSE 0 END",
            "NOT (id = 5 OR id = 6)",
            "NOT (id = 5 AND note = 'x')",
            "EXISTS (SELECT 1 FROM customers c WHERE c.id = orders.customer_id)",
            "customer_id IN (SELECT id FROM customers WHERE name = 'a')",
            "customer_id IN (SELECT id FROM customers)",
            "id IN (SELECT id FROM orders WHERE note = 'a')",
            "LENGTH(note) > 5",
            "id + 0 = 5",
            "id % 2 = 0",
            "id & 1",
            "note REGEXP '^a'",
            "(id, note) = (1, 'x')",
            "(id, note) IN ((1, 'x'))",
            "0",
            "FALSE",
            "NULL",
            "'abc'",
            "1 = 0",
            "id = NULL",
            "0 AND 1",
            "0 OR id = 1",
            "total <> 0",
        ],
    );
}

#[test]
fn a_limit_does_not_say_which_rows() {
    for sql in [
        "DELETE FROM orders",
        "DELETE FROM orders LIMIT 5",
        "DELETE FROM orders ORDER BY id LIMIT 5",
        "UPDATE orders SET note = 'x'",
        "UPDATE orders SET note = 'x' ORDER BY id LIMIT 5",
        "UPDATE orders o JOIN customers c ON 1 SET o.note = 'x'",
        "UPDATE orders o LEFT JOIN customers c ON c.id = o.customer_id SET o.note = 'x'",
        "UPDATE orders o, customers c SET o.note = 'x'",
        "UPDATE orders a JOIN orders b ON a.id = b.id SET a.note = 'x'",
        "UPDATE orders a JOIN orders b USING (id) SET a.note = 'x'",
        "UPDATE orders a NATURAL JOIN orders b SET a.note = 'x'",
        "DELETE o FROM orders o CROSS JOIN customers c",
        "DELETE FROM o USING orders o, customers c",
    ] {
        assert_eq!(filter(sql), Filter::Missing, "{sql}");
    }
}

#[test]
fn a_condition_on_another_table_does_not_say_which_rows() {
    for sql in [
        "UPDATE orders o, customers c SET o.note = 'x' WHERE c.id = 5",
        "UPDATE orders o JOIN customers c ON 1 SET o.note = 'x' WHERE c.name = 'a'",
        "DELETE o FROM orders o, customers c WHERE c.id = 5",
        "DELETE o, c FROM orders o, customers c WHERE c.id = 5",
        "UPDATE orders a JOIN orders b ON a.id = b.id SET a.note = 'x' WHERE 1",
        "UPDATE orders o LEFT JOIN customers c ON c.id = o.customer_id SET o.note = 'x' WHERE 1",
    ] {
        assert_eq!(filter(sql), Filter::AlwaysTrue, "{sql}");
    }
}

#[test]
fn a_join_says_which_rows() {
    for sql in [
        "UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.note = 'x'",
        "UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.note = 'x' WHERE 1",
        "UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.note = 'x' WHERE c.name = 'a'",
        "UPDATE orders o, customers c SET o.note = 'x' WHERE c.id = o.customer_id AND c.name = 'a'",
        "UPDATE orders o JOIN customers c USING (id) SET o.note = 'x'",
        "UPDATE orders o LEFT JOIN customers c ON c.id = o.customer_id SET o.note = 'x' WHERE c.id IS NULL",
        "DELETE o FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE c.name IS NULL",
        "DELETE o FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.name = 'a'",
        "DELETE FROM orders WHERE FALSE",
        "UPDATE orders a JOIN orders b ON a.id = b.customer_id SET a.note = 'x'",
    ] {
        assert_eq!(filter(sql), Filter::Present, "{sql}");
    }
}
