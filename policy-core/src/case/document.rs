//! Reads a file of cases, and keeps every mistake with its place.

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::case::Case;
use crate::case::CaseFile;
use crate::case::expectation::Expectation;
use crate::case::expectation::Expected;
use crate::case::expectation::TOKENS;
use crate::case::world::Who;
use crate::case::world::World;
use crate::catalog::document;
use crate::charset::ClientCharset;
use crate::policy::error::PolicyErrors;
use crate::policy::table::Placed;
use crate::policy::table::Source;
use crate::policy::table::Table;
use crate::policy::table::nearest;
use crate::principal::Principal;
use crate::server::Server;
use crate::sql_mode::SqlMode;

pub(super) fn parse(file: &str, text: &str) -> Result<CaseFile, PolicyErrors> {
    let source = Source::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        source.mistake(error.span().map_or(0, |span| span.start), error.message());
    }
    let mut read = CaseFile {
        file: file.to_owned(),
        policy: None,
        catalog: None,
        cases: Vec::new(),
    };
    if errors.is_empty() {
        read_file(&source, Table::root(&source, &root), &mut read);
    }
    let mistakes = source.into_mistakes();
    if mistakes.is_empty() {
        return Ok(read);
    }
    Err(PolicyErrors {
        file: file.to_owned(),
        mistakes,
    })
}

