//! Descriptions of a table show names and types, and no values of protected columns.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::Table;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::decision::Results;
use policy_core::lex::ReadLimits;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;
use policy_core::read::read;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::kind::StatementKind;

const CATALOG: &str = r#"
server = "9.7.4"

[[table]]
name = "shop.people"
columns = ["id int", "name varchar(20)", "ssn varchar(20)"]
primary_key = ["id"]
"#;

const POLICY: &str = r#"
version = 1

[[role]]
name = "reader"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read"
effect = "allow"
statements = ["read", "session"]
on = ["shop.*"]

[[protect]]
name = "pii"
columns = ["shop.people.ssn"]
"#;

/// What is shown of the statement's results over a catalog in which `change` was made to the table; `None`
/// when it is refused.
fn results(text: &str, change: impl Fn(&mut Table)) -> Option<Results> {
    let mut catalog: Catalog = document::parse("catalog.toml", CATALOG).unwrap();
    let id = TableId::new("shop".into(), "people".into());
    let mut table = Table::clone(catalog.tables.get(&id).unwrap());
    table.check_columns = Some(BTreeSet::new());
    table.partition_columns = Some(BTreeSet::new());
    change(&mut table);
    catalog.tables.insert(id, Arc::new(table));
    let set = PolicySet::compile("policy.toml", POLICY, Known::default());
    let set = set.unwrap_or_else(|errors| panic!("{errors}"));
    let principal = Principal {
        groups: BTreeSet::from(["agents".to_owned()]),
        ..Principal::default()
    };
    let role = set.role_for(&principal, "shop", None).unwrap();
    let session = SessionContext {
        server: catalog.server,
        sql_mode: SqlMode::empty(),
        client_charset: ClientCharset::Utf8mb4,
        connection_charset: ClientCharset::Utf8mb4,
        results_charset: Default::default(),
        default_schema: None,
        temporary: TemporaryTables::default(),
        prepared: policy_core::session::PreparedTexts::default(),
        multi_statements: false,
    };
    let limits = ReadLimits::default();
    let statement = read(text.as_bytes(), &session, &catalog, &limits).unwrap();
    let [statement] = statement.as_slice() else {
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
    match decide(&set, &request) {
        Decision::Allow(allow) => Some(allow.results),
        Decision::Approve(_) | Decision::Deny(_) => None,
    }
}

/// Whether it is shown as it is.
fn passes(text: &str, change: impl Fn(&mut Table)) -> bool {
    results(text, change) == Some(Results::AsRead)
}

fn default_on(name: &'static str) -> impl Fn(&mut Table) {
    move |table| {
        for column in &mut table.columns {
            column.has_default = column.name.as_str() == name;
        }
    }
}

#[test]
fn a_default_of_a_protected_column_is_not_described() {
    for (text, instead) in [
        (
            "DESCRIBE shop.people",
            Some(Results::Redacted(StatementKind::Describe)),
        ),
        (
            "SHOW FULL COLUMNS FROM shop.people",
            Some(Results::Redacted(StatementKind::ShowColumns)),
        ),
        ("SHOW CREATE TABLE shop.people", None),
    ] {
        assert!(passes(text, |_| ()), "{text}");
        assert!(passes(text, default_on("name")), "{text}");
        assert_eq!(results(text, default_on("ssn")), instead, "{text}");
    }
}

#[test]
fn a_check_over_a_protected_column_is_not_shown() {
    let check_on = |name: &'static str| {
        move |table: &mut Table| {
            table.check_columns = Some(BTreeSet::from([ColumnName::parse(name).unwrap()]));
        }
    };
    let text = "SHOW CREATE TABLE shop.people";
    assert!(passes(text, check_on("name")));
    assert!(!passes(text, check_on("ssn")));
    assert!(!passes(text, |table| table.check_columns = None));
    assert!(passes("DESCRIBE shop.people", check_on("ssn")));
}
