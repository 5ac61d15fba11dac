//! DESCRIBE and EXPLAIN: names and types of a table, or the plan of a statement that is not run.

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::kind::StatementKind;
use crate::statement::show;
use crate::unread::Unread;

/// DESCRIBE, DESC, EXPLAIN.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    if at.take_one_of(&["DESCRIBE", "DESC", "EXPLAIN"]).is_none() {
        return runs_it();
    }
    if at.is_word("ANALYZE") {
        return runs_it();
    }
    if at.is_word("FOR") {
        return unsupported("EXPLAIN FOR", None);
    }
    statement.output = Output::ServerShaped;
    let _ = at.take_one_of(&["EXTENDED", "PARTITIONS"]);
    if at.is_word("FORMAT") && at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Equal)) {
        at.skip(2);
        if at
            .take_one_of(&["TRADITIONAL", "JSON", "TREE", "DEFAULT"])
            .is_none()
        {
            at.string()?;
        }
    }
    if at.is_word("ANALYZE") || at.is_word("INTO") || at.is_word("FOR") {
        return runs_it();
    }
    if is_rows(&at) {
        return plan(at, statement);
    }
    statement.kind = StatementKind::Describe;
    let id = at.object()?;
    show::describe(&at, id, statement)?;
    if !at.rest().is_empty() && at.string().is_err() {
        at.identifier()?;
    }
    at.end()
}

fn runs_it() -> Result<(), Unread> {
    unsupported(
        "ANALYZE, FOR or INTO with EXPLAIN",
        Some("EXPLAIN without it"),
    )
}

fn is_rows(at: &Cursor<'_>) -> bool {
    const WORDS: &[&str] = &[
        "SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "TABLE", "VALUES",
    ];
    at.is_symbol(Symbol::LeftParenthesis) || WORDS.iter().any(|word| at.is_word(word))
}

/// The plan tells about the same columns as the statement; nothing is written and no state
/// changes.
fn plan(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    facts::rows(at.input(at.rest()), statement)?;
    if statement.kind == StatementKind::SelectIntoFile {
        return unsupported("EXPLAIN of SELECT … INTO OUTFILE", None);
    }
    statement.kind = StatementKind::Explain;
    statement.output = Output::ServerShaped;
    statement.effects.clear();
    Ok(())
}