fn read_file(source: &Source<'_>, mut root: Table<'_>, file: &mut CaseFile) {
    let noted = |word: Option<Placed<String>>| word.map(|word| word.noted(source));
    file.policy = noted(root.string("policy"));
    file.catalog = noted(root.string("catalog"));
    let mut people = BTreeMap::new();
    for (name, entry) in root.named_tables("principal") {
        people.insert(name.value, read_principal(entry));
    }
    let entries = root.tables("case");
    if entries.is_empty() {
        root.mistake(
            root.at(),
            "there is no case in the file; write `[[case]]` with `name`, `role` or `principal`, \
             `sql` and `expect`",
        );
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for entry in entries {
        let Some(case) = read_case(source, entry, &people) else {
            continue;
        };
        if let Some(line) = seen.insert(case.name.text.clone(), case.name.line) {
            source.keep(case.name.mistake(format!(
                "there is a case of the name `{}` in line {line} already",
                case.name.text
            )));
        }
        file.cases.push(case);
    }
    root.finish();
}

fn read_principal(mut entry: Table<'_>) -> Principal {
    let words = |list: Option<Vec<Placed<String>>>| {
        let list = list.unwrap_or_default().into_iter();
        list.map(|word| word.value).collect::<Vec<String>>()
    };
    let issuer = entry.string("issuer").map(|word| word.value);
    let subject = entry.string("subject").map(|word| word.value);
    let principal = Principal {
        issuer: issuer.unwrap_or_default(),
        subject: subject.unwrap_or_else(|| "someone".to_owned()),
        actors: words(entry.strings("actors")),
        groups: words(entry.strings("groups")).into_iter().collect(),
        claims: entry.words("claims").unwrap_or_default(),
    };
    entry.finish();
    principal
}

fn read_case(
    source: &Source<'_>,
    mut entry: Table<'_>,
    people: &BTreeMap<String, Principal>,
) -> Option<Case> {
    let name = entry.required_string("name");
    let who = read_who(source, &mut entry, people);
    let world = read_world(&mut entry);
    let sql = entry.text("sql");
    let parameters = entry.values("parameters");
    let expectation = read_expectation(source, &mut entry);
    entry.finish();
    Some(Case {
        name: name?.noted(source),
        who: who?,
        world,
        sql: sql?.value,
        parameters,
        expectation: expectation?,
    })
}

/// `principal = { … }` or the name of a `[principal.NAME]`, `role`, `target`.
fn read_who(
    source: &Source<'_>,
    entry: &mut Table<'_>,
    people: &BTreeMap<String, Principal>,
) -> Option<Who> {
    let principal = if entry.is_string("principal") {
        let name = entry.string("principal")?;
        let known = people.get(&name.value);
        if known.is_none() {
            let advice = match nearest(&name.value, people.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write a table `[principal.{}]`", name.value),
            };
            let unknown = format!("no principal `{}` in this file; {advice}", name.value);
            entry.mistake(name.at, unknown);
        }
        known.cloned()
    } else {
        entry.table("principal").map(read_principal)
    };
    let role = entry.string("role");
    let target = entry.string("target");
    if !entry.has("principal") && role.is_none() {
        entry.mistake(entry.at(), "`[[case]]` needs `role` or `principal`");
    }
    Some(Who {
        principal,
        role: role.map(|word| word.noted(source)),
        target: target.map(|word| word.noted(source)),
    })
}

/// The state of the session before the statement.
fn read_world(entry: &mut Table<'_>) -> World {
    let database = entry.string("database").map(|word| word.value);
    let sql_mode = checked(
        entry,
        "sql_mode",
        SqlMode::parse,
        "is not a list of SQL modes",
    );
    let charset = checked(
        entry,
        "charset",
        ClientCharset::parse,
        "is no character set that a client may use; there are utf8mb4, utf8mb3, ascii, latin1 and \
         binary",
    );
    let server = checked(
        entry,
        "server",
        Server::parse,
        "is no version as `SELECT VERSION()` tells it, such as `9.7.4` or `10.11.19-MariaDB`",
    );
    let mut temporary = Vec::new();
    for table in entry.tables("temporary") {
        temporary.extend(document::temporary(table));
    }
    let before = entry.strings_with_repeats("before").unwrap_or_default();
    World {
        database,
        sql_mode: sql_mode.unwrap_or_default(),
        charset: charset.unwrap_or_default(),
        server,
        temporary,
        before: before.into_iter().map(|word| word.value).collect(),
    }
}

fn checked<T>(
    entry: &mut Table<'_>,
    key: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    wrong: &str,
) -> Option<T> {
    let word = entry.string(key)?;
    let value = parse(&word.value);
    if value.is_none() {
        entry.mistake(word.at, format!("`{}` {wrong}", word.value));
    }
    value
}

fn read_expectation(source: &Source<'_>, entry: &mut Table<'_>) -> Option<Expectation> {
    let decision = read_decision(entry);
    let token = read_token(entry);
    let text = entry.string("text");
    let rule = entry.string("rule");
    let shown = entry.strings_with_repeats("shown");
    let (mut rows, mut seconds) = (None, None);
    if let Some(mut limits) = entry.table("limits") {
        rows = limits.integer("rows", 0..=u64::MAX);
        seconds = limits.integer("seconds", 0..=u64::from(u32::MAX));
        limits.finish();
    }
    let errors_hidden = entry.boolean("errors_hidden");
    let approvers = entry.strings("approvers");
    let decision = decision?;
    let limits = rows.as_ref().or(seconds.as_ref());
    let fitting = [
        ("rule", at(rule.as_ref()), decision != Expected::NoRole),
        ("token", at(token.as_ref()), decision == Expected::Deny),
        ("text", at(text.as_ref()), decision.is_refusal()),
        ("shown", first(shown.as_ref()), decision.may_run()),
        ("limits", at(limits), decision.may_run()),
        (
            "errors_hidden",
            at(errors_hidden.as_ref()),
            decision.may_run(),
        ),
        (
            "approvers",
            first(approvers.as_ref()),
            decision == Expected::Approve,
        ),
    ];
    for (key, at, fits) in fitting {
        if let (Some(at), false) = (at, fits) {
            let word = decision.word();
            entry.mistake(
                at,
                format!("`{key}` does not go with `expect = \"{word}\"`"),
            );
        }
    }
    let noted_all = |list: Vec<Placed<String>>| list.into_iter().map(|word| word.noted(source));
    Some(Expectation {
        decision,
        rule: rule.map(|word| word.noted(source)),
        token: token.map(|word| word.value),
        text: text.map(|word| word.value),
        shown: shown.map(|list| noted_all(list).collect()),
        rows: rows.map(|number| number.value),
        seconds: seconds.map(|number| number.value),
        errors_hidden: errors_hidden.map(|flag| flag.value),
        approvers: approvers.map(|list| noted_all(list).collect()),
    })
}

fn read_decision(entry: &mut Table<'_>) -> Option<Expected> {
    let word = entry.required_string("expect")?;
    let mut all = Expected::ALL.into_iter();
    let decision = all.find(|one| one.word() == word.value);
    if decision.is_none() {
        let words = Expected::ALL.map(Expected::word).join("`, `");
        entry.mistake(word.at, format!("`expect` must be one of `{words}`"));
    }
    decision
}

fn read_token(entry: &mut Table<'_>) -> Option<Placed<String>> {
    let token = entry.string("token")?;
    if !TOKENS.contains(&token.value.as_str()) {
        let message = format!("`token` must be one of `{}`", TOKENS.join("`, `"));
        entry.mistake(token.at, message);
    }
    Some(token)
}

fn at<T>(placed: Option<&Placed<T>>) -> Option<usize> {
    placed.map(|placed| placed.at)
}

fn first(list: Option<&Vec<Placed<String>>>) -> Option<usize> {
    list.and_then(|list| list.first()).map(|word| word.at)
}
