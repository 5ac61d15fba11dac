//! Section `[[listener]]`: an address on which clients come in over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;

use crate::config::table::Placed;
use crate::config::table::Table;
use crate::tls;

/// One address that accepts clients.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct ListenerSettings {
    /// For logs and metrics.
    pub name: String,
    /// Port 0 takes a free one.
    pub bind: SocketAddr,
    /// The certificate that is shown to clients.
    pub tls: Arc<ServerConfig>,
    /// The targets, by name, that can be reached here; at least one.
    pub targets: Vec<String>,
    /// The version in the greeting; where there is none, that of the only target.
    pub server_version: Option<String>,
}

/// What cross-checks need to know of the places.
#[derive(Debug)]
pub(super) struct ListenerPlaces {
    pub(super) name: Option<Placed<String>>,
    pub(super) targets: Vec<Placed<String>>,
}

impl ListenerSettings {
    pub(super) fn read(mut table: Table<'_>) -> (Option<Self>, ListenerPlaces) {
        let name = table.required_string("name");
        let bind = table.required_string("bind").and_then(|text| {
            let parsed = text.value.parse();
            if parsed.is_err() {
                let message = "`bind` is an IP address and a port, as in `127.0.0.1:3307`";
                table.mistake(text.at, message);
            }
            parsed.ok()
        });
        let certificate = table.required_path("certificate");
        let key = table.required_secret("key");
        let targets = table.required_strings("targets");
        let server_version = read_server_version(&mut table);
        if server_version.is_none() && targets.as_ref().is_some_and(|list| list.len() > 1) {
            let message = "a listener with several `targets` needs `server_version`: the greeting is sent before a target is chosen";
            table.mistake(table.at(), message);
        }
        let tls = certificate.zip(key).and_then(|(certificate, key)| {
            tls::server_config(&certificate.value, &key.value)
                .map_err(|error| table.mistake(certificate.at, error))
                .ok()
        });
        table.finish();
        let places = ListenerPlaces {
            name: name.clone(),
            targets: targets.clone().unwrap_or_default(),
        };
        let settings = || {
            Some(Self {
                name: name?.value,
                bind: bind?,
                tls: tls?,
                targets: targets?.into_iter().map(|target| target.value).collect(),
                server_version,
            })
        };
        (settings(), places)
    }
}

/// Clients read the version up to the first NUL byte and take its leading digits for what they offer.
fn read_server_version(table: &mut Table<'_>) -> Option<String> {
    let version = table.string("server_version")?;
    let plain = version.value.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain
        || version.value.len() > 64
        || !version.value.starts_with(|c: char| c.is_ascii_digit())
    {
        let message =
            "`server_version` begins with a digit and has at most 64 printable characters";
        table.mistake(version.at, message);
        return None;
    }
    Some(version.value)
}
