//! What a listener must know of its target before the first client comes.

use mysql_proto::flags::Capabilities;
use policy_core::server::Server;

use super::client::Client;
use super::connect::ConnectRequest;
use super::error::ConnectError;
use crate::config::target::TargetSettings;

/// What a target says about itself.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Probe {
    /// Kind and version.
    pub server: Server,
    /// The version, word for word, as a listener greets with it.
    pub version: String,
    /// What it can do.
    pub offered: Capabilities,
    /// Its own collation, or the lowest byte of it.
    pub collation: u8,
}

/// Asks a target for its version, by a full login with the catalog account.
///
/// Reading the greeting and hanging up would be counted as a failed connection, and after
/// `max_connect_errors` of them the server would shut the gateway out.
///
/// # Errors
/// When the target cannot be reached, is not trusted, or refuses.
pub async fn probe(target: &TargetSettings) -> Result<Probe, ConnectError> {
    let client = Client::connect(&ConnectRequest::own(target, &target.catalog_user)).await?;
    let probe = Probe {
        server: client.server(),
        version: client.version().to_owned(),
        offered: client.offered(),
        collation: client.collation(),
    };
    client.quit().await;
    Ok(probe)
}
