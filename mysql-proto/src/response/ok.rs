//! The OK packet, in its own form and in the form that ends a result set.

use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::flags::StatusFlags;
use crate::limits::Limits;
use crate::response::eof::EOF_HEADER;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;
use crate::wire::put_lenenc_int;

/// The first byte of an OK packet that is a reply by itself.
pub const OK_HEADER: u8 = 0x00;

/// Where an OK packet stands, which decides its first byte.
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OkForm {
    /// A reply by itself: 0x00.
    Reply,
    /// The end of a result set under DEPRECATE_EOF: 0xFE.
    End,
}

/// A statement succeeded, or a result set is at its end.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OkPacket<'a> {
    /// The rows that were written.
    pub affected_rows: u64,
    /// The first number that the server gave.
    pub last_insert_id: u64,
    /// The state of the session.
    pub status: StatusFlags,
    /// The number of warnings.
    pub warnings: u16,
    /// A text for people; it may hold counts such as `Changed: 0`.
    pub info: &'a [u8],
    /// What changed in the session; written only with [`Capabilities::SESSION_TRACK`].
    pub session_changes: Vec<SessionChange<'a>>,
}

/// One change of session state.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html)
#[expect(
    clippy::exhaustive_enums,
    reason = "a gateway must know every kind of change, or refuse it"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionChange<'a> {
    /// A system variable has this value now.
    SystemVariable {
        /// Its name.
        name: &'a [u8],
        /// Its value.
        value: &'a [u8],
    },
    /// This is the default database now.
    Schema(&'a [u8]),
    /// Whether anything of the session changed: `1` or `0`.
    StateChange(&'a [u8]),
    /// Global transaction ids.
    Gtids {
        /// How they are written; 0 is the only way so far.
        encoding: u8,
        /// The ids.
        ids: &'a [u8],
    },
    /// The statements that would restart the open transaction.
    TransactionCharacteristics(&'a [u8]),
    /// The state of the transaction, eight characters.
    TransactionState(&'a [u8]),
    /// A kind that is not known.
    Unknown {
        /// The number of the kind.
        kind: u8,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> OkPacket<'a> {
    /// Reads a payload of either form.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(
        payload: &'a [u8],
        capabilities: Capabilities,
        limits: &Limits,
    ) -> Result<(OkForm, Self), DecodeError> {
        let mut reader = Reader::new(payload);
        let form = match reader.u8("header of an OK packet")? {
            OK_HEADER => OkForm::Reply,
            EOF_HEADER => OkForm::End,
            first => {
                return Err(DecodeError::Unexpected {
                    expected: "an OK packet",
                    first,
                });
            }
        };
        let affected_rows = reader.lenenc_int("affected rows")?;
        let last_insert_id = reader.lenenc_int("last insert id")?;
        let status = StatusFlags::from_bits_retain(reader.u16("status")?);
        let warnings = reader.u16("warnings")?;
        // The manual has the text run to the end of the packet when SESSION_TRACK is off; both
        // servers write its length in front of it all the same, and leave both out when empty.
        let info = if reader.is_empty() {
            &[]
        } else {
            reader.lenenc_bytes("info")?
        };
        let tracked = capabilities.contains(Capabilities::SESSION_TRACK)
            && status.contains(StatusFlags::SESSION_STATE_CHANGED);
        let session_changes = if tracked {
            let block = reader.lenenc_bytes("session changes")?;
            decode_changes(block, limits)?
        } else {
            Vec::new()
        };
        reader.finish("OK")?;
        Ok((
            form,
            Self {
                affected_rows,
                last_insert_id,
                status,
                warnings,
                info,
                session_changes,
            },
        ))
    }

    /// Appends the packet as a payload.
    ///
    /// The flag SESSION_STATE_CHANGED is written as the changes and the capabilities demand,
    /// whatever `status` says.
    pub fn encode(&self, form: OkForm, capabilities: Capabilities, out: &mut Vec<u8>) {
        let tracked =
            capabilities.contains(Capabilities::SESSION_TRACK) && !self.session_changes.is_empty();
        let mut status = self.status;
        status.set(StatusFlags::SESSION_STATE_CHANGED, tracked);
        out.push(match form {
            OkForm::Reply => OK_HEADER,
            OkForm::End => EOF_HEADER,
        });
        put_lenenc_int(self.affected_rows, out);
        put_lenenc_int(self.last_insert_id, out);
        out.extend_from_slice(&status.bits().to_le_bytes());
        out.extend_from_slice(&self.warnings.to_le_bytes());
        if tracked || !self.info.is_empty() {
            put_lenenc_bytes(self.info, out);
        }
        if tracked {
            let mut block = Vec::new();
            for change in &self.session_changes {
                encode_change(change, &mut block);
            }
            put_lenenc_bytes(&block, out);
        }
    }
}

const SYSTEM_VARIABLES: u8 = 0;
const SCHEMA: u8 = 1;
const STATE_CHANGE: u8 = 2;
const GTIDS: u8 = 3;
const TRANSACTION_CHARACTERISTICS: u8 = 4;
const TRANSACTION_STATE: u8 = 5;

fn decode_changes<'a>(
    block: &'a [u8],
    limits: &Limits,
) -> Result<Vec<SessionChange<'a>>, DecodeError> {
    let mut reader = Reader::new(block);
    let mut changes = Vec::new();
    while !reader.is_empty() {
        let kind = reader.u8("kind of a session change")?;
        let content = reader.lenenc_bytes("session change")?;
        decode_change(kind, content, &mut changes)?;
        if changes.len() > limits.session_changes_max {
            return Err(DecodeError::OverLimit {
                field: "session changes",
                value: changes.len() as u64,
                limit: limits.session_changes_max as u64,
            });
        }
    }
    Ok(changes)
}

fn decode_change<'a>(
    kind: u8,
    content: &'a [u8],
    changes: &mut Vec<SessionChange<'a>>,
) -> Result<(), DecodeError> {
    const FIELD: &str = "session change";
    let mut reader = Reader::new(content);
    match kind {
        SYSTEM_VARIABLES => {
            // One entry may hold several variables.
            while !reader.is_empty() {
                let name = reader.lenenc_bytes("name of a variable")?;
                let value = reader.lenenc_bytes("value of a variable")?;
                changes.push(SessionChange::SystemVariable { name, value });
            }
        }
        SCHEMA => changes.push(SessionChange::Schema(reader.lenenc_bytes(FIELD)?)),
        // The one kind without a length of its own inside the entry, on both servers.
        STATE_CHANGE => changes.push(SessionChange::StateChange(reader.take_rest())),
        GTIDS => {
            let encoding = reader.u8(FIELD)?;
            let ids = reader.lenenc_bytes(FIELD)?;
            changes.push(SessionChange::Gtids { encoding, ids });
        }
        TRANSACTION_CHARACTERISTICS => {
            let statements = reader.lenenc_bytes(FIELD)?;
            changes.push(SessionChange::TransactionCharacteristics(statements));
        }
        TRANSACTION_STATE => {
            let state = reader.lenenc_bytes(FIELD)?;
            changes.push(SessionChange::TransactionState(state));
        }
        _ => {
            let content = reader.take_rest();
            changes.push(SessionChange::Unknown { kind, content });
        }
    }
    reader.finish(FIELD)
}

fn encode_change(change: &SessionChange<'_>, out: &mut Vec<u8>) {
    let mut content = Vec::new();
    let kind = match *change {
        SessionChange::SystemVariable { name, value } => {
            put_lenenc_bytes(name, &mut content);
            put_lenenc_bytes(value, &mut content);
            SYSTEM_VARIABLES
        }
        SessionChange::Schema(name) => {
            put_lenenc_bytes(name, &mut content);
            SCHEMA
        }
        SessionChange::StateChange(flag) => {
            content.extend_from_slice(flag);
            STATE_CHANGE
        }
        SessionChange::Gtids { encoding, ids } => {
            content.push(encoding);
            put_lenenc_bytes(ids, &mut content);
            GTIDS
        }
        SessionChange::TransactionCharacteristics(statements) => {
            put_lenenc_bytes(statements, &mut content);
            TRANSACTION_CHARACTERISTICS
        }
        SessionChange::TransactionState(state) => {
            put_lenenc_bytes(state, &mut content);
            TRANSACTION_STATE
        }
        SessionChange::Unknown {
            kind,
            content: bytes,
        } => {
            content.extend_from_slice(bytes);
            kind
        }
    };
    out.push(kind);
    put_lenenc_bytes(&content, out);
}
