//! `PARTITION BY …`: what rows are distributed by, and the partitions.

use std::collections::BTreeSet;

use crate::interval::UNITS;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::server::ServerKind;
use crate::statement::Statement;
use crate::statement::column_option;
use crate::statement::cursor::Cursor;
use crate::statement::definition::Definition;
use crate::statement::definition::engine_option;
use crate::statement::definition::text;
use crate::statement::definition::word_or_text;
use crate::statement::formula;
use crate::statement::formula::Place;
use crate::statement::table_option;
use crate::unread::Unread;

/// `PARTITION BY …` up to its end. `None` if it does not come next.
pub(super) fn by(
    at: &mut Cursor<'_>,
    statement: &mut Statement,
) -> Result<Option<Definition>, Unread> {
    if !at.take_words(&["PARTITION", "BY"]) {
        return Ok(None);
    }
    let mut definition = Definition::default();
    if at.take_word("SYSTEM_TIME") {
        system_time(at, &mut definition, statement)?;
    } else if let Some(kind) = at.take_one_of(&["RANGE", "LIST"]) {
        if at.take_word("COLUMNS") {
            columns(at, &mut definition.named)?;
        } else {
            let formula = formula::group(at, Place::Condition, statement)?;
            definition.formulas.push(formula);
        }
        if kind == "RANGE" {
            interval(at, &mut definition, statement)?;
        }
    } else {
        hash_or_key(at, &mut definition, statement)?;
    }
    if at.take_word("PARTITIONS") {
        at.integer()?;
    }
    if at.take_words(&["SUBPARTITION", "BY"]) {
        hash_or_key(at, &mut definition, statement)?;
        if at.take_word("SUBPARTITIONS") {
            at.integer()?;
        }
    }
    if at.is_symbol(Symbol::LeftParenthesis) {
        list(at, &mut definition, statement)?;
    }
    Ok(Some(definition))
}

/// `[LINEAR] HASH (expression)`, `[LINEAR] KEY [ALGORITHM = n] ([column, …])`.
fn hash_or_key(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let _ = at.take_word("LINEAR");
    if at.take_word("HASH") {
        let formula = formula::group(at, Place::Condition, statement)?;
        definition.formulas.push(formula);
        return Ok(());
    }
    if !at.take_word("KEY") {
        return at.error("not a kind of partitioning");
    }
    if at.take_word("ALGORITHM") {
        at.expect_symbol(Symbol::Equal)?;
        at.integer()?;
    }
    let mut own = BTreeSet::new();
    columns(at, &mut own)?;
    // Without columns the primary key is meant.
    definition.names_others |= own.is_empty();
    definition.named.extend(own);
    Ok(())
}

