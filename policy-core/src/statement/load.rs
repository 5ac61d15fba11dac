//! LOAD DATA, LOAD XML and HANDLER: tables are filled from files, which a rule can allow for those of
//! the client only, and read by their index, which none can; which tables and columns is told all
//! the same.

use std::collections::BTreeSet;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::unsupported;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::grammar_names::Found;
use crate::statement::kind::StatementKind;
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
    let kind = statement.kind;
    if kind == StatementKind::LoadDataLocal {
        statement.client_file = Some(client_file(&head)?);
    }
    let columns = filled(&at, id, &found)?;
    let into = [into(&found), own_name(id)].concat();
    let rows = over(&into, at.rest(), &row_of_a_file(&found, &columns));
    facts::rows(at.input(&rows), statement)?;
    // A file is no literal, whatever stands for its values here.
    for flow in &mut statement.flows {
        flow.literal = false;
    }
    // What the file itself sets depends on nothing that was there before.
    let reads = |token: &Token<'_>| {
        matches!(&token.kind, TokenKind::UserVariable(name)
            if !found.variables.contains(&name.to_lowercase()))
    };
    statement.reads_user_variables = assigned.is_some_and(|tokens| tokens.iter().any(reads));
    for variable in &found.variables {
        let variable = variable.clone();
        statement.effects.push(Effect::SetUserVariable(variable));
    }
    if let Some(assigned) = assigned {
        let reads_before = statement.reads_user_variables;
        let rows = over(&into, at.rest(), assigned);
        facts::rows(at.input(&rows), statement)?;
        statement.reads_user_variables = reads_before;
    }
    statement.kind = kind;
    statement.output = Output::None;
    server::withhold_never(statement);
    Ok(())
}

/// The name of the client's file, as the server will ask for it.
fn client_file(head: &Cursor<'_>) -> Result<Vec<u8>, Unread> {
    let mut at = *head;
    let Some(distance) = at.distance_to("INFILE") else {
        return at.error("expected INFILE");
    };
    at.skip(distance + 1);
    match at.next() {
        // Servers hold it as a text that ends in NUL, and clients open no file without a name.
        Some(TokenKind::String {
            value,
            introducer: None,
        }) if !value.is_empty() && !value.contains(&0) => Ok(value.to_vec()),
        _ => unsupported(
            "a file of such a name",
            Some("give the name as a plain text"),
        ),
    }
}

/// The columns that a row of the file sets.
fn filled(
    at: &Cursor<'_>,
    id: &TableId,
    found: &Found<'_>,
) -> Result<BTreeSet<ColumnName>, Unread> {
    let table = at.known_table(id)?;
    if !found.rules.contains(&"fields") {
        return Ok(all_columns(table));
    }
    let unknown = |name: &&ColumnName| !table.columns.iter().any(|own| own.name == **name);
    match found.columns.iter().find(unknown) {
        Some(name) => Err(Unread::UnknownName {
            what: "column",
            name: name.to_string(),
        }),
        None => Ok(found.columns.iter().cloned().collect()),
    }
}

/// What a row that is there already becomes of: with LOCAL, which cannot stop the file, a server
/// takes IGNORE where nothing is said.
fn into(found: &Found<'_>) -> Vec<TokenKind<'static>> {
    match found.rules.contains(&"replace") {
        true => vec![TokenKind::Word("REPLACE"), TokenKind::Word("INTO")],
        false => ["INSERT", "IGNORE", "INTO"].map(TokenKind::Word).to_vec(),
    }
}

/// `[PARTITION (p)] (column, …) VALUES (NULL, …)`: what a row of a file sets is as an INSERT of it.
fn row_of_a_file(found: &Found<'_>, columns: &BTreeSet<ColumnName>) -> Vec<Token<'static>> {
    let list = |items: Vec<TokenKind<'static>>| {
        let comma = TokenKind::Symbol(Symbol::Comma);
        let mut inner = vec![TokenKind::Symbol(Symbol::LeftParenthesis)];
        for (place, item) in items.into_iter().enumerate() {
            inner.extend((place > 0).then(|| comma.clone()));
            inner.push(item);
        }
        inner.push(TokenKind::Symbol(Symbol::RightParenthesis));
        inner
    };
    let mut row = Vec::new();
    if found.rules.contains(&"partition") {
        row.push(TokenKind::Word("PARTITION"));
        row.extend(list(vec![quoted("p")]));
    }
    row.extend(list(
        columns.iter().map(|name| quoted(name.as_str())).collect(),
    ));
    row.push(TokenKind::Word("VALUES"));
    row.extend(list(
        columns.iter().map(|_| TokenKind::Word("NULL")).collect(),
    ));
    row.into_iter().map(|kind| made(kind, 0..0)).collect()
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

fn quoted(name: &str) -> TokenKind<'static> {
    TokenKind::QuotedIdentifier(name.to_owned().into())
}

/// `schema.table`.
fn own_name(id: &TableId) -> Vec<TokenKind<'static>> {
    let dot = TokenKind::Symbol(Symbol::Dot);
    vec![quoted(id.schema()), dot, quoted(id.table())]
}

fn made(kind: TokenKind<'_>, span: std::ops::Range<usize>) -> Token<'_> {
    let spaced = true;
    Token { kind, span, spaced }
}

/// The tokens of `head rest`; those that nobody wrote stand where `place` begins.
fn over<'a>(
    head: &[TokenKind<'static>],
    place: &[Token<'_>],
    rest: &[Token<'a>],
) -> Vec<Token<'a>> {
    let span = place.first().map_or(0..0, |token| token.span.clone());
    let head = head.iter().cloned().map(|kind| made(kind, span.clone()));
    head.chain(rest.iter().cloned()).collect()
}

const LOAD: &[(&str, &str)] = &[
    (
        "load",
        "LOAD DATA/XML [ LOW_PRIORITY/CONCURRENT ] [ FROM ] [ LOCAL ] INFILE string
         [ <replace> | IGNORE ] INTO TABLE table [ <partition> ]
         [ { CHARACTER SET | CHARSET } { text | BINARY | DEFAULT } ]
         [ ROWS IDENTIFIED BY { string | bits } ]
         [ FIELDS/COLUMNS <field> { <field> }* ] [ LINES <line> { <line> }* ]
         [ IGNORE number LINES/ROWS ] [ ( [ <fields> ] ) ]",
    ),
    ("replace", "REPLACE"),
    ("partition", "PARTITION ( name,... )"),
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
    over(&[head.to_vec(), own_name(id)].concat(), rest, rest)
}
