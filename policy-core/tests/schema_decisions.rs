//! What may become of tables, protected and not: a change of shape is no way around a policy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::name::TableId;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;
use policy_core::read::read;
use policy_core::server::Server;
use policy_core::session::PreparedTexts;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;

const CATALOG: &str = r#"
server = "10.11.19-MariaDB"

[[table]]
name = "shop.people"
columns = ["id int", "name varchar(20)", "ssn varchar(20)"]
primary_key = ["id"]

[[table]]
name = "shop.plain"
columns = ["id int", "note varchar(20)"]
primary_key = ["id"]
"#;

/// A role with rules that allow these statements on all of the schema, under that denial.
fn policy(statements: &str, deny: &str) -> PolicySet {
    let text = format!(
        r#"
version = 1

[[role]]
name = "maker"
groups = ["agents"]
targets = ["shop"]
database_user = "maker"

[[role.rule]]
name = "make"
effect = "allow"
statements = [{statements}]
on = ["shop.*"]

{deny}

[[protect]]
name = "pii"
columns = ["shop.people.ssn", "*.*.secret"]
"#
    );
    let set = PolicySet::compile("policy.toml", &text, Known::default());
    set.unwrap_or_else(|errors| panic!("{errors}"))
}

fn session(server: Server, temporary: TemporaryTables) -> SessionContext {
    SessionContext {
        server,
        sql_mode: SqlMode::empty(),
        client_charset: ClientCharset::Utf8mb4,
        connection_charset: ClientCharset::Utf8mb4,
        results_charset: Default::default(),
        default_schema: Some("shop".into()),
        temporary,
        prepared: PreparedTexts::default(),
        multi_statements: false,
    }
}

fn passes(set: &PolicySet, text: &str) -> bool {
    passes_with(set, text, TemporaryTables::default())
}

