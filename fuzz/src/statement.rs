//! Statements: any bytes are read or refused, and what is allowed is what the policy says.

mod alike;

use policy_core::charset::ClientCharset;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Allow;
use policy_core::decision::Decision;
use policy_core::decision::Treatment;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::name::ColumnId;
use policy_core::policy::set::RoleId;
use policy_core::read::read;
use policy_core::server::Server;
use policy_core::server::ServerKind;
use policy_core::session::SessionContext;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Access;
use policy_core::statement::Output;
use policy_core::statement::Statement;
use policy_core::statement::Verb;

use crate::shop::session;
use crate::shop::shop;

/// Any text is read or refused, never a panic. Tokens stand in order, apart and within the text;
/// without executable comments both readings are one. A text is never read as no statement, nor
/// as several where the session may send one. Who may only read never writes, and reads only
/// where a rule says so; who has no rule touches nothing; a protected column never comes out in
/// clear and never steers a result. Other blanks between the tokens and keywords in other case mean
/// the same. What is kept of a text of one shape serves others of it as if they were read anew.
///
/// The first byte sets the server, the SQL mode and the reading; the rest is the text.
pub fn statement(input: &[u8]) {
    let [mode, text @ ..] = input else {
        return;
    };
    let (server, sql_mode) = (server(*mode), sql_mode(*mode));
    let reads_as_tokens = tokens(text, server, sql_mode, mode & 1 == 0);
    let session = session(server, sql_mode);
    alike::respaced(text, &session);
    let Ok(statements) = read(text, &session, &shop().catalog, &ReadLimits::default()) else {
        return;
    };
    assert!(reads_as_tokens, "what has no tokens was read");
    let [statement] = statements.as_slice() else {
        assert_eq!(statements.len(), 1, "not one statement");
        return;
    };
    assert!(
        text.get(statement.span.clone())
            .is_some_and(|span| !span.is_empty())
    );
    for literal in &statement.literals {
        assert!(text.get(literal.clone()).is_some(), "{literal:?}");
    }
    decided(text, statement, &session);
    alike::of_one_shape(text, statement, &session);
}

fn request<'a>(
    text: &'a [u8],
    statement: &'a Statement,
    session: &'a SessionContext,
    role: &'a RoleId,
) -> Request<'a> {
    let shop = shop();
    Request {
        principal: &shop.principal,
        role,
        target: "shop",
        statement,
        text,
        alone: true,
        parameters: &[],
        session,
        catalog: &shop.catalog,
        // As at a PREPARE, so that a yes hangs on nothing but the values written.
        bound: policy_core::decide::Bound::Later,
        diagnostics: Diagnostics::Clean,
        approval: None,
    }
}

fn tokens(text: &[u8], server: Server, sql_mode: SqlMode, with_text: bool) -> bool {
    let limits = ReadLimits::default();
    let context = LexContext {
        server,
        sql_mode,
        charset: ClientCharset::default(),
        limits,
    };
    let readings = if with_text {
        [Reading::WithText, Reading::WithoutText]
    } else {
        [Reading::WithoutText, Reading::WithText]
    };
    let Ok(lexed) = lex(text, &context, readings[0]) else {
        return false;
    };
    let mut end = 0;
    for token in &lexed.tokens {
        assert!(
            token.span.start >= end && token.span.start < token.span.end,
            "{token:?}"
        );
        end = token.span.end;
        assert!(text.get(token.span.clone()).is_some(), "{token:?}");
    }
    assert!(lexed.tokens.len() <= context.limits.tokens_max);
    if !lexed.ambiguous {
        let other = lex(text, &context, readings[1]).map(|other| other.tokens);
        assert_eq!(
            other,
            Ok(lexed.tokens),
            "the readings differ although they may not"
        );
    }
    true
}

fn decided(text: &[u8], statement: &Statement, session: &SessionContext) -> Decision {
    let shop = shop();
    let run = |role: &RoleId| {
        let request = request(text, statement, session, role);
        let decision = decide(&shop.policy, &request);
        assert_eq!(
            decision,
            decide(&shop.policy, &request),
            "decided twice, differently"
        );
        decision
    };
    // Who has no rule may see what the server says of what its account may touch.
    let is_open = |access: &Access| access.object.schema() == "information_schema";
    if !statement.accesses.iter().all(is_open) {
        let decision = run(&shop.nobody);
        assert!(
            matches!(decision, Decision::Deny(_)),
            "no rule allows {statement:?}"
        );
    }
    let decision = run(&shop.reader);
    if let Decision::Allow(allow) = &decision {
        allowed(statement, allow);
    }
    decision
}

fn allowed(statement: &Statement, allow: &Allow) {
    for access in &statement.accesses {
        assert!(
            matches!(access.verb, Verb::Read | Verb::Describe),
            "{access:?}"
        );
        assert!(
            ["shop", "information_schema"].contains(&access.object.schema()),
            "{access:?}"
        );
    }
    assert!(
        !statement
            .influences
            .iter()
            .any(|influence| is_protected(&influence.column))
    );
    if let Output::Columns(columns) = &statement.output {
        assert_eq!(
            columns.len(),
            allow.columns.len(),
            "a column without a treatment"
        );
        for (column, treatment) in columns.iter().zip(&allow.columns) {
            let is_protected = column.sources.iter().any(is_protected);
            assert!(
                !is_protected || *treatment != Treatment::Clear,
                "{column:?} in clear"
            );
        }
    }
}

fn is_protected(column: &ColumnId) -> bool {
    (
        column.table.schema(),
        column.table.table(),
        column.column.as_str(),
    ) == ("shop", "customers", "email")
}

const fn server(mode: u8) -> Server {
    if mode & 16 == 0 {
        Server {
            kind: ServerKind::MySql,
            version: (9, 7, 0),
        }
    } else {
        Server {
            kind: ServerKind::MariaDb,
            version: (10, 11, 14),
        }
    }
}

fn sql_mode(mode: u8) -> SqlMode {
    let mut sql_mode = SqlMode::empty();
    sql_mode.set(SqlMode::ANSI_QUOTES, mode & 2 != 0);
    sql_mode.set(SqlMode::NO_BACKSLASH_ESCAPES, mode & 4 != 0);
    sql_mode.set(SqlMode::IGNORE_SPACE, mode & 8 != 0);
    sql_mode
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Decision {
        let session = session(server(0), SqlMode::empty());
        let read = read(
            text.as_bytes(),
            &session,
            &shop().catalog,
            &ReadLimits::default(),
        );
        decided(text.as_bytes(), &read.unwrap()[0], &session)
    }

    /// Otherwise the target would hold for want of anything to judge.
    #[test]
    fn the_shop_allows_and_denies() {
        for text in [
            "select id, email from customers where id = 7",
            "select count(*) from a",
        ] {
            let decision = check(text);
            assert!(
                matches!(decision, Decision::Allow(_)),
                "{text}: {decision:?}"
            );
        }
        for text in [
            "select id from customers where email = 'x'",
            "delete from a where id = 1",
        ] {
            let decision = check(text);
            assert!(
                matches!(decision, Decision::Deny(_)),
                "{text}: {decision:?}"
            );
        }
    }
}
