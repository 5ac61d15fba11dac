//! Guards beyond rights: functions, the session's warnings, missing WHERE.

use crate::allow::variables::counts_messages;
use crate::decide::coverage::Coverage;
use crate::decide::request::Diagnostics;
use crate::decide::request::Request;
use crate::decide::words;
use crate::decision::Denial;
use crate::decision::DenialCode;
use crate::policy::compile::NEVER_CALLED;
use crate::policy::set::Effect;
use crate::policy::set::Role;
use crate::statement::Effect as SessionEffect;
use crate::statement::Filter;
use crate::statement::Verb;
use crate::statement::kind::Class;
use crate::statement::kind::StatementKind;

/// Refuses functions that wait, lock or read files, and the server's own messages where they may
/// hold protected values.
pub(super) fn check_session(role: &Role, request: &Request<'_>) -> Result<(), Denial> {
    let statement = request.statement;
    for function in &statement.functions {
        if NEVER_CALLED.contains(&function.as_str()) {
            return Err(words::denied(
                format!("function `{function}` is never allowed"),
                "leave it out",
            ));
        }
        let is_named = role.rules().iter().any(|rule| {
            !matches!(rule.effect(), Effect::Deny)
                && rule.functions().contains(function)
                && rule.statements().covers(statement.kind)
        });
        if NAMED_ONLY.contains(&function.as_str()) && !is_named {
            return Err(words::denied(
                format!("function `{function}` waits or locks"),
                "leave it out; a rule could name it in `functions`",
            ));
        }
    }
    check_read_only(role, request)?;
    let mut variables = statement.reads_variables.iter();
    let asks_counts = variables.any(|name| counts_messages(name));
    let asks_messages = statement.kind == StatementKind::ShowWarnings || asks_counts;
    if asks_messages && request.diagnostics == Diagnostics::Protected {
        return Err(words::denied(
            "the messages of a statement on protected columns are not shown".to_owned(),
            "the gateway's own error told what can be told; SHOW WARNINGS shows none",
        ));
    }
    // What stands before it in the text has not run yet.
    if asks_counts && !request.alone {
        return Err(words::denied(
            "a count of messages is asked for among other statements".to_owned(),
            "send it alone",
        ));
    }
    Ok(())
}

/// A role without any write of its own stays in the transactions that the operator gave it: only
/// who may write without asking a human asks for READ WRITE.
fn check_read_only(role: &Role, request: &Request<'_>) -> Result<(), Denial> {
    let opens = request.statement.effects.iter().any(|effect| {
        matches!(effect,
            SessionEffect::SetVariable { name, value }
            | SessionEffect::SetForStatement { name, value }
            if matches!(name.as_str(), "transaction_read_only" | "tx_read_only") && value != "1")
    });
    let writes = |kind: &StatementKind| matches!(kind.class(), Class::Write | Class::Schema);
    let may_write = || {
        role.rules().iter().any(|rule| {
            let covers = |kind| writes(kind) && rule.statements().covers(*kind);
            matches!(rule.effect(), Effect::Allow) && StatementKind::ALL.iter().any(covers)
        })
    };
    if opens && !may_write() {
        return Err(words::denied(
            "the role only reads, so its transactions need no READ WRITE".to_owned(),
            "leave it out",
        ));
    }
    Ok(())
}

/// Refuses UPDATE and DELETE of every row unless a rule says `unfiltered = true`.
pub(super) fn check_filter(coverage: &Coverage<'_>, request: &Request<'_>) -> Result<(), Denial> {
    let statement = request.statement;
    let why = match statement.filter {
        Filter::NotApplicable | Filter::Present => return Ok(()),
        Filter::Missing => "has no WHERE",
        Filter::AlwaysTrue => "has a WHERE that is true for every row",
    };
    let changes = coverage
        .answers()
        .iter()
        .filter(|answer| matches!(answer.verb, Verb::Update | Verb::Delete));
    for answer in changes {
        if !answer.rules.iter().any(|rule| rule.unfiltered()) {
            return Err(words::refusal(
                DenialCode::Guard,
                answer.rules.first().map(|rule| rule.reference()),
                format!(
                    "`{}` on {} {why}",
                    statement.kind,
                    words::object(&answer.object)
                ),
                "say which rows, as in WHERE id = …",
            ));
        }
    }
    Ok(())
}

/// Functions that cost others something: each needs its name in a rule.
const NAMED_ONLY: [&str; 14] = [
    "sleep",
    "benchmark",
    "get_lock",
    "release_lock",
    "release_all_locks",
    "is_free_lock",
    "is_used_lock",
    "master_pos_wait",
    "master_gtid_wait",
    "source_pos_wait",
    "wait_for_executed_gtid_set",
    "wait_until_sql_thread_after_gtids",
    "service_get_read_locks",
    "service_get_write_locks",
];
