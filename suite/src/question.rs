//! The questions, as they stand on a line.

use serde::Deserialize;

/// One question, or what the next ones are to be answered by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Question {
    /// How is this text read, written in hexadecimal digits?
    Read(String),
    /// The same, and which columns of which tables does it touch?
    Accesses(String),
    /// Which tokens does a text have? They are asked for as another text that has the same.
    Respell {
        /// In hexadecimal digits.
        text: String,
        /// `@@sql_mode`.
        sql_mode: String,
        /// `@@character_set_client`.
        charset: String,
    },
    /// What the server holds all along.
    Base(Objects),
    /// What it holds besides, in place of what was told before.
    Catalog(Objects),
    /// The state of the session.
    Session {
        /// `@@sql_mode`.
        sql_mode: String,
        /// `DATABASE()`.
        schema: Option<String>,
        /// Its temporary tables.
        temporary: Vec<Table>,
    },
}

/// Objects of a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objects {
    pub(crate) schemas: Vec<String>,
    pub(crate) tables: Vec<Table>,
    /// Schema and name.
    pub(crate) routines: Vec<(String, String)>,
}

/// A table or view.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) schema: String,
    pub(crate) name: String,
    /// The engine of a base table.
    pub(crate) engine: Option<String>,
    /// The text of a view.
    pub(crate) view: Option<String>,
    pub(crate) columns: Vec<Column>,
    /// Name, whether it is unique, columns.
    pub(crate) indexes: Vec<(String, bool, Vec<Option<String>>)>,
}

/// A column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: String,
    pub(crate) charset: Option<String>,
    pub(crate) invisible: bool,
    pub(crate) generated: Option<String>,
}
