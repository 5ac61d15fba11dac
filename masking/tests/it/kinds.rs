//! Known answers: each kind of mask on each type of column, the same in both protocols.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::Clear;
use crate::common::column;
use crate::common::mask_binary;
use crate::common::mask_both;
use crate::common::mask_text;
use crate::common::text;
use crate::common::varchar;
use crate::common::with;
use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::error::BuildError;
use masking::error::MaskError;
use masking::key::MaskKey;
use masking::mask::DatePart;
use masking::mask::Shape;
use masking::stream::Protocol;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::wire::put_lenenc_bytes;

const UNSIGNED: ColumnFlags = ColumnFlags::UNSIGNED;
const DATE: DateTime = DateTime {
    year: 2024,
    month: 5,
    day: 17,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
};
const MOMENT: DateTime = DateTime {
    hour: 13,
    minute: 14,
    second: 15,
    microsecond: 123_456,
    ..DATE
};

/// A column of every type with a clear value, by name.
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_type() -> Vec<(&'static str, ColumnDefinition<'static>, Clear)> {
    use ColumnType as T;
    let int = |text, value| Clear {
        text,
        value: Value::Int(value),
    };
    let uint = |text, value| Clear {
        text,
        value: Value::UInt(value),
    };
    let date = |text, value| Clear {
        text,
        value: Value::DateTime(value),
    };
    let float = Clear {
        text: b"1234.5",
        value: Value::Float(1234.5),
    };
    let double = Clear {
        text: b"-98765.25",
        value: Value::Double(-98765.25),
    };
    let time = Clear {
        text: b"-34:22:23",
        value: Value::Time(Time {
            negative: true,
            days: 1,
            hour: 10,
            minute: 22,
            second: 23,
            microsecond: 0,
        }),
    };
    let zerofill = UNSIGNED | ColumnFlags::ZEROFILL;
    vec![
        ("tinyint", column(T::Tiny, 63, 4), int(b"-77", -77)),
        (
            "smallint unsigned",
            with(column(T::Short, 63, 5), UNSIGNED, 0),
            uint(b"54321", 54321),
        ),
        (
            "mediumint",
            column(T::Int24, 63, 9),
            int(b"-7654321", -7_654_321),
        ),
        (
            "int zerofill",
            with(column(T::Long, 63, 8), zerofill, 0),
            uint(b"00004711", 4711),
        ),
        (
            "bigint",
            column(T::LongLong, 63, 20),
            int(b"1234567890123", 1_234_567_890_123),
        ),
        (
            "bigint unsigned",
            with(column(T::LongLong, 63, 20), UNSIGNED, 0),
            uint(b"18446744073709551615", u64::MAX),
        ),
        (
            "decimal(10,2)",
            with(column(T::NewDecimal, 63, 12), ColumnFlags::empty(), 2),
            text(b"-1234.56"),
        ),
        (
            "decimal(6,0) unsigned",
            with(column(T::NewDecimal, 63, 6), UNSIGNED, 0),
            text(b"987654"),
        ),
        (
            "float",
            with(column(T::Float, 63, 12), ColumnFlags::empty(), 31),
            float,
        ),
        (
            "double",
            with(column(T::Double, 63, 22), ColumnFlags::empty(), 31),
            double,
        ),
        (
            "double(8,2)",
            with(column(T::Double, 63, 8), ColumnFlags::empty(), 2),
            double,
        ),
        (
            "year",
            with(column(T::Year, 63, 4), UNSIGNED, 0),
            uint(b"1987", 1987),
        ),
        (
            "bit(12)",
            with(column(T::Bit, 63, 12), UNSIGNED, 0),
            text(b"\x0a\x55"),
        ),
        ("date", column(T::Date, 63, 10), date(b"2024-05-17", DATE)),
        (
            "datetime(3)",
            with(column(T::DateTime, 63, 23), ColumnFlags::empty(), 3),
            date(b"2024-05-17 13:14:15.123", MOMENT),
        ),
        (
            "timestamp",
            column(T::Timestamp, 63, 19),
            date(b"2024-05-17 13:14:15", MOMENT),
        ),
        ("time", column(T::Time, 63, 10), time),
        (
            "varchar utf8mb4",
            varchar(40),
            text(b"alice.smith@corp.example"),
        ),
        (
            "varchar latin1",
            column(T::VarString, 8, 40),
            text(b"Andr\xe9 D'Alembert"),
        ),
        ("varchar(4)", varchar(4), text(b"1234")),
        ("char", column(T::String, 255, 80), text(b"Hans-Joachim")),
        (
            "text",
            column(T::Blob, 255, 262_140),
            text(b"a long story about something"),
        ),
        (
            "varbinary",
            column(T::VarString, 63, 30),
            text(b"\x01\x02\x03\xff\xfe"),
        ),
        (
            "binary(16)",
            column(T::String, 63, 16),
            text(b"0123456789abcdef"),
        ),
        (
            "longblob",
            column(T::Blob, 63, u32::MAX),
            text(b"blob \x00 blob"),
        ),
        (
            "enum",
            with(column(T::String, 255, 24), ColumnFlags::ENUM, 0),
            text(b"secret"),
        ),
        (
            "set",
            with(column(T::String, 255, 80), ColumnFlags::SET, 0),
            text(b"one,two"),
        ),
        (
            "json",
            column(T::Json, 63, u32::MAX),
            text(b"{\"ssn\": \"123-45-6789\"}"),
        ),
        (
            "geometry",
            column(T::Geometry, 63, u32::MAX),
            text(b"\0\0\0\0\x01\x01\0\0\0mmmmmmmmnnnnnnnn"),
        ),
        (
            "vector",
            column(T::Vector, 63, 8),
            text(b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        ),
    ]
}

/// What a mask makes of every type; types that are redacted alike are left out of `expected`.
fn check(mask: &Mask, expected: &[(&str, &str)]) {
    for (name, column, clear) in every_type() {
        let redacted = mask_both(&Mask::redact(), &column, clear);
        let shown = mask_both(mask, &column, clear);
        let expected = expected.iter().find(|(known, _)| *known == name);
        let expected = expected.map_or(redacted.as_str(), |(_, shown)| shown);
        assert_eq!(shown, expected, "{name}");
        let plain = crate::common::show(Some(clear.text));
        assert!(
            !shown.contains(&plain),
            "{name}: `{shown}` contains `{plain}`"
        );
    }
}

#[test]
fn redact_is_a_constant_of_the_type() {
    let expected = [
        ("tinyint", "0"),
        ("smallint unsigned", "0"),
        ("mediumint", "0"),
        ("int zerofill", "00000000"),
        ("bigint", "0"),
        ("bigint unsigned", "0"),
        ("decimal(10,2)", "0.00"),
        ("decimal(6,0) unsigned", "0"),
        ("float", "0"),
        ("double", "0"),
        ("double(8,2)", "0.00"),
        ("year", "1970"),
        ("bit(12)", "[00, 00]"),
        ("date", "1970-01-01"),
        ("datetime(3)", "1970-01-01 00:00:00.000"),
        ("timestamp", "1970-01-02 00:00:00"),
        ("time", "00:00:00"),
        ("varchar utf8mb4", "[redacted]"),
        ("varchar latin1", "[redacted]"),
        ("varchar(4)", "****"),
        ("char", "[redacted]"),
        ("text", "[redacted]"),
        ("varbinary", "[redacted]"),
        (
            "binary(16)",
            "[5b, 72, 65, 64, 61, 63, 74, 65, 64, 5d, 00, 00, 00, 00, 00, 00]",
        ),
        ("longblob", "[redacted]"),
        ("enum", "NULL"),
        ("set", ""),
        ("json", "\"[redacted]\""),
        ("vector", "NULL"),
    ];
    for (name, column, clear) in every_type() {
        let shown = mask_both(&Mask::redact(), &column, clear);
        match expected.iter().find(|(known, _)| *known == name) {
            Some((_, expected)) => assert_eq!(shown, *expected, "{name}"),
            // POINT(0 0)
            None => assert_eq!(shown.matches("00").count(), 23, "{name}"),
        }
    }
}

#[test]
fn redact_does_not_show_whether_there_was_a_value() {
    for (name, column, clear) in every_type() {
        let mask = Mask::redact();
        let of_value = mask_text(&mask, &column, Some(clear.text));
        assert_eq!(mask_text(&mask, &column, None), of_value, "{name}");
        let of_value = mask_binary(&mask, &column, clear.value, |value| format!("{value:?}"));
        let of_null = mask_binary(&mask, &column, Value::Null, |value| format!("{value:?}"));
        assert_eq!(of_null, of_value, "{name}");
    }
}

#[test]
fn null_is_null_everywhere() {
    for (name, column, clear) in every_type() {
        assert_eq!(mask_both(&Mask::null(), &column, clear), "NULL", "{name}");
    }
}

#[test]
fn partial_keeps_ends_of_texts() {
    check(
        &Mask::partial(2, 3, '#').unwrap(),
        &[
            ("varchar utf8mb4", "al###################ple"),
            ("varchar latin1", "An###########ert"),
            ("varchar(4)", "####"),
            ("char", "Ha#######him"),
            ("text", "a #######################ing"),
            ("varbinary", "#####"),
            ("binary(16)", "01###########def"),
            ("longblob", "bl######lob"),
        ],
    );
}

#[test]
fn partial_never_shows_more_than_it_hides() {
    let mask = Mask::partial(0, 4, '*').unwrap();
    for (clear, expected) in [
        ("1234", "****"),
        ("1234567", "*******"),
        ("12345678", "****5678"),
        ("", "[redacted]"),
    ] {
        let shown = mask_text(&mask, &varchar(40), Some(clear.as_bytes()));
        assert_eq!(crate::common::show(shown.as_deref()), expected);
    }
}

#[test]
fn shapes_keep_their_form() {
    check(
        &Mask::shape(Shape::Email),
        &[("varchar utf8mb4", "a***@corp.example")],
    );
    for (shape, clear, expected) in [
        (Shape::Email, "bob@x.example", "b***@x.example"),
        (Shape::Email, "a@b@c.example", "a***@c.example"),
        (Shape::Email, "a@b.example", "[redacted]"),
        (Shape::Email, "@b.example", "[redacted]"),
        (Shape::Email, "nobody", "[redacted]"),
        (Shape::Email, "nobody@", "[redacted]"),
        (Shape::Card, "4111 1111 1111 1234", "**** **** **** 1234"),
        (Shape::Card, "4111-1111-1111-1234", "****-****-****-1234"),
        (Shape::Card, "4111111111111234", "************1234"),
        (Shape::Card, "1234", "[redacted]"),
        (Shape::Card, "4111x1111x1111x1234", "***************1234"),
        (
            Shape::Iban,
            "DE02120300000000202051",
            "DE****************2051",
        ),
        (
            Shape::Iban,
            "DE02 1203 0000 0000 2020 51",
            "DE** **** **** **** **20 51",
        ),
        (Shape::Iban, "NO93-8601-1117-947", "NO**-****-***7-947"),
        (Shape::Iban, "DE02", "[redacted]"),
        (Shape::Iban, "DEX2120300000000202051", "[redacted]"),
        (Shape::Iban, "1E02120300000000202051", "[redacted]"),
        (Shape::Iban, "DE0212030000000020205\u{e9}", "[redacted]"),
        (Shape::Iban, "DE02.1203.0000.0000.2020.51", "[redacted]"),
        (Shape::Phone, "+49 (30) 123-4567", "+** (**) ***-*567"),
        (Shape::Phone, "112", "[redacted]"),
        (Shape::Phone, "call me 0301234567", "**** ** *******567"),
    ] {
        let shown = mask_text(&Mask::shape(shape), &varchar(40), Some(clear.as_bytes()));
        assert_eq!(crate::common::show(shown.as_deref()), expected, "{clear}");
    }
}

#[test]
fn shapes_are_filled_with_what_is_wanted() {
    for (shape, clear, expected) in [
        (Shape::Email, "bob@x.example", "bXXX@x.example"),
        (Shape::Card, "4111-1111-1111-1234", "XXXX-XXXX-XXXX-1234"),
        (Shape::Phone, "+49 (30) 123-4567", "+XX (XX) XXX-X567"),
        (
            Shape::Iban,
            "DE02 1203 0000 0000 2020 51",
            "DEXX XXXX XXXX XXXX XX20 51",
        ),
    ] {
        let mask = Mask::shape_filled(shape, 'X').unwrap();
        let shown = mask_text(&mask, &varchar(40), Some(clear.as_bytes()));
        assert_eq!(crate::common::show(shown.as_deref()), expected);
    }
    for fill in [' ', '-', '@', '+', '\u{e9}', '\0'] {
        let mask = Mask::shape_filled(Shape::Card, fill);
        assert_eq!(mask.err(), Some(BuildError::Fill { fill }));
    }
}

#[test]
fn dates_are_cut_to_month_or_year() {
    check(
        &Mask::date(DatePart::Month),
        &[
            ("date", "2024-05-01"),
            ("datetime(3)", "2024-05-01 00:00:00.000"),
        ],
    );
    check(
        &Mask::date(DatePart::Year),
        &[
            ("date", "2024-01-01"),
            ("datetime(3)", "2024-01-01 00:00:00.000"),
        ],
    );
}

#[test]
fn dates_that_are_not_whole_are_redacted() {
    let column = column(ColumnType::Date, 63, 10);
    for clear in [
        "0000-00-00",
        "2024-00-00",
        "0000-05-01",
        "garbage",
        "2024-5-1",
        "",
    ] {
        let shown = mask_text(
            &Mask::date(DatePart::Month),
            &column,
            Some(clear.as_bytes()),
        );
        assert_eq!(shown.as_deref(), Some(&b"1970-01-01"[..]), "{clear}");
    }
}

#[test]
fn buckets_are_lower_ends() {
    check(
        &Mask::bucket(10).unwrap(),
        &[
            ("tinyint", "-80"),
            ("smallint unsigned", "54320"),
            ("mediumint", "-7654330"),
            ("int zerofill", "00004710"),
            ("bigint", "1234567890120"),
            ("bigint unsigned", "18446744073709551610"),
            ("decimal(10,2)", "-1240.00"),
            ("decimal(6,0) unsigned", "987650"),
            ("float", "1230"),
            ("double", "-98770"),
            ("double(8,2)", "-98770.00"),
            ("year", "1980"),
        ],
    );
}

#[test]
fn buckets_stay_in_the_range_of_their_type() {
    let mask = Mask::bucket(1000).unwrap();
    let tiny = column(ColumnType::Tiny, 63, 4);
    assert_eq!(
        mask_text(&mask, &tiny, Some(b"-5")).as_deref(),
        Some(&b"-128"[..])
    );
    assert_eq!(
        mask_text(&mask, &tiny, Some(b"5")).as_deref(),
        Some(&b"0"[..])
    );
    let year = with(column(ColumnType::Year, 63, 4), UNSIGNED, 0);
    assert_eq!(
        mask_text(&mask, &year, Some(b"1987")).as_deref(),
        Some(&b"1970"[..])
    );
    let decimal = with(
        column(ColumnType::NewDecimal, 63, 3),
        ColumnFlags::empty(),
        0,
    );
    assert_eq!(
        mask_text(&mask, &decimal, Some(b"-7")).as_deref(),
        Some(&b"0"[..])
    );
    let double = with(column(ColumnType::Double, 63, 22), ColumnFlags::empty(), 31);
    for wild in ["1e300", "nan", "inf", "-1e18"] {
        let shown = mask_text(&mask, &double, Some(wild.as_bytes()));
        assert_eq!(shown.as_deref(), Some(&b"0"[..]), "{wild}");
    }
}

#[test]
fn fixed_values_take_the_form_of_the_column() {
    check(
        &Mask::fixed("42").unwrap(),
        &[
            ("tinyint", "42"),
            ("smallint unsigned", "42"),
            ("mediumint", "42"),
            ("int zerofill", "00000042"),
            ("bigint", "42"),
            ("bigint unsigned", "42"),
            ("decimal(10,2)", "42.00"),
            ("decimal(6,0) unsigned", "42"),
            ("float", "42"),
            ("double", "42"),
            ("double(8,2)", "42.00"),
            ("varchar utf8mb4", "42"),
            ("varchar latin1", "42"),
            ("varchar(4)", "42"),
            ("char", "42"),
            ("text", "42"),
            ("varbinary", "42"),
            (
                "binary(16)",
                "[34, 32, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00]",
            ),
            ("longblob", "42"),
            ("json", "\"42\""),
        ],
    );
    check(
        &Mask::fixed("2001-02-03").unwrap(),
        &[
            ("date", "2001-02-03"),
            ("datetime(3)", "2001-02-03 00:00:00.000"),
            ("timestamp", "2001-02-03 00:00:00"),
            ("varchar utf8mb4", "2001-02-03"),
            ("varchar latin1", "2001-02-03"),
            ("char", "2001-02-03"),
            ("text", "2001-02-03"),
            ("varbinary", "2001-02-03"),
            (
                "binary(16)",
                "[32, 30, 30, 31, 2d, 30, 32, 2d, 30, 33, 00, 00, 00, 00, 00, 00]",
            ),
            ("longblob", "2001-02-03"),
            ("json", "\"2001-02-03\""),
        ],
    );
}

#[test]
fn fixed_values_that_do_not_fit_are_redacted() {
    let shown = |value: &str, column: &ColumnDefinition<'static>| {
        crate::common::show(mask_text(&Mask::fixed(value).unwrap(), column, Some(b"1")).as_deref())
    };
    assert_eq!(shown("300", &column(ColumnType::Tiny, 63, 4)), "0");
    assert_eq!(shown("-129", &column(ColumnType::Tiny, 63, 4)), "0");
    assert_eq!(shown("-128", &column(ColumnType::Tiny, 63, 4)), "-128");
    assert_eq!(
        shown("2023-02-29", &column(ColumnType::Date, 63, 10)),
        "1970-01-01"
    );
    assert_eq!(
        shown("2024-02-29", &column(ColumnType::Date, 63, 10)),
        "2024-02-29"
    );
    assert_eq!(shown("hidden", &varchar(3)), "***");
    assert_eq!(
        shown("é", &column(ColumnType::VarString, 8, 40)),
        "[redacted]"
    );
    assert_eq!(shown("é", &varchar(40)), "é");
    assert_eq!(
        shown("é\"\\", &column(ColumnType::Json, 63, 100)),
        "\"\\u00e9\\\"\\\\\""
    );
}

