//! What an account may do, held against what it should; pure.

use std::fmt;

use policy_core::name::ColumnName;
use policy_core::name::TableId;

use super::observe::Observed;
use super::plan::GrantPlan;
use super::plan::TableRights;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
pub enum Severity {
    /// Statements will fail, or a second net is missing.
    Warn,
    /// The account can go around the policy.
    Refuse,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is and what to do.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warn => "warning",
            Severity::Refuse => "error",
        };
        write!(formatter, "{word}: {}", self.text)
    }
}

/// Compares an account with its plan; the worst comes first.
#[must_use]
pub fn compare(plan: &GrantPlan, observed: &Observed) -> Vec<Finding> {
    let mut findings = Vec::new();
    dangers(plan, observed, &mut findings);
    guard(plan, observed, &mut findings);
    for (table, rights) in &plan.tables {
        lacks(plan, (table, rights), observed, &mut findings);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

fn dangers(plan: &GrantPlan, observed: &Observed, findings: &mut Vec<Finding>) {
    let account = &plan.account;
    for right in &observed.global {
        let admin = right.ends_with("_ADMIN") || right.ends_with(" ADMIN");
        let replication = right.starts_with("REPLICATION") || right.starts_with("BINLOG");
        if admin || replication || DANGEROUS.contains(&right.as_str()) {
            let text = format!("account `{account}` has {right} on everything; take it away");
            findings.push(Finding {
                severity: Severity::Refuse,
                text,
            });
        }
    }
    if observed.may_grant {
        let text = format!("account `{account}` has the GRANT OPTION; take it away");
        findings.push(Finding {
            severity: Severity::Refuse,
            text,
        });
    }
    if observed.secure_file_priv.as_deref() == Some("") {
        let text = "the server reads and writes files everywhere (`secure_file_priv` is empty)";
        findings.push(Finding {
            severity: Severity::Warn,
            text: text.to_owned(),
        });
    }
    if observed.local_infile {
        let text = "the server lets clients load local files (`local_infile` is on)";
        findings.push(Finding {
            severity: Severity::Warn,
            text: text.to_owned(),
        });
    }
}

fn guard(plan: &GrantPlan, observed: &Observed, findings: &mut Vec<Finding>) {
    let account = &plan.account;
    let mut refuse = |text: String| {
        findings.push(Finding {
            severity: Severity::Refuse,
            text,
        })
    };
    let guarded = plan
        .tables
        .iter()
        .filter(|(_, rights)| !rights.protected.is_empty());
    let Some(role) = &plan.guard_role else {
        if guarded.count() > 0 {
            let text = format!(
                "account `{account}` reads protected columns itself; set `guard_role` on the \
                 target, so that the server keeps them from every statement that was misread"
            );
            findings.push(Finding {
                severity: Severity::Warn,
                text,
            });
        }
        return;
    };
    if !observed.roles.contains(role) {
        refuse(format!(
            "account `{account}` may not turn on the guard role `{role}`"
        ));
    }
    if observed.default_roles.contains(role) {
        refuse(format!(
            "the guard role `{role}` is on from the login of `{account}`"
        ));
    }
    if observed.all_roles_at_login {
        refuse("the server turns on every role at login (`activate_all_roles_on_login`)".into());
    }
    for (table, rights) in guarded {
        for column in &rights.protected {
            let pair = (table.clone(), column.clone());
            if observed.read.contains(&pair) && !holds(observed, table, Some(column), "SELECT") {
                let roles: Vec<_> = observed.default_roles.iter().cloned().collect();
                let by = match roles.is_empty() {
                    true => "a right of everyone".to_owned(),
                    false => format!("a role that is on from the login ({})", roles.join(", ")),
                };
                refuse(format!(
                    "account `{account}` reads the protected column {table}.{column} without the \
                     guard role, by {by}"
                ));
            }
            for right in ["SELECT", "INSERT", "UPDATE"] {
                if holds(observed, table, Some(column), right) {
                    refuse(format!(
                        "account `{account}` has {right} on the protected column \
                         {table}.{column} without the guard role"
                    ));
                }
            }
        }
    }
}

/// Rights of the plan that the account does not have.
fn lacks(
    plan: &GrantPlan,
    (table, needed): (&TableId, &TableRights),
    observed: &Observed,
    findings: &mut Vec<Finding>,
) {
    for right in &needed.rights {
        let whole = !right.is_by_column() || needed.protected.is_empty();
        let has = holds(observed, table, None, right.word())
            || right.is_by_column()
                && needed
                    .open
                    .iter()
                    .all(|column| holds(observed, table, Some(column), right.word()));
        // What only the guard role may do is not seen from here.
        let visible = whole || plan.guard_role.is_none() || !needed.open.is_empty();
        if visible && !has {
            let (account, word) = (&plan.account, right.word());
            let text = format!("account `{account}` lacks {word} on {table}; statements will fail");
            findings.push(Finding {
                severity: Severity::Warn,
                text,
            });
        }
    }
}

/// Whether the account has the right on a table, or on one column of it, from any level.
fn holds(observed: &Observed, table: &TableId, column: Option<&ColumnName>, right: &str) -> bool {
    let same = |name: &str, folded: &str| name == folded || name.to_lowercase() == folded;
    observed.global.contains(right)
        || observed
            .schemas
            .iter()
            .any(|(pattern, held)| held == right && matches_pattern(pattern, table.schema()))
        || observed.tables.iter().any(|(schema, name, held)| {
            held == right && same(schema, table.schema()) && same(name, table.table())
        })
        || column.is_some_and(|column| {
            observed
                .columns
                .iter()
                .any(|(schema, name, held_column, held)| {
                    held == right
                        && same(schema, table.schema())
                        && same(name, table.table())
                        && held_column == column.as_str()
                })
        })
}

/// The pattern of a grant on a schema: `%`, `_`, and `\` before a letter that means itself.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('%') => {
            let rest = letters.as_str();
            name.char_indices()
                .map(|(place, _)| place)
                .chain([name.len()])
                .any(|place| {
                    name.get(place..)
                        .is_some_and(|tail| matches_pattern(rest, tail))
                })
        }
        Some(first) => {
            let mut others = name.chars();
            let Some(other) = others.next() else {
                return false;
            };
            let same = |letter: char| letter.to_lowercase().eq(other.to_lowercase());
            let fits = match first {
                '_' => true,
                '\\' => letters.next().is_some_and(same),
                letter => same(letter),
            };
            fits && matches_pattern(letters.as_str(), others.as_str())
        }
    }
}

const DANGEROUS: &[&str] = &[
    "SUPER",
    "FILE",
    "PROCESS",
    "SYSTEM_USER",
    "CREATE USER",
    "SHUTDOWN",
    "RELOAD",
    "SET USER",
    "SET_ANY_DEFINER",
    "SET_USER_ID",
    "ALLOW_NONEXISTENT_DEFINER",
];

#[cfg(test)]
mod tests;
