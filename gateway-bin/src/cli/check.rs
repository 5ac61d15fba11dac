//! `postern check`: loads all that `postern run` loads, asks issuers and targets, binds nothing.

use std::io::Write;
use std::path::PathBuf;

use policy_core::policy::set::PolicySet;

use crate::catalog::grants::check as compare;
use crate::catalog::grants::check::Finding;
use crate::catalog::grants::check::Severity;
use crate::catalog::grants::observe;
use crate::catalog::grants::plan;
use crate::catalog_once;
use crate::cli::runtime;
use crate::cli::status::ExitStatus;
use crate::config::Config;
use crate::config::target::TargetSettings;
use crate::identity::Verifier;
use crate::policy_file;

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

    fn compared(&mut self, label: &str, found: &[Finding]) {
        for finding in found {
            let text = format!("{label}: {}", finding.text);
            match finding.severity {
                Severity::Warn => self.warning(text),
                Severity::Refuse => self.failure(text),
            }
        }
        if found.is_empty() {
            self.good(label);
        }
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
    let catalog = match catalog_once::catalog(target).await {
        Ok(catalog) => catalog,
        Err(error) => {
            findings.failure(format!("target `{name}`: {error}"));
            return;
        }
    };
    let (kind, tables) = (catalog.server.kind, catalog.tables.len());
    findings.good(format!("target `{name}`: {kind}, {tables} tables"));
    for misfit in policy.misfits(&catalog) {
        findings.failure(format!("target `{name}`: {misfit}"));
    }
    for plan in plan::plans(policy, target, &catalog) {
        let accounts = target.users.iter();
        let accounts = accounts.filter(|user| user.user == plan.account);
        for user in accounts {
            let label = format!("target `{name}`, account `{}`", user.name);
            match observe::observe(target, user, &plan).await {
                Ok(observed) => findings.compared(&label, &compare::compare(&plan, &observed)),
                Err(error) => findings.failure(format!("{label}: {error}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_negative_answer_and_a_warning_is_not() {
        let mut findings = Findings::default();
        findings.good("a");
        findings.warning("b");
        assert!(!findings.failed);
        findings.failure("c");
        assert!(findings.failed);
        assert_eq!(
            findings.lines,
            ["good      a", "warning   b", "FAILS     c"]
        );
    }
}
