//! Whole packets over a stream, for logins and for the gateway's own statements.

use bytes::Buf;
use bytes::BytesMut;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use zeroize::Zeroize;

use super::error::PacketError;

/// A stream, cut into packets. A call that is dropped half way leaves it at no known place.
#[derive(Debug)]
pub(super) struct Packets<S> {
    stream: S,
    input: BytesMut,
    assembler: PacketAssembler,
    sequence: SequenceId,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    pub(super) fn new(stream: S, packet_bytes_max: usize) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            assembler: PacketAssembler::new(packet_bytes_max),
            sequence: SequenceId::ZERO,
        }
    }

    /// Goes on with a stream of which some bytes were read already.
    pub(super) fn resume(stream: S, unread: BytesMut, packet_bytes_max: usize) -> Self {
        Self {
            input: unread,
            ..Self::new(stream, packet_bytes_max)
        }
    }

    /// Reads the next packet.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, PacketError> {
        loop {
            let mut rest: &[u8] = &self.input;
            let packet = self.assembler.feed(&mut rest)?;
            let packet = packet.map(|packet| (packet.sequence, packet.payload.to_vec()));
            let used = self.input.len().saturating_sub(rest.len());
            self.input.advance(used);
            if let Some((sequence, payload)) = packet {
                self.sequence = sequence.next();
                return Ok(payload);
            }
            self.input.reserve(READ_BYTES);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(PacketError::Closed);
            }
        }
    }

    /// Sends a packet as the next of the exchange. The payload may be a secret.
    pub(super) async fn write(&mut self, payload: &[u8]) -> Result<(), PacketError> {
        let mut bytes = Vec::with_capacity(payload.len().saturating_add(HEADERS_BYTES));
        encode_packet(payload, &mut self.sequence, &mut bytes);
        self.assembler.expect_sequence(self.sequence);
        let sent = self.stream.write_all(&bytes).await;
        bytes.zeroize();
        sent?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Sends the first packet of a command.
    pub(super) async fn write_command(&mut self, payload: &[u8]) -> Result<(), PacketError> {
        self.sequence = SequenceId::ZERO;
        self.write(payload).await
    }

    /// Whether bytes came that belong to no packet that was read.
    pub(super) fn has_unread(&self) -> bool {
        !self.input.is_empty() || !self.assembler.is_at_boundary()
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    /// Takes the stream out, to join another in its place, as at a turn to TLS.
    pub(super) fn split(self) -> (S, Packets<()>) {
        let Self {
            stream,
            input,
            assembler,
            sequence,
        } = self;
        (
            stream,
            Packets {
                stream: (),
                input,
                assembler,
                sequence,
            },
        )
    }
}

impl Packets<()> {
    /// Goes on with this stream.
    pub(super) fn join<S>(self, stream: S) -> Packets<S> {
        let Self {
            stream: (),
            input,
            assembler,
            sequence,
        } = self;
        Packets {
            stream,
            input,
            assembler,
            sequence,
        }
    }

    /// What was read beyond the last packet.
    pub(super) fn into_unread(self) -> BytesMut {
        self.input
    }
}

const READ_BYTES: usize = 16 * 1024;
/// Room for the headers of a short packet.
const HEADERS_BYTES: usize = 16;
