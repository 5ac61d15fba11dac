//! Whether a WHERE restricts anything: the guard against changes of every row.

use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::statement::Filter;

/// What a WHERE says about which rows.
pub(super) fn filter(condition: Option<&Expression>) -> Filter {
    match condition {
        None => Filter::Missing,
        Some(condition) if always_true(condition) => Filter::AlwaysTrue,
        Some(_) => Filter::Present,
    }
}

fn always_true(expression: &Expression) -> bool {
    if let Expression::Same(inner) | Expression::Collate(inner) = expression {
        return always_true(inner);
    }
    if let Expression::Literal(literal) = expression {
        return !is_false(literal);
    }
    let Expression::Operator { operator, operands } = expression else {
        return constant(expression);
    };
    match operator {
        Operator::And => operands.iter().all(always_true),
        Operator::Or => operands.iter().any(always_true),
        Operator::Not => operands.iter().any(never_true),
        Operator::Equal | Operator::Compare | Operator::Between | Operator::In => {
            match operands.split_first() {
                Some((first, rest)) => {
                    rest.iter().any(|other| same(first, other)) || constant(expression)
                }
                None => true,
            }
        }
        Operator::Like => match operands.as_slice() {
            [_, Expression::Literal(Literal::Text(pattern)), ..] => {
                !pattern.is_empty() && pattern.chars().all(|c| c == '%')
            }
            _ => constant(expression),
        },
        Operator::IsNull
        | Operator::Xor
        | Operator::Concat
        | Operator::Arithmetic
        | Operator::Bits
        | Operator::Regular
        | Operator::SoundsLike
        | Operator::Json
        | Operator::Truth
        | Operator::Match
        | Operator::Interval => constant(expression),
    }
}

fn never_true(expression: &Expression) -> bool {
    if let Expression::Same(inner) = expression {
        return never_true(inner);
    }
    matches!(expression, Expression::Literal(literal) if is_false(literal))
}

fn is_false(literal: &Literal) -> bool {
    match literal {
        Literal::Null | Literal::Boolean(false) => true,
        Literal::Boolean(true) | Literal::Bytes | Literal::Temporal => false,
        Literal::Number(text) | Literal::Text(text) => {
            text.parse::<f64>().map_or(true, |number| number == 0.0)
        }
    }
}

/// Whether no row has a part in it: nobody can then say that it restricts the rows.
fn constant(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(_)
        | Expression::Parameter
        | Expression::UserVariable(_)
        | Expression::SystemVariable(_)
        | Expression::Default(None) => true,
        Expression::Assign { value, .. } => constant(value),
        Expression::Operator { operands, .. } => operands.iter().all(constant),
        Expression::Call(call) => call.arguments.iter().all(constant),
        Expression::Case {
            operand,
            arms,
            otherwise,
        } => {
            operand.iter().all(|operand| constant(operand))
                && arms
                    .iter()
                    .all(|(when, then)| constant(when) && constant(then))
                && otherwise.iter().all(|otherwise| constant(otherwise))
        }
        Expression::Cast { operand, .. } => constant(operand),
        Expression::Collate(inner) | Expression::Same(inner) => constant(inner),
        Expression::Row(list) => list.iter().all(constant),
        Expression::Column(_)
        | Expression::Subquery(_)
        | Expression::Exists(_)
        | Expression::Among { .. }
        | Expression::Default(Some(_))
        | Expression::Incoming(_) => false,
    }
}

fn same(left: &Expression, right: &Expression) -> bool {
    match (left, right) {
        (Expression::Same(left), right) => same(left, right),
        (left, Expression::Same(right)) => same(left, right),
        (Expression::Column(left), Expression::Column(right)) => {
            // `t.id = id` too: the last parts are compared.
            left.last().map(|name| name.to_lowercase())
                == right.last().map(|name| name.to_lowercase())
                && (left.len() != right.len()
                    || left
                        .iter()
                        .zip(right)
                        .all(|(l, r)| l.eq_ignore_ascii_case(r)))
        }
        (Expression::Literal(left), Expression::Literal(right)) => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expression {
        Expression::Column(vec![name.to_owned()])
    }

    fn equal(left: Expression, right: Expression) -> Expression {
        Expression::Operator {
            operator: Operator::Equal,
            operands: vec![left, right],
        }
    }

    fn number(text: &str) -> Expression {
        Expression::Literal(Literal::Number(text.to_owned()))
    }

    #[test]
    fn tells_a_condition_that_holds_for_every_row() {
        assert_eq!(filter(None), Filter::Missing);
        for condition in [
            number("1"),
            equal(number("1"), number("1")),
            equal(column("id"), column("ID")),
            Expression::Same(Box::new(number("2"))),
        ] {
            assert_eq!(filter(Some(&condition)), Filter::AlwaysTrue);
        }
        for condition in [number("0"), equal(column("id"), number("1"))] {
            assert_eq!(filter(Some(&condition)), Filter::Present);
        }
    }
}
