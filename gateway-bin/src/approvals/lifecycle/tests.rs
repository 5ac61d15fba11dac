//! Every state meets every event.

use policy_core::policy::people::Group;

use super::*;
use crate::approvals::ticket::Covers;
use crate::approvals::ticket::Requester;
use crate::approvals::ticket::TicketId;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ticket(status: Status) -> Ticket {
    Ticket {
        id: TicketId::from_random([7; 10]),
        request: Request {
            requester: Requester {
                issuer: "corp".into(),
                subject: "bot".into(),
                act: vec!["owner".into()],
            },
            role: "analytics".into(),
            rule: "new-tables".into(),
            target: "shop".into(),
            database: "shop".into(),
            statement: "create table t (a int)".into(),
            parameters: Vec::new(),
            digest: [1; 32],
            covers: Covers::Statement,
            approvers: vec![Group {
                issuer: None,
                name: "dba".into(),
            }],
            quorum: 2,
            valid_seconds: 60,
            uses: Some(2),
        },
        created: at(0),
        expires: at(100),
        base: vec![1],
        status,
        valid_until: (status == Status::Approve).then(|| at(50)),
        used: 0,
        answers: Vec::new(),
    }
}

fn approver(name: &str) -> Approver {
    Approver {
        name: name.into(),
        issuer: "corp".into(),
        subject: name.into(),
        groups: vec!["staff".into(), "dba".into()],
    }
}

fn answer(name: &str, verdict: Verdict, time: i64, until: i64) -> Answer {
    Answer {
        number: 1,
        approver: name.into(),
        issuer: "corp".into(),
        subject: name.into(),
        verdict,
        reason: String::new(),
        at: at(time),
        until: at(until),
        block: Vec::new(),
        audited: true,
    }
}

const ALL: [Status; 5] = [
    Status::Pending,
    Status::Approve,
    Status::Deny,
    Status::Expire,
    Status::Exhaust,
];

#[test]
fn quorum_needs_two_different_persons() {
    let mut ticket = ticket(Status::Pending);
    let first = approve(&ticket, &approver("ann"), at(60), at(10)).unwrap();
    assert_eq!((first.status, first.valid_until), (Status::Pending, None));
    ticket.answers.push(answer("ann", Verdict::Approve, 10, 60));
    let again = approve(&ticket, &approver("ann"), at(60), at(11));
    assert_eq!(again, Err(Refusal::AlreadyAnswered));
    let second = approve(&ticket, &approver("bob"), at(90), at(11)).unwrap();
    assert_eq!(
        (second.status, second.valid_until),
        (Status::Approve, Some(at(60)))
    );
}

#[test]
fn an_approval_that_ended_does_not_count() {
    let mut ticket = ticket(Status::Pending);
    ticket.answers.push(answer("ann", Verdict::Approve, 1, 20));
    let late = approve(&ticket, &approver("bob"), at(90), at(20)).unwrap();
    assert_eq!(late.status, Status::Pending);
}

#[test]
fn one_key_name_with_two_subjects_is_one_person() {
    let mut ticket = ticket(Status::Pending);
    ticket.answers.push(answer("ann", Verdict::Approve, 1, 60));
    let twin = Approver {
        subject: "other".into(),
        ..approver("ann")
    };
    assert_eq!(
        approve(&ticket, &twin, at(60), at(2)),
        Err(Refusal::AlreadyAnswered)
    );
}

#[test]
fn the_requester_never_answers() {
    let ticket = ticket(Status::Pending);
    for name in ["bot", "owner"] {
        assert_eq!(
            approve(&ticket, &approver(name), at(60), at(1)),
            Err(Refusal::Requester),
            "{name}"
        );
        assert_eq!(
            deny(&ticket, &approver(name), at(1)),
            Err(Refusal::Requester),
            "{name}"
        );
    }
}

#[test]
fn a_subject_of_another_issuer_is_another_person() {
    let ticket = ticket(Status::Pending);
    let other = Approver {
        issuer: "partner".into(),
        ..approver("bot")
    };
    assert!(approve(&ticket, &other, at(60), at(1)).is_ok());
}

#[test]
fn a_stranger_never_answers() {
    let ticket = ticket(Status::Pending);
    let stranger = Approver {
        groups: vec!["DBA".into()],
        ..approver("eve")
    };
    let refusal = Refusal::NotAnApprover {
        groups: "dba".into(),
    };
    assert_eq!(
        approve(&ticket, &stranger, at(60), at(1)),
        Err(refusal.clone())
    );
    assert_eq!(deny(&ticket, &stranger, at(1)), Err(refusal));
}

