//! A small catalog written down in TOML, for explanations and tests without a server.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::de::DeTable;

use crate::catalog::Catalog;
use crate::catalog::Column;
use crate::catalog::ForeignKey;
use crate::catalog::Index;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::name::TableNameCase;
use crate::policy::error::PolicyErrors;
use crate::policy::table::Placed;
use crate::policy::table::Source;
use crate::policy::table::Table as Entries;
use crate::server::Server;

/// Reads a catalog file. `file` is what mistakes are reported under.
///
/// ```
/// let text = r#"
/// server = "9.7.4"
///
/// [[table]]
/// name = "shop.customers"
/// columns = ["id int", "email varchar", "domain varchar as (substring_index(email,'@',-1))"]
/// primary_key = ["id"]
/// unique = ["email"]
///
/// [[view]]
/// name = "shop.names"
/// columns = ["id int"]
/// definition = "select `shop`.`customers`.`id` AS `id` from `shop`.`customers`"
/// "#;
/// let catalog = policy_core::catalog::document::parse("catalog.toml", text)?;
/// assert_eq!(catalog.tables.len(), 2);
/// # Ok::<(), policy_core::policy::error::PolicyErrors>(())
/// ```
///
/// # Errors
///
/// Every mistake of the file at once, each with its line and column.
pub fn parse(file: &str, text: &str) -> Result<Catalog, PolicyErrors> {
    let source = Source::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        source.mistake(error.span().map_or(0, |span| span.start), error.message());
    }
    let catalog = if errors.is_empty() {
        read(Entries::root(&source, &root))
    } else {
        None
    };
    let mistakes = source.into_mistakes();
    match catalog {
        Some(catalog) if mistakes.is_empty() => Ok(catalog),
        Some(_) | None => Err(PolicyErrors {
            file: file.to_owned(),
            mistakes,
        }),
    }
}

fn read(mut root: Entries<'_>) -> Option<Catalog> {
    let version = root.required_string("server");
    let server = version.as_ref().and_then(|text| Server::parse(&text.value));
    if let (Some(version), None) = (&version, server) {
        root.mistake(version.at, "write a version as `SELECT VERSION()` tells it");
    }
    let insensitive = root
        .boolean("case_insensitive")
        .is_some_and(|flag| flag.value);
    let case = if insensitive {
        TableNameCase::Insensitive
    } else {
        TableNameCase::Sensitive
    };
    let mut tables = Vec::new();
    for entry in root.tables("table") {
        tables.extend(read_table(entry, case));
    }
    for entry in root.tables("view") {
        tables.extend(read_view(entry, case));
    }
    let mut routines = BTreeSet::new();
    for name in root.strings("routines").unwrap_or_default() {
        let id = object(&root, &name, case);
        routines.extend(
            id.map(|id| TableId::new(id.schema().into(), id.table().to_lowercase().into())),
        );
    }
    root.finish();
    let mut catalog = Catalog::empty(server?);
    catalog.table_name_case = case;
    catalog.routines = routines;
    for (id, table) in tables {
        catalog.schemas.insert(Arc::from(id.schema()));
        catalog.tables.insert(id, Arc::new(table));
    }
    Some(catalog)
}

fn read_table(mut entry: Entries<'_>, case: TableNameCase) -> Option<(TableId, Table)> {
    let name = entry.required_string("name");
    let id = name.and_then(|name| object(&entry, &name, case));
    let columns = columns(&mut entry);
    let engine = entry.string("engine").map(|engine| engine.value);
    let plain = ["innodb", "myisam", "aria", "memory"];
    let kind = match engine {
        Some(engine) if !plain.contains(&engine.to_lowercase().as_str()) => {
            TableKind::OtherEngine(engine)
        }
        Some(_) | None => TableKind::Plain,
    };
    let mut indexes = Vec::new();
    let keys = [
        ("PRIMARY", "primary_key", true),
        ("unique", "unique", true),
        ("index", "index", false),
    ];
    for (label, key, unique) in keys {
        let names = entry.strings(key).unwrap_or_default();
        let columns: Vec<Option<ColumnName>> = names
            .iter()
            .map(|name| ColumnName::parse(&name.value))
            .collect();
        if key == "primary_key" && !columns.is_empty() {
            indexes.push(index(label.to_owned(), unique, columns));
        } else {
            // Each of these is an index of its own.
            let single = columns.into_iter().enumerate();
            indexes.extend(
                single.map(|(n, column)| index(format!("{label}_{n}"), unique, vec![column])),
            );
        }
    }
    let has_triggers = entry.boolean("triggers").is_some_and(|flag| flag.value);
    let foreign_keys = entry
        .tables("foreign_key")
        .into_iter()
        .filter_map(|key| foreign_key(key, case))
        .collect();
    entry.finish();
    Some((
        id?,
        Table {
            kind,
            columns,
            indexes,
            foreign_keys,
            check_columns: Some(BTreeSet::new()),
            partition_columns: Some(BTreeSet::new()),
            has_triggers,
        },
    ))
}

/// A temporary table of a session, which has a name, columns and keys as others have.
pub(crate) fn temporary(entry: Entries<'_>) -> Option<(TableId, Table)> {
    read_table(entry, TableNameCase::Sensitive)
}

fn index(name: String, unique: bool, columns: Vec<Option<ColumnName>>) -> Index {
    Index {
        name,
        unique,
        columns,
    }
}

