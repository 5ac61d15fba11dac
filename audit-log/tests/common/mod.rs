//! A small log of every kind of record.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use audit_log::Event;
use audit_log::Record;
use audit_log::Settings;
use audit_log::SigningKey;
use audit_log::VerifyingKey;
use audit_log::Writer;
use audit_log::digest::Digest;
use audit_log::record::ConnectionClosed;
use audit_log::record::ConnectionOpened;
use audit_log::record::Login;
use audit_log::record::LoginEnded;
use audit_log::record::LoginRefused;
use audit_log::record::SecurityEvent;
use audit_log::record::SessionState;
use audit_log::record::Start;
use audit_log::record::Stop;
use audit_log::statement::Access;
use audit_log::statement::Answer;
use audit_log::statement::ApprovalAnswered;
use audit_log::statement::ApprovalRequested;
use audit_log::statement::ApprovalUsed;
use audit_log::statement::Attribute;
use audit_log::statement::Decision;
use audit_log::statement::Intent;
use audit_log::statement::MaskedColumn;
use audit_log::statement::Outcome;
use audit_log::statement::Parameter;
use audit_log::statement::ParameterValue;
use audit_log::statement::Refusal;
use audit_log::statement::Rule;
use audit_log::statement::ServerError;
use audit_log::statement::Statement;
use audit_log::statement::Status;
use audit_log::storage::memory::MemoryStorage;
use audit_log::text::Text;

pub(crate) const ORIGIN: &str = "example.org/audit";
pub(crate) const NOW_US: u64 = 1_795_334_400_000_000;

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

pub(crate) fn public() -> VerifyingKey {
    key().verifying_key(ORIGIN)
}

pub(crate) fn settings(segment_bytes_max: u64) -> Settings {
    let mut settings = Settings::new(ORIGIN);
    settings.segment_bytes_max = segment_bytes_max;
    settings
}

pub(crate) fn open(storage: &MemoryStorage, segment_bytes_max: u64) -> Writer {
    Writer::open(
        Arc::new(storage.clone()),
        settings(segment_bytes_max),
        Some(key()),
        NOW_US,
    )
    .unwrap()
}

/// Every record once, as one session would bring them about.
pub(crate) fn records() -> Vec<Record> {
    let start = Event::Start(Start {
        version: "0.1.0".into(),
        config: Digest::of(b"config"),
        policy: Digest::of(b"policy"),
    });
    let stop = Event::Stop(Stop {
        reason: "asked to".into(),
    });
    let mut records = vec![Record::gateway(NOW_US, start)];
    for (n, event) in (1..).zip(login().into_iter().chain(commands())) {
        records.push(Record::new(NOW_US + n * 1500, "s1", event));
    }
    records.push(Record::gateway(NOW_US + 1_000_000, stop));
    records
}

fn login() -> [Event; 4] {
    [
        Event::ConnectionOpened(ConnectionOpened {
            peer: "192.0.2.1:40000".into(),
            listener: "main".into(),
            tls: Some("TLSv1.3 TLS13_AES_256_GCM_SHA384".into()),
        }),
        Event::LoginRefused(LoginRefused {
            code: "POSTERN-LOGIN-EXPIRED".into(),
            detail: "expired 20 s ago".into(),
            user: "shop".into(),
            ..LoginRefused::default()
        }),
        Event::Login(Login {
            issuer: "https://id.example.org".into(),
            subject: "agent-7".into(),
            actors: vec!["scheduler".into()],
            groups: vec!["agents-analytics".into()],
            role: "analytics".into(),
            target: "shop".into(),
            expires_us: Some(NOW_US + 3_600_000_000),
            client_attributes: vec![("_client_name".into(), "libmysql".into())],
            ..Login::default()
        }),
        Event::SessionState(SessionState {
            sequence: None,
            changes: vec![("default_database".into(), "shop".into())],
        }),
    ]
}

