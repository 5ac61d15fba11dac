//! Masked rows of any size: over packets and reads, out of turn, and cut off in their midst.

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;
use session_core::event::Event;

use crate::pair::Cut;
use crate::pair::Pair;
use crate::pair::failure;
use crate::target::Reply;
use crate::target::column;
use crate::target::typed_column;
use crate::world::CANARY;

const TEXT: &str = "SELECT name, email FROM shop.customers";

fn definitions() -> Vec<ColumnDefinition<'static>> {
    vec![
        typed_column("shop.customers", "name", ColumnType::LongBlob),
        typed_column("shop.customers", "email", ColumnType::LongBlob),
    ]
}

fn row(cells: &[&[u8]]) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut builder = TextRowBuilder::new(&mut payload);
    for cell in cells {
        builder.push(Some(cell));
    }
    payload
}

/// A row of which the payload has exactly so many bytes; the masked cell is the long one, or the
/// other.
fn row_of(length: usize, masked: bool) -> Vec<u8> {
    let canary = CANARY.as_bytes();
    for short in 1..20 {
        let short = &b"a name of nineteen."[..short];
        // Lengths of up to nine bytes each.
        for rest in 0..20 {
            let long = vec![b'x'; length - short.len() - canary.len() - rest];
            let payload = if masked {
                row(&[short, &[canary, &long].concat()])
            } else {
                row(&[&[short, &long].concat(), canary])
            };
            if payload.len() == length {
                return payload;
            }
        }
    }
    panic!("no row of {length} bytes");
}

fn running(rows: Vec<Vec<u8>>) -> Pair {
    let mut pair = Pair::ready();
    let definitions = definitions();
    pair.query_with(TEXT, Reply::Running { definitions, rows });
    pair
}

/// The wire form of a row, numbered on from the definitions.
fn wire(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_packet(payload, &mut SequenceId::new(4), &mut bytes);
    bytes
}

fn shown(pair: &mut Pair) -> Vec<(u8, Vec<u8>)> {
    std::iter::from_fn(|| pair.packet()).collect()
}

fn hides_canary(bytes: &[u8]) -> bool {
    // A search for the first byte first: these are tens of megabytes.
    let canary = CANARY.as_bytes();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == canary[0]) {
        rest = &rest[at..];
        if rest.starts_with(canary) {
            return false;
        }
        rest = &rest[1..];
    }
    true
}

/// What the client reads behind the definitions: whole rows whose second cell is redacted.
fn is_masked(payload: &[u8], name: &[u8]) {
    let cells = TextRow::new(payload).decode(2).unwrap();
    assert!(cells[0] == Some(name), "the cell that passes");
    assert_eq!(cells[1], Some(&b"[redacted]"[..]));
}

#[test]
fn rows_around_the_largest_packet_are_masked() {
    for length in [
        PHYSICAL_BYTES_MAX - 1,
        PHYSICAL_BYTES_MAX,
        PHYSICAL_BYTES_MAX + 1,
        2 * PHYSICAL_BYTES_MAX,
    ] {
        for masked in [false, true] {
            let mut pair = Pair::ready();
            let last = row(&[b"Bob", CANARY.as_bytes()]);
            let large = row_of(length, masked);
            let clear = TextRow::new(&large).decode(2).unwrap()[0].unwrap().to_vec();
            let reply = Reply::rows(definitions(), vec![large, last]);
            let rows = pair.query_with(TEXT, reply).rows();
            assert!(rows.ended && rows.rows.len() == 2, "{length} {masked}");
            is_masked(&rows.rows[0], &clear);
            is_masked(&rows.rows[1], b"Bob");
            assert!(hides_canary(&pair.to_client));
            pair.query("SELECT id FROM shop.orders").ok();
        }
    }
}

/// What goes out may be as long as what a packet holds, exactly, although what came in was not.
#[test]
fn a_masked_row_of_exactly_one_packet_is_followed_by_an_empty_one() {
    let filler = PHYSICAL_BYTES_MAX - 4 - b"\x0a[redacted]".len();
    for length in [filler - 1, filler, filler + 1] {
        let mut pair = Pair::ready();
        let large = row(&[&vec![b'x'; length], CANARY.as_bytes()]);
        let reply = Reply::rows(definitions(), vec![large]);
        let rows = pair.query_with(TEXT, reply).rows();
        assert!(rows.ended);
        is_masked(&rows.rows[0], &vec![b'x'; length]);
    }
}

