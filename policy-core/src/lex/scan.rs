//! The walk over a text: one token at a time, in the states of the servers' own lexers.
//!
//! Source: `sql/sql_lex.cc` of both servers describes the states; the rules were then tried on
//! running servers. What the two would read differently, or what no honest program sends, is
//! refused rather than guessed.

use crate::charset::ClientCharset;
use crate::lex::bounds;
use crate::lex::bounds::ReadLimits;
use crate::lex::literal::introduced;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::server::Server;
use crate::server::ServerKind;
use crate::session::SessionContext;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

/// What lexing hangs on besides the bytes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct LexContext {
    /// Kind and version of the target.
    pub server: Server,
    /// The SQL mode in force.
    pub sql_mode: SqlMode,
    /// `character_set_client`.
    pub charset: ClientCharset,
    /// The bounds.
    pub limits: ReadLimits,
}

impl LexContext {
    /// The context of a session.
    #[must_use]
    pub fn of(session: &SessionContext, limits: &ReadLimits) -> Self {
        Self {
            server: session.server,
            sql_mode: session.sql_mode,
            charset: session.client_charset,
            limits: *limits,
        }
    }
}

/// How an executable comment is read that servers of different versions read differently.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are exactly two readings")]
pub enum Reading {
    /// As if the marks were not there.
    WithText,
    /// As white space.
    WithoutText,
}

/// The tokens of a text.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data between lexer and parser"
)]
pub struct Lexed<'a> {
    /// The tokens in order.
    pub tokens: Vec<Token<'a>>,
    /// Whether the two readings may differ: then both must be made.
    pub ambiguous: bool,
    /// How deep a tree over these tokens can be at most, in levels of an operator.
    pub depth: usize,
    /// Whether a literal has an introducer of a character set that a server may not have: to such a
    /// server the introducer is a name.
    pub foreign_literals: bool,
    /// Whether an optimizer hint may do more than steer the plan.
    pub steering_hint: bool,
}

/// Makes the tokens of a text, under one reading of its version comments.
///
/// # Errors
///
/// [`Unread::Lex`] for everything that is not surely read as the server reads it, and
/// [`Unread::Limit`] past a bound.
pub fn lex<'a>(
    text: &'a [u8],
    context: &LexContext,
    reading: Reading,
) -> Result<Lexed<'a>, Unread> {
    let mut lexed = tokens_of(text, context, reading)?;
    lexed.depth = bounds::check(&lexed.tokens, &context.limits)?;
    Ok(lexed)
}

/// The tokens of a text that no parser will see: their nesting is not bounded.
pub(crate) fn tokens_of<'a>(
    text: &'a [u8],
    context: &LexContext,
    reading: Reading,
) -> Result<Lexed<'a>, Unread> {
    if text.len() > context.limits.bytes_max {
        return Err(Unread::Limit {
            what: "bytes",
            limit: context.limits.bytes_max,
        });
    }
    let mut scanner = Scanner::new(text, context, reading);
    while scanner.skip_blank()? {
        scanner.token()?;
    }
    scanner.finish()
}

/// Room for this many tokens is taken at once at most.
const TOKENS_FIRST_MAX: usize = 256;

/// The state of a walk.
pub(super) struct Scanner<'a, 'c> {
    pub(super) text: &'a [u8],
    /// The same, if all of it is UTF-8: then its parts need no look of their own.
    pub(super) unicode: Option<&'a str>,
    pub(super) context: &'c LexContext,
    pub(super) reading: Reading,
    pub(super) at: usize,
    pub(super) tokens: Vec<Token<'a>>,
    /// The marks and the version of the executable comments that servers read differently. A server
    /// decides for all of one version alike; of several it might run some and skip others.
    pub(super) ambiguous: Option<&'a [u8]>,
    /// Where the executable comment began whose text is being read.
    pub(super) executing: Option<usize>,
    /// Whether white space or a comment stood before the next token.
    pub(super) spaced: bool,
    /// Whether a comment stood before the next token.
    commented: bool,
    /// A charset introducer that waits for its literal: its name and where it stands.
    pub(super) introducer: Option<(&'a str, usize)>,
    /// Whether one was of a character set that a server may be built without.
    pub(super) foreign_literals: bool,
    /// Whether a hint may do more than steer the plan.
    pub(super) steering_hint: bool,
    /// The next word is a name whatever it looks like, because a dot stands right before it.
    pub(super) name_follows: bool,
    /// A dot comes next and belongs to the name before it.
    pub(super) dot_follows: bool,
}

impl<'a, 'c> Scanner<'a, 'c> {
    fn new(text: &'a [u8], context: &'c LexContext, reading: Reading) -> Self {
        Self {
            text,
            unicode: std::str::from_utf8(text).ok(),
            context,
            reading,
            at: 0,
            tokens: Vec::with_capacity((text.len() / 2 + 4).min(TOKENS_FIRST_MAX)),
            ambiguous: None,
            executing: None,
            spaced: false,
            commented: false,
            introducer: None,
            foreign_literals: false,
            steering_hint: false,
            name_follows: false,
            dot_follows: false,
        }
    }

