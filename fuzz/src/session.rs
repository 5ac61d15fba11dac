//! Sessions: whatever client, target and log do, nothing is sent unrecorded or shown in clear.

mod script;
mod target;

use std::sync::Arc;

use audit_log::digest::Digest;
use audit_log::statement::Attribute;
use audit_log::statement::Intent;
use audit_log::statement::Parameter;
use audit_log::statement::ParameterValue;
use bytes::BytesMut;
use hmac::Hmac;
use hmac::Mac;
use mysql_proto::command::Command;
use mysql_proto::error::DecodeError;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::query::QueryAttribute;
use mysql_proto::row::value::Value;
use mysql_proto::statement::Execute;
use mysql_proto::types::SequenceId;
use policy_core::catalog::Catalog;
use session_core::config::Policy;
use session_core::config::World;
use session_core::event::Action;
use session_core::event::ApprovalAnswer;
use session_core::event::Connected;
use session_core::event::Event;
use session_core::event::Identity;
use session_core::event::KillAnswer;
use session_core::session::Session;
use sha2::Sha256;

use crate::session::script::Step;
use crate::session::target::CANARY;
use crate::session::target::Target;
use crate::shop::shop;

/// No statement of a client goes to the target before its intent is recorded; nothing that a
/// protected column holds comes out, in rows or in errors; a ticket with forged tokens lets
/// nothing pass; a target reads as a file what the client sent as one, and nothing else; data is sent
/// ahead for parameters of prepared statements only, and an EXECUTE finds there what its intent tells;
/// the target gets the query attributes that the intent tells; nothing is sent after the session was
/// closed.
///
/// The input is a script of steps, one byte each and what it needs; see [`Step::read`]. Where it begins
/// with an `A`, the client has query attributes.
pub fn session(input: &[u8]) {
    let (has_attributes, mut rest) = match input.strip_prefix(b"A") {
        Some(rest) => (true, rest),
        None => (false, input),
    };
    let Some(mut world) = Conversation::begin(has_attributes) else {
        return;
    };
    while let Some((step, after)) = Step::read(rest) {
        rest = after;
        world.step(step);
        if world.closed {
            return;
        }
    }
}

/// A client, a session, a target and a log.
struct Conversation {
    session: Session,
    policy: Arc<Policy>,
    catalog: Arc<Catalog>,
    now_us: u64,
    target: Target,
    to_target: PacketAssembler,
    has_attributes: bool,
    log_fails: bool,
    forged: bool,
    closed: bool,
    /// Intents that are recorded and not used yet.
    intents: Vec<Recorded>,
    shown: Vec<u8>,
    /// The number of the client's next packet of a file, once it was asked for one.
    file_sequence: SequenceId,
    /// What the client sent of its file, and the target did not read yet; not known where it sent
    /// bytes of any form.
    file: Option<Vec<u8>>,
}

/// What an intent tells.
#[derive(Debug)]
struct Recorded {
    text: Option<Digest>,
    parameters: Vec<Parameter>,
    attributes: Vec<Attribute>,
}

impl Recorded {
    fn of(intent: Intent) -> Self {
        Self {
            text: intent.statement.map(|statement| statement.sha256),
            parameters: intent.parameters,
            attributes: intent.attributes,
        }
    }
}

