//! Rows on their way: passed in the chunks in which they came, masked part by part, or dropped.

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use masking::error::MaskError;
use masking::stream::ResultMasker;
use mysql_proto::frame::HEADER_BYTES;
use mysql_proto::frame::Visit;
use mysql_proto::frame::parts::PartReader;
use mysql_proto::frame::parts::PartWriter;
use mysql_proto::types::SequenceId;

use crate::relay::Fed;
use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::listed::ListedRows;
use crate::relay::push;
use crate::relay::push_bytes;
use crate::relay::unmaskable;
use crate::reply::Failure;

/// Rows that are masked. Neither a row nor a packet of one lies whole in memory on its way in; on
/// its way out a packet is kept until it is whole, because its length stands in front of it. Rows
/// that lie whole in a chunk, and keep their length, are masked there and not copied.
#[derive(Debug)]
pub(super) struct MaskedRows {
    pub(super) masker: ResultMasker,
    pub(super) reader: PartReader,
    pub(super) writer: PartWriter,
}

/// How the rows of the result at hand pass.
#[derive(Debug)]
pub(super) enum RowsPass {
    /// In the chunks in which they came.
    Through,
    /// Masked.
    Masked(Box<MaskedRows>),
    /// As rows of a list of variables, some of which are dropped.
    Listed(Box<ListedRows>),
}

impl RowsPass {
    /// Masked, where there is a masker; the first packet of them must have the number `expected`.
    pub(super) fn by(masker: Option<ResultMasker>, expected: SequenceId) -> Self {
        masker.map_or(Self::Through, |masker| {
            Self::Masked(Box::new(MaskedRows::new(masker, expected)))
        })
    }
}

/// What the rows of one chunk came to.
pub(super) enum Passed {
    /// More must come.
    All,
    /// A packet follows that is no row.
    UpToEnd,
    /// Nothing more may be shown.
    Refused(Failure, Option<(&'static str, String)>),
}

/// How far rows are copied.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// To the end of the row that is under way.
    RowEnds,
    /// As far as there are any.
    InputEnds,
}

impl MaskedRows {
    /// Masks rows of which the first packet must have the number `expected`.
    pub(super) fn new(masker: ResultMasker, expected: SequenceId) -> Self {
        Self {
            masker,
            reader: PartReader::new(expected),
            writer: PartWriter::default(),
        }
    }

    /// The masker, for rows that are fetched later.
    pub(super) fn into_masker(self) -> ResultMasker {
        self.masker
    }

    /// Whether the client has a part of a row whose end has not come.
    pub(super) const fn is_in_row(&self) -> bool {
        self.writer.has_begun()
    }

    /// Takes back what can be taken back: the row that is under way, unless the client has the
    /// beginning of it.
    pub(super) fn stop(&mut self) {
        if !self.writer.has_begun() {
            self.writer.abandon();
        }
    }
}

impl Relay {
    /// Takes rows, up to the packet that is none.
    pub(super) fn take_rows(
        &mut self,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Option<Fed>, RelayError> {
        let passed = match std::mem::replace(&mut self.rows_pass, RowsPass::Through) {
            RowsPass::Masked(mut rows) => {
                let passed = self.mask_rows(&mut rows, input, out);
                push(out, rows.writer.take());
                self.assembler.expect_sequence(rows.reader.expected());
                self.detected.add(&rows.masker.take_detected());
                self.rows_pass = RowsPass::Masked(rows);
                passed
            }
            RowsPass::Listed(mut rows) => {
                let passed = self.list_rows(&mut rows, input, out);
                self.assembler.expect_sequence(rows.expected());
                self.rows_pass = RowsPass::Listed(rows);
                passed
            }
            RowsPass::Through => return self.pass_rows(input, out),
        };
        match passed? {
            Passed::All => Ok(None),
            Passed::UpToEnd => self.take_packets(input, out),
            Passed::Refused(failure, event) => Ok(Some(self.refuse(failure, event))),
        }
    }

    fn mask_rows(
        &mut self,
        rows: &mut MaskedRows,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Passed, RelayError> {
        if self.failure.is_none() && rows.masker.keeps_length() {
            if !rows.reader.is_at_boundary() {
                // The rest of a row that was cut.
                let passed = self.copy_rows(rows, input, Until::RowEnds)?;
                push(out, rows.writer.take());
                match passed {
                    Passed::All => {}
                    Passed::UpToEnd | Passed::Refused(..) => return Ok(passed),
                }
            }
            if rows.reader.is_at_boundary()
                && let Some(passed) = self.mask_in_place(rows, input, out)?
            {
                return Ok(passed);
            }
        }
        self.copy_rows(rows, input, Until::InputEnds)
    }

    fn copy_rows(
        &mut self,
        rows: &mut MaskedRows,
        input: &mut BytesMut,
        until: Until,
    ) -> Result<Passed, RelayError> {
        let mut rest: &[u8] = input;
        // A rest of a header makes no row.
        if rest.len() > HEADER_BYTES {
            let length = match until {
                Until::InputEnds => rest.len(),
                Until::RowEnds => rest.len().min(rows.reader.left()),
            };
            rows.writer.reserve(length.saturating_add(ROOM_BYTES));
        }
        let passed = self.mask_parts(rows, &mut rest, until);
        let read = input.len() - rest.len();
        input.advance(read);
        passed
    }

    fn mask_parts(
        &mut self,
        rows: &mut MaskedRows,
        rest: &mut &[u8],
        until: Until,
    ) -> Result<Passed, RelayError> {
        let MaskedRows {
            masker,
            reader,
            writer,
        } = rows;
        loop {
            if reader.is_at_boundary() {
                match until {
                    Until::RowEnds => return Ok(Passed::All),
                    Until::InputEnds => {}
                }
                let Some(beginning) = reader.peek(rest) else {
                    return Ok(Passed::All);
                };
                if !self.tracker.is_row(beginning.first, beginning.length) {
                    return Ok(Passed::UpToEnd);
                }
                if self.failure.is_none() {
                    if self.rows_left() == 0 {
                        return Ok(Passed::Refused(self.too_many_rows(), None));
                    }
                    writer.open();
                }
            }
            let Some(part) = reader.next_part(rest)? else {
                return Ok(Passed::All);
            };
            // Of a row whose beginning the client has, it gets the rest.
            if self.failure.is_some() && !writer.has_begun() {
                continue;
            }
            let masked = masker.mask_part(part.bytes, writer.payload());
            let masked = if part.last {
                masked.and_then(|()| masker.end_row())
            } else {
                masked
            };
            if let Err(error) = masked {
                return not_masked(writer, error);
            }
            if part.last {
                writer.close(&mut self.sequence);
                self.rows += 1;
            } else {
                writer.close_full(&mut self.sequence);
            }
        }
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
        let left = self.rows_left();
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
        if self.rows > self.earlier_rows {
            self.sequence = self.scanner.last_sequence().next();
        }
        if over {
            return Ok(Some(self.refuse(self.too_many_rows(), None)));
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
}

/// A row cannot be masked: where the client has a part of it already, nothing can be said any more.
pub(super) fn not_masked(writer: &mut PartWriter, error: MaskError) -> Result<Passed, RelayError> {
    if writer.has_begun() {
        return Err(RelayError::Row(error));
    }
    writer.abandon();
    let (failure, event) = unmaskable(&error.to_string());
    Ok(Passed::Refused(failure, event))
}

/// By how much masked cells may be longer than clear ones before a buffer grows.
const ROOM_BYTES: usize = 8 * 1024;
