//! One session over real sockets: the only loop that reads and writes for it.
//!
//! Both sockets belong to one task. What a [`Session`] wants done is done here, in order; what
//! happens is told to it. Nothing here decides.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use audit_log::Record;
use bytes::Bytes;
use bytes::BytesMut;
use jiff::Timestamp;
use policy_core::principal::Principal;
use rustls::ServerConfig;
use session_core::config::World;
use session_core::event::Action;
use session_core::event::ConnectRefusal;
use session_core::event::Connected;
use session_core::event::Durability;
use session_core::event::Event;
use session_core::event::Identity;
use session_core::event::KillAnswer;
use session_core::event::KillScope;
use session_core::event::LoginRefusal;
use session_core::secret::Token;
use session_core::session::Session;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::catalog::handle::CatalogHandle;
use crate::catalog::handle::SchemaChange;
use crate::client_side::ClientSide;
use crate::client_side::Turn;
use crate::clock::microseconds;
use crate::clock::now_us;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;
use crate::connections::Connection;
use crate::connections::Owner;
use crate::principals::Place;
use crate::room::Room;
use crate::target_out::TargetOut;
use crate::upstream;
use crate::upstream::connect::Upstream;
use crate::upstream::kill::Kill;

/// What a session runs on.
#[derive(Debug)]
pub(crate) struct Driver {
    app: Arc<App>,
    session: Session,
    client: ClientSide,
    tls: Arc<ServerConfig>,
    target: Option<Target>,
    place: Option<Place>,
    principal: Option<Principal>,
    connection: Option<Connection>,
    server_in: BytesMut,
    server_room: Room,
    server_out: TargetOut,
    /// Nothing came for a while, and the room for more was given back.
    rests: bool,
}

/// The target's side of a session.
#[derive(Debug)]
struct Target {
    settings: Arc<TargetSettings>,
    user: Arc<DatabaseUser>,
    catalog: CatalogHandle,
    upstream: Option<Upstream>,
    change: Option<SchemaChange>,
}

/// What woke the session.
enum Woken {
    Client(io::Result<Turn>),
    Server(io::Result<usize>),
    Sent,
    Killed(KillScope),
    Time,
    Quiet,
    Drain,
}

impl Driver {
    pub(crate) fn new(
        app: Arc<App>,
        session: Session,
        client: TcpStream,
        tls: Arc<ServerConfig>,
    ) -> Self {
        Self {
            app,
            session,
            client: ClientSide::new(client),
            tls,
            target: None,
            place: None,
            principal: None,
            connection: None,
            server_in: BytesMut::new(),
            server_room: Room::new(SERVER_QUIET_BYTES, SERVER_READ_BYTES),
            server_out: TargetOut::default(),
            rests: true,
        }
    }

    /// Runs the session to its end.
    pub(crate) async fn run(mut self, mut drain: watch::Receiver<bool>) {
        self.tell(Event::Start);
        let mut gone = false;
        loop {
            if self.act().await.is_err() {
                gone = true;
                self.tell(Event::ClientGone);
                // The record of the end, and nothing more: there is nobody to send to.
                let _: io::Result<()> = self.act().await;
            }
            if self.session.is_closed() {
                break;
            }
            match self.wait(&mut drain).await {
                Woken::Client(Ok(Turn::Wrote)) | Woken::Sent => {}
                Woken::Client(Ok(Turn::Read(0)) | Err(_)) => {
                    gone = true;
                    self.tell(Event::ClientGone);
                }
                Woken::Client(Ok(Turn::Read(_))) => {
                    self.rests = false;
                    let bytes = self.client.take_input();
                    self.tell(Event::FromClient(bytes));
                }
                Woken::Server(Ok(0) | Err(_)) => self.tell(Event::ServerGone),
                Woken::Server(Ok(_)) => {
                    self.rests = false;
                    let bytes = self.server_in.split();
                    self.tell(Event::FromServer(bytes));
                }
                Woken::Killed(scope) => self.tell(Event::Killed(scope)),
                Woken::Time => self.tell(Event::Timer),
                Woken::Quiet => self.rest(),
                Woken::Drain => self.tell(Event::Drain),
            }
        }
        // Whoever sees it end finds nobody under its number.
        self.connection = None;
        self.part(self.session.parts_from_target()).await;
        if !gone {
            self.client.farewell().await;
        }
    }

