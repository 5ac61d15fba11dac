//! System variables that statements may read, as `@@x` and by SHOW VARIABLES.
//!
//! None tells anything about rows, accounts, files, the network or other sessions.
//! `warning_count` and `error_count` are missing on purpose: they count what conversions of
//! protected values did, and may be asked only where the messages themselves may. So are `hostname`, `port`, `bind_address`, `server_id`, `server_uuid`
//! and every path: they tell how to reach the server around the gateway, or what lies beside it.

/// Names that may be read for the same reason.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Group {
    /// Why they may be read.
    pub reason: &'static str,
    /// The names, lower case.
    pub names: &'static [&'static str],
}

/// What may be read by name.
pub const READABLE: &[Group] = &[
    Group {
        reason: "drivers set up their text conversion by it",
        names: &[
            "character_set_client",
            "character_set_collations",
            "character_set_connection",
            "character_set_database",
            "character_set_filesystem",
            "character_set_results",
            "character_set_server",
            "character_set_system",
            "collation_connection",
            "collation_database",
            "collation_server",
            "default_collation_for_utf8mb4",
            "lc_messages",
            "lc_time_names",
        ],
    },
    Group {
        reason: "the package's own folder of character sets, shown with every list of them",
        names: &["character_sets_dir"],
    },
    Group {
        reason: "how the session's own statements are read and checked",
        names: &[
            "alter_algorithm",
            "auto_increment_increment",
            "auto_increment_offset",
            "autocommit",
            "big_tables",
            "block_encryption_mode",
            "completion_type",
            "cte_max_recursion_depth",
            "default_storage_engine",
            "default_tmp_storage_engine",
            "default_week_format",
            "div_precision_increment",
            "eq_range_index_dive_limit",
            "explicit_defaults_for_timestamp",
            "foreign_key_checks",
            "ft_boolean_syntax",
            "ft_max_word_len",
            "ft_min_word_len",
            "group_concat_max_len",
            "in_transaction",
            "innodb_ft_max_token_size",
            "innodb_ft_min_token_size",
            "innodb_strict_mode",
            "join_cache_level",
            "low_priority_updates",
            "lower_case_file_system",
            "lower_case_table_names",
            "max_length_for_sort_data",
            "max_recursive_iterations",
            "max_sort_length",
            "max_sp_recursion_depth",
            "ngram_token_size",
            "note_verbosity",
            "old_mode",
            "optimizer_prune_level",
            "optimizer_search_depth",
            "optimizer_switch",
            "pseudo_thread_id",
            "read_only",
            "sql_auto_is_null",
            "sql_big_selects",
            "sql_buffer_result",
            "sql_generate_invisible_primary_key",
            "sql_if_exists",
            "sql_log_off",
            "sql_mode",
            "sql_notes",
            "sql_quote_show_create",
            "sql_require_primary_key",
            "sql_safe_updates",
            "sql_select_limit",
            "sql_warnings",
            "standard_compliant_cte",
            "storage_engine",
            "super_read_only",
            "transaction_isolation",
            "transaction_read_only",
            "tx_isolation",
            "tx_read_only",
            "unique_checks",
            "updatable_views_with_limit",
            "use_stat_tables",
            "windowing_use_high_precision",
        ],
    },
    Group {
        reason: "sizes and times that a program keeps to",
        names: &[
            "bulk_insert_buffer_size",
            "connect_timeout",
            "histogram_size",
            "idle_readonly_transaction_timeout",
            "idle_transaction_timeout",
            "idle_write_transaction_timeout",
            "information_schema_stats_expiry",
            "innodb_lock_wait_timeout",
            "interactive_timeout",
            "join_buffer_size",
            "lock_wait_timeout",
            "long_query_time",
            "max_allowed_packet",
            "max_connections",
            "max_error_count",
            "max_execution_time",
            "max_heap_table_size",
            "max_join_size",
            "max_prepared_stmt_count",
            "max_statement_time",
            "max_tmp_tables",
            "max_user_connections",
            "net_buffer_length",
            "net_read_timeout",
            "net_retry_count",
            "net_write_timeout",
            "query_cache_limit",
            "query_cache_size",
            "query_cache_type",
            "read_buffer_size",
            "read_rnd_buffer_size",
            "sort_buffer_size",
            "thread_stack",
            "tmp_table_size",
            "transaction_alloc_block_size",
            "transaction_allow_batching",
            "transaction_prealloc_size",
            "wait_timeout",
        ],
    },
    Group {
        reason: "what the session itself made or set, and the time",
        names: &[
            "identity",
            "insert_id",
            "last_insert_id",
            "profiling",
            "profiling_history_size",
            "rand_seed1",
            "rand_seed2",
            "system_time_zone",
            "time_zone",
            "timestamp",
        ],
    },
    Group {
        reason: "what the server's build is and can do, which its greeting tells as well",
        names: &[
            "event_scheduler",
            "gtid_mode",
            "have_compress",
            "have_crypt",
            "have_dynamic_loading",
            "have_geometry",
            "have_innodb",
            "have_openssl",
            "have_profiling",
            "have_query_cache",
            "have_rtree_keys",
            "have_ssl",
            "have_statement_timeout",
            "have_symlink",
            "init_connect",
            "innodb_version",
            "license",
            "local_infile",
            "performance_schema",
            "protocol_version",
            "ssl_cipher",
            "version",
            "version_comment",
            "version_compile_machine",
            "version_compile_os",
            "version_compile_zlib",
            "version_malloc_library",
            "version_source_revision",
            "version_ssl_library",
            "version_with_update",
        ],
    },
    Group {
        reason: "programs ask for it to find a product that this server is not",
        names: &["aurora_version", "ndb_version", "ndbinfo_version"],
    },
];

