//! The value that drivers give `sql_mode` at login: the present modes and some more, joined.
//!
//! The gateway knows the present modes, so it can tell the value that the server will compute; any
//! other expression is refused.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::cursor::Cursor;

/// `CONCAT(@@sql_mode, ',X', …)`, also nested, also as `(SELECT …)`: the text that it gives.
/// `None` for anything else.
pub(super) fn computed(mut at: Cursor<'_>) -> Option<String> {
    let grouped = at.take_symbol(Symbol::LeftParenthesis);
    if grouped {
        let _ = at.take_word("SELECT");
    }
    let text = joined(&mut at)?;
    if grouped && !at.take_symbol(Symbol::RightParenthesis) {
        return None;
    }
    at.rest().is_empty().then_some(text)
}

/// How deep CONCAT may stand within CONCAT is bounded by the lexer's bound on parentheses.
fn joined(at: &mut Cursor<'_>) -> Option<String> {
    if !at.take_word("CONCAT") || !at.take_symbol(Symbol::LeftParenthesis) {
        return None;
    }
    let mut text = String::new();
    loop {
        let part = match at.peek() {
            Some(TokenKind::SystemVariable) => present(at)?,
            Some(TokenKind::String { .. }) => at.string().ok()?,
            _ => joined(at)?,
        };
        text.push_str(&part);
        if !at.take_symbol(Symbol::Comma) {
            break;
        }
    }
    at.take_symbol(Symbol::RightParenthesis).then_some(text)
}

/// `@@sql_mode` or `@@session.sql_mode`.
fn present(at: &mut Cursor<'_>) -> Option<String> {
    at.skip(1);
    if at.take_word("SESSION") && !at.take_symbol(Symbol::Dot) {
        return None;
    }
    let is_mode = match at.next() {
        Some(TokenKind::Word(word)) => word.eq_ignore_ascii_case("sql_mode"),
        Some(TokenKind::QuotedIdentifier(name)) => name.eq_ignore_ascii_case("sql_mode"),
        _ => false,
    };
    is_mode.then(|| at.session.sql_mode.names())
}
