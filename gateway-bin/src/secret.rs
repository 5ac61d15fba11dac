//! Secrets, and the references by which a configuration file names them.

use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use zeroize::Zeroize;
use zeroize::Zeroizing;

/// Bytes that are never printed and are wiped when dropped.
///
/// Deliberately not `Clone`: share it by reference or in an `Arc`.
pub struct Secret {
    bytes: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
        }
    }

    /// The bytes, for the one place that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// The 32 bytes from which an Ed25519 key pair is made.
pub struct Seed {
    bytes: Zeroizing<[u8; 32]>,
}

impl Seed {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
        }
    }

    /// Reads the form in which `postern … keygen` writes a key: 64 hexadecimal digits.
    ///
    /// # Errors
    /// Anything else is refused, without being quoted.
    pub fn parse(text: &Secret) -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(text.expose().trim_ascii(), bytes.as_mut_slice())
            .map_err(|_| SecretError::NotASeed)?;
        Ok(Self { bytes })
    }

    /// The bytes, for the one place that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The public half of the key pair.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        ed25519_dalek::SigningKey::from_bytes(&self.bytes)
            .verifying_key()
            .to_bytes()
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// Where a secret is to be found: `env:NAME` or `file:PATH`.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretReference {
    /// An environment variable.
    Environment(String),
    /// A file; one trailing newline is not part of the secret.
    File(PathBuf),
}

impl SecretReference {
    /// Reads a reference; a relative path is taken from `directory`.
    ///
    /// # Errors
    /// Text without a known prefix is refused and not quoted: it may be the secret itself.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, SecretError> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(directory.join(path))),
            Some(_) | None => Err(SecretError::NotAReference),
        }
    }

    /// Fetches the secret.
    ///
    /// A file that everybody on the machine can read is an error; reading by the file's group is
    /// allowed, because that is how orchestrators hand secrets to a process without root.
    ///
    /// # Errors
    /// The variable or file is missing, empty, too large or open to everybody.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        let secret = match self {
            Self::Environment(name) => {
                let value = std::env::var(name)
                    .map_err(|_| SecretError::NoVariable { name: name.clone() })?;
                Secret::new(value.into_bytes())
            }
            Self::File(path) => read_private_file(path)?,
        };
        if secret.expose().is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(secret)
    }
}

fn read_private_file(path: &Path) -> Result<Secret, SecretError> {
    let failed = |source| SecretError::Read {
        path: path.to_owned(),
        source,
    };
    // The permissions are read from the open file, so that nothing can be put in its place between.
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(SecretError::OpenToOthers {
            path: path.to_owned(),
            mode: mode & 0o777,
        });
    }
    // The whole room is reserved at once: a vector that grows leaves copies behind unwiped.
    let mut bytes = Vec::with_capacity(SECRET_BYTES_MAX + 1);
    let read = file
        .take(SECRET_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes);
    if let Err(source) = read {
        bytes.zeroize();
        return Err(failed(source));
    }
    let mut secret = Secret::new(bytes);
    if secret.bytes.len() > SECRET_BYTES_MAX {
        return Err(SecretError::TooLarge {
            path: path.to_owned(),
        });
    }
    if secret.bytes.last() == Some(&b'\n') {
        secret.bytes.pop();
        if secret.bytes.last() == Some(&b'\r') {
            secret.bytes.pop();
        }
    }
    Ok(secret)
}

const OTHERS: u32 = 0o007;
const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Why a secret could not be had; never quotes what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The text is not a reference.
    #[error("a secret is named as `env:NAME` or `file:PATH`, never written here")]
    NotAReference,
    /// The environment has no such variable.
    #[error("the environment variable `{name}` is not set")]
    NoVariable {
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file may be read or written by everybody.
    #[error("`{}` is open to every user (mode {mode:03o}); run `chmod o-rwx` on it", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is longer than any secret.
    #[error("`{}` is too large for a secret (limit {SECRET_BYTES_MAX} bytes)", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("the secret is empty")]
    Empty,
    /// Not the text of an Ed25519 seed.
    #[error(
        "the key is not 64 hexadecimal digits; make one with `postern audit keygen` or `postern approvals keygen`"
    )]
    NotASeed,
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file_with(content: &[u8], mode: u32) -> (tempfile::TempDir, SecretReference) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let reference = SecretReference::parse("file:secret", directory.path()).unwrap();
        (directory, reference)
    }

    #[test]
    fn strips_one_newline_and_no_more() {
        let (_directory, reference) = file_with(b"open sesame\n\n", 0o600);
        assert_eq!(reference.resolve().unwrap().expose(), b"open sesame\n");
    }

    #[test]
    fn lets_the_group_read_but_not_the_world() {
        let (_directory, reference) = file_with(b"x", 0o640);
        assert!(reference.resolve().is_ok());
        let (_directory, reference) = file_with(b"x", 0o644);
        assert!(matches!(
            reference.resolve(),
            Err(SecretError::OpenToOthers { mode: 0o644, .. })
        ));
    }

    #[test]
    fn refuses_an_empty_and_an_endless_file() {
        let (_directory, reference) = file_with(b"\n", 0o600);
        assert!(matches!(reference.resolve(), Err(SecretError::Empty)));
        let (_directory, reference) = file_with(&vec![b'x'; SECRET_BYTES_MAX + 1], 0o600);
        assert!(matches!(
            reference.resolve(),
            Err(SecretError::TooLarge { .. })
        ));
    }

    #[test]
    fn never_quotes_a_secret_written_in_place_of_its_reference() {
        let error = SecretReference::parse("hunter2:hunter2", Path::new("/")).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(
            format!("{:?}", Secret::new(b"hunter2".to_vec())),
            "[redacted]"
        );
        assert_eq!(format!("{:?}", Seed::new([7; 32])), "[redacted]");
    }

    #[test]
    fn reads_a_seed_of_64_digits_only() {
        let text = Secret::new("07".repeat(32).into_bytes());
        assert_eq!(Seed::parse(&text).unwrap().expose(), &[7; 32]);
        for wrong in ["07".repeat(31), "zz".repeat(32), "07".repeat(33)] {
            assert!(matches!(
                Seed::parse(&Secret::new(wrong.into_bytes())),
                Err(SecretError::NotASeed)
            ));
        }
    }
}
