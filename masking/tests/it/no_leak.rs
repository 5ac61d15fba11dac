//! Whatever the columns, masks and rows: no clear text, no damage to other cells, nothing after an
//! error.

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::alphabet::Alphabet;
use masking::error::MaskError;
use masking::key::MaskKey;
use masking::mask::DatePart;
use masking::mask::Shape;
use masking::stream::Protocol;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const NAMES: [&str; 12] = [
    "null", "partial", "email", "phone", "card", "iban", "hash", "token", "luhn", "date", "bucket",
    "fixed",
];

fn masks() -> MaskSet {
    let key = MaskKey::new(&[9; 32]).unwrap();
    let token_key = MaskKey::new(&[8; 32]).unwrap();
    let mut masks = MaskSet::new();
    for (name, mask) in NAMES.iter().zip([
        Mask::null(),
        Mask::partial(1, 2, '*').unwrap(),
        Mask::shape(Shape::Email),
        Mask::shape(Shape::Phone),
        Mask::shape(Shape::Card),
        Mask::shape(Shape::Iban),
        Mask::hash(key, 24).unwrap(),
        Mask::tokenize(&token_key, Alphabet::alphanumeric(), false).unwrap(),
        Mask::tokenize(&token_key, Alphabet::digits(), true).unwrap(),
        Mask::date(DatePart::Month),
        Mask::bucket(100).unwrap(),
        Mask::fixed("17").unwrap(),
    ]) {
        masks.insert(*name, mask).unwrap();
    }
    masks
}

fn treatment() -> impl Strategy<Value = Treatment> {
    prop_oneof![
        2 => Just(Treatment::Clear),
        1 => Just(Treatment::Redact),
        3 => select(NAMES.to_vec()).prop_map(|name| Treatment::Mask(name.to_owned())),
    ]
}

fn column() -> impl Strategy<Value = ColumnDefinition<'static>> {
    let collations = vec![8, 10, 28, 33, 35, 45, 54, 56, 60, 63, 255];
    (
        any::<u8>().prop_filter_map("a type", |byte| ColumnType::from_u8(byte).ok()),
        select(collations),
        prop_oneof![0_u32..300, any::<u32>()],
        any::<u16>(),
        prop_oneof![0_u8..40, any::<u8>()],
    )
        .prop_map(|(column_type, collation, length, flags, decimals)| {
            let mut column = crate::common::column(column_type, collation, length);
            column.flags = ColumnFlags::from_bits_retain(flags);
            column.decimals = decimals;
            column
        })
}

/// Raw material for a cell; made into a value of its column's type.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) null: bool,
    number: i64,
    pub(crate) bytes: Vec<u8>,
}

fn raw() -> impl Strategy<Value = Raw> {
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..60),
        "[a-z]{3,12}@[a-z]{3,8}\\.example".prop_map(String::into_bytes),
        "[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}".prop_map(String::into_bytes),
        "-?[0-9]{1,40}\\.[0-9]{0,10}".prop_map(String::into_bytes),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]( [0-9]{2}:[0-9]{2}:[0-9]{2})?".prop_map(String::into_bytes),
        any::<i64>().prop_map(|number| number.to_string().into_bytes()),
    ];
    (prop::bool::weighted(0.1), any::<i64>(), bytes).prop_map(|(null, number, bytes)| Raw {
        null,
        number,
        bytes,
    })
}

pub(crate) fn value(raw: &Raw, value_type: ValueType) -> Value<'_> {
    if raw.null {
        return Value::Null;
    }
    let [b0, b1, b2, ..] = raw.number.to_le_bytes();
    let integer = |bits: u32| {
        let shift = 64 - bits;
        if value_type.unsigned {
            Value::UInt((raw.number.cast_unsigned() << shift) >> shift)
        } else {
            Value::Int((raw.number << shift) >> shift)
        }
    };
    match value_type.column_type {
        ColumnType::Null => Value::Null,
        ColumnType::Tiny => integer(8),
        ColumnType::Short => integer(16),
        ColumnType::Long | ColumnType::Int24 => integer(32),
        ColumnType::LongLong => integer(64),
        ColumnType::Year => Value::UInt(b0.into()),
        ColumnType::Float => Value::Float(raw.number as f32),
        ColumnType::Double => Value::Double(raw.number as f64),
        ColumnType::Date | ColumnType::DateTime | ColumnType::Timestamp => {
            Value::DateTime(DateTime {
                year: b0.into(),
                month: b1,
                day: b2,
                ..DateTime::default()
            })
        }
        ColumnType::Time => Value::Time(Time {
            hour: b0,
            minute: b1,
            second: b2,
            ..Time::default()
        }),
        _ => Value::Bytes(&raw.bytes),
    }
}

