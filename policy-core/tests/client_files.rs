//! LOAD DATA LOCAL: what it reads as, and what a policy makes of it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use expect_test::Expect;
use expect_test::expect;
use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Bound;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;
use policy_core::read::read;
use policy_core::session::PreparedTexts;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Effect;
use policy_core::statement::Statement;
use policy_core::unread::Unread;

const SERVERS: [&str; 2] = ["9.7.4", "10.11.19-MariaDB"];

const TABLES: &str = r#"
[[table]]
name = "shop.orders"
columns = ["id int", "kind varchar(20)", "note varchar(20)"]
primary_key = ["id"]

[[table]]
name = "shop.people"
columns = ["id int", "name varchar(20)", "ssn varchar(20)", "email varchar(20)"]
primary_key = ["id"]
unique = ["email"]

[[table]]
name = "shop.watched"
columns = ["id int"]
triggers = true
"#;

const POLICY: &str = r#"
version = 1

[[role]]
name = "loader"
groups = ["agents"]
targets = ["shop"]
database_user = "loader"

[[role.rule]]
name = "files"
effect = "EFFECT"
statements = [STATEMENTS]
on = ["shop.*"]
limits = { file_bytes = 5000 }
MORE

[[protect]]
name = "ssn"
columns = ["shop.people.ssn"]
writes = "insert"

[[protect]]
name = "email"
columns = ["shop.people.email"]
writes = "insert"

[[protect]]
name = "hidden"
columns = ["*.*.secret"]
"#;

fn catalog(version: &str) -> Catalog {
    document::parse("c.toml", &format!("server = \"{version}\"\n{TABLES}")).unwrap()
}

fn session(catalog: &Catalog) -> SessionContext {
    SessionContext {
        server: catalog.server,
        sql_mode: SqlMode::empty(),
        client_charset: ClientCharset::Utf8mb4,
        connection_charset: ClientCharset::Utf8mb4,
        results_charset: Default::default(),
        default_schema: Some("shop".into()),
        temporary: TemporaryTables::default(),
        prepared: PreparedTexts::default(),
        multi_statements: false,
    }
}

fn read_one(catalog: &Catalog, text: &[u8]) -> Result<Statement, Unread> {
    let statements = read(text, &session(catalog), catalog, &ReadLimits::default())?;
    let [statement] = <[Statement; 1]>::try_from(statements).unwrap();
    Ok(statement)
}

/// What each statement comes to, alike for both servers.
fn check(policy: &str, statements: &[&str], expected: Expect) {
    let set = PolicySet::compile("policy.toml", policy, Known::default());
    let set = set.unwrap_or_else(|errors| panic!("{errors}"));
    let all = SERVERS.map(|version| {
        let catalog = catalog(version);
        let told = |sql: &&str| format!("{sql}\n  {}\n", outcome(&set, &catalog, sql));
        statements.iter().map(told).collect::<String>()
    });
    assert_eq!(all[0], all[1]);
    expected.assert_eq(&all[0]);
}

