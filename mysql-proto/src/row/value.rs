//! One cell of the binary protocol, borrowed from its packet, and its bytes.

use crate::error::DecodeError;
use crate::types::ColumnType;
use crate::types::ValueType;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;

/// A cell of a binary row, or a parameter of an execute.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html)
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever masks or records a value must handle every kind"
)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// An integer with a sign.
    Int(i64),
    /// An integer without a sign, and YEAR.
    UInt(u64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DATE, DATETIME or TIMESTAMP.
    DateTime(DateTime),
    /// TIME.
    Time(Time),
    /// Everything that is sent with a length: text, bytes, DECIMAL, BIT, JSON, GEOMETRY, VECTOR.
    Bytes(&'a [u8]),
}

/// A point in time as it is sent; fields may be out of the calendar, as zero dates are.
#[expect(clippy::exhaustive_structs, reason = "plain fields, built by callers")]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DateTime {
    /// The year.
    pub year: u16,
    /// The month.
    pub month: u8,
    /// The day.
    pub day: u8,
    /// The hour.
    pub hour: u8,
    /// The minute.
    pub minute: u8,
    /// The second.
    pub second: u8,
    /// The microsecond.
    pub microsecond: u32,
}

/// A span of time as it is sent.
#[expect(clippy::exhaustive_structs, reason = "plain fields, built by callers")]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Time {
    /// Whether it lies before zero.
    pub negative: bool,
    /// Whole days.
    pub days: u32,
    /// The hour.
    pub hour: u8,
    /// The minute.
    pub minute: u8,
    /// The second.
    pub second: u8,
    /// The microsecond.
    pub microsecond: u32,
}

impl<'a> Value<'a> {
    /// Reads a value of this type, which is not NULL.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a value.
    pub fn decode(reader: &mut Reader<'a>, value_type: ValueType) -> Result<Self, DecodeError> {
        const FIELD: &str = "value";
        let unsigned = value_type.unsigned;
        Ok(match value_type.column_type {
            ColumnType::Null => Self::Null,
            ColumnType::Tiny => {
                let [byte] = reader.array(FIELD)?;
                integer(unsigned, byte.into(), i8::from_le_bytes([byte]).into())
            }
            ColumnType::Short => {
                let bytes = reader.array(FIELD)?;
                let signed = i16::from_le_bytes(bytes).into();
                integer(unsigned, u16::from_le_bytes(bytes).into(), signed)
            }
            ColumnType::Long | ColumnType::Int24 => {
                let bytes = reader.array(FIELD)?;
                let signed = i32::from_le_bytes(bytes).into();
                integer(unsigned, u32::from_le_bytes(bytes).into(), signed)
            }
            ColumnType::LongLong => {
                let bytes = reader.array(FIELD)?;
                let signed = i64::from_le_bytes(bytes);
                integer(unsigned, u64::from_le_bytes(bytes), signed)
            }
            ColumnType::Year => Self::UInt(reader.u16(FIELD)?.into()),
            ColumnType::Float => Self::Float(f32::from_le_bytes(reader.array(FIELD)?)),
            ColumnType::Double => Self::Double(f64::from_le_bytes(reader.array(FIELD)?)),
            ColumnType::Date | ColumnType::DateTime | ColumnType::Timestamp => {
                Self::DateTime(DateTime::decode(reader)?)
            }
            ColumnType::Time => Self::Time(Time::decode(reader)?),
            ColumnType::Decimal
            | ColumnType::VarChar
            | ColumnType::Bit
            | ColumnType::Vector
            | ColumnType::Json
            | ColumnType::NewDecimal
            | ColumnType::Enum
            | ColumnType::Set
            | ColumnType::TinyBlob
            | ColumnType::MediumBlob
            | ColumnType::LongBlob
            | ColumnType::Blob
            | ColumnType::VarString
            | ColumnType::String
            | ColumnType::Geometry => Self::Bytes(reader.lenenc_bytes(FIELD)?),
        })
    }

