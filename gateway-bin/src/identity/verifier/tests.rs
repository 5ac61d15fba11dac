//! Whole tokens against keys that the tests make: good ones, and every way of lying.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use rcgen::PublicKeyData;
use serde_json::json;

use super::*;
use crate::config::issuer::KeySource;

const NOW: i64 = 1_700_000_000;

/// An issuer with one P-256 key, whose key set lies in a file.
struct World {
    directory: tempfile::TempDir,
    pair: rcgen::KeyPair,
    verifier: Verifier,
}

fn world(change: impl Fn(&mut IssuerSettings)) -> World {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let pair = rcgen::KeyPair::generate().unwrap();
    let point = pair.der_bytes();
    let key = json!({
        "kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
    });
    std::fs::write(&path, json!({ "keys": [key] }).to_string()).unwrap();
    let mut settings = IssuerSettings {
        name: "corp".to_owned(),
        issuer: "https://login.example".to_owned(),
        audience: vec!["postern".to_owned()],
        algorithms: SignatureAlgorithm::ALL.to_vec(),
        keys: KeySource::File(path),
        groups_claim: "groups".to_owned(),
        agent: true,
        approver: false,
        token_age_max: Duration::from_secs(3600),
        allowed_clients: Vec::new(),
        token_type: None,
        development: false,
    };
    change(&mut settings);
    World {
        verifier: Verifier::new(&[settings]),
        directory,
        pair,
    }
}

impl World {
    fn message(header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", encode(header), encode(claims))
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = Self::message(header, claims);
        let key = EncodingKey::from_ec_der(self.pair.serialized_der());
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    }

    async fn verify(&self, token: &str) -> Result<Identity, LoginRefusal> {
        let now = Timestamp::from_second(NOW).unwrap();
        self.verifier.verify(token, now).await
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "k1", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "aud": "postern", "sub": "agent-7",
        "iat": NOW - 10, "exp": NOW + 300, "groups": ["agents"],
    })
}

#[tokio::test]
async fn takes_a_good_token() {
    let world = world(|_| ());
    let identity = world
        .verify(&world.sign(&header(), &claims()))
        .await
        .unwrap();
    assert_eq!(identity.principal.subject, "agent-7");
}

#[tokio::test]
async fn refuses_every_flipped_character() {
    let world = world(|_| ());
    let token = world.sign(&header(), &claims());
    for at in (0..token.len()).step_by(7) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(world.verify(&changed).await.is_err(), "at {at}");
    }
}

#[tokio::test]
async fn refuses_unsigned_and_symmetric_tokens() {
    let world = world(|_| ());
    for alg in ["none", "None", "HS256", "HS512", "ES256K", "es256", "ES384"] {
        let token = world.sign(&json!({"alg": alg, "kid": "k1"}), &claims());
        assert_eq!(
            world.verify(&token).await,
            Err(LoginRefusal::Algorithm),
            "{alg}"
        );
    }
    let none = World::message(&json!({"alg": "none", "kid": "k1"}), &claims());
    assert_eq!(
        world.verify(&format!("{none}.")).await,
        Err(LoginRefusal::Malformed)
    );
}

#[tokio::test]
async fn refuses_a_mac_keyed_with_the_public_key() {
    let world = world(|_| ());
    let message = World::message(&json!({"alg": "HS256", "kid": "k1"}), &claims());
    let published = std::fs::read(world.directory.path().join("keys.json")).unwrap();
    for secret in [published.as_slice(), world.pair.der_bytes()] {
        let key = EncodingKey::from_secret(secret);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        let token = format!("{message}.{signature}");
        assert_eq!(world.verify(&token).await, Err(LoginRefusal::Algorithm));
    }
}

#[tokio::test]
async fn refuses_an_algorithm_that_the_key_is_not_for() {
    let world = world(|_| ());
    let token = world.sign(&json!({"alg": "RS256", "kid": "k1"}), &claims());
    assert_eq!(world.verify(&token).await, Err(LoginRefusal::Key));
    let narrow = self::world(|settings| settings.algorithms = vec![SignatureAlgorithm::EdDsa]);
    let token = narrow.sign(&header(), &claims());
    assert_eq!(narrow.verify(&token).await, Err(LoginRefusal::Algorithm));
}

#[tokio::test]
async fn refuses_a_key_that_the_token_brings_along() {
    let (world, thief) = (world(|_| ()), world(|_| ()));
    let keys = std::fs::read(thief.directory.path().join("keys.json")).unwrap();
    let keys: Value = serde_json::from_slice(&keys).unwrap();
    let mut header = header();
    header["jwk"] = keys["keys"][0].clone();
    header["jku"] = json!("https://evil.example/keys");
    let token = thief.sign(&header, &claims());
    assert_eq!(world.verify(&token).await, Err(LoginRefusal::Signature));
}

#[tokio::test]
async fn refuses_an_unknown_key_and_a_missing_key_id() {
    let world = world(|_| ());
    let token = world.sign(&json!({"alg": "ES256", "kid": "k2"}), &claims());
    assert_eq!(world.verify(&token).await, Err(LoginRefusal::Key));
    let token = world.sign(&json!({"alg": "ES256"}), &claims());
    assert_eq!(world.verify(&token).await, Err(LoginRefusal::Malformed));
}

#[tokio::test]
async fn refuses_strangers_and_issuers_that_are_for_approvers_only() {
    let world = world(|_| ());
    let mut claims = claims();
    claims["iss"] = json!("https://other.example");
    let token = world.sign(&header(), &claims);
    assert_eq!(world.verify(&token).await, Err(LoginRefusal::Issuer));
    let approvers = self::world(|settings| {
        settings.agent = false;
        settings.approver = true;
    });
    let token = approvers.sign(&header(), &self::claims());
    assert_eq!(approvers.verify(&token).await, Err(LoginRefusal::Issuer));
}

#[tokio::test]
async fn says_unavailable_while_the_keys_cannot_be_had() {
    let world = world(|settings| settings.keys = KeySource::File("/nonexistent".into()));
    let token = world.sign(&header(), &claims());
    assert_eq!(world.verify(&token).await, Err(LoginRefusal::Unavailable));
}

#[tokio::test]
async fn shows_no_part_of_a_token_in_debug_output() {
    let world = world(|_| ());
    let token = world.sign(&header(), &claims());
    let identity = world.verify(&token).await.unwrap();
    let shown = format!("{identity:?} {:?}", world.verifier);
    let (_, signature) = token.rsplit_once('.').unwrap();
    assert!(!shown.contains(signature) && !shown.contains("eyJ"));
}
