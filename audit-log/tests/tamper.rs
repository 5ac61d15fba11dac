//! Whatever is changed in a closed, signed log is found, and at the right place.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod common;

use audit_log::VerifyingKey;
use audit_log::error::Problem;
use audit_log::error::VerifyError;
use audit_log::storage::Storage as _;
use audit_log::storage::memory::MemoryStorage;
use audit_log::verify;

use crate::common::*;

/// The file that is blamed, and the line if it is one of a segment.
fn blamed(error: &VerifyError) -> (String, Option<u64>) {
    match error {
        VerifyError::Line { file, line, .. } => (file.clone(), Some(*line)),
        VerifyError::File { file, .. } => (file.clone(), None),
        VerifyError::Storage(_) | _ => panic!("{error}"),
    }
}

fn segments(storage: &MemoryStorage) -> Vec<String> {
    let names = storage.names().unwrap();
    names
        .into_iter()
        .filter(|name| name.ends_with(".jsonl"))
        .collect()
}

/// The lines of a segment, each with its line feed.
fn lines(storage: &MemoryStorage, name: &str) -> Vec<Vec<u8>> {
    let content = storage.content(name).unwrap();
    content
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn error_after(storage: &MemoryStorage) -> VerifyError {
    verify(storage, &[public()]).expect_err("must be found")
}

#[test]
fn an_untouched_log_passes() {
    let storage = small_log();
    let report = verify(&storage, &[public()]).unwrap();
    assert_eq!(report.lines, records().len() as u64);
    assert_eq!(report.covered, report.lines);
    assert!(report.segments > 2, "{report:?}");
    assert!(report.signed);
    assert!(!verify(&storage, &[]).unwrap().signed);
}

/// Flips every bit of a file; the log must fail at the file, or at the line that was changed.
fn flip_every_bit(storage: &MemoryStorage, name: &str, keys: &[VerifyingKey]) {
    let good = storage.content(name).unwrap();
    let mut line = 1;
    for (at, byte) in good.iter().enumerate() {
        for bit in 0..8 {
            let mut bad = good.clone();
            *bad.get_mut(at).unwrap() ^= 1 << bit;
            storage.set_content(name, bad);
            let error = verify(storage, keys).expect_err("must be found");
            let expected = (name.to_owned(), name.ends_with(".jsonl").then_some(line));
            assert_eq!(blamed(&error), expected, "byte {at} bit {bit}: {error}");
        }
        line += u64::from(*byte == b'\n');
    }
    storage.set_content(name, good);
}

#[test]
fn every_flipped_bit_is_found_at_its_line() {
    let storage = log_of(&records()[11..], 500);
    assert_eq!(segments(&storage).len(), 2);
    for name in storage.names().unwrap() {
        // A bit of a note may be covered by nothing but its signature.
        if name != "checkpoint" && !name.ends_with(".note") {
            flip_every_bit(&storage, &name, &[]);
        }
    }
}

#[test]
fn every_flipped_bit_of_a_checkpoint_is_found() {
    let storage = log_of(&records()[13..], 500);
    flip_every_bit(&storage, "checkpoint", &[public()]);
}

#[test]
fn a_changed_note_of_a_segment_is_found() {
    let storage = log_of(&records()[11..], 500);
    let name = "00000000000000000002.note";
    let good = String::from_utf8(storage.content(name).unwrap()).unwrap();
    for bad in [
        good.replace("\n2\n", "\n3\n"),
        good.replacen("example", "exbmple", 1),
        good.replacen('=', "==", 1),
        good.replace("\u{2014} ", "- "),
        good.split("\n\n").next().unwrap().to_owned(),
    ] {
        assert_ne!(bad, good);
        storage.set_content(name, bad.into_bytes());
        assert_eq!(blamed(&error_after(&storage)).0, name);
    }
}

#[test]
fn every_missing_file_is_found() {
    let storage = small_log();
    for name in storage.names().unwrap() {
        let good = storage.content(&name).unwrap();
        storage.delete(&name);
        let error = verify(&storage, &[public()]).expect_err(&name);
        // The newest segment's absence shows as lines that the checkpoint knows of.
        assert!(!blamed(&error).0.is_empty());
        storage.set_content(&name, good);
    }
}

#[test]
fn every_removed_line_is_found() {
    let storage = small_log();
    for name in segments(&storage) {
        let good = lines(&storage, &name);
        for n in 0..good.len() {
            let mut bad = good.clone();
            bad.remove(n);
            storage.set_content(&name, bad.concat());
            error_after(&storage);
        }
        storage.set_content(&name, good.concat());
    }
}

#[test]
fn lines_removed_at_the_end_are_found() {
    let storage = small_log();
    let last = segments(&storage).pop().unwrap();
    let mut good = lines(&storage, &last);
    good.pop();
    storage.set_content(&last, good.concat());
    let VerifyError::File {
        file,
        problem: Problem::Shortened { size, lines },
    } = error_after(&storage)
    else {
        panic!("not seen as shortened");
    };
    assert_eq!((file.as_str(), size, lines), ("checkpoint", 15, 14));
}

#[test]
fn a_log_cut_at_any_byte_is_found() {
    let storage = small_log();
    let last = segments(&storage).pop().unwrap();
    let good = storage.content(&last).unwrap();
    for length in 0..good.len() {
        storage.set_content(&last, good[..length].to_vec());
        verify(&storage, &[]).expect_err("must be found");
    }
}

#[test]
fn exchanged_repeated_and_added_lines_are_found() {
    let storage = small_log();
    let first = segments(&storage).remove(0);
    let good = lines(&storage, &first);
    let mut exchanged = good.clone();
    exchanged.swap(0, 1);
    let mut repeated = good.clone();
    repeated.insert(1, good[0].clone());
    let mut added = good;
    added.push(b"\n".to_vec());
    for bad in [exchanged, repeated, added] {
        storage.set_content(&first, bad.concat());
        error_after(&storage);
    }
}

#[test]
fn a_chain_that_was_redone_does_not_fit_the_signature() {
    let storage = small_log();
    let redone = MemoryStorage::new();
    let mut writer = open(&redone, 1500);
    for record in records().iter_mut() {
        record.session = record.session.replace("s1", "s2");
        writer.append(record).unwrap();
    }
    writer.close().unwrap();
    for name in segments(&storage) {
        storage.set_content(&name, redone.content(&name).unwrap());
    }
    error_after(&storage);
}

#[test]
fn another_key_and_no_key_are_told_apart() {
    let storage = small_log();
    let other = audit_log::SigningKey::from_seed(&[8; 32]).verifying_key(ORIGIN);
    let error = verify(&storage, std::slice::from_ref(&other)).unwrap_err();
    let VerifyError::File {
        problem: Problem::Unsigned,
        ..
    } = error
    else {
        panic!("{error}");
    };
    // Where the key was changed, both are given.
    verify(&storage, &[other, public()]).unwrap();
}

#[test]
fn a_line_of_a_newer_version_is_not_passed_over() {
    let storage = small_log();
    let last = segments(&storage).pop().unwrap();
    let mut bad = lines(&storage, &last);
    let line = String::from_utf8(bad.pop().unwrap()).unwrap();
    bad.push(line.replace(r#""v":1"#, r#""v":2"#).into_bytes());
    storage.set_content(&last, bad.concat());
    let error = error_after(&storage);
    let VerifyError::Line {
        problem: Problem::Version { version: 2 },
        ..
    } = error
    else {
        panic!("{error}");
    };
}
