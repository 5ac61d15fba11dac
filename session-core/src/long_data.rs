//! Parameters that are sent ahead in pieces. Short ones are kept here until the EXECUTE that they are
//! for has been decided and recorded, and go to the target in front of it; of longer ones the target
//! gets each piece as it comes, which has no effect before that EXECUTE.
//!
//! A target counts what it has of a parameter for the next EXECUTE, whatever that holds in its place.
//! So where the EXECUTE never gets there, or fails there, the gateway resets the statement at the target
//! before anything else of the client is read.

use std::collections::BTreeMap;

use bytes::BytesMut;
use mysql_proto::command::Command;
use mysql_proto::frame::encode_packet;
use mysql_proto::statement::LongData as Piece;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;

use crate::config::World;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::long_value::LongValue;
use crate::own::Purpose;
use crate::parameters::BoundValue;
use crate::parameters::KEPT_BYTES_MAX;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::phase::Phase;
use crate::reply::Failure;
use crate::session::Session;

/// How much of a parameter one command carries to the target, whose own limit is not known here.
const PIECE_BYTES: usize = 1024 * 1024;

/// What is counted for a value besides its bytes.
const VALUE_BYTES: usize = 64;

/// What is counted for a value that is not kept: its digests, and its beginning.
const PASSED_BYTES: usize = 16 * 1024;

/// What was sent ahead for the next EXECUTE of a statement.
#[derive(Debug, Default)]
pub(crate) struct LongData {
    values: BTreeMap<u16, Value>,
    wrong: Option<Wrong>,
    /// How much is kept.
    kept_bytes: usize,
    /// How much the target has.
    passed_bytes: usize,
}

/// What was sent ahead of one parameter.
#[derive(Debug)]
enum Value {
    /// All of it.
    Kept(BytesMut),
    /// The target has it.
    Passed(Box<LongValue>),
}

/// Why the EXECUTE fails: nothing answers the pieces themselves.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// The statement has no such parameter.
    Parameter,
    /// It is more than is kept for one session.
    TooLong,
    /// It is more than may wait at the target.
    TooMuch,
}

impl LongData {
    /// Whether that parameter was sent ahead.
    pub(crate) fn has(&self, index: usize) -> bool {
        u16::try_from(index).is_ok_and(|index| self.values.contains_key(&index))
    }

    /// The value of that parameter, as far as it is kept; NULL if it was not sent ahead.
    pub(crate) fn value(&self, index: usize) -> BoundValue {
        let index = u16::try_from(index).ok();
        match index.and_then(|index| self.values.get(&index)) {
            None => BoundValue::Null,
            Some(Value::Kept(value)) => BoundValue::Whole(value.to_vec().into()),
            Some(Value::Passed(long)) => BoundValue::Long(long.as_ref().clone().into()),
        }
    }

    /// How much is kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// How much the target has.
    pub(crate) fn passed_bytes(&self) -> usize {
        self.passed_bytes
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
                "more parameters were sent ahead than are kept here",
            ),
            Wrong::TooMuch => Failure::new(
                1153,
                *b"08S01",
                "POSTERN-LIMIT",
                "more data was sent ahead than may wait at the target for its EXECUTE",
            ),
        })
    }

    /// Forgets all, and says whether the target has some of it.
    pub(crate) fn clear(&mut self) -> bool {
        let forgotten = std::mem::take(self);
        let mut values = forgotten.values.values();
        values.any(|value| matches!(value, Value::Passed(_)))
    }

    fn spoil(&mut self, wrong: Wrong) -> bool {
        let has_passed = self.clear();
        self.wrong = Some(wrong);
        has_passed
    }

    /// How much more would be kept with this piece of a parameter.
    fn growth(&self, parameter: u16, piece: &[u8]) -> usize {
        let kept = match self.values.get(&parameter) {
            Some(Value::Passed(_)) => return 0,
            Some(Value::Kept(kept)) => kept.len(),
            None => 0,
        };
        match kept.saturating_add(piece.len()) {
            0..=KEPT_BYTES_MAX => VALUE_BYTES + piece.len(),
            _ => VALUE_BYTES + PASSED_BYTES,
        }
    }

    /// Takes a piece of a parameter; what is passed on, and not kept, is appended to `out`.
    fn push(
        &mut self,
        (id, parameter): (u32, u16),
        piece: &[u8],
        begin: impl FnOnce() -> LongValue,
        out: &mut Vec<u8>,
    ) {
        let value = self.values.entry(parameter).or_insert_with(|| {
            self.kept_bytes += VALUE_BYTES;
            Value::Kept(BytesMut::new())
        });
        match value {
            Value::Kept(kept) if kept.len().saturating_add(piece.len()) <= KEPT_BYTES_MAX => {
                kept.extend_from_slice(piece);
                self.kept_bytes += piece.len();
            }
            Value::Kept(kept) => {
                self.kept_bytes = self.kept_bytes.saturating_sub(kept.len()) + PASSED_BYTES;
                self.passed_bytes += kept.len() + piece.len();
                let mut long = Box::new(begin());
                for part in [&**kept, piece] {
                    long.push(part);
                    encode(id, parameter, part, out);
                }
                *value = Value::Passed(long);
            }
            Value::Passed(long) => {
                self.passed_bytes = self.passed_bytes.saturating_add(piece.len());
                long.push(piece);
                encode(id, parameter, piece, out);
            }
        }
    }
}

