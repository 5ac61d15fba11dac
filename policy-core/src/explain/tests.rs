//! What explanations look like.

use expect_test::Expect;
use expect_test::expect;

use super::*;
use crate::catalog::document;
use crate::charset::ClientCharset;
use crate::decide::Diagnostics;
use crate::decide::decide;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::policy::compile::Known;
use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::sql_mode::SqlMode;
use crate::statement::Access;
use crate::statement::Output;
use crate::statement::OutputColumn;
use crate::statement::Statement;
use crate::statement::Verb;
use crate::statement::Witness;
use crate::statement::kind::StatementKind;

const POLICY: &str = r#"version = 1

[[role]]
name = "analytics"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"
detectors = ["card", "email"]

[[role.rule]]
name = "read-shop"
effect = "allow"
statements = ["read"]
on = ["shop.*"]
limits = { rows = 10 }

[[role.rule]]
name = "new-tables"
effect = "approve"
statements = ["create table"]
on = ["shop.*"]
approvers = ["dba", "leads"]
quorum = 2

[[protect]]
name = "pii"
columns = ["*.*.email"]
mask = "mail"

[mask.mail]
kind = "partial"
shape = "email"
"#;

const CATALOG: &str = r#"
server = "9.7.4"
[[table]]
name = "shop.customers"
columns = ["id int", "email varchar"]
"#;

fn check(statement: &Statement, expected: Expect) {
    let policy = PolicySet::compile("policy.toml", POLICY, Known::default()).unwrap();
    let catalog = document::parse("catalog.toml", CATALOG).unwrap();
    let role = policy.role_named("analytics").unwrap();
    let session = SessionContext {
        server: catalog.server,
        sql_mode: SqlMode::default(),
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: None,
        temporary: TemporaryTables::default(),
        prepared: crate::session::PreparedTexts::default(),
        multi_statements: false,
    };
    let request = Request {
        principal: &role.someone(),
        role: &role.id(),
        target: "shop",
        statement,
        text: b"",
        alone: true,
        parameters: &[],
        session: &session,
        catalog: &catalog,
        bound: crate::decide::request::Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    let decision = decide(&policy, &request);
    expected.assert_eq(&explain(&policy, &request, &decision).to_string());
}

fn statement(kind: StatementKind, verb: Verb, table: &str, columns: &[&str]) -> Statement {
    let mut statement = Statement::new(kind, 0..0);
    let columns = columns.iter().map(|name| ColumnName::parse(name).unwrap());
    statement.accesses.push(Access {
        verb,
        object: TableId::new("shop".into(), table.into()),
        columns: columns.collect(),
        via: None,
        temporary: false,
    });
    statement
}

#[test]
fn explains_a_masked_read() {
    let mut read = statement(
        StatementKind::Select,
        Verb::Read,
        "customers",
        &["id", "email"],
    );
    let column = |name: &str, bare: bool| {
        let id = ColumnId {
            table: TableId::new("shop".into(), "customers".into()),
            column: ColumnName::parse(name).unwrap(),
        };
        OutputColumn {
            sources: [id.clone()].into(),
            bare: bare.then_some(id),
            name: None,
            witness: Witness::NotProtected,
            connection: false,
        }
    };
    read.output = Output::Columns(vec![
        column("id", true),
        column("email", true),
        column("email", false),
    ]);
    check(
        &read,
        expect![[r#"
            allow by `read-shop` (policy.toml:10)
              role       analytics
              statement  select (read)
              by default denied, unless rules name its class or its kind
              touches    read shop.customers (email*, id)   * protected
              shows      1 shop.customers.id: clear
                         2 shop.customers.email: mask mail
                         3 computed from shop.customers.email: redact
              duties     at most 10 rows
                         touches protected columns
                         errors and warnings are replaced by a fixed text
                         what looks like email, card in unprotected text is hidden
              next       nothing: it may be sent
        "#]],
    );
}

#[test]
fn explains_who_must_approve() {
    check(
        &statement(StatementKind::CreateTable, Verb::Create, "new", &[]),
        expect![[r#"
            approve by `new-tables` (policy.toml:17)
              role       analytics
              statement  create table (schema)
              by default denied, unless rules name its class or its kind
              touches    create shop.new
              duties     what looks like email, card in unprotected text is hidden
              needs      2 of dba or leads; covers this very statement, one use within 1800 seconds
              next       send it: it gets a ticket, and runs when it is sent again after the approval
        "#]],
    );
}

#[test]
fn explains_a_denial_with_its_error() {
    check(
        &statement(StatementKind::Update, Verb::Update, "customers", &["id"]),
        expect![[r#"
            deny
              role       analytics
              statement  update (write)
              by default denied, unless rules name its class or its kind
              touches    update shop.customers (id)
              error      [POSTERN-DENIED] role `analytics` may not `update` on shop.customers; it may read on shop.*, create table on shop.* with approval
              next       it may read on shop.*, create table on shop.* with approval
        "#]],
    );
}
