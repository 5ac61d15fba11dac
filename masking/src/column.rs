//! What must be known of a column to put a valid cell into it.

use mysql_proto::charset::CharShape;
use mysql_proto::charset::Charset;
use mysql_proto::charset::CollationId;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;

use crate::known::ResultCharsets;

/// A column that is to be masked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) class: Class,
    pub(crate) value_type: ValueType,
    pub(crate) length: u32,
    pub(crate) decimals: u8,
    pub(crate) zerofill: bool,
    /// How digits, dates and times are written as text.
    pub(crate) digits: CharShape,
}

/// What a cell of a column looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    /// An integer of so many bits.
    Integer {
        bits: u32,
    },
    Decimal,
    Float,
    Double,
    Year,
    Bit,
    Date,
    DateTime,
    Timestamp,
    Time,
    Text(Charset),
    Bytes,
    /// Bytes of exactly the length of the column.
    FixedBytes,
    Enum,
    Set,
    Json(Charset),
    /// MariaDB's UUID, INET4 and INET6: strings on the wire, of a form that clients rely on.
    Uuid(Charset),
    Inet4(Charset),
    Inet6(Charset),
    Geometry,
    Vector,
    Null,
}

impl Class {
    /// The character set in which its cells are written; `None` where they are no text.
    pub(crate) const fn charset(self) -> Option<Charset> {
        match self {
            Self::Text(charset)
            | Self::Json(charset)
            | Self::Uuid(charset)
            | Self::Inet4(charset)
            | Self::Inet6(charset) => Some(charset),
            Self::Integer { .. }
            | Self::Decimal
            | Self::Float
            | Self::Double
            | Self::Year
            | Self::Bit
            | Self::Date
            | Self::DateTime
            | Self::Timestamp
            | Self::Time
            | Self::Bytes
            | Self::FixedBytes
            | Self::Enum
            | Self::Set
            | Self::Geometry
            | Self::Vector
            | Self::Null => None,
        }
    }
}

impl Column {
    /// Reads a definition; `None` when its character set is not known.
    pub(crate) fn new(
        definition: &ColumnDefinition<'_>,
        charsets: ResultCharsets,
        is_document: bool,
    ) -> Option<Self> {
        let mut class = class(definition, charsets)?;
        if is_document {
            if let Class::Text(charset) = class {
                class = Class::Json(charset);
            } else if matches!(class, Class::Bytes | Class::FixedBytes) {
                class = Class::Json(Charset::Binary);
            }
        }
        Some(Self {
            class,
            digits: charsets.numbers.shape(),
            value_type: definition.value_type(),
            length: definition.column_length,
            decimals: definition.decimals,
            zerofill: definition.flags.contains(ColumnFlags::ZEROFILL),
        })
    }

    /// The most characters of a text, or bytes, that fit the column.
    pub(crate) fn chars_max(&self) -> usize {
        let charset = self.class.charset().unwrap_or(Charset::Binary);
        usize::try_from(self.length).unwrap_or(usize::MAX) / char_bytes_max(charset)
    }

    /// Whether a cell is any bytes, so that it may be long.
    pub(crate) const fn takes_bytes(&self) -> bool {
        match self.class {
            Class::Text(_) | Class::Bytes | Class::FixedBytes | Class::Json(_) | Class::Uuid(_) => {
                true
            }
            Class::Integer { .. }
            | Class::Decimal
            | Class::Float
            | Class::Double
            | Class::Year
            | Class::Bit
            | Class::Date
            | Class::DateTime
            | Class::Timestamp
            | Class::Time
            | Class::Enum
            | Class::Set
            | Class::Inet4(_)
            | Class::Inet6(_)
            | Class::Geometry
            | Class::Vector
            | Class::Null => false,
        }
    }

    /// The length of a BIT column in bits, as far as it is valid.
    pub(crate) fn bits(&self) -> u32 {
        self.length.clamp(1, 64)
    }

    /// Digits behind the point; `None` when the number floats.
    pub(crate) fn scale(&self) -> Option<usize> {
        // 31 stands for "not fixed"; 30 is the most that a column can have.
        (self.decimals <= 30).then_some(usize::from(self.decimals))
    }
}

