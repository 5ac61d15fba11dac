//! Keys, checks and periods of a table, and the columns that they name.

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::statement::Statement;
use crate::statement::column_option;
use crate::statement::cursor::Cursor;
use crate::statement::definition::Definition;
use crate::statement::definition::engine_option;
use crate::statement::definition::text;
use crate::statement::definition::word_or_text;
use crate::statement::formula;
use crate::statement::formula::Place;
use crate::unread::Unread;

/// Whether a key, a check or a period comes next.
pub(super) fn is_next(at: &Cursor<'_>) -> bool {
    const WORDS: &[&str] = &[
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "INDEX",
        "KEY",
        "FULLTEXT",
        "SPATIAL",
        "FOREIGN",
        "CHECK",
    ];
    // Both are names of columns as well.
    let is_vector = at.are_words(&["VECTOR", "INDEX"]) || at.are_words(&["VECTOR", "KEY"]);
    is_vector || is_period(at) || WORDS.iter().any(|word| at.is_word(word))
}

/// `PERIOD [IF NOT EXISTS] FOR`.
fn is_period(at: &Cursor<'_>) -> bool {
    at.are_words(&["PERIOD", "FOR"]) || at.are_words(&["PERIOD", "IF", "NOT", "EXISTS", "FOR"])
}

