//! Frames: known bytes, every cut, sequence, limits.

use super::*;

fn packets(mut input: &[u8], chunk: usize) -> Vec<Vec<u8>> {
    let mut assembler = PacketAssembler::new(usize::MAX);
    let mut found = Vec::new();
    while !input.is_empty() {
        let (mut head, tail) = input.split_at(chunk.min(input.len()));
        while let Some(packet) = assembler.feed(&mut head).unwrap() {
            found.push(packet.payload.to_vec());
        }
        input = tail;
    }
    assert!(assembler.is_at_boundary());
    found
}

#[test]
fn any_chunks_give_the_same_packets() {
    let mut wire = Vec::new();
    let mut sequence = SequenceId::ZERO;
    for payload in [&b"abc"[..], b"", b"x", &[7; 300]] {
        encode_packet(payload, &mut sequence, &mut wire);
    }
    let expected = packets(&wire, wire.len());
    assert_eq!(expected.len(), 4);
    for chunk in 1..wire.len() {
        assert_eq!(packets(&wire, chunk), expected);
    }
}

#[test]
fn a_whole_packet_is_borrowed_from_its_chunk() {
    let wire = b"\x03\x00\x00\x00abc".to_vec();
    let mut assembler = PacketAssembler::new(3);
    let mut input = &wire[..];
    let packet = assembler.feed(&mut input).unwrap().unwrap();
    assert!(wire.as_ptr_range().contains(&packet.payload.as_ptr()));
}

#[test]
fn an_exact_multiple_is_followed_by_an_empty_packet() {
    for (length, headers) in [
        (PHYSICAL_BYTES_MAX - 1, 1),
        (PHYSICAL_BYTES_MAX, 2),
        (PHYSICAL_BYTES_MAX + 1, 2),
        (2 * PHYSICAL_BYTES_MAX, 3),
    ] {
        let payload = vec![1; length];
        let mut wire = Vec::new();
        let mut sequence = SequenceId::new(254);
        encode_packet(&payload, &mut sequence, &mut wire);
        assert_eq!(wire.len(), length + usize::from(headers) * HEADER_BYTES);
        assert_eq!(sequence.value(), 254_u8.wrapping_add(headers));

        let mut opened = Vec::new();
        let mut sequence = SequenceId::new(254);
        let mark = OpenPacket::open(&mut opened);
        opened.extend_from_slice(&payload);
        mark.close(&mut sequence, &mut opened);
        assert_eq!(opened, wire);

        let mut assembler = PacketAssembler::new(length);
        assembler.expect_sequence(SequenceId::new(254));
        let mut input = &wire[..];
        let packet = assembler.feed(&mut input).unwrap().unwrap();
        assert_eq!(packet.payload.len(), length);
        assert_eq!(packet.sequence.next(), sequence);
    }
}

#[test]
fn a_header_over_the_limit_is_refused_before_its_payload() {
    let mut assembler = PacketAssembler::new(100);
    let mut input = &b"\x65\x00\x00\x00"[..];
    let refused = Err(FrameError::TooLarge {
        length: 101,
        limit: 100,
    });
    assert_eq!(assembler.feed(&mut input), refused);
    assert_eq!(assembler.feed(&mut &b"\x01\x00\x00\x00a"[..]), refused);
}

#[test]
fn continuations_count_towards_the_limit() {
    let mut wire = Vec::new();
    encode_packet(
        &vec![0; PHYSICAL_BYTES_MAX + 10],
        &mut SequenceId::default(),
        &mut wire,
    );
    let mut assembler = PacketAssembler::new(PHYSICAL_BYTES_MAX + 9);
    assert!(matches!(
        assembler.feed(&mut &wire[..]),
        Err(FrameError::TooLarge { .. })
    ));
}

#[test]
fn nothing_is_reserved_by_a_promised_length() {
    let mut assembler = PacketAssembler::new(usize::MAX);
    let mut input = &b"\xfe\xff\xff\x00ab"[..];
    assert_eq!(assembler.feed(&mut input), Ok(None));
    assert!(assembler.partial.capacity() < 1024);
    assert!(!assembler.is_at_boundary());
}

#[test]
fn a_wrong_sequence_number_is_refused() {
    let mut assembler = PacketAssembler::new(100);
    assert_eq!(
        assembler.feed(&mut &b"\x01\x00\x00\x01a"[..]),
        Err(FrameError::OutOfOrder {
            expected: 0,
            found: 1
        })
    );
}

#[test]
fn a_repeated_sequence_number_is_refused() {
    let mut assembler = PacketAssembler::new(100);
    let mut input = &b"\x01\x00\x00\x00a\x01\x00\x00\x00b"[..];
    assert!(assembler.feed(&mut input).unwrap().is_some());
    assert!(assembler.feed(&mut input).is_err());
}

#[test]
fn any_sequence_is_taken_once() {
    let mut assembler = PacketAssembler::new(100);
    assembler.expect_any_sequence();
    let mut input = &b"\x01\x00\x00\xffa\x01\x00\x00\x00b\x01\x00\x00\x00c"[..];
    assert!(assembler.feed(&mut input).unwrap().is_some());
    assert!(assembler.feed(&mut input).unwrap().is_some());
    assert!(assembler.feed(&mut input).is_err());
}

