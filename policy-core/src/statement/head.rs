//! The kind of a statement, from its first words alone.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::cursor::Cursor;
use crate::statement::kind::StatementKind;
use crate::statement::kind::StatementKind as K;
use crate::unread::Unread;

/// Tells the kind of a statement. Every statement of both manuals has one, also those that are
/// never read any further, so that a rule which denies a kind by name does so.
///
/// SELECT … INTO OUTFILE is told from SELECT by its reader.
pub(crate) fn kind_of(cursor: &Cursor<'_>) -> Result<StatementKind, Unread> {
    let mut at = *cursor;
    while at.take_symbol(Symbol::LeftParenthesis) {}
    // A label of a block, `x: BEGIN`.
    if at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Colon)) {
        return Ok(StatementKind::Compound);
    }
    let Some(TokenKind::Word(word)) = at.next() else {
        return cursor.error("a statement begins with a word");
    };
    let kind = match word.to_ascii_uppercase().as_str() {
        "ALTER" => altered(at),
        "ANALYZE" | "CHECK" | "CHECKSUM" | "OPTIMIZE" | "REPAIR" => maintained(word, at),
        "BEGIN" if at.are_words(&["NOT", "ATOMIC"]) => Some(StatementKind::Compound),
        "CREATE" => created(at),
        "DROP" => dropped(at),
        "EXECUTE" if at.is_word("IMMEDIATE") => Some(StatementKind::ExecuteImmediate),
        "LOAD" if at.is_word("INDEX") => Some(StatementKind::CacheIndex),
        "LOCK" if at.is_word("INSTANCE") => Some(StatementKind::LockInstance),
        "RELEASE" if at.is_word("SAVEPOINT") => Some(StatementKind::Savepoint),
        "RENAME" if at.is_word("USER") => Some(StatementKind::RenameUser),
        "RENAME" => Some(StatementKind::RenameTable),
        "ROLLBACK" => rolled_back(at),
        "SET" => Some(set(at)),
        "SHOW" => Some(shown(at)),
        "START" if at.is_word("TRANSACTION") => Some(StatementKind::Begin),
        "UNLOCK" if at.is_word("INSTANCE") => Some(StatementKind::LockInstance),
        "WITH" => Some(with(at)),
        word => simple(word),
    };
    match kind {
        Some(kind) => Ok(kind),
        None => cursor.error("the first words are those of no known statement"),
    }
}

/// Kinds that their first word tells.
fn simple(word: &str) -> Option<StatementKind> {
    Some(match word {
        "BACKUP" => StatementKind::Backup,
        "BEGIN" => StatementKind::Begin,
        "BINLOG" => StatementKind::Binlog,
        "CACHE" => StatementKind::CacheIndex,
        "CALL" => StatementKind::Call,
        "CASE" | "DECLARE" | "FOR" | "IF" | "ITERATE" | "LEAVE" | "LOOP" | "REPEAT" | "RETURN"
        | "WHILE" | "CLOSE" | "FETCH" | "OPEN" => StatementKind::Compound,
        "CHANGE" | "START" | "STOP" => StatementKind::Replication,
        "CLONE" => StatementKind::Clone,
        "COMMIT" => StatementKind::Commit,
        "DEALLOCATE" => StatementKind::Deallocate,
        "DELETE" => StatementKind::Delete,
        "DESC" | "DESCRIBE" | "EXPLAIN" => StatementKind::Explain,
        "DO" => StatementKind::Do,
        "EXECUTE" => StatementKind::Execute,
        "FLUSH" => StatementKind::Flush,
        "GET" => StatementKind::GetDiagnostics,
        "GRANT" => StatementKind::Grant,
        "HANDLER" => StatementKind::Handler,
        "HELP" => StatementKind::Help,
        "IMPORT" => StatementKind::Tablespace,
        "INSERT" => StatementKind::Insert,
        "INSTALL" | "UNINSTALL" => StatementKind::InstallPlugin,
        "KILL" => StatementKind::Kill,
        "LOAD" => StatementKind::LoadData,
        "LOCK" => StatementKind::LockTables,
        "PREPARE" => StatementKind::Prepare,
        "PURGE" => StatementKind::Purge,
        "REPLACE" => StatementKind::Replace,
        "RESET" => StatementKind::Reset,
        "RESTART" => StatementKind::Restart,
        "REVOKE" => StatementKind::Revoke,
        "SAVEPOINT" => StatementKind::Savepoint,
        "SELECT" => StatementKind::Select,
        "SHUTDOWN" => StatementKind::Shutdown,
        "SIGNAL" | "RESIGNAL" => StatementKind::Signal,
        "TABLE" => StatementKind::Table,
        "TRUNCATE" => StatementKind::Truncate,
        "UNLOCK" => StatementKind::UnlockTables,
        "UPDATE" => StatementKind::Update,
        "USE" => StatementKind::Use,
        "VALUES" => StatementKind::Values,
        "XA" => StatementKind::Xa,
        _ => return None,
    })
}

