//! Facts of queries and row changes: which columns come out, which steer, which are written.
//!
//! Every entry takes the tokens of exactly one statement, query or expression list, uses all of
//! them, and adds to a [`Statement`]. What is not understood is an [`Unread`], never a guess.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::lex::token::Token;
use crate::name::ColumnId;
use crate::session::SessionContext;
use crate::statement::Statement;
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
pub fn rows(input: Input<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let _ = (input, statement);
    Err(Unread::Unsupported {
        construct: "a statement over rows".to_owned(),
        hint: None,
    })
}

/// Reads the query of CREATE TABLE … AS, CREATE VIEW and their like, and gives its columns.
///
/// Accesses, functions and influences go to the statement; its kind and output stay.
pub fn new_columns(input: Input<'_>, statement: &mut Statement) -> Result<Vec<NewColumn>, Unread> {
    rows(input, statement).map(|()| Vec::new())
}

/// Reads expressions between commas: what DO, CALL and SET take. No tokens, no expressions.
pub fn expressions(
    input: Input<'_>,
    statement: &mut Statement,
) -> Result<Vec<ExpressionFacts>, Unread> {
    rows(input, statement).map(|()| Vec::new())
}