pub(crate) type Columns = Vec<(ColumnDefinition<'static>, Treatment, Raw)>;

pub(crate) fn columns() -> impl Strategy<Value = Columns> {
    vec((column(), treatment(), raw()), 1..8)
}

pub(crate) fn plan(columns: &Columns) -> MaskPlan {
    let definitions: Vec<_> = columns.iter().map(|(column, ..)| column.clone()).collect();
    let treatments: Vec<_> = columns
        .iter()
        .map(|(_, treatment, _)| treatment.clone())
        .collect();
    MaskPlan::new(&masks(), &treatments, &definitions).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn text_rows_are_masked_whole(columns in columns()) {
        let mut row = Vec::new();
        let mut builder = TextRowBuilder::new(&mut row);
        for (_, _, raw) in &columns {
            builder.push((!raw.null).then_some(&raw.bytes[..]));
        }
        let mut out = Vec::new();
        ResultMasker::new(plan(&columns), Protocol::Text).mask_row(&row, &mut out).unwrap();
        let cells = TextRow::new(&out).decode(columns.len()).unwrap();
        for ((column, treatment, raw), cell) in columns.iter().zip(cells) {
            let clear = (!raw.null).then_some(&raw.bytes[..]);
            if *treatment == Treatment::Clear {
                prop_assert_eq!(cell, clear);
                continue;
            }
            // A bucket or a month may be the value itself; whatever else is long is not shown.
            let rounds = *treatment == Treatment::Mask("bucket".into())
                || *treatment == Treatment::Mask("date".into());
            if raw.bytes.len() > 3 && !rounds && let (Some(cell), Some(clear)) = (cell, clear) {
                prop_assert!(
                    !cell.windows(clear.len()).any(|window| window == clear),
                    "{:?} {:?}", column, treatment
                );
            }
        }
    }

    #[test]
    fn binary_rows_are_masked_whole(columns in columns()) {
        let types: Vec<_> = columns.iter().map(|(column, ..)| column.value_type()).collect();
        let values: Vec<_> = columns
            .iter()
            .zip(&types)
            .map(|((_, _, raw), value_type)| value(raw, *value_type))
            .collect();
        let mut row = Vec::new();
        encode_row(&values, &types, &mut row).unwrap();
        let mut out = Vec::new();
        ResultMasker::new(plan(&columns), Protocol::Binary).mask_row(&row, &mut out).unwrap();
        let cells = BinaryRow::new(&out, types.len()).unwrap().decode(&types).unwrap();
        for (((column, treatment, _), clear), cell) in columns.iter().zip(values).zip(cells) {
            if *treatment == Treatment::Clear {
                prop_assert_eq!(format!("{cell:?}"), format!("{clear:?}"));
                continue;
            }
            if let (Value::Bytes(cell), Value::Bytes(clear)) = (cell, clear)
                && clear.len() > 3
                && *treatment != Treatment::Mask("bucket".into())
            {
                prop_assert!(
                    !cell.windows(clear.len()).any(|window| window == clear),
                    "{:?} {:?}", column, treatment
                );
            }
        }
    }

    #[test]
    fn a_redaction_depends_on_nothing(column in column(), one in raw(), other in raw()) {
        let types = [column.value_type()];
        let mut shown = Vec::new();
        for raw in [&one, &other] {
            let plan = || MaskPlan::new(&masks(), &[Treatment::Redact], std::slice::from_ref(&column)).unwrap();
            let mut row = Vec::new();
            TextRowBuilder::new(&mut row).push((!raw.null).then_some(&raw.bytes[..]));
            let mut text = Vec::new();
            ResultMasker::new(plan(), Protocol::Text).mask_row(&row, &mut text).unwrap();
            let mut row = Vec::new();
            encode_row(&[value(raw, types[0])], &types, &mut row).unwrap();
            let mut binary = Vec::new();
            ResultMasker::new(plan(), Protocol::Binary).mask_row(&row, &mut binary).unwrap();
            shown.push((text, binary));
        }
        prop_assert_eq!(&shown[0], &shown[1]);
    }

    #[test]
    fn noise_gives_an_error_or_a_row_but_no_part_of_one(
        columns in columns(), noise in vec(any::<u8>(), 0..120), binary: bool,
    ) {
        let protocol = if binary { Protocol::Binary } else { Protocol::Text };
        let mut masker = ResultMasker::new(plan(&columns), protocol);
        let mut out = b"kept".to_vec();
        match masker.mask_row(&noise, &mut out) {
            Ok(()) => prop_assert!(out.starts_with(b"kept")),
            Err(_) => {
                prop_assert_eq!(&out[..], b"kept");
                prop_assert_eq!(masker.mask_row(b"\0\0", &mut out), Err(MaskError::Poisoned));
                prop_assert_eq!(&out[..], b"kept");
            }
        }
    }
}

#[test]
fn every_cut_is_an_error() {
    let result = crate::common::plan(Mask::redact(), &crate::common::varchar(40));
    let mut row = Vec::new();
    let mut builder = TextRowBuilder::new(&mut row);
    builder.push(Some(b"1"));
    builder.push(Some(b"secret"));
    builder.push(Some(b"tail"));
    for cut in 0..row.len() {
        let mut out = Vec::new();
        let mut masker = ResultMasker::new(result.plan.clone(), Protocol::Text);
        assert!(
            masker.mask_row(&row[..cut], &mut out).is_err(),
            "cut at {cut}"
        );
        assert!(out.is_empty());
    }
}

#[test]
fn a_row_with_a_cell_too_many_is_refused() {
    let masks = MaskSet::new();
    let columns = [crate::common::varchar(10)];
    let plan = MaskPlan::new(&masks, &[Treatment::Redact], &columns).unwrap();
    let mut out = Vec::new();
    let mut masker = ResultMasker::new(plan.clone(), Protocol::Text);
    assert!(masker.mask_row(b"\x01a\x06secret", &mut out).is_err());
    let mut masker = ResultMasker::new(plan, Protocol::Binary);
    assert!(
        masker
            .mask_row(b"\x00\x00\x01a\x06secret", &mut out)
            .is_err()
    );
    assert!(out.is_empty());
}

#[test]
fn cells_of_sixteen_mebibytes_are_masked() {
    let length = 17 * 1024 * 1024;
    let clear = vec![b'x'; length];
    let column = crate::common::column(ColumnType::Blob, 255, u32::MAX);
    let shown = crate::common::mask_text(&Mask::redact(), &column, Some(&clear));
    assert_eq!(shown.as_deref(), Some(&b"[redacted]"[..]));
    let partial = Mask::partial(0, 2, '*').unwrap();
    let shown = crate::common::mask_text(&partial, &column, Some(&clear));
    assert_eq!(shown.as_deref(), Some(&b"[redacted]"[..]));
    let key = MaskKey::new(&[9; 32]).unwrap();
    let hash = Mask::hash(key, 24).unwrap();
    let shown = crate::common::mask_text(&hash, &column, Some(&clear)).unwrap();
    assert_eq!(shown.len(), 24);
}

#[test]
fn a_plan_without_masks_copies_rows() {
    let masks = MaskSet::new();
    let plan = MaskPlan::new(&masks, &[Treatment::Clear], &[crate::common::varchar(3)]).unwrap();
    assert!(plan.is_clear());
    let mut out = Vec::new();
    let mut masker = ResultMasker::new(plan, Protocol::Text);
    masker.mask_row(b"\x03abc", &mut out).unwrap();
    assert_eq!(out, b"\x03abc");
}
