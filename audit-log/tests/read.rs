//! A log can be read, asked and shown as a timeline.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::BufRead;
use std::sync::Arc;

use audit_log::Record;
use audit_log::error::StorageError;
use audit_log::query::Query;
use audit_log::reader::Entry;
use audit_log::reader::Reader;
use audit_log::replay::replay;
use audit_log::storage::Lock;
use audit_log::storage::SegmentFile;
use audit_log::storage::Storage;
use audit_log::storage::memory::MemoryStorage;
use audit_log::verify;
use expect_test::expect;

use crate::common::*;

fn entries(storage: &MemoryStorage) -> Vec<Entry> {
    Reader::open(Arc::new(storage.clone()))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn picked(query: Query) -> Vec<&'static str> {
    let mut matcher = query.matcher();
    let mut names = Vec::new();
    for entry in entries(&small_log()) {
        if matcher.matches(&entry) {
            names.push(entry.record.unwrap().event.name());
        }
    }
    names
}

fn query(change: impl FnOnce(&mut Query)) -> Query {
    let mut query = Query::default();
    change(&mut query);
    query
}

#[test]
fn what_was_written_is_read() {
    let storage = small_log();
    let read: Vec<Record> = entries(&storage)
        .into_iter()
        .map(|entry| entry.record.unwrap())
        .collect();
    assert_eq!(read, records());
    assert_eq!(
        verify(&storage, &[public()]).unwrap().lines,
        read.len() as u64
    );
}

#[test]
fn every_part_of_a_query_narrows() {
    assert_eq!(picked(Query::default()).len(), records().len());
    assert_eq!(
        picked(query(|q| q.session = Some("s1".into()))).len(),
        records().len() - 2
    );
    assert_eq!(
        picked(query(|q| q.event = Some("refusal".into()))),
        ["refusal"]
    );
    assert_eq!(
        picked(query(|q| q.rule = Some("new-tables".into()))),
        ["refusal", "approval_requested"]
    );
    assert_eq!(
        picked(query(|q| q.since_us = Some(NOW_US + 1_000_000))),
        ["stop"]
    );
    assert_eq!(picked(query(|q| q.until_us = Some(NOW_US + 1))), ["start"]);
}

#[test]
fn a_subject_is_followed_through_its_session() {
    let picked = picked(query(|q| q.subject = Some("agent-7".into())));
    assert_eq!(picked.first(), Some(&"login"));
    assert_eq!(picked.last(), Some(&"connection_closed"));
    assert_eq!(picked.len(), 10);
    assert!(self::picked(query(|q| q.subject = Some("agent-8".into()))).is_empty());
}

