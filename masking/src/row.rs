//! Rewrites rows that come in parts: what is not masked is copied, what is masked is replaced.
//!
//! A cell that lies whole in a part is masked where it lies. Of one that does not, no more is held
//! than [`CELL_BYTES_MAX`](crate::cell::CELL_BYTES_MAX) and its length, so that a row of any size
//! takes no more memory than that.

mod batch;
mod in_place;

use mysql_proto::error::DecodeError;
use mysql_proto::row::binary::ROW_HEADER;
use mysql_proto::row::binary::is_null;
use mysql_proto::row::binary::row_bitmap_bytes;
use mysql_proto::row::binary::set_null;
use mysql_proto::types::BinaryLayout;
use mysql_proto::wire::Reader;

use crate::cell::CELL_BYTES_MAX;
use crate::cell::CellMasker;
use crate::cell::Cut;
use crate::cell::Put;
use crate::detect::Counts;
use crate::detect::cell::Begun;
use crate::detect::cell::CellSearch;
use crate::digest::Digest;
use crate::plan::MaskPlan;
use crate::row::batch::Batch;
use crate::span::Span;
use crate::span::span;
use crate::stream::Protocol;

/// The columns of the rows, and the place within a row.
#[derive(Debug)]
pub(crate) struct RowMasker {
    plan: MaskPlan,
    protocol: Protocol,
    columns: Vec<Column>,
    /// Whether most rows can be masked where they lie.
    keeps_length: bool,
    place: Place,
    /// The column at hand.
    column: usize,
    /// What came of a header, of a length, or of a masked cell that is not whole.
    held: Vec<u8>,
    /// Which cells of a binary row are NULL.
    bitmap: Vec<u8>,
    batch: Batch,
}

/// A column of the rows.
#[derive(Debug)]
struct Column {
    layout: BinaryLayout,
    work: Work,
}

/// What is done to the cells of a column.
#[derive(Debug)]
enum Work {
    Pass,
    Mask(Box<CellMasker>),
    Search(Box<CellSearch>),
}

/// Where in a row the next byte stands.
#[derive(Debug)]
enum Place {
    /// In front of the row.
    Start,
    /// In the header or the bitmap of a binary row.
    Head,
    /// In front of a cell, or behind the last.
    Cell,
    /// In the length of a cell.
    Length,
    /// In a cell that passes.
    Passing(u64),
    /// In a cell for which something else was written.
    Dropping(u64),
    /// In a cell that is masked when it is whole; its length takes so many bytes.
    Holding { header: usize, left: u64 },
    /// In a cell that is digested part by part.
    Digesting(u64, Box<Digest>),
    /// In a cell that is searched piece by piece.
    Searching(u64),
}

impl RowMasker {
    pub(crate) fn new(plan: MaskPlan, protocol: Protocol) -> Self {
        let layouts = plan.layouts().iter();
        let mut columns: Vec<Column> = layouts
            .map(|layout| Column {
                layout: match protocol {
                    Protocol::Text => BinaryLayout::LengthEncoded,
                    Protocol::Binary => *layout,
                },
                work: Work::Pass,
            })
            .collect();
        for masked in plan.masked() {
            if let Some(column) = columns.get_mut(masked.index) {
                column.work = Work::Mask(Box::new(CellMasker::new(masked, protocol)));
            }
        }
        for searched in plan.searched() {
            if let Some(column) = columns.get_mut(searched.index) {
                column.work = Work::Search(Box::new(CellSearch::new(*searched, protocol)));
            }
        }
        let keeps_length = columns.iter().all(|column| match &column.work {
            Work::Pass => true,
            Work::Mask(masker) => masker.keeps_length(),
            Work::Search(_) => false,
        });
        Self {
            plan,
            protocol,
            columns,
            keeps_length,
            place: Place::Start,
            column: 0,
            held: Vec::new(),
            bitmap: Vec::new(),
            batch: Batch::new(),
        }
    }

    pub(crate) const fn plan(&self) -> &MaskPlan {
        &self.plan
    }

    /// What detectors found since this was asked before.
    pub(crate) fn take_detected(&mut self) -> Counts {
        let mut detected = Counts::default();
        for column in &mut self.columns {
            match &mut column.work {
                Work::Search(search) => detected.add(&search.take_counts()),
                Work::Pass | Work::Mask(_) => {}
            }
        }
        detected
    }

    /// Whether no row is begun.
    pub(crate) const fn is_between_rows(&self) -> bool {
        matches!(self.place, Place::Start)
    }

