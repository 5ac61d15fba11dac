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
    /// expressions counted: a bound on the depth of any tree that a parser makes. A chain of
    /// AND, OR, XOR or of arithmetic is one level, however long.
    pub chain_max: usize,
    /// Statements in one text: drivers that send changes in batches put 200 into one.
    pub statements_max: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            bytes_max: 1 << 20,
            tokens_max: 500_000,
            nesting_max: 200,
            joins_max: 10_000,
            set_operations_max: 10_000,
            chain_max: 400,
            statements_max: 256,
        }
    }
}

/// Checks all bounds but that of bytes, and gives the depth that a tree over these tokens can have,
/// in levels of an operator.
pub(super) fn check(tokens: &[Token<'_>], limits: &ReadLimits) -> Result<usize, Unread> {
    bound("tokens", tokens.len(), limits.tokens_max)?;
    let (mut joins, mut set_operations) = (0_usize, 0_usize);
    let mut open: Vec<Level> = vec![Level::default()];
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut before = None;
    for token in tokens {
        match weight(token, before) {
            Weight::None => {}
            Weight::Open => {
                open.push(Level::default());
                depth += 1;
                bound("nested parentheses", open.len() - 1, limits.nesting_max)?;
            }
            Weight::Close if open.len() > 1 => {
                let closed = open.pop().unwrap_or_default();
                depth = depth.saturating_sub(closed.operators + closed.lasting + 1);
            }
            Weight::Close => {}
            Weight::Separator => {
                depth = depth.saturating_sub(open.last_mut().map_or(0, Level::end))
            }
            Weight::Join => {
                depth = depth.saturating_sub(open.last_mut().map_or(0, Level::end));
                joins += 1;
                bound("joins", joins, limits.joins_max)?;
            }
            Weight::SetOperation => {
                depth = depth.saturating_sub(open.last_mut().map_or(0, Level::end));
                set_operations += 1;
                bound("set operations", set_operations, limits.set_operations_max)?;
            }
            Weight::Link { of_between } => {
                let left = open.last_mut().map_or(0, |level| level.link(of_between));
                depth = depth.saturating_sub(left);
            }
            Weight::Between => {
                if let Some(level) = open.last_mut() {
                    level.operators += 1;
                    level.betweens += 1;
                }
                depth += 1;
            }
            Weight::Operator => {
                if let Some(level) = open.last_mut() {
                    level.operators += 1;
                }
                depth += 1;
            }
            Weight::Lasting => {
                if let Some(level) = open.last_mut() {
                    level.lasting += 1;
                }
                depth += 1;
            }
        }
        bound("operators in a chain", depth, limits.chain_max)?;
        let parentheses = open.len() - 1;
        deepest = deepest.max(depth + parentheses * LEVELS_OF_A_PARENTHESIS);
        before = Some(token);
    }
    Ok(deepest + joins.min(JOINS_IN_A_FROM))
}

/// A query in parentheses passes through more readers than an operand does.
const LEVELS_OF_A_PARENTHESIS: usize = 4;

/// More tables are not joined in one FROM.
const JOINS_IN_A_FROM: usize = 64;

/// Operators since the last separator, between one pair of parentheses.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Those that AND, OR and XOR end: their operands do not lie within each other.
    operators: usize,
    /// Those that take all that follows, AND and OR included.
    lasting: usize,
    /// BETWEENs whose AND has not come.
    betweens: usize,
}

impl Level {
    /// At a separator; gives how many levels end.
    fn end(&mut self) -> usize {
        let ended = self.operators + self.lasting;
        *self = Self::default();
        ended
    }

    /// At AND, OR or XOR; gives how many levels end.
    fn link(&mut self, of_between: bool) -> usize {
        if of_between && self.betweens > 0 {
            self.betweens -= 1;
            return 0;
        }
        std::mem::take(&mut self.operators)
    }
}

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
    /// What follows does not lie within what stands before.
    Separator,
    Join,
    SetOperation,
    /// AND, OR, XOR: chains of them are one level, however long.
    Link {
        /// Whether it may belong to a BETWEEN.
        of_between: bool,
    },
    Between,
    Operator,
    /// An operator whose operand is all that follows.
    Lasting,
}

