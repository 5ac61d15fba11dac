//! The reply to a client's command on its way back: checked, masked, and passed on.
//!
//! Column definitions are held back until all of them have been compared with what the statement
//! was read as. Rows without masks then go out in the chunks in which they came; masked rows are
//! rewritten as they come. The packet that ends the reply is held until the outcome is recorded.

mod cursor;
mod definitions;
mod ending;
mod fields;
mod file;
mod in_place;
mod listed;
mod results;
mod rows;

use std::sync::Arc;

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use masking::detect::Counts;
use masking::error::MaskError;
use mysql_proto::charset::Charset;
use mysql_proto::error::DecodeError;
use mysql_proto::error::FrameError;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::HeaderScanner;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::ok::OkForm;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;
use policy_core::decision::Allow;
use policy_core::name::TableNameCase;
use policy_core::statement::Statement;

use crate::config::Policy;
use crate::mask::Shown;
use crate::numbers::Numbers;
use crate::relay::cursor::Cursored;
use crate::relay::file::ClientFile;
pub(crate) use crate::relay::file::Progress;
use crate::relay::rows::RowsPass;
use crate::reply::Failure;
use crate::state::Observed;
use crate::tracking::Tracked;

/// What a reply is held against.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The statement, for commands that have one.
    pub(crate) statement: Option<Arc<Statement>>,
    /// What was allowed, and what is owed for it.
    pub(crate) allow: Arc<Allow>,
    /// The policy that allowed it.
    pub(crate) policy: Arc<Policy>,
    /// What the definitions of its columns do not tell.
    pub(crate) shown: Shown,
    /// How the target compares names.
    pub(crate) names: TableNameCase,
    /// The character set in which the target names columns, and gives texts.
    pub(crate) results: Charset,
    /// What stands for numbers of connections.
    pub(crate) numbers: Numbers,
    /// Whether the target has a guard role, so that a refusal of rights tells of a misreading.
    pub(crate) guarded: bool,
}

/// How the client wants its packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientTerms {
    /// What both sides can do.
    pub(crate) capabilities: Capabilities,
    /// The session's last status flags, for packets that the target did not send.
    pub(crate) status: StatusFlags,
    /// What it is told of changes of the session.
    pub(crate) tracked: Tracked,
}

/// How a reply ended at the target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// With OK or the end of rows.
    Done {
        /// Rows changed.
        affected_rows: u64,
        /// Warnings counted.
        warnings: u16,
    },
    /// With an error.
    Failed {
        /// The error number.
        code: u16,
        /// The SQLSTATE.
        state: String,
        /// The real text.
        message: Vec<u8>,
    },
}

/// What happened while a chunk was relayed.
#[derive(Debug)]
pub(crate) enum Fed {
    /// More must come.
    More,
    /// The reply has ended.
    Ended,
    /// The target asks for the client's file, and gets this at once: nothing, if the client sends it.
    AsksForFile(Bytes),
    /// The client gets an error instead of what follows: stop the statement, drain the reply.
    Refused(Refused),
}

/// Why a reply is not passed on.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What the security event says; none for a limit.
    pub(crate) event: Option<(&'static str, String)>,
}