/// `[CONSTRAINT x] PRIMARY KEY (…)`, `INDEX x (…)`, `FOREIGN KEY (…) REFERENCES …`, `CHECK (…)`.
pub(super) fn read(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<Definition, Unread> {
    let mut definition = Definition::default();
    if is_period(at) {
        at.skip(1);
        let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
        at.expect_word("FOR")?;
        // What a period names is kept by the server, or by whoever writes the rows.
        at.identifier()?;
        parts(at, &mut definition, statement)?;
        return Ok(definition);
    }
    if at.take_word("CONSTRAINT") {
        let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
        if !is_next(at) {
            at.identifier()?;
        }
    }
    if at.take_word("CHECK") {
        check(at, &mut definition, statement)?;
        return Ok(definition);
    }
    let is_foreign = at.take_words(&["FOREIGN", "KEY"]);
    if !is_foreign {
        let is_kind = at.take_words(&["PRIMARY", "KEY"])
            || at
                .take_one_of(&["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"])
                .is_some();
        let is_key = at.take_one_of(&["INDEX", "KEY"]).is_some();
        if !is_kind && !is_key {
            return at.error("not a key or a check");
        }
    }
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
    if !at.is_symbol(Symbol::LeftParenthesis) && !is_way(at) {
        at.identifier()?;
    }
    way(at)?;
    parts(at, &mut definition, statement)?;
    if is_foreign {
        references(at, &mut definition)?;
    } else {
        while option(at, statement)? {}
    }
    Ok(definition)
}

/// `(column [(length)] [ASC | DESC] | (expression) | period WITHOUT OVERLAPS, …)`.
pub(super) fn parts(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    loop {
        if at.is_symbol(Symbol::LeftParenthesis) {
            let formula = formula::group(at, Place::Condition, statement)?;
            definition.formulas.push(formula);
        } else {
            let name = at.column()?;
            if at.take_words(&["WITHOUT", "OVERLAPS"]) {
                definition.names_others = true;
            } else {
                definition.named.insert(name);
            }
            if at.is_symbol(Symbol::LeftParenthesis) {
                numbers(at)?;
            }
        }
        let _ = at.take_one_of(&["ASC", "DESC"]);
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}

fn is_way(at: &Cursor<'_>) -> bool {
    at.is_word("USING")
        || at.is_word("TYPE")
            && ["BTREE", "HASH", "RTREE"]
                .iter()
                .any(|way| at.is_word_at(1, way))
}

/// `USING x`, `TYPE x`: how an index is kept; false if it does not come next.
pub(super) fn way(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    if !is_way(at) {
        return Ok(false);
    }
    at.skip(1);
    if at.take_one_of(&["BTREE", "HASH", "RTREE"]).is_none() {
        return at.error("not a kind of index");
    }
    Ok(true)
}

/// One option of an index; false if none comes next.
pub(super) fn option(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if way(at)? || visibility(at) {
        return Ok(true);
    }
    if at.take_word("COMMENT") {
        text(at)?;
        return Ok(true);
    }
    if at.take_word("KEY_BLOCK_SIZE") {
        let _ = at.take_symbol(Symbol::Equal);
        at.integer()?;
        return Ok(true);
    }
    if at.take_words(&["WITH", "PARSER"]) {
        // A parser is a plugin, and reads every value that is indexed.
        let parser = at.identifier()?;
        let known = ["ngram", "mecab"];
        if !known.iter().any(|name| parser.eq_ignore_ascii_case(name)) {
            statement.withhold("a full-text parser other than ngram and mecab", None);
        }
        return Ok(true);
    }
    Ok(column_option::attribute(at, statement)?
        || engine_option(at, &["M", "DISTANCE"], statement)?)
}

/// `VISIBLE`, `IGNORED` and their like.
pub(super) fn visibility(at: &mut Cursor<'_>) -> bool {
    at.take_one_of(&["VISIBLE", "INVISIBLE", "IGNORED"])
        .is_some()
        || at.take_words(&["NOT", "IGNORED"])
}

/// `ALGORITHM = x`, `LOCK = x`: how the change is made; false if it does not come next.
pub(super) fn manner(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    if at.take_one_of(&["ALGORITHM", "LOCK"]).is_none() {
        return Ok(false);
    }
    let _ = at.take_symbol(Symbol::Equal);
    word_or_text(at)?;
    Ok(true)
}

/// `REFERENCES parent [(…)] [MATCH x] [ON DELETE …] [ON UPDATE …]`.
pub(super) fn references(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<(), Unread> {
    at.expect_word("REFERENCES")?;
    let parent = at.object()?;
    let mut columns = std::collections::BTreeSet::new();
    if at.take_symbol(Symbol::LeftParenthesis) {
        loop {
            columns.insert(at.column()?);
            if at.is_symbol(Symbol::LeftParenthesis) {
                numbers(at)?;
            }
            let _ = at.take_one_of(&["ASC", "DESC"]);
            if !at.take_symbol(Symbol::Comma) {
                at.expect_symbol(Symbol::RightParenthesis)?;
                break;
            }
        }
    }
    definition.parents.push((parent, columns));
    if at.take_word("MATCH") && at.take_one_of(&["FULL", "PARTIAL", "SIMPLE"]).is_none() {
        return at.error("not a kind of match");
    }
    while at.is_word("ON") && (at.is_word_at(1, "DELETE") || at.is_word_at(1, "UPDATE")) {
        // ON UPDATE of a column writes the present time; here it is an action.
        let mut ahead = *at;
        ahead.skip(2);
        let known = ahead.take_one_of(&["RESTRICT", "CASCADE"]).is_some()
            || ahead.take_words(&["SET", "NULL"])
            || ahead.take_words(&["SET", "DEFAULT"])
            || ahead.take_words(&["NO", "ACTION"]);
        if !known {
            break;
        }
        *at = ahead;
    }
    Ok(())
}

/// `(condition) [[NOT] ENFORCED]` after CHECK.
pub(super) fn check(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let formula = formula::group(at, Place::Condition, statement)?;
    definition.formulas.push(formula);
    let _ = at.take_words(&["NOT", "ENFORCED"]) || at.take_word("ENFORCED");
    Ok(())
}

/// `(1)` or `()`.
pub(super) fn numbers(at: &mut Cursor<'_>) -> Result<(), Unread> {
    let group = at.group()?;
    let plain = |token: &Token<'_>| matches!(token.kind, TokenKind::Integer(_));
    if group.len() <= 1 && group.iter().all(plain) {
        return Ok(());
    }
    at.error("expected a number")
}
