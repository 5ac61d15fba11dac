//! Bound parameters as records, approvers and bindings see them.

use std::sync::Arc;

use bytes::Bytes;
use mysql_proto::query::QueryAttribute;
use mysql_proto::row::value::Value;
use mysql_proto::statement::Parameter;
use mysql_proto::statement::ParameterValue;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;
use policy_core::decide::BoundType;

use crate::long_data::LongData;
use crate::long_value::LongValue;

/// A longer parameter that is sent ahead is not kept, and an approval binds the digest of a longer one
/// however it was sent.
pub(crate) const KEPT_BYTES_MAX: usize = 64 * 1024;

/// One bound parameter.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// Its type on the wire, in the manual's word.
    pub(crate) kind: &'static str,
    /// Its value.
    pub(crate) value: BoundValue,
    /// Type byte and sign, for what an approval binds.
    pub(crate) wire_type: [u8; 2],
}

/// The value of a bound parameter.
#[derive(Clone, Debug)]
pub(crate) enum BoundValue {
    /// NULL.
    Null,
    /// All of it, as text or bytes.
    Whole(Bytes),
    /// It was too long to be kept.
    Long(Arc<LongValue>),
}

impl Bound {
    /// All of its value, as far as that is kept.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        match &self.value {
            BoundValue::Whole(value) => Some(value),
            BoundValue::Null | BoundValue::Long(_) => None,
        }
    }

    fn is_ascii(&self) -> bool {
        match &self.value {
            BoundValue::Null => true,
            BoundValue::Whole(text) => text.is_ascii(),
            BoundValue::Long(text) => text.is_ascii(),
        }
    }

    /// What a column that is compared with it is converted to.
    pub(crate) fn bound_type(&self) -> BoundType {
        match self.kind {
            "string" | "null" if self.is_ascii() => BoundType::Ascii,
            "string" | "null" => BoundType::Text,
            "decimal" | "tinyint" | "smallint" | "int" | "mediumint" | "bigint" | "float"
            | "double" | "year" | "bit" | "vector" | "json" | "enum" | "set" | "blob"
            | "geometry" => BoundType::Other,
            _ => BoundType::Moment,
        }
    }
}

/// Takes the parameters of an EXECUTE apart, those too that were sent ahead. They lie in `payload`.
pub(crate) fn bound(parameters: &[Parameter<'_>], payload: &Bytes, ahead: &LongData) -> Vec<Bound> {
    parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let value = match &parameter.value {
                ParameterValue::Value(value) => shown(value, payload),
                ParameterValue::LongData => ahead.value(index),
            };
            typed(parameter.value_type, value)
        })
        .collect()
}

/// Takes a query attribute. It lies in `payload`.
pub(crate) fn attribute(attribute: &QueryAttribute<'_>, payload: &Bytes) -> Bound {
    typed(attribute.value_type, shown(&attribute.value, payload))
}

fn typed(value_type: ValueType, value: BoundValue) -> Bound {
    let kind = value_type.column_type;
    Bound {
        kind: type_name(kind),
        value,
        wire_type: [kind.to_u8(), u8::from(value_type.unsigned)],
    }
}

fn shown(value: &Value<'_>, payload: &Bytes) -> BoundValue {
    if let Value::Bytes(bytes) = value {
        return BoundValue::Whole(payload.slice_ref(bytes));
    }
    text(value).map_or(BoundValue::Null, |text| BoundValue::Whole(text.into()))
}

fn text(value: &Value<'_>) -> Option<Vec<u8>> {
    let text = match value {
        Value::Null => return None,
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::DateTime(at) => format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
            at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond
        ),
        Value::Time(time) => format!(
            "{}{} {:02}:{:02}:{:02}.{:06}",
            if time.negative { "-" } else { "" },
            time.days,
            time.hour,
            time.minute,
            time.second,
            time.microsecond
        ),
        Value::Bytes(bytes) => return Some(bytes.to_vec()),
    };
    Some(text.into_bytes())
}

fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Decimal | ColumnType::NewDecimal => "decimal",
        ColumnType::Tiny => "tinyint",
        ColumnType::Short => "smallint",
        ColumnType::Long => "int",
        ColumnType::Int24 => "mediumint",
        ColumnType::LongLong => "bigint",
        ColumnType::Float => "float",
        ColumnType::Double => "double",
        ColumnType::Null => "null",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::DateTime => "datetime",
        ColumnType::Year => "year",
        ColumnType::Bit => "bit",
        ColumnType::Vector => "vector",
        ColumnType::Json => "json",
        ColumnType::Enum => "enum",
        ColumnType::Set => "set",
        ColumnType::TinyBlob | ColumnType::MediumBlob | ColumnType::LongBlob | ColumnType::Blob => {
            "blob"
        }
        ColumnType::VarChar | ColumnType::VarString | ColumnType::String => "string",
        ColumnType::Geometry => "geometry",
    }
}
