//! The servers' own schemas: refused, but for the open tables of information_schema.

use crate::allow::information_schema;
use crate::decide::request::Request;
use crate::decide::words;
use crate::decision::Denial;
use crate::name::ColumnId;
use crate::name::TableId;
use crate::statement::Effect;
use crate::statement::Verb;

/// Refuses every access to a schema of the server's own that is not open.
pub(super) fn check(request: &Request<'_>) -> Result<(), Denial> {
    for access in &request.statement.accesses {
        let id = &access.object;
        if !is_reserved(id.schema()) {
            continue;
        }
        let is_schema = id.table().is_empty() && is_open_schema(id.schema());
        let only_looks = matches!(access.verb, Verb::Read | Verb::Describe);
        if !only_looks || !(is_open(id) || is_schema) {
            return Err(words::denied(
                format!("{} belongs to the server", words::object(id)),
                "of these only the plain tables of information_schema are open",
            ));
        }
    }
    for effect in &request.statement.effects {
        if let Effect::UseSchema(schema) = effect
            && is_reserved(schema)
            && !is_open_schema(schema)
        {
            return Err(words::denied(
                format!("schema {schema} belongs to the server"),
                "use a schema of your own",
            ));
        }
    }
    Ok(())
}

/// Whether a column of information_schema moves with stored values, or quotes them.
pub(super) fn tells_of_values(id: &ColumnId) -> bool {
    is_open_schema(id.table.schema())
        && information_schema::tells_of_values(id.table.table(), id.column.as_str())
}

/// Refuses to let such a column steer, or go anywhere but into a result, where it is redacted.
pub(super) fn check_telling(request: &Request<'_>) -> Result<(), Denial> {
    let statement = request.statement;
    let steering = statement.influences.iter().map(|steers| &steers.column);
    let stored = statement.flows.iter().flat_map(|flow| &flow.sources);
    match steering.chain(stored).find(|id| tells_of_values(id)) {
        None => Ok(()),
        Some(id) => Err(words::denied(
            format!("{}.{} tells of values", words::object(&id.table), id.column),
            "select it without filtering, sorting or computing on it: it comes redacted",
        )),
    }
}

/// Whether that table is of information_schema and tells names and types only.
pub(super) fn is_open(id: &TableId) -> bool {
    is_open_schema(id.schema()) && information_schema::is_open(id.table())
}

/// Whether that schema may be the default one though no rule is about it.
pub(super) fn is_open_schema(schema: &str) -> bool {
    schema.eq_ignore_ascii_case(information_schema::NAME)
}

/// Servers compare the names of their own schemas without regard to case in more places than they
/// say, so all cases are taken for them.
pub(super) fn is_reserved(schema: &str) -> bool {
    RESERVED.iter().any(|own| own.eq_ignore_ascii_case(schema))
}

const RESERVED: [&str; 6] = [
    "mysql",
    "sys",
    "performance_schema",
    "information_schema",
    "ndbinfo",
    // The gateway's own answers live under this name.
    "postern",
];
