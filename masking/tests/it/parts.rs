//! Rows that come in parts: masked as whole ones are, and no more of them is held than is promised.

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::cell::CELL_BYTES_MAX;
use masking::error::MaskError;
use masking::key::MaskKey;
use masking::mask::Shape;
use masking::stream::InPlace;
use masking::stream::Protocol;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::wire::put_lenenc_int;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::column;
use crate::common::plan;
use crate::common::varchar;
use crate::no_leak;
use crate::no_leak::columns;
use crate::no_leak::value;

fn whole(plan: &MaskPlan, protocol: Protocol, row: &[u8]) -> Result<Vec<u8>, MaskError> {
    let mut out = Vec::new();
    let mut masker = ResultMasker::new(plan.clone(), protocol);
    masker.mask_row(row, &mut out).map(|()| out)
}

fn in_parts<'p>(
    plan: &MaskPlan,
    protocol: Protocol,
    parts: impl IntoIterator<Item = &'p [u8]>,
) -> Result<Vec<u8>, MaskError> {
    let mut out = Vec::new();
    let mut masker = ResultMasker::new(plan.clone(), protocol);
    for part in parts {
        masker.mask_part(part, &mut out)?;
    }
    masker.end_row().map(|()| out)
}

/// Masked where it lies, as far as its cells keep their length, and the rest in these parts.
fn in_place(
    plan: &MaskPlan,
    protocol: Protocol,
    (row, size): (&[u8], usize),
) -> Result<Vec<u8>, MaskError> {
    let mut masker = ResultMasker::new(plan.clone(), protocol);
    // The row before leaves nothing behind.
    let mut before = row.to_vec();
    if masker.mask_in_place(&mut before)? != InPlace::Whole {
        masker = ResultMasker::new(plan.clone(), protocol);
    }
    let mut row = row.to_vec();
    match masker.mask_in_place(&mut row)? {
        InPlace::Whole => {
            assert_eq!(row, before);
            assert!(
                masker.end_row().is_err() || plan.is_clear(),
                "a row is under way"
            );
            Ok(row)
        }
        InPlace::UpTo(length) => {
            let (front, rest) = row.split_at(length);
            let mut out = front.to_vec();
            for part in rest.chunks(size) {
                masker.mask_part(part, &mut out)?;
            }
            masker.end_row().map(|()| out)
        }
    }
}

