//! Small values of the protocol: sequence numbers, column types, character sets by collation.

use crate::error::DecodeError;

/// The number of a packet within its exchange; wraps after 255.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SequenceId(u8);

impl SequenceId {
    /// The number of the first packet of every command.
    pub const ZERO: Self = Self(0);

    /// A number as it stands in a packet header.
    #[must_use]
    pub const fn new(value: u8) -> Self {
        Self(value)
    }

    /// The number as it stands in a packet header.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }

    /// The number of the packet after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Type of a column or a parameter, as it is named on the wire.
///
/// Types that live only inside a server (NEWDATE, TIMESTAMP2, DATETIME2, TIME2, TYPED_ARRAY,
/// INVALID, BOOL) are refused by [`ColumnType::from_u8`].
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html)
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever masks or records a value must handle every type"
)]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum ColumnType {
    /// DECIMAL of servers before 5.0.
    Decimal = 0x00,
    /// TINYINT.
    Tiny = 0x01,
    /// SMALLINT.
    Short = 0x02,
    /// INT.
    Long = 0x03,
    /// FLOAT.
    Float = 0x04,
    /// DOUBLE.
    Double = 0x05,
    /// The type of NULL itself.
    Null = 0x06,
    /// TIMESTAMP.
    Timestamp = 0x07,
    /// BIGINT.
    LongLong = 0x08,
    /// MEDIUMINT.
    Int24 = 0x09,
    /// DATE.
    Date = 0x0a,
    /// TIME.
    Time = 0x0b,
    /// DATETIME.
    DateTime = 0x0c,
    /// YEAR.
    Year = 0x0d,
    /// VARCHAR as some servers name it.
    VarChar = 0x0f,
    /// BIT.
    Bit = 0x10,
    /// VECTOR of MySQL 9.
    Vector = 0xf2,
    /// JSON.
    Json = 0xf5,
    /// DECIMAL.
    NewDecimal = 0xf6,
    /// ENUM.
    Enum = 0xf7,
    /// SET.
    Set = 0xf8,
    /// TINYBLOB or TINYTEXT.
    TinyBlob = 0xf9,
    /// MEDIUMBLOB or MEDIUMTEXT.
    MediumBlob = 0xfa,
    /// LONGBLOB or LONGTEXT.
    LongBlob = 0xfb,
    /// BLOB or TEXT.
    Blob = 0xfc,
    /// VARCHAR or VARBINARY.
    VarString = 0xfd,
    /// CHAR, BINARY, and ENUM and SET in result sets.
    String = 0xfe,
    /// GEOMETRY and its kinds.
    Geometry = 0xff,
}

impl ColumnType {
    /// The type with this number on the wire.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Invalid`] for a number that must not appear on the wire.
    pub const fn from_u8(value: u8) -> Result<Self, DecodeError> {
        Ok(match value {
            0x00 => Self::Decimal,
            0x01 => Self::Tiny,
            0x02 => Self::Short,
            0x03 => Self::Long,
            0x04 => Self::Float,
            0x05 => Self::Double,
            0x06 => Self::Null,
            0x07 => Self::Timestamp,
            0x08 => Self::LongLong,
            0x09 => Self::Int24,
            0x0a => Self::Date,
            0x0b => Self::Time,
            0x0c => Self::DateTime,
            0x0d => Self::Year,
            0x0f => Self::VarChar,
            0x10 => Self::Bit,
            0xf2 => Self::Vector,
            0xf5 => Self::Json,
            0xf6 => Self::NewDecimal,
            0xf7 => Self::Enum,
            0xf8 => Self::Set,
            0xf9 => Self::TinyBlob,
            0xfa => Self::MediumBlob,
            0xfb => Self::LongBlob,
            0xfc => Self::Blob,
            0xfd => Self::VarString,
            0xfe => Self::String,
            0xff => Self::Geometry,
            other => {
                return Err(DecodeError::Invalid {
                    field: "column type",
                    value: other as u64,
                });
            }
        })
    }

    /// The number on the wire.
    #[must_use]
    pub const fn to_u8(self) -> u8 {
        self as u8
    }

    /// How a value of this type is laid out in the binary protocol.
    #[must_use]
    pub const fn binary_layout(self) -> BinaryLayout {
        match self {
            Self::Null => BinaryLayout::Fixed(0),
            Self::Tiny => BinaryLayout::Fixed(1),
            Self::Short | Self::Year => BinaryLayout::Fixed(2),
            Self::Long | Self::Int24 | Self::Float => BinaryLayout::Fixed(4),
            Self::LongLong | Self::Double => BinaryLayout::Fixed(8),
            Self::Date | Self::DateTime | Self::Timestamp | Self::Time => BinaryLayout::LengthByte,
            Self::Decimal
            | Self::VarChar
            | Self::Bit
            | Self::Vector
            | Self::Json
            | Self::NewDecimal
            | Self::Enum
            | Self::Set
            | Self::TinyBlob
            | Self::MediumBlob
            | Self::LongBlob
            | Self::Blob
            | Self::VarString
            | Self::String
            | Self::Geometry => BinaryLayout::LengthEncoded,
        }
    }
}

/// How a value is laid out in the binary protocol.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever walks over a row must handle every layout"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BinaryLayout {
    /// So many bytes.
    Fixed(u8),
    /// One byte with the length, then so many bytes: dates and times.
    LengthByte,
    /// A length-encoded integer, then so many bytes.
    LengthEncoded,
}

/// What must be known of a column to read its cells in the binary protocol.
#[expect(clippy::exhaustive_structs, reason = "a plain pair, built by callers")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ValueType {
    /// The type on the wire.
    pub column_type: ColumnType,
    /// Whether integers have no sign.
    pub unsigned: bool,
}
