//! What a column definition tells of the plan by which the target found the rows.

use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::types::ColumnType;

/// What a definition says of a table's column, and not of its copy in a temporary table: whether the
/// target makes one is up to its plan.
const OF_A_TABLE: ColumnFlags = ColumnFlags::PRIMARY_KEY
    .union(ColumnFlags::UNIQUE_KEY)
    .union(ColumnFlags::MULTIPLE_KEY)
    .union(ColumnFlags::PART_KEY)
    .union(ColumnFlags::AUTO_INCREMENT)
    .union(ColumnFlags::TIMESTAMP)
    .union(ColumnFlags::ON_UPDATE_NOW);

/// Makes a definition the same, whether it is of a table or of a temporary one.
pub(super) fn hide(definition: &mut ColumnDefinition<'_>) {
    definition.flags.remove(OF_A_TABLE);
    if !has_decimals(definition.column_type) {
        definition.decimals = 0;
    }
}

/// Whether `decimals` says anything of the values; of text it tells whether it was computed or copied.
const fn has_decimals(column_type: ColumnType) -> bool {
    match column_type {
        ColumnType::Decimal
        | ColumnType::NewDecimal
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Timestamp
        | ColumnType::Time
        | ColumnType::DateTime => true,
        ColumnType::Tiny
        | ColumnType::Short
        | ColumnType::Long
        | ColumnType::LongLong
        | ColumnType::Int24
        | ColumnType::Date
        | ColumnType::Year
        | ColumnType::Null
        | ColumnType::VarChar
        | ColumnType::Bit
        | ColumnType::Vector
        | ColumnType::Json
        | ColumnType::Enum
        | ColumnType::Set
        | ColumnType::TinyBlob
        | ColumnType::MediumBlob
        | ColumnType::LongBlob
        | ColumnType::Blob
        | ColumnType::VarString
        | ColumnType::String
        | ColumnType::Geometry => false,
    }
}
