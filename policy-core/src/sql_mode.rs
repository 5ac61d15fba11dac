//! The SQL mode: every mode of both servers by name, so that none is ever guessed.

use bitflags::bitflags;

bitflags! {
    /// A session's `sql_mode`.
    ///
    /// Source: MySQL manual, "Server SQL Modes"; MariaDB knowledge base, "SQL_MODE".
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct SqlMode: u64 {
        /// `||` joins strings.
        const PIPES_AS_CONCAT = 1;
        /// `"x"` is an identifier: changes lexing.
        const ANSI_QUOTES = 1 << 1;
        /// White space between a function's name and `(`: changes lexing.
        const IGNORE_SPACE = 1 << 2;
        /// MariaDB.
        const IGNORE_BAD_TABLE_OPTIONS = 1 << 3;
        /// Outer columns may be left out of GROUP BY.
        const ONLY_FULL_GROUP_BY = 1 << 4;
        /// `a - b` unsigned gives signed.
        const NO_UNSIGNED_SUBTRACTION = 1 << 5;
        /// MySQL and MariaDB: SHOW CREATE leaves options out.
        const NO_DIR_IN_CREATE = 1 << 6;
        /// The group mode `ANSI` itself.
        const ANSI = 1 << 7;
        /// Zero is stored, not the next number.
        const NO_AUTO_VALUE_ON_ZERO = 1 << 8;
        /// Backslash is an ordinary character: changes lexing.
        const NO_BACKSLASH_ESCAPES = 1 << 9;
        /// Strict for transactional tables.
        const STRICT_TRANS_TABLES = 1 << 10;
        /// Strict for all tables.
        const STRICT_ALL_TABLES = 1 << 11;
        /// No zero in dates.
        const NO_ZERO_IN_DATE = 1 << 12;
        /// No zero dates.
        const NO_ZERO_DATE = 1 << 13;
        /// Any day of the month.
        const ALLOW_INVALID_DATES = 1 << 14;
        /// Division by zero is an error.
        const ERROR_FOR_DIVISION_BY_ZERO = 1 << 15;
        /// The group mode `TRADITIONAL` itself.
        const TRADITIONAL = 1 << 16;
        /// No account is made by GRANT.
        const NO_AUTO_CREATE_USER = 1 << 17;
        /// `NOT` binds tighter: changes parsing.
        const HIGH_NOT_PRECEDENCE = 1 << 18;
        /// No other engine is put in place.
        const NO_ENGINE_SUBSTITUTION = 1 << 19;
        /// CHAR keeps its trailing spaces.
        const PAD_CHAR_TO_FULL_LENGTH = 1 << 20;
        /// REAL is FLOAT.
        const REAL_AS_FLOAT = 1 << 21;
        /// Fractions are cut, not rounded.
        const TIME_TRUNCATE_FRACTIONAL = 1 << 22;
        /// MariaDB: `''` is NULL.
        const EMPTY_STRING_IS_NULL = 1 << 23;
        /// MariaDB: `a = NULL` assignments.
        const SIMULTANEOUS_ASSIGNMENT = 1 << 24;
        /// MariaDB: rounding of TIME.
        const TIME_ROUND_FRACTIONAL = 1 << 25;
        /// MariaDB.
        const NO_FIELD_OPTIONS = 1 << 26;
        /// MariaDB.
        const NO_KEY_OPTIONS = 1 << 27;
        /// MariaDB.
        const NO_TABLE_OPTIONS = 1 << 28;
    }
}

/// The modes that change how bytes become tokens or tokens become a tree.
pub const LEXING: SqlMode = SqlMode::PIPES_AS_CONCAT
    .union(SqlMode::ANSI_QUOTES)
    .union(SqlMode::IGNORE_SPACE)
    .union(SqlMode::NO_BACKSLASH_ESCAPES)
    .union(SqlMode::HIGH_NOT_PRECEDENCE);

impl SqlMode {
    /// Reads `@@sql_mode`: names between commas. `None` when a name is not known, and for the
    /// modes of other products (`ORACLE`, `MSSQL`, …), which change the grammar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut mode = Self::empty();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            mode |= Self::from_name(&name.to_ascii_uppercase())?;
        }
        if mode.contains(Self::ANSI) {
            mode |= Self::REAL_AS_FLOAT
                | Self::PIPES_AS_CONCAT
                | Self::ANSI_QUOTES
                | Self::IGNORE_SPACE
                | Self::ONLY_FULL_GROUP_BY;
        }
        if mode.contains(Self::TRADITIONAL) {
            mode |= Self::STRICT_TRANS_TABLES
                | Self::STRICT_ALL_TABLES
                | Self::NO_ZERO_IN_DATE
                | Self::NO_ZERO_DATE
                | Self::ERROR_FOR_DIVISION_BY_ZERO
                | Self::NO_ENGINE_SUBSTITUTION;
        }
        Some(mode)
    }

    /// The names between commas, as `SET sql_mode = '…'` takes them.
    #[must_use]
    pub fn names(self) -> String {
        self.iter_names()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
            .join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_ansi_and_refuses_what_it_does_not_know() {
        assert!(
            SqlMode::parse("ansi")
                .unwrap()
                .contains(SqlMode::ANSI_QUOTES)
        );
        assert_eq!(SqlMode::parse("ORACLE"), None);
        assert_eq!(SqlMode::parse("").unwrap().names(), "");
    }
}
