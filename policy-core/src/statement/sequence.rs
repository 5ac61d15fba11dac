//! CREATE, ALTER and DROP SEQUENCE of MariaDB.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::alter;
use crate::statement::create;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::check_tables;
use crate::statement::table_option;
use crate::unread::Unread;

/// CREATE SEQUENCE, ALTER SEQUENCE: a name, and numbers.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let creates = at.take_word("CREATE");
    if !creates {
        at.expect_word("ALTER")?;
    }
    let replaces = creates && create::or_replace(&mut at)?;
    let temporary = creates && at.take_word("TEMPORARY");
    at.expect_word("SEQUENCE")?;
    let _ = match creates {
        true => at.take_words(&["IF", "NOT", "EXISTS"]),
        false => at.take_words(&["IF", "EXISTS"]),
    };
    let id = at.object()?;
    if !creates {
        alter::wait(&mut at)?;
    }
    while number(&mut at, creates)? {}
    table_option::list(&mut at, statement)?;
    at.end()?;
    // A sequence is a table of one row, and replaces a table of any kind.
    if replaces && at.table(&id)?.is_some() {
        statement.withhold(
            "CREATE OR REPLACE SEQUENCE over a table that exists",
            Some("DROP it first"),
        );
    }
    let verb = if creates { Verb::Create } else { Verb::Alter };
    let mut access = at.access(verb, &id, BTreeSet::new())?;
    access.temporary |= temporary;
    if creates {
        access.temporary = temporary;
    }
    statement.uses_temporary |= access.temporary;
    if temporary {
        statement.withhold("a temporary sequence", None);
    }
    statement.effects.push(if temporary {
        Effect::CreateTemporary(id)
    } else {
        Effect::SchemaChange(vec![id])
    });
    statement.accesses.push(access);
    Ok(())
}

/// One option with its number; false if none comes next.
fn number(at: &mut Cursor<'_>, creates: bool) -> Result<bool, Unread> {
    const ALONE: &[&[&str]] = &[
        &["NOMINVALUE"],
        &["NOMAXVALUE"],
        &["NOCACHE"],
        &["NOCYCLE"],
        &["CYCLE"],
        &["NO", "MINVALUE"],
        &["NO", "MAXVALUE"],
        &["NO", "CACHE"],
        &["NO", "CYCLE"],
    ];
    if ALONE.iter().any(|words| at.take_words(words)) {
        return Ok(true);
    }
    if at.take_word("AS") {
        const TYPES: &[&str] = &[
            "TINYINT",
            "SMALLINT",
            "MEDIUMINT",
            "INT",
            "INTEGER",
            "BIGINT",
        ];
        if at.take_one_of(TYPES).is_none() {
            return at.error("not the type of a sequence");
        }
        let _ = at.take_one_of(&["SIGNED", "UNSIGNED"]);
        return Ok(true);
    }
    if !creates && at.take_word("RESTART") {
        let is_given = at.take_word("WITH") || at.take_symbol(Symbol::Equal);
        let mut ahead = *at;
        if is_given || integer(&mut ahead).is_ok() {
            integer(at)?;
        }
        return Ok(true);
    }
    if at.take_one_of(&["MINVALUE", "MAXVALUE", "CACHE"]).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
    } else if at.take_word("START") {
        let _ = at.take_word("WITH") || at.take_symbol(Symbol::Equal);
    } else if at.take_word("INCREMENT") {
        let _ = at.take_word("BY") || at.take_symbol(Symbol::Equal);
    } else {
        return Ok(false);
    }
    integer(at)?;
    Ok(true)
}

fn integer(at: &mut Cursor<'_>) -> Result<(), Unread> {
    let _ = at.take_symbol(Symbol::Minus) || at.take_symbol(Symbol::Plus);
    at.integer().map(|_| ())
}

/// DROP SEQUENCE: any number of names.
pub(super) fn drop(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("DROP")?;
    let temporary = at.take_word("TEMPORARY");
    at.expect_word("SEQUENCE")?;
    let _ = at.take_words(&["IF", "EXISTS"]);
    loop {
        check_tables(statement.accesses.len() + 1)?;
        let id = at.object()?;
        let columns = at.table(&id)?.map(all_columns).unwrap_or_default();
        let mut access = at.access(Verb::Drop, &id, columns)?;
        if temporary {
            access.temporary = true;
        }
        statement.uses_temporary |= access.temporary;
        statement.effects.push(if access.temporary {
            Effect::DropTemporary(id)
        } else {
            Effect::SchemaChange(vec![id])
        });
        statement.accesses.push(access);
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}
