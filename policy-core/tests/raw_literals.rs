//! Bytes that are no text stand in a plain literal only where they are a value that is written.

mod common;

use common::SERVERS;
use common::catalog;
use common::session;
use policy_core::charset::ClientCharset;
use policy_core::lex::ReadLimits;
use policy_core::read::parts;
use policy_core::read::read;
use policy_core::server::ServerKind;
use policy_core::session::SessionContext;
use policy_core::shape::Shape;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Statement;
use policy_core::unread::Unread;

/// The text with bytes that are no text for each `#`.
fn bytes(text: &str) -> Vec<u8> {
    let parts: Vec<&[u8]> = text.as_bytes().split(|byte| *byte == b'#').collect();
    parts.join(&b"\xff\x00\xe2"[..])
}

fn read_in(session: &SessionContext, text: &[u8]) -> Result<Vec<Statement>, Unread> {
    let version = match session.server.kind {
        ServerKind::MySql => SERVERS[0],
        ServerKind::MariaDb => SERVERS[1],
    };
    read(text, session, &catalog(version), &ReadLimits::default())
}

/// The same statement with ordinary text in the place of the bytes.
fn with_text(text: &str) -> Vec<u8> {
    text.replace('#', "x").into_bytes()
}

#[test]
fn a_value_that_is_written_may_be_no_text() {
    for text in [
        "INSERT INTO docs (id, note) VALUES (1, '#')",
        "INSERT INTO docs VALUES (1, 'a'), (2, '#'), (3, NULL)",
        "INSERT INTO docs VALUES ('#', '#')",
        "INSERT INTO docs VALUE (1, \"#\")",
        "INSERT IGNORE docs VALUES (1, '#' 'x' '#')",
        "INSERT INTO docs SET id = 1, note = '#'",
        "INSERT INTO docs SET note := '#', id = 1",
        "INSERT INTO docs VALUES (1, 'a') ON DUPLICATE KEY UPDATE note = '#'",
        "INSERT INTO docs VALUES (1, '#') ON DUPLICATE KEY UPDATE note = '#', id = 2",
        "REPLACE INTO docs (note) VALUES ('#')",
        "REPLACE docs SET note = '#'",
        "UPDATE docs SET note = '#' WHERE id = 1",
        "UPDATE docs SET note = 'a', note = '#' ORDER BY id LIMIT 1",
        "UPDATE docs d JOIN audit a ON a.id = d.id SET d.note = '#' WHERE a.id = 7",
        "WITH c AS (SELECT id FROM audit) UPDATE docs d JOIN c ON c.id = d.id SET note = '#' WHERE d.id = 1",
        "INSERT INTO docs (id, note) VALUES (1, '#');",
        "INSERT INTO docs (id, note) VALUES (1, /* x */ '#' /* y */)",
        "INSERT INTO docs (id, note) VALUES (1, /*!40000 '#' */)",
    ] {
        for version in SERVERS {
            let session = session(version);
            let read = read_in(&session, &bytes(text));
            let [statement] = read.as_deref().unwrap_or_else(|e| panic!("{text}: {e}")) else {
                panic!("{text}: not one statement");
            };
            // It is read as the same statement with a text, but for where things stand.
            let plain = read_in(&session, &with_text(text)).unwrap();
            assert_eq!(statement.flows, plain[0].flows, "{text}");
            assert_eq!(statement.accesses, plain[0].accesses, "{text}");
            assert_eq!(statement.literals.len(), plain[0].literals.len(), "{text}");
        }
    }
}

#[test]
fn anywhere_else_it_may_not() {
    for text in ELSEWHERE {
        for version in SERVERS {
            let mut session = session(version);
            session.multi_statements = true;
            let read = read_in(&session, &bytes(text));
            assert!(read.is_err(), "{text} on {version}: {read:?}");
        }
    }
}

