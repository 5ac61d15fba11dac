//! CREATE, ALTER and DROP DATABASE.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::create;
use crate::statement::cursor::Cursor;
use crate::statement::definition::text;
use crate::statement::table_option;
use crate::unread::Unread;

/// CREATE, ALTER, DROP DATABASE.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let verb = match at.take_one_of(&["CREATE", "ALTER", "DROP"]) {
        Some("CREATE") => Verb::Create,
        Some("ALTER") => Verb::Alter,
        _ => Verb::Drop,
    };
    if verb == Verb::Create && create::or_replace(&mut at)? {
        statement.withhold("CREATE OR REPLACE DATABASE", None);
    }
    if at.take_one_of(&["DATABASE", "SCHEMA"]).is_none() {
        return at.error("expected DATABASE");
    }
    if verb == Verb::Create {
        let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
    } else if verb == Verb::Drop {
        let _ = at.take_words(&["IF", "EXISTS"]);
    }
    let schema = match verb == Verb::Alter && is_option(&at) {
        true => TableId::new(at.default_schema()?, "".into()),
        false => at.schema()?,
    };
    if verb != Verb::Drop {
        let is_changed = option(&mut at, verb, statement)?;
        while option(&mut at, verb, statement)? {}
        if verb == Verb::Alter && !is_changed {
            return at.error("expected an option of the database");
        }
    }
    at.end()?;
    statement
        .effects
        .push(Effect::SchemaChange(vec![schema.clone()]));
    statement.accesses.push(Cursor::schema_access(verb, schema));
    Ok(())
}

/// Whether an option stands where the name could be: then the default schema is meant. CHARSET and
/// ENCRYPTION are names there, for both servers.
fn is_option(at: &Cursor<'_>) -> bool {
    let is_comment = at.is_word("COMMENT")
        && matches!(
            at.peek_at(1),
            Some(TokenKind::String { .. } | TokenKind::Symbol(Symbol::Equal))
        );
    is_comment
        || at.are_words(&["READ", "ONLY"])
        || ["DEFAULT", "CHARACTER", "COLLATE"]
            .iter()
            .any(|word| at.is_word(word))
}

/// One option of a database; false if none comes next.
fn option(at: &mut Cursor<'_>, verb: Verb, statement: &mut Statement) -> Result<bool, Unread> {
    if table_option::charset(at)? {
        return Ok(true);
    }
    if at.take_word("COMMENT") {
        let _ = at.take_symbol(Symbol::Equal);
        text(at)?;
        return Ok(true);
    }
    if at.take_words(&["DEFAULT", "ENCRYPTION"]) || at.take_word("ENCRYPTION") {
        let _ = at.take_symbol(Symbol::Equal);
        text(at)?;
        statement.withhold(
            "ENCRYPTION as an option of a database",
            Some("leave it out"),
        );
        return Ok(true);
    }
    if verb != Verb::Alter {
        return Ok(false);
    }
    if at.take_words(&["READ", "ONLY"]) {
        let _ = at.take_symbol(Symbol::Equal);
        if !at.take_word("DEFAULT") {
            at.integer()?;
        }
        statement.withhold("READ ONLY as an option of a database", Some("leave it out"));
        return Ok(true);
    }
    if at.take_words(&["UPGRADE", "DATA", "DIRECTORY", "NAME"]) {
        statement.withhold("UPGRADE DATA DIRECTORY NAME", None);
        return Ok(true);
    }
    Ok(false)
}
