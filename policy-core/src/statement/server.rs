//! Statements about the server as a whole: plugins, files, tablespaces, replication, shutdown.

use crate::facts;
use crate::statement::Effect;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::cursor::Cursor;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::grammar_names::Found;
use crate::statement::kind::DefaultEffect;
use crate::statement::kind::StatementKind;
use crate::statement::replication;
use crate::unread::Unread;

/// A statement about the server, by the grammar of its kind.
pub(super) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let found = grammar::read(at, grammar(statement.kind))?;
    evaluate(at, &found, statement)?;
    if statement.kind == StatementKind::Help {
        statement.output = Output::ServerShaped;
    }
    for variable in found.variables {
        statement.effects.push(Effect::SetUserVariable(variable));
    }
    if found.rules.contains(&"more") {
        statement.withhold(
            format!("`{}` together with others", statement.kind),
            Some("send them one at a time"),
        );
    }
    withhold_never(statement);
    Ok(())
}

/// The expressions that a grammar left to the reader of queries.
pub(super) fn evaluate<'a>(
    at: Cursor<'a>,
    found: &Found<'a>,
    statement: &mut Statement,
) -> Result<(), Unread> {
    for expressions in &found.expressions {
        facts::expressions(at.input(expressions), statement)?;
    }
    Ok(())
}

/// What no rule can allow says so in the words of its kind.
pub(super) fn withhold_never(statement: &mut Statement) {
    if statement.kind.default_effect() == DefaultEffect::Never {
        let hint = if statement.kind == StatementKind::GetDiagnostics {
            Some("SHOW WARNINGS shows messages, SHOW COUNT(*) WARNINGS their number")
        } else if statement.kind == StatementKind::LoadData {
            Some("send a file of your own with LOAD DATA LOCAL, where a rule names that")
        } else {
            None
        };
        statement.withhold(format!("`{}`", statement.kind), hint);
    }
}

pub(super) fn grammar(kind: StatementKind) -> Grammar {
    use StatementKind as K;
    Grammar(match Some(kind) {
        Some(K::Shutdown) => &[("shutdown", "SHUTDOWN [ WAIT FOR ALL SLAVES/REPLICAS ]")],
        Some(K::Restart) => &[("restart", "RESTART")],
        Some(K::Help) => &[("help", "HELP text")],
        Some(K::BackupStage) => &[(
            "backup",
            "BACKUP STAGE START/FLUSH/BLOCK_DDL/BLOCK_COMMIT/END",
        )],
        Some(K::Clone) => CLONE,
        Some(K::Binlog) => &[("binlog", "BINLOG { string | variable },...")],
        Some(K::ImportTable) => &[("import", "IMPORT TABLE FROM string,...")],
        Some(K::LockInstance) => &[("lock", "LOCK INSTANCE FOR BACKUP")],
        Some(K::UnlockInstance) => &[("unlock", "UNLOCK INSTANCE")],
        Some(K::ResetPersist) => &[
            ("reset", "RESET PERSIST [ [ IF EXISTS ] <variable> ]"),
            VARIABLE,
        ],
        Some(K::ResetBinaryLogs | K::ResetReplica | K::ResetQueryCache) => RESET,
        Some(K::InstallPlugin) => &[(
            "install",
            "INSTALL PLUGIN [ IF NOT EXISTS ] name SONAME string",
        )],
        Some(K::UninstallPlugin) => &[("uninstall", "UNINSTALL PLUGIN [ IF EXISTS ] name")],
        Some(K::InstallSoname) => &[("install", "INSTALL SONAME string")],
        Some(K::UninstallSoname) => &[("uninstall", "UNINSTALL SONAME [ IF EXISTS ] string")],
        Some(K::InstallComponent) => INSTALL_COMPONENT,
        Some(K::UninstallComponent) => &[("uninstall", "UNINSTALL COMPONENT string,...")],
        Some(K::CreateTablespace) => CREATE_TABLESPACE,
        Some(K::AlterTablespace) => ALTER_TABLESPACE,
        Some(K::DropTablespace) => &[(
            "drop",
            "DROP [ UNDO ] TABLESPACE name { [ , ] { WAIT | NO_WAIT | [ STORAGE ] ENGINE =? text } }*",
        )],
        Some(K::CreateLogfileGroup | K::AlterLogfileGroup) => LOGFILE_GROUP,
        Some(K::DropLogfileGroup) => &[(
            "drop",
            "DROP LOGFILE GROUP name { [ , ] { WAIT | NO_WAIT | [ STORAGE ] ENGINE =? text } }*",
        )],
        Some(K::CreateServer) => CREATE_SERVER,
        Some(K::AlterServer) => &[
            ("alter", "ALTER SERVER text OPTIONS ( <option>,... )"),
            SERVER_OPTION,
        ],
        Some(K::DropServer) => &[("drop", "DROP SERVER [ IF EXISTS ] text")],
        Some(K::AlterInstance) => ALTER_INSTANCE,
        Some(K::CreateSpatialReferenceSystem) => SPATIAL_REFERENCE_SYSTEM,
        Some(K::DropSpatialReferenceSystem) => {
            &[("drop", "DROP SPATIAL REFERENCE SYSTEM [ IF EXISTS ] number")]
        }
        Some(K::CreateResourceGroup) => CREATE_RESOURCE_GROUP,
        Some(K::AlterResourceGroup) => ALTER_RESOURCE_GROUP,
        Some(K::DropResourceGroup) => &[("drop", "DROP RESOURCE GROUP name [ FORCE ]")],
        Some(K::SetResourceGroup) => &[(
            "set",
            "SET RESOURCE GROUP name [ FOR number { [ , ] number }* ]",
        )],
        Some(K::PurgeBinaryLogs) => &[(
            "purge",
            "PURGE BINARY/MASTER LOGS { TO string | BEFORE expressions }",
        )],
        Some(kind) => return replication::grammar(kind),
        None => &[],
    })
}