/// What may be asked for in a list of variables, and is shown redacted: programs that cannot log in
/// without an answer do well with a wrong one.
pub const ASKED: &[Group] = &[Group {
    reason: "mysql_async asks where the server's own socket is, to go there in place of the gateway",
    names: &["socket"],
}];

/// Beginnings of names all of which may be read, those of later versions too: what a pattern with
/// `%` must begin with.
pub const READABLE_FAMILIES: &[&str] = &[
    "auto_increment",
    "autocommit",
    "aurora_version",
    "character_set",
    "collation",
    "have_",
    "lower_case_",
    "max_allowed_packet",
    "ndb_version",
    "ndbinfo_version",
    "net_",
    "sql_mode",
    "system_time_zone",
    "time_zone",
    "transaction_",
    "tx_",
    "version",
    "wait_timeout",
];

/// Whether statements may read the system variable (lower case).
#[must_use]
pub fn may_read(name: &str) -> bool {
    READABLE.iter().any(|group| group.names.contains(&name))
}

/// Whether SHOW VARIABLES shows the system variable in a list of all.
#[must_use]
pub fn is_shown(name: &str) -> bool {
    stands_in(name, READABLE, READABLE_FAMILIES)
}

/// Whether a name, in any case, is one of these or of a family of them.
pub(super) fn stands_in(name: &str, groups: &[Group], families: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    let mut names = groups.iter().flat_map(|group| group.names);
    names.any(|own| *own == name) || families.iter().any(|family| name.starts_with(family))
}

/// Whether a list of variables may hold that one (lower case), redacted.
#[must_use]
pub fn may_ask(name: &str) -> bool {
    ASKED.iter().any(|group| group.names.contains(&name))
}

/// Whether the system variable (lower case) counts the messages of the statement before.
#[must_use]
pub fn counts_messages(name: &str) -> bool {
    matches!(name, "warning_count" | "error_count")
}

/// Whether SHOW VARIABLES may have that LIKE: it matches nothing but what may be read.
#[must_use]
pub fn may_show(pattern: &str) -> bool {
    shows_only(pattern, may_read, READABLE_FAMILIES)
}

/// Whether a pattern has no `%`. A `_` is in every name, and no server has two names that differ in
/// one only.
#[must_use]
pub fn is_one_name(pattern: &str) -> bool {
    literal_beginning(pattern).1
}

/// Whether a pattern of LIKE can match only names that may be read.
pub(super) fn shows_only(pattern: &str, may_read: fn(&str) -> bool, families: &[&str]) -> bool {
    let (beginning, is_whole) = literal_beginning(pattern);
    if is_whole {
        return may_read(&beginning);
    }
    families.iter().any(|family| beginning.starts_with(family))
}

/// Whether SHOW VARIABLES with that LIKE may list any.
#[must_use]
pub fn may_list(pattern: &str) -> bool {
    lists_some(pattern, READABLE, READABLE_FAMILIES)
}

/// Whether a pattern of LIKE may match any name that may be read, as far as its beginning tells.
pub(super) fn lists_some(pattern: &str, groups: &[Group], families: &[&str]) -> bool {
    let (beginning, _) = literal_beginning(pattern);
    let names = groups.iter().flat_map(|group| group.names).chain(families);
    let mut known = names.copied();
    known.any(|name| name.starts_with(&beginning))
        || families.iter().any(|family| beginning.starts_with(family))
}

/// What stands before the first `%`, lower case and without escapes, and whether that is all.
fn literal_beginning(pattern: &str) -> (String, bool) {
    let mut beginning = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => return (beginning, false),
            '\\' => beginning.extend(characters.next()),
            other => beginning.push(other.to_ascii_lowercase()),
        }
    }
    (beginning, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_patterns_that_match_nothing_else() {
        for pattern in [
            "sql_mode",
            "SQL\\_MODE",
            "character\\_set\\_%",
            "character_set%",
            "collation%",
            "version_c%",
            "lower_case_%",
            "tx_isolation",
            "have_%",
            // What a client asks before it sends a file.
            "local_infile",
        ] {
            assert!(may_show(pattern), "{pattern}");
        }
        for pattern in [
            "%",
            "",
            "%version%",
            "_ersion%",
            "warning_count",
            "datadir",
            "hostname",
            "secure_file_priv",
            "local_infile%",
            "ssl%",
            "s%",
            "sql\\%mode",
            "version\\",
            "d_tadir",
        ] {
            assert_eq!(may_show(pattern), pattern == "version\\", "{pattern}");
        }
    }

    #[test]
    fn lists_every_name_once() {
        let groups = READABLE.iter().chain(ASKED);
        let mut names: Vec<_> = groups.flat_map(|group| group.names).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
