//! Definitions within CREATE TABLE and ALTER TABLE: columns, keys, checks, options, partitions.
//!
//! Only what is known to be harmless is read. Expressions may hold literals, columns and listed
//! functions, so that no query and no routine can hide in a default, a check or a partition.

use std::collections::BTreeSet;

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::Influence;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::column_ids;
use crate::statement::cursor::unsupported;
use crate::unread::Unread;

/// What a definition says about columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    /// The column that is defined, if one is.
    pub(super) column: Option<ColumnName>,
    /// Columns that keys, checks and generated columns name.
    pub(super) named: BTreeSet<ColumnName>,
    /// Columns that a generated column or a default is computed from.
    pub(super) computed_from: BTreeSet<ColumnName>,
    /// Tables and columns that foreign keys refer to.
    pub(super) parents: Vec<(TableId, BTreeSet<ColumnName>)>,
}

/// Foreign keys tell whoever writes the child which values the parent holds.
pub(super) fn refer(
    at: &Cursor<'_>,
    definition: &Definition,
    statement: &mut Statement,
) -> Result<(), Unread> {
    for (parent, columns) in &definition.parents {
        let access = at.access(Verb::Describe, parent, columns.clone())?;
        statement.accesses.push(access);
        for column in column_ids(parent, columns) {
            statement.influences.push(Influence {
                column,
                strength: Strength::Equality,
                place: "FOREIGN KEY",
            });
        }
    }
    Ok(())
}

/// `name type options`.
pub(super) fn column(at: &mut Cursor<'_>) -> Result<Definition, Unread> {
    let mut definition = Definition {
        column: Some(at.column()?),
        ..Definition::default()
    };
    data_type(at)?;
    while column_option(at, &mut definition)? {}
    Ok(definition)
}

/// A key, a check or a column, as in the list of CREATE TABLE.
pub(super) fn item(at: &mut Cursor<'_>) -> Result<Definition, Unread> {
    if is_key(at) { key(at) } else { column(at) }
}

/// Whether a key or a check comes next.
pub(super) fn is_key(at: &Cursor<'_>) -> bool {
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
    WORDS.iter().any(|word| at.is_word(word))
}

/// `[CONSTRAINT x] PRIMARY KEY (…)`, `INDEX x (…)`, `FOREIGN KEY (…) REFERENCES …`, `CHECK (…)`.
pub(super) fn key(at: &mut Cursor<'_>) -> Result<Definition, Unread> {
    let mut definition = Definition::default();
    if at.take_word("CONSTRAINT") && !is_key(at) {
        at.identifier()?;
    }
    if at.take_word("CHECK") {
        check(at, &mut definition)?;
        return Ok(definition);
    }
    let is_foreign = at.take_words(&["FOREIGN", "KEY"]);
    if !is_foreign {
        let _ = at.take_words(&["PRIMARY", "KEY"])
            || at.take_one_of(&["UNIQUE", "FULLTEXT", "SPATIAL"]).is_some();
        let _ = at.take_one_of(&["INDEX", "KEY"]);
    }
    let _ = at.take_words(&["IF", "NOT", "EXISTS"]);
    if !at.is_symbol(Symbol::LeftParenthesis) && !at.is_word("USING") {
        at.identifier()?;
    }
    using(at)?;
    key_parts(at, &mut definition)?;
    if is_foreign {
        references(at, &mut definition)?;
    } else {
        while index_option(at)? {}
    }
    Ok(definition)
}

