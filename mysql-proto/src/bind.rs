//! The block of bound values that an execute and a query with attributes share: NULL bitmap, types,
//! names where they were agreed, values.

use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::row::value::Value;
use crate::types::ColumnType;
use crate::types::ValueType;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;

/// The bit of a type's second byte that says its integers have no sign.
const UNSIGNED: u8 = 0x80;

/// One bound value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound<'a> {
    /// Its name, where names are sent; mostly empty for parameters.
    pub(crate) name: &'a [u8],
    /// Its type.
    pub(crate) value_type: ValueType,
    /// What was sent; nothing for what came ahead as long data.
    pub(crate) value: Option<Value<'a>>,
}

/// What is known of a block before it is read.
pub(crate) struct Expected<'k, L> {
    /// How many values it holds.
    pub(crate) count: usize,
    /// Whether names stand behind the types.
    pub(crate) named: bool,
    /// The types of an earlier block, for one that sends none.
    pub(crate) kept: Option<&'k [ValueType]>,
    /// Which values came ahead as long data.
    pub(crate) is_long_data: L,
}

/// Reads a block of at least one value; tells too whether it brought types.
pub(crate) fn decode_block<'a>(
    reader: &mut Reader<'a>,
    expected: &Expected<'_, impl Fn(usize) -> bool>,
) -> Result<(Vec<Bound<'a>>, bool), DecodeError> {
    let count = expected.count;
    let bitmap = reader.bytes(count.div_ceil(8), "NULL bitmap")?;
    // Servers take every value but zero for a yes.
    let types_bound = reader.u8("new parameters flag")? != 0;
    let mut block = Vec::new();
    if types_bound {
        for _ in 0..count {
            let value_type = decode_type(reader)?;
            let name = if expected.named {
                reader.lenenc_bytes("name of a parameter")?
            } else {
                &[]
            };
            block.push(Bound {
                name,
                value_type,
                value: None,
            });
        }
    } else {
        let Some(kept) = expected.kept.filter(|kept| kept.len() == count) else {
            return Err(DecodeError::TypesNotBound);
        };
        block.extend(kept.iter().map(|value_type| Bound {
            name: &[],
            value_type: *value_type,
            value: None,
        }));
    }
    for (index, bound) in block.iter_mut().enumerate() {
        let null = bitmap
            .get(index / 8)
            .is_some_and(|byte| byte & (1 << (index % 8)) != 0);
        // A parameter that was sent before carries no value, whatever the bitmap says: a server
        // looks at its long data first.
        bound.value = if (expected.is_long_data)(index) {
            None
        } else if null {
            Some(Value::Null)
        } else {
            Some(Value::decode(reader, bound.value_type)?)
        };
    }
    Ok((block, types_bound))
}

/// Reads a type and its sign.
pub(crate) fn decode_type(reader: &mut Reader<'_>) -> Result<ValueType, DecodeError> {
    let [number, flags] = reader.array("parameter types")?;
    if flags & !UNSIGNED != 0 {
        return Err(DecodeError::Invalid {
            field: "flags of a parameter type",
            value: u64::from(flags),
        });
    }
    Ok(ValueType {
        column_type: ColumnType::from_u8(number)?,
        unsigned: flags & UNSIGNED != 0,
    })
}

/// Appends a type and its sign.
pub(crate) fn encode_type(value_type: ValueType, out: &mut Vec<u8>) {
    let flags = if value_type.unsigned { UNSIGNED } else { 0 };
    out.extend([value_type.column_type.to_u8(), flags]);
}

/// Appends a block with its types; what came ahead as long data writes no value.
///
/// On an error, `out` is as it was.
pub(crate) fn encode_block(
    block: &[Bound<'_>],
    named: bool,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if block.is_empty() {
        return Ok(());
    }
    let start = out.len();
    let mut bitmap = vec![0_u8; block.len().div_ceil(8)];
    for (index, bound) in block.iter().enumerate() {
        if let Some(byte) = bitmap.get_mut(index / 8)
            && bound.value == Some(Value::Null)
        {
            *byte |= 1 << (index % 8);
        }
    }
    out.append(&mut bitmap);
    out.push(1);
    for bound in block {
        encode_type(bound.value_type, out);
        if named {
            put_lenenc_bytes(bound.name, out);
        }
    }
    for (index, bound) in block.iter().enumerate() {
        let Some(value) = bound.value else {
            continue;
        };
        if !value.encode(bound.value_type, out) {
            out.truncate(start);
            return Err(EncodeError::WrongType { index });
        }
    }
    Ok(())
}
