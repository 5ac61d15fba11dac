//! Values that a mask has shown and that would be written as if they were real.
//!
//! A client that reads a row, changes a part and writes all of it back would overwrite values with
//! what their masks show. Found are the constants of `redact` and `fixed` in any write, and the forms
//! of `partial` where a column is written that bears such a mask, or the name of one that does; also
//! as a text within a JSON document. Not found are dates, buckets and the constants of numbers, which
//! could as well be real, and texts that are put together from pieces. `hash` and
//! `tokenize` cannot stand on a column that may be written.

pub(super) mod passing;

use crate::decide::request::Values;
use crate::decide::words;
use crate::decision::Denial;
use crate::decision::DenialCode;
use crate::name::ColumnName;
use crate::policy::mask::MaskKind;
use crate::policy::mask::REDACTED_TEXT;
use crate::policy::mask::Shape;
use crate::policy::set::PolicySet;
use crate::statement::FlowTarget;
use crate::statement::Verb;
use crate::statement::kind::Class;

/// Refuses to store what a mask has shown.
pub(super) fn check(policy: &PolicySet, written: &Values<'_>) -> Result<(), Denial> {
    if !is_looked_at(policy, written) {
        return Ok(());
    }
    let literals = written
        .literals
        .iter()
        .filter_map(|span| written.text.get(span.clone()))
        .map(inside_quotes);
    let values = literals.chain(written.parameters.iter().copied());
    for value in values {
        let holds_texts = written.carried || matches!(value.first(), Some(b'{' | b'['));
        if is_constant(policy, value, written.carried)
            || is_partial(policy, value, written)
            || (holds_texts
                && texts_within(value).any(|text| {
                    is_constant(policy, text, false) || is_partial(policy, text, written)
                }))
        {
            return Err(refusal());
        }
    }
    Ok(())
}

/// Whether it writes anything, and masks show anything.
fn is_looked_at(policy: &PolicySet, written: &Values<'_>) -> bool {
    written.kind.class() == Class::Write && !policy.protects().is_empty()
}

fn refusal() -> Denial {
    words::refusal(
        DenialCode::Guard,
        None,
        "a masked value would be written as if it were real".to_owned(),
        "leave out the columns that were shown masked",
    )
}

/// What stands between the quotes; a constant holds nothing that is escaped.
fn inside_quotes(literal: &[u8]) -> &[u8] {
    let start = literal.iter().position(|byte| matches!(byte, b'\'' | b'"'));
    match (start.and_then(|start| literal.get(start..)), literal.last()) {
        (Some([open, inner @ .., close]), _) if open == close => inner,
        (_, _) => literal,
    }
}

/// What stands between quotes in a JSON document or in a statement.
fn texts_within(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| matches!(byte, b'"' | b'\''))
        .map(|text| text.strip_suffix(b"\\").unwrap_or(text))
}

/// The literals of a text that is carried stand within the one that carries it.
fn is_constant(policy: &PolicySet, value: &[u8], carried: bool) -> bool {
    let is_shown = |constant: &[u8]| {
        value == constant
            || (carried
                && value
                    .windows(constant.len().max(1))
                    .any(|part| part == constant))
    };
    is_shown(REDACTED_TEXT.as_bytes()) || fixed(policy).any(is_shown)
}

/// What masks show in the place of every value.
fn fixed(policy: &PolicySet) -> impl Iterator<Item = &[u8]> {
    policy.masks().values().filter_map(|mask| match &mask.kind {
        MaskKind::Fixed { value } => Some(value.as_bytes()),
        MaskKind::Redact
        | MaskKind::Null
        | MaskKind::Partial { .. }
        | MaskKind::Hash { .. }
        | MaskKind::Tokenize { .. }
        | MaskKind::Date { .. }
        | MaskKind::Bucket { .. } => None,
    })
}

/// Whether it has the form of what a mask shows on one of the columns that are written.
fn is_partial(policy: &PolicySet, value: &[u8], written: &Values<'_>) -> bool {
    let Ok(text) = str::from_utf8(value) else {
        return false;
    };
    // Every form has it, and hardly any other text has a star.
    is_written_with(policy, written, |form| {
        text.contains(form.fill) && shows((form.shape, form.fill), form.kept, text)
    })
}

/// What a mask that keeps a part of a value makes of it.
#[derive(Clone, Copy, Debug)]
struct Form {
    shape: Shape,
    fill: char,
    /// How many characters stay at the front and at the end.
    kept: (usize, usize),
}

/// Whether a mask whose form is such stands on one of the columns that are written.
fn is_written_with(
    policy: &PolicySet,
    written: &Values<'_>,
    is_such: impl Fn(Form) -> bool,
) -> bool {
    let mut entries = policy.protects().iter();
    entries.any(|entry| {
        let mask = entry.mask().and_then(|name| policy.masks().get(name));
        let has_form = mask.is_some_and(|mask| match mask.kind {
            MaskKind::Partial {
                shape,
                keep_first,
                keep_last,
                fill,
            } => is_such(Form {
                shape,
                fill,
                kept: (keep_first.into(), keep_last.into()),
            }),
            MaskKind::Redact
            | MaskKind::Null
            | MaskKind::Hash { .. }
            | MaskKind::Tokenize { .. }
            | MaskKind::Date { .. }
            | MaskKind::Bucket { .. }
            | MaskKind::Fixed { .. } => false,
        });
        let bears = |column: &ColumnName| {
            let mut patterns = entry.columns().iter();
            patterns.any(|pattern| pattern.names_column(column))
        };
        has_form && written_names(written).any(bears)
    })
}

