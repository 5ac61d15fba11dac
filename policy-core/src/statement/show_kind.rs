//! The kind of a SHOW statement, from its first words alone.

use crate::statement::cursor::Cursor;
use crate::statement::kind::StatementKind;
use crate::statement::kind::StatementKind as K;

/// Tells the kind from what follows SHOW. Words that no manual has are of no kind.
pub(super) fn kind_of(mut at: Cursor<'_>) -> Option<StatementKind> {
    let _ = at.take_word("EXTENDED");
    let _ = at.take_word("FULL");
    if at.take_one_of(&["GLOBAL", "SESSION", "LOCAL"]).is_some() {
        let scoped = KINDS.iter().filter(|(words, _)| SCOPED.contains(words));
        return first(scoped, &at);
    }
    first(KINDS.iter(), &at)
}

fn first<'k>(
    mut kinds: impl Iterator<Item = &'k (&'static [&'static str], StatementKind)>,
    at: &Cursor<'_>,
) -> Option<StatementKind> {
    kinds
        .find(|(words, _)| at.are_words(words))
        .map(|(_, kind)| *kind)
}

/// What may stand after GLOBAL or SESSION.
const SCOPED: [&[&str]; 2] = [&["STATUS"], &["VARIABLES"]];

/// Longer words first where one begins another.
const KINDS: &[(&[&str], StatementKind)] = &[
    (&["ALL", "REPLICAS", "STATUS"], K::ShowReplicaStatus),
    (&["ALL", "SLAVES", "STATUS"], K::ShowReplicaStatus),
    (&["ANALYZE"], K::ShowAnalyze),
    (&["AUTHORS"], K::ShowAuthors),
    (&["BINARY", "LOGS"], K::ShowBinaryLogs),
    (&["BINARY", "LOG", "STATUS"], K::ShowBinaryLogStatus),
    (&["BINLOG", "EVENTS"], K::ShowBinlogEvents),
    (&["BINLOG", "STATUS"], K::ShowBinaryLogStatus),
    (&["CHARACTER", "SET"], K::ShowCharacterSet),
    (&["CHARSET"], K::ShowCharacterSet),
    (&["CLIENT_STATISTICS"], K::ShowClientStatistics),
    (&["COLLATION"], K::ShowCollation),
    (&["COLUMNS"], K::ShowColumns),
    (&["CONTRIBUTORS"], K::ShowContributors),
    (&["COUNT"], K::ShowWarnings),
    (&["CREATE", "DATABASE"], K::ShowCreateDatabase),
    (&["CREATE", "EVENT"], K::ShowCreateEvent),
    (&["CREATE", "FUNCTION"], K::ShowCreateFunction),
    (&["CREATE", "LIBRARY"], K::ShowCreateLibrary),
    (&["CREATE", "PACKAGE", "BODY"], K::ShowCreatePackageBody),
    (&["CREATE", "PACKAGE"], K::ShowCreatePackage),
    (&["CREATE", "PROCEDURE"], K::ShowCreateProcedure),
    (&["CREATE", "SCHEMA"], K::ShowCreateDatabase),
    (&["CREATE", "SEQUENCE"], K::ShowCreateSequence),
    (&["CREATE", "SERVER"], K::ShowCreateServer),
    (&["CREATE", "TABLE"], K::ShowCreateTable),
    (&["CREATE", "TRIGGER"], K::ShowCreateTrigger),
    (&["CREATE", "USER"], K::ShowCreateUser),
    (&["CREATE", "VIEW"], K::ShowCreateView),
    (&["DATABASES"], K::ShowDatabases),
    (&["ENGINE"], K::ShowEngine),
    (&["ENGINES"], K::ShowEngines),
    (&["ERRORS"], K::ShowWarnings),
    (&["EVENTS"], K::ShowEvents),
    (&["EXPLAIN"], K::ShowExplain),
    (&["FIELDS"], K::ShowColumns),
    (&["FUNCTION", "CODE"], K::ShowFunctionCode),
    (&["FUNCTION", "STATUS"], K::ShowFunctionStatus),
    (&["GRANTS"], K::ShowGrants),
    (&["INDEX"], K::ShowIndex),
    (&["INDEXES"], K::ShowIndex),
    (&["INDEX_STATISTICS"], K::ShowIndexStatistics),
    (&["KEYS"], K::ShowIndex),
    (&["LIBRARY", "STATUS"], K::ShowLibraryStatus),
    (&["LOCALES"], K::ShowLocales),
    (&["MASTER", "LOGS"], K::ShowBinaryLogs),
    (&["MASTER", "STATUS"], K::ShowBinaryLogStatus),
    (&["METADATA_LOCK_INFO"], K::ShowMetadataLockInfo),
    (&["OPEN", "TABLES"], K::ShowOpenTables),
    (&["PACKAGE", "BODY", "CODE"], K::ShowPackageBodyCode),
    (&["PACKAGE", "BODY", "STATUS"], K::ShowPackageBodyStatus),
    (&["PACKAGE", "STATUS"], K::ShowPackageStatus),
    (&["PARSE_TREE"], K::ShowParseTree),
    (&["PLUGINS"], K::ShowPlugins),
    (&["PRIVILEGES"], K::ShowPrivileges),
    (&["PROCEDURE", "CODE"], K::ShowProcedureCode),
    (&["PROCEDURE", "STATUS"], K::ShowProcedureStatus),
    (&["PROCESSLIST"], K::ShowProcesslist),
    (&["PROFILE"], K::ShowProfile),
    (&["PROFILES"], K::ShowProfiles),
    (&["QUERY_CACHE_INFO"], K::ShowQueryCacheInfo),
    (&["QUERY_RESPONSE_TIME"], K::ShowQueryResponseTime),
    (&["RELAYLOG"], K::ShowRelaylogEvents),
    (&["REPLICA", "HOSTS"], K::ShowReplicas),
    (&["REPLICAS"], K::ShowReplicas),
    (&["REPLICA"], K::ShowReplicaStatus),
    (&["SCHEMAS"], K::ShowDatabases),
    (&["SLAVE", "HOSTS"], K::ShowReplicas),
    (&["SLAVE"], K::ShowReplicaStatus),
    (&["STATUS"], K::ShowStatus),
    (&["STORAGE", "ENGINES"], K::ShowEngines),
    (&["TABLE", "STATUS"], K::ShowTableStatus),
    (&["TABLES"], K::ShowTables),
    (&["TABLE_STATISTICS"], K::ShowTableStatistics),
    (&["TRIGGERS"], K::ShowTriggers),
    (&["USER_STATISTICS"], K::ShowUserStatistics),
    (&["VARIABLES"], K::ShowVariables),
    (&["WARNINGS"], K::ShowWarnings),
    (&["WSREP_MEMBERSHIP"], K::ShowWsrepMembership),
    (&["WSREP_STATUS"], K::ShowWsrepStatus),
];
