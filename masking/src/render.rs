//! Values between their text and binary forms.

use mysql_proto::charset::CharShape;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;
use mysql_proto::row::value::Value;
use mysql_proto::wire::put_lenenc_bytes;

use crate::chars::Chars;
use crate::chars::put_char;
use crate::column::Class;
use crate::column::Column;
use crate::stream::Protocol;

/// Digits are never padded over this width, whatever a column claims.
const PADDED_MAX: usize = 255;

/// A value to be shown; longer ones lie in a buffer beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shown {
    Int(i64),
    UInt(u64),
    Float(f32),
    Double(f64),
    DateTime(DateTime),
    Time(Time),
    /// The content of the buffer.
    Buffer,
}

impl Shown {
    pub(crate) const fn value(self, buffer: &[u8]) -> Value<'_> {
        match self {
            Self::Int(value) => Value::Int(value),
            Self::UInt(value) => Value::UInt(value),
            Self::Float(value) => Value::Float(value),
            Self::Double(value) => Value::Double(value),
            Self::DateTime(value) => Value::DateTime(value),
            Self::Time(value) => Value::Time(value),
            Self::Buffer => Value::Bytes(buffer),
        }
    }
}

/// Appends a cell as it stands in a row; false when the value is not one of the column.
#[must_use]
pub(crate) fn put_cell(
    value: Value<'_>,
    column: &Column,
    protocol: Protocol,
    out: &mut Vec<u8>,
) -> bool {
    match (protocol, value) {
        (_, Value::Bytes(digits)) if column.class == Class::Decimal => {
            put_ascii(digits, column, out)
        }
        (Protocol::Binary, _) => value.encode(column.value_type, out),
        (Protocol::Text, _) => match value {
            Value::Bytes(bytes) => {
                put_lenenc_bytes(bytes, out);
                true
            }
            Value::Null => false,
            Value::Int(_)
            | Value::UInt(_)
            | Value::Float(_)
            | Value::Double(_)
            | Value::DateTime(_)
            | Value::Time(_) => put_ascii(text(value, column).as_bytes(), column, out),
        },
    }
}

/// Appends what is written in ASCII, in the character set of the numbers of the result.
fn put_ascii(text: &[u8], column: &Column, out: &mut Vec<u8>) -> bool {
    if !is_wide(column.digits) {
        put_lenenc_bytes(text, out);
        return true;
    }
    let mut wide = Vec::new();
    for byte in text {
        if !put_char(column.digits, char::from(*byte), &mut wide) {
            return false;
        }
    }
    put_lenenc_bytes(&wide, out);
    true
}

/// The cell of a number, date or time as ASCII; `None` when it holds anything else.
pub(crate) fn narrow<'a>(
    cell: &'a [u8],
    column: &Column,
    narrowed: &'a mut Vec<u8>,
) -> Option<&'a [u8]> {
    let is_ascii = match column.class {
        Class::Integer { .. }
        | Class::Decimal
        | Class::Float
        | Class::Double
        | Class::Year
        | Class::Date
        | Class::DateTime
        | Class::Timestamp
        | Class::Time => !is_wide(column.digits),
        Class::Bit
        | Class::Text(_)
        | Class::Bytes
        | Class::FixedBytes
        | Class::Enum
        | Class::Set
        | Class::Json(_)
        | Class::Uuid(_)
        | Class::Inet4(_)
        | Class::Inet6(_)
        | Class::Geometry
        | Class::Vector
        | Class::Null => true,
    };
    if is_ascii {
        return Some(cell);
    }
    for character in Chars::new(column.digits, cell) {
        let character = character?;
        character.is_ascii().then_some(())?;
        narrowed.push(u8::try_from(u32::from(character)).ok()?);
    }
    Some(narrowed)
}

/// Whether ASCII is not written as its bytes.
const fn is_wide(shape: CharShape) -> bool {
    match shape {
        CharShape::Ucs2 | CharShape::Utf16 | CharShape::Utf16le | CharShape::Utf32 => true,
        CharShape::SingleByte | CharShape::Utf8 | CharShape::MultiByte | CharShape::NotAscii => {
            false
        }
    }
}

