//! The EOF packet, which DEPRECATE_EOF replaces by OK.

use crate::error::DecodeError;
use crate::flags::StatusFlags;
use crate::wire::Reader;

/// The first byte of an EOF packet, and of the OK packet that stands for it.
pub const EOF_HEADER: u8 = 0xfe;

/// The length of an EOF packet.
pub const EOF_BYTES: usize = 5;

/// The end of the columns or rows of a result set.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_eof_packet.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EofPacket {
    /// The number of warnings.
    pub warnings: u16,
    /// The state of the session.
    pub status: StatusFlags,
}

impl EofPacket {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let first = reader.u8("header of an EOF packet")?;
        if first != EOF_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "an EOF packet",
                first,
            });
        }
        let warnings = reader.u16("warnings")?;
        let status = StatusFlags::from_bits_retain(reader.u16("status")?);
        reader.finish("EOF")?;
        Ok(Self { warnings, status })
    }

    /// Appends the packet as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(EOF_HEADER);
        out.extend_from_slice(&self.warnings.to_le_bytes());
        out.extend_from_slice(&self.status.bits().to_le_bytes());
    }
}
