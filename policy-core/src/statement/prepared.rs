//! Dynamic SQL: PREPARE, EXECUTE, EXECUTE IMMEDIATE and DEALLOCATE PREPARE.
//!
//! A literal, and what a known name stands for, is read like any other text: its facts become
//! those of the statement that carries it. Any other text is not known before it runs.

use std::sync::Arc;

use crate::charset::ClientCharset;
use crate::facts;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::read;
use crate::server::ServerKind;
use crate::session::PreparedText;
use crate::session::PreparedTexts;
use crate::session::SessionContext;
use crate::statement::Effect;
use crate::statement::Lift;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Withheld;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// PREPARE, EXECUTE, EXECUTE IMMEDIATE, DEALLOCATE PREPARE, DROP PREPARE.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    if at.is_carried {
        statement.withhold("dynamic SQL within dynamic SQL", Some(NESTED_HINT));
    }
    if at.take_word("PREPARE") {
        return prepare(at, statement);
    }
    if at.take_words(&["EXECUTE", "IMMEDIATE"]) {
        return execute_immediate(at, statement);
    }
    if at.take_word("EXECUTE") {
        return execute(at, statement);
    }
    if at.take_one_of(&["DEALLOCATE", "DROP"]).is_none() {
        return at.error("expected DEALLOCATE");
    }
    at.expect_word("PREPARE")?;
    let name = name(&mut at, statement)?;
    statement.effects.push(Effect::Deallocate(name));
    at.end()
}

const NESTED_HINT: &str = "send the statement itself";

/// PREPARE name FROM text: runs nothing, and tells whether its text could run.
fn prepare(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let name = name(&mut at, statement)?;
    at.expect_word("FROM")?;
    let text = text(&at, at.rest(), statement)?;
    let prepared = PreparedText::now(text.clone(), at.session);
    if let Some(text) = text.filter(|_| !at.is_carried) {
        let carried = read::carried(&text, at.session, at.catalog)?;
        adopt(statement, carried);
        statement.output = Output::None;
        statement.effects.clear();
    }
    statement.effects.push(Effect::Prepare { name, prepared });
    Ok(())
}

/// EXECUTE IMMEDIATE text [USING value, …].
fn execute_immediate(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let (source, values) = split_using(&at);
    let text = text(&at, source, statement)?;
    match text {
        Some(text) if !at.is_carried => {
            let carried = read::carried(&text, at.session, at.catalog)?;
            adopt(statement, carried);
        }
        Some(_) => {}
        None => runs_anything(statement),
    }
    bind(&at, values, statement)
}

/// EXECUTE name [USING value, …].
fn execute(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let written = at;
    let name = name(&mut at, statement)?;
    let (rest, values) = split_using(&at);
    at.over(rest).end()?;
    if at.is_carried {
        return bind(&at, values, statement);
    }
    let PreparedTexts::Known(texts) = &at.session.prepared else {
        return unsupported(
            "EXECUTE after something that may have prepared other statements",
            Some("PREPARE it again"),
        );
    };
    let Some(prepared) = texts.get(&name) else {
        return Err(Unread::UnknownName {
            what: "prepared statement",
            name: written.over(written.rest()).identifier()?,
        });
    };
    match &prepared.text {
        Some(text) => adopt(statement, read_again(&at, text, prepared)?),
        None => {
            statement.withheld.push(unread_text("EXECUTE"));
            runs_anything(statement);
        }
    }
    bind(&at, values, statement)
}

/// Reads a text that was prepared earlier. MariaDB keeps the tokens of PREPARE, MySQL makes them
/// anew under the state of EXECUTE when it pleases: both must come to the same.
fn read_again(at: &Cursor<'_>, text: &[u8], prepared: &PreparedText) -> Result<Statement, Unread> {
    let now = prepared.as_prepared_again(at.session);
    let again = read::carried(text, &now, at.catalog)?;
    if !prepared.lexes_otherwise(at.session) {
        return Ok(again);
    }
    let kept = read::carried(text, &prepared.as_prepared(at.session), at.catalog)?;
    let same = read::same_facts(vec![again], vec![kept]);
    match same.ok().and_then(|mut statements| statements.pop()) {
        Some(statement) => Ok(statement),
        None => unsupported(
            "EXECUTE of a text that means something else under the session's present mode",
            Some("PREPARE it again"),
        ),
    }
}

