//! The tables of information_schema that describe names and types, with their columns.
//!
//! An allow-list: a table that is not here is unknown to us whatever the server holds, and so is a
//! column. What tells of accounts, other sessions, bodies of programs or bounds of partitions is left
//! out. The columns stand in the order of each server, for `*`.

use crate::server::Server;
use crate::server::ServerKind;

/// The schema's name, as it compares.
pub const NAME: &str = "information_schema";

/// An open table. All names are lower case.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Why it is open.
    pub reason: &'static str,
    /// Its open columns on MySQL; none where MySQL has no such table.
    pub mysql: &'static [&'static str],
    /// Its open columns on MariaDB.
    pub mariadb: &'static [&'static str],
    /// Columns that move with stored values, or quote them: open only where no column is protected.
    pub telling: &'static [&'static str],
    /// Columns that are never open; while there are any, `*` is not either.
    pub hidden: &'static [&'static str],
}

impl Table {
    /// The open columns on that server.
    #[must_use]
    pub fn columns(&self, kind: ServerKind) -> &'static [&'static str] {
        match kind {
            ServerKind::MySql => self.mysql,
            ServerKind::MariaDb => self.mariadb,
        }
    }

    /// Whether the open columns are all that the server has.
    #[must_use]
    pub fn is_whole(&self, server: Server) -> bool {
        // MariaDB 11.4 appended columns about periods.
        let is_longer = self.name == "columns"
            && server.kind == ServerKind::MariaDb
            && server.version >= (11, 4, 0);
        self.hidden.is_empty() && !is_longer
    }
}

/// The table of that name (lower case), if it is open on that server.
#[must_use]
pub fn find(name: &str, kind: ServerKind) -> Option<&'static Table> {
    let table = TABLES.iter().find(|table| table.name == name)?;
    (!table.columns(kind).is_empty()).then_some(table)
}

/// Whether a table of that name (in any case) is open on any server.
#[must_use]
pub fn is_open(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TABLES.iter().any(|table| table.name == name)
}

/// Whether the column (lower case) moves with stored values, or quotes them.
#[must_use]
pub fn tells_of_values(table: &str, column: &str) -> bool {
    TABLES
        .iter()
        .any(|own| own.name.eq_ignore_ascii_case(table) && own.telling.contains(&column))
}

