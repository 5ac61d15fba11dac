//! What `postern policy test` prints: for people, and as JSON.

use std::fmt::Write;

use policy_core::case::Case;
use policy_core::case::Failure;
use serde::Serialize;

use crate::cli::plain;

/// Everything that came out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Files that ran.
    pub(super) files: Vec<FileReport>,
    /// What is wrong with files that did not run, as `file:line:column: …`.
    pub(super) mistakes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct FileReport {
    pub(super) file: String,
    pub(super) policy: String,
    pub(super) cases: Vec<CaseReport>,
}

/// One case; `differences` is empty when it passed.
#[derive(Debug, Serialize)]
pub(super) struct CaseReport {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) passed: bool,
    pub(super) sql: String,
    pub(super) expected: &'static str,
    pub(super) differences: Vec<DifferenceReport>,
    /// The error, or the rules that allowed it; only where it failed.
    pub(super) because: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct DifferenceReport {
    pub(super) field: &'static str,
    pub(super) expected: String,
    pub(super) got: String,
}

impl CaseReport {
    pub(super) fn new(case: &Case, failure: Option<Failure>) -> Self {
        let because = failure.as_ref().map(|failure| failure.because.clone());
        let differences = failure.into_iter().flat_map(|failure| failure.differences);
        Self {
            name: case.name().to_owned(),
            line: case.line(),
            passed: because.is_none(),
            sql: case.sql().to_owned(),
            expected: case.expects(),
            differences: differences
                .map(|one| DifferenceReport {
                    field: one.field,
                    expected: one.expected,
                    got: one.got,
                })
                .collect(),
            because,
        }
    }

    /// What failed, field by field, as a diff.
    pub(super) fn diff(&self, file: &str) -> String {
        let mut text = format!("FAIL {file}:{}: {}\n", self.line, plain::Plain(&self.name));
        let sql = plain::shortened(&self.sql, SQL_LETTERS_MAX);
        let mut line = |mark: &str, label: &str, words: &str| {
            // Writing to a String cannot fail.
            let _: std::fmt::Result = writeln!(text, "  {mark} {label:<14} {words}");
        };
        line(" ", "sql", &sql);
        for one in &self.differences {
            line("-", one.field, &plain::Plain(&one.expected).to_string());
            line("+", one.field, &plain::Plain(&one.got).to_string());
        }
        if let Some(because) = &self.because {
            line(" ", "because", because);
        }
        text
    }
}

impl FileReport {
    pub(super) fn summary(&self) -> String {
        let failed = self.cases.iter().filter(|case| !case.passed).count();
        let all = self.cases.len();
        match failed {
            0 => format!("ok   {}: {all} passed", self.file),
            failed => format!("FAIL {}: {failed} of {all} failed", self.file),
        }
    }
}

const SQL_LETTERS_MAX: usize = 160;
