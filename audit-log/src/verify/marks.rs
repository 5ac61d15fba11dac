//! Marks: all that the files beside the segments say about the first so many lines.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::checkpoint::VerifyingKey;
use crate::error::Problem;
use crate::error::StorageError;
use crate::error::VerifyError;
use crate::segment;
use crate::segment::CHECKPOINT;
use crate::storage::Storage;
use crate::verify::missing;
use crate::verify::note::Note;
use crate::verify::tree::Hash;
use crate::verify::tree::MerkleTree;

/// By number of lines, what is said about exactly that many.
#[derive(Debug)]
pub(super) struct Marks {
    origin: String,
    covered: u64,
    signed: bool,
    notes: BTreeMap<u64, Vec<(String, Hash)>>,
    states: BTreeMap<u64, Vec<u8>>,
}

impl Marks {
    pub(super) fn read(storage: &dyn Storage, keys: &[VerifyingKey]) -> Result<Self, VerifyError> {
        let newest = read_note(storage, CHECKPOINT, keys)?;
        let mut marks = Self {
            origin: newest.origin,
            covered: newest.size,
            signed: !keys.is_empty(),
            notes: BTreeMap::from([(newest.size, vec![(CHECKPOINT.to_owned(), newest.root)])]),
            states: BTreeMap::new(),
        };
        let names = storage.names()?;
        for size in segment::numbers(&names, ".note") {
            marks.add_note(storage, keys, size)?;
        }
        for size in segment::numbers(&names, ".tree") {
            marks.add_state(storage, size)?;
        }
        Ok(marks)
    }

    /// Every segment but the first begins where a note and a state were left. A segment that
    /// was begun after the marks were read has its own by now.
    pub(super) fn require_for_segments(
        &mut self,
        storage: &dyn Storage,
        keys: &[VerifyingKey],
        firsts: &[u64],
    ) -> Result<(), VerifyError> {
        for first in firsts.iter().copied().filter(|first| *first > 0) {
            let note = segment::note_name(first);
            if !self.at(first).iter().any(|(file, _)| *file == note) {
                self.add_note(storage, keys, first)?;
            }
            if !self.states.contains_key(&first) {
                self.add_state(storage, first)?;
            }
        }
        Ok(())
    }

    fn add_note(
        &mut self,
        storage: &dyn Storage,
        keys: &[VerifyingKey],
        size: u64,
    ) -> Result<(), VerifyError> {
        let file = segment::note_name(size);
        let note = read_note(storage, &file, keys)?;
        let problem = if note.origin != self.origin {
            Problem::Origin {
                expected: self.origin.clone(),
                found: note.origin,
            }
        } else if note.size != size {
            Problem::Sequence {
                expected: size,
                found: note.size,
            }
        } else {
            self.notes.entry(size).or_default().push((file, note.root));
            return Ok(());
        };
        Err(VerifyError::File { file, problem })
    }

    fn add_state(&mut self, storage: &dyn Storage, size: u64) -> Result<(), VerifyError> {
        let state = read_small(storage, &segment::tree_name(size))?;
        self.states.insert(size, state);
        Ok(())
    }

    pub(super) fn is_at(&self, count: u64) -> bool {
        self.notes.contains_key(&count) || self.states.contains_key(&count)
    }

    pub(super) fn check_state(&self, tree: &MerkleTree, head: &Hash) -> Result<(), VerifyError> {
        match self.states.get(&tree.size()) {
            // Whether the state or the lines are at fault, the notes tell.
            Some(state) if *state != tree.state(head).into_bytes() && self.confirm(tree) => {
                let file = segment::tree_name(tree.size());
                Err(VerifyError::File {
                    file,
                    problem: Problem::Root,
                })
            }
            _ => Ok(()),
        }
    }

    /// The first note that has another hash for these lines.
    pub(super) fn contradicting(&self, tree: &MerkleTree) -> Option<String> {
        let root = tree.root();
        let (file, _) = self.at(tree.size()).iter().find(|note| note.1 != root)?;
        Some(file.clone())
    }

    /// Whether there is a note over exactly these lines and every such note has their hash.
    pub(super) fn confirm(&self, tree: &MerkleTree) -> bool {
        let root = tree.root();
        let notes = self.at(tree.size());
        !notes.is_empty() && notes.iter().all(|note| note.1 == root)
    }

    /// What speaks of more lines than there are.
    pub(super) fn past(&self, count: u64) -> Option<(String, u64)> {
        let after = count.saturating_add(1)..;
        let note = self.notes.range(after.clone()).next();
        note.and_then(|(size, notes)| Some((notes.first()?.0.clone(), *size)))
            .or_else(|| {
                let (size, _) = self.states.range(after).next()?;
                Some((segment::tree_name(*size), *size))
            })
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) const fn covered(&self) -> u64 {
        self.covered
    }

    pub(super) const fn are_signed(&self) -> bool {
        self.signed
    }

    fn at(&self, count: u64) -> &[(String, Hash)] {
        self.notes.get(&count).map_or(&[], Vec::as_slice)
    }
}

fn read_note(
    storage: &dyn Storage,
    file: &str,
    keys: &[VerifyingKey],
) -> Result<Note, VerifyError> {
    Note::read(&read_small(storage, file)?, keys).map_err(|problem| VerifyError::File {
        file: file.to_owned(),
        problem,
    })
}

fn read_small(storage: &dyn Storage, file: &str) -> Result<Vec<u8>, VerifyError> {
    let input = storage
        .read(file)?
        .ok_or_else(|| missing(file.to_owned()))?;
    let mut bytes = Vec::new();
    input
        .take(SMALL_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| StorageError::new("read", file, error))?;
    Ok(bytes)
}

/// These files have a handful of lines.
const SMALL_BYTES_MAX: u64 = 64 * 1024;
