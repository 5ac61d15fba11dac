//! Known answers of the lexer, most of them tried on running servers.

use super::*;
use crate::charset::ClientCharset;
use crate::lex::token::TokenKind;
use crate::server::Server;
use crate::sql_mode::SqlMode;
use crate::unread::Unread;

fn context(version: &str, mode: &str) -> LexContext {
    LexContext {
        server: Server::parse(version).unwrap(),
        sql_mode: SqlMode::parse(mode).unwrap(),
        charset: ClientCharset::Utf8mb4,
        limits: ReadLimits::default(),
    }
}

const MYSQL: &str = "9.7.4";
const MARIADB: &str = "10.11.19-MariaDB";

fn show(kind: &TokenKind<'_>) -> String {
    match kind {
        TokenKind::Word(w) => format!("w:{w}"),
        TokenKind::QuotedIdentifier(n) => format!("`{n}`"),
        TokenKind::String { value, introducer } => {
            format!(
                "{}'{}'",
                introducer.unwrap_or(""),
                String::from_utf8_lossy(value).escape_debug()
            )
        }
        TokenKind::Raw(value) => format!("raw'{}'", value.escape_ascii()),
        TokenKind::Integer(n) => format!("i:{n}"),
        TokenKind::Decimal(n) => format!("d:{n}"),
        TokenKind::Hex(n) => format!("x:{n}"),
        TokenKind::Bit(n) => format!("b:{n}"),
        TokenKind::Parameter => "?".to_owned(),
        TokenKind::UserVariable(n) => format!("@{n}"),
        TokenKind::SystemVariable => "@@".to_owned(),
        TokenKind::Symbol(s) => s.text().to_owned(),
    }
}

fn tokens(text: &[u8], context: &LexContext, reading: Reading) -> Result<String, Unread> {
    let lexed = lex(text, context, reading)?;
    let shown: Vec<_> = lexed.tokens.iter().map(|t| show(&t.kind)).collect();
    Ok(shown.join(" "))
}

fn check_as(version: &str, mode: &str, text: &str, expected: &str) {
    let got = tokens(text.as_bytes(), &context(version, mode), Reading::WithText);
    let got = got.unwrap_or_else(|e| format!("refused: {e}"));
    assert_eq!(got, expected, "{text} on {version} under `{mode}`");
}

fn check(text: &str, expected: &str) {
    check_as(MYSQL, "", text, expected);
    check_as(MARIADB, "", text, expected);
}

