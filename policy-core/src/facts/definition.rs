//! Expressions in the definition of a table: keys, checks, defaults, generated columns, partitions.

use super::ExpressionFacts;
use super::Input;
use super::read;
use super::resolve;
use super::tree::Expression;
use super::unsupported;
use super::without_into;
use crate::catalog::Table;
use crate::name::TableId;
use crate::statement::Statement;
use crate::unread::Unread;

/// An expression that is read, whose names are not resolved yet: the columns that it may name are
/// known only at the end of the statement.
#[derive(Clone, Debug)]
pub(crate) struct DefinitionExpression(Expression);

/// Reads one whole expression.
pub(crate) fn read(
    input: Input<'_>,
    statement: &mut Statement,
) -> Result<DefinitionExpression, Unread> {
    let read = read::expressions(input.tokens, input.grammar())?;
    let mut list = without_into(read, statement)?;
    match (list.pop(), list.is_empty()) {
        (Some(expression), true) => Ok(DefinitionExpression(expression)),
        (None | Some(_), _) => Err(unsupported("a list in place of one value")),
    }
}

/// Resolves an expression whose names are columns of that table, which need not exist yet.
pub(crate) fn resolve(
    input: Input<'_>,
    statement: &mut Statement,
    expression: &DefinitionExpression,
    (id, table): (&TableId, Table),
) -> Result<ExpressionFacts, Unread> {
    resolve::definition(input, statement, &expression.0, (id, table))
}
