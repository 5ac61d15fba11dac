//! The way in: bytes of a text to the facts of its statements.

use std::ops::Range;

use crate::catalog::Catalog;
use crate::lex::LexContext;
use crate::lex::ReadLimits;
use crate::lex::Reading;
use crate::lex::lex;
use crate::lex::text::not_text;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::session::SessionContext;
use crate::stack;
use crate::statement;
use crate::statement::Effect;
use crate::statement::Lift;
use crate::statement::Statement;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// Reads a text: usually one statement, several only where the session may send several.
///
/// Where servers of different versions read a version comment differently, both readings are
/// made and must come to the same facts.
///
/// # Errors
///
/// An [`Unread`] for every text that is not surely understood, and for an empty one.
pub fn read(
    text: &[u8],
    session: &SessionContext,
    catalog: &Catalog,
    limits: &ReadLimits,
) -> Result<Vec<Statement>, Unread> {
    let reader = Reader {
        session,
        catalog,
        limits,
        is_carried: false,
    };
    reader.read(text)
}

/// Where the statements of a text stand: everything between two semicolons, comments too. The same
/// bytes are read as the same statement when they are sent alone.
///
/// # Errors
///
/// As [`read`], as far as tokens go.
pub fn parts(
    text: &[u8],
    session: &SessionContext,
    limits: &ReadLimits,
) -> Result<Vec<Range<usize>>, Unread> {
    let reader = Reader {
        session,
        // Where a statement ends hangs on no name.
        catalog: &Catalog::empty(session.server),
        limits,
        is_carried: false,
    };
    let context = LexContext::of(session, limits);
    let lexed = lex(text, &context, Reading::WithText)?;
    let parts = reader.spans(text, &lexed.tokens)?;
    if lexed.ambiguous {
        let without = lex(text, &context, Reading::WithoutText)?;
        if reader.spans(text, &without.tokens)? != parts {
            return Err(Unread::AmbiguousComment);
        }
    }
    Ok(parts)
}

/// Reads the text that dynamic SQL gives to the server: exactly one statement, and none that is
/// dynamic itself.
pub(crate) fn carried(
    text: &[u8],
    session: &SessionContext,
    catalog: &Catalog,
) -> Result<Statement, Unread> {
    let session = &SessionContext {
        multi_statements: false,
        ..session.clone()
    };
    let reader = Reader {
        session,
        catalog,
        limits: &ReadLimits::default(),
        is_carried: true,
    };
    reader.read(text)?.pop().ok_or(Unread::Empty)
}

struct Reader<'a> {
    session: &'a SessionContext,
    catalog: &'a Catalog,
    limits: &'a ReadLimits,
    is_carried: bool,
}

