//! The demo's own folder: private, and gone when the demo is.

use std::fs;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;

use crate::cli::keygen;

/// A new folder under the system's folder for temporary files.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Makes the folder; only its owner can look into it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn create() -> anyhow::Result<Self> {
        let mut random = [0_u8; 6];
        getrandom::fill(&mut random)
            .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
        let name = format!("postern-demo-{}", hex::encode(random));
        let path = std::env::temp_dir().join(name);
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make `{}`", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a new file that only its owner can read.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn write(&self, name: &str, content: &str) -> anyhow::Result<PathBuf> {
        let path = self.file(name);
        keygen::write_new_private(&path, content.as_bytes())?;
        Ok(path)
    }

    /// Writes a file anew, so that a reader sees the old content or the new, never a part.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn replace(&self, name: &str, content: &str) -> anyhow::Result<PathBuf> {
        let fresh = self.file(&format!("{name}.new"));
        // One left behind by an interrupted write would stand in the way.
        drop(fs::remove_file(&fresh));
        keygen::write_new_private(&fresh, content.as_bytes())?;
        let path = self.file(name);
        fs::rename(&fresh, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            let path = self.path.display();
            tracing::warn!(%path, %error, "the demo's folder could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn is_private_and_gone_in_the_end() {
        let directory = Directory::create().unwrap();
        let path = directory.path().to_owned();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        directory.write("a", "1").unwrap();
        assert!(directory.write("a", "2").is_err());
        let file = directory.replace("a", "3").unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "3");
        drop(directory);
        assert!(!path.exists());
    }
}