fn hash(length: usize) -> Mask {
    Mask::hash(MaskKey::new(b"a key of twenty-five bytes").unwrap(), length).unwrap()
}

#[test]
fn hashes_are_stable_and_valid() {
    let claimed = [
        "tinyint",
        "smallint unsigned",
        "mediumint",
        "int zerofill",
        "bigint",
        "bigint unsigned",
        "decimal(10,2)",
        "decimal(6,0) unsigned",
        "bit(12)",
        "varchar utf8mb4",
        "char",
        "text",
        "varbinary",
        "binary(16)",
        "longblob",
        "json",
    ];
    for (name, column, clear) in every_type() {
        let shown = mask_both(&hash(16), &column, clear);
        assert_eq!(
            shown,
            mask_both(&hash(16), &column, clear),
            "{name}: not stable"
        );
        let redacted = mask_both(&Mask::redact(), &column, clear);
        assert_eq!(
            shown != redacted,
            claimed.contains(&name),
            "{name}: {shown}"
        );
        assert_ne!(shown, crate::common::show(Some(clear.text)), "{name}");
        let length = usize::try_from(column.column_length).unwrap();
        assert!(
            name == "bit(12)" || shown.len() <= length.max(100),
            "{name}: {shown}"
        );
    }
}

#[test]
fn hashes_of_a_text_are_equal_in_every_unicode_set() {
    let shown = |collation: u16, text: Vec<u8>| {
        let column = column(ColumnType::VarString, collation, 160);
        mask_text(&hash(16), &column, Some(&text)).unwrap()
    };
    let text = "zoë@€x.example";
    let utf8 = String::from_utf8(shown(45, text.into())).unwrap();
    let wide =
        |units: Vec<u16>| -> Vec<u8> { units.into_iter().flat_map(u16::to_be_bytes).collect() };
    let utf16 = shown(54, wide(text.encode_utf16().collect()));
    assert_eq!(utf16, wide(utf8.encode_utf16().collect()));
    let utf32 = shown(
        60,
        text.chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect(),
    );
    assert_eq!(
        utf32
            .iter()
            .filter(|byte| **byte != 0)
            .copied()
            .collect::<Vec<_>>(),
        utf8.as_bytes()
    );
}

