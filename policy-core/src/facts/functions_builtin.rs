//! The built-in functions of both servers; what is in no list is a stored routine or unknown.
//!
//! Sources: MySQL 9.7 manual, "Built-In Function and Operator Reference"; MariaDB knowledge base,
//! "Built-in Functions". A function that carries its argument into an error, writes, talks to other
//! servers or tells about other sessions is refused here; one that reads files, waits or locks is
//! read, and the policy decides.

use crate::server::ServerKind;

/// Whether a built-in function may be called at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    Ordinary,
    Refused,
}

/// The standing of that function (lower case) on that server; `None` if it is not built in.
pub(super) fn standing(name: &str, server: ServerKind) -> Option<Standing> {
    let own = match server {
        ServerKind::MySql => MYSQL,
        ServerKind::MariaDb => MARIADB,
    };
    if REFUSED.contains(&name)
        || REFUSED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    {
        return Some(Standing::Refused);
    }
    if BOTH.iter().any(|group| group.contains(&name)) || own.contains(&name) {
        return Some(Standing::Ordinary);
    }
    None
}

const REFUSED: &[&str] = &[
    // Replication.
    "asynchronous_connection_failover_add_source",
    "asynchronous_connection_failover_delete_source",
    "asynchronous_connection_failover_add_managed",
    "asynchronous_connection_failover_delete_managed",
    "asynchronous_connection_failover_reset",
    // Errors that carry their argument.
    "extractvalue",
    "updatexml",
    "name_const",
    // Other sessions and the server itself.
    "ps_current_thread_id",
    "ps_thread_id",
    "icu_version",
    // They write.
    "nextval",
    "setval",
    "lastval",
    // Old ciphers and passwords.
    "encode",
    "decode",
    "encrypt",
    "des_encrypt",
    "des_decrypt",
    "old_password",
    "password",
    "procedure_analyse",
];

/// Families: groups, keyrings, firewalls, audit, versions tokens, and what the server keeps for itself.
const REFUSED_PREFIXES: &[&str] = &[
    "group_replication_",
    "keyring_",
    "mysql_firewall_",
    "mysql_query_attribute_",
    "audit_log_",
    "audit_api_",
    "version_tokens_",
    "internal_",
    "can_access_",
    "get_dd_",
    "sys_",
    "wsrep_",
    "ml_",
    "mask_dictionary",
    "asymmetric_",
    "create_asymmetric_",
    "create_dh_",
    "create_digest",
    "spider_",
];

const BOTH: &[&[&str]] = &[
    AGGREGATE, CONTROL, TEXT, NUMBER, TIME, JSON, SESSION, CRYPT, NETWORK, SPATIAL, DECIDED,
];

/// The policy refuses these, or some of them unless a rule names them.
const DECIDED: &[&str] = &[
    "load_file",
    "sleep",
    "benchmark",
    "get_lock",
    "release_lock",
    "release_all_locks",
    "is_free_lock",
    "is_used_lock",
    "master_pos_wait",
    "master_gtid_wait",
    "source_pos_wait",
    "wait_for_executed_gtid_set",
    "wait_until_sql_thread_after_gtids",
];

