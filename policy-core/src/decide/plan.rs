//! Whether the way in which the target finds rows may hang on protected values.

use crate::catalog::Table;
use crate::decide::protection::Protection;
use crate::decide::request::Request;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Verb;

/// Whether it uses a table in which an index or the partitions hold a protected column: how many rows the
/// target expects in them decides how it joins and sorts.
pub(super) fn may_tell(request: &Request<'_>, protection: &Protection<'_>) -> bool {
    if protection.is_empty() {
        return false;
    }
    let accesses = request.statement.accesses.iter();
    accesses
        .filter(|access| !matches!(access.verb, Verb::Describe | Verb::Drop | Verb::Lock))
        .filter_map(|access| {
            let table = protection.catalog().tables.get(&access.object)?;
            Some((&access.object, table))
        })
        .any(|(id, table)| holds_protected(protection, id, table))
}

fn holds_protected(protection: &Protection<'_>, id: &TableId, table: &Table) -> bool {
    let is_protected = |column: &ColumnName| {
        let column = ColumnId {
            table: id.clone(),
            column: column.clone(),
        };
        protection.of(&column).is_some()
    };
    // What cannot be read may be about any column.
    let any = || !protection.in_table(id).is_empty();
    let mut parts = table.indexes.iter().flat_map(|index| &index.columns);
    let indexed = parts.any(|part| part.as_ref().map_or_else(any, is_protected));
    let partitions = table.partition_columns.as_ref();
    indexed || partitions.map_or_else(any, |columns| columns.iter().any(is_protected))
}
