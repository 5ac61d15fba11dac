//! Accounts, rights, locks, files and the server: what they touch, and what hides in them.

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
        assert!(got.starts_with("refused: "), "{text} on {version}: {got}");
    }
}

#[test]
fn rights_touch_what_they_are_about() {
    check(
        "GRANT SELECT (id, ssn), INSERT ON users TO 'u'@'%'",
        "grant | Alter app.users(id,ssn)",
    );
    check(
        "GRANT ALL PRIVILEGES ON app.* TO u WITH GRANT OPTION",
        "grant | Alter app.()",
    );
    check("REVOKE UPDATE ON *.* FROM u@h", "revoke | Alter .()");
    // A pattern means every schema that it is like, and those to come.
    check(
        "GRANT SELECT ON `a%`.* TO u",
        "grant | Alter .() | Alter a%.() | Alter app.()",
    );
    check(
        "GRANT SELECT ON `a_p`.* TO u",
        "grant | Alter a_p.() | Alter app.()",
    );
    check("GRANT SELECT ON `a\\_p`.* TO u", "grant | Alter a_p.()");
    check(
        "GRANT EXECUTE ON PROCEDURE app.leak TO u",
        "grant | Create app.leak()",
    );
    check("GRANT r, 'a'@'b' TO u", "grant");
    check("GRANT PROXY ON a TO b", "grant");
}

#[test]
fn no_query_hides_in_an_account_statement() {
    for text in [
        "CREATE USER u IDENTIFIED BY (SELECT ssn FROM users)",
        "ALTER USER u IDENTIFIED BY 'x' COMMENT (SELECT 1)",
        "ALTER USER (SELECT 1)",
        "ALTER USER u@h IDENTIFIED BY 'x' SELECT 1",
        "GRANT SELECT ON (SELECT 1) TO u",
        "GRANT SELECT (ssn, (SELECT 1)) ON users TO u",
        "GRANT SELECT ON users TO u INTO OUTFILE 'x'",
        "GRANT SELECT ON users TO",
        "REVOKE SELECT ON users",
        "DROP USER a, (b)",
        "DROP USER a b",
        "RENAME USER a TO",
        "SET PASSWORD = (SELECT ssn FROM users)",
        "SET PASSWORD = CONCAT('a', 'b')",
        "SET ROLE (SELECT 1)",
        "CREATE ROLE r WITH ADMIN (SELECT 1)",
    ] {
        check_refused(text);
    }
}

#[test]
fn roles_of_the_session_are_the_gateways() {
    check("SET ROLE ALL", "set role | withheld: `set role`");
    check(
        "SET DEFAULT ROLE r TO u",
        "set default role | withheld: `set default role`",
    );
    check(
        "ALTER USER u DEFAULT ROLE r, s",
        "alter user | withheld: a default role",
    );
    check(
        "ALTER USER USER() IDENTIFIED BY RANDOM PASSWORD",
        "alter user",
    );
}

#[test]
fn kills_one_connection_by_number() {
    check("KILL 7", "kill | Kill { id: 7, connection: true }");
    check(
        "KILL HARD CONNECTION 7",
        "kill | Kill { id: 7, connection: true }",
    );
    check("KILL QUERY 7", "kill | Kill { id: 7, connection: false }");
    check("KILL QUERY ID 7", "kill | withheld: KILL QUERY ID");
    check(
        "KILL 18446744073709551616",
        "kill | withheld: KILL of anything but a number",
    );
    check(
        "KILL QUERY 1 + 1",
        "kill | withheld: KILL of anything but a number",
    );
    check(
        "KILL (SELECT id FROM orders LIMIT 1)",
        "kill | Read app.orders(id) | withheld: KILL of anything but a number",
    );
    check("KILL USER u@h", "kill | withheld: KILL USER");
    check_refused("KILL");
    check_refused("KILL 1, 2");
    check_refused("KILL 1 SELECT 2");
}

#[test]
fn maintenance_and_locks_name_their_tables() {
    check(
        "FLUSH TABLES users, orders WITH READ LOCK",
        "flush | Lock app.users() | Lock app.orders() | EndTransaction",
    );
    check("FLUSH TABLES", "flush | Lock .() | EndTransaction");
    check("FLUSH PRIVILEGES, STATUS", "flush | EndTransaction");
    check(
        "ANALYZE TABLE users UPDATE HISTOGRAM ON ssn WITH 10 BUCKETS",
        "analyze table | Alter app.users(ssn) | Read app.users(ssn) | EndTransaction \
         | withheld: statistics over the values of columns",
    );
    check(
        "CHECKSUM TABLE mailing",
        "checksum table | Read app.mailing(email,id) \
         | withheld: CHECKSUM TABLE, which tells about stored values",
    );
    check(
        "LOCK TABLES users AS u READ, orders LOW_PRIORITY WRITE",
        "lock tables | Lock app.users() | Lock app.orders() | EndTransaction",
    );
    for text in [
        "FLUSH TABLES users WHERE 1",
        "FLUSH nothing_known",
        "OPTIMIZE TABLE (SELECT 1)",
        "ANALYZE TABLE users UPDATE HISTOGRAM ON none",
        "LOCK TABLES users",
        "LOCK TABLES nothing READ",
        "PURGE BINARY LOGS BEFORE",
        "RESET nothing",
    ] {
        check_refused(text);
    }
    check(
        "PURGE BINARY LOGS BEFORE (SELECT note FROM orders)",
        "purge binary logs | Read app.orders(note)",
    );
    check(
        "RESET QUERY CACHE, MASTER",
        "reset query cache | withheld: `reset query cache` together with others",
    );
}

#[test]
fn files_and_handlers_show_what_they_would_touch() {
    check(
        "LOAD DATA INFILE 'x' INTO TABLE mailing",
        "load data | Insert app.mailing(email,id) | {} -> Column(app.mailing.email) \
         | {} -> Column(app.mailing.id) | withheld: `load data`",
    );
    for version in SERVERS {
        let set = "LOAD DATA INFILE 'x' INTO TABLE mailing (id, @e) \
                   SET email = (SELECT ssn FROM users LIMIT 1)";
        let got = show(version, set);
        for part in [
            "Insert app.mailing(id)",
            "Read app.users(ssn)",
            "{app.users.ssn} -> Column(app.mailing.email)",
            "withheld: `load data`",
        ] {
            assert!(got.contains(part), "{part} on {version}: {got}");
        }
        let handler = "HANDLER users READ FIRST WHERE ssn = 'x' LIMIT 1";
        let got = show(version, handler);
        assert!(got.contains("Read app.users(email,id,name,ssn)"), "{got}");
        assert!(got.contains("withheld: `handler`"), "{got}");
    }
    for text in [
        "HANDLER users READ FIRST UNION SELECT 1",
        "HANDLER users READ",
        "LOAD DATA INFILE (SELECT 'x') INTO TABLE mailing",
        "LOAD DATA INFILE 'x' INTO TABLE mailing (none)",
        "IMPORT TABLE FROM",
        "CLONE LOCAL",
        "INSTALL PLUGIN x SONAME y",
        "XA START",
        "XA COMMIT 'x' SELECT 1",
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = (SELECT ssn FROM users)",
        "GET DIAGNOSTICS CONDITION (SELECT 1) @a = MESSAGE_TEXT",
    ] {
        check_refused(text);
    }
}

#[test]
fn a_long_list_is_read_in_one_go() {
    let users: Vec<String> = (0..50_000).map(|n| format!("u{n}@h")).collect();
    let text = format!("DROP USER {} !", users.join(", "));
    check_refused(&text);
}
