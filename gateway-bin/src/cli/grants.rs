//! `postern policy grants`: the GRANTs by which the server itself keeps protected columns from
//! sessions, except under the guard role.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::TableKind;
use policy_core::name::ColumnId;
use policy_core::name::TableId;
use policy_core::policy::set::PolicySet;
use policy_core::server::ServerKind;

use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;
use crate::policy_file;
use crate::target_check;

/// Options of `postern policy grants`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern policy grants --config postern.toml > grants.sql\n\nRead it, fit it to your accounts, and run it as an administrator of the target. It takes the\nright to read protected columns away from the accounts that sessions run as and gives it to the\nguard role, which the gateway takes only around statements that it read as touching them. So the\nserver refuses what the gateway might misread. `postern check` compares the outcome."
)]
#[non_exhaustive]
pub struct Grants {
    /// The configuration; its targets are asked for their catalog
    #[arg(long, value_name = "FILE", default_value = "postern.toml")]
    pub config: PathBuf,
}

impl Grants {
    /// Prints the statements for every target with a guard role.
    ///
    /// # Errors
    /// The configuration or the policy is broken, or a target cannot be asked.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let config = Config::load_with(&self.config, Development::Allow)?;
        let policy = policy_file::load(&config)?;
        for target in &config.targets {
            let catalog = runtime::block_on(target_check::catalog(target))??;
            write!(out, "{}", statements(target, &policy, &catalog))?;
        }
        Ok(ExitStatus::Good)
    }
}

/// The accounts that sessions of the policy run as at this target.
pub(super) fn session_accounts<'t>(
    target: &'t TargetSettings,
    policy: &PolicySet,
) -> Vec<&'t Arc<DatabaseUser>> {
    let names: BTreeSet<&str> = policy
        .roles()
        .iter()
        .filter(|role| role.targets().contains(&target.name))
        .map(|role| role.database_user())
        .collect();
    names
        .into_iter()
        .filter_map(|name| target.user(name))
        .collect()
}

/// A base table that has protected columns.
#[derive(Debug)]
pub(super) struct ProtectedTable<'c> {
    pub(super) table: &'c TableId,
    pub(super) protected: Vec<String>,
    open: Vec<String>,
}

/// The base tables that have protected columns.
pub(super) fn protected_tables<'c>(
    policy: &PolicySet,
    catalog: &'c Catalog,
) -> Vec<ProtectedTable<'c>> {
    let mut tables = Vec::new();
    for (id, table) in &catalog.tables {
        // A view runs with its definer's rights; its own columns are granted with it.
        if matches!(table.kind, TableKind::View { .. }) {
            continue;
        }
        let (mut open, mut protected) = (Vec::new(), Vec::new());
        for column in &table.columns {
            let column_id = ColumnId {
                table: id.clone(),
                column: column.name.clone(),
            };
            if policy.is_protected(&column_id, catalog.table_name_case) {
                protected.push(column.name.as_str().to_owned());
            } else {
                open.push(column.name.as_str().to_owned());
            }
        }
        if !protected.is_empty() {
            tables.push(ProtectedTable {
                table: id,
                protected,
                open,
            });
        }
    }
    tables
}

fn statements(target: &TargetSettings, policy: &PolicySet, catalog: &Catalog) -> String {
    let mut text = format!("-- target {}\n", target.name);
    let Some(role) = &target.guard_role else {
        text.push_str("-- no `guard_role` is configured for it, so there is nothing to grant\n");
        return text;
    };
    let role = quoted(role);
    let tables = protected_tables(policy, catalog);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "CREATE ROLE IF NOT EXISTS {role};");
    for ProtectedTable { table, .. } in &tables {
        let _ = writeln!(text, "GRANT SELECT ON {} TO {role};", table_name(table));
    }
    for user in session_accounts(target, policy) {
        let account = format!("{}@'%'", quoted(&user.user));
        let _ = writeln!(text, "-- account {} (fit the host part)", user.name);
        for ProtectedTable {
            table,
            protected,
            open,
        } in &tables
        {
            let name = table_name(table);
            let listed = protected.join(", ");
            let _ = writeln!(text, "-- {name}: {listed} protected");
            let _ = writeln!(text, "{}", revoke(&name, &account, catalog.server.kind));
            if !open.is_empty() {
                let columns: Vec<String> = open.iter().map(|column| quoted(column)).collect();
                let columns = columns.join(", ");
                let _ = writeln!(text, "GRANT SELECT ({columns}) ON {name} TO {account};");
            }
        }
        let _ = writeln!(text, "GRANT {role} TO {account};");
    }
    text.push_str(
        "-- a right on a whole schema or on *.* covers every column: revoke it by hand\n",
    );
    text
}

