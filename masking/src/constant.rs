//! Cells that depend on nothing but their column.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use mysql_proto::charset::CharShape;
use mysql_proto::charset::Charset;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Time;

use crate::chars::put_str;
use crate::column::Class;
use crate::column::Column;
use crate::number::put_scaled;
use crate::render::Shown;
use crate::render::pad;
use crate::render::parse_date;
use crate::render::parse_time;

/// What stands in place of a text.
const REDACTED: &str = "[redacted]";

/// The longest fixed-length bytes that are filled up.
const FILLED_BYTES_MAX: usize = 255;

/// `POINT(0 0)` without a reference system, as servers send geometry.
const POINT: [u8; 25] = [
    0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// The constant of a column; `None` where only NULL is sure to be valid.
pub(crate) fn redaction(column: &Column, buffer: &mut Vec<u8>) -> Option<Shown> {
    buffer.clear();
    match column.class {
        Class::Integer { .. } => return Some(integer(0, column)),
        Class::Float => return Some(Shown::Float(0.0)),
        Class::Double => return Some(Shown::Double(0.0)),
        Class::Year => return Some(Shown::UInt(1970)),
        Class::Date | Class::DateTime => return Some(Shown::DateTime(day_of_1970(1))),
        // The first of January lies before the beginning of time east of Greenwich.
        Class::Timestamp => return Some(Shown::DateTime(day_of_1970(2))),
        Class::Time => return Some(Shown::Time(Time::default())),
        // A member is not known: a definition does not list them.
        Class::Enum => return None,
        // The length of a vector is fixed by its column and is not told reliably.
        Class::Vector => return None,
        Class::Null => return None,
        Class::Decimal => put_scaled(0, column, buffer)?,
        Class::Bit => buffer.resize(bit_bytes(column), 0),
        // The empty set.
        Class::Set => {}
        Class::Geometry => buffer.extend_from_slice(&POINT),
        Class::Json(charset) => put_json(REDACTED, charset, buffer)?,
        Class::Uuid(charset) => put_text("00000000-0000-0000-0000-000000000000", charset, buffer)?,
        Class::Inet4(charset) => put_text("0.0.0.0", charset, buffer)?,
        Class::Inet6(charset) => put_text("::", charset, buffer)?,
        Class::Text(charset) => put_redacted(charset.shape(), column, buffer),
        Class::Bytes => put_redacted(CharShape::SingleByte, column, buffer),
        Class::FixedBytes => {
            put_redacted(CharShape::SingleByte, column, buffer);
            fill(column, buffer);
        }
    }
    Some(Shown::Buffer)
}

/// The configured value, where the column can hold it.
pub(crate) fn fixed(value: &str, column: &Column, buffer: &mut Vec<u8>) -> Option<Shown> {
    buffer.clear();
    match column.class {
        Class::Integer { bits } => return fixed_integer(value, bits, column),
        Class::Float => return finite(value.parse().ok()?).map(Shown::Float),
        Class::Double => {
            let number = value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite());
            return number.map(Shown::Double);
        }
        Class::Year => {
            let year = value.parse().ok()?;
            return (1901..=2155).contains(&year).then_some(Shown::UInt(year));
        }
        Class::Date => {
            let date = DateTime {
                hour: 0,
                minute: 0,
                second: 0,
                microsecond: 0,
                ..parse_date(value)?
            };
            return calendar(date).map(Shown::DateTime);
        }
        Class::DateTime | Class::Timestamp => {
            return calendar(parse_date(value)?).map(Shown::DateTime);
        }
        Class::Time => return parse_time(value).map(Shown::Time),
        Class::Decimal => put_fixed_decimal(value, column, buffer)?,
        Class::Json(charset) => put_json(value, charset, buffer)?,
        Class::Uuid(charset) => {
            is_uuid(value).then_some(())?;
            put_text(value, charset, buffer)?;
        }
        Class::Inet4(charset) => {
            let address: Ipv4Addr = value.parse().ok()?;
            put_text(&address.to_string(), charset, buffer)?;
        }
        Class::Inet6(charset) => {
            let address: Ipv6Addr = value.parse().ok()?;
            put_text(&address.to_string(), charset, buffer)?;
        }
        Class::Text(charset) => {
            let fits = value.chars().count() <= column.chars_max();
            if !fits || !put_str(charset.shape(), value, buffer) {
                return None;
            }
        }
        Class::Bytes | Class::FixedBytes => {
            if value.len() > column.chars_max() {
                return None;
            }
            buffer.extend_from_slice(value.as_bytes());
            if column.class == Class::FixedBytes {
                fill(column, buffer);
            }
        }
        Class::Bit | Class::Enum | Class::Set | Class::Geometry | Class::Vector | Class::Null => {
            return None;
        }
    }
    Some(Shown::Buffer)
}

