//! What was understood of a statement, as plain data for people and programs.

use serde::Serialize;

use crate::decide::Request;
use crate::name::ColumnId;
use crate::policy::set::PolicySet;
use crate::statement::Access;
use crate::statement::Effect;
use crate::statement::Filter;
use crate::statement::FlowTarget;
use crate::statement::Lift;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::Withheld;
use crate::statement::kind::DefaultEffect;

/// Everything that the decision was made from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Facts {
    /// The class that a rule may name instead of the kind.
    pub class: &'static str,
    /// What becomes of the kind where no rule names it, in words.
    pub default: &'static str,
    /// The kinds of statements that carry it, outermost first.
    pub through: Vec<&'static str>,
    /// Every table that it touches.
    pub accesses: Vec<ExplainedAccess>,
    /// Built-in functions that it calls.
    pub functions: Vec<String>,
    /// Stored routines that it calls.
    pub routines: Vec<String>,
    /// `none`, `columns` (see `columns`) or `of the server's own shape`.
    pub output: &'static str,
    /// The columns that come out.
    pub columns: Vec<ExplainedOutput>,
    /// Columns that steer the result without being in it.
    pub influences: Vec<ExplainedInfluence>,
    /// What flows where.
    pub flows: Vec<ExplainedFlow>,
    /// What it changes in the session, in words.
    pub effects: Vec<String>,
    /// For UPDATE and DELETE: whether it says which rows, in words.
    pub filter: Option<&'static str>,
    /// What no rule about tables answers for.
    pub withheld: Vec<ExplainedWithheld>,
    /// System variables that it reads.
    pub variables: Vec<String>,
    /// The number of `?`.
    pub parameters: u16,
}

/// A table and what is done to it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedAccess {
    /// `read`, `insert into`, …
    pub verb: &'static str,
    /// `schema.table`, or `schema x` for a schema as a whole.
    pub object: String,
    /// The columns that are named or reached.
    pub columns: Vec<String>,
    /// Those of them that are protected.
    pub protected: Vec<String>,
    /// The view through which it is reached.
    pub via: Option<String>,
    /// Whether it is a temporary table of the session.
    pub temporary: bool,
}

/// A column of the result.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedOutput {
    /// Counted from one.
    pub position: usize,
    /// The base column that it is, unchanged.
    pub bare: Option<String>,
    /// The base columns that it is computed from, itself included.
    pub sources: Vec<String>,
}

/// A column that steers.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedInfluence {
    /// The column.
    pub column: String,
    /// The clause.
    pub place: &'static str,
    /// `equality` or `any`: how much it can tell.
    pub strength: &'static str,
    /// Whether the policy protects it.
    pub protected: bool,
}

/// Values that are written somewhere.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedFlow {
    /// Where they come from; empty when from no column.
    pub sources: Vec<String>,
    /// Where they go: a column, a new table, or `@variable`.
    pub target: String,
    /// Whether the value is one literal or parameter.
    pub literal: bool,
}

/// Something that is withheld.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedWithheld {
    /// The construct.
    pub construct: String,
    /// What could be done instead.
    pub hint: Option<&'static str>,
    /// What would let it pass, in words.
    pub lifted_by: &'static str,
}

impl Facts {
    /// The facts of a request's statement.
    pub(super) fn of(policy: &PolicySet, request: &Request<'_>) -> Self {
        let statement = request.statement;
        let case = request.catalog.table_name_case;
        let is_protected = |column: &ColumnId| policy.is_protected(column, case);
        let influences = statement.influences.iter().map(|one| ExplainedInfluence {
            column: one.column.to_string(),
            place: one.place,
            strength: strength(one.strength),
            protected: is_protected(&one.column),
        });
        let mut influences: Vec<ExplainedInfluence> = influences.collect();
        influences.dedup();
        Self {
            class: statement.kind.class().name(),
            default: default_words(statement.kind.default_effect()),
            through: statement.through.iter().map(|kind| kind.name()).collect(),
            accesses: statement
                .accesses
                .iter()
                .map(|one| access(one, is_protected))
                .collect(),
            functions: statement.functions.iter().cloned().collect(),
            routines: statement.routines.iter().map(ToString::to_string).collect(),
            output: output_word(&statement.output),
            columns: columns(statement),
            influences,
            flows: statement
                .flows
                .iter()
                .map(|flow| ExplainedFlow {
                    sources: flow.sources.iter().map(ToString::to_string).collect(),
                    target: target(&flow.target),
                    literal: flow.literal,
                })
                .collect(),
            effects: statement.effects.iter().map(effect).collect(),
            filter: filter(statement.filter),
            withheld: statement.withheld.iter().map(withheld).collect(),
            variables: statement.reads_variables.iter().cloned().collect(),
            parameters: statement.parameters,
        }
    }
}

