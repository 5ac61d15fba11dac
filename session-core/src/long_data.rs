//! Parameters that are sent ahead in pieces. They are kept here until the EXECUTE that they are for
//! has been decided and recorded, and go to the target in front of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use bytes::BytesMut;
use mysql_proto::command::Command;
use mysql_proto::frame::encode_packet;
use mysql_proto::statement::LongData as Piece;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;

use crate::pending::Asked;
use crate::pending::Pending;
use crate::reply::Failure;
use crate::session::Session;

/// How much of a parameter one command carries to the target, whose own limit is not known here.
const PIECE_BYTES: usize = 1024 * 1024;

/// What was sent ahead for the next EXECUTE of a statement.
#[derive(Debug, Default)]
pub(crate) struct LongData {
    values: BTreeMap<u16, BytesMut>,
    wrong: Option<Wrong>,
}

/// Why the EXECUTE fails: nothing answers the pieces themselves.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// The statement has no such parameter.
    Parameter,
    /// It is more than one session may keep.
    TooLong,
}

impl LongData {
    /// Whether that parameter was sent ahead.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.value(index).is_some()
    }

    /// The value of that parameter, if it was sent ahead.
    pub(crate) fn value(&self, index: usize) -> Option<&[u8]> {
        let index = u16::try_from(index).ok()?;
        self.values.get(&index).map(|value| value.as_ref())
    }

    /// How much is kept.
    pub(crate) fn bytes(&self) -> usize {
        self.values.values().map(BytesMut::len).sum()
    }

    /// Why it cannot be used, if it cannot.
    pub(crate) fn failure(&self) -> Option<Failure> {
        Some(match self.wrong? {
            Wrong::Parameter => Failure::new(
                1210,
                *b"HY000",
                "POSTERN-STATEMENT",
                "data was sent ahead for a parameter that the statement does not have",
            ),
            Wrong::TooLong => Failure::new(
                1153,
                *b"08S01",
                "POSTERN-LIMIT",
                "the parameters that were sent ahead are longer than is accepted here",
            ),
        })
    }

    /// Forgets all: it served one EXECUTE.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn spoil(&mut self, wrong: Wrong) {
        self.values.clear();
        self.wrong = Some(wrong);
    }
}

impl Session {
    /// Keeps a piece of a parameter. Nothing ever answers it: what is wrong shows at the EXECUTE.
    pub(crate) fn keep_long_data(&mut self, payload: &Bytes) {
        let Ok(Command::StmtSendLongData(piece)) = Command::decode(payload) else {
            return;
        };
        let id = self.prepared.meant(piece.statement_id);
        let most = self.config.limits.packet_bytes_max;
        let kept = self.prepared.long_bytes();
        let Some(prepared) = self.prepared.get_mut(id) else {
            return;
        };
        if piece.parameter >= prepared.understood.statement.parameters {
            return prepared.long_data.spoil(Wrong::Parameter);
        }
        if kept.saturating_add(piece.data.len()) > most {
            return prepared.long_data.spoil(Wrong::TooLong);
        }
        if prepared.long_data.wrong.is_none() {
            let values = &mut prepared.long_data.values;
            let value = values.entry(piece.parameter).or_default();
            value.extend_from_slice(piece.data);
        }
    }

    /// Appends what was sent ahead for an EXECUTE, whose intent is recorded, and forgets it.
    pub(crate) fn send_ahead(&mut self, pending: &Pending, out: &mut Vec<u8>) {
        let Asked::Execute { id, .. } = &pending.asked else {
            return;
        };
        let Some(prepared) = self.prepared.get_mut(*id) else {
            return;
        };
        let statement_id = StatementId::new(*id);
        let mut payload = Vec::new();
        for (&parameter, value) in &prepared.long_data.values {
            let whole: &[u8] = value;
            // An empty value is a piece, too.
            let empty = whole.is_empty().then_some(whole);
            for data in whole.chunks(PIECE_BYTES).chain(empty) {
                payload.clear();
                let piece = Piece {
                    statement_id,
                    parameter,
                    data,
                };
                Command::StmtSendLongData(piece).encode(&mut payload);
                encode_packet(&payload, &mut SequenceId::ZERO.clone(), out);
            }
        }
        prepared.long_data.clear();
    }
}
