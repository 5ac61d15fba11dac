//! A yes that hangs on no literal, kept for all statements of one shape.

use std::sync::Arc;
use std::sync::Mutex;

use policy_core::decide::Request;
use policy_core::decide::Values;
use policy_core::decide::may_hold;
use policy_core::decision::Allow;

use crate::config::Policy;
use crate::phase::Known;
use crate::prepared::Reading;

/// Where the yes is kept, by all texts of one shape together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settlement(Arc<Mutex<Option<Settled>>>);

/// A plain yes: without an approval, while no messages are hidden.
#[derive(Debug)]
struct Settled {
    allow: Arc<Allow>,
    policy: Arc<Policy>,
    known: Arc<Known>,
    under: Reading,
}

/// Under what a yes holds: the policy, who asked in which role, and the state of the session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) policy: &'a Arc<Policy>,
    pub(crate) known: &'a Arc<Known>,
    /// The count of changes of the session's temporary tables and prepared names.
    pub(crate) overlay: u64,
}

impl Settlement {
    /// The yes, if there is one under just these terms, and the guards that look at values pass.
    pub(crate) fn allows(
        &self,
        terms: Terms<'_>,
        request: &Request<'_>,
        values: &Values<'_>,
    ) -> Option<Arc<Allow>> {
        let kept = self.0.lock().ok()?;
        let settled = kept.as_ref()?;
        let holds = Arc::ptr_eq(&settled.policy, terms.policy)
            && Arc::ptr_eq(&settled.known, terms.known)
            && settled
                .under
                .is_now(request.session, terms.overlay, request.catalog)
            && may_hold(&terms.policy.set, values);
        holds.then(|| Arc::clone(&settled.allow))
    }

    /// Keeps a yes.
    pub(crate) fn keep(&self, terms: Terms<'_>, request: &Request<'_>, allow: &Arc<Allow>) {
        if let Ok(mut kept) = self.0.lock() {
            *kept = Some(Settled {
                allow: Arc::clone(allow),
                policy: Arc::clone(terms.policy),
                known: Arc::clone(terms.known),
                under: Reading::now(request.session, terms.overlay, request.catalog),
            });
        }
    }
}