impl Conversation {
    /// A session whose client has logged in.
    fn begin(has_attributes: bool) -> Option<Self> {
        let settings = script::settings()?;
        let mut to_target = PacketAssembler::new(1 << 20);
        to_target.expect_any_sequence();
        let mut world = Self {
            session: Session::new(Arc::clone(&settings.config), settings.opening.clone()),
            policy: Arc::clone(&settings.policy),
            catalog: Arc::clone(&settings.catalog),
            now_us: script::NOW_US,
            target: Target::default(),
            to_target,
            has_attributes,
            log_fails: false,
            forged: false,
            closed: false,
            intents: Vec::new(),
            shown: Vec::new(),
            file_sequence: SequenceId::ZERO,
            file: Some(Vec::new()),
        };
        world.happen(Event::Start);
        world.happen(Event::FromClient(script::ssl_request(has_attributes)));
        world.happen(Event::FromClient(script::login(has_attributes)));
        world.happen(Event::FromClient(script::token()));
        Some(world)
    }

    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Statement(text) if self.has_attributes => {
                self.command(3, &[b"\0\x01", text].concat());
            }
            Step::Statement(text) => self.command(3, text),
            Step::Attributed(header) => self.command(3, &[header, MASKED].concat()),
            Step::Command(payload) => {
                let mut out = Vec::new();
                encode_packet(payload, &mut SequenceId::ZERO.clone(), &mut out);
                self.happen(Event::FromClient(BytesMut::from(out.as_slice())));
            }
            Step::Stream(bytes) => {
                self.file = None;
                self.happen(Event::FromClient(BytesMut::from(bytes)));
            }
            Step::File(content) => {
                if let Some(file) = &mut self.file {
                    file.extend_from_slice(content);
                }
                let mut out = Vec::new();
                encode_packet(content, &mut self.file_sequence, &mut out);
                self.happen(Event::FromClient(BytesMut::from(out.as_slice())));
            }
            Step::Ahead(length) => {
                let mut payload = vec![0x18];
                payload.extend_from_slice(&target::BOUND_ID.to_le_bytes());
                payload.resize(7, 0);
                payload.resize(7 + length, b'x');
                self.step(Step::Command(&payload));
            }
            Step::TargetLies(bytes) => {
                // A target that lies may show what it likes, but the rest must hold.
                self.target.has_lied = true;
                self.happen(Event::FromServer(BytesMut::from(bytes)));
            }
            Step::TargetFails => self.target.fails = true,
            Step::Chunks(length) => self.target.chunk_bytes = length,
            Step::LogFails => self.log_fails = true,
            Step::Forge => self.forged = true,
            Step::Later(time_us) => {
                self.now_us += time_us;
                self.happen(Event::Timer);
            }
            Step::TargetGone => self.happen(Event::ServerGone),
            Step::ClientGone => self.happen(Event::ClientGone),
            Step::Drain => self.happen(Event::Drain),
        }
    }

    fn command(&mut self, byte: u8, text: &[u8]) {
        let mut payload = vec![byte];
        payload.extend_from_slice(text);
        self.step(Step::Command(&payload));
    }

    /// Tells the session, does what it says, and goes on until there is nothing to do.
    fn happen(&mut self, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let world = World {
                now_us: self.now_us,
                policy: &self.policy,
                catalog: Some(&self.catalog),
                connections: &(),
            };
            self.session.handle(event, world);
            while let Some(action) = self.session.poll_action() {
                events.extend(self.act(action));
            }
            if events.is_empty() {
                events.extend(self.target.speak().map(Event::FromServer));
            }
        }
    }

    fn act(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::ToClient(bytes) => {
                assert!(!self.closed, "something is shown after the end");
                self.shown.extend_from_slice(&bytes);
                if let ([_, _, _, sequence, 0xfb, ..], true) = (&*bytes, self.target.reads_file) {
                    self.file_sequence = SequenceId::new(*sequence).next();
                    self.file = self.file.take().map(|_| Vec::new());
                }
                let leaks = self
                    .shown
                    .windows(CANARY.len())
                    .any(|window| window == CANARY);
                assert!(self.target.has_lied || !leaks, "a protected value came out");
                None
            }
            Action::ToServer(bytes) => {
                assert!(!self.closed, "something is sent after the end");
                self.sent(&bytes);
                None
            }
            Action::StartTls { early } => {
                assert!(early.is_empty());
                Some(Event::TlsStarted)
            }
            Action::Identify(_) => Some(Event::Identified(Ok(Box::new(Identity {
                principal: shop().principal.clone(),
                expires_us: script::NOW_US + 3_600_000_000,
                token_id: None,
            })))),
            Action::Connect(_) => {
                let connected = Connected {
                    packet_bytes_max: 1 << 30,
                    server: shop().catalog.server,
                    thread_id: 7,
                };
                Some(Event::Connected(Ok(connected)))
            }
            Action::Record { record, .. } => {
                if self.log_fails {
                    return Some(Event::RecordFailed);
                }
                if let audit_log::Event::Intent(intent) = record.event {
                    self.intents.push(Recorded::of(*intent));
                }
                Some(Event::Recorded)
            }
            Action::RefreshCatalog => Some(Event::CatalogRefreshed),
            Action::AskApproval(_) => {
                let ticket = String::from("APR-1");
                Some(Event::ApprovalAnswered(if self.forged {
                    ApprovalAnswer::Granted {
                        ticket,
                        tokens: vec![b"forged".to_vec()],
                    }
                } else {
                    ApprovalAnswer::Pending {
                        ticket,
                        text: String::from("soon"),
                    }
                }))
            }
            Action::ConsumeUse { .. } => Some(Event::UseConsumed(Ok(0))),
            Action::SchemaChanged | Action::KillStatement | Action::Disconnect { .. } => None,
            Action::Kill { .. } => Some(Event::KillAnswered(KillAnswer::Unknown)),
            Action::Close => {
                self.closed = true;
                None
            }
        }
    }

    /// Every statement that is not the gateway's own has a recorded intent of its exact bytes.
    fn sent(&mut self, bytes: &[u8]) {
        let mut stream = bytes;
        loop {
            // Every command begins with number zero, and no reply can be told from here.
            self.to_target.expect_any_sequence();
            let Ok(Some(packet)) = self.to_target.feed(&mut stream) else {
                return;
            };
            let (payload, sequence) = (packet.payload.to_vec(), packet.sequence);
            if self.target.reads_file {
                self.file_arrives(&payload);
                self.target.take_file(&payload, sequence);
            } else {
                self.command_arrives(&payload);
            }
        }
    }

    fn file_arrives(&mut self, content: &[u8]) {
        if let Some(file) = &mut self.file {
            let is_of_it = file.get(..content.len()) == Some(content);
            assert!(is_of_it, "the target reads what is not of the file");
            file.drain(..content.len());
        }
    }

    fn command_arrives(&mut self, payload: &[u8]) {
        if let [3, content @ ..] = payload {
            let query = match self.has_attributes {
                true => Query::decode(content, &Limits::default()),
                false => Ok(Query {
                    attributes: Vec::new(),
                    text: content,
                }),
            };
            assert!(
                query.is_ok(),
                "the target cannot take the text apart: {query:?}"
            );
            if let Ok(query) = query {
                self.statement_arrives(&query);
                self.target.take(&[&[3], query.text].concat());
            }
            return;
        }
        if let [0x04 | 0x17 | 0x1c, ..] = payload {
            let intent = self.intents.pop();
            assert!(intent.is_some(), "sent without a recorded intent");
            if let (Ok(Command::StmtExecute(execute)), Some(intent)) =
                (Command::decode(payload), intent)
            {
                self.execute_arrives(&execute, &intent);
            }
        }
        self.target.take(payload);
    }

    fn statement_arrives(&mut self, query: &Query<'_>) {
        let text = query.text;
        if target::is_own(text) {
            assert!(query.attributes.is_empty(), "the gateway has none");
            return;
        }
        let digest = Some(Digest::of(text));
        let place = self.intents.iter().position(|intent| intent.text == digest);
        assert!(place.is_some(), "sent without a recorded intent");
        let intent = self.intents.drain(..=place.unwrap_or(0)).next_back();
        let told = intent.map(|intent| intent.attributes).unwrap_or_default();
        are_told(&told, &query.attributes);
        assert!(!text.starts_with(b"create"), "a forged approval was taken");
    }

    fn execute_arrives(&self, execute: &Execute<'_>, intent: &Recorded) {
        let is_bound = execute.statement_id.value() == target::BOUND_ID;
        let ahead = self.target.ahead.as_ref().filter(|_| is_bound);
        if let Some(found) = ahead {
            let told = intent.parameters.first();
            let told = told.is_some_and(|told| is_value(&told.value, found));
            assert!(told, "another value than was recorded");
        }
        if self.has_attributes {
            let count = usize::from(is_bound);
            let limits = Limits::default();
            let is_long = |_| ahead.is_some();
            // Where no types come, there are no attributes.
            match execute.parameters_with_attributes(count, None, is_long, &limits) {
                Ok(bound) => are_told(&intent.attributes, &bound.attributes),
                Err(error) => assert_eq!(error, DecodeError::TypesNotBound),
            }
        }
    }
}

