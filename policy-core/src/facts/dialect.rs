//! The one grammar of expressions that both servers share, as a dialect of sqlparser.
//!
//! sqlparser's own MySQL dialect guesses at words (`text 'x'` is a literal to it, a column with an
//! alias to the servers). Here every word is read by the servers' rules; forms without a node in
//! sqlparser's tree become calls of functions whose names no statement can write.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a token that is not named ends or refuses an expression"
)]

mod forms;

use std::any::TypeId;

use sqlparser::ast::BinaryOperator;
use sqlparser::ast::Expr;
use sqlparser::ast::Function;
use sqlparser::ast::FunctionArg;
use sqlparser::ast::FunctionArgExpr;
use sqlparser::ast::FunctionArgumentList;
use sqlparser::ast::FunctionArguments;
use sqlparser::ast::Ident;
use sqlparser::ast::ObjectName;
use sqlparser::ast::ObjectNamePart;
use sqlparser::ast::UnaryOperator;
use sqlparser::ast::Value;
use sqlparser::dialect::Dialect;
use sqlparser::dialect::MySqlDialect;
use sqlparser::dialect::Precedence;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Span;
use sqlparser::tokenizer::Token;

/// The quote of names that only this file gives: no token of a statement carries it.
pub(super) const OURS: char = '\u{1}';

/// Both servers' grammar of expressions.
#[derive(Debug)]
pub(super) struct Servers {
    /// `HIGH_NOT_PRECEDENCE`.
    pub(super) high_not: bool,
}

impl Dialect for Servers {
    // sqlparser asks for its MySQL dialect by type in several places.
    fn dialect(&self) -> TypeId {
        MySqlDialect {}.dialect()
    }
    fn is_identifier_start(&self, _: char) -> bool {
        false
    }
    fn is_identifier_part(&self, _: char) -> bool {
        false
    }
    fn supports_limit_comma(&self) -> bool {
        true
    }
    fn supports_table_hints(&self) -> bool {
        true
    }
    fn supports_select_modifiers(&self) -> bool {
        true
    }
    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }
    fn supports_cross_join_constraint(&self) -> bool {
        true
    }
    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }
    fn supports_left_associative_joins_without_parens(&self) -> bool {
        false
    }
    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }
    fn is_column_alias(&self, keyword: &Keyword, _: &mut Parser<'_>) -> bool {
        !NEVER_ALIAS.contains(keyword)
    }
    fn is_table_alias(&self, keyword: &Keyword, _: &mut Parser<'_>) -> bool {
        !NEVER_ALIAS.contains(keyword)
    }

    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::ExclamationMark => Some(self.exclamation(parser)),
            Token::LBrace => Some(forms::escape(parser)),
            Token::Word(word) => {
                let name = match word.quote_style {
                    None => word.value.to_ascii_uppercase(),
                    Some(_) => String::new(),
                };
                self.word(&name, parser)
            }
            // sqlparser would first try whether a type begins here, and make up the words of an error.
            Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => {
                Some(parser.parse_value().map(Expr::Value))
            }
            _ => None,
        }
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let op = if take_word(parser, "MOD") {
            BinaryOperator::Modulo
        } else if take_word(parser, "DIV") {
            BinaryOperator::MyIntegerDivide
        } else if take_word(parser, "SOUNDS") {
            if !take_word(parser, "LIKE") {
                return Some(error("LIKE after SOUNDS"));
            }
            BinaryOperator::Custom(SOUNDS_LIKE.to_owned())
        } else {
            return None;
        };
        Some(
            parser
                .parse_subexpr(precedence)
                .map(|right| Expr::BinaryOp {
                    left: Box::new(left.clone()),
                    op,
                    right: Box::new(right),
                }),
        )
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        Some(Ok(next_precedence(parser)))
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            Precedence::Period => 100,
            Precedence::DoubleColon
            | Precedence::AtTz
            | Precedence::Colon
            | Precedence::PgOther => 60,
            Precedence::Caret => 45,
            Precedence::MulDivModOp => 40,
            Precedence::PlusMinus => 30,
            Precedence::Ampersand => 22,
            Precedence::Pipe => 21,
            Precedence::Between | Precedence::Like => 20,
            Precedence::Eq | Precedence::Is => 19,
            Precedence::UnaryNot if self.high_not => UNARY,
            Precedence::UnaryNot => 15,
            Precedence::And => 10,
            Precedence::Xor => 8,
            Precedence::Or => 5,
        }
    }
}

