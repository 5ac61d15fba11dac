//! The commands over a small log.

use std::fs;

use audit_log::Settings;
use audit_log::Writer;
use audit_log::record::ConnectionClosed;
use audit_log::record::Stop;

use super::*;

struct World {
    directory: tempfile::TempDir,
    public_key: String,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new(directory.path().join("audit")));
    let key = SigningKey::from_seed(&[7; 32]);
    let public_key = key.verifying_key("postern").to_string();
    let mut writer = Writer::open(storage, Settings::new("postern"), Some(key), 1_000_000).unwrap();
    for (time_us, session) in [(2_000_000, "s-1"), (3_000_000, "s-2"), (4_000_000, "s-1")] {
        let reason = format!("reason of {session}\u{1b}[2J").into();
        let event = Event::ConnectionClosed(ConnectionClosed { reason });
        writer
            .append(&Record::new(time_us, session, event))
            .unwrap();
    }
    let stop = Event::Stop(Stop {
        reason: "asked to".into(),
    });
    writer.append(&Record::gateway(5_000_000, stop)).unwrap();
    writer.close().unwrap();
    World {
        directory,
        public_key,
    }
}

impl World {
    fn log(&self) -> LogOption {
        LogOption {
            config: None,
            directory: Some(self.directory.path().join("audit")),
        }
    }

    fn verify(&self, keys: &[&str]) -> anyhow::Result<(ExitStatus, String)> {
        let options = Verify {
            log: self.log(),
            public_key: keys.iter().map(|&key| key.to_owned()).collect(),
        };
        let mut out = Vec::new();
        let status = options.run(&mut out)?;
        Ok((status, String::from_utf8(out).unwrap()))
    }

    fn replay(&self, session: &str) -> (ExitStatus, String) {
        let options = Replay {
            session: session.to_owned(),
            log: self.log(),
        };
        let mut out = Vec::new();
        let status = options.run(&mut out).unwrap();
        (status, String::from_utf8(out).unwrap())
    }

    /// Flips one bit in the middle of a segment.
    fn damage(&self) {
        let folder = self.directory.path().join("audit");
        let segment = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
            .unwrap();
        let mut bytes = fs::read(&segment).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&segment, bytes).unwrap();
    }
}

#[test]
fn verifies_a_good_log_and_says_whether_signatures_were_checked() {
    let world = world();
    let (status, text) = world.verify(&[&world.public_key]).unwrap();
    assert_eq!(status, ExitStatus::Good);
    assert!(text.contains("signed by a given key"), "{text}");
    let (status, text) = world.verify(&[]).unwrap();
    assert_eq!(status, ExitStatus::Good);
    assert!(text.contains("NO SIGNATURE WAS CHECKED"), "{text}");
}

#[test]
fn a_flipped_bit_is_a_negative_answer_that_names_the_line() {
    let world = world();
    world.damage();
    let (status, text) = world.verify(&[&world.public_key]).unwrap();
    assert_eq!(status, ExitStatus::Negative);
    assert!(text.contains(".jsonl:"), "{text}");
}

#[test]
fn another_key_or_no_key_at_all_is_told_apart() {
    let world = world();
    let other = SigningKey::from_seed(&[8; 32]).verifying_key("postern");
    let (status, _) = world.verify(&[&other.to_string()]).unwrap();
    assert_eq!(status, ExitStatus::Negative);
    assert!(world.verify(&["nonsense"]).is_err());
}

#[test]
fn a_log_that_is_not_there_is_broken_input() {
    let options = Verify {
        log: LogOption {
            config: None,
            directory: Some("/nonexistent".into()),
        },
        public_key: Vec::new(),
    };
    assert!(options.run(&mut Vec::new()).is_err());
}

#[test]
fn replays_one_session_and_no_other() {
    let world = world();
    let (status, text) = world.replay("s-1");
    assert_eq!(status, ExitStatus::Good);
    assert_eq!(text.matches("reason of s-1").count(), 2);
    assert!(!text.contains("s-2") && !text.contains('\u{1b}'), "{text}");
    assert_eq!(world.replay("s-9").0, ExitStatus::Negative);
}

#[test]
fn finds_lines_by_session_time_and_event() {
    let world = world();
    let query = |change: &dyn Fn(&mut Query)| {
        let mut options = Query {
            log: world.log(),
            session: None,
            subject: None,
            event: None,
            rule: None,
            since: None,
            until: None,
            json: false,
        };
        change(&mut options);
        let mut out = Vec::new();
        options.run(&mut out).unwrap();
        String::from_utf8(out).unwrap().lines().count()
    };
    let second = |second| Some(Timestamp::from_second(second).unwrap());
    assert_eq!(
        query(&|options| options.session = Some("s-1".to_owned())),
        2
    );
    assert_eq!(query(&|options| options.event = Some("stop".to_owned())), 1);
    assert_eq!(query(&|options| options.since = second(3)), 3);
    assert_eq!(query(&|options| options.until = second(3)), 1);
}