/// Where something is made of it, it chooses rows, is shown, or lives on.
const ELSEWHERE: &[&str] = &[
    // Something is made of it.
    "INSERT INTO docs VALUES (1, CONCAT('#', 'a'))",
    "INSERT INTO docs VALUES (1, ('#'))",
    "INSERT INTO docs VALUES (1, +'#')",
    "INSERT INTO docs VALUES (1, -'#')",
    "INSERT INTO docs VALUES (1, NOT '#')",
    "INSERT INTO docs VALUES (1, '#' + 1)",
    "INSERT INTO docs VALUES (1, '#' || 'a')",
    "INSERT INTO docs VALUES (1, '#' = 'a')",
    "INSERT INTO docs VALUES (1, '#' LIKE 'a')",
    "INSERT INTO docs VALUES (1, '#' IS NULL)",
    "INSERT INTO docs VALUES (1, '#' COLLATE utf8mb4_bin)",
    "INSERT INTO docs VALUES (1, BINARY '#')",
    "INSERT INTO docs VALUES (1, CAST('#' AS CHAR))",
    "INSERT INTO docs VALUES (1, DATE '#')",
    "INSERT INTO docs VALUES (1, TIMESTAMP'#')",
    "INSERT INTO docs VALUES (1, {d '#'})",
    "INSERT INTO docs VALUES (1, INTERVAL '#' DAY + '2020-01-01')",
    "INSERT INTO docs VALUES (1, 1 IN ('#'))",
    "INSERT INTO docs VALUES (1, CASE WHEN 1 THEN '#' END)",
    "INSERT INTO docs VALUES (1, @x := '#')",
    "INSERT INTO docs VALUES (1, (SELECT '#'))",
    "INSERT INTO docs VALUES (1, note -> '#')",
    "INSERT INTO docs VALUES (1, _utf8mb4'#')",
    "INSERT INTO docs VALUES (1, _binary'a' '#')",
    "INSERT INTO docs VALUES (1, N'#')",
    "INSERT INTO docs VALUES ROW(1, '#')",
    "INSERT INTO docs VALUES (1, (VALUES ROW('#')))",
    "INSERT INTO docs SELECT 1, '#'",
    "INSERT INTO docs SELECT id, note FROM docs WHERE note = '#'",
    "INSERT INTO docs TABLE docs '#'",
    "INSERT INTO docs VALUES (1, 'a') ON DUPLICATE KEY UPDATE note = CONCAT(note, '#')",
    "INSERT INTO docs VALUES (1, 'a') AS '#'",
    "INSERT INTO docs VALUES (1, 'a') RETURNING '#'",
    "INSERT INTO docs VALUES (1, 'a') RETURNING id AS '#'",
    "INSERT INTO docs PARTITION ('#') VALUES (1, 'a')",
    "INSERT INTO docs ('#') VALUES (1)",
    "INSERT INTO '#' VALUES (1, 'a')",
    "INSERT INTO docs VALUES (1, 'a') '#'",
    "INSERT '#' INTO docs VALUES (1, 'a')",
    // Comments and names must be text.
    "INSERT INTO docs VALUES (1, 'a') /* # */",
    "INSERT INTO docs VALUES (1, '#') -- #",
    "INSERT INTO docs (`#`) VALUES ('a')",
    // It chooses rows.
    "UPDATE docs SET note = 'a' WHERE note = '#'",
    "UPDATE docs SET note = '#' WHERE note = '#'",
    "UPDATE docs SET note = '#' WHERE '#'",
    "UPDATE docs SET note = note = '#'",
    "UPDATE docs SET note = ('#')",
    "UPDATE docs SET note = '#' AND 1 WHERE id = 1",
    "UPDATE docs SET note = IF(id = 1, '#', note)",
    "UPDATE docs SET note = 'a' ORDER BY '#'",
    "UPDATE docs SET note = 'a' LIMIT '#'",
    "UPDATE docs d JOIN audit a ON a.id = '#' SET d.note = 'a'",
    "UPDATE docs FOR PORTION OF p FROM '#' TO '2030-01-01' SET note = 'a'",
    "DELETE FROM docs WHERE note = '#'",
    "DELETE FROM docs WHERE id = 1 RETURNING '#'",
    // It is shown.
    "SELECT '#'",
    "SELECT '#', ssn FROM users",
    "SELECT id FROM docs WHERE note = '#'",
    "SELECT id AS '#' FROM docs",
    "SELECT id '#' FROM docs",
    "VALUES ROW('#')",
    "VALUES ('#')",
    "SELECT id FROM docs ORDER BY '#'",
    "SELECT id INTO OUTFILE '#' FROM docs",
    "EXPLAIN INSERT INTO docs VALUES (1, '#')",
    "EXPLAIN UPDATE docs SET note = '#' WHERE id = 1",
    "ANALYZE UPDATE docs SET note = '#' WHERE id = 1",
    // It goes on living elsewhere.
    "SET @a = '#'",
    "SET NAMES '#'",
    "SET sql_mode = '#'",
    "SET STATEMENT max_statement_time = 1 FOR INSERT INTO docs VALUES (1, '#')",
    "CALL p('#')",
    "DO '#'",
    "PREPARE s FROM 'INSERT INTO docs VALUES (1, ''#'')'",
    "PREPARE s FROM '#'",
    "EXECUTE IMMEDIATE 'INSERT INTO docs VALUES (1, ''#'')'",
    "EXECUTE s USING '#'",
    "CREATE TABLE n (a CHAR(9) DEFAULT '#')",
    "CREATE TABLE n (a CHAR(9) COMMENT '#')",
    "CREATE TABLE n (a ENUM('#'))",
    "CREATE TABLE n (a INT) COMMENT '#'",
    "CREATE TABLE n AS SELECT '#' AS a",
    "CREATE TABLE n (a CHAR(9), CHECK (a <> '#'))",
    "CREATE TABLE n (a INT) PARTITION BY LIST COLUMNS (a) (PARTITION p VALUES IN ('#'))",
    "ALTER TABLE docs ALTER note SET DEFAULT '#'",
    "CREATE VIEW n AS SELECT '#' AS a",
    "CREATE PROCEDURE n() INSERT INTO docs VALUES (1, '#')",
    "CREATE TRIGGER n BEFORE INSERT ON docs FOR EACH ROW SET NEW.note = '#'",
    "CREATE EVENT n ON SCHEDULE EVERY 1 DAY DO INSERT INTO docs VALUES (1, '#')",
    "BEGIN NOT ATOMIC INSERT INTO docs VALUES (1, '#'); END",
    "CREATE USER a IDENTIFIED BY '#'",
    "SHOW TABLES LIKE '#'",
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE docs SET note = '#'",
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE docs FIELDS TERMINATED BY '#'",
    "KILL '#'",
    "XA START '#'",
    "#",
    "'#'",
];

