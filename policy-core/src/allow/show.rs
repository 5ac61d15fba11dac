//! The columns of SHOW: those that a plain WHERE may compare, and all that are shown.

use crate::allow::status;
use crate::allow::variables;
use crate::statement::kind::StatementKind;

/// The columns that each kind shows and that tell names and types only.
pub const SHOWN: &[(StatementKind, &[&str])] = &[
    (StatementKind::ShowTables, &["table_type"]),
    (
        StatementKind::ShowTableStatus,
        &["name", "engine", "comment"],
    ),
    (
        StatementKind::ShowColumns,
        &["field", "type", "collation", "null", "key", "extra"],
    ),
    (
        StatementKind::ShowIndex,
        &["table", "key_name", "column_name", "index_type"],
    ),
    (StatementKind::ShowDatabases, &["database"]),
    (StatementKind::ShowCharacterSet, &["charset"]),
    (
        StatementKind::ShowCollation,
        &["collation", "charset", "default"],
    ),
    (StatementKind::ShowVariables, &["variable_name", "value"]),
    (StatementKind::ShowStatus, &["variable_name", "value"]),
    (
        StatementKind::ShowTriggers,
        &["trigger", "event", "table", "timing"],
    ),
    (StatementKind::ShowEvents, &["db", "name", "type", "status"]),
    (StatementKind::ShowOpenTables, &["database", "table"]),
    (StatementKind::ShowProcedureStatus, PROGRAM),
    (StatementKind::ShowFunctionStatus, PROGRAM),
    (StatementKind::ShowPackageStatus, PROGRAM),
    (StatementKind::ShowPackageBodyStatus, PROGRAM),
    (StatementKind::ShowLibraryStatus, &["db", "name"]),
];

const PROGRAM: &[&str] = &["db", "name", "type"];

/// Of kinds that describe tables, the columns that move with stored values, or quote them.
pub const TELLING: &[(StatementKind, &[&str])] = &[
    (
        StatementKind::ShowTableStatus,
        &[
            "rows",
            "avg_row_length",
            "data_length",
            "max_data_length",
            "index_length",
            "data_free",
            "auto_increment",
            "update_time",
            "check_time",
            "checksum",
            "max_index_length",
        ],
    ),
    (StatementKind::ShowColumns, &["default"]),
    (StatementKind::Describe, &["default"]),
    (StatementKind::ShowIndex, &["cardinality", "expression"]),
];

/// Whether a list of variables or counters of that kind shows the one with this name.
#[must_use]
pub fn is_shown(kind: StatementKind, name: &str) -> bool {
    (kind == StatementKind::ShowVariables && variables::is_shown(name))
        || (kind == StatementKind::ShowStatus && status::is_shown(name))
}

/// Whether a column that a kind shows may tell of stored values; one that is not known may.
#[must_use]
pub fn tells_of_values(kind: StatementKind, column: &str) -> bool {
    let same = |own: &str| own.eq_ignore_ascii_case(column);
    let mut telling = TELLING.iter().filter(|(own, _)| *own == kind);
    !all_columns(kind).iter().any(|own| same(own))
        || telling.any(|(_, columns)| columns.iter().any(|own| same(own)))
}

/// All columns that a kind shows, on any server.
pub(crate) fn all_columns(kind: StatementKind) -> &'static [&'static str] {
    ALL_COLUMNS
        .iter()
        .find(|(kinds, _)| kinds.contains(&kind))
        .map_or(&["Value"], |(_, columns)| *columns)
}

