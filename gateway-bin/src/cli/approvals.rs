//! `postern approvals list|show|deny`: looks at tickets, and answers with no. What `approve` shares
//! with `deny` is here too.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::approvals::lifecycle;
use crate::approvals::store::Limits;
use crate::approvals::store::Store;
use crate::approvals::ticket::Approver;
use crate::approvals::ticket::Covers;
use crate::approvals::ticket::Ticket;
use crate::approvals::ticket::TicketId;
use crate::approvals::ticket::Verdict;
use crate::cli::plain;
use crate::cli::plain::Plain;
use crate::cli::status::ExitStatus;
use crate::config::approvals::ApprovalSettings;
use crate::secret::SecretReference;
use crate::secret::Seed;

/// Where the configuration is, for every command about approvals.
#[derive(Clone, Debug, clap::Args)]
#[non_exhaustive]
pub struct ConfigOption {
    /// The configuration; of it only [approvals] is read
    #[arg(long, value_name = "FILE", default_value = "postern.toml")]
    pub config: PathBuf,
}

/// Options of `postern approvals list`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern approvals list --config postern.toml\n\nWithout --all only tickets that wait for an answer are listed."
)]
#[non_exhaustive]
pub struct List {
    /// Where the tickets are.
    #[command(flatten)]
    pub config: ConfigOption,
    /// Answered and lapsed tickets too
    #[arg(long)]
    pub all: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

impl List {
    /// Lists tickets, the newest first.
    ///
    /// # Errors
    /// The configuration or the store is broken.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let (_, store) = open(&self.config)?;
        let now = Timestamp::now();
        let waits = |ticket: &Ticket| lifecycle::status_at(ticket, now).word() == "pending";
        let tickets = store.list(LIST_MAX)?;
        let mut shown = tickets
            .iter()
            .filter(|ticket| self.all || waits(ticket))
            .peekable();
        if self.json {
            for ticket in shown {
                writeln!(out, "{}", to_json(ticket, now))?;
            }
            return Ok(ExitStatus::Good);
        }
        if shown.peek().is_none() {
            writeln!(out, "no ticket waits for an answer")?;
        }
        for ticket in shown {
            let request = &ticket.request;
            let status = lifecycle::status_at(ticket, now).word();
            let who = Plain(&request.requester.subject);
            let statement = plain::shortened(&request.statement, 60);
            let (id, rule) = (ticket.id.as_str(), &request.rule);
            writeln!(out, "{id}  {status:8}  {who}  {rule}  {statement}")?;
        }
        Ok(ExitStatus::Good)
    }
}

/// Options of `postern approvals show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  postern approvals show APR-0123456789 --config postern.toml")]
#[non_exhaustive]
pub struct Show {
    /// The ticket
    #[arg(value_name = "TICKET")]
    pub ticket: String,
    /// Where the tickets are.
    #[command(flatten)]
    pub config: ConfigOption,
    /// As a JSON object
    #[arg(long)]
    pub json: bool,
}

impl Show {
    /// Shows one ticket whole.
    ///
    /// # Errors
    /// The configuration or the store is broken, or there is no such ticket.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let (_, store) = open(&self.config)?;
        let ticket = find(&store, &self.ticket)?;
        if self.json {
            writeln!(out, "{}", to_json(&ticket, Timestamp::now()))?;
        } else {
            write_ticket(out, &ticket, Timestamp::now())?;
        }
        Ok(ExitStatus::Good)
    }
}

/// How an answer is given.
#[derive(Debug, clap::Args)]
#[non_exhaustive]
pub struct AnswerOptions {
    /// The ticket
    #[arg(value_name = "TICKET")]
    pub ticket: String,
    /// The approver's key, as `postern approvals keygen` wrote it; it tells who answers
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// A few words for the requester and the log
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Where the tickets are.
    #[command(flatten)]
    pub config: ConfigOption,
}

impl AnswerOptions {
    /// The store, the ticket, and who answers with which key.
    pub(super) fn open(&self) -> anyhow::Result<Answering> {
        let (settings, store) = open(&self.config)?;
        let ticket = find(&store, &self.ticket)?;
        let key = read_key(&self.key)?;
        let approver = approver_of(&settings, &key)
            .context("this key belongs to no [[approvals.approver]] of the configuration")?;
        Ok(Answering {
            settings,
            store,
            key,
            ticket,
            approver,
        })
    }
}

/// What an answer needs.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) settings: ApprovalSettings,
    pub(super) store: Store,
    pub(super) key: Seed,
    pub(super) ticket: Ticket,
    pub(super) approver: Approver,
}

/// Options of `postern approvals deny`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern approvals deny APR-0123456789 --key dana.key --reason 'use the staging copy'\n\nA denial also takes back an approval that was not used yet."
)]
#[non_exhaustive]
pub struct Deny {
    /// How the answer is given.
    #[command(flatten)]
    pub answer: AnswerOptions,
}

impl Deny {
    /// Denies a ticket.
    ///
    /// # Errors
    /// The configuration, the key or the store is broken.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let mut answering = self.answer.open()?;
        let (id, by) = (answering.ticket.id.clone(), &answering.approver);
        let said = (self.answer.reason.as_str(), Timestamp::now());
        match answering.store.deny(&id, by, said) {
            Ok(_) => {
                writeln!(out, "{} denied by {}", id.as_str(), by.name)?;
                Ok(ExitStatus::Good)
            }
            Err(error) => refused(out, &error),
        }
    }
}

