//! What servers send without saying so in a definition: numbers in wide character sets, JSON that is
//! called text, UUIDs and addresses that are called strings.

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::alphabet::Alphabet;
use masking::key::MaskKey;
use masking::known::Known;
use masking::known::ResultCharsets;
use masking::mask::DatePart;
use masking::stream::Protocol;
use mysql_proto::charset::Charset;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;

use crate::common::column;
use crate::common::mask_both;
use crate::common::mask_text;
use crate::common::show;
use crate::common::text;
use crate::common::with;

const WIDE: [Charset; 4] = [
    Charset::Ucs2,
    Charset::Utf16,
    Charset::Utf16le,
    Charset::Utf32,
];

fn encode(charset: Charset, text: &str) -> Vec<u8> {
    match charset {
        Charset::Ucs2 | Charset::Utf16 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Charset::Utf16le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Charset::Utf32 => text
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect(),
        _ => text.as_bytes().to_vec(),
    }
}

fn plan(mask: Mask, column: &ColumnDefinition<'static>, known: Known<'_>) -> MaskPlan {
    let mut masks = MaskSet::new();
    masks.insert("m", mask).unwrap();
    let treatments = [Treatment::Mask("m".into())];
    MaskPlan::knowing(&masks, &treatments, std::slice::from_ref(column), known).unwrap()
}

fn masked(
    mask: Mask,
    column: &ColumnDefinition<'static>,
    known: Known<'_>,
    clear: &[u8],
) -> Option<Vec<u8>> {
    let mut row = Vec::new();
    TextRowBuilder::new(&mut row).push(Some(clear));
    let mut out = Vec::new();
    let mut masker = ResultMasker::new(plan(mask, column, known), Protocol::Text);
    masker.mask_row(&row, &mut out).unwrap();
    let cells = TextRow::new(&out).decode(1).unwrap();
    cells.first().unwrap().map(<[u8]>::to_vec)
}

fn hash() -> Mask {
    Mask::hash(MaskKey::new(&[9; 32]).unwrap(), 16).unwrap()
}

fn number(column_type: ColumnType, length: u32, decimals: u8) -> ColumnDefinition<'static> {
    with(
        column(column_type, 63, length),
        ColumnFlags::empty(),
        decimals,
    )
}

#[test]
fn numbers_and_dates_are_read_and_written_in_the_set_of_the_result() {
    let bucket = || Mask::bucket(10).unwrap();
    let month = || Mask::date(DatePart::Month);
    for numbers in WIDE {
        let charsets = ResultCharsets {
            numbers,
            ..ResultCharsets::default()
        };
        let known = Known {
            charsets,
            documents: &[],
        };
        for (mask, column, clear, expected) in [
            (bucket(), number(ColumnType::Long, 11, 0), "-47", "-50"),
            (
                bucket(),
                number(ColumnType::NewDecimal, 12, 2),
                "47.50",
                "40.00",
            ),
            (bucket(), number(ColumnType::Double, 22, 31), "47.5", "40"),
            (bucket(), number(ColumnType::Year, 4, 0), "2024", "2020"),
            (
                month(),
                number(ColumnType::Date, 10, 0),
                "2024-05-06",
                "2024-05-01",
            ),
            (Mask::redact(), number(ColumnType::Long, 11, 0), "47", "0"),
            (
                Mask::redact(),
                number(ColumnType::Time, 17, 6),
                "-112:34:56.123456",
                "00:00:00.000000",
            ),
            (
                Mask::redact(),
                number(ColumnType::NewDecimal, 12, 2),
                "47.50",
                "0.00",
            ),
            (
                Mask::fixed("7").unwrap(),
                number(ColumnType::Long, 11, 0),
                "47",
                "7",
            ),
        ] {
            let shown = masked(mask, &column, known, &encode(numbers, clear)).unwrap();
            assert_eq!(shown, encode(numbers, expected), "{numbers:?} {clear}");
        }
        // What is not written in the set is nothing that could be kept.
        let column = number(ColumnType::Long, 11, 0);
        let shown = masked(bucket(), &column, known, b"4711").unwrap();
        assert_eq!(shown, encode(numbers, "0"));
    }
}

