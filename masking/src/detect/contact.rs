//! How people are reached: addresses of mail, and telephone numbers.

use crate::detect::words::OTHER;
use crate::detect::words::Text;
use crate::detect::words::is_digit;
use crate::detect::words::is_word;

/// What is not ASCII may stand within a name, but no longer than this: a text in another script may
/// end right in front of an address.
const FOREIGN_MAX: usize = 4;

/// The most digits of a telephone number (ITU-T E.164).
const PHONE_DIGITS_MAX: usize = 15;
/// The fewest, where separators show what it is.
const PHONE_DIGITS_MIN: usize = 8;
/// The fewest without any: what is shorter may be a number with a sign.
const PHONE_BARE_DIGITS_MIN: usize = 10;

/// The address around this `@`.
pub(crate) fn email(text: Text<'_>, at: usize) -> Option<(usize, usize)> {
    let start = local_start(text, at);
    let end = domain_end(text, at + 1)?;
    (start < at).then_some((start, end))
}

const fn is_local(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'.' | b'%' | b'+' | b'-')
}

const fn is_foreign(byte: u8) -> bool {
    byte >= OTHER
}

fn local_start(text: Text<'_>, at: usize) -> usize {
    let mut start = at;
    loop {
        while is_local(text.before(start)) {
            start -= 1;
        }
        let mut foreign = start;
        while start - foreign <= FOREIGN_MAX && is_foreign(text.before(foreign)) {
            foreign -= 1;
        }
        let length = start - foreign;
        let within = is_word(text.at(start)) && is_word(text.before(foreign));
        if length == 0 || length > FOREIGN_MAX || !within {
            return start;
        }
        start = foreign;
    }
}

/// The end of a name of two labels or more, of which the last begins with a letter.
fn domain_end(text: Text<'_>, start: usize) -> Option<usize> {
    let mut end = None;
    let mut index = start;
    for label in 0_usize.. {
        let stop = label_end(text, index);
        if stop == index {
            break;
        }
        let is_top = stop - index >= 2 && text.at(index).is_ascii_alphabetic();
        if label > 0 {
            end = if is_top { Some(stop) } else { end };
        }
        if text.at(stop) != b'.' {
            break;
        }
        index = stop + 1;
    }
    let end = end.filter(|end| text.ends(*end))?;
    (!is_picture(text, start, end)).then_some(end)
}

fn label_end(text: Text<'_>, start: usize) -> usize {
    let is_label = |byte: u8| byte.is_ascii_alphanumeric();
    let mut end = start;
    loop {
        while is_label(text.at(end)) {
            end += 1;
        }
        let hyphens = text.run(end, usize::MAX, |byte| byte == b'-');
        if hyphens > end && end > start && is_label(text.at(hyphens)) {
            end = hyphens;
            continue;
        }
        let foreign = text.run(end, FOREIGN_MAX + 1, is_foreign);
        let within = end > start && is_label(text.at(foreign));
        if foreign == end || foreign - end > FOREIGN_MAX || !within {
            return end;
        }
        end = foreign;
    }
}

/// `icon@2x.png` is the name of a file.
fn is_picture(text: Text<'_>, start: usize, end: usize) -> bool {
    const KINDS: [&[u8]; 5] = [b"png", b"jpg", b"jpeg", b"gif", b"webp"];
    let is_scale = is_digit(text.at(start)) && text.starts_with(start + 1, b"x.");
    let kind = start + b"2x.".len();
    is_scale
        && KINDS
            .iter()
            .any(|name| kind + name.len() == end && text.starts_with(kind, name))
}

/// A number in international form, whose `+` stands there.
pub(crate) fn international(text: Text<'_>, plus: usize) -> Option<(usize, usize)> {
    if !text.begins(plus) || !matches!(text.at(plus + 1), b'1'..=b'9') {
        return None;
    }
    let (mut digits, mut groups, mut index, mut end) = (0, 0_usize, plus + 1, plus + 1);
    loop {
        let stop = text.run(index, PHONE_DIGITS_MAX + 1, is_digit);
        digits += stop - index;
        if stop == index || digits > PHONE_DIGITS_MAX {
            digits -= stop - index;
            break;
        }
        groups += 1;
        end = stop;
        match separator_end(text, stop) {
            Some(next) => index = next,
            None => break,
        }
    }
    let least = if groups > 1 {
        PHONE_DIGITS_MIN
    } else {
        PHONE_BARE_DIGITS_MIN
    };
    (digits >= least && text.ends(end)).then_some((plus, end))
}

/// The end of what may stand between two groups of digits.
fn separator_end(text: Text<'_>, start: usize) -> Option<usize> {
    const SEPARATORS: [&[u8]; 11] = [
        b" - ", b" (", b") ", b")-", b"-(", b" ", b"-", b".", b"/", b"(", b")",
    ];
    let mut found = SEPARATORS
        .iter()
        .filter(|separator| text.starts_with(start, separator))
        .map(|separator| start + separator.len());
    found.find(|end| is_digit(text.at(*end)))
}

/// A number in the form of North America, with separators.
pub(crate) fn american(text: Text<'_>, start: usize) -> Option<(usize, usize)> {
    const FORMS: [(&[u8], usize, usize); 4] = [
        (b"ddd-ddd-dddd", 0, 4),
        (b"ddd.ddd.dddd", 0, 4),
        (b"(ddd) ddd-dddd", 1, 6),
        (b"(ddd)ddd-dddd", 1, 5),
    ];
    FORMS.iter().find_map(|(form, area, exchange)| {
        let end = text.pattern(start, form)?;
        let is_code = |index: usize| matches!(text.at(index), b'2'..=b'9');
        let start = with_trunk(text, start);
        let is_number = is_code(end - form.len() + area) && is_code(end - form.len() + exchange);
        (is_number && text.stands_alone(start, end)).then_some((start, end))
    })
}

/// The trunk prefix `1` belongs to the number.
fn with_trunk(text: Text<'_>, start: usize) -> usize {
    let joined = matches!(text.before(start), b'-' | b'.' | b' ');
    match start.checked_sub(2) {
        Some(trunk) if joined && text.at(trunk) == b'1' && text.begins(trunk) => trunk,
        Some(_) | None => start,
    }
}
