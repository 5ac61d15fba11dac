//! INSERT and REPLACE.

use std::collections::BTreeSet;

use super::Resolver;
use crate::facts::resolve::from::own_name;
use crate::facts::resolve::query::Commons;
use crate::facts::resolve::table::Found;
use crate::facts::resolve::unknown;
use crate::facts::resolve::value::Joined;
use crate::facts::resolve::value::Kind;
use crate::facts::resolve::value::Relation;
use crate::facts::resolve::value::Scope;
use crate::facts::resolve::value::Value;
use crate::facts::tree::Insert;
use crate::facts::tree::Rows;
use crate::facts::unsupported;
use crate::name::ColumnName;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::unread::Unread;

impl Resolver<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Result<(), Unread> {
        let none = Commons::none();
        let found = self.find(&insert.table)?;
        let alias = self.fold(own_name(&insert.table))?;
        let relation = self.relation(&found, alias)?;
        let found = self.writable(&relation)?;
        if insert.partitions {
            self.partition_selection(&relation);
        }
        let columns = self.insert_columns(insert, &relation)?;
        let values = self.insert_values(insert, &columns, &relation)?;
        for (column, value) in columns.iter().zip(&values) {
            self.flow(&found, column, value);
        }
        let written: BTreeSet<ColumnName> = columns.iter().cloned().collect();
        self.written(&found, Verb::Insert, &written);
        let place = match (
            insert.replace,
            insert.ignore,
            insert.on_duplicate.as_slice(),
        ) {
            (true, _, _) => "REPLACE",
            (false, _, [_, ..]) => "ON DUPLICATE KEY UPDATE",
            (false, true, []) => "INSERT IGNORE",
            (false, false, []) => "INSERT",
        };
        // IGNORE turns the error of a key that is there into a count and a warning, over as many
        // rows as one likes: it tells more than a plain INSERT.
        let strength = if insert.ignore {
            Strength::Any
        } else {
            Strength::Equality
        };
        let filled = filled(&found, &written);
        self.keys_of_written(&found, &filled, (strength, place));
        if insert.replace {
            // The old row goes, with every value that it had; a row that would not change is
            // counted otherwise, and tells that.
            for field in &relation.fields {
                self.sink_value(&field.value, place);
            }
            self.written(&found, Verb::Delete, &BTreeSet::new());
            self.rows_that_refer(&found, None, place);
        }

