//! Character sets, found by the number of a collation.

/// The id of a collation, as it stands in greetings, logins and column definitions.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CollationId(u16);

impl CollationId {
    /// Bytes without a character set.
    pub const BINARY: Self = Self(63);
    /// `utf8mb4_general_ci`, known to every server.
    pub const UTF8MB4_GENERAL_CI: Self = Self(45);

    /// A collation by its number.
    #[must_use]
    pub const fn new(id: u16) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The character set; `None` for a number that no supported server gives to a collation.
    #[must_use]
    pub const fn charset(self) -> Option<Charset> {
        match self.0 {
            // MariaDB's NO PAD collations have the number of their sibling, 1,024 higher.
            1025..=1761 => by_number(self.0 - 1024),
            id => by_number(id),
        }
    }
}

/// A character set.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever writes text or decides on a lexer must handle every set"
)]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Charset {
    /// ARMSCII-8.
    Armscii8,
    /// US-ASCII.
    Ascii,
    /// Big5; a second byte may be `\`.
    Big5,
    /// Bytes.
    Binary,
    /// Windows-1250.
    Cp1250,
    /// Windows-1251.
    Cp1251,
    /// Windows-1256.
    Cp1256,
    /// Windows-1257.
    Cp1257,
    /// DOS 850.
    Cp850,
    /// DOS 852.
    Cp852,
    /// DOS 866.
    Cp866,
    /// Windows-932; a second byte may be `\`.
    Cp932,
    /// DEC West European.
    Dec8,
    /// EUC-JP of Windows.
    Eucjpms,
    /// EUC-KR.
    Euckr,
    /// GB 18030; a later byte may be `\`.
    Gb18030,
    /// GB 2312.
    Gb2312,
    /// GBK; a second byte may be `\`.
    Gbk,
    /// GEOSTD8.
    Geostd8,
    /// ISO 8859-7.
    Greek,
    /// ISO 8859-8.
    Hebrew,
    /// HP West European.
    Hp8,
    /// Kamenicky.
    Keybcs2,
    /// KOI8-R.
    Koi8r,
    /// KOI8-U.
    Koi8u,
    /// Windows-1252.
    Latin1,
    /// ISO 8859-2.
    Latin2,
    /// ISO 8859-9.
    Latin5,
    /// ISO 8859-13.
    Latin7,
    /// Mac Central European.
    Macce,
    /// Mac Roman.
    Macroman,
    /// Shift-JIS; a second byte may be `\`.
    Sjis,
    /// Swedish 7 bit, in which brackets and `\` are letters.
    Swe7,
    /// TIS-620.
    Tis620,
    /// UCS-2, most significant byte first.
    Ucs2,
    /// EUC-JP.
    Ujis,
    /// UTF-16, most significant byte first.
    Utf16,
    /// UTF-16, least significant byte first.
    Utf16le,
    /// UTF-32, most significant byte first.
    Utf32,
    /// UTF-8 of at most three bytes.
    Utf8mb3,
    /// UTF-8.
    Utf8mb4,
}

/// How characters are told apart in a string of bytes.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever cuts text must handle every case"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CharShape {
    /// Every character is one byte; the lower half is ASCII.
    SingleByte,
    /// UTF-8.
    Utf8,
    /// Two bytes each, most significant first.
    Ucs2,
    /// Two or four bytes, most significant first.
    Utf16,
    /// Two or four bytes, least significant first.
    Utf16le,
    /// Four bytes each, most significant first.
    Utf32,
    /// An East Asian set in which ASCII characters are one byte each and others are longer.
    MultiByte,
    /// One byte each, but some ASCII characters mean something else.
    NotAscii,
}

