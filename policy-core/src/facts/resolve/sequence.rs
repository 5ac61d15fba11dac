//! Values of MariaDB's sequences: read, and for the next one written, too, as the server's own rights have it.

use std::collections::BTreeSet;

use super::Resolver;
use super::unknown;
use super::value::Kind;
use super::value::Value;
use crate::catalog::TableKind;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::statement::Lift;
use crate::statement::Verb;
use crate::statement::Withheld;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

impl Resolver<'_> {
    /// A sequence is a table of one row. Its next value is there for everyone who asks afterwards, so how
    /// often one was taken must hang on nothing protected: whoever decides looks at that.
    pub(super) fn sequence(&mut self, name: &[String], advances: bool) -> Result<Value, Unread> {
        let found = self.find(name)?;
        let next = ColumnName::parse(NEXT);
        let mut columns = found.table.columns.iter().map(|column| &column.name);
        let Some(told) = next.filter(|next| columns.any(|name| name == next)) else {
            return unknown("sequence", &name.join("."));
        };
        self.access(Verb::Read, &found.origin, [told.clone()]);
        if advances {
            self.access(Verb::Insert, &found.origin, []);
        }
        // A definition that somebody else wrote counts with another's rights; and what is put into a variable
        // or a new table is followed by its columns.
        let is_plain = matches!(found.table.kind, TableKind::Plain);
        let is_own = found.origin.via.is_none() && !found.origin.temporary;
        let lift = match is_plain && is_own && is_over_rows(self.statement.kind) {
            true => Lift::Apart,
            false => Lift::Never,
        };
        self.statement.withheld.push(Withheld {
            construct: "a sequence in such a statement".to_owned(),
            hint: Some("ask for its value in a SELECT of its own"),
            lift,
        });
        let sources = BTreeSet::from([ColumnId {
            table: found.origin.table.clone(),
            column: told,
        }]);
        Ok(Value::computed(sources, Kind::Other))
    }
}

/// The column that every sequence has.
const NEXT: &str = "next_not_cached_value";

fn is_over_rows(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Select
            | StatementKind::Values
            | StatementKind::Insert
            | StatementKind::Replace
            | StatementKind::Update
            | StatementKind::Delete
    )
}
