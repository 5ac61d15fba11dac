//! Leaks that were found by attack: each stays closed.

use super::fixture::MARIADB;
use super::fixture::MYSQL;
use super::fixture::read;
use crate::statement::Statement;
use crate::unread::Unread;

fn steers_by_ssn(result: &Result<Statement, Unread>) -> bool {
    result.as_ref().is_ok_and(|statement| {
        let mut steering = statement.influences.iter();
        steering.any(|influence| influence.column.column.as_str() == "ssn")
    })
}

/// A body in parentheses was not taken as recursive, and its own name meant a base table.
#[test]
fn a_recursive_name_never_means_a_base_table() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "WITH RECURSIVE orders(id, note, status) AS ((SELECT id, ssn, name FROM users UNION \
             ALL SELECT id+10, status, note FROM orders WHERE id < 10)) SELECT status FROM orders",
            "WITH RECURSIVE orders(id, note) AS (SELECT id, note FROM orders) SELECT note FROM orders",
            "WITH RECURSIVE orders(id, note) AS (SELECT id, note FROM orders UNION ALL SELECT id, \
             ssn FROM users) SELECT note FROM orders",
        ] {
            assert!(read(sql, version).is_err(), "{sql}");
        }
    }
}

/// How many rows JSON_TABLE gives, and whether it fails, hangs on its document.
#[test]
fn json_table_over_a_column_is_steered_by_it() {
    let sql = "SELECT u.id FROM users u, JSON_TABLE(CONCAT('{\"', LEFT(ssn, 1), '\":1}'), \
               '$.\"1\"' COLUMNS (n FOR ORDINALITY)) jt";
    for version in [MYSQL, MARIADB] {
        assert!(
            steers_by_ssn(&read(sql, version)),
            "{:?}",
            read(sql, version)
        );
    }
}

/// Servers drop parentheses and signs before they look for a position.
#[test]
fn a_position_is_seen_through_parentheses_and_signs() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "SELECT id, ssn FROM users ORDER BY (2) DESC",
            "SELECT id, ssn FROM users ORDER BY +2",
            "SELECT id, ssn FROM users ORDER BY ((+2))",
            "SELECT ssn, id FROM users ORDER BY TRUE",
            "SELECT ssn, id FROM users ORDER BY !FALSE DESC",
            "SELECT id, ssn FROM users ORDER BY -(-2)",
            "SELECT id, ssn FROM users ORDER BY ?",
            "SELECT ssn, COUNT(*) FROM users GROUP BY (1)",
            "(SELECT id, ssn FROM users) ORDER BY (2)",
            "SELECT id, ssn FROM users UNION ALL SELECT id, ssn FROM users ORDER BY (2)",
        ] {
            assert!(
                steers_by_ssn(&read(sql, version)),
                "{sql}: {:?}",
                read(sql, version)
            );
        }
        let harmless = "SELECT id, ssn FROM users ORDER BY (1)";
        assert!(!steers_by_ssn(&read(harmless, version)));
    }
}

