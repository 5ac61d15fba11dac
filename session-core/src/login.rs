//! The client's side of the login, from the greeting to a token in hand.
//!
//! A client with nothing but TLS turned on gets in: it is asked for full authentication of
//! `caching_sha2_password`, and what it sends as its password is the token. A client that has not
//! turned TLS on is never asked for anything, since some would hand their token over in clear.

use mysql_proto::charset::Charset;
use mysql_proto::charset::CollationId;
use mysql_proto::error::DecodeError;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::flags::StatusFlags;
use mysql_proto::frame::encode_packet;
use mysql_proto::handshake::auth;
use mysql_proto::handshake::auth::AuthMoreData;
use mysql_proto::handshake::auth::AuthSwitchRequest;
use mysql_proto::handshake::change_user::ChangeUser;
use mysql_proto::handshake::greeting::Greeting;
use mysql_proto::handshake::greeting::Salt;
use mysql_proto::handshake::login::Attribute;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::limits::Limits;
use mysql_proto::types::SequenceId;
use policy_core::server::ServerKind;

use crate::secret::Token;

/// What the gateway itself can do; each listener offers what its targets can, too.
pub const IMPLEMENTED: Capabilities = Capabilities::LONG_PASSWORD
    .union(Capabilities::FOUND_ROWS)
    .union(Capabilities::LONG_FLAG)
    .union(Capabilities::CONNECT_WITH_DB)
    .union(Capabilities::LOCAL_FILES)
    .union(Capabilities::ODBC)
    .union(Capabilities::IGNORE_SPACE)
    .union(Capabilities::PROTOCOL_41)
    .union(Capabilities::INTERACTIVE)
    .union(Capabilities::IGNORE_SIGPIPE)
    .union(Capabilities::TRANSACTIONS)
    .union(Capabilities::RESERVED)
    .union(Capabilities::SECURE_CONNECTION)
    .union(Capabilities::MULTI_STATEMENTS)
    .union(Capabilities::MULTI_RESULTS)
    .union(Capabilities::PS_MULTI_RESULTS)
    .union(Capabilities::PLUGIN_AUTH)
    .union(Capabilities::CONNECT_ATTRS)
    .union(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(Capabilities::SESSION_TRACK)
    .union(Capabilities::DEPRECATE_EOF)
    .union(Capabilities::QUERY_ATTRIBUTES);

/// The collation of a listener's greeting: the target's own, as clients that follow a greeting would
/// read it there, where it is one of `utf8mb4`. Of others these clients get `utf8mb4` all the same,
/// because what they send is read.
#[must_use]
pub fn greeting_collation(target: u8, kind: ServerKind) -> u8 {
    if CollationId::new(u16::from(target)).charset() == Some(Charset::Utf8mb4) {
        return target;
    }
    match kind {
        ServerKind::MySql => UTF8MB4_0900_AI_CI,
        ServerKind::MariaDb => UTF8MB4_GENERAL_CI,
    }
}

/// What MySQL takes for `utf8mb4` without more.
const UTF8MB4_0900_AI_CI: u8 = 255;

/// The packet that stands in place of a greeting where there are too many sessions already. Before a
/// greeting nothing is agreed upon, so its error has no SQLSTATE.
#[must_use]
pub fn too_many_sessions() -> Vec<u8> {
    let mut payload = vec![0xff];
    payload.extend_from_slice(&1040_u16.to_le_bytes());
    payload.extend_from_slice(b"[POSTERN-LIMIT] too many connections; try again later");
    let mut packet = Vec::new();
    encode_packet(&payload, &mut SequenceId::ZERO.clone(), &mut packet);
    packet
}

/// Attributes of a client that are kept in the record of its login.
const ATTRIBUTE_BYTES_MAX: usize = 256;

/// What the client said about itself before its token was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Hello {
    /// What both sides can do.
    pub(crate) capabilities: Capabilities,
    /// The collation that it asked for.
    pub(crate) collation: u8,
    /// The user name: selects target and role.
    pub(crate) user: String,
    /// The default database that it asked for.
    pub(crate) database: Option<String>,
    /// What it says about itself.
    pub(crate) attributes: Vec<(String, String)>,
}

