//! Query expressions: WITH, set operations, VALUES, ORDER BY and LIMIT around them.

use std::rc::Rc;
use std::sync::Arc;

use super::Resolver;
use super::from::renamed;
use super::unknown;
use super::value::Field;
use super::value::FieldName;
use super::value::Joined;
use super::value::Kind;
use super::value::Relation;
use super::value::Scope;
use super::value::Value;
use crate::facts::tree::Body;
use crate::facts::tree::Common;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Query;
use crate::facts::unsupported;
use crate::name::lower_case;
use crate::server::ServerKind;
use crate::stack;
use crate::unread::Unread;

/// The tables of WITH that a query can see, the nearest last.
#[derive(Debug)]
pub(super) struct Commons<'c> {
    entries: Vec<(Arc<str>, Vec<Field>)>,
    /// Names of the same WITH that mean a table not read yet, so never another one.
    later: Vec<String>,
    outer: Option<&'c Self>,
}

impl<'c> Commons<'c> {
    pub(super) fn none() -> Self {
        Self {
            entries: Vec::new(),
            later: Vec::new(),
            outer: None,
        }
    }

    fn within(outer: &'c Self) -> Self {
        Self {
            outer: Some(outer),
            ..Self::none()
        }
    }

    /// The columns of the table of that name.
    pub(super) fn find(&self, folded: &str) -> Result<Option<&[Field]>, Unread> {
        let other_case = |name: &str| lower_case(name) == lower_case(folded);
        if self.later.iter().any(|name| other_case(name)) {
            return Err(unsupported("a name of WITH before its definition"));
        }
        for (name, fields) in self.entries.iter().rev() {
            if **name == *folded {
                return Ok(Some(fields));
            }
            if other_case(name) {
                return Err(unsupported("a name of WITH in other letter case"));
            }
        }
        self.outer.map_or(Ok(None), |outer| outer.find(folded))
    }
}

