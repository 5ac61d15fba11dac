//! What becomes of each command byte: the one table of it.

use mysql_proto::command::CommandByte;

/// What becomes of a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be answered")]
pub enum Fate {
    /// It carries a statement, or is decided as one.
    Statement,
    /// It touches nothing but the session itself: taken, and recorded.
    Session,
    /// It belongs to the EXECUTE that follows, and is never answered.
    Ahead,
    /// It is a login.
    Login,
    /// It ends the session.
    End,
    /// It is refused with 1047, whatever it holds.
    Refuse(Why),
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each has its words")]
pub enum Why {
    /// There is a statement for it, which a policy can speak about.
    Statement,
    /// It is about the server as a whole.
    Server,
    /// It copies data past every mask.
    Copies,
    /// Servers use it among their own threads only.
    Internal,
    /// It goes with a capability that is not offered.
    NotOffered,
    /// It is no command.
    Unknown,
}

impl Why {
    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Statement => "send the SQL statement that does it",
            Self::Server => "it is about the server as a whole",
            Self::Copies => "it copies data as a replica does",
            Self::Internal => "servers use it among themselves only",
            Self::NotOffered => "it goes with a capability that was not offered",
            Self::Unknown => "there is no such command",
        }
    }
}

/// What becomes of a command with this byte.
#[must_use]
pub const fn fate(byte: CommandByte) -> Fate {
    match byte {
        CommandByte::Query
        | CommandByte::InitDb
        | CommandByte::FieldList
        | CommandByte::ProcessKill
        | CommandByte::StmtPrepare
        | CommandByte::StmtExecute
        | CommandByte::StmtFetch => Fate::Statement,
        CommandByte::Ping
        | CommandByte::Statistics
        | CommandByte::SetOption
        | CommandByte::ResetConnection
        | CommandByte::StmtReset
        | CommandByte::StmtClose => Fate::Session,
        CommandByte::StmtSendLongData => Fate::Ahead,
        CommandByte::ChangeUser => Fate::Login,
        CommandByte::Quit => Fate::End,
        CommandByte::CreateDb
        | CommandByte::DropDb
        | CommandByte::Refresh
        | CommandByte::ProcessInfo => Fate::Refuse(Why::Statement),
        CommandByte::Shutdown | CommandByte::Debug => Fate::Refuse(Why::Server),
        CommandByte::BinlogDump
        | CommandByte::BinlogDumpGtid
        | CommandByte::TableDump
        | CommandByte::RegisterSlave
        | CommandByte::Clone
        | CommandByte::SubscribeGroupReplication => Fate::Refuse(Why::Copies),
        CommandByte::Sleep
        | CommandByte::Connect
        | CommandByte::Time
        | CommandByte::DelayedInsert
        | CommandByte::ConnectOut
        | CommandByte::Daemon => Fate::Refuse(Why::Internal),
        CommandByte::StmtBulkExecute | CommandByte::Multi => Fate::Refuse(Why::NotOffered),
        CommandByte::Unknown(_) => Fate::Refuse(Why::Unknown),
    }
}