impl Session {
    /// Takes a piece of a parameter of a statement. What the target gets of it at once is appended to
    /// `out`; nothing ever answers it, so what is wrong shows at the EXECUTE.
    pub(crate) fn take_long_data(
        &mut self,
        (id, parameter): (u32, u16),
        piece: &[u8],
        out: &mut Vec<u8>,
        world: World<'_>,
    ) {
        let limits = &self.config.limits;
        let (kept, passed) = self.prepared.long_bytes();
        let all = kept.saturating_add(passed).saturating_add(piece.len());
        let key = &self.config.digest_key;
        let Some(prepared) = self.prepared.get_mut(id) else {
            return;
        };
        let long_data = &mut prepared.long_data;
        let statement = &prepared.understood.statement;
        let has_passed = if parameter >= statement.parameters {
            long_data.spoil(Wrong::Parameter)
        } else if all > limits.long_data_bytes_max {
            long_data.spoil(Wrong::TooMuch)
        } else if kept.saturating_add(long_data.growth(parameter, piece)) > limits.packet_bytes_max
        {
            long_data.spoil(Wrong::TooLong)
        } else if long_data.wrong.is_none() {
            let begin = || LongValue::new(world.policy, statement, key);
            long_data.push((id, parameter), piece, begin, out);
            false
        } else {
            false
        };
        if has_passed {
            self.prepared.mark_stale(id);
        }
    }

    /// Appends what was kept for an EXECUTE, whose intent is recorded. Gives the statement of which the
    /// target keeps nothing that was sent ahead once the command has succeeded.
    pub(crate) fn send_ahead(&mut self, pending: &Pending, out: &mut Vec<u8>) -> Option<u32> {
        let id = match &pending.asked {
            Asked::Execute { id, .. } => *id,
            Asked::Reset(id) => return Some(*id),
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Prepare(_)
            | Asked::Fetch { .. }
            | Asked::Close(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => return None,
        };
        let long_data = &mut self.prepared.get_mut(id)?.long_data;
        if long_data.values.is_empty() {
            return None;
        }
        for (&parameter, value) in &long_data.values {
            match value {
                Value::Kept(kept) => encode(id, parameter, kept, out),
                Value::Passed(_) => {}
            }
        }
        long_data.clear();
        self.prepared.mark_stale(id);
        Some(id)
    }

    /// Has the target forget what it has of parameters, if no EXECUTE came for them. Whether that was
    /// needed: its answer then comes first.
    pub(crate) fn forgets_at_target(&mut self, world: World<'_>) -> bool {
        let (Phase::Ready, Some(state)) = (&self.phase, &self.state) else {
            return false;
        };
        if !self.prepared.has_stale() {
            return false;
        }
        let before = Box::new(state.context.clone());
        let stale = self.prepared.take_stale();
        let exchange = Exchange::own(
            stale.into_iter().map(Purpose::Forget).collect(),
            After::Owed {
                as_before: Some(before),
                then: None,
                undone: None,
            },
            self.agreement(),
            self.own_deadline(world),
        );
        self.send_exchange(exchange);
        true
    }
}

/// Appends the commands that carry a part of a parameter. An empty one is carried, too.
fn encode(id: u32, parameter: u16, part: &[u8], out: &mut Vec<u8>) {
    let statement_id = StatementId::new(id);
    let empty = part.is_empty().then_some(part);
    let mut payload = Vec::new();
    for data in part.chunks(PIECE_BYTES).chain(empty) {
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