/// A number that is bound to a parameter turns a text column into numbers.
#[test]
fn a_text_column_equal_to_a_parameter_is_equality_if_it_is_bound_as_a_text() {
    for version in [MYSQL, MARIADB] {
        let steering = |sql: &str| {
            let statement = read(sql, version).unwrap();
            let steering = statement.influences.into_iter();
            let own = steering.filter(|i| i.column.column.as_str() == "ssn");
            let most = own.max_by_key(|i| i.strength);
            most.map(|i| (i.strength, i.texts)).unwrap()
        };
        use crate::statement::Strength::Any;
        use crate::statement::Strength::Equality;
        for (condition, expected) in [
            ("ssn = ?", (Equality, vec![0])),
            ("? = (ssn)", (Equality, vec![0])),
            ("id = ? AND ssn = (?) AND id = ?", (Equality, vec![1])),
            ("id = ? AND ssn IN (?, 'x', +?)", (Equality, vec![1, 2])),
            ("ssn = 'x' AND id = ?", (Equality, vec![])),
            ("ssn = X'61'", (Any, vec![])),
            ("ssn = {d '2001-01-01'}", (Any, vec![])),
            ("ssn IN ('x', {TS '2001-01-01 00:00:00'})", (Any, vec![])),
            ("ssn = {t '00:00:00'}", (Any, vec![])),
            ("ssn = {x 'y'}", (Equality, vec![])),
            ("ssn = _binary 'a'", (Any, vec![])),
            ("ssn = CONCAT(?)", (Any, vec![])),
            ("ssn = ? OR id = ?", (Any, vec![])),
            ("ssn = (SELECT ?)", (Any, vec![])),
            ("ssn = -?", (Any, vec![])),
        ] {
            let sql = format!("SELECT id FROM users WHERE {condition}");
            assert_eq!(steering(&sql), expected, "{condition}");
        }
        // Parameters are counted over the whole statement, wherever they stand.
        let sql = "SELECT ? FROM (SELECT ssn FROM users WHERE id = ?) d WHERE ssn = ? LIMIT ?";
        assert_eq!(steering(sql).1, [2]);
        let sql = "UPDATE orders o JOIN users u ON u.id = ? SET o.note = ? WHERE u.ssn = ?";
        assert_eq!(steering(sql).1, [2]);
    }
}

/// MariaDB makes dates of numbers beside a date: of all that are none, the same.
#[test]
fn a_number_is_not_equal_to_a_date() {
    for version in [MYSQL, MARIADB] {
        let steering = |condition: &str| {
            let sql = format!("SELECT name FROM users WHERE {condition}");
            let statement = read(&sql, version).unwrap();
            let mut steering = statement.influences.into_iter();
            let found = steering.find(|i| i.column.column.as_str() == "id");
            found.map(|i| (i.strength, i.texts, i.numbers)).unwrap()
        };
        use crate::statement::Strength::Any;
        use crate::statement::Strength::Equality;
        for (condition, expected) in [
            ("id = 5", (Equality, vec![], vec![])),
            (
                "id IN (5, '5', 5e0, NULL, X'35')",
                (Equality, vec![], vec![]),
            ),
            ("id = ?", (Equality, vec![], vec![0])),
            (
                "name = ? AND id IN (?, 5, (?))",
                (Equality, vec![], vec![1, 2]),
            ),
            ("id = DATE '0000-00-00'", (Any, vec![], vec![])),
            ("id IN (5, TIME '00:00:00')", (Any, vec![], vec![])),
            (
                "TIMESTAMP '2001-01-01 00:00:00' = id",
                (Any, vec![], vec![]),
            ),
            ("id = {d '2001-01-01'}", (Any, vec![], vec![])),
        ] {
            assert_eq!(steering(condition), expected, "{condition}");
        }
    }
}

/// The columns of a recursive table have the types of its first part: whether what the others give
/// fits in there is told by an error.
#[test]
fn what_is_stored_in_a_recursive_table_steers() {
    for version in [MYSQL, MARIADB] {
        for (seed, again, expected) in [
            ("1 AS n, 'aaaaa' AS s", "n + 1, u.ssn", true),
            ("1 AS n, 5 AS s", "n + 1, u.ssn", true),
            (
                "1 AS n, (SELECT ssn FROM users) AS s",
                "n + 1, CONCAT(s, 'x')",
                true,
            ),
            (
                "1 AS n, (SELECT email FROM users) AS s",
                "n + 1, u.ssn",
                true,
            ),
            ("1 AS n, 'a' AS s", "n + 1, u.name", false),
        ] {
            let sql = format!(
                "WITH RECURSIVE r AS (SELECT {seed} UNION ALL SELECT {again} FROM r, users u \
                 WHERE n < 2) SELECT n FROM r"
            );
            assert_eq!(steers_by_ssn(&read(&sql, version)), expected, "{sql}");
        }
        // The honest use: a tree of rows, each with the same columns.
        let tree = "WITH RECURSIVE r AS (SELECT id, ssn FROM users WHERE id = 1 UNION ALL \
                    SELECT u.id, u.ssn FROM users u JOIN r ON u.id = r.id) SELECT id, ssn FROM r";
        assert!(
            !steers_by_ssn(&read(tree, version)),
            "{:?}",
            read(tree, version)
        );
    }
}

