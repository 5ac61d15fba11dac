//! What stands behind the names: engines, views that cannot be read, triggers, changes of shape.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::catalog::Column;
use crate::catalog::TableKind;
use crate::catalog::numbers;
use crate::decide::coverage::Coverage;
use crate::decide::danger::Danger;
use crate::decide::danger::danger;
use crate::decide::exposure;
use crate::decide::protection::Protection;
use crate::decide::request::Request;
use crate::decide::reserved;
use crate::decide::words;
use crate::decision::Denial;
use crate::decision::DenialCode;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::policy::set::Rule;
use crate::statement::Access;
use crate::statement::Verb;
use crate::statement::kind::StatementKind;

/// Refuses what no right on a name can allow.
pub(super) fn check(
    coverage: &Coverage<'_>,
    request: &Request<'_>,
    protection: &Protection<'_>,
) -> Result<(), Denial> {
    for access in &request.statement.accesses {
        check_object(coverage, request, access)?;
    }
    if protection.is_empty() {
        return Ok(());
    }
    check_kind(coverage, request, protection)?;
    check_view_columns(request, protection)?;
    for access in fired(request, protection) {
        let mut answers = coverage.on(&access.object);
        if !answers.any(|answer| answer.rules.iter().any(|rule| rule.triggers())) {
            return Err(words::denied(
                format!(
                    "writing {} runs triggers or cascades",
                    words::object(&access.object)
                ),
                "a rule must say `triggers = true` for it",
            ));
        }
    }
    Ok(())
}

/// Whether it writes a table whose triggers or cascades may touch protected columns: its errors may
/// speak of them, as if it touched them itself.
pub(super) fn fires_triggers(request: &Request<'_>, protection: &Protection<'_>) -> bool {
    !protection.is_empty() && !fired(request, protection).is_empty()
}

/// Whether it runs routines, whose errors may speak of protected columns.
pub(super) fn calls_routines(request: &Request<'_>, protection: &Protection<'_>) -> bool {
    !protection.is_empty() && !request.statement.routines.is_empty()
}

/// Whether it shows the definition of a table with protected columns, which was found to tell none
/// of their values.
pub(super) fn shows_definition(request: &Request<'_>, protection: &Protection<'_>) -> bool {
    let shows = matches!(
        request.statement.kind,
        StatementKind::ShowCreateTable | StatementKind::ShowIndex
    );
    let mut accesses = request.statement.accesses.iter();
    shows && accesses.any(|access| !protection.in_table(&access.object).is_empty())
}

fn check_object(
    coverage: &Coverage<'_>,
    request: &Request<'_>,
    access: &Access,
) -> Result<(), Denial> {
    let id = &access.object;
    let needs_it = match access.verb {
        Verb::Read | Verb::Insert | Verb::Update | Verb::Delete | Verb::Alter | Verb::Lock => true,
        // What is not there cannot be described, dropped or called, and says so itself.
        Verb::Describe | Verb::Drop | Verb::Create | Verb::Execute => false,
    };
    let is_made = request
        .statement
        .accesses
        .iter()
        .any(|other| other.verb == Verb::Create && other.object == *id);
    if access.temporary || is_made || id.table().is_empty() || reserved::is_open(id) {
        return Ok(());
    }
    let kind = request.catalog.tables.get(id).map(|table| &table.kind);
    match kind {
        None if access.verb == Verb::Read && numbers::is_one(id, request.catalog.server.kind) => {
            Ok(())
        }
        None if needs_it => Err(words::refusal(
            DenialCode::UnknownTable,
            None,
            format!("unknown table {}", words::object(id)),
            "check the name with SHOW TABLES",
        )),
        Some(TableKind::OtherEngine(engine)) if needs_it => {
            let engine = engine.to_lowercase();
            let mut answers = coverage.on(id);
            if answers.any(|answer| answer.rules.iter().any(|rule| has_engine(rule, &engine))) {
                return Ok(());
            }
            Err(words::denied(
                format!("{} has engine `{engine}`", words::object(id)),
                "a rule must name that engine in `engines`",
            ))
        }
        Some(TableKind::View { definition: None }) if needs_it => Err(words::denied(
            format!(
                "the definition of view {} cannot be read",
                words::object(id)
            ),
            "use the tables behind it",
        )),
        None | Some(TableKind::Plain | TableKind::OtherEngine(_) | TableKind::View { .. }) => {
            Ok(())
        }
    }
}

fn has_engine(rule: &Rule, engine: &str) -> bool {
    !engine.is_empty() && rule.engines().contains(engine)
}

/// What a kind of statement may never do, or only by its name, where columns are protected.
fn check_kind(
    coverage: &Coverage<'_>,
    request: &Request<'_>,
    protection: &Protection<'_>,
) -> Result<(), Denial> {
    let statement = request.statement;
    let kind = statement.kind;
    match danger(kind) {
        Danger::None => Ok(()),
        Danger::Shows => refuse_touched(request, protection),
        Danger::Copies => refuse_copies(request, protection),
        Danger::Reshapes => {
            refuse_named_columns(request, protection)?;
            require_kind(coverage, request, protection)
        }
        Danger::Drops => require_kind(coverage, request, protection),
        Danger::Anything => {
            let tables = statement.accesses.iter();
            let mut tables = tables.filter(|access| access.verb != Verb::Execute);
            match tables.find_map(|access| protection.in_table(&access.object).pop()) {
                None => Ok(()),
                Some(column) => Err(no_protection(protection, request, &column)),
            }
        }
        Danger::Unread => Err(words::denied(
            format!("the body of a `{kind}` runs unseen and could copy protected columns"),
            "have whoever keeps the database do this",
        )),
    }
}

