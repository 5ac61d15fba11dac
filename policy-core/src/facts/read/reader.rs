//! The walk over the tokens of one query, change or expression list.

use super::reserved;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::server::ServerKind;
use crate::sql_mode::SqlMode;
use crate::stack;
use crate::unread::Unread;

/// What the grammar hangs on besides the tokens.
#[derive(Clone, Copy, Debug)]
pub(in crate::facts) struct Grammar {
    pub(in crate::facts) server: ServerKind,
    pub(in crate::facts) sql_mode: SqlMode,
}

/// Where a row goes that does not go to the client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::facts) enum Into {
    /// User variables, lower case, in order.
    Variables(Vec<String>),
    /// OUTFILE or DUMPFILE.
    File,
}

/// Something understood that is not let through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::facts) struct Note {
    pub(in crate::facts) construct: &'static str,
    pub(in crate::facts) hint: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct Reader<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    pub(super) grammar: Grammar,
    depth: usize,
    /// Queries around the present one.
    pub(super) queries: usize,
    /// Whether `VALUES(c)` is the new row's column, not a list of rows.
    pub(super) on_duplicate: bool,
    pub(super) into: Option<Into>,
    pub(super) notes: Vec<Note>,
    /// How many literals that are no text were taken for written values.
    pub(super) raw_taken: usize,
}

/// Levels of queries, expressions and tables within each other. A level of parentheses takes two.
const LEVELS_MAX: usize = 1_200;

