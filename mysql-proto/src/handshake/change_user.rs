//! COM_CHANGE_USER: a login on a connection that has one already.

use super::login::Attribute;
use super::login::AuthResponse;
use super::login::decode_attributes;
use super::login::encode_attributes;
use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::flags::Capabilities;
use crate::limits::Limits;
use crate::wire::Reader;
use crate::wire::put_nul_bytes;

/// The content of a COM_CHANGE_USER.
///
/// It is answered as a login is: with OK, ERR, or the request for a plugin
/// ([`AuthReply`](super::auth::AuthReply)). Servers ask for a plugin whatever it holds, with a salt
/// of their own; the salt of the greeting is what the answer in it is for.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChangeUser<'a> {
    /// The user name, in the character set of the connection.
    pub user: &'a [u8],
    /// The answer to the challenge, for the plugin that the client names.
    pub auth_response: AuthResponse<'a>,
    /// The database to begin in; none when empty.
    pub database: &'a [u8],
    /// The client's collation; old clients end in front of it.
    pub collation: Option<u16>,
    /// The plugin that the client uses; written only with [`Capabilities::PLUGIN_AUTH`].
    pub auth_plugin: Option<&'a [u8]>,
    /// What the client tells about itself; written only with [`Capabilities::CONNECT_ATTRS`].
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> ChangeUser<'a> {
    /// Reads what follows the command byte; `capabilities` are those of the login.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a field is broken or something follows the last.
    pub fn decode(
        content: &'a [u8],
        capabilities: Capabilities,
        limits: &Limits,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(content);
        let user = reader.nul_bytes("user name")?;
        // Unlike in a login the length is always of one byte, so that an answer of more than 255
        // bytes waits for the request of the plugin.
        let auth_response = if capabilities.contains(Capabilities::SECURE_CONNECTION) {
            let length = reader.u8("auth response")?;
            reader.bytes(usize::from(length), "auth response")?
        } else {
            reader.nul_bytes("auth response")?
        };
        let database = reader.nul_bytes("database")?;
        let collation = if reader.is_empty() {
            None
        } else {
            Some(reader.u16("collation")?)
        };
        let auth_plugin = if capabilities.contains(Capabilities::PLUGIN_AUTH) && !reader.is_empty()
        {
            Some(reader.nul_bytes("auth plugin")?)
        } else {
            None
        };
        // There are clients (mysql_async) that write a list of attributes, mostly an empty one, though
        // they did not say so in their flags; servers do not read it then.
        let agreed = capabilities.contains(Capabilities::CONNECT_ATTRS);
        let mut attributes = Vec::new();
        if (agreed || auth_plugin.is_some()) && !reader.is_empty() {
            attributes = decode_attributes(&mut reader, limits)?;
        }
        if !agreed {
            attributes.clear();
        }
        reader.finish("change of user")?;
        Ok(Self {
            user,
            auth_response: AuthResponse::new(auth_response),
            database,
            collation,
            auth_plugin,
            attributes,
        })
    }

    /// Appends what follows the command byte. Which fields are written follows the capabilities;
    /// without a collation the packet ends in front of it.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a string contains NUL, or the auth response is too long for its field;
    /// `out` is as it was then.
    pub fn encode(&self, capabilities: Capabilities, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        self.put(capabilities, out)
            .inspect_err(|_| out.truncate(start))
    }

    fn put(&self, capabilities: Capabilities, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        put_nul_bytes("user name", self.user, out)?;
        let auth_response = self.auth_response.expose();
        if capabilities.contains(Capabilities::SECURE_CONNECTION) {
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
        put_nul_bytes("database", self.database, out)?;
        let Some(collation) = self.collation else {
            return Ok(());
        };
        out.extend_from_slice(&collation.to_le_bytes());
        if capabilities.contains(Capabilities::PLUGIN_AUTH) {
            put_nul_bytes("auth plugin", self.auth_plugin.unwrap_or_default(), out)?;
        }
        if capabilities.contains(Capabilities::CONNECT_ATTRS) {
            encode_attributes(&self.attributes, out);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities() -> Capabilities {
        Capabilities::PROTOCOL_41
            | Capabilities::SECURE_CONNECTION
            | Capabilities::PLUGIN_AUTH
            | Capabilities::CONNECT_ATTRS
    }

    /// Laid out by hand after the manual.
    const CHANGE: &[u8] = b"bob\x00\x03abcshop\x00\x2d\x00dialog\x00\x04\x01k\x01v";

    #[test]
    fn every_field_stands_at_its_place() {
        let limits = Limits::default();
        let read = ChangeUser::decode(CHANGE, capabilities(), &limits).unwrap();
        let expected = ChangeUser {
            user: b"bob",
            auth_response: AuthResponse::new(b"abc"),
            database: b"shop",
            collation: Some(45),
            auth_plugin: Some(b"dialog"),
            attributes: vec![Attribute {
                name: b"k",
                value: b"v",
            }],
        };
        assert_eq!(read, expected);
        let mut out = Vec::new();
        read.encode(capabilities(), &mut out).unwrap();
        assert_eq!(out, CHANGE);
    }

    #[test]
    fn old_clients_end_early_but_never_inside_a_field() {
        let limits = Limits::default();
        let whole: Vec<usize> = (0..CHANGE.len())
            .filter(|cut| ChangeUser::decode(&CHANGE[..*cut], capabilities(), &limits).is_ok())
            .collect();
        // Behind the database, behind the collation, behind the plugin.
        assert_eq!(whole, [13, 15, 22]);
        let longer = [CHANGE, b"\x00"].concat();
        assert!(ChangeUser::decode(&longer, capabilities(), &limits).is_err());
    }

    #[test]
    fn attributes_that_were_not_agreed_are_read_and_left_out() {
        let limits = Limits::default();
        let without =
            Capabilities::PROTOCOL_41 | Capabilities::SECURE_CONNECTION | Capabilities::PLUGIN_AUTH;
        let empty: &[u8] = b"bob\x00\x03abcshop\x00\x2d\x00dialog\x00\x00";
        for packet in [CHANGE, empty] {
            let read = ChangeUser::decode(packet, without, &limits).unwrap();
            assert_eq!(read.attributes, []);
            let longer = [packet, b"\x00"].concat();
            assert!(ChangeUser::decode(&longer, without, &limits).is_err());
        }
        let broken = b"bob\x00\x03abcshop\x00\x2d\x00dialog\x00\x04\x01k\x01";
        assert!(ChangeUser::decode(broken, without, &limits).is_err());
    }

    #[test]
    fn an_answer_that_its_length_cannot_say_is_not_written() {
        let long = [b'x'; 256];
        let limits = Limits::default();
        let mut change = ChangeUser::decode(CHANGE, capabilities(), &limits).unwrap();
        change.auth_response = AuthResponse::new(&long);
        let mut out = Vec::new();
        assert!(change.encode(capabilities(), &mut out).is_err());
        assert!(out.is_empty());
    }

    #[test]
    fn the_answer_is_not_shown() {
        let limits = Limits::default();
        let read = ChangeUser::decode(CHANGE, capabilities(), &limits).unwrap();
        assert!(format!("{read:?}").contains("auth_response: [redacted]"));
    }
}
