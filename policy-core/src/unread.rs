//! Why a statement was not understood. Each is a refusal with words for the agent.

use thiserror::Error;

/// A statement that the gateway does not read exactly, and therefore does not pass.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Unread {
    /// The bytes do not form tokens.
    #[error("the statement cannot be read at byte {at}: {what}")]
    Lex {
        /// Offset into the text.
        at: usize,
        /// What stands there.
        what: String,
    },
    /// The tokens do not form a statement that we know.
    #[error("the statement is not understood near byte {at}: {what}")]
    Syntax {
        /// Offset into the text.
        at: usize,
        /// What was found or expected.
        what: String,
    },
    /// Understood, but not supported: each names the construct.
    #[error("{construct} is not supported{}", hint.map(|h| format!("; {h}")).unwrap_or_default())]
    Unsupported {
        /// The construct in the manual's words.
        construct: String,
        /// What the agent can do instead.
        hint: Option<&'static str>,
    },
    /// A name that the catalog does not hold.
    #[error("unknown {what} `{name}`")]
    UnknownName {
        /// `table`, `column`, `schema`, `function`.
        what: &'static str,
        /// As written.
        name: String,
    },
    /// A limit on size or depth.
    #[error("the statement is over the limit of {limit} {what}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// An executable comment whose two readings differ.
    #[error("a version comment makes the statement read differently on different servers")]
    AmbiguousComment,
    /// Several statements, from a client that did not say that it would send such texts.
    #[error("more than one statement in a text is not supported")]
    Several,
    /// No statement at all.
    #[error("there is no statement in the text")]
    Empty,
}
