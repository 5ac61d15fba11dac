//! `SELECT … INTO`: variables, OUTFILE and DUMPFILE.

use super::reader::Into;
use super::reader::Reader;
use super::unsupported;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// Where in a query an INTO stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Behind the items.
    Within,
    /// Behind the whole.
    Behind,
}

impl Reader<'_> {
    /// The clause, whose word stands next.
    pub(super) fn target_clause(&mut self, place: Place) -> Result<(), Unread> {
        self.expect("INTO")?;
        if self.into.is_some() {
            return unsupported("two INTO clauses");
        }
        let into = self.target()?;
        if self.queries > 1 && !self.ends_in_parentheses(place) {
            self.note("INTO inside a query", None);
        }
        self.into = Some(into);
        Ok(())
    }

    /// `(SELECT … INTO @a)`: nothing but parentheses follows to the end.
    fn ends_in_parentheses(&self, place: Place) -> bool {
        let mut ahead = 0;
        while self.is_symbol_at(ahead, Symbol::RightParenthesis) {
            ahead += 1;
        }
        place == Place::Behind && self.peek_at(ahead).is_none()
    }

    fn target(&mut self) -> Result<Into, Unread> {
        if self.take("DUMPFILE") {
            self.string()?;
            return Ok(Into::File);
        }
        if self.take("OUTFILE") {
            self.string()?;
            if self.take_one_of(&["CHARSET"]) || self.take_all(&["CHARACTER", "SET"]) {
                self.charset_name()?;
            }
            self.file_format()?;
            return Ok(Into::File);
        }
        let variables = self.comma_separated(|reader| match reader.peek() {
            Some(TokenKind::UserVariable(name)) => {
                reader.skip(1);
                Ok(name.to_lowercase())
            }
            _ => unsupported("INTO something else than a user variable"),
        })?;
        Ok(Into::Variables(variables))
    }

    /// FIELDS and LINES.
    fn file_format(&mut self) -> Result<(), Unread> {
        if self.take_one_of(&["FIELDS", "COLUMNS"]) {
            loop {
                if self.is_one_of(&["TERMINATED", "ENCLOSED", "ESCAPED"]) {
                    self.skip(1);
                } else if !self.take_all(&["OPTIONALLY", "ENCLOSED"]) {
                    break;
                }
                self.expect("BY")?;
                self.string_or_digits()?;
            }
        }
        if self.take("LINES") {
            while self.take_one_of(&["TERMINATED", "STARTING"]) {
                self.expect("BY")?;
                self.string_or_digits()?;
            }
        }
        Ok(())
    }
}
