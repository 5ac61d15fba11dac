//! `postern demo`: see it work, with nothing but MariaDB installed.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use tokio::sync::oneshot;

use crate::cli::run;
use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;
use crate::demo::stage;

/// Options of `postern demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern demo            # the tour, then it stays up until Ctrl-C\n  postern demo --once     # the tour only; exit code 0 if every step came out as it should\n\nEverything is private and on 127.0.0.1: a MariaDB server with a small shop, an issuer that hands\ntokens to anyone, the gateway. It lives in a folder under TMPDIR and is gone in the end."
)]
#[non_exhaustive]
pub struct Demo {
    /// End after the tour
    #[arg(long)]
    pub once: bool,
    /// Serve a demo's configuration until the input ends; what the demo starts as its gateway
    #[arg(long, value_name = "FILE", hide = true, conflicts_with = "once")]
    pub serve: Option<PathBuf>,
}

impl Demo {
    /// Runs the demo.
    ///
    /// # Errors
    /// Something that is needed is missing or does not start.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        if let Some(config) = &self.serve {
            return serve(config);
        }
        let good = runtime::block_on(stage::run(out, self.once))??;
        Ok(if good {
            ExitStatus::Good
        } else {
            ExitStatus::Negative
        })
    }
}

/// The only way to serve with a development issuer; so it serves this machine only.
fn serve(path: &Path) -> anyhow::Result<ExitStatus> {
    let config = Config::load_with(path, Development::Allow)?;
    for listener in &config.listeners {
        let (name, bind) = (&listener.name, listener.bind);
        anyhow::ensure!(
            bind.ip().is_loopback(),
            "listener `{name}` of a demo must be on the loopback address, not {bind}"
        );
    }
    run::serve(path, Development::Allow, input_end())
}

/// Whoever started this holds the other end of the input, so it also ends when that is killed.
async fn input_end() {
    let (ended, heard) = oneshot::channel();
    // A thread of its own: the runtime would wait for one of its pool when it shuts down.
    std::thread::spawn(move || {
        drop(std::io::copy(
            &mut std::io::stdin().lock(),
            &mut std::io::sink(),
        ));
        let _: Result<(), ()> = ended.send(());
    });
    // The sender only goes away with a message, or with the process.
    drop(heard.await);
}