fn passes_with(set: &PolicySet, text: &str, temporary: TemporaryTables) -> bool {
    let catalog: Catalog = document::parse("catalog.toml", CATALOG).unwrap();
    let principal = Principal {
        groups: BTreeSet::from(["agents".to_owned()]),
        ..Principal::default()
    };
    let role = set.role_for(&principal, "shop", None).unwrap();
    let session = session(catalog.server, temporary);
    let limits = ReadLimits::default();
    let statements = read(text.as_bytes(), &session, &catalog, &limits);
    let statements = statements.unwrap_or_else(|unread| panic!("{text}: {unread}"));
    let [statement] = statements.as_slice() else {
        panic!("one statement");
    };
    let request = Request {
        principal: &principal,
        role: &role,
        target: "shop",
        statement,
        text: text.as_bytes(),
        alone: true,
        parameters: &[],
        session: &session,
        catalog: &catalog,
        bound: policy_core::decide::Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    matches!(decide(set, &request), Decision::Allow(_))
}

const EVERY_KIND: &str = r#""schema", "read", "create table", "create temporary table", "alter table",
    "drop table", "rename table", "create index", "create view", "alter view", "create sequence""#;

#[test]
fn nothing_protected_is_reshaped_copied_or_lost() {
    let set = policy(EVERY_KIND, "");
    for (harmless, harmful) in PAIRS {
        assert!(passes(&set, harmless), "{harmless}");
        assert!(!passes(&set, harmful), "{harmful}");
    }
}

#[test]
fn a_temporary_table_may_get_and_lose_indexes_but_for_what_is_protected() {
    let set = policy(&format!("{EVERY_KIND}, \"drop index\""), "");
    let shown = b"CREATE TEMPORARY TABLE `tmp` (`id` int, `secret` varchar(20), KEY `k` (`id`))";
    let catalog: Catalog = document::parse("catalog.toml", CATALOG).unwrap();
    let tmp = |text: &str| {
        let session = session(catalog.server, TemporaryTables::default());
        let table = policy_core::catalog::shape::temporary(shown, &session).unwrap();
        let id = TableId::new("shop".into(), "tmp".into());
        let tables = BTreeMap::from([(id, Arc::new(table))]);
        passes_with(&set, text, TemporaryTables::Known(tables))
    };
    assert!(tmp("CREATE INDEX i ON tmp (id)"));
    assert!(tmp("CREATE UNIQUE INDEX i ON tmp (id DESC) COMMENT 'x'"));
    assert!(tmp("DROP INDEX k ON tmp"));
    // A unique one tells whether values are the same, one over an expression may fail by them.
    assert!(!tmp("CREATE UNIQUE INDEX i ON tmp (secret)"));
    assert!(!tmp("CREATE INDEX i ON tmp (id, secret)"));
    assert!(!tmp("CREATE INDEX i ON tmp ((LENGTH(secret)))"));
    assert!(!tmp("ALTER TABLE tmp ADD INDEX (id)"));
    assert!(!tmp("ALTER TABLE tmp RENAME TO people"));
    assert!(!tmp("RENAME TABLE plain TO tmp"));
    assert!(!tmp("CREATE INDEX i ON people (ssn)"));
}

/// A harmless statement, and one like it that would reach a protected column.
const PAIRS: &[(&str, &str)] = &[
    (
        "CREATE OR REPLACE TABLE plain (id INT)",
        "CREATE OR REPLACE TABLE people (id INT)",
    ),
    (
        "ALTER TABLE plain DROP PARTITION p0",
        "ALTER TABLE people DROP PARTITION p0",
    ),
    (
        "ALTER TABLE plain TRUNCATE PARTITION ALL",
        "ALTER TABLE people TRUNCATE PARTITION ALL",
    ),
    (
        "ALTER TABLE plain REORGANIZE PARTITION p INTO (PARTITION q VALUES LESS THAN (5))",
        "ALTER TABLE people REORGANIZE PARTITION p INTO (PARTITION q VALUES LESS THAN (5))",
    ),
    (
        "ALTER TABLE people PARTITION BY KEY (name)",
        "ALTER TABLE people PARTITION BY KEY ()",
    ),
    (
        "ALTER TABLE people PARTITION BY HASH (LENGTH(name))",
        "ALTER TABLE people PARTITION BY HASH (LENGTH(ssn))",
    ),
    (
        "ALTER TABLE people ADD x INT AS (LENGTH(name))",
        "ALTER TABLE people ADD x INT AS (LENGTH(ssn))",
    ),
    (
        "ALTER TABLE people ADD x TEXT DEFAULT (CONCAT(name, 'x'))",
        "ALTER TABLE people ADD x TEXT DEFAULT (CONCAT(ssn, 'x'))",
    ),
    (
        "ALTER TABLE people ADD CHECK (name <> 'x')",
        "ALTER TABLE people ADD CHECK (ssn <> 'x')",
    ),
    (
        "CREATE INDEX i ON people (name)",
        "CREATE INDEX i ON people (id, ssn)",
    ),
    (
        "ALTER TABLE people RENAME COLUMN name TO n",
        "ALTER TABLE people RENAME COLUMN ssn TO n",
    ),
    ("CREATE TABLE t LIKE plain", "CREATE TABLE t LIKE people"),
    (
        "RENAME TABLE plain TO a, a TO b",
        "RENAME TABLE plain TO a, people TO plain",
    ),
    (
        "CREATE TABLE t (x INT, secret INT, y INT DEFAULT (x))",
        "CREATE TABLE t (x INT, secret INT, y INT DEFAULT (secret))",
    ),
    (
        "CREATE TABLE t (id INT REFERENCES people)",
        "CREATE TABLE t (s VARCHAR(20) REFERENCES people (ssn))",
    ),
    (
        "CREATE VIEW v AS SELECT name FROM people",
        "CREATE VIEW v AS SELECT UPPER(ssn) AS s FROM people",
    ),
    (
        "CREATE TABLE t (CHECK (id > 0)) SELECT id FROM people",
        "CREATE TABLE t (CHECK (id > 0)) SELECT id FROM people WHERE ssn = 'x'",
    ),
    (
        "ALTER TABLE plain ADD SYSTEM VERSIONING",
        "ALTER TABLE people ADD SYSTEM VERSIONING",
    ),
    (
        "ALTER TABLE plain CHECK PARTITION ALL",
        "ALTER TABLE people CHECK PARTITION ALL",
    ),
];

#[test]
fn dropping_in_passing_is_dropping() {
    let texts = [
        "CREATE OR REPLACE TABLE plain (id INT)",
        "CREATE OR REPLACE TABLE fresh (id INT)",
        "ALTER TABLE plain DROP PARTITION p0",
    ];
    let both = policy(r#""create table", "alter table", "drop table""#, "");
    let one = policy(r#""create table", "alter table""#, "");
    let denied = policy(
        EVERY_KIND,
        "[[deny]]\nname = \"no-drops\"\nstatements = [\"drop table\"]",
    );
    for text in texts {
        assert!(passes(&both, text), "{text}");
        assert!(!passes(&one, text), "{text}");
        assert!(!passes(&denied, text), "{text}");
    }
    assert!(passes(&one, "CREATE TABLE fresh (id INT)"));
    assert!(passes(&denied, "CREATE TABLE fresh (id INT)"));
    assert!(passes(&denied, "ALTER TABLE plain ADD x INT"));
}

/// `DROP TRIGGER resume` drops `résumé` on MySQL, `DROP EVENT gúard` drops `guard` on both servers, and
/// `DROP PROCEDURE proced` drops `procéd` on MariaDB.
#[test]
fn other_accents_are_no_way_around_a_rule_about_a_stored_program() {
    let kinds =
        r#""drop trigger", "drop event", "drop procedure", "drop function", "create event""#;
    let named = |effect: &str| {
        format!(
            "{effect}\nname = \"named\"\nstatements = [{kinds}]\non = [\"shop.guard\", \"shop.r\u{e9}sum\u{e9}\"]"
        )
    };
    let denied = policy(kinds, &named("[[deny]]"));
    let asked = policy(
        kinds,
        &format!(
            "{}\napprovers = [\"dba\"]",
            named("[[role.rule]]\neffect = \"approve\"")
        ),
    );
    for set in [denied, asked] {
        for text in [
            "DROP TRIGGER guard",
            "DROP TRIGGER IF EXISTS GUARD",
            "DROP TRIGGER `g\u{fa}ard`",
            "DROP EVENT shop.`\u{ff47}uard`",
            "DROP EVENT resume",
            "DROP EVENT `R\u{c9}SUME`",
            "DROP PROCEDURE resume",
            "DROP FUNCTION IF EXISTS RESUME",
        ] {
            assert!(!passes(&set, text), "{text}");
        }
        for text in [
            "DROP TRIGGER guards",
            "DROP EVENT resort",
            "DROP PROCEDURE other",
        ] {
            assert!(passes(&set, text), "{text}");
        }
    }
}

#[test]
fn what_is_withheld_never_passes() {
    let set = policy(EVERY_KIND, "");
    for text in [
        "CREATE TABLE t (id INT) ENGINE=CSV",
        "CREATE TABLE t (id INT) UNION=(plain)",
        "CREATE TABLE t (id INT) DATA DIRECTORY='/tmp'",
        "CREATE TABLE t (id INT) FILE_NAME='/etc/passwd'",
        "CREATE TABLE t (id INT DEFAULT (SLEEP(1)))",
        "CREATE TABLE t (id INT CHECK (id > @x))",
        "ALTER TABLE plain EXCHANGE PARTITION p WITH TABLE people",
        "ALTER TABLE plain IMPORT TABLESPACE",
        "ALTER TABLE plain CONVERT PARTITION p TO TABLE x",
        "ALTER IGNORE TABLE plain ADD UNIQUE (note)",
        "CREATE OR REPLACE SEQUENCE plain",
        "CREATE DEFINER=root@localhost VIEW v AS SELECT id FROM plain",
        "CREATE TEMPORARY TABLE plain (id INT)",
    ] {
        assert!(!passes(&set, text), "{text}");
    }
    assert!(passes(&set, "CREATE SEQUENCE s START WITH 5"));
}
