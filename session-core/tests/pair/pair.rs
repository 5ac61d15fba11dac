//! Both ends of one session in virtual time, with bytes cut at random places.
//!
//! Whatever a test does, three promises are checked all the time: no byte of a client's command
//! reaches the target before its intent was recorded, but data that is sent ahead for a parameter of a
//! statement that it prepared; an EXECUTE finds of such data there what its intent tells and nothing
//! else; and nothing is sent after the end.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use audit_log::digest::Digest;
use audit_log::record::Event as Written;
use audit_log::statement::Intent;
use audit_log::statement::ParameterValue;
use audit_log::statement::Statement;
use bytes::BytesMut;
use hmac::Hmac;
use hmac::Mac;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::Reply as Packet;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::exchange::ReplyTracker;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::frame::PHYSICAL_BYTES_MAX;
use mysql_proto::frame::PacketAssembler;
use mysql_proto::frame::encode_packet;
use mysql_proto::handshake::change_user::ChangeUser;
use mysql_proto::handshake::login::AuthResponse;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::types::SequenceId;
use policy_core::catalog::Catalog;
use policy_core::server::Server;
use session_core::config::Connections;
use session_core::config::Policy;
use session_core::config::SessionConfig;
use session_core::config::World;
use session_core::event::Action;
use session_core::event::ApprovalAnswer;
use session_core::event::ApprovalRequest;
use session_core::event::ConnectRefusal;
use session_core::event::Connected;
use session_core::event::Durability;
use session_core::event::Event;
use session_core::event::KillAnswer;
use session_core::event::KillScope;
use session_core::event::LoginRefusal;
use session_core::session::Session;
use sha2::Sha256;

use crate::target::Reply;
use crate::target::Target;
use crate::world;

/// What the session did, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Did {
    ToClient(Vec<u8>),
    ToServer(Vec<u8>),
    StartTls,
    Identify,
    Connect(String),
    Record(Written, Durability),
    Answered(bool),
    RefreshCatalog,
    SchemaChanged,
    AskApproval,
    ConsumeUse(String),
    Kill,
    KillOther(u64, KillScope),
    Disconnect,
    Close,
}

/// What the client does at its login.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) tls: bool,
    pub(crate) user: &'static str,
    pub(crate) token: &'static str,
    pub(crate) database: Option<&'static str>,
    pub(crate) collation: u8,
    pub(crate) capabilities: Capabilities,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            tls: true,
            user: "shop",
            token: "token-of-agent",
            database: None,
            collation: 45,
            capabilities: CLIENT | Capabilities::DEPRECATE_EOF,
        }
    }
}

pub(crate) const CLIENT: Capabilities = Capabilities::LONG_PASSWORD
    .union(Capabilities::PROTOCOL_41)
    .union(Capabilities::TRANSACTIONS)
    .union(Capabilities::SECURE_CONNECTION)
    .union(Capabilities::PLUGIN_AUTH)
    .union(Capabilities::MULTI_RESULTS);

/// What the client got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Got {
    Ok(OkPacket<'static>),
    Err { code: u16, text: String },
    Rows(Rows),
    Prepared { id: u32, columns: u16, params: u16 },
    Text(Vec<u8>),
    Nothing,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) definitions: Vec<ColumnDefinition<'static>>,
    pub(crate) rows: Vec<Vec<u8>>,
    pub(crate) warnings: u16,
    /// Instead of an end.
    pub(crate) error: Option<u16>,
    pub(crate) ended: bool,
}

