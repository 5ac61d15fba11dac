//! Client character sets in which every byte below 0x80 is always that ASCII character.

/// A character set that a client may send statements in.
///
/// Sets in which a byte of a longer character can be `\`, `'` or a backtick (gbk, sjis, big5,
/// cp932, gb18030) and sets that are not ASCII at all (utf16, utf32, ucs2) are not here: a lexer
/// over bytes could be led astray.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new set must be decided by the lexer"
)]
pub enum ClientCharset {
    /// `utf8mb4`.
    #[default]
    Utf8mb4,
    /// `utf8mb3`, also written `utf8`.
    Utf8mb3,
    /// `ascii`.
    Ascii,
    /// A set of one byte a character with ASCII below 0x80: `latin1` and its kin.
    Latin1,
    /// `binary`.
    Binary,
}

impl ClientCharset {
    /// The set of that name, if clients may use it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf8mb4" => Some(Self::Utf8mb4),
            "utf8mb3" | "utf8" => Some(Self::Utf8mb3),
            "ascii" => Some(Self::Ascii),
            "latin1" => Some(Self::Latin1),
            "binary" => Some(Self::Binary),
            _ => None,
        }
    }

    /// The server's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8mb4 => "utf8mb4",
            Self::Utf8mb3 => "utf8mb3",
            Self::Ascii => "ascii",
            Self::Latin1 => "latin1",
            Self::Binary => "binary",
        }
    }
}
