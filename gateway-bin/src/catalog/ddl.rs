//! Signs that schemas may have changed: the server's counters, and what its sessions run; pure.

use std::collections::BTreeMap;

use crate::upstream::client::Row;

/// The server's counts of schema statements.
///
/// A counter moves when a statement starts, also from inside procedures and prepared statements;
/// so equal counts alone do not prove that nothing changes. Counts are compared for inequality:
/// after a restart they are lower.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Counters(BTreeMap<String, String>);

/// Gives the counters. `Uptime` is not among them, it always moves.
pub(super) const COUNTERS: &str = "SHOW GLOBAL STATUS WHERE variable_name LIKE 'Com\\_create\\_%' \
     OR variable_name LIKE 'Com\\_alter\\_%' OR variable_name LIKE 'Com\\_drop\\_%' \
     OR variable_name LIKE 'Com\\_rename\\_%'";

impl Counters {
    /// Reads the answer to [`COUNTERS`]; `None` when there is nothing to watch.
    pub(super) fn read(rows: &[Row]) -> Option<Self> {
        let mut counts = BTreeMap::new();
        for row in rows {
            let name = row.text(0)?;
            // Temporary tables are the business of the session that makes them.
            if !name.ends_with("_temporary_table") {
                counts.insert(name.to_owned(), row.text(1)?.to_owned());
            }
        }
        (!counts.is_empty()).then_some(Self(counts))
    }
}

/// Lists what all sessions run.
pub(super) const PROCESSES: &str = "SHOW FULL PROCESSLIST";

/// Whether one of the sessions may be changing a schema. `own` is the asking connection.
pub(super) fn any_running(rows: &[Row], own: u32) -> bool {
    let own = own.to_string();
    rows.iter().any(|row| {
        row.text(0) != Some(own.as_str()) && row.bytes(7).is_some_and(may_change_schemas)
    })
}

/// Whether a running statement may be one that changes schemas: all but those whose first word
/// says that they cannot.
fn may_change_schemas(statement: &[u8]) -> bool {
    let Some((word, rest)) = first_word(statement) else {
        return true;
    };
    let second = || first_word(rest).map(|(word, _)| word);
    match word.as_slice() {
        // MariaDB: SET STATEMENT … FOR any statement.
        b"SET" => second().is_none_or(|word| word == b"STATEMENT"),
        // The business of one session only.
        b"CREATE" | b"DROP" => second().is_none_or(|word| word != b"TEMPORARY"),
        // MariaDB: BEGIN NOT ATOMIC and a block of statements.
        b"BEGIN" => second().is_none_or(|word| word == b"NOT"),
        word => !HARMLESS.contains(&word),
    }
}

/// The first word in upper case, and what follows it; `None` when it cannot be told.
fn first_word(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut text = skip_comments(text)?;
    while let [b'(', rest @ ..] = text {
        text = skip_comments(rest)?;
    }
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    Some((word.to_ascii_uppercase(), rest))
}

/// Skips blanks and plain comments; `None` for an executable comment or one that does not end.
fn skip_comments(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = text.trim_ascii_start();
        let (end, found): (&[u8], &[u8]) = match text {
            [b'/', b'*', b'!' | b'M', ..] => return None,
            [b'/', b'*', rest @ ..] => (b"*/", rest),
            [b'#', rest @ ..] | [b'-', b'-', rest @ ..] => (b"\n", rest),
            _ => return Some(text),
        };
        let place = found.windows(end.len()).position(|window| window == end)?;
        text = found.get(place.saturating_add(end.len())..)?;
    }
}

/// Statements that cannot change a schema, not even through what they call: a function or a
/// trigger cannot hold a statement that commits.
const HARMLESS: &[&[u8]] = &[
    b"SELECT",
    b"INSERT",
    b"UPDATE",
    b"DELETE",
    b"REPLACE",
    b"WITH",
    b"VALUES",
    b"TABLE",
    b"SHOW",
    b"DESCRIBE",
    b"DESC",
    b"EXPLAIN",
    b"ANALYZE",
    b"COMMIT",
    b"ROLLBACK",
    b"SAVEPOINT",
    b"RELEASE",
    b"USE",
    b"DO",
    b"LOAD",
    b"KILL",
    b"HANDLER",
    b"CHECKSUM",
    b"CHECK",
    b"HELP",
    b"LOCK",
    b"UNLOCK",
    b"START",
    b"FLUSH",
    b"PREPARE",
    b"DEALLOCATE",
    b"GRANT",
    b"REVOKE",
    b"PURGE",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        Row::new(
            cells
                .iter()
                .map(|cell| Some(cell.as_bytes().to_vec()))
                .collect(),
        )
    }

    #[test]
    fn statements_are_told_apart_by_their_first_word() {
        for harmless in [
            "select 1",
            "  /* app */ -- x\n insert into t values (1)",
            "SET @a = 1",
            "with x as (select 1) select * from x",
            "( (select 1))",
            "begin",
            "BEGIN WORK",
            "create temporary table t (a int)",
            "drop /* x */ temporary table t",
            "lock tables t write",
        ] {
            assert!(!may_change_schemas(harmless.as_bytes()), "{harmless}");
        }
        for suspect in [
            "alter table t add x int",
            "/*!50003 create trigger t */",
            "/*M!100000 drop table t */",
            "call p()",
            "rename table a to b",
            "set statement max_statement_time=1 for alter table t add x int",
            "set /* x */ statement max_statement_time=1 for drop table t",
            "begin not atomic drop table t; end",
            "begin /*!99999 not */ atomic drop table t; end",
            "create or replace temporary table t (a int)",
            "create /*!99999 temporary */ table t (a int)",
            "(alter table t add x int)",
            "execute immediate 'drop table t'",
            "optimize table t",
            "/* never ends",
            "selectx",
            "",
        ] {
            assert!(may_change_schemas(suspect.as_bytes()), "{suspect}");
        }
    }

    #[test]
    fn the_asking_connection_does_not_count() {
        let list = [
            row(&[
                "5",
                "cat",
                "h",
                "",
                "Query",
                "0",
                "",
                "SHOW FULL PROCESSLIST",
            ]),
            Row::new(vec![
                Some(b"6".to_vec()),
                None,
                None,
                None,
                None,
                None,
                None,
                None,
            ]),
        ];
        assert!(!any_running(&list, 5));
        let altering = row(&[
            "7",
            "root",
            "h",
            "",
            "Query",
            "9",
            "",
            "ALTER TABLE t ADD x INT",
        ]);
        assert!(any_running(&[altering], 5));
    }

    #[test]
    fn counters_are_compared_whole() {
        let counters = |count| Counters::read(&[row(&["Com_alter_table", count])]);
        assert_eq!(counters("1"), counters("1"));
        assert_ne!(counters("2"), counters("1"));
        assert_ne!(counters("0"), counters("1"));
        assert_eq!(Counters::read(&[]), None);
        assert_eq!(
            Counters::read(&[row(&["Com_create_temporary_table", "1"])]),
            None
        );
    }
}
