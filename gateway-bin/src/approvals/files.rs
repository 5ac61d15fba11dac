//! Whether the store's files are still those that were opened.
//!
//! SQLite goes on with files that were removed or written over: what it then keeps would be gone
//! after a restart, and a use that was taken could be taken again.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

use super::error::StoreError;

/// The files of one open store.
#[derive(Debug)]
pub(super) struct Files {
    main: Opened,
    log: Opened,
}

/// A file as it was when it was opened.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    identity: (u64, u64),
}

impl Files {
    /// Remembers the files of a store that is open, its write-ahead log among them.
    pub(super) fn remember(path: &Path) -> Result<Self, StoreError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Self {
            main: Opened::remember(path)?,
            log: Opened::remember(Path::new(&log))?,
        })
    }

    /// Checks that both are still there.
    ///
    /// They are never opened for that: closing any handle of a file gives up all locks that the
    /// process has on it, also those of SQLite.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.main.check()?;
        self.log.check()
    }
}

impl Opened {
    fn remember(path: &Path) -> Result<Self, StoreError> {
        let found = std::fs::metadata(path);
        let found = found.map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            identity: identity(&found),
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        match std::fs::metadata(&self.path) {
            Ok(found) if identity(&found) == self.identity => Ok(()),
            Ok(_) | Err(_) => Err(StoreError::Replaced {
                path: self.path.clone(),
            }),
        }
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