#[test]
fn a_decimal_is_wide_in_binary_rows_too() {
    let charsets = ResultCharsets {
        numbers: Charset::Utf16,
        ..ResultCharsets::default()
    };
    let known = Known {
        charsets,
        documents: &[],
    };
    let column = number(ColumnType::NewDecimal, 12, 2);
    let types = [column.value_type()];
    for (mask, expected) in [
        (Mask::redact(), "0.00"),
        (Mask::bucket(10).unwrap(), "40.00"),
    ] {
        let clear = encode(Charset::Utf16, "47.50");
        let mut row = Vec::new();
        encode_row(&[Value::Bytes(&clear)], &types, &mut row).unwrap();
        let mut out = Vec::new();
        let mut masker = ResultMasker::new(plan(mask, &column, known), Protocol::Binary);
        masker.mask_row(&row, &mut out).unwrap();
        let cells = BinaryRow::new(&out, 1).unwrap().decode(&types).unwrap();
        assert_eq!(cells, [Value::Bytes(&encode(Charset::Utf16, expected))]);
    }
}

#[test]
fn equal_numbers_hash_equal_in_every_set() {
    let column = number(ColumnType::NewDecimal, 12, 2);
    let narrow = masked(hash(), &column, Known::default(), b"47.50").unwrap();
    let narrow = String::from_utf8(narrow).unwrap();
    for numbers in WIDE {
        let charsets = ResultCharsets {
            numbers,
            ..ResultCharsets::default()
        };
        let known = Known {
            charsets,
            documents: &[],
        };
        let shown = masked(hash(), &column, known, &encode(numbers, "47.50"));
        assert_eq!(shown, Some(encode(numbers, &narrow)));
    }
}

