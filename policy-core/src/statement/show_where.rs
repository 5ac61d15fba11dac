//! The WHERE of SHOW: columns that are shown anyway, compared with strings, and nothing else.
//!
//! The servers take any expression there and run its subqueries; and columns that are not shown
//! (numbers of rows, say) can be named too.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// One comparison of a shown column.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Whether it is `=` or IN, without NOT.
    pub(super) is_equality: bool,
    /// The strings.
    pub(super) values: Vec<String>,
}

/// The comparisons of a condition.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) comparisons: Vec<Comparison>,
    /// Whether any two are joined by AND.
    pub(super) has_and: bool,
}

/// Reads what follows WHERE, up to the end of the statement.
pub(super) fn read(at: &mut Cursor<'_>, kind: StatementKind) -> Result<Condition, Unread> {
    let mut condition = Condition::default();
    loop {
        column(at, kind)?;
        condition.comparisons.push(comparison(at)?);
        if at.take_word("AND") || at.take_symbol(Symbol::AmpersandAmpersand) {
            condition.has_and = true;
        } else if !at.take_word("OR") {
            at.end()?;
            return Ok(condition);
        }
    }
}

fn column(at: &mut Cursor<'_>, kind: StatementKind) -> Result<(), Unread> {
    let name = match at.next() {
        Some(TokenKind::QuotedIdentifier(name)) => name.to_ascii_lowercase(),
        Some(TokenKind::Word(word)) => word.to_ascii_lowercase(),
        _ => return at.error("expected a column that is shown"),
    };
    let is_shown = SHOWN
        .iter()
        .any(|(shown, columns)| *shown == kind && columns.contains(&name.as_str()))
        || (kind == StatementKind::ShowTables && name.starts_with("tables_in_"));
    if is_shown {
        return Ok(());
    }
    unsupported(
        "SHOW with that WHERE",
        Some("compare a column that is shown with a string, or use LIKE"),
    )
}

/// `= 'x'`, `<> 'x'`, `[NOT] LIKE 'x'`, `[NOT] IN ('x', 'y')`.
fn comparison(at: &mut Cursor<'_>) -> Result<Comparison, Unread> {
    if at.take_symbol(Symbol::Equal) {
        return Ok(Comparison {
            is_equality: true,
            values: vec![at.string()?],
        });
    }
    if at.take_symbol(Symbol::NotEqual) || at.take_symbol(Symbol::LessGreater) {
        return Ok(Comparison {
            is_equality: false,
            values: vec![at.string()?],
        });
    }
    let negated = at.take_word("NOT");
    if at.take_word("LIKE") {
        return Ok(Comparison {
            is_equality: false,
            values: vec![at.string()?],
        });
    }
    at.expect_word("IN")?;
    at.expect_symbol(Symbol::LeftParenthesis)?;
    let mut values = Vec::new();
    loop {
        values.push(at.string()?);
        if !at.take_symbol(Symbol::Comma) {
            at.expect_symbol(Symbol::RightParenthesis)?;
            return Ok(Comparison {
                is_equality: !negated,
                values,
            });
        }
    }
}

/// The columns that each kind shows and that tell names and types only.
const SHOWN: &[(StatementKind, &[&str])] = &[
    (StatementKind::ShowTables, &["table_type"]),
    (
        StatementKind::ShowTableStatus,
        &["name", "engine", "comment"],
    ),
    (
        StatementKind::ShowColumns,
        &["field", "type", "collation", "null", "key", "extra"],
    ),
    (
        StatementKind::ShowIndex,
        &["table", "key_name", "column_name", "index_type"],
    ),
    (StatementKind::ShowDatabases, &["database"]),
    (StatementKind::ShowCharacterSet, &["charset"]),
    (
        StatementKind::ShowCollation,
        &["collation", "charset", "default"],
    ),
    (StatementKind::ShowVariables, &["variable_name"]),
    (StatementKind::ShowStatus, &["variable_name"]),
];
