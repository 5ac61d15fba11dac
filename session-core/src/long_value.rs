//! A parameter that is too long to be kept. What decisions, approvals and records need of it is
//! computed while it passes.

use std::sync::Arc;

use hmac::Hmac;
use hmac::Mac;
use policy_core::decide::Bound;
use policy_core::decide::Passing;
use policy_core::decide::Values;
use policy_core::statement::Statement;
use sha2::Digest;
use sha2::Sha256;

use crate::config::DigestKey;
use crate::config::Policy;
use crate::config::World;
use crate::judge::Refusal;
use crate::parameters;
use crate::parameters::BoundValue;
use crate::record;
use crate::reply::Failure;

/// A value of which only the beginning is known, and what was computed over all of it.
#[derive(Clone, Debug)]
pub(crate) struct LongValue {
    bytes: u64,
    is_ascii: bool,
    sha256: Sha256,
    keyed: Option<Hmac<Sha256>>,
    passing: Passing,
    /// Under what it was looked through.
    policy: Arc<Policy>,
    statement: Arc<Statement>,
}

impl LongValue {
    pub(crate) fn new(policy: &Arc<Policy>, statement: &Arc<Statement>, key: &DigestKey) -> Self {
        Self {
            bytes: 0,
            is_ascii: true,
            sha256: Sha256::new(),
            keyed: record::keyed(key),
            passing: Passing::default(),
            policy: Arc::clone(policy),
            statement: Arc::clone(statement),
        }
    }

    /// Takes the next part of it.
    pub(crate) fn push(&mut self, part: &[u8]) {
        self.bytes = self.bytes.saturating_add(part.len() as u64);
        self.is_ascii &= part.is_ascii();
        self.sha256.update(part);
        if let Some(keyed) = &mut self.keyed {
            keyed.update(part);
        }
        let values = values(&self.statement);
        self.passing.push(&self.policy.set, &values, part);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// How it begins.
    pub(crate) fn beginning(&self) -> &[u8] {
        self.passing.beginning()
    }

    /// SHA-256 of all of it.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.sha256.clone().finalize().into()
    }

    /// The digest of all of it that stands in records.
    pub(crate) fn keyed_digest(&self) -> [u8; 32] {
        record::finished(self.keyed.clone())
    }

    /// Refuses it where a mask may have shown it.
    fn check(&self, statement: &Statement, world: World<'_>) -> Result<(), Refusal> {
        // What was looked for hangs on both.
        if !Arc::ptr_eq(&self.policy, world.policy) || *self.statement != *statement {
            return Err(Refusal::of(Failure::closed(
                "POSTERN-STATEMENT",
                "the policy, or what the statement means, changed while a parameter was sent \
                 ahead; send the parameter and execute it again",
            )));
        }
        let checked = self.passing.check(&self.policy.set, &values(statement));
        checked.map_err(Refusal::denied)
    }
}

/// Refuses to write what a mask may have shown, as far as parameters were too long to be kept.
pub(crate) fn check(
    parameters: &[parameters::Bound],
    statement: &Statement,
    world: World<'_>,
) -> Result<(), Refusal> {
    parameters.iter().try_for_each(|bound| match &bound.value {
        BoundValue::Long(long) => long.check(statement, world),
        BoundValue::Null | BoundValue::Whole(_) => Ok(()),
    })
}

/// What the guard over written values looks at beside the value itself.
fn values(statement: &Statement) -> Values<'_> {
    Values {
        kind: statement.kind,
        text: b"",
        literals: &[],
        parameters: &[],
        bound: Bound::Unknown,
        influences: &[],
        flows: &statement.flows,
        accesses: &statement.accesses,
        carried: !statement.through.is_empty(),
    }
}