/// What to do after a packet of the login.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this payload and wait for the next packet.
    Send(Vec<u8>),
    /// Begin TLS and wait for the next packet.
    StartTls,
    /// Refuse and end.
    Refuse(Refusal),
    /// A token to look at.
    Offer {
        /// What the client said.
        hello: Hello,
        /// Its token.
        token: Token,
        /// The plugin that carried it.
        method: &'static str,
    },
}

/// Why a login ended before there was a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    /// The MySQL error number.
    pub(crate) code: u16,
    /// The SQLSTATE; none for clients that do not know it.
    pub(crate) state: Option<[u8; 5]>,
    /// The stable reason.
    pub(crate) reason: &'static str,
    /// The text for the client.
    pub(crate) text: String,
}

#[derive(Debug)]
enum Stage {
    /// In clear: an SSL request, and nothing else.
    Clear,
    /// The handshake response, under TLS.
    Response,
    /// The content of COM_CHANGE_USER, under TLS.
    Change,
    /// The scramble of `caching_sha2_password`, after a switch.
    Scramble(Hello),
    /// The token as a password that ends in NUL.
    Password(Hello),
    /// The answer of the OpenID Connect plugin.
    OpenId(Hello),
    /// A token was handed over; no packet is expected.
    Done,
}

/// The state of a client's login.
#[derive(Debug)]
pub(crate) struct Login {
    stage: Stage,
    salt: Salt,
    offered: Capabilities,
}

impl Login {
    /// A login that begins with this salt and these capabilities.
    pub(crate) fn new(salt: Salt, target_capabilities: Capabilities) -> Self {
        Self {
            stage: Stage::Clear,
            salt,
            offered: IMPLEMENTED & (target_capabilities | always_offered()),
        }
    }

    /// A login by COM_CHANGE_USER, in a connection of which this was agreed.
    pub(crate) fn again(salt: Salt, agreed: Capabilities) -> Self {
        Self {
            stage: Stage::Change,
            salt,
            offered: agreed,
        }
    }

    /// The greeting's payload.
    pub(crate) fn greeting(&self, version: &str, collation: u8, connection_id: u32) -> Vec<u8> {
        let greeting = Greeting {
            server_version: version.as_bytes(),
            connection_id,
            salt: self.salt,
            capabilities: self.offered | Capabilities::SSL,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            collation,
            status: StatusFlags::AUTOCOMMIT,
            auth_plugin: auth::CACHING_SHA2_PASSWORD,
        };
        let mut payload = Vec::new();
        match greeting.encode(&mut payload) {
            Ok(()) => payload,
            // The version holds a NUL byte: greet without one.
            Err(_) => Vec::new(),
        }
    }

