//! Rows of `information_schema` to a catalog; pure.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::Column;
use policy_core::catalog::ForeignKey;
use policy_core::catalog::Index;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::catalog::lasting;
use policy_core::catalog::lasting::Code;
use policy_core::catalog::lasting::Lasting;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::name::TableNameCase;
use policy_core::server::Server;
use policy_core::server::ServerKind;

use super::error::CatalogError;
use super::expression::unescape;
use crate::upstream::client::Row;

/// A catalog in the making: tables are gathered first, then given what belongs to them.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    server: Server,
    case: TableNameCase,
    schemas: BTreeSet<Arc<str>>,
    tables: BTreeMap<TableId, Table>,
    routines: BTreeSet<TableId>,
    /// Texts of routines, views and triggers, these under their tables; `None` for what cannot be read.
    codes: Vec<(TableId, Option<String>)>,
    /// Tables with a name that the server and we might compare differently.
    left_out: BTreeSet<TableId>,
}

/// A catalog, and what could not be taken into it.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) catalog: Catalog,
    /// Tables that stay unknown because of a column whose name cannot be compared safely.
    pub(super) left_out: Vec<TableId>,
}

impl Builder {
    pub(super) fn new(server: Server, case: TableNameCase) -> Self {
        Self {
            server,
            case,
            schemas: BTreeSet::new(),
            tables: BTreeMap::new(),
            routines: BTreeSet::new(),
            codes: Vec::new(),
            left_out: BTreeSet::new(),
        }
    }

