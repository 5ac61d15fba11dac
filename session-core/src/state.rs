//! The state of a session that later readings hang on, kept exact: predicted, and read back.

use mysql_proto::charset::Charset;
use mysql_proto::charset::CollationId;
use mysql_proto::flags::StatusFlags;
use policy_core::charset::ClientCharset;
use policy_core::charset::ResultsCharset;
use policy_core::name::TableNameCase;
use policy_core::server::Server;
use policy_core::server::ServerKind;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;

use crate::tracking::Tracked;

/// Variables whose change makes the gateway read its state back.
const FOLLOWED: [&str; 7] = [
    "sql_mode",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "collation_database",
    "character_set_database",
];

/// Whether a session variable changes how later statements read.
pub(crate) fn is_followed(variable: &str) -> bool {
    FOLLOWED.contains(&variable)
}

/// Flags that say something of the result at hand, nothing of the session.
const OF_ONE_RESULT: StatusFlags = StatusFlags::CURSOR_EXISTS
    .union(StatusFlags::LAST_ROW_SENT)
    .union(StatusFlags::PS_OUT_PARAMS)
    .union(StatusFlags::SESSION_STATE_CHANGED)
    .union(StatusFlags::MORE_RESULTS_EXISTS);

/// What the server said about the session's state in a reply.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Observed {
    /// The status flags of the last OK or EOF.
    pub(crate) status: Option<StatusFlags>,
    /// The default schema, if it changed.
    pub(crate) schema: Option<String>,
    /// Whether a variable that is followed was reported.
    pub(crate) followed_variable: bool,
    /// Whether anything at all of the session changed: also a temporary table.
    pub(crate) changed: bool,
}

/// The state of one session.
#[derive(Debug)]
pub(crate) struct State {
    /// What statements are read under.
    pub(crate) context: SessionContext,
    /// The last status flags.
    pub(crate) status: StatusFlags,
    /// What a client that asked for it is told of changes.
    pub(crate) tracked: Tracked,
    /// How the target compares names, as its catalog last said.
    pub(crate) names: TableNameCase,
    /// Counts the changes of temporary tables and of statements prepared by name.
    pub(crate) overlay: u64,
    /// Whether stored code ran that may have left values; only while no name was lost.
    pub(crate) has_left_values: bool,
}

/// Why the state of a session cannot be followed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum StateError {
    /// The answer to the read-back is not what was asked for.
    #[error("the target's answer about the session's state cannot be read")]
    Unreadable,
    /// The SQL mode is not known.
    #[error("the SQL mode `{0}` is not supported")]
    SqlMode(String),
    /// A character set is not allowed.
    #[error("the character set `{0}` is not supported; use utf8mb4")]
    Charset(String),
    /// Status flags and tracked SQL mode differ.
    #[error("the target's status flags do not agree with the SQL mode that was read back")]
    Flags,
}

impl State {
    pub(crate) fn new(server: Server, names: TableNameCase) -> Self {
        Self {
            context: SessionContext {
                server,
                sql_mode: SqlMode::empty(),
                client_charset: ClientCharset::default(),
                connection_charset: ClientCharset::default(),
                results_charset: ResultsCharset::default(),
                default_schema: None,
                temporary: TemporaryTables::default(),
                prepared: policy_core::session::PreparedTexts::default(),
                multi_statements: false,
            },
            status: StatusFlags::AUTOCOMMIT,
            tracked: Tracked::default(),
            names,
            overlay: 0,
            has_left_values: false,
        }
    }

