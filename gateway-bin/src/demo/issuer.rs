//! The development issuer: an OpenID Connect issuer that hands a token to anyone who asks.

use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use rcgen::KeyPair;
use rcgen::PublicKeyData;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::demo::authority::Certified;
use crate::secret::Secret;
use crate::tls;

/// A running issuer; it ends when this is dropped.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    mint: Arc<Mint>,
    task: JoinHandle<()>,
}

/// For whom a token is asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::exhaustive_structs, reason = "what `postern token` sends")]
pub struct TokenRequest {
    /// The `sub`.
    pub subject: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl Issuer {
    /// Starts on a free port of the loopback address.
    ///
    /// # Errors
    /// No port, or no randomness for a key.
    pub async fn start(
        certified: &Certified,
        directory: &crate::demo::directory::Directory,
    ) -> anyhow::Result<Self> {
        let certificate = directory.write("issuer.pem", &certified.certificate)?;
        let key = Secret::new(certified.key.clone().into_bytes());
        let config = tls::server_config(&certificate, &key)?;
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("the issuer has no port")?;
        let url = format!("https://{}", tcp.local_addr().context("no address")?);
        let mint = Arc::new(Mint::new(url.clone())?);
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&mint));
        let listener = TlsListener {
            tcp,
            acceptor: TlsAcceptor::from(config),
        };
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the development issuer ended");
            }
        });
        Ok(Self { url, mint, task })
    }

    /// Its `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token.
    ///
    /// # Errors
    /// It cannot be signed.
    pub fn token(&self, request: &TokenRequest) -> anyhow::Result<String> {
        self.mint.token(request, Timestamp::now())
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The key, which never leaves memory.
struct Mint {
    url: String,
    pair: KeyPair,
}

impl Mint {
    fn new(url: String) -> anyhow::Result<Self> {
        let pair = KeyPair::generate().context("the issuer has no key")?;
        Ok(Self { url, pair })
    }

    fn token(&self, request: &TokenRequest, now: Timestamp) -> anyhow::Result<String> {
        let header = json!({"alg": "ES256", "kid": KEY_ID, "typ": "at+jwt"});
        let claims = json!({
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": request.subject,
            "groups": request.groups,
            "iat": now.as_second(),
            "exp": now.as_second().saturating_add(TOKEN_SECONDS),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let key = EncodingKey::from_ec_der(self.pair.serialized_der());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::ES256)
            .context("the token cannot be signed")?;
        Ok(format!("{message}.{signature}"))
    }

    fn keys(&self) -> Value {
        // An uncompressed point: one byte of form, then x and y.
        let point = self.pair.der_bytes();
        let (x, y) = point
            .split_at_checked(1)
            .map_or((&[][..], &[][..]), |(_, rest)| {
                rest.split_at_checked(32).unwrap_or((&[], &[]))
            });
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        }]})
    }
}

impl std::fmt::Debug for Mint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Mint([redacted])")
    }
}

async fn discovery(State(mint): State<Arc<Mint>>) -> Json<Value> {
    let url = &mint.url;
    Json(json!({"issuer": url, "jwks_uri": format!("{url}/keys")}))
}

async fn keys(State(mint): State<Arc<Mint>>) -> Json<Value> {
    Json(mint.keys())
}

async fn token(
    State(mint): State<Arc<Mint>>,
    Json(request): Json<TokenRequest>,
) -> Result<String, axum::http::StatusCode> {
    mint.token(&request, Timestamp::now())
        .map_err(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR)
}

/// TLS for axum; one slow handshake holds up the next, which a toy may do for a few seconds.
struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.tcp.accept().await {
                Ok((stream, address)) => {
                    let handshake = self.acceptor.accept(stream);
                    match tokio::time::timeout(HANDSHAKE_TIME_MAX, handshake).await {
                        Ok(Ok(stream)) => return (stream, address),
                        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                        Err(_) => tracing::debug!("no TLS in time"),
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the development issuer cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// The `aud` of the demo's tokens.
pub const AUDIENCE: &str = "postern-demo";
/// How long the demo's tokens live.
pub const TOKEN_SECONDS: i64 = 3600;
const KEY_ID: &str = "demo-1";
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(3);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::issuer::IssuerSettings;
    use crate::config::issuer::IssuerTrust;
    use crate::config::issuer::KeySource;
    use crate::config::issuer::SignatureAlgorithm;
    use crate::demo::authority::Authority;
    use crate::demo::directory::Directory;
    use crate::identity::LoginRefusal;
    use crate::identity::Verifier;

    fn settings(issuer: &Issuer, trust: IssuerTrust) -> IssuerSettings {
        IssuerSettings {
            name: "demo".to_owned(),
            issuer: issuer.url().to_owned(),
            audience: vec![AUDIENCE.to_owned()],
            algorithms: vec![SignatureAlgorithm::Es256],
            keys: KeySource::Discovery { trust },
            groups_claim: "groups".to_owned(),
            agent: true,
            approver: false,
            token_age_max: Duration::from_secs(3600),
            allowed_clients: Vec::new(),
            token_type: Some("at+jwt".to_owned()),
            development: true,
        }
    }

    fn request() -> TokenRequest {
        TokenRequest {
            subject: "agent-7".to_owned(),
            groups: vec!["agents".to_owned()],
        }
    }

    async fn issuer(authority: &Authority) -> (Directory, Issuer) {
        let directory = Directory::create().unwrap();
        let certified = authority.certify("issuer").unwrap();
        let issuer = Issuer::start(&certified, &directory).await.unwrap();
        (directory, issuer)
    }

    #[tokio::test]
    async fn its_tokens_log_in_through_discovery_over_tls() {
        let authority = Authority::new().unwrap();
        let (directory, issuer) = issuer(&authority).await;
        let ca = directory.write("ca.pem", &authority.certificate()).unwrap();
        let trust = IssuerTrust::Only(tls::read_certificates(&ca).unwrap());
        let verifier = Verifier::new(&[settings(&issuer, trust)]);
        let token = issuer.token(&request()).unwrap();
        let identity = verifier.verify(&token, Timestamp::now()).await.unwrap();
        assert_eq!(identity.principal.subject, "agent-7");
        assert!(identity.principal.groups.contains("agents"));
    }

    #[tokio::test]
    async fn keys_from_a_server_that_is_not_trusted_are_not_believed() {
        let authority = Authority::new().unwrap();
        let (directory, issuer) = issuer(&authority).await;
        let stranger = Authority::new().unwrap().certificate();
        let ca = directory.write("other.pem", &stranger).unwrap();
        let token = issuer.token(&request()).unwrap();
        for trust in [
            IssuerTrust::Only(tls::read_certificates(&ca).unwrap()),
            IssuerTrust::PublicAuthorities,
        ] {
            let verifier = Verifier::new(&[settings(&issuer, trust)]);
            let refusal = verifier.verify(&token, Timestamp::now()).await;
            assert_eq!(refusal, Err(LoginRefusal::Unavailable));
        }
    }
}
