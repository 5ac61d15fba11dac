//! Masked rows that keep their length: passed on in the chunk in which they came, and never in clear.

use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::types::SequenceId;

use crate::pair::Cut;
use crate::pair::Pair;
use crate::pair::failure;
use crate::target::Reply;
use crate::target::column;
use crate::world::CANARY;

const TEXT: &str = "SELECT id, phone, name FROM shop.members";

const CUTS: [Cut; 6] = [
    Cut::Whole,
    Cut::Single,
    Cut::Seed(1),
    Cut::Seed(2),
    Cut::Seed(3),
    Cut::Seed(4),
];

fn definitions(table: &str) -> Vec<ColumnDefinition<'static>> {
    let columns = ["id", "phone", "name"];
    columns.map(|name| column(table, name)).to_vec()
}

fn row(phone: Option<&[u8]>) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut builder = TextRowBuilder::new(&mut payload);
    builder.push(Some(b"7"));
    builder.push(phone);
    builder.push(Some(b"Ada"));
    payload
}

fn phone(payload: &[u8]) -> Option<Vec<u8>> {
    let cells = TextRow::new(payload).decode(3).unwrap();
    assert_eq!((cells[0], cells[2]), (Some(&b"7"[..]), Some(&b"Ada"[..])));
    cells[1].map(<[u8]>::to_vec)
}

/// What follows the definitions in one chunk, numbered on from them.
fn chunk(payloads: &[Vec<u8>]) -> Vec<u8> {
    let (mut bytes, mut sequence) = (Vec::new(), SequenceId::new(5));
    for payload in payloads {
        encode_packet(payload, &mut sequence, &mut bytes);
    }
    bytes
}

fn running() -> Pair {
    let mut pair = Pair::ready();
    let definitions = definitions("shop.members");
    let rows = Vec::new();
    pair.query_with(TEXT, Reply::Running { definitions, rows });
    while pair.packet().is_some() {}
    pair
}

fn packets(pair: &mut Pair) -> Vec<(u8, Vec<u8>)> {
    std::iter::from_fn(|| pair.packet()).collect()
}

fn clear() -> Vec<u8> {
    row(Some(CANARY.as_bytes()))
}

#[test]
fn rows_come_out_the_same_in_every_cut() {
    // By turns such as keep their length, and such as do not.
    let long = CANARY.repeat(30);
    let wide = format!("{CANARY}ß");
    let phones = [
        (Some(CANARY), "***********19"),
        (Some("12"), "**"),
        (None, "[redacted]"),
        (Some(wide.as_str()), "************9ß"),
        (Some(""), "[redacted]"),
        (
            Some(long.as_str()),
            &format!("{}19", "*".repeat(long.len() - 2)),
        ),
    ];
    for period in [1, 2, 3, 7] {
        for cut in CUTS {
            let mut pair = Pair::ready().cut(cut);
            // Most are alike, so that runs are long.
            let of = |number: usize| match number % period {
                0 => phones[number / period % phones.len()],
                _ => phones[0],
            };
            let rows = (0..400).map(|number| row(of(number).0.map(str::as_bytes)));
            let reply = Reply::rows(definitions("shop.members"), rows.collect());
            let rows = pair.query_with(TEXT, reply).rows();
            assert!(rows.ended && rows.rows.len() == 400, "{cut:?}");
            for (number, payload) in rows.rows.iter().enumerate() {
                let shown = phone(payload).unwrap();
                assert_eq!(String::from_utf8(shown).unwrap(), of(number).1, "{cut:?}");
            }
            assert!(!pair.shows(CANARY));
        }
    }
}

#[test]
fn a_row_limit_ends_rows_in_place() {
    for cut in CUTS {
        let mut pair = Pair::ready().cut(cut);
        let reply = Reply::rows(definitions("small.members"), vec![clear(); 5]);
        let rows = pair
            .query_with("SELECT id, phone, name FROM small.members", reply)
            .rows();
        assert_eq!((rows.rows.len(), rows.error), (3, Some(1226)), "{cut:?}");
        assert!(!pair.shows(CANARY));
    }
}

/// Rows in front of one that lies are out; of it and what follows nothing is.
#[test]
fn a_row_that_lies_ends_rows_in_place() {
    let mut long = clear();
    long.push(b'!');
    let mut short = clear();
    short.pop();
    let mut wide = row(Some(format!("{CANARY}ß").as_bytes()));
    wide.pop();
    let end = vec![0xfe, 0, 0, 2, 0, 0, 0];
    for lying in [long, short, wide, b"\x017\xff".to_vec()] {
        let mut pair = running();
        pair.target_says(&chunk(&[clear(), clear(), lying, clear(), end.clone()]));
        let packets = packets(&mut pair);
        let numbers: Vec<u8> = packets.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [5, 6, 7]);
        assert_eq!(phone(&packets[1].1).unwrap(), b"***********19");
        failure(&packets[2].1).is_failure(1105, "[POSTERN-MASK]");
        assert_eq!(pair.killed(), 1);
        assert!(!pair.shows(CANARY) && !pair.session.is_closed());
        pair.query("SELECT id FROM shop.orders").ok();
    }
}

#[test]
fn a_number_out_of_order_ends_rows_in_place_and_the_session() {
    let mut pair = running();
    let mut bytes = chunk(&[clear(), clear(), clear()]);
    let length = clear().len() + 4;
    bytes[2 * length + 3] = 9;
    pair.target_says(&bytes);
    assert!(pair.session.is_closed());
    let packets = packets(&mut pair);
    assert_eq!(packets.len(), 3);
    failure(&packets[2].1).is_failure(1105, "[POSTERN-SESSION]");
    assert!(!pair.shows(CANARY));
}

/// Rows are out, half of one is not, and then the time is over.
#[test]
fn a_time_limit_ends_rows_in_place() {
    let bytes = chunk(&[clear(), clear(), clear(), vec![0xfe, 0, 0, 2, 0, 0, 0]]);
    let length = clear().len() + 4;
    for cut in [2 * length, 2 * length + 1, 2 * length + 5, 2 * length + 12] {
        let mut pair = running();
        let (head, tail) = bytes.split_at(cut);
        pair.target_says(head);
        pair.pass_to_deadline();
        pair.target_says(tail);
        let packets = packets(&mut pair);
        assert_eq!((packets.len(), packets[2].0), (3, 7), "cut at {cut}");
        failure(&packets[2].1).is_failure(3024, "[POSTERN-LIMIT]");
        assert!(!pair.shows(CANARY));
        pair.query("SELECT id FROM shop.orders").ok();
    }
}