/// ANALYZE, CHECK and their like over tables; MariaDB's ANALYZE over a statement runs it.
fn maintained(word: &str, mut at: Cursor<'_>) -> Option<StatementKind> {
    let _ = at.take_one_of(&["NO_WRITE_TO_BINLOG", "LOCAL"]);
    if at
        .take_one_of(&["TABLE", "TABLES", "VIEW", "VIEWS"])
        .is_some()
    {
        return Some(StatementKind::TableMaintenance);
    }
    word.eq_ignore_ascii_case("ANALYZE")
        .then_some(StatementKind::Explain)
}

fn rolled_back(mut at: Cursor<'_>) -> Option<StatementKind> {
    let _ = at.take_word("WORK");
    Some(if at.is_word("TO") {
        StatementKind::Savepoint
    } else {
        StatementKind::Rollback
    })
}

fn set(mut at: Cursor<'_>) -> StatementKind {
    if at.is_word("STATEMENT") {
        return StatementKind::SetStatement;
    }
    if at.is_word("PASSWORD") {
        return StatementKind::SetPassword;
    }
    if at.is_word("ROLE") || at.are_words(&["DEFAULT", "ROLE"]) {
        return StatementKind::SetRole;
    }
    if at.are_words(&["RESOURCE", "GROUP"]) {
        return StatementKind::ResourceGroup;
    }
    if sets_global(at) {
        return StatementKind::SetGlobal;
    }
    let _ = at.take_one_of(&["SESSION", "LOCAL"]);
    if at.is_word("TRANSACTION") {
        return StatementKind::SetTransaction;
    }
    StatementKind::Set
}

/// Whether any assignment goes beyond the session: GLOBAL, PERSIST, `@@global.`, `@@persist.`.
fn sets_global(mut at: Cursor<'_>) -> bool {
    const WIDE: &[&str] = &["GLOBAL", "PERSIST", "PERSIST_ONLY"];
    let is_wide = |kind: Option<&TokenKind<'_>>| match kind {
        Some(TokenKind::Word(word)) => WIDE.iter().any(|w| word.eq_ignore_ascii_case(w)),
        _ => false,
    };
    let mut begins = true;
    let mut open = 0_usize;
    loop {
        // An assignment: `GLOBAL x = …` or `@@global.x = …`.
        let word_at = usize::from(at.peek() == Some(&TokenKind::SystemVariable));
        if begins && is_wide(at.peek_at(word_at)) {
            return true;
        }
        let Some(kind) = at.next() else {
            return false;
        };
        if *kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
            open += 1;
        } else if *kind == TokenKind::Symbol(Symbol::RightParenthesis) {
            open = open.saturating_sub(1);
        }
        begins = open == 0 && *kind == TokenKind::Symbol(Symbol::Comma);
    }
}

