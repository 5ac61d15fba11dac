//! The policy, compiled: roles with their rules, what is denied to all, what is protected.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::decision::Covers;
use crate::decision::RuleRef;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::name::TableNameCase;
use crate::policy::detector::Detector;
use crate::policy::error::RoleRefusal;
use crate::policy::mask::MaskSpec;
use crate::policy::pattern::ObjectPattern;
use crate::policy::people::Group;
use crate::policy::people::People;
use crate::policy::protect::Protect;
use crate::policy::statements::StatementSet;
use crate::principal::Principal;

/// A whole policy.
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(super) file: String,
    pub(super) digest: [u8; 32],
    pub(super) roles: Vec<Role>,
    pub(super) denies: Vec<Deny>,
    pub(super) protects: Vec<Protect>,
    pub(super) masks: BTreeMap<String, MaskSpec>,
}

/// A role, by name: it outlives a reload of the policy, or is found to be gone.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RoleId(String);

impl RoleId {
    /// The role's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PolicySet {
    /// The file, as the caller named it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// SHA-256 of the file's text.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The one role of a session: the first that takes this principal at this target, or the one
    /// that is asked for by name, if it does.
    ///
    /// # Errors
    ///
    /// When no role does, or the one asked for does not.
    pub fn role_for(
        &self,
        principal: &Principal,
        target: &str,
        wanted: Option<&str>,
    ) -> Result<RoleId, RoleRefusal> {
        let mut open = self
            .roles
            .iter()
            .filter(|role| role.takes(principal, target));
        let found = match wanted {
            None => open.next().ok_or_else(|| RoleRefusal::NoRole {
                target: target.to_owned(),
            }),
            Some(name) => open
                .find(|role| role.name == name)
                .ok_or_else(|| RoleRefusal::NotOpen {
                    wanted: name.to_owned(),
                    target: target.to_owned(),
                }),
        };
        found.map(Role::id)
    }

    /// The role of that id; `None` when the policy no longer has it.
    #[must_use]
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.role_named(id.as_str())
    }

    /// The role of that name.
    #[must_use]
    pub fn role_named(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// All roles in the order of the file.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What is denied to every role.
    #[must_use]
    pub fn denies(&self) -> &[Deny] {
        &self.denies
    }

    /// What is protected.
    #[must_use]
    pub fn protects(&self) -> &[Protect] {
        &self.protects
    }

    /// All masks by name. A decision names one of these, or says `Redact`.
    #[must_use]
    pub fn masks(&self) -> &BTreeMap<String, MaskSpec> {
        &self.masks
    }

    /// Whether any protect entry means that column.
    #[must_use]
    pub fn is_protected(&self, column: &ColumnId, case: TableNameCase) -> bool {
        self.protects.iter().any(|entry| entry.means(column, case))
    }
}

/// A role: whom it takes, where, and what it may do.
#[derive(Clone, Debug)]
pub struct Role {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) people: People,
    pub(super) targets: BTreeSet<String>,
    pub(super) database_user: String,
    pub(super) max_session: Option<Duration>,
    pub(super) detectors: BTreeSet<Detector>,
    pub(super) rules: Vec<Rule>,
}

impl Role {
    /// Its name, as an id.
    #[must_use]
    pub fn id(&self) -> RoleId {
        RoleId(self.name.clone())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its line in the policy file.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The targets at which it can be had.
    #[must_use]
    pub fn targets(&self) -> &BTreeSet<String> {
        &self.targets
    }

    /// Which credential of the target the session runs as.
    #[must_use]
    pub fn database_user(&self) -> &str {
        &self.database_user
    }

    /// The longest that a session in this role may last.
    #[must_use]
    pub fn max_session(&self) -> Option<Duration> {
        self.max_session
    }

    /// What is looked for, and hidden, in text that it may see.
    #[must_use]
    pub fn detectors(&self) -> &BTreeSet<Detector> {
        &self.detectors
    }

    /// Its rules in the order of the file.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Someone whom it takes: for explanations without a login.
    #[must_use]
    pub fn someone(&self) -> Principal {
        self.people.someone()
    }

    /// Whether it takes that principal at that target.
    #[must_use]
    pub fn takes(&self, principal: &Principal, target: &str) -> bool {
        self.targets.contains(target) && self.people.takes(principal)
    }
}

/// A rule of a role.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) effect: Effect,
    pub(super) statements: StatementSet,
    pub(super) on: Vec<ObjectPattern>,
    pub(super) rows_max: Option<u64>,
    pub(super) seconds_max: Option<u32>,
    pub(super) file_bytes_max: Option<u64>,
    /// UPDATE and DELETE without a WHERE that says which rows.
    pub(super) unfiltered: bool,
    /// Writes that fire triggers or cascades which may touch protected columns.
    pub(super) triggers: bool,
    /// What routines that it names give back is shown though columns are protected.
    pub(super) shows_results: bool,
    /// Functions beyond the harmless ones, lower case.
    pub(super) functions: BTreeSet<String>,
    /// Engines beyond the plain ones, lower case.
    pub(super) engines: BTreeSet<String>,
}

