//! Policy test cases: statements with the decision that is expected of a policy.

use std::fmt;
use std::sync::Arc;

use toml::de::DeTable;

use crate::catalog::Catalog;
use crate::charset::ClientCharset;
use crate::decide::Diagnostics;
use crate::decide::Request;
use crate::decide::decide;
use crate::decide::refuse;
use crate::decision::Allow;
use crate::decision::Decision;
use crate::decision::Denial;
use crate::decision::Treatment;
use crate::lex::ReadLimits;
use crate::policy::error::PolicyErrors;
use crate::policy::set::PolicySet;
use crate::policy::set::Role;
use crate::policy::table::Placed;
use crate::policy::table::Source;
use crate::policy::table::Table;
use crate::read::read;
use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::sql_mode::SqlMode;

/// One case: who sends what, and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    line: u32,
    name: String,
    role: String,
    database: Option<String>,
    sql: String,
    expect: Expected,
    rule: Option<String>,
    token: Option<String>,
    shown: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Expected {
    Allow,
    Deny,
    Approve,
}

/// A case that came out otherwise.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The line of the case in its file.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// What was expected and what came.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.name, self.message)
    }
}

/// Reads a file of cases. `file` is what mistakes are reported under.
///
/// ```
/// let cases = policy_core::case::parse(
///     "cases.toml",
///     r#"
///         [[case]]
///         name = "addresses are masked"
///         role = "analytics"
///         sql = "SELECT id, email FROM shop.customers"
///         expect = "allow"
///         shown = ["clear", "mask contact"]
///     "#,
/// )?;
/// assert_eq!(cases.len(), 1);
/// # Ok::<(), policy_core::policy::error::PolicyErrors>(())
/// ```
///
/// # Errors
///
/// Every mistake of the file at once, each with its line and column.
pub fn parse(file: &str, text: &str) -> Result<Vec<Case>, PolicyErrors> {
    let source = Source::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        source.mistake(error.span().map_or(0, |span| span.start), error.message());
    }
    let mut cases = Vec::new();
    if errors.is_empty() {
        let mut root = Table::root(&source, &root);
        root.require("case");
        for entry in root.tables("case") {
            cases.extend(read_case(&source, entry));
        }
        root.finish();
    }
    let mistakes = source.into_mistakes();
    if mistakes.is_empty() {
        return Ok(cases);
    }
    Err(PolicyErrors {
        file: file.to_owned(),
        mistakes,
    })
}

fn read_case(source: &Source<'_>, mut entry: Table<'_>) -> Option<Case> {
    let line = source.line(entry.at());
    let name = entry.required_string("name");
    let role = entry.required_string("role");
    let database = entry.string("database");
    let sql = entry.required_string("sql");
    let expect = entry.required_string("expect");
    let rule = entry.string("rule");
    let token = entry.string("token");
    let shown = entry.strings_with_repeats("shown");
    let expected = expect.as_ref().and_then(|word| match word.value.as_str() {
        "allow" => Some(Expected::Allow),
        "deny" => Some(Expected::Deny),
        "approve" => Some(Expected::Approve),
        _ => {
            entry.mistake(word.at, "`expect` must be `allow`, `deny` or `approve`");
            None
        }
    });
    entry.finish();
    let value = |word: Option<Placed<String>>| word.map(|word| word.value);
    Some(Case {
        line,
        name: value(name)?,
        role: value(role)?,
        database: value(database),
        sql: value(sql)?,
        expect: expected?,
        rule: value(rule),
        token: value(token),
        shown: shown.map(|words| words.into_iter().map(|word| word.value).collect()),
    })
}

