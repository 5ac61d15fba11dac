//! Every kind of statement is told from its first words, and none is forgotten.

mod common;

use std::collections::BTreeSet;

use common::SERVERS;
use common::show;
use policy_core::statement::kind::DefaultEffect;
use policy_core::statement::kind::StatementKind;

/// One text for each kind: those that are refused name their kind in the refusal.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "load data",
        "LOAD /*!50000 DATA */ INFILE '/x' INTO TABLE app.orders",
    ),
    ("load data", "LOAD XML INFILE '/x' INTO TABLE t"),
    ("truncate table", "TRUNCATE users"),
    ("create table", "CREATE TABLE t (a INT)"),
    ("create temporary table", "CREATE TEMPORARY TABLE t (a INT)"),
    ("alter table", "ALTER TABLE users FORCE"),
    ("drop table", "DROP TABLES users"),
    ("drop temporary table", "DROP TEMPORARY TABLE IF EXISTS t"),
    ("rename table", "RENAME TABLE users TO people"),
    ("create index", "CREATE FULLTEXT INDEX i ON orders (note)"),
    ("drop index", "DROP INDEX i ON users"),
    ("drop view", "DROP VIEW IF EXISTS v"),
    ("create database", "CREATE SCHEMA IF NOT EXISTS z"),
    ("alter database", "ALTER DATABASE app CHARACTER SET latin1"),
    ("drop database", "DROP SCHEMA app"),
    (
        "create routine",
        "CREATE DEFINER=root@localhost PROCEDURE p() SELECT 1",
    ),
    (
        "create routine",
        "CREATE FUNCTION sys_exec RETURNS INT SONAME 'udf.so'",
    ),
    ("create routine", "CREATE OR REPLACE PACKAGE p AS END"),
    ("alter routine", "ALTER PROCEDURE p SQL SECURITY INVOKER"),
    ("drop routine", "DROP FUNCTION IF EXISTS f"),
    (
        "create trigger",
        "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW SET @a = 1",
    ),
    ("drop trigger", "DROP TRIGGER t"),
    (
        "create event",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    ),
    ("alter event", "ALTER DEFINER = 'a'@'b' EVENT e ENABLE"),
    ("drop event", "DROP EVENT e"),
    ("create sequence", "CREATE SEQUENCE s START WITH 1"),
    ("alter sequence", "ALTER SEQUENCE s RESTART"),
    ("drop sequence", "DROP SEQUENCE s"),
    ("create user", "CREATE USER evil@'%' IDENTIFIED BY 'x'"),
    ("alter user", "ALTER USER USER() IDENTIFIED BY 'x'"),
    ("drop user", "DROP USER t@localhost"),
    ("rename user", "RENAME USER a TO b"),
    ("create role", "CREATE ROLE r"),
    ("drop role", "DROP ROLE r"),
    ("set role", "SET ROLE r"),
    ("set role", "SET DEFAULT ROLE r TO u"),
    ("set password", "SET PASSWORD = 'x'"),
    ("grant", "GRANT SELECT (id) ON app.* TO u"),
    (
        "revoke",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM t@localhost",
    ),
    ("set global", "SET PERSIST x = 1"),
    ("kill", "KILL QUERY 1"),
    ("shutdown", "SHUTDOWN"),
    ("restart", "RESTART"),
    ("flush", "FLUSH LOCAL TABLES WITH READ LOCK"),
    ("reset", "RESET BINARY LOGS AND GTIDS"),
    ("purge", "PURGE BINARY LOGS TO 'x'"),
    (
        "replication",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='h'",
    ),
    ("replication", "START REPLICA"),
    ("replication", "STOP SLAVE"),
    ("backup", "BACKUP STAGE START"),
    ("clone", "CLONE LOCAL DATA DIRECTORY '/tmp/c'"),
    ("install plugin", "INSTALL PLUGIN x SONAME 'x.so'"),
    ("install plugin", "UNINSTALL COMPONENT 'x'"),
    ("tablespace", "CREATE UNDO TABLESPACE x ADD DATAFILE 'x'"),
    ("tablespace", "DROP TABLESPACE x"),
    (
        "server object",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '1.2.3.4')",
    ),
    ("server object", "ALTER INSTANCE ROTATE INNODB MASTER KEY"),
    (
        "server object",
        "CREATE OR REPLACE SPATIAL REFERENCE SYSTEM 1 NAME 'x'",
    ),
    ("resource group", "CREATE RESOURCE GROUP g TYPE = USER"),
    ("resource group", "SET RESOURCE GROUP g"),
    (
        "table maintenance",
        "ANALYZE NO_WRITE_TO_BINLOG TABLE users",
    ),
    ("table maintenance", "OPTIMIZE TABLE users"),
    ("table maintenance", "CHECK TABLE users"),
    ("cache index", "CACHE INDEX t IN c"),
    ("cache index", "LOAD INDEX INTO CACHE t"),
    ("lock tables", "LOCK TABLES users AS u READ, orders WRITE"),
    ("lock instance", "LOCK INSTANCE FOR BACKUP"),
    ("handler", "HANDLER app.users OPEN"),
    ("binlog", "BINLOG 'x'"),
    ("help", "HELP 'contents'"),
    ("xa", "XA START 'x'"),
    ("use", "USE app"),
    ("set", "SET autocommit = 1"),
    ("start transaction", "START TRANSACTION"),
    ("commit", "COMMIT"),
    ("rollback", "ROLLBACK"),
    ("savepoint", "SAVEPOINT s"),
    ("set transaction", "SET TRANSACTION READ ONLY"),
    ("unlock tables", "UNLOCK TABLES"),
    ("show warnings", "SHOW ERRORS LIMIT 1, 2"),
    ("show variables", "SHOW GLOBAL VARIABLES LIKE 'version'"),
    ("show status", "SHOW STATUS LIKE 'Uptime'"),
    ("show databases", "SHOW SCHEMAS"),
    ("show tables", "SHOW FULL TABLES"),
    ("show columns", "SHOW FIELDS IN users"),
    ("show index", "SHOW KEYS FROM users"),
    ("show create table", "SHOW CREATE TABLE users"),
    ("show create view", "SHOW CREATE VIEW users"),
    ("show create database", "SHOW CREATE SCHEMA app"),
    ("show character set", "SHOW CHARSET"),
    ("show collation", "SHOW COLLATION"),
    ("show engines", "SHOW STORAGE ENGINES"),
    ("show privileges", "SHOW PRIVILEGES"),
    ("show grants", "SHOW GRANTS"),
    ("show table status", "SHOW TABLE STATUS FROM app LIKE 'x'"),
    ("show processlist", "SHOW FULL PROCESSLIST"),
    ("show other", "SHOW ENGINE INNODB STATUS"),
    ("show other", "SHOW CREATE USER root"),
    ("describe", "DESC users"),
    ("call", "CALL leak()"),
    ("prepare", "PREPARE p FROM 'SELECT 1'"),
    ("execute", "EXECUTE p"),
    ("execute immediate", "EXECUTE IMMEDIATE 'SELECT 1'"),
    ("deallocate prepare", "DEALLOCATE PREPARE p"),
    ("deallocate prepare", "DROP PREPARE p"),
    ("signal", "SIGNAL SQLSTATE '45000'"),
    ("get diagnostics", "GET DIAGNOSTICS @a = NUMBER"),
    (
        "set statement",
        "SET STATEMENT sql_mode='ANSI_QUOTES' FOR SELECT 1",
    ),
    ("begin not atomic", "BEGIN NOT ATOMIC SELECT 1; END"),
    ("begin not atomic", "IF 1 THEN SELECT 1; END IF"),
];