impl Got {
    #[track_caller]
    pub(crate) fn failure(&self) -> (u16, &str) {
        match self {
            Self::Err { code, text } => (*code, text),
            other => panic!("no error: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn is_failure(&self, code: u16, token: &str) {
        let (found, text) = self.failure();
        assert!(found == code && text.contains(token), "{found}: {text}");
    }

    #[track_caller]
    pub(crate) fn rows(self) -> Rows {
        match self {
            Self::Rows(rows) => rows,
            other => panic!("no rows: {other:?}"),
        }
    }

    /// An OK, or no rows where a query was asked.
    #[track_caller]
    pub(crate) fn ok(self) -> OkPacket<'static> {
        match self {
            Self::Ok(ok) => ok,
            Self::Rows(rows) if rows.rows.is_empty() && rows.ended && rows.error.is_none() => {
                OkPacket {
                    warnings: rows.warnings,
                    ..OkPacket::default()
                }
            }
            other => panic!("no OK: {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn prepared(self) -> u32 {
        match self {
            Self::Prepared { id, .. } => id,
            other => panic!("not prepared: {other:?}"),
        }
    }
}

/// How bytes are cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Whole,
    Single,
    Seed(u64),
}

/// The numbers of greetings by those at the target.
#[derive(Debug, Default)]
pub(crate) struct Greeted(pub(crate) BTreeMap<u64, u64>);

impl Connections for Greeted {
    fn greeted(&self) -> Arc<BTreeMap<u64, u64>> {
        Arc::new(self.0.clone())
    }
}

/// Answers an approval request.
pub(crate) type Approve = fn(&ApprovalRequest) -> ApprovalAnswer;

/// One session with everything around it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) session: Session,
    pub(crate) target: Target,
    pub(crate) policy: Arc<Policy>,
    pub(crate) catalog: Option<Arc<Catalog>>,
    /// What RefreshCatalog brings, if not the same again.
    pub(crate) next_catalog: Option<Arc<Catalog>>,
    pub(crate) now_us: u64,
    pub(crate) did: Vec<Did>,
    /// The number of the record, from 1, that cannot be written.
    pub(crate) fails_at: Option<usize>,
    /// Answers to records wait until they are let go.
    pub(crate) holds_records: bool,
    pub(crate) held: VecDeque<Option<Intent>>,
    pub(crate) records: usize,
    pub(crate) refuses_connect: bool,
    /// `max_allowed_packet` of the target.
    pub(crate) target_bytes_max: u64,
    pub(crate) approve: Approve,
    pub(crate) uses: Result<u32, String>,
    pub(crate) requests: Vec<ApprovalRequest>,
    pub(crate) to_client: Vec<u8>,
    read: usize,
    to_target: Vec<u8>,
    from_target: VecDeque<Vec<u8>>,
    intents: Vec<Intent>,
    pub(crate) connections: Greeted,
    /// What a KILL finds.
    pub(crate) others: KillAnswer,
    pub(crate) own_closes: usize,
    pub(crate) own_resets: usize,
    pub(crate) answers: bool,
    server: Server,
    cut: Cut,
    capabilities: Capabilities,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with("9.7.4", None)
    }

    pub(crate) fn with(server: &str, guard_role: Option<&str>) -> Self {
        Self::over(server, world::config(guard_role))
    }

    pub(crate) fn over(server: &str, config: SessionConfig) -> Self {
        Self {
            session: Session::new(Arc::new(config), world::opening()),
            target: Target::new(server.contains("MariaDB")),
            policy: Arc::clone(world::policy()),
            catalog: world::shared(world::catalog(server)),
            next_catalog: None,
            now_us: world::NOW_US,
            did: Vec::new(),
            fails_at: None,
            holds_records: false,
            held: VecDeque::new(),
            records: 0,
            refuses_connect: false,
            target_bytes_max: 1 << 30,
            approve: |_| ApprovalAnswer::Unavailable {
                text: "nobody is there".to_owned(),
            },
            uses: Ok(0),
            requests: Vec::new(),
            to_client: Vec::new(),
            read: 0,
            to_target: Vec::new(),
            from_target: VecDeque::new(),
            intents: Vec::new(),
            connections: Greeted::default(),
            others: KillAnswer::Unknown,
            own_closes: 0,
            own_resets: 0,
            answers: true,
            server: Server::parse(server).unwrap(),
            cut: Cut::Whole,
            capabilities: Capabilities::empty(),
        }
    }

    /// A session that is logged in, with an empty history.
    pub(crate) fn ready() -> Self {
        Self::ready_with(Self::new(), &Login::default())
    }

