//! Every rule of the claims, kept and broken.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::config::issuer::IssuerTrust;
use crate::config::issuer::KeySource;
use crate::config::issuer::SignatureAlgorithm;

const NOW: i64 = 1_700_000_000;

fn issuer() -> IssuerSettings {
    IssuerSettings {
        name: "corp".to_owned(),
        issuer: "https://login.example".to_owned(),
        audience: vec!["postern".to_owned()],
        algorithms: SignatureAlgorithm::ALL.to_vec(),
        keys: KeySource::Discovery {
            trust: IssuerTrust::PublicAuthorities,
        },
        groups_claim: "groups".to_owned(),
        agent: true,
        approver: false,
        token_age_max: Duration::from_secs(3600),
        allowed_clients: Vec::new(),
        token_type: None,
        development: false,
    }
}

fn good() -> Value {
    json!({
        "iss": "https://login.example", "aud": "postern", "sub": "agent-7",
        "iat": NOW - 10, "exp": NOW + 300, "groups": ["a", "b"], "env": "prod",
    })
}

fn with(changes: Value) -> Value {
    let mut claims = good();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn checked(claims: &Value, issuer: &IssuerSettings) -> Result<Identity, LoginRefusal> {
    let now = Timestamp::from_second(NOW).unwrap();
    check(claims.as_object().unwrap(), Some("JWT"), issuer, now)
}

fn refused(claims: Value, expected: LoginRefusal) {
    assert_eq!(checked(&claims, &issuer()), Err(expected), "{claims}");
}

#[test]
fn gives_the_identity_of_a_good_token() {
    let identity = checked(&good(), &issuer()).unwrap();
    assert_eq!(identity.principal.issuer, "corp");
    assert_eq!(identity.principal.subject, "agent-7");
    assert_eq!(identity.principal.groups.len(), 2);
    assert_eq!(identity.principal.claims["env"], "prod");
    assert_eq!(identity.expires_at.as_second(), NOW + 300);
}

#[test]
fn demands_every_registered_claim() {
    for name in ["iss", "sub", "exp", "iat"] {
        refused(without(name), LoginRefusal::Claims);
    }
    refused(without("aud"), LoginRefusal::Audience);
}

#[test]
fn refuses_claims_of_the_wrong_type() {
    for changes in [
        json!({"exp": (NOW + 300).to_string()}),
        json!({"exp": null}),
        json!({"exp": true}),
        json!({"exp": 1e300}),
        json!({"iat": "soon"}),
        json!({"nbf": "tomorrow"}),
        json!({"sub": 7}),
        json!({"sub": ""}),
        json!({"sub": "a\u{0}b"}),
        json!({"sub": "x".repeat(513)}),
        json!({"groups": [1]}),
        json!({"groups": {"a": 1}}),
        json!({"aud": [1]}),
        json!({"jti": 1}),
        json!({"act": "agent"}),
        json!({"act": {"iss": "x"}}),
    ] {
        refused(with(changes), LoginRefusal::Claims);
    }
}

#[test]
fn holds_the_times_with_thirty_seconds_of_leeway() {
    for (changes, expected) in [
        (json!({"exp": NOW - 29}), None),
        (json!({"exp": NOW - 30}), Some(LoginRefusal::Expired)),
        (json!({"exp": NOW - 45}), Some(LoginRefusal::Expired)),
        (json!({"iat": NOW + 30}), None),
        (json!({"iat": NOW + 31}), Some(LoginRefusal::NotYet)),
        (json!({"nbf": NOW + 30}), None),
        (json!({"nbf": NOW + 31}), Some(LoginRefusal::NotYet)),
        (json!({"iat": NOW - 3630}), None),
        (json!({"iat": NOW - 3631}), Some(LoginRefusal::Age)),
        (json!({"exp": NOW as f64 + 0.5}), None),
    ] {
        let claims = with(changes);
        assert_eq!(checked(&claims, &issuer()).err(), expected, "{claims}");
    }
}

#[test]
fn refuses_another_issuer_and_another_audience() {
    refused(
        with(json!({"iss": "https://login.example/"})),
        LoginRefusal::Issuer,
    );
    refused(with(json!({"aud": "shop"})), LoginRefusal::Audience);
    refused(with(json!({"aud": []})), LoginRefusal::Audience);
}

#[test]
fn asks_for_the_client_where_several_audiences_share_a_token() {
    let shared = json!({"aud": ["postern", "shop"], "azp": "ci"});
    refused(
        with(json!({"aud": ["postern", "shop"]})),
        LoginRefusal::Client,
    );
    refused(with(shared.clone()), LoginRefusal::Client);
    let mut issuer = issuer();
    issuer.allowed_clients = vec!["ci".to_owned()];
    assert!(checked(&with(shared), &issuer).is_ok());
    assert!(checked(&with(json!({"client_id": "ci"})), &issuer).is_ok());
    let both = with(json!({"azp": "other", "client_id": "ci"}));
    assert_eq!(checked(&both, &issuer), Err(LoginRefusal::Client));
    assert_eq!(checked(&good(), &issuer), Err(LoginRefusal::Client));
}

#[test]
fn refuses_a_token_that_is_bound_to_a_key() {
    refused(with(json!({"cnf": {"jkt": "x"}})), LoginRefusal::Bound);
}

#[test]
fn reads_actors_from_the_outside_in_and_no_deeper_than_four() {
    let chain = |depth: usize| {
        (0..depth).rev().fold(json!(null), |inner, level| {
            let mut actor = json!({"sub": format!("actor-{level}")});
            if inner.is_object() {
                actor["act"] = inner;
            }
            actor
        })
    };
    let identity = checked(&with(json!({"act": chain(4)})), &issuer()).unwrap();
    assert_eq!(identity.principal.actors[0], "actor-0");
    assert_eq!(identity.principal.actors.len(), 4);
    refused(with(json!({"act": chain(5)})), LoginRefusal::Delegation);
}

#[test]
fn takes_no_groups_from_an_overage() {
    let mut claims = with(json!({"_claim_names": {"groups": "src1"}}));
    claims.as_object_mut().unwrap().remove("groups");
    let identity = checked(&claims, &issuer()).unwrap();
    assert!(identity.principal.groups.is_empty());
}

#[test]
fn finds_groups_under_a_path() {
    let mut issuer = issuer();
    issuer.groups_claim = "realm_access.roles".to_owned();
    let claims = with(json!({"realm_access": {"roles": ["dba"]}}));
    let identity = checked(&claims, &issuer).unwrap();
    assert_eq!(
        identity.principal.groups.iter().collect::<Vec<_>>(),
        ["dba"]
    );
}

#[test]
fn takes_only_the_demanded_type() {
    let check = |found, demanded| check_type(found, demanded).is_ok();
    assert!(check(None, None) && check(Some("JWT"), None) && check(Some("at+jwt"), None));
    assert!(!check(Some("logout+jwt"), None) && !check(Some("dpop+jwt"), None));
    assert!(check(Some("application/AT+JWT"), Some("at+jwt")));
    assert!(!check(Some("JWT"), Some("at+jwt")) && !check(None, Some("at+jwt")));
}
