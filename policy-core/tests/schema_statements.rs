//! Changes to schemas: which objects and columns they touch, and what cannot hide in them.

mod common;

use common::SERVERS;
use common::read_on;
use common::show;

fn check(text: &str, expected: &str) {
    for version in SERVERS {
        let (got, withheld) = facts(version, text);
        assert_eq!(got, expected, "{text} on {version}");
        assert_eq!(withheld, [""; 0], "{text} on {version}");
    }
}

/// The facts in words, and what is withheld.
fn facts(version: &str, text: &str) -> (String, Vec<String>) {
    let withheld = read_on(version, text.as_bytes())
        .into_iter()
        .flatten()
        .flat_map(|statement| statement.withheld)
        .map(|withheld| withheld.construct);
    (show(version, text), withheld.collect())
}

/// Not read, or read and withheld.
fn check_refused(texts: &[&str]) {
    for text in texts {
        for version in SERVERS {
            let (got, withheld) = facts(version, text);
            let is_refused = got.starts_with("refused: ") || !withheld.is_empty();
            assert!(is_refused, "{text} on {version}: {got}");
        }
    }
}

#[test]
fn reads_create_table() {
    let made = "create table | Create app.t() | SchemaChange([app.t])";
    for text in [
        "CREATE TABLE t (id INT PRIMARY KEY)",
        "CREATE TABLE IF NOT EXISTS `app`.`t` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, \
         `name` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'x', \
         `at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), \
         `kind` enum('a','b') NOT NULL DEFAULT 'a', `price` decimal(10,2) DEFAULT -1.5, \
         `area` int GENERATED ALWAYS AS (`id` * 2) STORED, \
         PRIMARY KEY (`id`), UNIQUE KEY `n` (`name`(10)) USING BTREE, FULLTEXT KEY (`name`), \
         CONSTRAINT `c` CHECK (`id` > 0)) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT \
         CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci ROW_FORMAT=DYNAMIC COMMENT='x'",
        "CREATE TABLE t (id INT, d DATE) PARTITION BY RANGE (YEAR(d)) \
         (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE)",
        "CREATE TABLE t (id INT, PRIMARY KEY (id)) PARTITION BY HASH(id) PARTITIONS 4",
    ] {
        check(text, made);
    }
    check(
        "CREATE TABLE t (id INT, FOREIGN KEY (id) REFERENCES orders (id) ON DELETE CASCADE)",
        "create table | Create app.t() | Describe app.orders(id) | SchemaChange([app.t])",
    );
    check(
        "CREATE TABLE app.y LIKE app.mailing",
        "create table | Create app.y() | Describe app.mailing(email,id) | \
         {app.mailing.email, app.mailing.id} -> NewTable(app.y) | SchemaChange([app.y])",
    );
    check(
        "CREATE TEMPORARY TABLE t (id INT)",
        "create temporary table | Create app.t() | CreateTemporary(app.t)",
    );
}

#[test]
fn refuses_what_could_hide_in_a_definition() {
    check_refused(&[
        "CREATE TABLE t (id INT) ENGINE=FEDERATED CONNECTION='mysql://x'",
        "CREATE TABLE t (id INT) ENGINE=MERGE UNION=(users)",
        "CREATE TABLE t (id INT) UNION=(users)",
        "CREATE TABLE t (id INT) DATA DIRECTORY='/tmp'",
        "CREATE TABLE t (id INT) INDEX DIRECTORY='/tmp'",
        "CREATE TABLE t (id INT) TABLESPACE x",
        "CREATE TABLE t (id INT DEFAULT (SELECT 1))",
        "CREATE TABLE t (id INT DEFAULT (sleep(1)))",
        "CREATE TABLE t (id INT DEFAULT (`get_ssn`(1)))",
        "CREATE TABLE t (id INT DEFAULT (app.get_ssn(1)))",
        "CREATE TABLE t (id INT CHECK (id > (SELECT 1)))",
        "CREATE TABLE t (id INT CHECK (id > @x))",
        "CREATE TABLE t (id INT AS (load_file('/etc/passwd')))",
        "CREATE TABLE t (id NOTATYPE)",
        "CREATE TABLE t (id INT",
        "CREATE TABLE t (id INT) garbage",
        "CREATE TABLE t (id INT) PARTITION BY HASH(sleep(1))",
        "CREATE TABLE t (id INT) PARTITION BY RANGE(id) (PARTITION p VALUES LESS THAN (1) DATA DIRECTORY='/x')",
        "CREATE TABLE t LIKE nowhere",
        "CREATE TEMPORARY TABLE users (id INT)",
        "CREATE TABLE t",
    ]);
}

