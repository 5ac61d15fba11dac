//! Between sessions, which ask for approvals, and the tickets that approvers answer.

use std::sync::Arc;

use anyhow::Context;
use audit_log::Event;
use audit_log::Record;
use audit_log::digest::Digest;
use audit_log::statement::ApprovalRequested;
use audit_log::statement::Rule;
use jiff::Timestamp;
use policy_core::decision::Covers;
use policy_core::grant::claim::Claim;
use policy_core::grant::mint::mint;
use policy_core::principal::Principal;
use session_core::event::ApprovalAnswer;
use session_core::event::ApprovalRequest;

use crate::approvals::service::ApprovalError;
use crate::approvals::service::Approvals;
use crate::approvals::service::Standing;
use crate::approvals::store::Limits;
use crate::approvals::store::Minting;
use crate::approvals::store::Store;
use crate::approvals::ticket::Request;
use crate::approvals::ticket::Requester;
use crate::approvals::ticket::Ticket;
use crate::approvals::ticket::TicketId;
use crate::approvals::ticket::Verdict;
use crate::audit_sink::AuditSink;
use crate::clock::microseconds;
use crate::clock::now_us;
use crate::config::approvals::ApprovalMintSettings;

/// Where sessions ask; without `[approvals]` there is none.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    approvals: Approvals,
    audit: AuditSink,
    url: Option<String>,
}

impl Desk {
    /// Opens the store of tickets.
    pub(crate) fn open(settings: ApprovalMintSettings, audit: AuditSink) -> anyhow::Result<Self> {
        let ApprovalMintSettings { settings, root_key } = settings;
        let store = Store::open(&settings.database, Limits::default())
            .context("the store of approvals cannot be opened")?;
        let id = settings.root_key_id;
        let sign = move |minting: &Minting<'_>| {
            let mut fresh = [0; 32];
            getrandom::fill(&mut fresh).map_err(|error| format!("no randomness: {error}"))?;
            mint(&claim(minting), id, root_key.expose(), &fresh).map_err(|error| error.to_string())
        };
        Ok(Self {
            approvals: Approvals::new(store, Arc::new(sign), audit.clone()),
            audit,
            url: settings.url,
        })
    }

    /// Writes answers down as they come in, also those that nobody asks for again.
    pub(crate) async fn keep_audited(self) {
        let mut interval = tokio::time::interval(AUDIT_EVERY);
        loop {
            interval.tick().await;
            if let Err(error) = self.approvals.audit_answers(Timestamp::now()).await {
                tracing::warn!(%error, "answers of approvers are not in the audit log yet");
            }
        }
    }

    /// Looks for an approval, and asks for one where there is none.
    pub(crate) async fn ask(&self, request: &ApprovalRequest) -> ApprovalAnswer {
        let now = Timestamp::now();
        let answered = match self.approvals.ask(wanted(request), now).await {
            // Used up or out of time: the same statement asks anew.
            Ok(Standing::Over(_)) => self.approvals.ask(wanted(request), now).await,
            other => other,
        };
        match answered {
            Ok(Standing::Grant(ticket)) => ApprovalAnswer::Granted {
                ticket: ticket.id.to_string(),
                tokens: ticket.blocks().map(<[u8]>::to_vec).collect(),
            },
            Ok(Standing::Pending { ticket, new }) => match self.asked(request, &ticket, new) {
                Ok(()) => self.pending(&ticket),
                Err(error) => unavailable(&error),
            },
            Ok(Standing::Deny(ticket)) => denied(&ticket),
            Ok(Standing::Over(_)) => ApprovalAnswer::Unavailable {
                text: "the approval is over; send the statement again".to_owned(),
            },
            Err(error) => unavailable(&error),
        }
    }

    /// Takes one use of a ticket, for good.
    pub(crate) async fn consume(&self, ticket: &str) -> Result<u32, String> {
        let id = TicketId::parse(ticket).ok_or("there is no such ticket")?;
        match self.approvals.consume(&id, Timestamp::now()).await {
            Ok(left) => Ok(left.unwrap_or(u32::MAX)),
            Err(error) => {
                tracing::warn!(ticket, %error, "a use was not given");
                Err(format!(
                    "the approval cannot be used: {error}; send the statement again"
                ))
            }
        }
    }

    /// A new ticket is written down before the client hears of it.
    fn asked(
        &self,
        request: &ApprovalRequest,
        ticket: &Ticket,
        new: bool,
    ) -> Result<(), ApprovalError> {
        if !new {
            return Ok(());
        }
        let event = ApprovalRequested {
            ticket: ticket.id.to_string(),
            sequence: request.sequence,
            principal: format!(
                "{} of {}",
                request.principal.subject, request.principal.issuer
            ),
            rule: Rule {
                name: request.need.rule.name.clone(),
                line: request.need.rule.line,
            },
            covers: match request.need.covers {
                Covers::Statement => "statement".into(),
                Covers::Rule => "rule".into(),
            },
            approvers: ticket
                .request
                .approvers
                .iter()
                .map(ToString::to_string)
                .collect(),
            quorum: ticket.request.quorum,
            statement: Some(audit_log::statement::Statement::redacted(
                request.statement.clone(),
                request.statement.as_bytes(),
            )),
            binding: Some(Digest::new(ticket.request.digest)),
            expires_us: microseconds(ticket.expires),
        };
        let event = Event::ApprovalRequested(Box::new(event));
        self.audit
            .append(&Record::new(now_us(), request.session.clone(), event))?;
        Ok(())
    }

    fn pending(&self, ticket: &Ticket) -> ApprovalAnswer {
        let expires = ticket.expires.strftime("%Y-%m-%d %H:%MZ");
        let place = match &self.url {
            Some(url) => format!("See {}/{}", url.trim_end_matches('/'), ticket.id),
            None => format!("An approver runs: postern approvals approve {}", ticket.id),
        };
        ApprovalAnswer::Pending {
            ticket: ticket.id.to_string(),
            text: format!("{place} (the ticket expires {expires})"),
        }
    }
}

