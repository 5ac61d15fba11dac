//! Column definitions as evidence against our reading of a statement, never for it.

use mysql_proto::response::column::ColumnDefinition;
use policy_core::decision::Treatment;
use policy_core::name::ColumnId;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::name::TableNameCase;
use policy_core::statement::OutputColumn;
use policy_core::statement::Witness;

/// What the server's definitions say that our reading does not.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Mismatch {
    /// Another number of columns.
    #[error("the statement was read as giving {expected} columns, the target announces {found}")]
    Count {
        /// By our reading.
        expected: usize,
        /// By the target.
        found: usize,
    },
    /// A bare column is another one.
    #[error("output column {position} was read as {expected}, the target says {found}")]
    Other {
        /// From 1.
        position: usize,
        /// By our reading.
        expected: String,
        /// By the target.
        found: String,
    },
    /// A column that was read as harmless carries the name of a protected one.
    #[error("output column {position} was read as unprotected, the target says {found}")]
    Protected {
        /// From 1.
        position: usize,
        /// By the target.
        found: String,
    },
}

/// How the target names what it defines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    /// How it compares the names of tables.
    pub(crate) tables: TableNameCase,
    /// Whether the rows wait in a table of their own, for a cursor: then MySQL gives a column of it
    /// the name that it bears in the result, and its old table.
    pub(crate) set_aside: bool,
}

