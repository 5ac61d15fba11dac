//! Prepared statements: the reply to a prepare, and the parameters of an execute.

use crate::bind::Bound;
use crate::bind::Expected;
use crate::bind::decode_block;
use crate::bind::encode_block;
use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::limits::Limits;
use crate::query::QueryAttribute;
use crate::query::decode_count;
use crate::response::column::decode_metadata_flag;
use crate::row::value::Value;
use crate::types::ValueType;
use crate::wire::Reader;
use crate::wire::put_lenenc_int;

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
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html)
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
        let packet = Self::read(&mut reader)?;
        reader.finish("prepare reply")?;
        Ok(packet)
    }

    /// Reads a payload of a connection with OPTIONAL_RESULTSET_METADATA, which tells whether the
    /// definitions of parameters and columns follow.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is another packet.
    pub fn decode_optional(payload: &[u8]) -> Result<(Self, bool), DecodeError> {
        let mut reader = Reader::new(payload);
        let packet = Self::read(&mut reader)?;
        let follow = decode_metadata_flag(&mut reader)?;
        reader.finish("prepare reply")?;
        Ok((packet, follow))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
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

    /// Appends the packet as a payload of a connection with OPTIONAL_RESULTSET_METADATA.
    pub fn encode_optional(&self, follow: bool, out: &mut Vec<u8>) {
        self.encode(out);
        out.push(u8::from(follow));
    }
}

/// An execute, up to its parameters.
///
/// The parameters cannot be read without what the server said and the client sent before: their
/// number, their types, and which of them came as long data. [`Execute::parameters`] reads them.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html)
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
    /// Its name; mostly empty, and never sent without query attributes.
    pub name: &'a [u8],
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
    /// What came behind the parameters, on a connection with query attributes.
    pub attributes: Vec<QueryAttribute<'a>>,
}

impl Parameters<'_> {
    /// The types, to be kept for executes that send none.
    #[must_use]
    pub fn types(&self) -> Vec<ValueType> {
        self.values.iter().map(|value| value.value_type).collect()
    }

    /// Appends count, bitmap, types, names and values, with the types in any case.
    ///
    /// The flags of the execute must say [`CursorFlags::PARAMETER_COUNT_AVAILABLE`].
    ///
    /// # Errors
    ///
    /// [`EncodeError::WrongType`] when a value is not of its type; `out` is as it was then.
    pub fn encode_with_attributes(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let values = self.values.iter().map(Parameter::bound);
        let attributes = self.attributes.iter().map(QueryAttribute::bound);
        encode_named(&values.chain(attributes).collect::<Vec<_>>(), out)
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
        check_count(count, limits)?;
        let mut reader = Reader::new(self.parameters);
        let expected = Expected {
            count,
            named: false,
            kept,
            is_long_data,
        };
        let read = decode_parameters(&mut reader, &expected, count)?;
        reader.finish("execute")?;
        Ok(read)
    }

    /// Reads the parameters of a connection with query attributes, and the attributes.
    ///
    /// `count` is the number of parameters that the statement has; what is sent beyond it are
    /// attributes. The rest is as for [`Execute::parameters`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not at least so many values, or have no types.
    pub fn parameters_with_attributes(
        &self,
        count: usize,
        kept: Option<&[ValueType]>,
        is_long_data: impl Fn(usize) -> bool,
        limits: &Limits,
    ) -> Result<Parameters<'a>, DecodeError> {
        check_count(count, limits)?;
        let mut reader = Reader::new(self.parameters);
        // For a statement without parameters a server looks for a count only where the flag says
        // that there is one; for others it always does, whatever the flag says.
        let counted = self.cursor.contains(CursorFlags::PARAMETER_COUNT_AVAILABLE);
        let sent = if count == 0 && !counted {
            0
        } else {
            decode_count(&mut reader, count, limits)?
        };
        let expected = Expected {
            count: sent,
            named: true,
            kept,
            is_long_data: |index| index < count && is_long_data(index),
        };
        let read = decode_parameters(&mut reader, &expected, count)?;
        reader.finish("execute")?;
        Ok(read)
    }
}

const fn check_count(count: usize, limits: &Limits) -> Result<(), DecodeError> {
    if count > limits.params_max {
        return Err(DecodeError::OverLimit {
            field: "parameter count",
            value: count as u64,
            limit: limits.params_max as u64,
        });
    }
    Ok(())
}

/// Reads values of which the first `count` are parameters.
fn decode_parameters<'a>(
    reader: &mut Reader<'a>,
    expected: &Expected<'_, impl Fn(usize) -> bool>,
    count: usize,
) -> Result<Parameters<'a>, DecodeError> {
    if expected.count == 0 {
        // Some clients send the flag byte even though nothing follows it.
        if !reader.is_empty() {
            reader.u8("new parameters flag")?;
        }
        return Ok(Parameters {
            values: Vec::new(),
            types_bound: false,
            attributes: Vec::new(),
        });
    }
    let (block, types_bound) = decode_block(reader, expected)?;
    let (parameters, attributes) = block.split_at(count.min(block.len()));
    Ok(Parameters {
        values: parameters.iter().map(Parameter::from_bound).collect(),
        types_bound,
        attributes: attributes
            .iter()
            .filter_map(QueryAttribute::from_bound)
            .collect(),
    })
}

impl<'a> Parameter<'a> {
    const fn from_bound(bound: &Bound<'a>) -> Self {
        Self {
            name: bound.name,
            value_type: bound.value_type,
            value: match bound.value {
                Some(value) => ParameterValue::Value(value),
                None => ParameterValue::LongData,
            },
        }
    }

    const fn bound(&self) -> Bound<'a> {
        Bound {
            name: self.name,
            value_type: self.value_type,
            value: match self.value {
                ParameterValue::Value(value) => Some(value),
                ParameterValue::LongData => None,
            },
        }
    }
}

/// Appends bitmap, types and values of an execute; false when a value is not of its type.
///
/// On false, `out` is as it was.
#[must_use]
pub fn encode_parameters(parameters: &[(ValueType, Value<'_>)], out: &mut Vec<u8>) -> bool {
    let block: Vec<_> = parameters.iter().map(bound).collect();
    encode_block(&block, false, out).is_ok()
}

/// Appends count, bitmap, types, names and values of an execute with query attributes.
///
/// The flags of the execute must say [`CursorFlags::PARAMETER_COUNT_AVAILABLE`].
///
/// # Errors
///
/// [`EncodeError::WrongType`] when a value is not of its type; `out` is as it was then.
pub fn encode_parameters_with_attributes(
    parameters: &[(ValueType, Value<'_>)],
    attributes: &[QueryAttribute<'_>],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let values = parameters.iter().map(bound);
    let attributes = attributes.iter().map(QueryAttribute::bound);
    encode_named(&values.chain(attributes).collect::<Vec<_>>(), out)
}

fn encode_named(block: &[Bound<'_>], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    put_lenenc_int(block.len() as u64, out);
    encode_block(block, true, out).inspect_err(|_| out.truncate(start))
}

const fn bound<'a>((value_type, value): &(ValueType, Value<'a>)) -> Bound<'a> {
    Bound {
        name: &[],
        value_type: *value_type,
        value: Some(*value),
    }
}

/// A piece of a parameter that is sent ahead of the execute.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_send_long_data.html)
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
