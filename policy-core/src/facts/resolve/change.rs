//! INSERT, REPLACE, UPDATE and DELETE: what is written, from where, and what that tells.

mod insert;

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Resolver;
use super::from::Around;
use super::from::own_name;
use super::guard;
use super::output;
use super::query::Commons;
use super::table::Found;
use super::unknown;
use super::value::Joined;
use super::value::Relation;
use super::value::Scope;
use super::value::Value;
use crate::catalog::TableKind;
use crate::facts::tree::Assignment;
use crate::facts::tree::Change;
use crate::facts::tree::Delete;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Source;
use crate::facts::tree::Update;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::statement::Filter;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::unread::Unread;

impl Resolver<'_> {
    pub(super) fn change(&mut self, change: &Change) -> Result<(), Unread> {
        match change {
            Change::Insert(insert) => self.insert(insert),
            Change::Update(update) => self.update(update),
            Change::Delete(delete) => self.delete(delete),
        }
    }

    fn update(&mut self, update: &Update) -> Result<(), Unread> {
        let none = Commons::none();
        let commons = self.with(&update.with, update.recursive, None, &none)?;
        let empty = Scope::new(Joined::default(), None);
        let around = Around {
            outer: None,
            left: &empty,
            commons: &commons,
        };
        let joined = self.from(&update.from, around)?;
        let changed = self.changed(&update.assignments, &joined)?;
        self.statement.filter =
            self.row_filter(update.filter.as_ref(), &update.from, (&joined, &changed));
        let scope = Scope::new(joined, None);
        for value in self.all(&update.portion, &scope, &commons)? {
            self.sink_value(&value, "FOR PORTION OF");
        }
        let place = if update.ignore {
            "UPDATE IGNORE"
        } else {
            "UPDATE"
        };
        for (found, columns) in self.assignments(&update.assignments, &scope, &commons)? {
            self.written(&found, Verb::Update, &columns);
            self.existing_rows(&found, &columns, place);
            if update.ignore {
                // Which of many rows were passed over tells more than one error does.
                self.keys_of_written(&found, &columns, (Strength::Any, place));
            }
        }
        self.rows_chosen(
            update.filter.as_ref(),
            &update.order,
            &update.limit,
            (&scope, &commons),
        )
    }

    fn delete(&mut self, delete: &Delete) -> Result<(), Unread> {
        let none = Commons::none();
        let commons = self.with(&delete.with, delete.recursive, None, &none)?;
        let empty = Scope::new(Joined::default(), None);
        let around = Around {
            outer: None,
            left: &empty,
            commons: &commons,
        };
        let joined = self.from(&delete.from, around)?;
        let targets = if delete.targets.is_empty() {
            joined.relations.clone()
        } else {
            self.delete_targets(&delete.targets, &joined)?
        };
        let changed = places(&targets, &joined);
        self.statement.filter =
            self.row_filter(delete.filter.as_ref(), &delete.from, (&joined, &changed));
        let mut scope = Scope::new(joined, None);
        for value in self.all(&delete.portion, &scope, &commons)? {
            self.sink_value(&value, "FOR PORTION OF");
        }
        for relation in &targets {
            let found = self.writable(relation)?;
            self.written(&found, Verb::Delete, &BTreeSet::new());
            self.rows_that_refer(&found, None, "DELETE");
        }
        self.rows_chosen(
            delete.filter.as_ref(),
            &delete.order,
            &delete.limit,
            (&scope, &commons),
        )?;
        self.returning(&delete.returning, &mut scope, &commons)
    }

    /// The relations of which an UPDATE sets columns.
    fn changed(&self, assignments: &[Assignment], joined: &Joined) -> Result<Vec<usize>, Unread> {
        let mut targets = Vec::new();
        for assignment in assignments {
            let (relation, _) = self.target(&assignment.column, &joined.relations)?;
            targets.push(relation.clone());
        }
        Ok(places(&targets, joined))
    }

    fn row_filter(
        &self,
        condition: Option<&Expression>,
        source: &Source,
        (joined, changed): (&Joined, &[usize]),
    ) -> Filter {
        guard::filter(
            (&joined.relations, self.catalog),
            condition,
            source,
            changed,
        )
    }

    fn delete_targets(
        &self,
        targets: &[Vec<String>],
        joined: &Joined,
    ) -> Result<Vec<Relation>, Unread> {
        let mut relations = Vec::new();
        for target in targets {
            // `s.t` may name a table that FROM gives an alias only on one of the servers.
            let own = self.named(target, &joined.relations)?;
            match own.as_slice() {
                [only] => relations.push((*only).clone()),
                _ => return unknown("table", own_name(target)),
            }
        }
        Ok(relations)
    }

    /// WHERE, ORDER BY and LIMIT of a change.
    fn rows_chosen(
        &mut self,
        filter: Option<&Expression>,
        order: &[Expression],
        limit: &[Expression],
        (scope, commons): (&Scope<'_>, &Commons<'_>),
    ) -> Result<(), Unread> {
        if let Some(filter) = filter {
            self.condition(filter, scope, commons, "WHERE")?;
        }
        for (list, place) in [(order, "ORDER BY"), (limit, "LIMIT")] {
            for value in self.all(list, scope, commons)? {
                self.sink_value(&value, place);
            }
        }
        Ok(())
    }

    /// `column = value, …`: the flows, and the written columns by table.
    fn assignments(
        &mut self,
        assignments: &[Assignment],
        scope: &Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Vec<(Found, BTreeSet<ColumnName>)>, Unread> {
        let mut tables: Vec<(Found, BTreeSet<ColumnName>)> = Vec::new();
        for assignment in assignments {
            let (relation, column) = self.target(&assignment.column, &scope.from.relations)?;
            let found = self.writable(relation)?;
            let value = self.expression(&assignment.value, scope, commons)?;
            self.flow(&found, &column, &value);
            let entry = tables
                .iter_mut()
                .find(|(other, _)| other.origin == found.origin);
            match entry {
                Some((_, columns)) => {
                    columns.insert(column);
                }
                None => tables.push((found, BTreeSet::from([column]))),
            }
        }
        Ok(tables)
    }

    /// The relation and column that an assignment names.
    fn target<'r>(
        &self,
        path: &[String],
        relations: &'r [Relation],
    ) -> Result<(&'r Relation, ColumnName), Unread> {
        let Some((column, qualifier)) = path.split_last() else {
            return unknown("column", "");
        };
        let name = Self::column_name(column)?;
        let candidates = if qualifier.is_empty() {
            relations.iter().collect()
        } else {
            self.named(qualifier, relations)?
        };
        let mut holding = candidates
            .into_iter()
            .filter(|relation| relation.fields.iter().any(|field| field.is(&name)));
        match (holding.next(), holding.next()) {
            (Some(only), None) => Ok((only, name)),
            _ => unknown("column", &path.join(".")),
        }
    }

    /// The table behind a relation. A change through a view is withheld: what it writes besides
    /// hangs on the view's definition.
    fn writable(&mut self, relation: &Relation) -> Result<Found, Unread> {
        let refused = || Unread::Unsupported {
            construct: CHANGED.to_owned(),
            hint: Some(NAME_THE_TABLE),
        };
        let origin = relation.origin.as_ref().ok_or_else(refused)?;
        let path = [
            origin.table.schema().to_owned(),
            origin.table.table().to_owned(),
        ];
        let found = self.find(&path)?;
        let is_base = match found.table.kind {
            TableKind::Plain | TableKind::OtherEngine(_) => true,
            TableKind::View { .. } => false,
        };
        if found.origin != *origin {
            return Err(refused());
        }
        if !is_base {
            self.statement.withhold(CHANGED, Some(NAME_THE_TABLE));
        }
        Ok(found)
    }

    fn written(&mut self, found: &Found, verb: Verb, columns: &BTreeSet<ColumnName>) {
        let origin = Rc::clone(&found.origin);
        self.access(verb, &origin, columns.iter().cloned());
    }

    fn flow(&mut self, found: &Found, column: &ColumnName, value: &Value) {
        let target = FlowTarget::Column(ColumnId {
            table: found.origin.table.clone(),
            column: column.clone(),
        });
        self.statement.flows.push(Flow {
            sources: value.sources.clone(),
            target,
            literal: value.literal,
        });
    }

    /// Columns set in rows that exist: how many rows changed tells whether they were so before.
    fn existing_rows(
        &mut self,
        found: &Found,
        columns: &BTreeSet<ColumnName>,
        place: &'static str,
    ) {
        let set = columns
            .iter()
            .map(|column| ColumnId {
                table: found.origin.table.clone(),
                column: column.clone(),
            })
            .collect();
        self.sink(&set, Strength::Equality, place);
        self.sources_computed_anew(found, columns, place);
        self.keys_of_written(found, columns, (Strength::Equality, place));
        self.rows_that_refer(found, Some(columns), place);
    }

    fn returning(
        &mut self,
        items: &[Item],
        scope: &mut Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<(), Unread> {
        if items.is_empty() {
            return Ok(());
        }
        let fields = self.items(items, scope, commons)?;
        self.statement.output = output(fields);
        Ok(())
    }
}

/// Where relations stand in a FROM.
fn places(targets: &[Relation], joined: &Joined) -> Vec<usize> {
    let is_one = |relation: &Relation| {
        targets
            .iter()
            .any(|target| target.alias == relation.alias && target.schema == relation.schema)
    };
    let relations = joined.relations.iter().enumerate();
    relations
        .filter(|(_, relation)| is_one(relation))
        .map(|(place, _)| place)
        .collect()
}

const CHANGED: &str = "a change of something else than a base table";
const NAME_THE_TABLE: &str = "name the base table itself";
