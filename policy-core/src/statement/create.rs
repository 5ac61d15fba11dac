//! CREATE TABLE: definitions, LIKE, or the result of a query.

use std::collections::BTreeSet;

use crate::facts;
use crate::facts::NewColumn;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::server::ServerKind;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Lift;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::column_ids;
use crate::statement::definition;
use crate::statement::draft::Draft;
use crate::statement::partition;
use crate::statement::show;
use crate::statement::table_option;
use crate::unread::Unread;

/// CREATE [OR REPLACE] [TEMPORARY] TABLE.
pub(super) fn table(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("CREATE")?;
    let replaces = or_replace(&mut at)?;
    let temporary = at.take_word("TEMPORARY");
    if at.take_word("EXTERNAL") {
        statement.withhold("an external table", None);
    }
    at.expect_word("TABLE")?;
    let if_not_exists = at.take_words(&["IF", "NOT", "EXISTS"]);
    let id = at.object()?;
    make(&at, &id, temporary, statement)?;
    if replaces {
        replace(&at, &id, temporary, statement)?;
    }
    if let Some(source) = like(&mut at)? {
        at.end()?;
        return copy_shape(&at, source, id, statement);
    }
    let mut definitions = Vec::new();
    if at.is_symbol(Symbol::LeftParenthesis) && !is_query(&at, 1) {
        definitions = definition::items(&mut at, statement)?;
    }
    let has_items = !definitions.is_empty();
    table_option::list(&mut at, statement)?;
    definitions.extend(partition::by(&mut at, statement)?);
    let has_query = takes_query(&mut at)?;
    let mut draft = Draft::new(&id);
    if has_query {
        // What exists already would be written into, in columns of other names.
        if if_not_exists && at.table(&id)?.is_some() {
            statement.withhold_until(
                Lift::Unprotected,
                "CREATE TABLE IF NOT EXISTS … SELECT into a table that exists",
                Some("use INSERT … SELECT"),
            );
        }
        for column in fill(&at, &id, statement)? {
            if let Some(name) = column.name.as_deref().and_then(ColumnName::parse) {
                draft.add(&name);
            }
        }
    } else {
        at.end()?;
        if !has_items {
            statement.withhold("a table without columns", None);
        }
    }
    draft.settle(&at, &definitions, statement)?;
    Ok(())
}

/// `OR REPLACE` of MariaDB, which MySQL has for views only.
pub(super) fn or_replace(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    let replaces = at.take_words(&["OR", "REPLACE"]);
    if replaces && at.session.server.kind == ServerKind::MySql {
        return at.error("MySQL replaces nothing but views");
    }
    Ok(replaces)
}

/// Moves up to a query, if one comes next.
fn takes_query(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    let is_announced = at.take_one_of(&["IGNORE", "REPLACE"]).is_some() | at.take_word("AS");
    match (is_announced, is_query(at, 0)) {
        (_, true) => Ok(true),
        (true, false) => at.error("expected a query"),
        (false, false) => Ok(false),
    }
}

fn make(
    at: &Cursor<'_>,
    id: &TableId,
    temporary: bool,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let mut access = at.access(Verb::Create, id, BTreeSet::new())?;
    access.temporary = temporary;
    if temporary {
        if at.catalog.tables.contains_key(id) {
            statement.withhold(
                "a temporary table with the name of a table",
                Some("give it another name"),
            );
        }
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

/// OR REPLACE drops what has the name, with all of its rows.
fn replace(
    at: &Cursor<'_>,
    id: &TableId,
    temporary: bool,
    statement: &mut Statement,
) -> Result<(), Unread> {
    // Also where the catalog knows of none: someone may have made one just now.
    let columns = at.table(id)?.map(all_columns).unwrap_or_default();
    let mut access = at.access(Verb::Drop, id, columns)?;
    access.temporary = temporary;
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
    let columns = at.table(&source)?.map(all_columns).unwrap_or_default();
    statement.flows.push(Flow {
        sources: column_ids(&source, &columns),
        target: FlowTarget::NewTable(id),
        literal: false,
    });
    show::describe(at, source, statement)
}

pub(super) fn is_query(at: &Cursor<'_>, ahead: usize) -> bool {
    let mut ahead = ahead;
    while at.peek_at(ahead) == Some(&TokenKind::Symbol(Symbol::LeftParenthesis)) {
        ahead += 1;
    }
    ["SELECT", "WITH", "TABLE", "VALUES"]
        .iter()
        .any(|word| at.is_word_at(ahead, word))
}

/// The rows of a query become those of a table or view that no entry of a policy names.
pub(super) fn fill(
    at: &Cursor<'_>,
    id: &TableId,
    statement: &mut Statement,
) -> Result<Vec<NewColumn>, Unread> {
    let columns = facts::new_columns(at.input(at.rest()), statement)?;
    for column in &columns {
        statement.flows.push(Flow {
            sources: column.sources.clone(),
            target: FlowTarget::NewTable(id.clone()),
            literal: false,
        });
    }
    Ok(columns)
}
