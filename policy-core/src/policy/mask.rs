//! Masks as the policy writes them: plain values, which the masking library is built from.

use std::fmt;

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
        /// What stands in place of the others.
        fill: char,
    },
    /// A keyed digest: equal values look equal.
    Hash {
        /// Where the key is.
        key: KeyReference,
        /// How many hexadecimal characters of it are shown, 8 to 64.
        length: u8,
    },
    /// A token of the same form, which leads back to the value with the key only.
    Tokenize {
        /// Where the key is.
        key: KeyReference,
        /// The characters that are replaced by each other.
        alphabet: Alphabet,
        /// Whether values and tokens pass the Luhn check.
        luhn: bool,
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
    /// A telephone number: the last three digits stay.
    Phone,
    /// A bank account: the country and the last four characters stay.
    Iban,
}

/// The characters that a token is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever builds masks must handle every alphabet"
)]
pub enum Alphabet {
    /// `0` to `9`: numbers have tokens, too.
    Digits,
    /// Digits, capital and small letters.
    Alphanumeric,
    /// These: different characters of visible ASCII.
    Custom(String),
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

impl MaskKind {
    /// Whether what it shows leads back to the value, with its key.
    #[must_use]
    pub const fn is_reversible(&self) -> bool {
        matches!(self, Self::Tokenize { .. })
    }

    /// Whether equal values are shown equal, so that whoever may write the column could guess.
    #[must_use]
    pub const fn tells_equality(&self) -> bool {
        match self {
            Self::Hash { .. } | Self::Tokenize { .. } => true,
            // These tell a part of the value as it is: guesses add nothing.
            Self::Partial { .. } | Self::Date { .. } | Self::Bucket { .. } => false,
            Self::Redact | Self::Null | Self::Fixed { .. } => false,
        }
    }
}

impl fmt::Display for MaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redact => "redact",
            Self::Null => "null",
            Self::Partial { .. } => "partial",
            Self::Hash { .. } => "hash",
            Self::Tokenize { .. } => "tokenize",
            Self::Date { .. } => "date",
            Self::Bucket { .. } => "bucket",
            Self::Fixed { .. } => "fixed",
        })
    }
}
