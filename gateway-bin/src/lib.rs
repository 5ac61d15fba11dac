//! The postern program: sockets, files, clocks, secrets and the command line around session-core.

pub mod app;
pub mod approvals;
pub mod audit_sink;
pub mod catalog;
pub mod catalog_once;
pub mod cli;
pub mod config;
pub mod demo;
pub mod identity;
pub mod policy_file;
pub mod policy_parts;
pub mod secret;
pub mod telemetry;
pub mod tls;
pub mod upstream;

mod client_side;
mod client_socket;
mod clock;
mod connections;
mod desk;
mod driver;
mod listener;
mod misfits;
mod peers;
mod principals;
mod room;
mod target_out;
mod workers;
