//! What stands between the commas of CREATE TABLE and ALTER TABLE: columns, keys and checks.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Statement;
use crate::statement::column_option;
use crate::statement::cursor::Cursor;
use crate::statement::data_type;
use crate::statement::formula::Formula;
use crate::statement::key;
use crate::unread::Unread;

/// What a definition says about columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    /// The column that is defined, if one is.
    pub(super) column: Option<ColumnName>,
    /// Columns that keys name.
    pub(super) named: BTreeSet<ColumnName>,
    /// Whether it names columns that are not told here: those of a period, or of the primary key.
    pub(super) names_others: bool,
    /// Expressions of checks, keys, defaults and generated columns.
    pub(super) formulas: Vec<Formula>,
    /// Tables and columns that foreign keys refer to; no columns stand for the primary key.
    pub(super) parents: Vec<(TableId, BTreeSet<ColumnName>)>,
}

/// `(item, …)`.
pub(super) fn items(
    at: &mut Cursor<'_>,
    statement: &mut Statement,
) -> Result<Vec<Definition>, Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    let mut definitions = Vec::new();
    loop {
        definitions.push(item(at, statement)?);
        if !at.take_symbol(Symbol::Comma) {
            at.expect_symbol(Symbol::RightParenthesis)?;
            return Ok(definitions);
        }
    }
}

/// A key, a check or a column, as in the list of CREATE TABLE.
pub(super) fn item(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<Definition, Unread> {
    if key::is_next(at) {
        key::read(at, statement)
    } else {
        column(at, statement)
    }
}

/// `name type options`.
pub(super) fn column(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<Definition, Unread> {
    let mut definition = Definition {
        column: Some(column_name(at)?),
        ..Definition::default()
    };
    data_type::read(at)?;
    while column_option::read(at, &mut definition, statement)? {}
    Ok(definition)
}

/// `column`, which may have its table before it, and that its schema.
pub(super) fn column_name(at: &mut Cursor<'_>) -> Result<ColumnName, Unread> {
    for _ in 0..2 {
        if at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Dot)) {
            at.identifier()?;
            at.skip(1);
        }
    }
    at.column()
}

pub(super) fn word_or_text(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.is_word("BINARY") || at.is_word("DEFAULT") {
        at.skip(1);
        return Ok(());
    }
    if matches!(at.peek(), Some(TokenKind::String { .. })) {
        at.skip(1);
        return Ok(());
    }
    at.identifier().map(|_| ())
}

/// A string whose bytes do not matter.
pub(super) fn text(at: &mut Cursor<'_>) -> Result<(), Unread> {
    match at.peek() {
        Some(TokenKind::String { .. }) => {
            at.skip(1);
            Ok(())
        }
        _ => at.error("expected a string"),
    }
}

/// `name = value`, an option that an engine of MariaDB defines for itself; false if none comes next.
pub(super) fn engine_option(
    at: &mut Cursor<'_>,
    harmless: &[&str],
    statement: &mut Statement,
) -> Result<bool, Unread> {
    let is_assigned = at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Equal));
    let is_manner = at.is_word("ALGORITHM") || at.is_word("LOCK");
    let is_mariadb = at.session.server.kind == crate::server::ServerKind::MariaDb;
    if !is_assigned || !is_mariadb || is_manner {
        return Ok(false);
    }
    let name = at.identifier()?;
    at.skip(1);
    let is_value = matches!(
        at.next(),
        Some(
            TokenKind::String { .. }
                | TokenKind::Word(_)
                | TokenKind::QuotedIdentifier(_)
                | TokenKind::Integer(_)
                | TokenKind::Decimal(_)
                | TokenKind::Hex(_)
        )
    );
    if !is_value {
        return at.error("not the value of an option");
    }
    if !harmless
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        statement.withhold("an option that an engine defines for itself", None);
    }
    Ok(true)
}
