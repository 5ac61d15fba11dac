//! A small catalog, a session and a policy for statements to be decided by.

use std::sync::Arc;
use std::sync::OnceLock;

use policy_core::catalog::Catalog;
use policy_core::catalog::Column;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::charset::ClientCharset;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::policy::set::RoleId;
use policy_core::principal::Principal;
use policy_core::server::Server;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;

/// What does not change from input to input.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) catalog: Catalog,
    pub(crate) policy: PolicySet,
    pub(crate) principal: Principal,
    pub(crate) reader: RoleId,
    pub(crate) nobody: RoleId,
}

/// The reader may read `shop`, nobody may do nothing; `shop.customers.email` is protected.
pub(crate) fn shop() -> &'static Shop {
    static SHOP: OnceLock<Option<Shop>> = OnceLock::new();
    let shop = SHOP.get_or_init(build).as_ref();
    assert!(shop.is_some(), "the policy of this target does not load");
    shop.unwrap_or_else(|| std::process::abort())
}

const POLICY: &str = r#"
version = 1

[[role]]
name = "reader"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-shop"
effect = "allow"
statements = ["read"]
on = ["shop.*"]

[[role.rule]]
name = "files"
effect = "allow"
statements = ["load data local"]
on = ["shop.orders"]

[[role.rule]]
name = "new-tables"
effect = "approve"
statements = ["create table"]
on = ["shop.*"]
approvers = ["dba"]

[[role]]
name = "nobody"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[protect]]
name = "pii"
columns = ["shop.customers.email"]
mask = "mail"
influence = "never"

[mask.mail]
kind = "redact"
"#;

fn build() -> Option<Shop> {
    let policy = policy()?;
    let mut catalog = Catalog::empty(Server::parse("9.7.0")?);
    for schema in ["shop", "hr"] {
        catalog.schemas.insert(Arc::from(schema));
    }
    for (schema, name, columns) in [
        ("shop", "customers", &["id", "name", "email"][..]),
        ("shop", "orders", &["id", "customer_id", "total"]),
        ("shop", "t", &["a", "b", "c", "id"]),
        ("shop", "a", &["id", "b"]),
        ("hr", "people", &["id", "salary"]),
    ] {
        catalog.tables.insert(
            TableId::new(schema.into(), name.into()),
            Arc::new(table(columns)?),
        );
    }
    let principal = Principal {
        issuer: String::from("https://id.example.org"),
        subject: String::from("agent"),
        groups: [String::from("agents")].into(),
        ..Principal::default()
    };
    let reader = policy.role_named("reader")?.id();
    let nobody = policy.role_named("nobody")?.id();
    Some(Shop {
        catalog,
        policy,
        principal,
        reader,
        nobody,
    })
}

pub(crate) fn policy() -> Option<PolicySet> {
    PolicySet::compile("policy.toml", POLICY, Known::default()).ok()
}

fn table(columns: &[&str]) -> Option<Table> {
    let columns: Option<Vec<Column>> = columns
        .iter()
        .map(|name| {
            Some(Column {
                name: ColumnName::parse(name)?,
                data_type: String::from("varchar"),
                charset: None,
                invisible: false,
                generated: None,
                on_update: false,
                has_default: false,
                default: None,
                auto_increment: false,
                fresh_when_absent: true,
            })
        })
        .collect();
    Some(Table {
        kind: TableKind::Plain,
        columns: columns?,
        ..Table::default()
    })
}

pub(crate) fn session(server: Server, sql_mode: SqlMode) -> SessionContext {
    SessionContext {
        server,
        sql_mode,
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: Some(Arc::from("shop")),
        temporary: TemporaryTables::default(),
        prepared: policy_core::session::PreparedTexts::default(),
        multi_statements: false,
    }
}
