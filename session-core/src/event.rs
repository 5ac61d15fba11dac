//! The whole vocabulary between a session and the world: what happened, and what to do next.

use audit_log::record::Record;
use bytes::Bytes;
use bytes::BytesMut;
use mysql_proto::flags::Capabilities;
use policy_core::principal::Principal;
use policy_core::server::Server;

use crate::secret::Token;

/// Something that happened.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the driver builds these, the session handles all"
)]
pub enum Event {
    /// The connection was accepted: the session greets.
    Start,
    /// The client sent bytes.
    FromClient(BytesMut),
    /// The target sent bytes.
    FromServer(BytesMut),
    /// The TLS handshake asked for by [`Action::StartTls`] is done.
    TlsStarted,
    /// The answer to [`Action::Identify`].
    Identified(Result<Box<Identity>, LoginRefusal>),
    /// The answer to [`Action::Connect`].
    Connected(Result<Connected, ConnectRefusal>),
    /// The record of the last [`Action::Record`] is as durable as it asked.
    Recorded,
    /// It is not, and never will be.
    RecordFailed,
    /// The answer to [`Action::RefreshCatalog`]: look at the catalog again.
    CatalogRefreshed,
    /// The answer to [`Action::AskApproval`].
    ApprovalAnswered(ApprovalAnswer),
    /// The answer to [`Action::ConsumeUse`]: uses left, or why not.
    UseConsumed(Result<u32, String>),
    /// The answer to [`Action::Kill`].
    KillAnswered(KillAnswer),
    /// Another session of the same principal ends this one, or what it runs.
    Killed(KillScope),
    /// The client's connection ended.
    ClientGone,
    /// The target's connection ended.
    ServerGone,
    /// The time of [`crate::session::Session::deadline`] has come.
    Timer,
    /// The gateway is going down: end the session between two commands.
    Drain,
}

/// Something to do. The driver does them in order.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the driver must do every one of them"
)]
pub enum Action {
    /// Send to the client.
    ToClient(Bytes),
    /// Send to the target.
    ToServer(Bytes),
    /// Everything before this is sent in clear; then begin TLS with the client. Bytes that were
    /// already read after the request belong to the TLS stream.
    StartTls {
        /// What was read too far.
        early: Bytes,
    },
    /// Find out who the bearer of this token is.
    Identify(Token),
    /// Connect and log in to a target.
    Connect(Box<ConnectRequest>),
    /// Write this down; [`Event::Recorded`] follows, or [`Event::RecordFailed`].
    Record {
        /// What to write.
        record: Box<Record>,
        /// How durable it must be before the answer.
        durability: Durability,
    },
    /// Load the catalog of the target again; [`Event::CatalogRefreshed`] follows.
    RefreshCatalog,
    /// A statement that changes the schema is about to be sent, or has ended: what anybody knows
    /// of the catalog is old.
    SchemaChanged,
    /// Look for an approval, and ask for one where there is none.
    AskApproval(Box<ApprovalRequest>),
    /// Consume one use of a ticket, durably.
    ConsumeUse {
        /// The ticket's name.
        ticket: String,
    },
    /// Stop the statement that runs at the target, over a connection of its own.
    KillStatement,
    /// Tell the session with this number, of the same principal at the same target, that it ends;
    /// [`Event::KillAnswered`] follows.
    Kill {
        /// The number that the client gave.
        id: u64,
        /// What ends.
        scope: KillScope,
    },
    /// End the connection to the target: the login ended for which it was made, or it must not take
    /// what it has of a file for the whole.
    Disconnect {
        /// Whether the target is told so first; in the midst of a file it would read that as content.
        says_so: bool,
    },
    /// End both connections, after what was to be sent.
    Close,
}

/// What a KILL ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
pub enum KillScope {
    /// The statement that runs.
    Statement,
    /// The whole session.
    Session,
}

/// What became of a KILL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each has its answer")]
pub enum KillAnswer {
    /// The session was told.
    Told,
    /// It is the session that asked.
    Own,
    /// There is none with that number, or it is somebody else's.
    Unknown,
}

/// How durable a record must be before the session goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the driver must give each what it asks"
)]
pub enum Durability {
    /// Handed to the operating system.
    Written,
    /// On the disk.
    Synced,
}

/// Who the client is.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct Identity {
    /// Issuer, subject, actors, groups and claims.
    pub principal: Principal,
    /// When the token ends, in microseconds since the epoch.
    pub expires_us: u64,
    /// The token's own name.
    pub token_id: Option<String>,
}

/// Why a token was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct LoginRefusal {
    /// A stable code: `POSTERN-LOGIN-EXPIRED`.
    pub code: String,
    /// Words for the client that tell a thief nothing.
    pub text: String,
}

/// What the session wants to be connected to.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data for the driver")]
pub struct ConnectRequest {
    /// The configured target.
    pub target: String,
    /// Which of its users.
    pub database_user: String,
    /// The default database, if any.
    pub database: Option<String>,
    /// What the client asked for that changes what the server does.
    pub capabilities: Capabilities,
    /// The collation of the client's login.
    pub collation: u16,
}

/// A target that accepted us.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct Connected {
    /// Its kind and version.
    pub server: Server,
    /// The number of our connection there.
    pub thread_id: u64,
    /// Its `max_allowed_packet`: it refuses a packet of so many bytes.
    pub packet_bytes_max: u64,
}

/// Why there is no connection to the target.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct ConnectRefusal {
    /// Words for the client: no host, no account, no secret.
    pub text: String,
    /// The MySQL error number to send.
    pub code: u16,
}

/// A statement that needs a human.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data for the driver")]
pub struct ApprovalRequest {
    /// Who asks.
    pub principal: Principal,
    /// Under which role.
    pub role: String,
    /// On which target.
    pub target: String,
    /// With which default database.
    pub database: Option<String>,
    /// Its number in the session.
    pub sequence: u64,
    /// The session.
    pub session: String,
    /// The need, as the policy states it.
    pub need: policy_core::decision::ApprovalNeed,
    /// Everything that an approval binds.
    pub binding: policy_core::approval::Binding,
    /// The statement as approvers see it.
    pub statement: String,
    /// The kind of statement.
    pub kind: &'static str,
    /// The tables it touches.
    pub tables: Vec<String>,
    /// The parameters as approvers see them.
    pub parameters: Vec<String>,
}

/// What the approval side knows about a request.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each must be answered to the client"
)]
pub enum ApprovalAnswer {
    /// Approved: these tokens say so, to be verified here.
    Granted {
        /// The ticket's name.
        ticket: String,
        /// What approvers signed, one biscuit of each.
        tokens: Vec<Vec<u8>>,
    },
    /// Asked, not answered yet.
    Pending {
        /// The ticket's name.
        ticket: String,
        /// Where and until when, in words.
        text: String,
    },
    /// A human said no, and the answer still holds.
    Denied {
        /// The ticket's name.
        ticket: String,
        /// What they said.
        text: String,
    },
    /// Nobody can be asked.
    Unavailable {
        /// Why, in words for the client.
        text: String,
    },
}
