//! Every statement of both manuals has a kind, every kind an entry in the table and an example.

mod common;
mod manuals;

use std::collections::BTreeSet;

use common::SERVERS;
use common::read_on;
use common::show;
use policy_core::statement::kind::StatementKind;
use policy_core::unread::Unread;

fn pages() -> impl Iterator<
    Item = (
        &'static str,
        &'static (&'static str, &'static str, &'static str),
    ),
> {
    let [mysql, mariadb] = SERVERS;
    let of_mysql = manuals::MYSQL.iter().map(move |page| (mysql, page));
    of_mysql.chain(manuals::MARIADB.iter().map(move |page| (mariadb, page)))
}

#[test]
fn reads_an_example_of_every_statement_of_the_manuals() {
    let mut wrong = Vec::new();
    for (version, (title, kind, text)) in pages() {
        let kind = StatementKind::parse(kind).unwrap();
        let told = match read_on(version, text.as_bytes()) {
            Ok(statements) => statements
                .iter()
                .all(|statement| statement.kind == kind || statement.through.contains(&kind)),
            Err(unread) => is_named(&unread),
        };
        if !told {
            wrong.push(format!("{title}: {text}: {}", show(version, text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A refusal that names what it refuses was not one of words that begin no statement.
fn is_named(unread: &Unread) -> bool {
    matches!(
        unread,
        Unread::Unsupported { .. }
            | Unread::UnknownName {
                what: "prepared statement",
                ..
            }
    )
}

#[test]
fn has_an_example_of_every_kind() {
    let shown: BTreeSet<&str> = pages().map(|(_, (_, kind, _))| *kind).collect();
    for kind in StatementKind::ALL {
        let name = kind.name();
        // SHOW has examples of its own: `show_kinds.rs`.
        assert!(shown.contains(name) || name.starts_with("show "), "{name}");
        assert_eq!(StatementKind::parse(name), Some(*kind));
    }
}

#[test]
fn refuses_words_that_begin_no_statement() {
    for text in [
        "FROB TABLE t",
        "\"SELECT\" 1",
        "`select` 1",
        "1",
        "CREATE NOTHING x",
        "ALTER ROLE r",
        "DROP",
        "CREATE USER u IDENTIFIED BY (SELECT 1)",
        "GRANT (TABLE users)",
    ] {
        for version in SERVERS {
            let got = show(version, text);
            assert!(got.starts_with("refused: "), "{text} on {version}: {got}");
        }
    }
}
