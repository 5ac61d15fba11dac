//! INSERT, REPLACE, UPDATE and DELETE: their own grammar here, expressions and tables by sqlparser.

use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token as Foreign;

use super::expression::expression;
use super::expression::order_by;
use super::from;
use super::name;
use super::parsed;
use super::path;
use super::query;
use super::syntax;
use super::unsupported;
use crate::facts::tree::Assignment;
use crate::facts::tree::Change;
use crate::facts::tree::Common;
use crate::facts::tree::Delete;
use crate::facts::tree::Expression;
use crate::facts::tree::Insert;
use crate::facts::tree::Item;
use crate::facts::tree::Rows;
use crate::facts::tree::Source;
use crate::facts::tree::Update;
use crate::unread::Unread;

pub(super) fn change(parser: &mut Parser<'_>) -> Result<Change, Unread> {
    let (with, recursive) = with(parser)?;
    if take(parser, "UPDATE") {
        return Ok(Change::Update(Box::new(update(parser, with, recursive)?)));
    }
    if take(parser, "DELETE") {
        return Ok(Change::Delete(Box::new(delete(parser, with, recursive)?)));
    }
    if !with.is_empty() {
        return Err(syntax(parser));
    }
    let replace = take(parser, "REPLACE");
    if !replace && !take(parser, "INSERT") {
        return Err(syntax(parser));
    }
    Ok(Change::Insert(Box::new(insert(parser, replace)?)))
}

fn with(parser: &mut Parser<'_>) -> Result<(Vec<Common>, bool), Unread> {
    if !take(parser, "WITH") {
        return Ok((Vec::new(), false));
    }
    let recursive = take(parser, "RECURSIVE");
    let entries = parsed(parser, |parser| {
        parser.parse_comma_separated(Parser::parse_cte)
    })?;
    let entries = entries
        .into_iter()
        .map(query::common)
        .collect::<Result<_, _>>()?;
    Ok((entries, recursive))
}

fn insert(parser: &mut Parser<'_>, replace: bool) -> Result<Insert, Unread> {
    let ignore = modifiers(parser, &["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY"]);
    let _ = take(parser, "INTO");
    let table = table_name(parser)?;
    let partitions = partitions(parser)?;
    let mut insert = Insert {
        replace,
        ignore,
        table,
        partitions,
        columns: None,
        rows: Rows::Values(Vec::new()),
        alias: None,
        on_duplicate: Vec::new(),
        returning: Vec::new(),
    };
    if take(parser, "SET") {
        let assignments = assignments(parser)?;
        let (columns, row) = assignments
            .into_iter()
            .map(|assignment| (assignment.column, assignment.value))
            .unzip();
        insert.columns = Some(columns);
        insert.rows = Rows::Values(vec![row]);
        insert.alias = row_alias(parser)?;
    } else {
        if *parser.peek_token_ref() == Foreign::LParen && !query_follows(parser) {
            insert.columns = Some(column_list(parser)?);
        }
        insert.rows = rows(parser)?;
        if matches!(insert.rows, Rows::Values(_)) {
            insert.alias = row_alias(parser)?;
        }
    }
    if take(parser, "ON") {
        for word in ["DUPLICATE", "KEY", "UPDATE"] {
            expect(parser, word)?;
        }
        insert.on_duplicate = assignments(parser)?;
    }
    insert.returning = returning(parser)?;
    Ok(insert)
}

/// After `(`, behind any more of them: the words that begin a query.
fn query_follows(parser: &Parser<'_>) -> bool {
    let mut at = 1;
    while parser.peek_nth_token_ref(at).token == Foreign::LParen {
        at += 1;
    }
    matches!(&parser.peek_nth_token_ref(at).token,
        Foreign::Word(word) if word.quote_style.is_none()
            && matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES))
}

