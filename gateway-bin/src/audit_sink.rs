//! The audit log as sessions use it: appended to in place, synced by one thread for all.
//!
//! An append is one `write` on the task of the session, with no hop to another thread. A record
//! that must survive a power cut before its effect waits for [`AuditSink::durable`]; all who wait
//! at a time share one sync. What nobody waits for is synced within [`SYNC_WITHIN`].

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use audit_log::Record;
use audit_log::Writer;
use audit_log::error::AppendError;
use audit_log::writer::Position;
use tokio::sync::watch;

/// Why something could not be written down. Nothing may be done whose record failed.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The log refused the record, now or after an earlier failure.
    #[error("the audit log cannot be written")]
    Append(#[from] AppendError),
    /// The disk failed before the record was safe, or the log was closed.
    #[error("the audit log stopped before the record was safe on disk")]
    Stopped,
    /// The thread that syncs could not be started.
    #[error("cannot start the thread that syncs the audit log")]
    Thread(#[source] io::Error),
}

/// One open log, shared by all sessions.
#[derive(Clone)]
pub struct AuditSink {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl AuditSink {
    /// Takes the log over and starts the thread that syncs it.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(writer: Writer) -> Result<Self, SinkError> {
        let synced = watch::Sender::new(Synced {
            up_to: writer.position(),
            stopped: false,
        });
        let shared = Arc::new(Shared {
            writer: Mutex::new(Some(writer)),
            unsynced: AtomicBool::new(false),
            wanted: Mutex::new(Wanted::default()),
            wake: Condvar::new(),
            synced,
        });
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("audit-sync".to_owned())
            .spawn(move || sync_until_closed(&for_thread))
            .map_err(SinkError::Thread)?;
        Ok(Self {
            shared,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Writes one record and says where it stands. It is in the file, not yet on the disk.
    ///
    /// # Errors
    /// When the record cannot be written; after a failure of the disk, always.
    pub fn append(&self, record: &Record) -> Result<Position, SinkError> {
        if self.shared.synced.borrow().stopped {
            return Err(SinkError::Stopped);
        }
        let mut writer = lock(&self.shared.writer);
        let Some(open) = writer.as_mut() else {
            return Err(SinkError::Stopped);
        };
        let position = open.append(record)?;
        drop(writer);
        // Only the first record after a sync has to wake the thread.
        if !self.shared.unsynced.swap(true, Ordering::AcqRel) {
            self.shared.want(|_| ());
        }
        Ok(position)
    }

    /// Waits until everything up to `position` is on the disk.
    ///
    /// # Errors
    /// When the disk failed or the log was closed before that.
    pub async fn durable(&self, position: Position) -> Result<(), SinkError> {
        let mut synced = self.shared.synced.subscribe();
        if !synced.borrow().ends_wait(position) {
            self.shared.want(|wanted| wanted.sync = true);
        }
        let state = synced.wait_for(|state| state.ends_wait(position)).await;
        match state.as_deref() {
            Ok(synced) if synced.up_to >= position => Ok(()),
            Ok(_) | Err(_) => Err(SinkError::Stopped),
        }
    }

    /// Whether the log takes records.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let writer = lock(&self.shared.writer);
        !self.shared.synced.borrow().stopped
            && writer.as_ref().is_some_and(|open| !open.is_poisoned())
    }

    /// Syncs what is written, signs a last checkpoint and closes the log. Blocks meanwhile.
    ///
    /// # Errors
    /// When the log had failed before, or the last checkpoint fails.
    pub fn close(&self) -> Result<(), SinkError> {
        let thread = lock(&self.thread).take().ok_or(SinkError::Stopped)?;
        self.shared.want(|wanted| wanted.close = true);
        thread.join().map_err(|_| SinkError::Stopped)?;
        let writer = lock(&self.shared.writer).take().ok_or(SinkError::Stopped)?;
        writer.close()?;
        Ok(())
    }
}

impl fmt::Debug for AuditSink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = *self.shared.synced.borrow();
        formatter
            .debug_struct("AuditSink")
            .field("synced", &state)
            .finish_non_exhaustive()
    }
}

/// What the sink and its thread share.
struct Shared {
    /// `None` once the log is closed.
    writer: Mutex<Option<Writer>>,
    /// Whether a record was written since the last sync began.
    unsynced: AtomicBool,
    wanted: Mutex<Wanted>,
    wake: Condvar,
    synced: watch::Sender<Synced>,
}

/// What the thread is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    /// Somebody waits for the disk.
    sync: bool,
    /// The log is to be closed.
    close: bool,
}

