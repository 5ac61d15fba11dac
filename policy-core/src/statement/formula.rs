//! Expressions within definitions: what they name, what they call, and what must not hide in them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::catalog::Column;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::facts::definition;
use crate::facts::definition::DefinitionExpression;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::formula_functions::is_listed;
use crate::unread::Unread;

/// An expression of a definition.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    pub(super) place: Place,
    expression: DefinitionExpression,
    /// Every word that could be a column.
    words: BTreeSet<ColumnName>,
}

/// What an expression is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// The value of a generated column: the catalog tells it, and readers follow it.
    Generated,
    /// The value of a column in rows that give none.
    Default,
    /// A check, a part of a key, or what rows are distributed by.
    Condition,
    /// A bound of a partition: it can name no column.
    Bound,
}

/// Reads one expression. A query, a variable or a parameter within it is read too, and withheld.
pub(super) fn read<'a>(
    at: &Cursor<'a>,
    tokens: &'a [Token<'a>],
    place: Place,
    statement: &mut Statement,
) -> Result<Formula, Unread> {
    let mut words = BTreeSet::new();
    let mut is_path = false;
    for token in tokens {
        if let TokenKind::Word(word) = &token.kind
            && !is_path
            && QUERIES.iter().any(|query| word.eq_ignore_ascii_case(query))
        {
            statement.withhold("a query within a definition", None);
        }
        if let TokenKind::Word(word) = &token.kind {
            words.extend(ColumnName::parse(word));
        } else if let TokenKind::QuotedIdentifier(word) = &token.kind {
            words.extend(ColumnName::parse(word));
        }
        if matches!(
            token.kind,
            TokenKind::UserVariable(_) | TokenKind::SystemVariable | TokenKind::Parameter
        ) {
            statement.withhold("a variable within a definition", None);
        }
        is_path = token.kind == TokenKind::Symbol(Symbol::Dot);
    }
    Ok(Formula {
        place,
        expression: definition::read(at.input(tokens), statement)?,
        words,
    })
}

/// Words that begin a query, and that both servers reserve.
const QUERIES: [&str; 4] = ["SELECT", "TABLE", "VALUES", "EXISTS"];

/// Reads `(expression)`.
pub(super) fn group(
    at: &mut Cursor<'_>,
    place: Place,
    statement: &mut Statement,
) -> Result<Formula, Unread> {
    let tokens = at.group()?;
    read(at, tokens, place, statement)
}

/// The table that expressions are resolved in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'t> {
    pub(super) id: &'t TableId,
    /// Its columns as they are and as they will be.
    pub(super) columns: &'t BTreeMap<ColumnName, Column>,
    /// Whether any of them is generated, and so stands for others.
    pub(super) has_generated: bool,
    /// Whether it has rows that an expression may be computed from.
    pub(super) exists: bool,
}

impl Ground<'_> {
    /// The columns that an expression may mean: a text of many expressions over many columns must
    /// not cost their product.
    fn columns_for(&self, formula: &Formula) -> Vec<Column> {
        if self.has_generated {
            return self.columns.values().cloned().collect();
        }
        let named = formula.words.iter();
        named
            .filter_map(|word| self.columns.get(word))
            .cloned()
            .collect()
    }
}

/// Resolves an expression and adds what it does to the statement; gives the columns that it names,
/// and those that generated ones among them are computed from.
pub(super) fn settle(
    at: &Cursor<'_>,
    formula: &Formula,
    ground: Ground<'_>,
    statement: &mut Statement,
) -> Result<BTreeSet<ColumnName>, Unread> {
    let mut inner = Statement::new(statement.kind, statement.span.clone());
    let columns = match formula.place {
        Place::Bound => Vec::new(),
        Place::Generated | Place::Default | Place::Condition => ground.columns_for(formula),
    };
    let table = Table {
        kind: TableKind::Plain,
        columns,
        ..Table::default()
    };
    let facts = definition::resolve(
        at.input(&[]),
        &mut inner,
        &formula.expression,
        (ground.id, table),
    )?;
    let own = |column: &crate::name::ColumnId| column.table == *ground.id;
    let sources = facts.sources.into_iter().filter(own);
    let mut columns: BTreeSet<ColumnName> = sources.map(|source| source.column).collect();
    for access in inner.accesses {
        if access.object == *ground.id {
            columns.extend(access.columns);
        } else {
            statement.accesses.push(access);
        }
    }
    for function in inner.functions {
        if !is_listed(&function) {
            statement.withhold(format!("`{function}` within a definition"), None);
        }
        statement.functions.insert(function);
    }
    if !inner.routines.is_empty() {
        statement.withhold("a stored function within a definition", None);
        statement.routines.extend(inner.routines);
    }
    if ground.exists {
        statement.influences.extend(inner.influences);
    }
    statement.flows.extend(inner.flows);
    statement.effects.extend(inner.effects);
    statement.reads_variables.extend(inner.reads_variables);
    statement.withheld.extend(inner.withheld);
    statement.reads_user_variables |= inner.reads_user_variables;
    statement.uses_temporary |= inner.uses_temporary;
    Ok(columns)
}
