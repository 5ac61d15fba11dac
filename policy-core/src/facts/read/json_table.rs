//! `JSON_TABLE(…)`: rows and columns out of a document.

use super::reader::Reader;
use super::unsupported;
use crate::facts::tree::Source;
use crate::lex::token::Symbol;
use crate::unread::Unread;

impl Reader<'_> {
    /// The whole, whose word stands next.
    pub(super) fn json_table(&mut self) -> Result<Source, Unread> {
        self.skip(2);
        let expression = Box::new(self.any_expression()?);
        self.expect_symbol(Symbol::Comma)?;
        self.string()?;
        let mut columns = Vec::new();
        self.json_columns(&mut columns)?;
        self.close()?;
        let Some(alias) = self.table_alias()? else {
            return unsupported("JSON_TABLE without an alias");
        };
        Ok(Source::Json {
            expression,
            columns,
            alias,
        })
    }

    fn json_columns(&mut self, names: &mut Vec<String>) -> Result<(), Unread> {
        self.deeper(|reader| {
            reader.expect("COLUMNS")?;
            reader.open()?;
            reader.comma_separated(|reader| reader.json_column(names))?;
            reader.close()
        })
    }

    fn json_column(&mut self, names: &mut Vec<String>) -> Result<(), Unread> {
        let path = matches!(
            self.peek_at(1),
            Some(crate::lex::token::TokenKind::String { .. })
        );
        if self.is_word("NESTED") && (path || self.is_word_at(1, "PATH")) {
            self.skip(1);
            let _ = self.take("PATH");
            self.string()?;
            return self.json_columns(names);
        }
        names.push(self.name()?);
        if self.take_all(&["FOR", "ORDINALITY"]) {
            return Ok(());
        }
        self.data_type()?;
        let _ = self.take("EXISTS");
        self.expect("PATH")?;
        self.string()?;
        self.on_empty_or_error()
    }

    /// `{NULL | ERROR | DEFAULT value} ON {EMPTY | ERROR}`, any of them.
    pub(super) fn on_empty_or_error(&mut self) -> Result<(), Unread> {
        loop {
            if self.take("DEFAULT") {
                self.prefix()?;
            } else if !(self.is_one_of(&["NULL", "ERROR"]) && self.is_word_at(1, "ON")) {
                return Ok(());
            } else {
                self.skip(1);
            }
            self.expect("ON")?;
            self.expect_one_of(&["EMPTY", "ERROR"])?;
        }
    }
}
