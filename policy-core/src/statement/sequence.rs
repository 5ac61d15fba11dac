//! CREATE SEQUENCE and ALTER SEQUENCE.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::unread::Unread;

/// CREATE SEQUENCE, ALTER SEQUENCE: the name, and numbers that cannot be anything else.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let verb = match at.take_one_of(&["CREATE", "ALTER"]) {
        Some("CREATE") => Verb::Create,
        _ => Verb::Alter,
    };
    if !at.take_word("SEQUENCE") {
        return unsupported(format!("that form of `{}`", statement.kind), None);
    }
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]) || at.take_words(&["IF", "EXISTS"]);
    let id = at.object()?;
    let access = at.access(verb, &id, BTreeSet::new())?;
    statement.accesses.push(access);
    statement.effects.push(Effect::SchemaChange(vec![id]));
    while let Some(token) = at.next() {
        let is_known = if let TokenKind::Word(word) = token {
            SEQUENCE_WORDS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        } else {
            matches!(
                token,
                TokenKind::Integer(_) | TokenKind::Symbol(Symbol::Equal | Symbol::Minus)
            )
        };
        if !is_known {
            return at.error("not an option of a sequence");
        }
    }
    Ok(())
}

const SEQUENCE_WORDS: &[&str] = &[
    "START",
    "WITH",
    "INCREMENT",
    "BY",
    "MINVALUE",
    "MAXVALUE",
    "NOMINVALUE",
    "NOMAXVALUE",
    "NO",
    "CACHE",
    "NOCACHE",
    "CYCLE",
    "NOCYCLE",
    "RESTART",
];
