//! The events of a command: refused, about to be sent, ended, and the approvals around it.
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "callers build these values; a field left out must break their build"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::digest::Digest;
use crate::text::Text;
use crate::time::rfc3339;
use crate::time::rfc3339_option;

/// The text of a statement, or what may be kept of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The text as it came, or with its protected literals replaced.
    pub text: Text,
    /// SHA-256 of the exact bytes as they came.
    pub sha256: Digest,
    /// Whether `text` has literals replaced.
    #[serde(default, skip_serializing_if = "is_false")]
    pub redacted: bool,
}

impl Statement {
    /// Keeps the text as it came.
    #[must_use]
    pub fn exact(bytes: &[u8]) -> Self {
        Self {
            text: Text::from(bytes),
            sha256: Digest::of(bytes),
            redacted: false,
        }
    }

    /// Keeps a form with protected literals replaced, and the digest of the exact bytes.
    #[must_use]
    pub fn redacted(text: impl Into<Text>, exact: &[u8]) -> Self {
        Self {
            text: text.into(),
            sha256: Digest::of(exact),
            redacted: true,
        }
    }
}

/// A rule of the policy and where it stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its line in the policy file.
    pub line: u32,
}

/// What a statement does to a table.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// What is done, such as `read` or `insert`.
    pub verb: Cow<'static, str>,
    /// Schema and table.
    pub table: String,
}

/// A column of a result that was masked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedColumn {
    /// Its name in the result.
    pub column: String,
    /// The mask's name.
    pub mask: String,
}

/// A bound parameter.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its type on the wire, such as `longlong`.
    pub kind: Cow<'static, str>,
    /// Its value, or what may be kept of it.
    pub value: ParameterValue,
}

/// A query attribute: a named value that came with a statement.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type on the wire, such as `longlong`.
    pub kind: Cow<'static, str>,
    /// Its value, or what may be kept of it.
    pub value: ParameterValue,
}

/// The value of a bound parameter, or what may be kept of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterValue {
    /// NULL.
    Null,
    /// The value itself.
    Clear(Text),
    /// A keyed digest: equal values are equal, nothing else can be read from it.
    Digest(Digest),
}

/// A command was allowed and is about to be sent. Without an [`Outcome`] it reads as *unknown*.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// Its number within the session, from 1; an [`Outcome`] refers to it.
    pub sequence: u64,
    /// The command, such as `query` or `stmt_execute`.
    pub command: Cow<'static, str>,
    /// Whether the gateway itself asks, such as when it reads a variable back.
    #[serde(default, skip_serializing_if = "is_false")]
    pub own: bool,
    /// The target.
    pub target: String,
    /// The default database when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The statement, for commands that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// The kind of statement, such as `create table`.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub kind: Cow<'static, str>,
    /// The class of the kind, such as `schema`.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub class: Cow<'static, str>,
    /// The tables it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Access>,
    /// The rules that allow it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The columns of its result that will be masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<MaskedColumn>,
    /// The protected columns that it may show in clear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clear: Vec<String>,
    /// The approval under which it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The number of the prepared statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared: Option<u32>,
    /// The bound parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The query attributes that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// A command that was sent has ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The [`Intent`]'s number within the session.
    pub intent: u64,
    /// How it ended.
    pub status: Status,
    /// The server's error as it really was, which the client may not have seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ServerError>,
    /// Rows of the result.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rows: u64,
    /// Rows changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub affected_rows: u64,
    /// Bytes of the reply.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bytes: u64,
    /// From the sending of the command to the end of the reply.
    pub duration_us: u64,
    /// Warnings that the server counted.
    #[serde(default, skip_serializing_if = "is_zero_u32")]
    pub warnings: u32,
    /// How often each detector found, and hid, something in what was shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detected: BTreeMap<Cow<'static, str>, u64>,
    /// What was sent of a file that the server asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ClientFile>,
}

