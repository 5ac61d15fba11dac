//! The shape of a SELECT: all of its tokens, but for the values that columns are compared with.
//!
//! Two texts of one shape have the same facts, apart from where their literals stand. A literal is
//! reduced to its kind only where it can be nothing but a compared value: right after a comparison
//! whose left side is a column name. Every literal that could be a name, a position, a count, a
//! type, a path or a bare predicate stays in the shape as it is.

use std::ops::Range;

use crate::lex::LexContext;
use crate::lex::ReadLimits;
use crate::lex::Reading;
use crate::lex::lex;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::session::SessionContext;
use crate::statement::Statement;

/// A text reduced to what its facts hang on, and where its literals stand.
#[derive(Clone, Debug)]
pub struct Shape {
    key: Vec<u8>,
    span: Range<usize>,
    literals: Vec<Range<usize>>,
}

impl Shape {
    /// The shape of a text; `None` when it must be read anew each time, because it is no plain
    /// SELECT, or cannot be read.
    #[must_use]
    pub fn of(text: &[u8], session: &SessionContext, limits: &ReadLimits) -> Option<Self> {
        let lexed = lex(text, &LexContext::of(session, limits), Reading::WithText).ok()?;
        if lexed.ambiguous || !begins_with_select(&lexed.tokens) {
            return None;
        }
        let mut shape = Self {
            key: Vec::with_capacity(text.len() + lexed.tokens.len()),
            span: span(&lexed.tokens),
            literals: Vec::new(),
        };
        for (index, token) in lexed.tokens.iter().enumerate() {
            shape.push(token, is_compared_value(&lexed.tokens, index))?;
        }
        Some(shape)
    }

    /// What is equal for texts of one shape; to be compared whole.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The facts of another text of this shape, with the literals where they stand in this one.
    #[must_use]
    pub fn facts(&self, of_same_shape: &Statement) -> Statement {
        Statement {
            span: self.span.clone(),
            literals: self.literals.clone(),
            ..of_same_shape.clone()
        }
    }

    /// Whether facts that were read from this very text have the spans that this shape has.
    #[must_use]
    pub fn agrees_with(&self, statement: &Statement) -> bool {
        self.span == statement.span && self.literals == statement.literals
    }

    /// Appends one token: a tag, then its content with its length in front.
    fn push(&mut self, token: &Token<'_>, only_kind: bool) -> Option<()> {
        let (tag, content): (u8, &[u8]) = match &token.kind {
            TokenKind::Word(word) => (1, word.as_bytes()),
            TokenKind::QuotedIdentifier(name) => (2, name.as_bytes()),
            TokenKind::String { value, introducer } => {
                if introducer.is_some() {
                    return None;
                }
                (3, value)
            }
            TokenKind::Integer(digits) => (4, digits.as_bytes()),
            TokenKind::Decimal(digits) => (5, digits.as_bytes()),
            TokenKind::Hex(digits) => (6, digits.as_bytes()),
            TokenKind::Bit(digits) => (7, digits.as_bytes()),
            TokenKind::Parameter => (8, &[]),
            // Their values change between two texts of one shape.
            TokenKind::UserVariable(_) => return None,
            TokenKind::SystemVariable => (9, &[]),
            TokenKind::Symbol(symbol) => (10, symbol.text().as_bytes()),
        };
        if is_literal(&token.kind) {
            self.literals.push(token.span.clone());
        }
        self.key.push(tag | if token.spaced { 0x80 } else { 0 });
        if only_kind {
            self.key.push(u8::MAX);
            return Some(());
        }
        self.key
            .extend_from_slice(&u32::try_from(content.len()).ok()?.to_le_bytes());
        self.key.extend_from_slice(content);
        Some(())
    }
}

