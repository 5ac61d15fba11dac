//! What rules about tables do not answer for: refused, unless a rule names the kind of statement.

use crate::decide::protection::Protection;
use crate::decide::refuse;
use crate::decide::request::Request;
use crate::decision::Denial;
use crate::name::ColumnId;
use crate::policy::set::Effect;
use crate::policy::set::PolicySet;
use crate::policy::set::Role;
use crate::statement::FlowTarget;
use crate::statement::Lift;
use crate::statement::Verb;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// Refuses the first thing that is withheld and that nothing lifts.
pub(super) fn check(policy: &PolicySet, role: &Role, request: &Request<'_>) -> Result<(), Denial> {
    for withheld in &request.statement.withheld {
        let is_lifted = match withheld.lift {
            Lift::Never => false,
            Lift::Kind => names_kind(role, request),
            Lift::KindUnread => names_kind(role, request) && is_open(policy, role),
            Lift::ShowsVariables => names(role, StatementKind::ShowVariables),
            Lift::Unprotected => policy.protects().is_empty(),
            Lift::Apart => is_apart(policy, request),
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

/// Whether how often something is done, and in which order, cannot hang on a protected value: no column that
/// is one, and no rows looked for in a table that has one, where an index may say which come first.
fn is_apart(policy: &PolicySet, request: &Request<'_>) -> bool {
    let (statement, catalog) = (request.statement, request.catalog);
    let protection = Protection::new(policy, catalog, request.principal);
    if protection.is_empty() {
        return true;
    }
    let is_open = |column: &ColumnId| protection.of(column).is_none();
    let accesses = statement.accesses.iter().all(|access| {
        let adds_only = access.verb == Verb::Insert;
        let columns = access.columns.iter().map(|column| ColumnId {
            table: access.object.clone(),
            column: column.clone(),
        });
        !access.temporary
            && catalog.tables.contains_key(&access.object)
            && columns.into_iter().all(|column| is_open(&column))
            && (adds_only || protection.in_table(&access.object).is_empty())
    });
    let flows = statement.flows.iter().all(|flow| match &flow.target {
        FlowTarget::Column(column) => is_open(column) && flow.sources.iter().all(is_open),
        FlowTarget::NewTable(_) | FlowTarget::Routine(_) | FlowTarget::Variable(_) => false,
    });
    let mut influences = statement.influences.iter();
    accesses && flows && statement.routines.is_empty() && influences.all(|i| is_open(&i.column))
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
    kinds.any(|kind| names(role, *kind))
}

fn names(role: &Role, kind: StatementKind) -> bool {
    let mut rules = role.rules().iter();
    rules.any(|rule| !matches!(rule.effect(), Effect::Deny) && rule.statements().names(kind))
}
