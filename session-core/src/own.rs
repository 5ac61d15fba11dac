//! Statements that the gateway itself sends to the target, and what comes back.
//!
//! They keep the session's state known (tracking turned on, the state read back) and turn the
//! guard role on and off. The role goes in the same write as the client's command and is answered in
//! order, so it costs no round trip; what is asked about a statement waits (see [`crate::owed`]).

use bytes::Buf;
use bytes::BytesMut;
use mysql_proto::charset::Charset;
use mysql_proto::charset::CollationId;
use mysql_proto::command::Command;
use mysql_proto::error::DecodeError;
use mysql_proto::error::FrameError;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::row::text::TextRow;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;
use policy_core::charset::ClientCharset;
use policy_core::name::TableId;

use crate::attributes::Attributes;
use crate::config::World;
use crate::exchange::Exchange;
use crate::overlay;
use crate::session::Session;
use crate::state::StateError;
use crate::tracking;
use crate::tracking::Tracked;
use crate::wide;

/// The most that one of our own replies may hold.
const OWN_REPLY_BYTES_MAX: usize = 1024 * 1024;

/// Turns on what the server must tell, whatever its global settings are. Both servers know these.
///
/// MariaDB alone reads the last comment. It makes the buffer of a join no larger than it guesses the rows to be;
/// rows of long values then overflow it sooner, and the order of the joined rows tells how long they are.
const TRACKING: &str = "SET SESSION session_track_system_variables='sql_mode,\
    character_set_client,character_set_connection,character_set_results,autocommit,time_zone', \
    SESSION session_track_schema=1, SESSION session_track_state_change=1 \
    /*M! , SESSION optimizer_switch='optimize_join_buffer_size=off' */";

/// Reads back everything that later readings of statements hang on.
const READ_BACK: &str = "SELECT @@sql_mode, @@character_set_client, \
    @@character_set_connection, @@character_set_results, DATABASE()";

/// Why the gateway itself sends a statement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Ask what the target tells of a session before more is turned on.
    Tracked,
    /// Turn state tracking on.
    Track,
    /// Turn states of transactions off, whose tracking only tells clients something.
    HideTransactions,
    /// Read the state back.
    ReadBack,
    /// Take the guard role.
    TakeRole(String),
    /// Give the guard role back.
    DropRole,
    /// Set the character set that the client asked for with a collation of this number.
    Names(ClientCharset),
    /// Choose the default database of a login.
    UseSchema(String),
    /// Read back the columns of a temporary table that a statement makes.
    Shape {
        /// Which.
        id: TableId,
        /// Whether the statement succeeded.
        made: bool,
    },
    /// Forget what was sent ahead for this prepared statement.
    Forget(u32),
    /// Put back what was in force before a statement set what is not supported.
    Restore(String),
}

impl Purpose {
    fn payload(&self, agreement: Agreement) -> Vec<u8> {
        let mut payload = Vec::new();
        let (byte, text) = match self {
            Self::Forget(id) => {
                Command::StmtReset(StatementId::new(*id)).encode(&mut payload);
                return payload;
            }
            Self::Tracked => (3, tracking::ASKED.to_owned()),
            Self::Track => (3, TRACKING.to_owned()),
            Self::HideTransactions => (3, tracking::STATES_OFF.to_owned()),
            Self::ReadBack => (3, READ_BACK.to_owned()),
            Self::Restore(text) => (3, text.clone()),
            Self::TakeRole(role) => (3, format!("SET ROLE {}", quoted(role))),
            Self::DropRole => (3, "SET ROLE NONE".to_owned()),
            Self::Names(charset) => (3, format!("SET NAMES {}", charset.name())),
            Self::UseSchema(schema) => (2, schema.clone()),
            Self::Shape { id, .. } => {
                let (schema, table) = (quoted(id.schema()), quoted(id.table()));
                (3, format!("SHOW CREATE TABLE {schema}.{table}"))
            }
        };
        payload.push(byte);
        if byte == 3 {
            payload.extend_from_slice(&Attributes::none(agreement.capabilities).header);
        }
        payload.extend_from_slice(text.as_bytes());
        payload
    }

    /// Whether it comes to the same behind those that were sent after it.
    fn may_come_later(&self) -> bool {
        match self {
            Self::Track
            | Self::HideTransactions
            | Self::ReadBack
            | Self::DropRole
            | Self::Shape { .. }
            | Self::Forget(_) => true,
            Self::Tracked
            | Self::TakeRole(_)
            | Self::Names(_)
            | Self::UseSchema(_)
            | Self::Restore(_) => false,
        }
    }