    /// The byte that far ahead, or 0 past the end, as the servers see it. A NUL byte of the text
    /// itself is refused wherever that would matter.
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        self.text.get(from..to).unwrap_or_default()
    }

    pub(super) fn is_mysql(&self) -> bool {
        self.context.server.kind == ServerKind::MySql
    }

    /// A part of the text as a string.
    pub(super) fn str(&self, from: usize, to: usize) -> Option<&'a str> {
        let part = self.unicode.and_then(|text| text.get(from..to));
        part.or_else(|| std::str::from_utf8(self.slice(from, to)).ok())
    }

    pub(super) fn error<T>(at: usize, what: impl Into<String>) -> Result<T, Unread> {
        Err(Unread::Lex {
            at,
            what: what.into(),
        })
    }

    /// Whether multi-byte characters can stand in the text.
    pub(super) fn is_utf8(&self) -> bool {
        matches!(
            self.context.charset,
            ClientCharset::Utf8mb4 | ClientCharset::Utf8mb3
        )
    }

    fn finish(self) -> Result<Lexed<'a>, Unread> {
        if let Some(at) = self.executing {
            return Self::error(at, "a comment that is not closed");
        }
        if let Some((_, at)) = self.introducer {
            return Self::error(at, "a character set introducer without a literal");
        }
        Ok(Lexed {
            tokens: self.tokens,
            ambiguous: self.ambiguous.is_some(),
            depth: 0,
            foreign_literals: self.foreign_literals,
            steering_hint: self.steering_hint,
        })
    }

    /// Skips white space and comments. False at the end of the text.
    fn skip_blank(&mut self) -> Result<bool, Unread> {
        self.spaced = self.tokens.is_empty();
        self.commented = false;
        loop {
            if self.at_end() {
                return Ok(false);
            }
            let byte = self.peek(0);
            if is_space(byte) {
                self.at += 1;
            } else if matches!(byte, b'#' | b'-' | b'*' | b'/') && self.comment()? {
                self.commented = true;
            } else {
                return Ok(true);
            }
            self.spaced = true;
            self.dot_follows = false;
        }
    }

    fn token(&mut self) -> Result<(), Unread> {
        let byte = self.peek(0);
        if std::mem::take(&mut self.name_follows) && is_name_byte(byte) && !self.spaced {
            return self.name_after_dot();
        }
        match byte {
            b'0'..=b'9' => self.number_or_name(),
            b'.' => self.dot_or_number(),
            b'x' | b'X' if self.peek(1) == b'\'' => self.quoted_hex(),
            b'b' | b'B' if self.peek(1) == b'\'' => self.quoted_bit(),
            b'n' | b'N' if self.peek(1) == b'\'' => self.national_string(),
            b'\'' => self.string(),
            b'"' if self.context.sql_mode.contains(SqlMode::ANSI_QUOTES) => {
                self.quoted_identifier()
            }
            b'"' => self.string(),
            b'`' => self.quoted_identifier(),
            b'@' => self.variable(),
            b'\\' => self.null_escape(),
            byte if is_name_byte(byte) => self.word(),
            byte => self.symbol(byte),
        }
    }

    /// `\N`: NULL in MariaDB, nothing in MySQL since 8.0.
    fn null_escape(&mut self) -> Result<(), Unread> {
        if self.is_mysql() || self.peek(1) != b'N' {
            return Self::error(self.at, "a backslash outside of a string");
        }
        self.push(TokenKind::Word("NULL"), self.at + 2)
    }

    /// Appends a token that begins here, and goes on behind it. Every caller knows which kind it is,
    /// so that inlined most of this goes away.
    #[inline(always)]
    pub(super) fn push(&mut self, kind: TokenKind<'a>, end: usize) -> Result<(), Unread> {
        let is_literal = matches!(
            kind,
            TokenKind::String { .. } | TokenKind::Raw(_) | TokenKind::Hex(_) | TokenKind::Bit(_)
        );
        if is_literal || self.commented || self.introducer.is_some() {
            return self.push_checked(kind, end);
        }
        self.add(kind, self.at, end)
    }

    /// Appends a token that may hang together with what stands before it.
    fn push_checked(&mut self, kind: TokenKind<'a>, end: usize) -> Result<(), Unread> {
        let (kind, start) = match self.introducer.take() {
            None => (kind, self.at),
            Some((name, start)) => (introduced(kind, name, start)?, start),
        };
        if self.join_string(&kind, end)? {
            self.at = end;
            self.dot_follows = false;
            return Ok(());
        }
        self.refuse_unknown_introducer(&kind)?;
        self.refuse_hidden_call(&kind)?;
        self.add(kind, start, end)
    }

    #[inline(always)]
    fn add(&mut self, kind: TokenKind<'a>, start: usize, end: usize) -> Result<(), Unread> {
        if self.tokens.len() >= self.context.limits.tokens_max {
            return Err(Unread::Limit {
                what: "tokens",
                limit: self.context.limits.tokens_max,
            });
        }
        self.at = end;
        self.dot_follows = false;
        let spaced = self.spaced;
        self.tokens.push(Token {
            kind,
            span: start..end,
            spaced,
        });
        Ok(())
    }

    /// Under IGNORE_SPACE a function's name and its parenthesis may stand apart, but not with a
    /// comment between them.
    fn refuse_hidden_call(&self, kind: &TokenKind<'a>) -> Result<(), Unread> {
        let after_word = matches!(
            self.tokens.last(),
            Some(Token {
                kind: TokenKind::Word(_),
                ..
            })
        );
        if self.commented
            && after_word
            && *kind == TokenKind::Symbol(Symbol::LeftParenthesis)
            && self.context.sql_mode.contains(SqlMode::IGNORE_SPACE)
        {
            return Self::error(self.at, "a comment between a word and a parenthesis");
        }
        Ok(())
    }

    fn symbol(&mut self, byte: u8) -> Result<(), Unread> {
        let (symbol, length) = match (byte, self.peek(1), self.peek(2)) {
            // MySQL takes all signs of comparison that stand together for one operator. It knows
            // no such operator here, and goes on behind the second one.
            (b'!', b'!' | b'<' | b'>', _) if self.is_mysql() => (Symbol::Exclamation, 2),
            (b'=' | b'<' | b'>', b'!', _) | (b'<', b'<' | b'=' | b'>', b'!') if self.is_mysql() => {
                return Self::error(
                    self.at,
                    "a `!` that touches a comparison; put a blank between them",
                );
            }
            (b'<', b'=', b'>') => (Symbol::NullSafeEqual, 3),
            (b'<', b'=', _) => (Symbol::LessOrEqual, 2),
            (b'<', b'>', _) => (Symbol::LessGreater, 2),
            (b'<', b'<', _) => (Symbol::ShiftLeft, 2),
            (b'>', b'=', _) => (Symbol::GreaterOrEqual, 2),
            (b'>', b'>', _) => (Symbol::ShiftRight, 2),
            (b'!', b'=', _) => (Symbol::NotEqual, 2),
            (b'&', b'&', _) => (Symbol::AmpersandAmpersand, 2),
            (b'|', b'|', _) => (Symbol::PipePipe, 2),
            (b':', b'=', _) => (Symbol::Assign, 2),
            (b'-', b'>', b'>') if self.is_mysql() => (Symbol::DoubleArrow, 3),
            (b'-', b'>', _) if self.is_mysql() => (Symbol::Arrow, 2),
            // The next statement would begin outside of the comment.
            (b';', _, _) if self.executing.is_some() => {
                return Self::error(self.at, "a semicolon within an executable comment");
            }
            (b'?', next, _) if is_name_byte(next) => {
                return Self::error(self.at, "a parameter that touches a name");
            }
            (b'?', _, _) => return self.push(TokenKind::Parameter, self.at + 1),
            (byte, _, _) => match single(byte) {
                Some(symbol) => (symbol, 1),
                None => return Self::error(self.at, "a byte that stands for nothing there"),
            },
        };
        self.push(TokenKind::Symbol(symbol), self.at + length)
    }
}