/// The custom operator `SOUNDS LIKE`.
pub(super) const SOUNDS_LIKE: &str = "sounds like";
const UNARY: u8 = 48;

/// Words that end an item or a table wherever they stand, so are never an alias without AS.
const NEVER_ALIAS: &[Keyword] = &[
    Keyword::SELECT,
    Keyword::FROM,
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::UNION,
    Keyword::EXCEPT,
    Keyword::INTERSECT,
    Keyword::INTO,
    Keyword::FOR,
    Keyword::LOCK,
    Keyword::WINDOW,
    Keyword::QUALIFY,
    Keyword::PROCEDURE,
    Keyword::FETCH,
    Keyword::AS,
    Keyword::ON,
    Keyword::USING,
    Keyword::JOIN,
    Keyword::INNER,
    Keyword::CROSS,
    Keyword::LEFT,
    Keyword::RIGHT,
    Keyword::OUTER,
    Keyword::NATURAL,
    Keyword::STRAIGHT_JOIN,
    Keyword::USE,
    Keyword::IGNORE,
    Keyword::FORCE,
    Keyword::PARTITION,
    Keyword::SET,
    Keyword::VALUES,
    Keyword::RETURNING,
    Keyword::WHEN,
    Keyword::THEN,
    Keyword::ELSE,
    Keyword::AND,
    Keyword::OR,
    Keyword::XOR,
    Keyword::NOT,
    Keyword::IS,
    Keyword::IN,
    Keyword::LIKE,
    Keyword::BETWEEN,
    Keyword::DIV,
    Keyword::REGEXP,
    Keyword::RLIKE,
    Keyword::COLLATE,
    Keyword::ASC,
    Keyword::DESC,
    Keyword::LATERAL,
    Keyword::WITH,
    Keyword::OVER,
];

/// MySQL manual, "Operator Precedence"; predicates (LIKE, IN, BETWEEN, REGEXP) bind more tightly
/// than comparisons because their left side is a `bit_expr` in the servers' grammar.
fn next_precedence(parser: &Parser<'_>) -> u8 {
    match &parser.peek_token_ref().token {
        Token::Word(word) if word.quote_style.is_none() => {
            let next = match &parser.peek_nth_token_ref(1).token {
                Token::Word(next) if next.quote_style.is_none() => next.value.to_ascii_uppercase(),
                _ => String::new(),
            };
            word_precedence(&word.value.to_ascii_uppercase(), &next)
        }
        Token::Assignment => 2,
        Token::Eq
        | Token::Spaceship
        | Token::Neq
        | Token::Lt
        | Token::LtEq
        | Token::Gt
        | Token::GtEq => 19,
        Token::Pipe => 21,
        Token::Ampersand => 22,
        Token::ShiftLeft | Token::ShiftRight => 23,
        Token::Plus | Token::Minus => 30,
        Token::Mul | Token::Div | Token::Mod => 40,
        Token::Caret => 45,
        Token::StringConcat => 46,
        Token::Arrow | Token::LongArrow => 60,
        _ => 0,
    }
}

fn word_precedence(word: &str, next: &str) -> u8 {
    match (word, next) {
        ("OR", _) => 5,
        ("XOR", _) => 8,
        ("AND", _) => 10,
        ("IS", _) => 19,
        ("NOT", "IN" | "LIKE" | "BETWEEN" | "REGEXP" | "RLIKE")
        | ("IN" | "LIKE" | "BETWEEN" | "REGEXP" | "RLIKE", _)
        | ("MEMBER", "OF")
        | ("SOUNDS", "LIKE") => 20,
        ("DIV" | "MOD", _) => 40,
        _ => 0,
    }
}

