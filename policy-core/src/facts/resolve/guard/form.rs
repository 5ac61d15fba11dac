//! Forms of conditions: complements, literals that are false, patterns.

use super::alike::alike;
use super::alike::plain;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;

/// `a IS NULL OR a IS NOT NULL`, `a >= 0 OR a < 0`, `x OR NOT x`: the tree does not keep which way a
/// comparison goes, so two comparisons of the same things are taken for complements.
pub(super) fn has_complements(operands: &[Expression]) -> bool {
    pairs(operands).any(|(one, other)| complements(one, other))
}

fn complements(one: &Expression, other: &Expression) -> bool {
    let (one, other) = (plain(one), plain(other));
    let negated = |negated: &Expression, plain_one: &Expression| {
        matches!(negated, Expression::Operator { operator: Operator::Not, operands }
            if matches!(operands.as_slice(), [inner] if alike(inner, plain_one)))
    };
    if negated(one, other) || negated(other, one) {
        return true;
    }
    let (
        Expression::Operator {
            operator: left,
            operands: lefts,
        },
        Expression::Operator {
            operator: right,
            operands: rights,
        },
    ) = (one, other)
    else {
        return false;
    };
    let is_comparison = |operator: &Operator| {
        matches!(operator, Operator::Equal | Operator::Compare | Operator::In)
    };
    let same_kind = left == right && *left != Operator::Equal && is_predicate(*left)
        || left != right && is_comparison(left) && is_comparison(right);
    let same_operands = lefts.len() == rights.len()
        && (lefts.iter().zip(rights).all(|(l, r)| alike(l, r))
            || lefts.iter().rev().zip(rights).all(|(l, r)| alike(l, r)));
    same_kind && same_operands
}

/// `id = 1` and `id = 2`: never both.
pub(super) fn excludes(one: &Expression, other: &Expression) -> bool {
    let (Some((left, value)), Some((right, other))) = (equality(one), equality(other)) else {
        return false;
    };
    let differ = match (literal(value), literal(other)) {
        (Some(value), Some(other)) => value != other,
        _ => false,
    };
    alike(left, right) && differ
}

/// The two sides of `x = y`.
fn equality(expression: &Expression) -> Option<(&Expression, &Expression)> {
    let Expression::Operator {
        operator: Operator::Equal,
        operands,
    } = plain(expression)
    else {
        return None;
    };
    match operands.as_slice() {
        [left, right] => Some((left, right)),
        _ => None,
    }
}

/// Every two of a list.
pub(super) fn pairs(list: &[Expression]) -> impl Iterator<Item = (&Expression, &Expression)> {
    let rest = move |place: usize| list.iter().skip(place + 1);
    // A chain may be long, and nobody hides a tautology behind so many conditions.
    let few = list.iter().take(PAIRED_MAX).enumerate();
    few.flat_map(move |(place, one)| rest(place).take(PAIRED_MAX).map(move |other| (one, other)))
}

/// Whether it gives true or false.
pub(super) fn is_predicate(operator: Operator) -> bool {
    match operator {
        Operator::Equal
        | Operator::Compare
        | Operator::Between
        | Operator::In
        | Operator::Like
        | Operator::IsNull
        | Operator::And
        | Operator::Or
        | Operator::Xor
        | Operator::Not
        | Operator::Regular
        | Operator::SoundsLike
        | Operator::Truth => true,
        Operator::Concat
        | Operator::Arithmetic
        | Operator::Bits
        | Operator::Json
        | Operator::Match
        | Operator::Interval => false,
    }
}

/// The literal that an expression is.
pub(super) fn literal(expression: &Expression) -> Option<&Literal> {
    if let Expression::Literal(literal) = plain(expression) {
        return Some(literal);
    }
    None
}

/// The text on the right of LIKE or REGEXP.
pub(super) fn pattern(operands: &[Expression]) -> Option<&str> {
    match literal(operands.get(1)?)? {
        Literal::Text(text) => Some(text),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Number(_)
        | Literal::Bytes
        | Literal::Raw
        | Literal::Temporal => None,
    }
}

/// The number that a literal is.
pub(super) fn number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Number(text) => text.parse().ok(),
        Literal::Boolean(value) => Some(f64::from(u8::from(*value))),
        Literal::Null | Literal::Text(_) | Literal::Bytes | Literal::Raw | Literal::Temporal => {
            None
        }
    }
}

/// Whether a literal is false as a condition.
pub(super) fn is_false(literal: &Literal) -> bool {
    match literal {
        Literal::Null | Literal::Boolean(false) => true,
        Literal::Boolean(true) | Literal::Bytes | Literal::Raw | Literal::Temporal => false,
        Literal::Number(text) | Literal::Text(text) => is_zero(text),
    }
}

/// Servers take a text for the number that it begins with: `'1x'` is true.
fn is_zero(text: &str) -> bool {
    let digits = text.trim_start().trim_start_matches(['-', '+']);
    let mantissa = digits.find(|c: char| !c.is_ascii_digit() && c != '.');
    let mantissa = digits.get(..mantissa.unwrap_or(digits.len()));
    !mantissa
        .unwrap_or_default()
        .contains(|c: char| c.is_ascii_digit() && c != '0')
}

/// How many conditions of a chain are held against each other.
const PAIRED_MAX: usize = 64;
