//! The kinds of masks and what each is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use mysql_proto::response::column::ColumnDefinition;

use crate::alphabet::Alphabet;
use crate::column::Column;
use crate::error::BuildError;
use crate::error::RevealError;
use crate::key::MaskKey;
use crate::known::Known;
use crate::recent::RecentKey;
use crate::takes::takes;
use crate::token::Tokenizer;

/// How one column is hidden; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mask {
    kind: Arc<Kind>,
    keep_null: bool,
    /// Of kinds that are so dear that what they gave is kept for a while.
    recent: Option<RecentKey>,
}

/// A kind of mask with its settings.
#[derive(Debug)]
pub(crate) enum Kind {
    Redact,
    Null,
    Partial {
        keep_first: usize,
        keep_last: usize,
        fill: char,
    },
    Shape {
        shape: Shape,
        fill: char,
    },
    Hash {
        key: MaskKey,
        length: usize,
    },
    Tokenize(Box<Tokenizer>),
    Date(DatePart),
    Bucket {
        width: u64,
    },
    Fixed {
        value: String,
    },
    Renumber(Arc<BTreeMap<u64, u64>>),
}

/// A text whose form is kept.
#[expect(clippy::exhaustive_enums, reason = "a policy names each shape")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// `alice@corp.example` becomes `a***@corp.example`.
    Email,
    /// The last three digits and the separators stay.
    Phone,
    /// The last four digits and the separators stay.
    Card,
    /// The country, the last four characters and the separators stay.
    Iban,
}

/// How much of a date stays.
#[expect(clippy::exhaustive_enums, reason = "a policy names each part")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DatePart {
    /// Year and month.
    Month,
    /// The year.
    Year,
}

impl Mask {
    /// What stands in place of hidden characters, unless another is named.
    pub const FILL: char = '*';
    /// The most characters that a partial mask may keep.
    pub const KEPT_MAX: usize = 64;
    /// The shortest digest, in hexadecimal characters.
    pub const HASH_LENGTH_MIN: usize = 8;
    /// The longest digest, in hexadecimal characters.
    pub const HASH_LENGTH_MAX: usize = 64;
    /// The widest bucket.
    pub const BUCKET_WIDTH_MAX: u64 = 1_000_000_000_000;
    /// The longest fixed value, in bytes of UTF-8.
    pub const FIXED_BYTES_MAX: usize = 255;

    /// A constant that depends on nothing, not even on whether there was a value.
    #[must_use]
    pub fn redact() -> Self {
        Self::of(Kind::Redact)
    }

    /// NULL.
    #[must_use]
    pub fn null() -> Self {
        Self::of(Kind::Null)
    }

    /// Keeps the first and the last characters and fills the rest.
    ///
    /// A text of which more would be shown than hidden is filled whole. The length of the text
    /// shows.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when nothing or too much is kept, or `fill` is not visible ASCII.
    pub fn partial(keep_first: usize, keep_last: usize, fill: char) -> Result<Self, BuildError> {
        let kept = keep_first.saturating_add(keep_last);
        if kept == 0 {
            return Err(BuildError::KeepsNothing);
        }
        if kept > Self::KEPT_MAX {
            return Err(BuildError::KeepsTooMuch {
                kept,
                most: Self::KEPT_MAX,
            });
        }
        if !fill.is_ascii_graphic() {
            return Err(BuildError::Fill { fill });
        }
        Ok(Self::of(Kind::Partial {
            keep_first,
            keep_last,
            fill,
        }))
    }

    /// Keeps the form of an email address, a phone number, a card number or an IBAN.
    #[must_use]
    pub fn shape(shape: Shape) -> Self {
        Self::of(Kind::Shape {
            shape,
            fill: Self::FILL,
        })
    }

    /// Keeps the form, like [`Mask::shape`], with another character in place of what is hidden.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when `fill` is not visible ASCII, or is a sign that the shapes keep.
    pub fn shape_filled(shape: Shape, fill: char) -> Result<Self, BuildError> {
        if !fill.is_ascii_graphic() || is_separator(fill) || fill == '@' {
            return Err(BuildError::Fill { fill });
        }
        Ok(Self::of(Kind::Shape { shape, fill }))
    }

    /// A keyed digest of so many hexadecimal characters: HMAC-SHA-256, cut.
    ///
    /// Numbers become numbers in the range of their type; in a narrow type different values may
    /// become equal.
    ///
    /// # Errors
    ///
    /// [`BuildError::HashLength`] when the length is out of bounds.
    pub fn hash(key: MaskKey, length: usize) -> Result<Self, BuildError> {
        if !(Self::HASH_LENGTH_MIN..=Self::HASH_LENGTH_MAX).contains(&length) {
            return Err(BuildError::HashLength {
                length,
                least: Self::HASH_LENGTH_MIN,
                most: Self::HASH_LENGTH_MAX,
            });
        }
        let recent = Some(RecentKey::new(&key));
        Ok(Self {
            recent,
            ..Self::of(Kind::Hash { key, length })
        })
    }