/// The answer was understood and not taken.
pub(super) fn refused(
    out: &mut impl Write,
    error: &crate::approvals::error::AnswerError,
) -> anyhow::Result<ExitStatus> {
    writeln!(out, "not taken: {error}")?;
    Ok(ExitStatus::Negative)
}

/// Everything an approver should know before answering.
pub(super) fn write_ticket(
    out: &mut impl Write,
    ticket: &Ticket,
    now: Timestamp,
) -> anyhow::Result<()> {
    let request = &ticket.request;
    let requester = &request.requester;
    let status = lifecycle::status_at(ticket, now).word();
    writeln!(out, "ticket     {} ({status})", ticket.id.as_str())?;
    writeln!(
        out,
        "requester  {} of issuer {}",
        Plain(&requester.subject),
        Plain(&requester.issuer)
    )?;
    for actor in &requester.act {
        writeln!(out, "  through  {}", Plain(actor))?;
    }
    writeln!(out, "role       {}", Plain(&request.role))?;
    writeln!(out, "rule       {}", Plain(&request.rule))?;
    let (target, database) = (Plain(&request.target), Plain(&request.database));
    writeln!(out, "target     {target}, default database {database}")?;
    writeln!(
        out,
        "asked      {}, lapses {}",
        ticket.created, ticket.expires
    )?;
    writeln!(out, "covers     {}", covers(ticket))?;
    writeln!(
        out,
        "needs      {} of {}",
        request.quorum,
        request.approver_names().join(", ")
    )?;
    writeln!(out, "digest     {}", hex::encode(request.digest))?;
    writeln!(out, "statement")?;
    write!(out, "{}", plain::quoted(&request.statement))?;
    for (index, parameter) in request.parameters.iter().enumerate() {
        writeln!(out, "  ?{} = {}", index + 1, Plain(parameter))?;
    }
    for answer in &ticket.answers {
        let verdict = match answer.verdict {
            Verdict::Approve => "approved",
            Verdict::Deny => "denied",
        };
        let (by, reason) = (Plain(&answer.approver), Plain(&answer.reason));
        writeln!(out, "{verdict} by {by} at {}  {reason}", answer.at)?;
    }
    Ok(())
}

fn covers(ticket: &Ticket) -> String {
    let request = &ticket.request;
    let what = match request.covers {
        Covers::Statement => "this very statement with these parameters",
        Covers::Rule => "EVERY statement under this rule",
    };
    let uses = request.uses.map_or_else(
        || "any number of times".to_owned(),
        |uses| format!("{uses} time(s)"),
    );
    format!(
        "{what}, {uses}, for {} s after the approval",
        request.valid_seconds
    )
}

fn to_json(ticket: &Ticket, now: Timestamp) -> Value {
    let request = &ticket.request;
    let answers: Vec<Value> = ticket
        .answers
        .iter()
        .map(|answer| {
            json!({
                "approver": answer.approver,
                "verdict": match answer.verdict {
                    Verdict::Approve => "approve",
                    Verdict::Deny => "deny",
                },
                "reason": answer.reason,
                "at": answer.at.to_string(),
            })
        })
        .collect();
    json!({
        "ticket": ticket.id.as_str(),
        "status": lifecycle::status_at(ticket, now).word(),
        "issuer": request.requester.issuer,
        "subject": request.requester.subject,
        "actors": request.requester.act,
        "role": request.role,
        "rule": request.rule,
        "target": request.target,
        "database": request.database,
        "statement": request.statement,
        "parameters": request.parameters,
        "digest": hex::encode(request.digest),
        "covers": match request.covers {
            Covers::Statement => "statement",
            Covers::Rule => "rule",
        },
        "approvers": request.approver_names(),
        "quorum": request.quorum,
        "valid_seconds": request.valid_seconds,
        "uses": request.uses,
        "used": ticket.used,
        "created": ticket.created.to_string(),
        "expires": ticket.expires.to_string(),
        "answers": answers,
    })
}

fn open(options: &ConfigOption) -> anyhow::Result<(ApprovalSettings, Store)> {
    let settings = ApprovalSettings::load(&options.config)?;
    let database = &settings.database;
    // Opening would make an empty store, and a mistyped path would look like one without tickets.
    anyhow::ensure!(
        fs::exists(database).unwrap_or(false),
        "there is no store of tickets at `{}`; the gateway makes it when it first runs",
        database.display()
    );
    let store = Store::open(database, Limits::default())?;
    Ok((settings, store))
}

fn find(store: &Store, text: &str) -> anyhow::Result<Ticket> {
    let id = TicketId::parse(text)
        .with_context(|| format!("`{}` is not the name of a ticket", Plain(text)))?;
    store
        .show(&id)?
        .with_context(|| format!("there is no ticket `{}`", id.as_str()))
}

fn read_key(path: &Path) -> anyhow::Result<Seed> {
    let read = || Seed::parse(&SecretReference::File(path.to_owned()).resolve()?);
    read().with_context(|| format!("cannot use the key `{}`", path.display()))
}

fn approver_of(settings: &ApprovalSettings, key: &Seed) -> Option<Approver> {
    let public_key = key.public_key();
    let approver = settings
        .approvers
        .iter()
        .find(|approver| approver.public_key == public_key)?;
    Some(Approver {
        name: approver.name.clone(),
        issuer: approver.issuer.clone(),
        subject: approver.subject.clone(),
        groups: approver.groups.clone(),
    })
}

const LIST_MAX: u32 = 1000;

#[cfg(test)]
mod tests;
