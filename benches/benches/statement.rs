//! Statements: from bytes to tokens, from bytes to facts.

use std::hint::black_box;

use benches::shop::STATEMENTS;
use benches::shop::Shop;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::read::read;

fn statements(criterion: &mut Criterion) {
    let Some(shop) = Shop::new() else {
        return;
    };
    let limits = ReadLimits::default();
    let context = LexContext::of(&shop.session, &limits);
    let mut group = criterion.benchmark_group("policy-core");
    for (name, text) in STATEMENTS {
        let text = text.as_bytes();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("lex/{name}"), |bencher| {
            bencher.iter(|| lex(black_box(text), &context, Reading::WithText));
        });
        let understood = read(text, &shop.session, &shop.catalog, &limits);
        assert!(understood.is_ok(), "{name}: {understood:?}");
        group.bench_function(format!("read/{name}"), |bencher| {
            bencher.iter(|| read(black_box(text), &shop.session, &shop.catalog, &limits));
        });
    }
    group.finish();
}

criterion_group!(statement, statements);
criterion_main!(statement);