    /// Takes the next packet of the client.
    pub(crate) fn handle(&mut self, payload: &[u8], limits: &Limits) -> Step {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Clear => self.clear(payload),
            Stage::Response => match HandshakeResponse::decode(payload, limits) {
                Ok(response) => self.response(&response),
                Err(error) => Step::Refuse(malformed(&error)),
            },
            Stage::Change => match ChangeUser::decode(payload, self.offered, limits) {
                Ok(change) => self.change(&change),
                Err(error) => Step::Refuse(malformed(&error)),
            },
            Stage::Scramble(hello) => self.scramble(payload, hello),
            Stage::Password(hello) => match auth::decode_clear_password(payload) {
                Ok(token) => offer(hello, token.expose(), "caching_sha2_password"),
                Err(error) => Step::Refuse(malformed(&error)),
            },
            Stage::OpenId(hello) => open_id(payload, hello),
            Stage::Done => Step::Refuse(unexpected("a packet after the login")),
        }
    }

    fn clear(&mut self, payload: &[u8]) -> Step {
        if SslRequest::decode(payload).is_ok() {
            self.stage = Stage::Response;
            return Step::StartTls;
        }
        let capabilities = match payload {
            [b0, b1, b2, b3, ..] => {
                Capabilities::from_bits_retain(u32::from_le_bytes([*b0, *b1, *b2, *b3]))
            }
            _ => return Step::Refuse(unexpected("a packet that is no login")),
        };
        let knows_states = capabilities.contains(Capabilities::PROTOCOL_41);
        Step::Refuse(Refusal {
            code: 3159,
            state: knows_states.then_some(*b"HY000"),
            reason: "POSTERN-LOGIN-TLS",
            text: "[POSTERN-LOGIN-TLS] connections using insecure transport are prohibited; turn \
                   TLS on in your client (`--ssl-mode=REQUIRED`, `--ssl`, `ssl: {}`)"
                .to_owned(),
        })
    }

    fn response(&mut self, response: &HandshakeResponse<'_>) -> Step {
        if !response.capabilities.contains(Capabilities::PROTOCOL_41) {
            let mut refusal = unexpected("a login of a protocol older than 4.1");
            refusal.state = None;
            return Step::Refuse(refusal);
        }
        let hello = Hello {
            capabilities: response.capabilities & self.offered,
            collation: response.collation,
            user: String::from_utf8_lossy(response.user).into_owned(),
            database: response
                .database
                .filter(|name| !name.is_empty())
                .map(|name| String::from_utf8_lossy(name).into_owned()),
            attributes: kept(&response.attributes),
        };
        let data = response.auth_response.expose();
        // One byte of zero is how some clients send an empty password.
        let empty = matches!(data, [] | [0]);
        match response.auth_plugin {
            Some(auth::OPENID_CONNECT_CLIENT) if !empty => open_id(data, hello),
            Some(auth::MYSQL_CLEAR_PASSWORD) if !empty => {
                let token = data.strip_suffix(&[0]).unwrap_or(data);
                offer(hello, token, "mysql_clear_password")
            }
            // The client has no password: it may have a token file for the OpenID plugin. An empty answer
            // of any other plugin than the greeting's is how clients ask to be switched.
            None | Some(auth::CACHING_SHA2_PASSWORD) if empty => {
                self.stage = Stage::OpenId(hello);
                Step::Send(switch(auth::OPENID_CONNECT_CLIENT, &[0]))
            }
            Some(auth::CACHING_SHA2_PASSWORD) if data.len() == SCRAMBLE_BYTES => {
                self.ask_for_password(hello)
            }
            _ => self.ask_for_scramble(hello),
        }
    }

    /// Whatever the client answered to the salt of the greeting, it is asked for a plugin: so do
    /// servers, and clients wait for it.
    fn change(&mut self, change: &ChangeUser<'_>) -> Step {
        let Some(collation) = of_one_byte(change.collation) else {
            return Step::Refuse(unexpected("a collation that is not known"));
        };
        let hello = Hello {
            capabilities: self.offered,
            collation,
            user: String::from_utf8_lossy(change.user).into_owned(),
            database: (!change.database.is_empty())
                .then(|| String::from_utf8_lossy(change.database).into_owned()),
            attributes: kept(&change.attributes),
        };
        // An empty answer tells nothing here: some wait for the salt before they give one.
        if change.auth_plugin == Some(auth::OPENID_CONNECT_CLIENT) {
            self.stage = Stage::OpenId(hello);
            return Step::Send(switch(auth::OPENID_CONNECT_CLIENT, &[0]));
        }
        self.ask_for_scramble(hello)
    }

    fn ask_for_scramble(&mut self, hello: Hello) -> Step {
        let mut data = self.salt.as_bytes().to_vec();
        data.push(0);
        self.stage = Stage::Scramble(hello);
        Step::Send(switch(auth::CACHING_SHA2_PASSWORD, &data))
    }

    fn scramble(&mut self, payload: &[u8], hello: Hello) -> Step {
        match payload.len() {
            SCRAMBLE_BYTES => self.ask_for_password(hello),
            _ => Step::Refuse(no_token()),
        }
    }

    /// Asks for full authentication, which sends the password as it is, under TLS.
    fn ask_for_password(&mut self, hello: Hello) -> Step {
        self.stage = Stage::Password(hello);
        let mut payload = Vec::new();
        AuthMoreData {
            data: &[auth::CACHING_SHA2_FULL],
        }
        .encode(&mut payload);
        Step::Send(payload)
    }
}

