//! Transactions: BEGIN, COMMIT, ROLLBACK, savepoints and SET TRANSACTION.

use crate::lex::token::Symbol;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::unread::Unread;

/// BEGIN [WORK], START TRANSACTION.
pub(super) fn begin(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    statement.effects.push(Effect::BeginTransaction);
    if at.take_word("BEGIN") {
        let _ = at.take_word("WORK");
        return at.end();
    }
    at.expect_word("START")?;
    at.expect_word("TRANSACTION")?;
    if at.rest().is_empty() {
        return Ok(());
    }
    loop {
        let known = at.take_words(&["WITH", "CONSISTENT", "SNAPSHOT"])
            || at.take_words(&["READ", "ONLY"])
            || at.take_words(&["READ", "WRITE"]);
        if !known {
            return at.error("not a characteristic of a transaction");
        }
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}

/// COMMIT or ROLLBACK, without a savepoint.
pub(super) fn end(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let _ = at.take_one_of(&["COMMIT", "ROLLBACK"]);
    let _ = at.take_word("WORK");
    statement.effects.push(Effect::EndTransaction);
    if at.take_words(&["AND", "CHAIN"]) {
        statement.effects.push(Effect::BeginTransaction);
    } else {
        let _ = at.take_words(&["AND", "NO", "CHAIN"]);
    }
    // The server closes the connection, and nobody would tell the client why.
    if at.take_word("RELEASE") {
        statement.withhold("RELEASE", Some("close the connection instead"));
    }
    let _ = at.take_words(&["NO", "RELEASE"]);
    at.end()
}

/// SAVEPOINT x, ROLLBACK TO x, RELEASE SAVEPOINT x.
pub(super) fn savepoint(mut at: Cursor<'_>) -> Result<(), Unread> {
    if at.take_word("ROLLBACK") {
        let _ = at.take_word("WORK");
        at.expect_word("TO")?;
        let _ = at.take_word("SAVEPOINT");
    } else {
        let _ = at.take_word("RELEASE");
        at.expect_word("SAVEPOINT")?;
    }
    at.identifier()?;
    at.end()
}

/// What follows SET GLOBAL TRANSACTION.
pub(super) fn characteristics(mut at: Cursor<'_>) -> Result<(), Unread> {
    loop {
        characteristic(&mut at)?;
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}

/// SET [SESSION] TRANSACTION.
pub(super) fn set(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("SET")?;
    let for_session = at.take_one_of(&["SESSION", "LOCAL"]).is_some();
    at.expect_word("TRANSACTION")?;
    loop {
        let (name, value) = characteristic(&mut at)?;
        // Without SESSION it holds for the next transaction only.
        if for_session {
            statement.effects.push(Effect::SetVariable {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}

fn characteristic(at: &mut Cursor<'_>) -> Result<(&'static str, &'static str), Unread> {
    if at.take_words(&["READ", "ONLY"]) {
        return Ok(("transaction_read_only", "1"));
    }
    if at.take_words(&["READ", "WRITE"]) {
        return Ok(("transaction_read_only", "0"));
    }
    at.expect_word("ISOLATION")?;
    at.expect_word("LEVEL")?;
    const LEVELS: &[(&[&str], &str)] = &[
        (&["READ", "UNCOMMITTED"], "READ-UNCOMMITTED"),
        (&["READ", "COMMITTED"], "READ-COMMITTED"),
        (&["REPEATABLE", "READ"], "REPEATABLE-READ"),
        (&["SERIALIZABLE"], "SERIALIZABLE"),
    ];
    match LEVELS.iter().find(|(words, _)| at.take_words(words)) {
        Some((_, level)) => Ok(("transaction_isolation", level)),
        None => at.error("not an isolation level"),
    }
}
