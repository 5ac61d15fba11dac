//! Tickets and answers as rows: the tables, and the only statements that touch them.

use jiff::Timestamp;
use policy_core::policy::people::Group;
use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use rusqlite::params;

use super::error::StoreError;
use super::lifecycle::Change;
use super::ticket::Answer;
use super::ticket::Covers;
use super::ticket::Request;
use super::ticket::Requester;
use super::ticket::Status;
use super::ticket::Ticket;
use super::ticket::TicketId;
use super::ticket::Verdict;

/// The tables of layout 1.
pub(super) const TABLES: &str = "
create table ticket (
    id text primary key,
    issuer text not null,
    subject text not null,
    act text not null,
    role text not null,
    rule text not null,
    target text not null,
    database text not null,
    statement text not null,
    parameters text not null,
    digest blob not null check (length(digest) = 32),
    covers text not null check (covers in ('statement', 'rule')),
    approvers text not null,
    quorum integer not null check (quorum > 0),
    valid_seconds integer not null check (valid_seconds >= 0),
    uses integer check (uses > 0),
    created integer not null,
    expires integer not null,
    base blob not null,
    status text not null
        check (status in ('pending', 'approved', 'denied', 'expired', 'used up')),
    valid_until integer,
    used integer not null check (used >= 0 and (uses is null or used <= uses))
) strict;
create index ticket_of on ticket (issuer, subject, status);
create index ticket_for on ticket (digest, issuer, subject, created);
create index ticket_at on ticket (created);
create table answer (
    number integer primary key autoincrement,
    ticket text not null references ticket (id),
    approver text not null,
    issuer text not null,
    subject text not null,
    verdict text not null check (verdict in ('approve', 'deny')),
    reason text not null,
    at integer not null,
    until integer not null,
    block blob not null,
    audited integer not null check (audited in (0, 1))
) strict;
create index answer_to on answer (ticket);
create index answer_waits on answer (number) where audited = 0;
";

/// Turns an error of SQLite into ours, with what we were doing.
pub(super) fn doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Sqlite { doing, source }
}

/// The newest ticket with the request's digest and principal.
pub(super) fn last_of(
    connection: &Connection,
    request: &Request,
) -> Result<Option<Ticket>, StoreError> {
    let requester = &request.requester;
    let sql = format!(
        "select {COLUMNS} from ticket where digest = ?1 and issuer = ?2 and subject = ?3
         and act = ?4 order by created desc, rowid desc limit 1"
    );
    let values = params![
        request.digest,
        requester.issuer,
        requester.subject,
        list(&requester.act)?
    ];
    let found = connection
        .query_row(&sql, values, |row| Ok(read_ticket(row)))
        .optional()
        .map_err(doing("looking for a ticket"))?;
    found
        .transpose()?
        .map(|ticket| with_answers(connection, ticket))
        .transpose()
}

/// How many tickets of a principal wait for an answer.
pub(super) fn count_waiting(
    connection: &Connection,
    requester: &Requester,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let sql = "select count(*) from ticket where issuer = ?1 and subject = ?2 and act = ?3
               and status = 'pending' and expires > ?4";
    let values = params![
        requester.issuer,
        requester.subject,
        list(&requester.act)?,
        now.as_millisecond()
    ];
    let count: i64 = connection
        .query_row(sql, values, |row| row.get(0))
        .map_err(doing("counting tickets"))?;
    usize::try_from(count).map_err(|_| StoreError::Broken { field: "count" })
}

/// The newest tickets.
pub(super) fn newest(connection: &Connection, most: u32) -> Result<Vec<Ticket>, StoreError> {
    let sql =
        format!("select {COLUMNS} from ticket order by created desc, rowid desc limit {most}");
    tickets(connection, &sql)
}

/// The tickets with answers that are not audited.
pub(super) fn unaudited(connection: &Connection) -> Result<Vec<Ticket>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from ticket where id in (select ticket from answer where audited = 0)
         order by created, rowid"
    );
    tickets(connection, &sql)
}

