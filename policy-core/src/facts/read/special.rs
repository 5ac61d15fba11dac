//! Operands that begin with a word of their own grammar.

use super::expression::level;
use super::reader::Reader;
use super::unsupported;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::interval::UNITS;
use crate::lex::token::Symbol;
use crate::unread::Unread;

type Read<'t> = fn(&mut Reader<'t>) -> Result<Expression, Unread>;

/// The reader for an operand that begins with that unquoted word; `called` tells whether a
/// parenthesis follows.
pub(super) fn find<'t>(word: &str, called: bool) -> Option<Read<'t>> {
    let mut upper = [0_u8; LENGTH_MAX];
    let upper = upper.get_mut(..word.len())?;
    upper.copy_from_slice(word.as_bytes());
    upper.make_ascii_uppercase();
    match &*upper {
        b"CASE" => Some(Reader::case),
        b"NULL" => Some(|reader| reader.constant(Literal::Null)),
        b"TRUE" => Some(|reader| reader.constant(Literal::Boolean(true))),
        b"FALSE" => Some(|reader| reader.constant(Literal::Boolean(false))),
        b"INTERVAL" => Some(Reader::interval),
        b"BINARY" => Some(Reader::binary),
        b"DEFAULT" => Some(Reader::default_value),
        b"MATCH" => Some(Reader::match_against),
        _ if !called => None,
        b"EXISTS" => Some(Reader::exists),
        b"ROW" => Some(Reader::row),
        b"VALUES" | b"VALUE" => Some(Reader::incoming),
        b"CAST" => Some(Reader::cast),
        b"CONVERT" => Some(Reader::convert),
        b"CHAR" => Some(Reader::char_using),
        b"EXTRACT" => Some(Reader::extract),
        b"SUBSTRING" | b"SUBSTR" | b"MID" => Some(Reader::substring),
        b"POSITION" => Some(Reader::position),
        b"TRIM" => Some(Reader::trim),
        b"TIMESTAMPADD" | b"TIMESTAMPDIFF" => Some(Reader::with_unit),
        b"GET_FORMAT" => Some(Reader::get_format),
        b"WEIGHT_STRING" => Some(Reader::weight_string),
        b"JSON_VALUE" => Some(Reader::json_value),
        b"COLUMN_CREATE" | b"COLUMN_ADD" | b"COLUMN_GET" => Some(Reader::dynamic_columns),
        b"NEXTVAL" | b"LASTVAL" | b"SETVAL" => Some(Reader::sequence_call),
        _ => None,
    }
}

/// The longest of these words.
const LENGTH_MAX: usize = 16;

pub(super) fn call(name: &str, arguments: Vec<Expression>) -> Expression {
    Expression::Call(Box::new(Call {
        name: name.to_owned(),
        arguments,
        ..Call::default()
    }))
}

