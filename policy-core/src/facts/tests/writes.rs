//! What row changes write, from where, and what that tells.

use std::sync::Arc;

use expect_test::Expect;
use expect_test::expect;

use super::fixture::MARIADB;
use super::fixture::MYSQL;
use super::fixture::all;
use super::fixture::catalog;
use super::fixture::id;
use super::fixture::name;
use super::fixture::read_with;
use super::fixture::render;
use super::fixture::session;
use super::fixture::table;
use super::fixture::unique;
use crate::catalog::ForeignKey;

fn check(statements: &[&str], expected: Expect) {
    expected.assert_eq(&all(statements, MYSQL));
}

#[test]
fn follows_values_into_the_columns_of_an_insert() {
    check(
        &[
            "INSERT INTO orders (id, note) VALUES (1, 'a'), (2, (SELECT ssn FROM users LIMIT 1))",
            "INSERT INTO orders SET note = 'x', total = 1 + 1",
            "INSERT INTO orders (note) SELECT ssn FROM users WHERE id = 1",
            "INSERT INTO orders (note) WITH c AS (SELECT ssn FROM users) SELECT ssn FROM c",
            "INSERT INTO orders TABLE pairs",
            "INSERT INTO orders () VALUES ()",
            "INSERT INTO orders (note) VALUES (DEFAULT), (?)",
            "INSERT INTO orders (note, total) VALUES (1)",
        ],
        expect![[r#"
            INSERT INTO orders (id, note) VALUES (1, 'a'), (2, (SELECT ssn FROM users LIMIT 1))
            insert
              INSERT by orders.id (equality)
              orders.id from  literal
              orders.note from users.ssn
              insert app.orders(id,note)
            INSERT INTO orders SET note = 'x', total = 1 + 1
            insert
              orders.note from  literal
              orders.total from 
              insert app.orders(note,total)
            INSERT INTO orders (note) SELECT ssn FROM users WHERE id = 1
            insert
              WHERE by users.id (equality)
              orders.note from users.ssn
              insert app.orders(note)
            INSERT INTO orders (note) WITH c AS (SELECT ssn FROM users) SELECT ssn FROM c
            insert
              orders.note from users.ssn
              insert app.orders(note)
            INSERT INTO orders TABLE pairs
            insert
              INSERT by orders.id (equality)
              orders.id from pairs.id
              orders.user_id from pairs.user_id
              orders.total from pairs.total
              orders.note from pairs.note
              orders.status from pairs.status
              insert app.orders(id,note,status,total,user_id)
            INSERT INTO orders () VALUES ()
            insert
              insert app.orders()
            INSERT INTO orders (note) VALUES (DEFAULT), (?)
            insert
              orders.note from  literal
              insert app.orders(note)
            INSERT INTO orders (note, total) VALUES (1)
            unread: a row of another length than its columns is not supported
        "#]],
    );
}

#[test]
fn counts_keys_that_hold_a_written_column_as_influence() {
    check(
        &[
            "INSERT INTO users (name) VALUES ('x')",
            "INSERT INTO users (email) VALUES ('x')",
            "INSERT IGNORE INTO users (email) VALUES ('x')",
            "REPLACE INTO users (id, email) VALUES (1, 'x')",
            "INSERT INTO cards (user_email) VALUES ('x')",
            "INSERT INTO parts (ssn) VALUES ('x')",
        ],
        expect![[r#"
            INSERT INTO users (name) VALUES ('x')
            insert
              users.name from  literal
              insert app.users(name)
            INSERT INTO users (email) VALUES ('x')
            insert
              INSERT by users.email (equality)
              users.email from  literal
              insert app.users(email)
            INSERT IGNORE INTO users (email) VALUES ('x')
            insert
              INSERT IGNORE by users.email
              users.email from  literal
              insert app.users(email)
            REPLACE INTO users (id, email) VALUES (1, 'x')
            replace
              REPLACE by cards.user_email (equality)
              REPLACE by users.email (equality)
              REPLACE by users.email
              REPLACE by users.id (equality)
              REPLACE by users.id
              REPLACE by users.name
              REPLACE by users.ssn
              users.id from  literal
              users.email from  literal
              insert app.users(email,id)
              delete app.users()
            INSERT INTO cards (user_email) VALUES ('x')
            insert
              INSERT by cards.user_email (equality)
              INSERT by users.email (equality)
              cards.user_email from  literal
              insert app.cards(user_email)
            INSERT INTO parts (ssn) VALUES ('x')
            insert
              INSERT by parts.ssn (equality)
              parts.ssn from  literal
              insert app.parts(ssn)
        "#]],
    );
}

/// The facts over `accounts`, whose unique `email` has a default, and of which a unique column is
/// computed from `ssn` and `name`.
fn accounts(sql: &str) -> String {
    let mut catalog = catalog(MYSQL);
    let mut accounts = table("id int, name varchar, email varchar, ssn char, both varchar");
    accounts.columns[2].fresh_when_absent = false;
    accounts.columns[4].generated = Some(Arc::from("concat(`name`,`ssn`)"));
    accounts.indexes = vec![unique("email", &["email"]), unique("both", &["both"])];
    catalog.tables.insert(id("accounts"), Arc::new(accounts));
    render(&read_with(sql, &session(MYSQL), &catalog).unwrap())
}

#[test]
fn counts_the_keys_of_columns_that_an_insert_leaves_to_their_default() {
    let facts = accounts("INSERT INTO accounts (id) VALUES (1)");
    assert!(
        facts.contains("INSERT by accounts.email (equality)"),
        "{facts}"
    );
    let facts = accounts("INSERT IGNORE INTO accounts (id) VALUES (1)");
    assert!(
        facts.contains("INSERT IGNORE by accounts.email\n"),
        "{facts}"
    );
    let facts = accounts("INSERT INTO accounts (id) VALUES (1) ON DUPLICATE KEY UPDATE id = 2");
    assert!(
        facts.contains("UPDATE by accounts.email (equality)"),
        "{facts}"
    );
    let facts = accounts("INSERT INTO accounts () VALUES ()");
    assert!(
        facts.contains("INSERT by accounts.email (equality)"),
        "{facts}"
    );
}

#[test]
fn counts_the_keys_of_columns_that_are_computed_from_a_written_one() {
    let facts = accounts("UPDATE accounts SET name = 'x' WHERE id = 1");
    assert!(
        facts.contains("UPDATE by accounts.both (equality)"),
        "{facts}"
    );
    assert!(!facts.contains("accounts.email"), "{facts}");
    let facts = accounts("UPDATE accounts SET id = 2");
    assert!(!facts.contains("accounts.both"), "{facts}");
}

#[test]
fn what_a_row_is_computed_from_anew_tells_of_itself() {
    let facts = accounts("UPDATE accounts SET name = 'x' WHERE id = 1");
    assert!(facts.contains("UPDATE by accounts.ssn\n"), "{facts}");
    let facts = accounts("INSERT INTO accounts (id) VALUES (1) ON DUPLICATE KEY UPDATE name = 'x'");
    assert!(facts.contains("by accounts.ssn\n"), "{facts}");
    // A new row is computed from what the statement itself gives.
    let facts = accounts("INSERT INTO accounts (id, name) VALUES (1, 'x')");
    assert!(!facts.contains("by accounts.ssn\n"), "{facts}");
    let facts = accounts("UPDATE accounts SET email = 'x' WHERE id = 1");
    assert!(!facts.contains("accounts.ssn"), "{facts}");
}

/// The facts over tables of which each refers to the one before it: `top`, `middle`, `leaf`.
fn chained(sql: &str, cascades: bool) -> String {
    let mut catalog = catalog(MYSQL);
    let refers = |parent: &str, columns: &[&str], parent_columns: &[&str], cascades| ForeignKey {
        columns: columns.iter().map(|column| name(column)).collect(),
        parent: id(parent),
        parent_columns: parent_columns.iter().map(|column| name(column)).collect(),
        cascades,
    };
    let mut middle = table("id int, top int, word varchar");
    middle.foreign_keys = vec![refers("top", &["top"], &["id"], cascades)];
    middle.indexes = vec![unique("both", &["top", "word"])];
    let mut leaf = table("id int, ssn int, born int");
    leaf.foreign_keys = vec![
        refers("middle", &["ssn"], &["id"], false),
        refers("middle", &["born"], &["top"], true),
        // A ring must not be walked for ever.
        refers("leaf", &["born"], &["born"], true),
    ];
    for (label, table) in [
        ("top", table("id int, t int")),
        ("middle", middle),
        ("leaf", leaf),
    ] {
        catalog.tables.insert(id(label), Arc::new(table));
    }
    render(&read_with(sql, &session(MYSQL), &catalog).unwrap())
}

#[test]
fn follows_cascades_to_their_end() {
    let gone = chained("DELETE FROM top WHERE id = 1", true);
    for column in ["middle.top", "leaf.ssn", "leaf.born"] {
        assert!(gone.contains(&format!("DELETE by {column}")), "{gone}");
    }
    assert!(
        gone.contains("DELETE by middle.word\n"),
        "a unique key: {gone}"
    );
    let changed = chained("UPDATE top SET id = 2 WHERE id = 1", true);
    assert!(changed.contains("UPDATE by leaf.born"), "{changed}");
    assert!(
        !changed.contains("leaf.ssn"),
        "only `top` changes there: {changed}"
    );
    let unchanged = chained("UPDATE top SET t = 2 WHERE id = 1", true);
    assert!(
        !unchanged.contains("leaf") && !unchanged.contains("middle"),
        "{unchanged}"
    );
    let refused = chained("DELETE FROM top WHERE id = 1", false);
    assert!(!refused.contains("leaf"), "{refused}");
}

#[test]
fn reads_on_duplicate_key_update() {
    check(
        &[
            "INSERT INTO orders (id, note) VALUES (1, (SELECT ssn FROM users LIMIT 1)) \
             ON DUPLICATE KEY UPDATE note = VALUES(note), total = total + 1",
            "INSERT INTO users (id, ssn) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = ssn",
            "INSERT INTO orders (id, note) VALUES (1, 'x') AS new ON DUPLICATE KEY UPDATE \
             note = new.note",
            "INSERT INTO orders (id, note) SELECT u.id, u.name FROM users u \
             ON DUPLICATE KEY UPDATE note = u.ssn",
        ],
        expect![[r#"
            INSERT INTO orders (id, note) VALUES (1, (SELECT ssn FROM users LIMIT 1)) ON DUPLICATE KEY UPDATE note = VALUES(note), total = total + 1
            insert
              ON DUPLICATE KEY UPDATE by orders.id (equality)
              ON DUPLICATE KEY UPDATE by orders.note (equality)
              ON DUPLICATE KEY UPDATE by orders.total (equality)
              arithmetic by orders.total
              orders.id from  literal
              orders.note from users.ssn
              orders.note from users.ssn
              orders.total from orders.total
              insert app.orders(id,note)
              update app.orders(note,total)
            INSERT INTO users (id, ssn) VALUES (1, 'x') ON DUPLICATE KEY UPDATE name = ssn
            insert
              ON DUPLICATE KEY UPDATE by users.id (equality)
              ON DUPLICATE KEY UPDATE by users.name (equality)
              users.id from  literal
              users.ssn from  literal
              users.name from users.ssn
              insert app.users(id,ssn)
              update app.users(name)
            INSERT INTO orders (id, note) VALUES (1, 'x') AS new ON DUPLICATE KEY UPDATE note = new.note
            insert
              ON DUPLICATE KEY UPDATE by orders.id (equality)
              ON DUPLICATE KEY UPDATE by orders.note (equality)
              orders.id from  literal
              orders.note from  literal
              orders.note from 
              insert app.orders(id,note)
              update app.orders(note)
            INSERT INTO orders (id, note) SELECT u.id, u.name FROM users u ON DUPLICATE KEY UPDATE note = u.ssn
            insert
              ON DUPLICATE KEY UPDATE by orders.id (equality)
              ON DUPLICATE KEY UPDATE by orders.note (equality)
              orders.id from users.id
              orders.note from users.name
              orders.note from users.ssn
              insert app.orders(id,note)
              update app.orders(note)
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of statements")]
fn reads_updates_of_one_and_of_several_tables() {
    check(
        &[
            "UPDATE users SET name = ssn",
            "UPDATE users SET ssn = 'x' WHERE id = 1",
            "UPDATE orders o JOIN users u ON u.id = o.user_id SET o.note = u.ssn",
            "UPDATE orders o, users u SET o.note = u.name, u.name = 'x' WHERE u.id = o.user_id",
            "UPDATE orders SET note = (SELECT ssn FROM users LIMIT 1) ORDER BY total LIMIT 1",
            "WITH c AS (SELECT id FROM users) UPDATE orders SET total = 1 WHERE id IN \
             (SELECT id FROM c)",
            "UPDATE v_users SET s = 'x'",
            "UPDATE (SELECT 1 AS a) d SET a = 1",
        ],
        expect![[r#"
            UPDATE users SET name = ssn
            update
              UPDATE by users.name (equality)
              users.name from users.ssn
              update app.users(name)
              filter Missing
            UPDATE users SET ssn = 'x' WHERE id = 1
            update
              WHERE by users.id (equality)
              UPDATE by users.ssn (equality)
              users.ssn from  literal
              update app.users(ssn)
              filter Present
            UPDATE orders o JOIN users u ON u.id = o.user_id SET o.note = u.ssn
            update
              UPDATE by orders.note (equality)
              JOIN … ON by orders.user_id
              what a change computes by orders.user_id
              JOIN … ON by users.id
              what a change computes by users.id
              orders.note from users.ssn
              update app.orders(note)
              filter Present
            UPDATE orders o, users u SET o.note = u.name, u.name = 'x' WHERE u.id = o.user_id
            update
              UPDATE by orders.note (equality)
              WHERE by orders.user_id
              what a change computes by orders.user_id
              WHERE by users.id
              what a change computes by users.id
              UPDATE by users.name (equality)
              orders.note from users.name
              users.name from  literal
              update app.orders(note)
              update app.users(name)
              filter Present
            UPDATE orders SET note = (SELECT ssn FROM users LIMIT 1) ORDER BY total LIMIT 1
            update
              UPDATE by orders.note (equality)
              ORDER BY by orders.total
              orders.note from users.ssn
              update app.orders(note)
              filter Missing
            WITH c AS (SELECT id FROM users) UPDATE orders SET total = 1 WHERE id IN (SELECT id FROM c)
            update
              WHERE by orders.id
              a comparison with a subquery by orders.id
              UPDATE by orders.total (equality)
              WHERE by users.id
              a comparison with a subquery by users.id
              orders.total from  literal
              update app.orders(total)
              filter Present
            UPDATE v_users SET s = 'x'
            update
              UPDATE by v_users.s (equality)
              v_users.s from  literal
              read app.users(id,ssn) via app.v_users
              update app.v_users(s)
              filter Missing
              withheld: a change of something else than a base table
            UPDATE (SELECT 1 AS a) d SET a = 1
            unread: a change of something else than a base table is not supported; name the base table itself
        "#]],
    );
}

#[test]
fn reads_deletes_of_one_and_of_several_tables() {
    check(
        &[
            "DELETE FROM orders WHERE note IN (SELECT ssn FROM users)",
            "DELETE FROM users WHERE id = 1",
            "DELETE o, u.* FROM orders o JOIN users u ON u.id = o.user_id",
            "DELETE FROM u USING users u",
            "DELETE FROM orders AS o WHERE o.id = 1 ORDER BY id LIMIT 1",
        ],
        expect![[r#"
            DELETE FROM orders WHERE note IN (SELECT ssn FROM users)
            delete
              WHERE by orders.note
              a comparison with a subquery by orders.note
              WHERE by users.ssn
              a comparison with a subquery by users.ssn
              delete app.orders()
              filter Present
            DELETE FROM users WHERE id = 1
            delete
              DELETE by cards.user_email (equality)
              DELETE by users.email (equality)
              WHERE by users.id (equality)
              delete app.users()
              filter Present
            DELETE o, u.* FROM orders o JOIN users u ON u.id = o.user_id
            delete
              DELETE by cards.user_email (equality)
              JOIN … ON by orders.user_id
              what a change computes by orders.user_id
              DELETE by users.email (equality)
              JOIN … ON by users.id
              what a change computes by users.id
              delete app.orders()
              delete app.users()
              filter Present
            DELETE FROM u USING users u
            delete
              DELETE by cards.user_email (equality)
              DELETE by users.email (equality)
              delete app.users()
              filter Missing
            DELETE FROM orders AS o WHERE o.id = 1 ORDER BY id LIMIT 1
            delete
              WHERE by orders.id (equality)
              ORDER BY by orders.id
              delete app.orders()
              filter Present
        "#]],
    );
}

#[test]
fn tells_whether_a_where_restricts() {
    check(
        &[
            "DELETE FROM orders",
            "DELETE FROM orders WHERE 1",
            "DELETE FROM orders WHERE id = id",
            "DELETE FROM orders WHERE 'a' = 'a' AND NOT 0",
            "DELETE FROM orders WHERE id = 1 OR TRUE",
            "DELETE FROM orders WHERE note LIKE '%'",
            "DELETE FROM orders WHERE FALSE",
            "DELETE FROM orders WHERE id = 1",
        ],
        expect![[r#"
            DELETE FROM orders
            delete
              delete app.orders()
              filter Missing
            DELETE FROM orders WHERE 1
            delete
              delete app.orders()
              filter AlwaysTrue
            DELETE FROM orders WHERE id = id
            delete
              WHERE by orders.id
              what a change computes by orders.id
              delete app.orders()
              filter AlwaysTrue
            DELETE FROM orders WHERE 'a' = 'a' AND NOT 0
            delete
              delete app.orders()
              filter AlwaysTrue
            DELETE FROM orders WHERE id = 1 OR TRUE
            delete
              AND or OR by orders.id
              WHERE by orders.id
              what a change computes by orders.id
              delete app.orders()
              filter AlwaysTrue
            DELETE FROM orders WHERE note LIKE '%'
            delete
              WHERE by orders.note
              what a change computes by orders.note
              delete app.orders()
              filter AlwaysTrue
            DELETE FROM orders WHERE FALSE
            delete
              delete app.orders()
              filter Present
            DELETE FROM orders WHERE id = 1
            delete
              WHERE by orders.id (equality)
              delete app.orders()
              filter Present
        "#]],
    );
}

#[test]
fn gives_back_what_returning_names() {
    let expected = expect![[r#"
        INSERT INTO orders (note) VALUES ('x') RETURNING id, note
        insert
          out orders.id bare is orders.id
          out orders.note bare is orders.note
          orders.note from  literal
          insert app.orders(note)
        DELETE FROM users WHERE id = 1 RETURNING ssn
        delete
          out users.ssn bare is users.ssn
          DELETE by cards.user_email (equality)
          DELETE by users.email (equality)
          WHERE by users.id (equality)
          delete app.users()
          filter Present
        REPLACE INTO orders (id) VALUES (1) RETURNING *
        replace
          out orders.id bare is orders.id
          out orders.user_id bare is orders.user_id
          out orders.total bare is orders.total
          out orders.note bare is orders.note
          out orders.status bare is orders.status
          REPLACE by orders.id (equality)
          REPLACE by orders.id
          REPLACE by orders.note
          REPLACE by orders.status
          REPLACE by orders.total
          REPLACE by orders.user_id
          orders.id from  literal
          insert app.orders(id)
          delete app.orders()
    "#]];
    expected.assert_eq(&all(
        &[
            "INSERT INTO orders (note) VALUES ('x') RETURNING id, note",
            "DELETE FROM users WHERE id = 1 RETURNING ssn",
            "REPLACE INTO orders (id) VALUES (1) RETURNING *",
        ],
        MARIADB,
    ));
}
