//! Options and partitions of tables: plain ones only, nothing that ties a table to other tables,
//! files or servers.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::definition::expression;
use crate::statement::definition::word_or_text;
use crate::unread::Unread;

use std::collections::BTreeSet;

/// One option of a table; false if none comes next.
pub(super) fn option(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    const NUMBERS: &[&str] = &[
        "AUTO_INCREMENT",
        "AVG_ROW_LENGTH",
        "CHECKSUM",
        "DELAY_KEY_WRITE",
        "KEY_BLOCK_SIZE",
        "MAX_ROWS",
        "MIN_ROWS",
        "PACK_KEYS",
        "STATS_AUTO_RECALC",
        "STATS_PERSISTENT",
        "STATS_SAMPLE_PAGES",
    ];
    if at.take_one_of(NUMBERS).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        if !at.take_word("DEFAULT") {
            at.integer()?;
        }
        return Ok(true);
    }
    if at.take_word("ENGINE") {
        let _ = at.take_symbol(Symbol::Equal);
        engine(at)?;
        return Ok(true);
    }
    if at.take_word("ROW_FORMAT") {
        let _ = at.take_symbol(Symbol::Equal);
        word_or_text(at)?;
        return Ok(true);
    }
    if at.take_word("COMMENT") {
        let _ = at.take_symbol(Symbol::Equal);
        at.string()?;
        return Ok(true);
    }
    charset(at)
}

/// `[DEFAULT] CHARACTER SET [=] x`, `[DEFAULT] COLLATE [=] x`; false if none comes next.
pub(super) fn charset(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    let mut ahead = *at;
    let _ = ahead.take_word("DEFAULT");
    let known = ahead.take_words(&["CHARACTER", "SET"])
        || ahead.take_one_of(&["CHARSET", "COLLATE"]).is_some();
    if !known {
        return Ok(false);
    }
    *at = ahead;
    let _ = at.take_symbol(Symbol::Equal);
    word_or_text(at)?;
    Ok(true)
}

/// The engines that keep their own rows and nothing else.
fn engine(at: &mut Cursor<'_>) -> Result<(), Unread> {
    let name = match at.peek() {
        Some(TokenKind::String { .. }) => at.string()?,
        _ => at.identifier()?,
    };
    let is_plain = ["InnoDB", "MyISAM", "Aria", "MEMORY", "HEAP"]
        .iter()
        .any(|engine| name.eq_ignore_ascii_case(engine));
    if is_plain {
        return Ok(());
    }
    unsupported(
        "an engine other than InnoDB, MyISAM, Aria and MEMORY",
        Some("leave ENGINE out"),
    )
}

/// `PARTITION BY …` up to its end: the columns that it names. `None` if it does not come next.
pub(super) fn partitions(at: &mut Cursor<'_>) -> Result<Option<BTreeSet<ColumnName>>, Unread> {
    if !at.take_words(&["PARTITION", "BY"]) {
        return Ok(None);
    }
    let _ = at.take_word("LINEAR");
    if at.take_one_of(&["HASH", "KEY", "RANGE", "LIST"]).is_none() {
        return at.error("not a kind of partitioning");
    }
    let _ = at.take_word("COLUMNS");
    let group = at.group()?;
    let columns = expression(at.over(group))?;
    if at.take_word("PARTITIONS") {
        at.integer()?;
    }
    if at.is_symbol(Symbol::LeftParenthesis) {
        let group = at.group()?;
        definitions(at.over(group))?;
    }
    Ok(Some(columns))
}

/// `PARTITION p VALUES LESS THAN (…) [ENGINE = …] [COMMENT = '…'], …`.
fn definitions(mut at: Cursor<'_>) -> Result<(), Unread> {
    loop {
        at.expect_word("PARTITION")?;
        at.identifier()?;
        if at.take_word("VALUES") {
            let _ = at.take_words(&["LESS", "THAN"]) || at.take_word("IN");
            if !at.take_word("MAXVALUE") {
                let group = at.group()?;
                let named = expression(at.over(group))?;
                if named.iter().any(|name| name.as_str() != "maxvalue") {
                    return at.error("a partition's values name a column");
                }
            }
        }
        while option(&mut at)? {}
        if !at.take_symbol(Symbol::Comma) {
            return at.end();
        }
    }
}