#[test]
fn json_that_is_called_binary_comes_in_the_set_of_the_result() {
    let column = column(ColumnType::Json, 63, u32::MAX);
    let narrow = masked(hash(), &column, Known::default(), br#"{"a": 1}"#).unwrap();
    let narrow = String::from_utf8(narrow).unwrap();
    for json in WIDE {
        let charsets = ResultCharsets {
            json,
            ..ResultCharsets::default()
        };
        let known = Known {
            charsets,
            documents: &[],
        };
        let clear = encode(json, r#"{"a": 1}"#);
        let shown = masked(Mask::redact(), &column, known, &clear);
        assert_eq!(shown, Some(encode(json, r#""[redacted]""#)));
        // UCS-2 cannot say every character, so that a digest would be one of question marks.
        let expected = if json == Charset::Ucs2 {
            r#""[redacted]""#
        } else {
            &narrow
        };
        let shown = masked(hash(), &column, known, &clear);
        assert_eq!(shown, Some(encode(json, expected)));
    }
}

#[test]
fn what_a_server_cannot_say_whole_is_neither_hashed_nor_tokenized() {
    let key = MaskKey::new(&[9; 32]).unwrap();
    let token = Mask::tokenize(&key, Alphabet::alphanumeric(), false).unwrap();
    for mask in [hash(), token] {
        // latin1, ascii, gbk, utf8mb3, ucs2.
        for collation in [8, 11, 28, 33, 35] {
            let column = column(ColumnType::VarString, collation, 160);
            let charset = if collation == 35 {
                Charset::Ucs2
            } else {
                Charset::Utf8mb4
            };
            let clear = encode(charset, "alice.smith");
            let shown = mask_text(&mask, &column, Some(&clear));
            assert_eq!(shown, Some(encode(charset, "[redacted]")), "{collation}");
            assert!(!mask.takes(&column, Known::default()));
        }
        for collation in [45, 63, 255] {
            let column = column(ColumnType::VarString, collation, 160);
            let shown = mask_text(&mask, &column, Some(b"alice.smith"));
            assert_ne!(show(shown.as_deref()), "[redacted]", "{collation}");
        }
    }
}

#[test]
fn a_document_that_is_called_text_stays_json() {
    let known = Known {
        documents: &[true],
        ..Known::default()
    };
    let clear = br#"{"a": 1}"#;
    for collation in [45, 63] {
        let column = column(ColumnType::Blob, collation, u32::MAX);
        let shown = masked(Mask::redact(), &column, known, clear);
        assert_eq!(show(shown.as_deref()), r#""[redacted]""#);
        let shown = show(masked(hash(), &column, known, clear).as_deref());
        assert!(shown.len() == 18 && shown.starts_with('"') && shown.ends_with('"'));
        let shown = masked(Mask::partial(1, 1, '*').unwrap(), &column, known, clear);
        assert_eq!(show(shown.as_deref()), r#""[redacted]""#);
        let text = masked(Mask::redact(), &column, Known::default(), clear);
        assert_eq!(show(text.as_deref()), "[redacted]");
    }
}

/// As MariaDB defines them: a string without a sign, as long as the longest text of its type.
fn address(collation: u16, bytes: u32) -> ColumnDefinition<'static> {
    let flags = ColumnFlags::UNSIGNED | ColumnFlags::BINARY;
    with(column(ColumnType::String, collation, bytes), flags, 0)
}

const UUID: &[u8] = b"f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

#[test]
fn uuids_and_addresses_stay_such() {
    for (collation, width) in [(45, 4), (8, 1), (63, 1)] {
        for (chars, clear, redacted) in [
            (36, text(UUID), "00000000-0000-0000-0000-000000000000"),
            (15, text(b"10.1.2.3"), "0.0.0.0"),
            (39, text(b"2001:db8::1"), "::"),
        ] {
            let column = address(collation, chars * width);
            assert_eq!(mask_both(&Mask::redact(), &column, clear), redacted);
            let partial = Mask::partial(1, 1, '*').unwrap();
            assert_eq!(mask_both(&partial, &column, clear), redacted);
            assert_eq!(mask_both(&Mask::null(), &column, clear), "NULL");
            let misfit = Mask::fixed("withheld").unwrap();
            assert_eq!(mask_both(&misfit, &column, clear), redacted);
        }
        let column = address(collation, 36 * width);
        let shown = mask_both(&hash(), &column, text(UUID));
        let groups: Vec<usize> = shown.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(shown.get(14..15), Some("8"));
        assert_ne!(shown.as_bytes(), UUID);
    }
    let fixed = |value: &str| Mask::fixed(value).unwrap();
    let inet = address(45, 156);
    assert_eq!(
        mask_both(&fixed("fe80::1"), &inet, text(b"2001:db8::1")),
        "fe80::1"
    );
    let inet = address(45, 60);
    assert_eq!(
        mask_both(&fixed("10.0.0.1"), &inet, text(b"10.1.2.3")),
        "10.0.0.1"
    );
}

#[test]
fn uuids_are_written_in_wide_sets_too() {
    let clear = encode(Charset::Utf16, str::from_utf8(UUID).unwrap());
    let shown = mask_text(&Mask::redact(), &address(54, 144), Some(&clear));
    let expected = encode(Charset::Utf16, "00000000-0000-0000-0000-000000000000");
    assert_eq!(shown, Some(expected));
}

#[test]
fn a_kind_that_does_not_take_a_type_shows_its_redaction() {
    let partial = Mask::partial(1, 1, '*').unwrap();
    let int = number(ColumnType::Long, 11, 0);
    assert!(!partial.takes(&int, Known::default()));
    assert!(Mask::redact().takes(&int, Known::default()));
    assert!(Mask::fixed("7").unwrap().takes(&int, Known::default()));
    assert!(!Mask::fixed("x").unwrap().takes(&int, Known::default()));
    assert_eq!(
        show(mask_text(&partial, &int, Some(b"4711")).as_deref()),
        "0"
    );
}
