//! Section `[limits]`: how much of everything one peer, or all together, may have.

use std::time::Duration;

use crate::config::table::Table;

/// The bounds of the whole gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct LimitSettings {
    /// From the first byte to the end of the login, TLS included.
    pub login: Duration,
    /// Between two commands.
    pub idle: Duration,
    /// One statement, from its decision to the end of its reply.
    pub statement: Duration,
    /// A whole session; the token's expiry may end it earlier.
    pub session: Duration,
    /// After a stop signal, until sessions that are still busy are cut.
    pub drain: Duration,
    /// One packet from a client, put together, and what is kept of parameters that are sent ahead.
    pub packet_bytes_max: usize,
    /// The text of one statement.
    pub statement_bytes_max: usize,
    /// Data of parameters that one session sent ahead, and that waits for its EXECUTE.
    pub long_data_bytes_max: usize,
    /// Sessions at the same time, logins under way included.
    pub sessions_max: usize,
    /// Sessions of one principal at the same time.
    pub sessions_per_principal_max: usize,
    /// Prepared statements held open by one session.
    pub prepared_statements_max: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(10),
            idle: Duration::from_secs(3600),
            statement: Duration::from_secs(300),
            session: Duration::from_secs(12 * 3600),
            drain: Duration::from_secs(20),
            packet_bytes_max: 16 * 1024 * 1024,
            statement_bytes_max: 1024 * 1024,
            long_data_bytes_max: 1024 * 1024 * 1024,
            sessions_max: 1000,
            sessions_per_principal_max: 100,
            prepared_statements_max: 1024,
        }
    }
}

impl LimitSettings {
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let mut limits = Self::default();
        let mut seconds = |key, range, field: &mut Duration| {
            if let Some(value) = table.integer(key, range) {
                *field = Duration::from_secs(value.value);
            }
        };
        seconds("login_seconds", 1..=300, &mut limits.login);
        seconds("idle_seconds", 1..=DAY, &mut limits.idle);
        seconds("statement_seconds", 1..=DAY, &mut limits.statement);
        seconds("session_seconds", 1..=7 * DAY, &mut limits.session);
        seconds("drain_seconds", 0..=3600, &mut limits.drain);
        let mut count = |key, range, field: &mut usize| {
            let value = table.integer(key, range);
            if let Some(value) = value.and_then(|value| usize::try_from(value.value).ok()) {
                *field = value;
            }
        };
        count(
            "packet_bytes_max",
            64 * 1024..=1024 * 1024 * 1024,
            &mut limits.packet_bytes_max,
        );
        count(
            "statement_bytes_max",
            1024..=64 * 1024 * 1024,
            &mut limits.statement_bytes_max,
        );
        count(
            "long_data_bytes_max",
            64 * 1024..=1024 * 1024 * 1024 * 1024,
            &mut limits.long_data_bytes_max,
        );
        count("sessions_max", 1..=1_000_000, &mut limits.sessions_max);
        count(
            "sessions_per_principal_max",
            1..=1_000_000,
            &mut limits.sessions_per_principal_max,
        );
        count(
            "prepared_statements_max",
            1..=1_000_000,
            &mut limits.prepared_statements_max,
        );
        if limits.statement_bytes_max > limits.packet_bytes_max {
            table.mistake(
                table.at(),
                "`statement_bytes_max` is over `packet_bytes_max`, so it would never be reached",
            );
        }
        table.finish();
        limits
    }
}

const DAY: u64 = 24 * 3600;