#[test]
fn another_key_gives_another_hash() {
    let other = Mask::hash(MaskKey::new(&[7; 32]).unwrap(), 16).unwrap();
    let one = mask_text(&hash(16), &varchar(40), Some(b"x"));
    assert_ne!(mask_text(&other, &varchar(40), Some(b"x")), one);
    assert_eq!(one.unwrap().len(), 16);
}

#[test]
fn wide_character_sets_are_written_as_such() {
    let be = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let le = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let wide = |text: &str| -> Vec<u8> {
        text.chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect()
    };
    let mask = Mask::partial(1, 1, '*').unwrap();
    for (collation, encode) in [
        (35, &be as &dyn Fn(&str) -> Vec<u8>),
        (54, &be),
        (56, &le),
        (60, &wide),
        (45, &|text: &str| text.as_bytes().to_vec()),
    ] {
        let column = column(ColumnType::VarString, collation, 80);
        let clear = encode("häßlich€");
        assert_eq!(
            mask_text(&mask, &column, Some(&clear)),
            Some(encode("h******€"))
        );
        assert_eq!(
            mask_text(&Mask::redact(), &column, Some(&clear)),
            Some(encode("[redacted]"))
        );
        let broken = [&clear[..], &[0xff][..]].concat();
        let shown = mask_text(&mask, &column, Some(&broken));
        assert_eq!(
            shown,
            Some(encode("[redacted]")),
            "{collation}: broken text"
        );
    }
}

