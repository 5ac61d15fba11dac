//! Bytes to packets and packets to bytes: headers, 16 MiB splits, sequence numbers, size limit.
//!
//! This is the only place where "more bytes are needed" exists. A physical packet has a header of
//! four bytes: three of length, one sequence number. A payload of 0xFFFFFF bytes or more is sent as
//! several physical packets, all but the last of exactly that length; the last may be empty.

pub mod parts;

use crate::error::FrameError;
use crate::types::SequenceId;

/// The longest payload of one physical packet.
pub const PHYSICAL_BYTES_MAX: usize = 0xff_ffff;

/// The length of a packet header.
pub const HEADER_BYTES: usize = 4;

/// A buffer that grew over this is given back after its packet.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// One whole logical packet.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Packet<'a> {
    /// The sequence number of its last physical packet; an answer goes on from there.
    pub sequence: SequenceId,
    /// Its payload, without headers.
    pub payload: &'a [u8],
}

/// Puts logical packets together from chunks of a stream.
///
/// A packet that lies whole in one chunk is borrowed from it; others are gathered in a buffer which
/// grows only by bytes that have come, never by a length that a header promises. After an error
/// every further call gives the same error.
///
/// ```
/// use mysql_proto::frame::PacketAssembler;
///
/// let mut assembler = PacketAssembler::new(1024);
/// let mut input = &b"\x01\x00\x00\x00\x0e\x02\x00"[..];
/// let packet = assembler.feed(&mut input)?.expect("one whole packet");
/// assert_eq!(packet.payload, b"\x0e");
/// assembler.expect_any_sequence();
/// assert!(assembler.feed(&mut input)?.is_none());
/// # Ok::<(), mysql_proto::error::FrameError>(())
/// ```
#[derive(Debug)]
pub struct PacketAssembler {
    packet_bytes_max: usize,
    expected: Option<SequenceId>,
    header: [u8; HEADER_BYTES],
    header_filled: usize,
    current: Option<Physical>,
    partial: Vec<u8>,
    continued: bool,
    complete: bool,
    skips: bool,
    /// The packet at hand is over the limit, and this is why; it is read to its end and not kept.
    skipped: Option<FrameError>,
    failed: Option<FrameError>,
}

/// The physical packet that is being read.
#[derive(Clone, Copy, Debug)]
struct Physical {
    sequence: SequenceId,
    left: usize,
    last: bool,
}

/// What one call of [`PacketAssembler::advance`] came to.
enum Step<'i> {
    NeedMore,
    Borrowed(SequenceId, &'i [u8]),
    Gathered(SequenceId),
}

impl PacketAssembler {
    /// An assembler for packets up to `packet_bytes_max`, whose first packet has the number zero.
    #[must_use]
    pub const fn new(packet_bytes_max: usize) -> Self {
        Self {
            packet_bytes_max,
            expected: Some(SequenceId::ZERO),
            header: [0; HEADER_BYTES],
            header_filled: 0,
            current: None,
            partial: Vec::new(),
            continued: false,
            complete: false,
            skips: false,
            skipped: None,
            failed: None,
        }
    }

    /// Sets the number that the next packet must have.
    ///
    /// After each packet the next number is expected by itself, so this is called where a new
    /// command begins, or where the other side has sent packets in between.
    pub const fn expect_sequence(&mut self, sequence: SequenceId) {
        self.expected = Some(sequence);
    }

    /// Takes the next packet with any number.
    pub const fn expect_any_sequence(&mut self) {
        self.expected = None;
    }

    /// The number that the next physical packet must have, or had if it was refused by its header;
    /// `None` if any will do.
    #[must_use]
    pub const fn expected_sequence(&self) -> Option<SequenceId> {
        self.expected
    }

    /// Changes the size limit, as after the login.
    pub const fn set_packet_bytes_max(&mut self, packet_bytes_max: usize) {
        self.packet_bytes_max = packet_bytes_max;
    }

    /// Sets whether a packet over the limit is read to its end before it is an error.
    ///
    /// A client that sends one looks for the answer only then, under the number behind its last
    /// part. Nothing of the packet is kept, and how long that may take is for the caller to say.
    pub const fn skip_too_large(&mut self, skips: bool) {
        self.skips = skips;
    }

    /// Whether no part of a packet is held back.
    #[must_use]
    pub const fn is_at_boundary(&self) -> bool {
        self.complete || (self.header_filled == 0 && self.current.is_none() && !self.continued)
    }