    /// Appends the value as one of this type; false, with nothing written, when it is not one.
    ///
    /// NULL writes nothing: the bitmap of the row tells of it.
    #[must_use]
    pub fn encode(&self, value_type: ValueType, out: &mut Vec<u8>) -> bool {
        match (*self, value_type.column_type) {
            (Self::Null, _) => return true,
            (Self::Int(value), column_type) if !value_type.unsigned => {
                return put_integer(i128::from(value), column_type, false, out);
            }
            (Self::UInt(value), column_type)
                if value_type.unsigned || column_type == ColumnType::Year =>
            {
                return put_integer(i128::from(value), column_type, true, out);
            }
            (Self::Float(value), ColumnType::Float) => out.extend(value.to_le_bytes()),
            (Self::Double(value), ColumnType::Double) => out.extend(value.to_le_bytes()),
            (
                Self::DateTime(value),
                ColumnType::Date | ColumnType::DateTime | ColumnType::Timestamp,
            ) => value.encode(out),
            (Self::Time(value), ColumnType::Time) => value.encode(out),
            (Self::Bytes(bytes), column_type)
                if column_type.binary_layout() == crate::types::BinaryLayout::LengthEncoded =>
            {
                put_lenenc_bytes(bytes, out);
            }
            _ => return false,
        }
        true
    }
}

const fn integer<'a>(unsigned: bool, without_sign: u64, with_sign: i64) -> Value<'a> {
    if unsigned {
        Value::UInt(without_sign)
    } else {
        Value::Int(with_sign)
    }
}

fn put_integer(value: i128, column_type: ColumnType, unsigned: bool, out: &mut Vec<u8>) -> bool {
    let width = match column_type {
        ColumnType::Tiny => 1,
        ColumnType::Short | ColumnType::Year => 2,
        ColumnType::Long | ColumnType::Int24 => 4,
        ColumnType::LongLong => 8,
        ColumnType::Decimal
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Null
        | ColumnType::Timestamp
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::DateTime
        | ColumnType::VarChar
        | ColumnType::Bit
        | ColumnType::Vector
        | ColumnType::Json
        | ColumnType::NewDecimal
        | ColumnType::Enum
        | ColumnType::Set
        | ColumnType::TinyBlob
        | ColumnType::MediumBlob
        | ColumnType::LongBlob
        | ColumnType::Blob
        | ColumnType::VarString
        | ColumnType::String
        | ColumnType::Geometry => return false,
    };
    let bits = 8 * width;
    let (least, most) = if unsigned {
        (0, (1_i128 << bits) - 1)
    } else {
        (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
    };
    if value < least || value > most {
        return false;
    }
    out.extend(value.to_le_bytes().iter().take(width));
    true
}

impl DateTime {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.u8("length of a date")?;
        let mut value = Self::default();
        if !matches!(length, 0 | 4 | 7 | 11) {
            return Err(DecodeError::Invalid {
                field: "length of a date",
                value: u64::from(length),
            });
        }
        if length >= 4 {
            value.year = reader.u16("date")?;
            [value.month, value.day] = reader.array("date")?;
        }
        if length >= 7 {
            [value.hour, value.minute, value.second] = reader.array("date")?;
        }
        if length == 11 {
            value.microsecond = reader.u32("date")?;
        }
        Ok(value)
    }

    fn encode(self, out: &mut Vec<u8>) {
        let has_time = self.hour != 0 || self.minute != 0 || self.second != 0;
        let has_date = self.year != 0 || self.month != 0 || self.day != 0;
        let length = if self.microsecond != 0 {
            11
        } else if has_time {
            7
        } else if has_date {
            4
        } else {
            0
        };
        out.push(length);
        if length >= 4 {
            out.extend(self.year.to_le_bytes());
            out.extend([self.month, self.day]);
        }
        if length >= 7 {
            out.extend([self.hour, self.minute, self.second]);
        }
        if length == 11 {
            out.extend(self.microsecond.to_le_bytes());
        }
    }
}

impl Time {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.u8("length of a time")?;
        let mut value = Self::default();
        if !matches!(length, 0 | 8 | 12) {
            return Err(DecodeError::Invalid {
                field: "length of a time",
                value: u64::from(length),
            });
        }
        if length >= 8 {
            value.negative = reader.u8("time")? != 0;
            value.days = reader.u32("time")?;
            [value.hour, value.minute, value.second] = reader.array("time")?;
        }
        if length == 12 {
            value.microsecond = reader.u32("time")?;
        }
        Ok(value)
    }

    fn encode(self, out: &mut Vec<u8>) {
        if self == Self::default() {
            out.push(0);
            return;
        }
        out.push(if self.microsecond == 0 { 8 } else { 12 });
        out.push(u8::from(self.negative));
        out.extend(self.days.to_le_bytes());
        out.extend([self.hour, self.minute, self.second]);
        if self.microsecond != 0 {
            out.extend(self.microsecond.to_le_bytes());
        }
    }
}
