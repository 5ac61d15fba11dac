//! From the greeting to the first command: who the client is, its role, its target.

use std::sync::Arc;

use audit_log::record;
use mysql_proto::flags::Capabilities;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::types::SequenceId;
use policy_core::name::TableNameCase;
use policy_core::policy::set::Effect;
use policy_core::policy::set::Role;
use policy_core::policy::set::RoleId;
use policy_core::server::ServerKind;
use policy_core::statement::kind::StatementKind;

use crate::config::World;
use crate::event::Action;
use crate::event::ConnectRefusal;
use crate::event::ConnectRequest;
use crate::event::Connected;
use crate::event::Durability;
use crate::event::Identity;
use crate::event::LoginRefusal;
use crate::exchange::After;
use crate::exchange::Exchange;
use crate::login::Hello;
use crate::login::Login;
use crate::login::Refusal;
use crate::login::Step;
use crate::own::Purpose;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::phase::Known;
use crate::phase::Phase;
use crate::reply;
use crate::reply::Failure;
use crate::session::Session;
use crate::state::State;
use crate::state::login_charset;
use crate::tracking;

impl Session {
    /// The connection is recorded: the greeting goes out.
    pub(crate) fn greet(&mut self, login: Login) {
        let greeting = login.greeting(
            &self.config.server_version.clone(),
            self.config.collation,
            self.opening.connection_id,
        );
        self.send_packet(&greeting);
        self.assembler.expect_sequence(self.client_sequence);
        self.phase = Phase::Login(login);
    }

    pub(crate) fn login_packet(&mut self, mut login: Login, payload: &[u8], world: World<'_>) {
        match login.handle(payload, &self.limits.clone()) {
            Step::Send(payload) => {
                self.send_packet(&payload);
                self.assembler.expect_sequence(self.client_sequence);
                self.phase = Phase::Login(login);
            }
            Step::StartTls => {
                self.assembler.expect_sequence(self.client_sequence);
                self.phase = Phase::Login(login);
                let early = self.client_in.split().freeze();
                self.actions.push_back(Action::StartTls { early });
            }
            Step::Refuse(refusal) => self.refuse_login(&refusal, String::new(), world),
            Step::Offer {
                hello,
                token,
                method,
            } => {
                self.capabilities = hello.capabilities;
                self.phase = Phase::Identifying(Box::new(hello), method);
                self.actions.push_back(Action::Identify(token));
            }
        }
    }

    fn refuse_login(&mut self, refusal: &Refusal, user: String, world: World<'_>) {
        let refused = record::LoginRefused {
            code: refusal.reason.into(),
            detail: refusal.text.clone(),
            user,
            issuer: None,
            subject: None,
        };
        let state = refusal.state;
        let failure = Failure {
            code: refusal.code,
            state: state.unwrap_or(*b"HY000"),
            token: refusal.reason,
            text: refusal.text.clone(),
        };
        let mut payload = failure.payload();
        if state.is_none() {
            // A client older than 4.1 knows no SQLSTATE: the mark and five characters go.
            payload.drain(3..9);
        }
        self.phase = Phase::Refusing(payload);
        self.record(
            record::Event::LoginRefused(refused),
            Durability::Written,
            world,
        );
    }

    pub(crate) fn identified(
        &mut self,
        answer: Result<Box<Identity>, LoginRefusal>,
        world: World<'_>,
    ) {
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        let Phase::Identifying(hello, method) = phase else {
            self.phase = phase;
            return;
        };
        match answer {
            Err(refusal) => {
                let refusal = KnownRefusal::denied(&refusal.code, &refusal.text);
                self.refuse_known(refusal, (&hello, None), world);
            }
            Ok(identity) => self.choose(*hello, method, *identity, world),
        }
    }

    /// Finds target and role by the user name, which is `target` or `target/role`.
    fn choose(&mut self, hello: Hello, method: &'static str, identity: Identity, world: World<'_>) {
        let (name, wanted) = match hello.user.split_once('/') {
            Some((target, role)) => (target, Some(role)),
            None => (hello.user.as_str(), None),
        };
        let Some(target) = self
            .config
            .targets
            .iter()
            .position(|target| target.name == name)
        else {
            let names: Vec<&str> = self
                .config
                .targets
                .iter()
                .map(|t| t.name.as_str())
                .collect();
            let text = format!(
                "the user name selects a target, and there \
                 is no `{name}` here; use one of: {}",
                names.join(", ")
            );
            let who = (&hello, Some(&identity));
            return self.refuse_known(
                KnownRefusal::denied("POSTERN-LOGIN-TARGET", &text),
                who,
                world,
            );
        };
        let set = &world.policy.set;
        let found = set
            .role_for(&identity.principal, name, wanted)
            .map_err(|refusal| refusal.to_string())
            .and_then(|id| set.role(&id).ok_or_else(|| "the role is gone".to_owned()));
        let role = match found {
            Ok(role) => role,
            Err(why) => {
                let refusal = KnownRefusal::denied("POSTERN-LOGIN-ROLE", &why);
                return self.refuse_known(refusal, (&hello, Some(&identity)), world);
            }
        };
        if login_charset(hello.collation).is_none() {
            let refusal = KnownRefusal {
                reason: "POSTERN-LOGIN-CHARSET".to_owned(),
                text: "the client's character set is not supported; connect with utf8mb4"
                    .to_owned(),
                code: 1115,
                state: *b"42000",
            };
            return self.refuse_known(refusal, (&hello, Some(&identity)), world);
        }
        let sends_files = may_send_files(role);
        let role = (
            role.id(),
            role.database_user().to_owned(),
            role.max_session(),
        );
        self.enter(
            Entrant {
                hello,
                method,
                identity,
                target,
                role,
                sends_files,
            },
            world,
        );
    }

