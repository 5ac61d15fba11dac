//! The shape of a statement over rows: all of its tokens, but for values that nothing hangs on.
//!
//! Two texts of one shape have the same facts, apart from where their literals stand. Which literals
//! are reduced to their kind, [`places`] says; everything else stays in the shape as it is.

mod places;

use std::ops::Range;

use self::places::Places;
use crate::lex::LexContext;
use crate::lex::ReadLimits;
use crate::lex::Reading;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::lex::tokens_of;
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
    /// statement over rows, or cannot be read.
    #[must_use]
    pub fn of(text: &[u8], session: &SessionContext, limits: &ReadLimits) -> Option<Self> {
        // Another text of this shape was read, or this one will be: the bounds on nesting are the
        // same for both.
        let lexed = tokens_of(text, &LexContext::of(session, limits), Reading::WithText).ok()?;
        // What is no part of a token, and withheld, must be seen each time.
        let is_withheld = lexed.foreign_literals || lexed.steering_hint;
        if lexed.ambiguous || is_withheld || !is_over_rows(&lexed.tokens) {
            return None;
        }
        let mut shape = Self {
            key: Vec::with_capacity(text.len() + lexed.tokens.len() * HEAD_BYTES),
            span: span(&lexed.tokens),
            // Something stands between any two of them.
            literals: Vec::with_capacity(lexed.tokens.len() / 2 + 1),
        };
        let mut places = Places::new(&lexed.tokens);
        for (index, token) in lexed.tokens.iter().enumerate() {
            shape.push(token, places.is_value(token, index))?;
        }
        Some(shape)
    }

    /// What is equal for texts of one shape; to be compared whole.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Where the literals of the text stand.
    #[must_use]
    pub fn literals(&self) -> &[Range<usize>] {
        &self.literals
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
            TokenKind::Raw(value) => (11, value),
            TokenKind::Integer(digits) => (4, digits.as_bytes()),
            TokenKind::Decimal(digits) => (5, digits.as_bytes()),
            TokenKind::Hex(digits) => (6, digits.as_bytes()),
            TokenKind::Bit(digits) => (7, digits.as_bytes()),
            TokenKind::Parameter => (8, &[]),
            // Their values change between two texts of one shape.
            TokenKind::UserVariable(_) => return None,
            TokenKind::SystemVariable => (9, &[]),
            TokenKind::Symbol(symbol) => {
                let tag = 10 | if token.spaced { SPACED } else { 0 };
                self.key.extend_from_slice(&[tag, *symbol as u8]);
                return Some(());
            }
        };
        if is_literal(&token.kind) {
            self.literals.push(token.span.clone());
        }
        let tag = tag | if token.spaced { SPACED } else { 0 };
        if only_kind {
            self.key.push(tag | ONLY_KIND);
            return Some(());
        }
        match u8::try_from(content.len()) {
            Ok(length) if length < u8::MAX => self.key.extend_from_slice(&[tag, length]),
            Ok(_) | Err(_) => {
                let [a, b, c, d] = u32::try_from(content.len()).ok()?.to_le_bytes();
                self.key.extend_from_slice(&[tag, u8::MAX, a, b, c, d]);
            }
        }
        self.key.extend_from_slice(content);
        Some(())
    }
}

/// A tag and a short length.
const HEAD_BYTES: usize = 2;

/// The bits beside a tag.
const SPACED: u8 = 0x80;
const ONLY_KIND: u8 = 0x40;

/// From the first token to the last but closing semicolons, as a statement's.
fn span(tokens: &[Token<'_>]) -> Range<usize> {
    let semicolon = TokenKind::Symbol(Symbol::Semicolon);
    let start = tokens.first().map_or(0, |token| token.span.start);
    let last = tokens.iter().rfind(|token| token.kind != semicolon);
    start..last.map_or(start, |token| token.span.end)
}

/// SELECT, and the changes of rows.
fn is_over_rows(tokens: &[Token<'_>]) -> bool {
    matches!(tokens.first().map(|token| &token.kind),
        Some(TokenKind::Word(word)) if VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb)))
}

const VERBS: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"];