/// What becomes of a kind where no rule names it.
#[must_use]
pub fn default_words(effect: DefaultEffect) -> &'static str {
    match effect {
        DefaultEffect::Session => "allowed: it stays in its session",
        DefaultEffect::Names => "allowed for what the role may touch: it shows names and types",
        DefaultEffect::ByClass => "denied, unless rules name its class or its kind",
        DefaultEffect::ByName => "denied, unless a rule names its kind",
        DefaultEffect::Never => "denied, whatever a rule says",
    }
}

fn access(access: &Access, is_protected: impl Fn(&ColumnId) -> bool) -> ExplainedAccess {
    let verb = match access.verb {
        Verb::Read => "read",
        Verb::Insert => "insert into",
        Verb::Update => "update",
        Verb::Delete => "delete from",
        Verb::Create => "create",
        Verb::Alter => "alter",
        Verb::Drop => "drop",
        Verb::Describe => "describe",
        Verb::Lock => "lock",
        Verb::Execute => "call",
    };
    let object = match access.object.table() {
        "" => format!("schema {}", access.object.schema()),
        _ => access.object.to_string(),
    };
    let protected = access.columns.iter().filter(|column| {
        is_protected(&ColumnId {
            table: access.object.clone(),
            column: (*column).clone(),
        })
    });
    ExplainedAccess {
        verb,
        object,
        columns: access.columns.iter().map(ToString::to_string).collect(),
        protected: protected.map(ToString::to_string).collect(),
        via: access.via.as_ref().map(ToString::to_string),
        temporary: access.temporary,
    }
}

fn output_word(output: &Output) -> &'static str {
    match output {
        Output::None => "none",
        Output::Columns(_) => "columns",
        Output::ServerShaped => "of the server's own shape",
    }
}

fn columns(statement: &Statement) -> Vec<ExplainedOutput> {
    let Output::Columns(columns) = &statement.output else {
        return Vec::new();
    };
    let explained = columns
        .iter()
        .enumerate()
        .map(|(index, column)| ExplainedOutput {
            position: index + 1,
            bare: column.bare.as_ref().map(ToString::to_string),
            sources: column.sources.iter().map(ToString::to_string).collect(),
        });
    explained.collect()
}

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Nothing => "nothing",
        Strength::Equality => "equality",
        Strength::Any => "any",
    }
}

fn target(target: &FlowTarget) -> String {
    match target {
        FlowTarget::Column(column) => column.to_string(),
        FlowTarget::NewTable(table) => format!("the new table {table}"),
        FlowTarget::Routine(routine) => format!("the routine {routine}"),
        FlowTarget::Variable(name) => format!("@{name}"),
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::UseSchema(name) => format!("the default schema becomes `{name}`"),
        Effect::SetNames { charset } => format!("the character set becomes {}", charset.name()),
        Effect::SetVariable { name, .. } => format!("`{name}` is set"),
        Effect::SetForStatement { name, .. } => format!("`{name}` is set while it runs"),
        Effect::SetUserVariable(name) => format!("@{name} is set"),
        Effect::BeginTransaction => "a transaction begins".to_owned(),
        Effect::EndTransaction => "the transaction ends".to_owned(),
        Effect::SchemaChange(tables) => {
            let tables: Vec<String> = tables.iter().map(ToString::to_string).collect();
            format!("changes what there is: {}", tables.join(", "))
        }
        Effect::CreateTemporary(table) => format!("the temporary table {table} is made"),
        Effect::DropTemporary(table) => format!("the temporary table {table} is dropped"),
        Effect::Prepare { name, .. } => format!("`{name}` is prepared"),
        Effect::Deallocate(name) => format!("`{name}` is no longer prepared"),
        Effect::Kill {
            id,
            connection: true,
        } => format!("connection {id} is ended"),
        Effect::Kill { id, .. } => format!("what connection {id} runs is stopped"),
        Effect::Anything => "anything in the session may change".to_owned(),
    }
}

fn filter(filter: Filter) -> Option<&'static str> {
    match filter {
        Filter::NotApplicable => None,
        Filter::Missing => Some("says not which rows: there is no condition"),
        Filter::AlwaysTrue => Some("says not which rows: the condition holds for every row"),
        Filter::Present => Some("says which rows"),
    }
}

fn withheld(withheld: &Withheld) -> ExplainedWithheld {
    ExplainedWithheld {
        construct: withheld.construct.clone(),
        hint: withheld.hint,
        lifted_by: match withheld.lift {
            Lift::Never => "nothing lifts it",
            Lift::Kind => "a rule that names the kind of the statement lifts it",
            Lift::ShowsVariables => "a rule that names `show variables` lifts it",
            Lift::Unprotected => "a policy that protects nothing lifts it",
            Lift::Apart => "that the statement touches nothing protected lifts it",
            Lift::KindUnread => {
                "a rule that names the kind lifts it, in a policy that protects and denies nothing"
            }
        },
    }
}
