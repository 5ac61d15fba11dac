//! What can be wrong with a policy file, and with a login that looks for its role.

use std::fmt;

use thiserror::Error;

/// Every mistake of one policy file, in the order of the file.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub struct PolicyErrors {
    /// The file, as the caller named it.
    pub file: String,
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Mistake {
                line,
                column,
                message,
            } = mistake;
            write!(f, "{}:{line}:{column}: {message}", self.file)?;
        }
        Ok(())
    }
}

/// One mistake.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Mistake {
    /// Counted from one.
    pub line: u32,
    /// Counted from one, in characters.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a login gets no role.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RoleRefusal {
    /// No role of the policy takes this principal at this target.
    #[error("no role of the policy takes this principal at target `{target}`")]
    NoRole {
        /// The target that was asked for.
        target: String,
    },
    /// The role that the user name asks for does not take this principal at this target, or does
    /// not exist: both look alike from outside.
    #[error("role `{wanted}` is not open to this principal at target `{target}`")]
    NotOpen {
        /// The role that was asked for.
        wanted: String,
        /// The target that was asked for.
        target: String,
    },
}
