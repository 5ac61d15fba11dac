//! What an agent is told where a protected column would steer: which column, where, what would work.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use expect_test::Expect;
use expect_test::expect;
use policy_core::case;
use policy_core::catalog::document;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;

const POLICY: &str = r#"
version = 1
[[role]]
name = "agent"
groups = ["agents"]
targets = ["shop"]
database_user = "writer"
[[role.rule]]
name = "all"
effect = "allow"
statements = ["read", "write"]
on = ["shop.*"]
[[protect]]
name = "hidden"
columns = ["shop.users.ssn"]
writes = "insert"
[[protect]]
name = "known"
columns = ["shop.users.email"]
influence = "equality"
"#;
const CATALOG: &str = r#"
[[table]]
name = "shop.users"
columns = ["id int", "name varchar(50)", "ssn varchar(11)", "email varchar(50)", "born date"]
primary_key = ["id"]
unique = ["ssn"]
[[table]]
name = "shop.orders"
columns = ["id int", "user_id int", "ssn varchar(11)", "note varchar(50)"]
primary_key = ["id"]
"#;

/// The whole errors, one a line behind each statement, alike for both servers.
fn check(statements: &[&str], expected: Expect) {
    let mut told = Vec::new();
    for version in ["9.7.4", "10.11.19-MariaDB"] {
        let catalog = format!("server = \"{version}\"\n{CATALOG}");
        let catalog = document::parse("c.toml", &catalog).unwrap_or_else(|e| panic!("{e}"));
        let policy = PolicySet::compile("p.toml", POLICY, Known::default());
        let policy = policy.unwrap_or_else(|e| panic!("{e}"));
        let mut text = String::new();
        for sql in statements {
            let one = format!(
                "[[case]]\nname = \"it\"\nrole = \"agent\"\ndatabase = \"shop\"\nexpect = \"allow\"\n\
                 sql = '''{sql}'''\n"
            );
            let file = case::parse("cases.toml", &one).unwrap_or_else(|e| panic!("{e}"));
            let refused = file.cases().first().unwrap().run(&policy, &catalog);
            let failure = refused.err().unwrap_or_else(|| panic!("allowed: {sql}"));
            assert!(!failure.because.contains("secret"), "{sql}");
            assert!(failure.because.len() < 260, "{sql}");
            text += &format!("{sql}\n    {}\n", failure.because);
        }
        told.push(text);
    }
    assert_eq!(told.first(), told.last());
    expected.assert_eq(told.first().unwrap());
}

const QUERIES: &[&str] = &[
    "SELECT id FROM users WHERE ssn = 'secret'",
    "SELECT id FROM users WHERE ssn IS NOT NULL",
    "SELECT id FROM users ORDER BY ssn",
    "SELECT id FROM users ORDER BY ssn LIMIT 1",
    "SELECT COUNT(*) FROM users GROUP BY ssn",
    "SELECT name FROM users GROUP BY name HAVING MAX(ssn) > 'secret'",
    "SELECT o.id FROM orders o JOIN users u ON u.ssn = o.note",
    "SELECT COUNT(*) FROM orders NATURAL JOIN users",
    "SELECT COUNT(*) FROM orders JOIN users USING (ssn)",
    "SELECT DISTINCT ssn FROM users",
    "SELECT COUNT(DISTINCT ssn) FROM users",
    "SELECT id FROM users UNION SELECT ssn FROM users",
    "SELECT CASE WHEN ssn = 'secret' THEN 1 ELSE 0 END FROM users",
    "SELECT CASE ssn WHEN 'secret' THEN 1 END FROM users",
    "SELECT IF(ssn IS NULL, 'no', 'yes') FROM users",
    "SELECT NULLIF(ssn, 'secret') FROM users",
    "SELECT COALESCE(ssn, 1 / 0) FROM users",
    "SELECT ROW_NUMBER() OVER (PARTITION BY ssn) FROM users",
    "SELECT RANK() OVER w FROM users WINDOW w AS (ORDER BY ssn)",
    "SELECT id FROM orders WHERE note IN (SELECT ssn FROM users)",
    "SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM users u WHERE u.ssn = o.note)",
    "SELECT ssn + 1 FROM users",
    "SELECT ssn > 5 FROM users",
    "SELECT CAST(ssn AS SIGNED) FROM users",
    "SELECT GROUP_CONCAT(ssn) FROM users",
    "SELECT CONCAT(ssn, (SELECT note FROM orders)) FROM users",
];

