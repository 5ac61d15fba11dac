//! One SELECT block: what comes out of it, and what steers it.

use super::Resolver;
use super::from::Around;
use super::query::Commons;
use super::query::positions;
use super::unknown;
use super::value::Field;
use super::value::FieldName;
use super::value::Joined;
use super::value::Kind;
use super::value::Relation;
use super::value::Scope;
use super::value::Value;
use crate::allow::information_schema;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Literal;
use crate::facts::tree::Select;
use crate::facts::unsupported;
use crate::unread::Unread;

impl Resolver<'_> {
    /// The columns of a block; `order` is the ORDER BY behind it, which sees its tables.
    pub(super) fn select(
        &mut self,
        select: &Select,
        order: &[Expression],
        outer: Option<&Scope<'_>>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        self.blocks += 1;
        bound("query blocks", self.blocks, BLOCKS_MAX)?;
        let joined = match &select.from {
            None => Joined::default(),
            Some(source) => {
                let left = Scope::new(Joined::default(), outer);
                let around = Around {
                    outer,
                    left: &left,
                    commons,
                };
                self.from(source, around)?
            }
        };
        let mut scope = Scope::new(joined, outer);
        if let Some(filter) = &select.filter {
            self.condition(filter, &scope, commons, "WHERE")?;
        }
        let mut fields = self.items(&select.items, &mut scope, commons)?;
        bound("columns", fields.len(), COLUMNS_MAX)?;
        self.stored_on_the_way(&fields);
        scope.own_aliases = true;
        self.steer(&select.group, &fields, (&scope, commons), "GROUP BY")?;
        for (expression, place) in [(&select.having, "HAVING"), (&select.qualify, "QUALIFY")] {
            if let Some(expression) = expression {
                let value = self.expression(expression, &scope, commons)?;
                self.sink_value(&value, place);
            }
        }
        for window in &select.windows {
            self.steer(&window.expressions, &[], (&scope, commons), "WINDOW")?;
        }
        self.steer(order, &fields, (&scope, commons), "ORDER BY")?;
        if select.distinct {
            for field in &fields {
                self.sink_value(&field.value, "DISTINCT");
            }
        }
        if select.rollup {
            for field in &mut fields {
                field.value = field.value.clone().changed();
            }
        }
        Ok(fields)
    }

    /// Rows that a change goes through may be kept in a table of the server's own, which takes no
    /// date that is none; what is computed when it is read may fail as well.
    fn stored_on_the_way(&mut self, fields: &[Field]) {
        if !self.stores() {
            return;
        }
        for Field { value, .. } in fields {
            let computed = value.bare.is_some() && value.sources.len() > 1;
            if computed || value.kind == Kind::Temporal {
                self.sink_value(value, "a copy that a change makes");
            }
        }
    }

    /// Expressions that steer; a number means the column of the result at that place.
    fn steer(
        &mut self,
        list: &[Expression],
        fields: &[Field],
        (scope, commons): (&Scope<'_>, &Commons<'_>),
        place: &'static str,
    ) -> Result<(), Unread> {
        for expression in list {
            let item = match place {
                "ORDER BY" => ordered_item(expression, scope)?,
                _ => None,
            };
            for field in positions(expression, fields) {
                self.sink_value(&field.value, place);
            }
            let value = match item {
                Some(value) => value,
                None => self.expression(expression, scope, commons)?,
            };
            self.sink_value(&value, place);
        }
        Ok(())
    }

    /// The columns of a list of items; aliases become visible to the subqueries behind them.
    pub(super) fn items(
        &mut self,
        items: &[Item],
        scope: &mut Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Field>, Unread> {
        let mut fields = Vec::new();
        for item in items {
            bound("columns", fields.len(), COLUMNS_MAX)?;
            match item {
                Item::Star(qualifier) => {
                    let star = self.star(qualifier, scope)?;
                    star.iter().for_each(|field| note(scope, field));
                    fields.extend(star);
                }
                Item::Expression { expression, alias } => {
                    let value = self.expression(expression, scope, commons)?;
                    let name = match alias {
                        Some(alias) => FieldName::Known(Self::column_name(alias)?),
                        None => made_up(expression)?,
                    };
                    let field = result(name, value);
                    note(scope, &field);
                    fields.push(field);
                }
            }
        }
        Ok(fields)
    }

    /// Some tables of the server have more columns than may be read.
    fn check_whole(&mut self, relations: &[Relation]) {
        let server = self.catalog.server;
        let is_cut = |relation: &Relation| {
            let table = relation.origin.as_ref().map(|origin| origin.table.table());
            let open = table.and_then(|table| information_schema::find(table, server.kind));
            relation.partial && !open.is_some_and(|open| open.is_whole(server))
        };
        if relations.iter().any(is_cut) {
            self.statement
                .withhold("`*` over information_schema", Some("name the columns"));
        }
    }

    fn star(&mut self, qualifier: &[String], scope: &Scope<'_>) -> Result<Vec<Field>, Unread> {
        let mut fields = Vec::new();
        if qualifier.is_empty() {
            if scope.from.relations.is_empty() {
                return Err(unsupported("`*` without tables"));
            }
            self.check_whole(&scope.from.relations);
            for visible in &scope.from.visible {
                if visible.fields.iter().all(|field| field.invisible) {
                    continue;
                }
                let value = self.visible(visible);
                fields.push(result(visible.name.clone(), value));
            }
            return Ok(fields);
        }
        let relations = self.named(qualifier, &scope.from.relations)?;
        let [relation] = relations.as_slice() else {
            return unknown("table", &qualifier.join("."));
        };
        self.check_whole(std::slice::from_ref(*relation));
        for field in relation.fields.iter().filter(|field| !field.invisible) {
            self.touch(field);
            fields.push(result(field.name.clone(), field.value.clone()));
        }
        Ok(fields)
    }
}

