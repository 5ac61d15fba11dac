//! An issuer's key set (RFC 7517): only keys that can check a signature we believe are kept.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use crate::config::issuer::SignatureAlgorithm;

/// The public keys of one issuer.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

impl KeySet {
    /// Reads a key set; keys that are not for signatures, or not understood, are left out.
    ///
    /// # Errors
    /// The document is not a key set, or is too long.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        let file: KeySetFile =
            serde_json::from_slice(document).map_err(|_| KeySetError::NotAKeySet)?;
        if file.keys.len() > KEYS_MAX {
            return Err(KeySetError::TooManyKeys);
        }
        let keys: Vec<_> = file.keys.iter().filter_map(PublicKey::read).collect();
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey);
        }
        Ok(Self { keys })
    }

    /// The key of that id that fits the algorithm; two of them are as good as none.
    #[must_use]
    pub fn find(&self, id: &str, algorithm: SignatureAlgorithm) -> Option<PublicKey> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.id == id && key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key.clone()),
            (Some(_) | None, _) => None,
        }
    }

    /// How many keys can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// One public key.
#[derive(Clone)]
pub struct PublicKey {
    id: String,
    kind: KeyKind,
    declared: Option<SignatureAlgorithm>,
    key: DecodingKey,
}

impl PublicKey {
    /// Whether the signature over the message is this key's.
    #[must_use]
    pub fn verifies(&self, message: &str, signature: &str, algorithm: SignatureAlgorithm) -> bool {
        let checked = jsonwebtoken::crypto::verify(
            signature,
            message.as_bytes(),
            &self.key,
            library_name(algorithm),
        );
        self.fits(algorithm) && checked.unwrap_or(false)
    }

    /// The key's own kind and declaration bind it; the token's header only chooses among them.
    fn fits(&self, algorithm: SignatureAlgorithm) -> bool {
        let kind = match algorithm {
            SignatureAlgorithm::Rs256 | SignatureAlgorithm::Ps256 => KeyKind::Rsa,
            SignatureAlgorithm::Es256 => KeyKind::P256,
            SignatureAlgorithm::EdDsa => KeyKind::Ed25519,
        };
        self.kind == kind && self.declared.is_none_or(|declared| declared == algorithm)
    }

