//! Who asks: (issuer, subject, act chain), and the groups and claims that the token gave.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The identity behind a session, as an issuer vouched for it.
///
/// Two principals are the same only when issuer, subject and act chain all are. The user name of
/// the MySQL login is a selector and never part of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct Principal {
    /// The configured name of the issuer.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
    /// The token's `act` chain, current actor first.
    pub actors: Vec<String>,
    /// The groups that the token carries.
    pub groups: BTreeSet<String>,
    /// String claims that roles may match on.
    pub claims: BTreeMap<String, String>,
}

impl Principal {
    /// The one text form in which principals are compared, stored and bound.
    ///
    /// Every part is preceded by its length, so that no choice of names can make two principals
    /// look alike.
    #[must_use]
    pub fn binding(&self) -> String {
        let mut text = String::new();
        let parts = [&self.issuer, &self.subject]
            .into_iter()
            .chain(&self.actors);
        for part in parts {
            text.push_str(&format!("{}:{part},", part.len()));
        }
        text
    }
}
