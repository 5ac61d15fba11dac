//! Expressions: operators by their precedence, chains of them without recursion.

use super::predicate::Negated;
use super::reader::Reader;
use crate::facts::tree::Expression;
use crate::facts::tree::Operator;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

/// How tightly operators bind (MySQL manual, "Operator Precedence"). Predicates (LIKE, IN,
/// BETWEEN, REGEXP) bind more tightly than comparisons, because their left side is a `bit_expr`
/// in the servers' grammar.
pub(super) mod level {
    pub(in super::super) const ANY: u8 = 0;
    pub(in super::super) const OR: u8 = 5;
    pub(in super::super) const XOR: u8 = 8;
    pub(in super::super) const AND: u8 = 10;
    pub(in super::super) const NOT: u8 = 15;
    pub(in super::super) const COMPARISON: u8 = 19;
    pub(in super::super) const PREDICATE: u8 = 20;
    pub(in super::super) const PIPE: u8 = 21;
    pub(in super::super) const AMPERSAND: u8 = 22;
    pub(in super::super) const SHIFT: u8 = 23;
    pub(in super::super) const SUM: u8 = 30;
    pub(in super::super) const PRODUCT: u8 = 40;
    pub(in super::super) const CARET: u8 = 45;
    pub(in super::super) const CONCAT: u8 = 46;
    pub(in super::super) const SIGN: u8 = 47;
    pub(in super::super) const BINARY: u8 = 48;
    pub(in super::super) const COLLATE: u8 = 50;
    pub(in super::super) const ARROW: u8 = 60;
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug)]
enum Infix {
    /// An operator with an operand on each side.
    Plain(Operator),
    /// `=` and its like, which ANY or ALL may follow.
    Comparison(Operator),
    Is,
    Collate,
    Arrow,
    /// A predicate, behind NOT or not.
    In(Negated),
    Like(Negated),
    Between(Negated),
    Regular(Negated),
    Sounds,
    Member,
}

/// The longest chain of operators that nest to the left: `a = b = c`.
const COMPARISONS_MAX: usize = 100;

