//! SIGNAL, RESIGNAL and GET DIAGNOSTICS: read whole, and refused, for messages may hold values.

use crate::statement::Effect;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::kind::StatementKind;
use crate::statement::server;
use crate::unread::Unread;

/// SIGNAL, RESIGNAL, GET DIAGNOSTICS.
pub(super) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let is_get = statement.kind == StatementKind::GetDiagnostics;
    let found = grammar::read(at, Grammar(if is_get { GET } else { SIGNAL }))?;
    for variable in found.variables {
        statement.effects.push(Effect::SetUserVariable(variable));
    }
    server::withhold_never(statement);
    Ok(())
}

const SIGNAL: &[(&str, &str)] = &[
    (
        "signal",
        "SIGNAL <condition> [ SET <item>,... ] | RESIGNAL [ <condition> ] [ SET <item>,... ]",
    ),
    ("condition", "SQLSTATE [ VALUE ] string | name"),
    ("item", "<field> = <value>"),
    FIELD,
    VALUE,
    OPERAND,
];

/// The class, and what a message is made of.
const FIELD: (&str, &str) = (
    "field",
    "CLASS_ORIGIN/SUBCLASS_ORIGIN/MESSAGE_TEXT/MYSQL_ERRNO/CONSTRAINT_CATALOG/CONSTRAINT_SCHEMA
     | CONSTRAINT_NAME/CATALOG_NAME/SCHEMA_NAME/TABLE_NAME/COLUMN_NAME/CURSOR_NAME/ROW_NUMBER",
);

const VALUE: (&str, &str) = ("value", "[ - ] number | <operand>");

const OPERAND: (&str, &str) = (
    "operand",
    "string | bits | NULL/TRUE/FALSE | variable | system | name",
);

const GET: &[(&str, &str)] = &[
    (
        "get",
        "GET [ CURRENT/STACKED ] DIAGNOSTICS
         { CONDITION <value> { { variable | name } = <information> },...
         | { { variable | name } = NUMBER/ROW_COUNT },... }",
    ),
    ("information", "RETURNED_SQLSTATE | <field>"),
    FIELD,
    VALUE,
    OPERAND,
];
