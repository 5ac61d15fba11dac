//! The one door for grants: every failure, a panic in the token library too, is a refusal.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::time::Duration;

use biscuit_auth::AuthorizerBuilder;
use biscuit_auth::Biscuit;
use biscuit_auth::PublicKey;
use biscuit_auth::builder::Fact;
use biscuit_auth::builder::Rule;
use biscuit_auth::builder::Term;
use biscuit_auth::datalog::RunLimits;
use biscuit_auth::error;

use crate::approval::Approval;
use crate::approval::Binding;
use crate::decision::ApprovalNeed;
use crate::grant::claim::Claim;
use crate::grant::claim::TERMS;
use crate::grant::error::GrantError;
use crate::grant::guard;
use crate::grant::keys::Approver;
use crate::grant::keys::Approvers;
use crate::grant::keys::Roots;
use crate::principal::Principal;

/// Whose signatures count.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct Trust<'a> {
    /// Keys of serving processes.
    pub roots: &'a Roots,
    /// Keys of people.
    pub approvers: &'a Approvers,
}

/// What a grant is about to be used for.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct Use<'a> {
    /// The ticket that was found for it.
    pub id: &'a str,
    /// What is about to run, made anew from the statement and session at hand.
    pub binding: &'a Binding,
    /// What the decision asks for now.
    pub need: &'a ApprovalNeed,
    /// Who asks.
    pub principal: &'a Principal,
    /// Unix time.
    pub now: u64,
}

/// Verifies the tokens of one ticket: each the grant with one or more approvals.
///
/// Counts different people, not blocks or keys: each must be in one of the groups that the rule
/// names, and none may be the requester or act for them.
///
/// # Errors
///
/// When a token is not of the accepted form, does not hold, is about anything else, is over, or too
/// few people approved.
pub fn verify(tokens: &[&[u8]], trust: Trust<'_>, using: Use<'_>) -> Result<Approval, GrantError> {
    let answer = catch_unwind(AssertUnwindSafe(|| count(tokens, trust, using)));
    answer.unwrap_or(Err(GrantError::Failed))
}

fn count(tokens: &[&[u8]], trust: Trust<'_>, using: Use<'_>) -> Result<Approval, GrantError> {
    check_need(using)?;
    let wanted = Claim::new(using.id, using.binding, 0);
    let mut people = BTreeSet::new();
    let mut approval = Approval {
        grant: using.id.to_owned(),
        rule: using.need.rule.name.clone(),
        covers: using.need.covers,
        digest: wanted.digest,
        until: u64::MAX,
        approvers: Vec::new(),
    };
    for bytes in tokens.iter().take(guard::APPROVALS_MAX) {
        let token = open(bytes, trust.roots, Some(trust.approvers))?;
        let asked = asked(&token)?;
        if let Some(what) = asked.difference(&wanted) {
            return Err(GrantError::Other { what });
        }
        if using.now >= asked.until {
            return Err(GrantError::Expired);
        }
        for key in token.external_public_keys().into_iter().flatten() {
            let Some(approver) = trust.approvers.of(&key).filter(|one| may(one, using)) else {
                continue;
            };
            let until = approved_until(&token, key, &asked, using.now)?;
            approval.until = approval.until.min(until).min(asked.until);
            if people.insert((approver.issuer.as_str(), approver.subject.as_str())) {
                approval.approvers.push(approver.name.clone());
            }
        }
    }
    let found = u8::try_from(people.len()).unwrap_or(u8::MAX);
    let needed = using.need.quorum.max(1);
    if found < needed {
        return Err(GrantError::Quorum { found, needed });
    }
    Ok(approval)
}

/// The binding must be for this principal and for what the decision asks now.
fn check_need(using: Use<'_>) -> Result<(), GrantError> {
    let rule = using.binding.rule();
    let differs = [
        ("rule", rule.rule != using.need.rule.name),
        ("extent", using.binding.covers() != using.need.covers),
        ("principal", rule.principal != using.principal.binding()),
    ];
    match differs.into_iter().find(|(_, differs)| *differs) {
        Some((what, _)) => Err(GrantError::Other { what }),
        None => Ok(()),
    }
}

