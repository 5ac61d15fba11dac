//! A command that was sent, from its bytes to its recorded outcome.
//!
//! What goes to the target in one write is answered in order: the guard role, the client's
//! command, the role given back. Each expected reply is a [`Step`].

use std::collections::VecDeque;
use std::sync::Arc;

use audit_log::record;
use audit_log::record::SecurityEvent;
use bytes::Bytes;
use bytes::BytesMut;
use mysql_proto::charset::Charset;
use mysql_proto::exchange::Agreement;
use mysql_proto::frame::encode_packet;
use mysql_proto::types::SequenceId;
use policy_core::decision::Allow;
use policy_core::session::SessionContext;

use crate::client_file;
use crate::config::World;
use crate::cursor::CursorOf;
use crate::event::Action;
use crate::event::Durability;
use crate::follow;
use crate::kill;
use crate::mask;
use crate::mask::Shown;
use crate::numbers::Numbers;
use crate::own::OwnReply;
use crate::own::Purpose;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::phase::Phase;
use crate::prepared::Understood;
use crate::relay::Expected;
use crate::relay::Fed;
use crate::relay::Relay;
use crate::reply::Failure;
use crate::session::Session;
use crate::session::append;
use crate::stored_code::StoredCode;
use crate::wire::physical_packets;

/// How long a stopped statement may take to end, and the gateway's own to be answered.
const GRACE_US: u64 = 10_000_000;

/// One expected reply.
#[derive(Debug)]
pub(crate) enum Step {
    /// To a statement of the gateway's own.
    Own(Box<OwnReply>),
    /// To the client's command.
    Relay(Box<Relay>),
}

/// What follows when a command has ended.
#[derive(Debug)]
pub(crate) enum After {
    /// Nothing.
    Nothing,
    /// The state of a new connection is known: the login goes on.
    Settled,
    /// What was owed is answered.
    Owed {
        /// The state must be as it was.
        as_before: Option<Box<SessionContext>>,
        /// The command that waits to be decided.
        then: Option<Box<Pending>>,
        /// What it is refused with, for the statement before was undone.
        undone: Option<Failure>,
    },
    /// A statement was prepared.
    Prepared(Understood),
    /// The session was reset.
    Reset,
    /// A statement ran that changes the session or the schema.
    Effects(Arc<policy_core::statement::Statement>, StoredCode),
}

/// A command that was sent.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Its number within the session; none for the gateway's own.
    pub(crate) sequence: Option<u64>,
    pub(crate) started_us: u64,
    /// When it is stopped, or given up.
    pub(crate) deadline_us: u64,
    pub(crate) steps: VecDeque<Step>,
    pub(crate) done: Option<Box<Relay>>,
    pub(crate) after: After,
    pub(crate) stopped: bool,
    /// How often a statement of the gateway's own was sent once more.
    pub(crate) repeated: u8,
    pub(crate) out: Vec<u8>,
    /// What goes to the target behind the reply to the client's command: it may ask for a file
    /// there, and would take what follows for its content.
    pub(crate) later: Vec<u8>,
    /// Every reply is there and the outcome is on its way to the log.
    pub(crate) ended: bool,
    /// Its time was over after the reply had ended.
    pub(crate) late: bool,
    /// Its end clears the warnings of the statement before.
    pub(crate) clears_warnings: bool,
    pub(crate) protected: bool,
    /// The gateway answered it itself, with an error.
    pub(crate) failed: bool,
    /// The session is over when its answer was recorded.
    pub(crate) ends_session: bool,
    /// Whose cursor it opens or fetches from.
    pub(crate) cursor: Option<CursorOf>,
    /// Whose parameters, sent ahead, the target has used up if it succeeds.
    pub(crate) ahead: Option<u32>,
}

