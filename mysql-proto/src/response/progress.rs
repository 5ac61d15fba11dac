//! MariaDB's progress report, which has the form of an ERR packet.

use crate::error::DecodeError;
use crate::response::err::ERR_HEADER;
use crate::response::err::PROGRESS_CODE;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;

/// How far a statement has come.
///
/// Sent in the midst of a reply to clients that said
/// [`PROGRESS`](crate::flags::MariaDbCapabilities::PROGRESS); the reply goes on after it.
///
/// [Manual](https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/err_packet)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProgressReport<'a> {
    /// The stage that the statement is in, counted from one.
    pub stage: u8,
    /// How many stages there are.
    pub stages: u8,
    /// How much of the stage is done, in thousandths of a per cent; a server sends at most 100,000.
    pub progress: u32,
    /// What the statement does, such as `copy to tmp table`.
    pub info: &'a [u8],
}

/// The most that the three bytes of the progress can say.
const PROGRESS_MAX: u32 = 0xff_ffff;

/// How many texts follow; there has never been another number.
const TEXTS: u8 = 1;

impl<'a> ProgressReport<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let first = reader.u8("header of a progress report")?;
        if first != ERR_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "a progress report",
                first,
            });
        }
        let code = reader.u16("code of a progress report")?;
        if code != PROGRESS_CODE {
            return Err(DecodeError::Invalid {
                field: "code of a progress report",
                value: u64::from(code),
            });
        }
        let texts = reader.u8("texts of a progress report")?;
        if texts != TEXTS {
            return Err(DecodeError::Invalid {
                field: "texts of a progress report",
                value: u64::from(texts),
            });
        }
        let [stage, stages, b0, b1, b2] = reader.array("stages of a progress report")?;
        let info = reader.lenenc_bytes("text of a progress report")?;
        reader.finish("progress report")?;
        Ok(Self {
            stage,
            stages,
            progress: u32::from_le_bytes([b0, b1, b2, 0]),
            info,
        })
    }

    /// Appends the report as a payload; progress over what three bytes can say is written as that.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let [code0, code1] = PROGRESS_CODE.to_le_bytes();
        let [b0, b1, b2, _] = self.progress.min(PROGRESS_MAX).to_le_bytes();
        out.extend([ERR_HEADER, code0, code1, TEXTS]);
        out.extend([self.stage, self.stages, b0, b1, b2]);
        put_lenenc_bytes(self.info, out);
    }
}
