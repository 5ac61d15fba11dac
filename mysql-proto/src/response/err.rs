//! The ERR packet and its SQLSTATE.

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::wire::Reader;

/// The first byte of an ERR packet.
pub const ERR_HEADER: u8 = 0xff;

/// The code of MariaDB's progress reports, which are no errors.
pub const PROGRESS_CODE: u16 = 0xffff;

/// Five characters that classify an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// The class of errors that have none of their own.
    pub const GENERAL: Self = Self(*b"HY000");
    /// Syntax error or access rule violation.
    pub const ACCESS: Self = Self(*b"42000");
    /// The login was refused.
    pub const LOGIN: Self = Self(*b"28000");
    /// The connection failed.
    pub const CONNECTION: Self = Self(*b"08S01");

    /// A SQLSTATE as it is sent.
    #[must_use]
    pub const fn new(state: [u8; 5]) -> Self {
        Self(state)
    }

    /// The characters.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 5] {
        &self.0
    }
}

/// A statement, a login or a connection failed.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_err_packet.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErrPacket<'a> {
    /// The error number.
    pub code: u16,
    /// The class; missing in an ERR that stands in place of a greeting.
    pub sql_state: Option<SqlState>,
    /// The text, in the client's character set.
    pub message: Cow<'a, [u8]>,
}

impl<'a> ErrPacket<'a> {
    /// An error with a SQLSTATE.
    #[must_use]
    pub fn new(code: u16, sql_state: SqlState, message: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            code,
            sql_state: Some(sql_state),
            message: message.into(),
        }
    }

    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let first = reader.u8("header of an ERR packet")?;
        if first != ERR_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "an ERR packet",
                first,
            });
        }
        let code = reader.u16("error code")?;
        // Before the login a server does not know whether the client speaks 4.1 and leaves the
        // state out: the mark in front of it tells.
        let sql_state = if reader.peek() == Some(b'#') {
            reader.u8("mark of the SQLSTATE")?;
            Some(SqlState(reader.array("SQLSTATE")?))
        } else {
            None
        };
        Ok(Self {
            code,
            sql_state,
            message: Cow::Borrowed(reader.take_rest()),
        })
    }

    /// Appends the packet as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(ERR_HEADER);
        out.extend_from_slice(&self.code.to_le_bytes());
        if let Some(state) = &self.sql_state {
            out.push(b'#');
            out.extend_from_slice(&state.0);
        }
        out.extend_from_slice(&self.message);
    }

    /// The packet on its own.
    #[must_use]
    pub fn into_owned(self) -> ErrPacket<'static> {
        ErrPacket {
            code: self.code,
            sql_state: self.sql_state,
            message: Cow::Owned(self.message.into_owned()),
        }
    }
}
