//! What a statement would tell of protected columns: results, influence, copies, writes.

use std::collections::BTreeSet;

use crate::decide::advice::advice;
use crate::decide::order;
use crate::decide::protection::Guarded;
use crate::decide::protection::Protection;
use crate::decide::request::Request;
use crate::decide::reserved;
use crate::decide::words;
use crate::decision::Allow;
use crate::decision::Denial;
use crate::decision::DenialCode;
use crate::decision::MaskedColumn;
use crate::decision::Treatment;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::policy::mask::MaskKind;
use crate::policy::mask::MaskSpec;
use crate::policy::protect::InfluenceLimit;
use crate::policy::protect::Protect;
use crate::policy::protect::WriteLimit;
use crate::statement::Access;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Influence;
use crate::statement::Output;
use crate::statement::OutputColumn;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::kind::StatementKind;

/// Refuses what would tell, and says how each output column is shown.
pub(super) fn expose(protection: &Protection<'_>, request: &Request<'_>) -> Result<Allow, Denial> {
    let statement = request.statement;
    let mut allow = Allow::default();
    if protection.is_empty() {
        if let Output::Columns(columns) = &statement.output {
            allow.columns = columns.iter().map(|_| Treatment::Clear).collect();
        }
        hide(request, &mut allow)?;
        return Ok(allow);
    }
    reserved::check_telling(request)?;
    for flow in &statement.flows {
        check_flow(protection, request, flow)?;
    }
    for column in written_columns(protection, request) {
        check_write(protection, request, &column)?;
    }
    for access in &statement.accesses {
        check_numbering(protection, access)?;
    }
    for influence in &statement.influences {
        check_influence(protection, request, influence)?;
    }
    for access in &statement.accesses {
        order::check(protection, access)?;
    }
    if let Output::Columns(columns) = &statement.output {
        for (position, column) in columns.iter().enumerate() {
            let treatment = treat(protection, position, column, &mut allow);
            allow.columns.push(treatment);
        }
    }
    hide(request, &mut allow)?;
    allow.touches_protected = any_touched(request, |column| protection.of(column).is_some());
    allow.errors_hidden = allow.touches_protected;
    Ok(allow)
}

/// Redacts what no session may see, whatever the policy protects.
fn hide(request: &Request<'_>, allow: &mut Allow) -> Result<(), Denial> {
    for position in &request.statement.hidden_outputs {
        let Some(treatment) = allow.columns.get_mut(*position) else {
            return Err(words::refusal(
                DenialCode::Unread,
                None,
                "a variable that is hidden is in no output column".to_owned(),
                "ask for it alone",
            ));
        };
        *treatment = Treatment::Redact;
    }
    Ok(())
}

/// Every column that is read, written, or steers the result.
pub(super) fn touched(request: &Request<'_>) -> BTreeSet<ColumnId> {
    let mut touched = BTreeSet::new();
    any_touched(request, |column| {
        touched.insert(column.clone());
        false
    });
    touched
}

/// Whether it holds for some column that is read, written, or steers the result.
fn any_touched(request: &Request<'_>, mut holds: impl FnMut(&ColumnId) -> bool) -> bool {
    let statement = request.statement;
    if let Output::Columns(columns) = &statement.output
        && columns
            .iter()
            .any(|column| column.sources.iter().chain(&column.bare).any(&mut holds))
    {
        return true;
    }
    let mut influences = statement.influences.iter();
    if influences.any(|influence| holds(&influence.column)) {
        return true;
    }
    for flow in &statement.flows {
        let target = match &flow.target {
            FlowTarget::Column(column) => Some(column),
            FlowTarget::NewTable(_) | FlowTarget::Routine(_) | FlowTarget::Variable(_) => None,
        };
        if flow.sources.iter().chain(target).any(&mut holds) {
            return true;
        }
    }
    // Dropping or locking a table tells nothing of what is in it.
    let accesses = statement
        .accesses
        .iter()
        .filter(|access| !matches!(access.verb, Verb::Describe | Verb::Drop | Verb::Lock));
    accesses.flat_map(columns_of).any(|column| holds(&column))
}

fn columns_of(access: &Access) -> impl Iterator<Item = ColumnId> {
    access.columns.iter().map(|column| ColumnId {
        table: access.object.clone(),
        column: column.clone(),
    })
}

