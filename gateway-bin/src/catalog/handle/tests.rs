//! What sessions see while the watching task works, played by hand.

use policy_core::server::Server;
use policy_core::server::ServerKind;

use super::*;

/// Long enough for whatever is ready, or becomes ready by the other half of a join.
const LONG: Duration = Duration::from_secs(60);
const NONE: Duration = Duration::ZERO;

fn current(version: u64) -> Current {
    let mut catalog = Catalog::empty(Server {
        kind: ServerKind::MySql,
        version: (9, 7, 4),
    });
    catalog.version = version;
    let variables = ServerVariables {
        sql_mode: String::new(),
        character_set: "utf8mb4".into(),
        packet_bytes_max: 1,
    };
    Current {
        catalog: Arc::new(catalog),
        variables,
    }
}

fn load(handle: &CatalogHandle) -> u64 {
    let number = handle.shared().begin();
    handle.shared().publish(current(number), number);
    number
}

fn version(loaded: &Arc<Current>) -> u64 {
    loaded.catalog.version
}

#[tokio::test]
async fn without_a_load_nothing_is_known() {
    let handle = CatalogHandle::new();
    assert!(handle.fresh_now().is_none());
    assert_eq!(handle.fresh(NONE).await.err(), Some(NotFresh::Unknown));
    // A change makes it no better.
    drop(handle.schema_change());
    assert_eq!(handle.current().state, State::Unknown);
}

#[tokio::test]
async fn whoever_waits_gets_the_next_load() {
    let handle = CatalogHandle::new();
    let (waited, number) = tokio::join!(handle.fresh(LONG), async { load(&handle) });
    assert_eq!(version(&waited.unwrap()), number);
    assert!(handle.fresh_now().is_some());
}

#[tokio::test]
async fn a_refresh_waits_for_a_look_that_began_after_it() {
    let handle = CatalogHandle::new();
    let before = handle.shared().begin();
    handle.shared().publish(current(before), before);
    let late = handle.shared().begin();
    let (refreshed, ()) = tokio::join!(handle.refresh(LONG), async {
        // This look began before the wish and does not fulfil it.
        handle.shared().publish(current(late), late);
        handle.shared().wanted.notified().await;
        load(&handle);
    });
    assert_eq!(version(&refreshed.unwrap()), late + 1);
}

#[tokio::test]
async fn a_look_without_a_sign_of_change_fulfils_a_refresh_without_a_load() {
    let handle = CatalogHandle::new();
    let loaded = load(&handle);
    let (refreshed, confirmed) = tokio::join!(handle.refresh(LONG), async {
        let number = handle.shared().begin();
        handle.shared().confirm(number, true)
    });
    assert!(confirmed);
    assert_eq!(version(&refreshed.unwrap()), loaded);
}

#[tokio::test]
async fn nobody_relies_on_a_catalog_while_one_of_us_changes_it() {
    let handle = CatalogHandle::new();
    load(&handle);
    let change = handle.schema_change();
    assert!(handle.fresh_now().is_none());
    assert_eq!(handle.fresh(NONE).await.err(), Some(NotFresh::Changing));
    // A load that was on its way does not end that.
    load(&handle);
    assert!(handle.fresh_now().is_none());
    let number = handle.shared().begin();
    assert!(
        !handle.shared().confirm(number, true),
        "a look cannot prove anything now"
    );
    drop(change);
    handle.shared().wanted.notified().await;
    assert!(handle.fresh_now().is_none());
    load(&handle);
    assert!(handle.fresh_now().is_some());
}

#[tokio::test]
async fn two_changes_end_with_the_second() {
    let handle = CatalogHandle::new();
    load(&handle);
    let (one, two) = (handle.schema_change(), handle.schema_change());
    drop(one);
    assert!(handle.shared().is_changing());
    load(&handle);
    assert!(handle.fresh_now().is_none());
    drop(two);
    assert!(!handle.shared().is_changing());
}

#[tokio::test]
async fn a_lost_connection_makes_it_unknown() {
    let handle = CatalogHandle::new();
    load(&handle);
    handle.shared().set_state(State::Unknown);
    assert!(handle.fresh_now().is_none());
    assert_eq!(handle.fresh(NONE).await.err(), Some(NotFresh::Unknown));
    load(&handle);
    assert!(handle.fresh_now().is_some());
}

#[tokio::test]
async fn every_load_is_newer_once() {
    let handle = CatalogHandle::new();
    let (first, number) = tokio::join!(handle.newer(None), async { load(&handle) });
    let first = first.unwrap();
    assert_eq!(version(&first), number);
    // A look that finds no change is no load, and neither is a change that is under way.
    handle.shared().confirm(handle.shared().begin(), true);
    drop(handle.schema_change());
    let (second, number) = tokio::join!(handle.newer(Some(&first)), async { load(&handle) });
    assert_eq!(version(&second.unwrap()), number);
}
