//! Prepared statements: the reply to a prepare, and the parameters of an execute.

use crate::error::DecodeError;
use crate::limits::Limits;
use crate::row::value::Value;
use crate::types::ColumnType;
use crate::types::ValueType;
use crate::wire::Reader;

/// The bit of a parameter's type that says its integers have no sign.
const UNSIGNED: u16 = 0x8000;

/// The number of a prepared statement within its session.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StatementId(u32);

impl StatementId {
    /// MariaDB: the statement that was prepared last.
    pub const LAST_PREPARED: Self = Self(u32::MAX);

    /// A number as it is sent.
    #[must_use]
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The number as it is sent.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }
}

/// The first packet of the reply to a prepare.
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PrepareOk {
    /// The number to execute it by.
    pub statement_id: StatementId,
    /// How many columns its result has; zero for those that tell only when executed.
    pub columns: u16,
    /// How many parameters it has.
    pub params: u16,
    /// The number of warnings.
    pub warnings: u16,
}

impl PrepareOk {
    /// Reads a payload of a connection without OPTIONAL_RESULTSET_METADATA.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let first = reader.u8("header of a prepare reply")?;
        if first != 0 {
            return Err(DecodeError::Unexpected {
                expected: "a prepare reply",
                first,
            });
        }
        let statement_id = StatementId(reader.u32("statement id")?);
        let columns = reader.u16("column count")?;
        let params = reader.u16("parameter count")?;
        reader.u8("filler")?;
        let warnings = reader.u16("warnings")?;
        reader.finish("prepare reply")?;
        Ok(Self {
            statement_id,
            columns,
            params,
            warnings,
        })
    }

    /// Appends the packet as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(0);
        out.extend(self.statement_id.0.to_le_bytes());
        out.extend(self.columns.to_le_bytes());
        out.extend(self.params.to_le_bytes());
        out.push(0);
        out.extend(self.warnings.to_le_bytes());
    }
}

/// An execute, up to its parameters.
///
/// The parameters cannot be read without what the server said and the client sent before: their
/// number, their types, and which of them came as long data. [`Execute::parameters`] reads them.
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Execute<'a> {
    /// The statement.
    pub statement_id: StatementId,
    /// Whether a cursor is opened.
    pub cursor: CursorFlags,
    /// Always 1.
    pub iterations: u32,
    /// Bitmap, types and values, as they came.
    pub parameters: &'a [u8],
}

bitflags::bitflags! {
    /// The flags of an execute.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct CursorFlags: u8 {
        /// Rows are fetched from a cursor.
        const READ_ONLY = 1;
        /// A cursor for update; no server has it.
        const FOR_UPDATE = 1 << 1;
        /// A cursor that scrolls; no server has it.
        const SCROLLABLE = 1 << 2;
        /// With query attributes: the number of parameters is sent.
        const PARAMETER_COUNT_AVAILABLE = 1 << 3;
    }
}

/// One parameter of an execute.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter<'a> {
    /// Its type, as it was bound with this execute or one before.
    pub value_type: ValueType,
    /// What it holds.
    pub value: ParameterValue<'a>,
}

/// What a parameter holds.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever decides on a parameter must handle both"
)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterValue<'a> {
    /// A value, sent with the execute.
    Value(Value<'a>),
    /// Sent before with COM_STMT_SEND_LONG_DATA.
    LongData,
}

/// The parameters of one execute.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<'a> {
    /// Each parameter, in order.
    pub values: Vec<Parameter<'a>>,
    /// Whether types came with this execute; keep them then for the executes after it.
    pub types_bound: bool,
}

impl Parameters<'_> {
    /// The types, to be kept for executes that send none.
    #[must_use]
    pub fn types(&self) -> Vec<ValueType> {
        self.values.iter().map(|value| value.value_type).collect()
    }
}

impl<'a> Execute<'a> {
    /// Reads what follows the command byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is not an execute.
    pub(crate) fn decode(mut reader: Reader<'a>) -> Result<Self, DecodeError> {
        let statement_id = StatementId(reader.u32("statement id")?);
        let flags = reader.u8("cursor flags")?;
        let Some(cursor) = CursorFlags::from_bits(flags) else {
            return Err(DecodeError::Invalid {
                field: "cursor flags",
                value: u64::from(flags),
            });
        };
        let iterations = reader.u32("iteration count")?;
        if iterations != 1 {
            return Err(DecodeError::Invalid {
                field: "iteration count",
                value: u64::from(iterations),
            });
        }
        Ok(Self {
            statement_id,
            cursor,
            iterations,
            parameters: reader.take_rest(),
        })
    }

