//! Masks through the public face: known answers, and what may never happen.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod ascii;
mod common;
mod kinds;
mod no_leak;
mod parts;
mod search;
mod tokens;
mod types;