impl Charset {
    /// How characters are told apart.
    #[must_use]
    pub const fn shape(self) -> CharShape {
        match self {
            Self::Armscii8
            | Self::Ascii
            | Self::Binary
            | Self::Cp1250
            | Self::Cp1251
            | Self::Cp1256
            | Self::Cp1257
            | Self::Cp850
            | Self::Cp852
            | Self::Cp866
            | Self::Dec8
            | Self::Geostd8
            | Self::Greek
            | Self::Hebrew
            | Self::Hp8
            | Self::Keybcs2
            | Self::Koi8r
            | Self::Koi8u
            | Self::Latin1
            | Self::Latin2
            | Self::Latin5
            | Self::Latin7
            | Self::Macce
            | Self::Macroman
            | Self::Tis620 => CharShape::SingleByte,
            Self::Utf8mb3 | Self::Utf8mb4 => CharShape::Utf8,
            Self::Ucs2 => CharShape::Ucs2,
            Self::Utf16 => CharShape::Utf16,
            Self::Utf16le => CharShape::Utf16le,
            Self::Utf32 => CharShape::Utf32,
            Self::Big5
            | Self::Cp932
            | Self::Eucjpms
            | Self::Euckr
            | Self::Gb18030
            | Self::Gb2312
            | Self::Gbk
            | Self::Sjis
            | Self::Ujis => CharShape::MultiByte,
            Self::Swe7 => CharShape::NotAscii,
        }
    }

    /// Whether an ASCII byte always stands for itself, so that SQL can be lexed byte by byte.
    ///
    /// False where a later byte of a character may be a backslash, a quote or a backtick, and
    /// where text is not a superset of ASCII at all.
    #[must_use]
    pub const fn is_lexable(self) -> bool {
        match self {
            Self::Big5
            | Self::Cp932
            | Self::Gb18030
            | Self::Gbk
            | Self::Sjis
            | Self::Swe7
            | Self::Ucs2
            | Self::Utf16
            | Self::Utf16le
            | Self::Utf32 => false,
            Self::Armscii8
            | Self::Ascii
            | Self::Binary
            | Self::Cp1250
            | Self::Cp1251
            | Self::Cp1256
            | Self::Cp1257
            | Self::Cp850
            | Self::Cp852
            | Self::Cp866
            | Self::Dec8
            | Self::Eucjpms
            | Self::Euckr
            | Self::Gb2312
            | Self::Geostd8
            | Self::Greek
            | Self::Hebrew
            | Self::Hp8
            | Self::Keybcs2
            | Self::Koi8r
            | Self::Koi8u
            | Self::Latin1
            | Self::Latin2
            | Self::Latin5
            | Self::Latin7
            | Self::Macce
            | Self::Macroman
            | Self::Tis620
            | Self::Ujis
            | Self::Utf8mb3
            | Self::Utf8mb4 => true,
        }
    }

    /// The name that both servers use in `SET NAMES`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Armscii8 => "armscii8",
            Self::Ascii => "ascii",
            Self::Big5 => "big5",
            Self::Binary => "binary",
            Self::Cp1250 => "cp1250",
            Self::Cp1251 => "cp1251",
            Self::Cp1256 => "cp1256",
            Self::Cp1257 => "cp1257",
            Self::Cp850 => "cp850",
            Self::Cp852 => "cp852",
            Self::Cp866 => "cp866",
            Self::Cp932 => "cp932",
            Self::Dec8 => "dec8",
            Self::Eucjpms => "eucjpms",
            Self::Euckr => "euckr",
            Self::Gb18030 => "gb18030",
            Self::Gb2312 => "gb2312",
            Self::Gbk => "gbk",
            Self::Geostd8 => "geostd8",
            Self::Greek => "greek",
            Self::Hebrew => "hebrew",
            Self::Hp8 => "hp8",
            Self::Keybcs2 => "keybcs2",
            Self::Koi8r => "koi8r",
            Self::Koi8u => "koi8u",
            Self::Latin1 => "latin1",
            Self::Latin2 => "latin2",
            Self::Latin5 => "latin5",
            Self::Latin7 => "latin7",
            Self::Macce => "macce",
            Self::Macroman => "macroman",
            Self::Sjis => "sjis",
            Self::Swe7 => "swe7",
            Self::Tis620 => "tis620",
            Self::Ucs2 => "ucs2",
            Self::Ujis => "ujis",
            Self::Utf16 => "utf16",
            Self::Utf16le => "utf16le",
            Self::Utf32 => "utf32",
            Self::Utf8mb3 => "utf8mb3",
            Self::Utf8mb4 => "utf8mb4",
        }
    }
}

