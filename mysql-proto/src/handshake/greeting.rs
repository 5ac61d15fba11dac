//! The server's greeting, HandshakeV10.

use super::auth::MYSQL_NATIVE_PASSWORD;
use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::flags::Capabilities;
use crate::flags::MariaDbCapabilities;
use crate::flags::StatusFlags;
use crate::wire::Reader;
use crate::wire::put_nul_bytes;

/// The version byte of the only greeting that is spoken today.
const PROTOCOL_VERSION: u8 = 10;

/// The length of the scramble that a client is challenged with.
pub const SALT_BYTES: usize = 20;

/// A collation that every server and client knows.
const UTF8MB4_GENERAL_CI: u8 = 45;

/// The part of the salt in front of the capabilities.
const SALT_FIRST_BYTES: usize = 8;

/// The random bytes with which a password is scrambled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// A salt from random bytes that the caller drew.
    ///
    /// As a server does, keeps to ASCII and avoids NUL, which ends the salt for some clients, and
    /// `$`, which separates fields of a stored hash.
    #[must_use]
    pub fn from_random(random: [u8; SALT_BYTES]) -> Self {
        Self(random.map(|byte| match byte & 0x7f {
            kept @ (0 | b'$') => kept + 1,
            kept => kept,
        }))
    }

    /// The salt that a server sent.
    #[must_use]
    pub const fn from_server(bytes: [u8; SALT_BYTES]) -> Self {
        Self(bytes)
    }

    /// The salt in an AuthSwitchRequest, where a NUL byte may follow it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is not of the length that scrambles need.
    pub fn from_switch(data: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(data);
        let salt = reader.array("salt")?;
        if reader.peek() == Some(0) {
            reader.u8("end of salt")?;
        }
        reader.finish("salt")?;
        Ok(Self(salt))
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SALT_BYTES] {
        &self.0
    }
}

/// The first packet of a server.
///
/// A server that is full or has blocked the peer sends an ERR packet in its place: look at the
/// first byte, and read [`ErrPacket`](crate::response::err::ErrPacket) when it is 0xFF.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Greeting<'a> {
    /// The version; drivers change their behaviour by it.
    pub server_version: &'a [u8],
    /// The number of the connection, for `KILL`.
    pub connection_id: u32,
    /// The challenge.
    pub salt: Salt,
    /// What the server can do.
    pub capabilities: Capabilities,
    /// What a MariaDB server can do beyond; sent and read only without
    /// [`Capabilities::LONG_PASSWORD`].
    pub mariadb_capabilities: MariaDbCapabilities,
    /// The server's collation, or its lowest byte.
    pub collation: u8,
    /// The state of the new session.
    pub status: StatusFlags,
    /// The authentication plugin that the salt is for; empty without
    /// [`Capabilities::PLUGIN_AUTH`].
    pub auth_plugin: &'a [u8],
}

impl<'a> Greeting<'a> {
    /// A greeting of a server that can do this: autocommit is on, utf8mb4, the salt is for
    /// `mysql_native_password`.
    #[must_use]
    pub const fn new(server_version: &'a [u8], salt: Salt, capabilities: Capabilities) -> Self {
        Self {
            server_version,
            connection_id: 1,
            salt,
            capabilities,
            mariadb_capabilities: MariaDbCapabilities::empty(),
            collation: UTF8MB4_GENERAL_CI,
            status: StatusFlags::AUTOCOMMIT,
            auth_plugin: MYSQL_NATIVE_PASSWORD,
        }
    }

