//! CREATE TABLE: definitions, LIKE, or the result of a query.

use std::collections::BTreeSet;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::column_ids;
use crate::statement::cursor::unsupported;
use crate::statement::definition;
use crate::statement::definition::Definition;
use crate::statement::kind::StatementKind;
use crate::statement::show;
use crate::statement::table_option;
use crate::unread::Unread;

/// CREATE [TEMPORARY] TABLE.
pub(super) fn table(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("CREATE")?;
    if at.is_word("OR") {
        return unsupported("CREATE OR REPLACE TABLE", Some("DROP the table first"));
    }
    let temporary = at.take_word("TEMPORARY");
    at.expect_word("TABLE")?;
    let if_not_exists = at.take_words(&["IF", "NOT", "EXISTS"]);
    let id = at.object()?;
    make(&at, &id, temporary, statement)?;
    if let Some(source) = like(&mut at)? {
        at.end()?;
        return copy_shape(&at, source, id, statement);
    }
    let mut definitions = Vec::new();
    if at.is_symbol(Symbol::LeftParenthesis) && !is_query(&at, 1) {
        definitions = items(&mut at)?;
    }
    loop {
        let more = table_option::option(&mut at)?;
        let separated = at.take_symbol(Symbol::Comma);
        if !more && !separated {
            break;
        }
    }
    table_option::partitions(&mut at)?;
    for definition in &definitions {
        definition::refer(&at, definition, statement)?;
    }
    let has_query =
        is_query(&at, 0) || at.is_word("AS") || at.is_word("IGNORE") || at.is_word("REPLACE");
    if !has_query {
        at.end()?;
        return match definitions.is_empty() {
            true => at.error("a table without columns"),
            false => Ok(()),
        };
    }
    // What exists already would be written into, in columns of other names.
    if if_not_exists && at.table(&id)?.is_some() {
        return unsupported(
            "CREATE TABLE IF NOT EXISTS … SELECT into a table that exists",
            Some("use INSERT … SELECT"),
        );
    }
    let _ = at.take_one_of(&["IGNORE", "REPLACE"]);
    let _ = at.take_word("AS");
    fill(&at, &id, statement)
}

fn make(
    at: &Cursor<'_>,
    id: &TableId,
    temporary: bool,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let mut access = at.access(Verb::Create, id, BTreeSet::new())?;
    if temporary {
        if at.catalog.tables.contains_key(id) {
            return unsupported(
                "a temporary table with the name of a table",
                Some("give it another name"),
            );
        }
        access.temporary = true;
        statement.uses_temporary = true;
        statement.effects.push(Effect::CreateTemporary(id.clone()));
    } else {
        statement
            .effects
            .push(Effect::SchemaChange(vec![id.clone()]));
    }
    statement.accesses.push(access);
    Ok(())
}

/// `LIKE x` or `(LIKE x)`.
fn like(at: &mut Cursor<'_>) -> Result<Option<TableId>, Unread> {
    if at.take_word("LIKE") {
        return at.object().map(Some);
    }
    if at.is_symbol(Symbol::LeftParenthesis) && at.is_word_at(1, "LIKE") {
        at.skip(2);
        let source = at.object()?;
        at.expect_symbol(Symbol::RightParenthesis)?;
        return Ok(Some(source));
    }
    Ok(None)
}

/// No rows are copied, but the names are: whoever fills the new table copies their protection away.
fn copy_shape(
    at: &Cursor<'_>,
    source: TableId,
    id: TableId,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let columns = all_columns(at.known_table(&source)?);
    statement.flows.push(Flow {
        sources: column_ids(&source, &columns),
        target: FlowTarget::NewTable(id),
        literal: false,
    });
    show::describe(at, source, statement)
}

fn items(at: &mut Cursor<'_>) -> Result<Vec<Definition>, Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    let mut definitions = Vec::new();
    loop {
        definitions.push(definition::item(at)?);
        if !at.take_symbol(Symbol::Comma) {
            at.expect_symbol(Symbol::RightParenthesis)?;
            return Ok(definitions);
        }
    }
}

