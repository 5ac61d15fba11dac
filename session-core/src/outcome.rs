//! The end of a command: its outcome recorded, its effects followed, the session ready again.

use audit_log::record;
use audit_log::record::SecurityEvent;
use audit_log::statement::Status;
use mysql_proto::command::Command;
use mysql_proto::frame::encode_packet;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;
use policy_core::allow::unprotected;
use policy_core::session::TemporaryTables;
use policy_core::statement::Effect;

use crate::config::World;
use crate::event::Action;
use crate::event::Durability;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::follow::calls;
use crate::follow::changes_schema;
use crate::follow::changes_what_follows;
use crate::follow::prepares;
use crate::phase::Phase;
use crate::prepared::Prepared;
use crate::prepared::Understood;
use crate::record as records;
use crate::relay::End;
use crate::relay::Relay;
use crate::reply::Failure;
use crate::session::Session;
use crate::stored_code::StoredCode;

impl Session {
    /// All replies are there: the outcome is recorded before the client sees the end.
    pub(crate) fn exchange_ended(&mut self, mut exchange: Box<Exchange>, world: World<'_>) {
        if let Some(relay) = &exchange.done {
            let observed = relay.observed.clone();
            let names = self.names(world);
            let is_known = self.owed.is_none() && !exchange.changes_what_follows();
            if let Some(state) = &mut self.state
                && let Err(error) = state.observe(&observed, names, is_known)
            {
                self.phase = Phase::Exchange(exchange);
                return self.lost(&error.to_string(), world);
            }
        }
        let Some(sequence) = exchange.sequence else {
            return self.own_exchange_ended(*exchange, world);
        };
        exchange.ended = true;
        if let Some((kind, detail)) = exchange.done.as_mut().and_then(|relay| relay.event.take()) {
            let event = SecurityEvent {
                kind: kind.into(),
                detail,
                sequence: exchange.sequence,
            };
            self.record(
                record::Event::SecurityEvent(event),
                Durability::Written,
                world,
            );
        }
        let status = match exchange.done.as_ref().map(|relay| &relay.end) {
            _ if exchange.is_cut() => Status::Cancelled,
            None if exchange.failed => Status::Error,
            Some(Some(End::Failed { .. })) => Status::Error,
            Some(Some(End::Done { .. })) | None => Status::Ok,
            Some(None) => Status::Unknown,
        };
        let duration = world.now_us.saturating_sub(exchange.started_us);
        let event = records::outcome(sequence, exchange.done.as_deref(), status, duration);
        self.phase = Phase::Exchange(exchange);
        self.record(event, Durability::Written, world);
    }

    fn own_exchange_ended(&mut self, exchange: Exchange, world: World<'_>) {
        match exchange.after {
            After::Settled => self.settled(world),
            After::Owed {
                as_before,
                then,
                undone,
            } => self.owed_answered(as_before, (then, undone), world),
            After::Nothing | After::Prepared(_) | After::Reset | After::Effects(..) => {
                self.ready(world);
                self.read_client(world);
            }
        }
    }

    /// The outcome is recorded: the client gets the end of its reply.
    pub(crate) fn exchange_recorded(&mut self, mut exchange: Box<Exchange>, world: World<'_>) {
        if !exchange.ended {
            self.phase = Phase::Exchange(exchange);
            return;
        }
        let done = exchange.done.as_ref().and_then(|relay| relay.end.as_ref());
        let cleared = exchange.clears_warnings && matches!(done, Some(End::Done { .. }));
        self.hides_warnings = exchange.protected || (self.hides_warnings && !cleared);
        self.send_client(std::mem::take(&mut exchange.out));
        let is_cut = exchange.is_cut();
        let Some(mut relay) = exchange.done.take() else {
            if exchange.ends_session {
                return self.end("killed by itself", None, world);
            }
            if exchange.failed {
                self.waiting.clear();
            }
            return self.go_on(world);
        };
        let succeeded = matches!(relay.end, Some(End::Done { .. }));
        if let Some(id) = exchange.ahead.filter(|_| succeeded) {
            self.prepared.is_used_up(id);
        }
        let held = relay.take_held();
        self.send_client(held);
        self.client_sequence = relay.next_sequence();
        if !succeeded || is_cut {
            self.waiting.clear();
        } else if let Some(of) = exchange.cursor.take()
            && relay.leaves_cursor()
        {
            self.keep_cursor(of, &mut relay);
        }
        self.take_effects(exchange.after, &relay, succeeded, world);
        // What may tell of protected values is asked about by nobody before.
        if exchange.protected
            && let Some(owed) = self.owed.take()
        {
            return self.ask_owed(owed, None, world);
        }
        self.go_on(world);
    }

    /// What is another in the session after a command, and what of that is to be asked.
    fn take_effects(&mut self, after: After, relay: &Relay, succeeded: bool, world: World<'_>) {
        let mut untold = false;
        let predicted = match after {
            After::Prepared(understood) => {
                self.prepared.forget_last();
                if succeeded {
                    self.keep_prepared(understood, relay);
                }
                if let Some(id) = relay.unwanted {
                    self.close_at_target(id);
                }
                false
            }
            After::Reset => {
                self.prepared.clear();
                if let Some(state) = &mut self.state {
                    match succeeded {
                        true => state.forget_names(),
                        false => state.lose_names(),
                    }
                }
                true
            }
            After::Effects(statement, stored) => {
                self.apply(&statement, succeeded);
                self.leave(&statement, stored, succeeded, relay.observed.changed);
                untold = !succeeded && stored >= StoredCode::Runs;
                let left = self.left_to_ask(&statement, relay.end.as_ref(), world);
                self.owe(left);
                changes_what_follows(&statement)
            }
            After::Nothing | After::Settled | After::Owed { .. } => false,
        };
        if (relay.observed.followed_variable || untold) && !predicted {
            self.owe_probe();
        }
    }

