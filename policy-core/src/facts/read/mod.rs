//! Tokens to trees, by the grammar of the server that will run them.
//!
//! Each reader follows a production of `sql_yacc.yy` of both servers, and takes nothing that it
//! does not know. Where one server refuses what the other takes, both are read: a text that the
//! target refuses does no harm. Where both take a text and mean different things by it, the
//! target's kind decides.

mod call;
mod change;
mod expression;
mod from;
mod into;
mod join;
mod json_table;
mod predicate;
mod primary;
mod query;
mod reader;
mod reserved;
mod select;
mod special;
mod types;
mod window;

use self::reader::Reader;
use super::tree::Change;
use super::tree::Expression;
use super::tree::Query;
use crate::lex::token::Token;
use crate::unread::Unread;

pub(super) use self::reader::Grammar;
pub(super) use self::reader::Into;
pub(super) use self::reader::Note;

/// A tree, and what stands in the text besides.
#[derive(Debug)]
pub(super) struct Read<T> {
    pub(super) tree: T,
    pub(super) into: Option<Into>,
    pub(super) notes: Vec<Note>,
}

/// Reads one whole query.
pub(super) fn query(tokens: &[Token<'_>], grammar: Grammar) -> Result<Read<Query>, Unread> {
    whole(tokens, grammar, Reader::query)
}

/// Reads one whole INSERT, REPLACE, UPDATE or DELETE.
pub(super) fn change(tokens: &[Token<'_>], grammar: Grammar) -> Result<Read<Change>, Unread> {
    whole(tokens, grammar, Reader::change)
}

/// Reads expressions between commas; no tokens, no expressions.
pub(super) fn expressions(
    tokens: &[Token<'_>],
    grammar: Grammar,
) -> Result<Read<Vec<Expression>>, Unread> {
    whole(tokens, grammar, |reader| {
        if reader.is_at_end() {
            return Ok(Vec::new());
        }
        reader.comma_separated(Reader::value_or_default)
    })
}

fn whole<'t, T>(
    tokens: &'t [Token<'t>],
    grammar: Grammar,
    read: impl FnOnce(&mut Reader<'t>) -> Result<T, Unread>,
) -> Result<Read<T>, Unread> {
    let mut reader = Reader::new(tokens, grammar);
    let tree = read(&mut reader)?;
    if !reader.is_at_end() || !reader.has_taken_raw() {
        return reader.syntax();
    }
    Ok(Read {
        tree,
        into: reader.into,
        notes: reader.notes,
    })
}

fn unsupported<T>(construct: &str) -> Result<T, Unread> {
    Err(super::unsupported(construct))
}