#[test]
fn names_the_column_the_place_and_what_would_work() {
    check(
        QUERIES,
        expect![[r#"
            SELECT id FROM users WHERE ssn = 'secret'
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WHERE (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            SELECT id FROM users WHERE ssn IS NOT NULL
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WHERE (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            SELECT id FROM users ORDER BY ssn
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by ORDER BY (rule `hidden`, policy line 13); sort by other columns, or sort what came at your side
            SELECT id FROM users ORDER BY ssn LIMIT 1
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by ORDER BY (rule `hidden`, policy line 13); sort by other columns, or sort what came at your side
            SELECT COUNT(*) FROM users GROUP BY ssn
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by GROUP BY (rule `hidden`, policy line 13); group, partition and sort by other columns; it may be counted
            SELECT name FROM users GROUP BY name HAVING MAX(ssn) > 'secret'
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by HAVING (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            SELECT o.id FROM orders o JOIN users u ON u.ssn = o.note
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by JOIN … ON (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            SELECT COUNT(*) FROM orders NATURAL JOIN users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by JOIN … USING (rule `hidden`, policy line 13); name the columns to join by: JOIN … ON of others, in place of NATURAL or USING
            SELECT COUNT(*) FROM orders JOIN users USING (ssn)
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by JOIN … USING (rule `hidden`, policy line 13); name the columns to join by: JOIN … ON of others, in place of NATURAL or USING
            SELECT DISTINCT ssn FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by DISTINCT (rule `hidden`, policy line 13); leave DISTINCT out, or list other columns: COUNT(*) and COUNT(column) work
            SELECT COUNT(DISTINCT ssn) FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by DISTINCT (rule `hidden`, policy line 13); leave DISTINCT out, or list other columns: COUNT(*) and COUNT(column) work
            SELECT id FROM users UNION SELECT ssn FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by UNION (rule `hidden`, policy line 13); write UNION ALL, or leave the column out of it
            SELECT CASE WHEN ssn = 'secret' THEN 1 ELSE 0 END FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by CASE (rule `hidden`, policy line 13); choose by other columns; COALESCE(column, 'x') works, and comes masked
            SELECT CASE ssn WHEN 'secret' THEN 1 END FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by CASE (rule `hidden`, policy line 13); choose by other columns; COALESCE(column, 'x') works, and comes masked
            SELECT IF(ssn IS NULL, 'no', 'yes') FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by IF (rule `hidden`, policy line 13); choose by other columns; COALESCE(column, 'x') works, and comes masked
            SELECT NULLIF(ssn, 'secret') FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by NULLIF (rule `hidden`, policy line 13); choose by other columns; COALESCE(column, 'x') works, and comes masked
            SELECT COALESCE(ssn, 1 / 0) FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by COALESCE (rule `hidden`, policy line 13); put only literals, columns and functions that cannot fail beside it
            SELECT ROW_NUMBER() OVER (PARTITION BY ssn) FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by OVER (rule `hidden`, policy line 13); group, partition and sort by other columns; it may be counted
            SELECT RANK() OVER w FROM users WINDOW w AS (ORDER BY ssn)
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WINDOW (rule `hidden`, policy line 13); group, partition and sort by other columns; it may be counted
            SELECT id FROM orders WHERE note IN (SELECT ssn FROM users)
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WHERE (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM users u WHERE u.ssn = o.note)
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WHERE (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            SELECT ssn + 1 FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by arithmetic (rule `hidden`, policy line 13); select the column itself, which comes masked
            SELECT ssn > 5 FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by a comparison that converts (rule `hidden`, policy line 13); compare it with a value of its own type, in what is selected only
            SELECT CAST(ssn AS SIGNED) FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by CAST (rule `hidden`, policy line 13); select the column itself, or CAST(column AS CHAR) without a length
            SELECT GROUP_CONCAT(ssn) FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by a function that can fail (rule `hidden`, policy line 13); select the column itself, which comes masked
            SELECT CONCAT(ssn, (SELECT note FROM orders)) FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by what can fail beside it (rule `hidden`, policy line 13); put only literals, columns and functions that cannot fail beside it
        "#]],
    );
}

#[test]
fn tells_writers_what_they_may_do() {
    check(
        &[
            "UPDATE users SET name = 'x' WHERE ssn = 'secret'",
            "DELETE FROM users WHERE ssn LIKE 'secret%'",
            "UPDATE users SET ssn = 'secret' WHERE id = 1",
            "INSERT INTO users (id, ssn) VALUES (1, 'secret') ON DUPLICATE KEY UPDATE name = 'x'",
            "REPLACE INTO users (id, ssn) VALUES (1, 'secret')",
            "INSERT IGNORE INTO users (id, ssn) VALUES (1, 'secret')",
            "INSERT INTO orders (note) SELECT ssn FROM users",
            "INSERT INTO orders (note) SELECT name FROM (SELECT name, LEFT(ssn, 2) FROM users) d",
        ],
        expect![[r#"
            UPDATE users SET name = 'x' WHERE ssn = 'secret'
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WHERE (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            DELETE FROM users WHERE ssn LIKE 'secret%'
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by WHERE (rule `hidden`, policy line 13); filter by other columns; the column itself may be selected, and comes masked
            UPDATE users SET ssn = 'secret' WHERE id = 1
                [POSTERN-INFLUENCE] protected shop.users.ssn would be written (rule `hidden`, policy line 13); it may be set by a plain INSERT only
            INSERT INTO users (id, ssn) VALUES (1, 'secret') ON DUPLICATE KEY UPDATE name = 'x'
                [POSTERN-INFLUENCE] protected shop.users.ssn would be written (rule `hidden`, policy line 13); it may be set by a plain INSERT only
            REPLACE INTO users (id, ssn) VALUES (1, 'secret')
                [POSTERN-INFLUENCE] protected shop.users.ssn would be written (rule `hidden`, policy line 13); it may be set by a plain INSERT only
            INSERT IGNORE INTO users (id, ssn) VALUES (1, 'secret')
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by INSERT IGNORE (rule `hidden`, policy line 13); leave it out, or add rows by a plain INSERT
            INSERT INTO orders (note) SELECT ssn FROM users
                [POSTERN-INFLUENCE] protected shop.users.ssn would be copied to shop.orders.note (rule `hidden`, policy line 13); leave it out of the `insert`
            INSERT INTO orders (note) SELECT name FROM (SELECT name, LEFT(ssn, 2) FROM users) d
                [POSTERN-INFLUENCE] protected shop.users.ssn would steer the result by what a change computes (rule `hidden`, policy line 13); change rows without reading it: select it in a statement of its own
        "#]],
    );
}

#[test]
fn tells_how_a_known_value_is_looked_up() {
    check(
        &[
            "SELECT id FROM users WHERE email LIKE 'secret%'",
            "SELECT id FROM users WHERE email = 'secret' OR id = 1",
            "SELECT id FROM users ORDER BY email",
            "SELECT DISTINCT email FROM users",
        ],
        expect![[r#"
            SELECT id FROM users WHERE email LIKE 'secret%'
                [POSTERN-INFLUENCE] protected shop.users.email would steer the result by WHERE (rule `known`, policy line 17); compare it with = and one value, joined by AND
            SELECT id FROM users WHERE email = 'secret' OR id = 1
                [POSTERN-INFLUENCE] protected shop.users.email would steer the result by AND or OR (rule `known`, policy line 17); compare it with = and one value, joined by AND
            SELECT id FROM users ORDER BY email
                [POSTERN-INFLUENCE] protected shop.users.email would steer the result by ORDER BY (rule `known`, policy line 17); sort by other columns, or sort what came at your side
            SELECT DISTINCT email FROM users
                [POSTERN-INFLUENCE] protected shop.users.email would steer the result by DISTINCT (rule `known`, policy line 17); leave DISTINCT out, or list other columns: COUNT(*) and COUNT(column) work
        "#]],
    );
}
