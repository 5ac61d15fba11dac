//! Which columns of a table or view only the guard role may touch.

use std::collections::BTreeSet;

use policy_core::catalog::Catalog;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::charset::ClientCharset;
use policy_core::lex::ReadLimits;
use policy_core::name::ColumnId;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::policy::set::PolicySet;
use policy_core::read::read;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Output;

use super::text::identifier;

/// The columns that the policy protects, and those that are computed from them, by the table
/// itself or by a view.
pub(super) fn guarded(
    policy: &PolicySet,
    (id, table): (&TableId, &Table),
    catalog: &Catalog,
) -> BTreeSet<ColumnName> {
    let mut names = protected_columns(policy, (id, table), catalog);
    match table.kind {
        TableKind::View { .. } => names.extend(protected_of_view(policy, (id, table), catalog)),
        TableKind::Plain | TableKind::OtherEngine(_) => {}
    }
    names
}

/// The protected columns of a table, and what the table computes from them.
fn protected_columns(
    policy: &PolicySet,
    (id, table): (&TableId, &Table),
    catalog: &Catalog,
) -> BTreeSet<ColumnName> {
    let named: BTreeSet<ColumnName> = table
        .columns
        .iter()
        .map(|column| ColumnId {
            table: id.clone(),
            column: column.name.clone(),
        })
        .filter(|column| policy.is_protected(column, catalog.table_name_case))
        .map(|column| column.column)
        .collect();
    let computed = table.columns.iter().filter(|column| {
        let sources = table.computed_from(&column.name, catalog.server);
        !sources.is_disjoint(&named)
    });
    let computed = computed.map(|column| column.name.clone()).collect();
    named.union(&computed).cloned().collect()
}

/// The columns of a view whose values come from protected ones; all of them when the view cannot be
/// read, as then its statements cannot pass anyway.
fn protected_of_view(
    policy: &PolicySet,
    (id, view): (&TableId, &Table),
    catalog: &Catalog,
) -> BTreeSet<ColumnName> {
    let names = view.column_names();
    let Some(sources) = view_sources(id, catalog).filter(|all| all.len() == view.columns.len())
    else {
        return names.collect();
    };
    let is_protected = |source: &ColumnId| {
        let table = catalog.tables.get(&source.table);
        table.is_none_or(|table| {
            protected_columns(policy, (&source.table, table), catalog).contains(&source.column)
        })
    };
    let protected = names
        .zip(&sources)
        .filter(|(_, sources)| sources.iter().any(is_protected));
    protected.map(|(name, _)| name).collect()
}

/// The base columns behind each column of a view, as a statement on it is read.
fn view_sources(id: &TableId, catalog: &Catalog) -> Option<Vec<BTreeSet<ColumnId>>> {
    let text = format!(
        "SELECT * FROM {}.{}",
        identifier(id.schema()),
        identifier(id.table())
    );
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
    let read = read(text.as_bytes(), &session, catalog, &ReadLimits::default()).ok()?;
    match &read.first()?.output {
        Output::Columns(columns) => Some(
            columns
                .iter()
                .map(|column| column.sources.clone())
                .collect(),
        ),
        Output::None | Output::ServerShaped => None,
    }
}