/// A reply that is not one: the session ends.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum RelayError {
    /// Not packets.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Not the packets of such a reply.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Something that nobody asked for.
    #[error("the target sent {0}")]
    Unexpected(&'static str),
    /// A row that could not be masked after a part of it had gone out.
    #[error(transparent)]
    Row(#[from] MaskError),
}

/// One reply.
#[derive(Debug)]
pub(crate) struct Relay {
    expected: Expected,
    terms: ClientTerms,
    tracker: ReplyTracker,
    assembler: PacketAssembler,
    scanner: HeaderScanner,
    drained: HeaderScanner,
    rows_pass: RowsPass,
    first: SequenceId,
    /// The number of the packet at hand, from the target.
    upstream: SequenceId,
    sequence: SequenceId,
    columns: usize,
    /// What it answers.
    kind: ReplyKind,
    /// COM_FIELD_LIST is answered with at most so many columns.
    columns_max: usize,
    definitions: Vec<ColumnDefinition<'static>>,
    parameters: Vec<ColumnDefinition<'static>>,
    /// What a PREPARE gave.
    pub(crate) prepared: Option<PrepareOk>,
    /// A statement that was prepared and is not wanted: to be closed.
    pub(crate) unwanted: Option<StatementId>,
    /// Rows that were sent before the result at hand.
    earlier_rows: u64,
    /// Rows that were sent to the client.
    pub(crate) rows: u64,
    /// Bytes that came from the target.
    pub(crate) bytes: u64,
    /// What detectors found in what was sent to the client.
    pub(crate) detected: Counts,
    /// How it ended.
    pub(crate) end: Option<End>,
    /// What the server said about the session's state.
    pub(crate) observed: Observed,
    /// What a security event says about the way it ended.
    pub(crate) event: Option<(&'static str, String)>,
    /// What the client gets instead of the rest.
    failure: Option<Failure>,
    /// A KILL kept it from the guard role.
    lacks_role: bool,
    /// It gets no result of the procedure that runs.
    withholds: bool,
    held: Vec<u8>,
    /// The number of the first packet that is held.
    first_held: Option<SequenceId>,
    /// What the reply has to do with a cursor.
    cursor: Cursored,
    /// The file that the target may ask for.
    file: Option<Box<ClientFile>>,
}

impl Relay {
    /// A relay whose first packet has these numbers, from the target and to the client.
    pub(crate) fn new(
        kind: ReplyKind,
        agreement: Agreement,
        terms: ClientTerms,
        (first, sequence): (SequenceId, SequenceId),
        expected: Expected,
    ) -> Self {
        let mut assembler = PacketAssembler::new(agreement.limits.packet_bytes_max);
        assembler.expect_sequence(first);
        let file = ClientFile::of(&expected);
        Self {
            file,
            expected,
            terms,
            tracker: ReplyTracker::new(kind, agreement),
            assembler,
            scanner: HeaderScanner::new(0),
            drained: HeaderScanner::new(0),
            rows_pass: RowsPass::Through,
            first,
            upstream: first,
            sequence,
            columns: 0,
            kind,
            columns_max: agreement.limits.columns_max,
            definitions: Vec::new(),
            parameters: Vec::new(),
            prepared: None,
            unwanted: None,
            earlier_rows: 0,
            rows: 0,
            bytes: 0,
            detected: Counts::default(),
            end: None,
            observed: Observed::default(),
            event: None,
            failure: None,
            lacks_role: false,
            withholds: false,
            held: Vec::new(),
            first_held: None,
            cursor: Cursored::default(),
        }
    }

    /// The packets that end the reply, to be sent when the outcome is recorded.
    pub(crate) fn take_held(&mut self) -> Bytes {
        self.first_held = None;
        Bytes::from(std::mem::take(&mut self.held))
    }

    /// Whether the client has only whole packets of this reply.
    pub(crate) fn is_between_packets(&self) -> bool {
        let in_row = match &self.rows_pass {
            RowsPass::Masked(rows) => rows.is_in_row(),
            RowsPass::Through | RowsPass::Listed(_) => false,
        };
        self.scanner.is_at_boundary() && !in_row
    }

    /// The number of the next packet to the client, if what is held is never sent.
    pub(crate) fn next_sequence(&self) -> SequenceId {
        let coming = self.file.as_ref().and_then(|file| file.next_sequence());
        coming.or(self.first_held).unwrap_or(self.sequence)
    }

    /// Reads from the front of `input`, and appends to `out` what the client may have.
    pub(crate) fn feed(
        &mut self,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Fed, RelayError> {
        while !input.is_empty() {
            if self.awaits_first_row(input, out) {
                return Ok(Fed::More);
            }
            let before = input.len();
            let fed = if self.tracker.is_in_rows() && self.assembler.is_at_boundary() {
                self.take_rows(input, out)?
            } else {
                self.take_packets(input, out)?
            };
            self.bytes += (before - input.len()) as u64;
            match fed {
                Some(fed) => return Ok(fed),
                None if input.len() == before => return Ok(Fed::More),
                None => {}
            }
        }
        Ok(Fed::More)
    }

    /// Takes whole packets until rows can be passed in chunks, or the reply ends.
    fn take_packets(
        &mut self,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Option<Fed>, RelayError> {
        let mut masked = Vec::new();
        loop {
            let mut rest: &[u8] = input;
            let before = rest.len();
            let mut assembler = std::mem::replace(&mut self.assembler, PacketAssembler::new(0));
            let fed = match assembler.feed(&mut rest) {
                Ok(Some(packet)) => {
                    let sequence = self.sequence;
                    self.upstream = packet.sequence;
                    let taken = self.take_packet(packet.payload, &mut masked);
                    if !self.held.is_empty() {
                        self.first_held.get_or_insert(sequence);
                    }
                    Some(taken)
                }
                Ok(None) => None,
                Err(error) => Some(Err(error.into())),
            };
            let read = before - rest.len();
            self.assembler = assembler;
            input.advance(read);
            let Some(fed) = fed else {
                push(out, masked);
                return Ok(None);
            };
            let taken = fed.inspect_err(|_| push(out, std::mem::take(&mut masked)))?;
            match taken {
                Taken::Next if self.tracker.is_in_rows() => {
                    push(out, masked);
                    return Ok(None);
                }
                Taken::Next => {}
                Taken::Ended => {
                    push(out, masked);
                    return Ok(Some(Fed::Ended));
                }
                Taken::Refused(failure, event) => {
                    push(out, masked);
                    return Ok(Some(self.refuse(failure, event)));
                }
                Taken::AsksForFile(at_once) => {
                    push(out, masked);
                    if !at_once.is_empty() {
                        self.assembler.expect_sequence(self.upstream.next().next());
                    }
                    return Ok(Some(Fed::AsksForFile(at_once)));
                }
            }
        }
    }

    fn take_packet(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<Taken, RelayError> {
        match self.tracker.next(payload)? {
            Reply::Ok(_) if self.promises_rows() => {
                Err(RelayError::Unexpected("an OK in the place of rows"))
            }
            Reply::Ok(ok) => {
                if self.has_more(ok.status)? {
                    return Ok(self.next_result(&ok, OkForm::Reply, out));
                }
                Ok(self.finish(&ok, OkForm::Reply))
            }
            Reply::End(ok) if self.kind == ReplyKind::FieldList => Ok(self.fields_done(&ok, out)),
            Reply::End(ok) => {
                if self.has_more(ok.status)? {
                    return Ok(self.next_result(&ok, OkForm::End, out));
                }
                if self.unasked_cursor(ok.status) {
                    return Err(RelayError::Unexpected("a cursor that was not asked for"));
                }
                Ok(self.finish(&ok, OkForm::End))
            }
            Reply::Err(error) => Ok(self.fail(&error)),
            Reply::ColumnCount(count) => Ok(self.announce(count)),
            Reply::Column(definition) if self.kind == ReplyKind::FieldList => {
                self.field(&definition)
            }
            Reply::Column(definition) => {
                self.definitions.push(definition.into_owned());
                self.definition_taken(out)
            }
            Reply::Parameter(definition) => {
                self.parameters.push(definition.into_owned());
                self.definition_taken(out)
            }
            Reply::PrepareOk(prepared) => {
                self.prepared = Some(prepared);
                self.columns = usize::from(prepared.columns);
                self.definition_taken(out)
            }
            Reply::Row(_) => Err(RelayError::Unexpected("a row where none can stand")),
            Reply::Statistics(text) => {
                encode_packet(text, &mut self.sequence, &mut self.held);
                self.end = Some(End::Done {
                    affected_rows: 0,
                    warnings: 0,
                });
                Ok(Taken::Ended)
            }
            Reply::EndOfDefinitions(_) => Err(RelayError::Unexpected(
                "an EOF although DEPRECATE_EOF was agreed",
            )),
            Reply::LocalInfile(name) => self.take_request(name, out),
            Reply::Progress(_) => Err(RelayError::Unexpected("a progress report")),
        }
    }
}

/// What one packet came to.
pub(super) enum Taken {
    Next,
    Ended,
    Refused(Failure, Option<(&'static str, String)>),
    AsksForFile(Bytes),
}

fn push(out: &mut Vec<Bytes>, bytes: Vec<u8>) {
    push_bytes(out, Bytes::from(bytes));
}

fn push_bytes(out: &mut Vec<Bytes>, bytes: Bytes) {
    if !bytes.is_empty() {
        out.push(bytes);
    }
}

/// What the client gets, and what is told of it, where masking fails.
pub(super) fn unmaskable(detail: &str) -> (Failure, Option<(&'static str, String)>) {
    let failure = Failure::closed(
        "POSTERN-MASK",
        "a protected value could not be masked, so nothing more is shown; select other columns",
    );
    (failure, Some(("mask_failure", detail.to_owned())))
}
