//! The tickets in one SQLite file, shared by the serving process and the command line.
//!
//! Every change is one immediate transaction in a write-ahead log with `synchronous = FULL`: when a
//! call returns, the change has survived a power cut. Two processes never see half a change.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;

use super::error::AnswerError;
use super::error::AskError;
use super::error::StoreError;
use super::files::Files;
use super::lifecycle;
use super::lifecycle::Change;
use super::rows;
use super::rows::doing;
use super::ticket::Answer;
use super::ticket::Approver;
use super::ticket::Covers;
use super::ticket::Request;
use super::ticket::Status;
use super::ticket::Ticket;
use super::ticket::TicketId;
use super::ticket::Verdict;

/// What the store keeps to.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built from the configuration")]
pub struct Limits {
    /// How long a ticket waits for answers.
    pub pending_for: SignedDuration,
    /// How long a denial answers the same request.
    pub deny_for: SignedDuration,
    /// How many tickets of one principal may wait at a time.
    pub pending_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pending_for: SignedDuration::from_hours(24),
            deny_for: SignedDuration::from_mins(10),
            pending_max: 20,
        }
    }
}

/// What a new ticket is signed for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Minting<'a> {
    /// The name of the new ticket.
    pub id: &'a TicketId,
    /// What is asked.
    pub request: &'a Request,
    /// When it is asked.
    pub now: Timestamp,
    /// The latest time at which any approval of it may be used.
    pub until: Timestamp,
}

/// An approval, signed.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the signer")]
pub struct Signed {
    /// The approval block.
    pub block: Vec<u8>,
    /// The limit that is written in the block.
    pub until: Timestamp,
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    files: Files,
    limits: Limits,
}

impl Store {
    /// Opens the file, or makes it, readable by its owner only.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, is no store, or has another layout.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, StoreError> {
        create(path)?;
        let mut connection = Connection::open(path).map_err(doing("opening the file"))?;
        prepare(&mut connection).map_err(doing("preparing the file"))??;
        Ok(Self {
            connection,
            files: Files::remember(path)?,
            limits,
        })
    }

    /// Asks for an approval. The same request of the same principal gets the same ticket as long as
    /// that is open, or its denial sticks; `mint` signs a new one.
    ///
    /// # Errors
    ///
    /// When the principal has too many open tickets, or the request cannot be signed or stored.
    pub fn ask(
        &mut self,
        request: &Request,
        id: TicketId,
        now: Timestamp,
        mint: impl FnOnce(&Minting<'_>) -> Result<Vec<u8>, String>,
    ) -> Result<Ticket, AskError> {
        let limits = self.limits;
        let change = self.begin()?;
        if let Some(last) = rows::last_of(&change, request)?
            && asks_the_same(&last.request, request)
            && lifecycle::answers_again(&last, now, limits.deny_for)
        {
            return Ok(last);
        }
        let open = rows::count_waiting(&change, &request.requester, now)?;
        if open >= limits.pending_max {
            return Err(AskError::TooMany {
                open,
                most: limits.pending_max,
            });
        }
        let expires = later(now, limits.pending_for)?;
        let valid_for = SignedDuration::from_secs(i64::from(request.valid_seconds));
        let until = later(expires, valid_for)?;
        let base = mint(&Minting {
            id: &id,
            request,
            now,
            until,
        })
        .map_err(AskError::Mint)?;
        let ticket = Ticket {
            id,
            request: request.clone(),
            created: now,
            expires,
            base,
            status: Status::Pending,
            valid_until: None,
            used: 0,
            answers: Vec::new(),
        };
        rows::insert_ticket(&change, &ticket)?;
        change.commit().map_err(doing("keeping a ticket"))?;
        Ok(ticket)
    }

    /// The newest tickets, the newest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn list(&self, most: u32) -> Result<Vec<Ticket>, StoreError> {
        rows::newest(self.reading()?, most)
    }

    /// One ticket.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn show(&self, id: &TicketId) -> Result<Option<Ticket>, StoreError> {
        rows::ticket(self.reading()?, id)
    }

    /// Takes an approval. `sign` is called with the ticket as it is stored now, and must compare it
    /// with what the approver was shown.
    ///
    /// # Errors
    ///
    /// When the approver may not answer, the ticket does not wait, or the signing fails.
    pub fn approve(
        &mut self,
        id: &TicketId,
        by: &Approver,
        (reason, now): (&str, Timestamp),
        sign: impl FnOnce(&Ticket) -> Result<Signed, String>,
    ) -> Result<Ticket, AnswerError> {
        let change = self.begin()?;
        let ticket = known(&change, id)?;
        // Whoever may not answer is told so before any key is used.
        lifecycle::approve(&ticket, by, Timestamp::MAX, now)?;
        let signed = sign(&ticket).map_err(AnswerError::Sign)?;
        let next = lifecycle::approve(&ticket, by, signed.until, now)?;
        let answer = answer(by, Verdict::Approve, (reason, now), signed);
        keep_answer(change, &ticket, &answer, next)
    }

    /// Takes a denial.
    ///
    /// # Errors
    ///
    /// When the approver may not answer, or there is nothing left to deny.
    pub fn deny(
        &mut self,
        id: &TicketId,
        by: &Approver,
        (reason, now): (&str, Timestamp),
    ) -> Result<Ticket, AnswerError> {
        let change = self.begin()?;
        let ticket = known(&change, id)?;
        let next = lifecycle::deny(&ticket, by, now)?;
        let signed = Signed {
            block: Vec::new(),
            until: now,
        };
        let answer = answer(by, Verdict::Deny, (reason, now), signed);
        keep_answer(change, &ticket, &answer, next)
    }

    /// Takes one use, for good. Only after this returned may the statement be forwarded.
    ///
    /// # Errors
    ///
    /// When the ticket may not be used now, or an answer to it is not in the audit log.
    pub fn consume(&mut self, id: &TicketId, now: Timestamp) -> Result<Ticket, AnswerError> {
        let change = self.begin()?;
        let ticket = known(&change, id)?;
        let next = lifecycle::consume(&ticket, now)?;
        rows::update_ticket(&change, id, next)?;
        change.commit().map_err(doing("taking a use"))?;
        Ok(apply(ticket, next))
    }

    /// The tickets with answers that are not in the audit log yet, the oldest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn unaudited(&self) -> Result<Vec<Ticket>, StoreError> {
        rows::unaudited(self.reading()?)
    }

    /// Notes that these answers are in the audit log.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn mark_audited(&mut self, numbers: &[i64]) -> Result<(), StoreError> {
        let change = self.begin()?;
        rows::mark_audited(&change, numbers)?;
        change.commit().map_err(doing("marking answers"))
    }

    fn reading(&self) -> Result<&Connection, StoreError> {
        self.files.check()?;
        Ok(&self.connection)
    }

    fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        self.files.check()?;
        let begun = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate);
        begun.map_err(doing("waiting for the store"))
    }
}