const AUDIT_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

fn denied(ticket: &Ticket) -> ApprovalAnswer {
    let mut reasons = ticket
        .answers
        .iter()
        .filter(|answer| answer.verdict == Verdict::Deny);
    let reason = reasons
        .next_back()
        .map(|answer| answer.reason.as_str())
        .unwrap_or_default();
    ApprovalAnswer::Denied {
        ticket: ticket.id.to_string(),
        text: if reason.is_empty() {
            "Ask for something else, or wait until the answer no longer holds".to_owned()
        } else {
            format!("The reason given: {reason}")
        },
    }
}

fn unavailable(error: &ApprovalError) -> ApprovalAnswer {
    tracing::warn!(%error, "no approval could be asked for");
    let text = if let ApprovalError::Ask(error) = error {
        format!("an approval is needed, but cannot be asked for: {error}")
    } else {
        "an approval is needed, but the store of approvals cannot be used; tell the operator"
            .to_owned()
    };
    ApprovalAnswer::Unavailable { text }
}

/// A session's request in the words of tickets.
fn wanted(request: &ApprovalRequest) -> Request {
    Request {
        requester: Requester {
            issuer: request.principal.issuer.clone(),
            subject: request.principal.subject.clone(),
            act: request.principal.actors.clone(),
        },
        role: request.role.clone(),
        rule: request.need.rule.name.clone(),
        target: request.target.clone(),
        database: request.database.clone().unwrap_or_default(),
        statement: request.statement.clone(),
        parameters: request.parameters.clone(),
        digest: request.binding.digest(),
        covers: request.need.covers,
        approvers: request.need.approvers.clone(),
        quorum: u32::from(request.need.quorum),
        valid_seconds: u32::try_from(request.need.valid_seconds).unwrap_or(u32::MAX),
        uses: request.need.uses,
    }
}

/// What the gateway signs when a ticket is made.
fn claim(minting: &Minting<'_>) -> Claim {
    let request = minting.request;
    let principal = Principal {
        issuer: request.requester.issuer.clone(),
        subject: request.requester.subject.clone(),
        actors: request.requester.act.clone(),
        ..Principal::default()
    };
    let schema = match request.covers {
        Covers::Statement => request.database.clone(),
        Covers::Rule => String::new(),
    };
    Claim {
        id: minting.id.to_string(),
        principal: principal.binding(),
        target: request.target.clone(),
        schema,
        rule: request.rule.clone(),
        covers: request.covers,
        digest: request.digest,
        until: u64::try_from(minting.until.as_second()).unwrap_or(0),
    }
}