impl Case {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the statement, decides about it and compares.
    ///
    /// # Errors
    ///
    /// When the outcome is another than expected.
    pub fn run(&self, policy: &PolicySet, catalog: &Catalog) -> Result<(), Failure> {
        let Some(role) = policy.role_named(&self.role) else {
            return Err(self.failure(format!("the policy has no role `{}`", self.role)));
        };
        let answer = self.decide(policy, catalog, role);
        match (&answer, self.expect) {
            (Decision::Allow(allow), Expected::Allow) => self.check_allow(allow),
            (Decision::Approve(need), Expected::Approve) => {
                self.check_rule(std::slice::from_ref(&need.rule.name))?;
                self.check_shown(&need.then)
            }
            (Decision::Deny(denial), Expected::Deny) => self.check_denial(denial),
            (Decision::Allow(_), Expected::Deny | Expected::Approve) => {
                Err(self.failure("it is allowed".to_owned()))
            }
            (Decision::Approve(need), Expected::Allow | Expected::Deny) => {
                Err(self.failure(format!("it needs an approval ({})", need.rule)))
            }
            (Decision::Deny(denial), Expected::Allow | Expected::Approve) => {
                Err(self.failure(format!("it is denied: {denial}")))
            }
        }
    }

    fn decide(&self, policy: &PolicySet, catalog: &Catalog, role: &Role) -> Decision {
        let session = SessionContext {
            server: catalog.server,
            sql_mode: SqlMode::default(),
            client_charset: ClientCharset::default(),
            connection_charset: ClientCharset::default(),
            results_charset: ClientCharset::default(),
            default_schema: self.database.as_deref().map(Arc::from),
            temporary: TemporaryTables::default(),
            prepared: crate::session::PreparedTexts::default(),
            multi_statements: false,
        };
        let text = self.sql.as_bytes();
        let statements = match read(text, &session, catalog, &ReadLimits::default()) {
            Ok(statements) => statements,
            Err(unread) => return Decision::Deny(refuse(&unread)),
        };
        let mut answer = Decision::Deny(refuse(&crate::unread::Unread::Empty));
        for statement in &statements {
            let request = Request {
                principal: &role.someone(),
                role: &role.id(),
                target: role.targets().first().map_or("", String::as_str),
                statement,
                text,
                alone: statements.len() == 1,
                parameters: &[],
                session: &session,
                catalog,
                diagnostics: Diagnostics::Clean,
                approval: None,
            };
            answer = decide(policy, &request);
            if matches!(answer, Decision::Deny(_)) {
                break;
            }
        }
        answer
    }

    fn check_allow(&self, allow: &Allow) -> Result<(), Failure> {
        let names: Vec<String> = allow.rules.iter().map(|rule| rule.name.clone()).collect();
        self.check_rule(&names)?;
        self.check_shown(allow)
    }

    fn check_rule(&self, names: &[String]) -> Result<(), Failure> {
        match &self.rule {
            Some(rule) if !names.contains(rule) => Err(self.failure(format!(
                "rule `{rule}` was expected, not `{}`",
                names.join("`, `")
            ))),
            Some(_) | None => Ok(()),
        }
    }

    fn check_shown(&self, allow: &Allow) -> Result<(), Failure> {
        let shown: Vec<String> = allow
            .columns
            .iter()
            .map(|treatment| match treatment {
                Treatment::Clear => "clear".to_owned(),
                Treatment::Redact => "redact".to_owned(),
                Treatment::Mask(name) => format!("mask {name}"),
            })
            .collect();
        match &self.shown {
            Some(expected) if *expected != shown => {
                Err(self.failure(format!("the columns are shown as: {}", shown.join(", "))))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_denial(&self, denial: &Denial) -> Result<(), Failure> {
        let names: Vec<String> = denial.rule.iter().map(|rule| rule.name.clone()).collect();
        self.check_rule(&names)?;
        match &self.token {
            Some(token) if token != denial.code.token() => {
                Err(self.failure(format!("`{token}` was expected, not: {denial}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn failure(&self, message: String) -> Failure {
        Failure {
            line: self.line,
            name: self.name.clone(),
            message,
        }
    }
}