/// MariaDB has no IF EXISTS here and fails where there is nothing to revoke.
fn revoke(table: &str, account: &str, kind: ServerKind) -> String {
    match kind {
        ServerKind::MySql => format!("REVOKE IF EXISTS SELECT ON {table} FROM {account};"),
        ServerKind::MariaDb => {
            format!(
                "-- only if it has the right on the whole table:\n-- REVOKE SELECT ON {table} FROM {account};"
            )
        }
    }
}

fn table_name(table: &TableId) -> String {
    format!("{}.{}", quoted(table.schema()), quoted(table.table()))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use policy_core::catalog::Column;
    use policy_core::catalog::Table;
    use policy_core::name::ColumnName;
    use policy_core::policy::compile::Known;
    use policy_core::server::Server;

    use super::*;
    use crate::config::target::TargetAddress;
    use crate::config::target::TargetTls;
    use crate::secret::Secret;

    fn target(guard_role: Option<&str>) -> TargetSettings {
        let user = Arc::new(DatabaseUser {
            name: "reader".to_owned(),
            user: "app`s".to_owned(),
            password: Secret::new(Vec::new()),
        });
        TargetSettings {
            name: "shop".to_owned(),
            address: TargetAddress {
                host: "localhost".to_owned(),
                port: 3306,
            },
            database: None,
            tls: TargetTls::Off,
            users: vec![Arc::clone(&user)],
            catalog_user: user,
            guard_role: guard_role.map(str::to_owned),
            functions_allow: Vec::new(),
        }
    }

    fn catalog() -> Catalog {
        let server = Server {
            kind: ServerKind::MySql,
            version: (9, 7, 0),
        };
        let mut catalog = Catalog::empty(server);
        let column = |name: &str| Column {
            name: ColumnName::parse(name).unwrap(),
            data_type: "varchar".to_owned(),
            charset: None,
            invisible: false,
            generated: None,
            on_update: false,
        };
        for (name, columns) in [("customers", ["id", "email"]), ("orders", ["id", "total"])] {
            let table = Table {
                kind: TableKind::Plain,
                columns: columns.iter().map(|name| column(name)).collect(),
                ..Table::default()
            };
            let id = TableId::new("shop".into(), name.into());
            catalog.tables.insert(id, Arc::new(table));
        }
        catalog
    }

    fn policy() -> PolicySet {
        let text = include_str!("../demo/files/policy.toml");
        PolicySet::compile("policy.toml", text, Known::default()).unwrap()
    }

    #[test]
    fn takes_protected_columns_from_the_account_and_gives_them_to_the_role() {
        let text = statements(&target(Some("clear")), &policy(), &catalog());
        for line in [
            "CREATE ROLE IF NOT EXISTS `clear`;",
            "GRANT SELECT ON `shop`.`customers` TO `clear`;",
            "REVOKE IF EXISTS SELECT ON `shop`.`customers` FROM `app``s`@'%';",
            "GRANT SELECT (`id`) ON `shop`.`customers` TO `app``s`@'%';",
            "GRANT `clear` TO `app``s`@'%';",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("orders"), "{text}");
    }

    #[test]
    fn grants_nothing_without_a_guard_role() {
        let text = statements(&target(None), &policy(), &catalog());
        assert!(text.lines().all(|line| line.starts_with("--")), "{text}");
    }
}
