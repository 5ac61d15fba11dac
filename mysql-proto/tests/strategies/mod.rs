//! What the property tests draw: bytes, names, types with values of them.

#![expect(
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

/// Bytes without NUL.
pub(crate) fn name() -> impl Strategy<Value = Vec<u8>> {
    vec(1_u8.., 0..20)
}

pub(crate) fn column_type() -> impl Strategy<Value = ColumnType> {
    any::<u8>().prop_filter_map("a type", |byte| ColumnType::from_u8(byte).ok())
}

/// A type with a value of it; text and bytes come from `pool`.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) value_type: ValueType,
    value: Owned,
}

#[derive(Clone, Debug)]
enum Owned {
    Plain(Value<'static>),
    Bytes(Vec<u8>),
}

impl Typed {
    pub(crate) fn value(&self) -> Value<'_> {
        match &self.value {
            Owned::Plain(value) => *value,
            Owned::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

pub(crate) fn typed() -> impl Strategy<Value = Typed> {
    (
        column_type(),
        any::<bool>(),
        any::<i64>(),
        bytes(300),
        any::<u32>(),
    )
        .prop_map(|(column_type, unsigned, number, bytes, micro)| {
            let value_type = ValueType {
                column_type,
                unsigned,
            };
            let [b0, b1, b2, b3, ..] = number.to_le_bytes();
            let integer = |bits: u32| {
                let kept = number as u64 & (u64::MAX >> (64 - bits));
                if unsigned {
                    Value::UInt(kept)
                } else {
                    Value::Int(((kept << (64 - bits)) as i64) >> (64 - bits))
                }
            };
            let date = DateTime {
                year: u16::from(b0),
                month: b1,
                day: b2,
                hour: b3,
                minute: b0,
                second: b1,
                microsecond: micro,
            };
            let plain = match column_type {
                _ if number % 7 == 0 => Value::Null,
                ColumnType::Null => Value::Null,
                ColumnType::Tiny => integer(8),
                ColumnType::Short => integer(16),
                ColumnType::Long | ColumnType::Int24 => integer(32),
                ColumnType::LongLong => integer(64),
                ColumnType::Year => Value::UInt(u64::from(b0)),
                ColumnType::Float => Value::Float(number as f32),
                ColumnType::Double => Value::Double(number as f64),
                ColumnType::Date | ColumnType::DateTime | ColumnType::Timestamp => {
                    Value::DateTime(match number % 4 {
                        0 => DateTime::default(),
                        1 => DateTime {
                            microsecond: 0,
                            ..date
                        },
                        _ => date,
                    })
                }
                ColumnType::Time => Value::Time(Time {
                    negative: number < 0,
                    days: micro,
                    hour: b0,
                    minute: b1,
                    second: b2,
                    microsecond: if number % 3 == 0 { 0 } else { micro },
                }),
                _ => {
                    return Typed {
                        value_type,
                        value: Owned::Bytes(bytes),
                    };
                }
            };
            Typed {
                value_type,
                value: Owned::Plain(plain),
            }
        })
}

/// Every cut of a payload that says where it ends is an error.
pub(crate) fn no_cut<T: std::fmt::Debug>(payload: &[u8], decode: impl Fn(&[u8]) -> Option<T>) {
    for cut in 0..payload.len() {
        let read = decode(&payload[..cut]);
        assert!(read.is_none(), "cut at {cut}: {read:?}");
    }
    let longer = [payload, b"\x00"].concat();
    assert!(decode(&longer).is_none(), "a byte too many");
}
