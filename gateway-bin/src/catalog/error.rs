//! Why there is no catalog. Without one every name is unknown and every statement refused.

use crate::upstream::error::ConnectError;
use crate::upstream::error::QueryError;

/// Why a catalog could not be loaded.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There is no connection.
    #[error("cannot log in to read the catalog: {0}")]
    Connect(#[from] ConnectError),
    /// A statement of ours failed.
    #[error("cannot read {what}: {source}")]
    Query {
        /// What was being read.
        what: &'static str,
        /// Why it failed.
        source: QueryError,
    },
    /// The account is not allowed to see everything, so what it sees proves nothing.
    #[error("the catalog account cannot see everything: {}", .missing.join("; "))]
    Blind {
        /// What to grant, each with its reason.
        missing: Vec<String>,
    },
    /// The server is too old to tell what we must know.
    #[error("{server} is too old, at least {least} is needed")]
    TooOld {
        /// What it is.
        server: String,
        /// What would do.
        least: &'static str,
    },
    /// A row of the server's has another form than documented.
    #[error("the server's list of {what} is not understood")]
    Form {
        /// Which list.
        what: &'static str,
    },
    /// A schema has a name that is ours.
    #[error("the target has a schema called `{name}`, which the gateway answers for itself")]
    Reserved {
        /// The name.
        name: String,
    },
}

impl CatalogError {
    /// Names what was being read when a statement failed.
    pub(super) fn reading(what: &'static str) -> impl Fn(QueryError) -> Self {
        move |source| Self::Query { what, source }
    }
}
