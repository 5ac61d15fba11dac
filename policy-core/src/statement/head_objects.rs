//! What CREATE, ALTER and DROP make, change and remove, by its words.

use crate::statement::kind::StatementKind;
use crate::statement::kind::StatementKind as K;

/// What CREATE, ALTER and DROP can stand before, and the kinds that they make; of two that begin
/// alike the longer first.
pub(super) const OBJECTS: &[Object] = &[
    object(&["DATABASE"], CREATE_DATABASE),
    object(&["SCHEMA"], CREATE_DATABASE),
    object(
        &["EVENT"],
        [
            Some(K::CreateEvent),
            Some(K::AlterEvent),
            Some(K::DropEvent),
        ],
    ),
    object(
        &["FUNCTION"],
        [
            Some(K::CreateFunction),
            Some(K::AlterFunction),
            Some(K::DropFunction),
        ],
    ),
    object(
        &["PROCEDURE"],
        [
            Some(K::CreateProcedure),
            Some(K::AlterProcedure),
            Some(K::DropProcedure),
        ],
    ),
    object(
        &["PACKAGE", "BODY"],
        [Some(K::CreatePackageBody), None, Some(K::DropPackageBody)],
    ),
    object(
        &["PACKAGE"],
        [Some(K::CreatePackage), None, Some(K::DropPackage)],
    ),
    object(
        &["LIBRARY"],
        [
            Some(K::CreateLibrary),
            Some(K::AlterLibrary),
            Some(K::DropLibrary),
        ],
    ),
    object(&["INDEX"], [Some(K::CreateIndex), None, Some(K::DropIndex)]),
    object(
        &["LOGFILE", "GROUP"],
        [
            Some(K::CreateLogfileGroup),
            Some(K::AlterLogfileGroup),
            Some(K::DropLogfileGroup),
        ],
    ),
    object(
        &["TABLESPACE"],
        [
            Some(K::CreateTablespace),
            Some(K::AlterTablespace),
            Some(K::DropTablespace),
        ],
    ),
    object(
        &["RESOURCE", "GROUP"],
        [
            Some(K::CreateResourceGroup),
            Some(K::AlterResourceGroup),
            Some(K::DropResourceGroup),
        ],
    ),
    object(&["ROLE"], [Some(K::CreateRole), None, Some(K::DropRole)]),
    object(
        &["SEQUENCE"],
        [
            Some(K::CreateSequence),
            Some(K::AlterSequence),
            Some(K::DropSequence),
        ],
    ),
    object(&["INSTANCE"], [None, Some(K::AlterInstance), None]),
    object(
        &["SERVER"],
        [
            Some(K::CreateServer),
            Some(K::AlterServer),
            Some(K::DropServer),
        ],
    ),
    object(
        &["SPATIAL", "REFERENCE", "SYSTEM"],
        [
            Some(K::CreateSpatialReferenceSystem),
            None,
            Some(K::DropSpatialReferenceSystem),
        ],
    ),
    object(
        &["TABLE"],
        [
            Some(K::CreateTable),
            Some(K::AlterTable),
            Some(K::DropTable),
        ],
    ),
    object(&["TABLES"], [None, None, Some(K::DropTable)]),
    object(
        &["TRIGGER"],
        [Some(K::CreateTrigger), None, Some(K::DropTrigger)],
    ),
    object(
        &["USER"],
        [Some(K::CreateUser), Some(K::AlterUser), Some(K::DropUser)],
    ),
    object(&["JSON", "RELATIONAL", "DUALITY", "VIEW"], DUALITY_VIEW),
    object(&["JSON", "DUALITY", "VIEW"], DUALITY_VIEW),
    object(
        &["VIEW"],
        [Some(K::CreateView), Some(K::AlterView), Some(K::DropView)],
    ),
];

const CREATE_DATABASE: [Option<StatementKind>; 3] = [
    Some(K::CreateDatabase),
    Some(K::AlterDatabase),
    Some(K::DropDatabase),
];

const DUALITY_VIEW: [Option<StatementKind>; 3] = [
    Some(K::CreateJsonDualityView),
    Some(K::AlterJsonDualityView),
    None,
];

/// One of them.
pub(super) struct Object {
    pub(super) words: &'static [&'static str],
    pub(super) create: Option<StatementKind>,
    pub(super) alter: Option<StatementKind>,
    pub(super) drop: Option<StatementKind>,
}

const fn object(
    words: &'static [&'static str],
    [create, alter, drop]: [Option<StatementKind>; 3],
) -> Object {
    Object {
        words,
        create,
        alter,
        drop,
    }
}
