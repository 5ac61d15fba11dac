//! A plan as the statements that an administrator runs.

use std::collections::BTreeSet;

use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::server::ServerKind;

use super::plan::GrantPlan;
use super::plan::TableRight;
use super::plan::TableRights;

/// The GRANT statements of a plan. `host` is the host part of the account, often `%`.
///
/// Names of schemas and tables are printed as they compare, so on a server that compares without
/// regard to case they come in lower case.
#[must_use]
pub fn statements(plan: &GrantPlan, host: &str, kind: ServerKind) -> Vec<String> {
    let account = format!("{}@{}", string(&plan.account), string(host));
    let mut all = Vec::new();
    let role = plan.guard_role.as_deref().map(identifier);
    if let Some(role) = &role {
        all.push(format!("CREATE ROLE IF NOT EXISTS {role};"));
    }
    for (table, rights) in &plan.tables {
        on_table(&mut all, table, rights, (&account, role.as_deref()));
    }
    for (schema, rights) in &plan.schemas {
        let words: Vec<_> = rights.iter().map(|right| right.word()).collect();
        // In a grant on a whole schema the name is a pattern.
        let schema = identifier(&schema.replace('_', "\\_").replace('%', "\\%"));
        all.push(format!(
            "GRANT {} ON {schema}.* TO {account};",
            words.join(", ")
        ));
    }
    if let Some(role) = &role {
        all.push(format!("GRANT {role} TO {account};"));
        // The gateway turns the role on around single statements; a login must not.
        all.push(match kind {
            ServerKind::MySql => format!("SET DEFAULT ROLE NONE TO {account};"),
            ServerKind::MariaDb => format!("SET DEFAULT ROLE NONE FOR {account};"),
        });
    }
    all
}

fn on_table(
    all: &mut Vec<String>,
    table: &TableId,
    rights: &TableRights,
    (account, role): (&str, Option<&str>),
) {
    let place = format!(
        "{}.{}",
        identifier(table.schema()),
        identifier(table.table())
    );
    let whole = |rights: &BTreeSet<TableRight>| {
        rights
            .iter()
            .map(|right| right.word())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let role = role.filter(|_| !rights.protected.is_empty());
    let Some(role) = role else {
        all.push(format!(
            "GRANT {} ON {place} TO {account};",
            whole(&rights.rights)
        ));
        return;
    };
    let mut parts = Vec::new();
    for right in &rights.rights {
        if !right.is_by_column() {
            parts.push(right.word().to_owned());
        } else if !rights.open.is_empty() {
            parts.push(format!("{} ({})", right.word(), columns(&rights.open)));
        }
    }
    if !parts.is_empty() {
        all.push(format!(
            "GRANT {} ON {place} TO {account};",
            parts.join(", ")
        ));
    }
    let guarded = rights
        .rights
        .iter()
        .copied()
        .filter(|right| right.is_by_column())
        .collect();
    all.push(format!("GRANT {} ON {place} TO {role};", whole(&guarded)));
}

fn columns(columns: &[ColumnName]) -> String {
    columns
        .iter()
        .map(|column| identifier(column.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A name in backticks.
pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
