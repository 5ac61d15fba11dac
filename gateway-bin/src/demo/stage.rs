//! Sets the demo up, leads the tour, stays up, and takes everything down again on every way out.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::demo::authority::Authority;
use crate::demo::client::Client;
use crate::demo::database::Database;
use crate::demo::directory::Directory;
use crate::demo::gateway::Gateway;
use crate::demo::guide::Guide;
use crate::demo::issuer::Issuer;
use crate::demo::issuer::TokenRequest;
use crate::demo::setup;
use crate::demo::tour::Tour;

/// Runs the demo; says whether every step of the tour came out as it should.
///
/// # Errors
/// Something that is needed is missing or does not start.
pub async fn run(out: &mut impl Write, once: bool) -> anyhow::Result<bool> {
    let mut stage = Stage {
        database: None,
        gateway: None,
        directory: Directory::create()?,
    };
    let outcome = tokio::select! {
        outcome = stage.play(out, once) => outcome,
        interrupted = interrupted() => interrupted.map(|()| !once),
    };
    stage.clear().await;
    if outcome.is_ok() {
        writeln!(
            out,
            "\nstopped; nothing is left running, the folder is removed"
        )?;
    }
    outcome
}

/// What must be taken down; the folder last.
struct Stage {
    gateway: Option<Gateway>,
    database: Option<Database>,
    directory: Directory,
}

impl Stage {
    async fn play(&mut self, out: &mut impl Write, once: bool) -> anyhow::Result<bool> {
        writeln!(out, "Postern demo, in {}", self.directory.path().display())?;
        writeln!(out, "starting a private MariaDB with a small shop in it …")?;
        let authority = Authority::new().context("cannot make certificates")?;
        self.directory.write("ca.pem", &authority.certificate())?;
        let passwords = setup::passwords()?;
        let certified = authority.certify("postern demo database")?;
        let database = Database::start(&self.directory, &certified, &passwords).await?;
        let database_port = database.port();
        self.database = Some(database);

        writeln!(out, "starting an issuer of tokens and the gateway …")?;
        let certified = authority.certify("postern demo issuer")?;
        let issuer = Issuer::start(&certified, &self.directory).await?;
        self.directory.write("issuer.url", issuer.url())?;
        let addresses = (database_port, issuer.url());
        let config = setup::write(&self.directory, &authority, &passwords, addresses)?;
        let gateway = Gateway::start(&config).await?;
        let port = gateway.port();
        self.gateway = Some(gateway);

        let good = self.tour(out, &issuer, port).await?;
        if once || !good {
            return Ok(good);
        }
        self.stay(out, &issuer, port).await?;
        Ok(true)
    }

    async fn tour(&self, out: &mut impl Write, issuer: &Issuer, port: u16) -> anyhow::Result<bool> {
        let token = issuer.token(&agent())?;
        self.directory.replace("token", &token)?;
        writeln!(
            out,
            "the commands below run in {}",
            self.directory.path().display()
        )?;
        let mut tour = Tour {
            guide: Guide::new(&mut *out),
            directory: &self.directory,
            port,
            token: &token,
        };
        let good = tour.lead().await?;
        if good {
            writeln!(out, "\nevery step came out as it should")?;
        } else {
            writeln!(
                out,
                "\nSOME STEPS DID NOT COME OUT AS THEY SHOULD; see the ✗ above"
            )?;
        }
        Ok(good)
    }

    /// Until a signal comes, with a fresh token in the file all the time.
    async fn stay(
        &mut self,
        out: &mut impl Write,
        issuer: &Issuer,
        port: u16,
    ) -> anyhow::Result<()> {
        let client = Client::find(&self.directory, port)?;
        writeln!(
            out,
            "\nThe gateway stays up. Log in with your own client:\n"
        )?;
        for line in client.lines_to_paste() {
            writeln!(out, "  {line}\n")?;
        }
        let directory = self.directory.path().display();
        writeln!(
            out,
            "Any driver: host 127.0.0.1, port {port}, TLS with the CA {directory}/ca.pem,"
        )?;
        writeln!(
            out,
            "user `shop`, and as the password a token: `postern token --demo {directory}`"
        )?;
        writeln!(out, "\nPress Ctrl-C to stop and remove everything.")?;
        out.flush()?;
        let Self {
            gateway, database, ..
        } = self;
        let (Some(gateway), Some(database)) = (gateway, database) else {
            anyhow::bail!("the demo is not up");
        };
        let mut renewal = tokio::time::interval(RENEW_EVERY);
        loop {
            tokio::select! {
                _ = renewal.tick() => {
                    self.directory.replace("token", &issuer.token(&agent())?)?;
                }
                words = gateway.ended() => anyhow::bail!(words),
                words = database.ended() => anyhow::bail!(words),
            }
        }
    }

    /// The gateway first, so that it can drain; then the database; the folder goes when this does.
    async fn clear(mut self) {
        if let Some(gateway) = &mut self.gateway {
            gateway.stop().await;
        }
        if let Some(database) = &mut self.database {
            database.stop().await;
        }
    }
}

fn agent() -> TokenRequest {
    TokenRequest {
        subject: "agent-7".to_owned(),
        groups: vec!["agents-analytics".to_owned()],
    }
}

async fn interrupted() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("no signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("no signals")?;
    let mut hangup = signal(SignalKind::hangup()).context("no signals")?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

/// Half of a token's life.
const RENEW_EVERY: Duration = Duration::from_secs(1800);