impl<'t> Reader<'t> {
    pub(super) fn new(tokens: &'t [Token<'t>], grammar: Grammar) -> Self {
        Self {
            tokens,
            at: 0,
            grammar,
            depth: 0,
            queries: 0,
            on_duplicate: false,
            into: None,
            notes: Vec::new(),
            raw_taken: 0,
        }
    }

    /// Goes one level deeper, with room on the stack for it.
    pub(super) fn deeper<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, Unread>,
    ) -> Result<R, Unread> {
        if self.depth >= LEVELS_MAX {
            return Err(Unread::Limit {
                what: "levels of nesting",
                limit: LEVELS_MAX,
            });
        }
        self.depth += 1;
        let result = stack::grown(|| read(self));
        self.depth -= 1;
        result
    }

    pub(super) fn is_mysql(&self) -> bool {
        match self.grammar.server {
            ServerKind::MySql => true,
            ServerKind::MariaDb => false,
        }
    }

    pub(super) fn note(&mut self, construct: &'static str, hint: Option<&'static str>) {
        let note = Note { construct, hint };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Where the reader stands, to come back to.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn go_back(&mut self, place: usize) {
        self.at = place;
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<&'t TokenKind<'t>> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&'t TokenKind<'t>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    /// Where the next token stands in the text.
    pub(super) fn offset(&self) -> usize {
        let next = self.tokens.get(self.at);
        next.map_or(usize::MAX, |token| token.span.start)
    }

    /// Goes past the next token.
    pub(super) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// The next unquoted word.
    pub(super) fn word(&self) -> Option<&'t str> {
        self.word_at(0)
    }

    pub(super) fn word_at(&self, ahead: usize) -> Option<&'t str> {
        match self.peek_at(ahead) {
            Some(TokenKind::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_word(&self, text: &str) -> bool {
        self.is_word_at(0, text)
    }

    pub(super) fn is_word_at(&self, ahead: usize, text: &str) -> bool {
        self.word_at(ahead)
            .is_some_and(|word| word.eq_ignore_ascii_case(text))
    }

    pub(super) fn is_one_of(&self, texts: &[&str]) -> bool {
        self.is_one_of_at(0, texts)
    }

    pub(super) fn is_one_of_at(&self, ahead: usize, texts: &[&str]) -> bool {
        self.word_at(ahead)
            .is_some_and(|word| texts.iter().any(|text| word.eq_ignore_ascii_case(text)))
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.is_word(text);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn take_one_of(&mut self, texts: &[&str]) -> bool {
        let found = self.is_one_of(texts);
        if found {
            self.at += 1;
        }
        found
    }

    /// Takes all these words, or none.
    pub(super) fn take_all(&mut self, texts: &[&str]) -> bool {
        let found = texts
            .iter()
            .enumerate()
            .all(|(ahead, text)| self.is_word_at(ahead, text));
        if found {
            self.at += texts.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), Unread> {
        if self.take(text) {
            Ok(())
        } else {
            self.syntax()
        }
    }

    pub(super) fn expect_all(&mut self, texts: &[&str]) -> Result<(), Unread> {
        texts.iter().try_for_each(|text| self.expect(text))
    }

    pub(super) fn expect_one_of(&mut self, texts: &[&str]) -> Result<(), Unread> {
        if self.take_one_of(texts) {
            Ok(())
        } else {
            self.syntax()
        }
    }

    pub(super) fn is_symbol(&self, symbol: Symbol) -> bool {
        self.is_symbol_at(0, symbol)
    }

    pub(super) fn is_symbol_at(&self, ahead: usize, symbol: Symbol) -> bool {
        matches!(self.peek_at(ahead), Some(TokenKind::Symbol(found)) if *found == symbol)
    }

    pub(super) fn take_symbol(&mut self, symbol: Symbol) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: Symbol) -> Result<(), Unread> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            self.syntax()
        }
    }

    pub(super) fn open(&mut self) -> Result<(), Unread> {
        self.expect_symbol(Symbol::LeftParenthesis)
    }

    pub(super) fn close(&mut self) -> Result<(), Unread> {
        self.expect_symbol(Symbol::RightParenthesis)
    }

    /// What `read` reads, once or more, between commas.
    pub(super) fn comma_separated<R>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<R, Unread>,
    ) -> Result<Vec<R>, Unread> {
        let mut all = vec![read(self)?];
        while self.take_symbol(Symbol::Comma) {
            all.push(read(self)?);
        }
        Ok(all)
    }

    /// A string literal.
    pub(super) fn string(&mut self) -> Result<(), Unread> {
        match self.peek() {
            Some(TokenKind::String { .. }) => {
                self.at += 1;
                Ok(())
            }
            _ => self.syntax(),
        }
    }

    /// A string as the servers take one for a delimiter or a pattern: hexadecimal digits will do.
    pub(super) fn string_or_digits(&mut self) -> Result<(), Unread> {
        match self.peek() {
            Some(TokenKind::String { .. } | TokenKind::Hex(_) | TokenKind::Bit(_)) => {
                self.at += 1;
                Ok(())
            }
            _ => self.syntax(),
        }
    }

    pub(super) fn integer(&mut self) -> Result<(), Unread> {
        match self.peek() {
            Some(TokenKind::Integer(_)) => {
                self.at += 1;
                Ok(())
            }
            _ => self.syntax(),
        }
    }

    /// Whether the next token can be a name by itself.
    pub(super) fn is_name(&self) -> bool {
        match self.peek() {
            Some(TokenKind::QuotedIdentifier(_)) => true,
            Some(TokenKind::Word(word)) => !reserved::is_reserved(word, self.grammar.server),
            _ => false,
        }
    }

    /// A name of a column, table or schema.
    pub(super) fn name(&mut self) -> Result<String, Unread> {
        if self.is_name() {
            self.any_name()
        } else {
            self.syntax()
        }
    }

    /// A name where no keyword can stand: behind a dot.
    pub(super) fn any_name(&mut self) -> Result<String, Unread> {
        let name = match self.peek() {
            Some(TokenKind::QuotedIdentifier(name)) => name.clone().into_owned(),
            Some(TokenKind::Word(word)) => (*word).to_owned(),
            _ => return self.syntax(),
        };
        self.at += 1;
        Ok(name)
    }

    /// `a`, `a.b`, `a.b.c`; `.a` on MariaDB, as far as dots and names go.
    pub(super) fn path(&mut self) -> Result<Vec<String>, Unread> {
        let mut parts = Vec::with_capacity(1);
        if self.is_mysql() || !self.is_symbol(Symbol::Dot) {
            parts.push(self.name()?);
        }
        while self.is_symbol(Symbol::Dot)
            && matches!(
                self.peek_at(1),
                Some(TokenKind::Word(_) | TokenKind::QuotedIdentifier(_))
            )
        {
            self.at += 1;
            parts.push(self.any_name()?);
        }
        if parts.is_empty() {
            return self.syntax();
        }
        Ok(parts)
    }

    /// An alias behind AS: a string will do too.
    pub(super) fn alias(&mut self) -> Result<String, Unread> {
        let Some(TokenKind::String { value, .. }) = self.peek() else {
            return printable(self.any_name()?);
        };
        self.at += 1;
        // The server reads a string in the client's character set, and folds it as a name in its own.
        match std::str::from_utf8(value) {
            Ok(text) if text.is_ascii() => printable(text.to_owned()),
            Ok(_) | Err(_) => super::unsupported(
                "an alias in quotes with letters outside ASCII; write it in backticks",
            ),
        }
    }

    /// Whether each literal that is no text was taken for a written value.
    pub(super) fn has_taken_raw(&self) -> bool {
        let is_raw = |token: &&Token<'_>| matches!(token.kind, TokenKind::Raw(_));
        self.tokens.iter().filter(is_raw).count() == self.raw_taken
    }

    pub(super) fn syntax<R>(&self) -> Result<R, Unread> {
        let (at, what) = match self.tokens.get(self.at) {
            Some(token) => (token.span.start, "the grammar does not go on like this"),
            None => (
                self.tokens.last().map_or(0, |last| last.span.start),
                "it ends too early behind it",
            ),
        };
        Err(Unread::Syntax {
            at,
            what: what.to_owned(),
        })
    }
}

/// Servers strip what does not print from the start of an alias, and so make another name.
fn printable(alias: String) -> Result<String, Unread> {
    let first = alias.chars().next();
    if first.is_some_and(|first| first <= ' ' || first == '\u{7f}') {
        return super::unsupported("an alias that begins with white space");
    }
    Ok(alias)
}
