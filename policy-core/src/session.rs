//! What a statement's meaning hangs on besides its text: the state of its session.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Table;
use crate::charset::ClientCharset;
use crate::charset::ResultsCharset;
use crate::name::TableId;
use crate::server::Server;
use crate::sql_mode;
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
    pub results_charset: ResultsCharset,
    /// The default schema, folded; `None` when there is none.
    pub default_schema: Option<Arc<str>>,
    /// Temporary tables of this session.
    pub temporary: TemporaryTables,
    /// Statements that the session prepared with PREPARE, not those of the binary protocol.
    pub prepared: PreparedTexts,
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

/// The statements that a session prepared by name.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "unknown texts must be decided everywhere"
)]
pub enum PreparedTexts {
    /// Exactly these, by their names in lower case.
    Known(BTreeMap<String, PreparedText>),
    /// Something ran that may have prepared or dropped some.
    Unknown,
}

impl Default for PreparedTexts {
    fn default() -> Self {
        Self::Known(BTreeMap::new())
    }
}

/// What PREPARE was given, and the state that the servers keep of that moment.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct PreparedText {
    /// The text; `None` when it came from a variable or an expression.
    pub text: Option<Arc<[u8]>>,
    /// The SQL mode of PREPARE. MariaDB keeps it; MySQL prepares anew under the mode of EXECUTE.
    pub sql_mode: SqlMode,
    /// `character_set_client` of PREPARE.
    pub client_charset: ClientCharset,
    /// `character_set_connection` of PREPARE.
    pub connection_charset: ClientCharset,
    /// The default schema of PREPARE, in which its names are resolved for ever.
    pub default_schema: Option<Arc<str>>,
}

impl PreparedText {
    /// A text that is prepared under `session`.
    #[must_use]
    pub fn now(text: Option<Arc<[u8]>>, session: &SessionContext) -> Self {
        Self {
            text,
            sql_mode: session.sql_mode,
            client_charset: session.client_charset,
            connection_charset: session.connection_charset,
            default_schema: session.default_schema.clone(),
        }
    }

    /// The state under which MariaDB goes on reading it: that of PREPARE.
    #[must_use]
    pub fn as_prepared(&self, session: &SessionContext) -> SessionContext {
        SessionContext {
            sql_mode: self.sql_mode,
            client_charset: self.client_charset,
            connection_charset: self.connection_charset,
            default_schema: self.default_schema.clone(),
            ..session.clone()
        }
    }

    /// The state under which MySQL reads it again: today's, in the default schema of PREPARE.
    #[must_use]
    pub fn as_prepared_again(&self, session: &SessionContext) -> SessionContext {
        SessionContext {
            default_schema: self.default_schema.clone(),
            ..session.clone()
        }
    }

    /// Whether the same bytes may become other tokens, or another tree, in `session`.
    #[must_use]
    pub fn lexes_otherwise(&self, session: &SessionContext) -> bool {
        self.sql_mode & sql_mode::LEXING != session.sql_mode & sql_mode::LEXING
            || self.client_charset != session.client_charset
            || self.connection_charset != session.connection_charset
    }
}
