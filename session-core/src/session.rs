//! One client session: what happened goes in, what to do comes out.
//!
//! A command goes through [`crate::pending::Stage`]s until its intent is recorded; only then is it
//! sent, as an [`crate::exchange::Exchange`]. The caller cannot get that order wrong: it only
//! reports what happened, and does what [`Session::poll_action`] says.

use std::collections::VecDeque;
use std::sync::Arc;

use audit_log::record;
use audit_log::record::Record;
use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use mysql_proto::exchange::Agreement;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::limits::Limits;
use mysql_proto::types::SequenceId;

use crate::ahead::Came;
use crate::ahead::Incoming;
use crate::attributes::Attributes;
use crate::cache::Readings;
use crate::config::SessionConfig;
use crate::config::TargetConfig;
use crate::config::World;
use crate::event::Action;
use crate::event::Durability;
use crate::event::Event;
use crate::login::Login;
use crate::owed::Owed;
use crate::pending::Pending;
use crate::phase::Known;
use crate::phase::Opening;
use crate::phase::Phase;
use crate::prepared::PreparedStatements;
use crate::relay::ClientTerms;
use crate::reply::Failure;
use crate::state::State;
use crate::tracking::Tracked;

/// One client session.
#[derive(Debug)]
pub struct Session {
    pub(crate) config: Arc<SessionConfig>,
    pub(crate) opening: Opening,
    pub(crate) phase: Phase,
    pub(crate) actions: VecDeque<Action>,
    pub(crate) client_in: BytesMut,
    pub(crate) assembler: PacketAssembler,
    /// Data of a parameter that has not come to its end.
    pub(crate) incoming: Option<Incoming>,
    /// The number of the next packet to the client.
    pub(crate) client_sequence: SequenceId,
    pub(crate) server_in: BytesMut,
    pub(crate) limits: Limits,
    /// The longest command that both the configuration and the target accept.
    pub(crate) accepted_bytes_max: usize,
    /// The longest command that the target accepts.
    pub(crate) target_bytes_max: usize,
    /// What the client and the gateway both can do.
    pub(crate) capabilities: Capabilities,
    pub(crate) known: Option<Arc<Known>>,
    pub(crate) state: Option<State>,
    pub(crate) prepared: PreparedStatements,
    pub(crate) readings: Readings,
    /// What is to be asked of the target before anything is decided that hangs on it.
    pub(crate) owed: Option<Owed>,
    /// Statements of the text under way that were decided and wait for those before them.
    pub(crate) waiting: VecDeque<(Bytes, Arc<Attributes>)>,
    pub(crate) commands: u64,
    /// When the login at hand began.
    pub(crate) began_us: u64,
    /// Since when the session has been where it is.
    pub(crate) since_us: u64,
    /// The last statement touched a protected column: its warnings are not shown.
    pub(crate) hides_warnings: bool,
    pub(crate) draining: bool,
    /// Nothing was under way at the target when the session ended.
    pub(crate) parted: bool,
    /// Records whose answer is still to come.
    pub(crate) unanswered: u32,
}

impl Session {
    /// A session that has not begun; [`Event::Start`] begins it.
    #[must_use]
    pub fn new(config: Arc<SessionConfig>, opening: Opening) -> Self {
        let login = Login::new(Salt::from_random(opening.salt), config.capabilities);
        let mut limits = Limits::default();
        limits.packet_bytes_max = config.limits.packet_bytes_max;
        Self {
            phase: Phase::Opening(login),
            actions: VecDeque::new(),
            client_in: BytesMut::new(),
            assembler: PacketAssembler::new(Limits::LOGIN_PACKET_BYTES_MAX),
            incoming: None,
            client_sequence: SequenceId::ZERO,
            server_in: BytesMut::new(),
            limits,
            accepted_bytes_max: limits.packet_bytes_max,
            target_bytes_max: limits.packet_bytes_max,
            capabilities: Capabilities::empty(),
            known: None,
            state: None,
            prepared: PreparedStatements::default(),
            readings: Readings::default(),
            owed: None,
            waiting: VecDeque::new(),
            commands: 0,
            began_us: opening.now_us,
            since_us: opening.now_us,
            hides_warnings: false,
            draining: false,
            parted: false,
            unanswered: 0,
            config,
            opening,
        }
    }

