//! A decision in words: for people, and as a plain structure for programs.

mod facts;
mod text;

use serde::Serialize;

use crate::decide::Request;
use crate::decide::misread::Misread;
use crate::decision::Allow;
use crate::decision::ApprovalNeed;
use crate::decision::Covers;
use crate::decision::Decision;
use crate::decision::Denial;
use crate::decision::Results;
use crate::decision::RuleRef;
use crate::decision::Treatment;
pub use crate::explain::facts::ExplainedAccess;
pub use crate::explain::facts::ExplainedFlow;
pub use crate::explain::facts::ExplainedInfluence;
pub use crate::explain::facts::ExplainedOutput;
pub use crate::explain::facts::ExplainedWithheld;
pub use crate::explain::facts::Facts;
pub use crate::explain::facts::default_words;
use crate::policy::set::PolicySet;
use crate::unread::Unread;

/// Everything that there is to say about a decision.
///
/// Serialised, its shape is stable: keys are added, never renamed or removed, while `format` is 1.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The version of this shape.
    pub format: u8,
    /// `allow`, `deny` or `approve`.
    pub outcome: &'static str,
    /// The role for which it was decided.
    pub role: String,
    /// What the statement does, in the manual's words; none when it was not understood.
    pub statement: Option<&'static str>,
    /// The rules that decided, with their places.
    pub rules: Vec<ExplainedRule>,
    /// What was understood; none when it was not.
    pub facts: Option<Facts>,
    /// How each output column is shown: `clear`, `redact` or `mask NAME`; empty for a denial.
    pub shown: Vec<String>,
    /// What is owed or limited, in words.
    pub duties: Vec<String>,
    /// Who must approve, in words; for an approval only.
    pub needs: Option<String>,
    /// The error as the client sees it; for a denial only.
    pub error: Option<ExplainedError>,
    /// What can be done next.
    pub next: String,
}

/// A rule and where it stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedRule {
    /// Its name.
    pub name: String,
    /// `file:line`; `built in` for a rule that is always there.
    pub place: String,
}

/// A refusal, taken apart.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedError {
    /// The stable token, such as `POSTERN-INFLUENCE`.
    pub token: &'static str,
    /// The MySQL error number.
    pub number: u16,
    /// The SQLSTATE.
    pub state: &'static str,
    /// What was refused.
    pub what: String,
    /// The whole message.
    pub text: String,
}

/// Puts a decision into words.
#[must_use]
pub fn explain(policy: &PolicySet, request: &Request<'_>, decision: &Decision) -> Explanation {
    let mut explanation = Explanation {
        statement: Some(request.statement.kind.name()),
        facts: Some(Facts::of(policy, request)),
        ..nothing_known(request.role.to_string())
    };
    match decision {
        Decision::Allow(allow) => {
            explanation.take_allow(policy, allow, "allow");
            "nothing: it may be sent".clone_into(&mut explanation.next);
        }
        Decision::Approve(need) => {
            explanation.take_allow(policy, &need.then, "approve");
            explanation.needs = Some(need_words(need));
            "send it: it gets a ticket, and runs when it is sent again after the approval"
                .clone_into(&mut explanation.next);
            let asking = rule(policy, &need.rule);
            explanation.rules.retain(|other| *other != asking);
            explanation.rules.insert(0, asking);
        }
        Decision::Deny(denial) => explanation.take_denial(policy, denial),
    }
    explanation
}

/// Puts the refusal of what was not understood into words.
#[must_use]
pub fn explain_unread(misread: &Misread<'_>, unread: &Unread) -> Explanation {
    let mut explanation = nothing_known(misread.role.to_string());
    explanation.take_denial(misread.policy, &misread.refuse(unread));
    explanation
}

fn nothing_known(role: String) -> Explanation {
    Explanation {
        format: 1,
        outcome: "deny",
        role,
        statement: None,
        rules: Vec::new(),
        facts: None,
        shown: Vec::new(),
        duties: Vec::new(),
        needs: None,
        error: None,
        next: String::new(),
    }
}

impl Explanation {
    fn take_allow(&mut self, policy: &PolicySet, allow: &Allow, outcome: &'static str) {
        self.outcome = outcome;
        self.rules = allow.rules.iter().map(|one| rule(policy, one)).collect();
        self.shown = allow.columns.iter().map(treatment).collect();
        if let Some(rows) = allow.rows_max {
            self.duties.push(format!("at most {rows} rows"));
        }
        if let Some(seconds) = allow.seconds_max {
            self.duties.push(format!("at most {seconds} seconds"));
        }
        if let Some(bytes) = allow.file_bytes_max {
            self.duties.push(format!("a file of at most {bytes} bytes"));
        }
        if allow.touches_protected {
            self.duties.push("touches protected columns".to_owned());
        }
        match allow.results {
            Results::AsRead | Results::Vouched => {}
            Results::Withheld => self
                .duties
                .push("results of the procedure are not shown".to_owned()),
            Results::Listed(_) => self
                .duties
                .push("only what may be read is listed".to_owned()),
            Results::Redacted(_) => self
                .duties
                .push("what tells of protected values is redacted".to_owned()),
        }
        if allow.errors_hidden {
            self.duties
                .push("errors and warnings are replaced by a fixed text".to_owned());
        }
        if !allow.detectors.is_empty() {
            let names: Vec<&str> = allow.detectors.iter().map(|one| one.name()).collect();
            self.duties.push(format!(
                "what looks like {} in unprotected text is hidden",
                names.join(", ")
            ));
        }
        for column in &allow.clear {
            self.duties
                .push(format!("{column} is shown in clear to this principal"));
        }
    }

    fn take_denial(&mut self, policy: &PolicySet, denial: &Denial) {
        let (number, state) = denial.code.mysql();
        self.rules = denial.rule.iter().map(|one| rule(policy, one)).collect();
        self.next.clone_from(&denial.next);
        self.error = Some(ExplainedError {
            token: denial.code.token(),
            number,
            state,
            what: denial.what.clone(),
            text: denial.to_string(),
        });
    }
}

fn treatment(treatment: &Treatment) -> String {
    match treatment {
        Treatment::Clear => "clear".to_owned(),
        Treatment::Redact => "redact".to_owned(),
        Treatment::Mask(name) => format!("mask {name}"),
    }
}

fn rule(policy: &PolicySet, rule: &RuleRef) -> ExplainedRule {
    let place = match rule.line {
        0 => "built in".to_owned(),
        line => format!("{}:{line}", policy.file()),
    };
    ExplainedRule {
        name: rule.name.clone(),
        place,
    }
}

fn need_words(need: &ApprovalNeed) -> String {
    let groups: Vec<String> = need.approvers.iter().map(ToString::to_string).collect();
    let covers = match need.covers {
        Covers::Statement => "this very statement",
        Covers::Rule => "every statement under the rule",
    };
    let uses = match need.uses {
        None => "any number of uses".to_owned(),
        Some(1) => "one use".to_owned(),
        Some(uses) => format!("{uses} uses"),
    };
    format!(
        "{} of {}; covers {covers}, {uses} within {} seconds",
        need.quorum,
        groups.join(" or "),
        need.valid_seconds
    )
}

#[cfg(test)]
mod tests;
