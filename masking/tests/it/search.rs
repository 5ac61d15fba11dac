//! Columns that are searched: what is found is hidden, all else stays as it was.
#![expect(clippy::indexing_slicing, reason = "tests")]

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::cell::CELL_BYTES_MAX;
use masking::detect::Detector;
use masking::detect::DetectorSet;
use masking::error::MaskError;
use masking::known::Known;
use masking::known::ResultCharsets;
use masking::stream::Protocol;
use mysql_proto::charset::Charset;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use proptest::prelude::*;

use crate::common::column;
use crate::common::varchar;

const UTF16_GENERAL_CI: u16 = 54;
const UTF16LE_GENERAL_CI: u16 = 56;
const UTF32_GENERAL_CI: u16 = 60;
const GBK_CHINESE_CI: u16 = 28;
const BINARY: u16 = 63;

fn plan(columns: &[ColumnDefinition<'static>], treatments: &[Treatment]) -> MaskPlan {
    let mut masks = MaskSet::new();
    masks.insert("all", Mask::redact()).unwrap();
    MaskPlan::new(&masks, treatments, columns).unwrap()
}

fn search() -> Treatment {
    Treatment::Search(DetectorSet::ALL)
}

fn row(cells: &[Option<&[u8]>], columns: &[ColumnDefinition<'static>], kind: Protocol) -> Vec<u8> {
    let mut row = Vec::new();
    match kind {
        Protocol::Text => {
            let mut builder = TextRowBuilder::new(&mut row);
            cells.iter().for_each(|cell| builder.push(*cell));
        }
        Protocol::Binary => {
            let types: Vec<_> = columns.iter().map(ColumnDefinition::value_type).collect();
            let values = cells
                .iter()
                .map(|cell| cell.map_or(Value::Null, Value::Bytes));
            encode_row(&values.collect::<Vec<_>>(), &types, &mut row).unwrap();
        }
    }
    row
}

fn cells(
    row: &[u8],
    columns: &[ColumnDefinition<'static>],
    kind: Protocol,
) -> Vec<Option<Vec<u8>>> {
    match kind {
        Protocol::Text => {
            let cells = TextRow::new(row).decode(columns.len()).unwrap();
            cells
                .into_iter()
                .map(|cell| cell.map(<[u8]>::to_vec))
                .collect()
        }
        Protocol::Binary => {
            let types: Vec<_> = columns.iter().map(ColumnDefinition::value_type).collect();
            let row = BinaryRow::new(row, columns.len()).unwrap();
            let cells = row.decode(&types).unwrap();
            let bytes = |value: Value<'_>| match value {
                Value::Null => None,
                Value::Bytes(bytes) => Some(bytes.to_vec()),
                other => panic!("{other:?}"),
            };
            cells.into_iter().map(bytes).collect()
        }
    }
}

/// One searched cell between others, in both protocols and in parts of one byte.
fn shown(definition: ColumnDefinition<'static>, text: Option<&[u8]>) -> Option<Vec<u8>> {
    let columns = [varchar(50), definition, varchar(50)];
    let treatments = [Treatment::Clear, search(), Treatment::Clear];
    let clear = Some(&b"bob@corp.example"[..]);
    let shown: Vec<_> = [Protocol::Text, Protocol::Binary]
        .into_iter()
        .flat_map(|kind| [(kind, usize::MAX), (kind, 1)])
        .map(|(kind, part)| {
            let row = row(&[clear, text, clear], &columns, kind);
            let mut masker = ResultMasker::new(plan(&columns, &treatments), kind);
            let mut out = Vec::new();
            for part in row.chunks(part.min(row.len())) {
                masker.mask_part(part, &mut out).unwrap();
            }
            masker.end_row().unwrap();
            let shown = cells(&out, &columns, kind);
            assert_eq!(shown[0].as_deref(), clear);
            assert_eq!(shown[2].as_deref(), clear);
            shown[1].clone()
        })
        .collect();
    assert!(shown.windows(2).all(|pair| pair[0] == pair[1]));
    shown[0].clone()
}

fn check(definition: ColumnDefinition<'static>, text: &[u8], expected: &[u8]) {
    let shown = shown(definition, Some(text)).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&shown),
        String::from_utf8_lossy(expected)
    );
}