fn class(definition: &ColumnDefinition<'_>, charsets: ResultCharsets) -> Option<Class> {
    let charset = || CollationId::new(definition.collation).charset();
    Some(match definition.column_type {
        ColumnType::Tiny => Class::Integer { bits: 8 },
        ColumnType::Short => Class::Integer { bits: 16 },
        ColumnType::Int24 => Class::Integer { bits: 24 },
        ColumnType::Long => Class::Integer { bits: 32 },
        ColumnType::LongLong => Class::Integer { bits: 64 },
        ColumnType::Decimal | ColumnType::NewDecimal => Class::Decimal,
        ColumnType::Float => Class::Float,
        ColumnType::Double => Class::Double,
        ColumnType::Year => Class::Year,
        ColumnType::Bit => Class::Bit,
        ColumnType::Date => Class::Date,
        ColumnType::DateTime => Class::DateTime,
        ColumnType::Timestamp => Class::Timestamp,
        ColumnType::Time => Class::Time,
        // MySQL calls a JSON column binary and sends it in the character set of the result.
        ColumnType::Json if charset()? == Charset::Binary => Class::Json(charsets.json),
        ColumnType::Json => Class::Json(charset()?),
        ColumnType::Geometry => Class::Geometry,
        ColumnType::Vector => Class::Vector,
        ColumnType::Null => Class::Null,
        ColumnType::Enum => Class::Enum,
        ColumnType::Set => Class::Set,
        // Servers send ENUM and SET as strings, with a flag.
        ColumnType::VarChar
        | ColumnType::VarString
        | ColumnType::String
        | ColumnType::TinyBlob
        | ColumnType::MediumBlob
        | ColumnType::LongBlob
        | ColumnType::Blob
            if definition.flags.contains(ColumnFlags::ENUM) =>
        {
            Class::Enum
        }
        ColumnType::VarChar
        | ColumnType::VarString
        | ColumnType::String
        | ColumnType::TinyBlob
        | ColumnType::MediumBlob
        | ColumnType::LongBlob
        | ColumnType::Blob
            if definition.flags.contains(ColumnFlags::SET) =>
        {
            Class::Set
        }
        // Only MariaDB's types of addresses are strings without a sign.
        ColumnType::String if definition.flags.contains(ColumnFlags::UNSIGNED) => {
            address(definition.column_length, charset()?)
        }
        ColumnType::String => text_or(Class::FixedBytes, charset()?),
        ColumnType::VarChar
        | ColumnType::VarString
        | ColumnType::TinyBlob
        | ColumnType::MediumBlob
        | ColumnType::LongBlob
        | ColumnType::Blob => text_or(Class::Bytes, charset()?),
    })
}

/// The type of a string without a sign: each is as long as its longest text.
fn address(length: u32, charset: Charset) -> Class {
    let chars = usize::try_from(length).unwrap_or(usize::MAX) / char_bytes_max(charset);
    match chars {
        36 => Class::Uuid(charset),
        15 => Class::Inet4(charset),
        39 => Class::Inet6(charset),
        _ => text_or(Class::FixedBytes, charset),
    }
}

fn text_or(bytes: Class, charset: Charset) -> Class {
    if charset == Charset::Binary {
        bytes
    } else {
        Class::Text(charset)
    }
}

/// By how much a server multiplies characters to get the length of a column.
const fn char_bytes_max(charset: Charset) -> usize {
    match charset {
        Charset::Armscii8
        | Charset::Ascii
        | Charset::Binary
        | Charset::Cp1250
        | Charset::Cp1251
        | Charset::Cp1256
        | Charset::Cp1257
        | Charset::Cp850
        | Charset::Cp852
        | Charset::Cp866
        | Charset::Dec8
        | Charset::Geostd8
        | Charset::Greek
        | Charset::Hebrew
        | Charset::Hp8
        | Charset::Keybcs2
        | Charset::Koi8r
        | Charset::Koi8u
        | Charset::Latin1
        | Charset::Latin2
        | Charset::Latin5
        | Charset::Latin7
        | Charset::Macce
        | Charset::Macroman
        | Charset::Swe7
        | Charset::Tis620 => 1,
        Charset::Big5
        | Charset::Cp932
        | Charset::Euckr
        | Charset::Gb2312
        | Charset::Gbk
        | Charset::Sjis
        | Charset::Ucs2 => 2,
        Charset::Eucjpms | Charset::Ujis | Charset::Utf8mb3 => 3,
        Charset::Gb18030
        | Charset::Utf16
        | Charset::Utf16le
        | Charset::Utf32
        | Charset::Utf8mb4 => 4,
    }
}
