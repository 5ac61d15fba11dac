#![doc = include_str!("../README.md")]

mod agreement;
mod bind;
pub mod bulk;
pub mod charset;
pub mod command;
pub mod error;
pub mod exchange;
pub mod flags;
pub mod frame;
pub mod handshake;
pub mod limits;
pub mod query;
mod reply;
pub mod response;
pub mod row;
pub mod statement;
#[cfg(feature = "tokio-codec")]
pub mod tokio_codec;
pub mod types;
pub mod wire;

pub use command::Command;
pub use exchange::ReplyTracker;
pub use frame::PacketAssembler;
