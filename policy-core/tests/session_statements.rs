//! Statements about the session, as drivers and frameworks send them.

mod common;

use common::SERVERS;
use common::show;

fn check(text: &str, expected: &str) {
    for version in SERVERS {
        assert_eq!(show(version, text), expected, "{text} on {version}");
    }
}

fn check_refused(text: &str) {
    for version in SERVERS {
        let got = show(version, text);
        let is_refused = got.starts_with("refused: ") || got.contains(" | withheld: ");
        assert!(is_refused, "{text} on {version}: {got}");
    }
}

#[test]
fn reads_transactions() {
    check("BEGIN", "start transaction | BeginTransaction");
    check("begin work;", "start transaction | BeginTransaction");
    check(
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        "start transaction | BeginTransaction",
    );
    check("COMMIT", "commit | EndTransaction");
    check(
        "ROLLBACK AND CHAIN",
        "rollback | EndTransaction | BeginTransaction",
    );
    check("SAVEPOINT `a b`", "savepoint");
    check("ROLLBACK TO SAVEPOINT a", "rollback to savepoint");
    check("RELEASE SAVEPOINT a", "release savepoint");
    check(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        r#"set transaction | SetVariable { name: "transaction_isolation", value: "READ-COMMITTED" }"#,
    );
    check("SET TRANSACTION READ ONLY", "set transaction");
    for text in [
        "COMMIT RELEASE",
        "START TRANSACTION READ",
        "SAVEPOINT",
        "BEGIN NOT ATOMIC SELECT 1; END",
        "BEGIN; DROP DATABASE app; END",
        "COMMIT SELECT 1",
        "XA START 'x'",
    ] {
        check_refused(text);
    }
}

#[test]
fn sets_what_is_on_the_list_to_literals() {
    check(
        "SET autocommit=0",
        r#"set | SetVariable { name: "autocommit", value: "0" }"#,
    );
    check(
        "set @@session.autocommit = OFF",
        r#"set | SetVariable { name: "autocommit", value: "0" }"#,
    );
    check(
        "SET SESSION sql_mode := 'ansi', @@local.`time_zone`='+00:00'",
        r#"set | SetVariable { name: "sql_mode", value: "ANSI" } | SetVariable { name: "time_zone", value: "+00:00" }"#,
    );
    check(
        "SET SQL_QUOTE_SHOW_CREATE=1",
        r#"set | SetVariable { name: "sql_quote_show_create", value: "1" }"#,
    );
    check("SET NAMES utf8mb4", "set | SetNames { charset: Utf8mb4 }");
    check(
        "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_general_ci'",
        "set | SetNames { charset: Utf8mb4 }",
    );
    check(
        "SET CHARACTER SET latin1",
        "set | SetNames { charset: Latin1 }",
    );
    check(
        "/*!40101 SET NAMES utf8 */;",
        "set | SetNames { charset: Utf8mb3 }",
    );
    check(
        "/*!40103 SET TIME_ZONE='+00:00' */;",
        r#"set | SetVariable { name: "time_zone", value: "+00:00" }"#,
    );
    let computed = r#"set | SetVariable { name: "sql_mode", value: "ANSI_QUOTES" }"#;
    for text in [
        "SET @@session.sql_mode=CONCAT(@@sql_mode,',ANSI_QUOTES')",
        "SET sql_mode=(SELECT CONCAT(@@session.sql_mode,',ANSI_QUOTES'))",
        "SET SESSION sql_mode = CONCAT(CONCAT(@@sql_mode, ''), ',ANSI_QUOTES')",
    ] {
        check(text, computed);
    }
    for text in [
        "SET sql_mode=CONCAT(@@global.sql_mode,',ANSI_QUOTES')",
        "SET sql_mode=CONCAT(@@sql_mode,',ORACLE')",
        "SET sql_mode=(SELECT CONCAT(@@sql_mode,',ANSI') FROM t)",
        "SET sql_mode=CONCAT(@@sql_mode,@x)",
        "SET time_zone=CONCAT('+','00:00')",
        "SET @@sql_mode=4",
        "SET sql_mode='ORACLE'",
        "SET NAMES gbk",
        "SET NAMES utf8mb4 COLLATE gbk_bin",
        "SET CHARACTER SET gbk",
        "SET SESSION sql_quote_show_create=0",
        "SET session_track_system_variables=''",
        "SET ROLE admin",
        "SET @a=1, ROLE admin",
        "SET @a=1, PASSWORD='x'",
        "SET autocommit",
        "SET autocommit=0 1",
        "SET global.autocommit=0",
        "/*M!100000 SET sql_mode='ANSI_QUOTES' */",
    ] {
        check_refused(text);
    }
}

