//! Writes what the demo's gateway reads: keys, passwords, policy and configuration.

use std::path::PathBuf;

use anyhow::Context;

use crate::cli::keygen;
use crate::demo::authority::Authority;
use crate::demo::database::Passwords;
use crate::demo::directory::Directory;
use crate::demo::issuer;

/// Passwords out of the system's randomness, known to the gateway and the database only.
///
/// # Errors
/// The system gives no randomness.
pub fn passwords() -> anyhow::Result<Passwords> {
    Ok(Passwords {
        catalog: hex::encode(keygen::new_seed()?.expose()),
        reader: hex::encode(keygen::new_seed()?.expose()),
    })
}

/// Writes every file; gives the path of the configuration.
///
/// # Errors
/// A file cannot be written.
pub fn write(
    directory: &Directory,
    authority: &Authority,
    passwords: &Passwords,
    (database_port, issuer_url): (u16, &str),
) -> anyhow::Result<PathBuf> {
    let certified = authority
        .certify("postern demo gateway")
        .context("cannot make the gateway's certificate")?;
    directory.write("gateway.pem", &certified.certificate)?;
    directory.write("gateway.key", &certified.key)?;
    directory.write("catalog.password", &passwords.catalog)?;
    directory.write("reader.password", &passwords.reader)?;
    for name in ["audit.key", "root.key"] {
        keygen::write_seed(&directory.file(name), &keygen::new_seed()?)?;
    }
    let dana = keygen::new_seed()?;
    keygen::write_seed(&directory.file("dana.key"), &dana)?;
    directory.write("policy.toml", POLICY)?;
    let config = CONFIG
        .replace("@DATABASE_PORT@", &database_port.to_string())
        .replace("@ISSUER@", issuer_url)
        .replace("@AUDIENCE@", issuer::AUDIENCE)
        .replace("@DANA@", &hex::encode(dana.public_key()));
    directory.write("postern.toml", &config)
}

const POLICY: &str = include_str!("files/policy.toml");
const CONFIG: &str = include_str!("files/postern.toml");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::load::Development;

    #[test]
    fn what_is_written_is_a_configuration_that_only_the_demo_takes() {
        let directory = Directory::create().unwrap();
        let authority = Authority::new().unwrap();
        directory.write("ca.pem", &authority.certificate()).unwrap();
        let address = (3306, "https://127.0.0.1:1");
        let passwords = passwords().unwrap();
        let path = write(&directory, &authority, &passwords, address).unwrap();
        let config = Config::load_with(&path, Development::Allow).unwrap();
        assert!(config.issuers[0].development);
        let refused = Config::load(&path).unwrap_err();
        assert_eq!(refused.mistakes.len(), 1);
        assert!(refused.mistakes[0].message.contains("development issuer"));
    }
}
