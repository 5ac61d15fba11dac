//! The guided tour: what an agent meets, from a masked read to the proof of what happened.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use audit_log::Event;
use audit_log::reader::Reader;
use audit_log::storage::FileStorage;

use crate::config::target::DatabaseUser;
use crate::config::target::TargetAddress;
use crate::config::target::TargetSettings;
use crate::config::target::TargetTls;
use crate::demo::client::Client;
use crate::demo::directory::Directory;
use crate::demo::guide::Expected;
use crate::demo::guide::Guide;
use crate::demo::prepared;
use crate::demo::process::Invocation;
use crate::secret::Secret;
use crate::tls;
use crate::tls::ServerCheck;

/// What the tour is led through.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the one caller")]
pub struct Tour<'a, W> {
    /// Shows and judges.
    pub guide: Guide<W>,
    /// The demo's folder.
    pub directory: &'a Directory,
    /// Where the gateway listens.
    pub port: u16,
    /// The agent's token.
    pub token: &'a str,
}

impl<W: Write> Tour<'_, W> {
    /// Leads through every step; says whether all came out as they should.
    ///
    /// # Errors
    /// A step cannot be shown at all.
    pub async fn lead(&mut self) -> anyhow::Result<bool> {
        let client = Client::find(self.directory, self.port)?;
        self.reads(&client).await?;
        self.prepared_read().await?;
        self.refusals(&client).await?;
        self.approval(&client).await?;
        self.proof().await?;
        Ok(self.guide.is_good())
    }

    async fn reads(&mut self, client: &Client) -> anyhow::Result<()> {
        self.guide
            .step("an agent reads customers: what is protected comes back masked")?;
        let sql = "SELECT id, name, email, phone, ssn FROM customers ORDER BY id LIMIT 4";
        let masked = passes(&["Amara Osei", "Bo Lindqvist"]);
        self.statement(client, sql, masked).await?;
        self.guide.step(
            "joins and sums work as ever; a value computed from a protected one is redacted",
        )?;
        let sql = "SELECT c.name, COUNT(*) AS orders, SUM(o.total) AS total FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.name ORDER BY total DESC LIMIT 3";
        self.statement(client, sql, passes(&["Dev Patel", "412.75"]))
            .await?;
        let sql =
            "SELECT name, CONCAT('<', email, '>') AS address FROM customers ORDER BY id LIMIT 2";
        self.statement(client, sql, passes(&["Amara Osei"])).await
    }

    /// With the client that speaks the binary protocol.
    async fn prepared_read(&mut self) -> anyhow::Result<()> {
        self.guide.step("a prepared statement (binary protocol, as drivers use it; our own small client) is masked the same way")?;
        let sql = "SELECT id, name, email, joined FROM customers WHERE id = ?";
        let (target, user) = self.target()?;
        let came = prepared::run(&target, &user, sql, 4).await;
        let outcome = match came {
            Ok(rows) => (true, rows.join("\n")),
            Err(error) => (false, format!("{error:#}")),
        };
        let command = format!("prepare \"{sql}\"; execute (4)");
        self.guide
            .show(&command, outcome, passes(&["Dev Patel", "2024-06-30"]))?;
        Ok(())
    }

    async fn refusals(&mut self, client: &Client) -> anyhow::Result<()> {
        self.guide
            .step("a protected value cannot be guessed at either")?;
        let sql = "SELECT name FROM customers WHERE email = 'dev.patel@example.net'";
        let refused = fails(&["POSTERN-INFLUENCE"]);
        // The statement itself names the address, so it may stand in what came back.
        let refused = Expected {
            lacks: &[],
            ..refused
        };
        self.statement(client, sql, refused).await?;
        self.guide
            .step("what the policy forbids is refused, with the rule and its place")?;
        let refused = fails(&["POSTERN-DENIED", "never"]);
        self.statement(client, "DROP DATABASE shop", refused).await
    }

    async fn approval(&mut self, client: &Client) -> anyhow::Result<()> {
        self.guide
            .step("what needs a human gets a ticket; the connection stays usable")?;
        let invocation = client.statement(CREATE, self.token);
        let asked = self
            .guide
            .run(&invocation, fails(&["1227", "POSTERN-APPROVAL", "APR-"]))
            .await?;
        let ticket = ticket_in(&asked).unwrap_or_else(|| "APR-NONE".to_owned());

        self.guide.step(
            "Dana, a DBA, looks at it and approves it, with a key that the gateway does not hold",
        )?;
        self.postern(&["approvals", "list"], passes(&[&ticket]))
            .await?;
        let arguments = [
            "approvals",
            "approve",
            &ticket,
            "--key",
            "dana.key",
            "--reason",
            "for the spring sale",
            "--yes",
        ];
        self.postern(&arguments, passes(&[&ticket])).await?;

        self.guide
            .step("the same statement by the same agent now passes, once")?;
        self.statement(client, CREATE, passes(&[])).await?;
        self.statement(client, "SHOW TABLES", passes(&["coupons"]))
            .await?;
        self.statement(
            client,
            "SELECT COUNT(*) AS coupons FROM coupons",
            passes(&["0"]),
        )
        .await?;
        // The use is spent: a second time it is a new question.
        self.statement(client, CREATE, fails(&["1227", "APR-"]))
            .await
    }

    async fn proof(&mut self) -> anyhow::Result<()> {
        self.guide.step(
            "everything is in the audit log; here is the session with the approved statement",
        )?;
        let session = approved_session(&self.directory.file("state/audit"))?
            .unwrap_or_else(|| "none".to_owned());
        let replayed = passes(&["CREATE TABLE coupons", "new-tables-need-a-human"]);
        self.postern(
            &["audit", "replay", &session, "--config", "postern.toml"],
            replayed,
        )
        .await?;
        self.guide.step(
            "and the log can be proved: every line hangs on the one before, checkpoints are signed",
        )?;
        self.postern(
            &["audit", "verify", "--config", "postern.toml"],
            passes(&["good:"]),
        )
        .await
    }

    async fn statement(
        &mut self,
        client: &Client,
        sql: &str,
        expected: Expected<'_>,
    ) -> anyhow::Result<()> {
        self.guide
            .run(&client.statement(sql, self.token), expected)
            .await?;
        Ok(())
    }

    async fn postern(&mut self, arguments: &[&str], expected: Expected<'_>) -> anyhow::Result<()> {
        let own = std::env::current_exe().context("cannot find this program")?;
        let mut invocation = Invocation::new(own, arguments);
        invocation.folder = Some(self.directory.path().to_owned());
        self.guide.run(&invocation, expected).await?;
        Ok(())
    }

    /// The gateway, as our own client sees it.
    fn target(&self) -> anyhow::Result<(TargetSettings, Arc<DatabaseUser>)> {
        let ca = self.directory.file("ca.pem");
        let user = Arc::new(DatabaseUser {
            name: "agent".to_owned(),
            user: "shop".to_owned(),
            password: Secret::new(self.token.as_bytes().to_vec()),
        });
        let target = TargetSettings {
            name: "gateway".to_owned(),
            address: TargetAddress {
                host: "127.0.0.1".to_owned(),
                port: self.port,
            },
            database: None,
            tls: TargetTls::Verify {
                client_config: tls::client_config(&ca, ServerCheck::ChainAndName)?,
                server_name: "localhost".try_into().context("localhost")?,
            },
            users: vec![Arc::clone(&user)],
            catalog_user: Arc::clone(&user),
            guard_role: None,
        };
        Ok((target, user))
    }
}

