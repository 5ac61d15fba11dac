//! Taking a right away never widens what is allowed, and more caution never shows more.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::decision::Treatment;
use policy_core::name::ColumnId;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::session::SessionContext;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Access;
use policy_core::statement::Filter;
use policy_core::statement::Flow;
use policy_core::statement::FlowTarget;
use policy_core::statement::Influence;
use policy_core::statement::Output;
use policy_core::statement::OutputColumn;
use policy_core::statement::Statement;
use policy_core::statement::Strength;
use policy_core::statement::Verb;
use policy_core::statement::Witness;
use policy_core::statement::kind::StatementKind;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::sample::subsequence;

const CATALOG: &str = r#"
server = "9.7.4"
[[table]]
name = "s.a"
columns = ["id int", "x varchar", "y varchar"]
unique = ["x"]
[[table]]
name = "s.b"
columns = ["id int", "x varchar", "y varchar"]
triggers = true
[[table]]
name = "t.a"
columns = ["id int", "x varchar", "y varchar"]
engine = "CSV"
"#;

const TABLES: [&str; 3] = ["s.a", "s.b", "t.a"];
const COLUMNS: [&str; 3] = ["id", "x", "y"];

const ROLE: &str = r#"version = 1
[[role]]
name = "r"
groups = ["g"]
targets = ["t"]
database_user = "u"
"#;

/// Rules that allow, one block each.
const ALLOW: [&str; 9] = [
    "statements = [\"read\"]\non = [\"s.*\"]\nlimits = { rows = 5 }",
    "statements = [\"select\"]\non = [\"*.*\"]\nlimits = { rows = 50, seconds = 5 }",
    "statements = [\"write\"]\non = [\"s.a\"]",
    "statements = [\"write\"]\non = [\"*.*\"]\nunfiltered = true",
    "statements = [\"insert\", \"update\"]\non = [\"s.b\"]\ntriggers = true",
    "statements = [\"read\", \"write\"]\non = [\"t.a\"]\nengines = [\"csv\"]",
    "statements = [\"schema\"]\non = [\"s.*\"]",
    "statements = [\"alter table\", \"drop table\", \"kill\"]\non = [\"*.*\"]",
    "statements = [\"select\"]\non = [\"s.a\"]\nfunctions = [\"sleep\"]",
];

/// What makes a policy stricter, one block each.
const CAUTION: [&str; 6] = [
    "[[deny]]\nname = \"d1\"\nstatements = [\"write\"]\non = [\"s.a\"]",
    "[[deny]]\nname = \"d2\"\nstatements = [\"select\"]\non = [\"t.*\"]",
    "[[deny]]\nname = \"d3\"\nstatements = [\"admin\"]",
    "[[protect]]\nname = \"p1\"\ncolumns = [\"*.*.x\"]",
    "[[protect]]\nname = \"p2\"\ncolumns = [\"s.a.y\"]\ninfluence = \"equality\"\nmask = \"m\"",
    "[[protect]]\nname = \"p3\"\ncolumns = [\"s.a.x\"]\ninfluence = \"any\"\nwrites = \"insert\"\nmask = \"m\"",
];

fn policy(allow: &BTreeSet<usize>, caution: &BTreeSet<usize>) -> PolicySet {
    let mut text = ROLE.to_owned();
    for index in allow {
        let block = ALLOW.get(*index).unwrap();
        text.push_str(&format!(
            "[[role.rule]]\nname = \"a{index}\"\neffect = \"allow\"\n{block}\n"
        ));
    }
    for index in caution {
        text.push_str(CAUTION.get(*index).unwrap());
        text.push('\n');
    }
    text.push_str("[mask.m]\nkind = \"partial\"\n");
    PolicySet::compile("p.toml", &text, Known::default()).unwrap()
}

fn decision(policy: &PolicySet, catalog: &Catalog, statement: &Statement) -> Decision {
    let role = policy.role_named("r").unwrap();
    let session = SessionContext {
        server: catalog.server,
        sql_mode: SqlMode::default(),
        client_charset: Default::default(),
        connection_charset: Default::default(),
        results_charset: Default::default(),
        default_schema: None,
        temporary: Default::default(),
        prepared: policy_core::session::PreparedTexts::default(),
        multi_statements: false,
    };
    let request = Request {
        principal: &role.someone(),
        role: &role.id(),
        target: "t",
        statement,
        text: b"",
        alone: true,
        parameters: &[],
        session: &session,
        catalog,
        bound: policy_core::decide::Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    decide(policy, &request)
}

/// Whether the second decision lets at least as much through as the first.
fn widens(before: &Decision, after: &Decision) -> bool {
    let (Decision::Allow(before), Decision::Allow(after)) = (before, after) else {
        return matches!(after, Decision::Allow(_));
    };
    let clear = |treatments: &[Treatment]| -> Vec<bool> {
        treatments
            .iter()
            .map(|one| *one == Treatment::Clear)
            .collect()
    };
    let shows_more = clear(&before.columns)
        .into_iter()
        .zip(clear(&after.columns))
        .any(|(before, after)| after && !before);
    let more = |before: Option<u64>, after: Option<u64>| match (before, after) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => after > before,
    };
    shows_more
        || more(before.rows_max, after.rows_max)
        || more(before.file_bytes_max, after.file_bytes_max)
        || more(
            before.seconds_max.map(u64::from),
            after.seconds_max.map(u64::from),
        )
        || (before.errors_hidden && !after.errors_hidden)
}

