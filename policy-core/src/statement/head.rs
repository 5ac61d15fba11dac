//! The kind of a statement, from its first words alone.

use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::cursor::Cursor;
use crate::statement::head_objects::OBJECTS;
use crate::statement::head_objects::Object;
use crate::statement::kind::StatementKind;
use crate::statement::kind::StatementKind as K;
use crate::statement::show_kind;
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
        at.skip(2);
        if at.is_word("BEGIN") {
            return Ok(StatementKind::Compound);
        }
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
        "LOAD" if at.is_word("INDEX") => Some(StatementKind::LoadIndex),
        "LOAD" if at.is_word("XML") => Some(StatementKind::LoadXml),
        "LOAD" => Some(loaded(at)),
        "LOCK" if at.is_word("INSTANCE") => Some(StatementKind::LockInstance),
        "BACKUP" if at.is_word("STAGE") => Some(StatementKind::BackupStage),
        "CHANGE" => Some(source_changed(at)),
        "INSTALL" => installed(at),
        "UNINSTALL" => uninstalled(at),
        "RELEASE" if at.is_word("SAVEPOINT") => Some(StatementKind::ReleaseSavepoint),
        "RENAME" if at.is_word("USER") => Some(StatementKind::RenameUser),
        "RENAME" => Some(StatementKind::RenameTable),
        "RESET" => reset(at),
        "ROLLBACK" => rolled_back(at),
        "SET" => Some(set(at)),
        "SHOW" => show_kind::kind_of(at),
        "START" if at.is_word("TRANSACTION") => Some(StatementKind::Begin),
        "START" if at.is_word("GROUP_REPLICATION") => Some(StatementKind::StartGroupReplication),
        "STOP" if at.is_word("GROUP_REPLICATION") => Some(StatementKind::StopGroupReplication),
        "UNLOCK" if at.is_word("INSTANCE") => Some(StatementKind::UnlockInstance),
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
        "BACKUP" => StatementKind::BackupLock,
        "BEGIN" => StatementKind::Begin,
        "BINLOG" => StatementKind::Binlog,
        "CACHE" => StatementKind::CacheIndex,
        "CALL" => StatementKind::Call,
        "CASE" => StatementKind::Case,
        "CLOSE" => StatementKind::Close,
        "DECLARE" => StatementKind::Declare,
        "FETCH" => StatementKind::Fetch,
        "FOR" => StatementKind::For,
        "IF" => StatementKind::If,
        "ITERATE" => StatementKind::Iterate,
        "LEAVE" => StatementKind::Leave,
        "LOOP" => StatementKind::Loop,
        "OPEN" => StatementKind::Open,
        "REPEAT" => StatementKind::Repeat,
        "RETURN" => StatementKind::Return,
        "START" => StatementKind::StartReplica,
        "STOP" => StatementKind::StopReplica,
        "WHILE" => StatementKind::While,
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
        "IMPORT" => StatementKind::ImportTable,
        "INSERT" => StatementKind::Insert,
        "KILL" => StatementKind::Kill,
        "LOCK" => StatementKind::LockTables,
        "PREPARE" => StatementKind::Prepare,
        "PURGE" => StatementKind::PurgeBinaryLogs,
        "REPLACE" => StatementKind::Replace,
        "RESTART" => StatementKind::Restart,
        "REVOKE" => StatementKind::Revoke,
        "SAVEPOINT" => StatementKind::Savepoint,
        "SELECT" => StatementKind::Select,
        "SHUTDOWN" => StatementKind::Shutdown,
        "RESIGNAL" => StatementKind::Resignal,
        "SIGNAL" => StatementKind::Signal,
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

/// LOAD DATA, of a file of the server or, with LOCAL, of the client.
fn loaded(mut at: Cursor<'_>) -> StatementKind {
    let _ = at.take_word("DATA");
    let _ = at.take_one_of(&["LOW_PRIORITY", "CONCURRENT"]);
    let _ = at.take_word("FROM");
    match at.is_word("LOCAL") {
        true => StatementKind::LoadDataLocal,
        false => StatementKind::LoadData,
    }
}

/// ANALYZE, CHECK and their like over tables; MariaDB's ANALYZE over a statement runs it.
fn maintained(word: &str, mut at: Cursor<'_>) -> Option<StatementKind> {
    let _ = at.take_one_of(&["NO_WRITE_TO_BINLOG", "LOCAL"]);
    let views = at.is_word("VIEW") || at.is_word("VIEWS");
    let tables = views || at.is_word("TABLE") || at.is_word("TABLES");
    Some(match (word.to_ascii_uppercase().as_str(), tables) {
        ("ANALYZE", true) => StatementKind::AnalyzeTable,
        ("ANALYZE", false) => StatementKind::Explain,
        ("CHECK", true) if views => StatementKind::CheckView,
        ("CHECK", true) => StatementKind::CheckTable,
        ("CHECKSUM", true) => StatementKind::ChecksumTable,
        ("OPTIMIZE", true) => StatementKind::OptimizeTable,
        ("REPAIR", true) if views => StatementKind::RepairView,
        ("REPAIR", true) => StatementKind::RepairTable,
        _ => return None,
    })
}

