//! A connection to a target: TCP, TLS and login, within a time.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::limits::Limits;
use policy_core::server::Server;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::error::ConnectError;
use super::login;
use super::login::Login;
use super::packets::Packets;
use super::stream::Stream;
use crate::config::target::DatabaseUser;
use crate::config::target::TargetSettings;
use crate::config::target::TargetTls;
use crate::peers;

/// Where, as whom and how to connect.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct ConnectRequest<'a> {
    /// The server.
    pub target: &'a TargetSettings,
    /// The account.
    pub user: &'a DatabaseUser,
    /// The default database.
    pub database: Option<&'a str>,
    /// The client's capabilities; only [`login::FORWARDED`] of them are passed on.
    pub client_capabilities: Capabilities,
    /// The collation that the session starts with.
    pub collation: u8,
    /// How long all of it may take.
    pub time_max: Duration,
}

impl<'a> ConnectRequest<'a> {
    /// A connection for the gateway's own use: utf8mb4, no database.
    #[must_use]
    pub fn own(target: &'a TargetSettings, user: &'a DatabaseUser) -> Self {
        Self {
            target,
            user,
            database: None,
            client_capabilities: Capabilities::empty(),
            collation: UTF8MB4_GENERAL_CI,
            time_max: OWN_TIME_MAX,
        }
    }
}

/// A session at a target, logged in, before its first command.
#[derive(Debug)]
#[non_exhaustive]
pub struct Upstream {
    /// The socket.
    pub stream: Stream,
    /// Bytes that came behind the last packet of the login.
    pub leftover: BytesMut,
    /// Kind and version of the server.
    pub server: Server,
    /// The version as the greeting tells it.
    pub version: String,
    /// The server's number of this connection.
    pub thread_id: u32,
    /// What the server can do.
    pub offered: Capabilities,
    /// The server's own collation, or its lowest byte.
    pub greeted_collation: u8,
    /// What both sides agreed on.
    pub capabilities: Capabilities,
    /// The state of the session.
    pub status: StatusFlags,
    /// The collation that was asked for.
    pub collation: u8,
}

impl Upstream {
    /// Says goodbye between two commands, and closes.
    pub async fn quit(mut self) {
        let parting = async {
            self.stream.write_all(&QUIT).await?;
            self.stream.shutdown().await
        };
        // Whether the server hears it does not matter any more.
        let _: Result<std::io::Result<()>, _> = tokio::time::timeout(QUIT_TIME_MAX, parting).await;
    }
}

/// Connects and logs in.
///
/// # Errors
/// When the target cannot be reached, is not trusted, or refuses.
pub async fn connect(request: &ConnectRequest<'_>) -> Result<Upstream, ConnectError> {
    let limit = request.time_max;
    match tokio::time::timeout(limit, connect_untimed(request)).await {
        Ok(done) => done,
        Err(_) => Err(ConnectError::TimeOut { limit }),
    }
}

async fn connect_untimed(request: &ConnectRequest<'_>) -> Result<Upstream, ConnectError> {
    let stream = reach(request.target).await?;
    let mut packets = Packets::new(stream, Limits::LOGIN_PACKET_BYTES_MAX);
    let greeted = login::greet(&mut packets).await?;
    let login = Login {
        user: &request.user.user,
        password: &request.user.password,
        database: request.database,
        client_capabilities: request.client_capabilities,
        collation: request.collation,
    };
    let mut packets = match &request.target.tls {
        TargetTls::Off => {
            let (stream, rest) = packets.split();
            rest.join(Stream::Plain(stream))
        }
        TargetTls::Verify {
            client_config,
            server_name,
        } => {
            login::request_tls(&mut packets, &greeted, &login).await?;
            let (stream, rest) = packets.split();
            rest.join(turn_to_tls(stream, client_config, server_name).await?)
        }
    };
    let encrypted = packets.stream().is_encrypted();
    let accepted = login::log_in(&mut packets, &greeted, &login, encrypted).await?;
    let (stream, rest) = packets.split();
    Ok(Upstream {
        stream,
        leftover: rest.into_unread(),
        server: greeted.server,
        version: greeted.version,
        thread_id: greeted.thread_id,
        offered: greeted.offered,
        greeted_collation: greeted.collation,
        capabilities: accepted.capabilities,
        status: accepted.status,
        collation: request.collation,
    })
}

async fn reach(target: &TargetSettings) -> Result<TcpStream, ConnectError> {
    let address = &target.address;
    let failed = |source| ConnectError::Reach {
        address: address.to_string(),
        source,
    };
    let stream = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .map_err(failed)?;
    peers::prepare(&stream).map_err(failed)?;
    Ok(stream)
}

async fn turn_to_tls(
    stream: TcpStream,
    client_config: &Arc<ClientConfig>,
    server_name: &ServerName<'static>,
) -> Result<Stream, ConnectError> {
    let connector = TlsConnector::from(Arc::clone(client_config));
    let connected = connector.connect(server_name.clone(), stream).await;
    let stream = connected.map_err(|source| ConnectError::Tls { source })?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// COM_QUIT, as a packet.
const QUIT: [u8; 5] = [1, 0, 0, 0, 1];
const QUIT_TIME_MAX: Duration = Duration::from_secs(1);
const UTF8MB4_GENERAL_CI: u8 = 45;
const OWN_TIME_MAX: Duration = Duration::from_secs(10);