    pub(crate) fn guarded() -> Self {
        Self::ready_with(Self::with("9.7.4", Some("guard")), &Login::default())
    }

    pub(crate) fn mariadb() -> Self {
        Self::ready_with(Self::with("10.11.19-MariaDB", None), &Login::default())
    }

    pub(crate) fn ready_with(mut pair: Self, login: &Login) -> Self {
        let got = pair.log_in(login);
        assert!(matches!(got, Got::Ok(_)), "{got:?}");
        pair.did.clear();
        pair.target.seen.clear();
        pair.target.logged_in = true;
        pair
    }

    pub(crate) fn cut(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    /// Plays a client's login, and gives the last answer.
    pub(crate) fn log_in(&mut self, login: &Login) -> Got {
        self.tell(Event::Start);
        let mut sequence = SequenceId::ZERO.next();
        let _greeting = self.packet();
        let mut capabilities = login.capabilities;
        if login.tls {
            capabilities |= Capabilities::SSL;
            let mut payload = Vec::new();
            SslRequest {
                capabilities,
                mariadb_capabilities: MariaDbCapabilities::empty(),
                packet_bytes_max: 1 << 24,
                collation: login.collation,
            }
            .encode(&mut payload);
            self.send(&payload, &mut sequence);
            assert!(self.did.contains(&Did::StartTls));
        }
        capabilities.set(Capabilities::CONNECT_WITH_DB, login.database.is_some());
        self.capabilities = capabilities;
        self.target.has_attributes = capabilities.contains(Capabilities::QUERY_ATTRIBUTES);
        let mut payload = Vec::new();
        HandshakeResponse {
            capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            packet_bytes_max: 1 << 24,
            collation: login.collation,
            user: login.user.as_bytes(),
            auth_response: AuthResponse::new(&[7; 32]),
            database: login.database.map(str::as_bytes),
            auth_plugin: Some(b"caching_sha2_password"),
            attributes: Vec::new(),
            zstd_level: None,
        }
        .encode(&mut payload)
        .unwrap();
        self.send(&payload, &mut sequence);
        if login.tls {
            let (at, more) = self.packet().expect("a request for the password");
            assert_eq!(more, [1, 4]);
            sequence = SequenceId::new(at).next();
            let mut password = login.token.as_bytes().to_vec();
            password.push(0);
            self.send(&password, &mut sequence);
        }
        self.login_end(sequence)
    }

    /// Plays a client's COM_CHANGE_USER, and gives the last answer.
    pub(crate) fn change_user(&mut self, user: &str, token: &str, database: &str) -> Got {
        let mut payload = vec![0x11];
        ChangeUser {
            user: user.as_bytes(),
            auth_response: AuthResponse::new(&[7; 32]),
            database: database.as_bytes(),
            collation: Some(45),
            auth_plugin: Some(b"caching_sha2_password"),
            attributes: Vec::new(),
        }
        .encode(self.capabilities, &mut payload)
        .unwrap();
        self.command(&payload);
        let Some((at, switch)) = self.packet() else {
            return Got::Nothing;
        };
        if switch[0] == 0xff {
            return failure(&switch);
        }
        assert!(switch.starts_with(b"\xfecaching_sha2_password\0"));
        let mut sequence = SequenceId::new(at).next();
        self.send(&[8; 32], &mut sequence);
        let (at, more) = self.packet().expect("a request for the password");
        assert_eq!(more, [1, 4]);
        let mut sequence = SequenceId::new(at).next();
        let mut password = token.as_bytes().to_vec();
        password.push(0);
        self.send(&password, &mut sequence);
        self.login_end(sequence)
    }

    fn login_end(&mut self, sequence: SequenceId) -> Got {
        let Some((at, payload)) = self.packet() else {
            return Got::Nothing;
        };
        assert_eq!(at, sequence.value(), "the last packet of the login");
        if payload[0] == 0xff {
            return failure(&payload);
        }
        Got::Ok(decode_ok(&payload, self.capabilities))
    }

    /// Sends one payload as the client.
    pub(crate) fn send(&mut self, payload: &[u8], sequence: &mut SequenceId) {
        let mut bytes = Vec::new();
        encode_packet(payload, sequence, &mut bytes);
        self.send_bytes(&bytes);
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        for piece in self.pieces(bytes) {
            self.tell(Event::FromClient(BytesMut::from(piece.as_slice())));
        }
    }

    /// Sends a command, and reads its answer.
    pub(crate) fn ask(&mut self, payload: &[u8], kind: ReplyKind) -> Got {
        self.command(payload);
        self.answer(kind)
    }

    /// Sends a command.
    pub(crate) fn command(&mut self, payload: &[u8]) {
        self.send(payload, &mut SequenceId::ZERO.clone());
    }

    pub(crate) fn query(&mut self, text: &str) -> Got {
        self.ask(&with_byte(3, text.as_bytes()), ReplyKind::Query)
    }

    /// A query that the target answers so.
    pub(crate) fn query_with(&mut self, text: &str, reply: Reply) -> Got {
        self.target.replies.push_back(reply);
        self.query(text)
    }

    pub(crate) fn prepare(&mut self, text: &str, reply: Reply) -> Got {
        self.target.replies.push_back(reply);
        self.ask(&with_byte(0x16, text.as_bytes()), ReplyKind::Prepare)
    }

    /// A query that is answered by several results.
    pub(crate) fn query_all(&mut self, text: &str) -> Vec<Got> {
        self.command(&with_byte(3, text.as_bytes()));
        self.answers(ReplyKind::Query)
    }

    /// Reads the answer to a command as a client does.
    pub(crate) fn answer(&mut self, kind: ReplyKind) -> Got {
        let mut answers = self.answers(kind);
        assert!(answers.len() < 2, "{answers:?}");
        answers.pop().unwrap_or(Got::Nothing)
    }

    /// Reads all results of an answer.
    pub(crate) fn answers(&mut self, kind: ReplyKind) -> Vec<Got> {
        let agreement = Agreement::new(self.capabilities, Limits::default());
        let mut tracker = ReplyTracker::new(kind, agreement);
        let mut expected: Option<u8> = None;
        let (mut all, mut got) = (Vec::new(), Got::Nothing);
        while !tracker.is_ended() {
            let Some((sequence, payload)) = self.packet() else {
                break;
            };
            // Of a payload in several packets the number is that of the last.
            let more = (payload.len() / PHYSICAL_BYTES_MAX).to_le_bytes()[0];
            let expected_now = expected.map_or(sequence, |number| number.wrapping_add(more));
            assert_eq!(sequence, expected_now, "packets to the client in order");
            assert!(expected.is_some() || sequence > 0 || payload[0] == 0xff);
            expected = Some(sequence.wrapping_add(1));
            let packet = tracker.next(&payload).expect("a reply that can be read");
            let ends = matches!(packet, Packet::Ok(_) | Packet::Err(_) | Packet::End(_));
            take(&mut got, packet);
            if ends {
                all.push(std::mem::replace(&mut got, Got::Nothing));
            }
        }
        if got != Got::Nothing {
            all.push(got);
        }
        all
    }

    /// The next packet to the client, if a whole one is there.
    pub(crate) fn packet(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut rest = self.to_client.get(self.read..)?;
        let before = rest.len();
        let mut assembler = PacketAssembler::new(usize::MAX);
        assembler.expect_any_sequence();
        let packet = assembler.feed(&mut rest).unwrap()?;
        let found = (packet.sequence.value(), packet.payload.to_vec());
        self.read += before - rest.len();
        Some(found)
    }

    /// Bytes that the client has and did not read.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.to_client[self.read..]
    }