/// Makes an empty file for its owner only, if there is none. One that is there is not opened: when
/// that handle is closed, the locks of all others in this process would be gone.
fn create(path: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(StoreError::Open {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Sets how the file is kept, and makes its tables if it is new.
fn prepare(connection: &mut Connection) -> rusqlite::Result<Result<(), StoreError>> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        LAYOUT => Ok(Ok(())),
        0 => {
            change.execute_batch(rows::TABLES)?;
            change.pragma_update(None, "user_version", LAYOUT)?;
            change.commit()?;
            Ok(Ok(()))
        }
        _ => Ok(Err(StoreError::Layout {
            found,
            known: LAYOUT,
        })),
    }
}

/// Under a rule-wide request the statement is only an example; all else must be as it was.
fn asks_the_same(stored: &Request, asked: &Request) -> bool {
    match asked.covers {
        Covers::Statement => stored == asked,
        Covers::Rule => {
            let statement = stored.statement.clone();
            let parameters = stored.parameters.clone();
            *stored
                == Request {
                    statement,
                    parameters,
                    ..asked.clone()
                }
        }
    }
}

fn known(change: &Transaction<'_>, id: &TicketId) -> Result<Ticket, AnswerError> {
    rows::ticket(change, id)?.ok_or_else(|| AnswerError::Unknown(id.clone()))
}

fn keep_answer(
    change: Transaction<'_>,
    ticket: &Ticket,
    answer: &Answer,
    next: Change,
) -> Result<Ticket, AnswerError> {
    rows::insert_answer(&change, &ticket.id, answer)?;
    rows::update_ticket(&change, &ticket.id, next)?;
    let kept = known(&change, &ticket.id)?;
    change.commit().map_err(doing("keeping an answer"))?;
    Ok(kept)
}

fn apply(ticket: Ticket, next: Change) -> Ticket {
    Ticket {
        status: next.status,
        valid_until: next.valid_until,
        used: next.used,
        ..ticket
    }
}

fn answer(
    by: &Approver,
    verdict: Verdict,
    (reason, at): (&str, Timestamp),
    signed: Signed,
) -> Answer {
    Answer {
        number: 0,
        approver: by.name.clone(),
        issuer: by.issuer.clone(),
        subject: by.subject.clone(),
        verdict,
        reason: reason.to_owned(),
        at,
        until: signed.until,
        block: signed.block,
        audited: false,
    }
}

fn later(time: Timestamp, by: SignedDuration) -> Result<Timestamp, AskError> {
    time.checked_add(by)
        .map_err(|_| AskError::Mint("the time limit is out of range".to_owned()))
}

/// The layout of the tables below, as the file's `user_version`.
const LAYOUT: i64 = 1;
/// How long a process waits for the other one.
const BUSY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
