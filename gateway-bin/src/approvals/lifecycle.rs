//! What may become of a ticket: state, event and time to the next state or a refusal; pure.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::error::Refusal;
use super::ticket::Answer;
use super::ticket::Approver;
use super::ticket::Request;
use super::ticket::Status;
use super::ticket::Ticket;
use super::ticket::Verdict;

/// What an event changes in a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The status from now on.
    pub status: Status,
    /// Until when the ticket may be used.
    pub valid_until: Option<Timestamp>,
    /// How often the ticket was used.
    pub used: u32,
}

/// The status of a ticket at a time. The stored status knows of events, not of the clock.
#[must_use]
pub fn status_at(ticket: &Ticket, now: Timestamp) -> Status {
    match ticket.status {
        Status::Pending if now >= ticket.expires => Status::Expire,
        Status::Approve if ticket.valid_until.is_none_or(|until| now >= until) => Status::Expire,
        Status::Pending | Status::Approve | Status::Deny | Status::Expire | Status::Exhaust => {
            ticket.status
        }
    }
}

/// Whether the same request, asked again, is answered with this ticket and not with a new one.
///
/// A denial sticks for `deny_for`, so that a retry loop does not flood the approvers.
#[must_use]
pub fn answers_again(ticket: &Ticket, now: Timestamp, deny_for: SignedDuration) -> bool {
    match status_at(ticket, now) {
        Status::Pending | Status::Approve => true,
        Status::Deny => denied_at(ticket)
            .and_then(|at| at.checked_add(deny_for).ok())
            .is_some_and(|until| now < until),
        Status::Expire | Status::Exhaust => false,
    }
}

/// When the ticket was denied, if it was.
#[must_use]
pub fn denied_at(ticket: &Ticket) -> Option<Timestamp> {
    let mut denials = ticket
        .answers
        .iter()
        .filter(|answer| answer.verdict == Verdict::Deny);
    denials.next().map(|answer| answer.at)
}

/// An approver agrees, until the given time.
///
/// # Errors
///
/// When the approver may not answer, has answered, or the ticket no longer waits.
pub fn approve(
    ticket: &Ticket,
    by: &Approver,
    until: Timestamp,
    now: Timestamp,
) -> Result<Change, Refusal> {
    may_answer(&ticket.request, by)?;
    match status_at(ticket, now) {
        Status::Pending => {}
        status @ (Status::Approve | Status::Deny | Status::Expire | Status::Exhaust) => {
            return Err(Refusal::NotPending { status });
        }
    }
    let earlier: Vec<&Answer> = agreed(ticket, now).collect();
    if earlier.iter().any(|answer| same_person(answer, by)) {
        return Err(Refusal::AlreadyAnswered);
    }
    if until <= now {
        return Err(Refusal::TooLate);
    }
    // Every approval speaks only until its own limit, so the first to end ends the grant.
    let first_end = earlier
        .iter()
        .map(|answer| answer.until)
        .fold(until, Timestamp::min);
    let count = u32::try_from(earlier.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let enough = count >= ticket.request.quorum.max(1);
    Ok(Change {
        status: if enough {
            Status::Approve
        } else {
            Status::Pending
        },
        valid_until: enough.then_some(first_end),
        used: ticket.used,
    })
}

/// An approver refuses, or takes back an approval that is not used up.
///
/// # Errors
///
/// When the approver may not answer, or there is nothing left to refuse.
pub fn deny(ticket: &Ticket, by: &Approver, now: Timestamp) -> Result<Change, Refusal> {
    may_answer(&ticket.request, by)?;
    match status_at(ticket, now) {
        Status::Pending | Status::Approve => {}
        status @ (Status::Deny | Status::Expire | Status::Exhaust) => {
            return Err(Refusal::NotPending { status });
        }
    }
    Ok(Change {
        status: Status::Deny,
        valid_until: None,
        used: ticket.used,
    })
}

/// One use is taken. No outcome of the statement gives it back.
///
/// # Errors
///
/// When the ticket is not approved at this time, or an answer is not yet in the audit log.
pub fn consume(ticket: &Ticket, now: Timestamp) -> Result<Change, Refusal> {
    match status_at(ticket, now) {
        Status::Approve => {}
        status @ (Status::Pending | Status::Deny | Status::Expire | Status::Exhaust) => {
            return Err(Refusal::NotApproved { status });
        }
    }
    if ticket.answers.iter().any(|answer| !answer.audited) {
        return Err(Refusal::NotAudited);
    }
    let used = ticket.used.checked_add(1).ok_or(Refusal::NotApproved {
        status: Status::Exhaust,
    })?;
    let status = match ticket.request.uses {
        Some(uses) if used > uses => {
            return Err(Refusal::NotApproved {
                status: Status::Exhaust,
            });
        }
        Some(uses) if used == uses => Status::Exhaust,
        Some(_) | None => Status::Approve,
    };
    Ok(Change {
        status,
        valid_until: ticket.valid_until,
        used,
    })
}

/// Four eyes: whoever asked, or acts in the asking, never answers; others need the group.
fn may_answer(request: &Request, by: &Approver) -> Result<(), Refusal> {
    let requester = &request.requester;
    let asked = requester.issuer == by.issuer && requester.subject == by.subject;
    if asked || requester.act.contains(&by.subject) {
        return Err(Refusal::Requester);
    }
    let groups = by.groups.iter().cloned().collect();
    let mut wanted = request.approvers.iter();
    if wanted.any(|group| group.has_member(&by.issuer, &groups)) {
        return Ok(());
    }
    Err(Refusal::NotAnApprover {
        groups: request.approver_names().join(", "),
    })
}

/// The approvals that still speak.
fn agreed(ticket: &Ticket, now: Timestamp) -> impl Iterator<Item = &Answer> {
    let answers = ticket.answers.iter();
    answers.filter(move |answer| answer.verdict == Verdict::Approve && answer.until > now)
}

fn same_person(answer: &Answer, by: &Approver) -> bool {
    answer.approver == by.name || (answer.issuer == by.issuer && answer.subject == by.subject)
}

#[cfg(test)]
mod tests;
