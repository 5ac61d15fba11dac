//! `postern audit verify|replay|query`: checks the log, shows a session as it went, finds lines.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use audit_log::Event;
use audit_log::Record;
use audit_log::SigningKey;
use audit_log::VerifyingKey;
use audit_log::error::VerifyError;
use audit_log::query::Query as Picked;
use audit_log::reader::Entry;
use audit_log::reader::Reader;
use audit_log::replay;
use audit_log::storage::FileStorage;
use audit_log::storage::Storage;
use audit_log::time::to_rfc3339;
use audit_log::verify;
use audit_log::verify::Report;
use jiff::Timestamp;

use crate::cli::plain::Plain;
use crate::cli::status::ExitStatus;
use crate::clock::microseconds;
use crate::config::audit::AuditWriterSettings;

/// Where the log is.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(required = true, multiple = false)]
#[non_exhaustive]
pub struct LogOption {
    /// The configuration; of it only [audit] is read
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the log, for those who have no configuration
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

impl LogOption {
    /// The storage, and the key if the configuration is at hand.
    fn open(&self) -> anyhow::Result<(Arc<dyn Storage>, Option<VerifyingKey>)> {
        let (directory, key) = match (&self.config, &self.directory) {
            (Some(config), _) => {
                let writer = AuditWriterSettings::load(config)?;
                let key = SigningKey::from_seed(writer.signing_key.expose())
                    .verifying_key(&writer.settings.origin);
                (writer.settings.directory, Some(key))
            }
            (None, Some(directory)) => (directory.clone(), None),
            (None, None) => anyhow::bail!("give `--config` or `--directory`"),
        };
        anyhow::ensure!(
            directory.is_dir(),
            "there is no log at `{}`",
            directory.display()
        );
        Ok((Arc::new(FileStorage::new(directory)), key))
    }

    fn entries(&self) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Entry>> + use<>> {
        let (storage, _) = self.open()?;
        let reader = Reader::open(storage)?;
        Ok(reader.map(|entry| entry.context("cannot read the log")))
    }
}

/// Options of `postern audit verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern audit verify --config postern.toml\n  postern audit verify --directory audit --public-key 'postern+1f2e3d4c+A…'\n\nThe public key is what `postern audit keygen` printed. Without a key the log is only checked\nagainst itself: that finds accidents, not one who rewrote it whole."
)]
#[non_exhaustive]
pub struct Verify {
    /// Where the log is.
    #[command(flatten)]
    pub log: LogOption,
    /// A key that signed checkpoints; may be repeated
    #[arg(long, value_name = "KEY")]
    pub public_key: Vec<String>,
}

impl Verify {
    /// Checks every line and every checkpoint.
    ///
    /// # Errors
    /// The log cannot be read, or a key is not one.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let (storage, own_key) = self.log.open()?;
        let mut keys: Vec<VerifyingKey> = own_key.into_iter().collect();
        for text in &self.public_key {
            keys.push(VerifyingKey::parse(text).context("`--public-key`")?);
        }
        match verify(storage.as_ref(), &keys) {
            Ok(report) => {
                write_report(out, &report)?;
                Ok(ExitStatus::Good)
            }
            Err(error @ (VerifyError::Line { .. } | VerifyError::File { .. })) => {
                writeln!(out, "TAMPERED OR DAMAGED at {error}")?;
                Ok(ExitStatus::Negative)
            }
            Err(error) => Err(error).context("cannot read the log"),
        }
    }
}

fn write_report(out: &mut impl Write, report: &Report) -> anyhow::Result<()> {
    let (lines, segments) = (report.lines, report.segments);
    writeln!(
        out,
        "good: {lines} lines in {segments} segment(s) of the log `{}`",
        Plain(&report.origin)
    )?;
    if let (Some(first), Some(last)) = (report.first_time_us, report.last_time_us) {
        writeln!(out, "from {} to {}", to_rfc3339(first), to_rfc3339(last))?;
    }
    let signed = if report.signed {
        "every checkpoint is signed by a given key"
    } else {
        "NO SIGNATURE WAS CHECKED: give `--public-key`"
    };
    match report.covered {
        0 => writeln!(
            out,
            "no checkpoint covers a line yet: the chain was checked, and no signature"
        )?,
        covered => writeln!(out, "checkpoints cover {covered} lines; {signed}")?,
    }
    if report.torn_bytes > 0 {
        let torn = report.torn_bytes;
        writeln!(
            out,
            "{torn} bytes at the end are not a whole line: a crash, or a line just being written"
        )?;
    }
    Ok(())
}