    /// Appends the command as packets.
    pub(crate) fn encode(&self, agreement: Agreement, out: &mut Vec<u8>) {
        encode_packet(&self.payload(agreement), &mut SequenceId::ZERO.clone(), out);
    }
}

/// An identifier in backticks.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Whether a statement that failed with that number was interrupted: by a KILL, or by a limit of time.
pub(crate) fn is_interruption(code: u16) -> bool {
    matches!(code, 1317 | 1969 | 3024)
}

/// How one of our own statements ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum OwnEnd {
    /// It worked; the rows that came.
    Done(Vec<Vec<Option<Vec<u8>>>>),
    /// It worked, and it is only told now that the statement before changed the session's state.
    Reported,
    /// The server refused it.
    Failed {
        /// The server's error number.
        code: u16,
        /// Its text.
        message: String,
    },
}

/// The reply to one of our own statements, as it comes.
#[derive(Debug)]
pub(crate) struct OwnReply {
    pub(crate) purpose: Purpose,
    tracker: ReplyTracker,
    assembler: PacketAssembler,
    columns: Vec<Option<Charset>>,
    count: usize,
    rows: Vec<Vec<Option<Vec<u8>>>>,
}

impl OwnReply {
    pub(crate) fn new(purpose: Purpose, agreement: Agreement) -> Self {
        let mut assembler = PacketAssembler::new(OWN_REPLY_BYTES_MAX);
        assembler.expect_sequence(SequenceId::ZERO.next());
        Self {
            purpose,
            tracker: ReplyTracker::new(ReplyKind::Query, agreement),
            assembler,
            columns: Vec::new(),
            count: 0,
            rows: Vec::new(),
        }
    }

    /// Reads from the front of `input`; `None` while more must come.
    pub(crate) fn feed(&mut self, input: &mut BytesMut) -> Result<Option<OwnEnd>, OwnError> {
        loop {
            let mut rest: &[u8] = input;
            let before = rest.len();
            let Some(packet) = self.assembler.feed(&mut rest)? else {
                input.advance(before);
                return Ok(None);
            };
            let read = before - rest.len();
            let end = match self.tracker.next(packet.payload)? {
                Reply::Ok(ok)
                    if matches!(self.purpose, Purpose::Forget(_))
                        && ok.status.contains(StatusFlags::SESSION_STATE_CHANGED) =>
                {
                    Some(OwnEnd::Reported)
                }
                Reply::Ok(_) | Reply::End(_) => Some(OwnEnd::Done(std::mem::take(&mut self.rows))),
                Reply::Err(error) => Some(OwnEnd::Failed {
                    code: error.code,
                    message: String::from_utf8_lossy(&error.message).into_owned(),
                }),
                Reply::ColumnCount(columns) => {
                    self.count = columns;
                    None
                }
                Reply::Row(row) => {
                    if self.rows.len() >= OWN_ROWS_MAX {
                        return Err(OwnError::TooLong);
                    }
                    let cells = TextRow::new(row).decode(self.count)?;
                    let charsets = self.columns.iter().copied();
                    let read = cells.into_iter().zip(charsets).map(in_utf8);
                    self.rows.push(read.collect());
                    None
                }
                Reply::Column(definition) => {
                    let collation = CollationId::new(definition.collation);
                    self.columns.push(collation.charset());
                    None
                }
                Reply::EndOfDefinitions(_) | Reply::Progress(_) => None,
                Reply::PrepareOk(_)
                | Reply::Parameter(_)
                | Reply::LocalInfile(_)
                | Reply::Statistics(_) => return Err(OwnError::TooLong),
            };
            input.advance(read);
            if end.is_some() {
                return Ok(end);
            }
        }
    }
}

impl Session {
    /// What turns tracking on in a session that has the target's defaults.
    pub(crate) fn track(&self, world: World<'_>) -> Vec<Purpose> {
        let asks = self.capabilities.contains(Capabilities::SESSION_TRACK);
        let asked = asks.then_some(Purpose::Tracked);
        let on = self.track_again(world);
        asked.into_iter().chain(on).collect()
    }

    /// What turns tracking on again in a session in which stored code ran.
    pub(crate) fn track_again(&self, world: World<'_>) -> Vec<Purpose> {
        let asks = self.capabilities.contains(Capabilities::SESSION_TRACK);
        let protects = !world.policy.set.protects().is_empty();
        let hidden = (asks && protects).then_some(Purpose::HideTransactions);
        hidden.into_iter().chain([Purpose::Track]).collect()
    }

