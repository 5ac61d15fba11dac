//! What is decided about a statement, with everything that follows from it.

use std::collections::BTreeSet;
use std::fmt;

use crate::name::ColumnId;
use crate::policy::detector::Detector;
use crate::policy::people::Group;
use crate::statement::kind::StatementKind;

/// The answer to one statement.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "callers must handle every outcome")]
pub enum Decision {
    /// It may run, with these duties.
    Allow(Allow),
    /// It may not.
    Deny(Denial),
    /// A human is asked first.
    Approve(Box<ApprovalNeed>),
}

/// A rule, by name and place.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct RuleRef {
    /// The name in the policy, or `builtin-…`.
    pub name: String,
    /// The line in the policy file; 0 for a built-in one.
    pub line: u32,
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "rule `{}`, built in", self.name),
            line => write!(f, "rule `{}`, policy line {line}", self.name),
        }
    }
}

/// A statement that may run, and what is owed for it.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Allow {
    /// The rules that allowed its accesses, each once.
    pub rules: Vec<RuleRef>,
    /// How each output column is shown, in order; empty when there is no result set of known shape.
    pub columns: Vec<Treatment>,
    /// Every masked or redacted output column.
    pub masked: Vec<MaskedColumn>,
    /// Protected columns that are shown in clear (`clear_for`).
    pub clear: Vec<ColumnId>,
    /// Whether it touches a protected column in any way, or fires triggers or cascades that may: the
    /// guard role is needed.
    pub touches_protected: bool,
    /// Whether its messages may speak of protected values, because it touches them or runs a
    /// routine: failures get one fixed text, warnings and info are emptied. Always so when
    /// `touches_protected` is.
    pub errors_hidden: bool,
    /// What becomes of result sets whose columns no facts tell.
    pub results: Results,
    /// The most rows that may be sent.
    pub rows_max: Option<u64>,
    /// The longest that it may run, in seconds.
    pub seconds_max: Option<u32>,
    /// The most bytes that a file of the client may have.
    pub file_bytes_max: Option<u64>,
    /// What is looked for, and hidden, in text that is shown as it is: in columns, and in errors.
    pub detectors: BTreeSet<Detector>,
}

/// What becomes of result sets whose columns no facts tell.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "callers must handle each")]
pub enum Results {
    /// There are none: what comes is what was read.
    #[default]
    AsRead,
    /// A procedure gives some, and a rule answers for them, or nothing is protected: they are shown,
    /// but for columns that the target itself calls protected.
    Vouched,
    /// A procedure may give some, and nobody answers for them: none is shown.
    Withheld,
    /// A list of variables or counters: rows of those that may not be read are dropped, by their names
    /// ([`crate::allow::show::is_shown`]).
    Listed(StatementKind),
    /// A description of tables gives one, and something in it tells of protected values: what may do so is
    /// redacted, by the names of its columns ([`crate::allow::show::tells_of_values`]).
    Redacted(StatementKind),
}

/// How an output column is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "callers must handle every treatment"
)]
pub enum Treatment {
    /// As it is.
    Clear,
    /// Through the mask of that name.
    Mask(String),
    /// As a constant of its type.
    Redact,
}

/// One masked output column, for records and explanations.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct MaskedColumn {
    /// Position in the result, from 0.
    pub position: usize,
    /// The protected column that it comes from (the first by name if several).
    pub source: ColumnId,
    /// The mask's name, or `redact`.
    pub mask: String,
}

/// A statement that may not run.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Denial {
    /// Why, as a stable token: `POSTERN-DENIED`, `POSTERN-INFLUENCE`, …
    pub code: DenialCode,
    /// The rule that denied, if one did.
    pub rule: Option<RuleRef>,
    /// What was refused, in words, without values of the statement.
    pub what: String,
    /// What the agent can do next.
    pub next: String,
}