    /// Takes the next part of a row, and appends what can be said of it.
    ///
    /// After an error `out` may hold a part of that.
    pub(crate) fn feed(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        if self.plan.is_clear() {
            self.place = Place::Cell;
            out.extend_from_slice(part);
            return Ok(());
        }
        let mut rest = part;
        loop {
            rest = self.step(rest, out)?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Ends the row: nothing may be missing.
    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        let whole = matches!(self.place, Place::Cell) && self.column == self.columns.len();
        if !whole && !self.plan.is_clear() {
            return Err(DecodeError::Truncated { field: "row" });
        }
        self.place = Place::Start;
        self.column = 0;
        Ok(())
    }

    /// Takes as much as belongs together; gives what is left.
    fn step<'i>(&mut self, input: &'i [u8], out: &mut Vec<u8>) -> Result<&'i [u8], DecodeError> {
        let (left, rest) = match &mut self.place {
            Place::Start => {
                self.held.clear();
                self.place = match self.protocol {
                    Protocol::Text => Place::Cell,
                    Protocol::Binary => Place::Head,
                };
                return self.step(input, out);
            }
            Place::Head => return self.take_head(input, out),
            Place::Cell => return self.take_cells(input, out),
            Place::Length => return self.take_length(input, out),
            Place::Passing(left) => {
                let (bytes, rest) = take(left, input);
                out.extend_from_slice(bytes);
                (*left, rest)
            }
            Place::Dropping(left) => {
                let (_, rest) = take(left, input);
                (*left, rest)
            }
            Place::Holding { left, .. } => {
                let (bytes, rest) = take(left, input);
                self.held.extend_from_slice(bytes);
                (*left, rest)
            }
            Place::Digesting(left, digest) => {
                let (bytes, rest) = take(left, input);
                digest.update(bytes);
                (*left, rest)
            }
            Place::Searching(left) => {
                let (bytes, rest) = take(left, input);
                if let Some(Work::Search(search)) = work(&mut self.columns, self.column) {
                    search.push(bytes, out);
                }
                (*left, rest)
            }
        };
        if left > 0 {
            return Ok(rest);
        }
        self.finish_cell(out)?;
        self.take_cells(rest, out)
    }

    /// Takes the header and the bitmap of a binary row.
    fn take_head<'i>(
        &mut self,
        input: &'i [u8],
        out: &mut Vec<u8>,
    ) -> Result<&'i [u8], DecodeError> {
        let length = 1 + row_bitmap_bytes(self.columns.len());
        let missing = length.saturating_sub(self.held.len());
        let (bytes, rest) = input.split_at(missing.min(input.len()));
        self.held.extend_from_slice(bytes);
        let Some((first, bitmap)) = self.held.split_first() else {
            return Ok(rest);
        };
        if *first != ROW_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "a binary row",
                first: *first,
            });
        }
        if self.held.len() < length {
            return Ok(rest);
        }
        out.push(ROW_HEADER);
        let start = out.len();
        out.extend_from_slice(bitmap);
        let shown = out.get_mut(start..).unwrap_or_default();
        for (index, column) in self.columns.iter().enumerate() {
            match &column.work {
                Work::Mask(masker) => {
                    set_null(shown, index, masker.shows_null(is_null(bitmap, index)));
                }
                Work::Pass | Work::Search(_) => {}
            }
        }
        self.bitmap.clear();
        self.bitmap.extend_from_slice(bitmap);
        self.place = Place::Cell;
        self.take_cells(rest, out)
    }

    /// Takes the cells that lie whole in `input`, and begins with the one that does not.
    fn take_cells<'i>(
        &mut self,
        input: &'i [u8],
        out: &mut Vec<u8>,
    ) -> Result<&'i [u8], DecodeError> {
        let taken = self.walk(input, out);
        self.batch.finish(&self.columns, out);
        taken
    }

    fn walk<'i>(&mut self, input: &'i [u8], out: &mut Vec<u8>) -> Result<&'i [u8], DecodeError> {
        // What passes is copied in runs.
        let (mut run, mut rest) = (input, input);
        while let Some(column) = self.columns.get_mut(self.column) {
            let null = match self.protocol {
                Protocol::Text => None,
                Protocol::Binary => Some(is_null(&self.bitmap, self.column)),
            };
            let passes = matches!(column.work, Work::Pass);
            if passes && let Some(tail) = skip_short(column.layout, null, rest) {
                rest = tail;
                self.column += 1;
                continue;
            }
            let span = span(column.layout, null, rest)?;
            let Some((cell, tail)) = whole(span, rest, !passes) else {
                put_run(run, rest, out);
                return self.begin_cell(span, rest, out);
            };
            if !passes {
                put_run(run, rest, out);
                run = tail;
            }
            match (&mut column.work, span) {
                (Work::Pass, _) => {}
                (Work::Mask(masker), Span::Cell { header, .. }) => {
                    let later = self.batch.next(self.column);
                    match masker.put_or_delay((cell, header), later, out)? {
                        Put::Now => {}
                        Put::Later => self.batch.keep(),
                    }
                }
                (Work::Mask(masker), Span::Null(_) | Span::Cut) => masker.put_null(out),
                (Work::Search(search), Span::Cell { header, .. }) => {
                    search.put(cell, header, out)?;
                }
                (Work::Search(search), Span::Null(_) | Span::Cut) => search.put_null(out),
            }
            rest = tail;
            self.column += 1;
        }
        put_run(run, rest, out);
        Reader::new(rest).finish("row")?;
        Ok(rest)
    }

    /// Takes the length of a cell byte by byte.
    fn take_length<'i>(
        &mut self,
        input: &'i [u8],
        out: &mut Vec<u8>,
    ) -> Result<&'i [u8], DecodeError> {
        let ([first], rest) = input.split_at(input.len().min(1)) else {
            return Ok(input);
        };
        self.held.push(*first);
        let Some(column) = self.columns.get(self.column) else {
            return Ok(rest);
        };
        // A cell that the bitmap calls NULL has no length to be cut.
        let null = match self.protocol {
            Protocol::Text => None,
            Protocol::Binary => Some(false),
        };
        let held = std::mem::take(&mut self.held);
        match span(column.layout, null, &held)? {
            Span::Cut => self.held = held,
            span @ (Span::Null(_) | Span::Cell { .. }) => {
                self.begin_cell(span, &held, out)?;
            }
        }
        Ok(rest)
    }

    /// Begins with a cell of which the length is at the front of `input`, perhaps cut; gives what
    /// follows the length.
    fn begin_cell<'i>(
        &mut self,
        span: Span,
        input: &'i [u8],
        out: &mut Vec<u8>,
    ) -> Result<&'i [u8], DecodeError> {
        let (header, content) = match span {
            Span::Cell { header, content } => (header, content),
            // Of a length that is cut at least one byte is there; NULL takes no more than one.
            Span::Null(_) | Span::Cut => {
                self.held.clear();
                self.held.extend_from_slice(input);
                if !input.is_empty() {
                    self.place = Place::Length;
                }
                return Ok(&[]);
            }
        };
        let (length, rest) = input.split_at_checked(header).unwrap_or((input, &[]));
        let hold = Place::Holding {
            header,
            left: content,
        };
        self.place = match work(&mut self.columns, self.column) {
            None | Some(Work::Pass) => {
                out.extend_from_slice(length);
                Place::Passing(content)
            }
            Some(Work::Mask(masker)) => match masker.begin(content, out) {
                Cut::Written => Place::Dropping(content),
                Cut::Hold => hold,
                Cut::Digest(digest) => Place::Digesting(content, digest),
            },
            Some(Work::Search(search)) => match search.begin(content, length, out) {
                Begun::Written => Place::Dropping(content),
                Begun::Hold => hold,
                Begun::Search => Place::Searching(content),
            },
        };
        if let Place::Holding { .. } = self.place {
            self.held.clear();
            self.held.extend_from_slice(length);
        }
        if content == 0 {
            self.finish_cell(out)?;
        }
        Ok(rest)
    }

    /// The cell at hand is whole.
    fn finish_cell(&mut self, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let place = std::mem::replace(&mut self.place, Place::Cell);
        match (place, work(&mut self.columns, self.column)) {
            (Place::Holding { header, .. }, Some(Work::Mask(masker))) => {
                masker.put(&self.held, header, out)?;
            }
            (Place::Digesting(_, digest), Some(Work::Mask(masker))) => {
                masker.put_digest(*digest, out);
            }
            (Place::Holding { header, .. }, Some(Work::Search(search))) => {
                search.put(&self.held, header, out)?;
            }
            (Place::Searching(_), Some(Work::Search(search))) => search.finish(out),
            (_, _) => {}
        }
        self.column += 1;
        Ok(())
    }
}

