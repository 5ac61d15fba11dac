//! Whether a statement runs stored code, and whether that may leave something in the session.

use policy_core::catalog::Catalog;
use policy_core::catalog::lasting::Lasting;
use policy_core::name::TableId;
use policy_core::statement::Statement;
use policy_core::statement::Verb;

/// A routine, or a trigger of a table that is written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum StoredCode {
    None,
    Runs,
    /// Its text may leave values of which the target does not tell.
    LeavesValues,
    /// Its text may leave names of which the target does not tell.
    LeavesNames,
}

impl StoredCode {
    /// What a statement runs, by the catalog under which it was decided.
    pub(crate) fn of(statement: &Statement, catalog: &Catalog) -> Self {
        let lasts = |id: &TableId| match catalog.lasting.get(id) {
            Some(Lasting::Names) => Self::LeavesNames,
            Some(Lasting::Values) => Self::LeavesValues,
            None => Self::Runs,
        };
        // Of a routine that is not known nobody has read the text.
        let called = |id: &TableId| match catalog.routines.contains(id) {
            true => lasts(id),
            false => Self::LeavesNames,
        };
        let routines = statement.routines.iter().map(called);
        let fired = statement.accesses.iter().map(|access| {
            let table = catalog.tables.get(&access.object);
            let writes = matches!(access.verb, Verb::Insert | Verb::Update | Verb::Delete);
            match writes && !access.temporary && table.is_none_or(|table| table.has_triggers) {
                true => lasts(&access.object),
                false => Self::None,
            }
        });
        routines.chain(fired).max().unwrap_or(Self::None)
    }
}
