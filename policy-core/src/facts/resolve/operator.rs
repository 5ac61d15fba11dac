//! Operators and casts: the types that come out, and which of them are total.

use super::expression::mixes_bytes;
use super::value::Kind;
use super::value::Value;
use crate::facts::tree::Operator;

pub(super) fn cast_kind(to: &str) -> Kind {
    let first = to.split([' ', '(']).next().unwrap_or_default();
    match first {
        "char" | "nchar" | "varchar" | "using" | "national" => Kind::Text,
        "binary" => Kind::Binary,
        "signed" | "unsigned" | "int" | "integer" | "year" => Kind::Integer,
        "decimal" | "dec" | "float" | "double" | "real" => Kind::Number,
        "date" | "time" | "datetime" => Kind::Temporal,
        "json" => Kind::Json,
        _ => Kind::Other,
    }
}

pub(super) fn result_kind(operator: Operator, values: &[Value]) -> Kind {
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
        | Operator::Bits
        | Operator::Regular
        | Operator::SoundsLike
        | Operator::Truth => Kind::Integer,
        Operator::Concat => Kind::Grown,
        Operator::Arithmetic if values.iter().all(|value| value.kind.is_numeric()) => Kind::Number,
        Operator::Match => Kind::Number,
        Operator::Arithmetic | Operator::Json | Operator::Interval => Kind::Other,
    }
}

/// The word for an operator that can fail, warn or choose what else is evaluated; `None` if it
/// is total over operands of these types.
pub(super) fn not_total(operator: Operator, values: &[Value]) -> Option<&'static str> {
    let strings = values.iter().all(|value| value.kind.is_string()) && !mixes_bytes(values);
    let numbers = values.iter().all(|value| value.kind.is_numeric());
    // Of another literal MariaDB says that it is no date, if there is a row with one.
    let temporal = values
        .iter()
        .all(|value| matches!(value.kind, Kind::Temporal | Kind::Null));
    // MySQL makes dates and times of each other where IN lists several, and warns.
    let one = values.iter().filter(|value| !value.literal).count() < 2;
    // MySQL makes the bounds integers beside a year, and some numbers are none.
    let years = values.iter().any(|value| value.kind == Kind::Year);
    match operator {
        Operator::Between if years => Some("BETWEEN over a year"),
        Operator::In if strings || numbers || temporal && one => None,
        Operator::Equal | Operator::Compare | Operator::Between
            if strings || numbers || temporal =>
        {
            None
        }
        Operator::Equal | Operator::Compare | Operator::Between | Operator::In => {
            Some("a comparison that converts")
        }
        Operator::Like if strings => None,
        Operator::Like => Some("LIKE over another type than text"),
        Operator::IsNull => None,
        Operator::Not | Operator::Truth if numbers => None,
        Operator::Not | Operator::Truth => Some("a truth value of another type"),
        Operator::Concat
            if values
                .iter()
                .all(|value| value.kind.is_string() || value.kind.is_numeric())
                && !mixes_bytes(values)
                && values.iter().all(|value| value.kind != Kind::Grown) =>
        {
            None
        }
        Operator::Concat => Some("`||`"),
        Operator::And | Operator::Or | Operator::Xor => Some("AND or OR"),
        Operator::Arithmetic => Some("arithmetic"),
        Operator::Bits => Some("a bit operator"),
        Operator::Regular => Some("a regular expression"),
        Operator::SoundsLike => Some("SOUNDS LIKE"),
        Operator::Json => Some("a JSON operator"),
        Operator::Match => Some("MATCH"),
        Operator::Interval => Some("INTERVAL"),
    }
}