fn cut(row: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
    cuts.iter_mut().for_each(|cut| *cut %= row.len() + 1);
    cuts.sort_unstable();
    let mut parts = Vec::new();
    let mut rest = row;
    for cut in cuts {
        let (part, tail) = rest.split_at(cut - (row.len() - rest.len()));
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn cuts_change_nothing(columns in columns(), cuts in vec(any::<usize>(), 0..12), single: bool) {
        let types: Vec<_> = columns.iter().map(|(column, ..)| column.value_type()).collect();
        let values = columns.iter().zip(&types);
        let values: Vec<_> = values.map(|((_, _, raw), kind)| value(raw, *kind)).collect();
        let mut binary = Vec::new();
        encode_row(&values, &types, &mut binary).unwrap();
        let mut text = Vec::new();
        let mut builder = TextRowBuilder::new(&mut text);
        for (_, _, raw) in &columns {
            builder.push((!raw.null).then_some(&raw.bytes[..]));
        }
        let plan = no_leak::plan(&columns);
        for (protocol, row) in [(Protocol::Text, text), (Protocol::Binary, binary)] {
            let parts = if single { row.chunks(1).collect() } else { cut(&row, cuts.clone()) };
            let expected = whole(&plan, protocol, &row);
            prop_assert!(expected.is_ok());
            prop_assert_eq!(&in_parts(&plan, protocol, parts), &expected);
            let size = cuts.first().map_or(1, |cut| cut % 64 + 1);
            prop_assert_eq!(&in_place(&plan, protocol, (&row, size)), &expected);
        }
    }

    #[test]
    fn noise_is_refused_in_parts_as_it_is_whole(
        columns in columns(), noise in vec(any::<u8>(), 0..120), cuts in vec(any::<usize>(), 0..6),
    ) {
        for protocol in [Protocol::Text, Protocol::Binary] {
            let plan = no_leak::plan(&columns);
            let expected = whole(&plan, protocol, &noise);
            let parts = in_parts(&plan, protocol, cut(&noise, cuts.clone()));
            prop_assert_eq!(parts.is_ok(), expected.is_ok());
            prop_assert!(parts.is_err() || parts == expected);
            let placed = in_place(&plan, protocol, (&noise, 7));
            prop_assert_eq!(placed.is_ok(), expected.is_ok());
            prop_assert!(placed.is_err() || placed == expected);
        }
    }
}

/// Text in ASCII, others, empty ones, long ones and NULL, each under each mask that keeps lengths.
fn cell() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop_oneof![
        1 => Just(None),
        4 => "[ -~]{0,30}".prop_map(|text| Some(text.into_bytes())),
        2 => "[0-9 -]{6,24}".prop_map(|text| Some(text.into_bytes())),
        2 => "[A-Z]{2}[0-9]{13,20}".prop_map(|text| Some(text.into_bytes())),
        1 => "[a-zß€😀]{0,8}".prop_map(|text| Some(text.into_bytes())),
        1 => vec(any::<u8>(), 0..8).prop_map(Some),
        1 => (245_usize..260).prop_map(|length| Some(vec![b'y'; length])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_row_that_is_masked_in_place_is_the_one_that_is_copied(
        rows in vec(vec(cell(), 6), 1..4), keeps_null: bool, first in 0_usize..3, size in 1_usize..20,
    ) {
        let mut masks = MaskSet::new();
        for (name, mask) in [
            ("ends", Mask::partial(first, 2, '#').unwrap()),
            ("card", Mask::shape(Shape::Card)),
            ("iban", Mask::shape(Shape::Iban)),
        ] {
            let mask = if keeps_null { mask.keeping_null().unwrap() } else { mask };
            masks.insert(name, mask).unwrap();
        }
        let treatment = |name: &str| Treatment::Mask(name.to_owned());
        let treatments = [
            Treatment::Clear, treatment("ends"), treatment("card"), Treatment::Clear,
            treatment("iban"), treatment("ends"),
        ];
        let columns = [45, 8, 45, 63, 45, 63].map(|set| column(ColumnType::VarString, set, 400));
        let types = columns.each_ref().map(|column| column.value_type());
        let plan = MaskPlan::new(&masks, &treatments, &columns).unwrap();
        prop_assert!(ResultMasker::new(plan.clone(), Protocol::Text).keeps_length());
        for row in &rows {
            let mut text = Vec::new();
            let mut builder = TextRowBuilder::new(&mut text);
            row.iter().for_each(|cell| builder.push(cell.as_deref()));
            let cells = row.iter().map(|cell| cell.as_deref().map_or(Value::Null, Value::Bytes));
            let mut binary = Vec::new();
            encode_row(&cells.collect::<Vec<_>>(), &types, &mut binary).unwrap();
            for (protocol, row) in [(Protocol::Text, text), (Protocol::Binary, binary)] {
                let expected = whole(&plan, protocol, &row);
                prop_assert!(expected.is_ok());
                prop_assert_eq!(in_place(&plan, protocol, (&row, size)), expected);
                // Of a row that is cut short nothing is taken for whole.
                let short = row.get(..row.len() - 1).unwrap();
                prop_assert!(in_place(&plan, protocol, (short, size)).is_err());
            }
        }
    }
}

/// Servers write no such lengths, but a row that is put anew has the shortest ones.
#[test]
fn a_length_that_is_longer_than_it_must_be_is_put_anew() {
    let plan = plan(Mask::partial(1, 1, '*').unwrap(), &varchar(20)).plan;
    let row = b"\x017\xfc\x04\0abcd\x01z";
    let expected = whole(&plan, Protocol::Text, row);
    assert_eq!(expected, Ok(b"\x017\x04a**d\x01z".to_vec()));
    assert_eq!(in_place(&plan, Protocol::Text, (row, 3)), expected);
}

#[test]
fn nothing_is_masked_in_place_after_an_error_nor_within_a_row() {
    let plan = plan(Mask::partial(1, 1, '*').unwrap(), &varchar(20)).plan;
    let masker = || ResultMasker::new(plan.clone(), Protocol::Text);
    let row = b"\x017\x04abcd\x01z".to_vec();
    let mut broken = masker();
    assert!(
        broken
            .mask_in_place(&mut b"\x017\x04abcd\xff".to_vec())
            .is_err()
    );
    assert_eq!(
        broken.mask_in_place(&mut row.clone()),
        Err(MaskError::Poisoned)
    );
    let mut within = masker();
    within.mask_part(b"\x017", &mut Vec::new()).unwrap();
    let mut row = row;
    assert!(within.mask_in_place(&mut row).is_err());
    assert_eq!(within.mask_in_place(&mut row), Err(MaskError::Poisoned));
    let mut long = masker();
    assert!(
        long.mask_in_place(&mut b"\x017\x04abcd\x01z\x01z".to_vec())
            .is_err()
    );
}

/// Cells around the limit, under every kind that looks at a cell.
#[test]
fn a_cell_over_the_limit_is_redacted_or_digested_however_it_comes() {
    let blob = column(ColumnType::Blob, 255, u32::MAX);
    let partial = Mask::partial(0, 2, '*').unwrap();
    let hash = Mask::hash(MaskKey::new(&[9; 32]).unwrap(), 24).unwrap();
    for length in [CELL_BYTES_MAX - 1, CELL_BYTES_MAX, CELL_BYTES_MAX + 1] {
        let clear = vec![b'x'; length];
        let mut row = Vec::new();
        let mut builder = TextRowBuilder::new(&mut row);
        for cell in [b"7", &clear[..], b"tail"] {
            builder.push(Some(cell));
        }
        for mask in [&partial, &hash] {
            let plan = plan(mask.clone(), &blob).plan;
            let expected = whole(&plan, Protocol::Text, &row).unwrap();
            for size in [1, 1000, CELL_BYTES_MAX] {
                let parts = in_parts(&plan, Protocol::Text, row.chunks(size)).unwrap();
                assert!(parts == expected, "{mask:?} {length} in parts of {size}");
            }
            let cells = TextRow::new(&expected).decode(3).unwrap();
            let shown = cells[1].unwrap();
            match shown.len() {
                24 => assert!(shown.iter().all(u8::is_ascii_hexdigit)),
                10 => assert!(length > CELL_BYTES_MAX && shown == b"[redacted]"),
                filled => assert!(length <= CELL_BYTES_MAX && filled == length),
            }
        }
    }
}

/// The digest of a long cell is that of the same bytes in a short one's way.
#[test]
fn equal_long_cells_have_equal_digests_and_others_have_not() {
    let blob = column(ColumnType::Blob, 255, u32::MAX);
    let hash = Mask::hash(MaskKey::new(&[9; 32]).unwrap(), 24).unwrap();
    let shown = |cell: &[u8], size: usize| {
        let mut row = Vec::new();
        let mut builder = TextRowBuilder::new(&mut row);
        for cell in [b"7", cell, b"tail"] {
            builder.push(Some(cell));
        }
        let plan = plan(hash.clone(), &blob).plan;
        in_parts(&plan, Protocol::Text, row.chunks(size)).unwrap()
    };
    let mut clear = vec![b'x'; 3 * CELL_BYTES_MAX];
    let first = shown(&clear, 777);
    assert_eq!(first, shown(&clear, 65_536));
    *clear.last_mut().unwrap() = b'y';
    assert_ne!(first, shown(&clear, 777));
}

/// What the promise of bounded memory is about: a cell of a gigabyte, never in memory.
#[test]
fn a_row_of_a_gibibyte_is_masked_from_small_parts() {
    let blob = column(ColumnType::Blob, 255, u32::MAX);
    let gibibyte = 1024_u64 * 1024 * 1024;
    let part = vec![b'x'; 1024 * 1024];
    for (mask, expected) in [
        (Mask::redact(), 1 + 1 + 11 + 5),
        (Mask::partial(1, 1, '*').unwrap(), 1 + 1 + 11 + 5),
        (Mask::null(), 1 + 1 + 1 + 5),
    ] {
        let mut masker = ResultMasker::new(plan(mask, &blob).plan, Protocol::Text);
        let mut out = Vec::new();
        masker.mask_part(b"\x017", &mut out).unwrap();
        let mut length = Vec::new();
        put_lenenc_int(gibibyte, &mut length);
        masker.mask_part(&length, &mut out).unwrap();
        for _ in 0..1024 {
            masker.mask_part(&part, &mut out).unwrap();
        }
        masker.mask_part(b"\x04tail", &mut out).unwrap();
        masker.end_row().unwrap();
        assert_eq!(out.len(), expected);
    }
}

#[test]
fn a_length_that_lies_ends_the_masker() {
    let result = plan(Mask::redact(), &varchar(40));
    for row in [
        // Longer than the row, in a cell that passes and in one that is masked.
        &b"\x017\x06secret\x05tail"[..],
        b"\x017\x07secret",
        b"\x017\xfe\xff\xff\xff\xff\xff\xff\xff\xffsecret\x04tail",
        // Eight bytes of length for what needs one.
        b"\x017\xfe\x06\0\0\0\0\0\0\0secret\x04tail",
        // No length at all.
        b"\x017\xff\x06secret\x04tail",
        // Something behind the last cell, and nothing in its place.
        b"\x017\x06secret\x04tail\x00",
        b"\x017\x06secret",
        b"",
    ] {
        for size in [1, 3, 1000] {
            let mut masker = ResultMasker::new(result.plan.clone(), Protocol::Text);
            let mut out = Vec::new();
            let fed = row
                .chunks(size)
                .try_for_each(|part| masker.mask_part(part, &mut out));
            assert!(
                fed.and_then(|()| masker.end_row()).is_err(),
                "{row:?} {size}"
            );
            let kept = out.clone();
            assert_eq!(
                masker.mask_part(b"\x017", &mut out),
                Err(MaskError::Poisoned)
            );
            assert_eq!(masker.end_row(), Err(MaskError::Poisoned));
            assert_eq!(out, kept);
        }
    }
}

#[test]
fn null_has_no_place_in_the_cells_of_a_binary_row() {
    let result = plan(Mask::redact(), &varchar(40));
    // Header, bitmap, INT, then NULL in place of a length.
    let row = b"\0\0\x07\0\0\0\xfb\x04tail";
    assert!(whole(&result.plan, Protocol::Binary, row).is_err());
    assert!(in_parts(&result.plan, Protocol::Binary, row.chunks(1)).is_err());
}

#[test]
fn a_whole_row_in_the_midst_of_another_is_refused() {
    let result = plan(Mask::redact(), &varchar(40));
    let mut masker = ResultMasker::new(result.plan, Protocol::Text);
    let mut out = Vec::new();
    masker.mask_part(b"\x017", &mut out).unwrap();
    assert!(
        masker
            .mask_row(b"\x017\x06secret\x04tail", &mut out)
            .is_err()
    );
    assert_eq!(out, b"\x017");
    assert_eq!(masker.end_row(), Err(MaskError::Poisoned));
}

/// NULL bits go out before the cells have come.
#[test]
fn masked_nulls_of_a_binary_row_are_told_by_its_first_bytes() {
    let kinds = [
        (Mask::redact(), 0),
        (Mask::null(), 0b1000),
        (Mask::fixed("x").unwrap().keeping_null().unwrap(), 0b1000),
    ];
    for (mask, bits) in kinds {
        let result = plan(mask, &varchar(40));
        let types = result.columns.each_ref().map(|column| column.value_type());
        let mut row = Vec::new();
        encode_row(&[Value::Int(7), Value::Null, Value::Null], &types, &mut row).unwrap();
        let mut masker = ResultMasker::new(result.plan, Protocol::Binary);
        let mut out = Vec::new();
        masker.mask_part(&row[..2], &mut out).unwrap();
        assert_eq!(out, [0, 0b1_0000 | bits]);
        masker.mask_part(&row[2..], &mut out).unwrap();
        masker.end_row().unwrap();
    }
}
