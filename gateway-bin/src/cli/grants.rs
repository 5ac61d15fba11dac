//! `postern policy grants`: the GRANTs by which the server itself keeps protected columns from
//! sessions, except under the guard role.

use std::io::Write;
use std::path::PathBuf;

use crate::catalog::grants::plan;
use crate::catalog::grants::text;
use crate::catalog_once;
use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;
use crate::policy_file;

/// Options of `postern policy grants`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern policy grants --config postern.toml > grants.sql\n\nRead it, and run it as an administrator of the target for accounts that have no other rights.\nThe account that sessions run as gets no right on protected columns; the guard role does, and\nthe gateway takes it only around statements that it read as touching them. So the server\nrefuses what the gateway might misread. `postern check` compares the outcome."
)]
#[non_exhaustive]
pub struct Grants {
    /// The configuration; its targets are asked for their catalog
    #[arg(long, value_name = "FILE", default_value = "postern.toml")]
    pub config: PathBuf,
    /// The host part of the accounts
    #[arg(long, value_name = "HOST", default_value = "%")]
    pub host: String,
}

impl Grants {
    /// Prints the statements for every target.
    ///
    /// # Errors
    /// The configuration or the policy is broken, or a target cannot be asked.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let config = Config::load_with(&self.config, Development::Allow)?;
        let policy = policy_file::load(&config)?;
        for target in &config.targets {
            let catalog = runtime::block_on(catalog_once::catalog(target))??;
            writeln!(out, "-- target {}", target.name)?;
            for plan in plan::plans(&policy, target, &catalog) {
                for line in text::statements(&plan, &self.host, catalog.server.kind) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        Ok(ExitStatus::Good)
    }
}
