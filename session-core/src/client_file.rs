//! LOAD DATA LOCAL: the file of a client goes to the target that asked for it under the name that the
//! statement gives, and to no other.
//!
//! The target waits for the file in the midst of its reply, so nothing of ours is sent behind such
//! a statement before the reply has ended.

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use mysql_proto::exchange::Agreement;
use mysql_proto::flags::Capabilities;
use mysql_proto::frame::HEADER_BYTES;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::response::err::ERR_HEADER;
use policy_core::server::ServerKind;
use policy_core::unread::Unread;

use crate::config::World;
use crate::event::Action;
use crate::judge::Judgement;
use crate::judge::refused;
use crate::pending::Pending;
use crate::phase::Phase;
use crate::prepared::Understood;
use crate::relay::Progress;
use crate::reply::Failure;
use crate::session::Session;

/// Whether the target may ask for a file to run this command.
pub(crate) fn is_named(pending: &Pending) -> bool {
    let understood = pending.understood.as_ref();
    understood.is_some_and(|understood| understood.statement.client_file.is_some())
}

/// What a reply is read by: only that to a statement which names a file may ask for one.
pub(crate) fn agreement(mut agreement: Agreement, sends_file: bool) -> Agreement {
    agreement
        .capabilities
        .set(Capabilities::LOCAL_FILES, sends_file);
    agreement
}

/// Why a file that is carried by another statement is not taken, if there is one.
pub(crate) fn carried(understood: &Understood, prepared: bool) -> Option<Unread> {
    let statement = &understood.statement;
    let is_carried = prepared || !statement.through.is_empty();
    (statement.client_file.is_some() && is_carried).then(|| Unread::Unsupported {
        construct: "LOAD DATA LOCAL in a prepared statement or within another".to_owned(),
        hint: Some("send it as a text of its own"),
    })
}

impl Session {
    /// Nobody is asked to approve what cannot be sent.
    pub(crate) fn with_file(&self, pending: &Pending, judgement: Judgement) -> Judgement {
        let sends_files = self.known.as_ref().is_some_and(|known| known.sends_files);
        match judgement {
            Judgement::Allow(_) | Judgement::Ask(_) if is_named(pending) && !sends_files => {
                refused(self.files_are_off())
            }
            judgement @ (Judgement::Allow(_)
            | Judgement::Ask(_)
            | Judgement::Refuse(_)
            | Judgement::NeedsCatalog) => judgement,
        }
    }

    /// In the number of the target's own error.
    fn files_are_off(&self) -> Failure {
        let kind = self.state.as_ref().map(|state| state.context.server.kind);
        let (code, state) = match kind {
            Some(ServerKind::MariaDb) => (4166, *b"HY000"),
            Some(ServerKind::MySql) | None => (3948, *b"42000"),
        };
        Failure::new(
            code,
            state,
            "POSTERN-FILE",
            "the client did not say at its login that it sends files, or no rule let the role then; \
             turn it on (`--local-infile=1`, `local_infile=True`) and connect again",
        )
    }

    pub(crate) fn send_server(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.actions.push_back(Action::ToServer(bytes));
        }
    }

    /// Passes on what the client sent of the file that it was asked for.
    pub(crate) fn read_file(&mut self, world: World<'_>) {
        let Some(mut exchange) = self.take_exchange() else {
            return;
        };
        let mut out = Vec::new();
        let mut rest: &[u8] = &self.client_in;
        let before = rest.len();
        let progress = match exchange.relay_mut() {
            Some(relay) if relay.awaits_file() => relay.take_file(&mut rest, &mut out),
            Some(_) | None => {
                self.phase = Phase::Exchange(exchange);
                return;
            }
        };
        let read = before - rest.len();
        self.client_in.advance(read);
        if !matches!(progress, Ok(Progress::Over)) {
            self.send_server(out);
        }
        match progress {
            Ok(Progress::More) => {}
            Ok(Progress::Ended) if exchange.stopped => {
                exchange.deadline_us = self.own_deadline(world);
            }
            Ok(Progress::Ended) => {}
            Ok(Progress::Over) => {
                // Without its end the target loads none of it. The client hears of it at its end.
                exchange.stopped = true;
                exchange.deadline_us = exchange.deadline_us.max(self.own_deadline(world));
                self.actions.push_back(Action::KillStatement);
                let says_so = false;
                self.actions.push_back(Action::Disconnect { says_so });
                self.phase = Phase::Exchange(exchange);
                return self.read_file(world);
            }
            Ok(Progress::EndedOver(most)) => {
                self.phase = Phase::Exchange(exchange);
                return self.end("a file was over its limit", Some(&over(most)), world);
            }
            Err(error) => {
                self.phase = Phase::Exchange(exchange);
                return self.broken_frame(error, world);
            }
        }
        self.phase = Phase::Exchange(exchange);
    }

    /// A statement was stopped, and the client does not end its file.
    pub(crate) fn file_is_late(&mut self, world: World<'_>) {
        let failure = Failure::new(
            1159,
            *b"08S01",
            "POSTERN-LIMIT",
            "the file did not come to its end in time",
        );
        self.end("the client did not end its file", Some(&failure), world);
    }

    /// The target answers before the file has ended: it is closing, and says why, or it is none.
    pub(crate) fn server_spoke_early(&mut self, input: &mut BytesMut, world: World<'_>) {
        match input.get(HEADER_BYTES) {
            None => {}
            Some(&ERR_HEADER) if is_begun(input) => {}
            Some(&ERR_HEADER) => self.server_spoke(input, world),
            Some(_) => self.lost("the target answered before it had the file", world),
        }
    }
}

/// Whether a packet of a target's last words has not come to its end.
fn is_begun(input: &[u8]) -> bool {
    let mut assembler = PacketAssembler::new(LAST_WORDS_BYTES_MAX);
    assembler.expect_any_sequence();
    let mut rest = input;
    matches!(assembler.feed(&mut rest), Ok(None))
}

/// The most that a target says before it closes.
const LAST_WORDS_BYTES_MAX: usize = 4096;

fn over(most: u64) -> Failure {
    Failure::new(
        1226,
        *b"42000",
        "POSTERN-LIMIT",
        &format!(
            "the file is longer than the {most} bytes that the rule allows, and was not loaded; \
             connect again and send a smaller one"
        ),
    )
}
