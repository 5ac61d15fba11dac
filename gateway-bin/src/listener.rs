//! Accepts clients on one address, within limits, and gives each a session of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::ServerConfig;
use session_core::config::SessionConfig;
use session_core::phase::Opening;
use session_core::session::Session;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::clock::now_us;
use crate::driver::Driver;
use crate::peers;
use crate::workers::Workers;

/// One address that clients come to.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) app: Arc<App>,
    pub(crate) config: Arc<SessionConfig>,
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) socket: TcpListener,
    pub(crate) sessions: Arc<Semaphore>,
    pub(crate) workers: Arc<Workers>,
}

impl Listener {
    /// Where it listens.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts until told to drain, then waits for the sessions it began.
    pub(crate) async fn serve(self, mut drain: watch::Receiver<bool>) {
        let mut sessions = JoinSet::new();
        let told = drain.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = drain.wait_for(|drain| *drain) => break,
                Some(_) = sessions.join_next() => continue,
            };
            match accepted {
                Ok((stream, peer)) => self.begin(&mut sessions, stream, peer, &told),
                Err(error) => {
                    // Out of file descriptors, as a rule: others end, then there are some.
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.socket);
        while sessions.join_next().await.is_some() {}
    }

    fn begin(
        &self,
        sessions: &mut JoinSet<()>,
        stream: TcpStream,
        peer: SocketAddr,
        drain: &watch::Receiver<bool>,
    ) {
        let Ok(permit) = Arc::clone(&self.sessions).try_acquire_owned() else {
            tracing::warn!(%peer, "too many sessions, connection closed");
            return turn_away(stream);
        };
        let opening = match opening(peer) {
            Ok(opening) => opening,
            Err(error) => {
                tracing::error!(%error, "no randomness, connection closed");
                return;
            }
        };
        if let Err(error) = peers::prepare(&stream) {
            tracing::debug!(%error, "a socket option is not supported");
        }
        // Its readiness is watched by the runtime of the thread that runs the session.
        let (Ok(stream), Some(worker)) = (stream.into_std(), self.workers.turn()) else {
            tracing::error!(%peer, "the connection cannot be handed over");
            return;
        };
        let session = Session::new(Arc::clone(&self.config), opening);
        let (app, tls, drain) = (Arc::clone(&self.app), Arc::clone(&self.tls), drain.clone());
        let run = async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => Driver::new(app, session, stream, tls).run(drain).await,
                Err(error) => tracing::error!(%error, "the connection cannot be taken over"),
            }
            drop(permit);
        };
        sessions.spawn_on(run, worker);
    }
}

/// Says why there is no greeting. A new socket takes that at once, or the client does without.
fn turn_away(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        let _: std::io::Result<usize> = stream.write(&session_core::login::too_many_sessions());
    }
}

/// A name for the session, and what its greeting needs.
fn opening(peer: SocketAddr) -> Result<Opening, getrandom::Error> {
    let mut salt = [0; 20];
    let mut name = [0; 8];
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut name)?;
    Ok(Opening {
        id: format!("s-{}", hex::encode(name)),
        peer: peer.to_string(),
        connection_id: CONNECTIONS.fetch_add(1, Ordering::Relaxed),
        salt,
        now_us: now_us(),
    })
}

/// Numbers of connections, as greetings show them: far from the numbers that targets give, so that a
/// KILL of one cannot mean the other, and positive in 32 bits, as some clients read them.
static CONNECTIONS: AtomicU32 = AtomicU32::new(1 << 30);

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
