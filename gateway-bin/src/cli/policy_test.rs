//! `postern policy test`: does the policy decide as its cases say.

use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::case_files;
use crate::cli::case_files::Loaded;
use crate::cli::case_files::Sources;
use crate::cli::case_report::CaseReport;
use crate::cli::case_report::FileReport;
use crate::cli::case_report::Report;
use crate::cli::policy;
use crate::cli::status::ExitStatus;

/// Options of `postern policy test`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
#[non_exhaustive]
pub struct Test {
    /// Files of cases; of a folder every `*.toml` in it
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Test this policy, whatever the files name
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Test the policy of this configuration, against its issuers, targets and accounts
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    pub config: Option<PathBuf>,
    /// Test over this catalog, whatever the files name
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}

const HELP: &str = r#"A file of cases says what a policy is meant to do:

  policy = "policy.toml"             # relative to this file
  catalog = "catalog.toml"           # the tables; see `postern policy explain --help`

  [[case]]
  name = "addresses are masked"
  principal = { groups = ["agents-analytics"] }   # the role follows, as at a login
  database = "shop"
  sql = "SELECT id, email FROM customers WHERE id = ?"
  parameters = [7]
  expect = "allow"                   # allow, deny, approve or no role
  rule = "read-shop"
  shown = ["clear", "mask contact"]
  limits = { rows = 10000 }

  [[case]]
  name = "nobody is looked up by address"
  role = "analytics"                 # or a role by name
  sql = "SELECT id FROM shop.customers WHERE email = 'a@example.com'"
  expect = "deny"
  token = "POSTERN-INFLUENCE"
  text = "would steer the result"    # a part of the error

Then:

  postern policy test cases/                       # everything in a folder
  postern policy test --policy new.toml cases/     # would a new policy do the same?

A case may also say: target, sql_mode, charset, server (a version), before (statements that ran
earlier), [[case.temporary]] (name, columns), approvers, errors_hidden; docs/policy.md tells all.

Exit codes: 0 all passed, 1 a case failed, 2 a file is broken (each mistake as file:line:column)."#;

impl Test {
    /// Runs every case and prints those that failed.
    ///
    /// # Errors
    /// The policy, the configuration or the catalog of the command line is broken, or nobody reads
    /// the output.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let mut sources = Sources::default();
        if self.policy.is_some() || self.config.is_some() {
            let loaded = policy::load(self.policy.as_ref(), self.config.as_ref())?;
            sources.policy = Some(Arc::new(loaded));
        }
        if let Some(path) = &self.catalog {
            let loaded = case_files::catalog(path).map_err(anyhow::Error::msg)?;
            sources.catalog = Some(Arc::new(loaded));
        }
        let report = self.run_files(&mut sources, out)?;
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&report)?)?;
        } else {
            writeln!(
                out,
                "{} passed, {} failed in {} file(s)",
                report.passed,
                report.failed,
                report.files.len()
            )?;
        }
        if !report.mistakes.is_empty() {
            let count = report.mistakes.len();
            say(&format!("{count} mistake(s): nothing is proved"));
            return Ok(ExitStatus::Broken);
        }
        Ok(match report.failed {
            0 => ExitStatus::Good,
            _ => ExitStatus::Negative,
        })
    }

    fn run_files(&self, sources: &mut Sources, out: &mut impl Write) -> anyhow::Result<Report> {
        let found = case_files::find(&self.files);
        let mut report = Report::default();
        for path in &found.repeated {
            say(&format!("{}: named twice, run once", path.display()));
        }
        report.note(found.mistakes);
        for (index, path) in found.files.iter().enumerate() {
            progress(index, found.files.len(), path);
            match sources.load(path) {
                Ok(loaded) => {
                    let file = run_file(&loaded);
                    if !self.json {
                        print(&file, out)?;
                    }
                    report.take(file);
                }
                Err(mistakes) => report.note(mistakes.lines().map(str::to_owned).collect()),
            }
        }
        Ok(report)
    }
}

impl Report {
    fn take(&mut self, file: FileReport) {
        let failed = file.cases.iter().filter(|case| !case.passed).count();
        self.failed += failed;
        self.passed += file.cases.len() - failed;
        self.files.push(file);
    }

    /// Several files may use the same broken policy; its mistakes are told once.
    fn note(&mut self, mistakes: Vec<String>) {
        for mistake in mistakes {
            if !self.mistakes.contains(&mistake) {
                say(&mistake);
                self.mistakes.push(mistake);
            }
        }
    }
}

fn run_file(loaded: &Loaded) -> FileReport {
    let cases = loaded.cases.cases().iter().map(|case| {
        let failure = case.run(&loaded.policy, &loaded.catalog).err();
        CaseReport::new(case, failure)
    });
    FileReport {
        file: loaded.shown.clone(),
        policy: loaded.policy.file().to_owned(),
        cases: cases.collect(),
    }
}

fn print(file: &FileReport, out: &mut impl Write) -> std::io::Result<()> {
    for case in file.cases.iter().filter(|case| !case.passed) {
        writeln!(out, "{}", case.diff(&file.file))?;
    }
    writeln!(out, "{}", file.summary())?;
    out.flush()
}

/// Where it stands, for a person who waits.
fn progress(index: usize, count: usize, path: &Path) {
    let mut errors = std::io::stderr();
    if count > FILES_WITHOUT_PROGRESS && errors.is_terminal() {
        let place = index + 1;
        // With the error stream gone there is nobody who waits.
        let _: std::io::Result<()> = writeln!(errors, "[{place}/{count}] {}", path.display());
    }
}

fn say(text: &str) {
    // With the error stream gone too there is nobody left to tell.
    let _: std::io::Result<()> = writeln!(std::io::stderr().lock(), "{text}");
}

const FILES_WITHOUT_PROGRESS: usize = 20;
