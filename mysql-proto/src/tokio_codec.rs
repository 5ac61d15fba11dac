//! Feature `tokio-codec`: logical packets as a `tokio_util` decoder and encoder.

use std::io;

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use tokio_util::codec::Decoder;
use tokio_util::codec::Encoder;

use crate::error::FrameError;
use crate::frame::PacketAssembler;
use crate::frame::encode_packet;
use crate::types::SequenceId;

/// Cuts a stream into logical packets and writes them, for the half-duplex talk of a login.
///
/// The sequence goes on over both directions: a packet that was read sets the number of the one
/// that is written next, and the other way round. [`PacketCodec::begin_command`] sets it to zero.
#[derive(Debug)]
pub struct PacketCodec {
    assembler: PacketAssembler,
    sequence: SequenceId,
}

/// Why a stream of packets broke.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not packets.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The stream itself failed.
    #[error("could not read or write packets")]
    Io(#[from] io::Error),
}

impl PacketCodec {
    /// A codec at the beginning of a connection.
    #[must_use]
    pub const fn new(packet_bytes_max: usize) -> Self {
        Self {
            assembler: PacketAssembler::new(packet_bytes_max),
            sequence: SequenceId::ZERO,
        }
    }

    /// The next packet, read or written, begins a command.
    pub const fn begin_command(&mut self) {
        self.expect_sequence(SequenceId::ZERO);
    }

    /// The next packet, read or written, has this number.
    pub const fn expect_sequence(&mut self, sequence: SequenceId) {
        self.sequence = sequence;
        self.assembler.expect_sequence(sequence);
    }

    /// The number of the next packet.
    #[must_use]
    pub const fn sequence(&self) -> SequenceId {
        self.sequence
    }

    /// Changes the size limit, as after the login.
    pub const fn set_packet_bytes_max(&mut self, packet_bytes_max: usize) {
        self.assembler.set_packet_bytes_max(packet_bytes_max);
    }
}

impl Decoder for PacketCodec {
    type Item = Bytes;
    type Error = CodecError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, CodecError> {
        let mut input = &source[..];
        let before = input.len();
        let packet = self.assembler.feed(&mut input)?;
        let found = packet.map(|packet| (packet.sequence, Bytes::copy_from_slice(packet.payload)));
        let read = before - input.len();
        source.advance(read);
        Ok(found.map(|(sequence, payload)| {
            self.expect_sequence(sequence.next());
            payload
        }))
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, CodecError> {
        let packet = self.decode(source)?;
        // What has come of a packet is held by the assembler, where the default of this method,
        // which looks at what is left in the buffer, would not find it.
        if packet.is_none() && !self.assembler.is_at_boundary() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(packet)
    }
}

impl Encoder<&[u8]> for PacketCodec {
    type Error = CodecError;

    fn encode(&mut self, payload: &[u8], out: &mut BytesMut) -> Result<(), CodecError> {
        let mut packet = Vec::new();
        encode_packet(payload, &mut self.sequence, &mut packet);
        out.extend_from_slice(&packet);
        self.expect_sequence(self.sequence);
        Ok(())
    }
}
