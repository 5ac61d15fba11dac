//! What is asked of approvers, and what their grants must say when they are used.

use audit_log::text::Text;
use policy_core::approval::Approval;
use policy_core::approval::Binding;
use policy_core::approval::Parameter;
use policy_core::approval::ParameterValue;
use policy_core::approval::RuleBinding;
use policy_core::approval::StatementBinding;
use policy_core::decision::ApprovalNeed;
use policy_core::decision::Covers;
use policy_core::decision::RuleRef;
use policy_core::grant::verify as grant;
use policy_core::grant::verify::Trust;
use policy_core::grant::verify::Use;
use sha2::Digest;
use sha2::Sha256;

use crate::config::World;
use crate::event::ApprovalRequest;
use crate::gate::mentions_protected;
use crate::parameters::Bound;
use crate::parameters::BoundValue;
use crate::parameters::KEPT_BYTES_MAX;
use crate::pending::Pending;
use crate::prepared::Understood;
use crate::record;
use crate::reply::Failure;
use crate::session::Session;

/// The longest statement that approvers are shown whole; a longer one cannot be approved.
const SHOWN_BYTES_MAX: usize = 64 * 1024;

/// What an approval of this command would bind.
pub(crate) fn binding(
    session: &Session,
    pending: &Pending,
    need: &ApprovalNeed,
    world: World<'_>,
) -> Option<Binding> {
    let known = session.known.as_ref()?;
    let state = session.state.as_ref()?;
    let understood = pending.understood.as_ref()?;
    let rule = RuleBinding {
        rule: need.rule.name.clone(),
        role: known.role.as_str().to_owned(),
        target: session.target()?.to_owned(),
        principal: known.identity.principal.binding(),
    };
    Some(match need.covers {
        Covers::Rule => Binding::Rule(rule),
        Covers::Statement => {
            let (default_schema, sql_mode, charsets) = StatementBinding::session_of(&state.context);
            Binding::Statement(Box::new(StatementBinding {
                rule,
                text: understood.text.to_vec(),
                parameters: pending.parameters.iter().map(parameter).collect(),
                default_schema,
                sql_mode,
                charsets,
                objects: StatementBinding::objects_of(&understood.statement, world.catalog?),
            }))
        }
    })
}

fn parameter(bound: &Bound) -> Parameter {
    let value = match &bound.value {
        BoundValue::Null => ParameterValue::Null,
        BoundValue::Whole(value) if value.len() <= KEPT_BYTES_MAX => {
            ParameterValue::Bytes(value.to_vec())
        }
        // The same value is the same, sent ahead or not.
        BoundValue::Whole(value) => ParameterValue::Long {
            bytes: value.len() as u64,
            sha256: Sha256::digest(value).into(),
        },
        BoundValue::Long(value) => ParameterValue::Long {
            bytes: value.bytes(),
            sha256: value.sha256(),
        },
    };
    Parameter {
        kind: bound.wire_type,
        value,
    }
}

/// What approvers are asked.
pub(crate) fn request(
    session: &Session,
    pending: &Pending,
    need: &ApprovalNeed,
    world: World<'_>,
) -> Result<ApprovalRequest, Failure> {
    let missing = || {
        Failure::closed(
            "POSTERN-APPROVAL",
            "the statement cannot be bound; try again",
        )
    };
    let binding = binding(session, pending, need, world).ok_or_else(missing)?;
    let known = session.known.as_ref().ok_or_else(missing)?;
    let understood = pending.understood.as_ref().ok_or_else(missing)?;
    if understood.text.len() > SHOWN_BYTES_MAX {
        let text = "the statement is too long to be shown to an approver; send a shorter one";
        return Err(Failure::new(1227, *b"42000", "POSTERN-APPROVAL", text));
    }
    let names = session.names(world);
    let hidden = mentions_protected(&understood.statement, &world.policy.set, names);
    Ok(ApprovalRequest {
        principal: known.identity.principal.clone(),
        role: known.role.as_str().to_owned(),
        target: session.target().unwrap_or_default().to_owned(),
        database: session
            .state
            .as_ref()
            .and_then(|state| state.context.default_schema.as_deref().map(str::to_owned)),
        sequence: pending.sequence,
        session: session.opening.id.clone(),
        need: need.clone(),
        binding,
        statement: shown(session, understood, hidden),
        kind: understood.statement.kind.name(),
        tables: understood
            .statement
            .accesses
            .iter()
            .map(|a| a.object.to_string())
            .collect(),
        parameters: pending
            .parameters
            .iter()
            .map(|bound| shown_parameter(bound, hidden))
            .collect(),
    })
}

