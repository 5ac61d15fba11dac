//! A crash at any step loses nothing that was synced, and the log goes on.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use audit_log::Event;
use audit_log::Settings;
use audit_log::Writer;
use audit_log::error::AppendError;
use audit_log::error::OpenError;
use audit_log::error::Problem;
use audit_log::reader::Reader;
use audit_log::storage::FileStorage;
use audit_log::storage::Storage as _;
use audit_log::storage::memory::MemoryStorage;
use audit_log::verify;

use crate::common::*;

/// Opens the log and writes four records into two segments; ends where the disk does. Gives
/// how many lines were surely durable. Without a key: signing would only make it slow.
fn write(storage: &MemoryStorage) -> u64 {
    let mut durable = 0;
    let Ok(mut writer) = try_open(storage) else {
        return durable;
    };
    for (n, record) in records().iter().skip(9).enumerate() {
        if writer.append(record).is_err() {
            assert!(writer.is_poisoned());
            return durable;
        }
        if n == 0 {
            let Ok(position) = writer.sync() else {
                return durable;
            };
            durable = position.lines();
        }
        if n == 1 && writer.checkpoint().is_err() {
            return durable;
        }
    }
    let _ = writer.close();
    durable
}

fn try_open(storage: &MemoryStorage) -> Result<Writer, OpenError> {
    Writer::open(Arc::new(storage.clone()), settings(600), None, NOW_US)
}

/// What is left must open, hold what was durable, go on, and pass a verification.
fn goes_on(storage: &MemoryStorage, durable: u64) {
    let mut writer = try_open(storage).unwrap();
    assert!(writer.position().lines() >= durable);
    writer.append(records().first().unwrap()).unwrap();
    let position = writer.close().unwrap();
    let report = verify(storage, &[]).unwrap();
    assert_eq!(report.lines, position.lines());
    assert!(storage.content("recovery").is_none());
}

#[test]
fn a_disk_that_ends_at_any_byte_leaves_a_log_that_goes_on() {
    let whole = MemoryStorage::new();
    write(&whole);
    assert!(whole.content("00000000000000000002.jsonl").is_some());
    for budget in 0..=whole.spent() {
        let storage = MemoryStorage::new();
        storage.fail_after(budget);
        let durable = write(&storage);
        goes_on(&storage.after_crash(), durable);
        for kept in [0, 1, 100] {
            goes_on(&storage.after_power_cut(kept), durable);
        }
    }
}

#[test]
fn a_crash_in_the_middle_of_a_recovery_loses_no_cut() {
    let storage = MemoryStorage::new();
    storage.fail_after(300);
    write(&storage);
    let torn = storage.after_crash();
    let recovery = torn.after_crash();
    drop(try_open(&recovery).unwrap());
    for budget in 0..=recovery.spent() {
        let storage = torn.after_crash();
        storage.fail_after(budget);
        let opened = try_open(&storage);
        assert_eq!(opened.is_err(), budget < recovery.spent(), "{budget}");
        drop(opened);
        let storage = storage.after_crash();
        goes_on(&storage, 0);
        assert!(cuts(&storage) >= 1, "{budget}");
    }
}

fn cuts(storage: &MemoryStorage) -> usize {
    let reader = Reader::open(Arc::new(storage.clone())).unwrap();
    let records = reader.map(|entry| entry.unwrap().record.unwrap());
    records
        .filter(|record| matches!(record.event, Event::Recovery(_)))
        .count()
}

#[test]
fn a_cut_is_written_down_with_its_length() {
    let storage = small_log();
    let name = storage
        .names()
        .unwrap()
        .into_iter()
        .rfind(|n| n.ends_with(".jsonl"))
        .unwrap();
    let mut content = storage.content(&name).unwrap();
    let offset = content.len() as u64;
    content.extend_from_slice(b"{\"v\":1,\"seq\":");
    storage.set_content(&name, content);
    assert_eq!(verify(&storage, &[public()]).unwrap().torn_bytes, 13);
    open(&storage, 1500).close().unwrap();
    let last = Reader::open(Arc::new(storage))
        .unwrap()
        .last()
        .unwrap()
        .unwrap();
    let Event::Recovery(recovery) = last.record.unwrap().event else {
        panic!("no recovery");
    };
    assert_eq!((recovery.bytes_cut, recovery.offset), (13, offset));
    assert_eq!(recovery.segment, name);
}

