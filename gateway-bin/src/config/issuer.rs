//! Section `[[issuer]]`: who may vouch for agents and approvers, and how strictly it is believed.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::config::table::Placed;
use crate::config::table::Table;
use crate::tls;

/// One OpenID Connect issuer.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct IssuerSettings {
    /// By which policies qualify groups and subjects: `name:group`.
    pub name: String,
    /// The exact `iss`.
    pub issuer: String,
    /// The `aud` values that mean this gateway; one of them must be in the token.
    pub audience: Vec<String>,
    /// The signature algorithms that are believed.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// Where the public keys come from.
    pub keys: KeySource,
    /// The claim that lists groups.
    pub groups_claim: String,
    /// Whether its tokens log agents in.
    pub agent: bool,
    /// Whether its subjects can be approvers.
    pub approver: bool,
    /// How old a token may be, counted from `iat`.
    pub token_age_max: Duration,
    /// The clients (`azp`, `client_id`) whose tokens are taken; empty takes all of a token with one audience.
    pub allowed_clients: Vec<String>,
    /// The `typ` header that is demanded, such as `at+jwt`.
    pub token_type: Option<String>,
    /// A toy issuer that hands tokens to anyone; `postern run` refuses it.
    pub development: bool,
}

/// The public keys of an issuer.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the fetcher must handle each of them"
)]
pub enum KeySource {
    /// `{issuer}/.well-known/openid-configuration` names the key set.
    Discovery {
        /// Whom to believe that it is the issuer's server.
        trust: IssuerTrust,
    },
    /// The key set itself.
    Url {
        /// An `https` URL.
        url: String,
        /// Whom to believe that it is the issuer's server.
        trust: IssuerTrust,
    },
    /// A key set on disk, for machines without a way to the issuer.
    File(PathBuf),
}

/// Whose certificates are believed of an issuer's web server.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the fetcher must handle each of them"
)]
pub enum IssuerTrust {
    /// The authorities that browsers trust, as compiled in.
    PublicAuthorities,
    /// The CA of the configuration and no other.
    Only(Vec<CertificateDer<'static>>),
}

/// A signature algorithm that can be believed at all; HMAC and `none` are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the verifier must handle each of them"
)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl SignatureAlgorithm {
    /// Every algorithm, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The name in the JOSE registry (RFC 7518, RFC 8037).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name; the comparison is exact.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// What cross-checks need to know of the places.
#[derive(Debug)]
pub(super) struct IssuerPlaces {
    pub(super) name: Option<Placed<String>>,
    pub(super) issuer: Option<Placed<String>>,
    pub(super) approver: bool,
    pub(super) development: Option<usize>,
}

impl IssuerSettings {
    pub(super) fn read(mut table: Table<'_>) -> (Option<Self>, IssuerPlaces) {
        let name = table.required_string("name").filter(|name| {
            let good = !name.value.contains(':');
            if !good {
                table.mistake(
                    name.at,
                    "an issuer's name has no `:`; it qualifies groups as `name:group`",
                );
            }
            good
        });
        let issuer = table
            .required_string("issuer")
            .filter(|issuer| is_https(&table, "issuer", issuer));
        let audience = table.required_strings("audience");
        let algorithms = read_algorithms(&mut table);
        let keys = read_keys(&mut table);
        let groups_claim = table.string("groups_claim");
        let (agent, approver) = read_use(&mut table);
        let token_age_max = table.integer("token_age_seconds_max", 60..=7 * 24 * 3600);
        let allowed_clients = table.strings("allowed_clients").unwrap_or_default();
        let token_type = table.string("typ").map(|text| text.value);
        let development = table.boolean("development").filter(|flag| flag.value);
        table.finish();
        let places = IssuerPlaces {
            name: name.clone(),
            issuer: issuer.clone(),
            approver,
            development: development.as_ref().map(|flag| flag.at),
        };
        let settings = || {
            Some(Self {
                name: name?.value,
                issuer: issuer?.value,
                audience: audience?.into_iter().map(|text| text.value).collect(),
                algorithms: algorithms?,
                keys: keys?,
                groups_claim: groups_claim.map_or_else(|| "groups".to_owned(), |text| text.value),
                agent,
                approver,
                token_age_max: token_age_max
                    .map_or(TOKEN_AGE_MAX, |value| Duration::from_secs(value.value)),
                allowed_clients: allowed_clients.into_iter().map(|text| text.value).collect(),
                token_type,
                development: development.is_some(),
            })
        };
        (settings(), places)
    }
}

fn read_algorithms(table: &mut Table<'_>) -> Option<Vec<SignatureAlgorithm>> {
    if !table.has("algorithms") {
        return Some(SignatureAlgorithm::ALL.to_vec());
    }
    let mut algorithms = Vec::new();
    let mut good = true;
    for text in table.required_strings("algorithms")? {
        match SignatureAlgorithm::named(&text.value) {
            Some(algorithm) => algorithms.push(algorithm),
            None => {
                let message = format!(
                    "`{}` is not taken; choose from RS256, PS256, ES256, EdDSA",
                    text.value
                );
                table.mistake(text.at, message);
                good = false;
            }
        }
    }
    good.then_some(algorithms)
}

fn read_keys(table: &mut Table<'_>) -> Option<KeySource> {
    let url = table.string("jwks_url");
    let file = table.path("jwks_file");
    let ca = table.path("ca");
    if let Some(file) = file {
        if url.is_some() || ca.is_some() {
            let message = "`jwks_file` stands alone, without `jwks_url` and `ca`";
            table.mistake(file.at, message);
            return None;
        }
        return Some(KeySource::File(file.value));
    }
    if table.has("jwks_file") {
        return None;
    }
    let trust = match ca {
        Some(ca) => tls::read_certificates(&ca.value)
            .map(IssuerTrust::Only)
            .map_err(|error| table.mistake(ca.at, error))
            .ok()?,
        None if table.has("ca") => return None,
        None => IssuerTrust::PublicAuthorities,
    };
    match url {
        Some(url) => is_https(table, "jwks_url", &url).then_some(KeySource::Url {
            url: url.value,
            trust,
        }),
        None if table.has("jwks_url") => None,
        None => Some(KeySource::Discovery { trust }),
    }
}

fn read_use(table: &mut Table<'_>) -> (bool, bool) {
    if !table.has("use") {
        return (true, false);
    }
    let (mut agent, mut approver) = (false, false);
    for text in table.required_strings("use").unwrap_or_default() {
        match text.value.as_str() {
            "agent" => agent = true,
            "approver" => approver = true,
            _ => table.mistake(text.at, "`use` is a list of `agent` and `approver`"),
        }
    }
    (agent, approver)
}

/// Issuers are compared letter by letter, so only the scheme is looked at.
fn is_https(table: &Table<'_>, key: &str, url: &Placed<String>) -> bool {
    let rest = url.value.strip_prefix("https://").unwrap_or_default();
    let good = !rest.is_empty()
        && !rest.starts_with('/')
        && rest.bytes().all(|byte| byte.is_ascii_graphic())
        && !rest.contains(['?', '#', '@']);
    if !good {
        let message = format!("`{key}` is an `https://` URL without user, query and fragment");
        table.mistake(url.at, message);
    }
    good
}

const TOKEN_AGE_MAX: Duration = Duration::from_secs(24 * 3600);
