//! Capability, status and column flags.

use bitflags::bitflags;

bitflags! {
    /// What a client and a server can do; the connection uses what both have.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html)
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct Capabilities: u32 {
        /// The improved password hash; MariaDB calls it `CLIENT_MYSQL`, and a MariaDB server that
        /// clears it sends [`MariaDbCapabilities`].
        const LONG_PASSWORD = 1;
        /// Affected rows are the rows that were found, not those that were changed.
        const FOUND_ROWS = 1 << 1;
        /// Column flags have two bytes.
        const LONG_FLAG = 1 << 2;
        /// The login names a default database.
        const CONNECT_WITH_DB = 1 << 3;
        /// `database.table.column` is not allowed.
        const NO_SCHEMA = 1 << 4;
        /// Packets may be compressed with zlib.
        const COMPRESS = 1 << 5;
        /// An ODBC client; without effect.
        const ODBC = 1 << 6;
        /// The client can send a file for `LOAD DATA LOCAL`.
        const LOCAL_FILES = 1 << 7;
        /// Spaces may stand between a function name and its parenthesis: changes the lexer.
        const IGNORE_SPACE = 1 << 8;
        /// The protocol of version 4.1.
        const PROTOCOL_41 = 1 << 9;
        /// `interactive_timeout` instead of `wait_timeout`.
        const INTERACTIVE = 1 << 10;
        /// TLS.
        const SSL = 1 << 11;
        /// The client does not want SIGPIPE; only of meaning inside the client.
        const IGNORE_SIGPIPE = 1 << 12;
        /// Status flags tell about transactions.
        const TRANSACTIONS = 1 << 13;
        /// An old name for [`Self::PROTOCOL_41`].
        const RESERVED = 1 << 14;
        /// The authentication of version 4.1.
        const SECURE_CONNECTION = 1 << 15;
        /// One query may hold several statements.
        const MULTI_STATEMENTS = 1 << 16;
        /// A query may answer with several results.
        const MULTI_RESULTS = 1 << 17;
        /// A prepared statement may answer with several results.
        const PS_MULTI_RESULTS = 1 << 18;
        /// Authentication by named plugins.
        const PLUGIN_AUTH = 1 << 19;
        /// The login carries attributes of the client.
        const CONNECT_ATTRS = 1 << 20;
        /// The authentication response of the login has a length-encoded length.
        const PLUGIN_AUTH_LENENC_CLIENT_DATA = 1 << 21;
        /// The client can handle an expired password.
        const CAN_HANDLE_EXPIRED_PASSWORDS = 1 << 22;
        /// OK packets tell of changes of session state.
        const SESSION_TRACK = 1 << 23;
        /// An OK packet instead of EOF at the end of a result set, none after its columns.
        const DEPRECATE_EOF = 1 << 24;
        /// Column definitions may be left out.
        const OPTIONAL_RESULTSET_METADATA = 1 << 25;
        /// Packets may be compressed with zstd.
        const ZSTD_COMPRESSION_ALGORITHM = 1 << 26;
        /// Queries carry attributes in front of their text.
        const QUERY_ATTRIBUTES = 1 << 27;
        /// Authentication with more than one factor.
        const MULTI_FACTOR_AUTHENTICATION = 1 << 28;
        /// Reserved for an extension of these flags; MariaDB: progress reports (old place).
        const CAPABILITY_EXTENSION = 1 << 29;
        /// The client verifies the server's certificate; only of meaning inside the client.
        const SSL_VERIFY_SERVER_CERT = 1 << 30;
        /// The client keeps options after a failed connect; only of meaning inside the client.
        const REMEMBER_OPTIONS = 1 << 31;
    }
}

impl Capabilities {
    /// What every server offers and every client of today has.
    pub const BASIC: Self = Self::LONG_PASSWORD
        .union(Self::PROTOCOL_41)
        .union(Self::TRANSACTIONS)
        .union(Self::SECURE_CONNECTION)
        .union(Self::PLUGIN_AUTH);
}

