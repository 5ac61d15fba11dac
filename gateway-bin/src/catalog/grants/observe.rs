//! The rights that an account has, as the server tells the account itself.

use std::collections::BTreeSet;
use std::time::Duration;

use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::server::ServerKind;

use super::plan::GrantPlan;
use super::text;
use crate::catalog::error::CatalogError;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;
use crate::upstream::client::Client;
use crate::upstream::client::Row;
use crate::upstream::connect::ConnectRequest;
use crate::upstream::error::QueryError;

/// What an account may do, without any role.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Observed {
    /// Rights on everything.
    pub global: BTreeSet<String>,
    /// Whether it may hand its rights on.
    pub may_grant: bool,
    /// Rights on schemas: the pattern of the schema's name, and the right.
    pub schemas: BTreeSet<(String, String)>,
    /// Rights on tables: schema, table, right.
    pub tables: BTreeSet<(String, String, String)>,
    /// Rights on columns: schema, table, column, right.
    pub columns: BTreeSet<(String, String, String, String)>,
    /// Roles that it may turn on.
    pub roles: BTreeSet<String>,
    /// Protected columns that it reads as its login leaves it, however that came about: by rights of
    /// its own, of a role that is on, or of everyone.
    pub read: BTreeSet<(TableId, ColumnName)>,
    /// Roles that are on from the login.
    pub default_roles: BTreeSet<String>,
    /// Whether the server turns on every role at login.
    pub all_roles_at_login: bool,
    /// Whether clients may load local files.
    pub local_infile: bool,
    /// Where the server reads and writes files: `NULL` is nowhere, an empty text everywhere.
    pub secure_file_priv: Option<String>,
}

/// Logs in as the account and asks, and tries to read no row of what the guard role is for.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn observe(
    target: &TargetSettings,
    user: &DatabaseUser,
    plan: &GrantPlan,
) -> Result<Observed, CatalogError> {
    let mut client = Client::connect(&ConnectRequest::own(target, user)).await?;
    let mut observed = ask(&mut client).await;
    if let Ok(observed) = &mut observed
        && plan.guard_role.is_some()
    {
        observed.read = try_to_read(&mut client, plan).await?;
    }
    client.quit().await;
    observed
}

/// The protected columns that the account can read without the guard role.
async fn try_to_read(
    client: &mut Client,
    plan: &GrantPlan,
) -> Result<BTreeSet<(TableId, ColumnName)>, CatalogError> {
    let mut read = BTreeSet::new();
    for (table, rights) in &plan.tables {
        let place = format!(
            "{}.{}",
            text::identifier(table.schema()),
            text::identifier(table.table())
        );
        for column in &rights.protected {
            let name = text::identifier(column.as_str());
            let sql = format!("SELECT {name} FROM {place} LIMIT 0");
            match client.query(&sql, TIME_MAX).await {
                Ok(_) => {
                    read.insert((table.clone(), column.clone()));
                }
                // A refusal, whatever its reason, shows nothing.
                Err(QueryError::Server { .. }) => {}
                Err(error) => return Err(CatalogError::reading("protected columns")(error)),
            }
        }
    }
    Ok(read)
}

async fn ask(client: &mut Client) -> Result<Observed, CatalogError> {
    let global = rows(
        client,
        &own("privilege_type, is_grantable", "user_privileges"),
    )
    .await?;
    let schemas = rows(
        client,
        &own(
            "table_schema, privilege_type, is_grantable",
            "schema_privileges",
        ),
    )
    .await?;
    let tables = rows(
        client,
        &own(
            "table_schema, table_name, privilege_type, is_grantable",
            "table_privileges",
        ),
    )
    .await?;
    let columns = rows(
        client,
        &own(
            "table_schema, table_name, column_name, privilege_type",
            "column_privileges",
        ),
    )
    .await?;
    let roles = rows(client, ROLES).await?;
    let variables = rows(client, variables(client.server().kind)).await?;
    let variable = |place| variables.first().and_then(|row: &Row| row.text(place));
    let grantable = |rows: &[Row], place| rows.iter().any(|row| row.text(place) == Some("YES"));
    Ok(Observed {
        may_grant: grantable(&global, 1) || grantable(&schemas, 2) || grantable(&tables, 3),
        global: global.iter().map(|row| cell(row, 0)).collect(),
        read: BTreeSet::new(),
        schemas: schemas
            .iter()
            .map(|row| (cell(row, 0), cell(row, 1)))
            .collect(),
        tables: tables
            .iter()
            .map(|row| (cell(row, 0), cell(row, 1), cell(row, 2)))
            .collect(),
        columns: columns
            .iter()
            .map(|row| {
                (
                    cell(row, 0),
                    cell(row, 1),
                    cell(row, 2).to_lowercase(),
                    cell(row, 3),
                )
            })
            .collect(),
        roles: roles.iter().map(|row| cell(row, 0)).collect(),
        default_roles: roles
            .iter()
            .filter(|row| row.text(1) == Some("YES"))
            .map(|row| cell(row, 0))
            .collect(),
        local_infile: variable(0) == Some("1"),
        secure_file_priv: variable(1).map(str::to_owned),
        all_roles_at_login: variable(2) == Some("1"),
    })
}

async fn rows(client: &mut Client, sql: &str) -> Result<Vec<Row>, CatalogError> {
    let done = client.query(sql, TIME_MAX).await;
    done.map_err(CatalogError::reading("the account's rights"))
}

fn cell(row: &Row, place: usize) -> String {
    row.text(place).unwrap_or_default().to_owned()
}

/// The account's own rows; those of its roles are left out.
fn own(columns: &str, table: &str) -> String {
    format!(
        "SELECT {columns} FROM information_schema.{table} WHERE grantee = CONCAT('''', \
         LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - 1 - \
         CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))), '''@''', \
         SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')"
    )
}

fn variables(kind: ServerKind) -> &'static str {
    match kind {
        ServerKind::MySql => {
            "SELECT @@global.local_infile, @@global.secure_file_priv, \
             @@global.activate_all_roles_on_login"
        }
        ServerKind::MariaDb => "SELECT @@global.local_infile, @@global.secure_file_priv, 0",
    }
}

const ROLES: &str = "SELECT role_name, is_default FROM information_schema.applicable_roles";
const TIME_MAX: Duration = Duration::from_secs(30);