/// The stable tokens of refusals.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new code must be given its MySQL error"
)]
pub enum DenialCode {
    /// A rule says no, or no rule says yes.
    Denied,
    /// Understood as far as it goes, but not supported.
    Unread,
    /// Not understood: a syntax error, or beyond our reading.
    Syntax,
    /// No statement at all.
    Empty,
    /// A schema that the target does not have.
    UnknownSchema,
    /// A table that the target does not have.
    UnknownTable,
    /// A column that the tables do not have.
    UnknownColumn,
    /// A function that the target does not have.
    UnknownFunction,
    /// A prepared statement that the session does not have.
    UnknownStatement,
    /// A protected column would steer the result, or flow where it loses its protection.
    Influence,
    /// A guard: no WHERE, always true, mask output written back.
    Guard,
    /// Over a limit.
    Limit,
}

impl DenialCode {
    /// The token in brackets.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Denied => "POSTERN-DENIED",
            Self::Unread | Self::Syntax | Self::Empty => "POSTERN-UNREAD",
            Self::UnknownSchema
            | Self::UnknownTable
            | Self::UnknownColumn
            | Self::UnknownFunction
            | Self::UnknownStatement => "POSTERN-UNKNOWN-NAME",
            Self::Influence => "POSTERN-INFLUENCE",
            Self::Guard => "POSTERN-GUARD",
            Self::Limit => "POSTERN-LIMIT",
        }
    }

    /// The MySQL error code and SQLSTATE that clients see.
    #[must_use]
    pub fn mysql(self) -> (u16, &'static str) {
        match self {
            Self::Denied | Self::Influence | Self::Guard => (1142, "42000"),
            Self::Unread => (1235, "42000"),
            Self::Syntax => (1064, "42000"),
            Self::Empty => (1065, "42000"),
            Self::UnknownSchema => (1049, "42000"),
            Self::UnknownTable => (1146, "42S02"),
            Self::UnknownColumn => (1054, "42S22"),
            Self::UnknownFunction => (1305, "42000"),
            Self::UnknownStatement => (1243, "HY000"),
            Self::Limit => (1226, "42000"),
        }
    }
}

impl fmt::Display for Denial {
    /// Clients show the first 200 characters, often no more: what was refused is cut before the
    /// rule and the next step are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule.as_ref().map(|rule| format!(" ({rule})"));
        let rule = rule.unwrap_or_default();
        let rest = self.code.token().len() + rule.chars().count() + self.next.chars().count() + 5;
        let room = SHOWN_CHARACTERS
            .saturating_sub(rest)
            .max(WHAT_CHARACTERS_MIN);
        write!(f, "[{}] ", self.code.token())?;
        if self.what.chars().count() <= room {
            f.write_str(&self.what)?;
        } else {
            let kept: String = self.what.chars().take(room.saturating_sub(1)).collect();
            write!(f, "{kept}…")?;
        }
        write!(f, "{rule}; {}", self.next)
    }
}

/// What every client shows of an error's text.
const SHOWN_CHARACTERS: usize = 200;
/// What is always said of what was refused.
const WHAT_CHARACTERS_MIN: usize = 40;

/// A statement that a human must approve.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct ApprovalNeed {
    /// The rule that asks.
    pub rule: RuleRef,
    /// Groups whose members may answer.
    pub approvers: Vec<Group>,
    /// How many of them must.
    pub quorum: u8,
    /// What a grant covers.
    pub covers: Covers,
    /// How long a grant lasts, in seconds.
    pub valid_seconds: u64,
    /// How often it may be used; `None` while it lasts.
    pub uses: Option<u32>,
    /// What will be owed when it is granted.
    pub then: Allow,
}

/// What an approval covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be bound and checked")]
pub enum Covers {
    /// This very statement with these parameters.
    Statement,
    /// Every statement under the rule.
    Rule,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_what_was_refused_before_the_next_step() {
        let denial = Denial {
            code: DenialCode::Influence,
            rule: Some(RuleRef {
                name: "r".repeat(40),
                line: 12_345,
            }),
            what: "w".repeat(300),
            next: "do something else".to_owned(),
        };
        let text = denial.to_string();
        assert_eq!(text.chars().count(), 200, "{text}");
        assert!(text.ends_with("; do something else"), "{text}");
    }
}
