//! Operands: literals, variables, names, parentheses, signs, and the words that begin one.

use super::expression::level;
use super::reader::Reader;
use super::reserved;
use super::special;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

/// Functions that both servers call without parentheses, as reserved words.
const WITHOUT_PARENTHESES: &[&str] = &[
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
];

/// Reserved words that are functions where a parenthesis follows.
const CALLED: &[&str] = &[
    "CUME_DIST",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DATABASE",
    "DENSE_RANK",
    "FIRST_VALUE",
    "GROUPING",
    "IF",
    "INSERT",
    "LAG",
    "LAST_VALUE",
    "LEAD",
    "LEFT",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "MOD",
    "NTH_VALUE",
    "NTILE",
    "PERCENT_RANK",
    "RANK",
    "REPEAT",
    "REPLACE",
    "RIGHT",
    "ROW_NUMBER",
    "SCHEMA",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
];

impl<'t> Reader<'t> {
    /// An operand with the signs before it.
    pub(super) fn prefix(&mut self) -> Result<Expression, Unread> {
        let Some(token) = self.peek() else {
            return self.syntax();
        };
        let literal = match token {
            TokenKind::Word(word) => return self.word_operand(word),
            TokenKind::QuotedIdentifier(_) => return self.named(),
            TokenKind::Symbol(symbol) => return self.symbol_operand(*symbol),
            TokenKind::UserVariable(name) => return self.user_variable(name),
            TokenKind::SystemVariable => return self.system_variable(),
            TokenKind::Parameter => Expression::Parameter(self.offset()),
            TokenKind::String {
                introducer: Some(introducer),
                ..
            } if introducer.eq_ignore_ascii_case("binary") => Expression::Literal(Literal::Bytes),
            TokenKind::String { value, .. } => Expression::Literal(Literal::Text(text_of(value))),
            TokenKind::Integer(text) | TokenKind::Decimal(text) => {
                Expression::Literal(Literal::Number((*text).to_owned()))
            }
            TokenKind::Hex(_) | TokenKind::Bit(_) => Expression::Literal(Literal::Bytes),
            // Something would be made of it.
            TokenKind::Raw(_) => return self.syntax(),
        };
        self.skip(1);
        Ok(literal)
    }

    fn symbol_operand(&mut self, symbol: Symbol) -> Result<Expression, Unread> {
        if symbol == Symbol::Dot {
            return self.named();
        }
        self.skip(1);
        match symbol {
            Symbol::LeftParenthesis => Ok(self.inner_expression()?.expression()),
            Symbol::LeftBrace => {
                // The ODBC escape `{name expression}`: both servers take the expression, or make a date
                // or time of a text.
                let name = self.any_name()?.to_lowercase();
                let inner = self.any_expression()?;
                self.expect_symbol(Symbol::RightBrace)?;
                let is_moment = matches!(name.as_str(), "d" | "t" | "ts");
                if is_moment && matches!(inner, Expression::Literal(_)) {
                    return Ok(Expression::Literal(Literal::Temporal));
                }
                Ok(Expression::Same(Box::new(inner)))
            }
            Symbol::Plus => Ok(Expression::Same(Box::new(self.expression(level::SIGN)?))),
            Symbol::Minus => {
                let operand = self.expression(level::SIGN)?;
                if let Expression::Literal(Literal::Number(text)) = &operand {
                    return Ok(Expression::Literal(Literal::Number(format!("-{text}"))));
                }
                Ok(Expression::of(Operator::Arithmetic, vec![operand]))
            }
            Symbol::Tilde => {
                let operand = self.expression(level::SIGN)?;
                Ok(Expression::of(Operator::Bits, vec![operand]))
            }
            Symbol::Exclamation => {
                let operand = self.expression(level::BINARY)?;
                Ok(Expression::of(Operator::Not, vec![operand]))
            }
            Symbol::RightParenthesis
            | Symbol::RightBrace
            | Symbol::Comma
            | Symbol::Semicolon
            | Symbol::Dot
            | Symbol::Star
            | Symbol::Slash
            | Symbol::Percent
            | Symbol::Caret
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
            | Symbol::DoubleArrow => self.syntax(),
        }
    }

