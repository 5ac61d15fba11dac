//! The LIKE and the WHERE of SHOW. A plain condition passes: columns that are shown anyway, compared
//! with strings. Every other is read whole and withheld, for the servers run its subqueries.

use std::borrow::Cow;

use crate::allow::show::SHOWN;
use crate::allow::show::all_columns;
use crate::allow::status;
use crate::allow::variables;
use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::statement::Lift;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// `[LIKE 'pattern' | WHERE condition]`, up to the end of the statement.
pub(super) fn pattern(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    if at.take_word("LIKE") {
        at.string()?;
    } else if at.take_word("WHERE") {
        condition(at, statement)?;
        return Ok(());
    }
    at.end()
}

/// What follows VARIABLES or STATUS. One that is named must be one that may be read; of many, those that may
/// be read are shown.
pub(super) fn variables(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let is_status = statement.kind == StatementKind::ShowStatus;
    let (allowed, what): (fn(&str) -> bool, _) = match is_status {
        true => (status::may_show, "SHOW STATUS"),
        false => (variables::may_show, "SHOW VARIABLES"),
    };
    let lists = match is_status {
        true => status::may_list,
        false => variables::may_list,
    };
    if at.take_word("LIKE") {
        let pattern = at.string()?;
        at.end()?;
        match allowed(&pattern) {
            true => read_by_name(statement, &pattern),
            false if variables::is_one_name(&pattern) => withhold(statement, what, &pattern),
            false if lists(&pattern) => list(statement),
            false => {
                let what = format!("{what} with that pattern");
                statement.withhold_until(Lift::Kind, what, Some(VARIABLE_HINT));
            }
        }
        return Ok(());
    }
    if !at.take_word("WHERE") {
        at.end()?;
        list(statement);
        return Ok(());
    }
    let Some(alternatives) = condition(at, statement)? else {
        return Ok(());
    };
    if let [alternative] = alternatives.as_slice()
        && let Some(name) = alternative.iter().find_map(Comparison::one_name)
        && !allowed(name)
    {
        withhold(statement, what, name);
        return Ok(());
    }
    for alternative in alternatives {
        let mut names = alternative.iter().filter(|c| c.column == "variable_name");
        let bounds = names.find(|c| match c.operator {
            Operator::Equal => c
                .values
                .iter()
                .all(|name| variables::is_one_name(name) && allowed(name)),
            Operator::Like => c.values.iter().all(|pattern| allowed(pattern)),
            Operator::Other => false,
        });
        match bounds {
            Some(bounds) => {
                for name in &bounds.values {
                    read_by_name(statement, name);
                }
            }
            None => list(statement),
        }
    }
    Ok(())
}

/// One that may not be read is asked for by its name: better refused than missing.
fn withhold(statement: &mut Statement, what: &str, name: &str) {
    read_by_name(statement, name);
    let name = name.to_ascii_lowercase();
    statement.withhold_until(
        Lift::Kind,
        format!("{what} LIKE '{name}'"),
        Some(VARIABLE_HINT),
    );
}

fn read_by_name(statement: &mut Statement, name: &str) {
    statement.reads_variables.insert(name.to_ascii_lowercase());
}

/// All that may be read are read, whatever the pattern: rows of the others are dropped.
fn list(statement: &mut Statement) {
    statement.lists_variables = true;
    let readable = variables::READABLE.iter().flat_map(|group| group.names);
    let readable = readable.map(|name| (*name).to_owned());
    statement.reads_variables.extend(readable);
}

const VARIABLE_HINT: &str = "name a variable that drivers ask for: LIKE 'sql_mode'";

/// How a shown column is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    /// `=` or IN.
    Equal,
    Like,
    /// A negation, which bounds nothing.
    Other,
}

/// One comparison of a shown column, lower case, with strings.
#[derive(Debug)]
struct Comparison {
    column: String,
    operator: Operator,
    values: Vec<String>,
}

impl Comparison {
    /// The only variable that it can be true for, if there is one.
    fn one_name(&self) -> Option<&str> {
        match (self.operator, self.values.as_slice()) {
            (Operator::Equal | Operator::Like, [name]) if self.column == "variable_name" => {
                variables::is_one_name(name).then_some(name)
            }
            (_, _) => None,
        }
    }
}

/// Reads what follows WHERE, to the end: alternatives, each of comparisons that all must hold, or
/// `None` where it is anything else, which is withheld.
fn condition(
    at: &mut Cursor<'_>,
    statement: &mut Statement,
) -> Result<Option<Vec<Vec<Comparison>>>, Unread> {
    if let Some(plain) = plain(*at, statement.kind) {
        return Ok(Some(plain));
    }
    statement.withhold(
        "SHOW with that WHERE",
        Some("compare a column that is shown with a string, or use LIKE"),
    );
    // It must end no parenthesis that it did not begin: it is put into some.
    let mut rest = *at;
    while rest.peek().is_some() {
        if rest.is_symbol(Symbol::LeftParenthesis) {
            rest.group()?;
        } else if rest.is_symbol(Symbol::RightParenthesis) {
            return rest.error("a parenthesis that was not opened");
        } else {
            rest.skip(1);
        }
    }
    let tokens = as_query(at, statement.kind);
    facts::new_columns(at.over(&tokens).input(&tokens), statement)?;
    Ok(None)
}

