//! `postern token`: a token of the demo's issuer, for one's own tries.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use rustls::crypto::ring;
use ureq::tls::Certificate;
use ureq::tls::RootCerts;
use ureq::tls::TlsConfig;

use crate::cli::status::ExitStatus;
use crate::demo::issuer::TokenRequest;

/// Options of `postern token`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples, while `postern demo` stays up (it prints its folder):\n  postern token --demo /tmp/postern-demo-0123456789ab\n  postern token --demo DIR --subject intern --group nobody     # belongs to no role\n\nOnly the demo's issuer answers; a real issuer hands out its tokens itself."
)]
#[non_exhaustive]
pub struct Token {
    /// The folder of the running demo
    #[arg(long, value_name = "DIR")]
    pub demo: PathBuf,
    /// The `sub` of the token
    #[arg(long, value_name = "NAME", default_value = "agent-7")]
    pub subject: String,
    /// A group of the token; may be repeated
    #[arg(
        long = "group",
        value_name = "NAME",
        default_value = "agents-analytics"
    )]
    pub groups: Vec<String>,
}

impl Token {
    /// Asks the demo's issuer and prints the token.
    ///
    /// # Errors
    /// No demo runs there.
    pub fn run(&self, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
        let read = |name: &str| {
            let path = self.demo.join(name);
            fs::read_to_string(&path)
                .with_context(|| format!("no demo runs there: cannot read `{}`", path.display()))
        };
        let certificate = Certificate::from_pem(read("ca.pem")?.as_bytes())?;
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[certificate]))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .https_only(true)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(TIME_MAX))
            .tls_config(tls)
            .build()
            .new_agent();
        let url = format!("{}/token", read("issuer.url")?.trim());
        let request = TokenRequest {
            subject: self.subject.clone(),
            groups: self.groups.clone(),
        };
        let token = agent
            .post(&url)
            .send_json(&request)
            .and_then(|mut response| response.body_mut().read_to_string())
            .with_context(|| format!("the issuer at `{url}` does not answer"))?;
        writeln!(out, "{token}")?;
        Ok(ExitStatus::Good)
    }
}

const TIME_MAX: Duration = Duration::from_secs(10);