/// How far the log is on the disk.
#[derive(Clone, Copy, Debug)]
struct Synced {
    up_to: Position,
    /// It will never be further.
    stopped: bool,
}

impl Synced {
    fn ends_wait(self, position: Position) -> bool {
        self.stopped || self.up_to >= position
    }
}

impl Shared {
    fn want(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut lock(&self.wanted));
        self.wake.notify_one();
    }

    /// Sleeps until a sync is due; `None` once the log is to be closed.
    fn wait_for_work(&self, checkpoint_due: Option<Instant>) -> Option<Work> {
        let mut wanted = lock(&self.wanted);
        let mut sync_due: Option<Instant> = None;
        loop {
            if wanted.close {
                return None;
            }
            let now = Instant::now();
            if self.unsynced.load(Ordering::Acquire) {
                sync_due.get_or_insert(now + SYNC_WITHIN);
            }
            if wanted.sync || sync_due.is_some_and(|due| now >= due) {
                wanted.sync = false;
                return Some(Work::Sync);
            }
            if checkpoint_due.is_some_and(|due| now >= due) {
                return Some(Work::Checkpoint);
            }
            let next = [sync_due, checkpoint_due].into_iter().flatten().min();
            wanted = match next {
                Some(due) => {
                    let left = due.saturating_duration_since(now);
                    self.wake
                        .wait_timeout(wanted, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .wake
                    .wait(wanted)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn perform(&self, work: Work) -> Result<Position, SinkError> {
        // Records written from here on belong to the next sync.
        self.unsynced.store(false, Ordering::Release);
        let writer = lock(&self.writer);
        let open = writer.as_ref().ok_or(SinkError::Stopped)?;
        // The slow part runs without the lock, so that appends go on meanwhile.
        let position = match work {
            Work::Sync => {
                let handle = open.sync_handle();
                drop(writer);
                handle.sync()?
            }
            Work::Checkpoint => {
                let prepared = open.prepare_checkpoint();
                drop(writer);
                prepared.write()?
            }
        };
        Ok(position)
    }
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Sync,
    Checkpoint,
}

/// Says that nothing more will be safe, however the thread ends.
struct StopOnDrop<'a>(&'a Shared);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.synced.send_modify(|synced| synced.stopped = true);
    }
}

fn sync_until_closed(shared: &Shared) {
    let stop = StopOnDrop(shared);
    let mut checkpoint_due = None;
    while let Some(work) = shared.wait_for_work(checkpoint_due) {
        match shared.perform(work) {
            Ok(position) => {
                shared.synced.send_modify(|synced| synced.up_to = position);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "audit log failed");
                return;
            }
        }
        checkpoint_due = match work {
            Work::Sync => checkpoint_due.or_else(|| Some(Instant::now() + CHECKPOINT_WITHIN)),
            Work::Checkpoint => None,
        };
    }
    // Whoever still waits is given what a last sync can give.
    if let Ok(position) = shared.perform(Work::Sync) {
        shared.synced.send_modify(|synced| synced.up_to = position);
    }
    drop(stop);
}

/// What a thread that panicked has left in one of these locks is still whole: each holds plain
/// values, and a writer refuses by itself after a failure.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The longest that a record stays unsynced.
pub const SYNC_WITHIN: Duration = Duration::from_millis(100);
/// The longest that a record stays without a checkpoint over it. It is counted from the sync of
/// the record, so the two together stay below a second.
const CHECKPOINT_WITHIN: Duration = Duration::from_millis(800);

#[cfg(test)]
mod tests;
