//! Which principals a role, an approval or an exception is for.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use crate::principal::Principal;

/// A group, of one issuer or (only where there is but one issuer) of the only one.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a group is named by these two")]
pub struct Group {
    /// The configured name of the issuer whose word counts.
    pub issuer: Option<String>,
    /// The group in that issuer's tokens.
    pub name: String,
}

impl Group {
    /// Whether someone whom that issuer vouches for, with those groups, is a member.
    #[must_use]
    pub fn has_member(&self, issuer: &str, groups: &BTreeSet<String>) -> bool {
        self.issuer.as_deref().is_none_or(|own| own == issuer) && groups.contains(&self.name)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.issuer {
            Some(issuer) => write!(f, "{issuer}:{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Whom a role takes: every condition that is given must hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct People {
    /// The only issuer whose word counts here.
    pub(super) issuer: Option<String>,
    /// One of these groups; empty for no condition.
    pub(super) groups: Vec<Group>,
    /// One of these subjects, written as groups are; empty for no condition.
    pub(super) subjects: Vec<Group>,
    /// All of these claims.
    pub(super) claims: BTreeMap<String, String>,
}

impl People {
    /// Someone whom it takes, if it takes anyone.
    pub(super) fn someone(&self) -> Principal {
        let group = self.groups.first();
        let subject = self.subjects.first();
        let issuers = [group, subject].into_iter().flatten();
        let mut issuers = issuers.filter_map(|named| named.issuer.clone());
        Principal {
            issuer: self
                .issuer
                .clone()
                .or_else(|| issuers.next())
                .unwrap_or_default(),
            subject: subject.map_or_else(|| "someone".to_owned(), |named| named.name.clone()),
            groups: group.into_iter().map(|named| named.name.clone()).collect(),
            claims: self.claims.clone(),
            ..Principal::default()
        }
    }

    /// Whether it takes that principal. Without any condition it takes nobody.
    #[must_use]
    pub fn takes(&self, principal: &Principal) -> bool {
        if self.groups.is_empty() && self.subjects.is_empty() && self.claims.is_empty() {
            return false;
        }
        let subject = BTreeSet::from([principal.subject.clone()]);
        let in_group = |group: &Group| group.has_member(&principal.issuer, &principal.groups);
        let is_subject = |own: &Group| own.has_member(&principal.issuer, &subject);
        let claims_hold = |(name, value): (&String, &String)| {
            principal.claims.get(name).is_some_and(|own| own == value)
        };
        self.issuer
            .as_ref()
            .is_none_or(|own| *own == principal.issuer)
            && (self.groups.is_empty() || self.groups.iter().any(in_group))
            && (self.subjects.is_empty() || self.subjects.iter().any(is_subject))
            && self.claims.iter().all(claims_hold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(issuer: &str, group: &str) -> Principal {
        Principal {
            issuer: issuer.to_owned(),
            subject: "bot".to_owned(),
            groups: BTreeSet::from([group.to_owned()]),
            ..Principal::default()
        }
    }

    #[test]
    fn takes_nobody_without_a_condition() {
        assert!(!People::default().takes(&principal("corp", "dba")));
    }

    #[test]
    fn hears_only_the_issuer_that_it_names() {
        let people = People {
            groups: vec![Group {
                issuer: Some("corp".to_owned()),
                name: "dba".to_owned(),
            }],
            ..People::default()
        };
        assert!(people.takes(&principal("corp", "dba")));
        assert!(!people.takes(&principal("partner", "dba")));
        // A partner may call a group what it likes: the qualified form is never a group's name.
        assert!(!people.takes(&principal("partner", "corp:dba")));
    }

    #[test]
    fn demands_every_condition() {
        let mut someone = principal("corp", "dba");
        let people = People {
            groups: vec![Group {
                issuer: None,
                name: "dba".to_owned(),
            }],
            claims: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
            ..People::default()
        };
        assert!(!people.takes(&someone));
        someone.claims.insert("env".to_owned(), "prod".to_owned());
        assert!(people.takes(&someone));
    }
}