fn rows(parser: &mut Parser<'_>) -> Result<Rows, Unread> {
    if take(parser, "VALUES") || take(parser, "VALUE") {
        let mut rows = Vec::new();
        loop {
            let _ = take(parser, "ROW");
            expect_symbol(parser, &Foreign::LParen)?;
            let mut row = Vec::new();
            if !parser.consume_token(&Foreign::RParen) {
                row = comma_separated(parser)?;
                expect_symbol(parser, &Foreign::RParen)?;
            }
            rows.push(row);
            if !parser.consume_token(&Foreign::Comma) {
                return Ok(Rows::Values(rows));
            }
        }
    }
    let inner = parsed(parser, Parser::parse_query)?;
    Ok(Rows::Query(query::query(*inner)?))
}

fn comma_separated(parser: &mut Parser<'_>) -> Result<Vec<Expression>, Unread> {
    parsed(parser, |parser| {
        parser.parse_comma_separated(Parser::parse_expr)
    })?
    .into_iter()
    .map(expression)
    .collect()
}

fn row_alias(parser: &mut Parser<'_>) -> Result<Option<(String, Vec<String>)>, Unread> {
    if !take(parser, "AS") {
        return Ok(None);
    }
    let alias = name(parsed(parser, Parser::parse_identifier)?)?;
    let mut columns = Vec::new();
    if *parser.peek_token_ref() == Foreign::LParen {
        for column in column_list(parser)? {
            match <[String; 1]>::try_from(column) {
                Ok([only]) => columns.push(only),
                Err(_) => return unsupported("a qualified name in a row alias"),
            }
        }
    }
    Ok(Some((alias, columns)))
}

fn update(parser: &mut Parser<'_>, with: Vec<Common>, recursive: bool) -> Result<Update, Unread> {
    let ignore = modifiers(parser, &["LOW_PRIORITY"]);
    let from = tables(parser)?;
    expect(parser, "SET")?;
    let assignments = assignments(parser)?;
    let (filter, order, limit) = tail(parser)?;
    Ok(Update {
        with,
        recursive,
        ignore,
        from,
        assignments,
        filter,
        order,
        limit,
    })
}

fn delete(parser: &mut Parser<'_>, with: Vec<Common>, recursive: bool) -> Result<Delete, Unread> {
    let _ = modifiers(parser, &["LOW_PRIORITY", "QUICK"]);
    let mut targets = Vec::new();
    let from;
    if take(parser, "FROM") {
        // `FROM t1, t2 USING …` or the one table of the plain form.
        if using_follows(parser) {
            targets = delete_targets(parser)?;
            expect(parser, "USING")?;
            from = tables(parser)?;
        } else {
            let table = parsed(parser, Parser::parse_table_and_joins)?;
            from = from::joined(table)?;
            if !matches!(from, Source::Table { .. }) {
                return Err(syntax(parser));
            }
        }
    } else {
        targets = delete_targets(parser)?;
        expect(parser, "FROM")?;
        from = tables(parser)?;
    }
    let (filter, order, limit) = tail(parser)?;
    Ok(Delete {
        with,
        recursive,
        targets,
        from,
        filter,
        order,
        limit,
        returning: returning(parser)?,
    })
}

/// Whether names, dots, stars and commas lead to USING.
fn using_follows(parser: &Parser<'_>) -> bool {
    let mut after_dot = false;
    for at in 0.. {
        let token = &parser.peek_nth_token_ref(at).token;
        if let Foreign::Word(word) = token {
            if !after_dot && word.keyword == Keyword::USING {
                return true;
            }
        } else if !matches!(token, Foreign::Comma | Foreign::Mul | Foreign::Period) {
            return false;
        }
        after_dot = *token == Foreign::Period;
    }
    false
}

fn delete_targets(parser: &mut Parser<'_>) -> Result<Vec<Vec<String>>, Unread> {
    let mut targets = Vec::new();
    loop {
        let mut parts = vec![name(parsed(parser, Parser::parse_identifier)?)?];
        while parser.consume_token(&Foreign::Period) {
            if parser.consume_token(&Foreign::Mul) {
                break;
            }
            parts.push(name(parsed(parser, Parser::parse_identifier)?)?);
        }
        targets.push(parts);
        if !parser.consume_token(&Foreign::Comma) {
            return Ok(targets);
        }
    }
}

