//! Data types of columns, with their lengths and values.

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::server::ServerKind;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::unread::Unread;

/// Reads a data type up to its length or list of values.
pub(super) fn read(at: &mut Cursor<'_>) -> Result<(), Unread> {
    // `mariadb_schema.date`: the type of that name in the server's own dialect.
    let is_qualified = at.session.server.kind == ServerKind::MariaDb
        && is_own_schema(at.peek())
        && { at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Dot)) };
    if is_qualified {
        at.skip(2);
    }
    if at.take_word("LONG") {
        long(at);
        return Ok(());
    }
    if at.take_word("NATIONAL") {
        if at.take_one_of(&["CHAR", "CHARACTER", "VARCHAR"]).is_none() {
            return at.error("expected CHAR");
        }
        let _ = at.take_word("VARYING");
        return arguments(at);
    }
    if at.take_word("NCHAR") {
        let _ = at.take_one_of(&["VARCHAR", "VARYING"]);
        return arguments(at);
    }
    match at.peek() {
        Some(TokenKind::Word(word)) if is_one_of(word, TYPES) => at.skip(1),
        // After a point any word is a name.
        Some(TokenKind::QuotedIdentifier(word)) if is_qualified && is_one_of(word, TYPES) => {
            at.skip(1);
        }
        _ => return unsupported("that data type", None),
    }
    let _ = at.take_one_of(&["VARYING", "PRECISION"]);
    arguments(at)
}

/// Words before and after a point are names to the lexer.
fn is_own_schema(kind: Option<&TokenKind<'_>>) -> bool {
    const SCHEMAS: &str = "MARIADB_SCHEMA ORACLE_SCHEMA MAXDB_SCHEMA";
    match kind {
        Some(TokenKind::Word(word)) => is_one_of(word, SCHEMAS),
        Some(TokenKind::QuotedIdentifier(word)) => is_one_of(word, SCHEMAS),
        _ => false,
    }
}

/// What may follow LONG: all of it means a medium text or blob.
fn long(at: &mut Cursor<'_>) {
    if at
        .take_one_of(&["VARBINARY", "VARCHAR", "BINARY"])
        .is_none()
        && at.take_one_of(&["CHAR", "CHARACTER"]).is_some()
    {
        let _ = at.take_word("VARYING");
    }
}

fn arguments(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if !at.is_symbol(Symbol::LeftParenthesis) {
        return Ok(());
    }
    let group = at.group()?;
    let plain = |token: &Token<'_>| {
        matches!(
            token.kind,
            TokenKind::Integer(_)
                | TokenKind::String { .. }
                | TokenKind::Decimal(_)
                | TokenKind::Hex(_)
                | TokenKind::Bit(_)
                | TokenKind::Symbol(Symbol::Comma)
        )
    };
    if group.is_empty() || !group.iter().all(plain) {
        return at.error("not a length or a list of values");
    }
    Ok(())
}

pub(super) fn is_one_of(word: &str, words: &str) -> bool {
    words
        .split_ascii_whitespace()
        .any(|other| word.eq_ignore_ascii_case(other))
}

/// Data types of both servers.
const TYPES: &str = "BIT TINYINT SMALLINT MEDIUMINT MIDDLEINT INT INTEGER BIGINT INT1 INT2 INT3 \
    INT4 INT8 REAL DOUBLE FLOAT FLOAT4 FLOAT8 DECIMAL DEC NUMERIC FIXED BOOL BOOLEAN DATE TIME \
    TIMESTAMP DATETIME YEAR CHAR CHARACTER VARCHAR VARCHARACTER NVARCHAR BINARY VARBINARY \
    TINYBLOB BLOB MEDIUMBLOB LONGBLOB TINYTEXT TEXT MEDIUMTEXT LONGTEXT ENUM SET JSON SERIAL UUID \
    INET4 INET6 XMLTYPE GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON \
    GEOMETRYCOLLECTION GEOMCOLLECTION VECTOR";
