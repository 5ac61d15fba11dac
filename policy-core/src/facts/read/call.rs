//! Function calls by name, with what may stand between and behind their parentheses.

use super::reader::Reader;
use super::unsupported;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::lex::token::Symbol;
use crate::unread::Unread;

/// Aggregates whose arguments ORDER BY, SEPARATOR and LIMIT may follow.
const LISTING: &[&str] = &["group_concat", "json_arrayagg", "json_objectagg"];

impl Reader<'_> {
    /// A call whose name was taken: lower case, with its schema if it was written.
    pub(super) fn call(
        &mut self,
        schema: Option<String>,
        name: String,
    ) -> Result<Expression, Unread> {
        self.open()?;
        let mut call = Call {
            schema,
            name,
            ..Call::default()
        };
        call.distinct = self.take("DISTINCT");
        if !call.distinct {
            let _ = self.take("ALL");
        }
        if self.take_symbol(Symbol::Star) {
            if call.schema.is_some() || call.name != "count" {
                return unsupported("`*` as an argument");
            }
        } else if !self.is_symbol(Symbol::RightParenthesis) {
            call.arguments = self.comma_separated(Self::argument)?;
            if LISTING.contains(&call.name.as_str()) {
                self.listing(&mut call)?;
            }
        }
        self.close()?;
        self.over(&mut call)?;
        Ok(Expression::Call(Box::new(call)))
    }

    /// An argument; those of loadable functions may have an alias.
    fn argument(&mut self) -> Result<Expression, Unread> {
        let value = self.any_expression()?;
        self.item_alias()?;
        Ok(value)
    }

    /// ORDER BY, SEPARATOR and LIMIT inside GROUP_CONCAT.
    fn listing(&mut self, call: &mut Call) -> Result<(), Unread> {
        if self.take_all(&["ORDER", "BY"]) {
            call.order = self.order_list()?;
        }
        if self.take("SEPARATOR") {
            self.string_or_digits()?;
        }
        call.order.extend(self.limit()?);
        Ok(())
    }

    /// What may stand behind a call: WITHIN GROUP, FROM FIRST, IGNORE NULLS, OVER.
    pub(super) fn over(&mut self, call: &mut Call) -> Result<(), Unread> {
        if self.is_word("WITHIN") && self.is_word_at(1, "GROUP") {
            self.skip(2);
            self.open()?;
            self.expect_all(&["ORDER", "BY"])?;
            // What comes out is one of these values, or lies between two.
            call.arguments.extend(self.order_list()?);
            self.close()?;
        }
        if self.is_word("FROM") && self.is_one_of_at(1, &["FIRST", "LAST"]) {
            let nth = call.name == "nth_value";
            let window = self.is_one_of_at(2, &["OVER", "RESPECT", "IGNORE"]);
            if nth && window {
                self.skip(2);
            }
        }
        if self.is_one_of(&["RESPECT", "IGNORE"]) && self.is_word_at(1, "NULLS") {
            self.skip(2);
        }
        if self.take("OVER") {
            call.windowed = true;
            call.window = Some(self.window()?);
        }
        Ok(())
    }
}
