//! Rows: what was read and is written again is read the same.

use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;

/// A row, read, written and read again, is the same, in both protocols.
///
/// The first byte is the number of columns, up to 15; that many bytes are their types (the
/// highest bit: unsigned); the rest is the row.
pub fn row_roundtrip(input: &[u8]) {
    let [count, rest @ ..] = input else {
        return;
    };
    let columns = usize::from(*count % 16);
    text(rest, columns);
    let Some((types, row)) = rest.split_at_checked(columns) else {
        return;
    };
    let types: Vec<ValueType> = types.iter().filter_map(|byte| value_type(*byte)).collect();
    if types.len() == columns {
        binary(row, &types);
    }
}

pub(crate) fn value_type(byte: u8) -> Option<ValueType> {
    // The codes are 0 to 19 and 242 to 255.
    let code = match byte & 0x7f {
        low @ 0..=19 => low,
        high => 0x80 | high,
    };
    let column_type = ColumnType::from_u8(code).ok()?;
    Some(ValueType {
        column_type,
        unsigned: byte & 0x80 != 0,
    })
}

fn text(payload: &[u8], columns: usize) {
    let Ok(cells) = TextRow::new(payload).decode(columns) else {
        return;
    };
    let mut out = Vec::new();
    let mut builder = TextRowBuilder::new(&mut out);
    for cell in &cells {
        builder.push(*cell);
    }
    assert_eq!(TextRow::new(&out).decode(columns), Ok(cells));
}

fn binary(payload: &[u8], types: &[ValueType]) {
    let read = BinaryRow::new(payload, types.len()).and_then(|row| row.decode(types));
    let Ok(values) = read else {
        return;
    };
    let mut out = Vec::new();
    assert_eq!(encode_row(&values, types, &mut out), Ok(()), "{values:?}");
    let again = BinaryRow::new(&out, types.len()).and_then(|row| row.decode(types));
    // NaN is not itself, so what is compared is the writing.
    assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, ()>(values)));
}
