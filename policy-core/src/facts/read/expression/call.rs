//! Function calls, windows and the forms that our dialect hands over as calls.

use sqlparser::ast;
use sqlparser::ast::FunctionArg;
use sqlparser::ast::FunctionArgExpr;
use sqlparser::ast::FunctionArgumentClause;
use sqlparser::ast::FunctionArguments;

use super::super::name;
use super::expression;
use super::expressions;
use super::unsupported;
use crate::facts::dialect::OURS;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::facts::tree::Window;
use crate::unread::Unread;

pub(super) fn function(function: ast::Function) -> Result<Expression, Unread> {
    let ast::Function {
        name: object,
        uses_odbc_syntax: _,
        parameters,
        args,
        within_group,
        filter,
        // IGNORE and RESPECT NULLS of window functions.
        null_treatment: _,
        over,
    } = function;
    if !matches!(parameters, FunctionArguments::None)
        || !within_group.is_empty()
        || filter.is_some()
    {
        return unsupported("this form of function call");
    }
    let (schema, called, special) = names(object)?;
    let list = match args {
        FunctionArguments::List(list) => list,
        FunctionArguments::None | FunctionArguments::Subquery(_) => {
            return unsupported("this form of function call");
        }
    };
    let (mut call, star) = arguments(list)?;
    if star && (called != "count" || schema.is_some()) {
        return unsupported("`*` as an argument");
    }
    if special {
        return ours(&called, call.arguments);
    }
    call.windowed = over.is_some();
    call.window = over.map(over_clause).transpose()?;
    call.schema = schema;
    call.name = called;
    rewritten(call)
}

/// Schema, name in lower case, and whether our own dialect made the call.
fn names(object: ast::ObjectName) -> Result<(Option<String>, String, bool), Unread> {
    if let [ast::ObjectNamePart::Identifier(only)] = object.0.as_slice()
        && only.quote_style == Some(OURS)
    {
        return Ok((None, only.value.clone(), true));
    }
    let mut parts = super::super::path(object)?;
    let called = parts.pop().unwrap_or_default().to_lowercase();
    match <[String; 1]>::try_from(parts) {
        Ok([schema]) => Ok((Some(schema), called, false)),
        Err(parts) if parts.is_empty() => Ok((None, called, false)),
        Err(_) => unsupported("a function name of three parts"),
    }
}

fn arguments(list: ast::FunctionArgumentList) -> Result<(Call, bool), Unread> {
    let ast::FunctionArgumentList {
        duplicate_treatment,
        args,
        clauses,
    } = list;
    let mut call = Call {
        distinct: match duplicate_treatment {
            Some(ast::DuplicateTreatment::Distinct) => true,
            Some(ast::DuplicateTreatment::All) | None => false,
        },
        ..Call::default()
    };
    let mut star = false;
    for argument in args {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => {
                call.arguments.push(expression(value)?);
            }
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => star = true,
            FunctionArg::Unnamed(
                FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::WildcardWithOptions(_),
            )
            | FunctionArg::Named { .. }
            | FunctionArg::ExprNamed { .. } => return unsupported("this form of argument"),
        }
    }
    for clause in clauses {
        match clause {
            FunctionArgumentClause::OrderBy(list) => call.order.extend(order_by(list)?),
            FunctionArgumentClause::Limit(value) => call.order.push(expression(value)?),
            FunctionArgumentClause::Separator(_) => {}
            FunctionArgumentClause::IgnoreOrRespectNulls(_)
            | FunctionArgumentClause::Where(_)
            | FunctionArgumentClause::OnOverflow(_)
            | FunctionArgumentClause::Having(_)
            | FunctionArgumentClause::JsonNullClause(_)
            | FunctionArgumentClause::JsonReturningClause(_) => {
                return unsupported("this clause in a function call");
            }
        }
    }
    Ok((call, star))
}

/// The forms that `dialect.rs` made up.
fn ours(form: &str, mut arguments: Vec<Expression>) -> Result<Expression, Unread> {
    let operator = match form {
        "cast" => {
            let to = arguments.pop();
            let operand = arguments.pop();
            return match (operand, to) {
                (Some(operand), Some(Expression::Literal(Literal::Text(to)))) => {
                    Ok(Expression::Cast {
                        operand: Box::new(operand),
                        to,
                    })
                }
                _ => unsupported("this form of CAST"),
            };
        }
        "temporal" => return Ok(Expression::Literal(Literal::Temporal)),
        "interval" => Operator::Interval,
        "match" => Operator::Match,
        "char" | "extract" => {
            return Ok(Expression::Call(Box::new(Call {
                name: form.to_owned(),
                arguments,
                ..Call::default()
            })));
        }
        _ => return unsupported("this form of expression"),
    };
    Ok(Expression::Operator {
        operator,
        operands: arguments,
    })
}

/// Calls that are something else: rows, `DEFAULT(c)`, `VALUES(c)`, units in place of an argument.
fn rewritten(mut call: Call) -> Result<Expression, Unread> {
    if call.schema.is_some() {
        return Ok(Expression::Call(Box::new(call)));
    }
    match (call.name.as_str(), call.arguments.as_slice()) {
        ("row", [_, _, ..]) => Ok(Expression::Row(call.arguments)),
        ("default", [Expression::Column(column)]) => Ok(Expression::Default(Some(column.clone()))),
        ("values" | "value", [Expression::Column(column)]) => {
            Ok(Expression::Incoming(column.clone()))
        }
        ("default" | "values" | "value" | "row", _) => unsupported("this use of the function"),
        ("timestampadd" | "timestampdiff" | "get_format", [Expression::Column(unit), ..])
            if unit.len() == 1 =>
        {
            call.arguments.remove(0);
            Ok(Expression::Call(Box::new(call)))
        }
        _ => Ok(Expression::Call(Box::new(call))),
    }
}

fn over_clause(over: ast::WindowType) -> Result<Window, Unread> {
    match over {
        ast::WindowType::WindowSpec(spec) => window(spec),
        // What the named window holds is read where it is defined.
        ast::WindowType::NamedWindow(ident) => name(ident).map(|_| Window::default()),
    }
}

pub(in super::super) fn window(spec: ast::WindowSpec) -> Result<Window, Unread> {
    let ast::WindowSpec {
        window_name: _,
        partition_by,
        order_by: order,
        window_frame,
    } = spec;
    let mut all = expressions(partition_by)?;
    all.extend(order_by(order)?);
    if let Some(ast::WindowFrame {
        units: _,
        start_bound,
        end_bound,
    }) = window_frame
    {
        for bound in std::iter::once(start_bound).chain(end_bound) {
            match bound {
                ast::WindowFrameBound::CurrentRow => {}
                ast::WindowFrameBound::Preceding(value)
                | ast::WindowFrameBound::Following(value) => {
                    all.extend(value.map(|value| expression(*value)).transpose()?);
                }
            }
        }
    }
    Ok(Window { expressions: all })
}

pub(in super::super) fn order_by(list: Vec<ast::OrderByExpr>) -> Result<Vec<Expression>, Unread> {
    list.into_iter()
        .map(
            |ast::OrderByExpr {
                 expr,
                 options: ast::OrderByOptions { sort, nulls_first },
                 with_fill,
             }| match (sort, nulls_first, with_fill) {
                (None | Some(ast::OrderBySort::Asc | ast::OrderBySort::Desc), None, None) => {
                    expression(expr)
                }
                _ => unsupported("this form of ORDER BY"),
            },
        )
        .collect()
}