/// What is carried becomes what the statement does; where things stand stays that of the outer
/// text, and so do its parameters.
pub(super) fn adopt(statement: &mut Statement, carried: Statement) {
    let Statement {
        kind,
        span: _,
        through,
        withheld,
        accesses,
        functions,
        routines,
        output,
        influences,
        flows,
        effects,
        filter,
        parameters: _,
        literals: _,
        reads_user_variables,
        uses_temporary,
        reads_variables,
        lists_variables,
        hidden_outputs,
        client_file,
    } = carried;
    statement.client_file = client_file;
    statement.through.push(statement.kind);
    statement.through.extend(through);
    statement.kind = kind;
    statement.withheld.extend(withheld);
    statement.accesses.extend(accesses);
    statement.functions.extend(functions);
    statement.routines.extend(routines);
    statement.output = output;
    statement.influences.extend(influences);
    statement.flows.extend(flows);
    statement.effects.extend(effects);
    statement.filter = filter;
    statement.reads_user_variables |= reads_user_variables;
    statement.uses_temporary |= uses_temporary;
    statement.reads_variables.extend(reads_variables);
    statement.lists_variables = lists_variables;
    statement.hidden_outputs = hidden_outputs;
}

/// The text, where it is one literal; where it is not, it is withheld.
fn text(
    at: &Cursor<'_>,
    tokens: &[Token<'_>],
    statement: &mut Statement,
) -> Result<Option<Arc<[u8]>>, Unread> {
    if let [token] = tokens
        && let TokenKind::String {
            value,
            introducer: None,
        } = &token.kind
    {
        if !reaches_as_written(value, at.session) {
            return unsupported(
                "a prepared text with such characters",
                Some("send the statement itself"),
            );
        }
        return Ok(Some(Arc::from(value.as_ref())));
    }
    let expressions = facts::expressions(at.over(tokens).input(tokens), statement)?;
    let [expression] = expressions.as_slice() else {
        return at.error("expected one text");
    };
    if !expression.sources.is_empty() {
        statement.withhold("a query for the text of a statement", Some(NESTED_HINT));
    }
    let is_prepare = statement.kind == StatementKind::Prepare;
    let what = if is_prepare {
        "PREPARE"
    } else {
        "EXECUTE IMMEDIATE"
    };
    statement.withheld.push(unread_text(what));
    Ok(None)
}

fn unread_text(what: &str) -> Withheld {
    Withheld {
        construct: format!("{what} of a text that is not written in the statement"),
        hint: Some(NESTED_HINT),
        lift: Lift::KindUnread,
    }
}

/// Servers convert the text to a set of their own (MySQL to utf8mb3) and read the result as if the
/// client had sent it: only these characters stay what they are.
fn reaches_as_written(text: &[u8], session: &SessionContext) -> bool {
    if text.is_ascii() {
        return true;
    }
    let is_mariadb = session.server.kind == ServerKind::MariaDb;
    let has_four_bytes = |text: &str| text.chars().any(|c| c.len_utf8() == 4);
    let is_utf8 = |charset| matches!(charset, ClientCharset::Utf8mb4 | ClientCharset::Utf8mb3);
    is_utf8(session.client_charset)
        && session.client_charset == session.connection_charset
        && std::str::from_utf8(text).is_ok_and(|text| is_mariadb || !has_four_bytes(text))
}

/// A text that nobody read may have done anything, and answers with anything.
fn runs_anything(statement: &mut Statement) {
    statement.output = Output::ServerShaped;
    statement.effects.push(Effect::Anything);
}

/// What stands before and behind USING, where it stands outside of parentheses.
fn split_using<'a>(at: &Cursor<'a>) -> (&'a [Token<'a>], Option<&'a [Token<'a>]>) {
    let tokens = at.rest();
    match at.distance_to("USING") {
        Some(distance) => {
            let (before, behind) = tokens.split_at(distance.min(tokens.len()));
            (before, behind.get(1..))
        }
        None => (tokens, None),
    }
}

/// The values of USING: no server takes a query there.
fn bind<'a>(
    at: &Cursor<'a>,
    values: Option<&'a [Token<'a>]>,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let Some(values) = values else {
        return Ok(());
    };
    let expressions = facts::expressions(at.input(values), statement)?;
    if expressions.is_empty() {
        return at.error("expected a value");
    }
    if expressions.iter().any(|value| !value.sources.is_empty()) {
        statement.withhold("a query among the values of EXECUTE", Some(NESTED_HINT));
    }
    Ok(())
}

/// A statement's name in lower case. MySQL compares names by utf8mb3_general_ci, MariaDB does not:
/// the names that they would compare differently are not used.
fn name(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<String, Unread> {
    let name = at.identifier()?;
    if !name.is_ascii() || name.ends_with(' ') {
        statement.withhold(
            "such a name for a prepared statement",
            Some("use letters from a to z"),
        );
    }
    Ok(name.to_ascii_lowercase())
}
