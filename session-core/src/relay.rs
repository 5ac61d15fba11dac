//! The reply to a client's command on its way back: checked, masked, and passed on.
//!
//! Column definitions are held back until all of them have been compared with what the statement
//! was read as. Rows without masks then go out in the chunks in which they came; masked rows are
//! rewritten one by one. The packet that ends the reply is held until the outcome is recorded.

mod definitions;
mod ending;

use std::sync::Arc;

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use masking::stream::ResultMasker;
use mysql_proto::error::DecodeError;
use mysql_proto::error::FrameError;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::HeaderScanner;
use mysql_proto::frame::OpenPacket;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::Visit;
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
use crate::reply::Failure;
use crate::state::Observed;

/// What a reply is held against.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The statement, for commands that have one.
    pub(crate) statement: Option<Arc<Statement>>,
    /// What was allowed, and what is owed for it.
    pub(crate) allow: Arc<Allow>,
    /// The policy that allowed it.
    pub(crate) policy: Arc<Policy>,
    /// How the target compares names.
    pub(crate) names: TableNameCase,
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
    masker: Option<Box<ResultMasker>>,
    first: SequenceId,
    sequence: SequenceId,
    columns: usize,
    definitions: Vec<ColumnDefinition<'static>>,
    parameters: Vec<ColumnDefinition<'static>>,
    /// What a PREPARE gave.
    pub(crate) prepared: Option<PrepareOk>,
    /// A statement that was prepared and is not wanted: to be closed.
    pub(crate) unwanted: Option<StatementId>,
    /// Rows that were sent to the client.
    pub(crate) rows: u64,
    /// Bytes that came from the target.
    pub(crate) bytes: u64,
    /// How it ended.
    pub(crate) end: Option<End>,
    /// What the server said about the session's state.
    pub(crate) observed: Observed,
    /// What a security event says about the way it ended.
    pub(crate) event: Option<(&'static str, String)>,
    /// What the client gets instead of the rest.
    failure: Option<Failure>,
    held: Vec<u8>,
    /// The number of the first packet that is held.
    first_held: Option<SequenceId>,
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
        Self {
            expected,
            terms,
            tracker: ReplyTracker::new(kind, agreement),
            assembler,
            scanner: HeaderScanner::new(0),
            drained: HeaderScanner::new(0),
            masker: None,
            first,
            sequence,
            columns: 0,
            definitions: Vec::new(),
            parameters: Vec::new(),
            prepared: None,
            unwanted: None,
            rows: 0,
            bytes: 0,
            end: None,
            observed: Observed::default(),
            event: None,
            failure: None,
            held: Vec::new(),
            first_held: None,
        }
    }

    /// The packets that end the reply, to be sent when the outcome is recorded.
    pub(crate) fn take_held(&mut self) -> Bytes {
        self.first_held = None;
        Bytes::from(std::mem::take(&mut self.held))
    }

    /// Whether the client has only whole packets of this reply.
    pub(crate) fn is_between_packets(&self) -> bool {
        self.scanner.is_at_boundary()
    }

    /// The number of the next packet to the client, if what is held is never sent.
    pub(crate) fn next_sequence(&self) -> SequenceId {
        self.first_held.unwrap_or(self.sequence)
    }

    /// Reads from the front of `input`, and appends to `out` what the client may have.
    pub(crate) fn feed(
        &mut self,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Fed, RelayError> {
        while !input.is_empty() {
            let before = input.len();
            let passing = self.tracker.is_in_rows() && self.masker.is_none();
            let fed = if passing && self.assembler.is_at_boundary() {
                self.pass_rows(input, out)?
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

    /// Relays whole chunks of rows; stops in front of what is no row.
    fn pass_rows(
        &mut self,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Option<Fed>, RelayError> {
        if self.failure.is_some() {
            return self.drain_rows(input, out);
        }
        let left = self
            .expected
            .allow
            .rows_max
            .map_or(u64::MAX, |most| most - self.rows.min(most));
        let (tracker, mut rows, mut over) = (&self.tracker, 0, false);
        let scanned = self.scanner.scan(input, |start| {
            if !tracker.is_row(start.first, start.length) {
                return Visit::Stop;
            }
            if rows == left {
                over = true;
                return Visit::Stop;
            }
            rows += 1;
            Visit::Relay
        });
        self.rows += rows;
        push_bytes(out, input.split_to(scanned.relayed).freeze());
        if self.rows > 0 {
            self.sequence = self.scanner.last_sequence().next();
        }
        if over {
            return Ok(Some(self.refuse(too_many_rows(self.rows), None)));
        }
        if !scanned.stopped {
            return Ok(None);
        }
        self.assembler.expect_any_sequence();
        self.take_packets(input, out)
    }

    /// Finishes the row whose beginning the client already has, and drops the rest.
    fn drain_rows(
        &mut self,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Option<Fed>, RelayError> {
        if !self.scanner.is_at_boundary() {
            let finished = self.scanner.scan(input, |_| Visit::Stop);
            self.sequence = self.scanner.last_sequence().next();
            push_bytes(out, input.split_to(finished.relayed).freeze());
            if !finished.stopped {
                return Ok(None);
            }
        }
        let tracker = &self.tracker;
        let scanned = self.drained.scan(input, |start| {
            if tracker.is_row(start.first, start.length) {
                Visit::Relay
            } else {
                Visit::Stop
            }
        });
        input.advance(scanned.relayed);
        if !scanned.stopped {
            return Ok(None);
        }
        self.assembler.expect_any_sequence();
        self.take_packets(input, out)
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
            match fed? {
                Taken::Next if self.tracker.is_in_rows() && self.masker.is_none() => {
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
            }
        }
    }

    fn take_packet(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<Taken, RelayError> {
        match self.tracker.next(payload)? {
            Reply::Ok(ok) => {
                if self.unasked_result(ok.status) {
                    return Err(RelayError::Unexpected("more results than were asked for"));
                }
                let form = OkForm::Reply;
                Ok(self.finish(&ok, form))
            }
            Reply::End(ok) => {
                if self.unasked_result(ok.status) {
                    return Err(RelayError::Unexpected("more results than were asked for"));
                }
                Ok(self.finish(&ok, OkForm::End))
            }
            Reply::Err(error) => Ok(self.fail(&error)),
            Reply::ColumnCount(count) => Ok(self.announce(count)),
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
            Reply::Row(row) => Ok(self.mask_row(row, out)),
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
            Reply::LocalInfile(_) => Err(RelayError::Unexpected("a request for a file")),
            Reply::Progress(_) => Err(RelayError::Unexpected("a progress report")),
        }
    }

    /// One statement gives one result.
    fn unasked_result(&self, status: StatusFlags) -> bool {
        status.contains(StatusFlags::MORE_RESULTS_EXISTS)
    }

    fn mask_row(&mut self, row: &[u8], out: &mut Vec<u8>) -> Taken {
        if self.failure.is_some() {
            return Taken::Next;
        }
        if self
            .expected
            .allow
            .rows_max
            .is_some_and(|most| self.rows >= most)
        {
            return Taken::Refused(too_many_rows(self.rows), None);
        }
        let Some(masker) = &mut self.masker else {
            return unmaskable("a row came before its masks were made");
        };
        let packet = OpenPacket::open(out);
        match masker.mask_row(row, out) {
            Ok(()) => {
                packet.close(&mut self.sequence, out);
                self.rows += 1;
                Taken::Next
            }
            Err(error) => {
                packet.abandon(out);
                unmaskable(&error.to_string())
            }
        }
    }
}

/// What one packet came to.
pub(super) enum Taken {
    Next,
    Ended,
    Refused(Failure, Option<(&'static str, String)>),
}

fn push(out: &mut Vec<Bytes>, bytes: Vec<u8>) {
    push_bytes(out, Bytes::from(bytes));
}

fn push_bytes(out: &mut Vec<Bytes>, bytes: Bytes) {
    if !bytes.is_empty() {
        out.push(bytes);
    }
}

fn too_many_rows(most: u64) -> Failure {
    Failure::new(
        1226,
        *b"42000",
        "POSTERN-LIMIT",
        &format!(
            "the result has more rows than the {most} that the rule allows; add a LIMIT or aggregate"
        ),
    )
}

pub(super) fn unmaskable(detail: &str) -> Taken {
    let failure = Failure::closed(
        "POSTERN-MASK",
        "a protected value could not be masked, so nothing more is shown; select other columns",
    );
    Taken::Refused(failure, Some(("mask_failure", detail.to_owned())))
}