/// The length of a `caching_sha2_password` scramble: one SHA-256.
const SCRAMBLE_BYTES: usize = 32;

/// Capabilities of the gateway's own side of a connection, whatever the target can do.
fn always_offered() -> Capabilities {
    Capabilities::LONG_PASSWORD
        | Capabilities::CONNECT_WITH_DB
        | Capabilities::CONNECT_ATTRS
        | Capabilities::DEPRECATE_EOF
        | Capabilities::IGNORE_SIGPIPE
        | Capabilities::MULTI_RESULTS
        | Capabilities::MULTI_STATEMENTS
        | Capabilities::PLUGIN_AUTH
        | Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA
        | Capabilities::PROTOCOL_41
        | Capabilities::RESERVED
        | Capabilities::SECURE_CONNECTION
}

fn switch(plugin: &[u8], data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    // Both plugin names are constants without NUL bytes, so this cannot fail; a payload cut short
    // would end the login all the same.
    let _ = AuthSwitchRequest { plugin, data }.encode(&mut payload);
    payload
}

fn open_id(payload: &[u8], hello: Hello) -> Step {
    match auth::decode_openid_token(payload) {
        Ok(token) => offer(
            hello,
            token.expose(),
            "authentication_openid_connect_client",
        ),
        Err(_) if matches!(payload, [] | [0]) => Step::Refuse(no_token()),
        Err(error) => Step::Refuse(malformed(&error)),
    }
}

fn offer(hello: Hello, token: &[u8], method: &'static str) -> Step {
    if token.is_empty() {
        return Step::Refuse(no_token());
    }
    Step::Offer {
        hello,
        token: Token::new(token),
        method,
    }
}

/// What a client says about itself, as far as it is kept.
fn kept(attributes: &[Attribute<'_>]) -> Vec<(String, String)> {
    let clipped = attributes.iter().map(|a| (clip(a.name), clip(a.value)));
    clipped.collect()
}

/// A collation as a login numbers it. Those of more than one byte are of utf8mb4, or not known.
fn of_one_byte(collation: Option<u16>) -> Option<u8> {
    let Some(collation) = collation else {
        return Some(UTF8MB4_GENERAL_CI);
    };
    u8::try_from(collation).ok().or_else(|| {
        let charset = CollationId::new(collation).charset();
        (charset == Some(Charset::Utf8mb4)).then_some(UTF8MB4_GENERAL_CI)
    })
}

const UTF8MB4_GENERAL_CI: u8 = 45;

fn clip(text: &[u8]) -> String {
    let text = text.get(..ATTRIBUTE_BYTES_MAX).unwrap_or(text);
    String::from_utf8_lossy(text).into_owned()
}

fn no_token() -> Refusal {
    Refusal {
        code: 1045,
        state: Some(*b"28000"),
        reason: "POSTERN-LOGIN-NO-TOKEN",
        text: "[POSTERN-LOGIN-NO-TOKEN] access denied: no token came; give your OIDC token as the \
               password (MYSQL_PWD, an option file, or the OpenID Connect plugin)"
            .to_owned(),
    }
}

fn malformed(error: &DecodeError) -> Refusal {
    unexpected(&format!("a login packet that cannot be read: {error}"))
}

fn unexpected(what: &str) -> Refusal {
    Refusal {
        code: 1043,
        state: Some(*b"08S01"),
        reason: "POSTERN-LOGIN-MALFORMED",
        text: format!("[POSTERN-LOGIN-MALFORMED] bad handshake: the client sent {what}"),
    }
}