/// Cells that end where a packet ends, one byte before and one after, in both protocols.
#[test]
fn cells_on_the_boundary_of_packets_are_masked() {
    for shift in [0, 1, 2] {
        let passes = vec![b'x'; PHYSICAL_BYTES_MAX - 5 + shift];
        let mut pair = Pair::ready();
        let reply = Reply::rows(definitions(), vec![row(&[&passes, CANARY.as_bytes()])]);
        let rows = pair.query_with(TEXT, reply).rows();
        is_masked(&rows.rows[0], &passes);
        assert!(hides_canary(&pair.to_client));

        let mut pair = Pair::ready();
        let prepared = Reply::Prepared {
            id: 6,
            parameters: 0,
            definitions: definitions(),
        };
        pair.prepare(TEXT, prepared).prepared();
        let definitions = definitions();
        let types: Vec<_> = definitions
            .iter()
            .map(|column| column.value_type())
            .collect();
        let values = [Value::Bytes(&passes), Value::Bytes(CANARY.as_bytes())];
        let mut binary = Vec::new();
        encode_row(&values, &types, &mut binary).unwrap();
        pair.target
            .replies
            .push_back(Reply::rows(definitions, vec![binary]));
        let execute = [0x17, 6, 0, 0, 0, 0, 1, 0, 0, 0];
        let rows = pair.ask(&execute, ReplyKind::Execute).rows();
        let cells = mysql_proto::row::binary::BinaryRow::new(&rows.rows[0], 2).unwrap();
        let cells = cells.decode(&types).unwrap();
        assert!(cells[0] == values[0]);
        assert_eq!(cells[1], Value::Bytes(b"[redacted]"));
        assert!(hides_canary(&pair.to_client));
    }
}

/// A row over three packets in two reads, cut at every place where something can be cut.
#[test]
fn every_cut_of_a_row_of_several_packets_gives_the_same() {
    let passes = vec![b'x'; PHYSICAL_BYTES_MAX];
    let secret = [&vec![b's'; PHYSICAL_BYTES_MAX][..], CANARY.as_bytes()].concat();
    let bytes = wire(&row(&[&passes, &secret]));
    let second = 4 + PHYSICAL_BYTES_MAX;
    let third = 2 * second;
    let cuts = (0..12)
        .chain(second - 8..second + 14)
        .chain(third - 6..third + 8)
        .chain(bytes.len() - 6..=bytes.len());
    let mut expected = None;
    for cut in cuts {
        let mut pair = running(Vec::new());
        let _definitions = shown(&mut pair);
        let before = pair.to_client.len();
        let (head, tail) = bytes.split_at(cut);
        pair.target_says(head);
        pair.target_says(tail);
        let got = &pair.to_client[before..];
        match &expected {
            None => {
                assert!(hides_canary(got));
                expected = Some(got.to_vec());
                let rows = shown(&mut pair);
                assert_eq!((rows.len(), rows[0].0), (1, 5));
                is_masked(&rows[0].1, &passes);
            }
            Some(expected) => assert!(got == expected, "cut at {cut}"),
        }
    }
}

/// However small the reads are, and whatever follows.
#[test]
fn small_rows_are_masked_in_every_cut() {
    for cut in [Cut::Single, Cut::Seed(3), Cut::Seed(9), Cut::Whole] {
        let mut pair = Pair::ready().cut(cut);
        let rows = vec![row(&[b"Ada", CANARY.as_bytes()]); 300];
        let rows = pair
            .query_with(TEXT, Reply::rows(definitions(), rows))
            .rows();
        assert!(rows.ended && rows.rows.len() == 300);
        rows.rows.iter().for_each(|row| is_masked(row, b"Ada"));
        assert!(hides_canary(&pair.to_client));
    }
}

/// One length is longer than what comes of the row; nothing of it has gone out.
#[test]
fn a_row_that_lies_is_one_clean_error_while_nothing_of_it_is_out() {
    let mut pair = running(vec![row(&[b"Ada", CANARY.as_bytes()])]);
    pair.target_says(&{
        let mut lying = row(&[b"Bob", CANARY.as_bytes()]);
        lying.pop();
        let mut bytes = Vec::new();
        encode_packet(&lying, &mut SequenceId::new(5), &mut bytes);
        // The end of the rows.
        encode_packet(
            &[0xfe, 0, 0, 2, 0, 0, 0],
            &mut SequenceId::new(6),
            &mut bytes,
        );
        bytes
    });
    let packets = shown(&mut pair);
    let (sequence, last) = packets.last().unwrap();
    assert_eq!((packets.len(), *sequence), (1, 5));
    failure(last).is_failure(1105, "[POSTERN-MASK]");
    assert_eq!(pair.killed(), 1);
    assert!(hides_canary(&pair.to_client) && !pair.session.is_closed());
    pair.query("SELECT id FROM shop.orders").ok();
}

/// The client has the beginning of a row that turns out to be none.
#[test]
fn a_row_that_lies_behind_its_first_packet_ends_the_connection_without_a_word() {
    let mut pair = running(Vec::new());
    let _definitions = shown(&mut pair);
    let mut lying = row(&[&vec![b'x'; PHYSICAL_BYTES_MAX], CANARY.as_bytes()]);
    lying.push(b'!');
    pair.target_says(&wire(&lying));
    assert!(pair.session.is_closed());
    assert_eq!(
        pair.unread().len(),
        4 + PHYSICAL_BYTES_MAX,
        "the first packet and no more"
    );
    assert!(hides_canary(&pair.to_client));
    let lost = pair.written().into_iter().any(
        |event| matches!(event, Written::SecurityEvent(event) if event.kind == "session_lost"),
    );
    assert!(lost);
}

