//! Commands that the gateway answers itself, without the target.

use mysql_proto::flags::Capabilities;
use mysql_proto::frame::encode_packet;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::statement::PrepareOk;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;
use policy_core::remark::is_remark;
use policy_core::statement::Statement;
use policy_core::statement::kind::Class;
use policy_core::statement::kind::StatementKind;

use crate::config::World;
use crate::event::Action;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::prepared::Prepared;
use crate::reply;
use crate::session::Session;

/// Whether it shows the messages of the statement before; to prepare that shows nothing yet.
pub(crate) fn shows_warnings(statement: &Statement) -> bool {
    statement.kind == StatementKind::ShowWarnings
        && !statement.through.contains(&StatementKind::Prepare)
}

impl Session {
    /// Whether the gateway answers without the target.
    pub(crate) fn answers_itself(&self, pending: &Pending) -> bool {
        let statement = pending
            .understood
            .as_ref()
            .map(|understood| &understood.statement);
        let local = |id: &u32| {
            self.prepared
                .get(*id)
                .is_some_and(|prepared| prepared.local)
        };
        match &pending.asked {
            Asked::Query(text) => {
                let shows = statement.is_some_and(|s| shows_warnings(s));
                (self.hides_warnings && shows) || is_remark(text)
            }
            Asked::Prepare(_) => {
                statement.is_some_and(|s| s.kind.class() == Class::Schema && s.parameters == 0)
            }
            Asked::Close(_) | Asked::SetOption(_) => true,
            Asked::Reset(id) => local(id),
            Asked::InitDb(_)
            | Asked::Execute { .. }
            | Asked::Fetch { .. }
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => false,
        }
    }

    pub(crate) fn answer(&mut self, pending: Pending, world: World<'_>) {
        let mut out = Vec::new();
        let terms = self.terms();
        match pending.asked {
            Asked::Close(id) => {
                if self
                    .prepared
                    .remove(id)
                    .is_some_and(|prepared| !prepared.local)
                {
                    let (_, payload) = self.wire(&pending);
                    let mut packet = Vec::new();
                    encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut packet);
                    self.actions.push_back(Action::ToServer(packet.into()));
                }
            }
            Asked::Prepare(_) => {
                let id = self.prepared.next_local_id();
                if let Some(understood) = pending.understood.clone() {
                    let prepared = Prepared::new(understood, true);
                    self.prepared.insert(id, prepared);
                }
                let mut payload = Vec::new();
                let statement_id = StatementId::new(id);
                PrepareOk {
                    statement_id,
                    columns: 0,
                    params: 0,
                    warnings: 0,
                }
                .encode(&mut payload);
                encode_packet(&payload, &mut self.client_sequence, &mut out);
            }
            Asked::Query(ref text) if !is_remark(text) => {
                let capabilities = terms.capabilities;
                reply::no_warnings(
                    terms.status,
                    capabilities,
                    &mut self.client_sequence,
                    &mut out,
                );
            }
            Asked::SetOption(several) => self.allow_several(several, &mut out),
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Execute { .. }
            | Asked::Fetch { .. }
            | Asked::Reset(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => {
                let capabilities = terms.capabilities;
                reply::ok(
                    terms.status,
                    capabilities,
                    &mut self.client_sequence,
                    &mut out,
                );
            }
        }
        let mut exchange = Exchange::own(Vec::new(), After::Nothing, self.agreement(), u64::MAX);
        exchange.sequence = Some(pending.sequence);
        exchange.started_us = world.now_us;
        exchange.protected = self.hides_warnings;
        exchange.out = out;
        self.exchange_ended(Box::new(exchange), world);
    }

    /// From now on a text may hold several statements, or it may not.
    fn allow_several(&mut self, several: bool, out: &mut Vec<u8>) {
        self.capabilities
            .set(Capabilities::MULTI_STATEMENTS, several);
        if let Some(state) = &mut self.state {
            state.context.multi_statements = several;
        }
        let terms = self.terms();
        let end = OkPacket {
            status: terms.status,
            ..OkPacket::default()
        };
        reply::end_of_rows(&end, terms.capabilities, &mut self.client_sequence, out);
    }
}
