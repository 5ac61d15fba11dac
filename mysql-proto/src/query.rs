//! COM_QUERY with query attributes, which move the statement inside the packet.

use crate::bind::Bound;
use crate::bind::Expected;
use crate::bind::decode_block;
use crate::bind::encode_block;
use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::limits::Limits;
use crate::row::value::Value;
use crate::types::ValueType;
use crate::wire::Reader;
use crate::wire::put_lenenc_int;

/// A named value that a client sends with a statement; functions of the server can read it.
///
/// [Manual](https://dev.mysql.com/doc/refman/9.7/en/query-attributes.html)
#[expect(clippy::exhaustive_structs, reason = "built by its sender")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueryAttribute<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its type.
    pub value_type: ValueType,
    /// Its value.
    pub value: Value<'a>,
}

/// The content of a COM_QUERY of a connection that agreed on
/// [`QUERY_ATTRIBUTES`](crate::flags::Capabilities::QUERY_ATTRIBUTES).
///
/// On such a connection the content of [`Command::Query`](crate::Command::Query) is not the text of
/// a statement: attributes stand in front of it. Whoever judges the text must read it with
/// [`Query::decode`].
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html)
///
/// ```
/// use mysql_proto::limits::Limits;
/// use mysql_proto::query::Query;
///
/// let query = Query::decode(b"\x00\x01SELECT 1", &Limits::default())?;
/// assert_eq!(query.text, b"SELECT 1");
/// assert!(query.attributes.is_empty());
/// # Ok::<(), mysql_proto::error::DecodeError>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, PartialEq)]
pub struct Query<'a> {
    /// The attributes.
    pub attributes: Vec<QueryAttribute<'a>>,
    /// One or more statements, in the client's character set.
    pub text: &'a [u8],
}

impl<'a> Query<'a> {
    /// Reads what follows the command byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the attributes are broken or too many.
    pub fn decode(content: &'a [u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(content);
        let count = decode_count(&mut reader, 0, limits)?;
        let sets = reader.lenenc_int("count of parameter sets")?;
        if sets != 1 {
            return Err(DecodeError::Invalid {
                field: "count of parameter sets",
                value: sets,
            });
        }
        let mut attributes = Vec::new();
        if count > 0 {
            let expected = Expected {
                count,
                named: true,
                // Attributes belong to one statement: none were bound before.
                kept: None,
                is_long_data: |_| false,
            };
            let (block, _) = decode_block(&mut reader, &expected)?;
            attributes.extend(block.iter().filter_map(QueryAttribute::from_bound));
        }
        Ok(Self {
            attributes,
            text: reader.take_rest(),
        })
    }

    /// Appends what follows the command byte.
    ///
    /// # Errors
    ///
    /// [`EncodeError::WrongType`] when a value is not of its type; `out` is as it was then.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        put_lenenc_int(self.attributes.len() as u64, out);
        put_lenenc_int(1, out);
        let block: Vec<_> = self.attributes.iter().map(QueryAttribute::bound).collect();
        encode_block(&block, true, out).inspect_err(|_| out.truncate(start))?;
        out.extend_from_slice(self.text);
        Ok(())
    }
}

impl<'a> QueryAttribute<'a> {
    pub(crate) fn from_bound(bound: &Bound<'a>) -> Option<Self> {
        Some(Self {
            name: bound.name,
            value_type: bound.value_type,
            value: bound.value?,
        })
    }

    pub(crate) const fn bound(&self) -> Bound<'a> {
        Bound {
            name: self.name,
            value_type: self.value_type,
            value: Some(self.value),
        }
    }
}

/// Reads how many values follow, of which so many are parameters and the rest are attributes.
pub(crate) fn decode_count(
    reader: &mut Reader<'_>,
    parameters: usize,
    limits: &Limits,
) -> Result<usize, DecodeError> {
    let value = reader.lenenc_int("parameter count")?;
    let limit = parameters.saturating_add(limits.query_attributes_max);
    match usize::try_from(value) {
        Ok(count) if count < parameters => Err(DecodeError::Invalid {
            field: "parameter count",
            value,
        }),
        Ok(count) if count <= limit => Ok(count),
        Ok(_) | Err(_) => Err(DecodeError::OverLimit {
            field: "query attributes",
            value: value.saturating_sub(parameters as u64),
            limit: limits.query_attributes_max as u64,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;

    /// Laid out by hand after the manual: one attribute `n` of type VAR_STRING, then the text.
    const ONE: &[u8] = b"\x01\x01\x00\x01\xfd\x00\x01n\x03abcSELECT 1";

    #[test]
    fn the_text_stands_behind_the_attributes() {
        let limits = Limits::default();
        let query = Query::decode(ONE, &limits).unwrap();
        assert_eq!(query.text, b"SELECT 1");
        let value_type = ValueType {
            column_type: ColumnType::VarString,
            unsigned: false,
        };
        let expected = QueryAttribute {
            name: b"n",
            value_type,
            value: Value::Bytes(b"abc"),
        };
        assert_eq!(query.attributes, [expected]);
        let mut out = Vec::new();
        query.encode(&mut out).unwrap();
        assert_eq!(out, ONE);
    }

    #[test]
    fn an_attribute_cut_short_is_an_error() {
        let limits = Limits::default();
        let text = ONE.len() - b"SELECT 1".len();
        for cut in 0..text {
            assert!(Query::decode(&ONE[..cut], &limits).is_err(), "cut at {cut}");
        }
        assert!(Query::decode(&ONE[..text], &limits).is_ok());
    }

    #[test]
    fn attributes_without_types_are_refused() {
        let limits = Limits::default();
        let read = Query::decode(b"\x01\x01\x00\x00SELECT 1", &limits);
        assert_eq!(read, Err(DecodeError::TypesNotBound));
    }

    #[test]
    fn more_than_one_set_is_refused() {
        let limits = Limits::default();
        for sets in [b"\x00\x00SELECT 1", b"\x00\x02SELECT 1"] {
            assert!(Query::decode(sets, &limits).is_err());
        }
    }

    #[test]
    fn a_count_over_the_limit_is_refused_before_anything_is_read() {
        let limits = Limits {
            query_attributes_max: 0,
            ..Limits::default()
        };
        assert!(matches!(
            Query::decode(ONE, &limits),
            Err(DecodeError::OverLimit { value: 1, .. })
        ));
        let huge = b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert!(matches!(
            Query::decode(huge, &Limits::default()),
            Err(DecodeError::OverLimit { .. })
        ));
    }

    #[test]
    fn a_value_that_is_not_of_its_type_is_not_written() {
        let value_type = ValueType {
            column_type: ColumnType::Long,
            unsigned: false,
        };
        let attributes = vec![QueryAttribute {
            name: b"n",
            value_type,
            value: Value::Bytes(b"abc"),
        }];
        let mut out = b"kept".to_vec();
        let written = Query {
            attributes,
            text: b"SELECT 1",
        }
        .encode(&mut out);
        assert_eq!(written, Err(EncodeError::WrongType { index: 0 }));
        assert_eq!(out, b"kept");
    }
}