fn check_influence(
    protection: &Protection<'_>,
    request: &Request<'_>,
    influence: &Influence,
) -> Result<(), Denial> {
    let Some(guarded) = protection.of(&influence.column) else {
        return Ok(());
    };
    let Some((limit, entry)) = guarded.influence() else {
        return Ok(());
    };
    let kept = request.bound.keeps(influence);
    let within = match (limit, influence.strength) {
        (InfluenceLimit::Any, _) => true,
        (InfluenceLimit::Equality | InfluenceLimit::Never, Strength::Nothing)
        | (InfluenceLimit::Equality, Strength::Equality) => kept,
        (InfluenceLimit::Equality, Strength::Any)
        | (InfluenceLimit::Never, Strength::Equality | Strength::Any) => false,
    };
    if within || is_plain_insert_of(&guarded, request, influence) {
        return Ok(());
    }
    let next = if limit == InfluenceLimit::Equality && !kept {
        "bind its value as a string in a prepared statement, or write it as a literal"
    } else {
        advice(influence.place, limit)
    };
    Err(influence_denial(
        entry,
        format!(
            "protected {} would steer the result by {}",
            column_words(&influence.column),
            influence.place
        ),
        next,
    ))
}

/// `writes = "insert"` says that a plain INSERT may tell whether a key was there already.
fn is_plain_insert_of(guarded: &Guarded<'_>, request: &Request<'_>, influence: &Influence) -> bool {
    guarded
        .writes()
        .is_some_and(|(limit, _)| limit == WriteLimit::Insert)
        && influence.strength == Strength::Equality
        && influence.place == PLAIN_INSERT
        && is_plain_insert(request, &influence.column.table)
}

/// What the facts call the influence of an INSERT that neither ignores, replaces nor updates.
const PLAIN_INSERT: &str = "INSERT";

/// INSERT, or LOAD DATA LOCAL, that neither replaces nor updates what is there.
fn is_plain_insert(request: &Request<'_>, table: &TableId) -> bool {
    let statement = request.statement;
    let adds = matches!(
        statement.kind,
        StatementKind::Insert | StatementKind::LoadDataLocal
    );
    adds && statement
        .accesses
        .iter()
        .all(|access| access.object != *table || matches!(access.verb, Verb::Insert | Verb::Read))
}

/// A protected value may be copied only to where it is protected as well, and only if it may steer.
fn check_flow(
    protection: &Protection<'_>,
    request: &Request<'_>,
    flow: &Flow,
) -> Result<(), Denial> {
    for source in &flow.sources {
        let Some(guarded) = protection.of(source) else {
            continue;
        };
        let (target, is_safe) = match &flow.target {
            FlowTarget::Column(target) => (
                column_words(target),
                may_store(protection, &guarded, target),
            ),
            FlowTarget::NewTable(id) | FlowTarget::Routine(id) => (words::object(id), false),
            FlowTarget::Variable(name) => (format!("@{}", words::shorten(name.clone(), 20)), false),
        };
        if let (Some(entry), false) = (guarded.first(), is_safe) {
            return Err(influence_denial(
                entry,
                format!(
                    "protected {} would be copied to {target}",
                    column_words(source)
                ),
                format!("leave it out of the `{}`", request.statement.kind),
            ));
        }
    }
    Ok(())
}

/// Whether a protected value may be stored in that column: it must be hidden there as well. Whether
/// it can be stored tells of it (its length, whether it is a number, a date or there already), so
/// that must be open, too.
fn may_store(protection: &Protection<'_>, source: &Guarded<'_>, target: &ColumnId) -> bool {
    protection
        .of(target)
        .is_some_and(|target| target.is_as_strict_as(source))
        && source
            .influence()
            .is_some_and(|(limit, _)| limit == InfluenceLimit::Any)
}

/// The protected columns that are set in some row. An UPDATE of which no flow is known sets all that
/// it names.
fn written_columns(protection: &Protection<'_>, request: &Request<'_>) -> BTreeSet<ColumnId> {
    let statement = request.statement;
    let targets = statement
        .flows
        .iter()
        .filter_map(|flow| match &flow.target {
            FlowTarget::Column(column) => Some(column),
            FlowTarget::NewTable(_) | FlowTarget::Routine(_) | FlowTarget::Variable(_) => None,
        });
    let is_protected = |column: &ColumnId| protection.of(column).is_some();
    let mut flows_known = false;
    let mut written = BTreeSet::new();
    for column in targets {
        flows_known = true;
        if is_protected(column) {
            written.insert(column.clone());
        }
    }
    for access in &statement.accesses {
        let sets = match access.verb {
            Verb::Insert => true,
            Verb::Update => !flows_known,
            Verb::Read
            | Verb::Delete
            | Verb::Create
            | Verb::Alter
            | Verb::Drop
            | Verb::Describe
            | Verb::Lock
            | Verb::Execute => false,
        };
        if sets {
            written.extend(columns_of(access).filter(is_protected));
        }
    }
    written
}

