//! Our tokens as sqlparser's: forms that it does not read are rewritten into ones that it does.

use sqlparser::tokenizer::Location;
use sqlparser::tokenizer::Span;
use sqlparser::tokenizer::Token as Foreign;
use sqlparser::tokenizer::TokenWithSpan;

use super::table_list;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

/// Rewrites every token. The place of each in our text is kept as its column.
///
/// `TABLE t` becomes `SELECT * FROM t`, `LOCK IN SHARE MODE` becomes `FOR SHARE`, the comma of
/// `FROM (t1, t2)` becomes `CROSS JOIN`, `||` and `&&` become the words that they stand for,
/// and `@@session.x` becomes one placeholder.
pub(super) fn bridge(
    tokens: &[Token<'_>],
    sql_mode: SqlMode,
) -> Result<Vec<TokenWithSpan>, Unread> {
    let commas = table_list::commas(tokens)?;
    let mut bridged = Vec::with_capacity(tokens.len().saturating_add(8));
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let place = span(token);
        let rest = tokens.get(at..).unwrap_or_default();
        let after_dot = at > 0 && is_symbol(tokens.get(at - 1), Symbol::Dot);
        let (made, used) = if after_dot {
            (vec![plain(token, sql_mode)], 1)
        } else if commas.contains(&at) {
            (vec![word("CROSS"), word("JOIN")], 1)
        } else if is_word(rest.first(), "TABLE") {
            (vec![word("SELECT"), Foreign::Mul, word("FROM")], 1)
        } else if is_share_mode(rest) {
            (vec![word("FOR"), word("SHARE")], 4)
        } else if matches!(token.kind, TokenKind::SystemVariable) {
            system_variable(rest)
        } else {
            (vec![plain(token, sql_mode)], 1)
        };
        bridged.extend(made.into_iter().map(|made| TokenWithSpan::new(made, place)));
        at += used;
    }
    Ok(bridged)
}

/// The letter that marks a placeholder as a user variable or a system variable.
pub(super) const USER_VARIABLE: &str = "@:";
/// See [`USER_VARIABLE`].
pub(super) const SYSTEM_VARIABLE: &str = "@@";

fn span(token: &Token<'_>) -> Span {
    let at = |offset: usize| Location::new(1, u64::try_from(offset).unwrap_or(u64::MAX));
    Span::new(at(token.span.start), at(token.span.end))
}

fn word(text: &str) -> Foreign {
    Foreign::make_word(text, None)
}

/// Whether that token is this unquoted word.
pub(super) fn is_word(token: Option<&Token<'_>>, text: &str) -> bool {
    matches!(token, Some(Token { kind: TokenKind::Word(word), .. }) if word.eq_ignore_ascii_case(text))
}

/// Whether that token is this symbol.
pub(super) fn is_symbol(token: Option<&Token<'_>>, symbol: Symbol) -> bool {
    matches!(token, Some(Token { kind: TokenKind::Symbol(found), .. }) if *found == symbol)
}

/// Words of other products, which both servers take as names wherever a query can have them.
const NAMES: &[&str] = &[
    "ANTI",
    "ASOF",
    "CLUSTER",
    "CONNECT",
    "DISTRIBUTE",
    "FINAL",
    "FULL",
    "GLOB",
    "GLOBAL",
    "ILIKE",
    "MATERIALIZED",
    "MINUS",
    "OPENJSON",
    "OVERLAPS",
    "PIVOT",
    "PREWHERE",
    "SAMPLE",
    "SEMI",
    "SETTINGS",
    "SIMILAR",
    "SORT",
    "START",
    "TABLESAMPLE",
    "TOP",
    "UNNEST",
    "UNPIVOT",
    "XMLTABLE",
];