/// Compares the definitions of a result set with the facts of its statement.
pub(crate) fn check(
    columns: &[OutputColumn],
    treatments: &[Treatment],
    definitions: &[ColumnDefinition<'_>],
    naming: Naming,
    is_protected: impl Fn(&ColumnId) -> bool,
) -> Result<(), Mismatch> {
    if columns.len() != definitions.len() || treatments.len() != definitions.len() {
        return Err(Mismatch::Count {
            expected: columns.len(),
            found: definitions.len(),
        });
    }
    let shown = columns.iter().zip(treatments).zip(definitions).enumerate();
    for (index, ((column, treatment), definition)) in shown {
        let position = index + 1;
        match treatment {
            // What is masked anyway needs no witness.
            Treatment::Mask(_) | Treatment::Redact => continue,
            Treatment::Clear => {}
        }
        let origin = origin(definition, naming.tables);
        match &column.witness {
            Witness::Unchecked => {}
            Witness::Exactly(expected) => {
                let is_one = |found: &ColumnId| {
                    expected.contains(found)
                        || (naming.set_aside && is_renamed(column, expected, found))
                };
                if !origin.as_ref().is_some_and(is_one) {
                    let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
                    return Err(Mismatch::Other {
                        position,
                        expected: expected.join(" or "),
                        found: described(definition),
                    });
                }
            }
            Witness::NotProtected => match origin {
                None => {}
                Some(found) if is_protected(&found) && !column.sources.contains(&found) => {
                    return Err(Mismatch::Protected {
                        position,
                        found: found.to_string(),
                    });
                }
                Some(_) => {}
            },
        }
    }
    Ok(())
}

/// Whether a definition names the table of a column that was expected, and the column by the name
/// that it has in the result.
fn is_renamed(column: &OutputColumn, expected: &[ColumnId], found: &ColumnId) -> bool {
    let mut tables = expected.iter().map(|column| &column.table);
    column.name.as_ref() == Some(&found.column) && tables.any(|table| *table == found.table)
}

/// The base column that a definition names, if it names one.
pub(crate) fn origin(definition: &ColumnDefinition<'_>, names: TableNameCase) -> Option<ColumnId> {
    let text = |bytes| {
        std::str::from_utf8(bytes)
            .ok()
            .filter(|text: &&str| !text.is_empty())
    };
    let schema = names.fold(text(&definition.schema)?);
    let table = names.fold(text(&definition.org_table)?);
    let column = ColumnName::parse(text(&definition.org_name)?)?;
    Some(ColumnId {
        table: TableId::new(schema, table),
        column,
    })
}

fn described(definition: &ColumnDefinition<'_>) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    match (text(&definition.org_table), text(&definition.org_name)) {
        (table, _) if table.is_empty() => "no base column".to_owned(),
        (table, name) => format!("{}.{table}.{name}", text(&definition.schema)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn id(table: &str, column: &str) -> ColumnId {
        ColumnId {
            table: TableId::new("app".into(), table.into()),
            column: ColumnName::parse(column).unwrap(),
        }
    }

    fn definition(table: &'static str, column: &'static str) -> ColumnDefinition<'static> {
        let mut definition = ColumnDefinition::computed(
            column.as_bytes(),
            mysql_proto::types::ColumnType::VarString,
        );
        definition.schema = b"app"[..].into();
        definition.org_table = table.as_bytes().into();
        definition.org_name = column.as_bytes().into();
        definition
    }

    fn column(witness: Witness) -> OutputColumn {
        OutputColumn {
            sources: BTreeSet::new(),
            bare: None,
            name: ColumnName::parse("shown"),
            witness,
            connection: false,
        }
    }

    const AT_ONCE: Naming = Naming {
        tables: TableNameCase::Sensitive,
        set_aside: false,
    };

    fn verdict(witness: Witness, treatment: Treatment, of: (&'static str, &'static str)) -> bool {
        verdict_in(AT_ONCE, witness, treatment, of)
    }

    fn verdict_in(
        naming: Naming,
        witness: Witness,
        treatment: Treatment,
        of: (&'static str, &'static str),
    ) -> bool {
        check(
            &[column(witness)],
            &[treatment],
            &[definition(of.0, of.1)],
            naming,
            |column| *column == id("users", "ssn"),
        )
        .is_ok()
    }

    #[test]
    fn behind_a_cursor_a_column_may_bear_its_name_in_the_result() {
        let exactly = || Witness::Exactly(vec![id("users", "name")]);
        let set_aside = Naming {
            set_aside: true,
            ..AT_ONCE
        };
        for (naming, of, expected) in [
            (set_aside, ("users", "name"), true),
            (set_aside, ("users", "shown"), true),
            (set_aside, ("users", "ssn"), false),
            (set_aside, ("other", "shown"), false),
            (set_aside, ("", ""), false),
            (AT_ONCE, ("users", "shown"), false),
        ] {
            let found = verdict_in(naming, exactly(), Treatment::Clear, of);
            assert_eq!(found, expected, "{of:?} {naming:?}");
        }
    }

    #[test]
    fn a_bare_column_must_be_the_one_that_was_read() {
        let exactly = || Witness::Exactly(vec![id("users", "name")]);
        assert!(verdict(exactly(), Treatment::Clear, ("users", "name")));
        assert!(!verdict(exactly(), Treatment::Clear, ("users", "ssn")));
        assert!(!verdict(exactly(), Treatment::Clear, ("", "")));
    }

    #[test]
    fn a_harmless_column_must_not_carry_a_protected_name() {
        assert!(!verdict(
            Witness::NotProtected,
            Treatment::Clear,
            ("users", "ssn")
        ));
        assert!(verdict(
            Witness::NotProtected,
            Treatment::Clear,
            ("users", "name")
        ));
        assert!(verdict(
            Witness::Unchecked,
            Treatment::Clear,
            ("users", "ssn")
        ));
        assert!(verdict(
            Witness::NotProtected,
            Treatment::Redact,
            ("users", "ssn")
        ));
    }

    #[test]
    fn the_count_must_agree() {
        let none: [ColumnDefinition<'_>; 0] = [];
        let columns = [column(Witness::Unchecked)];
        let verdict = check(&columns, &[Treatment::Clear], &none, AT_ONCE, |_| false);
        assert!(matches!(
            verdict,
            Err(Mismatch::Count {
                expected: 1,
                found: 0
            })
        ));
    }
}
