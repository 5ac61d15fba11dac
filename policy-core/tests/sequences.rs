//! Values of sequences are asked for by rules, and apart from everything protected.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

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
statements = ["read", "write", "session"]
on = ["shop.*"]
[[role.rule]]
name = "reads"
effect = "allow"
statements = ["read"]
on = ["other.*"]
[[protect]]
name = "hidden"
columns = ["shop.users.ssn"]
writes = "insert"
"#;
const CATALOG: &str = r#"
[[table]]
name = "shop.numbers"
columns = ["next_not_cached_value bigint", "minimum_value bigint"]
[[table]]
name = "other.numbers"
columns = ["next_not_cached_value bigint", "minimum_value bigint"]
[[table]]
name = "shop.users"
columns = ["id int", "name varchar(50)", "ssn varchar(11)"]
primary_key = ["id"]
[[table]]
name = "shop.orders"
columns = ["id int", "user_id int", "note varchar(50)"]
primary_key = ["id"]
"#;

/// What is told of a statement that is not allowed.
fn refused(version: &str, sql: &str) -> Option<String> {
    let catalog = format!("server = \"{version}\"\n{CATALOG}");
    let catalog = document::parse("c.toml", &catalog).unwrap_or_else(|e| panic!("{e}"));
    let policy = PolicySet::compile("p.toml", POLICY, Known::default());
    let policy = policy.unwrap_or_else(|e| panic!("{e}"));
    let one = format!(
        "[[case]]\nname = \"it\"\nrole = \"agent\"\ndatabase = \"shop\"\nexpect = \"allow\"\n\
         sql = \"\"\"{sql}\"\"\"\n"
    );
    let file = case::parse("cases.toml", &one).unwrap_or_else(|e| panic!("{e}"));
    let told = file.cases().first().unwrap().run(&policy, &catalog);
    told.err().map(|told| told.to_string())
}

const MARIADB: &str = "10.11.19-MariaDB";

#[test]
fn a_value_needs_a_rule_that_reads_and_one_that_adds() {
    for sql in [
        "SELECT NEXTVAL(numbers)",
        "SELECT NEXT VALUE FOR shop.numbers",
        "SELECT LASTVAL(numbers), PREVIOUS VALUE FOR numbers, SETVAL(numbers, 7)",
        "SELECT id, NEXTVAL(numbers) FROM orders",
        "INSERT INTO orders (id) VALUES (NEXTVAL(numbers)), (NEXTVAL(numbers))",
        "INSERT INTO users (id, name) VALUES (NEXTVAL(numbers), 'a')",
        "UPDATE orders SET user_id = NEXTVAL(numbers) WHERE id = 1",
        "SELECT LASTVAL(other.numbers)",
        "SELECT next_not_cached_value FROM other.numbers",
    ] {
        assert_eq!(refused(MARIADB, sql), None, "{sql}");
    }
    for sql in [
        "SELECT NEXTVAL(other.numbers)",
        "SELECT SETVAL(other.numbers, 7)",
        "INSERT INTO orders (id) VALUES (NEXTVAL(other.numbers))",
        "UPDATE orders SET id = NEXTVAL(other.numbers) WHERE id = 1",
    ] {
        let told = refused(MARIADB, sql).unwrap();
        assert!(told.contains("POSTERN-DENIED"), "{sql}: {told}");
    }
}

#[test]
fn a_value_is_not_taken_where_something_protected_may_say_how_often() {
    for sql in [
        "SELECT COALESCE(ssn, NEXTVAL(numbers)) FROM users",
        "SELECT ssn, NEXTVAL(numbers) FROM users",
        "SELECT id, NEXTVAL(numbers) FROM users",
        "SELECT id, NEXTVAL(numbers) FROM orders WHERE user_id IN (SELECT id FROM users)",
        "INSERT INTO users (id, ssn) VALUES (NEXTVAL(numbers), 'a')",
        "INSERT INTO orders SELECT NEXTVAL(numbers), id, name FROM users",
        "UPDATE users SET name = NEXTVAL(numbers) WHERE id = 1",
        "DELETE FROM users WHERE id = NEXTVAL(numbers)",
        "SET @a = NEXTVAL(numbers)",
        "SELECT NEXTVAL(numbers) INTO @a",
        "DO NEXTVAL(numbers)",
        "SELECT @a := NEXTVAL(numbers)",
    ] {
        let told = refused(MARIADB, sql).unwrap_or_else(|| panic!("{sql} is allowed"));
        assert!(
            told.contains("a sequence in such a statement") || told.contains("POSTERN-"),
            "{sql}: {told}"
        );
    }
}

#[test]
fn what_is_no_sequence_has_no_value() {
    for sql in [
        "SELECT NEXTVAL(orders)",
        "SELECT NEXTVAL(nosuch)",
        "SELECT LASTVAL(users)",
    ] {
        assert!(refused(MARIADB, sql).unwrap().contains("unknown"), "{sql}");
    }
    for sql in ["SELECT NEXTVAL(numbers)", "SELECT NEXT VALUE FOR numbers"] {
        assert!(refused("9.7.4", sql).is_some(), "{sql}");
    }
}

/// It is true for every row, and so no condition.
#[test]
fn a_value_does_not_say_which_rows() {
    for sql in [
        "DELETE FROM orders WHERE NEXTVAL(numbers)",
        "DELETE FROM orders WHERE NEXTVAL(numbers) > 0",
        "UPDATE orders SET note = 'x' WHERE NEXT VALUE FOR numbers",
    ] {
        let told = refused(MARIADB, sql).unwrap();
        assert!(told.contains("POSTERN-GUARD"), "{sql}: {told}");
    }
}