    pub(super) fn schemas(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let name = needed(row, 0, "schemas")?;
            if name.eq_ignore_ascii_case(RESERVED) {
                return Err(CatalogError::Reserved {
                    name: name.to_owned(),
                });
            }
            self.schemas.insert(self.case.fold(name));
        }
        Ok(())
    }

    pub(super) fn tables(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "tables")?;
            let kind = match needed(row, 2, "tables")? {
                "VIEW" => TableKind::View { definition: None },
                // Rows that the server makes itself; the policy says which of them may be read.
                "SYSTEM VIEW" => TableKind::Plain,
                // A sequence of MariaDB is a table of one row.
                "BASE TABLE" | "SYSTEM VERSIONED" | "SEQUENCE" => {
                    engine_kind(row.text(3).unwrap_or_default())
                }
                "TEMPORARY" | "LOCAL TEMPORARY" => continue,
                other => TableKind::OtherEngine(other.to_owned()),
            };
            let table = Table {
                kind,
                check_columns: Some(BTreeSet::new()),
                partition_columns: Some(BTreeSet::new()),
                ..Table::default()
            };
            self.tables.insert(id, table);
        }
        Ok(())
    }

    pub(super) fn columns(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "columns")?;
            let name = needed(row, 2, "columns")?;
            let Some(name) = ColumnName::parse(name) else {
                self.left_out.insert(id);
                continue;
            };
            let kind = self.server.kind;
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            let extra = row.text(5).unwrap_or_default().to_ascii_lowercase();
            let expression = row.text(6).filter(|expression| !expression.is_empty());
            table.columns.push(Column {
                name,
                data_type: needed(row, 3, "columns")?.to_ascii_lowercase(),
                charset: row.text(4).map(str::to_owned),
                invisible: extra.contains("invisible"),
                generated: expression.map(|text| Arc::from(unescape(text, kind))),
                on_update: extra.contains("on update"),
                has_default: row.text(7).is_some_and(tells),
                default: default_expression(row.text(7), &extra, kind),
                auto_increment: extra.contains("auto_increment"),
                fresh_when_absent: extra.contains("auto_increment")
                    || (row.text(8) == Some("YES") && matches!(row.text(7), None | Some("NULL"))),
            });
        }
        Ok(())
    }

    pub(super) fn indexes(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "indexes")?;
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            let name = needed(row, 2, "indexes")?;
            let unique = match needed(row, 3, "indexes")? {
                "0" => true,
                "1" => false,
                _ => return Err(CatalogError::Form { what: "indexes" }),
            };
            let part = row.text(4).and_then(ColumnName::parse);
            match table.indexes.last_mut() {
                Some(last) if last.name == name => last.columns.push(part),
                Some(_) | None => table.indexes.push(Index {
                    name: name.to_owned(),
                    unique,
                    columns: vec![part],
                }),
            }
        }
        Ok(())
    }

    pub(super) fn foreign_keys(&mut self, rows: &[Row], rules: &[Row]) -> Result<(), CatalogError> {
        const WHAT: &str = "foreign keys";
        let mut cascades = BTreeMap::new();
        for row in rules {
            let key = (self.table_id(row, WHAT)?, needed(row, 2, WHAT)?);
            let (update, delete) = (needed(row, 3, WHAT)?, needed(row, 4, WHAT)?);
            let quiet = [update, delete]
                .iter()
                .all(|rule| QUIET_RULES.contains(rule));
            cascades.insert(key, !quiet);
        }
        let mut last: Option<(TableId, &str)> = None;
        for row in rows {
            let id = self.table_id(row, WHAT)?;
            let name = needed(row, 2, WHAT)?;
            let parent = TableId::new(
                self.case.fold(needed(row, 4, WHAT)?),
                self.case.fold(needed(row, 5, WHAT)?),
            );
            let names = (needed(row, 3, WHAT)?, needed(row, 6, WHAT)?);
            let (Some(column), Some(parent_column)) =
                (ColumnName::parse(names.0), ColumnName::parse(names.1))
            else {
                self.left_out.insert(id);
                continue;
            };
            let key = Some((id.clone(), name));
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            match table.foreign_keys.last_mut() {
                Some(open) if last == key => {
                    open.columns.push(column);
                    open.parent_columns.push(parent_column);
                }
                Some(_) | None => table.foreign_keys.push(ForeignKey {
                    columns: vec![column],
                    parent,
                    parent_columns: vec![parent_column],
                    // A key whose rules are not told may do anything.
                    cascades: cascades.get(&(id, name)).copied().unwrap_or(true),
                }),
            }
            last = key;
        }
        Ok(())
    }

    pub(super) fn checks(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "checks")?;
            let server = self.server;
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            let clause = unescape(needed(row, 2, "checks")?, server.kind);
            let document = checked_document(&clause, server.kind);
            let found = match &document {
                // It tells no value, and hangs on nothing but what is written.
                Some(_) => Some(BTreeSet::new()),
                None => table.columns_named(&clause, server),
            };
            merge(&mut table.check_columns, found);
            if let Some(name) = document {
                let columns = table.columns.iter_mut();
                let named = columns.filter(|column| column.name == name);
                for column in named.filter(|column| column.data_type == "longtext") {
                    "json".clone_into(&mut column.data_type);
                }
            }
        }
        Ok(())
    }

    /// Indexes must have been given before: a key partition without columns goes by the key.
    pub(super) fn partitions(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "partitions")?;
            let server = self.server;
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            for (method, expression) in [(2, 3), (4, 5)] {
                let Some(method) = row.text(method).filter(|method| !method.is_empty()) else {
                    continue;
                };
                let expression = row.text(expression).unwrap_or_default();
                let found = if !expression.is_empty() {
                    table.columns_named(expression, server)
                } else if method.ends_with("KEY") {
                    unique_columns(table)
                } else {
                    None
                };
                merge(&mut table.partition_columns, found);
            }
        }
        Ok(())
    }

    pub(super) fn views(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "views")?;
            let Some(table) = self.tables.get_mut(&id) else {
                continue;
            };
            // Both servers show an empty text to an account that may not read the definition.
            let definition = row.text(2).filter(|text| !text.is_empty());
            table.kind = TableKind::View {
                definition: definition.map(Arc::from),
            };
            self.codes.push((id, definition.map(str::to_owned)));
        }
        Ok(())
    }

    pub(super) fn triggers(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let id = self.table_id(row, "triggers")?;
            if let Some(table) = self.tables.get_mut(&id) {
                table.has_triggers = true;
            }
            self.codes.push((id, row.text(2).map(str::to_owned)));
        }
        Ok(())
    }

    pub(super) fn routines(&mut self, rows: &[Row]) -> Result<(), CatalogError> {
        for row in rows {
            let schema = self.case.fold(needed(row, 0, "routines")?);
            let name = needed(row, 1, "routines")?.to_lowercase();
            let id = TableId::new(schema, Arc::from(name));
            // Whatever calls the server's own names their schema.
            if !OWN_SCHEMAS.contains(&id.schema()) {
                self.codes
                    .push((id.clone(), row.text(2).map(str::to_owned)));
            }
            self.routines.insert(id);
        }
        Ok(())
    }

    pub(super) fn finish(mut self, version: u64) -> Built {
        for id in &self.left_out {
            self.tables.remove(id);
        }
        let catalog = Catalog {
            version,
            server: self.server,
            table_name_case: self.case,
            schemas: self.schemas,
            tables: self
                .tables
                .into_iter()
                .map(|(id, table)| (id, Arc::new(table)))
                .collect(),
            routines: self.routines,
            lasting: lasting_of(&self.codes),
        };
        Built {
            catalog,
            left_out: self.left_out.into_iter().collect(),
        }
    }

    /// The first two cells as a table's name.
    fn table_id(&self, row: &Row, what: &'static str) -> Result<TableId, CatalogError> {
        let (schema, table) = (needed(row, 0, what)?, needed(row, 1, what)?);
        // Names in information_schema compare without case on every server.
        if schema.eq_ignore_ascii_case(INFORMATION_SCHEMA) {
            return Ok(TableId::new(
                Arc::from(INFORMATION_SCHEMA),
                Arc::from(table.to_ascii_lowercase()),
            ));
        }
        Ok(TableId::new(self.case.fold(schema), self.case.fold(table)))
    }
}

