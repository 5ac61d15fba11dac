//! The packets between login and OK: plugin switches and what plugins say to each other.

use super::login::AuthResponse;
use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;
use crate::wire::put_nul_bytes;

/// MySQL's plugin of today: a scramble against a cache, or the password itself over TLS.
pub const CACHING_SHA2_PASSWORD: &[u8] = b"caching_sha2_password";
/// The plugin of MySQL before 8.0 and of MariaDB.
pub const MYSQL_NATIVE_PASSWORD: &[u8] = b"mysql_native_password";
/// The password as it is, over TLS.
pub const MYSQL_CLEAR_PASSWORD: &[u8] = b"mysql_clear_password";
/// MySQL's plugin that carries an OpenID Connect token.
pub const OPENID_CONNECT_CLIENT: &[u8] = b"authentication_openid_connect_client";
/// MariaDB's plugin for conversations; clients answer its first question with the password.
pub const DIALOG: &[u8] = b"dialog";

/// MySQL's older plugin of SHA-256: the password itself over TLS, or encrypted for the server's key.
pub const SHA256_PASSWORD: &[u8] = b"sha256_password";
/// MariaDB's plugin of Ed25519 signatures.
pub const CLIENT_ED25519: &[u8] = b"client_ed25519";

/// caching_sha2_password without TLS: the client asks for the server's public key.
pub const CACHING_SHA2_PUBLIC_KEY: u8 = 2;
/// sha256_password without TLS: the client asks for the server's public key.
pub const SHA256_PUBLIC_KEY: u8 = 1;
/// caching_sha2_password in AuthMoreData: the scramble was right, OK follows.
pub const CACHING_SHA2_FAST_SUCCESS: u8 = 3;
/// caching_sha2_password in AuthMoreData: send the password itself.
pub const CACHING_SHA2_FULL: u8 = 4;

const SWITCH: u8 = 0xfe;
const MORE_DATA: u8 = 0x01;
const NEXT_FACTOR: u8 = 0x02;

/// The server asks for another plugin.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuthSwitchRequest<'a> {
    /// The plugin to use.
    pub plugin: &'a [u8],
    /// What it needs: a salt with a NUL byte behind it, for those that scramble.
    pub data: &'a [u8],
}

impl<'a> AuthSwitchRequest<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::OldAuthentication`] for the form of one byte.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        expect_first(&mut reader, SWITCH, "an auth switch request")?;
        if reader.is_empty() {
            // The form of one byte asks for mysql_old_password, whose hash gives the password
            // away to whoever listens.
            return Err(DecodeError::OldAuthentication);
        }
        let plugin = reader.nul_bytes("auth plugin")?;
        Ok(Self {
            plugin,
            data: reader.take_rest(),
        })
    }

    /// Appends the request as a payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NulByte`] when the plugin contains one; `out` is as it was then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put_request(SWITCH, self.plugin, self.data, out)
    }
}

/// A plugin of the server says something to its counterpart.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_more_data.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuthMoreData<'a> {
    /// What it says.
    pub data: &'a [u8],
}

impl<'a> AuthMoreData<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        expect_first(&mut reader, MORE_DATA, "more authentication data")?;
        Ok(Self {
            data: reader.take_rest(),
        })
    }

    /// Appends the packet as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(MORE_DATA);
        out.extend_from_slice(self.data);
    }
}

/// A further factor is asked for, after one was right.
///
/// Asked only of clients that said
/// [`MULTI_FACTOR_AUTHENTICATION`](crate::flags::Capabilities::MULTI_FACTOR_AUTHENTICATION).
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_next_factor_request.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AuthNextFactor<'a> {
    /// The plugin to use.
    pub plugin: &'a [u8],
    /// What it needs.
    pub data: &'a [u8],
}

impl<'a> AuthNextFactor<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        expect_first(&mut reader, NEXT_FACTOR, "a request for a further factor")?;
        let plugin = reader.nul_bytes("auth plugin")?;
        Ok(Self {
            plugin,
            data: reader.take_rest(),
        })
    }

    /// Appends the request as a payload.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NulByte`] when the plugin contains one; `out` is as it was then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put_request(NEXT_FACTOR, self.plugin, self.data, out)
    }
}

