//! What holds for every text: the lexer never fails otherwise than by refusing, and blanks do not
//! change what is read.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::SERVERS;
use policy_core::charset::ClientCharset;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::server::Server;
use policy_core::sql_mode::SqlMode;
use proptest::prelude::*;

fn context(version: &str, mode: SqlMode, charset: ClientCharset) -> LexContext {
    LexContext {
        server: Server::parse(version).unwrap(),
        sql_mode: mode,
        charset,
        limits: ReadLimits::default(),
    }
}

fn modes() -> impl Strategy<Value = SqlMode> {
    prop::sample::select(vec![
        SqlMode::empty(),
        SqlMode::ANSI_QUOTES,
        SqlMode::NO_BACKSLASH_ESCAPES,
        SqlMode::ANSI_QUOTES | SqlMode::NO_BACKSLASH_ESCAPES,
    ])
}

fn charsets() -> impl Strategy<Value = ClientCharset> {
    prop::sample::select(vec![
        ClientCharset::Utf8mb4,
        ClientCharset::Utf8mb3,
        ClientCharset::Ascii,
        ClientCharset::Latin1,
        ClientCharset::Binary,
    ])
}

/// Pieces of SQL, whole tokens and broken ones.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "SELECT",
        " ",
        "\n",
        "'",
        "\"",
        "`",
        "\\",
        "/*",
        "/*!",
        "/*!99999 ",
        "/*M!",
        "*/",
        "--",
        "-- ",
        "#",
        "@",
        "@@",
        "1",
        "1e",
        ".",
        "0x",
        "0b",
        "x'",
        "N'",
        "_utf8mb4",
        "_gbk",
        "(",
        ")",
        ",",
        ";",
        "FROM",
        "SET",
        "SHOW",
        "CREATE TABLE t",
        "DROP",
        "LIKE",
        "=",
        "?",
        "\0",
        "é",
        "$",
        "INT",
        "DEFAULT",
        "INDEX",
        "ALTER TABLE users",
        "ADD",
        "users",
        "WITH",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Tokens that stand alone whatever stands beside them.
fn atoms() -> impl Strategy<Value = Vec<&'static str>> {
    let atom = prop::sample::select(vec![
        "SELECT",
        "1",
        "1.5",
        "1e",
        "0xzz",
        "0x1f",
        "b'01'",
        "`a b`",
        "@x",
        "@'x'",
        "(",
        ")",
        ",",
        "+",
        "<=>",
        "t . x",
        "N'x'",
        "_utf8mb4'x'",
        "é",
        "$a",
        "?",
        ":=",
        "||",
    ]);
    prop::collection::vec(atom, 0..20)
}

fn blank() -> impl Strategy<Value = String> {
    let blank = prop::sample::select(vec![
        " ",
        "\t",
        "\n",
        "\x0b",
        "\x0c",
        "\r",
        "/**/",
        "/* ' */",
        "-- x\n",
        "--\n",
        "# `\n",
        "/*!*/",
        "/*! */",
        "/*!50001 */",
    ]);
    // A slash or a star of a comment must not touch an operator.
    prop::collection::vec(blank, 0..4).prop_map(|blanks| format!(" {} ", blanks.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn never_panics_on_bytes(
        text in prop::collection::vec(any::<u8>(), 0..64),
        mode in modes(),
        charset in charsets(),
    ) {
        for version in SERVERS {
            let context = context(version, mode, charset);
            let _ = lex(&text, &context, Reading::WithText);
            let _ = lex(&text, &context, Reading::WithoutText);
        }
    }

    #[test]
    fn reads_or_refuses_pieces_of_statements(text in pieces(), mode in modes()) {
        for version in SERVERS {
            let context = context(version, mode, ClientCharset::Utf8mb4);
            if let Ok(lexed) = lex(&text, &context, Reading::WithText) {
                let mut end = 0;
                for token in &lexed.tokens {
                    prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                    prop_assert!(token.span.end <= text.len());
                    end = token.span.end;
                }
            }
            if let Ok(statements) = common::read_on(version, &text) {
                prop_assert!(!statements.is_empty());
            }
        }
    }

    #[test]
    fn reads_the_same_whatever_stands_between_tokens(
        atoms in atoms(),
        blanks in prop::collection::vec(blank(), 21),
    ) {
        let plain = atoms.join(" ");
        let mut spaced = String::new();
        for (atom, blank) in atoms.iter().zip(&blanks) {
            spaced.push_str(blank);
            spaced.push_str(atom);
        }
        for version in SERVERS {
            let context = context(version, SqlMode::empty(), ClientCharset::Utf8mb4);
            let kinds = |text: &str| {
                lex(text.as_bytes(), &context, Reading::WithText)
                    .map(|lexed| format!("{:?}", lexed.tokens.iter().map(|t| &t.kind).collect::<Vec<_>>()))
            };
            prop_assert_eq!(kinds(&plain), kinds(&spaced));
        }
    }
}
