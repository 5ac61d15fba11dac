//! LOCAL INFILE: the server asks the client for a file in the midst of a reply.

use crate::error::DecodeError;
use crate::wire::Reader;

/// The first byte of a request for a local file.
pub const LOCAL_INFILE_HEADER: u8 = 0xfb;

/// The server asks for a file of the client, in place of the first packet of a result.
///
/// The client answers with the content, as packets of any length whose sequence numbers go on from
/// that of the request, and an empty packet at the end; a client that will not send the file sends
/// the empty packet alone. Then comes the OK or ERR of the statement.
///
/// A server can ask for any file whatever the statement was, so a client must compare the name with
/// the one that it asked to load, and say
/// [`LOCAL_FILES`](crate::flags::Capabilities::LOCAL_FILES) only where it means to send files.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_local_infile_request.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LocalInfileRequest<'a> {
    /// The name of the file, as the statement gave it.
    pub file: &'a [u8],
}

impl<'a> LocalInfileRequest<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet, or names no file.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let first = reader.u8("request for a local file")?;
        if first != LOCAL_INFILE_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "a request for a local file",
                first,
            });
        }
        if reader.is_empty() {
            return Err(DecodeError::Truncated {
                field: "name of a local file",
            });
        }
        Ok(Self {
            file: reader.take_rest(),
        })
    }

    /// Appends the request as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(LOCAL_INFILE_HEADER);
        out.extend_from_slice(self.file);
    }
}
