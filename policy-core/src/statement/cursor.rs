//! A place in the tokens of one statement, and the small steps that every family takes from it.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::catalog::Table;
use crate::facts::Input;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::server::ServerKind;
use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::statement::Access;
use crate::statement::Verb;
use crate::unread::Unread;

/// A place in the tokens of one statement, and what the meaning of names hangs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    pub(super) session: &'a SessionContext,
    pub(super) catalog: &'a Catalog,
    /// Whether it stands in a text that dynamic SQL carries.
    pub(crate) is_carried: bool,
}

impl<'a> Cursor<'a> {
    /// The start of a statement.
    pub(crate) fn new(
        tokens: &'a [Token<'a>],
        session: &'a SessionContext,
        catalog: &'a Catalog,
    ) -> Self {
        Self {
            tokens,
            at: 0,
            session,
            catalog,
            is_carried: false,
        }
    }

    pub(super) fn peek(&self) -> Option<&'a TokenKind<'a>> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&'a TokenKind<'a>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    /// The tokens that were taken.
    pub(super) fn before(&self) -> &'a [Token<'a>] {
        self.tokens.get(..self.at).unwrap_or_default()
    }

    /// The tokens that are left.
    pub(super) fn rest(&self) -> &'a [Token<'a>] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// What the reader of queries takes, for these tokens.
    pub(super) fn input(&self, tokens: &'a [Token<'a>]) -> Input<'a> {
        Input {
            tokens,
            session: self.session,
            catalog: self.catalog,
        }
    }

    /// A cursor over some of the tokens.
    pub(super) fn over(&self, tokens: &'a [Token<'a>]) -> Self {
        Self {
            tokens,
            at: 0,
            ..*self
        }
    }

    /// The same place, read in another state of the session.
    pub(super) fn under<'b>(&self, session: &'b SessionContext) -> Cursor<'b>
    where
        'a: 'b,
    {
        Cursor { session, ..*self }
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    pub(super) fn next(&mut self) -> Option<&'a TokenKind<'a>> {
        let kind = self.peek()?;
        self.at += 1;
        Some(kind)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    pub(super) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Some(TokenKind::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    /// Whether the words come next, one after the other.
    pub(super) fn are_words(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.is_word_at(ahead, word))
    }

    /// Takes the words if they come next.
    pub(super) fn take_words(&mut self, words: &[&str]) -> bool {
        let taken = self.are_words(words);
        if taken {
            self.at += words.len();
        }
        taken
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.take_words(&[word])
    }

    /// Takes the first of the words that comes next.
    pub(super) fn take_one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let word = words.iter().find(|word| self.is_word(word))?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Unread> {
        if self.take_word(word) {
            return Ok(());
        }
        self.error(format!("expected {word}"))
    }

    pub(super) fn is_symbol(&self, symbol: Symbol) -> bool {
        self.peek() == Some(&TokenKind::Symbol(symbol))
    }

    pub(super) fn take_symbol(&mut self, symbol: Symbol) -> bool {
        let taken = self.is_symbol(symbol);
        if taken {
            self.at += 1;
        }
        taken
    }

    pub(super) fn expect_symbol(&mut self, symbol: Symbol) -> Result<(), Unread> {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        self.error(format!("expected `{}`", symbol.text()))
    }

    /// Everything must have been used.
    pub(super) fn end(&self) -> Result<(), Unread> {
        if self.rest().is_empty() {
            return Ok(());
        }
        self.error("the statement goes on in a way that is not known")
    }

    pub(super) fn error<T>(&self, what: impl Into<String>) -> Result<T, Unread> {
        let token = self.tokens.get(self.at).or_else(|| self.tokens.last());
        Err(Unread::Syntax {
            at: token.map_or(0, |token| token.span.start),
            what: what.into(),
        })
    }

    /// A name: quoted, or a word that no grammar reserves.
    pub(super) fn identifier(&mut self) -> Result<String, Unread> {
        let name = match self.peek() {
            Some(TokenKind::QuotedIdentifier(name)) => name.clone().into_owned(),
            Some(TokenKind::Word(word)) if !is_reserved(word) => (*word).to_owned(),
            _ => return self.error("expected a name"),
        };
        self.at += 1;
        Ok(name)
    }

    /// A column's name.
    pub(super) fn column(&mut self) -> Result<ColumnName, Unread> {
        let name = self.identifier()?;
        match ColumnName::parse(&name) {
            Some(name) => Ok(name),
            None => self.error("a column name that servers may read differently"),
        }
    }

    /// `name` or `schema.name`.
    pub(super) fn object(&mut self) -> Result<TableId, Unread> {
        // MariaDB takes `.name` for a name in the default schema.
        if self.session.server.kind == ServerKind::MariaDb {
            let _ = self.take_symbol(Symbol::Dot);
        }
        let first = self.identifier()?;
        let case = self.catalog.table_name_case;
        if self.take_symbol(Symbol::Dot) {
            let name = self.identifier()?;
            return Ok(TableId::new(case.fold(&first), case.fold(&name)));
        }
        let schema = self.default_schema()?;
        Ok(TableId::new(schema, case.fold(&first)))
    }

    /// The default schema, where a name needs one.
    pub(super) fn default_schema(&self) -> Result<std::sync::Arc<str>, Unread> {
        match &self.session.default_schema {
            Some(schema) => Ok(schema.clone()),
            None => unsupported(
                "a name without a schema and without a default schema",
                Some("write schema.name, or USE a schema first"),
            ),
        }
    }

    /// `name` as a schema, with the empty table name that stands for the schema itself.
    pub(super) fn schema(&mut self) -> Result<TableId, Unread> {
        let name = self.identifier()?;
        let schema = self.catalog.table_name_case.fold(&name);
        Ok(TableId::new(schema, "".into()))
    }

    /// A string literal as text.
    pub(super) fn string(&mut self) -> Result<String, Unread> {
        // No grammar takes an introducer where it takes nothing but a string.
        let Some(TokenKind::String {
            value,
            introducer: None,
        }) = self.peek()
        else {
            return self.error("expected a string");
        };
        let Ok(text) = String::from_utf8(value.clone().into_owned()) else {
            return self.error("expected a string that is text");
        };
        self.at += 1;
        Ok(text)
    }

    /// A decimal integer without a sign.
    pub(super) fn integer(&mut self) -> Result<&'a str, Unread> {
        let Some(TokenKind::Integer(digits)) = self.peek() else {
            return self.error("expected a number");
        };
        self.at += 1;
        Ok(digits)
    }

    /// How many tokens stand before that word, where one stands outside of parentheses.
    pub(super) fn distance_to(&self, word: &str) -> Option<usize> {
        let mut open = 0_usize;
        self.rest().iter().position(|token| {
            if token.kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
                open += 1;
            } else if token.kind == TokenKind::Symbol(Symbol::RightParenthesis) {
                open = open.saturating_sub(1);
            }
            open == 0 && matches!(token.kind, TokenKind::Word(w) if w.eq_ignore_ascii_case(word))
        })
    }

    /// Moves past a group in parentheses and gives the tokens within.
    pub(super) fn group(&mut self) -> Result<&'a [Token<'a>], Unread> {
        self.expect_symbol(Symbol::LeftParenthesis)?;
        let start = self.at;
        let mut depth = 1_usize;
        while let Some(kind) = self.next() {
            if *kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
                depth += 1;
            } else if *kind == TokenKind::Symbol(Symbol::RightParenthesis) {
                depth -= 1;
            }
            if depth == 0 {
                return Ok(self.tokens.get(start..self.at - 1).unwrap_or_default());
            }
        }
        self.error("a parenthesis that is not closed")
    }

    /// Whether the session has a temporary table of that name. Refused where that is not known.
    pub(super) fn is_temporary(&self, table: &TableId) -> Result<bool, Unread> {
        match &self.session.temporary {
            TemporaryTables::Known(tables) => Ok(tables.contains_key(table)),
            TemporaryTables::Unknown => unsupported(
                "a table name after a call that may have made temporary tables",
                Some("reset the connection first"),
            ),
        }
    }

    /// The table as the session sees it.
    pub(super) fn table(&self, id: &TableId) -> Result<Option<&'a Table>, Unread> {
        if let TemporaryTables::Known(tables) = &self.session.temporary {
            if let Some(table) = tables.get(id) {
                return Ok(Some(table));
            }
        } else {
            self.is_temporary(id)?;
        }
        Ok(self.catalog.tables.get(id).map(AsRef::as_ref))
    }

    /// The table as the session sees it; unknown names are refused.
    pub(super) fn known_table(&self, id: &TableId) -> Result<&'a Table, Unread> {
        match self.table(id)? {
            Some(table) => Ok(table),
            None => Err(Unread::UnknownName {
                what: "table",
                name: id.to_string(),
            }),
        }
    }

    /// An access to a table, with these columns of it.
    pub(super) fn access(
        &self,
        verb: Verb,
        object: &TableId,
        columns: BTreeSet<ColumnName>,
    ) -> Result<Access, Unread> {
        Ok(Access {
            verb,
            object: object.clone(),
            columns,
            via: None,
            temporary: self.is_temporary(object)?,
        })
    }

    /// An access to a schema as such.
    pub(super) fn schema_access(verb: Verb, schema: TableId) -> Access {
        Access {
            verb,
            object: schema,
            columns: BTreeSet::new(),
            via: None,
            temporary: false,
        }
    }
}

