//! Literals beside each other, and behind the name of a character set.

use crate::lex::scan::Scanner;
use crate::lex::text::not_text;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

impl<'a> Scanner<'a, '_> {
    /// Joins a string without an introducer to the string before it, as both servers do.
    pub(super) fn join_string(&mut self, kind: &TokenKind<'a>, end: usize) -> Result<bool, Unread> {
        let (more, is_raw) = match kind {
            TokenKind::String {
                value,
                introducer: None,
            } => (value, false),
            TokenKind::Raw(value) => (value, true),
            TokenKind::String { .. }
            | TokenKind::Word(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
            | TokenKind::Parameter
            | TokenKind::UserVariable(_)
            | TokenKind::SystemVariable
            | TokenKind::Symbol(_) => return Ok(false),
        };
        let Some(Token { kind, span, .. }) = self.tokens.last_mut() else {
            return Ok(false);
        };
        match kind {
            TokenKind::String { value, introducer } => {
                if is_raw && introducer.is_some() {
                    return Err(not_text(self.at, self.context.charset));
                }
                value.to_mut().extend_from_slice(more);
                if is_raw {
                    *kind = TokenKind::Raw(std::mem::take(value));
                }
            }
            TokenKind::Raw(value) => value.to_mut().extend_from_slice(more),
            TokenKind::Word(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
            | TokenKind::Parameter
            | TokenKind::UserVariable(_)
            | TokenKind::SystemVariable
            | TokenKind::Symbol(_) => return Ok(false),
        }
        span.end = end;
        Ok(true)
    }

    /// `_name'x'` is a name and an alias when the server knows no charset of that name, and a
    /// literal when it does: only the charsets that we know to be in every server are told apart.
    pub(super) fn refuse_unknown_introducer(&self, kind: &TokenKind<'a>) -> Result<(), Unread> {
        let is_literal = matches!(
            kind,
            TokenKind::String { .. } | TokenKind::Raw(_) | TokenKind::Hex(_) | TokenKind::Bit(_)
        );
        match self.tokens.last() {
            Some(Token {
                kind: TokenKind::Word(word),
                span,
                ..
            }) if is_literal && word.starts_with('_') => {
                Self::error(span.start, "a character set introducer that is not known")
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// A literal under a charset introducer.
pub(super) fn introduced<'a>(
    kind: TokenKind<'a>,
    name: &'a str,
    at: usize,
) -> Result<TokenKind<'a>, Unread> {
    match kind {
        TokenKind::String {
            value,
            introducer: None,
        } => Ok(TokenKind::String {
            value,
            introducer: Some(name),
        }),
        TokenKind::Hex(_) | TokenKind::Bit(_) => Ok(kind),
        TokenKind::String { .. }
        | TokenKind::Raw(_)
        | TokenKind::Word(_)
        | TokenKind::QuotedIdentifier(_)
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Parameter
        | TokenKind::UserVariable(_)
        | TokenKind::SystemVariable
        | TokenKind::Symbol(_) => Err(Unread::Lex {
            at,
            what: "a character set introducer without a literal".to_owned(),
        }),
    }
}
