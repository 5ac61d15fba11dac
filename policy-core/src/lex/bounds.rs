//! How large, deep and long a statement may be: checked over tokens, before anything recursive runs.

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// The bounds on what is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct ReadLimits {
    /// Bytes of a text.
    pub bytes_max: usize,
    /// Tokens of a text.
    pub tokens_max: usize,
    /// Parentheses (and `CASE`) open at once.
    pub nesting_max: usize,
    /// `JOIN` words in a text.
    pub joins_max: usize,
    /// `UNION`, `EXCEPT` and `INTERSECT` in a text.
    pub set_operations_max: usize,
    /// Operators and open parentheses on the way to any one token, those of the enclosing
    /// chains counted: a bound on the depth of any tree that a parser makes.
    pub chain_max: usize,
    /// Statements in one text.
    pub statements_max: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            bytes_max: 1 << 20,
            tokens_max: 200_000,
            nesting_max: 40,
            joins_max: 61,
            set_operations_max: 64,
            chain_max: 400,
            statements_max: 100,
        }
    }
}

/// Checks all bounds but that of bytes, and gives the depth that a tree over these tokens can have,
/// in levels of an operator.
pub(super) fn check(tokens: &[Token<'_>], limits: &ReadLimits) -> Result<usize, Unread> {
    bound("tokens", tokens.len(), limits.tokens_max)?;
    let (mut joins, mut set_operations) = (0_usize, 0_usize);
    // One count of operators for each open parenthesis, and their sum.
    let mut open: Vec<usize> = vec![0];
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let close = |open: &mut Vec<usize>, depth: &mut usize| {
        if open.len() > 1 {
            *depth = depth.saturating_sub(open.pop().unwrap_or(0) + 1);
        }
    };
    for token in tokens {
        match weight(token) {
            Weight::None => {}
            Weight::Open => {
                open.push(0);
                depth += 1;
                bound("nested parentheses", open.len() - 1, limits.nesting_max)?;
            }
            Weight::Close => close(&mut open, &mut depth),
            Weight::Separator => {
                if let Some(count) = open.last_mut() {
                    depth = depth.saturating_sub(*count);
                    *count = 0;
                }
            }
            Weight::Join => {
                joins += 1;
                bound("joins", joins, limits.joins_max)?;
            }
            Weight::SetOperation => {
                set_operations += 1;
                bound("set operations", set_operations, limits.set_operations_max)?;
            }
            Weight::Operator => {
                if let Some(count) = open.last_mut() {
                    *count += 1;
                }
                depth += 1;
            }
        }
        bound("operators in a chain", depth, limits.chain_max)?;
        let parentheses = open.len() - 1;
        deepest = deepest.max(depth + parentheses * LEVELS_OF_A_PARENTHESIS);
    }
    Ok(deepest + joins + set_operations)
}

/// A query in parentheses passes through more readers than an operand does.
const LEVELS_OF_A_PARENTHESIS: usize = 4;

fn bound(what: &'static str, count: usize, limit: usize) -> Result<(), Unread> {
    if count > limit {
        return Err(Unread::Limit { what, limit });
    }
    Ok(())
}

enum Weight {
    None,
    Open,
    Close,
    Separator,
    Join,
    SetOperation,
    Operator,
}

fn weight(token: &Token<'_>) -> Weight {
    match &token.kind {
        TokenKind::Symbol(symbol) => match symbol {
            Symbol::LeftParenthesis | Symbol::LeftBrace => Weight::Open,
            Symbol::RightParenthesis | Symbol::RightBrace => Weight::Close,
            Symbol::Comma | Symbol::Semicolon => Weight::Separator,
            Symbol::Dot => Weight::None,
            Symbol::Plus
            | Symbol::Minus
            | Symbol::Star
            | Symbol::Slash
            | Symbol::Percent
            | Symbol::Caret
            | Symbol::Tilde
            | Symbol::Exclamation
            | Symbol::Ampersand
            | Symbol::AmpersandAmpersand
            | Symbol::Pipe
            | Symbol::PipePipe
            | Symbol::Equal
            | Symbol::NullSafeEqual
            | Symbol::NotEqual
            | Symbol::LessGreater
            | Symbol::Less
            | Symbol::LessOrEqual
            | Symbol::Greater
            | Symbol::GreaterOrEqual
            | Symbol::ShiftLeft
            | Symbol::ShiftRight
            | Symbol::Assign
            | Symbol::Colon
            | Symbol::Arrow
            | Symbol::DoubleArrow => Weight::Operator,
        },
        TokenKind::Word(word) => word_weight(word),
        TokenKind::QuotedIdentifier(_)
        | TokenKind::String { .. }
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Hex(_)
        | TokenKind::Bit(_)
        | TokenKind::Parameter
        | TokenKind::UserVariable(_)
        | TokenKind::SystemVariable => Weight::None,
    }
}

/// Words that make a tree deeper without a parenthesis, those of other products that a parser
/// may know included.
const DEEPENING: &[&str] = &[
    "ALL", "AND", "ANY", "AT", "BETWEEN", "BINARY", "COLLATE", "DIV", "ESCAPE", "EXISTS",
    "EXPLAIN", "GLOB", "ILIKE", "IN", "INTERVAL", "IS", "ISNULL", "LIKE", "MATCH", "MEMBER", "MOD",
    "NOT", "NOTNULL", "OPERATOR", "OR", "OVERLAPS", "REGEXP", "RLIKE", "SELECT", "SIMILAR", "SOME",
    "SOUNDS", "TABLE", "VALUES", "WITH", "XOR",
];

fn word_weight(word: &str) -> Weight {
    let is = |other: &&str| word.eq_ignore_ascii_case(other);
    if ["JOIN", "STRAIGHT_JOIN"].iter().any(is) {
        Weight::Join
    } else if ["UNION", "EXCEPT", "INTERSECT", "MINUS"].iter().any(is) {
        Weight::SetOperation
    } else if is(&"CASE") {
        Weight::Open
    } else if is(&"END") {
        Weight::Close
    } else if DEEPENING.iter().any(is) {
        Weight::Operator
    } else {
        Weight::None
    }
}
