//! SHOW of names and types, with a grammar of our own: what passes is a pattern or a plain
//! condition at most, for the servers would run the subqueries of any other.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::TableId;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::kind::StatementKind;
use crate::statement::show_server;
use crate::statement::show_where;
use crate::unread::Unread;

/// SHOW of any kind, to its last token.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    statement.output = Output::ServerShaped;
    at.expect_word("SHOW")?;
    match Some(statement.kind) {
        Some(StatementKind::ShowTables) => {
            skip(&mut at, &["EXTENDED", "FULL"]);
            at.expect_word("TABLES")?;
            in_schema(&mut at, statement)?;
        }
        Some(StatementKind::ShowTableStatus | StatementKind::ShowOpenTables) => {
            at.skip(2);
            in_schema(&mut at, statement)?;
        }
        Some(StatementKind::ShowEvents | StatementKind::ShowTriggers) => {
            skip(&mut at, &["FULL"]);
            at.skip(1);
            in_schema(&mut at, statement)?;
        }
        Some(StatementKind::ShowColumns) => {
            skip(&mut at, &["EXTENDED", "FULL"]);
            of_table(&mut at, statement, &["COLUMNS", "FIELDS"])?;
        }
        Some(StatementKind::ShowIndex) => {
            skip(&mut at, &["EXTENDED"]);
            of_table(&mut at, statement, &["INDEX", "INDEXES", "KEYS"])?;
            if at.is_word("LIKE") {
                return at.error("expected WHERE");
            }
        }
        Some(StatementKind::ShowCreateTable | StatementKind::ShowCreateView) => {
            at.skip(2);
            let id = at.object()?;
            describe(&at, id, statement)?;
            return at.end();
        }
        Some(StatementKind::ShowCreateDatabase) => {
            at.skip(2);
            let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
            let schema = at.schema()?;
            let access = Cursor::schema_access(Verb::Describe, schema);
            statement.accesses.push(access);
            return at.end();
        }
        Some(
            StatementKind::ShowDatabases
            | StatementKind::ShowCharacterSet
            | StatementKind::ShowCollation,
        ) => {
            let _ = at.take_word("CHARACTER");
            at.skip(1);
        }
        Some(StatementKind::ShowEngines | StatementKind::ShowPrivileges) => {
            let _ = at.take_word("STORAGE");
            at.skip(1);
            return at.end();
        }
        Some(StatementKind::ShowWarnings) => return warnings(at),
        Some(StatementKind::ShowVariables | StatementKind::ShowStatus) => {
            let _ = at.take_one_of(&["GLOBAL", "SESSION", "LOCAL"]);
            at.skip(1);
            return show_where::variables(&mut at, statement);
        }
        _ => return show_server::read(at, statement),
    }
    show_where::pattern(&mut at, statement)
}

fn skip(at: &mut Cursor<'_>, words: &[&str]) {
    for word in words {
        let _ = at.take_word(word);
    }
}

/// `[FROM schema]`, else the default schema.
fn in_schema(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let schema = if at.take_one_of(&["FROM", "IN"]).is_some() {
        at.schema()?
    } else {
        TableId::new(at.default_schema()?, "".into())
    };
    statement
        .accesses
        .push(Cursor::schema_access(Verb::Describe, schema));
    Ok(())
}

/// `COLUMNS FROM t [FROM schema]`.
fn of_table(
    at: &mut Cursor<'_>,
    statement: &mut Statement,
    words: &[&'static str],
) -> Result<(), Unread> {
    if at.take_one_of(words).is_none() || at.take_one_of(&["FROM", "IN"]).is_none() {
        return at.error("expected FROM and a table");
    }
    let id = match (at.peek(), at.peek_at(1)) {
        // `FROM t FROM schema` needs no default schema.
        (Some(_), Some(TokenKind::Word(word)))
            if ["FROM", "IN"].iter().any(|w| word.eq_ignore_ascii_case(w)) =>
        {
            let table = at.identifier()?;
            at.skip(1);
            let schema = at.schema()?;
            let case = at.catalog.table_name_case;
            TableId::new(case.fold(schema.schema()), case.fold(&table))
        }
        _ => {
            let id = at.object()?;
            // Of `FROM a.t FROM b` both servers take `b`.
            if at.take_one_of(&["FROM", "IN"]).is_some() {
                let schema = at.schema()?;
                let case = at.catalog.table_name_case;
                TableId::new(case.fold(schema.schema()), case.fold(id.table()))
            } else {
                id
            }
        }
    };
    describe(at, id, statement)
}

/// An access that shows all names and types of a table.
pub(super) fn describe(
    at: &Cursor<'_>,
    id: TableId,
    statement: &mut Statement,
) -> Result<(), Unread> {
    // The servers' own schemas are not in the catalog; their tables are described, not read.
    let columns = if id.schema().eq_ignore_ascii_case("information_schema") {
        BTreeSet::new()
    } else {
        all_columns(at.known_table(&id)?)
    };
    let access = at.access(Verb::Describe, &id, columns)?;
    statement.uses_temporary |= access.temporary;
    statement.accesses.push(access);
    Ok(())
}

/// `WARNINGS`, `ERRORS`, `COUNT(*) WARNINGS`, with `LIMIT`.
fn warnings(mut at: Cursor<'_>) -> Result<(), Unread> {
    if at.take_word("COUNT") {
        at.expect_symbol(Symbol::LeftParenthesis)?;
        at.expect_symbol(Symbol::Star)?;
        at.expect_symbol(Symbol::RightParenthesis)?;
        if at.take_one_of(&["WARNINGS", "ERRORS"]).is_none() {
            return at.error("expected WARNINGS");
        }
        return at.end();
    }
    if at.take_one_of(&["WARNINGS", "ERRORS"]).is_none() {
        return at.error("expected WARNINGS");
    }
    show_server::limit(&mut at)?;
    at.end()
}
