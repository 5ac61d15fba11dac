//! What stands in FROM: tables, derived tables, JSON_TABLE, and lists of them in parentheses.

use super::query::QUERY_WORDS;
use super::reader::Reader;
use crate::facts::tree::Expression;
use crate::facts::tree::Query;
use crate::facts::tree::Source;
use crate::lex::token::Symbol;
use crate::unread::Unread;

/// What stood between parentheses in FROM.
enum Inner {
    Query(Query),
    Tables(Source),
}

impl Reader<'_> {
    /// The tables behind FROM; `None` for DUAL.
    pub(super) fn tables_or_dual(&mut self) -> Result<Option<Source>, Unread> {
        if self.take("DUAL") {
            return Ok(None);
        }
        self.tables().map(Some)
    }

    /// Tables between commas: each comma is a join without a condition.
    pub(super) fn tables(&mut self) -> Result<Source, Unread> {
        let first = self.joined()?;
        self.more_tables(first)
    }

    fn more_tables(&mut self, first: Source) -> Result<Source, Unread> {
        let mut whole = first;
        let mut count = 1;
        while self.take_symbol(Symbol::Comma) {
            count += 1;
            super::join::bound(count)?;
            whole = super::join::plain(whole, self.joined()?);
        }
        Ok(whole)
    }

    /// One table, without what may be joined to it.
    pub(super) fn factor(&mut self) -> Result<Source, Unread> {
        if self.take_symbol(Symbol::LeftParenthesis) {
            return match self.deeper(Self::inner)? {
                Inner::Query(query) => self.derived(false, query),
                Inner::Tables(source) => Ok(source),
            };
        }
        if self.take_symbol(Symbol::LeftBrace) {
            // The ODBC escape `{OJ …}`; both servers take any word for the OJ.
            self.any_name()?;
            let source = self.deeper(Self::joined)?;
            self.expect_symbol(Symbol::RightBrace)?;
            return Ok(source);
        }
        if self.is_word("LATERAL") && self.is_symbol_at(1, Symbol::LeftParenthesis) {
            self.skip(2);
            let query = self.query()?;
            self.close()?;
            return self.derived(true, query);
        }
        if self.is_word("JSON_TABLE") && self.is_symbol_at(1, Symbol::LeftParenthesis) {
            return self.json_table();
        }
        self.table()
    }

    /// Behind `(`, up to and with its `)`: a query, or tables.
    ///
    /// A query in parentheses of its own may be either: what follows it tells.
    fn inner(&mut self) -> Result<Inner, Unread> {
        if self.is_one_of(QUERY_WORDS) {
            let query = self.query()?;
            self.close()?;
            return Ok(Inner::Query(query));
        }
        if !self.take_symbol(Symbol::LeftParenthesis) {
            let tables = self.tables()?;
            self.close()?;
            return Ok(Inner::Tables(tables));
        }
        let first = match self.deeper(Self::inner)? {
            Inner::Query(query) if self.is_symbol(Symbol::RightParenthesis) => {
                self.close()?;
                return Ok(Inner::Query(query));
            }
            Inner::Query(query) if self.goes_on_as_query() => {
                let query = self.rest_of_query(query)?;
                self.close()?;
                return Ok(Inner::Query(query));
            }
            Inner::Query(query) => self.derived(false, query)?,
            Inner::Tables(source) => source,
        };
        let first = self.joined_from(first)?;
        let tables = self.more_tables(first)?;
        self.close()?;
        Ok(Inner::Tables(tables))
    }

    /// The alias of a derived table, and the names of its columns.
    fn derived(&mut self, lateral: bool, query: Query) -> Result<Source, Unread> {
        let alias = self.table_alias()?;
        let columns = if alias.is_some() && self.is_symbol(Symbol::LeftParenthesis) {
            self.names()?
        } else {
            Vec::new()
        };
        Ok(Source::Derived {
            lateral,
            query: Box::new(query),
            alias,
            columns,
        })
    }

    fn table(&mut self) -> Result<Source, Unread> {
        let name = self.path()?;
        let mut partitions = self.partition_names()?;
        let period = self.system_time()?;
        let alias = self.table_alias()?;
        // A DELETE of MySQL has them behind the alias.
        partitions |= self.partition_names()?;
        self.index_hints()?;
        self.sample()?;
        Ok(Source::Table {
            name,
            alias,
            partitions,
            period,
        })
    }

    /// An alias of a table, with or without AS.
    pub(super) fn table_alias(&mut self) -> Result<Option<String>, Unread> {
        if self.take("AS") {
            return self.alias().map(Some);
        }
        // MariaDB has no reserved word WINDOW, but takes no table alias of that name.
        if self.is_name() && !self.is_word("WINDOW") {
            return self.alias().map(Some);
        }
        Ok(None)
    }

    /// `PARTITION (p, …)`; which rows come out tells about the partitioning columns.
    pub(super) fn partition_names(&mut self) -> Result<bool, Unread> {
        if !self.is_word("PARTITION") || !self.is_symbol_at(1, Symbol::LeftParenthesis) {
            return Ok(false);
        }
        self.skip(1);
        self.names()?;
        Ok(true)
    }

    /// `FOR SYSTEM_TIME …`: the points in time between which rows are shown.
    fn system_time(&mut self) -> Result<Vec<Expression>, Unread> {
        if !self.take_all(&["FOR", "SYSTEM_TIME"]) {
            return Ok(Vec::new());
        }
        if self.take("ALL") {
            return Ok(Vec::new());
        }
        if self.take_all(&["AS", "OF"]) {
            return Ok(vec![self.point_in_time()?]);
        }
        let between = self.take("BETWEEN");
        if !between {
            self.expect("FROM")?;
        }
        let from = self.point_in_time()?;
        self.expect(if between { "AND" } else { "TO" })?;
        Ok(vec![from, self.point_in_time()?])
    }

    /// `[TIMESTAMP | TRANSACTION] expression`.
    pub(super) fn point_in_time(&mut self) -> Result<Expression, Unread> {
        let literal = matches!(
            self.peek_at(1),
            Some(crate::lex::token::TokenKind::String { .. })
        );
        if !(literal && self.is_word("TIMESTAMP")) {
            let _ = self.take_one_of(&["TIMESTAMP", "TRANSACTION"]);
        }
        self.bit_expression()
    }

    /// USE, FORCE and IGNORE INDEX: which index is used changes no source.
    fn index_hints(&mut self) -> Result<(), Unread> {
        while self.is_one_of(&["USE", "FORCE", "IGNORE"]) && self.is_one_of_at(1, &["INDEX", "KEY"])
        {
            self.skip(2);
            if self.take("FOR") && !self.take("JOIN") {
                self.expect_one_of(&["ORDER", "GROUP"])?;
                self.expect("BY")?;
            }
            self.open()?;
            if !self.is_symbol(Symbol::RightParenthesis) {
                self.comma_separated(|reader| {
                    if reader.take("PRIMARY") {
                        return Ok(());
                    }
                    reader.name().map(|_| ())
                })?;
            }
            self.close()?;
        }
        Ok(())
    }

    /// `TABLESAMPLE SYSTEM (10)`: rows by chance.
    fn sample(&mut self) -> Result<(), Unread> {
        if !self.is_mysql() || !self.take("TABLESAMPLE") {
            return Ok(());
        }
        self.expect_one_of(&["SYSTEM", "BERNOULLI"])?;
        self.open()?;
        self.limit_value()?;
        self.close()
    }
}
