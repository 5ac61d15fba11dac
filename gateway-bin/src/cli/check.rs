//! `postern check`: loads all that `postern run` loads, asks issuers and targets, binds nothing.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use policy_core::catalog::Catalog;
use policy_core::policy::set::PolicySet;

use crate::cli::grants;
use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::target::TargetSettings;
use crate::identity::Verifier;
use crate::policy_file;
use crate::target_check;
use crate::target_check::Readable;

/// Options of `postern check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern check --config postern.toml && systemctl reload postern\n\nExit codes: 0 good, 1 an issuer or a target does not answer or its rights do not fit,\n2 a mistake in a file."
)]
#[non_exhaustive]
pub struct Check {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "postern.toml")]
    pub config: PathBuf,
    /// Only the files; ask no issuer and no target
    #[arg(long)]
    pub offline: bool,
}

impl Check {
    /// Checks everything and tells of each part.
    ///
    /// # Errors
    /// Every mistake of the configuration, then of the policy.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let config = Config::load(&self.config)?;
        let policy = policy_file::load(&config)?;
        writeln!(out, "good      {}", self.config.display())?;
        writeln!(out, "good      {}", policy.file())?;
        if self.offline {
            return Ok(ExitStatus::Good);
        }
        let findings = runtime::block_on(async {
            let mut findings = Findings::default();
            check_issuers(&config, &mut findings).await;
            for target in &config.targets {
                check_target(target, &policy, &mut findings).await;
            }
            findings
        })?;
        for line in &findings.lines {
            writeln!(out, "{line}")?;
        }
        Ok(if findings.failed {
            ExitStatus::Negative
        } else {
            ExitStatus::Good
        })
    }
}

/// What was found, one line each.
#[derive(Debug, Default)]
struct Findings {
    lines: Vec<String>,
    failed: bool,
}

impl Findings {
    fn good(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("good      {}", text.as_ref()));
    }

    fn warning(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("warning   {}", text.as_ref()));
    }

    fn failure(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("FAILS     {}", text.as_ref()));
        self.failed = true;
    }
}

async fn check_issuers(config: &Config, findings: &mut Findings) {
    for (name, outcome) in Verifier::new(&config.issuers).refresh().await {
        match outcome {
            Ok(keys) => findings.good(format!("issuer `{name}`: {keys} key(s)")),
            Err(error) => findings.failure(format!("issuer `{name}`: {error}")),
        }
    }
}

async fn check_target(target: &TargetSettings, policy: &PolicySet, findings: &mut Findings) {
    let name = &target.name;
    let catalog = match target_check::catalog(target).await {
        Ok(catalog) => catalog,
        Err(error) => {
            findings.failure(format!("target `{name}`: {error}"));
            return;
        }
    };
    let tables = catalog.tables.len();
    findings.good(format!(
        "target `{name}`: {}, {tables} tables",
        catalog.server.kind
    ));
    if target.guard_role.is_none() {
        findings.warning(format!(
            "target `{name}` has no `guard_role`: a misread statement would not be stopped by the server; see `postern policy grants --help`"
        ));
    }
    let protected = protected_columns(policy, &catalog);
    for user in grants::session_accounts(target, policy) {
        let account = format!("target `{name}`, account `{}`", user.name);
        match target_check::readable(target, user).await {
            Err(error) => findings.failure(format!("{account}: {error}")),
            Ok(readable) if target.guard_role.is_some() => {
                compare(&account, &protected, &readable, findings);
            }
            Ok(_) => findings.good(account),
        }
    }
}

/// The account alone must not read protected columns, and must under the guard role.
fn compare(
    account: &str,
    protected: &BTreeSet<String>,
    readable: &Readable,
    findings: &mut Findings,
) {
    let listed = |columns: Vec<&String>| {
        let columns: Vec<&str> = columns.into_iter().map(String::as_str).collect();
        columns.join(", ")
    };
    let open = listed(protected.intersection(&readable.alone).collect());
    let closed = listed(protected.difference(&readable.guarded).collect());
    if !open.is_empty() {
        findings.failure(format!(
            "{account} can read {open} without the guard role; see `postern policy grants`"
        ));
    }
    if !closed.is_empty() {
        findings.warning(format!(
            "{account} cannot read {closed} under the guard role, so statements with them fail"
        ));
    }
    if open.is_empty() && closed.is_empty() {
        findings.good(account);
    }
}

fn protected_columns(policy: &PolicySet, catalog: &Catalog) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    for table in grants::protected_tables(policy, catalog) {
        for column in table.protected {
            columns.insert(format!("{}.{column}", table.table).to_lowercase());
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn findings(alone: &[&str], guarded: &[&str]) -> Findings {
        let readable = Readable {
            alone: set(alone),
            guarded: set(guarded),
        };
        let mut findings = Findings::default();
        compare("account", &set(&["s.t.ssn"]), &readable, &mut findings);
        findings
    }

    #[test]
    fn rights_fit_when_only_the_role_reads_what_is_protected() {
        let found = findings(&["s.t.id"], &["s.t.id", "s.t.ssn"]);
        assert!(!found.failed);
        assert_eq!(found.lines, ["good      account"]);
    }

    #[test]
    fn an_account_that_reads_protected_columns_by_itself_fails() {
        let found = findings(&["s.t.ssn"], &["s.t.ssn"]);
        assert!(found.failed);
        assert!(found.lines[0].contains("s.t.ssn"));
    }

    #[test]
    fn a_role_that_reads_too_little_is_a_warning() {
        let found = findings(&[], &[]);
        assert!(!found.failed);
        assert!(found.lines[0].starts_with("warning"));
    }
}
