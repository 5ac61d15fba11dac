//! A small catalog, a session, a policy, and statements for them.

use std::collections::BTreeSet;
use std::sync::Arc;

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

/// Statements by the names that benches carry.
pub const STATEMENTS: [(&str, &str); 3] = [
    (
        "point-select",
        "SELECT id, name, email FROM customers WHERE id = 4711",
    ),
    (
        "join-of-three",
        "SELECT c.id, c.name, o.total, p.amount FROM customers c \
         JOIN orders o ON o.customer_id = c.id LEFT JOIN payments p ON p.order_id = o.id \
         WHERE o.total > 100 AND c.name LIKE 'A%' ORDER BY o.total DESC LIMIT 50",
    ),
    (
        "insert-of-ten",
        "INSERT INTO wide (a, b, c, d, e, f, g, h, i, j) \
         VALUES (1, 'two', 3.5, NULL, '2026-11-22', 'six', 7, 8, 'nine', -10)",
    ),
];

/// All that a statement is read and decided with.
#[non_exhaustive]
#[derive(Debug)]
pub struct Shop {
    /// What the target holds.
    pub catalog: Catalog,
    /// The policy; it protects `customers.email`.
    pub policy: PolicySet,
    /// Who asks.
    pub principal: Principal,
    /// A role that may read and write.
    pub role: RoleId,
    /// The state of the session.
    pub session: SessionContext,
}

const POLICY: &str = r#"
version = 1

[[role]]
name = "clerk"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-shop"
effect = "allow"
statements = ["read"]
on = ["shop.*"]

[[role.rule]]
name = "write-wide"
effect = "allow"
statements = ["insert"]
on = ["shop.wide"]

[[protect]]
name = "pii"
columns = ["shop.customers.email"]
mask = "mail"
influence = "never"

[mask.mail]
kind = "redact"
"#;

impl Shop {
    /// The shop, the same each time; `None` if its policy does not load.
    #[must_use]
    pub fn new() -> Option<Self> {
        build()
    }
}

fn build() -> Option<Shop> {
    let policy = PolicySet::compile("policy.toml", POLICY, Known::default()).ok()?;
    let mut catalog = Catalog::empty(Server::parse("9.7.0")?);
    catalog.schemas.insert(Arc::from("shop"));
    for (schema, name, columns) in [
        ("shop", "customers", &["id", "name", "email"][..]),
        ("shop", "orders", &["id", "customer_id", "total"]),
        ("shop", "payments", &["id", "order_id", "amount"]),
        (
            "shop",
            "wide",
            &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
        ),
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
    let role = policy.role_named("clerk")?.id();
    let session = session(catalog.server);
    Some(Shop {
        catalog,
        policy,
        principal,
        role,
        session,
    })
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
        check_columns: Some(BTreeSet::new()),
        partition_columns: Some(BTreeSet::new()),
        ..Table::default()
    })
}

fn session(server: Server) -> SessionContext {
    SessionContext {
        server,
        sql_mode: SqlMode::empty(),
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: Some(Arc::from("shop")),
        temporary: TemporaryTables::default(),
        prepared: policy_core::session::PreparedTexts::default(),
        multi_statements: false,
    }
}
