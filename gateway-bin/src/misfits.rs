//! Tells of masks that do not take the types of their columns, once each, when a catalog first shows them.

use std::collections::BTreeSet;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::policy::fit::Misfit;
use session_core::config::Policy;

use crate::catalog::handle::CatalogHandle;
use crate::catalog::handle::Current;

/// The misfits of one target, as its newest catalog shows them.
///
/// Nothing is shown for one: what a mask does not take is redacted.
#[derive(Debug)]
pub(crate) struct Misfits {
    policy: Arc<Policy>,
    target_name: String,
    known: Known,
}

impl Misfits {
    pub(crate) fn new(policy: Arc<Policy>, target_name: String) -> Self {
        Self {
            policy,
            target_name,
            known: Known::default(),
        }
    }

    /// Tells of the misfits in a catalog that the one before did not have.
    pub(crate) fn look(&mut self, catalog: &Catalog) {
        for misfit in self.known.renew(self.policy.set.misfits(catalog)) {
            tracing::warn!(
                target_name = %self.target_name,
                column = %misfit.column,
                data_type = %misfit.data_type,
                mask = %misfit.mask,
                kind = %misfit.kind,
                line = misfit.line,
                "a mask does not take the type of its column, which is redacted"
            );
        }
    }

    /// Looks at every further load, for as long as the future is polled.
    pub(crate) async fn keep_looking(
        mut self,
        handle: &CatalogHandle,
        mut seen: Option<Arc<Current>>,
    ) {
        while let Some(current) = handle.newer(seen.as_ref()).await {
            self.look(&current.catalog);
            seen = Some(current);
        }
    }
}

/// What the last catalog showed. It is all that is kept, so that schemas that come and go take no memory.
#[derive(Debug, Default)]
struct Known {
    misfits: BTreeSet<Misfit>,
}

impl Known {
    /// Takes over what a catalog shows, and gives what of it was not known.
    fn renew(&mut self, found: Vec<Misfit>) -> Vec<Misfit> {
        let found: BTreeSet<Misfit> = found.into_iter().collect();
        let fresh = found.difference(&self.misfits).cloned().collect();
        self.misfits = found;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use policy_core::catalog::document;
    use policy_core::policy::compile::Known as Names;
    use policy_core::policy::set::PolicySet;

    use super::*;

    const POLICY: &str = r#"
        version = 1

        [[protect]]
        name = "births"
        columns = ["*.*.born"]
        mask = "month"

        [mask.month]
        kind = "date"
        to = "month"
    "#;

    /// What each of these types of `shop.people.born` makes new, one catalog after the other.
    fn check(types: &[&str], expected: &[bool]) {
        let names = Names {
            issuers: &["corp"],
            targets: &["shop"],
        };
        let set = PolicySet::compile("policy.toml", POLICY, names).unwrap();
        let mut known = Known::default();
        let fresh: Vec<bool> = types
            .iter()
            .map(|data_type| !known.renew(set.misfits(&catalog(data_type))).is_empty())
            .collect();
        assert_eq!(fresh, expected, "{types:?}");
    }

    fn catalog(data_type: &str) -> Catalog {
        let text = format!(
            "server = \"10.11.19-MariaDB\"\n[[table]]\nname = \"shop.people\"\n\
             columns = [\"id int\", \"born {data_type}\"]\n"
        );
        document::parse("catalog.toml", &text).unwrap()
    }

    #[test]
    fn a_misfit_is_told_once_and_not_at_every_load() {
        check(&["int", "int", "int"], &[true, false, false]);
        check(
            &["date", "date", "int", "int"],
            &[false, false, true, false],
        );
    }

    #[test]
    fn a_column_of_another_misfitting_type_is_told() {
        check(&["int", "varchar(9)", "varchar(20)"], &[true, true, false]);
    }

    #[test]
    fn a_misfit_that_was_gone_is_told_again() {
        check(&["int", "date", "int"], &[true, false, true]);
    }
}
