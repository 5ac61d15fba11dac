//! One row of the binary protocol, borrowed, and its builder.

use crate::error::DecodeError;
use crate::error::EncodeError;
use crate::row::value::Value;
use crate::types::BinaryLayout;
use crate::types::ValueType;
use crate::wire::Reader;
use crate::wire::lenenc_bytes;

/// The first byte of a binary row.
pub const ROW_HEADER: u8 = 0x00;

/// The first two bits of the bitmap of a row are not used.
const BITMAP_OFFSET: usize = 2;

/// The length of the NULL bitmap of a row.
#[must_use]
pub const fn row_bitmap_bytes(columns: usize) -> usize {
    columns.saturating_add(BITMAP_OFFSET).div_ceil(8)
}

/// Whether the bitmap of a row marks this column as NULL.
#[must_use]
pub fn is_null(bitmap: &[u8], column: usize) -> bool {
    let bit = column.saturating_add(BITMAP_OFFSET);
    bitmap
        .get(bit / 8)
        .is_some_and(|byte| byte & (1 << (bit % 8)) != 0)
}

/// Marks this column in the bitmap of a row as NULL, or as not NULL.
pub fn set_null(bitmap: &mut [u8], column: usize, null: bool) {
    let bit = column.saturating_add(BITMAP_OFFSET);
    if let Some(byte) = bitmap.get_mut(bit / 8) {
        let mask = 1 << (bit % 8);
        *byte = if null { *byte | mask } else { *byte & !mask };
    }
}

/// One row; what its bytes mean hangs on the types of its columns.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html)
#[derive(Clone, Copy, Debug)]
pub struct BinaryRow<'a> {
    bitmap: &'a [u8],
    values: &'a [u8],
}

impl<'a> BinaryRow<'a> {
    /// A row of so many columns in this payload.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when it does not begin as a row, or ends inside its bitmap.
    pub fn new(payload: &'a [u8], columns: usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(payload);
        let first = reader.u8("header of a row")?;
        if first != ROW_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "a binary row",
                first,
            });
        }
        let bitmap = reader.bytes(row_bitmap_bytes(columns), "NULL bitmap")?;
        Ok(Self {
            bitmap,
            values: reader.take_rest(),
        })
    }

    /// The NULL bitmap.
    #[must_use]
    pub const fn bitmap(&self) -> &'a [u8] {
        self.bitmap
    }

    /// The values, without header and bitmap.
    #[must_use]
    pub const fn values(&self) -> &'a [u8] {
        self.values
    }

    /// The cells from left to right, until the types are used up or a cell is broken.
    #[must_use]
    pub const fn cells<'t>(&self, types: &'t [ValueType]) -> BinaryCells<'a, 't> {
        BinaryCells {
            bitmap: self.bitmap,
            reader: Reader::new(self.values),
            types,
            column: 0,
        }
    }

    /// All cells of the row.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a cell is broken or something follows the last.
    pub fn decode(&self, types: &[ValueType]) -> Result<Vec<Value<'a>>, DecodeError> {
        let mut cells = self.cells(types);
        let row = cells.by_ref().collect::<Result<_, _>>()?;
        cells.finish()?;
        Ok(row)
    }
}

/// The cells of a [`BinaryRow`].
#[derive(Clone, Copy, Debug)]
pub struct BinaryCells<'a, 't> {
    bitmap: &'a [u8],
    reader: Reader<'a>,
    types: &'t [ValueType],
    column: usize,
}

impl BinaryCells<'_, '_> {
    /// Checks that the row is at its end.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TrailingBytes`] when it is not.
    pub const fn finish(self) -> Result<(), DecodeError> {
        self.reader.finish("row")
    }
}

impl<'a> Iterator for BinaryCells<'a, '_> {
    type Item = Result<Value<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let value_type = *self.types.get(self.column)?;
        let null = is_null(self.bitmap, self.column);
        self.column += 1;
        if null {
            return Some(Ok(Value::Null));
        }
        let cell = Value::decode(&mut self.reader, value_type);
        if cell.is_err() {
            self.types = &[];
        }
        Some(cell)
    }
}

/// Cuts the bytes of one value, which is not NULL, off the front of `values`.
///
/// Gives the bytes of the value, its length included, and what follows; `None` when the value is
/// not whole.
#[must_use]
pub fn split_value(layout: BinaryLayout, values: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match layout {
        BinaryLayout::Fixed(length) => usize::from(length),
        BinaryLayout::LengthByte => usize::from(*values.first()?) + 1,
        BinaryLayout::LengthEncoded => {
            let (rest, _) = lenenc_bytes(values).ok()?;
            values.len() - rest.len()
        }
    };
    values.split_at_checked(length)
}

/// Appends a row of these values.
///
/// # Errors
///
/// [`EncodeError`] when the values do not fit the types; `out` is as it was then.
pub fn encode_row(
    values: &[Value<'_>],
    types: &[ValueType],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if values.len() != types.len() {
        return Err(EncodeError::WrongCount {
            expected: types.len(),
            found: values.len(),
        });
    }
    let start = out.len();
    let mut bitmap = vec![0; row_bitmap_bytes(values.len())];
    for (column, value) in values.iter().enumerate() {
        set_null(&mut bitmap, column, *value == Value::Null);
    }
    out.push(ROW_HEADER);
    out.append(&mut bitmap);
    for (index, (value, value_type)) in values.iter().zip(types).enumerate() {
        if !value.encode(*value_type, out) {
            out.truncate(start);
            return Err(EncodeError::WrongType { index });
        }
    }
    Ok(())
}