/// Whether that person may answer: asked for by group, and not for their own wish.
fn may(approver: &Approver, using: Use<'_>) -> bool {
    let own = approver.issuer == using.principal.issuer
        && (approver.subject == using.principal.subject
            || using.principal.actors.contains(&approver.subject));
    let mut groups = using.need.approvers.iter();
    !own && groups.any(|group| group.has_member(&approver.issuer, &approver.groups))
}

/// Form, then root, then signatures.
pub(super) fn open(
    bytes: &[u8],
    roots: &Roots,
    approvers: Option<&Approvers>,
) -> Result<Biscuit, GrantError> {
    guard::check(bytes, approvers)?;
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Biscuit::from(bytes, |id: Option<u32>| {
            roots.key(id).ok_or(error::Format::UnknownPublicKey)
        })
    }));
    match opened {
        Ok(Ok(token)) => Ok(token),
        Ok(Err(error::Token::Format(error::Format::UnknownPublicKey))) => {
            Err(GrantError::UnknownRoot)
        }
        Ok(Err(_)) => Err(GrantError::Signature),
        Err(_) => Err(GrantError::Failed),
    }
}

/// What the first block says. Facts of other blocks are out of its scope.
pub(super) fn asked(token: &Biscuit) -> Result<Claim, GrantError> {
    let query = format!("grant({VARIABLES}) <- grant({VARIABLES}) trusting authority");
    let [fact] = <[Fact; 1]>::try_from(ask(token, AuthorizerBuilder::new(), &query)?)
        .map_err(|_| NOT_A_GRANT)?;
    Claim::read(&fact)
}

/// Until when that key's block approves exactly what is asked; an error unless it does.
///
/// Only that key's block is trusted for it: what the first block says of approvals counts nothing,
/// since the process that signs it is the one that is to be watched.
fn approved_until(
    token: &Biscuit,
    key: PublicKey,
    asked: &Claim,
    now: u64,
) -> Result<u64, GrantError> {
    let mut parameters = asked.parameters();
    parameters.remove("until");
    parameters.insert("now".to_owned(), Term::Date(now));
    let restated = TERMS.replace("{until}", "$until");
    let keys = HashMap::from([("approver".to_owned(), key)]);
    let policy = format!(
        "allow if approval({restated}), approved_by({{id}}, $who), $until > {{now}} \
         trusting {{approver}}; deny if true;"
    );
    let builder = AuthorizerBuilder::new()
        .set_limits(limits())
        .code_with_params(policy, parameters, keys)
        .map_err(|_| GrantError::Failed)?;
    let mut authorizer = builder.build(token).map_err(|_| GrantError::Signature)?;
    authorizer.authorize().map_err(|_| NOT_APPROVED)?;
    let query = Rule::try_from("approval($id, $u) <- approval($id, $p, $t, $s, $r, $c, $d, $u)");
    let mut query = query.map_err(|_| GrantError::Failed)?;
    query.scopes = vec![biscuit_auth::builder::Scope::PublicKey(key)];
    let facts: Vec<Fact> = authorizer
        .query_with_limits(query, limits())
        .map_err(|_| GrantError::Failed)?;
    let until = facts
        .iter()
        .filter_map(|fact| match fact.predicate.terms.as_slice() {
            [_, Term::Date(until)] => Some(*until),
            _ => None,
        });
    until
        .filter(|until| *until > now)
        .min()
        .ok_or(GrantError::Expired)
}

fn ask(token: &Biscuit, builder: AuthorizerBuilder, query: &str) -> Result<Vec<Fact>, GrantError> {
    let query = Rule::try_from(query).map_err(|_| GrantError::Failed)?;
    let mut authorizer = builder
        .set_limits(limits())
        .build(token)
        .map_err(|_| GrantError::Signature)?;
    authorizer
        .query_with_limits(query, limits())
        .map_err(|_| NOT_A_GRANT)
}

/// The time is a fuse: wall time, and a busy machine stops good tokens at the library's default of
/// one millisecond. What bounds the work is the form that [`guard`] demands.
fn limits() -> RunLimits {
    RunLimits {
        max_facts: 200,
        max_iterations: 20,
        max_time: Duration::from_secs(1),
    }
}

const VARIABLES: &str = "$id, $principal, $target, $schema, $rule, $covers, $digest, $until";
const NOT_A_GRANT: GrantError = GrantError::Form {
    what: "it does not say what it grants",
};
const NOT_APPROVED: GrantError = GrantError::Other {
    what: "statement, person or time than its approval",
};