    /// Goes on to the target with a client that is known.
    fn enter(&mut self, entrant: Entrant, world: World<'_>) {
        let Entrant {
            hello,
            method,
            identity,
            target,
            role: (role, database_user, most),
            sends_files,
        } = entrant;
        // A target may ask for a file at any time once it was told that it may.
        let mut capabilities = hello.capabilities;
        capabilities.set(
            Capabilities::LOCAL_FILES,
            sends_files && capabilities.contains(Capabilities::LOCAL_FILES),
        );
        let session_us = self
            .config
            .limits
            .session_us
            .min(most.map_or(u64::MAX, micros));
        let ends_us = identity
            .expires_us
            .min(world.now_us.saturating_add(session_us));
        let request = ConnectRequest {
            target: self
                .config
                .targets
                .get(target)
                .map(|t| t.name.clone())
                .unwrap_or_default(),
            database_user: database_user.clone(),
            database: None,
            capabilities,
            collation: u16::from(hello.collation),
        };
        self.known = Some(Arc::new(Known {
            identity,
            role,
            target,
            database_user,
            hello,
            method,
            ends_us,
            sends_files: capabilities.contains(Capabilities::LOCAL_FILES),
        }));
        self.phase = Phase::Connecting;
        self.actions.push_back(Action::Connect(Box::new(request)));
    }

    fn refuse_known(
        &mut self,
        refusal: KnownRefusal,
        (hello, identity): (&Hello, Option<&Identity>),
        world: World<'_>,
    ) {
        let principal = identity.map(|identity| &identity.principal);
        let refused = record::LoginRefused {
            code: refusal.reason.clone().into(),
            detail: refusal.text.clone(),
            user: hello.user.clone(),
            issuer: principal.map(|principal| principal.issuer.clone()),
            subject: principal.map(|principal| principal.subject.clone()),
        };
        let failure = Failure {
            code: refusal.code,
            state: refusal.state,
            token: "POSTERN-LOGIN",
            text: format!("[{}] {}", refusal.reason, refusal.text),
        };
        self.phase = Phase::Refusing(failure.payload());
        self.record(
            record::Event::LoginRefused(refused),
            Durability::Written,
            world,
        );
    }

    pub(crate) fn connected(
        &mut self,
        answer: Result<Connected, ConnectRefusal>,
        world: World<'_>,
    ) {
        if !matches!(self.phase, Phase::Connecting) {
            return;
        }
        match answer {
            Err(refusal) => {
                let failure =
                    Failure::new(refusal.code, *b"08004", "POSTERN-TARGET", &refusal.text);
                self.refuse_late(failure, world);
            }
            Ok(connected) => {
                self.phase = Phase::AwaitingCatalog(connected);
                match world.catalog {
                    Some(_) => self.catalog_refreshed(world),
                    None => self.actions.push_back(Action::RefreshCatalog),
                }
            }
        }
    }

    /// Refuses a login whose token was good.
    fn refuse_late(&mut self, failure: Failure, world: World<'_>) {
        let known = self.known.as_ref();
        let refused = record::LoginRefused {
            code: failure.token.into(),
            detail: failure.text.clone(),
            user: known
                .map(|known| known.hello.user.clone())
                .unwrap_or_default(),
            issuer: known.map(|known| known.identity.principal.issuer.clone()),
            subject: known.map(|known| known.identity.principal.subject.clone()),
        };
        self.phase = Phase::Refusing(failure.payload());
        self.record(
            record::Event::LoginRefused(refused),
            Durability::Written,
            world,
        );
    }

