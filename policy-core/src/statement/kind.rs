//! Every kind of statement, its name in a policy, and its class.

use std::fmt;

/// The classes that a rule may name instead of kinds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new class must be decided everywhere"
)]
pub enum Class {
    /// Reads rows.
    Read,
    /// Changes rows.
    Write,
    /// Changes tables, views, indexes, routines and schemas.
    Schema,
    /// Changes the server, accounts, files or other sessions.
    Admin,
    /// Changes or shows the state of this session only, or names and types.
    Session,
    /// Calls stored routines or runs text that is not in the statement.
    Routine,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Write,
        Self::Schema,
        Self::Admin,
        Self::Session,
        Self::Routine,
    ];

    /// The name in a policy file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Schema => "schema",
            Self::Admin => "admin",
            Self::Session => "session",
            Self::Routine => "routine",
        }
    }
}

/// What becomes of a statement of a kind where no rule names the kind.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new default must be decided everywhere"
)]
pub enum DefaultEffect {
    /// It stays in its session: allowed, but for the tables that it reads.
    Session,
    /// It shows names and types: allowed for what the role may touch at all.
    Names,
    /// Denied, unless rules cover each access, by class or by kind.
    ByClass,
    /// Denied, unless a rule names the kind: it runs text that is not read here, or reaches beyond
    /// tables.
    ByName,
    /// Denied, whatever a rule says: it reaches files or states that cannot be followed.
    Never,
}

/// The reader that takes statements of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Family {
    Rows,
    Do,
    Use,
    Set,
    SetTransaction,
    Begin,
    End,
    Savepoint,
    LockTables,
    UnlockTables,
    Kill,
    DropProgram,
    Show,
    Explain,
    CreateTable,
    AlterTable,
    DropTable,
    RenameTable,
    Truncate,
    Index,
    View,
    Database,
    Call,
    Prepared,
    SetStatement,
    Sequence,
    DropSequence,
    Maintenance,
    Account,
    Server,
    Xa,
    Handler,
    Load,
    Diagnostics,
    Program,
    /// Refused.
    Never,
}

macro_rules! kinds {
    ($($variant:ident $name:literal $class:ident $family:ident $default:ident,)*) => {
        /// What a statement does, in the words of the manuals.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[expect(clippy::exhaustive_enums, reason = "a new kind must be decided everywhere")]
        #[expect(missing_docs, reason = "each variant is its name in the manual")]
        pub enum StatementKind {
            $($variant,)*
        }

        impl StatementKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in a policy file: the statement's first words, lower case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The class that it belongs to.
            #[must_use]
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }

            /// Which reader takes it.
            pub(crate) fn family(self) -> Family {
                match self { $(Self::$variant => Family::$family,)* }
            }

            /// What becomes of such a statement where no rule names it.
            #[must_use]
            pub fn default_effect(self) -> DefaultEffect {
                match self { $(Self::$variant => DefaultEffect::$default,)* }
            }
        }
    };
}

