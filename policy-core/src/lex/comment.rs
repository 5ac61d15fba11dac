//! Comments, and the executable ones that servers of different versions read differently.

use crate::lex::scan::Reading;
use crate::lex::scan::Scanner;
use crate::lex::scan::is_space;
use crate::unread::Unread;

/// The last version whose comments every supported server executes: MariaDB leaves out those of
/// MySQL 5.7 and later.
const EXECUTED_BY_ALL_MAX: u32 = 50_699;

impl Scanner<'_, '_> {
    /// Skips one comment, or the marks of an executable one. False if there is none here.
    pub(super) fn comment(&mut self) -> Result<bool, Unread> {
        match (self.peek(0), self.peek(1)) {
            (b'#', _) => self.line_comment(1),
            // The byte after the second minus sign must be white space or a control character;
            // the servers see a NUL at the end of the text.
            (b'-', b'-') if is_space(self.peek(2)) || self.peek(2).is_ascii_control() => {
                self.line_comment(2)
            }
            (b'-', b'-') if self.peek(2) >= 0x80 && !self.is_utf8() => {
                Self::error(self.at, "two minus signs before a byte outside of ASCII")
            }
            (b'*', b'/') if self.executing.is_some() => {
                self.executing = None;
                self.at += 2;
                Ok(true)
            }
            (b'/', b'*') => self.block_comment(),
            _ => Ok(false),
        }
    }

    fn line_comment(&mut self, marks: usize) -> Result<bool, Unread> {
        let start = self.at + marks;
        let rest = self.slice(start, self.text.len());
        let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        self.check_comment(start, start + length)?;
        self.at = start + length;
        Ok(true)
    }

    /// A NUL byte would end a line comment early.
    fn check_comment(&self, start: usize, end: usize) -> Result<(), Unread> {
        let content = self.slice(start, end);
        if content.contains(&0) {
            return Self::error(start, "a NUL byte in a comment");
        }
        if self.is_utf8() && std::str::from_utf8(content).is_err() {
            return Self::error(start, "a comment that is not valid UTF-8");
        }
        Ok(())
    }

    fn block_comment(&mut self) -> Result<bool, Unread> {
        match (self.peek(2), self.peek(3)) {
            (b'!', _) => self.executable_comment(3, false),
            (b'M', b'!') => self.executable_comment(4, true),
            (b'+', _) => self.hint(),
            _ => self.plain_comment(),
        }
    }

    fn plain_comment(&mut self) -> Result<bool, Unread> {
        let end = self.comment_end(self.at + 2)?;
        self.check_comment(self.at + 2, end)?;
        self.at = end + 2;
        Ok(true)
    }

    /// Where the first `*/` stands.
    fn comment_end(&self, from: usize) -> Result<usize, Unread> {
        match find(self.slice(from, self.text.len()), b"*/") {
            Some(length) => Ok(from + length),
            None => Self::error(self.at, "a comment that is not closed"),
        }
    }

    /// `/*! text */`, `/*!50001 text */`, `/*M!100100 text */`.
    fn executable_comment(&mut self, marks: usize, mariadb_only: bool) -> Result<bool, Unread> {
        if self.executing.is_some() {
            return Self::error(self.at, "an executable comment within another");
        }
        let start = self.at + marks;
        let digits = self
            .slice(start, self.text.len())
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let version: u32 = std::str::from_utf8(self.slice(start, start + digits))
            .ok()
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(u32::MAX);
        let executed_by_all =
            !mariadb_only && (digits == 0 || (digits == 5 && version <= EXECUTED_BY_ALL_MAX));
        if executed_by_all {
            return Ok(self.enter(start + digits));
        }
        // Servers disagree about how many of six digits belong to the version.
        let is_version = digits == 5 || (mariadb_only && matches!(digits, 0 | 6));
        if !is_version {
            return Err(Unread::AmbiguousComment);
        }
        let content = start + digits;
        let marks = self.slice(self.at, content);
        if self.ambiguous.is_some_and(|others| others != marks) {
            return Err(Unread::AmbiguousComment);
        }
        self.ambiguous = Some(marks);
        // Only some servers let a comment stand within a skipped one, so its end is not sure. The
        // mark of one may share its asterisk with the end: `/*/`.
        let end = self.comment_end(content)?;
        if find(self.slice(content, end + 1), b"/*").is_some() {
            return Err(Unread::AmbiguousComment);
        }
        match self.reading {
            Reading::WithText => Ok(self.enter(content)),
            Reading::WithoutText => {
                self.check_comment(content, end)?;
                self.at = end + 2;
                Ok(true)
            }
        }
    }

    fn enter(&mut self, content: usize) -> bool {
        self.executing = Some(self.at);
        self.at = content;
        true
    }

    /// `/*+ NO_ICP(t) */`: an optimizer hint in MySQL, a comment elsewhere. One whose words can only
    /// steer the plan is read as a comment; any other is noted.
    fn hint(&mut self) -> Result<bool, Unread> {
        let end = self.comment_end(self.at + 3)?;
        self.check_comment(self.at + 3, end)?;
        let content = self.slice(self.at + 3, end);
        if !closes_its_quotes(content) {
            return Self::error(self.at, "an optimizer hint with a quote that is not closed");
        }
        let plain = |b: &u8| {
            b.is_ascii_alphanumeric()
                || is_space(*b)
                || matches!(b, b'_' | b'@' | b'(' | b')' | b',' | b'`' | b'.')
        };
        let upper = content.to_ascii_uppercase();
        let steers_more = [b"SET_VAR".as_slice(), b"RESOURCE_GROUP"]
            .iter()
            .any(|word| find(&upper, word).is_some());
        self.steering_hint |= steers_more || !content.iter().all(plain);
        self.at = end + 2;
        Ok(true)
    }
}

/// Whether every quote of a hint is closed within it: the server's reader of hints would take the
/// end of the comment for a part of a name. What it makes of a backslash is not looked into.
fn closes_its_quotes(content: &[u8]) -> bool {
    let mut rest = content;
    while let Some(open) = rest.iter().position(|b| matches!(b, b'\'' | b'"' | b'`')) {
        let mut from = rest.iter().skip(open);
        let quote = from.next();
        let Some(length) = from.position(|b| Some(b) == quote) else {
            return false;
        };
        rest = rest.get(open + length + 2..).unwrap_or_default();
    }
    !content.contains(&b'\\')
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
