//! What follows the data type of a column: its signs, defaults, checks and references.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::definition::Definition;
use crate::statement::definition::engine_option;
use crate::statement::definition::text;
use crate::statement::definition::word_or_text;
use crate::statement::formula;
use crate::statement::formula::Formula;
use crate::statement::formula::Place;
use crate::statement::key;
use crate::unread::Unread;

/// One option of a column; false if none comes next.
pub(super) fn read(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<bool, Unread> {
    Ok(plain(at)
        || charset(at)?
        || valued(at, statement)?
        || computed(at, definition, statement)?
        || constraint(at, definition, statement)?
        || engine_option(at, &[], statement)?)
}

fn plain(at: &mut Cursor<'_>) -> bool {
    const WORDS: &[&str] = &[
        "UNSIGNED",
        "SIGNED",
        "ZEROFILL",
        "BINARY",
        "ASCII",
        "UNICODE",
        "BYTE",
        "NULL",
        "AUTO_INCREMENT",
        "VISIBLE",
        "INVISIBLE",
        "KEY",
    ];
    const PAIRS: &[&[&str]] = &[
        &["NOT", "NULL"],
        &["NOT", "SECONDARY"],
        &["PRIMARY", "KEY"],
        &["UNIQUE", "KEY"],
        &["UNIQUE"],
        &["SERIAL", "DEFAULT", "VALUE"],
        &["WITH", "SYSTEM", "VERSIONING"],
        &["WITHOUT", "SYSTEM", "VERSIONING"],
    ];
    at.take_one_of(WORDS).is_some() || PAIRS.iter().any(|words| at.take_words(words))
}

fn charset(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    let is_charset = at.take_words(&["CHARACTER", "SET"])
        || at.take_words(&["CHAR", "SET"])
        || at.take_one_of(&["CHARSET", "COLLATE"]).is_some();
    if is_charset {
        word_or_text(at)?;
    }
    Ok(is_charset)
}

/// A word with one value.
fn valued(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    if at.take_one_of(&["COMMENT", "EXTERNAL_FORMAT"]).is_some() {
        text(at)?;
        return Ok(true);
    }
    if at.take_word("COMPRESSED") {
        if at.take_symbol(Symbol::Equal) {
            word_or_text(at)?;
        }
        return Ok(true);
    }
    if at.take_word("COLUMN_FORMAT") || at.take_word("STORAGE") {
        const KINDS: &[&str] = &["DEFAULT", "FIXED", "DYNAMIC", "DISK", "MEMORY"];
        return match at.take_one_of(KINDS) {
            Some(_) => Ok(true),
            None => at.error("not a way to store a column"),
        };
    }
    if at.take_word("SRID") || at.take_word("REF_SYSTEM_ID") {
        let _ = at.take_symbol(Symbol::Equal);
        at.integer()?;
        return Ok(true);
    }
    attribute(at, statement)
}

/// JSON that a storage engine reads.
pub(super) fn attribute(at: &mut Cursor<'_>, statement: &mut Statement) -> Result<bool, Unread> {
    const ATTRIBUTES: &[&str] = &["ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"];
    let Some(name) = at.take_one_of(ATTRIBUTES) else {
        return Ok(false);
    };
    let _ = at.take_symbol(Symbol::Equal);
    text(at)?;
    statement.withhold(name, Some("leave it out"));
    Ok(true)
}

/// Generated columns, defaults, and what an update writes by itself.
fn computed(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<bool, Unread> {
    if at.take_words(&["GENERATED", "ALWAYS", "AS"]) || at.take_word("AS") {
        if at.take_word("ROW") {
            return match at.take_one_of(&["START", "END"]) {
                Some(_) => Ok(true),
                None => at.error("expected START or END"),
            };
        }
        let formula = formula::group(at, Place::Generated, statement)?;
        definition.formulas.push(formula);
        let _ = at.take_one_of(&["VIRTUAL", "STORED", "PERSISTENT"]);
        return Ok(true);
    }
    if at.take_word("DEFAULT") {
        default(at, definition, statement)?;
        return Ok(true);
    }
    if at.take_words(&["ON", "UPDATE"]) {
        now(at)?;
        return Ok(true);
    }
    Ok(false)
}

fn constraint(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<bool, Unread> {
    if at.is_word("REFERENCES") {
        key::references(at, definition)?;
        return Ok(true);
    }
    if !at.is_word("CONSTRAINT") && !at.is_word("CHECK") {
        return Ok(false);
    }
    if at.take_word("CONSTRAINT") && !at.is_word("CHECK") && !at.is_word("REFERENCES") {
        at.identifier()?;
    }
    if at.is_word("REFERENCES") {
        key::references(at, definition)?;
        return Ok(true);
    }
    at.expect_word("CHECK")?;
    key::check(at, definition, statement)?;
    Ok(true)
}

/// The value of DEFAULT: a literal, the present time, or an expression, which MariaDB takes without
/// parentheses too where it is one call or one name.
pub(super) fn default(
    at: &mut Cursor<'_>,
    definition: &mut Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    if at.is_symbol(Symbol::LeftParenthesis) {
        let formula = formula::group(at, Place::Default, statement)?;
        definition.formulas.push(formula);
        return Ok(());
    }
    if at.take_words(&["NEXT", "VALUE", "FOR"]) || at.take_words(&["PREVIOUS", "VALUE", "FOR"]) {
        at.object()?;
        statement.withhold("the value of a sequence within a definition", None);
        return Ok(());
    }
    if at.take_one_of(&["NULL", "TRUE", "FALSE"]).is_some() {
        return Ok(());
    }
    let is_signed = at.take_symbol(Symbol::Minus) || at.take_symbol(Symbol::Plus);
    if matches!(
        at.peek(),
        Some(
            TokenKind::String { .. }
                | TokenKind::Integer(_)
                | TokenKind::Decimal(_)
                | TokenKind::Hex(_)
                | TokenKind::Bit(_),
        )
    ) {
        at.skip(1);
        return Ok(());
    }
    if is_signed {
        return at.error("expected a number");
    }
    let formula = bare(at, Place::Default, statement)?;
    definition.formulas.push(formula);
    Ok(())
}

/// An expression without parentheses around it.
pub(super) fn bare(
    at: &mut Cursor<'_>,
    place: Place,
    statement: &mut Statement,
) -> Result<Formula, Unread> {
    let length = bare_length(*at)?;
    let tokens = at.rest().get(..length).unwrap_or_default();
    at.skip(length);
    formula::read(at, tokens, place, statement)
}

/// How many tokens an expression without parentheses around it has: a typed literal, CASE, or a
/// name with its arguments.
fn bare_length(start: Cursor<'_>) -> Result<usize, Unread> {
    let mut at = start;
    let is_text = matches!(at.peek_at(1), Some(TokenKind::String { .. }));
    if at.take_one_of(&["DATE", "TIME", "TIMESTAMP"]).is_some() && is_text {
        at.skip(1);
    } else if at.is_word("CASE") {
        let mut depth = 0_usize;
        loop {
            if at.is_word("CASE") {
                depth += 1;
            } else if at.is_word("END") {
                depth -= 1;
            } else if at.is_symbol(Symbol::LeftParenthesis) {
                at.group()?;
                continue;
            }
            if at.next().is_none() {
                return start.error("expected END");
            }
            if depth == 0 {
                break;
            }
        }
    } else if at.take_symbol(Symbol::LeftBrace) {
        while !at.take_symbol(Symbol::RightBrace) {
            if at.next().is_none() {
                return start.error("expected `}`");
            }
        }
    } else {
        // The word may have been taken above: DATE(…) and TIME(…) are calls.
        if at.rest().len() == start.rest().len() {
            if at.peek() == Some(&TokenKind::SystemVariable) {
                at.skip(1);
            }
            match at.next() {
                Some(TokenKind::Word(_) | TokenKind::QuotedIdentifier(_)) => {}
                Some(TokenKind::UserVariable(_) | TokenKind::Parameter) => {
                    return Ok(start.rest().len() - at.rest().len());
                }
                _ => return start.error("not the value of a default"),
            }
        }
        while at.take_symbol(Symbol::Dot) {
            at.identifier()?;
        }
        if at.is_symbol(Symbol::LeftParenthesis) {
            at.group()?;
        }
    }
    Ok(start.rest().len() - at.rest().len())
}

/// `CURRENT_TIMESTAMP`, `NOW()` and their like.
fn now(at: &mut Cursor<'_>) -> Result<(), Unread> {
    const WORDS: &[&str] = &[
        "CURRENT_TIMESTAMP",
        "NOW",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "CURRENT_DATE",
        "CURDATE",
    ];
    if at.take_one_of(WORDS).is_none() {
        return at.error("expected CURRENT_TIMESTAMP");
    }
    if at.is_symbol(Symbol::LeftParenthesis) {
        key::numbers(at)?;
    }
    Ok(())
}
