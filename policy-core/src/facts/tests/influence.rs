//! Which columns steer a result, and how much that can tell.

#![expect(clippy::too_many_lines, reason = "known answers are long")]

use expect_test::Expect;
use expect_test::expect;

use super::fixture::MYSQL;
use super::fixture::all;

fn check(statements: &[&str], expected: Expect) {
    expected.assert_eq(&all(statements, MYSQL));
}

#[test]
fn tells_equality_only_for_a_column_and_values_in_a_conjunction() {
    check(
        &[
            "SELECT 1 FROM users WHERE ssn = 'a' AND ('b' = email) AND name IN ('x', ?)",
            "SELECT 1 FROM users u JOIN orders o ON u.ssn = 'a' AND o.id = 1",
            "SELECT 1 FROM users WHERE ssn = 'a' OR id = 1",
            "SELECT 1 FROM users WHERE NOT ssn = 'a'",
            "SELECT 1 FROM users WHERE ssn <=> 'a'",
            "SELECT 1 FROM users WHERE ssn = 5",
            "SELECT 1 FROM users WHERE ssn = name",
            "SELECT 1 FROM users WHERE ssn = 'a' = 1",
            "SELECT 1 FROM users WHERE LOWER(ssn) = 'a'",
            "SELECT 1 FROM users WHERE ssn NOT IN ('a')",
            "SELECT 1 FROM users WHERE (ssn, id) = ('a', 1)",
            "SELECT 1 FROM users WHERE ssn LIKE 'a'",
            "SELECT 1 FROM users HAVING ssn = 'a'",
        ],
        expect![[r#"
            SELECT 1 FROM users WHERE ssn = 'a' AND ('b' = email) AND name IN ('x', ?)
            select
              out 
              WHERE by users.email (equality)
              WHERE by users.name (equality if texts: [0])
              WHERE by users.ssn (equality)
            SELECT 1 FROM users u JOIN orders o ON u.ssn = 'a' AND o.id = 1
            select
              out 
              JOIN … ON by orders.id (equality)
              JOIN … ON by users.ssn (equality)
            SELECT 1 FROM users WHERE ssn = 'a' OR id = 1
            select
              out 
              AND or OR by users.id
              WHERE by users.id
              AND or OR by users.ssn
              WHERE by users.ssn
            SELECT 1 FROM users WHERE NOT ssn = 'a'
            select
              out 
              WHERE by users.ssn
            SELECT 1 FROM users WHERE ssn <=> 'a'
            select
              out 
              WHERE by users.ssn
            SELECT 1 FROM users WHERE ssn = 5
            select
              out 
              WHERE by users.ssn
              a comparison that converts by users.ssn
            SELECT 1 FROM users WHERE ssn = name
            select
              out 
              WHERE by users.name
              WHERE by users.ssn
            SELECT 1 FROM users WHERE ssn = 'a' = 1
            select
              out 
              WHERE by users.ssn
            SELECT 1 FROM users WHERE LOWER(ssn) = 'a'
            select
              out 
              WHERE by users.ssn
            SELECT 1 FROM users WHERE ssn NOT IN ('a')
            select
              out 
              WHERE by users.ssn
            SELECT 1 FROM users WHERE (ssn, id) = ('a', 1)
            select
              out 
              WHERE by users.id
              a comparison that converts by users.id
              WHERE by users.ssn
              a comparison that converts by users.ssn
            SELECT 1 FROM users WHERE ssn LIKE 'a'
            select
              out 
              WHERE by users.ssn
            SELECT 1 FROM users HAVING ssn = 'a'
            select
              out 
              HAVING by users.ssn
        "#]],
    );
}

#[test]
fn finds_every_clause_that_steers() {
    check(
        &[
            "SELECT id FROM users ORDER BY ssn",
            "SELECT id, ssn FROM users ORDER BY 2",
            "SELECT 1 FROM users GROUP BY ssn",
            "SELECT 1 FROM users HAVING MAX(ssn) > 'a'",
            "SELECT DISTINCT ssn FROM users",
            "SELECT COUNT(DISTINCT ssn) FROM users",
            "SELECT GROUP_CONCAT(id ORDER BY ssn) FROM users",
            "SELECT ROW_NUMBER() OVER (PARTITION BY ssn ORDER BY email) FROM users",
            "SELECT id FROM users WINDOW w AS (ORDER BY ssn)",
            "SELECT id FROM users UNION SELECT ssn FROM users",
            "SELECT id FROM parts PARTITION (p0)",
            "SELECT id AS name FROM users ORDER BY name",
            "SELECT id AS name FROM users GROUP BY name",
            "SELECT u.id, u.name FROM users u JOIN orders o ON o.id = u.id ORDER BY id",
        ],
        expect![[r#"
            SELECT id FROM users ORDER BY ssn
            select
              out users.id bare is users.id
              ORDER BY by users.ssn
            SELECT id, ssn FROM users ORDER BY 2
            select
              out users.id bare is users.id
              out users.ssn bare is users.ssn
              ORDER BY by users.ssn
            SELECT 1 FROM users GROUP BY ssn
            select
              out 
              GROUP BY by users.ssn
            SELECT 1 FROM users HAVING MAX(ssn) > 'a'
            select
              out 
              HAVING by users.ssn
            SELECT DISTINCT ssn FROM users
            select
              out users.ssn bare is users.ssn
              DISTINCT by users.ssn
            SELECT COUNT(DISTINCT ssn) FROM users
            select
              out users.ssn
              DISTINCT by users.ssn
            SELECT GROUP_CONCAT(id ORDER BY ssn) FROM users
            select
              out users.id
              a function that can fail by users.id
              ORDER BY by users.ssn
            SELECT ROW_NUMBER() OVER (PARTITION BY ssn ORDER BY email) FROM users
            select
              out 
              OVER by users.email
              OVER by users.ssn
            SELECT id FROM users WINDOW w AS (ORDER BY ssn)
            select
              out users.id bare is users.id
              WINDOW by users.ssn
            SELECT id FROM users UNION SELECT ssn FROM users
            select
              out users.id+users.ssn
              UNION by users.id
              UNION by users.ssn
            SELECT id FROM parts PARTITION (p0)
            select
              out parts.id bare is parts.id
              PARTITION by parts.ssn
            SELECT id AS name FROM users ORDER BY name
            select
              out users.id bare is users.id
              ORDER BY by users.id
            SELECT id AS name FROM users GROUP BY name
            select
              out users.id bare is users.id
              GROUP BY by users.id
              GROUP BY by users.name
            SELECT u.id, u.name FROM users u JOIN orders o ON o.id = u.id ORDER BY id
            select
              out users.id bare is users.id
              out users.name bare is users.name
              JOIN … ON by orders.id
              JOIN … ON by users.id
              ORDER BY by users.id
        "#]],
    );
}

#[test]
fn finds_what_joins_compare() {
    check(
        &[
            "SELECT u.id FROM users u JOIN (SELECT 'x' AS ssn) q USING (ssn)",
            "SELECT u.id FROM users u NATURAL JOIN mailing m",
            "SELECT u.id FROM users u LEFT JOIN orders o ON o.note = u.ssn",
            // The condition of the last JOIN sees the first table: it is not the outer `ssn`.
            "SELECT (SELECT COUNT(*) FROM users JOIN orders o JOIN pairs ON ssn = 'x') \
             FROM (SELECT 'x' AS ssn) d",
        ],
        expect![[r#"
            SELECT u.id FROM users u JOIN (SELECT 'x' AS ssn) q USING (ssn)
            select
              out users.id bare is users.id
              JOIN … USING by users.ssn
            SELECT u.id FROM users u NATURAL JOIN mailing m
            select
              out users.id bare is users.id
              JOIN … USING by mailing.email
              JOIN … USING by mailing.id
              JOIN … USING by users.email
              JOIN … USING by users.id
            SELECT u.id FROM users u LEFT JOIN orders o ON o.note = u.ssn
            select
              out users.id bare is users.id
              JOIN … ON by orders.note
              JOIN … ON by users.ssn
            SELECT (SELECT COUNT(*) FROM users JOIN orders o JOIN pairs ON ssn = 'x') FROM (SELECT 'x' AS ssn) d
            select
              out 
              JOIN … ON by users.ssn (equality)
        "#]],
    );
}

#[test]
fn takes_functions_that_can_fail_or_choose_for_influence() {
    check(
        &[
            "SELECT IF(ssn = 'a', id, name) FROM users",
            "SELECT CASE WHEN id = 1 THEN ssn END FROM users",
            "SELECT CASE ssn WHEN 'a' THEN 1 END FROM users",
            "SELECT COALESCE(email, name), IFNULL(name, ssn), NULLIF(ssn, 'a') FROM users",
            "SELECT ssn AND 1 FROM users",
            "SELECT CAST(ssn AS UNSIGNED), CONVERT(ssn USING latin1), BINARY ssn FROM users",
            "SELECT ssn + 0, -ssn, ssn | 1 FROM users",
            "SELECT ssn > 5 FROM users",
            "SELECT ssn REGEXP 'a', ssn SOUNDS LIKE 'a' FROM users",
            "SELECT REPEAT('x', ssn), UUID_TO_BIN(ssn), ST_GeomFromText(ssn) FROM users",
            "SELECT LEFT(ssn, id) FROM users",
            "SELECT COALESCE(ssn, @a := 5) FROM users",
            "SELECT CONCAT(ssn, @a := 'x') FROM users",
            "SELECT ssn IS NULL AND (@a := 5) FROM users",
            "SELECT CONCAT(name, @a := ssn) FROM users",
            "SELECT ssn, @a := id FROM users",
            "SELECT COALESCE(ssn, DEFAULT(name)) FROM users",
            "SELECT ssn, DEFAULT(name) FROM users",
        ],
        expect![[r#"
            SELECT IF(ssn = 'a', id, name) FROM users
            select
              out users.id+users.name+users.ssn
              IF by users.ssn
            SELECT CASE WHEN id = 1 THEN ssn END FROM users
            select
              out users.id+users.ssn
              CASE by users.id
            SELECT CASE ssn WHEN 'a' THEN 1 END FROM users
            select
              out users.ssn
              CASE by users.ssn
            SELECT COALESCE(email, name), IFNULL(name, ssn), NULLIF(ssn, 'a') FROM users
            select
              out users.email+users.name
              out users.name+users.ssn
              out users.ssn
              NULLIF by users.ssn
            SELECT ssn AND 1 FROM users
            select
              out users.ssn
              AND or OR by users.ssn
            SELECT CAST(ssn AS UNSIGNED), CONVERT(ssn USING latin1), BINARY ssn FROM users
            select
              out users.ssn
              out users.ssn
              out users.ssn
              CAST by users.ssn
            SELECT ssn + 0, -ssn, ssn | 1 FROM users
            select
              out users.ssn
              out users.ssn
              out users.ssn
              a bit operator by users.ssn
              arithmetic by users.ssn
            SELECT ssn > 5 FROM users
            select
              out users.ssn
              a comparison that converts by users.ssn
            SELECT ssn REGEXP 'a', ssn SOUNDS LIKE 'a' FROM users
            select
              out users.ssn
              out users.ssn
              SOUNDS LIKE by users.ssn
              a regular expression by users.ssn
            SELECT REPEAT('x', ssn), UUID_TO_BIN(ssn), ST_GeomFromText(ssn) FROM users
            select
              out users.ssn
              out users.ssn
              out users.ssn
              a function that can fail by users.ssn
            SELECT LEFT(ssn, id) FROM users
            select
              out users.id+users.ssn
              a function that can fail by users.id
              a function that can fail by users.ssn
            SELECT COALESCE(ssn, @a := 5) FROM users
            select
              out users.ssn
              COALESCE by users.ssn
              @a from  literal
            SELECT CONCAT(ssn, @a := 'x') FROM users
            select
              out users.ssn
              what can fail beside it by users.ssn
              @a from  literal
            SELECT ssn IS NULL AND (@a := 5) FROM users
            select
              out users.ssn
              AND or OR by users.ssn
              @a from  literal
            SELECT CONCAT(name, @a := ssn) FROM users
            select
              out users.name+users.ssn
              what can fail beside it by users.name
              what can fail beside it by users.ssn
              @a from users.ssn
            SELECT ssn, @a := id FROM users
            select
              out users.ssn bare is users.ssn
              out users.id
              @a from users.id
            SELECT COALESCE(ssn, DEFAULT(name)) FROM users
            select
              out users.name+users.ssn
              COALESCE by users.ssn
            SELECT ssn, DEFAULT(name) FROM users
            select
              out users.ssn bare is users.ssn
              out users.name
        "#]],
    );
}

#[test]
fn follows_subqueries_and_what_they_are_correlated_by() {
    check(
        &[
            "SELECT name FROM users u WHERE EXISTS (SELECT ssn FROM orders WHERE note = u.ssn)",
            "SELECT id FROM orders WHERE note IN (SELECT ssn FROM users)",
            "SELECT id FROM orders WHERE note = ANY (SELECT ssn FROM users)",
            "SELECT (SELECT o.id FROM orders o WHERE o.note = u.ssn LIMIT 1) FROM users u",
            "SELECT id FROM (SELECT id FROM users ORDER BY ssn LIMIT 1) d",
            "SELECT id FROM orders WHERE id = (SELECT MAX(id) FROM users WHERE ssn LIKE '1%')",
        ],
        expect![[r#"
            SELECT name FROM users u WHERE EXISTS (SELECT ssn FROM orders WHERE note = u.ssn)
            select
              out users.name bare is users.name
              WHERE by orders.note
              WHERE by users.ssn
            SELECT id FROM orders WHERE note IN (SELECT ssn FROM users)
            select
              out orders.id bare is orders.id
              WHERE by orders.note
              a comparison with a subquery by orders.note
              WHERE by users.ssn
              a comparison with a subquery by users.ssn
            SELECT id FROM orders WHERE note = ANY (SELECT ssn FROM users)
            select
              out orders.id bare is orders.id
              WHERE by orders.note
              a comparison with a subquery by orders.note
              WHERE by users.ssn
              a comparison with a subquery by users.ssn
            SELECT (SELECT o.id FROM orders o WHERE o.note = u.ssn LIMIT 1) FROM users u
            select
              out orders.id
              WHERE by orders.note
              WHERE by users.ssn
            SELECT id FROM (SELECT id FROM users ORDER BY ssn LIMIT 1) d
            select
              out users.id bare unchecked
              ORDER BY by users.ssn
            SELECT id FROM orders WHERE id = (SELECT MAX(id) FROM users WHERE ssn LIKE '1%')
            select
              out orders.id bare is orders.id
              WHERE by orders.id
              what can fail beside it by orders.id
              WHERE by users.id
              what can fail beside it by users.id
              WHERE by users.ssn
        "#]],
    );
}

/// Whether a value can be stored in the columns of a recursive table, which have the types of its
/// first part, tells of the value.
#[test]
fn what_a_recursive_table_stores_steers_but_for_its_own_column_and_the_very_same() {
    check(
        &[
            "WITH RECURSIVE r AS (SELECT 1 AS n, 'aaaaa' AS s UNION ALL SELECT n + 1, ssn FROM r, users) SELECT n FROM r",
            "WITH RECURSIVE r AS (SELECT ssn AS s FROM users UNION ALL SELECT CONCAT(s, 'x') FROM r) SELECT 1 FROM r",
            "WITH RECURSIVE r AS (SELECT ssn AS s FROM users UNION ALL SELECT s FROM r) SELECT s FROM r",
            "WITH RECURSIVE r AS (SELECT ssn AS s FROM users UNION ALL SELECT ssn FROM r, users) SELECT s FROM r",
        ],
        expect![[r#"
            WITH RECURSIVE r AS (SELECT 1 AS n, 'aaaaa' AS s UNION ALL SELECT n + 1, ssn FROM r, users) SELECT n FROM r
            select
              out  unchecked
              WITH RECURSIVE by users.ssn
            WITH RECURSIVE r AS (SELECT ssn AS s FROM users UNION ALL SELECT CONCAT(s, 'x') FROM r) SELECT 1 FROM r
            select
              out 
              WITH RECURSIVE by users.ssn
              a function that can fail by users.ssn
            WITH RECURSIVE r AS (SELECT ssn AS s FROM users UNION ALL SELECT s FROM r) SELECT s FROM r
            select
              out users.ssn bare unchecked
            WITH RECURSIVE r AS (SELECT ssn AS s FROM users UNION ALL SELECT ssn FROM r, users) SELECT s FROM r
            select
              out users.ssn bare unchecked
        "#]],
    );
}
