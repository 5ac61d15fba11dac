//! Reads a `[mask.NAME]` of the file.

use std::collections::BTreeSet;

use crate::policy::document::MaskEntry;
use crate::policy::mask::Alphabet;
use crate::policy::mask::DateUnit;
use crate::policy::mask::KeyReference;
use crate::policy::mask::MaskKind;
use crate::policy::mask::MaskSpec;
use crate::policy::mask::Shape;
use crate::policy::table::Placed;
use crate::policy::table::nearest;

/// Reads a `[mask.NAME]`; what is wrong goes to `mistake` with its place.
pub(super) fn compile(entry: &MaskEntry, mistake: &dyn Fn(usize, String)) -> Option<MaskSpec> {
    let keep_null = entry.keep_null.as_ref().is_some_and(|flag| flag.value);
    let kind = compile_kind(entry, mistake)?;
    if let (true, MaskKind::Redact, Some(flag)) = (keep_null, &kind, &entry.keep_null) {
        let message = "a `redact` mask shows nothing, not even that a value is missing";
        mistake(flag.at, message.to_owned());
    }
    Some(MaskSpec { kind, keep_null })
}

fn compile_kind(entry: &MaskEntry, mistake: &dyn Fn(usize, String)) -> Option<MaskKind> {
    let kind = entry.kind.as_ref()?;
    let at = kind.at;
    if entry.name.value == "redact" {
        mistake(
            entry.name.at,
            "`redact` is always there and cannot be changed".to_owned(),
        );
    }
    let names = || KINDS.iter().map(|(name, ..)| *name);
    let Some((_, needed, taken)) = KINDS.iter().find(|(name, ..)| *name == kind.value) else {
        let advice = match nearest(&kind.value, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are `{}`", names().collect::<Vec<_>>().join("`, `")),
        };
        mistake(at, format!("unknown mask kind `{}`; {advice}", kind.value));
        return None;
    };
    let given = given(entry);
    for (key, at) in &given {
        if !needed.contains(key) && !taken.contains(key) {
            mistake(*at, format!("a `{}` mask takes no `{key}`", kind.value));
        }
    }
    for key in *needed {
        if !given.iter().any(|(name, _)| name == key) {
            mistake(at, format!("a `{}` mask needs `{key}`", kind.value));
        }
    }
    match kind.value.as_str() {
        "null" => Some(MaskKind::Null),
        "partial" => partial(entry, mistake),
        "hash" => {
            let length = entry.length.as_ref().map(|length| length.value);
            let length = length.and_then(|length| u8::try_from(length).ok());
            Some(MaskKind::Hash {
                key: key(entry, mistake)?,
                length: length.unwrap_or(HASH_CHARACTERS),
            })
        }
        "tokenize" => tokenize(entry, mistake),
        "date" => {
            let unit = date_unit(entry.to.as_ref()?, mistake)?;
            Some(MaskKind::Date { unit })
        }
        "bucket" => {
            let size = entry.size.as_ref()?.value;
            Some(MaskKind::Bucket { size })
        }
        "fixed" => {
            let value = entry.value.as_ref()?;
            if value.value.len() > FIXED_BYTES_MAX {
                let message = format!("`value` is at most {FIXED_BYTES_MAX} bytes");
                mistake(value.at, message);
            }
            let value = value.value.clone();
            Some(MaskKind::Fixed { value })
        }
        _ => Some(MaskKind::Redact),
    }
}

/// The kinds with the keys that each needs, and those that it takes besides.
const KINDS: [(&str, &[&str], &[&str]); 8] = [
    ("redact", &[], &[]),
    ("null", &[], &[]),
    (
        "partial",
        &[],
        &["shape", "keep_first", "keep_last", "fill"],
    ),
    ("hash", &["key"], &["length"]),
    ("tokenize", &["key", "alphabet"], &["luhn"]),
    ("date", &["to"], &[]),
    ("bucket", &["size"], &[]),
    ("fixed", &["value"], &[]),
];

/// The characters that a keyed digest shows, unless the policy says otherwise.
const HASH_CHARACTERS: u8 = 16;

/// What may stand in place of hidden characters: nothing that a shape keeps, and no digit.
const FILLS: [char; 7] = ['*', '#', '_', '?', '~', 'x', 'X'];

/// What fits into any column that can be shown fixed.
const FIXED_BYTES_MAX: usize = 255;

fn date_unit(to: &Placed<String>, mistake: &dyn Fn(usize, String)) -> Option<DateUnit> {
    match to.value.as_str() {
        "month" => Some(DateUnit::Month),
        "year" => Some(DateUnit::Year),
        _ => {
            mistake(to.at, "`to` must be `month` or `year`".to_owned());
            None
        }
    }
}