#[test]
fn reads_every_form_and_withholds_the_rest() {
    let by_default = r#"set | SetVariable { name: "sql_mode", value: "?" }"#;
    for text in [
        "SET sql_mode=DEFAULT",
        "SET sql_mode=@@global.sql_mode",
        "SET @@session.sql_mode = @@sql_mode",
    ] {
        check(text, by_default);
    }
    check(
        "SET sql_mode=@old_sql_mode",
        r#"set | SetVariable { name: "sql_mode", value: "?" }"#,
    );
    check(
        "SET NAMES DEFAULT",
        r#"set | SetVariable { name: "character_set_client", value: "?" }"#,
    );
    check(
        "SET foreign_key_checks=0, unique_checks=@old",
        r#"set | SetVariable { name: "foreign_key_checks", value: "0" } | SetVariable { name: "unique_checks", value: "?" } | withheld: SET foreign_key_checks to that value | withheld: SET unique_checks to that value"#,
    );
    check(
        "SET optimizer_switch='x'",
        r#"set | SetVariable { name: "optimizer_switch", value: "?" } | withheld: SET optimizer_switch to that value"#,
    );
    check(
        "SET lc_time_names=de_DE",
        r#"set | SetVariable { name: "lc_time_names", value: "de_DE" }"#,
    );
    check(
        "SET default_storage_engine=federated",
        "set | withheld: SET default_storage_engine to that value",
    );
    check(
        "SET autocommit=(SELECT ssn FROM app.users LIMIT 1)",
        r#"set | Read app.users(ssn) | {app.users.ssn} -> Variable("@autocommit") | SetVariable { name: "autocommit", value: "?" } | withheld: SET autocommit to anything but a literal"#,
    );
    check(
        "SET @@hot.key_buffer_size=1, myisam_x = 1 + 1, @a := 2",
        r#"set | {} -> Variable("@hot.key_buffer_size") | {} -> Variable("@myisam_x") | {} -> Variable("a") | SetUserVariable("a") | withheld: SET hot.key_buffer_size | withheld: SET myisam_x to anything but a literal | withheld: SET myisam_x to that value"#,
    );
    check(
        "SET @a = @@datadir",
        r#"set | {} -> Variable("a") | SetUserVariable("a") | withheld: reading `@@datadir`"#,
    );
    check(
        "SET GLOBAL max_connections = (SELECT total FROM app.orders), sql_mode='ORACLE'",
        r#"set global | Read app.orders(total) | {app.orders.total} -> Variable("@max_connections") | withheld: SET sql_mode to that value"#,
    );
}

#[test]
fn tells_what_reaches_beyond_the_session() {
    for text in [
        "SET GLOBAL sql_mode='ANSI_QUOTES'",
        "SET @@global.init_connect='DROP DATABASE app'",
        "SET PERSIST max_connections=1",
        "SET GLOBAL hot.key_buffer_size = DEFAULT, @@persist_only.validate_password.length = 8",
        "SET GLOBAL TRANSACTION READ ONLY",
    ] {
        check(text, "set global");
    }
    check(
        "SET @a=1, GLOBAL sql_mode=''",
        r#"set global | {} -> Variable("a") | SetUserVariable("a")"#,
    );
    check("SET PASSWORD = 'x'", "set password");
    check("SET PASSWORD FOR root@localhost='x'", "set password");
}

#[test]
fn shows_names_and_types_only() {
    check("SHOW DATABASES", "show databases");
    check(
        "SHOW FULL TABLES FROM app LIKE 'u%'",
        "show tables | Describe app.()",
    );
    check("SHOW TABLES", "show tables | Describe app.()");
    check(
        "SHOW FULL COLUMNS FROM `orders` FROM `app`",
        "show columns | Describe app.orders(id,note,status,total,user_id)",
    );
    check(
        "SHOW CREATE TABLE mailing",
        "show create table | Describe app.mailing(email,id)",
    );
    check(
        "SHOW INDEX FROM app.mailing",
        "show index | Describe app.mailing(email,id)",
    );
    check("SHOW VARIABLES LIKE 'sql_mode'", "show variables");
    check(
        "SHOW VARIABLES WHERE Variable_name ='sql_mode' OR Variable_name IN ('time_zone', 'license')",
        "show variables",
    );
    check(
        "SHOW FULL TABLES FROM app WHERE Table_type != 'VIEW' AND `Tables_in_app` LIKE 'u%'",
        "show tables | Describe app.()",
    );
    check(
        "SHOW KEYS FROM app.mailing WHERE Key_name = 'PRIMARY'",
        "show index | Describe app.mailing(email,id)",
    );
    check("SHOW VARIABLES LIKE 'character_set%'", "show variables");
    check(
        "SHOW VARIABLES WHERE Variable_name LIKE 'collation%' AND Value = 'x' OR Variable_name = 'version'",
        "show variables",
    );
    check("SHOW SESSION STATUS LIKE 'Ssl_cipher'", "show status");
    check("SHOW STATUS LIKE 'Threads%'", "show status");
    check("SHOW WARNINGS", "show warnings");
    check("SHOW COUNT(*) WARNINGS", "show warnings");
    check("SHOW ENGINES", "show engines");
    check("SHOW COLLATION LIKE 'utf8%'", "show collation");
    check("DESC mailing", "describe | Describe app.mailing(email,id)");
    check(
        "DESCRIBE app.mailing email",
        "describe | Describe app.mailing(email,id)",
    );
    check("SHOW FULL PROCESSLIST", "show processlist");
    check("SHOW BINLOG EVENTS", "show binlog events");
    check("SHOW GRANTS FOR root@localhost", "show grants");
}

