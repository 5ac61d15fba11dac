//! SHOW of what the server, its accounts, its programs and other sessions do: read to the last
//! token, and denied unless a rule names the kind.

use std::collections::BTreeSet;

use crate::facts;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::statement::Access;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::cursor::Cursor;
use crate::statement::cursor::unsupported;
use crate::statement::kind::StatementKind;
use crate::statement::kind::StatementKind as K;
use crate::statement::show_where;
use crate::unread::Unread;

/// What follows SHOW.
pub(super) fn read(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let kind = statement.kind;
    let words = |kinds: &[(StatementKind, usize)]| {
        let found = kinds.iter().find(|(own, _)| *own == kind);
        found.map(|(_, words)| *words)
    };
    if let Some(count) = words(NAMED) {
        at.skip(count);
        return of_object(at, statement);
    }
    if let Some(count) = words(LISTED) {
        at.skip(count);
        return show_where::pattern(&mut at, statement);
    }
    match Some(kind) {
        Some(K::ShowAuthors | K::ShowContributors | K::ShowProfiles) => {
            at.skip(1);
            at.end()
        }
        Some(K::ShowBinaryLogs) => {
            at.skip(2);
            at.end()
        }
        Some(K::ShowBinaryLogStatus) => {
            at.skip(if at.is_word("BINARY") { 2 } else { 1 });
            at.expect_word("STATUS")?;
            at.end()
        }
        Some(K::ShowProcesslist) => {
            let _ = at.take_word("FULL");
            at.expect_word("PROCESSLIST")?;
            at.end()
        }
        Some(K::ShowCreateServer) => {
            at.skip(2);
            name(&mut at)?;
            at.end()
        }
        Some(K::ShowCreateUser) => create_user(at, statement),
        Some(K::ShowGrants) => grants(at),
        Some(K::ShowPlugins) => plugins(at, statement),
        Some(K::ShowProfile) => profile(at),
        Some(K::ShowEngine) => engine(at),
        Some(K::ShowBinlogEvents | K::ShowRelaylogEvents) => log_events(at, kind),
        Some(K::ShowReplicas) => {
            at.skip(if at.is_word("REPLICAS") { 1 } else { 2 });
            at.end()
        }
        Some(K::ShowReplicaStatus) => replica_status(at),
        Some(K::ShowAnalyze | K::ShowExplain) => explain(at, statement),
        Some(K::ShowParseTree) => {
            at.expect_word("PARSE_TREE")?;
            statement.withhold("SHOW PARSE_TREE", None);
            facts::new_columns(at.input(at.rest()), statement)?;
            Ok(())
        }
        _ => unsupported(format!("`{kind}`"), None),
    }
}

/// Kinds that take one name, and the number of words before it.
const NAMED: &[(StatementKind, usize)] = &[
    (K::ShowCreateEvent, 2),
    (K::ShowCreateFunction, 2),
    (K::ShowCreateLibrary, 2),
    (K::ShowCreatePackage, 2),
    (K::ShowCreatePackageBody, 3),
    (K::ShowCreateProcedure, 2),
    (K::ShowCreateSequence, 2),
    (K::ShowCreateTrigger, 2),
    (K::ShowFunctionCode, 2),
    (K::ShowPackageBodyCode, 3),
    (K::ShowProcedureCode, 2),
];

/// Kinds that take a pattern or a condition, and the number of words before it.
const LISTED: &[(StatementKind, usize)] = &[
    (K::ShowClientStatistics, 1),
    (K::ShowFunctionStatus, 2),
    (K::ShowIndexStatistics, 1),
    (K::ShowLibraryStatus, 2),
    (K::ShowLocales, 1),
    (K::ShowMetadataLockInfo, 1),
    (K::ShowPackageBodyStatus, 3),
    (K::ShowPackageStatus, 2),
    (K::ShowProcedureStatus, 2),
    (K::ShowQueryCacheInfo, 1),
    (K::ShowQueryResponseTime, 1),
    (K::ShowTableStatistics, 1),
    (K::ShowUserStatistics, 1),
    (K::ShowWsrepMembership, 1),
    (K::ShowWsrepStatus, 1),
];

/// `CREATE USER [account]`: it shows hashes of passwords.
fn create_user(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.skip(2);
    statement.withhold("`show create user`", None);
    if !at.rest().is_empty() {
        account(&mut at)?;
    }
    at.end()
}

/// The name of a stored program, and nothing more.
fn of_object(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    let id = at.object()?;
    at.end()?;
    statement.accesses.push(Access {
        verb: Verb::Describe,
        object: id,
        columns: BTreeSet::new(),
        via: None,
        temporary: false,
    });
    Ok(())
}

/// A name, also as a string.
fn name(at: &mut Cursor<'_>) -> Result<(), Unread> {
    match at.peek() {
        Some(TokenKind::String { .. }) => {
            at.string()?;
        }
        _ => {
            at.identifier()?;
        }
    }
    Ok(())
}

/// `user[@host]`, `CURRENT_USER[()]`.
fn account(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.is_word("CURRENT_USER") || at.is_word("CURRENT_ROLE") {
        at.skip(1);
        if at.is_symbol(Symbol::LeftParenthesis) && !at.group()?.is_empty() {
            return at.error("expected no argument");
        }
        return Ok(());
    }
    name(at)?;
    if let Some(TokenKind::UserVariable(_)) = at.peek() {
        at.skip(1);
    }
    Ok(())
}

