//! Predicates: IS, IN, LIKE, BETWEEN, REGEXP, MEMBER OF.

use super::expression::level;
use super::query::QUERY_WORDS;
use super::reader::Reader;
use crate::facts::tree::Expression;
use crate::facts::tree::Operator;
use crate::facts::tree::Query;
use crate::lex::token::Symbol;
use crate::unread::Unread;

/// Whether NOT stands before the word of a predicate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Negated(pub(super) bool);

impl Negated {
    fn of(self, expression: Expression) -> Expression {
        if self.0 {
            Expression::of(Operator::Not, vec![expression])
        } else {
            expression
        }
    }
}

/// What stood between parentheses in an expression.
pub(super) enum Inner {
    Query(Query),
    List(Vec<Expression>),
}

impl Reader<'_> {
    /// `IS [NOT] NULL`, `TRUE`, `FALSE`, `UNKNOWN`.
    pub(super) fn truth(&mut self, left: Expression) -> Result<Expression, Unread> {
        self.expect("IS")?;
        let _ = self.take("NOT");
        if self.take("NULL") {
            return Ok(Expression::of(Operator::IsNull, vec![left]));
        }
        self.expect_one_of(&["TRUE", "FALSE", "UNKNOWN"])?;
        Ok(Expression::of(Operator::Truth, vec![left]))
    }

    pub(super) fn among(
        &mut self,
        left: Expression,
        negated: Negated,
    ) -> Result<Expression, Unread> {
        self.skip(1 + usize::from(negated.0));
        self.open()?;
        let whole = match self.inner_expression()? {
            Inner::Query(query) => Expression::Among {
                operand: Box::new(left),
                query: Box::new(query),
            },
            Inner::List(list) => {
                let mut operands = Vec::with_capacity(list.len() + 1);
                operands.push(left);
                operands.extend(list);
                Expression::of(Operator::In, operands)
            }
        };
        Ok(negated.of(whole))
    }

    pub(super) fn like(
        &mut self,
        left: Expression,
        negated: Negated,
    ) -> Result<Expression, Unread> {
        self.skip(1 + usize::from(negated.0));
        let mut operands = vec![left, self.bit_expression()?];
        if self.take("ESCAPE") {
            operands.push(self.expression(level::SIGN)?);
        }
        Ok(negated.of(Expression::of(Operator::Like, operands)))
    }

    pub(super) fn between(
        &mut self,
        left: Expression,
        negated: Negated,
    ) -> Result<Expression, Unread> {
        self.skip(1 + usize::from(negated.0));
        let low = self.bit_expression()?;
        self.expect("AND")?;
        let high = self.expression(level::COMPARISON)?;
        Ok(negated.of(Expression::of(Operator::Between, vec![left, low, high])))
    }

    pub(super) fn regular(
        &mut self,
        left: Expression,
        negated: Negated,
    ) -> Result<Expression, Unread> {
        self.skip(1 + usize::from(negated.0));
        let pattern = self.bit_expression()?;
        Ok(negated.of(Expression::of(Operator::Regular, vec![left, pattern])))
    }

    /// `MEMBER [OF] (array)`.
    pub(super) fn member(&mut self, left: Expression) -> Result<Expression, Unread> {
        self.expect("MEMBER")?;
        let _ = self.take("OF");
        self.open()?;
        let array = self.any_expression()?;
        self.close()?;
        Ok(Expression::of(Operator::Json, vec![left, array]))
    }

    /// Whether a query begins here, behind any more parentheses.
    pub(super) fn query_stands_next(&self) -> bool {
        let mut ahead = 0;
        while self.is_symbol_at(ahead, Symbol::LeftParenthesis) {
            ahead += 1;
        }
        self.begins_query(ahead)
    }

    fn begins_query(&self, ahead: usize) -> bool {
        if !self.is_one_of_at(ahead, QUERY_WORDS) {
            return false;
        }
        // `VALUES(c)` is a function to MySQL everywhere, to MariaDB behind ON DUPLICATE KEY UPDATE.
        let function = self.is_word_at(ahead, "VALUES")
            && self.is_symbol_at(ahead + 1, Symbol::LeftParenthesis)
            && (self.is_mysql() || self.on_duplicate);
        !function
    }

    /// Behind `(`, up to and with its `)`: a query, or expressions.
    ///
    /// A query in parentheses of its own may be the beginning of either: what follows it tells.
    pub(super) fn inner_expression(&mut self) -> Result<Inner, Unread> {
        self.deeper(|reader| {
            if reader.begins_query(0) {
                let query = reader.query()?;
                reader.close()?;
                return Ok(Inner::Query(query));
            }
            let first = if reader.take_symbol(Symbol::LeftParenthesis) {
                match reader.inner_expression()? {
                    Inner::Query(query) if reader.is_symbol(Symbol::RightParenthesis) => {
                        reader.close()?;
                        return Ok(Inner::Query(query));
                    }
                    Inner::Query(query) if reader.goes_on_as_query() => {
                        let query = reader.rest_of_query(query)?;
                        reader.close()?;
                        return Ok(Inner::Query(query));
                    }
                    inner @ (Inner::Query(_) | Inner::List(_)) => inner.expression(),
                }
            } else {
                reader.prefix()?
            };
            let mut list = vec![reader.operators(first, level::ANY)?];
            while reader.take_symbol(Symbol::Comma) {
                list.push(reader.any_expression()?);
            }
            reader.close()?;
            Ok(Inner::List(list))
        })
    }
}

impl Inner {
    /// The operand that stood in parentheses.
    pub(super) fn expression(self) -> Expression {
        match self {
            Self::Query(query) => Expression::Subquery(Box::new(query)),
            Self::List(mut list) => match list.pop() {
                Some(only) if list.is_empty() => Expression::Same(Box::new(only)),
                last => {
                    list.extend(last);
                    Expression::Row(list)
                }
            },
        }
    }
}
