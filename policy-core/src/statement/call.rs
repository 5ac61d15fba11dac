//! DO and CALL: expressions, and procedures by name.

use std::sync::Arc;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::TableId;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::unread::Unread;

/// DO expression, …
pub(super) fn evaluate(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DO")?;
    facts::expressions(at.input(at.rest()), statement)?;
    Ok(())
}

/// CALL: the gateway's own procedures take literals only; others answer with rows of unknown
/// origin, and may change what the session's statements mean: who decides must see to both.
pub(super) fn call(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("CALL")?;
    let written = at.object()?;
    // Names of routines never distinguish case, whatever those of tables do.
    let id = TableId::new(
        Arc::from(written.schema()),
        Arc::from(written.table().to_lowercase()),
    );
    let arguments = if at.is_symbol(Symbol::LeftParenthesis) {
        at.group()?
    } else {
        &[]
    };
    at.end()?;
    if id.schema().eq_ignore_ascii_case("postern") {
        literals(at.over(arguments))?;
    } else {
        // What becomes of an argument is known to the routine alone: it may give it back.
        let given = facts::expressions(at.input(arguments), statement)?;
        for argument in given.into_iter().filter(|given| !given.sources.is_empty()) {
            statement.flows.push(Flow {
                sources: argument.sources,
                target: FlowTarget::Routine(id.clone()),
                literal: argument.literal,
            });
        }
    }
    statement.routines.insert(id);
    statement.output = Output::ServerShaped;
    Ok(())
}

/// Literals and parameters between commas.
fn literals(mut arguments: Cursor<'_>) -> Result<(), Unread> {
    while let Some(argument) = arguments.next() {
        let known = matches!(
            argument,
            TokenKind::String { .. } | TokenKind::Integer(_) | TokenKind::Parameter
        );
        let separated = arguments.rest().is_empty() || arguments.take_symbol(Symbol::Comma);
        if !known || !separated {
            return arguments.error("expected a literal");
        }
    }
    Ok(())
}
