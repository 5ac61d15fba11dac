//! Fetches an issuer's key set over HTTPS, or reads it from a file; blocking, bounded, no redirects.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::tls::Certificate;
use ureq::tls::RootCerts;
use ureq::tls::TlsConfig;

use crate::config::issuer::IssuerSettings;
use crate::config::issuer::IssuerTrust;
use crate::config::issuer::KeySource;
use crate::identity::json;
use crate::identity::keys::KeySet;
use crate::identity::keys::KeySetError;

/// Gives an issuer's keys, however long it takes within its own limits.
pub trait Fetch: Send + Sync {
    /// Fetches the keys anew.
    ///
    /// # Errors
    /// The issuer cannot be reached, or what it says is not usable.
    fn fetch(&self) -> Result<KeySet, FetchError>;
}

/// The fetcher for an issuer's key source.
#[must_use]
pub fn fetcher(issuer: &IssuerSettings) -> Arc<dyn Fetch> {
    match &issuer.keys {
        KeySource::Discovery { trust } => Arc::new(Discovery {
            issuer: issuer.issuer.clone(),
            agent: agent(trust),
        }),
        KeySource::Url { url, trust } => Arc::new(Address {
            url: url.clone(),
            agent: agent(trust),
        }),
        KeySource::File(path) => Arc::new(OnDisk { path: path.clone() }),
    }
}

/// Asks the issuer where its keys are (OpenID Connect Discovery 1.0 section 4).
struct Discovery {
    issuer: String,
    agent: ureq::Agent,
}

impl Fetch for Discovery {
    fn fetch(&self) -> Result<KeySet, FetchError> {
        let base = self.issuer.strip_suffix('/').unwrap_or(&self.issuer);
        let url = format!("{base}/.well-known/openid-configuration");
        let document = get(&self.agent, &url)?;
        let odd = || FetchError::NotADiscovery { url: url.clone() };
        let document = json::parse_object(&document).ok_or_else(odd)?;
        let text = |name: &str| document.get(name).and_then(|value| value.as_str());
        if text("issuer") != Some(self.issuer.as_str()) {
            return Err(FetchError::OtherIssuer { url });
        }
        let keys_url = text("jwks_uri").ok_or_else(odd)?;
        Ok(KeySet::parse(&get(&self.agent, keys_url)?)?)
    }
}

struct Address {
    url: String,
    agent: ureq::Agent,
}

impl Fetch for Address {
    fn fetch(&self) -> Result<KeySet, FetchError> {
        Ok(KeySet::parse(&get(&self.agent, &self.url)?)?)
    }
}

struct OnDisk {
    path: PathBuf,
}

impl Fetch for OnDisk {
    fn fetch(&self) -> Result<KeySet, FetchError> {
        Ok(KeySet::parse(&read(&self.path)?)?)
    }
}

fn agent(trust: &IssuerTrust) -> ureq::Agent {
    let roots = match trust {
        IssuerTrust::PublicAuthorities => RootCerts::WebPki,
        IssuerTrust::Only(certificates) => {
            let certificates: Vec<_> = certificates
                .iter()
                .map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned())
                .collect();
            RootCerts::new_with_certs(&certificates)
        }
    };
    let tls = TlsConfig::builder()
        .root_certs(roots)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    // A proxy of the environment, a redirect or plain HTTP would each let someone else answer.
    ureq::Agent::config_builder()
        .https_only(true)
        .max_redirects(0)
        .proxy(None)
        .max_idle_connections(0)
        .timeout_global(Some(FETCH_TIME_MAX))
        .tls_config(tls)
        .build()
        .new_agent()
}

fn get(agent: &ureq::Agent, url: &str) -> Result<Vec<u8>, FetchError> {
    let failed = |error: ureq::Error| FetchError::Http {
        url: url.to_owned(),
        reason: error.to_string(),
    };
    let mut response = agent.get(url).call().map_err(failed)?;
    if response.status().as_u16() != 200 {
        return Err(FetchError::Status {
            url: url.to_owned(),
            status: response.status().as_u16(),
        });
    }
    response
        .body_mut()
        .with_config()
        .limit(DOCUMENT_BYTES_MAX)
        .read_to_vec()
        .map_err(failed)
}

fn read(path: &Path) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|source| FetchError::Read {
            path: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

const FETCH_TIME_MAX: Duration = Duration::from_secs(10);
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;

/// Why the keys of an issuer could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No answer, or not over TLS with a trusted certificate.
    #[error("cannot fetch `{url}`: {reason}")]
    Http {
        /// What was asked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// An answer other than 200.
    #[error("`{url}` answered with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: u16,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The discovery document has no key address.
    #[error("`{url}` is not a discovery document with a `jwks_uri`")]
    NotADiscovery {
        /// What was asked for.
        url: String,
    },
    /// The discovery document speaks for someone else.
    #[error("`{url}` speaks for another issuer")]
    OtherIssuer {
        /// What was asked for.
        url: String,
    },
    /// The fetch ended without an answer.
    #[error("the fetch was stopped")]
    Stopped,
    /// The document holds no keys.
    #[error(transparent)]
    Keys(#[from] KeySetError),
}
