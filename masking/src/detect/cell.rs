//! One searched cell of a row: as long as it was, with what was found hidden.

use mysql_proto::charset::Charset;
use mysql_proto::error::DecodeError;
use mysql_proto::wire::NULL_CELL;

use crate::cell::CELL_BYTES_MAX;
use crate::column::Class;
use crate::column::Column;
use crate::constant::redaction;
use crate::detect::Counts;
use crate::detect::DetectorSet;
use crate::detect::hide::Hiding;
use crate::detect::hide::Look;
use crate::detect::search::Search;
use crate::detect::units::Units;
use crate::render::put_cell;
use crate::stream::Protocol;

/// A column that is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchedColumn {
    pub(crate) index: usize,
    column: Column,
    look: Look,
    /// Whether it may hold text of any character set, so that it is searched in every width.
    in_every_width: bool,
}

impl SearchedColumn {
    /// A column that these detectors search; `None` when it holds no text. Bytes may be text where
    /// the server converts nothing.
    pub(crate) fn new(
        index: usize,
        column: Column,
        set: DetectorSet,
        converts_nothing: bool,
    ) -> Option<Self> {
        let is_bytes = matches!(column.class, Class::Bytes | Class::FixedBytes);
        let in_every_width = converts_nothing && is_bytes;
        let class = if in_every_width {
            Class::Text(Charset::Binary)
        } else {
            column.class
        };
        Some(Self {
            index,
            column,
            look: Look::new(set, class)?,
            in_every_width,
        })
    }

    /// How a cell is read, one way after the other.
    fn looks(&self) -> impl Iterator<Item = Look> {
        let Self {
            look,
            in_every_width,
            ..
        } = *self;
        let wide = [Units::Two, Units::TwoReversed, Units::Four];
        let wide = wide.into_iter().filter(move |_| in_every_width);
        let wide = wide.map(move |units| Look { units, ..look });
        [look].into_iter().chain(wide)
    }
}

/// Searches the cells of a column.
#[derive(Debug)]
pub(crate) struct CellSearch {
    searched: SearchedColumn,
    /// What stands in place of a cell that cannot be read.
    constant: Vec<u8>,
    protocol: Protocol,
    hiding: Hiding,
    scratch: Vec<u8>,
    counts: Counts,
    /// The cell that is too long to be searched as a whole.
    long: Option<Box<Search>>,
}

impl CellSearch {
    pub(crate) fn new(searched: SearchedColumn, protocol: Protocol) -> Self {
        let (mut buffer, mut constant) = (Vec::new(), Vec::new());
        let shown = redaction(&searched.column, &mut buffer);
        let written = shown.is_some_and(|shown| {
            let value = shown.value(&buffer);
            put_cell(value, &searched.column, protocol, &mut constant)
        });
        if !written {
            // The empty text, which every text column can hold.
            constant = vec![0];
        }
        Self {
            searched,
            constant,
            protocol,
            hiding: Hiding::default(),
            scratch: Vec::new(),
            counts: Counts::default(),
            long: None,
        }
    }

    /// What was found since this was asked before; of a long cell, when it has ended.
    pub(crate) fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// NULL stays NULL; in a binary row the bitmap has told.
    pub(crate) fn put_null(&self, out: &mut Vec<u8>) {
        match self.protocol {
            Protocol::Text => out.push(NULL_CELL),
            Protocol::Binary => {}
        }
    }

    /// Appends a whole cell, of which so many bytes are its length.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the cell is not that long.
    pub(crate) fn put(
        &mut self,
        cell: &[u8],
        header: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let Some((length, text)) = cell.split_at_checked(header) else {
            return Err(DecodeError::Truncated { field: "cell" });
        };
        if !self.searched.look.can_read(text) {
            out.extend_from_slice(&self.constant);
            return Ok(());
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(text);
        let Self {
            searched,
            scratch,
            hiding,
            counts,
            ..
        } = self;
        let settled = searched
            .looks()
            .all(|look| hiding.hide(look, scratch, usize::MAX, counts).settled);
        if settled {
            out.extend_from_slice(length);
            out.extend_from_slice(&self.scratch);
        } else {
            out.extend_from_slice(&self.constant);
        }
        Ok(())
    }

    /// Begins with a cell that is not whole, or is long.
    pub(crate) fn begin(&mut self, content: u64, length: &[u8], out: &mut Vec<u8>) -> Begun {
        let Look { units, .. } = self.searched.look;
        if content <= CELL_BYTES_MAX as u64 {
            return Begun::Hold;
        }
        let is_readable = content.is_multiple_of(units.width() as u64);
        if !is_readable || self.searched.in_every_width {
            out.extend_from_slice(&self.constant);
            return Begun::Written;
        }
        out.extend_from_slice(length);
        self.long = Some(Box::new(Search::of(self.searched.look)));
        Begun::Search
    }

    /// Takes the next piece of a long cell.
    pub(crate) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        if let Some(search) = &mut self.long {
            search.push(piece, out);
        }
    }

    /// A long cell has ended.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(mut search) = self.long.take() {
            search.finish(out);
            self.counts.add(search.counts());
        }
    }
}

/// How a cell is searched that does not lie whole in one part.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Begun {
    /// It is held until it is whole.
    Hold,
    /// What stands for it is written, and the cell dropped.
    Written,
    /// It is searched piece by piece; its length is written.
    Search,
}
