//! Logical packets of any size, read and written in parts: no packet lies whole in memory.

use crate::error::FrameError;
use crate::frame::HEADER_BYTES;
use crate::frame::PHYSICAL_BYTES_MAX;
use crate::frame::header;
use crate::frame::physical_length;
use crate::types::SequenceId;

/// The beginning of a logical packet, before any of it was read.
#[expect(clippy::exhaustive_structs, reason = "this is all that is known of it")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Beginning {
    /// The first byte of its payload; `None` when the payload is empty.
    pub first: Option<u8>,
    /// The length of its first physical packet.
    pub length: usize,
}

/// A part of the payload of a logical packet.
#[expect(clippy::exhaustive_structs, reason = "this is all that there is to it")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part<'i> {
    /// Some bytes of the payload; none where it ends behind a full physical packet.
    pub bytes: &'i [u8],
    /// Whether the packet ends with them.
    pub last: bool,
}

/// A logical packet that lies whole in one chunk, to be changed where it lies.
#[derive(Debug)]
pub struct Whole<'i> {
    number: &'i mut u8,
    /// Its payload.
    pub payload: &'i mut [u8],
}

impl Whole<'_> {
    /// Gives it the number `sequence`, which moves past it.
    #[inline]
    pub const fn renumber(self, sequence: &mut SequenceId) {
        *self.number = sequence.value();
        *sequence = sequence.next();
    }
}

/// Reads logical packets from chunks of a stream, part by part, and holds nothing.
///
/// What is left of a chunk, at most a header and one byte, stands at the front of the next.
#[derive(Clone, Copy, Debug)]
pub struct PartReader {
    expected: SequenceId,
    left: usize,
    /// Whether another physical packet belongs to the logical one.
    continued: bool,
}

impl PartReader {
    /// A reader at the beginning of a packet that must have this number.
    #[must_use]
    pub const fn new(expected: SequenceId) -> Self {
        Self {
            expected,
            left: 0,
            continued: false,
        }
    }

    /// The number of the next physical packet.
    #[must_use]
    pub const fn expected(&self) -> SequenceId {
        self.expected
    }

    /// Whether the reader stands between two logical packets.
    #[must_use]
    pub const fn is_at_boundary(&self) -> bool {
        self.left == 0 && !self.continued
    }

    /// How much of the physical packet that is being read has not come.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// The packet at the front of `input`, of which nothing was read yet; `None` when too little of
    /// it has come to tell, or one is being read.
    #[must_use]
    #[inline]
    pub fn peek(&self, input: &[u8]) -> Option<Beginning> {
        let [b0, b1, b2, _, payload @ ..] = input else {
            return None;
        };
        let length = physical_length(*b0, *b1, *b2);
        let first = payload.first().copied().filter(|_| length > 0);
        let seen = length == 0 || first.is_some();
        (seen && self.is_at_boundary()).then_some(Beginning { first, length })
    }

    /// Reads the packet at the front of `input`, which is moved past it; `None`, with nothing read,
    /// when it does not lie there whole, or a packet is being read.
    ///
    /// # Errors
    ///
    /// [`FrameError`] when it has the wrong number.
    #[inline]
    pub fn next_whole<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Whole<'i>>, FrameError> {
        let [b0, b1, b2, ..] = *input else {
            return Ok(None);
        };
        let length = physical_length(*b0, *b1, *b2);
        let is_whole = input.len() >= HEADER_BYTES + length && length < PHYSICAL_BYTES_MAX;
        if !is_whole || !self.is_at_boundary() {
            return Ok(None);
        }
        let (packet, rest) = std::mem::take(input).split_at_mut(HEADER_BYTES + length);
        *input = rest;
        let [_, _, _, number, payload @ ..] = packet else {
            return Ok(None);
        };
        if *number != self.expected.value() {
            return Err(FrameError::OutOfOrder {
                expected: self.expected.value(),
                found: *number,
            });
        }
        self.expected = self.expected.next();
        Ok(Some(Whole { number, payload }))
    }

    /// Reads the next part from the front of `input`; `None` when it is used up but for a part of a
    /// header.
    ///
    /// # Errors
    ///
    /// [`FrameError`] when a physical packet has the wrong number.
    #[inline]
    pub fn next_part<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Part<'i>>, FrameError> {
        if self.left == 0 {
            let [b0, b1, b2, sequence, payload @ ..] = *input else {
                return Ok(None);
            };
            if *sequence != self.expected.value() {
                return Err(FrameError::OutOfOrder {
                    expected: self.expected.value(),
                    found: *sequence,
                });
            }
            self.expected = self.expected.next();
            self.left = physical_length(*b0, *b1, *b2);
            self.continued = self.left == PHYSICAL_BYTES_MAX;
            *input = payload;
            if payload.is_empty() && self.left > 0 {
                return Ok(None);
            }
        } else if input.is_empty() {
            return Ok(None);
        }
        let (bytes, rest) = input.split_at(self.left.min(input.len()));
        *input = rest;
        self.left -= bytes.len();
        Ok(Some(Part {
            bytes,
            last: self.is_at_boundary(),
        }))
    }
}

