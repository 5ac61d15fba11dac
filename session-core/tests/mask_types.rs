//! The policy says by the types of the catalog which kinds take a column, masking says it by what is
//! on the wire: both must say the same, or a mask that the policy calls good would redact.

use masking::known::Known;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::types::ColumnType;
use policy_core::policy::compile::Known as Names;
use policy_core::policy::set::PolicySet;
use session_core::mask::build;

const POLICY: &str = r#"
version = 1
[mask.null]
kind = "null"
[mask.plain]
kind = "partial"
[mask.email]
kind = "partial"
shape = "email"
[mask.iban]
kind = "partial"
shape = "iban"
[mask.hash]
kind = "hash"
key = "env:K"
[mask.digits]
kind = "tokenize"
key = "env:K"
alphabet = "digits"
[mask.words]
kind = "tokenize"
key = "env:K"
alphabet = "alphanumeric"
[mask.month]
kind = "date"
to = "month"
[mask.bucket]
kind = "bucket"
size = 10
[mask.word]
kind = "fixed"
value = "withheld"
[mask.number]
kind = "fixed"
value = "7"
[mask.year]
kind = "fixed"
value = "1999"
[mask.day]
kind = "fixed"
value = "1999-12-31"
[mask.clock]
kind = "fixed"
value = "12:00:00"
[mask.uuid]
kind = "fixed"
value = "00000000-0000-0000-0000-000000000001"
[mask.inet4]
kind = "fixed"
value = "10.0.0.1"
[mask.inet6]
kind = "fixed"
value = "fe80::1"
"#;

/// `DATA_TYPE`, and what the servers send for such a column: type, collation, length, flags.
fn types() -> Vec<(&'static str, ColumnType, u16, u32, ColumnFlags)> {
    use ColumnType as T;

    let none = ColumnFlags::empty();
    let blob = ColumnFlags::BLOB | ColumnFlags::BINARY;
    let address = ColumnFlags::UNSIGNED | ColumnFlags::BINARY;
    vec![
        ("tinyint", T::Tiny, 63, 4, none),
        ("smallint", T::Short, 63, 6, none),
        ("mediumint", T::Int24, 63, 9, none),
        ("int", T::Long, 63, 11, none),
        ("bigint", T::LongLong, 63, 20, ColumnFlags::UNSIGNED),
        ("decimal", T::NewDecimal, 63, 12, none),
        ("float", T::Float, 63, 12, none),
        ("double", T::Double, 63, 22, none),
        ("year", T::Year, 63, 4, ColumnFlags::UNSIGNED),
        ("bit", T::Bit, 63, 12, ColumnFlags::UNSIGNED),
        ("date", T::Date, 63, 10, ColumnFlags::BINARY),
        ("datetime", T::DateTime, 63, 23, ColumnFlags::BINARY),
        ("timestamp", T::Timestamp, 63, 19, ColumnFlags::BINARY),
        ("time", T::Time, 63, 17, ColumnFlags::BINARY),
        ("char", T::String, 45, 160, none),
        ("varchar", T::VarString, 255, 160, none),
        ("tinytext", T::Blob, 45, 1020, ColumnFlags::BLOB),
        ("text", T::Blob, 45, 262_140, ColumnFlags::BLOB),
        ("mediumtext", T::Blob, 45, 67_108_860, ColumnFlags::BLOB),
        ("longtext", T::Blob, 45, u32::MAX, ColumnFlags::BLOB),
        ("binary", T::String, 63, 40, ColumnFlags::BINARY),
        ("varbinary", T::VarString, 63, 40, ColumnFlags::BINARY),
        ("tinyblob", T::Blob, 63, 255, blob),
        ("blob", T::Blob, 63, 65_535, blob),
        ("mediumblob", T::Blob, 63, 16_777_215, blob),
        ("longblob", T::Blob, 63, u32::MAX, blob),
        ("enum", T::String, 45, 20, ColumnFlags::ENUM),
        ("set", T::String, 45, 20, ColumnFlags::SET),
        ("json", T::Json, 63, u32::MAX, blob),
        // MariaDB's.
        ("json", T::Blob, 45, u32::MAX, blob),
        ("uuid", T::String, 45, 144, address),
        ("inet4", T::String, 45, 60, address),
        ("inet6", T::String, 45, 156, address),
        ("geometry", T::Geometry, 63, u32::MAX, blob),
        ("point", T::Geometry, 63, u32::MAX, blob),
        ("vector", T::Vector, 63, 12, blob),
    ]
}

#[test]
fn policy_and_masking_agree_on_the_types_that_a_kind_takes() {
    let policy = PolicySet::compile("p.toml", POLICY, Names::default()).unwrap();
    let mut compared = 0;
    for (name, spec) in policy.masks() {
        let mask = build(spec, |_| Some(vec![7; 32])).unwrap();
        for (data_type, column_type, collation, length, flags) in types() {
            let mut definition = ColumnDefinition::computed(&b"c"[..], column_type);
            definition.collation = collation;
            definition.column_length = length;
            definition.flags = flags;
            let known = Known {
                documents: &[data_type == "json"],
                ..Known::default()
            };
            let on_the_wire = mask.takes(&definition, known);
            let in_the_catalog = spec.kind.takes(data_type);
            assert_eq!(in_the_catalog, on_the_wire, "`{name}` on {data_type}");
            compared += 1;
        }
    }
    assert_eq!(compared, policy.masks().len() * types().len());
}
