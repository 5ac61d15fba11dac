//! Query expressions: WITH, set operations, parentheses, and the clauses behind them.

use super::into::Place;
use super::reader::Reader;
use crate::facts::tree::Body;
use crate::facts::tree::Common;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Query;
use crate::facts::tree::Select;
use crate::facts::tree::Source;
use crate::lex::token::Symbol;
use crate::unread::Unread;

/// The words that begin a query in parentheses.
pub(super) const QUERY_WORDS: &[&str] = &["SELECT", "WITH", "TABLE", "VALUES"];

/// The words that join two queries.
const SET_OPERATIONS: &[&str] = &["UNION", "EXCEPT", "INTERSECT"];

/// The clauses that may stand behind a query in parentheses.
const TAIL_WORDS: &[&str] = &["ORDER", "LIMIT", "FOR", "LOCK", "INTO", "OFFSET", "FETCH"];

impl Reader<'_> {
    /// A query, up to what cannot belong to it.
    pub(super) fn query(&mut self) -> Result<Query, Unread> {
        self.deeper(|reader| {
            reader.queries += 1;
            let (with, recursive) = reader.with()?;
            let first = reader.operand()?;
            let query = reader.query_from(first, with, recursive);
            reader.queries -= 1;
            query
        })
    }

    /// The rest of a query whose first operand was read.
    fn query_from(
        &mut self,
        first: Body,
        with: Vec<Common>,
        recursive: bool,
    ) -> Result<Query, Unread> {
        let mut parts = vec![first];
        let mut compares = false;
        while self.is_one_of(SET_OPERATIONS) {
            let union = self.is_word("UNION");
            self.skip(1);
            let all = self.take("ALL");
            if !all {
                let _ = self.take("DISTINCT");
            }
            compares |= !(union && all);
            parts.push(self.operand()?);
        }
        let body = match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Body::Set { parts, compares }
            }
        };
        let mut query = Query {
            with,
            recursive,
            body,
            order: Vec::new(),
            limit: Vec::new(),
            locks: false,
        };
        self.tail(&mut query)?;
        Ok(query)
    }

    /// One operand of a set operation.
    fn operand(&mut self) -> Result<Body, Unread> {
        if self.take_symbol(Symbol::LeftParenthesis) {
            let query = self.query()?;
            self.close()?;
            return Ok(Body::Query(Box::new(query)));
        }
        if self.take("SELECT") {
            return Ok(Body::Select(Box::new(self.select()?)));
        }
        if self.take("TABLE") {
            let name = self.path()?;
            return Ok(Body::Select(Box::new(whole_table(name))));
        }
        if self.take("VALUES") {
            return Ok(Body::Values(self.rows(Self::value_or_default)?));
        }
        self.syntax()
    }

    /// `(…), …` or `ROW(…), …`.
    pub(super) fn rows(
        &mut self,
        value: fn(&mut Self) -> Result<Expression, Unread>,
    ) -> Result<Vec<Vec<Expression>>, Unread> {
        self.comma_separated(|reader| {
            // Behind ROW the values are those of a query.
            let value = if reader.take("ROW") {
                Self::value_or_default
            } else {
                value
            };
            reader.open()?;
            if reader.take_symbol(Symbol::RightParenthesis) {
                return Ok(Vec::new());
            }
            let row = reader.comma_separated(value)?;
            reader.close()?;
            Ok(row)
        })
    }

    /// Whether what follows goes on with a query in parentheses that was read.
    pub(super) fn goes_on_as_query(&self) -> bool {
        self.is_one_of(SET_OPERATIONS) || self.is_one_of(TAIL_WORDS)
    }

    /// Goes on from a query in parentheses, which is the first operand of another.
    pub(super) fn rest_of_query(&mut self, first: Query) -> Result<Query, Unread> {
        self.queries += 1;
        let query = self.query_from(Body::Query(Box::new(first)), Vec::new(), false);
        self.queries -= 1;
        query
    }

    pub(super) fn with(&mut self) -> Result<(Vec<Common>, bool), Unread> {
        if !self.take("WITH") {
            return Ok((Vec::new(), false));
        }
        let recursive = self.take("RECURSIVE");
        let entries = self.comma_separated(Self::common)?;
        Ok((entries, recursive))
    }

    fn common(&mut self) -> Result<Common, Unread> {
        let name = self.name()?;
        let columns = if self.is_symbol(Symbol::LeftParenthesis) {
            self.names()?
        } else {
            Vec::new()
        };
        self.expect("AS")?;
        self.open()?;
        let query = self.query()?;
        self.close()?;
        let mut cycle = Vec::new();
        // Rows that repeat in those columns are left out: they steer.
        if self.take("CYCLE") {
            cycle = self.comma_separated(Self::name)?;
            self.expect("RESTRICT")?;
        }
        Ok(Common {
            name,
            columns,
            query,
            cycle,
        })
    }

    /// `(a, b, …)`.
    pub(super) fn names(&mut self) -> Result<Vec<String>, Unread> {
        self.open()?;
        let names = self.comma_separated(Self::name)?;
        self.close()?;
        Ok(names)
    }

    /// ORDER BY, LIMIT, locks and INTO.
    fn tail(&mut self, query: &mut Query) -> Result<(), Unread> {
        if self.take_all(&["ORDER", "BY"]) {
            query.order = self.order_list()?;
        }
        query.limit = self.limit()?;
        self.procedure()?;
        loop {
            if self.is_word("INTO") {
                self.target_clause(Place::Behind)?;
            } else if self.lock()? {
                query.locks = true;
            } else {
                return Ok(());
            }
        }
    }

    /// Expressions with ASC or DESC.
    pub(super) fn order_list(&mut self) -> Result<Vec<Expression>, Unread> {
        self.comma_separated(|reader| {
            let value = reader.any_expression()?;
            let _ = reader.take_one_of(&["ASC", "DESC"]);
            Ok(value)
        })
    }

    /// LIMIT, OFFSET and FETCH.
    pub(super) fn limit(&mut self) -> Result<Vec<Expression>, Unread> {
        let mut values = Vec::new();
        if self.take("LIMIT") {
            if self.take_all(&["ROWS", "EXAMINED"]) {
                return Ok(vec![self.limit_value()?]);
            }
            values.push(self.limit_value()?);
            if self.take_symbol(Symbol::Comma) || self.take("OFFSET") {
                values.push(self.limit_value()?);
            }
            if self.take_all(&["ROWS", "EXAMINED"]) {
                values.push(self.limit_value()?);
            }
            return Ok(values);
        }
        if self.is_mysql() {
            return Ok(values);
        }
        if self.take("OFFSET") {
            values.push(self.limit_value()?);
            self.expect_one_of(&["ROW", "ROWS"])?;
        }
        if self.take("FETCH") {
            self.expect_one_of(&["FIRST", "NEXT"])?;
            if !self.is_one_of(&["ROW", "ROWS"]) {
                values.push(self.limit_value()?);
            }
            self.expect_one_of(&["ROW", "ROWS"])?;
            if !self.take("ONLY") {
                self.expect_all(&["WITH", "TIES"])?;
            }
        }
        Ok(values)
    }

    /// FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE; which of the tables, and what becomes of rows
    /// that are locked, changes no facts.
    fn lock(&mut self) -> Result<bool, Unread> {
        if self.take("FOR") {
            self.expect_one_of(&["UPDATE", "SHARE"])?;
            if self.take("OF") {
                self.comma_separated(Self::path)?;
            }
        } else if !self.take_all(&["LOCK", "IN", "SHARE", "MODE"]) {
            return Ok(false);
        }
        if self.take("WAIT") {
            self.limit_value()?;
        } else if !self.take("NOWAIT") {
            let _ = self.take_all(&["SKIP", "LOCKED"]);
        }
        Ok(true)
    }

    /// PROCEDURE ANALYSE tells about values of every column.
    fn procedure(&mut self) -> Result<(), Unread> {
        if !self.take("PROCEDURE") {
            return Ok(());
        }
        self.note("PROCEDURE behind a query", None);
        self.name()?;
        self.open()?;
        if !self.is_symbol(Symbol::RightParenthesis) {
            self.comma_separated(Self::any_expression)?;
        }
        self.close()
    }
}

/// `TABLE t` is `SELECT * FROM t`.
fn whole_table(name: Vec<String>) -> Select {
    Select {
        distinct: false,
        items: vec![Item::Star(Vec::new())],
        from: Some(Source::Table {
            name,
            alias: None,
            partitions: false,
            period: Vec::new(),
        }),
        filter: None,
        group: Vec::new(),
        rollup: false,
        having: None,
        windows: Vec::new(),
        qualify: None,
    }
}
