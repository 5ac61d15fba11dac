//! Decides about one statement: pure, total, deny by default.

mod advice;
mod coverage;
mod danger;
mod exposure;
mod guards;
pub mod misread;
mod needs;
mod objects;
mod order;
mod protection;
pub mod request;
mod reserved;
mod routines;
mod withheld;
mod words;
mod written_back;

use crate::approval;
pub(crate) use crate::decide::coverage::BUILTIN;
use crate::decide::coverage::Coverage;
use crate::decide::protection::Protection;
pub use crate::decide::request::Bound;
pub use crate::decide::request::BoundType;
pub use crate::decide::request::Diagnostics;
pub use crate::decide::request::Request;
pub use crate::decide::request::Values;
pub use crate::decide::written_back::passing::Passing;
use crate::decision::Allow;
use crate::decision::ApprovalNeed;
use crate::decision::Decision;
use crate::decision::Denial;
use crate::decision::DenialCode;
use crate::decision::Results;
use crate::policy::set::Effect;
use crate::policy::set::PolicySet;
use crate::policy::set::Role;
use crate::policy::set::Rule;
use crate::unread::Unread;

/// Decides whether a statement may run, and what is owed for it.
///
/// Deny wins over approve, approve over allow; every access must be covered; what no rule covers is
/// denied. The same input always gives the same answer.
#[must_use]
pub fn decide(policy: &PolicySet, request: &Request<'_>) -> Decision {
    match judge(policy, request) {
        Ok(decision) => decision,
        Err(denial) => Decision::Deny(denial),
    }
}

/// Whether the guards that look at values let them pass.
///
/// A statement that was allowed without an approval stays so with other values of which only the
/// kind counts (see [`Shape`](crate::shape::Shape)), under the same policy, for the same principal,
/// in the same state, as long as this holds for them.
#[must_use]
pub fn may_hold(policy: &PolicySet, values: &Values<'_>) -> bool {
    let mut influences = values.influences.iter();
    influences.all(|influence| values.bound.keeps(influence))
        && written_back::check(policy, values).is_ok()
}

/// The refusal of a statement that was not understood.
#[must_use]
pub fn refuse(unread: &Unread) -> Denial {
    let (code, next) = match unread {
        Unread::UnknownName { what, .. } => match *what {
            "function" => (
                DenialCode::UnknownFunction,
                "use a function that the server has built in",
            ),
            "prepared statement" => (
                DenialCode::UnknownStatement,
                "PREPARE it in this session first",
            ),
            "schema" => (
                DenialCode::UnknownSchema,
                "check the name with SHOW DATABASES",
            ),
            what if what.starts_with("column") => {
                (DenialCode::UnknownColumn, "check the name with DESCRIBE")
            }
            _ => (DenialCode::UnknownTable, "check the name with SHOW TABLES"),
        },
        Unread::Limit { .. } => (DenialCode::Limit, "send a smaller statement"),
        Unread::AmbiguousComment => (DenialCode::Unread, "leave the version comment out"),
        Unread::Empty => (DenialCode::Empty, "send one statement"),
        // Both servers call it a mistake of grammar, and drivers know it by that.
        Unread::Several => (DenialCode::Syntax, "send one at a time"),
        Unread::Lex { .. } | Unread::Syntax { .. } => (DenialCode::Syntax, SIMPLER),
        Unread::Unsupported { hint, .. } => (DenialCode::Unread, hint.unwrap_or(SIMPLER)),
    };
    // A hint is what can be done next, and needs no second mention.
    let what = match unread {
        Unread::Unsupported { construct, .. } => format!("{construct} is not supported"),
        Unread::Lex { .. }
        | Unread::Syntax { .. }
        | Unread::UnknownName { .. }
        | Unread::Limit { .. }
        | Unread::AmbiguousComment
        | Unread::Several
        | Unread::Empty => unread.to_string(),
    };
    Denial {
        code,
        rule: None,
        what,
        next: next.to_owned(),
    }
}

const SIMPLER: &str = "write it in a simpler form, one statement at a time";

