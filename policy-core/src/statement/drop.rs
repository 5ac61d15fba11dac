//! DROP and TRUNCATE of tables and views.

use crate::lex::token::Symbol;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::alter;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::check_tables;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// DROP [TEMPORARY] TABLE, DROP VIEW: any number of names.
pub(super) fn tables(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DROP")?;
    let only_temporary = at.take_word("TEMPORARY");
    if statement.kind == StatementKind::DropView {
        if at.take_word("MATERIALIZED") {
            statement.withhold("a materialized view", None);
        }
        at.expect_word("VIEW")?;
    } else if at.take_one_of(&["TABLE", "TABLES"]).is_none() {
        return at.error("expected TABLE");
    }
    let if_exists = at.take_words(&["IF", "EXISTS"]);
    let mut names = vec![at.object()?];
    while at.take_symbol(Symbol::Comma) {
        names.push(at.object()?);
        check_tables(names.len())?;
    }
    alter::wait(&mut at)?;
    let _ = at.take_one_of(&["RESTRICT", "CASCADE"]);
    at.end()?;
    for id in names {
        let table = if if_exists {
            at.table(&id)?
        } else {
            Some(at.known_table(&id)?)
        };
        let mut access = at.access(Verb::Drop, &id, table.map(all_columns).unwrap_or_default())?;
        // A base table of that name cannot be meant, and is not dropped.
        access.temporary |= only_temporary;
        access.temporary &= statement.kind != StatementKind::DropView;
        if only_temporary && at.catalog.tables.contains_key(&id) {
            statement.withhold(
                "DROP TEMPORARY TABLE with the name of a table",
                Some("write DROP TABLE"),
            );
        }
        statement.uses_temporary |= access.temporary;
        statement.effects.push(if access.temporary {
            Effect::DropTemporary(id)
        } else {
            Effect::SchemaChange(vec![id])
        });
        statement.accesses.push(access);
    }
    Ok(())
}

/// TRUNCATE [TABLE] t.
pub(super) fn truncate(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("TRUNCATE")?;
    let _ = at.take_word("TABLE");
    let id = at.object()?;
    alter::wait(&mut at)?;
    at.end()?;
    let columns = all_columns(at.known_table(&id)?);
    let access = at.access(Verb::Drop, &id, columns)?;
    statement.uses_temporary |= access.temporary;
    statement.accesses.push(access);
    Ok(())
}