impl Resolver<'_> {
    /// The columns of a query; what steers it goes to the statement.
    pub(super) fn query(
        &mut self,
        query: &Query,
        outer: Option<&Scope<'_>>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        stack::grown(|| self.one_query(query, outer, commons))
    }

    fn one_query(
        &mut self,
        query: &Query,
        outer: Option<&Scope<'_>>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        let commons = self.with(&query.with, query.recursive, outer, commons)?;
        let locking = std::mem::replace(&mut self.locking, query.locks);
        let fields = match &query.body {
            Body::Select(select) => self.select(select, &query.order, outer, &commons)?,
            body @ (Body::Query(_) | Body::Set { .. } | Body::Values(_)) => {
                let fields = self.body(body, outer, &commons)?;
                let plain = query.order.is_empty() && query.limit.is_empty();
                let fields = if plain { fields } else { demoted(fields) };
                self.order_of_result(&query.order, &fields, outer, &commons)?;
                fields
            }
        };
        self.locking = locking;
        let scope = Scope::new(Joined::default(), outer);
        for limit in &query.limit {
            let value = self.expression(limit, &scope, &commons)?;
            self.sink_value(&value, "LIMIT");
        }
        Ok(fields)
    }

    fn body(
        &mut self,
        body: &Body,
        outer: Option<&Scope<'_>>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        match body {
            Body::Select(select) => self.select(select, &[], outer, commons),
            Body::Query(query) => self.query(query, outer, commons),
            Body::Values(rows) => self.values(rows, outer, commons),
            Body::Set { parts, compares } => {
                let mut whole: Option<Vec<Field>> = None;
                for part in parts {
                    let fields = self.body(part, outer, commons)?;
                    whole = Some(match whole {
                        None => demoted(fields),
                        Some(before) => merged(before, fields)?,
                    });
                }
                let whole = whole.unwrap_or_default();
                if *compares {
                    for field in &whole {
                        self.sink_value(&field.value, "UNION");
                    }
                }
                let mixed = |field: &&Field| field.value.kind == Kind::Other;
                for field in whole
                    .iter()
                    .filter(mixed)
                    .filter(|_| self.stores())
                    .cloned()
                    .collect::<Vec<_>>()
                {
                    self.sink_value(&field.value, "a copy that a change makes");
                }
                Ok(whole)
            }
        }
    }

    fn values(
        &mut self,
        rows: &[Vec<Expression>],
        outer: Option<&Scope<'_>>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        let scope = Scope::new(Joined::default(), outer);
        let mut whole: Option<Vec<Field>> = None;
        for row in rows {
            let mut fields = Vec::new();
            for (at, expression) in row.iter().enumerate() {
                let name = match self.catalog.server.kind {
                    ServerKind::MySql => {
                        FieldName::Known(Self::column_name(&format!("column_{at}"))?)
                    }
                    ServerKind::MariaDb => FieldName::Unknown,
                };
                fields.push(Field {
                    name,
                    value: self.expression(expression, &scope, commons)?.changed(),
                    invisible: false,
                    origin: None,
                });
            }
            whole = Some(match whole {
                None => fields,
                Some(before) => merged(before, fields)?,
            });
        }
        Ok(whole.unwrap_or_default())
    }

    /// ORDER BY behind a set operation sees the result's columns only.
    fn order_of_result(
        &mut self,
        order: &[Expression],
        fields: &[Field],
        outer: Option<&Scope<'_>>,
        commons: &Commons<'_>,
    ) -> Result<(), Unread> {
        if order.is_empty() {
            return Ok(());
        }
        let relation = Relation {
            alias: Arc::from(""),
            schema: None,
            fields: fields.iter().cloned().map(Rc::new).collect(),
            origin: None,
            partial: false,
        };
        let scope = Scope::new(Joined::of(relation), outer);
        for expression in order {
            for field in positions(expression, fields) {
                self.sink_value(&field.value, "ORDER BY");
            }
            let value = self.expression(expression, &scope, commons)?;
            self.sink_value(&value, "ORDER BY");
        }
        Ok(())
    }

    pub(super) fn with<'c>(
        &mut self,
        entries: &[Common],
        recursive: bool,
        outer: Option<&Scope<'_>>,
        commons: &'c Commons<'c>,
    ) -> Result<Commons<'c>, Unread> {
        let mut all = Commons::within(commons);
        for (place, entry) in entries.iter().enumerate() {
            let name = self.fold(&entry.name)?;
            // Under RECURSIVE the name is the table itself from its own beginning on. Where it is not
            // read as that, it must not be taken for a base table of the same name. MariaDB sees the
            // names further down then, too.
            let unread = match (recursive, self.catalog.server.kind) {
                (false, _) => 0,
                (true, ServerKind::MySql) => 1,
                (true, ServerKind::MariaDb) => entries.len(),
            };
            let own_and_later = entries.iter().skip(place).take(unread);
            all.later = own_and_later.map(|entry| entry.name.clone()).collect();
            let fields = if let (Body::Set { parts, .. }, true) = (&entry.query.body, recursive) {
                self.recursive(entry, parts, outer, &mut all)?
            } else {
                let fields = self.query(&entry.query, outer, &all)?;
                renamed(fields, &entry.columns)?
            };
            all.later.clear();
            self.cycle(&entry.cycle, &fields)?;
            all.entries.push((name, fields));
        }
        Ok(all)
    }

    /// `CYCLE a, b RESTRICT`: rows that were there before with these values are left out.
    fn cycle(&mut self, names: &[String], fields: &[Field]) -> Result<(), Unread> {
        for name in names {
            let column = Self::column_name(name)?;
            let Some(field) = fields.iter().find(|field| field.is(&column)) else {
                return unknown("column", name);
            };
            self.sink_value(&field.value, "CYCLE");
        }
        Ok(())
    }

    /// A table of WITH RECURSIVE: what its first part gives, then the whole over and over until
    /// no column gains a source.
    fn recursive(
        &mut self,
        entry: &Common,
        parts: &[Body],
        outer: Option<&Scope<'_>>,
        all: &mut Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        let name = self.fold(&entry.name)?;
        let Some(seed) = parts.first() else {
            return Ok(Vec::new());
        };
        let inner = self.with(&entry.query.with, entry.query.recursive, outer, all)?;
        let seed = self.body(seed, outer, &inner)?;
        let mut fields = renamed(seed, &entry.columns)?;
        all.later.retain(|later| *later != entry.name);
        all.entries.push((Arc::clone(&name), fields.clone()));
        self.stored(entry, parts, outer, (&*all, &fields))?;
        all.entries.pop();
        for _ in 0..ROUNDS_MAX {
            all.entries.push((Arc::clone(&name), fields.clone()));
            let next = self.query(&entry.query, outer, all);
            all.entries.pop();
            let next = renamed(next?, &entry.columns)?;
            let stable = next.iter().zip(&fields).all(|(next, before)| {
                next.value.sources.is_subset(&before.value.sources)
                    && next.value.kind == before.value.kind
            });
            if stable && next.len() == fields.len() {
                return Ok(next);
            }
            fields = merged(next, fields)?;
        }
        Err(unsupported(
            "a recursion of WITH that mixes this many columns",
        ))
    }

    /// The columns of a recursive table have the types of its first part, and what comes later is
    /// stored in them: whether that fails tells of the value, but for the very same column.
    fn stored(
        &mut self,
        entry: &Common,
        parts: &[Body],
        outer: Option<&Scope<'_>>,
        (all, seed): (&Commons<'_>, &[Field]),
    ) -> Result<(), Unread> {
        let inner = self.with(&entry.query.with, entry.query.recursive, outer, all)?;
        for part in parts.iter().skip(1) {
            let later = self.body(part, outer, &inner)?;
            for (field, first) in later.iter().zip(seed) {
                if field.value.bare.is_none() || field.value.bare != first.value.bare {
                    self.sink_value(&field.value, "WITH RECURSIVE");
                }
            }
        }
        Ok(())
    }
}