#[test]
fn sets_whose_characters_cannot_be_told_apart_are_redacted() {
    let mask = Mask::partial(1, 1, '*').unwrap();
    for (collation, expected) in [(28, "[redacted]"), (13, "[redacted]"), (10, "**********")] {
        let column = column(ColumnType::VarString, collation, 80);
        let shown = mask_text(&mask, &column, Some(b"abcdef"));
        assert_eq!(crate::common::show(shown.as_deref()), expected);
    }
}

#[test]
fn null_is_kept_only_where_the_mask_says_so() {
    let column = varchar(40);
    for mask in [
        Mask::partial(1, 1, '*').unwrap(),
        Mask::shape(Shape::Email),
        Mask::fixed("x").unwrap(),
        Mask::bucket(5).unwrap(),
        hash(16),
    ] {
        assert!(mask_text(&mask, &column, None).is_some());
        let keeping = mask.keeping_null().unwrap();
        assert_eq!(mask_text(&keeping, &column, None), None);
        assert!(mask_binary(&keeping, &column, Value::Null, |value| value == Value::Null));
        assert!(mask_text(&keeping, &column, Some(b"abc")).is_some());
    }
    assert!(matches!(
        Mask::redact().keeping_null(),
        Err(BuildError::RedactKeepsNull)
    ));
}

