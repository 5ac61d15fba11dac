//! Keyed digests: equal values stay equal, and nothing else of them stays.

use std::ops::Range;

use mysql_proto::charset::CharShape;
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
use crate::digest::domain;
use crate::hmac::Block;
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

/// A digest that stands as hexadecimal characters of one byte each, of a cell whose bytes are digested
/// as they are. Most are such; what it gives is what [`hash`] gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainHash {
    domain: u8,
    /// How many characters of it are shown.
    length: u8,
}

impl PlainHash {
    /// For a column whose type the mask takes.
    pub(crate) fn new(length: usize, column: &Column) -> Option<Self> {
        let single_bytes = match column.class {
            Class::Text(charset) => match charset.shape() {
                CharShape::SingleByte
                | CharShape::Utf8
                | CharShape::MultiByte
                | CharShape::NotAscii => true,
                CharShape::Ucs2 | CharShape::Utf16 | CharShape::Utf16le | CharShape::Utf32 => false,
            },
            Class::Bytes => true,
            Class::Integer { .. }
            | Class::Decimal
            | Class::Float
            | Class::Double
            | Class::Year
            | Class::Bit
            | Class::Date
            | Class::DateTime
            | Class::Timestamp
            | Class::Time
            | Class::FixedBytes
            | Class::Enum
            | Class::Set
            | Class::Json(_)
            | Class::Uuid(_)
            | Class::Inet4(_)
            | Class::Inet6(_)
            | Class::Geometry
            | Class::Vector
            | Class::Null => false,
        };
        let (domain, wide) = domain(column);
        let length = u8::try_from(cut(length, column)?).ok()?;
        (single_bytes && wide.is_none()).then_some(Self { domain, length })
    }

    /// Appends a cell that is to be filled `later`; false, with nothing appended, where its content is
    /// too long for that.
    #[inline]
    pub(crate) fn put(self, content: &[u8], later: &mut Later, out: &mut Vec<u8>) -> bool {
        if !later.block.hold(self.domain, content) {
            return false;
        }
        // The longest digest is shorter than what would take a longer length.
        out.push(self.length);
        let start = out.len();
        out.resize(start + usize::from(self.length), b'0');
        later.place = start..out.len();
        true
    }
}

/// A digest that is to be made, and where it is to stand.
#[derive(Clone)]
pub(crate) struct Later {
    pub(crate) block: Block,
    place: Range<usize>,
}

impl Later {
    pub(crate) const EMPTY: Self = Self {
        block: Block::EMPTY,
        place: 0..0,
    };

    /// Writes the digest.
    #[inline]
    pub(crate) fn fill(&self, digest: &[u8; 32], out: &mut [u8]) {
        if let Some(place) = out.get_mut(self.place.clone()) {
            write_digits(digest, place);
        }
    }
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
    write_digits(digest, &mut text);
    text
}

/// Writes so many digits as there is place for.
#[inline]
fn write_digits(digest: &[u8; 32], text: &mut [u8]) {
    let (words, _) = digest.as_chunks::<4>();
    let (places, rest) = text.as_chunks_mut::<8>();
    let mut words = words
        .iter()
        .map(|word| eight_digits(u32::from_be_bytes(*word)));
    for (place, digits) in places.iter_mut().zip(&mut words) {
        *place = digits;
    }
    for (place, digit) in rest.iter_mut().zip(words.next().unwrap_or_default()) {
        *place = digit;
    }
}

/// The digits of a number, all at once: each half byte goes into a byte of its own, and to those of ten
/// and more the way from `9` to `a` is added.
const fn eight_digits(word: u32) -> [u8; 8] {
    let mut halves = word as u64;
    halves = (halves | (halves << 16)) & 0x0000_ffff_0000_ffff;
    halves = (halves | (halves << 8)) & 0x00ff_00ff_00ff_00ff;
    halves = (halves | (halves << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = ((halves + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    // From `9` to `a` it is 32 + 8 - 1, and one less than that from ten.
    let way = (letters << 5) + (letters << 3) - letters;
    (halves + 0x3030_3030_3030_3030 + way).to_be_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for word in [
            0,
            1,
            0x0123_4567,
            0x89ab_cdef,
            0xfedc_ba98,
            0x9a9a_a9a9,
            u32::MAX,
        ] {
            assert_eq!(eight_digits(word), format!("{word:08x}").as_bytes());
        }
        let digest: [u8; 32] = std::array::from_fn(|place| (place as u64 * 37).to_le_bytes()[0]);
        let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hexadecimal(&digest), expected.as_bytes());
    }
}
