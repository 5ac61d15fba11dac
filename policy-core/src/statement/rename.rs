//! RENAME TABLE: under its new name no entry of a policy protects what a table holds.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::alter;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::check_tables;
use crate::statement::cursor::column_ids;
use crate::unread::Unread;

/// RENAME TABLE a TO b, c TO d: one pair after the other, so that two tables can change places.
pub(super) fn tables(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("RENAME")?;
    if at.take_one_of(&["TABLE", "TABLES"]).is_none() {
        return at.error("expected TABLE");
    }
    let _ = at.take_words(&["IF", "EXISTS"]);
    let mut pairs = Vec::new();
    loop {
        let old = at.object()?;
        alter::wait(&mut at)?;
        at.expect_word("TO")?;
        pairs.push((old, at.object()?));
        check_tables(pairs.len())?;
        if !at.take_symbol(Symbol::Comma) {
            break;
        }
    }
    at.end()?;
    // What a name stands for after the pairs so far.
    let mut moved: BTreeMap<TableId, BTreeSet<ColumnId>> = BTreeMap::new();
    for (old, new) in pairs {
        let sources = match moved.remove(&old) {
            Some(sources) => sources,
            None => column_ids(&old, &all_columns(at.known_table(&old)?)),
        };
        let columns = sources.iter().map(|source| source.column.clone()).collect();
        let access = at.access(Verb::Alter, &old, columns)?;
        if access.temporary {
            statement.withhold("RENAME of a temporary table", None);
        }
        statement.accesses.push(access);
        statement.effects.push(Effect::SchemaChange(vec![old]));
        renamed(&at, sources.clone(), new.clone(), statement)?;
        moved.insert(new, sources);
    }
    Ok(())
}

/// What those columns hold is found under a new name.
pub(super) fn renamed(
    at: &Cursor<'_>,
    sources: BTreeSet<ColumnId>,
    new: TableId,
    statement: &mut Statement,
) -> Result<(), Unread> {
    statement.flows.push(Flow {
        sources,
        target: FlowTarget::NewTable(new.clone()),
        literal: false,
    });
    let access = at.access(Verb::Create, &new, BTreeSet::new())?;
    statement.accesses.push(access);
    statement.effects.push(Effect::SchemaChange(vec![new]));
    Ok(())
}
