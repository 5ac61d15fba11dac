//! The grammar of the headers of stored programs.

use crate::statement::grammar::Grammar;
use crate::statement::kind::StatementKind;

/// The grammar of a statement that makes or changes a stored program.
pub(super) fn grammar(kind: StatementKind) -> Grammar {
    use StatementKind as K;
    Grammar(match Some(kind) {
        Some(K::CreateProcedure) => CREATE_PROCEDURE,
        Some(K::CreateFunction) => CREATE_FUNCTION,
        Some(K::CreateLoadableFunction) => CREATE_LOADABLE_FUNCTION,
        Some(K::CreatePackage | K::CreatePackageBody) => CREATE_PACKAGE,
        Some(K::CreateLibrary) => CREATE_LIBRARY,
        Some(K::AlterProcedure | K::AlterFunction) => ALTER_ROUTINE,
        Some(K::AlterLibrary) => &[("alter", "ALTER LIBRARY object [ COMMENT string ]")],
        Some(K::CreateTrigger) => CREATE_TRIGGER,
        Some(K::CreateEvent) => CREATE_EVENT,
        Some(K::AlterEvent) => ALTER_EVENT,
        _ => &[],
    })
}

const CREATE_PROCEDURE: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ OR REPLACE ] [ <definer> ] PROCEDURE [ IF NOT EXISTS ] object
         ( [ <parameter>,... ] ) { <characteristic> }* { AS string | body }",
    ),
    DEFINER,
    SELF,
    OTHER,
    PARAMETER,
    CHARACTERISTIC,
    TYPE,
    SCALAR,
    ATTRIBUTE,
];

const CREATE_FUNCTION: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ OR REPLACE ] [ <definer> ] [ AGGREGATE ] FUNCTION [ IF NOT EXISTS ] object
         ( [ <parameter>,... ] ) RETURNS <type> { <characteristic> }* { AS string | body }",
    ),
    DEFINER,
    SELF,
    OTHER,
    PARAMETER,
    CHARACTERISTIC,
    TYPE,
    SCALAR,
    ATTRIBUTE,
];

const CREATE_LOADABLE_FUNCTION: &[(&str, &str)] = &[(
    "create",
    "CREATE [ OR REPLACE ] [ AGGREGATE ] FUNCTION [ IF NOT EXISTS ] name
         RETURNS STRING/INTEGER/INT/REAL/DECIMAL SONAME string",
)];

const CREATE_PACKAGE: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ OR REPLACE ] [ <definer> ] PACKAGE [ BODY ] [ IF NOT EXISTS ] object
         { <characteristic> }* AS/IS body",
    ),
    DEFINER,
    SELF,
    OTHER,
    CHARACTERISTIC,
];

const CREATE_LIBRARY: &[(&str, &str)] = &[(
    "create",
    "CREATE LIBRARY [ IF NOT EXISTS ] object { COMMENT string | LANGUAGE name }* AS string",
)];

const ALTER_ROUTINE: &[(&str, &str)] = &[
    (
        "alter",
        "ALTER PROCEDURE/FUNCTION object { <characteristic> }*",
    ),
    CHARACTERISTIC,
];

const CREATE_TRIGGER: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ OR REPLACE ] [ <definer> ] TRIGGER [ IF NOT EXISTS ] object
         BEFORE/AFTER INSERT/UPDATE/DELETE ON object FOR EACH ROW
         [ FOLLOWS/PRECEDES object ] body",
    ),
    DEFINER,
    SELF,
    OTHER,
];

const CREATE_EVENT: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ OR REPLACE ] [ <definer> ] EVENT [ IF NOT EXISTS ] object
         ON SCHEDULE <schedule> [ ON COMPLETION [ NOT ] PRESERVE ] [ <status> ]
         [ COMMENT string ] DO body",
    ),
    DEFINER,
    SELF,
    OTHER,
    SCHEDULE,
    STATUS,
];

const ALTER_EVENT: &[(&str, &str)] = &[
    (
        "alter",
        "ALTER [ <definer> ] EVENT object [ ON SCHEDULE <schedule> ]
         [ ON COMPLETION [ NOT ] PRESERVE ] [ RENAME TO object ] [ <status> ]
         [ COMMENT string ] [ DO body ]",
    ),
    DEFINER,
    SELF,
    OTHER,
    SCHEDULE,
    STATUS,
];

const DEFINER: (&str, &str) = ("definer", "DEFINER = { <self> | <other> }");

const SELF: (&str, &str) = ("self", "CURRENT_USER [ ( ) ]");

const OTHER: (&str, &str) = ("other", "user");

const SCHEDULE: (&str, &str) = (
    "schedule",
    "AT moment | EVERY interval [ STARTS moment ] [ ENDS moment ]",
);

const STATUS: (&str, &str) = ("status", "ENABLE | DISABLE [ ON SLAVE/REPLICA ]");

const PARAMETER: (&str, &str) = ("parameter", "[ IN/OUT/INOUT ] name <type>");

const CHARACTERISTIC: (&str, &str) = (
    "characteristic",
    "COMMENT string | LANGUAGE name | [ NOT ] DETERMINISTIC | CONTAINS SQL | NO SQL
     | READS/MODIFIES SQL DATA | SQL SECURITY DEFINER/INVOKER
     | USING ( { object [ AS name ] },... )",
);

const TYPE: (&str, &str) = (
    "type",
    "TYPE OF name . name [ . name ] | ROW TYPE OF name [ . name ]
     | ROW ( { name <scalar> },... ) | <scalar>",
);

const SCALAR: (&str, &str) = (
    "scalar",
    "[ NATIONAL/LONG ] { SET | name } { <attribute> }* | LONG",
);

const ATTRIBUTE: (&str, &str) = (
    "attribute",
    "( { string | number },... ) | UNSIGNED | SIGNED | ZEROFILL | BINARY | ASCII | UNICODE | BYTE
     | VARYING | PRECISION | { CHARACTER SET | CHARSET } =? { BINARY | DEFAULT | text }
     | COLLATE =? { BINARY | text }",
);