    /// Reads a greeting.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::OldProtocol`] for a server older than 4.1.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let version = reader.u8("protocol version")?;
        if version != PROTOCOL_VERSION {
            return Err(DecodeError::Invalid {
                field: "protocol version",
                value: u64::from(version),
            });
        }
        let server_version = reader.nul_bytes("server version")?;
        let connection_id = reader.u32("connection id")?;
        let salt_first: [u8; SALT_FIRST_BYTES] = reader.array("salt")?;
        reader.u8("filler")?;
        let lower = reader.u16("capabilities")?;
        if reader.is_empty() {
            return Err(DecodeError::OldProtocol);
        }
        let collation = reader.u8("collation")?;
        let status = StatusFlags::from_bits_retain(reader.u16("status")?);
        let upper = reader.u16("capabilities")?;
        let bits = (u32::from(upper) << 16) | u32::from(lower);
        let capabilities = Capabilities::from_bits_retain(bits);
        if !capabilities.contains(Capabilities::PROTOCOL_41 | Capabilities::SECURE_CONNECTION) {
            return Err(DecodeError::OldProtocol);
        }
        let salt_length = reader.u8("salt length")?;
        reader.bytes(6, "reserved bytes")?;
        let extended = reader.u32("reserved bytes")?;
        // A server that is not MariaDB sets LONG_PASSWORD and leaves these bytes zero.
        let mariadb_capabilities = if capabilities.contains(Capabilities::LONG_PASSWORD) {
            MariaDbCapabilities::empty()
        } else {
            MariaDbCapabilities::from_bits_retain(extended)
        };
        let salt = decode_salt(salt_first, salt_length, &mut reader)?;
        let auth_plugin = if capabilities.contains(Capabilities::PLUGIN_AUTH) {
            reader.nul_bytes("auth plugin")?
        } else {
            &[]
        };
        reader.finish("greeting")?;
        Ok(Self {
            server_version,
            connection_id,
            salt,
            capabilities,
            mariadb_capabilities,
            collation,
            status,
            auth_plugin,
        })
    }

    /// Appends the greeting as a payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NulByte`] when the version or the plugin contains one; `out` is as it was then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.put(out).inspect_err(|_| out.truncate(start))
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let [c0, c1, c2, c3] = self.capabilities.bits().to_le_bytes();
        let (first, second) = self.salt.0.split_at(SALT_FIRST_BYTES);
        out.push(PROTOCOL_VERSION);
        put_nul_bytes("server version", self.server_version, out)?;
        out.extend_from_slice(&self.connection_id.to_le_bytes());
        out.extend_from_slice(first);
        out.extend_from_slice(&[0, c0, c1, self.collation]);
        out.extend_from_slice(&self.status.bits().to_le_bytes());
        out.extend_from_slice(&[c2, c3]);
        let plugins = self.capabilities.contains(Capabilities::PLUGIN_AUTH);
        // The length counts the NUL byte behind the salt.
        out.push(if plugins { 21 } else { 0 });
        out.extend_from_slice(&[0; 6]);
        let extended = if self.capabilities.contains(Capabilities::LONG_PASSWORD) {
            MariaDbCapabilities::empty()
        } else {
            self.mariadb_capabilities
        };
        out.extend_from_slice(&extended.bits().to_le_bytes());
        out.extend_from_slice(second);
        out.push(0);
        if plugins {
            put_nul_bytes("auth plugin", self.auth_plugin, out)?;
        }
        Ok(())
    }
}

/// The rest of the salt: at least thirteen bytes on the wire, the last of them NUL.
fn decode_salt(
    first: [u8; SALT_FIRST_BYTES],
    announced: u8,
    reader: &mut Reader<'_>,
) -> Result<Salt, DecodeError> {
    // Without PLUGIN_AUTH the length is zero, and the salt has its usual one.
    if announced != 0 && announced != 21 {
        return Err(DecodeError::Invalid {
            field: "salt length",
            value: u64::from(announced),
        });
    }
    let second: [u8; SALT_BYTES - SALT_FIRST_BYTES] = reader.array("salt")?;
    let end = reader.u8("end of salt")?;
    if end != 0 {
        return Err(DecodeError::Invalid {
            field: "end of salt",
            value: u64::from(end),
        });
    }
    let mut salt = [0; SALT_BYTES];
    let (front, back) = salt.split_at_mut(SALT_FIRST_BYTES);
    front.copy_from_slice(&first);
    back.copy_from_slice(&second);
    Ok(Salt(salt))
}
