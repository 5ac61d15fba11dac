//! The demo's gateway: this program again, as a child that ends with its input.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;

use crate::demo::process::Service;

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    service: Service,
    port: u16,
}

impl Gateway {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// It does not start; with its last words.
    pub async fn start(config: &Path) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(own);
        command.args(["demo", "--serve"]).arg(config);
        let (service, line) = Service::start("the gateway", command, READY).await?;
        let port = port_in(&line)
            .with_context(|| format!("the gateway did not say where it listens: {line}"))?;
        Ok(Self { service, port })
    }

    /// Where it listens on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Lets it drain, then ends it.
    pub async fn stop(&mut self) {
        self.service.stop_gracefully(STOP_TIME_MAX).await;
    }

    /// Waits for its end, which should not come.
    pub async fn ended(&mut self) -> String {
        self.service.ended().await
    }
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

const READY: &str = "listening";
const STOP_TIME_MAX: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_port_out_of_the_line() {
        let line = "INFO listening listener=\"main\" address=127.0.0.1:40123";
        assert_eq!(port_in(line), Some(40123));
        assert_eq!(port_in("listening at 127.0.0.1:99999"), None);
        assert_eq!(port_in("listening"), None);
    }
}
