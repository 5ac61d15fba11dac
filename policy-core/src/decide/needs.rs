//! Which kinds of statement must be allowed on an object for what is done to it.

use crate::statement::Access;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::kind::Class;
use crate::statement::kind::StatementKind;

/// The kinds that must each be covered for one access.
pub(super) fn needs(statement: &Statement, access: &Access) -> Vec<StatementKind> {
    let kind = statement.kind;
    match (kind.class(), access.verb) {
        (_, Verb::Execute) => vec![StatementKind::Call],
        (Class::Read, Verb::Read | Verb::Describe) => vec![kind],
        // What EXPLAIN explains must be allowed too: ANALYZE runs it.
        (Class::Read, verb) => vec![kind, plain_kind(kind, verb).unwrap_or(kind)],
        (_, Verb::Read) if reads_only_itself(statement, access) => vec![kind],
        (_, Verb::Read) => vec![StatementKind::Select],
        // INSERT … ON DUPLICATE KEY UPDATE changes rows that are there.
        (Class::Write, Verb::Update) if kind == StatementKind::Insert => {
            vec![kind, StatementKind::Update]
        }
        // … REPLACE removes the rows that are in its way.
        (Class::Write, Verb::Delete) if kind == StatementKind::LoadDataLocal => {
            vec![kind, StatementKind::Replace]
        }
        (Class::Schema, Verb::Drop) => match dropped_too(kind) {
            Some(other) => vec![kind, other],
            None => vec![kind],
        },
        (
            Class::Write | Class::Schema | Class::Admin | Class::Routine | Class::Session,
            Verb::Insert
            | Verb::Update
            | Verb::Delete
            | Verb::Create
            | Verb::Alter
            | Verb::Drop
            | Verb::Describe
            | Verb::Lock,
        ) => vec![kind],
    }
}

/// The kind that the verb belongs to when it stands for itself: what a deny rule may mean by it.
pub(super) fn plain_kind(kind: StatementKind, verb: Verb) -> Option<StatementKind> {
    match verb {
        Verb::Read => Some(StatementKind::Select),
        Verb::Insert => Some(StatementKind::Insert),
        Verb::Update => Some(StatementKind::Update),
        Verb::Delete => Some(StatementKind::Delete),
        Verb::Execute => Some(StatementKind::Call),
        Verb::Drop => dropped_too(kind),
        Verb::Create | Verb::Alter | Verb::Describe | Verb::Lock => None,
    }
}

/// What a statement does besides its own kind when it drops a table, or rows of one, without being
/// a DROP or a TRUNCATE: OR REPLACE, and partitions that go.
fn dropped_too(kind: StatementKind) -> Option<StatementKind> {
    if kind == StatementKind::Truncate || kind.name().starts_with("drop ") {
        None
    } else if kind == StatementKind::CreateTemporaryTable {
        Some(StatementKind::DropTemporaryTable)
    } else {
        Some(StatementKind::DropTable)
    }
}

/// A statement that changes rows reads them to find them. As long as nothing comes back, the right
/// to write the table is enough for that: so a role can write without reading.
fn reads_only_itself(statement: &Statement, read: &Access) -> bool {
    let is_written = statement.accesses.iter().any(|access| {
        access.object == read.object
            && matches!(access.verb, Verb::Insert | Verb::Update | Verb::Delete)
    });
    statement.kind.class() == Class::Write && is_written && matches!(statement.output, Output::None)
}