    /// The catalog is there, or nobody can have it: makes the state of the new connection known.
    pub(crate) fn settle(&mut self, world: World<'_>) {
        let (Some(known), Phase::AwaitingCatalog(connected)) = (&self.known, &self.phase) else {
            return;
        };
        let server = connected.server;
        // Servers refuse what is as long as the limit.
        let most = usize::try_from(connected.packet_bytes_max).unwrap_or(usize::MAX);
        let most = most.saturating_sub(1);
        let accepted = self.config.limits.packet_bytes_max.min(most);
        let Some(catalog) = world.catalog else {
            return self.refuse_late(no_catalog(), world);
        };
        let mut state = State::new(server, catalog.table_name_case);
        state.context.multi_statements = self.capabilities.contains(Capabilities::MULTI_STATEMENTS);
        self.state = Some(state);
        self.accepted_bytes_max = accepted;
        self.target_bytes_max = most;
        let collation = known.hello.collation;
        let target = self.config.targets.get(known.target);
        let asked = known.hello.database.clone();
        let mut schema = asked
            .clone()
            .or_else(|| target.and_then(|t| t.database.clone()));
        if let Some(wanted) = &schema
            && let Err(failure) = self.may_use(wanted, world)
        {
            if asked.is_some() {
                let failure = Failure {
                    code: 1044,
                    ..failure
                };
                return self.refuse_late(failure, world);
            }
            // The target's own default is not for this role: it begins in no schema.
            schema = None;
        }
        let mut purposes = self.track(world);
        // Collations of MySQL 8 that MariaDB does not know: it would fall back to its default.
        let unknown = server.kind == ServerKind::MariaDb && collation > MARIADB_COLLATION_MAX;
        if let Some(charset) = login_charset(collation).filter(|_| unknown) {
            purposes.push(Purpose::Names(charset));
        }
        purposes.extend(schema.map(Purpose::UseSchema));
        purposes.push(Purpose::ReadBack);
        let exchange = Exchange::own(
            purposes,
            After::Settled,
            self.agreement(),
            self.own_deadline(world),
        );
        self.send_exchange(exchange);
    }

    /// Whether the policy lets the role make that schema its default.
    fn may_use(&mut self, schema: &str, world: World<'_>) -> Result<(), Failure> {
        let mut pending = Pending::new(0, Asked::InitDb(schema.to_owned()));
        pending.refreshed = true;
        match self.judge(&mut pending, world) {
            crate::judge::Judgement::Allow(_) => Ok(()),
            crate::judge::Judgement::Refuse(refusal) => Err(refusal.failure),
            crate::judge::Judgement::NeedsCatalog | crate::judge::Judgement::Ask(_) => {
                Err(no_catalog())
            }
        }
    }

    /// The state is known: the login is recorded before the client hears of it.
    pub(crate) fn settled(&mut self, world: World<'_>) {
        let Some(known) = &self.known else { return };
        let principal = &known.identity.principal;
        let login = record::Login {
            issuer: principal.issuer.clone(),
            subject: principal.subject.clone(),
            actors: principal.actors.clone(),
            groups: principal.groups.iter().cloned().collect(),
            role: known.role.as_str().to_owned(),
            target: self.target().unwrap_or_default().to_owned(),
            database_user: known.database_user.clone(),
            method: known.method.into(),
            token: known.identity.token_id.clone(),
            expires_us: Some(known.identity.expires_us),
            client_attributes: known.hello.attributes.clone(),
        };
        self.phase = Phase::Admitting;
        self.record(record::Event::Login(login), Durability::Written, world);
    }

    /// The login is recorded: the client is in.
    pub(crate) fn admitted(&mut self, world: World<'_>) {
        let mut out = Vec::new();
        let terms = self.terms();
        let state = self.state.as_ref();
        let ok = OkPacket {
            status: terms.status,
            session_changes: state.map_or(Vec::new(), tracking::at_login),
            ..OkPacket::default()
        };
        let sequence = &mut self.client_sequence;
        reply::packet(&ok, terms.capabilities, sequence, &mut out);
        self.send_client(out);
        self.assembler.set_packet_bytes_max(self.accepted_bytes_max);
        self.assembler.skip_too_large(true);
        self.assembler.expect_sequence(SequenceId::ZERO);
        self.ready(world);
        self.read_client(world);
    }

    pub(crate) fn names(&self, world: World<'_>) -> TableNameCase {
        // While the catalog is being loaded names compare as they did before.
        let known = self.state.as_ref().map(|state| state.names);
        world
            .catalog
            .map(|catalog| catalog.table_name_case)
            .or(known)
            .unwrap_or_default()
    }
}

/// A client whose token was good, with its target and role.
#[derive(Debug)]
struct Entrant {
    hello: Hello,
    method: &'static str,
    identity: Identity,
    target: usize,
    role: (RoleId, String, Option<std::time::Duration>),
    sends_files: bool,
}

/// Why a login is refused whose token was looked at.
#[derive(Debug)]
struct KnownRefusal {
    reason: String,
    text: String,
    code: u16,
    state: [u8; 5],
}

impl KnownRefusal {
    fn denied(reason: &str, why: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            text: format!("access denied: {why}"),
            code: 1045,
            state: *b"28000",
        }
    }
}

/// The last collation of one byte that both servers know.
const MARIADB_COLLATION_MAX: u8 = 247;

/// Whether a rule lets the role send files of its own, at once or when a human says so.
fn may_send_files(role: &Role) -> bool {
    role.rules().iter().any(|rule| {
        !matches!(rule.effect(), Effect::Deny)
            && rule.statements().covers(StatementKind::LoadDataLocal)
    })
}

fn no_catalog() -> Failure {
    Failure::closed(
        "POSTERN-CATALOG",
        "what the target holds is not known at present, so nothing can be decided; try again in a \
         moment",
    )
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
