//! Verifies a token against the configured issuers, in an order in which nothing unproved is used.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use crate::config::issuer::IssuerSettings;
use crate::config::issuer::SignatureAlgorithm;
use crate::identity::cache::KeyCache;
use crate::identity::claims;
use crate::identity::claims::Identity;
use crate::identity::fetch;
use crate::identity::fetch::FetchError;
use crate::identity::refusal::LoginRefusal;
use crate::identity::token::UnverifiedToken;

/// Turns bearer tokens into identities.
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<Issuer>,
}

#[derive(Debug)]
struct Issuer {
    settings: IssuerSettings,
    keys: KeyCache,
}

impl Verifier {
    /// Takes the issuers; their keys are fetched when first needed, or by [`refresh`](Self::refresh).
    #[must_use]
    pub fn new(issuers: &[IssuerSettings]) -> Self {
        let issuers = issuers.iter().map(|settings| Issuer {
            settings: settings.clone(),
            keys: KeyCache::new(settings.name.clone(), fetch::fetcher(settings)),
        });
        Self {
            issuers: issuers.collect(),
        }
    }

    /// The identity that an agent's token proves.
    ///
    /// # Errors
    /// The reason, which may be shown to the client.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, LoginRefusal> {
        let token = UnverifiedToken::parse(token)?;
        // The issuer's name is a question, not an answer, until the signature is checked with the
        // keys of that issuer.
        let named = token.claims.get("iss").and_then(Value::as_str);
        let issuer = self
            .issuers
            .iter()
            .find(|issuer| issuer.settings.agent && Some(issuer.settings.issuer.as_str()) == named)
            .ok_or(LoginRefusal::Issuer)?;
        let algorithm = SignatureAlgorithm::named(&token.algorithm)
            .filter(|algorithm| issuer.settings.algorithms.contains(algorithm))
            .ok_or(LoginRefusal::Algorithm)?;
        let key = issuer
            .keys
            .key(&token.key_id, algorithm, Instant::now())
            .await?;
        if !key.verifies(token.message, token.signature, algorithm) {
            return Err(LoginRefusal::Signature);
        }
        claims::check(
            &token.claims,
            token.token_type.as_deref(),
            &issuer.settings,
            now,
        )
    }

    /// Fetches the keys of every issuer once; gives the name and the outcome of each.
    pub async fn refresh(&self) -> Vec<(String, Result<usize, FetchError>)> {
        let mut outcomes = Vec::new();
        for issuer in &self.issuers {
            let outcome = issuer.keys.refresh(Instant::now()).await;
            if let Err(error) = &outcome {
                let issuer = issuer.settings.name.as_str();
                tracing::warn!(issuer, %error, "issuer keys not fetched");
            }
            outcomes.push((issuer.settings.name.clone(), outcome));
        }
        outcomes
    }

    /// Keeps the keys fresh; to be run as a task, and ended by dropping it.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut interval = tokio::time::interval(REFRESH_EVERY);
        loop {
            interval.tick().await;
            self.refresh().await;
        }
    }
}

const REFRESH_EVERY: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests;
