//! INSERT, REPLACE, UPDATE and DELETE.

use super::query::QUERY_WORDS;
use super::reader::Reader;
use crate::facts::tree::Assignment;
use crate::facts::tree::Change;
use crate::facts::tree::Common;
use crate::facts::tree::Delete;
use crate::facts::tree::Expression;
use crate::facts::tree::Insert;
use crate::facts::tree::Item;
use crate::facts::tree::Literal;
use crate::facts::tree::Rows;
use crate::facts::tree::Source;
use crate::facts::tree::Update;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// WHERE, ORDER BY and LIMIT.
type Tail = (Option<Expression>, Vec<Expression>, Vec<Expression>);

impl Reader<'_> {
    pub(super) fn change(&mut self) -> Result<Change, Unread> {
        let (with, recursive) = self.with()?;
        if self.take("UPDATE") {
            return Ok(Change::Update(Box::new(self.update(with, recursive)?)));
        }
        if self.take("DELETE") {
            return Ok(Change::Delete(Box::new(self.delete(with, recursive)?)));
        }
        if !with.is_empty() {
            return self.syntax();
        }
        let replace = self.take("REPLACE");
        if !replace {
            self.expect("INSERT")?;
        }
        Ok(Change::Insert(Box::new(self.insert(replace)?)))
    }

    fn insert(&mut self, replace: bool) -> Result<Insert, Unread> {
        let ignore = self.modifiers(&["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY"]);
        let _ = self.take("INTO");
        let table = self.path()?;
        let partitions = self.partition_names()?;
        let mut insert = Insert {
            replace,
            ignore,
            table,
            partitions,
            columns: None,
            rows: Rows::Values(Vec::new()),
            alias: None,
            on_duplicate: Vec::new(),
            returning: Vec::new(),
        };
        if self.take("SET") {
            let assignments = self.assignments()?;
            let (columns, row) = assignments
                .into_iter()
                .map(|assignment| (assignment.column, assignment.value))
                .unzip();
            insert.columns = Some(columns);
            insert.rows = Rows::Values(vec![row]);
        } else {
            if self.is_symbol(Symbol::LeftParenthesis) && !self.query_in_parentheses() {
                insert.columns = Some(self.column_list()?);
            }
            insert.rows = self.inserted()?;
        }
        if self.take("AS") {
            let alias = self.name()?;
            let columns = if self.is_symbol(Symbol::LeftParenthesis) {
                self.names()?
            } else {
                Vec::new()
            };
            insert.alias = Some((alias, columns));
        }
        if self.take_all(&["ON", "DUPLICATE", "KEY", "UPDATE"]) {
            self.on_duplicate = true;
            insert.on_duplicate = self.assignments()?;
            self.on_duplicate = false;
        }
        insert.returning = self.returning()?;
        Ok(insert)
    }

    /// Whether the parentheses that follow hold a query, not columns.
    fn query_in_parentheses(&self) -> bool {
        let mut ahead = 0;
        while self.is_symbol_at(ahead, Symbol::LeftParenthesis) {
            ahead += 1;
        }
        self.is_one_of_at(ahead, QUERY_WORDS)
    }

    fn inserted(&mut self) -> Result<Rows, Unread> {
        let place = self.place();
        if self.take_one_of(&["VALUES", "VALUE"]) {
            let rows = self.rows(Self::written)?;
            // MySQL's `VALUES ROW(…) ORDER BY …`, and set operations over it.
            if !self.goes_on_as_query() {
                return Ok(Rows::Values(rows));
            }
            self.go_back(place);
        }
        Ok(Rows::Query(self.query()?))
    }

    fn update(&mut self, with: Vec<Common>, recursive: bool) -> Result<Update, Unread> {
        let ignore = self.modifiers(&["LOW_PRIORITY"]);
        let from = self.tables()?;
        let portion = self.portion()?;
        self.expect("SET")?;
        let assignments = self.assignments()?;
        let (filter, order, limit) = self.rows_chosen()?;
        Ok(Update {
            with,
            recursive,
            ignore,
            from,
            portion,
            assignments,
            filter,
            order,
            limit,
        })
    }

    fn delete(&mut self, with: Vec<Common>, recursive: bool) -> Result<Delete, Unread> {
        if !self.is_mysql() && self.is_word("HISTORY") && self.is_word_at(1, "FROM") {
            self.skip(1);
            return self.delete_history(with, recursive);
        }
        let _ = self.modifiers(&["LOW_PRIORITY", "QUICK"]);
        let mut targets = Vec::new();
        let from = if self.take("FROM") {
            // `FROM t1, t2 USING …`, or the one table of the plain form.
            let place = self.place();
            match self.delete_targets() {
                Ok(found) if self.take("USING") => {
                    targets = found;
                    self.tables()?
                }
                Ok(_) | Err(_) => {
                    self.go_back(place);
                    let table = self.factor()?;
                    if !matches!(table, Source::Table { .. }) {
                        return self.syntax();
                    }
                    table
                }
            }
        } else {
            targets = self.delete_targets()?;
            self.expect("FROM")?;
            self.tables()?
        };
        let portion = self.portion()?;
        let (filter, order, limit) = self.rows_chosen()?;
        Ok(Delete {
            with,
            recursive,
            targets,
            from,
            portion,
            filter,
            order,
            limit,
            returning: self.returning()?,
        })
    }

    /// `DELETE HISTORY FROM t [BEFORE SYSTEM_TIME x]`.
    fn delete_history(&mut self, with: Vec<Common>, recursive: bool) -> Result<Delete, Unread> {
        self.note("DELETE HISTORY", None);
        self.expect("FROM")?;
        let name = self.path()?;
        let partitions = self.partition_names()?;
        let period = if self.take_all(&["BEFORE", "SYSTEM_TIME"]) {
            vec![self.point_in_time()?]
        } else {
            Vec::new()
        };
        Ok(Delete {
            with,
            recursive,
            targets: Vec::new(),
            from: Source::Table {
                name,
                alias: None,
                partitions,
                period,
            },
            portion: Vec::new(),
            filter: None,
            order: Vec::new(),
            limit: Vec::new(),
            returning: Vec::new(),
        })
    }

    /// `t, s.t.*, …`.
    fn delete_targets(&mut self) -> Result<Vec<Vec<String>>, Unread> {
        self.comma_separated(|reader| {
            let path = reader.path()?;
            if reader.is_symbol(Symbol::Dot) && reader.is_symbol_at(1, Symbol::Star) {
                reader.skip(2);
            }
            Ok(path)
        })
    }

    /// `FOR PORTION OF period FROM x TO y`: rows that lie across the bounds are split.
    fn portion(&mut self) -> Result<Vec<Expression>, Unread> {
        if !self.take_all(&["FOR", "PORTION", "OF"]) {
            return Ok(Vec::new());
        }
        self.note("FOR PORTION OF", None);
        self.name()?;
        self.expect("FROM")?;
        let from = self.bit_expression()?;
        self.expect("TO")?;
        Ok(vec![from, self.bit_expression()?])
    }

    fn rows_chosen(&mut self) -> Result<Tail, Unread> {
        let filter = if self.take("WHERE") {
            Some(self.any_expression()?)
        } else {
            None
        };
        let mut order = Vec::new();
        if self.take_all(&["ORDER", "BY"]) {
            order = self.order_list()?;
        }
        Ok((filter, order, self.limit()?))
    }

    fn returning(&mut self) -> Result<Vec<Item>, Unread> {
        if self.take("RETURNING") {
            return self.items();
        }
        Ok(Vec::new())
    }

    fn assignments(&mut self) -> Result<Vec<Assignment>, Unread> {
        self.comma_separated(|reader| {
            let column = reader.path()?;
            if !reader.take_symbol(Symbol::Equal) && !reader.take_symbol(Symbol::Assign) {
                return reader.syntax();
            }
            let value = reader.written()?;
            Ok(Assignment { column, value })
        })
    }

    /// A value that goes into a column. Bytes that are no text may be one, as they stand: an operator
    /// behind them is refused by what follows a value.
    fn written(&mut self) -> Result<Expression, Unread> {
        let Some(TokenKind::Raw(_)) = self.peek() else {
            return self.value_or_default();
        };
        self.skip(1);
        self.raw_taken += 1;
        Ok(Expression::Literal(Literal::Raw))
    }

    /// `(a, t.b, …)`, also empty.
    fn column_list(&mut self) -> Result<Vec<Vec<String>>, Unread> {
        self.open()?;
        if self.take_symbol(Symbol::RightParenthesis) {
            return Ok(Vec::new());
        }
        let columns = self.comma_separated(Self::path)?;
        self.close()?;
        Ok(columns)
    }

    /// Takes these and IGNORE in any order; whether IGNORE was among them.
    fn modifiers(&mut self, words: &[&str]) -> bool {
        let mut ignore = false;
        loop {
            if self.take("IGNORE") {
                ignore = true;
            } else if !self.take_one_of(words) {
                return ignore;
            }
        }
    }
}
