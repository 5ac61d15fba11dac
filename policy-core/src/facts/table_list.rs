//! The commas of `FROM (t1, t2)`, which sqlparser does not read.

use std::collections::BTreeSet;

use super::bridge::is_symbol;
use super::bridge::is_word;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// Where a comma stands for a CROSS JOIN: between tables in parentheses, unless a JOIN stands
/// beside it. There the comma binds more loosely than the JOIN, and a CROSS JOIN would not.
pub(super) fn commas(tokens: &[Token<'_>]) -> Result<BTreeSet<usize>, Unread> {
    let mut levels = vec![Level::default()];
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        if is_symbol(Some(token), Symbol::LeftParenthesis) {
            let from = levels.last().is_some_and(|level| level.from);
            levels.push(Level::opened(tokens, at, from));
        } else if is_symbol(Some(token), Symbol::RightParenthesis) {
            if let Some(closed) = levels.pop() {
                found.extend(closed.commas(tokens.get(at + 1))?);
            }
        } else if let Some(level) = levels.last_mut() {
            level.note(at, token);
        }
    }
    Ok(found)
}

/// What stands between one pair of parentheses, or outside of all.
#[derive(Debug, Default)]
struct Level {
    /// Tables stand in it, not a query or an expression.
    tables: bool,
    /// A FROM was read, and no clause behind it.
    from: bool,
    /// A JOIN stands in it.
    join: bool,
    /// It is the right side of a JOIN that takes a condition.
    joined: bool,
    commas: Vec<usize>,
}

impl Level {
    /// The parenthesis at that place; `from` is whether a list of tables stands around it.
    fn opened(tokens: &[Token<'_>], at: usize, from: bool) -> Self {
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let any = |token, words: &[&str]| words.iter().any(|word| is_word(token, word));
        let joined = any(before(1), &["JOIN", "STRAIGHT_JOIN"]) && !is_word(before(2), "CROSS");
        let opens = any(before(1), &["FROM", "JOIN", "STRAIGHT_JOIN"])
            || (from
                && (is_symbol(before(1), Symbol::Comma)
                    || is_symbol(before(1), Symbol::LeftParenthesis)));
        let query = any(tokens.get(at + 1), &["SELECT", "WITH", "VALUES", "TABLE"]);
        let tables = opens && !query;
        Self {
            tables,
            from: tables,
            joined,
            ..Self::default()
        }
    }

    fn note(&mut self, at: usize, token: &Token<'_>) {
        if is_symbol(Some(token), Symbol::Comma) && self.tables {
            self.commas.push(at);
        }
        let TokenKind::Word(word) = &token.kind else {
            return;
        };
        match word.to_ascii_uppercase().as_str() {
            "FROM" => self.from = true,
            "JOIN" | "STRAIGHT_JOIN" => self.join = true,
            word if ENDS.contains(&word) => self.from = false,
            _ => {}
        }
    }

    fn commas(self, next: Option<&Token<'_>>) -> Result<Vec<usize>, Unread> {
        if !self.tables {
            return Ok(Vec::new());
        }
        if !self.join {
            return Ok(self.commas);
        }
        let conditioned = is_word(next, "ON") || is_word(next, "USING");
        if self.joined && !conditioned {
            // sqlparser's tree does not tell these parentheses from none at all, where the
            // condition inside sees the tables to the left.
            return Err(super::unsupported(
                "JOIN of tables in parentheses without a condition",
            ));
        }
        Ok(Vec::new())
    }
}

/// Clauses behind FROM.
const ENDS: &[&str] = &[
    "SELECT",
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "UNION",
    "ON",
    "USING",
    "SET",
    "WINDOW",
    "FOR",
    "EXCEPT",
    "INTERSECT",
];