impl Reader<'_> {
    fn read(&self, text: &[u8]) -> Result<Vec<Statement>, Unread> {
        let (statements, ambiguous) = self.read_as(text, Reading::WithText)?;
        if !ambiguous {
            return Ok(statements);
        }
        match self.read_as(text, Reading::WithoutText) {
            // Some servers do what stands in the comment, and the others nothing at all.
            Err(Unread::Empty) if is_all_one(&statements) => Ok(statements),
            others => same_facts(statements, others?.0),
        }
    }

    fn read_as(&self, text: &[u8], reading: Reading) -> Result<(Vec<Statement>, bool), Unread> {
        let context = LexContext::of(self.session, self.limits);
        let lexed = lex(text, &context, reading)?;
        let parts = self.split(&lexed.tokens)?;
        if parts.len() > 1 && !self.session.multi_statements {
            return Err(Unread::Several);
        }
        let mut statements = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let mut statement = stack::with_room(lexed.depth, || self.statement(part))?;
            if lexed.steering_hint {
                statement.withhold("this optimizer hint", Some("leave the hint out"));
            }
            if lexed.foreign_literals {
                // A server without that character set takes the introducer for a name.
                statement.withhold_until(
                    Lift::Unprotected,
                    "a literal in this character set",
                    None,
                );
            }
            let is_last = index + 1 == parts.len();
            if !is_last && changes_reading(&statement) {
                return Err(Unread::Unsupported {
                    construct: format!("`{}` before another statement in one text", statement.kind),
                    hint: Some(SEND_EACH),
                });
            }
            statements.push(statement);
        }
        Ok((statements, lexed.ambiguous))
    }

    /// Splits into statements, as the server does that reads one and goes on behind its semicolon: those
    /// within the body of a stored program are its own. Some may end the text, none may stand before a
    /// statement or between two.
    fn split<'t, 'a>(&self, tokens: &'t [Token<'a>]) -> Result<Vec<&'t [Token<'a>]>, Unread> {
        let is_semicolon = |token: &Token<'_>| token.kind == TokenKind::Symbol(Symbol::Semicolon);
        let length = tokens
            .iter()
            .rposition(|token| !is_semicolon(token))
            .map_or(0, |last| last + 1);
        let mut rest = tokens.get(..length).unwrap_or_default();
        if rest.is_empty() {
            return Err(Unread::Empty);
        }
        let mut parts = Vec::new();
        loop {
            if parts.len() >= self.limits.statements_max {
                return Err(Unread::Limit {
                    what: "statements in a text",
                    limit: self.limits.statements_max,
                });
            }
            let Some(semicolon) = rest.iter().position(is_semicolon) else {
                parts.push(rest);
                return Ok(parts);
            };
            let cursor = statement::cursor::Cursor::new(rest, self.session, self.catalog);
            let length = statement::program::length(&cursor).unwrap_or(semicolon);
            let (part, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            parts.push(part);
            let Some((separator, following)) = after.split_first() else {
                return Ok(parts);
            };
            if part.is_empty() || following.first().is_none_or(is_semicolon) {
                return Err(Unread::Syntax {
                    at: separator.span.start,
                    what: "an empty statement between others".to_owned(),
                });
            }
            if !is_semicolon(separator) {
                return Err(Unread::Syntax {
                    at: separator.span.start,
                    what: "the statement goes on after its body".to_owned(),
                });
            }
            rest = following;
        }
    }

    /// Where the statements that these tokens form stand, semicolons aside.
    fn spans(&self, text: &[u8], tokens: &[Token<'_>]) -> Result<Vec<Range<usize>>, Unread> {
        let (mut spans, mut start, mut used) = (Vec::new(), 0, 0);
        for part in self.split(tokens)? {
            used += part.len();
            let end = tokens.get(used).map_or(text.len(), |next| next.span.start);
            spans.push(start..end);
            used += 1;
            start = end.saturating_add(1);
        }
        Ok(spans)
    }

    /// Refuses literals that are no text but in statements that write values; which of those have
    /// some, their grammar says where they may stand. A text that the server gets as a value itself
    /// has been converted.
    fn raw_only_written(&self, tokens: &[Token<'_>], kind: StatementKind) -> Result<bool, Unread> {
        let Some(raw) = tokens.iter().find(|token| is_raw(token)) else {
            return Ok(false);
        };
        let writes = matches!(
            kind,
            StatementKind::Insert | StatementKind::Replace | StatementKind::Update
        );
        if writes && !self.is_carried {
            return Ok(true);
        }
        Err(not_text(raw.span.start, self.session.client_charset))
    }

    fn statement(&self, tokens: &[Token<'_>]) -> Result<Statement, Unread> {
        let mut cursor = statement::cursor::Cursor::new(tokens, self.session, self.catalog);
        cursor.is_carried = self.is_carried;
        let kind = statement::head::kind_of(&cursor)?;
        let start = tokens.first().map_or(0, |token| token.span.start);
        let end = tokens.last().map_or(0, |token| token.span.end);
        let mut statement = Statement::new(kind, start..end);
        let raw = self.raw_only_written(tokens, kind)?;
        statement::lexical::facts(tokens, &mut statement)?;
        statement::family::read(cursor, &mut statement).map_err(|unread| {
            if let Unread::Syntax { at, .. } = unread
                && raw
                && let Some(at) = raw_at(tokens, at)
            {
                return not_text(at, self.session.client_charset);
            }
            unread
        })?;
        statement::lexical::number_parameters(tokens, &mut statement);
        statement::temporary::check(self.session, &mut statement);
        Ok(statement)
    }
}

/// Where a literal that is no text stands that the grammar did not take, or did not go on behind.
fn raw_at(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let stopped = tokens.iter().position(|token| token.span.start >= at)?;
    let near = tokens.get(stopped.saturating_sub(1)..=stopped)?;
    let raw = near.iter().find(|token| is_raw(token))?;
    Some(raw.span.start)
}

fn is_raw(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Raw(_))
}

const SEND_EACH: &str = "all of a text is decided before any of it runs, and this one changes what the next \
                         one means: send each statement by itself, or this one last";

/// Whether what follows in the same text may be other tokens to the server than it was when the text was
/// split. Not so where only names mean something else.
#[must_use]
pub fn changes_lexing(statement: &Statement) -> bool {
    let calls = statement.kind == StatementKind::Call;
    calls
        || statement.effects.iter().any(|effect| match effect {
            Effect::SetNames { .. } | Effect::Anything => true,
            Effect::SetVariable { name, .. } | Effect::SetForStatement { name, .. } => {
                name == "sql_mode"
                    || name.starts_with("character_set_")
                    || name.starts_with("collation_")
            }
            Effect::UseSchema(_)
            | Effect::SchemaChange(_)
            | Effect::CreateTemporary(_)
            | Effect::DropTemporary(_)
            | Effect::Prepare { .. }
            | Effect::Deallocate(_)
            | Effect::SetUserVariable(_)
            | Effect::BeginTransaction
            | Effect::EndTransaction
            | Effect::Kill { .. } => false,
        })
}

/// Whether what follows in the same text would be read under another state than this text was.
#[must_use]
pub fn changes_reading(statement: &Statement) -> bool {
    // The body of a routine may do anything.
    let calls = statement.kind == StatementKind::Call;
    calls
        || statement.effects.iter().any(|effect| match effect {
            Effect::UseSchema(_)
            | Effect::SetNames { .. }
            | Effect::SetVariable { .. }
            | Effect::SetForStatement { .. }
            | Effect::SchemaChange(_)
            | Effect::CreateTemporary(_)
            | Effect::DropTemporary(_)
            | Effect::Prepare { .. }
            | Effect::Deallocate(_)
            | Effect::Anything => true,
            Effect::SetUserVariable(_)
            | Effect::BeginTransaction
            | Effect::EndTransaction
            | Effect::Kill { .. } => false,
        })
}

/// Whether it is a SET of which nobody needs to know if the server ran it: `mysqldump` begins with such a one in a
/// comment for MySQL 8, which MariaDB leaves out.
fn is_all_one(statements: &[Statement]) -> bool {
    let [statement] = statements else {
        return false;
    };
    let of_no_account = |effect: &Effect| match effect {
        Effect::SetVariable { name, .. } => SET_OR_NOT.contains(&name.as_str()),
        Effect::UseSchema(_)
        | Effect::SetNames { .. }
        | Effect::SetForStatement { .. }
        | Effect::SchemaChange(_)
        | Effect::CreateTemporary(_)
        | Effect::DropTemporary(_)
        | Effect::Prepare { .. }
        | Effect::Deallocate(_)
        | Effect::Anything
        | Effect::SetUserVariable(_)
        | Effect::BeginTransaction
        | Effect::EndTransaction
        | Effect::Kill { .. } => false,
    };
    statement.kind == StatementKind::Set && statement.effects.iter().all(of_no_account)
}

/// Variables on which nothing hangs that is decided or followed: how old the numbers of rows in
/// `information_schema` may be.
const SET_OR_NOT: &[&str] = &["information_schema_stats_expiry"];

/// The facts of two readings, if they are the same but for where things stand.
pub(crate) fn same_facts(
    mut statements: Vec<Statement>,
    others: Vec<Statement>,
) -> Result<Vec<Statement>, Unread> {
    if statements.len() != others.len() {
        return Err(Unread::AmbiguousComment);
    }
    for (statement, mut other) in statements.iter_mut().zip(others) {
        let literals = std::mem::take(&mut statement.literals);
        let more = std::mem::take(&mut other.literals);
        other.span = statement.span.clone();
        if *statement != other {
            return Err(Unread::AmbiguousComment);
        }
        statement.literals = literals;
        statement.literals.extend(more);
        statement
            .literals
            .sort_by_key(|span| (span.start, span.end));
        statement.literals.dedup();
    }
    Ok(statements)
}
