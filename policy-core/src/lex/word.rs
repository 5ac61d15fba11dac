//! Words: keywords, names, character set introducers and variables.

use std::borrow::Cow;

use crate::charset::ClientCharset;
use crate::lex::scan::Scanner;
use crate::lex::scan::is_name_byte;
use crate::lex::text::is_basic;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

impl<'a> Scanner<'a, '_> {
    /// An unquoted word that begins with a letter, `_`, `$` or a character outside of ASCII.
    pub(super) fn word(&mut self) -> Result<(), Unread> {
        let end = self.word_end(self.at);
        let word = self.name(self.at, end)?;
        // `$$` and `$tag$` begin a quoted text in new MySQL servers.
        if let [b'$', rest @ ..] = word.as_bytes()
            && rest.contains(&b'$')
        {
            return Self::error(self.at, "a word that begins with `$` and holds another");
        }
        if word.as_bytes().first() == Some(&b'_')
            && let Some(charset) = charset_of_introducer(word)
        {
            return self.introducer(charset, end);
        }
        // Right before a dot and a name it is a name, even if it looks like a keyword.
        if self.dot_and_name_at(end) && !self.after_system_variable() {
            return self.push_name(word, end);
        }
        let dot_follows = self.text.get(end) == Some(&b'.') && self.after_system_variable();
        self.push(TokenKind::Word(word), end)?;
        self.dot_follows = dot_follows;
        Ok(())
    }

    /// A word right behind a dot: always a name, and it may begin with a digit.
    pub(super) fn name_after_dot(&mut self) -> Result<(), Unread> {
        let end = self.word_end(self.at);
        let name = self.name(self.at, end)?;
        self.push_name(name, end)
    }

    /// A word that begins with a digit and is no number: a name, never a keyword.
    pub(super) fn name_from_here(&mut self) -> Result<(), Unread> {
        self.name_after_dot()
    }

    fn push_name(&mut self, name: &'a str, end: usize) -> Result<(), Unread> {
        let dot_follows = self.dot_and_name_at(end);
        self.push(TokenKind::QuotedIdentifier(Cow::Borrowed(name)), end)?;
        self.dot_follows = dot_follows;
        Ok(())
    }

    fn dot_and_name_at(&self, at: usize) -> bool {
        self.text.get(at) == Some(&b'.') && self.text.get(at + 1).is_some_and(|b| is_name_byte(*b))
    }

    fn after_system_variable(&self) -> bool {
        self.tokens
            .last()
            .is_some_and(|token| token.kind == TokenKind::SystemVariable)
    }

    fn word_end(&self, start: usize) -> usize {
        let rest = self.slice(start, self.text.len());
        start + rest.iter().take_while(|b| is_name_byte(**b)).count()
    }

    /// The bytes as a name, if all servers take them for the same one.
    pub(super) fn name(&self, start: usize, end: usize) -> Result<&'a str, Unread> {
        let Some(name) = self.str(start, end) else {
            return Self::error(start, "a name that is not valid UTF-8");
        };
        if name.is_ascii() {
            return Ok(name);
        }
        if !self.is_utf8() {
            return Self::error(start, "a name outside of ASCII, which needs utf8mb4");
        }
        if !name.chars().all(is_basic) || ColumnName::parse(name).is_none() {
            return Self::error(
                start,
                "a name with a letter that servers may take for another",
            );
        }
        Ok(name)
    }

    fn introducer(&mut self, charset: Introducer, end: usize) -> Result<(), Unread> {
        let name = match charset {
            Introducer::Known(name) => name,
            Introducer::Foreign(name) => {
                self.foreign_literals = true;
                name
            }
        };
        if self.introducer.is_some() {
            return Self::error(self.at, "a character set introducer without a literal");
        }
        self.introducer = Some((name, self.at));
        self.at = end;
        Ok(())
    }

    /// `@name`, `@'name'`, `@"name"`, `` @`name` ``, and `@@` before a system variable.
    pub(super) fn variable(&mut self) -> Result<(), Unread> {
        match self.peek(1) {
            b'@' => {
                if !is_name_byte(self.peek(2)) && self.peek(2) != b'`' {
                    return Self::error(self.at, "`@@` without a name");
                }
                self.push(TokenKind::SystemVariable, self.at + 2)
            }
            b'`' | b'"' | b'\'' => self.quoted_variable(),
            _ => {
                let start = self.at + 1;
                let is_part =
                    |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$');
                let rest = self.slice(start, self.text.len());
                let end = start + rest.iter().take_while(is_part).count();
                if end == start || self.text.get(end).is_some_and(|b| *b >= 0x80) {
                    return Self::error(self.at, "a variable without a plain name");
                }
                let name = self.name(start, end)?;
                self.push(TokenKind::UserVariable(Cow::Borrowed(name)), end)
            }
        }
    }

    fn quoted_variable(&mut self) -> Result<(), Unread> {
        let is_name = self.peek(1) == b'`'
            || (self.peek(1) == b'"' && self.context.sql_mode.contains(SqlMode::ANSI_QUOTES));
        let (name, end) = if is_name {
            self.quoted_at(self.at + 1)?
        } else {
            let (value, end) = self.string_at(self.at + 1)?;
            let is_text = self.is_utf8() || self.context.charset == ClientCharset::Ascii;
            match String::from_utf8(value.into_owned()) {
                Ok(name) if is_text || name.is_ascii() => (Cow::Owned(name), end),
                _ => return Self::error(self.at, "a variable's name that is not text"),
            }
        };
        self.push(TokenKind::UserVariable(name), end)
    }
}

enum Introducer {
    /// Of a character set that every server has.
    Known(&'static str),
    /// Of one that a server may be built without: to it the word is a name.
    Foreign(&'static str),
}

/// Every character set of both servers: `_name` before a literal is an introducer for these.
fn charset_of_introducer(word: &str) -> Option<Introducer> {
    let name = word.strip_prefix('_')?.to_ascii_lowercase();
    const KNOWN: &[&str] = &["ascii", "binary", "latin1", "utf8", "utf8mb3", "utf8mb4"];
    const FOREIGN: &[&str] = &[
        "armscii8", "big5", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866",
        "cp932", "dec8", "eucjpms", "euckr", "filename", "gb18030", "gb2312", "gbk", "geostd8",
        "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin2", "latin5", "latin7",
        "macce", "macroman", "sjis", "swe7", "tis620", "ucs2", "ujis", "utf16", "utf16le", "utf32",
    ];
    let find = |list: &[&'static str]| list.iter().find(|known| **known == name).copied();
    find(KNOWN)
        .map(Introducer::Known)
        .or_else(|| find(FOREIGN).map(Introducer::Foreign))
}
