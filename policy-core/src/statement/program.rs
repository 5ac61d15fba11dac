//! Stored programs: routines, triggers, events, packages and libraries, by their headers. A body is
//! one block that is not read.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Access;
use crate::statement::Effect;
use crate::statement::Lift;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::Withheld;
use crate::statement::body;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::unsupported;
use crate::statement::grammar;
use crate::statement::grammar_names::Found;
use crate::statement::head;
use crate::statement::kind::StatementKind;
use crate::statement::lexical;
use crate::statement::program_grammar::grammar;
use crate::statement::server;
use crate::unread::Unread;

/// How many tokens the statement takes that begins here, if it may hold semicolons of its own.
pub(crate) fn length(at: &Cursor<'_>) -> Option<usize> {
    let mut start = *at;
    while start.take_words(&["SET", "STATEMENT"]) {
        let distance = start.distance_to("FOR")?;
        start.skip(distance + 1);
    }
    let before = at.rest().len() - start.rest().len();
    let kind = head::kind_of(&start).ok()?;
    let tokens = start.rest();
    if is_compound(kind) {
        return Some(before + body::length(tokens).ok()?);
    }
    let found = grammar::read(start, grammar(kind)).ok()?;
    let body = found.body?;
    let header = before + tokens.len() - body.len();
    let length = if is_package(kind) {
        // Only a text that holds nothing else: a package ends with the text.
        body.len()
    } else {
        body::length(body).ok()?
    };
    Some(header + length)
}

/// A statement that makes, changes or runs a stored program.
pub(super) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let kind = statement.kind;
    if is_compound(kind) {
        whole(at, body::length(at.rest())?)?;
        server::withhold_never(statement);
        return Ok(());
    }
    let found = grammar::read(at, grammar(kind))?;
    if let Some(body) = found.body.filter(|_| !is_package(kind)) {
        if at.over(body).is_word("SONAME") {
            return at
                .over(body)
                .error("a function of a library has no parameters");
        }
        whole(at.over(body), body::length(body)?)?;
    }
    if is_package(kind) {
        check_package(&at)?;
    }
    for expression in &found.expressions {
        lexical::variables(expression, statement)?;
    }
    server::evaluate(at, &found, statement)?;
    objects(&at, &found, statement)?;
    // A definer looks like a user variable, and so do those of a body that does not run now.
    statement.reads_user_variables = false;
    if found.rules.contains(&"other") {
        statement.withhold("a DEFINER other than CURRENT_USER", Some("leave it out"));
    }
    statement.withheld.push(Withheld {
        construct: format!("`{kind}`"),
        hint: Some("what it keeps runs unseen: have whoever keeps the database do this"),
        lift: Lift::KindUnread,
    });
    server::withhold_never(statement);
    Ok(())
}

fn whole(at: Cursor<'_>, length: usize) -> Result<(), Unread> {
    let mut after = at;
    after.skip(length);
    after.end()
}

/// What is made or changed: a trigger changes its table.
fn objects(at: &Cursor<'_>, found: &Found<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let is_trigger = statement.kind == StatementKind::CreateTrigger;
    for (index, object) in found.objects.iter().enumerate() {
        // Of a trigger the second is its table, the third another trigger.
        if is_trigger && index != 1 {
            continue;
        }
        let id = id(at, object)?;
        let access = if is_trigger {
            at.known_table(&id)?;
            at.access(Verb::Alter, &id, BTreeSet::new())?
        } else {
            check_named(at, &id, statement.kind)?;
            // No server looks for a table when a routine or an event is altered.
            of_program(Verb::Create, &id, BTreeSet::new())
        };
        statement.accesses.push(access);
        statement.effects.push(Effect::SchemaChange(vec![id]));
    }
    Ok(())
}

/// An access to a stored program, over whose name no temporary table lies.
fn of_program(verb: Verb, id: &TableId, columns: BTreeSet<ColumnName>) -> Access {
    Access {
        verb,
        object: id.clone(),
        columns,
        via: None,
        temporary: false,
    }
}

/// Servers find a routine by letters with other accents, too: what is altered or dropped must be called by
/// its own name, because a rule may name it.
fn check_named(at: &Cursor<'_>, id: &TableId, kind: StatementKind) -> Result<(), Unread> {
    let finds = matches!(
        kind,
        StatementKind::AlterProcedure
            | StatementKind::DropProcedure
            | StatementKind::AlterFunction
            | StatementKind::DropFunction
    );
    let folded = TableId::new(id.schema().into(), id.table().to_lowercase().into());
    if finds && !id.table().is_ascii() && !at.catalog.routines.contains(&folded) {
        return unsupported(
            "a routine's name with letters outside ASCII that is not known",
            Some("write the name as it was created"),
        );
    }
    Ok(())
}

fn id(at: &Cursor<'_>, (schema, name): &(Option<String>, String)) -> Result<TableId, Unread> {
    let case = at.catalog.table_name_case;
    let schema = match schema {
        Some(schema) => case.fold(schema),
        None => at.default_schema()?,
    };
    Ok(TableId::new(schema, case.fold(name)))
}

/// A package ends with END and perhaps its name, and may stand only where one statement may.
fn check_package(at: &Cursor<'_>) -> Result<(), Unread> {
    let is_end = |kind: &TokenKind<'_>| matches!(kind, TokenKind::Word(word) if word.eq_ignore_ascii_case("END"));
    let mut last = at.rest().iter().rev().map(|token| &token.kind);
    let ends = last.next().is_some_and(is_end) || last.next().is_some_and(is_end);
    let semicolon = TokenKind::Symbol(Symbol::Semicolon);
    let is_many = at.rest().iter().any(|token| token.kind == semicolon);
    if !ends || (is_many && at.session.multi_statements) {
        return at.error("a package whose end is not known");
    }
    Ok(())
}

fn is_package(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::CreatePackage | StatementKind::CreatePackageBody
    )
}

/// Statements of the language of stored programs, which MariaDB takes by themselves, too.
fn is_compound(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Compound
            | StatementKind::If
            | StatementKind::Case
            | StatementKind::Loop
            | StatementKind::Repeat
            | StatementKind::While
            | StatementKind::For
            | StatementKind::Declare
            | StatementKind::Iterate
            | StatementKind::Leave
            | StatementKind::Return
            | StatementKind::Open
            | StatementKind::Fetch
            | StatementKind::Close
    )
}

/// DROP FUNCTION, PROCEDURE, TRIGGER, EVENT, PACKAGE, LIBRARY or SEQUENCE, by name.
pub(super) fn drop(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DROP")?;
    let _ = at.take_word("TEMPORARY");
    const OBJECTS: &[&str] = &[
        "FUNCTION",
        "PROCEDURE",
        "TRIGGER",
        "EVENT",
        "LIBRARY",
        "PACKAGE",
    ];
    match at.take_one_of(OBJECTS) {
        None => return at.error("expected the kind of what is dropped"),
        Some("PACKAGE") => {
            let _ = at.take_word("BODY");
        }
        Some(_) => {}
    }
    let _ = at.take_words(&["IF", "EXISTS"]);
    let id = at.object()?;
    // What a trigger or an event touched is not known once it is gone.
    check_named(&at, &id, statement.kind)?;
    let table = at.catalog.tables.get(&id);
    let columns = table.map(|table| all_columns(table)).unwrap_or_default();
    statement
        .accesses
        .push(of_program(Verb::Drop, &id, columns));
    statement.effects.push(Effect::SchemaChange(vec![id]));
    at.end()
}
