//! Masks a whole row where it lies, as far as its cells keep their length.

use mysql_proto::error::DecodeError;
use mysql_proto::row::binary::ROW_HEADER;
use mysql_proto::row::binary::is_null;
use mysql_proto::row::binary::row_bitmap_bytes;

use crate::cell::CELL_BYTES_MAX;
use crate::row::Place;
use crate::row::RowMasker;
use crate::row::Work;
use crate::row::skip_short;
use crate::span::Span;
use crate::span::span;
use crate::stream::InPlace;
use crate::stream::Protocol;

impl RowMasker {
    /// Whether most rows can be masked where they lie.
    pub(crate) const fn keeps_length(&self) -> bool {
        self.keeps_length
    }

    /// Masks the cells of a row up to the first that does not keep its length; that one and what
    /// follows is then to be fed.
    ///
    /// After an error the row may be masked in part.
    pub(crate) fn mask_in_place(&mut self, row: &mut [u8]) -> Result<InPlace, DecodeError> {
        if self.plan.is_clear() {
            return Ok(InPlace::Whole);
        }
        if !self.keeps_length {
            return Ok(InPlace::UpTo(0));
        }
        let head = match self.protocol {
            Protocol::Text => 0,
            Protocol::Binary => 1 + row_bitmap_bytes(self.columns.len()),
        };
        let Some((head, cells)) = row.split_at_mut_checked(head) else {
            return Err(DecodeError::Truncated { field: "row" });
        };
        let bitmap = match head.split_first() {
            None => None,
            Some((&ROW_HEADER, bitmap)) => Some(bitmap),
            Some((&first, _)) => {
                return Err(DecodeError::Unexpected {
                    expected: "a binary row",
                    first,
                });
            }
        };
        if bitmap.is_some_and(|bitmap| self.changes(bitmap)) {
            return Ok(InPlace::UpTo(0));
        }
        let Some((column, length)) = self.mask_cells(bitmap, cells)? else {
            return Ok(InPlace::Whole);
        };
        self.held.clear();
        self.bitmap.clear();
        self.bitmap.extend_from_slice(bitmap.unwrap_or_default());
        self.column = column;
        self.place = Place::Cell;
        Ok(InPlace::UpTo(head.len() + length))
    }

    /// Whether a masked row has another bitmap than this.
    fn changes(&self, bitmap: &[u8]) -> bool {
        let mut columns = self.columns.iter().enumerate();
        columns.any(|(index, column)| match &column.work {
            Work::Mask(masker) => {
                let null = is_null(bitmap, index);
                masker.shows_null(null) != null
            }
            Work::Pass | Work::Search(_) => false,
        })
    }

    /// Masks cells; gives the column of the first that must be put anew, and where it begins.
    fn mask_cells(
        &self,
        bitmap: Option<&[u8]>,
        cells: &mut [u8],
    ) -> Result<Option<(usize, usize)>, DecodeError> {
        let length = cells.len();
        let mut rest = cells;
        for (index, column) in self.columns.iter().enumerate() {
            let null = bitmap.map(|bitmap| is_null(bitmap, index));
            let passes = matches!(column.work, Work::Pass);
            if passes && let Some(tail) = skip_short(column.layout, null, rest) {
                let skipped = rest.len() - tail.len();
                rest = rest.split_at_mut(skipped).1;
                continue;
            }
            let place = length - rest.len();
            let (header, cell) = match span(column.layout, null, rest)? {
                Span::Null(bytes) => (None, bytes),
                Span::Cell { header, content } => {
                    let content = usize::try_from(content).unwrap_or(usize::MAX);
                    (Some((header, content)), content.saturating_add(header))
                }
                Span::Cut => return Err(DecodeError::Truncated { field: "row" }),
            };
            let Some((cell, tail)) = rest.split_at_mut_checked(cell) else {
                return Err(DecodeError::Truncated { field: "row" });
            };
            rest = tail;
            let is_masked = match (&column.work, header) {
                (Work::Pass, _) => true,
                (Work::Mask(masker), None) => masker.shows_null(true),
                (Work::Mask(masker), Some((header, content))) => {
                    content <= CELL_BYTES_MAX && masker.hide(cell, header)
                }
                (Work::Search(_), _) => false,
            };
            if !is_masked {
                return Ok(Some((index, place)));
            }
        }
        if rest.is_empty() {
            Ok(None)
        } else {
            Err(DecodeError::Truncated { field: "row" })
        }
    }
}
