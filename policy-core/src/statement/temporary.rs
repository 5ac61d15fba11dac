//! What may be done to the temporary tables of a session: they are made, filled, read and dropped.
//!
//! A temporary table hides a table of the same name, so the two must never meet. It may get and lose
//! indexes. Other changes of one, and of its name, are understood and refused.

use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::kind::StatementKind;

/// Withholds what would change a temporary table in ways that are not followed.
pub(crate) fn check(session: &SessionContext, statement: &mut Statement) {
    let is_own = |effect: &Effect| {
        matches!(
            effect,
            Effect::CreateTemporary(_) | Effect::DropTemporary(_)
        )
    };
    let indexes = matches!(
        statement.kind,
        StatementKind::CreateIndex | StatementKind::DropIndex
    );
    let reshapes = statement.accesses.iter().any(|access| {
        access.temporary
            && matches!(access.verb, Verb::Alter)
            && !indexes
            && !statement.effects.iter().any(is_own)
    });
    if reshapes {
        statement.withhold(
            format!("`{}` of a temporary table", statement.kind),
            Some("drop it and create it anew"),
        );
        return;
    }
    let TemporaryTables::Known(tables) = &session.temporary else {
        return;
    };
    let hidden = |effect: &Effect| match effect {
        Effect::SchemaChange(ids) => ids.iter().any(|id| tables.contains_key(id)),
        Effect::UseSchema(_)
        | Effect::SetNames { .. }
        | Effect::SetVariable { .. }
        | Effect::SetForStatement { .. }
        | Effect::SetUserVariable(_)
        | Effect::BeginTransaction
        | Effect::EndTransaction
        | Effect::CreateTemporary(_)
        | Effect::DropTemporary(_)
        | Effect::Prepare { .. }
        | Effect::Deallocate(_)
        | Effect::Kill { .. }
        | Effect::Anything => false,
    };
    if statement.effects.iter().any(hidden) {
        statement.withhold(
            "a table with the name of a temporary table",
            Some("drop the temporary table first"),
        );
    }
}