/// An item's name can be meant behind it.
fn note(scope: &mut Scope<'_>, field: &Field) {
    if let FieldName::Known(name) = &field.name {
        scope.aliases.push((name.clone(), field.value.clone()));
    }
}

/// The item that a plain name in ORDER BY means: both servers look there first.
fn ordered_item(expression: &Expression, scope: &Scope<'_>) -> Result<Option<Value>, Unread> {
    let Expression::Column(path) = expression else {
        return Ok(None);
    };
    let [column] = path.as_slice() else {
        return Ok(None);
    };
    let column = Resolver::column_name(column)?;
    let items = scope.aliases.iter().filter(|(name, _)| *name == column);
    Ok(items.map(|(_, value)| value.clone()).reduce(Value::or))
}

/// As both servers have it.
const COLUMNS_MAX: usize = 4096;
const BLOCKS_MAX: usize = 20_000;

fn bound(what: &'static str, count: usize, limit: usize) -> Result<(), Unread> {
    if count > limit {
        return Err(Unread::Limit { what, limit });
    }
    Ok(())
}

fn result(name: FieldName, value: Value) -> Field {
    Field {
        name,
        value,
        invisible: false,
        origin: None,
    }
}

/// The name that a server gives to an item without an alias.
fn made_up(expression: &Expression) -> Result<FieldName, Unread> {
    let known = |text: &str| Resolver::column_name(text).map(FieldName::Known);
    match expression {
        Expression::Same(inner) => match made_up(inner)? {
            FieldName::Known(name) if is_column(inner) => Ok(FieldName::Known(name)),
            FieldName::Known(_) | FieldName::Punctuated => Ok(FieldName::Punctuated),
            FieldName::Unknown => Ok(FieldName::Unknown),
        },
        Expression::Column(path) => match path.last() {
            Some(name) => known(name),
            None => Ok(FieldName::Unknown),
        },
        Expression::Literal(Literal::Text(text)) => known(text),
        Expression::Literal(Literal::Number(text)) => known(text),
        Expression::Call(call) if call.arguments.is_empty() => Ok(FieldName::Unknown),
        Expression::Literal(
            Literal::Null | Literal::Boolean(_) | Literal::Bytes | Literal::Raw | Literal::Temporal,
        )
        | Expression::Default(None) => Ok(FieldName::Unknown),
        Expression::Parameter(_)
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
        | Expression::Default(Some(_))
        | Expression::Incoming(_)
        | Expression::Sequence { .. } => Ok(FieldName::Punctuated),
    }
}

fn is_column(expression: &Expression) -> bool {
    if let Expression::Same(inner) = expression {
        return is_column(inner);
    }
    matches!(expression, Expression::Column(_))
}
