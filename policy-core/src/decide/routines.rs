//! What stored routines give back: nobody has read their bodies, so somebody must answer for it.

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
    if statement.reads_user_variables
        && matches!(request.session.temporary, TemporaryTables::Unknown)
    {
        return Err(words::denied(
            "a routine ran that may have put protected values into user variables".to_owned(),
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

const VOUCH: &str = "a rule that names it must say `results = \"clear\"`";

fn is_own(routine: &TableId) -> bool {
    routine.schema().eq_ignore_ascii_case(OWN)
}

fn is_vouched_for(coverage: &Coverage<'_>, routine: &TableId) -> bool {
    let mut answers = coverage.on(routine);
    answers.any(|answer| answer.rules.iter().copied().any(Rule::shows_results))
}
