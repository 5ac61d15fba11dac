//! The forms of replies, and the packets of which they are made.

use crate::response::column::ColumnDefinition;
use crate::response::eof::EofPacket;
use crate::response::err::ErrPacket;
use crate::response::ok::OkPacket;
use crate::response::progress::ProgressReport;
use crate::statement::PrepareOk;

/// The form of a reply, which hangs on the command.
#[expect(
    clippy::exhaustive_enums,
    reason = "a relay must know the form of every reply it waits for"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyKind {
    /// No reply comes: QUIT, STMT_CLOSE, STMT_SEND_LONG_DATA.
    Nothing,
    /// OK or ERR: PING, INIT_DB, RESET_CONNECTION, STMT_RESET, PROCESS_KILL, CREATE_DB, DROP_DB,
    /// REFRESH.
    Ok,
    /// EOF, or the OK that stands for it, or ERR: SET_OPTION, DEBUG.
    Eof,
    /// A bare text: STATISTICS.
    Statistics,
    /// Results with text rows: QUERY, PROCESS_INFO.
    Query,
    /// Results with binary rows: STMT_EXECUTE, STMT_BULK_EXECUTE.
    Execute,
    /// Binary rows without columns: STMT_FETCH.
    Fetch,
    /// A statement and its parameters and columns: STMT_PREPARE.
    Prepare,
    /// Columns without a count: FIELD_LIST.
    FieldList,
}

/// A packet of a reply.
#[expect(
    clippy::exhaustive_enums,
    reason = "a relay must decide for every kind of packet whether it may pass"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Reply<'a> {
    /// A statement succeeded. A further result follows when its status says so.
    Ok(OkPacket<'a>),
    /// The command failed, at any point of the reply; nothing follows.
    Err(ErrPacket<'a>),
    /// A result set with so many columns begins. Their definitions follow, but for one that was
    /// agreed to leave them out: then rows follow, of the columns that the client knows already.
    ColumnCount(usize),
    /// One column.
    Column(ColumnDefinition<'a>),
    /// The columns, or the parameters of a prepared statement, are at their end (without
    /// DEPRECATE_EOF).
    EndOfDefinitions(EofPacket),
    /// One row.
    Row(&'a [u8]),
    /// A result set is at its end. A further result follows when its status says so.
    End(OkPacket<'a>),
    /// A statement is prepared.
    PrepareOk(PrepareOk),
    /// One parameter of the prepared statement.
    Parameter(ColumnDefinition<'a>),
    /// The server asks for a file of the client.
    LocalInfile(&'a [u8]),
    /// The text of STATISTICS.
    Statistics(&'a [u8]),
    /// MariaDB: how far a statement has come; the reply goes on.
    Progress(ProgressReport<'a>),
}