/// Writes logical packets whose payloads are appended to a buffer as they come.
///
/// A header has the length of its packet, so the last physical packet is kept until it is whole or
/// full: no more than [`PHYSICAL_BYTES_MAX`] bytes, and what was appended since.
#[derive(Debug, Default)]
pub struct PartWriter {
    buffer: Vec<u8>,
    /// Where the header of the packet that is open stands.
    start: usize,
    open: bool,
    /// Whether a physical packet of the open logical one was closed.
    begun: bool,
}

impl PartWriter {
    /// Opens a packet.
    #[inline]
    pub fn open(&mut self) {
        self.start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; HEADER_BYTES]);
        self.open = true;
        self.begun = false;
    }

    /// Makes room for so many bytes.
    ///
    /// A packet that has grown large gets the room of a full one at once: a buffer that doubles would
    /// take twice as much.
    pub fn reserve(&mut self, bytes: usize) {
        let open = self.open_bytes();
        let room = if open > LARGE_BYTES_MIN {
            PHYSICAL_BYTES_MAX
                .saturating_sub(open)
                .saturating_add(bytes)
        } else {
            bytes
        };
        if self.buffer.capacity().saturating_sub(self.buffer.len()) < bytes {
            self.buffer
                .reserve_exact(room.saturating_add(2 * HEADER_BYTES));
        }
    }

    /// Where the payload is appended.
    #[inline]
    pub const fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether a part of the packet that is open can be taken already, or was.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.open && self.begun
    }

    /// Closes the packets that are full; to be called after each part.
    #[inline]
    pub fn close_full(&mut self, sequence: &mut SequenceId) {
        while self.open && self.open_bytes() >= PHYSICAL_BYTES_MAX {
            let end = self.start + HEADER_BYTES + PHYSICAL_BYTES_MAX;
            let tail = self.buffer.split_off(end);
            self.write_header(PHYSICAL_BYTES_MAX, sequence);
            self.start = self.buffer.len();
            self.buffer.extend_from_slice(&[0; HEADER_BYTES]);
            self.buffer.extend_from_slice(&tail);
            self.begun = true;
        }
    }

    /// Closes the packet; an empty one ends what is full.
    #[inline]
    pub fn close(&mut self, sequence: &mut SequenceId) {
        self.close_full(sequence);
        self.write_header(self.open_bytes(), sequence);
        self.start = self.buffer.len();
        self.open = false;
    }

    /// Takes back what of the open packet can still be taken back.
    pub fn abandon(&mut self) {
        self.buffer.truncate(self.start);
        self.open = false;
    }

    /// All packets that are closed, to be sent.
    pub fn take(&mut self) -> Vec<u8> {
        let closed = if self.open {
            self.start
        } else {
            self.buffer.len()
        };
        if closed == 0 {
            return Vec::new();
        }
        let rest = self.buffer.split_off(closed);
        self.start = 0;
        std::mem::replace(&mut self.buffer, rest)
    }

    const fn open_bytes(&self) -> usize {
        self.buffer.len().saturating_sub(self.start + HEADER_BYTES)
    }

    #[inline]
    fn write_header(&mut self, length: usize, sequence: &mut SequenceId) {
        let slot = self.buffer.get_mut(self.start..self.start + HEADER_BYTES);
        if let Some(slot) = slot {
            slot.copy_from_slice(&header(length, *sequence));
        }
        *sequence = sequence.next();
    }
}

