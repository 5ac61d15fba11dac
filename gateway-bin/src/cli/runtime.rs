//! The one place where a command starts the asynchronous runtime.

use std::future::Future;

use anyhow::Context;

/// Runs a future to its end on a runtime of its own.
///
/// # Errors
/// The system gives no threads.
pub fn block_on<F: Future>(future: F) -> anyhow::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    Ok(runtime.block_on(future))
}
