//! The masker of one result set: rows in, masked rows out, nothing more after an error.

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

    /// Appends the masked form of a row, given as its whole payload.
    ///
    /// # Errors
    ///
    /// [`MaskError`] when the row cannot be read, and for every row after that; `out` is as it
    /// was then.
    pub fn mask_row(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), MaskError> {
        if self.failed {
            return Err(MaskError::Poisoned);
        }
        let start = out.len();
        self.rows.mask(payload, out).map_err(|error| {
            self.failed = true;
            out.truncate(start);
            MaskError::Row(error)
        })
    }
}
