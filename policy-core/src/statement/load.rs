//! LOAD DATA, LOAD XML and HANDLER: tables are filled from files and read by their index, which no
//! rule can allow; which tables and columns is told all the same.

use std::collections::BTreeSet;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::server;
use crate::unread::Unread;

/// LOAD DATA, LOAD XML.
pub(super) fn data(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let assigned = assignments(&at);
    let before = at.rest().len() - assigned.map_or(0, <[Token<'_>]>::len);
    let head = at.over(at.rest().get(..before).unwrap_or_default());
    let found = grammar::read(head, Grammar(LOAD))?;
    let Some(id) = found.tables.first() else {
        return at.error("expected a table");
    };
    let table = at.known_table(id)?;
    let fields = found.columns.iter().cloned().collect::<BTreeSet<_>>();
    let is_whole = !found.rules.contains(&"fields");
    let columns = if is_whole { all_columns(table) } else { fields };
    write(&at, id, columns, statement)?;
    if found.rules.contains(&"replace") {
        let access = at.access(Verb::Delete, id, all_columns(table))?;
        statement.accesses.push(access);
    }
    for variable in found.variables {
        statement.effects.push(Effect::SetUserVariable(variable));
    }
    if let Some(assigned) = assigned {
        let kind = statement.kind;
        let tokens = as_insert(&at, id, assigned);
        facts::rows(at.input(&tokens), statement)?;
        statement.kind = kind;
    }
    statement.output = Output::None;
    server::withhold_never(statement);
    Ok(())
}

/// What a file holds flows into the columns.
fn write(
    at: &Cursor<'_>,
    id: &TableId,
    columns: BTreeSet<ColumnName>,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let table = at.known_table(id)?;
    for column in &columns {
        if !table.columns.iter().any(|own| own.name == *column) {
            return Err(Unread::UnknownName {
                what: "column",
                name: column.to_string(),
            });
        }
        statement.flows.push(Flow {
            sources: BTreeSet::new(),
            target: FlowTarget::Column(ColumnId {
                table: id.clone(),
                column: column.clone(),
            }),
            literal: false,
        });
    }
    let access = at.access(Verb::Insert, id, columns)?;
    statement.uses_temporary |= access.temporary;
    statement.accesses.push(access);
    Ok(())
}

/// The tokens from a SET outside of parentheses on.
fn assignments<'a>(at: &Cursor<'a>) -> Option<&'a [Token<'a>]> {
    // `CHARACTER SET` names how the file is written.
    let mut rest = *at;
    loop {
        let distance = rest.distance_to("SET")?;
        let is_charset = distance > 0 && rest.is_word_at(distance - 1, "CHARACTER");
        rest.skip(distance);
        if !is_charset {
            return Some(rest.rest());
        }
        rest.skip(1);
    }
}

/// `INSERT INTO table SET …` has the facts of what LOAD DATA … SET … computes.
fn as_insert<'a>(at: &Cursor<'a>, id: &TableId, assigned: &[Token<'a>]) -> Vec<Token<'a>> {
    let head = [TokenKind::Word("INSERT"), TokenKind::Word("INTO")];
    over_table(&head, id, at.rest(), assigned)
}

/// The tokens of `head schema.table rest`; those that nobody wrote stand where `place` begins.
fn over_table<'a>(
    head: &[TokenKind<'a>],
    id: &TableId,
    place: &[Token<'a>],
    rest: &[Token<'a>],
) -> Vec<Token<'a>> {
    let span = place.first().map_or(0..0, |token| token.span.clone());
    let name = |text: &str| TokenKind::QuotedIdentifier(text.to_owned().into());
    let object = [
        name(id.schema()),
        TokenKind::Symbol(Symbol::Dot),
        name(id.table()),
    ];
    let made = head.iter().cloned().chain(object).map(|kind| Token {
        kind,
        span: span.clone(),
        spaced: true,
    });
    made.chain(rest.iter().cloned()).collect()
}

const LOAD: &[(&str, &str)] = &[
    (
        "load",
        "LOAD DATA/XML [ LOW_PRIORITY/CONCURRENT ] [ FROM ] [ LOCAL ] INFILE string
         [ <replace> | IGNORE ] INTO TABLE table [ PARTITION ( name,... ) ]
         [ { CHARACTER SET | CHARSET } { text | BINARY | DEFAULT } ]
         [ ROWS IDENTIFIED BY { string | bits } ]
         [ FIELDS/COLUMNS <field> { <field> }* ] [ LINES <line> { <line> }* ]
         [ IGNORE number LINES/ROWS ] [ ( [ <fields> ] ) ]",
    ),
    ("replace", "REPLACE"),
    (
        "field",
        "TERMINATED BY { string | bits } | [ OPTIONALLY ] ENCLOSED BY { string | bits }
         | ESCAPED BY { string | bits }",
    ),
    ("line", "STARTING/TERMINATED BY { string | bits }"),
    ("fields", "{ variable | column },..."),
];

/// HANDLER t OPEN, READ, CLOSE.
pub(super) fn handler(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("HANDLER")?;
    let id = at.object()?;
    if at.take_word("OPEN") {
        if !at.rest().is_empty() {
            let _ = at.take_word("AS");
            at.identifier()?;
        }
    } else if at.take_word("READ") {
        condition(&mut at, &id, statement)?;
        statement.output = Output::ServerShaped;
    } else {
        at.expect_word("CLOSE")?;
    }
    at.end()?;
    let columns = all_columns(at.known_table(&id)?);
    statement
        .accesses
        .push(at.access(Verb::Read, &id, columns)?);
    server::withhold_never(statement);
    Ok(())
}

/// `FIRST | NEXT` or `index FIRST | … | index = (values)`, then WHERE and LIMIT as of a query.
fn condition(at: &mut Cursor<'_>, id: &TableId, statement: &mut Statement) -> Result<(), Unread> {
    const STEPS: &[&str] = &["FIRST", "NEXT", "PREV", "LAST"];
    if at.take_one_of(&["FIRST", "NEXT"]).is_none() {
        if !at.take_word("PRIMARY") {
            at.identifier()?;
        }
        if at.take_one_of(STEPS).is_none() {
            let comparison = [
                Symbol::Equal,
                Symbol::LessOrEqual,
                Symbol::GreaterOrEqual,
                Symbol::Less,
                Symbol::Greater,
            ];
            if !comparison.iter().any(|symbol| at.take_symbol(*symbol)) {
                return at.error("expected a place in the index");
            }
            let values = at.group()?;
            facts::expressions(at.input(values), statement)?;
        }
    }
    let rest = at.rest();
    at.skip(rest.len());
    if rest.is_empty() {
        return Ok(());
    }
    if !at.over(rest).is_word("WHERE") && !at.over(rest).is_word("LIMIT") {
        return at.over(rest).error("expected WHERE or LIMIT");
    }
    let kind = statement.kind;
    let tokens = as_select(rest, id);
    facts::rows(at.input(&tokens), statement)?;
    statement.kind = kind;
    Ok(())
}

/// `SELECT * FROM table WHERE …` is what HANDLER … READ … WHERE … shows.
fn as_select<'a>(rest: &[Token<'a>], id: &TableId) -> Vec<Token<'a>> {
    let head = [
        TokenKind::Word("SELECT"),
        TokenKind::Symbol(Symbol::Star),
        TokenKind::Word("FROM"),
    ];
    over_table(&head, id, rest, rest)
}