/// `(column [(length)] [ASC | DESC] | (expression), …)`.
pub(super) fn key_parts(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<(), Unread> {
    at.expect_symbol(Symbol::LeftParenthesis)?;
    loop {
        if at.is_symbol(Symbol::LeftParenthesis) {
            let group = at.group()?;
            definition.named.extend(expression(at.over(group))?);
        } else {
            definition.named.insert(at.column()?);
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

fn using(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    if !at.take_word("USING") {
        return Ok(false);
    }
    if at.take_one_of(&["BTREE", "HASH", "RTREE"]).is_none() {
        return at.error("not a kind of index");
    }
    Ok(true)
}

/// One option of an index; false if none comes next.
pub(super) fn index_option(at: &mut Cursor<'_>) -> Result<bool, Unread> {
    if using(at)?
        || at
            .take_one_of(&["VISIBLE", "INVISIBLE", "IGNORED"])
            .is_some()
    {
        return Ok(true);
    }
    if at.take_words(&["NOT", "IGNORED"]) {
        return Ok(true);
    }
    if at.take_word("COMMENT") {
        at.string()?;
        return Ok(true);
    }
    if at.take_word("KEY_BLOCK_SIZE") {
        let _ = at.take_symbol(Symbol::Equal);
        at.integer()?;
        return Ok(true);
    }
    Ok(false)
}

fn references(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<(), Unread> {
    at.expect_word("REFERENCES")?;
    let parent = at.object()?;
    let mut parent_columns = Definition::default();
    key_parts(at, &mut parent_columns)?;
    definition.parents.push((parent, parent_columns.named));
    if at.take_word("MATCH") && at.take_one_of(&["FULL", "PARTIAL", "SIMPLE"]).is_none() {
        return at.error("not a kind of match");
    }
    while at.is_word("ON") && (at.is_word_at(1, "DELETE") || at.is_word_at(1, "UPDATE")) {
        at.skip(2);
        let known = at.take_one_of(&["RESTRICT", "CASCADE"]).is_some()
            || at.take_words(&["SET", "NULL"])
            || at.take_words(&["SET", "DEFAULT"])
            || at.take_words(&["NO", "ACTION"]);
        if !known {
            return at.error("not an action of a foreign key");
        }
    }
    Ok(())
}

fn check(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<(), Unread> {
    let group = at.group()?;
    definition.named.extend(expression(at.over(group))?);
    let _ = at.take_words(&["NOT", "ENFORCED"]) || at.take_word("ENFORCED");
    Ok(())
}

/// A data type with its length, sign and character set.
fn data_type(at: &mut Cursor<'_>) -> Result<(), Unread> {
    let _ = at.take_one_of(&["NATIONAL", "LONG"]);
    match at.peek() {
        Some(TokenKind::Word(word)) if is_one_of(word, TYPES) => at.skip(1),
        _ => return unsupported("that data type", None),
    }
    let _ = at.take_one_of(&["VARYING", "PRECISION"]);
    if at.is_symbol(Symbol::LeftParenthesis) {
        let group = at.group()?;
        let plain = |token: &Token<'_>| {
            matches!(
                token.kind,
                TokenKind::Integer(_) | TokenKind::String { .. } | TokenKind::Symbol(Symbol::Comma)
            )
        };
        if !group.iter().all(plain) {
            return at.error("not a length or a list of values");
        }
    }
    Ok(())
}

/// One option of a column; false if none comes next.
fn column_option(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<bool, Unread> {
    const PLAIN: &[&str] = &[
        "UNSIGNED",
        "SIGNED",
        "ZEROFILL",
        "BINARY",
        "ASCII",
        "UNICODE",
        "NULL",
        "AUTO_INCREMENT",
        "VISIBLE",
        "INVISIBLE",
        "KEY",
        "VIRTUAL",
        "STORED",
        "PERSISTENT",
    ];
    if at.take_one_of(PLAIN).is_some()
        || at.take_words(&["NOT", "NULL"])
        || at.take_words(&["PRIMARY", "KEY"])
        || at.take_words(&["NOT", "ENFORCED"])
    {
        return Ok(true);
    }
    if at.take_word("UNIQUE") {
        let _ = at.take_word("KEY");
        return Ok(true);
    }
    if at.take_words(&["CHARACTER", "SET"]) || at.take_one_of(&["CHARSET", "COLLATE"]).is_some() {
        word_or_text(at)?;
        return Ok(true);
    }
    if at.take_word("COMMENT") {
        at.string()?;
        return Ok(true);
    }
    if at.take_word("DEFAULT") {
        default(at, definition)?;
        return Ok(true);
    }
    if at.take_words(&["ON", "UPDATE"]) {
        now(at)?;
        return Ok(true);
    }
    constraint_option(at, definition)
}

fn constraint_option(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<bool, Unread> {
    if at.take_words(&["GENERATED", "ALWAYS", "AS"]) || at.take_word("AS") {
        let group = at.group()?;
        let columns = expression(at.over(group))?;
        definition.named.extend(columns.iter().cloned());
        definition.computed_from.extend(columns);
        return Ok(true);
    }
    if at.is_word("REFERENCES") {
        references(at, definition)?;
        return Ok(true);
    }
    if at.is_word("CONSTRAINT") || at.is_word("CHECK") {
        if at.take_word("CONSTRAINT") && !at.is_word("CHECK") {
            at.identifier()?;
        }
        at.expect_word("CHECK")?;
        check(at, definition)?;
        return Ok(true);
    }
    Ok(false)
}

/// The value of DEFAULT: a literal, the present time, or an expression in parentheses.
pub(super) fn default(at: &mut Cursor<'_>, definition: &mut Definition) -> Result<(), Unread> {
    if at.is_symbol(Symbol::LeftParenthesis) {
        let group = at.group()?;
        let columns = expression(at.over(group))?;
        definition.named.extend(columns.iter().cloned());
        definition.computed_from.extend(columns);
        return Ok(());
    }
    let _ = at.take_symbol(Symbol::Minus) || at.take_symbol(Symbol::Plus);
    match at.peek() {
        Some(
            TokenKind::String { .. }
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_),
        ) => {
            at.skip(1);
            Ok(())
        }
        _ if at.take_one_of(&["NULL", "TRUE", "FALSE"]).is_some() => Ok(()),
        _ if at.is_word("UUID") => at.take_call("UUID"),
        _ => now(at),
    }
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
        return unsupported("that default", Some("use a literal or CURRENT_TIMESTAMP"));
    }
    if at.is_symbol(Symbol::LeftParenthesis) {
        numbers(at)?;
    }
    Ok(())
}

/// `(1)`, `(1, 2)` or `()`.
fn numbers(at: &mut Cursor<'_>) -> Result<(), Unread> {
    let group = at.group()?;
    let plain = |token: &Token<'_>| {
        matches!(
            token.kind,
            TokenKind::Integer(_) | TokenKind::Symbol(Symbol::Comma)
        )
    };
    if group.iter().all(plain) {
        return Ok(());
    }
    at.error("expected a number")
}

pub(super) fn word_or_text(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.is_word("BINARY") || at.is_word("DEFAULT") {
        at.skip(1);
        return Ok(());
    }
    if at.string().is_ok() {
        return Ok(());
    }
    at.identifier().map(|_| ())
}

/// The columns that an expression names. Functions must be on the list, and no query, variable or
/// parameter may stand in it.
pub(super) fn expression(mut at: Cursor<'_>) -> Result<BTreeSet<ColumnName>, Unread> {
    let mut columns = BTreeSet::new();
    let mut after_dot = false;
    while let Some(kind) = at.peek() {
        let is_call = at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::LeftParenthesis));
        let is_qualifier = at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Dot));
        match kind {
            TokenKind::Word(word) if is_one_of(word, FORBIDDEN) => {
                return unsupported("a query within a definition", None);
            }
            TokenKind::Word(word) if is_call && !is_one_of(word, GRAMMAR) => {
                if !is_one_of(word, FUNCTIONS) {
                    return unsupported(format!("`{word}` within a definition"), None);
                }
            }
            TokenKind::QuotedIdentifier(_) if is_call => {
                return unsupported("a stored function within a definition", None);
            }
            TokenKind::Word(word) if is_one_of(word, GRAMMAR) && !after_dot => {}
            TokenKind::Word(name) if !is_qualifier => insert(&at, &mut columns, name)?,
            TokenKind::QuotedIdentifier(name) if !is_qualifier => {
                insert(&at, &mut columns, name)?;
            }
            TokenKind::UserVariable(_) | TokenKind::SystemVariable | TokenKind::Parameter => {
                return unsupported("a variable within a definition", None);
            }
            TokenKind::Word(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::String { .. }
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
            | TokenKind::Symbol(_) => {}
        }
        after_dot = *kind == TokenKind::Symbol(Symbol::Dot);
        at.skip(1);
    }
    Ok(columns)
}

fn insert(at: &Cursor<'_>, columns: &mut BTreeSet<ColumnName>, name: &str) -> Result<(), Unread> {
    match ColumnName::parse(name) {
        Some(name) => {
            columns.insert(name);
            Ok(())
        }
        None => at.error("a column name that servers may read differently"),
    }
}

fn is_one_of(word: &str, words: &str) -> bool {
    words
        .split_ascii_whitespace()
        .any(|other| word.eq_ignore_ascii_case(other))
}

/// Data types of both servers.
const TYPES: &str = "BIT TINYINT SMALLINT MEDIUMINT INT INTEGER BIGINT INT1 INT2 INT3 INT4 INT8 REAL DOUBLE \
    FLOAT FLOAT4 FLOAT8 DECIMAL DEC NUMERIC FIXED BOOL BOOLEAN DATE TIME TIMESTAMP DATETIME \
    YEAR CHAR CHARACTER VARCHAR NCHAR NVARCHAR BINARY VARBINARY TINYBLOB BLOB MEDIUMBLOB \
    LONGBLOB TINYTEXT TEXT MEDIUMTEXT LONGTEXT ENUM SET JSON SERIAL UUID INET4 INET6 \
    GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON \
    GEOMETRYCOLLECTION VECTOR";

/// Words that begin a query.
const FORBIDDEN: &str = "SELECT TABLE WITH VALUES FROM INTO UNION EXISTS INTERVAL";

/// Words of expressions and partitions that are no columns, whether a parenthesis follows or not.
const GRAMMAR: &str = "AND OR XOR NOT IN LIKE REGEXP RLIKE BETWEEN IS NULL TRUE FALSE UNKNOWN \
    DIV CASE WHEN THEN ELSE END AS COLLATE BINARY ESCAPE UNSIGNED SIGNED USING DATE TIME DATETIME \
    JSON ARRAY";

/// Functions whose value hangs on their arguments alone.
const FUNCTIONS: &str = "ABS CAST CEIL CEILING CHAR CHAR_LENGTH COALESCE CONCAT CONCAT_WS CONVERT \
    DATE_FORMAT DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR DECIMAL FLOOR GREATEST HEX HOUR IF IFNULL \
    JSON_ARRAY JSON_CONTAINS JSON_EXTRACT JSON_LENGTH JSON_OBJECT JSON_UNQUOTE JSON_VALID JSON_VALUE LEAST LEFT LENGTH \
    LOWER LPAD LTRIM MD5 MINUTE MOD MONTH NULLIF QUARTER REGEXP_LIKE REPLACE REVERSE RIGHT ROUND \
    RPAD RTRIM SECOND SHA1 SHA2 SUBSTR SUBSTRING TO_DAYS TO_SECONDS TRIM TRUNCATE UNHEX \
    UNIX_TIMESTAMP UPPER UUID UUID_TO_BIN WEEK WEEKDAY YEAR YEARWEEK";
