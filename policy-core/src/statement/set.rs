//! SET: session variables to literal values from a list, user variables, names.

use crate::allow;
use crate::allow::Value;
use crate::charset::ClientCharset;
use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::sql_mode::SqlMode;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::lexical;
use crate::statement::sql_mode;
use crate::unread::Unread;

/// SET with any number of assignments.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("SET")?;
    // A user variable that is only assigned is not read; `user_value` says when one is.
    statement.reads_user_variables = false;
    assignments(at, statement)
}

/// Assignments between commas, up to the end.
pub(super) fn assignments(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    loop {
        assignment(&mut at, statement)?;
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}

fn assignment(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    if at.take_word("NAMES") {
        return names(at, statement);
    }
    if at.take_words(&["CHARACTER", "SET"]) || at.take_word("CHARSET") {
        let charset = charset(at)?;
        statement.effects.push(Effect::SetNames { charset });
        return Ok(());
    }
    if let Some(TokenKind::UserVariable(name)) = at.peek() {
        at.skip(1);
        return user_variable(at, name, statement);
    }
    let name = variable(at)?;
    if !at.take_symbol(Symbol::Assign) {
        at.expect_symbol(Symbol::Equal)?;
    }
    let value = session_value(at, &name)?;
    statement.effects.push(Effect::SetVariable { name, value });
    Ok(())
}

fn names(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let charset = charset(at)?;
    if at.take_word("COLLATE") {
        let collation = word_or_text(at)?;
        if allow::charset_of_collation(&collation) != Some(charset) {
            return unsupported("that collation for a client", Some(NAMES_HINT));
        }
    }
    statement.effects.push(Effect::SetNames { charset });
    Ok(())
}

const NAMES_HINT: &str = "send SET NAMES utf8mb4";

fn charset(at: &mut Cursor<'_>) -> Result<ClientCharset, Unread> {
    let name = word_or_text(at)?;
    match ClientCharset::parse(&name) {
        Some(charset) => Ok(charset),
        None => unsupported("that character set for a client", Some(NAMES_HINT)),
    }
}

fn word_or_text(at: &mut Cursor<'_>) -> Result<String, Unread> {
    match at.peek() {
        Some(TokenKind::Word(word)) => {
            at.skip(1);
            Ok((*word).to_owned())
        }
        _ => at.string(),
    }
}

/// `x`, `SESSION x`, `LOCAL x`, `@@x`, `@@session.x`, `@@local.x`: the name, lower case.
fn variable(at: &mut Cursor<'_>) -> Result<String, Unread> {
    if at.take_symbol(Symbol::Dot) {
        return at.error("expected a variable");
    }
    let scoped = at.peek() == Some(&TokenKind::SystemVariable);
    if scoped {
        at.skip(1);
        if at.take_one_of(&["SESSION", "LOCAL"]).is_some() {
            at.expect_symbol(Symbol::Dot)?;
        }
    } else {
        let _ = at.take_one_of(&["SESSION", "LOCAL"]);
    }
    let name = match at.next() {
        Some(TokenKind::Word(word)) => (*word).to_owned(),
        Some(TokenKind::QuotedIdentifier(name)) => name.clone().into_owned(),
        _ => return at.error("expected a variable"),
    };
    Ok(name.to_ascii_lowercase())
}

/// One literal that the variable may be set to.
fn session_value(at: &mut Cursor<'_>, name: &str) -> Result<String, Unread> {
    let tokens = value_tokens(at);
    if name == "sql_mode"
        && let Some(modes) = sql_mode::computed(at.over(tokens))
    {
        return match SqlMode::parse(&modes) {
            Some(mode) => Ok(mode.names()),
            None => unsupported("SET sql_mode to that value", Some(MODE_HINT)),
        };
    }
    let kinds: Vec<_> = tokens.iter().map(|token| &token.kind).collect();
    let allowed = match kinds.as_slice() {
        [TokenKind::String { value, .. }] => std::str::from_utf8(value)
            .ok()
            .and_then(|text| allow::settable(name, Value::Text(text))),
        [TokenKind::Word(word)] => allow::settable(name, Value::Word(word)),
        [TokenKind::Integer(digits)] => allow::settable(name, Value::Number(digits)),
        _ => {
            return unsupported(
                format!("SET {name} to anything but a literal"),
                Some(if name == "sql_mode" {
                    MODE_HINT
                } else {
                    "write the value itself"
                }),
            );
        }
    };
    match allowed {
        Some(value) => Ok(value),
        None => unsupported(
            format!("SET {name} to that value"),
            Some("leave the variable as it is"),
        ),
    }
}

const MODE_HINT: &str = "name the modes: SET sql_mode = 'STRICT_TRANS_TABLES'";

/// The tokens of a value: up to the next comma outside of parentheses.
fn value_tokens<'a>(at: &mut Cursor<'a>) -> &'a [Token<'a>] {
    let rest = at.rest();
    let mut open = 0_usize;
    let is_end = |token: &Token<'_>| {
        if token.kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
            open += 1;
        } else if token.kind == TokenKind::Symbol(Symbol::RightParenthesis) {
            open = open.saturating_sub(1);
        }
        open == 0 && token.kind == TokenKind::Symbol(Symbol::Comma)
    };
    let length = rest.iter().position(is_end).unwrap_or(rest.len());
    at.skip(length);
    rest.get(..length).unwrap_or_default()
}

fn user_variable(at: &mut Cursor<'_>, name: &str, statement: &mut Statement) -> Result<(), Unread> {
    if !at.take_symbol(Symbol::Assign) {
        at.expect_symbol(Symbol::Equal)?;
    }
    let tokens = value_tokens(at);
    let reads = |token: &Token<'_>| matches!(token.kind, TokenKind::UserVariable(_));
    statement.reads_user_variables |= tokens.iter().any(reads);
    lexical::variables(tokens, statement)?;
    let expressions = facts::expressions(at.input(tokens), statement)?;
    let [expression] = expressions.as_slice() else {
        return at.error("expected one value");
    };
    let name = name.to_lowercase();
    statement.flows.push(Flow {
        sources: expression.sources.clone(),
        target: FlowTarget::Variable(name.clone()),
        literal: expression.literal,
    });
    statement.effects.push(Effect::SetUserVariable(name));
    Ok(())
}