const AGGREGATE: &[&str] = &[
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "count",
    "group_concat",
    "json_arrayagg",
    "json_objectagg",
    "max",
    "min",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

const CONTROL: &[&str] = &[
    "coalesce", "if", "ifnull", "isnull", "nullif", "greatest", "least", "interval", "strcmp",
];

const TEXT: &[&str] = &[
    "ascii",
    "bin",
    "bit_length",
    "char",
    "char_length",
    "character_length",
    "charset",
    "coercibility",
    "collation",
    "concat",
    "concat_ws",
    "elt",
    "export_set",
    "field",
    "find_in_set",
    "format",
    "from_base64",
    "hex",
    "insert",
    "instr",
    "lcase",
    "left",
    "length",
    "locate",
    "lower",
    "lpad",
    "ltrim",
    "make_set",
    "mid",
    "oct",
    "octet_length",
    "ord",
    "position",
    "quote",
    "regexp_instr",
    "regexp_replace",
    "regexp_substr",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "soundex",
    "space",
    "substr",
    "substring",
    "substring_index",
    "to_base64",
    "trim",
    "ucase",
    "unhex",
    "upper",
    "weight_string",
    "uncompressed_length",
    "compress",
    "uncompress",
];

const NUMBER: &[&str] = &[
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "bit_count",
    "ceil",
    "ceiling",
    "conv",
    "cos",
    "cot",
    "crc32",
    "degrees",
    "exp",
    "floor",
    "ln",
    "log",
    "log10",
    "log2",
    "mod",
    "pi",
    "pow",
    "power",
    "radians",
    "rand",
    "round",
    "sign",
    "sin",
    "sqrt",
    "tan",
    "truncate",
    "uuid",
    "uuid_short",
];

const TIME: &[&str] = &[
    "adddate",
    "addtime",
    "convert_tz",
    "curdate",
    "current_date",
    "current_time",
    "current_timestamp",
    "curtime",
    "date",
    "date_add",
    "date_format",
    "date_sub",
    "datediff",
    "day",
    "dayname",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "extract",
    "from_days",
    "from_unixtime",
    "get_format",
    "hour",
    "last_day",
    "localtime",
    "localtimestamp",
    "makedate",
    "maketime",
    "microsecond",
    "minute",
    "month",
    "monthname",
    "now",
    "period_add",
    "period_diff",
    "quarter",
    "sec_to_time",
    "second",
    "str_to_date",
    "subdate",
    "subtime",
    "sysdate",
    "time",
    "time_format",
    "time_to_sec",
    "timediff",
    "timestamp",
    "timestampadd",
    "timestampdiff",
    "to_days",
    "to_seconds",
    "unix_timestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
    "week",
    "weekday",
    "weekofyear",
    "year",
    "yearweek",
];

const JSON: &[&str] = &[
    "json_array",
    "json_array_append",
    "json_array_insert",
    "json_contains",
    "json_contains_path",
    "json_depth",
    "json_extract",
    "json_insert",
    "json_keys",
    "json_length",
    "json_merge",
    "json_merge_patch",
    "json_merge_preserve",
    "json_object",
    "json_overlaps",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_schema_valid",
    "json_search",
    "json_set",
    "json_type",
    "json_unquote",
    "json_valid",
    "json_value",
];

const SESSION: &[&str] = &[
    "connection_id",
    "current_role",
    "current_user",
    "database",
    "found_rows",
    "last_insert_id",
    "row_count",
    "schema",
    "session_user",
    "system_user",
    "user",
    "version",
];

const CRYPT: &[&str] = &[
    "aes_decrypt",
    "aes_encrypt",
    "md5",
    "random_bytes",
    "sha",
    "sha1",
    "sha2",
];

const NETWORK: &[&str] = &[
    "inet6_aton",
    "inet6_ntoa",
    "inet_aton",
    "inet_ntoa",
    "is_ipv4",
    "is_ipv4_compat",
    "is_ipv4_mapped",
    "is_ipv6",
];

const SPATIAL: &[&str] = &[
    "geometrycollection",
    "linestring",
    "mbrcontains",
    "mbrdisjoint",
    "mbrequals",
    "mbrintersects",
    "mbroverlaps",
    "mbrtouches",
    "mbrwithin",
    "multilinestring",
    "multipoint",
    "multipolygon",
    "point",
    "polygon",
    "st_area",
    "st_asbinary",
    "st_asgeojson",
    "st_astext",
    "st_aswkb",
    "st_aswkt",
    "st_buffer",
    "st_centroid",
    "st_contains",
    "st_convexhull",
    "st_crosses",
    "st_difference",
    "st_dimension",
    "st_disjoint",
    "st_distance",
    "st_distance_sphere",
    "st_endpoint",
    "st_envelope",
    "st_equals",
    "st_exteriorring",
    "st_geomcollfromtext",
    "st_geometryn",
    "st_geometrytype",
    "st_geomfromgeojson",
    "st_geomfromtext",
    "st_geomfromwkb",
    "st_interiorringn",
    "st_intersection",
    "st_intersects",
    "st_isclosed",
    "st_isempty",
    "st_issimple",
    "st_latfromgeohash",
    "st_length",
    "st_linefromtext",
    "st_longfromgeohash",
    "st_numgeometries",
    "st_numinteriorrings",
    "st_numpoints",
    "st_overlaps",
    "st_pointfromtext",
    "st_pointn",
    "st_polyfromtext",
    "st_simplify",
    "st_srid",
    "st_startpoint",
    "st_symdifference",
    "st_touches",
    "st_union",
    "st_within",
    "st_x",
    "st_y",
];

const MYSQL: &[&str] = &[
    "any_value",
    "bin_to_uuid",
    "current_role",
    "format_bytes",
    "format_pico_time",
    "from_vector",
    "gtid_subset",
    "gtid_subtract",
    "grouping",
    "is_uuid",
    "json_schema_validation_report",
    "json_storage_free",
    "json_storage_size",
    "regexp_like",
    "statement_digest",
    "statement_digest_text",
    "st_frechetdistance",
    "st_geohash",
    "st_hausdorffdistance",
    "st_isvalid",
    "st_latitude",
    "st_lineinterpolatepoint",
    "st_longitude",
    "st_makeenvelope",
    "st_pointatdistance",
    "st_pointfromgeohash",
    "st_swapxy",
    "st_transform",
    "st_validate",
    "string_to_vector",
    "to_vector",
    "uuid_to_bin",
    "vector_dim",
    "vector_to_string",
];

const MARIADB: &[&str] = &[
    "add_months",
    "chr",
    "column_check",
    "column_exists",
    "column_get",
    "column_json",
    "column_list",
    "crc32c",
    "format_pico_time",
    "json_compact",
    "json_detailed",
    "json_equals",
    "json_exists",
    "json_loose",
    "json_normalize",
    "json_query",
    "last_value",
    "lengthb",
    "median",
    "months_between",
    "natural_sort_key",
    "nvl",
    "nvl2",
    "percentile_cont",
    "percentile_disc",
    "sformat",
    "st_boundary",
    "st_isring",
    "st_pointonsurface",
    "st_relate",
    "sys_guid",
    "to_char",
    "trunc",
    "vec_distance",
    "vec_distance_cosine",
    "vec_distance_euclidean",
    "vec_fromtext",
    "vec_totext",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_writes_or_carries_values_in_errors() {
        for name in ["extractvalue", "updatexml", "nextval", "sys_eval"] {
            assert_eq!(
                standing(name, ServerKind::MySql),
                Some(Standing::Refused),
                "{name}"
            );
        }
        assert_eq!(standing("get_ssn", ServerKind::MySql), None);
    }

    #[test]
    fn keeps_the_lists_of_the_servers_apart() {
        assert_eq!(
            standing("uuid_to_bin", ServerKind::MySql),
            Some(Standing::Ordinary)
        );
        assert_eq!(standing("uuid_to_bin", ServerKind::MariaDb), None);
        assert_eq!(
            standing("nvl", ServerKind::MariaDb),
            Some(Standing::Ordinary)
        );
    }
}
