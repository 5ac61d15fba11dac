//! Which rights an account needs for its roles, and which of them only the guard role may have.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use policy_core::catalog::Catalog;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::policy::set::Effect;
use policy_core::policy::set::PolicySet;
use policy_core::policy::set::Rule;
use policy_core::statement::kind::StatementKind;

use super::columns;
use crate::config::target::TargetSettings;

/// The rights of one account of a target.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GrantPlan {
    /// The account's user name at the server.
    pub account: String,
    /// The role that alone may touch protected columns, if the target has one.
    pub guard_role: Option<String>,
    /// What is needed on each table.
    pub tables: BTreeMap<TableId, TableRights>,
    /// What is needed on whole schemas, by name.
    pub schemas: BTreeMap<String, BTreeSet<SchemaRight>>,
}

/// What is needed on one table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TableRights {
    /// The rights.
    pub rights: BTreeSet<TableRight>,
    /// The columns that anybody may touch.
    pub open: Vec<ColumnName>,
    /// The columns for the guard role only.
    pub protected: Vec<ColumnName>,
}

/// A right on the rows of a table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "each has its own SQL")]
pub enum TableRight {
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl TableRight {
    /// The word in a GRANT.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it can be given for single columns.
    #[must_use]
    pub fn is_by_column(self) -> bool {
        match self {
            Self::Select | Self::Insert | Self::Update => true,
            Self::Delete => false,
        }
    }

    const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];
}

/// A right on what a schema holds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "each has its own SQL")]
pub enum SchemaRight {
    /// CREATE.
    Create,
    /// ALTER.
    Alter,
    /// DROP.
    Drop,
    /// INDEX.
    Index,
    /// CREATE VIEW.
    CreateView,
    /// CREATE TEMPORARY TABLES.
    CreateTemporary,
}

impl SchemaRight {
    /// The words in a GRANT.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Alter => "ALTER",
            Self::Drop => "DROP",
            Self::Index => "INDEX",
            Self::CreateView => "CREATE VIEW",
            Self::CreateTemporary => "CREATE TEMPORARY TABLES",
        }
    }
}

/// The rights of every account that the policy's roles use on this target.
#[must_use]
pub fn plans(policy: &PolicySet, target: &TargetSettings, catalog: &Catalog) -> Vec<GrantPlan> {
    let mut plans = BTreeMap::new();
    for role in policy.roles() {
        let Some(user) = target.user(role.database_user()) else {
            continue;
        };
        if !role.targets().contains(&target.name) {
            continue;
        }
        let plan = plans.entry(user.user.clone()).or_insert_with(|| GrantPlan {
            account: user.user.clone(),
            guard_role: target.guard_role.clone(),
            tables: BTreeMap::new(),
            schemas: BTreeMap::new(),
        });
        let rules = role.rules().iter().filter(|rule| may_pass(rule));
        for rule in rules {
            add_tables(plan, rule, (policy, catalog));
            add_schemas(plan, rule, catalog);
        }
    }
    plans.into_values().collect()
}

fn may_pass(rule: &Rule) -> bool {
    match rule.effect() {
        Effect::Allow | Effect::Approve(_) => true,
        Effect::Deny => false,
    }
}

fn add_tables(plan: &mut GrantPlan, rule: &Rule, (policy, catalog): (&PolicySet, &Catalog)) {
    let rights = table_rights(rule);
    if rights.is_empty() {
        return;
    }
    let case = catalog.table_name_case;
    for (id, table) in &catalog.tables {
        // Tables of information_schema are readable by whoever may touch what they tell of.
        // A view without columns is one that the server itself cannot read.
        let readable = id.schema() != "information_schema" && !table.columns.is_empty();
        if !readable || !rule.is_on(id, case) {
            continue;
        }
        let needed = plan.tables.entry(id.clone()).or_insert_with(|| {
            let names = columns::guarded(policy, (id, table), catalog);
            let columns = table.column_names();
            let (protected, open) = columns.partition(|name| names.contains(name));
            TableRights {
                rights: BTreeSet::new(),
                open,
                protected,
            }
        });
        needed.rights.extend(&rights);
    }
}

fn add_schemas(plan: &mut GrantPlan, rule: &Rule, catalog: &Catalog) {
    let rights = schema_rights(rule);
    if rights.is_empty() {
        return;
    }
    let case = catalog.table_name_case;
    for schema in &catalog.schemas {
        let reached = rule
            .on()
            .iter()
            .any(|pattern| pattern.reaches_schema(schema, case));
        if reached && !SYSTEM_SCHEMAS.contains(&schema.as_ref()) {
            plan.schemas
                .entry(schema.to_string())
                .or_default()
                .extend(&rights);
        }
    }
}

fn table_rights(rule: &Rule) -> BTreeSet<TableRight> {
    let covers = |kind| rule.statements().covers(kind);
    let kinds = |right| match right {
        TableRight::Select => &[
            StatementKind::Select,
            StatementKind::Table,
            StatementKind::Describe,
        ][..],
        TableRight::Insert => &[
            StatementKind::Insert,
            StatementKind::Replace,
            StatementKind::LoadDataLocal,
        ][..],
        TableRight::Update => &[StatementKind::Update][..],
        TableRight::Delete => &[StatementKind::Delete, StatementKind::Replace][..],
    };
    let wanted = TableRight::ALL
        .into_iter()
        .filter(|right| kinds(*right).iter().any(|kind| covers(*kind)));
    let mut rights: BTreeSet<_> = wanted.collect();
    // A WHERE, an expression and ON DUPLICATE KEY read what they write.
    if rights.contains(&TableRight::Update) || rights.contains(&TableRight::Delete) {
        rights.insert(TableRight::Select);
    }
    rights
}

fn schema_rights(rule: &Rule) -> BTreeSet<SchemaRight> {
    let rights: &[(StatementKind, &[SchemaRight])] = &[
        (StatementKind::CreateTable, &[SchemaRight::Create]),
        (
            StatementKind::AlterTable,
            &[SchemaRight::Alter, SchemaRight::Create],
        ),
        (StatementKind::DropTable, &[SchemaRight::Drop]),
        (StatementKind::Truncate, &[SchemaRight::Drop]),
        (
            StatementKind::RenameTable,
            &[SchemaRight::Alter, SchemaRight::Drop, SchemaRight::Create],
        ),
        (StatementKind::CreateIndex, &[SchemaRight::Index]),
        (StatementKind::DropIndex, &[SchemaRight::Index]),
        (StatementKind::CreateView, &[SchemaRight::CreateView]),
        (
            StatementKind::AlterView,
            &[SchemaRight::CreateView, SchemaRight::Drop],
        ),
        (StatementKind::DropView, &[SchemaRight::Drop]),
        (
            StatementKind::CreateTemporaryTable,
            &[SchemaRight::CreateTemporary],
        ),
    ];
    let wanted = rights
        .iter()
        .filter(|(kind, _)| rule.statements().covers(*kind));
    wanted
        .flat_map(|(_, rights)| rights.iter().copied())
        .collect()
}

const SYSTEM_SCHEMAS: &[&str] = &["information_schema", "mysql", "performance_schema", "sys"];

#[cfg(test)]
mod tests;
