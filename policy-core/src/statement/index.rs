//! CREATE INDEX, DROP INDEX.

use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::alter;
use crate::statement::create;
use crate::statement::cursor::Cursor;
use crate::statement::definition::Definition;
use crate::statement::draft::Draft;
use crate::statement::key;
use crate::unread::Unread;

/// CREATE [UNIQUE …] INDEX x ON t (…), DROP INDEX x ON t.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let creates = at.take_word("CREATE");
    if !creates {
        at.expect_word("DROP")?;
    }
    if creates && create::or_replace(&mut at)? {
        statement.withhold("CREATE OR REPLACE INDEX", Some("DROP the index first"));
    }
    let _ = at.take_one_of(&["ONLINE", "OFFLINE"]);
    if creates {
        let _ = at.take_one_of(&["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"]);
    }
    at.expect_word("INDEX")?;
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]) || at.take_words(&["IF", "EXISTS"]);
    // PRIMARY can only be written in quotes.
    at.identifier()?;
    key::way(&mut at)?;
    at.expect_word("ON")?;
    let id = at.object()?;
    alter::wait(&mut at)?;
    let mut definition = Definition::default();
    if creates {
        key::parts(&mut at, &mut definition, statement)?;
        while key::option(&mut at, statement)? {}
    }
    alter::wait(&mut at)?;
    while key::manner(&mut at)? {}
    at.end()?;
    let draft = Draft::of(&id, at.known_table(&id)?);
    let named = draft.settle(&at, &[definition], statement)?;
    let access = at.access(Verb::Alter, &id, named)?;
    statement.uses_temporary |= access.temporary;
    statement.effects.push(if access.temporary {
        // Its indexes are taken for the worst whatever they are, so what is known of it stays true.
        Effect::EndTransaction
    } else {
        Effect::SchemaChange(vec![id])
    });
    statement.accesses.push(access);
    Ok(())
}
