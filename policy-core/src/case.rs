//! Policy test cases: statements with the decision that is expected of a policy.

mod document;
mod expectation;
mod names;
mod run;
mod world;

use std::fmt;

use crate::case::expectation::Expectation;
use crate::case::world::Who;
use crate::case::world::World;
pub use crate::case::world::follow;
use crate::policy::error::Mistake;
use crate::policy::error::PolicyErrors;
use crate::policy::set::PolicySet;
use crate::policy::table::Placed;

/// A file of cases.
#[derive(Clone, Debug)]
pub struct CaseFile {
    file: String,
    policy: Option<Noted>,
    catalog: Option<Noted>,
    cases: Vec<Case>,
}

/// One case: who sends what in which session, and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    name: Noted,
    who: Who,
    world: World,
    sql: String,
    /// The text of every bound value.
    parameters: Vec<String>,
    expectation: Expectation,
}

/// A text of the file and its place.
#[derive(Clone, Debug)]
struct Noted {
    text: String,
    line: u32,
    column: u32,
}

impl Noted {
    fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake {
            line: self.line,
            column: self.column,
            message: message.into(),
        }
    }
}

/// What became of a case that came out otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The line of the case in its file.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// What was expected and what came, field by field; at least one.
    pub differences: Vec<Difference>,
    /// What the client would be told, or the rules that allowed it.
    pub because: String,
}

/// One thing that came out otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The key of the case.
    pub field: &'static str,
    /// What the case says.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.name)?;
        for one in &self.differences {
            let Difference {
                field,
                expected,
                got,
            } = one;
            write!(
                f,
                "\n  {field:<14} expected {expected}\n  {:<14} got      {got}",
                ""
            )?;
        }
        write!(f, "\n  {:<14} {}", "because", self.because)
    }
}

/// Reads a file of cases. `file` is what mistakes are reported under.
///
/// ```
/// let file = policy_core::case::parse(
///     "cases.toml",
///     r#"
///         [[case]]
///         name = "addresses are masked"
///         principal = { groups = ["agents-analytics"] }
///         sql = "SELECT id, email FROM shop.customers WHERE id = ?"
///         parameters = [7]
///         expect = "allow"
///         shown = ["clear", "mask contact"]
///     "#,
/// )?;
/// assert_eq!(file.cases().len(), 1);
/// # Ok::<(), policy_core::policy::error::PolicyErrors>(())
/// ```
///
/// # Errors
///
/// Every mistake of the file at once, each with its line and column.
pub fn parse(file: &str, text: &str) -> Result<CaseFile, PolicyErrors> {
    document::parse(file, text)
}

impl CaseFile {
    /// The path of the policy that the file is for, as written: relative to the file.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_ref().map(|path| path.text.as_str())
    }

    /// The path of the catalog that the file is for, as written: relative to the file.
    #[must_use]
    pub fn catalog(&self) -> Option<&str> {
        self.catalog.as_ref().map(|path| path.text.as_str())
    }

    /// A mistake at the place where the file names its policy, or at its beginning.
    #[must_use]
    pub fn policy_mistake(&self, message: String) -> PolicyErrors {
        self.errors(vec![place_or_start(self.policy.as_ref()).mistake(message)])
    }

    /// A mistake at the place where the file names its catalog, or at its beginning.
    #[must_use]
    pub fn catalog_mistake(&self, message: String) -> PolicyErrors {
        self.errors(vec![place_or_start(self.catalog.as_ref()).mistake(message)])
    }

    /// The cases in the order of the file.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Holds every name in the file against the policy: roles, targets, rules, masks.
    ///
    /// # Errors
    ///
    /// Every name that the policy does not have, with its place.
    pub fn check(&self, policy: &PolicySet) -> Result<(), PolicyErrors> {
        let cases = self.cases.iter();
        let mistakes: Vec<Mistake> = cases.flat_map(|case| names::check(case, policy)).collect();
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(self.errors(mistakes))
        }
    }

    fn errors(&self, mistakes: Vec<Mistake>) -> PolicyErrors {
        PolicyErrors {
            file: self.file.clone(),
            mistakes,
        }
    }
}

fn place_or_start(path: Option<&Noted>) -> Noted {
    path.cloned().unwrap_or(Noted {
        text: String::new(),
        line: 1,
        column: 1,
    })
}

impl Case {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name.text
    }

    /// Its line in the file.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.name.line
    }

    /// The statement.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// What is expected: `allow`, `deny`, `approve` or `no role`.
    #[must_use]
    pub fn expects(&self) -> &'static str {
        self.expectation.decision.word()
    }
}

impl Placed<String> {
    fn noted(self, source: &crate::policy::table::Source<'_>) -> Noted {
        let (line, column) = source.place(self.at);
        Noted {
            text: self.value,
            line,
            column,
        }
    }
}
