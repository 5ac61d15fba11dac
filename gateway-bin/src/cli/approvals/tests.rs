//! The commands over a store with one ticket.

use super::*;
use crate::approvals::ticket::Request;
use crate::approvals::ticket::Requester;
use crate::cli::keygen;

struct World {
    directory: tempfile::TempDir,
    id: String,
}

/// One ticket of `agent-7`, and the keys of Dana, who may answer, and of a stranger.
fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    for name in ["root", "dana", "stranger"] {
        keygen::write_seed(&file(name), &keygen::new_seed().unwrap()).unwrap();
    }
    let dana = hex::encode(read_key(&file("dana")).unwrap().public_key());
    let config = format!(
        "state_dir = \"state\"\n[approvals]\ndatabase = \"tickets.sqlite\"\nroot_key = \"file:root\"\n\
         [[approvals.approver]]\nname = \"dana\"\nissuer = \"corp\"\nsubject = \"dana\"\n\
         groups = [\"dba\"]\npublic_key = \"{dana}\"\n"
    );
    fs::write(file("postern.toml"), config).unwrap();
    let mut store = Store::open(&file("tickets.sqlite"), Limits::default()).unwrap();
    let id = TicketId::from_random([7; crate::approvals::ticket::LETTERS]);
    let ticket = store
        .ask(&request(), id, Timestamp::now(), |_| Ok(vec![1]))
        .unwrap();
    World {
        directory,
        id: ticket.id.as_str().to_owned(),
    }
}

fn request() -> Request {
    Request {
        requester: Requester {
            issuer: "corp".to_owned(),
            subject: "agent-7".to_owned(),
            act: Vec::new(),
        },
        role: "analytics".to_owned(),
        rule: "new-tables".to_owned(),
        target: "shop".to_owned(),
        database: "shop".to_owned(),
        statement: "CREATE TABLE t (a INT) /* \u{1b}[8m */".to_owned(),
        parameters: Vec::new(),
        digest: [9; 32],
        covers: Covers::Statement,
        approvers: vec![policy_core::policy::people::Group {
            issuer: None,
            name: "dba".to_owned(),
        }],
        quorum: 1,
        valid_seconds: 60,
        uses: Some(1),
    }
}

impl World {
    fn config(&self) -> ConfigOption {
        ConfigOption {
            config: self.directory.path().join("postern.toml"),
        }
    }

    fn list(&self, all: bool) -> String {
        let options = List {
            config: self.config(),
            all,
            json: false,
        };
        let mut out = Vec::new();
        options.run(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn deny(&self, key: &str) -> anyhow::Result<ExitStatus> {
        let answer = AnswerOptions {
            ticket: self.id.clone(),
            key: self.directory.path().join(key),
            reason: "no".to_owned(),
            config: self.config(),
        };
        Deny { answer }.run(&mut Vec::new())
    }
}

#[test]
fn lists_what_waits_and_shows_it_without_tricks() {
    let world = world();
    assert!(world.list(false).contains(&world.id));
    let options = Show {
        ticket: world.id.clone(),
        config: world.config(),
        json: false,
    };
    let mut out = Vec::new();
    options.run(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("  | CREATE TABLE t (a INT) /* \\u{1b}[8m */"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_denied_ticket_waits_no_more() {
    let world = world();
    assert_eq!(world.deny("dana").unwrap(), ExitStatus::Good);
    assert!(!world.list(false).contains(&world.id));
    assert!(world.list(true).contains("denied"));
    assert_eq!(world.deny("dana").unwrap(), ExitStatus::Negative);
}

#[test]
fn a_key_of_no_approver_answers_nothing() {
    let world = world();
    assert!(world.deny("stranger").is_err());
    assert!(world.deny("missing").is_err());
    assert!(world.list(false).contains(&world.id));
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let world = world();
    let path = world.directory.path().join("tickets.sqlite");
    fs::remove_file(&path).unwrap();
    assert!(find_all(&world).is_err());
    assert!(!path.exists());
}

fn find_all(world: &World) -> anyhow::Result<ExitStatus> {
    let options = List {
        config: world.config(),
        all: true,
        json: true,
    };
    options.run(&mut Vec::new())
}
