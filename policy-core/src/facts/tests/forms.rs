//! Forms of queries and expressions: what comes out of each, what steers it, what is touched.

use expect_test::Expect;
use expect_test::expect;

use super::fixture::MARIADB;
use super::fixture::MYSQL;
use super::fixture::all;
use super::fixture::facts;

fn check(statements: &[&str], expected: Expect) {
    expected.assert_eq(&all(statements, MYSQL));
}

fn check_mariadb(statements: &[&str], expected: Expect) {
    expected.assert_eq(&all(statements, MARIADB));
}

/// Each pair must come to the same facts on that server.
fn same(version: &str, pairs: &[(&str, &str)]) {
    for (left, right) in pairs {
        let facts_of_left = facts(left, version);
        assert!(
            !facts_of_left.starts_with("unread"),
            "{left}: {facts_of_left}"
        );
        assert_eq!(
            facts_of_left,
            facts(right, version),
            "{left} is not {right}"
        );
    }
}

/// As both servers answer: the right side's columns first, a common one as the right side has it.
#[test]
fn a_right_join_by_equal_columns_shows_its_right_side_first() {
    check(
        &[
            "SELECT * FROM mailing RIGHT JOIN docs USING (id)",
            "SELECT m.*, d.* FROM mailing m NATURAL RIGHT JOIN docs d",
            "SELECT * FROM (users JOIN mailing m USING (id, email)) NATURAL RIGHT JOIN docs",
        ],
        expect![[r#"
            SELECT * FROM mailing RIGHT JOIN docs USING (id)
            select
              out docs.id+mailing.id bare is docs.id+mailing.id
              out docs.note bare is docs.note
              out mailing.email bare is mailing.email
              JOIN … USING by docs.id
              JOIN … USING by mailing.id
            SELECT m.*, d.* FROM mailing m NATURAL RIGHT JOIN docs d
            select
              out mailing.id bare is mailing.id
              out mailing.email bare is mailing.email
              out docs.id bare is docs.id
              out docs.note bare is docs.note
              JOIN … USING by docs.id
              JOIN … USING by mailing.id
            SELECT * FROM (users JOIN mailing m USING (id, email)) NATURAL RIGHT JOIN docs
            select
              out docs.id+mailing.id+users.id bare is docs.id+users.id+mailing.id
              out docs.note bare is docs.note
              out mailing.email+users.email bare is users.email+mailing.email
              out users.name bare is users.name
              out users.ssn bare is users.ssn
              JOIN … USING by docs.id
              JOIN … USING by mailing.email
              JOIN … USING by mailing.id
              JOIN … USING by users.email
              JOIN … USING by users.id
        "#]],
    );
}

/// `(p RIGHT JOIN q ON …) NATURAL JOIN r`: MySQL turns the inner join round, MariaDB does not.
#[test]
fn a_right_join_within_a_natural_join_is_turned_round_by_mysql() {
    let sql = "SELECT * FROM (cards c RIGHT JOIN docs d ON c.id = d.id) JOIN \
               (SELECT 'x' AS digest) n USING (digest)";
    let first = |version| {
        let text = facts(sql, version);
        text.lines().nth(2).map(str::to_owned)
    };
    assert_eq!(
        first(MYSQL).as_deref(),
        Some("  out docs.id bare is docs.id")
    );
    assert_eq!(
        first(MARIADB).as_deref(),
        Some("  out cards.id bare is cards.id")
    );
}

#[test]
fn joins_wait_for_their_conditions() {
    let three = "SELECT 1 FROM (users u JOIN orders o) JOIN cards c ON c.id = u.id";
    for version in [MYSQL, MARIADB] {
        same(
            version,
            &[
                (
                    "SELECT 1 FROM users u JOIN orders o JOIN cards c ON c.id = u.id",
                    three,
                ),
                (
                    "SELECT 1 FROM users u JOIN orders o JOIN cards c ON c.id = o.id ON o.id = u.id",
                    "SELECT 1 FROM users u JOIN (orders o JOIN cards c ON c.id = o.id) ON o.id = u.id",
                ),
                (
                    "SELECT 1 FROM users u JOIN orders o LEFT JOIN cards c ON c.id = u.id",
                    "SELECT 1 FROM (users u JOIN orders o) LEFT JOIN cards c ON c.id = u.id",
                ),
                (
                    "SELECT 1 FROM {OJ users u LEFT JOIN orders o ON o.id = u.id}",
                    "SELECT 1 FROM users u LEFT JOIN orders o ON o.id = u.id",
                ),
                (
                    "SELECT 1 FROM users u, (orders o, cards c) WHERE c.id = u.id",
                    "SELECT 1 FROM users u CROSS JOIN (orders o CROSS JOIN cards c) WHERE c.id = u.id",
                ),
                (
                    "SELECT u.id FROM users u STRAIGHT_JOIN orders o ON o.id = u.id",
                    "SELECT u.id FROM users u JOIN orders o ON o.id = u.id",
                ),
                (
                    "SELECT id FROM users USE INDEX FOR ORDER BY (PRIMARY, email) IGNORE KEY ()",
                    "SELECT id FROM users",
                ),
            ],
        );
        // The condition inside the parentheses does not see the table outside of them.
        assert_eq!(
            facts(
                "SELECT 1 FROM users u JOIN (orders o JOIN cards c ON c.id = u.id)",
                version
            ),
            "unread: unknown column `u.id`"
        );
    }
}

#[test]
fn a_query_in_parentheses_is_whatever_follows_makes_of_it() {
    for version in [MYSQL, MARIADB] {
        same(
            version,
            &[
                (
                    "SELECT * FROM ((SELECT ssn FROM users) UNION ALL (SELECT 'x') LIMIT 1) d",
                    "SELECT * FROM (SELECT ssn FROM users UNION ALL SELECT 'x' LIMIT 1) d",
                ),
                (
                    "SELECT * FROM ((SELECT ssn FROM users) d JOIN orders o ON o.id = 1)",
                    "SELECT * FROM (SELECT ssn FROM users) d JOIN orders o ON o.id = 1",
                ),
                (
                    "SELECT ((SELECT ssn FROM users LIMIT 1))",
                    "SELECT (SELECT ssn FROM users LIMIT 1)",
                ),
                (
                    "SELECT id IN ((SELECT ssn FROM users) UNION (SELECT 1)) FROM orders",
                    "SELECT id IN (SELECT ssn FROM users UNION SELECT 1) FROM orders",
                ),
                (
                    "SELECT ((SELECT ssn FROM users LIMIT 1) + 1, 2) = (1, 2)",
                    "SELECT ((SELECT ssn FROM users LIMIT 1) + 1, 2) = (1, 2)",
                ),
            ],
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of statements and facts")]
fn reads_what_stands_between_the_words_of_a_function() {
    check(
        &[
            "SELECT JSON_VALUE(note, '$.a' RETURNING CHAR(5) DEFAULT 'x' ON EMPTY ERROR ON ERROR) \
             FROM docs",
            "SELECT CAST(note->'$.a' AS CHAR(5) ARRAY) FROM docs",
            "SELECT CAST(ssn AT TIME ZONE '+00:00' AS DATETIME(3)) FROM users",
            "SELECT GROUP_CONCAT(DISTINCT name ORDER BY ssn DESC SEPARATOR '-') FROM users",
            "SELECT NTH_VALUE(name, 2) FROM FIRST RESPECT NULLS OVER (w ROWS BETWEEN 1 PRECEDING \
             AND UNBOUNDED FOLLOWING) FROM users WINDOW w AS (PARTITION BY email ORDER BY ssn)",
            "SELECT 1 MEMBER OF (note) FROM docs",
            "SELECT MATCH (name, email) AGAINST (ssn IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION) \
             FROM users",
            "SELECT INTERVAL(id, 1, 2), INTERVAL id DAY + '2020-01-01', INTERVAL (id) + 1 DAY + 0 \
             FROM users",
            "SELECT j.* FROM docs d, JSON_TABLE(d.note, '$' COLUMNS (o FOR ORDINALITY, \
             a INT UNSIGNED PATH '$.a' DEFAULT '1' ON EMPTY, e INT EXISTS PATH '$.e', \
             NESTED PATH '$.n[*]' COLUMNS (b VARCHAR(9) CHARACTER SET utf8mb4 PATH '$'))) AS j",
        ],
        expect![[r#"
            SELECT JSON_VALUE(note, '$.a' RETURNING CHAR(5) DEFAULT 'x' ON EMPTY ERROR ON ERROR) FROM docs
            select
              out docs.note
              a function that can fail by docs.note
            SELECT CAST(note->'$.a' AS CHAR(5) ARRAY) FROM docs
            select
              out docs.note
              CAST by docs.note
              a JSON operator by docs.note
            SELECT CAST(ssn AT TIME ZONE '+00:00' AS DATETIME(3)) FROM users
            select
              out users.ssn
              CAST by users.ssn
            SELECT GROUP_CONCAT(DISTINCT name ORDER BY ssn DESC SEPARATOR '-') FROM users
            select
              out users.name
              DISTINCT by users.name
              a function that can fail by users.name
              ORDER BY by users.ssn
            SELECT NTH_VALUE(name, 2) FROM FIRST RESPECT NULLS OVER (w ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) FROM users WINDOW w AS (PARTITION BY email ORDER BY ssn)
            select
              out users.name
              WINDOW by users.email
              a function that can fail by users.name
              WINDOW by users.ssn
            SELECT 1 MEMBER OF (note) FROM docs
            select
              out docs.note
              a JSON operator by docs.note
            SELECT MATCH (name, email) AGAINST (ssn IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION) FROM users
            select
              out users.email+users.name+users.ssn
              MATCH by users.email
              MATCH by users.name
              MATCH by users.ssn
            SELECT INTERVAL(id, 1, 2), INTERVAL id DAY + '2020-01-01', INTERVAL (id) + 1 DAY + 0 FROM users
            select
              out users.id
              out users.id
              out users.id
              INTERVAL by users.id
              a function that can fail by users.id
              arithmetic by users.id
            SELECT j.* FROM docs d, JSON_TABLE(d.note, '$' COLUMNS (o FOR ORDINALITY, a INT UNSIGNED PATH '$.a' DEFAULT '1' ON EMPTY, e INT EXISTS PATH '$.e', NESTED PATH '$.n[*]' COLUMNS (b VARCHAR(9) CHARACTER SET utf8mb4 PATH '$'))) AS j
            select
              out docs.note unchecked
              out docs.note unchecked
              out docs.note unchecked
              out docs.note unchecked
              JSON_TABLE by docs.note
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of statements and facts")]
fn reads_what_only_mariadb_has() {
    check_mariadb(
        &[
            "SELECT id FROM orders FOR SYSTEM_TIME AS OF (SELECT ssn FROM users LIMIT 1) o",
            "SELECT COLUMN_GET(ssn, 'a' AS CHAR CHARACTER SET utf8mb4) FROM users",
            "SELECT id FROM orders LIMIT 1 ROWS EXAMINED 10",
            "SELECT id FROM orders ORDER BY total OFFSET 1 ROW FETCH NEXT 2 ROWS WITH TIES",
            "SELECT .users.ssn FROM .users",
            "SELECT MEDIAN(ssn) OVER (PARTITION BY name) FROM users",
            "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ssn) OVER () FROM users",
            "WITH RECURSIVE r AS (SELECT id, ssn FROM users UNION ALL SELECT id + 1, ssn FROM r) \
             CYCLE ssn RESTRICT SELECT id FROM r",
            "SELECT MAX(total) FROM orders GROUP BY status ASC WITH ROLLUP",
            "SELECT NEXT VALUE FOR orders",
            "SELECT ssn FROM users PROCEDURE ANALYSE(1, 2)",
            "UPDATE orders FOR PORTION OF p FROM '2020-01-01' TO '2021-01-01' SET total = 1",
            "DELETE HISTORY FROM orders BEFORE SYSTEM_TIME '2020-01-01'",
            "VALUES (1, 2), (3, 4)",
            "SELECT * FROM (VALUES (1, 2)) d",
        ],
        expect![[r#"
            SELECT id FROM orders FOR SYSTEM_TIME AS OF (SELECT ssn FROM users LIMIT 1) o
            select
              out orders.id bare is orders.id
              FOR SYSTEM_TIME by users.ssn
            SELECT COLUMN_GET(ssn, 'a' AS CHAR CHARACTER SET utf8mb4) FROM users
            select
              out users.ssn
              a function that can fail by users.ssn
            SELECT id FROM orders LIMIT 1 ROWS EXAMINED 10
            select
              out orders.id bare is orders.id
            SELECT id FROM orders ORDER BY total OFFSET 1 ROW FETCH NEXT 2 ROWS WITH TIES
            select
              out orders.id bare is orders.id
              ORDER BY by orders.total
            SELECT .users.ssn FROM .users
            select
              out users.ssn bare is users.ssn
            SELECT MEDIAN(ssn) OVER (PARTITION BY name) FROM users
            select
              out users.ssn
              OVER by users.name
              a function that can fail by users.ssn
            SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ssn) OVER () FROM users
            select
              out users.ssn
              a function that can fail by users.ssn
              a window without an order by users.ssn
            WITH RECURSIVE r AS (SELECT id, ssn FROM users UNION ALL SELECT id + 1, ssn FROM r) CYCLE ssn RESTRICT SELECT id FROM r
            select
              out users.id unchecked
              WITH RECURSIVE by users.id
              arithmetic by users.id
              CYCLE by users.ssn
            SELECT MAX(total) FROM orders GROUP BY status ASC WITH ROLLUP
            select
              out orders.total
              GROUP BY by orders.status
            SELECT NEXT VALUE FOR orders
            unread: unknown sequence `orders`
            SELECT ssn FROM users PROCEDURE ANALYSE(1, 2)
            select
              out users.ssn bare is users.ssn
              withheld: PROCEDURE behind a query
            UPDATE orders FOR PORTION OF p FROM '2020-01-01' TO '2021-01-01' SET total = 1
            update
              UPDATE by orders.total (equality)
              orders.total from  literal
              update app.orders(total)
              filter Missing
              withheld: FOR PORTION OF
            DELETE HISTORY FROM orders BEFORE SYSTEM_TIME '2020-01-01'
            delete
              delete app.orders()
              filter Missing
              withheld: DELETE HISTORY
            VALUES (1, 2), (3, 4)
            values
              out 
              out
            SELECT * FROM (VALUES (1, 2)) d
            select
              out  unchecked
              out  unchecked
        "#]],
    );
}

#[test]
fn an_into_may_stand_in_several_places() {
    let expected = "select\n  @a from users.ssn\n";
    for version in [MYSQL, MARIADB] {
        for sql in [
            "SELECT ssn INTO @a FROM users",
            "SELECT ssn FROM users INTO @A",
            "(SELECT ssn FROM users) INTO @a",
            "(SELECT ssn FROM users INTO @a)",
        ] {
            assert_eq!(facts(sql, version), expected, "{sql}");
        }
        for sql in [
            "SELECT ssn INTO OUTFILE '/x' FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' \
             LINES STARTING BY '>' TERMINATED BY 0x0A FROM users",
            "SELECT ssn FROM users FOR UPDATE INTO DUMPFILE '/x'",
        ] {
            assert!(
                facts(sql, version).starts_with("select into outfile"),
                "{sql}"
            );
        }
        assert!(facts("SELECT ssn INTO @a FROM users INTO @b", version).starts_with("unread"));
    }
}

/// MariaDB sees the names further down a WITH RECURSIVE, MySQL sees what lies around it.
#[test]
fn a_name_of_with_before_its_definition() {
    let plain = "WITH a AS (SELECT note FROM orders), orders AS (SELECT 1) SELECT note FROM a";
    let expected = "select\n  out orders.note bare unchecked\n";
    let recursive = plain.replace("WITH", "WITH RECURSIVE");
    assert_eq!(facts(plain, MYSQL), expected);
    assert_eq!(facts(plain, MARIADB), expected);
    assert_eq!(facts(&recursive, MYSQL), expected);
    assert!(facts(&recursive, MARIADB).starts_with("unread"));
}

#[test]
fn changes_take_every_form() {
    same(
        MYSQL,
        &[
            (
                "INSERT INTO orders (id, total) VALUES ROW(1, 2), ROW(3, 4) AS new(a, b) \
                 ON DUPLICATE KEY UPDATE total = b",
                "INSERT orders (id, total) VALUES (1, 2), (3, 4) AS new(a, b) \
                 ON DUPLICATE KEY UPDATE orders.total := new.b",
            ),
            (
                "INSERT INTO mailing VALUES ROW(1, 'x') ORDER BY 1",
                "INSERT INTO mailing (VALUES ROW(1, 'x') ORDER BY 1)",
            ),
            (
                "DELETE FROM orders AS o WHERE o.id = 1",
                "DELETE FROM orders WHERE orders.id = 1",
            ),
            (
                "DELETE o.*, u FROM orders o, users u WHERE o.user_id = u.id",
                "DELETE FROM o, u.* USING orders o JOIN users u WHERE o.user_id = u.id",
            ),
            (
                "INSERT INTO mailing (TABLE mailing)",
                "INSERT INTO mailing SELECT * FROM mailing",
            ),
        ],
    );
    same(
        MARIADB,
        &[
            (
                "UPDATE orders SET total = IGNORE",
                "UPDATE orders SET total = DEFAULT",
            ),
            (
                "INSERT INTO mailing (id) VALUES (1) ON DUPLICATE KEY UPDATE id = (VALUES(id)) + 1",
                "INSERT INTO mailing (id) VALUES (1) ON DUPLICATE KEY UPDATE id = VALUE(id) + 1",
            ),
        ],
    );
}

#[test]
fn reads_long_chains() {
    for (count, joint) in [(5_000, " OR id = "), (5_000, " AND id <> "), (5_000, "+")] {
        let list = vec!["1"; count].join(joint);
        let text = facts(&format!("SELECT note FROM orders WHERE id = {list}"), MYSQL);
        assert!(!text.starts_with("unread"), "{joint}: {text}");
    }
    let unions = vec!["SELECT id FROM orders"; 3_000].join(" UNION ALL ");
    assert!(!facts(&unions, MYSQL).starts_with("unread"));
}