/// What a server may send between the login and the first command.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html)
#[expect(clippy::exhaustive_enums, reason = "a client must handle every case")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthReply<'a> {
    /// The login is complete: an OK packet, to be read with its own decoder.
    Ok(&'a [u8]),
    /// The login failed: an ERR packet, to be read with its own decoder.
    Err(&'a [u8]),
    /// Another plugin is asked for.
    Switch(AuthSwitchRequest<'a>),
    /// The plugin of the server goes on.
    MoreData(AuthMoreData<'a>),
    /// A further factor is asked for.
    NextFactor(AuthNextFactor<'a>),
}

impl<'a> AuthReply<'a> {
    /// Tells the packets of the login apart.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for anything else.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        const EXPECTED: &str = "a reply to a login";
        match payload.first() {
            Some(0x00) => Ok(Self::Ok(payload)),
            Some(0xff) => Ok(Self::Err(payload)),
            Some(&SWITCH) => AuthSwitchRequest::decode(payload).map(Self::Switch),
            Some(&MORE_DATA) => AuthMoreData::decode(payload).map(Self::MoreData),
            Some(&NEXT_FACTOR) => AuthNextFactor::decode(payload).map(Self::NextFactor),
            Some(&first) => Err(DecodeError::Unexpected {
                expected: EXPECTED,
                first,
            }),
            None => Err(DecodeError::Empty { expected: EXPECTED }),
        }
    }
}

/// The payload of `authentication_openid_connect_client`: a flag byte and the token.
///
/// # Errors
///
/// [`DecodeError`] when the flag is not 1 or anything follows the token.
pub fn decode_openid_token(payload: &[u8]) -> Result<AuthResponse<'_>, DecodeError> {
    let mut reader = Reader::new(payload);
    let flag = reader.u8("flag of the OpenID token")?;
    if flag != 1 {
        return Err(DecodeError::Invalid {
            field: "flag of the OpenID token",
            value: u64::from(flag),
        });
    }
    let token = reader.lenenc_bytes("OpenID token")?;
    reader.finish("OpenID token")?;
    Ok(AuthResponse::new(token))
}

/// Appends the payload of `authentication_openid_connect_client`.
pub fn encode_openid_token(token: AuthResponse<'_>, out: &mut Vec<u8>) {
    out.push(1);
    put_lenenc_bytes(token.expose(), out);
}

/// A password as it is, with a NUL byte at its end.
///
/// # Errors
///
/// [`DecodeError`] when the NUL byte is missing or stands before the end.
pub fn decode_clear_password(payload: &[u8]) -> Result<AuthResponse<'_>, DecodeError> {
    let mut reader = Reader::new(payload);
    let password = reader.nul_bytes("password")?;
    reader.finish("password")?;
    Ok(AuthResponse::new(password))
}

/// Appends a password as it is, and a NUL byte.
///
/// # Errors
///
/// [`EncodeError::NulByte`] when the password contains one.
pub fn encode_clear_password(
    password: AuthResponse<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    put_nul_bytes("password", password.expose(), out)
}

/// The request for a plugin; nothing is written when it cannot be named.
fn put_request(
    header: u8,
    plugin: &[u8],
    data: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.push(header);
    put_nul_bytes("auth plugin", plugin, out).inspect_err(|_| out.truncate(start))?;
    out.extend_from_slice(data);
    Ok(())
}

fn expect_first(
    reader: &mut Reader<'_>,
    first: u8,
    expected: &'static str,
) -> Result<(), DecodeError> {
    match reader.peek() {
        None => Err(DecodeError::Empty { expected }),
        Some(found) if found == first => reader.u8(expected).map(|_| ()),
        Some(found) => Err(DecodeError::Unexpected {
            expected,
            first: found,
        }),
    }
}
