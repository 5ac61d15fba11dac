//! What happened in a session, in the log's own words.

use audit_log::digest::Digest;
use audit_log::record::Event;
use audit_log::statement::Access;
use audit_log::statement::Attribute;
use audit_log::statement::Intent;
use audit_log::statement::MaskedColumn;
use audit_log::statement::Outcome;
use audit_log::statement::Parameter;
use audit_log::statement::ParameterValue;
use audit_log::statement::Refusal;
use audit_log::statement::Rule;
use audit_log::statement::ServerError;
use audit_log::statement::Status;
use hmac::Hmac;
use hmac::Mac;
use policy_core::decision::Allow;
use policy_core::decision::RuleRef;
use policy_core::statement::Statement;
use policy_core::statement::Verb;
use sha2::Sha256;

use crate::attributes;
use crate::config::DigestKey;
use crate::parameters::Bound;
use crate::parameters::BoundValue;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::prepared::Understood;
use crate::relay::End;
use crate::relay::Relay;

/// What a record needs to know besides the command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The target.
    pub(crate) target: &'a str,
    /// The default schema.
    pub(crate) database: Option<&'a str>,
    /// The key of digests.
    pub(crate) key: &'a DigestKey,
    /// Whether literals and parameters are kept as digests only.
    pub(crate) digest_literals: bool,
}

/// The record that must stand in the log before the command is sent.
pub(crate) fn intent(pending: &Pending, allow: &Allow, place: Place<'_>) -> Event {
    let statement = pending
        .understood
        .as_ref()
        .map(|understood| &understood.statement);
    Event::Intent(Box::new(Intent {
        sequence: pending.sequence,
        command: pending.asked.name().into(),
        own: false,
        target: place.target.to_owned(),
        database: place.database.map(str::to_owned),
        statement: text(pending, place),
        kind: statement.map(|s| s.kind.name()).unwrap_or_default().into(),
        class: statement
            .map(|s| s.kind.class().name())
            .unwrap_or_default()
            .into(),
        tables: statement.map(|s| accesses(s)).unwrap_or_default(),
        rules: allow.rules.iter().map(rule).collect(),
        masked: allow
            .masked
            .iter()
            .map(|masked| MaskedColumn {
                column: masked.source.to_string(),
                mask: masked.mask.clone(),
            })
            .collect(),
        clear: allow.clear.iter().map(ToString::to_string).collect(),
        ticket: pending.ticket.clone(),
        prepared: match pending.asked {
            Asked::Execute { id, .. }
            | Asked::Fetch { id, .. }
            | Asked::Close(id)
            | Asked::Reset(id) => Some(id),
            Asked::Query(_)
            | Asked::InitDb(_)
            | Asked::Prepare(_)
            | Asked::Ping
            | Asked::Statistics
            | Asked::ResetConnection
            | Asked::FieldList { .. }
            | Asked::SetOption(_)
            | Asked::ProcessKill(_)
            | Asked::Refused(_) => None,
        },
        parameters: pending
            .parameters
            .iter()
            .map(|bound| parameter(bound, place))
            .collect(),
        attributes: attributes(pending, place),
    }))
}

/// Why a command is refused.
#[derive(Debug)]
pub(crate) struct Refused<'a> {
    /// The kind of refusal.
    pub(crate) decision: audit_log::statement::Decision,
    /// The rule that decided.
    pub(crate) rule: Option<&'a RuleRef>,
    /// The stable token.
    pub(crate) code: &'static str,
    /// What the client is told.
    pub(crate) message: &'a str,
    /// The ticket that it was given.
    pub(crate) ticket: Option<String>,
}

/// The record of a refusal.
pub(crate) fn refusal(pending: &Pending, refused: Refused<'_>, place: Place<'_>) -> Event {
    let statement = pending
        .understood
        .as_ref()
        .map(|understood| &understood.statement);
    Event::Refusal(Box::new(Refusal {
        sequence: pending.sequence,
        command: pending.asked.refused_name().map_or_else(
            || pending.asked.name().into(),
            |name| name.to_owned().into(),
        ),
        target: place.target.to_owned(),
        database: place.database.map(str::to_owned),
        statement: text(pending, place),
        kind: statement.map(|s| s.kind.name()).unwrap_or_default().into(),
        tables: statement.map(|s| accesses(s)).unwrap_or_default(),
        decision: refused.decision,
        rule: refused.rule.map(rule),
        code: refused.code.into(),
        message: refused.message.to_owned(),
        ticket: refused.ticket,
        attributes: attributes(pending, place),
    }))
}

fn attributes(pending: &Pending, place: Place<'_>) -> Vec<Attribute> {
    let recorded = pending.attributes.recorded.iter();
    let attribute = |attribute: &attributes::Attribute| {
        let Parameter { kind, value } = parameter(&attribute.bound, place);
        Attribute {
            name: attribute.name.clone(),
            kind,
            value,
        }
    };
    recorded.map(attribute).collect()
}