fn foreign_key(mut entry: Entries<'_>, case: TableNameCase) -> Option<ForeignKey> {
    let own = entry.required_strings("columns").unwrap_or_default();
    let parent = entry.required_string("parent");
    let parent = parent.and_then(|name| object(&entry, &name, case));
    let theirs = entry.required_strings("parent_columns").unwrap_or_default();
    let cascades = entry.boolean("cascades").is_some_and(|flag| flag.value);
    entry.finish();
    let names = |names: Vec<Placed<String>>| {
        let names = names.iter().map(|name| ColumnName::parse(&name.value));
        names.collect::<Option<Vec<_>>>()
    };
    Some(ForeignKey {
        columns: names(own)?,
        parent: parent?,
        parent_columns: names(theirs)?,
        cascades,
    })
}

fn read_view(mut entry: Entries<'_>, case: TableNameCase) -> Option<(TableId, Table)> {
    let name = entry.required_string("name");
    let id = name.and_then(|name| object(&entry, &name, case));
    let columns = columns(&mut entry);
    let definition = entry.required_string("definition");
    entry.finish();
    let kind = TableKind::View {
        definition: definition.map(|text| Arc::from(text.value)),
    };
    Some((
        id?,
        Table {
            kind,
            columns,
            ..Table::default()
        },
    ))
}

fn columns(entry: &mut Entries<'_>) -> Vec<Column> {
    let mut columns = Vec::new();
    for text in entry.required_strings("columns").unwrap_or_default() {
        match column(&text.value) {
            Some(column) => columns.push(column),
            None => entry.mistake(
                text.at,
                format!(
                    "`{}` is not `name type`, then maybe `invisible` or `as (…)`",
                    text.value
                ),
            ),
        }
    }
    columns
}

/// `name type[(…)] [charset x] [invisible] [on_update] [auto_increment] [as (expression)]`, or
/// `[default (expression)]` in place of the last.
fn column(text: &str) -> Option<Column> {
    let expression = |marker| match text.split_once(marker) {
        Some((_, rest)) => Some(Some(rest.strip_suffix(')')?)),
        None => Some(None),
    };
    let (generated, default) = (expression(" as (")?, expression(" default (")?);
    let definition = text.split(" as (").next()?.split(" default (").next()?;
    let mut words = definition.split_whitespace();
    let name = ColumnName::parse(words.next()?.trim_matches('`'))?;
    let data_type = words.next()?.split('(').next()?.to_lowercase();
    let mut column = Column {
        name,
        data_type,
        charset: None,
        invisible: false,
        generated: generated.map(Arc::from),
        on_update: false,
        has_default: false,
        default: default.map(Arc::from),
        auto_increment: false,
        fresh_when_absent: true,
    };
    while let Some(word) = words.next() {
        match word {
            "charset" => column.charset = Some(words.next()?.to_owned()),
            "invisible" => column.invisible = true,
            "on_update" => column.on_update = true,
            "auto_increment" => column.auto_increment = true,
            _ => return None,
        }
    }
    let is_text = [
        "char",
        "varchar",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "enum",
        "set",
    ];
    if column.charset.is_none() && is_text.contains(&column.data_type.as_str()) {
        column.charset = Some("utf8mb4".to_owned());
    }
    Some(column)
}

fn object(entry: &Entries<'_>, name: &Placed<String>, case: TableNameCase) -> Option<TableId> {
    match name.value.split_once('.') {
        Some((schema, table)) if !schema.is_empty() && !table.is_empty() => {
            Some(TableId::new(case.fold(schema), case.fold(table)))
        }
        Some(_) | None => {
            entry.mistake(name.at, format!("write `{}` as `schema.name`", name.value));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_every_mistake_with_its_place() {
        let text = "server = \"x\"\n[[table]]\nname = \"t\"\ncolumns = [\"id\"]\nbogus = 1\n";
        let errors = parse("c.toml", text).unwrap_err();
        let lines: Vec<String> = errors.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 4, "{errors}");
        assert!(
            lines[0].starts_with("c.toml:1:10: write a version"),
            "{errors}"
        );
        assert!(lines[1].starts_with("c.toml:3:8: write `t`"), "{errors}");
    }

    #[test]
    fn reads_columns_keys_and_views() {
        let text = r#"
            server = "10.11.19-MariaDB"
            case_insensitive = true
            routines = ["Shop.Refresh"]
            [[table]]
            name = "Shop.Orders"
            columns = ["id int(11)", "note text invisible", "twice int as (id * 2)"]
            primary_key = ["id"]
            triggers = true
            engine = "CSV"
            [[table.foreign_key]]
            columns = ["id"]
            parent = "shop.other"
            parent_columns = ["id"]
            cascades = true
        "#;
        let catalog = parse("c.toml", text).unwrap_or_else(|errors| panic!("{errors}"));
        let id = TableId::new("shop".into(), "orders".into());
        let table = &catalog.tables[&id];
        assert_eq!(table.kind, TableKind::OtherEngine("CSV".to_owned()));
        assert_eq!(table.columns[0].data_type, "int");
        assert!(table.columns[1].invisible && table.has_triggers);
        assert_eq!(table.columns[2].generated.as_deref(), Some("id * 2"));
        assert!(table.foreign_keys[0].cascades);
        assert!(
            catalog
                .routines
                .contains(&TableId::new("shop".into(), "refresh".into()))
        );
    }
}
