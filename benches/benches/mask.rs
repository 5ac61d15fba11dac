//! Masks: one row of five columns, one of them masked, in both protocols.

use std::hint::black_box;

use benches::reply::binary_row;
use benches::reply::columns;
use benches::reply::text_row;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::key::MaskKey;
use masking::mask::Shape;
use masking::stream::Protocol;

fn rows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("masking");
    for (protocol, form, row) in [
        ("text", Protocol::Text, text_row(7)),
        ("binary", Protocol::Binary, binary_row(7)),
    ] {
        group.throughput(Throughput::Bytes(row.len() as u64));
        for name in ["redact", "email", "hash"] {
            let Some(mut masker) = masker(name, form) else {
                return;
            };
            let mut out = Vec::with_capacity(4096);
            group.bench_function(format!("{protocol}/{name}"), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    let masked = masker.mask_row(black_box(&row), &mut out);
                    assert!(masked.is_ok());
                });
            });
        }
    }
    group.finish();
}

fn masker(name: &str, protocol: Protocol) -> Option<ResultMasker> {
    let mut masks = MaskSet::new();
    let key = MaskKey::new(&[7; 32]).ok()?;
    masks.insert("redact", Mask::redact()).ok()?;
    masks.insert("email", Mask::shape(Shape::Email)).ok()?;
    masks.insert("hash", Mask::hash(key, 16).ok()?).ok()?;
    let mut treatments = vec![Treatment::Clear; columns().len()];
    *treatments.get_mut(2)? = Treatment::Mask(name.to_owned());
    let plan = MaskPlan::new(&masks, &treatments, &columns()).ok()?;
    Some(ResultMasker::new(plan, protocol))
}

criterion_group!(mask, rows);
criterion_main!(mask);
