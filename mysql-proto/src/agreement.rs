//! What client and server agreed on at login, as far as replies hang on it.

use crate::flags::Capabilities;
use crate::flags::MariaDbCapabilities;
use crate::limits::Limits;

/// What was agreed at login.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// The capabilities that both sides have.
    pub capabilities: Capabilities,
    /// MariaDB's capabilities that both sides have.
    pub mariadb_capabilities: MariaDbCapabilities,
    /// The limits on what the server may send.
    pub limits: Limits,
}

impl Agreement {
    /// The agreement of one connection.
    #[must_use]
    pub const fn new(capabilities: Capabilities, limits: Limits) -> Self {
        Self {
            capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            limits,
        }
    }

    /// Whether a result tells if the definitions of its columns follow.
    pub(crate) const fn leaves_out_columns(&self) -> bool {
        let mysql = Capabilities::OPTIONAL_RESULTSET_METADATA;
        let mariadb = MariaDbCapabilities::CACHE_METADATA;
        self.capabilities.contains(mysql) || self.mariadb_capabilities.contains(mariadb)
    }

    /// Whether an OK stands where an EOF would.
    pub(crate) const fn deprecates_eof(&self) -> bool {
        self.capabilities.contains(Capabilities::DEPRECATE_EOF)
    }
}
