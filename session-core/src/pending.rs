//! A command of the client on its way: asked, decided, recorded; never sent from here.

use std::sync::Arc;

use bytes::Bytes;
use mysql_proto::types::ValueType;
use policy_core::decide;
use policy_core::decision::Allow;
use policy_core::decision::ApprovalNeed;

use crate::attributes::Attributes;
use crate::kill::Target;
use crate::parameters::Bound;
use crate::prepared::Understood;
use crate::reply::Failure;
use crate::stored_code::StoredCode;

/// What the client asks for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// COM_QUERY with its text.
    Query(Bytes),
    /// COM_INIT_DB with the schema's name.
    InitDb(String),
    /// COM_STMT_PREPARE with its text.
    Prepare(Bytes),
    /// COM_STMT_EXECUTE.
    Execute {
        /// Which statement.
        id: u32,
        /// The command as it came, cursor flags cleared.
        payload: Bytes,
        /// Whether rows are to wait at the target until they are fetched.
        cursor: bool,
    },
    /// COM_STMT_FETCH.
    Fetch {
        /// Which statement.
        id: u32,
        /// The most rows.
        rows: u32,
    },
    /// COM_STMT_CLOSE.
    Close(u32),
    /// COM_STMT_RESET.
    Reset(u32),
    /// COM_PING.
    Ping,
    /// COM_STATISTICS.
    Statistics,
    /// COM_RESET_CONNECTION.
    ResetConnection,
    /// COM_FIELD_LIST.
    FieldList {
        /// Of which table.
        table: String,
        /// The command as it came.
        payload: Bytes,
    },
    /// COM_SET_OPTION: whether a text may hold several statements.
    SetOption(bool),
    /// COM_PROCESS_KILL with the number of a connection.
    ProcessKill(u32),
    /// A command that is refused whatever it holds, by its name.
    Refused(String),
}

impl Asked {
    /// The name of a command that is refused whatever it holds.
    pub(crate) fn refused_name(&self) -> Option<&str> {
        if let Self::Refused(name) = self {
            Some(name)
        } else {
            None
        }
    }

    /// What is known of parameters that are bound as these.
    pub(crate) fn bound<'a>(&self, types: &'a [decide::BoundType]) -> decide::Bound<'a> {
        match self {
            Self::Prepare(_) => decide::Bound::Later,
            Self::Execute { .. } => decide::Bound::Types(types),
            Self::Query(_)
            | Self::InitDb(_)
            | Self::Close(_)
            | Self::Reset(_)
            | Self::Fetch { .. }
            | Self::Ping
            | Self::Statistics
            | Self::ResetConnection
            | Self::FieldList { .. }
            | Self::SetOption(_)
            | Self::ProcessKill(_)
            | Self::Refused(_) => decide::Bound::Unknown,
        }
    }

    /// The command's name in records.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Query(_) => "query",
            Self::InitDb(_) => "init_db",
            Self::Prepare(_) => "stmt_prepare",
            Self::Execute { .. } => "stmt_execute",
            Self::Fetch { .. } => "stmt_fetch",
            Self::Close(_) => "stmt_close",
            Self::Reset(_) => "stmt_reset",
            Self::Ping => "ping",
            Self::Statistics => "statistics",
            Self::ResetConnection => "reset_connection",
            Self::FieldList { .. } => "field_list",
            Self::SetOption(_) => "set_option",
            Self::ProcessKill(_) => "process_kill",
            Self::Refused(_) => "refused",
        }
    }
}

/// How far a command has come. Only [`Stage::Recording`] is followed by sending.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Waits for the catalog, to be decided then.
    Catalog,
    /// Waits for the approval side.
    Asking(Box<ApprovalNeed>),
    /// Waits until one use of a ticket is consumed.
    Consuming {
        /// What is owed then.
        allow: Arc<Allow>,
        /// The ticket's name.
        ticket: String,
    },
    /// Waits until the intent is recorded.
    Recording {
        /// What is owed.
        allow: Arc<Allow>,
    },
    /// Waits for what became of a connection that was to be ended.
    Killing(Target),
    /// Waits until the refusal is recorded.
    Refusing(Failure),
}

/// A command that has not been sent.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Its number within the session, from 1.
    pub(crate) sequence: u64,
    /// What is asked.
    pub(crate) asked: Asked,
    /// The statement, once it was read.
    pub(crate) understood: Option<Understood>,
    /// What it runs, by the catalog under which it was decided.
    pub(crate) stored: StoredCode,
    /// Bound parameters of an EXECUTE.
    pub(crate) parameters: Vec<Bound>,
    /// What came with the statement.
    pub(crate) attributes: Attributes,
    /// Whether it is the only statement of its text.
    pub(crate) alone: bool,
    /// Whether the catalog was loaded again for it already.
    pub(crate) refreshed: bool,
    /// The ticket under which it runs, once one is used.
    pub(crate) ticket: Option<String>,
    /// Types that an EXECUTE binds, to be kept once it is sent.
    pub(crate) types: Option<Vec<ValueType>>,
    /// Whether an EXECUTE opens a cursor.
    pub(crate) cursor: bool,
    /// How far it has come.
    pub(crate) stage: Stage,
}

impl Pending {
    pub(crate) fn new(sequence: u64, asked: Asked) -> Self {
        Self {
            sequence,
            asked,
            understood: None,
            stored: StoredCode::LeavesNames,
            parameters: Vec::new(),
            attributes: Attributes::default(),
            alone: true,
            refreshed: false,
            ticket: None,
            types: None,
            cursor: false,
            stage: Stage::Catalog,
        }
    }
}