/// An integer with or without sign, as its column has it.
pub(crate) const fn integer(value: u64, column: &Column) -> Shown {
    if column.value_type.unsigned {
        Shown::UInt(value)
    } else {
        Shown::Int(value.cast_signed())
    }
}

/// The length of a BIT cell.
pub(crate) fn bit_bytes(column: &Column) -> usize {
    usize::try_from(column.bits().div_ceil(8)).unwrap_or(8)
}

/// Fills a cell of fixed length up with zero bytes.
pub(crate) fn fill(column: &Column, buffer: &mut Vec<u8>) {
    let length = column.chars_max();
    if length <= FILLED_BYTES_MAX && buffer.len() < length {
        buffer.resize(length, 0);
    }
}

/// Appends a text as JSON, in ASCII; `None` when the character set cannot say even that.
pub(crate) fn put_json(text: &str, charset: Charset, buffer: &mut Vec<u8>) -> Option<()> {
    let mut json = String::from('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => {
                json.push('\\');
                json.push(char::from(byte));
            }
            Ok(byte @ 0x20..=0x7e) => json.push(char::from(byte)),
            Ok(_) | Err(_) => json.push_str(&format!("\\u{unit:04x}")),
        }
    }
    json.push('"');
    put_str(charset.shape(), &json, buffer).then_some(())
}

fn put_text(text: &str, charset: Charset, buffer: &mut Vec<u8>) -> Option<()> {
    put_str(charset.shape(), text, buffer).then_some(())
}

/// Whether a text is a UUID as servers write it.
fn is_uuid(text: &str) -> bool {
    let valid = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(valid)
}

fn put_redacted(shape: CharShape, column: &Column, buffer: &mut Vec<u8>) {
    let fits = column.chars_max() >= REDACTED.len();
    if fits && put_str(shape, REDACTED, buffer) {
        return;
    }
    for _ in 0..column.chars_max().min(REDACTED.len()) {
        // A star is in every character set.
        let _written = put_str(shape, "*", buffer);
    }
}

fn day_of_1970(day: u8) -> DateTime {
    DateTime {
        year: 1970,
        month: 1,
        day,
        ..DateTime::default()
    }
}

fn fixed_integer(value: &str, bits: u32, column: &Column) -> Option<Shown> {
    if column.value_type.unsigned {
        let number: u64 = value.parse().ok()?;
        let fits = bits >= 64 || number < 1 << bits;
        return fits.then_some(Shown::UInt(number));
    }
    let number: i64 = value.parse().ok()?;
    let end = 1_i128 << bits.saturating_sub(1);
    let fits = (-end..end).contains(&i128::from(number));
    fits.then_some(Shown::Int(number))
}

fn finite(number: f32) -> Option<f32> {
    number.is_finite().then_some(number)
}

/// A date that is in the calendar, as far as clients check.
fn calendar(date: DateTime) -> Option<DateTime> {
    let year = date.year;
    let leap = year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100));
    let days = match date.month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&date.month)
        && (1..=days).contains(&date.day)
        && date.hour < 24;
    valid.then_some(date)
}

fn put_fixed_decimal(value: &str, column: &Column, buffer: &mut Vec<u8>) -> Option<()> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let unsigned = whole.strip_prefix('-');
    let digits = unsigned.unwrap_or(whole);
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let scale = column.scale().unwrap_or_default();
    let signed = unsigned.is_none() || !column.value_type.unsigned;
    let valid = !digits.is_empty() && all_digits(digits) && all_digits(fraction) && signed;
    if !valid || fraction.len() > scale {
        return None;
    }
    let text = if scale == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction:0<scale$}")
    };
    if text.len() > usize::try_from(column.length).unwrap_or(usize::MAX) {
        return None;
    }
    buffer.extend_from_slice(pad(text, column).as_bytes());
    Some(())
}
