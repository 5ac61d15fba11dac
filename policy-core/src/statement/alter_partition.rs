//! What ALTER TABLE does to partitions and to the files of a table.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Output;
use crate::statement::Verb;
use crate::statement::alter::Change;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::column_ids;
use crate::statement::definition::Definition;
use crate::statement::partition;
use crate::unread::Unread;

/// One change of partitions or files; false if none comes next.
pub(super) fn part(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    if at.take_words(&["ADD", "PARTITION"]) {
        let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
        unlogged(at);
        if at.take_word("PARTITIONS") {
            at.integer()?;
            change.touch_all();
            return Ok(true);
        }
        return divide(at, change);
    }
    if at.take_words(&["DROP", "PARTITION"]) {
        let _ = at.take_words(&["IF", "EXISTS"]);
        names(at)?;
        return lose_rows(at, change).map(|()| true);
    }
    if at.take_words(&["TRUNCATE", "PARTITION"]) {
        names(at)?;
        return lose_rows(at, change).map(|()| true);
    }
    if at.take_words(&["COALESCE", "PARTITION"]) {
        unlogged(at);
        at.integer()?;
        change.touch_all();
        return Ok(true);
    }
    if at.take_words(&["REORGANIZE", "PARTITION"]) {
        unlogged(at);
        if at.rest().is_empty() {
            change.touch_all();
            return Ok(true);
        }
        names(at)?;
        at.expect_word("INTO")?;
        return divide(at, change);
    }
    Ok(
        maintain(at, change)?
            || exchange(at, change)?
            || convert(at, change)?
            || files(at, change)?,
    )
}

/// `(PARTITION p …)`: rows move by the values that partition them.
fn divide(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    let mut definition = Definition::default();
    partition::list(at, &mut definition, change.statement)?;
    change.define(definition);
    change.touch_all();
    Ok(true)
}

/// Whole rows go, as when the table is dropped.
pub(super) fn lose_rows(at: &Cursor<'_>, change: &mut Change<'_>) -> Result<(), Unread> {
    change.touch_all();
    let access = at.access(Verb::Drop, &change.id, change.all.clone())?;
    change.statement.accesses.push(access);
    Ok(())
}

fn unlogged(at: &mut Cursor<'_>) {
    let _ = at.take_one_of(&["NO_WRITE_TO_BINLOG", "LOCAL"]);
}

/// `p, q` or `ALL`.
fn names(at: &mut Cursor<'_>) -> Result<(), Unread> {
    unlogged(at);
    if at.take_word("ALL") {
        return Ok(());
    }
    loop {
        match at.peek() {
            Some(TokenKind::String { .. }) => at.skip(1),
            _ => {
                at.identifier()?;
            }
        }
        if !at.take_symbol(Symbol::Comma) {
            return Ok(());
        }
    }
}

/// ANALYZE, CHECK, OPTIMIZE, REPAIR and REBUILD PARTITION: all but the last answer with rows.
fn maintain(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    const VERBS: &[&str] = &["ANALYZE", "CHECK", "OPTIMIZE", "REPAIR", "REBUILD"];
    if !at.is_word_at(1, "PARTITION") {
        return Ok(false);
    }
    let Some(verb) = at.take_one_of(VERBS) else {
        return Ok(false);
    };
    at.skip(1);
    names(at)?;
    if verb == "CHECK" {
        const WAYS: &[&str] = &["QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED"];
        while at.take_one_of(WAYS).is_some() || at.take_words(&["FOR", "UPGRADE"]) {}
    }
    if verb == "REPAIR" {
        while at.take_one_of(&["QUICK", "EXTENDED", "USE_FRM"]).is_some() {}
    }
    change.touch_all();
    if verb != "REBUILD" {
        change.statement.output = Output::ServerShaped;
    }
    Ok(true)
}

/// `EXCHANGE PARTITION p WITH TABLE t`: the rows of each become those of the other.
fn exchange(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    if !at.take_words(&["EXCHANGE", "PARTITION"]) {
        return Ok(false);
    }
    at.identifier()?;
    at.expect_word("WITH")?;
    at.expect_word("TABLE")?;
    let other = at.object()?;
    let _ = at.take_words(&["WITH", "VALIDATION"]) || at.take_words(&["WITHOUT", "VALIDATION"]);
    let own = change.id.clone();
    hand_over(at, change, Verb::Alter, &other)?;
    take_over(at, change, &own, &other)?;
    change.statement.withhold("EXCHANGE PARTITION", None);
    Ok(true)
}

/// `CONVERT PARTITION p TO TABLE t`, `CONVERT TABLE t TO PARTITION p VALUES …`.
fn convert(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    if at.take_words(&["CONVERT", "PARTITION"]) {
        at.identifier()?;
        at.expect_word("TO")?;
        at.expect_word("TABLE")?;
        let other = at.object()?;
        hand_over(at, change, Verb::Create, &other)?;
        change.statement.withhold("CONVERT PARTITION", None);
    } else if at.take_words(&["CONVERT", "TABLE"]) {
        let other = at.object()?;
        at.expect_word("TO")?;
        at.expect_word("PARTITION")?;
        at.identifier()?;
        let mut definition = Definition::default();
        partition::values(at, &mut definition, change.statement)?;
        change.define(definition);
        let _ = at.take_words(&["WITH", "VALIDATION"]) || at.take_words(&["WITHOUT", "VALIDATION"]);
        let own = change.id.clone();
        let columns = at.table(&other)?.map(all_columns).unwrap_or_default();
        let access = at.access(Verb::Drop, &other, columns)?;
        change.statement.accesses.push(access);
        take_over(at, change, &own, &other)?;
        change.statement.withhold("CONVERT TABLE", None);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Rows of this table become rows of another.
fn hand_over(
    at: &Cursor<'_>,
    change: &mut Change<'_>,
    verb: Verb,
    other: &TableId,
) -> Result<(), Unread> {
    change.touch_all();
    let columns = at.table(other)?.map(all_columns).unwrap_or_default();
    let access = at.access(verb, other, columns)?;
    let sources = column_ids(&change.id, &change.all);
    change.statement.accesses.push(access);
    flow(change, sources, other);
    Ok(())
}

/// Rows of another table become rows of this one.
fn take_over(
    at: &Cursor<'_>,
    change: &mut Change<'_>,
    own: &TableId,
    other: &TableId,
) -> Result<(), Unread> {
    change.touch_all();
    let columns = at.table(other)?.map(all_columns).unwrap_or_default();
    flow(change, column_ids(other, &columns), own);
    let effect = Effect::SchemaChange(vec![other.clone()]);
    change.statement.effects.push(effect);
    Ok(())
}

fn flow(
    change: &mut Change<'_>,
    sources: std::collections::BTreeSet<crate::name::ColumnId>,
    to: &TableId,
) {
    change.statement.flows.push(Flow {
        sources,
        target: FlowTarget::NewTable(to.clone()),
        literal: false,
    });
}

/// `DISCARD | IMPORT [PARTITION p] TABLESPACE`: the rows of a file become those of the table.
fn files(at: &mut Cursor<'_>, change: &mut Change<'_>) -> Result<bool, Unread> {
    let Some(verb) = at.take_one_of(&["DISCARD", "IMPORT"]) else {
        return Ok(false);
    };
    if at.take_word("PARTITION") {
        names(at)?;
    }
    at.expect_word("TABLESPACE")?;
    change.touch_all();
    change
        .statement
        .withhold(format!("{verb} TABLESPACE"), None);
    Ok(true)
}
