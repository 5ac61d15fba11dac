//! A command of the client as it goes to the target, and the form of what is answered.

use bytes::Bytes;
use mysql_proto::command::Command;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::statement::StatementId;

use crate::cursor;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::session::Session;

impl Session {
    /// The command as it goes to the target.
    pub(crate) fn wire(&self, pending: &Pending) -> (ReplyKind, Bytes) {
        let encoded = |command: Command<'_>| {
            let mut payload = Vec::new();
            command.encode(&mut payload);
            Bytes::from(payload)
        };
        match &pending.asked {
            Asked::Query(text) => (ReplyKind::Query, encoded(Command::Query(text))),
            Asked::InitDb(name) => (ReplyKind::Ok, encoded(Command::InitDb(name.as_bytes()))),
            Asked::Prepare(text) => (ReplyKind::Prepare, encoded(Command::StmtPrepare(text))),
            Asked::Execute { id, payload, .. } => match self.prepared.get(*id) {
                // The target has never seen it: it goes as text, and answers with OK in both.
                Some(prepared) if prepared.local => (
                    ReplyKind::Query,
                    encoded(Command::Query(&prepared.understood.text)),
                ),
                Some(_) | None if pending.cursor => (ReplyKind::Execute, cursor::asking(payload)),
                Some(_) | None => (ReplyKind::Execute, payload.clone()),
            },
            Asked::Fetch { id, rows } => {
                let statement_id = StatementId::new(*id);
                let rows = *rows;
                let fetch = Command::StmtFetch { statement_id, rows };
                (ReplyKind::Fetch, encoded(fetch))
            }
            Asked::Close(id) => (
                ReplyKind::Nothing,
                encoded(Command::StmtClose(StatementId::new(*id))),
            ),
            Asked::Reset(id) => (
                ReplyKind::Ok,
                encoded(Command::StmtReset(StatementId::new(*id))),
            ),
            Asked::FieldList { payload, .. } => (ReplyKind::FieldList, payload.clone()),
            Asked::Ping | Asked::SetOption(_) | Asked::ProcessKill(_) | Asked::Refused(_) => {
                (ReplyKind::Ok, encoded(Command::Ping))
            }
            Asked::Statistics => (ReplyKind::Statistics, encoded(Command::Statistics)),
            Asked::ResetConnection => (ReplyKind::Ok, encoded(Command::ResetConnection)),
        }
    }
}

/// How many physical packets a payload takes, as sequence numbers count them.
pub(crate) fn physical_packets(length: usize) -> u8 {
    let [low, ..] = (length / PHYSICAL_BYTES_MAX + 1).to_le_bytes();
    low
}