    /// Lets time pass until the session's deadline, and tells it.
    pub(crate) fn pass_to_deadline(&mut self) {
        self.now_us = self.session.deadline().expect("a deadline");
        self.tell(Event::Timer);
    }

    /// Lets the oldest record that waits be written, or fail.
    pub(crate) fn answer_record(&mut self, written: bool) {
        let intent = self.held.pop_front().expect("a record that waits");
        self.record_answered(intent, written);
        self.settle();
    }

    /// Bytes of the target out of turn.
    pub(crate) fn target_says(&mut self, bytes: &[u8]) {
        self.tell(Event::FromServer(BytesMut::from(bytes)));
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.handle(event);
        self.settle();
    }

    fn settle(&mut self) {
        loop {
            if !self.answers {
                return;
            }
            let bytes = std::mem::take(&mut self.to_target);
            if !bytes.is_empty() {
                let (answer, commands) = self.target.feed(&bytes);
                for command in commands {
                    self.authorised(&command);
                }
                let pieces = self.pieces(&answer);
                self.from_target.extend(pieces);
            }
            let Some(piece) = self.from_target.pop_front() else {
                return;
            };
            self.handle(Event::FromServer(BytesMut::from(piece.as_slice())));
        }
    }

    fn handle(&mut self, event: Event) {
        let world = World {
            now_us: self.now_us,
            policy: &self.policy,
            catalog: self.catalog.as_ref(),
            connections: &self.connections,
        };
        self.session.handle(event, world);
        while let Some(action) = self.session.poll_action() {
            let closed = self.did.contains(&Did::Close);
            assert!(!closed, "after the end: {action:?}");
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::ToClient(bytes) => {
                self.to_client.extend_from_slice(&bytes);
                self.did.push(Did::ToClient(bytes.to_vec()));
            }
            Action::ToServer(bytes) => {
                self.to_target.extend_from_slice(&bytes);
                self.did.push(Did::ToServer(bytes.to_vec()));
            }
            Action::StartTls { early } => {
                assert!(early.is_empty() || !matches!(self.cut, Cut::Single));
                self.did.push(Did::StartTls);
                self.handle(Event::TlsStarted);
            }
            Action::Identify(token) => {
                self.did.push(Did::Identify);
                let answer = match token.expose() {
                    b"token-of-agent" => Ok(Box::new(world::identity("agents"))),
                    b"token-of-auditor" => Ok(Box::new(world::identity("auditors"))),
                    b"token-of-stranger" => Ok(Box::new(world::identity("strangers"))),
                    _ => Err(LoginRefusal {
                        code: "POSTERN-LOGIN-SIGNATURE".to_owned(),
                        text: "the token is not valid".to_owned(),
                    }),
                };
                self.handle(Event::Identified(answer));
            }
            Action::Connect(request) => {
                self.did.push(Did::Connect(request.database_user.clone()));
                let answer = self.connected();
                self.handle(Event::Connected(answer));
            }
            Action::Record { record, durability } => self.record(record.event, durability),
            Action::RefreshCatalog => {
                self.did.push(Did::RefreshCatalog);
                if let Some(catalog) = self.next_catalog.take() {
                    self.catalog = Some(catalog);
                }
                self.handle(Event::CatalogRefreshed);
            }
            Action::SchemaChanged => self.did.push(Did::SchemaChanged),
            Action::AskApproval(request) => {
                self.did.push(Did::AskApproval);
                let answer = (self.approve)(&request);
                self.requests.push(*request);
                self.handle(Event::ApprovalAnswered(answer));
            }
            Action::ConsumeUse { ticket } => {
                self.did.push(Did::ConsumeUse(ticket));
                self.handle(Event::UseConsumed(self.uses.clone()));
            }
            Action::KillStatement => self.did.push(Did::Kill),
            Action::Kill { id, scope } => {
                self.did.push(Did::KillOther(id, scope));
                self.handle(Event::KillAnswered(self.others));
            }
            Action::Disconnect { .. } => {
                self.did.push(Did::Disconnect);
                assert!(self.to_target.is_empty(), "sent to nobody");
                self.from_target.clear();
                let has_attributes = self.target.has_attributes;
                self.target = Target::new(self.target.is_mariadb);
                self.target.has_attributes = has_attributes;
            }
            Action::Close => self.did.push(Did::Close),
        }
    }