#[test]
fn wrong_settings_are_named() {
    assert!(matches!(
        Mask::partial(0, 0, '*'),
        Err(BuildError::KeepsNothing)
    ));
    assert!(matches!(
        Mask::partial(60, 5, '*'),
        Err(BuildError::KeepsTooMuch { .. })
    ));
    assert!(matches!(
        Mask::partial(1, 0, 'é'),
        Err(BuildError::Fill { fill: 'é' })
    ));
    assert!(matches!(
        Mask::partial(1, 0, ' '),
        Err(BuildError::Fill { .. })
    ));
    assert!(matches!(
        Mask::bucket(0),
        Err(BuildError::BucketWidth { .. })
    ));
    assert!(matches!(
        Mask::bucket(u64::MAX),
        Err(BuildError::BucketWidth { .. })
    ));
    assert!(matches!(
        Mask::fixed(&"x".repeat(256)),
        Err(BuildError::FixedLength { .. })
    ));
    assert!(matches!(
        MaskKey::new(b"short"),
        Err(BuildError::ShortKey { .. })
    ));
    let key = MaskKey::new(&[1; 16]).unwrap();
    assert_eq!(format!("{key:?}"), "MaskKey([redacted])");
    assert!(matches!(
        Mask::hash(key, 4),
        Err(BuildError::HashLength { .. })
    ));
    let mut masks = MaskSet::new();
    masks.insert("a", Mask::null()).unwrap();
    assert!(matches!(
        masks.insert("a", Mask::null()),
        Err(BuildError::Duplicate { .. })
    ));
}

