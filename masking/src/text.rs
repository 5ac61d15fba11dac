//! Texts of which some characters stay, and dates of which some fields stay.

use std::ops::RangeInclusive;

use mysql_proto::charset::CharShape;
use mysql_proto::row::value::DateTime;
use mysql_proto::row::value::Value;

use crate::ascii;
use crate::chars::Chars;
use crate::chars::put_char;
use crate::column::Class;
use crate::column::Column;
use crate::mask::DatePart;
use crate::mask::Shape;
use crate::mask::is_separator;
use crate::render::Shown;

/// How many characters stand for the hidden part of an address, however long it is.
const EMAIL_FILLED: usize = 3;

/// Which digits of a card number stay.
pub(crate) const CARD: Digits = Digits { least: 12, kept: 4 };

/// Which digits of a phone number stay.
pub(crate) const PHONE: Digits = Digits { least: 6, kept: 3 };

/// The shortest and the longest IBAN.
pub(crate) const IBAN_CHARS: RangeInclusive<usize> = 15..=34;

/// How many characters an IBAN begins with: its country, then two check digits.
pub(crate) const IBAN_HEAD: usize = 4;

/// How many characters of an IBAN stay at its end.
pub(crate) const IBAN_LAST: usize = 4;

/// Which characters of a text stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) fill: char,
}

/// How many digits at the end of a number stay, if it has so many at the least.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    pub(crate) least: usize,
    pub(crate) kept: usize,
}

/// Keeps the first and last characters.
pub(crate) fn partial(
    kept: Kept,
    clear: Value<'_>,
    column: &Column,
    buffer: &mut Vec<u8>,
) -> Option<Shown> {
    buffer.clear();
    let (shape, text) = readable(clear, column)?;
    if let Some(fill) = ascii::fill_of(shape, text, kept.fill) {
        buffer.extend_from_slice(text);
        ascii::hide_middle(kept, fill, buffer);
        return (!text.is_empty()).then_some(Shown::Buffer);
    }
    let count = count(shape, text)?;
    let both = kept.first.checked_add(kept.last)?;
    let hidden = count.saturating_sub(both);
    // A text of which more would be shown than hidden is hidden whole.
    let short = hidden < both;
    let shown = |index: usize| !short && (index < kept.first || index >= kept.first + hidden);
    for (index, character) in Chars::new(shape, text).enumerate() {
        let character = if shown(index) { character? } else { kept.fill };
        if !put_char(shape, character, buffer) {
            return None;
        }
    }
    // The empty text shows as one that was hidden.
    (count > 0).then_some(Shown::Buffer)
}

/// Keeps the form of an address or a number.
pub(crate) fn shape(
    (form, fill): (Shape, char),
    clear: Value<'_>,
    column: &Column,
    buffer: &mut Vec<u8>,
) -> Option<Shown> {
    buffer.clear();
    let (shape, text) = readable(clear, column)?;
    match form {
        Shape::Email => put_email((shape, fill), text, column, buffer)?,
        Shape::Phone => put_digits((shape, fill), text, PHONE, buffer)?,
        Shape::Card => put_digits((shape, fill), text, CARD, buffer)?,
        Shape::Iban => put_iban((shape, fill), text, buffer)?,
    }
    Some(Shown::Buffer)
}

/// The first day of the month or year.
pub(crate) fn date(part: DatePart, clear: Value<'_>, column: &Column) -> Option<Shown> {
    let dated = matches!(column.class, Class::Date | Class::DateTime);
    let (Value::DateTime(date), true) = (clear, dated) else {
        return None;
    };
    let month = match part {
        DatePart::Month => date.month,
        DatePart::Year => 1,
    };
    // Of a date that is not whole nothing is kept: no client takes its first day.
    if date.year == 0 || !(1..=12).contains(&month) {
        return None;
    }
    Some(Shown::DateTime(DateTime {
        year: date.year,
        month,
        day: 1,
        ..DateTime::default()
    }))
}

/// The text of a cell whose characters can be told apart.
fn readable<'a>(clear: Value<'a>, column: &Column) -> Option<(CharShape, &'a [u8])> {
    let Value::Bytes(text) = clear else {
        return None;
    };
    Some((char_shape(column.class)?, text))
}

