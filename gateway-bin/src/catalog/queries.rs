//! The statements that read a catalog: one for each list, in one pass, ordered.

use policy_core::server::ServerKind;

/// A statement, and what its answer is a list of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    pub(super) what: &'static str,
    pub(super) sql: &'static str,
}

/// Puts the session into the one state in which the server prints definitions as we read them:
/// names in backticks, literals with backslashes, UTF-8.
pub(super) const SETUP: &[Query] = &[
    Query {
        what: "the character set",
        sql: "SET NAMES utf8mb4",
    },
    Query {
        what: "the SQL mode",
        sql: "SET SESSION sql_mode = ''",
    },
    Query {
        what: "the quoting of names",
        sql: "SET SESSION sql_quote_show_create = 1",
    },
];

pub(super) const VARIABLES: Query = Query {
    what: "the server's variables",
    sql: "SELECT @@global.lower_case_table_names, @@global.sql_mode, \
          @@global.character_set_server, @@global.max_allowed_packet",
};

pub(super) const SCHEMAS: Query = Query {
    what: "schemas",
    sql: "SELECT schema_name FROM information_schema.schemata ORDER BY 1",
};

/// `mysql`, `sys` and `performance_schema` are never read through the gateway, so they are left
/// out: their names stay unknown, which is a second reason to refuse them. The tables of
/// `information_schema` are read by [`OWN_TABLES`].
pub(super) const TABLES: Query = Query {
    what: "tables",
    sql: "SELECT table_schema, table_name, table_type, engine FROM information_schema.tables \
          WHERE table_schema NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')",
};

/// The server's own, which no statement can change: they are many, and read once a connection.
pub(super) const OWN_TABLES: Query = Query {
    what: "tables",
    sql: "SELECT table_schema, table_name, table_type, engine FROM information_schema.tables \
          WHERE table_schema = 'information_schema'",
};

pub(super) const COLUMNS: Query = Query {
    what: "columns",
    sql: "SELECT table_schema, table_name, column_name, data_type, character_set_name, extra, \
          generation_expression, column_default, is_nullable \
          FROM information_schema.columns \
          WHERE table_schema NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') \
          ORDER BY table_schema, table_name, ordinal_position",
};

/// The columns of [`OWN_TABLES`].
pub(super) const OWN_COLUMNS: Query = Query {
    what: "columns",
    sql: "SELECT table_schema, table_name, column_name, data_type, character_set_name, extra, \
          generation_expression, column_default, is_nullable \
          FROM information_schema.columns WHERE table_schema = 'information_schema' \
          ORDER BY table_schema, table_name, ordinal_position",
};

pub(super) const INDEXES: Query = Query {
    what: "indexes",
    sql: "SELECT table_schema, table_name, index_name, non_unique, column_name \
          FROM information_schema.statistics \
          WHERE table_schema NOT IN ('mysql', 'sys', 'performance_schema') \
          ORDER BY table_schema, table_name, index_name, seq_in_index",
};

pub(super) const FOREIGN_KEYS: Query = Query {
    what: "foreign keys",
    sql: "SELECT table_schema, table_name, constraint_name, column_name, \
          referenced_table_schema, referenced_table_name, referenced_column_name \
          FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL \
          ORDER BY table_schema, table_name, constraint_name, ordinal_position",
};

pub(super) const FOREIGN_KEY_RULES: Query = Query {
    what: "rules of foreign keys",
    sql: "SELECT constraint_schema, table_name, constraint_name, update_rule, delete_rule \
          FROM information_schema.referential_constraints",
};

pub(super) const PARTITIONS: Query = Query {
    what: "partitions",
    sql: "SELECT DISTINCT table_schema, table_name, partition_method, partition_expression, \
          subpartition_method, subpartition_expression FROM information_schema.partitions \
          WHERE partition_name IS NOT NULL",
};

pub(super) const VIEWS: Query = Query {
    what: "views",
    sql: "SELECT table_schema, table_name, view_definition FROM information_schema.views \
          WHERE table_schema NOT IN ('mysql', 'sys', 'performance_schema')",
};

pub(super) const TRIGGERS: Query = Query {
    what: "triggers",
    sql: "SELECT event_object_schema, event_object_table, action_statement \
          FROM information_schema.triggers",
};

pub(super) const ROUTINES: Query = Query {
    what: "routines",
    sql: "SELECT routine_schema, routine_name, IF(routine_body = 'SQL', routine_definition, NULL) \
          FROM information_schema.routines",
};

/// MariaDB names the table of a CHECK itself; in MySQL its name is unique in the schema.
pub(super) fn checks(kind: ServerKind) -> Query {
    let sql = match kind {
        ServerKind::MariaDb => {
            "SELECT constraint_schema, table_name, check_clause \
             FROM information_schema.check_constraints"
        }
        ServerKind::MySql => {
            "SELECT t.table_schema, t.table_name, c.check_clause \
             FROM information_schema.table_constraints t \
             JOIN information_schema.check_constraints c \
             ON c.constraint_schema = t.constraint_schema \
             AND c.constraint_name = t.constraint_name WHERE t.constraint_type = 'CHECK'"
        }
    };
    Query {
        what: "checks",
        sql,
    }
}
