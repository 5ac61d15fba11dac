//! ALTER TABLE, CREATE INDEX, DROP INDEX: which columns of a table change.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::name::ColumnId;
use crate::name::ColumnName;
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
use crate::statement::table_option;
use crate::unread::Unread;

/// What the parts of an ALTER TABLE do, taken together.
struct Change<'s> {
    id: TableId,
    /// Columns that are named, or all where every value may be touched.
    columns: BTreeSet<ColumnName>,
    all: BTreeSet<ColumnName>,
    statement: &'s mut Statement,
}

/// ALTER TABLE.
pub(super) fn table(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("ALTER")?;
    let _ = at.take_one_of(&["ONLINE", "OFFLINE"]);
    let ignore = at.take_word("IGNORE");
    at.expect_word("TABLE")?;
    if ignore || at.are_words(&["IF", "EXISTS"]) {
        return unsupported("ALTER TABLE with IGNORE or IF EXISTS", Some("leave it out"));
    }
    let id = at.object()?;
    let all = all_columns(at.known_table(&id)?);
    let mut change = Change {
        id,
        columns: BTreeSet::new(),
        all,
        statement,
    };
    if at.rest().is_empty() {
        return at.error("expected a change");
    }
    loop {
        part(&mut at, &mut change)?;
        let _ = at.take_symbol(Symbol::Comma);
        if at.rest().is_empty() {
            break;
        }
    }
    finish(&at, change)
}

fn finish(at: &Cursor<'_>, change: Change<'_>) -> Result<(), Unread> {
    let Change {
        id,
        columns,
        statement,
        ..
    } = change;
    let access = at.access(Verb::Alter, &id, columns)?;
    statement.uses_temporary |= access.temporary;
    statement.accesses.push(access);
    statement.effects.push(Effect::SchemaChange(vec![id]));
    Ok(())
}

fn part(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_word("ADD") {
        return add(at, change);
    }
    if at.take_word("DROP") {
        return drop(at, change);
    }
    if let Some(word) = at.take_one_of(&["MODIFY", "CHANGE"]) {
        return redefine(at, word == "CHANGE", change);
    }
    if at.take_word("RENAME") {
        return rename(at, change);
    }
    if at.take_word("ALTER") {
        return alter(at, change);
    }
    if at.take_words(&["ORDER", "BY"]) {
        loop {
            change.columns.insert(at.column()?);
            let _ = at.take_one_of(&["ASC", "DESC"]);
            if !at.take_symbol(Symbol::Comma) {
                return Ok(());
            }
        }
    }
    if at.take_words(&["CONVERT", "TO"]) {
        // Every text is converted, and what does not fit is told in errors.
        change.columns.extend(change.all.iter().cloned());
        return match table_option::charset(at)? {
            true => table_option::charset(at).map(|_| ()),
            false => at.error("expected a character set"),
        };
    }
    if let Some(columns) = table_option::partitions(at)? {
        change.columns.extend(columns);
        return Ok(());
    }
    if at.take_one_of(&["ALGORITHM", "LOCK"]).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        return definition::word_or_text(at);
    }
    let plain = at.take_word("FORCE")
        || at.take_words(&["ENABLE", "KEYS"])
        || at.take_words(&["DISABLE", "KEYS"])
        || at.take_words(&["WITH", "VALIDATION"])
        || at.take_words(&["REMOVE", "PARTITIONING"]);
    if plain || table_option::option(at)? {
        return Ok(());
    }
    unsupported("that change of a table", None)
}

