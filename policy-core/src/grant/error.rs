//! Why a grant is not one.

use thiserror::Error;

/// Why a grant could not be made or is not accepted.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum GrantError {
    /// The bytes are not a token of the form that grants have.
    #[error("the grant is not of the accepted form: {what}")]
    Form {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The token names no root key, or one that is not known.
    #[error("the grant names no known root key")]
    UnknownRoot,
    /// A signature does not hold, or a part cannot be decoded.
    #[error("the grant's signatures do not hold")]
    Signature,
    /// The grant is about something else than what is asked.
    #[error("the grant is about another {what}")]
    Other {
        /// What differs.
        what: &'static str,
    },
    /// Its time is over.
    #[error("the grant is no longer valid")]
    Expired,
    /// Not enough different people who may have approved.
    #[error("{found} of {needed} approvals are there")]
    Quorum {
        /// How many count.
        found: u8,
        /// How many are needed.
        needed: u8,
    },
    /// A key is not a key.
    #[error("the {what} is not a usable Ed25519 key")]
    Key {
        /// Which key.
        what: &'static str,
    },
    /// The token library failed.
    #[error("the grant could not be processed")]
    Failed,
}
