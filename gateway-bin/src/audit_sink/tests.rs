//! A disk in memory that fails when it is told to.

use audit_log::Event;
use audit_log::Settings;
use audit_log::record::Stop;
use audit_log::storage::memory::MemoryStorage;

use super::*;

fn sink(disk: &MemoryStorage) -> AuditSink {
    let storage = Arc::new(disk.clone());
    let writer = Writer::open(storage, Settings::new("test"), None, 1).unwrap();
    AuditSink::start(writer).unwrap()
}

fn record() -> Record {
    Record::gateway(
        1,
        Event::Stop(Stop {
            reason: "test".into(),
        }),
    )
}

fn lines(disk: &MemoryStorage) -> usize {
    Writer::open(Arc::new(disk.clone()), Settings::new("test"), None, 1)
        .map(|writer| usize::try_from(writer.position().lines()).unwrap())
        .unwrap()
}

#[tokio::test]
async fn what_is_durable_survives_a_power_cut() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    let position = sink.append(&record()).unwrap();
    sink.durable(position).await.unwrap();
    assert_eq!(lines(&disk.after_power_cut(0)), 1);
}

#[tokio::test]
async fn what_nobody_waits_for_is_synced_by_itself() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    let position = sink.append(&record()).unwrap();
    let mut synced = sink.shared.synced.subscribe();
    synced
        .wait_for(|state| state.up_to >= position)
        .await
        .unwrap();
    assert_eq!(lines(&disk.after_power_cut(0)), 1);
}

#[tokio::test]
async fn a_checkpoint_follows_by_itself() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    let before = disk.content("checkpoint");
    sink.append(&record()).unwrap();
    let mut synced = sink.shared.synced.subscribe();
    // The first change is the sync, the second the checkpoint.
    for _ in 0..2 {
        synced.changed().await.unwrap();
    }
    assert_ne!(disk.content("checkpoint"), before);
}

#[tokio::test]
async fn many_waiters_are_all_served() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    let mut tasks = Vec::new();
    for _ in 0..100 {
        let sink = sink.clone();
        tasks.push(tokio::spawn(async move {
            let position = sink.append(&record()).unwrap();
            sink.durable(position).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(lines(&disk.after_power_cut(0)), 100);
}

#[tokio::test]
async fn a_failed_write_refuses_everything_after_it() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    disk.fail_after(disk.spent());
    assert!(sink.append(&record()).is_err());
    assert!(sink.append(&record()).is_err());
    assert!(!sink.is_open());
}

#[tokio::test]
async fn a_failed_sync_fails_the_waiters_and_everything_after() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    disk.fail_syncs();
    let position = sink.append(&record()).unwrap();
    assert!(matches!(
        sink.durable(position).await,
        Err(SinkError::Stopped)
    ));
    assert!(sink.append(&record()).is_err());
    assert!(sink.durable(position).await.is_err());
    assert!(!sink.is_open());
    assert!(sink.close().is_err());
}

#[tokio::test]
async fn a_closed_log_takes_nothing_but_has_served_its_waiters() {
    let disk = MemoryStorage::new();
    let sink = sink(&disk);
    let position = sink.append(&record()).unwrap();
    sink.close().unwrap();
    assert!(sink.durable(position).await.is_ok());
    assert!(matches!(sink.append(&record()), Err(SinkError::Stopped)));
    assert!(matches!(sink.close(), Err(SinkError::Stopped)));
    assert_eq!(lines(&disk.after_power_cut(0)), 1);
}