/// The statement as approvers see it: values next to protected columns as digests.
fn shown(session: &Session, understood: &Understood, hidden: bool) -> String {
    let kept = if hidden {
        let literals = understood.literals();
        record::without_literals(&understood.text, literals, &session.config.digest_key)
    } else {
        understood.text.to_vec()
    };
    String::from_utf8(kept).unwrap_or_else(|not_text| {
        let escaped = Text::new(not_text.into_bytes()).to_display();
        format!("{escaped}{ESCAPED}")
    })
}

/// Behind a statement that holds bytes that are no text: two such must not look alike.
const ESCAPED: &str = "\n(bytes that are not text are shown as \\xhh, and each backslash as two)";

fn shown_parameter(bound: &Bound, hidden: bool) -> String {
    let (value, bytes, sha256) = match &bound.value {
        BoundValue::Null => return "NULL".to_owned(),
        BoundValue::Whole(_) | BoundValue::Long(_) if hidden => {
            return format!("{} (not shown: next to a protected column)", bound.kind);
        }
        BoundValue::Whole(value) => (&**value, value.len() as u64, Sha256::digest(value).into()),
        BoundValue::Long(value) => (value.beginning(), value.bytes(), value.sha256()),
    };
    match value.get(..PARAMETER_BYTES_MAX) {
        None => format!("{} {}", bound.kind, Text::from(value).to_display()),
        Some(value) => format!(
            "{} {} … ({bytes} bytes, SHA-256 {})",
            bound.kind,
            Text::from(whole_characters(value)).to_display(),
            audit_log::digest::Digest::new(sha256)
        ),
    }
}

/// The bytes, less what is left of a character that was cut.
fn whole_characters(cut: &[u8]) -> &[u8] {
    match str::from_utf8(cut) {
        Err(error) if error.error_len().is_none() => cut.get(..error.valid_up_to()).unwrap_or(cut),
        Ok(_) | Err(_) => cut,
    }
}

/// A parameter is shown up to here.
const PARAMETER_BYTES_MAX: usize = 1024;

/// The answer while a ticket waits. The first 200 characters say it all.
pub(crate) fn pending(ticket: &str, rule: &RuleRef, text: &str) -> Failure {
    Failure {
        code: 1227,
        state: *b"42000",
        token: "POSTERN-APPROVAL",
        text: format!(
            "[POSTERN-APPROVAL {ticket}] access denied; approval required: send the same statement \
             again after a human has approved it. {text} ({rule})"
        ),
    }
}

/// The answer while a denial sticks.
pub(crate) fn denied(ticket: &str, rule: &RuleRef, text: &str) -> Failure {
    Failure {
        code: 1142,
        state: *b"42000",
        token: "POSTERN-DENIED",
        text: format!(
            "[POSTERN-DENIED {ticket}] access denied: an approver said no. {text} ({rule})"
        ),
    }
}

/// Verifies what approvers signed against the statement as it is now.
pub(crate) fn verify(
    session: &Session,
    pending: &Pending,
    need: &ApprovalNeed,
    granted: Granted<'_>,
    world: World<'_>,
) -> Result<Approval, Failure> {
    let missing = || {
        Failure::closed(
            "POSTERN-APPROVAL",
            "the statement cannot be bound; try again",
        )
    };
    let binding = binding(session, pending, need, world).ok_or_else(missing)?;
    let known = session.known.as_ref().ok_or_else(missing)?;
    let trust = Trust {
        roots: &world.policy.roots,
        approvers: &world.policy.approvers,
    };
    let using = Use {
        id: granted.ticket,
        binding: &binding,
        need,
        principal: &known.identity.principal,
        now: world.now_us / 1_000_000,
    };
    let tokens: Vec<&[u8]> = granted.tokens.iter().map(Vec::as_slice).collect();
    grant::verify(&tokens, trust, using).map_err(|error| {
        let text = format!("the approval cannot be used: {error}; send the statement again");
        Failure::new(1227, *b"42000", "POSTERN-APPROVAL", &text)
    })
}

/// A ticket that was approved, with what its approvers signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted<'a> {
    /// The ticket's name.
    pub(crate) ticket: &'a str,
    /// One token of each approver.
    pub(crate) tokens: &'a [Vec<u8>],
}
