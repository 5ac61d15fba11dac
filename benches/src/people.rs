//! Rows of eight columns and 190 bytes: those of which `make bench` sends a gigabyte.

use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::types::ColumnType;

/// The columns that are masked: an address and a card number.
pub const MASKED: [usize; 2] = [1, 2];

/// The definitions.
#[must_use]
pub fn columns() -> Vec<ColumnDefinition<'static>> {
    let names: [(&[u8], ColumnType); 8] = [
        (b"id", ColumnType::Long),
        (b"email", ColumnType::VarString),
        (b"card", ColumnType::VarString),
        (b"name", ColumnType::VarString),
        (b"city", ColumnType::VarString),
        (b"note", ColumnType::VarString),
        (b"amount", ColumnType::NewDecimal),
        (b"created", ColumnType::DateTime),
    ];
    let columns = names.into_iter().map(|(name, kind)| {
        let mut column = ColumnDefinition::computed(name, kind);
        column.collation = 45;
        column.column_length = 400;
        column
    });
    columns.collect()
}

/// The payload of a row of the text protocol.
#[must_use]
pub fn row(number: u32) -> Vec<u8> {
    let number = number % 1_000_000;
    let mut row = Vec::new();
    let mut builder = TextRowBuilder::new(&mut row);
    builder.push(Some((1_000_000 + number).to_string().as_bytes()));
    builder.push(Some(format!("person{number:06}@example.org").as_bytes()));
    builder.push(Some(
        format!("4012 8888 8888 {:04}", number % 10_000).as_bytes(),
    ));
    builder.push(Some(b"Given Family Name Name N"));
    builder.push(Some(b"Town by the Sea by t"));
    builder.push(Some(
        b"words of a note words of a note words of a note words of a n",
    ));
    builder.push(Some(b"1234567.25"));
    builder.push(Some(b"2026-11-22 10:20:30"));
    row
}
