//! LOCK TABLES, UNLOCK TABLES, KILL and XA: what holds others up.

use std::collections::BTreeSet;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::Effect;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::grammar_names;
use crate::statement::server;
use crate::unread::Unread;

/// LOCK TABLES t [[AS] alias] READ [LOCAL] | WRITE, … [WAIT n | NOWAIT]
pub(super) fn tables(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("LOCK")?;
    if at.take_one_of(&["TABLES", "TABLE"]).is_none() {
        return at.error("expected TABLES");
    }
    loop {
        let id = at.object()?;
        at.known_table(&id)?;
        if !is_lock(&at) {
            let _ = at.take_word("AS");
            at.identifier()?;
        }
        if at.take_word("READ") {
            let _ = at.take_word("LOCAL");
        } else {
            let _ = at.take_word("LOW_PRIORITY");
            at.expect_word("WRITE")?;
            let _ = at.take_word("CONCURRENT");
        }
        let access = at.access(Verb::Lock, &id, BTreeSet::new())?;
        statement.uses_temporary |= access.temporary;
        statement.accesses.push(access);
        if !at.take_symbol(Symbol::Comma) {
            break;
        }
    }
    if !at.take_word("NOWAIT") && at.take_word("WAIT") {
        at.integer()?;
    }
    statement.effects.push(Effect::EndTransaction);
    at.end()
}

fn is_lock(at: &Cursor<'_>) -> bool {
    ["READ", "WRITE", "LOW_PRIORITY"]
        .iter()
        .any(|word| at.is_word(word))
}

/// UNLOCK TABLES.
pub(super) fn unlock(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("UNLOCK")?;
    if at.take_one_of(&["TABLES", "TABLE"]).is_none() {
        return at.error("expected TABLES");
    }
    statement.effects.push(Effect::EndTransaction);
    at.end()
}

/// KILL [HARD | SOFT] [CONNECTION | QUERY [ID]] number, or USER account.
pub(super) fn kill(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("KILL")?;
    let _ = at.take_one_of(&["HARD", "SOFT"]);
    let query = at.take_one_of(&["CONNECTION", "QUERY"]) == Some("QUERY");
    let of_a_query = query && at.take_word("ID");
    if at.is_word("USER") && !matches!(at.peek_at(1), Some(TokenKind::Symbol(_))) {
        at.skip(1);
        if !grammar_names::user(&mut at) {
            return at.error("expected an account");
        }
        statement.reads_user_variables = false;
        statement.withhold("KILL USER", Some(KILL_HINT));
        return at.end();
    }
    if let [number] = at.rest()
        && let TokenKind::Integer(digits) = number.kind
    {
        let connection = !query;
        match digits.parse() {
            Ok(_) if of_a_query => statement.withhold("KILL QUERY ID", Some(KILL_HINT)),
            Ok(id) => statement.effects.push(Effect::Kill { id, connection }),
            Err(_) => statement.withhold("KILL of anything but a number", Some(KILL_HINT)),
        }
        return Ok(());
    }
    if facts::expressions(at.input(at.rest()), statement)?.len() != 1 {
        return at.error("expected a number");
    }
    statement.withhold("KILL of anything but a number", Some(KILL_HINT));
    Ok(())
}

const KILL_HINT: &str = "write the number of one connection";

/// XA in all forms: never allowed, for what it prepares outlives the session.
pub(super) fn xa(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let found = grammar::read(at, Grammar(XA))?;
    if found.rules.contains(&"recover") {
        statement.output = Output::ServerShaped;
    }
    if found.rules.contains(&"begin") {
        statement.effects.push(Effect::BeginTransaction);
    }
    if found.rules.contains(&"end") {
        statement.effects.push(Effect::EndTransaction);
    }
    server::withhold_never(statement);
    Ok(())
}

const XA: &[(&str, &str)] = &[
    (
        "xa",
        "XA { <begin> | END <id> [ SUSPEND [ FOR MIGRATE ] ] | PREPARE <id> | <end> | <recover> }",
    ),
    ("begin", "START/BEGIN <id> [ JOIN/RESUME ]"),
    ("end", "COMMIT <id> [ ONE PHASE ] | ROLLBACK <id>"),
    ("recover", "RECOVER [ CONVERT XID | FORMAT = text ]"),
    (
        "id",
        "{ string | bits } [ , { string | bits } [ , number ] ]",
    ),
];
