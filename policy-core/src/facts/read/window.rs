//! Windows: a name, or what stands between the parentheses of OVER.

use super::reader::Reader;
use crate::facts::tree::Window;
use crate::lex::token::Symbol;
use crate::unread::Unread;

impl Reader<'_> {
    /// A named window, or `([name] [PARTITION BY …] [ORDER BY …] [frame])`.
    pub(super) fn window(&mut self) -> Result<Window, Unread> {
        if !self.is_symbol(Symbol::LeftParenthesis) {
            // What the named window holds is read where it is defined.
            self.name()?;
            return Ok(Window::default());
        }
        self.open()?;
        let mut window = Window::default();
        if self.is_name() {
            self.name()?;
        }
        if self.take_all(&["PARTITION", "BY"]) {
            window.expressions = self.order_list()?;
        }
        if self.take_all(&["ORDER", "BY"]) {
            let order = self.order_list()?;
            window.expressions.extend(order);
        }
        if self.take_one_of(&["ROWS", "RANGE", "GROUPS"]) {
            self.frame(&mut window)?;
        }
        self.close()?;
        Ok(window)
    }

    fn frame(&mut self, window: &mut Window) -> Result<(), Unread> {
        if self.take("BETWEEN") {
            self.bound(window)?;
            self.expect("AND")?;
        }
        self.bound(window)?;
        if self.take("EXCLUDE") && !self.take_one_of(&["TIES", "GROUP"]) {
            if self.take("CURRENT") {
                self.expect("ROW")?;
            } else {
                self.expect_all(&["NO", "OTHERS"])?;
            }
        }
        Ok(())
    }

    fn bound(&mut self, window: &mut Window) -> Result<(), Unread> {
        if self.take_all(&["CURRENT", "ROW"]) {
            return Ok(());
        }
        let unbounded =
            self.is_word("UNBOUNDED") && self.is_one_of_at(1, &["PRECEDING", "FOLLOWING"]);
        if unbounded {
            self.skip(1);
        } else {
            window.expressions.push(self.bit_expression()?);
        }
        self.expect_one_of(&["PRECEDING", "FOLLOWING"])
    }
}