#[test]
fn lines_of_a_newer_version_are_passed_to_the_caller() {
    let storage = small_log();
    let name = storage
        .names()
        .unwrap()
        .into_iter()
        .rfind(|n| n.ends_with(".jsonl"))
        .unwrap();
    let text = String::from_utf8(storage.content(&name).unwrap()).unwrap();
    let newer = text.replace(r#"{"v":1,"#, r#"{"v":2,"more":[],"#);
    storage.set_content(&name, newer.into_bytes());
    let last = entries(&storage).pop().unwrap();
    assert_eq!((last.record, last.seq), (None, 14));
}

#[test]
fn reading_ends_after_a_bad_line() {
    let storage = small_log();
    let name = "00000000000000000000.jsonl";
    let mut content = storage.content(name).unwrap();
    content.splice(0..0, *b"{}\n");
    storage.set_content(name, content);
    let mut reader = Reader::open(Arc::new(storage)).unwrap();
    let error = reader.next().unwrap().unwrap_err().to_string();
    expect!["00000000000000000000.jsonl:1: not a record (column 2)"].assert_eq(&error);
    assert!(reader.next().is_none());
}

#[test]
fn a_session_is_shown_as_it_went() {
    let mut records = records();
    records.retain(|record| record.session == "s1");
    expect![[r#"
        2026-11-22 (UTC)
        08:00:00.001500       connection opened   192.0.2.1:40000
                                                  listener main
                                                  tls TLSv1.3 TLS13_AES_256_GCM_SHA384
        08:00:00.003000       login refused       POSTERN-LOGIN-EXPIRED
                                                  because expired 20 s ago
                                                  user shop
        08:00:00.004500       login               agent-7
                                                  issuer https://id.example.org
                                                  acting scheduler
                                                  groups agents-analytics
                                                  role analytics
                                                  target shop
                                                  until 2026-11-22T09:00:00.000000Z
        08:00:00.006000       session state       default_database = shop
        08:00:00.007500   #1  allow               select email from c where id = ?
                                                  kind select
                                                  database shop
                                                  rule `read-shop` (line 8)
                                                  masked email as email
                                                  parameters 7, NULL, digest 78da267198b7f49fd64cdfdfaf3e61513a30c5df0c859da77af27a0f591cdfb7
                                                  attributes traceparent = 00-4bf9-00f0-01, \u{1b}[2J = NULL
        08:00:00.009000   #1  outcome             error
                                                  error 1105 (HY000) bad \xff\u{1b}[2J
                                                  rows 3
                                                  bytes 120
                                                  detected card 2, email 1
                                                  took 4.321 ms
        08:00:00.010500   #2  ask                 create table t (a int)
                                                  decision ask
                                                  code POSTERN-APPROVAL
                                                  rule `new-tables` (line 12)
                                                  ticket APR-7F3K
                                                  told [POSTERN-APPROVAL APR-7F3K] retry after approval
        08:00:00.012000   #2  approval requested  APR-7F3K
                                                  by agent-7
                                                  rule `new-tables` (line 12)
                                                  covers statement
                                                  asked dba
                                                  needed 1
        08:00:00.013500       approval answered   APR-7F3K approve
                                                  by dana
                                                  given 1 of 1
                                                  key dana-2026
                                                  until 2026-11-22T08:30:00.000000Z
        08:00:00.015000   #3  approval used       APR-7F3K
                                                  left 0
        08:00:00.016500   #4  security event      witness_mismatch
                                                  because column 1 is not `shop`.`orders`.`id`
        08:00:00.018000       connection closed   client quit
        08:00:00.019500       login ended         the client logs in anew
    "#]].assert_eq(&replay(&records).to_string());
}

#[test]
fn an_intent_without_outcome_is_unknown() {
    let mut records = records();
    records.retain(|record| record.event.name() == "intent");
    let row = replay(&records).rows.pop().unwrap();
    assert_eq!(
        (row.what.as_str(), row.text.as_str()),
        ("outcome", "unknown")
    );
    assert_eq!(row.sequence, Some(1));
}

/// A listing that is older than the disk: the last segment was begun in between.
#[derive(Debug)]
struct Growing(MemoryStorage, std::sync::atomic::AtomicBool);

impl Storage for Growing {
    fn names(&self) -> Result<Vec<String>, StorageError> {
        let mut names = self.0.names()?;
        if !self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let last = names
                .iter()
                .filter_map(|name| name.strip_suffix(".jsonl"))
                .max();
            let last = last.unwrap_or_default().to_owned();
            names.retain(|name| !name.starts_with(&last));
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Option<Box<dyn BufRead + Send>>, StorageError> {
        self.0.read(name)
    }

    fn lock(&self) -> Result<Box<dyn Lock>, StorageError> {
        self.0.lock()
    }

    fn open_segment(&self, name: &str, create: bool) -> Result<Arc<dyn SegmentFile>, StorageError> {
        self.0.open_segment(name, create)
    }

    fn replace(&self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        self.0.replace(name, content)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), StorageError> {
        self.0.truncate(name, length)
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.0.remove(name)
    }
}

#[test]
fn a_log_may_grow_while_it_is_verified() {
    let growing = Growing(small_log(), false.into());
    let report = verify(&growing, &[public()]).unwrap();
    assert_eq!(report.lines, records().len() as u64);
}