/// One ticket by its name.
pub(super) fn ticket(connection: &Connection, id: &TicketId) -> Result<Option<Ticket>, StoreError> {
    let sql = format!("select {COLUMNS} from ticket where id = ?1");
    let found = connection
        .query_row(&sql, [id.as_str()], |row| Ok(read_ticket(row)))
        .optional()
        .map_err(doing("reading a ticket"))?;
    found
        .transpose()?
        .map(|ticket| with_answers(connection, ticket))
        .transpose()
}

/// Keeps a new ticket.
pub(super) fn insert_ticket(connection: &Connection, ticket: &Ticket) -> Result<(), StoreError> {
    let request = &ticket.request;
    let sql = format!(
        "insert into ticket ({COLUMNS}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
         ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)"
    );
    let values = params![
        ticket.id.as_str(),
        request.requester.issuer,
        request.requester.subject,
        list(&request.requester.act)?,
        request.role,
        request.rule,
        request.target,
        request.database,
        request.statement,
        list(&request.parameters)?,
        request.digest,
        covers_word(request.covers),
        groups(&request.approvers)?,
        request.quorum,
        request.valid_seconds,
        request.uses,
        ticket.created.as_millisecond(),
        ticket.expires.as_millisecond(),
        ticket.base,
        ticket.status.word(),
        ticket.valid_until.map(Timestamp::as_millisecond),
        ticket.used,
    ];
    connection
        .execute(&sql, values)
        .map_err(doing("keeping a ticket"))?;
    Ok(())
}

/// Keeps what an event changed.
pub(super) fn update_ticket(
    connection: &Connection,
    id: &TicketId,
    change: Change,
) -> Result<(), StoreError> {
    let until = change.valid_until.map(Timestamp::as_millisecond);
    let values = params![id.as_str(), change.status.word(), until, change.used];
    let sql = "update ticket set status = ?2, valid_until = ?3, used = ?4 where id = ?1";
    match connection
        .execute(sql, values)
        .map_err(doing("changing a ticket"))?
    {
        1 => Ok(()),
        _ => Err(StoreError::Broken { field: "ticket" }),
    }
}

/// Keeps a new answer.
pub(super) fn insert_answer(
    connection: &Connection,
    id: &TicketId,
    answer: &Answer,
) -> Result<(), StoreError> {
    let values = params![
        id.as_str(),
        answer.approver,
        answer.issuer,
        answer.subject,
        verdict_word(answer.verdict),
        answer.reason,
        answer.at.as_millisecond(),
        answer.until.as_millisecond(),
        answer.block,
        answer.audited,
    ];
    let sql = "insert into answer (ticket, approver, issuer, subject, verdict, reason, at, until,
               block, audited) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection
        .execute(sql, values)
        .map_err(doing("keeping an answer"))?;
    Ok(())
}

/// Notes that answers are in the audit log.
pub(super) fn mark_audited(connection: &Connection, numbers: &[i64]) -> Result<(), StoreError> {
    for number in numbers {
        connection
            .execute("update answer set audited = 1 where number = ?1", [number])
            .map_err(doing("marking an answer"))?;
    }
    Ok(())
}

fn tickets(connection: &Connection, sql: &str) -> Result<Vec<Ticket>, StoreError> {
    let mut statement = connection.prepare(sql).map_err(doing("listing tickets"))?;
    let mut rows = statement.query([]).map_err(doing("listing tickets"))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(doing("listing tickets"))? {
        found.push(with_answers(connection, read_ticket(row)?)?);
    }
    Ok(found)
}

fn with_answers(connection: &Connection, ticket: Ticket) -> Result<Ticket, StoreError> {
    let sql = "select number, approver, issuer, subject, verdict, reason, at, until, block, audited
               from answer where ticket = ?1 order by number";
    let mut statement = connection.prepare(sql).map_err(doing("reading answers"))?;
    let mut rows = statement
        .query([ticket.id.as_str()])
        .map_err(doing("reading answers"))?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next().map_err(doing("reading answers"))? {
        answers.push(read_answer(row)?);
    }
    Ok(Ticket { answers, ..ticket })
}

