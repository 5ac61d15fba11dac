//! Why a ticket could not be asked for, answered or used.

use std::path::PathBuf;

use super::ticket::Status;
use super::ticket::TicketId;

/// Why an event does not fit a ticket.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The requester answers.
    #[error("the requester, or one who acts in the request, can never answer it")]
    Requester,
    /// The approver is in none of the rule's groups.
    #[error("only members of {groups} may answer this ticket")]
    NotAnApprover {
        /// The groups that may.
        groups: String,
    },
    /// The approver has approved before; a quorum counts persons.
    #[error("you have approved this ticket already; another approver must agree")]
    AlreadyAnswered,
    /// The ticket no longer waits for an answer.
    #[error("the ticket is {}", .status.word())]
    NotPending {
        /// What it is instead.
        status: Status,
    },
    /// The approval would end before it begins.
    #[error("the approval would end before it begins")]
    TooLate,
    /// The ticket cannot be used.
    #[error("the ticket is {}", .status.word())]
    NotApproved {
        /// What it is instead.
        status: Status,
    },
    /// An answer is not in the audit log yet.
    #[error("an answer to the ticket is not in the audit log yet")]
    NotAudited,
}

/// Why the store failed. Nothing is forwarded after such a failure.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be made or opened.
    #[error("cannot open the approvals store `{}`", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// SQLite failed.
    #[error("the approvals store failed while {doing}")]
    Sqlite {
        /// What we were doing.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file was written by another version of the program.
    #[error("the approvals store has layout {found}, this program knows {known}")]
    Layout {
        /// The layout of the file.
        found: i64,
        /// The layout of this program.
        known: i64,
    },
    /// A file of the store is no longer the one that was opened.
    #[error("the approvals store `{}` was removed or replaced; restart", .path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// A row does not hold what was written there.
    #[error("the approvals store holds a broken {field}")]
    Broken {
        /// Which field.
        field: &'static str,
    },
    /// An earlier call failed half way.
    #[error("the approvals store is shut after an earlier failure")]
    Shut,
}

/// Why a request got no ticket.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The principal has too many open tickets.
    #[error("you have {open} open tickets, at most {most} are kept; wait for answers")]
    TooMany {
        /// How many are open.
        open: usize,
        /// How many may be.
        most: usize,
    },
    /// The authority block could not be made.
    #[error("cannot sign the request: {0}")]
    Mint(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an answer was not taken, or a use not given.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// There is no such ticket.
    #[error("there is no ticket `{0}`")]
    Unknown(TicketId),
    /// The event does not fit the ticket.
    #[error(transparent)]
    Refuse(#[from] Refusal),
    /// The approval could not be signed.
    #[error("cannot sign the approval: {0}")]
    Sign(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
