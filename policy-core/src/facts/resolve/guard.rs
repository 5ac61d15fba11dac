//! Whether a change says which rows: the guard against changes of every row.
//!
//! It looks at form, not at data. Found are constants, parameters and variables in the place of a
//! condition, comparisons of a thing with itself, complements joined by OR, patterns that match
//! everything, subqueries that are the same for every row, conditions on other tables than the one
//! that is changed, and joins of a table with itself. Not found is what hangs on the values that are
//! stored: `id > 0`, `id <> -1`, `price < 1e9`, `a <> 1 OR a <> 2`, arithmetic that cancels out, a
//! derived table that holds the same rows again.

mod alike;
mod form;
mod truth;

use super::value::Relation;
use crate::catalog::Catalog;
use crate::facts::resolve::guard::alike::columns;
use crate::facts::resolve::guard::alike::plain;
use crate::facts::resolve::guard::truth::Truth;
use crate::facts::tree::Expression;
use crate::facts::tree::JoinKind;
use crate::facts::tree::Operator;
use crate::facts::tree::Source;
use crate::name::ColumnName;
use crate::statement::Filter;

/// The tables of a change, for names in its conditions.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    relations: &'a [Relation],
    /// Those whose columns are all NULL where a join finds nothing.
    optional: &'a [usize],
    catalog: &'a Catalog,
}

/// What WHERE and joins say about which rows of the changed tables.
pub(super) fn filter(
    (relations, catalog): (&[Relation], &Catalog),
    condition: Option<&Expression>,
    source: &Source,
    changed: &[usize],
) -> Filter {
    let mut optional_places = Vec::new();
    optional(source, false, &mut 0, &mut optional_places);
    let rows = Rows {
        relations,
        optional: &optional_places,
        catalog,
    };
    let mut said = Said {
        rows,
        links: (0..relations.len()).collect(),
        restricted: Vec::new(),
        never: false,
    };
    said.joins(source, &mut 0);
    if let Some(condition) = condition {
        said.conjunct(condition, true);
    }
    let everywhere = changed.iter().all(|place| said.restricts(*place));
    match (condition, said.never || everywhere) {
        (_, true) => Filter::Present,
        (Some(_), false) => Filter::AlwaysTrue,
        (None, false) => Filter::Missing,
    }
}

/// Finds the relations on the side of an outer join that may be missing.
fn optional(source: &Source, is_optional: bool, next: &mut usize, found: &mut Vec<usize>) {
    let Source::Join {
        left, right, kind, ..
    } = source
    else {
        if is_optional {
            found.push(*next);
        }
        *next += 1;
        return;
    };
    optional(left, is_optional || *kind == JoinKind::Right, next, found);
    optional(right, is_optional || *kind == JoinKind::Left, next, found);
}

impl Rows<'_> {
    /// The relations whose column a name can be.
    fn holders(self, path: &[String]) -> Vec<usize> {
        let Some((column, qualifier)) = path.split_last() else {
            return Vec::new();
        };
        let table = qualifier.last();
        let name = ColumnName::parse(column);
        let relations = self.relations.iter().enumerate();
        let holding = relations.filter(|(_, relation)| {
            let is_named = table.is_none_or(|table| relation.alias.eq_ignore_ascii_case(table));
            is_named
                && name
                    .as_ref()
                    .is_some_and(|name| relation.fields.iter().any(|field| field.is(name)))
        });
        holding.map(|(place, _)| place).collect()
    }

    /// Whether a name is a column of a primary key: never NULL, and hardly ever zero.
    fn is_key(self, path: &[String]) -> bool {
        let name = path.last().and_then(|name| ColumnName::parse(name));
        self.holders(path).into_iter().any(|place| {
            if self.optional.contains(&place) {
                return false;
            }
            let relation = self.relations.get(place);
            let origin = relation.and_then(|relation| relation.origin.as_ref());
            let table = origin.and_then(|origin| self.catalog.tables.get(&origin.table));
            let mut indexes = table.into_iter().flat_map(|table| &table.indexes);
            indexes.any(|index| index.name == "PRIMARY" && index.columns.contains(&name))
        })
    }

    /// Whether two names are the same column of the same table, read twice.
    fn is_same_stored(self, left: &[String], right: &[String]) -> bool {
        let table = |path: &[String]| match self.holders(path).as_slice() {
            [only] => self
                .relations
                .get(*only)
                .and_then(|relation| relation.origin.clone())
                .map(|origin| origin.table.clone()),
            _ => None,
        };
        let is_same_name = match (left.last(), right.last()) {
            (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
            (Some(_) | None, _) => false,
        };
        is_same_name && table(left).is_some_and(|own| table(right) == Some(own))
    }
}