fn is_literal(kind: &TokenKind<'_>) -> bool {
    matches!(
        kind,
        TokenKind::String { .. }
            | TokenKind::Raw(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
    )
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
            results_charset: Default::default(),
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
    fn listed_and_written_values_do_not_matter() {
        for (one, other) in [
            (
                "select a from t where s.t.id in (1, -2, 'x')",
                "select a from t where s.t.id in (7, -9, '')",
            ),
            (
                "select a from t where id not between 1 and -2 and b = 3",
                "select a from t where id not between 5 and -6 and b = 4",
            ),
            (
                "select a from t where s like 'a%' or s not like '%b'",
                "select a from t where s like 'xy%' or s not like '_'",
            ),
            (
                "insert into t (a, b) values (1, 'x'), (-2.5, concat('a', b))",
                "insert into t (a, b) values (3, ''), (-9.75, concat('b', b))",
            ),
            (
                "insert into t values (1) on duplicate key update a = 2, b = 3",
                "insert into t values (2) on duplicate key update a = 3, b = 4",
            ),
            ("replace into t values (1)", "replace into t values (2)"),
            (
                "update t set a = 1, b = 'x' where id = 3",
                "update t set a = 2, b = 'y' where id = 4",
            ),
            ("delete from t where id = 1", "delete from t where id = 2"),
            (
                "select coalesce(a, 'x') from t",
                "select coalesce(a, 'y') from t",
            ),
        ] {
            assert!(same(one, other), "{one} / {other}");
        }
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
        ] {
            assert!(!same(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn what_only_looks_like_a_value_does() {
        for (one, other) in [
            (
                "select a from t where id in (1)",
                "select a from t where id in (1, 2)",
            ),
            (
                "select a from t where 1 in (1)",
                "select a from t where 1 in (2)",
            ),
            (
                "select a from t where id in (select b from u order by a, 1)",
                "select a from t where id in (select b from u order by a, 2)",
            ),
            (
                "select a from t where id in (select b from u limit 1, 2)",
                "select a from t where id in (select b from u limit 1, 3)",
            ),
            (
                "select a from t where id in ((select 1) union select 2 limit 1, 1)",
                "select a from t where id in ((select 1) union select 2 limit 1, 2)",
            ),
        ] {
            assert!(!same(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn what_a_filter_hangs_on_does() {
        for (one, other) in [
            (
                "insert into t (a) values (1 + 1)",
                "insert into t (a) values (1 + 2)",
            ),
            ("insert into t select 1, 2", "insert into t select 1, 3"),
            (
                "insert into t values (f(1, 2))",
                "insert into t values (f(1, 3))",
            ),
            ("values row(1, 2)", "values row(1, 3)"),
            (
                "select x from t order by field (a, 1)",
                "select x from t order by field (a, 2)",
            ),
            (
                "select concat (a, 'x') from t",
                "select concat (a, 'y') from t",
            ),
            (
                "select s.concat(a, 'x') from t",
                "select s.concat(a, 'y') from t",
            ),
            ("select concat (a) from t", "select concat(a) from t"),
            ("select a from t", "select b from t"),
        ] {
            assert!(!same(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn values_count_where_conditions_of_a_change_hang_together() {
        for (one, other) in [
            (
                "delete from t where s like '%'",
                "delete from t where s like 'a%'",
            ),
            (
                "delete from t where id = id = 1",
                "delete from t where id = id = 0",
            ),
            (
                "delete from t where id between id and id = 1",
                "delete from t where id between id and id = 0",
            ),
            ("delete from t where 1", "delete from t where 0"),
            (
                "delete from t where id = 1 or id <> 1",
                "delete from t where id = 1 or id <> 2",
            ),
            (
                "update t set a = 1 where not (id = 1 and id <> 1)",
                "update t set a = 1 where not (id = 1 and id <> 2)",
            ),
            (
                "delete from t where (id = 1) = (id = 1)",
                "delete from t where (id = 1) = (id = 2)",
            ),
            (
                "delete from t where concat(a, 'x') = concat(a, 'x')",
                "delete from t where concat(a, 'x') = concat(a, 'y')",
            ),
            (
                "delete from t where s like 'a%'",
                "delete from t where s like 'b%'",
            ),
            ("delete from t limit 1", "delete from t limit 2"),
        ] {
            assert!(!same(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn only_plain_statements_over_rows_have_a_shape() {
        for text in [
            "set a = 1",
            "explain select 1",
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
