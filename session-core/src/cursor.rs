//! Cursors: rows that wait at the target after an EXECUTE, and the masks under which each FETCH
//! shows some of them.
//!
//! A FETCH brings rows without definitions, so what was compared and made for the EXECUTE is kept
//! with the statement. It serves only as long as the same decision would be made again: under
//! another policy, mode or character set, or where the text means something else by now, the rows
//! stay where they are and the client is told to execute the statement again.

use std::sync::Arc;

use masking::stream::ResultMasker;
use policy_core::decision::Allow;
use policy_core::server::ServerKind;
use policy_core::statement::Output;
use policy_core::statement::Statement;
use policy_core::statement::kind::StatementKind;

use crate::config::Policy;
use crate::config::World;
use crate::exchange::Exchange;
use crate::judge::Judgement;
use crate::judge::refused;
use crate::judge::understand;
use crate::judge::without_catalog;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::prepared::Understood;
use crate::relay::Relay;
use crate::reply::Failure;
use crate::reply::unknown_statement;
use crate::session::Session;

/// The most cursors that one session keeps open: the target holds the rows of each.
const CURSORS_MAX: usize = 16;

/// An open cursor.
#[derive(Debug)]
pub(crate) struct Cursor {
    /// What its rows were read as, when it was opened.
    pub(crate) understood: Understood,
    /// What was allowed then.
    pub(crate) allow: Arc<Allow>,
    /// The policy that allowed it.
    pub(crate) policy: Arc<Policy>,
    /// What its rows go through; none where every column is shown as it is.
    pub(crate) masker: Option<ResultMasker>,
    /// Rows that the client has already.
    pub(crate) rows: u64,
}

/// Whose cursor a command opens or fetches from.
#[derive(Debug)]
pub(crate) struct CursorOf {
    id: u32,
    understood: Understood,
}

impl Session {
    /// Decides about an EXECUTE that was read, and whether it opens a cursor.
    pub(crate) fn judge_cursor(
        &mut self,
        pending: &mut Pending,
        id: u32,
        asked: bool,
        world: World<'_>,
    ) -> Judgement {
        let understood = pending.understood.as_ref();
        pending.cursor = asked && understood.is_some_and(|u| has_cursor(&u.statement));
        let judgement = self.decide(pending, None, world);
        if !matches!(judgement, Judgement::Allow(_)) {
            return judgement;
        }
        if pending.cursor && self.prepared.cursors_besides(id) >= CURSORS_MAX {
            return refused(Failure::new(
                1461,
                *b"42000",
                "POSTERN-LIMIT",
                "too many cursors are open; fetch one to its end, or close its statement",
            ));
        }
        // MySQL (seen on 9.7) then announces columns, sends no rows, and never ends the reply.
        let began_with_cursor = self
            .prepared
            .get(id)
            .is_some_and(|prepared| prepared.began_with_cursor == Some(true));
        let kind = self.state.as_ref().map(|state| state.context.server.kind);
        if !pending.cursor && began_with_cursor && kind == Some(ServerKind::MySql) {
            return refused(Failure::new(
                1243,
                *b"HY000",
                "POSTERN-STATEMENT",
                "the statement was first executed with a cursor, and the target cannot run it \
                 without one; prepare it again",
            ));
        }
        judgement
    }

    /// Decides about a FETCH: whether its rows may still be shown as was decided at the EXECUTE.
    pub(crate) fn judge_fetch(
        &mut self,
        pending: &mut Pending,
        id: u32,
        world: World<'_>,
    ) -> Judgement {
        let (Some(prepared), Some(state)) = (self.prepared.get(id), &self.state) else {
            return refused(unknown_statement());
        };
        let Some(cursor) = &prepared.cursor else {
            return refused(Failure::new(
                1421,
                *b"HY000",
                "POSTERN-CURSOR",
                "the statement has no open cursor; execute it first",
            ));
        };
        let Some(catalog) = world.catalog else {
            return without_catalog(pending);
        };
        let under = &cursor.understood.under;
        // Rows are converted when they are fetched, so the character set counts, too.
        if !Arc::ptr_eq(&cursor.policy, world.policy) || !under.is_in_mode(&state.context) {
            return refused(stale());
        }
        if under.holds(&state.context, state.overlay, catalog) {
            pending.understood = Some(cursor.understood.clone());
        } else {
            let text = cursor.understood.text.clone();
            let context = under.renewed(&state.context);
            let limit = self.config.limits.statement_bytes_max;
            let again = understand(text.clone(), (&context, state.overlay), catalog, limit);
            match again {
                Ok(again) if again.statement == cursor.understood.statement => {
                    pending.understood = Some(again);
                }
                Ok(_) => return refused(stale()),
                Err(unread) => return self.not_read(pending, (&text, &unread), world),
            }
        }
        let allow = Arc::clone(&cursor.allow);
        match self.decide(pending, None, world) {
            Judgement::Allow(now) if now == allow => Judgement::Allow(allow),
            Judgement::Allow(_) | Judgement::Ask(_) => refused(stale()),
            judgement @ (Judgement::Refuse(_) | Judgement::NeedsCatalog) => judgement,
        }
    }

    /// Hands the cursor, if the command has to do with one, to the relay of its reply.
    pub(crate) fn with_cursor(
        &mut self,
        exchange: &mut Exchange,
        relay: &mut Relay,
        pending: &Pending,
    ) {
        let (id, opens) = match &pending.asked {
            Asked::Execute { id, .. } => (*id, pending.cursor),
            Asked::Fetch { id, .. } => (*id, false),
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Prepare(_)
            | Asked::Close(_)
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => return,
        };
        let understood = if opens {
            relay.expect_cursor();
            pending.understood.clone()
        } else {
            let prepared = self.prepared.get_mut(id);
            prepared
                .and_then(|prepared| prepared.cursor.take())
                .map(|cursor| {
                    relay.fetch_from(cursor.masker, cursor.rows);
                    cursor.understood
                })
        };
        exchange.cursor = understood.map(|understood| CursorOf { id, understood });
    }

    /// Keeps the cursor that a command left open.
    pub(crate) fn keep_cursor(&mut self, of: CursorOf, relay: &mut Relay) {
        if let Some(prepared) = self.prepared.get_mut(of.id) {
            prepared.cursor = Some(relay.take_cursor(of.understood));
        }
    }
}

/// Whether a cursor may be asked for. Both servers have ended at a cursor over what is no plain
/// query (EXPLAIN on MySQL 9.7, DELETE … RETURNING on MariaDB 10.11), and may always be asked to
/// answer without one.
fn has_cursor(statement: &Statement) -> bool {
    statement.kind == StatementKind::Select
        && statement.through.is_empty()
        && matches!(&statement.output, Output::Columns(columns) if !columns.is_empty())
}

fn stale() -> Failure {
    Failure::new(
        1421,
        *b"HY000",
        "POSTERN-CURSOR",
        "the policy, the session or what the statement names changed since its cursor was opened, \
         so no more of its rows are shown; execute it again",
    )
}
