//! Session variables that agents may set, and to what.
//!
//! Everything that the gateway itself depends on (`session_track_*`), that reaches the log or
//! replication (`sql_log_bin`, `gtid_next`, `pseudo_*`), that makes rows look older or newer than
//! they are (`timestamp`, `insert_id`), or that changes what the server sends (`resultset_metadata`,
//! `optimizer_trace`, `lc_messages`, `explain_*`) is missing on purpose.

use crate::charset::ClientCharset;
use crate::charset::ResultsCharset;
use crate::sql_mode::SqlMode;

/// A value that SET gives, as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each form must be decided")]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// A bare word: `ON`, `utf8mb4`.
    Word(&'a str),
    /// A decimal number, maybe with a minus sign.
    Number(&'a str),
}

/// What a variable may be set to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum Permitted {
    /// On or off.
    Boolean,
    /// On, as it is without a word: `mysqldump` says so all the same.
    On,
    /// On; off only by a rule that names `set`, for it ends a check that other people rely on.
    /// Loading a dump needs it off.
    OffByName,
    /// A decimal integer.
    Number,
    /// A number of seconds, maybe with parts of one.
    Seconds,
    /// Names of a plain form: letters, digits, `_` and `,`.
    Names,
    /// A plain engine: others are other tables, files or servers.
    Engine,
    /// An isolation level.
    Isolation,
    /// Modes that are known, each by name.
    SqlMode,
    /// A time zone.
    TimeZone,
    /// A character set in which no byte of a longer character is ASCII; for results others, too.
    Charset,
    /// A collation of such a set.
    Collation,
}

/// What may be set, and to what.
pub const SETTABLE: &[(&str, Permitted)] = &[
    ("auto_increment_increment", Permitted::Number),
    ("auto_increment_offset", Permitted::Number),
    ("autocommit", Permitted::Boolean),
    ("character_set_client", Permitted::Charset),
    ("character_set_connection", Permitted::Charset),
    ("character_set_results", Permitted::Charset),
    ("collation_connection", Permitted::Collation),
    ("default_storage_engine", Permitted::Engine),
    ("default_tmp_storage_engine", Permitted::Engine),
    ("default_week_format", Permitted::Number),
    ("div_precision_increment", Permitted::Number),
    ("foreign_key_checks", Permitted::OffByName),
    ("group_concat_max_len", Permitted::Number),
    ("information_schema_stats_expiry", Permitted::Number),
    ("innodb_lock_wait_timeout", Permitted::Number),
    ("interactive_timeout", Permitted::Number),
    ("lc_time_names", Permitted::Names),
    ("lock_wait_timeout", Permitted::Number),
    ("low_priority_updates", Permitted::Boolean),
    ("max_execution_time", Permitted::Number),
    ("max_join_size", Permitted::Number),
    ("max_statement_time", Permitted::Seconds),
    ("net_read_timeout", Permitted::Number),
    ("net_write_timeout", Permitted::Number),
    ("note_verbosity", Permitted::Names),
    ("sql_auto_is_null", Permitted::Boolean),
    ("sql_big_selects", Permitted::Boolean),
    ("sql_buffer_result", Permitted::Boolean),
    ("sql_mode", Permitted::SqlMode),
    ("sql_notes", Permitted::Boolean),
    ("sql_quote_show_create", Permitted::On),
    ("sql_safe_updates", Permitted::Boolean),
    ("sql_select_limit", Permitted::Number),
    ("sql_warnings", Permitted::Boolean),
    ("storage_engine", Permitted::Engine),
    ("time_zone", Permitted::TimeZone),
    ("transaction_isolation", Permitted::Isolation),
    ("transaction_read_only", Permitted::Boolean),
    ("tx_isolation", Permitted::Isolation),
    ("tx_read_only", Permitted::Boolean),
    ("unique_checks", Permitted::OffByName),
    ("wait_timeout", Permitted::Number),
];

/// Whether that value may be given.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum Setting {
    /// Yes; this is the value in one form.
    Plain(String),
    /// Only by a rule that names `set`.
    ByName(String),
    /// No.
    Refused,
}

/// Stands for a value that only the server knows. No variable can hold it.
pub const UNKNOWN: &str = "?";

/// Whether agents may set the session variable (lower case) to what it, another variable or the
/// server's default holds: a value that is not known before. It is read back where statements are
/// read by it, and a session that it leaves in no known state ends.
#[must_use]
pub fn unknown_value(name: &str) -> Setting {
    match permitted(name) {
        None => Setting::Refused,
        // Any engine could be named, and any value given.
        Some(Permitted::Engine | Permitted::On) => Setting::Refused,
        Some(Permitted::OffByName) => Setting::ByName(UNKNOWN.to_owned()),
        Some(
            Permitted::Boolean
            | Permitted::Number
            | Permitted::Seconds
            | Permitted::Names
            | Permitted::Isolation
            | Permitted::SqlMode
            | Permitted::TimeZone
            | Permitted::Charset
            | Permitted::Collation,
        ) => Setting::Plain(UNKNOWN.to_owned()),
    }
}

