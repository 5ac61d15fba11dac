//! Every SHOW of both manuals has a kind of its own, and is read to its last token.

mod common;

use std::collections::BTreeSet;

use common::SERVERS;
use common::show;
use policy_core::statement::kind::StatementKind;

/// What follows SHOW, what is read of it, and whether it is withheld besides.
const EXAMPLES: &[(&str, &str, bool)] = &[
    ("ANALYZE FORMAT=JSON FOR 1", "show analyze", true),
    ("AUTHORS", "show authors", false),
    ("BINARY LOG STATUS", "show binary log status", false),
    ("BINARY LOGS", "show binary logs", false),
    (
        "BINLOG EVENTS IN 'l' FROM 4 LIMIT 1, 2",
        "show binlog events",
        false,
    ),
    ("BINLOG STATUS", "show binary log status", false),
    ("MASTER STATUS", "show binary log status", false),
    ("MASTER LOGS", "show binary logs", false),
    ("CHARACTER SET LIKE 'u%'", "show character set", false),
    (
        "CHARSET WHERE (f(1) = 2)",
        "refused: unknown function `f`",
        false,
    ),
    ("CHARSET WHERE Maxlen > 1", "show character set", true),
    ("CLIENT_STATISTICS", "show client_statistics", false),
    (
        "COLLATION WHERE Charset = 'utf8mb4'",
        "show collation",
        false,
    ),
    ("CONTRIBUTORS", "show contributors", false),
    (
        "CREATE DATABASE IF NOT EXISTS app",
        "show create database | Describe app.()",
        false,
    ),
    (
        "CREATE EVENT e",
        "show create event | Describe app.e()",
        false,
    ),
    (
        "CREATE FUNCTION app.f",
        "show create function | Describe app.f()",
        false,
    ),
    (
        "CREATE LIBRARY l",
        "show create library | Describe app.l()",
        false,
    ),
    (
        "CREATE PACKAGE p",
        "show create package | Describe app.p()",
        false,
    ),
    (
        "CREATE PACKAGE BODY p",
        "show create package body | Describe app.p()",
        false,
    ),
    (
        "CREATE PROCEDURE p",
        "show create procedure | Describe app.p()",
        false,
    ),
    (
        "CREATE SEQUENCE s",
        "show create sequence | Describe app.s()",
        false,
    ),
    ("CREATE SERVER s", "show create server", false),
    (
        "CREATE TRIGGER t",
        "show create trigger | Describe app.t()",
        false,
    ),
    ("CREATE USER root@localhost", "show create user", true),
    ("CREATE USER CURRENT_USER()", "show create user", true),
    ("DATABASES LIKE 'a%'", "show databases", false),
    ("SCHEMAS WHERE `Database` = 'x'", "show databases", false),
    ("ENGINE INNODB STATUS", "show engine", false),
    ("ENGINE ALL MUTEX", "show engine", false),
    ("STORAGE ENGINES", "show engines", false),
    (
        "EVENTS FROM app WHERE Db = 'x'",
        "show events | Describe app.()",
        false,
    ),
    ("EXPLAIN FOR 1 + 1", "show explain", true),
    (
        "FULL FIELDS FROM app.mailing",
        "show columns | Describe app.mailing(email,id)",
        false,
    ),
    (
        "FUNCTION CODE f",
        "show function code | Describe app.f()",
        false,
    ),
    ("FUNCTION STATUS LIKE 'x'", "show function status", false),
    ("GRANTS", "show grants", false),
    (
        "GRANTS FOR 'a b'@'%' USING r, 's'@'h'",
        "show grants",
        false,
    ),
    ("GRANTS FOR CURRENT_USER()", "show grants", false),
    (
        "INDEX FROM mailing",
        "show index | Describe app.mailing(email,id)",
        false,
    ),
    ("INDEX_STATISTICS", "show index_statistics", false),
    ("LIBRARY STATUS", "show library status", false),
    ("LOCALES", "show locales", false),
    ("METADATA_LOCK_INFO", "show metadata_lock_info", false),
    (
        "OPEN TABLES IN app LIKE 'x'",
        "show open tables | Describe app.()",
        false,
    ),
    (
        "OPEN TABLES WHERE In_use > (SELECT MAX(id) FROM orders)",
        "show open tables | Describe app.() | Read app.orders(id)",
        true,
    ),
    (
        "PACKAGE BODY CODE p",
        "show package body code | Describe app.p()",
        false,
    ),
    ("PACKAGE BODY STATUS", "show package body status", false),
    ("PACKAGE STATUS", "show package status", false),
    (
        "PARSE_TREE SELECT id FROM orders",
        "show parse_tree | Read app.orders(id)",
        true,
    ),
    ("PLUGINS", "show plugins", false),
    ("PLUGINS SONAME 'x.so'", "show plugins", false),
    ("PRIVILEGES", "show privileges", false),
    (
        "PROCEDURE CODE p",
        "show procedure code | Describe app.p()",
        false,
    ),
    (
        "PROCEDURE STATUS WHERE Db = 'x' AND Type = 'y'",
        "show procedure status",
        false,
    ),
    ("PROCEDURE STATUS WHERE 1", "show procedure status", true),
    ("FULL PROCESSLIST", "show processlist", false),
    (
        "PROFILE BLOCK IO, PAGE FAULTS FOR QUERY 3 LIMIT 1 OFFSET 2",
        "show profile",
        false,
    ),
    ("PROFILES", "show profiles", false),
    ("QUERY_CACHE_INFO", "show query_cache_info", false),
    ("QUERY_RESPONSE_TIME", "show query_response_time", false),
    (
        "RELAYLOG 'c' EVENTS IN 'l' FROM 4 LIMIT 1 FOR CHANNEL 'c'",
        "show relaylog events",
        false,
    ),
    ("REPLICAS", "show replicas", false),
    ("SLAVE HOSTS", "show replicas", false),
    (
        "REPLICA STATUS FOR CHANNEL 'c'",
        "show replica status",
        false,
    ),
    ("SLAVE 'c' STATUS", "show replica status", false),
    ("ALL SLAVES STATUS", "show replica status", false),
    ("GLOBAL STATUS LIKE 'uptime'", "show status", false),
    ("STATUS", "show status", false),
    (
        "TABLE STATUS FROM app LIKE 'x'",
        "show table status | Describe app.()",
        false,
    ),
    (
        "TABLE STATUS WHERE `Rows` > 1",
        "show table status | Describe app.()",
        true,
    ),
    (
        "EXTENDED FULL TABLES IN app",
        "show tables | Describe app.()",
        false,
    ),
    (
        "TABLES WHERE Tables_in_app IN (SELECT note FROM orders)",
        "show tables | Describe app.() | Read app.orders(note)",
        true,
    ),
    ("TABLE_STATISTICS", "show table_statistics", false),
    (
        "TRIGGERS IN app LIKE 't1'",
        "show triggers | Describe app.()",
        false,
    ),
    ("USER_STATISTICS", "show user_statistics", false),
    ("VARIABLES", "show variables", false),
    ("SESSION VARIABLES LIKE 'datadir'", "show variables", true),
    ("COUNT(*) ERRORS", "show warnings", false),
    ("WARNINGS LIMIT 1 OFFSET 2", "show warnings", false),
    ("WSREP_MEMBERSHIP", "show wsrep_membership", false),
    ("WSREP_STATUS", "show wsrep_status", false),
    (
        "CREATE TABLE mailing",
        "show create table | Describe app.mailing(email,id)",
        false,
    ),
    (
        "CREATE VIEW mailing",
        "show create view | Describe app.mailing(email,id)",
        false,
    ),
];

