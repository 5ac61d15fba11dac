//! Each rule of deciding: one allow and one deny.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::catalog::Catalog;
use crate::catalog::Column;
use crate::catalog::ForeignKey;
use crate::catalog::Index;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::charset::ClientCharset;
use crate::decision::Results;
use crate::decision::Treatment;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::policy::compile::Known;
use crate::policy::set::RoleId;
use crate::principal::Principal;
use crate::server::Server;
use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::sql_mode::SqlMode;
use crate::statement::Access;
use crate::statement::Effect as SessionEffect;
use crate::statement::Filter;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Influence;
use crate::statement::Lift;
use crate::statement::Output;
use crate::statement::OutputColumn;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::Withheld;
use crate::statement::Witness;
use crate::statement::kind::StatementKind as K;

const POLICY: &str = r#"
version = 1

[[role]]
name = "analytics"
groups = ["agents"]
targets = ["shop"]
database_user = "reader"

[[role.rule]]
name = "read-shop"
effect = "allow"
statements = ["read"]
on = ["shop.*"]
limits = { rows = 1000, seconds = 30 }

[[role.rule]]
name = "read-more-orders"
effect = "allow"
statements = ["select"]
on = ["shop.orders"]
limits = { rows = 5000 }

[[role.rule]]
name = "new-tables"
effect = "approve"
statements = ["create table"]
on = ["shop.*"]
approvers = ["dba"]

[[role.rule]]
name = "not-the-vault"
effect = "deny"
statements = ["read"]
on = ["shop.vault"]

[[role]]
name = "writer"
groups = ["writers"]
targets = ["shop"]
database_user = "writer"

[[role.rule]]
name = "write-flags"
effect = "allow"
statements = ["insert", "update", "delete"]
on = ["shop.flags", "shop.customers", "shop.signups"]

[[role.rule]]
name = "clean-logs"
effect = "allow"
statements = ["delete"]
on = ["shop.log"]
unfiltered = true

[[role.rule]]
name = "write-triggered"
effect = "allow"
statements = ["insert"]
on = ["shop.triggered"]
triggers = true

[[role.rule]]
name = "insert-only"
effect = "allow"
statements = ["insert"]
on = ["shop.untriggered_rule", "shop.orders", "shop.bad_triggered"]

[[role.rule]]
name = "call-refresh"
effect = "allow"
statements = ["call"]
on = ["shop.refresh"]

[[role.rule]]
name = "call-report"
effect = "allow"
statements = ["call"]
on = ["shop.report", "shop.add", "sys.diagnostics"]
results = "clear"

[[role.rule]]
name = "reshape"
effect = "allow"
statements = ["schema"]
on = ["shop.*"]

[[role.rule]]
name = "read-csv"
effect = "allow"
statements = ["select"]
on = ["shop.csv_named"]
engines = ["CSV"]
functions = ["sleep"]

[[deny]]
name = "never"
statements = ["drop database", "admin"]

[[protect]]
name = "pii"
columns = ["shop.customers.email", "*.*.ssn"]
mask = "mail"
clear_for = ["support-lead"]

[[protect]]
name = "phones"
columns = ["shop.customers.phone"]
influence = "equality"
mask = "mail"

[[protect]]
name = "signups"
columns = ["shop.signups.address"]
writes = "insert"
influence = "never"

[mask.mail]
kind = "partial"
shape = "email"
"#;

fn id(name: &str) -> TableId {
    let (schema, table) = name.split_once('.').unwrap_or((name, ""));
    TableId::new(Arc::from(schema), Arc::from(table))
}

fn column(name: &str) -> ColumnId {
    let (table, column) = name.rsplit_once('.').unwrap();
    ColumnId {
        table: id(table),
        column: ColumnName::parse(column).unwrap(),
    }
}

fn table(columns: &[&str]) -> Table {
    Table {
        kind: TableKind::Plain,
        columns: columns
            .iter()
            .map(|name| Column {
                name: ColumnName::parse(name).unwrap(),
                data_type: "varchar".to_owned(),
                charset: None,
                invisible: false,
                generated: None,
                on_update: false,
                has_default: false,
                default: None,
                auto_increment: false,
                fresh_when_absent: true,
            })
            .collect(),
        ..Table::default()
    }
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::empty(Server::parse("9.7.4").unwrap());
    catalog.schemas.insert(Arc::from("shop"));
    let mut customers = table(&["id", "name", "email", "phone", "ssn", "domain"]);
    customers.columns[5].generated = Some(Arc::from("substring_index(`email`,'@',-1)"));
    customers.indexes.push(Index {
        name: "by_email".to_owned(),
        unique: true,
        columns: vec![ColumnName::parse("email")],
    });
    let plain = ["id", "name", "total"];
    let mut triggered = table(&plain);
    triggered.has_triggers = true;
    let mut child = table(&["id", "ssn"]);
    child.foreign_keys.push(ForeignKey {
        columns: vec![ColumnName::parse("id").unwrap()],
        parent: id("shop.flags_parent"),
        parent_columns: vec![ColumnName::parse("id").unwrap()],
        cascades: true,
    });
    let mut csv = table(&plain);
    csv.kind = TableKind::OtherEngine("CSV".to_owned());
    let mut blind = table(&plain);
    blind.kind = TableKind::View { definition: None };
    for (name, table) in [
        ("shop.customers", customers),
        ("shop.orders", table(&plain)),
        ("shop.vault", table(&plain)),
        ("shop.flags", table(&plain)),
        ("shop.flags_parent", table(&plain)),
        ("shop.child", child),
        ("shop.log", table(&plain)),
        ("shop.signups", table(&["id", "address"])),
        ("shop.triggered", triggered.clone()),
        ("shop.bad_triggered", triggered),
        ("shop.csv_named", csv.clone()),
        ("shop.csv", csv),
        ("shop.blind", blind),
        ("hr.people", table(&["id", "ssn"])),
    ] {
        catalog.tables.insert(id(name), Arc::new(table));
    }
    catalog
}