/// A statement of the target that has a mask.
const MASKED: &[u8] = b"select name, email from customers";

/// Whatever the target gets of attributes is what the record tells.
fn are_told(told: &[Attribute], found: &[QueryAttribute<'_>]) {
    assert_eq!(
        told.len(),
        found.len(),
        "other attributes than were recorded"
    );
    for (told, found) in told.iter().zip(found) {
        assert_eq!(told.name.as_bytes(), found.name);
        if let Value::Bytes(value) = found.value {
            assert!(
                is_value(&told.value, value),
                "another value than was recorded"
            );
        }
    }
}

/// Whether a record tells of this value.
fn is_value(told: &ParameterValue, value: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&script::DIGEST_KEY) else {
        return false;
    };
    mac.update(value);
    let digest = Digest::new(mac.finalize().into_bytes().into());
    *told == ParameterValue::Digest(digest) || *told == ParameterValue::Clear(value.to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversation_gets_as_far_as_data_sent_ahead() {
        let mut world = Conversation::begin(false).unwrap();
        let prepare = [b"\x16", target::BOUND.as_bytes()].concat();
        world.step(Step::Command(&prepare));
        let execute = b"\x17\x16\0\0\0\0\x01\0\0\0\0\x01\xfd\0";
        for (fails, shown) in [(true, &b"timeout"[..]), (false, b"4711")] {
            world.step(Step::Ahead(100_000));
            assert_eq!(world.target.ahead.as_ref().map(Vec::len), Some(100_000));
            world.target.fails = fails;
            world.shown.clear();
            world.step(Step::Command(execute));
            let mut windows = world.shown.windows(shown.len());
            let found = windows.any(|window| window == shown);
            assert!(found, "{:?}", String::from_utf8_lossy(&world.shown));
            assert!(world.target.ahead.is_none());
        }
        world.step(Step::Ahead(100_000));
        // Without a type it is refused.
        world.step(Step::Command(&execute[..11]));
        assert!(world.target.ahead.is_none());
    }

    #[test]
    fn the_conversation_gets_as_far_as_attributes() {
        let mut world = Conversation::begin(true).unwrap();
        let shows = |world: &Conversation, text: &[u8]| {
            world.shown.windows(text.len()).any(|window| window == text)
        };
        world.step(Step::Attributed(b"\x01\x01\0\x01\xfd\0\x01n\x03abc"));
        assert!(shows(&world, b"Alice") && !shows(&world, CANARY));
        world.shown.clear();
        world.step(Step::Attributed(b"\x01\x02\0\x01\xfd\0\x01n\x03abc"));
        assert!(shows(&world, b"POSTERN-PROTOCOL") && !shows(&world, b"Alice"));
        world.step(Step::Command(b"\x16select name, email from customers"));
        world.shown.clear();
        world.step(Step::Command(
            b"\x17\x03\0\0\0\x08\x01\0\0\0\x01\0\x01\xfd\0\x01n\x03abc",
        ));
        assert!(shows(&world, b"Alice") && !world.closed);
    }

    /// Otherwise the target would hold for want of anything to judge.
    #[test]
    fn the_conversation_gets_as_far_as_fetched_rows() {
        let mut world = Conversation::begin(false).unwrap();
        // The third statement of the target, with a cursor.
        for command in [
            &b"\x16select name, email from customers"[..],
            b"\x17\x03\0\0\0\x01\x01\0\0\0",
            b"\x1c\x03\0\0\0\x05\0\0\0",
        ] {
            world.shown.clear();
            world.step(Step::Command(command));
        }
        let shows = |text: &[u8]| world.shown.windows(text.len()).any(|window| window == text);
        assert!(
            shows(b"Alice"),
            "{:?}",
            String::from_utf8_lossy(&world.shown)
        );
        assert!(!shows(CANARY));
    }

    #[test]
    fn the_conversation_gets_as_far_as_a_file() {
        let mut world = Conversation::begin(false).unwrap();
        world.step(Step::Statement(target::LOAD.as_bytes()));
        assert!(world.target.reads_file);
        world.step(Step::File(b"1\n"));
        world.step(Step::File(b"2\n"));
        assert!(world.file.as_ref().is_some_and(Vec::is_empty));
        world.shown.clear();
        world.step(Step::File(b""));
        assert!(!world.target.reads_file && !world.closed);
        assert_eq!(world.shown.get(3..5), Some(&[5, 0][..]));
        world.step(Step::Statement(b"select id from customers"));
        assert!(world.shown.windows(4).any(|window| window == b"4711"));
    }

    #[test]
    fn the_conversation_gets_as_far_as_rows() {
        let mut world = Conversation::begin(false).unwrap();
        assert!(!world.closed, "{:?}", String::from_utf8_lossy(&world.shown));
        for (text, wanted) in [
            (&b"select id from customers"[..], &b"4711"[..]),
            (b"select name, email from customers", b"Alice"),
            (b"drop table orders", b"POSTERN-DENIED"),
            (b"create table n (a int)", b"POSTERN-APPROVAL"),
        ] {
            world.shown.clear();
            world.step(Step::Statement(text));
            assert!(
                world
                    .shown
                    .windows(wanted.len())
                    .any(|window| window == wanted),
                "{}: {:?}",
                String::from_utf8_lossy(text),
                String::from_utf8_lossy(&world.shown)
            );
        }
    }
}
