//! Record: what happened, in the log's own words; built by callers, written as one line.
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "callers build these values; a field left out must break their build"
)]

use std::borrow::Cow;

use serde::Deserialize;
use serde::Serialize;

use crate::digest::Digest;
use crate::statement::ApprovalAnswered;
use crate::statement::ApprovalRequested;
use crate::statement::ApprovalUsed;
use crate::statement::Intent;
use crate::statement::Outcome;
use crate::statement::Refusal;
use crate::time::rfc3339_option;

/// One thing that happened, at a time, in a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Microseconds since the Unix epoch.
    pub time_us: u64,
    /// Which session; empty for what concerns the gateway as a whole.
    pub session: String,
    /// What happened.
    pub event: Event,
}

impl Record {
    /// Something that happened in a session.
    #[must_use]
    pub fn new(time_us: u64, session: impl Into<String>, event: Event) -> Self {
        Self {
            time_us,
            session: session.into(),
            event,
        }
    }

    /// Something that concerns the gateway as a whole.
    #[must_use]
    pub const fn gateway(time_us: u64, event: Event) -> Self {
        Self {
            time_us,
            session: String::new(),
            event,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The gateway began to serve.
    Start(Start),
    /// The gateway stopped serving.
    Stop(Stop),
    /// A policy was loaded in place of another.
    PolicyLoaded(PolicyLoaded),
    /// A client connected.
    ConnectionOpened(ConnectionOpened),
    /// A client's connection ended.
    ConnectionClosed(ConnectionClosed),
    /// A login was accepted.
    Login(Login),
    /// A login was refused.
    LoginRefused(LoginRefused),
    /// A login ended, and the connection goes on.
    LoginEnded(LoginEnded),
    /// A command was refused.
    Refusal(Box<Refusal>),
    /// A command was allowed and is about to be sent.
    Intent(Box<Intent>),
    /// A command that was sent has ended.
    Outcome(Box<Outcome>),
    /// Approvers were asked.
    ApprovalRequested(Box<ApprovalRequested>),
    /// An approver answered.
    ApprovalAnswered(Box<ApprovalAnswered>),
    /// One use of an approval was consumed.
    ApprovalUsed(ApprovalUsed),
    /// The state of a session changed in a way that matters to later decisions.
    SessionState(SessionState),
    /// Something happened that should not have.
    SecurityEvent(SecurityEvent),
    /// The log was opened after a crash.
    Recovery(Recovery),
}

impl Event {
    /// The name under which it stands in a line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Stop(_) => "stop",
            Self::PolicyLoaded(_) => "policy_loaded",
            Self::ConnectionOpened(_) => "connection_opened",
            Self::ConnectionClosed(_) => "connection_closed",
            Self::Login(_) => "login",
            Self::LoginRefused(_) => "login_refused",
            Self::LoginEnded(_) => "login_ended",
            Self::Refusal(_) => "refusal",
            Self::Intent(_) => "intent",
            Self::Outcome(_) => "outcome",
            Self::ApprovalRequested(_) => "approval_requested",
            Self::ApprovalAnswered(_) => "approval_answered",
            Self::ApprovalUsed(_) => "approval_used",
            Self::SessionState(_) => "session_state",
            Self::SecurityEvent(_) => "security_event",
            Self::Recovery(_) => "recovery",
        }
    }
}

/// The gateway began to serve.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The version of the program.
    pub version: String,
    /// SHA-256 of the configuration file.
    pub config: Digest,
    /// SHA-256 of the policy file.
    pub policy: Digest,
}

/// The gateway stopped serving.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Why, in words.
    pub reason: Cow<'static, str>,
}

/// A policy was loaded in place of another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyLoaded {
    /// SHA-256 of the policy file.
    pub policy: Digest,
}

/// A client connected.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionOpened {
    /// The client's address and port.
    pub peer: String,
    /// The listener's name.
    pub listener: String,
    /// Protocol version and cipher suite, once the client has turned TLS on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<String>,
}

/// A client's connection ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionClosed {
    /// Why, in words.
    pub reason: Cow<'static, str>,
}

/// A login was accepted. The token itself is never here.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Who vouches for the subject.
    pub issuer: String,
    /// Who it is, in the issuer's words.
    pub subject: String,
    /// Who acts for the subject, the nearest first (RFC 8693, section 4.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// The groups that the token names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The session's role.
    pub role: String,
    /// The session's target.
    pub target: String,
    /// Which credential of the target the session runs as.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub database_user: String,
    /// How the client proved itself, such as the name of the plugin.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub method: Cow<'static, str>,
    /// The token's `jti`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When the token ends, and the session with it.
    #[serde(
        default,
        rename = "expires",
        with = "rfc3339_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_us: Option<u64>,
    /// What the client says about itself. Nothing vouches for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_attributes: Vec<(String, String)>,
}

/// A login was refused.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRefused {
    /// The stable reason, such as `POSTERN-LOGIN-EXPIRED`.
    pub code: Cow<'static, str>,
    /// What an operator wants to know; never the token.
    pub detail: String,
    /// The user name that the client gave. Nothing vouches for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The issuer, when the token was good enough to name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The subject, when the token was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A login ended, and the connection goes on.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoginEnded {
    /// Why, in words.
    pub reason: Cow<'static, str>,
}

/// The state of a session changed in a way that matters to later decisions.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SessionState {
    /// After which command of the session; absent at login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What changed and its new value, such as `sql_mode` or `default_database`.
    pub changes: Vec<(Cow<'static, str>, String)>,
}

/// Something happened that should not have.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityEvent {
    /// What kind, such as `witness_mismatch`.
    pub kind: Cow<'static, str>,
    /// What was expected and what came, without values of rows.
    pub detail: String,
    /// During which command of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// The log was opened after a crash and a line that had not been written whole was cut.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// The segment file that was cut.
    pub segment: String,
    /// Its length after the cut.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes_cut: u64,
    /// SHA-256 of the bytes that were cut.
    pub sha256: Digest,
}
