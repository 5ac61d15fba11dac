//! Files of the operating system: appended with `O_APPEND`, replaced by rename, synced.

use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::StorageError;
use crate::storage::Lock;
use crate::storage::SegmentFile;
use crate::storage::Storage;

/// A directory of the file system. Files are made for their owner only.
#[derive(Clone, Debug)]
pub struct FileStorage {
    directory: PathBuf,
}

impl FileStorage {
    /// Uses `directory`, which is made when the log is first opened for writing.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A new name is durable only once its directory is.
    fn sync_directory(&self) -> Result<(), StorageError> {
        let failed = |error| failed("sync", &self.directory, error);
        File::open(&self.directory)
            .map_err(failed)?
            .sync_all()
            .map_err(failed)
    }

    fn create_directory(&self) -> Result<(), StorageError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.directory)
            .map_err(|error| failed("make", &self.directory, error))
    }
}

impl Storage for FileStorage {
    fn lock(&self) -> Result<Box<dyn Lock>, StorageError> {
        self.create_directory()?;
        let path = self.path("lock");
        let file = owner_only()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| failed("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(FileLock { _file: file })),
            Err(TryLockError::WouldBlock) => {
                Err(failed("lock", &path, io::ErrorKind::WouldBlock.into()))
            }
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, error)),
        }
    }

    fn names(&self) -> Result<Vec<String>, StorageError> {
        let failed = |error| failed("list", &self.directory, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.directory).map_err(failed)? {
            // A name that is not UTF-8 is not one of ours.
            if let Ok(name) = entry.map_err(failed)?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Option<Box<dyn BufRead + Send>>, StorageError> {
        let path = self.path(name);
        match File::open(&path) {
            Ok(file) => Ok(Some(Box::new(BufReader::with_capacity(READ_BYTES, file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, error)),
        }
    }

    fn open_segment(&self, name: &str, create: bool) -> Result<Arc<dyn SegmentFile>, StorageError> {
        let path = self.path(name);
        let file = owner_only()
            .append(true)
            .create_new(create)
            .open(&path)
            .map_err(|error| failed(if create { "make" } else { "open" }, &path, error))?;
        if create {
            self.sync_directory()?;
        }
        Ok(Arc::new(AppendedFile { path, file }))
    }

    fn replace(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let new = self.path(&format!("{name}.new"));
        let failed_new = |error| failed("write", &new, error);
        let mut file = owner_only()
            .create(true)
            .truncate(true)
            .write(true)
            .open(&new)
            .map_err(failed_new)?;
        file.write_all(content).map_err(failed_new)?;
        file.sync_all().map_err(failed_new)?;
        let path = self.path(name);
        std::fs::rename(&new, &path).map_err(|error| failed("replace", &path, error))?;
        self.sync_directory()
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), StorageError> {
        let path = self.path(name);
        let failed = |error| failed("cut", &path, error);
        let file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        file.set_len(length).map_err(failed)?;
        file.sync_all().map_err(failed)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Ok(()) => self.sync_directory(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("remove", &path, error)),
        }
    }
}

#[derive(Debug)]
struct AppendedFile {
    path: PathBuf,
    file: File,
}

impl SegmentFile for AppendedFile {
    fn append(&self, bytes: &[u8]) -> Result<(), StorageError> {
        (&self.file)
            .write_all(bytes)
            .map_err(|error| failed("append to", &self.path, error))
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.file
            .sync_data()
            .map_err(|error| failed("sync", &self.path, error))
    }
}

#[derive(Debug)]
struct FileLock {
    _file: File,
}

impl Lock for FileLock {}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn failed(action: &'static str, path: &Path, error: io::Error) -> StorageError {
    StorageError::new(action, path.display().to_string(), error)
}

const READ_BYTES: usize = 256 * 1024;