    fn connected(&self) -> Result<Connected, ConnectRefusal> {
        if self.refuses_connect {
            return Err(ConnectRefusal {
                text: "the target cannot be reached".to_owned(),
                code: 2003,
            });
        }
        Ok(Connected {
            packet_bytes_max: self.target_bytes_max,
            server: self.server,
            thread_id: 8,
        })
    }

    fn record(&mut self, event: Written, durability: Durability) {
        self.records += 1;
        let intent = match &event {
            Written::Intent(intent) => Some(intent.as_ref().clone()),
            _ => None,
        };
        self.did.push(Did::Record(event, durability));
        if self.holds_records {
            return self.held.push_back(intent);
        }
        self.record_answered(intent, self.fails_at != Some(self.records));
    }

    fn record_answered(&mut self, intent: Option<Intent>, written: bool) {
        self.did.push(Did::Answered(written));
        if written {
            self.intents.extend(intent);
            self.handle(Event::Recorded);
        } else {
            self.handle(Event::RecordFailed);
        }
    }

    /// P1: each command that the target sees has an intent of its own that was recorded before.
    fn authorised(&mut self, command: &[u8]) {
        if command[0] == 0x18 {
            // It has no effect before an EXECUTE. The target saw that it is of a known statement.
            return;
        }
        let found = self
            .intents
            .iter()
            .position(|intent| is_intent_of(intent, command, self.target.has_attributes));
        let forgot = match command[0] {
            0x1a => self.target.forgot.pop_front(),
            _ => None,
        };
        let Some(found) = found else {
            if forgot.is_some() {
                // The gateway's own: no EXECUTE came for what was sent ahead, or it failed.
                self.own_resets += 1;
                return;
            }
            if command[0] == 0x19 {
                // The gateway's own: it ends a statement that the client never heard of.
                self.own_closes += 1;
                return;
            }
            panic!(
                "without a recorded intent: {:?}",
                String::from_utf8_lossy(command)
            );
        };
        let intent = self.intents.remove(found);
        if command[0] == 0x17 {
            let found = self.target.found.pop_front().expect("an EXECUTE");
            for (parameter, value) in found {
                let told = &intent.parameters[usize::from(parameter)].value;
                assert!(is_value(told, &value), "another value than was recorded");
            }
        }
    }

