//! What a case expects of a decision, and how a decision compares with it.

use crate::case::Difference;
use crate::case::Noted;
use crate::decision::Allow;
use crate::decision::Decision;
use crate::decision::DenialCode;
use crate::decision::RuleRef;
use crate::decision::Treatment;
use crate::policy::error::RoleRefusal;

/// What a case says that must come out; what it leaves out may be anything.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    pub(super) decision: Expected,
    pub(super) rule: Option<Noted>,
    pub(super) token: Option<String>,
    /// A part of the error's text.
    pub(super) text: Option<String>,
    pub(super) shown: Option<Vec<Noted>>,
    pub(super) rows: Option<u64>,
    pub(super) seconds: Option<u64>,
    pub(super) errors_hidden: Option<bool>,
    pub(super) approvers: Option<Vec<Noted>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expected {
    Allow,
    Deny,
    Approve,
    /// No role takes the principal: there is no session.
    NoRole,
}

impl Expected {
    pub(super) const ALL: [Self; 4] = [Self::Allow, Self::Deny, Self::Approve, Self::NoRole];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Approve => "approve",
            Self::NoRole => "no role",
        }
    }

    /// Whether the statement may run, at once or when a human said yes.
    pub(super) fn may_run(self) -> bool {
        matches!(self, Self::Allow | Self::Approve)
    }

    /// Whether there is an error to compare with.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::Deny | Self::NoRole)
    }
}

/// The tokens that a refusal of a statement can carry.
pub(super) const TOKENS: [&str; 6] = [
    "POSTERN-DENIED",
    "POSTERN-UNREAD",
    "POSTERN-UNKNOWN-NAME",
    "POSTERN-INFLUENCE",
    "POSTERN-GUARD",
    "POSTERN-LIMIT",
];

/// What came out, in the words of a case.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    decision: Expected,
    rules: Vec<String>,
    token: Option<&'static str>,
    shown: Vec<String>,
    rows: Option<u64>,
    seconds: Option<u64>,
    errors_hidden: bool,
    approvers: Vec<String>,
    /// The error, or the rules that allowed it with their places.
    pub(super) because: String,
}

impl Outcome {
    pub(super) fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(allow) => Self::of_allow(Expected::Allow, allow),
            Decision::Approve(need) => {
                let mut outcome = Self::of_allow(Expected::Approve, &need.then);
                outcome.rules = vec![need.rule.name.clone()];
                outcome.approvers = need.approvers.iter().map(ToString::to_string).collect();
                outcome.because = format!("{} asks for an approval", need.rule);
                outcome
            }
            Decision::Deny(denial) => Self {
                rules: denial.rule.iter().map(|rule| rule.name.clone()).collect(),
                token: Some(token(denial.code)),
                ..Self::refusal(Expected::Deny, denial.to_string())
            },
        }
    }

    pub(super) fn no_role(refusal: &RoleRefusal) -> Self {
        Self::refusal(Expected::NoRole, refusal.to_string())
    }

    fn of_allow(decision: Expected, allow: &Allow) -> Self {
        let places: Vec<String> = allow.rules.iter().map(RuleRef::to_string).collect();
        Self {
            decision,
            rules: allow.rules.iter().map(|rule| rule.name.clone()).collect(),
            token: None,
            shown: allow.columns.iter().map(treatment).collect(),
            rows: allow.rows_max,
            seconds: allow.seconds_max.map(u64::from),
            errors_hidden: allow.errors_hidden,
            approvers: Vec::new(),
            because: format!("allowed by {}", places.join(" and ")),
        }
    }

    fn refusal(decision: Expected, because: String) -> Self {
        Self {
            decision,
            rules: Vec::new(),
            token: None,
            shown: Vec::new(),
            rows: None,
            seconds: None,
            errors_hidden: false,
            approvers: Vec::new(),
            because,
        }
    }
}

fn token(code: DenialCode) -> &'static str {
    code.token()
}

fn treatment(treatment: &Treatment) -> String {
    match treatment {
        Treatment::Clear => "clear".to_owned(),
        Treatment::Redact => "redact".to_owned(),
        Treatment::Mask(name) => format!("mask {name}"),
    }
}

impl Expectation {
    /// Everything in which the outcome differs from what is expected.
    pub(super) fn compare(&self, outcome: &Outcome) -> Vec<Difference> {
        let mut found = Found(Vec::new());
        let decisions = (self.decision.word(), outcome.decision.word());
        found.unless(
            self.decision == outcome.decision,
            "expect",
            decisions.0,
            decisions.1,
        );
        if let Some(rule) = &self.rule {
            let is_there = outcome.rules.contains(&rule.text);
            found.unless(is_there, "rule", &rule.text, &listed(&outcome.rules));
        }
        if let Some(token) = &self.token {
            let got = outcome.token.unwrap_or(NONE);
            found.unless(got == token, "token", token, got);
        }
        if let Some(text) = &self.text {
            let is_there = self.decision == outcome.decision && outcome.because.contains(text);
            let expected = format!("a text with `{text}`");
            found.unless(is_there, "text", &expected, &outcome.because);
        }
        if let Some(shown) = &self.shown {
            let shown: Vec<String> = shown.iter().map(|word| word.text.clone()).collect();
            let got = listed(&outcome.shown);
            found.unless(shown == outcome.shown, "shown", &listed(&shown), &got);
        }
        let limits = [
            ("limits.rows", self.rows, outcome.rows),
            ("limits.seconds", self.seconds, outcome.seconds),
        ];
        for (field, expected, got) in limits {
            let word =
                |number: Option<u64>| number.map_or_else(|| NONE.to_owned(), |n| n.to_string());
            let is_same = expected.is_none() || expected == got;
            found.unless(is_same, field, &word(expected), &word(got));
        }
        if let Some(hidden) = self.errors_hidden {
            let got = outcome.errors_hidden;
            let same = hidden == got;
            found.unless(same, "errors_hidden", &hidden.to_string(), &got.to_string());
        }
        if let Some(approvers) = &self.approvers {
            let wanted: Vec<String> = approvers.iter().map(|word| word.text.clone()).collect();
            let is_same = wanted == outcome.approvers;
            let got = listed(&outcome.approvers);
            found.unless(is_same, "approvers", &listed(&wanted), &got);
        }
        found.0
    }
}

struct Found(Vec<Difference>);

impl Found {
    fn unless(&mut self, is_same: bool, field: &'static str, expected: &str, got: &str) {
        if !is_same {
            self.0.push(Difference {
                field,
                expected: expected.to_owned(),
                got: got.to_owned(),
            });
        }
    }
}

fn listed(words: &[String]) -> String {
    if words.is_empty() {
        return NONE.to_owned();
    }
    words.join(", ")
}

const NONE: &str = "none";
