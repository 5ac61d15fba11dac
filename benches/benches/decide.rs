//! Decisions about statements that were understood.

use std::hint::black_box;

use benches::shop::STATEMENTS;
use benches::shop::Shop;
use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::read::read;

fn decisions(criterion: &mut Criterion) {
    let Some(shop) = Shop::new() else {
        return;
    };
    let mut group = criterion.benchmark_group("policy-core/decide");
    for (name, text) in STATEMENTS {
        let text = text.as_bytes();
        let understood = read(text, &shop.session, &shop.catalog, &ReadLimits::default());
        let Ok([statement]) = understood.as_deref() else {
            assert!(understood.is_ok(), "{name}: {understood:?}");
            return;
        };
        let request = Request {
            principal: &shop.principal,
            role: &shop.role,
            target: "shop",
            statement,
            text,
            alone: true,
            parameters: &[],
            session: &shop.session,
            catalog: &shop.catalog,
            bound: policy_core::decide::Bound::Unknown,
            diagnostics: Diagnostics::Clean,
            approval: None,
        };
        let decision = decide(&shop.policy, &request);
        assert!(
            matches!(decision, Decision::Allow(_)),
            "{name}: {decision:?}"
        );
        group.bench_function(name, |bencher| {
            bencher.iter(|| decide(&shop.policy, black_box(&request)));
        });
    }
    group.finish();
}

criterion_group!(benches_of_decide, decisions);
criterion_main!(benches_of_decide);
