//! How many sessions each principal has open.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use policy_core::principal::Principal;

/// Counts of sessions, by principal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Principals {
    open: Arc<Mutex<HashMap<String, usize>>>,
}

/// One session of a principal; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    principals: Principals,
    name: String,
}

impl Principals {
    /// A place for one session more; `None` when there are `most` already.
    pub(crate) fn enter(&self, principal: &Principal, most: usize) -> Option<Place> {
        let name = principal.binding();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(name.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place {
            principals: self.clone(),
            name,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .principals
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.name) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(subject: &str) -> Principal {
        Principal {
            issuer: "corp".to_owned(),
            subject: subject.to_owned(),
            ..Principal::default()
        }
    }

    #[test]
    fn a_place_is_free_again_when_its_session_ends() {
        let principals = Principals::default();
        let first = principals.enter(&agent("one"), 1);
        assert!(first.is_some());
        assert!(principals.enter(&agent("one"), 1).is_none());
        assert!(principals.enter(&agent("two"), 1).is_some());
        drop(first);
        assert!(principals.enter(&agent("one"), 1).is_some());
        assert!(principals.open.lock().unwrap().is_empty());
    }
}