bitflags! {
    /// MariaDB's own capabilities: bits 32 to 63, in the last four of the reserved bytes.
    ///
    /// [Manual](https://mariadb.com/docs/server/reference/clientserver-protocol/1-connecting/connection)
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct MariaDbCapabilities: u32 {
        /// Progress reports in ERR packets with the code 0xFFFF.
        const PROGRESS = 1;
        /// `COM_MULTI`; no longer used.
        const COM_MULTI = 1 << 1;
        /// Bulk execution of prepared statements.
        const STMT_BULK_OPERATIONS = 1 << 2;
        /// A further block in each column definition.
        const EXTENDED_METADATA = 1 << 3;
        /// Column definitions of prepared statements are sent only when they changed.
        const CACHE_METADATA = 1 << 4;
        /// Bulk execution answers with a result per row.
        const BULK_UNIT_RESULTS = 1 << 5;
    }
}

bitflags! {
    /// State of the session, in OK and EOF packets.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html)
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct StatusFlags: u16 {
        /// A transaction is open.
        const IN_TRANSACTION = 1;
        /// Autocommit is on.
        const AUTOCOMMIT = 1 << 1;
        /// A further result follows.
        const MORE_RESULTS_EXISTS = 1 << 3;
        /// No good index was used.
        const NO_GOOD_INDEX_USED = 1 << 4;
        /// No index was used.
        const NO_INDEX_USED = 1 << 5;
        /// Rows wait in a cursor.
        const CURSOR_EXISTS = 1 << 6;
        /// The cursor is at its end.
        const LAST_ROW_SENT = 1 << 7;
        /// A database was dropped.
        const DATABASE_DROPPED = 1 << 8;
        /// SQL mode `NO_BACKSLASH_ESCAPES` is on: changes the lexer.
        const NO_BACKSLASH_ESCAPES = 1 << 9;
        /// The columns of a prepared statement changed when it was prepared anew.
        const METADATA_CHANGED = 1 << 10;
        /// The query was slow.
        const QUERY_WAS_SLOW = 1 << 11;
        /// The result set holds the output parameters of a procedure.
        const PS_OUT_PARAMS = 1 << 12;
        /// A read-only transaction is open.
        const IN_TRANSACTION_READONLY = 1 << 13;
        /// The OK packet tells of changes of session state.
        const SESSION_STATE_CHANGED = 1 << 14;
        /// MariaDB: SQL mode `ANSI_QUOTES` is on: changes the lexer.
        const ANSI_QUOTES = 1 << 15;
    }
}

bitflags! {
    /// Properties of a column, in its definition.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html)
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct ColumnFlags: u16 {
        /// The column cannot hold NULL.
        const NOT_NULL = 1;
        /// Part of the primary key.
        const PRIMARY_KEY = 1 << 1;
        /// Part of a unique key.
        const UNIQUE_KEY = 1 << 2;
        /// Part of a key that is not unique.
        const MULTIPLE_KEY = 1 << 3;
        /// A BLOB or TEXT column.
        const BLOB = 1 << 4;
        /// Numbers without a sign.
        const UNSIGNED = 1 << 5;
        /// Numbers are shown with leading zeroes.
        const ZEROFILL = 1 << 6;
        /// The collation is binary.
        const BINARY = 1 << 7;
        /// An ENUM.
        const ENUM = 1 << 8;
        /// Numbered by the server.
        const AUTO_INCREMENT = 1 << 9;
        /// A timestamp that the server sets.
        const TIMESTAMP = 1 << 10;
        /// A SET.
        const SET = 1 << 11;
        /// The column has no default.
        const NO_DEFAULT_VALUE = 1 << 12;
        /// Set to the time of each update.
        const ON_UPDATE_NOW = 1 << 13;
        /// Part of some key; used inside the server.
        const PART_KEY = 1 << 14;
        /// A number.
        const NUMBER = 1 << 15;
    }
}
