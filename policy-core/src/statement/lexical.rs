//! What can be said about a statement from its tokens alone.

use crate::allow;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::statement::Statement;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// What needs no understanding: literals, parameters and variables by their tokens.
pub(crate) fn facts(tokens: &[Token<'_>], statement: &mut Statement) -> Result<(), Unread> {
    for token in tokens {
        match &token.kind {
            TokenKind::String { .. }
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_) => statement.literals.push(token.span.clone()),
            TokenKind::Parameter => {
                statement.parameters = match statement.parameters.checked_add(1) {
                    Some(count) => count,
                    None => {
                        return Err(Unread::Limit {
                            what: "parameters",
                            limit: u16::MAX.into(),
                        });
                    }
                };
            }
            TokenKind::UserVariable(_) => statement.reads_user_variables = true,
            TokenKind::SystemVariable
            | TokenKind::Word(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::Symbol(_) => {}
        }
    }
    // What SET writes has a list of its own.
    if !matches!(
        statement.kind,
        StatementKind::Set | StatementKind::SetGlobal | StatementKind::SetStatement
    ) {
        variables(tokens, statement)?;
    }
    Ok(())
}

/// The system variables that the tokens read; each must be on the list.
pub(super) fn variables(tokens: &[Token<'_>], statement: &mut Statement) -> Result<(), Unread> {
    for (index, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::SystemVariable {
            let rest = tokens.get(index + 1..).unwrap_or_default();
            let name = system_variable(token, rest)?;
            check_readable(&name)?;
            statement.reads_variables.insert(name);
        }
    }
    Ok(())
}

/// The name behind `@@`, lower case, without its scope.
fn system_variable(at: &Token<'_>, rest: &[Token<'_>]) -> Result<String, Unread> {
    let name = |token: Option<&Token<'_>>| match token.map(|token| &token.kind) {
        Some(TokenKind::Word(word)) => Some(word.to_ascii_lowercase()),
        Some(TokenKind::QuotedIdentifier(name)) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    let has_dot = rest.get(1).map(|token| &token.kind) == Some(&TokenKind::Symbol(Symbol::Dot));
    let scope_or_name = name(rest.first());
    let found = match (scope_or_name.as_deref(), has_dot) {
        (Some("global" | "session" | "local"), true) => name(rest.get(2)),
        (Some(_), true) | (None, _) => None,
        (Some(_), false) => scope_or_name,
    };
    match found {
        Some(name) => Ok(name),
        None => Err(Unread::Syntax {
            at: at.span.start,
            what: "not a system variable that is known".to_owned(),
        }),
    }
}

fn check_readable(name: &str) -> Result<(), Unread> {
    if allow::may_read_variable(name) {
        return Ok(());
    }
    Err(Unread::Unsupported {
        construct: format!("reading `@@{name}`"),
        hint: None,
    })
}
