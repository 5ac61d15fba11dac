//! `SELECT … INTO`: taken out of the tokens wherever the servers allow it, before the query is read.

use super::bridge::is_symbol;
use super::bridge::is_word;
use super::unsupported;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// A query without its INTO.
#[derive(Debug)]
pub(super) struct Split<'a> {
    pub(super) query: Vec<Token<'a>>,
    /// User variables, lower case, in order.
    pub(super) variables: Vec<String>,
    /// INTO OUTFILE or INTO DUMPFILE.
    pub(super) file: bool,
}

pub(super) fn split<'a>(tokens: &[Token<'a>]) -> Result<Split<'a>, Unread> {
    let mut split = Split {
        query: Vec::new(),
        variables: Vec::new(),
        file: false,
    };
    let mut depth = 0_usize;
    let mut at = 0;
    let mut seen = false;
    while let Some(token) = tokens.get(at) {
        if is_symbol(Some(token), Symbol::LeftParenthesis) {
            depth = depth.saturating_add(1);
        } else if is_symbol(Some(token), Symbol::RightParenthesis) {
            depth = depth.saturating_sub(1);
        }
        let after_dot = at > 0 && is_symbol(tokens.get(at - 1), Symbol::Dot);
        if depth == 0 && !after_dot && is_word(Some(token), "INTO") {
            if seen {
                return Err(unsupported("two INTO clauses"));
            }
            seen = true;
            at = target(tokens, at + 1, &mut split)?;
            continue;
        }
        split.query.push(token.clone());
        at += 1;
    }
    Ok(split)
}

/// What stands behind INTO; gives where the query goes on.
fn target(tokens: &[Token<'_>], start: usize, split: &mut Split<'_>) -> Result<usize, Unread> {
    let mut at = start;
    if ["OUTFILE", "DUMPFILE"]
        .iter()
        .any(|word| is_word(tokens.get(at), word))
    {
        split.file = true;
        // The options of a file hold strings and words, none of these.
        let ends = ["FROM", "FOR", "LOCK", "WHERE"];
        while at < tokens.len() && !ends.iter().any(|word| is_word(tokens.get(at), word)) {
            at += 1;
        }
        return Ok(at);
    }
    loop {
        let Some(TokenKind::UserVariable(name)) = tokens.get(at).map(|token| &token.kind) else {
            return Err(unsupported("INTO something else than a user variable"));
        };
        split.variables.push(name.to_lowercase());
        at += 1;
        if !is_symbol(tokens.get(at), Symbol::Comma) {
            return Ok(at);
        }
        at += 1;
    }
}
