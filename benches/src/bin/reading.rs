//! Reads a statement over and over in one of three ways, and prints how often it allocated: what
//! `make instructions` counts.

use std::alloc::System;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use anyhow::Context;
use anyhow::bail;
use benches::shop::STATEMENTS;
use benches::shop::Shop;
use clap::Parser;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::Values;
use policy_core::decide::decide;
use policy_core::decide::may_hold;
use policy_core::decision::Allow;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::read::read;
use policy_core::shape::Shape;
use policy_core::statement::Statement;
use stats_alloc::INSTRUMENTED_SYSTEM;
use stats_alloc::Region;
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Reads a statement over and over, and prints the allocations of each time.
#[derive(Debug, Parser)]
struct Options {
    /// `parse`: sqlparser alone; `cold`: all of our reading and the decision; `known`: the same for a
    /// statement of which one of the same shape was read
    way: String,
    /// The statement's name
    statement: String,
    /// How often
    #[arg(long, default_value_t = 50)]
    count: u32,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let shop = Shop::new().context("the shop's policy does not load")?;
    let (_, text) = STATEMENTS
        .into_iter()
        .find(|(name, _)| *name == options.statement)
        .with_context(|| format!("there is no statement `{}`", options.statement))?;
    let known = Known::new(&shop, text.as_bytes())?;
    let allocations = match options.way.as_str() {
        "parse" => run(options.count, || parse(text)),
        "cold" => run(options.count, || cold(&shop, text.as_bytes()).is_some()),
        "known" => run(options.count, || known.find(&shop, text.as_bytes())),
        way => bail!("there is no way `{way}`"),
    };
    use std::io::Write;
    writeln!(std::io::stdout(), "{allocations}")?;
    Ok(())
}

/// Once to fill what is made at the first use, then as often as is counted.
fn run(count: u32, once: impl Fn() -> bool) -> f64 {
    assert!(once(), "the statement was not read, or not allowed");
    let region = Region::new(ALLOCATOR);
    measured(count, &once);
    let change = region.change();
    let allocations = u32::try_from(change.allocations + change.reallocations);
    f64::from(allocations.unwrap_or(u32::MAX)) / f64::from(count.max(1))
}

/// What callgrind counts: it knows the place by this name.
#[inline(never)]
fn measured(count: u32, once: &impl Fn() -> bool) {
    for _ in 0..count {
        black_box(once());
    }
}

fn parse(text: &str) -> bool {
    let dialect = sqlparser::dialect::MySqlDialect {};
    sqlparser::parser::Parser::parse_sql(&dialect, black_box(text)).is_ok()
}

fn cold(shop: &Shop, text: &[u8]) -> Option<(Statement, Allow)> {
    let limits = ReadLimits::default();
    let read = read(black_box(text), &shop.session, &shop.catalog, &limits).ok()?;
    let statement = read.into_iter().next()?;
    match decide(&shop.policy, &request(shop, text, &statement)) {
        Decision::Allow(allow) => Some((statement, allow)),
        Decision::Deny(_) | Decision::Approve(_) => None,
    }
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
        bound: policy_core::decide::Bound::Unknown,
        diagnostics: Diagnostics::Clean,
        approval: None,
    }
}

/// What a session keeps of a statement, as it keeps it.
struct Known {
    by_shape: HashMap<Vec<u8>, (Arc<Statement>, Arc<Allow>)>,
}

impl Known {
    fn new(shop: &Shop, text: &[u8]) -> anyhow::Result<Self> {
        let shape = Shape::of(text, &shop.session, &ReadLimits::default());
        let shape = shape.context("the statement has no shape")?;
        let (statement, allow) = cold(shop, text).context("the statement is not allowed")?;
        let kept = (Arc::new(statement), Arc::new(allow));
        Ok(Self {
            by_shape: HashMap::from([(shape.key().to_vec(), kept)]),
        })
    }

    fn find(&self, shop: &Shop, text: &[u8]) -> bool {
        let text = black_box(text);
        let Some(shape) = Shape::of(text, &shop.session, &ReadLimits::default()) else {
            return false;
        };
        let Some((statement, allow)) = self.by_shape.get(shape.key()) else {
            return false;
        };
        let literals: Arc<[std::ops::Range<usize>]> = Arc::from(shape.literals());
        let values = Values {
            literals: &literals,
            ..Values::of(&request(shop, text, statement))
        };
        let holds = may_hold(&shop.policy, &values);
        black_box((Arc::clone(statement), Arc::clone(allow), literals));
        holds
    }
}
