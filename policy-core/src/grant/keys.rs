//! The keys on both sides of a grant: all Ed25519, and only public ones where grants are verified.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use biscuit_auth::Algorithm;
use biscuit_auth::KeyPair;
use biscuit_auth::PrivateKey;
use biscuit_auth::PublicKey;

use crate::grant::error::GrantError;

/// Public root keys by id. The id in a token is a hint, never a claim.
#[derive(Clone, Debug, Default)]
pub struct Roots(BTreeMap<u32, PublicKey>);

impl Roots {
    /// No keys: every token is refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// When the bytes are no Ed25519 key.
    pub fn insert(&mut self, id: u32, public_key: &[u8; 32]) -> Result<(), GrantError> {
        self.0.insert(id, public(public_key, "root key")?);
        Ok(())
    }

    pub(super) fn key(&self, id: Option<u32>) -> Option<PublicKey> {
        self.0.get(&id?).copied()
    }
}

/// Everyone who may approve.
#[derive(Clone, Debug, Default)]
pub struct Approvers(Vec<(PublicKey, Approver)>);

/// A person with a key of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct Approver {
    /// How records call it.
    pub name: String,
    /// The issuer under which it would log in.
    pub issuer: String,
    /// Its subject there: nobody approves what they asked for.
    pub subject: String,
    /// Its groups, as rules ask for them.
    pub groups: BTreeSet<String>,
}

impl Approvers {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a person.
    ///
    /// # Errors
    ///
    /// When the bytes are no Ed25519 key, or the key is another's already.
    pub fn insert(&mut self, approver: Approver, public_key: &[u8; 32]) -> Result<(), GrantError> {
        let key = public(public_key, "approver's key")?;
        if self.0.iter().any(|(other, _)| *other == key) {
            return Err(GrantError::Key {
                what: "approver's key, which is another's already,",
            });
        }
        self.0.push((key, approver));
        Ok(())
    }

    pub(super) fn of(&self, key: &PublicKey) -> Option<&Approver> {
        let mut all = self.0.iter();
        all.find(|(own, _)| own == key)
            .map(|(_, approver)| approver)
    }

    pub(super) fn holds(&self, key: &[u8]) -> bool {
        self.0.iter().any(|(own, _)| own.to_bytes() == key)
    }
}

/// A key pair from 32 random bytes.
///
/// The bytes are those of [`KeyPair`]'s private key, so they decide everything: whoever knows them
/// holds the key.
pub(super) fn pair(seed: &[u8; 32], what: &'static str) -> Result<KeyPair, GrantError> {
    let key = PrivateKey::from_bytes(seed, Algorithm::Ed25519);
    let key = key.map_err(|_| GrantError::Key { what })?;
    Ok(KeyPair::from(&key))
}

fn public(bytes: &[u8; 32], what: &'static str) -> Result<PublicKey, GrantError> {
    PublicKey::from_bytes(bytes, Algorithm::Ed25519).map_err(|_| GrantError::Key { what })
}
