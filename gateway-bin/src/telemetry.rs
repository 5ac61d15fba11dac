//! Structured logs on the error stream; they hold no SQL, no values and no secrets.

use std::io;

use tracing_subscriber::EnvFilter;

/// How logs are written.
#[derive(Clone, Debug, Default, clap::Args)]
#[non_exhaustive]
pub struct LogOptions {
    /// What is logged: `error`, `warn`, `info`, `debug`, or per module as in `warn,gateway_bin=debug`
    #[arg(
        long = "log",
        value_name = "FILTER",
        default_value = "info",
        global = true
    )]
    pub filter: String,
    /// One JSON object a line instead of text
    #[arg(long = "log-json", global = true)]
    pub json: bool,
}

/// Starts logging for the whole process.
///
/// # Errors
/// The filter is not one, or logging was started before.
pub fn start(options: &LogOptions) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.filter)
        .map_err(|error| anyhow::anyhow!("`--log {}`: {error}", options.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false);
    let started = if options.json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}
