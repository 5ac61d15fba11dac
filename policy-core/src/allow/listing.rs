//! All lists as one, each entry with its standing and reason: what a test compares with a server.

use crate::allow::information_schema;
use crate::allow::settable;
use crate::allow::show;
use crate::allow::status;
use crate::allow::unprotected;
use crate::allow::variables;
use crate::charset::ClientCharset;
use crate::facts::functions_builtin;
use crate::facts::functions_builtin::Standing;
use crate::facts::functions_total;
use crate::server::Server;
use crate::sql_mode::SqlMode;
use crate::statement::kind::StatementKind;

/// One entry of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Entry {
    /// The list: `variable`, `status`, `function` and so on.
    pub list: &'static str,
    /// What is listed, lower case but for SQL modes.
    pub name: String,
    /// What may be done with it.
    pub standing: &'static str,
    /// Why, or how.
    pub reason: String,
}

fn entry(
    list: &'static str,
    name: &str,
    standing: &'static str,
    reason: impl Into<String>,
) -> Entry {
    Entry {
        list,
        name: name.to_owned(),
        standing,
        reason: reason.into(),
    }
}

/// Every entry of every list, for that server.
#[must_use]
pub fn entries(server: Server) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (list, groups, families) in [
        (
            "variable",
            variables::READABLE,
            variables::READABLE_FAMILIES,
        ),
        ("status", status::READABLE, status::READABLE_FAMILIES),
    ] {
        for group in groups {
            let names = group.names.iter();
            entries.extend(names.map(|name| entry(list, name, "readable", group.reason)));
        }
        let why = "every name that begins so may be read";
        let families = families.iter();
        entries.extend(families.map(|name| entry(list, name, "family", why)));
    }
    for group in variables::ASKED {
        let names = group.names.iter();
        entries.extend(names.map(|name| entry("variable", name, "redacted", group.reason)));
    }
    let settable = settable::SETTABLE.iter();
    entries.extend(
        settable.map(|(name, how)| entry("variable", name, "settable", format!("{how:?}"))),
    );
    for group in unprotected::SETTABLE {
        let names = group.names.iter();
        entries.extend(names.map(|name| entry("variable", name, UNPROTECTED, group.reason)));
    }
    let by_name = unprotected::BY_NAME.iter();
    entries.extend(
        by_name.map(|name| entry("variable", name, UNPROTECTED, "by a rule that names `set`")),
    );
    for engine in settable::ENGINES {
        entries.push(entry(
            "engine",
            engine,
            "plain",
            "a table of the server's own",
        ));
    }
    entries.extend(functions(server));
    entries.extend(tables(server));
    entries.extend(text());
    for kind in StatementKind::ALL {
        let name = kind.name();
        if name.starts_with("show ") {
            let effect = format!("{:?}", kind.default_effect());
            entries.push(entry("show", name, "read", effect));
        }
    }
    for (kind, columns) in show::SHOWN {
        let columns = columns.join(", ");
        entries.push(entry("show where", kind.name(), "comparable", columns));
    }
    for (kind, columns) in show::TELLING {
        let columns = columns.join(", ");
        entries.push(entry("show", kind.name(), "telling", columns));
    }
    entries
}

/// May be set where nothing is protected.
const UNPROTECTED: &str = "unprotected";

fn functions(server: Server) -> Vec<Entry> {
    let mut entries = Vec::new();
    for name in functions_builtin::names(server.kind) {
        let standing = match functions_builtin::standing(name, server) {
            Some(Standing::Ordinary) => "ordinary",
            Some(Standing::Refused) => "refused",
            None => "later",
        };
        entries.push(entry("function", name, standing, "built in"));
    }
    for prefix in functions_builtin::REFUSED_PREFIXES {
        entries.push(entry("function", prefix, "refused family", "built in"));
    }
    for (name, total) in functions_total::TOTAL {
        entries.push(entry("function", name, "total", format!("{total:?}")));
    }
    entries
}

fn tables(server: Server) -> Vec<Entry> {
    let mut entries = Vec::new();
    for table in information_schema::TABLES {
        let columns = table.columns(server.kind);
        if columns.is_empty() {
            continue;
        }
        entries.push(entry(
            "information_schema",
            table.name,
            "open",
            table.reason,
        ));
        let lists = [
            ("open", columns),
            ("telling", table.telling),
            ("hidden", table.hidden),
        ];
        for (standing, names) in lists {
            let standing = if standing == "open" {
                "column"
            } else {
                standing
            };
            for name in names {
                let name = format!("{}.{name}", table.name);
                entries.push(entry("information_schema", &name, standing, table.reason));
            }
        }
    }
    entries
}

/// Character sets and SQL modes.
fn text() -> Vec<Entry> {
    let mut entries = Vec::new();
    for set in CLIENT_SETS {
        let why = "no byte of a longer character is ASCII";
        entries.push(entry("character set", set.name(), "client", why));
    }
    for (name, _) in SqlMode::all().iter_names() {
        entries.push(entry("sql_mode", name, "settable", "known by name"));
    }
    entries
}

const CLIENT_SETS: [ClientCharset; 5] = [
    ClientCharset::Utf8mb4,
    ClientCharset::Utf8mb3,
    ClientCharset::Ascii,
    ClientCharset::Latin1,
    ClientCharset::Binary,
];
