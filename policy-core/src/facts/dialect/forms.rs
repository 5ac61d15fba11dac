//! The forms of expressions that stand between keywords of their own.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a token that is not named refuses the form"
)]

use sqlparser::ast::Expr;
use sqlparser::parser::Parser;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Token;

use super::error;
use super::expect_word;
use super::identifier;
use super::ours;
use super::path;
use super::take_word;
use super::text;

/// The ODBC escape `{name expression}`: both servers take the expression.
pub(super) fn escape(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.advance_token();
    identifier(parser)?;
    let inner = parser.parse_expr()?;
    parser.expect_token(&Token::RBrace)?;
    Ok(Expr::Nested(Box::new(inner)))
}

const UNITS: &[&str] = &[
    "MICROSECOND",
    "SECOND",
    "MINUTE",
    "HOUR",
    "DAY",
    "WEEK",
    "MONTH",
    "QUARTER",
    "YEAR",
    "SECOND_MICROSECOND",
    "MINUTE_MICROSECOND",
    "MINUTE_SECOND",
    "HOUR_MICROSECOND",
    "HOUR_SECOND",
    "HOUR_MINUTE",
    "DAY_MICROSECOND",
    "DAY_SECOND",
    "DAY_MINUTE",
    "DAY_HOUR",
    "YEAR_MONTH",
];

fn is_unit(token: &Token) -> bool {
    matches!(token, Token::Word(word)
        if word.quote_style.is_none() && UNITS.iter().any(|unit| word.value.eq_ignore_ascii_case(unit)))
}

/// `INTERVAL expression unit`, or the function `INTERVAL(a, b, …)`.
///
/// With a parenthesis first, what stands behind its end tells: never both are tried, which would
/// double the work at every nesting.
pub(super) fn interval(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    if parser.peek_nth_token_ref(1).token == Token::LParen && !is_unit(&behind_parenthesis(parser))
    {
        return path(parser);
    }
    parser.advance_token();
    let amount = parser.parse_expr()?;
    if !is_unit(&parser.next_token().token) {
        return error("a unit of INTERVAL");
    }
    Ok(ours("interval", vec![amount]))
}

/// The token behind the parenthesis that opens at the next token but one.
fn behind_parenthesis(parser: &Parser<'_>) -> Token {
    let mut depth = 0_usize;
    for at in 1.. {
        match &parser.peek_nth_token_ref(at).token {
            Token::LParen => depth = depth.saturating_add(1),
            Token::RParen if depth <= 1 => return parser.peek_nth_token_ref(at + 1).token.clone(),
            Token::RParen => depth -= 1,
            Token::EOF => break,
            _ => {}
        }
    }
    Token::EOF
}

/// `CAST(x AS type)`, with `CHARACTER SET`, `ARRAY` and `AT TIME ZONE` left out: they change no
/// source, and a cast is never total.
pub(super) fn cast(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    let operand = parser.parse_expr()?;
    expect_word(parser, "AS")?;
    let kind = type_words(parser)?;
    parser.expect_token(&Token::RParen)?;
    Ok(ours("cast", vec![operand, text(&kind)]))
}

/// `CONVERT(x, type)` and `CONVERT(x USING charset)`.
pub(super) fn convert(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    let operand = parser.parse_expr()?;
    let kind = if take_word(parser, "USING") {
        identifier(parser)?;
        "using".to_owned()
    } else {
        parser.expect_token(&Token::Comma)?;
        type_words(parser)?
    };
    parser.expect_token(&Token::RParen)?;
    Ok(ours("cast", vec![operand, text(&kind)]))
}

/// The words of a type up to its closing parenthesis; the first one says what comes out.
fn type_words(parser: &mut Parser<'_>) -> Result<String, ParserError> {
    let first = identifier(parser)?.value.to_ascii_lowercase();
    let mut depth = 0_usize;
    loop {
        match &parser.peek_token_ref().token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return Ok(first),
            Token::RParen => depth -= 1,
            Token::Word(_) | Token::Number(..) => {}
            Token::Comma if depth > 0 => {}
            _ => return error("a type"),
        }
        parser.advance_token();
    }
}

/// `CHAR(n, … [USING charset])`.
pub(super) fn char_using(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    let arguments = parser.parse_comma_separated(Parser::parse_expr)?;
    if take_word(parser, "USING") {
        identifier(parser)?;
    }
    parser.expect_token(&Token::RParen)?;
    Ok(ours("char", arguments))
}

/// `EXTRACT(unit FROM x)`.
pub(super) fn extract(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.advance_token();
    parser.expect_token(&Token::LParen)?;
    if !is_unit(&parser.next_token().token) {
        return error("a unit");
    }
    expect_word(parser, "FROM")?;
    let operand = parser.parse_expr()?;
    parser.expect_token(&Token::RParen)?;
    Ok(ours("extract", vec![operand]))
}

/// `MATCH (a, b) AGAINST (x IN BOOLEAN MODE)`; the parentheses around the columns may be missing.
pub(super) fn match_against(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.advance_token();
    let parenthesis = parser.consume_token(&Token::LParen);
    let mut arguments = parser.parse_comma_separated(path)?;
    if parenthesis {
        parser.expect_token(&Token::RParen)?;
    }
    expect_word(parser, "AGAINST")?;
    parser.expect_token(&Token::LParen)?;
    // Above the predicates, so that IN of the mode is left standing.
    arguments.push(parser.parse_subexpr(20)?);
    loop {
        match parser.next_token().token {
            Token::RParen => return Ok(ours("match", arguments)),
            Token::Word(word) if MODE_WORDS.contains(&word.value.to_ascii_uppercase().as_str()) => {
            }
            _ => return error("a mode of AGAINST"),
        }
    }
}

const MODE_WORDS: &[&str] = &[
    "IN",
    "BOOLEAN",
    "NATURAL",
    "LANGUAGE",
    "MODE",
    "WITH",
    "QUERY",
    "EXPANSION",
];