#[test]
fn a_plan_that_cannot_hold_is_refused() {
    let masks = MaskSet::new();
    let columns = [varchar(10)];
    let unknown = MaskPlan::new(&masks, &[Treatment::Mask("x".into())], &columns);
    assert!(matches!(unknown, Err(MaskError::UnknownMask { .. })));
    let few = MaskPlan::new(&masks, &[], &columns);
    assert!(matches!(few, Err(MaskError::WrongCount { .. })));
    let strange = [column(ColumnType::VarString, 4095, 10)];
    let strange_set = MaskPlan::new(&masks, &[Treatment::Redact], &strange);
    assert!(matches!(strange_set, Err(MaskError::UnknownCharset { .. })));
    assert!(MaskPlan::new(&masks, &[Treatment::Clear], &strange).is_ok());
}

#[test]
fn definitions_do_not_lie_about_masked_cells() {
    let masks = MaskSet::new();
    let no_default = ColumnFlags::ENUM | ColumnFlags::NO_DEFAULT_VALUE;
    let nullable = with(column(ColumnType::String, 255, 24), no_default, 0);
    let mut narrow = column(ColumnType::NewDecimal, 63, 1);
    narrow.decimals = 4;
    narrow.default_value = DefaultValue::Text(b"secret".into());
    let kept = with(varchar(40), ColumnFlags::PRIMARY_KEY, 0);
    let columns = [nullable, narrow, kept, varchar(3)];
    let treatments = [
        Treatment::Redact,
        Treatment::Redact,
        Treatment::Redact,
        Treatment::Clear,
    ];
    let plan = MaskPlan::new(&masks, &treatments, &columns).unwrap();
    let rewritten: Vec<_> = (0..4)
        .map(|index| plan.rewrite_column(index, &columns[index]))
        .collect();
    let never_null = ColumnFlags::NOT_NULL | ColumnFlags::NO_DEFAULT_VALUE;
    assert!(!rewritten[0].flags.intersects(never_null));
    assert_eq!(rewritten[1].column_length, 6);
    assert_eq!(rewritten[1].default_value, DefaultValue::Null);
    assert!(rewritten[1].flags.contains(ColumnFlags::NOT_NULL));
    assert_eq!(rewritten[2], columns[2]);
    assert_eq!(rewritten[3], columns[3]);
}

