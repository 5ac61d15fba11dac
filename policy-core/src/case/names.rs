//! Names in a case that the policy must have: a name that it does not have would never match.

use crate::case::Case;
use crate::case::Noted;
use crate::decide::BUILTIN;
use crate::policy::error::Mistake;
use crate::policy::set::PolicySet;
use crate::policy::table::nearest;

pub(super) fn check(case: &Case, policy: &PolicySet) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut check = |word: Option<&Noted>, what: &str, known: &[&str]| {
        let unknown = word.filter(|word| !known.contains(&word.text.as_str()));
        mistakes.extend(unknown.map(|word| word.mistake(unknown_name(&word.text, what, known))));
    };
    let roles: Vec<&str> = policy.roles().iter().map(|role| role.name()).collect();
    check(case.who.role.as_ref(), "role", &roles);
    let targets: Vec<&str> = policy
        .roles()
        .iter()
        .flat_map(|role| role.targets().iter().map(String::as_str))
        .collect();
    check(case.who.target.as_ref(), "target", &targets);
    check(case.expectation.rule.as_ref(), "rule", &rules(policy));
    for shown in case.expectation.shown.iter().flatten() {
        match shown.text.strip_prefix("mask ") {
            Some(mask) => {
                let masks: Vec<&str> = policy.masks().keys().map(String::as_str).collect();
                let named = Noted {
                    text: mask.to_owned(),
                    ..shown.clone()
                };
                check(Some(&named), "mask", &masks);
            }
            None => check(Some(shown), "treatment", &["clear", "redact", "mask NAME"]),
        }
    }
    if case.who.target.is_none() && case.who.targets(policy).len() > 1 {
        mistakes.push(
            case.name
                .mistake("give `target`: the policy has several for it"),
        );
    }
    mistakes
}

/// Everything that a decision can name: rules, what is denied to all, protect entries.
fn rules(policy: &PolicySet) -> Vec<&str> {
    let own = policy
        .roles()
        .iter()
        .flat_map(|role| role.rules().iter().map(|rule| rule.name()));
    let denies = policy.denies().iter().map(|deny| deny.name());
    let protects = policy.protects().iter().map(|entry| entry.name());
    own.chain(denies).chain(protects).chain([BUILTIN]).collect()
}

fn unknown_name(name: &str, what: &str, known: &[&str]) -> String {
    let advice = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "it has none".to_owned(),
        None => {
            let mut known = known.to_vec();
            known.sort_unstable();
            known.dedup();
            format!("it has `{}`", known.join("`, `"))
        }
    };
    format!("the policy has no {what} `{name}`; {advice}")
}