    /// What to do next; to be called until it gives `None`, after every event.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The target that the session has, once its login was accepted.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.target_config().map(|target| target.name.as_str())
    }

    /// The number that the greeting gave the connection.
    #[must_use]
    pub fn connection_id(&self) -> u32 {
        self.opening.connection_id
    }

    /// Whether more bytes of the client are wanted. When not, they stay in its socket.
    #[must_use]
    pub fn wants_client(&self) -> bool {
        self.client_in.len() < CLIENT_BACKLOG_MAX && !self.is_closed()
    }

    /// Whether what the target sends is read although the client has not taken what it was sent: of
    /// a statement that was stopped the client gets no more than an error, and what is left of a
    /// row that it has the beginning of.
    #[must_use]
    pub fn drops_rows(&self) -> bool {
        matches!(&self.phase, Phase::Exchange(exchange) if exchange.stopped)
    }

    /// Whether the session has ended: after the actions that are left, nothing follows.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether the target is to be told that the connection ends: it would count it as lost
    /// otherwise. In the midst of a command that would not be understood.
    #[must_use]
    pub fn parts_from_target(&self) -> bool {
        self.parted
    }

    /// Whether the session was told to end between two commands.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// When [`Event::Timer`] is due, in microseconds since the epoch.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let limits = &self.config.limits;
        let ends = self.known.as_ref().map(|known| known.ends_us);
        match &self.phase {
            Phase::Closed => None,
            Phase::Ready => {
                let idle = self.since_us.saturating_add(limits.idle_us);
                Some(ends.map_or(idle, |ends| ends.min(idle)))
            }
            Phase::Exchange(exchange) if exchange.ended => Some(exchange.deadline_us),
            Phase::Exchange(exchange) => {
                Some(ends.map_or(exchange.deadline_us, |ends| ends.min(exchange.deadline_us)))
            }
            Phase::Pending(_) => Some(self.since_us.saturating_add(limits.statement_us)),
            Phase::Opening(_)
            | Phase::Login(_)
            | Phase::Refusing(_)
            | Phase::Identifying(..)
            | Phase::Connecting
            | Phase::AwaitingCatalog(_)
            | Phase::Admitting
            | Phase::Leaving(_) => Some(self.began_us.saturating_add(limits.login_us)),
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, event: Event, world: World<'_>) {
        if self.is_closed() {
            return;
        }
        match event {
            Event::Start => self.start(world),
            Event::FromClient(bytes) => {
                append(&mut self.client_in, bytes);
                self.read_client(world);
            }
            Event::FromServer(bytes) => self.read_server(bytes, world),
            // The next packet of the client is the handshake response.
            Event::TlsStarted => self.read_client(world),
            Event::Identified(answer) => self.identified(answer, world),
            Event::Connected(answer) => self.connected(answer, world),
            Event::Recorded => {
                // One answer comes for each record, in order. What goes on is always the last, so
                // the answer to an older one, whose command was given up, lets nothing pass.
                if self.record_answered() && self.unanswered == 0 {
                    self.recorded(world);
                }
            }
            Event::RecordFailed => {
                if self.record_answered() {
                    self.record_failed(world);
                }
            }
            Event::CatalogRefreshed => self.catalog_refreshed(world),
            Event::ApprovalAnswered(answer) => self.approval_answered(answer, world),
            Event::UseConsumed(answer) => self.use_consumed(answer, world),
            Event::KillAnswered(answer) => self.kill_answered(answer, world),
            Event::Killed(scope) => self.killed(scope, world),
            Event::ClientGone => self.end("the client closed the connection", None, world),
            Event::ServerGone => self.server_gone(world),
            Event::Timer => self.timer(world),
            Event::Drain => {
                self.draining = true;
                self.drain_if_ready(world);
            }
        }
    }

    fn start(&mut self, world: World<'_>) {
        let opened = record::ConnectionOpened {
            peer: self.opening.peer.clone(),
            listener: self.config.listener.clone(),
            tls: None,
        };
        self.record(
            record::Event::ConnectionOpened(opened),
            Durability::Written,
            world,
        );
    }

    /// Counts the answer to a record; false when none was awaited.
    fn record_answered(&mut self) -> bool {
        let awaited = self.unanswered > 0;
        self.unanswered = self.unanswered.saturating_sub(1);
        awaited
    }

    /// Every record is durable: what waited for it goes on.
    fn recorded(&mut self, world: World<'_>) {
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Opening(login) => self.greet(login),
            Phase::Refusing(error) => {
                self.send_packet(&error);
                self.end("the login was refused", None, world);
            }
            Phase::Admitting => self.admitted(world),
            Phase::Leaving(content) => self.left(&content, world),
            Phase::Pending(pending) => self.pending_recorded(*pending, world),
            Phase::Exchange(exchange) => self.exchange_recorded(exchange, world),
            phase @ (Phase::Login(_)
            | Phase::Identifying(..)
            | Phase::Connecting
            | Phase::AwaitingCatalog(_)
            | Phase::Ready) => self.phase = phase,
            Phase::Closed => {}
        }
    }

    /// A record will never be durable: nothing that waited for it happens.
    fn record_failed(&mut self, world: World<'_>) {
        let failure = Failure::unrecorded();
        if let Some(pending) = self.take_pending() {
            self.forget_refused(&pending.asked);
            if pending.answers_client() {
                self.send_failure(&failure);
            }
            self.ready(world);
            return self.read_client(world);
        }
        self.begin_news();
        self.end("the audit log cannot be written", Some(&failure), world);
    }

    /// The command that waits, if one does; the session is then between two commands.
    pub(crate) fn take_pending(&mut self) -> Option<Pending> {
        if !matches!(self.phase, Phase::Pending(_)) {
            return None;
        }
        match std::mem::replace(&mut self.phase, Phase::Ready) {
            Phase::Pending(pending) => Some(*pending),
            Phase::Opening(_)
            | Phase::Login(_)
            | Phase::Refusing(_)
            | Phase::Identifying(..)
            | Phase::Connecting
            | Phase::AwaitingCatalog(_)
            | Phase::Admitting
            | Phase::Leaving(_)
            | Phase::Ready
            | Phase::Exchange(_)
            | Phase::Closed => None,
        }
    }

    /// Reads what the client sent, as far as the session can take it now.
    pub(crate) fn read_client(&mut self, world: World<'_>) {
        self.read_file(world);
        while matches!(self.phase, Phase::Login(_) | Phase::Ready) {
            if self.forgets_at_target(world) {
                return;
            }
            match self.read_ahead(world) {
                Came::Other => {}
                Came::More => return,
                Came::End => continue,
            }
            let mut rest: &[u8] = &self.client_in;
            let before = rest.len();
            let packet = self.assembler.feed_owned(&mut rest).transpose();
            let read = before - rest.len();
            self.client_in.advance(read);
            if self.client_in.is_empty() {
                self.client_in = BytesMut::new();
            }
            match packet {
                None => return,
                Some(Ok((sequence, payload))) => {
                    self.client_sequence = sequence.next();
                    self.client_packet(Bytes::from(payload), world);
                }
                Some(Err(error)) => return self.broken_frame(error, world),
            }
        }
    }

    fn client_packet(&mut self, payload: Bytes, world: World<'_>) {
        self.since_us = world.now_us;
        if matches!(self.phase, Phase::Ready) {
            self.assembler.expect_sequence(SequenceId::ZERO);
            return self.command(payload, world);
        }
        if let Phase::Login(login) = std::mem::replace(&mut self.phase, Phase::Closed) {
            self.login_packet(login, &payload, world);
        }
    }

    /// Waits for the next command.
    pub(crate) fn ready(&mut self, world: World<'_>) {
        self.phase = Phase::Ready;
        // What follows a statement that failed is not sent.
        self.waiting.clear();
        // Nothing is left in it, and a session may wait for long.
        if self.server_in.is_empty() {
            self.server_in = BytesMut::new();
        }
        self.since_us = world.now_us;
        self.drain_if_ready(world);
    }

    pub(crate) fn record(
        &mut self,
        event: record::Event,
        durability: Durability,
        world: World<'_>,
    ) {
        self.unanswered = self.unanswered.saturating_add(1);
        let record = Box::new(Record::new(world.now_us, self.opening.id.clone(), event));
        self.actions
            .push_back(Action::Record { record, durability });
    }

    pub(crate) fn send_client(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.actions.push_back(Action::ToClient(bytes));
        }
    }

    /// Sends one payload as the next packet to the client.
    pub(crate) fn send_packet(&mut self, payload: &[u8]) {
        let mut out = Vec::new();
        encode_packet(payload, &mut self.client_sequence, &mut out);
        self.send_client(out);
    }

    pub(crate) fn send_failure(&mut self, failure: &Failure) {
        self.send_packet(&failure.payload());
    }

    pub(crate) fn terms(&self) -> ClientTerms {
        let status = self
            .state
            .as_ref()
            .map_or(StatusFlags::AUTOCOMMIT, |state| state.status);
        ClientTerms {
            capabilities: self.capabilities,
            status: status | self.more_results(),
            tracked: self
                .state
                .as_ref()
                .map_or_else(Tracked::default, |state| state.tracked),
        }
    }

    /// What was agreed with the target: query attributes where the client has them, else the same.
    pub(crate) fn agreement(&self) -> Agreement {
        let attributes = self.capabilities & Capabilities::QUERY_ATTRIBUTES;
        Agreement::new(UPSTREAM | attributes, self.limits)
    }

    pub(crate) fn target_config(&self) -> Option<&TargetConfig> {
        let known = self.known.as_ref()?;
        self.config.targets.get(known.target)
    }
}

/// Capabilities that the gateway always has at a target, as far as replies depend on them.
const UPSTREAM: Capabilities = Capabilities::PROTOCOL_41
    .union(Capabilities::TRANSACTIONS)
    .union(Capabilities::MULTI_RESULTS)
    .union(Capabilities::PS_MULTI_RESULTS)
    .union(Capabilities::SESSION_TRACK)
    .union(Capabilities::DEPRECATE_EOF);

/// Bytes of commands that wait for their turn.
const CLIENT_BACKLOG_MAX: usize = 64 * 1024;

/// Appends without a copy where nothing waits.
pub(crate) fn append(buffer: &mut BytesMut, bytes: BytesMut) {
    if buffer.is_empty() {
        *buffer = bytes;
    } else {
        buffer.extend_from_slice(&bytes);
    }
}