/// How the characters of a class are written, where they can be told apart.
pub(crate) const fn char_shape(class: Class) -> Option<CharShape> {
    match class {
        Class::Text(charset) => Some(charset.shape()),
        Class::Bytes | Class::FixedBytes => Some(CharShape::SingleByte),
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
        | Class::Enum
        | Class::Set
        | Class::Json(_)
        | Class::Uuid(_)
        | Class::Inet4(_)
        | Class::Inet6(_)
        | Class::Geometry
        | Class::Vector
        | Class::Null => None,
    }
}

/// The number of characters; `None` when one is broken.
fn count(shape: CharShape, text: &[u8]) -> Option<usize> {
    Chars::new(shape, text).try_fold(0_usize, |count, character| {
        character.map(|_| count.saturating_add(1))
    })
}

fn put_email(
    (shape, fill): (CharShape, char),
    text: &[u8],
    column: &Column,
    buffer: &mut Vec<u8>,
) -> Option<()> {
    if let Some(fill) = ascii::fill_of(shape, text, fill) {
        return ascii::put_email((fill, EMAIL_FILLED), text, column.chars_max(), buffer);
    }
    let mut at = None;
    let mut total = 0_usize;
    for character in Chars::new(shape, text) {
        if character? == '@' {
            at = Some(total);
        }
        total = total.saturating_add(1);
    }
    // One character in front of the `@` would be kept whole, and a text without is no address.
    let at = at.filter(|at| *at > 1 && at.saturating_add(1) < total)?;
    let length = total.saturating_sub(at).saturating_add(EMAIL_FILLED + 1);
    if length > column.chars_max() {
        return None;
    }
    for (index, character) in Chars::new(shape, text).enumerate() {
        if index == 0 || index >= at {
            put_char(shape, character?, buffer).then_some(())?;
        }
        if index == 0 {
            for _ in 0..EMAIL_FILLED {
                put_char(shape, fill, buffer).then_some(())?;
            }
        }
    }
    Some(())
}

/// Keeps the last digits, and separators; everything else is filled.
fn put_digits(
    (shape, fill): (CharShape, char),
    text: &[u8],
    digits_kept: Digits,
    buffer: &mut Vec<u8>,
) -> Option<()> {
    if let Some(fill) = ascii::fill_of(shape, text, fill) {
        buffer.extend_from_slice(text);
        return ascii::hide_digits(fill, buffer, digits_kept).then_some(());
    }
    let Digits { least, kept } = digits_kept;
    let mut digits = 0_usize;
    for character in Chars::new(shape, text) {
        digits = digits.saturating_add(usize::from(character?.is_ascii_digit()));
    }
    if digits < least {
        return None;
    }
    let mut seen = 0_usize;
    for character in Chars::new(shape, text) {
        let character = character?;
        let shown = if character.is_ascii_digit() {
            seen = seen.saturating_add(1);
            seen > digits.saturating_sub(kept)
        } else {
            is_separator(character)
        };
        let character = if shown { character } else { fill };
        put_char(shape, character, buffer).then_some(())?;
    }
    Some(())
}

/// Keeps the two letters of the country, the last characters, and blanks and dashes.
///
/// The check digits are hidden: with the country and the end they would narrow down what is.
fn put_iban((shape, fill): (CharShape, char), text: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
    if let Some(fill) = ascii::fill_of(shape, text, fill) {
        buffer.extend_from_slice(text);
        return ascii::hide_iban(fill, buffer).then_some(());
    }
    let mut total = 0_usize;
    for character in Chars::new(shape, text) {
        let valid = match (total, character?) {
            (_, ' ' | '-') => continue,
            (0 | 1, character) => character.is_ascii_alphabetic(),
            (2 | 3, character) => character.is_ascii_digit(),
            (IBAN_HEAD.., character) => character.is_ascii_alphanumeric(),
        };
        // What is no IBAN has no form of which it would be known what may stay.
        valid.then_some(())?;
        total = total.saturating_add(1);
    }
    IBAN_CHARS.contains(&total).then_some(())?;
    let mut seen = 0_usize;
    for character in Chars::new(shape, text) {
        let character = character?;
        let mut shown = character;
        if !matches!(character, ' ' | '-') {
            seen = seen.saturating_add(1);
            if seen > 2 && seen <= total.saturating_sub(IBAN_LAST) {
                shown = fill;
            }
        }
        put_char(shape, shown, buffer).then_some(())?;
    }
    Some(())
}
