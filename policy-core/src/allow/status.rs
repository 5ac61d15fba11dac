//! Status counters that SHOW STATUS may name.
//!
//! Counters of rows, pages, bytes, handlers, sorts and temporary tables are missing on purpose: a
//! session that reads them before and after a statement learns about rows that it was not shown.

use crate::allow::variables::Group;
use crate::allow::variables::shows_only;

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
    let may_read = |name: &str| {
        let is_listed = READABLE.iter().any(|group| group.names.contains(&name));
        is_listed || READABLE_FAMILIES.iter().any(|f| name.starts_with(f))
    };
    shows_only(pattern, may_read, READABLE_FAMILIES)
}

#[cfg(test)]
mod tests {
    use super::*;

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
