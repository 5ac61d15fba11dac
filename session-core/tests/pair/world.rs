//! The policy, the catalog and the people that all sessions here are about.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::OnceLock;

use ed25519_dalek::SigningKey;
use masking::mask::Mask;
use masking::set::MaskSet;
use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::catalog::lasting::Lasting;
use policy_core::grant::keys::Approver;
use policy_core::grant::keys::Approvers;
use policy_core::grant::keys::Roots;
use policy_core::name::TableId;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;
use session_core::config::DigestKey;
use session_core::config::Policy;
use session_core::config::SessionConfig;
use session_core::config::SessionLimits;
use session_core::config::TargetConfig;
use session_core::event::Identity;
use session_core::login::IMPLEMENTED;
use session_core::phase::Opening;

/// Stands in every protected cell, and must not reach a client.
pub(crate) const CANARY: &str = "canary-4f7d19";

/// When everything begins.
pub(crate) const NOW_US: u64 = 1_800_000_000_000_000;

pub(crate) const SECOND_US: u64 = 1_000_000;

pub(crate) const ROOT_SEED: [u8; 32] = [1; 32];
pub(crate) const ALICE_SEED: [u8; 32] = [2; 32];

const POLICY: &str = r#"
version = 1

[[role]]
name = "agent"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-shop"
effect = "allow"
statements = ["read"]
on = ["shop.*"]

[[role.rule]]
name = "write-orders"
effect = "allow"
statements = ["write"]
on = ["shop.orders"]

[[role.rule]]
name = "own-tables"
effect = "allow"
statements = ["create temporary table", "drop temporary table", "drop table", "write"]
on = ["shop.tmp_a", "shop.tmp_b"]

[[role.rule]]
name = "short-lists"
effect = "allow"
statements = ["read"]
on = ["small.*"]
limits = { rows = 3, seconds = 5 }

[[role.rule]]
name = "change-small"
effect = "allow"
statements = ["schema"]
on = ["small.*"]

[[role.rule]]
name = "audited-writes"
effect = "allow"
statements = ["write"]
on = ["small.*"]
triggers = true

[[role.rule]]
name = "run-at-night"
effect = "allow"
statements = ["call"]
on = ["shop.refresh"]

[[role.rule]]
name = "reports"
effect = "allow"
statements = ["call"]
on = ["shop.report", "shop.leaves", "shop.sets"]
results = "clear"
limits = { rows = 5 }

[[role.rule]]
name = "changes-need-a-human"
effect = "approve"
statements = ["write"]
on = ["shop.payments"]
approvers = ["dba"]
grant = { covers = "statement", valid = "30m", uses = 1 }

[[role.rule]]
name = "files"
effect = "allow"
statements = ["load data local"]
on = ["shop.orders"]

[[role.rule]]
name = "small-files"
effect = "allow"
statements = ["load data local"]
on = ["small.*"]
triggers = true
limits = { seconds = 5, file_bytes = 100 }

[[role.rule]]
name = "files-need-a-human"
effect = "approve"
statements = ["load data local"]
on = ["shop.payments"]
approvers = ["dba"]
grant = { covers = "statement", valid = "30m", uses = 1 }

[[role]]
name = "auditor"
groups = ["auditors"]
targets = ["shop"]
database_user = "reader"
detectors = ["card", "email"]

[[role.rule]]
name = "read-all"
effect = "allow"
statements = ["read"]
on = ["shop.*"]

[[protect]]
name = "secrets"
columns = ["shop.customers.email", "shop.customers.ssn", "small.people.ssn"]

[[protect]]
name = "ends"
columns = ["shop.members.phone", "small.members.phone"]
mask = "ends"

[mask.ends]
kind = "partial"
keep_last = 2

[mask.unused]
kind = "null"
"#;

const CATALOG: &str = r#"
server = "SERVER"
routines = ["shop.leaves", "shop.refresh", "shop.report", "shop.sets"]

[[table]]
name = "shop.customers"
columns = ["id int", "name varchar(80)", "email varchar(120)", "ssn char(11)"]
primary_key = ["id"]

[[table]]
name = "shop.orders"
columns = ["id int", "total decimal(10,2)"]
primary_key = ["id"]

[[table]]
name = "shop.payments"
columns = ["id int", "amount int"]
primary_key = ["id"]

[[table]]
name = "small.list"
columns = ["id int", "word varchar(20)"]
primary_key = ["id"]

