//! Facts of queries and row changes: which columns come out, which steer, which are written.
//!
//! Every entry takes the tokens of exactly one statement, query or expression list, uses all of
//! them, and adds to a [`Statement`]. What is not understood is an [`Unread`], never a guess.

mod bridge;
mod dialect;
mod functions_builtin;
mod functions_total;
mod information_schema;
mod into;
mod read;
mod resolve;
mod table_list;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;

use self::bridge::is_symbol;
use self::bridge::is_word;
use crate::catalog::Catalog;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::name::ColumnId;
use crate::session::SessionContext;
use crate::statement::Statement;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// The tokens of a statement, and everything that its meaning hangs on.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The tokens, without a closing semicolon.
    pub tokens: &'a [Token<'a>],
    /// The state of the session.
    pub session: &'a SessionContext,
    /// What the target holds.
    pub catalog: &'a Catalog,
}

/// One column of a query that makes a table or a view.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewColumn {
    /// Its name; `None` when the server makes one up from an expression's text.
    pub name: Option<String>,
    /// Every base column that its value comes from.
    pub sources: BTreeSet<ColumnId>,
}

/// One expression of a list.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpressionFacts {
    /// Every base column that its value comes from.
    pub sources: BTreeSet<ColumnId>,
    /// Whether it is one literal or parameter.
    pub literal: bool,
}

/// Reads SELECT, TABLE, VALUES, INSERT, REPLACE, UPDATE or DELETE, also behind WITH or in
/// parentheses: kind, accesses, functions, output, influences, flows, filter and effects.
///
/// The caller counts parameters and collects literals, which need no understanding.
///
/// # Errors
///
/// [`Unread`] for every form that is not surely understood, and for every unknown name.
pub fn rows(input: Input<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let Some(kind) = row_kind(input.tokens) else {
        return Err(unsupported("this statement over rows"));
    };
    statement.kind = kind;
    let mode = input.session.sql_mode;
    let changes = matches!(
        kind,
        StatementKind::Insert
            | StatementKind::Replace
            | StatementKind::Update
            | StatementKind::Delete
    );
    if changes {
        let tree = read::change(input.tokens, mode)?;
        return resolve::change(input, statement, &tree);
    }
    let split = into::split(input.tokens)?;
    if split.file {
        statement.kind = StatementKind::SelectIntoFile;
    }
    let tree = read::query(&split.query, mode)?;
    resolve::output_query(input, statement, &tree, &split.variables)?;
    if split.file {
        statement.output = crate::statement::Output::None;
    }
    Ok(())
}

/// Reads the query of CREATE TABLE … AS, CREATE VIEW and their like, and gives its columns.
///
/// Accesses, functions and influences go to the statement; its kind and output stay.
///
/// # Errors
///
/// As [`rows`].
pub fn new_columns(input: Input<'_>, statement: &mut Statement) -> Result<Vec<NewColumn>, Unread> {
    let tree = read::query(input.tokens, input.session.sql_mode)?;
    resolve::new_columns(input, statement, &tree)
}

/// Reads expressions between commas: what DO, CALL and SET take. No tokens, no expressions.
///
/// # Errors
///
/// As [`rows`].
pub fn expressions(
    input: Input<'_>,
    statement: &mut Statement,
) -> Result<Vec<ExpressionFacts>, Unread> {
    let list = read::expressions(input.tokens, input.session.sql_mode)?;
    resolve::expressions(input, statement, &list)
}

/// What the first words say; behind WITH, the first verb that no parenthesis holds.
fn row_kind(tokens: &[Token<'_>]) -> Option<StatementKind> {
    const VERBS: &[(&str, StatementKind)] = &[
        ("SELECT", StatementKind::Select),
        ("TABLE", StatementKind::Table),
        ("VALUES", StatementKind::Values),
        ("INSERT", StatementKind::Insert),
        ("REPLACE", StatementKind::Replace),
        ("UPDATE", StatementKind::Update),
        ("DELETE", StatementKind::Delete),
    ];
    let verb = |token: &Token<'_>| {
        VERBS
            .iter()
            .find(|(word, _)| is_word(Some(token), word))
            .map(|(_, kind)| *kind)
    };
    let first = tokens.first()?;
    if is_symbol(Some(first), Symbol::LeftParenthesis) {
        return Some(StatementKind::Select);
    }
    if !is_word(Some(first), "WITH") {
        return verb(first);
    }
    let mut depth = 0_usize;
    for token in tokens {
        if is_symbol(Some(token), Symbol::LeftParenthesis) {
            depth = depth.saturating_add(1);
        } else if is_symbol(Some(token), Symbol::RightParenthesis) {
            depth = depth.saturating_sub(1);
            continue;
        }
        if depth == 0
            && let Some(kind) = verb(token)
        {
            return Some(kind);
        }
    }
    // `WITH c AS (…) (SELECT …)`.
    Some(StatementKind::Select)
}

fn unsupported(construct: &str) -> Unread {
    Unread::Unsupported {
        construct: construct.to_owned(),
        hint: None,
    }
}
