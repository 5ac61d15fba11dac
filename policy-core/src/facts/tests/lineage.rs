//! Which columns come out, through whatever they go.

use expect_test::Expect;
use expect_test::expect;

use super::fixture::MYSQL;
use super::fixture::all;

fn check(statements: &[&str], expected: Expect) {
    expected.assert_eq(&all(statements, MYSQL));
}

#[test]
fn names_base_columns_and_what_their_definition_must_say() {
    check(
        &[
            "SELECT ssn, (email), +ssn, u.name n, app.u.id FROM app.users u",
            "SELECT * FROM users",
            "SELECT u.*, o.id FROM users u JOIN orders o ON o.user_id = u.id",
            "TABLE users",
            "SELECT {d ssn}, {fn CONCAT(ssn)} FROM users",
            "SELECT tail FROM cards",
        ],
        expect![[r#"
            SELECT ssn, (email), +ssn, u.name n, app.u.id FROM app.users u
            select
              out users.ssn bare is users.ssn
              out users.email bare is users.email
              out users.ssn bare is users.ssn
              out users.name bare is users.name
              out users.id bare is users.id
            SELECT * FROM users
            select
              out users.id bare is users.id
              out users.name bare is users.name
              out users.email bare is users.email
              out users.ssn bare is users.ssn
            SELECT u.*, o.id FROM users u JOIN orders o ON o.user_id = u.id
            select
              out users.id bare is users.id
              out users.name bare is users.name
              out users.email bare is users.email
              out users.ssn bare is users.ssn
              out orders.id bare is orders.id
              JOIN … ON by orders.user_id
              JOIN … ON by users.id
            TABLE users
            table
              out users.id bare is users.id
              out users.name bare is users.name
              out users.email bare is users.email
              out users.ssn bare is users.ssn
            SELECT {d ssn}, {fn CONCAT(ssn)} FROM users
            select
              out users.ssn bare is users.ssn
              out users.ssn
            SELECT tail FROM cards
            select
              out cards.digest+cards.tail bare is cards.tail
        "#]],
    );
}

#[test]
fn follows_columns_through_derived_tables_and_with() {
    check(
        &[
            "SELECT x FROM (SELECT ssn AS x FROM users) d",
            "WITH c(a, b) AS (SELECT id, ssn FROM users) SELECT b FROM c",
            "SELECT d.b FROM (SELECT id, ssn FROM users) AS d(a, b)",
            "SELECT l.x FROM users u, LATERAL (SELECT u.ssn AS x) l",
            "SELECT * FROM (TABLE users) t",
            "WITH users AS (SELECT id AS ssn FROM orders) SELECT ssn FROM users",
            "WITH RECURSIVE r(a, b, c, n) AS (SELECT name, email, ssn, 1 FROM users \
             UNION ALL SELECT b, c, a, n + 1 FROM r WHERE n < 5) SELECT a FROM r",
            "SELECT j.a FROM docs d, JSON_TABLE(d.note, '$[*]' COLUMNS (a INT PATH '$.a')) j",
        ],
        expect![[r#"
            SELECT x FROM (SELECT ssn AS x FROM users) d
            select
              out users.ssn bare unchecked
            WITH c(a, b) AS (SELECT id, ssn FROM users) SELECT b FROM c
            select
              out users.ssn bare unchecked
            SELECT d.b FROM (SELECT id, ssn FROM users) AS d(a, b)
            select
              out users.ssn bare unchecked
            SELECT l.x FROM users u, LATERAL (SELECT u.ssn AS x) l
            select
              out users.ssn bare unchecked
            SELECT * FROM (TABLE users) t
            select
              out users.id bare unchecked
              out users.name bare unchecked
              out users.email bare unchecked
              out users.ssn bare unchecked
            WITH users AS (SELECT id AS ssn FROM orders) SELECT ssn FROM users
            select
              out orders.id bare unchecked
            WITH RECURSIVE r(a, b, c, n) AS (SELECT name, email, ssn, 1 FROM users UNION ALL SELECT b, c, a, n + 1 FROM r WHERE n < 5) SELECT a FROM r
            select
              out users.email+users.name+users.ssn unchecked
              WITH RECURSIVE by users.email
              WITH RECURSIVE by users.name
              WITH RECURSIVE by users.ssn
            SELECT j.a FROM docs d, JSON_TABLE(d.note, '$[*]' COLUMNS (a INT PATH '$.a')) j
            select
              out docs.note unchecked
              JSON_TABLE by docs.note
        "#]],
    );
}

#[test]
fn follows_columns_through_views() {
    check(
        &[
            "SELECT s FROM v_users",
            "SELECT x FROM v_deep",
            "SELECT x FROM v_hidden",
        ],
        expect![[r#"
            SELECT s FROM v_users
            select
              out users.ssn bare unchecked
              read app.users(id,ssn) via app.v_users
            SELECT x FROM v_deep
            select
              out users.ssn bare unchecked
              read app.users(id,ssn) via app.v_users
              read app.v_users(s) via app.v_deep
            SELECT x FROM v_hidden
            unread: the view `app.v_hidden`, whose body cannot be read is not supported
        "#]],
    );
}

#[test]
fn follows_columns_through_set_operations_and_rows() {
    check(
        &[
            "SELECT name FROM users UNION ALL SELECT ssn FROM users",
            "SELECT id FROM users EXCEPT SELECT ssn FROM users",
            "VALUES ROW((SELECT ssn FROM users LIMIT 1)), ROW(1)",
            "(SELECT ssn FROM users) LIMIT 1",
        ],
        expect![[r#"
            SELECT name FROM users UNION ALL SELECT ssn FROM users
            select
              out users.name+users.ssn
            SELECT id FROM users EXCEPT SELECT ssn FROM users
            select
              out users.id+users.ssn
              UNION by users.id
              UNION by users.ssn
            VALUES ROW((SELECT ssn FROM users LIMIT 1)), ROW(1)
            values
              out users.ssn
            (SELECT ssn FROM users) LIMIT 1
            select
              out users.ssn bare
        "#]],
    );
}

#[test]
fn computes_through_total_functions_without_influence() {
    check(
        &[
            "SELECT CONCAT(name, ':', ssn), REVERSE(ssn), HEX(ssn), LEFT(ssn, 2) FROM users",
            "SELECT ASCII(ssn), LENGTH(ssn), ssn > '5', SHA2(ssn, 256), ssn IS NULL FROM users",
            "SELECT MIN(ssn), COUNT(ssn), ssn COLLATE utf8mb4_bin, CONCAT(ssn, ?) FROM users",
            "SELECT (SELECT ssn FROM users LIMIT 1), ssn LIKE '1%' FROM users",
        ],
        expect![[r#"
            SELECT CONCAT(name, ':', ssn), REVERSE(ssn), HEX(ssn), LEFT(ssn, 2) FROM users
            select
              out users.name+users.ssn
              out users.ssn
              out users.ssn
              out users.ssn
            SELECT ASCII(ssn), LENGTH(ssn), ssn > '5', SHA2(ssn, 256), ssn IS NULL FROM users
            select
              out users.ssn
              out users.ssn
              out users.ssn
              out users.ssn
              out users.ssn
            SELECT MIN(ssn), COUNT(ssn), ssn COLLATE utf8mb4_bin, CONCAT(ssn, ?) FROM users
            select
              out users.ssn
              out users.ssn
              out users.ssn
              out users.ssn
              a parameter by users.ssn (nothing if texts: [0])
            SELECT (SELECT ssn FROM users LIMIT 1), ssn LIKE '1%' FROM users
            select
              out users.ssn
              out users.ssn
        "#]],
    );
}

#[test]
fn resolves_a_name_as_the_servers_do() {
    check(
        &[
            "SELECT ssn AS x, (SELECT x) FROM users",
            "SELECT text 'ssn' FROM kw",
            "SELECT top ssn FROM (SELECT ssn AS top FROM users) d",
            "SELECT id full FROM users anti",
            "SELECT id FROM orders JOIN pairs USING (id)",
            "SELECT 1e FROM (SELECT ssn AS `1e` FROM users) d",
            "SELECT (SELECT `ssn` FROM (SELECT (ssn) FROM users) d) FROM (SELECT 1 AS ssn) o",
            "SELECT ssn FROM (SELECT id AS ssn FROM orders) users",
        ],
        expect![[r#"
            SELECT ssn AS x, (SELECT x) FROM users
            select
              out users.ssn bare is users.ssn
              out users.ssn
            SELECT text 'ssn' FROM kw
            select
              out kw.text bare is kw.text
            SELECT top ssn FROM (SELECT ssn AS top FROM users) d
            select
              out users.ssn bare unchecked
            SELECT id full FROM users anti
            select
              out users.id bare is users.id
            SELECT id FROM orders JOIN pairs USING (id)
            select
              out orders.id+pairs.id bare is orders.id+pairs.id
              JOIN … USING by orders.id
              JOIN … USING by pairs.id
            SELECT 1e FROM (SELECT ssn AS `1e` FROM users) d
            select
              out users.ssn bare unchecked
            SELECT (SELECT `ssn` FROM (SELECT (ssn) FROM users) d) FROM (SELECT 1 AS ssn) o
            select
              out users.ssn unchecked
            SELECT ssn FROM (SELECT id AS ssn FROM orders) users
            select
              out orders.id bare unchecked
        "#]],
    );
}

#[test]
fn refuses_a_name_that_servers_could_take_differently() {
    check(
        &[
            "SELECT (SELECT `CONCAT(ssn)` FROM (SELECT CONCAT(ssn) FROM users) d) \
             FROM (SELECT 1 AS `CONCAT(ssn)`) o",
            "SELECT id FROM users NATURAL JOIN (SELECT CONCAT('a')) d",
            "WITH Users AS (SELECT ssn AS id FROM app.users) SELECT id FROM users",
            "SELECT U.ssn FROM users u",
            "SELECT ssn AS ' id' FROM users",
            "SELECT `ema\u{130}l` FROM users",
            "SELECT id FROM users, orders",
        ],
        expect![[r#"
            SELECT (SELECT `CONCAT(ssn)` FROM (SELECT CONCAT(ssn) FROM users) d) FROM (SELECT 1 AS `CONCAT(ssn)`) o
            unread: a name that may mean a column without an alias is not supported; give every computed column of a subquery in FROM an alias
            SELECT id FROM users NATURAL JOIN (SELECT CONCAT('a')) d
            unread: NATURAL JOIN over a column without an alias is not supported
            WITH Users AS (SELECT ssn AS id FROM app.users) SELECT id FROM users
            unread: a name of WITH in other letter case is not supported
            SELECT U.ssn FROM users u
            unread: a table's alias in other letter case is not supported
            SELECT ssn AS ' id' FROM users
            unread: an alias that begins with white space is not supported
            SELECT `emaİl` FROM users
            unread: the statement cannot be read at byte 8: a name with a letter that servers may take for another
            SELECT id FROM users, orders
            unread: unknown column (it stands in more than one table) `id`
        "#]],
    );
}

#[test]
fn refuses_what_is_not_there() {
    check(
        &[
            "SELECT nosuch FROM users",
            "SELECT users.id FROM users u",
            "SELECT id FROM nosuch",
            "SELECT id FROM mysql.user",
            "SELECT nosuch(1)",
            "SELECT info FROM information_schema.processlist",
            "SELECT (SELECT column_default FROM information_schema.columns LIMIT 1) \
             FROM (SELECT 1 AS column_default) d",
            "SELECT definer FROM information_schema.views",
        ],
        expect![[r#"
            SELECT nosuch FROM users
            unread: unknown column `nosuch`
            SELECT users.id FROM users u
            unread: unknown column `users.id`
            SELECT id FROM nosuch
            unread: unknown table `nosuch`
            SELECT id FROM mysql.user
            unread: unknown table `mysql.user`
            SELECT nosuch(1)
            unread: unknown function `nosuch`
            SELECT info FROM information_schema.processlist
            unread: unknown table `information_schema.processlist`
            SELECT (SELECT column_default FROM information_schema.columns LIMIT 1) FROM (SELECT 1 AS column_default) d
            select
              out columns.column_default
            SELECT definer FROM information_schema.views
            unread: unknown column `definer`
        "#]],
    );
}

#[test]
fn records_routines_variables_and_functions_that_never_pass() {
    check(
        &[
            "SELECT get_ssn(1), app.get_ssn (1)",
            "SELECT LAST_INSERT_ID(ssn) FROM users",
            "SELECT id, ssn INTO @a, @b FROM users LIMIT 1",
            "SELECT @x := ssn FROM users",
            "SELECT EXTRACTVALUE(1, ssn) FROM users",
            "SELECT NEXTVAL(s)",
            "SELECT ssn INTO OUTFILE '/tmp/x' FROM users",
        ],
        expect![[r#"
            SELECT get_ssn(1), app.get_ssn (1)
            select
              out 
              out 
              calls app.get_ssn
            SELECT LAST_INSERT_ID(ssn) FROM users
            select
              out users.ssn
              a function that can fail by users.ssn
              @last_insert_id() from users.ssn
            SELECT id, ssn INTO @a, @b FROM users LIMIT 1
            select
              @a from users.id
              @b from users.ssn
            SELECT @x := ssn FROM users
            select
              out users.ssn
              @x from users.ssn
            SELECT EXTRACTVALUE(1, ssn) FROM users
            select
              out users.ssn
              a function that can fail by users.ssn
              withheld: the function `extractvalue`
            SELECT NEXTVAL(s)
            unread: unknown column `s`
            SELECT ssn INTO OUTFILE '/tmp/x' FROM users
            select into outfile
        "#]],
    );
}
