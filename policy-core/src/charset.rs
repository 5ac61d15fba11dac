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

/// A character set that results may come in: text is only passed on and masked in it, never read as a
/// statement, so sets are here, too, in which no statement may be sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new set must be decided by whoever masks"
)]
pub enum ResultsCharset {
    /// One that statements may be sent in.
    Client(ClientCharset),
    /// `utf16`.
    Utf16,
    /// `utf16le`.
    Utf16le,
    /// `utf32`.
    Utf32,
    /// `ucs2`.
    Ucs2,
    /// `gbk`.
    Gbk,
    /// `gb18030`.
    Gb18030,
    /// `gb2312`.
    Gb2312,
    /// `big5`.
    Big5,
    /// `sjis`.
    Sjis,
    /// `cp932`.
    Cp932,
    /// `ujis`.
    Ujis,
    /// `euckr`.
    Euckr,
    /// `latin2`.
    Latin2,
    /// `cp1250`.
    Cp1250,
    /// `cp1251`.
    Cp1251,
    /// `koi8r`.
    Koi8r,
}

/// Those in which no statement may be sent, by the servers' names.
const RESULTS_ONLY: [(&str, ResultsCharset); 16] = [
    ("utf16", ResultsCharset::Utf16),
    ("utf16le", ResultsCharset::Utf16le),
    ("utf32", ResultsCharset::Utf32),
    ("ucs2", ResultsCharset::Ucs2),
    ("gbk", ResultsCharset::Gbk),
    ("gb18030", ResultsCharset::Gb18030),
    ("gb2312", ResultsCharset::Gb2312),
    ("big5", ResultsCharset::Big5),
    ("sjis", ResultsCharset::Sjis),
    ("cp932", ResultsCharset::Cp932),
    ("ujis", ResultsCharset::Ujis),
    ("euckr", ResultsCharset::Euckr),
    ("latin2", ResultsCharset::Latin2),
    ("cp1250", ResultsCharset::Cp1250),
    ("cp1251", ResultsCharset::Cp1251),
    ("koi8r", ResultsCharset::Koi8r),
];

impl ResultsCharset {
    /// The set of that name, if results may come in it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(client) = ClientCharset::parse(name) {
            return Some(Self::Client(client));
        }
        let mut known = RESULTS_ONLY.iter();
        let (_, charset) = known.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(*charset)
    }

    /// The server's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        if let Self::Client(client) = self {
            return client.name();
        }
        let mut known = RESULTS_ONLY.iter();
        known
            .find(|(_, charset)| *charset == self)
            .map_or("binary", |(name, _)| name)
    }
}

impl Default for ResultsCharset {
    fn default() -> Self {
        Self::Client(ClientCharset::default())
    }
}

impl From<ClientCharset> for ResultsCharset {
    fn from(client: ClientCharset) -> Self {
        Self::Client(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_for_results_is_found_by_its_name() {
        for (name, charset) in RESULTS_ONLY {
            assert_eq!(ResultsCharset::parse(&name.to_uppercase()), Some(charset));
            assert_eq!(charset.name(), name);
            assert_eq!(ClientCharset::parse(name), None, "{name}");
        }
        assert_eq!(
            ResultsCharset::parse("utf8"),
            Some(ClientCharset::Utf8mb3.into())
        );
        assert_eq!(ResultsCharset::parse("filename"), None);
    }
}
