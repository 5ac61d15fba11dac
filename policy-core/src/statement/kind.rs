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

macro_rules! kinds {
    ($($variant:ident $name:literal $class:ident,)*) => {
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
        }
    };
}

kinds! {
    Select "select" Read,
    Table "table" Read,
    Values "values" Read,
    Insert "insert" Write,
    Replace "replace" Write,
    Update "update" Write,
    Delete "delete" Write,
    LoadData "load data" Admin,
    SelectIntoFile "select into outfile" Admin,
    Truncate "truncate table" Schema,
    CreateTable "create table" Schema,
    CreateTemporaryTable "create temporary table" Schema,
    AlterTable "alter table" Schema,
    DropTable "drop table" Schema,
    DropTemporaryTable "drop temporary table" Schema,
    RenameTable "rename table" Schema,
    CreateIndex "create index" Schema,
    DropIndex "drop index" Schema,
    CreateView "create view" Schema,
    AlterView "alter view" Schema,
    DropView "drop view" Schema,
    CreateDatabase "create database" Schema,
    AlterDatabase "alter database" Schema,
    DropDatabase "drop database" Schema,
    CreateRoutine "create routine" Schema,
    AlterRoutine "alter routine" Schema,
    DropRoutine "drop routine" Schema,
    CreateTrigger "create trigger" Schema,
    DropTrigger "drop trigger" Schema,
    CreateEvent "create event" Schema,
    AlterEvent "alter event" Schema,
    DropEvent "drop event" Schema,
    CreateSequence "create sequence" Schema,
    AlterSequence "alter sequence" Schema,
    DropSequence "drop sequence" Schema,
    CreateUser "create user" Admin,
    AlterUser "alter user" Admin,
    DropUser "drop user" Admin,
    RenameUser "rename user" Admin,
    CreateRole "create role" Admin,
    DropRole "drop role" Admin,
    SetRole "set role" Admin,
    SetPassword "set password" Admin,
    Grant "grant" Admin,
    Revoke "revoke" Admin,
    SetGlobal "set global" Admin,
    Kill "kill" Admin,
    Shutdown "shutdown" Admin,
    Restart "restart" Admin,
    Flush "flush" Admin,
    Reset "reset" Admin,
    Purge "purge" Admin,
    Replication "replication" Admin,
    Backup "backup" Admin,
    Clone "clone" Admin,
    InstallPlugin "install plugin" Admin,
    Tablespace "tablespace" Admin,
    ServerObject "server object" Admin,
    ResourceGroup "resource group" Admin,
    TableMaintenance "table maintenance" Admin,
    CacheIndex "cache index" Admin,
    LockTables "lock tables" Admin,
    LockInstance "lock instance" Admin,
    Handler "handler" Admin,
    Binlog "binlog" Admin,
    Help "help" Admin,
    Xa "xa" Admin,
    Use "use" Session,
    Set "set" Session,
    Begin "start transaction" Session,
    Commit "commit" Session,
    Rollback "rollback" Session,
    Savepoint "savepoint" Session,
    SetTransaction "set transaction" Session,
    UnlockTables "unlock tables" Session,
    ShowWarnings "show warnings" Session,
    ShowVariables "show variables" Session,
    ShowStatus "show status" Session,
    ShowDatabases "show databases" Session,
    ShowTables "show tables" Session,
    ShowColumns "show columns" Session,
    ShowIndex "show index" Session,
    ShowCreateTable "show create table" Session,
    ShowCreateView "show create view" Session,
    ShowCreateDatabase "show create database" Session,
    ShowCharacterSet "show character set" Session,
    ShowCollation "show collation" Session,
    ShowEngines "show engines" Session,
    ShowPrivileges "show privileges" Session,
    ShowGrants "show grants" Admin,
    ShowTableStatus "show table status" Session,
    ShowProcesslist "show processlist" Admin,
    ShowOther "show other" Admin,
    Describe "describe" Session,
    Explain "explain" Read,
    Do "do" Read,
    Call "call" Routine,
    Prepare "prepare" Routine,
    Execute "execute" Routine,
    ExecuteImmediate "execute immediate" Routine,
    Deallocate "deallocate prepare" Session,
    Signal "signal" Routine,
    GetDiagnostics "get diagnostics" Session,
    SetStatement "set statement" Routine,
    Compound "begin not atomic" Routine,
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
