//! What a statement's meaning hangs on besides its text: the state of its session.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Table;
use crate::charset::ClientCharset;
use crate::name::TableId;
use crate::server::Server;
use crate::sql_mode::SqlMode;

/// The state of one session, kept exact by the caller.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct SessionContext {
    /// Kind and version of the target.
    pub server: Server,
    /// The SQL mode in force.
    pub sql_mode: SqlMode,
    /// `character_set_client`.
    pub client_charset: ClientCharset,
    /// `character_set_connection`.
    pub connection_charset: ClientCharset,
    /// `character_set_results`.
    pub results_charset: ClientCharset,
    /// The default schema, folded; `None` when there is none.
    pub default_schema: Option<Arc<str>>,
    /// Temporary tables of this session.
    pub temporary: TemporaryTables,
    /// Whether the client may send several statements in one text.
    pub multi_statements: bool,
}

/// The temporary tables that lie over the catalog in one session.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an unknown overlay must be decided everywhere"
)]
pub enum TemporaryTables {
    /// Exactly these.
    Known(BTreeMap<TableId, Arc<Table>>),
    /// Something ran that may have made or dropped some: no name can be trusted.
    Unknown,
}

impl Default for TemporaryTables {
    fn default() -> Self {
        Self::Known(BTreeMap::new())
    }
}
