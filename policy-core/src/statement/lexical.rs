//! What can be said about a statement from its tokens alone.

use crate::allow::variables as allowed;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::statement::Lift;
use crate::statement::Statement;
use crate::statement::kind::Family;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// What needs no understanding: literals, parameters and variables by their tokens.
pub(crate) fn facts(tokens: &[Token<'_>], statement: &mut Statement) -> Result<(), Unread> {
    for token in tokens {
        match &token.kind {
            TokenKind::String { .. }
            | TokenKind::Raw(_)
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
    // What SET writes has a list of its own, and the body of a program is not read.
    let has_own = matches!(
        statement.kind,
        StatementKind::Set | StatementKind::SetGlobal | StatementKind::SetStatement
    );
    if !has_own && statement.kind.family() != Family::Program {
        variables(tokens, statement)?;
    }
    Ok(())
}

/// Numbers the parameters that influences speak of by where they stand.
pub(crate) fn number_parameters(tokens: &[Token<'_>], statement: &mut Statement) {
    let mut influences = statement.influences.iter_mut();
    if influences.all(|influence| influence.texts.is_empty() && influence.numbers.is_empty()) {
        return;
    }
    let parameters = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Parameter);
    let places: Vec<usize> = parameters.map(|token| token.span.start).collect();
    for influence in &mut statement.influences {
        for place in influence.texts.iter_mut().chain(&mut influence.numbers) {
            // A place that is none stands for a parameter that nobody binds.
            *place = places.binary_search(place).unwrap_or(usize::MAX);
        }
    }
}

/// The system variables that the tokens read; each must be on the list.
pub(super) fn variables(tokens: &[Token<'_>], statement: &mut Statement) -> Result<(), Unread> {
    let listed = statement.kind == StatementKind::Select && is_list_of_variables(tokens);
    let mut position = 0;
    for (index, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::SystemVariable {
            let rest = tokens.get(index + 1..).unwrap_or_default();
            let name = system_variable(token, rest)?;
            if !allowed::may_read(&name) {
                if listed && allowed::may_ask(&name) {
                    statement.hidden_outputs.insert(position);
                } else if !(listed && allowed::counts_messages(&name)) {
                    let counts = allowed::counts_messages(&name);
                    let (lift, hint) = match counts {
                        true => (Lift::Never, COUNTS_HINT),
                        false => (Lift::ShowsVariables, VARIABLE_HINT),
                    };
                    statement.withhold_until(lift, format!("reading `@@{name}`"), Some(hint));
                }
            }
            position = position.saturating_add(1);
            statement.reads_variables.insert(name);
        }
    }
    Ok(())
}

const COUNTS_HINT: &str = "ask in a SELECT of its own, or SHOW COUNT(*) WARNINGS";
const VARIABLE_HINT: &str = "read one that drivers ask for, such as @@version or @@sql_mode";

/// Whether this is `SELECT @@a, @@b` and nothing more, so that each variable is an output column in
/// its order.
fn is_list_of_variables(tokens: &[Token<'_>]) -> bool {
    let Some((first, rest)) = tokens.split_first() else {
        return false;
    };
    let is_select =
        matches!(first.kind, TokenKind::Word(word) if word.eq_ignore_ascii_case("select"));
    let is_comma = |token: &Token<'_>| token.kind == TokenKind::Symbol(Symbol::Comma);
    is_select && rest.split(is_comma).all(is_one_variable)
}

fn is_dot(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at).map(|token| &token.kind) == Some(&TokenKind::Symbol(Symbol::Dot))
}

/// Whether the tokens are one system variable and nothing else.
pub(super) fn is_one_variable(tokens: &[Token<'_>]) -> bool {
    let Some((first, rest)) = tokens.split_first() else {
        return false;
    };
    first.kind == TokenKind::SystemVariable
        && (rest.len() == 1 || (rest.len() == 3 && is_dot(rest, 1)))
        && system_variable(first, rest).is_ok()
}

/// The name behind `@@`, lower case, without its scope; that of a component with the component.
fn system_variable(at: &Token<'_>, rest: &[Token<'_>]) -> Result<String, Unread> {
    let name = |token: Option<&Token<'_>>| match token.map(|token| &token.kind) {
        Some(TokenKind::Word(word)) => Some(word.to_ascii_lowercase()),
        Some(TokenKind::QuotedIdentifier(name)) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    let has_dot = is_dot(rest, 1);
    let scope_or_name = name(rest.first());
    let dotted = |at: usize| match name(rest.get(at)) {
        Some(first) if is_dot(rest, at + 1) => Some(format!("{first}.{}", name(rest.get(at + 2))?)),
        first => first,
    };
    let has_scope = matches!(
        scope_or_name.as_deref(),
        Some("global" | "session" | "local" | "persist" | "persist_only")
    );
    let found = match has_dot && has_scope {
        true => dotted(2),
        false => dotted(0),
    };
    match found {
        Some(name) => Ok(name),
        None => Err(Unread::Syntax {
            at: at.span.start,
            what: "not a system variable that is known".to_owned(),
        }),
    }
}
