//! Column definitions and the column count in front of them.

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::flags::ColumnFlags;
use crate::flags::MariaDbCapabilities;
use crate::limits::Limits;
use crate::response::extended::ExtendedMetadata;
use crate::types::ColumnType;
use crate::types::ValueType;
use crate::wire::NULL_CELL;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;
use crate::wire::put_lenenc_int;

/// The type of what has none before it is executed.
const OPEN_TYPE: u8 = 0xf3;

/// The length of the fixed fields of a definition.
const FIXED_BYTES: u64 = 12;

/// One column of a result set, or one parameter of a prepared statement.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ColumnDefinition<'a> {
    /// Always `def`.
    pub catalog: Cow<'a, [u8]>,
    /// The schema.
    pub schema: Cow<'a, [u8]>,
    /// The table, or its alias.
    pub table: Cow<'a, [u8]>,
    /// The table; empty for expressions.
    pub org_table: Cow<'a, [u8]>,
    /// The column, or its alias.
    pub name: Cow<'a, [u8]>,
    /// The column; empty for expressions.
    pub org_name: Cow<'a, [u8]>,
    /// What MariaDB tells besides; there and written only where it was agreed on.
    pub extended: Option<ExtendedMetadata<'a>>,
    /// The collation of the cells, after conversion for the client.
    pub collation: u16,
    /// The most bytes of a cell, as far as the server knows.
    pub column_length: u32,
    /// The type on the wire.
    pub column_type: ColumnType,
    /// Properties.
    pub flags: ColumnFlags,
    /// Digits after the point; 31 for floating point numbers without a fixed count.
    pub decimals: u8,
    /// The default, in replies to COM_FIELD_LIST only.
    pub default_value: DefaultValue<'a>,
}

/// The default of a column, as COM_FIELD_LIST shows it.
#[expect(clippy::exhaustive_enums, reason = "there are these three")]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum DefaultValue<'a> {
    /// Not part of this definition.
    #[default]
    Absent,
    /// NULL.
    Null,
    /// A text.
    Text(Cow<'a, [u8]>),
}

/// Where a definition stands, which decides its form.
#[expect(clippy::exhaustive_enums, reason = "there are these three")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ColumnPlace {
    /// In front of rows.
    Result,
    /// In the reply to a prepare, where a type may be open still.
    Prepare,
    /// In the reply to COM_FIELD_LIST, where a default follows.
    FieldList,
}

