//! The command line client of the machine, and how it is told to log in through the gateway.

use std::path::PathBuf;

use anyhow::Context;

use crate::demo::directory::Directory;
use crate::demo::process;
use crate::demo::process::Invocation;

/// The `mariadb` or `mysql` program.
#[derive(Clone, Debug)]
pub struct Client {
    program: PathBuf,
    port: u16,
    ca: String,
    token_file: String,
}

impl Client {
    /// Finds the program.
    ///
    /// # Errors
    /// Neither is installed.
    pub fn find(directory: &Directory, port: u16) -> anyhow::Result<Self> {
        let program = process::find("mariadb")
            .context("`mariadb` is not installed; `make demo` installs it")?;
        Ok(Self {
            program,
            port,
            ca: directory.file("ca.pem").display().to_string(),
            token_file: directory.file("token").display().to_string(),
        })
    }

    /// One statement, with the token as the password.
    #[must_use]
    pub fn statement(&self, sql: &str, token: &str) -> Invocation {
        let port = self.port.to_string();
        let ca = format!("--ssl-ca={}", self.ca);
        let arguments = [
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-P",
            &port,
            "-u",
            "shop",
            &ca,
            "--ssl-verify-server-cert",
            "--table",
            "-e",
            sql,
        ];
        let mut invocation = Invocation::new(&self.program, &arguments);
        // The client's own history and options of the person stay out of it.
        invocation.environment = vec![("MYSQL_PWD", token.to_owned())];
        invocation
    }

    /// The lines to paste for one's own client.
    #[must_use]
    pub fn lines_to_paste(&self) -> [String; 3] {
        let Self {
            port,
            ca,
            token_file,
            ..
        } = self;
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
