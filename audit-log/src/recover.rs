//! Recover: find out where a log ends; a torn tail is cut, anything else is refused.

use std::io::Read as _;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::VerifyingKey;
use crate::digest::Digest;
use crate::error::OpenError;
use crate::error::Problem;
use crate::error::StorageError;
use crate::line;
use crate::reader::LineEnd;
use crate::reader::read_line;
use crate::record::Event;
use crate::record::Recovery;
use crate::segment;
use crate::segment::CHECKPOINT;
use crate::segment::LINE_BYTES_MAX;
use crate::segment::RECOVERY;
use crate::segment::VERSION;
use crate::storage::Storage;
use crate::tree::Tree;
use crate::tree::TreeDocument;
use crate::tree::leaf_hash;

/// Where a log ends.
#[derive(Debug)]
pub(crate) struct Tail {
    /// The number of the first line of the last segment; `None` when there is no segment yet.
    pub(crate) segment: Option<u64>,
    /// The length of the last segment.
    pub(crate) bytes: u64,
    pub(crate) tree: Tree,
    pub(crate) head: Digest,
    /// What was cut, now or by an opening that did not come to write it down.
    pub(crate) cuts: Vec<Recovery>,
}

/// Reads the last segment, checks it against the newest checkpoint and cuts a torn tail.
///
/// What will be cut is first written to a file of its own, so that a crash in the middle of a
/// recovery does not lose it.
pub(crate) fn recover(
    storage: &dyn Storage,
    origin: &str,
    key: Option<&VerifyingKey>,
) -> Result<Tail, OpenError> {
    let names = storage.names()?;
    let checkpoint = read_checkpoint(storage, origin, key)?;
    let mut tail = Tail {
        segment: segment::numbers(&names, ".jsonl").last().copied(),
        bytes: 0,
        tree: Tree::default(),
        head: Digest::ZERO,
        cuts: read_cuts(storage)?,
    };
    let Some(first) = tail.segment else {
        // A first opening that crashed has left a checkpoint over nothing.
        return check_size(checkpoint.map_or(0, |checkpoint| checkpoint.size), 0).map(|()| tail);
    };
    let checkpoint = checkpoint.ok_or_else(|| layout(CHECKPOINT, Problem::Missing))?;
    if first > 0 {
        (tail.tree, tail.head) = read_tree(storage, first)?;
    }
    let torn = scan(storage, &mut tail, &checkpoint)?;
    check_size(checkpoint.size, tail.tree.size())?;
    if let Some(cut) = torn {
        let (name, length) = (cut.segment.clone(), cut.offset);
        if tail.cuts.last() != Some(&cut) {
            tail.cuts.push(cut);
        }
        let content = serde_json::to_vec(&tail.cuts)
            .map_err(|error| StorageError::new("write", RECOVERY, error.into()))?;
        storage.replace(RECOVERY, &content)?;
        storage.truncate(&name, length)?;
    }
    Ok(tail)
}

/// Follows the lines of the last segment; gives what stands behind the last line feed.
fn scan(
    storage: &dyn Storage,
    tail: &mut Tail,
    checkpoint: &Checkpoint,
) -> Result<Option<Recovery>, OpenError> {
    let name = segment::segment_name(tail.segment.unwrap_or(0));
    let failed = |error| StorageError::new("read", &*name, error);
    let mut input = storage
        .read(&name)?
        .ok_or_else(|| layout(&name, Problem::Missing))?;
    let mut buffer = Vec::new();
    let mut number = 0;
    loop {
        let size = tail.tree.size();
        if size == checkpoint.size && tail.tree.root() != checkpoint.root {
            return Err(layout(CHECKPOINT, Problem::Root));
        }
        number += 1;
        let damaged = |problem| OpenError::Damaged {
            file: name.clone(),
            line: number,
            problem,
        };
        match read_line(&mut input, &mut buffer, LINE_BYTES_MAX).map_err(failed)? {
            LineEnd::Nothing => return Ok(None),
            LineEnd::TooLong => {
                return Err(damaged(Problem::TooLong {
                    limit: LINE_BYTES_MAX,
                }));
            }
            LineEnd::Torn => {
                return Ok(Some(Recovery {
                    segment: name.clone(),
                    offset: tail.bytes,
                    bytes_cut: buffer.len() as u64,
                    sha256: Digest::of(&buffer),
                }));
            }
            LineEnd::Whole => {}
        }
        check_line(&buffer, tail).map_err(damaged)?;
        tail.head = leaf_hash(&buffer);
        tail.tree.push(tail.head);
        tail.bytes += buffer.len() as u64 + 1;
    }
}