const CLONE: &[(&str, &str)] = &[(
    "clone",
    "CLONE LOCAL DATA DIRECTORY =? string
         | CLONE INSTANCE FROM user : number IDENTIFIED BY string
           [ DATA DIRECTORY =? string ] [ REQUIRE [ NO ] SSL ]",
)];

/// The variables of components have a prefix.
const VARIABLE: (&str, &str) = ("variable", "name [ . name ]");

const RESET: &[(&str, &str)] = &[
    ("reset", "RESET <what> [ <more> ]"),
    ("more", ", <what> { , <what> }*"),
    (
        "what",
        "QUERY CACHE | MASTER [ TO number ] | BINARY LOGS AND GTIDS [ TO number ]
         | SLAVE/REPLICA [ string ] [ ALL ] [ FOR CHANNEL text ]",
    ),
];

const INSTALL_COMPONENT: &[(&str, &str)] = &[
    (
        "install",
        "INSTALL COMPONENT string,... [ SET [ GLOBAL/PERSIST ] <variable> { = | := } expressions ]",
    ),
    VARIABLE,
];

const CREATE_TABLESPACE: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ UNDO ] TABLESPACE name [ ADD DATAFILE string ] [ USE LOGFILE GROUP name ]
         { [ , ] <option> }*",
    ),
    SPACE_OPTION,
];

const ALTER_TABLESPACE: &[(&str, &str)] = &[
    (
        "alter",
        "ALTER [ UNDO ] TABLESPACE name
         { ADD/DROP/CHANGE DATAFILE string | RENAME TO name | SET ACTIVE/INACTIVE
         | READ_ONLY | READ_WRITE | NOT ACCESSIBLE | <option> }
         { [ , ] <option> }*",
    ),
    SPACE_OPTION,
];

const LOGFILE_GROUP: &[(&str, &str)] = &[
    (
        "group",
        "CREATE/ALTER LOGFILE GROUP name ADD UNDOFILE/REDOFILE string { [ , ] <option> }*",
    ),
    SPACE_OPTION,
];

const SPACE_OPTION: (&str, &str) = (
    "option",
    "AUTOEXTEND_SIZE/FILE_BLOCK_SIZE/EXTENT_SIZE/INITIAL_SIZE/MAX_SIZE/NODEGROUP =? size
     | UNDO_BUFFER_SIZE/REDO_BUFFER_SIZE =? size
     | ENCRYPTION/COMMENT/ENGINE_ATTRIBUTE =? string | [ STORAGE ] ENGINE =? text
     | WAIT | NO_WAIT",
);

const CREATE_SERVER: &[(&str, &str)] = &[
    (
        "create",
        "CREATE [ OR REPLACE ] SERVER [ IF NOT EXISTS ] text FOREIGN DATA WRAPPER text
         OPTIONS ( <option>,... )",
    ),
    SERVER_OPTION,
];

const SERVER_OPTION: (&str, &str) = ("option", "PORT number | DATABASE string | name string");

const ALTER_INSTANCE: &[(&str, &str)] = &[(
    "alter",
    "ALTER INSTANCE { ENABLE/DISABLE INNODB REDO_LOG | ROTATE INNODB/BINLOG MASTER KEY
                        | RELOAD TLS [ FOR CHANNEL text ] [ NO ROLLBACK ON ERROR ]
                        | RELOAD KEYRING }",
)];

const SPATIAL_REFERENCE_SYSTEM: &[(&str, &str)] = &[(
    "create",
    "CREATE [ OR REPLACE ] SPATIAL REFERENCE SYSTEM [ IF NOT EXISTS ] number
         { NAME/DEFINITION/DESCRIPTION string | ORGANIZATION string IDENTIFIED BY number }*",
)];

const CREATE_RESOURCE_GROUP: &[(&str, &str)] = &[
    (
        "create",
        "CREATE RESOURCE GROUP name TYPE =? SYSTEM/USER <processors> [ ENABLE/DISABLE ]",
    ),
    PROCESSORS,
];

const ALTER_RESOURCE_GROUP: &[(&str, &str)] = &[
    (
        "alter",
        "ALTER RESOURCE GROUP name <processors> [ ENABLE/DISABLE ] [ FORCE ]",
    ),
    PROCESSORS,
];

const PROCESSORS: (&str, &str) = (
    "processors",
    "[ VCPU =? number [ - number ] { [ , ] number [ - number ] }* ]
     [ THREAD_PRIORITY =? [ - ] number ]",
);
