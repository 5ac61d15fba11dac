//! What stored routines give back: nobody has read their bodies, so somebody must answer for it.

use std::collections::BTreeSet;

use crate::decide::coverage::Coverage;
use crate::decide::protection::Protection;
use crate::decide::request::Request;
use crate::decide::reserved;
use crate::decide::words;
use crate::decision::Denial;
use crate::decision::Results;
use crate::name::TableId;
use crate::policy::set::Rule;
use crate::session::TemporaryTables;
use crate::statement::Statement;
use crate::statement::kind::StatementKind;

/// The schema of the gateway's own procedures.
const OWN: &str = "postern";

/// Says what becomes of the results of a call, and refuses what would bring the values of a routine
/// out by another way: as the value of a function, or in a variable.
pub(super) fn results(
    coverage: &Coverage<'_>,
    request: &Request<'_>,
    protection: &Protection<'_>,
) -> Result<Results, Denial> {
    let statement = request.statement;
    let mut routines = statement.routines.iter();
    let mut others = routines.clone().filter(|routine| !is_own(routine));
    if let Some(routine) = others.find(|routine| reserved::is_reserved(routine.schema())) {
        return Err(words::denied(
            format!("{} belongs to the server", words::object(routine)),
            "use routines of your own",
        ));
    }
    if protection.is_empty() || statement.kind == StatementKind::Call && routines.all(is_own) {
        return Ok(match statement.kind == StatementKind::Call {
            true => Results::Vouched,
            false => Results::AsRead,
        });
    }
    // After a routine that changed the session no table is known either; what it left in a variable
    // may come from anywhere.
    if matches!(request.session.temporary, TemporaryTables::Unknown)
        && let Some(left) = reads_what_was_left(statement)
    {
        return Err(words::denied(
            format!("a routine ran that may have put protected values into {left}"),
            "reset the connection, or connect again",
        ));
    }
    let mut routines = statement.routines.iter();
    let silent = routines.find(|routine| !is_own(routine) && !is_vouched_for(coverage, routine));
    let Some(routine) = silent else {
        return Ok(match statement.kind == StatementKind::Call {
            true => Results::Vouched,
            false => Results::AsRead,
        });
    };
    if statement.kind != StatementKind::Call {
        return Err(words::denied(
            format!("{} may return protected values", words::object(routine)),
            VOUCH,
        ));
    }
    if statement.reads_user_variables {
        return Err(words::denied(
            format!(
                "{} may put protected values into user variables",
                words::object(routine)
            ),
            VOUCH,
        ));
    }
    Ok(Results::Withheld)
}

/// What of the session it reads that stored code may have left there.
fn reads_what_was_left(statement: &Statement) -> Option<&'static str> {
    let reads = |names: &[&str], of: &BTreeSet<String>| names.iter().any(|&name| of.contains(name));
    if statement.reads_user_variables {
        Some("user variables")
    } else if reads(&LEFT_FUNCTIONS, &statement.functions) {
        Some("what that function tells of the session")
    } else if reads(&LEFT_VARIABLES, &statement.reads_variables) {
        Some("that variable")
    } else {
        None
    }
}

/// Functions whose answer hangs on what ran before.
const LEFT_FUNCTIONS: [&str; 20] = [
    "curdate",
    "current_date",
    "current_time",
    "current_timestamp",
    "curtime",
    "found_rows",
    "is_free_lock",
    "is_used_lock",
    "last_insert_id",
    "localtime",
    "localtimestamp",
    "now",
    "rand",
    "release_all_locks",
    "release_lock",
    "row_count",
    "unix_timestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
];

/// System variables that a routine may have set, and a session does not follow.
const LEFT_VARIABLES: [&str; 7] = [
    "identity",
    "insert_id",
    "last_insert_id",
    "rand_seed1",
    "rand_seed2",
    "sql_select_limit",
    "timestamp",
];

const VOUCH: &str = "a rule that names it must say `results = \"clear\"`";

fn is_own(routine: &TableId) -> bool {
    routine.schema().eq_ignore_ascii_case(OWN)
}

fn is_vouched_for(coverage: &Coverage<'_>, routine: &TableId) -> bool {
    let mut answers = coverage.on(routine);
    answers.any(|answer| answer.rules.iter().copied().any(Rule::shows_results))
}
