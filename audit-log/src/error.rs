//! What can go wrong when a log is opened, written or read.

use std::io;

/// Why the disk, or what stands for it, could not do something.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{path}`: {source}")]
pub struct StorageError {
    /// What was being done, such as `append to`.
    pub action: &'static str,
    /// The file.
    pub path: String,
    /// The cause.
    pub source: io::Error,
}

impl StorageError {
    /// Says what was being done to which file when `source` happened.
    #[must_use]
    pub fn new(action: &'static str, path: impl Into<String>, source: io::Error) -> Self {
        Self {
            action,
            path: path.into(),
            source,
        }
    }
}

/// Why a log could not be opened for writing.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings are not usable.
    #[error(
        "the origin `{origin}` is not usable: it is a name without spaces, plus signs and control characters"
    )]
    Origin {
        /// As it was given.
        origin: String,
    },
    /// Another writer has it open.
    #[error("another writer has this log open (`{path}` is locked)")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// A line is not what a writer wrote; a torn tail would have been cut.
    #[error("{file}:{line}: {problem}; run a verification before you go on with this log")]
    Damaged {
        /// The segment file.
        file: String,
        /// The line in that file, from 1.
        line: u64,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A file beside the segments is missing or is not what a writer wrote.
    #[error("{file}: {problem}; run a verification before you go on with this log")]
    Layout {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The recovery could not be written down.
    #[error("the log could not be continued: {0}")]
    Append(#[from] AppendError),
    /// The disk failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is wrong with a line or a file of a log.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It is not a record of this version.
    #[error("not a record (column {column})")]
    NotARecord {
        /// The byte at which reading stopped, from 1.
        column: usize,
    },
    /// It is longer than a line may be.
    #[error("longer than the limit of {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// It has a version that this program does not know.
    #[error("version {version} is not known to this program")]
    Version {
        /// The version.
        version: u32,
    },
    /// Its number is not the next one.
    #[error("number {found} stands where {expected} should")]
    Sequence {
        /// The number that comes next.
        expected: u64,
        /// The number in the line.
        found: u64,
    },
    /// It does not carry the hash of the line before.
    #[error("does not carry the hash of the line before")]
    Chain,
    /// The line after it has another hash for it, and that line is good.
    #[error("was changed: the line after it has another hash for it")]
    Changed,
    /// It does not end although it is not the last line of the log.
    #[error("ends without a line feed")]
    Torn,
    /// The file is missing.
    #[error("the file is missing")]
    Missing,
    /// The file is not in its form.
    #[error("not in the form of this file")]
    Malformed,
    /// A checkpoint names another log.
    #[error("is of the log `{found}`, not of `{expected}`")]
    Origin {
        /// The log's own name.
        expected: String,
        /// The name in the checkpoint.
        found: String,
    },
    /// A checkpoint knows of lines that are not there.
    #[error("knows of {size} lines, but the log has {lines}: lines were removed at the end")]
    Shortened {
        /// How many lines the checkpoint knows of.
        size: u64,
        /// How many there are.
        lines: u64,
    },
    /// A checkpoint's hash differs from that of the lines.
    #[error("does not have the hash of the lines that it covers")]
    Root,
    /// The last line is not the one that the checkpoint was made over.
    #[error("is not the line that `{checkpoint}` was made over, or one before it was changed")]
    NotCovered {
        /// The checkpoint's file.
        checkpoint: String,
    },
    /// A signature is not good.
    #[error("the signature does not fit")]
    Signature,
    /// A checkpoint has no signature by a key that was given.
    #[error("not signed by a key that was given")]
    Unsigned,
}

/// Why a record could not be appended. Nothing may be done whose record was refused.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The writer failed before and writes nothing more; open the log again.
    #[error("the log failed before and is closed; open it again")]
    Poisoned,
    /// The record has no form as a line: its time is past the year 9999.
    #[error("the record has no form as a line")]
    Encode,
    /// The line would be longer than the limit.
    #[error("a line of {bytes} bytes is over the limit of {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The disk failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a log could not be read.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A line is not a record.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The segment file.
        file: String,
        /// The line in that file, from 1.
        line: u64,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The disk failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a log did not pass a verification.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A line is bad; it is the first that is.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The segment file.
        file: String,
        /// The line in that file, from 1.
        line: u64,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A file is bad or missing.
    #[error("{file}: {problem}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The disk failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a key is not usable.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a verification key reads `name+8 hexadecimal digits+base64` and is an Ed25519 key")]
pub struct KeyError;
