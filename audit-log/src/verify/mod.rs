//! Verify: check a whole log against itself, its checkpoints and their keys.
//!
//! This part shares only the names of files, the types of a record and the errors with the
//! writer: hashing, the tree and the reading of notes are written a second time, so that a
//! mistake in one does not hide in the other.

use crate::checkpoint::VerifyingKey;
use crate::error::Problem;
use crate::error::VerifyError;
use crate::storage::Storage;
use crate::verify::lines::Line;
use crate::verify::lines::Lines;
use crate::verify::marks::Marks;
use crate::verify::tree::Hash;
use crate::verify::tree::MerkleTree;

mod lines;
mod marks;
mod note;
mod tree;

/// What a log that passed consists of.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The log's name.
    pub origin: String,
    /// Lines in the log.
    pub lines: u64,
    /// Segments in the log.
    pub segments: usize,
    /// When the first line happened, in microseconds since the Unix epoch.
    pub first_time_us: Option<u64>,
    /// When the last line happened.
    pub last_time_us: Option<u64>,
    /// How many lines the newest checkpoint covers. The lines after it hold to each other, but
    /// nothing tells whether more followed.
    pub covered: u64,
    /// Whether every checkpoint was signed by a key that was given.
    pub signed: bool,
    /// Bytes at the end that are not a whole line: a crash, or a line just being written.
    pub torn_bytes: u64,
}

/// Checks every line, every checkpoint and everything beside them.
///
/// With keys every checkpoint must be signed by one of them. Without, the log is only checked
/// against itself: that finds accidents, and changes by one who did not redo the chain.
///
/// # Errors
/// With the first line or file that is bad.
pub fn verify(storage: &dyn Storage, keys: &[VerifyingKey]) -> Result<Report, VerifyError> {
    // The checkpoint first: a log may grow while it is verified.
    let marks = Marks::read(storage, keys)?;
    let mut walk = Walk {
        marks,
        tree: MerkleTree::default(),
        held: None,
        first_time_us: None,
    };
    let mut lines = Lines::open(storage)?;
    walk.marks
        .require_for_segments(storage, keys, lines.segments())?;
    while let Some(line) = lines.next(walk.count())? {
        // The next line confirms the one before it; what still differs is said beside it.
        let confirmed = walk.snapshot();
        walk.step(line, &mut lines)?;
        if let Some(file) = walk.contradicted(confirmed)? {
            return Err(VerifyError::File {
                file,
                problem: Problem::Root,
            });
        }
    }
    let unconfirmed = walk.snapshot();
    if let Some(checkpoint) = walk.contradicted(unconfirmed)? {
        return Err(walk.last_is_bad(checkpoint));
    }
    walk.finish(&lines)
}

/// The tree holds all lines but the last, which the next line or a checkpoint has to confirm.
struct Walk {
    marks: Marks,
    tree: MerkleTree,
    held: Option<Line>,
    first_time_us: Option<u64>,
}

impl Walk {
    fn count(&self) -> u64 {
        self.tree.size() + u64::from(self.held.is_some())
    }

    fn head(&self) -> Hash {
        self.held.as_ref().map_or([0; 32], |line| line.hash)
    }

    fn full_tree(&self) -> MerkleTree {
        let mut tree = self.tree.clone();
        if let Some(line) = &self.held {
            tree.push(line.hash);
        }
        tree
    }

    fn step(&mut self, line: Line, lines: &mut Lines<'_>) -> Result<(), VerifyError> {
        if line.seq != self.count() {
            let problem = Problem::Sequence {
                expected: self.count(),
                found: line.seq,
            };
            return Err(line.place.bad(problem));
        }
        if line.prev != self.head() {
            return Err(self.blame(&line, lines));
        }
        self.first_time_us = self.first_time_us.or(Some(line.time_us));
        if let Some(held) = self.held.replace(line) {
            self.tree.push(held.hash);
        }
        Ok(())
    }

    /// Of two lines that do not hold to each other, finds the one that was changed: the second
    /// is good when what comes after it, or a checkpoint, holds to it as it is.
    fn blame(&self, line: &Line, lines: &mut Lines<'_>) -> VerifyError {
        let Some(held) = &self.held else {
            return line.place.bad(Problem::Chain);
        };
        let confirmed = match lines.next(line.seq.saturating_add(1)) {
            Ok(Some(next)) => next.prev == line.hash,
            Ok(None) => {
                let mut as_claimed = self.tree.clone();
                as_claimed.push(line.prev);
                as_claimed.push(line.hash);
                self.marks.confirm(&as_claimed)
                    || self.marks.contradicting(&self.full_tree()).is_some()
            }
            Err(_) => false,
        };
        if confirmed {
            return held.place.bad(Problem::Changed);
        }
        line.place.bad(Problem::Chain)
    }

    /// The tree over all lines so far and the hash of the last, where something is said of them.
    fn snapshot(&self) -> Option<(MerkleTree, Hash)> {
        self.marks
            .is_at(self.count())
            .then(|| (self.full_tree(), self.head()))
    }

    /// The file of a note that contradicts what was seen.
    fn contradicted(
        &self,
        snapshot: Option<(MerkleTree, Hash)>,
    ) -> Result<Option<String>, VerifyError> {
        let Some((tree, head)) = snapshot else {
            return Ok(None);
        };
        self.marks.check_state(&tree, &head)?;
        Ok(self.marks.contradicting(&tree))
    }

    fn last_is_bad(&self, checkpoint: String) -> VerifyError {
        match &self.held {
            Some(held) => held.place.bad(Problem::NotCovered { checkpoint }),
            None => VerifyError::File {
                file: checkpoint,
                problem: Problem::Root,
            },
        }
    }

    fn finish(self, lines: &Lines<'_>) -> Result<Report, VerifyError> {
        let count = self.count();
        if let Some((file, size)) = self.marks.past(count) {
            if let Some(place) = lines.torn() {
                return Err(place.bad(Problem::Torn));
            }
            let problem = Problem::Shortened { size, lines: count };
            return Err(VerifyError::File { file, problem });
        }
        Ok(Report {
            origin: self.marks.origin().to_owned(),
            lines: count,
            segments: lines.segments().len(),
            first_time_us: self.first_time_us,
            last_time_us: self.held.map(|line| line.time_us),
            covered: self.marks.covered(),
            signed: self.marks.are_signed(),
            torn_bytes: lines.torn_bytes(),
        })
    }
}

fn missing(file: String) -> VerifyError {
    VerifyError::File {
        file,
        problem: Problem::Missing,
    }
}
