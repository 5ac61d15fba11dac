//! `postern approvals approve`: the one place where an approver's key signs, far from the gateway.

use std::io;
use std::io::BufRead;
use std::io::IsTerminal;
use std::io::Write;

use anyhow::Context;
use jiff::SignedDuration;
use jiff::Timestamp;
use policy_core::decision::Covers as Extent;
use policy_core::grant::approve;
use policy_core::grant::approve::Yes;
use policy_core::grant::claim::Claim;
use policy_core::grant::keys::Roots;
use policy_core::principal::Principal;
use zeroize::Zeroizing;

use crate::approvals::store::Signed;
use crate::approvals::ticket::Covers;
use crate::approvals::ticket::Ticket;
use crate::cli::approvals;
use crate::cli::approvals::AnswerOptions;
use crate::cli::approvals::Answering;
use crate::cli::status::ExitStatus;

/// Options of `postern approvals approve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern approvals approve APR-0123456789 --key dana.key\n  postern approvals approve APR-0123456789 --key dana.key --reason 'for the sale' --yes\n\nThe ticket is shown first. What is signed repeats everything that is shown, and the gateway,\nwhich does not hold this key, compares all of it again when the statement comes."
)]
#[non_exhaustive]
pub struct Approve {
    /// How the answer is given.
    #[command(flatten)]
    pub answer: AnswerOptions,
    /// Do not ask again after showing the ticket
    #[arg(long)]
    pub yes: bool,
}

impl Approve {
    /// Shows the ticket, asks, signs and stores.
    ///
    /// # Errors
    /// The configuration, the key, the store or the ticket's own signature is broken.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let now = Timestamp::now();
        let mut answering = self.answer.open()?;
        let roots = roots(&answering)?;
        // A ticket that the gateway did not sign is not even shown as one to answer.
        let asked = approve::read(&answering.ticket.base, &roots)
            .context("the ticket is not signed by the gateway's root key")?;
        approvals::write_ticket(out, &answering.ticket, now)?;
        out.flush()?;
        if !self.yes && !is_confirmed(out)? {
            writeln!(out, "not approved")?;
            return Ok(ExitStatus::Negative);
        }
        self.sign(out, &mut answering, (&roots, &asked))
    }

    fn sign(
        &self,
        out: &mut impl Write,
        answering: &mut Answering,
        (roots, asked): (&Roots, &Claim),
    ) -> anyhow::Result<ExitStatus> {
        let Answering {
            store,
            ticket: shown,
            key,
            approver,
            ..
        } = answering;
        let now = Timestamp::now();
        let fresh = fresh_key()?;
        let until = valid_until(shown, asked, now)?;
        let claim = claim(shown)?;
        let approved = store.approve(&shown.id, approver, (&self.answer.reason, now), |stored| {
            // Another process may have put something else in its place since it was shown.
            if stored.request != shown.request || stored.base != shown.base {
                return Err("the ticket has changed since it was shown".to_owned());
            }
            let yes = Yes {
                shown: &claim,
                until: u64::try_from(until.as_second()).unwrap_or(0),
                who: &approver.name,
                seed: key.expose(),
                fresh: &fresh,
            };
            let block =
                approve::approve(&stored.base, roots, &yes).map_err(|error| error.to_string())?;
            Ok(Signed { block, until })
        });
        match approved {
            Ok(ticket) => {
                let (id, by) = (ticket.id.as_str(), &approver.name);
                writeln!(out, "{id} approved by {by}, until {until}")?;
                Ok(ExitStatus::Good)
            }
            Err(error) => approvals::refused(out, &error),
        }
    }
}

/// What the approver was shown, in the words of a grant; the gateway's signature must be on the same.
fn claim(ticket: &Ticket) -> anyhow::Result<Claim> {
    let request = &ticket.request;
    let principal = Principal {
        issuer: request.requester.issuer.clone(),
        subject: request.requester.subject.clone(),
        actors: request.requester.act.clone(),
        ..Principal::default()
    };
    let (covers, schema) = match request.covers {
        Covers::Statement => (Extent::Statement, request.database.clone()),
        Covers::Rule => (Extent::Rule, String::new()),
    };
    Ok(Claim {
        id: ticket.id.as_str().to_owned(),
        principal: principal.binding(),
        target: request.target.clone(),
        schema,
        rule: request.rule.clone(),
        covers,
        digest: request.digest,
        until: u64::try_from(ticket.expires.as_second())
            .context("the ticket is from before 1970")?,
    })
}

/// As long as the rule grants, counted from now, and never longer than the gateway asked for.
fn valid_until(ticket: &Ticket, asked: &Claim, now: Timestamp) -> anyhow::Result<Timestamp> {
    let valid = SignedDuration::from_secs(i64::from(ticket.request.valid_seconds));
    let until = now
        .checked_add(valid)
        .context("the grant would never end")?;
    let asked = i64::try_from(asked.until)
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok());
    let asked = asked.context("the ticket's own limit is not a time")?;
    // A grant is signed to the second.
    Ok(Timestamp::from_second(until.min(asked).as_second())?)
}

fn roots(answering: &Answering) -> anyhow::Result<Roots> {
    let settings = &answering.settings;
    let mut roots = Roots::new();
    roots
        .insert(settings.root_key_id, &settings.root_public_key)
        .context("the root key of the configuration")?;
    Ok(roots)
}

fn fresh_key() -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let mut fresh = Zeroizing::new([0_u8; 32]);
    getrandom::fill(fresh.as_mut_slice())
        .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    Ok(fresh)
}