#[test]
fn lists_those_variables_that_may_be_read() {
    for text in [
        "SHOW VARIABLES",
        "SHOW GLOBAL VARIABLES LIKE '%'",
        "SHOW VARIABLES LIKE '%version%'",
        "SHOW VARIABLES WHERE Variable_name NOT LIKE 'sql_mode'",
        "SHOW VARIABLES WHERE Variable_name <> 'sql_mode'",
        "SHOW VARIABLES WHERE Value = 'x'",
        "SHOW VARIABLES WHERE Variable_name = 'sql_mode' OR Value = 'x'",
        "SHOW VARIABLES WHERE Variable_name IN ('sql_mode', 'secure_file_priv')",
        "SHOW VARIABLES WHERE Variable_name = 'sql_mode' OR Variable_name = 'datadir'",
    ] {
        check(text, "show variables");
    }
    check("SHOW STATUS", "show status");
    check("SHOW GLOBAL STATUS LIKE '%connect%'", "show status");
}

#[test]
fn refuses_to_show_more() {
    for text in [
        "SHOW INDEX FROM app.orders WHERE EXTRACTVALUE(1,1)",
        "SHOW KEYS FROM orders FROM app WHERE 1",
        "SHOW OPEN TABLES FROM app WHERE 1",
        "SHOW CREATE USER root",
        "SHOW STATUS WHERE Variable_name LIKE 'Ssl%' AND Value = (SELECT ssn FROM app.users)",
        "SHOW PROCEDURE STATUS WHERE 1",
        "SHOW TABLES WHERE 1",
        "SHOW VARIABLES WHERE Variable_name = 'secure_file_priv'",
        "SHOW VARIABLES WHERE Variable_name = 'sql_mode' OR (SELECT 1)",
        "SHOW TABLES WHERE Table_rows = '2'",
        "SHOW TABLES WHERE Table_type = (SELECT ssn FROM users)",
        "SHOW TABLES WHERE Table_type = CONCAT('a')",
        "SHOW TABLE STATUS WHERE Rows = '2'",
        "SHOW TABLES WHERE Table_type = 'a' ORDER BY 1",
        "SHOW STATUS LIKE 'Handler%'",
        "SHOW STATUS LIKE 'Handler_read_key'",
        "SHOW VARIABLES LIKE 'secure%'",
        "SHOW VARIABLES WHERE Value = 'x' AND Variable_name LIKE 'secure_file_priv'",
        "SHOW COLUMNS FROM nowhere",
        "SHOW CREATE TABLE app.users, app.orders",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN FOR CONNECTION 1",
        "EXPLAIN INTO @v FORMAT=JSON SELECT 1",
        "ANALYZE SELECT 1",
        "ANALYZE FORMAT=JSON SELECT 1",
    ] {
        check_refused(text);
    }
}

#[test]
fn follows_the_default_schema() {
    check("USE app", "use | Describe app.() | UseSchema(\"app\")");
    check(
        "USE `mysql`;",
        "use | Describe mysql.() | UseSchema(\"mysql\")",
    );
    check_refused("USE nowhere");
    check_refused("USE app, mysql");
}

#[test]
fn refuses_texts_without_exactly_one_statement() {
    for text in [
        "",
        "/* nothing */",
        "-- x",
        ";",
        "/*M! COMMIT */",
        "COMMIT; ROLLBACK",
        "COMMIT;;COMMIT",
        "DELIMITER //",
        "select $$",
    ] {
        check_refused(text);
    }
    check("COMMIT ; ; ", "commit | EndTransaction");
}