fn column() -> impl Strategy<Value = ColumnId> {
    (select(&TABLES[..]), select(&COLUMNS[..])).prop_map(|(table, name)| ColumnId {
        table: table_id(table),
        column: ColumnName::parse(name).unwrap(),
    })
}

fn table_id(name: &str) -> TableId {
    let (schema, table) = name.split_once('.').unwrap();
    TableId::new(schema.into(), table.into())
}

fn access() -> impl Strategy<Value = Access> {
    let verbs = [
        Verb::Read,
        Verb::Insert,
        Verb::Update,
        Verb::Delete,
        Verb::Alter,
        Verb::Drop,
        Verb::Describe,
    ];
    let columns = subsequence(COLUMNS.to_vec(), 0..=3);
    (select(verbs.to_vec()), select(&TABLES[..]), columns).prop_map(|(verb, table, columns)| {
        Access {
            verb,
            object: table_id(table),
            columns: columns
                .iter()
                .map(|name| ColumnName::parse(name).unwrap())
                .collect(),
            via: None,
            temporary: false,
        }
    })
}

fn output() -> impl Strategy<Value = Output> {
    let one = (column(), any::<bool>()).prop_map(|(id, bare)| OutputColumn {
        sources: BTreeSet::from([id.clone()]),
        bare: bare.then_some(id),
        name: None,
        witness: Witness::NotProtected,
        connection: false,
    });
    prop_oneof![
        Just(Output::None),
        prop::collection::vec(one, 1..4).prop_map(Output::Columns),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    let influence = (column(), any::<bool>()).prop_map(|(column, equality)| Influence {
        column,
        strength: if equality {
            Strength::Equality
        } else {
            Strength::Any
        },
        place: "INSERT",
        texts: Vec::new(),
        numbers: Vec::new(),
    });
    let flow =
        (prop::collection::btree_set(column(), 0..2), column()).prop_map(|(sources, target)| {
            Flow {
                sources,
                target: FlowTarget::Column(target),
                literal: false,
            }
        });
    (
        select(StatementKind::ALL),
        prop::collection::vec(access(), 0..4),
        output(),
        prop::collection::vec(influence, 0..2),
        prop::collection::vec(flow, 0..2),
        select(vec![
            Filter::NotApplicable,
            Filter::Missing,
            Filter::Present,
        ]),
        any::<bool>(),
    )
        .prop_map(
            |(kind, accesses, output, influences, flows, filter, sleeps)| {
                let mut statement = Statement::new(kind, 0..0);
                statement.accesses = accesses;
                statement.output = output;
                statement.influences = influences;
                statement.flows = flows;
                statement.filter = filter;
                if sleeps {
                    statement.functions.insert("sleep".to_owned());
                }
                statement
            },
        )
}

fn some(of: usize) -> impl Strategy<Value = BTreeSet<usize>> {
    subsequence((0..of).collect::<Vec<_>>(), 0..=of).prop_map(|some| some.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn taking_a_right_away_never_widens(
        allow in some(ALLOW.len()),
        caution in some(CAUTION.len()),
        taken in 0..ALLOW.len(),
        statement in statement(),
    ) {
        let catalog = document::parse("c.toml", CATALOG).unwrap();
        let mut less = allow.clone();
        less.remove(&taken);
        let before = decision(&policy(&allow, &caution), &catalog, &statement);
        let after = decision(&policy(&less, &caution), &catalog, &statement);
        prop_assert!(
            !widens(&before, &after) || before == after,
            "{before:?} became {after:?}"
        );
    }

    #[test]
    fn more_caution_never_shows_more(
        allow in some(ALLOW.len()),
        caution in some(CAUTION.len()),
        added in 0..CAUTION.len(),
        statement in statement(),
    ) {
        let catalog = document::parse("c.toml", CATALOG).unwrap();
        let mut more = caution.clone();
        more.insert(added);
        let before = decision(&policy(&allow, &caution), &catalog, &statement);
        let after = decision(&policy(&allow, &more), &catalog, &statement);
        prop_assert!(
            !widens(&before, &after) || before == after,
            "{before:?} became {after:?}"
        );
    }
}
