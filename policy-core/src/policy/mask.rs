//! Masks as the policy writes them: plain values, which the masking library is built from.

use std::fmt;

use crate::policy::document::MaskEntry;
use crate::policy::table::Placed;
use crate::policy::table::nearest;

/// What a redacted text looks like to clients.
pub const REDACTED_TEXT: &str = "[redacted]";

/// How the bare value of a protected column is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "whoever builds masks must handle all of it"
)]
pub struct MaskSpec {
    /// What is shown instead.
    pub kind: MaskKind,
    /// Whether NULL stays NULL.
    pub keep_null: bool,
}

/// What is shown instead of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever builds masks must handle every kind"
)]
pub enum MaskKind {
    /// A constant of the column's type.
    Redact,
    /// NULL.
    Null,
    /// Some characters stay.
    Partial {
        /// What the value looks like.
        shape: Shape,
        /// How many characters stay at the front.
        keep_first: u8,
        /// How many characters stay at the end.
        keep_last: u8,
    },
    /// A keyed digest: equal values look equal.
    Hash {
        /// Where the key is.
        key: KeyReference,
    },
    /// A date, cut.
    Date {
        /// Down to what.
        unit: DateUnit,
    },
    /// A number, rounded down to a multiple.
    Bucket {
        /// The multiple, at least 2.
        size: u64,
    },
    /// Always this text.
    Fixed {
        /// The text.
        value: String,
    },
}

/// What a partly shown value looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever builds masks must handle every shape"
)]
pub enum Shape {
    /// Any text.
    Plain,
    /// An address: the local part is masked, the domain stays.
    Email,
    /// A card number: the last four digits stay.
    Card,
    /// A telephone number: the last two digits stay.
    Phone,
}

/// Down to what a date is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever builds masks must handle every unit"
)]
pub enum DateUnit {
    /// The first day of its month.
    Month,
    /// The first day of its year.
    Year,
}

/// Where a secret is: `env:NAME` or `file:PATH`. Never the secret itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyReference(String);

impl KeyReference {
    /// Reads a reference; a text that is neither form may be the secret itself and is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        (matches!(scheme, "env" | "file") && !rest.is_empty()).then(|| Self(text.to_owned()))
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redact => "redact",
            Self::Null => "null",
            Self::Partial { .. } => "partial",
            Self::Hash { .. } => "hash",
            Self::Date { .. } => "date",
            Self::Bucket { .. } => "bucket",
            Self::Fixed { .. } => "fixed",
        })
    }
}

/// Reads a `[mask.NAME]`; what is wrong goes to `mistake` with its place.
pub(super) fn compile(entry: &MaskEntry, mistake: impl Fn(usize, String)) -> Option<MaskSpec> {
    let keep_null = entry.keep_null.as_ref().is_some_and(|flag| flag.value);
    let kind = compile_kind(entry, &mistake)?;
    if let (true, MaskKind::Redact, Some(flag)) = (keep_null, &kind, &entry.keep_null) {
        let message = "a `redact` mask shows nothing, not even that a value is missing";
        mistake(flag.at, message.to_owned());
    }
    Some(MaskSpec { kind, keep_null })
}

fn compile_kind(entry: &MaskEntry, mistake: impl Fn(usize, String)) -> Option<MaskKind> {
    let kind = entry.kind.as_ref()?;
    let at = kind.at;
    if entry.name.value == "redact" {
        mistake(
            entry.name.at,
            "`redact` is always there and cannot be changed".to_owned(),
        );
    }
    let Some((_, takes)) = KINDS.iter().find(|(name, _)| *name == kind.value) else {
        let names = KINDS.map(|(name, _)| name);
        let advice = match nearest(&kind.value, names.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are `{}`", names.join("`, `")),
        };
        mistake(at, format!("unknown mask kind `{}`; {advice}", kind.value));
        return None;
    };
    for (key, at) in given(entry) {
        if !takes.contains(&key) {
            mistake(at, format!("a `{}` mask takes no `{key}`", kind.value));
        }
    }
    let needs = |key: &str| mistake(at, format!("a `{}` mask needs `{key}`", kind.value));
    match kind.value.as_str() {
        "null" => Some(MaskKind::Null),
        "partial" => partial(entry, mistake),
        "hash" => {
            let Some(key) = &entry.key else {
                needs("key");
                return None;
            };
            let reference = KeyReference::parse(&key.value);
            if reference.is_none() {
                // The text may be the key itself: it is not repeated.
                mistake(key.at, "`key` must be `env:NAME` or `file:PATH`".to_owned());
            }
            reference.map(|key| MaskKind::Hash { key })
        }
        "date" => {
            if entry.to.is_none() {
                needs("to");
            }
            date_unit(entry.to.as_ref()?, mistake).map(|unit| MaskKind::Date { unit })
        }
        "bucket" => {
            if entry.size.is_none() {
                needs("size");
            }
            entry
                .size
                .as_ref()
                .map(|size| MaskKind::Bucket { size: size.value })
        }
        "fixed" => {
            if entry.value.is_none() {
                needs("value");
            }
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

/// The kinds with the parameters that each takes.
const KINDS: [(&str, &[&str]); 7] = [
    ("redact", &[]),
    ("null", &[]),
    ("partial", &["shape", "keep_first", "keep_last"]),
    ("hash", &["key"]),
    ("date", &["to"]),
    ("bucket", &["size"]),
    ("fixed", &["value"]),
];

/// What fits into any column that can be shown fixed.
const FIXED_BYTES_MAX: usize = 255;

fn date_unit(to: &Placed<String>, mistake: impl Fn(usize, String)) -> Option<DateUnit> {
    match to.value.as_str() {
        "month" => Some(DateUnit::Month),
        "year" => Some(DateUnit::Year),
        _ => {
            mistake(to.at, "`to` must be `month` or `year`".to_owned());
            None
        }
    }
}

fn partial(entry: &MaskEntry, mistake: impl Fn(usize, String)) -> Option<MaskKind> {
    let shape = match entry
        .shape
        .as_ref()
        .map(|shape| (shape.at, shape.value.as_str()))
    {
        None | Some((_, "plain")) => Shape::Plain,
        Some((_, "email")) => Shape::Email,
        Some((_, "card")) => Shape::Card,
        Some((_, "phone")) => Shape::Phone,
        Some((at, _)) => {
            mistake(
                at,
                "`shape` must be `plain`, `email`, `card` or `phone`".to_owned(),
            );
            return None;
        }
    };
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
        ("key", at(&entry.key)),
        ("to", at(&entry.to)),
        ("size", number_at(&entry.size)),
        ("value", at(&entry.value)),
    ]
    .into_iter()
    .filter_map(|(key, at)| Some((key, at?)))
    .collect()
}