/// The names of the columns that are written, whatever their tables.
fn written_names<'a>(written: &Values<'a>) -> impl Iterator<Item = &'a ColumnName> {
    let flows = written.flows.iter().filter_map(|flow| match &flow.target {
        FlowTarget::Column(column) => Some(&column.column),
        FlowTarget::NewTable(_) | FlowTarget::Routine(_) | FlowTarget::Variable(_) => None,
    });
    let accesses = written.accesses.iter();
    let changes = accesses.filter(|access| matches!(access.verb, Verb::Insert | Verb::Update));
    flows.chain(changes.flat_map(|access| &access.columns))
}

/// Whether a text looks as if it came from such a mask.
fn shows((shape, fill): (Shape, char), kept: (usize, usize), text: &str) -> bool {
    // What is too short to keep anything of is filled whole.
    if text.chars().all(|c| c == fill) {
        return true;
    }
    match shape {
        Shape::Plain => is_plain(fill, kept, text),
        Shape::Email => is_email(fill, text),
        Shape::Phone => is_digits(fill, text, 3),
        Shape::Card => is_digits(fill, text, 4),
        Shape::Iban => is_iban(fill, text),
    }
}

/// `ab***` of a mask that keeps two characters.
fn is_plain(fill: char, (first, last): (usize, usize), text: &str) -> bool {
    let count = text.chars().count();
    let kept = first.saturating_add(last);
    // As little is hidden as is shown, or more.
    let hidden = count.saturating_sub(kept);
    let mut middle = text.chars().skip(first).take(hidden);
    hidden > 0 && hidden >= kept && middle.all(|c| c == fill)
}

/// `a***@corp.example`.
fn is_email(fill: char, text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next();
    let hidden = letters.by_ref().take(3).all(|c| c == fill);
    let domain = letters.as_str().strip_prefix('@');
    first.is_some() && hidden && domain.is_some_and(|domain| !domain.is_empty())
}

/// `DE** **** 1234`: the country, filled characters, then the last four.
fn is_iban(fill: char, text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let (Some((country, rest)), 15..=34) = (letters.split_at_checked(2), letters.len()) else {
        return false;
    };
    let (hidden, last) = rest.split_at(rest.len().saturating_sub(4));
    country.iter().all(char::is_ascii_alphabetic)
        && hidden.iter().all(|c| *c == fill)
        && last.iter().all(char::is_ascii_alphanumeric)
}

/// `***-***-123`: separators, stars, then the last digits.
fn is_digits(fill: char, text: &str, kept: usize) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| !is_digit_separator(*c)).collect();
    let hidden = letters.len().saturating_sub(kept);
    let (stars, digits) = letters.split_at(hidden);
    digits.len() == kept
        && stars.len() >= kept
        && stars.iter().all(|c| *c == fill)
        && digits.iter().all(char::is_ascii_digit)
}

fn is_digit_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '+' | '(' | ')' | '.' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_form_of_every_mask() {
        let check = |shape, kept, text: &str, expected| {
            assert_eq!(shows((shape, '*'), kept, text), expected, "{text}");
            let other = text.replace('*', "#");
            assert_eq!(shows((shape, '#'), kept, &other), expected, "{other}");
        };
        for (text, expected) in [
            ("a***@corp.example", true),
            ("ü***@b", true),
            ("a**@corp.example", false),
            ("ab***@corp.example", false),
            ("***@corp.example", false),
            ("a***@", false),
            ("call a***@b", false),
        ] {
            check(Shape::Email, (0, 0), text, expected);
        }
        for (text, expected) in [
            ("+** *** ***-123", true),
            ("***123", true),
            ("123123", false),
            ("**123", false),
            ("***12", false),
        ] {
            check(Shape::Phone, (0, 0), text, expected);
        }
        check(Shape::Card, (0, 0), "**** **** **** 1234", true);
        check(Shape::Card, (0, 0), "4111 **** **** 1234", false);
        for (text, expected) in [
            ("ab***", true),
            ("***", true),
            ("ab*", false),
            ("ab", false),
            ("abc**", false),
            ("2 * 3 = 6", false),
        ] {
            check(Shape::Plain, (2, 0), text, expected);
        }
        check(Shape::Plain, (1, 2), "a***bc", true);
        for (text, expected) in [
            ("DE** **** **** **** **20 51", true),
            ("de****************2051", true),
            ("DE021203000000002051", false),
            ("DE02****************2051", false),
            ("DE****2051", false),
            ("1E****************2051", false),
        ] {
            check(Shape::Iban, (0, 0), text, expected);
        }
    }

    #[test]
    fn looks_into_documents_and_quotes() {
        let texts: Vec<&[u8]> = texts_within(br#"{"mail": "a***@b", "n": 1}"#).collect();
        assert!(texts.contains(&b"a***@b".as_slice()));
        assert_eq!(inside_quotes(b"N'x'"), b"x");
        assert_eq!(inside_quotes(b"_utf8mb4 'x'"), b"x");
        assert_eq!(inside_quotes(b"'"), b"'");
        assert_eq!(inside_quotes(b"12"), b"12");
    }
}