impl Exchange {
    /// Statements of the gateway's own, in this order.
    pub(crate) fn own(
        purposes: Vec<Purpose>,
        after: After,
        agreement: Agreement,
        deadline_us: u64,
    ) -> Self {
        let mut exchange = Self {
            sequence: None,
            started_us: 0,
            deadline_us,
            steps: VecDeque::new(),
            done: None,
            after,
            stopped: false,
            repeated: 0,
            out: Vec::new(),
            later: Vec::new(),
            ended: false,
            late: false,
            clears_warnings: false,
            protected: false,
            failed: false,
            ends_session: false,
            cursor: None,
            ahead: None,
        };
        for purpose in purposes {
            exchange.push_own(purpose, agreement);
        }
        exchange
    }

    pub(crate) fn push_own(&mut self, purpose: Purpose, agreement: Agreement) {
        purpose.encode(agreement, &mut self.out);
        self.steps
            .push_back(Step::Own(Box::new(OwnReply::new(purpose, agreement))));
    }

    pub(crate) fn relay(&self) -> Option<&Relay> {
        let waiting = self.steps.iter().find_map(|step| match step {
            Step::Relay(relay) => Some(relay.as_ref()),
            Step::Own(_) => None,
        });
        waiting.or(self.done.as_deref())
    }

    pub(crate) fn relay_mut(&mut self) -> Option<&mut Relay> {
        self.steps.iter_mut().find_map(|step| match step {
            Step::Relay(relay) => Some(relay.as_mut()),
            Step::Own(_) => None,
        })
    }

    /// Whether the session's state is another after it, by what it says.
    pub(crate) fn changes_what_follows(&self) -> bool {
        match &self.after {
            After::Effects(statement, _) => follow::changes_what_follows(statement),
            After::Nothing
            | After::Settled
            | After::Owed { .. }
            | After::Prepared(_)
            | After::Reset => false,
        }
    }

    /// Whether an error may be sent to the client now: not in the midst of a row.
    pub(crate) fn can_speak(&self) -> bool {
        self.relay().is_none_or(Relay::is_between_packets)
    }

    /// Whether it was stopped, and did not come to its end all the same.
    pub(crate) fn is_cut(&self) -> bool {
        self.stopped && !self.done.as_ref().is_some_and(|relay| relay.went_through())
    }

    /// The number of the next packet to the client; `None` while its login goes on.
    pub(crate) fn client_sequence(&self) -> Option<SequenceId> {
        if let Some(relay) = self.relay() {
            return Some(relay.next_sequence());
        }
        match self.after {
            // It waits for the answer to a command that was not decided.
            After::Settled | After::Owed { then: Some(_), .. } => None,
            // The client has its answer and waits for nothing.
            After::Owed { then: None, .. } => Some(SequenceId::ZERO),
            After::Nothing | After::Prepared(_) | After::Reset | After::Effects(..) => {
                Some(SequenceId::ZERO.next())
            }
        }
    }
}

impl Session {
    pub(crate) fn own_deadline(&self, world: World<'_>) -> u64 {
        world.now_us.saturating_add(GRACE_US)
    }

    pub(crate) fn send_exchange(&mut self, mut exchange: Exchange) {
        let out = std::mem::take(&mut exchange.out);
        self.actions.push_back(Action::ToServer(Bytes::from(out)));
        self.phase = Phase::Exchange(Box::new(exchange));
    }