fn outcome(set: &PolicySet, catalog: &Catalog, sql: &str) -> String {
    let principal = Principal {
        groups: BTreeSet::from(["agents".to_owned()]),
        ..Principal::default()
    };
    let role = set.role_for(&principal, "shop", None).unwrap();
    let statement = match read_one(catalog, sql.as_bytes()) {
        Ok(statement) => statement,
        Err(unread) => return format!("unread: {unread}"),
    };
    let request = Request {
        principal: &principal,
        role: &role,
        target: "shop",
        statement: &statement,
        text: sql.as_bytes(),
        alone: true,
        parameters: &[],
        session: &session(catalog),
        catalog,
        bound: Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    match decide(set, &request) {
        Decision::Allow(allow) => {
            let hidden = if allow.errors_hidden {
                ", errors hidden"
            } else {
                ""
            };
            let bytes = allow.file_bytes_max.map(|most| format!(", {most} bytes"));
            format!("allow{}{hidden}", bytes.unwrap_or_default())
        }
        Decision::Approve(need) => format!("ask: {}", need.rule),
        Decision::Deny(denial) => denial.to_string(),
    }
}

fn rules(effect: &str, statements: &str, more: &str) -> String {
    POLICY
        .replace("EFFECT", effect)
        .replace("STATEMENTS", statements)
        .replace("MORE", more)
}

const NAMED: &str = "\"load data local\"";

#[test]
fn needs_its_name_in_a_rule() {
    let statements = [
        "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE orders",
        "LOAD DATA INFILE 'a.csv' INTO TABLE orders",
        "LOAD XML LOCAL INFILE 'a.csv' INTO TABLE orders",
    ];
    check(
        &rules("allow", "\"read\", \"write\", \"schema\"", ""),
        &statements,
        expect![[r#"
            LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE orders
              [POSTERN-DENIED] role `loader` may not `load data local` on shop.orders; it may read/write/schema on shop.*
            LOAD DATA INFILE 'a.csv' INTO TABLE orders
              [POSTERN-UNREAD] `load data` is not supported; send a file of your own with LOAD DATA LOCAL, where a rule names that
            LOAD XML LOCAL INFILE 'a.csv' INTO TABLE orders
              [POSTERN-UNREAD] `load xml` is not supported; write it in a simpler form, one statement at a time
        "#]],
    );
    check(
        &rules("allow", NAMED, ""),
        &statements,
        expect![[r#"
        LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE orders
          allow, 5000 bytes
        LOAD DATA INFILE 'a.csv' INTO TABLE orders
          [POSTERN-UNREAD] `load data` is not supported; send a file of your own with LOAD DATA LOCAL, where a rule names that
        LOAD XML LOCAL INFILE 'a.csv' INTO TABLE orders
          [POSTERN-UNREAD] `load xml` is not supported; write it in a simpler form, one statement at a time
    "#]],
    );
    let deny = "[[deny]]\nname = \"no\"\nstatements = [\"write\"]";
    check(
        &rules("allow", NAMED, deny),
        &statements[..1],
        expect![[r#"
            LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE orders
              [POSTERN-DENIED] `load data local` is denied (rule `no`, policy line 16); no approval lifts this; leave it out
        "#]],
    );
    let deny = "[[deny]]\nname = \"no\"\nstatements = [\"insert\"]";
    check(
        &rules("allow", NAMED, deny),
        &statements[..1],
        expect![[r#"
            LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE orders
              [POSTERN-DENIED] `load data local` is denied on shop.orders (rule `no`, policy line 16); no approval lifts this; leave it out
        "#]],
    );
}

#[test]
fn writes_what_it_fills_and_reads_what_it_computes() {
    check(
        &rules("allow", NAMED, ""),
        &[
            "LOAD DATA LOW_PRIORITY LOCAL INFILE 'a' IGNORE INTO TABLE shop.orders \
             PARTITION (p0, p1) CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' \
             OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '\\\\' LINES STARTING BY 'x' TERMINATED BY '\\n' \
             IGNORE 1 LINES (id, @k, note) SET kind = UPPER(@k)",
            "LOAD DATA LOCAL INFILE 'a' REPLACE INTO TABLE orders",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT name FROM people LIMIT 1)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT ssn FROM people LIMIT 1)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = SLEEP(5)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id, none)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE none",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE mysql.user",
        ],
        expect![[r#"
            LOAD DATA LOW_PRIORITY LOCAL INFILE 'a' IGNORE INTO TABLE shop.orders PARTITION (p0, p1) CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '\\' LINES STARTING BY 'x' TERMINATED BY '\n' IGNORE 1 LINES (id, @k, note) SET kind = UPPER(@k)
              allow, 5000 bytes
            LOAD DATA LOCAL INFILE 'a' REPLACE INTO TABLE orders
              [POSTERN-DENIED] role `loader` may not `replace` on shop.orders; it may load data local on shop.*
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT name FROM people LIMIT 1)
              [POSTERN-DENIED] role `loader` may not `select` on shop.people; it may load data local on shop.*
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT ssn FROM people LIMIT 1)
              [POSTERN-DENIED] role `loader` may not `select` on shop.people; it may load data local on shop.*
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = SLEEP(5)
              [POSTERN-DENIED] function `sleep` waits or locks; leave it out; a rule could name it in `functions`
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id, none)
              unread: unknown column `none`
            LOAD DATA LOCAL INFILE 'a' INTO TABLE none
              unread: unknown table `shop.none`
            LOAD DATA LOCAL INFILE 'a' INTO TABLE mysql.user
              unread: unknown table `mysql.user`
        "#]],
    );
    check(
        &rules("allow", "\"load data local\", \"replace\", \"select\"", ""),
        &[
            "LOAD DATA LOCAL INFILE 'a' REPLACE INTO TABLE orders",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT name FROM people LIMIT 1)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT ssn FROM people LIMIT 1)",
        ],
        expect![[r#"
            LOAD DATA LOCAL INFILE 'a' REPLACE INTO TABLE orders
              allow, 5000 bytes
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT name FROM people LIMIT 1)
              allow, 5000 bytes
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET note = (SELECT ssn FROM people LIMIT 1)
              [POSTERN-INFLUENCE] protected shop.people.ssn would be copied to shop.orders.note (rule `ssn`, policy line 18); leave it out of the `load data local`
        "#]],
    );
}

#[test]
fn tells_no_more_of_protected_columns_than_an_insert() {
    check(
        &rules("allow", "\"load data local\", \"replace\"", ""),
        &[
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, name)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, ssn)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, email)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE people",
            "LOAD DATA LOCAL INFILE 'a' REPLACE INTO TABLE people (id, name)",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, @s) SET ssn = @s",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, ssn) SET name = ssn",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE watched",
        ],
        expect![[r#"
            LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, name)
              allow, 5000 bytes
            LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, ssn)
              allow, 5000 bytes, errors hidden
            LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, email)
              [POSTERN-INFLUENCE] protected shop.people.email would steer the result by INSERT IGNORE (rule `email`, policy line 23); leave it out, or add rows by a plain INSERT
            LOAD DATA LOCAL INFILE 'a' INTO TABLE people
              [POSTERN-INFLUENCE] protected shop.people.email would steer the result by INSERT IGNORE (rule `email`, policy line 23); leave it out, or add rows by a plain INSERT
            LOAD DATA LOCAL INFILE 'a' REPLACE INTO TABLE people (id, name)
              [POSTERN-INFLUENCE] protected shop.people.email would steer the result by REPLACE (rule `email`, policy line 23); leave it out, or add rows by a plain INSERT
            LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, @s) SET ssn = @s
              allow, 5000 bytes, errors hidden
            LOAD DATA LOCAL INFILE 'a' INTO TABLE people (id, ssn) SET name = ssn
              [POSTERN-INFLUENCE] protected shop.people.ssn would be copied to shop.people.name (rule `ssn`, policy line 18); leave it out of the `load data local`
            LOAD DATA LOCAL INFILE 'a' INTO TABLE watched
              [POSTERN-DENIED] writing shop.watched runs triggers or cascades; a rule must say `triggers = true` for it
        "#]],
    );
}

