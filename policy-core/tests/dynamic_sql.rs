//! Dynamic SQL is read as what it carries, or not let pass.

mod common;

use std::collections::BTreeMap;

use common::SERVERS;
use common::catalog;
use common::session;
use common::show;
use policy_core::lex::ReadLimits;
use policy_core::read::read;
use policy_core::session::PreparedText;
use policy_core::session::PreparedTexts;
use policy_core::session::SessionContext;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Effect;
use policy_core::statement::Lift;
use policy_core::statement::Output;
use policy_core::statement::Statement;
use policy_core::statement::kind::StatementKind;
use policy_core::unread::Unread;

fn one(session: &SessionContext, text: &str) -> Result<Statement, Unread> {
    let catalog = catalog("10.11.19-MariaDB");
    read(text.as_bytes(), session, &catalog, &ReadLimits::default()).map(|mut all| all.remove(0))
}

fn mariadb() -> SessionContext {
    session("10.11.19-MariaDB")
}

/// A session that prepared these texts under its present state.
fn with(mut session: SessionContext, texts: &[(&str, &str)]) -> SessionContext {
    let texts: BTreeMap<_, _> = texts
        .iter()
        .map(|(name, text)| {
            let text = Some(text.as_bytes().into());
            ((*name).to_owned(), PreparedText::now(text, &session))
        })
        .collect();
    session.prepared = PreparedTexts::Known(texts);
    session
}