#[test]
fn reads_each_to_its_end() {
    for (text, expected, is_withheld) in EXAMPLES {
        for version in SERVERS {
            let got = show(version, &format!("SHOW {text}"));
            let (facts, withheld) = match got.split_once(" | withheld: ") {
                Some((facts, _)) => (facts, true),
                None => (got.as_str(), false),
            };
            assert!(
                facts.starts_with(expected),
                "SHOW {text} on {version}: {got}"
            );
            let is_exact = facts == *expected || expected.starts_with("refused: ");
            assert!(is_exact, "SHOW {text} on {version}: {got}");
            assert_eq!(withheld, *is_withheld, "SHOW {text} on {version}: {got}");
        }
    }
}

#[test]
fn has_an_example_of_every_kind() {
    let shown: BTreeSet<&str> = EXAMPLES
        .iter()
        .filter_map(|(_, expected, _)| expected.split(" | ").next())
        .collect();
    for kind in StatementKind::ALL {
        let name = kind.name();
        assert!(!name.starts_with("show ") || shown.contains(name), "{name}");
    }
}

#[test]
fn refuses_what_goes_on() {
    for text in [
        "GRANTS FOR current_user() UNION SELECT 1",
        "GLOBAL TABLES",
        "OTHER",
        "PROCESSLIST LIKE 'x'",
        "ENGINES WHERE 1",
        "PROFILE FOR QUERY (SELECT 1)",
        "BINLOG EVENTS FROM (SELECT 1)",
        "TABLES WHERE 1 ORDER BY 1",
        "TABLES WHERE 1) UNION (SELECT ssn FROM users",
        "TABLES WHERE no_such_column = 1",
        "CREATE TABLE app.users, app.orders",
        "ENGINE INNODB",
        "EXPLAIN FOR 1, 2",
        "WARNINGS LIMIT (SELECT 1)",
        "COUNT(*) WARNINGS LIMIT 1",
    ] {
        for version in SERVERS {
            let got = show(version, &format!("SHOW {text}"));
            assert!(
                got.starts_with("refused: "),
                "SHOW {text} on {version}: {got}"
            );
        }
    }
}