fn policy() -> PolicySet {
    PolicySet::compile("policy.toml", POLICY, Known::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn principal(group: &str) -> Principal {
    Principal {
        issuer: "corp".to_owned(),
        subject: "bot".to_owned(),
        groups: [group, "support"].map(str::to_owned).into(),
        ..Principal::default()
    }
}

fn session() -> SessionContext {
    SessionContext {
        server: Server::parse("9.7.4").unwrap(),
        sql_mode: SqlMode::default(),
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: Some(Arc::from("shop")),
        temporary: TemporaryTables::default(),
        prepared: crate::session::PreparedTexts::default(),
        multi_statements: false,
    }
}

fn run_as(group: &str, statement: &Statement) -> Decision {
    run_with(group, statement, |_| {})
}

fn run_with(group: &str, statement: &Statement, change: impl FnOnce(&mut Request<'_>)) -> Decision {
    let policy = policy();
    let principal = principal(group);
    let role = policy.role_for(&principal, "shop", None).unwrap();
    decide_for(&policy, &principal, &role, statement, change)
}

fn decide_for(
    policy: &PolicySet,
    principal: &Principal,
    role: &RoleId,
    statement: &Statement,
    change: impl FnOnce(&mut Request<'_>),
) -> Decision {
    let (session, catalog) = (session(), catalog());
    let mut request = Request {
        principal,
        role,
        target: "shop",
        statement,
        text: b"",
        alone: true,
        parameters: &[],
        session: &session,
        catalog: &catalog,
        bound: Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    change(&mut request);
    decide(policy, &request)
}

fn statement(kind: K) -> Statement {
    Statement::new(kind, 0..0)
}

fn access(verb: Verb, name: &str, columns: &[&str]) -> Access {
    Access {
        verb,
        object: id(name),
        columns: columns
            .iter()
            .map(|name| ColumnName::parse(name).unwrap())
            .collect(),
        via: None,
        temporary: false,
    }
}

fn with(kind: K, accesses: &[Access]) -> Statement {
    let mut statement = statement(kind);
    statement.accesses = accesses.to_vec();
    statement
}

fn bare(name: &str) -> OutputColumn {
    OutputColumn {
        sources: BTreeSet::from([column(name)]),
        bare: Some(column(name)),
        name: None,
        witness: Witness::Exactly(vec![column(name)]),
        connection: false,
    }
}

fn computed(names: &[&str]) -> OutputColumn {
    OutputColumn {
        sources: names.iter().map(|name| column(name)).collect(),
        bare: None,
        name: None,
        witness: Witness::NotProtected,
        connection: false,
    }
}

fn read(table: &str, outputs: Vec<OutputColumn>) -> Statement {
    let columns: Vec<String> = outputs
        .iter()
        .flat_map(|column| &column.sources)
        .map(|column| column.column.to_string())
        .collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut statement = with(K::Select, &[access(Verb::Read, table, &columns)]);
    statement.output = Output::Columns(outputs);
    statement
}

#[track_caller]
fn allowed(decision: Decision) -> Allow {
    let Decision::Allow(allow) = decision else {
        panic!("not allowed: {decision:?}");
    };
    allow
}

#[track_caller]
fn denied(decision: Decision, code: DenialCode, words: &str) {
    let Decision::Deny(denial) = decision else {
        panic!("not denied: {decision:?}");
    };
    assert_eq!(denial.code, code, "{denial}");
    let text = denial.to_string();
    assert!(text.contains(words), "{text}");
    assert!(text.chars().count() <= 230, "{}: {text}", text.len());
}

#[test]
fn allows_what_a_rule_covers_and_denies_the_rest() {
    let orders = read("shop.orders", vec![bare("shop.orders.id")]);
    let allow = allowed(run_as("agents", &orders));
    assert_eq!(allow.rules[0].name, "read-shop");
    assert_eq!(allow.columns, [Treatment::Clear]);
    assert!(allow.detectors.is_empty());
    assert!(!allow.touches_protected && !allow.errors_hidden);
    denied(
        run_as("agents", &read("hr.people", vec![bare("hr.people.id")])),
        DenialCode::Denied,
        "role `analytics` may not `select` on hr.people; it may read on shop.*",
    );
    denied(
        run_as(
            "agents",
            &with(K::Update, &[access(Verb::Update, "shop.orders", &["id"])]),
        ),
        DenialCode::Denied,
        "may not `update` on shop.orders",
    );
}

#[test]
fn demands_a_rule_for_every_access() {
    let mut both = read("shop.orders", vec![bare("shop.orders.id")]);
    both.accesses.push(access(Verb::Read, "hr.people", &["id"]));
    denied(run_as("agents", &both), DenialCode::Denied, "hr.people");
    // Writing one table gives no right to read another.
    let copy = with(
        K::Insert,
        &[
            access(Verb::Insert, "shop.flags", &["id"]),
            access(Verb::Read, "shop.orders", &["id"]),
        ],
    );
    denied(
        run_as("writers", &copy),
        DenialCode::Denied,
        "may not `select` on shop.orders",
    );
}

#[test]
fn lets_a_writer_find_the_rows_that_it_writes_but_not_read_them_back() {
    let mut update = with(
        K::Update,
        &[
            access(Verb::Update, "shop.flags", &["name"]),
            access(Verb::Read, "shop.flags", &["id"]),
        ],
    );
    update.filter = Filter::Present;
    allowed(run_as("writers", &update));
    update.kind = K::Delete;
    update.accesses[0].verb = Verb::Delete;
    update.output = Output::Columns(vec![bare("shop.flags.name")]);
    denied(
        run_as("writers", &update),
        DenialCode::Denied,
        "may not `select` on shop.flags",
    );
}

#[test]
fn takes_the_most_generous_limit_for_an_access() {
    let orders = read("shop.orders", vec![bare("shop.orders.id")]);
    let allow = allowed(run_as("agents", &orders));
    assert_eq!((allow.rows_max, allow.seconds_max), (Some(5000), None));
    let customers = read("shop.customers", vec![bare("shop.customers.id")]);
    let allow = allowed(run_as("agents", &customers));
    assert_eq!((allow.rows_max, allow.seconds_max), (Some(1000), Some(30)));
}

#[test]
fn lets_deny_win() {
    denied(
        run_as("agents", &read("shop.vault", vec![bare("shop.vault.id")])),
        DenialCode::Denied,
        "rule `not-the-vault`, policy line",
    );
    // A deny of reading holds inside other statements, and behind views.
    let mut copy = with(K::CreateTable, &[access(Verb::Create, "shop.new", &[])]);
    copy.accesses
        .push(access(Verb::Read, "shop.vault", &["id"]));
    denied(run_as("agents", &copy), DenialCode::Denied, "not-the-vault");
    denied(
        run_as(
            "writers",
            &with(K::DropDatabase, &[access(Verb::Drop, "shop", &[])]),
        ),
        DenialCode::Denied,
        "rule `never`",
    );
    denied(
        run_as("writers", &statement(K::Shutdown)),
        DenialCode::Denied,
        "rule `never`",
    );
}

#[test]
fn asks_where_a_rule_asks() {
    let create = with(K::CreateTable, &[access(Verb::Create, "shop.new", &[])]);
    let Decision::Approve(need) = run_as("agents", &create) else {
        panic!("no approval asked");
    };
    assert_eq!(
        (need.rule.name.as_str(), need.quorum, need.uses),
        ("new-tables", 1, Some(1))
    );
    assert_eq!(need.approvers[0].to_string(), "dba");
    denied(
        run_with("agents", &create, |request| request.alone = false),
        DenialCode::Denied,
        "it stands in a text with other statements",
    );
    let mut carried = create.clone();
    carried.through = vec![K::Execute];
    denied(
        run_as("agents", &carried),
        DenialCode::Denied,
        "stands in `execute`",
    );
    let mut with_variable = create;
    with_variable.reads_user_variables = true;
    denied(
        run_as("agents", &with_variable),
        DenialCode::Denied,
        "user variables",
    );
}

#[test]
fn keeps_the_session_to_itself() {
    for kind in [
        K::Begin,
        K::Commit,
        K::Rollback,
        K::Set,
        K::ShowWarnings,
        K::ShowVariables,
    ] {
        let allow = allowed(run_as("agents", &statement(kind)));
        assert_eq!(
            allow.rules[0].to_string(),
            "rule `builtin-session`, built in"
        );
    }
    let mut one = statement(K::Select);
    one.output = Output::Columns(vec![computed(&[])]);
    allowed(run_as("agents", &one));
    let mut from_table = with(K::Set, &[access(Verb::Read, "hr.people", &["id"])]);
    from_table
        .effects
        .push(SessionEffect::SetUserVariable("x".to_owned()));
    denied(
        run_as("agents", &from_table),
        DenialCode::Denied,
        "hr.people",
    );
}

#[test]
fn opens_transactions_for_writing_only_to_who_may_write_unasked() {
    let mut read_write = statement(K::SetTransaction);
    read_write.effects.push(SessionEffect::SetVariable {
        name: "transaction_read_only".to_owned(),
        value: "0".to_owned(),
    });
    denied(
        run_as("agents", &read_write),
        DenialCode::Denied,
        "only reads",
    );
    allowed(run_as("writers", &read_write));
}

#[test]
fn shows_names_of_what_the_role_may_touch() {
    allowed(run_as(
        "agents",
        &with(
            K::Describe,
            &[access(Verb::Describe, "shop.customers", &[])],
        ),
    ));
    denied(
        run_as(
            "agents",
            &with(K::Describe, &[access(Verb::Describe, "hr.people", &[])]),
        ),
        DenialCode::Denied,
        "hr.people",
    );
    allowed(run_as(
        "agents",
        &with(K::ShowTables, &[access(Verb::Describe, "shop", &[])]),
    ));
    denied(
        run_as(
            "agents",
            &with(K::ShowTables, &[access(Verb::Describe, "hr", &[])]),
        ),
        DenialCode::Denied,
        "schema hr",
    );
    let mut used = statement(K::Use);
    used.effects
        .push(SessionEffect::UseSchema("shop".to_owned()));
    allowed(run_as("agents", &used));
    used.effects = vec![SessionEffect::UseSchema("hr".to_owned())];
    denied(
        run_as("agents", &used),
        DenialCode::Denied,
        "nothing to do with that schema",
    );
    used.effects = vec![SessionEffect::UseSchema("MySQL".to_owned())];
    denied(
        run_as("agents", &used),
        DenialCode::Denied,
        "belongs to the server",
    );
}

#[test]
fn opens_only_plain_tables_of_the_servers_schemas() {
    let tables = with(
        K::Select,
        &[access(
            Verb::Read,
            "information_schema.TABLES",
            &["table_name"],
        )],
    );
    allowed(run_as("agents", &tables));
    for (name, columns) in [
        ("information_schema.innodb_trx", vec!["trx_query"]),
        ("mysql.user", vec!["user"]),
        ("SYS.session", vec!["user"]),
        ("performance_schema.threads", vec!["name"]),
    ] {
        let read = with(K::Select, &[access(Verb::Read, name, &columns)]);
        denied(run_as("agents", &read), DenialCode::Denied, "");
    }
}

#[test]
fn redacts_what_the_servers_schemas_tell_of_values_and_lets_it_steer_nothing() {
    let telling = "information_schema.statistics.cardinality";
    let columns = vec![computed(&[]), computed(&[telling])];
    let mut statistics = read("information_schema.statistics", columns);
    let allow = allowed(run_as("agents", &statistics));
    assert_eq!(allow.columns, [Treatment::Clear, Treatment::Redact]);
    assert!(!allow.touches_protected);
    statistics.influences = vec![Influence {
        column: column(telling),
        strength: Strength::Equality,
        place: "WHERE",
        texts: Vec::new(),
        numbers: Vec::new(),
    }];
    denied(
        run_as("agents", &statistics),
        DenialCode::Denied,
        "tells of values",
    );
    statistics.influences.clear();
    statistics.flows = vec![Flow {
        sources: BTreeSet::from([column(telling)]),
        target: FlowTarget::Variable("x".to_owned()),
        literal: false,
    }];
    denied(
        run_as("agents", &statistics),
        DenialCode::Denied,
        "tells of values",
    );
}

/// A catalog with customers of another form.
fn changed_customers(change: impl FnOnce(&mut Table)) -> &'static Catalog {
    let mut changed = catalog();
    let mut customers = (*changed.tables[&id("shop.customers")]).clone();
    change(&mut customers);
    changed
        .tables
        .insert(id("shop.customers"), Arc::new(customers));
    Box::leak(Box::new(changed))
}

/// What becomes of a statement over customers of another form.
fn over_customers(group: &str, statement: &Statement, change: impl FnOnce(&mut Table)) -> Decision {
    let changed = changed_customers(change);
    run_with(group, statement, |request| request.catalog = changed)
}

/// The same where nothing may come in the order of a protected column.
fn in_strict_order(statement: &Statement, change: impl FnOnce(&mut Table)) -> Decision {
    let strict = POLICY.replace(
        "influence = \"equality\"",
        "influence = \"any\"\nstrict_order = true",
    );
    let strict = PolicySet::compile("policy.toml", &strict, Known::default()).unwrap();
    let principal = principal("agents");
    let role = strict.role_for(&principal, "shop", None).unwrap();
    let changed = changed_customers(change);
    decide_for(&strict, &principal, &role, statement, |request| {
        request.catalog = changed;
    })
}

#[test]
fn a_column_whose_default_is_computed_from_a_protected_one_is_protected() {
    let statement = read("shop.customers", vec![bare("shop.customers.name")]);
    let shown = |default: &str| {
        let decision = over_customers("agents", &statement, |table| {
            table.columns[1].default = Some(Arc::from(default));
        });
        allowed(decision).columns
    };
    assert_eq!(shown("concat(`email`,_utf8mb4'x')"), [Treatment::Redact]);
    // By way of a generated column.
    assert_eq!(shown("upper(`domain`)"), [Treatment::Redact]);
    assert_eq!(shown("concat(`id`,'mail')"), [Treatment::Clear]);
}

#[test]
fn an_insert_does_not_tell_the_next_number_of_a_protected_column() {
    for columns in [&["name"][..], &["ssn", "name"], &[]] {
        let insert = with(
            K::Insert,
            &[access(Verb::Insert, "shop.customers", columns)],
        );
        let decision = over_customers("writers", &insert, |table| {
            table.columns[4].auto_increment = true
        });
        denied(decision, DenialCode::Influence, "protected");
    }
    let insert = with(
        K::Insert,
        &[access(Verb::Insert, "shop.customers", &["name"])],
    );
    allowed(over_customers("writers", &insert, |table| {
        table.columns[0].auto_increment = true;
    }));
}

#[test]
fn masks_bare_columns_and_redacts_computed_ones() {
    let customers = read(
        "shop.customers",
        vec![
            bare("shop.customers.id"),
            bare("shop.customers.email"),
            computed(&["shop.customers.email"]),
            bare("shop.customers.domain"),
        ],
    );
    let allow = allowed(run_as("agents", &customers));
    let mail = Treatment::Mask("mail".to_owned());
    assert_eq!(
        allow.columns,
        [Treatment::Clear, mail, Treatment::Redact, Treatment::Redact]
    );
    assert!(allow.touches_protected && allow.errors_hidden);
    assert_eq!(allow.masked[1].mask, "redact");
    assert_eq!(allow.masked[0].source, column("shop.customers.email"));
}

#[test]
fn shows_clear_values_only_to_whom_the_entry_names() {
    let policy = policy();
    let mut lead = principal("agents");
    lead.groups.insert("support-lead".to_owned());
    let role = policy.role_for(&lead, "shop", None).unwrap();
    let customers = read(
        "shop.customers",
        vec![bare("shop.customers.email"), bare("shop.customers.phone")],
    );
    let allow = allowed(decide_for(&policy, &lead, &role, &customers, |_| {}));
    assert_eq!(allow.columns[0], Treatment::Clear);
    assert_ne!(allow.columns[1], Treatment::Clear);
    assert_eq!(allow.clear, [column("shop.customers.email")]);
    assert!(allow.touches_protected);
}

fn influenced(name: &str, strength: Strength) -> Statement {
    let mut statement = read("shop.customers", vec![bare("shop.customers.id")]);
    statement.influences.push(Influence {
        column: column(name),
        strength,
        place: "WHERE",
        texts: Vec::new(),
        numbers: Vec::new(),
    });
    statement
}

#[test]
fn holds_influence_to_the_limit_of_its_entry() {
    denied(
        run_as(
            "agents",
            &influenced("shop.customers.email", Strength::Equality),
        ),
        DenialCode::Influence,
        "protected shop.customers.email would steer the result by WHERE (rule `pii`",
    );
    let allow = allowed(run_as(
        "agents",
        &influenced("shop.customers.phone", Strength::Equality),
    ));
    assert!(allow.touches_protected);
    denied(
        run_as("agents", &influenced("shop.customers.phone", Strength::Any)),
        DenialCode::Influence,
        "compare it with =",
    );
    allowed(run_as(
        "agents",
        &influenced("shop.customers.name", Strength::Any),
    ));
}

#[test]
fn takes_a_parameter_for_equality_only_if_it_is_bound_as_a_text() {
    let mut statement = influenced("shop.customers.phone", Strength::Equality);
    statement.influences[0].texts = vec![1];
    let bound =
        |bound: Bound<'static>| run_with("agents", &statement, |request| request.bound = bound);
    allowed(bound(Bound::Later));
    allowed(bound(Bound::Types(&[BoundType::Other, BoundType::Text])));
    for more in [
        Bound::Unknown,
        Bound::Types(&[BoundType::Text, BoundType::Other]),
        Bound::Types(&[BoundType::Text, BoundType::Moment]),
        Bound::Types(&[BoundType::Text]),
        Bound::Types(&[]),
    ] {
        denied(
            bound(more),
            DenialCode::Influence,
            "bind its value as a string",
        );
    }
}

/// Reads with `strict_order`: of which columns, over which index of `shop.customers`, or partitions.
#[test]
fn refuses_what_would_come_in_the_order_of_a_protected_column() {
    let run = |columns: &[&str], index: &[&str], partitions: &[&str]| {
        let names = |names: &[&str]| -> Vec<_> {
            names
                .iter()
                .filter_map(|name| ColumnName::parse(name))
                .collect()
        };
        let mut statement = read("shop.customers", vec![bare("shop.customers.id")]);
        statement.accesses[0].columns = names(columns).into_iter().collect();
        in_strict_order(&statement, |customers| {
            customers.partition_columns = Some(names(partitions).into_iter().collect());
            customers.indexes = vec![Index {
                name: "one".to_owned(),
                unique: false,
                columns: names(index).into_iter().map(Some).collect(),
            }];
        })
    };
    for (columns, index, partitions) in [
        (&["id"][..], &["phone", "id"][..], &[][..]),
        (&["id", "name"], &["name", "phone"], &[]),
        (&["name", "phone", "id"], &["name", "phone"], &[]),
        (&["id"], &[], &["phone"]),
    ] {
        denied(
            run(columns, index, partitions),
            DenialCode::Influence,
            "the order of protected",
        );
    }
    for (columns, index, partitions) in [
        (&["id", "name"][..], &["phone"][..], &[][..]),
        (&["id", "name"], &["phone", "name"], &[]),
        (&["id"], &["name", "phone"], &["name"]),
        (&["id"], &["id"], &[]),
    ] {
        allowed(run(columns, index, partitions));
    }
}

#[test]
fn refuses_what_is_stored_in_the_order_of_a_protected_column() {
    let run = |indexes: &[(&str, bool, Option<&str>)]| {
        let index = |(name, unique, part): &(&str, bool, Option<&str>)| Index {
            name: (*name).to_owned(),
            unique: *unique,
            columns: vec![part.and_then(ColumnName::parse)],
        };
        let outputs = ["shop.customers.id", "shop.customers.name"];
        let statement = read("shop.customers", outputs.map(bare).to_vec());
        in_strict_order(&statement, |customers| {
            customers.partition_columns = Some(BTreeSet::new());
            customers.indexes = indexes.iter().map(index).collect();
        })
    };
    let primary = |part| ("PRIMARY", true, part);
    for indexes in [
        // The primary key, or a unique one in its place.
        &[primary(Some("phone"))][..],
        &[("one", true, Some("phone"))],
        &[("one", true, None)],
        &[("one", true, Some("id")), ("two", true, Some("phone"))],
    ] {
        denied(run(indexes), DenialCode::Influence, "are stored");
    }
    for indexes in [
        &[primary(Some("id")), ("one", true, Some("phone"))][..],
        &[("one", false, Some("phone"))],
        &[],
    ] {
        allowed(run(indexes));
    }
}

#[test]
fn a_parameter_beside_a_computed_text_is_ascii() {
    let mut statement = influenced("shop.customers.phone", Strength::Nothing);
    statement.influences[0].texts = vec![0];
    let bound = |statement: &Statement, types: &[BoundType]| {
        run_with("agents", statement, |request| {
            request.bound = Bound::Types(Box::leak(types.to_vec().into_boxed_slice()));
        })
    };
    allowed(bound(&statement, &[BoundType::Ascii]));
    for types in [BoundType::Text, BoundType::Moment, BoundType::Other] {
        let decision = bound(&statement, &[types]);
        denied(decision, DenialCode::Influence, "phone");
    }
    statement.influences[0].strength = Strength::Equality;
    for types in [BoundType::Ascii, BoundType::Text] {
        allowed(bound(&statement, &[types]));
    }
}

#[test]
fn takes_no_date_beside_numbers_for_equality() {
    let mut statement = influenced("shop.customers.phone", Strength::Equality);
    statement.influences[0].numbers = vec![1];
    let bound =
        |bound: Bound<'static>| run_with("agents", &statement, |request| request.bound = bound);
    allowed(bound(Bound::Later));
    allowed(bound(Bound::Unknown));
    allowed(bound(Bound::Types(&[BoundType::Moment, BoundType::Text])));
    allowed(bound(Bound::Types(&[BoundType::Text, BoundType::Other])));
    for more in [
        Bound::Types(&[BoundType::Text, BoundType::Moment]),
        Bound::Types(&[BoundType::Text]),
    ] {
        denied(bound(more), DenialCode::Influence, "bind its value");
    }
}

#[test]
fn keeps_protected_values_from_flowing_elsewhere() {
    for target in [
        FlowTarget::Column(column("shop.flags.name")),
        FlowTarget::Column(column("shop.customers.email")),
        FlowTarget::NewTable(id("shop.copy")),
        FlowTarget::Routine(id("shop.echo")),
        FlowTarget::Variable("x".to_owned()),
    ] {
        let mut copy = read("shop.customers", vec![]);
        copy.flows.push(Flow {
            sources: BTreeSet::from([column("shop.customers.email")]),
            target,
            literal: false,
        });
        denied(
            run_as("agents", &copy),
            DenialCode::Influence,
            "would be copied to",
        );
    }
    let mut copy = read("shop.customers", vec![]);
    copy.flows.push(Flow {
        sources: BTreeSet::from([column("shop.customers.name")]),
        target: FlowTarget::Variable("x".to_owned()),
        literal: false,
    });
    allowed(run_as("agents", &copy));
}

fn insert(kind: K, table: &str, columns: &[&str]) -> Statement {
    let mut insert = with(kind, &[access(Verb::Insert, table, columns)]);
    for name in columns {
        insert.flows.push(Flow {
            sources: BTreeSet::new(),
            target: FlowTarget::Column(column(&format!("{table}.{name}"))),
            literal: true,
        });
    }
    insert
}

#[test]
fn writes_protected_columns_only_by_plain_insert_and_only_where_said() {
    denied(
        run_as(
            "writers",
            &insert(K::Insert, "shop.customers", &["id", "email"]),
        ),
        DenialCode::Influence,
        "protected shop.customers.email would be written",
    );
    allowed(run_as(
        "writers",
        &insert(K::Insert, "shop.customers", &["id", "name"]),
    ));
    let mut plain = insert(K::Insert, "shop.signups", &["id", "address"]);
    plain.influences.push(Influence {
        column: column("shop.signups.address"),
        strength: Strength::Equality,
        place: "INSERT",
        texts: Vec::new(),
        numbers: Vec::new(),
    });
    assert!(allowed(run_as("writers", &plain)).errors_hidden);
    let mut upsert = plain;
    upsert
        .accesses
        .push(access(Verb::Update, "shop.signups", &["address"]));
    denied(
        run_as("writers", &upsert),
        DenialCode::Influence,
        "shop.signups.address",
    );
}

#[test]
fn runs_a_text_that_nobody_reads_only_where_a_rule_names_it_and_nothing_is_protected() {
    let mut unread = statement(K::ExecuteImmediate);
    unread.withheld.push(Withheld {
        construct: "EXECUTE IMMEDIATE of a text".to_owned(),
        hint: None,
        lift: Lift::KindUnread,
    });
    unread.effects.push(SessionEffect::Anything);
    let decided = |statements: &str, more: &str| {
        let text = format!(
            "version = 1\n\
             [[role]]\nname = \"r\"\ngroups = [\"analysts\"]\n\
             targets = [\"shop\"]\ndatabase_user = \"u\"\n\
             [[role.rule]]\nname = \"unread\"\neffect = \"allow\"\n\
             statements = [{statements}]\non = [\"*.*\"]\n{more}"
        );
        let policy = PolicySet::compile("p.toml", &text, Known::default())
            .unwrap_or_else(|e| panic!("{e}\n{text}"));
        let principal = principal("analysts");
        let role = policy.role_for(&principal, "shop", None).unwrap();
        decide_for(&policy, &principal, &role, &unread, |_| {})
    };
    let named = "\"execute immediate\"";
    allowed(decided(named, ""));
    let not_supported = "EXECUTE IMMEDIATE of a text is not supported";
    for (statements, more) in [
        ("\"read\"", ""),
        (
            named,
            "[[protect]]\nname = \"p\"\ncolumns = [\"hr.people.ssn\"]\nmask = \"redact\"\n",
        ),
        (
            named,
            "[[deny]]\nname = \"d\"\nstatements = [\"drop table\"]\non = [\"*.*\"]\n",
        ),
    ] {
        denied(decided(statements, more), DenialCode::Unread, not_supported);
    }
}

#[test]
fn demands_a_filter_unless_the_rule_says_otherwise() {
    let mut delete = with(K::Delete, &[access(Verb::Delete, "shop.flags", &[])]);
    for filter in [Filter::Missing, Filter::AlwaysTrue] {
        delete.filter = filter;
        denied(run_as("writers", &delete), DenialCode::Guard, "WHERE");
    }
    delete.filter = Filter::Present;
    allowed(run_as("writers", &delete));
    delete.accesses[0].object = id("shop.log");
    delete.filter = Filter::Missing;
    allowed(run_as("writers", &delete));
}

#[test]
fn refuses_to_write_what_a_mask_showed() {
    let mut insert = insert(K::Insert, "shop.flags", &["name"]);
    insert.literals.push(8..20);
    let text = b"VALUES ('[redacted]')";
    denied(
        run_with("writers", &insert, |request| request.text = text),
        DenialCode::Guard,
        "masked value",
    );
    denied(
        run_with("writers", &insert, |request| {
            request.parameters = &[b"[redacted]"]
        }),
        DenialCode::Guard,
        "masked value",
    );
    allowed(run_with("writers", &insert, |request| {
        request.parameters = &[b"real"]
    }));
    let mut carried = insert;
    carried.through = vec![K::Prepare];
    carried.literals[0] = 15..50;
    let text = br#"PREPARE s FROM "INSERT flags VALUES ('[redacted]')""#;
    denied(
        run_with("writers", &carried, |request| request.text = text),
        DenialCode::Guard,
        "masked value",
    );
}

/// Whether a value may be written that passes in parts of this length.
fn passes(statement: &Statement, parts: usize, value: &[u8]) -> bool {
    let policy = policy();
    let values = Values {
        kind: statement.kind,
        text: b"",
        literals: &[],
        parameters: &[],
        bound: Bound::Unknown,
        influences: &[],
        flows: &statement.flows,
        accesses: &statement.accesses,
        carried: !statement.through.is_empty(),
    };
    let mut passing = Passing::default();
    for part in value.chunks(parts) {
        passing.push(&policy, &values, part);
    }
    passing.check(&policy, &values).is_ok()
}

#[test]
fn looks_through_long_values_as_they_pass() {
    let insert = insert(K::Insert, "shop.flags", &["name", "email"]);
    let (long, quotes) = ("x".repeat(9_000), "\"\"".repeat(9_000));
    for (value, expected) in [
        (long.clone(), true),
        (quotes.clone(), true),
        (format!("[{quotes}]"), true),
        (format!("{long} \"[redacted]\" {long}"), true),
        (format!("a***@{long}"), false),
        (format!("{{\"a\": \"{long}\", \"b\": \"real\"}}"), true),
        (
            format!("{{\"a\": \"{long}\", \"b\": \"[redacted]\"}}"),
            false,
        ),
        (
            format!("{{\"a\": \"[redacted]\", \"b\": \"{long}\"}}"),
            false,
        ),
        (format!("[{{\\\"a\\\": \\\"[redacted]\\\"}}]{long}"), false),
        (format!("[\"{long}\", 'a***@b.example']"), false),
        (format!("[\"a***@{long}\"]"), false),
        (format!("[{long}\"[redacted]"), false),
    ] {
        for parts in [1, 7, 4_096, 5_000, value.len()] {
            let found = passes(&insert, parts, value.as_bytes());
            assert_eq!(found, expected, "{parts}: {value:.30}");
        }
    }
    let value = format!("[\"[redacted]\"]{long}");
    let read = with(K::Select, &[access(Verb::Read, "shop.flags", &["name"])]);
    assert!(passes(&read, 100, value.as_bytes()), "nothing is written");
    let other = with(K::Insert, &[access(Verb::Insert, "shop.flags", &["name"])]);
    let mail = format!("a***@{long}");
    assert!(passes(&other, 100, mail.as_bytes()), "no such mask there");
    let mut carried = insert;
    carried.through = vec![K::Prepare];
    assert!(!passes(&carried, 100, long.as_bytes()), "not searched");
}

#[test]
fn counts_triggers_and_cascades_as_routines() {
    let allow = allowed(run_as(
        "writers",
        &insert(K::Insert, "shop.triggered", &["id"]),
    ));
    assert!(allow.errors_hidden && allow.touches_protected);
    denied(
        run_as("writers", &insert(K::Insert, "shop.bad_triggered", &["id"])),
        DenialCode::Denied,
        "triggers = true",
    );
}

#[test]
fn calls_only_routines_that_a_rule_names() {
    let mut call = statement(K::Call);
    call.routines.insert(id("shop.refresh"));
    let allow = allowed(run_as("writers", &call));
    assert!(allow.errors_hidden && !allow.touches_protected);
    assert_eq!(allow.results, Results::Withheld);
    call.routines.insert(id("shop.leak"));
    denied(run_as("writers", &call), DenialCode::Denied, "shop.leak");
    denied(
        run_as("writers", &statement(K::Call)),
        DenialCode::Denied,
        "may not run `call`",
    );
    let mut function = read("shop.orders", vec![bare("shop.orders.id")]);
    function.routines.insert(id("shop.get_ssn"));
    denied(
        run_as("agents", &function),
        DenialCode::Denied,
        "shop.get_ssn",
    );
}

#[test]
fn shows_what_routines_give_back_only_where_a_rule_answers_for_it() {
    let mut call = statement(K::Call);
    call.routines.insert(id("shop.report"));
    call.reads_user_variables = true;
    assert_eq!(allowed(run_as("writers", &call)).results, Results::Vouched);
    // One that nobody answers for, among them.
    call.routines.insert(id("shop.refresh"));
    denied(
        run_as("writers", &call),
        DenialCode::Denied,
        "into user variables",
    );
    call.reads_user_variables = false;
    assert_eq!(allowed(run_as("writers", &call)).results, Results::Withheld);
    let mut server = statement(K::Call);
    server.routines.insert(id("sys.diagnostics"));
    denied(
        run_as("writers", &server),
        DenialCode::Denied,
        "belongs to the server",
    );
}

#[test]
fn functions_are_called_only_where_a_rule_answers_for_their_values() {
    let mut function = insert(K::Insert, "shop.orders", &["id"]);
    function.routines.insert(id("shop.refresh"));
    denied(
        run_as("writers", &function),
        DenialCode::Denied,
        "results = \"clear\"",
    );
    function.routines = [id("shop.add")].into();
    assert_eq!(
        allowed(run_as("writers", &function)).results,
        Results::AsRead
    );
}

#[test]
fn no_variable_is_read_after_a_routine_that_changed_the_session() {
    let mut reads = statement(K::Select);
    reads.output = Output::Columns(vec![]);
    reads.reads_user_variables = true;
    allowed(run_as("writers", &reads));
    let lost: &'static SessionContext = Box::leak(Box::new(SessionContext {
        temporary: TemporaryTables::Unknown,
        ..session()
    }));
    let mut tells = statement(K::Select);
    tells.output = Output::Columns(vec![]);
    tells.functions.insert("last_insert_id".to_owned());
    let mut shows = statement(K::ShowVariables);
    shows.reads_variables.insert("identity".to_owned());
    for one in [&reads, &tells, &shows] {
        allowed(run_as("writers", one));
        denied(
            run_with("writers", one, |request| request.session = lost),
            DenialCode::Denied,
            "reset the connection",
        );
    }
    tells.functions = ["database".to_owned()].into();
    allowed(run_with("writers", &tells, |request| {
        request.session = lost;
    }));
}

#[test]
fn lists_only_variables_that_may_be_read_unless_a_rule_names_the_kind() {
    let mut shows = statement(K::ShowVariables);
    assert_eq!(allowed(run_as("writers", &shows)).results, Results::AsRead);
    shows.lists_variables = true;
    let found = allowed(run_as("writers", &shows)).results;
    assert_eq!(found, Results::Listed(K::ShowVariables));
    let named = POLICY.replace(
        "[\"insert\", \"update\", \"delete\"]",
        "[\"insert\", \"update\", \"delete\", \"show variables\"]",
    );
    let named = PolicySet::compile("policy.toml", &named, Known::default()).unwrap();
    let principal = principal("writers");
    let role = named.role_for(&principal, "shop", None).unwrap();
    let found = decide_for(&named, &principal, &role, &shows, |_| ());
    assert_eq!(allowed(found).results, Results::AsRead);
}

#[test]
fn asks_for_the_engine_by_name() {
    let named = read("shop.csv_named", vec![bare("shop.csv_named.id")]);
    allowed(run_as("writers", &named));
    denied(
        run_as("agents", &read("shop.csv", vec![bare("shop.csv.id")])),
        DenialCode::Denied,
        "engine `csv`",
    );
    denied(
        run_as("agents", &read("shop.blind", vec![bare("shop.blind.id")])),
        DenialCode::Denied,
        "cannot be read",
    );
    denied(
        run_as(
            "agents",
            &read("shop.nowhere", vec![bare("shop.nowhere.id")]),
        ),
        DenialCode::UnknownTable,
        "unknown table shop.nowhere",
    );
}

#[test]
fn explains_no_plan_over_protected_columns() {
    let explain = |name: &str| {
        let mut explain = read("shop.customers", vec![bare(name)]);
        explain.kind = K::Explain;
        explain.output = Output::ServerShaped;
        explain
    };
    allowed(run_as("agents", &explain("shop.customers.id")));
    denied(
        run_as("agents", &explain("shop.customers.email")),
        DenialCode::Influence,
        "`explain` would reach protected",
    );
}

#[test]
fn redacts_what_descriptions_tell_of_protected_values() {
    let results = |kind, object: &str, change: fn(&mut Table)| {
        let statement = with(kind, &[access(Verb::Describe, object, &[])]);
        allowed(over_customers("agents", &statement, change)).results
    };
    fn index_over(table: &mut Table, part: Option<&str>) {
        table.indexes.push(Index {
            name: "one".to_owned(),
            unique: false,
            columns: vec![part.and_then(ColumnName::parse)],
        });
    }
    let redacted = Results::Redacted;
    assert_eq!(
        results(K::ShowTableStatus, "shop", |_| ()),
        redacted(K::ShowTableStatus)
    );
    // What an index is over an expression of is not known.
    for change in [
        |table: &mut Table| index_over(table, Some("email")),
        |table: &mut Table| index_over(table, None),
    ] {
        let found = results(K::ShowIndex, "shop.customers", change);
        assert_eq!(found, redacted(K::ShowIndex));
    }
    let found = results(K::ShowIndex, "shop.customers", |table| {
        table.indexes.clear();
        index_over(table, Some("name"));
    });
    assert_eq!(found, Results::AsRead);
    for kind in [K::Describe, K::ShowColumns] {
        let found = results(kind, "shop.customers", |table| {
            for column in &mut table.columns {
                column.has_default = column.name.as_str() == "email";
            }
        });
        assert_eq!(found, redacted(kind));
        let found = results(kind, "shop.customers", |table| {
            for column in &mut table.columns {
                column.has_default = column.name.as_str() == "name";
            }
        });
        assert_eq!(found, Results::AsRead);
    }
}

#[test]
fn keeps_the_shape_of_protected_tables() {
    let rename = with(
        K::RenameTable,
        &[
            access(Verb::Alter, "shop.customers", &[]),
            access(Verb::Create, "shop.moved", &[]),
        ],
    );
    denied(
        run_as("writers", &rename),
        DenialCode::Influence,
        "`rename table` would reach",
    );
    let alter = |columns: &[&str]| {
        with(
            K::AlterTable,
            &[access(Verb::Alter, "shop.customers", columns)],
        )
    };
    denied(
        run_as("writers", &alter(&["email"])),
        DenialCode::Influence,
        "email",
    );
    denied(
        run_as("writers", &alter(&["name"])),
        DenialCode::Denied,
        "must name `alter table`",
    );
    let like = with(
        K::CreateTable,
        &[
            access(Verb::Create, "shop.new", &[]),
            access(Verb::Describe, "shop.customers", &["id", "email"]),
        ],
    );
    denied(
        run_as("writers", &like),
        DenialCode::Influence,
        "`create table` would reach",
    );
    allowed(run_as(
        "writers",
        &with(K::AlterTable, &[access(Verb::Alter, "shop.orders", &[])]),
    ));
    denied(
        run_as(
            "writers",
            &with(K::CreateTrigger, &[access(Verb::Alter, "shop.orders", &[])]),
        ),
        DenialCode::Denied,
        "",
    );
}

#[test]
fn refuses_functions_that_wait_and_never_allows_some() {
    let mut call = statement(K::Select);
    call.functions.insert("sleep".to_owned());
    denied(run_as("agents", &call), DenialCode::Denied, "`sleep`");
    allowed(run_as("writers", &call));
    call.functions.insert("load_file".to_owned());
    denied(
        run_as("writers", &call),
        DenialCode::Denied,
        "never allowed",
    );
    denied(
        run_as("writers", &statement(K::SelectIntoFile)),
        DenialCode::Denied,
        "",
    );
}

#[test]
fn shows_no_messages_of_statements_on_protected_columns() {
    let protected = |request: &mut Request<'_>| request.diagnostics = Diagnostics::Protected;
    denied(
        run_with("agents", &statement(K::ShowWarnings), protected),
        DenialCode::Denied,
        "messages",
    );
    let mut count = statement(K::Select);
    count.reads_variables.insert("warning_count".to_owned());
    denied(
        run_with("agents", &count, protected),
        DenialCode::Denied,
        "messages",
    );
    allowed(run_as("agents", &count));
}

#[test]
fn redacts_what_no_session_may_see_whatever_is_protected() {
    let mut asked = statement(K::Select);
    asked.output = Output::Columns(vec![computed(&[]), computed(&[])]);
    asked.hidden_outputs.insert(1);
    let shown = allowed(run_as("agents", &asked)).columns;
    assert_eq!(shown, [Treatment::Clear, Treatment::Redact]);

    asked.hidden_outputs.insert(2);
    denied(run_as("agents", &asked), DenialCode::Unread, "hidden");
}

#[test]
fn takes_the_role_away_when_it_is_no_longer_open() {
    let policy = policy();
    let someone = principal("agents");
    let role = policy.role_for(&someone, "shop", None).unwrap();
    let stranger = principal("nobody");
    let one = statement(K::Select);
    denied(
        decide_for(&policy, &stranger, &role, &one, |_| {}),
        DenialCode::Denied,
        "no longer open",
    );
    denied(
        decide_for(&policy, &someone, &role, &one, |request| {
            request.target = "hr"
        }),
        DenialCode::Denied,
        "no longer open",
    );
}

#[test]
fn says_everything_in_the_first_200_characters() {
    let policy = policy();
    for kind in K::ALL {
        let statement = with(
            *kind,
            &[access(Verb::Alter, "hr.people_of_a_rather_long_name", &[])],
        );
        for group in ["agents", "writers"] {
            let principal = principal(group);
            let role = policy.role_for(&principal, "shop", None).unwrap();
            if let Decision::Deny(denial) =
                decide_for(&policy, &principal, &role, &statement, |_| {})
            {
                let text = denial.to_string();
                assert!(
                    text.chars().count() <= 200,
                    "{}: {text}",
                    text.chars().count()
                );
            }
        }
    }
}
