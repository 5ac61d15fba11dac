//! USE.

use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::unread::Unread;

/// USE schema.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("USE")?;
    let schema = at.schema()?;
    at.end()?;
    let name = schema.schema().to_owned();
    let is_known = at.catalog.schemas.contains(name.as_str())
        || name.eq_ignore_ascii_case("information_schema");
    if !is_known {
        return Err(Unread::UnknownName {
            what: "schema",
            name,
        });
    }
    statement
        .accesses
        .push(Cursor::schema_access(Verb::Describe, schema));
    statement.effects.push(Effect::UseSchema(name));
    Ok(())
}
