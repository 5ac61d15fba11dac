//! One masked cell of a row.

use mysql_proto::error::DecodeError;
use mysql_proto::row::value::Value;
use mysql_proto::wire::NULL_CELL;
use mysql_proto::wire::Reader;

use crate::digest::Digest;
use crate::hash::Later;
use crate::hash::PlainHash;
use crate::hmac::Keyed;
use crate::key::MaskKey;
use crate::plan::MaskedColumn;
use crate::recent::Recent;
use crate::render::Shown;
use crate::render::narrow;
use crate::render::parse_text;
use crate::render::put_cell;
use crate::same_length::SameLength;
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
    /// What masks most cells where they lie.
    same_length: Option<SameLength>,
    /// What digests most cells.
    plain_hash: Option<PlainHash>,
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

/// Whether a cell is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Put {
    Now,
    /// Its place is, but its digest is made later.
    Later,
}

impl CellMasker {
    pub(crate) fn new(masked: &MaskedColumn, protocol: Protocol) -> Self {
        Self {
            masked: masked.clone(),
            constant: masked.constant_cell(protocol),
            is_constant: masked.is_constant(),
            same_length: masked.same_length(),
            plain_hash: masked.plain_hash(),
            protocol,
            scratch: Vec::new(),
            recent: masked.recent(),
        }
    }

    /// Whether a cell is shown as NULL that is NULL, or is not.
    pub(crate) const fn shows_null(&self, clear_is_null: bool) -> bool {
        self.constant.is_none() || (clear_is_null && self.masked.keeps_null())
    }

    /// Whether most cells can be masked where they lie.
    pub(crate) const fn keeps_length(&self) -> bool {
        self.same_length.is_some()
    }

    /// Masks a cell where it lies; false, with nothing changed, where it must be put anew.
    #[inline]
    pub(crate) fn hide(&self, cell: &mut [u8], header: usize) -> bool {
        let Some((_, content)) = cell.split_at_mut_checked(header) else {
            return false;
        };
        // What is put anew has the shortest length, whatever the server wrote.
        let is_shortest = match header {
            1 => true,
            3 => content.len() > usize::from(NULL_CELL) - 1,
            _ => false,
        };
        let same_length = self.same_length.filter(|_| is_shortest);
        same_length.is_some_and(|same_length| same_length.hide(content))
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
    pub(crate) fn put(
        &mut self,
        cell: &[u8],
        header: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        self.put_or_delay((cell, header), None, out).map(|_| ())
    }

    /// Like [`CellMasker::put`], but may leave a digest to be made later, together with others.
    #[inline]
    pub(crate) fn put_or_delay(
        &mut self,
        (cell, header): (&[u8], usize),
        later: Option<&mut Later>,
        out: &mut Vec<u8>,
    ) -> Result<Put, DecodeError> {
        if self.constant.is_none() {
            self.put_as_null(out);
            return Ok(Put::Now);
        }
        if self.is_constant {
            self.put_constant(out);
            return Ok(Put::Now);
        }
        let tag = self.recent.as_mut().and_then(|recent| recent.tag(cell));
        if let (Some(recent), Some(tag)) = (&mut self.recent, tag) {
            if let Some(shown) = recent.find(tag) {
                out.extend_from_slice(shown);
                return Ok(Put::Now);
            }
        } else if let (Some(hash), Some(later)) = (self.plain_hash, later)
            && hash.put(cell.get(header..).unwrap_or_default(), later, out)
        {
            return Ok(Put::Later);
        }
        let start = out.len();
        self.put_anew(cell, header, out)?;
        if let (Some(recent), Some(tag)) = (&mut self.recent, tag) {
            recent.keep(tag, out.get(start..).unwrap_or_default());
        }
        Ok(Put::Now)
    }

    /// The key of a digest.
    #[inline]
    pub(crate) fn keyed(&self) -> Option<&Keyed> {
        self.masked.hash_key().map(MaskKey::keyed)
    }

    /// Reads the cell and appends what its mask makes of it.
    #[inline]
    fn put_anew(
        &mut self,
        cell: &[u8],
        header: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        if self.same_length.is_some() {
            let start = out.len();
            out.extend_from_slice(cell);
            if self.hide(out.get_mut(start..).unwrap_or_default(), header) {
                return Ok(());
            }
            out.truncate(start);
        }
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
