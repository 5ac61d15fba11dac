//! `postern run`: serves until it is told to stop.

use std::future::Future;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use audit_log::digest::Digest;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::app;
use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;

/// Options of `postern run`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern check --config postern.toml && postern run --config postern.toml\n\nPrints one line `listening on ADDRESS (LISTENER)` for each listener when it takes clients. SIGTERM\nand SIGINT let it drain: no new clients, running statements end, the log is closed.\n\nExit codes: 0 stopped as asked, 2 a mistake in a file or something that is needed is missing;\nthen nothing was started."
)]
#[non_exhaustive]
pub struct Run {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "postern.toml")]
    pub config: PathBuf,
}

impl Run {
    /// Serves until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// Everything that keeps the gateway from starting.
    pub fn run(&self) -> anyhow::Result<ExitStatus> {
        serve(&self.config, Development::Refuse, async {
            std::future::pending().await
        })
    }
}

/// Serves a configuration until a signal, or until `or` is ready.
///
/// # Errors
/// Everything that keeps the gateway from starting.
pub fn serve(
    path: &Path,
    development: Development,
    or: impl Future<Output = ()>,
) -> anyhow::Result<ExitStatus> {
    let config = Config::load_with(path, development)?;
    let text = std::fs::read(path)
        .with_context(|| format!("the configuration `{}` cannot be read", path.display()))?;
    let digest = *Digest::of(&text).as_bytes();
    make_state_directory(&config.state_directory)?;
    runtime::block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for signals")?;
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = or => {}
            }
        };
        app::run(config, digest, announce, stop).await
    })??;
    Ok(ExitStatus::Good)
}

/// What is in it is for the gateway's own user only.
fn make_state_directory(path: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the state directory `{}`", path.display()))
}

/// One line on the standard output, at once: scripts wait for it.
fn announce(line: &str) {
    let mut out = std::io::stdout().lock();
    // Without anybody who reads, the gateway serves all the same.
    let _: std::io::Result<()> = writeln!(out, "{line}").and_then(|()| out.flush());
}
