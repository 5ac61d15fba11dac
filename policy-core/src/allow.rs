//! What may be read and set around a policy: short lists, each entry of which had to be argued for.

use crate::charset::ClientCharset;
use crate::sql_mode::SqlMode;

/// System variables that statements may read, as `@@x` and by SHOW VARIABLES LIKE 'x'.
///
/// Drivers and frameworks ask for these when they connect, and none tells anything about rows,
/// accounts, files or other sessions. `warning_count` and `error_count` are missing on purpose:
/// they count what conversions of protected values did.
const READABLE_VARIABLES: &[&str] = &[
    "auto_increment_increment",
    "auto_increment_offset",
    "autocommit",
    "character_set_client",
    "character_set_connection",
    "character_set_database",
    "character_set_results",
    "character_set_server",
    "character_set_system",
    "collation_connection",
    "collation_database",
    "collation_server",
    "default_storage_engine",
    "default_week_format",
    "div_precision_increment",
    "explicit_defaults_for_timestamp",
    "foreign_key_checks",
    "group_concat_max_len",
    "have_innodb",
    "have_profiling",
    "identity",
    "init_connect",
    "innodb_lock_wait_timeout",
    "innodb_version",
    "interactive_timeout",
    "last_insert_id",
    "lc_time_names",
    "license",
    "lock_wait_timeout",
    "lower_case_file_system",
    "lower_case_table_names",
    "max_allowed_packet",
    "max_connections",
    "max_execution_time",
    "max_statement_time",
    "net_buffer_length",
    "net_read_timeout",
    "net_write_timeout",
    "performance_schema",
    "protocol_version",
    "query_cache_size",
    "query_cache_type",
    "sql_auto_is_null",
    "sql_big_selects",
    "sql_mode",
    "sql_safe_updates",
    "sql_select_limit",
    "storage_engine",
    "system_time_zone",
    "time_zone",
    "transaction_isolation",
    "transaction_read_only",
    "tx_isolation",
    "tx_read_only",
    "unique_checks",
    "version",
    "version_comment",
    "version_compile_machine",
    "version_compile_os",
    "wait_timeout",
];

/// Patterns of SHOW VARIABLES that programs send and that match readable variables only, or
/// others that are as harmless.
const READABLE_PATTERNS: &[&str] = &[
    "aurora\\_version",
    "character\\_set\\_%",
    "character_set_%",
    "character\\_set\\_database",
    "collation%",
    "collation\\_%",
    "collation_%",
    "collation\\_database",
    "lower_case_%",
    "lower\\_case\\_table\\_names",
    "max\\_allowed\\_packet",
    "ndb\\_version",
    "sql\\_mode",
    "ssl_cipher",
    "transaction\\_isolation",
    "tx\\_isolation",
    "version%",
    "version_c%",
    "version\\_comment",
];

/// Status counters that say something about this connection only.
const READABLE_STATUS: &[&str] = &[
    "ssl_cipher",
    "ssl\\_cipher",
    "ssl_version",
    "ssl\\_version",
    "uptime",
];

/// Whether statements may read the system variable (lower case).
#[must_use]
pub fn may_read_variable(name: &str) -> bool {
    READABLE_VARIABLES.contains(&name)
}

/// Whether SHOW VARIABLES may have that pattern.
#[must_use]
pub fn may_show_variables(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    may_read_variable(&pattern) || READABLE_PATTERNS.contains(&pattern.as_str())
}

/// Whether SHOW STATUS may have that pattern.
#[must_use]
pub fn may_show_status(pattern: &str) -> bool {
    READABLE_STATUS.contains(&pattern.to_ascii_lowercase().as_str())
}

