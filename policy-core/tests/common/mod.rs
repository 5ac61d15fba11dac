//! A small target: the schema of the attack corpus.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "each test file uses its own part"
)]

use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::Column;
use policy_core::catalog::Index;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::lex::ReadLimits;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::read::read;
use policy_core::server::Server;
use policy_core::session::SessionContext;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Statement;
use policy_core::unread::Unread;

/// `MySQL` 9.7 and `MariaDB` 10.11, as their greetings name themselves.
pub(crate) const SERVERS: [&str; 2] = ["9.7.4", "10.11.19-MariaDB"];

/// A session with the default schema `app`.
pub(crate) fn session(version: &str) -> SessionContext {
    SessionContext {
        server: Server::parse(version).unwrap(),
        sql_mode: SqlMode::empty(),
        client_charset: Default::default(),
        connection_charset: Default::default(),
        results_charset: Default::default(),
        default_schema: Some("app".into()),
        temporary: Default::default(),
        prepared: policy_core::session::PreparedTexts::default(),
        multi_statements: false,
    }
}

/// The tables of the attack corpus.
pub(crate) fn catalog(version: &str) -> Catalog {
    let mut catalog = Catalog::empty(Server::parse(version).unwrap());
    catalog.schemas.insert("app".into());
    catalog.schemas.insert("mysql".into());
    for (table_name, columns) in [
        ("users", "id name email ssn"),
        ("orders", "id user_id total note status"),
        ("stats", "id ssn ssn_count users"),
        ("mailing", "id email"),
        ("audit", "id drop_database"),
        ("docs", "id note"),
        ("kw", "drop grant alter_user"),
        ("pairs", "id user_id total note status"),
    ] {
        let table = Table {
            kind: TableKind::Plain,
            columns: columns
                .split(' ')
                .map(|name| column(&name.replace('_', if table_name == "kw" { " " } else { "_" })))
                .collect(),
            indexes: vec![Index {
                name: "PRIMARY".to_owned(),
                unique: true,
                columns: vec![ColumnName::parse("id")],
            }],
            ..Table::default()
        };
        catalog.tables.insert(
            TableId::new("app".into(), table_name.into()),
            Arc::new(table),
        );
    }
    let view = Table {
        kind: TableKind::View {
            definition: Some(
                "select `app`.`users`.`id` AS `id`,`app`.`users`.`ssn` AS `s` from `app`.`users`"
                    .into(),
            ),
        },
        columns: ["id", "s"].map(column).into(),
        ..Table::default()
    };
    catalog
        .tables
        .insert(TableId::new("app".into(), "v_users".into()), Arc::new(view));
    for routine in ["leak", "get_ssn"] {
        catalog
            .routines
            .insert(TableId::new("app".into(), routine.into()));
    }
    catalog
}

fn column(name: &str) -> Column {
    Column {
        name: ColumnName::parse(name).unwrap(),
        data_type: if name == "id" || name.ends_with("_id") || name == "total" {
            "int".to_owned()
        } else {
            "varchar".to_owned()
        },
        charset: Some("utf8mb4".to_owned()),
        invisible: false,
        generated: None,
        on_update: false,
        has_default: false,
        default: None,
        auto_increment: false,
        fresh_when_absent: true,
    }
}

/// Reads a text in a fresh session.
pub(crate) fn read_on(version: &str, text: &[u8]) -> Result<Vec<Statement>, Unread> {
    read(
        text,
        &session(version),
        &catalog(version),
        &ReadLimits::default(),
    )
}

/// Reads one statement and shows kind, accesses, flows and effects on one line.
pub(crate) fn show(version: &str, text: &str) -> String {
    match read_on(version, text.as_bytes()) {
        Err(unread) => format!("refused: {unread}"),
        Ok(statements) => {
            let shown: Vec<_> = statements.iter().map(show_statement).collect();
            shown.join(" ; ")
        }
    }
}

fn show_statement(statement: &Statement) -> String {
    let mut text = statement.kind.to_string();
    for kind in &statement.through {
        text.push_str(&format!(" | through {kind}"));
    }
    for access in &statement.accesses {
        let columns: Vec<_> = access.columns.iter().map(ToString::to_string).collect();
        text.push_str(&format!(
            " | {:?} {}({})",
            access.verb,
            access.object,
            columns.join(",")
        ));
    }
    for flow in &statement.flows {
        text.push_str(&format!(" | {:?} -> {:?}", flow.sources, flow.target));
    }
    for effect in &statement.effects {
        text.push_str(&format!(" | {effect:?}"));
    }
    for withheld in &statement.withheld {
        text.push_str(&format!(" | withheld: {}", withheld.construct));
    }
    text
}
