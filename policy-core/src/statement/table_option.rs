//! Options of tables: plain ones pass, those that tie a table to other tables, files or servers are
//! read and withheld.

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::server::ServerKind;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::column_option;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::cursor::check_tables;
use crate::statement::definition::engine_option;
use crate::statement::definition::text;
use crate::statement::definition::word_or_text;
use crate::unread::Unread;

/// One option of a table; false if none comes next.
pub(super) fn read(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    Ok(charset(at)?
        || plain(at)?
        || engine(at, statement)?
        || withheld(at, statement)?
        || external(at, statement)?
        || column_option::attribute(at, statement)?
        || engine_option(at, HARMLESS, statement)?)
}

/// Options, with or without commas between them; false if none comes next.
pub(super) fn list(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if !read(at, statement)? {
        return Ok(false);
    }
    loop {
        let is_separated = at.take_symbol(Symbol::Comma);
        if !read(at, statement)? {
            return match is_separated {
                true => at.error("expected an option of the table"),
                false => Ok(true),
            };
        }
    }
}

/// Options of MariaDB's own engines that only say how pages are packed.
const HARMLESS: &[&str] = &["PAGE_COMPRESSED", "PAGE_COMPRESSION_LEVEL"];

/// Options about size, speed and appearance.
fn plain(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    const NUMBERS: &[&str] = &[
        "AUTO_INCREMENT",
        "AVG_ROW_LENGTH",
        "CHECKSUM",
        "DELAY_KEY_WRITE",
        "KEY_BLOCK_SIZE",
        "MAX_ROWS",
        "MIN_ROWS",
        "TABLE_CHECKSUM",
    ];
    const SWITCHES: &[&str] = &[
        "PACK_KEYS",
        "PAGE_CHECKSUM",
        "STATS_AUTO_RECALC",
        "STATS_PERSISTENT",
        "STATS_SAMPLE_PAGES",
        "TRANSACTIONAL",
    ];
    const WORDS: &[&str] = &["INSERT_METHOD", "ROW_FORMAT", "STORAGE"];
    const TEXTS: &[&str] = &["COMMENT", "COMPRESSION", "PASSWORD"];
    if at.take_one_of(NUMBERS).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        number(at)?;
    } else if at.take_one_of(SWITCHES).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        if !at.take_word("DEFAULT") {
            number(at)?;
        }
    } else if at.take_one_of(WORDS).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        if !at.take_word("DEFAULT") {
            at.identifier()?;
        }
    } else if at.take_one_of(TEXTS).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        text(at)?;
    } else if at.take_word("AUTOEXTEND_SIZE") {
        // `4M` is one word.
        let _ = at.take_symbol(Symbol::Equal);
        if at.integer().is_err() {
            at.identifier()?;
        }
    } else if !at.take_words(&["WITH", "SYSTEM", "VERSIONING"]) {
        return Ok(false);
    }
    Ok(true)
}

fn number(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if matches!(
        at.peek(),
        Some(TokenKind::Integer(_) | TokenKind::Decimal(_) | TokenKind::Hex(_))
    ) {
        at.skip(1);
        return Ok(());
    }
    at.error("expected a number")
}

/// `[DEFAULT] CHARACTER SET [=] x`, `[DEFAULT] COLLATE [=] x`; false if none comes next.
pub(super) fn charset(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    let mut ahead = *at;
    let _ = ahead.take_word("DEFAULT");
    let known = ahead.take_words(&["CHARACTER", "SET"])
        || ahead.take_words(&["CHAR", "SET"])
        || ahead.take_one_of(&["CHARSET", "COLLATE"]).is_some();
    if !known {
        return Ok(false);
    }
    *at = ahead;
    let _ = at.take_symbol(Symbol::Equal);
    word_or_text(at)?;
    Ok(true)
}