        let mut scope = Scope::new(Joined::of(relation), None);
        if !insert.on_duplicate.is_empty() {
            self.on_duplicate(insert, &found, (&columns, &values), &mut scope)?;
        }
        self.returning(&insert.returning, &mut scope, &none)
    }

    fn insert_columns(
        &self,
        insert: &Insert,
        relation: &Relation,
    ) -> Result<Vec<ColumnName>, Unread> {
        let Some(listed) = &insert.columns else {
            return Ok(visible_names(relation));
        };
        // `INSERT INTO t () VALUES ()`.
        let relations = std::slice::from_ref(relation);
        listed
            .iter()
            .map(|path| self.target(path, relations).map(|(_, column)| column))
            .collect()
    }

    /// What goes into each column, over all rows.
    fn insert_values(
        &mut self,
        insert: &Insert,
        columns: &[ColumnName],
        relation: &Relation,
    ) -> Result<Vec<Value>, Unread> {
        let none = Commons::none();
        match &insert.rows {
            Rows::Query(query) => {
                let fields = self.query(query, None, &none)?;
                if fields.len() != columns.len() {
                    return Err(unsupported("a row of another length than its columns"));
                }
                Ok(fields
                    .into_iter()
                    .map(|field| field.value.derived())
                    .collect())
            }
            Rows::Values(rows) => {
                // A row may name the columns of its own table: those before it in the row.
                let scope = Scope::new(Joined::of(relation.clone()), None);
                let mut all: Vec<Value> = Vec::new();
                for row in rows {
                    let values = self.all(row, &scope, &none)?;
                    if values.is_empty() {
                        continue;
                    }
                    if values.len() != columns.len() {
                        return Err(unsupported("a row of another length than its columns"));
                    }
                    all = if all.is_empty() {
                        values
                    } else {
                        let pairs = all.into_iter().zip(values);
                        pairs.map(|(before, next)| both(before, next)).collect()
                    };
                }
                Ok(all)
            }
        }
    }

    fn on_duplicate(
        &mut self,
        insert: &Insert,
        found: &Found,
        (columns, values): (&[ColumnName], &[Value]),
        scope: &mut Scope<'_>,
    ) -> Result<(), Unread> {
        let mut incoming: Vec<(ColumnName, Value)> = columns
            .iter()
            .cloned()
            .zip(values.iter().cloned())
            .collect();
        // A column that the statement does not list comes in as its default.
        for name in visible_names_of(scope) {
            if !incoming.iter().any(|(known, _)| *known == name) {
                incoming.push((name, Value::constant(Kind::Other, false)));
            }
        }
        if let Some((alias, renamed)) = &insert.alias {
            let relation = self.incoming_relation(alias, renamed, (columns, values))?;
            let from = std::mem::take(&mut scope.from);
            scope.from = from.and(Joined::of(relation));
        }
        scope.incoming = incoming;
        if let Rows::Query(query) = &insert.rows
            && let crate::facts::tree::Body::Select(select) = &query.body
            && let Some(source) = &select.from
        {
            // The tables of the SELECT can be named here too.
            let commons = Commons::none();
            let commons = self.with(&query.with, query.recursive, None, &commons)?;
            let empty = Scope::new(Joined::default(), None);
            let around = crate::facts::resolve::from::Around {
                outer: None,
                left: &empty,
                commons: &commons,
            };
            let joined = self.from(source, around)?;
            let from = std::mem::take(&mut scope.from);
            scope.from = from.and(joined);
        }
        let own = scope.from.relations.first().cloned();
        let none = Commons::none();
        let mut set = BTreeSet::new();
        for assignment in &insert.on_duplicate {
            let own = own.as_slice();
            let (_, column) = self.target(&assignment.column, own)?;
            let value = self.expression(&assignment.value, scope, &none)?;
            self.flow(found, &column, &value);
            set.insert(column);
        }
        self.written(found, Verb::Update, &set);
        self.existing_rows(found, &set, "ON DUPLICATE KEY UPDATE");
        // Whether the row was there already is told by the count of rows.
        let listed = columns.iter().cloned().collect();
        let filled = filled(found, &listed);
        self.keys_of_written(
            found,
            &filled,
            (Strength::Equality, "ON DUPLICATE KEY UPDATE"),
        );
        Ok(())
    }

    /// The new row under the alias that MySQL lets one give it.
    fn incoming_relation(
        &self,
        alias: &str,
        renamed: &[String],
        (columns, values): (&[ColumnName], &[Value]),
    ) -> Result<Relation, Unread> {
        use crate::facts::resolve::value::Field;
        use crate::facts::resolve::value::FieldName;
        if !renamed.is_empty() && renamed.len() != columns.len() {
            return unknown("column", alias);
        }
        let fields = columns
            .iter()
            .zip(values)
            .map(|(name, value)| Field {
                name: FieldName::Known(name.clone()),
                value: value.clone().derived(),
                invisible: false,
                origin: None,
            })
            .collect();
        let fields = crate::facts::resolve::from::renamed(fields, renamed)?;
        Ok(Relation {
            alias: self.fold(alias)?,
            schema: None,
            fields: fields.into_iter().map(std::rc::Rc::new).collect(),
            origin: None,
            partial: false,
        })
    }
}

/// The columns of a new row that can meet a key: those that are listed, and those that get another
/// value than NULL or the next number.
fn filled(found: &Found, listed: &BTreeSet<ColumnName>) -> BTreeSet<ColumnName> {
    let columns = found.table.columns.iter();
    let absent = columns.filter(|column| column.generated.is_none() && !column.fresh_when_absent);
    let names = absent.map(|column| column.name.clone());
    names.chain(listed.iter().cloned()).collect()
}

fn visible_names(relation: &Relation) -> Vec<ColumnName> {
    use crate::facts::resolve::value::FieldName;
    relation
        .fields
        .iter()
        .filter(|field| !field.invisible)
        .filter_map(|field| match &field.name {
            FieldName::Known(name) => Some(name.clone()),
            FieldName::Punctuated | FieldName::Unknown => None,
        })
        .collect()
}

fn visible_names_of(scope: &Scope<'_>) -> Vec<ColumnName> {
    scope
        .from
        .relations
        .first()
        .map(visible_names)
        .unwrap_or_default()
}

fn both(before: Value, next: Value) -> Value {
    let literal = before.literal && next.literal;
    Value {
        literal,
        ..before.or(next)
    }
}