#[test]
fn prepare_is_read_as_its_text_and_runs_nothing() {
    for version in SERVERS {
        let session = session(version);
        let statement = one(&session, "PREPARE S FROM 'DELETE FROM users WHERE id = ?'").unwrap();
        assert_eq!(statement.kind, StatementKind::Delete);
        assert_eq!(statement.through, [StatementKind::Prepare]);
        assert_eq!(statement.parameters, 0);
        assert!(!statement.accesses.is_empty());
        assert!(matches!(
            statement.effects.as_slice(),
            [Effect::Prepare { name, prepared }]
                if name == "s" && prepared.text.as_deref() == Some(b"DELETE FROM users WHERE id = ?")
        ));
        let statement = one(&session, "PREPARE s FROM 'SELECT ssn FROM users'").unwrap();
        assert_eq!(statement.output, Output::None);
        // What SET would change is not changed yet.
        let statement = one(&session, r#"PREPARE s FROM "SET sql_mode = ''""#).unwrap();
        assert_eq!(statement.effects.len(), 1);
    }
}

#[test]
fn execute_is_read_as_the_text_of_its_name() {
    let session = with(mariadb(), &[("s", "SELECT ssn FROM users WHERE id = ?")]);
    for text in ["EXECUTE s USING @a", "execute `S` using 1 + 1"] {
        let statement = one(&session, text).unwrap();
        assert_eq!(statement.kind, StatementKind::Select);
        assert_eq!(statement.through, [StatementKind::Execute]);
        let Output::Columns(columns) = &statement.output else {
            panic!("{statement:?}");
        };
        assert_eq!(columns.first().unwrap().sources.len(), 1);
        assert!(statement.withheld.is_empty());
    }
    assert!(matches!(
        one(&session, "EXECUTE t"),
        Err(Unread::UnknownName { what: "prepared statement", name }) if name == "t"
    ));
    let unknown = SessionContext {
        prepared: PreparedTexts::Unknown,
        ..session
    };
    assert!(one(&unknown, "EXECUTE s").is_err());
}

#[test]
fn a_mode_that_changed_since_prepare_must_not_change_the_meaning() {
    let with_mode = |session: SessionContext, sql_mode| SessionContext {
        sql_mode,
        ..session
    };
    let texts = [
        ("quoted", r#"SELECT "ssn" FROM users"#),
        ("plain", "SELECT ssn FROM users"),
    ];
    let plain = with(mariadb(), &texts);
    let ansi = with_mode(plain.clone(), SqlMode::ANSI_QUOTES);
    assert!(one(&plain, "EXECUTE quoted").is_ok());
    assert!(one(&ansi, "EXECUTE quoted").is_err());
    assert!(one(&ansi, "EXECUTE plain").is_ok());
    let prepared_ansi = with(with_mode(mariadb(), SqlMode::ANSI_QUOTES), &texts);
    let now_plain = with_mode(prepared_ansi, SqlMode::empty());
    assert!(one(&now_plain, "EXECUTE quoted").is_err());
}

#[test]
fn names_stay_in_the_schema_of_prepare() {
    let mut session = with(mariadb(), &[("s", "SELECT ssn FROM users")]);
    session.default_schema = Some("mysql".into());
    let statement = one(&session, "EXECUTE s").unwrap();
    assert_eq!(statement.accesses.first().unwrap().object.schema(), "app");
}

#[test]
fn execute_immediate_is_read_as_its_literal() {
    let statement = one(
        &mariadb(),
        "EXECUTE IMMEDIATE 'INSERT INTO mailing (email) VALUES (?)' USING sleep(5)",
    )
    .unwrap();
    assert_eq!(statement.kind, StatementKind::Insert);
    assert_eq!(statement.through, [StatementKind::ExecuteImmediate]);
    assert!(statement.functions.contains("sleep"));
}

#[test]
fn a_text_that_is_not_written_there_is_withheld() {
    let session = mariadb();
    for (text, kind) in [
        ("PREPARE s FROM @v", StatementKind::Prepare),
        (
            "PREPARE s FROM concat('sel', 'ect 1')",
            StatementKind::Prepare,
        ),
        (
            "EXECUTE IMMEDIATE @v USING 1",
            StatementKind::ExecuteImmediate,
        ),
        (
            "EXECUTE IMMEDIATE convert(@v USING utf8mb4)",
            StatementKind::ExecuteImmediate,
        ),
    ] {
        let statement = one(&session, text).unwrap();
        assert_eq!(statement.kind, kind, "{text}");
        let lifts: Vec<_> = statement.withheld.iter().map(|w| w.lift).collect();
        assert_eq!(lifts, [Lift::KindUnread], "{text}");
        let runs = kind == StatementKind::ExecuteImmediate;
        assert_eq!(
            statement.effects.contains(&Effect::Anything),
            runs,
            "{text}"
        );
    }
    let mut after = mariadb();
    let unread = PreparedText::now(None, &after);
    after.prepared = PreparedTexts::Known(BTreeMap::from([("s".to_owned(), unread)]));
    let statement = one(&after, "EXECUTE s").unwrap();
    assert_eq!(statement.kind, StatementKind::Execute);
    assert!(statement.effects.contains(&Effect::Anything));
    assert_eq!(statement.withheld.len(), 1);
}

#[test]
fn never_passes_what_servers_and_gateway_may_take_differently() {
    let session = with(mariadb(), &[("s", "SELECT 1")]);
    for text in [
        "PREPARE é FROM 'SELECT 1'",
        "EXECUTE IMMEDIATE (SELECT note FROM orders)",
        "EXECUTE s USING (SELECT ssn FROM users)",
        "PREPARE s FROM 'EXECUTE s'",
        "PREPARE s FROM 'PREPARE t FROM ''SELECT 1'''",
        "SET STATEMENT sql_mode = DEFAULT FOR SELECT 1",
        "SET STATEMENT sql_mode = @x FOR EXECUTE IMMEDIATE 'SELECT 1'",
        "SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR EXECUTE IMMEDIATE 'SELECT 1'",
    ] {
        let statement = one(&session, text).unwrap();
        let never = |withheld: &policy_core::statement::Withheld| withheld.lift == Lift::Never;
        assert!(
            statement.withheld.iter().any(never),
            "{text}: {statement:?}"
        );
    }
    for text in [
        "PREPARE s FROM 'SELECT 1; SELECT 2'",
        "PREPARE s FROM ''",
        "PREPARE s FROM 'SELECT '''",
        "PREPARE s.t FROM 'SELECT 1'",
        "PREPARE s",
        "EXECUTE s USING",
        "EXECUTE s INTO @a",
        "EXECUTE s, s",
        "DEALLOCATE s",
        "DEALLOCATE PREPARE s, t",
        "SET STATEMENT FOR SELECT 1",
        "SET STATEMENT max_statement_time = 1",
        "SET STATEMENT max_statement_time = 1 FOR",
    ] {
        assert!(one(&session, text).is_err(), "{text}");
    }
    // MySQL makes `?` of what utf8mb3 does not have.
    let mysql = common::session("9.7.4");
    assert!(one(&mysql, "PREPARE s FROM 'SELECT ''é'''").is_ok());
    assert!(one(&mysql, "PREPARE s FROM 'SELECT ''😀'''").is_err());
}

#[test]
fn set_statement_is_read_as_what_stands_behind_for() {
    let check = |text: &str, expected: &str| {
        assert_eq!(show("10.11.19-MariaDB", text), expected, "{text}");
    };
    let time = r#"SetForStatement { name: "max_statement_time", value: "1" }"#;
    check(
        "SET STATEMENT max_statement_time = 1 FOR SELECT ssn FROM users",
        &format!("select | through set statement | Read app.users(ssn) | {time}"),
    );
    check(
        "SET STATEMENT max_statement_time = 1 FOR SET STATEMENT sql_select_limit=5 FOR USE app",
        &format!(
            "use | through set statement | through set statement | Describe app.() | {time} | \
             SetForStatement {{ name: \"sql_select_limit\", value: \"5\" }} | UseSchema(\"app\")"
        ),
    );
    let statement = one(
        &mariadb(),
        "SET STATEMENT max_statement_time=1 FOR EXECUTE IMMEDIATE 'SELECT ssn FROM users'",
    )
    .unwrap();
    let through = [StatementKind::SetStatement, StatementKind::ExecuteImmediate];
    assert_eq!(statement.through, through);
    assert_eq!(statement.kind, StatementKind::Select);
}