    fn read(file: &KeyFile) -> Option<Self> {
        if file.key_use.as_deref().is_some_and(|used| used != "sig") {
            return None;
        }
        if let Some(operations) = &file.key_ops
            && !operations.iter().any(|operation| operation == "verify")
        {
            return None;
        }
        let declared = match file.alg.as_deref() {
            None => None,
            Some("Ed25519") => Some(SignatureAlgorithm::EdDsa),
            Some(name) => Some(SignatureAlgorithm::named(name)?),
        };
        let (kind, key) = match (file.kty.as_str(), file.crv.as_deref()) {
            ("RSA", _) => (KeyKind::Rsa, rsa_key(file)?),
            ("EC", Some("P-256")) => (KeyKind::P256, p256_key(file)?),
            ("OKP", Some("Ed25519")) => (KeyKind::Ed25519, ed25519_key(file)?),
            // Symmetric keys, other curves and what is yet to come check no signature here.
            (_, _) => return None,
        };
        Some(Self {
            id: file.kid.clone().filter(|id| !id.is_empty())?,
            kind,
            declared,
            key,
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PublicKey")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    Ed25519,
}

/// Keys under 2048 bits are too weak, and keys over 4096 too slow, for a login.
fn rsa_key(file: &KeyFile) -> Option<DecodingKey> {
    let (modulus, exponent) = (file.n.as_deref()?, file.e.as_deref()?);
    let bytes = decoded(modulus)?;
    let significant = bytes.iter().skip_while(|byte| **byte == 0).count();
    if !(256..=512).contains(&significant) || !(1..=4).contains(&decoded(exponent)?.len()) {
        return None;
    }
    DecodingKey::from_rsa_components(modulus, exponent).ok()
}

fn p256_key(file: &KeyFile) -> Option<DecodingKey> {
    let (x, y) = (file.x.as_deref()?, file.y.as_deref()?);
    if decoded(x)?.len() != 32 || decoded(y)?.len() != 32 {
        return None;
    }
    DecodingKey::from_ec_components(x, y).ok()
}

fn ed25519_key(file: &KeyFile) -> Option<DecodingKey> {
    let x = file.x.as_deref()?;
    if decoded(x)?.len() != 32 {
        return None;
    }
    DecodingKey::from_ed_components(x).ok()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

const fn library_name(algorithm: SignatureAlgorithm) -> Algorithm {
    match algorithm {
        SignatureAlgorithm::Rs256 => Algorithm::RS256,
        SignatureAlgorithm::Ps256 => Algorithm::PS256,
        SignatureAlgorithm::Es256 => Algorithm::ES256,
        SignatureAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// A key set as issuers publish it; they may add members (RFC 7517 section 5), so unknown ones pass.
#[derive(Deserialize)]
struct KeySetFile {
    keys: Vec<KeyFile>,
}

#[derive(Deserialize)]
struct KeyFile {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

const KEYS_MAX: usize = 100;

/// Why a document gives no keys.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// Not the JSON of a key set.
    #[error("the document is not a JSON key set")]
    NotAKeySet,
    /// More keys than any issuer has.
    #[error("the key set has more than {KEYS_MAX} keys")]
    TooManyKeys,
    /// No key can check a signature.
    #[error("the key set has no signing key of a known kind")]
    NoUsableKey,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    // Made with openssl; the private key was never kept.
    const N: &str = "tOc6x4-76w65u7SM1HYY4Y_v7F66iRibDoUB5m7P-0JA3227nhiDiLg7Qz1Bqlr0Stp6AA5geva15zlx29y3Kquj67iPvIAdoC3jwmgrsVkQYENWiK9w_oHxk1Q3s-hrozpGa-77MwyYJuFn_bfVe6l8S70qEg53kMLKTA2ntZZLzz1GR56BbuoVK0I9H9A0EAB1IiWL7as85Nm22yKnf8SsZuoZpoobKka9mFSzpLGO5Vqt-JkLhOal2zONXHLYc2r9n3EKJ8Qw3dXo3sTbIWcyxHstBX-jl8WzNjBinvukXsUCR62PdMgOmuOtL87Sb7KOX1OH1n8t2uffkY-Z0Q";
    const RS256: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUiLCJhdWQiOiJwb3N0ZXJuIiwic3ViIjoiYWdlbnQtNyIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMzAwfQ.YHD6qsvy80C2MF0bKtdAxPHjoKWfUx7aLQHkGPF90_SgSvVexH9wMUMRh4M2fE5NBcO_Emq_jqrLPyH_ZY__7KSWT2SM5qfglhRsSocf1UKiRSlnEW4kYetuyiYYjea3ZwtZp7ZIcw0eDLfrioOrZoUeLdzfasdckKlaSeZE9V1bLu6lp_Xjk4ojkIan2fT4dIfCr2ajmJNu2upGTpnkUVDBQqoLZirWX6T8zNGN05umIkhMPhLS_QJ12bYzsFMeSHMnzwuyjJcJn3Z1jE-iG6hES2DXAWy1_ip93R89BH9anBzW8Bg6X6hB6ViC_KVxFpEMGcZfIU2n7eM3Hdx0BA";
    const PS256: &str = "eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUiLCJhdWQiOiJwb3N0ZXJuIiwic3ViIjoiYWdlbnQtNyIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMzAwfQ.rBBImtnVCgV139kJZMUxIbP21AiamGY1MNIShINzUVUh5jFqLYbATyGUObyrqE90WoQfJM0h6cPFO7YNPG_ZNlhcjd91TZDVKdhcWAi-yKJ3bYJTPzMRfd5vDbAeAmHmTDqr_5krhwZwAAWSaeOFUMmRaMUR_YixIILVbswJ5Nr1CC3kzrG2og0jv6mGQEMfKpRDh7q1SZjb7d5m5uQc-9WfnetfJ2mskcx2zya54xoCD24A4PkEEy1RHKb7PgzGCLD5Ce13GNNK53jBo7Z4aN8d63YjR-f1wHlw5I_ktnDzytTcTIX6-jqFUUrgS25yacgOFdCNxTbgTzeBrNic8g";

    fn rsa() -> Value {
        json!({"kty": "RSA", "kid": "rsa-1", "n": N, "e": "AQAB"})
    }

    fn set(keys: &[Value]) -> Result<KeySet, KeySetError> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn with(name: &str, value: Value) -> Value {
        let mut key = rsa();
        key[name] = value;
        key
    }

    fn verifies(keys: &KeySet, token: &str, algorithm: SignatureAlgorithm) -> bool {
        let (message, signature) = token.rsplit_once('.').unwrap();
        keys.find("rsa-1", algorithm)
            .is_some_and(|key| key.verifies(message, signature, algorithm))
    }

    #[test]
    fn verifies_both_rsa_schemes_and_confuses_neither() {
        let keys = set(&[rsa()]).unwrap();
        assert!(verifies(&keys, RS256, SignatureAlgorithm::Rs256));
        assert!(verifies(&keys, PS256, SignatureAlgorithm::Ps256));
        assert!(!verifies(&keys, RS256, SignatureAlgorithm::Ps256));
        assert!(!verifies(&keys, PS256, SignatureAlgorithm::Rs256));
        assert!(!verifies(&keys, RS256, SignatureAlgorithm::Es256));
    }

    #[test]
    fn holds_a_key_to_its_declared_algorithm() {
        let keys = set(&[with("alg", json!("PS256"))]).unwrap();
        assert!(verifies(&keys, PS256, SignatureAlgorithm::Ps256));
        assert!(!verifies(&keys, RS256, SignatureAlgorithm::Rs256));
    }

    #[test]
    fn leaves_out_keys_that_check_no_signature() {
        for key in [
            with("use", json!("enc")),
            with("key_ops", json!(["encrypt"])),
            with("alg", json!("RSA-OAEP")),
            with("alg", json!("HS256")),
            with("kid", json!("")),
            with("n", json!("AQAB")),
            with("e", json!("")),
            json!({"kty": "oct", "kid": "rsa-1", "k": "c2VjcmV0"}),
            json!({"kty": "EC", "kid": "rsa-1", "crv": "P-384", "x": "AA", "y": "AA"}),
            json!({"kty": "EC", "kid": "rsa-1", "crv": "P-256", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "kid": "rsa-1", "crv": "X25519", "x": "AA"}),
        ] {
            assert_eq!(
                set(std::slice::from_ref(&key)).err(),
                Some(KeySetError::NoUsableKey),
                "{key}"
            );
        }
    }

    #[test]
    fn takes_neither_of_two_keys_with_one_id() {
        let keys = set(&[rsa(), rsa()]).unwrap();
        assert!(keys.find("rsa-1", SignatureAlgorithm::Rs256).is_none());
    }

    #[test]
    fn refuses_what_is_no_key_set() {
        assert_eq!(KeySet::parse(b"{}").err(), Some(KeySetError::NotAKeySet));
        assert_eq!(
            KeySet::parse(b"<html>").err(),
            Some(KeySetError::NotAKeySet)
        );
        let many = vec![rsa(); KEYS_MAX + 1];
        assert_eq!(set(&many).err(), Some(KeySetError::TooManyKeys));
    }
}