#[test]
fn drops_what_it_replaces() {
    let texts = [
        (
            "CREATE OR REPLACE TABLE mailing (id INT)",
            "create table | Create app.mailing() | Drop app.mailing(email,id) | \
             SchemaChange([app.mailing])",
        ),
        (
            "CREATE OR REPLACE TABLE fresh (id INT)",
            "create table | Create app.fresh() | Drop app.fresh() | SchemaChange([app.fresh])",
        ),
    ];
    for (text, expected) in texts {
        assert_eq!(show(SERVERS[1], text), expected);
        assert!(show(SERVERS[0], text).starts_with("refused: "), "{text}");
    }
    check(
        "ALTER TABLE mailing DROP PARTITION p0",
        "alter table | Drop app.mailing(email,id) | Alter app.mailing(email,id) | \
         SchemaChange([app.mailing])",
    );
}

#[test]
fn carries_a_default_from_column_to_column() {
    check(
        "CREATE TABLE t (a INT, b INT DEFAULT (a + 1), c INT AS (a))",
        "create table | Create app.t() | {app.t.a} -> Column(app.t.b) | SchemaChange([app.t])",
    );
    check(
        "ALTER TABLE users ADD x TEXT DEFAULT (CONCAT(name, ssn))",
        "alter table | Alter app.users(name,ssn,x) | \
         {app.users.name, app.users.ssn} -> Column(app.users.x) | SchemaChange([app.users])",
    );
    check(
        "CREATE INDEX i ON users ((LOWER(ssn)))",
        "create index | Alter app.users(ssn) | SchemaChange([app.users])",
    );
    check(
        "ALTER TABLE users PARTITION BY KEY (ssn) PARTITIONS 2",
        "alter table | Alter app.users(ssn) | SchemaChange([app.users])",
    );
}

#[test]
fn follows_tables_that_change_places() {
    check(
        "RENAME TABLE mailing TO tmp, docs TO mailing, tmp TO docs",
        "rename table | Alter app.mailing(email,id) | Create app.tmp() | Alter app.docs(id,note) | \
         Create app.mailing() | Alter app.tmp(email,id) | Create app.docs() | \
         {app.mailing.email, app.mailing.id} -> NewTable(app.tmp) | \
         {app.docs.id, app.docs.note} -> NewTable(app.mailing) | \
         {app.mailing.email, app.mailing.id} -> NewTable(app.docs) | \
         SchemaChange([app.mailing]) | SchemaChange([app.tmp]) | SchemaChange([app.docs]) | \
         SchemaChange([app.mailing]) | SchemaChange([app.tmp]) | SchemaChange([app.docs])",
    );
}