fn judge(policy: &PolicySet, request: &Request<'_>) -> Result<Decision, Denial> {
    let role = current_role(policy, request)?;
    coverage::check_denies(policy, role, request)?;
    withheld::check(policy, role, request)?;
    reserved::check(request)?;
    guards::check_session(role, request)?;
    let coverage = coverage::cover(role, request)?;
    let protection = Protection::new(policy, request.catalog, request.principal);
    objects::check(&coverage, request, &protection)?;
    let mut allow = exposure::expose(&protection, request)?;
    allow.results = routines::results(&coverage, request, &protection)?;
    let kind = request.statement.kind;
    if objects::tells_of_protected(request, &protection) {
        allow.results = Results::Redacted(kind);
    } else if request.statement.lists_variables && !withheld::names_kind(role, request) {
        allow.results = Results::Listed(kind);
    }
    allow.touches_protected |= objects::fires_triggers(request, &protection);
    // The guard role is not for routines: one that runs as its caller would read with it.
    allow.errors_hidden = allow.touches_protected || objects::calls_routines(request, &protection);
    // A target shows the definition of a whole table only to who may read the whole table.
    allow.touches_protected |= objects::shows_definition(request, &protection);
    guards::check_filter(&coverage, request)?;
    written_back::check(policy, &Values::of(request))?;
    owe(role, &coverage, &mut allow);
    match coverage.ask() {
        None => Ok(Decision::Allow(allow)),
        Some(rule) => ask(&coverage, rule, request, allow),
    }
}

/// A session keeps its role by name: a reload may have taken it away, or the people out of it.
fn current_role<'p>(policy: &'p PolicySet, request: &Request<'_>) -> Result<&'p Role, Denial> {
    policy
        .role(request.role)
        .filter(|role| role.takes(request.principal, request.target))
        .ok_or_else(|| {
            words::denied(
                format!("role `{}` is no longer open to you", request.role),
                "connect again to get a role of the present policy",
            )
        })
}

fn owe(role: &Role, coverage: &Coverage<'_>, allow: &mut Allow) {
    allow.rules = coverage.references();
    allow.rows_max = coverage.strictest(Rule::rows_max);
    allow.seconds_max = coverage.strictest(Rule::seconds_max);
    allow.file_bytes_max = coverage.strictest(Rule::file_bytes_max);
    allow.detectors.clone_from(role.detectors());
}

fn ask(
    coverage: &Coverage<'_>,
    rule: &Rule,
    request: &Request<'_>,
    then: Allow,
) -> Result<Decision, Denial> {
    let Effect::Approve(ask) = rule.effect() else {
        return Err(words::denied_by(
            rule.reference(),
            "the rule does not say who may approve".to_owned(),
            "ask whoever keeps the policy",
        ));
    };
    if let Some(other) = coverage.other_ask(rule) {
        return Err(words::denied_by(
            rule.reference(),
            format!(
                "it also needs an approval under rule `{}`",
                other.reference().name
            ),
            "split it into statements that each need one approval",
        ));
    }
    if let Some(carrier) = request.statement.through.first() {
        return Err(words::denied_by(
            rule.reference(),
            format!("it needs an approval, and stands in `{carrier}`"),
            "send the statement itself",
        ));
    }
    if let Some(reason) = approval::never_alone(request.statement, request.alone)
        && ask.covers == crate::decision::Covers::Statement
    {
        return Err(words::denied_by(
            rule.reference(),
            format!("it needs an approval, and {reason}"),
            "send a statement that stands for itself",
        ));
    }
    let given = request
        .approval
        .is_some_and(|approval| approval.answers(rule.name(), ask.covers));
    if given {
        return Ok(Decision::Allow(then));
    }
    Ok(Decision::Approve(Box::new(ApprovalNeed {
        rule: rule.reference(),
        approvers: ask.approvers.clone(),
        quorum: ask.quorum,
        covers: ask.covers,
        valid_seconds: ask.valid.as_secs(),
        uses: ask.uses,
        then,
    })))
}

#[cfg(test)]
mod tests;
