//! The ways in which masks can be wrong and masking can fail.

use mysql_proto::error::DecodeError;

/// Why a mask cannot be made.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// The fill character is not a visible ASCII character, which every character set has, or is
    /// one that a shape keeps.
    #[error("`{fill}` cannot stand for what is hidden; use a visible ASCII character such as `*`")]
    Fill {
        /// The character that was given.
        fill: char,
    },
    /// A partial mask that keeps nothing is a redaction.
    #[error("a partial mask must keep at least one character; use `redact` to keep none")]
    KeepsNothing,
    /// A partial mask that keeps so much hides nothing.
    #[error("a partial mask may keep at most {most} characters, not {kept}")]
    KeepsTooMuch {
        /// The characters that it was to keep.
        kept: usize,
        /// The most that it may keep.
        most: usize,
    },
    /// A digest of this length is too short to tell values apart, or longer than there is.
    #[error("a hash must have {least} to {most} characters, not {length}")]
    HashLength {
        /// The length that was given.
        length: usize,
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// The key could be guessed.
    #[error("a mask key must have at least {least} bytes, not {length}")]
    ShortKey {
        /// The length that was given.
        length: usize,
        /// The least.
        least: usize,
    },
    /// Tokens cannot be made of these characters.
    #[error("an alphabet needs two or more different characters of visible ASCII")]
    Alphabet,
    /// The Luhn check is one of digits.
    #[error("only tokens of digits can pass the Luhn check; use the digits as alphabet")]
    LuhnAlphabet,
    /// A bucket of no width, or so wide that it cannot be counted with.
    #[error("the width of a bucket must be 1 to {most}, not {width}")]
    BucketWidth {
        /// The width that was given.
        width: u64,
        /// The most.
        most: u64,
    },
    /// The fixed value is too long.
    #[error("a fixed value may have at most {most} bytes, not {length}")]
    FixedLength {
        /// The length that was given.
        length: usize,
        /// The most.
        most: usize,
    },
    /// A redaction must not tell whether there was a value.
    #[error("`redact` hides whether a value is NULL; use another kind to keep NULL")]
    RedactKeepsNull,
    /// Two masks have the same name.
    #[error("there are two masks named `{name}`")]
    Duplicate {
        /// The name.
        name: String,
    },
}

/// Why a token does not lead back.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RevealError {
    /// Another kind of mask.
    #[error("what this mask shows cannot be taken back: only `tokenize` can")]
    NotReversible,
    /// No value has this token.
    #[error(
        "this is no token of the mask: it is too short or too long, holds other letters or digits than its alphabet, or fails the Luhn check"
    )]
    NoToken,
}

/// Why a result cannot be masked.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MaskError {
    /// The treatment names a mask that does not exist.
    #[error("there is no mask named `{name}`")]
    UnknownMask {
        /// The name.
        name: String,
    },
    /// There is not exactly one treatment for each column.
    #[error("{treatments} treatments for {columns} columns")]
    WrongCount {
        /// The columns of the result.
        columns: usize,
        /// The treatments.
        treatments: usize,
    },
    /// A column that is to be masked has a collation whose character set is not known.
    #[error("column {column} has the collation {collation}, whose character set is not known")]
    UnknownCharset {
        /// The column, counted from zero.
        column: usize,
        /// The number of the collation.
        collation: u16,
    },
    /// The row is not one of this result.
    #[error("could not read a row that must be masked")]
    Row(#[from] DecodeError),
    /// A row failed before, and nothing may follow it.
    #[error("masking of this result has failed before")]
    Poisoned,
}