    /// Takes the answer to the read-back as the truth.
    pub(crate) fn read_back(
        &mut self,
        rows: &[Vec<Option<Vec<u8>>>],
        names: TableNameCase,
    ) -> Result<(), StateError> {
        let [row] = rows else {
            return Err(StateError::Unreadable);
        };
        let [mode, client, connection, results, schema] = row.as_slice() else {
            return Err(StateError::Unreadable);
        };
        let text = |cell: &Option<Vec<u8>>| {
            let bytes = cell.as_ref().ok_or(StateError::Unreadable)?;
            String::from_utf8(bytes.clone()).map_err(|_| StateError::Unreadable)
        };
        let charset = |cell| {
            let name = text(cell)?;
            ClientCharset::parse(&name).ok_or(StateError::Charset(name))
        };
        let mode = text(mode)?;
        let sql_mode = SqlMode::parse(&mode).ok_or(StateError::SqlMode(mode))?;
        let (client, connection) = (charset(client)?, charset(connection)?);
        // NULL: nothing is converted.
        let results = match results {
            None => ClientCharset::Binary.into(),
            Some(_) => {
                let name = text(results)?;
                ResultsCharset::parse(&name).ok_or(StateError::Charset(name))?
            }
        };
        let schema = match schema {
            None => None,
            Some(_) => Some(names.fold(&text(schema)?)),
        };
        // All of it or nothing: what was known before can be put back.
        self.context.sql_mode = sql_mode;
        self.context.client_charset = client;
        self.context.connection_charset = connection;
        self.context.results_charset = results;
        self.context.default_schema = schema;
        Ok(())
    }

    /// What puts the target back into the state that was known last. The mode comes last: MySQL takes its
    /// name in no set of wide characters.
    pub(crate) fn restoring(&self) -> [String; 2] {
        let context = &self.context;
        [
            format!(
                "SET SESSION character_set_client={}, SESSION character_set_connection={}, SESSION \
                 character_set_results={}",
                context.client_charset.name(),
                context.connection_charset.name(),
                context.results_charset.name(),
            ),
            format!("SET SESSION sql_mode='{}'", context.sql_mode.names()),
        ]
    }

    /// Takes the flags of the SQL mode from what was read back.
    pub(crate) fn flag_mode(&mut self) {
        let mode = self.context.sql_mode;
        let (backslash, quotes) = (SqlMode::NO_BACKSLASH_ESCAPES, SqlMode::ANSI_QUOTES);
        let has_flag = self.context.server.kind == ServerKind::MariaDb;
        self.status
            .set(StatusFlags::NO_BACKSLASH_ESCAPES, mode.contains(backslash));
        self.status
            .set(StatusFlags::ANSI_QUOTES, has_flag && mode.contains(quotes));
    }

    /// Keeps status flags, and compares them with the SQL mode where that is known.
    pub(crate) fn observe(
        &mut self,
        observed: &Observed,
        names: TableNameCase,
        is_known: bool,
    ) -> Result<(), StateError> {
        if let Some(status) = observed.status {
            if is_known {
                self.check_flags(status)?;
            }
            self.status = status - OF_ONE_RESULT;
        }
        if let Some(schema) = &observed.schema {
            self.context.default_schema = (!schema.is_empty()).then(|| names.fold(schema));
        }
        Ok(())
    }

    /// Witness (e): the server's own flags of the modes that change lexing.
    pub(crate) fn check_flags(&self, status: StatusFlags) -> Result<(), StateError> {
        let mode = self.context.sql_mode;
        let agree = |flag, bit| status.contains(flag) == mode.contains(bit);
        let backslash = agree(
            StatusFlags::NO_BACKSLASH_ESCAPES,
            SqlMode::NO_BACKSLASH_ESCAPES,
        );
        let quotes = match self.context.server.kind {
            ServerKind::MariaDb => agree(StatusFlags::ANSI_QUOTES, SqlMode::ANSI_QUOTES),
            // MySQL has no such flag.
            ServerKind::MySql => true,
        };
        if backslash && quotes {
            Ok(())
        } else {
            Err(StateError::Flags)
        }
    }
}

/// The character set of a login's collation, if clients may use it.
pub(crate) fn login_charset(collation: u8) -> Option<ClientCharset> {
    if collation == 0 {
        return Some(ClientCharset::Utf8mb4);
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other set is refused, those of later versions too"
    )]
    match CollationId::new(u16::from(collation)).charset()? {
        Charset::Utf8mb4 => Some(ClientCharset::Utf8mb4),
        Charset::Utf8mb3 => Some(ClientCharset::Utf8mb3),
        Charset::Latin1 => Some(ClientCharset::Latin1),
        Charset::Ascii => Some(ClientCharset::Ascii),
        Charset::Binary => Some(ClientCharset::Binary),
        _ => None,
    }
}
