//! Result sets as a server sends them, made here.

use mysql_proto::frame::encode_packet;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::encode_column_count;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;

/// What the capabilities of both sides are in the benches.
pub use mysql_proto::flags::Capabilities;

/// Five columns: a number, two texts, a number, a double.
#[must_use]
pub fn columns() -> Vec<ColumnDefinition<'static>> {
    let names: [(&[u8], ColumnType); 5] = [
        (b"id", ColumnType::LongLong),
        (b"name", ColumnType::VarString),
        (b"email", ColumnType::VarString),
        (b"orders", ColumnType::Long),
        (b"total", ColumnType::Double),
    ];
    names
        .into_iter()
        .map(|(name, kind)| ColumnDefinition::computed(name, kind))
        .collect()
}

/// The payload of a row of the text protocol.
#[must_use]
pub fn text_row(number: u64) -> Vec<u8> {
    let mut row = Vec::new();
    let mut builder = TextRowBuilder::new(&mut row);
    builder.push(Some(number.to_string().as_bytes()));
    builder.push(Some(b"Alice Example"));
    builder.push(Some(format!("alice{number}@example.org").as_bytes()));
    builder.push(None);
    builder.push(Some(b"1234.5"));
    row
}

/// The payload of the same row in the binary protocol.
#[must_use]
pub fn binary_row(number: u64) -> Vec<u8> {
    let types: Vec<_> = columns().iter().map(ColumnDefinition::value_type).collect();
    let email = format!("alice{number}@example.org");
    let values = [
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        Value::Bytes(b"Alice Example"),
        Value::Bytes(email.as_bytes()),
        Value::Null,
        Value::Double(1234.5),
    ];
    let mut row = Vec::new();
    let encoded = encode_row(&values, &types, &mut row);
    assert!(encoded.is_ok(), "{encoded:?}");
    row
}

/// A whole reply with so many text rows, as it stands on the wire under DEPRECATE_EOF.
#[must_use]
pub fn text_reply(rows: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut sequence = SequenceId::new(1);
    let mut payload = Vec::new();
    let columns = columns();
    encode_column_count(columns.len(), &mut payload);
    encode_packet(&payload, &mut sequence, &mut out);
    for column in &columns {
        payload.clear();
        column.encode(&mut payload);
        encode_packet(&payload, &mut sequence, &mut out);
    }
    for number in 0..rows {
        encode_packet(&text_row(number), &mut sequence, &mut out);
    }
    payload.clear();
    OkPacket::default().encode(OkForm::End, Capabilities::empty(), &mut payload);
    encode_packet(&payload, &mut sequence, &mut out);
    out
}
