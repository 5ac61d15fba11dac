//! How a session ends: what is left open is recorded, the client is told, both sides are closed.

use audit_log::record;
use audit_log::record::SecurityEvent;
use mysql_proto::error::FrameError;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::types::SequenceId;

use crate::config::World;
use crate::event::Action;
use crate::event::Durability;
use crate::phase::Phase;
use crate::reply::Failure;
use crate::session::Session;

impl Session {
    /// Ends the session: records what is left open, tells the client, and closes.
    pub(crate) fn end(
        &mut self,
        reason: &'static str,
        failure: Option<&Failure>,
        world: World<'_>,
    ) {
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        self.parted = !matches!(&phase, Phase::Exchange(exchange) if !exchange.steps.is_empty());
        let in_login = matches!(phase, Phase::Opening(_));
        if let Phase::Exchange(mut exchange) = phase {
            self.exchange_cut(&mut exchange, world);
            // In the midst of a row nothing can be said.
            if let Some(failure) = failure.filter(|_| exchange.can_speak()) {
                if let Some(sequence) = exchange.client_sequence() {
                    self.client_sequence = sequence;
                }
                self.send_failure(failure);
            }
        } else if let Some(failure) = failure.filter(|_| !in_login) {
            self.send_failure(failure);
        }
        let closed = record::ConnectionClosed {
            reason: reason.into(),
        };
        self.record(
            record::Event::ConnectionClosed(closed),
            Durability::Written,
            world,
        );
        self.actions.push_back(Action::Close);
        self.phase = Phase::Closed;
    }

    /// What the target does cannot be followed: the session ends.
    pub(crate) fn lost(&mut self, why: &str, world: World<'_>) {
        let event = SecurityEvent {
            kind: "session_lost".into(),
            detail: why.to_owned(),
            sequence: Some(self.commands),
        };
        self.record(
            record::Event::SecurityEvent(event),
            Durability::Written,
            world,
        );
        let failure = Failure::closed(
            "POSTERN-SESSION",
            "the session's state at the target cannot be followed, so it ends; connect again, and \
             ask the operator if it happens twice",
        );
        self.end("the target could not be followed", Some(&failure), world);
    }

    pub(crate) fn broken_frame(&mut self, error: FrameError, world: World<'_>) {
        let failure = if let FrameError::TooLarge { limit, .. } = error {
            let text = format!("got a packet bigger than the {limit} bytes that are accepted here");
            Failure::new(1153, *b"08S01", "POSTERN-LIMIT", &text)
        } else {
            Failure::new(1156, *b"08S01", "POSTERN-PROTOCOL", "packets out of order")
        };
        let expected = self.assembler.expected_sequence();
        let expected = expected.unwrap_or(SequenceId::ZERO);
        self.client_sequence = match self.is_skipped(error) {
            true => expected,
            false => expected.next(),
        };
        self.end("the client broke the protocol", Some(&failure), world);
    }

    /// Whether a packet that is too big was read to its end. Before the login is done, none is.
    fn is_skipped(&self, error: FrameError) -> bool {
        matches!(error, FrameError::TooLarge { .. }) && matches!(self.phase, Phase::Ready)
    }

    /// The target is gone without a word.
    pub(crate) fn server_gone(&mut self, world: World<'_>) {
        let failure = Failure::new(
            1927,
            *b"70100",
            "POSTERN-TARGET",
            "the target closed the connection; connect again",
        );
        self.begin_news();
        self.end("the target closed the connection", Some(&failure), world);
    }

    /// The target spoke although nothing was asked: it is closing, and says why.
    pub(crate) fn server_spoke(&mut self, input: &[u8], world: World<'_>) {
        let mut assembler = PacketAssembler::new(OWN_WORDS_BYTES_MAX);
        assembler.expect_any_sequence();
        let mut rest = input;
        let error = match assembler.feed(&mut rest) {
            Ok(Some(packet)) => ErrPacket::decode(packet.payload).ok(),
            Ok(None) | Err(_) => None,
        };
        let code = error.map_or(1927, |error| error.code);
        let (state, text) = last_words(code);
        let failure = Failure::new(code, state, "POSTERN-TARGET", text);
        self.begin_news();
        self.end("the target ended the connection", Some(&failure), world);
    }

