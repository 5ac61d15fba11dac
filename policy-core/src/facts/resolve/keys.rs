//! What a write tells without showing anything: keys, constraints and rows that refer to it.

use std::collections::BTreeSet;

use super::Resolver;
use super::table::Found;
use super::value::Relation;
use crate::catalog::Table;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Strength;

impl Resolver<'_> {
    /// `PARTITION (p)` chooses rows by the partition columns.
    pub(super) fn partition_selection(&mut self, relation: &Relation) {
        let Some(origin) = &relation.origin else {
            return;
        };
        let Some(table) = self.catalog.tables.get(&origin.table).cloned() else {
            return;
        };
        let all = || table.columns.iter().map(|column| column.name.clone());
        let names: BTreeSet<ColumnName> = match &table.partition_columns {
            Some(names) => names.clone(),
            None => all().collect(),
        };
        self.sink(
            &columns_of(&origin.table, names),
            Strength::Any,
            "PARTITION",
        );
    }

    /// Unique keys, checks, partitions and foreign keys that hold a written column.
    pub(super) fn keys_of_written(
        &mut self,
        found: &Found,
        written: &BTreeSet<ColumnName>,
        (strength, place): (Strength, &'static str),
    ) {
        let table = &found.table;
        let written = &self.with_generated(table, written);
        let all = || table.columns.iter().map(|column| column.name.clone());
        let mut told = BTreeSet::new();
        for index in table.indexes.iter().filter(|index| index.unique) {
            let names: BTreeSet<ColumnName> = if index.columns.iter().any(Option::is_none) {
                all().collect()
            } else {
                index.columns.iter().flatten().cloned().collect()
            };
            if !names.is_disjoint(written) {
                told.extend(names);
            }
        }
        for names in [&table.check_columns, &table.partition_columns] {
            match names {
                Some(names) if names.is_disjoint(written) => {}
                Some(names) => told.extend(names.iter().cloned()),
                None if all().any(|name| written.contains(&name)) => told.extend(all()),
                None => {}
            }
        }
        let mut told = columns_of(&found.origin.table, told);
        for key in &table.foreign_keys {
            if key.columns.iter().any(|column| written.contains(column)) {
                told.extend(columns_of(&found.origin.table, key.columns.clone()));
                told.extend(columns_of(&key.parent, key.parent_columns.clone()));
            }
        }
        self.sink(&told, strength, place);
    }

    /// Written columns, and those that are computed from them.
    fn with_generated(
        &self,
        table: &Table,
        written: &BTreeSet<ColumnName>,
    ) -> BTreeSet<ColumnName> {
        let computed = table.columns.iter().filter(|column| {
            let mut names = BTreeSet::new();
            // What cannot be read may be computed from anything.
            column.generated.is_some()
                && (self.generated_from(table, column, &mut names).is_err()
                    || !names.is_disjoint(written))
        });
        let names = computed.map(|column| column.name.clone());
        names.chain(written.iter().cloned()).collect()
    }

    /// Rows of other tables that refer to a changed or removed row; `None` for a removed one.
    pub(super) fn rows_that_refer(
        &mut self,
        found: &Found,
        written: Option<&BTreeSet<ColumnName>>,
        place: &'static str,
    ) {
        let parent = &found.origin.table;
        let mut told = BTreeSet::new();
        for (child, table) in &self.catalog.tables {
            for key in table
                .foreign_keys
                .iter()
                .filter(|key| key.parent == *parent)
            {
                let concerns = written
                    .is_none_or(|written| key.parent_columns.iter().any(|c| written.contains(c)));
                if !concerns {
                    continue;
                }
                told.extend(columns_of(child, key.columns.clone()));
                told.extend(columns_of(parent, key.parent_columns.clone()));
            }
        }
        self.sink(&told, Strength::Equality, place);
    }
}

fn columns_of(table: &TableId, names: impl IntoIterator<Item = ColumnName>) -> BTreeSet<ColumnId> {
    names
        .into_iter()
        .map(|column| ColumnId {
            table: table.clone(),
            column,
        })
        .collect()
}
