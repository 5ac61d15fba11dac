//! The forms of texts in plain ASCII, which most are: the same as of any text, but byte by byte.

use mysql_proto::charset::CharShape;

use crate::mask::is_separator;
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
pub(crate) fn put_partial(kept: Kept, fill: u8, text: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
    let both = kept.first.checked_add(kept.last)?;
    let hidden = text.len().saturating_sub(both);
    if hidden < both {
        buffer.resize(text.len(), fill);
        return Some(());
    }
    let (first, rest) = text.split_at_checked(kept.first)?;
    let (_, last) = rest.split_at_checked(hidden)?;
    buffer.extend_from_slice(first);
    buffer.resize(first.len().saturating_add(hidden), fill);
    buffer.extend_from_slice(last);
    Some(())
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

/// Keeps the last digits, and separators.
pub(crate) fn put_digits(
    fill: u8,
    text: &[u8],
    (least, kept): (usize, usize),
    buffer: &mut Vec<u8>,
) -> Option<()> {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return None;
    }
    let mut hidden = digits.saturating_sub(kept);
    buffer.extend(text.iter().map(|byte| {
        if byte.is_ascii_digit() {
            let shown = hidden == 0;
            hidden = hidden.saturating_sub(1);
            if shown { *byte } else { fill }
        } else if is_separator(char::from(*byte)) {
            *byte
        } else {
            fill
        }
    }));
    Some(())
}
