//! The audit log: appending the two records of a statement, without the disk.

use std::hint::black_box;
use std::io::BufRead;
use std::sync::Arc;

use audit_log::Event;
use audit_log::Record;
use audit_log::Settings;
use audit_log::Writer;
use audit_log::error::StorageError;
use audit_log::statement::Access;
use audit_log::statement::Intent;
use audit_log::statement::MaskedColumn;
use audit_log::statement::Outcome;
use audit_log::statement::Rule;
use audit_log::statement::Statement;
use audit_log::statement::Status;
use audit_log::storage::Lock;
use audit_log::storage::SegmentFile;
use audit_log::storage::Storage;
use benches::shop::STATEMENTS;
use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;

const NOW_US: u64 = 1_795_334_400_000_000;

fn appends(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("audit-log/append");
    let [(_, text), ..] = STATEMENTS;
    for (name, record) in [("intent", intent(text)), ("outcome", outcome())] {
        let settings = Settings::new("example.org/audit");
        let Ok(mut writer) = Writer::open(Arc::new(Nowhere), settings, None, NOW_US) else {
            return;
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert!(writer.append(black_box(&record)).is_ok()));
        });
    }
    group.finish();
}

fn intent(text: &str) -> Record {
    let intent = Intent {
        sequence: 17,
        command: "query".into(),
        target: String::from("shop"),
        database: Some(String::from("shop")),
        statement: Some(Statement::exact(text.as_bytes())),
        kind: "select".into(),
        class: "read".into(),
        tables: vec![Access {
            verb: "read".into(),
            table: String::from("shop.customers"),
        }],
        rules: vec![Rule {
            name: String::from("read-shop"),
            line: 8,
        }],
        masked: vec![MaskedColumn {
            column: String::from("email"),
            mask: String::from("mail"),
        }],
        ..Intent::default()
    };
    Record::new(NOW_US, "0b5cc4f1d2a84e6f", Event::Intent(Box::new(intent)))
}

fn outcome() -> Record {
    let outcome = Outcome {
        rows: 1,
        bytes: 310,
        ..Outcome::new(17, Status::Ok, 412)
    };
    Record::new(
        NOW_US,
        "0b5cc4f1d2a84e6f",
        Event::Outcome(Box::new(outcome)),
    )
}

/// A disk that takes everything and keeps nothing, so that only the log's own work is seen.
#[derive(Debug)]
struct Nowhere;

impl Storage for Nowhere {
    fn lock(&self) -> Result<Box<dyn Lock>, StorageError> {
        Ok(Box::new(Self))
    }

    fn names(&self) -> Result<Vec<String>, StorageError> {
        Ok(Vec::new())
    }

    fn read(&self, _: &str) -> Result<Option<Box<dyn BufRead + Send>>, StorageError> {
        Ok(None)
    }

    fn open_segment(&self, _: &str, _: bool) -> Result<Arc<dyn SegmentFile>, StorageError> {
        Ok(Arc::new(Self))
    }

    fn replace(&self, _: &str, _: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }

    fn truncate(&self, _: &str, _: u64) -> Result<(), StorageError> {
        Ok(())
    }

    fn remove(&self, _: &str) -> Result<(), StorageError> {
        Ok(())
    }
}

impl SegmentFile for Nowhere {
    fn append(&self, bytes: &[u8]) -> Result<(), StorageError> {
        black_box(bytes);
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        Ok(())
    }
}

impl Lock for Nowhere {}

criterion_group!(audit, appends);
criterion_main!(audit);
