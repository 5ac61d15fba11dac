//! A table as its definitions make it: what they name is resolved once all of them are read.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::catalog::Column;
use crate::catalog::Table;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Influence;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::column_ids;
use crate::statement::definition::Definition;
use crate::statement::formula;
use crate::statement::formula::Ground;
use crate::statement::formula::Place;
use crate::unread::Unread;

/// A table that a statement makes or changes.
#[derive(Debug)]
pub(super) struct Draft {
    id: TableId,
    columns: BTreeMap<ColumnName, Column>,
    exists: bool,
}

impl Draft {
    /// A table that is not there yet.
    pub(super) fn new(id: &TableId) -> Self {
        Self {
            id: id.clone(),
            columns: BTreeMap::new(),
            exists: false,
        }
    }

    /// A table that changes.
    pub(super) fn of(id: &TableId, table: &Table) -> Self {
        let columns = table.columns.iter();
        Self {
            id: id.clone(),
            columns: columns
                .map(|column| (column.name.clone(), column.clone()))
                .collect(),
            exists: true,
        }
    }

    /// Adds a column that expressions may name.
    pub(super) fn add(&mut self, name: &ColumnName) {
        self.columns.entry(name.clone()).or_insert_with(|| Column {
            name: name.clone(),
            data_type: String::new(),
            charset: None,
            invisible: false,
            generated: None,
            on_update: false,
            has_default: false,
            default: None,
            auto_increment: false,
            fresh_when_absent: true,
        });
    }

    /// Adds what the definitions do to the statement, and gives all columns that they name.
    pub(super) fn settle(
        mut self,
        at: &Cursor<'_>,
        definitions: &[Definition],
        statement: &mut Statement,
    ) -> Result<BTreeSet<ColumnName>, Unread> {
        for definition in definitions {
            if let Some(column) = &definition.column {
                self.add(column);
            }
        }
        let has_generated = self
            .columns
            .values()
            .any(|column| column.generated.is_some());
        let mut named = BTreeSet::new();
        for definition in definitions {
            refer(at, definition, statement)?;
            named.extend(definition.named.iter().cloned());
            if definition.names_others && self.exists {
                named.extend(self.columns.keys().cloned());
            }
            named.extend(definition.column.clone());
            for formula in &definition.formulas {
                let ground = Ground {
                    id: &self.id,
                    columns: &self.columns,
                    has_generated,
                    exists: self.exists,
                };
                let columns = formula::settle(at, formula, ground, statement)?;
                if let Some(target) = &definition.column {
                    self.carry(formula.place, &columns, target, statement);
                }
                named.extend(columns);
            }
        }
        Ok(named)
    }

    /// A computed column carries on what it is computed from. The catalog will tell what a generated
    /// column of a new table is made of; of a default it does not.
    fn carry(
        &self,
        place: Place,
        from: &BTreeSet<ColumnName>,
        to: &ColumnName,
        statement: &mut Statement,
    ) {
        let carries = match place {
            Place::Generated => self.exists,
            Place::Default => true,
            Place::Condition | Place::Bound => false,
        };
        if carries && !from.is_empty() {
            statement.flows.push(column_flow(&self.id, from, to));
        }
    }
}

/// A flow within one table.
pub(super) fn column_flow(id: &TableId, from: &BTreeSet<ColumnName>, to: &ColumnName) -> Flow {
    Flow {
        sources: column_ids(id, from),
        target: FlowTarget::Column(ColumnId {
            table: id.clone(),
            column: to.clone(),
        }),
        literal: false,
    }
}

/// Foreign keys tell whoever writes the child which values the parent holds.
fn refer(
    at: &Cursor<'_>,
    definition: &Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    for (parent, columns) in &definition.parents {
        let mut columns = columns.clone();
        if columns.is_empty()
            && let Some(table) = at.table(parent)?
        {
            columns = primary_key(table);
        }
        for column in column_ids(parent, &columns) {
            statement.influences.push(Influence {
                column,
                strength: Strength::Equality,
                place: "FOREIGN KEY",
                texts: Vec::new(),
                numbers: Vec::new(),
            });
        }
        let access = at.access(Verb::Describe, parent, columns)?;
        statement.accesses.push(access);
    }
    Ok(())
}

/// The columns of the primary key; all where that is not known.
fn primary_key(table: &Table) -> BTreeSet<ColumnName> {
    let primary = table.indexes.iter().find(|index| index.name == "PRIMARY");
    let columns = primary.map(|index| index.columns.iter().cloned().collect());
    let columns: Option<BTreeSet<ColumnName>> = columns.flatten();
    columns.unwrap_or_else(|| all_columns(table))
}