#[test]
fn anything_but_a_torn_tail_is_refused() {
    let name = "00000000000000000000.jsonl";
    let good = {
        let storage = MemoryStorage::new();
        let mut writer = open(&storage, u64::MAX);
        for record in records() {
            writer.append(&record).unwrap();
        }
        writer.close().unwrap();
        storage
    };
    let text = String::from_utf8(good.content(name).unwrap()).unwrap();
    for (from, to) in [
        ("s1", "s2"),
        ("\"seq\":5", "\"seq\":6"),
        ("{\"v\":1", "{\"v\":2"),
    ] {
        let storage = good.after_crash();
        storage.set_content(name, text.replacen(from, to, 1).into_bytes());
        let error = Writer::open(Arc::new(storage), settings(1500), Some(key()), NOW_US);
        assert!(
            matches!(error, Err(OpenError::Damaged { .. })),
            "{from}: {error:?}"
        );
    }
    let storage = good.after_crash();
    storage.set_content(name, text.as_bytes().split_at(text.len() - 5).0.to_vec());
    let error = Writer::open(Arc::new(storage), settings(1500), Some(key()), NOW_US);
    let Err(OpenError::Layout {
        problem: Problem::Shortened { .. },
        ..
    }) = error
    else {
        panic!("lines below a checkpoint were cut: {error:?}");
    };
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let good = small_log();
    for bad in [None, Some("x"), Some("example.org/audit\n1\nAAAA\n\n")] {
        let storage = good.after_crash();
        match bad {
            Some(bad) => storage.set_content("checkpoint", bad.into()),
            None => storage.delete("checkpoint"),
        }
        let error = Writer::open(Arc::new(storage), settings(1500), Some(key()), NOW_US);
        assert!(matches!(error, Err(OpenError::Layout { .. })), "{error:?}");
    }
    let other = Settings::new("example.org/other");
    let error = Writer::open(Arc::new(good), other, None, NOW_US).unwrap_err();
    let OpenError::Layout {
        problem: Problem::Origin { .. },
        ..
    } = error
    else {
        panic!("{error}");
    };
}

#[test]
fn a_writer_that_failed_refuses_everything() {
    let storage = MemoryStorage::new();
    let mut writer = open(&storage, 1500);
    let handle = writer.sync_handle();
    storage.fail_syncs();
    assert!(matches!(handle.sync(), Err(AppendError::Storage(_))));
    let record = records().remove(0);
    assert!(matches!(writer.append(&record), Err(AppendError::Poisoned)));
    assert!(matches!(writer.sync(), Err(AppendError::Poisoned)));
    assert!(matches!(writer.checkpoint(), Err(AppendError::Poisoned)));
}

#[test]
fn a_record_without_a_form_harms_nobody() {
    let storage = MemoryStorage::new();
    let mut small = settings(1500);
    small.line_bytes_max = 400;
    let mut writer = Writer::open(Arc::new(storage.clone()), small, Some(key()), NOW_US).unwrap();
    let mut record = records().remove(0);
    record.session = "long".repeat(100);
    assert!(matches!(
        writer.append(&record),
        Err(AppendError::TooLong { limit: 400, .. })
    ));
    record.session.clear();
    record.time_us = u64::MAX;
    assert!(matches!(writer.append(&record), Err(AppendError::Encode)));
    record.time_us = NOW_US;
    assert_eq!(writer.append(&record).unwrap().lines(), 1);
    writer.close().unwrap();
    verify(&storage, &[public()]).unwrap();
}

#[test]
fn a_second_writer_is_kept_out() {
    let storage = MemoryStorage::new();
    let first = open(&storage, 1500);
    let second = Writer::open(Arc::new(storage.clone()), settings(1500), None, NOW_US);
    assert!(matches!(second, Err(OpenError::Locked { .. })));
    drop(first);
    drop(open(&storage, 1500));
}

#[test]
fn files_behave_as_memory_does() {
    let directory = tempfile::tempdir().unwrap();
    let storage = Arc::new(FileStorage::new(directory.path().join("log")));
    let open = || Writer::open(storage.clone(), settings(1500), Some(key()), NOW_US);
    let mut writer = open().unwrap();
    assert!(matches!(open(), Err(OpenError::Locked { .. })));
    for record in records() {
        writer.append(&record).unwrap();
    }
    writer.close().unwrap();

    let memory = small_log();
    for name in memory.names().unwrap() {
        let path = directory.path().join("log").join(&name);
        assert_eq!(
            std::fs::read(path).unwrap(),
            memory.content(&name).unwrap(),
            "{name}"
        );
    }

    let last = storage
        .names()
        .unwrap()
        .into_iter()
        .filter(|n| n.ends_with(".jsonl"))
        .max();
    let path = directory.path().join("log").join(last.unwrap());
    let mut content = std::fs::read(&path).unwrap();
    content.extend_from_slice(b"torn");
    std::fs::write(&path, content).unwrap();
    let position = open().unwrap().close().unwrap();
    let report = verify(&*storage, &[public()]).unwrap();
    assert_eq!(report.lines, records().len() as u64 + 1);
    assert_eq!(report.lines, position.lines());
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let storage = Arc::new(FileStorage::new(&path));
    Writer::open(storage, settings(1500), None, NOW_US)
        .unwrap()
        .close()
        .unwrap();
    for entry in std::fs::read_dir(&path).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o077,
        0
    );
}