#[test]
fn passes_a_version_comment_only_where_both_readings_agree() {
    let read = "select | Read app.orders(id)";
    check("SELECT /*!80000 SQL_NO_CACHE */ id FROM orders", read);
    check("SELECT id FROM orders /*!50000 WHERE id = 1 */", read);
    check(
        "/*!80000 SET SESSION information_schema_stats_expiry=0 */",
        r#"set | SetVariable { name: "information_schema_stats_expiry", value: "0" }"#,
    );
    for text in [
        "SELECT /*!99999 1 AS */ ssn FROM users",
        "DELETE FROM orders /*!99999 WHERE id=1 */",
        "SELECT id /*!50701 + 0 */ /*M!100100 , ssn */ FROM app.users",
        "SELECT id /*!50701 , 1 AS a */ /*!50700 , ssn */ FROM app.users",
        "SELECT 1 /*!99999 ' */ , ssn FROM app.users -- '*/",
        "SELECT id FROM orders /*M! INTO OUTFILE '/tmp/zz1' */",
        "/*M! DELETE FROM app.orders */",
        "/*!80000 SET SESSION information_schema_stats_expiry=0, sql_mode='ANSI_QUOTES' */",
        "/*!80000 SET SESSION sql_mode='ANSI_QUOTES' */",
        "/*!80000 SET @x = 1 */",
        "/*!80000 SET */",
    ] {
        check_refused(text);
    }
}

#[test]
fn reads_several_statements_where_they_are_allowed() {
    let version = SERVERS[0];
    let mut session = common::session(version);
    session.multi_statements = true;
    let read = |text: &str| {
        policy_core::read::read(
            text.as_bytes(),
            &session,
            &common::catalog(version),
            &Default::default(),
        )
    };
    assert_eq!(read("BEGIN; COMMIT").unwrap().len(), 2);
    assert_eq!(read("BEGIN; SET NAMES utf8").unwrap().len(), 2);
    assert!(read("SET sql_mode='ANSI_QUOTES'; COMMIT").is_err());
    assert!(read("USE mysql; SHOW TABLES").is_err());
    assert!(read("BEGIN;; COMMIT").is_err());
    for (text, kind) in [
        ("DROP TABLE users; DROP TABLE orders", "drop table"),
        (
            "DROP TABLE IF EXISTS t; CREATE TABLE t (a INT)",
            "drop table",
        ),
        ("SET sql_mode=''; SELECT 1", "set"),
    ] {
        let told = read(text).unwrap_err().to_string();
        assert!(
            told.contains(&format!("`{kind}` before another statement in one text"))
                && told.contains("send each statement by itself, or this one last"),
            "{told}"
        );
    }
    assert_eq!(read("SELECT 1; DROP TABLE users").unwrap().len(), 2);
}

#[test]
fn hides_a_variable_that_is_only_asked_for() {
    let hidden = |text: &str| {
        SERVERS.map(|version| {
            let statements = common::read_on(version, text.as_bytes()).unwrap();
            assert!(statements[0].withheld.is_empty(), "{text} on {version}");
            Vec::from_iter(statements[0].hidden_outputs.iter().copied())
        })
    };
    let login = "SELECT @@max_allowed_packet,@@wait_timeout,@@socket";
    assert_eq!(hidden(login), [[2], [2]]);
    assert_eq!(hidden("select @@GLOBAL.`socket`"), [[0], [0]]);
    assert_eq!(hidden("EXECUTE IMMEDIATE 'SELECT @@socket'")[1], [0]);
    assert!(hidden("SELECT @@version, @@sql_mode").concat().is_empty());
    for text in [
        "SELECT CONCAT(@@socket, '')",
        "SELECT @@socket AS s",
        "SELECT DISTINCT @@socket",
        "SELECT @@version, @@socket FROM users",
        "SELECT 1, @@socket",
        "SELECT @@version, (SELECT @@socket)",
        "SELECT @@socket UNION SELECT @@socket",
        "SELECT @@socket INTO @s",
        "SELECT id FROM users WHERE name = @@socket",
        "CREATE TABLE t AS SELECT @@socket",
        "SELECT @@version, @@hostname",
        "SET @s = @@socket",
    ] {
        check_refused(text);
    }
}

#[test]
fn lets_results_come_as_they_are_stored() {
    check(
        "SET character_set_results = NULL",
        r#"set | SetVariable { name: "character_set_results", value: "binary" }"#,
    );
    for text in [
        "SET character_set_client = NULL",
        "SET character_set_connection = NULL",
        "SET character_set_results = 'NULL'",
        "SET sql_mode = NULL",
    ] {
        check_refused(text);
    }
}
