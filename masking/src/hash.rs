//! Keyed digests: equal values stay equal, and nothing else of them stays.

use mysql_proto::row::value::Value;

use crate::chars::put_alphanumeric;
use crate::chars::put_str;
use crate::column::Class;
use crate::column::Column;
use crate::constant::bit_bytes;
use crate::constant::fill;
use crate::constant::integer;
use crate::constant::put_json;
use crate::digest::Digest;
use crate::key::MaskKey;
use crate::mask::Mask;
use crate::number::put_scaled;
use crate::number::whole_digits;
use crate::render::Shown;

/// The most digits that a digest gives to a DECIMAL.
const DECIMAL_DIGITS_MAX: u32 = 18;

/// A digest in the form of the column, so many characters long where it is a text.
///
/// A value has the same digest in the text and the binary protocol, and in every character set
/// that can be read.
pub(crate) fn hash(
    (key, length): (&MaskKey, usize),
    clear: Value<'_>,
    column: &Column,
    buffer: &mut Vec<u8>,
) -> Option<Shown> {
    show_digest(&digest(key, clear, column)?, length, column, buffer)
}

/// A digest in the form of the column.
pub(crate) fn show_digest(
    digest: &[u8; 32],
    length: usize,
    column: &Column,
    buffer: &mut Vec<u8>,
) -> Option<Shown> {
    buffer.clear();
    let number = digest
        .first_chunk::<8>()
        .map(|bytes| u64::from_be_bytes(*bytes))?;
    match column.class {
        Class::Integer { bits } => {
            let bits = bits.saturating_sub(u32::from(!column.value_type.unsigned));
            return Some(integer(low_bits(number, bits), column));
        }
        Class::Bit => {
            let number = low_bits(number, column.bits()).to_be_bytes();
            let skipped = number.len().saturating_sub(bit_bytes(column));
            buffer.extend(number.iter().skip(skipped));
        }
        Class::Decimal => {
            let digits = whole_digits(column).min(DECIMAL_DIGITS_MAX);
            let number = number.checked_rem(10_u64.pow(digits))?;
            if digits == 0 {
                return None;
            }
            put_scaled(number.into(), column, buffer)?;
        }
        Class::Json(charset) => {
            let text = hexadecimal(digest);
            let text = str::from_utf8(text.get(..length)?).ok()?;
            put_json(text, charset, buffer)?;
        }
        Class::Uuid(charset) => {
            put_str(charset.shape(), &uuid(digest), buffer).then_some(())?;
        }
        Class::Text(charset) => {
            let length = cut(length, column)?;
            let text = hexadecimal(digest);
            put_alphanumeric(charset.shape(), text.get(..length)?, buffer);
        }
        Class::Bytes | Class::FixedBytes => {
            let length = cut(length, column)?;
            buffer.extend_from_slice(hexadecimal(digest).get(..length)?);
            if column.class == Class::FixedBytes {
                fill(column, buffer);
            }
        }
        Class::Float
        | Class::Double
        | Class::Year
        | Class::Date
        | Class::DateTime
        | Class::Timestamp
        | Class::Time
        | Class::Enum
        | Class::Set
        | Class::Inet4(_)
        | Class::Inet6(_)
        | Class::Geometry
        | Class::Vector
        | Class::Null => return None,
    }
    Some(Shown::Buffer)
}

/// The digest of a value in a form that hangs neither on the protocol nor on the character set.
fn digest(key: &MaskKey, clear: Value<'_>, column: &Column) -> Option<[u8; 32]> {
    match clear {
        Value::Null => Some(key.digest(b'n', &[])),
        Value::Int(value) => Some(key.digest(b'i', value.to_string().as_bytes())),
        Value::UInt(value) => Some(key.digest(b'i', value.to_string().as_bytes())),
        Value::Bytes(bytes) => Digest::whole(key, column, bytes),
        Value::Float(_) | Value::Double(_) | Value::DateTime(_) | Value::Time(_) => None,
    }
}

/// The length of a digest that fits the column; `None` when it would tell too little apart.
fn cut(length: usize, column: &Column) -> Option<usize> {
    let length = length.min(column.chars_max());
    (length >= Mask::HASH_LENGTH_MIN).then_some(length)
}

fn hexadecimal(digest: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    let (pairs, _) = text.as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(digest) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

const fn digit(half: u8) -> u8 {
    if half < 10 {
        b'0' + half
    } else {
        b'a' - 10 + half
    }
}

/// The first half of a digest in the form of a UUID, of the version for such (RFC 9562, 5.8).
fn uuid(digest: &[u8; 32]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in hexadecimal(digest).into_iter().take(32).enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(match place {
            // The version, and the variant.
            12 | 16 => '8',
            _ => char::from(byte),
        });
    }
    text
}

const fn low_bits(number: u64, bits: u32) -> u64 {
    if bits >= u64::BITS {
        number
    } else {
        number & ((1 << bits) - 1)
    }
}
