//! Statements that need a human.

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;
use policy_core::grant::approve;
use policy_core::grant::approve::Yes;
use policy_core::grant::claim::Claim;
use policy_core::grant::mint::mint;
use session_core::event::ApprovalAnswer;
use session_core::event::ApprovalRequest;

use crate::pair::Approve;
use crate::pair::Did;
use crate::pair::Got;
use crate::pair::Pair;
use crate::world;

const TEXT: &str = "UPDATE shop.payments SET amount = 7 WHERE id = 1";
pub(crate) const TICKET: &str = "APR-7F3K";

fn run(approve: Approve) -> (Pair, Got) {
    let mut pair = Pair::ready();
    pair.approve = approve;
    let got = pair.query(TEXT);
    (pair, got)
}

/// What an approver signs for this request.
fn token(request: &ApprovalRequest) -> Vec<u8> {
    let until = world::NOW_US / 1_000_000 + 600;
    let claim = Claim::new(TICKET, &request.binding, until);
    let minted = mint(&claim, 7, &world::ROOT_SEED, &[8; 32]).unwrap();
    let yes = Yes {
        shown: &claim,
        who: "alice",
        until,
        seed: &world::ALICE_SEED,
        fresh: &[9; 32],
    };
    approve::approve(&minted, &world::policy().roots, &yes).unwrap()
}

pub(crate) fn granted(request: &ApprovalRequest) -> ApprovalAnswer {
    ApprovalAnswer::Granted {
        ticket: TICKET.to_owned(),
        tokens: vec![token(request)],
    }
}

#[test]
fn a_waiting_statement_is_answered_with_its_ticket() {
    let (pair, got) = run(|_| ApprovalAnswer::Pending {
        ticket: TICKET.to_owned(),
        text: "Ask at https://postern.example.org/approvals before noon.".to_owned(),
    });
    let (code, text) = got.failure();
    assert_eq!(code, 1227);
    let first: String = text.chars().take(200).collect();
    assert!(first.contains(TICKET) && first.contains("send the same statement again"));
    assert!(pair.target.seen.is_empty());
    assert_eq!(pair.written_names(), ["refusal"]);
    assert_eq!(pair.requests[0].statement, TEXT);
}

/// Replaced by a sign for what cannot be shown, two statements would look the same to who approves one.
#[test]
fn bytes_that_are_no_text_are_shown_to_approvers() {
    let shown = |text: &[u8]| {
        let mut pair = Pair::ready();
        pair.approve = |_| ApprovalAnswer::Pending {
            ticket: TICKET.to_owned(),
            text: String::new(),
        };
        let got = pair.ask(&[b"\x03", text].concat(), ReplyKind::Query);
        got.is_failure(1227, TICKET);
        pair.requests[0].statement.clone()
    };
    let one = shown(b"UPDATE shop.payments SET amount = '\xff\\'' WHERE id = 1");
    let first = one.lines().next();
    assert_eq!(
        first,
        Some(r"UPDATE shop.payments SET amount = '\xff\\'' WHERE id = 1")
    );
    assert!(one.ends_with("each backslash as two)"), "{one}");
    let bytes = shown(b"UPDATE shop.payments SET amount = '\xff' WHERE id = 1");
    let others = shown(b"UPDATE shop.payments SET amount = '\xfe' WHERE id = 1");
    assert_ne!(bytes, others);
    let spelled = shown(br"UPDATE shop.payments SET amount = '\xff' WHERE id = 1");
    assert_ne!(bytes, spelled);
    assert!(!spelled.contains('('), "{spelled}");
}

#[test]
fn an_approved_statement_is_used_up_recorded_and_sent() {
    let (pair, got) = run(granted);
    got.ok();
    assert_eq!(pair.written_names(), ["approval_used", "intent", "outcome"]);
    let at = |found: fn(&Did) -> bool| pair.did.iter().position(found).unwrap();
    let consumed = at(|did| matches!(did, Did::ConsumeUse(ticket) if ticket == TICKET));
    let used = at(|did| matches!(did, Did::Record(Written::ApprovalUsed(_), _)));
    let intent = at(|did| matches!(did, Did::Record(Written::Intent(_), _)));
    let sent = at(|did| matches!(did, Did::ToServer(_)));
    assert!(consumed < used && used < intent && intent < sent);
    let Did::Record(Written::Intent(intent), _) = &pair.did[intent] else {
        panic!("no intent");
    };
    assert_eq!(intent.ticket.as_deref(), Some(TICKET));
}

#[test]
fn a_grant_for_something_else_is_worth_nothing() {
    let (pair, got) = run(|request| {
        let mut other = request.clone();
        if let policy_core::approval::Binding::Statement(binding) = &mut other.binding {
            binding.text = b"UPDATE shop.payments SET amount = 8 WHERE id = 1".to_vec();
        }
        granted(&other)
    });
    got.is_failure(1227, "[POSTERN-APPROVAL]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn a_grant_that_nobody_signed_is_worth_nothing() {
    let (pair, got) = run(|_| ApprovalAnswer::Granted {
        ticket: TICKET.to_owned(),
        tokens: vec![b"yes".to_vec()],
    });
    got.is_failure(1227, "[POSTERN-APPROVAL]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn a_grant_that_is_used_up_is_worth_nothing() {
    let mut pair = Pair::ready();
    pair.approve = granted;
    pair.uses = Err("the ticket is used up".to_owned());
    pair.query(TEXT).is_failure(1227, "used up");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn a_denial_is_told() {
    let (pair, got) = run(|_| ApprovalAnswer::Denied {
        ticket: TICKET.to_owned(),
        text: "Not on a Friday.".to_owned(),
    });
    got.is_failure(1142, "[POSTERN-DENIED APR-7F3K]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn nobody_to_ask_means_no() {
    let (pair, got) = run(|_| ApprovalAnswer::Unavailable {
        text: "the approval store cannot be read".to_owned(),
    });
    got.is_failure(1105, "[POSTERN-APPROVAL]");
    assert!(pair.target.seen.is_empty());
}

#[test]
fn each_record_of_an_approved_statement_must_be_written() {
    for failing in 1..=2 {
        let mut pair = Pair::ready();
        pair.approve = granted;
        pair.fails_at = Some(pair.records + failing);
        pair.query(TEXT).is_failure(1105, "[POSTERN-AUDIT]");
        assert!(pair.target.seen.is_empty());
    }
}

#[test]
fn a_late_answer_to_an_old_record_lets_nothing_pass() {
    let mut pair = Pair::ready();
    pair.approve = granted;
    pair.holds_records = true;
    pair.command(&crate::pair::with_byte(3, TEXT.as_bytes()));
    assert_eq!(pair.written_names(), ["approval_used", "intent"]);
    pair.answer_record(false);
    pair.command(&[0x0e]);
    assert_eq!(pair.held.len(), 2);
    pair.answer_record(true);
    assert!(pair.target.seen.is_empty(), "the ping is not recorded yet");
    pair.answer_record(true);
    assert_eq!(pair.commands_seen(), [[0x0e]]);
}
