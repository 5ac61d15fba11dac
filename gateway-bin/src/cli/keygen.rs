//! `postern audit keygen` and `postern approvals keygen`: a secret file and its public half.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use zeroize::Zeroizing;

use crate::cli::status::ExitStatus;
use crate::secret::Seed;

/// Options of `postern audit keygen`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern audit keygen --out audit.key\n\nPut `signing_key = \"file:audit.key\"` under [audit] and keep what is printed with your auditors:\n  postern audit verify --directory audit --public-key '<what was printed>'"
)]
#[non_exhaustive]
pub struct AuditKeygen {
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The name of the log, as `origin` under [audit]
    #[arg(long, value_name = "NAME", default_value = "postern")]
    pub origin: String,
}

impl AuditKeygen {
    /// Writes the key and prints the public half as auditors give it to `audit verify`.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let seed = new_seed()?;
        write_seed(&self.out, &seed)?;
        let key = audit_log::SigningKey::from_seed(seed.expose());
        writeln!(out, "{}", key.verifying_key(&self.origin))?;
        Ok(ExitStatus::Good)
    }
}

/// Options of `postern approvals keygen`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern approvals keygen --out dana.key     # an approver's key: stays with Dana; the printed\n                                              # half goes under [[approvals.approver]]\n  postern approvals keygen --out root.key     # the gateway's key: `root_key = \"file:root.key\"`"
)]
#[non_exhaustive]
pub struct ApprovalsKeygen {
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

impl ApprovalsKeygen {
    /// Writes the key and prints the public half in hexadecimal digits.
    ///
    /// # Errors
    /// The file exists or cannot be written.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let seed = new_seed()?;
        write_seed(&self.out, &seed)?;
        writeln!(out, "{}", hex::encode(seed.public_key()))?;
        Ok(ExitStatus::Good)
    }
}

/// Makes a key out of the system's randomness.
///
/// # Errors
/// The system has none.
pub fn new_seed() -> anyhow::Result<Seed> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    Ok(Seed::new(*bytes))
}

/// Writes a key to a new file that only its owner can read.
///
/// # Errors
/// The file exists or cannot be written.
pub fn write_seed(path: &Path, seed: &Seed) -> anyhow::Result<()> {
    let text = Zeroizing::new(format!("{}\n", hex::encode(seed.expose())));
    write_new_private(path, text.as_bytes())
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// The file exists or cannot be written.
pub fn write_new_private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make `{}`", path.display()))?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::secret::SecretReference;

    #[test]
    fn writes_a_private_file_that_the_configuration_can_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let mut printed = Vec::new();
        let options = ApprovalsKeygen { out: path.clone() };
        assert_eq!(options.run(&mut printed).unwrap(), ExitStatus::Good);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let reference = SecretReference::parse("file:key", directory.path()).unwrap();
        let seed = Seed::parse(&reference.resolve().unwrap()).unwrap();
        let public = format!("{}\n", hex::encode(seed.public_key()));
        assert_eq!(String::from_utf8(printed).unwrap(), public);
    }

    #[test]
    fn never_overwrites_a_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let options = AuditKeygen {
            out: path.clone(),
            origin: "postern".to_owned(),
        };
        options.run(&mut Vec::new()).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(options.run(&mut Vec::new()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn prints_an_audit_key_that_verifiers_can_read() {
        let directory = tempfile::tempdir().unwrap();
        let mut printed = Vec::new();
        let options = AuditKeygen {
            out: directory.path().join("key"),
            origin: "postern".to_owned(),
        };
        options.run(&mut printed).unwrap();
        let text = String::from_utf8(printed).unwrap();
        assert!(audit_log::VerifyingKey::parse(text.trim()).is_ok());
    }
}