/// A value that SET gives, as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each form must be decided")]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// A bare word: `ON`, `utf8mb4`.
    Word(&'a str),
    /// A decimal integer, maybe with a minus sign.
    Number(&'a str),
}

/// What a variable may be set to.
enum Permitted {
    Boolean,
    /// Only true: false would switch off a check that other people rely on.
    OnlyTrue,
    Number,
    Isolation,
    SqlMode,
    TimeZone,
    Charset,
    Collation,
}

/// Session variables that agents may set to literal values. Everything that the gateway itself
/// depends on (`session_track_*`), that reaches the log or replication (`sql_log_bin`, `gtid_next`,
/// `pseudo_*`), or that changes what the server sends (`resultset_metadata`, `optimizer_trace`,
/// `lc_messages`, `explain_*`) is missing on purpose.
const SETTABLE_VARIABLES: &[(&str, Permitted)] = &[
    ("autocommit", Permitted::Boolean),
    ("character_set_client", Permitted::Charset),
    ("character_set_connection", Permitted::Charset),
    ("character_set_results", Permitted::Charset),
    ("collation_connection", Permitted::Collation),
    ("foreign_key_checks", Permitted::OnlyTrue),
    ("group_concat_max_len", Permitted::Number),
    ("innodb_lock_wait_timeout", Permitted::Number),
    ("interactive_timeout", Permitted::Number),
    ("lock_wait_timeout", Permitted::Number),
    ("max_execution_time", Permitted::Number),
    ("max_statement_time", Permitted::Number),
    ("net_read_timeout", Permitted::Number),
    ("net_write_timeout", Permitted::Number),
    ("sql_auto_is_null", Permitted::Boolean),
    ("sql_mode", Permitted::SqlMode),
    ("sql_notes", Permitted::Boolean),
    ("sql_safe_updates", Permitted::Boolean),
    ("sql_select_limit", Permitted::Number),
    ("time_zone", Permitted::TimeZone),
    ("transaction_isolation", Permitted::Isolation),
    ("transaction_read_only", Permitted::Boolean),
    ("tx_isolation", Permitted::Isolation),
    ("tx_read_only", Permitted::Boolean),
    ("unique_checks", Permitted::OnlyTrue),
    ("wait_timeout", Permitted::Number),
];

/// The value that the session variable (lower case) gets, in one form; `None` when agents may not
/// set that variable to that value.
#[must_use]
pub fn settable(name: &str, value: Value<'_>) -> Option<String> {
    let (_, permitted) = SETTABLE_VARIABLES.iter().find(|(n, _)| *n == name)?;
    match permitted {
        Permitted::Boolean => boolean(value).map(str::to_owned),
        Permitted::OnlyTrue => boolean(value).filter(|b| *b == "1").map(str::to_owned),
        Permitted::Number => number(value),
        Permitted::Isolation => isolation(value),
        Permitted::SqlMode => match value {
            // The members of the group modes are left to the server to name.
            Value::Text(text) | Value::Word(text) => {
                SqlMode::parse(text).map(|_| text.to_ascii_uppercase())
            }
            Value::Number(_) => None,
        },
        Permitted::TimeZone => time_zone(value),
        Permitted::Charset => match value {
            Value::Text(text) | Value::Word(text) => {
                ClientCharset::parse(text).map(|set| set.name().to_owned())
            }
            Value::Number(_) => None,
        },
        Permitted::Collation => match value {
            Value::Text(text) | Value::Word(text) => {
                charset_of_collation(text).map(|_| text.to_ascii_lowercase())
            }
            Value::Number(_) => None,
        },
    }
}

/// The character set of a collation, if clients may use it.
#[must_use]
pub fn charset_of_collation(collation: &str) -> Option<ClientCharset> {
    let collation = collation.to_ascii_lowercase();
    let is_plain = collation
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let (charset, _) = collation.split_once('_').unwrap_or((&collation, ""));
    let charset = ClientCharset::parse(charset)?;
    let is_set_alone = !collation.contains('_') && charset != ClientCharset::Binary;
    (is_plain && !is_set_alone).then_some(charset)
}

fn boolean(value: Value<'_>) -> Option<&'static str> {
    let (Value::Text(text) | Value::Word(text) | Value::Number(text)) = value;
    match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" => Some("1"),
        "0" | "off" | "false" => Some("0"),
        _ => None,
    }
}

fn number(value: Value<'_>) -> Option<String> {
    match value {
        Value::Number(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.to_owned())
        }
        Value::Number(_) | Value::Text(_) | Value::Word(_) => None,
    }
}

fn isolation(value: Value<'_>) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    let text = text.to_ascii_uppercase();
    ISOLATION_LEVELS.contains(&text.as_str()).then_some(text)
}

/// Isolation levels as `transaction_isolation` writes them.
pub const ISOLATION_LEVELS: &[&str] = &[
    "READ-UNCOMMITTED",
    "READ-COMMITTED",
    "REPEATABLE-READ",
    "SERIALIZABLE",
];

fn time_zone(value: Value<'_>) -> Option<String> {
    let text = match value {
        Value::Text(text) => text,
        Value::Word(word) if word.eq_ignore_ascii_case("system") => word,
        Value::Word(_) | Value::Number(_) => return None,
    };
    let is_plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b':' | b'/' | b'_');
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(is_plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_only_what_the_gateway_can_follow() {
        let check = |name, value, expected: Option<&str>| {
            assert_eq!(
                settable(name, value).as_deref(),
                expected,
                "{name} {value:?}"
            );
        };
        check("autocommit", Value::Word("OFF"), Some("0"));
        check("autocommit", Value::Number("2"), None);
        check("sql_mode", Value::Text("ansi_quotes"), Some("ANSI_QUOTES"));
        check("sql_mode", Value::Text("ORACLE"), None);
        check("sql_mode", Value::Number("4"), None);
        check("character_set_client", Value::Word("gbk"), None);
        check("character_set_results", Value::Word("NULL"), None);
        check("foreign_key_checks", Value::Number("0"), None);
        check("time_zone", Value::Text("+00:00"), Some("+00:00"));
        check("time_zone", Value::Text("a'b"), None);
        check("wait_timeout", Value::Number("-1"), None);
        check("session_track_schema", Value::Word("OFF"), None);
        check("sql_log_bin", Value::Number("0"), None);
    }

    #[test]
    fn knows_the_collations_of_its_character_sets() {
        assert_eq!(
            charset_of_collation("utf8mb4_general_ci"),
            Some(ClientCharset::Utf8mb4)
        );
        assert_eq!(charset_of_collation("binary"), Some(ClientCharset::Binary));
        assert_eq!(charset_of_collation("gbk_chinese_ci"), None);
        assert_eq!(charset_of_collation("utf8mb4"), None);
    }

    #[test]
    fn shows_no_variable_by_a_pattern_of_its_own() {
        assert!(may_show_variables("sql_mode"));
        assert!(may_show_variables("character\\_set\\_%"));
        assert!(!may_show_variables("%"));
        assert!(!may_show_variables("warning_count"));
        assert!(!may_show_status("Handler%"));
    }
}
