//! COM_STMT_BULK_EXECUTE of MariaDB: one prepared statement, many rows of parameters.

use crate::bind::decode_type;
use crate::bind::encode_type;
use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::limits::Limits;
use crate::row::value::Value;
use crate::statement::StatementId;
use crate::types::ValueType;
use crate::wire::Reader;

bitflags::bitflags! {
    /// The flags of a bulk execute.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct BulkFlags: u16 {
        /// The reply is a result set with a row for each row of parameters.
        const SEND_UNIT_RESULTS = 64;
        /// The types of the parameters are sent.
        const SEND_TYPES = 128;
    }
}

/// A bulk execute, up to its parameters; the content of
/// [`CommandByte::StmtBulkExecute`](crate::command::CommandByte::StmtBulkExecute).
///
/// The reply is that of an execute: OK or ERR, or with [`BulkFlags::SEND_UNIT_RESULTS`] a result
/// set.
///
/// [Manual](https://mariadb.com/docs/server/reference/clientserver-protocol/3-binary-protocol-prepared-statements/com_stmt_bulk_execute)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BulkExecute<'a> {
    /// The statement.
    pub statement_id: StatementId,
    /// The flags.
    pub flags: BulkFlags,
    /// Types and rows, as they came.
    pub rows: &'a [u8],
}

/// One parameter of one row.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever decides on a parameter must handle every kind"
)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BulkValue<'a> {
    /// A value, or NULL.
    Value(Value<'a>),
    /// The default of the column.
    Default,
    /// The default where a row is inserted; nothing is set where one is updated.
    Ignore,
}

const VALUE: u8 = 0;
const NULL: u8 = 1;
const DEFAULT: u8 = 2;
const IGNORE: u8 = 3;

impl<'a> BulkExecute<'a> {
    /// Reads what follows the command byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it is cut, or has a flag that is not known.
    pub fn decode(content: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(content);
        let statement_id = StatementId::new(reader.u32("statement id")?);
        let bits = reader.u16("bulk flags")?;
        let Some(flags) = BulkFlags::from_bits(bits) else {
            return Err(DecodeError::Invalid {
                field: "bulk flags",
                value: u64::from(bits),
            });
        };
        Ok(Self {
            statement_id,
            flags,
            rows: reader.take_rest(),
        })
    }

    /// Appends what follows the command byte.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.statement_id.value().to_le_bytes());
        out.extend(self.flags.bits().to_le_bytes());
        out.extend_from_slice(self.rows);
    }

    /// The rows of a statement with `count` parameters, read as they are asked for.
    ///
    /// `kept` are the types of an earlier execute, for one that sends none.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when there are no parameters or no types.
    pub fn rows(
        &self,
        count: usize,
        kept: Option<&[ValueType]>,
        limits: &Limits,
    ) -> Result<BulkRows<'a>, DecodeError> {
        const FIELD: &str = "parameter count";
        if count == 0 {
            // Rows of nothing would never end.
            return Err(DecodeError::Invalid {
                field: FIELD,
                value: 0,
            });
        }
        if count > limits.params_max {
            return Err(DecodeError::OverLimit {
                field: FIELD,
                value: count as u64,
                limit: limits.params_max as u64,
            });
        }
        let mut reader = Reader::new(self.rows);
        let mut types = Vec::new();
        if self.flags.contains(BulkFlags::SEND_TYPES) {
            for _ in 0..count {
                types.push(decode_type(&mut reader)?);
            }
        } else {
            let kept = kept.filter(|kept| kept.len() == count);
            types.extend_from_slice(kept.ok_or(DecodeError::TypesNotBound)?);
        }
        Ok(BulkRows { types, reader })
    }
}

/// The rows of a [`BulkExecute`], from first to last, until one is broken.
#[derive(Clone, Debug)]
pub struct BulkRows<'a> {
    types: Vec<ValueType>,
    reader: Reader<'a>,
}

impl<'a> BulkRows<'a> {
    /// The types of the parameters; keep them for the executes after this one.
    #[must_use]
    pub fn types(&self) -> &[ValueType] {
        &self.types
    }

    fn row(&mut self) -> Result<Vec<BulkValue<'a>>, DecodeError> {
        let mut row = Vec::new();
        for value_type in &self.types {
            row.push(match self.reader.u8("indicator of a parameter")? {
                VALUE => BulkValue::Value(Value::decode(&mut self.reader, *value_type)?),
                NULL => BulkValue::Value(Value::Null),
                DEFAULT => BulkValue::Default,
                IGNORE => BulkValue::Ignore,
                other => {
                    return Err(DecodeError::Invalid {
                        field: "indicator of a parameter",
                        value: u64::from(other),
                    });
                }
            });
        }
        Ok(row)
    }
}

