//! Masks a small result set and prints it before and after.
//!
//! `cargo run -p masking --example mask_rows`

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;

use masking::key::MaskKey;
use masking::mask::Shape;
use masking::stream::Protocol;
use masking::{Mask, MaskPlan, MaskSet, ResultMasker, Treatment};
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::text::{TextRow, TextRowBuilder};
use mysql_proto::types::ColumnType;

const ROWS: [[&str; 4]; 2] = [
    ["1", "alice@corp.example", "4111 1111 1111 1234", "81000"],
    ["2", "bob@corp.example", "4012 8888 8888 1881", "64500"],
];

fn main() -> Result<(), Box<dyn Error>> {
    let key = MaskKey::new(b"a secret that no client knows")?;
    let mut masks = MaskSet::new();
    masks.insert("pseudonym", Mask::hash(key, 12)?)?;
    masks.insert("card", Mask::shape(Shape::Card))?;
    masks.insert("salary band", Mask::bucket(10_000)?)?;

    let columns = [
        ColumnDefinition::computed(&b"id"[..], ColumnType::Long),
        ColumnDefinition::computed(&b"email"[..], ColumnType::VarString),
        ColumnDefinition::computed(&b"card"[..], ColumnType::VarString),
        ColumnDefinition::computed(&b"salary"[..], ColumnType::Long),
    ];
    let treatments = [
        Treatment::Clear,
        Treatment::Mask("pseudonym".into()),
        Treatment::Mask("card".into()),
        Treatment::Mask("salary band".into()),
    ];
    let plan = MaskPlan::new(&masks, &treatments, &columns)?;
    let mut masker = ResultMasker::new(plan, Protocol::Text);
    for cells in ROWS {
        let (mut row, mut masked) = (Vec::new(), Vec::new());
        let mut builder = TextRowBuilder::new(&mut row);
        for cell in cells {
            builder.push(Some(cell.as_bytes()));
        }
        masker.mask_row(&row, &mut masked)?;
        let shown = TextRow::new(&masked).decode(cells.len())?;
        let shown = shown.iter().map(|cell| cell.unwrap_or(b"NULL"));
        let shown: Vec<_> = shown.map(String::from_utf8_lossy).collect();
        println!("{}  ->  {}", cells.join(" | "), shown.join(" | "));
    }
    Ok(())
}