/// The record of how a command ended.
pub(crate) fn outcome(
    sequence: u64,
    relay: Option<&Relay>,
    status: Status,
    duration_us: u64,
) -> Event {
    let mut outcome = Outcome::new(sequence, status, duration_us);
    if let Some(relay) = relay {
        outcome.rows = relay.rows;
        outcome.bytes = relay.bytes;
        outcome.file = relay.sent_file();
        let found = relay.detected.found();
        outcome.detected = found
            .map(|(detector, count)| (detector.name().into(), count))
            .collect();
        match &relay.end {
            Some(End::Done {
                affected_rows,
                warnings,
            }) => {
                outcome.affected_rows = *affected_rows;
                outcome.warnings = u32::from(*warnings);
            }
            Some(End::Failed {
                code,
                state,
                message,
            }) => {
                outcome.error = Some(ServerError {
                    code: *code,
                    state: state.clone(),
                    message: message.clone().into(),
                });
            }
            None => {}
        }
    }
    Event::Outcome(Box::new(outcome))
}

fn rule(rule: &RuleRef) -> Rule {
    Rule {
        name: rule.name.clone(),
        line: rule.line,
    }
}

/// The tables of a statement, each once per verb.
fn accesses(statement: &Statement) -> Vec<Access> {
    statement
        .accesses
        .iter()
        .map(|access| Access {
            verb: verb(access.verb).into(),
            table: access.object.to_string(),
        })
        .collect()
}

/// The verb's name in records.
pub(crate) fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "read",
        Verb::Insert => "insert",
        Verb::Update => "update",
        Verb::Delete => "delete",
        Verb::Create => "create",
        Verb::Alter => "alter",
        Verb::Drop => "drop",
        Verb::Describe => "describe",
        Verb::Lock => "lock",
        Verb::Execute => "execute",
    }
}

/// The statement as it may be kept.
fn text(pending: &Pending, place: Place<'_>) -> Option<audit_log::statement::Statement> {
    let exact = match (&pending.understood, &pending.asked) {
        (Some(understood), _) => &understood.text,
        (None, Asked::Query(text) | Asked::Prepare(text)) => text,
        (None, Asked::InitDb(name)) => {
            return Some(audit_log::statement::Statement::exact(name.as_bytes()));
        }
        (None, Asked::SetOption(several)) => {
            let name = match several {
                true => "MULTI_STATEMENTS_ON",
                false => "MULTI_STATEMENTS_OFF",
            };
            return Some(audit_log::statement::Statement::exact(name.as_bytes()));
        }
        (None, _) => return None,
    };
    if !place.digest_literals {
        return Some(audit_log::statement::Statement::exact(exact));
    }
    let literals = pending.understood.as_ref().map(Understood::literals)?;
    let kept = without_literals(exact, literals, place.key);
    Some(audit_log::statement::Statement::redacted(kept, exact))
}

/// The text with each literal replaced by a digest of it, so that equal literals stay equal.
pub(crate) fn without_literals(
    text: &[u8],
    literals: &[std::ops::Range<usize>],
    key: &DigestKey,
) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    let mut end = 0;
    for literal in literals {
        kept.extend_from_slice(text.get(end..literal.start).unwrap_or_default());
        let value = text.get(literal.clone()).unwrap_or_default();
        let digest = keyed_digest(value, key);
        let [a, b, c, d, ..] = digest;
        kept.extend_from_slice(format!("<{a:02x}{b:02x}{c:02x}{d:02x}>").as_bytes());
        end = literal.end;
    }
    kept.extend_from_slice(text.get(end..).unwrap_or_default());
    kept
}

fn parameter(bound: &Bound, place: Place<'_>) -> Parameter {
    let value = match &bound.value {
        BoundValue::Null => ParameterValue::Null,
        BoundValue::Whole(value)
            if value.len() <= PARAMETER_BYTES_MAX && !place.digest_literals =>
        {
            ParameterValue::Clear(value.to_vec().into())
        }
        BoundValue::Whole(value) => {
            ParameterValue::Digest(Digest::new(keyed_digest(value, place.key)))
        }
        BoundValue::Long(value) => ParameterValue::Digest(Digest::new(value.keyed_digest())),
    };
    Parameter {
        kind: bound.kind.into(),
        value,
    }
}

/// A longer parameter is kept as a digest.
const PARAMETER_BYTES_MAX: usize = 4096;

/// HMAC-SHA-256 (RFC 2104).
fn keyed_digest(value: &[u8], key: &DigestKey) -> [u8; 32] {
    let mut mac = keyed(key);
    if let Some(mac) = &mut mac {
        mac.update(value);
    }
    finished(mac)
}

/// The beginning of such a digest. HMAC takes keys of every length, so there always is one.
pub(crate) fn keyed(key: &DigestKey) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key.bytes()).ok()
}

/// The digest of what went into it; what stands for none shows nothing.
pub(crate) fn finished(mac: Option<Hmac<Sha256>>) -> [u8; 32] {
    mac.map_or([0; 32], |mac| mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_kept_as_digests() {
        let key = DigestKey::new([7; 32]);
        let text = b"select * from t where ssn = '123-45-6789' or ssn = '123-45-6789'";
        let kept = without_literals(text, &[28..41, 51..64], &key);
        let kept = String::from_utf8(kept).unwrap();
        assert!(!kept.contains("6789"), "{kept}");
        let digests: Vec<&str> = kept.split(['<', '>']).skip(1).step_by(2).collect();
        assert_eq!(digests.len(), 2);
        assert_eq!(digests[0], digests[1]);
    }
}
