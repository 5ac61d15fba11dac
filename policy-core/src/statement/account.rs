//! Accounts, roles and rights: CREATE USER, GRANT and their like, and SET PASSWORD and SET ROLE.

use std::collections::BTreeSet;

use crate::name::TableId;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::grammar_names::Found;
use crate::statement::grammar_names::Level;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// A statement about accounts, by the grammar of its kind.
pub(super) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let found = grammar::read(at, grammar(statement.kind))?;
    // The host of an account looks like a user variable.
    statement.reads_user_variables = false;
    // RANDOM PASSWORD answers with rows.
    if found.rules.contains(&"random") {
        statement.output = Output::ServerShaped;
    }
    // The roles that a session begins with decide what the server shows it at its next login.
    if found.rules.contains(&"default_role") {
        statement.withhold("a default role", Some(ROLE_HINT));
    }
    if matches!(
        statement.kind,
        StatementKind::SetRole | StatementKind::SetDefaultRole
    ) {
        statement.withhold(format!("`{}`", statement.kind), Some(ROLE_HINT));
    }
    for level in &found.levels {
        grant_on(&at, level, &found, statement)?;
    }
    Ok(())
}

const ROLE_HINT: &str = "the gateway chooses the roles of its own sessions";

pub(super) fn grammar(kind: StatementKind) -> Grammar {
    Grammar(match Some(kind) {
        Some(StatementKind::CreateUser) => CREATE_USER,
        Some(StatementKind::AlterUser) => ALTER_USER,
        Some(StatementKind::RenameUser) => RENAME_USER,
        Some(StatementKind::DropUser | StatementKind::DropRole) => DROP,
        Some(StatementKind::CreateRole) => CREATE_ROLE,
        Some(StatementKind::SetPassword) => SET_PASSWORD,
        Some(StatementKind::SetRole) => SET_ROLE,
        Some(StatementKind::SetDefaultRole) => SET_DEFAULT_ROLE,
        Some(StatementKind::Grant) => GRANT,
        Some(StatementKind::Revoke) => REVOKE,
        _ => &[],
    })
}

/// What a right is about is touched as ALTER touches it.
fn grant_on(
    at: &Cursor<'_>,
    level: &Level,
    found: &Found<'_>,
    statement: &mut Statement,
) -> Result<(), Unread> {
    let case = at.catalog.table_name_case;
    match level {
        Level::Everything => everything(statement),
        Level::Schema(written) => {
            // `%` and `_` mean any letters, of schemas to come, too.
            if written.contains('%') {
                everything(statement);
            }
            let schemas = at.catalog.schemas.iter();
            let mut meant: BTreeSet<String> = schemas
                .filter(|schema| is_like(&schema.to_lowercase(), &written.to_lowercase()))
                .map(ToString::to_string)
                .collect();
            meant.insert(case.fold(&written.replace('\\', "")).to_string());
            for schema in meant {
                let id = TableId::new(schema.as_str().into(), "".into());
                statement
                    .accesses
                    .push(Cursor::schema_access(Verb::Alter, id));
            }
        }
        Level::Object(id) => {
            let is_routine = found.rules.contains(&"routine");
            // Rights on what is not there yet can be given; nobody alters that.
            let is_table = !is_routine && at.table(id)?.is_some();
            let verb = if is_table { Verb::Alter } else { Verb::Create };
            let columns = found.columns.iter().cloned().collect();
            let access = at.access(verb, id, columns)?;
            statement.accesses.push(access);
        }
    }
    Ok(())
}

fn everything(statement: &mut Statement) {
    let server = TableId::new("".into(), "".into());
    statement
        .accesses
        .push(Cursor::schema_access(Verb::Alter, server));
}

