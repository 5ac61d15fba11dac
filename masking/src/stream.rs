//! The masker of one result set: rows in, masked rows out, nothing more after an error.

use mysql_proto::error::DecodeError;

use crate::detect::Counts;
use crate::error::MaskError;
use crate::plan::MaskPlan;
use crate::row::RowMasker;

/// In which protocol the rows come.
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Rows of a query.
    Text,
    /// Rows of a prepared statement.
    Binary,
}

/// What came of a row that was to be masked where it lies.
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum InPlace {
    /// It is masked.
    Whole,
    /// So many bytes at its front are masked. They stand as they are; what follows them is to be given
    /// to [`ResultMasker::mask_part`], and the row to be ended.
    UpTo(usize),
}

/// Masks the rows of one result set.
///
/// Rows are independent of each other, and none is kept. For a cursor the masker of its execute
/// serves the fetches too.
#[derive(Debug)]
pub struct ResultMasker {
    rows: RowMasker,
    failed: bool,
}

impl ResultMasker {
    /// A masker for a result set whose column definitions were rewritten by `plan`.
    #[must_use]
    pub fn new(plan: MaskPlan, protocol: Protocol) -> Self {
        Self {
            rows: RowMasker::new(plan, protocol),
            failed: false,
        }
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &MaskPlan {
        self.rows.plan()
    }

    /// What detectors found in the rows since this was asked before.
    #[must_use]
    pub fn take_detected(&mut self) -> Counts {
        self.rows.take_detected()
    }

    /// Appends the masked form of a row, given as its whole payload.
    ///
    /// # Errors
    ///
    /// [`MaskError`] when the row cannot be read, and for every row after that; `out` is as it
    /// was then.
    pub fn mask_row(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), MaskError> {
        if !self.failed && !self.rows.is_between_rows() {
            return Err(self.fail(DecodeError::Truncated { field: "row" }));
        }
        let start = out.len();
        self.mask_part(payload, out)?;
        let ended = self.end_row();
        if ended.is_err() {
            out.truncate(start);
        }
        ended
    }

    /// Appends what can be said of the next part of a row; any part of it may be any bytes long.
    ///
    /// No more of a row is held than [`CELL_BYTES_MAX`](crate::cell::CELL_BYTES_MAX) bytes, its
    /// bitmap and one length. What was appended for a row that cannot be ended must not be shown
    /// as one.
    ///
    /// # Errors
    ///
    /// [`MaskError`] when no row is like that, and for every row after that; `out` is as it was
    /// then.
    #[inline]
    pub fn mask_part(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<(), MaskError> {
        if self.failed {
            return Err(MaskError::Poisoned);
        }
        let start = out.len();
        self.rows.feed(part, out).map_err(|error| {
            out.truncate(start);
            self.fail(error)
        })
    }

    /// Ends a row that was given in parts.
    ///
    /// # Errors
    ///
    /// [`MaskError`] when the row is not whole, and for every row after that.
    #[inline]
    pub fn end_row(&mut self) -> Result<(), MaskError> {
        if self.failed {
            return Err(MaskError::Poisoned);
        }
        self.rows.end().map_err(|error| self.fail(error))
    }

    /// Whether most rows can be masked where they lie, because no mask changes the length of a cell.
    #[must_use]
    pub const fn keeps_length(&self) -> bool {
        self.rows.keeps_length()
    }

    /// Masks a row where it lies, given as its whole payload, as far as its cells keep their length.
    ///
    /// It comes out as from [`ResultMasker::mask_row`].
    ///
    /// # Errors
    ///
    /// [`MaskError`] when the row cannot be read, and for every row after that. The row may then be
    /// masked in part, and must not be shown.
    #[inline]
    pub fn mask_in_place(&mut self, row: &mut [u8]) -> Result<InPlace, MaskError> {
        if self.failed {
            return Err(MaskError::Poisoned);
        }
        if !self.rows.is_between_rows() {
            return Err(self.fail(DecodeError::Truncated { field: "row" }));
        }
        self.rows
            .mask_in_place(row)
            .map_err(|error| self.fail(error))
    }

    const fn fail(&mut self, error: DecodeError) -> MaskError {
        self.failed = true;
        MaskError::Row(error)
    }
}
