//! Bound parameters as records, approvers and bindings see them.

use bytes::Bytes;
use mysql_proto::row::value::Value;
use mysql_proto::statement::Parameter;
use mysql_proto::statement::ParameterValue;
use mysql_proto::types::ColumnType;
use policy_core::decide::BoundType;

use crate::long_data::LongData;

/// One bound parameter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Bound {
    /// Its type on the wire, in the manual's word.
    pub(crate) kind: &'static str,
    /// Its value as text or bytes; `None` for NULL.
    pub(crate) value: Option<Bytes>,
    /// Type byte and sign, for what an approval binds.
    pub(crate) wire_type: [u8; 2],
}

impl Bound {
    /// What a column that is compared with it is converted to.
    pub(crate) fn bound_type(&self) -> BoundType {
        match self.kind {
            "string" | "null" if self.value.iter().all(|text| text.is_ascii()) => BoundType::Ascii,
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
            let kind = parameter.value_type.column_type;
            let value = match parameter.value {
                ParameterValue::Value(Value::Bytes(bytes)) => Some(payload.slice_ref(bytes)),
                ParameterValue::Value(value) => text(&value).map(Bytes::from),
                ParameterValue::LongData => ahead.value(index).map(Bytes::copy_from_slice),
            };
            let wire_type = [kind.to_u8(), u8::from(parameter.value_type.unsigned)];
            Bound {
                kind: type_name(kind),
                value,
                wire_type,
            }
        })
        .collect()
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