/// Options of `postern audit replay`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern audit query --config postern.toml --event login     # finds sessions\n  postern audit replay SESSION --config postern.toml"
)]
#[non_exhaustive]
pub struct Replay {
    /// The session, as it stands in the log
    #[arg(value_name = "SESSION")]
    pub session: String,
    /// Where the log is.
    #[command(flatten)]
    pub log: LogOption,
}

impl Replay {
    /// Shows one session as it went, with the answers to its tickets.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let mut tickets = BTreeSet::new();
        for entry in self.log.entries()? {
            let entry = entry?;
            if entry.session == self.session {
                tickets.extend(entry.record.as_ref().and_then(ticket_of));
            }
        }
        let mut records: Vec<Record> = Vec::new();
        for entry in self.log.entries()? {
            let entry = entry?;
            let Some(record) = entry.record else {
                continue;
            };
            if record.session == self.session || answers_one_of(&record, &tickets) {
                records.push(record);
            }
        }
        if !records.iter().any(|record| record.session == self.session) {
            writeln!(out, "the log has no session `{}`", Plain(&self.session))?;
            return Ok(ExitStatus::Negative);
        }
        write!(out, "{}", replay::replay(&records))?;
        Ok(ExitStatus::Good)
    }
}

fn ticket_of(record: &Record) -> Option<String> {
    match &record.event {
        Event::ApprovalRequested(request) => Some(request.ticket.clone()),
        Event::ApprovalUsed(used) => Some(used.ticket.clone()),
        Event::Refusal(refusal) => refusal.ticket.clone(),
        Event::Intent(intent) => intent.ticket.clone(),
        Event::Start(_)
        | Event::Stop(_)
        | Event::PolicyLoaded(_)
        | Event::ConnectionOpened(_)
        | Event::ConnectionClosed(_)
        | Event::Login(_)
        | Event::LoginRefused(_)
        | Event::LoginEnded(_)
        | Event::Outcome(_)
        | Event::ApprovalAnswered(_)
        | Event::SessionState(_)
        | Event::SecurityEvent(_)
        | Event::Recovery(_) => None,
    }
}

fn answers_one_of(record: &Record, tickets: &BTreeSet<String>) -> bool {
    if let Event::ApprovalAnswered(answered) = &record.event {
        return tickets.contains(&answered.ticket);
    }
    false
}

/// Options of `postern audit query`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern audit query --config postern.toml --event login\n  postern audit query --config postern.toml --subject agent-7 --event refusal\n  postern audit query --directory audit --rule never --since 2026-11-01T00:00:00Z --json"
)]
#[non_exhaustive]
pub struct Query {
    /// Where the log is.
    #[command(flatten)]
    pub log: LogOption,
    /// Only this session
    #[arg(long, value_name = "SESSION")]
    pub session: Option<String>,
    /// Only sessions of this subject
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,
    /// Only events of this name, such as `login`, `refusal`, `intent`, `outcome`
    #[arg(long, value_name = "NAME")]
    pub event: Option<String>,
    /// Only what this rule allowed, refused or wanted approved
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Only from this time on
    #[arg(long, value_name = "TIME")]
    pub since: Option<Timestamp>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,
    /// The lines as they stand in the log
    #[arg(long)]
    pub json: bool,
}

impl Query {
    /// Writes the lines that fit.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let mut picked = Picked::default();
        picked.session.clone_from(&self.session);
        picked.subject.clone_from(&self.subject);
        picked.event.clone_from(&self.event);
        picked.rule.clone_from(&self.rule);
        picked.since_us = self.since.map(microseconds);
        picked.until_us = self.until.map(microseconds);
        let mut matcher = picked.matcher();
        for entry in self.log.entries()? {
            let entry = entry?;
            if !matcher.matches(&entry) {
                continue;
            }
            if self.json {
                out.write_all(&entry.raw)?;
                writeln!(out)?;
            } else {
                write_entry(out, &entry)?;
            }
        }
        Ok(ExitStatus::Good)
    }
}

fn write_entry(out: &mut impl Write, entry: &Entry) -> anyhow::Result<()> {
    let (time, session) = (to_rfc3339(entry.time_us), Plain(&entry.session));
    let Some(record) = &entry.record else {
        writeln!(out, "{time}  {session}  (of a newer version)")?;
        return Ok(());
    };
    // What replay adds after the record itself, an outcome yet to come, is not of this line.
    if let Some(row) = replay::replay([record]).rows.first() {
        let (what, text) = (&row.what, &row.text);
        writeln!(
            out,
            "{time}  {session}  {what}  {text}  {}",
            row.details.join("; ")
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
