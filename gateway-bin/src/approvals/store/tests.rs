//! Two handles on one file, as two processes have them.

use policy_core::policy::people::Group;

use super::*;
use crate::approvals::error::Refusal;
use crate::approvals::ticket::Requester;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn open(&self) -> Store {
        let limits = Limits {
            pending_for: SignedDuration::from_secs(100),
            deny_for: SignedDuration::from_secs(10),
            pending_max: 3,
        };
        Store::open(&self.folder.path().join("approvals.db"), limits).unwrap()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(number: u8) -> TicketId {
    TicketId::from_random([number; 10])
}

fn request(number: u8) -> Request {
    Request {
        requester: Requester {
            issuer: "corp".into(),
            subject: "bot".into(),
            act: vec![],
        },
        role: "analytics".into(),
        rule: "new-tables".into(),
        target: "shop".into(),
        database: "shop".into(),
        statement: format!("create table t{number} (a int)"),
        parameters: vec!["1: int".into(), "'é\u{0}': text".into()],
        digest: [number; 32],
        covers: Covers::Statement,
        approvers: vec![Group {
            issuer: None,
            name: "dba".into(),
        }],
        quorum: 1,
        valid_seconds: 60,
        uses: Some(1),
    }
}

fn ann() -> Approver {
    Approver {
        name: "ann".into(),
        issuer: "corp".into(),
        subject: "ann".into(),
        groups: vec!["dba".into()],
    }
}

fn ask(store: &mut Store, request: &Request, name: u8, second: i64) -> Result<Ticket, AskError> {
    store.ask(request, id(name), at(second), |minting| {
        Ok(minting.id.as_str().into())
    })
}

fn sign(_: &Ticket) -> Result<Signed, String> {
    Ok(Signed {
        block: b"block".to_vec(),
        until: at(60),
    })
}

/// Asked, approved and in the audit log.
fn approved(store: &mut Store) -> TicketId {
    let ticket = ask(store, &request(1), 1, 0).unwrap();
    let ticket = store
        .approve(&ticket.id, &ann(), ("fine", at(1)), sign)
        .unwrap();
    store.mark_audited(&[ticket.answers[0].number]).unwrap();
    ticket.id
}

#[test]
fn a_ticket_is_read_as_it_was_written_by_another_process() {
    let place = Place::new();
    let asked = ask(&mut place.open(), &request(1), 1, 0).unwrap();
    let read = place.open().show(&id(1)).unwrap().unwrap();
    assert_eq!(read, asked);
    assert_eq!(read.base, b"APR-1111111111");
    assert_eq!(read.expires, at(100));
}

#[test]
fn the_same_request_gets_the_same_ticket() {
    let place = Place::new();
    let mut store = place.open();
    let first = ask(&mut store, &request(1), 1, 0).unwrap();
    let again = ask(&mut store, &request(1), 2, 5).unwrap();
    assert_eq!(first, again);
    assert_eq!(store.list(10).unwrap().len(), 1);
}

#[test]
fn another_principal_or_statement_gets_another_ticket() {
    let place = Place::new();
    let mut store = place.open();
    ask(&mut store, &request(1), 1, 0).unwrap();
    let mut other = request(1);
    other.requester.act = vec!["helper".into()];
    assert_eq!(ask(&mut store, &other, 2, 0).unwrap().id, id(2));
    other.requester = Requester {
        issuer: "partner".into(),
        ..request(1).requester
    };
    assert_eq!(ask(&mut store, &other, 3, 0).unwrap().id, id(3));
    assert_eq!(ask(&mut store, &request(2), 4, 0).unwrap().id, id(4));
}

#[test]
fn a_changed_rule_gets_a_new_ticket() {
    let place = Place::new();
    let mut store = place.open();
    ask(&mut store, &request(1), 1, 0).unwrap();
    let stricter = Request {
        quorum: 2,
        ..request(1)
    };
    assert_eq!(ask(&mut store, &stricter, 2, 1).unwrap().id, id(2));
}

#[test]
fn a_rule_wide_ticket_serves_every_statement_of_the_rule() {
    let place = Place::new();
    let mut store = place.open();
    let wide = Request {
        covers: Covers::Rule,
        uses: None,
        ..request(1)
    };
    let first = ask(&mut store, &wide, 1, 0).unwrap();
    let other = Request {
        statement: "create table u (a int)".into(),
        ..wide
    };
    assert_eq!(ask(&mut store, &other, 2, 1).unwrap(), first);
}

#[test]
fn open_tickets_are_counted_per_principal() {
    let place = Place::new();
    let mut store = place.open();
    for number in 1..=3 {
        ask(&mut store, &request(number), number, 0).unwrap();
    }
    let refused = ask(&mut store, &request(4), 4, 0);
    assert!(matches!(
        refused,
        Err(AskError::TooMany { open: 3, most: 3 })
    ));
    let mut other = request(4);
    other.requester.subject = "other".into();
    assert!(ask(&mut store, &other, 5, 0).is_ok());
    assert!(
        ask(&mut store, &request(4), 6, 100).is_ok(),
        "lapsed tickets do not count"
    );
}

#[test]
fn a_denial_sticks_and_then_ends() {
    let place = Place::new();
    let mut store = place.open();
    let ticket = ask(&mut store, &request(1), 1, 0).unwrap();
    store.deny(&ticket.id, &ann(), ("no", at(5))).unwrap();
    let again = ask(&mut store, &request(1), 2, 14).unwrap();
    assert_eq!((again.id, again.status), (id(1), Status::Deny));
    assert_eq!(again.answers[0].reason, "no");
    assert_eq!(ask(&mut store, &request(1), 2, 15).unwrap().id, id(2));
}

#[test]
fn an_approval_that_ended_before_the_last_is_not_used() {
    let place = Place::new();
    let mut store = place.open();
    let ticket = ask(
        &mut store,
        &Request {
            quorum: 2,
            ..request(1)
        },
        1,
        0,
    )
    .unwrap();
    let answers = [("ann", 1, 5), ("bob", 6, 60), ("cid", 7, 50)];
    let mut last = ticket;
    for (name, now, until) in answers {
        let by = Approver {
            name: name.into(),
            subject: name.into(),
            ..ann()
        };
        assert_eq!(last.blocks().count(), 0, "not approved yet");
        let signed = Signed {
            block: name.into(),
            until: at(until),
        };
        last = store
            .approve(&last.id, &by, ("", at(now)), |_| Ok(signed))
            .unwrap();
    }
    assert_eq!(
        (last.status, last.valid_until),
        (Status::Approve, Some(at(50)))
    );
    assert_eq!(last.blocks().collect::<Vec<_>>(), [&b"bob"[..], b"cid"]);
}

#[test]
fn one_use_is_one_use_for_two_processes() {
    let place = Place::new();
    let (mut one, mut two) = (place.open(), place.open());
    let id = approved(&mut one);
    assert_eq!(two.consume(&id, at(2)).unwrap().status, Status::Exhaust);
    let refused = one.consume(&id, at(2));
    let refusal = Refusal::NotApproved {
        status: Status::Exhaust,
    };
    assert!(matches!(refused, Err(AnswerError::Refuse(found)) if found == refusal));
}

#[test]
fn many_threads_get_as_many_uses_as_there_are() {
    let place = Place::new();
    let mut store = place.open();
    let many = Request {
        uses: Some(3),
        ..request(1)
    };
    let ticket = ask(&mut store, &many, 1, 0).unwrap();
    let ticket = store
        .approve(&ticket.id, &ann(), ("", at(1)), sign)
        .unwrap();
    store.mark_audited(&[ticket.answers[0].number]).unwrap();
    let taken = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| place.open().consume(&id(1), at(2)).is_ok()))
            .collect();
        tasks
            .into_iter()
            .filter_map(|task| task.join().ok())
            .filter(|taken| *taken)
            .count()
    });
    assert_eq!(taken, 3);
}