/// LIKE over whole names: `%`, `_` and `\` before either of them.
fn is_like(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Which beginnings of the name the pattern so far may stand for.
    let mut reached: Vec<bool> = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let next: Vec<bool> = match letter {
            '%' => {
                let mut any = false;
                let sticks = reached.iter().map(|here| {
                    any |= here;
                    any
                });
                sticks.collect()
            }
            letter => {
                let is_any = letter == '_';
                let letter = match letter {
                    '\\' => letters.next().unwrap_or('\\'),
                    letter => letter,
                };
                let steps = reached.iter().zip(&name);
                let steps = steps.map(|(here, own)| *here && (is_any || *own == letter));
                std::iter::once(false).chain(steps).collect()
            }
        };
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

macro_rules! rules {
    ($start:literal $(, $shared:expr)* $(,)?) => {
        &[("start", $start) $(, $shared)*]
    };
}

const CREATE_USER: &[(&str, &str)] = rules![
    "CREATE [ OR REPLACE ] USER [ IF NOT EXISTS ] { user [ <auth> ] },...
     [ DEFAULT ROLE <default_role> ] <options> [ COMMENT/ATTRIBUTE string ]",
    DEFAULT_ROLE,
    AUTH,
    IDENTIFIED,
    PLUGIN,
    RANDOM,
    SECRET,
    OPTIONS,
    TLS,
    LIMIT,
    PASSWORD,
];

const ALTER_USER: &[(&str, &str)] = rules![
    "ALTER USER [ IF EXISTS ] <altered>,... <options> [ COMMENT/ATTRIBUTE string ]",
    (
        "altered",
        "user [ <auth> | <factor> | <registration> | DISCARD OLD PASSWORD
              | DEFAULT ROLE <default_role> ]",
    ),
    (
        "factor",
        "{ ADD/MODIFY number FACTOR IDENTIFIED <identified> | DROP number FACTOR }
         { ADD/MODIFY number FACTOR IDENTIFIED <identified> | DROP number FACTOR }*",
    ),
    (
        "registration",
        "number FACTOR { INITIATE REGISTRATION | UNREGISTER
                       | FINISH REGISTRATION SET CHALLENGE_RESPONSE AS string }",
    ),
    DEFAULT_ROLE,
    AUTH,
    IDENTIFIED,
    PLUGIN,
    RANDOM,
    SECRET,
    OPTIONS,
    TLS,
    LIMIT,
    PASSWORD,
];

const DEFAULT_ROLE: (&str, &str) = ("default_role", "NONE | ALL | user,...");

const AUTH: (&str, &str) = (
    "auth",
    "IDENTIFIED <identified> { AND IDENTIFIED <identified> }* [ REPLACE string ]
     [ RETAIN CURRENT PASSWORD ]",
);

const IDENTIFIED: (&str, &str) = (
    "identified",
    "BY <random> | BY PASSWORD string | BY string | WITH/VIA <plugin> { OR <plugin> }*",
);

const PLUGIN: (&str, &str) = (
    "plugin",
    "text [ INITIAL AUTHENTICATION IDENTIFIED { BY <random> | BY string | WITH text AS <secret> }
          | BY <random> | BY string | USING/AS <secret> ]",
);

const RANDOM: (&str, &str) = ("random", "RANDOM PASSWORD");

const SECRET: (&str, &str) = ("secret", "PASSWORD ( string ) | string | bits");

const OPTIONS: (&str, &str) = (
    "options",
    "[ REQUIRE { NONE | <tls> { [ AND ] <tls> }* } ] [ WITH <limit> { <limit> }* ] { <password> }*",
);

const TLS: (&str, &str) = ("tls", "SSL | X509 | CIPHER/ISSUER/SUBJECT string");

const LIMIT: (&str, &str) = (
    "limit",
    "MAX_QUERIES_PER_HOUR/MAX_UPDATES_PER_HOUR/MAX_CONNECTIONS_PER_HOUR number
     | MAX_USER_CONNECTIONS [ - ] number | MAX_STATEMENT_TIME number | GRANT OPTION",
);

const PASSWORD: (&str, &str) = (
    "password",
    "PASSWORD EXPIRE [ DEFAULT | NEVER | INTERVAL number DAY ]
     | PASSWORD HISTORY { DEFAULT | number }
     | PASSWORD REUSE INTERVAL { DEFAULT | number DAY }
     | PASSWORD REQUIRE CURRENT [ DEFAULT | OPTIONAL ]
     | FAILED_LOGIN_ATTEMPTS number | PASSWORD_LOCK_TIME { number | UNBOUNDED }
     | ACCOUNT LOCK/UNLOCK",
);

