//! Strings and quoted identifiers: quotes, escapes, and what bytes may stand in them.
//!
//! # Bytes that are no text
//!
//! Programs write pictures and keys into plain literals (`VALUES ('…')`), because the servers take
//! them. Such a literal is a [`TokenKind::Raw`], which only the values of INSERT and REPLACE and the
//! right sides of assignments take, as a whole value and nothing more; everywhere else it is refused.
//! Two things make that sound.
//!
//! *Where it ends is the same for every reader.* In utf8mb4 and utf8mb3 no byte of a character of
//! several bytes is below 0x80, so no quote and no backslash is ever part of one. Both servers skip a
//! character only where it is well-formed and whole; a byte that begins none, such as a first byte
//! right before the closing quote, is a byte by itself. A reader that looks for quotes and
//! backslashes byte by byte therefore finds the same end. (In gbk or sjis it would not: those are no
//! [`ClientCharset`].)
//!
//! *What it says is asked by nobody.* Replacing what is ill-formed, as MySQL and MariaDB do or do not
//! when they convert a literal, changes a name, a pattern, a comparison or a length, so none of these
//! may hang on one. A value that is only written goes into a column that the facts name, whatever it
//! is, and fails there, if it does, as `_binary'…'` and `x'…'` fail at the same place.
//!
//! Under `ascii` all stays refused: honest programs that send bytes do not choose it.

use std::borrow::Cow;

use crate::charset::ClientCharset;
use crate::lex::scan::Scanner;
use crate::lex::token::TokenKind;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

impl<'a> Scanner<'a, '_> {
    /// `'x'`, and `"x"` without ANSI_QUOTES.
    pub(super) fn string(&mut self) -> Result<(), Unread> {
        let (value, end) = self.string_at(self.at)?;
        // Programs send bytes of any kind behind `_binary`; everywhere else they must be text, or a
        // value that is only written.
        let is_binary = matches!(self.introducer, Some(("binary", _)));
        if is_binary || self.is_text(self.at, end) {
            let introducer = None;
            return self.push(TokenKind::String { value, introducer }, end);
        }
        if self.introducer.is_some() || !self.is_utf8() {
            return self.not_text(self.at);
        }
        self.push(TokenKind::Raw(value), end)
    }

    /// `N'x'`.
    pub(super) fn national_string(&mut self) -> Result<(), Unread> {
        let (value, end) = self.string_at(self.at + 1)?;
        self.check_text(self.at, end)?;
        self.push(
            TokenKind::String {
                value,
                introducer: Some("n"),
            },
            end,
        )
    }

    /// The unescaped bytes of the string whose quote stands at `start`, and where it ends.
    pub(super) fn string_at(&self, start: usize) -> Result<(Cow<'a, [u8]>, usize), Unread> {
        let quote = self.slice(start, start + 1);
        let escapes = !self
            .context
            .sql_mode
            .contains(SqlMode::NO_BACKSLASH_ESCAPES);
        let mut bytes = self.slice(start + 1, self.text.len()).iter().copied();
        let mut at = start + 1;
        let mut owned: Option<Vec<u8>> = None;
        while let Some(byte) = bytes.next() {
            at += 1;
            if byte == b'\\' && escapes {
                let Some(escaped) = bytes.next() else { break };
                let value = owned.get_or_insert_with(|| self.slice(start + 1, at - 1).to_vec());
                at += 1;
                match unescape(escaped) {
                    Some(byte) => value.push(byte),
                    None => value.extend([b'\\', escaped]),
                }
            } else if quote.contains(&byte) {
                if self.text.get(at) != Some(&byte) {
                    let whole = Cow::Borrowed(self.slice(start + 1, at - 1));
                    return Ok((owned.map_or(whole, Cow::Owned), at));
                }
                owned
                    .get_or_insert_with(|| self.slice(start + 1, at - 1).to_vec())
                    .push(byte);
                bytes.next();
                at += 1;
            } else if let Some(value) = &mut owned {
                value.push(byte);
            }
        }
        Self::error(start, "a string that is not closed")
    }

    /// `` `x` ``, and `"x"` under ANSI_QUOTES.
    pub(super) fn quoted_identifier(&mut self) -> Result<(), Unread> {
        let (name, end) = self.quoted_at(self.at)?;
        self.push(TokenKind::QuotedIdentifier(name), end)
    }

    /// The name between quotes that stand at `start`, and where it ends.
    pub(super) fn quoted_at(&self, start: usize) -> Result<(Cow<'a, str>, usize), Unread> {
        let quote = self.slice(start, start + 1);
        let mut from = start + 1;
        let mut doubled = false;
        let end = loop {
            let rest = self.slice(from, self.text.len());
            let Some(length) = rest.iter().position(|b| quote.contains(b)) else {
                return Self::error(start, "a quoted name that is not closed");
            };
            let close = from + length;
            if self.slice(close + 1, close + 2) != quote {
                break close;
            }
            doubled = true;
            from = close + 2;
        };
        let name = self.name(start + 1, end)?;
        if name.contains('\0') {
            return Self::error(start, "a NUL byte in a name");
        }
        let name = match (doubled, quote) {
            (false, _) => Cow::Borrowed(name),
            (true, b"`") => Cow::Owned(name.replace("``", "`")),
            (true, _) => Cow::Owned(name.replace("\"\"", "\"")),
        };
        Ok((name, end + 1))
    }

    /// Bytes of a string must be characters of the client's set, so that no reader, here or
    /// behind us, can take them for others.
    pub(super) fn check_text(&self, start: usize, end: usize) -> Result<(), Unread> {
        if self.is_text(start, end) {
            return Ok(());
        }
        self.not_text(start)
    }

    fn is_text(&self, start: usize, end: usize) -> bool {
        let bytes = self.slice(start, end);
        match self.context.charset {
            ClientCharset::Utf8mb4 => self.unicode.is_some() || std::str::from_utf8(bytes).is_ok(),
            ClientCharset::Utf8mb3 => {
                std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_basic))
            }
            ClientCharset::Ascii => bytes.is_ascii(),
            ClientCharset::Latin1 | ClientCharset::Binary => true,
        }
    }

    fn not_text<T>(&self, start: usize) -> Result<T, Unread> {
        Err(not_text(start, self.context.charset))
    }
}

/// A literal that is no text of the client's character set, at a place where it must be.
pub(crate) fn not_text(at: usize, charset: ClientCharset) -> Unread {
    let charset = charset.name();
    let what = format!(
        "bytes that are not {charset} text, which may stand behind `_binary`, or as a whole value of \
         INSERT or of an assignment"
    );
    Unread::Lex { at, what }
}

/// Whether the servers can hold it in a name or in three bytes of UTF-8.
pub(super) fn is_basic(character: char) -> bool {
    u32::from(character) <= 0xffff
}

/// What a backslash makes of a byte; `None` where the backslash stays.
fn unescape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0' => 0,
        b'b' => 8,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 26,
        b'%' | b'_' => return None,
        other => other,
    })
}
