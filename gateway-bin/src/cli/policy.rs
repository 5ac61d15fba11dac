//! `postern policy check`: is the file a policy, and does it fit the configuration.

use std::io::Write;
use std::path::PathBuf;

use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;

use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::load::Development;
use crate::policy_file;

/// Options of `postern policy check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern policy check policy.toml                  # alone: syntax, names, masks\n  postern policy check --config postern.toml        # and against issuers, targets and accounts\n\nEvery mistake is reported at once, as file:line:column."
)]
#[group(required = true, multiple = true)]
#[non_exhaustive]
pub struct Check {
    /// The policy file; with --config the one that the configuration names
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The configuration that it is for
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Check {
    /// Loads the policy and counts what is in it.
    ///
    /// # Errors
    /// Every mistake of the policy, and of the configuration if one is given.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let policy = load(self.file.as_ref(), self.config.as_ref())?;
        let (roles, denies) = (policy.roles().len(), policy.denies().len());
        let rules: usize = policy.roles().iter().map(|role| role.rules().len()).sum();
        let (protects, masks) = (policy.protects().len(), policy.masks().len());
        writeln!(
            out,
            "{}: good: {roles} role(s) with {rules} rule(s), {denies} global deny, {protects} protect, {masks} mask(s)",
            policy.file()
        )?;
        Ok(ExitStatus::Good)
    }
}

/// The policy of a file, of a configuration, or of a file with the names of a configuration.
pub(super) fn load(file: Option<&PathBuf>, config: Option<&PathBuf>) -> anyhow::Result<PolicySet> {
    let config = match config {
        None => None,
        Some(path) => Some(Config::load_with(path, Development::Allow)?),
    };
    match (file, config) {
        (None, Some(config)) => Ok(policy_file::load(&config)?),
        (Some(file), Some(mut config)) => {
            config.policy.clone_from(file);
            Ok(policy_file::load(&config)?)
        }
        (Some(file), None) => Ok(policy_file::load_alone(file, Known::default())?),
        (None, None) => anyhow::bail!("give a policy file or `--config`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../demo/files/policy.toml");

    fn check(text: &str) -> anyhow::Result<ExitStatus> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("policy.toml");
        std::fs::write(&path, text).unwrap();
        let options = Check {
            file: Some(path),
            config: None,
        };
        options.run(&mut Vec::new())
    }

    #[test]
    fn the_policy_of_the_demo_is_good() {
        assert_eq!(check(GOOD).unwrap(), ExitStatus::Good);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let error = check(&GOOD.replace("effect = \"allow\"", "effect = \"alow\"")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("policy.toml:11:10: "), "{text}");
    }

    #[test]
    fn a_file_that_is_not_there_is_broken_input() {
        let options = Check {
            file: Some("/nonexistent".into()),
            config: None,
        };
        assert!(options.run(&mut Vec::new()).is_err());
    }
}
