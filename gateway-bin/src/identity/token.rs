//! The three parts of a signed token (RFC 7515 compact form), taken apart but not yet believed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Map;
use serde_json::Value;

use crate::identity::json;
use crate::identity::refusal::LoginRefusal;

/// A token taken apart; nothing in it is believed until its signature and claims are checked.
///
/// Only the three header fields below are ever read: `jku`, `x5u`, `x5c` and `jwk` would let the
/// token bring its own key.
#[non_exhaustive]
pub struct UnverifiedToken<'a> {
    /// The `alg` header.
    pub algorithm: String,
    /// The `kid` header.
    pub key_id: String,
    /// The `typ` header.
    pub token_type: Option<String>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// The bytes that were signed.
    pub message: &'a str,
    /// The signature in base64url.
    pub signature: &'a str,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// `Truncated` for what the clients' password prompt leaves of a token, else `Malformed`.
    pub fn parse(token: &'a str) -> Result<Self, LoginRefusal> {
        // No real token is this short: the signature of the smallest algorithm has 86 characters.
        if token.len() == PROMPT_BYTES && token.starts_with("eyJ") {
            return Err(LoginRefusal::Truncated);
        }
        Self::take_apart(token).ok_or(LoginRefusal::Malformed)
    }

    fn take_apart(token: &'a str) -> Option<Self> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        if signature.is_empty() || payload.contains('.') {
            return None;
        }
        URL_SAFE_NO_PAD.decode(signature).ok()?;
        let header = json::parse_object(&URL_SAFE_NO_PAD.decode(header).ok()?)?;
        let claims = json::parse_object(&URL_SAFE_NO_PAD.decode(payload).ok()?)?;
        // RFC 7515 section 4.1.11: what is critical and not understood ends the matter.
        if header.contains_key("crit") {
            return None;
        }
        let token_type = match header.get("typ") {
            None => None,
            Some(value) => Some(value.as_str()?.to_owned()),
        };
        Some(Self {
            algorithm: short_text(&header, "alg")?,
            key_id: short_text(&header, "kid")?,
            token_type,
            claims,
            message,
            signature,
        })
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UnverifiedToken([redacted])")
    }
}

fn short_text(header: &Map<String, Value>, key: &str) -> Option<String> {
    let text = header.get(key)?.as_str()?;
    (!text.is_empty() && text.len() <= HEADER_BYTES_MAX).then(|| text.to_owned())
}

/// How many bytes the `mysql` and `mariadb` programs read at their password prompt.
const PROMPT_BYTES: usize = 79;
const TOKEN_BYTES_MAX: usize = 32 * 1024;
const HEADER_BYTES_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            encode(header),
            encode(claims),
            encode("signature")
        )
    }

    const HEADER: &str = r#"{"alg":"ES256","kid":"1","typ":"JWT","jku":"https://evil.example"}"#;

    #[test]
    fn takes_a_token_apart() {
        let text = token(HEADER, r#"{"sub":"a"}"#);
        let parts = UnverifiedToken::parse(&text).unwrap();
        assert_eq!(
            (parts.algorithm.as_str(), parts.key_id.as_str()),
            ("ES256", "1")
        );
        assert_eq!(format!("{}.{}", parts.message, parts.signature), text);
        assert!(!format!("{parts:?}").contains("ES256"));
    }

    #[test]
    fn tells_the_prompt_from_a_bad_token() {
        let text = token(HEADER, r#"{"sub":"a"}"#);
        let refusal = |text: &str| UnverifiedToken::parse(text).unwrap_err();
        assert_eq!(refusal(text.get(..79).unwrap()), LoginRefusal::Truncated);
        assert_eq!(refusal(text.get(..80).unwrap()), LoginRefusal::Malformed);
        assert_eq!(refusal(&"x".repeat(79)), LoginRefusal::Malformed);
    }

    #[test]
    fn refuses_every_cut_and_every_odd_shape() {
        let whole = token(HEADER, r#"{"sub":"a"}"#);
        let dots = whole.rfind('.').unwrap();
        for end in 0..=dots + 1 {
            assert!(
                UnverifiedToken::parse(whole.get(..end).unwrap()).is_err(),
                "{end}"
            );
        }
        for text in [
            format!("{whole}."),
            format!("{whole}="),
            format!("{whole}.x"),
            format!(" {whole}"),
            token(r#"{"alg":"ES256"}"#, "{}"),
            token(r#"{"alg":"ES256","kid":1}"#, "{}"),
            token(r#"{"alg":"ES256","kid":"1","kid":"2"}"#, "{}"),
            token(r#"{"alg":"ES256","kid":"1","crit":["exp"]}"#, "{}"),
            token(r#"{"alg":"ES256","kid":"1","typ":1}"#, "{}"),
            token(HEADER, r#"{"sub":"a","sub":"b"}"#),
            token(HEADER, "[]"),
            token(
                HEADER,
                &format!(r#"{{"a":"{}"}}"#, "x".repeat(TOKEN_BYTES_MAX)),
            ),
        ] {
            assert!(UnverifiedToken::parse(&text).is_err(), "{text}");
        }
    }
}