/// Silence is not consent: without a person at the keyboard `--yes` must say so.
fn is_confirmed(out: &mut impl Write) -> anyhow::Result<bool> {
    let stdin = io::stdin();
    anyhow::ensure!(
        stdin.is_terminal(),
        "nobody is there to ask; give `--yes` after looking at the ticket"
    );
    write!(out, "approve this? type `yes`: ")?;
    out.flush()?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim() == "yes")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use policy_core::grant::mint::mint;
    use policy_core::policy::people::Group;

    use super::*;
    use crate::approvals::store::Limits;
    use crate::approvals::store::Store;
    use crate::approvals::ticket::LETTERS;
    use crate::approvals::ticket::Request;
    use crate::approvals::ticket::Requester;
    use crate::approvals::ticket::Status;
    use crate::approvals::ticket::TicketId;
    use crate::cli::approvals::ConfigOption;
    use crate::cli::keygen;
    use crate::secret::Seed;

    struct World {
        directory: tempfile::TempDir,
        id: TicketId,
    }

    /// A ticket that is signed with a root key, for what `signed` makes of what is shown.
    fn world(signed: impl Fn(Claim) -> Claim, foreign_root: bool) -> World {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        let (root, dana) = (keygen::new_seed().unwrap(), keygen::new_seed().unwrap());
        keygen::write_seed(&file("root"), &root).unwrap();
        keygen::write_seed(&file("dana"), &dana).unwrap();
        write_config(&file("postern.toml"), &dana);
        let signer = if foreign_root {
            keygen::new_seed().unwrap()
        } else {
            root
        };
        let mut store = Store::open(&file("tickets.sqlite"), Limits::default()).unwrap();
        let id = TicketId::from_random([7; LETTERS]);
        store
            .ask(&request(), id.clone(), Timestamp::now(), |minting| {
                let claim = signed(Claim {
                    id: minting.id.as_str().to_owned(),
                    principal: principal(),
                    target: "shop".to_owned(),
                    schema: "shop".to_owned(),
                    rule: "new-tables".to_owned(),
                    covers: Extent::Statement,
                    digest: [9; 32],
                    until: u64::try_from(minting.until.as_second()).unwrap(),
                });
                mint(&claim, 1, signer.expose(), &[5; 32]).map_err(|error| error.to_string())
            })
            .unwrap();
        World { directory, id }
    }

    fn write_config(path: &Path, dana: &Seed) {
        let dana = hex::encode(dana.public_key());
        let text = format!(
            "state_dir = \"state\"\n[approvals]\ndatabase = \"tickets.sqlite\"\nroot_key = \"file:root\"\n\
             [[approvals.approver]]\nname = \"dana\"\nissuer = \"corp\"\nsubject = \"dana\"\n\
             groups = [\"dba\"]\npublic_key = \"{dana}\"\n"
        );
        std::fs::write(path, text).unwrap();
    }

    fn principal() -> String {
        let principal = Principal {
            issuer: "corp".to_owned(),
            subject: "agent-7".to_owned(),
            ..Principal::default()
        };
        principal.binding()
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
            statement: "CREATE TABLE t (a INT)".to_owned(),
            parameters: Vec::new(),
            digest: [9; 32],
            covers: Covers::Statement,
            approvers: vec![Group {
                issuer: None,
                name: "dba".to_owned(),
            }],
            quorum: 1,
            valid_seconds: 60,
            uses: Some(1),
        }
    }

    impl World {
        fn approve(&self, yes: bool) -> anyhow::Result<(ExitStatus, String)> {
            let answer = AnswerOptions {
                ticket: self.id.as_str().to_owned(),
                key: self.directory.path().join("dana"),
                reason: "for the sale".to_owned(),
                config: ConfigOption {
                    config: self.directory.path().join("postern.toml"),
                },
            };
            let mut out = Vec::new();
            let status = Approve { answer, yes }.run(&mut out)?;
            Ok((status, String::from_utf8(out).unwrap()))
        }

        fn status(&self) -> Status {
            let path = self.directory.path().join("tickets.sqlite");
            let store = Store::open(&path, Limits::default()).unwrap();
            store.show(&self.id).unwrap().unwrap().status
        }
    }

    #[test]
    fn shows_signs_and_stores() {
        let world = world(|claim| claim, false);
        let (status, text) = world.approve(true).unwrap();
        assert_eq!(status, ExitStatus::Good, "{text}");
        assert!(text.contains("  | CREATE TABLE t (a INT)"), "{text}");
        assert_eq!(world.status(), Status::Approve);
        assert_eq!(world.approve(true).unwrap().0, ExitStatus::Negative);
    }

    #[test]
    fn signs_nothing_that_differs_from_what_is_shown() {
        let changes: [fn(Claim) -> Claim; 4] = [
            |claim| Claim {
                digest: [8; 32],
                ..claim
            },
            |claim| Claim {
                target: "other".to_owned(),
                ..claim
            },
            |claim| Claim {
                covers: Extent::Rule,
                ..claim
            },
            |claim| Claim {
                principal: "someone".to_owned(),
                ..claim
            },
        ];
        for change in changes {
            let world = world(change, false);
            let (status, text) = world.approve(true).unwrap();
            assert_eq!(status, ExitStatus::Negative, "{text}");
            assert_eq!(world.status(), Status::Pending);
        }
    }

    #[test]
    fn a_ticket_of_another_root_key_is_broken_input() {
        let world = world(|claim| claim, true);
        assert!(world.approve(true).is_err());
        assert_eq!(world.status(), Status::Pending);
    }
}
