//! Which kinds of masks take which types of columns.

use mysql_proto::charset::Charset;

use crate::column::Class;
use crate::column::Column;
use crate::constant::fixed;
use crate::mask::Kind;

/// Types that masks treat alike.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    Text,
    Bytes,
    Integer,
    Decimal,
    Floating,
    Year,
    Bit,
    Dated,
    /// TIMESTAMP: it is shown in the time zone of the session, so that whoever moves the zone moves
    /// the value over the ends of months and years, and finds it.
    Zoned,
    Time,
    Json,
    Uuid,
    /// ENUM, SET, GEOMETRY, VECTOR, the addresses, NULL: of their values nothing can be kept.
    Closed,
}

/// The families that a kind takes; a `fixed` value takes those of whose types it is.
fn taken(kind: &Kind) -> &'static [Family] {
    match kind {
        Kind::Redact | Kind::Null => &[
            Family::Text,
            Family::Bytes,
            Family::Integer,
            Family::Decimal,
            Family::Floating,
            Family::Year,
            Family::Bit,
            Family::Dated,
            Family::Zoned,
            Family::Time,
            Family::Json,
            Family::Uuid,
            Family::Closed,
        ],
        Kind::Partial { .. } | Kind::Shape { .. } => &[Family::Text, Family::Bytes],
        Kind::Hash { .. } => &[
            Family::Text,
            Family::Bytes,
            Family::Integer,
            Family::Decimal,
            Family::Bit,
            Family::Json,
            Family::Uuid,
        ],
        Kind::Tokenize(tokenizer) if tokenizer.takes_numbers() => &[
            Family::Text,
            Family::Bytes,
            Family::Integer,
            Family::Decimal,
        ],
        Kind::Tokenize(_) => &[Family::Text, Family::Bytes],
        Kind::Date(_) => &[Family::Dated],
        Kind::Bucket { .. } => &[
            Family::Integer,
            Family::Decimal,
            Family::Floating,
            Family::Year,
        ],
        Kind::Renumber(_) => &[Family::Integer],
        Kind::Fixed { .. } => &[],
    }
}

/// Whether a kind shows anything of a column but its redaction.
pub(crate) fn takes(kind: &Kind, column: &Column) -> bool {
    if let Kind::Fixed { value } = kind {
        return fixed(value, column, &mut Vec::new()).is_some();
    }
    let is_keyed = match kind {
        Kind::Hash { .. } | Kind::Tokenize(_) => true,
        Kind::Redact
        | Kind::Null
        | Kind::Partial { .. }
        | Kind::Shape { .. }
        | Kind::Date(_)
        | Kind::Bucket { .. }
        | Kind::Fixed { .. }
        | Kind::Renumber(_) => false,
    };
    if is_keyed && !comes_whole(column.class) {
        return false;
    }
    taken(kind).contains(&family(column.class))
}

/// Whether a server can say every text in the character set of the result. In others it puts `?` for
/// what it cannot say, so that different values would be shown equal, and whoever changes the set
/// would find out which characters a value holds. UUIDs and addresses are ASCII.
fn comes_whole(class: Class) -> bool {
    let is_any_text = matches!(family(class), Family::Text | Family::Json);
    let says_all = class.charset().is_some_and(|charset| {
        matches!(
            charset,
            Charset::Binary
                | Charset::Gb18030
                | Charset::Utf16
                | Charset::Utf16le
                | Charset::Utf32
                | Charset::Utf8mb4
        )
    });
    !is_any_text || says_all
}

const fn family(class: Class) -> Family {
    match class {
        Class::Text(_) => Family::Text,
        Class::Bytes | Class::FixedBytes => Family::Bytes,
        Class::Integer { .. } => Family::Integer,
        Class::Decimal => Family::Decimal,
        Class::Float | Class::Double => Family::Floating,
        Class::Year => Family::Year,
        Class::Bit => Family::Bit,
        Class::Date | Class::DateTime => Family::Dated,
        Class::Timestamp => Family::Zoned,
        Class::Time => Family::Time,
        Class::Json(_) => Family::Json,
        Class::Uuid(_) => Family::Uuid,
        Class::Inet4(_)
        | Class::Inet6(_)
        | Class::Enum
        | Class::Set
        | Class::Geometry
        | Class::Vector
        | Class::Null => Family::Closed,
    }
}