fn check_refused(text: &[u8]) {
    for version in [MYSQL, MARIADB] {
        let got = tokens(text, &context(version, ""), Reading::WithText);
        assert!(
            got.is_err(),
            "{:?} gave {got:?}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn tells_numbers_from_names() {
    for (text, expected) in [
        ("1", "i:1"),
        ("1.5", "d:1.5"),
        (".5", "d:.5"),
        ("1.", "d:1."),
        ("1.e0", "d:1.e0"),
        ("1e0", "d:1e0"),
        ("1E+10", "d:1E+10"),
        ("1e", "`1e`"),
        ("1e+", "`1e` +"),
        ("1e0FROM t", "d:1e0 w:FROM w:t"),
        ("1a", "`1a`"),
        ("1from_x", "`1from_x`"),
        ("0x1f", "x:1f"),
        ("0x", "`0x`"),
        ("0xzz", "`0xzz`"),
        ("0xAAssn", "`0xAAssn`"),
        ("0X1f", "`0X1f`"),
        ("0b01", "b:01"),
        ("0b2", "`0b2`"),
        ("0b12", "`0b12`"),
        ("x'1f' X'AB'", "x:1f x:AB"),
        ("b'01'", "b:01"),
        ("1.x", "d:1. w:x"),
        ("1--1", "i:1 - - i:1"),
    ] {
        check(text, expected);
    }
    for text in ["1.e", "1.5e+", "x'1'", "x'zz'", "b'2'", "x'1f"] {
        check_refused(text.as_bytes());
    }
}

#[test]
fn takes_what_touches_a_dot_for_a_name() {
    for (text, expected) in [
        ("d.1", "`d` . `1`"),
        ("d.1e5", "`d` . `1e5`"),
        ("d.0x41", "`d` . `0x41`"),
        ("t.select", "`t` . `select`"),
        ("select.x", "`select` . `x`"),
        ("t . select", "w:t . w:select"),
        ("t .select", "w:t . `select`"),
        ("t .1", "w:t d:.1"),
        ("`t`.1", "`t` d:.1"),
        ("`t`.x", "`t` . `x`"),
        ("a.b.c", "`a` . `b` . `c`"),
        ("t.*", "w:t . *"),
        ("t.x'1'", "`t` . `x` '1'"),
        (".users", ". `users`"),
        ("@@session.sql_mode", "@@ w:session . `sql_mode`"),
        ("@@sql_mode", "@@ w:sql_mode"),
        ("@@`sql_mode`", "@@ `sql_mode`"),
    ] {
        check(text, expected);
    }
}

#[test]
fn reads_strings_and_their_escapes() {
    for (text, expected) in [
        ("'it''s'", "'it\\'s'"),
        (r"'a\'b'", "'a\\'b'"),
        (r"'\n\t\0\Z\%\_\q'", "'\\n\\t\\0\\u{1a}\\\\%\\\\_q'"),
        ("'a'\n'b' \"c\"", "'abc'"),
        ("'a' /* x */ 'b'", "'ab'"),
        ("_utf8mb4'x'", "utf8mb4'x'"),
        ("_LATIN1 'x' 'y'", "latin1'xy'"),
        ("_binary 0x41", "x:41"),
        ("N'x' n'y'", "n'x' n'y'"),
        ("_foo", "w:_foo"),
        ("q'[', ssn", "w:q '[' , w:ssn"),
        ("'привет'", "'привет'"),
        ("'\0'", "'\\0'"),
        ("\"it\"\"s\"", "'it\\\"s'"),
    ] {
        check(text, expected);
    }
    check_as(MYSQL, "NO_BACKSLASH_ESCAPES", r"'a\' 'b'", "'a\\\\b'");
    check_as(MYSQL, "ANSI_QUOTES", "\"a\"\"b\" 'c'", "`a\"b` 'c'");
    for text in [
        &b"'open"[..],
        br"'open\'",
        b"_foo'x'",
        b"_utf8mb4 x",
        b"_utf8mb4",
        b"N'\xff'",
    ] {
        check_refused(text);
    }
    assert!(tokens(b"_binary'\xff\xfe'", &context(MYSQL, ""), Reading::WithText).is_ok());
}

fn check_bytes(context: &LexContext, text: &[u8], expected: &str) {
    for version in [MYSQL, MARIADB] {
        let server = Server::parse(version).unwrap();
        let context = LexContext { server, ..*context };
        let got = tokens(text, &context, Reading::WithText);
        let got = got.unwrap_or_else(|_| "refused".to_owned());
        assert_eq!(got, expected, "{}", text.escape_ascii());
    }
}

#[test]
fn a_literal_that_is_no_text_ends_where_both_servers_end_it() {
    for (mode, text, expected) in [
        ("", &b"'\xff\xfe',1"[..], r"raw'\xff\xfe' , i:1"),
        ("", b"\"\xff\",1", r"raw'\xff' , i:1"),
        // A character cut short does not swallow the quote or the backslash behind it.
        ("", b"'\xe2',1", r"raw'\xe2' , i:1"),
        ("", b"'\xe2\x82',1", r"raw'\xe2\x82' , i:1"),
        ("", b"'\xf0\x9f',1", r"raw'\xf0\x9f' , i:1"),
        ("", b"'\xf0\x9f\x98',1", r"raw'\xf0\x9f\x98' , i:1"),
        ("", b"'\xe2\\',1'", r"raw'\xe2\',1'"),
        ("", b"'\xc3\\\\',1", r"raw'\xc3\\' , i:1"),
        ("", b"'\xe2\x82''x',1", r"raw'\xe2\x82\'x' , i:1"),
        ("", b"'\x80''\\'\xbf',1", r"raw'\x80\'\'\xbf' , i:1"),
        // Too long, a surrogate, past the last character.
        ("", b"'\xc0\xa7',1", r"raw'\xc0\xa7' , i:1"),
        ("", b"'\xed\xa0\x80',1", r"raw'\xed\xa0\x80' , i:1"),
        ("", b"'\xf4\x90\x80\x80',1", r"raw'\xf4\x90\x80\x80' , i:1"),
        ("NO_BACKSLASH_ESCAPES", b"'\xe2\\',1", r"raw'\xe2\\' , i:1"),
        ("ANSI_QUOTES", b"'\xe2\"',1", "raw'\\xe2\\\"' , i:1"),
        // A name is no value.
        ("ANSI_QUOTES", b"\"\xff\"", "refused"),
    ] {
        check_bytes(&context(MYSQL, mode), text, expected);
    }
}

#[test]
fn strings_beside_one_that_is_no_text_are_none_either() {
    let context = context(MYSQL, "");
    for (text, expected) in [
        (&b"'a' '\xff'"[..], r"raw'a\xff'"),
        (b"'\xff' /* x */ 'a' \"b\"", r"raw'\xffab'"),
        // Joined they would be a character, alone they are none.
        (b"'\xe2' '\x82\xac'", r"raw'\xe2\x82\xac'"),
        (b"1 '\xff'", r"i:1 raw'\xff'"),
        // A set is named for the first, and for none of the others.
        (b"_binary'\xff' '\xff'", "refused"),
        (b"_utf8mb4'a' '\xff'", "refused"),
        (b"N'a' '\xff'", "refused"),
        (b"_latin1'\xff'", "refused"),
        (b"_utf8mb4'\xff'", "refused"),
        (b"_foo '\xff'", "refused"),
        (b"'\xff", "refused"),
        (b"'\xff\\'", "refused"),
        (b"'\xff''", "refused"),
    ] {
        check_bytes(&context, text, expected);
    }
}

#[test]
fn what_is_no_text_hangs_on_the_character_set_of_the_client() {
    for (charset, text, expected) in [
        (
            ClientCharset::Utf8mb3,
            "'\u{1f600}'".as_bytes(),
            r"raw'\xf0\x9f\x98\x80'",
        ),
        (
            ClientCharset::Utf8mb4,
            "'\u{1f600}'".as_bytes(),
            "'\u{1f600}'",
        ),
        (ClientCharset::Utf8mb3, b"'\xff'", r"raw'\xff'"),
        (ClientCharset::Utf8mb3, "N'\u{1f600}'".as_bytes(), "refused"),
        (ClientCharset::Ascii, b"'\xff'", "refused"),
        (ClientCharset::Ascii, "'\u{e9}'".as_bytes(), "refused"),
        (ClientCharset::Latin1, b"'\xff'", "'\u{fffd}'"),
        (ClientCharset::Binary, b"'\xff'", "'\u{fffd}'"),
    ] {
        let context = LexContext {
            charset,
            ..context(MYSQL, "")
        };
        check_bytes(&context, text, expected);
    }
}

#[test]
fn reads_names_without_losing_a_character() {
    for (text, expected) in [
        ("`a``b`", "`a`b`"),
        ("`ssn `", "`ssn `"),
        ("\u{a0}ssn", "w:\u{a0}ssn"),
        ("id\u{a0} x", "w:id\u{a0} w:x"),
        ("\u{201c}x\u{201d}", "w:\u{201c}x\u{201d}"),
        ("a$b $c", "w:a$b w:$c"),
        ("ssn`a`FROM", "w:ssn `a` w:FROM"),
    ] {
        check(text, expected);
    }
    for text in [
        &b"$$"[..],
        b"$tag$ x $tag$",
        b"`open",
        b"`a\0b`",
        b"a\xff",
        "`ema\u{130}l`".as_bytes(),
        "\u{17f}sn".as_bytes(),
        "`\u{1f600}`".as_bytes(),
        b"a \0",
        b"a \x01",
        b"\\n",
        b"[a]",
    ] {
        check_refused(text);
    }
    let latin1 = LexContext {
        charset: ClientCharset::Latin1,
        ..context(MYSQL, "")
    };
    assert!(tokens(b"`\xe9`", &latin1, Reading::WithText).is_err());
    assert!(tokens(b"1 \xa0 2", &latin1, Reading::WithText).is_err());
    assert!(tokens(b"1 --\xa0 2", &latin1, Reading::WithText).is_err());
    assert!(tokens(b"'\xe9' -- \xe9", &latin1, Reading::WithText).is_ok());
}

#[test]
fn reads_variables() {
    for (text, expected) in [
        ("@x := 1", "@x := i:1"),
        ("@a.b$c_1", "@a.b$c_1"),
        ("@'x y'", "@x y"),
        ("@`x``y`", "@x`y"),
        ("@\"x\"", "@x"),
        ("root@localhost", "w:root @localhost"),
        ("'a'@'b' 'c'", "'a' @b 'c'"),
    ] {
        check(text, expected);
    }
    for text in ["@ x", "@", "@@ x", "@@", "@é"] {
        check_refused(text.as_bytes());
    }
}

#[test]
fn reads_operators_the_longest_way() {
    for (text, expected) in [
        ("a<=>b<>c<=d<<e", "w:a <=> w:b <> w:c <= w:d << w:e"),
        ("a>=b>>c!=d!e", "w:a >= w:b >> w:c != w:d ! w:e"),
        ("a||b|c&&d&e", "w:a || w:b | w:c && w:d & w:e"),
        ("(?,?)", "( ? , ? )"),
        ("{fn x}", "{ w:fn w:x }"),
    ] {
        check(text, expected);
    }
    check_as(MYSQL, "", "a->'$' ->>'$'", "w:a -> '$' ->> '$'");
    check_as(MARIADB, "", "a->'$'", "w:a - > '$'");
    check_as(MARIADB, "", r"\N", "w:NULL");
    for (text, mysql, mariadb) in [
        ("!!a", "! w:a", "! ! w:a"),
        ("!>!a", "! ! w:a", "! > ! w:a"),
        ("!!=a", "! = w:a", "! != w:a"),
        ("0..9", "d:0. d:.9", "i:0 . . i:9"),
        ("a..9", "w:a . d:.9", "w:a . . i:9"),
    ] {
        check_as(MYSQL, "", text, mysql);
        check_as(MARIADB, "", text, mariadb);
    }
    for text in ["a=!b", "a<!b", "a>!b", "a<>!b", "a<=!b", "a<<!b"] {
        assert!(tokens(text.as_bytes(), &context(MYSQL, ""), Reading::WithText).is_err());
        assert!(tokens(text.as_bytes(), &context(MARIADB, ""), Reading::WithText).is_ok());
    }
    check("a>=!b", "w:a >= ! w:b");
    check_refused(b"?x");
}

#[test]
fn ends_comments_where_the_servers_do() {
    for (text, expected) in [
        ("1 -- x\r, 2", "i:1"),
        ("1 # x\n, 2", "i:1 , i:2"),
        ("1 --", "i:1"),
        ("1 --\x01 2", "i:1"),
        ("1 --x", "i:1 - - w:x"),
        ("1 --\u{a0}x", "i:1 - - w:\u{a0}x"),
        ("1 --\u{85}, 2", "i:1 - - w:\u{85} , i:2"),
        ("id--\n,ssn", "w:id , w:ssn"),
        ("1 -- x\u{2028} 2\n3", "i:1 i:3"),
        ("/*/ 1 /*/ 2", "i:2"),
        ("/**/1", "i:1"),
        ("1 /* ; ' */ 2", "i:1 i:2"),
        ("DROP/*!*//**/DATABASE app", "w:DROP w:DATABASE w:app"),
        ("/*!40101 SET NAMES utf8 */;", "w:SET w:NAMES w:utf8 ;"),
        ("/*! 1 */ 2", "i:1 i:2"),
        ("/*!50000 1 /* x */ , ssn */", "i:1 , w:ssn"),
        ("/*!50000 '*/' */ 1", "'*/' i:1"),
        ("/*+ NO_ICP(t) */ 1", "i:1"),
    ] {
        check(text, expected);
    }
    for text in [
        &b"/* open"[..],
        b"/*/",
        b"/*! open",
        b"/*! COMMIT; */ ROLLBACK",
        b"/*! /*! 1 */ */",
        b"/*!500001 , ssn */",
        b"/*!080000 1 */",
        b"/*!123 1 */",
        b"/*!99999 /* */ */",
        b"/*!99999 /*/ 1 /*/ 2 */",
        b"/*!99999 1 */ /*!50700 2 */",
        b"/*!50701 1 */ /*M!50701 2 */",
        b"-- a\0b",
        b"/* a\0b */",
        b"-- \xff",
        b"/*+ BKA(`t*/ 1",
        b"/*+ SET_VAR(a='*/ 1",
        b"/*+ SET_VAR(a='\\'*/ 1",
        b"/*+ ' \" ' \" */ 1",
    ] {
        check_refused(text);
    }
}

#[test]
fn notes_hints_that_do_more_than_steer_a_plan() {
    for (hint, noted) in [
        ("NO_ICP(t)", false),
        ("JOIN_ORDER(`t 1`@`qb`, t2)", false),
        ("MAX_EXECUTION_TIME(1000)", false),
        ("SET_VAR(sql_mode='ANSI_QUOTES')", true),
        ("set_var(max_execution_time=0)", true),
        ("RESOURCE_GROUP(`r`)", true),
        ("BKA(t) ; x", true),
    ] {
        let text = format!("SELECT /*+ {hint} */ 1");
        let lexed = lex(text.as_bytes(), &context(MYSQL, ""), Reading::WithText).unwrap();
        assert_eq!(lexed.steering_hint, noted, "{hint}");
        assert_eq!(lexed.tokens.len(), 2, "{hint}");
    }
}

#[test]
fn gives_both_readings_of_a_version_comment() {
    for text in [
        "1 /*!99999 , 2 */",
        "1 /*!50700 , 2 */",
        "1 /*M! , 2 */",
        "1 /*M!100100 , 2 */",
    ] {
        let context = context(MARIADB, "");
        let with = lex(text.as_bytes(), &context, Reading::WithText).unwrap();
        assert!(with.ambiguous, "{text}");
        assert_eq!(with.tokens.len(), 3, "{text}");
        let without = lex(text.as_bytes(), &context, Reading::WithoutText).unwrap();
        assert_eq!(without.tokens.len(), 1, "{text}");
    }
    let context = context(MYSQL, "");
    assert!(
        !lex(b"/*!50699 1 */", &context, Reading::WithText)
            .unwrap()
            .ambiguous
    );
}

#[test]
fn bounds_what_would_be_deep() {
    let check_limit = |text: String| {
        let got = tokens(text.as_bytes(), &context(MYSQL, ""), Reading::WithText);
        assert!(matches!(got, Err(Unread::Limit { .. })), "{got:?}");
    };
    check_limit(format!("SELECT 1 FROM t{}", " JOIN t".repeat(100_000)));
    check_limit(format!("SELECT 1{}", "+1".repeat(250_000)));
    check_limit(format!("SELECT {}1", "(".repeat(201)));
    check_limit(format!("SELECT {}1", "CASE ".repeat(201)));
    check_limit("SELECT a UNION ".repeat(10_001));
    check_limit(format!("SELECT {}1", "NOT ".repeat(1000)));
    check_limit(format!("SELECT {}", "(1=1<>".repeat(199)));
    check_limit(" ".repeat(2 << 20));
    let many = vec!["(1,'a',2)"; 1000].join(",");
    assert!(tokens(many.as_bytes(), &context(MYSQL, ""), Reading::WithText).is_ok());
}

#[test]
fn refuses_a_comment_between_a_function_and_its_parenthesis_under_ignore_space() {
    let context = context(MYSQL, "IGNORE_SPACE");
    assert!(tokens(b"count/**/(1)", &context, Reading::WithText).is_err());
    assert!(tokens(b"count (1)", &context, Reading::WithText).is_ok());
}
