//! The tickets as the serving process uses them: without blocking a session's thread, and with
//! every answer in the audit log before it counts.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use audit_log::Event;
use audit_log::Record;
use audit_log::statement::Answer as AuditAnswer;
use audit_log::statement::ApprovalAnswered;
use jiff::Timestamp;

use super::error::AnswerError;
use super::error::AskError;
use super::error::StoreError;
use super::lifecycle;
use super::store::Minting;
use super::store::Store;
use super::ticket::Answer;
use super::ticket::Request;
use super::ticket::Status;
use super::ticket::Ticket;
use super::ticket::TicketId;
use super::ticket::Verdict;
use crate::audit_sink::AuditSink;
use crate::audit_sink::SinkError;
use crate::clock::microseconds;

/// Signs the authority block of a new ticket.
pub type Mint = dyn Fn(&Minting<'_>) -> Result<Vec<u8>, String> + Send + Sync;

/// The tickets, shared by all sessions.
#[derive(Clone)]
pub struct Approvals {
    store: Arc<Mutex<Store>>,
    mint: Arc<Mint>,
    audit: AuditSink,
}

/// What a ticket says to the statement that asks.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each must be answered to the client"
)]
pub enum Standing {
    /// Approved, and every answer is in the audit log. The grant must still be verified, and a use
    /// consumed, before anything is forwarded.
    Grant(Box<Ticket>),
    /// Waits for answers.
    Pending {
        /// The ticket.
        ticket: Box<Ticket>,
        /// Whether it was made just now.
        new: bool,
    },
    /// An approver said no, and that still holds.
    Deny(Box<Ticket>),
    /// It is of no further use; the statement may ask anew.
    Over(Box<Ticket>),
}

/// Why a ticket could not be asked for, looked at or used. Nothing is forwarded then.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// The request got no ticket.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The use was not given.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An answer could not be written down, so it does not count.
    #[error(transparent)]
    Audit(#[from] SinkError),
    /// The thread that does the work is gone.
    #[error("the approvals store is shut")]
    Shut,
}

impl Approvals {
    /// Shares an open store.
    #[must_use]
    pub fn new(store: Store, mint: Arc<Mint>, audit: AuditSink) -> Self {
        Self {
            store: Arc::new(Mutex::new(store)),
            mint,
            audit,
        }
    }

    /// Looks for the ticket of this request, and makes one where there is none.
    ///
    /// # Errors
    /// When there are too many open tickets, or anything on the way fails.
    pub async fn ask(&self, request: Request, now: Timestamp) -> Result<Standing, ApprovalError> {
        let id = new_id().map_err(AskError::Mint)?;
        let (mint, wanted) = (Arc::clone(&self.mint), id.clone());
        let ticket = self
            .with_store(move |store| Ok(store.ask(&request, wanted, now, |minting| mint(minting))?))
            .await?;
        let new = ticket.id == id;
        self.standing(ticket, new, now).await
    }

    /// How a ticket stands now; `None` when there is none of that name.
    ///
    /// # Errors
    /// When the store or the audit log fails.
    pub async fn recheck(
        &self,
        id: &TicketId,
        now: Timestamp,
    ) -> Result<Option<Standing>, ApprovalError> {
        let id = id.clone();
        match self.with_store(move |store| Ok(store.show(&id)?)).await? {
            Some(ticket) => self.standing(ticket, false, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes one use of a ticket, for good, and says how many are left; `None` while it is valid.
    ///
    /// # Errors
    /// When the ticket may not be used now, or the store fails.
    pub async fn consume(
        &self,
        id: &TicketId,
        now: Timestamp,
    ) -> Result<Option<u32>, ApprovalError> {
        let id = id.clone();
        let ticket = self
            .with_store(move |store| Ok(store.consume(&id, now)?))
            .await?;
        Ok(ticket
            .request
            .uses
            .map(|uses| uses.saturating_sub(ticket.used)))
    }

    /// Writes all answers down that are not in the audit log yet. To be called now and then, so
    /// that an answer is recorded even if nobody asks for its ticket again.
    ///
    /// # Errors
    /// When the store or the audit log fails.
    pub async fn audit_answers(&self, now: Timestamp) -> Result<(), ApprovalError> {
        for ticket in self.with_store(|store| Ok(store.unaudited()?)).await? {
            self.audited(ticket, now).await?;
        }
        Ok(())
    }

    async fn standing(
        &self,
        ticket: Ticket,
        new: bool,
        now: Timestamp,
    ) -> Result<Standing, ApprovalError> {
        let ticket = Box::new(self.audited(ticket, now).await?);
        Ok(match lifecycle::status_at(&ticket, now) {
            Status::Pending => Standing::Pending { ticket, new },
            Status::Approve => Standing::Grant(ticket),
            Status::Deny => Standing::Deny(ticket),
            Status::Expire | Status::Exhaust => Standing::Over(ticket),
        })
    }

    /// Puts the answers of a ticket into the audit log, synced, where they are not there yet. Two
    /// sessions may do so at the same time; a line too many is no harm, one too few would be.
    async fn audited(&self, mut ticket: Ticket, now: Timestamp) -> Result<Ticket, ApprovalError> {
        let mut numbers = Vec::new();
        let mut last = None;
        for answer in ticket.answers.iter().filter(|answer| !answer.audited) {
            last = Some(self.audit.append(&answered(&ticket, answer, now))?);
            numbers.push(answer.number);
        }
        let Some(last) = last else { return Ok(ticket) };
        self.audit.durable(last).await?;
        for answer in &mut ticket.answers {
            answer.audited = true;
        }
        self.with_store(move |store| Ok(store.mark_audited(&numbers)?))
            .await?;
        Ok(ticket)
    }

    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, ApprovalError> + Send + 'static,
    ) -> Result<T, ApprovalError> {
        let store = Arc::clone(&self.store);
        // A panic while the lock was held cannot have left half a change: SQLite takes back what
        // was not committed.
        let task = tokio::task::spawn_blocking(move || {
            work(&mut store.lock().unwrap_or_else(PoisonError::into_inner))
        });
        task.await.map_err(|_| ApprovalError::Shut)?
    }
}

impl fmt::Debug for Approvals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Approvals").finish_non_exhaustive()
    }
}

fn answered(ticket: &Ticket, answer: &Answer, now: Timestamp) -> Record {
    let approvals = ticket
        .answers
        .iter()
        .take_while(|other| other.number <= answer.number);
    let approvals = approvals
        .filter(|other| other.verdict == Verdict::Approve)
        .count();
    let (verdict, until_us) = match answer.verdict {
        Verdict::Approve => (AuditAnswer::Approve, Some(microseconds(answer.until))),
        Verdict::Deny => (AuditAnswer::Deny, None),
    };
    let event = ApprovalAnswered {
        ticket: ticket.id.to_string(),
        approver: format!(
            "{} ({} of {})",
            answer.approver, answer.subject, answer.issuer
        ),
        answer: verdict,
        approvals: u32::try_from(approvals).unwrap_or(u32::MAX),
        quorum: ticket.request.quorum,
        key: None,
        until_us,
        reason: answer.reason.clone(),
    };
    Record::gateway(microseconds(now), Event::ApprovalAnswered(Box::new(event)))
}

fn new_id() -> Result<TicketId, String> {
    let mut random = [0; super::ticket::LETTERS];
    getrandom::fill(&mut random).map_err(|error| format!("no randomness: {error}"))?;
    Ok(TicketId::from_random(random))
}

#[cfg(test)]
mod tests;
