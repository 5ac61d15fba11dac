//! Statements about the server, accounts, locks and stored programs: told by their first words,
//! and denied unless a rule names the kind.

use std::collections::BTreeSet;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::unsupported;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// A statement of which only the head is read: no query may hide in the rest.
pub(super) fn head(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let kind = statement.kind;
    let mut rest = at;
    while let Some(token) = rest.next() {
        if *token == TokenKind::Symbol(Symbol::LeftParenthesis) {
            const QUERIES: &[&str] = &["SELECT", "WITH", "TABLE", "VALUES"];
            if rest.is_symbol(Symbol::LeftParenthesis) || QUERIES.iter().any(|w| rest.is_word(w)) {
                return unsupported(format!("a query within `{kind}`"), None);
            }
        }
    }
    let is_show = at.is_word("SHOW");
    let mut words = at;
    while is_show && words.peek().is_some() {
        // SHOW … WHERE runs subqueries.
        if words.is_word("WHERE") || words.is_word("SELECT") {
            return unsupported(format!("that form of `{kind}`"), None);
        }
        words.skip(1);
    }
    let answers = matches!(
        kind,
        StatementKind::CacheIndex
            | StatementKind::LoadIndex
            | StatementKind::Help
            | StatementKind::CreateUser
            | StatementKind::AlterUser
            | StatementKind::SetPassword
    );
    if is_show || answers {
        statement.output = Output::ServerShaped;
    }
    Ok(())
}

/// CREATE SEQUENCE, ALTER SEQUENCE: the name, and numbers that cannot be anything else.
pub(super) fn sequence(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let verb = match at.take_one_of(&["CREATE", "ALTER"]) {
        Some("CREATE") => Verb::Create,
        _ => Verb::Alter,
    };
    if !at.take_word("SEQUENCE") {
        return unsupported(format!("that form of `{}`", statement.kind), None);
    }
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]) || at.take_words(&["IF", "EXISTS"]);
    let id = at.object()?;
    let access = at.access(verb, &id, BTreeSet::new())?;
    statement.accesses.push(access);
    statement.effects.push(Effect::SchemaChange(vec![id]));
    while let Some(token) = at.next() {
        let is_known = if let TokenKind::Word(word) = token {
            SEQUENCE_WORDS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        } else {
            matches!(
                token,
                TokenKind::Integer(_) | TokenKind::Symbol(Symbol::Equal | Symbol::Minus)
            )
        };
        if !is_known {
            return at.error("not an option of a sequence");
        }
    }
    Ok(())
}

const SEQUENCE_WORDS: &[&str] = &[
    "START",
    "WITH",
    "INCREMENT",
    "BY",
    "MINVALUE",
    "MAXVALUE",
    "NOMINVALUE",
    "NOMAXVALUE",
    "NO",
    "CACHE",
    "NOCACHE",
    "CYCLE",
    "NOCYCLE",
    "RESTART",
];

/// ANALYZE, CHECK, OPTIMIZE, REPAIR TABLE t, … with options of plain words.
pub(super) fn maintain(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let verbs = &["ANALYZE", "CHECK", "OPTIMIZE", "REPAIR"];
    if at.take_one_of(verbs).is_none() {
        return unsupported("CHECKSUM TABLE, which tells about stored values", None);
    }
    let _ = at.take_one_of(&["NO_WRITE_TO_BINLOG", "LOCAL"]);
    if at.take_one_of(&["TABLE", "TABLES"]).is_none() {
        return unsupported(format!("that form of `{}`", statement.kind), None);
    }
    statement.output = Output::ServerShaped;
    loop {
        let id = at.object()?;
        at.known_table(&id)?;
        let access = at.access(Verb::Alter, &id, BTreeSet::new())?;
        statement.accesses.push(access);
        if !at.take_symbol(Symbol::Comma) {
            break;
        }
    }
    const OPTIONS: &[&str] = &["QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED", "USE_FRM"];
    while at.take_one_of(OPTIONS).is_some() || at.take_words(&["FOR", "UPGRADE"]) {}
    // What is left would be a histogram, which holds values.
    if at.rest().is_empty() {
        return Ok(());
    }
    unsupported(format!("that form of `{}`", statement.kind), None)
}

