//! Numbers: buckets, and the digits of DECIMAL.

use std::collections::BTreeMap;

use mysql_proto::row::value::Value;

use crate::column::Class;
use crate::column::Column;
use crate::render::Shown;
use crate::render::pad;

/// Floating point numbers beyond this are shown by servers with an exponent.
const FLOATING_MAX: f64 = 1e15;

/// The lower end of the bucket in which a number lies.
pub(crate) fn bucket(
    width: u64,
    clear: Value<'_>,
    column: &Column,
    buffer: &mut Vec<u8>,
) -> Option<Shown> {
    buffer.clear();
    match (column.class, clear) {
        (Class::Integer { bits }, Value::Int(value)) => {
            let least = -(1_i128 << bits.saturating_sub(1));
            let lower = floor(i128::from(value), width).max(least);
            i64::try_from(lower).ok().map(Shown::Int)
        }
        (Class::Integer { .. }, Value::UInt(value)) => {
            let lower = floor(i128::from(value), width);
            u64::try_from(lower).ok().map(Shown::UInt)
        }
        (Class::Year, Value::UInt(value)) => {
            let lower = floor(i128::from(value), width);
            let valid = (1901..=2155).contains(&lower);
            u64::try_from(lower).ok().filter(|_| valid).map(Shown::UInt)
        }
        (Class::Decimal, Value::Bytes(text)) => {
            put_scaled(floor(parse_floor(text)?, width), column, buffer)?;
            Some(Shown::Buffer)
        }
        (Class::Float, Value::Float(value)) => {
            let width = width as f32;
            // Adding zero makes a zero of minus zero.
            let lower = (value / width).floor() * width + 0.0;
            (f64::from(lower).abs() < FLOATING_MAX).then_some(Shown::Float(lower))
        }
        (Class::Double, Value::Double(value)) => {
            let width = width as f64;
            let lower = (value / width).floor() * width + 0.0;
            (lower.abs() < FLOATING_MAX).then_some(Shown::Double(lower))
        }
        _ => None,
    }
}

/// The number that is listed for an integer, and the same where none is.
pub(crate) fn renumber(numbers: &BTreeMap<u64, u64>, clear: Value<'_>) -> Option<Shown> {
    let other = |value: u64| numbers.get(&value).copied();
    match clear {
        Value::UInt(value) => Some(Shown::UInt(other(value).unwrap_or(value))),
        Value::Int(value) => {
            let listed = u64::try_from(value).ok().and_then(other);
            let signed = listed.and_then(|number| i64::try_from(number).ok());
            Some(Shown::Int(signed.unwrap_or(value)))
        }
        Value::Null
        | Value::Bytes(_)
        | Value::Float(_)
        | Value::Double(_)
        | Value::DateTime(_)
        | Value::Time(_) => None,
    }
}

/// Appends a whole number with the zeroes of the column's scale; `None` when it is too long.
pub(crate) fn put_scaled(value: i128, column: &Column, buffer: &mut Vec<u8>) -> Option<()> {
    let text = match column.scale() {
        Some(scale) if scale > 0 => format!("{value}.{:0<scale$}", ""),
        Some(_) | None => value.to_string(),
    };
    let fits = text.len() <= usize::try_from(column.length).unwrap_or(usize::MAX);
    // Zero fits every column, also one whose definition claims to have no length.
    if !fits && value != 0 {
        return None;
    }
    buffer.extend_from_slice(pad(text, column).as_bytes());
    Some(())
}

/// How many digits a DECIMAL has in front of its point.
pub(crate) fn whole_digits(column: &Column) -> u32 {
    let scale = column.scale().unwrap_or_default();
    let point = usize::from(scale > 0);
    let sign = usize::from(!column.value_type.unsigned);
    let length = usize::try_from(column.length).unwrap_or(usize::MAX);
    let digits = length.saturating_sub(scale + point + sign);
    u32::try_from(digits).unwrap_or(u32::MAX)
}

fn floor(value: i128, width: u64) -> i128 {
    let width = i128::from(width);
    // The width is at most 10^12, and a value that was parsed at most 10^38: never near the ends.
    value.div_euclid(width).saturating_mul(width)
}

/// The greatest whole number that is not above this decimal.
fn parse_floor(text: &[u8]) -> Option<i128> {
    let text = str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: i128 = whole.parse().ok()?;
    let below = whole.starts_with('-') && fraction.bytes().any(|byte| byte != b'0');
    value.checked_sub(i128::from(below))
}