/// `[STORAGE] ENGINE [=] x`, of which only those that keep their own rows and nothing else pass.
pub(super) fn engine(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if !at.take_words(&["STORAGE", "ENGINE"]) && !at.take_word("ENGINE") {
        return Ok(false);
    }
    let _ = at.take_symbol(Symbol::Equal);
    let name = match at.peek() {
        Some(TokenKind::String { .. }) => at.string()?,
        _ => at.identifier()?,
    };
    let is_plain = ["InnoDB", "MyISAM", "Aria", "MEMORY", "HEAP"]
        .iter()
        .any(|engine| name.eq_ignore_ascii_case(engine));
    if !is_plain {
        statement.withhold(
            "an engine other than InnoDB, MyISAM, Aria and MEMORY",
            Some("leave ENGINE out"),
        );
    }
    Ok(true)
}

/// Options that reach beyond the table.
fn withheld(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    const WORDS: &[&str] = &["TABLESPACE", "SECONDARY_ENGINE", "ENCRYPTION", "NODEGROUP"];
    const LEAVE_OUT: Option<&str> = Some("leave it out");
    if directory(at, statement)? {
        return Ok(true);
    }
    if at.take_word("UNION") {
        let _ = at.take_symbol(Symbol::Equal);
        union(at, statement)?;
        statement.withhold("UNION as an option of a table", LEAVE_OUT);
    } else if at.take_word("CONNECTION") {
        let _ = at.take_symbol(Symbol::Equal);
        text(at)?;
        statement.withhold("CONNECTION as an option of a table", LEAVE_OUT);
    } else if at.take_words(&["START", "TRANSACTION"]) {
        statement.withhold("START TRANSACTION as an option of a table", LEAVE_OUT);
    } else if at.take_word("SEQUENCE") {
        let _ = at.take_symbol(Symbol::Equal);
        number(at)?;
        statement.withhold(
            "SEQUENCE as an option of a table",
            Some("use CREATE SEQUENCE"),
        );
    } else if let Some(word) = at.take_one_of(WORDS) {
        let _ = at.take_symbol(Symbol::Equal);
        match at.peek() {
            Some(TokenKind::Integer(_)) => at.skip(1),
            _ if at.take_word("NULL") => {}
            _ => word_or_text(at)?,
        }
        statement.withhold(format!("{word} as an option of a table"), LEAVE_OUT);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// What tables of MySQL over files elsewhere have.
fn external(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    const WORDS: &[&str] = &[
        "ALLOW_MISSING_FILES",
        "AUTO_REFRESH",
        "AUTO_REFRESH_SOURCE",
        "STRICT_LOAD",
        "VERIFY_KEY_CONSTRAINTS",
    ];
    if at.session.server.kind != ServerKind::MySql {
        return Ok(false);
    }
    if at.take_one_of(&["FILE_FORMAT", "FILES"]).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        let plain = |token: &Token<'_>| {
            matches!(
                token.kind,
                TokenKind::Word(_)
                    | TokenKind::String { .. }
                    | TokenKind::Integer(_)
                    | TokenKind::Symbol(Symbol::Comma | Symbol::Equal)
            )
        };
        if !at.group()?.iter().all(plain) {
            return at.error("not a description of files");
        }
    } else if at.take_one_of(WORDS).is_some() {
        let _ = at.take_symbol(Symbol::Equal);
        if at.integer().is_err() {
            word_or_text(at)?;
        }
    } else {
        return Ok(false);
    }
    statement.withhold("an option of external tables", None);
    Ok(true)
}

/// `DATA DIRECTORY [=] 'path'`, `INDEX DIRECTORY [=] 'path'`.
pub(super) fn directory(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if !at.take_words(&["DATA", "DIRECTORY"]) && !at.take_words(&["INDEX", "DIRECTORY"]) {
        return Ok(false);
    }
    let _ = at.take_symbol(Symbol::Equal);
    text(at)?;
    statement.withhold("a DIRECTORY for a table", Some("leave it out"));
    Ok(true)
}

/// The tables whose rows a MERGE table shows and takes.
fn union(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    if at.take_symbol(Symbol::RightParenthesis) {
        return Ok(());
    }
    loop {
        check_tables(statement.accesses.len() + 1)?;
        let id = at.object()?;
        let columns = at.table(&id)?.map(all_columns).unwrap_or_default();
        let access = at.access(Verb::Read, &id, columns)?;
        statement.accesses.push(access);
        if !at.take_symbol(Symbol::Comma) {
            return at.expect_symbol(Symbol::RightParenthesis);
        }
    }
}
