//! Packets: reading a reply whole, walking over its headers, reading a command.

use std::hint::black_box;

use benches::reply::Capabilities;
use benches::reply::binary_row;
use benches::reply::columns;
use benches::reply::text_reply;
use benches::reply::text_row;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use mysql_proto::Command;
use mysql_proto::PacketAssembler;
use mysql_proto::ReplyTracker;
use mysql_proto::exchange::Agreement;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::frame::HeaderScanner;
use mysql_proto::frame::Visit;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;
use mysql_proto::response::ok::SessionChange;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::value::Value;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::StatementId;
use mysql_proto::statement::encode_parameters;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;

/// As large as what a gateway reads at once.
const READ_BYTES: usize = 64 * 1024;

fn replies(criterion: &mut Criterion) {
    let agreement = Agreement::new(Capabilities::DEPRECATE_EOF, Limits::default());
    let mut group = criterion.benchmark_group("mysql-proto");
    for (name, rows) in [("one-row", 1), ("thousand-rows", 1000)] {
        let reply = text_reply(rows);
        group.throughput(Throughput::Bytes(reply.len() as u64));
        group.bench_function(format!("track/{name}"), |bencher| {
            bencher.iter(|| {
                let mut assembler = PacketAssembler::new(READ_BYTES);
                assembler.expect_any_sequence();
                let mut tracker = ReplyTracker::new(ReplyKind::Query, agreement);
                let mut stream = black_box(reply.as_slice());
                while let Ok(Some(packet)) = assembler.feed(&mut stream) {
                    let _ = black_box(tracker.next(packet.payload));
                }
                assert!(tracker.is_ended());
            });
        });
        let mut chunk = reply;
        group.bench_function(format!("scan/{name}"), |bencher| {
            bencher.iter(|| {
                let mut scanner = HeaderScanner::new(0);
                let mut packets = 0_u64;
                let scanned = scanner.scan(black_box(&mut chunk), |_| {
                    packets += 1;
                    Visit::Relay
                });
                black_box((scanned, packets))
            });
        });
    }
    group.finish();
}

fn commands(criterion: &mut Criterion) {
    let query = b"\x03SELECT id, name, email FROM customers WHERE id = 4711";
    criterion.bench_function("mysql-proto/command/query", |bencher| {
        bencher.iter(|| Command::decode(black_box(query)));
    });
}

/// Single packets, as a client or whoever masks reads them.
fn packets(criterion: &mut Criterion) {
    let columns = columns();
    let types: Vec<_> = columns.iter().map(ColumnDefinition::value_type).collect();
    let (text, binary) = (text_row(4711), binary_row(4711));
    let mut column = Vec::new();
    columns
        .iter()
        .take(1)
        .for_each(|first| first.encode(&mut column));
    let mut changed = Vec::new();
    let session_changes = vec![
        SessionChange::Schema(b"shop"),
        SessionChange::StateChange(b"1"),
    ];
    let ok = OkPacket {
        session_changes,
        ..OkPacket::default()
    };
    ok.encode(OkForm::Reply, Capabilities::SESSION_TRACK, &mut changed);
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("mysql-proto/decode");
    group.bench_function("text-row", |bencher| {
        bencher.iter(|| TextRow::new(black_box(&text)).decode(types.len()));
    });
    group.bench_function("binary-row", |bencher| {
        bencher.iter(|| {
            let row = BinaryRow::new(black_box(&binary), types.len());
            row.and_then(|row| row.decode(&types))
        });
    });
    group.bench_function("column", |bencher| {
        bencher.iter(|| ColumnDefinition::decode(black_box(&column)));
    });
    group.bench_function("ok-with-changes", |bencher| {
        bencher
            .iter(|| OkPacket::decode(black_box(&changed), Capabilities::SESSION_TRACK, &limits));
    });
    group.finish();
}

/// Parameters of an execute, and attributes in front of a query.
fn parameters(criterion: &mut Criterion) {
    let text = ValueType {
        column_type: ColumnType::VarString,
        unsigned: false,
    };
    let values = [(text, Value::Bytes(b"alice@example.org")); 5];
    let mut block = Vec::new();
    assert!(encode_parameters(&values, &mut block));
    let execute = Execute {
        statement_id: StatementId::new(1),
        cursor: CursorFlags::empty(),
        iterations: 1,
        parameters: &block,
    };
    let query =
        b"\x01\x01\x00\x01\xfd\x00\x05trace\x04abcdSELECT id FROM customers WHERE id = 4711";
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("mysql-proto/decode");
    group.bench_function("five-parameters", |bencher| {
        bencher.iter(|| black_box(execute).parameters(5, None, |_| false, &limits));
    });
    group.bench_function("query-attribute", |bencher| {
        bencher.iter(|| Query::decode(black_box(query), &limits).map(|query| query.text.len()));
    });
    group.finish();
}

criterion_group!(codec, replies, commands, packets, parameters);
criterion_main!(codec);
