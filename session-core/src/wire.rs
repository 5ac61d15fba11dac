//! A command of the client as it goes to the target, and the form of what is answered.

use bytes::Bytes;
use mysql_proto::command::Command;
use mysql_proto::command::CommandByte;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::StatementId;

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
        let as_text = |text: &[u8]| {
            let byte = [CommandByte::Query.to_u8()];
            let payload = [&byte, &*pending.attributes.header, text].concat();
            (ReplyKind::Query, Bytes::from(payload))
        };
        match &pending.asked {
            Asked::Query(text) => as_text(text),
            Asked::InitDb(name) => (ReplyKind::Ok, encoded(Command::InitDb(name.as_bytes()))),
            Asked::Prepare(text) => (ReplyKind::Prepare, encoded(Command::StmtPrepare(text))),
            Asked::Execute { id, payload, .. } => match self.prepared.get(*id) {
                // The target has never seen it: it goes as text, and answers with OK in both.
                Some(prepared) if prepared.local => as_text(&prepared.understood.text),
                Some(_) | None => (
                    ReplyKind::Execute,
                    with_flags(payload, self.execute_flags(pending)),
                ),
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

    /// The flags of an EXECUTE, besides what the client said.
    fn execute_flags(&self, pending: &Pending) -> CursorFlags {
        let mut flags = CursorFlags::empty();
        flags.set(CursorFlags::READ_ONLY, pending.cursor);
        // A count was read in front of the parameters, whether the client said that there is one or
        // not: the target is told.
        let is_counted = self.has_attributes() && !pending.parameters.is_empty();
        flags.set(CursorFlags::PARAMETER_COUNT_AVAILABLE, is_counted);
        flags
    }
}

/// How many physical packets a payload takes, as sequence numbers count them.
pub(crate) fn physical_packets(length: usize) -> u8 {
    let [low, ..] = (length / PHYSICAL_BYTES_MAX + 1).to_le_bytes();
    low
}

/// An EXECUTE with these flags, too: they stand behind the command and the statement's number.
fn with_flags(payload: &Bytes, flags: CursorFlags) -> Bytes {
    let said = payload.get(FLAGS_AT).copied().unwrap_or_default();
    if said & flags.bits() == flags.bits() {
        return payload.clone();
    }
    let mut changed = payload.to_vec();
    if let Some(said) = changed.get_mut(FLAGS_AT) {
        *said |= flags.bits();
    }
    changed.into()
}

const FLAGS_AT: usize = 5;
