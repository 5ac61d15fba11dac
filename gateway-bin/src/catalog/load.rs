//! One load of a target's catalog over one connection.

use std::time::Duration;

use policy_core::catalog::Catalog;
use policy_core::catalog::TableKind;
use policy_core::name::TableId;
use policy_core::name::TableNameCase;
use policy_core::server::Server;
use policy_core::server::ServerKind;

use super::build::Builder;
use super::error::CatalogError;
use super::queries;
use super::queries::Query;
use crate::upstream::client::Client;
use crate::upstream::client::Row;

/// What a load brought.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The catalog.
    pub catalog: Catalog,
    /// How the server is set.
    pub variables: ServerVariables,
    /// Tables that stay unknown, because of a column name that cannot be compared safely.
    pub left_out: Vec<TableId>,
    /// Views that stay unknown, because the account may not read their definition.
    pub unreadable_views: Vec<TableId>,
}

/// Settings of the server that a session starts with.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServerVariables {
    /// `sql_mode`.
    pub sql_mode: String,
    /// `character_set_server`.
    pub character_set: String,
    /// `max_allowed_packet`.
    pub packet_bytes_max: u64,
}

/// What every load over one connection begins with: what stays the same while the server runs.
#[derive(Debug)]
pub struct Begun {
    builder: Builder,
}

/// Puts the session of a fresh connection into the state that loading needs, and reads what no
/// statement can change.
///
/// # Errors
/// When the server is too old, refuses, or tells something that is not understood.
pub async fn prepare(client: &mut Client) -> Result<Begun, CatalogError> {
    let server = client.server();
    check_version(server)?;
    for query in queries::SETUP {
        read(client, *query).await?;
    }
    let (case, _) = read_variables(&read(client, queries::VARIABLES).await?)?;
    let mut builder = Builder::new(server, case);
    builder.tables(&read(client, queries::OWN_TABLES).await?)?;
    builder.columns(&read(client, queries::OWN_COLUMNS).await?)?;
    Ok(Begun { builder })
}

/// Loads everything over the connection that was prepared.
///
/// # Errors
/// When the server refuses or tells something that is not understood.
pub async fn load(
    client: &mut Client,
    begun: &Begun,
    version: u64,
) -> Result<Loaded, CatalogError> {
    let server = client.server();
    let (_, variables) = read_variables(&read(client, queries::VARIABLES).await?)?;
    let mut builder = begun.builder.clone();
    builder.schemas(&read(client, queries::SCHEMAS).await?)?;
    builder.tables(&read(client, queries::TABLES).await?)?;
    builder.columns(&read(client, queries::COLUMNS).await?)?;
    builder.indexes(&read(client, queries::INDEXES).await?)?;
    let keys = read(client, queries::FOREIGN_KEYS).await?;
    let rules = read(client, queries::FOREIGN_KEY_RULES).await?;
    builder.foreign_keys(&keys, &rules)?;
    builder.checks(&read(client, queries::checks(server.kind)).await?)?;
    builder.partitions(&read(client, queries::PARTITIONS).await?)?;
    builder.views(&read(client, queries::VIEWS).await?)?;
    builder.triggers(&read(client, queries::TRIGGERS).await?)?;
    builder.routines(&read(client, queries::ROUTINES).await?)?;
    let built = builder.finish(version);
    Ok(Loaded {
        unreadable_views: unreadable_views(&built.catalog),
        catalog: built.catalog,
        variables,
        left_out: built.left_out,
    })
}

async fn read(client: &mut Client, query: Query) -> Result<Vec<Row>, CatalogError> {
    let done = client.query(query.sql, QUERY_TIME_MAX).await;
    done.map_err(CatalogError::reading(query.what))
}

fn read_variables(rows: &[Row]) -> Result<(TableNameCase, ServerVariables), CatalogError> {
    let form = || CatalogError::Form { what: "variables" };
    let row = rows.first().ok_or_else(form)?;
    let case = match row.text(0) {
        Some("0") => TableNameCase::Sensitive,
        Some("1" | "2") => TableNameCase::Insensitive,
        Some(_) | None => return Err(form()),
    };
    let variables = ServerVariables {
        sql_mode: row.text(1).ok_or_else(form)?.to_owned(),
        character_set: row.text(2).ok_or_else(form)?.to_owned(),
        packet_bytes_max: row
            .text(3)
            .and_then(|text| text.parse().ok())
            .ok_or_else(form)?,
    };
    Ok((case, variables))
}

fn unreadable_views(catalog: &Catalog) -> Vec<TableId> {
    let views = catalog.tables.iter();
    views
        .filter(|(_, table)| matches!(table.kind, TableKind::View { definition: None }))
        .map(|(id, _)| id.clone())
        .collect()
}

/// Older ones do not tell of their CHECKs, or do not know what the login needs.
fn check_version(server: Server) -> Result<(), CatalogError> {
    let (least, text) = match server.kind {
        ServerKind::MySql => ((8, 0, 20), "MySQL 8.0.20"),
        ServerKind::MariaDb => ((10, 3, 10), "MariaDB 10.3.10"),
    };
    if server.version >= least {
        return Ok(());
    }
    let (major, minor, patch) = server.version;
    let server = format!("{} {major}.{minor}.{patch}", server.kind);
    Err(CatalogError::TooOld {
        server,
        least: text,
    })
}

const QUERY_TIME_MAX: Duration = Duration::from_secs(60);