    /// A time that something may take may be over.
    pub(crate) fn timer(&mut self, world: World<'_>) {
        if self
            .deadline()
            .is_none_or(|deadline| world.now_us < deadline)
        {
            return;
        }
        let seconds = |micros: u64| micros / 1_000_000;
        let limits = self.config.limits;
        match &self.phase {
            Phase::Exchange(exchange) if !exchange.ended && self.is_past_end(world) => {
                self.over(world);
            }
            Phase::Exchange(_) => self.exchange_timer(world),
            Phase::Pending(_) => {
                let failure = Failure::closed("POSTERN-TIME", "deciding took too long; try again");
                self.end("deciding took too long", Some(&failure), world);
            }
            Phase::Ready if self.is_past_end(world) => {
                self.begin_news();
                self.over(world);
            }
            Phase::Ready => {
                // Since 8.0.24 servers say 4031 before they close for wait_timeout.
                let text = format!(
                    "the connection was idle for {} s, which is as long as it may be; connect again",
                    seconds(limits.idle_us)
                );
                let failure = Failure::new(4031, *b"HY000", "POSTERN-IDLE", &text);
                self.begin_news();
                self.end("idle for too long", Some(&failure), world);
            }
            Phase::Login(_)
            | Phase::Identifying(..)
            | Phase::Connecting
            | Phase::AwaitingCatalog(_)
            | Phase::Admitting
            | Phase::Leaving(_) => {
                let text = format!(
                    "the login was not done within {} s; connect again",
                    seconds(limits.login_us)
                );
                let failure = Failure::new(1159, *b"08S01", "POSTERN-LOGIN-TIME", &text);
                self.end("the login took too long", Some(&failure), world);
            }
            Phase::Opening(_) | Phase::Refusing(_) | Phase::Closed => {
                self.end("the login took too long", None, world);
            }
        }
    }

    /// Whether the session's time is over.
    pub(crate) fn is_over(&self, world: World<'_>) -> bool {
        self.known
            .as_ref()
            .is_none_or(|known| world.now_us >= known.ends_us)
    }

    fn is_past_end(&self, world: World<'_>) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|known| world.now_us >= known.ends_us)
    }

    /// Ends the session, whose time is over, and what runs in it.
    pub(crate) fn over(&mut self, world: World<'_>) {
        let known = self.known.as_ref();
        let by_token = known.is_none_or(|known| world.now_us >= known.identity.expires_us);
        let (token, text, reason) = if by_token {
            let text = "the session's token has ended; connect again with a fresh one";
            ("POSTERN-EXPIRED", text, "the token ended")
        } else {
            let text = "the session has lasted for as long as it may; connect again";
            ("POSTERN-SESSION-TIME", text, "the session's time was over")
        };
        let failure = Failure::new(4031, *b"HY000", token, text);
        self.end(reason, Some(&failure), world);
    }

    /// What is sent next answers no command, if none is under way: servers number such from 0.
    pub(crate) fn begin_news(&mut self) {
        if matches!(self.phase, Phase::Ready) {
            self.client_sequence = SequenceId::ZERO;
        }
    }

    pub(crate) fn drain_if_ready(&mut self, world: World<'_>) {
        if self.draining && matches!(self.phase, Phase::Ready) {
            let failure = Failure::new(
                1053,
                *b"08S01",
                "POSTERN-DRAIN",
                "the gateway is shutting down",
            );
            self.client_sequence = SequenceId::ZERO;
            self.end("the gateway is shutting down", Some(&failure), world);
        }
    }
}

/// What a target means by the last error of a connection, in the servers' own words: its text
/// itself may tell of anything.
fn last_words(code: u16) -> ([u8; 5], &'static str) {
    match code {
        1053 => (
            *b"08S01",
            "server shutdown in progress; connect again later",
        ),
        1927 => (*b"70100", "connection was killed; connect again"),
        3168 => (*b"HY000", "server isn't available; connect again later"),
        4031 => (
            *b"HY000",
            "the client was disconnected by the server because of inactivity (wait_timeout, \
             interactive_timeout); connect again",
        ),
        _ => (*b"HY000", "the target ended the connection; connect again"),
    }
}

/// The most that a target says before it closes.
const OWN_WORDS_BYTES_MAX: usize = 4096;
