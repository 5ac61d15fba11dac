//! What an assignment of SET names: a system variable, in the session or beyond it.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::cursor::Cursor;
use crate::unread::Unread;

/// How far an assignment reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    /// This session.
    Session,
    /// The server: GLOBAL, PERSIST, PERSIST_ONLY.
    Server,
}

/// A system variable that is set.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) scope: Scope,
    /// Lower case, with its component, if any.
    pub(super) name: String,
    /// Whether it is one word: not `component.name`, nor a word that begins another statement.
    pub(super) is_plain: bool,
}

/// `x`, `SESSION x`, `@@x`, `@@session.x`, `GLOBAL component.x`, `@@persist.x` and their like.
pub(super) fn read(at: &mut Cursor<'_>) -> Result<Target, Unread> {
    let scoped = at.peek() == Some(&TokenKind::SystemVariable);
    let mut scope = Scope::Session;
    if scoped {
        at.skip(1);
        // A scope, unless the word is the variable itself.
        if at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Dot))
            && let Some(given) = take_scope(at)
        {
            scope = given;
            at.expect_symbol(Symbol::Dot)?;
        }
    } else if at.is_word("PASSWORD") || at.is_word("ROLE") || at.is_word("STATEMENT") {
        return at.error("that must be said in a statement of its own");
    } else if let Some(given) = take_scope(at) {
        scope = given;
    }
    let mut name = part(at)?;
    let mut is_plain = true;
    if at.take_symbol(Symbol::Dot) {
        name = format!("{name}.{}", part(at)?);
        is_plain = false;
    }
    Ok(Target {
        scope,
        name,
        is_plain,
    })
}

fn take_scope(at: &mut Cursor<'_>) -> Option<Scope> {
    match at.take_one_of(&["SESSION", "LOCAL", "GLOBAL", "PERSIST", "PERSIST_ONLY"])? {
        "SESSION" | "LOCAL" => Some(Scope::Session),
        _ => Some(Scope::Server),
    }
}

fn part(at: &mut Cursor<'_>) -> Result<String, Unread> {
    let name = match at.next() {
        Some(TokenKind::Word(word)) => word.to_ascii_lowercase(),
        Some(TokenKind::QuotedIdentifier(name)) => name.to_ascii_lowercase(),
        _ => return at.error("expected a variable"),
    };
    Ok(name)
}