    /// The only door to the target: a command whose intent is durable.
    pub(crate) fn send(&mut self, mut pending: Pending, allow: Arc<Allow>, world: World<'_>) {
        self.keep_sent(&mut pending);
        if Self::is_kill(&pending)
            && let Some(target) = kill::target(pending.understood.as_ref())
        {
            return self.kill(pending, target);
        }
        if self.answers_itself(&pending) {
            return self.answer(pending, world);
        }
        let agreement = self.agreement();
        let limit = allow
            .seconds_max
            .map_or(u64::MAX, |seconds| u64::from(seconds) * 1_000_000);
        let limit = limit.min(self.config.limits.statement_us);
        let deadline = world.now_us.saturating_add(limit);
        let mut exchange = Exchange::own(Vec::new(), After::Nothing, agreement, deadline);
        exchange.sequence = Some(pending.sequence);
        exchange.started_us = world.now_us;
        exchange.protected = allow.errors_hidden;
        exchange.clears_warnings = follow::clears_warnings(&pending);
        let guard = self
            .target_config()
            .and_then(|target| target.guard_role.clone());
        // The rows of a cursor were read when it was opened: both servers keep them aside.
        let fetches = matches!(pending.asked, Asked::Fetch { .. });
        let role = guard.filter(|_| allow.touches_protected && !fetches);
        if let Some(role) = &role {
            exchange.push_own(Purpose::TakeRole(role.clone()), agreement);
        }
        exchange.ahead = self.send_ahead(&pending, &mut exchange.out);
        let (kind, payload) = self.wire(&pending);
        encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut exchange.out);
        let sent_at_once = exchange.out.len();
        let sends_file = client_file::is_named(&pending);
        let statement = pending.understood.as_ref().map(|u| u.statement.clone());
        let expected = Expected {
            statement: statement.clone(),
            shown: Shown::of(statement.as_deref(), &allow, (world.catalog, &self.state)),
            guarded: self
                .target_config()
                .is_some_and(|target| target.guard_role.is_some()),
            allow,
            policy: world.policy.clone(),
            names: self.names(world),
            numbers: Numbers::of(statement.as_deref(), world),
            results: self.state.as_ref().map_or(Charset::Utf8mb4, |state| {
                mask::charset(state.context.results_charset)
            }),
        };
        let first = SequenceId::new(physical_packets(payload.len()));
        let mut relay = Relay::new(
            kind,
            client_file::agreement(agreement, sends_file),
            self.terms(),
            (first, self.client_sequence),
            expected,
        );
        self.with_cursor(&mut exchange, &mut relay, &pending);
        exchange.steps.push_back(Step::Relay(Box::new(relay)));
        if role.is_some() {
            exchange.push_own(Purpose::DropRole, agreement);
        }
        self.follow(&mut exchange, &pending, statement, world);
        if sends_file {
            exchange.later = exchange.out.split_off(sent_at_once);
        }
        self.send_exchange(exchange);
    }

    /// Takes what the target sent.
    pub(crate) fn read_server(&mut self, bytes: BytesMut, world: World<'_>) {
        append(&mut self.server_in, bytes);
        let mut input = std::mem::take(&mut self.server_in);
        match self.take_exchange() {
            Some(exchange) if !exchange.steps.is_empty() => self.feed(exchange, &mut input, world),
            ended => {
                if let Some(exchange) = ended {
                    self.phase = Phase::Exchange(exchange);
                }
                if !input.is_empty() {
                    return self.server_spoke(&input, world);
                }
            }
        }
        if !input.is_empty() && !self.is_closed() {
            append(&mut self.server_in, input);
        }
    }

    /// The exchange that is under way, if one is; the session is then between two commands.
    pub(crate) fn take_exchange(&mut self) -> Option<Box<Exchange>> {
        if !matches!(self.phase, Phase::Exchange(_)) {
            return None;
        }
        match std::mem::replace(&mut self.phase, Phase::Ready) {
            Phase::Exchange(exchange) => Some(exchange),
            Phase::Opening(_)
            | Phase::Login(_)
            | Phase::Refusing(_)
            | Phase::Identifying(..)
            | Phase::Connecting
            | Phase::AwaitingCatalog(_)
            | Phase::Admitting
            | Phase::Leaving(_)
            | Phase::Ready
            | Phase::Pending(_)
            | Phase::Closed => None,
        }
    }

    fn feed(&mut self, mut exchange: Box<Exchange>, input: &mut BytesMut, world: World<'_>) {
        let mut out = Vec::new();
        let (mut lost, mut early) = (None, false);
        while let Some(step) = exchange.steps.front_mut() {
            match step {
                Step::Own(own) => match own.feed(input) {
                    Ok(None) => break,
                    Ok(Some(end)) => {
                        let purpose = own.purpose.clone();
                        exchange.steps.pop_front();
                        if let Err(why) = self.own_step_ended(&mut exchange, purpose, end, world) {
                            lost = Some(why);
                            break;
                        }
                    }
                    Err(error) => {
                        lost = Some(error.to_string());
                        break;
                    }
                },
                Step::Relay(relay) if relay.awaits_file() => {
                    early = !input.is_empty();
                    break;
                }
                Step::Relay(relay) => match relay.feed(input, &mut out) {
                    Ok(Fed::More) => break,
                    Ok(Fed::AsksForFile(at_once)) => self.send_server(at_once),
                    Ok(Fed::Ended) => {
                        if let Some(Step::Relay(relay)) = exchange.steps.pop_front() {
                            exchange.done = Some(relay);
                        }
                        self.send_server(std::mem::take(&mut exchange.later));
                    }
                    Ok(Fed::Refused(refused)) => {
                        self.relay_refused(&mut exchange, refused.event, world)
                    }
                    Err(error) => {
                        lost = Some(error.to_string());
                        break;
                    }
                },
            }
        }
        // Also what stood in front of a mistake: packets are numbered on from there.
        for bytes in out {
            self.send_client(bytes);
        }
        if let Some(why) = lost {
            self.phase = Phase::Exchange(exchange);
            return self.lost(&why, world);
        }
        if early {
            self.phase = Phase::Exchange(exchange);
            return self.server_spoke_early(input, world);
        }
        if exchange.steps.is_empty() && !input.is_empty() {
            // Not the beginning of the next reply: nothing was asked yet.
            self.phase = Phase::Exchange(exchange);
            self.server_spoke(input, world);
        } else if exchange.steps.is_empty() {
            self.exchange_ended(exchange, world);
        } else {
            self.phase = Phase::Exchange(exchange);
            // The client may have begun to send before it was asked.
            self.read_file(world);
        }
    }

    /// Sends these behind what was sent.
    pub(crate) fn ask_more(&mut self, exchange: &mut Exchange, purposes: Vec<Purpose>) {
        for purpose in purposes {
            exchange.push_own(purpose, self.agreement());
        }
        let out = std::mem::take(&mut exchange.out);
        self.actions.push_back(Action::ToServer(Bytes::from(out)));
    }

    /// A reply is not passed on: the statement is stopped, what still comes is drained.
    fn relay_refused(
        &mut self,
        exchange: &mut Exchange,
        event: Option<(&'static str, String)>,
        world: World<'_>,
    ) {
        if let Some((kind, detail)) = event {
            let sequence = exchange.sequence;
            let event = SecurityEvent {
                kind: kind.into(),
                detail,
                sequence,
            };
            self.record(
                record::Event::SecurityEvent(event),
                Durability::Written,
                world,
            );
        }
        self.stop_at_target(exchange, world);
    }

    /// Gives the client an error in place of what follows, and stops what runs at the target.
    pub(crate) fn interrupt(
        &mut self,
        exchange: &mut Exchange,
        failure: Failure,
        world: World<'_>,
    ) {
        // A target that has read the last row of a file is done with it at its end, whoever stopped the
        // statement by then: there its own answer counts.
        if let Some(relay) = exchange.relay_mut().filter(|relay| !relay.awaits_file()) {
            relay.stop(failure);
        }
        self.stop_at_target(exchange, world);
    }

    /// Stops what runs at the target, once; its reply is still read to its end.
    fn stop_at_target(&mut self, exchange: &mut Exchange, world: World<'_>) {
        if !exchange.stopped {
            exchange.stopped = true;
            let own = self.own_deadline(world);
            // What is left of a file is for the client to send, in the time that it had anyway.
            let awaits_file = exchange.relay().is_some_and(Relay::awaits_file);
            exchange.deadline_us = match awaits_file {
                true => exchange.deadline_us.max(own),
                false => own,
            };
            self.actions.push_back(Action::KillStatement);
        }
    }
}