/// What comes in no character set is bytes, and compared with a text as letters row by row.
#[test]
fn texts_of_a_session_that_speaks_binary_are_bytes() {
    let mut session = super::fixture::session(MYSQL);
    session.connection_charset = crate::charset::ClientCharset::Binary;
    let catalog = super::fixture::catalog(MYSQL);
    for condition in ["ssn = 'a'", "ssn = ?", "ssn IN ('a', 'b')"] {
        let sql = format!("SELECT id FROM users WHERE {condition}");
        let statement = super::fixture::read_with(&sql, &session, &catalog).unwrap();
        let mut steering = statement.influences.iter();
        assert!(
            steering.any(|i| i.strength == crate::statement::Strength::Any),
            "{sql}"
        );
    }
}

/// MySQL takes bytes beside a text for letters of its set, and fails over the first row that is not
/// NULL where they are none; a number that is no year, beside years.
#[test]
fn what_fails_over_rows_that_are_not_null_is_more_than_output() {
    let mut catalog = super::fixture::catalog(MYSQL);
    let table = super::fixture::table("id int, born year, kind enum, raw blob, ssn char");
    let table = std::sync::Arc::new(table);
    catalog.tables.insert(super::fixture::id("odd"), table);
    let session = super::fixture::session(MYSQL);
    let steers = |item: &str| {
        let sql = format!("SELECT {item} FROM odd");
        let statement = super::fixture::read_with(&sql, &session, &catalog).unwrap();
        !statement.influences.is_empty()
    };
    for item in [
        "ssn = X'ff'",
        "ssn LIKE 0xff",
        "CONCAT(ssn, b'11111111')",
        "TRIM(_binary X'ff' FROM ssn)",
        "SUBSTRING_INDEX(ssn, X'ff', 1)",
        "CONCAT_WS(LOWER(X'ff'), kind, kind)",
        "CONCAT(CONCAT(X'ff', ''), ssn)",
        "ssn = LEFT(X'ff', 1)",
        "born BETWEEN -1e308 AND 6",
        "kind = 5",
    ] {
        assert!(steers(item), "{item}");
    }
    for item in [
        "ssn = 'a'",
        "raw = X'ff'",
        "CONCAT(ssn, raw)",
        "born = 5",
        "LOWER(kind)",
        "kind = 'a'",
        "COUNT(X'ff')",
    ] {
        assert!(!steers(item), "{item}");
    }
}

/// A string alias is read in the client's character set, and folded as a name in the server's.
#[test]
fn a_string_alias_is_ascii() {
    for version in [MYSQL, MARIADB] {
        let guess = "SELECT u.id FROM (SELECT id, email AS 'Ŋ' FROM users) u NATURAL JOIN \
                     (SELECT 'x' AS 'Ś') d";
        assert!(read(guess, version).is_err());
        assert!(read("SELECT id AS 'number' FROM users", version).is_ok());
    }
}

/// REPLACE removes the old row, and counts it otherwise when nothing in it changes.
#[test]
fn replace_is_steered_by_every_column_of_its_table() {
    for version in [MYSQL, MARIADB] {
        let sql = "REPLACE INTO users (id, name) VALUES (1, 'C')";
        assert!(steers_by_ssn(&read(sql, version)));
    }
}

