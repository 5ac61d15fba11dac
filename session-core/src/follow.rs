//! What follows from a command that is sent: what is kept of it, and what is asked after it.

use std::sync::Arc;

use policy_core::name::TableId;
use policy_core::session::TemporaryTables;
use policy_core::statement::Effect;
use policy_core::statement::Verb;
use policy_core::statement::kind::StatementKind;

use crate::config::World;
use crate::event::Action;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::own;
use crate::own::Purpose;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::relay::End;
use crate::session::Session;
use crate::state;

impl Session {
    /// Keeps what the target knows of a prepared statement once the command has reached it.
    pub(crate) fn keep_sent(&mut self, pending: &mut Pending) {
        let types = pending.types.take();
        match &pending.asked {
            Asked::Execute { id, .. } => {
                if let Some(prepared) = self.prepared.get_mut(*id) {
                    if types.is_some() {
                        prepared.types = types;
                    }
                    prepared.cursor = None;
                    prepared.began_with_cursor.get_or_insert(pending.cursor);
                }
            }
            Asked::Reset(id) => {
                self.prepared.forget_long_data(*id);
                if let Some(prepared) = self.prepared.get_mut(*id) {
                    prepared.cursor = None;
                }
            }
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Prepare(_)
            | Asked::Fetch { .. }
            | Asked::Close(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => {}
        }
    }

    /// What must be sent after the command to keep the session's state known.
    pub(crate) fn follow(
        &mut self,
        exchange: &mut Exchange,
        pending: &Pending,
        statement: Option<Arc<policy_core::statement::Statement>>,
        world: World<'_>,
    ) {
        let agreement = self.agreement();
        match &pending.asked {
            Asked::Prepare(_) => {
                if let Some(understood) = &pending.understood {
                    exchange.after = After::Prepared(understood.clone());
                }
            }
            Asked::ResetConnection => {
                for purpose in self.track(world) {
                    exchange.push_own(purpose, agreement);
                }
                exchange.push_own(Purpose::ReadBack, agreement);
                exchange.after = After::Reset;
            }
            Asked::Query(_) | Asked::InitDb(_) | Asked::Execute { .. } => {
                let Some(statement) = statement else {
                    return;
                };
                if calls(&statement) || statement.effects.iter().any(changes_schema) {
                    self.actions.push_back(Action::SchemaChanged);
                }
                exchange.after = After::Effects(statement, pending.stored);
            }
            Asked::Close(_)
            | Asked::Fetch { .. }
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => {}
        }
    }

    /// What is to be asked after a statement, which has ended like this.
    pub(crate) fn left_to_ask(
        &self,
        statement: &policy_core::statement::Statement,
        end: Option<&End>,
        world: World<'_>,
    ) -> Vec<Purpose> {
        let mut purposes = Vec::new();
        if changes_what_follows(statement) {
            purposes.push(Purpose::ReadBack);
        }
        if calls(statement) || statement.effects.contains(&Effect::Anything) {
            purposes.extend(self.track_again(world));
        }
        let made = matches!(end, Some(End::Done { .. }));
        for effect in &statement.effects {
            if let Effect::CreateTemporary(id) = effect
                && self.may_have_changed(id, end)
            {
                let id = id.clone();
                purposes.push(Purpose::Shape { id, made });
            }
        }
        purposes
    }

    /// Whether a temporary table may be another after a statement that makes one. To ask about a table
    /// that is none would be an error of its own, which MariaDB shows to who asks for the last.
    fn may_have_changed(&self, id: &TableId, end: Option<&End>) -> bool {
        let tables = self.state.as_ref().map(|state| &state.context.temporary);
        match (tables, end) {
            (Some(TemporaryTables::Known(tables)), Some(End::Failed { code, .. })) => {
                tables.contains_key(id) || own::is_interruption(*code)
            }
            (Some(TemporaryTables::Known(_)), Some(End::Done { .. }) | None) => true,
            // No name is trusted, whatever it stands for.
            (Some(TemporaryTables::Unknown) | None, _) => false,
        }
    }
}

/// Whether it runs a procedure, whose body may do anything; to prepare that runs nothing yet.
pub(crate) fn calls(statement: &policy_core::statement::Statement) -> bool {
    statement.kind == StatementKind::Call && !prepares(statement)
}

/// Whether it only prepares what it carries.
pub(crate) fn prepares(statement: &policy_core::statement::Statement) -> bool {
    statement.through.contains(&StatementKind::Prepare)
}

/// Whether a statement may change how later ones read.
pub(crate) fn changes_what_follows(statement: &policy_core::statement::Statement) -> bool {
    calls(statement) || statement.effects.iter().any(changes_reading)
}

/// Whether an effect changes how later statements read.
pub(crate) fn changes_reading(effect: &Effect) -> bool {
    match effect {
        Effect::SetNames { .. } | Effect::Anything => true,
        Effect::SetVariable { name, .. } | Effect::SetForStatement { name, .. } => {
            state::is_followed(name)
        }
        Effect::UseSchema(_)
        | Effect::SetUserVariable(_)
        | Effect::BeginTransaction
        | Effect::EndTransaction
        | Effect::SchemaChange(_)
        | Effect::CreateTemporary(_)
        | Effect::DropTemporary(_)
        | Effect::Prepare { .. }
        | Effect::Kill { .. }
        | Effect::Deallocate(_) => false,
    }
}

pub(crate) fn changes_schema(effect: &Effect) -> bool {
    matches!(effect, Effect::SchemaChange(_) | Effect::Anything)
}

/// Whether the warnings of the statement before are gone once this one succeeded. MariaDB keeps them
/// over statements without a table, and both servers over commands that are no statements.
pub(crate) fn clears_warnings(pending: &Pending) -> bool {
    let runs = match &pending.asked {
        Asked::Query(_) | Asked::Execute { .. } => true,
        Asked::InitDb(_)
        | Asked::Prepare(_)
        | Asked::Fetch { .. }
        | Asked::Close(_)
        | Asked::Reset(_)
        | Asked::Ping
        | Asked::Statistics
        | Asked::ResetConnection
        | Asked::FieldList { .. }
        | Asked::SetOption(_)
        | Asked::ProcessKill(_)
        | Asked::Refused(_) => false,
    };
    let statement = pending.understood.as_ref().map(|u| &u.statement);
    // What dynamic SQL carries clears them or not, as the server pleases.
    runs && statement.is_some_and(|statement| {
        statement.through.is_empty()
            && statement.accesses.iter().any(|access| {
                matches!(
                    access.verb,
                    Verb::Read | Verb::Insert | Verb::Update | Verb::Delete
                )
            })
    })
}
