//! ALTER TABLE: which columns of a table change.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::alter_partition;
use crate::statement::column_option;
use crate::statement::cursor;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::definition;
use crate::statement::definition::Definition;
use crate::statement::draft::Draft;
use crate::statement::draft::column_flow;
use crate::statement::key;
use crate::statement::partition;
use crate::statement::rename;
use crate::statement::table_option;
use crate::unread::Unread;

/// What the parts of an ALTER TABLE do, taken together.
pub(super) struct Change<'s> {
    pub(super) id: TableId,
    /// Columns that are named, or all where every value may be touched.
    pub(super) columns: BTreeSet<ColumnName>,
    pub(super) all: BTreeSet<ColumnName>,
    definitions: Vec<Definition>,
    /// New names that expressions may use.
    added: Vec<ColumnName>,
    /// How many parts move all rows or the table itself.
    whole: usize,
    pub(super) statement: &'s mut Statement,
}

impl Change<'_> {
    /// Every value may be moved, converted or compared.
    pub(super) fn touch_all(&mut self) {
        self.columns.extend(self.all.iter().cloned());
    }

    /// Each lists all columns, and servers take one or two.
    fn count_whole(&mut self) -> Result<(), Unread> {
        self.whole += 1;
        cursor::check_tables(self.whole * 100)
    }

    pub(super) fn define(&mut self, definition: Definition) {
        self.definitions.push(definition);
    }
}

/// ALTER TABLE.
pub(super) fn table(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("ALTER")?;
    while let Some(word) = at.take_one_of(&["ONLINE", "OFFLINE", "IGNORE"]) {
        if word == "IGNORE" {
            // Rows that do not fit are dropped.
            statement.withhold("ALTER TABLE with IGNORE", Some("leave it out"));
        }
    }
    at.expect_word("TABLE")?;
    let _ = at.take_words(&["IF", "EXISTS"]);
    let id = at.object()?;
    wait(&mut at)?;
    let mut change = Change {
        all: at.table(&id)?.map(all_columns).unwrap_or_default(),
        id,
        columns: BTreeSet::new(),
        definitions: Vec::new(),
        added: Vec::new(),
        whole: 0,
        statement,
    };
    while !at.rest().is_empty() {
        if partitioned(&mut at, &mut change)? {
            at.end()?;
            break;
        }
        part(&mut at, &mut change)?;
        let is_last =
            |at: &Cursor<'_>| at.is_word("PARTITION") || at.are_words(&["REMOVE", "PARTITIONING"]);
        if at.take_symbol(Symbol::Comma) {
            if at.rest().is_empty() || is_last(&at) {
                return at.error("expected a change");
            }
        } else if !is_last(&at) {
            at.end()?;
        }
    }
    finish(&at, change)
}

/// `WAIT n`, `NOWAIT`: how long MariaDB waits for the table.
pub(super) fn wait(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.take_word("WAIT") {
        at.integer()?;
    } else {
        let _ = at.take_word("NOWAIT");
    }
    Ok(())
}

fn finish(at: &Cursor<'_>, change: Change<'_>) -> Result<(), Unread> {
    let Change {
        id,
        mut columns,
        definitions,
        added,
        statement,
        ..
    } = change;
    let table = at.known_table(&id)?;
    let mut draft = Draft::of(&id, table);
    for column in &added {
        draft.add(column);
    }
    columns.extend(draft.settle(at, &definitions, statement)?);
    let access = at.access(Verb::Alter, &id, columns)?;
    statement.uses_temporary |= access.temporary;
    statement.effects.push(Effect::SchemaChange(vec![id]));
    statement.accesses.push(access);
    Ok(())
}

/// What may only stand last: how the table is partitioned.
fn partitioned(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    if at.take_words(&["REMOVE", "PARTITIONING"]) {
        change.touch_all();
        return Ok(true);
    }
    match partition::by(at, change.statement)? {
        Some(definition) => {
            change.define(definition);
            Ok(true)
        }
        None => Ok(false),
    }
}

