//! A store in a folder and an audit log in memory.

use std::time::Duration;

use audit_log::Settings;
use audit_log::Writer;
use audit_log::storage::memory::MemoryStorage;
use policy_core::policy::people::Group;

use super::*;
use crate::approvals::error::Refusal;
use crate::approvals::store::Limits;
use crate::approvals::store::Signed;
use crate::approvals::ticket::Approver;
use crate::approvals::ticket::Covers;
use crate::approvals::ticket::Requester;

struct World {
    folder: tempfile::TempDir,
    disk: MemoryStorage,
    approvals: Approvals,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = MemoryStorage::new();
        let log = Arc::new(disk.clone());
        let writer = Writer::open(log, Settings::new("test"), None, 1).unwrap();
        let mint: Arc<Mint> = Arc::new(|minting| Ok(minting.id.as_str().into()));
        let store = open(&folder);
        let approvals = Approvals::new(store, mint, AuditSink::start(writer).unwrap());
        Self {
            folder,
            disk,
            approvals,
        }
    }

    /// The command line, in its own process.
    fn approve(&self, ticket: &Ticket) {
        let signed = Signed {
            block: vec![7],
            until: at(60),
        };
        open(&self.folder)
            .approve(&ticket.id, &ann(), ("fine", at(1)), |_| Ok(signed))
            .unwrap();
    }

    async fn asked(&self) -> Ticket {
        let standing = self.approvals.ask(request(), at(0)).await.unwrap();
        let Standing::Pending { ticket, new: true } = standing else {
            panic!("{standing:?}")
        };
        *ticket
    }

    fn log(&self) -> String {
        let all = audit_log::storage::Storage::names(&self.disk).unwrap();
        let is_log = |name: &&String| name.ends_with(".jsonl");
        let content = all
            .iter()
            .filter(is_log)
            .filter_map(|name| self.disk.content(name));
        content
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .collect()
    }
}

fn open(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("approvals.db"), Limits::default()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ann() -> Approver {
    Approver {
        name: "ann".into(),
        issuer: "corp".into(),
        subject: "ann-1".into(),
        groups: vec!["dba".into()],
    }
}

fn request() -> Request {
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
        statement: "create table t (a int)".into(),
        parameters: vec![],
        digest: [1; 32],
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

#[tokio::test]
async fn asked_approved_used_and_over() {
    let world = World::new();
    let ticket = world.asked().await;
    let again = world.approvals.ask(request(), at(0)).await.unwrap();
    assert!(matches!(again, Standing::Pending { new: false, .. }));
    world.approve(&ticket);
    let granted = world.approvals.ask(request(), at(2)).await.unwrap();
    assert!(matches!(granted, Standing::Grant(found) if found.id == ticket.id));
    assert_eq!(
        world.approvals.consume(&ticket.id, at(2)).await.unwrap(),
        Some(0)
    );
    let over = world
        .approvals
        .recheck(&ticket.id, at(2))
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(over, Standing::Over(_)));
    assert!(world.approvals.consume(&ticket.id, at(2)).await.is_err());
}

#[tokio::test]
async fn an_answer_is_on_disk_before_it_counts() {
    let world = World::new();
    let ticket = world.asked().await;
    world.approve(&ticket);
    let refused = world.approvals.consume(&ticket.id, at(2)).await;
    assert!(matches!(
        refused,
        Err(ApprovalError::Answer(AnswerError::Refuse(
            Refusal::NotAudited
        )))
    ));
    world.approvals.recheck(&ticket.id, at(2)).await.unwrap();
    let kept = world.disk.after_power_cut(0);
    let lines = Writer::open(Arc::new(kept), Settings::new("test"), None, 1).unwrap();
    assert_eq!(lines.position().lines(), 1);
    assert!(world.log().contains("ann (ann-1 of corp)"));
    assert!(world.approvals.consume(&ticket.id, at(2)).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_down_does_not_count() {
    let world = World::new();
    let ticket = world.asked().await;
    world.approve(&ticket);
    world.disk.fail_syncs();
    let refused = world.approvals.recheck(&ticket.id, at(2)).await;
    assert!(matches!(refused, Err(ApprovalError::Audit(_))));
    assert!(world.approvals.consume(&ticket.id, at(2)).await.is_err());
}

#[tokio::test]
async fn answers_nobody_asks_for_are_written_down_too() {
    let world = World::new();
    let ticket = world.asked().await;
    open(&world.folder)
        .deny(&ticket.id, &ann(), ("no", at(1)))
        .unwrap();
    world.approvals.audit_answers(at(2)).await.unwrap();
    assert!(world.log().contains("\"deny\""));
    assert!(open(&world.folder).unaudited().unwrap().is_empty());
    let denied = world.approvals.ask(request(), at(3)).await.unwrap();
    assert!(matches!(denied, Standing::Deny(_)));
}

#[tokio::test]
async fn one_use_is_one_use_among_many_sessions() {
    let world = World::new();
    let ticket = world.asked().await;
    world.approve(&ticket);
    world.approvals.audit_answers(at(2)).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (approvals, id) = (world.approvals.clone(), ticket.id.clone());
        tasks.push(tokio::spawn(async move {
            approvals.consume(&id, at(2)).await.is_ok()
        }));
    }
    let mut taken = 0;
    for task in tasks {
        let waited = tokio::time::timeout(Duration::from_secs(60), task);
        taken += usize::from(waited.await.unwrap().unwrap());
    }
    assert_eq!(taken, 1);
}
