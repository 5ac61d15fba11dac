//! Statements over whole tables: ANALYZE, CHECK and their like, CACHE INDEX, FLUSH, BACKUP LOCK.

use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::all_columns;
use crate::statement::grammar;
use crate::statement::grammar::Grammar;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// A statement that names tables and does something to each of them.
pub(super) fn read(at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let found = grammar::read(at, grammar(statement.kind))?;
    let is_read = |rule| found.rules.contains(&rule);
    if statement.kind == StatementKind::ChecksumTable {
        statement.withhold("CHECKSUM TABLE, which tells about stored values", None);
    }
    if is_read("histogram") || is_read("persistent") {
        statement.withhold("statistics over the values of columns", None);
    }
    let reads = statement.kind == StatementKind::ChecksumTable || is_read("histogram");
    for id in &found.tables {
        let table = at.known_table(id)?;
        let columns = match found.columns.is_empty() {
            true if reads => all_columns(table),
            true => Default::default(),
            false => found.columns.iter().cloned().collect(),
        };
        if let Some(unknown) = columns
            .iter()
            .find(|name| !all_columns(table).contains(*name))
        {
            return Err(Unread::UnknownName {
                what: "column",
                name: unknown.to_string(),
            });
        }
        let verb = verb(statement.kind);
        let access = at.access(verb, id, columns.clone())?;
        statement.uses_temporary |= access.temporary;
        statement.accesses.push(access);
        if reads && verb != Verb::Read {
            statement.accesses.push(at.access(Verb::Read, id, columns)?);
        }
    }
    if is_read("tables") && found.tables.is_empty() {
        let server = TableId::new("".into(), "".into());
        statement
            .accesses
            .push(Cursor::schema_access(Verb::Lock, server));
    }
    match Some(statement.kind) {
        Some(StatementKind::Flush | StatementKind::BackupLock) => {}
        _ => statement.output = Output::ServerShaped,
    }
    if statement.kind != StatementKind::ChecksumTable {
        statement.effects.push(Effect::EndTransaction);
    }
    Ok(())
}

fn verb(kind: StatementKind) -> Verb {
    match Some(kind) {
        Some(StatementKind::ChecksumTable) => Verb::Read,
        Some(StatementKind::Flush | StatementKind::BackupLock) => Verb::Lock,
        _ => Verb::Alter,
    }
}

pub(super) fn grammar(kind: StatementKind) -> Grammar {
    use StatementKind as K;
    Grammar(match Some(kind) {
        Some(K::AnalyzeTable) => ANALYZE,
        Some(K::CheckTable) => &[(
            "check",
            "CHECK TABLE/TABLES table,...
                 { FOR UPGRADE | QUICK | FAST | MEDIUM | EXTENDED | CHANGED }*",
        )],
        Some(K::CheckView) => &[("check", "CHECK VIEW/VIEWS table,... [ FOR UPGRADE ]")],
        Some(K::ChecksumTable) => &[(
            "sum",
            "CHECKSUM TABLE/TABLES table,... [ QUICK | EXTENDED ]",
        )],
        Some(K::OptimizeTable) => &[(
            "optimize",
            "OPTIMIZE [ NO_WRITE_TO_BINLOG/LOCAL ] TABLE/TABLES table,... [ WAIT number | NOWAIT ]",
        )],
        Some(K::RepairTable) => &[(
            "repair",
            "REPAIR [ NO_WRITE_TO_BINLOG/LOCAL ] TABLE/TABLES table,...
                 { QUICK | EXTENDED | USE_FRM | FORCE }*",
        )],
        Some(K::RepairView) => &[(
            "repair",
            "REPAIR [ NO_WRITE_TO_BINLOG/LOCAL ] VIEW/VIEWS table,... [ FROM MYSQL ]",
        )],
        Some(K::CacheIndex) => CACHE_INDEX,
        Some(K::LoadIndex) => LOAD_INDEX,
        Some(K::Flush) => FLUSH,
        Some(K::BackupLock) => &[("backup", "BACKUP { LOCK table | UNLOCK }")],
        _ => &[],
    })
}

const ANALYZE: &[(&str, &str)] = &[
    (
        "analyze",
        "ANALYZE [ NO_WRITE_TO_BINLOG/LOCAL ] TABLE/TABLES
         { <histogram> | { table [ <persistent> ] },... }",
    ),
    (
        "histogram",
        "table DROP HISTOGRAM ON column,...
         | table UPDATE HISTOGRAM ON column,...
           [ USING DATA string | [ WITH number BUCKETS ] [ MANUAL/AUTO UPDATE ] ]",
    ),
    (
        "persistent",
        "PERSISTENT FOR { ALL | COLUMNS { ALL | <names> } INDEXES { ALL | <names> } }",
    ),
    ("names", "( [ name,... ] )"),
];

const CACHE_INDEX: &[(&str, &str)] = &[
    (
        "cache",
        "CACHE INDEX { table [ PARTITION ( { ALL | name,... } ) ] [ INDEX/KEY ( [ <index>,... ] ) ] },...
         IN { DEFAULT | name }",
    ),
    INDEX,
];

const LOAD_INDEX: &[(&str, &str)] = &[
    (
        "load",
        "LOAD INDEX INTO CACHE
         { table [ PARTITION ( { ALL | name,... } ) ] [ INDEX/KEY ( [ <index>,... ] ) ]
           [ IGNORE LEAVES ] },...",
    ),
    INDEX,
];

const INDEX: (&str, &str) = ("index", "PRIMARY | name");

const FLUSH: &[(&str, &str)] = &[
    (
        "flush",
        "FLUSH [ NO_WRITE_TO_BINLOG/LOCAL ] { <tables> | <option>,... }",
    ),
    (
        "tables",
        "TABLE/TABLES [ table,... ]
         [ WITH READ LOCK [ AND DISABLE CHECKPOINT ] | FOR EXPORT ]",
    ),
    (
        "option",
        "BINARY LOGS [ DELETE_DOMAIN_ID = ( [ number,... ] ) ]
         | ENGINE/ERROR/GENERAL/SLOW LOGS | RELAY LOGS [ FOR CHANNEL text | string ]
         | SLAVE/REPLICA [ string ] | QUERY CACHE | GLOBAL/SESSION STATUS
         | LOGS/PRIVILEGES/OPTIMIZER_COSTS/STATUS/USER_RESOURCES/RESOURCES/HOSTS/MASTER/SSL
         | DES_KEY_FILE/CHANGED_PAGE_BITMAPS/CLIENT_STATISTICS/INDEX_STATISTICS/TABLE_STATISTICS
         | USER_STATISTICS/USER_VARIABLES/THREADS/LOCALES/QUERY_RESPONSE_TIME
         | WSREP_MEMBERSHIP/WSREP_STATUS | QUERY_RESPONSE_TIME_READ/QUERY_RESPONSE_TIME_WRITE
         | QUERY_RESPONSE_TIME_READ_WRITE/METADATA_LOCK_INFO",
    ),
];