/// Every open table.
pub const TABLES: &[Table] = &[
    Table {
        name: "schemata",
        reason: "names of schemas",
        mysql: &[
            "catalog_name",
            "schema_name",
            "default_character_set_name",
            "default_collation_name",
            "sql_path",
            "default_encryption",
        ],
        mariadb: &[
            "catalog_name",
            "schema_name",
            "default_character_set_name",
            "default_collation_name",
            "sql_path",
            "schema_comment",
        ],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "tables",
        reason: "names and kinds of tables",
        mysql: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "table_type",
            "engine",
            "version",
            "row_format",
            "table_rows",
            "avg_row_length",
            "data_length",
            "max_data_length",
            "index_length",
            "data_free",
            "auto_increment",
            "create_time",
            "update_time",
            "check_time",
            "table_collation",
            "checksum",
            "create_options",
            "table_comment",
        ],
        mariadb: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "table_type",
            "engine",
            "version",
            "row_format",
            "table_rows",
            "avg_row_length",
            "data_length",
            "max_data_length",
            "index_length",
            "data_free",
            "auto_increment",
            "create_time",
            "update_time",
            "check_time",
            "table_collation",
            "checksum",
            "create_options",
            "table_comment",
            "max_index_length",
            "temporary",
        ],
        telling: &[
            "table_rows",
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
        hidden: &[],
    },
    Table {
        name: "columns",
        reason: "names and types of columns",
        mysql: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "column_default",
            "is_nullable",
            "data_type",
            "character_maximum_length",
            "character_octet_length",
            "numeric_precision",
            "numeric_scale",
            "datetime_precision",
            "character_set_name",
            "collation_name",
            "column_type",
            "column_key",
            "extra",
            "privileges",
            "column_comment",
            "generation_expression",
            "srs_id",
        ],
        mariadb: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "column_default",
            "is_nullable",
            "data_type",
            "character_maximum_length",
            "character_octet_length",
            "numeric_precision",
            "numeric_scale",
            "datetime_precision",
            "character_set_name",
            "collation_name",
            "column_type",
            "column_key",
            "extra",
            "privileges",
            "column_comment",
            "is_generated",
            "generation_expression",
        ],
        telling: &["column_default", "generation_expression"],
        hidden: &[],
    },
    Table {
        name: "statistics",
        reason: "names and columns of indexes",
        mysql: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "non_unique",
            "index_schema",
            "index_name",
            "seq_in_index",
            "column_name",
            "collation",
            "cardinality",
            "sub_part",
            "packed",
            "nullable",
            "index_type",
            "comment",
            "index_comment",
            "is_visible",
            "expression",
        ],
        mariadb: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "non_unique",
            "index_schema",
            "index_name",
            "seq_in_index",
            "column_name",
            "collation",
            "cardinality",
            "sub_part",
            "packed",
            "nullable",
            "index_type",
            "comment",
            "index_comment",
            "ignored",
        ],
        telling: &["cardinality", "expression"],
        hidden: &[],
    },
    Table {
        name: "key_column_usage",
        reason: "columns of keys",
        mysql: KEY_COLUMN_USAGE,
        mariadb: KEY_COLUMN_USAGE,
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "referential_constraints",
        reason: "names of foreign keys",
        mysql: REFERENTIAL_CONSTRAINTS,
        mariadb: REFERENTIAL_CONSTRAINTS,
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "table_constraints",
        reason: "names of keys and checks",
        mysql: &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_schema",
            "table_name",
            "constraint_type",
            "enforced",
        ],
        mariadb: &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_schema",
            "table_name",
            "constraint_type",
        ],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "check_constraints",
        reason: "names of checks",
        mysql: &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "check_clause",
        ],
        mariadb: &[
            "constraint_catalog",
            "constraint_schema",
            "table_name",
            "constraint_name",
            "level",
            "check_clause",
        ],
        telling: &["check_clause"],
        hidden: &[],
    },
    Table {
        name: "views",
        reason: "names of views",
        mysql: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "view_definition",
            "check_option",
            "is_updatable",
            "security_type",
            "character_set_client",
            "collation_connection",
        ],
        mariadb: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "view_definition",
            "check_option",
            "is_updatable",
            "security_type",
            "character_set_client",
            "collation_connection",
            "algorithm",
        ],
        telling: &["view_definition"],
        hidden: &["definer"],
    },
    Table {
        name: "routines",
        reason: "names and types of routines",
        mysql: ROUTINES,
        mariadb: ROUTINES,
        telling: &[],
        hidden: &["definer", "routine_definition"],
    },
    Table {
        name: "parameters",
        reason: "names and types of parameters",
        mysql: PARAMETERS,
        mariadb: PARAMETERS,
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "engines",
        reason: "what the server can do",
        mysql: ENGINES,
        mariadb: ENGINES,
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "keywords",
        reason: "the same on every server of a version",
        mysql: &["word", "reserved"],
        mariadb: &["word"],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "character_sets",
        reason: "the same on every server of a version",
        mysql: CHARACTER_SETS,
        mariadb: CHARACTER_SETS,
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "collations",
        reason: "the same on every server of a version",
        mysql: &[
            "collation_name",
            "character_set_name",
            "id",
            "is_default",
            "is_compiled",
            "sortlen",
            "pad_attribute",
        ],
        mariadb: &[
            "collation_name",
            "character_set_name",
            "id",
            "is_default",
            "is_compiled",
            "sortlen",
        ],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "collation_character_set_applicability",
        reason: "the same on every server of a version",
        mysql: &["collation_name", "character_set_name"],
        mariadb: &[
            "collation_name",
            "character_set_name",
            "full_collation_name",
            "id",
            "is_default",
        ],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "sql_functions",
        reason: "the same on every server of a version",
        mysql: &[],
        mariadb: &["function"],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "st_spatial_reference_systems",
        reason: "the same on every server of a version",
        mysql: &[
            "srs_name",
            "srs_id",
            "organization",
            "organization_coordsys_id",
            "definition",
            "description",
        ],
        mariadb: &[],
        telling: &[],
        hidden: &[],
    },
    Table {
        name: "st_units_of_measure",
        reason: "the same on every server of a version",
        mysql: &["unit_name", "unit_type", "conversion_factor", "description"],
        mariadb: &[],
        telling: &[],
        hidden: &[],
    },
];

// What both servers have in the same order.

const KEY_COLUMN_USAGE: &[&str] = &[
    "constraint_catalog",
    "constraint_schema",
    "constraint_name",
    "table_catalog",
    "table_schema",
    "table_name",
    "column_name",
    "ordinal_position",
    "position_in_unique_constraint",
    "referenced_table_schema",
    "referenced_table_name",
    "referenced_column_name",
];

const REFERENTIAL_CONSTRAINTS: &[&str] = &[
    "constraint_catalog",
    "constraint_schema",
    "constraint_name",
    "unique_constraint_catalog",
    "unique_constraint_schema",
    "unique_constraint_name",
    "match_option",
    "update_rule",
    "delete_rule",
    "table_name",
    "referenced_table_name",
];

const ROUTINES: &[&str] = &[
    "specific_name",
    "routine_catalog",
    "routine_schema",
    "routine_name",
    "routine_type",
    "data_type",
    "character_maximum_length",
    "character_octet_length",
    "numeric_precision",
    "numeric_scale",
    "datetime_precision",
    "character_set_name",
    "collation_name",
    "dtd_identifier",
    "routine_body",
    "external_name",
    "external_language",
    "parameter_style",
    "is_deterministic",
    "sql_data_access",
    "sql_path",
    "security_type",
    "created",
    "last_altered",
    "sql_mode",
    "routine_comment",
    "character_set_client",
    "collation_connection",
    "database_collation",
];

const PARAMETERS: &[&str] = &[
    "specific_catalog",
    "specific_schema",
    "specific_name",
    "ordinal_position",
    "parameter_mode",
    "parameter_name",
    "data_type",
    "character_maximum_length",
    "character_octet_length",
    "numeric_precision",
    "numeric_scale",
    "datetime_precision",
    "character_set_name",
    "collation_name",
    "dtd_identifier",
    "routine_type",
];

const ENGINES: &[&str] = &[
    "engine",
    "support",
    "comment",
    "transactions",
    "xa",
    "savepoints",
];

const CHARACTER_SETS: &[&str] = &[
    "character_set_name",
    "default_collate_name",
    "description",
    "maxlen",
];
