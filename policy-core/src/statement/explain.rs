//! DESCRIBE, EXPLAIN and ANALYZE: names and types of a table, or the plan of a statement.

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::session::SessionContext;
use crate::statement::Effect;
use crate::statement::Lift;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::head;
use crate::statement::kind::StatementKind;
use crate::statement::show;
use crate::unread::Unread;

/// DESCRIBE, DESC, EXPLAIN; ANALYZE of a statement, which MariaDB has.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    statement.output = Output::ServerShaped;
    if at.take_word("ANALYZE") {
        format(&mut at)?;
        return run(at, statement);
    }
    if at.take_one_of(&["DESCRIBE", "DESC", "EXPLAIN"]).is_none() {
        return at.error("expected EXPLAIN");
    }
    if !describes(&at) {
        return explain(at, statement);
    }
    statement.kind = StatementKind::Describe;
    let id = at.object()?;
    show::describe(&at, id, statement)?;
    if !at.rest().is_empty() && at.string().is_err() {
        at.identifier()?;
    }
    at.end()
}

/// Whether a table's name follows, and at most a column or a pattern: no option stands there, and
/// no statement.
fn describes(at: &Cursor<'_>) -> bool {
    const OPTIONS: &[&str] = &["ANALYZE", "EXTENDED", "PARTITIONS", "INTO", "FOR"];
    let is_option = |word: &&str| at.is_word(word);
    // `DESCRIBE partitions` describes a table of that name.
    let alone = at.rest().len() == 1;
    let dotted = at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Dot));
    let takes_option = !alone && !dotted && OPTIONS.iter().any(is_option);
    !(takes_option || has_format(at) || is_rows(at))
}

fn has_format(at: &Cursor<'_>) -> bool {
    at.is_word("FORMAT") && at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Equal))
}

/// The options before a statement, in the order of both servers.
fn explain(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let runs = at.take_word("ANALYZE");
    if at.take_word("EXTENDED") {
        let _ = at.take_word("ALL");
    } else {
        let _ = at.take_word("PARTITIONS");
    }
    format(&mut at)?;
    if at.take_word("INTO") {
        let Some(TokenKind::UserVariable(name)) = at.next() else {
            return at.error("expected a user variable");
        };
        statement.withhold_until(Lift::Unprotected, RUNS, Some(PLAIN));
        statement
            .effects
            .push(Effect::SetUserVariable(name.to_lowercase()));
    }
    if at.take_words(&["FOR", "CONNECTION"]) {
        // The plan of what another session runs.
        statement.withhold("EXPLAIN FOR", None);
        facts::expressions(at.input(at.rest()), statement)?;
        return Ok(());
    }
    if at.take_words(&["FOR", "SCHEMA"]) || at.take_words(&["FOR", "DATABASE"]) {
        statement.withhold("EXPLAIN FOR SCHEMA", Some("USE the schema first"));
        let name = at.identifier()?;
        let session = SessionContext {
            default_schema: Some(at.catalog.table_name_case.fold(&name)),
            ..at.session.clone()
        };
        let at = at.under(&session);
        return if runs {
            run(at, statement)
        } else {
            plan(at, statement)
        };
    }
    if runs {
        run(at, statement)
    } else {
        plan(at, statement)
    }
}

/// `FORMAT = JSON`.
fn format(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if !has_format(at) {
        return Ok(());
    }
    at.skip(2);
    let named = at.take_one_of(&[
        "TRADITIONAL",
        "TRADITIONAL_STRICT",
        "JSON",
        "TREE",
        "DEFAULT",
    ]);
    if named.is_none() {
        at.string()?;
    }
    Ok(())
}

/// ANALYZE runs the statement: one that changes rows would change them under the name of a plan.
fn run(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let kind = head::kind_of(&at)?;
    let reads = matches!(
        kind,
        StatementKind::Select | StatementKind::Table | StatementKind::Values
    );
    let lift = if reads {
        Lift::Unprotected
    } else {
        Lift::Never
    };
    statement.withhold_until(lift, RUNS, Some(PLAIN));
    plan(at, statement)
}

const RUNS: &str = "ANALYZE, FOR or INTO with EXPLAIN";
const PLAIN: &str = "EXPLAIN without it";

fn is_rows(at: &Cursor<'_>) -> bool {
    const WORDS: &[&str] = &[
        "SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "TABLE", "VALUES",
    ];
    at.is_symbol(Symbol::LeftParenthesis) || WORDS.iter().any(|word| at.is_word(word))
}

/// The plan tells about the same columns as the statement; nothing is written and no state
/// changes, unless the plan itself is kept.
fn plan(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    if !is_rows(&at) {
        return at.error("expected a statement over rows");
    }
    let kept = std::mem::take(&mut statement.effects);
    facts::rows(at.input(at.rest()), statement)?;
    if statement.kind == StatementKind::SelectIntoFile {
        statement.withhold("EXPLAIN of SELECT … INTO OUTFILE", None);
    }
    statement.kind = StatementKind::Explain;
    statement.output = Output::ServerShaped;
    statement.effects = kept;
    Ok(())
}
