//! Frames: however a stream is cut into chunks, its packets are the same.

use mysql_proto::error::FrameError;
use mysql_proto::frame::HeaderScanner;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::Visit;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;

/// Any split of the bytes gives the same packets and the same error, in the assembler and in the
/// scanner; no packet is over the limit; packets that are written anew are read the same.
///
/// The first byte sets the limit, the second the lengths of the chunks; the rest is the stream.
pub fn frame_chunks(input: &[u8]) {
    let [limit, cuts, stream @ ..] = input else {
        return;
    };
    let packet_bytes_max = usize::from(*limit) * 16;
    let whole = assemble(stream, packet_bytes_max, &mut |left| left);
    let mut step = usize::from(*cuts);
    let mut cut = |left: usize| {
        step = (step * 31 + 7) % 37;
        left.min(1 + step)
    };
    let pieces = assemble(stream, packet_bytes_max, &mut cut);
    assert_eq!(whole, pieces, "packets hang on how the stream was cut");
    assert!(
        whole
            .0
            .iter()
            .all(|(_, payload)| payload.len() <= packet_bytes_max)
    );

    let scanned = scan(stream, &mut |left| left);
    assert_eq!(
        scanned,
        scan(stream, &mut cut),
        "headers hang on how the stream was cut"
    );
    assert!(
        stream.starts_with(&scanned.1),
        "a byte was changed by the scan"
    );

    for (sequence, payload) in &whole.0 {
        written_is_read(SequenceId::new(*sequence), payload);
    }
}

type Packets = Vec<(u8, Vec<u8>)>;

fn assemble(
    mut stream: &[u8],
    packet_bytes_max: usize,
    cut: &mut dyn FnMut(usize) -> usize,
) -> (Packets, Option<FrameError>) {
    let mut assembler = PacketAssembler::new(packet_bytes_max);
    assembler.expect_any_sequence();
    let mut packets = Vec::new();
    while !stream.is_empty() {
        let (mut chunk, rest) = stream.split_at(cut(stream.len()).min(stream.len()));
        stream = rest;
        loop {
            match assembler.feed(&mut chunk) {
                Ok(Some(packet)) => {
                    packets.push((packet.sequence.value(), packet.payload.to_vec()));
                }
                Ok(None) => break,
                Err(error) => {
                    let again = assembler.feed(&mut &b"\x00\x00\x00\x00"[..]);
                    assert_eq!(again, Err(error), "a failed assembler went on");
                    return (packets, Some(error));
                }
            }
        }
    }
    (packets, None)
}

type Starts = Vec<(Option<u8>, usize)>;

/// As a relay does it: what was not relayed stands at the front of the next chunk.
fn scan(stream: &[u8], cut: &mut dyn FnMut(usize) -> usize) -> (Starts, Vec<u8>) {
    let mut scanner = HeaderScanner::new(0);
    let mut starts = Vec::new();
    let mut relayed = Vec::new();
    let mut pending = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(cut(rest.len()).min(rest.len()));
        rest = after;
        pending.extend_from_slice(chunk);
        let scanned = scanner.scan(&mut pending, |start| {
            starts.push((start.first, start.length));
            Visit::Relay
        });
        assert!(!scanned.stopped);
        relayed.extend(pending.drain(..scanned.relayed));
        assert!(pending.len() <= 4, "more than a header is held back");
    }
    (starts, relayed)
}

fn written_is_read(sequence: SequenceId, payload: &[u8]) {
    let mut next = sequence;
    let mut out = Vec::new();
    encode_packet(payload, &mut next, &mut out);
    let mut assembler = PacketAssembler::new(payload.len());
    assembler.expect_sequence(sequence);
    let mut stream = out.as_slice();
    let read = assembler
        .feed(&mut stream)
        .map(|packet| packet.map(|packet| packet.payload));
    assert_eq!(read, Ok(Some(payload)));
    assert!(stream.is_empty());
}
