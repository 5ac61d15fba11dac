//! Storage: the few things that a log asks of a disk.

use std::fmt;
use std::io::BufRead;
use std::sync::Arc;

use crate::error::StorageError;

pub mod fs;
#[cfg(feature = "test-util")]
pub mod memory;

pub use fs::FileStorage;

/// A flat directory of files.
///
/// Every method that changes the directory returns after the change is durable; an append is
/// durable only after [`SegmentFile::sync`].
pub trait Storage: fmt::Debug + Send + Sync {
    /// Keeps every other writer out until the value is dropped.
    ///
    /// # Errors
    /// With the kind `WouldBlock` when another writer holds it.
    fn lock(&self) -> Result<Box<dyn Lock>, StorageError>;

    /// The names of all files.
    ///
    /// # Errors
    /// When the directory cannot be read.
    fn names(&self) -> Result<Vec<String>, StorageError>;

    /// The content of a file from its beginning; `None` when there is none of this name.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn read(&self, name: &str) -> Result<Option<Box<dyn BufRead + Send>>, StorageError>;

    /// A file to append to, made anew when `create` is true and there is none of this name.
    ///
    /// # Errors
    /// When it cannot be opened, or is there although it was to be made, or the reverse.
    fn open_segment(&self, name: &str, create: bool) -> Result<Arc<dyn SegmentFile>, StorageError>;

    /// Puts a whole file in place of the one of this name, if any: after a crash there is the
    /// old one or the new one, never a part.
    ///
    /// # Errors
    /// When it cannot be written.
    fn replace(&self, name: &str, content: &[u8]) -> Result<(), StorageError>;

    /// Cuts a file to its first `length` bytes.
    ///
    /// # Errors
    /// When it cannot be cut.
    fn truncate(&self, name: &str, length: u64) -> Result<(), StorageError>;

    /// Removes a file; none of this name is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove(&self, name: &str) -> Result<(), StorageError>;
}

/// A file to append to. It may be shared, so that a sync can run beside appends.
pub trait SegmentFile: fmt::Debug + Send + Sync {
    /// Appends the bytes with one write where the system takes them at once.
    ///
    /// # Errors
    /// When not all of them were taken; some may have been.
    fn append(&self, bytes: &[u8]) -> Result<(), StorageError>;

    /// Returns when everything appended before is on the disk.
    ///
    /// # Errors
    /// When the disk says so; what was appended may then be lost.
    fn sync(&self) -> Result<(), StorageError>;
}

/// Keeps other writers out until it is dropped.
pub trait Lock: fmt::Debug + Send {}
