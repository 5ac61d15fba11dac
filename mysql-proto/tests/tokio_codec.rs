//! Feature `tokio-codec`: the same packets through `tokio_util`.

#![cfg(feature = "tokio-codec")]

use bytes::BytesMut;
use mysql_proto::tokio_codec::PacketCodec;
use tokio_util::codec::Decoder;
use tokio_util::codec::Encoder;

#[test]
fn packets_come_out_as_they_went_in() {
    let mut wire = BytesMut::new();
    let mut sender = PacketCodec::new(100);
    sender.encode(b"one", &mut wire).unwrap();
    sender.encode(b"", &mut wire).unwrap();
    let mut receiver = PacketCodec::new(100);
    let mut source = BytesMut::new();
    let mut found = Vec::new();
    for byte in wire {
        source.extend_from_slice(&[byte]);
        found.extend(receiver.decode(&mut source).unwrap());
    }
    assert_eq!(found, [&b"one"[..], b""]);
    assert_eq!(receiver.sequence(), sender.sequence());
}

#[test]
fn a_wrong_number_is_an_error() {
    let mut receiver = PacketCodec::new(100);
    let mut source = BytesMut::from(&b"\x01\x00\x00\x05a"[..]);
    assert!(receiver.decode(&mut source).is_err());
    let mut receiver = PacketCodec::new(100);
    receiver.begin_command();
    let mut source = BytesMut::from(&b"\x01\x00\x00\x00a"[..]);
    assert!(receiver.decode(&mut source).unwrap().is_some());
}

#[test]
fn a_packet_over_the_limit_is_an_error_before_it_has_come() {
    let mut receiver = PacketCodec::new(100);
    let mut source = BytesMut::from(&b"\x65\x00\x00\x00"[..]);
    assert!(receiver.decode(&mut source).is_err());
    // The stream stays broken.
    let mut source = BytesMut::from(&b"\x01\x00\x00\x00a"[..]);
    assert!(receiver.decode(&mut source).is_err());
    receiver.set_packet_bytes_max(1000);
    assert!(receiver.decode(&mut source).is_err());
}

#[test]
fn no_cut_of_a_packet_is_a_packet() {
    let mut wire = BytesMut::new();
    PacketCodec::new(100).encode(b"payload", &mut wire).unwrap();
    for cut in 0..wire.len() {
        let mut source = BytesMut::from(&wire[..cut]);
        let read = PacketCodec::new(100).decode(&mut source).unwrap();
        assert!(read.is_none(), "cut at {cut}");
    }
}

#[test]
fn a_stream_that_ends_inside_a_packet_is_an_error() {
    let mut receiver = PacketCodec::new(100);
    let mut source = BytesMut::from(&b"\x05\x00\x00\x00abc"[..]);
    assert!(receiver.decode_eof(&mut source).is_err());
    let mut receiver = PacketCodec::new(100);
    assert!(receiver.decode_eof(&mut BytesMut::new()).unwrap().is_none());
}
