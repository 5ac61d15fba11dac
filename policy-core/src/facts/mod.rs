//! Facts of queries and row changes: which columns come out, which steer, which are written.
//!
//! Every entry takes the tokens of exactly one statement, query or expression list, uses all of
//! them, and adds to a [`Statement`]. What is not understood is an [`Unread`], never a guess.

pub(crate) mod definition;
pub(crate) mod functions_builtin;
pub(crate) mod functions_total;
mod read;
mod resolve;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;

use self::read::Grammar;
use self::read::Into;
use self::read::Note;
use crate::catalog::Catalog;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnId;
use crate::session::SessionContext;
use crate::statement::Output;
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
    let grammar = input.grammar();
    let changes = matches!(
        kind,
        StatementKind::Insert
            | StatementKind::Replace
            | StatementKind::Update
            | StatementKind::Delete
    );
    if changes {
        let read = read::change(input.tokens, grammar)?;
        withhold(statement, &read.notes);
        return resolve::change(input, statement, &read.tree);
    }
    let read = read::query(input.tokens, grammar)?;
    withhold(statement, &read.notes);
    match read.into {
        None => resolve::output_query(input, statement, &read.tree, &[]),
        Some(Into::Variables(names)) => resolve::output_query(input, statement, &read.tree, &names),
        Some(Into::File) => {
            statement.kind = StatementKind::SelectIntoFile;
            resolve::output_query(input, statement, &read.tree, &[])?;
            statement.output = Output::None;
            Ok(())
        }
    }
}

impl Input<'_> {
    fn grammar(&self) -> Grammar {
        Grammar {
            server: self.catalog.server.kind,
            sql_mode: self.session.sql_mode,
        }
    }
}

fn withhold(statement: &mut Statement, notes: &[Note]) {
    for note in notes {
        statement.withhold(note.construct, note.hint);
    }
}

/// An INTO where only rows for another use are made.
fn without_into<T>(read: read::Read<T>, statement: &mut Statement) -> Result<T, Unread> {
    withhold(statement, &read.notes);
    match read.into {
        None => Ok(read.tree),
        Some(_) => Err(unsupported("INTO inside a query")),
    }
}

/// Reads the query of CREATE TABLE … AS, CREATE VIEW and their like, and gives its columns.
///
/// Accesses, functions and influences go to the statement; its kind and output stay.
///
/// # Errors
///
/// As [`rows`].
pub fn new_columns(input: Input<'_>, statement: &mut Statement) -> Result<Vec<NewColumn>, Unread> {
    let read = read::query(input.tokens, input.grammar())?;
    let tree = without_into(read, statement)?;
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
    let read = read::expressions(input.tokens, input.grammar())?;
    let list = without_into(read, statement)?;
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
            .find(|(word, _)| is_word(token, word))
            .map(|(_, kind)| *kind)
    };
    let first = tokens.first()?;
    if is_symbol(first, Symbol::LeftParenthesis) {
        return Some(StatementKind::Select);
    }
    if !is_word(first, "WITH") {
        return verb(first);
    }
    let mut depth = 0_usize;
    for token in tokens {
        if is_symbol(token, Symbol::LeftParenthesis) {
            depth = depth.saturating_add(1);
        } else if is_symbol(token, Symbol::RightParenthesis) {
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

fn is_word(token: &Token<'_>, text: &str) -> bool {
    matches!(token.kind, TokenKind::Word(word) if word.eq_ignore_ascii_case(text))
}

fn is_symbol(token: &Token<'_>, symbol: Symbol) -> bool {
    token.kind == TokenKind::Symbol(symbol)
}

fn unsupported(construct: &str) -> Unread {
    Unread::Unsupported {
        construct: construct.to_owned(),
        hint: None,
    }
}
