//! SET STATEMENT variable = value, … FOR statement: variables that hold for one statement.

use crate::session::SessionContext;
use crate::sql_mode;
use crate::sql_mode::SqlMode;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::family;
use crate::statement::head;
use crate::statement::kind::StatementKind;
use crate::statement::lexical;
use crate::statement::set;
use crate::unread::Unread;

/// SET STATEMENT … FOR, also several of them in a row.
///
/// The whole text was made into tokens before any of the variables is set, so the statement itself
/// is read under the session's own mode; the text that dynamic SQL gives is read under the new one.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let mut state = at.session.clone();
    let mut effects = Vec::new();
    while at.take_words(&["SET", "STATEMENT"]) {
        let Some(distance) = at.distance_to("FOR") else {
            return at.error("expected FOR");
        };
        let tokens = at.rest().get(..distance).unwrap_or_default();
        lexical::variables(tokens, statement)?;
        let outer = std::mem::take(&mut statement.effects);
        set::assignments(at.over(tokens), statement)?;
        let assigned = std::mem::replace(&mut statement.effects, outer);
        for effect in assigned {
            effects.push(hold(effect, &mut state, statement));
        }
        at.skip(distance + 1);
        statement.through.push(StatementKind::SetStatement);
    }
    if state.sql_mode & sql_mode::LEXING != at.session.sql_mode & sql_mode::LEXING {
        statement.withhold(
            "SET STATEMENT with a sql_mode that changes how text is read",
            Some("SET sql_mode before, and after"),
        );
    }
    statement.effects.extend(effects.into_iter().flatten());
    let tokens = at.rest();
    let inner = at.over(tokens);
    statement.kind = head::kind_of(&inner)?;
    if !matches!(
        statement.kind,
        StatementKind::Set | StatementKind::SetGlobal
    ) {
        lexical::variables(tokens, statement)?;
    }
    let is_dynamic = matches!(
        statement.kind,
        StatementKind::Prepare | StatementKind::Execute | StatementKind::ExecuteImmediate
    );
    if is_dynamic {
        return family::read(inner.under(&state), statement);
    }
    family::read(inner, statement)
}

/// An assignment holds only while the statement runs.
fn hold(effect: Effect, state: &mut SessionContext, statement: &mut Statement) -> Option<Effect> {
    let Effect::SetVariable { name, value } = effect else {
        statement.withhold(
            "SET STATEMENT of anything but a variable",
            Some("SET it before"),
        );
        return None;
    };
    if name == "sql_mode" {
        match SqlMode::parse(&value) {
            Some(mode) => state.sql_mode = mode,
            None => statement.withhold(
                "SET STATEMENT with a sql_mode that is not known",
                Some("name the modes"),
            ),
        }
    }
    // No server takes them here; were one to, what is read would be other characters.
    if name.starts_with("character_set_") || name.starts_with("collation_") {
        statement.withhold(
            "SET STATEMENT with another character set",
            Some("SET NAMES before, and after"),
        );
    }
    Some(Effect::SetForStatement { name, value })
}
