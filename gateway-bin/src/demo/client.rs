//! The command line client of the machine, and how it is told to log in through the gateway.

use std::path::PathBuf;

use anyhow::Context;

use crate::demo::directory::Directory;
use crate::demo::process;
use crate::demo::process::Invocation;
use crate::demo::process::SecretVariable;

/// The `mariadb` program.
#[derive(Clone, Debug)]
pub struct Client {
    program: PathBuf,
    port: u16,
    folder: PathBuf,
}

impl Client {
    /// Finds the program.
    ///
    /// # Errors
    /// It is not installed.
    pub fn find(directory: &Directory, port: u16) -> anyhow::Result<Self> {
        let program = process::find("mariadb")
            .context("`mariadb` is not installed; `make demo` installs it")?;
        Ok(Self {
            program,
            port,
            folder: directory.path().to_owned(),
        })
    }

    /// One statement, with the token as the password, run in the demo's folder.
    #[must_use]
    pub fn statement(&self, sql: &str, token: &str) -> Invocation {
        let port = self.port.to_string();
        let arguments = [
            // Options of the person who runs the demo stay out of it.
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-P",
            &port,
            "-u",
            "shop",
            "--ssl-ca=ca.pem",
            "--ssl-verify-server-cert",
            "-t",
            "-e",
            sql,
        ];
        let mut invocation = Invocation::new(&self.program, &arguments);
        invocation.folder = Some(self.folder.clone());
        invocation.secret = Some(SecretVariable {
            name: "MYSQL_PWD",
            value: token.to_owned(),
            shown: "$(cat token)",
        });
        invocation
    }

    /// The lines to paste for one's own client.
    #[must_use]
    pub fn lines_to_paste(&self) -> [String; 3] {
        let port = self.port;
        let ca = self.folder.join("ca.pem").display().to_string();
        let token_file = self.folder.join("token").display().to_string();
        [
            format!(
                "MYSQL_PWD=$(cat {token_file}) mariadb -h 127.0.0.1 -P {port} -u shop --ssl-ca={ca} --ssl-verify-server-cert"
            ),
            format!(
                "MYSQL_PWD=$(cat {token_file}) mysql -h 127.0.0.1 -P {port} -u shop --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca}"
            ),
            format!(
                "mysql -h 127.0.0.1 -P {port} -u shop --ssl-mode=VERIFY_IDENTITY --ssl-ca={ca} --authentication-openid-connect-client-id-token-file={token_file}"
            ),
        ]
    }
}