/// What was sent of a client's file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "this is all that is kept of a file"
)]
#[serde(deny_unknown_fields)]
pub struct ClientFile {
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 over them.
    pub sha256: Digest,
}

impl Outcome {
    /// An outcome of an intent with nothing counted.
    #[must_use]
    pub const fn new(intent: u64, status: Status, duration_us: u64) -> Self {
        Self {
            intent,
            status,
            error: None,
            rows: 0,
            affected_rows: 0,
            bytes: 0,
            duration_us,
            warnings: 0,
            detected: BTreeMap::new(),
            file: None,
        }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The server said that it was done.
    Ok,
    /// The server, or the gateway in its place, said that it failed.
    Error,
    /// The reply did not come to its end: nobody knows.
    Unknown,
    /// It was stopped by the gateway or because the client went away.
    Cancelled,
}

impl Status {
    /// The name under which it stands in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An error of the server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerError {
    /// The error number.
    pub code: u16,
    /// The SQLSTATE.
    pub state: String,
    /// The message as it came.
    pub message: Text,
}

/// A command was refused: nothing of it was sent.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Its number within the session, from 1; shared with intents.
    pub sequence: u64,
    /// The command, such as `query` or `stmt_execute`.
    pub command: Cow<'static, str>,
    /// The target.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The default database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The statement, for commands that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// The kind of statement, where it was understood.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub kind: Cow<'static, str>,
    /// The tables it touches, where it was understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Access>,
    /// What was decided.
    pub decision: Decision,
    /// The rule that decided, with its place; none when no rule allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The stable reason, such as `POSTERN-DENIED`.
    pub code: Cow<'static, str>,
    /// The message that the client got.
    pub message: String,
    /// The ticket that the client was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The query attributes that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// Why a command was not sent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The policy does not allow it.
    #[default]
    Deny,
    /// The policy wants a human to approve it first.
    Ask,
    /// It was not understood.
    Unread,
    /// Something that is needed for a decision is missing.
    Fail,
}

impl Decision {
    /// The name under which it stands in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Ask => "ask",
            Self::Unread => "unread",
            Self::Fail => "fail",
        }
    }
}

/// Approvers were asked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequested {
    /// The ticket's name.
    pub ticket: String,
    /// The command of the session that asked.
    pub sequence: u64,
    /// Who asks: issuer, subject and actors in the gateway's words.
    pub principal: String,
    /// The rule that wants it approved.
    pub rule: Rule,
    /// What an approval would cover, such as `statement` or `rule`.
    pub covers: Cow<'static, str>,
    /// The groups that may answer.
    pub approvers: Vec<String>,
    /// How many must approve.
    pub quorum: u32,
    /// The statement that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// Digest over everything that the approval binds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<Digest>,
    /// When the request ends unanswered.
    #[serde(rename = "expires", with = "rfc3339")]
    pub expires_us: u64,
}

/// An approver answered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalAnswered {
    /// The ticket's name.
    pub ticket: String,
    /// Who answered, in the gateway's words.
    pub approver: String,
    /// The answer.
    pub answer: Answer,
    /// How many have approved with this answer.
    pub approvals: u32,
    /// How many must approve.
    pub quorum: u32,
    /// Which key signed the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Until when the approval holds.
    #[serde(
        default,
        rename = "until",
        with = "rfc3339_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub until_us: Option<u64>,
    /// What the approver said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What an approver said.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It may run.
    Approve,
    /// It may not run.
    Deny,
}

impl Answer {
    /// The name under which it stands in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

/// One use of an approval was consumed; no outcome gives it back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalUsed {
    /// The ticket's name.
    pub ticket: String,
    /// The command of the session that used it.
    pub sequence: u64,
    /// How many uses are left; absent when they are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
}

const fn is_false(value: &bool) -> bool {
    !*value
}

const fn is_zero(value: &u64) -> bool {
    *value == 0
}

const fn is_zero_u32(value: &u32) -> bool {
    *value == 0
}
