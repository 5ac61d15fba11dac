//! Status counters that SHOW STATUS may name.
//!
//! Counters of rows, pages, bytes, handlers, sorts and temporary tables are missing on purpose: a
//! session that reads them before and after a statement learns about rows that it was not shown.

use crate::allow::variables::Group;
use crate::allow::variables::lists_some;
use crate::allow::variables::shows_only;
use crate::allow::variables::stands_in;

/// What may be read by name.
pub const READABLE: &[Group] = &[
    Group {
        reason: "the encryption of the gateway's own connection",
        names: &[
            "compression",
            "compression_algorithm",
            "compression_level",
            "current_tls_version",
            "ssl_cipher",
            "ssl_version",
            "tls_library_version",
        ],
    },
    Group {
        reason: "how long the server runs and how many sessions it has, for monitoring",
        names: &[
            "connections",
            "max_used_connections",
            "max_used_connections_time",
            "threads_cached",
            "threads_connected",
            "threads_created",
            "threads_running",
            "uptime",
            "uptime_since_flush_status",
        ],
    },
];

/// Beginnings of names all of which may be read.
pub const READABLE_FAMILIES: &[&str] = &["ssl_", "threads", "uptime"];

/// Whether SHOW STATUS may have that LIKE.
#[must_use]
pub fn may_show(pattern: &str) -> bool {
    shows_only(pattern, is_shown, READABLE_FAMILIES)
}

/// Whether SHOW STATUS with that LIKE may list any.
#[must_use]
pub fn may_list(pattern: &str) -> bool {
    lists_some(pattern, READABLE, READABLE_FAMILIES)
}

/// Whether SHOW STATUS shows the counter in a list of all.
#[must_use]
pub fn is_shown(name: &str) -> bool {
    stands_in(name, READABLE, READABLE_FAMILIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_no_counter_of_rows() {
        for name in ["Ssl_cipher", "Threads_connected", "Uptime"] {
            assert!(is_shown(name), "{name}");
        }
        for name in [
            "Handler_read_next",
            "Last_query_cost",
            "Rows_sent",
            "Bytes_sent",
            "",
        ] {
            assert!(!is_shown(name), "{name}");
        }
        for (pattern, lists) in [
            ("%", true),
            ("", true),
            ("T%", true),
            ("%connect%", true),
            ("Threads_conn%", true),
            ("Handler%", false),
            ("Created_tmp%", false),
        ] {
            assert_eq!(may_list(pattern), lists, "{pattern}");
        }
    }

    #[test]
    fn shows_no_counter_of_rows() {
        for pattern in ["Ssl\\_cipher", "Threads%", "uptime", "Ssl_%"] {
            assert!(may_show(pattern), "{pattern}");
        }
        for pattern in ["Handler%", "%", "Last_query_cost", "Bytes_sent", "t%"] {
            assert!(!may_show(pattern), "{pattern}");
        }
    }
}
