//! The catalog of a target for commands that look once: its account's rights are checked first.

use policy_core::catalog::Catalog;

use crate::catalog::error::CatalogError;
use crate::catalog::load;
use crate::catalog::rights;
use crate::config::target::TargetSettings;
use crate::upstream::client::Client;
use crate::upstream::connect::ConnectRequest;

/// Loads the catalog of a target as its catalog account.
///
/// # Errors
/// The target cannot be reached, or the account cannot see everything.
pub async fn catalog(target: &TargetSettings) -> Result<Catalog, CatalogError> {
    let request = ConnectRequest::own(target, &target.catalog_user);
    let mut client = Client::connect(&request).await?;
    rights::check(&mut client).await?;
    let begun = load::prepare(&mut client).await?;
    let loaded = load::load(&mut client, &begun, 1).await?;
    client.quit().await;
    Ok(loaded.catalog)
}
