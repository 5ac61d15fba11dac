//! No text overflows a small stack: long chains are read, or refused by a named bound, and odd bytes as such.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::SERVERS;
use policy_core::unread::Unread;

/// A quarter of what tokio gives a worker.
const STACK_BYTES: usize = 512 << 10;

/// Far over every bound, and within the bound of bytes.
const COUNT: usize = 260_000;

/// Reads on a small stack; what was read is dropped there too.
fn read_on_a_small_stack(text: Vec<u8>, may_be_read: bool, expected: fn(&Unread) -> bool) {
    let read = move || {
        for version in SERVERS {
            let shown = String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned();
            match common::read_on(version, &text) {
                Ok(_) => assert!(may_be_read, "{version}: `{shown}…` was read"),
                Err(unread) => assert!(expected(&unread), "{version}: `{shown}…`: {unread}"),
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(read).unwrap().join().unwrap();
}

fn refused_on_a_small_stack(text: Vec<u8>, expected: fn(&Unread) -> bool) {
    read_on_a_small_stack(text, false, expected);
}

fn is_bound(unread: &Unread) -> bool {
    matches!(unread, Unread::Limit { .. })
}

fn is_unread(unread: &Unread) -> bool {
    matches!(
        unread,
        Unread::Limit { .. }
            | Unread::Lex { .. }
            | Unread::Syntax { .. }
            | Unread::Unsupported { .. }
    )
}

/// `frame` with its `@` replaced by so many repetitions as fit into a mebibyte.
fn chain(frame: &str, part: &str) -> Vec<u8> {
    let count = COUNT.min(((1 << 20) - frame.len()) / part.len());
    frame.replacen('@', &part.repeat(count), 1).into_bytes()
}

#[test]
fn reads_long_chains_or_refuses_them_by_a_bound() {
    for (frame, part) in CHAINS {
        read_on_a_small_stack(chain(frame, part), true, is_unread);
    }
}

/// What repeats, and where.
const CHAINS: &[(&str, &str)] = &[
    ("SELECT 1@", "+1"),
    ("SELECT 1@", " * 2"),
    ("SELECT 1@", "-1"),
    ("SELECT 1@", "||1"),
    ("SELECT 1@", " DIV 1"),
    ("SELECT 1@", " MOD 1"),
    ("SELECT @1", "-"),
    ("SELECT @1", "- "),
    ("SELECT @1", "~"),
    ("SELECT @1", "!"),
    ("SELECT @1", "NOT "),
    ("SELECT @1", "BINARY "),
    ("SELECT 1@", " AND 1"),
    ("SELECT 1@", " OR 1"),
    ("SELECT 1@", " XOR 1"),
    ("SELECT 1@", "&&1"),
    ("SELECT 1@", " = 1"),
    ("SELECT 1@", " IS NULL"),
    ("SELECT 1@", " IS NOT TRUE"),
    ("SELECT 1@", " BETWEEN 1 AND 2"),
    ("SELECT 1@", " LIKE 1"),
    ("SELECT 1@", " REGEXP 1"),
    ("SELECT 1@", " SOUNDS LIKE 1"),
    ("SELECT 1@", " IN (1)"),
    ("SELECT 1@", " COLLATE utf8mb4_bin"),
    ("SELECT id FROM orders WHERE id=1@", " OR id=1"),
    ("SELECT id FROM orders WHERE @1", "id=1 AND "),
    ("SELECT @", "("),
    ("SELECT @1", "ABS("),
    ("SELECT @", "(SELECT "),
    ("SELECT @", "CASE WHEN 1 THEN "),
    ("SELECT @", "CASE "),
    ("SELECT 1 FROM @", "("),
    ("SELECT 1 FROM @", "(SELECT 1 FROM "),
    ("SELECT 1 FROM @", "LATERAL (SELECT "),
    ("@SELECT 1", "("),
    ("SELECT 1 FROM orders@", " JOIN orders"),
    ("SELECT 1 FROM orders@", " NATURAL JOIN orders"),
    ("SELECT 1 FROM orders@", " STRAIGHT_JOIN orders"),
    ("SELECT 1 FROM orders@", " LEFT JOIN orders ON 1"),
    ("SELECT 1 FROM orders@", " JOIN orders USING (id)"),
    ("SELECT 1@", " UNION SELECT 1"),
    ("SELECT 1@", " UNION ALL SELECT 1"),
    ("SELECT 1@", " EXCEPT SELECT 1"),
    ("SELECT 1@", " INTERSECT (SELECT 1)"),
    ("VALUES ROW(1)@", " UNION VALUES ROW(1)"),
    ("TABLE orders@", " UNION TABLE orders"),
    ("WITH a AS (SELECT 1) @SELECT 1", "SELECT * FROM a UNION "),
    (
        "SELECT 1 FROM orders WHERE @",
        "EXISTS (SELECT 1 FROM orders WHERE ",
    ),
    (
        "SELECT 1 FROM orders WHERE @",
        "id IN (SELECT 1 FROM orders WHERE ",
    ),
    ("SELECT 1@", ",1,1,1"),
    ("SELECT 1 FROM orders ORDER BY 1@", ",1,1,1"),
    ("INSERT INTO orders (id) VALUES (1)@", ",(1)"),
    ("SELECT ?@", ",?"),
    ("UPDATE orders SET id = 1 WHERE 1@", "+1"),
    ("DELETE FROM orders WHERE @1", "NOT "),
    ("CREATE TABLE x (a INT DEFAULT (1@))", "+1"),
    ("CREATE TABLE x (a INT CHECK (@", "("),
    ("CREATE VIEW x AS SELECT 1@", " UNION SELECT 1"),
    ("ALTER TABLE orders ADD COLUMN a INT AS (1@)", "+1"),
    ("SET @x = 1@", "+1"),
    ("SET SESSION sort_buffer_size = @1", "-"),
    ("SHOW TABLES WHERE 1@", " OR 1"),
    ("DO 1@", "+1"),
    ("CALL leak(@", "("),
    ("EXPLAIN SELECT 1@", "+1"),
    ("@SELECT 1", "EXPLAIN "),
    ("KILL 1@", "+1"),
];

/// Chains within the bounds are read, or refused for what they say; either way the stack holds.
#[test]
fn survives_chains_of_every_length() {
    let read = || {
        for (frame, part) in CHAINS {
            for count in [39, 300, 30_000] {
                let text = frame.replacen('@', &part.repeat(count), 1);
                let _ = common::read_on(SERVERS[0], text.as_bytes());
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(read).unwrap().join().unwrap();
}

#[test]
fn names_the_bound_of_chains_of_queries() {
    for (frame, part) in [
        ("SELECT 1@", "+1"),
        ("SELECT @1", "NOT "),
        ("SELECT 1@", "&&1"),
        ("SELECT 1@", " BETWEEN 1 AND 2"),
        ("SELECT @", "("),
        ("SELECT @", "(SELECT "),
        ("SELECT @", "CASE WHEN 1 THEN "),
        ("SELECT 1 FROM orders@", " JOIN orders"),
        ("SELECT 1@", " UNION SELECT 1"),
        ("SELECT 1@", ",1,1,1"),
        ("SELECT 1;@", "SELECT 1;"),
    ] {
        refused_on_a_small_stack(chain(frame, part), is_bound);
    }
}

#[test]
fn reads_chains_that_make_no_tree() {
    for (frame, part) in [
        ("SELECT @1", "/* */"),
        ("SELECT @1", "/**/ "),
        ("SELECT @1", "-- \n"),
        ("SELECT @1", "#\n"),
        ("SELECT @1", " "),
        ("SELECT @1", "\n"),
        ("SELECT '@'", "''"),
        ("SELECT '@'", "\\'"),
        ("SELECT @", "'x' "),
        ("SELECT `@` FROM (SELECT 1) x", "``"),
        ("SELECT 1@", ";"),
    ] {
        let text = chain(frame, part);
        let read = move || {
            for version in SERVERS {
                let _ = common::read_on(version, &text);
            }
        };
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        thread.spawn(read).unwrap().join().unwrap();
    }
    for text in [
        format!("SELECT {}1", "/* */".repeat(100_000)),
        format!("SELECT {}1", " ".repeat(COUNT)),
        format!("SELECT '{}'", "''".repeat(COUNT)),
        format!("SELECT {}", "'x' ".repeat(COUNT)),
    ] {
        for version in SERVERS {
            let read = common::read_on(version, text.as_bytes());
            assert!(read.is_ok(), "{version}: {read:?}");
        }
    }
}

#[test]
fn refuses_bytes_that_are_no_statement() {
    let comment = "/* only a comment */ -- and another\n# and one more";
    for text in ["", " ", "\t\r\n", ";", ";;;", comment, "/**/;", "-- "] {
        refused_on_a_small_stack(text.into(), |unread| *unread == Unread::Empty);
    }
    for text in [
        b"SELECT 'unfinished".to_vec(),
        b"SELECT \"unfinished".to_vec(),
        b"SELECT `unfinished".to_vec(),
        b"SELECT 1 /* unfinished".to_vec(),
        b"SELECT 1 /*!50000 unfinished".to_vec(),
        b"SELECT /*! 1".to_vec(),
        b"SELECT 'x\\".to_vec(),
        b"SELECT x'0".to_vec(),
        b"SELECT @`x".to_vec(),
        b"SELECT\0 1".to_vec(),
        b"SELECT 1\0".to_vec(),
        b"\0".to_vec(),
        b"SELECT `a\0b`".to_vec(),
        b"SELECT 1 -- \0\n".to_vec(),
        b"SELECT '\xff'".to_vec(),
        b"SELECT \xc3".to_vec(),
        b"SELECT `\xc3\x28`".to_vec(),
        b"SELECT /* \xff */ 1".to_vec(),
        b"SELECT _utf8mb4'\xf0\x28\x8c\x28'".to_vec(),
        b"\xef\xbb\xbfSELECT 1".to_vec(),
        b"SELECT 1 \x1a".to_vec(),
        [0x27; 99_999].to_vec(),
        [0x60; 99_999].to_vec(),
        [0x22; 99_999].to_vec(),
        b"/*".repeat(COUNT),
        b"*/".repeat(COUNT),
        b"/*!".repeat(COUNT),
        b"(".repeat(COUNT),
        b")".repeat(COUNT),
        b"{".repeat(COUNT),
        b"@".repeat(COUNT),
        b"\\".repeat(COUNT),
        vec![0; 1 << 20],
        vec![0xff; 1 << 20],
        vec![b'a'; 1 << 20],
        vec![b'9'; 1 << 20],
    ] {
        refused_on_a_small_stack(text, is_unread);
    }
}

#[test]
fn refuses_64_mebibytes_by_their_number() {
    let text = [b"SELECT ".as_slice(), &vec![b'1'; 64 << 20]].concat();
    refused_on_a_small_stack(text, |unread| {
        matches!(unread, Unread::Limit { what: "bytes", .. })
    });
}
