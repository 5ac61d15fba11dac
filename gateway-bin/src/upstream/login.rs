//! The login at a target, over any stream: greeting, capabilities, proof of the password.

use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::handshake::auth::AuthReply;
use mysql_proto::handshake::auth::CACHING_SHA2_FAST_SUCCESS;
use mysql_proto::handshake::auth::CACHING_SHA2_FULL;
use mysql_proto::handshake::auth::CACHING_SHA2_PASSWORD;
use mysql_proto::handshake::auth::MYSQL_NATIVE_PASSWORD;
use mysql_proto::handshake::auth::encode_clear_password;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::Attribute;
use mysql_proto::handshake::login::AuthResponse;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::handshake::scramble;
use mysql_proto::limits::Limits;
use mysql_proto::response::err::ERR_HEADER;
use mysql_proto::response::err::ErrPacket;
use mysql_proto::response::ok::OkPacket;
use policy_core::server::Server;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use zeroize::Zeroizing;

use super::error::ConnectError;
use super::error::PacketError;
use super::error::text;
use super::packets::Packets;
use crate::secret::Secret;

/// As whom, and in which way, to log in.
#[derive(Debug)]
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a Secret,
    pub(super) database: Option<&'a str>,
    /// What the client set of [`FORWARDED`].
    pub(super) client_capabilities: Capabilities,
    pub(super) collation: u8,
}

/// What a greeting tells.
#[derive(Debug)]
pub(super) struct Greeted {
    pub(super) server: Server,
    pub(super) version: String,
    pub(super) thread_id: u32,
    pub(super) offered: Capabilities,
    pub(super) collation: u8,
    plugin: Vec<u8>,
    salt: Salt,
}

/// What the end of a login tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    pub(super) capabilities: Capabilities,
    pub(super) status: StatusFlags,
}

/// What a client asks of the semantics of its session, and the target must be told. Files are among it
/// only where the session says that the role may send some.
pub const FORWARDED: Capabilities = Capabilities::FOUND_ROWS
    .union(Capabilities::IGNORE_SPACE)
    .union(Capabilities::INTERACTIVE)
    .union(Capabilities::LOCAL_FILES)
    .union(Capabilities::QUERY_ATTRIBUTES);

/// Reads the greeting.
pub(super) async fn greet<S>(packets: &mut Packets<S>) -> Result<Greeted, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let payload = packets.read().await?;
    if payload.first() == Some(&ERR_HEADER) {
        let error = ErrPacket::decode(&payload).map_err(PacketError::from)?;
        return Err(ConnectError::Refuse {
            code: error.code,
            message: text(&error.message),
        });
    }
    let greeting = Greeting::decode(&payload).map_err(PacketError::from)?;
    let version = text(greeting.server_version);
    let Some(server) = Server::parse(&version) else {
        return Err(ConnectError::Version { version });
    };
    Ok(Greeted {
        server,
        version,
        thread_id: greeting.connection_id,
        offered: greeting.capabilities,
        collation: greeting.collation,
        plugin: greeting.auth_plugin.to_vec(),
        salt: greeting.salt,
    })
}

/// Asks the server to turn to TLS. The stream is then handed to rustls.
pub(super) async fn request_tls<S>(
    packets: &mut Packets<S>,
    greeted: &Greeted,
    login: &Login<'_>,
) -> Result<(), ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let capabilities = negotiate(greeted, login, true)?;
    let mut payload = Vec::new();
    SslRequest {
        capabilities,
        mariadb_capabilities: MariaDbCapabilities::empty(),
        packet_bytes_max: PACKET_BYTES_MAX,
        collation: login.collation,
    }
    .encode(&mut payload);
    packets.write(&payload).await?;
    // A server is silent now. What has come all the same would be read as if TLS protected it.
    if packets.has_unread() {
        return Err(ConnectError::InjectedBytes);
    }
    Ok(())
}

/// Proves the password and waits for the server's OK.
pub(super) async fn log_in<S>(
    packets: &mut Packets<S>,
    greeted: &Greeted,
    login: &Login<'_>,
    encrypted: bool,
) -> Result<Accepted, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let capabilities = negotiate(greeted, login, encrypted)?;
    // An account may have another plugin than the server's default; then the server switches.
    let first = Plugin::parse(&greeted.plugin).unwrap_or(Plugin::Native);
    let proof = first.prove(login.password.expose(), &greeted.salt);
    let mut payload = Zeroizing::new(Vec::new());
    HandshakeResponse {
        capabilities,
        mariadb_capabilities: MariaDbCapabilities::empty(),
        packet_bytes_max: PACKET_BYTES_MAX,
        collation: login.collation,
        user: login.user.as_bytes(),
        auth_response: AuthResponse::new(&proof),
        database: login.database.map(str::as_bytes),
        auth_plugin: Some(first.name()),
        attributes: vec![Attribute {
            name: b"program_name",
            value: b"postern",
        }],
        zstd_level: None,
    }
    .encode(&mut payload)
    .map_err(PacketError::from)?;
    packets.write(&payload).await?;
    let status = prove(packets, first, login, (capabilities, encrypted)).await?;
    Ok(Accepted {
        capabilities,
        status,
    })
}