#[test]
fn names_the_columns_that_alter_table_touches() {
    for (text, columns) in [
        ("ALTER TABLE users ADD COLUMN x INT AFTER name", "x"),
        (
            "ALTER TABLE users ADD (x INT, y INT), ADD INDEX (name)",
            "name,x,y",
        ),
        ("ALTER TABLE users DROP COLUMN ssn", "ssn"),
        ("ALTER TABLE users DROP ssn, DROP PRIMARY KEY", "ssn"),
        (
            "ALTER TABLE users MODIFY ssn VARCHAR(20) NOT NULL FIRST",
            "ssn",
        ),
        ("ALTER TABLE users ADD UNIQUE KEY k (ssn)", "ssn"),
        ("ALTER TABLE users ALTER COLUMN ssn SET DEFAULT 'x'", "ssn"),
        (
            "ALTER TABLE users ADD CONSTRAINT c CHECK (ssn <> '')",
            "ssn",
        ),
        (
            "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4",
            "email,id,name,ssn",
        ),
        (
            "ALTER TABLE users ENGINE=InnoDB, COMMENT='x', ALGORITHM=INPLACE, LOCK=NONE",
            "",
        ),
        ("ALTER TABLE users DROP INDEX k, DROP FOREIGN KEY f", ""),
        (
            "CREATE UNIQUE INDEX i ON users (ssn DESC) USING BTREE ALGORITHM=INPLACE",
            "ssn",
        ),
    ] {
        let kind = if text.starts_with("CREATE") {
            "create index"
        } else {
            "alter table"
        };
        check(
            text,
            &format!("{kind} | Alter app.users({columns}) | SchemaChange([app.users])"),
        );
    }
    check(
        "ALTER TABLE users CHANGE ssn plain CHAR(11)",
        "alter table | Alter app.users(plain,ssn) | {app.users.ssn} -> Column(app.users.plain) | \
         SchemaChange([app.users])",
    );
    check(
        "ALTER TABLE users RENAME COLUMN ssn TO plain",
        "alter table | Alter app.users(plain,ssn) | {app.users.ssn} -> Column(app.users.plain) | \
         SchemaChange([app.users])",
    );
    check(
        "ALTER TABLE app.users ADD COLUMN s2 VARCHAR(20) GENERATED ALWAYS AS (REVERSE(ssn)) STORED",
        "alter table | Alter app.users(s2,ssn) | {app.users.ssn} -> Column(app.users.s2) | \
         SchemaChange([app.users])",
    );
    check_refused(&[
        "ALTER TABLE users DISCARD TABLESPACE",
        "ALTER TABLE users EXCHANGE PARTITION p WITH TABLE orders",
        "ALTER TABLE users UNION=(orders)",
        "ALTER TABLE users ENGINE=CSV",
        "ALTER TABLE users DATA DIRECTORY='/tmp'",
        "ALTER TABLE users ADD x INT DEFAULT (SELECT 1)",
        "ALTER TABLE nowhere ADD x INT",
        "ALTER TABLE users garbage",
        "ALTER TABLE users ADD INDEX ((sleep(1)))",
    ]);
}

#[test]
fn carries_protection_along_a_rename() {
    check(
        "RENAME TABLE app.mailing TO app.people",
        "rename table | Alter app.mailing(email,id) | Create app.people() | \
         {app.mailing.email, app.mailing.id} -> NewTable(app.people) | \
         SchemaChange([app.mailing]) | SchemaChange([app.people])",
    );
    check(
        "ALTER TABLE mailing RENAME TO people",
        "alter table | Create app.people() | Alter app.mailing(email,id) | \
         {app.mailing.email, app.mailing.id} -> NewTable(app.people) | \
         SchemaChange([app.people]) | SchemaChange([app.mailing])",
    );
    check_refused(&[
        "RENAME TABLE nowhere TO x",
        "RENAME TABLE users",
        "RENAME TABLE a TO b, c",
    ]);
}

#[test]
fn reads_drops() {
    check(
        "DROP TABLE IF EXISTS mailing, nowhere CASCADE",
        "drop table | Drop app.mailing(email,id) | Drop app.nowhere() | \
         SchemaChange([app.mailing]) | SchemaChange([app.nowhere])",
    );
    check(
        "DROP/**/DATABASE app",
        "drop database | Drop app.() | SchemaChange([app.])",
    );
    check(
        "DROP/*!*//**/DATABASE app",
        "drop database | Drop app.() | SchemaChange([app.])",
    );
    check(
        "TRUNCATE TABLE `app`.`mailing`",
        "truncate table | Drop app.mailing(email,id)",
    );
    check(
        "DROP INDEX i ON users",
        "drop index | Alter app.users() | SchemaChange([app.users])",
    );
    check(
        "CREATE DATABASE z CHARACTER SET utf8mb4",
        "create database | Create z.() | SchemaChange([z.])",
    );
    check(
        "DROP TRIGGER tr",
        "drop trigger | Drop app.tr() | SchemaChange([app.tr])",
    );
    check_refused(&[
        "DROP TEMPORARY TABLE app.users",
        "DROP TABLE nowhere",
        "DROP TABLE",
        "DROP DATABASE app, mysql",
        "DROP DATABASE app; SELECT 1",
        "TRUNCATE TABLE users, orders",
        "ALTER DATABASE app READ ONLY = 1",
    ]);
}