const fn passes<'a>(contains: &'a [&'a str]) -> Expected<'a> {
    Expected {
        good: true,
        contains,
        lacks: CLEAR,
    }
}

const fn fails<'a>(contains: &'a [&'a str]) -> Expected<'a> {
    Expected {
        good: false,
        contains,
        lacks: CLEAR,
    }
}

fn ticket_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("APR-")?;
    let letters: String = rest
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    Some(format!("APR-{letters}"))
}

/// The session in which an approval was used.
fn approved_session(directory: &Path) -> anyhow::Result<Option<String>> {
    let storage = Arc::new(FileStorage::new(PathBuf::from(directory)));
    let mut session = None;
    for entry in Reader::open(storage)? {
        let entry = entry?;
        if let Some(Event::ApprovalUsed(_)) = entry.record.map(|record| record.event) {
            session = Some(entry.session);
        }
    }
    Ok(session)
}

const CREATE: &str = "CREATE TABLE coupons (code CHAR(8) PRIMARY KEY, percent INT NOT NULL)";

/// What is protected in the sample data, and must come back nowhere.
const CLEAR: &[&str] = &[
    "amara.osei@",
    "bo.lindqvist@",
    "chiara.b@",
    "dev.patel@",
    "emilia.s@",
    "finn.obrien@",
    "grace.n@",
    "555 0101",
    "555 0102",
    "555 0103",
    "555 0104",
    "555 0105",
    "555 0106",
    "5555 0107",
    "078-05-1120",
    "219-09-9999",
    "457-55-5462",
    "123-45-6789",
    "987-65-4320",
    "4111 1111 1111 1111",
    "5500 0000 0000 0004",
    "3400 0000 0000 009",
    "6011 0000 0000 0004",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_ticket_in_the_message() {
        let text = "ERROR 1227 (42000): Access denied; approval required [POSTERN-APPROVAL APR-7F3K9Q] https://x";
        assert_eq!(ticket_in(text).as_deref(), Some("APR-7F3K9Q"));
        assert_eq!(ticket_in("ERROR 1142"), None);
    }

    #[test]
    fn every_clear_value_is_one_of_the_sample_data() {
        let shop = include_str!("files/shop.sql");
        for value in CLEAR {
            assert!(shop.contains(value), "{value}");
        }
    }
}
