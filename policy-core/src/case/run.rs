//! Runs a case: the session comes about, what ran before runs, the statement is decided.

use crate::case::Case;
use crate::case::Difference;
use crate::case::Failure;
use crate::case::expectation::Outcome;
use crate::case::world::follow;
use crate::catalog::Catalog;
use crate::decide::Bound;
use crate::decide::Diagnostics;
use crate::decide::Request;
use crate::decide::decide;
use crate::decide::misread::Misread;
use crate::decide::refuse;
use crate::decision::Decision;
use crate::lex::ReadLimits;
use crate::policy::set::PolicySet;
use crate::policy::set::RoleId;
use crate::principal::Principal;
use crate::read::read;
use crate::session::SessionContext;
use crate::statement::Statement;
use crate::unread::Unread;

/// Everything that stays the same over the statements of a case.
struct Run<'a> {
    policy: &'a PolicySet,
    catalog: &'a Catalog,
    principal: Principal,
    role: RoleId,
    target: &'a str,
}

impl Case {
    /// Reads the statement, decides about it and compares.
    ///
    /// # Errors
    ///
    /// When the outcome is another than expected.
    pub fn run(&self, policy: &PolicySet, catalog: &Catalog) -> Result<(), Failure> {
        let own_catalog = self.world.catalog(catalog);
        let catalog = own_catalog.as_ref().unwrap_or(catalog);
        let target = self
            .who
            .targets(policy)
            .first()
            .copied()
            .unwrap_or_default();
        let (principal, role) = match self.who.arrive(policy, target) {
            Ok(arrived) => arrived,
            Err(refusal) => return self.compare(&Outcome::no_role(&refusal)),
        };
        let run = Run {
            policy,
            catalog,
            principal,
            role,
            target,
        };
        let mut session = self.world.session(catalog);
        let mut diagnostics = Diagnostics::Clean;
        for (index, text) in self.world.before.iter().enumerate() {
            let ran = run.before(text, &mut session, diagnostics);
            diagnostics = ran.map_err(|because| self.broken_before(index, because))?;
        }
        self.compare(&Outcome::of(&self.decide(&run, &session, diagnostics)?))
    }

    fn decide(
        &self,
        run: &Run<'_>,
        session: &SessionContext,
        diagnostics: Diagnostics,
    ) -> Result<Decision, Failure> {
        let text = self.sql.as_bytes();
        let statements = match read(text, session, run.catalog, &ReadLimits::default()) {
            Ok(statements) => statements,
            Err(unread) => return Ok(Decision::Deny(run.misread(text, session).refuse(&unread))),
        };
        let mut answer = Decision::Deny(refuse(&Unread::Empty));
        for statement in &statements {
            let given = self.parameters.len();
            if usize::from(statement.parameters) != given {
                return Err(self.unbound(statement.parameters));
            }
            let values = self.parameters.iter().map(String::as_bytes);
            let values: Vec<&[u8]> = values.collect();
            let request = run.request(statement, text, (session, diagnostics), &values);
            answer = decide(run.policy, &request);
            if matches!(answer, Decision::Deny(_)) {
                break;
            }
        }
        Ok(answer)
    }

    fn compare(&self, outcome: &Outcome) -> Result<(), Failure> {
        let differences = self.expectation.compare(outcome);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Failure {
            line: self.line(),
            name: self.name().to_owned(),
            differences,
            because: outcome.because.clone(),
        })
    }

    fn unbound(&self, wanted: u16) -> Failure {
        self.failure(
            "parameters",
            format!("{} bound value(s)", self.parameters.len()),
            format!("{wanted} in the statement"),
            "every `?` stands for one bound value".to_owned(),
        )
    }

    fn broken_before(&self, index: usize, because: String) -> Failure {
        let wanted = format!("statement {} to run", index + 1);
        self.failure("before", wanted, "it cannot".to_owned(), because)
    }

    fn failure(
        &self,
        field: &'static str,
        expected: String,
        got: String,
        because: String,
    ) -> Failure {
        Failure {
            line: self.line(),
            name: self.name().to_owned(),
            differences: vec![Difference {
                field,
                expected,
                got,
            }],
            because,
        }
    }
}

impl Run<'_> {
    /// Runs a statement of before: it must be allowed, and the session follows it.
    fn before(
        &self,
        text: &str,
        session: &mut SessionContext,
        diagnostics: Diagnostics,
    ) -> Result<Diagnostics, String> {
        let bytes = text.as_bytes();
        let statements = read(bytes, session, self.catalog, &ReadLimits::default())
            .map_err(|unread| self.misread(bytes, session).refuse(&unread).to_string())?;
        let mut diagnostics = diagnostics;
        for statement in &statements {
            let request = self.request(statement, bytes, (session, diagnostics), &[]);
            match decide(self.policy, &request) {
                Decision::Allow(allow) if allow.errors_hidden => {
                    diagnostics = Diagnostics::Protected;
                }
                Decision::Allow(_) => diagnostics = Diagnostics::Clean,
                Decision::Approve(need) => {
                    return Err(format!("{} asks for an approval", need.rule));
                }
                Decision::Deny(denial) => return Err(denial.to_string()),
            }
            follow(session, statement)?;
        }
        Ok(diagnostics)
    }

    fn misread<'r>(&'r self, text: &'r [u8], session: &'r SessionContext) -> Misread<'r> {
        Misread {
            policy: self.policy,
            role: &self.role,
            session,
            catalog: self.catalog,
            text,
        }
    }

    fn request<'r>(
        &'r self,
        statement: &'r Statement,
        text: &'r [u8],
        (session, diagnostics): (&'r SessionContext, Diagnostics),
        parameters: &'r [&'r [u8]],
    ) -> Request<'r> {
        Request {
            principal: &self.principal,
            role: &self.role,
            target: self.target,
            statement,
            text,
            alone: true,
            parameters,
            session,
            catalog: self.catalog,
            // Those of a case are texts.
            bound: Bound::Later,
            diagnostics,
            approval: None,
        }
    }
}