/// From here on a packet is taken to become a full one.
const LARGE_BYTES_MIN: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::encode_packet;

    #[test]
    fn a_large_packet_takes_no_more_than_a_full_one_and_a_part() {
        let (mut writer, mut sequence) = (PartWriter::default(), SequenceId::ZERO);
        let part = vec![b'x'; 64 * 1024];
        writer.open();
        for _ in 0..600 {
            writer.reserve(part.len());
            writer.payload().extend_from_slice(&part);
            writer.close_full(&mut sequence);
            let most = PHYSICAL_BYTES_MAX + 2 * part.len() + LARGE_BYTES_MIN;
            assert!(writer.payload().capacity() <= most);
            writer.take();
        }
    }

    /// Reads `wire` in chunks, keeping what is left as a session does.
    fn read(wire: &[u8], sizes: &[usize], expected: u8) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut reader = PartReader::new(SequenceId::new(expected));
        let (mut packets, mut packet) = (Vec::new(), Vec::new());
        let (mut waiting, mut rest) = (Vec::new(), wire);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at((*size).min(rest.len()));
            rest = tail;
            waiting.extend_from_slice(chunk);
            let mut input = &waiting[..];
            while let Some(part) = reader.next_part(&mut input)? {
                packet.extend_from_slice(part.bytes);
                if part.last {
                    packets.push(std::mem::take(&mut packet));
                }
            }
            assert!(input.len() < HEADER_BYTES);
            waiting = input.to_vec();
        }
        assert!(packet.is_empty() && reader.is_at_boundary());
        Ok(packets)
    }

    fn written(payloads: &[Vec<u8>], sequence: u8) -> Vec<u8> {
        let (mut wire, mut sequence) = (Vec::new(), SequenceId::new(sequence));
        for payload in payloads {
            encode_packet(payload, &mut sequence, &mut wire);
        }
        wire
    }

    #[test]
    fn every_cut_gives_the_same_packets() {
        let payloads = [b"a".to_vec(), Vec::new(), b"three".to_vec()];
        let wire = written(&payloads, 7);
        for size in 1..=wire.len() {
            assert_eq!(read(&wire, &[size], 7).unwrap(), payloads);
        }
    }

    #[test]
    fn packets_around_the_largest_are_read_and_written() {
        for length in [
            PHYSICAL_BYTES_MAX - 1,
            PHYSICAL_BYTES_MAX,
            PHYSICAL_BYTES_MAX + 1,
            2 * PHYSICAL_BYTES_MAX,
        ] {
            let payloads = [vec![b'x'; length], b"next".to_vec()];
            let wire = written(&payloads, 255);
            for sizes in [
                &[1 << 20][..],
                &[4, PHYSICAL_BYTES_MAX, 1],
                &[wire.len() - 1],
            ] {
                assert!(
                    read(&wire, sizes, 255).unwrap() == payloads,
                    "{length} {sizes:?}"
                );
            }
            for size in [1 << 20, PHYSICAL_BYTES_MAX, length] {
                let (mut writer, mut out) = (PartWriter::default(), Vec::new());
                let mut sequence = SequenceId::new(255);
                for payload in &payloads {
                    writer.open();
                    for part in payload.chunks(size) {
                        writer.payload().extend_from_slice(part);
                        writer.close_full(&mut sequence);
                        out.extend(writer.take());
                    }
                    writer.close(&mut sequence);
                }
                out.extend(writer.take());
                assert!(out == wire, "{length} in parts of {size}");
            }
        }
    }

    #[test]
    fn a_number_out_of_order_is_an_error() {
        let wire = written(&[vec![b'x'; PHYSICAL_BYTES_MAX + 5]], 3);
        assert!(read(&wire, &[wire.len()], 4).is_err());
        let mut second = wire;
        second[HEADER_BYTES + PHYSICAL_BYTES_MAX + 3] = 9;
        let sizes = [1 << 16];
        let found = read(&second, &sizes, 3).unwrap_err();
        assert_eq!(
            found,
            FrameError::OutOfOrder {
                expected: 4,
                found: 9
            }
        );
    }

    #[test]
    fn a_packet_is_told_before_it_is_read() {
        let reader = PartReader::new(SequenceId::ZERO);
        assert_eq!(reader.peek(b"\x02\0\0\0"), None);
        assert_eq!(reader.peek(b"\x02\0\0"), None);
        let beginning = |first, length| Some(Beginning { first, length });
        assert_eq!(reader.peek(b"\0\0\0\0\xfe"), beginning(None, 0));
        assert_eq!(reader.peek(b"\x02\0\0\0\xfe"), beginning(Some(0xfe), 2));
    }

    #[test]
    fn a_packet_is_changed_where_it_lies_if_it_lies_there_whole() {
        let mut wire = written(&[b"one".to_vec(), Vec::new(), b"three".to_vec()], 254);
        let whole = wire.len();
        for length in 0..=whole {
            let mut reader = PartReader::new(SequenceId::new(254));
            let mut chunk = wire[..length].to_vec();
            let (mut rest, mut sequence) = (&mut chunk[..], SequenceId::new(255));
            let mut read = 0;
            while let Some(packet) = reader.next_whole(&mut rest).unwrap() {
                packet.payload.make_ascii_uppercase();
                read += HEADER_BYTES + packet.payload.len();
                packet.renumber(&mut sequence);
            }
            let left = rest.len();
            assert!(left < HEADER_BYTES + 5 && left + read == length && reader.is_at_boundary());
            let changed = [b"ONE".to_vec(), Vec::new(), b"THREE".to_vec()];
            assert_eq!(chunk[..read], written(&changed, 255)[..read]);
        }
        // Its parts are read elsewhere when it has begun.
        let mut reader = PartReader::new(SequenceId::new(254));
        reader.next_part(&mut &wire[..5]).unwrap();
        assert_eq!(reader.left(), 2);
        assert!(reader.next_whole(&mut &mut wire[5..]).unwrap().is_none());
    }

    #[test]
    fn a_packet_that_is_out_of_order_or_full_is_not_changed() {
        let mut wire = written(&[b"one".to_vec()], 3);
        let mut reader = PartReader::new(SequenceId::new(4));
        let found = reader.next_whole(&mut &mut wire[..]);
        assert!(matches!(
            found,
            Err(FrameError::OutOfOrder {
                expected: 4,
                found: 3
            })
        ));
        let mut full = written(&[vec![b'x'; PHYSICAL_BYTES_MAX]], 4);
        let mut reader = PartReader::new(SequenceId::new(4));
        assert!(reader.next_whole(&mut &mut full[..]).unwrap().is_none());
    }

    #[test]
    fn what_is_taken_back_is_not_written() {
        let (mut writer, mut sequence) = (PartWriter::default(), SequenceId::ZERO);
        writer.open();
        writer.payload().extend_from_slice(b"whole");
        writer.close(&mut sequence);
        writer.open();
        writer.payload().extend_from_slice(b"part");
        assert!(!writer.has_begun());
        writer.abandon();
        assert_eq!(writer.take(), b"\x05\0\0\0whole");
        assert_eq!(writer.take(), b"");
        assert_eq!(sequence, SequenceId::ZERO.next());
    }

    #[test]
    fn a_packet_whose_front_was_taken_keeps_its_rest() {
        let (mut writer, mut sequence) = (PartWriter::default(), SequenceId::ZERO);
        writer.open();
        writer
            .payload()
            .resize(HEADER_BYTES + PHYSICAL_BYTES_MAX + 9, b'x');
        writer.close_full(&mut sequence);
        assert!(writer.has_begun());
        assert_eq!(writer.take().len(), HEADER_BYTES + PHYSICAL_BYTES_MAX);
        assert!(writer.has_begun());
        writer.close(&mut sequence);
        assert_eq!(writer.take(), b"\x09\0\0\x01xxxxxxxxx");
        assert!(!writer.has_begun());
    }
}
