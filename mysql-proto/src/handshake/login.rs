//! The client's answer to the greeting: SslRequest and HandshakeResponse41.

use std::fmt;

use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::flags::Capabilities;
use crate::flags::MariaDbCapabilities;
use crate::limits::Limits;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;
use crate::wire::put_lenenc_int;
use crate::wire::put_nul_bytes;

/// The length of an SslRequest, and of the fixed part of a HandshakeResponse41.
const FIXED_BYTES: usize = 32;

/// A collation that every server and client knows.
const UTF8MB4_GENERAL_CI: u8 = 45;

/// Bytes which may be a password or a token: `Debug` does not show them.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct AuthResponse<'a>(&'a [u8]);

impl<'a> AuthResponse<'a> {
    /// Wraps the bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn expose(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for AuthResponse<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// The packet with which a client asks for TLS; the TLS handshake follows at once.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SslRequest {
    /// What the client can do. The login that follows inside TLS counts, not this.
    pub capabilities: Capabilities,
    /// MariaDB's capabilities; read and written only without [`Capabilities::LONG_PASSWORD`].
    pub mariadb_capabilities: MariaDbCapabilities,
    /// The longest packet that the client takes.
    pub packet_bytes_max: u32,
    /// The client's collation, or its lowest byte.
    pub collation: u8,
}

impl SslRequest {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is not an SslRequest.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let request = decode_fixed(&mut reader)?;
        reader.finish("SSL request")?;
        if !request.capabilities.contains(Capabilities::SSL) {
            return Err(DecodeError::Invalid {
                field: "capabilities of an SSL request",
                value: u64::from(request.capabilities.bits()),
            });
        }
        Ok(request)
    }

    /// Appends the request as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.capabilities.bits().to_le_bytes());
        out.extend_from_slice(&self.packet_bytes_max.to_le_bytes());
        out.push(self.collation);
        out.extend_from_slice(&[0; 19]);
        let extended = if self.capabilities.contains(Capabilities::LONG_PASSWORD) {
            MariaDbCapabilities::empty()
        } else {
            self.mariadb_capabilities
        };
        out.extend_from_slice(&extended.bits().to_le_bytes());
    }
}

/// Something that a client tells about itself, such as its name and version.
#[expect(clippy::exhaustive_structs, reason = "a plain pair, built by callers")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

/// The login of a client.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeResponse<'a> {
    /// What the client can do. Mask it with what was offered before any use.
    pub capabilities: Capabilities,
    /// MariaDB's capabilities; read and written only without [`Capabilities::LONG_PASSWORD`].
    pub mariadb_capabilities: MariaDbCapabilities,
    /// The longest packet that the client takes.
    pub packet_bytes_max: u32,
    /// The client's collation, or its lowest byte.
    pub collation: u8,
    /// The user name, in the client's character set.
    pub user: &'a [u8],
    /// The answer to the challenge, for the plugin that the client names.
    pub auth_response: AuthResponse<'a>,
    /// The database to begin in; written only with [`Capabilities::CONNECT_WITH_DB`].
    pub database: Option<&'a [u8]>,
    /// The plugin that the client uses; written only with [`Capabilities::PLUGIN_AUTH`].
    pub auth_plugin: Option<&'a [u8]>,
    /// What the client tells about itself; written only with [`Capabilities::CONNECT_ATTRS`].
    pub attributes: Vec<Attribute<'a>>,
    /// The level of compression; written only with
    /// [`Capabilities::ZSTD_COMPRESSION_ALGORITHM`].
    pub zstd_level: Option<u8>,
}

