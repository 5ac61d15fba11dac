//! One masked cell of a row.

use mysql_proto::error::DecodeError;
use mysql_proto::row::value::Value;
use mysql_proto::wire::NULL_CELL;
use mysql_proto::wire::Reader;

use crate::digest::Digest;
use crate::plan::MaskedColumn;
use crate::recent::Recent;
use crate::render::Shown;
use crate::render::narrow;
use crate::render::parse_text;
use crate::render::put_cell;
use crate::stream::Protocol;

/// The longest cell that a mask looks at: any that fits a TEXT column. A longer one is digested part
/// by part where its mask is a digest, else redacted.
pub const CELL_BYTES_MAX: usize = 64 * 1024;

/// What the cells of a column are masked with.
#[derive(Debug)]
pub(crate) struct CellMasker {
    masked: MaskedColumn,
    /// The constant as it stands in a row. Where it is NULL, so is every cell of the column: in a
    /// binary row that must be told before the cells have come.
    constant: Option<Vec<u8>>,
    is_constant: bool,
    protocol: Protocol,
    /// Where values are made.
    scratch: Vec<u8>,
    recent: Option<Recent>,
}

/// How a cell is masked that does not lie whole in one part.
#[derive(Debug)]
pub(crate) enum Cut {
    /// What stands for it is written, and the cell dropped.
    Written,
    /// It is held until it is whole.
    Hold,
    /// It is digested part by part.
    Digest(Box<Digest>),
}

impl CellMasker {
    pub(crate) fn new(masked: &MaskedColumn, protocol: Protocol) -> Self {
        Self {
            masked: masked.clone(),
            constant: masked.constant_cell(protocol),
            is_constant: masked.is_constant(),
            protocol,
            scratch: Vec::new(),
            recent: masked.recent(),
        }
    }

    /// Whether a cell is shown as NULL that is NULL, or is not.
    pub(crate) const fn shows_null(&self, clear_is_null: bool) -> bool {
        self.constant.is_none() || (clear_is_null && self.masked.keeps_null())
    }

    /// Appends what stands for NULL.
    pub(crate) fn put_null(&mut self, out: &mut Vec<u8>) {
        if self.shows_null(true) {
            self.put_as_null(out);
        } else if self.is_constant {
            self.put_constant(out);
        } else {
            self.put_masked(Some(Value::Null), out);
        }
    }

    /// Appends what stands for a whole cell, of which so many bytes are its length.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the cell is none of its column.
    #[inline]
    pub(crate) fn put(
        &mut self,
        cell: &[u8],
        header: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        if self.constant.is_none() {
            self.put_as_null(out);
        } else if self.is_constant {
            self.put_constant(out);
        } else {
            let tag = self.recent.as_ref().and_then(|recent| recent.tag(cell));
            if let (Some(recent), Some(tag)) = (&mut self.recent, tag)
                && let Some(shown) = recent.find(tag)
            {
                out.extend_from_slice(shown);
                return Ok(());
            }
            let start = out.len();
            self.put_anew(cell, header, out)?;
            if let (Some(recent), Some(tag)) = (&mut self.recent, tag) {
                recent.keep(tag, out.get(start..).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Reads the cell and appends what its mask makes of it.
    #[inline]
    fn put_anew(
        &mut self,
        cell: &[u8],
        header: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let column = &self.masked.column;
        let mut narrowed = Vec::new();
        let clear = match self.protocol {
            Protocol::Text => {
                let cell = cell.get(header..).unwrap_or_default();
                let cell = narrow(cell, column, &mut narrowed);
                cell.and_then(|cell| parse_text(cell, column))
            }
            Protocol::Binary => {
                let mut reader = Reader::new(cell);
                let value = Value::decode(&mut reader, column.value_type)?;
                if let Value::Bytes(cell) = value {
                    narrow(cell, column, &mut narrowed).map(Value::Bytes)
                } else {
                    Some(value)
                }
            }
        };
        self.put_masked(clear, out);
        Ok(())
    }

    /// Begins with a cell that is not whole, or is long.
    pub(crate) fn begin(&self, content: u64, out: &mut Vec<u8>) -> Cut {
        if self.constant.is_none() {
            self.put_as_null(out);
            Cut::Written
        } else if self.is_constant {
            self.put_constant(out);
            Cut::Written
        } else if content <= CELL_BYTES_MAX as u64 {
            Cut::Hold
        } else if let Some(digest) = self.masked.digest() {
            Cut::Digest(Box::new(digest))
        } else {
            self.put_constant(out);
            Cut::Written
        }
    }

    /// Appends what stands for a cell that was digested.
    pub(crate) fn put_digest(&mut self, digest: Digest, out: &mut Vec<u8>) {
        let shown = self.masked.show_digest(digest, &mut self.scratch);
        self.put_shown(shown, out);
    }

    #[inline]
    fn put_masked(&mut self, clear: Option<Value<'_>>, out: &mut Vec<u8>) {
        let shown = clear.and_then(|clear| self.masked.show(clear, &mut self.scratch));
        self.put_shown(shown, out);
    }

    #[inline]
    fn put_shown(&self, shown: Option<Shown>, out: &mut Vec<u8>) {
        let written = shown.is_some_and(|shown| {
            let value = shown.value(&self.scratch);
            value != Value::Null && put_cell(value, &self.masked.column, self.protocol, out)
        });
        if !written {
            self.put_constant(out);
        }
    }

    fn put_constant(&self, out: &mut Vec<u8>) {
        match &self.constant {
            Some(cell) => out.extend_from_slice(cell),
            None => self.put_as_null(out),
        }
    }

    /// In a binary row the bitmap has told.
    fn put_as_null(&self, out: &mut Vec<u8>) {
        match self.protocol {
            Protocol::Text => out.push(NULL_CELL),
            Protocol::Binary => {}
        }
    }
}