/// WITH … before SELECT, UPDATE, DELETE or a parenthesis: the first such word outside of all
/// parentheses.
fn with(mut at: Cursor<'_>) -> StatementKind {
    while at.peek().is_some() {
        if at.is_symbol(Symbol::LeftParenthesis) {
            if at.group().is_err() {
                break;
            }
            continue;
        }
        if at.is_word("UPDATE") {
            return StatementKind::Update;
        }
        if at.is_word("DELETE") {
            return StatementKind::Delete;
        }
        if at.is_word("SELECT") {
            break;
        }
        at.skip(1);
    }
    StatementKind::Select
}

/// Words that may stand between CREATE, ALTER or DROP and the word for the object.
fn skip_modifiers(at: &mut Cursor<'_>) {
    loop {
        if at.take_word("DEFINER") {
            let _ = at.take_symbol(Symbol::Equal);
            at.skip(1);
            if matches!(at.peek(), Some(TokenKind::UserVariable(_))) {
                at.skip(1);
            }
            if at.is_symbol(Symbol::LeftParenthesis) {
                let _ = at.group();
            }
        } else if at.take_word("ALGORITHM") {
            let _ = at.take_symbol(Symbol::Equal);
            at.skip(1);
        } else if at.take_words(&["SQL", "SECURITY"]) {
            at.skip(1);
        } else if at.take_words(&["OR", "REPLACE"])
            || at.take_words(&["JSON", "RELATIONAL", "DUALITY"])
            || at.take_words(&["JSON", "DUALITY"])
            || at
                .take_one_of(&[
                    "AGGREGATE",
                    "FULLTEXT",
                    "IGNORE",
                    "MATERIALIZED",
                    "OFFLINE",
                    "ONLINE",
                    "SPATIAL",
                    "TEMPORARY",
                    "UNDO",
                    "UNIQUE",
                    "VECTOR",
                ])
                .is_some()
        {
        } else {
            return;
        }
    }
}

/// What CREATE, ALTER and DROP can stand before: the kinds that they make.
const OBJECTS: &[Object] = &[
    object(
        "DATABASE",
        K::CreateDatabase,
        Some(K::AlterDatabase),
        K::DropDatabase,
    ),
    object(
        "SCHEMA",
        K::CreateDatabase,
        Some(K::AlterDatabase),
        K::DropDatabase,
    ),
    object("EVENT", K::CreateEvent, Some(K::AlterEvent), K::DropEvent),
    object(
        "FUNCTION",
        K::CreateRoutine,
        Some(K::AlterRoutine),
        K::DropRoutine,
    ),
    object(
        "PROCEDURE",
        K::CreateRoutine,
        Some(K::AlterRoutine),
        K::DropRoutine,
    ),
    object(
        "PACKAGE",
        K::CreateRoutine,
        Some(K::AlterRoutine),
        K::DropRoutine,
    ),
    object(
        "LIBRARY",
        K::CreateRoutine,
        Some(K::AlterRoutine),
        K::DropRoutine,
    ),
    object("INDEX", K::CreateIndex, None, K::DropIndex),
    object("LOGFILE", K::Tablespace, Some(K::Tablespace), K::Tablespace),
    object(
        "TABLESPACE",
        K::Tablespace,
        Some(K::Tablespace),
        K::Tablespace,
    ),
    object(
        "RESOURCE",
        K::ResourceGroup,
        Some(K::ResourceGroup),
        K::ResourceGroup,
    ),
    object("ROLE", K::CreateRole, None, K::DropRole),
    object(
        "SEQUENCE",
        K::CreateSequence,
        Some(K::AlterSequence),
        K::DropSequence,
    ),
    object(
        "INSTANCE",
        K::ServerObject,
        Some(K::ServerObject),
        K::ServerObject,
    ),
    object(
        "SERVER",
        K::ServerObject,
        Some(K::ServerObject),
        K::ServerObject,
    ),
    object("REFERENCE", K::ServerObject, None, K::ServerObject),
    object("TABLE", K::CreateTable, Some(K::AlterTable), K::DropTable),
    object("TABLES", K::CreateTable, None, K::DropTable),
    object("TRIGGER", K::CreateTrigger, None, K::DropTrigger),
    object("USER", K::CreateUser, Some(K::AlterUser), K::DropUser),
    object("VIEW", K::CreateView, Some(K::AlterView), K::DropView),
];