fn check_write(
    protection: &Protection<'_>,
    request: &Request<'_>,
    column: &ColumnId,
) -> Result<(), Denial> {
    let Some((limit, entry)) = protection.of(column).and_then(|guarded| guarded.writes()) else {
        return Ok(());
    };
    let (is_allowed, next) = match limit {
        WriteLimit::None => (false, "write the other columns only"),
        WriteLimit::Insert => (
            is_plain_insert(request, &column.table),
            "it may be set by a plain INSERT only",
        ),
    };
    if is_allowed {
        return Ok(());
    }
    Err(influence_denial(
        entry,
        format!("protected {} would be written", column_words(column)),
        next,
    ))
}

/// The next number is told by the OK packet, and is one more than the greatest value there is.
fn check_numbering(protection: &Protection<'_>, access: &Access) -> Result<(), Denial> {
    let table = protection.catalog().tables.get(&access.object);
    let numbered = table
        .filter(|_| access.verb == Verb::Insert)
        .and_then(|table| table.columns.iter().find(|column| column.auto_increment));
    let Some(numbered) = numbered else {
        return Ok(());
    };
    let column = ColumnId {
        table: access.object.clone(),
        column: numbered.name.clone(),
    };
    match protection
        .of(&column)
        .and_then(|guarded| guarded.influence())
    {
        Some((InfluenceLimit::Never | InfluenceLimit::Equality, entry)) => Err(influence_denial(
            entry,
            format!(
                "protected {} would tell its next number",
                column_words(&column)
            ),
            "rows cannot be added to this table",
        )),
        Some((InfluenceLimit::Any, _)) | None => Ok(()),
    }
}

fn treat(
    protection: &Protection<'_>,
    position: usize,
    column: &OutputColumn,
    allow: &mut Allow,
) -> Treatment {
    let guarded = |id: &ColumnId| Some((id.clone(), protection.of(id)?));
    let sources = column.sources.iter().chain(&column.bare);
    let protected: Vec<(ColumnId, Guarded<'_>)> = sources.filter_map(guarded).collect();
    for (id, guarded) in &protected {
        if guarded.is_clear() && !allow.clear.contains(id) {
            allow.clear.push(id.clone());
        }
    }
    let masked: Vec<&(ColumnId, Guarded<'_>)> = protected
        .iter()
        .filter(|(_, guarded)| !guarded.is_clear())
        .collect();
    let Some((source, first)) = masked.first() else {
        let Some(telling) = column
            .sources
            .iter()
            .find(|id| reserved::tells_of_values(id))
        else {
            return Treatment::Clear;
        };
        allow.masked.push(MaskedColumn {
            position,
            source: telling.clone(),
            mask: "redact".to_owned(),
        });
        return Treatment::Redact;
    };
    let is_bare =
        column.bare.as_ref() == Some(source) && masked.iter().all(|(other, _)| other == source);
    let mask = first.mask().filter(|_| is_bare);
    // A mask that the policy does not hold cannot be, and is no reason to show anything.
    let spec = mask.and_then(|name| Some((name, protection.mask(name)?)));
    let (treatment, name) = match spec {
        None
        | Some((
            _,
            MaskSpec {
                kind: MaskKind::Redact,
                ..
            },
        )) => (Treatment::Redact, "redact"),
        Some((name, _)) => (Treatment::Mask(name.to_owned()), name),
    };
    allow.masked.push(MaskedColumn {
        position,
        source: source.clone(),
        mask: name.to_owned(),
    });
    treatment
}

pub(super) fn influence_denial(entry: &Protect, what: String, next: impl Into<String>) -> Denial {
    words::refusal(DenialCode::Influence, Some(entry.reference()), what, next)
}

pub(super) fn column_words(column: &ColumnId) -> String {
    words::shorten(column.to_string(), 48)
}