/// `GRANTS [FOR account [USING role, …]]`.
fn grants(mut at: Cursor<'_>) -> Result<(), Unread> {
    at.expect_word("GRANTS")?;
    if !at.take_word("FOR") {
        return at.end();
    }
    account(&mut at)?;
    if at.take_word("USING") {
        loop {
            account(&mut at)?;
            if !at.take_symbol(Symbol::Comma) {
                break;
            }
        }
    }
    at.end()
}

/// `PLUGINS [SONAME 'library' | SONAME LIKE 'pattern']`.
fn plugins(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.expect_word("PLUGINS")?;
    if at.take_word("SONAME") {
        if at.is_word("LIKE") || at.is_word("WHERE") {
            return show_where::pattern(&mut at, statement);
        }
        at.string()?;
    }
    at.end()
}

/// `PROFILE [type, …] [FOR QUERY n] [LIMIT …]`.
fn profile(mut at: Cursor<'_>) -> Result<(), Unread> {
    at.expect_word("PROFILE")?;
    const TYPES: &[&[&str]] = &[
        &["ALL"],
        &["BLOCK", "IO"],
        &["CONTEXT", "SWITCHES"],
        &["CPU"],
        &["IPC"],
        &["MEMORY"],
        &["PAGE", "FAULTS"],
        &["SOURCE"],
        &["SWAPS"],
    ];
    let takes_type = |at: &mut Cursor<'_>| TYPES.iter().any(|words| at.take_words(words));
    if takes_type(&mut at) {
        while at.take_symbol(Symbol::Comma) {
            if !takes_type(&mut at) {
                return at.error("not a part of a profile");
            }
        }
    }
    if at.take_words(&["FOR", "QUERY"]) {
        number(&mut at)?;
    }
    limit(&mut at)?;
    at.end()
}

/// `ENGINE name | ALL {STATUS | MUTEX | LOGS}`.
fn engine(mut at: Cursor<'_>) -> Result<(), Unread> {
    at.expect_word("ENGINE")?;
    if !at.take_word("ALL") {
        name(&mut at)?;
    }
    if at.take_one_of(&["STATUS", "MUTEX", "LOGS"]).is_none() {
        return at.error("expected STATUS");
    }
    at.end()
}

/// `BINLOG EVENTS [IN 'log'] [FROM position] [LIMIT …]`; of a relay log with the name of a
/// connection or a channel.
fn log_events(mut at: Cursor<'_>, kind: StatementKind) -> Result<(), Unread> {
    at.skip(1);
    let is_relay = kind == K::ShowRelaylogEvents;
    if is_relay && matches!(at.peek(), Some(TokenKind::String { .. })) {
        at.skip(1);
    }
    at.expect_word("EVENTS")?;
    if at.take_word("IN") {
        at.string()?;
    }
    if at.take_word("FROM") {
        number(&mut at)?;
    }
    limit(&mut at)?;
    if is_relay {
        channel(&mut at)?;
    }
    at.end()
}

/// `REPLICA ['connection'] STATUS`, `ALL REPLICAS STATUS`, with FOR CHANNEL.
fn replica_status(mut at: Cursor<'_>) -> Result<(), Unread> {
    if at.take_word("ALL") {
        at.skip(1);
        at.expect_word("STATUS")?;
        return at.end();
    }
    at.skip(1);
    if matches!(at.peek(), Some(TokenKind::String { .. })) {
        at.skip(1);
    }
    at.expect_word("STATUS")?;
    let _ = at.take_word("NONBLOCKING");
    channel(&mut at)?;
    at.end()
}

fn channel(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.take_words(&["FOR", "CHANNEL"]) {
        at.string()?;
    }
    Ok(())
}

/// `EXPLAIN [FORMAT = name] FOR connection`, MariaDB's look at what another session runs.
fn explain(mut at: Cursor<'_>, statement: &mut Statement) -> Result<(), Unread> {
    at.skip(1);
    if at.take_word("FORMAT") {
        at.expect_symbol(Symbol::Equal)?;
        name(&mut at)?;
    }
    at.expect_word("FOR")?;
    let kind = statement.kind;
    statement.withhold(format!("`{kind}`"), None);
    match facts::expressions(at.input(at.rest()), statement)?.len() {
        1 => Ok(()),
        _ => at.error("expected one number"),
    }
}

/// `[LIMIT n | LIMIT n, m | LIMIT n OFFSET m]`.
pub(super) fn limit(at: &mut Cursor<'_>) -> Result<(), Unread> {
    if at.take_word("LIMIT") {
        number(at)?;
        if at.take_symbol(Symbol::Comma) || at.take_word("OFFSET") {
            number(at)?;
        }
    }
    Ok(())
}

/// A number or a parameter.
fn number(at: &mut Cursor<'_>) -> Result<(), Unread> {
    match at.peek() {
        Some(TokenKind::Integer(_) | TokenKind::Hex(_) | TokenKind::Parameter) => {
            at.skip(1);
            Ok(())
        }
        _ => at.error("expected a number"),
    }
}
