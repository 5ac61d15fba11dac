//! The policies that people copy from: every block of docs/policy.md, and the examples.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::policy::compile::Known;
use policy_core::policy::detector::Detector;
use policy_core::policy::set::PolicySet;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Access;
use policy_core::statement::Filter;
use policy_core::statement::Flow;
use policy_core::statement::FlowTarget;
use policy_core::statement::Statement;
use policy_core::statement::Verb;
use policy_core::statement::kind::StatementKind as K;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn load(name: &str) -> PolicySet {
    let path = repository().join("examples/policies").join(name);
    let text = fs::read_to_string(&path).unwrap();
    compile(name, &text)
}

fn compile(name: &str, text: &str) -> PolicySet {
    PolicySet::compile(name, text, Known::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn catalog() -> Catalog {
    let text = fs::read_to_string(repository().join("examples/catalog/shop.toml")).unwrap();
    document::parse("shop.toml", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_block_of_the_guide_is_a_policy() {
    let guide = fs::read_to_string(repository().join("docs/policy.md")).unwrap();
    let mut blocks = 0;
    for block in guide.split("```toml\n").skip(1) {
        let block = block.split("```").next().unwrap();
        // What is shown without its surroundings stands in a role called `base`.
        let text = if block.contains("version = 1") {
            block.to_owned()
        } else {
            format!("{BASE}\n{block}")
        };
        compile(&format!("docs/policy.md, block {blocks}"), &text);
        blocks += 1;
    }
    assert!(blocks >= 8, "{blocks} blocks");
}

const BASE: &str = r#"
version = 1
[[role]]
name = "base"
groups = ["base"]
targets = ["shop"]
database_user = "base"
"#;

#[test]
fn every_example_is_a_policy() {
    let mut names: Vec<_> = fs::read_dir(repository().join("examples/policies"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "analytics.toml",
            "backend.toml",
            "ci.toml",
            "feature-flags.toml",
            "support.toml"
        ]
    );
    for name in names {
        load(&name);
    }
}

/// Decides for the named role of a policy: `allow`, the rule that asks, or the error.
fn outcome(policy: &PolicySet, role: &str, statement: &Statement) -> String {
    let catalog = catalog();
    let role = policy.role_named(role).unwrap();
    let session = SessionContext {
        server: catalog.server,
        sql_mode: SqlMode::default(),
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: None,
        temporary: TemporaryTables::default(),
        prepared: policy_core::session::PreparedTexts::default(),
        multi_statements: false,
    };
    let target = role.targets().first().unwrap();
    let request = Request {
        principal: &role.someone(),
        role: &role.id(),
        target,
        statement,
        text: b"",
        alone: true,
        parameters: &[],
        session: &session,
        catalog: &catalog,
        bound: policy_core::decide::Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    match decide(policy, &request) {
        Decision::Allow(_) => "allow".to_owned(),
        Decision::Approve(need) => format!("ask {}", need.rule.name),
        Decision::Deny(denial) => denial.to_string(),
    }
}

fn statement(kind: K, accesses: &[(Verb, &str, &str)]) -> Statement {
    let mut statement = Statement::new(kind, 0..0);
    for (verb, name, columns) in accesses {
        let (schema, table) = name.split_once('.').unwrap();
        let columns = columns
            .split_whitespace()
            .map(|name| ColumnName::parse(name).unwrap());
        statement.accesses.push(Access {
            verb: *verb,
            object: TableId::new(schema.into(), table.into()),
            columns: columns.collect(),
            via: None,
            temporary: false,
        });
    }
    if matches!(kind, K::Update | K::Delete) {
        statement.filter = Filter::Present;
    }
    statement
}

#[test]
fn analytics_reads_and_changes_nothing() {
    let policy = load("analytics.toml");
    let check = |statement: &Statement, expected: &str| {
        let found = outcome(&policy, "analytics", statement);
        assert!(found.starts_with(expected), "{found}");
    };
    check(
        &statement(K::Select, &[(Verb::Read, "shop.orders", "id")]),
        "allow",
    );
    check(
        &statement(K::Select, &[(Verb::Read, "shop.customers", "email")]),
        "allow",
    );
    check(
        &statement(K::CreateTable, &[(Verb::Create, "shop.report", "")]),
        "ask new-tables-need-a-human",
    );
    check(
        &statement(K::Update, &[(Verb::Update, "shop.orders", "total")]),
        "[POSTERN-DENIED] role `analytics` may not `update` on shop.orders",
    );
    check(
        &statement(K::DropDatabase, &[(Verb::Drop, "shop.", "")]),
        "[POSTERN-DENIED] `drop database` is denied",
    );
    check(
        &statement(K::Select, &[(Verb::Read, "flags.feature", "name")]),
        "[POSTERN-DENIED]",
    );
}

#[test]
fn feature_flags_writes_and_reads_nothing() {
    let policy = load("feature-flags.toml");
    let check = |statement: &Statement, expected: &str| {
        let found = outcome(&policy, "feature-flags", statement);
        assert!(found.starts_with(expected), "{found}");
    };
    check(
        &statement(K::Insert, &[(Verb::Insert, "flags.feature", "name")]),
        "allow",
    );
    let mut update = statement(
        K::Update,
        &[
            (Verb::Update, "flags.feature", "enabled"),
            (Verb::Read, "flags.feature", "name"),
        ],
    );
    check(&update, "allow");
    update.filter = Filter::Missing;
    check(
        &update,
        "[POSTERN-GUARD] `update` on flags.feature has no WHERE",
    );
    check(
        &statement(K::Select, &[(Verb::Read, "flags.feature", "name")]),
        "[POSTERN-DENIED] role `feature-flags` may not `select` on flags.feature",
    );
    check(
        &statement(
            K::Insert,
            &[
                (Verb::Insert, "flags.feature", "name"),
                (Verb::Read, "shop.customers", "email"),
            ],
        ),
        "[POSTERN-DENIED]",
    );
    check(
        &statement(K::Delete, &[(Verb::Delete, "flags.feature", "")]),
        "ask removing-needs-a-human",
    );
    check(
        &statement(K::AlterTable, &[(Verb::Alter, "flags.feature", "")]),
        "[POSTERN-DENIED] `alter table` is denied",
    );
}

#[test]
fn ci_owns_its_tests_and_asks_for_the_rest() {
    let policy = load("ci.toml");
    let check = |role: &str, statement: &Statement, expected: &str| {
        let found = outcome(&policy, role, statement);
        assert!(found.starts_with(expected), "{found}");
    };
    let mut wipe = statement(K::Delete, &[(Verb::Delete, "ci_test.fixtures", "")]);
    wipe.filter = Filter::Missing;
    check("ci-tests", &wipe, "allow");
    check(
        "ci-tests",
        &statement(K::DropTable, &[(Verb::Drop, "ci_test.fixtures", "")]),
        "allow",
    );
    check(
        "ci-tests",
        &statement(K::Select, &[(Verb::Read, "shop.orders", "id")]),
        "[POSTERN-DENIED] role `ci-tests` may not `select` on shop.orders",
    );
    check(
        "ci-migrations",
        &statement(K::CreateTable, &[(Verb::Create, "shop.coupons", "")]),
        "allow",
    );
    check(
        "ci-migrations",
        &statement(K::AlterTable, &[(Verb::Alter, "shop.orders", "total")]),
        "ask other-changes-need-two",
    );
    check(
        "ci-migrations",
        &statement(K::AlterTable, &[(Verb::Alter, "shop.customers", "email")]),
        "[POSTERN-INFLUENCE] `alter table` would reach protected shop.customers.email",
    );
    let mut copy = statement(
        K::Insert,
        &[
            (Verb::Insert, "shop.schema_migrations", "version"),
            (Verb::Read, "shop.schema_migrations", "version"),
        ],
    );
    copy.flows.push(Flow {
        sources: Default::default(),
        target: FlowTarget::NewTable(TableId::new("shop".into(), "x".into())),
        literal: true,
    });
    check("ci-migrations", &copy, "allow");
    check(
        "ci-migrations",
        &statement(K::Kill, &[]),
        "[POSTERN-DENIED] `kill` is denied",
    );
}

#[test]
fn the_examples_name_every_detector() {
    let policy = load("support.toml");
    let role = |name: &str| policy.role_named(name).unwrap().detectors().clone();
    assert_eq!(role("support"), Detector::ALL.into());
    assert_eq!(role("support-logs"), Detector::ALL.into());
    // Each by its own name: a new detector is to be shown there, too.
    let text = fs::read_to_string(repository().join("examples/policies/support.toml")).unwrap();
    for detector in Detector::ALL {
        let name = detector.name();
        assert!(text.contains(&format!("\"{name}\"")), "{name}");
    }
    let others = [
        "analytics.toml",
        "backend.toml",
        "ci.toml",
        "feature-flags.toml",
    ];
    for name in others {
        let policy = load(name);
        assert!(
            policy
                .roles()
                .iter()
                .all(|role| role.detectors().is_empty()),
            "{name}"
        );
    }
}

#[test]
fn detectors_are_off_until_a_role_switches_them_on() {
    let role = |detectors: &str| {
        let text = format!("version = 1\n{BASE_ROLE}\n{detectors}");
        let policy = compile("p.toml", &text);
        policy.role_named("a").unwrap().detectors().clone()
    };
    assert!(role("").is_empty());
    let some = role("detectors = [\"card\", \"email\"]");
    assert_eq!(some, [Detector::Email, Detector::Card].into());
    assert_eq!(role("detectors = [\"all\"]"), Detector::ALL.into());
}

const BASE_ROLE: &str = r#"
[[role]]
name = "a"
groups = ["g"]
targets = ["shop"]
database_user = "reader"
"#;
