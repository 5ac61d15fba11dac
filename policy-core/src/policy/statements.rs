//! Which statements a rule is about: classes and kinds.

use std::collections::BTreeSet;

use crate::statement::kind::Class;
use crate::statement::kind::Depth;
use crate::statement::kind::StatementKind;

/// The `statements` of a rule.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StatementSet {
    pub(super) classes: BTreeSet<Class>,
    pub(super) kinds: BTreeSet<StatementKind>,
}

impl StatementSet {
    /// Whether a rule that allows or asks means that kind: by its name, or by its class where a
    /// class is enough.
    #[must_use]
    pub fn covers(&self, kind: StatementKind) -> bool {
        self.names(kind) || (class_suffices(kind) && self.classes.contains(&kind.class()))
    }

    /// Whether the kind itself is named.
    #[must_use]
    pub fn names(&self, kind: StatementKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether a rule that denies means that kind: a class is always enough to say no.
    #[must_use]
    pub fn mentions(&self, kind: StatementKind) -> bool {
        self.names(kind) || self.classes.contains(&kind.class())
    }

    /// In the words of the file.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        let classes = self.classes.iter().map(|class| class.name());
        classes
            .chain(self.kinds.iter().map(|kind| kind.name()))
            .collect()
    }
}

/// Whether no rule can allow the kind: it runs text or reaches files that cannot be read here.
/// A routine that is called is named, so a rule may allow that.
#[must_use]
pub fn is_never_allowed(kind: StatementKind) -> bool {
    kind.depth() == Depth::Never && kind != StatementKind::Call
}

/// Whether a rule may allow the kind by its class. What runs text that was not read, or reaches
/// beyond tables, is allowed only by its own name.
#[must_use]
pub fn class_suffices(kind: StatementKind) -> bool {
    if kind.depth() != Depth::Whole {
        return false;
    }
    match kind.class() {
        Class::Admin | Class::Routine => false,
        Class::Schema => !matches!(
            kind,
            StatementKind::CreateRoutine
                | StatementKind::AlterRoutine
                | StatementKind::DropRoutine
                | StatementKind::CreateTrigger
                | StatementKind::DropTrigger
                | StatementKind::CreateEvent
                | StatementKind::AlterEvent
                | StatementKind::DropEvent
                | StatementKind::CreateDatabase
                | StatementKind::AlterDatabase
                | StatementKind::DropDatabase
        ),
        Class::Read | Class::Write | Class::Session => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_the_name_where_a_class_is_not_enough() {
        let everything = StatementSet {
            classes: Class::ALL.into_iter().collect(),
            kinds: BTreeSet::from([StatementKind::Kill]),
        };
        assert!(everything.covers(StatementKind::Select));
        assert!(everything.covers(StatementKind::Kill));
        assert!(!everything.covers(StatementKind::Shutdown));
        assert!(!everything.covers(StatementKind::Call));
        assert!(!everything.covers(StatementKind::DropDatabase));
        assert!(everything.mentions(StatementKind::Shutdown));
    }
}
