//! Stored programs: headers are read, bodies are one block, and a text ends where the server says.

mod common;

use common::SERVERS;
use common::catalog;
use common::session;
use common::show;
use policy_core::lex::ReadLimits;
use policy_core::name::TableId;
use policy_core::read::read;
use policy_core::session::TemporaryTables;

fn check(text: &str, expected: &str) {
    for version in SERVERS {
        assert_eq!(show(version, text), expected, "{text} on {version}");
    }
}

fn check_refused(text: &str) {
    for version in SERVERS {
        let got = show(version, text);
        assert!(got.starts_with("refused: "), "{text} on {version}: {got}");
    }
}

/// The kinds of the statements of a text, where several may be sent.
fn kinds(text: &str) -> Result<Vec<&'static str>, String> {
    let [version, _] = SERVERS;
    let mut session = session(version);
    session.multi_statements = true;
    let statements = read(
        text.as_bytes(),
        &session,
        &catalog(version),
        &ReadLimits::default(),
    )
    .map_err(|unread| unread.to_string())?;
    Ok(statements.iter().map(|s| s.kind.name()).collect())
}

#[test]
fn a_body_is_unread_and_its_header_is_not() {
    check(
        "CREATE PROCEDURE p(IN a INT, OUT b VARCHAR(10) CHARACTER SET utf8mb4) \
         COMMENT 'x' BEGIN SELECT ssn FROM users; END",
        "create procedure | Create app.p() | SchemaChange([app.p]) \
         | withheld: `create procedure`",
    );
    check(
        "CREATE TRIGGER t AFTER UPDATE ON orders FOR EACH ROW SET @a = @@server_id",
        "create trigger | Alter app.orders() \
         | SchemaChange([app.orders]) | withheld: `create trigger`",
    );
    check(
        "CREATE DEFINER = root@localhost EVENT e ON SCHEDULE EVERY 1 + 1 DAY STARTS NOW() DO SELECT 1",
        "create event | Create app.e() | SchemaChange([app.e]) \
         | withheld: a DEFINER other than CURRENT_USER | withheld: `create event`",
    );
    check_refused("CREATE TRIGGER t AFTER UPDATE ON nothing FOR EACH ROW SET @a = 1");
    check_refused("CREATE EVENT e ON SCHEDULE EVERY 1 FORTNIGHT DO SELECT 1");
    check_refused("CREATE EVENT e ON SCHEDULE AT none(1) DO SELECT 1");
}

#[test]
fn what_is_altered_or_dropped_is_called_by_its_own_name() {
    for kind in ["PROCEDURE", "FUNCTION"] {
        check_refused(&format!("DROP {kind} IF EXISTS dánger"));
        check_refused(&format!("DROP {kind} app.dánger"));
        check_refused(&format!("ALTER {kind} dánger COMMENT 'x'"));
    }
    check(
        "DROP PROCEDURE nothing_known",
        "drop procedure | Drop app.nothing_known() | SchemaChange([app.nothing_known])",
    );
    let mut catalog = catalog(SERVERS[0]);
    let known = TableId::new("app".into(), "größe".into());
    catalog.routines.insert(known);
    for text in [
        "DROP FUNCTION größe",
        "ALTER PROCEDURE GRÖSSE COMMENT 'x'",
        "DROP FUNCTION GRÖßE",
    ] {
        let got = read(
            text.as_bytes(),
            &session(SERVERS[0]),
            &catalog,
            &ReadLimits::default(),
        );
        assert_eq!(got.is_ok(), !text.contains("SS"), "{text}: {got:?}");
    }
}

#[test]
fn no_temporary_table_lies_over_a_program() {
    let mut session = session(SERVERS[0]);
    session.temporary = TemporaryTables::Unknown;
    let may_be_read = |text: &str| {
        let limits = ReadLimits::default();
        read(text.as_bytes(), &session, &catalog(SERVERS[0]), &limits).is_ok()
    };
    assert!(may_be_read("DROP PROCEDURE p"));
    assert!(may_be_read("CREATE FUNCTION f() RETURNS INT RETURN 1"));
    assert!(may_be_read("ALTER EVENT e DISABLE"));
    assert!(may_be_read("DROP TRIGGER t"));
    assert!(!may_be_read(
        "CREATE TRIGGER t AFTER UPDATE ON orders FOR EACH ROW SET @a = 1"
    ));
    assert!(!may_be_read("DROP TABLE p"));
}

