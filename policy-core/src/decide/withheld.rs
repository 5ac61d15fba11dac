//! What rules about tables do not answer for: refused, unless a rule names the kind of statement.

use crate::decide::refuse;
use crate::decide::request::Request;
use crate::decision::Denial;
use crate::policy::set::Effect;
use crate::policy::set::PolicySet;
use crate::policy::set::Role;
use crate::statement::Lift;
use crate::unread::Unread;

/// Refuses the first thing that is withheld and that nothing lifts.
pub(super) fn check(policy: &PolicySet, role: &Role, request: &Request<'_>) -> Result<(), Denial> {
    for withheld in &request.statement.withheld {
        let is_lifted = match withheld.lift {
            Lift::Never => false,
            Lift::Kind => names_kind(role, request),
            Lift::KindUnread => names_kind(role, request) && is_open(policy, role),
        };
        if !is_lifted {
            return Err(refuse(&Unread::Unsupported {
                construct: withheld.construct.clone(),
                hint: withheld.hint,
            }));
        }
    }
    Ok(())
}

/// Whether the policy has nothing that a text which nobody reads could walk past.
fn is_open(policy: &PolicySet, role: &Role) -> bool {
    let mut denies = policy.denies().iter();
    let mut rules = role.rules().iter();
    policy.protects().is_empty()
        && !denies.any(|deny| deny.is_for(role.name()))
        && rules.all(|rule| matches!(rule.effect(), Effect::Allow))
}

/// Whether a rule that allows or asks names the kind, or that of a statement that carries it.
pub(super) fn names_kind(role: &Role, request: &Request<'_>) -> bool {
    let statement = request.statement;
    let mut kinds = std::iter::once(&statement.kind).chain(&statement.through);
    kinds.any(|kind| {
        role.rules()
            .iter()
            .any(|rule| !matches!(rule.effect(), Effect::Deny) && rule.statements().names(*kind))
    })
}