/// The text of a value that has a form of its own.
fn text(value: Value<'_>, column: &Column) -> String {
    match value {
        Value::Null | Value::Bytes(_) => String::new(),
        Value::Int(value) => pad(value.to_string(), column),
        Value::UInt(value) if column.class == Class::Year => format!("{value:04}"),
        Value::UInt(value) => pad(value.to_string(), column),
        Value::Float(value) => match column.scale() {
            Some(scale) => pad(format!("{value:.scale$}"), column),
            None => pad(value.to_string(), column),
        },
        Value::Double(value) => match column.scale() {
            Some(scale) => pad(format!("{value:.scale$}"), column),
            None => pad(value.to_string(), column),
        },
        Value::DateTime(date) if column.class == Class::Date => {
            format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
        }
        Value::DateTime(date) => format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}",
            date.year,
            date.month,
            date.day,
            date.hour,
            date.minute,
            date.second,
            fraction(date.microsecond, column)
        ),
        Value::Time(time) => format!(
            "{}{:02}:{:02}:{:02}{}",
            if time.negative { "-" } else { "" },
            u64::from(time.days) * 24 + u64::from(time.hour),
            time.minute,
            time.second,
            fraction(time.microsecond, column)
        ),
    }
}

/// Leading zeroes, where the column is shown with them.
pub(crate) fn pad(digits: String, column: &Column) -> String {
    if !column.zerofill || digits.starts_with('-') {
        return digits;
    }
    let width = usize::try_from(column.length).unwrap_or(PADDED_MAX);
    let width = width.min(PADDED_MAX);
    format!("{digits:0>width$}")
}

fn fraction(microsecond: u32, column: &Column) -> String {
    match usize::from(column.decimals) {
        digits @ 1..=6 => {
            let all = format!("{microsecond:06}");
            format!(".{}", all.get(..digits).unwrap_or_default())
        }
        _ => String::new(),
    }
}

/// Reads a cell of a text row; `None` when it is not what its column promises.
pub(crate) fn parse_text<'a>(cell: &'a [u8], column: &Column) -> Option<Value<'a>> {
    let ascii = || str::from_utf8(cell).ok();
    Some(match column.class {
        Class::Integer { .. } if column.value_type.unsigned => Value::UInt(ascii()?.parse().ok()?),
        Class::Integer { .. } => Value::Int(ascii()?.parse().ok()?),
        Class::Year => Value::UInt(ascii()?.parse::<u16>().ok()?.into()),
        Class::Float => Value::Float(ascii()?.parse().ok()?),
        Class::Double => Value::Double(ascii()?.parse().ok()?),
        Class::Date | Class::DateTime | Class::Timestamp => Value::DateTime(parse_date(ascii()?)?),
        Class::Time => Value::Time(parse_time(ascii()?)?),
        Class::Null => return None,
        Class::Decimal
        | Class::Bit
        | Class::Text(_)
        | Class::Bytes
        | Class::FixedBytes
        | Class::Enum
        | Class::Set
        | Class::Json(_)
        | Class::Uuid(_)
        | Class::Inet4(_)
        | Class::Inet6(_)
        | Class::Geometry
        | Class::Vector => Value::Bytes(cell),
    })
}

/// `YYYY-MM-DD`, and perhaps ` hh:mm:ss` with a fraction.
pub(crate) fn parse_date(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut fields = date.split('-');
    let mut value = DateTime {
        year: digits(fields.next()?, 4)?.try_into().ok()?,
        month: digits(fields.next()?, 2)?.try_into().ok()?,
        day: digits(fields.next()?, 2)?.try_into().ok()?,
        ..DateTime::default()
    };
    if fields.next().is_some() || value.month > 12 || value.day > 31 {
        return None;
    }
    if let Some(time) = time {
        let time = parse_time(time)?;
        if time.negative || time.days > 0 {
            return None;
        }
        value.hour = time.hour;
        value.minute = time.minute;
        value.second = time.second;
        value.microsecond = time.microsecond;
    }
    Some(value)
}

/// `hh:mm:ss`, perhaps with a sign, more hours and a fraction.
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, fraction),
        None => (text, ""),
    };
    if fraction.len() > 6 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut fields = clock.split(':');
    let hours = fields.next()?;
    let hours = digits(hours, hours.len().clamp(2, 3))?;
    let minute = digits(fields.next()?, 2)?;
    let second = digits(fields.next()?, 2)?;
    if fields.next().is_some() || minute > 59 || second > 59 {
        return None;
    }
    Some(Time {
        negative,
        days: hours / 24,
        hour: u8::try_from(hours % 24).ok()?,
        minute: u8::try_from(minute).ok()?,
        second: u8::try_from(second).ok()?,
        microsecond: format!("{fraction:0<6}").parse().ok()?,
    })
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let valid = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}