#[test]
fn blocks_must_be_closed_by_their_own_end() {
    for text in [
        "CREATE PROCEDURE p() BEGIN SELECT 1",
        "CREATE PROCEDURE p() BEGIN SELECT 1; END IF",
        "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END",
        "CREATE PROCEDURE p() BEGIN LOOP SELECT 1; END WHILE; END",
        "CREATE PROCEDURE p() BEGIN REPEAT SELECT 1; END REPEAT; END",
        "CREATE PROCEDURE p() BEGIN END; END",
        "CREATE PROCEDURE p() BEGIN ; END",
        "CREATE PROCEDURE p() SELECT 1; END",
        "CREATE PROCEDURE p()",
        "CREATE PROCEDURE p(a) SELECT 1",
        "CREATE PROCEDURE p(a INT DEFAULT (SELECT 1)) SELECT 1",
        "CREATE FUNCTION f() RETURN 1",
        "CREATE FUNCTION f() RETURNS INT SONAME 'x'",
        "BEGIN NOT ATOMIC SELECT 1",
    ] {
        check_refused(text);
    }
}

#[test]
fn a_text_is_split_where_the_body_ends() {
    let block = "CREATE PROCEDURE p() x: BEGIN DECLARE a INT; DECLARE CONTINUE HANDLER FOR NOT FOUND, \
                 SQLSTATE '01000' BEGIN SET a = 1; END; IF CASE a WHEN 1 THEN 1 END = 1 THEN SELECT 1; \
                 ELSEIF a THEN SELECT 2; ELSE SELECT 3; END IF; CASE a WHEN 1 THEN SELECT 1; ELSE BEGIN \
                 END; END CASE; WHILE a DO SET a = 0; END WHILE; l: LOOP LEAVE l; END LOOP l; REPEAT \
                 SELECT 1; UNTIL CASE 1 WHEN 1 THEN 1 END END REPEAT; END x";
    assert_eq!(kinds(block), Ok(vec!["create procedure"]));
    assert_eq!(kinds(&format!("{block};")), Ok(vec!["create procedure"]));
    assert_eq!(
        kinds(&format!("SELECT 1; {block}")),
        Ok(vec!["select", "create procedure"])
    );
    // What follows a change of the schema is refused, whatever it is; what is no part of the body
    // must never be taken for one.
    for text in [
        "CREATE PROCEDURE p() SELECT 1; DROP TABLE users",
        "CREATE PROCEDURE p() BEGIN END; DROP TABLE users",
        "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SET @a = 1; DELETE FROM users; END",
        "CREATE PACKAGE p AS PROCEDURE a(); END; DROP TABLE users; END",
        "SET STATEMENT max_statement_time = 1 FOR CREATE PROCEDURE p() SELECT 1; DROP TABLE users",
    ] {
        assert!(kinds(text).is_err(), "{text}: {:?}", kinds(text));
    }
}

#[test]
fn deep_blocks_are_walked_and_not_climbed() {
    let blocks = 20_000;
    let text = format!(
        "CREATE PROCEDURE p() {}{}",
        "BEGIN ".repeat(blocks),
        "END; ".repeat(blocks)
    );
    let text = text.trim_end().trim_end_matches(';');
    for version in SERVERS {
        let got = show(version, text);
        assert!(
            got.starts_with("create procedure") || got.starts_with("refused: "),
            "{version}"
        );
    }
    let odd = "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1; ".repeat(90);
    assert!(kinds(odd.trim_end()).is_err());
}

#[test]
fn a_dropped_program_is_known_by_its_name() {
    check(
        "DROP PROCEDURE IF EXISTS app.p",
        "drop procedure | Drop app.p() | SchemaChange([app.p])",
    );
    check_refused("DROP PROCEDURE a, b");
    check_refused("DROP FUNCTION f()");
    check_refused("DROP TRIGGER");
}
