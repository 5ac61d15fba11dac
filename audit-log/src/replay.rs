//! Replay: the records of one session as a timeline for people.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use crate::record::Event;
use crate::record::Record;
use crate::statement::Attribute;
use crate::statement::Decision;
use crate::statement::Intent;
use crate::statement::Outcome;
use crate::statement::ParameterValue;
use crate::statement::Refusal;
use crate::statement::Rule;
use crate::statement::Statement;
use crate::statement::Status;
use crate::time::to_rfc3339;

/// One session as it went. `Display` shows it as text.
#[non_exhaustive]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Timeline {
    /// What happened, in order.
    pub rows: Vec<Row>,
}

/// One step of a session. No part of it has control characters, so that what a client sent
/// cannot steer the terminal that shows it.
#[non_exhaustive]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// When, in microseconds since the Unix epoch.
    pub time_us: u64,
    /// The number of the command within the session.
    pub sequence: Option<u64>,
    /// What happened, in a word or two.
    pub what: String,
    /// The statement, or who logged in, or what changed.
    pub text: String,
    /// The details: decision, rules, masked columns, rows, duration, ticket.
    pub details: Vec<String>,
}

/// Puts the records of one session, in the order of the log, on a timeline.
///
/// Approvals are recorded where they were answered, which may be outside the session; give them
/// along with the session's own records. An intent without an outcome is shown as *unknown*.
#[must_use]
pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Timeline {
    let mut open: HashSet<u64> = HashSet::new();
    let mut rows = Vec::new();
    let mut last_us = 0;
    for record in records {
        if let Event::Intent(intent) = &record.event {
            open.insert(intent.sequence);
        }
        if let Event::Outcome(outcome) = &record.event {
            open.remove(&outcome.intent);
        }
        last_us = record.time_us;
        rows.push(row(record));
    }
    let mut open: Vec<u64> = open.into_iter().collect();
    open.sort_unstable();
    for sequence in open {
        let mut unknown = Row::new(last_us, "outcome", Status::Unknown.name());
        unknown.sequence = Some(sequence);
        unknown
            .details
            .push(String::from("no outcome was recorded"));
        rows.push(unknown);
    }
    Timeline { rows }
}

impl Row {
    fn new(time_us: u64, what: &str, text: impl AsRef<str>) -> Self {
        let (what, text) = (printable(what), printable(text.as_ref()));
        Self {
            time_us,
            what,
            text,
            ..Self::default()
        }
    }

    fn detail(mut self, name: &str, value: impl AsRef<str>) -> Self {
        if !value.as_ref().is_empty() {
            self.details
                .push(format!("{name} {}", printable(value.as_ref())));
        }
        self
    }

    fn numbered(mut self, sequence: Option<u64>) -> Self {
        self.sequence = sequence;
        self
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut day = String::new();
        for row in &self.rows {
            let time = to_rfc3339(row.time_us);
            let (date, clock) = time.split_once('T').unwrap_or((&time, ""));
            if date != day {
                date.clone_into(&mut day);
                writeln!(formatter, "{day} (UTC)")?;
            }
            let clock = clock.trim_end_matches('Z');
            let sequence = row.sequence.map(|n| format!("#{n}")).unwrap_or_default();
            writeln!(
                formatter,
                "{clock} {sequence:>4}  {:<18}  {}",
                row.what, row.text
            )?;
            for detail in &row.details {
                writeln!(formatter, "{:42}{detail}", "")?;
            }
        }
        Ok(())
    }
}

fn row(record: &Record) -> Row {
    let time_us = record.time_us;
    let name = record.event.name().replace('_', " ");
    let new = |text: &str| Row::new(time_us, &name, text);
    match &record.event {
        Event::Start(start) => new(&start.version).detail("policy", start.policy.to_string()),
        Event::Stop(stop) => new(&stop.reason),
        Event::PolicyLoaded(loaded) => new(&loaded.policy.to_string()),
        Event::ConnectionOpened(opened) => new(&opened.peer)
            .detail("listener", &opened.listener)
            .detail("tls", opened.tls.as_deref().unwrap_or_default()),
        Event::ConnectionClosed(closed) => new(&closed.reason),
        Event::Login(login) => new(&login.subject)
            .detail("issuer", &login.issuer)
            .detail("acting", login.actors.join(" for "))
            .detail("groups", login.groups.join(", "))
            .detail("role", &login.role)
            .detail("target", &login.target)
            .detail(
                "until",
                login.expires_us.map(to_rfc3339).unwrap_or_default(),
            ),
        Event::LoginRefused(refused) => new(&refused.code)
            .detail("because", &refused.detail)
            .detail("user", &refused.user)
            .detail("issuer", refused.issuer.as_deref().unwrap_or_default())
            .detail("subject", refused.subject.as_deref().unwrap_or_default()),
        Event::LoginEnded(ended) => new(&ended.reason),
        Event::Refusal(refusal) => refusal_row(time_us, refusal),
        Event::Intent(intent) => intent_row(time_us, intent),
        Event::Outcome(outcome) => outcome_row(time_us, outcome),
        Event::ApprovalRequested(request) => new(&request.ticket)
            .numbered(Some(request.sequence))
            .detail("by", &request.principal)
            .detail("rule", rule(&request.rule))
            .detail("covers", &request.covers)
            .detail("asked", request.approvers.join(", "))
            .detail("needed", request.quorum.to_string()),
        Event::ApprovalAnswered(answered) => {
            new(&format!("{} {}", answered.ticket, answered.answer.name()))
                .detail("by", &answered.approver)
                .detail(
                    "given",
                    format!("{} of {}", answered.approvals, answered.quorum),
                )
                .detail("key", answered.key.as_deref().unwrap_or_default())
                .detail(
                    "until",
                    answered.until_us.map(to_rfc3339).unwrap_or_default(),
                )
                .detail("saying", &answered.reason)
        }
        Event::ApprovalUsed(used) => new(&used.ticket).numbered(Some(used.sequence)).detail(
            "left",
            used.uses_left
                .map(|left| left.to_string())
                .unwrap_or_default(),
        ),
        Event::SessionState(state) => new(&pairs(&state.changes)).numbered(state.sequence),
        Event::SecurityEvent(event) => new(&event.kind)
            .numbered(event.sequence)
            .detail("because", &event.detail),
        Event::Recovery(recovery) => {
            new(&recovery.segment).detail("bytes cut", recovery.bytes_cut.to_string())
        }
    }
}