    /// Reads from the front of `input` until a packet is whole or the input is used up.
    ///
    /// `input` is moved past what was read; what follows the packet stays in it.
    ///
    /// # Errors
    ///
    /// [`FrameError`] when a packet is over the limit or has the wrong sequence number.
    pub fn feed<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Packet<'a>>, FrameError> {
        Ok(match self.step(input)? {
            Step::NeedMore => None,
            Step::Borrowed(sequence, payload) => Some(Packet { sequence, payload }),
            Step::Gathered(sequence) => Some(Packet {
                sequence,
                payload: &self.partial,
            }),
        })
    }

    /// Like [`PacketAssembler::feed`], but gives the payload away: one that was gathered is not copied.
    ///
    /// # Errors
    ///
    /// [`FrameError`] when a packet is over the limit or has the wrong sequence number.
    pub fn feed_owned(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<(SequenceId, Vec<u8>)>, FrameError> {
        Ok(match self.step(input)? {
            Step::NeedMore => None,
            Step::Borrowed(sequence, payload) => Some((sequence, payload.to_vec())),
            Step::Gathered(sequence) => Some((sequence, std::mem::take(&mut self.partial))),
        })
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Result<Step<'i>, FrameError> {
        if self.complete {
            self.reset_partial();
        }
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.advance(input).inspect_err(|error| {
            self.failed = Some(*error);
            self.reset_partial();
        })
    }

    fn reset_partial(&mut self) {
        self.complete = false;
        self.continued = false;
        self.partial.clear();
        if self.partial.capacity() > KEPT_BYTES_MAX {
            self.partial = Vec::new();
        }
    }

    fn advance<'i>(&mut self, input: &mut &'i [u8]) -> Result<Step<'i>, FrameError> {
        loop {
            let Some(current) = &mut self.current else {
                if self.read_header(input)? {
                    continue;
                }
                return Ok(Step::NeedMore);
            };
            let (chunk, rest) = input.split_at(current.left.min(input.len()));
            *input = rest;
            current.left -= chunk.len();
            let Physical {
                sequence,
                left,
                last,
            } = *current;
            if left == 0 {
                self.current = None;
            }
            if let Some(error) = self.skipped {
                match (left, last) {
                    (0, true) => return Err(error),
                    (0, false) => continue,
                    (_, true | false) => return Ok(Step::NeedMore),
                }
            }
            if left == 0 && last && self.partial.is_empty() && !self.continued {
                return Ok(Step::Borrowed(sequence, chunk));
            }
            self.partial.extend_from_slice(chunk);
            if left > 0 {
                return Ok(Step::NeedMore);
            }
            if last {
                self.complete = true;
                return Ok(Step::Gathered(sequence));
            }
            self.continued = true;
        }
    }

    /// Gathers a header; false when the input ended before it was whole.
    fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, FrameError> {
        while let Some(slot) = self.header.get_mut(self.header_filled) {
            let [first, rest @ ..] = *input else {
                return Ok(false);
            };
            *slot = *first;
            *input = rest;
            self.header_filled += 1;
        }
        self.header_filled = 0;
        let [b0, b1, b2, sequence] = self.header;
        let length = physical_length(b0, b1, b2);
        if let Some(expected) = self.expected
            && expected.value() != sequence
        {
            return Err(FrameError::OutOfOrder {
                expected: expected.value(),
                found: sequence,
            });
        }
        // The partial packet and the limit are both far below usize::MAX / 2.
        let total = self.partial.len().saturating_add(length);
        if total > self.packet_bytes_max && self.skipped.is_none() {
            let error = FrameError::TooLarge {
                length: total,
                limit: self.packet_bytes_max,
            };
            if !self.skips {
                return Err(error);
            }
            self.skipped = Some(error);
            self.partial = Vec::new();
        }
        let sequence = SequenceId::new(sequence);
        self.expected = Some(sequence.next());
        self.current = Some(Physical {
            sequence,
            left: length,
            last: length < PHYSICAL_BYTES_MAX,
        });
        Ok(true)
    }
}

/// The beginning of a logical packet, as [`HeaderScanner::scan`] shows it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PacketStart {
    /// Where its header begins in the chunk.
    pub offset: usize,
    /// The first byte of its payload; `None` when the payload is empty.
    pub first: Option<u8>,
    /// The length of its first physical packet. When it is [`PHYSICAL_BYTES_MAX`], more follows.
    pub length: usize,
}

/// Whether a scan goes on after a packet start.
#[expect(clippy::exhaustive_enums, reason = "go on or stop: there is no third")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Visit {
    /// The packet is relayed as it is; go on with the next.
    Relay,
    /// Stop in front of this packet.
    Stop,
}

/// How far a scan came.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scanned {
    /// The length of the part of the chunk that was scanned and may be relayed.
    pub relayed: usize,
    /// Whether the visitor stopped the scan; the packet in question begins at `relayed`.
    pub stopped: bool,
}

