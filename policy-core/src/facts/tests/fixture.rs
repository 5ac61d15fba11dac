//! A catalog like the corpus' schema, and statements as short lines of facts.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::catalog::Column;
use crate::catalog::ForeignKey;
use crate::catalog::Index;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::charset::ClientCharset;
use crate::lex::ReadLimits;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::name::TableNameCase;
use crate::server::Server;
use crate::session::SessionContext;
use crate::session::TemporaryTables;
use crate::sql_mode::SqlMode;
use crate::statement::Filter;
use crate::statement::FlowTarget;
use crate::statement::Output;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::Witness;
use crate::unread::Unread;

pub(super) const MYSQL: &str = "9.7.4";
pub(super) const MARIADB: &str = "10.11.19-MariaDB";

pub(super) fn read(sql: &str, version: &str) -> Result<Statement, Unread> {
    read_with(sql, &session(version), &catalog(version))
}

pub(super) fn read_with(
    sql: &str,
    session: &SessionContext,
    catalog: &Catalog,
) -> Result<Statement, Unread> {
    let mut all = crate::read::read(sql.as_bytes(), session, catalog, &ReadLimits::default())?;
    assert_eq!(all.len(), 1);
    Ok(all.remove(0))
}

/// The facts of a statement in short lines, or why it is not read.
pub(super) fn facts(sql: &str, version: &str) -> String {
    match read(sql, version) {
        Ok(statement) => render(&statement),
        Err(unread) => format!("unread: {unread}"),
    }
}

/// The facts of several statements, each under its text.
pub(super) fn all(statements: &[&str], version: &str) -> String {
    let mut text = String::new();
    for sql in statements {
        writeln!(text, "{sql}\n{}", facts(sql, version).trim_end()).unwrap();
    }
    text
}

pub(super) fn session(version: &str) -> SessionContext {
    SessionContext {
        server: Server::parse(version).unwrap(),
        sql_mode: SqlMode::empty(),
        client_charset: ClientCharset::Utf8mb4,
        connection_charset: ClientCharset::Utf8mb4,
        results_charset: Default::default(),
        default_schema: Some(Arc::from("app")),
        temporary: TemporaryTables::default(),
        prepared: crate::session::PreparedTexts::default(),
        multi_statements: false,
    }
}

pub(super) fn id(table: &str) -> TableId {
    TableId::new(Arc::from("app"), Arc::from(table))
}

pub(super) fn name(column: &str) -> ColumnName {
    ColumnName::parse(column).unwrap()
}

pub(super) fn table(columns: &str) -> Table {
    Table {
        kind: TableKind::Plain,
        columns: columns.split(", ").map(column).collect(),
        check_columns: Some(BTreeSet::new()),
        partition_columns: Some(BTreeSet::new()),
        ..Table::default()
    }
}

fn column(text: &str) -> Column {
    let (name, data_type) = text.rsplit_once(' ').unwrap();
    Column {
        name: self::name(name),
        data_type: data_type.to_owned(),
        charset: Some("utf8mb4".to_owned()),
        invisible: false,
        generated: None,
        on_update: false,
        has_default: false,
        default: None,
        auto_increment: false,
        fresh_when_absent: true,
    }
}

fn view(definition: &str, columns: &str) -> Table {
    Table {
        kind: TableKind::View {
            definition: Some(Arc::from(definition)),
        },
        ..table(columns)
    }
}

pub(super) fn unique(name: &str, columns: &[&str]) -> Index {
    Index {
        name: name.to_owned(),
        unique: true,
        columns: columns
            .iter()
            .map(|column| Some(self::name(column)))
            .collect(),
    }
}

