//! Commands of a client: every COM_ byte by name, and the content of those that are understood.

use crate::error::DecodeError;
use crate::exchange::ReplyKind;
use crate::statement::Execute;
use crate::statement::LongData;
use crate::statement::StatementId;
use crate::statement::decode_only_id;
use crate::wire::Reader;

/// The first byte of a command.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html)
#[expect(
    clippy::exhaustive_enums,
    reason = "a gateway must have an answer to every command"
)]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CommandByte {
    /// 0x00: used inside a server.
    Sleep,
    /// 0x01.
    Quit,
    /// 0x02.
    InitDb,
    /// 0x03.
    Query,
    /// 0x04.
    FieldList,
    /// 0x05.
    CreateDb,
    /// 0x06.
    DropDb,
    /// 0x07.
    Refresh,
    /// 0x08.
    Shutdown,
    /// 0x09.
    Statistics,
    /// 0x0A.
    ProcessInfo,
    /// 0x0B: used inside a server.
    Connect,
    /// 0x0C.
    ProcessKill,
    /// 0x0D.
    Debug,
    /// 0x0E.
    Ping,
    /// 0x0F: used inside a server.
    Time,
    /// 0x10: used inside a server.
    DelayedInsert,
    /// 0x11.
    ChangeUser,
    /// 0x12: replication.
    BinlogDump,
    /// 0x13: replication.
    TableDump,
    /// 0x14: used inside a server.
    ConnectOut,
    /// 0x15: replication.
    RegisterSlave,
    /// 0x16.
    StmtPrepare,
    /// 0x17.
    StmtExecute,
    /// 0x18.
    StmtSendLongData,
    /// 0x19.
    StmtClose,
    /// 0x1A.
    StmtReset,
    /// 0x1B.
    SetOption,
    /// 0x1C.
    StmtFetch,
    /// 0x1D: used inside a server.
    Daemon,
    /// 0x1E: replication.
    BinlogDumpGtid,
    /// 0x1F.
    ResetConnection,
    /// 0x20: copies a whole server.
    Clone,
    /// 0x21: group replication.
    SubscribeGroupReplication,
    /// 0xFA: MariaDB.
    StmtBulkExecute,
    /// 0xFE: MariaDB, no longer used.
    Multi,
    /// Any other byte.
    Unknown(u8),
}

impl CommandByte {
    /// The command with this byte.
    #[must_use]
    pub const fn from_u8(byte: u8) -> Self {
        match byte {
            0x00 => Self::Sleep,
            0x01 => Self::Quit,
            0x02 => Self::InitDb,
            0x03 => Self::Query,
            0x04 => Self::FieldList,
            0x05 => Self::CreateDb,
            0x06 => Self::DropDb,
            0x07 => Self::Refresh,
            0x08 => Self::Shutdown,
            0x09 => Self::Statistics,
            0x0a => Self::ProcessInfo,
            0x0b => Self::Connect,
            0x0c => Self::ProcessKill,
            0x0d => Self::Debug,
            0x0e => Self::Ping,
            0x0f => Self::Time,
            0x10 => Self::DelayedInsert,
            0x11 => Self::ChangeUser,
            0x12 => Self::BinlogDump,
            0x13 => Self::TableDump,
            0x14 => Self::ConnectOut,
            0x15 => Self::RegisterSlave,
            0x16 => Self::StmtPrepare,
            0x17 => Self::StmtExecute,
            0x18 => Self::StmtSendLongData,
            0x19 => Self::StmtClose,
            0x1a => Self::StmtReset,
            0x1b => Self::SetOption,
            0x1c => Self::StmtFetch,
            0x1d => Self::Daemon,
            0x1e => Self::BinlogDumpGtid,
            0x1f => Self::ResetConnection,
            0x20 => Self::Clone,
            0x21 => Self::SubscribeGroupReplication,
            0xfa => Self::StmtBulkExecute,
            0xfe => Self::Multi,
            other => Self::Unknown(other),
        }
    }

    /// The byte of this command.
    #[must_use]
    pub const fn to_u8(self) -> u8 {
        match self {
            Self::Sleep => 0x00,
            Self::Quit => 0x01,
            Self::InitDb => 0x02,
            Self::Query => 0x03,
            Self::FieldList => 0x04,
            Self::CreateDb => 0x05,
            Self::DropDb => 0x06,
            Self::Refresh => 0x07,
            Self::Shutdown => 0x08,
            Self::Statistics => 0x09,
            Self::ProcessInfo => 0x0a,
            Self::Connect => 0x0b,
            Self::ProcessKill => 0x0c,
            Self::Debug => 0x0d,
            Self::Ping => 0x0e,
            Self::Time => 0x0f,
            Self::DelayedInsert => 0x10,
            Self::ChangeUser => 0x11,
            Self::BinlogDump => 0x12,
            Self::TableDump => 0x13,
            Self::ConnectOut => 0x14,
            Self::RegisterSlave => 0x15,
            Self::StmtPrepare => 0x16,
            Self::StmtExecute => 0x17,
            Self::StmtSendLongData => 0x18,
            Self::StmtClose => 0x19,
            Self::StmtReset => 0x1a,
            Self::SetOption => 0x1b,
            Self::StmtFetch => 0x1c,
            Self::Daemon => 0x1d,
            Self::BinlogDumpGtid => 0x1e,
            Self::ResetConnection => 0x1f,
            Self::Clone => 0x20,
            Self::SubscribeGroupReplication => 0x21,
            Self::StmtBulkExecute => 0xfa,
            Self::Multi => 0xfe,
            Self::Unknown(byte) => byte,
        }
    }
}