impl<'a> ColumnDefinition<'a> {
    /// Reads a definition of a result set or a prepared statement.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the payload is not a definition.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode_at(ColumnPlace::Result, payload, MariaDbCapabilities::empty())
    }

    /// Reads a definition of a reply to a prepare, where a type may be open still.
    ///
    /// MySQL 9.7 then sends a type of its own (MYSQL_TYPE_INVALID), as for a `?` that a common table
    /// expression selects. It tells nothing, and a text may stand for it: the definitions of the
    /// execute count.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the payload is not such a definition.
    pub fn decode_prepared(payload: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode_at(ColumnPlace::Prepare, payload, MariaDbCapabilities::empty())
    }

    /// Reads a definition of a reply to COM_FIELD_LIST, which ends with a default.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the payload is not such a definition.
    pub fn decode_with_default(payload: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode_at(
            ColumnPlace::FieldList,
            payload,
            MariaDbCapabilities::empty(),
        )
    }

    /// Reads a definition that stands at this place, of a connection with these capabilities of
    /// MariaDB.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the payload is not such a definition.
    pub fn decode_at(
        place: ColumnPlace,
        payload: &'a [u8],
        capabilities: MariaDbCapabilities,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let mut definition = Self::decode_common(&mut reader, place, capabilities)?;
        if place == ColumnPlace::FieldList {
            definition.default_value = if reader.peek() == Some(NULL_CELL) {
                reader.u8("default value")?;
                DefaultValue::Null
            } else {
                DefaultValue::Text(Cow::Borrowed(reader.lenenc_bytes("default value")?))
            };
        }
        reader.finish("column definition")?;
        Ok(definition)
    }

    fn decode_common(
        reader: &mut Reader<'a>,
        place: ColumnPlace,
        capabilities: MariaDbCapabilities,
    ) -> Result<Self, DecodeError> {
        let catalog = reader.lenenc_bytes("catalog")?;
        let schema = reader.lenenc_bytes("schema")?;
        let table = reader.lenenc_bytes("table")?;
        let org_table = reader.lenenc_bytes("original table")?;
        let name = reader.lenenc_bytes("column name")?;
        let org_name = reader.lenenc_bytes("original column name")?;
        let extended = if capabilities.contains(MariaDbCapabilities::EXTENDED_METADATA) {
            let block = reader.lenenc_bytes("extended metadata")?;
            Some(ExtendedMetadata::decode(block)?)
        } else {
            None
        };
        let fixed = reader.lenenc_int("length of fixed fields")?;
        if fixed != FIXED_BYTES {
            return Err(DecodeError::Invalid {
                field: "length of fixed fields",
                value: fixed,
            });
        }
        let collation = reader.u16("collation")?;
        let column_length = reader.u32("column length")?;
        let column_type = match (place, reader.u8("column type")?) {
            (ColumnPlace::Prepare, OPEN_TYPE) => ColumnType::VarString,
            (_, number) => ColumnType::from_u8(number)?,
        };
        let flags = ColumnFlags::from_bits_retain(reader.u16("column flags")?);
        let decimals = reader.u8("decimals")?;
        reader.bytes(2, "filler")?;
        Ok(Self {
            catalog: Cow::Borrowed(catalog),
            schema: Cow::Borrowed(schema),
            table: Cow::Borrowed(table),
            org_table: Cow::Borrowed(org_table),
            name: Cow::Borrowed(name),
            org_name: Cow::Borrowed(org_name),
            extended,
            collation,
            column_length,
            column_type,
            flags,
            decimals,
            default_value: DefaultValue::Absent,
        })
    }

    /// Appends the definition as a payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put_lenenc_bytes(&self.catalog, out);
        put_lenenc_bytes(&self.schema, out);
        put_lenenc_bytes(&self.table, out);
        put_lenenc_bytes(&self.org_table, out);
        put_lenenc_bytes(&self.name, out);
        put_lenenc_bytes(&self.org_name, out);
        if let Some(extended) = &self.extended {
            let mut block = Vec::new();
            extended.encode(&mut block);
            put_lenenc_bytes(&block, out);
        }
        put_lenenc_int(FIXED_BYTES, out);
        out.extend_from_slice(&self.collation.to_le_bytes());
        out.extend_from_slice(&self.column_length.to_le_bytes());
        out.push(self.column_type.to_u8());
        out.extend_from_slice(&self.flags.bits().to_le_bytes());
        out.extend_from_slice(&[self.decimals, 0, 0]);
        match &self.default_value {
            DefaultValue::Absent => {}
            DefaultValue::Null => out.push(NULL_CELL),
            DefaultValue::Text(text) => put_lenenc_bytes(text, out),
        }
    }

    /// A column of an answer that is made here, without a table behind it.
    #[must_use]
    pub fn computed(name: impl Into<Cow<'a, [u8]>>, column_type: ColumnType) -> Self {
        Self {
            catalog: Cow::Borrowed(b"def"),
            schema: Cow::default(),
            table: Cow::default(),
            org_table: Cow::default(),
            name: name.into(),
            org_name: Cow::default(),
            extended: None,
            // utf8mb4_general_ci, known to every server and client.
            collation: 45,
            column_length: 1024,
            column_type,
            flags: ColumnFlags::empty(),
            decimals: 0,
            default_value: DefaultValue::Absent,
        }
    }

    /// What is needed to read this column's cells in the binary protocol.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        ValueType {
            column_type: self.column_type,
            unsigned: self.flags.contains(ColumnFlags::UNSIGNED),
        }
    }

    /// The definition on its own.
    #[must_use]
    pub fn into_owned(self) -> ColumnDefinition<'static> {
        ColumnDefinition {
            catalog: own(self.catalog),
            schema: own(self.schema),
            table: own(self.table),
            org_table: own(self.org_table),
            name: own(self.name),
            org_name: own(self.org_name),
            extended: self.extended.map(ExtendedMetadata::into_owned),
            collation: self.collation,
            column_length: self.column_length,
            column_type: self.column_type,
            flags: self.flags,
            decimals: self.decimals,
            default_value: match self.default_value {
                DefaultValue::Absent => DefaultValue::Absent,
                DefaultValue::Null => DefaultValue::Null,
                DefaultValue::Text(text) => DefaultValue::Text(own(text)),
            },
        }
    }
}