#[test]
fn a_number_out_of_order_in_a_masked_row_ends_the_session() {
    let mut pair = running(vec![row(&[b"Ada", CANARY.as_bytes()])]);
    pair.target_says(&wire(&row(&[b"Bob", CANARY.as_bytes()])));
    assert!(pair.session.is_closed());
    let packets = shown(&mut pair);
    let (sequence, last) = packets.last().unwrap();
    assert_eq!(*sequence, 5, "behind the row that was right");
    failure(last).is_failure(1105, "[POSTERN-SESSION]");
    assert!(hides_canary(&pair.to_client));
}

/// Half a row has come, and nothing of it is out: it is dropped, however much of it follows.
#[test]
fn a_time_limit_in_the_midst_of_a_row_is_one_clean_error() {
    let mut bytes = Vec::new();
    let mut sequence = SequenceId::new(5);
    encode_packet(
        &row(&[b"Bob", CANARY.as_bytes()]),
        &mut sequence,
        &mut bytes,
    );
    encode_packet(&[0xfe, 0, 0, 2, 0, 0, 0], &mut sequence, &mut bytes);
    for cut in [1, 4, 5, 9, 20] {
        let mut pair = running(vec![row(&[b"Ada", CANARY.as_bytes()])]);
        let (head, tail) = bytes.split_at(cut);
        pair.target_says(head);
        pair.pass_to_deadline();
        assert_eq!(pair.killed(), 1);
        pair.target_says(tail);
        let packets = shown(&mut pair);
        let (sequence, last) = packets.last().unwrap();
        assert_eq!((packets.len(), *sequence), (1, 5), "cut at {cut}");
        failure(last).is_failure(3024, "[POSTERN-LIMIT]");
        pair.query("SELECT id FROM shop.orders").ok();
    }
}

/// The client has the beginning of a row: it gets the rest of it, masked, and then the error.
#[test]
fn a_time_limit_behind_the_first_packet_of_a_row_finishes_the_row() {
    let mut pair = running(Vec::new());
    let _definitions = shown(&mut pair);
    let passes = vec![b'x'; PHYSICAL_BYTES_MAX];
    let mut bytes = wire(&row(&[&passes, CANARY.as_bytes()]));
    let mut sequence = SequenceId::new(6);
    encode_packet(
        &row(&[b"Bob", CANARY.as_bytes()]),
        &mut sequence,
        &mut bytes,
    );
    encode_packet(&[0xfe, 0, 0, 2, 0, 0, 0], &mut sequence, &mut bytes);
    let (head, tail) = bytes.split_at(4 + PHYSICAL_BYTES_MAX);
    pair.target_says(head);
    assert_eq!(pair.unread().len(), 4 + PHYSICAL_BYTES_MAX);
    pair.pass_to_deadline();
    pair.target_says(tail);
    let packets = shown(&mut pair);
    assert_eq!(packets.len(), 2, "the row and the error");
    is_masked(&packets[0].1, &passes);
    assert_eq!(packets[1].0, packets[0].0 + 1);
    failure(&packets[1].1).is_failure(3024, "[POSTERN-LIMIT]");
    assert!(hides_canary(&pair.to_client) && !pair.session.is_closed());
}

#[test]
fn a_target_that_goes_away_is_told_unless_a_row_is_half_out() {
    for (length, told) in [(20, true), (4 + PHYSICAL_BYTES_MAX + 9, false)] {
        let mut pair = running(Vec::new());
        let _definitions = shown(&mut pair);
        let bytes = wire(&row(&[&vec![b'x'; PHYSICAL_BYTES_MAX], CANARY.as_bytes()]));
        pair.target_says(&bytes[..length]);
        pair.tell(Event::ServerGone);
        assert!(pair.session.is_closed());
        match pair.packet() {
            Some((sequence, payload)) => {
                assert!(told && sequence == 4);
                failure(&payload).is_failure(1927, "[POSTERN-TARGET]");
            }
            None => assert!(!told && pair.unread().len() == 4 + PHYSICAL_BYTES_MAX),
        }
    }
}

#[test]
fn a_row_limit_counts_masked_rows_before_they_begin() {
    let definitions = vec![column("small.people", "id"), column("small.people", "ssn")];
    for cut in [Cut::Whole, Cut::Single] {
        let mut pair = Pair::ready().cut(cut);
        let rows = vec![row(&[b"1", CANARY.as_bytes()]); 5];
        let reply = Reply::rows(definitions.clone(), rows);
        let text = "SELECT id, ssn FROM small.people";
        let rows = pair.query_with(text, reply).rows();
        assert_eq!((rows.rows.len(), rows.error), (3, Some(1226)));
        rows.rows.iter().for_each(|row| is_masked(row, b"1"));
        assert!(hides_canary(&pair.to_client));
    }
}
