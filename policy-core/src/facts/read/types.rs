//! Types: those of CAST, and those of the columns of JSON_TABLE.

use super::reader::Reader;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// What CAST, CONVERT, COLUMN_CREATE, JSON_VALUE and JSON_TABLE can name.
const TYPES: &[&str] = &[
    "BIGINT",
    "BINARY",
    "BIT",
    "BLOB",
    "BOOL",
    "BOOLEAN",
    "CHAR",
    "CHARACTER",
    "DATE",
    "DATETIME",
    "DEC",
    "DECIMAL",
    "DOUBLE",
    "ENUM",
    "FIXED",
    "FLOAT",
    "FLOAT4",
    "FLOAT8",
    "GEOMCOLLECTION",
    "GEOMETRY",
    "GEOMETRYCOLLECTION",
    "INET4",
    "INET6",
    "INT",
    "INT1",
    "INT2",
    "INT3",
    "INT4",
    "INT8",
    "INTEGER",
    "INTERVAL",
    "JSON",
    "LINESTRING",
    "LONG",
    "LONGBLOB",
    "LONGTEXT",
    "MEDIUMBLOB",
    "MEDIUMINT",
    "MEDIUMTEXT",
    "MIDDLEINT",
    "MULTILINESTRING",
    "MULTIPOINT",
    "MULTIPOLYGON",
    "NATIONAL",
    "NCHAR",
    "NUMBER",
    "NUMERIC",
    "NVARCHAR",
    "POINT",
    "POLYGON",
    "RAW",
    "REAL",
    "SET",
    "SIGNED",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TINYBLOB",
    "TINYINT",
    "TINYTEXT",
    "UNSIGNED",
    "UUID",
    "VARBINARY",
    "VARCHAR",
    "VARCHARACTER",
    "VARCHAR2",
    "VECTOR",
    "XMLTYPE",
    "YEAR",
];

/// What may follow the first word of a type.
const ATTRIBUTES: &[&str] = &[
    "ARRAY",
    "ASCII",
    "BINARY",
    "BYTE",
    "CHAR",
    "CHARACTER",
    "INT",
    "INTEGER",
    "PRECISION",
    "SIGNED",
    "UNICODE",
    "UNSIGNED",
    "VARBINARY",
    "VARCHAR",
    "VARCHARACTER",
    "VARYING",
    "ZEROFILL",
];

impl Reader<'_> {
    /// A type; its first word in lower case says what comes out.
    pub(super) fn data_type(&mut self) -> Result<String, Unread> {
        let Some(first) = self.word() else {
            return self.syntax();
        };
        self.expect_one_of(TYPES)?;
        let first = first.to_ascii_lowercase();
        if first == "interval" {
            self.expect("DAY_SECOND")?;
        }
        self.type_length()?;
        loop {
            if self.take_one_of(&["CHARSET", "COLLATE"]) || self.take_all(&["CHARACTER", "SET"]) {
                self.charset_name()?;
            } else if self.take_one_of(ATTRIBUTES) {
                self.type_length()?;
            } else {
                return Ok(first);
            }
        }
    }

    /// `(10)`, `(10, 2)`, `('a', 'b')`.
    fn type_length(&mut self) -> Result<(), Unread> {
        if !self.take_symbol(Symbol::LeftParenthesis) {
            return Ok(());
        }
        self.comma_separated(|reader| match reader.peek() {
            Some(TokenKind::Integer(_) | TokenKind::Decimal(_)) => {
                // MySQL takes `5.2` for `5, 2`.
                reader.skip(1);
                Ok(())
            }
            _ => reader.string_or_digits(),
        })?;
        self.close()
    }

    /// A name of a character set or a collation: a string will do, and BINARY.
    pub(super) fn charset_name(&mut self) -> Result<(), Unread> {
        if matches!(self.peek(), Some(TokenKind::String { .. })) {
            return self.string();
        }
        if self.take_one_of(&["BINARY", "DEFAULT"]) {
            return Ok(());
        }
        self.name().map(|_| ())
    }
}
