//! Objects of a server, as the measures tell them, to a catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::Column;
use policy_core::catalog::Index;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::name::TableNameCase;

use crate::question;

/// Adds objects to a catalog. A table with a column that cannot be compared safely stays unknown,
/// as it does in the gateway.
pub(crate) fn add(catalog: &mut Catalog, objects: question::Objects) {
    let case = catalog.table_name_case;
    for schema in &objects.schemas {
        catalog.schemas.insert(fold_schema(case, schema));
    }
    for entry in objects.tables {
        if let Some((id, table)) = table(case, entry) {
            catalog.tables.insert(id, table);
        }
    }
    for (schema, name) in objects.routines {
        let id = TableId::new(case.fold(&schema), Arc::from(name.to_lowercase()));
        catalog.routines.insert(id);
    }
}

/// One table under its folded name.
pub(crate) fn table(case: TableNameCase, entry: question::Table) -> Option<(TableId, Arc<Table>)> {
    let columns: Option<Vec<Column>> = entry.columns.into_iter().map(column).collect();
    let is_view = entry.engine.is_none();
    let kind = match entry.engine {
        None => TableKind::View {
            definition: entry.view.filter(|text| !text.is_empty()).map(Arc::from),
        },
        Some(engine) if is_plain(&engine) => TableKind::Plain,
        Some(engine) => TableKind::OtherEngine(engine),
    };
    let indexes = entry
        .indexes
        .into_iter()
        .map(|(name, unique, columns)| Index {
            name,
            unique,
            columns: columns
                .into_iter()
                .map(|name| name.as_deref().and_then(ColumnName::parse))
                .collect(),
        });
    let table = Table {
        kind,
        columns: columns?,
        indexes: indexes.collect(),
        check_columns: (!is_view).then(BTreeSet::new),
        partition_columns: (!is_view).then(BTreeSet::new),
        ..Table::default()
    };
    let is_system = entry.schema.eq_ignore_ascii_case(INFORMATION_SCHEMA);
    let name = if is_system {
        Arc::from(entry.name.to_ascii_lowercase())
    } else {
        case.fold(&entry.name)
    };
    let id = TableId::new(fold_schema(case, &entry.schema), name);
    Some((id, Arc::new(table)))
}

/// Names in information_schema compare without case on every server.
fn fold_schema(case: TableNameCase, schema: &str) -> Arc<str> {
    if schema.eq_ignore_ascii_case(INFORMATION_SCHEMA) {
        return Arc::from(INFORMATION_SCHEMA);
    }
    case.fold(schema)
}

fn column(entry: question::Column) -> Option<Column> {
    Some(Column {
        name: ColumnName::parse(&entry.name)?,
        data_type: entry.data_type.to_ascii_lowercase(),
        charset: entry.charset,
        invisible: entry.invisible,
        generated: entry.generated.map(Arc::from),
        on_update: false,
        has_default: false,
        default: None,
        auto_increment: false,
        fresh_when_absent: true,
    })
}

/// Rows that the server makes itself have no engine to speak of.
fn is_plain(engine: &str) -> bool {
    let plain = ["", "InnoDB", "MyISAM", "Aria", "MEMORY"];
    plain.iter().any(|name| name.eq_ignore_ascii_case(engine))
}

const INFORMATION_SCHEMA: &str = "information_schema";