/// Answers the server until it says OK or ERR.
async fn prove<S>(
    packets: &mut Packets<S>,
    mut plugin: Plugin,
    login: &Login<'_>,
    (capabilities, encrypted): (Capabilities, bool),
) -> Result<StatusFlags, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut switched = false;
    for _ in 0..ROUNDS_MAX {
        let payload = packets.read().await?;
        match AuthReply::decode(&payload).map_err(PacketError::from)? {
            AuthReply::Ok(payload) => {
                let (_, ok) = OkPacket::decode(payload, capabilities, &Limits::default())
                    .map_err(PacketError::from)?;
                return Ok(ok.status);
            }
            AuthReply::Err(payload) => {
                let error = ErrPacket::decode(payload).map_err(PacketError::from)?;
                return Err(ConnectError::Login {
                    code: error.code,
                    message: text(&error.message),
                });
            }
            AuthReply::Switch(request) => {
                if switched {
                    return Err(ConnectError::Endless);
                }
                switched = true;
                plugin = Plugin::parse(request.plugin).ok_or_else(|| ConnectError::Plugin {
                    plugin: text(request.plugin),
                })?;
                let salt = Salt::from_switch(request.data).map_err(PacketError::from)?;
                packets
                    .write(&plugin.prove(login.password.expose(), &salt))
                    .await?;
            }
            AuthReply::MoreData(more) => match (plugin, more.data) {
                (Plugin::CachingSha2, [CACHING_SHA2_FAST_SUCCESS]) => {}
                (Plugin::CachingSha2, [CACHING_SHA2_FULL]) => {
                    // The other way, RSA, would trust whatever key the server sends.
                    if !encrypted {
                        return Err(ConnectError::ClearPassword);
                    }
                    let mut clear = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES));
                    encode_clear_password(AuthResponse::new(login.password.expose()), &mut clear)
                        .map_err(PacketError::from)?;
                    packets.write(&clear).await?;
                }
                (Plugin::CachingSha2 | Plugin::Native, _) => {
                    return Err(ConnectError::Plugin {
                        plugin: text(plugin.name()),
                    });
                }
            },
            // Never asked of us, who do not say that we have a second one.
            AuthReply::NextFactor(request) => {
                return Err(ConnectError::Plugin {
                    plugin: text(request.plugin),
                });
            }
        }
    }
    Err(ConnectError::Endless)
}

/// The ways to prove a password that we have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Plugin {
    CachingSha2,
    Native,
}

impl Plugin {
    fn parse(name: &[u8]) -> Option<Self> {
        [Self::CachingSha2, Self::Native]
            .into_iter()
            .find(|plugin| plugin.name() == name)
    }

    fn name(self) -> &'static [u8] {
        match self {
            Self::CachingSha2 => CACHING_SHA2_PASSWORD,
            Self::Native => MYSQL_NATIVE_PASSWORD,
        }
    }

    fn prove(self, password: &[u8], salt: &Salt) -> Vec<u8> {
        match self {
            Self::CachingSha2 => scramble::caching_sha2_password(password, salt),
            Self::Native => scramble::native_password(password, salt),
        }
    }
}

/// What we ask of the server: everything needed, what else it offers, what the client set.
fn negotiate(
    greeted: &Greeted,
    login: &Login<'_>,
    encrypted: bool,
) -> Result<Capabilities, ConnectError> {
    for (capability, what) in NEEDED {
        if !greeted.offered.contains(*capability) {
            return Err(ConnectError::Lack { what });
        }
    }
    let needed = NEEDED
        .iter()
        .fold(Capabilities::empty(), |all, (one, _)| all | *one);
    let mut asked = needed | WELCOME | (login.client_capabilities & FORWARDED);
    if login.database.is_some() {
        if !greeted.offered.contains(Capabilities::CONNECT_WITH_DB) {
            return Err(ConnectError::Lack {
                what: "a database at login",
            });
        }
        asked |= Capabilities::CONNECT_WITH_DB;
    }
    // Where the one side has them in front of every statement, the other must, too.
    let attributes = login.client_capabilities & Capabilities::QUERY_ATTRIBUTES;
    if !greeted.offered.contains(attributes) {
        return Err(ConnectError::Lack {
            what: "query attributes, which it had when the gateway started",
        });
    }
    if encrypted {
        if !greeted.offered.contains(Capabilities::SSL) {
            return Err(ConnectError::Lack { what: "TLS" });
        }
        asked |= Capabilities::SSL;
    }
    // MariaDB leaves LONG_PASSWORD out of its greeting to say that it is MariaDB.
    Ok((asked & greeted.offered) | Capabilities::LONG_PASSWORD)
}

const NEEDED: &[(Capabilities, &str)] = &[
    (Capabilities::PROTOCOL_41, "the protocol of 4.1"),
    (Capabilities::SECURE_CONNECTION, "passwords of 4.1"),
    (Capabilities::PLUGIN_AUTH, "authentication plugins"),
    (Capabilities::TRANSACTIONS, "transaction states"),
    (Capabilities::MULTI_RESULTS, "results of several parts"),
    (Capabilities::PS_MULTI_RESULTS, "results of several parts"),
    (Capabilities::SESSION_TRACK, "session tracking"),
    (Capabilities::DEPRECATE_EOF, "CLIENT_DEPRECATE_EOF"),
];
const WELCOME: Capabilities = Capabilities::LONG_FLAG
    .union(Capabilities::CONNECT_ATTRS)
    .union(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA);
/// The largest that servers know.
const PACKET_BYTES_MAX: u32 = 1 << 30;
/// No login of the plugins above takes more packets.
const ROUNDS_MAX: usize = 5;
/// Reserved at once, since a vector that grows leaves copies behind unwiped.
const PASSWORD_BYTES: usize = 1024;

#[cfg(test)]
mod tests;