#[test]
fn nothing_is_used_before_it_is_audited() {
    let place = Place::new();
    let mut store = place.open();
    let ticket = ask(&mut store, &request(1), 1, 0).unwrap();
    store
        .approve(&ticket.id, &ann(), ("", at(1)), sign)
        .unwrap();
    let refused = store.consume(&ticket.id, at(2));
    assert!(matches!(
        refused,
        Err(AnswerError::Refuse(Refusal::NotAudited))
    ));
    let waiting = store.unaudited().unwrap();
    assert_eq!(waiting.len(), 1);
    store.mark_audited(&[waiting[0].answers[0].number]).unwrap();
    assert!(store.unaudited().unwrap().is_empty());
    assert!(store.consume(&ticket.id, at(2)).is_ok());
}

#[test]
fn a_stranger_moves_no_key() {
    let place = Place::new();
    let mut store = place.open();
    let ticket = ask(&mut store, &request(1), 1, 0).unwrap();
    let eve = Approver {
        groups: vec![],
        ..ann()
    };
    let refused = store.approve(&ticket.id, &eve, ("", at(1)), |_| panic!("signed"));
    assert!(matches!(
        refused,
        Err(AnswerError::Refuse(Refusal::NotAnApprover { .. }))
    ));
}

#[test]
fn a_failed_signing_or_minting_leaves_nothing() {
    let place = Place::new();
    let mut store = place.open();
    let refused = store.ask(&request(1), id(1), at(0), |_| Err("no key".into()));
    assert!(matches!(refused, Err(AskError::Mint(_))));
    assert!(store.list(10).unwrap().is_empty());
    let ticket = ask(&mut store, &request(1), 1, 0).unwrap();
    let refused = store.approve(&ticket.id, &ann(), ("", at(1)), |_| Err("no key".into()));
    assert!(matches!(refused, Err(AnswerError::Sign(_))));
    assert_eq!(store.show(&ticket.id).unwrap().unwrap(), ticket);
}

