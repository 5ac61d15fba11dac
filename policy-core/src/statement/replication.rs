//! The grammar of replication: sources, replicas, filters and groups.

use crate::statement::grammar::Grammar;
use crate::statement::kind::StatementKind;

/// The grammar of a statement about replication.
pub(super) fn grammar(kind: StatementKind) -> Grammar {
    Grammar(match Some(kind) {
        Some(StatementKind::ChangeReplicationSource) => CHANGE_SOURCE,
        Some(StatementKind::ChangeReplicationFilter) => CHANGE_FILTER,
        Some(StatementKind::StartReplica) => START,
        Some(StatementKind::StopReplica) => STOP,
        Some(StatementKind::StartGroupReplication) => &[(
            "start",
            "START GROUP_REPLICATION [ USER/PASSWORD/DEFAULT_AUTH =? string
                 { , USER/PASSWORD/DEFAULT_AUTH =? string }* ]",
        )],
        Some(StatementKind::StopGroupReplication) => &[("stop", "STOP GROUP_REPLICATION")],
        _ => &[],
    })
}

const CHANGE_SOURCE: &[(&str, &str)] = &[
    (
        "change",
        "CHANGE MASTER [ string ] TO <option>,... [ FOR CHANNEL text ]
         | CHANGE REPLICATION SOURCE TO <option>,... [ FOR CHANNEL text ]",
    ),
    (
        "option",
        "<text> =? string | <heartbeat> =? number | <number> =? number
         | IGNORE_SERVER_IDS/DO_DOMAIN_IDS/IGNORE_DOMAIN_IDS =? ( [ number,... ] )
         | MASTER_USE_GTID =? { NO | CURRENT_POS | SLAVE_POS | REPLICA_POS }
         | MASTER_DEMOTE_TO_SLAVE/MASTER_DEMOTE_TO_REPLICA =? number
         | PRIVILEGE_CHECKS_USER =? { NULL | user }
         | REQUIRE_TABLE_PRIMARY_KEY_CHECK =? STREAM/ON/OFF/GENERATE
         | ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS =? { OFF | LOCAL | string }
         | MASTER_TLS_CIPHERSUITES/SOURCE_TLS_CIPHERSUITES =? { NULL | string }",
    ),
    (
        "text",
        "MASTER_BIND/MASTER_HOST/MASTER_USER/MASTER_PASSWORD/MASTER_LOG_FILE/MASTER_SSL_CA
         | MASTER_SSL_CAPATH/MASTER_SSL_CERT/MASTER_SSL_CRL/MASTER_SSL_CRLPATH/MASTER_SSL_KEY
         | MASTER_SSL_CIPHER/MASTER_TLS_VERSION/MASTER_PUBLIC_KEY_PATH/MASTER_COMPRESSION_ALGORITHMS
         | SOURCE_BIND/SOURCE_HOST/SOURCE_USER/SOURCE_PASSWORD/SOURCE_LOG_FILE/SOURCE_SSL_CA
         | SOURCE_SSL_CAPATH/SOURCE_SSL_CERT/SOURCE_SSL_CRL/SOURCE_SSL_CRLPATH/SOURCE_SSL_KEY
         | SOURCE_SSL_CIPHER/SOURCE_TLS_VERSION/SOURCE_PUBLIC_KEY_PATH/SOURCE_COMPRESSION_ALGORITHMS
         | NETWORK_NAMESPACE/RELAY_LOG_FILE",
    ),
    ("heartbeat", "MASTER_HEARTBEAT_PERIOD/SOURCE_HEARTBEAT_PERIOD"),
    (
        "number",
        "MASTER_PORT/MASTER_CONNECT_RETRY/MASTER_RETRY_COUNT/MASTER_LOG_POS/MASTER_DELAY
         | MASTER_AUTO_POSITION/MASTER_SSL/MASTER_SSL_VERIFY_SERVER_CERT/MASTER_ZSTD_COMPRESSION_LEVEL
         | SOURCE_PORT/SOURCE_CONNECT_RETRY/SOURCE_RETRY_COUNT/SOURCE_LOG_POS/SOURCE_DELAY
         | SOURCE_AUTO_POSITION/SOURCE_SSL/SOURCE_SSL_VERIFY_SERVER_CERT/SOURCE_ZSTD_COMPRESSION_LEVEL
         | SOURCE_CONNECTION_AUTO_FAILOVER/GTID_ONLY/GET_MASTER_PUBLIC_KEY/GET_SOURCE_PUBLIC_KEY
         | RELAY_LOG_POS/REQUIRE_ROW_FORMAT",
    ),
];

const CHANGE_FILTER: &[(&str, &str)] = &[
    (
        "change",
        "CHANGE REPLICATION FILTER <filter>,... [ FOR CHANNEL text ]",
    ),
    (
        "filter",
        "REPLICATE_DO_DB/REPLICATE_IGNORE_DB = ( [ name,... ] )
         | REPLICATE_DO_TABLE/REPLICATE_IGNORE_TABLE = ( [ { name . name },... ] )
         | REPLICATE_WILD_DO_TABLE/REPLICATE_WILD_IGNORE_TABLE = ( [ string,... ] )
         | REPLICATE_REWRITE_DB = ( [ { ( name , name ) },... ] )",
    ),
];

const START: &[(&str, &str)] = &[
    (
        "start",
        "START ALL SLAVES/REPLICAS [ <thread>,... ]
         | START SLAVE/REPLICA [ string ] [ <thread>,... ] [ UNTIL <until> ]
           { USER/PASSWORD/DEFAULT_AUTH/PLUGIN_DIR = string }* [ FOR CHANNEL text ]",
    ),
    THREAD,
    (
        "until",
        "SQL_BEFORE_GTIDS/SQL_AFTER_GTIDS/MASTER_GTID_POS = string | SQL_AFTER_MTS_GAPS
         | SQL_BEFORE_GTIDS = number
         | { MASTER_LOG_FILE/SOURCE_LOG_FILE/RELAY_LOG_FILE = string
           | MASTER_LOG_POS/SOURCE_LOG_POS/RELAY_LOG_POS = number },...",
    ),
];

const STOP: &[(&str, &str)] = &[
    (
        "stop",
        "STOP ALL SLAVES/REPLICAS [ <thread>,... ]
         | STOP SLAVE/REPLICA [ string ] [ <thread>,... ] [ FOR CHANNEL text ]",
    ),
    THREAD,
];

const THREAD: (&str, &str) = ("thread", "IO_THREAD | SQL_THREAD | RELAY_THREAD");
