//! A target's catalog as sessions see it: the newest load, and whether it may be relied on.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use policy_core::catalog::Catalog;
use tokio::sync::Notify;
use tokio::sync::watch;

use super::load::ServerVariables;

/// Whether a catalog may be relied on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever decides by it must handle each"
)]
pub enum State {
    /// Nothing has changed since it was loaded, as far as the server tells.
    Fresh,
    /// Something has changed or is changing; a load is on its way.
    Reload,
    /// There is none, or the server cannot be asked.
    Unknown,
}

/// One look at a target's catalog.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Whether it may be relied on.
    pub state: State,
    /// The newest load, if there was any.
    pub loaded: Option<Arc<Current>>,
    /// The number of the newest look at the server that left it fresh.
    checked: u64,
}

/// What a load has left for sessions.
#[derive(Debug)]
#[non_exhaustive]
pub struct Current {
    /// The catalog.
    pub catalog: Arc<Catalog>,
    /// How the server is set.
    pub variables: ServerVariables,
}

/// Why no catalog can be relied on now. The statement is refused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotFresh {
    /// A schema is changing for longer than anybody waits.
    #[error("schemas of the target are being changed; try again")]
    Changing,
    /// The catalog cannot be loaded.
    #[error("the target's catalog is not known at this time; try again, then ask the operator")]
    Unknown,
}

/// A target's catalog, shared by its sessions and the task that keeps it fresh.
#[derive(Clone, Debug)]
pub struct CatalogHandle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    snapshot: watch::Sender<Snapshot>,
    /// A look at the server is wanted.
    pub(super) wanted: Notify,
    /// How many looks at the server have begun.
    begun: AtomicU64,
    /// How many schema changes of our own are under way.
    changing: AtomicUsize,
}

impl CatalogHandle {
    /// A handle without a catalog; `watch::keep_fresh` fills it.
    #[must_use]
    pub fn new() -> Self {
        let snapshot = Snapshot {
            state: State::Unknown,
            loaded: None,
            checked: 0,
        };
        let shared = Shared {
            snapshot: watch::Sender::new(snapshot),
            wanted: Notify::new(),
            begun: AtomicU64::new(0),
            changing: AtomicUsize::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The catalog and its state at this moment.
    #[must_use]
    pub fn current(&self) -> Snapshot {
        self.shared.snapshot.borrow().clone()
    }

    /// The catalog, when it may be relied on at this moment.
    #[must_use]
    pub fn fresh_now(&self) -> Option<Arc<Current>> {
        let snapshot = self.shared.snapshot.borrow();
        match snapshot.state {
            State::Fresh => snapshot.loaded.clone(),
            State::Reload | State::Unknown => None,
        }
    }

    /// Waits for a catalog that may be relied on, so long at most.
    ///
    /// # Errors
    /// When there is none by then.
    pub async fn fresh(&self, time_max: Duration) -> Result<Arc<Current>, NotFresh> {
        self.wait_for_check(0, time_max).await
    }

    /// Looks at the server now, as after a name was not found, and gives the catalog as it is
    /// after that look. It is loaded anew only if the server shows a sign of change.
    ///
    /// # Errors
    /// When there is no fresh catalog in that time.
    pub async fn refresh(&self, time_max: Duration) -> Result<Arc<Current>, NotFresh> {
        let after = self.shared.begun.load(Ordering::Acquire);
        self.shared.wanted.notify_one();
        self.wait_for_check(after.saturating_add(1), time_max).await
    }

    /// Waits for a load other than this one; `None` when no further one can come.
    pub async fn newer(&self, known: Option<&Arc<Current>>) -> Option<Arc<Current>> {
        let mut snapshots = self.shared.snapshot.subscribe();
        let is_newer = |snapshot: &Snapshot| match (&snapshot.loaded, known) {
            (Some(loaded), Some(known)) => !Arc::ptr_eq(loaded, known),
            (loaded, None) => loaded.is_some(),
            (None, Some(_)) => false,
        };
        let snapshot = snapshots.wait_for(is_newer).await.ok()?;
        snapshot.loaded.clone()
    }

    /// Says that a session is about to change a schema. Until the value is dropped, after the
    /// reply, nobody relies on the catalog; then it is loaded anew.
    #[must_use = "the change lasts as long as the value"]
    pub fn schema_change(&self) -> SchemaChange {
        self.shared.changing.fetch_add(1, Ordering::AcqRel);
        self.shared.set_state(State::Reload);
        SchemaChange {
            shared: Arc::clone(&self.shared),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    async fn wait_for_check(
        &self,
        least: u64,
        time_max: Duration,
    ) -> Result<Arc<Current>, NotFresh> {
        let mut snapshots = self.shared.snapshot.subscribe();
        let ready =
            |snapshot: &Snapshot| snapshot.state == State::Fresh && snapshot.checked >= least;
        let waited = tokio::time::timeout(time_max, snapshots.wait_for(ready)).await;
        if let Ok(Ok(snapshot)) = waited
            && let Some(loaded) = &snapshot.loaded
        {
            return Ok(Arc::clone(loaded));
        }
        match self.current().state {
            State::Fresh | State::Reload => Err(NotFresh::Changing),
            State::Unknown => Err(NotFresh::Unknown),
        }
    }
}

impl Default for CatalogHandle {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    /// Counts a look at the server that begins now.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::AcqRel).saturating_add(1)
    }

    /// Whether a session of ours is changing a schema.
    pub(super) fn is_changing(&self) -> bool {
        self.changing.load(Ordering::Acquire) > 0
    }

    /// Takes a load over. It is not relied on if one of our sessions began a change meanwhile.
    pub(super) fn publish(&self, loaded: Current, number: u64) {
        let loaded = Arc::new(loaded);
        self.snapshot.send_modify(|snapshot| {
            // `schema_change` counts first and then sets the state, under the same lock as here.
            snapshot.state = if self.is_changing() {
                State::Reload
            } else {
                State::Fresh
            };
            snapshot.loaded = Some(loaded);
            snapshot.checked = number;
        });
    }

    /// Notes that a look found no sign of change; false when the catalog is not fresh anyway.
    pub(super) fn confirm(&self, number: u64, wanted: bool) -> bool {
        let mut fresh = false;
        self.snapshot.send_if_modified(|snapshot| {
            fresh = snapshot.state == State::Fresh;
            if fresh {
                snapshot.checked = number;
            }
            // Only those who asked for the look wait for its number.
            fresh && wanted
        });
        fresh
    }

    pub(super) fn set_state(&self, state: State) {
        self.snapshot.send_if_modified(|snapshot| {
            let changed = snapshot.state != state;
            // Where nothing is known, a change makes it no better.
            let known = !(snapshot.state == State::Unknown && state == State::Reload);
            if changed && known {
                snapshot.state = state;
            }
            changed && known
        });
    }
}

/// A schema change of one of our sessions, from before it is sent until after its reply.
#[derive(Debug)]
pub struct SchemaChange {
    shared: Arc<Shared>,
}

impl Drop for SchemaChange {
    fn drop(&mut self) {
        self.shared.changing.fetch_sub(1, Ordering::AcqRel);
        self.shared.wanted.notify_one();
    }
}

#[cfg(test)]
mod tests;
