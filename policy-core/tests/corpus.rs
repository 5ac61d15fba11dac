//! The attack corpus, decided without a server: what leaks there without a gateway must be denied,
//! asked about or masked here, and what is honest must pass.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::charset::ClientCharset;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::read::read;
use policy_core::server::Server;
use policy_core::session::PreparedTexts;
use policy_core::session::SessionContext;
use policy_core::session::TemporaryTables;
use policy_core::sql_mode::SqlMode;
use policy_core::statement::Effect;
use policy_core::statement::Statement;
use policy_core::statement::kind::Class;
use serde_json::Value;

const SERVERS: [(&str, &str, &str); 2] = [
    ("mysql", "mysql_9_7_4", "9.7.4"),
    ("mariadb", "mariadb_10_11_19", "10.11.19-MariaDB"),
];

const CATALOG: &str = r#"
server = "9.7.4"

[[table]]
name = "app.users"
columns = ["id int", "name varchar(50)", "email varchar(60)", "ssn char(11)"]
primary_key = ["id"]
unique = ["email"]

[[table]]
name = "app.orders"
columns = ["id int", "user_id int", "total int", "note text", "status varchar(10)"]
primary_key = ["id"]

[[table]]
name = "app.stats"
columns = ["id int", "ssn int", "ssn_count int", "users int"]

[[table]]
name = "app.mailing"
columns = ["id int", "email varchar(20)"]

[[table]]
name = "app.audit"
columns = ["id int", "drop_database int"]

[[table]]
name = "app.docs"
columns = ["id int", "note json"]

[[table]]
name = "app.pairs"
columns = ["id int", "user_id int", "total int", "note text", "status varchar(10)"]

[[table]]
name = "app.kw"
columns = ["`drop` int", "`grant` int", "alter_user int"]

[[view]]
name = "app.v_users"
columns = ["id int", "s char(11)"]
definition = "select `app`.`users`.`id` AS `id`,`app`.`users`.`ssn` AS `s` from `app`.`users`"
"#;

fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap()
}

fn catalog(version: &str) -> Catalog {
    let mut catalog = document::parse("catalog.toml", CATALOG).unwrap_or_else(|e| panic!("{e}"));
    catalog.server = Server::parse(version).unwrap();
    // A name with a blank in it, which the written form of a catalog has no way to say.
    for table in catalog.tables.values_mut() {
        for column in &mut Arc::make_mut(table).columns {
            if column.name.as_str() == "alter_user" {
                column.name = policy_core::name::ColumnName::parse("alter user").unwrap();
            }
        }
    }
    catalog
}

fn session(version: &str, multi_statements: bool) -> SessionContext {
    SessionContext {
        server: Server::parse(version).unwrap(),
        sql_mode: SqlMode::ONLY_FULL_GROUP_BY | SqlMode::STRICT_TRANS_TABLES,
        client_charset: ClientCharset::default(),
        connection_charset: ClientCharset::default(),
        results_charset: Default::default(),
        default_schema: Some(Arc::from("app")),
        temporary: TemporaryTables::default(),
        prepared: PreparedTexts::default(),
        multi_statements,
    }
}

/// What became of one text.
enum Outcome {
    /// Not sent: the reason.
    Kept(String),
    /// Sent; whether a protected column is known to be touched.
    Sent { touches_protected: bool },
}

fn run(
    policy: &PolicySet,
    catalog: &Catalog,
    session: &mut SessionContext,
    text: &[u8],
) -> Outcome {
    let statements = match read(text, session, catalog, &ReadLimits::default()) {
        Ok(statements) => statements,
        Err(unread) => return Outcome::Kept(unread.to_string()),
    };
    let mut touches_protected = false;
    for statement in &statements {
        let role = policy.role_named("agent").unwrap();
        let request = Request {
            principal: &role.someone(),
            role: &role.id(),
            target: "shop",
            statement,
            text,
            alone: statements.len() == 1,
            parameters: &[],
            session,
            catalog,
            bound: policy_core::decide::Bound::Unknown,
            diagnostics: Diagnostics::Clean,
            approval: None,
        };
        match decide(policy, &request) {
            Decision::Allow(allow) => {
                touches_protected |= allow.touches_protected;
                assert!(
                    matches!(statement.kind.class(), Class::Read | Class::Session),
                    "a reader ran `{}`",
                    statement.kind
                );
            }
            Decision::Approve(need) => return Outcome::Kept(format!("asks {}", need.rule)),
            Decision::Deny(denial) => return Outcome::Kept(denial.to_string()),
        }
    }
    for statement in &statements {
        follow(session, statement);
    }
    Outcome::Sent { touches_protected }
}

