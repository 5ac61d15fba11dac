//! What each kind of statement could do to the protection of columns, beyond what facts tell.

use crate::statement::kind::StatementKind;

/// What a kind of statement could do to protection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Danger {
    /// Nothing that the facts do not tell.
    None,
    /// Shows values or estimates of them beyond the facts.
    Shows,
    /// Makes a table or view whose columns are protected by nothing.
    Copies,
    /// Changes names, types or places of columns.
    Reshapes,
    /// Removes rows or whole tables.
    Drops,
    /// Works on whole tables in ways that no facts tell.
    Anything,
    /// Keeps a body that runs later by itself.
    Unread,
}

/// What a kind of statement could do to protection: the one table of it.
#[expect(clippy::too_many_lines, reason = "a table of all kinds")]
pub(super) fn danger(kind: StatementKind) -> Danger {
    use StatementKind as K;
    match kind {
        K::Select | K::Table | K::Values | K::Insert | K::Replace | K::Update | K::Delete => {
            Danger::None
        }
        K::LoadDataLocal => Danger::None,
        K::Do | K::Set | K::Call | K::Use | K::Begin | K::Commit | K::Rollback => Danger::None,
        K::Savepoint | K::RollbackToSavepoint | K::ReleaseSavepoint => Danger::None,
        K::SetTransaction | K::UnlockTables | K::LockTables => Danger::None,
        K::ShowWarnings | K::ShowVariables | K::ShowStatus | K::ShowDatabases => Danger::None,
        K::ShowTables | K::ShowCreateView => Danger::None,
        K::ShowCreateDatabase | K::ShowCharacterSet | K::ShowCollation => Danger::None,
        K::ShowEngines | K::ShowPrivileges | K::ShowGrants => Danger::None,
        K::Deallocate | K::GetDiagnostics | K::Kill | K::SetRole | K::SetDefaultRole | K::Help => {
            Danger::None
        }
        K::ShowAuthors | K::ShowContributors | K::ShowLocales => Danger::None,
        K::ShowPlugins | K::ShowEngine | K::ShowProfile | K::ShowProfiles => Danger::None,
        K::ShowFunctionCode | K::ShowFunctionStatus | K::ShowLibraryStatus => Danger::None,
        K::ShowPackageStatus | K::ShowPackageBodyCode | K::ShowPackageBodyStatus => Danger::None,
        K::ShowProcedureCode | K::ShowProcedureStatus | K::ShowOpenTables => Danger::None,
        K::ShowBinaryLogs | K::ShowBinaryLogStatus | K::ShowReplicas => Danger::None,
        K::ShowReplicaStatus | K::ShowClientStatistics | K::ShowUserStatistics => Danger::None,
        K::ShowMetadataLockInfo | K::ShowQueryCacheInfo | K::ShowQueryResponseTime => Danger::None,
        K::ShowWsrepMembership | K::ShowWsrepStatus | K::ShowCreateUser => Danger::None,
        K::ShowCreateEvent | K::ShowCreateFunction | K::ShowCreateLibrary => Danger::None,
        K::ShowCreatePackage | K::ShowCreatePackageBody | K::ShowCreateProcedure => Danger::None,
        K::ShowCreateSequence | K::ShowCreateServer | K::ShowCreateTrigger => Danger::None,
        K::ShowEvents => Danger::None,
        K::CreateDatabase | K::CreateSequence | K::AlterSequence | K::DropSequence => Danger::None,
        K::DropIndex | K::DropView | K::DropTemporaryTable | K::DropProcedure => Danger::None,
        K::DropFunction | K::DropPackage | K::DropPackageBody | K::DropLibrary => Danger::None,
        K::DropTrigger | K::DropEvent | K::AlterDatabase => Danger::None,
        K::CreateUser | K::AlterUser | K::DropUser | K::RenameUser | K::CreateRole => Danger::None,
        K::DropRole | K::SetPassword | K::Grant | K::Revoke | K::SetGlobal => Danger::None,
        K::Shutdown | K::Restart | K::Flush | K::PurgeBinaryLogs => Danger::None,
        K::ResetBinaryLogs | K::ResetReplica | K::ResetPersist | K::ResetQueryCache => Danger::None,
        K::StartReplica | K::StopReplica | K::StartGroupReplication => Danger::None,
        K::StopGroupReplication => Danger::None,
        K::ChangeReplicationSource | K::ChangeReplicationFilter => Danger::None,
        K::InstallPlugin | K::UninstallPlugin | K::InstallComponent => Danger::None,
        K::UninstallComponent | K::InstallSoname | K::UninstallSoname => Danger::None,
        K::CreateResourceGroup | K::AlterResourceGroup | K::DropResourceGroup => Danger::None,
        K::SetResourceGroup | K::CreateServer | K::AlterServer | K::DropServer => Danger::None,
        K::AlterInstance | K::CreateSpatialReferenceSystem => Danger::None,
        K::DropSpatialReferenceSystem | K::LockInstance | K::UnlockInstance => Danger::None,
        K::Xa => Danger::None,
        K::Explain | K::ShowCreateTable => Danger::Shows,
        // What they tell of values is redacted.
        K::ShowIndex | K::ShowTableStatus | K::Describe | K::ShowColumns => Danger::None,
        K::CreateTable
        | K::CreateTemporaryTable
        | K::CreateView
        | K::AlterView
        | K::CreateJsonDualityView
        | K::AlterJsonDualityView => Danger::Copies,
        K::AlterTable | K::RenameTable | K::CreateIndex => Danger::Reshapes,
        K::Truncate | K::DropTable | K::DropDatabase => Danger::Drops,
        K::LoadData
        | K::LoadXml
        | K::ImportTable
        | K::SelectIntoFile
        | K::CreateTablespace
        | K::AlterTablespace
        | K::DropTablespace
        | K::CreateLogfileGroup
        | K::AlterLogfileGroup
        | K::DropLogfileGroup
        | K::AnalyzeTable
        | K::CheckTable
        | K::CheckView
        | K::ChecksumTable
        | K::OptimizeTable
        | K::RepairTable
        | K::RepairView
        | K::CacheIndex
        | K::LoadIndex
        | K::Handler
        | K::BackupStage
        | K::BackupLock
        | K::Clone
        | K::Binlog
        | K::ShowProcesslist
        | K::ShowBinlogEvents
        | K::ShowRelaylogEvents
        | K::ShowAnalyze
        | K::ShowExplain
        | K::ShowParseTree
        | K::ShowIndexStatistics
        | K::ShowTableStatistics
        | K::ShowTriggers
        | K::Prepare
        | K::Execute
        | K::ExecuteImmediate
        | K::Signal
        | K::Resignal
        | K::SetStatement => Danger::Anything,
        K::CreateProcedure
        | K::AlterProcedure
        | K::CreateFunction
        | K::AlterFunction
        | K::CreateLoadableFunction
        | K::CreatePackage
        | K::CreatePackageBody
        | K::CreateLibrary
        | K::AlterLibrary
        | K::CreateTrigger
        | K::CreateEvent
        | K::AlterEvent
        | K::Compound
        | K::If
        | K::Case
        | K::Loop
        | K::Repeat
        | K::While
        | K::For
        | K::Declare
        | K::Iterate
        | K::Leave
        | K::Return
        | K::Open
        | K::Fetch
        | K::Close => Danger::Unread,
    }
}
