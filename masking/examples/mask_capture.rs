//! Masks a captured result: what a server answered to a query, as it stood on the wire.
//!
//! `cargo run -p masking --example mask_capture -- FILE COLUMN...`

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;

use masking::stream::Protocol;
use masking::{Mask, MaskPlan, MaskSet, ResultMasker, Treatment};
use mysql_proto::exchange::{Agreement, Reply, ReplyKind, ReplyTracker};
use mysql_proto::flags::Capabilities;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::limits::Limits;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::text::TextRow;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .next()
        .ok_or("name a file and the columns to mask")?;
    let names: Vec<String> = arguments.collect();
    for row in masked(&std::fs::read(file)?, &names)? {
        println!("{row}");
    }
    Ok(())
}

/// The rows of a reply under `CLIENT_DEPRECATE_EOF`, the named columns masked.
fn masked(mut capture: &[u8], names: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut masks = MaskSet::new();
    masks.insert("ends", Mask::partial(1, 1, '*')?)?;
    let agreement = Agreement::new(Capabilities::DEPRECATE_EOF, Limits::default());
    let mut tracker = ReplyTracker::new(ReplyKind::Query, agreement);
    let mut assembler = PacketAssembler::new(agreement.limits.packet_bytes_max);
    assembler.expect_any_sequence();
    let (mut columns, mut masker, mut rows) = (Vec::new(), None, Vec::new());
    while let Some(packet) = assembler.feed(&mut capture)? {
        match tracker.next(packet.payload)? {
            Reply::ColumnCount(_) | Reply::End(_) => {}
            Reply::Column(column) => columns.push(column.into_owned()),
            Reply::Row(row) => {
                let masker = match &mut masker {
                    Some(masker) => masker,
                    none => none.insert(ResultMasker::new(
                        plan(&masks, &columns, names)?,
                        Protocol::Text,
                    )),
                };
                let mut shown = Vec::new();
                masker.mask_row(row, &mut shown)?;
                let cells = TextRow::new(&shown).decode(columns.len())?.into_iter();
                let cells = cells.map(|cell| String::from_utf8_lossy(cell.unwrap_or(b"NULL")));
                rows.push(cells.collect::<Vec<_>>().join(" | "));
            }
            Reply::Ok(_)
            | Reply::Err(_)
            | Reply::EndOfDefinitions(_)
            | Reply::PrepareOk(_)
            | Reply::Parameter(_)
            | Reply::LocalInfile(_)
            | Reply::Statistics(_)
            | Reply::Progress(_) => return Err("this is no result of a query".into()),
        }
    }
    Ok(rows)
}

fn plan(
    masks: &MaskSet,
    columns: &[ColumnDefinition<'_>],
    names: &[String],
) -> Result<MaskPlan, Box<dyn Error>> {
    let named =
        |column: &ColumnDefinition<'_>| names.iter().any(|name| *column.name == *name.as_bytes());
    let treatments = columns.iter().map(|column| match named(column) {
        true => Treatment::Mask("ends".into()),
        false => Treatment::Clear,
    });
    Ok(MaskPlan::new(
        masks,
        &treatments.collect::<Vec<_>>(),
        columns,
    )?)
}

#[cfg(test)]
mod tests {
    use mysql_proto::frame::encode_packet;
    use mysql_proto::types::{ColumnType, SequenceId};

    use super::*;

    fn capture(rows: &[&[u8]]) -> Vec<u8> {
        let (mut wire, mut sequence) = (Vec::new(), SequenceId::new(1));
        encode_packet(b"\x02", &mut sequence, &mut wire);
        for name in [&b"id"[..], b"card"] {
            let mut payload = Vec::new();
            ColumnDefinition::computed(name, ColumnType::VarString).encode(&mut payload);
            encode_packet(&payload, &mut sequence, &mut wire);
        }
        for row in rows {
            encode_packet(row, &mut sequence, &mut wire);
        }
        encode_packet(b"\xfe\0\0\x02\0\0\0", &mut sequence, &mut wire);
        wire
    }

    #[test]
    fn the_named_columns_are_masked_and_no_others() {
        let capture = capture(&[b"\x0217\x0a4111-22223", b"\x0218\xfb"]);
        let rows = masked(&capture, &["card".to_owned()]).unwrap();
        assert_eq!(rows, ["17 | 4********3", "18 | [redacted]"]);
        let rows = masked(&capture, &[]).unwrap();
        assert_eq!(rows, ["17 | 4111-22223", "18 | NULL"]);
    }

    #[test]
    fn a_capture_with_a_broken_row_shows_nothing() {
        let capture = capture(&[b"\x0217\x0a4111-22223", b"\x0218\x0a4111"]);
        assert!(masked(&capture, &["card".to_owned()]).is_err());
        assert!(masked(b"\x01\0\0\x01\0", &[]).is_err());
    }
}
