//! A store in memory whose disk can run full, fail and lose power, for tests.

use std::collections::BTreeMap;
use std::io;
use std::io::BufRead;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::error::StorageError;
use crate::storage::Lock;
use crate::storage::SegmentFile;
use crate::storage::Storage;

/// Files in memory. Clones share them, as two programs share a disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage(Arc<Mutex<Disk>>);

impl MemoryStorage {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on `bytes` more bytes can be appended; then the disk fails for good, with a
    /// part of the last append written. Every other change counts as one byte.
    pub fn fail_after(&self, bytes: u64) {
        self.disk().budget = Some(bytes);
    }

    /// From now on every sync fails.
    pub fn fail_syncs(&self) {
        self.disk().syncs_fail = true;
    }

    /// How many bytes were appended and other changes made so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.disk().spent
    }

    /// The disk as another program finds it after this one was killed.
    #[must_use]
    pub fn after_crash(&self) -> Self {
        let files = self.disk().files.clone();
        Self(Arc::new(Mutex::new(Disk {
            files,
            ..Disk::default()
        })))
    }

    /// The disk after a power cut: of what was not synced, `kept` bytes of each file are left.
    #[must_use]
    pub fn after_power_cut(&self, kept: usize) -> Self {
        let after = self.after_crash();
        for file in after.disk().files.values_mut() {
            file.content.truncate(file.synced.saturating_add(kept));
            file.synced = file.content.len();
        }
        after
    }

    /// A file's bytes, to look at.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.disk().files.get(name).map(|file| file.content.clone())
    }

    /// Puts bytes where a file is, without faults.
    pub fn set_content(&self, name: &str, content: Vec<u8>) {
        let synced = content.len();
        self.disk()
            .files
            .insert(name.to_owned(), MemoryFile { content, synced });
    }

    /// Takes a file away, without faults.
    pub fn delete(&self, name: &str) {
        self.disk().files.remove(name);
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStorage {
    fn lock(&self) -> Result<Box<dyn Lock>, StorageError> {
        let mut disk = self.disk();
        if disk.locked {
            return Err(StorageError::new(
                "lock",
                "lock",
                io::ErrorKind::WouldBlock.into(),
            ));
        }
        disk.locked = true;
        Ok(Box::new(MemoryLock(self.clone())))
    }

    fn names(&self) -> Result<Vec<String>, StorageError> {
        Ok(self.disk().files.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> Result<Option<Box<dyn BufRead + Send>>, StorageError> {
        Ok(self
            .content(name)
            .map(|content| Box::new(Cursor::new(content)) as _))
    }

    fn open_segment(&self, name: &str, create: bool) -> Result<Arc<dyn SegmentFile>, StorageError> {
        let mut disk = self.disk();
        if disk.files.contains_key(name) == create {
            let kind = if create {
                io::ErrorKind::AlreadyExists
            } else {
                io::ErrorKind::NotFound
            };
            return Err(StorageError::new("open", name, kind.into()));
        }
        if create {
            disk.spend_one("make", name)?;
            disk.files.insert(name.to_owned(), MemoryFile::default());
        }
        Ok(Arc::new(AppendedFile {
            storage: self.clone(),
            name: name.to_owned(),
        }))
    }

    fn replace(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let mut disk = self.disk();
        disk.spend_one("replace", name)?;
        let file = MemoryFile {
            content: content.to_vec(),
            synced: content.len(),
        };
        disk.files.insert(name.to_owned(), file);
        Ok(())
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), StorageError> {
        let mut disk = self.disk();
        disk.spend_one("cut", name)?;
        if let Some(file) = disk.files.get_mut(name) {
            file.content
                .truncate(usize::try_from(length).unwrap_or(usize::MAX));
            file.synced = file.content.len();
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let mut disk = self.disk();
        disk.spend_one("remove", name)?;
        disk.files.remove(name);
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, MemoryFile>,
    locked: bool,
    budget: Option<u64>,
    spent: u64,
    syncs_fail: bool,
}

impl Disk {
    /// How many of `wanted` bytes the disk still takes.
    fn spend(&mut self, wanted: usize) -> usize {
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let taken = self.budget.map_or(wanted, |budget| budget.min(wanted));
        self.budget = self.budget.map(|budget| budget - taken);
        self.spent += taken;
        usize::try_from(taken).unwrap_or(usize::MAX)
    }

    fn spend_one(&mut self, action: &'static str, name: &str) -> Result<(), StorageError> {
        if self.spend(1) == 1 {
            Ok(())
        } else {
            Err(full(action, name))
        }
    }
}

#[derive(Clone, Debug, Default)]
struct MemoryFile {
    content: Vec<u8>,
    synced: usize,
}

#[derive(Debug)]
struct AppendedFile {
    storage: MemoryStorage,
    name: String,
}

impl SegmentFile for AppendedFile {
    fn append(&self, bytes: &[u8]) -> Result<(), StorageError> {
        let mut disk = self.storage.disk();
        let taken = disk.spend(bytes.len());
        if let Some(file) = disk.files.get_mut(&self.name) {
            file.content.extend(bytes.iter().take(taken));
        }
        if taken == bytes.len() {
            Ok(())
        } else {
            Err(full("append to", &self.name))
        }
    }

    fn sync(&self) -> Result<(), StorageError> {
        let mut disk = self.storage.disk();
        if disk.syncs_fail || disk.budget == Some(0) {
            return Err(full("sync", &self.name));
        }
        if let Some(file) = disk.files.get_mut(&self.name) {
            file.synced = file.content.len();
        }
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryLock(MemoryStorage);

impl Lock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.disk().locked = false;
    }
}

fn full(action: &'static str, name: &str) -> StorageError {
    StorageError::new(action, name, io::ErrorKind::StorageFull.into())
}
