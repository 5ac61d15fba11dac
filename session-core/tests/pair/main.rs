//! Whole sessions without sockets: a scripted client and a scripted target around one `Session`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::large_enum_variant,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod approvals;
mod attributes;
mod calls;
mod change_user;
mod commands;
mod cursors;
mod detectors;
mod duties;
mod end;
mod fields;
mod files;
mod in_place;
mod interrupted;
mod kill;
mod large;
mod lists;
mod login;
mod long_data;
mod names;
mod numbers;
mod options;
mod order;
mod owed;
mod pair;
mod prepared;
mod properties;
mod replies;
mod several;
mod state;
mod target;
mod tracking;
mod world;