fn single(byte: u8) -> Option<Symbol> {
    Some(match byte {
        b'(' => Symbol::LeftParenthesis,
        b')' => Symbol::RightParenthesis,
        b'{' => Symbol::LeftBrace,
        b'}' => Symbol::RightBrace,
        b',' => Symbol::Comma,
        b';' => Symbol::Semicolon,
        b'+' => Symbol::Plus,
        b'-' => Symbol::Minus,
        b'*' => Symbol::Star,
        b'/' => Symbol::Slash,
        b'%' => Symbol::Percent,
        b'^' => Symbol::Caret,
        b'~' => Symbol::Tilde,
        b'!' => Symbol::Exclamation,
        b'&' => Symbol::Ampersand,
        b'|' => Symbol::Pipe,
        b'=' => Symbol::Equal,
        b'<' => Symbol::Less,
        b'>' => Symbol::Greater,
        b':' => Symbol::Colon,
        _ => return None,
    })
}

/// The white space of the servers: ASCII only, vertical tab and form feed included.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Whether the byte can stand in an unquoted name.
pub(super) fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES
        .get(usize::from(byte))
        .is_some_and(|is_part| *is_part)
}

/// Asked for every byte of every word.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest = table.as_mut_slice();
    let mut byte = 0_u8;
    while let Some((is_part, more)) = rest.split_first_mut() {
        *is_part = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        byte = byte.wrapping_add(1);
        rest = more;
    }
    table
};
