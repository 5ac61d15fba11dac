//! Tokens to trees: sqlparser reads queries and expressions, and nothing of its tree goes further.

mod change;
mod expression;
mod from;
mod query;

use sqlparser::ast::Ident;
use sqlparser::ast::ObjectName;
use sqlparser::ast::ObjectNamePart;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token as Foreign;

use super::bridge::bridge;
use super::dialect::Servers;
use super::tree::Change;
use super::tree::Expression;
use super::tree::Query;
use crate::lex::token::Token;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

/// Reads one whole query.
pub(super) fn query(tokens: &[Token<'_>], sql_mode: SqlMode) -> Result<Query, Unread> {
    with_parser(tokens, sql_mode, |parser| {
        query::query(*parsed(parser, Parser::parse_query)?)
    })
}

/// Reads one whole INSERT, REPLACE, UPDATE or DELETE.
pub(super) fn change(tokens: &[Token<'_>], sql_mode: SqlMode) -> Result<Change, Unread> {
    with_parser(tokens, sql_mode, change::change)
}

/// Reads expressions between commas; no tokens, no expressions.
pub(super) fn expressions(
    tokens: &[Token<'_>],
    sql_mode: SqlMode,
) -> Result<Vec<Expression>, Unread> {
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    with_parser(tokens, sql_mode, |parser| {
        parsed(parser, |parser| {
            parser.parse_comma_separated(Parser::parse_expr)
        })?
        .into_iter()
        .map(expression::expression)
        .collect()
    })
}

/// Deep enough for people and programs, far from the end of a stack.
const NESTING_MAX: usize = 100;

fn with_parser<T>(
    tokens: &[Token<'_>],
    sql_mode: SqlMode,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, Unread>,
) -> Result<T, Unread> {
    let dialect = Servers {
        high_not: sql_mode.contains(SqlMode::HIGH_NOT_PRECEDENCE),
    };
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(NESTING_MAX)
        .with_tokens_with_locations(bridge(tokens, sql_mode)?);
    let tree = read(&mut parser)?;
    if *parser.peek_token_ref() == Foreign::EOF {
        Ok(tree)
    } else {
        Err(syntax(&parser))
    }
}

/// Runs one of sqlparser's readers. Its own message may hold text of the statement, so only the
/// place where it stopped is told.
fn parsed<'p, T>(
    parser: &mut Parser<'p>,
    read: impl FnOnce(&mut Parser<'p>) -> Result<T, sqlparser::parser::ParserError>,
) -> Result<T, Unread> {
    match read(parser) {
        Ok(tree) => Ok(tree),
        Err(sqlparser::parser::ParserError::RecursionLimitExceeded) => Err(Unread::Limit {
            what: "levels of nesting",
            limit: NESTING_MAX,
        }),
        Err(_) => Err(syntax(parser)),
    }
}

fn syntax(parser: &Parser<'_>) -> Unread {
    let next = parser.peek_token_ref();
    let (at, what) = if next.token == sqlparser::tokenizer::Token::EOF {
        let mut before = (0..parser.index())
            .rev()
            .map(|index| parser.token_at(index));
        let last = before.find(|token| token.token != sqlparser::tokenizer::Token::EOF);
        let last = last.map_or(0, |token| token.span.start.column);
        (last, "it ends too early behind it")
    } else {
        (
            next.span.start.column,
            "the grammar does not go on like this",
        )
    };
    Unread::Syntax {
        at: usize::try_from(at).unwrap_or(usize::MAX),
        what: what.to_owned(),
    }
}

fn unsupported<T>(construct: &str) -> Result<T, Unread> {
    Err(super::unsupported(construct))
}

/// A name of a column, table or schema: quoted or not, never a string.
fn name(ident: Ident) -> Result<String, Unread> {
    let Ident {
        value,
        quote_style,
        span: _,
    } = ident;
    match quote_style {
        None | Some('`') => Ok(value),
        Some(_) => unsupported("a string in place of a name"),
    }
}

/// An alias: a string will do too.
fn alias(ident: Ident) -> Result<String, Unread> {
    let Ident {
        value,
        quote_style,
        span: _,
    } = ident;
    // Servers strip what does not print from the start of an alias, and so make another name.
    if value
        .chars()
        .next()
        .is_some_and(|first| first <= ' ' || first == '\u{7f}')
    {
        return unsupported("an alias that begins with white space");
    }
    // The server reads a string in the client's character set, and folds it as a name in its own.
    if quote_style == Some('\'') && !value.is_ascii() {
        return unsupported("an alias in quotes with letters outside ASCII; write it in backticks");
    }
    match quote_style {
        None | Some('`' | '\'') => Ok(value),
        Some(_) => unsupported("this form of alias"),
    }
}

fn path(object: ObjectName) -> Result<Vec<String>, Unread> {
    let ObjectName(parts) = object;
    parts
        .into_iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => name(ident),
            ObjectNamePart::Function(_) => unsupported("a function in place of a name"),
        })
        .collect()
}