[[table]]
name = "small.people"
columns = ["id int", "ssn char(11)"]
primary_key = ["id"]

[[table]]
name = "small.watched"
columns = ["id int"]
primary_key = ["id"]
triggers = true

[[table]]
name = "shop.members"
columns = ["id int", "phone varchar(400)", "name varchar(80)"]
primary_key = ["id"]

[[table]]
name = "small.members"
columns = ["id int", "phone varchar(400)", "name varchar(80)"]
primary_key = ["id"]

[[table]]
name = "hr.people"
columns = ["id int", "salary int"]
primary_key = ["id"]
"#;

pub(crate) fn catalog(server: &str) -> Catalog {
    let mut catalog = document::parse("catalog.toml", &CATALOG.replace("SERVER", server)).unwrap();
    catalog.version = 1;
    let leaves = TableId::new("shop".into(), "leaves".into());
    catalog.lasting.insert(leaves, Lasting::Names);
    let sets = TableId::new("shop".into(), "sets".into());
    catalog.lasting.insert(sets, Lasting::Values);
    catalog
}

/// The policy of all sessions, compiled once.
pub(crate) fn policy() -> &'static Arc<Policy> {
    static COMPILED: OnceLock<Arc<Policy>> = OnceLock::new();
    COMPILED.get_or_init(|| Arc::new(compiled()))
}

pub(crate) fn compiled() -> Policy {
    compile(POLICY)
}

/// The same without anything protected.
pub(crate) fn unprotected() -> Arc<Policy> {
    let (before, rest) = POLICY.split_once("[[protect]]").unwrap();
    let (_, masks) = rest.split_once("[mask.").unwrap();
    Arc::new(compile(&format!("{before}[mask.{masks}")))
}

fn compile(text: &str) -> Policy {
    let set = PolicySet::compile("policy.toml", text, Known::default())
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let mut masks = MaskSet::new();
    masks.insert("unused", Mask::null()).unwrap();
    masks
        .insert("ends", Mask::partial(0, 2, '*').unwrap())
        .unwrap();
    let public = |seed| SigningKey::from_bytes(seed).verifying_key().to_bytes();
    let mut roots = Roots::new();
    roots.insert(7, &public(&ROOT_SEED)).unwrap();
    let mut approvers = Approvers::new();
    let alice = Approver {
        name: "alice".to_owned(),
        issuer: "corp".to_owned(),
        subject: "alice".to_owned(),
        groups: BTreeSet::from(["dba".to_owned()]),
    };
    approvers.insert(alice, &public(&ALICE_SEED)).unwrap();
    Policy {
        set,
        masks,
        roots,
        approvers,
    }
}

pub(crate) fn identity(group: &str) -> Identity {
    Identity {
        principal: Principal {
            issuer: "corp".to_owned(),
            subject: "bot".to_owned(),
            groups: BTreeSet::from([group.to_owned()]),
            ..Principal::default()
        },
        expires_us: NOW_US + 3_600 * SECOND_US,
        token_id: Some("token-1".to_owned()),
    }
}

pub(crate) const DIGEST_KEY: [u8; 32] = [5; 32];

pub(crate) fn config(guard_role: Option<&str>) -> SessionConfig {
    SessionConfig {
        listener: "test".to_owned(),
        server_version: "9.7.4-postern".to_owned(),
        collation: 45,
        capabilities: IMPLEMENTED,
        targets: vec![TargetConfig {
            name: "shop".to_owned(),
            database: None,
            guard_role: guard_role.map(str::to_owned),
        }],
        limits: SessionLimits {
            login_us: 10 * SECOND_US,
            idle_us: 600 * SECOND_US,
            statement_us: 60 * SECOND_US,
            session_us: 86_400 * SECOND_US,
            packet_bytes_max: 40 * 1024 * 1024,
            statement_bytes_max: 40 * 1024 * 1024,
            long_data_bytes_max: 1 << 30,
            prepared_statements_max: 4,
        },
        digest_key: DigestKey::new(DIGEST_KEY),
    }
}

pub(crate) fn opening() -> Opening {
    Opening {
        id: "session-1".to_owned(),
        peer: "192.0.2.1:50000".to_owned(),
        connection_id: 17,
        salt: [9; 20],
        now_us: NOW_US,
    }
}

/// The catalog as a session sees it.
pub(crate) fn shared(catalog: Catalog) -> Option<Arc<Catalog>> {
    Some(Arc::new(catalog))
}
