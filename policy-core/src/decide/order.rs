//! Whether rows come in the order of a protected column, where a policy counts that as steering.

use crate::catalog::Index;
use crate::catalog::Table;
use crate::decide::exposure::column_words;
use crate::decide::exposure::influence_denial;
use crate::decide::protection::Protection;
use crate::decision::Denial;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::policy::protect::Protect;
use crate::statement::Access;
use crate::statement::Verb;

/// Refuses what would find rows in the order of a column of which the policy says so: all of a table that
/// is stored or partitioned by it; what an index on it answers alone; and what is found by the columns
/// before it in an index.
pub(super) fn check(protection: &Protection<'_>, access: &Access) -> Result<(), Denial> {
    let reads = access.verb == Verb::Read && !access.columns.is_empty();
    // LIMIT chooses among the rows that are changed, too.
    if !reads && !matches!(access.verb, Verb::Update | Verb::Delete) {
        return Ok(());
    }
    let Some(table) = protection.catalog().tables.get(&access.object) else {
        return Ok(());
    };
    let strict = Strict {
        protection,
        access,
        table,
    };
    strict.check_partitions()?;
    strict.check_storage()?;
    match access.verb {
        Verb::Read => table
            .indexes
            .iter()
            .try_for_each(|index| strict.check_index(index)),
        Verb::Insert
        | Verb::Update
        | Verb::Delete
        | Verb::Create
        | Verb::Alter
        | Verb::Drop
        | Verb::Describe
        | Verb::Lock
        | Verb::Execute => Ok(()),
    }
}

/// One access of a statement, and the columns whose order must not show.
struct Strict<'a, 'p> {
    protection: &'a Protection<'p>,
    access: &'a Access,
    table: &'a Table,
}

impl<'p> Strict<'_, 'p> {
    fn find(&self, name: &ColumnName) -> Option<(ColumnId, &'p Protect)> {
        let column = ColumnId {
            table: self.access.object.clone(),
            column: name.clone(),
        };
        let entry = self.protection.of(&column)?.strict_order()?;
        Some((column, entry))
    }

    fn any(&self) -> Option<(ColumnId, &'p Protect)> {
        let mut columns = self.table.columns.iter();
        columns.find_map(|column| self.find(&column.name))
    }

    /// The part of an index; an expression may be about any column.
    fn part(&self, part: Option<&ColumnName>) -> Option<(ColumnId, &'p Protect)> {
        match part {
            Some(name) => self.find(name),
            None => self.any(),
        }
    }

    fn check_partitions(&self) -> Result<(), Denial> {
        let found = match &self.table.partition_columns {
            Some(columns) => columns.iter().find_map(|name| self.find(name)),
            None => self.any(),
        };
        refuse(found, "partitions", "use another table")
    }

    /// InnoDB stores rows in the order of the primary key, or else of a unique one, and finds none
    /// otherwise where no other index is of use.
    fn check_storage(&self) -> Result<(), Denial> {
        let primary = self.primary();
        let mut keys = self.table.indexes.iter().filter(|index| match primary {
            Some(primary) => index.name == primary.name,
            None => index.unique,
        });
        let found =
            keys.find_map(|key| key.columns.iter().find_map(|part| self.part(part.as_ref())));
        refuse(
            found,
            "the key by which rows are stored",
            "use another table",
        )
    }

    fn check_index(&self, index: &Index) -> Result<(), Denial> {
        let mut parts = index.columns.iter().enumerate();
        let found = parts.find_map(|(place, part)| Some((place, self.part(part.as_ref())?)));
        let Some((place, found)) = found else {
            return Ok(());
        };
        let key = self.primary().map(|primary| primary.columns.as_slice());
        let in_index = |name| {
            let mut parts = index
                .columns
                .iter()
                .chain(key.unwrap_or_default())
                .flatten();
            parts.any(|part| part == name)
        };
        let mut before = index.columns.iter().take(place).flatten();
        if self.access.columns.iter().all(in_index) {
            return refuse(
                Some(found),
                "an index",
                "select a column beyond that index too",
            );
        }
        if before.any(|name| self.access.columns.contains(name)) {
            let next = "leave out the columns that stand before it in that index";
            return refuse(Some(found), "an index", next);
        }
        Ok(())
    }

    fn primary(&self) -> Option<&Index> {
        self.table
            .indexes
            .iter()
            .find(|index| index.name == "PRIMARY")
    }
}

fn refuse(
    found: Option<(ColumnId, &Protect)>,
    what: &'static str,
    next: &'static str,
) -> Result<(), Denial> {
    let Some((column, entry)) = found else {
        return Ok(());
    };
    let column = column_words(&column);
    let what = format!("{what} would give the order of protected {column}");
    Err(influence_denial(entry, what, next))
}