#[test]
fn hides_what_it_finds_in_texts_of_every_type() {
    for column_type in [
        ColumnType::VarString,
        ColumnType::String,
        ColumnType::VarChar,
        ColumnType::Blob,
        ColumnType::LongBlob,
    ] {
        let text = column(column_type, 45, 400);
        check(
            text.clone(),
            b"to alice@corp.example",
            b"to ******************",
        );
        check(text, b"nothing", b"nothing");
    }
    let json = column(ColumnType::Json, BINARY, u32::MAX);
    check(
        json,
        br#"{"a": 4111111111111111}"#,
        br#"{"a": 1111111111111111}"#,
    );
}

#[test]
fn leaves_what_is_no_text() {
    let text = b"alice@corp.example";
    check(column(ColumnType::VarString, BINARY, 400), text, text);
    check(column(ColumnType::Blob, BINARY, 400), text, text);
    assert_eq!(shown(varchar(40), None), None);
    assert_eq!(shown(varchar(40), Some(b"")), Some(Vec::new()));
    let numbers = [column(ColumnType::LongLong, BINARY, 20)];
    assert!(plan(&numbers, &[search()]).is_clear());
    let texts = [varchar(40)];
    let nothing = Treatment::Search(DetectorSet::NONE);
    assert!(plan(&texts, &[nothing]).is_clear());
    assert!(!plan(&texts, &[search()]).is_clear());
}

#[test]
fn definitions_stay_as_they_are() {
    let columns = [varchar(3), column(ColumnType::Json, BINARY, 9)];
    let plan = plan(&columns, &[search(), search()]);
    for (index, definition) in columns.iter().enumerate() {
        assert_eq!(plan.rewrite_column(index, definition), *definition);
    }
}

fn wide(text: &str, bytes: fn(u16) -> Vec<u8>) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn reads_wide_characters() {
    let (text, stars) = ("é alice@corp.example", "é ******************");
    check(
        column(ColumnType::VarString, UTF16_GENERAL_CI, 400),
        &wide(text, |unit| unit.to_be_bytes().to_vec()),
        &wide(stars, |unit| unit.to_be_bytes().to_vec()),
    );
    check(
        column(ColumnType::VarString, UTF16LE_GENERAL_CI, 400),
        &wide(text, |unit| unit.to_le_bytes().to_vec()),
        &wide(stars, |unit| unit.to_le_bytes().to_vec()),
    );
    check(
        column(ColumnType::VarString, UTF32_GENERAL_CI, 400),
        &wide(text, |unit| u32::from(unit).to_be_bytes().to_vec()),
        &wide(stars, |unit| u32::from(unit).to_be_bytes().to_vec()),
    );
    let gbk = column(ColumnType::VarString, GBK_CHINESE_CI, 400);
    check(gbk, b"\x81@alice@corp.example", b"\x81@******************");
}

#[test]
fn what_cannot_be_read_is_redacted() {
    let utf16 = column(ColumnType::VarString, UTF16_GENERAL_CI, 400);
    let redacted = wide("[redacted]", |unit| unit.to_be_bytes().to_vec());
    check(utf16.clone(), b"\0a\0", &redacted);
    let long = [b'a'; CELL_BYTES_MAX + 1];
    check(utf16, &long, &redacted);
    // No definition tells that JSON is wide.
    let json = column(ColumnType::Json, BINARY, u32::MAX);
    check(json.clone(), b"\0\"\0a\0\"", b"\"[redacted]\"");
    let long = [&b"\0\""[..], &[0; CELL_BYTES_MAX]].concat();
    let expected = vec![b'*'; long.len()];
    assert_eq!(shown(json, Some(&long)), Some(expected));
    let unknown = [column(ColumnType::VarString, 9_999, 40)];
    let made = MaskPlan::new(&MaskSet::new(), &[search()], &unknown);
    assert!(matches!(made, Err(MaskError::UnknownCharset { .. })));
}

#[test]
fn a_long_cell_keeps_its_length_and_loses_its_finds() {
    let line = "alice@corp.example and 4111 1111 1111 1111\n";
    let stars = "****************** and *******************\n";
    let text = line.repeat(8_000);
    let expected = stars.repeat(8_000);
    let long = column(ColumnType::LongBlob, 45, u32::MAX);
    let shown = shown(long, Some(text.as_bytes())).unwrap();
    assert!(shown == expected.as_bytes());
}

