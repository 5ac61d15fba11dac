//! Section `[approvals]`: the store of tickets, who may approve, and the keys on both sides.

use std::path::Path;
use std::path::PathBuf;

use crate::config::table::Placed;
use crate::config::table::Table;
use crate::secret::Seed;

/// What both the gateway and an approver's tool need.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct ApprovalSettings {
    /// The SQLite file.
    pub database: PathBuf,
    /// Names the root key in a grant; a hint, never a claim.
    pub root_key_id: u32,
    /// The public half of the root key, with which an approver checks what it is about to sign.
    pub root_public_key: [u8; 32],
    /// Where a person can look at a ticket; stands in the message before the ticket's number.
    pub url: Option<String>,
    /// Who may approve.
    pub approvers: Vec<ApproverSettings>,
}

/// A person with a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct ApproverSettings {
    /// How tools and the log call it.
    pub name: String,
    /// The name of the issuer under which it logs in, so that nobody approves its own request.
    pub issuer: String,
    /// Its `sub` there.
    pub subject: String,
    /// The groups that policies ask for.
    pub groups: Vec<String>,
    /// Its Ed25519 key.
    pub public_key: [u8; 32],
}

/// What the gateway needs besides: the key that mints requests.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct ApprovalMintSettings {
    /// Shared with approvers' tools.
    pub settings: ApprovalSettings,
    /// Signs the first block of every grant; it cannot approve.
    pub root_key: Seed,
}

/// What cross-checks need to know of the places.
#[derive(Debug)]
pub(super) struct ApprovalPlaces {
    pub(super) issuers: Vec<Placed<String>>,
}

impl ApprovalSettings {
    /// Reads all but the root key, which an approver's machine need not hold.
    pub(super) fn read(
        mut table: Table<'_>,
        state: Option<&Path>,
    ) -> Option<(Self, ApprovalPlaces)> {
        let parts = Parts::read(&mut table, state);
        let given = read_public_key(&mut table, "root_public_key");
        let root = if given.is_none() && !table.has("root_public_key") {
            read_root_key(&mut table).map(|seed| seed.public_key())
        } else {
            table.has("root_key");
            given
        };
        table.finish();
        parts?.into_settings(root?)
    }
}

impl ApprovalMintSettings {
    /// Reads everything; a public key that is given as well must be the root key's.
    pub(super) fn read(
        mut table: Table<'_>,
        state: Option<&Path>,
    ) -> Option<(Self, ApprovalPlaces)> {
        let parts = Parts::read(&mut table, state);
        let root_key = read_root_key(&mut table);
        let given = table.string("root_public_key").map(|text| text.at);
        let public_key = read_public_key(&mut table, "root_public_key");
        if let (Some(at), Some(public_key), Some(root_key)) = (given, public_key, &root_key)
            && root_key.public_key() != public_key
        {
            table.mistake(at, "`root_public_key` does not belong to `root_key`");
        }
        table.finish();
        let root_key = root_key?;
        let (settings, places) = parts?.into_settings(root_key.public_key())?;
        Some((Self { settings, root_key }, places))
    }
}

/// The section without its root key.
#[derive(Debug)]
struct Parts {
    database: PathBuf,
    root_key_id: u32,
    url: Option<String>,
    approvers: Vec<(ApproverSettings, Placed<String>)>,
}

impl Parts {
    /// Without a `database` the tickets are in the state directory.
    fn read(table: &mut Table<'_>, state: Option<&Path>) -> Option<Self> {
        let database = match table.path("database") {
            Some(database) => Some(database.value),
            None if table.has("database") => None,
            None => state.map(|state| state.join("approvals.sqlite")),
        };
        let root_key_id = table.integer("root_key_id", 0..=u64::from(u32::MAX));
        let url = table.string("url").map(|text| text.value);
        let mut approvers: Vec<(ApproverSettings, Placed<String>)> = Vec::new();
        for below in table.tables("approver") {
            let at = below.at();
            let Some((approver, issuer)) = ApproverSettings::read(below) else {
                continue;
            };
            if approvers
                .iter()
                .any(|(other, _)| other.name == approver.name)
            {
                table.mistake(
                    at,
                    format!("a second approver is called `{}`", approver.name),
                );
            }
            // One key is one person: else a quorum of two could be one.
            if approvers
                .iter()
                .any(|(other, _)| other.public_key == approver.public_key)
            {
                let message = format!("the key of `{}` belongs to another approver", approver.name);
                table.mistake(at, message);
            }
            approvers.push((approver, issuer));
        }
        Some(Self {
            database: database?,
            root_key_id: root_key_id
                .and_then(|value| u32::try_from(value.value).ok())
                .unwrap_or(1),
            url,
            approvers,
        })
    }

    fn into_settings(
        self,
        root_public_key: [u8; 32],
    ) -> Option<(ApprovalSettings, ApprovalPlaces)> {
        let (approvers, issuers) = self.approvers.into_iter().unzip();
        let settings = ApprovalSettings {
            database: self.database,
            root_key_id: self.root_key_id,
            root_public_key,
            url: self.url,
            approvers,
        };
        Some((settings, ApprovalPlaces { issuers }))
    }
}

impl ApproverSettings {
    fn read(mut table: Table<'_>) -> Option<(Self, Placed<String>)> {
        let name = table.required_string("name");
        let issuer = table.required_string("issuer");
        let subject = table.required_string("subject");
        let groups = table.required_strings("groups");
        table.require("public_key");
        let public_key = read_public_key(&mut table, "public_key");
        table.finish();
        let issuer = issuer?;
        let approver = Self {
            name: name?.value,
            issuer: issuer.value.clone(),
            subject: subject?.value,
            groups: groups?.into_iter().map(|text| text.value).collect(),
            public_key: public_key?,
        };
        Some((approver, issuer))
    }
}

fn read_root_key(table: &mut Table<'_>) -> Option<Seed> {
    let secret = table.required_secret("root_key")?;
    Seed::parse(&secret.value)
        .map_err(|error| table.mistake(secret.at, error))
        .ok()
}

fn read_public_key(table: &mut Table<'_>, key: &'static str) -> Option<[u8; 32]> {
    let text = table.string(key)?;
    let mut bytes = [0_u8; 32];
    let decoded = hex::decode_to_slice(text.value.as_bytes(), &mut bytes).is_ok();
    if !decoded || ed25519_dalek::VerifyingKey::from_bytes(&bytes).is_err() {
        let message = format!(
            "`{key}` is an Ed25519 public key in 64 hexadecimal digits, as `postern approvals keygen` prints it"
        );
        table.mistake(text.at, message);
        return None;
    }
    Some(bytes)
}
