//! SET: names, system variables of the session and of the server, user variables, each with any
//! expression. What is outside the lists is read whole and withheld.

use crate::allow::settable;
use crate::allow::settable::Setting;
use crate::allow::settable::Value;
use crate::allow::unprotected;
use crate::charset::ClientCharset;
use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::sql_mode::SqlMode;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Lift;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::kind::StatementKind;
use crate::statement::lexical;
use crate::statement::set_name;
use crate::statement::set_name::Scope;
use crate::statement::sql_mode;
use crate::statement::transaction;
use crate::unread::Unread;

/// SET with any number of assignments.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("SET")?;
    // A user variable that is only assigned is not read; the readers of values say when one is.
    statement.reads_user_variables = false;
    if at.take_words(&["GLOBAL", "TRANSACTION"]) {
        return transaction::characteristics(at);
    }
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
        return charset(at, statement).map(|_| ());
    }
    if let Some(TokenKind::UserVariable(name)) = at.peek() {
        at.skip(1);
        return user_variable(at, name, statement);
    }
    let target = set_name::read(at)?;
    assign(at)?;
    let tokens = value_tokens(at);
    match target.scope {
        Scope::Session if target.is_plain => session_value(at, tokens, &target.name, statement),
        Scope::Session => {
            statement.withhold(format!("SET {}", target.name), Some(LEAVE));
            expression(at, tokens, &target.name, statement)
        }
        Scope::Server if statement.kind != StatementKind::SetGlobal => {
            at.error("a scope that the statement does not begin with")
        }
        // The kind says that it reaches beyond the session; a rule must name it.
        Scope::Server => match tokens {
            [one] if is_word_or_literal(one) => Ok(()),
            _ => expression(at, tokens, &target.name, statement),
        },
    }
}

fn assign(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if !at.take_symbol(Symbol::Assign) {
        at.expect_symbol(Symbol::Equal)?;
    }
    Ok(())
}

/// `NAMES x [COLLATE y]`, `NAMES DEFAULT`.
fn names(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let Some(charset) = charset(at, statement)? else {
        return Ok(());
    };
    if at.take_word("COLLATE") && !at.take_word("DEFAULT") {
        let collation = word_or_text(at)?;
        if settable::charset_of_collation(&collation) != Some(charset) {
            statement.withhold("that collation for a client", Some(NAMES_HINT));
        }
    }
    Ok(())
}

const NAMES_HINT: &str = "send SET NAMES utf8mb4";

/// The character set, with its effect. `None` for the server's default, which is read back.
fn charset(
    at: &mut Cursor<'_>,
    statement: &mut Statement,
) -> Result<Option<ClientCharset>, Unread> {
    if at.take_word("DEFAULT") {
        statement.effects.push(Effect::SetVariable {
            name: "character_set_client".to_owned(),
            value: settable::UNKNOWN.to_owned(),
        });
        return Ok(None);
    }
    let name = word_or_text(at)?;
    let Some(charset) = ClientCharset::parse(&name) else {
        statement.withhold("that character set for a client", Some(NAMES_HINT));
        if at.take_word("COLLATE") && !at.take_word("DEFAULT") {
            word_or_text(at)?;
        }
        return Ok(None);
    };
    statement.effects.push(Effect::SetNames { charset });
    Ok(Some(charset))
}

fn word_or_text(at: &mut Cursor<'_>) -> Result<String, Unread> {
    match at.peek() {
        Some(TokenKind::Word(word)) => {
            at.skip(1);
            Ok((*word).to_owned())
        }
        Some(TokenKind::QuotedIdentifier(name)) => {
            at.skip(1);
            Ok(name.clone().into_owned())
        }
        _ => at.string(),
    }
}

