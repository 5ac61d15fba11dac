//! What can happen in a conversation, and how it begins.

use std::sync::Arc;
use std::sync::OnceLock;

use bytes::BytesMut;
use masking::Mask;
use masking::MaskSet;
use mysql_proto::flags::Capabilities;
use mysql_proto::flags::MariaDbCapabilities;
use mysql_proto::frame::encode_packet;
use mysql_proto::handshake::auth;
use mysql_proto::handshake::login::AuthResponse;
use mysql_proto::handshake::login::HandshakeResponse;
use mysql_proto::handshake::login::SslRequest;
use mysql_proto::types::SequenceId;
use policy_core::catalog::Catalog;
use policy_core::grant::keys::Approvers;
use policy_core::grant::keys::Roots;
use session_core::config::DigestKey;
use session_core::config::Policy;
use session_core::config::SessionConfig;
use session_core::config::SessionLimits;
use session_core::config::TargetConfig;
use session_core::login::IMPLEMENTED;
use session_core::phase::Opening;

use crate::session::target::STATEMENTS;
use crate::shop::policy;
use crate::shop::shop;

pub(super) const NOW_US: u64 = 1_795_334_400_000_000;

pub(super) const DIGEST_KEY: [u8; 32] = [9; 32];

/// One thing that happens.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Statement(&'a [u8]),
    Command(&'a [u8]),
    /// The statement that has a mask, behind attributes of any form.
    Attributed(&'a [u8]),
    Stream(&'a [u8]),
    File(&'a [u8]),
    /// So much data for the parameter of the statement that has one.
    Ahead(usize),
    TargetLies(&'a [u8]),
    TargetFails,
    Chunks(usize),
    LogFails,
    Forge,
    Later(u64),
    TargetGone,
    ClientGone,
    Drain,
}

impl<'a> Step<'a> {
    /// The first byte of a step says which; some have a byte of length and so many bytes behind.
    pub(super) fn read(input: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let [kind, rest @ ..] = input else {
            return None;
        };
        if let Some((text, _)) = STATEMENTS.get(usize::from(*kind)) {
            return Some((Self::Statement(text.as_bytes()), rest));
        }
        let (length, rest) = rest.split_first()?;
        let length = usize::from(*length);
        if matches!(kind, b'q' | b'c' | b'a' | b's' | b'i' | b't') {
            let (bytes, rest) = rest.split_at(length.min(rest.len()));
            let step = match kind {
                b'q' => Self::Statement(bytes),
                b'c' => Self::Command(bytes),
                b'a' => Self::Attributed(bytes),
                b's' => Self::Stream(bytes),
                b'i' => Self::File(bytes),
                _ => Self::TargetLies(bytes),
            };
            return Some((step, rest));
        }
        let step = match kind {
            b'f' => Self::TargetFails,
            b'k' => Self::Chunks(length),
            b'd' => Self::Ahead(length * 1000),
            b'l' => Self::LogFails,
            b'g' => Self::Forge,
            b'T' => Self::Later(u64::from(u8::try_from(length).unwrap_or(0)) * 10_000_000),
            b'S' => Self::TargetGone,
            b'C' => Self::ClientGone,
            b'D' => Self::Drain,
            _ => Self::Chunks(0),
        };
        Some((step, rest))
    }
}

/// What does not change from input to input.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) config: Arc<SessionConfig>,
    pub(super) opening: Opening,
    pub(super) policy: Arc<Policy>,
    pub(super) catalog: Arc<Catalog>,
}

pub(super) fn settings() -> Option<&'static Settings> {
    static SETTINGS: OnceLock<Option<Settings>> = OnceLock::new();
    SETTINGS.get_or_init(build).as_ref()
}

fn build() -> Option<Settings> {
    let mut masks = MaskSet::new();
    masks.insert("mail", Mask::redact()).ok()?;
    let policy = Policy {
        set: policy()?,
        masks,
        roots: Roots::new(),
        approvers: Approvers::new(),
    };
    let target = TargetConfig {
        name: String::from("shop"),
        database: Some(String::from("shop")),
        guard_role: None,
    };
    let config = SessionConfig {
        listener: String::from("main"),
        server_version: String::from("9.7.0"),
        collation: 255,
        capabilities: IMPLEMENTED,
        targets: vec![target],
        limits: SessionLimits {
            login_us: 10_000_000,
            idle_us: 600_000_000,
            statement_us: 60_000_000,
            session_us: 3_600_000_000,
            packet_bytes_max: 1 << 20,
            statement_bytes_max: 1 << 16,
            long_data_bytes_max: 1_000_000,
            prepared_statements_max: 4,
        },
        digest_key: DigestKey::new(DIGEST_KEY),
    };
    let opening = Opening {
        id: String::from("s1"),
        peer: String::from("192.0.2.1:40000"),
        connection_id: 1,
        salt: [65; 20],
        now_us: NOW_US,
    };
    Some(Settings {
        config: Arc::new(config),
        opening,
        policy: Arc::new(policy),
        catalog: Arc::new(shop().catalog.clone()),
    })
}

const CLIENT: Capabilities = Capabilities::LONG_PASSWORD
    .union(Capabilities::PROTOCOL_41)
    .union(Capabilities::SSL)
    .union(Capabilities::SECURE_CONNECTION)
    .union(Capabilities::PLUGIN_AUTH)
    .union(Capabilities::LOCAL_FILES)
    .union(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(Capabilities::DEPRECATE_EOF);

/// The capabilities of a client, with query attributes or without.
fn client(has_attributes: bool) -> Capabilities {
    let mut capabilities = CLIENT;
    capabilities.set(Capabilities::QUERY_ATTRIBUTES, has_attributes);
    capabilities
}

pub(super) fn ssl_request(has_attributes: bool) -> BytesMut {
    let mut payload = Vec::new();
    SslRequest {
        capabilities: client(has_attributes),
        mariadb_capabilities: MariaDbCapabilities::empty(),
        packet_bytes_max: 1 << 24,
        collation: 255,
    }
    .encode(&mut payload);
    packet(1, &payload)
}

pub(super) fn login(has_attributes: bool) -> BytesMut {
    let login = HandshakeResponse {
        capabilities: client(has_attributes),
        mariadb_capabilities: MariaDbCapabilities::empty(),
        packet_bytes_max: 1 << 24,
        collation: 255,
        user: b"shop/reader",
        auth_response: AuthResponse::new(&[7; 32]),
        database: None,
        auth_plugin: Some(auth::CACHING_SHA2_PASSWORD),
        attributes: Vec::new(),
        zstd_level: None,
    };
    let mut payload = Vec::new();
    let encoded = login.encode(&mut payload);
    assert!(encoded.is_ok(), "{encoded:?}");
    packet(2, &payload)
}

pub(super) fn token() -> BytesMut {
    packet(4, b"a.b.c\0")
}

fn packet(sequence: u8, payload: &[u8]) -> BytesMut {
    let mut out = Vec::new();
    encode_packet(payload, &mut SequenceId::new(sequence), &mut out);
    BytesMut::from(out.as_slice())
}