/// Joined to itself again and again a text tells its length by the server's bound on texts.
#[test]
fn a_text_that_grows_twice_is_steered_by_its_columns() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "SELECT CONCAT(a, a) FROM (SELECT CONCAT(ssn, ssn) AS a FROM users) d",
            "SELECT HEX(LOWER(HEX(ssn))) FROM users",
            "SELECT CONCAT(SUBSTRING_INDEX(CONCAT(ssn, 'x'), '1', 1)) FROM users",
            "SELECT QUOTE(ssn) FROM users",
            "SELECT INSTR(ssn, name) FROM users",
            "SELECT LOCATE(ssn, '1') FROM users",
        ] {
            assert!(
                steers_by_ssn(&read(sql, version)),
                "{sql}: {:?}",
                read(sql, version)
            );
        }
        let once = "SELECT UPPER(CONCAT(ssn, ' ', name)), LENGTH(HEX(ssn)) FROM users";
        assert!(!steers_by_ssn(&read(once, version)), "{once}");
    }
}

/// All columns of a described table, as each server has them, and none where some are closed.
#[test]
fn a_star_over_information_schema_has_the_columns_of_the_server() {
    use crate::statement::Output;
    for (version, expected) in [(MYSQL, 21), (MARIADB, 23)] {
        let statement = read("SELECT * FROM information_schema.tables", version).unwrap();
        let Output::Columns(columns) = &statement.output else {
            panic!("{statement:?}");
        };
        assert_eq!(columns.len(), expected);
        let exists = "SELECT EXISTS (SELECT * FROM information_schema.tables WHERE table_name='x')";
        assert!(read(exists, version).is_ok());
        let cut = read("SELECT * FROM information_schema.routines", version).unwrap();
        assert_eq!(cut.withheld.len(), 1);
    }
}

/// What a number is cut at can be bound as anything; a text must be one.
#[test]
fn a_parameter_beside_a_column_is_harmless_if_it_is_bound_as_a_text() {
    use crate::statement::Strength::Any;
    use crate::statement::Strength::Nothing;
    for version in [MYSQL, MARIADB] {
        for (item, expected) in [
            ("LEFT(ssn, ?)", vec![]),
            ("SUBSTRING(ssn, ?, ?)", vec![]),
            ("CONCAT(ssn, ?)", vec![(Nothing, vec![0])]),
            ("CONCAT(?, ssn, '-', ?)", vec![(Nothing, vec![0, 1])]),
            ("COALESCE(ssn, ?)", vec![(Nothing, vec![0])]),
            ("SUBSTRING_INDEX(ssn, ?, ?)", vec![(Nothing, vec![0])]),
            ("ssn LIKE ?", vec![(Nothing, vec![0])]),
            ("LPAD(ssn, ?, '0')", vec![(Any, vec![])]),
            ("REPLACE(ssn, ?, '')", vec![(Any, vec![])]),
            ("REPEAT(ssn, ?)", vec![(Any, vec![])]),
        ] {
            let statement = read(&format!("SELECT {item} FROM users"), version).unwrap();
            let told = statement
                .influences
                .into_iter()
                .map(|i| (i.strength, i.texts));
            assert_eq!(told.collect::<Vec<_>>(), expected, "{item}");
        }
    }
}

/// Where a warning is an error nothing is computed over a column without telling of it.
#[test]
fn what_a_change_computes_on_the_way_steers() {
    for version in [MYSQL, MARIADB] {
        for item in [
            "CASE WHEN id = 1 THEN ssn ELSE 'x' END",
            "LEFT(ssn, 2)",
            "ssn = 'x'",
            "COALESCE(ssn, '')",
            "BINARY ssn",
        ] {
            let inner = format!("SELECT id FROM (SELECT id, {item} AS x FROM users LIMIT 5) d");
            assert!(!steers_by_ssn(&read(&inner, version)), "{inner}");
            for sql in [
                format!("INSERT INTO orders (user_id) {inner}"),
                format!("DELETE FROM orders WHERE id IN ({inner})"),
                format!("UPDATE orders SET note = 'x' WHERE id IN ({inner})"),
            ] {
                assert!(steers_by_ssn(&read(&sql, version)), "{sql}");
            }
        }
    }
}