/// What a session variable is set to: a value that it may have, or one that is withheld.
fn session_value(
    at: &Cursor<'_>,
    tokens: &[Token<'_>],
    name: &str,
    statement: &mut Statement,
) -> Result<(), Unread> {
    if name == "sql_mode"
        && let Some(modes) = sql_mode::computed(at.over(tokens))
    {
        let setting = match SqlMode::parse(&modes) {
            Some(mode) => Setting::Plain(mode.names()),
            None => Setting::Refused,
        };
        set(name, setting, false, statement);
        return Ok(());
    }
    if unprotected::may_set(name) {
        return unprotected_value(at, tokens, name, statement);
    }
    let kinds: Vec<_> = tokens.iter().map(|token| &token.kind).collect();
    let setting = match kinds.as_slice() {
        [
            TokenKind::String {
                value,
                introducer: None,
            },
        ] => match std::str::from_utf8(value) {
            Ok(text) => settable::setting(name, Value::Text(text)),
            Err(_) => Setting::Refused,
        },
        [TokenKind::Word(word)] => settable::setting(name, Value::Word(word)),
        [TokenKind::QuotedIdentifier(word)] if !word.eq_ignore_ascii_case("default") => {
            settable::setting(name, Value::Word(word))
        }
        [TokenKind::Integer(digits) | TokenKind::Decimal(digits)] => {
            settable::setting(name, Value::Number(digits))
        }
        [TokenKind::UserVariable(_)] => {
            statement.reads_user_variables = true;
            settable::unknown_value(name)
        }
        [TokenKind::SystemVariable, ..] if lexical::is_one_variable(tokens) => {
            lexical::variables(tokens, statement)?;
            settable::unknown_value(name)
        }
        [] => return at.error("expected a value"),
        _ => {
            let hint = if name == "sql_mode" { MODES } else { VALUE };
            let lift = match decides_reading(name) {
                true => Lift::Never,
                false => Lift::Unprotected,
            };
            let what = format!("SET {name} to anything but a literal");
            statement.withhold_until(lift, what, Some(hint));
            expression(at, tokens, name, statement)?;
            settable::unknown_value(name)
        }
    };
    set(name, setting, true, statement);
    Ok(())
}

/// Whether how statements are read hangs on the variable. A value that nobody knows before could leave the
/// session in a state that it cannot go on in.
fn decides_reading(name: &str) -> bool {
    name == "sql_mode" || name.starts_with("character_set_") || name.starts_with("collation_")
}

/// Any value of a variable that is free where nothing is protected.
fn unprotected_value(
    at: &Cursor<'_>,
    tokens: &[Token<'_>],
    name: &str,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let what = || format!("SET {name} to that value");
    statement.withhold_until(Lift::Unprotected, what(), Some(LEAVE));
    if unprotected::needs_name(name) {
        statement.withhold_until(Lift::Kind, what(), Some(BY_NAME));
    }
    match tokens {
        [] => return at.error("expected a value"),
        [one] if is_word_or_literal(one) => {}
        _ => expression(at, tokens, name, statement)?,
    }
    statement.effects.push(Effect::SetVariable {
        name: name.to_owned(),
        value: settable::UNKNOWN.to_owned(),
    });
    Ok(())
}

fn set(name: &str, setting: Setting, is_written: bool, statement: &mut Statement) {
    let value = match setting {
        Setting::Plain(value) => value,
        Setting::ByName(value) => {
            let what = format!("SET {name} to that value");
            statement.withhold_until(Lift::Kind, what, Some(BY_NAME));
            value
        }
        Setting::Refused => {
            let hint = if is_written { LEAVE } else { MODES };
            statement.withhold(format!("SET {name} to that value"), Some(hint));
            return;
        }
    };
    statement.effects.push(Effect::SetVariable {
        name: name.to_owned(),
        value,
    });
}

const LEAVE: &str = "leave the variable as it is";
const VALUE: &str = "write the value itself";
const MODES: &str = "name the modes: SET sql_mode = 'STRICT_TRANS_TABLES'";
const BY_NAME: &str = "leave it as it is, or have a rule name `set` in `statements`";

/// An expression, with what it reads; its value flows into the variable.
fn expression(
    at: &Cursor<'_>,
    tokens: &[Token<'_>],
    name: &str,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let (sources, literal) = value(at, tokens, statement)?;
    statement.flows.push(Flow {
        sources,
        target: FlowTarget::Variable(format!("@{name}")),
        literal,
    });
    Ok(())
}

fn value(
    at: &Cursor<'_>,
    tokens: &[Token<'_>],
    statement: &mut Statement,
) -> Result<(std::collections::BTreeSet<crate::name::ColumnId>, bool), Unread> {
    let reads = |token: &Token<'_>| matches!(token.kind, TokenKind::UserVariable(_));
    statement.reads_user_variables |= tokens.iter().any(reads);
    lexical::variables(tokens, statement)?;
    let over = at.over(tokens);
    let expressions = facts::expressions(over.input(tokens), statement)?;
    match expressions.as_slice() {
        [expression] => Ok((expression.sources.clone(), expression.literal)),
        _ => at.error("expected one value"),
    }
}

/// Whether it stands for itself: ON, DEFAULT, a name, a literal.
fn is_word_or_literal(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word(_)
        | TokenKind::QuotedIdentifier(_)
        | TokenKind::String { .. }
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Hex(_)
        | TokenKind::Bit(_)
        | TokenKind::Parameter => true,
        TokenKind::Raw(_)
        | TokenKind::UserVariable(_)
        | TokenKind::SystemVariable
        | TokenKind::Symbol(_) => false,
    }
}

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
    assign(at)?;
    let tokens = value_tokens(at);
    let (sources, literal) = value(at, tokens, statement)?;
    let name = name.to_lowercase();
    statement.flows.push(Flow {
        sources,
        target: FlowTarget::Variable(name.clone()),
        literal,
    });
    statement.effects.push(Effect::SetUserVariable(name));
    Ok(())
}