fn is_share_mode(rest: &[Token<'_>]) -> bool {
    ["LOCK", "IN", "SHARE", "MODE"]
        .iter()
        .enumerate()
        .all(|(at, text)| is_word(rest.get(at), text))
}

fn plain(token: &Token<'_>, sql_mode: SqlMode) -> Foreign {
    match &token.kind {
        // A name to both servers, a keyword to sqlparser.
        TokenKind::Word(text) if NAMES.iter().any(|name| text.eq_ignore_ascii_case(name)) => {
            Foreign::make_word(text, Some('`'))
        }
        TokenKind::Word(text) => word(text),
        TokenKind::QuotedIdentifier(text) => Foreign::make_word(text, Some('`')),
        TokenKind::String { value, .. } => Foreign::SingleQuotedString(text_of(value, token)),
        TokenKind::Integer(text) | TokenKind::Decimal(text) => {
            Foreign::Number((*text).to_owned(), false)
        }
        TokenKind::Hex(text) | TokenKind::Bit(text) => {
            Foreign::HexStringLiteral((*text).to_owned())
        }
        TokenKind::Parameter => Foreign::Placeholder("?".to_owned()),
        TokenKind::UserVariable(name) => {
            Foreign::Placeholder(format!("{USER_VARIABLE}{}", name.to_lowercase()))
        }
        // Reached only after a dot, where no server takes it: not readable either.
        TokenKind::SystemVariable => Foreign::AtAt,
        TokenKind::Symbol(mark) => symbol(*mark, sql_mode),
    }
}

/// Bytes that are not UTF-8 become a text that no identifier can be equal to.
fn text_of(value: &[u8], token: &Token<'_>) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("\u{fffd}{}", token.span.start),
    }
}

fn symbol(symbol: Symbol, sql_mode: SqlMode) -> Foreign {
    match symbol {
        Symbol::LeftParenthesis => Foreign::LParen,
        Symbol::RightParenthesis => Foreign::RParen,
        Symbol::LeftBrace => Foreign::LBrace,
        Symbol::RightBrace => Foreign::RBrace,
        Symbol::Comma => Foreign::Comma,
        Symbol::Semicolon => Foreign::SemiColon,
        Symbol::Dot => Foreign::Period,
        Symbol::Plus => Foreign::Plus,
        Symbol::Minus => Foreign::Minus,
        Symbol::Star => Foreign::Mul,
        Symbol::Slash => Foreign::Div,
        Symbol::Percent => Foreign::Mod,
        Symbol::Caret => Foreign::Caret,
        Symbol::Tilde => Foreign::Tilde,
        Symbol::Exclamation => Foreign::ExclamationMark,
        Symbol::Ampersand => Foreign::Ampersand,
        Symbol::AmpersandAmpersand => word("AND"),
        Symbol::Pipe => Foreign::Pipe,
        Symbol::PipePipe if sql_mode.contains(SqlMode::PIPES_AS_CONCAT) => Foreign::StringConcat,
        Symbol::PipePipe => word("OR"),
        Symbol::Equal => Foreign::Eq,
        Symbol::NullSafeEqual => Foreign::Spaceship,
        Symbol::NotEqual | Symbol::LessGreater => Foreign::Neq,
        Symbol::Less => Foreign::Lt,
        Symbol::LessOrEqual => Foreign::LtEq,
        Symbol::Greater => Foreign::Gt,
        Symbol::GreaterOrEqual => Foreign::GtEq,
        Symbol::ShiftLeft => Foreign::ShiftLeft,
        Symbol::ShiftRight => Foreign::ShiftRight,
        Symbol::Assign => Foreign::Assignment,
        Symbol::Colon => Foreign::Colon,
        Symbol::Arrow => Foreign::Arrow,
        Symbol::DoubleArrow => Foreign::LongArrow,
    }
}

/// `@@x`, `@@session.x`, `@@cache.x`: one placeholder with all the words after it.
fn system_variable(rest: &[Token<'_>]) -> (Vec<Foreign>, usize) {
    let name = |at: usize| match rest.get(at).map(|token| &token.kind) {
        Some(TokenKind::Word(text)) => Some((*text).to_owned()),
        Some(TokenKind::QuotedIdentifier(text)) => Some(text.clone().into_owned()),
        _ => None,
    };
    let Some(first) = name(1) else {
        return (vec![Foreign::AtAt], 1);
    };
    let mut text = format!("{SYSTEM_VARIABLE}{}", first.to_lowercase());
    let mut used = 2;
    while is_symbol(rest.get(used), Symbol::Dot) {
        let Some(part) = name(used + 1) else {
            break;
        };
        text.push('.');
        text.push_str(&part.to_lowercase());
        used += 2;
    }
    (vec![Foreign::Placeholder(text)], used)
}
