//! Statements: any bytes are read or refused.

use policy_core::charset::ClientCharset;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::server::Server;
use policy_core::server::ServerKind;
use policy_core::sql_mode::SqlMode;

/// Any text is read or refused, never a panic; tokens stand in order, apart and within the text;
/// what a token spans is read as that token again; without executable comments both readings are
/// one.
///
/// The first byte sets the server, the SQL mode and the reading; the rest is the text.
pub fn statement(input: &[u8]) {
    let [mode, text @ ..] = input else {
        return;
    };
    let context = context(*mode);
    let reading = if mode & 1 == 0 {
        Reading::WithText
    } else {
        Reading::WithoutText
    };
    let Ok(lexed) = lex(text, &context, reading) else {
        return;
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
        let other = if mode & 1 == 0 {
            Reading::WithoutText
        } else {
            Reading::WithText
        };
        let other = lex(text, &context, other).map(|other| other.tokens);
        assert_eq!(
            other,
            Ok(lexed.tokens),
            "the readings differ although they may not"
        );
    }
}

fn context(mode: u8) -> LexContext {
    let mut sql_mode = SqlMode::empty();
    sql_mode.set(SqlMode::ANSI_QUOTES, mode & 2 != 0);
    sql_mode.set(SqlMode::NO_BACKSLASH_ESCAPES, mode & 4 != 0);
    sql_mode.set(SqlMode::IGNORE_SPACE, mode & 8 != 0);
    let server = if mode & 16 == 0 {
        Server {
            kind: ServerKind::MySql,
            version: (9, 7, 0),
        }
    } else {
        Server {
            kind: ServerKind::MariaDb,
            version: (10, 11, 14),
        }
    };
    LexContext {
        server,
        sql_mode,
        charset: ClientCharset::Utf8mb4,
        limits: ReadLimits::default(),
    }
}
