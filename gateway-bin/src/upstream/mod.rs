//! Connections to targets: how they are made, and the gateway's own use of them.

pub mod client;
pub mod connect;
pub mod error;
pub mod kill;
pub mod login;
pub mod probe;
pub mod stream;

mod packets;