fn partial(entry: &MaskEntry, mistake: &dyn Fn(usize, String)) -> Option<MaskKind> {
    let shape = match entry
        .shape
        .as_ref()
        .map(|shape| (shape.at, shape.value.as_str()))
    {
        None | Some((_, "plain")) => Shape::Plain,
        Some((_, "email")) => Shape::Email,
        Some((_, "card")) => Shape::Card,
        Some((_, "phone")) => Shape::Phone,
        Some((_, "iban")) => Shape::Iban,
        Some((at, _)) => {
            let message = "`shape` must be `plain`, `email`, `card`, `phone` or `iban`";
            mistake(at, message.to_owned());
            return None;
        }
    };
    let fill = fill(entry, mistake);
    for keep in [&entry.keep_first, &entry.keep_last].into_iter().flatten() {
        if shape != Shape::Plain {
            mistake(
                keep.at,
                "a shape keeps what it keeps: leave this out".to_owned(),
            );
        }
    }
    if shape == Shape::Plain && entry.keep_first.is_none() && entry.keep_last.is_none() {
        return Some(MaskKind::Partial {
            shape,
            keep_first: 1,
            keep_last: 0,
            fill,
        });
    }
    let count = |keep: &Option<Placed<u64>>| {
        let keep = keep.as_ref().map_or(0, |keep| keep.value);
        u8::try_from(keep).unwrap_or(0)
    };
    let (keep_first, keep_last) = (count(&entry.keep_first), count(&entry.keep_last));
    if let (Shape::Plain, 0, 0, Some(kind)) = (shape, keep_first, keep_last, &entry.kind) {
        mistake(
            kind.at,
            "nothing is kept: use a mask of kind `redact`".to_owned(),
        );
    }
    Some(MaskKind::Partial {
        shape,
        keep_first,
        keep_last,
        fill,
    })
}

fn fill(entry: &MaskEntry, mistake: &dyn Fn(usize, String)) -> char {
    let Some(fill) = &entry.fill else {
        return '*';
    };
    let mut characters = fill.value.chars();
    match (characters.next(), characters.next()) {
        (Some(fill), None) if FILLS.contains(&fill) => fill,
        (_, _) => {
            let known = FILLS.map(|fill| format!("`{fill}`")).join(", ");
            mistake(fill.at, format!("`fill` must be one of {known}"));
            '*'
        }
    }
}

fn key(entry: &MaskEntry, mistake: &dyn Fn(usize, String)) -> Option<KeyReference> {
    let key = entry.key.as_ref()?;
    let reference = KeyReference::parse(&key.value);
    if reference.is_none() {
        // The text may be the key itself: it is not repeated.
        mistake(key.at, "`key` must be `env:NAME` or `file:PATH`".to_owned());
    }
    reference
}

fn tokenize(entry: &MaskEntry, mistake: &dyn Fn(usize, String)) -> Option<MaskKind> {
    let key = key(entry, mistake);
    let written = entry.alphabet.as_ref()?;
    let alphabet = match written.value.as_str() {
        "digits" | "0123456789" => Alphabet::Digits,
        "alphanumeric" => Alphabet::Alphanumeric,
        // The two words above have a letter twice, and so are no alphabets themselves.
        custom => {
            let different: BTreeSet<char> = custom.chars().collect();
            let visible = custom.chars().all(|c| c.is_ascii_graphic());
            if !visible || different.len() < 2 || different.len() != custom.len() {
                let message = "`alphabet` must be `digits`, `alphanumeric`, or two or more \
                               different visible characters of ASCII";
                mistake(written.at, message.to_owned());
            }
            Alphabet::Custom(custom.to_owned())
        }
    };
    let luhn = entry.luhn.as_ref().is_some_and(|flag| flag.value);
    if let (true, Some(flag)) = (luhn && alphabet != Alphabet::Digits, &entry.luhn) {
        let message = "`luhn` is a check of digits: it needs `alphabet = \"digits\"`";
        mistake(flag.at, message.to_owned());
    }
    Some(MaskKind::Tokenize {
        key: key?,
        alphabet,
        luhn,
    })
}

/// The parameters that are written, with their places.
fn given(entry: &MaskEntry) -> Vec<(&'static str, usize)> {
    let at = |placed: &Option<Placed<String>>| placed.as_ref().map(|placed| placed.at);
    let number_at = |placed: &Option<Placed<u64>>| placed.as_ref().map(|placed| placed.at);
    [
        ("shape", at(&entry.shape)),
        ("keep_first", number_at(&entry.keep_first)),
        ("keep_last", number_at(&entry.keep_last)),
        ("fill", at(&entry.fill)),
        ("key", at(&entry.key)),
        ("length", number_at(&entry.length)),
        ("alphabet", at(&entry.alphabet)),
        ("luhn", entry.luhn.as_ref().map(|flag| flag.at)),
        ("to", at(&entry.to)),
        ("size", number_at(&entry.size)),
        ("value", at(&entry.value)),
    ]
    .into_iter()
    .filter_map(|(key, at)| Some((key, at?)))
    .collect()
}
