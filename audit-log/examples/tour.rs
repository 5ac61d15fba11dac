//! Writes a small log, verifies it, changes one byte, and verifies it again.
//!
//! `cargo run -p audit-log --example tour -- DIRECTORY`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use audit_log::Event;
use audit_log::Record;
use audit_log::Settings;
use audit_log::SigningKey;
use audit_log::Writer;
use audit_log::record::ConnectionClosed;
use audit_log::replay::replay;
use audit_log::statement::Intent;
use audit_log::statement::Outcome;
use audit_log::statement::Statement;
use audit_log::statement::Status;
use audit_log::storage::FileStorage;
use audit_log::verify;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args_os()
        .nth(1)
        .ok_or("give a directory that is not there yet")?;
    std::fs::create_dir(&directory)?;
    let storage = Arc::new(FileStorage::new(&directory));
    // A real key comes from a secret, and a real time from a clock.
    let key = SigningKey::from_seed(&[7; 32]);
    let public = key.verifying_key("example.org/audit");
    let now_us = 1_795_334_400_000_000;

    let intent = Intent {
        sequence: 1,
        command: "query".into(),
        target: "shop".into(),
        statement: Some(Statement::exact(b"select 1")),
        ..Intent::default()
    };
    let events = [
        Event::Intent(Box::new(intent)),
        Event::Outcome(Box::new(Outcome {
            rows: 1,
            ..Outcome::new(1, Status::Ok, 412)
        })),
        Event::ConnectionClosed(ConnectionClosed {
            reason: "client quit".into(),
        }),
    ];
    let records = events.map(|event| Record::new(now_us, "session-1", event));

    let settings = Settings::new("example.org/audit");
    let mut writer = Writer::open(storage.clone(), settings, Some(key), now_us)?;
    for record in &records {
        writer.append(record)?;
    }
    writer.close()?;
    println!("{}", replay(&records));
    println!("{:?}", verify(&*storage, std::slice::from_ref(&public))?);

    let segment = std::path::Path::new(&directory).join("00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&segment)?;
    std::fs::write(&segment, text.replace("select 1", "select 2"))?;
    match verify(&*storage, &[public]) {
        Ok(_) => return Err("a changed line was not found".into()),
        Err(error) => println!("after a change: {error}"),
    }
    Ok(())
}