const RENAME_USER: &[(&str, &str)] = rules!["RENAME USER { user TO user },..."];

const DROP: &[(&str, &str)] = rules!["DROP USER/ROLE [ IF EXISTS ] user,..."];

const CREATE_ROLE: &[(&str, &str)] =
    rules!["CREATE [ OR REPLACE ] ROLE [ IF NOT EXISTS ] user,... [ WITH ADMIN user ]"];

const SET_PASSWORD: &[(&str, &str)] = rules![
    "SET PASSWORD [ FOR user ] { = PASSWORD/OLD_PASSWORD ( string ) | = string | TO <random> }
     [ REPLACE string ] [ RETAIN CURRENT PASSWORD ]",
    RANDOM,
];

const SET_ROLE: &[(&str, &str)] =
    rules!["SET ROLE { DEFAULT | NONE | ALL [ EXCEPT user,... ] | user,... }"];

const SET_DEFAULT_ROLE: &[(&str, &str)] =
    rules!["SET DEFAULT ROLE { NONE | ALL | user,... } [ TO user,... | FOR user ]"];

const GRANT: &[(&str, &str)] = rules![
    "GRANT PROXY ON user TO <grantee>,... [ WITH GRANT OPTION ]
     | GRANT <privilege>,... ON <object> TO <grantee>,...
       [ REQUIRE { NONE | <tls> { [ AND ] <tls> }* } ] [ WITH <limit> { <limit> }* ]
       [ AS user [ WITH ROLE { DEFAULT | NONE | ALL [ EXCEPT user,... ] | user,... } ] ]
     | GRANT user,... TO <grantee>,... [ WITH ADMIN OPTION ]",
    (
        "grantee",
        "user [ IDENTIFIED <identified> { AND IDENTIFIED <identified> }* ]",
    ),
    PRIVILEGE,
    WORDS,
    OBJECT,
    ROUTINE,
    IDENTIFIED,
    PLUGIN,
    RANDOM,
    SECRET,
    TLS,
    LIMIT,
];

const REVOKE: &[(&str, &str)] = rules![
    "REVOKE [ IF EXISTS ] { ALL [ PRIVILEGES ] , GRANT OPTION
                          | PROXY ON user
                          | <privilege>,... ON <object>
                          | [ ADMIN OPTION FOR ] user,... }
     FROM user,... [ IGNORE UNKNOWN USER ]",
    PRIVILEGE,
    WORDS,
    OBJECT,
    ROUTINE,
];

const PRIVILEGE: (&str, &str) = ("privilege", "<words> [ ( column,... ) ]");

/// Rights of several words before those of their first; at the end, rights that components bring.
const WORDS: (&str, &str) = (
    "words",
    "ALL [ PRIVILEGES ] | ALTER ROUTINE | BINLOG ADMIN/MONITOR/REPLAY | CONNECTION ADMIN
     | CREATE ROUTINE/VIEW/USER/ROLE/TABLESPACE | CREATE TEMPORARY TABLES
     | DELETE HISTORY | DELETE VERSIONING ROWS | DROP ROLE | FEDERATED ADMIN | GRANT OPTION
     | LOCK TABLES | READ_ONLY ADMIN | READ ONLY ADMIN
     | REPLICATION MASTER/SLAVE/REPLICA ADMIN | REPLICATION SLAVE/CLIENT/REPLICA
     | SET USER | SHOW CREATE ROUTINE | SHOW DATABASES/VIEW | SLAVE/REPLICA MONITOR
     | SELECT/INSERT/UPDATE/DELETE/REFERENCES/CREATE/ALTER/DROP/INDEX/EVENT/TRIGGER/EXECUTE
     | USAGE/RELOAD/SHUTDOWN/PROCESS/FILE/SUPER | text",
);

const OBJECT: (&str, &str) = ("object", "<routine> level | [ TABLE ] level");

const ROUTINE: (&str, &str) = (
    "routine",
    "FUNCTION | PROCEDURE | LIBRARY | PACKAGE BODY | PACKAGE",
);
