//! A whole login from the client's side, without the connection under it.

use super::auth::AuthReply;
use super::auth::CACHING_SHA2_FAST_SUCCESS;
use super::auth::CACHING_SHA2_FULL;
use super::auth::CACHING_SHA2_PASSWORD;
use super::auth::MYSQL_CLEAR_PASSWORD;
use super::auth::MYSQL_NATIVE_PASSWORD;
use super::auth::encode_clear_password;
use super::greeting::Greeting;
use super::greeting::Salt;
use super::login::AuthResponse;
use super::login::HandshakeResponse;
use super::login::SslRequest;
use super::scramble;
use crate::error::LoginError;
use crate::exchange::Agreement;
use crate::flags::Capabilities;
use crate::limits::Limits;
use crate::response::err::ERR_HEADER;
use crate::response::err::ErrPacket;

/// What a client can do that follows replies with [`ReplyTracker`](crate::ReplyTracker).
const WANTED: Capabilities = Capabilities::LONG_FLAG
    .union(Capabilities::PROTOCOL_41)
    .union(Capabilities::TRANSACTIONS)
    .union(Capabilities::SECURE_CONNECTION)
    .union(Capabilities::MULTI_RESULTS)
    .union(Capabilities::PS_MULTI_RESULTS)
    .union(Capabilities::PLUGIN_AUTH)
    .union(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(Capabilities::SESSION_TRACK)
    .union(Capabilities::DEPRECATE_EOF);

/// No login with the plugins that are known here takes more packets.
const PACKETS_MAX: usize = 8;

/// Logs a client in: shown each packet of the server, it says what to do next.
///
/// The plugins that it speaks are `caching_sha2_password` and `mysql_native_password`, and over TLS
/// `mysql_clear_password`. Where the server asks for the password itself and there is no TLS, it
/// refuses: the other way, RSA, trusts whatever key the server sends.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html)
#[derive(Debug)]
pub struct ClientLogin<'c> {
    user: &'c [u8],
    password: AuthResponse<'c>,
    database: Option<&'c [u8]>,
    tls: Tls,
    place: Place,
    packets: usize,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Tls {
    Never,
    Wanted,
    Running,
}

#[derive(Debug)]
enum Place {
    Greeting,
    /// TLS is being negotiated; the login waits.
    Tls {
        login: Vec<u8>,
        next: Proof,
    },
    Proof(Proof),
    Ended,
}

#[derive(Clone, Copy, Debug)]
struct Proof {
    capabilities: Capabilities,
    plugin: Plugin,
    switched: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Plugin {
    CachingSha2,
    Native,
    Clear,
}

/// What a login has to do next.
#[expect(clippy::exhaustive_enums, reason = "a client must do each of these")]
#[derive(Debug)]
pub enum LoginStep {
    /// Send this payload, with the number after that of the packet which was shown.
    Send(Vec<u8>),
    /// Send this payload, negotiate TLS, and call [`ClientLogin::tls_started`].
    StartTls(Vec<u8>),
    /// Show the next packet.
    Wait,
    /// The login is complete; replies are to be followed under this agreement.
    Done(Agreement),
}

impl<'c> ClientLogin<'c> {
    /// A login without TLS and without a default database.
    #[must_use]
    pub const fn new(user: &'c [u8], password: &'c [u8]) -> Self {
        Self {
            user,
            password: AuthResponse::new(password),
            database: None,
            tls: Tls::Never,
            place: Place::Greeting,
            packets: 0,
        }
    }

    /// Begins in this database.
    #[must_use]
    pub const fn database(mut self, database: &'c [u8]) -> Self {
        self.database = Some(database);
        self
    }

    /// Goes on over TLS only; a server that has none is refused.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.tls = Tls::Wanted;
        self
    }

    /// Takes the next packet of the server, the greeting first.
    ///
    /// # Errors
    ///
    /// [`LoginError`]; the login is over then.
    pub fn handle(&mut self, payload: &[u8]) -> Result<LoginStep, LoginError> {
        let place = std::mem::replace(&mut self.place, Place::Ended);
        self.packets += 1;
        if self.packets > PACKETS_MAX {
            return Err(LoginError::Endless);
        }
        match place {
            Place::Greeting => self.greeted(payload),
            Place::Proof(proof) => self.answered(proof, payload),
            // The server has to wait for the TLS handshake, and says nothing after the end.
            Place::Tls { .. } | Place::Ended => Err(LoginError::OutOfTurn),
        }
    }

    /// Says that TLS runs now: the next step is the login itself, with the number after that of
    /// the request for TLS.
    ///
    /// # Errors
    ///
    /// [`LoginError::OutOfTurn`] when TLS was not asked for.
    pub fn tls_started(&mut self) -> Result<LoginStep, LoginError> {
        match std::mem::replace(&mut self.place, Place::Ended) {
            Place::Tls { login, next } => {
                self.tls = Tls::Running;
                self.place = Place::Proof(next);
                Ok(LoginStep::Send(login))
            }
            Place::Greeting | Place::Proof(_) | Place::Ended => Err(LoginError::OutOfTurn),
        }
    }

    fn greeted(&mut self, payload: &[u8]) -> Result<LoginStep, LoginError> {
        if payload.first() == Some(&ERR_HEADER) {
            return Err(refusal(payload));
        }
        let greeting = Greeting::decode(payload)?;
        let mut wanted = WANTED;
        wanted.set(Capabilities::CONNECT_WITH_DB, self.database.is_some());
        wanted.set(Capabilities::SSL, self.tls == Tls::Wanted);
        // MariaDB leaves LONG_PASSWORD out of its greeting only to say that it is MariaDB.
        let capabilities = (wanted & greeting.capabilities) | Capabilities::LONG_PASSWORD;
        if self.tls == Tls::Wanted && !capabilities.contains(Capabilities::SSL) {
            return Err(LoginError::NoTls);
        }
        let plugin = match Plugin::parse(greeting.auth_plugin) {
            // An account may have another plugin than the server's default: the server asks then.
            None | Some(Plugin::Clear) => Plugin::Native,
            Some(plugin) => plugin,
        };
        let answer = plugin.prove(self.password.expose(), &greeting.salt);
        let mut response = HandshakeResponse::new(capabilities, self.user);
        response.auth_response = AuthResponse::new(&answer);
        response.database = self.database;
        response.auth_plugin = Some(plugin.name());
        let mut login = Vec::new();
        response.encode(&mut login)?;
        let next = Proof {
            capabilities,
            plugin,
            switched: false,
        };
        if self.tls != Tls::Wanted {
            self.place = Place::Proof(next);
            return Ok(LoginStep::Send(login));
        }
        let mut request = Vec::new();
        SslRequest {
            capabilities,
            mariadb_capabilities: response.mariadb_capabilities,
            packet_bytes_max: response.packet_bytes_max,
            collation: response.collation,
        }
        .encode(&mut request);
        self.place = Place::Tls { login, next };
        Ok(LoginStep::StartTls(request))
    }

    fn answered(&mut self, proof: Proof, payload: &[u8]) -> Result<LoginStep, LoginError> {
        match AuthReply::decode(payload)? {
            AuthReply::Ok(_) => {
                let agreement = Agreement::new(proof.capabilities, Limits::default());
                Ok(LoginStep::Done(agreement))
            }
            AuthReply::Err(payload) => Err(refusal(payload)),
            AuthReply::Switch(_) if proof.switched => Err(LoginError::Endless),
            AuthReply::Switch(request) => {
                let unknown = || LoginError::UnknownPlugin(request.plugin.to_vec());
                let plugin = Plugin::parse(request.plugin).ok_or_else(unknown)?;
                let answer = match plugin {
                    Plugin::Clear => self.clear_password()?,
                    Plugin::CachingSha2 | Plugin::Native => {
                        plugin.prove(self.password.expose(), &Salt::from_switch(request.data)?)
                    }
                };
                self.place = Place::Proof(Proof {
                    plugin,
                    switched: true,
                    ..proof
                });
                Ok(LoginStep::Send(answer))
            }
            AuthReply::MoreData(more) => match (proof.plugin, more.data) {
                (Plugin::CachingSha2, [CACHING_SHA2_FAST_SUCCESS]) => {
                    self.place = Place::Proof(proof);
                    Ok(LoginStep::Wait)
                }
                (Plugin::CachingSha2, [CACHING_SHA2_FULL]) => {
                    let answer = self.clear_password()?;
                    self.place = Place::Proof(proof);
                    Ok(LoginStep::Send(answer))
                }
                (Plugin::CachingSha2 | Plugin::Native | Plugin::Clear, _) => {
                    Err(LoginError::OutOfTurn)
                }
            },
            AuthReply::NextFactor(request) => {
                Err(LoginError::UnknownPlugin(request.plugin.to_vec()))
            }
        }
    }

    fn clear_password(&self) -> Result<Vec<u8>, LoginError> {
        if self.tls != Tls::Running {
            return Err(LoginError::ClearPassword);
        }
        let mut answer = Vec::new();
        encode_clear_password(self.password, &mut answer)?;
        Ok(answer)
    }
}

fn refusal(payload: &[u8]) -> LoginError {
    match ErrPacket::decode(payload) {
        Ok(error) => LoginError::Refused {
            code: error.code,
            message: error.message.into_owned(),
        },
        Err(error) => error.into(),
    }
}

impl Plugin {
    fn parse(name: &[u8]) -> Option<Self> {
        [Self::CachingSha2, Self::Native, Self::Clear]
            .into_iter()
            .find(|plugin| plugin.name() == name)
    }

    const fn name(self) -> &'static [u8] {
        match self {
            Self::CachingSha2 => CACHING_SHA2_PASSWORD,
            Self::Native => MYSQL_NATIVE_PASSWORD,
            Self::Clear => MYSQL_CLEAR_PASSWORD,
        }
    }

    fn prove(self, password: &[u8], salt: &Salt) -> Vec<u8> {
        match self {
            Self::CachingSha2 => scramble::caching_sha2_password(password, salt),
            Self::Native => scramble::native_password(password, salt),
            // Sent only where it was asked for by name.
            Self::Clear => Vec::new(),
        }
    }
}
