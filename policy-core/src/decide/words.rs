//! Refusals in words.

use crate::decision::Denial;
use crate::decision::DenialCode;
use crate::decision::RuleRef;
use crate::name::TableId;
use crate::policy::set::Effect;
use crate::policy::set::Role;

/// No rule says yes.
pub(super) fn denied(what: String, next: impl Into<String>) -> Denial {
    refusal(DenialCode::Denied, None, what, next)
}

/// A rule says no.
pub(super) fn denied_by(rule: RuleRef, what: String, next: impl Into<String>) -> Denial {
    refusal(DenialCode::Denied, Some(rule), what, next)
}

pub(super) fn refusal(
    code: DenialCode,
    rule: Option<RuleRef>,
    what: String,
    next: impl Into<String>,
) -> Denial {
    Denial {
        code,
        rule,
        what: shorten(what, WHAT_BYTES_MAX),
        next: next.into(),
    }
}

/// What a role may do, in one line.
pub(super) fn summary(role: &Role) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut length = 0;
    for rule in role.rules() {
        let asks = match rule.effect() {
            Effect::Deny => continue,
            Effect::Allow => "",
            Effect::Approve(_) => " with approval",
        };
        let on: Vec<String> = rule.on().iter().map(ToString::to_string).collect();
        let part = format!(
            "{} on {}{asks}",
            rule.statements().words().join("/"),
            on.join(" ")
        );
        length += part.len() + 2;
        if length > SUMMARY_BYTES_MAX {
            if parts.is_empty() {
                return "ask whoever keeps the policy what this role may do".to_owned();
            }
            parts.push("…".to_owned());
            break;
        }
        parts.push(part);
    }
    if parts.is_empty() {
        return "this role may run no statements on tables".to_owned();
    }
    format!("it may {}", parts.join(", "))
}

/// A table, a schema as a whole, or nothing in particular.
pub(super) fn object(id: &TableId) -> String {
    let name = if id.table().is_empty() {
        format!("schema {}", id.schema())
    } else {
        id.to_string()
    };
    shorten(name, OBJECT_BYTES_MAX)
}

/// Cuts at a character, so that what follows in the message is still seen.
pub(super) fn shorten(text: String, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text;
    }
    let mut end = bytes_max.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// Clients show the first 200 characters of a message, often no more.
const WHAT_BYTES_MAX: usize = 90;
const OBJECT_BYTES_MAX: usize = 60;
const SUMMARY_BYTES_MAX: usize = 64;