#[test]
fn asks_a_human_where_a_rule_says_so() {
    let more = "approvers = [\"dba\"]";
    check(
        &rules("approve", NAMED, more),
        &[
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id, @k) SET kind = @K",
            "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET kind = @k",
        ],
        expect![[r#"
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders
              ask: rule `files`, policy line 10
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id, @k) SET kind = @K
              ask: rule `files`, policy line 10
            LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) SET kind = @k
              [POSTERN-DENIED] it needs an approval, and it reads user variables (rule `files`, policy line 10); send a statement that stands for itself
        "#]],
    );
}

#[test]
fn names_the_file_as_the_server_will() {
    for version in SERVERS {
        let catalog = catalog(version);
        let file = |name: &str| {
            let text = format!("LOAD DATA LOCAL INFILE {name} INTO TABLE orders");
            read_one(&catalog, text.as_bytes()).map(|statement| statement.client_file.unwrap())
        };
        assert_eq!(file("'/tmp/a.csv'").unwrap(), b"/tmp/a.csv");
        assert_eq!(file(r"'a\\b\'c''d\t'").unwrap(), b"a\\b'c'd\t");
        assert_eq!(file("\"a b\"").unwrap(), b"a b");
        assert_eq!(file("'INFILE'").unwrap(), b"INFILE");
        assert_eq!(file("'\u{fc}'").unwrap(), "\u{fc}".as_bytes());
        for bad in [
            "''",
            "'a\\0b'",
            "_utf8mb4'a'",
            "N'a'",
            "a",
            "?",
            "@a",
            "0x61",
            "CONCAT('a')",
            "",
        ] {
            assert!(file(bad).is_err(), "{bad} on {version}");
        }
    }
}

#[test]
fn leaves_its_user_variables_to_the_session() {
    let catalog = catalog(SERVERS[0]);
    let text =
        b"LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id, @K) SET kind = @k, note = @n := 1";
    let statement = read_one(&catalog, text).unwrap();
    let names = ["k", "n"].map(|name| Effect::SetUserVariable(name.to_owned()));
    assert_eq!(statement.effects, names);
    assert!(statement.reads_user_variables);
}

#[test]
fn every_cut_and_every_clause_out_of_place_is_refused() {
    let catalog = catalog(SERVERS[0]);
    let whole = "LOAD DATA LOCAL INFILE 'a' IGNORE INTO TABLE orders FIELDS TERMINATED BY ','";
    for (end, _) in whole.char_indices() {
        let cut = whole.get(..end).unwrap();
        // A statement may end behind the name of its table.
        if cut.trim_end().ends_with("orders") {
            continue;
        }
        assert!(read_one(&catalog, cut.as_bytes()).is_err(), "{cut}");
    }
    for text in [
        "LOAD DATA INFILE LOCAL 'a' INTO TABLE orders",
        "LOAD DATA LOCAL LOCAL INFILE 'a' INTO TABLE orders",
        "LOAD DATA LOCAL LOW_PRIORITY INFILE 'a' INTO TABLE orders",
        "LOAD LOCAL DATA INFILE 'a' INTO TABLE orders",
        "LOAD DATA LOCAL INFILE 'a' REPLACE IGNORE INTO TABLE orders",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) (note)",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders SET note = 'x' (id)",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders LINES TERMINATED BY 'x' FIELDS ENCLOSED BY 'y'",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders IGNORE 'x' LINES",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders (id) WHERE id = 1",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders SET",
        "LOAD DATA LOCAL URL 'http://x' INTO TABLE orders",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE orders ALGORITHM = BULK",
        "EXPLAIN LOAD DATA LOCAL INFILE 'a' INTO TABLE orders",
    ] {
        assert!(read_one(&catalog, text.as_bytes()).is_err(), "{text}");
    }
}