fn span(tokens: &[Token<'_>]) -> Range<usize> {
    let start = tokens.first().map_or(0, |token| token.span.start);
    start..tokens.last().map_or(0, |token| token.span.end)
}

fn begins_with_select(tokens: &[Token<'_>]) -> bool {
    matches!(tokens.first().map(|token| &token.kind),
        Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("select"))
}

fn is_literal(kind: &TokenKind<'_>) -> bool {
    matches!(
        kind,
        TokenKind::String { .. }
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
    )
}

/// Whether the token is the right side of `column = literal` or another comparison, and nothing
/// follows that would make it a part of something else.
fn is_compared_value(tokens: &[Token<'_>], index: usize) -> bool {
    let at = |back: usize| Some(&tokens.get(index.checked_sub(back)?)?.kind);
    let simple = matches!(
        at(0),
        Some(TokenKind::Integer(_) | TokenKind::String { .. })
    );
    let compared = matches!(
        at(1),
        Some(TokenKind::Symbol(
            Symbol::Equal
                | Symbol::NotEqual
                | Symbol::LessGreater
                | Symbol::Less
                | Symbol::LessOrEqual
                | Symbol::Greater
                | Symbol::GreaterOrEqual
        ))
    );
    let column = matches!(
        at(2),
        Some(TokenKind::Word(_) | TokenKind::QuotedIdentifier(_))
    );
    // A variable is no column.
    let variable = (3..=5).any(|back| matches!(at(back), Some(TokenKind::SystemVariable)));
    let ends = match tokens.get(index + 1).map(|token| &token.kind) {
        None | Some(TokenKind::Symbol(Symbol::RightParenthesis | Symbol::Semicolon)) => true,
        Some(TokenKind::Word(word)) => ["and", "or", "order", "group", "limit", "for"]
            .iter()
            .any(|end| word.eq_ignore_ascii_case(end)),
        Some(_) => false,
    };
    simple && compared && column && !variable && ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Server;
    use crate::session::TemporaryTables;
    use crate::sql_mode::SqlMode;

    fn session() -> SessionContext {
        SessionContext {
            server: Server::parse("9.7.4").unwrap(),
            sql_mode: SqlMode::empty(),
            client_charset: crate::charset::ClientCharset::Utf8mb4,
            connection_charset: crate::charset::ClientCharset::Utf8mb4,
            results_charset: crate::charset::ClientCharset::Utf8mb4,
            default_schema: None,
            temporary: TemporaryTables::default(),
            prepared: crate::session::PreparedTexts::default(),
            multi_statements: false,
        }
    }

    fn same(one: &str, other: &str) -> bool {
        let shape = |text: &str| Shape::of(text.as_bytes(), &session(), &ReadLimits::default());
        match (shape(one), shape(other)) {
            (Some(one), Some(other)) => one.key() == other.key(),
            _ => false,
        }
    }

    #[test]
    fn compared_values_do_not_matter() {
        assert!(same(
            "select a from t where id = 1",
            "select a from t where id = 20000"
        ));
        assert!(same(
            "select a from t where s = 'x' and b > 1",
            "select a from t where s = '' and b > 7"
        ));
        assert!(same(
            "select a from t where t.id=1 limit 5",
            "select a from t where t.id=2 limit 5"
        ));
    }

    #[test]
    fn everything_else_does() {
        for (one, other) in [
            (
                "select a from t where id = 1",
                "select a from t where id = '1'",
            ),
            (
                "select a from t where id = 1",
                "select a from t where id = 1.0",
            ),
            ("select a from t order by 1", "select a from t order by 2"),
            ("select a from t limit 1", "select a from t limit 2"),
            ("select left(a, 1) from t", "select left(a, 2) from t"),
            ("select a from t where 1 = 1", "select a from t where 1 = 2"),
            (
                "select a from t where id = 1 + 1",
                "select a from t where id = 2 + 1",
            ),
            (
                "select a from t where id = 1 or 1",
                "select a from t where id = 1 or 0",
            ),
            ("select a 'x' from t", "select a 'y' from t"),
            ("select @@a = 1 from t", "select @@a = 2 from t"),
            (
                "select a from t where id in (1)",
                "select a from t where id in (2)",
            ),
            ("select concat (a) from t", "select concat(a) from t"),
            ("select a from t", "select b from t"),
        ] {
            assert!(!same(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn only_plain_selects_have_a_shape() {
        for text in [
            "set a = 1",
            "update t set a = 1",
            "select @x = 1",
            "select /*!99999 1 */ 2",
            "select 'unfinished",
            "",
        ] {
            assert!(
                Shape::of(text.as_bytes(), &session(), &ReadLimits::default()).is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn equal_contents_do_not_run_together() {
        assert!(!same("select `a``b` from t", "select `a` `b` from t"));
        assert!(!same("select 'a' 'b'", "select 'a' ',' 'b'"));
    }
}