/// KILL [CONNECTION | QUERY] number.
pub(super) fn kill(mut at: Cursor<'_>) -> Result<(), Unread> {
    at.expect_word("KILL")?;
    let _ = at.take_one_of(&["CONNECTION", "QUERY"]);
    at.integer()?;
    at.end()
}

/// LOCK TABLES t [[AS] alias] READ [LOCAL] | WRITE, …
pub(super) fn lock_tables(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
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
        }
        let access = at.access(Verb::Lock, &id, BTreeSet::new())?;
        statement.accesses.push(access);
        if !at.take_symbol(Symbol::Comma) {
            break;
        }
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
pub(super) fn unlock_tables(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("UNLOCK")?;
    if at.take_one_of(&["TABLES", "TABLE"]).is_none() {
        return at.error("expected TABLES");
    }
    statement.effects.push(Effect::EndTransaction);
    at.end()
}

/// DO expression, …
pub(super) fn evaluate(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DO")?;
    facts::expressions(at.input(at.rest()), statement)?;
    Ok(())
}

/// CALL: the gateway's own procedures take literals only; others answer with rows of unknown
/// origin, and may change what the session's statements mean.
pub(super) fn call(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("CALL")?;
    let id = at.object()?;
    let arguments = if at.is_symbol(Symbol::LeftParenthesis) {
        at.group()?
    } else {
        &[]
    };
    at.end()?;
    if id.schema().eq_ignore_ascii_case("postern") {
        literals(at.over(arguments))?;
    } else {
        facts::expressions(at.input(arguments), statement)?;
        statement.withhold("CALL", Some("send the statements themselves"));
    }
    statement.routines.insert(id);
    statement.output = Output::ServerShaped;
    Ok(())
}

/// Literals and parameters between commas.
fn literals(mut arguments: Cursor<'_>) -> Result<(), Unread> {
    while let Some(argument) = arguments.next() {
        let known = matches!(
            argument,
            TokenKind::String { .. } | TokenKind::Integer(_) | TokenKind::Parameter
        );
        let separated = arguments.rest().is_empty() || arguments.take_symbol(Symbol::Comma);
        if !known || !separated {
            return arguments.error("expected a literal");
        }
    }
    Ok(())
}

/// USE schema.
pub(super) fn use_schema(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("USE")?;
    let schema = at.schema()?;
    at.end()?;
    let name = schema.schema().to_owned();
    let is_known = at.catalog.schemas.contains(name.as_str())
        || name.eq_ignore_ascii_case("information_schema");
    if !is_known {
        return Err(Unread::UnknownName {
            what: "schema",
            name,
        });
    }
    statement
        .accesses
        .push(Cursor::schema_access(Verb::Describe, schema));
    statement.effects.push(Effect::UseSchema(name));
    Ok(())
}

/// DROP FUNCTION, PROCEDURE, TRIGGER, EVENT or SEQUENCE, by name.
pub(super) fn drop_program(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DROP")?;
    let _ = at.take_word("TEMPORARY");
    const OBJECTS: &[&str] = &["FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "SEQUENCE"];
    if at.take_one_of(OBJECTS).is_none() {
        return unsupported(format!("that form of `{}`", statement.kind), None);
    }
    let _ = at.take_words(&["IF", "EXISTS"]);
    loop {
        let id = at.object()?;
        // What a trigger or an event touched is not known once it is gone.
        let columns = at.table(&id)?.map(all_columns).unwrap_or_default();
        let access = at.access(Verb::Drop, &id, columns)?;
        statement.accesses.push(access);
        statement
            .effects
            .push(Effect::SchemaChange(vec![TableId::clone(&id)]));
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}
