//! Packets: reading a reply whole, walking over its headers, reading a command.

use std::hint::black_box;

use benches::reply::Capabilities;
use benches::reply::text_reply;
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

criterion_group!(codec, replies, commands);
criterion_main!(codec);
