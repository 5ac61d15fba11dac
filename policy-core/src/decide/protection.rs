//! Which columns are protected, and how, for one principal over one catalog.

use std::cell::RefCell;

use crate::catalog::Catalog;
use crate::catalog::Table;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::policy::mask::MaskSpec;
use crate::policy::protect::InfluenceLimit;
use crate::policy::protect::Protect;
use crate::policy::protect::WriteLimit;
use crate::policy::set::PolicySet;
use crate::principal::Principal;

/// The protect entries of a policy, looked at over a catalog.
#[derive(Debug)]
pub(super) struct Protection<'a> {
    policy: &'a PolicySet,
    catalog: &'a Catalog,
    principal: &'a Principal,
    /// The table that was asked for last: columns are asked about by the table.
    last: RefCell<Option<(TableId, Option<Known<'a>>)>>,
}

/// A table of the catalog.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    table: &'a Table,
    /// Whether any of its columns is computed from others.
    computes: bool,
}

/// How one column is protected: the strictest of all entries that mean it.
#[derive(Debug)]
pub(super) struct Guarded<'a> {
    /// Every entry that means it, in the order of the file.
    entries: Vec<&'a Protect>,
    /// The entries that hold for this principal.
    binding: Vec<&'a Protect>,
    /// Whether it is computed from a protected column: then there is no bare value to mask.
    derived: bool,
}

impl<'a> Protection<'a> {
    pub(super) fn new(
        policy: &'a PolicySet,
        catalog: &'a Catalog,
        principal: &'a Principal,
    ) -> Self {
        Self {
            policy,
            catalog,
            principal,
            last: RefCell::new(None),
        }
    }

    fn table(&self, id: &TableId) -> Option<Known<'a>> {
        if let Some((last, known)) = &*self.last.borrow()
            && last == id
        {
            return *known;
        }
        let known = self.catalog.tables.get(id).map(|table| Known {
            table,
            computes: table.columns.iter().any(|c| c.expression().is_some()),
        });
        *self.last.borrow_mut() = Some((id.clone(), known));
        known
    }

    /// Whether the policy protects anything at all.
    pub(super) fn is_empty(&self) -> bool {
        self.policy.protects().is_empty()
    }

    /// How that column is protected, if it is.
    pub(super) fn of(&self, column: &ColumnId) -> Option<Guarded<'a>> {
        let protects = self.policy.protects();
        if protects.is_empty() {
            return None;
        }
        let case = self.catalog.table_name_case;
        let computing = self.table(&column.table).filter(|known| known.computes);
        let server = self.catalog.server;
        let sources = computing.map(|known| known.table.computed_from(&column.column, server));
        // Most columns are not protected, and this is asked about every one.
        if sources.is_none() && !protects.iter().any(|entry| entry.means(column, case)) {
            return None;
        }
        let is_meant = |entry: &&Protect| {
            entry.means(column, case)
                || sources.iter().flatten().any(|name| {
                    let id = ColumnId {
                        table: column.table.clone(),
                        column: name.clone(),
                    };
                    entry.means(&id, case)
                })
        };
        let entries: Vec<&Protect> = protects.iter().filter(is_meant).collect();
        if entries.is_empty() {
            return None;
        }
        let derived = entries.iter().any(|entry| !entry.means(column, case));
        let is_binding = |entry: &&&Protect| !entry.is_clear_for(self.principal);
        let binding = entries.iter().filter(is_binding).copied().collect();
        Some(Guarded {
            entries,
            binding,
            derived,
        })
    }

    /// The protected columns of a table or view, as the catalog knows it.
    pub(super) fn in_table(&self, id: &TableId) -> Vec<ColumnId> {
        if self.is_empty() {
            return Vec::new();
        }
        let columns = self.catalog.tables.get(id).map(|table| &table.columns);
        let ids = columns.into_iter().flatten().map(|column| ColumnId {
            table: id.clone(),
            column: column.name.clone(),
        });
        ids.filter(|id| self.of(id).is_some()).collect()
    }

    /// Some protected column of a schema.
    pub(super) fn in_schema(&self, schema: &str) -> Option<ColumnId> {
        let tables = self.catalog.tables.keys();
        let mut own = tables.filter(|id| id.schema() == schema);
        own.find_map(|id| self.in_table(id).pop())
    }

    /// The mask of that name.
    pub(super) fn mask(&self, name: &str) -> Option<&'a MaskSpec> {
        self.policy.masks().get(name)
    }

    /// The catalog that it looks at.
    pub(super) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// All entries, for questions about names rather than columns.
    pub(super) fn entries(&self) -> &'a [Protect] {
        self.policy.protects()
    }
}

impl<'a> Guarded<'a> {
    /// The strictest limit on influence, and the entry that sets it.
    pub(super) fn influence(&self) -> Option<(InfluenceLimit, &'a Protect)> {
        let limits = self.binding.iter().map(|entry| (entry.influence(), *entry));
        limits.min_by_key(|(limit, _)| *limit)
    }

    /// The strictest limit on writes, and the entry that sets it. Nobody is exempt: who may see a
    /// value may not therefore change it.
    pub(super) fn writes(&self) -> Option<(WriteLimit, &'a Protect)> {
        let limits = self.entries.iter().map(|entry| (entry.writes(), *entry));
        limits.min_by_key(|(limit, _)| *limit)
    }

    /// The first entry, for words.
    pub(super) fn first(&self) -> Option<&'a Protect> {
        self.entries.first().copied()
    }

    /// Whether this principal sees it as it is.
    pub(super) fn is_clear(&self) -> bool {
        self.binding.is_empty()
    }

    /// The one mask that every entry agrees on; `None` when it is redacted.
    pub(super) fn mask(&self) -> Option<&'a str> {
        if self.derived {
            return None;
        }
        let mut masks = self.binding.iter().map(|entry| entry.mask());
        let first = masks.next()??;
        masks.all(|other| other == Some(first)).then_some(first)
    }

    /// Whether whatever protects the other column protects this one too.
    pub(super) fn is_as_strict_as(&self, other: &Self) -> bool {
        let mut needed = other.entries.iter();
        needed.all(|entry| self.entries.iter().any(|own| own.name() == entry.name()))
    }

    /// Whether the order of an index on it counts.
    pub(super) fn strict_order(&self) -> Option<&'a Protect> {
        self.binding
            .iter()
            .copied()
            .find(|entry| entry.strict_order())
    }
}