fn refusal_row(time_us: u64, refusal: &Refusal) -> Row {
    let what = match refusal.decision {
        Decision::Ask => "ask",
        Decision::Deny | Decision::Unread | Decision::Fail => "refuse",
    };
    Row::new(
        time_us,
        what,
        text(&refusal.command, refusal.statement.as_ref()),
    )
    .numbered(Some(refusal.sequence))
    .detail("decision", refusal.decision.name())
    .detail("code", &refusal.code)
    .detail("rule", refusal.rule.as_ref().map(rule).unwrap_or_default())
    .detail("ticket", refusal.ticket.as_deref().unwrap_or_default())
    .detail("told", &refusal.message)
    .detail("attributes", attributes(&refusal.attributes))
}

fn intent_row(time_us: u64, intent: &Intent) -> Row {
    let rules: Vec<String> = intent.rules.iter().map(rule).collect();
    let masked: Vec<String> = intent
        .masked
        .iter()
        .map(|masked| format!("{} as {}", masked.column, masked.mask))
        .collect();
    let parameters: Vec<Cow<'_, str>> = intent
        .parameters
        .iter()
        .map(|parameter| value(&parameter.value))
        .collect();
    let what = if intent.own {
        "allow (gateway)"
    } else {
        "allow"
    };
    Row::new(
        time_us,
        what,
        text(&intent.command, intent.statement.as_ref()),
    )
    .numbered(Some(intent.sequence))
    .detail("kind", &intent.kind)
    .detail("database", intent.database.as_deref().unwrap_or_default())
    .detail("rule", rules.join(", "))
    .detail("masked", masked.join(", "))
    .detail("in clear", intent.clear.join(", "))
    .detail("ticket", intent.ticket.as_deref().unwrap_or_default())
    .detail("parameters", parameters.join(", "))
    .detail("attributes", attributes(&intent.attributes))
}

fn attributes(attributes: &[Attribute]) -> String {
    let named = attributes
        .iter()
        .map(|attribute| format!("{} = {}", attribute.name, value(&attribute.value)));
    named.collect::<Vec<_>>().join(", ")
}

fn value(value: &ParameterValue) -> Cow<'_, str> {
    match value {
        ParameterValue::Null => "NULL".into(),
        ParameterValue::Clear(value) => value.to_display().into(),
        ParameterValue::Digest(digest) => format!("digest {digest}").into(),
    }
}

fn outcome_row(time_us: u64, outcome: &Outcome) -> Row {
    let counted = |count: u64| {
        if count == 0 {
            String::new()
        } else {
            count.to_string()
        }
    };
    let error = outcome.error.as_ref().map(|error| {
        format!(
            "{} ({}) {}",
            error.code,
            error.state,
            error.message.to_display()
        )
    });
    let detected: Vec<String> = outcome
        .detected
        .iter()
        .map(|(detector, count)| format!("{detector} {count}"))
        .collect();
    let file = outcome.file.as_ref();
    let file = file.map(|file| format!("{} bytes, SHA-256 {}", file.bytes, file.sha256));
    Row::new(time_us, "outcome", outcome.status.name())
        .numbered(Some(outcome.intent))
        .detail("error", error.unwrap_or_default())
        .detail("rows", outcome.rows.to_string())
        .detail("changed", counted(outcome.affected_rows))
        .detail("file", file.unwrap_or_default())
        .detail("bytes", counted(outcome.bytes))
        .detail("warnings", counted(outcome.warnings.into()))
        .detail("detected", detected.join(", "))
        .detail("took", milliseconds(outcome.duration_us))
}

fn text(command: &str, statement: Option<&Statement>) -> String {
    statement.map_or_else(
        || command.to_owned(),
        |statement| statement.text.to_display(),
    )
}

fn rule(rule: &Rule) -> String {
    format!("`{}` (line {})", rule.name, rule.line)
}

fn pairs(changes: &[(Cow<'static, str>, String)]) -> String {
    let changes: Vec<String> = changes
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    changes.join(", ")
}

fn milliseconds(duration_us: u64) -> String {
    format!("{}.{:03} ms", duration_us / 1000, duration_us % 1000)
}

/// White space becomes one space each; what could steer a terminal is spelled out.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            _ if character.is_control() || is_direction(character) => {
                shown.extend(character.escape_unicode());
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// Marks that reorder what a terminal shows.
const fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