#[test]
fn counts_what_was_found_and_masks_stay_masks() {
    let columns = [varchar(50), varchar(50), varchar(50)];
    let masked = Treatment::Mask("all".into());
    let cards = Treatment::Search(DetectorSet::NONE.with(Detector::Card));
    let plan = plan(&columns, &[search(), masked, cards]);
    let mut masker = ResultMasker::new(plan, Protocol::Text);
    let text = b"alice@corp.example, 4111111111111111";
    let row = row(
        &[Some(text), Some(text), Some(text)],
        &columns,
        Protocol::Text,
    );
    let mut out = Vec::new();
    masker.mask_row(&row, &mut out).unwrap();
    masker.mask_row(&row, &mut out).unwrap();
    let row = out.get(..out.len() / 2).unwrap();
    let cells = TextRow::new(row).decode(3).unwrap();
    assert_eq!(cells[0], Some(&b"******************, ****************"[..]));
    assert_eq!(cells[1], Some(&b"[redacted]"[..]));
    assert_eq!(cells[2], Some(&b"alice@corp.example, ****************"[..]));
    let found: Vec<_> = masker.take_detected().found().collect();
    assert_eq!(found, [(Detector::Email, 2), (Detector::Card, 4)]);
    assert_eq!(masker.take_detected().found().count(), 0);
}

proptest! {
    #[test]
    fn other_cells_and_lengths_stay(
        texts in prop::collection::vec(prop::option::of("[a-z0-9@. +-]{0,40}"), 1..6),
        searched: u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let columns: Vec<_> = texts.iter().map(|_| varchar(40)).collect();
        let is_searched = |index: usize| searched & (1 << index) != 0;
        let treatments: Vec<_> = (0..texts.len())
            .map(|index| if is_searched(index) { search() } else { Treatment::Clear })
            .collect();
        let clear: Vec<_> = texts.iter().map(|text| text.as_ref().map(String::as_bytes)).collect();
        for kind in [Protocol::Text, Protocol::Binary] {
            let row = row(&clear, &columns, kind);
            let mut masker = ResultMasker::new(plan(&columns, &treatments), kind);
            let mut out = Vec::new();
            let (head, tail) = row.split_at(cut.index(row.len()));
            masker.mask_part(head, &mut out).unwrap();
            masker.mask_part(tail, &mut out).unwrap();
            masker.end_row().unwrap();
            prop_assert_eq!(out.len(), row.len());
            for (index, (shown, clear)) in cells(&out, &columns, kind).iter().zip(&clear).enumerate() {
                prop_assert_eq!(shown.is_some(), clear.is_some());
                if !is_searched(index) {
                    prop_assert_eq!(shown.as_deref(), *clear);
                }
            }
        }
    }
}

#[test]
fn bytes_that_may_be_text_are_searched_in_every_width() {
    let columns = [column(ColumnType::VarString, BINARY, 400)];
    let text = "é alice@corp.example, 4111111111111111";
    let stars = "é ******************, ****************";
    let known = Known {
        charsets: ResultCharsets {
            json: Charset::Binary,
            ..ResultCharsets::default()
        },
        documents: &[],
    };
    let masks = MaskSet::new();
    let plan = MaskPlan::knowing(&masks, &[search()], &columns, known).unwrap();
    let mut masker = ResultMasker::new(plan, Protocol::Text);
    let mut check = |text: &[u8], expected: &[u8]| {
        let mut out = Vec::new();
        let row = row(&[Some(text)], &columns, Protocol::Text);
        masker.mask_row(&row, &mut out).unwrap();
        let shown = cells(&out, &columns, Protocol::Text);
        assert_eq!(shown, [Some(expected.to_vec())]);
    };
    check(text.as_bytes(), stars.as_bytes());
    let four = |unit: u16| u32::from(unit).to_be_bytes().to_vec();
    check(&wide(text, four), &wide(stars, four));
    let two = |unit: u16| unit.to_be_bytes().to_vec();
    check(&wide(text, two), &wide(stars, two));
    let reversed = |unit: u16| unit.to_le_bytes().to_vec();
    check(&wide(text, reversed), &wide(stars, reversed));
    check(b"\xff\x00\x01 bytes", b"\xff\x00\x01 bytes");
    // What is too long to be read in every way is not shown.
    check(&[b'a'; CELL_BYTES_MAX + 1], b"[redacted]");
}
