//! KILL and COM_PROCESS_KILL: for the connections of the same principal at the same target, and
//! for no other.
//!
//! The target never sees them: the session that is meant is told, and stops its own statement
//! while it owns the reply. A number that means nobody else's connection and one that means no
//! connection at all are answered alike.

use policy_core::statement::Effect;
use policy_core::statement::kind::StatementKind;
use policy_core::unread::Unread;

use crate::config::World;
use crate::event::Action;
use crate::event::KillAnswer;
use crate::event::KillScope;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::judge::Judgement;
use crate::judge::Refusal;
use crate::judge::own_rule;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::pending::Stage;
use crate::phase::Phase;
use crate::prepared::Understood;
use crate::reply;
use crate::reply::Failure;
use crate::session::Session;

/// Which connection is meant, and what of it ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    /// The number, as a greeting or CONNECTION_ID() gave it.
    pub(crate) id: u64,
    /// What ends.
    pub(crate) scope: KillScope,
}

/// No connection has this number.
const NOBODY: Target = Target {
    id: u64::MAX,
    scope: KillScope::Statement,
};

/// Whom a statement would end; `None` when it is no KILL.
pub(crate) fn target(understood: Option<&Understood>) -> Option<Target> {
    let statement = &understood?.statement;
    let mut effects = statement.effects.iter();
    let found = effects.find_map(|effect| match effect {
        Effect::Kill { id, connection } => Some(Target {
            id: *id,
            scope: if *connection {
                KillScope::Session
            } else {
                KillScope::Statement
            },
        }),
        Effect::UseSchema(_)
        | Effect::SetNames { .. }
        | Effect::SetVariable { .. }
        | Effect::SetForStatement { .. }
        | Effect::SetUserVariable(_)
        | Effect::BeginTransaction
        | Effect::EndTransaction
        | Effect::SchemaChange(_)
        | Effect::CreateTemporary(_)
        | Effect::DropTemporary(_)
        | Effect::Prepare { .. }
        | Effect::Deallocate(_)
        | Effect::Anything => None,
    });
    // None of its forms goes to the target, where every session of the account could be meant.
    found.or_else(|| (statement.kind == StatementKind::Kill).then_some(NOBODY))
}

/// Why a KILL that is carried by another statement is not taken, if it is one.
pub(crate) fn carried(understood: &Understood, prepared: bool) -> Option<Unread> {
    let statement = &understood.statement;
    let is_carried = prepared || !statement.through.is_empty();
    (statement.kind == StatementKind::Kill && is_carried).then(|| Unread::Unsupported {
        construct: "KILL in a prepared statement or within another".to_owned(),
        hint: Some("send KILL as a text of its own"),
    })
}

impl Session {
    /// What was decided about a KILL: one's own connections need no rule, but a rule can take that.
    pub(crate) fn judge_kill(pending: &Pending, judgement: Judgement) -> Judgement {
        let is_plain = pending.understood.as_ref().is_some_and(|understood| {
            understood.statement.withheld.is_empty() && understood.statement.accesses.is_empty()
        });
        match judgement {
            Judgement::Refuse(refusal) if is_plain && is_only_uncovered(&refusal) => {
                Judgement::Allow(own_rule("builtin-own-connections"))
            }
            judgement @ (Judgement::Allow(_)
            | Judgement::Refuse(_)
            | Judgement::Ask(_)
            | Judgement::NeedsCatalog) => judgement,
        }
    }

    /// The intent is recorded: looks for the connection.
    pub(crate) fn kill(&mut self, mut pending: Pending, target: Target) {
        pending.stage = Stage::Killing(target);
        self.phase = Phase::Pending(Box::new(pending));
        self.actions.push_back(Action::Kill {
            id: target.id,
            scope: target.scope,
        });
    }

    pub(crate) fn kill_answered(&mut self, answer: KillAnswer, world: World<'_>) {
        let Some(pending) = self.take_pending() else {
            return;
        };
        let Stage::Killing(target) = pending.stage else {
            self.phase = Phase::Pending(Box::new(pending));
            return;
        };
        let failure = match answer {
            KillAnswer::Told => None,
            KillAnswer::Own => Some(interrupted()),
            KillAnswer::Unknown => Some(unknown(target.id)),
        };
        let mut out = Vec::new();
        match &failure {
            Some(failure) => mysql_proto::frame::encode_packet(
                &failure.payload(),
                &mut self.client_sequence,
                &mut out,
            ),
            None => {
                let terms = self.terms();
                let sequence = &mut self.client_sequence;
                reply::ok(terms.status, terms.capabilities, sequence, &mut out);
            }
        }
        let mut exchange = Exchange::own(Vec::new(), After::Nothing, self.agreement(), u64::MAX);
        exchange.sequence = Some(pending.sequence);
        exchange.started_us = world.now_us;
        exchange.protected = self.hides_warnings;
        exchange.failed = failure.is_some();
        exchange.ends_session =
            answer == KillAnswer::Own && matches!(target.scope, KillScope::Session);
        exchange.out = out;
        self.exchange_ended(Box::new(exchange), world);
    }

    /// Another session of the same principal ends this one, or what it runs.
    pub(crate) fn killed(&mut self, scope: KillScope, world: World<'_>) {
        match scope {
            KillScope::Session => {
                let failure = Failure::new(
                    1927,
                    *b"70100",
                    "POSTERN-KILL",
                    "the connection was killed by another of yours",
                );
                self.begin_news();
                self.end("killed by its principal", Some(&failure), world);
            }
            KillScope::Statement => self.stop_statement(world),
        }
    }

    /// Stops the statement that runs, if one does; the session goes on.
    fn stop_statement(&mut self, world: World<'_>) {
        let Some(mut exchange) = self.take_exchange() else {
            return;
        };
        let runs = exchange.sequence.is_some() && !exchange.ended && exchange.done.is_none();
        if runs && !exchange.stopped {
            self.interrupt(&mut exchange, interrupted(), world);
        }
        self.phase = Phase::Exchange(exchange);
    }

    /// Whether a command is a KILL, once it was read.
    pub(crate) fn is_kill(pending: &Pending) -> bool {
        match &pending.asked {
            Asked::Query(_) | Asked::ProcessKill(_) => {
                target(pending.understood.as_ref()).is_some()
            }
            Asked::InitDb(_)
            | Asked::Prepare(_)
            | Asked::Execute { .. }
            | Asked::Fetch { .. }
            | Asked::Close(_)
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::Refused(_) => false,
        }
    }
}

/// Whether nothing was said against it but that no rule is for it.
fn is_only_uncovered(refusal: &Refusal) -> bool {
    refusal.rule.is_none() && refusal.decision == audit_log::statement::Decision::Deny
}

pub(crate) fn interrupted() -> Failure {
    Failure::new(
        1317,
        *b"70100",
        "POSTERN-KILL",
        "query execution was interrupted",
    )
}

fn unknown(id: u64) -> Failure {
    Failure::new(
        1094,
        *b"HY000",
        "POSTERN-KILL",
        &format!("unknown thread id: {id}"),
    )
}