/// A condition of any form as the one of a query over a row of the columns that are shown.
fn as_query<'a>(at: &Cursor<'a>, kind: StatementKind) -> Vec<Token<'a>> {
    let condition = at.rest();
    let place = condition.first().map_or(0..0, |token| token.span.clone());
    let make = |kind| Token {
        kind,
        span: place.clone(),
        spaced: true,
    };
    let symbol = |symbol| make(TokenKind::Symbol(symbol));
    let word = |word| make(TokenKind::Word(word));
    let name = |name: Cow<'static, str>| make(TokenKind::QuotedIdentifier(name));
    let mut tokens = vec![
        word("SELECT"),
        make(TokenKind::Integer("1")),
        word("FROM"),
        symbol(Symbol::LeftParenthesis),
        word("SELECT"),
    ];
    let own = (kind == StatementKind::ShowTables).then(|| tables_in(at));
    let shown = all_columns(kind).iter().map(|name| Cow::Borrowed(*name));
    for (index, column) in shown.chain(own.flatten().map(Cow::Owned)).enumerate() {
        if index > 0 {
            tokens.push(symbol(Symbol::Comma));
        }
        tokens.extend([make(TokenKind::Integer("1")), word("AS"), name(column)]);
    }
    tokens.extend([
        symbol(Symbol::RightParenthesis),
        name("shown".into()),
        word("WHERE"),
        symbol(Symbol::LeftParenthesis),
    ]);
    tokens.extend(condition.iter().cloned());
    tokens.push(symbol(Symbol::RightParenthesis));
    tokens
}

/// The name of the column of SHOW TABLES, which holds that of the schema: the last one named.
fn tables_in(at: &Cursor<'_>) -> Option<String> {
    let mut before = at.before().iter().rev();
    let schema = before.find_map(|token| match &token.kind {
        TokenKind::QuotedIdentifier(name) => Some(Some(name.to_string())),
        TokenKind::Word(word) if word.eq_ignore_ascii_case("WHERE") => None,
        TokenKind::Word(word) if word.eq_ignore_ascii_case("TABLES") => Some(None),
        TokenKind::Word(word) => Some(Some((*word).to_owned())),
        TokenKind::String { .. }
        | TokenKind::Raw(_)
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Hex(_)
        | TokenKind::Bit(_)
        | TokenKind::Parameter
        | TokenKind::UserVariable(_)
        | TokenKind::SystemVariable
        | TokenKind::Symbol(_) => None,
    })?;
    let schema = match schema {
        Some(named) => named,
        None => at.session.default_schema.as_ref()?.to_string(),
    };
    Some(format!("Tables_in_{schema}"))
}

/// The condition if it is plain: comparisons joined by AND and OR, maybe in parentheses as a whole.
fn plain(mut at: Cursor<'_>, kind: StatementKind) -> Option<Vec<Vec<Comparison>>> {
    let mut inner = at;
    if at.is_symbol(Symbol::LeftParenthesis) {
        let group = at.group().ok()?;
        inner = at.over(group);
        at.end().ok()?;
    }
    let mut alternatives = vec![Vec::new()];
    loop {
        let column = column(&mut inner, kind)?;
        let comparison = comparison(&mut inner, column)?;
        alternatives.last_mut()?.push(comparison);
        if inner.take_word("AND") || inner.take_symbol(Symbol::AmpersandAmpersand) {
            continue;
        }
        if inner.take_word("OR") {
            alternatives.push(Vec::new());
            continue;
        }
        inner.end().ok()?;
        return Some(alternatives);
    }
}

fn column(at: &mut Cursor<'_>, kind: StatementKind) -> Option<String> {
    let name = match at.next() {
        Some(TokenKind::QuotedIdentifier(name)) => name.to_ascii_lowercase(),
        Some(TokenKind::Word(word)) => word.to_ascii_lowercase(),
        _ => return None,
    };
    let is_shown = SHOWN
        .iter()
        .any(|(shown, columns)| *shown == kind && columns.contains(&name.as_str()))
        || (kind == StatementKind::ShowTables && name.starts_with("tables_in_"));
    is_shown.then_some(name)
}

/// `= 'x'`, `<> 'x'`, `[NOT] LIKE 'x'`, `[NOT] IN ('x', 'y')`.
fn comparison(at: &mut Cursor<'_>, column: String) -> Option<Comparison> {
    let one = |operator, value| {
        Some(Comparison {
            column: column.clone(),
            operator,
            values: vec![value],
        })
    };
    if at.take_symbol(Symbol::Equal) {
        return one(Operator::Equal, at.string().ok()?);
    }
    if at.take_symbol(Symbol::NotEqual) || at.take_symbol(Symbol::LessGreater) {
        return one(Operator::Other, at.string().ok()?);
    }
    let negated = at.take_word("NOT");
    let given = |operator| if negated { Operator::Other } else { operator };
    if at.take_word("LIKE") {
        return one(given(Operator::Like), at.string().ok()?);
    }
    at.expect_word("IN").ok()?;
    at.expect_symbol(Symbol::LeftParenthesis).ok()?;
    let mut values = Vec::new();
    loop {
        values.push(at.string().ok()?);
        if !at.take_symbol(Symbol::Comma) {
            at.expect_symbol(Symbol::RightParenthesis).ok()?;
            return Some(Comparison {
                column,
                operator: given(Operator::Equal),
                values,
            });
        }
    }
}
