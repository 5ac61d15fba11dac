//! Audit log: no bytes make a reader panic, and no flipped bit is missed.

use std::sync::Arc;
use std::sync::OnceLock;

use audit_log::Event;
use audit_log::Record;
use audit_log::Settings;
use audit_log::Writer;
use audit_log::error::VerifyError;
use audit_log::query::Query;
use audit_log::reader::Reader;
use audit_log::record::Stop;
use audit_log::replay::replay;
use audit_log::statement::Refusal;
use audit_log::statement::Statement;
use audit_log::storage::memory::MemoryStorage;
use audit_log::verify;

/// Any bytes in place of a segment, a state or a checkpoint: no panic, and what opens for writing
/// passes a verification afterwards. Any flipped bit of a valid log: found, at its line.
///
/// The first byte chooses the file, or the bit; the rest is the content, or the place.
pub fn audit_read(input: &[u8]) {
    let [mode, rest @ ..] = input else {
        return;
    };
    if mode & 1 == 0 {
        return any_bytes(FILES.get(usize::from(mode >> 1) % FILES.len()), rest);
    }
    flipped_bit(mode >> 1, rest);
}

const FIRST: &str = "00000000000000000000.jsonl";
const LAST: &str = "00000000000000000002.jsonl";
const FILES: [&str; 5] = [
    LAST,
    FIRST,
    "checkpoint",
    "00000000000000000002.tree",
    "00000000000000000002.note",
];

fn any_bytes(file: Option<&&str>, content: &[u8]) {
    let storage = valid().after_crash();
    storage.set_content(file.unwrap_or(&LAST), content.to_vec());
    let verified = verify(&storage, &[]);
    if let Ok(reader) = Reader::open(Arc::new(storage.clone())) {
        let mut matcher = Query::default().matcher();
        let mut records = Vec::new();
        for entry in reader.flatten() {
            assert!(matcher.matches(&entry));
            records.extend(entry.record);
        }
        let _ = replay(&records).to_string();
    }
    if verified.is_err() && *file.unwrap_or(&LAST) != LAST {
        return;
    }
    if let Ok(writer) = Writer::open(Arc::new(storage.clone()), settings(), None, 0) {
        assert!(writer.close().is_ok());
        let verified = verify(&storage, &[]);
        // The head only is read when a log is opened, so that it opens fast.
        if let Err(VerifyError::Line { problem, .. }) = &verified {
            assert!(problem.to_string().starts_with("not a record"), "{problem}");
        } else {
            assert!(verified.is_ok(), "{verified:?}");
        }
    }
}

fn flipped_bit(bit: u8, rest: &[u8]) {
    let [choice, low, high, ..] = rest else {
        return;
    };
    let file = if choice & 1 == 0 { FIRST } else { LAST };
    let storage = valid().after_crash();
    let mut content = storage.content(file).unwrap_or_default();
    let at = usize::from(u16::from_le_bytes([*low, *high])) % content.len();
    let expected = 1 + content
        .iter()
        .take(at)
        .filter(|byte| **byte == b'\n')
        .count();
    if let Some(byte) = content.get_mut(at) {
        *byte ^= 1 << (bit % 8);
    }
    storage.set_content(file, content);
    let error = verify(&storage, &[]).map_err(|error| error.to_string());
    let place = format!("{file}:{expected}: ");
    assert!(
        error.as_ref().is_err_and(|error| error.starts_with(&place)),
        "{error:?} at {place}"
    );
}

/// A closed log of three lines in two segments.
fn valid() -> &'static MemoryStorage {
    static LOG: OnceLock<MemoryStorage> = OnceLock::new();
    LOG.get_or_init(|| {
        let storage = MemoryStorage::new();
        let writer = Writer::open(Arc::new(storage.clone()), settings(), None, 0);
        assert!(writer.is_ok());
        if let Ok(mut writer) = writer {
            for time_us in 0..3 {
                assert!(writer.append(&record(time_us)).is_ok());
            }
            assert!(writer.close().is_ok());
        }
        storage
    })
}

fn record(time_us: u64) -> Record {
    if time_us == 1 {
        let refusal = Refusal {
            statement: Some(Statement::exact(b"select \xff")),
            ..Refusal::default()
        };
        return Record::new(time_us, "s", Event::Refusal(Box::new(refusal)));
    }
    Record::gateway(
        time_us,
        Event::Stop(Stop {
            reason: "asked to".into(),
        }),
    )
}

fn settings() -> Settings {
    let mut settings = Settings::new("example.org/audit");
    settings.segment_bytes_max = 600;
    settings
}
