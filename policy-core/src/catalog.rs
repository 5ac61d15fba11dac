//! What a target holds, given as data: schemas, tables, columns, keys, views, routines, triggers.

pub mod document;
mod expression;
pub mod lasting;
pub mod numbers;
pub mod shape;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::lasting::Lasting;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::name::TableNameCase;
use crate::server::Server;

/// One load of a target's catalog.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the loader")]
pub struct Catalog {
    /// Counts up with every load and every schema change through the gateway.
    pub version: u64,
    /// Kind and version of the target.
    pub server: Server,
    /// How schema and table names compare.
    pub table_name_case: TableNameCase,
    /// All schemas, folded.
    pub schemas: BTreeSet<Arc<str>>,
    /// Base tables and views by name, folded.
    pub tables: BTreeMap<TableId, Arc<Table>>,
    /// Stored functions and procedures, names folded to lower case (routine names never distinguish case).
    pub routines: BTreeSet<TableId>,
    /// Routines, views, and tables by their triggers, whose code may leave something in the session.
    pub lasting: BTreeMap<TableId, Lasting>,
}

/// A base table or a view.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the loader")]
pub struct Table {
    /// What stands behind the name.
    pub kind: TableKind,
    /// In the order of `SELECT *`; invisible columns are marked.
    pub columns: Vec<Column>,
    /// Primary, unique and other indexes.
    pub indexes: Vec<Index>,
    /// Foreign keys of this table towards others.
    pub foreign_keys: Vec<ForeignKey>,
    /// Columns named in CHECK constraints; `None` when an expression could not be read.
    pub check_columns: Option<BTreeSet<ColumnName>>,
    /// Columns named in partition expressions; `None` when an expression could not be read.
    pub partition_columns: Option<BTreeSet<ColumnName>>,
    /// Whether any trigger stands on the table.
    pub has_triggers: bool,
}

/// What stands behind a table's name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new kind must be decided everywhere"
)]
pub enum TableKind {
    /// A base table in an engine that keeps its own rows (InnoDB, MyISAM, Aria, MEMORY).
    Plain,
    /// A base table in another engine, by its name.
    OtherEngine(String),
    /// A view with the SELECT text that the server shows for it.
    View {
        /// `None` when the catalog account may not read it.
        definition: Option<Arc<str>>,
    },
}

impl Default for TableKind {
    fn default() -> Self {
        Self::OtherEngine(String::new())
    }
}

/// One column.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the loader")]
pub struct Column {
    /// Its name.
    pub name: ColumnName,
    /// `DATA_TYPE` of information_schema, lower case: `varchar`, `int`, `json`, … MariaDB's JSON is a
    /// `longtext` there, and `json` here.
    pub data_type: String,
    /// The character set of a string column.
    pub charset: Option<String>,
    /// Whether `SELECT *` leaves it out.
    pub invisible: bool,
    /// For a generated column, its expression.
    pub generated: Option<Arc<str>>,
    /// Whether `ON UPDATE CURRENT_TIMESTAMP` stands on it.
    pub on_update: bool,
    /// Whether it has a default that a description of the table would show.
    pub has_default: bool,
    /// The default, where it is an expression that may name other columns.
    pub default: Option<Arc<str>>,
    /// Whether rows that leave it out get the next number.
    pub auto_increment: bool,
    /// Whether a row that leaves it out can meet no key: it has NULL there, or the next number.
    pub fresh_when_absent: bool,
}

impl Table {
    /// The names of all its columns.
    pub fn column_names(&self) -> impl Iterator<Item = ColumnName> {
        self.columns.iter().map(|column| column.name.clone())
    }
}

impl Column {
    /// What the server computes it from: the expression of a generated column, or of a default.
    #[must_use]
    pub fn expression(&self) -> Option<&Arc<str>> {
        self.generated.as_ref().or(self.default.as_ref())
    }
}

/// One index.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the loader")]
pub struct Index {
    /// Its name (`PRIMARY` for the primary key).
    pub name: String,
    /// Whether it is unique.
    pub unique: bool,
    /// Its columns in order; `None` for a part that is an expression.
    pub columns: Vec<Option<ColumnName>>,
}

/// One foreign key.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the loader")]
pub struct ForeignKey {
    /// Columns of this table.
    pub columns: Vec<ColumnName>,
    /// The parent table.
    pub parent: TableId,
    /// Columns of the parent.
    pub parent_columns: Vec<ColumnName>,
    /// Whether ON DELETE or ON UPDATE changes rows of this table.
    pub cascades: bool,
}

impl Catalog {
    /// An empty catalog for that server: every name in it is unknown.
    #[must_use]
    pub fn empty(server: Server) -> Self {
        Self {
            version: 0,
            server,
            table_name_case: TableNameCase::default(),
            schemas: BTreeSet::new(),
            tables: BTreeMap::new(),
            routines: BTreeSet::new(),
            lasting: BTreeMap::new(),
        }
    }
}