fn read_answer(row: &Row<'_>) -> Result<Answer, StoreError> {
    let verdict: String = cell(row, 4)?;
    Ok(Answer {
        number: cell(row, 0)?,
        approver: cell(row, 1)?,
        issuer: cell(row, 2)?,
        subject: cell(row, 3)?,
        verdict: match verdict.as_str() {
            "approve" => Verdict::Approve,
            "deny" => Verdict::Deny,
            _ => return Err(StoreError::Broken { field: "verdict" }),
        },
        reason: cell(row, 5)?,
        at: time(cell(row, 6)?)?,
        until: time(cell(row, 7)?)?,
        block: cell(row, 8)?,
        audited: cell(row, 9)?,
    })
}

fn read_ticket(row: &Row<'_>) -> Result<Ticket, StoreError> {
    let id: String = cell(row, 0)?;
    let valid_until: Option<i64> = cell(row, 20)?;
    Ok(Ticket {
        id: TicketId::parse(&id).ok_or(StoreError::Broken { field: "name" })?,
        request: read_request(row)?,
        created: time(cell(row, 16)?)?,
        expires: time(cell(row, 17)?)?,
        base: cell(row, 18)?,
        status: read_status(&cell::<String>(row, 19)?)?,
        valid_until: valid_until.map(time).transpose()?,
        used: cell(row, 21)?,
        answers: Vec::new(),
    })
}

fn read_request(row: &Row<'_>) -> Result<Request, StoreError> {
    let covers: String = cell(row, 11)?;
    Ok(Request {
        requester: Requester {
            issuer: cell(row, 1)?,
            subject: cell(row, 2)?,
            act: read_list(&cell::<String>(row, 3)?)?,
        },
        role: cell(row, 4)?,
        rule: cell(row, 5)?,
        target: cell(row, 6)?,
        database: cell(row, 7)?,
        statement: cell(row, 8)?,
        parameters: read_list(&cell::<String>(row, 9)?)?,
        digest: cell(row, 10)?,
        covers: match covers.as_str() {
            "statement" => Covers::Statement,
            "rule" => Covers::Rule,
            _ => return Err(StoreError::Broken { field: "cover" }),
        },
        approvers: read_groups(&cell::<String>(row, 12)?)?,
        quorum: cell(row, 13)?,
        valid_seconds: cell(row, 14)?,
        uses: cell(row, 15)?,
    })
}

fn read_status(word: &str) -> Result<Status, StoreError> {
    let all = [
        Status::Pending,
        Status::Approve,
        Status::Deny,
        Status::Expire,
        Status::Exhaust,
    ];
    let found = all.into_iter().find(|status| status.word() == word);
    found.ok_or(StoreError::Broken { field: "status" })
}

fn cell<T: rusqlite::types::FromSql>(row: &Row<'_>, place: usize) -> Result<T, StoreError> {
    row.get(place).map_err(doing("reading a row"))
}

fn time(millisecond: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millisecond).map_err(|_| StoreError::Broken { field: "time" })
}

fn list(items: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|_| StoreError::Broken { field: "list" })
}

fn read_list(text: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Broken { field: "list" })
}

/// Pairs of issuer and name: joined by a sign, two pairs could be written alike.
fn groups(groups: &[Group]) -> Result<String, StoreError> {
    let pairs: Vec<_> = groups
        .iter()
        .map(|group| (&group.issuer, &group.name))
        .collect();
    serde_json::to_string(&pairs).map_err(|_| StoreError::Broken { field: "group" })
}

fn read_groups(text: &str) -> Result<Vec<Group>, StoreError> {
    let pairs: Vec<(Option<String>, String)> =
        serde_json::from_str(text).map_err(|_| StoreError::Broken { field: "group" })?;
    Ok(pairs
        .into_iter()
        .map(|(issuer, name)| Group { issuer, name })
        .collect())
}

fn covers_word(covers: Covers) -> &'static str {
    match covers {
        Covers::Statement => "statement",
        Covers::Rule => "rule",
    }
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Deny => "deny",
    }
}

/// The columns of a ticket, in the order in which `read_ticket` takes them.
const COLUMNS: &str = "id, issuer, subject, act, role, rule, target, database, statement, \
    parameters, digest, covers, approvers, quorum, valid_seconds, uses, created, expires, base, \
    status, valid_until, used";
