//! sqlparser's expressions to ours; every node by name, so that a new one breaks the build.

mod call;
mod predicate;

use sqlparser::ast;
use sqlparser::ast::BinaryOperator;
use sqlparser::ast::Expr;
use sqlparser::ast::UnaryOperator;

use super::name;
use super::query::query;
use super::unsupported;
use crate::facts::bridge::SYSTEM_VARIABLE;
use crate::facts::bridge::USER_VARIABLE;
use crate::facts::dialect::SOUNDS_LIKE;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::unread::Unread;

pub(super) use call::order_by;
pub(super) use call::window;

pub(super) fn expressions(list: Vec<Expr>) -> Result<Vec<Expression>, Unread> {
    list.into_iter().map(expression).collect()
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of every node of the foreign tree"
)]
pub(super) fn expression(expr: Expr) -> Result<Expression, Unread> {
    match expr {
        Expr::Identifier(ident) => column(vec![ident]),
        Expr::CompoundIdentifier(parts) => column(parts),
        Expr::Value(value) => literal(value.value),
        chain @ Expr::BinaryOp { .. } => binary(chain),
        Expr::UnaryOp { op, expr } => unary(op, *expr),
        Expr::Nested(inner) => Ok(Expression::Same(boxed(inner)?)),
        Expr::Collate { expr, collation: _ } => Ok(Expression::Collate(boxed(expr)?)),
        Expr::Function(function) => call::function(function),
        Expr::Tuple(list) => Ok(Expression::Row(expressions(list)?)),
        Expr::Subquery(inner) => Ok(Expression::Subquery(Box::new(query(*inner)?))),
        Expr::Exists {
            subquery,
            negated: _,
        } => Ok(Expression::Exists(Box::new(query(*subquery)?))),
        Expr::InSubquery {
            expr,
            subquery,
            negated: _,
        } => Ok(Expression::Among {
            operand: boxed(expr)?,
            query: Box::new(query(*subquery)?),
        }),
        Expr::Case {
            case_token: _,
            end_token: _,
            operand,
            conditions,
            else_result,
        } => predicate::case(operand, conditions, else_result),
        Expr::AnyOp {
            left,
            compare_op: _,
            right,
            is_some: _,
        }
        | Expr::AllOp {
            left,
            compare_op: _,
            right,
        } => predicate::among(*left, *right),
        predicate @ (Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::InList { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::RLike { .. }
        | Expr::MemberOf(_)) => predicate::predicate(predicate),
        named @ (Expr::Position { .. } | Expr::Substring { .. } | Expr::Trim { .. }) => {
            predicate::keyword_call(named)
        }
        Expr::CompoundFieldAccess { .. }
        | Expr::JsonAccess { .. }
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsJson { .. }
        | Expr::IsNormalized { .. }
        | Expr::InUnnest { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::Convert { .. }
        | Expr::Cast { .. }
        | Expr::AtTimeZone { .. }
        | Expr::Extract { .. }
        | Expr::Ceil { .. }
        | Expr::Floor { .. }
        | Expr::Overlay { .. }
        | Expr::Prefixed { .. }
        | Expr::TypedString(_)
        | Expr::GroupingSets(_)
        | Expr::Cube(_)
        | Expr::Rollup(_)
        | Expr::Struct { .. }
        | Expr::Named { .. }
        | Expr::Dictionary(_)
        | Expr::Map(_)
        | Expr::Array(_)
        | Expr::Interval(_)
        | Expr::MatchAgainst { .. }
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(..)
        | Expr::OuterJoin(_)
        | Expr::Prior(_)
        | Expr::Lambda(_) => unsupported("this form of expression"),
    }
}

fn boxed(expr: Box<Expr>) -> Result<Box<Expression>, Unread> {
    Ok(Box::new(expression(*expr)?))
}

fn operator(operator: Operator, operands: Vec<Expr>) -> Result<Expression, Unread> {
    Ok(Expression::Operator {
        operator,
        operands: expressions(operands)?,
    })
}

/// Functions that both servers call without parentheses, as reserved words.
const WITHOUT_PARENTHESES: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "utc_date",
    "utc_time",
    "utc_timestamp",
];

fn column(parts: Vec<ast::Ident>) -> Result<Expression, Unread> {
    if let [only] = parts.as_slice()
        && only.quote_style.is_none()
    {
        let word = only.value.to_ascii_lowercase();
        if word == "default" {
            return Ok(Expression::Default(None));
        }
        if WITHOUT_PARENTHESES.contains(&word.as_str()) {
            return Ok(Expression::Call(Box::new(Call {
                name: word,
                ..Call::default()
            })));
        }
    }
    let path = parts.into_iter().map(name).collect::<Result<Vec<_>, _>>()?;
    Ok(Expression::Column(path))
}

fn literal(value: ast::Value) -> Result<Expression, Unread> {
    let literal = match value {
        ast::Value::Number(text, _) => Literal::Number(text),
        ast::Value::SingleQuotedString(text) => Literal::Text(text),
        ast::Value::HexStringLiteral(_) => Literal::Bytes,
        ast::Value::Boolean(value) => Literal::Boolean(value),
        ast::Value::Null => Literal::Null,
        ast::Value::Placeholder(text) => return placeholder(&text),
        ast::Value::DollarQuotedString(_)
        | ast::Value::TripleSingleQuotedString(_)
        | ast::Value::TripleDoubleQuotedString(_)
        | ast::Value::EscapedStringLiteral(_)
        | ast::Value::UnicodeStringLiteral(_)
        | ast::Value::SingleQuotedByteStringLiteral(_)
        | ast::Value::DoubleQuotedByteStringLiteral(_)
        | ast::Value::TripleSingleQuotedByteStringLiteral(_)
        | ast::Value::TripleDoubleQuotedByteStringLiteral(_)
        | ast::Value::SingleQuotedRawStringLiteral(_)
        | ast::Value::DoubleQuotedRawStringLiteral(_)
        | ast::Value::TripleSingleQuotedRawStringLiteral(_)
        | ast::Value::TripleDoubleQuotedRawStringLiteral(_)
        | ast::Value::NationalStringLiteral(_)
        | ast::Value::QuoteDelimitedStringLiteral(_)
        | ast::Value::NationalQuoteDelimitedStringLiteral(_)
        | ast::Value::DoubleQuotedString(_) => return unsupported("this form of literal"),
    };
    Ok(Expression::Literal(literal))
}

fn placeholder(text: &str) -> Result<Expression, Unread> {
    if let Some(name) = text.strip_prefix(USER_VARIABLE) {
        return Ok(Expression::UserVariable(name.to_owned()));
    }
    if let Some(name) = text.strip_prefix(SYSTEM_VARIABLE) {
        return Ok(Expression::SystemVariable(name.to_owned()));
    }
    match text {
        "?" => Ok(Expression::Parameter),
        _ => unsupported("this form of parameter"),
    }
}

/// The longest chain of comparisons, which nest: `a = b = c`.
const COMPARISONS_MAX: usize = 32;

/// Chains of operators lean to the left and may be long: followed in a loop, and one node holds
/// all operands of the same operator.
fn binary(chain: Expr) -> Result<Expression, Unread> {
    let mut rest = chain;
    let mut rights = Vec::new();
    while let Expr::BinaryOp { left, op, right } = rest {
        if op == BinaryOperator::Assignment {
            rest = Expr::BinaryOp { left, op, right };
            break;
        }
        rights.push((binary_operator(&op)?, *right));
        rest = *left;
    }
    let mut tree = if let Expr::BinaryOp { left, op: _, right } = rest {
        assignment(*left, *right)?
    } else {
        expression(rest)?
    };
    let mut depth = 0;
    for (next, right) in rights.into_iter().rev() {
        let right = expression(right)?;
        if let Expression::Operator { operator, operands } = &mut tree
            && *operator == next
            && joins(next)
        {
            operands.push(right);
            continue;
        }
        depth += 1;
        tree = Expression::Operator {
            operator: next,
            operands: vec![tree, right],
        };
        if depth > COMPARISONS_MAX {
            return Err(Unread::Limit {
                what: "operators in a row",
                limit: COMPARISONS_MAX,
            });
        }
    }
    Ok(tree)
}

fn joins(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::And
            | Operator::Or
            | Operator::Xor
            | Operator::Concat
            | Operator::Arithmetic
            | Operator::Bits
    )
}