    /// Appends what follows the command byte.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.statement_id.0.to_le_bytes());
        out.push(self.cursor.bits());
        out.extend(self.iterations.to_le_bytes());
        out.extend_from_slice(self.parameters);
    }

    /// Reads the parameters of a connection without query attributes.
    ///
    /// `kept` are the types of an earlier execute of this statement, `is_long_data` tells which
    /// parameters were sent with COM_STMT_SEND_LONG_DATA since the last one.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not so many parameters, or have no types.
    pub fn parameters(
        &self,
        count: usize,
        kept: Option<&[ValueType]>,
        is_long_data: impl Fn(usize) -> bool,
        limits: &Limits,
    ) -> Result<Parameters<'a>, DecodeError> {
        if count > limits.params_max {
            return Err(DecodeError::OverLimit {
                field: "parameter count",
                value: count as u64,
                limit: limits.params_max as u64,
            });
        }
        let mut reader = Reader::new(self.parameters);
        if count == 0 {
            // Some clients send the flag byte even though nothing follows it.
            if !reader.is_empty() {
                reader.u8("new parameters flag")?;
            }
            reader.finish("execute")?;
            return Ok(Parameters {
                values: Vec::new(),
                types_bound: false,
            });
        }
        let bitmap = reader.bytes(count.div_ceil(8), "NULL bitmap")?;
        // Servers take every value but zero for a yes.
        let types_bound = reader.u8("new parameters flag")? != 0;
        let types = if types_bound {
            decode_types(count, &mut reader)?
        } else {
            match kept {
                Some(types) if types.len() == count => types.to_vec(),
                Some(_) | None => return Err(DecodeError::TypesNotBound),
            }
        };
        let mut values = Vec::new();
        for (index, value_type) in types.into_iter().enumerate() {
            let null = bitmap
                .get(index / 8)
                .is_some_and(|byte| byte & (1 << (index % 8)) != 0);
            // A parameter that was sent before carries no value, whatever the bitmap says: a
            // server looks at its long data first.
            let value = if is_long_data(index) {
                ParameterValue::LongData
            } else if null {
                ParameterValue::Value(Value::Null)
            } else {
                ParameterValue::Value(Value::decode(&mut reader, value_type)?)
            };
            values.push(Parameter { value_type, value });
        }
        reader.finish("execute")?;
        Ok(Parameters {
            values,
            types_bound,
        })
    }
}

fn decode_types(count: usize, reader: &mut Reader<'_>) -> Result<Vec<ValueType>, DecodeError> {
    let block = reader.bytes(count.saturating_mul(2), "parameter types")?;
    let mut types = Vec::new();
    for pair in block.chunks_exact(2) {
        let [number, flags] = *pair else {
            return Err(DecodeError::Truncated {
                field: "parameter types",
            });
        };
        if flags & 0x7f != 0 {
            return Err(DecodeError::Invalid {
                field: "flags of a parameter type",
                value: u64::from(flags),
            });
        }
        types.push(ValueType {
            column_type: ColumnType::from_u8(number)?,
            unsigned: flags & 0x80 != 0,
        });
    }
    Ok(types)
}

/// Appends bitmap, types and values of an execute; false when a value is not of its type.
///
/// On false, `out` is as it was.
#[must_use]
pub fn encode_parameters(parameters: &[(ValueType, Value<'_>)], out: &mut Vec<u8>) -> bool {
    if parameters.is_empty() {
        return true;
    }
    let start = out.len();
    let mut bitmap = vec![0_u8; parameters.len().div_ceil(8)];
    for (index, (_, value)) in parameters.iter().enumerate() {
        if let Some(byte) = bitmap.get_mut(index / 8)
            && *value == Value::Null
        {
            *byte |= 1 << (index % 8);
        }
    }
    out.append(&mut bitmap);
    out.push(1);
    for (value_type, _) in parameters {
        let sign = if value_type.unsigned { UNSIGNED } else { 0 };
        let bits = u16::from(value_type.column_type.to_u8()) | sign;
        out.extend(bits.to_le_bytes());
    }
    for (value_type, value) in parameters {
        if !value.encode(*value_type, out) {
            out.truncate(start);
            return false;
        }
    }
    true
}

/// A piece of a parameter that is sent ahead of the execute.
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LongData<'a> {
    /// The statement.
    pub statement_id: StatementId,
    /// The parameter, counted from zero.
    pub parameter: u16,
    /// The piece; pieces are put together in order.
    pub data: &'a [u8],
}

impl<'a> LongData<'a> {
    pub(crate) fn decode(mut reader: Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            statement_id: StatementId(reader.u32("statement id")?),
            parameter: reader.u16("parameter")?,
            data: reader.take_rest(),
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.statement_id.0.to_le_bytes());
        out.extend(self.parameter.to_le_bytes());
        out.extend_from_slice(self.data);
    }
}

/// Reads a statement id that fills what is left.
pub(crate) fn decode_only_id(mut reader: Reader<'_>) -> Result<StatementId, DecodeError> {
    let id = StatementId(reader.u32("statement id")?);
    reader.finish("command")?;
    Ok(id)
}