    /// `@x`, or `@x := expression`, which takes all that follows.
    fn user_variable(&mut self, name: &str) -> Result<Expression, Unread> {
        let name = name.to_lowercase();
        self.skip(1);
        if !self.take_symbol(Symbol::Assign) {
            return Ok(Expression::UserVariable(name));
        }
        Ok(Expression::Assign {
            name,
            value: Box::new(self.any_expression()?),
        })
    }

    /// `@@x`, `@@session.x`, `@@cache.x`.
    fn system_variable(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        let mut text = self.any_name()?.to_lowercase();
        while self.is_symbol(Symbol::Dot) {
            self.skip(1);
            text.push('.');
            text.push_str(&self.any_name()?.to_lowercase());
        }
        Ok(Expression::SystemVariable(text))
    }

    fn word_operand(&mut self, word: &'t str) -> Result<Expression, Unread> {
        let called = self.is_symbol_at(1, Symbol::LeftParenthesis);
        if let Some(read) = special::find(word, called) {
            return read(self);
        }
        let is = |text: &str| word.eq_ignore_ascii_case(text);
        let holds = |list: &[&str]| list.iter().any(|text| is(text));
        match self.peek_at(1) {
            // `DATE '2020-01-01'`.
            Some(TokenKind::String { .. }) if holds(&["DATE", "TIME", "TIMESTAMP"]) => {
                self.skip(2);
                return Ok(Expression::Literal(Literal::Temporal));
            }
            Some(TokenKind::Hex(_) | TokenKind::Bit(_)) if word.starts_with('_') => {
                self.skip(2);
                return Ok(Expression::Literal(Literal::Bytes));
            }
            _ => {}
        }
        if is("NOT") {
            return self.not();
        }
        if let Some(value) = self.sequence_value()? {
            return Ok(value);
        }
        if !reserved::is_reserved(word, self.grammar.server) || (called && holds(CALLED)) {
            return self.named();
        }
        if holds(WITHOUT_PARENTHESES) {
            self.skip(1);
            return Ok(Expression::Call(Box::new(Call {
                name: word.to_ascii_lowercase(),
                ..Call::default()
            })));
        }
        self.syntax()
    }

    fn not(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        let high = SqlMode::HIGH_NOT_PRECEDENCE;
        let above = if self.grammar.sql_mode.contains(high) {
            level::BINARY
        } else {
            level::NOT
        };
        let operand = self.expression(above)?;
        Ok(Expression::of(Operator::Not, vec![operand]))
    }

    /// A column, or a call.
    fn named(&mut self) -> Result<Expression, Unread> {
        let mut path = if self.is_symbol(Symbol::Dot) {
            self.path()?
        } else {
            // What may stand here was looked at: `IF` and `LEFT` before a parenthesis.
            let first = self.any_name()?;
            let mut path = vec![first];
            while self.is_symbol(Symbol::Dot)
                && matches!(
                    self.peek_at(1),
                    Some(TokenKind::Word(_) | TokenKind::QuotedIdentifier(_))
                )
            {
                self.skip(1);
                path.push(self.any_name()?);
            }
            path
        };
        if !self.is_symbol(Symbol::LeftParenthesis) {
            return Ok(Expression::Column(path));
        }
        let name = path.pop().unwrap_or_default().to_lowercase();
        match <[String; 1]>::try_from(path) {
            Ok([schema]) => self.call(Some(schema), name),
            Err(path) if path.is_empty() => self.call(None, name),
            Err(_) => super::unsupported("a function name of three parts"),
        }
    }
}

/// Bytes that are not UTF-8 become a text that no identifier can be equal to.
fn text_of(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("\u{fffd}{value:?}"),
    }
}