/// Walks over the packet headers of a reply that is relayed in the chunks in which it was read.
///
/// Only headers and first bytes are looked at. What remains of a chunk after
/// [`Scanned::relayed`] bytes, at most four bytes of a header that is not whole yet or begins the
/// packet at which the scan was stopped, is kept by the caller, and stands at the front of the next
/// chunk.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeaderScanner {
    left: usize,
    continued: bool,
    delta: u8,
    last: SequenceId,
}

impl HeaderScanner {
    /// A scanner at the beginning of a packet, which adds `delta` to each sequence number.
    #[must_use]
    pub const fn new(delta: u8) -> Self {
        Self {
            left: 0,
            continued: false,
            delta,
            last: SequenceId::ZERO,
        }
    }

    /// Whether the scanner stands between two logical packets.
    #[must_use]
    pub const fn is_at_boundary(&self) -> bool {
        self.left == 0 && !self.continued
    }

    /// The number of the last header, as it was relayed.
    #[must_use]
    pub const fn last_sequence(&self) -> SequenceId {
        self.last
    }

    /// Walks over `chunk` and asks `visit` at the beginning of each logical packet.
    pub fn scan(
        &mut self,
        chunk: &mut [u8],
        mut visit: impl FnMut(PacketStart) -> Visit,
    ) -> Scanned {
        let mut offset = 0;
        loop {
            let skipped = self.left.min(chunk.len().saturating_sub(offset));
            self.left -= skipped;
            offset += skipped;
            let Some([b0, b1, b2, sequence, payload @ ..]) = chunk.get_mut(offset..) else {
                return Scanned {
                    relayed: offset,
                    stopped: false,
                };
            };
            let length = physical_length(*b0, *b1, *b2);
            if !self.continued {
                let first = payload.first().copied().filter(|_| length > 0);
                let unseen = length > 0 && first.is_none();
                let start = PacketStart {
                    offset,
                    first,
                    length,
                };
                if unseen || visit(start) == Visit::Stop {
                    return Scanned {
                        relayed: offset,
                        stopped: !unseen,
                    };
                }
            }
            *sequence = sequence.wrapping_add(self.delta);
            self.last = SequenceId::new(*sequence);
            self.continued = length == PHYSICAL_BYTES_MAX;
            self.left = length;
            offset += HEADER_BYTES;
        }
    }
}

/// Appends `payload` as one logical packet, and moves `sequence` past it.
///
/// A payload of an exact multiple of [`PHYSICAL_BYTES_MAX`] is followed by an empty packet.
pub fn encode_packet(payload: &[u8], sequence: &mut SequenceId, out: &mut Vec<u8>) {
    let mut rest = payload;
    loop {
        let (chunk, tail) = rest.split_at(rest.len().min(PHYSICAL_BYTES_MAX));
        out.extend_from_slice(&header(chunk.len(), *sequence));
        out.extend_from_slice(chunk);
        *sequence = sequence.next();
        if chunk.len() < PHYSICAL_BYTES_MAX {
            return;
        }
        rest = tail;
    }
}

/// The place where a packet was opened in a buffer.
#[derive(Debug)]
#[must_use = "a packet that is opened must be closed or dropped"]
pub struct OpenPacket {
    start: usize,
}

impl OpenPacket {
    /// Leaves room for a header; the payload is then appended to `out` itself.
    pub fn open(out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; HEADER_BYTES]);
        Self { start }
    }

    /// Writes the header, splitting the payload where it is too long, and moves `sequence` past it.
    pub fn close(self, sequence: &mut SequenceId, out: &mut Vec<u8>) {
        let payload_start = self.start.saturating_add(HEADER_BYTES);
        let length = out.len().saturating_sub(payload_start);
        if length >= PHYSICAL_BYTES_MAX {
            // Rare and large: one copy more does not matter.
            let payload = out.split_off(payload_start);
            out.truncate(self.start);
            encode_packet(&payload, sequence, out);
            return;
        }
        if let Some(slot) = out.get_mut(self.start..payload_start) {
            slot.copy_from_slice(&header(length, *sequence));
        }
        *sequence = sequence.next();
    }

    /// Takes the packet back, with all that was appended since it was opened.
    pub fn abandon(self, out: &mut Vec<u8>) {
        out.truncate(self.start);
    }
}

const fn physical_length(b0: u8, b1: u8, b2: u8) -> usize {
    u32::from_le_bytes([b0, b1, b2, 0]) as usize
}

/// A header for `length`, which is at most [`PHYSICAL_BYTES_MAX`].
fn header(length: usize, sequence: SequenceId) -> [u8; HEADER_BYTES] {
    let [b0, b1, b2, ..] = (length as u64).to_le_bytes();
    [b0, b1, b2, sequence.value()]
}

#[cfg(test)]
mod tests;
