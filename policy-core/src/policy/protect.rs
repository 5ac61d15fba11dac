//! What a policy says of protected columns.

use crate::decision::RuleRef;
use crate::name::ColumnId;
use crate::name::TableNameCase;
use crate::policy::pattern::ColumnPattern;
use crate::policy::people::Group;
use crate::principal::Principal;

/// Protected columns, and how they may be used.
#[derive(Clone, Debug)]
pub struct Protect {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) columns: Vec<ColumnPattern>,
    /// The mask's name; `None` for `redact`.
    pub(super) mask: Option<String>,
    pub(super) influence: InfluenceLimit,
    pub(super) writes: WriteLimit,
    pub(super) clear_for: Vec<Group>,
    pub(super) strict_order: bool,
}

/// How far a protected column may steer a result.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum InfluenceLimit {
    /// Not at all.
    Never,
    /// By comparison with one value.
    Equality,
    /// In any way.
    Any,
}

/// How a protected column may be written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum WriteLimit {
    /// Not at all.
    None,
    /// By a plain INSERT.
    Insert,
}

impl Protect {
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

    /// Which columns it is about.
    #[must_use]
    pub fn columns(&self) -> &[ColumnPattern] {
        &self.columns
    }

    /// Whether it is about that column.
    #[must_use]
    pub fn means(&self, column: &ColumnId, case: TableNameCase) -> bool {
        self.columns
            .iter()
            .any(|pattern| pattern.matches(column, case))
    }

    /// The mask's name; `None` when the column is redacted.
    #[must_use]
    pub fn mask(&self) -> Option<&str> {
        self.mask.as_deref()
    }

    /// How far the columns may steer a result.
    #[must_use]
    pub fn influence(&self) -> InfluenceLimit {
        self.influence
    }

    /// How the columns may be written.
    #[must_use]
    pub fn writes(&self) -> WriteLimit {
        self.writes
    }

    /// Who sees the columns as they are.
    #[must_use]
    pub fn clear_for(&self) -> &[Group] {
        &self.clear_for
    }

    /// Whether that principal sees the columns as they are.
    #[must_use]
    pub fn is_clear_for(&self, principal: &Principal) -> bool {
        self.clear_for
            .iter()
            .any(|group| group.has_member(&principal.issuer, &principal.groups))
    }

    /// Whether the order that an index on a column gives counts as influence.
    #[must_use]
    pub fn strict_order(&self) -> bool {
        self.strict_order
    }
}