/// What is done to the cells of that column.
fn work(columns: &mut [Column], index: usize) -> Option<&mut Work> {
    columns.get_mut(index).map(|column| &mut column.work)
}

/// What follows a cell of text of up to 250 bytes, which most are.
#[inline]
fn skip_short(layout: BinaryLayout, null: Option<bool>, input: &[u8]) -> Option<&[u8]> {
    match (layout, null, input) {
        (BinaryLayout::LengthEncoded, None | Some(false), [length @ 0..=0xfa, tail @ ..]) => {
            tail.get(usize::from(*length)..)
        }
        _ => None,
    }
}

/// The cell, if it lies whole at the front of `input` and may be taken at once, and what follows.
#[inline]
fn whole(span: Span, input: &[u8], masked: bool) -> Option<(&[u8], &[u8])> {
    let length = match span {
        Span::Null(length) => length,
        Span::Cell { content, .. } if masked && content > CELL_BYTES_MAX as u64 => return None,
        Span::Cell { header, content } => usize::try_from(content).ok()?.checked_add(header)?,
        Span::Cut => return None,
    };
    input.split_at_checked(length)
}

/// Appends what lies between the front of `run` and the front of `rest`, its tail.
#[inline]
fn put_run(run: &[u8], rest: &[u8], out: &mut Vec<u8>) {
    let (run, _) = run.split_at(run.len().saturating_sub(rest.len()));
    out.extend_from_slice(run);
}

/// Cuts off as much as there is of what is left.
fn take<'i>(left: &mut u64, input: &'i [u8]) -> (&'i [u8], &'i [u8]) {
    let length = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
    *left = left.saturating_sub(length as u64);
    input.split_at(length)
}
