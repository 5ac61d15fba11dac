//! A decision in words: for people, and as a plain structure for programs.

use std::fmt;

use serde::Serialize;

use crate::decide::Request;
use crate::decide::refuse;
use crate::decision::Allow;
use crate::decision::ApprovalNeed;
use crate::decision::Covers;
use crate::decision::Decision;
use crate::decision::Denial;
use crate::decision::RuleRef;
use crate::decision::Treatment;
use crate::policy::set::PolicySet;
use crate::policy::set::RoleId;
use crate::statement::Access;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::unread::Unread;

/// Everything that there is to say about a decision.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// `allow`, `deny` or `approve`.
    pub outcome: &'static str,
    /// The role for which it was decided.
    pub role: String,
    /// What the statement does, in the manual's words; none when it was not understood.
    pub statement: Option<&'static str>,
    /// The rules that decided, with their places.
    pub rules: Vec<ExplainedRule>,
    /// What the statement touches, as `read shop.orders (id, total)`.
    pub accesses: Vec<String>,
    /// How each output column is shown, as `1 shop.customers.email: mask `mail``.
    pub columns: Vec<String>,
    /// What protected columns would do besides, as `shop.customers.email steers by WHERE`.
    pub influences: Vec<String>,
    /// What is owed or limited, in words.
    pub duties: Vec<String>,
    /// Who must approve, in words; for an approval only.
    pub needs: Option<String>,
    /// The error as the client sees it; for a denial only.
    pub error: Option<String>,
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

/// Puts a decision into words.
#[must_use]
pub fn explain(policy: &PolicySet, request: &Request<'_>, decision: &Decision) -> Explanation {
    let mut explanation = Explanation {
        outcome: "deny",
        role: request.role.to_string(),
        statement: Some(request.statement.kind.name()),
        rules: Vec::new(),
        accesses: request.statement.accesses.iter().map(access).collect(),
        columns: Vec::new(),
        influences: influences(policy, request),
        duties: Vec::new(),
        needs: None,
        error: None,
    };
    match decision {
        Decision::Allow(allow) => explanation.take_allow(policy, request.statement, allow, "allow"),
        Decision::Approve(need) => {
            explanation.take_allow(policy, request.statement, &need.then, "approve");
            explanation.needs = Some(need_words(need));
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
pub fn explain_unread(policy: &PolicySet, role: &RoleId, unread: &Unread) -> Explanation {
    let mut explanation = Explanation {
        outcome: "deny",
        role: role.to_string(),
        statement: None,
        rules: Vec::new(),
        accesses: Vec::new(),
        columns: Vec::new(),
        influences: Vec::new(),
        duties: Vec::new(),
        needs: None,
        error: None,
    };
    explanation.take_denial(policy, &refuse(unread));
    explanation
}

impl Explanation {
    fn take_allow(
        &mut self,
        policy: &PolicySet,
        statement: &Statement,
        allow: &Allow,
        outcome: &'static str,
    ) {
        self.outcome = outcome;
        self.rules = allow.rules.iter().map(|one| rule(policy, one)).collect();
        self.columns = columns(policy, statement, allow);
        if let Some(rows) = allow.rows_max {
            self.duties.push(format!("at most {rows} rows"));
        }
        if let Some(seconds) = allow.seconds_max {
            self.duties.push(format!("at most {seconds} seconds"));
        }
        if allow.touches_protected {
            self.duties.push("touches protected columns".to_owned());
        }
        if allow.errors_hidden {
            self.duties
                .push("errors and warnings are replaced by a fixed text".to_owned());
        }
        for column in &allow.clear {
            self.duties
                .push(format!("{column} is shown in clear to this principal"));
        }
    }

    fn take_denial(&mut self, policy: &PolicySet, denial: &Denial) {
        self.rules = denial.rule.iter().map(|one| rule(policy, one)).collect();
        self.error = Some(denial.to_string());
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<String> = self
            .rules
            .iter()
            .map(|rule| format!("`{}` ({})", rule.name, rule.place))
            .collect();
        write!(f, "{}", self.outcome)?;
        if !rules.is_empty() {
            write!(f, " by {}", rules.join(", "))?;
        }
        writeln!(f)?;
        let mut line = |label: &str, text: &str| writeln!(f, "  {label:<10} {text}");
        line("role", &self.role)?;
        if let Some(kind) = self.statement {
            line("statement", kind)?;
        }
        let lists = [
            ("touches", &self.accesses),
            ("shows", &self.columns),
            ("steers", &self.influences),
            ("duties", &self.duties),
        ];
        for (label, items) in lists {
            for (index, item) in items.iter().enumerate() {
                line(if index == 0 { label } else { "" }, item)?;
            }
        }
        if let Some(needs) = &self.needs {
            line("needs", needs)?;
        }
        if let Some(error) = &self.error {
            line("error", error)?;
        }
        Ok(())
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

fn access(access: &Access) -> String {
    let verb = match access.verb {
        Verb::Read => "read",
        Verb::Insert => "insert into",
        Verb::Update => "update",
        Verb::Delete => "delete from",
        Verb::Create => "create",
        Verb::Alter => "alter",
        Verb::Drop => "drop",
        Verb::Describe => "describe",
        Verb::Lock => "lock",
        Verb::Execute => "call",
    };
    let object = match access.object.table() {
        "" => format!("schema {}", access.object.schema()),
        _ => access.object.to_string(),
    };
    let mut text = format!("{verb} {object}");
    if !access.columns.is_empty() {
        let columns: Vec<&str> = access
            .columns
            .iter()
            .map(|column| column.as_str())
            .collect();
        text.push_str(&format!(" ({})", columns.join(", ")));
    }
    if let Some(view) = &access.via {
        text.push_str(&format!(" through view {view}"));
    }
    text
}

fn columns(policy: &PolicySet, statement: &Statement, allow: &Allow) -> Vec<String> {
    let Output::Columns(outputs) = &statement.output else {
        return Vec::new();
    };
    let described = outputs.iter().zip(&allow.columns).enumerate();
    described
        .map(|(position, (output, treatment))| {
            let sources: Vec<String> = output.sources.iter().map(ToString::to_string).collect();
            let from = match (&output.bare, sources.is_empty()) {
                (Some(bare), _) => bare.to_string(),
                (None, true) => "computed from nothing stored".to_owned(),
                (None, false) => format!("computed from {}", sources.join(", ")),
            };
            let shown = match treatment {
                Treatment::Clear => "as it is".to_owned(),
                Treatment::Redact => "redacted".to_owned(),
                Treatment::Mask(name) => match policy.masks().get(name) {
                    Some(mask) => format!("mask `{name}` ({})", mask.kind),
                    None => format!("mask `{name}`"),
                },
            };
            format!("{} {from}: {shown}", position + 1)
        })
        .collect()
}

fn influences(policy: &PolicySet, request: &Request<'_>) -> Vec<String> {
    let case = request.catalog.table_name_case;
    let mut lines: Vec<String> = request
        .statement
        .influences
        .iter()
        .filter(|influence| policy.is_protected(&influence.column, case))
        .map(|influence| format!("{} by {}", influence.column, influence.place))
        .collect();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests;
