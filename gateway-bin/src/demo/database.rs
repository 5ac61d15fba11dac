//! The demo's database: a MariaDB server with a data folder of its own, on a free port.

use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::Context;
use tokio::process::Command;

use crate::demo::authority::Certified;
use crate::demo::directory::Directory;
use crate::demo::process;
use crate::demo::process::Invocation;
use crate::demo::process::Service;

/// A running server.
#[derive(Debug)]
pub struct Database {
    service: Service,
    /// Where it listens on the loopback address.
    port: u16,
}

/// The accounts of the demo; the agent knows none of them.
#[expect(clippy::exhaustive_structs, reason = "two passwords")]
pub struct Passwords {
    /// Of the account that reads the catalog.
    pub catalog: String,
    /// Of the account that sessions run as.
    pub reader: String,
}

impl Database {
    /// Installs an empty server, starts it, and fills it with the shop.
    ///
    /// # Errors
    /// MariaDB is not installed or does not start.
    pub async fn start(
        directory: &Directory,
        certified: &Certified,
        passwords: &Passwords,
    ) -> anyhow::Result<Self> {
        let user = current_user().await?;
        install(directory, &user).await?;
        directory.write("database.pem", &certified.certificate)?;
        directory.write("database.key", &certified.key)?;
        let database = Self::launch(directory, &user).await?;
        fill(directory, passwords).await?;
        Ok(database)
    }

    /// Where it listens on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Kills it; nothing in it is to be kept.
    pub async fn stop(&mut self) {
        self.service.stop().await;
    }

    /// Waits for its end, which should not come.
    pub async fn ended(&mut self) -> String {
        self.service.ended().await
    }

    /// Another program may take the port between our look and the server's, so a second try helps.
    async fn launch(directory: &Directory, user: &str) -> anyhow::Result<Self> {
        let mut last = anyhow::anyhow!("no port was tried");
        for _ in 0..PORT_TRIES {
            let port = free_port()?;
            match Service::start("mariadbd", server(directory, user, port)?, READY).await {
                Ok((service, _)) => return Ok(Self { service, port }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

fn server(directory: &Directory, user: &str, port: u16) -> anyhow::Result<Command> {
    let mut command = ending_with_us(program("mariadbd")?);
    let path = |name: &str| directory.file(name).display().to_string();
    command.arg("--no-defaults").args([
        format!("--user={user}"),
        format!("--datadir={}", path("database")),
        format!("--socket={}", path("database.sock")),
        format!("--pid-file={}", path("database.pid")),
        format!("--port={port}"),
        format!("--ssl-ca={}", path("ca.pem")),
        format!("--ssl-cert={}", path("database.pem")),
        format!("--ssl-key={}", path("database.key")),
    ]);
    command.args([
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=32M",
    ]);
    Ok(command)
}

/// A command that is killed with this program, even if this program is killed, where the machine
/// has the tool for it.
fn ending_with_us(program: PathBuf) -> Command {
    match process::find("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

async fn install(directory: &Directory, user: &str) -> anyhow::Result<()> {
    let data = format!("--datadir={}", directory.file("database").display());
    let user = format!("--user={user}");
    let arguments = [
        "--no-defaults",
        &user,
        &data,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    ];
    let outcome = Invocation::new(program("mariadb-install-db")?, &arguments)
        .run()
        .await?;
    anyhow::ensure!(
        outcome.good,
        "cannot install the database:\n{}",
        outcome.output
    );
    Ok(())
}

async fn fill(directory: &Directory, passwords: &Passwords) -> anyhow::Result<()> {
    let socket = format!("--socket={}", directory.file("database.sock").display());
    let arguments = ["--no-defaults", &socket, "--user=root"];
    let mut invocation = Invocation::new(program("mariadb")?, &arguments);
    invocation.input = format!("{SHOP}\n{}", accounts(passwords));
    let outcome = invocation.run().await?;
    anyhow::ensure!(
        outcome.good,
        "cannot fill the database:\n{}",
        outcome.output
    );
    Ok(())
}

/// The account of sessions has no right on protected columns; a role has, and the gateway takes it
/// only around statements that it read as touching them. The table that the tour will make is
/// readable beforehand, because a right on one table does not come with making it.
fn accounts(passwords: &Passwords) -> String {
    let Passwords { catalog, reader } = passwords;
    format!(
        "CREATE USER postern_catalog@'%' IDENTIFIED BY '{catalog}' REQUIRE SSL;
         GRANT SELECT, SHOW VIEW, TRIGGER, EXECUTE, PROCESS, EVENT ON *.* TO postern_catalog@'%';
         CREATE USER reader@'%' IDENTIFIED BY '{reader}' REQUIRE SSL;
         GRANT SELECT (id, name, city, joined) ON shop.customers TO reader@'%';
         GRANT SELECT ON shop.orders TO reader@'%';
         GRANT SELECT (id, order_id, amount, paid) ON shop.payments TO reader@'%';
         GRANT CREATE ON shop.* TO reader@'%';
         GRANT SELECT, CREATE ON shop.coupons TO reader@'%';
         CREATE ROLE postern_clear;
         GRANT SELECT ON shop.customers TO postern_clear;
         GRANT SELECT ON shop.payments TO postern_clear;
         GRANT postern_clear TO reader@'%';"
    )
}

async fn current_user() -> anyhow::Result<String> {
    let outcome = Invocation::new(program("id")?, &["-un"]).run().await?;
    anyhow::ensure!(outcome.good, "`id -un` failed: {}", outcome.output);
    Ok(outcome.output.trim().to_owned())
}

fn program(name: &str) -> anyhow::Result<PathBuf> {
    process::find(name).with_context(|| {
        format!("`{name}` is not installed; `make demo` installs it, or `apt-get install mariadb-server`")
    })
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passwords([redacted])")
    }
}

const SHOP: &str = include_str!("files/shop.sql");
const READY: &str = "ready for connections";
const PORT_TRIES: usize = 3;
