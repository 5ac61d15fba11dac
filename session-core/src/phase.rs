//! Where a session is, and what it knows of its client by then.

use bytes::Bytes;
use policy_core::policy::set::RoleId;

use crate::event::Connected;
use crate::event::Identity;
use crate::exchange::Exchange;
use crate::login::Hello;
use crate::login::Login;
use crate::pending::Pending;

/// Where a session is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The connection is being recorded.
    Opening(Login),
    /// The client logs in.
    Login(Login),
    /// A refused login is being recorded; then this error is sent.
    Refusing(Vec<u8>),
    /// The token is being looked at.
    Identifying(Box<Hello>, &'static str),
    /// The target is being connected to.
    Connecting,
    /// Connected, but nothing is known of what the target holds.
    AwaitingCatalog(Connected),
    /// The accepted login is being recorded.
    Admitting,
    /// The end of a login is being recorded; then what COM_CHANGE_USER holds is read.
    Leaving(Bytes),
    /// Between two commands.
    Ready,
    /// A command has not been sent.
    Pending(Box<Pending>),
    /// A command, or the gateway's own, has been sent.
    Exchange(Box<Exchange>),
    /// Nothing follows.
    Closed,
}

/// What is known of the client once its token was.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) identity: Identity,
    pub(crate) role: RoleId,
    pub(crate) target: usize,
    pub(crate) database_user: String,
    pub(crate) hello: Hello,
    pub(crate) method: &'static str,
    pub(crate) ends_us: u64,
    /// Whether the target may ask for files, because the client and a rule of the role said so.
    pub(crate) sends_files: bool,
}

/// What a session is given when it begins.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct Opening {
    /// The session's name in the log.
    pub id: String,
    /// The client's address, for the record.
    pub peer: String,
    /// The number that the greeting gives the connection.
    pub connection_id: u32,
    /// Randomness for the greeting.
    pub salt: [u8; 20],
    /// Microseconds since the epoch.
    pub now_us: u64,
}