impl<'a> Iterator for BulkRows<'a> {
    type Item = Result<Vec<BulkValue<'a>>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let row = self.row();
        if row.is_err() {
            self.reader.take_rest();
        }
        Some(row)
    }
}

/// Appends the types, for [`BulkFlags::SEND_TYPES`].
pub fn encode_bulk_types(types: &[ValueType], out: &mut Vec<u8>) {
    for value_type in types {
        encode_type(*value_type, out);
    }
}

/// Appends one row.
///
/// # Errors
///
/// [`EncodeError`] when the values do not fit the types; `out` is as it was then.
pub fn encode_bulk_row(
    row: &[BulkValue<'_>],
    types: &[ValueType],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if row.len() != types.len() {
        return Err(EncodeError::WrongCount {
            expected: types.len(),
            found: row.len(),
        });
    }
    let start = out.len();
    for (index, (value, value_type)) in row.iter().zip(types).enumerate() {
        match value {
            BulkValue::Value(Value::Null) => out.push(NULL),
            BulkValue::Value(value) => {
                out.push(VALUE);
                if !value.encode(*value_type, out) {
                    out.truncate(start);
                    return Err(EncodeError::WrongType { index });
                }
            }
            BulkValue::Default => out.push(DEFAULT),
            BulkValue::Ignore => out.push(IGNORE),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;

    /// Laid out by hand after the manual: an INT and a text, two rows.
    const TWO: &[u8] = b"\x07\0\0\0\x80\0\x03\0\xfd\0\0\x01\0\0\0\0\x02ab\x01\x02";

    #[test]
    fn rows_stand_one_behind_the_other() {
        let bulk = BulkExecute::decode(TWO).unwrap();
        let rows = bulk.rows(2, None, &Limits::default()).unwrap();
        assert_eq!(rows.types()[0].column_type, ColumnType::Long);
        let types = rows.types().to_vec();
        let rows: Vec<_> = rows.collect::<Result<_, _>>().unwrap();
        let first = vec![
            BulkValue::Value(Value::Int(1)),
            BulkValue::Value(Value::Bytes(b"ab")),
        ];
        let second = vec![BulkValue::Value(Value::Null), BulkValue::Default];
        assert_eq!(rows, [first, second]);
        let mut out = TWO[..6].to_vec();
        encode_bulk_types(&types, &mut out);
        for row in &rows {
            encode_bulk_row(row, &types, &mut out).unwrap();
        }
        assert_eq!(out, TWO);
    }

    #[test]
    fn a_row_cut_short_is_an_error_and_the_last() {
        let limits = Limits::default();
        for cut in 11..TWO.len() {
            let bulk = BulkExecute::decode(&TWO[..cut]).unwrap();
            let rows: Vec<_> = bulk.rows(2, None, &limits).unwrap().collect();
            let whole = cut == TWO.len() - 2;
            assert_eq!(rows.iter().all(Result::is_ok), whole, "cut at {cut}");
            assert!(rows.iter().rev().skip(1).all(Result::is_ok));
        }
        for cut in 0..6 {
            assert!(BulkExecute::decode(&TWO[..cut]).is_err());
        }
    }

    #[test]
    fn rows_without_types_or_parameters_are_refused() {
        let limits = Limits::default();
        let bulk = BulkExecute::decode(b"\x07\0\0\0\0\0\x01\x01").unwrap();
        assert!(bulk.rows(2, None, &limits).is_err());
        assert!(bulk.rows(0, None, &limits).is_err());
        assert!(bulk.rows(65_536, None, &limits).is_err());
        let text = ValueType {
            column_type: ColumnType::VarString,
            unsigned: false,
        };
        assert!(bulk.rows(2, Some(&[text]), &limits).is_err());
        assert_eq!(bulk.rows(2, Some(&[text; 2]), &limits).unwrap().count(), 1);
    }

    #[test]
    fn unknown_flags_and_indicators_are_refused() {
        assert!(BulkExecute::decode(b"\x07\0\0\0\x01\0").is_err());
        let bulk = BulkExecute::decode(b"\x07\0\0\0\x80\0\x03\0\x04").unwrap();
        let mut rows = bulk.rows(1, None, &Limits::default()).unwrap();
        assert!(rows.next().unwrap().is_err());
        assert!(rows.next().is_none());
    }
}