#[test]
fn unknown_tickets_are_named() {
    let place = Place::new();
    let mut store = place.open();
    let refused = store.consume(&id(9), at(0));
    assert!(matches!(refused, Err(AnswerError::Unknown(name)) if name == id(9)));
}

#[test]
fn another_process_that_comes_and_goes_leaves_the_store_open() {
    let place = Place::new();
    let mut store = place.open();
    let id = approved(&mut store);
    for _ in 0..3 {
        drop(place.open());
    }
    assert!(store.consume(&id, at(2)).is_ok());
}

#[test]
fn a_store_that_was_removed_or_written_over_is_shut() {
    let damages: [fn(&Path); 3] = [
        |folder| std::fs::remove_file(folder.join("approvals.db")).unwrap(),
        |folder| {
            std::fs::write(folder.join("approvals.db"), b"no store".repeat(100)).unwrap();
            std::fs::remove_file(folder.join("approvals.db-wal")).unwrap();
        },
        |folder| {
            let path = folder.join("approvals.db");
            std::fs::rename(&path, folder.join("old")).unwrap();
            std::fs::copy(folder.join("old"), path).unwrap();
        },
    ];
    for damage in damages {
        let place = Place::new();
        let mut store = place.open();
        let id = approved(&mut store);
        damage(place.folder.path());
        let shut = |error: &StoreError| matches!(error, StoreError::Replaced { .. });
        assert!(
            matches!(store.consume(&id, at(2)), Err(AnswerError::Store(error)) if shut(&error))
        );
        assert!(
            matches!(ask(&mut store, &request(2), 2, 2), Err(AskError::Store(error)) if shut(&error))
        );
        assert!(store.show(&id).is_err_and(|error| shut(&error)));
    }
}

#[test]
fn a_file_of_another_layout_is_refused() {
    let place = Place::new();
    let store = place.open();
    store
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let path = place.folder.path().join("approvals.db");
    let refused = Store::open(&path, Limits::default());
    assert!(matches!(
        refused,
        Err(StoreError::Layout {
            found: 99,
            known: 1
        })
    ));
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let place = Place::new();
    let path = place.folder.path().join("approvals.db");
    std::fs::write(&path, "something else, long enough to be looked at").unwrap();
    assert!(Store::open(&path, Limits::default()).is_err());
}

#[test]
fn the_file_is_for_its_owner_and_survives_a_power_cut() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let store = place.open();
    let path = place.folder.path().join("approvals.db");
    assert_eq!(
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let pragma = |name| {
        store
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    let full: i64 = store
        .connection
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .unwrap();
    assert_eq!(full, 2);
}