fn source_changed(at: Cursor<'_>) -> StatementKind {
    if at.are_words(&["REPLICATION", "FILTER"]) {
        StatementKind::ChangeReplicationFilter
    } else {
        StatementKind::ChangeReplicationSource
    }
}

fn installed(at: Cursor<'_>) -> Option<StatementKind> {
    one_of(
        &at,
        &[
            (&["PLUGIN"], K::InstallPlugin),
            (&["COMPONENT"], K::InstallComponent),
            (&["SONAME"], K::InstallSoname),
        ],
    )
}

fn uninstalled(at: Cursor<'_>) -> Option<StatementKind> {
    one_of(
        &at,
        &[
            (&["PLUGIN"], K::UninstallPlugin),
            (&["COMPONENT"], K::UninstallComponent),
            (&["SONAME"], K::UninstallSoname),
        ],
    )
}

fn reset(at: Cursor<'_>) -> Option<StatementKind> {
    one_of(
        &at,
        &[
            (&["PERSIST"], K::ResetPersist),
            (&["QUERY", "CACHE"], K::ResetQueryCache),
            (&["REPLICA"], K::ResetReplica),
            (&["SLAVE"], K::ResetReplica),
            (&["BINARY", "LOGS"], K::ResetBinaryLogs),
            (&["MASTER"], K::ResetBinaryLogs),
        ],
    )
}

fn one_of(at: &Cursor<'_>, forms: &[(&[&str], StatementKind)]) -> Option<StatementKind> {
    let found = forms.iter().find(|(words, _)| at.are_words(words));
    found.map(|(_, kind)| *kind)
}

fn rolled_back(mut at: Cursor<'_>) -> Option<StatementKind> {
    let _ = at.take_word("WORK");
    Some(if at.is_word("TO") {
        StatementKind::RollbackToSavepoint
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
    if at.is_word("ROLE") {
        return StatementKind::SetRole;
    }
    if at.are_words(&["DEFAULT", "ROLE"]) {
        return StatementKind::SetDefaultRole;
    }
    if at.are_words(&["RESOURCE", "GROUP"]) {
        return StatementKind::SetResourceGroup;
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

/// Words that may stand between CREATE, ALTER or DROP and the words for the object.
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
            || (!at.are_words(&["SPATIAL", "REFERENCE"]) && at.take_one_of(MODIFIERS).is_some())
        {
        } else {
            return;
        }
    }
}

const MODIFIERS: &[&str] = &[
    "AGGREGATE",
    "EXTERNAL",
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
];

/// The object after the modifiers, and what follows its words.
fn object_of(mut at: Cursor<'_>) -> Option<(&'static Object, Cursor<'_>)> {
    skip_modifiers(&mut at);
    let object = OBJECTS.iter().find(|object| at.are_words(object.words))?;
    at.skip(object.words.len());
    Some((object, at))
}

/// Whether TEMPORARY is the first of the modifiers.
fn is_temporary(mut at: Cursor<'_>) -> bool {
    let _ = at.take_words(&["OR", "REPLACE"]);
    at.is_word("TEMPORARY")
}

fn created(at: Cursor<'_>) -> Option<StatementKind> {
    let (object, after) = object_of(at)?;
    let kind = object.create?;
    if kind == StatementKind::CreateTable && is_temporary(at) {
        return Some(StatementKind::CreateTemporaryTable);
    }
    if kind == StatementKind::CreateFunction && is_loadable(after) {
        return Some(StatementKind::CreateLoadableFunction);
    }
    Some(kind)
}

/// `FUNCTION name RETURNS`: a function of a library has no parameters in its header.
fn is_loadable(mut after: Cursor<'_>) -> bool {
    let _ = after.take_words(&["IF", "NOT", "EXISTS"]);
    after.skip(1);
    after.is_word("RETURNS")
}

fn altered(at: Cursor<'_>) -> Option<StatementKind> {
    object_of(at)?.0.alter
}

fn dropped(at: Cursor<'_>) -> Option<StatementKind> {
    if at.is_word("PREPARE") {
        return Some(StatementKind::Deallocate);
    }
    let kind = object_of(at)?.0.drop?;
    if kind == StatementKind::DropTable && is_temporary(at) {
        return Some(StatementKind::DropTemporaryTable);
    }
    Some(kind)
}