    /// A token of the same form, which [`Mask::reveal`] takes back.
    ///
    /// Characters of the alphabet are permuted by FF1 (NIST SP 800-38G) with AES-256; signs and
    /// blanks between them stay. With `luhn` only values that pass the Luhn check have tokens, and
    /// the tokens pass it too. Integers and DECIMAL have tokens where the alphabet is the digits.
    ///
    /// # Errors
    ///
    /// [`BuildError::LuhnAlphabet`] for `luhn` over anything but digits.
    pub fn tokenize(key: &MaskKey, alphabet: Alphabet, luhn: bool) -> Result<Self, BuildError> {
        let tokenizer = Tokenizer::new(key, alphabet, luhn)?;
        Ok(Self {
            recent: Some(RecentKey::new(key)),
            ..Self::of(Kind::Tokenize(Box::new(tokenizer)))
        })
    }

    /// What a token stands for; with `is_number` the token of an integer or a DECIMAL.
    ///
    /// Every text of the right form stands for something: a token is not proved to be one that
    /// was made.
    ///
    /// # Errors
    ///
    /// [`RevealError`] when this mask makes no tokens, or none of this form.
    pub fn reveal(&self, token: &str, is_number: bool) -> Result<String, RevealError> {
        let Kind::Tokenize(tokenizer) = self.kind() else {
            return Err(RevealError::NotReversible);
        };
        let clear = tokenizer.reveal(token, is_number);
        clear.ok_or(RevealError::NoToken)
    }

    /// The first day of the month or year.
    #[must_use]
    pub fn date(part: DatePart) -> Self {
        Self::of(Kind::Date(part))
    }

    /// The lower end of the range of so many numbers in which a number lies.
    ///
    /// # Errors
    ///
    /// [`BuildError::BucketWidth`] when the width is out of bounds.
    pub fn bucket(width: u64) -> Result<Self, BuildError> {
        if !(1..=Self::BUCKET_WIDTH_MAX).contains(&width) {
            return Err(BuildError::BucketWidth {
                width,
                most: Self::BUCKET_WIDTH_MAX,
            });
        }
        Ok(Self::of(Kind::Bucket { width }))
    }

    /// Always this value; a column of a type that cannot hold it is redacted.
    ///
    /// # Errors
    ///
    /// [`BuildError::FixedLength`] when the value is too long.
    pub fn fixed(value: &str) -> Result<Self, BuildError> {
        if value.len() > Self::FIXED_BYTES_MAX {
            return Err(BuildError::FixedLength {
                length: value.len(),
                most: Self::FIXED_BYTES_MAX,
            });
        }
        Ok(Self::of(Kind::Fixed {
            value: value.to_owned(),
        }))
    }

    /// Other numbers for those that are listed; whatever is not listed stays as it is.
    pub(crate) fn renumber(numbers: Arc<BTreeMap<u64, u64>>) -> Self {
        Self {
            keep_null: true,
            ..Self::of(Kind::Renumber(numbers))
        }
    }

    /// The same mask, but NULL stays NULL.
    ///
    /// Without it a NULL is shown as its redaction, or for `hash` as the digest of nothing.
    ///
    /// # Errors
    ///
    /// [`BuildError::RedactKeepsNull`] for a redaction.
    pub fn keeping_null(mut self) -> Result<Self, BuildError> {
        if matches!(*self.kind, Kind::Redact) {
            return Err(BuildError::RedactKeepsNull);
        }
        self.keep_null = true;
        Ok(self)
    }

    /// Whether the mask shows anything of a column with this definition but its redaction.
    #[must_use]
    pub fn takes(&self, definition: &ColumnDefinition<'_>, known: Known<'_>) -> bool {
        let is_document = known.documents.first().is_some_and(|is| *is);
        let column = Column::new(definition, known.charsets, is_document);
        column.is_some_and(|column| takes(&self.kind, &column))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Under which what it gave is kept, if that pays.
    pub(crate) const fn recent(&self) -> Option<RecentKey> {
        self.recent
    }

    pub(crate) const fn keeps_null(&self) -> bool {
        self.keep_null
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind: Arc::new(kind),
            keep_null: false,
            recent: None,
        }
    }
}

/// What stands between the digits of a number and stays.
pub(crate) const fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '-' | '+' | '(' | ')' | '.' | '/')
}
