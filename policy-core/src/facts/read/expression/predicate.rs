//! Predicates, CASE, and functions whose arguments stand between keywords.

use sqlparser::ast;
use sqlparser::ast::Expr;

use super::boxed;
use super::expression;
use super::expressions;
use super::operator;
use super::query;
use super::unsupported;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::facts::tree::Operator;
use crate::unread::Unread;

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "called for the named nodes; the rest is refused"
)]
pub(super) fn predicate(expr: Expr) -> Result<Expression, Unread> {
    match expr {
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => operator(Operator::IsNull, vec![*inner]),
        Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner) => operator(Operator::Truth, vec![*inner]),
        Expr::InList {
            expr,
            list,
            negated,
        } => {
            let kind = if negated {
                Operator::Compare
            } else {
                Operator::In
            };
            operator(kind, std::iter::once(*expr).chain(list).collect())
        }
        Expr::Between {
            expr,
            negated: _,
            low,
            high,
        } => operator(Operator::Between, vec![*expr, *low, *high]),
        Expr::Like {
            negated: _,
            any: false,
            expr,
            pattern,
            escape_char,
        } => {
            let escape = escape_char.map(|escape| *escape);
            operator(
                Operator::Like,
                [*expr, *pattern].into_iter().chain(escape).collect(),
            )
        }
        Expr::RLike {
            negated: _,
            expr,
            pattern,
            regexp: _,
        } => operator(Operator::Regular, vec![*expr, *pattern]),
        Expr::MemberOf(ast::MemberOf { value, array }) => {
            operator(Operator::Json, vec![*value, *array])
        }
        _ => unsupported("this predicate"),
    }
}

pub(super) fn among(left: Expr, right: Expr) -> Result<Expression, Unread> {
    let Expr::Subquery(inner) = right else {
        return unsupported("ANY or ALL of something else than a query");
    };
    Ok(Expression::Among {
        operand: Box::new(expression(left)?),
        query: Box::new(query(*inner)?),
    })
}

pub(super) fn case(
    operand: Option<Box<Expr>>,
    conditions: Vec<ast::CaseWhen>,
    otherwise: Option<Box<Expr>>,
) -> Result<Expression, Unread> {
    let arms = conditions
        .into_iter()
        .map(|ast::CaseWhen { condition, result }| {
            Ok((expression(condition)?, expression(result)?))
        })
        .collect::<Result<_, Unread>>()?;
    Ok(Expression::Case {
        operand: operand.map(boxed).transpose()?,
        arms,
        otherwise: otherwise.map(boxed).transpose()?,
    })
}

/// Functions whose arguments stand between keywords.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "called for the named nodes; the rest is refused"
)]
pub(super) fn keyword_call(expr: Expr) -> Result<Expression, Unread> {
    let (name, arguments) = match expr {
        Expr::Position { expr, r#in } => ("position", vec![*expr, *r#in]),
        Expr::Substring {
            expr,
            substring_from,
            substring_for,
            special: _,
            shorthand: _,
        } => {
            let bounds = substring_from.into_iter().chain(substring_for);
            let all = std::iter::once(*expr).chain(bounds.map(|bound| *bound));
            ("substring", all.collect())
        }
        Expr::Trim {
            trim_where: _,
            trim_what,
            expr,
            trim_characters: None,
        } => {
            let what = trim_what.map(|what| *what);
            ("trim", std::iter::once(*expr).chain(what).collect())
        }
        _ => return unsupported("this form of TRIM"),
    };
    Ok(Expression::Call(Box::new(Call {
        name: name.to_owned(),
        arguments: expressions(arguments)?,
        ..Call::default()
    })))
}
