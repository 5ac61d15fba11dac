//! Expressions compared by form, and the names in them.

use crate::facts::tree::Body;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Query;
use crate::facts::tree::Select;
use crate::facts::tree::Source;
use crate::name::lower_case;

/// Without parentheses, signs and collations.
pub(super) fn plain(expression: &Expression) -> &Expression {
    let mut inner = expression;
    while let Expression::Same(next) | Expression::Collate(next) = inner {
        inner = next;
    }
    inner
}

/// Whether two expressions give the same value for the same row, as far as their form tells.
pub(super) fn alike(left: &Expression, right: &Expression) -> bool {
    let all = |left: &[Expression], right: &[Expression]| {
        left.len() == right.len() && left.iter().zip(right).all(|(l, r)| alike(l, r))
    };
    match (plain(left), plain(right)) {
        // `CAST(id AS CHAR) = id` holds as well.
        (Expression::Cast { operand, .. }, other) | (other, Expression::Cast { operand, .. }) => {
            alike(operand, other)
        }
        (Expression::Column(left), Expression::Column(right)) => same_column(left, right),
        (Expression::Literal(left), Expression::Literal(right)) => left == right,
        (Expression::UserVariable(left), Expression::UserVariable(right)) => left == right,
        (
            Expression::Operator {
                operator: left,
                operands: lefts,
            },
            Expression::Operator {
                operator: right,
                operands: rights,
            },
        ) => left == right && all(lefts, rights),
        (Expression::Call(left), Expression::Call(right)) => {
            left.name == right.name && all(&left.arguments, &right.arguments)
        }
        (Expression::Row(left), Expression::Row(right)) => all(left, right),
        _ => false,
    }
}

/// `t.id = id` too: the last parts are compared.
fn same_column(left: &[String], right: &[String]) -> bool {
    let parts = left.iter().rev().zip(right.iter().rev());
    !left.is_empty()
        && !right.is_empty()
        && parts.clone().all(|(l, r)| lower_case(l) == lower_case(r))
}

/// Every name of a column in an expression, those of subqueries included.
pub(super) fn columns<'e>(expression: &'e Expression, names: &mut Vec<&'e [String]>) {
    match expression {
        Expression::Column(path) | Expression::Default(Some(path)) | Expression::Incoming(path) => {
            names.push(path);
        }
        Expression::Literal(_)
        | Expression::Parameter(_)
        | Expression::UserVariable(_)
        | Expression::SystemVariable(_)
        | Expression::Default(None) => {}
        Expression::Assign { value, .. } => columns(value, names),
        Expression::Sequence { arguments, .. } => all_columns(arguments, names),
        Expression::Operator { operands, .. } => all_columns(operands, names),
        Expression::Call(call) => {
            all_columns(&call.arguments, names);
            all_columns(&call.order, names);
            if let Some(window) = &call.window {
                all_columns(&window.expressions, names);
            }
        }
        Expression::Case {
            operand,
            arms,
            otherwise,
        } => {
            for one in operand.iter().chain(otherwise) {
                columns(one, names);
            }
            for (when, then) in arms {
                columns(when, names);
                columns(then, names);
            }
        }
        Expression::Cast { operand, .. } => columns(operand, names),
        Expression::Collate(inner) | Expression::Same(inner) => columns(inner, names),
        Expression::Row(list) => all_columns(list, names),
        Expression::Subquery(query) | Expression::Exists(query) => query_columns(query, names),
        Expression::Among { operand, query } => {
            columns(operand, names);
            query_columns(query, names);
        }
    }
}

fn all_columns<'e>(list: &'e [Expression], names: &mut Vec<&'e [String]>) {
    for one in list {
        columns(one, names);
    }
}

/// Every name of a column in a query.
pub(super) fn query_columns<'e>(query: &'e Query, names: &mut Vec<&'e [String]>) {
    for common in &query.with {
        query_columns(&common.query, names);
    }
    body_columns(&query.body, names);
    all_columns(&query.order, names);
    all_columns(&query.limit, names);
}

fn body_columns<'e>(body: &'e Body, names: &mut Vec<&'e [String]>) {
    match body {
        Body::Select(select) => {
            for item in &select.items {
                if let Item::Expression { expression, .. } = item {
                    columns(expression, names);
                }
            }
            conditions(select, names);
            if let Some(filter) = &select.filter {
                columns(filter, names);
            }
        }
        Body::Query(query) => query_columns(query, names),
        Body::Set { parts, .. } => {
            for part in parts {
                body_columns(part, names);
            }
        }
        Body::Values(rows) => {
            for row in rows {
                all_columns(row, names);
            }
        }
    }
}

/// The names in what says which rows a block has, but for its WHERE.
pub(super) fn conditions<'e>(select: &'e Select, names: &mut Vec<&'e [String]>) {
    if let Some(source) = &select.from {
        source_columns(source, names);
    }
    let conditions = [&select.having, &select.qualify];
    for condition in conditions.into_iter().flatten() {
        columns(condition, names);
    }
    all_columns(&select.group, names);
}

fn source_columns<'e>(source: &'e Source, names: &mut Vec<&'e [String]>) {
    match source {
        Source::Table { .. } => {}
        Source::Derived { query, .. } => query_columns(query, names),
        Source::Json { expression, .. } => columns(expression, names),
        Source::Join {
            left, right, on, ..
        } => {
            source_columns(left, names);
            source_columns(right, names);
            if let Some(on) = on {
                columns(on, names);
            }
        }
    }
}