fn part(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if alter_partition::part(at, change)? {
        return change.count_whole();
    }
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
        return order(at, change);
    }
    if at.take_words(&["CONVERT", "TO"]) {
        // Every text is converted, and what does not fit is told in errors.
        change.touch_all();
        return match table_option::charset(at)? {
            true => table_option::charset(at).map(|_| ()),
            false => at.error("expected a character set"),
        };
    }
    if key::manner(at)? {
        return Ok(());
    }
    if at
        .take_one_of(&["SECONDARY_LOAD", "SECONDARY_UNLOAD"])
        .is_some()
    {
        if at.take_word("PARTITION") {
            at.group()?;
        }
        if at.take_word("GUIDED") && at.take_one_of(&["ON", "OFF"]).is_none() {
            return at.error("expected ON or OFF");
        }
        change.touch_all();
        change.statement.withhold("a secondary engine", None);
        return Ok(());
    }
    const PLAIN: &[&[&str]] = &[
        &["FORCE"],
        &["ENABLE", "KEYS"],
        &["DISABLE", "KEYS"],
        &["WITH", "VALIDATION"],
        &["WITHOUT", "VALIDATION"],
    ];
    if PLAIN.iter().any(|words| at.take_words(words)) {
        return Ok(());
    }
    // Several options of the table may stand together without commas.
    let mut is_known = false;
    while table_option::read(at, change.statement)? {
        is_known = true;
    }
    match is_known {
        true => Ok(()),
        false => at.error("not a change of a table that is known"),
    }
}

fn order(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    loop {
        change.columns.insert(definition::column_name(at)?);
        let _ = at.take_one_of(&["ASC", "DESC"]);
        if !at.take_symbol(Symbol::Comma) {
            return Ok(());
        }
    }
}

fn add(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_words(&["SYSTEM", "VERSIONING"]) {
        change.touch_all();
        return Ok(());
    }
    if key::is_next(at) {
        let key = key::read(at, change.statement)?;
        change.define(key);
        return Ok(());
    }
    let _ = at.take_word("COLUMN");
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
    if at.is_symbol(Symbol::LeftParenthesis) {
        let definitions = definition::items(at, change.statement)?;
        change.definitions.extend(definitions);
        return Ok(());
    }
    let column = definition::column(at, change.statement)?;
    change.define(column);
    place(at)
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
    if at.take_words(&["PRIMARY", "KEY"]) || at.take_words(&["CONSTRAINT", "PRIMARY", "KEY"]) {
        return Ok(());
    }
    if at.take_words(&["SYSTEM", "VERSIONING"]) {
        // The rows of the past go.
        return alter_partition::lose_rows(at, change);
    }
    if at.take_words(&["PERIOD", "FOR"]) || at.take_words(&["PERIOD", "IF", "EXISTS", "FOR"]) {
        at.identifier()?;
        return Ok(());
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
    let definition = definition::column(at, change.statement)?;
    if let (Some(old), Some(new)) = (old, &definition.column) {
        renamed_column(change, old, new.clone());
    }
    change.define(definition);
    place(at)
}

/// Under its new name a column holds what it held under the old one.
fn renamed_column(change: &mut Change<'_>, old: ColumnName, new: ColumnName) {
    if old != new {
        let from = BTreeSet::from([old.clone()]);
        let flow = column_flow(&change.id, &from, &new);
        change.statement.flows.push(flow);
    }
    change.columns.extend([old, new.clone()]);
    change.added.push(new);
}

fn rename(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_word("COLUMN") {
        let _ = at.take_words(&["IF", "EXISTS"]);
        let old = at.column()?;
        at.expect_word("TO")?;
        let new = at.column()?;
        renamed_column(change, old, new);
        return Ok(());
    }
    if at.take_one_of(&["INDEX", "KEY"]).is_some() {
        let _ = at.take_words(&["IF", "EXISTS"]);
        at.identifier()?;
        at.expect_word("TO")?;
        at.identifier()?;
        return Ok(());
    }
    let _ = at.take_one_of(&["TO", "AS"]).is_some() || at.take_symbol(Symbol::Equal);
    let new = at.object()?;
    if at.is_temporary(&change.id)? {
        change
            .statement
            .withhold("RENAME of a temporary table", None);
    }
    let from = cursor::column_ids(&change.id, &change.all);
    rename::renamed(at, from, new, change.statement)?;
    change.touch_all();
    change.count_whole()
}

fn alter(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    if at.take_one_of(&["INDEX", "KEY"]).is_some() {
        let _ = at.take_words(&["IF", "EXISTS"]);
        at.identifier()?;
        return match key::visibility(at) {
            true => Ok(()),
            false => at.error("expected VISIBLE or INVISIBLE"),
        };
    }
    if at.take_one_of(&["CHECK", "CONSTRAINT"]).is_some() {
        at.identifier()?;
        let _ = at.take_word("NOT");
        // Rows that are there are checked, and an error tells of them.
        change.touch_all();
        return at.expect_word("ENFORCED");
    }
    let _ = at.take_word("COLUMN");
    let _ = at.take_words(&["IF", "EXISTS"]);
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
    column_option::default(at, &mut definition, change.statement)?;
    change.define(definition);
    Ok(())
}