fn weight(token: &Token<'_>, before: Option<&Token<'_>>) -> Weight {
    match &token.kind {
        TokenKind::Symbol(symbol) => match symbol {
            Symbol::LeftParenthesis | Symbol::LeftBrace => Weight::Open,
            Symbol::RightParenthesis | Symbol::RightBrace => Weight::Close,
            Symbol::Comma | Symbol::Semicolon => Weight::Separator,
            Symbol::Dot => Weight::None,
            // Between two operands they make a chain, which is one level; before one, a sign.
            Symbol::Plus
            | Symbol::Minus
            | Symbol::Star
            | Symbol::Slash
            | Symbol::Percent
            | Symbol::Caret
            | Symbol::Ampersand
            | Symbol::Pipe
            | Symbol::ShiftLeft
            | Symbol::ShiftRight => match before {
                Some(before) if ends_operand(before) => Weight::None,
                _ => Weight::Operator,
            },
            Symbol::AmpersandAmpersand | Symbol::PipePipe => Weight::Link { of_between: false },
            Symbol::Assign => Weight::Lasting,
            Symbol::Tilde
            | Symbol::Exclamation
            | Symbol::Equal
            | Symbol::NullSafeEqual
            | Symbol::NotEqual
            | Symbol::LessGreater
            | Symbol::Less
            | Symbol::LessOrEqual
            | Symbol::Greater
            | Symbol::GreaterOrEqual
            | Symbol::Colon
            | Symbol::Arrow
            | Symbol::DoubleArrow => Weight::Operator,
        },
        TokenKind::Word(word) => word_weight(word),
        TokenKind::QuotedIdentifier(_)
        | TokenKind::String { .. }
        | TokenKind::Raw(_)
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Hex(_)
        | TokenKind::Bit(_)
        | TokenKind::Parameter
        | TokenKind::UserVariable(_)
        | TokenKind::SystemVariable => Weight::None,
    }
}

/// Whether an operand can end with that token: what follows stands between two.
fn ends_operand(token: &Token<'_>) -> bool {
    match &token.kind {
        TokenKind::Symbol(symbol) => {
            matches!(symbol, Symbol::RightParenthesis | Symbol::RightBrace)
        }
        TokenKind::Word(word) => !matches!(word_weight(word), Weight::Operator | Weight::Lasting),
        TokenKind::QuotedIdentifier(_)
        | TokenKind::String { .. }
        | TokenKind::Raw(_)
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Hex(_)
        | TokenKind::Bit(_)
        | TokenKind::Parameter
        | TokenKind::UserVariable(_) => true,
        TokenKind::SystemVariable => false,
    }
}

/// Words that make a tree deeper without a parenthesis.
const DEEPENING: &[&str] = &[
    "ALL", "ANY", "AT", "BINARY", "COLLATE", "ESCAPE", "EXISTS", "EXPLAIN", "IN", "IS", "LIKE",
    "MATCH", "MEMBER", "NOT", "REGEXP", "RLIKE", "SOME", "SOUNDS",
];

/// Words that begin another clause or arm.
const SEPARATING: &[&str] = &[
    "SELECT", "FROM", "WHERE", "ON", "GROUP", "HAVING", "ORDER", "LIMIT", "SET", "VALUES", "WHEN",
    "THEN", "ELSE",
];

fn word_weight(word: &str) -> Weight {
    let is = |other: &&str| word.eq_ignore_ascii_case(other);
    if ["JOIN", "STRAIGHT_JOIN"].iter().any(is) {
        Weight::Join
    } else if ["UNION", "EXCEPT", "INTERSECT"].iter().any(is) {
        Weight::SetOperation
    } else if is(&"CASE") {
        Weight::Open
    } else if is(&"END") {
        Weight::Close
    } else if is(&"AND") {
        Weight::Link { of_between: true }
    } else if is(&"OR") || is(&"XOR") {
        Weight::Link { of_between: false }
    } else if is(&"BETWEEN") {
        Weight::Between
    } else if is(&"INTERVAL") {
        Weight::Lasting
    } else if DEEPENING.iter().any(is) {
        Weight::Operator
    } else if SEPARATING.iter().any(is) {
        Weight::Separator
    } else {
        Weight::None
    }
}
