//! DROP and TRUNCATE of tables and views, and the statements over databases.

use crate::lex::token::Symbol;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::unsupported;
use crate::statement::kind::StatementKind;
use crate::statement::table_option;
use crate::unread::Unread;

/// DROP [TEMPORARY] TABLE, DROP VIEW: any number of names.
pub(super) fn tables(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DROP")?;
    let only_temporary = at.take_word("TEMPORARY");
    if at.take_one_of(&["TABLE", "TABLES", "VIEW"]).is_none() {
        return unsupported(format!("that form of `{}`", statement.kind), None);
    }
    let if_exists = at.take_words(&["IF", "EXISTS"]);
    loop {
        let id = at.object()?;
        let table = if if_exists {
            at.table(&id)?
        } else {
            Some(at.known_table(&id)?)
        };
        let mut access = at.access(Verb::Drop, &id, table.map(all_columns).unwrap_or_default())?;
        // A base table of that name cannot be meant, and is not dropped.
        access.temporary |= only_temporary;
        if only_temporary && at.catalog.tables.contains_key(&id) {
            return unsupported(
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
        if !at.take_symbol(Symbol::Comma) {
            break;
        }
    }
    let _ = at.take_one_of(&["RESTRICT", "CASCADE"]);
    at.end()
}

/// TRUNCATE [TABLE] t.
pub(super) fn truncate(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("TRUNCATE")?;
    let _ = at.take_word("TABLE");
    let id = at.object()?;
    let columns = all_columns(at.known_table(&id)?);
    at.end()?;
    let access = at.access(Verb::Drop, &id, columns)?;
    statement.uses_temporary |= access.temporary;
    statement.accesses.push(access);
    Ok(())
}

/// CREATE, ALTER, DROP DATABASE.
pub(super) fn database(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let _ = at.take_one_of(&["CREATE", "ALTER", "DROP"]);
    if at.is_word("OR") {
        return unsupported("CREATE OR REPLACE DATABASE", None);
    }
    if at.take_one_of(&["DATABASE", "SCHEMA"]).is_none() {
        return at.error("expected DATABASE");
    }
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]) || at.take_words(&["IF", "EXISTS"]);
    let schema = at.schema()?;
    let verb = match Some(statement.kind) {
        Some(StatementKind::CreateDatabase) => Verb::Create,
        Some(StatementKind::AlterDatabase) => Verb::Alter,
        _ => Verb::Drop,
    };
    if verb != Verb::Drop {
        while table_option::charset(&mut at)? {}
    }
    at.end()?;
    statement
        .effects
        .push(Effect::SchemaChange(vec![schema.clone()]));
    statement.accesses.push(Cursor::schema_access(verb, schema));
    Ok(())
}
