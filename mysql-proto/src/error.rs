//! The ways in which packets, frames and values can be wrong.

/// Why a payload could not be decoded.
///
/// A payload is always whole when it is decoded, so none of these means "read more": each ends the
/// session that sent it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// The payload ended inside a field.
    #[error("packet ended inside {field}")]
    Truncated {
        /// The field that was being read.
        field: &'static str,
    },
    /// The payload goes on after its last field.
    #[error("{count} bytes follow the end of the {packet} packet")]
    TrailingBytes {
        /// The packet that was being read.
        packet: &'static str,
        /// How many bytes are left over.
        count: usize,
    },
    /// A field holds a value that the protocol does not know.
    #[error("{field} has the value {value}, which the protocol does not know")]
    Invalid {
        /// The field that was being read.
        field: &'static str,
        /// What it holds.
        value: u64,
    },
    /// A count or a length is over its limit.
    #[error("{field} is {value}, over the limit of {limit}")]
    OverLimit {
        /// The field that was being read.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// The limit that was set.
        limit: u64,
    },
    /// The packet cannot stand at this place of the conversation.
    #[error("a packet that begins with byte {first:#04x} cannot be {expected}")]
    Unexpected {
        /// What could have stood there.
        expected: &'static str,
        /// The first byte of the payload.
        first: u8,
    },
    /// The payload is empty where something must be said.
    #[error("empty packet where {expected} must stand")]
    Empty {
        /// What could have stood there.
        expected: &'static str,
    },
    /// The peer speaks the protocol of servers older than 4.1.
    #[error("the peer speaks the protocol of before version 4.1")]
    OldProtocol,
    /// The server asks for the password hash of before version 4.1, which can be reversed.
    #[error("the server asks for the authentication of before version 4.1")]
    OldAuthentication,
    /// Parameters of a statement came without their types, and none were bound before.
    #[error("parameters came without types, and none were bound before")]
    TypesNotBound,
    /// The reply was complete, yet a further packet came.
    #[error("a packet came after the end of the reply")]
    AfterEnd,
}

/// Why bytes could not be cut into packets.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// The packet is longer than the limit.
    #[error("packet of at least {length} bytes is over the limit of {limit}")]
    TooLarge {
        /// The length as far as the headers have told.
        length: usize,
        /// The limit that was set.
        limit: usize,
    },
    /// The sequence number is not the next one.
    #[error("packet has sequence number {found}, expected {expected}")]
    OutOfOrder {
        /// The number that had to come.
        expected: u8,
        /// The number that came.
        found: u8,
    },
}

/// Why a value cannot be written as a packet.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EncodeError {
    /// A string which ends at its first NUL byte contains one.
    #[error("{field} contains a NUL byte")]
    NulByte {
        /// The field that was being written.
        field: &'static str,
    },
    /// A value is too long for the field that must hold its length.
    #[error("{field} is {length} long, over the limit of {limit}")]
    TooLong {
        /// The field that was being written.
        field: &'static str,
        /// Its length.
        length: usize,
        /// The most that the field can say.
        limit: usize,
    },
    /// A value is not of the type of the column it is written for.
    #[error("the value of cell {index} does not fit the type of its column")]
    WrongType {
        /// The cell, counted from zero.
        index: usize,
    },
    /// There are more or fewer values than columns.
    #[error("{found} values for {expected} columns")]
    WrongCount {
        /// The number of columns.
        expected: usize,
        /// The number of values.
        found: usize,
    },
}

/// Why a client could not log in.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LoginError {
    /// A packet of the server could not be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The user name, password or database cannot be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The server refused.
    #[error("the server refused the login with error {code}: {}", message.escape_ascii())]
    Refused {
        /// The error number.
        code: u16,
        /// The text, in a character set of the server's.
        message: Vec<u8>,
    },
    /// The server asks for a plugin that is not known here.
    #[error("the server asks for the authentication plugin `{}`", .0.escape_ascii())]
    UnknownPlugin(Vec<u8>),
    /// TLS was wanted, and the server has none.
    #[error("the server has no TLS")]
    NoTls,
    /// The server asks for the password itself on a connection that is not encrypted.
    #[error("the server asks for the password itself, which needs TLS")]
    ClearPassword,
    /// The server goes on asking.
    #[error("the server goes on asking instead of ending the login")]
    Endless,
    /// A packet or a call came where none was expected.
    #[error("a step of the login came out of its turn")]
    OutOfTurn,
}
