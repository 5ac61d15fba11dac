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

/// How much of a statement of a kind is read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new depth must be decided everywhere"
)]
pub enum Depth {
    /// All of it: every object that it touches is among its accesses.
    Whole,
    /// Its first words only: a rule that lets it pass must name the kind.
    Head,
    /// Recognised, and refused whatever a rule says: it runs text or reaches files that cannot be
    /// read here.
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
    Sequence,
    Maintenance,
    /// Told by its first words.
    Head,
    /// Refused.
    Never,
}

macro_rules! kinds {
    ($($variant:ident $name:literal $class:ident $family:ident,)*) => {
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
        }
    };
}

kinds! {
    Select "select" Read Rows,
    Table "table" Read Rows,
    Values "values" Read Rows,
    Insert "insert" Write Rows,
    Replace "replace" Write Rows,
    Update "update" Write Rows,
    Delete "delete" Write Rows,
    LoadData "load data" Admin Never,
    SelectIntoFile "select into outfile" Admin Never,
    Truncate "truncate table" Schema Truncate,
    CreateTable "create table" Schema CreateTable,
    CreateTemporaryTable "create temporary table" Schema CreateTable,
    AlterTable "alter table" Schema AlterTable,
    DropTable "drop table" Schema DropTable,
    DropTemporaryTable "drop temporary table" Schema DropTable,
    RenameTable "rename table" Schema RenameTable,
    CreateIndex "create index" Schema Index,
    DropIndex "drop index" Schema Index,
    CreateView "create view" Schema View,
    AlterView "alter view" Schema View,
    DropView "drop view" Schema DropTable,
    CreateDatabase "create database" Schema Database,
    AlterDatabase "alter database" Schema Database,
    DropDatabase "drop database" Schema Database,
    CreateRoutine "create routine" Schema Never,
    AlterRoutine "alter routine" Schema Never,
    DropRoutine "drop routine" Schema DropProgram,
    CreateTrigger "create trigger" Schema Never,
    DropTrigger "drop trigger" Schema DropProgram,
    CreateEvent "create event" Schema Never,
    AlterEvent "alter event" Schema Never,
    DropEvent "drop event" Schema DropProgram,
    CreateSequence "create sequence" Schema Sequence,
    AlterSequence "alter sequence" Schema Sequence,
    DropSequence "drop sequence" Schema DropProgram,
    CreateUser "create user" Admin Head,
    AlterUser "alter user" Admin Head,
    DropUser "drop user" Admin Head,
    RenameUser "rename user" Admin Head,
    CreateRole "create role" Admin Head,
    DropRole "drop role" Admin Head,
    SetRole "set role" Admin Never,
    SetPassword "set password" Admin Head,
    Grant "grant" Admin Head,
    Revoke "revoke" Admin Head,
    SetGlobal "set global" Admin Head,
    Kill "kill" Admin Kill,
    Shutdown "shutdown" Admin Head,
    Restart "restart" Admin Head,
    Flush "flush" Admin Head,
    Reset "reset" Admin Head,
    Purge "purge" Admin Head,
    Replication "replication" Admin Head,
    Backup "backup" Admin Head,
    Clone "clone" Admin Head,
    InstallPlugin "install plugin" Admin Head,
    Tablespace "tablespace" Admin Head,
    ServerObject "server object" Admin Head,
    ResourceGroup "resource group" Admin Head,
    TableMaintenance "table maintenance" Admin Maintenance,
    CacheIndex "cache index" Admin Head,
    LockTables "lock tables" Admin LockTables,
    LockInstance "lock instance" Admin Head,
    Handler "handler" Admin Never,
    Binlog "binlog" Admin Never,
    Help "help" Admin Head,
    Xa "xa" Admin Never,
    Use "use" Session Use,
    Set "set" Session Set,
    Begin "start transaction" Session Begin,
    Commit "commit" Session End,
    Rollback "rollback" Session End,
    Savepoint "savepoint" Session Savepoint,
    SetTransaction "set transaction" Session SetTransaction,
    UnlockTables "unlock tables" Session UnlockTables,
    ShowWarnings "show warnings" Session Show,
    ShowVariables "show variables" Session Show,
    ShowStatus "show status" Session Show,
    ShowDatabases "show databases" Session Show,
    ShowTables "show tables" Session Show,
    ShowColumns "show columns" Session Show,
    ShowIndex "show index" Session Show,
    ShowCreateTable "show create table" Session Show,
    ShowCreateView "show create view" Session Show,
    ShowCreateDatabase "show create database" Session Show,
    ShowCharacterSet "show character set" Session Show,
    ShowCollation "show collation" Session Show,
    ShowEngines "show engines" Session Show,
    ShowPrivileges "show privileges" Session Show,
    ShowGrants "show grants" Admin Head,
    ShowTableStatus "show table status" Session Show,
    ShowProcesslist "show processlist" Admin Head,
    ShowOther "show other" Admin Head,
    Describe "describe" Session Explain,
    Explain "explain" Read Explain,
    Do "do" Read Do,
    Call "call" Routine Call,
    Prepare "prepare" Routine Never,
    Execute "execute" Routine Never,
    ExecuteImmediate "execute immediate" Routine Never,
    Deallocate "deallocate prepare" Session Never,
    Signal "signal" Routine Never,
    GetDiagnostics "get diagnostics" Session Never,
    SetStatement "set statement" Routine Never,
    Compound "begin not atomic" Routine Never,
}

impl StatementKind {
    /// How much of such a statement is read.
    #[must_use]
    pub fn depth(self) -> Depth {
        let family = self.family();
        if matches!(family, Family::Head | Family::Sequence) {
            Depth::Head
        } else if matches!(family, Family::Never | Family::Call) {
            Depth::Never
        } else {
            Depth::Whole
        }
    }

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