fn own(bytes: Cow<'_, [u8]>) -> Cow<'static, [u8]> {
    Cow::Owned(bytes.into_owned())
}

/// Reads the count of columns that begins a result set.
///
/// # Errors
///
/// [`DecodeError`] when the payload is not a count, or the count is zero or over the limit.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html)
pub fn decode_column_count(payload: &[u8], limits: &Limits) -> Result<usize, DecodeError> {
    let mut reader = Reader::new(payload);
    let count = decode_count(&mut reader, limits)?;
    reader.finish("column count")?;
    Ok(count)
}

/// Reads the count of columns and whether their definitions follow, as it is sent where
/// [`OPTIONAL_RESULTSET_METADATA`](crate::flags::Capabilities::OPTIONAL_RESULTSET_METADATA) or
/// [`CACHE_METADATA`](MariaDbCapabilities::CACHE_METADATA) was agreed.
///
/// The manual has the flag in front of the count; both servers write it behind.
///
/// # Errors
///
/// As [`decode_column_count`], and when the flag is neither 0 nor 1.
pub fn decode_optional_column_count(
    payload: &[u8],
    limits: &Limits,
) -> Result<(usize, bool), DecodeError> {
    let mut reader = Reader::new(payload);
    let count = decode_count(&mut reader, limits)?;
    let follow = decode_metadata_flag(&mut reader)?;
    reader.finish("column count")?;
    Ok((count, follow))
}

/// Reads the flag that tells whether definitions follow.
pub(crate) fn decode_metadata_flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8("metadata flag")? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(DecodeError::Invalid {
            field: "metadata flag",
            value: u64::from(other),
        }),
    }
}

fn decode_count(reader: &mut Reader<'_>, limits: &Limits) -> Result<usize, DecodeError> {
    let count = reader.lenenc_int("column count")?;
    match usize::try_from(count) {
        Ok(0) => Err(DecodeError::Invalid {
            field: "column count",
            value: 0,
        }),
        Ok(columns) if columns <= limits.columns_max => Ok(columns),
        Ok(_) | Err(_) => Err(DecodeError::OverLimit {
            field: "column count",
            value: count,
            limit: limits.columns_max as u64,
        }),
    }
}

/// Appends the count of columns that begins a result set, as a payload.
pub fn encode_column_count(count: usize, out: &mut Vec<u8>) {
    put_lenenc_int(count as u64, out);
}

/// Appends the count of columns and whether their definitions follow, as a payload.
pub fn encode_optional_column_count(count: usize, follow: bool, out: &mut Vec<u8>) {
    put_lenenc_int(count as u64, out);
    out.push(u8::from(follow));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_type_stands_in_a_prepare_only() {
        let mut payload = Vec::new();
        ColumnDefinition::computed(&b"x"[..], ColumnType::Long).encode(&mut payload);
        let at = payload.len() - 6;
        assert_eq!(payload[at], ColumnType::Long.to_u8());
        payload[at] = 0xf3;
        let prepared = ColumnDefinition::decode_prepared(&payload).unwrap();
        assert_eq!(prepared.column_type, ColumnType::VarString);
        assert!(ColumnDefinition::decode(&payload).is_err());
        payload[at] = 0xf4;
        assert!(ColumnDefinition::decode_prepared(&payload).is_err());
    }
}