#[test]
fn a_group_of_another_issuer_does_not_count() {
    let mut ticket = ticket(Status::Pending);
    ticket.request.approvers = vec![Group {
        issuer: Some("corp".into()),
        name: "dba".into(),
    }];
    let outsider = Approver {
        issuer: "partner".into(),
        ..approver("ann")
    };
    let refusal = Refusal::NotAnApprover {
        groups: "corp:dba".into(),
    };
    assert_eq!(approve(&ticket, &outsider, at(60), at(1)), Err(refusal));
    assert!(approve(&ticket, &approver("ann"), at(60), at(1)).is_ok());
}

#[test]
fn only_a_waiting_ticket_is_approved() {
    for status in ALL {
        let outcome = approve(&ticket(status), &approver("ann"), at(60), at(1));
        if status == Status::Pending {
            assert!(outcome.is_ok());
        } else {
            assert_eq!(outcome, Err(Refusal::NotPending { status }));
        }
    }
}

#[test]
fn a_waiting_ticket_lapses() {
    let ticket = ticket(Status::Pending);
    assert_eq!(status_at(&ticket, at(99)), Status::Pending);
    assert_eq!(status_at(&ticket, at(100)), Status::Expire);
    let refusal = Refusal::NotPending {
        status: Status::Expire,
    };
    assert_eq!(
        approve(&ticket, &approver("ann"), at(200), at(100)),
        Err(refusal)
    );
}

#[test]
fn an_approval_ends_after_it_begins() {
    let ticket = ticket(Status::Pending);
    assert_eq!(
        approve(&ticket, &approver("ann"), at(5), at(5)),
        Err(Refusal::TooLate)
    );
}

#[test]
fn an_unused_approval_can_be_taken_back() {
    for status in ALL {
        let outcome = deny(&ticket(status), &approver("ann"), at(1));
        match status {
            Status::Pending | Status::Approve => {
                assert_eq!(outcome.unwrap().status, Status::Deny);
            }
            Status::Deny | Status::Expire | Status::Exhaust => {
                assert_eq!(outcome, Err(Refusal::NotPending { status }));
            }
        }
    }
}

#[test]
fn only_an_approved_ticket_is_used() {
    for status in ALL {
        let outcome = consume(&ticket(status), at(1));
        if status == Status::Approve {
            assert_eq!(outcome.unwrap().used, 1);
        } else {
            assert_eq!(outcome, Err(Refusal::NotApproved { status }));
        }
    }
}

#[test]
fn uses_run_out() {
    let mut ticket = ticket(Status::Approve);
    ticket.used = 1;
    assert_eq!(consume(&ticket, at(1)).unwrap().status, Status::Exhaust);
    ticket.used = 2;
    let refusal = Refusal::NotApproved {
        status: Status::Exhaust,
    };
    assert_eq!(consume(&ticket, at(1)), Err(refusal));
    ticket.request.uses = None;
    assert_eq!(consume(&ticket, at(1)).unwrap().status, Status::Approve);
}

#[test]
fn an_approval_is_not_used_after_its_time() {
    let ticket = ticket(Status::Approve);
    assert!(consume(&ticket, at(49)).is_ok());
    let refusal = Refusal::NotApproved {
        status: Status::Expire,
    };
    assert_eq!(consume(&ticket, at(50)), Err(refusal));
}

#[test]
fn an_approval_outside_the_audit_log_is_not_used() {
    let mut ticket = ticket(Status::Approve);
    ticket.answers.push(Answer {
        audited: false,
        ..answer("ann", Verdict::Approve, 1, 50)
    });
    assert_eq!(consume(&ticket, at(2)), Err(Refusal::NotAudited));
}

#[test]
fn a_denial_sticks_for_its_time() {
    let mut denied = ticket(Status::Deny);
    denied.answers.push(answer("ann", Verdict::Deny, 10, 10));
    let deny_for = SignedDuration::from_secs(5);
    assert!(answers_again(&denied, at(14), deny_for));
    assert!(!answers_again(&denied, at(15), deny_for));
    assert!(answers_again(&ticket(Status::Pending), at(1), deny_for));
    assert!(!answers_again(&ticket(Status::Expire), at(1), deny_for));
    assert!(!answers_again(&ticket(Status::Exhaust), at(1), deny_for));
}
