//! How long the slowest texts take to read or to refuse, per KiB: long chains, deep nesting, odd bytes.

use std::io::Write;
use std::time::Instant;

use anyhow::Context;
use benches::shop::Shop;
use policy_core::lex::ReadLimits;
use policy_core::read::read;

/// A frame, and what repeats in the place of its `@`.
const CHAINS: [(&str, &str); 40] = [
    ("SELECT 1@", "+1"),
    ("SELECT @1", "-"),
    ("SELECT @1", "NOT "),
    ("SELECT 1@", " AND 1"),
    ("SELECT 1@", " OR id = 1"),
    ("SELECT 1@", " BETWEEN 1 AND 2"),
    ("SELECT 1@", " IN (1)"),
    ("SELECT 1@", " IS NULL"),
    ("SELECT 1@", " COLLATE utf8mb4_bin"),
    ("SELECT id@ FROM orders", "->'$.a'"),
    ("SELECT @", "("),
    ("SELECT @", "(SELECT "),
    ("SELECT @1", "ABS("),
    ("SELECT @", "CASE WHEN 1 THEN "),
    ("SELECT 1 FROM @", "(SELECT 1 FROM "),
    ("SELECT 1 FROM orders@", " JOIN orders"),
    ("SELECT 1 FROM orders a@", " NATURAL JOIN orders"),
    ("SELECT 1 FROM orders@", ", orders"),
    ("SELECT 1@", " UNION SELECT 1"),
    ("SELECT id FROM orders@", " UNION SELECT id FROM orders"),
    ("SELECT 1@", ", 1"),
    ("SELECT id@ FROM orders", ", id"),
    ("SELECT id FROM orders WHERE id IN (1@)", ", 1"),
    ("SELECT id FROM orders ORDER BY id@", ", id"),
    ("SELECT CONCAT(id@) FROM orders", ", id"),
    ("INSERT INTO orders VALUES (1, 2, 3)@", ", (1, 2, 3)"),
    ("UPDATE orders SET total = 1@", ", total = 1"),
    ("DELETE FROM orders WHERE id = 1@", " OR id = 1"),
    ("SELECT @1", "/**/"),
    ("SELECT @1", "-- \n"),
    ("SELECT '@'", "''"),
    ("SELECT @", "'x' "),
    ("SELECT `@`", "``"),
    ("SELECT 1@", ";"),
    ("CREATE TABLE x (a INT@)", ", a INT"),
    ("CREATE PROCEDURE p() BEGIN @ END", "SELECT 1; "),
    ("CREATE PROCEDURE p() @", "BEGIN "),
    ("SET @a = 1@", "+1"),
    ("SHOW TABLES LIKE '@'", "%"),
    ("@", "\u{0}"),
];

/// What the house aims at.
const MS_PER_KIB_MAX: f64 = 20.0;

fn main() -> anyhow::Result<()> {
    let shop = Shop::new().context("the shop's policy does not load")?;
    let mut worst = (0.0, "");
    for (frame, part) in CHAINS {
        for kib in [1_usize, 16, 256, 1024] {
            let count = ((kib << 10).saturating_sub(frame.len()) / part.len()).max(1);
            let text = frame.replacen('@', &part.repeat(count), 1);
            let start = Instant::now();
            let read = read(
                text.as_bytes(),
                &shop.session,
                &shop.catalog,
                &ReadLimits::default(),
            );
            let ms = start.elapsed().as_secs_f64() * 1000.0;
            // What was read is dropped within the time, too.
            let outcome = match read {
                Ok(_) => "read".to_owned(),
                Err(unread) => unread.to_string().chars().take(60).collect(),
            };
            let length = u32::try_from(text.len()).context("a text over four gibibytes")?;
            let per_kib = ms * 1024.0 / f64::from(length);
            if per_kib > worst.0 {
                worst = (per_kib, frame);
            }
            writeln!(
                std::io::stdout(),
                "{per_kib:9.4} ms/KiB {kib:5} KiB  {frame:42} {:20} {outcome}",
                part.escape_debug().to_string()
            )?;
        }
    }
    writeln!(
        std::io::stdout(),
        "worst: {:.4} ms per KiB at `{}`; the aim is {MS_PER_KIB_MAX}",
        worst.0,
        worst.1
    )?;
    anyhow::ensure!(worst.0 <= MS_PER_KIB_MAX, "a text takes too long");
    Ok(())
}