#[test]
fn the_refusal_says_where_bytes_may_stand() {
    let check = |text: &str| {
        let text = bytes(text);
        let refusal = read_in(&session(SERVERS[0]), &text)
            .unwrap_err()
            .to_string();
        let raw = text.iter().position(|byte| *byte == 0xff).unwrap() - 1;
        assert!(
            refusal.contains(&format!("byte {raw}: bytes that are not utf8mb4 text"))
                && refusal.contains("_binary")
                && refusal.contains("a whole value of INSERT"),
            "{refusal}"
        );
    };
    check("SELECT '#', ssn FROM users");
    check("UPDATE docs SET note = 'a' WHERE note = '#'");
    check("INSERT INTO docs VALUES (1, CONCAT('#', 'a'))");
    check("INSERT INTO docs VALUES (1, '#' || 'a')");
    check("SET @a = '#'");
}

#[test]
fn under_other_character_sets_it_may_not() {
    let written = bytes("INSERT INTO docs VALUES (1, '#')");
    for version in SERVERS {
        for (charset, is_read) in [
            (ClientCharset::Utf8mb4, true),
            (ClientCharset::Utf8mb3, true),
            (ClientCharset::Latin1, true),
            (ClientCharset::Binary, true),
            (ClientCharset::Ascii, false),
        ] {
            let mut session = session(version);
            session.client_charset = charset;
            let read = read_in(&session, &written);
            assert_eq!(read.is_ok(), is_read, "{charset:?}: {read:?}");
        }
        let mut session = session(version);
        session.sql_mode = SqlMode::ANSI_QUOTES;
        let quoted = bytes("INSERT INTO docs VALUES (1, \"#\")");
        assert!(read_in(&session, &quoted).is_err());
        assert!(read_in(&session, &written).is_ok());
    }
}

#[test]
fn each_statement_of_several_is_read_by_itself() {
    let text =
        bytes("INSERT INTO docs VALUES (1, '#;'); UPDATE docs SET note = '\\'#;' WHERE id = 1");
    for version in SERVERS {
        let mut session = session(version);
        session.multi_statements = true;
        assert_eq!(read_in(&session, &text).unwrap().len(), 2);
        let spans = parts(&text, &session, &ReadLimits::default()).unwrap();
        assert_eq!(spans.len(), 2);
        let first = text.get(spans[0].clone()).unwrap();
        assert_eq!(first, bytes("INSERT INTO docs VALUES (1, '#;')"));
        let bad = bytes("INSERT INTO docs VALUES (1, '#'); SELECT '#'");
        assert!(read_in(&session, &bad).is_err());
    }
}

/// One facts for both would hold for a text where it does not for bytes, or the other way round.
#[test]
fn bytes_and_texts_are_of_different_shapes() {
    let session = session(SERVERS[0]);
    let shape = |text: &[u8]| Shape::of(text, &session, &ReadLimits::default()).unwrap();
    for text in [
        "INSERT INTO docs VALUES (1, '#')",
        "UPDATE docs SET note = '#' WHERE id = 1",
        "UPDATE docs SET note = 'a' WHERE note = '#'",
        "SELECT id FROM docs WHERE note = '#'",
    ] {
        assert_ne!(
            shape(&bytes(text)).key(),
            shape(&with_text(text)).key(),
            "{text}"
        );
    }
    let one = bytes("INSERT INTO docs VALUES (1, '#')");
    let other = b"INSERT INTO docs VALUES (2, '\xfe')";
    assert_eq!(shape(&one).key(), shape(other).key());
    let statement = read_in(&session, &one).unwrap().remove(0);
    let moved = shape(other).facts(&statement);
    assert_eq!(moved, read_in(&session, other).unwrap().remove(0));
}

/// What a new row holds is asked in ON DUPLICATE KEY UPDATE; a text that is none can fail there.
#[test]
fn what_is_computed_from_such_a_value_may_fail() {
    let text = "INSERT INTO users (id, name, ssn) VALUES (1, '#', 'x') AS n \
                ON DUPLICATE KEY UPDATE email = CONCAT(n.name, users.ssn)";
    let session = session(SERVERS[0]);
    let with_bytes = read_in(&session, &bytes(text)).unwrap();
    let plain = read_in(&session, &with_text(text)).unwrap();
    let steers = |statement: &Statement| {
        let influences = statement.influences.iter();
        influences
            .filter(|i| i.column.column.as_str() == "ssn")
            .count()
    };
    assert!(steers(&with_bytes[0]) >= steers(&plain[0]));
    assert!(steers(&with_bytes[0]) > 0);
}