/// What another argument does, only a NULL decides; what fails or grows is never harmless.
#[test]
fn what_may_fail_or_grow_is_not_computed_over_a_column() {
    for version in [MYSQL, MARIADB] {
        for item in [
            "COALESCE(ssn, 1 / 0)",
            "COALESCE(ssn, (SELECT 1 UNION ALL SELECT 2))",
            "COALESCE(ssn, SLEEP(1))",
            "COALESCE(ssn, @x)",
            "COALESCE(ssn, X'ff')",
            "IFNULL(ssn, REPEAT('x', 1000000))",
            "LPAD(ssn, 100000, 'x')",
            "REPLACE(ssn, '1', '22')",
            "REPLACE(ssn, '', 'x')",
            "CAST(ssn AS CHAR(3))",
            "CAST(ssn AS CHAR CHARACTER SET latin1)",
            "CONVERT(ssn USING latin1)",
            "LOCATE(ssn, name)",
            "CONCAT(ssn, 9223372036854775807 + id)",
            "CONCAT(ssn, (SELECT note FROM orders))",
            "ssn = (SELECT note FROM orders)",
            "ssn LIKE CONCAT(1 - id)",
            "TRIM(X'ff' FROM id) = ssn OR ssn",
            "IF(ssn IS NULL, 'no', 'yes')",
        ] {
            let sql = format!("SELECT {item} FROM users");
            assert!(steers_by_ssn(&read(&sql, version)), "{sql}");
        }
        for item in [
            "COALESCE(ssn, 'x')",
            "IFNULL(name, ssn)",
            "COALESCE(ssn, LOWER(name), '')",
            "LPAD(ssn, 11, '0')",
            "REPLACE(ssn, '-', '')",
            "LOCATE('-', ssn)",
            "INSTR(ssn, '-')",
            "CAST(ssn AS CHAR)",
            "BINARY ssn",
            "CHARSET(ssn)",
        ] {
            let sql = format!("SELECT {item} FROM users");
            assert!(!steers_by_ssn(&read(&sql, version)), "{sql}");
        }
    }
}

/// MariaDB sorts the rows of such a window by what its function is given, and a window beside it
/// numbers them in that order.
#[test]
fn an_unordered_window_over_a_column_is_steered_by_it_on_mariadb() {
    for sql in [
        "SELECT id, MAX(ssn) OVER () FROM users",
        "SELECT id, ROW_NUMBER() OVER (), FIRST_VALUE(CONCAT(ssn)) OVER () FROM users ORDER BY id",
        "SELECT COUNT(ssn) OVER w FROM users WINDOW w AS ()",
    ] {
        assert!(steers_by_ssn(&read(sql, MARIADB)), "{sql}");
        assert!(!steers_by_ssn(&read(sql, MYSQL)), "{sql}");
    }
    for sql in [
        "SELECT id, FIRST_VALUE(ssn) OVER (ORDER BY id) FROM users",
        "SELECT id, MAX(ssn) OVER (PARTITION BY name) FROM users",
        "SELECT id, ssn, ROW_NUMBER() OVER () FROM users",
    ] {
        assert!(!steers_by_ssn(&read(sql, MARIADB)), "{sql}");
    }
}

/// A text is converted to the character set of a collation that is named beside it, and that fails
/// where a letter is missing there.
#[test]
fn a_collation_beside_a_column_makes_a_function_fail() {
    for version in [MYSQL, MARIADB] {
        for sql in [
            "SELECT CONCAT(ssn, _latin1'x' COLLATE latin1_bin) FROM users",
            "SELECT COALESCE(ssn, _latin1'x' COLLATE latin1_bin) FROM users",
            "SELECT REPLACE(ssn, 'a', CONCAT(_latin1'x' COLLATE latin1_bin)) FROM users",
            "SELECT ssn = _latin1'x' COLLATE latin1_bin FROM users",
            "SELECT ssn LIKE _latin1'x' COLLATE latin1_bin FROM users",
        ] {
            assert!(steers_by_ssn(&read(sql, version)), "{sql}");
        }
        let alone = "SELECT UPPER(ssn COLLATE utf8mb4_bin), CONCAT(ssn, 'x') FROM users";
        assert!(!steers_by_ssn(&read(alone, version)));
    }
}