impl Servers {
    fn exclamation(&self, parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
        parser.advance_token();
        Ok(Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr: Box::new(parser.parse_subexpr(UNARY)?),
        })
    }

    /// An expression that begins with a word; `name` is empty for a quoted one.
    fn word(&self, name: &str, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let next = parser.peek_nth_token_ref(1).token.clone();
        let call = next == Token::LParen;
        match name {
            // sqlparser reads these as both servers do.
            "CASE" | "NOT" | "EXISTS" | "NULL" | "TRUE" | "FALSE" => None,
            "SUBSTRING" | "SUBSTR" | "POSITION" | "TRIM" if call => None,
            "INTERVAL" => Some(forms::interval(parser)),
            "BINARY" => {
                parser.advance_token();
                let operand = parser.parse_subexpr(UNARY);
                Some(operand.map(|operand| ours("cast", vec![operand, text("binary")])))
            }
            "CAST" if call => Some(forms::cast(parser)),
            "CONVERT" if call => Some(forms::convert(parser)),
            "CHAR" if call => Some(forms::char_using(parser)),
            "EXTRACT" if call => Some(forms::extract(parser)),
            "MATCH" => Some(forms::match_against(parser)),
            "DATE" | "TIME" | "TIMESTAMP" if matches!(next, Token::SingleQuotedString(_)) => {
                parser.advance_token();
                parser.advance_token();
                Some(Ok(ours("temporal", Vec::new())))
            }
            introducer
                if introducer.starts_with('_') && matches!(next, Token::HexStringLiteral(_)) =>
            {
                parser.advance_token();
                Some(parser.parse_prefix())
            }
            reserved if STRUCTURE.contains(&reserved) => Some(error("an expression")),
            _ => Some(path(parser)),
        }
    }
}

/// Reserved in both servers: read as a column they would hide a clause.
const STRUCTURE: &[&str] = &[
    "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "INTO", "FOR", "ON",
    "JOIN", "INNER", "CROSS", "NATURAL", "AS", "AND", "OR", "XOR", "IS", "IN", "LIKE", "BETWEEN",
    "BY", "WHEN", "THEN", "ELSE", "DISTINCT", "ALL", "SET", "UPDATE", "DELETE", "WITH", "TABLE",
];

fn error<T>(wanted: &str) -> Result<T, ParserError> {
    Err(ParserError::ParserError(format!("expected {wanted}")))
}

fn ours(name: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident {
            value: name.to_owned(),
            quote_style: Some(OURS),
            span: Span::empty(),
        })]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments
                .into_iter()
                .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)))
                .collect(),
            clauses: Vec::new(),
        }),
        within_group: Vec::new(),
        filter: None,
        null_treatment: None,
        over: None,
    })
}

fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).with_empty_span())
}

fn take_word(parser: &mut Parser<'_>, text: &str) -> bool {
    let found = matches!(&parser.peek_token_ref().token,
        Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text));
    if found {
        parser.advance_token();
    }
    found
}

fn expect_word(parser: &mut Parser<'_>, text: &str) -> Result<(), ParserError> {
    if take_word(parser, text) {
        Ok(())
    } else {
        error(text)
    }
}

/// `a`, `a.b`, `a.b.c`, or a call of such a name.
fn path(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    let mut parts = vec![identifier(parser)?];
    while parser.peek_token_ref().token == Token::Period
        && matches!(parser.peek_nth_token_ref(1).token, Token::Word(_))
    {
        parser.advance_token();
        parts.push(identifier(parser)?);
    }
    if parser.peek_token_ref().token == Token::LParen {
        return parser.parse_function(ObjectName::from(parts));
    }
    Ok(Expr::CompoundIdentifier(parts))
}

fn identifier(parser: &mut Parser<'_>) -> Result<Ident, ParserError> {
    let token = parser.next_token();
    match token.token {
        Token::Word(word) => Ok(word.into_ident(token.span)),
        _ => error("a name"),
    }
}
