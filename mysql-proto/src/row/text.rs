//! One row of the text protocol, borrowed, and its builder.

use crate::error::DecodeError;
use crate::wire::NULL_CELL;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;

/// One row: each cell is NULL or text.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html)
#[derive(Clone, Copy, Debug)]
pub struct TextRow<'a> {
    payload: &'a [u8],
}

impl<'a> TextRow<'a> {
    /// A row in this payload; cells are read as they are asked for.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { payload }
    }

    /// The cells from left to right, until the payload ends or a cell is broken.
    #[must_use]
    pub const fn cells(&self) -> TextCells<'a> {
        TextCells {
            reader: Reader::new(self.payload),
        }
    }

    /// All cells of a row of so many columns.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the row has more or fewer cells.
    pub fn decode(&self, columns: usize) -> Result<Vec<Option<&'a [u8]>>, DecodeError> {
        let mut cells = self.cells();
        let mut row = Vec::new();
        for _ in 0..columns {
            row.push(cells.next_cell()?);
        }
        cells.finish()?;
        Ok(row)
    }
}

/// The cells of a [`TextRow`].
#[derive(Clone, Copy, Debug)]
pub struct TextCells<'a> {
    reader: Reader<'a>,
}

impl<'a> TextCells<'a> {
    /// The next cell; `None` is NULL.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when there is no whole cell.
    pub fn next_cell(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        if self.reader.peek() == Some(NULL_CELL) {
            self.reader.u8("cell")?;
            return Ok(None);
        }
        self.reader.lenenc_bytes("cell").map(Some)
    }

    /// How many bytes of the row are left.
    #[must_use]
    pub const fn bytes_left(&self) -> usize {
        self.reader.len()
    }

    /// Checks that the row is at its end.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TrailingBytes`] when it is not.
    pub const fn finish(self) -> Result<(), DecodeError> {
        self.reader.finish("row")
    }
}

impl<'a> Iterator for TextCells<'a> {
    type Item = Result<Option<&'a [u8]>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let cell = self.next_cell();
        if cell.is_err() {
            self.reader.take_rest();
        }
        Some(cell)
    }
}

/// Appends a row to a buffer, cell by cell.
#[derive(Debug)]
pub struct TextRowBuilder<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> TextRowBuilder<'o> {
    /// A row that is appended to `out`.
    pub const fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Appends one cell; `None` is NULL.
    pub fn push(&mut self, cell: Option<&[u8]>) {
        match cell {
            Some(bytes) => put_lenenc_bytes(bytes, self.out),
            None => self.out.push(NULL_CELL),
        }
    }
}
