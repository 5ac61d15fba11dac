//! Keeps a target's catalog fresh: polls the server's counters, and loads anew until it is quiet.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::ddl;
use super::ddl::Counters;
use super::error::CatalogError;
use super::handle::CatalogHandle;
use super::handle::Current;
use super::handle::Shared;
use super::handle::State;
use super::load;
use super::load::Begun;
use super::load::Loaded;
use super::rights;
use crate::config::target::TargetSettings;
use crate::upstream::client::Client;
use crate::upstream::connect::ConnectRequest;

/// Loads the catalog for the first time, and gives the connection with which it is kept fresh.
///
/// # Errors
/// When the target cannot be reached, the account cannot see everything, or the load fails.
pub async fn first_load(
    target: &TargetSettings,
    handle: &CatalogHandle,
) -> Result<Watch, CatalogError> {
    let mut watch = Watch::connect(target, handle).await?;
    watch.settle().await?;
    Ok(watch)
}

async fn prepared(target: &TargetSettings) -> Result<(Client, Begun), CatalogError> {
    let request = ConnectRequest::own(target, &target.catalog_user);
    let mut client = Client::connect(&request).await?;
    let begun = load::prepare(&mut client).await?;
    rights::check(&mut client).await?;
    Ok((client, begun))
}

/// Keeps the catalog fresh for as long as the future is polled. After a failure the catalog is
/// unknown until a new connection has loaded it.
pub async fn keep_fresh(target: &TargetSettings, handle: &CatalogHandle, first: Option<Watch>) {
    let mut next = first;
    loop {
        let ended = match next.take() {
            Some(mut watch) => watch.run().await,
            None => match first_load(target, handle).await {
                Ok(watch) => {
                    next = Some(watch);
                    continue;
                }
                Err(error) => error,
            },
        };
        handle.shared().set_state(State::Unknown);
        tracing::warn!(target_name = %target.name, error = %ended, "catalog is unknown");
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

/// A connection that watches one target.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    begun: Begun,
    shared: Arc<Shared>,
    target_name: String,
    /// The counters as they were before the newest load.
    seen: Option<Counters>,
}

impl Watch {
    async fn connect(
        target: &TargetSettings,
        handle: &CatalogHandle,
    ) -> Result<Self, CatalogError> {
        let (client, begun) = prepared(target).await?;
        Ok(Self {
            client,
            begun,
            shared: Arc::clone(handle.shared()),
            target_name: target.name.clone(),
            seen: None,
        })
    }

    /// Polls until something fails.
    async fn run(&mut self) -> CatalogError {
        let mut ticks = tokio::time::interval(POLL_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let shared = Arc::clone(&self.shared);
        loop {
            let wanted = tokio::select! {
                _ = ticks.tick() => false,
                () = shared.wanted.notified() => true,
            };
            if let Err(error) = self.step(wanted).await {
                return error;
            }
        }
    }

    async fn step(&mut self, wanted: bool) -> Result<(), CatalogError> {
        let number = self.shared.begin();
        let counters = self.counters().await?;
        if self.seen.as_ref() != Some(&counters) {
            self.shared.set_state(State::Reload);
        }
        if self.shared.confirm(number, wanted) {
            return Ok(());
        }
        self.settle().await
    }

    /// Loads until a load began after the last move of the counters, with no change running.
    async fn settle(&mut self) -> Result<(), CatalogError> {
        loop {
            let number = self.shared.begin();
            let before = self.counters().await?;
            // A change that began before the counters were read is in this list or has ended; one
            // that begins later moves them. So the order of these two is what makes it safe.
            if !self.is_changing().await? {
                let loaded = load::load(&mut self.client, &self.begun, number).await?;
                let after = self.counters().await?;
                if before == after {
                    self.publish(loaded, after, number);
                    return Ok(());
                }
            }
            // The end of a change of our own comes as a wish.
            tokio::select! {
                () = tokio::time::sleep(POLL_EVERY) => {}
                () = self.shared.wanted.notified() => {}
            }
        }
    }

    fn publish(&mut self, loaded: Loaded, counters: Counters, number: u64) {
        self.report(&loaded);
        self.seen = Some(counters);
        let current = Current {
            catalog: Arc::new(loaded.catalog),
            variables: loaded.variables,
        };
        self.shared.publish(current, number);
    }

    async fn counters(&mut self) -> Result<Counters, CatalogError> {
        const WHAT: &str = "the counters of schema changes";
        let rows = self.client.query(ddl::COUNTERS, POLL_TIME_MAX).await;
        Counters::read(&rows.map_err(CatalogError::reading(WHAT))?)
            .ok_or(CatalogError::Form { what: "counters" })
    }

    async fn is_changing(&mut self) -> Result<bool, CatalogError> {
        if self.shared.is_changing() {
            return Ok(true);
        }
        let rows = self.client.query(ddl::PROCESSES, POLL_TIME_MAX).await;
        let rows = rows.map_err(CatalogError::reading("the list of running statements"))?;
        Ok(ddl::any_running(&rows, self.client.thread_id()))
    }

    fn report(&self, loaded: &Loaded) {
        tracing::info!(
            target_name = %self.target_name,
            tables = loaded.catalog.tables.len(),
            routines = loaded.catalog.routines.len(),
            unreadable_views = loaded.unreadable_views.len(),
            left_out = loaded.left_out.len(),
            "catalog loaded"
        );
    }
}

const POLL_EVERY: Duration = Duration::from_millis(200);
const POLL_TIME_MAX: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_secs(1);
