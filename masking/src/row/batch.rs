//! Digests of several cells of a row made together, because their rounds need not wait for each other.

use std::fmt;

use crate::hash::Later;
use crate::row::Column;
use crate::row::Work;

/// Digests that are to be made.
pub(super) struct Batch {
    entries: [Entry; ENTRIES],
    used: usize,
}

/// A cell of this column, in its place in the rows.
#[derive(Clone)]
struct Entry {
    column: usize,
    later: Later,
}

impl Batch {
    pub(super) const fn new() -> Self {
        const EMPTY: Entry = Entry {
            column: 0,
            later: Later::EMPTY,
        };
        Self {
            entries: [EMPTY; ENTRIES],
            used: 0,
        }
    }

    /// Where the next goes, if there is room.
    #[inline]
    pub(super) fn next(&mut self, column: usize) -> Option<&mut Later> {
        let entry = self.entries.get_mut(self.used)?;
        entry.column = column;
        Some(&mut entry.later)
    }

    /// Keeps what was put there.
    #[inline]
    pub(super) const fn keep(&mut self) {
        self.used += 1;
    }

    /// Makes them all, and writes them where they stand in `out`.
    #[inline]
    pub(super) fn finish(&mut self, columns: &[Column], out: &mut [u8]) {
        if self.used > 0 {
            self.make(columns, out);
        }
    }

    fn make(&mut self, columns: &[Column], out: &mut [u8]) {
        let used = self.entries.get_mut(..self.used).unwrap_or_default();
        let keyed = |column: usize| match columns.get(column).map(|column| &column.work) {
            Some(Work::Mask(masker)) => masker.keyed(),
            Some(Work::Pass | Work::Search(_)) | None => None,
        };
        for entry in used.iter_mut() {
            if let Some(keyed) = keyed(entry.column) {
                keyed.inner(&mut entry.later.block);
            }
        }
        for entry in used {
            if let Some(keyed) = keyed(entry.column) {
                let digest = keyed.outer(&entry.later.block);
                entry.later.fill(&digest, out);
            }
        }
        self.used = 0;
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Batch([redacted])")
    }
}

/// Two are as fast as more; in four there is room for those of a row.
const ENTRIES: usize = 4;