type Tail = (Option<Expression>, Vec<Expression>, Vec<Expression>);

fn tail(parser: &mut Parser<'_>) -> Result<Tail, Unread> {
    let filter = if take(parser, "WHERE") {
        Some(expression(parsed(parser, Parser::parse_expr)?)?)
    } else {
        None
    };
    let mut order = Vec::new();
    if take(parser, "ORDER") {
        expect(parser, "BY")?;
        order = order_by(parsed(parser, |parser| {
            parser.parse_comma_separated(Parser::parse_order_by_expr)
        })?)?;
    }
    let limit = if take(parser, "LIMIT") {
        comma_separated(parser)?
    } else {
        Vec::new()
    };
    Ok((filter, order, limit))
}

fn returning(parser: &mut Parser<'_>) -> Result<Vec<Item>, Unread> {
    if !take(parser, "RETURNING") {
        return Ok(Vec::new());
    }
    query::items(parsed(parser, |parser| {
        parser.parse_comma_separated(Parser::parse_select_item)
    })?)
}

fn tables(parser: &mut Parser<'_>) -> Result<Source, Unread> {
    let list = parsed(parser, |parser| {
        parser.parse_comma_separated(Parser::parse_table_and_joins)
    })?;
    match from::tables(list)? {
        Some(source) => Ok(source),
        None => Err(syntax(parser)),
    }
}

fn assignments(parser: &mut Parser<'_>) -> Result<Vec<Assignment>, Unread> {
    let mut all = Vec::new();
    loop {
        let column = path(parsed(parser, |parser| parser.parse_object_name(false))?)?;
        if !parser.consume_token(&Foreign::Eq) && !parser.consume_token(&Foreign::Assignment) {
            return Err(syntax(parser));
        }
        let value = expression(parsed(parser, Parser::parse_expr)?)?;
        all.push(Assignment { column, value });
        if !parser.consume_token(&Foreign::Comma) {
            return Ok(all);
        }
    }
}

fn table_name(parser: &mut Parser<'_>) -> Result<Vec<String>, Unread> {
    path(parsed(parser, |parser| parser.parse_object_name(false))?)
}

fn partitions(parser: &mut Parser<'_>) -> Result<bool, Unread> {
    if !take(parser, "PARTITION") {
        return Ok(false);
    }
    column_list(parser).map(|_| true)
}

/// `(a, t.b, …)`, also empty.
fn column_list(parser: &mut Parser<'_>) -> Result<Vec<Vec<String>>, Unread> {
    expect_symbol(parser, &Foreign::LParen)?;
    let mut columns = Vec::new();
    if parser.consume_token(&Foreign::RParen) {
        return Ok(columns);
    }
    loop {
        columns.push(table_name(parser)?);
        if parser.consume_token(&Foreign::RParen) {
            return Ok(columns);
        }
        expect_symbol(parser, &Foreign::Comma)?;
    }
}

/// Takes these and IGNORE in any order; whether IGNORE was among them.
fn modifiers(parser: &mut Parser<'_>, words: &[&str]) -> bool {
    let mut ignore = false;
    loop {
        if take(parser, "IGNORE") {
            ignore = true;
        } else if !words.iter().any(|word| take(parser, word)) {
            return ignore;
        }
    }
}

fn take(parser: &mut Parser<'_>, text: &str) -> bool {
    let found = matches!(&parser.peek_token_ref().token,
        Foreign::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text));
    if found {
        parser.advance_token();
    }
    found
}

fn expect(parser: &mut Parser<'_>, text: &str) -> Result<(), Unread> {
    if take(parser, text) {
        Ok(())
    } else {
        Err(syntax(parser))
    }
}

fn expect_symbol(parser: &mut Parser<'_>, symbol: &Foreign) -> Result<(), Unread> {
    if parser.consume_token(symbol) {
        Ok(())
    } else {
        Err(syntax(parser))
    }
}