fn assignment(left: Expr, right: Expr) -> Result<Expression, Unread> {
    let Expression::UserVariable(name) = expression(left)? else {
        return unsupported("`:=` to something else than a user variable");
    };
    Ok(Expression::Assign {
        name,
        value: Box::new(expression(right)?),
    })
}

#[expect(
    clippy::too_many_lines,
    reason = "a table of every operator of the foreign tree"
)]
fn binary_operator(op: &BinaryOperator) -> Result<Operator, Unread> {
    Ok(match op {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::Spaceship
        | BinaryOperator::NotEq
        | BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq => Operator::Compare,
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::MyIntegerDivide => Operator::Arithmetic,
        BinaryOperator::StringConcat => Operator::Concat,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
        BinaryOperator::Xor => Operator::Xor,
        BinaryOperator::BitwiseOr
        | BinaryOperator::BitwiseAnd
        | BinaryOperator::BitwiseXor
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight => Operator::Bits,
        BinaryOperator::Arrow | BinaryOperator::LongArrow => Operator::Json,
        BinaryOperator::Custom(name) if name == SOUNDS_LIKE => Operator::SoundsLike,
        BinaryOperator::Custom(_)
        | BinaryOperator::Assignment
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Glob
        | BinaryOperator::PGBitwiseXor
        | BinaryOperator::PGExp
        | BinaryOperator::PGOverlap
        | BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGRegexNotMatch
        | BinaryOperator::PGRegexNotIMatch
        | BinaryOperator::PGLikeMatch
        | BinaryOperator::PGILikeMatch
        | BinaryOperator::PGNotLikeMatch
        | BinaryOperator::PGNotILikeMatch
        | BinaryOperator::PGStartsWith
        | BinaryOperator::HashArrow
        | BinaryOperator::HashLongArrow
        | BinaryOperator::AtAt
        | BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::HashMinus
        | BinaryOperator::AtQuestion
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::PGCustomBinaryOperator(_)
        | BinaryOperator::Overlaps
        | BinaryOperator::DoubleHash
        | BinaryOperator::LtDashGt
        | BinaryOperator::AndLt
        | BinaryOperator::AndGt
        | BinaryOperator::LtLtPipe
        | BinaryOperator::PipeGtGt
        | BinaryOperator::AndLtPipe
        | BinaryOperator::PipeAndGt
        | BinaryOperator::LtCaret
        | BinaryOperator::GtCaret
        | BinaryOperator::QuestionHash
        | BinaryOperator::QuestionDash
        | BinaryOperator::QuestionDashPipe
        | BinaryOperator::QuestionDoublePipe
        | BinaryOperator::At
        | BinaryOperator::TildeEq => return unsupported("this operator"),
    })
}

fn unary(op: UnaryOperator, operand: Expr) -> Result<Expression, Unread> {
    let operand = expression(operand)?;
    let operator = match op {
        UnaryOperator::Plus => return Ok(Expression::Same(Box::new(operand))),
        UnaryOperator::Minus => {
            if let Expression::Literal(Literal::Number(text)) = &operand {
                return Ok(Expression::Literal(Literal::Number(format!("-{text}"))));
            }
            Operator::Arithmetic
        }
        UnaryOperator::Not | UnaryOperator::BangNot => Operator::Not,
        UnaryOperator::BitwiseNot => Operator::Bits,
        UnaryOperator::AtDashAt
        | UnaryOperator::DoubleAt
        | UnaryOperator::Hash
        | UnaryOperator::PGAbs
        | UnaryOperator::PGCubeRoot
        | UnaryOperator::PGPostfixFactorial
        | UnaryOperator::PGPrefixFactorial
        | UnaryOperator::PGSquareRoot
        | UnaryOperator::QuestionDash
        | UnaryOperator::QuestionPipe => return unsupported("this operator"),
    };
    Ok(Expression::Operator {
        operator,
        operands: vec![operand],
    })
}