/// More tables than anyone names in one list, and few enough that their columns fit in memory.
const TABLES_MAX: usize = 1000;

/// Refuses a list of tables that is too long.
pub(super) fn check_tables(count: usize) -> Result<(), Unread> {
    if count <= TABLES_MAX {
        return Ok(());
    }
    Err(Unread::Limit {
        what: "tables in a list",
        limit: TABLES_MAX,
    })
}

/// All columns of a table by name.
pub(super) fn all_columns(table: &Table) -> BTreeSet<ColumnName> {
    table.column_names().collect()
}

/// Those columns of a table, in full.
pub(super) fn column_ids(id: &TableId, columns: &BTreeSet<ColumnName>) -> BTreeSet<ColumnId> {
    let in_full = |column: &ColumnName| ColumnId {
        table: id.clone(),
        column: column.clone(),
    };
    columns.iter().map(in_full).collect()
}

/// A refusal that names the construct.
pub(super) fn unsupported<T>(
    construct: impl Into<String>,
    hint: Option<&'static str>,
) -> Result<T, Unread> {
    Err(Unread::Unsupported {
        construct: construct.into(),
        hint,
    })
}

/// Words that both servers reserve and that could be mistaken for a clause where a name is
/// expected. A server refuses them as names, so refusing them too loses nothing.
fn is_reserved(word: &str) -> bool {
    RESERVED
        .split_ascii_whitespace()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}

const RESERVED: &str = "\
    ADD ALL ALTER AND AS ASC BETWEEN BY CASE CHANGE CHECK COLLATE COLUMN CONSTRAINT CREATE \
    CROSS DATABASE DEFAULT DELETE DESC DESCRIBE DISTINCT DROP ELSE EXISTS EXPLAIN FOR FOREIGN \
    FROM FULLTEXT GRANT GROUP HAVING IF IGNORE IN INDEX INNER INSERT INTO IS JOIN KEY KEYS LEFT \
    LIKE LIMIT LOCK NOT NULL ON OR ORDER OUTER PRIMARY PROCEDURE REFERENCES RENAME REPLACE \
    RIGHT SELECT SET SHOW SPATIAL TABLE THEN TO TRIGGER UNION UNIQUE UPDATE USE USING VALUES \
    WHEN WHERE WITH WRITE";