/// The numbers as `information_schema.COLLATIONS` of both servers lists them.
const fn by_number(id: u16) -> Option<Charset> {
    Some(match id {
        1 | 84 => Charset::Big5,
        2 | 9 | 21 | 27 | 77 => Charset::Latin2,
        3 | 69 => Charset::Dec8,
        4 | 80 => Charset::Cp850,
        5 | 8 | 15 | 31 | 47..=49 | 94 => Charset::Latin1,
        6 | 72 => Charset::Hp8,
        7 | 74 => Charset::Koi8r,
        10 | 82 => Charset::Swe7,
        11 | 65 => Charset::Ascii,
        12 | 91 => Charset::Ujis,
        13 | 88 => Charset::Sjis,
        14 | 23 | 50..=52 => Charset::Cp1251,
        16 | 71 => Charset::Hebrew,
        18 | 89 => Charset::Tis620,
        19 | 85 => Charset::Euckr,
        20 | 41 | 42 | 79 => Charset::Latin7,
        22 | 75 => Charset::Koi8u,
        24 | 86 => Charset::Gb2312,
        25 | 70 => Charset::Greek,
        26 | 34 | 44 | 66 | 99 => Charset::Cp1250,
        28 | 87 => Charset::Gbk,
        29 | 58 | 59 => Charset::Cp1257,
        30 | 78 => Charset::Latin5,
        32 | 64 => Charset::Armscii8,
        33 | 76 | 83 | 192..=215 | 223 | 576..=578 => Charset::Utf8mb3,
        35 | 90 | 128..=151 | 159 | 640..=642 => Charset::Ucs2,
        36 | 68 => Charset::Cp866,
        37 | 73 => Charset::Keybcs2,
        38 | 43 => Charset::Macce,
        39 | 53 => Charset::Macroman,
        40 | 81 => Charset::Cp852,
        45 | 46 | 224..=247 | 255..=323 | 608..=610 => Charset::Utf8mb4,
        54 | 55 | 101..=124 | 672..=674 => Charset::Utf16,
        56 | 62 => Charset::Utf16le,
        57 | 67 => Charset::Cp1256,
        60 | 61 | 160..=183 | 736..=738 => Charset::Utf32,
        63 => Charset::Binary,
        92 | 93 => Charset::Geostd8,
        95 | 96 => Charset::Cp932,
        97 | 98 => Charset::Eucjpms,
        248..=250 => Charset::Gb18030,
        // MariaDB's UCA 14.0.0 collations: a block of 256 for each character set.
        0x800..=0x8ff => Charset::Utf8mb3,
        0x900..=0x9ff => Charset::Utf8mb4,
        0xa00..=0xaff => Charset::Ucs2,
        0xb00..=0xbff => Charset::Utf16,
        0xc00..=0xcff => Charset::Utf32,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_collations_have_their_character_set() {
        for (id, charset) in [
            (8, Charset::Latin1),
            (28, Charset::Gbk),
            (33, Charset::Utf8mb3),
            (45, Charset::Utf8mb4),
            (54, Charset::Utf16),
            (60, Charset::Utf32),
            (63, Charset::Binary),
            (255, Charset::Utf8mb4),
            (1069, Charset::Utf8mb4),
            (2304, Charset::Utf8mb4),
        ] {
            assert_eq!(CollationId::new(id).charset(), Some(charset), "{id}");
        }
    }

    #[test]
    fn unknown_numbers_have_no_character_set() {
        for id in [0, 17, 100, 500, 1024, 4000, u16::MAX] {
            assert_eq!(CollationId::new(id).charset(), None, "{id}");
        }
    }
}
