//! What a session is told when it begins: the listener, its targets, the limits. It never changes.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use hmac::Mac;
use masking::set::MaskSet;
use mysql_proto::flags::Capabilities;
use policy_core::catalog::Catalog;
use policy_core::grant::keys::Approvers;
use policy_core::grant::keys::Roots;
use policy_core::policy::set::PolicySet;

/// A listener as sessions see it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct SessionConfig {
    /// The listener's name.
    pub listener: String,
    /// The server version of the greeting.
    pub server_version: String,
    /// The collation of the greeting.
    pub collation: u8,
    /// What every target of the listener can do.
    pub capabilities: Capabilities,
    /// The targets that may be reached here.
    pub targets: Vec<TargetConfig>,
    /// Bounds.
    pub limits: SessionLimits,
    /// The key of the digests that stand for protected literals in records.
    pub digest_key: DigestKey,
}

/// A target as sessions see it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct TargetConfig {
    /// Its configured name: what the user name of a login selects.
    pub name: String,
    /// The default database of a login that names none.
    pub database: Option<String>,
    /// The database role that has the rights on protected columns, if the target uses one.
    pub guard_role: Option<String>,
}

/// Bounds of one session. Times are in microseconds.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct SessionLimits {
    /// From the accepted connection to the end of the login.
    pub login_us: u64,
    /// Between two commands.
    pub idle_us: u64,
    /// One statement, from its sending to the end of its reply.
    pub statement_us: u64,
    /// The whole session.
    pub session_us: u64,
    /// One packet of the client, put together, and all that is kept of parameters that are sent ahead.
    pub packet_bytes_max: usize,
    /// The text of one statement.
    pub statement_bytes_max: usize,
    /// Data of parameters that were sent ahead and wait for their EXECUTE, most of it at the target.
    pub long_data_bytes_max: usize,
    /// Prepared statements held open.
    pub prepared_statements_max: usize,
}

/// The key of the digests that stand for protected literals.
#[derive(Clone)]
pub struct DigestKey(zeroize::Zeroizing<[u8; 32]>);

impl DigestKey {
    /// Takes the key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(zeroize::Zeroizing::new(key))
    }

    /// A key that follows from another secret and from nothing else, and does not tell it.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let mut key = [0; 32];
        // HMAC takes keys of every length, so this never fails.
        if let Ok(mut mac) = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret) {
            mac.update(b"postern digest of literals, version 1");
            key = mac.finalize().into_bytes().into();
        }
        Self::new(key)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The policy in force, with the masks that it names.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct Policy {
    /// Roles, rules and protected columns.
    pub set: PolicySet,
    /// The masks by name.
    pub masks: MaskSet,
    /// The keys of gateways that ask for approvals.
    pub roots: Roots,
    /// The people who approve, by their keys.
    pub approvers: Approvers,
}

/// The world at one moment, as far as a session depends on it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the driver")]
pub struct World<'a> {
    /// Microseconds since the epoch.
    pub now_us: u64,
    /// The policy in force.
    pub policy: &'a Arc<Policy>,
    /// The catalog of the session's target; `None` while it is unknown or being loaded.
    pub catalog: Option<&'a Arc<Catalog>>,
    /// The sessions that are open at the session's target.
    pub connections: &'a dyn Connections,
}

/// The sessions that are open at one target.
pub trait Connections: Debug {
    /// The number that each was greeted with, by the number that the target gave it.
    ///
    /// Clients are shown the former where the target tells the latter.
    fn greeted(&self) -> Arc<BTreeMap<u64, u64>>;
}

/// None: the sessions are not known, or there is no target yet.
impl<C: Connections> Connections for Option<C> {
    fn greeted(&self) -> Arc<BTreeMap<u64, u64>> {
        self.as_ref().map_or_else(Arc::default, C::greeted)
    }
}

/// No sessions: the target's numbers are shown as they are.
impl Connections for () {
    fn greeted(&self) -> Arc<BTreeMap<u64, u64>> {
        Arc::default()
    }
}