fn columns(at: &mut Cursor<'_>, named: &mut BTreeSet<ColumnName>) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    if at.take_symbol(Symbol::RightParenthesis) {
        return Ok(());
    }
    loop {
        named.insert(at.column()?);
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

/// `[INTERVAL n unit [STARTS time] [AUTO]] [LIMIT n [AUTO]]` of tables that keep their history.
fn system_time(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    interval(at, definition, statement)?;
    if at.take_word("LIMIT") {
        at.integer()?;
        let _ = at.take_word("AUTO");
    }
    Ok(())
}

fn interval(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    if !at.take_word("INTERVAL") {
        return Ok(());
    }
    if at.is_symbol(Symbol::LeftParenthesis) {
        let formula = formula::group(at, Place::Bound, statement)?;
        definition.formulas.push(formula);
    } else {
        match at.peek() {
            Some(TokenKind::String { .. } | TokenKind::Integer(_) | TokenKind::Decimal(_)) => {
                at.skip(1);
            }
            _ => {
                let formula = column_option::bare(at, Place::Bound, statement)?;
                definition.formulas.push(formula);
            }
        }
    }
    if at.take_one_of(UNITS).is_none() {
        return at.error("not a unit of time");
    }
    if at.take_word("STARTS") {
        let mut start = Definition::default();
        column_option::default(at, &mut start, statement)?;
        let formulas = start.formulas.into_iter();
        definition.formulas.extend(formulas.map(|mut formula| {
            formula.place = Place::Bound;
            formula
        }));
    }
    let _ = at.take_word("AUTO");
    Ok(())
}

/// `(PARTITION p …, …)`.
pub(super) fn list(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    loop {
        one(at, definition, statement)?;
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

/// `PARTITION p [VALUES …] [options] [(SUBPARTITION s [options], …)]`.
fn one(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    // MariaDB does not ask for the word.
    let is_optional = at.session.server.kind == ServerKind::MariaDb;
    if !at.take_word("PARTITION") && !is_optional {
        return at.error("expected PARTITION");
    }
    name(at)?;
    values(at, definition, statement)?;
    while option(at, statement)? {}
    if !at.take_symbol(Symbol::LeftParenthesis) {
        return Ok(());
    }
    loop {
        at.expect_word("SUBPARTITION")?;
        name(at)?;
        while option(at, statement)? {}
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

fn name(at: &mut Cursor<'_>) -> Result<(), Unread> {
    match at.peek() {
        Some(TokenKind::String { .. }) => text(at),
        _ => at.identifier().map(|_| ()),
    }
}

/// `VALUES LESS THAN (…)`, `VALUES IN (…)`, or the kind of a partition of history.
pub(super) fn values(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    if at.take_one_of(&["HISTORY", "CURRENT", "DEFAULT"]).is_some() {
        return Ok(());
    }
    if !at.take_word("VALUES") {
        return Ok(());
    }
    if at.take_words(&["LESS", "THAN"]) {
        if at.take_word("MAXVALUE") {
            return Ok(());
        }
    } else {
        at.expect_word("IN")?;
    }
    let group = at.group()?;
    for bound in separated(group) {
        bounds(&at.over(bound), definition, statement)?;
    }
    Ok(())
}

/// One bound, or a tuple of them; MAXVALUE stands for itself.
fn bounds(
    at: &Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let is_whole = |mut ahead: Cursor<'_>| ahead.group().is_ok() && ahead.rest().is_empty();
    if at.is_symbol(Symbol::LeftParenthesis) && is_whole(*at) {
        let mut inner = *at;
        for bound in separated(inner.group()?) {
            bounds(&at.over(bound), definition, statement)?;
        }
        return Ok(());
    }
    let mut word = *at;
    if word.take_word("MAXVALUE") && word.rest().is_empty() {
        return Ok(());
    }
    let formula = formula::read(at, at.rest(), Place::Bound, statement)?;
    definition.formulas.push(formula);
    Ok(())
}

/// The tokens between commas that no parenthesis holds.
fn separated<'a>(tokens: &'a [Token<'a>]) -> Vec<&'a [Token<'a>]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        if token.kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
            depth += 1;
        } else if token.kind == TokenKind::Symbol(Symbol::RightParenthesis) {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.kind == TokenKind::Symbol(Symbol::Comma)
    });
    parts.collect()
}

/// One option of a partition; false if none comes next.
fn option(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if table_option::engine(at, statement)? || table_option::directory(at, statement)? {
        return Ok(true);
    }
    if at.take_word("COMMENT") {
        let _ = at.take_symbol(Symbol::Equal);
        text(at)?;
        return Ok(true);
    }
    if at.take_one_of(&["MAX_ROWS", "MIN_ROWS"]).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        at.integer()?;
        return Ok(true);
    }
    if let Some(word) = at.take_one_of(&["TABLESPACE", "NODEGROUP"]) {
        let _ = at.take_symbol(Symbol::Equal);
        if word == "NODEGROUP" {
            at.integer()?;
        } else {
            word_or_text(at)?;
        }
        statement.withhold(format!("{word} as an option of a partition"), None);
        return Ok(true);
    }
    engine_option(at, &[], statement)
}
