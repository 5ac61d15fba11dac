//! What a session has at its target by name: temporary tables and prepared statements.
//!
//! Names are followed only as long as everything that could change them was read. After anything
//! else no name is trusted until the session is reset.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use policy_core::catalog::Column;
use policy_core::catalog::Index;
use policy_core::catalog::Table;
use policy_core::catalog::TableKind;
use policy_core::name::ColumnName;
use policy_core::name::TableId;
use policy_core::session::PreparedText;
use policy_core::session::PreparedTexts;
use policy_core::session::TemporaryTables;

use crate::state::State;

impl State {
    /// The session was reset: it has neither.
    pub(crate) fn forget_names(&mut self) {
        self.context.temporary = TemporaryTables::default();
        self.context.prepared = PreparedTexts::default();
        self.overlay = self.overlay.wrapping_add(1);
    }

    /// Something ran that may have made or dropped any of them.
    pub(crate) fn lose_names(&mut self) {
        self.lose_tables();
        self.context.prepared = PreparedTexts::Unknown;
    }

    /// No name of a table can be trusted any more.
    pub(crate) fn lose_tables(&mut self) {
        self.context.temporary = TemporaryTables::Unknown;
        self.overlay = self.overlay.wrapping_add(1);
    }

    /// A temporary table was made, of that shape.
    pub(crate) fn keep_table(&mut self, id: TableId, table: Arc<Table>) {
        if let TemporaryTables::Known(tables) = &mut self.context.temporary {
            tables.insert(id, table);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// A temporary table was dropped, or may have been.
    pub(crate) fn drop_table(&mut self, id: &TableId) {
        if let TemporaryTables::Known(tables) = &mut self.context.temporary {
            tables.remove(id);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// A name stands for this text from now on.
    pub(crate) fn keep_text(&mut self, name: String, prepared: PreparedText) {
        if let PreparedTexts::Known(texts) = &mut self.context.prepared {
            texts.insert(name, prepared);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// A name stands for nothing from now on.
    pub(crate) fn drop_text(&mut self, name: &str) {
        if let PreparedTexts::Known(texts) = &mut self.context.prepared {
            texts.remove(name);
            self.overlay = self.overlay.wrapping_add(1);
        }
    }

    /// How many names stand for texts, that one aside.
    pub(crate) fn texts_besides(&self, name: &str) -> usize {
        match &self.context.prepared {
            PreparedTexts::Known(texts) => texts.len() - usize::from(texts.contains_key(name)),
            PreparedTexts::Unknown => 0,
        }
    }
}

/// The shape of a temporary table, from the rows of SHOW FULL COLUMNS; `None` if they cannot be
/// read. What the rows do not tell is taken to be the worst: any write may meet a key or a CHECK,
/// and a generated column is computed from all others.
pub(crate) fn shape(rows: &[Vec<Option<Vec<u8>>>]) -> Option<Table> {
    let text = |cell: Option<&Option<Vec<u8>>>| match cell {
        Some(Some(bytes)) => String::from_utf8(bytes.clone()).ok(),
        Some(None) | None => None,
    };
    let mut columns = Vec::with_capacity(rows.len());
    for row in rows {
        let extra = text(row.get(6)).unwrap_or_default().to_ascii_uppercase();
        let data_type = text(row.get(1))?.to_ascii_lowercase();
        let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        columns.push(Column {
            name: ColumnName::parse(&text(row.first())?)?,
            data_type: data_type.split(ends).next()?.to_owned(),
            charset: text(row.get(2)).and_then(|name| Some(name.split('_').next()?.to_owned())),
            invisible: extra.contains("INVISIBLE"),
            generated: (extra.contains("GENERATED") || extra.contains("PERSISTENT"))
                .then(|| Arc::from("")),
            on_update: extra.contains("ON UPDATE"),
            has_default: row.get(5).is_some_and(Option::is_some),
        });
    }
    let names: Vec<String> = columns
        .iter()
        .map(|column| crate::own::quoted(column.name.as_str()))
        .collect();
    let expression: Arc<str> = Arc::from(names.join(" + "));
    for column in columns.iter_mut().filter(|c| c.generated.is_some()) {
        column.generated = Some(Arc::clone(&expression));
    }
    (!columns.is_empty()).then(|| Table {
        kind: TableKind::Plain,
        columns,
        indexes: vec![Index {
            name: String::new(),
            unique: true,
            columns: vec![None],
        }],
        foreign_keys: Vec::new(),
        check_columns: None,
        partition_columns: Some(BTreeSet::new()),
        has_triggers: false,
    })
}

/// Shapes that were read back, until the statement that made their tables has ended.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    read: BTreeMap<TableId, Arc<Table>>,
}

impl Shapes {
    pub(crate) fn keep(&mut self, id: TableId, table: Table) {
        self.read.insert(id, Arc::new(table));
    }

    pub(crate) fn take(&mut self, id: &TableId) -> Option<Arc<Table>> {
        self.read.remove(id)
    }

    pub(crate) fn clear(&mut self) {
        self.read.clear();
    }
}