impl Reader<'_> {
    fn constant(&mut self, literal: Literal) -> Result<Expression, Unread> {
        self.skip(1);
        Ok(Expression::Literal(literal))
    }

    /// `CASE [x] WHEN … THEN … [ELSE …] END`.
    fn case(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        let operand = if self.is_word("WHEN") {
            None
        } else {
            Some(Box::new(self.any_expression()?))
        };
        let mut arms = Vec::new();
        self.expect("WHEN")?;
        loop {
            let condition = self.any_expression()?;
            self.expect("THEN")?;
            arms.push((condition, self.any_expression()?));
            if !self.take("WHEN") {
                break;
            }
        }
        let otherwise = if self.take("ELSE") {
            Some(Box::new(self.any_expression()?))
        } else {
            None
        };
        self.expect("END")?;
        Ok(Expression::Case {
            operand,
            arms,
            otherwise,
        })
    }

    /// `INTERVAL expression unit`, or the function `INTERVAL(a, b, …)`.
    fn interval(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        if !self.take_symbol(Symbol::LeftParenthesis) {
            let amount = self.any_expression()?;
            return self.interval_unit(amount);
        }
        let first = self.inner_expression()?.expression();
        if let Expression::Row(list) = first {
            return Ok(call("interval", list));
        }
        // `INTERVAL (1) + 1 DAY`.
        let amount = self.operators(first, level::ANY)?;
        self.interval_unit(amount)
    }

    fn interval_unit(&mut self, amount: Expression) -> Result<Expression, Unread> {
        self.unit()?;
        Ok(Expression::of(Operator::Interval, vec![amount]))
    }

    fn binary(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        Ok(Expression::Cast {
            operand: Box::new(self.expression(level::BINARY)?),
            to: "binary".to_owned(),
        })
    }

    /// `DEFAULT`, or `DEFAULT(column)`.
    fn default_value(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        if !self.take_symbol(Symbol::LeftParenthesis) {
            return Ok(Expression::Default(None));
        }
        let column = self.path()?;
        self.close()?;
        Ok(Expression::Default(Some(column)))
    }

    /// `VALUES(column)`; MariaDB has `VALUE(column)` too.
    fn incoming(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let column = self.path()?;
        self.close()?;
        Ok(Expression::Incoming(column))
    }

    fn exists(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        if !self.query_stands_next() {
            return self.syntax();
        }
        let query = self.query()?;
        self.close()?;
        Ok(Expression::Exists(Box::new(query)))
    }

    fn row(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let list = self.comma_separated(Self::any_expression)?;
        self.close()?;
        Ok(Expression::Row(list))
    }

    /// `MATCH (a, b) AGAINST (x IN BOOLEAN MODE)`; the parentheses around the columns may be missing.
    fn match_against(&mut self) -> Result<Expression, Unread> {
        self.skip(1);
        let parenthesis = self.take_symbol(Symbol::LeftParenthesis);
        let columns = self.comma_separated(Self::path)?;
        if parenthesis {
            self.close()?;
        }
        let mut operands: Vec<_> = columns.into_iter().map(Expression::Column).collect();
        self.expect("AGAINST")?;
        self.open()?;
        // Above the predicates, so that IN of the mode is left standing.
        operands.push(self.bit_expression()?);
        if self.take("IN") && !self.take_all(&["BOOLEAN", "MODE"]) {
            self.expect_all(&["NATURAL", "LANGUAGE", "MODE"])?;
        }
        if self.take("WITH") {
            self.expect_all(&["QUERY", "EXPANSION"])?;
        }
        self.close()?;
        Ok(Expression::of(Operator::Match, operands))
    }

    /// `CAST(x [AT TIME ZONE …] AS type [ARRAY])`.
    fn cast(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let operand = Box::new(self.any_expression()?);
        if self.take("AT") && !self.take("LOCAL") {
            self.expect_all(&["TIME", "ZONE"])?;
            let _ = self.take("INTERVAL");
            self.string()?;
        }
        self.expect("AS")?;
        let to = self.cast_type()?;
        self.close()?;
        Ok(Expression::Cast { operand, to })
    }

    /// A type up to the closing parenthesis: its first word, and `(` behind it if that is not all.
    fn cast_type(&mut self) -> Result<String, Unread> {
        let is_all = self.is_symbol_at(1, Symbol::RightParenthesis);
        let mut to = self.data_type()?;
        if !is_all {
            to.push('(');
        }
        Ok(to)
    }

    /// `CONVERT(x, type)` and `CONVERT(x USING charset)`.
    fn convert(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let operand = Box::new(self.any_expression()?);
        let to = if self.take("USING") {
            let all_letters = self.is_word("UTF8MB4");
            self.charset_name()?;
            if all_letters {
                "using utf8mb4"
            } else {
                "using"
            }
            .to_owned()
        } else {
            self.expect_symbol(Symbol::Comma)?;
            self.cast_type()?
        };
        self.close()?;
        Ok(Expression::Cast { operand, to })
    }

    /// `CHAR(n, … [USING charset])`.
    fn char_using(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let arguments = self.comma_separated(Self::any_expression)?;
        if self.take("USING") {
            self.charset_name()?;
        }
        self.close()?;
        Ok(call("char", arguments))
    }

    /// `EXTRACT(unit FROM x)`.
    fn extract(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        self.unit()?;
        self.expect("FROM")?;
        let operand = self.any_expression()?;
        self.close()?;
        Ok(call("extract", vec![operand]))
    }

    /// `SUBSTRING(x, 1, 2)` and `SUBSTRING(x FROM 1 FOR 2)`.
    fn substring(&mut self) -> Result<Expression, Unread> {
        let name = if self.is_word("MID") {
            "mid"
        } else {
            "substring"
        };
        self.skip(2);
        let mut arguments = vec![self.any_expression()?];
        if self.take("FROM") {
            arguments.push(self.any_expression()?);
            if self.take("FOR") {
                arguments.push(self.any_expression()?);
            }
        } else {
            while self.take_symbol(Symbol::Comma) {
                arguments.push(self.any_expression()?);
            }
        }
        self.close()?;
        Ok(call(name, arguments))
    }

    /// `POSITION(x IN y)`.
    fn position(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let what = self.bit_expression()?;
        self.expect("IN")?;
        let within = self.any_expression()?;
        self.close()?;
        Ok(call("position", vec![what, within]))
    }

    /// `TRIM([LEADING | TRAILING | BOTH] [x] [FROM] y)`.
    fn trim(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let side = self.take_one_of(&["LEADING", "TRAILING", "BOTH"]);
        if side && self.take("FROM") {
            let whole = self.any_expression()?;
            self.close()?;
            return Ok(call("trim", vec![whole]));
        }
        let first = self.any_expression()?;
        let arguments = if self.take("FROM") {
            vec![self.any_expression()?, first]
        } else {
            vec![first]
        };
        self.close()?;
        Ok(call("trim", arguments))
    }

    /// `TIMESTAMPADD(unit, x, y)`; ODBC calls the units `SQL_TSI_…`.
    fn with_unit(&mut self) -> Result<Expression, Unread> {
        let name = self.any_name()?.to_lowercase();
        self.open()?;
        let odbc = self.word().is_some_and(|word| {
            let start = word.get(..8).unwrap_or_default();
            start.eq_ignore_ascii_case("SQL_TSI_")
        });
        if odbc {
            self.skip(1);
        } else {
            self.unit()?;
        }
        self.expect_symbol(Symbol::Comma)?;
        let arguments = self.comma_separated(Self::any_expression)?;
        self.close()?;
        Ok(call(&name, arguments))
    }

    /// `GET_FORMAT(DATE, 'EUR')`.
    fn get_format(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        self.expect_one_of(&["DATE", "TIME", "DATETIME", "TIMESTAMP"])?;
        self.expect_symbol(Symbol::Comma)?;
        let argument = self.any_expression()?;
        self.close()?;
        Ok(call("get_format", vec![argument]))
    }

    /// `WEIGHT_STRING(x [AS CHAR(n)] [LEVEL …])`.
    fn weight_string(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let mut arguments = vec![self.any_expression()?];
        while self.take_symbol(Symbol::Comma) {
            arguments.push(self.any_expression()?);
        }
        if self.take("AS") {
            self.expect_one_of(&["CHAR", "BINARY"])?;
            self.open()?;
            self.limit_value()?;
            self.close()?;
        }
        if self.take("LEVEL") {
            self.comma_separated(|reader| {
                reader.integer()?;
                if reader.take_symbol(Symbol::Minus) {
                    reader.integer()?;
                }
                let _ = reader.take_one_of(&["ASC", "DESC"]);
                let _ = reader.take("REVERSE");
                Ok(())
            })?;
        }
        self.close()?;
        Ok(call("weight_string", arguments))
    }

    /// `JSON_VALUE(document, path [RETURNING type] [… ON EMPTY] [… ON ERROR])`.
    fn json_value(&mut self) -> Result<Expression, Unread> {
        self.skip(2);
        let document = self.any_expression()?;
        self.expect_symbol(Symbol::Comma)?;
        let path = self.any_expression()?;
        if self.take("RETURNING") {
            self.data_type()?;
        }
        self.on_empty_or_error()?;
        self.close()?;
        Ok(call("json_value", vec![document, path]))
    }

    /// `COLUMN_CREATE(name, value AS type, …)` and its like.
    fn dynamic_columns(&mut self) -> Result<Expression, Unread> {
        let name = self.any_name()?.to_lowercase();
        self.open()?;
        let arguments = self.comma_separated(|reader| {
            let value = reader.any_expression()?;
            if reader.take("AS") {
                reader.data_type()?;
            }
            Ok(value)
        })?;
        self.close()?;
        Ok(call(&name, arguments))
    }

    /// `NEXTVAL(s)`, `LASTVAL(s)`, `SETVAL(s, n, …)`, which no function of MySQL is.
    fn sequence_call(&mut self) -> Result<Expression, Unread> {
        let name = self.any_name()?.to_lowercase();
        if self.is_mysql() {
            return self.call(None, name);
        }
        self.open()?;
        let sequence = self.path()?;
        let mut arguments = Vec::new();
        while self.take_symbol(Symbol::Comma) {
            arguments.push(self.any_expression()?);
        }
        self.close()?;
        Ok(Expression::Sequence {
            name: sequence,
            advances: name != "lastval",
            arguments,
        })
    }

    /// `NEXT VALUE FOR s`, `PREVIOUS VALUE FOR s`.
    pub(super) fn sequence_value(&mut self) -> Result<Option<Expression>, Unread> {
        let advances = self.is_word("NEXT");
        if self.is_mysql() || !(advances || self.is_word("PREVIOUS")) {
            return Ok(None);
        }
        if !(self.is_word_at(1, "VALUE") && self.is_word_at(2, "FOR")) {
            return Ok(None);
        }
        self.skip(3);
        Ok(Some(Expression::Sequence {
            name: self.path()?,
            advances,
            arguments: Vec::new(),
        }))
    }

    fn unit(&mut self) -> Result<(), Unread> {
        if self.take_one_of(UNITS) {
            Ok(())
        } else {
            unsupported("this unit of time")
        }
    }

    /// A value of INSERT, UPDATE or VALUES; MariaDB's IGNORE is the default, too.
    pub(super) fn value_or_default(&mut self) -> Result<Expression, Unread> {
        if !self.is_mysql() && self.take("IGNORE") {
            return Ok(Expression::Default(None));
        }
        self.any_expression()
    }

    /// A number, a parameter, or a variable of a routine.
    pub(super) fn limit_value(&mut self) -> Result<Expression, Unread> {
        use crate::lex::token::TokenKind;
        match self.peek() {
            Some(
                TokenKind::Integer(_)
                | TokenKind::Decimal(_)
                | TokenKind::Hex(_)
                | TokenKind::Bit(_)
                | TokenKind::Parameter,
            ) => self.prefix(),
            _ => Ok(Expression::Column(self.path()?)),
        }
    }
}