fn commands() -> [Event; 9] {
    [
        intent(),
        outcome(),
        refusal(),
        Event::ApprovalRequested(Box::new(ApprovalRequested {
            ticket: "APR-7F3K".into(),
            sequence: 2,
            principal: "agent-7".into(),
            rule: Rule {
                name: "new-tables".into(),
                line: 12,
            },
            covers: "statement".into(),
            approvers: vec!["dba".into()],
            quorum: 1,
            statement: Some(Statement::exact(b"create table t (a int)")),
            binding: Some(Digest::of(b"binding")),
            expires_us: NOW_US + 1_800_000_000,
        })),
        Event::ApprovalAnswered(Box::new(ApprovalAnswered {
            ticket: "APR-7F3K".into(),
            approver: "dana".into(),
            answer: Answer::Approve,
            approvals: 1,
            quorum: 1,
            key: Some("dana-2026".into()),
            until_us: Some(NOW_US + 1_800_000_000),
            reason: String::new(),
        })),
        Event::ApprovalUsed(ApprovalUsed {
            ticket: "APR-7F3K".into(),
            sequence: 3,
            uses_left: Some(0),
        }),
        Event::SecurityEvent(SecurityEvent {
            kind: "witness_mismatch".into(),
            detail: "column 1 is not `shop`.`orders`.`id`".into(),
            sequence: Some(4),
        }),
        Event::ConnectionClosed(ConnectionClosed {
            reason: "client quit".into(),
        }),
        Event::LoginEnded(LoginEnded {
            reason: "the client logs in anew".into(),
        }),
    ]
}

fn intent() -> Event {
    Event::Intent(Box::new(Intent {
        sequence: 1,
        command: "stmt_execute".into(),
        target: "shop".into(),
        database: Some("shop".into()),
        statement: Some(Statement::redacted(
            "select email\nfrom c where id = ?",
            b"\xffexact",
        )),
        kind: "select".into(),
        class: "read".into(),
        tables: vec![Access {
            verb: "read".into(),
            table: "shop.customers".into(),
        }],
        rules: vec![Rule {
            name: "read-shop".into(),
            line: 8,
        }],
        masked: vec![MaskedColumn {
            column: "email".into(),
            mask: "email".into(),
        }],
        prepared: Some(1),
        parameters: vec![
            Parameter {
                kind: "longlong".into(),
                value: ParameterValue::Clear("7".into()),
            },
            Parameter {
                kind: "null".into(),
                value: ParameterValue::Null,
            },
            Parameter {
                kind: "var_string".into(),
                value: ParameterValue::Digest(Digest::of(b"keyed")),
            },
        ],
        attributes: vec![
            Attribute {
                name: "traceparent".into(),
                kind: "string".into(),
                value: ParameterValue::Clear("00-4bf9-00f0-01".into()),
            },
            Attribute {
                name: "\u{1b}[2J".into(),
                kind: "null".into(),
                value: ParameterValue::Null,
            },
        ],
        ..Intent::default()
    }))
}

fn outcome() -> Event {
    Event::Outcome(Box::new(Outcome {
        error: Some(ServerError {
            code: 1105,
            state: "HY000".into(),
            message: Text::new(&b"bad \xff\x1b[2J"[..]),
        }),
        rows: 3,
        bytes: 120,
        detected: [("card".into(), 2), ("email".into(), 1)].into(),
        ..Outcome::new(1, Status::Error, 4321)
    }))
}

fn refusal() -> Event {
    Event::Refusal(Box::new(Refusal {
        sequence: 2,
        command: "query".into(),
        target: "shop".into(),
        statement: Some(Statement::exact(b"create table t (a int)")),
        kind: "create table".into(),
        decision: Decision::Ask,
        rule: Some(Rule {
            name: "new-tables".into(),
            line: 12,
        }),
        code: "POSTERN-APPROVAL".into(),
        message: "[POSTERN-APPROVAL APR-7F3K] retry after approval".into(),
        ticket: Some("APR-7F3K".into()),
        ..Refusal::default()
    }))
}

/// A closed, signed log of these records.
pub(crate) fn log_of(records: &[Record], segment_bytes_max: u64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let mut writer = open(&storage, segment_bytes_max);
    for record in records {
        writer.append(record).unwrap();
    }
    writer.close().unwrap();
    storage
}

/// A closed, signed log of every record, in several segments.
pub(crate) fn small_log() -> MemoryStorage {
    log_of(&records(), 1500)
}
