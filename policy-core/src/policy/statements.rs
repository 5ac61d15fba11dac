//! Which statements a rule is about: classes and kinds.

use std::collections::BTreeSet;

use crate::statement::kind::Class;
use crate::statement::kind::DefaultEffect;
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

/// Whether no rule can allow the kind.
#[must_use]
pub fn is_never_allowed(kind: StatementKind) -> bool {
    kind.default_effect() == DefaultEffect::Never
}

/// Whether a rule may allow the kind by its class.
#[must_use]
pub fn class_suffices(kind: StatementKind) -> bool {
    match kind.default_effect() {
        DefaultEffect::Session | DefaultEffect::Names | DefaultEffect::ByClass => true,
        DefaultEffect::ByName | DefaultEffect::Never => false,
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
