//! The forms of texts in plain ASCII, which most are: the same as of any text, but byte by byte, and
//! where the length stays, in place.

use mysql_proto::charset::CharShape;

use crate::mask::is_separator;
use crate::text::Digits;
use crate::text::IBAN_CHARS;
use crate::text::IBAN_HEAD;
use crate::text::IBAN_LAST;
use crate::text::Kept;

/// The fill character as a byte, where every character of a text is one byte and stands as itself.
#[inline]
pub(crate) fn fill_of(shape: CharShape, text: &[u8], fill: char) -> Option<u8> {
    match shape {
        CharShape::Utf8 | CharShape::SingleByte if text.is_ascii() && fill.is_ascii() => {
            u8::try_from(fill).ok()
        }
        CharShape::Utf8
        | CharShape::SingleByte
        | CharShape::Ucs2
        | CharShape::Utf16
        | CharShape::Utf16le
        | CharShape::Utf32
        | CharShape::MultiByte
        | CharShape::NotAscii => None,
    }
}

/// Keeps the first and last characters; of a text of which more would be shown than hidden, none.
#[inline]
pub(crate) fn hide_middle(kept: Kept, fill: u8, text: &mut [u8]) {
    let both = kept.first.saturating_add(kept.last);
    let hidden = text.len().saturating_sub(both);
    let end = kept.first.saturating_add(hidden);
    match text.get_mut(kept.first..end) {
        Some(middle) if hidden >= both => middle.fill(fill),
        Some(_) | None => text.fill(fill),
    }
}

/// Keeps the first character and what begins with the last `@`, with so many characters between.
pub(crate) fn put_email(
    (fill, filled): (u8, usize),
    text: &[u8],
    chars_max: usize,
    buffer: &mut Vec<u8>,
) -> Option<()> {
    let at = text.iter().rposition(|byte| *byte == b'@')?;
    let (name, host) = text.split_at_checked(at)?;
    // As in every other set: one character would be kept whole, and a host has a name.
    if name.len() < 2 || host.len() < 2 || host.len() + 1 + filled > chars_max {
        return None;
    }
    buffer.push(*name.first()?);
    buffer.resize(1 + filled, fill);
    buffer.extend_from_slice(host);
    Some(())
}

/// Keeps the last digits, and separators; false, with nothing changed, where there are too few.
#[inline]
pub(crate) fn hide_digits(fill: u8, text: &mut [u8], Digits { least, kept }: Digits) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return false;
    }
    let mut hidden = digits.saturating_sub(kept);
    for byte in text {
        if byte.is_ascii_digit() {
            if hidden > 0 {
                *byte = fill;
            }
            hidden = hidden.saturating_sub(1);
        } else if !is_separator(char::from(*byte)) {
            *byte = fill;
        }
    }
    true
}

/// Keeps the country, the last characters, blanks and dashes; false, with nothing changed, where the
/// text is no IBAN.
pub(crate) fn hide_iban(fill: u8, text: &mut [u8]) -> bool {
    let mut total = 0_usize;
    for byte in text.iter() {
        let valid = match (total, *byte) {
            (_, b' ' | b'-') => continue,
            (0 | 1, byte) => byte.is_ascii_alphabetic(),
            (2 | 3, byte) => byte.is_ascii_digit(),
            (IBAN_HEAD.., byte) => byte.is_ascii_alphanumeric(),
        };
        if !valid {
            return false;
        }
        total = total.saturating_add(1);
    }
    if !IBAN_CHARS.contains(&total) {
        return false;
    }
    let mut seen = 0_usize;
    for byte in text {
        if !matches!(*byte, b' ' | b'-') {
            seen = seen.saturating_add(1);
            if seen > 2 && seen <= total.saturating_sub(IBAN_LAST) {
                *byte = fill;
            }
        }
    }
    true
}