fn check_line(line: &[u8], tail: &mut Tail) -> Result<(), Problem> {
    let head = line::decode_head(line)?;
    if head.v != VERSION {
        return Err(Problem::Version { version: head.v });
    }
    if head.seq != tail.tree.size() {
        return Err(Problem::Sequence {
            expected: tail.tree.size(),
            found: head.seq,
        });
    }
    if head.prev != tail.head {
        return Err(Problem::Chain);
    }
    if !tail.cuts.is_empty() {
        let (_, _, record) = line::decode(line)?;
        if let Event::Recovery(written) = record.event {
            tail.cuts.retain(|cut| *cut != written);
        }
    }
    Ok(())
}

fn check_size(size: u64, lines: u64) -> Result<(), OpenError> {
    if size > lines {
        return Err(layout(CHECKPOINT, Problem::Shortened { size, lines }));
    }
    Ok(())
}

fn read_checkpoint(
    storage: &dyn Storage,
    origin: &str,
    key: Option<&VerifyingKey>,
) -> Result<Option<Checkpoint>, OpenError> {
    let Some(note) = read_small(storage, CHECKPOINT)? else {
        return Ok(None);
    };
    let checkpoint =
        Checkpoint::decode(&note, key).map_err(|problem| layout(CHECKPOINT, problem))?;
    if checkpoint.origin != origin {
        let problem = Problem::Origin {
            expected: origin.to_owned(),
            found: checkpoint.origin,
        };
        return Err(layout(CHECKPOINT, problem));
    }
    Ok(Some(checkpoint))
}

/// The state before the last segment; its tree must be the one that the note beside it has.
fn read_tree(storage: &dyn Storage, first: u64) -> Result<(Tree, Digest), OpenError> {
    let name = segment::tree_name(first);
    let text = read_small(storage, &name)?.ok_or_else(|| layout(&name, Problem::Missing))?;
    let (tree, head) = serde_json::from_str::<TreeDocument>(&text)
        .ok()
        .and_then(TreeDocument::into_tree)
        .filter(|(tree, _)| tree.size() == first)
        .ok_or_else(|| layout(&name, Problem::Malformed))?;
    let note = segment::note_name(first);
    let text = read_small(storage, &note)?.ok_or_else(|| layout(&note, Problem::Missing))?;
    let sealed = Checkpoint::decode(&text, None).map_err(|problem| layout(&note, problem))?;
    if sealed.size != first || sealed.root != tree.root() {
        return Err(layout(&name, Problem::Root));
    }
    Ok((tree, head))
}

fn read_cuts(storage: &dyn Storage) -> Result<Vec<Recovery>, OpenError> {
    let Some(text) = read_small(storage, RECOVERY)? else {
        return Ok(Vec::new());
    };
    serde_json::from_str(&text).map_err(|_| layout(RECOVERY, Problem::Malformed))
}

/// A file that a writer keeps small.
fn read_small(storage: &dyn Storage, name: &str) -> Result<Option<String>, OpenError> {
    let Some(input) = storage.read(name)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    input
        .take(SMALL_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| StorageError::new("read", name, error))?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| layout(name, Problem::Malformed))
}

fn layout(file: &str, problem: Problem) -> OpenError {
    OpenError::Layout {
        file: file.to_owned(),
        problem,
    }
}

const SMALL_BYTES_MAX: u64 = 64 * 1024;