// The one table: kind, name in a policy, class, reader (how its accesses are found), default effect.
kinds! {
    Select "select" Read Rows ByClass,
    Table "table" Read Rows ByClass,
    Values "values" Read Rows ByClass,
    Insert "insert" Write Rows ByClass,
    Replace "replace" Write Rows ByClass,
    Update "update" Write Rows ByClass,
    Delete "delete" Write Rows ByClass,
    LoadDataLocal "load data local" Write Load ByName,
    LoadData "load data" Admin Load Never,
    LoadXml "load xml" Admin Load Never,
    ImportTable "import table" Admin Server Never,
    SelectIntoFile "select into outfile" Admin Never Never,
    Truncate "truncate table" Schema Truncate ByClass,
    CreateTable "create table" Schema CreateTable ByClass,
    CreateTemporaryTable "create temporary table" Schema CreateTable ByClass,
    AlterTable "alter table" Schema AlterTable ByClass,
    DropTable "drop table" Schema DropTable ByClass,
    DropTemporaryTable "drop temporary table" Schema DropTable ByClass,
    RenameTable "rename table" Schema RenameTable ByClass,
    CreateIndex "create index" Schema Index ByClass,
    DropIndex "drop index" Schema Index ByClass,
    CreateView "create view" Schema View ByClass,
    AlterView "alter view" Schema View ByClass,
    DropView "drop view" Schema DropTable ByClass,
    CreateJsonDualityView "create json duality view" Schema View Never,
    AlterJsonDualityView "alter json duality view" Schema View Never,
    CreateDatabase "create database" Schema Database ByName,
    AlterDatabase "alter database" Schema Database ByName,
    DropDatabase "drop database" Schema Database ByName,
    CreateProcedure "create procedure" Schema Program ByName,
    AlterProcedure "alter procedure" Schema Program ByName,
    DropProcedure "drop procedure" Schema DropProgram ByName,
    CreateFunction "create function" Schema Program ByName,
    AlterFunction "alter function" Schema Program ByName,
    DropFunction "drop function" Schema DropProgram ByName,
    CreateLoadableFunction "create loadable function" Admin Program Never,
    CreatePackage "create package" Schema Program ByName,
    DropPackage "drop package" Schema DropProgram ByName,
    CreatePackageBody "create package body" Schema Program ByName,
    DropPackageBody "drop package body" Schema DropProgram ByName,
    CreateLibrary "create library" Schema Program ByName,
    AlterLibrary "alter library" Schema Program ByName,
    DropLibrary "drop library" Schema DropProgram ByName,
    CreateTrigger "create trigger" Schema Program ByName,
    DropTrigger "drop trigger" Schema DropProgram ByName,
    CreateEvent "create event" Schema Program ByName,
    AlterEvent "alter event" Schema Program ByName,
    DropEvent "drop event" Schema DropProgram ByName,
    CreateSequence "create sequence" Schema Sequence ByClass,
    AlterSequence "alter sequence" Schema Sequence ByClass,
    DropSequence "drop sequence" Schema DropSequence ByClass,
    CreateUser "create user" Admin Account ByName,
    AlterUser "alter user" Admin Account ByName,
    DropUser "drop user" Admin Account ByName,
    RenameUser "rename user" Admin Account ByName,
    CreateRole "create role" Admin Account ByName,
    DropRole "drop role" Admin Account ByName,
    SetRole "set role" Admin Account Never,
    SetDefaultRole "set default role" Admin Account Never,
    SetPassword "set password" Admin Account ByName,
    Grant "grant" Admin Account ByName,
    Revoke "revoke" Admin Account ByName,
    SetGlobal "set global" Admin Set ByName,
    Kill "kill" Admin Kill ByName,
    Shutdown "shutdown" Admin Server ByName,
    Restart "restart" Admin Server ByName,
    Flush "flush" Admin Maintenance ByName,
    ResetBinaryLogs "reset binary logs" Admin Server ByName,
    ResetReplica "reset replica" Admin Server ByName,
    ResetPersist "reset persist" Admin Server ByName,
    ResetQueryCache "reset query cache" Admin Server ByName,
    PurgeBinaryLogs "purge binary logs" Admin Server ByName,
    ChangeReplicationSource "change replication source" Admin Server ByName,
    ChangeReplicationFilter "change replication filter" Admin Server ByName,
    StartReplica "start replica" Admin Server ByName,
    StopReplica "stop replica" Admin Server ByName,
    StartGroupReplication "start group_replication" Admin Server ByName,
    StopGroupReplication "stop group_replication" Admin Server ByName,
    BackupStage "backup stage" Admin Server ByName,
    BackupLock "backup lock" Admin Maintenance ByName,
    Clone "clone" Admin Server Never,
    InstallPlugin "install plugin" Admin Server Never,
    UninstallPlugin "uninstall plugin" Admin Server Never,
    InstallComponent "install component" Admin Server Never,
    UninstallComponent "uninstall component" Admin Server Never,
    InstallSoname "install soname" Admin Server Never,
    UninstallSoname "uninstall soname" Admin Server Never,
    CreateTablespace "create tablespace" Admin Server Never,
    AlterTablespace "alter tablespace" Admin Server Never,
    DropTablespace "drop tablespace" Admin Server Never,
    CreateLogfileGroup "create logfile group" Admin Server Never,
    AlterLogfileGroup "alter logfile group" Admin Server Never,
    DropLogfileGroup "drop logfile group" Admin Server Never,
    CreateServer "create server" Admin Server ByName,
    AlterServer "alter server" Admin Server ByName,
    DropServer "drop server" Admin Server ByName,
    AlterInstance "alter instance" Admin Server ByName,
    CreateSpatialReferenceSystem "create spatial reference system" Admin Server ByName,
    DropSpatialReferenceSystem "drop spatial reference system" Admin Server ByName,
    CreateResourceGroup "create resource group" Admin Server ByName,
    AlterResourceGroup "alter resource group" Admin Server ByName,
    DropResourceGroup "drop resource group" Admin Server ByName,
    SetResourceGroup "set resource group" Admin Server ByName,
    AnalyzeTable "analyze table" Admin Maintenance ByName,
    CheckTable "check table" Admin Maintenance ByName,
    CheckView "check view" Admin Maintenance ByName,
    ChecksumTable "checksum table" Admin Maintenance ByName,
    OptimizeTable "optimize table" Admin Maintenance ByName,
    RepairTable "repair table" Admin Maintenance ByName,
    RepairView "repair view" Admin Maintenance ByName,
    CacheIndex "cache index" Admin Maintenance ByName,
    LoadIndex "load index" Admin Maintenance ByName,
    LockTables "lock tables" Admin LockTables ByName,
    LockInstance "lock instance" Admin Server ByName,
    UnlockInstance "unlock instance" Admin Server ByName,
    Handler "handler" Admin Handler Never,
    Binlog "binlog" Admin Server Never,
    Help "help" Admin Server ByName,
    Xa "xa" Admin Xa Never,
    Use "use" Session Use Names,
    Set "set" Session Set Session,
    Begin "start transaction" Session Begin Session,
    Commit "commit" Session End Session,
    Rollback "rollback" Session End Session,
    Savepoint "savepoint" Session Savepoint Session,
    RollbackToSavepoint "rollback to savepoint" Session Savepoint Session,
    ReleaseSavepoint "release savepoint" Session Savepoint Session,
    SetTransaction "set transaction" Session SetTransaction Session,
    UnlockTables "unlock tables" Session UnlockTables Session,
    ShowWarnings "show warnings" Session Show Session,
    ShowVariables "show variables" Session Show Session,
    ShowStatus "show status" Session Show Session,
    ShowDatabases "show databases" Session Show Session,
    ShowTables "show tables" Session Show Names,
    ShowColumns "show columns" Session Show Names,
    ShowIndex "show index" Session Show Names,
    ShowCreateTable "show create table" Session Show Names,
    ShowCreateView "show create view" Session Show Names,
    ShowCreateDatabase "show create database" Session Show Names,
    ShowCharacterSet "show character set" Session Show Session,
    ShowCollation "show collation" Session Show Session,
    ShowEngines "show engines" Session Show Session,
    ShowPrivileges "show privileges" Session Show Session,
    ShowGrants "show grants" Admin Show ByName,
    ShowTableStatus "show table status" Session Show Names,
    ShowProcesslist "show processlist" Admin Show ByName,
    ShowAuthors "show authors" Session Show Session,
    ShowContributors "show contributors" Session Show Session,
    ShowLocales "show locales" Session Show Session,
    ShowCreateEvent "show create event" Admin Show ByName,
    ShowCreateFunction "show create function" Admin Show ByName,
    ShowCreateLibrary "show create library" Admin Show ByName,
    ShowCreatePackage "show create package" Admin Show ByName,
    ShowCreatePackageBody "show create package body" Admin Show ByName,
    ShowCreateProcedure "show create procedure" Admin Show ByName,
    ShowCreateSequence "show create sequence" Admin Show ByName,
    ShowCreateServer "show create server" Admin Show ByName,
    ShowCreateTrigger "show create trigger" Admin Show ByName,
    ShowCreateUser "show create user" Admin Show Never,
    ShowEvents "show events" Admin Show ByName,
    ShowTriggers "show triggers" Admin Show ByName,
    ShowOpenTables "show open tables" Admin Show ByName,
    ShowFunctionCode "show function code" Admin Show ByName,
    ShowFunctionStatus "show function status" Admin Show ByName,
    ShowLibraryStatus "show library status" Admin Show ByName,
    ShowPackageStatus "show package status" Admin Show ByName,
    ShowPackageBodyCode "show package body code" Admin Show ByName,
    ShowPackageBodyStatus "show package body status" Admin Show ByName,
    ShowProcedureCode "show procedure code" Admin Show ByName,
    ShowProcedureStatus "show procedure status" Admin Show ByName,
    ShowPlugins "show plugins" Admin Show ByName,
    ShowProfile "show profile" Admin Show ByName,
    ShowProfiles "show profiles" Admin Show ByName,
    ShowParseTree "show parse_tree" Admin Show ByName,
    ShowAnalyze "show analyze" Admin Show ByName,
    ShowExplain "show explain" Admin Show ByName,
    ShowEngine "show engine" Admin Show ByName,
    ShowBinaryLogs "show binary logs" Admin Show ByName,
    ShowBinaryLogStatus "show binary log status" Admin Show ByName,
    ShowBinlogEvents "show binlog events" Admin Show ByName,
    ShowRelaylogEvents "show relaylog events" Admin Show ByName,
    ShowReplicas "show replicas" Admin Show ByName,
    ShowReplicaStatus "show replica status" Admin Show ByName,
    ShowClientStatistics "show client_statistics" Admin Show ByName,
    ShowIndexStatistics "show index_statistics" Admin Show ByName,
    ShowTableStatistics "show table_statistics" Admin Show ByName,
    ShowUserStatistics "show user_statistics" Admin Show ByName,
    ShowMetadataLockInfo "show metadata_lock_info" Admin Show ByName,
    ShowQueryCacheInfo "show query_cache_info" Admin Show ByName,
    ShowQueryResponseTime "show query_response_time" Admin Show ByName,
    ShowWsrepMembership "show wsrep_membership" Admin Show ByName,
    ShowWsrepStatus "show wsrep_status" Admin Show ByName,
    Describe "describe" Session Explain Names,
    Explain "explain" Read Explain ByClass,
    Do "do" Read Do ByClass,
    Call "call" Routine Call ByName,
    Prepare "prepare" Routine Prepared ByName,
    Execute "execute" Routine Prepared ByName,
    ExecuteImmediate "execute immediate" Routine Prepared ByName,
    Deallocate "deallocate prepare" Session Prepared Session,
    Signal "signal" Routine Diagnostics Never,
    Resignal "resignal" Routine Diagnostics Never,
    GetDiagnostics "get diagnostics" Session Diagnostics Never,
    SetStatement "set statement" Routine SetStatement ByName,
    Compound "begin not atomic" Routine Program Never,
    If "if" Routine Program Never,
    Case "case" Routine Program Never,
    Loop "loop" Routine Program Never,
    Repeat "repeat" Routine Program Never,
    While "while" Routine Program Never,
    For "for" Routine Program Never,
    Declare "declare" Routine Program Never,
    Iterate "iterate" Routine Program Never,
    Leave "leave" Routine Program Never,
    Return "return" Routine Program Never,
    Open "open" Routine Program Never,
    Fetch "fetch" Routine Program Never,
    Close "close" Routine Program Never,
}

impl StatementKind {
    /// The kind of that policy name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for StatementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