impl Reader<'_> {
    pub(super) fn any_expression(&mut self) -> Result<Expression, Unread> {
        self.expression(level::ANY)
    }

    /// A `bit_expr` of the servers' grammar.
    pub(super) fn bit_expression(&mut self) -> Result<Expression, Unread> {
        self.expression(level::PREDICATE)
    }

    /// An expression whose operators all bind more tightly than that.
    pub(super) fn expression(&mut self, above: u8) -> Result<Expression, Unread> {
        self.deeper(|reader| {
            let left = reader.prefix()?;
            reader.operators(left, above)
        })
    }

    /// The operators behind an operand, and what they join to it.
    pub(super) fn operators(&mut self, first: Expression, above: u8) -> Result<Expression, Unread> {
        let mut left = first;
        let mut nested = 0;
        while let Some((level, infix)) = self.infix() {
            if level <= above {
                break;
            }
            match infix {
                Infix::Plain(operator) => {
                    self.skip(1);
                    let right = self.expression(level)?;
                    left = joined(left, operator, right, &mut nested);
                }
                Infix::Comparison(operator) => {
                    self.skip(1);
                    nested += 1;
                    left = self.comparison(left, operator)?;
                }
                Infix::Collate => {
                    self.skip(1);
                    self.charset_name()?;
                    nested += 1;
                    left = Expression::Collate(Box::new(left));
                }
                Infix::Arrow => {
                    self.skip(1);
                    nested += 1;
                    let path = self.expression(level)?;
                    left = Expression::of(Operator::Json, vec![left, path]);
                }
                Infix::Is => {
                    nested += 1;
                    left = self.truth(left)?;
                }
                Infix::In(negated) => {
                    nested += 1;
                    left = self.among(left, negated)?;
                }
                Infix::Like(negated) => {
                    nested += 1;
                    left = self.like(left, negated)?;
                }
                Infix::Between(negated) => {
                    nested += 1;
                    left = self.between(left, negated)?;
                }
                Infix::Regular(negated) => {
                    nested += 1;
                    left = self.regular(left, negated)?;
                }
                Infix::Sounds => {
                    nested += 1;
                    self.skip(2);
                    let right = self.bit_expression()?;
                    left = Expression::of(Operator::SoundsLike, vec![left, right]);
                }
                Infix::Member => {
                    nested += 1;
                    left = self.member(left)?;
                }
            }
            if nested > COMPARISONS_MAX {
                return Err(Unread::Limit {
                    what: "operators in a row",
                    limit: COMPARISONS_MAX,
                });
            }
        }
        Ok(left)
    }

    fn comparison(&mut self, left: Expression, operator: Operator) -> Result<Expression, Unread> {
        if self.is_one_of(&["ANY", "SOME", "ALL"]) && self.is_symbol_at(1, Symbol::LeftParenthesis)
        {
            let place = self.place();
            self.skip(2);
            if self.query_stands_next() {
                let query = self.query()?;
                self.close()?;
                return Ok(Expression::Among {
                    operand: Box::new(left),
                    query: Box::new(query),
                });
            }
            self.go_back(place);
        }
        let right = self.expression(level::COMPARISON)?;
        Ok(Expression::of(operator, vec![left, right]))
    }

    /// The operator that stands next, and how tightly it binds.
    fn infix(&self) -> Option<(u8, Infix)> {
        match self.peek()? {
            TokenKind::Symbol(symbol) => self.symbol(*symbol),
            TokenKind::Word(word) => self.infix_word(word),
            TokenKind::QuotedIdentifier(_)
            | TokenKind::String { .. }
            | TokenKind::Raw(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
            | TokenKind::Parameter
            | TokenKind::UserVariable(_)
            | TokenKind::SystemVariable => None,
        }
    }

    fn symbol(&self, symbol: Symbol) -> Option<(u8, Infix)> {
        let concat = self.grammar.sql_mode.contains(SqlMode::PIPES_AS_CONCAT);
        let (level, infix) = match symbol {
            Symbol::Equal => (level::COMPARISON, Infix::Comparison(Operator::Equal)),
            Symbol::NullSafeEqual
            | Symbol::NotEqual
            | Symbol::LessGreater
            | Symbol::Less
            | Symbol::LessOrEqual
            | Symbol::Greater
            | Symbol::GreaterOrEqual => (level::COMPARISON, Infix::Comparison(Operator::Compare)),
            Symbol::Plus | Symbol::Minus => (level::SUM, Infix::Plain(Operator::Arithmetic)),
            Symbol::Star | Symbol::Slash | Symbol::Percent => {
                (level::PRODUCT, Infix::Plain(Operator::Arithmetic))
            }
            Symbol::Pipe => (level::PIPE, Infix::Plain(Operator::Bits)),
            Symbol::Ampersand => (level::AMPERSAND, Infix::Plain(Operator::Bits)),
            Symbol::ShiftLeft | Symbol::ShiftRight => (level::SHIFT, Infix::Plain(Operator::Bits)),
            Symbol::Caret => (level::CARET, Infix::Plain(Operator::Bits)),
            Symbol::PipePipe if concat => (level::CONCAT, Infix::Plain(Operator::Concat)),
            Symbol::PipePipe => (level::OR, Infix::Plain(Operator::Or)),
            Symbol::AmpersandAmpersand => (level::AND, Infix::Plain(Operator::And)),
            Symbol::Arrow | Symbol::DoubleArrow => (level::ARROW, Infix::Arrow),
            Symbol::LeftParenthesis
            | Symbol::RightParenthesis
            | Symbol::LeftBrace
            | Symbol::RightBrace
            | Symbol::Comma
            | Symbol::Semicolon
            | Symbol::Dot
            | Symbol::Tilde
            | Symbol::Exclamation
            | Symbol::Assign
            | Symbol::Colon => return None,
        };
        Some((level, infix))
    }

    fn infix_word(&self, word: &str) -> Option<(u8, Infix)> {
        let not = word.eq_ignore_ascii_case("NOT");
        let ahead = usize::from(not);
        let word = if not { self.word_at(1)? } else { word };
        let is = |text: &str| word.eq_ignore_ascii_case(text);
        let negated = Negated(not);
        let predicate = match word.len() {
            2 if is("IN") => Some(Infix::In(negated)),
            4 if is("LIKE") => Some(Infix::Like(negated)),
            5 if is("RLIKE") => Some(Infix::Regular(negated)),
            6 if is("REGEXP") => Some(Infix::Regular(negated)),
            7 if is("BETWEEN") => Some(Infix::Between(negated)),
            _ => None,
        };
        if let Some(infix) = predicate {
            return Some((level::PREDICATE, infix));
        }
        if ahead == 1 {
            return None;
        }
        match word.len() {
            2 if is("OR") => Some((level::OR, Infix::Plain(Operator::Or))),
            2 if is("IS") => Some((level::COMPARISON, Infix::Is)),
            3 if is("AND") => Some((level::AND, Infix::Plain(Operator::And))),
            3 if is("XOR") => Some((level::XOR, Infix::Plain(Operator::Xor))),
            3 if is("DIV") || is("MOD") => {
                Some((level::PRODUCT, Infix::Plain(Operator::Arithmetic)))
            }
            6 if is("MEMBER")
                && (self.is_word_at(1, "OF") || self.is_symbol_at(1, Symbol::LeftParenthesis)) =>
            {
                Some((level::PREDICATE, Infix::Member))
            }
            6 if is("SOUNDS") && self.is_word_at(1, "LIKE") => {
                Some((level::PREDICATE, Infix::Sounds))
            }
            7 if is("COLLATE") => Some((level::COLLATE, Infix::Collate)),
            _ => None,
        }
    }
}

/// One node holds all operands of the same operator in a row, however many they are.
fn joined(left: Expression, next: Operator, right: Expression, nested: &mut usize) -> Expression {
    let mut left = left;
    if let Expression::Operator { operator, operands } = &mut left
        && *operator == next
        && operands.len() > 1
    {
        operands.push(right);
        return left;
    }
    *nested += 1;
    Expression::of(next, vec![left, right])
}