fn permitted(name: &str) -> Option<Permitted> {
    let entry = SETTABLE.iter().find(|(n, _)| *n == name);
    entry.map(|(_, permitted)| *permitted)
}

/// Whether agents may give the session variable (lower case) that value.
#[must_use]
pub fn setting(name: &str, value: Value<'_>) -> Setting {
    let is_default = matches!(value, Value::Word(word) if word.eq_ignore_ascii_case("default"));
    if is_default {
        return match permitted(name) {
            // The administrator chose it.
            Some(Permitted::Engine) => Setting::Plain(UNKNOWN.to_owned()),
            _ => unknown_value(name),
        };
    }
    match settable(name, value) {
        Some(text) if permitted(name) == Some(Permitted::OffByName) && text == "0" => {
            Setting::ByName(text)
        }
        Some(text) => Setting::Plain(text),
        None => Setting::Refused,
    }
}

/// The value that the session variable (lower case) gets, in one form; `None` when agents may not
/// set that variable to that value.
fn settable(name: &str, value: Value<'_>) -> Option<String> {
    match permitted(name)? {
        Permitted::Boolean | Permitted::OffByName => boolean(value).map(str::to_owned),
        Permitted::On => boolean(value)
            .filter(|text| *text == "1")
            .map(str::to_owned),
        Permitted::Number => number(value),
        Permitted::Seconds => seconds(value),
        Permitted::Names => names(value),
        Permitted::Engine => engine(value),
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
            // Results as they are stored, which a column's definition then says; Connector/J of
            // MySQL begins with it. Nothing is converted for `binary` either.
            Value::Word(word)
                if name == "character_set_results" && word.eq_ignore_ascii_case("null") =>
            {
                Some(ClientCharset::Binary.name().to_owned())
            }
            Value::Text(text) | Value::Word(text) => {
                if name == "character_set_results" {
                    return ResultsCharset::parse(text).map(|set| set.name().to_owned());
                }
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

fn seconds(value: Value<'_>) -> Option<String> {
    let Value::Number(text) = value else {
        return None;
    };
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_plain.then(|| text.to_owned())
}

fn names(value: Value<'_>) -> Option<String> {
    let (Value::Text(text) | Value::Word(text) | Value::Number(text)) = value;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b',');
    (text.len() <= 64 && text.bytes().all(is_plain)).then(|| text.to_owned())
}

/// The engines whose tables are plain; two have an older name.
pub const ENGINES: &[&str] = &["innodb", "myisam", "aria", "memory", "heap", "maria"];

fn engine(value: Value<'_>) -> Option<String> {
    let (Value::Text(text) | Value::Word(text)) = value else {
        return None;
    };
    let text = text.to_ascii_lowercase();
    ENGINES.contains(&text.as_str()).then_some(text)
}

fn isolation(value: Value<'_>) -> Option<String> {
    let (Value::Text(text) | Value::Word(text)) = value else {
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
        check("character_set_results", Value::Word("NULL"), Some("binary"));
        check("character_set_results", Value::Text("NULL"), None);
        check("character_set_client", Value::Word("NULL"), None);
        check("default_storage_engine", Value::Word("aria"), Some("aria"));
        check("default_storage_engine", Value::Word("federated"), None);
        check("lc_time_names", Value::Text("de_DE"), Some("de_DE"));
        check("time_zone", Value::Text("+00:00"), Some("+00:00"));
        check("time_zone", Value::Text("a'b"), None);
        check("wait_timeout", Value::Number("-1"), None);
        check("wait_timeout", Value::Number("1.5"), None);
        check("max_statement_time", Value::Number("0.001"), Some("0.001"));
        check("max_statement_time", Value::Number("1e3"), None);
        check("max_statement_time", Value::Number("-1"), None);
        check("max_statement_time", Value::Text("1"), None);
        check("session_track_schema", Value::Word("OFF"), None);
        check("sql_log_bin", Value::Number("0"), None);
    }

    #[test]
    fn ends_checks_only_by_name() {
        let off = Setting::ByName("0".to_owned());
        assert_eq!(setting("foreign_key_checks", Value::Number("0")), off);
        assert_eq!(
            setting("unique_checks", Value::Word("ON")),
            Setting::Plain("1".to_owned())
        );
        assert_eq!(
            unknown_value("unique_checks"),
            Setting::ByName(UNKNOWN.to_owned())
        );
        assert_eq!(unknown_value("default_storage_engine"), Setting::Refused);
        assert_eq!(
            setting("sql_log_bin", Value::Word("DEFAULT")),
            Setting::Refused
        );
        assert_eq!(
            setting("sql_mode", Value::Word("DEFAULT")),
            Setting::Plain(UNKNOWN.to_owned())
        );
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
}