#[test]
fn numbers_that_are_listed_become_others_and_all_else_stays() {
    let numbers = Arc::new(BTreeMap::from([(7, 1 << 30), (9, u64::MAX)]));
    let renumbered = |definition: &ColumnDefinition<'static>, text: &[u8]| {
        let treatments = [Treatment::Renumber(Arc::clone(&numbers))];
        let columns = [definition.clone()];
        let plan = MaskPlan::new(&MaskSet::new(), &treatments, &columns).unwrap();
        if plan.is_clear() {
            return text.to_vec();
        }
        let mut row = Vec::new();
        put_lenenc_bytes(text, &mut row);
        let mut masker = ResultMasker::new(plan, Protocol::Text);
        let mut shown = Vec::new();
        masker.mask_part(&row, &mut shown).unwrap();
        masker.end_row().unwrap();
        shown.split_off(1)
    };
    let unsigned = with(column(ColumnType::LongLong, 63, 21), UNSIGNED, 0);
    let signed = column(ColumnType::LongLong, 63, 21);
    for (definition, clear, shown) in [
        (&unsigned, "7", "1073741824"),
        (&unsigned, "9", "18446744073709551615"),
        (&unsigned, "8", "8"),
        (&signed, "7", "1073741824"),
        (&signed, "-7", "-7"),
        // One that the column cannot hold.
        (&signed, "9", "9"),
        (&varchar(10), "7", "7"),
        (&column(ColumnType::Double, 63, 22), "7", "7"),
    ] {
        let found = renumbered(definition, clear.as_bytes());
        assert_eq!(String::from_utf8(found).unwrap(), shown, "{definition:?}");
    }
}
