//! The tables of information_schema that describe names and types, with their columns.
//!
//! An allow-list: a table that is not here is unknown to us whatever the server holds, and so is a
//! column. What tells of accounts, other sessions, bodies of programs or bounds of partitions is left
//! out. The columns stand in the order of each server, for `*`.

mod tables;

pub use crate::allow::information_schema::tables::TABLES;
use crate::server::Server;
use crate::server::ServerKind;

/// The schema's name, as it compares.
pub const NAME: &str = "information_schema";

/// An open table. All names are lower case.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Why it is open.
    pub reason: &'static str,
    /// Its open columns on MySQL; none where MySQL has no such table.
    pub mysql: &'static [&'static str],
    /// Its open columns on MariaDB.
    pub mariadb: &'static [&'static str],
    /// Columns that move with stored values, or quote them: open only where no column is protected.
    pub telling: &'static [&'static str],
    /// Columns that are never open; while there are any, `*` is not either.
    pub hidden: &'static [&'static str],
}

impl Table {
    /// The open columns on that server.
    #[must_use]
    pub fn columns(&self, kind: ServerKind) -> &'static [&'static str] {
        match kind {
            ServerKind::MySql => self.mysql,
            ServerKind::MariaDb => self.mariadb,
        }
    }

    /// Whether the open columns are all that the server has.
    #[must_use]
    pub fn is_whole(&self, server: Server) -> bool {
        // MariaDB 11.4 appended columns about periods.
        let is_longer = self.name == "columns"
            && server.kind == ServerKind::MariaDb
            && server.version >= (11, 4, 0);
        self.hidden.is_empty() && !is_longer
    }
}

/// The table of that name (lower case), if it is open on that server.
#[must_use]
pub fn find(name: &str, kind: ServerKind) -> Option<&'static Table> {
    let table = TABLES.iter().find(|table| table.name == name)?;
    (!table.columns(kind).is_empty()).then_some(table)
}

/// Whether a table of that name (in any case) is open on any server.
#[must_use]
pub fn is_open(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TABLES.iter().any(|table| table.name == name)
}

/// Whether the column (lower case) moves with stored values, or quotes them.
#[must_use]
pub fn tells_of_values(table: &str, column: &str) -> bool {
    TABLES
        .iter()
        .any(|own| own.name.eq_ignore_ascii_case(table) && own.telling.contains(&column))
}