const ALL_COLUMNS: &[(&[StatementKind], &[&str])] = &[
    (&[StatementKind::ShowTables], &["Table_type"]),
    (
        &[StatementKind::ShowTableStatus],
        &[
            "Name",
            "Engine",
            "Version",
            "Row_format",
            "Rows",
            "Avg_row_length",
            "Data_length",
            "Max_data_length",
            "Index_length",
            "Data_free",
            "Auto_increment",
            "Create_time",
            "Update_time",
            "Check_time",
            "Collation",
            "Checksum",
            "Create_options",
            "Comment",
            "Max_index_length",
            "Temporary",
        ],
    ),
    (
        &[StatementKind::ShowColumns, StatementKind::Describe],
        &[
            "Field",
            "Type",
            "Collation",
            "Null",
            "Key",
            "Default",
            "Extra",
            "Privileges",
            "Comment",
        ],
    ),
    (
        &[StatementKind::ShowIndex],
        &[
            "Table",
            "Non_unique",
            "Key_name",
            "Seq_in_index",
            "Column_name",
            "Collation",
            "Cardinality",
            "Sub_part",
            "Packed",
            "Null",
            "Index_type",
            "Comment",
            "Index_comment",
            "Visible",
            "Expression",
            "Ignored",
        ],
    ),
    (&[StatementKind::ShowDatabases], &["Database"]),
    (
        &[StatementKind::ShowCharacterSet],
        &["Charset", "Description", "Default collation", "Maxlen"],
    ),
    (
        &[StatementKind::ShowCollation],
        &[
            "Collation",
            "Charset",
            "Id",
            "Default",
            "Compiled",
            "Sortlen",
            "Pad_attribute",
        ],
    ),
    (
        &[StatementKind::ShowVariables, StatementKind::ShowStatus],
        &["Variable_name", "Value"],
    ),
    (
        &[StatementKind::ShowOpenTables],
        &["Database", "Table", "In_use", "Name_locked"],
    ),
    (
        &[StatementKind::ShowTriggers],
        &[
            "Trigger",
            "Event",
            "Table",
            "Statement",
            "Timing",
            "Created",
            "sql_mode",
            "Definer",
            "character_set_client",
            "collation_connection",
            "Database Collation",
        ],
    ),
    (
        &[StatementKind::ShowEvents],
        &[
            "Db",
            "Name",
            "Definer",
            "Time zone",
            "Type",
            "Execute at",
            "Interval value",
            "Interval field",
            "Starts",
            "Ends",
            "Status",
            "Originator",
            "character_set_client",
            "collation_connection",
            "Database Collation",
        ],
    ),
    (
        &[
            StatementKind::ShowProcedureStatus,
            StatementKind::ShowFunctionStatus,
            StatementKind::ShowPackageStatus,
            StatementKind::ShowPackageBodyStatus,
            StatementKind::ShowLibraryStatus,
        ],
        &[
            "Db",
            "Name",
            "Type",
            "Language",
            "Definer",
            "Creator",
            "Modified",
            "Created",
            "Security_type",
            "Comment",
            "character_set_client",
            "collation_connection",
            "Database Collation",
        ],
    ),
    (
        &[
            StatementKind::ShowClientStatistics,
            StatementKind::ShowUserStatistics,
        ],
        &[
            "Client",
            "User",
            "Total_connections",
            "Concurrent_connections",
            "Connected_time",
            "Busy_time",
            "Cpu_time",
            "Bytes_received",
            "Bytes_sent",
            "Rows_read",
            "Rows_sent",
        ],
    ),
    (
        &[
            StatementKind::ShowIndexStatistics,
            StatementKind::ShowTableStatistics,
        ],
        &[
            "Table_schema",
            "Table_name",
            "Index_name",
            "Rows_read",
            "Rows_changed",
        ],
    ),
    (
        &[StatementKind::ShowPlugins],
        &["Name", "Status", "Type", "Library", "License"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_description_shows_tells_of_values_unless_it_is_known_not_to() {
        use StatementKind as K;
        for (kind, column, tells) in [
            (K::ShowTableStatus, "Name", false),
            (K::ShowTableStatus, "Rows", true),
            (K::ShowTableStatus, "rows", true),
            (K::ShowTableStatus, "Histogram", true),
            (K::ShowIndex, "Key_name", false),
            (K::ShowIndex, "Cardinality", true),
            (K::Describe, "Type", false),
            (K::Describe, "Default", true),
            (K::ShowColumns, "Default", true),
            (K::ShowColumns, "", true),
        ] {
            assert_eq!(tells_of_values(kind, column), tells, "{kind} {column}");
        }
    }

    #[test]
    fn what_tells_of_values_is_shown_and_not_compared() {
        for (kind, columns) in TELLING {
            for column in *columns {
                let mut compared = SHOWN.iter().filter(|(own, _)| own == kind);
                assert!(!compared.any(|(_, own)| own.contains(column)), "{column}");
            }
        }
    }
}
