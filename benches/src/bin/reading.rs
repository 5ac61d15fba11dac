//! What reading a statement costs beside sqlparser's own parse of it: instructions and allocations.

use std::alloc::System;
use std::hint::black_box;

use anyhow::Context;
use anyhow::bail;
use benches::shop::STATEMENTS;
use benches::shop::Shop;
use clap::Parser;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::read::read;
use policy_core::statement::Statement;
use stats_alloc::INSTRUMENTED_SYSTEM;
use stats_alloc::Region;
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Runs one way of reading a statement, for `valgrind --tool=callgrind` to count its instructions.
#[derive(Debug, Parser)]
struct Options {
    /// `parse`, `cold` or `known`
    way: String,
    /// The statement's name
    statement: String,
    #[arg(long, default_value_t = 100)]
    count: u64,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let shop = Shop::new().context("the shop's policy does not load")?;
    let (_, text) = STATEMENTS
        .into_iter()
        .find(|(name, _)| *name == options.statement)
        .with_context(|| format!("there is no statement `{}`", options.statement))?;
    match options.way.as_str() {
        "parse" => run(options.count, || parse(text)),
        "cold" => run(options.count, || cold(&shop, text)),
        way => bail!("there is no way `{way}`"),
    }
    Ok(())
}

fn run(count: u64, once: impl Fn() -> bool) {
    for _ in 0..10 {
        assert!(black_box(once()));
    }
    let region = Region::new(ALLOCATOR);
    measured(count, &once);
    let change = region.change();
    println!(
        "{} {}",
        (change.allocations + change.reallocations) as f64 / count as f64,
        change.bytes_allocated as f64 / count as f64
    );
}

#[inline(never)]
fn measured(count: u64, once: &impl Fn() -> bool) {
    for _ in 0..count {
        black_box(once());
    }
}

fn parse(text: &str) -> bool {
    let dialect = sqlparser::dialect::MySqlDialect {};
    sqlparser::parser::Parser::parse_sql(&dialect, black_box(text)).is_ok()
}

fn cold(shop: &Shop, text: &str) -> bool {
    let text = black_box(text.as_bytes());
    let read = read(text, &shop.session, &shop.catalog, &ReadLimits::default());
    let Ok([statement]) = read.as_deref() else {
        return false;
    };
    matches!(
        decide(&shop.policy, &request(shop, text, statement)),
        Decision::Allow(_)
    )
}

fn request<'a>(shop: &'a Shop, text: &'a [u8], statement: &'a Statement) -> Request<'a> {
    Request {
        principal: &shop.principal,
        role: &shop.role,
        target: "shop",
        statement,
        text,
        alone: true,
        parameters: &[],
        session: &shop.session,
        catalog: &shop.catalog,
        diagnostics: Diagnostics::Clean,
        approval: None,
    }
}
