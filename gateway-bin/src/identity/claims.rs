//! What the claims of a token must say at a given time, and the identity they give; pure.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::Timestamp;
use policy_core::principal::Principal;
use serde_json::Map;
use serde_json::Value;

use crate::config::issuer::IssuerSettings;
use crate::identity::refusal::LoginRefusal;

/// Who logged in, as far as a session needs to know; the token itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests of the session's side construct it"
)]
pub struct Identity {
    /// Issuer, subject, actors, groups and claims.
    pub principal: Principal,
    /// The session ends here, without leeway.
    pub expires_at: Timestamp,
    /// When the issuer made the token.
    pub issued_at: Timestamp,
    /// The token's own id, for the log.
    pub token_id: Option<String>,
}

/// Checks the claims of a token whose signature is good.
///
/// # Errors
/// The first rule that is broken.
pub fn check(
    claims: &Map<String, Value>,
    token_type: Option<&str>,
    issuer: &IssuerSettings,
    now: Timestamp,
) -> Result<Identity, LoginRefusal> {
    check_type(token_type, issuer.token_type.as_deref())?;
    if text(claims, "iss")? != issuer.issuer {
        return Err(LoginRefusal::Issuer);
    }
    check_audience(claims, issuer)?;
    let (expires_at, issued_at) = check_times(claims, issuer, now)?;
    // RFC 7800: possession of the key would have to be shown, and a MySQL login cannot.
    if claims.contains_key("cnf") {
        return Err(LoginRefusal::Bound);
    }
    let principal = Principal {
        issuer: issuer.name.clone(),
        subject: text(claims, "sub")?.to_owned(),
        actors: actors(claims)?,
        groups: groups(claims, &issuer.groups_claim)?,
        claims: plain_claims(claims),
    };
    let token_id = match claims.get("jti") {
        None => None,
        Some(_) => Some(text(claims, "jti")?.to_owned()),
    };
    Ok(Identity {
        principal,
        expires_at,
        issued_at,
        token_id,
    })
}

/// Without a demanded type the two plain ones pass; a logout token or a proof is never a login.
fn check_type(found: Option<&str>, demanded: Option<&str>) -> Result<(), LoginRefusal> {
    let found = found.map(str::to_ascii_lowercase);
    let found = found
        .as_deref()
        .map(|text| text.strip_prefix("application/").unwrap_or(text));
    let good = match demanded {
        Some(demanded) => found == Some(demanded.to_ascii_lowercase().as_str()),
        None => matches!(found, None | Some("jwt" | "at+jwt")),
    };
    good.then_some(()).ok_or(LoginRefusal::Type)
}

fn check_audience(
    claims: &Map<String, Value>,
    issuer: &IssuerSettings,
) -> Result<(), LoginRefusal> {
    let audience = texts(claims.get("aud").ok_or(LoginRefusal::Audience)?)?;
    if !audience.iter().any(|name| issuer.audience.contains(name)) {
        return Err(LoginRefusal::Audience);
    }
    // A token for several parties may be passed on by any of them, so who asked for it matters.
    if audience.len() > 1 || !issuer.allowed_clients.is_empty() {
        let client = match (claims.get("azp"), claims.get("client_id")) {
            (Some(_), _) => text(claims, "azp")?,
            (None, Some(_)) => text(claims, "client_id")?,
            (None, None) => return Err(LoginRefusal::Client),
        };
        if !issuer.allowed_clients.iter().any(|name| name == client) {
            return Err(LoginRefusal::Client);
        }
    }
    Ok(())
}

fn check_times(
    claims: &Map<String, Value>,
    issuer: &IssuerSettings,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), LoginRefusal> {
    let expires_at = time(claims, "exp")?.ok_or(LoginRefusal::Claims)?;
    let issued_at = time(claims, "iat")?.ok_or(LoginRefusal::Claims)?;
    let earlier = now.saturating_sub(LEEWAY).unwrap_or(Timestamp::MIN);
    let later = now.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX);
    if expires_at <= earlier {
        return Err(LoginRefusal::Expired);
    }
    if issued_at > later || time(claims, "nbf")?.is_some_and(|start| start > later) {
        return Err(LoginRefusal::NotYet);
    }
    let age_max = SignedDuration::try_from(issuer.token_age_max).unwrap_or(SignedDuration::MAX);
    if earlier.duration_since(issued_at) > age_max {
        return Err(LoginRefusal::Age);
    }
    Ok((expires_at, issued_at))
}

/// The actors of RFC 8693, the current one first.
fn actors(claims: &Map<String, Value>) -> Result<Vec<String>, LoginRefusal> {
    let mut actors = Vec::new();
    let mut level = claims;
    while let Some(actor) = level.get("act") {
        if actors.len() == ACTORS_MAX {
            return Err(LoginRefusal::Delegation);
        }
        level = actor.as_object().ok_or(LoginRefusal::Claims)?;
        actors.push(text(level, "sub")?.to_owned());
    }
    Ok(actors)
}

/// The groups under a claim, or under a dotted path where no claim has that very name.
///
/// A missing claim gives no groups, and so does one that the issuer left out because the list was
/// too long: it names it under `_claim_names` instead.
fn groups(claims: &Map<String, Value>, claim: &str) -> Result<BTreeSet<String>, LoginRefusal> {
    let found = claims.get(claim).or_else(|| {
        let (first, rest) = claim.split_once('.')?;
        rest.split('.')
            .try_fold(claims.get(first)?, |value, part| value.get(part))
    });
    let Some(found) = found else {
        return Ok(BTreeSet::new());
    };
    let groups = texts(found)?;
    if groups.len() > GROUPS_MAX {
        return Err(LoginRefusal::Claims);
    }
    Ok(groups.into_iter().collect())
}

/// Top-level claims with one plain value, on which roles may match.
fn plain_claims(claims: &Map<String, Value>) -> BTreeMap<String, String> {
    let plain = claims.iter().filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        (text.len() <= TEXT_BYTES_MAX).then(|| (name.clone(), text))
    });
    plain.collect()
}

/// A text that must be there, of a sane length and without control characters.
fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str, LoginRefusal> {
    let found = claims.get(name).and_then(Value::as_str);
    found
        .filter(|text| is_sane(text))
        .ok_or(LoginRefusal::Claims)
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Result<Vec<String>, LoginRefusal> {
    let one = |value: &Value| {
        let text = value.as_str().filter(|text| is_sane(text));
        text.map(str::to_owned).ok_or(LoginRefusal::Claims)
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Ok(vec![one(value)?])
        }
    }
}

fn is_sane(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}

/// A NumericDate: seconds, perhaps with a fraction, which is cut off.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, LoginRefusal> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = match value.as_i64() {
        Some(seconds) => seconds,
        None => whole_seconds(value.as_f64().filter(|_| value.is_f64()))?,
    };
    Timestamp::from_second(seconds)
        .map(Some)
        .map_err(|_| LoginRefusal::Claims)
}

fn whole_seconds(value: Option<f64>) -> Result<i64, LoginRefusal> {
    let value = value
        .filter(|value| (0.0..SECONDS_MAX).contains(value))
        .ok_or(LoginRefusal::Claims)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value was just found to lie between zero and 10^12"
    )]
    let seconds = value as i64;
    Ok(seconds)
}

const LEEWAY: SignedDuration = SignedDuration::from_secs(30);
const ACTORS_MAX: usize = 4;
const GROUPS_MAX: usize = 1000;
const TEXT_BYTES_MAX: usize = 512;
const SECONDS_MAX: f64 = 1e12;

#[cfg(test)]
mod tests;
