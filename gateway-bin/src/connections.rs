//! The sessions that are open at targets, by their numbers: so that one can be told to end.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use policy_core::principal::Principal;
use session_core::event::KillAnswer;
use session_core::event::KillScope;
use tokio::sync::mpsc;

/// All sessions that have a target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections {
    open: Arc<Mutex<HashMap<u32, Entry>>>,
}

#[derive(Debug)]
struct Entry {
    owner: Owner,
    thread: u64,
    told: mpsc::Sender<KillScope>,
}

/// Whose session it is, and where: nobody else may end it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Owner {
    principal: String,
    target: String,
}

impl Owner {
    pub(crate) fn new(principal: &Principal, target: &str) -> Self {
        Self {
            principal: principal.binding(),
            target: target.to_owned(),
        }
    }
}

/// One open session; it is known until this is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    connections: Connections,
    owner: Owner,
    id: u32,
    told: mpsc::Receiver<KillScope>,
}

impl Connections {
    /// Makes a session known under the number of its greeting and that of its thread at the target.
    pub(crate) fn open(&self, owner: Owner, id: u32, thread: u64) -> Connection {
        let (sender, told) = mpsc::channel(TOLD_MAX);
        let entry = Entry {
            owner: owner.clone(),
            thread,
            told: sender,
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(id, entry);
        drop(open);
        Connection {
            connections: self.clone(),
            owner,
            id,
            told,
        }
    }
}

impl Connection {
    /// Waits until the session is told to end something.
    pub(crate) async fn told(&mut self) -> KillScope {
        match self.told.recv().await {
            Some(scope) => scope,
            // The sender lives as long as this is known.
            None => std::future::pending().await,
        }
    }

    /// Tells the session of the same owner that has this number.
    pub(crate) fn kill(&self, id: u64, scope: KillScope) -> KillAnswer {
        let open = &self.connections.open;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |entry: &&Entry| entry.owner == self.owner;
        let greeted = u32::try_from(id).ok().and_then(|id| open.get(&id));
        let found = match greeted.filter(own) {
            Some(entry) => Some(entry),
            None => open.values().filter(own).find(|entry| entry.thread == id),
        };
        let Some(entry) = found else {
            return KillAnswer::Unknown;
        };
        let this = open.get(&self.id);
        if this.is_some_and(|this| std::ptr::eq(this, entry)) {
            return KillAnswer::Own;
        }
        // Full: it has been told often enough, and did not look yet.
        let _: Result<(), mpsc::error::TrySendError<KillScope>> = entry.told.try_send(scope);
        KillAnswer::Told
    }
}

impl session_core::config::Connections for Connection {
    fn greeted(&self) -> Arc<BTreeMap<u64, u64>> {
        let open = &self.connections.open;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let at_target = open
            .iter()
            .filter(|(_, entry)| entry.owner.target == self.owner.target);
        Arc::new(
            at_target
                .map(|(id, entry)| (entry.thread, u64::from(*id)))
                .collect(),
        )
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let open = &self.connections.open;
        open.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

/// What a session may be told before it looks.
const TOLD_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use session_core::config::Connections as _;

    use super::*;

    fn owner(subject: &str, target: &str) -> Owner {
        let principal = Principal {
            issuer: "corp".to_owned(),
            subject: subject.to_owned(),
            ..Principal::default()
        };
        Owner::new(&principal, target)
    }

    #[test]
    fn both_numbers_mean_the_session() {
        let connections = Connections::default();
        let one = connections.open(owner("a", "shop"), 100, 7);
        let mut other = connections.open(owner("a", "shop"), 101, 8);
        for id in [101, 8] {
            assert_eq!(one.kill(id, KillScope::Statement), KillAnswer::Told);
            assert_eq!(other.told.try_recv(), Ok(KillScope::Statement));
        }
        for id in [100, 7] {
            assert_eq!(one.kill(id, KillScope::Session), KillAnswer::Own);
        }
        assert!(other.told.try_recv().is_err());
    }

    #[test]
    fn nobody_ends_the_session_of_another_or_at_another_target() {
        let connections = Connections::default();
        let one = connections.open(owner("a", "shop"), 100, 7);
        let mut others = [
            connections.open(owner("b", "shop"), 101, 8),
            connections.open(owner("a", "bank"), 102, 9),
        ];
        for id in [101, 8, 102, 9, 0, 5, u64::MAX, 1 << 32 | 100] {
            assert_eq!(
                one.kill(id, KillScope::Session),
                KillAnswer::Unknown,
                "{id}"
            );
        }
        assert!(
            others
                .iter_mut()
                .all(|other| other.told.try_recv().is_err())
        );
    }

    #[test]
    fn the_numbers_of_greetings_are_those_at_the_same_target() {
        let connections = Connections::default();
        let one = connections.open(owner("a", "shop"), 100, 7);
        let others = [
            connections.open(owner("b", "shop"), 101, 8),
            connections.open(owner("a", "bank"), 102, 8),
        ];
        assert_eq!(*one.greeted(), BTreeMap::from([(7, 100), (8, 101)]));
        drop(one);
        assert_eq!(*others[0].greeted(), BTreeMap::from([(8, 101)]));
    }

    #[test]
    fn a_number_is_free_again_when_its_session_ends() {
        let connections = Connections::default();
        let one = connections.open(owner("a", "shop"), 100, 7);
        drop(connections.open(owner("a", "shop"), 101, 8));
        for id in [101, 8] {
            assert_eq!(one.kill(id, KillScope::Statement), KillAnswer::Unknown);
        }
        drop(one);
        assert!(connections.open.lock().unwrap().is_empty());
    }
}
