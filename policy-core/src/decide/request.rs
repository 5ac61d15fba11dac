//! Everything that a decision hangs on.

use std::ops::Range;

use crate::approval::Approval;
use crate::catalog::Catalog;
use crate::policy::set::RoleId;
use crate::principal::Principal;
use crate::session::SessionContext;
use crate::statement::Access;
use crate::statement::Flow;
use crate::statement::Influence;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::kind::StatementKind;

/// One statement of one session, to be decided.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The session's role, from [`PolicySet::role_for`](crate::policy::set::PolicySet::role_for).
    pub role: &'a RoleId,
    /// The target's name in the configuration.
    pub target: &'a str,
    /// What was understood.
    pub statement: &'a Statement,
    /// The whole text that the statement's spans point into.
    pub text: &'a [u8],
    /// Whether the statement is the only one in its text.
    pub alone: bool,
    /// The bytes of the string parameters that are bound, in any order.
    pub parameters: &'a [&'a [u8]],
    /// What the parameters are bound as.
    pub bound: Bound<'a>,
    /// The state of the session.
    pub session: &'a SessionContext,
    /// What the target holds.
    pub catalog: &'a Catalog,
    /// What the server's list of warnings is about.
    pub diagnostics: Diagnostics,
    /// The approval that was found for this statement, verified for it and still valid.
    pub approval: Option<&'a Approval>,
}

/// The values in a statement and beside it: what differs between statements of one shape.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct Values<'a> {
    /// What the statement does.
    pub kind: StatementKind,
    /// The whole text.
    pub text: &'a [u8],
    /// Where its literals stand.
    pub literals: &'a [Range<usize>],
    /// The bytes of the string parameters that are bound, in any order.
    pub parameters: &'a [&'a [u8]],
    /// What the parameters are bound as.
    pub bound: Bound<'a>,
    /// What steers the result.
    pub influences: &'a [Influence],
    /// What flows into which written column.
    pub flows: &'a [Flow],
    /// The tables that are touched, with their columns.
    pub accesses: &'a [Access],
    /// Whether another statement carries it, so that a literal may hold many.
    pub carried: bool,
}

impl<'a> Values<'a> {
    /// Those of a request.
    #[must_use]
    pub fn of(request: &Request<'a>) -> Self {
        Self {
            kind: request.statement.kind,
            text: request.text,
            literals: &request.statement.literals,
            parameters: request.parameters,
            bound: request.bound,
            influences: &request.statement.influences,
            flows: &request.statement.flows,
            accesses: &request.statement.accesses,
            carried: !request.statement.through.is_empty(),
        }
    }
}

/// What the parameters are bound as, which says what a column that is compared with them is converted to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the caller must know which it is")]
pub enum Bound<'a> {
    /// Nobody knows: user variables have any type.
    #[default]
    Unknown,
    /// Nothing is bound yet: a PREPARE, which is decided again at every EXECUTE.
    Later,
    /// For each parameter what it is.
    Types(&'a [BoundType]),
}

/// What a parameter is bound as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the caller must know which it is")]
pub enum BoundType {
    /// A text of ASCII characters, which every character set can say, or NULL.
    Ascii,
    /// Another text: a text is compared with it as it is.
    Text,
    /// A date or a time.
    Moment,
    /// Anything else.
    Other,
}

impl Bound<'_> {
    /// Whether an influence tells no more than its strength says.
    pub(crate) fn keeps(self, influence: &Influence) -> bool {
        match self {
            // User variables hold no dates and no times.
            Self::Unknown => influence.texts.is_empty(),
            Self::Later => true,
            Self::Types(bound) => {
                let is = |at: &usize, holds: fn(BoundType) -> bool| {
                    bound.get(*at).is_some_and(|&one| holds(one))
                };
                let (mut texts, mut numbers) = (influence.texts.iter(), influence.numbers.iter());
                // Beside a text of another set, MySQL says it in that one row by row, if it can.
                let is_text: fn(BoundType) -> bool = match influence.strength {
                    Strength::Nothing => |one| one == BoundType::Ascii,
                    Strength::Equality | Strength::Any => {
                        |one| matches!(one, BoundType::Ascii | BoundType::Text)
                    }
                };
                texts.all(|at| is(at, is_text))
                    && numbers.all(|at| is(at, |one| one != BoundType::Moment))
            }
        }
    }
}

/// What the server's list of warnings and errors is about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the caller must know which it is")]
pub enum Diagnostics {
    /// Statements that touched no protected column.
    #[default]
    Clean,
    /// The last statement touched a protected column: messages may hold its values.
    Protected,
}