fn is_query(at: &Cursor<'_>, ahead: usize) -> bool {
    let mut ahead = ahead;
    while at.peek_at(ahead) == Some(&TokenKind::Symbol(Symbol::LeftParenthesis)) {
        ahead += 1;
    }
    ["SELECT", "WITH", "TABLE", "VALUES"]
        .iter()
        .any(|word| at.is_word_at(ahead, word))
}

/// The rows of a query become those of a table that no entry of a policy names.
fn fill(at: &Cursor<'_>, id: &TableId, statement: &mut Statement) -> Result<(), Unread> {
    for column in facts::new_columns(at.input(at.rest()), statement)? {
        flow(id, column.sources, statement);
    }
    Ok(())
}

fn flow(id: &TableId, sources: BTreeSet<ColumnId>, statement: &mut Statement) {
    statement.flows.push(Flow {
        sources,
        target: FlowTarget::NewTable(id.clone()),
        literal: false,
    });
}

/// CREATE VIEW, ALTER VIEW.
pub(super) fn view(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let _ = at.take_one_of(&["CREATE", "ALTER"]);
    let replaces = at.take_words(&["OR", "REPLACE"]);
    while view_option(&mut at)? {}
    at.expect_word("VIEW")?;
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
    let id = at.object()?;
    let changes = statement.kind == StatementKind::AlterView || replaces;
    let verb = if changes { Verb::Alter } else { Verb::Create };
    if replaces && at.table(&id)?.is_none() {
        statement
            .accesses
            .push(at.access(Verb::Create, &id, BTreeSet::new())?);
    } else {
        statement
            .accesses
            .push(at.access(verb, &id, BTreeSet::new())?);
    }
    statement
        .effects
        .push(Effect::SchemaChange(vec![id.clone()]));
    if at.is_symbol(Symbol::LeftParenthesis) {
        column_names(&mut at)?;
    }
    at.expect_word("AS")?;
    let query = at.over(without_check_option(at.rest()));
    fill(&query, &id, statement)
}

/// `ALGORITHM = x`, `DEFINER = CURRENT_USER`, `SQL SECURITY x`; false if none comes next.
fn view_option(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    if at.take_word("ALGORITHM") {
        at.expect_symbol(Symbol::Equal)?;
        if at
            .take_one_of(&["UNDEFINED", "MERGE", "TEMPTABLE"])
            .is_none()
        {
            return at.error("not an algorithm");
        }
        return Ok(true);
    }
    if at.take_word("DEFINER") {
        at.expect_symbol(Symbol::Equal)?;
        if !at.take_word("CURRENT_USER") {
            return unsupported("a DEFINER other than CURRENT_USER", Some("leave it out"));
        }
        if at.is_symbol(Symbol::LeftParenthesis) && !at.group()?.is_empty() {
            return at.error("expected `)`");
        }
        return Ok(true);
    }
    if at.take_words(&["SQL", "SECURITY"]) {
        if at.take_one_of(&["DEFINER", "INVOKER"]).is_none() {
            return at.error("expected DEFINER or INVOKER");
        }
        return Ok(true);
    }
    Ok(false)
}

fn column_names(at: &mut Cursor<'_>) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    loop {
        at.column()?;
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

/// The tokens without `WITH [CASCADED | LOCAL] CHECK OPTION` at their end.
fn without_check_option<'a>(tokens: &'a [Token<'a>]) -> &'a [Token<'a>] {
    const ENDINGS: &[&[&str]] = &[
        &["WITH", "CHECK", "OPTION"],
        &["WITH", "CASCADED", "CHECK", "OPTION"],
        &["WITH", "LOCAL", "CHECK", "OPTION"],
    ];
    for ending in ENDINGS {
        let Some(start) = tokens.len().checked_sub(ending.len()) else {
            continue;
        };
        let (query, tail) = tokens.split_at(start);
        let is_ending = tail.iter().zip(*ending).all(
            |(token, word)| matches!(&token.kind, TokenKind::Word(w) if w.eq_ignore_ascii_case(word)),
        );
        if is_ending {
            return query;
        }
    }
    tokens
}