/// Whether it describes tables and would tell of protected values on the way: statistics count and
/// measure them, and a default is one, in every row that was given none.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what other kinds tell is refused, or read"
)]
pub(super) fn tells_of_protected(request: &Request<'_>, protection: &Protection<'_>) -> bool {
    let mut told = request.statement.accesses.iter().flat_map(|access| {
        let table = &access.object;
        match request.statement.kind {
            StatementKind::ShowIndex => indexed(protection, table),
            StatementKind::ShowTableStatus => {
                protection.in_schema(table.schema()).into_iter().collect()
            }
            StatementKind::Describe | StatementKind::ShowColumns => {
                columns_that(protection, table, |column| column.has_default)
            }
            _ => Vec::new(),
        }
    });
    told.any(|column| protection.of(&column).is_some())
}

/// A plan names values and estimates their number; partitions are bounded by them.
fn refuse_touched(request: &Request<'_>, protection: &Protection<'_>) -> Result<(), Denial> {
    let mut columns: Vec<_> = exposure::touched(request).into_iter().collect();
    if request.statement.kind == StatementKind::ShowCreateTable {
        for access in &request.statement.accesses {
            columns.extend(bounding(protection, &access.object));
            columns.extend(checked(protection, &access.object));
            let tells = |column: &Column| column.has_default || column.auto_increment;
            columns.extend(columns_that(protection, &access.object, tells));
        }
    }
    match columns
        .iter()
        .find(|column| protection.of(column).is_some())
    {
        None => Ok(()),
        Some(column) => Err(no_protection(protection, request, column)),
    }
}

/// The columns of partition expressions; all where an expression could not be read.
fn bounding(protection: &Protection<'_>, id: &TableId) -> Vec<ColumnId> {
    let Some(table) = protection.catalog().tables.get(id) else {
        return Vec::new();
    };
    let Some(columns) = &table.partition_columns else {
        return protection.in_table(id);
    };
    let ids = columns.iter().map(|column| ColumnId {
        table: id.clone(),
        column: column.clone(),
    });
    ids.collect()
}

/// The columns of CHECK constraints and generated columns; all where one could not be read.
fn checked(protection: &Protection<'_>, id: &TableId) -> Vec<ColumnId> {
    let Some(table) = protection.catalog().tables.get(id) else {
        return Vec::new();
    };
    let Some(columns) = &table.check_columns else {
        return protection.in_table(id);
    };
    let generated = table
        .columns
        .iter()
        .filter(|column| column.generated.is_some());
    let names = generated.map(|column| &column.name).chain(columns);
    let ids = names.map(|column| ColumnId {
        table: id.clone(),
        column: column.clone(),
    });
    ids.collect()
}

/// The columns of which a description would show a default, or the next number.
fn columns_that(
    protection: &Protection<'_>,
    id: &TableId,
    tells: impl Fn(&Column) -> bool,
) -> Vec<ColumnId> {
    let table = protection.catalog().tables.get(id);
    let columns = table.into_iter().flat_map(|table| &table.columns);
    let ids = columns
        .filter(|column| tells(column))
        .map(|column| ColumnId {
            table: id.clone(),
            column: column.name.clone(),
        });
    ids.collect()
}

/// The columns of indexes; all of the table where one is over an expression.
fn indexed(protection: &Protection<'_>, id: &TableId) -> Vec<ColumnId> {
    let table = protection.catalog().tables.get(id);
    let indexes = table.into_iter().flat_map(|table| &table.indexes);
    let mut parts = indexes.flat_map(|index| &index.columns);
    let ids: Option<Vec<ColumnId>> = parts.try_fold(Vec::new(), |mut ids, part| {
        ids.push(ColumnId {
            table: id.clone(),
            column: part.clone()?,
        });
        Some(ids)
    });
    ids.unwrap_or_else(|| protection.in_table(id))
}

/// A new table or view over a table with protected columns, of which it uses any; LIKE uses all.
fn refuse_copies(request: &Request<'_>, protection: &Protection<'_>) -> Result<(), Denial> {
    refuse_touched(request, protection)?;
    // A table that a foreign key refers to is described too, but none of its columns is.
    let shapes = request.statement.accesses.iter();
    for access in shapes.filter(|access| access.verb == Verb::Describe) {
        let mut columns = protection.in_table(&access.object).into_iter();
        if let Some(column) = columns.find(|id| access.columns.contains(&id.column)) {
            return Err(no_protection(protection, request, &column));
        }
    }
    refuse_dropped(request, protection)
}

