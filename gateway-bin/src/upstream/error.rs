//! Why a target could not be used: for the operator in full, for a client without secrets.

use std::io;
use std::time::Duration;

use mysql_proto::error::DecodeError;
use mysql_proto::error::EncodeError;
use mysql_proto::error::FrameError;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::err::SqlState;

/// Why packets could not be exchanged.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// The socket failed.
    #[error("the connection failed: {0}")]
    Socket(#[from] io::Error),
    /// The peer closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The bytes are no packets.
    #[error("the server's bytes are no packets: {0}")]
    Frame(#[from] FrameError),
    /// A packet is not what may stand there.
    #[error("the server's packet is not understood: {0}")]
    Decode(#[from] DecodeError),
    /// A packet of ours cannot be written.
    #[error("the packet cannot be written: {0}")]
    Encode(#[from] EncodeError),
}

/// Why there is no connection to a target.
///
/// The text of each is for the operator: it may name hosts and accounts. What a client is told
/// comes from [`ConnectError::for_client`].
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No TCP connection came about.
    #[error("cannot reach {address}: {source}")]
    Reach {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// It took too long.
    #[error("the login took longer than {} ms", .limit.as_millis())]
    TimeOut {
        /// The limit.
        limit: Duration,
    },
    /// The server refused before the login (too many connections, host blocked).
    #[error("the server refuses connections: {code} {message}")]
    Refuse {
        /// The server's error number.
        code: u16,
        /// The server's text.
        message: String,
    },
    /// The server refused the login.
    #[error("the server refuses the login: {code} {message}")]
    Login {
        /// The server's error number.
        code: u16,
        /// The server's text.
        message: String,
    },
    /// The version in the greeting is of no server that we know.
    #[error("`{version}` is no version of MySQL or MariaDB")]
    Version {
        /// What the greeting says.
        version: String,
    },
    /// The server cannot do what we need.
    #[error("the server does not offer {what}, which is needed")]
    Lack {
        /// What is missing.
        what: &'static str,
    },
    /// TLS failed.
    #[error("TLS with the server failed: {source}")]
    Tls {
        /// What rustls said.
        source: io::Error,
    },
    /// Bytes came in clear behind our request for TLS; somebody may have put them there.
    #[error("the server sent bytes in clear after TLS was requested")]
    InjectedBytes,
    /// The account logs in by a plugin that we do not have.
    #[error(
        "the account logs in by the plugin `{plugin}`, use caching_sha2_password or mysql_native_password"
    )]
    Plugin {
        /// The plugin.
        plugin: String,
    },
    /// The server asks for the password itself on a connection without TLS.
    #[error("the server asks for the password in clear, which needs TLS (`[target.tls]`)")]
    ClearPassword,
    /// The server goes on asking.
    #[error("the server does not come to an end with the login")]
    Endless,
    /// Packets could not be exchanged.
    #[error(transparent)]
    Packet(#[from] PacketError),
}

impl ConnectError {
    /// The error that a client is given: no address, no account, no text of the server.
    #[must_use]
    pub fn for_client(&self) -> ErrPacket<'static> {
        match self {
            Self::Login { code: 1049, .. } => ErrPacket::new(
                1049,
                SqlState::ACCESS,
                &b"[POSTERN-LOGIN-DATABASE] there is no such database on the target; name another, or none"[..],
            ),
            Self::Login { code: 1044, .. } => ErrPacket::new(
                1044,
                SqlState::ACCESS,
                &b"[POSTERN-LOGIN-DATABASE] your role's account may not use this database; name another, or none"[..],
            ),
            Self::Refuse { code: 1040, .. } | Self::Login { code: 1040 | 1203 | 1226, .. } => {
                ErrPacket::new(
                    1040,
                    SqlState::new(*b"08004"),
                    &b"[POSTERN-LOGIN-BUSY] the target has too many connections; try again later"[..],
                )
            }
            Self::Reach { .. }
            | Self::TimeOut { .. }
            | Self::Refuse { .. }
            | Self::Login { .. }
            | Self::Version { .. }
            | Self::Lack { .. }
            | Self::Tls { .. }
            | Self::InjectedBytes
            | Self::Plugin { .. }
            | Self::ClearPassword
            | Self::Endless
            | Self::Packet(_) => ErrPacket::new(
                1105,
                SqlState::GENERAL,
                &b"[POSTERN-LOGIN-TARGET] the target cannot be used now; try again, then ask the operator"[..],
            ),
        }
    }
}

/// Why a statement of the gateway's own failed.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The server answered with an error.
    #[error("the server says {code}: {message}")]
    Server {
        /// Its number.
        code: u16,
        /// Its text.
        message: String,
    },
    /// It took too long.
    #[error("no answer within {} ms", .limit.as_millis())]
    TimeOut {
        /// The limit.
        limit: Duration,
    },
    /// The answer is larger than any that we expect.
    #[error("the answer is over the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The answer has another form than the statement's.
    #[error("the answer has another form than that of the statement")]
    Form,
    /// An earlier statement was cut short, so the connection stands at no known place.
    #[error("the connection was left in the midst of an answer")]
    Stale,
    /// Packets could not be exchanged.
    #[error(transparent)]
    Packet(#[from] PacketError),
}

/// The server's text, whatever its bytes.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
