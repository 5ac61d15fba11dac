//! What `postern check` asks a target: can it be read, can sessions log in, do its rights fit.

use std::collections::BTreeSet;
use std::time::Duration;

use policy_core::catalog::Catalog;

use crate::catalog::error::CatalogError;
use crate::catalog::load;
use crate::catalog::rights;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;
use crate::upstream::client::Client;
use crate::upstream::connect::ConnectRequest;
use crate::upstream::error::ConnectError;
use crate::upstream::error::QueryError;

/// Loads the catalog of a target as its catalog account, whose rights are checked first.
///
/// # Errors
/// The target cannot be reached, or the account cannot see everything.
pub async fn catalog(target: &TargetSettings) -> Result<Catalog, CatalogError> {
    let request = ConnectRequest::own(target, &target.catalog_user);
    let mut client = Client::connect(&request).await?;
    rights::check(&mut client).await?;
    load::prepare(&mut client).await?;
    let loaded = load::load(&mut client, 1).await?;
    client.quit().await;
    Ok(loaded.catalog)
}

/// The columns (`schema.table.column`, lower case) that an account can read.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Readable {
    /// By itself.
    pub alone: BTreeSet<String>,
    /// Under the guard role, if the target has one.
    pub guarded: BTreeSet<String>,
}

/// Logs in as an account and asks what it can read.
///
/// # Errors
/// The account cannot log in, or cannot take the role.
pub async fn readable(
    target: &TargetSettings,
    user: &DatabaseUser,
) -> Result<Readable, ReadableError> {
    let mut client = Client::connect(&ConnectRequest::own(target, user)).await?;
    client.query("SET ROLE NONE", TIME_MAX).await?;
    let alone = columns(&mut client).await?;
    let mut guarded = BTreeSet::new();
    if let Some(role) = &target.guard_role {
        let role = role.replace('`', "``");
        client
            .query(&format!("SET ROLE `{role}`"), TIME_MAX)
            .await?;
        guarded = columns(&mut client).await?;
    }
    client.quit().await;
    Ok(Readable { alone, guarded })
}

async fn columns(client: &mut Client) -> Result<BTreeSet<String>, QueryError> {
    let rows = client.query(READABLE_COLUMNS, TIME_MAX).await?;
    let names = rows.iter().filter_map(|row| row.text(0));
    Ok(names.map(str::to_lowercase).collect())
}

/// `PRIVILEGES` are those of the asking account and the roles that it has taken.
const READABLE_COLUMNS: &str = "SELECT CONCAT(table_schema, '.', table_name, '.', column_name) \
     FROM information_schema.columns WHERE FIND_IN_SET('select', privileges) > 0";
const TIME_MAX: Duration = Duration::from_secs(30);

/// Why the rights of an account are not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadableError {
    /// It cannot log in.
    #[error("cannot log in: {0}")]
    Connect(#[from] ConnectError),
    /// It may not do what a session does.
    #[error("cannot take the role or read its rights: {0}")]
    Query(#[from] QueryError),
}