    /// Takes the end of one of our own statements; what the session is lost by is an error.
    pub(crate) fn own_step_ended(
        &mut self,
        exchange: &mut Exchange,
        purpose: Purpose,
        end: OwnEnd,
        world: World<'_>,
    ) -> Result<(), String> {
        let is_hit = matches!(end, OwnEnd::Failed { code, .. } if is_interruption(code));
        if is_hit && purpose.may_come_later() && exchange.repeated < REPEATS_MAX {
            // A KILL was meant for the statement before, or for whatever ran.
            exchange.repeated += 1;
            self.ask_more(exchange, vec![purpose]);
            return Ok(());
        }
        if is_hit
            && matches!(purpose, Purpose::TakeRole(_))
            && let Some(relay) = exchange.relay_mut()
        {
            relay.runs_without_role();
            return Ok(());
        }
        if end == OwnEnd::Reported {
            self.ask_more(exchange, vec![Purpose::ReadBack]);
            return Ok(());
        }
        match self.own_ended(&purpose, end, world) {
            Err(Lost::State(error)) if self.undoes(exchange, &error) => Ok(()),
            ended => ended.map_err(|lost| lost.to_string()),
        }
    }

    /// Takes what came of one of our own statements.
    fn own_ended(&mut self, purpose: &Purpose, end: OwnEnd, world: World<'_>) -> Result<(), Lost> {
        let names = self.names(world);
        let rows = match end {
            OwnEnd::Failed { code, message } => {
                let Purpose::Shape { id, made } = purpose else {
                    return Err(Lost::Refused(failed(purpose, code, &message)));
                };
                if let Some(state) = &mut self.state {
                    state.shaped(id, None, *made);
                }
                return Ok(());
            }
            OwnEnd::Reported => return Ok(()),
            OwnEnd::Done(rows) => rows,
        };
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        match purpose {
            Purpose::Shape { id, made } => {
                let table = overlay::shape(&rows, &state.context);
                state.shaped(id, table, *made);
                Ok(())
            }
            Purpose::ReadBack => state.read_back(&rows, names).map_err(Lost::State),
            Purpose::Tracked => {
                state.tracked = Tracked::read(&rows).ok_or(Lost::Untold)?;
                Ok(())
            }
            Purpose::HideTransactions => {
                state.tracked = state.tracked.without_states();
                Ok(())
            }
            Purpose::Track
            | Purpose::Names(_)
            | Purpose::UseSchema(_)
            | Purpose::TakeRole(_)
            | Purpose::DropRole
            | Purpose::Restore(_)
            | Purpose::Forget(_) => Ok(()),
        }
    }
}

fn failed(purpose: &Purpose, code: u16, message: &str) -> String {
    match purpose {
        Purpose::UseSchema(_) => format!("the default database cannot be used: error {code}"),
        Purpose::Tracked
        | Purpose::HideTransactions
        | Purpose::Track
        | Purpose::ReadBack
        | Purpose::Names(_)
        | Purpose::TakeRole(_)
        | Purpose::DropRole
        | Purpose::Restore(_)
        | Purpose::Forget(_)
        | Purpose::Shape { .. } => {
            format!("the target refused a statement of the gateway's own: {code} {message}")
        }
    }
}

/// A cell in UTF-8, whatever the session's character set for results is.
fn in_utf8((cell, charset): (Option<&[u8]>, Option<Charset>)) -> Option<Vec<u8>> {
    let cell = cell?;
    let read = charset.and_then(|charset| wide::utf8(cell, charset));
    Some(read.unwrap_or_else(|| cell.to_vec()))
}

/// How often statements of ours are sent again within one exchange.
const REPEATS_MAX: u8 = 3;

/// Why a session is lost with one of our own statements.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// What was read back cannot be followed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The target failed.
    #[error("{0}")]
    Refused(String),
    /// An answer that cannot be read.
    #[error("the target does not say what it tracks")]
    Untold,
}

/// No statement of ours answers with more.
const OWN_ROWS_MAX: usize = 4;

/// A reply to one of our own statements that is none.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OwnError {
    /// Not packets.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Not the packets of such a reply.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// More than was asked for.
    #[error("the target answered one of the gateway's own statements with something else")]
    TooLong,
}