struct Object {
    word: &'static str,
    create: StatementKind,
    alter: Option<StatementKind>,
    drop: StatementKind,
}

const fn object(
    word: &'static str,
    create: StatementKind,
    alter: Option<StatementKind>,
    drop: StatementKind,
) -> Object {
    Object {
        word,
        create,
        alter,
        drop,
    }
}

/// The object after the modifiers, and whether TEMPORARY is one of them.
fn object_of(mut at: Cursor<'_>) -> Option<(&'static Object, bool)> {
    let _ = at.take_words(&["OR", "REPLACE"]);
    let temporary = at.is_word("TEMPORARY");
    skip_modifiers(&mut at);
    let object = OBJECTS.iter().find(|object| at.is_word(object.word))?;
    Some((object, temporary))
}

fn created(at: Cursor<'_>) -> Option<StatementKind> {
    let (object, temporary) = object_of(at)?;
    if temporary && object.create == StatementKind::CreateTable {
        return Some(StatementKind::CreateTemporaryTable);
    }
    Some(object.create)
}

fn altered(at: Cursor<'_>) -> Option<StatementKind> {
    let (object, _) = object_of(at)?;
    object.alter
}

fn dropped(at: Cursor<'_>) -> Option<StatementKind> {
    if at.is_word("PREPARE") {
        return Some(StatementKind::Deallocate);
    }
    let (object, temporary) = object_of(at)?;
    if temporary && object.drop == StatementKind::DropTable {
        return Some(StatementKind::DropTemporaryTable);
    }
    Some(object.drop)
}

fn shown(mut at: Cursor<'_>) -> StatementKind {
    let _ = at.take_word("EXTENDED");
    let _ = at.take_word("FULL");
    let scoped = at.take_one_of(&["GLOBAL", "SESSION", "LOCAL"]).is_some();
    let after_count = at.is_word("COUNT");
    if after_count {
        return StatementKind::ShowWarnings;
    }
    let Some(TokenKind::Word(word)) = at.peek() else {
        return StatementKind::ShowOther;
    };
    match word.to_ascii_uppercase().as_str() {
        "VARIABLES" => StatementKind::ShowVariables,
        "STATUS" => StatementKind::ShowStatus,
        _ if scoped => StatementKind::ShowOther,
        "CHARSET" => StatementKind::ShowCharacterSet,
        "CHARACTER" if at.is_word_at(1, "SET") => StatementKind::ShowCharacterSet,
        "COLLATION" => StatementKind::ShowCollation,
        "COLUMNS" | "FIELDS" => StatementKind::ShowColumns,
        "CREATE" => shown_create(&at),
        "DATABASES" | "SCHEMAS" => StatementKind::ShowDatabases,
        "ENGINES" => StatementKind::ShowEngines,
        "STORAGE" if at.is_word_at(1, "ENGINES") => StatementKind::ShowEngines,
        "ERRORS" | "WARNINGS" => StatementKind::ShowWarnings,
        "GRANTS" => StatementKind::ShowGrants,
        "INDEX" | "INDEXES" | "KEYS" => StatementKind::ShowIndex,
        "PRIVILEGES" => StatementKind::ShowPrivileges,
        "PROCESSLIST" => StatementKind::ShowProcesslist,
        "TABLE" if at.is_word_at(1, "STATUS") => StatementKind::ShowTableStatus,
        "TABLES" => StatementKind::ShowTables,
        _ => StatementKind::ShowOther,
    }
}

fn shown_create(at: &Cursor<'_>) -> StatementKind {
    if at.is_word_at(1, "TABLE") {
        StatementKind::ShowCreateTable
    } else if at.is_word_at(1, "VIEW") {
        StatementKind::ShowCreateView
    } else if at.is_word_at(1, "DATABASE") || at.is_word_at(1, "SCHEMA") {
        StatementKind::ShowCreateDatabase
    } else {
        StatementKind::ShowOther
    }
}
