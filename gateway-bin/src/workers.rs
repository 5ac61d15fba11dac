//! The threads that run sessions: one a core, each with a runtime of its own.
//!
//! A session stays on its thread, so that no packet wakes another core, and no lock of a scheduler
//! stands between two reads.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use anyhow::Context;
use tokio::runtime::Builder;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Threads that sessions are given to in turn; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Workers {
    workers: Vec<Worker>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Worker {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// Starts one thread a core.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let workers: anyhow::Result<Vec<Worker>> = (0..cores).map(Worker::start).collect();
        Ok(Self {
            workers: workers?,
            next: AtomicUsize::new(0),
        })
    }

    /// The thread whose turn it is.
    pub(crate) fn turn(&self) -> Option<&Handle> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let index = turn.checked_rem(self.workers.len())?;
        self.workers.get(index).map(|worker| &worker.handle)
    }
}

impl Worker {
    fn start(number: usize) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime for sessions")?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(format!("sessions-{number}"))
            .spawn(move || {
                // Asked to stop, or the one who would ask is gone: both end it.
                let _: Result<(), _> = runtime.block_on(stopped);
            })
            .context("cannot start a thread for sessions")?;
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to tell.
            let _: std::thread::Result<()> = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_take_turns_and_end() {
        let workers = Workers::start().unwrap();
        let count = workers.workers.len();
        let (tell, told) = std::sync::mpsc::channel();
        for _ in 0..count * 2 {
            let tell = tell.clone();
            workers.turn().unwrap().spawn(async move {
                let name = std::thread::current().name().map(str::to_owned);
                tell.send(name).unwrap();
            });
        }
        drop(tell);
        let mut names: Vec<_> = told.into_iter().collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        drop(workers);
    }
}