fn follow(session: &mut SessionContext, statement: &Statement) {
    for effect in &statement.effects {
        match effect {
            Effect::UseSchema(schema) => session.default_schema = Some(Arc::from(schema.as_str())),
            Effect::SetNames { charset } => session.client_charset = *charset,
            Effect::SetVariable { name, value } if name == "sql_mode" => {
                session.sql_mode = SqlMode::parse(value).unwrap();
            }
            Effect::Prepare { name, prepared } => {
                if let PreparedTexts::Known(texts) = &mut session.prepared {
                    texts.insert(name.clone(), prepared.clone());
                }
            }
            Effect::Deallocate(name) => {
                if let PreparedTexts::Known(texts) = &mut session.prepared {
                    texts.remove(name);
                }
            }
            Effect::SetVariable { .. }
            | Effect::SetForStatement { .. }
            | Effect::SetUserVariable(_)
            | Effect::BeginTransaction
            | Effect::EndTransaction
            | Effect::SchemaChange(_)
            | Effect::CreateTemporary(_)
            | Effect::DropTemporary(_)
            | Effect::Kill { .. }
            | Effect::Anything => {}
        }
    }
}

fn texts(entry: &Value) -> Vec<Vec<u8>> {
    let exact = entry["sql_hex"].as_array();
    let all = entry["sql"].as_array().unwrap().iter().enumerate();
    all.map(|(index, text)| {
        let exact = exact.and_then(|all| all.get(index)?.as_str());
        match exact {
            None => text.as_str().unwrap().as_bytes().to_vec(),
            Some(digits) => (0..digits.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(digits.get(at..at + 2).unwrap(), 16).unwrap())
                .collect(),
        }
    })
    .collect()
}

#[test]
fn keeps_every_leak_and_passes_what_is_honest() {
    let policy = repository("tests/corpus/policy.toml");
    let policy = PolicySet::compile("policy.toml", &policy, Known::default());
    let policy = policy.unwrap_or_else(|errors| panic!("{errors}"));
    let mut wrong = BTreeSet::new();
    let mut entries = 0;
    for line in repository("tests/corpus/statements.jsonl").split('\n') {
        let Ok(entry) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        entries += 1;
        for (server, verified, version) in SERVERS {
            let applies = entry["server"] == "both" || entry["server"] == server;
            if !applies
                || entry
                    .get("protocol")
                    .is_some_and(|protocol| !protocol.is_null())
            {
                continue;
            }
            let id = entry["id"].as_str().unwrap();
            let catalog = catalog(version);
            let multi_statements = entry["multi_statements"] == true;
            let mut session = session(version, multi_statements);
            let outcomes: Vec<Outcome> = texts(&entry)
                .iter()
                .map(|text| run(&policy, &catalog, &mut session, text))
                .collect();
            let kept = outcomes.iter().find_map(|outcome| match outcome {
                Outcome::Kept(why) => Some(why),
                Outcome::Sent { .. } => None,
            });
            let touches = outcomes.iter().any(|outcome| {
                matches!(
                    outcome,
                    Outcome::Sent {
                        touches_protected: true
                    }
                )
            });
            let leaks = entry["verified"][verified]["leaks"] == true;
            let results = entry["verified"][verified]["results"].as_array();
            let server_refuses = results.is_some_and(|results| {
                results
                    .iter()
                    .any(|result| result.as_str().unwrap().starts_with('E'))
            });
            match (entry["kind"].as_str().unwrap(), kept) {
                ("benign", Some(why)) if !server_refuses => {
                    wrong.insert(format!(
                        "{id} {server}: honest, but {why}: {}",
                        entry["sql"]
                    ));
                }
                ("attack", None) if leaks && !touches => {
                    wrong.insert(format!("{id} {server}: passes unseen: {}", entry["sql"]));
                }
                _ => {}
            }
        }
    }
    assert!(entries > 250, "{entries} entries");
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