pub(super) fn catalog(version: &str) -> Catalog {
    let mut users = table("id int, name varchar, email varchar, ssn char");
    users.indexes = vec![unique("PRIMARY", &["id"]), unique("email", &["email"])];
    let mut orders = table("id int, user_id int, total int, note text, status varchar");
    orders.indexes = vec![unique("PRIMARY", &["id"])];
    let mut cards = table("id int, user_email varchar, digest varchar, tail varchar");
    cards.foreign_keys = vec![ForeignKey {
        columns: vec![name("user_email")],
        parent: id("users"),
        parent_columns: vec![name("email")],
        cascades: false,
    }];
    cards.columns[3].generated = Some(Arc::from("right(`digest`,4)"));
    let mut parts = table("id int, ssn char");
    parts.partition_columns = Some(BTreeSet::from([name("ssn")]));
    let tables: BTreeMap<TableId, Arc<Table>> = [
        ("users", users),
        ("orders", orders),
        ("cards", cards),
        ("parts", parts),
        ("stats", table("id int, ssn int, ssn_count int, users int")),
        ("mailing", table("id int, email varchar")),
        ("docs", table("id int, note json")),
        (
            "kw",
            table("drop int, grant int, alter user int, text varchar"),
        ),
        (
            "pairs",
            table("id int, user_id int, total int, note text, status varchar"),
        ),
        (
            "v_users",
            view(
                "select `app`.`users`.`id` AS `id`,`app`.`users`.`ssn` AS `s` from `app`.`users`",
                "id int, s char",
            ),
        ),
        (
            "v_deep",
            view("select `v_users`.`s` AS `x` from `app`.`v_users`", "x char"),
        ),
        (
            "v_hidden",
            Table {
                kind: TableKind::View { definition: None },
                ..table("x int")
            },
        ),
    ]
    .into_iter()
    .map(|(table, shape)| (id(table), Arc::new(shape)))
    .collect();
    Catalog {
        version: 1,
        server: Server::parse(version).unwrap(),
        table_name_case: TableNameCase::Sensitive,
        schemas: BTreeSet::from([Arc::from("app")]),
        tables,
        routines: BTreeSet::from([id("get_ssn")]),
        lasting: BTreeMap::new(),
    }
}

fn short(column: &ColumnId) -> String {
    format!("{}.{}", column.table.table(), column.column)
}

fn list<'a>(columns: impl IntoIterator<Item = &'a ColumnId>) -> String {
    let all: Vec<String> = columns.into_iter().map(short).collect();
    all.join("+")
}

pub(super) fn render(statement: &Statement) -> String {
    let mut text = format!("{}\n", statement.kind);
    if let Output::Columns(columns) = &statement.output {
        for column in columns {
            let witness = match &column.witness {
                Witness::Exactly(ids) => format!(" is {}", list(ids)),
                Witness::NotProtected => String::new(),
                Witness::Unchecked => " unchecked".to_owned(),
            };
            let bare = column.bare.as_ref().map_or("", |_| " bare");
            writeln!(text, "  out {}{bare}{witness}", list(&column.sources)).unwrap();
        }
    }
    for influence in &statement.influences {
        let strength = match influence.strength {
            Strength::Equality if influence.texts.is_empty() => " (equality)".to_owned(),
            Strength::Equality => format!(" (equality if texts: {:?})", influence.texts),
            Strength::Any => String::new(),
            Strength::Nothing => format!(" (nothing if texts: {:?})", influence.texts),
        };
        let column = short(&influence.column);
        writeln!(text, "  {} by {column}{strength}", influence.place).unwrap();
    }
    for flow in &statement.flows {
        let target = match &flow.target {
            FlowTarget::Column(column) => short(column),
            FlowTarget::NewTable(id) | FlowTarget::Routine(id) => id.to_string(),
            FlowTarget::Variable(name) => format!("@{name}"),
        };
        let literal = if flow.literal { " literal" } else { "" };
        writeln!(text, "  {target} from {}{literal}", list(&flow.sources)).unwrap();
    }
    for access in &statement.accesses {
        if access.verb == Verb::Read && access.via.is_none() && !access.temporary {
            continue;
        }
        let columns: Vec<&str> = access.columns.iter().map(ColumnName::as_str).collect();
        let via = access
            .via
            .as_ref()
            .map_or_else(String::new, |view| format!(" via {view}"));
        let verb = format!("{:?}", access.verb).to_lowercase();
        writeln!(
            text,
            "  {verb} {}({}){via}",
            access.object,
            columns.join(",")
        )
        .unwrap();
    }
    if statement.filter != Filter::NotApplicable {
        writeln!(text, "  filter {:?}", statement.filter).unwrap();
    }
    for routine in &statement.routines {
        writeln!(text, "  calls {routine}").unwrap();
    }
    for withheld in &statement.withheld {
        writeln!(text, "  withheld: {}", withheld.construct).unwrap();
    }
    text
}
