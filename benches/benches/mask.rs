//! Masks: bytes per second of each kind on each type that it takes, and of a stream of rows.

use std::hint::black_box;

use benches::people;
use criterion::BenchmarkGroup;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use criterion::measurement::WallTime;
use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::alphabet::Alphabet;
use masking::detect::DetectorSet;
use masking::key::MaskKey;
use masking::mask::DatePart;
use masking::mask::Shape;
use masking::stream::Protocol;
use mysql_proto::charset::CollationId;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;

/// Every type with a value of it, in the forms of both protocols.
const CELLS: [(&str, ColumnType, &str, Value<'static>); 14] = [
    bytes("text", ColumnType::VarString, "alice.example@corp.example"),
    bytes("card", ColumnType::VarString, "4111 1111 1111 1111"),
    bytes("iban", ColumnType::VarString, "DE02120300000000202051"),
    bytes("digits", ColumnType::VarString, "4111111111111111"),
    bytes("blob", ColumnType::Blob, "sixteen letters."),
    bytes("json", ColumnType::Json, r#"{"name": "Alice", "age": 41}"#),
    bytes("decimal", ColumnType::NewDecimal, "1234567.25"),
    bytes("geometry", ColumnType::Geometry, "\0\0\0\0\u{1}\u{1}\0\0\0"),
    (
        "integer",
        ColumnType::LongLong,
        "1234567",
        Value::Int(1_234_567),
    ),
    (
        "double",
        ColumnType::Double,
        "1234.5",
        Value::Double(1234.5),
    ),
    ("year", ColumnType::Year, "2026", Value::UInt(2026)),
    ("date", ColumnType::Date, "2026-11-22", Value::DateTime(DAY)),
    (
        "datetime",
        ColumnType::DateTime,
        "2026-11-22 00:00:00",
        Value::DateTime(DAY),
    ),
    ("time", ColumnType::Time, "10:20:30", Value::Time(CLOCK)),
];

const DAY: DateTime = DateTime {
    year: 2026,
    month: 11,
    day: 22,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
};

const CLOCK: Time = Time {
    negative: false,
    days: 0,
    hour: 10,
    minute: 20,
    second: 30,
    microsecond: 0,
};

/// Which types a kind has something to do with; on others it shows what `redact` shows.
const KINDS: [(&str, &[&str]); 13] = [
    (
        "redact",
        &[
            "text", "blob", "json", "decimal", "geometry", "integer", "double", "year", "date",
            "datetime", "time",
        ],
    ),
    ("null", &["text", "integer"]),
    ("partial", &["text", "blob"]),
    ("email", &["text"]),
    ("phone", &["digits"]),
    ("card", &["card"]),
    ("iban", &["iban"]),
    ("hash", &["text", "blob", "json", "decimal", "integer"]),
    ("tokenize", &["digits", "integer"]),
    ("month", &["date", "datetime"]),
    ("bucket", &["integer", "decimal", "double", "year"]),
    ("fixed", &["text", "integer", "decimal", "double", "year"]),
    ("search", &["text", "card", "json"]),
];

const fn bytes(
    name: &'static str,
    column_type: ColumnType,
    text: &'static str,
) -> (&'static str, ColumnType, &'static str, Value<'static>) {
    (name, column_type, text, Value::Bytes(text.as_bytes()))
}

fn kinds(criterion: &mut Criterion) {
    for (protocol, form) in [("text", Protocol::Text), ("binary", Protocol::Binary)] {
        let mut group = criterion.benchmark_group(format!("masking/{protocol}"));
        for (kind, types) in KINDS {
            for (name, column_type, text, value) in CELLS {
                if types.contains(&name) {
                    let bench = format!("{kind}/{name}");
                    let column = column(name, column_type);
                    let row = row(form, &column, text, value);
                    let masker = masker(kind, std::slice::from_ref(&column), &[0], form);
                    run(&mut group, &bench, masker, &row);
                }
            }
        }
        group.finish();
    }
}

fn stream(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("masking/stream");
    let row = people::row(7);
    for kind in ["redact", "partial", "hash", "search"] {
        let masker = masker(kind, &people::columns(), &people::MASKED, Protocol::Text);
        run(&mut group, kind, masker, &row);
    }
    group.finish();
}

fn run(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    masker: Option<ResultMasker>,
    row: &[u8],
) {
    let Some(mut masker) = masker else {
        assert!(row.is_empty(), "no masker for {name}");
        return;
    };
    group.throughput(Throughput::Bytes(row.len() as u64));
    let mut out = Vec::with_capacity(4096);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            out.clear();
            let masked = masker.mask_row(black_box(row), &mut out);
            assert!(masked.is_ok());
        });
    });
}