/// What the conditions said so far.
struct Said<'a> {
    rows: Rows<'a>,
    /// For each relation, the one that stands for all it is joined with.
    links: Vec<usize>,
    /// Relations of which a condition keeps rows out.
    restricted: Vec<usize>,
    /// Whether no row can be meant.
    never: bool,
}

impl Said<'_> {
    fn restricts(&self, place: usize) -> bool {
        let group = self.links.get(place);
        let mut restricted = self.restricted.iter();
        restricted.any(|other| self.links.get(*other) == group)
    }

    fn link(&mut self, places: &[usize]) {
        let groups: Vec<usize> = places
            .iter()
            .filter_map(|place| self.links.get(*place).copied())
            .collect();
        let Some(first) = groups.first().copied() else {
            return;
        };
        for group in &mut self.links {
            if groups.contains(group) {
                *group = first;
            }
        }
    }

    /// Takes the conditions of joins; `next` counts the relations as FROM lists them.
    fn joins(&mut self, source: &Source, next: &mut usize) {
        let Source::Join {
            left,
            right,
            kind,
            on,
            using,
            natural,
        } = source
        else {
            *next += 1;
            return;
        };
        let start = *next;
        self.joins(left, next);
        let middle = *next;
        self.joins(right, next);
        let keeps_out = *kind == JoinKind::Inner;
        if let Some(on) = on {
            self.conjunct(on, keeps_out);
        }
        if *natural || !using.is_empty() {
            let both: Vec<usize> = (start..*next).collect();
            self.link(&both);
            let table = |place: usize| {
                let relation = self.rows.relations.get(place)?;
                Some(relation.origin.as_ref()?.table.clone())
            };
            let is_twice = (start..middle).any(|own| {
                let table_of_own = table(own);
                table_of_own.is_some() && (middle..*next).any(|other| table(other) == table_of_own)
            });
            if keeps_out && !is_twice {
                self.restricted.extend(both);
            }
        }
    }

    /// Takes a condition apart at AND. `keeps_out`: rows for which it does not hold are left out.
    fn conjunct(&mut self, expression: &Expression, keeps_out: bool) {
        if let Expression::Operator {
            operator: Operator::And,
            operands,
        } = plain(expression)
        {
            for operand in operands {
                self.conjunct(operand, keeps_out);
            }
            return;
        }
        let mut names = Vec::new();
        columns(expression, &mut names);
        let mut places: Vec<usize> = names
            .iter()
            .flat_map(|path| self.rows.holders(path))
            .collect();
        places.sort_unstable();
        places.dedup();
        self.link(&places);
        match self.rows.truth(expression) {
            Truth::Always => {}
            Truth::Never => self.never |= keeps_out,
            Truth::Varies if !keeps_out || self.joins_itself(expression) => {}
            Truth::Varies => self.restricted.extend(places),
        }
    }

    /// `a.id = b.id` where both are the same table.
    fn joins_itself(&self, expression: &Expression) -> bool {
        let Expression::Operator {
            operator: Operator::Equal | Operator::Compare,
            operands,
        } = plain(expression)
        else {
            return false;
        };
        matches!(operands.as_slice(), [left, right]
            if matches!((plain(left), plain(right)), (Expression::Column(left), Expression::Column(right))
                if self.rows.is_same_stored(left, right)))
    }
}