    fn pieces(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut rest = bytes;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let length = match &mut self.cut {
                Cut::Whole => rest.len(),
                Cut::Single => 1,
                Cut::Seed(seed) => {
                    *seed ^= *seed << 13;
                    *seed ^= *seed >> 7;
                    *seed ^= *seed << 17;
                    usize::try_from(*seed % 23).unwrap() + 1
                }
            };
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece.to_vec());
            rest = after;
        }
        pieces
    }

    /// What was written down, in order.
    pub(crate) fn written(&self) -> Vec<&Written> {
        self.did
            .iter()
            .filter_map(|did| match did {
                Did::Record(event, _) => Some(event),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn written_names(&self) -> Vec<&'static str> {
        self.written().into_iter().map(Written::name).collect()
    }

    pub(crate) fn killed(&self) -> usize {
        self.did.iter().filter(|did| **did == Did::Kill).count()
    }

    /// Commands of the client that reached the target.
    pub(crate) fn commands_seen(&self) -> Vec<&[u8]> {
        self.target
            .seen
            .iter()
            .filter_map(|seen| match seen {
                crate::target::Seen::Command(command) => Some(command.as_slice()),
                crate::target::Seen::Own(_) => None,
            })
            .collect()
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.to_client
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }
}

/// Whether a record tells of this value.
fn is_value(told: &ParameterValue, value: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(&world::DIGEST_KEY).unwrap();
    mac.update(value);
    let digest = Digest::new(mac.finalize().into_bytes().into());
    *told == ParameterValue::Digest(digest) || *told == ParameterValue::Clear(value.to_vec().into())
}

fn is_intent_of(intent: &Intent, command: &[u8], has_attributes: bool) -> bool {
    let is_text = |text: &[u8]| {
        intent
            .statement
            .as_ref()
            .is_some_and(|statement| statement.sha256 == Statement::exact(text).sha256)
    };
    let is_number = || {
        let number: Option<[u8; 4]> = command.get(1..5).and_then(|id| id.try_into().ok());
        intent.prepared.is_some() && intent.prepared == number.map(u32::from_le_bytes)
    };
    let mut rest = &command[1..];
    if command[0] == 3 && has_attributes {
        rest = Query::decode(rest, &Limits::default()).unwrap().text;
    }
    match (command[0], &*intent.command) {
        (0x03, "query" | "stmt_execute") | (0x16, "stmt_prepare") => is_text(rest),
        (0x02, "init_db") => {
            let text = format!("USE `{}`", String::from_utf8_lossy(rest));
            is_text(text.as_bytes())
        }
        (0x04, "field_list") => {
            let table = rest.split(|byte| *byte == 0).next().unwrap_or_default();
            let table = String::from_utf8_lossy(table);
            is_text(format!("SELECT * FROM `{table}` LIMIT 0").as_bytes())
        }
        (0x17, "stmt_execute")
        | (0x1c, "stmt_fetch")
        | (0x19, "stmt_close")
        | (0x1a, "stmt_reset") => is_number(),
        (0x0e, "ping") | (0x09, "statistics") | (0x1f, "reset_connection") => rest.is_empty(),
        _ => false,
    }
}

fn take(got: &mut Got, packet: Packet<'_>) {
    let rows = |got: &mut Got| {
        if let Got::Rows(rows) = got {
            return std::mem::take(rows);
        }
        Rows::default()
    };
    match packet {
        Packet::Ok(ok) => *got = Got::Ok(owned(&ok)),
        Packet::Err(error) => match got {
            Got::Rows(rows) => rows.error = Some(error.code),
            _ => {
                *got = Got::Err {
                    code: error.code,
                    text: String::from_utf8_lossy(&error.message).into_owned(),
                }
            }
        },
        Packet::ColumnCount(_) => *got = Got::Rows(Rows::default()),
        Packet::Column(definition) => {
            // COM_FIELD_LIST has no count in front.
            if matches!(got, Got::Rows(_) | Got::Nothing) {
                let mut shown = rows(got);
                shown.definitions.push(definition.into_owned());
                *got = Got::Rows(shown);
            }
        }
        Packet::Row(row) => {
            let mut shown = rows(got);
            shown.rows.push(row.to_vec());
            *got = Got::Rows(shown);
        }
        Packet::End(end) => {
            let mut shown = rows(got);
            shown.warnings = end.warnings;
            shown.ended = true;
            *got = Got::Rows(shown);
        }
        Packet::PrepareOk(prepared) => {
            *got = Got::Prepared {
                id: prepared.statement_id.value(),
                columns: prepared.columns,
                params: prepared.params,
            };
        }
        Packet::Statistics(text) => *got = Got::Text(text.to_vec()),
        Packet::EndOfDefinitions(_) | Packet::Parameter(_) => {}
        other @ (Packet::LocalInfile(_) | Packet::Progress(_)) => panic!("{other:?}"),
    }
}

pub(crate) fn failure(payload: &[u8]) -> Got {
    let error = ErrPacket::decode(payload).unwrap();
    Got::Err {
        code: error.code,
        text: String::from_utf8_lossy(&error.message).into_owned(),
    }
}

fn decode_ok(payload: &[u8], capabilities: Capabilities) -> OkPacket<'static> {
    let (_, ok) = OkPacket::decode(payload, capabilities, &Limits::default()).unwrap();
    owned(&ok)
}

/// An OK without its texts.
fn owned(ok: &OkPacket<'_>) -> OkPacket<'static> {
    OkPacket {
        affected_rows: ok.affected_rows,
        last_insert_id: ok.last_insert_id,
        status: ok.status,
        warnings: ok.warnings,
        info: if ok.info.is_empty() { b"" } else { b"(info)" },
        session_changes: Vec::new(),
    }
}

/// A command byte and what follows.
pub(crate) fn with_byte(byte: u8, rest: &[u8]) -> Vec<u8> {
    let mut payload = vec![byte];
    payload.extend_from_slice(rest);
    payload
}