/// A command with its content.
#[expect(
    clippy::exhaustive_enums,
    reason = "a gateway must have an answer to every command"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command<'a> {
    /// The client goes; there is no reply.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_quit.html)
    Quit,
    /// Another default database.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_init_db.html)
    InitDb(&'a [u8]),
    /// One or more statements, in the client's character set.
    ///
    /// With query attributes the text stands elsewhere: [`Query`](crate::query::Query) reads the content.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html)
    Query(&'a [u8]),
    /// The columns of a table; deprecated, but clients use it for completion.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_field_list.html)
    FieldList {
        /// The table.
        table: &'a [u8],
        /// A pattern for column names.
        wildcard: &'a [u8],
    },
    /// A line about the server.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_statistics.html)
    Statistics,
    /// End another connection.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_process_kill.html)
    ProcessKill(u32),
    /// Is the server alive.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_ping.html)
    Ping,
    /// Log in anew: [`ChangeUser`](crate::handshake::change_user::ChangeUser) reads the content.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html)
    ChangeUser(&'a [u8]),
    /// Prepare a statement.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html)
    StmtPrepare(&'a [u8]),
    /// Execute a prepared statement.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html)
    StmtExecute(Execute<'a>),
    /// A piece of a parameter; there is no reply.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_send_long_data.html)
    StmtSendLongData(LongData<'a>),
    /// Forget a prepared statement; there is no reply.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_close.html)
    StmtClose(StatementId),
    /// Forget long data and the cursor of a prepared statement.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_reset.html)
    StmtReset(StatementId),
    /// Allow (0) or forbid (1) several statements in one query.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_set_option.html)
    SetOption(u16),
    /// Rows from a cursor.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_fetch.html)
    StmtFetch {
        /// The statement.
        statement_id: StatementId,
        /// The most rows.
        rows: u32,
    },
    /// Begin the session anew, without a login.
    ///
    /// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_reset_connection.html)
    ResetConnection,
    /// A command whose content is not read here. That of
    /// [`CommandByte::StmtBulkExecute`] is for [`BulkExecute`](crate::bulk::BulkExecute).
    Other {
        /// Which.
        byte: CommandByte,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> Command<'a> {
    /// Reads a command of a connection without query attributes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the payload is empty or the content does not fit the command.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let Some(first) = reader.peek() else {
            return Err(DecodeError::Empty {
                expected: "a command",
            });
        };
        reader.u8("command")?;
        let byte = CommandByte::from_u8(first);
        Ok(match byte {
            CommandByte::Quit => empty(reader, Self::Quit)?,
            CommandByte::InitDb => Self::InitDb(reader.take_rest()),
            CommandByte::Query => Self::Query(reader.take_rest()),
            CommandByte::FieldList => {
                let table = reader.nul_bytes("table")?;
                let wildcard = reader.take_rest();
                // Some clients end the pattern with a NUL byte, some do not.
                let wildcard = wildcard.strip_suffix(b"\0").unwrap_or(wildcard);
                Self::FieldList { table, wildcard }
            }
            CommandByte::Statistics => empty(reader, Self::Statistics)?,
            CommandByte::ProcessKill => {
                let id = reader.u32("connection id")?;
                empty(reader, Self::ProcessKill(id))?
            }
            CommandByte::Ping => empty(reader, Self::Ping)?,
            CommandByte::ChangeUser => Self::ChangeUser(reader.take_rest()),
            CommandByte::StmtPrepare => Self::StmtPrepare(reader.take_rest()),
            CommandByte::StmtExecute => Self::StmtExecute(Execute::decode(reader)?),
            CommandByte::StmtSendLongData => Self::StmtSendLongData(LongData::decode(reader)?),
            CommandByte::StmtClose => Self::StmtClose(decode_only_id(reader)?),
            CommandByte::StmtReset => Self::StmtReset(decode_only_id(reader)?),
            CommandByte::SetOption => {
                let option = reader.u16("option")?;
                empty(reader, Self::SetOption(option))?
            }
            CommandByte::StmtFetch => {
                let statement_id = StatementId::new(reader.u32("statement id")?);
                let rows = reader.u32("row count")?;
                empty(reader, Self::StmtFetch { statement_id, rows })?
            }
            CommandByte::ResetConnection => empty(reader, Self::ResetConnection)?,
            CommandByte::Sleep
            | CommandByte::CreateDb
            | CommandByte::DropDb
            | CommandByte::Refresh
            | CommandByte::Shutdown
            | CommandByte::ProcessInfo
            | CommandByte::Connect
            | CommandByte::Debug
            | CommandByte::Time
            | CommandByte::DelayedInsert
            | CommandByte::BinlogDump
            | CommandByte::TableDump
            | CommandByte::ConnectOut
            | CommandByte::RegisterSlave
            | CommandByte::Daemon
            | CommandByte::BinlogDumpGtid
            | CommandByte::Clone
            | CommandByte::SubscribeGroupReplication
            | CommandByte::StmtBulkExecute
            | CommandByte::Multi
            | CommandByte::Unknown(_) => Self::Other {
                byte,
                content: reader.take_rest(),
            },
        })
    }

    /// Appends the command as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.byte().to_u8());
        match *self {
            Self::Quit | Self::Statistics | Self::Ping | Self::ResetConnection => {}
            Self::InitDb(bytes)
            | Self::Query(bytes)
            | Self::ChangeUser(bytes)
            | Self::StmtPrepare(bytes)
            | Self::Other { content: bytes, .. } => out.extend_from_slice(bytes),
            Self::FieldList { table, wildcard } => {
                out.extend_from_slice(table);
                out.push(0);
                out.extend_from_slice(wildcard);
            }
            Self::ProcessKill(id) => out.extend(id.to_le_bytes()),
            Self::StmtExecute(execute) => execute.encode(out),
            Self::StmtSendLongData(data) => data.encode(out),
            Self::StmtClose(id) | Self::StmtReset(id) => out.extend(id.value().to_le_bytes()),
            Self::SetOption(option) => out.extend(option.to_le_bytes()),
            Self::StmtFetch { statement_id, rows } => {
                out.extend(statement_id.value().to_le_bytes());
                out.extend(rows.to_le_bytes());
            }
        }
    }

    /// The byte of this command.
    #[must_use]
    pub const fn byte(&self) -> CommandByte {
        match self {
            Self::Quit => CommandByte::Quit,
            Self::InitDb(_) => CommandByte::InitDb,
            Self::Query(_) => CommandByte::Query,
            Self::FieldList { .. } => CommandByte::FieldList,
            Self::Statistics => CommandByte::Statistics,
            Self::ProcessKill(_) => CommandByte::ProcessKill,
            Self::Ping => CommandByte::Ping,
            Self::ChangeUser(_) => CommandByte::ChangeUser,
            Self::StmtPrepare(_) => CommandByte::StmtPrepare,
            Self::StmtExecute(_) => CommandByte::StmtExecute,
            Self::StmtSendLongData(_) => CommandByte::StmtSendLongData,
            Self::StmtClose(_) => CommandByte::StmtClose,
            Self::StmtReset(_) => CommandByte::StmtReset,
            Self::SetOption(_) => CommandByte::SetOption,
            Self::StmtFetch { .. } => CommandByte::StmtFetch,
            Self::ResetConnection => CommandByte::ResetConnection,
            Self::Other { byte, .. } => *byte,
        }
    }

    /// What the reply looks like.
    ///
    /// `None` for a login anew, whose reply is that of a login, and for commands whose reply is not
    /// known here: those of replication, those used inside a server, and unknown ones, to which a
    /// server answers with an error.
    #[must_use]
    pub const fn reply_kind(&self) -> Option<ReplyKind> {
        Some(match self {
            Self::Quit | Self::StmtSendLongData(_) | Self::StmtClose(_) => ReplyKind::Nothing,
            Self::InitDb(_)
            | Self::ProcessKill(_)
            | Self::Ping
            | Self::StmtReset(_)
            | Self::ResetConnection => ReplyKind::Ok,
            Self::Query(_) => ReplyKind::Query,
            Self::FieldList { .. } => ReplyKind::FieldList,
            Self::Statistics => ReplyKind::Statistics,
            Self::StmtPrepare(_) => ReplyKind::Prepare,
            Self::StmtExecute(_) => ReplyKind::Execute,
            Self::SetOption(_) => ReplyKind::Eof,
            Self::StmtFetch { .. } => ReplyKind::Fetch,
            Self::Other {
                byte: CommandByte::CreateDb | CommandByte::DropDb | CommandByte::Refresh,
                ..
            } => ReplyKind::Ok,
            Self::Other {
                byte: CommandByte::Debug,
                ..
            } => ReplyKind::Eof,
            Self::Other {
                byte: CommandByte::ProcessInfo,
                ..
            } => ReplyKind::Query,
            Self::Other {
                byte: CommandByte::StmtBulkExecute,
                ..
            } => ReplyKind::Execute,
            Self::ChangeUser(_) | Self::Other { .. } => return None,
        })
    }
}

fn empty<'a>(reader: Reader<'_>, command: Command<'a>) -> Result<Command<'a>, DecodeError> {
    reader.finish("command")?;
    Ok(command)
}
