//! One SELECT block.

use super::into::Place;
use super::reader::Reader;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Select;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// How the server goes about it; nothing that a result depends on.
const OPTIONS: &[&str] = &[
    "ALL",
    "HIGH_PRIORITY",
    "STRAIGHT_JOIN",
    "SQL_SMALL_RESULT",
    "SQL_BIG_RESULT",
    "SQL_BUFFER_RESULT",
    "SQL_CALC_FOUND_ROWS",
    "SQL_NO_CACHE",
];

impl Reader<'_> {
    /// A block whose SELECT was taken.
    pub(super) fn select(&mut self) -> Result<Select, Unread> {
        let distinct = self.options();
        let mut select = Select {
            distinct,
            items: self.items()?,
            from: None,
            filter: None,
            group: Vec::new(),
            rollup: false,
            having: None,
            windows: Vec::new(),
            qualify: None,
        };
        if self.is_word("INTO") {
            self.target_clause(Place::Within)?;
        }
        if self.take("FROM") {
            select.from = self.tables_or_dual()?;
        }
        select.filter = self.clause("WHERE")?;
        if self.take_all(&["GROUP", "BY"]) {
            self.grouping(&mut select)?;
        }
        select.having = self.clause("HAVING")?;
        if self.is_word("WINDOW") {
            self.skip(1);
            select.windows = self.comma_separated(|reader| {
                reader.name()?;
                reader.expect("AS")?;
                reader.window()
            })?;
        }
        if self.is_mysql() {
            select.qualify = self.clause("QUALIFY")?;
        }
        Ok(select)
    }

    fn clause(&mut self, word: &str) -> Result<Option<Expression>, Unread> {
        if self.take(word) {
            return self.any_expression().map(Some);
        }
        Ok(None)
    }

    /// Options in any order; whether DISTINCT was among them.
    fn options(&mut self) -> bool {
        let mut distinct = false;
        loop {
            if self.take_one_of(&["DISTINCT", "DISTINCTROW"])
                || (!self.is_mysql() && self.take("UNIQUE"))
            {
                distinct = true;
            } else if !self.take_one_of(OPTIONS) && (self.is_mysql() || !self.take("SQL_CACHE")) {
                return distinct;
            }
        }
    }

    pub(super) fn items(&mut self) -> Result<Vec<Item>, Unread> {
        self.comma_separated(Self::item)
    }

    fn item(&mut self) -> Result<Item, Unread> {
        if self.take_symbol(Symbol::Star) {
            return Ok(Item::Star(Vec::new()));
        }
        let place = self.place();
        if self.is_name() && self.is_symbol_at(1, Symbol::Dot) {
            let path = self.path()?;
            if self.is_symbol(Symbol::Dot) && self.is_symbol_at(1, Symbol::Star) {
                self.skip(2);
                return Ok(Item::Star(path));
            }
        }
        self.go_back(place);
        let expression = self.any_expression()?;
        let alias = self.item_alias()?;
        Ok(Item::Expression { expression, alias })
    }

    /// An alias with or without AS.
    pub(super) fn item_alias(&mut self) -> Result<Option<String>, Unread> {
        if self.take("AS")
            || self.is_name()
            || matches!(self.peek(), Some(TokenKind::String { .. }))
        {
            return self.alias().map(Some);
        }
        Ok(None)
    }

    fn grouping(&mut self, select: &mut Select) -> Result<(), Unread> {
        // MariaDB has stored functions of these names only.
        let sets = self.is_mysql()
            && self.is_one_of(&["ROLLUP", "CUBE"])
            && self.is_symbol_at(1, Symbol::LeftParenthesis);
        if sets {
            self.skip(2);
            select.rollup = true;
            select.group = self.comma_separated(Self::any_expression)?;
            return self.close();
        }
        select.group = self.order_list()?;
        if self.take("WITH") {
            self.expect_one_of(&["ROLLUP", "CUBE"])?;
            select.rollup = true;
        }
        Ok(())
    }
}
