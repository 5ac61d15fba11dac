//! Loads the policy file as `postern run` does, and checks it against the configuration.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use policy_core::policy::compile::Known;
use policy_core::policy::error::PolicyErrors;
use policy_core::policy::set::PolicySet;

use crate::config::Config;

/// Reads the policy of a configuration; every target and every database user that it names must be
/// there.
///
/// # Errors
/// Every mistake at once, each with its place.
pub fn load(config: &Config) -> Result<PolicySet, PolicyFileError> {
    let issuers: Vec<&str> = config
        .issuers
        .iter()
        .map(|issuer| issuer.name.as_str())
        .collect();
    let targets: Vec<&str> = config
        .targets
        .iter()
        .map(|target| target.name.as_str())
        .collect();
    let known = Known {
        issuers: &issuers,
        targets: &targets,
    };
    let policy = load_alone(&config.policy, known)?;
    let missing = missing_users(config, &policy);
    if missing.is_empty() {
        Ok(policy)
    } else {
        Err(PolicyFileError::Users(missing.join("\n")))
    }
}

/// Reads a policy file without a configuration, or with the names of one.
///
/// # Errors
/// Every mistake at once, each with its place.
pub fn load_alone(path: &Path, known: Known<'_>) -> Result<PolicySet, PolicyFileError> {
    let text = fs::read_to_string(path).map_err(|source| PolicyFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(PolicySet::compile(
        &path.display().to_string(),
        &text,
        known,
    )?)
}

fn missing_users(config: &Config, policy: &PolicySet) -> Vec<String> {
    let mut missing = Vec::new();
    for role in policy.roles() {
        let targets = role.targets().iter().filter_map(|name| config.target(name));
        for target in targets {
            let user = role.database_user();
            if target.user(user).is_none() {
                let (file, line) = (policy.file(), role.line());
                missing.push(format!(
                    "{file}:{line}:1: role `{}` runs as `{user}`, but target `{}` has no [[target.user]] of that name",
                    role.name(),
                    target.name
                ));
            } else if target.catalog_user.name == user {
                let (file, line) = (policy.file(), role.line());
                missing.push(format!(
                    "{file}:{line}:1: role `{}` runs as `{user}`, which is the catalog account of target `{}` and may see everything",
                    role.name(),
                    target.name
                ));
            }
        }
    }
    missing
}

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFileError {
    /// The file cannot be read.
    #[error("{}:1:1: cannot read the policy: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error(transparent)]
    Mistakes(#[from] PolicyErrors),
    /// Roles run as accounts that the configuration does not have; one line each.
    #[error("{0}")]
    Users(String),
}
