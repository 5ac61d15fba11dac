//! CREATE VIEW, ALTER VIEW: options, names of columns, and any query.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::create;
use crate::statement::cursor::Cursor;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// CREATE VIEW, ALTER VIEW.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let _ = at.take_one_of(&["CREATE", "ALTER"]);
    let replaces = at.take_words(&["OR", "REPLACE"]);
    while option(&mut at, statement)? {}
    let is_document = at.take_word("JSON");
    if is_document {
        let _ = at.take_word("RELATIONAL");
        at.expect_word("DUALITY")?;
        // Writing one document changes rows of all its tables.
        statement.withhold("a JSON duality view", None);
    }
    if at.take_word("MATERIALIZED") {
        statement.withhold("a materialized view", None);
    }
    at.expect_word("VIEW")?;
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]) || at.take_words(&["IF", "EXISTS"]);
    let id = at.object()?;
    let alters = matches!(
        statement.kind,
        StatementKind::AlterView | StatementKind::AlterJsonDualityView
    ) || (replaces && at.table(&id)?.is_some());
    let verb = if alters { Verb::Alter } else { Verb::Create };
    let mut access = at.access(verb, &id, BTreeSet::new())?;
    // No view is temporary, whatever else has its name.
    access.temporary = false;
    statement.accesses.push(access);
    statement
        .effects
        .push(Effect::SchemaChange(vec![id.clone()]));
    if at.is_symbol(Symbol::LeftParenthesis) {
        column_names(&mut at)?;
    }
    at.expect_word("AS")?;
    let query = without_check_option(at.rest());
    let plain = if is_document {
        plain_object(query)
    } else {
        query.to_vec()
    };
    let inner = Cursor::new(&plain, at.session, at.catalog);
    create::fill(&inner, &id, statement)?;
    Ok(())
}

/// `ALGORITHM = x`, `DEFINER = x`, `SQL SECURITY x`; false if none comes next.
fn option(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if at.take_word("ALGORITHM") {
        at.expect_symbol(Symbol::Equal)?;
        let algorithms = &["UNDEFINED", "MERGE", "TEMPTABLE"];
        if at.take_one_of(algorithms).is_none() {
            return at.error("not an algorithm");
        }
        return Ok(true);
    }
    if at.take_word("DEFINER") {
        at.expect_symbol(Symbol::Equal)?;
        definer(at, statement)?;
        return Ok(true);
    }
    if at.take_words(&["SQL", "SECURITY"]) {
        if at.take_one_of(&["DEFINER", "INVOKER"]).is_none() {
            return at.error("expected DEFINER or INVOKER");
        }
        return Ok(true);
    }
    Ok(false)
}

/// The account whose rights a view has.
fn definer(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    if at.take_word("CURRENT_USER") {
        if at.is_symbol(Symbol::LeftParenthesis) && !at.group()?.is_empty() {
            return at.error("expected `)`");
        }
        return Ok(());
    }
    statement.withhold("a DEFINER other than CURRENT_USER", Some("leave it out"));
    if at.take_word("CURRENT_ROLE") {
        if at.is_symbol(Symbol::LeftParenthesis) && !at.group()?.is_empty() {
            return at.error("expected `)`");
        }
        return Ok(());
    }
    match at.peek() {
        Some(TokenKind::String { .. }) => at.skip(1),
        _ => {
            at.identifier()?;
        }
    }
    if matches!(at.peek(), Some(TokenKind::UserVariable(_))) {
        at.skip(1);
    }
    Ok(())
}

fn column_names(at: &mut Cursor<'_>) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    loop {
        at.column()?;
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

/// The tokens without `WITH [CASCADED | LOCAL] CHECK OPTION` at their end.
fn without_check_option<'a>(tokens: &'a [Token<'a>]) -> &'a [Token<'a>] {
    const ENDINGS: &[&[&str]] = &[
        &["WITH", "CHECK", "OPTION"],
        &["WITH", "CASCADED", "CHECK", "OPTION"],
        &["WITH", "LOCAL", "CHECK", "OPTION"],
    ];
    for ending in ENDINGS {
        let Some(start) = tokens.len().checked_sub(ending.len()) else {
            continue;
        };
        let (query, tail) = tokens.split_at(start);
        let is_ending = tail
            .iter()
            .zip(*ending)
            .all(|(token, word)| is_word(token, word));
        if is_ending {
            return query;
        }
    }
    tokens
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(&token.kind, TokenKind::Word(w) if w.eq_ignore_ascii_case(word))
}

/// `JSON_DUALITY_OBJECT(WITH (…) 'key': value, …)` as the JSON_OBJECT that it shows: without what it
/// says about writing, and with commas for colons.
fn plain_object<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut plain = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let [token, after @ ..] = rest {
        rest = after;
        if is_word(token, "JSON_DUALITY_OBJECT") {
            plain.push(Token {
                kind: TokenKind::Word("JSON_OBJECT"),
                ..token.clone()
            });
            if let [open, with, group, inner @ ..] = after
                && is_word(with, "WITH")
                && group.kind == TokenKind::Symbol(Symbol::LeftParenthesis)
            {
                plain.push(open.clone());
                let close =
                    |token: &Token<'_>| token.kind == TokenKind::Symbol(Symbol::RightParenthesis);
                let length = inner.iter().position(close).map_or(0, |last| last + 1);
                rest = inner.get(length..).unwrap_or_default();
            }
        } else if token.kind == TokenKind::Symbol(Symbol::Colon) {
            plain.push(Token {
                kind: TokenKind::Symbol(Symbol::Comma),
                ..token.clone()
            });
        } else {
            plain.push(token.clone());
        }
    }
    plain
}