/// Kinds whose texts the reader of rows takes; tested with it.
const OF_ROWS: &[&str] = &[
    "select",
    "table",
    "values",
    "insert",
    "replace",
    "update",
    "delete",
    "select into outfile",
    "create view",
    "alter view",
    "explain",
    "do",
];

#[test]
fn tells_every_kind_by_its_first_words() {
    for (kind, text) in EXAMPLES {
        for version in SERVERS {
            let got = show(version, text);
            let expected = StatementKind::parse(kind).map(StatementKind::default_effect);
            let told = match expected {
                // Texts of several statements are refused before.
                Some(DefaultEffect::Never) => {
                    got.starts_with("refused: ")
                        && (got.contains(kind)
                            || text.contains(';')
                            || got.to_lowercase().contains(kind))
                }
                Some(_) => got == *kind || got.starts_with(&format!("{kind} |")),
                None => false,
            };
            assert!(told, "{text} on {version} as {kind}: {got}");
        }
    }
}

#[test]
fn has_an_example_of_every_kind() {
    let shown: BTreeSet<&str> = EXAMPLES.iter().map(|(kind, _)| *kind).collect();
    for kind in StatementKind::ALL {
        let name = kind.name();
        assert!(shown.contains(name) || OF_ROWS.contains(&name), "{name}");
        assert_eq!(StatementKind::parse(name), Some(*kind));
    }
}

#[test]
fn refuses_words_that_begin_no_statement() {
    for text in [
        "FROB TABLE t",
        "\"SELECT\" 1",
        "`select` 1",
        "1",
        "CREATE NOTHING x",
        "ALTER ROLE r",
        "DROP",
        "CREATE USER u IDENTIFIED BY (SELECT 1)",
        "GRANT (TABLE users)",
        "KILL (SELECT 1)",
        "KILL QUERY 1+0",
        "CHECKSUM TABLE users",
        "ANALYZE TABLE app.users UPDATE HISTOGRAM ON ssn WITH 10 BUCKETS",
        "SHOW OPEN TABLES WHERE 1",
        "IMPORT TABLE FROM 'x'",
    ] {
        for version in SERVERS {
            let got = show(version, text);
            assert!(got.starts_with("refused: "), "{text} on {version}: {got}");
        }
    }
}