const ROUNDS_MAX: usize = 24;

/// The fields that an item of ORDER BY or GROUP BY may mean by their place in the result.
///
/// Both servers drop parentheses and a plus sign before they look for a number. `TRUE` is the
/// number one to some, and a parameter is whatever it is bound to: these may mean any of them.
pub(super) fn positions<'f>(expression: &Expression, fields: &'f [Field]) -> &'f [Field] {
    let one = |place: usize| fields.get(place.wrapping_sub(1)..place).unwrap_or_default();
    match expression {
        Expression::Same(inner) => positions(inner, fields),
        Expression::Literal(Literal::Number(text)) => text.parse().map_or(&[], one),
        Expression::Literal(Literal::Boolean(_)) | Expression::Parameter(_) => fields,
        // MariaDB reckons with numbers first: `-(-2)` and `!FALSE` are positions to it.
        Expression::Operator { operands, .. } if operands.iter().all(is_constant) => fields,
        Expression::Column(_)
        | Expression::Literal(_)
        | Expression::UserVariable(_)
        | Expression::SystemVariable(_)
        | Expression::Assign { .. }
        | Expression::Operator { .. }
        | Expression::Call(_)
        | Expression::Case { .. }
        | Expression::Cast { .. }
        | Expression::Collate(_)
        | Expression::Row(_)
        | Expression::Subquery(_)
        | Expression::Exists(_)
        | Expression::Among { .. }
        | Expression::Default(_)
        | Expression::Incoming(_)
        | Expression::Sequence { .. } => &[],
    }
}

/// Whether an expression is put together of literals and parameters alone.
fn is_constant(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(_) | Expression::Parameter(_) => true,
        Expression::Same(inner) => is_constant(inner),
        Expression::Operator { operands, .. } => operands.iter().all(is_constant),
        Expression::Column(_)
        | Expression::UserVariable(_)
        | Expression::SystemVariable(_)
        | Expression::Assign { .. }
        | Expression::Call(_)
        | Expression::Case { .. }
        | Expression::Cast { .. }
        | Expression::Collate(_)
        | Expression::Row(_)
        | Expression::Subquery(_)
        | Expression::Exists(_)
        | Expression::Among { .. }
        | Expression::Default(_)
        | Expression::Incoming(_)
        | Expression::Sequence { .. } => false,
    }
}

/// Columns of a result that is put together again: no longer a base column's own definition.
fn demoted(fields: Vec<Field>) -> Vec<Field> {
    fields
        .into_iter()
        .map(|field| {
            let bare = field.value.bare.clone();
            Field {
                value: Value {
                    bare,
                    ..field.value.changed()
                },
                origin: None,
                ..field
            }
        })
        .collect()
}

fn merged(before: Vec<Field>, next: Vec<Field>) -> Result<Vec<Field>, Unread> {
    if before.len() != next.len() {
        return Err(unsupported("rows of different lengths"));
    }
    let pairs = before.into_iter().zip(next);
    Ok(pairs
        .map(|(before, next)| Field {
            value: before.value.or(next.value),
            ..before
        })
        .collect())
}
