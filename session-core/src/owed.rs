//! What the gateway has to ask of the target before it decides again.
//!
//! What a statement did to its session is not asked right behind it: a statement of the gateway's own
//! would stand between it and what the client asks about it (SHOW WARNINGS, ROW_COUNT()). It waits for
//! the next command whose meaning hangs on the session's state, and is answered before that is decided.

use policy_core::session::SessionContext;
use policy_core::stateless::is_stateless;

use crate::config::World;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::judge::Refusal;
use crate::own::Purpose;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::reply::Failure;
use crate::session::Session;
use crate::state::StateError;

/// What is to be asked.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    purposes: Vec<Purpose>,
    /// No statement set anything, the target only told of it: the state must be as it was.
    as_before: Option<Box<SessionContext>>,
}

impl Session {
    /// These are to be asked.
    pub(crate) fn owe(&mut self, purposes: Vec<Purpose>) {
        if purposes.is_empty() {
            return;
        }
        let owed = self.owed.get_or_insert_default();
        for purpose in purposes {
            if !owed.purposes.contains(&purpose) {
                owed.purposes.push(purpose);
            }
        }
    }

    /// The target tells of a change that no statement made: what the state is now is to be asked.
    pub(crate) fn owe_probe(&mut self) {
        let Some(state) = &self.state else { return };
        let owed = self.owed.get_or_insert_default();
        if !owed.purposes.contains(&Purpose::ReadBack) {
            owed.purposes.push(Purpose::ReadBack);
            owed.as_before = Some(Box::new(state.context.clone()));
        }
    }

    /// Gives a command back that can be decided now; any other waits for what is owed.
    pub(crate) fn with_state_known(
        &mut self,
        pending: Pending,
        world: World<'_>,
    ) -> Option<Pending> {
        if self.passes_first(&pending) {
            return Some(pending);
        }
        let Some(owed) = self.owed.take() else {
            return Some(pending);
        };
        self.ask_owed(owed, Some(pending), world);
        None
    }

    /// Whether a command can be decided before what is owed is answered.
    fn passes_first(&self, pending: &Pending) -> bool {
        match &pending.asked {
            Asked::Query(text) | Asked::Prepare(text) => is_stateless(text),
            Asked::Execute { id, .. } => {
                let prepared = self.prepared.get(*id);
                prepared.is_none_or(|prepared| is_stateless(&prepared.understood.text))
            }
            // No statements: both servers keep what there is to ask about the one before.
            Asked::Close(_)
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::SetOption(_)
            | Asked::Refused(_) => true,
            Asked::InitDb(_)
            | Asked::Fetch { .. }
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::ProcessKill(_) => false,
        }
    }

    /// Asks what is owed; then the command is decided, if one waits for that.
    pub(crate) fn ask_owed(&mut self, owed: Owed, then: Option<Pending>, world: World<'_>) {
        let after = After::Owed {
            as_before: owed.as_before,
            then: then.map(Box::new),
            undone: None,
        };
        let (agreement, deadline) = (self.agreement(), self.own_deadline(world));
        self.send_exchange(Exchange::own(owed.purposes, after, agreement, deadline));
    }

    /// What was owed is answered.
    pub(crate) fn owed_answered(
        &mut self,
        as_before: Option<Box<SessionContext>>,
        (then, undone): (Option<Box<Pending>>, Option<Failure>),
        world: World<'_>,
    ) {
        if let Some(state) = &mut self.state {
            if undone.is_some() {
                // The flags at hand are those of what was undone.
                state.flag_mode();
            }
            // What is still owed explains the difference.
            let explained = self.owed.is_some();
            let same = |before: &SessionContext| {
                let now = &state.context;
                now.sql_mode == before.sql_mode
                    && now.client_charset == before.client_charset
                    && now.connection_charset == before.connection_charset
                    && now.results_charset == before.results_charset
            };
            if !explained && !as_before.is_none_or(|before| same(&before)) {
                return self.lost("a variable changed that no statement set", world);
            }
            // The flags of the last reply to the client were not held against a mode that was not known.
            if !explained && let Err(error) = state.check_flags(state.status) {
                return self.lost(&error.to_string(), world);
            }
        }
        match (then, undone) {
            (Some(pending), None) => self.consider(*pending, world),
            (Some(pending), Some(failure)) => {
                self.refuse(*pending, Refusal::of(failure), None, world);
            }
            (None, _) => self.go_on(world),
        }
    }

    /// Undoes a statement that set what nobody can read statements under, where its client can be told.
    /// That value was in a variable, or came of an expression: written out it is refused.
    pub(crate) fn undoes(&mut self, exchange: &mut Exchange, error: &StateError) -> bool {
        let After::Owed {
            as_before: None,
            then: Some(_),
            undone: undone @ None,
        } = &mut exchange.after
        else {
            return false;
        };
        let what = match error {
            StateError::SqlMode(mode) => format!("SQL mode `{mode}`"),
            StateError::Charset(charset) => format!("character set `{charset}`"),
            StateError::Unreadable | StateError::Flags => return false,
        };
        let Some(state) = &self.state else {
            return false;
        };
        let text = format!(
            "the {what} that was set before is not supported, so what was in force until then is again; \
             this statement was not sent: send it once more"
        );
        *undone = Some(Failure::new(1231, *b"42000", "POSTERN-STATE", &text));
        let restoring = state.restoring().into_iter().map(Purpose::Restore);
        let purposes = restoring.chain([Purpose::ReadBack]).collect();
        self.ask_more(exchange, purposes);
        true
    }
}