fn column(name: &str, column_type: ColumnType) -> ColumnDefinition<'static> {
    let mut column = ColumnDefinition::computed(name.as_bytes().to_vec(), column_type);
    column.column_length = 160;
    if column_type == ColumnType::NewDecimal {
        column.decimals = 2;
    }
    if column_type == ColumnType::VarString {
        column.collation = 45;
    }
    column
}

fn row(form: Protocol, column: &ColumnDefinition<'_>, text: &str, value: Value<'_>) -> Vec<u8> {
    let mut row = Vec::new();
    match form {
        Protocol::Text => TextRowBuilder::new(&mut row).push(Some(text.as_bytes())),
        Protocol::Binary => {
            let encoded = encode_row(&[value], &[column.value_type()], &mut row);
            assert!(encoded.is_ok(), "{encoded:?}");
        }
    }
    row
}

fn masker(
    kind: &str,
    columns: &[ColumnDefinition<'_>],
    masked: &[usize],
    form: Protocol,
) -> Option<ResultMasker> {
    let mut masks = MaskSet::new();
    let treatment = match kind {
        "search" => Treatment::Search(DetectorSet::ALL),
        _ => {
            masks.insert("m", mask_of(kind)?).ok()?;
            Treatment::Mask("m".to_owned())
        }
    };
    let treatments: Vec<_> = (0..columns.len())
        .map(|index| match masked.contains(&index) {
            true => treatment.clone(),
            false => Treatment::Clear,
        })
        .collect();
    let plan = MaskPlan::new(&masks, &treatments, columns).ok()?;
    Some(ResultMasker::new(plan, form))
}

fn mask_of(kind: &str) -> Option<Mask> {
    let key = MaskKey::new(&[7; 32]).ok()?;
    Some(match kind {
        "redact" => Mask::redact(),
        "null" => Mask::null(),
        "partial" => Mask::partial(1, 2, '*').ok()?,
        "email" => Mask::shape(Shape::Email),
        "phone" => Mask::shape(Shape::Phone),
        "card" => Mask::shape(Shape::Card),
        "iban" => Mask::shape(Shape::Iban),
        "hash" => Mask::hash(key, 16).ok()?,
        "tokenize" => Mask::tokenize(&key, Alphabet::digits(), false).ok()?,
        "month" => Mask::date(DatePart::Month),
        "bucket" => Mask::bucket(100).ok()?,
        "fixed" => Mask::fixed("2000").ok()?,
        _ => return None,
    })
}

/// Texts under all detectors: one without a find, one of near finds, one full of finds.
fn searches(criterion: &mut Criterion) {
    let prose = "The order 2024-01-31 of 14 boxes (ref. A-1002/7) left on time; cost 1,250.00. ";
    let near = "a@b 4111 1111 1111 1112 +49 eyJhbGciOiJI. sk_live_x DE89 0000 078-05-0000 ";
    let full = "ada@corp.example 4111 1111 1111 1111 +49 151 12345678 078-05-1120 ";
    let mut column = ColumnDefinition::computed(&b"note"[..], ColumnType::VarString);
    column.collation = CollationId::UTF8MB4_GENERAL_CI.value();
    let columns = [column];
    let treatments = [Treatment::Search(DetectorSet::ALL)];
    let mut group = criterion.benchmark_group("detect");
    for (name, text) in [("prose", prose), ("near", near), ("full", full)] {
        let text = text.repeat(50);
        let mut row = Vec::new();
        TextRowBuilder::new(&mut row).push(Some(text.as_bytes()));
        let Ok(plan) = MaskPlan::new(&MaskSet::new(), &treatments, &columns) else {
            return;
        };
        let mut masker = ResultMasker::new(plan, Protocol::Text);
        let mut out = Vec::with_capacity(8192);
        group.throughput(Throughput::Bytes(row.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                let masked = masker.mask_row(black_box(&row), &mut out);
                assert!(masked.is_ok());
            });
        });
    }
    group.finish();
}

criterion_group!(mask, kinds, stream, searches);
criterion_main!(mask);
