//! What a write tells without showing anything: keys, constraints and rows that refer to it.

use std::collections::BTreeSet;

use super::Resolver;
use super::table::Found;
use super::value::Relation;
use crate::catalog::ForeignKey;
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
        let all = || table.column_names();
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
        let told = self.told_by_keys(&found.origin.table, &found.table, written);
        self.sink(&told, strength, place);
    }

    fn told_by_keys(
        &self,
        id: &TableId,
        table: &Table,
        written: &BTreeSet<ColumnName>,
    ) -> BTreeSet<ColumnId> {
        let written = &self.with_generated(table, written);
        let all = || table.column_names();
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
        let mut told = columns_of(id, told);
        for key in &table.foreign_keys {
            if key.columns.iter().any(|column| written.contains(column)) {
                told.extend(columns_of(id, key.columns.clone()));
                told.extend(columns_of(&key.parent, key.parent_columns.clone()));
            }
        }
        told
    }

    /// Written columns, and those that are computed from them.
    fn with_generated(
        &self,
        table: &Table,
        written: &BTreeSet<ColumnName>,
    ) -> BTreeSet<ColumnName> {
        let computed = self.computed_from(table, written);
        let names = computed.into_iter().map(|(name, _)| name);
        names.chain(written.iter().cloned()).collect()
    }

    /// What columns of an existing row are computed from, when they are computed anew: the value may not
    /// fit, and its error tells of the others.
    pub(super) fn sources_computed_anew(
        &mut self,
        found: &Found,
        written: &BTreeSet<ColumnName>,
        place: &'static str,
    ) {
        let table = &found.table;
        let computed = self.computed_from(table, written);
        let mut told: BTreeSet<ColumnName> =
            computed.into_iter().flat_map(|(_, all)| all).collect();
        let mut parts = table.indexes.iter().flat_map(|index| &index.columns);
        if parts.any(Option::is_none) {
            // What an index holds of an expression is computed anew, too.
            told.extend(table.column_names());
        }
        self.sink(&columns_of(&found.origin.table, told), Strength::Any, place);
    }

    /// The columns that are computed from a written one, each with all that it is computed from.
    fn computed_from(
        &self,
        table: &Table,
        written: &BTreeSet<ColumnName>,
    ) -> Vec<(ColumnName, BTreeSet<ColumnName>)> {
        let computed = table.columns.iter().filter_map(|column| {
            let sources = table.generated_from(&column.name, self.catalog.server);
            (!sources.is_disjoint(written)).then(|| (column.name.clone(), sources))
        });
        computed.collect()
    }

    /// Rows of other tables that refer to a changed or removed row; `None` for a removed one.
    pub(super) fn rows_that_refer(
        &mut self,
        found: &Found,
        written: Option<&BTreeSet<ColumnName>>,
        place: &'static str,
    ) {
        let (mut told, mut carried) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![(found.origin.table.clone(), written.cloned())];
        let mut seen = BTreeSet::new();
        while let Some(change) = open.pop() {
            if !seen.insert(change.clone()) {
                continue;
            }
            let (parent, written) = change;
            for (child, table) in &self.catalog.tables {
                let keys = table.foreign_keys.iter();
                for key in
                    keys.filter(|key| key.parent == parent && concerns(key, written.as_ref()))
                {
                    told.extend(columns_of(child, key.columns.clone()));
                    told.extend(columns_of(&parent, key.parent_columns.clone()));
                    if key.cascades {
                        // Its rows go with the parent's, or get other values in the key.
                        let set: BTreeSet<ColumnName> = key.columns.iter().cloned().collect();
                        carried.extend(self.told_by_keys(child, table, &set));
                        open.push((child.clone(), written.as_ref().map(|_| set)));
                    }
                }
            }
        }
        self.sink(&told, Strength::Equality, place);
        self.sink(&carried, Strength::Any, place);
    }
}

/// Whether a foreign key hangs on columns of its parent that are changed; all do on a row that goes.
fn concerns(key: &ForeignKey, written: Option<&BTreeSet<ColumnName>>) -> bool {
    written.is_none_or(|written| {
        key.parent_columns
            .iter()
            .any(|column| written.contains(column))
    })
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
