//! The test vectors of `docs/audit-format.md` are what is written, and what is accepted.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use audit_log::Event;
use audit_log::Record;
use audit_log::Settings;
use audit_log::SigningKey;
use audit_log::VerifyingKey;
use audit_log::Writer;
use audit_log::digest::Digest;
use audit_log::reader::Reader;
use audit_log::record::Start;
use audit_log::record::Stop;
use audit_log::statement::Decision;
use audit_log::statement::Intent;
use audit_log::statement::Outcome;
use audit_log::statement::Refusal;
use audit_log::statement::Statement;
use audit_log::statement::Status;
use audit_log::storage::Storage as _;
use audit_log::storage::memory::MemoryStorage;
use audit_log::verify;
use proptest::prelude::*;

/// The blocks of the specification that begin with "```text file=NAME".
fn vectors() -> BTreeMap<String, String> {
    let mut vectors = BTreeMap::new();
    let mut block: Option<(String, String)> = None;
    for line in include_str!("../../docs/audit-format.md").split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("```text file=") {
            block = Some((name.trim_end().to_owned(), String::new()));
        } else if line == "```\n" {
            vectors.extend(block.take());
        } else if let Some((_, content)) = &mut block {
            content.push_str(line);
        }
    }
    vectors
}

fn records() -> [Record; 5] {
    let now_us = 1_795_334_400_000_000;
    let start = Event::Start(Start {
        version: "0.1.0".into(),
        config: Digest::of(b"config"),
        policy: Digest::of(b"policy"),
    });
    let refusal = Event::Refusal(Box::new(Refusal {
        sequence: 1,
        command: "query".into(),
        target: "shop".into(),
        statement: Some(Statement::exact(b"select '\\', \xff")),
        decision: Decision::Unread,
        code: "POSTERN-UNREAD".into(),
        message: "[POSTERN-UNREAD] a string does not end".into(),
        ..Refusal::default()
    }));
    let stop = Event::Stop(Stop {
        reason: "asked to".into(),
    });
    [
        Record::gateway(now_us, start),
        Record::new(now_us + 1, "0b5c", refusal),
        Record::new(now_us + 2, "0b5c", intent()),
        Record::new(now_us + 1_502, "0b5c", outcome()),
        Record::gateway(now_us + 1_000_000, stop),
    ]
}

fn intent() -> Event {
    Event::Intent(Box::new(Intent {
        sequence: 2,
        command: "query".into(),
        target: "shop".into(),
        statement: Some(Statement::exact(b"select body from shop.tickets")),
        kind: "select".into(),
        class: "read".into(),
        ..Intent::default()
    }))
}

/// Detectors found something in what that statement shows.
fn outcome() -> Event {
    Event::Outcome(Box::new(Outcome {
        rows: 3,
        bytes: 214,
        detected: [("card".into(), 2), ("email".into(), 1)].into(),
        ..Outcome::new(2, Status::Ok, 1_500)
    }))
}

fn written() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let mut settings = Settings::new("example.org/audit");
    settings.segment_bytes_max = 900;
    let mut seed = [0; 32];
    for (byte, n) in seed.iter_mut().zip(0..) {
        *byte = n;
    }
    let key = SigningKey::from_seed(&seed);
    let mut writer = Writer::open(Arc::new(storage.clone()), settings, Some(key), 0).unwrap();
    for record in &records() {
        writer.append(record).unwrap();
    }
    writer.close().unwrap();
    storage
}

#[test]
fn the_writer_writes_the_vectors() {
    let storage = written();
    let names = storage.names().unwrap();
    let vectors = vectors();
    for name in &names {
        let content = String::from_utf8(storage.content(name).unwrap()).unwrap();
        assert_eq!(vectors.get(name), Some(&content), "{name} is\n{content}");
    }
    assert_eq!(names.len() + 1, vectors.len());
}

#[test]
fn the_verifier_accepts_the_vectors() {
    let storage = MemoryStorage::new();
    let mut vectors = vectors();
    let key = vectors.remove("key").unwrap();
    for (name, content) in vectors {
        storage.set_content(&name, content.into_bytes());
    }
    let key = VerifyingKey::parse(key.trim_end()).unwrap();
    let report = verify(&storage, &[key]).unwrap();
    assert_eq!((report.lines, report.covered, report.segments), (5, 5, 2));
    let read = Reader::open(Arc::new(storage)).unwrap();
    let read: Vec<Record> = read.map(|entry| entry.unwrap().record.unwrap()).collect();
    assert_eq!(read, records());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_records_make_a_log_that_verifies_and_reads_back(
        texts in prop::collection::vec((any::<Vec<u8>>(), any::<String>()), 0..12),
        segment_bytes_max in 1_u64..3000,
    ) {
        let storage = MemoryStorage::new();
        let mut settings = Settings::new("example.org/audit");
        settings.segment_bytes_max = segment_bytes_max;
        let mut writer = Writer::open(Arc::new(storage.clone()), settings, None, 0).unwrap();
        let mut records = Vec::new();
        for (time_us, (statement, word)) in (0..).zip(texts) {
            let refusal = Refusal {
                statement: Some(Statement::exact(&statement)),
                message: word.clone(),
                ..Refusal::default()
            };
            let record = Record::new(time_us, word, Event::Refusal(Box::new(refusal)));
            writer.append(&record).unwrap();
            records.push(record);
        }
        writer.close().unwrap();
        prop_assert_eq!(verify(&storage, &[]).unwrap().lines, records.len() as u64);
        let read = Reader::open(Arc::new(storage)).unwrap();
        let read: Vec<Record> = read.map(|entry| entry.unwrap().record.unwrap()).collect();
        prop_assert_eq!(read, records);
    }

    #[test]
    fn no_bytes_make_the_verifier_or_the_reader_panic(
        line in any::<Vec<u8>>(),
        note in any::<Vec<u8>>(),
        state in any::<Vec<u8>>(),
    ) {
        let storage = written();
        storage.set_content("00000000000000000002.jsonl", line);
        storage.set_content("00000000000000000002.tree", state);
        storage.set_content("checkpoint", note);
        prop_assert!(verify(&storage, &[]).is_err());
        Reader::open(Arc::new(storage)).unwrap().for_each(drop);
    }
}