    /// Closes a statement at the target that the client never heard of.
    fn close_at_target(&mut self, id: StatementId) {
        let (mut payload, mut packet) = (Vec::new(), Vec::new());
        Command::StmtClose(id).encode(&mut payload);
        encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut packet);
        self.actions.push_back(Action::ToServer(packet.into()));
    }

    fn keep_prepared(&mut self, understood: Understood, relay: &Relay) {
        if let Some(prepare_ok) = relay.prepared {
            let prepared = Prepared::new(understood, false);
            self.prepared
                .insert(prepare_ok.statement_id.value(), prepared);
        }
    }

    fn apply(&mut self, statement: &policy_core::statement::Statement, succeeded: bool) {
        if calls(statement) || statement.effects.iter().any(changes_schema) {
            self.actions.push_back(Action::SchemaChanged);
        }
        for effect in &statement.effects {
            self.apply_one(effect, succeeded);
        }
    }

    fn apply_one(&mut self, effect: &Effect, succeeded: bool) {
        let Some(state) = &mut self.state else {
            return;
        };
        match effect {
            Effect::UseSchema(schema) if succeeded => {
                state.context.default_schema = Some(schema.as_str().into());
            }
            // Told of once, however many objects a statement changes.
            Effect::SchemaChange(_) => {}
            Effect::SetVariable { name, .. } if unprotected::may_set(name) => {
                state.has_left_values = true;
            }
            // Asked of the target before anything hangs on it.
            Effect::CreateTemporary(_)
            | Effect::SetNames { .. }
            | Effect::SetVariable { .. }
            | Effect::SetForStatement { .. } => {}
            Effect::UseSchema(_)
            | Effect::SetUserVariable(_)
            | Effect::BeginTransaction
            | Effect::EndTransaction
            | Effect::Kill { .. } => {}
            // Some of several may be gone although the statement failed.
            Effect::DropTemporary(id) => state.drop_table(id),
            Effect::Prepare { name, prepared } if succeeded => {
                state.keep_text(name.clone(), prepared.clone());
            }
            // What the name stood for before is gone, too.
            Effect::Prepare { name, .. } | Effect::Deallocate(name) => state.drop_text(name),
            Effect::Anything => state.lose_names(),
        }
    }

    /// Follows what stored code may have left in the session. MariaDB does not tell what it did before it
    /// failed: its text does, but for a temporary table that it dropped as any other.
    fn leave(
        &mut self,
        statement: &policy_core::statement::Statement,
        stored: StoredCode,
        succeeded: bool,
        changed: bool,
    ) {
        let Some(state) = self.state.as_mut().filter(|_| !prepares(statement)) else {
            return;
        };
        let has_tables = match &state.context.temporary {
            TemporaryTables::Known(tables) => !tables.is_empty(),
            TemporaryTables::Unknown => true,
        };
        let dropped = !succeeded && !statement.routines.is_empty() && has_tables;
        match stored {
            StoredCode::None => {}
            StoredCode::Runs if changed || dropped => state.leave_values(),
            StoredCode::Runs => {}
            StoredCode::LeavesValues => state.leave_values(),
            StoredCode::LeavesNames => state.lose_names(),
        }
    }

    /// A statement ran for too long, or does not end although it was stopped.
    pub(crate) fn exchange_timer(&mut self, world: World<'_>) {
        let Some(mut exchange) = self.take_exchange() else {
            return;
        };
        if exchange.stopped && exchange.relay().is_some_and(Relay::awaits_file) {
            self.phase = Phase::Exchange(exchange);
            return self.file_is_late(world);
        }
        if exchange.stopped || exchange.late || exchange.sequence.is_none() {
            self.phase = Phase::Exchange(exchange);
            return self.lost("the target did not answer in time", world);
        }
        if exchange.done.is_some() || exchange.ended {
            // The reply has ended: to stop it would hit what runs there next.
            exchange.deadline_us = self.own_deadline(world);
            exchange.late = true;
            self.phase = Phase::Exchange(exchange);
            return;
        }
        let failure = Failure::new(
            3024,
            *b"HY000",
            "POSTERN-LIMIT",
            "query execution was interrupted, maximum statement execution time exceeded",
        );
        self.interrupt(&mut exchange, failure, world);
        self.phase = Phase::Exchange(exchange);
    }

    /// The session ends while a command runs.
    pub(crate) fn exchange_cut(&mut self, exchange: &mut Exchange, world: World<'_>) {
        let Some(sequence) = exchange.sequence.filter(|_| !exchange.ended) else {
            return;
        };
        if !exchange.stopped && exchange.done.is_none() {
            self.actions.push_back(Action::KillStatement);
        }
        let duration = world.now_us.saturating_sub(exchange.started_us);
        let event = records::outcome(sequence, exchange.relay(), Status::Cancelled, duration);
        self.record(event, Durability::Written, world);
    }
}
