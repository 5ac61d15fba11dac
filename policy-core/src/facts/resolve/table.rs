//! What a table name means: a name of WITH, a temporary table, a base table, a view, or one of
//! the server's descriptions of itself.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Resolver;
use super::from::own_name;
use super::query::Commons;
use super::unknown;
use super::value::Field;
use super::value::FieldName;
use super::value::Kind;
use super::value::Known;
use super::value::Origin;
use super::value::Relation;
use super::value::Value;
use crate::allow::information_schema;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::catalog::numbers;
use crate::facts::unsupported;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::session::TemporaryTables;
use crate::statement::Verb;
use crate::statement::Witness;
use crate::unread::Unread;

/// What the catalog, or the session, holds under a name.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) origin: Rc<Origin>,
    pub(super) table: Arc<Table>,
}

impl Resolver<'_> {
    /// The relation that a name in FROM stands for; reading it is recorded.
    pub(super) fn table(
        &mut self,
        name: &[String],
        alias: Option<&str>,
        commons: &Commons<'_>,
    ) -> Result<Relation, Unread> {
        let alias = self.fold(alias.unwrap_or_else(|| own_name(name)))?;
        if let [only] = name
            && let Some(fields) = commons.find(&self.fold(only)?)?
        {
            return Ok(Relation {
                alias,
                schema: None,
                fields: fields.iter().cloned().map(Rc::new).collect(),
                origin: None,
                partial: false,
            });
        }
        if let Some(relation) = self.described(name, &alias)? {
            return Ok(relation);
        }
        let found = self.find(name)?;
        self.access(Verb::Read, &found.origin, []);
        if self.locking {
            self.access(Verb::Lock, &found.origin, []);
        }
        self.relation(&found, alias)
    }

    /// The columns of a table or a view as a relation.
    pub(super) fn relation(&mut self, found: &Found, alias: Arc<str>) -> Result<Relation, Unread> {
        let fields = match &found.table.kind {
            // Whether an engine may be used is the policy's business.
            TableKind::Plain | TableKind::OtherEngine(_) => self.base_fields(found)?,
            TableKind::View { definition } => self.view_fields(found, definition.as_deref())?,
        };
        Ok(Relation {
            alias,
            schema: Some(Arc::from(found.origin.table.schema())),
            fields: fields.into_iter().map(Rc::new).collect(),
            origin: Some(Rc::clone(&found.origin)),
            partial: false,
        })
    }

    /// Finds a table by its written name, the session's temporary ones first.
    pub(super) fn find(&mut self, name: &[String]) -> Result<Found, Unread> {
        let (schema, table) = match name {
            [table] => (self.schema.clone(), table),
            [schema, table] => (Some(self.fold(schema)?), table),
            _ => return unknown("table", &name.join(".")),
        };
        let Some(schema) = schema else {
            return unknown("default schema for table", &name.join("."));
        };
        let id = TableId::new(schema, self.fold(table)?);
        let temporary = match &self.session.temporary {
            TemporaryTables::Known(tables) => tables.get(&id),
            TemporaryTables::Unknown => {
                return Err(Unread::Unsupported {
                    construct: "a table name where temporary tables may lie over it".to_owned(),
                    hint: Some("reset the connection, then repeat the statement"),
                });
            }
        };
        let is_temporary = temporary.is_some();
        let held = temporary.or_else(|| self.catalog.tables.get(&id)).cloned();
        let numbers = || numbers::table(&id, self.catalog.server.kind);
        let Some(table) = held.or_else(numbers) else {
            return unknown("table", &name.join("."));
        };
        if is_temporary {
            self.statement.uses_temporary = true;
        }
        let base = !matches!(table.kind, TableKind::View { .. });
        Ok(Found {
            table,
            origin: Rc::new(Origin {
                table: id,
                via: self.via.clone(),
                temporary: is_temporary,
                base,
            }),
        })
    }

    /// A table of information_schema: names compare without regard to case there, and no column
    /// holds rows.
    fn described(&mut self, name: &[String], alias: &Arc<str>) -> Result<Option<Relation>, Unread> {
        let (schema, table) = match name {
            [table] => (self.schema.clone().unwrap_or_default(), table),
            [schema, table] => (Arc::from(schema.as_str()), table),
            _ => return Ok(None),
        };
        if !schema.eq_ignore_ascii_case(information_schema::NAME) {
            return Ok(None);
        }
        let table = table.to_ascii_lowercase();
        let kind = self.catalog.server.kind;
        let Some(open) = information_schema::find(&table, kind) else {
            return self.closed(table, Arc::clone(alias)).map(Some);
        };
        let origin = Rc::new(Origin {
            table: TableId::new(Arc::from(information_schema::NAME), Arc::from(table)),
            via: self.via.clone(),
            temporary: false,
            base: false,
        });
        self.access(Verb::Read, &origin, []);
        let field = |name: &&'static str| {
            let column = Self::column_name(name)?;
            // What moves with stored values is followed as if it were one.
            let tells = information_schema::tells_of_values(origin.table.table(), name);
            let source = tells.then(|| ColumnId {
                table: origin.table.clone(),
                column: column.clone(),
            });
            Ok(Rc::new(Field {
                name: FieldName::Known(column),
                value: Value::computed(source.into_iter().collect(), Kind::Other),
                invisible: false,
                origin: Some(Rc::clone(&origin)),
            }))
        };
        Ok(Some(Relation {
            alias: Arc::clone(alias),
            schema: Some(Arc::from(information_schema::NAME)),
            fields: open
                .columns(kind)
                .iter()
                .map(field)
                .collect::<Result<_, Unread>>()?,
            origin: Some(Rc::clone(&origin)),
            partial: true,
        }))
    }

    /// A table of information_schema that is not open is read only where the catalog holds it;
    /// whoever decides refuses it by its name.
    fn closed(&mut self, table: String, alias: Arc<str>) -> Result<Relation, Unread> {
        let id = TableId::new(Arc::from(information_schema::NAME), Arc::from(table));
        let Some(table) = self.catalog.tables.get(&id) else {
            return unknown("table", &id.to_string());
        };
        let found = Found {
            table: Arc::clone(table),
            origin: Rc::new(Origin {
                table: id,
                via: self.via.clone(),
                temporary: false,
                base: false,
            }),
        };
        self.access(Verb::Read, &found.origin, []);
        self.relation(&found, alias)
    }

    fn base_fields(&self, found: &Found) -> Result<Vec<Field>, Unread> {
        if found.table.columns.is_empty() {
            return Err(unsupported("a table whose columns are not known"));
        }
        let id = |name: &ColumnName| ColumnId {
            table: found.origin.table.clone(),
            column: name.clone(),
        };
        found
            .table
            .columns
            .iter()
            .map(|column| {
                let own = id(&column.name);
                let server = self.catalog.server;
                let names = found.table.generated_from(&column.name, server);
                let mut sources: BTreeSet<ColumnId> = names.iter().map(id).collect();
                sources.insert(own.clone());
                Ok(Field {
                    name: FieldName::Known(column.name.clone()),
                    value: Value {
                        sources,
                        bare: Some(own.clone()),
                        witness: Witness::Exactly(vec![own]),
                        kind: Kind::of_column(&column.data_type, self.catalog.server.kind),
                        literal: false,
                        // An expression over other columns may fail over some of their values.
                        steady: column.generated.is_none(),
                        known: Known::Nothing,
                    },
                    invisible: column.invisible,
                    origin: Some(Rc::clone(&found.origin)),
                })
            })
            .collect()
    }
}