/// What a rule says.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum Effect {
    /// Yes.
    Allow,
    /// No.
    Deny,
    /// Ask these.
    Approve(Ask),
}

/// Who is asked, and what their yes is worth.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Ask {
    /// Groups whose members may answer.
    pub approvers: Vec<Group>,
    /// How many of them must.
    pub quorum: u8,
    /// What a grant covers.
    pub covers: Covers,
    /// How long it lasts.
    pub valid: Duration,
    /// How often it may be used; `None` (only with `covers = "rule"`) while it lasts.
    pub uses: Option<u32>,
}

impl Rule {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name and place.
    #[must_use]
    pub fn reference(&self) -> RuleRef {
        RuleRef {
            name: self.name.clone(),
            line: self.line,
        }
    }

    /// What it says.
    #[must_use]
    pub fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Which statements it is about.
    #[must_use]
    pub fn statements(&self) -> &StatementSet {
        &self.statements
    }

    /// Which objects it is about.
    #[must_use]
    pub fn on(&self) -> &[ObjectPattern] {
        &self.on
    }

    /// The most rows that it lets through.
    #[must_use]
    pub fn rows_max(&self) -> Option<u64> {
        self.rows_max
    }

    /// The longest that a statement under it may run, in seconds.
    #[must_use]
    pub fn seconds_max(&self) -> Option<u32> {
        self.seconds_max
    }

    /// The most bytes that a file of the client may have.
    #[must_use]
    pub fn file_bytes_max(&self) -> Option<u64> {
        self.file_bytes_max
    }

    /// Whether it allows UPDATE and DELETE of every row.
    #[must_use]
    pub fn unfiltered(&self) -> bool {
        self.unfiltered
    }

    /// Whether it allows writes that fire triggers or cascades.
    #[must_use]
    pub fn triggers(&self) -> bool {
        self.triggers
    }

    /// Whether it answers for what routines give back that it names.
    #[must_use]
    pub fn shows_results(&self) -> bool {
        self.shows_results
    }

    /// Functions that it allows beyond the harmless ones.
    #[must_use]
    pub fn functions(&self) -> &BTreeSet<String> {
        &self.functions
    }

    /// Engines that it allows beyond the plain ones.
    #[must_use]
    pub fn engines(&self) -> &BTreeSet<String> {
        &self.engines
    }

    /// Whether any of its patterns means that object.
    #[must_use]
    pub fn is_on(&self, object: &TableId, case: TableNameCase) -> bool {
        self.on.iter().any(|pattern| pattern.matches(object, case))
    }
}

/// What is denied to every role, or to some.
#[derive(Clone, Debug)]
pub struct Deny {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) statements: StatementSet,
    /// Empty for everywhere.
    pub(super) on: Vec<ObjectPattern>,
    /// Empty for every role.
    pub(super) roles: BTreeSet<String>,
}

impl Deny {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name and place.
    #[must_use]
    pub fn reference(&self) -> RuleRef {
        RuleRef {
            name: self.name.clone(),
            line: self.line,
        }
    }

    /// Which statements it is about.
    #[must_use]
    pub fn statements(&self) -> &StatementSet {
        &self.statements
    }

    /// Which objects it is about; empty for all.
    #[must_use]
    pub fn on(&self) -> &[ObjectPattern] {
        &self.on
    }

    /// Whether it is about that role.
    #[must_use]
    pub fn is_for(&self, role: &str) -> bool {
        self.roles.is_empty() || self.roles.contains(role)
    }
}
