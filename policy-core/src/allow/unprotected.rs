//! Session variables that agents may set where the policy protects nothing.
//!
//! They change how a result is found, and with it the order in which rows come, how many are looked at, or
//! what a statement is warned of: harmless, unless something must not be told.

use crate::allow::variables::Group;

/// What may be set to anything, each for the same reason.
pub const SETTABLE: &[Group] = &[
    Group {
        reason: "how plans are made",
        names: &[
            "eq_range_index_dive_limit",
            "expensive_subquery_limit",
            "histogram_size",
            "histogram_type",
            "in_predicate_conversion_threshold",
            "join_cache_level",
            "max_seeks_for_key",
            "myisam_stats_method",
            "optimizer_adjust_secondary_key_costs",
            "optimizer_extra_pruning_depth",
            "optimizer_max_sel_arg_weight",
            "optimizer_max_sel_args",
            "optimizer_max_subgraph_pairs",
            "optimizer_prune_level",
            "optimizer_search_depth",
            "optimizer_selectivity_sampling_limit",
            "optimizer_switch",
            "optimizer_trace",
            "optimizer_trace_max_mem_size",
            "optimizer_use_condition_selectivity",
            "use_stat_tables",
        ],
    },
    Group {
        reason: "how much memory a statement takes, and what becomes of what does not fit",
        names: &[
            "aria_sort_buffer_size",
            "big_tables",
            "bulk_insert_buffer_size",
            "internal_tmp_mem_storage_engine",
            "join_buffer_size",
            "join_buffer_space_limit",
            "max_heap_table_size",
            "max_length_for_sort_data",
            "max_sort_length",
            "mrr_buffer_size",
            "myisam_sort_buffer_size",
            "preload_buffer_size",
            "query_alloc_block_size",
            "query_prealloc_size",
            "range_alloc_block_size",
            "range_optimizer_max_mem_size",
            "read_buffer_size",
            "read_rnd_buffer_size",
            "rowid_merge_buff_size",
            "sort_buffer_size",
            "tmp_memory_table_size",
            "tmp_table_size",
            "transaction_alloc_block_size",
            "transaction_prealloc_size",
        ],
    },
    Group {
        reason: "how far a statement may go",
        names: &[
            "cte_max_recursion_depth",
            "max_error_count",
            "max_recursive_iterations",
            "max_sp_recursion_depth",
        ],
    },
    Group {
        reason: "what a statement means or shows in a corner",
        names: &[
            "alter_algorithm",
            "block_encryption_mode",
            "character_set_filesystem",
            "character_set_server",
            "collation_server",
            "default_regex_flags",
            "end_markers_in_json",
            "innodb_strict_mode",
            "innodb_table_locks",
            "lc_messages",
            "profiling",
            "profiling_history_size",
            "query_cache_type",
            "sql_if_exists",
            "standard_compliant_cte",
            "system_versioning_alter_history",
            "system_versioning_asof",
            "updatable_views_with_limit",
            "windowing_use_high_precision",
        ],
    },
    Group {
        reason: "what the session's own statements leave in the server's log of slow ones",
        names: &[
            "log_slow_filter",
            "log_slow_rate_limit",
            "log_slow_verbosity",
            "long_query_time",
        ],
    },
];

/// What needs a rule that names `set`, too: it makes rows look older or newer than they are, or lets in what a
/// check would keep out.
pub const BY_NAME: &[&str] = &[
    "check_constraint_checks",
    "identity",
    "insert_id",
    "last_insert_id",
    "rand_seed1",
    "rand_seed2",
    "sql_require_primary_key",
    "timestamp",
];

/// Whether the session variable (lower case) may be set where nothing is protected.
#[must_use]
pub fn may_set(name: &str) -> bool {
    needs_name(name) || SETTABLE.iter().any(|group| group.names.contains(&name))
}

/// Whether it also needs a rule that names `set`.
pub(crate) fn needs_name(name: &str) -> bool {
    BY_NAME.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allow::settable;

    #[test]
    fn holds_nothing_that_the_gateway_depends_on_or_that_reaches_beyond_the_session() {
        for name in [
            "sql_mode",
            "character_set_client",
            "collation_connection",
            "collation_database",
            "session_track_schema",
            "session_track_system_variables",
            "sql_log_bin",
            "binlog_format",
            "gtid_next",
            "pseudo_thread_id",
            "resultset_metadata",
            "explain_format",
            "old_mode",
            "debug_dbug",
        ] {
            assert!(!may_set(name), "{name}");
        }
    }

    #[test]
    fn holds_nothing_that_may_be_set_anyway() {
        let mut names = SETTABLE.iter().flat_map(|group| group.names).chain(BY_NAME);
        let is_settable = |name: &&str| settable::SETTABLE.iter().any(|(other, _)| other == name);
        assert_eq!(names.find(|name| is_settable(name)), None);
    }
}