/// What only drops in passing, as OR REPLACE and DROP PARTITION do, drops nothing protected.
fn refuse_dropped(request: &Request<'_>, protection: &Protection<'_>) -> Result<(), Denial> {
    let dropped = request.statement.accesses.iter();
    for access in dropped.filter(|access| access.verb == Verb::Drop) {
        if let Some(column) = protection.in_table(&access.object).pop() {
            return Err(no_protection(protection, request, &column));
        }
    }
    Ok(())
}

/// A protected column that is named may be renamed, moved or turned into something else.
fn refuse_named_columns(request: &Request<'_>, protection: &Protection<'_>) -> Result<(), Denial> {
    refuse_touched(request, protection)?;
    refuse_dropped(request, protection)?;
    let accesses = &request.statement.accesses;
    let is_renamed = request.statement.kind == StatementKind::RenameTable
        || accesses.iter().any(|access| access.verb == Verb::Create);
    for access in accesses.iter().filter(|_| is_renamed) {
        if let Some(column) = protection.in_table(&access.object).pop() {
            return Err(no_protection(protection, request, &column));
        }
    }
    Ok(())
}

/// A class is not enough to change or remove a table with protected columns.
fn require_kind(
    coverage: &Coverage<'_>,
    request: &Request<'_>,
    protection: &Protection<'_>,
) -> Result<(), Denial> {
    let kind = request.statement.kind;
    for access in &request.statement.accesses {
        let schema_is_protected = access.object.table().is_empty()
            && kind == StatementKind::DropDatabase
            && !protection.is_empty();
        let is_protected = schema_is_protected || !protection.in_table(&access.object).is_empty();
        let mut answers = coverage.on(&access.object);
        let is_named = answers.all(|answer| {
            answer
                .rules
                .iter()
                .any(|rule| rule.statements().names(kind))
        });
        if is_protected && !is_named {
            return Err(words::denied(
                format!("{} has protected columns", words::object(&access.object)),
                format!("a rule must name `{kind}` itself"),
            ));
        }
    }
    Ok(())
}

/// An entry that names a column of a view protects nothing, because values come from base tables:
/// better to refuse than to show what someone meant to protect.
fn check_view_columns(request: &Request<'_>, protection: &Protection<'_>) -> Result<(), Denial> {
    let catalog = protection.catalog();
    for access in &request.statement.accesses {
        let kind = catalog.tables.get(&access.object).map(|table| &table.kind);
        if !matches!(kind, Some(TableKind::View { .. })) || access.verb == Verb::Describe {
            continue;
        }
        for entry in protection.entries() {
            let named = |id: &ColumnId| {
                entry.columns().iter().any(|pattern| {
                    pattern.names_table() && pattern.matches(id, catalog.table_name_case)
                })
            };
            if let Some(column) = protection
                .in_table(&access.object)
                .iter()
                .find(|id| named(id))
            {
                return Err(exposure::influence_denial(
                    entry,
                    format!("{} is a view's column", exposure::column_words(column)),
                    "the policy must protect the column of the table behind it",
                ));
            }
        }
    }
    Ok(())
}

fn no_protection(protection: &Protection<'_>, request: &Request<'_>, column: &ColumnId) -> Denial {
    let kind = request.statement.kind;
    let what = format!(
        "`{kind}` would reach protected {}",
        exposure::column_words(column)
    );
    let next = "leave that column or table out";
    match protection.of(column).and_then(|guarded| guarded.first()) {
        Some(entry) => exposure::influence_denial(entry, what, next),
        None => words::denied(what, next),
    }
}

/// The writes that fire triggers or cascades which may touch protected columns. What a trigger does
/// is not read, so any may.
fn fired<'a>(request: &Request<'a>, protection: &Protection<'_>) -> Vec<&'a Access> {
    let catalog = request.catalog;
    let fires = |access: &&Access| match access.verb {
        Verb::Insert => has_triggers(catalog, &access.object),
        Verb::Update | Verb::Delete => {
            has_triggers(catalog, &access.object) || cascades(catalog, protection, &access.object)
        }
        Verb::Read
        | Verb::Create
        | Verb::Alter
        | Verb::Drop
        | Verb::Describe
        | Verb::Lock
        | Verb::Execute => false,
    };
    request.statement.accesses.iter().filter(fires).collect()
}

fn has_triggers(catalog: &Catalog, id: &TableId) -> bool {
    catalog
        .tables
        .get(id)
        .is_some_and(|table| table.has_triggers)
}

/// Whether foreign keys carry a change of that table to one with triggers or protected columns.
fn cascades(catalog: &Catalog, protection: &Protection<'_>, id: &TableId) -> bool {
    let mut seen = BTreeSet::from([id.clone()]);
    let mut open = vec![id.clone()];
    while let Some(parent) = open.pop() {
        for (child, table) in &catalog.tables {
            let mut keys = table.foreign_keys.iter();
            let is_child = keys.any(|key| key.cascades && key.parent == parent);
            if !is_child || !seen.insert(child.clone()) {
                continue;
            }
            if table.has_triggers || !protection.in_table(child).is_empty() {
                return true;
            }
            open.push(child.clone());
        }
    }
    false
}