fn add(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.is_word("PARTITION") {
        return unsupported("ADD PARTITION", None);
    }
    if definition::is_key(at) {
        let key = definition::key(at)?;
        return take(at, key, change);
    }
    let _ = at.take_word("COLUMN");
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
    if !at.take_symbol(Symbol::LeftParenthesis) {
        let column = definition::column(at)?;
        take(at, column, change)?;
        return place(at);
    }
    loop {
        let item = definition::item(at)?;
        take(at, item, change)?;
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

/// Adds what a definition says; a computed column carries on what it is computed from.
fn take(at: &Cursor<'_>, definition: Definition, change: &mut Change<'_>) -> Result<(), Unread> {
    definition::refer(at, &definition, change.statement)?;
    change.columns.extend(definition.named);
    let Some(column) = definition.column else {
        return Ok(());
    };
    if !definition.computed_from.is_empty() {
        flow(change, &definition.computed_from, &column);
    }
    change.columns.insert(column);
    Ok(())
}

fn flow(change: &mut Change<'_>, from: &BTreeSet<ColumnName>, to: &ColumnName) {
    change.statement.flows.push(Flow {
        sources: column_ids(&change.id, from),
        target: FlowTarget::Column(ColumnId {
            table: change.id.clone(),
            column: to.clone(),
        }),
        literal: false,
    });
}

/// `FIRST`, `AFTER column`.
fn place(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.take_word("AFTER") {
        at.column()?;
    } else {
        let _ = at.take_word("FIRST");
    }
    Ok(())
}

fn drop(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_words(&["PRIMARY", "KEY"]) {
        return Ok(());
    }
    if at.is_word("PARTITION") {
        return unsupported("DROP PARTITION", None);
    }
    let is_key = at.take_words(&["FOREIGN", "KEY"])
        || at
            .take_one_of(&["INDEX", "KEY", "CONSTRAINT", "CHECK"])
            .is_some();
    if !is_key {
        let _ = at.take_word("COLUMN");
    }
    let _ = at.take_words(&["IF", "EXISTS"]);
    if is_key {
        at.identifier()?;
    } else {
        change.columns.insert(at.column()?);
        let _ = at.take_one_of(&["RESTRICT", "CASCADE"]);
    }
    Ok(())
}

/// `MODIFY [COLUMN] x …`, `CHANGE [COLUMN] old x …`.
fn redefine(at: &mut Cursor<'_>, is_change: bool, change: &mut Change<'_>) -> Result<(), Unread> {
    let _ = at.take_word("COLUMN");
    let _ = at.take_words(&["IF", "EXISTS"]);
    let old = if is_change { Some(at.column()?) } else { None };
    let definition = definition::column(at)?;
    if let (Some(old), Some(new)) = (old, &definition.column) {
        if old != *new {
            flow(change, &BTreeSet::from([old.clone()]), &new.clone());
        }
        change.columns.insert(old);
    }
    take(at, definition, change)?;
    place(at)
}

fn rename(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_word("COLUMN") {
        let old = at.column()?;
        at.expect_word("TO")?;
        let new = at.column()?;
        flow(change, &BTreeSet::from([old.clone()]), &new);
        change.columns.extend([old, new]);
        return Ok(());
    }
    if at.take_one_of(&["INDEX", "KEY"]).is_some() {
        at.identifier()?;
        at.expect_word("TO")?;
        at.identifier()?;
        return Ok(());
    }
    let _ = at.take_one_of(&["TO", "AS"]).is_some() || at.take_symbol(Symbol::Equal);
    let new = at.object()?;
    renamed(at, &change.id, new, &change.all, change.statement)?;
    change.columns.extend(change.all.iter().cloned());
    Ok(())
}

/// Under its new name no entry of a policy protects what the table holds.
pub(super) fn renamed(
    at: &Cursor<'_>,
    old: &TableId,
    new: TableId,
    columns: &BTreeSet<ColumnName>,
    statement: &mut Statement,
) -> Result<(), Unread> {
    statement.flows.push(Flow {
        sources: column_ids(old, columns),
        target: FlowTarget::NewTable(new.clone()),
        literal: false,
    });
    let access = at.access(Verb::Create, &new, BTreeSet::new())?;
    statement.accesses.push(access);
    statement.effects.push(Effect::SchemaChange(vec![new]));
    Ok(())
}

fn alter(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_one_of(&["INDEX", "KEY"]).is_some() {
        at.identifier()?;
        return match definition::index_option(at)? {
            true => Ok(()),
            false => at.error("expected VISIBLE or INVISIBLE"),
        };
    }
    if at.take_one_of(&["CHECK", "CONSTRAINT"]).is_some() {
        at.identifier()?;
        let _ = at.take_word("NOT");
        return at.expect_word("ENFORCED");
    }
    let _ = at.take_word("COLUMN");
    let column = at.column()?;
    change.columns.insert(column.clone());
    if at.take_words(&["DROP", "DEFAULT"])
        || at.take_words(&["SET", "VISIBLE"])
        || at.take_words(&["SET", "INVISIBLE"])
    {
        return Ok(());
    }
    at.expect_word("SET")?;
    at.expect_word("DEFAULT")?;
    let mut definition = Definition {
        column: Some(column),
        ..Definition::default()
    };
    definition::default(at, &mut definition)?;
    take(at, definition, change)
}

/// CREATE [UNIQUE …] INDEX x ON t (…), DROP INDEX x ON t.
pub(super) fn index(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let creates = at.take_word("CREATE");
    if !creates {
        at.expect_word("DROP")?;
    }
    if at.is_word("OR") {
        return unsupported("CREATE OR REPLACE INDEX", None);
    }
    let _ = at.take_one_of(&["ONLINE", "OFFLINE"]);
    let _ = at.take_one_of(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
    at.expect_word("INDEX")?;
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]) || at.take_words(&["IF", "EXISTS"]);
    // PRIMARY can only be written in quotes.
    at.identifier()?;
    if at.take_word("USING") {
        at.identifier()?;
    }
    at.expect_word("ON")?;
    let id = at.object()?;
    at.known_table(&id)?;
    let mut definition = Definition::default();
    if creates {
        definition::key_parts(&mut at, &mut definition)?;
    }
    loop {
        let more = definition::index_option(&mut at)?;
        let is_way = at.take_one_of(&["ALGORITHM", "LOCK"]).is_some();
        if is_way {
            let _ = at.take_symbol(Symbol::Equal);
            definition::word_or_text(&mut at)?;
        }
        if !more && !is_way {
            break;
        }
    }
    at.end()?;
    let access = at.access(Verb::Alter, &id, definition.named)?;
    statement.accesses.push(access);
    statement.effects.push(Effect::SchemaChange(vec![id]));
    Ok(())
}

/// RENAME TABLE a TO b, c TO d.
pub(super) fn rename_table(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("RENAME")?;
    if at.take_one_of(&["TABLE", "TABLES"]).is_none() {
        return at.error("expected TABLE");
    }
    loop {
        let old = at.object()?;
        at.expect_word("TO")?;
        let new = at.object()?;
        let columns = all_columns(at.known_table(&old)?);
        let access = at.access(Verb::Alter, &old, columns.clone())?;
        statement.accesses.push(access);
        statement
            .effects
            .push(Effect::SchemaChange(vec![old.clone()]));
        renamed(&at, &old, new, &columns, statement)?;
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}
