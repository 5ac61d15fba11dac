//! How a session ends: what is left open is recorded, the client is told, both sides are closed.

use audit_log::record;
use mysql_proto::error::FrameError;
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

    pub(crate) fn broken_frame(&mut self, error: FrameError, world: World<'_>) {
        let failure = if let FrameError::TooLarge { limit, .. } = error {
            let text =
                format!("the packet is bigger than the {limit} bytes that are accepted here");
            Failure::new(1153, *b"08S01", "POSTERN-LIMIT", &text)
        } else {
            Failure::new(1156, *b"08S01", "POSTERN-PROTOCOL", "packets out of order")
        };
        // A packet that is too big may be the second part of one, and the client counts on from there.
        let refused = self.assembler.expected_sequence();
        self.client_sequence = refused.unwrap_or(SequenceId::ZERO).next();
        self.end("the client broke the protocol", Some(&failure), world);
    }

    /// What is sent next answers no command, if none is under way: servers number such from 0.
    pub(crate) fn begin_news(&mut self) {
        if matches!(self.phase, Phase::Ready) {
            self.client_sequence = SequenceId::ZERO;
        }
    }

    /// The session's time is over.
    pub(crate) fn over(&self) -> Failure {
        Failure::new(
            4031,
            *b"HY000",
            "POSTERN-EXPIRED",
            "the session was idle for too long or its token has ended; connect again with a fresh \
             token",
        )
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