/// Relays `wire` in chunks as a driver does, and gives what was relayed and the starts.
fn relay(wire: &[u8], chunk: usize, delta: u8) -> (Vec<u8>, Vec<(Option<u8>, usize)>) {
    let mut scanner = HeaderScanner::new(delta);
    let mut relayed = Vec::new();
    let mut kept = Vec::new();
    let mut starts = Vec::new();
    for piece in wire.chunks(chunk) {
        kept.extend_from_slice(piece);
        let scanned = scanner.scan(&mut kept, |start| {
            starts.push((start.first, start.length));
            Visit::Relay
        });
        assert!(!scanned.stopped);
        relayed.extend(kept.drain(..scanned.relayed));
        assert!(kept.len() <= HEADER_BYTES);
    }
    assert!(kept.is_empty() && scanner.is_at_boundary());
    (relayed, starts)
}

#[test]
fn a_scan_sees_the_same_packets_in_any_chunks() {
    let mut wire = Vec::new();
    let mut sequence = SequenceId::new(3);
    for payload in [&b"abc"[..], b"", b"\xfex", &[7; 40]] {
        encode_packet(payload, &mut sequence, &mut wire);
    }
    let starts = vec![(Some(b'a'), 3), (None, 0), (Some(0xfe), 2), (Some(7), 40)];
    for chunk in 1..=wire.len() {
        assert_eq!(relay(&wire, chunk, 0), (wire.clone(), starts.clone()));
    }
}

#[test]
fn a_scan_moves_sequence_numbers() {
    let mut wire = Vec::new();
    let mut moved = Vec::new();
    let mut sequence = SequenceId::new(254);
    let mut other = SequenceId::new(1);
    for payload in [&b"abc"[..], b"d", b"e"] {
        encode_packet(payload, &mut sequence, &mut wire);
        encode_packet(payload, &mut other, &mut moved);
    }
    for chunk in 1..=wire.len() {
        assert_eq!(relay(&wire, chunk, 3).0, moved);
    }
}

#[test]
fn a_scan_does_not_take_a_continuation_for_a_packet() {
    let mut payload = vec![1; PHYSICAL_BYTES_MAX];
    payload.extend_from_slice(b"\xfe\x00");
    let mut wire = Vec::new();
    let mut sequence = SequenceId::ZERO;
    encode_packet(&payload, &mut sequence, &mut wire);
    encode_packet(b"z", &mut sequence, &mut wire);
    let (relayed, starts) = relay(&wire, 1_000_003, 0);
    assert_eq!(relayed, wire);
    assert_eq!(starts, vec![(Some(1), PHYSICAL_BYTES_MAX), (Some(b'z'), 1)]);
}

#[test]
fn a_stopped_scan_leaves_the_packet_whole() {
    let mut wire = b"\x01\x00\x00\x05a\x02\x00\x00\x06\xfe\x00".to_vec();
    let before = wire.clone();
    let mut scanner = HeaderScanner::new(0);
    let scanned = scanner.scan(&mut wire, |start| match start.first {
        Some(0xfe) => Visit::Stop,
        _ => Visit::Relay,
    });
    assert!(scanned.stopped && scanner.is_at_boundary());
    assert_eq!(&wire[scanned.relayed..], &before[5..]);
    assert_eq!(scanner.last_sequence(), SequenceId::new(5));
}

#[test]
fn a_packet_over_the_limit_may_be_read_to_its_end_and_is_not_kept() {
    for cut in 1..12 {
        let mut assembler = PacketAssembler::new(4);
        assembler.skip_too_large(true);
        let packets = b"\x05\0\0\0wrong\x01\0\0\x01x";
        let mut fed = Vec::new();
        for piece in packets.chunks(cut) {
            let mut input = piece;
            fed.push(assembler.feed(&mut input).map(|packet| packet.is_some()));
            if fed.last().is_some_and(Result::is_err) {
                break;
            }
        }
        let too_large = FrameError::TooLarge {
            length: 5,
            limit: 4,
        };
        assert_eq!(fed.pop(), Some(Err(too_large)), "cut {cut}");
        assert!(fed.iter().all(|fed| *fed == Ok(false)), "cut {cut}");
        assert_eq!(assembler.expected_sequence(), Some(SequenceId::new(1)));
    }
}

#[test]
fn a_packet_of_several_parts_over_the_limit_ends_with_the_last() {
    let mut assembler = PacketAssembler::new(10);
    assembler.skip_too_large(true);
    let part = [&b"\xff\xff\xff\0"[..], &vec![0; PHYSICAL_BYTES_MAX]].concat();
    assert_eq!(assembler.feed(&mut &part[..]), Ok(None));
    assert_eq!(assembler.feed(&mut &b"\0\0\0"[..]), Ok(None));
    assert!(matches!(
        assembler.feed(&mut &b"\x01"[..]),
        Err(FrameError::TooLarge { limit: 10, .. })
    ));
}

#[test]
fn a_payload_that_is_given_away_is_the_same_however_it_came() {
    let packets = b"\x05\0\0\0first\x06\0\0\x01second\0\0\0\x02";
    for cut in 1..packets.len() {
        let mut assembler = PacketAssembler::new(64);
        let mut got = Vec::new();
        for piece in packets.chunks(cut) {
            let mut input = piece;
            while let Some((sequence, payload)) = assembler.feed_owned(&mut input).unwrap() {
                got.push((sequence.value(), payload));
            }
        }
        let expected = [
            (0, b"first".to_vec()),
            (1, b"second".to_vec()),
            (2, Vec::new()),
        ];
        assert_eq!(got, expected, "cut {cut}");
    }
}