    /// Gives back what a quiet session does not need.
    fn rest(&mut self) {
        self.rests = true;
        self.client.rest();
        self.server_room.rest(&mut self.server_in);
    }

    fn tell(&mut self, event: Event) {
        let current = self
            .target
            .as_ref()
            .and_then(|target| target.catalog.fresh_now());
        let world = World {
            now_us: now_us(),
            policy: &self.app.policy,
            catalog: current.as_ref().map(|current| &current.catalog),
            connections: &self.connection,
        };
        self.session.handle(event, world);
    }

    /// Waits for something to happen. While the client has yet to take something, nothing more is
    /// read for it.
    async fn wait(&mut self, drain: &mut watch::Receiver<bool>) -> Woken {
        let due = self.session.deadline().map_or(FAR, |deadline| {
            Duration::from_micros(deadline.saturating_sub(now_us()))
        });
        let (due, woken) = match self.rests || due <= QUIET_TIME {
            true => (due.min(FAR), Woken::Time),
            false => (QUIET_TIME, Woken::Quiet),
        };
        let due = Instant::now() + due;
        let is_taken = !self.client.has_output();
        let is_sent = self.server_out.is_empty();
        let wants_client = is_taken && is_sent && self.session.wants_client();
        let drops = self.session.drops_rows() && self.client.has_room();
        let wants_server = is_taken || !is_sent || drops;
        let server = self
            .target
            .as_mut()
            .and_then(|target| target.upstream.as_mut())
            .filter(|_| wants_server);
        let (server_in, server_room) = (&mut self.server_in, &mut self.server_room);
        let server_out = &mut self.server_out;
        let read_server = async {
            match server {
                // It reads what it is sent before it answers.
                Some(upstream) if !is_sent => {
                    server_out.write(&mut upstream.stream).await;
                    Woken::Sent
                }
                Some(upstream) => {
                    let room = server_room.reserve(server_in);
                    let read = upstream.stream.read_buf(server_in).await;
                    server_room.was_read(read.as_ref().copied().unwrap_or_default(), room);
                    Woken::Server(read)
                }
                None => std::future::pending().await,
            }
        };
        let connection = &mut self.connection;
        let told = async {
            match connection {
                Some(connection) => connection.told().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            // Before rows, which may come without end.
            scope = told => Woken::Killed(scope),
            woken = read_server => woken,
            turn = self.client.turn(wants_client) => Woken::Client(turn),
            () = tokio::time::sleep_until(due) => woken,
            changed = drain.wait_for(|drain| *drain), if !self.session.is_draining() => {
                // The sender lives as long as the gateway.
                let _: bool = changed.is_ok();
                Woken::Drain
            }
        }
    }

    /// Does everything that the session wants done. An error means that the client is gone.
    async fn act(&mut self) -> io::Result<()> {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::ToClient(bytes) => self.client.push(bytes),
                Action::ToServer(bytes) => self.server_out.push(bytes),
                Action::StartTls { early } => {
                    self.client.write().await?;
                    self.start_tls(early).await?;
                    self.tell(Event::TlsStarted);
                }
                Action::Identify(token) => {
                    let answer = self.identify(&token).await;
                    self.tell(Event::Identified(answer));
                }
                Action::Connect(request) => {
                    let answer = self.connect(&request).await;
                    self.tell(Event::Connected(answer));
                }
                Action::Record { record, durability } => {
                    let event = self.record(&record, durability).await;
                    self.tell(event);
                }
                Action::RefreshCatalog => {
                    self.refresh_catalog().await;
                    self.tell(Event::CatalogRefreshed);
                }
                Action::SchemaChanged => self.schema_changed(),
                Action::AskApproval(request) => {
                    let answer = self.app.ask_approval(&request).await;
                    self.tell(Event::ApprovalAnswered(answer));
                }
                Action::ConsumeUse { ticket } => {
                    let answer = self.app.consume_use(&ticket).await;
                    self.tell(Event::UseConsumed(answer));
                }
                Action::KillStatement => self.kill().await,
                Action::Kill { id, scope } => {
                    let connection = self.connection.as_ref();
                    let answer = connection.map_or(KillAnswer::Unknown, |own| own.kill(id, scope));
                    self.tell(Event::KillAnswered(answer));
                }
                Action::Disconnect { says_so } => self.disconnect(says_so).await,
                // What is left is written when both sides are parted from.
                Action::Close => {}
            }
        }
        self.flush_server().await;
        self.client.write_now().await
    }

    /// Nothing of a login that ended is left to the next one of the same client.
    async fn disconnect(&mut self, says_so: bool) {
        self.connection = None;
        self.principal = None;
        self.place = None;
        self.part(says_so).await;
        self.server_in.clear();
        self.server_out.clear();
    }

    /// Leaves the target. One that is told so, where it would understand it, counts no connection
    /// as lost.
    async fn part(&mut self, says_so: bool) {
        let upstream = self.target.take().and_then(|target| target.upstream);
        if let Some(upstream) = upstream.filter(|_| says_so && self.server_out.is_empty()) {
            upstream.quit().await;
        }
    }

    async fn start_tls(&mut self, early: Bytes) -> io::Result<()> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls));
        let time_max = self.time_left();
        self.client.start_tls(acceptor, early, time_max).await
    }

    /// What is left of the time that a login may take.
    fn time_left(&self) -> Duration {
        let due = self.session.deadline().unwrap_or_default();
        Duration::from_micros(due.saturating_sub(now_us()))
    }

    async fn identify(&mut self, token: &Token) -> Result<Box<Identity>, LoginRefusal> {
        let text = std::str::from_utf8(token.expose()).unwrap_or_default();
        match self.app.verifier.verify(text, Timestamp::now()).await {
            Ok(identity) => {
                let most = self.app.sessions_per_principal_max;
                self.place = self.app.principals.enter(&identity.principal, most);
                if self.place.is_none() {
                    return Err(LoginRefusal {
                        code: "POSTERN-LOGIN-SESSIONS".to_owned(),
                        text: format!("{most} sessions of yours are open already; close one"),
                    });
                }
                self.principal = Some(identity.principal.clone());
                Ok(Box::new(Identity {
                    principal: identity.principal,
                    expires_us: microseconds(identity.expires_at),
                    token_id: identity.token_id,
                }))
            }
            Err(refusal) => {
                let text = refusal.to_string();
                let words = text
                    .split_once("] ")
                    .map_or(text.as_str(), |(_, words)| words);
                Err(LoginRefusal {
                    code: refusal.code().to_owned(),
                    text: words.to_owned(),
                })
            }
        }
    }

    async fn connect(
        &mut self,
        request: &session_core::event::ConnectRequest,
    ) -> Result<Connected, ConnectRefusal> {
        let unknown = || ConnectRefusal {
            text: "the role's account is not configured for this target; ask the operator"
                .to_owned(),
            code: 1105,
        };
        let (settings, catalog) = self.app.target(&request.target).ok_or_else(unknown)?;
        let user = settings
            .user(&request.database_user)
            .cloned()
            .ok_or_else(unknown)?;
        let connecting = upstream::connect::ConnectRequest {
            target: &settings,
            user: &user,
            database: request.database.as_deref(),
            client_capabilities: request.capabilities,
            collation: u8::try_from(request.collation).unwrap_or_default(),
            time_max: CONNECT_TIME_MAX.min(self.time_left()),
        };
        match upstream::connect::connect(&connecting).await {
            Ok(mut upstream) => {
                let loaded = catalog.current().loaded;
                let connected = Connected {
                    server: upstream.server,
                    thread_id: u64::from(upstream.thread_id),
                    packet_bytes_max: loaded
                        .map_or(u64::MAX, |loaded| loaded.variables.packet_bytes_max),
                };
                self.server_in = std::mem::take(&mut upstream.leftover);
                self.connection = self.principal.as_ref().map(|principal| {
                    let owner = Owner::new(principal, &request.target);
                    let (id, thread) = (self.session.connection_id(), connected.thread_id);
                    self.app.connections.open(owner, id, thread)
                });
                self.target = Some(Target {
                    settings,
                    user,
                    catalog,
                    upstream: Some(upstream),
                    change: None,
                });
                Ok(connected)
            }
            Err(error) => {
                tracing::warn!(target_name = request.target, %error, "cannot connect to the target");
                let told = error.for_client();
                let text = String::from_utf8_lossy(&told.message).into_owned();
                let words = text
                    .split_once("] ")
                    .map_or(text.as_str(), |(_, words)| words);
                Err(ConnectRefusal {
                    text: words.to_owned(),
                    code: told.code,
                })
            }
        }
    }

    async fn record(&self, record: &Record, durability: Durability) -> Event {
        // A client that sends what is answered here, and never waits, would keep this thread to itself.
        tokio::task::coop::consume_budget().await;
        let written = self.app.audit.append(record);
        let recorded = match (written, durability) {
            (Ok(_), Durability::Written) => Ok(()),
            (Ok(position), Durability::Synced) => self.app.audit.durable(position).await,
            (Err(error), _) => Err(error),
        };
        match recorded {
            Ok(()) => Event::Recorded,
            Err(error) => {
                tracing::error!(%error, "a record could not be written; nothing passes");
                Event::RecordFailed
            }
        }
    }

    /// Waits for a catalog that may be relied on; when there is one, for a newer one.
    async fn refresh_catalog(&mut self) {
        let Some(target) = &self.target else { return };
        let refreshed = match target.catalog.fresh_now() {
            None => target.catalog.fresh(CATALOG_TIME_MAX).await,
            Some(_) => target.catalog.refresh(CATALOG_TIME_MAX).await,
        };
        if let Err(error) = refreshed {
            tracing::warn!(target_name = target.settings.name, %error, "no fresh catalog");
        }
    }

    /// Called before a change of the schema is sent, and again when its reply has ended.
    fn schema_changed(&mut self) {
        let Some(target) = &mut self.target else {
            return;
        };
        target.change = match target.change.take() {
            None => Some(target.catalog.schema_change()),
            Some(_) => None,
        };
    }

    async fn kill(&mut self) {
        let Some(target) = &self.target else { return };
        let Some(upstream) = &target.upstream else {
            return;
        };
        let thread = upstream.thread_id;
        let killed =
            upstream::kill::kill(&target.settings, &target.user, thread, Kill::Query).await;
        if let Err(error) = killed {
            tracing::warn!(target_name = target.settings.name, %error, "cannot stop a statement");
        }
    }

    /// Writes to the target what it takes at once.
    async fn flush_server(&mut self) {
        let target = self.target.as_mut();
        if let Some(upstream) = target.and_then(|target| target.upstream.as_mut()) {
            self.server_out.write_now(&mut upstream.stream).await;
        }
    }
}

const SERVER_READ_BYTES: usize = 64 * 1024;
/// Room for the answer to a small statement.
const SERVER_QUIET_BYTES: usize = 4 * 1024;
/// A session to which nothing comes for so long gives its room back.
const QUIET_TIME: Duration = Duration::from_secs(1);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
const CATALOG_TIME_MAX: Duration = Duration::from_secs(10);

/// Longer than anything that is waited for.
const FAR: Duration = Duration::from_secs(24 * 3600);