impl<'a> HandshakeResponse<'a> {
    /// A login that fills in nothing but the name: no answer, utf8mb4, packets up to 16 MiB.
    #[must_use]
    pub const fn new(capabilities: Capabilities, user: &'a [u8]) -> Self {
        Self {
            capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            packet_bytes_max: 1 << 24,
            collation: UTF8MB4_GENERAL_CI,
            user,
            auth_response: AuthResponse::new(&[]),
            database: None,
            auth_plugin: None,
            attributes: Vec::new(),
            zstd_level: None,
        }
    }

    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::OldProtocol`] for a client older than 4.1, which must be
    /// answered with an ERR packet without SQLSTATE.
    pub fn decode(payload: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let fixed = decode_fixed(&mut reader)?;
        let has = |capability| fixed.capabilities.contains(capability);
        let user = reader.nul_bytes("user name")?;
        let auth_response = if has(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA) {
            reader.lenenc_bytes("auth response")?
        } else if has(Capabilities::SECURE_CONNECTION) {
            let length = reader.u8("auth response")?;
            reader.bytes(usize::from(length), "auth response")?
        } else {
            reader.nul_bytes("auth response")?
        };
        let database = if has(Capabilities::CONNECT_WITH_DB) {
            Some(reader.nul_bytes("database")?)
        } else {
            None
        };
        // Servers take a login that ends in front of the plugin or the attributes, though the
        // flags promise them; some clients send such.
        let auth_plugin = if has(Capabilities::PLUGIN_AUTH) && !reader.is_empty() {
            Some(reader.nul_bytes("auth plugin")?)
        } else {
            None
        };
        let attributes = if has(Capabilities::CONNECT_ATTRS) && !reader.is_empty() {
            decode_attributes(&mut reader, limits)?
        } else {
            Vec::new()
        };
        let zstd_level = if has(Capabilities::ZSTD_COMPRESSION_ALGORITHM) && !reader.is_empty() {
            Some(reader.u8("zstd level")?)
        } else {
            None
        };
        reader.finish("login")?;
        Ok(Self {
            capabilities: fixed.capabilities,
            mariadb_capabilities: fixed.mariadb_capabilities,
            packet_bytes_max: fixed.packet_bytes_max,
            collation: fixed.collation,
            user,
            auth_response: AuthResponse(auth_response),
            database,
            auth_plugin,
            attributes,
            zstd_level,
        })
    }

    /// Appends the login as a payload. Which fields are written follows the capabilities.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a string contains NUL, or the auth response is too long for its field;
    /// `out` is as it was then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.put(out).inspect_err(|_| out.truncate(start))
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let has = |capability| self.capabilities.contains(capability);
        SslRequest {
            capabilities: self.capabilities,
            mariadb_capabilities: self.mariadb_capabilities,
            packet_bytes_max: self.packet_bytes_max,
            collation: self.collation,
        }
        .encode(out);
        put_nul_bytes("user name", self.user, out)?;
        let auth_response = self.auth_response.0;
        if has(Capabilities::PLUGIN_AUTH_LENENC_CLIENT_DATA) {
            put_lenenc_bytes(auth_response, out);
        } else if has(Capabilities::SECURE_CONNECTION) {
            let length = u8::try_from(auth_response.len()).map_err(|_| EncodeError::TooLong {
                field: "auth response",
                length: auth_response.len(),
                limit: usize::from(u8::MAX),
            })?;
            out.push(length);
            out.extend_from_slice(auth_response);
        } else {
            put_nul_bytes("auth response", auth_response, out)?;
        }
        if has(Capabilities::CONNECT_WITH_DB) {
            put_nul_bytes("database", self.database.unwrap_or_default(), out)?;
        }
        if has(Capabilities::PLUGIN_AUTH) {
            put_nul_bytes("auth plugin", self.auth_plugin.unwrap_or_default(), out)?;
        }
        if has(Capabilities::CONNECT_ATTRS) {
            encode_attributes(&self.attributes, out);
        }
        if has(Capabilities::ZSTD_COMPRESSION_ALGORITHM) {
            out.push(self.zstd_level.unwrap_or_default());
        }
        Ok(())
    }
}

/// The first packet of a client.
#[expect(clippy::exhaustive_enums, reason = "a listener must handle both")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClientHello<'a> {
    /// The client asks for TLS.
    Ssl(SslRequest),
    /// The client logs in as the connection is.
    Login(HandshakeResponse<'a>),
}

impl<'a> ClientHello<'a> {
    /// Reads the first packet of a client.
    ///
    /// # Errors
    ///
    /// As [`HandshakeResponse::decode`].
    pub fn decode(payload: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let fixed = decode_fixed(&mut Reader::new(payload))?;
        // A login is never as short as an SSL request: a user name and an auth response follow.
        if fixed.capabilities.contains(Capabilities::SSL) && payload.len() == FIXED_BYTES {
            return SslRequest::decode(payload).map(Self::Ssl);
        }
        HandshakeResponse::decode(payload, limits).map(Self::Login)
    }
}

fn decode_fixed(reader: &mut Reader<'_>) -> Result<SslRequest, DecodeError> {
    // The two lower bytes are where clients of before 4.1 have theirs too, in a packet that may
    // be too short for the rest.
    let lower = reader.u16("capabilities")?;
    if u32::from(lower) & Capabilities::PROTOCOL_41.bits() == 0 {
        return Err(DecodeError::OldProtocol);
    }
    let upper = reader.u16("capabilities")?;
    let bits = (u32::from(upper) << 16) | u32::from(lower);
    let capabilities = Capabilities::from_bits_retain(bits);
    let packet_bytes_max = reader.u32("packet limit")?;
    let collation = reader.u8("collation")?;
    reader.bytes(19, "reserved bytes")?;
    let extended = reader.u32("reserved bytes")?;
    let mariadb_capabilities = if capabilities.contains(Capabilities::LONG_PASSWORD) {
        MariaDbCapabilities::empty()
    } else {
        MariaDbCapabilities::from_bits_retain(extended)
    };
    Ok(SslRequest {
        capabilities,
        mariadb_capabilities,
        packet_bytes_max,
        collation,
    })
}

pub(super) fn decode_attributes<'a>(
    reader: &mut Reader<'a>,
    limits: &Limits,
) -> Result<Vec<Attribute<'a>>, DecodeError> {
    let block = reader.lenenc_bytes("connection attributes")?;
    if block.len() > limits.attributes_bytes_max {
        return Err(over_limit(block.len(), limits.attributes_bytes_max));
    }
    let mut inner = Reader::new(block);
    let mut attributes = Vec::new();
    while !inner.is_empty() {
        if attributes.len() >= limits.attributes_max {
            return Err(over_limit(attributes.len() + 1, limits.attributes_max));
        }
        let name = inner.lenenc_bytes("name of a connection attribute")?;
        let value = inner.lenenc_bytes("value of a connection attribute")?;
        attributes.push(Attribute { name, value });
    }
    Ok(attributes)
}

const fn over_limit(value: usize, limit: usize) -> DecodeError {
    DecodeError::OverLimit {
        field: "connection attributes",
        value: value as u64,
        limit: limit as u64,
    }
}

pub(super) fn encode_attributes(attributes: &[Attribute<'_>], out: &mut Vec<u8>) {
    let mut block = Vec::new();
    for Attribute { name, value } in attributes {
        put_lenenc_bytes(name, &mut block);
        put_lenenc_bytes(value, &mut block);
    }
    put_lenenc_int(block.len() as u64, out);
    out.append(&mut block);
}