fn lasting_of(codes: &[(TableId, Option<String>)]) -> BTreeMap<TableId, Lasting> {
    let texts: Vec<Code<'_>> = codes
        .iter()
        .map(|(id, text)| Code {
            name: id.table(),
            text: text.as_deref(),
        })
        .collect();
    let mut all = BTreeMap::new();
    // A table may have several triggers.
    for ((id, _), lasts) in codes.iter().zip(lasting::lasting(&texts)) {
        let most = all.get(id).copied().max(lasts);
        if let Some(most) = most {
            all.insert(id.clone(), most);
        }
    }
    all
}

fn engine_kind(engine: &str) -> TableKind {
    if PLAIN_ENGINES
        .iter()
        .any(|plain| plain.eq_ignore_ascii_case(engine))
    {
        TableKind::Plain
    } else {
        TableKind::OtherEngine(engine.to_owned())
    }
}

/// The columns of all unique keys: the server takes one of them.
fn unique_columns(table: &Table) -> Option<BTreeSet<ColumnName>> {
    let unique = table.indexes.iter().filter(|index| index.unique);
    let columns: Option<BTreeSet<ColumnName>> = unique
        .flat_map(|index| index.columns.iter().cloned())
        .collect();
    columns.filter(|columns| !columns.is_empty())
}

/// The column of a MariaDB JSON: a LONGTEXT whose CHECK says so, and nothing else.
fn checked_document(clause: &str, server: ServerKind) -> Option<ColumnName> {
    let named = match server {
        ServerKind::MySql => return None,
        ServerKind::MariaDb => clause.strip_prefix("json_valid(`")?.strip_suffix("`)")?,
    };
    let name = named.replace("``", "");
    if name.contains('`') {
        return None;
    }
    ColumnName::parse(&named.replace("``", "`"))
}

fn merge(all: &mut Option<BTreeSet<ColumnName>>, more: Option<BTreeSet<ColumnName>>) {
    *all = all
        .take()
        .zip(more)
        .map(|(all, more)| all.into_iter().chain(more).collect());
}

fn needed<'a>(row: &'a Row, place: usize, what: &'static str) -> Result<&'a str, CatalogError> {
    row.text(place).ok_or(CatalogError::Form { what })
}

const PLAIN_ENGINES: &[&str] = &["InnoDB", "MyISAM", "Aria", "MEMORY"];
/// Rules under which a foreign key changes no row of its own table.
const QUIET_RULES: &[&str] = &["RESTRICT", "NO ACTION"];
const INFORMATION_SCHEMA: &str = "information_schema";
/// The schema under which the gateway itself answers.
const RESERVED: &str = "postern";
/// Schemas whose routines come with the server.
const OWN_SCHEMAS: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

/// A default that may name other columns. MariaDB shows each default as an expression, with names in
/// backticks.
fn default_expression(text: Option<&str>, extra: &str, kind: ServerKind) -> Option<Arc<str>> {
    let is_expression = match kind {
        ServerKind::MySql => extra.contains("default_generated"),
        ServerKind::MariaDb => text.is_some_and(|text| text.contains('`')),
    };
    text.filter(|_| is_expression)
        .map(|text| Arc::from(unescape(text, kind)))
}

/// Whether a default tells something: not NULL, as MariaDB writes it, and not the empty string.
fn tells(default: &str) -> bool {
    !matches!(default, "" | "''" | "NULL")
}

#[cfg(test)]
mod tests;
